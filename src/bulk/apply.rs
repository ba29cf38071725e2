//! One item, through the command that one exception at a time goes through.

use super::{input::Input, model::BulkItem};
use crate::{
    approvals::Gated,
    auth::actor::Actor,
    db::Tx,
    dispatch::{
        self,
        model::{Handover, Target},
    },
    exceptions::{
        assign::{assign, assign_to_team},
        claim::release,
        comment,
        model::Severity,
        queries,
        resolution::{How, OverrideReason, Retrying, resolve},
        severity, snooze,
    },
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code},
        text::{CommentText, Reason, ResolutionNotes},
    },
    reviews,
};

/// What became of an item.
pub enum Became {
    /// Done, as the plan has told.
    Done,
    /// Done, with what that led to in words.
    Told(String),
    /// A second person must agree: what it waits for, in words.
    Waiting(String),
}

/// Does it, against the version that the plan was made on.
///
/// # Errors
/// What the command refuses; `Stale` when somebody changed it after the plan.
pub fn apply(tx: &mut Tx<'_>, actor: &Actor, input: &Input, item: &BulkItem) -> AppResult<Became> {
    let (id, seen) = (item.exception_id, Some(item.seen_version));
    match input {
        Input::Assign { to } => assign(tx, actor, id, *to, seen).map(done),
        Input::AssignTeam { team } => assign_to_team(tx, actor, id, *team, seen).map(done),
        Input::Release => release(tx, actor, id, seen).map(done),
        Input::Resolve { reason, notes } => {
            let how = How::NoAction(text(Reason::parse(reason))?);
            close(tx, actor, item, &how, notes)
        }
        Input::WriteOff { reason, notes } => {
            let how = How::WriteOff(text(Reason::parse(reason))?);
            close(tx, actor, item, &how, notes)
        }
        Input::SuspendAccount { reason, notes } => {
            let how = How::SuspendAccount(text(Reason::parse(reason))?);
            close(tx, actor, item, &how, notes)
        }
        Input::Retry { date, notes } => {
            let day = date
                .parse()
                .map_err(|e| AppError::Internal(format!("no day {date:?}: {e}")))?;
            close(tx, actor, item, &How::Retry(Retrying::on(day)), notes)
        }
        Input::ForceMatch { why, notes } => {
            let why =
                OverrideReason::parse(why).ok_or_else(|| AppError::Internal(format!("no reason {why:?}")))?;
            let counterpart = None;
            close(tx, actor, item, &How::ForceMatch { counterpart, why }, notes)
        }
        Input::Severity { severity, reason } => {
            let severity = Severity::parse(severity)
                .ok_or_else(|| AppError::Internal(format!("no severity {severity:?}")))?;
            severity::set(tx, actor, id, severity, &text(Reason::parse(reason))?, seen).map(done)
        }
        Input::Snooze { until, reason } => {
            let until = Ts::from_micros(*until);
            snooze::snooze(tx, actor, id, until, &text(Reason::parse(reason))?, seen).map(done)
        }
        Input::Comment { text: said } => {
            // A comment alone asks for no version: here nothing is said on what has changed.
            if queries::get(tx.conn, actor.business_account, id)?.version != item.seen_version {
                return Err(AppError::refused(
                    Code::Stale,
                    "Somebody changed it since it was planned.",
                ));
            }
            comment::add(tx, actor, id, &text(CommentText::parse(said))?).map(done)
        }
        Input::Dispatch { target, queue } => {
            let target =
                Target::parse(target).ok_or_else(|| AppError::Internal(format!("no target {target:?}")))?;
            let wanted = Handover {
                target,
                queue: queue.clone(),
            };
            dispatch::commands::dispatch(tx, actor, id, &wanted, seen).map(done)
        }
        Input::Approve => {
            let review = item
                .review_id
                .ok_or_else(|| AppError::Internal("an item without its review".into()))?;
            reviews::commands::approve(tx, actor, review, seen).map(done)
        }
    }
}

fn done<T>(_: T) -> Became {
    Became::Done
}

/// Resolves it, or lets the request wait for a second person. Closing alone has no effect to tell of.
fn close(tx: &mut Tx<'_>, actor: &Actor, item: &BulkItem, how: &How, notes: &str) -> AppResult<Became> {
    let notes = text(ResolutionNotes::parse(notes))?;
    let closed = resolve(tx, actor, item.exception_id, how, &notes, Some(item.seen_version))?;
    Ok(match (closed, how) {
        (Gated::Waits(approval), _) => Became::Waiting(format!("Waits for approval. {}", approval.title)),
        (Gated::Done(_), How::NoAction(_)) => Became::Done,
        (Gated::Done((_, resolution)), _) => Became::Told(resolution.effect),
    })
}

/// A text that was checked when it was typed.
fn text<T>(parsed: Result<T, String>) -> AppResult<T> {
    parsed.map_err(|why| AppError::Internal(format!("a kept text: {why}")))
}
