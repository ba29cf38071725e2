//! One subscription's page: what it is told of, its messages, and what can be done.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    list::{self, HERE, MESSAGES, columns},
    model::{DeliveryRow, DeliveryState, OVERLAP, SubscriptionRow},
    queries, rows,
};
use crate::{
    api::cursor,
    app::App,
    auth::{permission::Administer, principal::May},
    db::paging::{Edge, Ends, Key, Order, Slice, Window},
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{WebhookSubscriptionId, noun},
    },
    web::{
        form::{PathId, Query},
        page::Page,
        settings,
        shell::{Problem, Section, Shell},
        time::stamp,
        ui::{Choice, Column, Pager, Stamp, Tab, Tag, Tone},
    },
};

/// Messages of a page.
const PAGE: i64 = 50;

/// What cursors of these pages are bound to.
const ORDER: &str = "created_at-";

#[derive(Template)]
#[template(path = "webhooks/show.html")]
pub struct ShowPage {
    shell: Shell,
    pages: Vec<Tab>,
    problems: Vec<Problem>,
    /// Just made, and shown this once.
    secret: Option<String>,
    id: String,
    version: String,
    title: String,
    url: String,
    state: Tag,
    is_active: bool,
    suspended_because: String,
    added: Stamp,
    events: Vec<&'static str>,
    waiting: String,
    overlap_hours: u64,
    /// Until when the former secret signs too.
    former_until: Option<Stamp>,
    states: Vec<Choice>,
    columns: Vec<Column>,
    rows: Vec<Line>,
    pager: Pager,
}

struct Line {
    href: String,
    kind: &'static str,
    subject: String,
    subject_href: String,
    state: Tag,
    made: Stamp,
    attempts: String,
    outcome: String,
    next: Option<Stamp>,
}

/// Which messages.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    state: String,
    cursor: String,
}

/// `GET /settings/webhooks/{id}`
pub async fn show(
    app: Data<App>,
    who: May<Administer>,
    id: PathId<noun::WebhookSubscription>,
    wanted: Query<Wanted>,
) -> AppResult<Page<ShowPage>> {
    Ok(Page::ok(page(&app, &who, id.0, wanted.0).await?))
}

/// The page as it is now, with why something was refused, or with a secret that was just made.
pub async fn view(
    app: &App,
    who: &May<Administer>,
    id: WebhookSubscriptionId,
    refusal: Option<String>,
    secret: Option<String>,
) -> AppResult<ShowPage> {
    let mut page = page(app, who, id, Wanted::default()).await?;
    page.secret = secret;
    page.problems.extend(refusal.map(|text| Problem {
        field: String::new(),
        text,
    }));
    Ok(page)
}

async fn page(
    app: &App,
    who: &May<Administer>,
    id: WebhookSubscriptionId,
    wanted: Wanted,
) -> AppResult<ShowPage> {
    let (account, now) = (who.account(), app.clock.now());
    let state = DeliveryState::parse(&wanted.state);
    let order = Order {
        keys: vec![Key {
            sql: "webhook_deliveries.created_at",
            descending: true,
        }],
        descending: true,
        is_unkept: false,
    };
    let window = Window {
        edge: cursor::read(&wanted.cursor, ORDER).ok(),
        offset: 0,
        limit: PAGE,
    };
    let (row, (found, ends), waiting) = app
        .db
        .read(move |conn| {
            Ok((
                queries::get(conn, account, id)?,
                rows::page(conn, account, id, state, (&order, &window))?,
                rows::count_waiting(conn, account, id)?,
            ))
        })
        .await?;
    let mut page = of(app, who, &row, now);
    page.waiting = list::counted(waiting);
    page.states = states(state);
    page.pager = pager(&row, state, &found, ends);
    page.rows = found.rows.iter().map(|d| line(d, who, now)).collect();
    Ok(page)
}

fn of(app: &App, who: &May<Administer>, row: &SubscriptionRow, now: Ts) -> ShowPage {
    let title = list::title(row);
    let at = |at: Ts| stamp(at, now, who.own_zone());
    ShowPage {
        shell: who.shell(app, title.clone(), Section::People),
        pages: settings::pages(&who.who, HERE),
        problems: Vec::new(),
        secret: None,
        id: row.id.to_string(),
        version: row.version.to_string(),
        title,
        url: row.url.clone(),
        state: list::state(row),
        is_active: row.is_active(),
        suspended_because: row.suspended_because.clone(),
        added: at(row.created_at),
        events: row.topics().iter().map(|t| t.as_str()).collect(),
        waiting: String::new(),
        overlap_hours: OVERLAP.as_secs() / 3600,
        former_until: row.previous_until.filter(|until| *until > now).map(at),
        states: Vec::new(),
        columns: columns(&["Message", "About", "State", "Made", "Attempts", "Last outcome"]),
        rows: Vec::new(),
        pager: Pager {
            shown: String::new(),
            total: String::new(),
            previous: None,
            next: None,
        },
    }
}

fn states(chosen: Option<DeliveryState>) -> Vec<Choice> {
    [
        (DeliveryState::Waiting, "Waiting"),
        (DeliveryState::Delivered, "Delivered"),
    ]
    .into_iter()
    .map(|(state, label)| Choice {
        value: state.as_str().to_owned(),
        label: label.to_owned(),
        selected: chosen == Some(state),
    })
    .collect()
}

fn pager(
    row: &SubscriptionRow,
    state: Option<DeliveryState>,
    found: &Slice<DeliveryRow>,
    ends: Ends,
) -> Pager {
    Pager::along(found, ends, |(value, id), backwards| {
        let cursor = cursor::write(ORDER, &Edge { value, id, backwards });
        let state = state.map_or("", |s| s.as_str());
        format!("{HERE}/{}?state={state}&cursor={cursor}", row.id)
    })
}

fn line(row: &DeliveryRow, who: &May<Administer>, now: Ts) -> Line {
    let at = |at: Ts| stamp(at, now, who.own_zone());
    Line {
        href: format!("{MESSAGES}/{}", row.id),
        kind: row.kind.as_str(),
        subject: subject_word(row).to_owned(),
        subject_href: subject_href(row),
        state: tag(row),
        made: at(row.created_at),
        attempts: row.attempts.to_string(),
        outcome: row.last_outcome.clone(),
        next: (row.state == DeliveryState::Waiting && row.attempts > 0).then(|| at(row.next_at)),
    }
}

/// What it is about, in a word.
pub fn subject_word(row: &DeliveryRow) -> &'static str {
    if row.kind.as_str().starts_with("transactions.") {
        "Transaction"
    } else {
        "Exception"
    }
}

/// The page of what it is about.
pub fn subject_href(row: &DeliveryRow) -> String {
    let folder = if row.kind.as_str().starts_with("transactions.") {
        "transactions"
    } else {
        "exceptions"
    };
    format!("/{folder}/{}", row.subject_id)
}

/// Where a message is, as a badge.
pub fn tag(row: &DeliveryRow) -> Tag {
    let (tone, icon, text) = match (row.state, row.attempts) {
        (DeliveryState::Delivered, _) => (Tone::Green, "circle-check", "Delivered"),
        (DeliveryState::Waiting, 0) => (Tone::Grey, "hourglass", "Waiting"),
        (DeliveryState::Waiting, _) => (Tone::Amber, "repeat", "Tried again"),
    };
    Tag {
        tone,
        icon,
        text: text.into(),
    }
}
