//! What a person can do with an exception now: open acts with what they do, closed ones with the reason.

use super::{
    model::{Act, ResolutionKind, Status},
    resolution::{fits, is_for, replace, retry},
    row::ExceptionRow,
};
use crate::{
    ach::retry::RetryFacts,
    auth::{actor::Actor, permission::Right},
    transactions::{edit, lineage, model::TransactionRow},
    web::ui::Move,
};

/// The acts on the page of an exception, in the order of their use.
pub fn moves(
    row: &ExceptionRow,
    actor: &Actor,
    holder: Option<&str>,
    chain: &[TransactionRow],
    retry: Option<&RetryFacts<'_>>,
) -> Vec<Move> {
    if !actor.may(Right::Work) {
        return Vec::new();
    }
    let refused = |act| {
        row.standing()
            .check(act, actor, holder)
            .err()
            .map(|e| e.sentence())
    };
    if row.status == Status::Resolved {
        return vec![of(
            "reopen",
            "Reopen",
            "rotate-ccw",
            format!("/exceptions/{}/reopen", row.id),
            "It goes back to work, with your reason.",
            false,
            refused(Act::Reopen),
        )];
    }
    let refused = refused(Act::Resolve);
    let mut list: Vec<Move> = Vec::new();
    for (kind, id, label, icon, text) in ACTS {
        if !is_for(kind, row) {
            continue;
        }
        let closed = refused
            .clone()
            .or_else(|| fits(kind, row).err())
            .or_else(|| closed_by_chain(kind, row, chain, retry));
        let is_first = list.iter().all(|m| !m.primary);
        let href = format!("/exceptions/{}/resolve?type={kind}", row.id);
        let is_main = matches!(
            kind,
            ResolutionKind::Retry | ResolutionKind::CorrectAccount | ResolutionKind::NoAction
        );
        list.push(of(id, label, icon, href, text, is_main && is_first, closed));
    }
    if let Some(original) = chain.iter().find(|t| Some(t.id) == row.transaction_id) {
        list.push(of(
            "edit",
            "Edit the transaction",
            "pencil",
            format!("/transactions/{}/edit", original.id),
            "The original is cancelled and a new transaction is made.",
            false,
            edit::can_edit(original).err(),
        ));
    }
    list
}

type Way = (
    ResolutionKind,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

/// The ways to resolve: type, id, label, icon, what it does.
const ACTS: [Way; 8] = [
    (
        ResolutionKind::Retry,
        "retry",
        "Retry",
        "repeat",
        "Send the same payment again, as the rules allow it.",
    ),
    (
        ResolutionKind::CorrectAccount,
        "correct-account",
        "Correct the account",
        "wrench",
        "Put the account right, with the values that the bank gives.",
    ),
    (
        ResolutionKind::NoAction,
        "no-action",
        "Resolve",
        "check",
        "Close it with a reason and notes; nothing else changes.",
    ),
    (
        ResolutionKind::ReplaceTransaction,
        "replace",
        "Replace the transaction",
        "arrow-left-right",
        "Make another in its place: other account, amount or reason.",
    ),
    (
        ResolutionKind::SuspendAccount,
        "suspend",
        "Suspend the account",
        "ban",
        "No payment may use it until somebody lifts it.",
    ),
    (
        ResolutionKind::ForceMatch,
        "force-match",
        "Force match",
        "link",
        "Match the transaction by hand with its other side.",
    ),
    (
        ResolutionKind::AdjustEntry,
        "adjust",
        "Adjust entry",
        "scale",
        "Post an adjustment on the transaction.",
    ),
    (
        ResolutionKind::WriteOff,
        "write-off",
        "Write off",
        "file-x",
        "Give the open amount up.",
    ),
];

/// Why the payments of the chain close a way, as far as can be told before anything is typed.
pub fn closed_by_chain(
    kind: ResolutionKind,
    row: &ExceptionRow,
    chain: &[TransactionRow],
    retry: Option<&RetryFacts<'_>>,
) -> Option<String> {
    let payment = chain.iter().find(|t| Some(t.id) == row.transaction_id)?;
    match kind {
        ResolutionKind::Retry => retry.and_then(|facts| retry::is_open(facts).err()).or_else(|| {
            let next = lineage::successor(chain, payment.id)?;
            Some(format!(
                "It was sent again already: {} of {}.",
                next.title(),
                next.money()
            ))
        }),
        ResolutionKind::ReplaceTransaction => replace::is_open(row.kind, chain, payment).err(),
        _ => None,
    }
}

/// What is said where there are no acts.
pub fn none_because(row: &ExceptionRow, actor: &Actor) -> &'static str {
    match (row.status, actor.may(Right::Work)) {
        (_, false) => "Your role reads exceptions and does not work them.",
        (Status::Resolved, true) => "It is resolved.",
        _ => "",
    }
}

fn of(
    id: &'static str,
    label: &str,
    icon: &'static str,
    href: String,
    text: &str,
    primary: bool,
    closed: Option<String>,
) -> Move {
    Move {
        id,
        label: label.into(),
        icon,
        href,
        primary: primary && closed.is_none(),
        text: closed.clone().unwrap_or_else(|| text.into()),
        closed: closed.is_some(),
    }
}
