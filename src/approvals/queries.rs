//! The approvals' SQL.

use std::collections::HashMap;

use diesel::{dsl, prelude::*, sql_types::Bool};

use super::model::{ApprovalKind, ApprovalRow, ApprovalState};
use crate::{
    db::{
        AnyConnection, MultiBackend,
        kept::{Fixed, fixed, within},
        paging::{Ends, Order, Slice, Window},
        schema::{approvals, history_events},
    },
    history::{EntityType, model::Anything},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::{ApprovalId, BusinessAccountId, Id},
    },
    keyset,
};

/// Rows of a page.
pub const PAGE: usize = 50;

/// One approval of the business account, or 404.
pub fn get(conn: &mut AnyConnection, account: BusinessAccountId, id: ApprovalId) -> AppResult<ApprovalRow> {
    approvals::table
        .find(id)
        .filter(approvals::business_account_id.eq(account))
        .select(ApprovalRow::as_select())
        .first(conn)
        .optional()?
        .ok_or(AppError::NotFound)
}

/// Whether any of `people` has ever done anything to a service account: made it, gave it a key, changed its role.
pub fn has_tended(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    service_account: Id<Anything>,
    people: &[Id<Anything>],
) -> AppResult<bool> {
    let people: Vec<_> = people.iter().copied().map(Some).collect();
    let found: i64 = history_events::table
        .filter(history_events::business_account_id.eq(account))
        .filter(history_events::entity_id.eq(service_account))
        .filter(history_events::entity_type.eq(EntityType::ServiceAccount))
        .filter(history_events::actor_id.eq_any(people))
        .select(dsl::count_star())
        .first(conn)?;
    Ok(found > 0)
}

/// Approvals in a state: those that wait the oldest first, the others the latest first. From `after` on; one more than
/// a page when there are more.
pub fn list(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    state: ApprovalState,
    after: Option<(Ts, ApprovalId)>,
) -> AppResult<Vec<ApprovalRow>> {
    let query = approvals::table
        .into_boxed::<MultiBackend>()
        .filter(approvals::business_account_id.eq(account))
        .filter(approvals::state.eq(state));
    let is_waiting = state == ApprovalState::Waiting;
    let query = match (after, is_waiting) {
        (None, _) => query,
        (Some((at, id)), true) => query
            .filter(approvals::requested_at.ge(at))
            .filter(approvals::requested_at.gt(at).or(approvals::id.gt(id))),
        (Some((at, id)), false) => query
            .filter(approvals::requested_at.le(at))
            .filter(approvals::requested_at.lt(at).or(approvals::id.lt(id))),
    };
    let query = if is_waiting {
        query.order((approvals::requested_at.asc(), approvals::id.asc()))
    } else {
        query.order((approvals::requested_at.desc(), approvals::id.desc()))
    };
    Ok(query
        .limit(PAGE as i64 + 1)
        .select(ApprovalRow::as_select())
        .load(conn)?)
}

/// These approvals, in the order of the ids; those of others are left out.
pub fn list_by_ids(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    ids: &[ApprovalId],
) -> AppResult<Vec<ApprovalRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<ApprovalRow> = approvals::table
        .filter(approvals::business_account_id.eq(account))
        .filter(within(approvals::id, ids))
        .select(ApprovalRow::as_select())
        .load(conn)?;
    let by_id: HashMap<ApprovalId, ApprovalRow> = found.into_iter().map(|row| (row.id, row)).collect();
    Ok(ids.iter().filter_map(|id| by_id.get(id).cloned()).collect())
}

/// The changes of policy that wait.
pub fn waiting_policies(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Vec<ApprovalRow>> {
    Ok(approvals::table
        .filter(approvals::business_account_id.eq(account))
        .filter(approvals::state.eq(ApprovalState::Waiting))
        .filter(approvals::kind.eq(ApprovalKind::PolicyChange))
        .order((approvals::requested_at, approvals::id))
        .limit(20)
        .select(ApprovalRow::as_select())
        .load(conn)?)
}

/// A page of the approvals in a state, or in any; and the edges of it.
pub fn page(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    state: Option<ApprovalState>,
    order: &Order,
    window: &Window,
) -> AppResult<(Slice<ApprovalRow>, Ends)> {
    let mut query = approvals::table
        .into_boxed::<MultiBackend>()
        .filter(approvals::business_account_id.eq(account));
    if let Some(state) = state {
        query = query.filter(approvals::state.eq(state));
    }
    let found: Vec<(i64, ApprovalRow)> = keyset!(query, approvals::id, order, window.edge)
        .select((order.first_value(), ApprovalRow::as_select()))
        .limit(window.reach())
        .load(conn)?;
    Ok(Slice::cut_sorted(found, window, |row| row.id.uuid()))
}

/// How many wait, counted up to a thousand and one.
pub fn count_waiting(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<i64> {
    let ids: Vec<ApprovalId> = approvals::table
        .filter(approvals::business_account_id.eq(account))
        .filter(approvals::state.eq(ApprovalState::Waiting))
        .select(approvals::id)
        .limit(1_001)
        .load(conn)?;
    Ok(i64::try_from(ids.len()).unwrap_or(i64::MAX))
}

/// The condition on `exceptions` that [`waiting_on`] has any about it.
pub fn any() -> Fixed<Bool> {
    fixed(
        "(EXISTS (SELECT 1 FROM approvals WHERE approvals.entity_id = exceptions.id \
         AND approvals.business_account_id = exceptions.business_account_id AND approvals.state = 'WAITING') \
         OR EXISTS (SELECT 1 FROM approvals WHERE approvals.concerns_id = exceptions.id \
         AND approvals.business_account_id = exceptions.business_account_id AND approvals.state = 'WAITING'))",
    )
}

/// What waits about a record.
pub fn waiting_on(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    record: uuid::Uuid,
) -> AppResult<Vec<ApprovalRow>> {
    let record = Id::<Anything>::from_uuid(record);
    // Two queries, each along its own index.
    let waiting = approvals::table
        .filter(approvals::business_account_id.eq(account))
        .filter(approvals::state.eq(ApprovalState::Waiting))
        .order((approvals::requested_at, approvals::id))
        .limit(20)
        .select(ApprovalRow::as_select());
    let mut all: Vec<ApprovalRow> = waiting.filter(approvals::entity_id.eq(record)).load(conn)?;
    all.extend(
        waiting
            .filter(approvals::concerns_id.eq(record))
            .load::<ApprovalRow>(conn)?,
    );
    Ok(all)
}

/// What waits about any of these records, the oldest first, at most two hundred.
pub fn waiting_about<K>(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    records: &[Id<K>],
) -> AppResult<Vec<ApprovalRow>> {
    let records: Vec<Id<Anything>> = records.iter().map(|id| Id::from_uuid(id.uuid())).collect();
    let waiting = approvals::table
        .filter(approvals::business_account_id.eq(account))
        .filter(approvals::state.eq(ApprovalState::Waiting))
        .order((approvals::requested_at, approvals::id))
        .limit(200)
        .select(ApprovalRow::as_select());
    let mut all: Vec<ApprovalRow> = waiting.filter(approvals::entity_id.eq_any(&records)).load(conn)?;
    all.extend(
        waiting
            .filter(approvals::concerns_id.eq_any(&records))
            .load::<ApprovalRow>(conn)?,
    );
    Ok(all)
}

/// What was approved about a record, the latest first, at most a hundred.
pub fn approved_about(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    records: &[uuid::Uuid],
) -> AppResult<Vec<ApprovalRow>> {
    let records: Vec<_> = records.iter().map(|id| Id::<Anything>::from_uuid(*id)).collect();
    let some = records.iter().copied().map(Some).collect::<Vec<_>>();
    Ok(approvals::table
        .filter(approvals::business_account_id.eq(account))
        .filter(approvals::state.eq(ApprovalState::Approved))
        .filter(
            approvals::entity_id
                .eq_any(records)
                .or(approvals::concerns_id.eq_any(some.clone()))
                .or(approvals::result_id.eq_any(some)),
        )
        .order((approvals::decided_at.desc(), approvals::id.desc()))
        .limit(100)
        .select(ApprovalRow::as_select())
        .load(conn)?)
}

pub(super) fn insert(conn: &mut AnyConnection, row: &ApprovalRow) -> QueryResult<usize> {
    diesel::insert_into(approvals::table).values(row).execute(conn)
}

/// Saves a decision; false when it had been decided meanwhile.
pub(super) fn decide(conn: &mut AnyConnection, row: &ApprovalRow) -> AppResult<bool> {
    let waiting = approvals::table
        .find(row.id)
        .filter(approvals::business_account_id.eq(row.business_account_id))
        .filter(approvals::version.eq(row.version - 1))
        .filter(approvals::state.eq(ApprovalState::Waiting));
    let changed = diesel::update(waiting)
        .set((
            approvals::state.eq(row.state),
            approvals::decided_by_id.eq(row.decided_by_id),
            approvals::decided_by_name.eq(&row.decided_by_name),
            approvals::decided_at.eq(row.decided_at),
            approvals::reason.eq(&row.reason),
            approvals::consents.eq(&row.consents),
            approvals::version.eq(row.version),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Adds what a decided approval led to.
pub(super) fn set_outcome(conn: &mut AnyConnection, row: &ApprovalRow) -> AppResult<()> {
    diesel::update(
        approvals::table
            .find(row.id)
            .filter(approvals::business_account_id.eq(row.business_account_id)),
    )
    .set((
        approvals::state.eq(row.state),
        approvals::outcome.eq(&row.outcome),
        approvals::result_id.eq(row.result_id),
    ))
    .execute(conn)?;
    Ok(())
}
