//! Fills an empty database.

use diesel::prelude::*;
use tokio::sync::mpsc;

use super::{
    PASSWORD, PEOPLE, arrange, batch::Batch, desk::Desk, everyday, fates::plan, file, many, team::OFFICES,
};
use crate::{
    accounts,
    app::App,
    db::{
        Scope,
        schema::{business_accounts, team_members},
    },
    kernel::{
        clock::Ts,
        crypto::Vault,
        error::{AppError, AppResult, Code},
    },
    search,
};

/// Up to so many exceptions, every one has its transactions, remarks and events.
const RICH_UP_TO: u32 = 20_000;
/// Stored at once: large enough that each index page is written few times, small enough for memory.
const ROWS_AT_ONCE: usize = 10_000;
/// Nothing in the data but this seed, the number of exceptions and the time of the first start decides what is drawn.
const SEED: u64 = 0x0D0C_4E70_0D0C_4E71;

/// What was there, or is there now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The database was empty and has demo data now.
    Filled,
    /// It had demo data already, which stays as it is.
    Found,
}

/// Fills an empty database with `exceptions` exceptions; leaves one that has demo data as it is.
///
/// # Errors
/// Refused when the database has data that is no demo.
pub async fn fill(app: &App, exceptions: u32) -> AppResult<Outcome> {
    let known = app
        .db
        .read(|conn| {
            Ok(business_accounts::table
                .select((business_accounts::is_demo, business_accounts::created_at))
                .load::<(bool, Ts)>(conn)?)
        })
        .await?;
    if !known.is_empty() {
        if known.iter().any(|(is_demo, _)| !is_demo) {
            let sentence =
                "This database has data that is no demo; give the demo a folder of its own with --data.";
            return Err(AppError::refused(Code::Duplicate, sentence));
        }
        return is_finished(app).await;
    }
    let hash = app.hasher.hash(PASSWORD.into()).await?;
    let (sender, mut batches) = mpsc::channel::<AppResult<Batch>>(1);
    let (vault, now) = (app.vault.clone(), app.clock.now());
    // Made on a thread of its own while what is ready is stored.
    let maker = actix_web::rt::task::spawn_blocking(move || {
        if let Err(error) = make(&vault, now, exceptions, &sender) {
            let _ = sender.blocking_send(Err(error));
        }
    });
    while let Some(batch) = batches.recv().await {
        let batch = batch?;
        app.db
            .write_large(Scope::Global, move |tx| batch.store(tx))
            .await?;
    }
    maker
        .await
        .map_err(|e| AppError::Internal(format!("making demo data died: {e}")))?;
    search::index::WORDS.complete(&app.db).await?;
    accounts::index::WORDS.complete(&app.db).await?;
    let vault = app.vault.clone();
    app.db
        .write_large(Scope::Global, move |tx| {
            arrange::arrange(tx)?;
            everyday::live(tx, &vault)
        })
        .await?;
    many::comment(app).await?;
    if has_file(exceptions) {
        file::import(app).await?;
    }
    let emails = PEOPLE.map(|p| p.email);
    app.db
        .write(Scope::Global, move |tx| {
            // Last: as long as nobody can sign in, the data is not complete.
            diesel::update(team_members::table.filter(team_members::email.eq_any(emails)))
                .set(team_members::password_hash.eq(Some(hash.as_str())))
                .execute(tx.conn)?;
            Ok(())
        })
        .await?;
    Ok(Outcome::Filled)
}

async fn is_finished(app: &App) -> AppResult<Outcome> {
    let people = app
        .db
        .read(|conn| {
            Ok(team_members::table
                .filter(team_members::password_hash.is_not_null())
                .count()
                .get_result::<i64>(conn)?)
        })
        .await?;
    if people == 0 {
        let sentence = "The demo data here was not finished. Remove the folder, or give another with --data.";
        return Err(AppError::refused(Code::Duplicate, sentence));
    }
    Ok(Outcome::Found)
}

/// With fewer exceptions than this there is no company whose return rates have room, and no file.
const QUIET_FROM: u32 = 200;

/// How many exceptions each business account has.
const fn shares(exceptions: u32) -> [u32; 2] {
    let others = match exceptions {
        0..=600 => exceptions.div_ceil(7),
        _ => exceptions / 10,
    };
    [exceptions - others, others]
}

/// Whether the first team imports a file: the last of its exceptions come with it.
const fn has_file(exceptions: u32) -> bool {
    exceptions <= RICH_UP_TO && shares(exceptions)[0] >= QUIET_FROM
}

/// Makes the data of both business accounts, and hands it on in parts.
fn make(vault: &Vault, now: Ts, exceptions: u32, ready: &mpsc::Sender<AppResult<Batch>>) -> AppResult<()> {
    for ((office, share), number) in OFFICES.iter().zip(shares(exceptions)).zip(1_u64..) {
        let is_rich = exceptions <= RICH_UP_TO;
        let mut desk = Desk::open(office, SEED ^ (number << 32), share, is_rich, now, vault)?;
        desk.trade(share);
        let mut planned = plan(share, now, &mut desk.dice);
        if number == 1 && has_file(exceptions) {
            // The newest are those that the file raises.
            planned.truncate(planned.len().saturating_sub(file::CODES.len()));
        }
        for (at, fate) in planned {
            desk.live(at, fate)?;
            if desk.batch.size() >= ROWS_AT_ONCE {
                // Transactions tell of days before: with them the history can be chained only in the end.
                let until = if is_rich { Ts::default() } else { at };
                hand_on(ready, desk.take(until))?;
            }
        }
        if is_rich && share >= QUIET_FROM {
            desk.quiet_trade();
        }
        if is_rich {
            desk.settled_trade(share);
        }
        hand_on(ready, desk.take(now))?;
    }
    Ok(())
}

fn hand_on(ready: &mpsc::Sender<AppResult<Batch>>, batch: Batch) -> AppResult<()> {
    ready
        .blocking_send(Ok(batch))
        .map_err(|_| AppError::Internal("storing demo data has stopped".into()))
}
