//! Work that goes on without anybody waiting for it. Every node looks for it at start, when it is told of some, and
//! every few seconds; a lease in the database sees to it that exactly one node does each piece.

use std::time::{Duration, Instant};

use crate::{
    accounts, app::App, bulk, calendar, dispatch, exceptions, imports, kernel::error::AppResult, mail,
    notifications, search, webhooks,
};

/// How often a node looks for work that it was not told of: of another node that stopped, or of a former life.
const LOOKS_EVERY: Duration = Duration::from_secs(3);

/// How often a node looks for what there is to tell: it takes more looking than the rest, and nobody minds the minute.
const TELLS_EVERY: Duration = Duration::from_mins(1);

/// Does what there is to do, for ever. One of these runs beside the server of each node.
pub async fn work(app: App) {
    let mut told_at: Option<Instant> = None;
    loop {
        let is_a_new_minute = told_at.is_none_or(|at| at.elapsed() >= TELLS_EVERY);
        if is_a_new_minute {
            told_at = Some(Instant::now());
        }
        let looks = [
            start_imports(&app).await,
            start_bulks(&app).await,
            exceptions::aging::run(&app).await,
            calendar::reckoning::run(&app).await,
            search::index::WORDS.run(&app.db).await,
            accounts::index::WORDS.run(&app.db).await,
            webhooks::fan_out::run(&app).await,
            start_deliveries(&app).await,
            start_dispatches(&app).await,
            start_mails(&app).await,
            if is_a_new_minute {
                let forgotten = webhooks::fan_out::forget(&app).await;
                let forgotten = mail::deliver::forget(&app).await.and(forgotten);
                notifications::clock::run(&app).await.and(forgotten)
            } else {
                Ok(())
            },
        ];
        for looked in looks {
            if let Err(error) = looked {
                tracing::warn!(%error, "looking for work failed");
            }
        }
        // Whoever was woken in vain looks in vain.
        let _ = tokio::time::timeout(LOOKS_EVERY, app.jobs.woken()).await;
    }
}

async fn start_imports(app: &App) -> AppResult<()> {
    for (account, id) in imports::run::due(app).await? {
        if !app.jobs.begin(id.uuid()) {
            continue;
        }
        let app = app.clone();
        actix_web::rt::spawn(async move {
            if let Ok(_place) = app.jobs.importing().await {
                imports::run::run(&app, account, id).await;
            }
            app.jobs.end(id.uuid());
        });
    }
    Ok(())
}

async fn start_deliveries(app: &App) -> AppResult<()> {
    for (account, id) in webhooks::deliver::due(app).await? {
        if !app.jobs.begin(id.uuid()) {
            continue;
        }
        let app = app.clone();
        actix_web::rt::spawn(async move {
            webhooks::deliver::run(&app, account, id).await;
            app.jobs.end(id.uuid());
        });
    }
    Ok(())
}

async fn start_dispatches(app: &App) -> AppResult<()> {
    for (account, id) in dispatch::deliver::due(app).await? {
        if !app.jobs.begin(id.uuid()) {
            continue;
        }
        let app = app.clone();
        actix_web::rt::spawn(async move {
            dispatch::deliver::run(&app, account, id).await;
            app.jobs.end(id.uuid());
        });
    }
    Ok(())
}

async fn start_mails(app: &App) -> AppResult<()> {
    for account in mail::deliver::due(app).await? {
        if !app.jobs.begin(account.uuid()) {
            continue;
        }
        let app = app.clone();
        actix_web::rt::spawn(async move {
            mail::deliver::run(&app, account).await;
            app.jobs.end(account.uuid());
        });
    }
    Ok(())
}

async fn start_bulks(app: &App) -> AppResult<()> {
    for (account, id) in bulk::run::due(app).await? {
        if !app.jobs.begin(id.uuid()) {
            continue;
        }
        let app = app.clone();
        actix_web::rt::spawn(async move {
            if let Ok(_place) = app.jobs.acting().await {
                bulk::run::run(&app, account, id).await;
            }
            app.jobs.end(id.uuid());
        });
    }
    Ok(())
}
