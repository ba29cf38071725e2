//! What a person can do with an exception now: open acts with what they do, closed ones with the reason.

use super::{
    model::{Act, Kind, ResolutionKind, Status},
    resolution::{asked_already, fits, is_for, replace, retry},
    row::ExceptionRow,
};
use crate::{
    accounts::AccountRow,
    ach::{
        playbook::{Step, steps},
        retry::RetryFacts,
    },
    approvals::ApprovalRow,
    auth::{actor::Actor, permission::Right},
    transactions::{TransactionRow, edit, lineage},
    web::ui::Move,
};

/// What is known beside an exception, and opens or closes the ways to resolve it.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The payments that it is about.
    pub chain: &'a [TransactionRow],
    /// What the retry rule asks, for a return.
    pub retry: Option<&'a RetryFacts<'a>>,
    /// The account that it is about.
    pub account: Option<&'a AccountRow>,
    /// The accounts of the payment.
    pub parties: &'a [AccountRow],
    /// The request to resolve it that waits for a second person.
    pub waiting: Option<&'a ApprovalRow>,
}

impl Around<'_> {
    /// Why a way to resolve it is closed, as far as can be told before anything is typed.
    pub fn closed(&self, kind: ResolutionKind, row: &ExceptionRow) -> Option<String> {
        self.waiting
            .map(asked_already)
            .or_else(|| fits(kind, row).err())
            .or_else(|| self.closed_by_account(kind))
            .or_else(|| self.closed_by_chain(kind, row))
    }

    fn closed_by_account(&self, kind: ResolutionKind) -> Option<String> {
        match kind {
            ResolutionKind::SuspendAccount => self.account?.can_suspend().err(),
            _ => None,
        }
    }

    fn closed_by_chain(&self, kind: ResolutionKind, row: &ExceptionRow) -> Option<String> {
        let payment = self.chain.iter().find(|t| Some(t.id) == row.transaction_id)?;
        match kind {
            ResolutionKind::Retry => self
                .retry
                .and_then(|facts| retry::is_open(facts).err())
                .or_else(|| {
                    let next = lineage::successor(self.chain, payment.id)?;
                    Some(format!(
                        "It was sent again already: {} of {}.",
                        next.title(),
                        next.money()
                    ))
                })
                .or_else(|| self.parties.iter().find_map(|party| party.can_pay().err())),
            ResolutionKind::ReplaceTransaction => replace::is_open(row.kind, self.chain, payment).err(),
            _ => None,
        }
    }

    /// What is done first: what the playbook says comes before what is merely possible.
    fn firsts(&self, row: &ExceptionRow) -> Vec<ResolutionKind> {
        let stopped = RetryFacts::new(
            row.code.as_deref().unwrap_or_default(),
            chrono::NaiveDate::default(),
        );
        let facts = match (self.retry, row.kind) {
            (Some(facts), _) => Some(facts),
            (None, Kind::VerificationDeclined) if row.code.is_some() => Some(&stopped),
            _ => None,
        };
        match facts {
            Some(facts) => steps(facts).into_iter().map(way).collect(),
            None => vec![ResolutionKind::CorrectAccount, ResolutionKind::NoAction],
        }
    }
}

const fn way(step: Step) -> ResolutionKind {
    match step {
        Step::SendAgain => ResolutionKind::Retry,
        Step::SendNew => ResolutionKind::ReplaceTransaction,
        Step::StopAccount => ResolutionKind::SuspendAccount,
        Step::Close => ResolutionKind::NoAction,
    }
}

/// The acts on the page of an exception: what is done first, then the others in the order of their use.
pub fn moves(row: &ExceptionRow, actor: &Actor, holder: Option<&str>, around: &Around<'_>) -> Vec<Move> {
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
            refused(Act::Reopen),
        )];
    }
    let refused = refused(Act::Resolve);
    let offered = ACTS.into_iter().filter(|(kind, ..)| is_for(*kind, row));
    let mut list: Vec<(ResolutionKind, Move)> = offered
        .map(|(kind, id, label, icon, text)| {
            let closed = refused.clone().or_else(|| around.closed(kind, row));
            let href = format!("/exceptions/{}/resolve?type={kind}", row.id);
            (kind, of(id, label, icon, href, text, closed))
        })
        .collect();
    let is_open = |kind: &ResolutionKind| list.iter().any(|(k, m)| k == kind && !m.closed);
    if let Some(first) = around.firsts(row).into_iter().find(is_open)
        && let Some(at) = list.iter().position(|(kind, _)| *kind == first)
    {
        list[..=at].rotate_right(1);
        list[0].1.primary = true;
    }
    let mut list: Vec<Move> = list.into_iter().map(|(_, shown)| shown).collect();
    if let Some(original) = around.chain.iter().find(|t| Some(t.id) == row.transaction_id) {
        list.push(of(
            "edit",
            "Edit the transaction",
            "pencil",
            format!("/transactions/{}/edit", original.id),
            "The original is cancelled and a new transaction is made.",
            edit::can_edit(original).err(),
        ));
    }
    list
}

/// Acts that are closed for one reason, which is told once.
pub struct Shut {
    /// Why.
    pub why: String,
    /// That somebody else has it: who takes it over can do them.
    pub is_taken: bool,
    /// What they are called.
    pub labels: Vec<String>,
}

/// From so many on.
const ALIKE: usize = 3;

/// What can be done, and what cannot.
pub struct Moves {
    /// Those that are open, and those with a reason of their own.
    pub list: Vec<Move>,
    /// Those that one reason closes.
    pub shut: Option<Shut>,
}

/// The acts, and apart from them those that one reason closes; `is_taken` where that is that somebody else has it.
pub fn parted(moves: Vec<Move>, is_taken: bool) -> Moves {
    let is_shut = |why: &str, m: &Move| m.closed && m.text == why;
    let many = moves
        .iter()
        .map(|m| &m.text)
        .find(|why| moves.iter().filter(|m| is_shut(why, m)).count() >= ALIKE);
    let Some(why) = many.cloned() else {
        return Moves {
            list: moves,
            shut: None,
        };
    };
    let (shut, list): (Vec<Move>, Vec<Move>) = moves.into_iter().partition(|m| is_shut(&why, m));
    let labels = shut.into_iter().map(|m| m.label).collect();
    let shut = Some(Shut {
        why,
        is_taken,
        labels,
    });
    Moves { list, shut }
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
    closed: Option<String>,
) -> Move {
    Move {
        id,
        label: label.into(),
        icon,
        dialog: href.starts_with("/exceptions/"),
        href,
        primary: false,
        text: closed.clone().unwrap_or_else(|| text.into()),
        closed: closed.is_some(),
    }
}
