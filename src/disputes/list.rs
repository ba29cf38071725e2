//! The list of disputes, by state, the newest first.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    model::{DisputeRow, DisputeState},
    queries::{self, Wanted},
};
use crate::{
    app::App,
    auth::{permission::Read, principal::May},
    db::paging::{Edge, Key, Order as Sorting, Window},
    kernel::error::AppResult,
    web::{
        form::Query,
        page::Page,
        shell::{Section, Shell},
        time,
        ui::{Column, Empty, Pager, Person, Stamp, Tab, Tag, Tone},
    },
};

/// Rows of a page.
const PAGE: i64 = 50;

#[derive(Template)]
#[template(path = "disputes/list.html")]
pub struct DisputesPage {
    shell: Shell,
    tabs: Vec<Tab>,
    columns: Vec<Column>,
    rows: Vec<Line>,
    pager: Pager,
    empty: Option<Empty>,
}

struct Line {
    id: String,
    title: String,
    category: &'static str,
    opener: Person,
    age: Stamp,
    changed: Stamp,
    state: Tag,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct DisputesQuery {
    tab: String,
    after: String,
    before: String,
}

const TABS: [(&str, &str, Option<DisputeState>); 5] = [
    ("all", "All", None),
    ("open", "Open", Some(DisputeState::Open)),
    (
        "waiting",
        "Waiting for evidence",
        Some(DisputeState::PendingEvidence),
    ),
    ("won", "Won", Some(DisputeState::Won)),
    ("lost", "Lost", Some(DisputeState::Lost)),
];

/// `GET /disputes`
pub async fn list(
    app: Data<App>,
    who: May<Read>,
    query: Query<DisputesQuery>,
) -> AppResult<Page<DisputesPage>> {
    let DisputesQuery { tab, after, before } = query.0;
    let (slug, _, state) = TABS.iter().find(|(slug, ..)| *slug == tab).unwrap_or(&TABS[0]);
    let account = who.account();
    let wanted = Wanted {
        state: *state,
        ..Wanted::default()
    };
    let window = Window {
        edge: edge(&after, false).or_else(|| edge(&before, true)),
        offset: 0,
        limit: PAGE,
    };
    let order = Sorting {
        keys: vec![Key {
            sql: "disputes.created_at",
            descending: true,
        }],
        descending: true,
        is_unkept: false,
    };
    let (slice, ends) = app
        .db
        .read(move |conn| queries::page(conn, account, &wanted, &order, &window))
        .await?;
    Ok(Page::ok(DisputesPage {
        shell: who.shell(&app, "Disputes", Section::Disputes),
        tabs: tabs(slug),
        columns: ["Dispute", "Category", "Opened by", "Opened", "Changed", "State"]
            .map(Column::plain)
            .into(),
        pager: Pager::along(&slice, ends, |(at, id), backwards| {
            let way = if backwards { "before" } else { "after" };
            format!("/disputes?tab={slug}&{way}={at}.{id}")
        }),
        empty: slice.rows.is_empty().then(empty),
        rows: slice.rows.into_iter().map(|row| line(&app, &who, row)).collect(),
    }))
}

fn edge(text: &str, backwards: bool) -> Option<Edge> {
    let (value, id) = text.split_once('.')?;
    Some(Edge {
        value: value.parse().ok()?,
        id: Uuid::try_parse(id).ok()?,
        backwards,
    })
}

fn tabs(current: &str) -> Vec<Tab> {
    TABS.iter()
        .map(|(slug, label, _)| Tab {
            label,
            href: format!("/disputes?tab={slug}"),
            count: None,
            current: *slug == current,
            alarm: false,
        })
        .collect()
}

fn line(app: &App, who: &May<Read>, row: DisputeRow) -> Line {
    let stamp = |at| time::stamp(at, app.clock.now(), who.own_zone());
    Line {
        id: row.id.to_string(),
        category: row.category.label(),
        opener: Person::named(row.opened_by_name),
        age: stamp(row.created_at),
        changed: stamp(row.updated_at),
        state: tag(row.state),
        title: shortened(&row.description),
    }
}

/// The beginning of a text, on one line.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 80;
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    let start: String = line.chars().take(LONGEST).collect();
    format!("{}…", start.trim_end())
}

/// A state as a badge.
pub(super) fn tag(state: DisputeState) -> Tag {
    let (tone, icon) = match state {
        DisputeState::Draft => (Tone::Grey, "pencil"),
        DisputeState::Open => (Tone::Blue, "message-square"),
        DisputeState::PendingEvidence => (Tone::Amber, "hourglass"),
        DisputeState::Won => (Tone::Green, "circle-check"),
        DisputeState::Lost => (Tone::Red, "circle-x"),
    };
    Tag {
        tone,
        icon,
        text: state.label().into(),
    }
}

fn empty() -> Empty {
    Empty {
        icon: "shield-alert",
        title: "No dispute here".into(),
        text: "A dispute is opened from the page of the exception that it is about.".into(),
        action: None,
    }
}
