//! The connectors of a business account: one line for each kind, set up or not.

use actix_web::web::Data;
use askama::Template;

use super::{connector::ConnectorRow, connector_queries as queries, model::Target};
use crate::{
    app::App,
    auth::{permission::Administer, principal::May},
    kernel::{clock::Ts, error::AppResult},
    web::{
        page::Page,
        settings,
        shell::{Section, Shell},
        time::stamp,
        ui::{Link, Stamp, Tab, Tag, Tone},
    },
};

/// The list's address.
pub const HERE: &str = "/settings/connectors";

#[derive(Template)]
#[template(path = "dispatch/connectors.html")]
pub struct ListPage {
    shell: Shell,
    pages: Vec<Tab>,
    business_account: String,
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    href: Option<String>,
    state: Tag,
    place: String,
    tested: Option<Stamp>,
    set_up: Option<Link>,
    off: bool,
}

/// `GET /settings/connectors`
pub async fn list(app: Data<App>, who: May<Administer>) -> AppResult<Page<ListPage>> {
    let (account, now) = (who.account(), app.clock.now());
    let found = app.db.read(move |conn| queries::list(conn, account)).await?;
    let rows = Target::ALL
        .iter()
        .map(|target| match found.iter().find(|row| row.target == *target) {
            Some(row) => line(row, &who, now),
            None => missing(*target),
        })
        .collect();
    Ok(Page::ok(ListPage {
        shell: who.shell(&app, "Connectors", Section::People),
        pages: settings::pages(&who.who, HERE),
        business_account: who.who.account.name.clone(),
        rows,
    }))
}

fn line(row: &ConnectorRow, who: &May<Administer>, now: Ts) -> Row {
    Row {
        name: row.target.label(),
        href: Some(format!("{HERE}/{}", row.id)),
        state: state(row),
        place: place(row),
        tested: row.tested_at.map(|at| stamp(at, now, who.own_zone())),
        set_up: None,
        off: !row.is_enabled,
    }
}

/// Address, and in Jira the project.
fn place(row: &ConnectorRow) -> String {
    if row.project.is_empty() {
        row.url.clone()
    } else {
        format!("{} · {}", row.url, row.project)
    }
}

fn missing(target: Target) -> Row {
    let is_manual = target == Target::Manual;
    Row {
        name: target.label(),
        href: None,
        state: if is_manual {
            tag(Tone::Green, "circle-check", "Always there")
        } else {
            tag(Tone::Grey, "minus-circle", "Not set up")
        },
        place: if is_manual {
            "Nothing is called: somebody sees to it outside.".into()
        } else {
            String::new()
        },
        tested: None,
        set_up: (!is_manual).then(|| Link {
            href: format!("{HERE}/new?system={target}"),
            label: format!("Set up {}", target.label()),
        }),
        off: !is_manual,
    }
}

fn tag(tone: Tone, icon: &'static str, text: &str) -> Tag {
    Tag {
        tone,
        icon,
        text: text.into(),
    }
}

/// Whether exceptions can be handed to it, as a badge.
pub fn state(row: &ConnectorRow) -> Tag {
    match (row.is_enabled, row.tested_at, row.test_passed) {
        (false, ..) => tag(Tone::Grey, "ban", "Disabled"),
        (true, Some(_), false) => tag(Tone::Amber, "triangle-alert", "Test failed"),
        (true, Some(_), true) => tag(Tone::Green, "circle-check", "Enabled, tested"),
        (true, None, _) => tag(Tone::Blue, "circle-check", "Enabled, not tested"),
    }
}
