//! Keeping up the words by which accounts are found: reading anew the names that the triggers have noted.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::{
    app::App,
    db::{
        AnyConnection, Scope, Tx,
        schema::{account_words, account_words_pending, financial_accounts},
    },
    kernel::{
        error::AppResult,
        id::{BusinessAccountId, FinancialAccountId},
    },
    search::terms::words_of,
};

/// Accounts of one transaction: other writers wait for it.
const AT_ONCE: i64 = 1_000;

/// So many transactions at a look of the job; what is left waits for the next.
const AT_A_LOOK: usize = 20;

/// A person who looks for an account waits for at most so many.
const WHILE_ONE_WAITS: usize = 3;

/// So many words go into one statement.
const ROWS_PER_STATEMENT: usize = 1_000;

/// A word of an account's name or of its holder's.
#[derive(Insertable)]
#[diesel(table_name = account_words)]
struct Place {
    business_account_id: BusinessAccountId,
    word: String,
    account_id: FinancialAccountId,
}

/// Does what there is to do, beside requests.
pub async fn run(app: &App) -> AppResult<()> {
    keep_up(app, AT_A_LOOK).await
}

/// Before somebody looks for accounts by a text, if there is one: so that what was written a moment ago is found.
pub async fn refresh(app: &App, text: &str) -> AppResult<()> {
    if text.trim().is_empty() {
        return Ok(());
    }
    keep_up(app, WHILE_ONE_WAITS).await
}

/// Reads everything that waits, however much: for demo data.
pub async fn complete(app: &App) -> AppResult<()> {
    keep_up(app, usize::MAX).await
}

async fn keep_up(app: &App, most: usize) -> AppResult<()> {
    for _ in 0..most {
        if !app.db.read(is_behind).await? {
            break;
        }
        // One at a time, on all nodes: an account's words are stored by one of them.
        app.db.write_large(Scope::Global, catch_up).await?;
    }
    Ok(())
}

fn is_behind(conn: &mut AnyConnection) -> AppResult<bool> {
    let first: Option<i64> = account_words_pending::table
        .select(account_words_pending::n)
        .order(account_words_pending::n)
        .first(conn)
        .optional()?;
    Ok(first.is_some())
}

/// Reads the first that wait.
fn catch_up(tx: &mut Tx<'_>) -> AppResult<()> {
    let pending: Vec<(i64, FinancialAccountId)> = account_words_pending::table
        .select((account_words_pending::n, account_words_pending::account_id))
        .order(account_words_pending::n)
        .limit(AT_ONCE)
        .load(tx.conn)?;
    for some in pending.chunks(250) {
        let (ns, mut ids): (Vec<i64>, Vec<FinancialAccountId>) = some.iter().copied().unzip();
        ids.sort_unstable();
        ids.dedup();
        let words = words_in_names(tx.conn, &ids)?;
        diesel::delete(account_words::table.filter(account_words::account_id.eq_any(ids)))
            .execute(tx.conn)?;
        store(tx.conn, &words)?;
        diesel::delete(account_words_pending::table.filter(account_words_pending::n.eq_any(ns)))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// The words of these accounts, each once.
fn words_in_names(conn: &mut AnyConnection, ids: &[FinancialAccountId]) -> AppResult<Vec<Place>> {
    let named: Vec<(FinancialAccountId, BusinessAccountId, String, String)> = financial_accounts::table
        .filter(financial_accounts::id.eq_any(ids))
        .select((
            financial_accounts::id,
            financial_accounts::business_account_id,
            financial_accounts::name,
            financial_accounts::holder_name,
        ))
        .load(conn)?;
    let mut all = Vec::new();
    for (account_id, business_account_id, name, holder) in named {
        let words: BTreeSet<String> = words_of(&name).chain(words_of(&holder)).collect();
        all.extend(words.into_iter().map(|word| Place {
            business_account_id,
            word,
            account_id,
        }));
    }
    Ok(all)
}

/// Many rows in one statement are quick on PostgreSQL and slow on SQLite.
fn store(conn: &mut AnyConnection, words: &[Place]) -> AppResult<()> {
    match conn {
        AnyConnection::Sqlite(conn) => {
            for word in words {
                diesel::insert_into(account_words::table)
                    .values(word)
                    .execute(conn)?;
            }
        }
        AnyConnection::Postgres(conn) => {
            for some in words.chunks(ROWS_PER_STATEMENT) {
                diesel::insert_into(account_words::table)
                    .values(some)
                    .execute(conn)?;
            }
        }
    }
    Ok(())
}
