//! The queue's table: its columns and a row for each exception.

use std::time::Duration;

use chrono_tz::Tz;

use super::{
    filter::{Filter, RawFilter, SortBy},
    model::{Party, Severity, Status},
    queries::QueueItem,
    words,
};
use crate::{
    desk::loose,
    kernel::{
        clock::Ts,
        money::{Currency, Money},
    },
    web::{
        shell::initials,
        time,
        ui::{Column, Due, Order, Person, Stamp},
    },
};

/// One exception as the queue shows it.
pub struct QueueRow {
    pub id: String,
    pub version: i64,
    pub severity: Severity,
    pub code: String,
    pub meaning: std::borrow::Cow<'static, str>,
    pub party: String,
    pub account: String,
    pub amount: String,
    pub status: Status,
    pub assignee: Option<Person>,
    /// How long its holder has done nothing with it, when others may take it over.
    pub idle: Option<String>,
    /// Who it waits for, in words.
    pub waits: Option<&'static str>,
    pub due: Option<Due>,
    pub age: Stamp,
    pub updated: String,
    pub can_take: bool,
}

pub(super) fn row(
    item: QueueItem,
    holder: Option<(String, String)>,
    now: Ts,
    zone: Tz,
    can_work: bool,
    idle_after: Duration,
) -> QueueRow {
    let is_free = item.assignee_id.is_none() && matches!(item.status, Status::New | Status::Reopened);
    let amount = item
        .currency
        .as_deref()
        .and_then(Currency::parse)
        .map(|c| Money::new(item.amount, c).to_string());
    QueueRow {
        id: item.id.to_string(),
        version: item.version,
        severity: item.severity,
        meaning: words::meaning(item.kind, item.code.as_deref(), item.reason.as_deref()),
        code: item.code.unwrap_or_default(),
        party: item.party,
        account: if item.account_tail.is_empty() {
            String::new()
        } else {
            format!("••••{}", item.account_tail)
        },
        amount: amount.unwrap_or_default(),
        status: item.status,
        assignee: holder.map(|(first, last)| {
            let name = format!("{first} {last}");
            Person {
                initials: initials(&name),
                name,
            }
        }),
        idle: loose::idle(item.status, item.held_at, now, idle_after),
        waits: item.waiting_for.map(Party::words),
        due: item.status.is_open().then(|| time::due(item.due_at, now, zone)),
        age: time::stamp(item.created_at, now, zone),
        updated: time::short(item.updated_at, now, zone),
        can_take: can_work && is_free,
    }
}

pub(super) fn columns(raw: &RawFilter, filter: &Filter) -> Vec<Column> {
    let plain = |label, right, hidden| Column::plain(label).right(right).hidden(hidden);
    let sorts = |label, by: SortBy, right| {
        let is_current = filter.sort.by == by;
        // A first click on severity, amount or a date shows the largest or latest first; due shows the soonest.
        let descending = if is_current {
            !filter.sort.descending
        } else {
            by != SortBy::Due
        };
        let spelled = format!("{}{by}", if descending { "-" } else { "" });
        let order = match (is_current, filter.sort.descending) {
            (false, _) => Order::None,
            (true, true) => Order::Down,
            (true, false) => Order::Up,
        };
        Column {
            label,
            href: Some(raw.address(&[("sort", &spelled)])),
            order,
            right,
            hidden: false,
        }
    };
    vec![
        sorts("Severity", SortBy::Severity, false),
        plain("Exception", false, false),
        plain("Party", false, false),
        sorts("Amount", SortBy::Amount, true),
        plain("Status", false, false),
        plain("Assignee", false, false),
        sorts("Due", SortBy::Due, false),
        sorts("Age", SortBy::Created, false),
        sorts("Updated", SortBy::Updated, false),
        plain("Take", false, true),
    ]
}
