//! The SQL of messages and attempts.

use diesel::{dsl, prelude::*, sql_types::Bool};

use super::model::{AttemptRow, DeliveryRow, DeliveryState};
use crate::{
    db::{
        AnyConnection, MultiBackend,
        kept::{Fixed, fixed},
        paging::{Ends, Order, Slice, Window},
        schema::{webhook_attempts, webhook_deliveries},
    },
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::{BusinessAccountId, WebhookDeliveryId, WebhookSubscriptionId},
    },
    keyset,
};

/// Adds a message.
pub fn insert(conn: &mut AnyConnection, row: &DeliveryRow) -> AppResult<()> {
    diesel::insert_into(webhook_deliveries::table)
        .values(row)
        .execute(conn)?;
    Ok(())
}

/// One message to a subscription; 404 when it has none of this id.
pub fn get(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    subscription: WebhookSubscriptionId,
    id: WebhookDeliveryId,
) -> AppResult<DeliveryRow> {
    webhook_deliveries::table
        .find(id)
        .filter(webhook_deliveries::business_account_id.eq(account))
        .filter(webhook_deliveries::subscription_id.eq(subscription))
        .select(DeliveryRow::as_select())
        .first(conn)
        .optional()?
        .ok_or(AppError::NotFound)
}

/// One message to any subscription of the business account; 404 when it has none of this id.
pub fn find_own(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: WebhookDeliveryId,
) -> AppResult<DeliveryRow> {
    webhook_deliveries::table
        .find(id)
        .filter(webhook_deliveries::business_account_id.eq(account))
        .select(DeliveryRow::as_select())
        .first(conn)
        .optional()?
        .ok_or(AppError::NotFound)
}

/// Stores what an attempt or a person has changed.
pub fn update(conn: &mut AnyConnection, row: &DeliveryRow) -> AppResult<()> {
    diesel::update(
        webhook_deliveries::table
            .find(row.id)
            .filter(webhook_deliveries::business_account_id.eq(row.business_account_id)),
    )
    .set(row)
    .execute(conn)?;
    Ok(())
}

/// The condition that a message waits. Written out: SQLite takes the indexes of just these only where it reads their own
/// condition, not where a value is bound.
pub(super) fn waits() -> Fixed<Bool> {
    fixed("(webhook_deliveries.state = 'WAITING')")
}

/// What can be sent now: of each subject the first that waits, if its time has come; the oldest first.
pub fn ready(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    subscription: WebhookSubscriptionId,
    now: Ts,
    limit: i64,
) -> AppResult<Vec<DeliveryRow>> {
    let earlier = diesel::alias!(webhook_deliveries as earlier);
    let before = earlier
        .filter(
            earlier
                .field(webhook_deliveries::subscription_id)
                .eq(subscription),
        )
        .filter(fixed::<Bool>("(earlier.state = 'WAITING')"))
        .filter(
            earlier
                .field(webhook_deliveries::subject_id)
                .eq(webhook_deliveries::subject_id),
        )
        .filter(
            earlier
                .field(webhook_deliveries::place)
                .lt(webhook_deliveries::place),
        );
    Ok(webhook_deliveries::table
        .filter(webhook_deliveries::business_account_id.eq(account))
        .filter(webhook_deliveries::subscription_id.eq(subscription))
        .filter(waits())
        .filter(webhook_deliveries::next_at.le(now))
        .filter(dsl::not(dsl::exists(before)))
        .order(webhook_deliveries::place)
        .limit(limit)
        .select(DeliveryRow::as_select())
        .load(conn)?)
}

/// A page of the messages to a subscription, in a state or in any; and the edges of it.
pub fn page(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    subscription: WebhookSubscriptionId,
    state: Option<DeliveryState>,
    (order, window): (&Order, &Window),
) -> AppResult<(Slice<DeliveryRow>, Ends)> {
    let mut query = webhook_deliveries::table
        .into_boxed::<MultiBackend>()
        .filter(webhook_deliveries::business_account_id.eq(account))
        .filter(webhook_deliveries::subscription_id.eq(subscription));
    if let Some(state) = state {
        query = query.filter(webhook_deliveries::state.eq(state));
    }
    let found: Vec<(i64, DeliveryRow)> = keyset!(query, webhook_deliveries::id, order, window.edge)
        .select((order.first_value(), DeliveryRow::as_select()))
        .limit(window.reach())
        .load(conn)?;
    Ok(Slice::cut_sorted(found, window, |row| row.id.uuid()))
}

/// How many wait for a subscription, counted up to a thousand and one.
pub fn count_waiting(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    subscription: WebhookSubscriptionId,
) -> AppResult<i64> {
    let ids: Vec<WebhookDeliveryId> = webhook_deliveries::table
        .filter(webhook_deliveries::business_account_id.eq(account))
        .filter(webhook_deliveries::subscription_id.eq(subscription))
        .filter(waits())
        .select(webhook_deliveries::id)
        .limit(1_001)
        .load(conn)?;
    Ok(i64::try_from(ids.len()).unwrap_or(i64::MAX))
}

/// When a subscription last accepted something.
pub fn last_delivered(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    subscription: WebhookSubscriptionId,
) -> AppResult<Option<Ts>> {
    let found: Option<Option<Ts>> = webhook_deliveries::table
        .filter(webhook_deliveries::business_account_id.eq(account))
        .filter(webhook_deliveries::subscription_id.eq(subscription))
        .filter(webhook_deliveries::state.eq(DeliveryState::Delivered))
        .order((
            webhook_deliveries::created_at.desc(),
            webhook_deliveries::id.desc(),
        ))
        .select(webhook_deliveries::delivered_at)
        .first(conn)
        .optional()?;
    Ok(found.flatten())
}

/// Everything that waits is tried at once and with fresh patience: somebody says that the other side is well again.
pub fn hurry(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    subscription: WebhookSubscriptionId,
    now: Ts,
) -> AppResult<()> {
    diesel::update(
        webhook_deliveries::table
            .filter(webhook_deliveries::business_account_id.eq(account))
            .filter(webhook_deliveries::subscription_id.eq(subscription))
            .filter(waits()),
    )
    .set((
        webhook_deliveries::next_at.eq(now),
        webhook_deliveries::failing_since.eq(None::<Ts>),
    ))
    .execute(conn)?;
    Ok(())
}

/// Adds an attempt.
pub fn insert_attempt(conn: &mut AnyConnection, row: &AttemptRow) -> AppResult<()> {
    diesel::insert_into(webhook_attempts::table)
        .values(row)
        .execute(conn)?;
    Ok(())
}

/// The attempts at these messages, the latest first.
pub fn attempts(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    deliveries: &[WebhookDeliveryId],
) -> AppResult<Vec<AttemptRow>> {
    Ok(webhook_attempts::table
        .filter(webhook_attempts::business_account_id.eq(account))
        .filter(webhook_attempts::delivery_id.eq_any(deliveries))
        .order((webhook_attempts::at.desc(), webhook_attempts::id.desc()))
        .select(AttemptRow::as_select())
        .load(conn)?)
}

/// Takes away what was delivered before `until`, at most `limit`; how many that were. Of every business account: what
/// is kept how long is the installation's.
pub fn forget(conn: &mut AnyConnection, until: Ts, limit: i64) -> AppResult<usize> {
    let old: Vec<WebhookDeliveryId> = webhook_deliveries::table
        .filter(fixed::<Bool>("(webhook_deliveries.state = 'DELIVERED')"))
        .filter(webhook_deliveries::delivered_at.lt(until))
        .order(webhook_deliveries::delivered_at)
        .limit(limit)
        .select(webhook_deliveries::id)
        .load(conn)?;
    diesel::delete(webhook_attempts::table.filter(webhook_attempts::delivery_id.eq_any(&old)))
        .execute(conn)?;
    Ok(
        diesel::delete(webhook_deliveries::table.filter(webhook_deliveries::id.eq_any(&old)))
            .execute(conn)?,
    )
}
