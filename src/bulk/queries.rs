//! The SQL of bulk actions.

use std::collections::HashSet;

use diesel::{dsl::count_star, prelude::*};
use uuid::Uuid;

use super::model::{BulkItem, BulkRow, BulkState, Outcome};
use crate::{
    approvals::ApprovalState,
    db::{
        AnyConnection,
        schema::{approvals, bulk_actions, bulk_items, exceptions, resolutions, reviews},
    },
    exceptions::{queries::list_by_ids, resolution::ResolutionRow, row::ExceptionRow},
    history::{EntityType, model::Anything},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::{BulkId, BusinessAccountId, ExceptionId, Id, ReviewId, TeamMemberId},
    },
    on_backend,
    reviews::model::{ReviewRow, ReviewState},
};

/// Rows of one statement.
const CHUNK: usize = 200;

/// One bulk action of the business account, or `NotFound`.
pub fn get(conn: &mut AnyConnection, account: BusinessAccountId, id: BulkId) -> AppResult<BulkRow> {
    bulk_actions::table
        .find(id)
        .filter(bulk_actions::business_account_id.eq(account))
        .select(BulkRow::as_select())
        .first(conn)
        .optional()?
        .ok_or(AppError::NotFound)
}

/// The latest bulk actions of the business account.
pub fn list(conn: &mut AnyConnection, account: BusinessAccountId, limit: i64) -> AppResult<Vec<BulkRow>> {
    Ok(bulk_actions::table
        .filter(bulk_actions::business_account_id.eq(account))
        .order((bulk_actions::created_at.desc(), bulk_actions::id.desc()))
        .limit(limit)
        .select(BulkRow::as_select())
        .load(conn)?)
}

/// Stores a plan.
pub(super) fn insert(conn: &mut AnyConnection, row: &BulkRow, items: &[BulkItem]) -> AppResult<()> {
    diesel::insert_into(bulk_actions::table)
        .values(row)
        .execute(conn)?;
    for chunk in items.chunks(CHUNK) {
        // A batch insert does not go through the connection enum.
        on_backend!(conn, |conn| {
            diesel::insert_into(bulk_items::table).values(chunk).execute(conn)
        })?;
    }
    Ok(())
}

/// Stores where a bulk action stands.
pub(super) fn update(conn: &mut AnyConnection, row: &BulkRow) -> AppResult<()> {
    let stored = bulk_actions::table
        .find(row.id)
        .filter(bulk_actions::business_account_id.eq(row.business_account_id));
    diesel::update(stored)
        .set((
            bulk_actions::input.eq(&row.input),
            bulk_actions::state.eq(row.state),
            bulk_actions::planned.eq(row.planned),
            bulk_actions::done.eq(row.done),
            bulk_actions::waiting.eq(row.waiting),
            bulk_actions::skipped.eq(row.skipped),
            bulk_actions::failed.eq(row.failed),
            bulk_actions::lease_until.eq(row.lease_until),
            bulk_actions::started_at.eq(row.started_at),
            bulk_actions::finished_at.eq(row.finished_at),
        ))
        .execute(conn)?;
    Ok(())
}

/// What waits for a node, of every business account: the one question here that is not asked in the name of one.
pub(super) fn list_due(conn: &mut AnyConnection, now: Ts) -> AppResult<Vec<(BusinessAccountId, BulkId)>> {
    let under_way: Vec<(BusinessAccountId, BulkId, BulkState, Option<Ts>)> = bulk_actions::table
        .filter(bulk_actions::state.eq_any([BulkState::Queued, BulkState::Running]))
        .order(bulk_actions::created_at)
        .select((
            bulk_actions::business_account_id,
            bulk_actions::id,
            bulk_actions::state,
            bulk_actions::lease_until,
        ))
        .load(conn)?;
    Ok(under_way
        .into_iter()
        .filter(|(_, _, state, lease)| *state == BulkState::Queued || lease.is_none_or(|until| until < now))
        .map(|(account, id, ..)| (account, id))
        .collect())
}

/// The next items to do.
pub(super) fn list_planned(conn: &mut AnyConnection, id: BulkId, limit: i64) -> AppResult<Vec<BulkItem>> {
    Ok(bulk_items::table
        .filter(bulk_items::bulk_id.eq(id))
        .filter(bulk_items::outcome.eq(Outcome::Planned))
        .order(bulk_items::position)
        .limit(limit)
        .select(BulkItem::as_select())
        .load(conn)?)
}

/// Notes what became of these items, in words: what they get or got, what they wait for, why they are left as they are.
pub(super) fn set_outcomes(
    conn: &mut AnyConnection,
    id: BulkId,
    outcome: Outcome,
    sentence: &str,
    positions: &[i64],
) -> AppResult<()> {
    for chunk in positions.chunks(CHUNK) {
        let told = bulk_items::table
            .filter(bulk_items::bulk_id.eq(id))
            .filter(bulk_items::position.eq_any(chunk.to_vec()));
        diesel::update(told)
            .set((bulk_items::outcome.eq(outcome), bulk_items::sentence.eq(sentence)))
            .execute(conn)?;
    }
    Ok(())
}

/// Whether `member` has one of the exceptions of a bulk action.
pub(super) fn holds_any(conn: &mut AnyConnection, row: &BulkRow, member: TeamMemberId) -> AppResult<bool> {
    let held: i64 = bulk_items::table
        .inner_join(exceptions::table)
        .filter(bulk_items::bulk_id.eq(row.id))
        .filter(exceptions::business_account_id.eq(row.business_account_id))
        .filter(exceptions::assignee_id.eq(member))
        .select(count_star())
        .first(conn)?;
    Ok(held > 0)
}

/// The exceptions about which a request waits for a second person.
pub(super) fn asked_about(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<HashSet<Uuid>> {
    let waiting: Vec<Id<Anything>> = approvals::table
        .filter(approvals::business_account_id.eq(account))
        .filter(approvals::state.eq(ApprovalState::Waiting))
        .filter(approvals::entity_type.eq(EntityType::Exception))
        .select(approvals::entity_id)
        .load(conn)?;
    Ok(waiting.into_iter().map(Id::uuid).collect())
}

/// Items behind `after` with their exceptions; all outcomes when none is named.
pub fn list_items(
    conn: &mut AnyConnection,
    id: BulkId,
    outcome: Option<Outcome>,
    after: i64,
    limit: i64,
) -> AppResult<Vec<(BulkItem, ExceptionRow)>> {
    let mut query = bulk_items::table
        .inner_join(exceptions::table)
        .into_boxed::<crate::db::MultiBackend>()
        .filter(bulk_items::bulk_id.eq(id))
        .filter(bulk_items::position.gt(after));
    if let Some(outcome) = outcome {
        query = query.filter(bulk_items::outcome.eq(outcome));
    }
    Ok(query
        .order(bulk_items::position)
        .limit(limit)
        .select((BulkItem::as_select(), ExceptionRow::as_select()))
        .load(conn)?)
}

/// So many reasons are told one by one.
const REASONS: usize = 10;

/// Why items are left as they are, the most frequent reason first; behind the tenth the others in one number.
pub fn reasons(conn: &mut AnyConnection, id: BulkId) -> AppResult<Vec<(String, i64)>> {
    let mut reasons: Vec<(String, i64)> = bulk_items::table
        .filter(bulk_items::bulk_id.eq(id))
        .filter(bulk_items::outcome.eq_any([Outcome::Skipped, Outcome::Failed]))
        .group_by(bulk_items::sentence)
        .select((bulk_items::sentence, count_star()))
        .load(conn)?;
    reasons.sort_by(|(why, n), (other, m)| m.cmp(n).then_with(|| why.cmp(other)));
    if reasons.len() > REASONS {
        let others = reasons.split_off(REASONS).iter().map(|(_, n)| n).sum();
        reasons.push(("For other reasons, which the lines below tell".into(), others));
    }
    Ok(reasons)
}

/// The exceptions and reviews of the items that were not done.
pub(super) fn not_done(
    conn: &mut AnyConnection,
    id: BulkId,
) -> AppResult<Vec<(ExceptionId, Option<ReviewId>)>> {
    Ok(bulk_items::table
        .filter(bulk_items::bulk_id.eq(id))
        .filter(bulk_items::outcome.eq_any([Outcome::Planned, Outcome::Skipped, Outcome::Failed]))
        .order(bulk_items::position)
        .select((bulk_items::exception_id, bulk_items::review_id))
        .load(conn)?)
}

/// The exceptions with these ids, in no order; what is not of the business account is left out.
pub(super) fn exceptions_of(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    ids: &[ExceptionId],
) -> AppResult<Vec<ExceptionRow>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        found.extend(list_by_ids(conn, account, chunk)?);
    }
    Ok(found)
}

/// A review with what it is about.
pub(super) type Reviewed = (ReviewRow, ResolutionRow, ExceptionRow);

/// The reviews with these ids, or all that wait.
pub(super) fn reviews_of(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    ids: Option<&[ReviewId]>,
    limit: i64,
) -> AppResult<Vec<Reviewed>> {
    let of_account = || {
        reviews::table
            .inner_join(resolutions::table)
            .inner_join(exceptions::table)
            .into_boxed::<crate::db::MultiBackend>()
            .filter(reviews::business_account_id.eq(account))
    };
    let row = (
        ReviewRow::as_select(),
        ResolutionRow::as_select(),
        ExceptionRow::as_select(),
    );
    let Some(ids) = ids else {
        return Ok(of_account()
            .filter(reviews::state.eq(ReviewState::Waiting))
            .order((reviews::created_at.asc(), reviews::id.asc()))
            .limit(limit)
            .select(row)
            .load(conn)?);
    };
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        found.extend(
            of_account()
                .filter(reviews::id.eq_any(chunk.to_vec()))
                .select(row)
                .load::<Reviewed>(conn)?,
        );
    }
    Ok(found)
}
