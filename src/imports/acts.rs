//! What people do with a checked file: import it, or throw it away.

use std::time::Duration;

use actix_web::web::Data;
use serde::Deserialize;

use super::{
    model::{ImportRow, ImportState},
    queries, run,
    upload::address,
};
use crate::{
    app::App,
    auth::permission::Import,
    kernel::{
        error::AppResult,
        id::{BusinessAccountId, ImportId, noun},
    },
    web::{
        form::{PathId, Submit},
        page::SeeOther,
    },
};

/// A form that asks nothing.
#[derive(Deserialize)]
pub struct Nothing {}

/// A small file is done by then, and the next page shows the result at once.
const WAITS: Duration = Duration::from_secs(1);

/// `POST /imports/{id}/run`
pub async fn start(
    app: Data<App>,
    id: PathId<noun::Import>,
    submit: Submit<Import, Nothing>,
) -> AppResult<SeeOther> {
    let (actor, id) = (submit.who.actor(), id.0);
    let account = actor.business_account;
    app.db
        .write(account, move |tx| run::queue(tx, &actor, id))
        .await?;
    app.jobs.wake();
    let row = wait(&app, account, id).await?;
    let next = SeeOther::to(address(id));
    Ok(match row.state {
        ImportState::Done => next,
        _ => next.notice("The import goes on by itself; you can leave this page."),
    })
}

async fn wait(app: &App, account: BusinessAccountId, id: ImportId) -> AppResult<ImportRow> {
    const LOOKS: u32 = 20;
    for _ in 0..LOOKS {
        let row = app.db.read(move |conn| queries::get(conn, account, id)).await?;
        if !row.state.is_under_way() {
            return Ok(row);
        }
        tokio::time::sleep(WAITS / LOOKS).await;
    }
    app.db.read(move |conn| queries::get(conn, account, id)).await
}

/// `POST /imports/{id}/discard`
pub async fn discard(
    app: Data<App>,
    id: PathId<noun::Import>,
    submit: Submit<Import, Nothing>,
) -> AppResult<SeeOther> {
    let (actor, id) = (submit.who.actor(), id.0);
    let row = app
        .db
        .write(actor.business_account, move |tx| run::discard(tx, &actor, id))
        .await?;
    Ok(SeeOther::to("/imports").done(format!("{} was discarded; nothing was changed.", row.file_name)))
}
