//! Keeping up the words by which accounts are found: reading anew the names that the triggers have noted.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::{
    app::App,
    db::{
        AnyConnection, Tx,
        kept_up::KeptUp,
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

/// The words by which accounts are found.
pub const WORDS: KeptUp = KeptUp { is_behind, catch_up };

/// Before somebody looks for accounts by a text, if there is one.
pub async fn refresh(app: &App, text: &str) -> AppResult<()> {
    if text.trim().is_empty() {
        return Ok(());
    }
    WORDS.refresh(&app.db).await
}

fn is_behind(conn: &mut AnyConnection) -> AppResult<bool> {
    let first: Option<i64> = account_words_pending::table
        .select(account_words_pending::n)
        .order(account_words_pending::n)
        .first(conn)
        .optional()?;
    Ok(first.is_some())
}

/// Reads the first that wait: an account's words are stored by one node.
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
