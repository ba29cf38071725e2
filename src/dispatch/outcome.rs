//! What an attempt changes: the other side has the exception, it is tried again later, or the exception goes back to
//! where it was and people are told.

use super::{
    model::{AttemptRow, DispatchRow, DispatchState, MOST_ATTEMPTS, wait},
    queries,
};
use crate::{
    auth::actor::{Actor, ActorKind},
    db::Tx,
    exceptions::{
        self,
        change::{self, Change},
        model::Status,
        row::ExceptionRow,
    },
    history::EventKind,
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{DispatchAttemptId, TeamMemberId},
    },
    notifications::{self, model::Kind},
};

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The other side has it.
    Delivered {
        /// What it is called there; may be empty.
        issue: String,
        /// Its page there; may be empty.
        url: String,
    },
    /// It may go better later; after so many seconds, if the other side said so.
    Again(String, Option<u64>),
    /// It never will.
    Failed(String),
}

/// What came of an attempt.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// As it was taken.
    pub dispatch: DispatchRow,
    /// When it was sent.
    pub at: Ts,
    /// The status of the answer, if there was one.
    pub status: Option<i64>,
    /// What it means.
    pub verdict: Verdict,
}

/// Notes it.
pub fn note(tx: &mut Tx<'_>, outcome: &Outcome) -> AppResult<()> {
    let sent = &outcome.dispatch;
    // As it is now: it may have been recalled meanwhile, or another node has overtaken this one.
    let mut row = queries::get(tx.conn, sent.business_account_id, sent.id)?;
    let is_mine = row.lease_until == sent.lease_until;
    if is_mine {
        row.lease_until = None;
    }
    let words = match &outcome.verdict {
        Verdict::Delivered { issue, .. } if issue.is_empty() => "It has it.".to_owned(),
        Verdict::Delivered { issue, .. } => format!("It has it, as {issue}."),
        Verdict::Again(words, _) | Verdict::Failed(words) => words.clone(),
    };
    row.last_outcome.clone_from(&words);
    let leads_to = match (&outcome.verdict, row.state) {
        (Verdict::Delivered { issue, url }, _) => delivered(tx, row, issue, url)?,
        (Verdict::Again(_, asked), DispatchState::Waiting) if row.attempts < MOST_ATTEMPTS => {
            if is_mine {
                row.next_at = tx.now.plus(wait(row.attempts, *asked));
            }
            queries::update(tx.conn, &row)?;
            DispatchState::Waiting
        }
        (Verdict::Again(..), DispatchState::Waiting) => fail(
            tx,
            row,
            &format!("After {MOST_ATTEMPTS} attempts in vain: {words}"),
        )?,
        (Verdict::Failed(_), DispatchState::Waiting) => fail(tx, row, &words)?,
        (_, state) => {
            queries::update(tx.conn, &row)?;
            state
        }
    };
    let attempt = AttemptRow {
        id: DispatchAttemptId::generate(tx.now),
        business_account_id: sent.business_account_id,
        dispatch_id: sent.id,
        at: outcome.at,
        status: outcome.status,
        outcome: words,
        leads_to,
    };
    queries::insert_attempt(tx.conn, &attempt)
}

/// The other side has it. When nobody waits for that any more, it is told all the same.
fn delivered(tx: &mut Tx<'_>, mut row: DispatchRow, issue: &str, url: &str) -> AppResult<DispatchState> {
    let (account, id, target) = (row.business_account_id, row.exception_id, row.target);
    let was = row.state;
    if was == DispatchState::Delivered {
        // A callback was quicker than the answer.
        if row.external_url.is_empty() {
            url.clone_into(&mut row.external_url);
        }
        queries::update(tx.conn, &row)?;
        return Ok(was);
    }
    issue.clone_into(&mut row.external_issue_id);
    url.clone_into(&mut row.external_url);
    if was == DispatchState::Waiting {
        row.state = DispatchState::Delivered;
        row.ended_at = Some(tx.now);
    }
    queries::update(tx.conn, &row)?;
    let docket = Actor::internal(account);
    let name = if issue.is_empty() { "it" } else { issue };
    let text = if was == DispatchState::Waiting {
        let before = exceptions::queries::get(tx.conn, account, id)?;
        place(tx, &docket, before, &row)?;
        format!("{} has it as {name}", target.named())
    } else {
        format!(
            "{} made {name} all the same, after it was taken back",
            target.named()
        )
    };
    let values = (target.as_str(), issue);
    change::record(tx, &docket, id, EventKind::Dispatch, values, &text)?;
    Ok(row.state)
}

/// Notes on the exception where it is, unless the other side has said so already.
fn place(tx: &mut Tx<'_>, docket: &Actor, before: ExceptionRow, row: &DispatchRow) -> AppResult<()> {
    let mut exception = before.clone();
    exception.external_system = Some(row.target.as_str().to_owned());
    if !row.external_issue_id.is_empty() {
        exception.external_issue_id = Some(row.external_issue_id.clone());
    }
    exception.external_url = Some(row.external_url.clone()).filter(|url| !url.is_empty());
    let next = exception.status;
    let change = Change {
        row: exception,
        before,
        next,
    };
    change.store(tx, docket, "").map(drop)
}

/// Gives it up: the exception goes back to where it was, and who handed it over and who has it are told.
pub fn fail(tx: &mut Tx<'_>, mut row: DispatchRow, why: &str) -> AppResult<DispatchState> {
    row.state = DispatchState::Failed;
    row.ended_at = Some(tx.now);
    row.lease_until = None;
    why.clone_into(&mut row.last_outcome);
    queries::update(tx.conn, &row)?;
    let (account, id) = (row.business_account_id, row.exception_id);
    let docket = Actor::internal(account);
    let before = exceptions::queries::get(tx.conn, account, id)?;
    let text = format!("could not hand it to {}: {why}", row.target.named());
    let values = (row.target.as_str(), "");
    change::record(tx, &docket, id, EventKind::Dispatch, values, &text)?;
    if before.status == Status::PendingResolution {
        let change = Change {
            row: before.clone(),
            before,
            next: row.former_status,
        };
        let exception = change.store(tx, &docket, "")?;
        tell(tx, &exception, &row, why)?;
    }
    Ok(DispatchState::Failed)
}

fn tell(tx: &mut Tx<'_>, exception: &ExceptionRow, row: &DispatchRow, why: &str) -> AppResult<()> {
    let by = (row.dispatched_by_kind == ActorKind::Employee)
        .then_some(row.dispatched_by_id)
        .flatten()
        .map(|id| TeamMemberId::from_uuid(id.uuid()));
    let how = format!("It could not be handed to {}. {why}", row.target.named());
    let holder = exception.assignee_id.filter(|holder| Some(*holder) != by);
    for to in by.into_iter().chain(holder) {
        notifications::commands::tell(tx, exception, to, Kind::DispatchFailed, &how)?;
    }
    Ok(())
}
