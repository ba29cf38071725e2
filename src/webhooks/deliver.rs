//! Sends what waits. One node at a time serves a subscription: it holds a lease that it renews with each round; when it
//! stops, another goes on, and what was sent but not noted is sent again with the same id. A round has at most one
//! message about each subject, so that those come in order; different subjects are sent side by side.

use std::time::Duration;

use futures_util::future::join_all;

use super::{
    attempt::{self, Outcome},
    commands,
    model::{DeliveryRow, SubscriptionRow},
    queries, rows, signature,
};
use crate::{
    app::App,
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, WebhookSubscriptionId},
    },
    outbound::{Call, TIMEOUT},
};

/// A node that has not renewed its lease for so long has stopped. Far longer than a call may take, so that no call of
/// a former holder is still under way.
const LEASE: Duration = Duration::from_secs(30);
const _: () = assert!(LEASE.as_secs() > 3 * TIMEOUT.as_secs());

/// Messages of a round.
const ROUND: i64 = 8;

/// The subscriptions that have something to be sent and that nobody serves.
pub async fn due(app: &App) -> AppResult<Vec<(BusinessAccountId, WebhookSubscriptionId)>> {
    let now = app.clock.now();
    app.db.read(move |conn| queries::due(conn, now)).await
}

/// Serves a subscription until nothing is left to be sent now, unless another node does.
pub async fn run(app: &App, account: BusinessAccountId, id: WebhookSubscriptionId) {
    let served = async {
        let Some(mut subscription) = claim(app, account, id).await? else {
            return Ok(());
        };
        while let Some(renewed) = round(app, &subscription).await? {
            subscription = renewed;
        }
        Ok::<(), crate::kernel::error::AppError>(())
    };
    if let Err(error) = served.await {
        // The lease runs out, and somebody goes on.
        tracing::warn!(subscription = %id, %error, "webhook messages wait");
    }
}

async fn claim(
    app: &App,
    account: BusinessAccountId,
    id: WebhookSubscriptionId,
) -> AppResult<Option<SubscriptionRow>> {
    app.db
        .write(account, move |tx| {
            let mut row = queries::get(tx.conn, account, id)?;
            let is_free = row.lease_until.is_none_or(|until| until < tx.now);
            let may_send = row.is_active() && row.rests_until.is_none_or(|until| until <= tx.now);
            if !is_free || !may_send {
                return Ok(None);
            }
            row.lease_until = Some(tx.now.plus(LEASE));
            queries::set_service(tx.conn, &row)?;
            Ok(Some(row))
        })
        .await
}

/// Sends a round and notes what came of it; the subscription with its lease renewed, or none when it was handed back.
async fn round(app: &App, held: &SubscriptionRow) -> AppResult<Option<SubscriptionRow>> {
    let (account, id, now) = (held.business_account_id, held.id, app.clock.now());
    let ready = app
        .db
        .read(move |conn| rows::ready(conn, account, id, now, ROUND))
        .await?;
    let is_last = ready.is_empty();
    let outcomes = send(app, held, ready).await?;
    let (lease, pace) = (held.lease_until, app.settings.webhook_pace);
    app.db
        .write(account, move |tx| {
            let row = queries::get(tx.conn, account, id)?;
            let is_mine = row.lease_until == lease;
            // It rests when nothing was accepted, so it is handed back; and when somebody else has it by now.
            let goes_on = is_mine && !is_last && row.is_active() && outcomes.iter().any(Outcome::is_accepted);
            let until = match (is_mine, goes_on) {
                (true, true) => Some(tx.now.plus(LEASE)),
                (true, false) => None,
                (false, _) => row.lease_until,
            };
            let row = attempt::note(tx, row, &outcomes, until, pace)?;
            Ok((goes_on && row.is_active()).then_some(row))
        })
        .await
}

async fn send(app: &App, held: &SubscriptionRow, ready: Vec<DeliveryRow>) -> AppResult<Vec<Outcome>> {
    let secrets = commands::secrets(&app.vault, held, app.clock.now())?;
    let calls = ready.into_iter().map(|delivery| {
        let secrets = &secrets;
        async move {
            let at = app.clock.now();
            let call = call(held, &delivery, secrets, at)?;
            let answer = app.outbound.post(call).await?;
            Ok(Outcome { delivery, at, answer })
        }
    });
    join_all(calls).await.into_iter().collect()
}

/// The message as it is sent at `at`.
fn call(to: &SubscriptionRow, message: &DeliveryRow, secrets: &[String], at: Ts) -> AppResult<Call> {
    let (id, seconds) = (message.message_id.to_string(), at.seconds());
    let signature = signature::of(secrets, &id, seconds, &message.body)?;
    Ok(Call {
        url: to.url.clone(),
        headers: vec![
            ("webhook-id", id),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", signature),
        ],
        body: message.body.clone(),
    })
}
