//! Asking for a review, and the verdict.

use diesel::prelude::*;

use super::{
    model::{ReviewRow, ReviewState},
    queries,
};
use crate::{
    auth::actor::Actor,
    db::{Tx, schema::reviews},
    exceptions::{
        change,
        reopen::reopen,
        resolution::{self, ResolutionRow},
    },
    history::EventKind,
    kernel::{
        error::{AppError, AppResult, Code},
        id::{ResolutionId, ReviewId},
        text::Reason,
    },
    notifications::{self, model::Kind},
    on_backend,
};

/// Puts a resolution on the list of reviews: as one that waits when `why` says what asks for it.
pub fn open(
    tx: &mut Tx<'_>,
    resolution: &ResolutionRow,
    why: Option<String>,
    is_blind: bool,
) -> AppResult<()> {
    let row = ReviewRow {
        id: ReviewId::generate(tx.now),
        business_account_id: resolution.business_account_id,
        resolution_id: resolution.id,
        exception_id: resolution.exception_id,
        state: if why.is_some() {
            ReviewState::Waiting
        } else {
            ReviewState::NotAsked
        },
        why: why.unwrap_or_else(|| "No rule asks for it, and it is not in the sample.".into()),
        reviewer_id: None,
        reason: None,
        created_at: tx.now,
        decided_at: None,
        version: 1,
        is_blind,
        answer: None,
        answer_reason: None,
        answered_by_id: None,
        answered_at: None,
    };
    on_backend!(tx.conn, |conn| diesel::insert_into(reviews::table)
        .values(&row)
        .execute(conn))?;
    Ok(())
}

/// Takes a review that still waits off the list: its exception is reopened.
pub fn withdraw(tx: &mut Tx<'_>, resolution: ResolutionId) -> AppResult<()> {
    let waiting = reviews::table
        .filter(reviews::resolution_id.eq(resolution))
        .filter(reviews::state.eq_any([ReviewState::Waiting, ReviewState::NotAsked]));
    diesel::update(waiting)
        .set((
            reviews::state.eq(ReviewState::Withdrawn),
            reviews::decided_at.eq(Some(tx.now)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Approves a resolution.
///
/// # Errors
/// `NotFound`; `IllegalMove` when there is a verdict already; `RuleRefuses` on one's own.
pub fn approve(tx: &mut Tx<'_>, actor: &Actor, id: ReviewId, seen: Option<i64>) -> AppResult<ReviewRow> {
    let (review, resolution) = begin(tx, actor, id, seen)?;
    review.check_verdict(&resolution, actor)?;
    let before = review.state;
    let review = decide(tx, actor, review, ReviewState::Approved, None)?;
    let text = format!(
        "approved the resolution “{}” by {}",
        resolution.kind.label(),
        resolution.resolved_by_name
    );
    let values = (before.as_str(), ReviewState::Approved.as_str());
    change::record(tx, actor, review.exception_id, EventKind::Review, values, &text)?;
    Ok(review)
}

/// Returns a resolution: the exception is reopened for its holder, who is told why.
///
/// # Errors
/// As [`approve`].
pub fn send_back(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ReviewId,
    reason: &Reason,
    seen: Option<i64>,
) -> AppResult<ReviewRow> {
    let (review, resolution) = begin(tx, actor, id, seen)?;
    review.check_verdict(&resolution, actor)?;
    let before = review.state;
    let review = decide(tx, actor, review, ReviewState::Returned, Some(reason.as_str()))?;
    let text = format!(
        "returned the resolution by {}: {}",
        resolution.resolved_by_name,
        reason.as_str()
    );
    let values = (before.as_str(), ReviewState::Returned.as_str());
    change::record(tx, actor, review.exception_id, EventKind::Review, values, &text)?;
    let row = reopen(tx, actor, review.exception_id, reason, None)?;
    if let Some(holder) = row.assignee_id {
        let how = format!("{} returned it: {}", actor.name, reason.as_str());
        notifications::commands::tell(tx, &row, holder, Kind::Returned, &how)?;
    }
    Ok(review)
}

pub(super) fn begin(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ReviewId,
    seen: Option<i64>,
) -> AppResult<(ReviewRow, ResolutionRow)> {
    let review = queries::get(tx.conn, actor.business_account, id)?;
    let resolution = resolution::get(tx.conn, review.resolution_id)?;
    review.check(&resolution, actor)?;
    check_seen(&review, seen)?;
    Ok((review, resolution))
}

/// Refuses what was meant for another version.
pub(super) fn check_seen(review: &ReviewRow, seen: Option<i64>) -> AppResult<()> {
    if seen.is_none_or(|seen| seen == review.version) {
        return Ok(());
    }
    let why = "Somebody changed it since you opened it.";
    Err(AppError::refused(Code::Stale, why))
}

fn decide(
    tx: &mut Tx<'_>,
    actor: &Actor,
    mut review: ReviewRow,
    state: ReviewState,
    reason: Option<&str>,
) -> AppResult<ReviewRow> {
    review.state = state;
    review.reviewer_id = actor.member();
    review.reason = reason.map(str::to_owned);
    review.decided_at = Some(tx.now);
    review.version += 1;
    diesel::update(reviews::table.find(review.id))
        .set((
            reviews::state.eq(review.state),
            reviews::reviewer_id.eq(review.reviewer_id),
            reviews::reason.eq(&review.reason),
            reviews::decided_at.eq(review.decided_at),
            reviews::version.eq(review.version),
        ))
        .execute(tx.conn)?;
    Ok(review)
}
