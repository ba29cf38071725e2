//! The values of events as people read them: times as every page writes them, and names in the place of ids.

use std::collections::HashMap;

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
        id::{ApprovalId, BusinessAccountId, ExceptionId, TransactionId},
    },
    notifications::model::brief,
    transactions,
};

/// The names of what the values of some events are the ids of, as far as they are known.
#[derive(Debug, Default)]
pub struct Names(HashMap<Uuid, String>);

impl Names {
    /// Looks them up.
    ///
    /// # Errors
    /// The database's.
    pub fn of(conn: &mut AnyConnection, account: BusinessAccountId, events: &[Event]) -> AppResult<Self> {
        let mut names = HashMap::new();
        for event in events {
            for id in [&event.previous, &event.new].into_iter().filter_map(|v| id(v)) {
                if names.contains_key(&id) {
                    continue;
                }
                if let Some(name) = name(conn, account, event, id)? {
                    names.insert(id, name);
                }
            }
        }
        Ok(Self(names))
    }

    /// A value of `event` as a page writes it in `zone`.
    pub fn written(&self, event: &Event, value: &str, zone: Tz) -> String {
        let is_time = matches!(event.kind, EventKind::Due | EventKind::Snooze);
        let at = Ts::read(value).filter(|_| is_time);
        let name = || id(value).and_then(|id| self.0.get(&id).cloned());
        at.map(|at| at.written_in(zone))
            .or_else(name)
            .unwrap_or_else(|| value.to_owned())
    }
}

/// The id that a value is: written as ids are, and no other digits.
fn id(value: &str) -> Option<Uuid> {
    (value.len() == 36).then(|| value.parse().ok())?
}

/// What a value of `event` is the id of: a request for approval, or another thing of the same kind that it was tied to.
fn name(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    event: &Event,
    id: Uuid,
) -> AppResult<Option<String>> {
    Ok(match (event.kind, event.entity_type) {
        (EventKind::Approval, _) => {
            let found = approvals::queries::list_by_ids(conn, account, &[ApprovalId::from_uuid(id)])?;
            found.into_iter().next().map(|row| row.title)
        }
        (EventKind::Edit, EntityType::Exception) => {
            let found = exceptions::queries::find(conn, account, ExceptionId::from_uuid(id))?;
            found.map(|row| brief(&row))
        }
        (EventKind::Edit, EntityType::Transaction) => {
            let found = transactions::queries::find(conn, account, TransactionId::from_uuid(id))?;
            found.map(|row| format!("{} of {}", row.title(), row.money()))
        }
        _ => None,
    })
}
