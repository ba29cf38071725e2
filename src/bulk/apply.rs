//! One item, through the command that one exception at a time goes through.

use super::{input::Input, model::BulkItem, names::Names};
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
        model::{ResolutionKind, Severity},
        queries,
        resolution::{self, How, OverrideReason, ResolutionRow, Retrying, resolve},
        row::ExceptionRow,
        severity, snooze, words,
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
    /// Done: what was done, in words.
    Done(String),
    /// A second person must agree: what it waits for, in words.
    Waiting(String),
}

/// Does it, against the version that the plan was made on.
///
/// # Errors
/// What the command refuses; `Stale` when somebody changed it after the plan.
pub fn apply(
    tx: &mut Tx<'_>,
    actor: &Actor,
    input: &Input,
    item: &BulkItem,
    names: &mut Names,
) -> AppResult<Became> {
    let (id, seen) = (item.exception_id, Some(item.seen_version));
    match input {
        Input::Assign { to } => {
            let row = assign(tx, actor, id, *to, seen)?;
            given(tx, &row, names)
        }
        Input::AssignTeam { team } => {
            let row = assign_to_team(tx, actor, id, *team, seen)?;
            given(tx, &row, names)
        }
        Input::Release => {
            release(tx, actor, id, seen)?;
            Ok(done("Released: it is back for everybody."))
        }
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
        Input::Severity { severity, reason } => rate(tx, actor, item, severity, reason),
        Input::Snooze {
            until,
            reason,
            written,
        } => {
            let until = Ts::from_micros(*until);
            snooze::snooze(tx, actor, id, until, &text(Reason::parse(reason))?, seen)?;
            Ok(done(format!("Snoozed until {written}.")))
        }
        Input::Comment { text: said } => {
            // A comment alone asks for no version: here nothing is said on what has changed.
            if queries::get(tx.conn, actor.business_account, id)?.version != item.seen_version {
                return Err(AppError::refused(
                    Code::Stale,
                    "Somebody changed it since it was planned.",
                ));
            }
            comment::add(tx, actor, id, &text(CommentText::parse(said))?)?;
            Ok(done("The comment was added."))
        }
        Input::Dispatch { target, queue } => hand_over(tx, actor, item, target, queue),
        Input::Approve => {
            let review = item
                .review_id
                .ok_or_else(|| AppError::Internal("an item without its review".into()))?;
            let review = reviews::commands::approve(tx, actor, review, seen)?;
            let resolution = resolution::get(tx.conn, review.resolution_id)?;
            Ok(done(format!(
                "Approved: {} by {}.",
                resolution.kind.label(),
                resolution.resolved_by_name
            )))
        }
    }
}

fn done(what: impl Into<String>) -> Became {
    Became::Done(what.into())
}

fn given(tx: &mut Tx<'_>, row: &ExceptionRow, names: &mut Names) -> AppResult<Became> {
    let name = names.holder(tx.conn, row)?;
    let name = name.as_deref().unwrap_or("nobody");
    Ok(done(format!("Assigned to {name}.")))
}

fn rate(tx: &mut Tx<'_>, actor: &Actor, item: &BulkItem, wanted: &str, reason: &str) -> AppResult<Became> {
    let wanted =
        Severity::parse(wanted).ok_or_else(|| AppError::Internal(format!("no severity {wanted:?}")))?;
    let (id, seen) = (item.exception_id, Some(item.seen_version));
    let before = queries::get(tx.conn, actor.business_account, id)?.severity;
    severity::set(tx, actor, id, wanted, &text(Reason::parse(reason))?, seen)?;
    Ok(done(if before == wanted {
        format!("Severity {} as before, now set by hand.", wanted.word())
    } else {
        format!("Severity {} instead of {}.", wanted.word(), before.word())
    }))
}

fn hand_over(
    tx: &mut Tx<'_>,
    actor: &Actor,
    item: &BulkItem,
    target: &str,
    queue: &str,
) -> AppResult<Became> {
    let target = Target::parse(target).ok_or_else(|| AppError::Internal(format!("no target {target:?}")))?;
    let wanted = Handover {
        target,
        queue: queue.to_owned(),
    };
    dispatch::commands::dispatch(tx, actor, item.exception_id, &wanted, Some(item.seen_version))?;
    Ok(done(if queue.is_empty() {
        format!("Handed to {}.", target.named())
    } else {
        format!("Handed to {}, for “{queue}”.", target.named())
    }))
}

/// Resolves it, or lets the request wait for a second person.
fn close(tx: &mut Tx<'_>, actor: &Actor, item: &BulkItem, how: &How, notes: &str) -> AppResult<Became> {
    let notes = text(ResolutionNotes::parse(notes))?;
    let closed = resolve(tx, actor, item.exception_id, how, &notes, Some(item.seen_version))?;
    Ok(match closed {
        Gated::Waits(approval) => Became::Waiting(format!("Waits for approval. {}", approval.title)),
        Gated::Done(closed) => done(resolved(&closed.resolution)),
    })
}

/// `Resolved: No action, Paid in the meantime.`, and the effect where there is one.
fn resolved(resolution: &ResolutionRow) -> String {
    let kind = resolution.kind;
    let reason = resolution.reason.trim_end_matches('.');
    match kind {
        ResolutionKind::NoAction => format!("Resolved: {}, {reason}.", kind.label()),
        ResolutionKind::WriteOff | ResolutionKind::SuspendAccount => {
            format!("Resolved: {}, {reason}. {}", kind.label(), resolution.effect)
        }
        ResolutionKind::ForceMatch => {
            let why = words::sentence_case(reason);
            format!("Resolved: {}, {why}. {}", kind.label(), resolution.effect)
        }
        _ => format!("Resolved: {}. {}", kind.label(), resolution.effect),
    }
}

/// A text that was checked when it was typed.
fn text<T>(parsed: Result<T, String>) -> AppResult<T> {
    parsed.map_err(|why| AppError::Internal(format!("a kept text: {why}")))
}
