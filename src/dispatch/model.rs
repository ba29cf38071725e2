//! What an exception can be handed to, and where a hand-over stands.

use std::time::Duration;

use diesel::prelude::*;

use crate::{
    auth::actor::{Actor, ActorKind},
    db::schema::{dispatch_attempts, dispatches},
    exceptions::{model::Status, row::ExceptionRow},
    history::model::Anything,
    kernel::{
        clock::Ts,
        id::{BusinessAccountId, DispatchAttemptId, DispatchId, ExceptionId, Id},
    },
    spelled, webhooks,
};

/// So often it is tried, over some three hours; then the exception comes back.
pub const MOST_ATTEMPTS: i64 = 8;

/// The longest name of a queue (matcher.md 4.12).
pub const LONGEST_QUEUE: usize = 255;

/// What the other side may ask us to wait is honoured up to this.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

spelled! {
    /// An outside system, by its kind (matcher.md 1.3).
    pub enum Target {
        /// Jira Cloud or Data Center.
        Jira = "JIRA",
        /// ServiceNow.
        ServiceNow = "SERVICENOW",
        /// Any system that takes a signed message.
        Webhook = "WEBHOOK",
        /// Somebody does it by hand: nothing is called.
        Manual = "MANUAL",
    }
}

impl Target {
    /// Those that are called, and so are set up first.
    pub const CALLED: [Self; 3] = [Self::Jira, Self::ServiceNow, Self::Webhook];

    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Jira => "Jira",
            Self::ServiceNow => "ServiceNow",
            Self::Webhook => "Webhook",
            Self::Manual => "By hand",
        }
    }

    /// As a sentence names it.
    pub const fn named(self) -> &'static str {
        match self {
            Self::Jira => "Jira",
            Self::ServiceNow => "ServiceNow",
            Self::Webhook => "the webhook",
            Self::Manual => "somebody outside",
        }
    }
}

spelled! {
    /// Where a hand-over stands.
    pub enum DispatchState {
        /// It is to be sent, at once or again.
        Waiting = "WAITING",
        /// The other side has it.
        Delivered = "DELIVERED",
        /// It was given up, and the exception is back.
        Failed = "FAILED",
        /// The exception was recalled or resolved before the other side had it.
        Withdrawn = "WITHDRAWN",
    }
}

/// One hand-over.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = dispatches, treat_none_as_null = true)]
pub struct DispatchRow {
    /// Its id: the key by which the other side knows a repeat.
    pub id: DispatchId,
    pub business_account_id: BusinessAccountId,
    pub exception_id: ExceptionId,
    pub target: Target,
    /// The other side's queue, as it was typed; may be empty.
    pub queue: String,
    pub state: DispatchState,
    /// The status that the exception goes back to when it fails.
    pub former_status: Status,
    /// What is sent, byte for byte; empty before the first attempt.
    pub body: String,
    /// How often it was tried; an attempt counts when it begins.
    pub attempts: i64,
    /// When it is tried next.
    pub next_at: Ts,
    /// The node that tries it has it until then.
    pub lease_until: Option<Ts>,
    /// What came of the last attempt.
    pub last_outcome: String,
    /// What it is called there; empty when nobody said.
    pub external_issue_id: String,
    /// Its page there; may be empty.
    pub external_url: String,
    pub dispatched_by_kind: ActorKind,
    pub dispatched_by_id: Option<Id<Anything>>,
    pub dispatched_by_name: String,
    pub created_at: Ts,
    /// When it left the waiting.
    pub ended_at: Option<Ts>,
}

impl DispatchRow {
    /// What `actor` hands over at `at`, of an exception as it was before: by hand nothing is sent, and whoever sees to it
    /// has it at once.
    pub fn new(id: DispatchId, actor: &Actor, before: &ExceptionRow, wanted: Handover, at: Ts) -> Self {
        let is_manual = wanted.target == Target::Manual;
        Self {
            id,
            business_account_id: actor.business_account,
            exception_id: before.id,
            target: wanted.target,
            queue: wanted.queue,
            state: if is_manual {
                DispatchState::Delivered
            } else {
                DispatchState::Waiting
            },
            former_status: before.status,
            body: String::new(),
            attempts: 0,
            next_at: at,
            lease_until: None,
            last_outcome: String::new(),
            external_issue_id: String::new(),
            external_url: String::new(),
            dispatched_by_kind: actor.kind,
            dispatched_by_id: actor.id.map(Id::from_uuid),
            dispatched_by_name: actor.name.clone(),
            created_at: at,
            ended_at: is_manual.then_some(at),
        }
    }

    /// What the history says of it.
    pub fn told(&self) -> String {
        let text = format!("handed it to {}", self.target.named());
        match self.queue.as_str() {
            "" => text,
            queue => format!("{text}, for “{queue}”"),
        }
    }
}

/// One attempt.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = dispatch_attempts)]
pub struct AttemptRow {
    pub id: DispatchAttemptId,
    pub business_account_id: BusinessAccountId,
    pub dispatch_id: DispatchId,
    pub at: Ts,
    /// The status of the answer, if there was one.
    pub status: Option<i64>,
    /// What came of it, in a sentence.
    pub outcome: String,
    /// Where the hand-over stood after it.
    pub leads_to: DispatchState,
}

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    pub target: Target,
    pub queue: String,
}

impl Handover {
    /// The target by its spelling, in whichever case; none when there is no such target.
    pub fn target(typed: &str) -> Option<Target> {
        Target::parse(&typed.trim().to_ascii_uppercase())
    }

    /// The queue, checked.
    ///
    /// # Errors
    /// A sentence for the field.
    pub fn queue(typed: &str) -> Result<String, String> {
        let text = typed.trim();
        if text.chars().count() > LONGEST_QUEUE || text.chars().any(char::is_control) {
            return Err(format!(
                "A queue has at most {LONGEST_QUEUE} characters, and no control characters."
            ));
        }
        Ok(text.to_owned())
    }
}

/// How long to wait after so many attempts in vain, or as long as the other side asks within reason.
pub fn wait(attempts: i64, asked: Option<u64>) -> Duration {
    let asked = asked
        .map_or(Duration::ZERO, Duration::from_secs)
        .min(LONGEST_WAIT);
    webhooks::model::backoff(attempts).max(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_side_may_ask_for_patience_within_reason() {
        assert_eq!(wait(1, None).as_secs(), 10);
        assert_eq!(wait(1, Some(120)).as_secs(), 120);
        assert_eq!(wait(3, Some(1)).as_secs(), 120);
        assert_eq!(wait(1, Some(u64::MAX)).as_secs(), 3600);
    }

    #[test]
    fn targets_are_read_in_any_case_and_queues_have_their_limit() {
        assert_eq!(Handover::target(" jira "), Some(Target::Jira));
        assert_eq!(Handover::target("EMAIL"), None);
        assert!(Handover::queue(&"é".repeat(255)).is_ok());
        assert!(Handover::queue(&"é".repeat(256)).is_err());
        assert!(Handover::queue("a\nb").is_err());
    }
}
