//! The latest bulk actions: to find one again, and to see what others have done.

use actix_web::web::Data;
use askama::Template;

use super::{
    queries,
    words::{tag, title},
};
use crate::{
    app::App,
    auth::{permission::Read, principal::May},
    kernel::{count::grouped, error::AppResult},
    web::{
        page::Page,
        shell::{Section, Shell},
        time,
        ui::{Empty, Link, Stamp, Tag},
    },
};

/// So many are shown; older ones are in the history.
const SHOWN: i64 = 100;

#[derive(Template)]
#[template(path = "bulk/list.html")]
pub struct BulksPage {
    shell: Shell,
    rows: Vec<BulkView>,
    empty: Option<Empty>,
}

struct BulkView {
    href: String,
    title: String,
    state: Tag,
    done: String,
    skipped: String,
    failed: String,
    by: String,
    at: Stamp,
}

/// `GET /bulk`
pub async fn list(app: Data<App>, who: May<Read>) -> AppResult<Page<BulksPage>> {
    let account = who.account();
    let rows = app
        .db
        .read(move |conn| queries::list(conn, account, SHOWN))
        .await?;
    let now = app.clock.now();
    Ok(Page::ok(BulksPage {
        shell: who.shell(&app, "Bulk actions", Section::Queue),
        empty: rows.is_empty().then(|| Empty {
            icon: "list-checks",
            title: "Nothing was done in bulk yet".into(),
            text: "Select exceptions in a queue, or all that match, and choose what to do.".into(),
            action: Some(Link {
                href: "/exceptions".into(),
                label: "The queue".into(),
            }),
        }),
        rows: rows
            .into_iter()
            .map(|row| BulkView {
                href: format!("/bulk/{}", row.id),
                title: title(&row),
                state: tag(row.state),
                done: match row.waiting {
                    0 => grouped(row.done),
                    n => format!("{}, {} waiting", grouped(row.done), grouped(n)),
                },
                skipped: grouped(row.skipped),
                failed: grouped(row.failed),
                at: time::stamp(row.created_at, now, who.own_zone()),
                by: row.created_by_name,
            })
            .collect(),
    }))
}
