//! The queue's table: its columns and a row for each exception.

use std::{sync::Arc, time::Duration};

use chrono_tz::Tz;

use super::{
    by_words::{ByWords, Ordered, Words},
    filter::{Filter, RawFilter, Sort, SortBy, Tab},
    model::{Severity, Status},
    queries::QueueItem,
    queue_words::{Note, note},
    words,
};
use crate::{
    desk::loose,
    kernel::{clock::Ts, id::ExceptionId, money::Money},
    web::{
        time,
        ui::{Column, Due, Order, Person, Stamp},
    },
};

/// One exception as the queue shows it.
pub struct QueueRow {
    pub id: ExceptionId,
    pub version: i64,
    pub severity: Severity,
    pub code: String,
    pub meaning: std::borrow::Cow<'static, str>,
    pub party: String,
    /// The last characters of the account number, at most four.
    pub account_tail: String,
    pub amount: String,
    pub status: Status,
    pub assignee: Option<Arc<Person>>,
    /// How long its holder has done nothing with it, when others may take it over.
    pub idle: Option<String>,
    /// When it is due; none where its tab tells another moment.
    pub due: Option<Due>,
    /// When it was resolved, or until when it is put aside, under those tabs.
    pub moment: Option<Stamp>,
    /// What there is to know beside that time.
    pub note: Option<Note>,
    pub age: Stamp,
    pub updated: String,
    pub can_take: bool,
}

/// Who looks at which tab, and when.
#[derive(Clone, Copy)]
pub(super) struct Looking {
    pub tab: Tab,
    pub now: Ts,
    pub zone: Tz,
    pub can_work: bool,
    pub idle_after: Duration,
}

pub(super) fn row(item: QueueItem, assignee: Option<Arc<Person>>, looking: Looking) -> QueueRow {
    let (now, zone) = (looking.now, looking.zone);
    let is_free = item.assignee_id.is_none() && matches!(item.status, Status::New | Status::Reopened);
    let moment = moment(&item, looking);
    QueueRow {
        note: note(&item, looking.tab, zone),
        due: (moment.is_none() && item.status.is_open()).then(|| time::due(item.due_at, now, zone)),
        moment,
        amount: item.money().map(Money::written).unwrap_or_default(),
        id: item.id,
        version: item.version,
        severity: item.severity,
        meaning: words::meaning(item.kind, item.code.as_deref(), item.reason.as_deref()),
        code: item.code.unwrap_or_default(),
        party: item.party,
        account_tail: item.account_tail,
        status: item.status,
        assignee,
        idle: loose::idle(item.status, item.held_at, now, looking.idle_after),
        age: time::stamp(item.created_at, now, zone),
        updated: time::short(item.updated_at, now, zone),
        can_take: looking.can_work && is_free,
    }
}

/// The time that a tab is about, where that is not the due time.
fn moment(item: &QueueItem, looking: Looking) -> Option<Stamp> {
    let (now, zone) = (looking.now, looking.zone);
    match looking.tab {
        // A resolved exception is frozen, so that its latest change is its resolution.
        Tab::Resolved => {
            let stamp = time::stamp(item.updated_at, now, zone);
            Some(Stamp {
                relative: stamp.ago().into_owned(),
                ..stamp
            })
        }
        Tab::Snoozed => item.snoozed_until.map(|until| Stamp {
            iso: until.rfc3339(),
            exact: until.written_in(zone),
            relative: time::short(until, now, zone),
        }),
        _ => None,
    }
}

pub(super) fn columns(raw: &RawFilter, filter: &Filter, ordered: Ordered) -> Vec<Column> {
    let plain = |label, right, hidden| Column::plain(label).right(right).hidden(hidden);
    // `now`: which way it goes where it is what the rows are sorted by. A click turns that round.
    let sorted = |label, spelled: String, now: Option<bool>, right| Column {
        label,
        href: Some(raw.address(&[("sort", &spelled)])),
        order: match now {
            None => Order::None,
            Some(true) => Order::Down,
            Some(false) => Order::Up,
        },
        right,
        hidden: false,
    };
    let sorts = |label, by: SortBy, right| {
        let is_current = ordered.by_words.is_none() && filter.sort.by == by;
        let now = is_current.then_some(filter.sort.descending);
        // A first click on severity, amount or a date shows the largest or latest first; due shows the soonest.
        let descending = now.map_or(by != SortBy::Due, |descending| !descending);
        sorted(label, Sort { by, descending }.spelled(), now, right)
    };
    let sorts_by_words = |label, by: Words| {
        if !ordered.is_short {
            return plain(label, false, false);
        }
        let current = ordered.by_words.filter(|order| order.by == by);
        let now = current.map(|order| order.descending);
        let descending = now.is_some_and(|descending| !descending);
        sorted(label, ByWords { by, descending }.spelled(), now, false)
    };
    // What the tab is about stands where its due times would.
    let (due, updated) = match filter.tab {
        Tab::Resolved => (
            sorts("Resolved", SortBy::Updated, false),
            plain("Updated", false, false),
        ),
        Tab::Snoozed => (
            plain("Snoozed until", false, false),
            sorts("Updated", SortBy::Updated, false),
        ),
        _ => (
            sorts("Due", SortBy::Due, false),
            sorts("Updated", SortBy::Updated, false),
        ),
    };
    vec![
        sorts("Severity", SortBy::Severity, false),
        sorts_by_words("Exception", Words::Exception),
        sorts_by_words("Party", Words::Party),
        sorts("Amount", SortBy::Amount, true),
        sorts_by_words("Status", Words::Status),
        sorts_by_words("Assignee", Words::Assignee),
        due,
        sorts("Age", SortBy::Created, false),
        updated,
        plain("Take", false, true),
    ]
}
