//! `docket import`: the same, from the terminal. Progress goes to standard error, the report to standard output.

use std::{
    io::{IsTerminal, Write},
    path::Path,
    time::Duration,
};

use diesel::prelude::*;

use super::{
    model::{ImportRow, ImportState},
    names, queries, run,
    store::{PIECE, Received, Receiver},
};
use crate::{
    app::App,
    auth::actor::Actor,
    db::schema::business_accounts,
    kernel::{
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, ImportId},
    },
};

/// How often the progress is told.
const TELLS_EVERY: Duration = Duration::from_millis(250);

/// Lines of the report a read.
const LINES: i64 = 2_000;

/// Imports a file into the business account of that name, or the only one there is.
///
/// # Errors
/// What is wrong with the file, the name or the database.
pub async fn import(app: &App, file: &Path, account: Option<String>) -> AppResult<()> {
    let account = find_account(app, account).await?;
    let actor = Actor {
        name: "Command line".into(),
        ..Actor::internal(account)
    };
    let row = match receive(app, &actor, file).await? {
        Received::New(id) => {
            eprintln!("Checked.");
            app.db.read(move |conn| queries::get(conn, account, id)).await?
        }
        Received::Before(row) => *row,
    };
    if row.state == ImportState::Done {
        println!(
            "{} was imported already on {}; nothing was changed.",
            row.file_name,
            row.finished_at.unwrap_or(row.created_at).rfc3339()
        );
        return Ok(());
    }
    let id = row.id;
    app.db
        .write(account, move |tx| run::queue(tx, &actor, id))
        .await?;
    let row = follow(app, account, id).await?;
    report(app, &row).await
}

async fn find_account(app: &App, name: Option<String>) -> AppResult<BusinessAccountId> {
    let accounts: Vec<(BusinessAccountId, String)> = app
        .db
        .read(|conn| {
            Ok(business_accounts::table
                .order(business_accounts::name)
                .select((business_accounts::id, business_accounts::name))
                .load(conn)?)
        })
        .await?;
    let refused = |sentence: String| Err(AppError::refused(Code::NotFound, sentence));
    match (name, accounts.as_slice()) {
        (None, [(id, _)]) => Ok(*id),
        (None, []) => refused("There is no business account yet; start the server first.".into()),
        (None, _) => refused("There are several business accounts: name one with --account.".into()),
        (Some(name), all) => {
            let mut same = all.iter().filter(|(_, n)| *n == name);
            match (same.next(), same.next()) {
                (Some((id, _)), None) => Ok(*id),
                (Some(_), Some(_)) => refused(format!("Several business accounts are called {name}.")),
                (None, _) => refused(format!("No business account is called {name}.")),
            }
        }
    }
}

async fn receive(app: &App, actor: &Actor, path: &Path) -> AppResult<Received> {
    let failed = |e: std::io::Error| AppError::refused(Code::BadRequest, format!("{}: {e}", path.display()));
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
    let name = names::kept(&name.unwrap_or_default());
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let mut receiver = Receiver::begin(app, actor.clone(), name).await?;
    let mut piece = vec![0; PIECE];
    loop {
        let read = std::io::Read::read(&mut file, &mut piece).map_err(failed)?;
        let Some(bytes) = piece.get(..read).filter(|b| !b.is_empty()) else {
            break;
        };
        if let Err(error) = receiver.push(bytes).await {
            receiver.abandon().await?;
            return Err(error);
        }
    }
    receiver.finish().await
}

/// Runs the import here, or watches the node that does, until it is over.
async fn follow(app: &App, account: BusinessAccountId, id: ImportId) -> AppResult<ImportRow> {
    loop {
        let mut work = std::pin::pin!(run::run(app, account, id));
        let ended = loop {
            tokio::select! {
                () = &mut work => break true,
                () = tokio::time::sleep(TELLS_EVERY) => { tell(app, account, id).await?; }
            }
        };
        let row = tell(app, account, id).await?;
        match row.state {
            ImportState::Done => {
                eprintln!();
                return Ok(row);
            }
            ImportState::Failed => {
                return Err(AppError::Internal(format!(
                    "the import stopped after {} of {} entries",
                    row.entries_done, row.entries
                )));
            }
            // Another node has it, or had it and its lease has not run out yet.
            _ if ended => tokio::time::sleep(TELLS_EVERY).await,
            _ => {}
        }
    }
}

async fn tell(app: &App, account: BusinessAccountId, id: ImportId) -> AppResult<ImportRow> {
    let row = app.db.read(move |conn| queries::get(conn, account, id)).await?;
    let end = if std::io::stderr().is_terminal() {
        "\r"
    } else {
        "\n"
    };
    eprint!("{} of {} entries{end}", row.entries_done, row.entries);
    Ok(row)
}

async fn report(app: &App, row: &ImportRow) -> AppResult<()> {
    let failed = |e: std::io::Error| AppError::Unavailable(format!("standard output: {e}"));
    let mut out = std::io::stdout().lock();
    let (mut after, id) = (0, row.id);
    loop {
        let lines = app
            .db
            .read(move |conn| queries::list_lines(conn, id, after, &[], LINES))
            .await?;
        let Some(last) = lines.last() else { break };
        after = last.position;
        for l in &lines {
            writeln!(
                out,
                "line {}, column {}: {}: {}",
                l.line,
                l.column_number,
                l.outcome.label(),
                l.sentence
            )
            .map_err(failed)?;
        }
    }
    writeln!(
        out,
        "{} entries: {} transactions, {} exceptions, {} imported before; {} problems",
        row.entries_done, row.transactions_made, row.exceptions_raised, row.duplicates, row.problems
    )
    .and_then(|()| out.flush())
    .map_err(failed)
}
