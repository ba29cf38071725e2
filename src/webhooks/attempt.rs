//! What an attempt changes: the message is delivered, or is tried again later; in the end its subscription is suspended.

use super::{
    commands::record,
    model::{
        AttemptRow, DeliveryRow, DeliveryState, PATIENCE, SubscriptionRow, SubscriptionState, backoff, rest,
    },
    queries, rows,
};
use crate::{
    auth::actor::Actor,
    db::Tx,
    history::EventKind,
    kernel::{clock::Ts, error::AppResult, id::WebhookAttemptId},
    outbound::Failure,
};

/// What came of an attempt.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which message.
    pub delivery: DeliveryRow,
    /// When it was sent.
    pub at: Ts,
    /// The status of the answer, or why there was none.
    pub answer: Result<u16, Failure>,
}

impl Outcome {
    /// Whether the other side has it now: any answer from 200 to 299.
    pub fn is_accepted(&self) -> bool {
        matches!(self.answer, Ok(200..=299))
    }

    fn sentence(&self) -> String {
        match self.answer {
            Ok(status @ 200..=299) => format!("Accepted with {status}."),
            Ok(status @ 300..=399) => format!("Refused with {status}: redirects are not followed."),
            Ok(status) => format!("Refused with {status}."),
            Err(failure) => failure.sentence().to_owned(),
        }
    }
}

/// Notes what came of a round, and hands the lease on until `lease_until`, or back. The waits before the next attempts
/// are divided by `pace`.
pub fn note(
    tx: &mut Tx<'_>,
    mut subscription: SubscriptionRow,
    outcomes: &[Outcome],
    lease_until: Option<Ts>,
    pace: u32,
) -> AppResult<SubscriptionRow> {
    let pace = pace.max(1);
    let mut oldest: Option<Ts> = None;
    for outcome in outcomes {
        let failing_since = note_one(tx, outcome, pace)?;
        oldest = [oldest, failing_since].into_iter().flatten().min();
    }
    subscription.lease_until = lease_until;
    if outcomes.iter().any(Outcome::is_accepted) {
        (subscription.failures, subscription.rests_until) = (0, None);
    } else if !outcomes.is_empty() {
        subscription.failures += 1;
        subscription.rests_until = Some(tx.now.plus(rest(subscription.failures) / pace));
    }
    let is_too_long = oldest.is_some_and(|since| tx.now.since(since) >= PATIENCE);
    if is_too_long && subscription.is_active() {
        suspend(tx, &mut subscription, oldest.unwrap_or(tx.now))?;
    }
    queries::set_service(tx.conn, &subscription)?;
    Ok(subscription)
}

/// Since when the message has been refused, if it was refused again.
fn note_one(tx: &mut Tx<'_>, outcome: &Outcome, pace: u32) -> AppResult<Option<Ts>> {
    let sent = &outcome.delivery;
    // As it is now: a node that lost its lease may have been overtaken.
    let mut row = rows::get(tx.conn, sent.business_account_id, sent.subscription_id, sent.id)?;
    row.attempts += 1;
    row.last_outcome = outcome.sentence();
    if outcome.is_accepted() {
        row.state = DeliveryState::Delivered;
        row.delivered_at = Some(tx.now);
        row.failing_since = None;
    } else if row.state == DeliveryState::Waiting {
        row.failing_since = row.failing_since.or(Some(outcome.at));
        row.next_at = tx.now.plus(backoff(row.attempts) / pace);
    }
    rows::update(tx.conn, &row)?;
    let attempt = AttemptRow {
        id: WebhookAttemptId::generate(tx.now),
        business_account_id: row.business_account_id,
        delivery_id: row.id,
        at: outcome.at,
        status: outcome.answer.ok().map(i64::from),
        outcome: row.last_outcome.clone(),
    };
    rows::insert_attempt(tx.conn, &attempt)?;
    Ok(row.failing_since)
}

fn suspend(tx: &mut Tx<'_>, row: &mut SubscriptionRow, since: Ts) -> AppResult<()> {
    row.state = SubscriptionState::Suspended;
    row.lease_until = None;
    row.suspended_because = format!(
        "A message has been refused since {}, for three days. Nothing is lost: what happens waits here.",
        since.rfc3339()
    );
    let actor = Actor::internal(row.business_account_id);
    let values = (
        SubscriptionState::Active.as_str(),
        SubscriptionState::Suspended.as_str(),
    );
    let text = format!(
        "Webhook subscription suspended after three days in vain: {}",
        row.url
    );
    record(tx, &actor, EventKind::StatusChange, values, &text, row.id)
}
