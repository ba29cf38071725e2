//! The values of events as people read them: times as every page writes them, and names in the place of ids.

use std::collections::{BTreeSet, HashMap};

use chrono_tz::Tz;
use uuid::Uuid;

use super::{EntityType, Event, EventKind};
use crate::{
    approvals,
    db::AnyConnection,
    exceptions,
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{ApprovalId, BusinessAccountId, ExceptionId, Id, TransactionId},
    },
    notifications::model::brief,
    transactions,
    webhooks::message::{DUE_SOON, OVERDUE},
};

/// The names of what the values of some events are the ids of, as far as they are known.
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
        let tied: Vec<ExceptionId> = ids(events, |event| is_edit_of(EntityType::Exception, event));
        let paid: Vec<TransactionId> = ids(events, |event| is_edit_of(EntityType::Transaction, event));
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
            .unwrap_or_else(|| value.to_owned())
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

fn is_edit_of(entity_type: EntityType, event: &Event) -> bool {
    event.kind == EventKind::Edit && event.entity_type == entity_type
}
