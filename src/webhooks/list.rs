//! The list of webhook subscriptions of a business account.

use actix_web::web::Data;
use askama::Template;

use super::{
    model::{SubscriptionRow, Topic},
    queries, rows,
};
use crate::{
    app::App,
    auth::{permission::Administer, principal::May},
    kernel::{clock::Ts, error::AppResult},
    web::{
        page::Page,
        settings,
        shell::{Section, Shell},
        time::stamp,
        ui::{Column, Empty, Link, Stamp, Tab, Tag, Tone},
    },
};

/// The list's address.
pub const HERE: &str = "/settings/webhooks";

/// The address of messages.
pub const MESSAGES: &str = "/settings/webhook-messages";

#[derive(Template)]
#[template(path = "webhooks/list.html")]
pub struct ListPage {
    shell: Shell,
    pages: Vec<Tab>,
    business_account: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
    empty: Option<Empty>,
}

struct Row {
    name: Link,
    state: Tag,
    events: String,
    waiting: String,
    last: Option<Stamp>,
    off: bool,
}

/// `GET /settings/webhooks`
pub async fn list(app: Data<App>, who: May<Administer>) -> AppResult<Page<ListPage>> {
    let (account, now) = (who.account(), app.clock.now());
    let found = app
        .db
        .read(move |conn| {
            let rows = queries::list(conn, account)?.into_iter();
            rows.map(|row| {
                let waiting = rows::count_waiting(conn, account, row.id)?;
                let last = rows::last_delivered(conn, account, row.id)?;
                Ok((row, waiting, last))
            })
            .collect::<AppResult<Vec<_>>>()
        })
        .await?;
    let rows: Vec<Row> = found
        .iter()
        .map(|(row, waiting, last)| line(row, *waiting, *last, &who, now))
        .collect();
    Ok(Page::ok(ListPage {
        shell: who.shell(&app, "Webhooks", Section::People),
        pages: settings::pages(&who.who, HERE),
        business_account: who.who.account.name.clone(),
        columns: columns(&["Subscription", "State", "Events", "Waiting", "Last delivered"]),
        empty: rows.is_empty().then(nothing_yet),
        rows,
    }))
}

/// Plain column heads.
pub fn columns(labels: &[&'static str]) -> Vec<Column> {
    labels
        .iter()
        .map(|label| Column::plain(label).right(*label == "Waiting" || *label == "Attempts"))
        .collect()
}

fn nothing_yet() -> Empty {
    Empty {
        icon: "send",
        title: "No webhook subscriptions yet".into(),
        text: "A subscription tells another system of exceptions and transactions as they change, signed and in order."
            .into(),
        action: Some(Link {
            href: format!("{HERE}/new"),
            label: "Add the first".into(),
        }),
    }
}

fn line(row: &SubscriptionRow, waiting: i64, last: Option<Ts>, who: &May<Administer>, now: Ts) -> Row {
    Row {
        name: Link {
            href: format!("{HERE}/{}", row.id),
            label: title(row),
        },
        state: state(row),
        events: events(row),
        waiting: counted(waiting),
        last: last.map(|at| stamp(at, now, who.own_zone())),
        off: !row.is_active(),
    }
}

/// What people call it.
pub fn title(row: &SubscriptionRow) -> String {
    if row.description.is_empty() {
        row.url.clone()
    } else {
        row.description.clone()
    }
}

fn events(row: &SubscriptionRow) -> String {
    let topics = row.topics();
    match topics.as_slice() {
        [one] => one.as_str().to_owned(),
        all if all.len() == Topic::ALL.len() => "all".to_owned(),
        some => format!("{} of {}", some.len(), Topic::ALL.len()),
    }
}

/// A count with its bound.
pub fn counted(n: i64) -> String {
    if n > 1_000 {
        "more than 1,000".into()
    } else {
        n.to_string()
    }
}

/// Whether it is served, as a badge.
pub fn state(row: &SubscriptionRow) -> Tag {
    let (tone, icon, text) = match (row.is_active(), row.failures) {
        (false, _) => (Tone::Grey, "ban", "Suspended"),
        (true, 0) => (Tone::Green, "circle-check", "Active"),
        (true, _) => (Tone::Amber, "triangle-alert", "Refuses"),
    };
    Tag {
        tone,
        icon,
        text: text.into(),
    }
}
