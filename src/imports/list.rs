//! The list of imports.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    model::{ImportRow, ImportState},
    queries::{self, Cursor},
};
use crate::{
    app::App,
    auth::{
        permission::{Read, Right},
        principal::May,
    },
    kernel::{
        clock::Ts,
        count::{COUNTED_UP_TO, up_to},
        error::AppResult,
    },
    web::{
        form::Query,
        page::Page,
        shell::{Section, Shell},
        time::stamp,
        ui::{Column, Empty, Link, Pager, Stamp, Tag, Tone},
    },
};

const ROWS: i64 = 50;

/// What the address may say.
#[derive(Deserialize)]
pub struct Asked {
    /// Imports older than this one: its time and id.
    #[serde(default)]
    after: String,
    /// Imports newer than this one.
    #[serde(default)]
    before: String,
}

#[derive(Template)]
#[template(path = "imports/list.html")]
pub struct ListPage {
    shell: Shell,
    columns: Vec<Column>,
    rows: Vec<RowView>,
    pager: Pager,
    empty: Option<Empty>,
    can_import: bool,
}

struct RowView {
    id: String,
    name: String,
    state: Tag,
    entries: i64,
    raised: Option<Link>,
    problems: i64,
    by: String,
    at: Stamp,
}

/// `GET /imports`
pub async fn show(app: Data<App>, who: May<Read>, asked: Query<Asked>) -> AppResult<Page<ListPage>> {
    let account = who.account();
    let cursor = cursor_of(&asked.0);
    let (rows, count) = app
        .db
        .read(move |conn| {
            Ok((
                queries::list(conn, account, cursor, ROWS + 1)?,
                queries::count_up_to(conn, account, COUNTED_UP_TO + 1)?,
            ))
        })
        .await?;
    Ok(Page::ok(page(&app, &who, cursor, rows, count)?))
}

fn cursor_of(asked: &Asked) -> Option<Cursor> {
    let place = |text: &str| {
        let (at, id) = text.split_once('.')?;
        Some((Ts::from_micros(at.parse().ok()?), id.parse().ok()?))
    };
    place(&asked.before)
        .map(|(at, id)| Cursor::Before(at, id))
        .or_else(|| place(&asked.after).map(|(at, id)| Cursor::After(at, id)))
}

fn page(
    app: &App,
    who: &May<Read>,
    cursor: Option<Cursor>,
    mut rows: Vec<ImportRow>,
    count: i64,
) -> AppResult<ListPage> {
    let shown = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let more = rows.len() > shown;
    let backwards = matches!(cursor, Some(Cursor::Before(..)));
    if backwards && more {
        rows.remove(0);
    }
    rows.truncate(shown);
    let place = |row: &ImportRow| format!("{}.{}", row.created_at.micros(), row.id);
    let older = if backwards { true } else { more };
    let newer = if backwards { more } else { cursor.is_some() };
    let can_import = who.who.actor.may(Right::Import);
    Ok(ListPage {
        shell: who.shell(app, "Imports", Section::Imports),
        columns: columns(),
        pager: Pager {
            shown: rows.len().to_string(),
            total: up_to(count),
            previous: rows
                .first()
                .filter(|_| newer)
                .map(|r| format!("/imports?before={}", place(r))),
            next: rows
                .last()
                .filter(|_| older)
                .map(|r| format!("/imports?after={}", place(r))),
        },
        empty: rows.is_empty().then(|| empty(can_import)),
        rows: rows
            .iter()
            .map(|row| view(app, who, row))
            .collect::<AppResult<_>>()?,
        can_import,
    })
}

fn empty(can_import: bool) -> Empty {
    Empty {
        icon: "file-up",
        title: "No files yet".into(),
        text: "Files of payments, returns and notifications of change that were imported are listed here."
            .into(),
        action: can_import.then(|| Link {
            href: "/imports/new".into(),
            label: "Import a file".into(),
        }),
    }
}

fn columns() -> Vec<Column> {
    [
        ("File", false),
        ("State", false),
        ("Entries", true),
        ("Raised", true),
        ("Problems", true),
        ("By", false),
        ("When", false),
    ]
    .into_iter()
    .map(|(label, right)| Column::plain(label).right(right))
    .collect()
}

fn view(app: &App, who: &May<Read>, row: &ImportRow) -> AppResult<RowView> {
    Ok(RowView {
        id: row.id.to_string(),
        name: row.file_name.clone(),
        state: tag(row.state),
        entries: row.entries,
        raised: (row.exceptions_raised > 0).then(|| Link {
            href: exceptions_of(row),
            label: row.exceptions_raised.to_string(),
        }),
        problems: row.known_problems()?,
        by: row.created_by_name.clone(),
        at: stamp(row.created_at, app.clock.now(), who.own_zone()),
    })
}

/// The queue of what an import raised.
pub fn exceptions_of(row: &ImportRow) -> String {
    format!("/exceptions?import={}", row.id)
}

/// A state as a badge.
pub fn tag(state: ImportState) -> Tag {
    let (tone, icon) = match state {
        ImportState::Receiving | ImportState::Checked => (Tone::Grey, "search"),
        ImportState::Queued | ImportState::Running => (Tone::Blue, "hourglass"),
        ImportState::Done => (Tone::Green, "circle-check"),
        ImportState::Failed => (Tone::Red, "file-x"),
    };
    Tag {
        tone,
        icon,
        text: state.label().into(),
    }
}
