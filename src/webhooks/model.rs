//! A subscription, what it is told of, and how often it is tried again.

use std::time::Duration;

use diesel::prelude::*;

use crate::{
    db::schema::{webhook_attempts, webhook_deliveries, webhook_subscriptions},
    history::model::Anything,
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code},
        id::{
            BusinessAccountId, Id, WebhookAttemptId, WebhookDeliveryId, WebhookMessageId,
            WebhookSubscriptionId,
        },
    },
    spelled,
};

/// So many subscriptions of one business account: each costs a message for each event.
pub const MOST: i64 = 20;

/// A message that has been refused for so long suspends its subscription.
pub const PATIENCE: Duration = Duration::from_hours(72);

/// After a new secret was made, messages are signed with the old one too for so long.
pub const OVERLAP: Duration = Duration::from_hours(24);

/// What was delivered is kept for so long.
pub const KEPT: Duration = Duration::from_hours(30 * 24);

spelled! {
    /// What somebody can be told of (http-api.md, Webhooks out).
    pub enum Topic {
        /// An exception was raised.
        Created = "exception.created",
        /// It was given to somebody, or given back.
        Assigned = "exception.assigned",
        /// Its status changed.
        StatusChanged = "exception.status-changed",
        /// It was resolved.
        Resolved = "exception.resolved",
        /// It was opened again.
        Reopened = "exception.reopened",
        /// A quarter of its time is left.
        DueSoon = "exception.due-soon",
        /// Its due time has passed.
        Overdue = "exception.overdue",
        /// A transaction's status changed.
        TransactionMoved = "transactions.status-changed",
    }
}

impl Topic {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Created => "An exception is raised",
            Self::Assigned => "An exception is given to somebody, or back",
            Self::StatusChanged => "An exception’s status changes",
            Self::Resolved => "An exception is resolved",
            Self::Reopened => "An exception is reopened",
            Self::DueSoon => "An exception is due soon",
            Self::Overdue => "An exception is overdue",
            Self::TransactionMoved => "A transaction’s status changes",
        }
    }
}

spelled! {
    /// Whether a subscription is served.
    pub enum SubscriptionState {
        /// Messages are sent.
        Active = "ACTIVE",
        /// Messages are made and wait.
        Suspended = "SUSPENDED",
    }
}

spelled! {
    /// Where a message to a subscription is.
    pub enum DeliveryState {
        /// It has not been accepted yet.
        Waiting = "WAITING",
        /// It was accepted.
        Delivered = "DELIVERED",
    }
}

/// Somebody who is told.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = webhook_subscriptions, treat_none_as_null = true)]
pub struct SubscriptionRow {
    /// Its id.
    pub id: WebhookSubscriptionId,
    /// Whose events it is told of.
    pub business_account_id: BusinessAccountId,
    /// Where messages are sent.
    pub url: String,
    /// What people call it.
    pub description: String,
    /// What it is told of: topics with commas between.
    pub events: String,
    /// Whether it is served.
    pub state: SubscriptionState,
    /// Why it is not; empty when it is.
    pub suspended_because: String,
    /// What messages are signed with, sealed.
    pub secret: Vec<u8>,
    /// What they are signed with besides, after a new secret was made.
    pub previous_secret: Option<Vec<u8>>,
    /// Until then.
    pub previous_until: Option<Ts>,
    /// It is told of events after this place in the history.
    pub since_seq: i64,
    /// The node that serves it has it until then.
    pub lease_until: Option<Ts>,
    /// Rounds in a row in which nothing was accepted.
    pub failures: i64,
    /// Nothing is sent until then, as nothing was accepted.
    pub rests_until: Option<Ts>,
    /// Grows with each change by people.
    pub version: i64,
    /// When it was added.
    pub created_at: Ts,
    /// When somebody changed it.
    pub updated_at: Ts,
}

impl SubscriptionRow {
    /// What it is told of.
    pub fn topics(&self) -> Vec<Topic> {
        self.events.split(',').filter_map(Topic::parse).collect()
    }

    /// Whether it is served.
    pub fn is_active(&self) -> bool {
        self.state == SubscriptionState::Active
    }

    /// Refuses a form that was made before the last change.
    ///
    /// # Errors
    /// `Stale`.
    pub fn check_version(&self, seen: Option<i64>) -> AppResult<()> {
        if seen.is_none_or(|seen| seen == self.version) {
            return Ok(());
        }
        let sentence = "The subscription was changed meanwhile; look again.";
        Err(AppError::refused(Code::Stale, sentence))
    }

    /// What binds a sealed secret to its place.
    pub fn place(id: WebhookSubscriptionId) -> String {
        format!("webhook_subscriptions/{id}")
    }
}

/// A message to one subscription.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = webhook_deliveries, treat_none_as_null = true)]
pub struct DeliveryRow {
    /// Its id.
    pub id: WebhookDeliveryId,
    /// Whose.
    pub business_account_id: BusinessAccountId,
    /// To whom.
    pub subscription_id: WebhookSubscriptionId,
    /// The message's id: the same at each attempt, and for every subscription.
    pub message_id: WebhookMessageId,
    /// What it tells.
    pub kind: Topic,
    /// The exception or transaction that it is about.
    pub subject_id: Id<Anything>,
    /// Its place among those about the same subject.
    pub place: i64,
    /// The envelope, byte for byte.
    pub body: String,
    /// Where it is.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was first refused, if it has not been accepted since.
    pub failing_since: Option<Ts>,
    /// When it is tried next.
    pub next_at: Ts,
    /// What came of the last attempt.
    pub last_outcome: String,
    /// When it was accepted.
    pub delivered_at: Option<Ts>,
    /// When it was made.
    pub created_at: Ts,
}

/// One attempt to deliver a message.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = webhook_attempts)]
pub struct AttemptRow {
    /// Its id.
    pub id: WebhookAttemptId,
    /// Whose.
    pub business_account_id: BusinessAccountId,
    /// Of which message.
    pub delivery_id: WebhookDeliveryId,
    /// When.
    pub at: Ts,
    /// The status of the answer, if there was one.
    pub status: Option<i64>,
    /// What came of it, in a sentence.
    pub outcome: String,
}

/// How long to wait after so many attempts in vain: 10 s, 30 s, 2 min, 10 min, 30 min, then every hour.
pub fn backoff(attempts: i64) -> Duration {
    const WAITS: [u64; 6] = [10, 30, 2 * 60, 10 * 60, 30 * 60, 60 * 60];
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(0);
    Duration::from_secs(WAITS.get(index).copied().unwrap_or(60 * 60))
}

/// How long a subscription rests after so many rounds in which nothing was accepted: at most five minutes, so that
/// whoever comes back is served soon.
pub fn rest(failures: i64) -> Duration {
    let doublings = u32::try_from(failures.clamp(1, 8) - 1).unwrap_or(0);
    Duration::from_secs((5 << doublings).min(300))
}

/// What people choose of a subscription, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    url: String,
    description: String,
    topics: Vec<Topic>,
}

impl Wanted {
    /// From what was typed: each topic once, in the order of the list.
    pub fn new(url: &url::Url, description: &str, topics: &[Topic]) -> Self {
        Self {
            url: url.as_str().to_owned(),
            description: description.to_owned(),
            topics: Topic::ALL
                .iter()
                .copied()
                .filter(|t| topics.contains(t))
                .collect(),
        }
    }

    /// Puts it on a subscription.
    pub fn apply(&self, row: &mut SubscriptionRow) {
        row.url.clone_from(&self.url);
        row.description.clone_from(&self.description);
        row.events = self.events();
    }

    /// The topics with commas between.
    pub fn events(&self) -> String {
        let words: Vec<&str> = self.topics.iter().map(|t| t.as_str()).collect();
        words.join(",")
    }

    /// Where messages are sent.
    pub fn url(&self) -> &str {
        &self.url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_grow_rarer_and_never_end_within_three_days() {
        let waits: Vec<u64> = (1..9).map(|n| backoff(n).as_secs()).collect();
        assert_eq!(waits, [10, 30, 120, 600, 1800, 3600, 3600, 3600]);
        let rests: Vec<u64> = (0..9).map(|n| rest(n).as_secs()).collect();
        assert_eq!(rests, [5, 5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(rest(i64::MAX).as_secs(), 300);
    }
}
