//! What a person can do with an exception now: open acts with what they do, closed ones with the reason.

use super::{
    model::{Act, ResolutionKind, Status},
    resolution::fits,
    row::ExceptionRow,
};
use crate::{
    auth::{actor::Actor, permission::Right},
    transactions::model::TransactionRow,
    web::ui::Move,
};

/// The acts on the page of an exception, in the order of their use.
pub fn moves(row: &ExceptionRow, actor: &Actor, holder: Option<&str>, chain: &[TransactionRow]) -> Vec<Move> {
    if !actor.may(Right::Work) {
        return Vec::new();
    }
    let id = row.id;
    if row.status == Status::Resolved {
        let closed = row
            .standing()
            .check(Act::Reopen, actor, holder)
            .err()
            .map(|e| e.sentence());
        return vec![of(
            "reopen",
            "Reopen",
            "rotate-ccw",
            format!("/exceptions/{id}/reopen"),
            "It goes back to work, with your reason.",
            false,
            closed,
        )];
    }
    let refused = row
        .standing()
        .check(Act::Resolve, actor, holder)
        .err()
        .map(|e| e.sentence());
    let resolve = |kind: ResolutionKind| format!("/exceptions/{id}/resolve?type={kind}");
    let closed = |kind: ResolutionKind| refused.clone().or_else(|| fits(kind, row).err());
    let mut list = vec![
        of(
            "no-action",
            "Resolve",
            "check",
            resolve(ResolutionKind::NoAction),
            "Close it with a reason and notes; nothing else changes.",
            true,
            closed(ResolutionKind::NoAction),
        ),
        of(
            "force-match",
            "Force match",
            "link",
            resolve(ResolutionKind::ForceMatch),
            "Match the transaction by hand with its other side.",
            false,
            closed(ResolutionKind::ForceMatch),
        ),
        of(
            "adjust",
            "Adjust entry",
            "scale",
            resolve(ResolutionKind::AdjustEntry),
            "Post an adjustment on the transaction.",
            false,
            closed(ResolutionKind::AdjustEntry),
        ),
    ];
    if let Some(original) = chain.iter().find(|t| Some(t.id) == row.transaction_id) {
        list.push(of(
            "edit",
            "Edit the transaction",
            "pencil",
            format!("/transactions/{}/edit", original.id),
            "The original is cancelled and a new transaction is made.",
            false,
            original.status.can_edit().err(),
        ));
    }
    list
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
