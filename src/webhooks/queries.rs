//! The SQL of subscriptions, and of the place in the history.

use diesel::prelude::*;

use super::{
    model::{SubscriptionRow, SubscriptionState},
    rows,
};
use crate::{
    db::{
        AnyConnection,
        schema::{
            history_heads, webhook_attempts, webhook_cursors, webhook_deliveries, webhook_subscriptions,
        },
    },
    history::Event,
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::{BusinessAccountId, WebhookSubscriptionId},
    },
};

/// Every subscription of a business account, the oldest first.
pub fn list(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Vec<SubscriptionRow>> {
    Ok(webhook_subscriptions::table
        .filter(webhook_subscriptions::business_account_id.eq(account))
        .order((webhook_subscriptions::created_at, webhook_subscriptions::id))
        .select(SubscriptionRow::as_select())
        .load(conn)?)
}

/// One of them; 404 when the business account has none of this id.
pub fn get(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: WebhookSubscriptionId,
) -> AppResult<SubscriptionRow> {
    webhook_subscriptions::table
        .find(id)
        .filter(webhook_subscriptions::business_account_id.eq(account))
        .select(SubscriptionRow::as_select())
        .first(conn)
        .optional()?
        .ok_or(AppError::NotFound)
}

/// How many there are.
pub fn count(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<i64> {
    Ok(webhook_subscriptions::table
        .filter(webhook_subscriptions::business_account_id.eq(account))
        .count()
        .get_result(conn)?)
}

/// Adds one.
pub fn insert(conn: &mut AnyConnection, row: &SubscriptionRow) -> AppResult<()> {
    diesel::insert_into(webhook_subscriptions::table)
        .values(row)
        .execute(conn)?;
    Ok(())
}

/// Stores one, when it still has the version `seen`.
pub fn update(conn: &mut AnyConnection, row: &SubscriptionRow, seen: i64) -> AppResult<bool> {
    let changed = diesel::update(
        webhook_subscriptions::table
            .find(row.id)
            .filter(webhook_subscriptions::business_account_id.eq(row.business_account_id))
            .filter(webhook_subscriptions::version.eq(seen)),
    )
    .set(row)
    .execute(conn)?;
    Ok(changed == 1)
}

/// Takes one away, with its messages.
pub fn delete(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: WebhookSubscriptionId,
) -> AppResult<()> {
    let messages = webhook_deliveries::table
        .filter(webhook_deliveries::subscription_id.eq(id))
        .filter(webhook_deliveries::business_account_id.eq(account));
    diesel::delete(
        webhook_attempts::table
            .filter(webhook_attempts::delivery_id.eq_any(messages.select(webhook_deliveries::id))),
    )
    .execute(conn)?;
    diesel::delete(messages).execute(conn)?;
    diesel::delete(
        webhook_subscriptions::table
            .find(id)
            .filter(webhook_subscriptions::business_account_id.eq(account)),
    )
    .execute(conn)?;
    Ok(())
}

/// The business accounts with subscriptions whose history has gone on, of all: the worker's question, which is asked in
/// the name of none.
pub fn behind(conn: &mut AnyConnection) -> AppResult<Vec<BusinessAccountId>> {
    let mut found: Vec<BusinessAccountId> = webhook_cursors::table
        .inner_join(
            history_heads::table
                .on(history_heads::business_account_id.eq(webhook_cursors::business_account_id)),
        )
        .filter(history_heads::seq.gt(webhook_cursors::seq))
        .select(webhook_cursors::business_account_id)
        .load(conn)?;
    let listening: Vec<BusinessAccountId> = webhook_subscriptions::table
        .select(webhook_subscriptions::business_account_id)
        .distinct()
        .load(conn)?;
    found.retain(|account| listening.contains(account));
    Ok(found)
}

/// The subscriptions that nobody serves and that have something to be sent, of every business account.
pub fn due(conn: &mut AnyConnection, now: Ts) -> AppResult<Vec<(BusinessAccountId, WebhookSubscriptionId)>> {
    let waiting = webhook_deliveries::table
        .filter(webhook_deliveries::subscription_id.eq(webhook_subscriptions::id))
        .filter(rows::waits())
        .filter(webhook_deliveries::next_at.le(now));
    Ok(webhook_subscriptions::table
        .filter(webhook_subscriptions::state.eq(SubscriptionState::Active))
        .filter(
            webhook_subscriptions::lease_until
                .is_null()
                .or(webhook_subscriptions::lease_until.lt(now)),
        )
        .filter(
            webhook_subscriptions::rests_until
                .is_null()
                .or(webhook_subscriptions::rests_until.le(now)),
        )
        .filter(diesel::dsl::exists(waiting))
        .select((
            webhook_subscriptions::business_account_id,
            webhook_subscriptions::id,
        ))
        .load(conn)?)
}

/// What the worker knows of a subscription; the version, which is people's, stays.
pub fn set_service(conn: &mut AnyConnection, row: &SubscriptionRow) -> AppResult<()> {
    diesel::update(
        webhook_subscriptions::table
            .find(row.id)
            .filter(webhook_subscriptions::business_account_id.eq(row.business_account_id)),
    )
    .set((
        webhook_subscriptions::lease_until.eq(row.lease_until),
        webhook_subscriptions::failures.eq(row.failures),
        webhook_subscriptions::rests_until.eq(row.rests_until),
        webhook_subscriptions::state.eq(row.state),
        webhook_subscriptions::suspended_because.eq(&row.suspended_because),
    ))
    .execute(conn)?;
    Ok(())
}

/// How far the history has been turned into messages; none before the first subscription.
pub fn cursor(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Option<i64>> {
    Ok(webhook_cursors::table
        .find(account)
        .select(webhook_cursors::seq)
        .first(conn)
        .optional()?)
}

/// Moves that place on.
pub fn set_cursor(conn: &mut AnyConnection, account: BusinessAccountId, seq: i64) -> AppResult<()> {
    let moved = diesel::update(webhook_cursors::table.find(account))
        .set(webhook_cursors::seq.eq(seq))
        .execute(conn)?;
    if moved == 0 {
        diesel::insert_into(webhook_cursors::table)
            .values((
                webhook_cursors::business_account_id.eq(account),
                webhook_cursors::seq.eq(seq),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// The events after a place, the oldest first.
pub fn events_after(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    seq: i64,
    limit: i64,
) -> AppResult<Vec<Event>> {
    use crate::db::schema::history_events;
    Ok(history_events::table
        .filter(history_events::business_account_id.eq(account))
        .filter(history_events::seq.gt(seq))
        .order(history_events::seq.asc())
        .limit(limit)
        .select(Event::as_select())
        .load(conn)?)
}
