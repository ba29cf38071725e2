//! Runs an import: batch after batch, each in one transaction with the place it has come to. A node holds a lease
//! that it renews with each batch; when it stops, another goes on from there, and no entry counts twice.

use std::{sync::Arc, time::Duration};

use chrono_tz::Tz;
use diesel::prelude::*;
use tokio::sync::mpsc;

use super::{
    batch::{self, Ahead},
    format,
    item::Item,
    model::{ImportRow, ImportState},
    queries, store,
};
use crate::{
    app::App,
    auth::actor::Actor,
    db::{Tx, schema::imports},
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, ImportId},
    },
};

/// A node that has not renewed its lease for so long has stopped.
pub const LEASE: Duration = Duration::from_secs(10);

/// Lines of the report per transaction: enough to spread the cost of a commit, few enough that other writers pass.
pub const BATCH: usize = 500;

/// The imports that nobody works on, of every business account: the one question here that is not asked in the name
/// of one.
pub async fn due(app: &App) -> AppResult<Vec<(BusinessAccountId, ImportId)>> {
    let now = app.clock.now();
    let abandoned = now.minus(Duration::from_hours(1));
    let (due, left) = app
        .db
        .read(move |conn| {
            Ok((
                queries::list_due(conn, now)?,
                queries::has_broken_off(conn, abandoned)?,
            ))
        })
        .await?;
    if left {
        app.db
            .write(crate::db::Scope::Global, move |tx| {
                queries::delete_broken_off(tx.conn, abandoned)
            })
            .await?;
    }
    Ok(due)
}

/// Runs an import unless another node is at it. What goes wrong is logged, and told on the import's page.
pub async fn run(app: &App, account: BusinessAccountId, id: ImportId) {
    let outcome = async {
        match claim(app, account, id).await? {
            Some(claim) => go(app, &claim).await,
            None => Ok(()),
        }
    }
    .await;
    match outcome {
        // Done, or another node has it now.
        Ok(()) | Err(AppError::Refused(Code::AlreadyTaken, _)) => {}
        // The lease runs out, and somebody tries again.
        Err(AppError::Unavailable(why)) => tracing::warn!(import = %id, %why, "an import waits"),
        Err(error) => {
            tracing::error!(import = %id, %error, "an import stopped");
            if let Err(error) = stop(app, account, id).await {
                tracing::error!(import = %id, %error, "that could not be noted");
            }
        }
    }
}

/// A node's right to work on an import.
pub struct Claim {
    /// The import as it was claimed.
    pub row: ImportRow,
    /// Lines of the report that are written already.
    pub lines: i64,
    /// Until when; at the same time what tells this claim from a later one.
    pub lease: Ts,
}

/// Takes an import, or finds that another node has it.
pub async fn claim(app: &App, account: BusinessAccountId, id: ImportId) -> AppResult<Option<Claim>> {
    app.db
        .write(account, move |tx| {
            let Some(row) = queries::find(tx.conn, account, id)? else {
                return Ok(None);
            };
            let is_free = match row.state {
                ImportState::Queued => true,
                ImportState::Running => row.lease_until.is_none_or(|until| until < tx.now),
                _ => false,
            };
            if !is_free {
                return Ok(None);
            }
            let lease = tx.now.plus(LEASE);
            diesel::update(
                imports::table
                    .find(id)
                    .filter(imports::business_account_id.eq(account)),
            )
            .set((
                imports::state.eq(ImportState::Running),
                imports::lease_until.eq(Some(lease)),
            ))
            .execute(tx.conn)?;
            let lines = queries::count_lines(tx.conn, id)?;
            Ok(Some(Claim { row, lines, lease }))
        })
        .await
}

/// Works through the rest of the file.
async fn go(app: &App, claim: &Claim) -> AppResult<()> {
    let (account, id) = (claim.row.business_account_id, claim.row.id);
    let bytes = store::bytes_of(app, account, id).await?;
    // The file is read one batch ahead of the one that is being written.
    let (sender, mut batches) = mpsc::channel(1);
    let vault = app.vault.clone();
    let skip = usize::try_from(claim.lines).unwrap_or(usize::MAX);
    let reader = actix_web::rt::task::spawn_blocking(move || {
        let mut items = format::items(&bytes, &vault).skip(skip).peekable();
        while items.peek().is_some() {
            let batch: Vec<Item> = items.by_ref().take(BATCH).collect();
            if sender.blocking_send(Arc::new(batch)).is_err() {
                break;
            }
        }
    });
    let mut ahead = Ahead {
        import: id,
        lines: claim.lines,
        lease: claim.lease,
        actor: actor_of(&claim.row),
    };
    while let Some(items) = batches.recv().await {
        ahead = write(app, ahead, items).await?;
    }
    reader
        .await
        .map_err(|e| AppError::Internal(format!("reading the file: {e}")))?;
    finish(app, ahead).await
}

async fn write(app: &App, ahead: Ahead, items: Arc<Vec<Item>>) -> AppResult<Ahead> {
    let vault = app.vault.clone();
    app.db
        .write(ahead.actor.business_account, move |tx| {
            batch::apply(tx, &vault, &ahead, &items)
        })
        .await
}

/// Docket itself, with the import as the request that its work came with.
fn actor_of(row: &ImportRow) -> Actor {
    Actor {
        request_id: format!("import {}", row.id),
        ..Actor::internal(row.business_account_id)
    }
}

async fn finish(app: &App, ahead: Ahead) -> AppResult<()> {
    app.db
        .write(ahead.actor.business_account, move |tx| {
            batch::renew(tx, &ahead, None)?;
            let row = queries::get(tx.conn, ahead.actor.business_account, ahead.import)?;
            set_state(tx, &row, ImportState::Done)?;
            let description = format!(
                "{} imported: {} transactions, {} exceptions, {} imported before, {} problems",
                row.file_name, row.transactions_made, row.exceptions_raised, row.duplicates, row.problems
            );
            record(tx, &ahead.actor, &row, ImportState::Done, &description)
        })
        .await
}

/// Notes that an import stopped for a fault of ours.
async fn stop(app: &App, account: BusinessAccountId, id: ImportId) -> AppResult<()> {
    app.db
        .write(account, move |tx| {
            let row = queries::get(tx.conn, account, id)?;
            if !row.state.is_under_way() {
                return Ok(());
            }
            set_state(tx, &row, ImportState::Failed)?;
            let description = format!("{} stopped after {} entries", row.file_name, row.entries_done);
            record(tx, &actor_of(&row), &row, ImportState::Failed, &description)
        })
        .await
}

fn set_state(tx: &mut Tx<'_>, row: &ImportRow, state: ImportState) -> AppResult<()> {
    let finished = (state == ImportState::Done).then_some(tx.now);
    diesel::update(
        imports::table
            .find(row.id)
            .filter(imports::business_account_id.eq(row.business_account_id)),
    )
    .set((
        imports::state.eq(state),
        imports::lease_until.eq(None::<Ts>),
        imports::finished_at.eq(finished),
    ))
    .execute(tx.conn)?;
    Ok(())
}

/// Puts an import in the queue at somebody's request. Asking again changes nothing.
///
/// # Errors
/// 404 when the business account has no such import.
pub fn queue(tx: &mut Tx<'_>, actor: &Actor, id: ImportId) -> AppResult<ImportRow> {
    let row = queries::get(tx.conn, actor.business_account, id)?;
    if row.state.can_run() {
        set_state(tx, &row, ImportState::Queued)?;
        let description = format!("Import of {} started", row.file_name);
        record(tx, actor, &row, ImportState::Queued, &description)?;
    }
    queries::get(tx.conn, actor.business_account, id)
}

/// Throws a checked file away: its bytes and all that is known of it but the history.
///
/// # Errors
/// `ILLEGAL_TRANSITION` when its import has begun; 404 when the business account has no such import.
pub fn discard(tx: &mut Tx<'_>, actor: &Actor, id: ImportId) -> AppResult<ImportRow> {
    let row = queries::get(tx.conn, actor.business_account, id)?;
    if !row.state.can_discard() {
        return Err(AppError::refused(
            Code::IllegalMove,
            "Its import has begun; what it did cannot be discarded.",
        ));
    }
    let happening = Happening {
        entity_type: EntityType::Import,
        entity_id: id.uuid(),
        kind: EventKind::Edit,
        previous: row.state.as_str(),
        new: "",
        description: &format!("{} discarded before it was imported", row.file_name),
    };
    history::record(tx, actor, &happening)?;
    queries::delete(tx.conn, id)?;
    Ok(row)
}

fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &ImportRow,
    state: ImportState,
    description: &str,
) -> AppResult<()> {
    let happening = Happening {
        entity_type: EntityType::Import,
        entity_id: row.id.uuid(),
        kind: EventKind::Import,
        previous: row.state.as_str(),
        new: state.as_str(),
        description,
    };
    history::record(tx, actor, &happening)
}

/// Today in New York, where ACH is at home.
pub fn today(now: Ts) -> chrono::NaiveDate {
    now.day_in(Tz::America__New_York)
}
