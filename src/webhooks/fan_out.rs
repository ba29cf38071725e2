//! Turns events of the history into messages, one transaction with the place in the history that it has come to: each
//! event becomes one message for each subscription that wants it, whichever node does it and wherever it is cut off.

use super::{
    message,
    model::{DeliveryRow, DeliveryState, KEPT, SubscriptionRow},
    queries, rows,
};
use crate::{
    app::App,
    db::{Scope, Tx},
    history::Event,
    kernel::{
        error::AppResult,
        id::{BusinessAccountId, WebhookDeliveryId, WebhookMessageId},
    },
};

/// Events of one transaction: other writers pass between.
const BATCH: i64 = 200;

/// Old messages that are taken away at a time.
const OLD: i64 = 500;

/// Does it for every business account that somebody listens to.
pub async fn run(app: &App) -> AppResult<()> {
    let behind = app.db.read(queries::behind).await?;
    for account in behind {
        while app.db.write_large(account, move |tx| step(tx, account)).await? {}
    }
    Ok(())
}

/// Takes away what was delivered long ago.
pub async fn forget(app: &App) -> AppResult<()> {
    let until = app.clock.now().minus(KEPT);
    let forgotten = app
        .db
        .write(Scope::Global, move |tx| rows::forget(tx.conn, until, OLD))
        .await?;
    if forgotten > 0 {
        tracing::info!(forgotten, "old webhook messages were taken away");
    }
    Ok(())
}

/// The next events; whether there may be more.
fn step(tx: &mut Tx<'_>, account: BusinessAccountId) -> AppResult<bool> {
    let Some(seq) = queries::cursor(tx.conn, account)? else {
        return Ok(false);
    };
    let events = queries::events_after(tx.conn, account, seq, BATCH)?;
    let Some(last) = events.last() else {
        return Ok(false);
    };
    let subscriptions = queries::list(tx.conn, account)?;
    for event in &events {
        tell(tx, event, &subscriptions)?;
    }
    queries::set_cursor(tx.conn, account, last.seq)?;
    Ok(i64::try_from(events.len()).unwrap_or(0) == BATCH)
}

fn tell(tx: &mut Tx<'_>, event: &Event, subscriptions: &[SubscriptionRow]) -> AppResult<()> {
    for (nth, topic) in message::topics(event).into_iter().enumerate() {
        let to: Vec<&SubscriptionRow> = subscriptions
            .iter()
            .filter(|s| s.since_seq < event.seq && s.topics().contains(&topic))
            .collect();
        if to.is_empty() {
            continue;
        }
        let id = WebhookMessageId::generate(tx.now);
        let Some(body) = message::envelope(tx.conn, event, topic, id)? else {
            continue;
        };
        for subscription in to {
            let row = DeliveryRow {
                id: WebhookDeliveryId::generate(tx.now),
                business_account_id: event.business_account_id,
                subscription_id: subscription.id,
                message_id: id,
                kind: topic,
                subject_id: event.entity_id,
                place: message::place(event, nth),
                body: body.clone(),
                state: DeliveryState::Waiting,
                attempts: 0,
                failing_since: None,
                next_at: tx.now,
                last_outcome: String::new(),
                delivered_at: None,
                created_at: tx.now,
            };
            rows::insert(tx.conn, &row)?;
        }
    }
    Ok(())
}
