//! The queue: tabs with their counts, filters, a page of exceptions.

use std::sync::Arc;

use actix_web::web::Data;
use askama::Template;
use chrono_tz::Tz;

use super::{
    filter::{Edge, Filter, RawFilter, SortBy, Tab},
    live,
    model::{Kind, Severity, Source, Status},
    queries::{self, COUNTED_UP_TO, QueueItem, QueueRows, TabCounts, Worker},
    words,
};
use crate::{
    app::App,
    auth::{
        permission::{Read, Right, Role},
        principal::May,
    },
    bulk::model::BulkAct,
    db::{AnyConnection, memo::Memo},
    kernel::{
        clock::Ts,
        error::{AppResult, FieldErrors},
        id::{BusinessAccountId, SavedQueueId},
        money::{Currency, Money},
    },
    queues::{
        self,
        beside::{Asking, Beside, Totals, beside, links},
        model::SavedQueue,
    },
    search,
    web::{
        form::Query,
        page::{Answer, Page, SeeOther},
        shell::{Problem, Section, Shell, initials, problems},
        time,
        ui::{Badge, Chip, Choice, Column, Due, Empty, Link, Order, Pager, Person, Stamp, Tab as TabView},
    },
};

#[derive(Template)]
#[template(path = "exceptions/queue.html")]
pub struct QueuePage {
    shell: Shell,
    heading: &'static str,
    tabs: Vec<TabView>,
    filters: QueueFilters,
    chips: Vec<Chip>,
    /// The same tab without filters.
    clear: String,
    /// What was wrong with the filters typed.
    problems: Vec<Problem>,
    columns: Vec<Column>,
    rows: Vec<QueueRow>,
    pager: Pager,
    /// Shown in place of the table.
    empty: Option<Empty>,
    /// This list's own address, so that a claim leads back to the same place.
    back: String,
    can_work: bool,
    can_import: bool,
    /// The filter as the address has it, for saving and export.
    query: String,
    /// Where this list's changes are told.
    live: String,
    bulk_acts: Vec<(&'static str, &'static str)>,
}

/// The filter form as it stands.
struct QueueFilters {
    open: bool,
    keep: Vec<(&'static str, String)>,
    types: Vec<Choice>,
    code: String,
    severities: Vec<Choice>,
    assignees: Vec<Choice>,
    statuses: Vec<Choice>,
    sources: Vec<Choice>,
    amount_from: String,
    amount_to: String,
    text: String,
    created_from: String,
    created_to: String,
    due_from: String,
    due_to: String,
}

struct QueueRow {
    id: String,
    version: i64,
    severity: Severity,
    code: String,
    meaning: std::borrow::Cow<'static, str>,
    party: String,
    account: String,
    amount: String,
    status: Status,
    assignee: Option<Person>,
    due: Option<Due>,
    age: Stamp,
    updated: String,
    can_take: bool,
}

struct Found {
    rows: QueueRows,
    counts: TabCounts,
    /// As it is written.
    total: Arc<String>,
    saved: Vec<Beside>,
    /// More have the words that are asked for than the queue is narrowed to.
    is_cut: bool,
    desk: Arc<Desk>,
}

/// What every queue page of a business account shows alike.
pub struct Desk {
    pub counts: TabCounts,
    workers: Vec<Worker>,
    /// Everybody's and each person's own, in their order.
    pub saved: Vec<SavedQueue>,
    begins: Vec<(Role, SavedQueueId)>,
}

impl Desk {
    /// As it is now.
    pub fn read(conn: &mut AnyConnection, account: BusinessAccountId, now: Ts) -> AppResult<Self> {
        Ok(Self {
            counts: queries::shared_counts(conn, account, now)?,
            workers: queries::workers(conn, account)?,
            saved: queues::queries::list(conn, account)?,
            begins: queues::queries::defaults(conn, account)?,
        })
    }

    /// The queue in which a role begins, when that was said.
    fn first_of(&self, role: Role) -> Option<&SavedQueue> {
        let (_, id) = self.begins.iter().find(|(r, _)| *r == role)?;
        self.saved.iter().find(|q| q.id == *id && q.is_shared)
    }
}

/// `GET /exceptions`: a list, or with nothing asked for where the person's role begins.
pub async fn list(app: Data<App>, who: May<Read>, query: Query<RawFilter>) -> AppResult<Answer<QueuePage>> {
    let (filter, errors) = query.0.parse(who.zone());
    let begins = who
        .request()
        .query_string()
        .is_empty()
        .then_some(who.who.actor.role);
    let (wanted, spelled, state) = (filter.clone(), query.0.query(), app.clone());
    if filter.text.is_some() {
        search::index::refresh(&app).await?;
    }
    let asking = Asking::of(&who, app.db.moment());
    let found = app
        .db
        .read(move |conn| {
            let (account, moment) = (asking.account, asking.moment);
            let desks: Memo<Desk> = state.memos.of();
            let desk = desks.get(account, moment, || Desk::read(conn, account, moment.now()))?;
            match begins.and_then(|role| desk.first_of(role)) {
                Some(first) => Ok(Err(first.address())),
                None => find(conn, &state, &asking, desk, &wanted, &spelled).map(Ok),
            }
        })
        .await?;
    Ok(match found {
        Ok(found) => Answer::Again(Page::ok(page(&app, &who, &query.0, &filter, &errors, found))),
        Err(first) => Answer::Next(SeeOther::to(first)),
    })
}

fn find(
    conn: &mut AnyConnection,
    app: &App,
    asking: &Asking,
    desk: Arc<Desk>,
    filter: &Filter,
    query: &str,
) -> AppResult<Found> {
    let (account, me, now) = (asking.account, asking.me, asking.moment.now());
    let totals: Totals = app.memos.of();
    let counts = TabCounts {
        mine: queries::count_mine(conn, account, me)?,
        ..desk.counts
    };
    Ok(Found {
        rows: queries::list(conn, account, me, filter, now)?,
        total: asking.total(conn, &totals, query, &counts)?,
        saved: beside(conn, &totals, asking, &desk.saved, &counts)?,
        is_cut: match &filter.text {
            Some(terms) => search::queries::is_cut(conn, account, terms)?,
            None => false,
        },
        counts,
        desk,
    })
}

fn page(
    app: &App,
    who: &May<Read>,
    raw: &RawFilter,
    filter: &Filter,
    errors: &FieldErrors,
    found: Found,
) -> QueuePage {
    let (now, zone) = (app.clock.now(), who.zone());
    let can_work = who.who.actor.may(Right::Work);
    let (heading, query) = (heading(filter.tab), raw.query());
    let pager = pager(raw, filter, &found);
    let has_rows = !found.rows.items.is_empty();
    QueuePage {
        shell: who
            .shell(app, heading, Section::Queue)
            .below(links(&found.saved, &query)),
        live: live_address(&query),
        query,
        heading,
        tabs: tabs(filter.tab, &found.counts),
        filters: filters(raw, filter, errors, &found.desk.workers),
        chips: chips(raw, &found.desk.workers, found.is_cut),
        clear: RawFilter {
            tab: filter.tab.as_str().into(),
            ..RawFilter::default()
        }
        .address(&[]),
        problems: problems(errors),
        columns: columns(raw, filter),
        pager,
        empty: (!has_rows).then(|| empty(filter)),
        rows: found
            .rows
            .items
            .into_iter()
            .map(|(item, holder)| row(item, holder, now, zone, can_work))
            .collect(),
        back: raw.address(&[("after", &raw.after), ("before", &raw.before)]),
        can_work,
        can_import: who.who.actor.may(Right::Import),
        bulk_acts: BulkAct::OF_QUEUE
            .into_iter()
            .filter(|act| who.who.actor.may(act.right()))
            .map(|act| (act.as_str(), act.label()))
            .collect(),
    }
}

fn live_address(query: &str) -> String {
    let list = serde_urlencoded::to_string([("list", query)]).unwrap_or_default();
    format!("{}?stay=1&{list}", live::PATH)
}

const fn heading(tab: Tab) -> &'static str {
    match tab {
        Tab::Mine => "My exceptions",
        Tab::Unassigned => "Unassigned exceptions",
        Tab::Open => "Open exceptions",
        Tab::Soon => "Exceptions due soon",
        Tab::Overdue => "Overdue exceptions",
        Tab::Waiting => "Waiting exceptions",
        Tab::Snoozed => "Snoozed exceptions",
        Tab::Resolved => "Resolved exceptions",
    }
}

const fn tab_label(tab: Tab) -> &'static str {
    match tab {
        Tab::Mine => "Mine",
        Tab::Unassigned => "Unassigned",
        Tab::Open => "Open",
        Tab::Soon => "Due soon",
        Tab::Overdue => "Overdue",
        Tab::Waiting => "Waiting",
        Tab::Snoozed => "Snoozed",
        Tab::Resolved => "Resolved",
    }
}

/// A tab's count, as it is written.
pub fn tab_total(tab: Tab, counts: &TabCounts) -> String {
    let n = counts.of(tab);
    match tab {
        Tab::Soon | Tab::Overdue => up_to(n),
        _ => grouped(n),
    }
}

fn tabs(current: Tab, counts: &TabCounts) -> Vec<TabView> {
    Tab::ALL
        .iter()
        .map(|tab| TabView {
            label: tab_label(*tab),
            href: format!("/exceptions?tab={tab}"),
            count: Some(tab_total(*tab, counts)),
            current: *tab == current,
            alarm: *tab == Tab::Overdue && counts.overdue > 0,
        })
        .collect()
}

/// A count that stops at a bound: "1,000+" beyond it.
pub fn up_to(n: i64) -> String {
    if n > COUNTED_UP_TO {
        format!("{}+", grouped(COUNTED_UP_TO))
    } else {
        grouped(n)
    }
}

/// How many a queue has, as it is written: exact where the number is kept.
pub fn written_total(filter: &Filter, total: i64) -> String {
    let is_exact = filter.is_whole_tab() && !matches!(filter.tab, Tab::Soon | Tab::Overdue);
    if is_exact { grouped(total) } else { up_to(total) }
}

/// A count with its thousands apart: "1,204".
pub fn grouped(n: i64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn row(item: QueueItem, holder: Option<(String, String)>, now: Ts, zone: Tz, can_work: bool) -> QueueRow {
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
        due: item.status.is_open().then(|| time::due(item.due_at, now, zone)),
        age: time::stamp(item.created_at, now, zone),
        updated: time::short(item.updated_at, now, zone),
        can_take: can_work && is_free,
    }
}

fn pager(raw: &RawFilter, filter: &Filter, found: &Found) -> Pager {
    let edge = |row: Option<&(QueueItem, _)>| {
        row.map(|(item, _)| Edge::spelled(item.sort_value(filter.sort.by), item.id))
            .unwrap_or_default()
    };
    let items = &found.rows.items;
    Pager {
        shown: items.len().to_string(),
        total: found.total.as_str().to_owned(),
        previous: found
            .rows
            .has_previous
            .then(|| raw.address(&[("before", &edge(items.first()))])),
        next: found
            .rows
            .has_next
            .then(|| raw.address(&[("after", &edge(items.last()))])),
    }
}

fn columns(raw: &RawFilter, filter: &Filter) -> Vec<Column> {
    let plain = |label, right, hidden| Column {
        label,
        href: None,
        order: Order::None,
        right,
        hidden,
    };
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

fn filters(raw: &RawFilter, filter: &Filter, errors: &FieldErrors, workers: &[Worker]) -> QueueFilters {
    let choices = |all: &mut dyn Iterator<Item = (String, String)>, selected: &str| {
        std::iter::once((String::new(), "Any".to_owned()))
            .chain(all)
            .map(|(value, label)| Choice {
                selected: value == selected,
                value,
                label,
            })
            .collect::<Vec<_>>()
    };
    let nobody = std::iter::once(("UNASSIGNED".to_owned(), "Nobody".to_owned()));
    QueueFilters {
        open: !errors.is_empty(),
        keep: raw
            .set_fields()
            .into_iter()
            .filter(|(name, _)| matches!(*name, "tab" | "sort" | "import"))
            .map(|(name, value)| (name, value.to_owned()))
            .collect(),
        types: choices(
            &mut Kind::ALL.iter().map(|k| (k.to_string(), k.label().to_owned())),
            &raw.r#type,
        ),
        code: filter.code.clone().unwrap_or_default(),
        severities: choices(
            &mut Severity::ALL
                .iter()
                .rev()
                .map(|s| (s.as_str().to_owned(), s.word().to_owned())),
            &raw.severity,
        ),
        assignees: choices(
            &mut nobody.chain(workers.iter().map(|w| (w.id.to_string(), w.name()))),
            &raw.assignee,
        ),
        statuses: choices(
            &mut Status::ALL.iter().map(|s| (s.to_string(), s.word().to_owned())),
            &raw.status,
        ),
        sources: choices(
            &mut Source::ALL.iter().map(|s| (s.to_string(), s.label().to_owned())),
            &raw.source,
        ),
        amount_from: raw.amount_from.clone(),
        amount_to: raw.amount_to.clone(),
        text: raw.text.clone(),
        created_from: raw.created_from.clone(),
        created_to: raw.created_to.clone(),
        due_from: raw.due_from.clone(),
        due_to: raw.due_to.clone(),
    }
}

fn chips(raw: &RawFilter, workers: &[Worker], is_cut: bool) -> Vec<Chip> {
    let worded = |name: &str, value: &str| -> Option<String> {
        Some(match name {
            "type" => Kind::parse(value)?.label().to_owned(),
            "code" => format!("Code {}", value.trim().to_uppercase()),
            "severity" => format!("Severity {}", Severity::parse(value)?.word()),
            "assignee" if value == "UNASSIGNED" => "Nobody has it".to_owned(),
            "assignee" => workers.iter().find(|w| w.id.to_string() == value)?.name(),
            "status" => format!("Status {}", Status::parse(value)?.word()),
            "source" => format!("Source {}", Source::parse(value)?.label()),
            "import" => "From one import".to_owned(),
            "text" if is_cut => format!("“{value}” (the newest {})", grouped(search::queries::MOST)),
            "text" => format!("“{value}”"),
            "amount_from" => format!("From {value}"),
            "amount_to" => format!("Up to {value}"),
            "created_from" => format!("Created from {value}"),
            "created_to" => format!("Created up to {value}"),
            "due_from" => format!("Due from {value}"),
            "due_to" => format!("Due up to {value}"),
            _ => return None,
        })
    };
    raw.set_fields()
        .into_iter()
        .filter_map(|(name, value)| {
            Some(Chip {
                text: worded(name, value)?,
                href: raw.address(&[(name, "")]),
            })
        })
        .collect()
}

fn empty(filter: &Filter) -> Empty {
    let all_open = Some(Link {
        href: "/exceptions?tab=open".into(),
        label: "All open exceptions".into(),
    });
    if !filter.is_whole_tab() {
        return Empty {
            icon: "list-filter",
            title: "Nothing matches".into(),
            text: "No exception in this tab has all of these. Remove a filter above.".into(),
            action: Some(Link {
                href: format!("/exceptions?tab={}", filter.tab),
                label: "Clear filters".into(),
            }),
        };
    }
    let (icon, title, text, action) = match filter.tab {
        Tab::Mine => (
            "inbox",
            "You have nothing",
            "Take the next exception, or pick one from Unassigned.",
            all_open,
        ),
        Tab::Unassigned => (
            "circle-check",
            "Nothing is unassigned",
            "Everything open has somebody.",
            all_open,
        ),
        Tab::Open => (
            "circle-check",
            "Nothing is open",
            "New exceptions come with the next import.",
            None,
        ),
        Tab::Soon => (
            "clock",
            "Nothing is due soon",
            "Nothing open falls due within a day.",
            all_open,
        ),
        Tab::Overdue => (
            "circle-check",
            "Nothing is overdue",
            "Everything open is within its time.",
            all_open,
        ),
        Tab::Waiting => (
            "hourglass",
            "Nothing waits",
            "Exceptions handed to outside systems show here.",
            all_open,
        ),
        Tab::Snoozed => (
            "calendar-clock",
            "Nothing is put aside",
            "What is snoozed until a time shows here, and comes back by itself.",
            all_open,
        ),
        Tab::Resolved => (
            "inbox",
            "Nothing is resolved yet",
            "What is resolved shows here, the latest first.",
            all_open,
        ),
    };
    Empty {
        icon,
        title: title.into(),
        text: text.into(),
        action,
    }
}
