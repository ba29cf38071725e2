//! One item, through the command that one exception at a time goes through.

use super::{input::Input, model::BulkItem};
use crate::{
    auth::actor::Actor,
    db::Tx,
    dispatch::{
        self,
        model::{Handover, Target},
    },
    exceptions::{
        assign::assign,
        claim::release,
        comment,
        model::Severity,
        queries,
        resolution::{How, resolve},
        severity, snooze,
    },
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code},
        text::{CommentText, Reason, ResolutionNotes},
    },
    reviews,
};

/// Does it, against the version that the plan was made on.
///
/// # Errors
/// What the command refuses; `Stale` when somebody changed it after the plan.
pub fn apply(tx: &mut Tx<'_>, actor: &Actor, input: &Input, item: &BulkItem) -> AppResult<()> {
    let (id, seen) = (item.exception_id, Some(item.seen_version));
    match input {
        Input::Assign { to } => assign(tx, actor, id, *to, seen).map(drop),
        Input::Release => release(tx, actor, id, seen).map(drop),
        Input::Resolve { reason, notes } => {
            let how = How::NoAction(text(Reason::parse(reason))?);
            resolve(tx, actor, id, &how, &text(ResolutionNotes::parse(notes))?, seen).map(drop)
        }
        Input::Severity { severity, reason } => {
            let severity = Severity::parse(severity)
                .ok_or_else(|| AppError::Internal(format!("no severity {severity:?}")))?;
            severity::set(tx, actor, id, severity, &text(Reason::parse(reason))?, seen).map(drop)
        }
        Input::Snooze { until, reason } => {
            let until = Ts::from_micros(*until);
            snooze::snooze(tx, actor, id, until, &text(Reason::parse(reason))?, seen).map(drop)
        }
        Input::Comment { text: said } => {
            // A comment alone asks for no version: here nothing is said on what has changed.
            if queries::get(tx.conn, actor.business_account, id)?.version != item.seen_version {
                return Err(AppError::refused(
                    Code::Stale,
                    "Somebody changed it since it was planned.",
                ));
            }
            comment::add(tx, actor, id, &text(CommentText::parse(said))?).map(drop)
        }
        Input::Dispatch { target, queue } => {
            let target =
                Target::parse(target).ok_or_else(|| AppError::Internal(format!("no target {target:?}")))?;
            let wanted = Handover {
                target,
                queue: queue.clone(),
            };
            dispatch::commands::dispatch(tx, actor, id, &wanted, seen).map(drop)
        }
        Input::Approve => {
            let review = item
                .review_id
                .ok_or_else(|| AppError::Internal("an item without its review".into()))?;
            reviews::commands::approve(tx, actor, review, seen).map(drop)
        }
    }
}

/// A text that was checked when it was typed.
fn text<T>(parsed: Result<T, String>) -> AppResult<T> {
    parsed.map_err(|why| AppError::Internal(format!("a kept text: {why}")))
}
