//! What an administrator sees of e-mail: the server, and what came of the messages, the latest first. What they say is
//! their readers' alone.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    model::{MailRow, MailState},
    queries,
};
use crate::{
    api::cursor,
    app::App,
    auth::{permission::Administer, principal::May},
    db::paging::{Edge, Ends, Slice, Window},
    kernel::{clock::Ts, error::AppResult},
    web::{
        form::Query,
        page::Page,
        settings,
        shell::{Problem, Section, Shell},
        time::stamp,
        ui::{Column, Empty, Fact, Pager, Stamp, Tab, Tag, Tone},
    },
};

/// The page's address.
pub const HERE: &str = "/settings/mail";

/// Messages of a page.
const PAGE: i64 = 50;

/// What cursors of these pages are bound to.
const ORDER: &str = "created_at-";

#[derive(Template)]
#[template(path = "mail/list.html")]
pub struct MailPage {
    shell: Shell,
    pages: Vec<Tab>,
    problems: Vec<Problem>,
    business_account: String,
    /// Empty when e-mail is not set up.
    facts: Vec<Fact>,
    tabs: Vec<Tab>,
    columns: Vec<Column>,
    rows: Vec<Row>,
    pager: Pager,
    empty: Option<Empty>,
}

struct Row {
    id: String,
    made: Stamp,
    to: String,
    kind: &'static str,
    state: Tag,
    outcome: String,
    can_resend: bool,
}

/// Which of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    state: String,
    cursor: String,
}

/// `GET /settings/mail`
pub async fn list(app: Data<App>, who: May<Administer>, query: Query<Wanted>) -> AppResult<Page<MailPage>> {
    Ok(Page::ok(view(&app, &who, &query.0, Vec::new()).await?))
}

/// The page, with what was refused.
pub async fn view(
    app: &App,
    who: &May<Administer>,
    wanted: &Wanted,
    problems: Vec<Problem>,
) -> AppResult<MailPage> {
    let (account, now) = (who.account(), app.clock.now());
    let state = MailState::parse(&wanted.state);
    let window = Window {
        edge: cursor::read(&wanted.cursor, ORDER).ok(),
        offset: 0,
        limit: PAGE,
    };
    let (found, ends) = match &app.mail {
        Some(_) => {
            app.db
                .read(move |conn| queries::page(conn, account, state, &window))
                .await?
        }
        None => (Slice::cut(Vec::new(), &window), None),
    };
    Ok(MailPage {
        shell: who.shell(app, "E-mail", Section::People),
        pages: settings::pages(&who.who, HERE),
        problems,
        business_account: who.who.account.name.clone(),
        facts: facts(app),
        tabs: tabs(state),
        columns: ["Made", "To", "What", "State", "Last outcome"]
            .into_iter()
            .map(Column::plain)
            .chain([Column::plain("Act").hidden(true)])
            .collect(),
        pager: pager(state, &found, ends),
        empty: found.rows.is_empty().then(|| nothing(state)),
        rows: found
            .rows
            .into_iter()
            .map(|(row, name)| line(&row, name, who, now))
            .collect(),
    })
}

fn facts(app: &App) -> Vec<Fact> {
    app.mail.as_ref().map_or_else(Vec::new, |server| {
        vec![
            Fact::new("Server", server.told()),
            Fact::new("From", server.from()),
            Fact::new("Links lead to", app.public_url()),
        ]
    })
}

fn pager(state: Option<MailState>, found: &Slice<(MailRow, String)>, ends: Ends) -> Pager {
    Pager::along(found, ends, |(value, id), backwards| {
        let cursor = cursor::write(ORDER, &Edge { value, id, backwards });
        let state = state.map_or("", MailState::as_str);
        format!("{HERE}?state={state}&cursor={cursor}")
    })
}

fn tabs(state: Option<MailState>) -> Vec<Tab> {
    let tab = |label, wanted: Option<MailState>| Tab {
        label,
        href: wanted.map_or_else(|| HERE.to_owned(), |s| format!("{HERE}?state={}", s.as_str())),
        count: None,
        current: wanted == state,
        alarm: false,
    };
    vec![
        tab("All", None),
        tab("Waiting", Some(MailState::Waiting)),
        tab("Sent", Some(MailState::Sent)),
        tab("Given up", Some(MailState::Failed)),
        tab("Not needed", Some(MailState::Dropped)),
    ]
}

fn nothing(state: Option<MailState>) -> Empty {
    let (title, text) = match state {
        None => (
            "No e-mail yet",
            "What people are told of by e-mail is listed here, with what came of it, for thirty days.",
        ),
        Some(MailState::Waiting) => ("Nothing waits", "Everything was sent."),
        Some(MailState::Sent) => (
            "Nothing was sent yet",
            "What the server has taken is listed here.",
        ),
        Some(MailState::Failed) => (
            "Nothing was given up",
            "A message is given up when the server refuses it for good, or after three days in vain.",
        ),
        Some(MailState::Dropped) => (
            "Nothing was left out",
            "A message is not needed when all of it was read or settled before it was sent.",
        ),
    };
    Empty {
        icon: "send",
        title: title.into(),
        text: text.into(),
        action: None,
    }
}

fn line(row: &MailRow, to: String, who: &May<Administer>, now: Ts) -> Row {
    let outcome = match (row.state, row.attempts) {
        (MailState::Waiting, 0) => format!("Is sent {}.", row.next_at.written_in(who.own_zone())),
        (MailState::Waiting, n) => format!(
            "{} Tried {}, again {}.",
            row.last_outcome,
            if n == 1 {
                "once".into()
            } else {
                format!("{n} times")
            },
            row.next_at.written_in(who.own_zone())
        ),
        _ => row.last_outcome.clone(),
    };
    Row {
        id: row.id.to_string(),
        made: stamp(row.created_at, now, who.own_zone()),
        to,
        kind: row.kind.label(),
        state: tag(row),
        outcome: outcome.trim().to_owned(),
        can_resend: row.state == MailState::Failed,
    }
}

fn tag(row: &MailRow) -> Tag {
    let (tone, icon, text) = match (row.state, row.failing_since) {
        (MailState::Waiting, None) => (Tone::Blue, "hourglass", "Waiting"),
        (MailState::Waiting, Some(_)) => (Tone::Amber, "triangle-alert", "Tried again"),
        (MailState::Sent, _) => (Tone::Green, "circle-check", "Sent"),
        (MailState::Failed, _) => (Tone::Red, "circle-x", "Given up"),
        (MailState::Dropped, _) => (Tone::Grey, "minus-circle", "Not needed"),
    };
    Tag {
        tone,
        icon,
        text: text.into(),
    }
}
