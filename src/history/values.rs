//! The values of events as people read them: times as every page writes them, and names in the place of ids.

use std::collections::{BTreeSet, HashMap};

use chrono_tz::Tz;
use uuid::Uuid;

use super::{EntityType, Event, EventKind};
use crate::{
    approvals,
    db::AnyConnection,
    exceptions::{self, words::sentence_case},
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{ApprovalId, BusinessAccountId, ExceptionId, Id, TransactionId},
    },
    notifications::model::brief,
    transactions,
    webhooks::message::{DUE_SOON, OVERDUE},
};

/// The names of what some events are about, and of what their values are the ids of, as far as they are known.
#[derive(Debug, Default)]
pub struct Names(HashMap<Uuid, String>);

impl Names {
    /// Looks them up, each kind at once: a value is the id of a request for approval, or of another thing of the same
    /// kind that it was tied to.
    ///
    /// # Errors
    /// The database's.
    pub fn of(conn: &mut AnyConnection, account: BusinessAccountId, events: &[Event]) -> AppResult<Self> {
        let asked: Vec<ApprovalId> = ids(events, |event| event.kind == EventKind::Approval);
        let mut tied: Vec<ExceptionId> = ids(events, |event| is_edit_of(EntityType::Exception, event));
        let mut paid: Vec<TransactionId> = ids(events, |event| is_edit_of(EntityType::Transaction, event));
        tied.extend(about(events, EntityType::Exception));
        paid.extend(about(events, EntityType::Transaction));
        let asked = approvals::queries::list_by_ids(conn, account, &asked)?;
        let tied = exceptions::queries::list_by_ids(conn, account, &tied)?;
        let paid = transactions::queries::list_by_ids(conn, account, &paid)?;
        let asked = asked.into_iter().map(|row| (row.id.uuid(), row.title));
        let tied = tied.iter().map(|row| (row.id.uuid(), brief(row)));
        let paid = paid
            .iter()
            .map(|row| (row.id.uuid(), format!("{} of {}", row.title(), row.money())));
        Ok(Self(asked.chain(tied).chain(paid).collect()))
    }

    /// A value of `event` as a page writes it in `zone`.
    pub fn written(&self, event: &Event, value: &str, zone: Tz) -> String {
        if let Some(noticed) = noticed(event, value, zone) {
            return noticed;
        }
        let is_time = matches!(event.kind, EventKind::Due | EventKind::Snooze);
        let at = Ts::read(value).filter(|_| is_time);
        let name = || id(value).and_then(|id| self.0.get(&id).cloned());
        at.map(|at| at.written_in(zone))
            .or_else(name)
            .or_else(|| is_spelled(event, value).then(|| sentence_case(value)))
            .unwrap_or_else(|| value.to_owned())
    }

    /// What `event` is about, by its name.
    pub fn about(&self, event: &Event) -> Option<&str> {
        self.0.get(&event.entity_id.uuid()).map(String::as_str)
    }
}

/// What the clock notices of a due time, by its spelling: the time itself stays.
const NOTICED: [(&str, &str); 2] = [(DUE_SOON, "Due soon"), (OVERDUE, "Overdue")];

/// A value of an event by which the clock noticed something. Before and after are written alike: what was so, and of
/// which time.
fn noticed(event: &Event, value: &str, zone: Tz) -> Option<String> {
    let (_, now) = NOTICED
        .into_iter()
        .find(|(spelled, _)| event.kind == EventKind::Due && event.new == *spelled)?;
    let at = Ts::read(&event.previous)?.written_in(zone);
    let is = if value == event.new { now } else { "Due" };
    Some(format!("{is}: {at}"))
}

/// Whether a value of `event` is a word of ours as the database spells it, such as `IN_PROGRESS`. What people type or
/// name is theirs, in whatever letters.
fn is_spelled(event: &Event, value: &str) -> bool {
    let is_ours = match event.kind {
        EventKind::Create => matches!(
            event.entity_type,
            EntityType::Exception | EntityType::Transaction | EntityType::Connector
        ),
        EventKind::StatusChange
        | EventKind::Severity
        | EventKind::Dispatch
        | EventKind::Callback
        | EventKind::Resolution
        | EventKind::Review
        | EventKind::Approval
        | EventKind::Dispute
        | EventKind::Import
        | EventKind::Bulk
        | EventKind::Login
        | EventKind::Membership
        | EventKind::Role => true,
        EventKind::AssignedTo
        | EventKind::Comment
        | EventKind::Note
        | EventKind::Due
        | EventKind::Snooze
        | EventKind::Edit
        | EventKind::Reveal
        | EventKind::Refusal => false,
    };
    is_ours && !value.is_empty() && value.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}

/// The id that a value is: written as ids are, and no other digits.
fn id(value: &str) -> Option<Uuid> {
    (value.len() == 36).then(|| value.parse().ok())?
}

/// The ids that are values of some of these events, each once.
fn ids<K: 'static>(events: &[Event], is_one: impl Fn(&Event) -> bool) -> Vec<Id<K>> {
    let some = events.iter().filter(|event| is_one(event));
    let values = some.flat_map(|event| [&event.previous, &event.new]);
    let ids: BTreeSet<Uuid> = values.filter_map(|value| id(value)).collect();
    ids.into_iter().map(Id::from_uuid).collect()
}

/// The ids of the things of one kind that some of these events are about, each once.
fn about<K: 'static>(events: &[Event], entity_type: EntityType) -> Vec<Id<K>> {
    let some = events.iter().filter(|event| event.entity_type == entity_type);
    let ids: BTreeSet<Uuid> = some.map(|event| event.entity_id.uuid()).collect();
    ids.into_iter().map(Id::from_uuid).collect()
}

fn is_edit_of(entity_type: EntityType, event: &Event) -> bool {
    event.kind == EventKind::Edit && event.entity_type == entity_type
}
