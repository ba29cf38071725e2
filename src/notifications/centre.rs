//! The centre: what one was told, the newest first.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{commands, queries};
use crate::{
    app::App,
    auth::{permission::Read, principal::May},
    kernel::error::{AppError, AppResult},
    web::{
        form::Submit,
        page::{Page, SeeOther},
        shell::{Section, Shell},
        time,
        ui::{Empty, Link, Stamp},
    },
};

/// So many are shown; what is older is in the history of what it was about.
const SHOWN: i64 = 100;

/// A number of unread ones, as the bell shows it; empty when there are none.
pub fn written(unread: i64) -> String {
    match unread {
        0 => String::new(),
        n if n > queries::COUNTED_UP_TO => format!("{}+", queries::COUNTED_UP_TO),
        n => n.to_string(),
    }
}

#[derive(Template)]
#[template(path = "notifications/centre.html")]
pub struct CentrePage {
    shell: Shell,
    rows: Vec<Line>,
    has_unread: bool,
    empty: Option<Empty>,
}

struct Line {
    id: String,
    icon: &'static str,
    text: String,
    at: Stamp,
    is_unread: bool,
}

/// `GET /notifications`
pub async fn list(app: Data<App>, who: May<Read>) -> AppResult<Page<CentrePage>> {
    let whose = (who.account(), who.who.member);
    let rows = app.db.read(move |conn| queries::list(conn, whose, SHOWN)).await?;
    let now = app.clock.now();
    Ok(Page::ok(CentrePage {
        shell: who.shell(&app, "Notifications", Section::Work),
        has_unread: rows.iter().any(|row| row.read_at.is_none()),
        empty: rows.is_empty().then(|| Empty {
            icon: "bell",
            title: "Nothing yet".into(),
            text: "What is given to you, comes back to you or falls due is told here.".into(),
            action: Some(Link {
                href: "/settings/notifications".into(),
                label: "What I am told of".into(),
            }),
        }),
        rows: rows
            .iter()
            .map(|row| Line {
                id: row.id.to_string(),
                icon: row.kind.icon(),
                text: row.sentence(),
                at: time::stamp(row.created_at, now, who.own_zone()),
                is_unread: row.read_at.is_none(),
            })
            .collect(),
    }))
}

/// A form that asks nothing.
#[derive(Deserialize)]
pub struct Nothing {}

/// `POST /notifications/read`
pub async fn read_all(app: Data<App>, form: Submit<Read, Nothing>) -> AppResult<SeeOther> {
    let whose = (form.who.account(), form.who.who.member);
    app.db
        .write(whose.0, move |tx| commands::read_all(tx, whose))
        .await?;
    Ok(SeeOther::to("/notifications").done("All are read."))
}

#[derive(Deserialize)]
pub struct Opened {
    #[serde(default)]
    notification: String,
}

/// `POST /notifications/open`: to what it is about, and it is read.
pub async fn open(app: Data<App>, form: Submit<Read, Opened>) -> AppResult<SeeOther> {
    let whose = (form.who.account(), form.who.who.member);
    let id = form.form.notification.parse().map_err(|_| AppError::NotFound)?;
    let row = app
        .db
        .write(whose.0, move |tx| commands::read(tx, whose, id))
        .await?;
    Ok(SeeOther::to(row.href()))
}
