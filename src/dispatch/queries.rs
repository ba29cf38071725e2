//! The SQL of hand-overs.

use diesel::{prelude::*, sql_types::Bool};

use super::model::{AttemptRow, DispatchRow, DispatchState, Target};
use crate::{
    db::{
        AnyConnection,
        kept::{Fixed, fixed},
        schema::{connectors, dispatch_attempts, dispatches},
    },
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::{BusinessAccountId, ConnectorId, DispatchId, ExceptionId},
    },
};

/// Adds one.
pub fn insert(conn: &mut AnyConnection, row: &DispatchRow) -> AppResult<()> {
    diesel::insert_into(dispatches::table).values(row).execute(conn)?;
    Ok(())
}

/// One of the business account.
pub fn get(conn: &mut AnyConnection, account: BusinessAccountId, id: DispatchId) -> AppResult<DispatchRow> {
    dispatches::table
        .find(id)
        .filter(dispatches::business_account_id.eq(account))
        .select(DispatchRow::as_select())
        .first(conn)
        .optional()?
        .ok_or(AppError::NotFound)
}

/// Stores what has changed of one.
pub fn update(conn: &mut AnyConnection, row: &DispatchRow) -> AppResult<()> {
    diesel::update(
        dispatches::table
            .find(row.id)
            .filter(dispatches::business_account_id.eq(row.business_account_id)),
    )
    .set(row)
    .execute(conn)?;
    Ok(())
}

/// The condition on `exceptions` that [`list_of_exception`] has any.
pub fn any() -> Fixed<Bool> {
    fixed(
        "EXISTS (SELECT 1 FROM dispatches WHERE dispatches.exception_id = exceptions.id \
         AND dispatches.business_account_id = exceptions.business_account_id)",
    )
}

/// Those of an exception, the latest first, at most `limit`.
pub fn list_of_exception(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: ExceptionId,
    limit: i64,
) -> AppResult<Vec<DispatchRow>> {
    Ok(dispatches::table
        .filter(dispatches::exception_id.eq(id))
        .filter(dispatches::business_account_id.eq(account))
        .order((dispatches::created_at.desc(), dispatches::id.desc()))
        .limit(limit)
        .select(DispatchRow::as_select())
        .load(conn)?)
}

/// The latest of an exception.
pub fn latest(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: ExceptionId,
) -> AppResult<Option<DispatchRow>> {
    Ok(list_of_exception(conn, account, id, 1)?.pop())
}

/// The condition that a hand-over waits. Written out: SQLite takes the index of just these only where it reads its own
/// condition, not where a value is bound.
fn waits() -> Fixed<Bool> {
    fixed("(dispatches.state = 'WAITING')")
}

/// The connectors with something to be sent now, of every business account: the worker's question.
pub fn due(conn: &mut AnyConnection, now: Ts) -> AppResult<Vec<(BusinessAccountId, ConnectorId)>> {
    let waiting = dispatches::table
        .filter(dispatches::business_account_id.eq(connectors::business_account_id))
        .filter(dispatches::target.eq(connectors::target))
        .filter(waits())
        .filter(dispatches::next_at.le(now))
        .filter(
            dispatches::lease_until
                .is_null()
                .or(dispatches::lease_until.lt(now)),
        );
    Ok(connectors::table
        .filter(connectors::is_enabled.eq(true))
        .filter(diesel::dsl::exists(waiting))
        .select((connectors::business_account_id, connectors::id))
        .load(conn)?)
}

/// What of one target can be sent now and nobody is sending, the longest due first.
pub fn ready(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    target: Target,
    now: Ts,
    limit: i64,
) -> AppResult<Vec<DispatchRow>> {
    Ok(dispatches::table
        .filter(dispatches::business_account_id.eq(account))
        .filter(dispatches::target.eq(target))
        .filter(waits())
        .filter(dispatches::next_at.le(now))
        .filter(
            dispatches::lease_until
                .is_null()
                .or(dispatches::lease_until.lt(now)),
        )
        .order((dispatches::next_at, dispatches::id))
        .limit(limit)
        .select(DispatchRow::as_select())
        .load(conn)?)
}

/// What of one target waits.
pub fn waiting(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    target: Target,
) -> AppResult<Vec<DispatchRow>> {
    Ok(dispatches::table
        .filter(dispatches::business_account_id.eq(account))
        .filter(dispatches::target.eq(target))
        .filter(waits())
        .select(DispatchRow::as_select())
        .load(conn)?)
}

/// What of an exception waits is not sent any more.
pub fn withdraw(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: ExceptionId,
    now: Ts,
) -> AppResult<()> {
    diesel::update(
        dispatches::table
            .filter(dispatches::exception_id.eq(id))
            .filter(dispatches::business_account_id.eq(account))
            .filter(waits()),
    )
    .set((
        dispatches::state.eq(DispatchState::Withdrawn),
        dispatches::ended_at.eq(Some(now)),
    ))
    .execute(conn)?;
    Ok(())
}

/// Adds an attempt.
pub fn insert_attempt(conn: &mut AnyConnection, row: &AttemptRow) -> AppResult<()> {
    diesel::insert_into(dispatch_attempts::table)
        .values(row)
        .execute(conn)?;
    Ok(())
}

/// The attempts at these, the latest first.
pub fn attempts(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    of: &[DispatchRow],
) -> AppResult<Vec<AttemptRow>> {
    let ids: Vec<DispatchId> = of.iter().map(|row| row.id).collect();
    Ok(dispatch_attempts::table
        .filter(dispatch_attempts::business_account_id.eq(account))
        .filter(dispatch_attempts::dispatch_id.eq_any(ids))
        .order((dispatch_attempts::at.desc(), dispatch_attempts::id.desc()))
        .select(AttemptRow::as_select())
        .load(conn)?)
}
