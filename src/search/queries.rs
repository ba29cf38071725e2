//! The SQL of a search.

use std::collections::HashMap;

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{BigInt, Text},
};

use super::terms::{MOST_NAMED, Terms};
use crate::{
    db::{
        AnyConnection,
        schema::{comments, exception_sources, exceptions, notes, search_vocabulary, transactions},
        types::UuidSql,
    },
    exceptions::{self as desk, queries::QueueItem},
    history::model::Anything,
    kernel::{
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, Id, TransactionId},
    },
    notes::Noted,
};

/// A queue is narrowed to so many that have the words, the newest; more is told.
pub const MOST: i64 = 2_000;

/// Of each thing that a typed hit may be, at most so many.
const TYPED: i64 = 10;

#[derive(QueryableByName)]
struct Hit {
    #[diesel(sql_type = BigInt)]
    document: i64,
    #[diesel(sql_type = UuidSql)]
    exception_id: ExceptionId,
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// What the index is asked, in its database's own words.
fn question(conn: &mut AnyConnection, account: BusinessAccountId, terms: &Terms) -> AppResult<String> {
    Ok(match conn {
        AnyConnection::Sqlite(_) => terms.for_sqlite(account, &begun(conn, account, terms)?),
        AnyConnection::Postgres(_) => terms.for_postgres(account),
    })
}

/// The words of the vocabulary that the last word may be the beginning of, at most one more than [`MOST_NAMED`].
fn begun(conn: &mut AnyConnection, account: BusinessAccountId, terms: &Terms) -> AppResult<Vec<String>> {
    let Some(beginning) = terms.beginning(account) else {
        return Ok(Vec::new());
    };
    Ok(search_vocabulary::table
        .filter(search_vocabulary::word.lt(format!("{beginning}{}", char::MAX)))
        .filter(search_vocabulary::word.ge(beginning))
        .order(search_vocabulary::word)
        .limit(MOST_NAMED as i64 + 1)
        .select(search_vocabulary::word)
        .load(conn)?)
}

/// Exceptions that have all the words, the newest first, with their documents: those before the document `before`.
pub fn list(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    terms: &Terms,
    before: Option<i64>,
    limit: i64,
) -> AppResult<Vec<(i64, ExceptionId)>> {
    let asked = question(conn, account, terms)?;
    let sql = match conn {
        AnyConnection::Sqlite(_) => {
            "SELECT d.document, d.exception_id FROM search_words CROSS JOIN search_documents d \
             ON d.document = search_words.rowid WHERE search_words MATCH $1 AND search_words.rowid < $2 \
             ORDER BY search_words.rowid DESC LIMIT $3"
        }
        // Without the OFFSET it may walk all documents in their order rather than use the index.
        AnyConnection::Postgres(_) => {
            "SELECT d.document, d.exception_id FROM (SELECT document FROM search_words \
             WHERE words @@ to_tsquery('simple', $1) OFFSET 0) w JOIN search_documents d USING (document) \
             WHERE d.document < $2 ORDER BY d.document DESC LIMIT $3"
        }
    };
    let hits: Vec<Hit> = sql_query(sql)
        .bind::<Text, _>(asked)
        .bind::<BigInt, _>(before.unwrap_or(i64::MAX))
        .bind::<BigInt, _>(limit)
        .load(conn)?;
    Ok(hits.into_iter().map(|h| (h.document, h.exception_id)).collect())
}

/// How many have all the words, counted up to `most`; one more means "or more".
pub fn count_up_to(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    terms: &Terms,
    most: i64,
) -> AppResult<i64> {
    let asked = question(conn, account, terms)?;
    let sql = match conn {
        AnyConnection::Sqlite(_) => {
            "SELECT count(*) AS n FROM (SELECT 1 FROM search_words WHERE search_words MATCH $1 LIMIT $2)"
        }
        AnyConnection::Postgres(_) => {
            "SELECT count(*) AS n FROM (SELECT 1 FROM search_words WHERE words @@ to_tsquery('simple', $1) \
             LIMIT $2) found"
        }
    };
    let counted: Counted = sql_query(sql)
        .bind::<Text, _>(asked)
        .bind::<BigInt, _>(most + 1)
        .get_result(conn)?;
    Ok(counted.n)
}

/// The condition of a queue's query, in SQL before and after what is asked: the exception is among the newest [`MOST`]
/// that have all the words.
pub fn condition(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    terms: &Terms,
) -> AppResult<(&'static str, String, String)> {
    let asked = question(conn, account, terms)?;
    Ok(match conn {
        AnyConnection::Sqlite(_) => (
            "exceptions.id IN (SELECT exception_id FROM search_documents WHERE document IN \
             (SELECT rowid FROM search_words WHERE search_words MATCH ",
            asked,
            format!(" ORDER BY rowid DESC LIMIT {MOST}))"),
        ),
        AnyConnection::Postgres(_) => (
            "exceptions.id IN (SELECT exception_id FROM search_documents WHERE document IN (SELECT document FROM \
             (SELECT document FROM search_words WHERE words @@ to_tsquery('simple', ",
            asked,
            format!(") OFFSET 0) found ORDER BY document DESC LIMIT {MOST}))"),
        ),
    })
}

/// Whether there are more than a queue is narrowed to.
pub fn is_cut(conn: &mut AnyConnection, account: BusinessAccountId, terms: &Terms) -> AppResult<bool> {
    Ok(count_up_to(conn, account, terms, MOST)? > MOST)
}

/// What the lists show of these exceptions.
pub fn items(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    ids: &[ExceptionId],
) -> AppResult<Vec<QueueItem>> {
    let rows: Vec<QueueItem> = exceptions::table
        .filter(exceptions::id.eq_any(ids))
        .filter(exceptions::business_account_id.eq(account))
        .select(QueueItem::as_select())
        .load(conn)?;
    let mut by_id: HashMap<ExceptionId, QueueItem> = rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
}

/// Exceptions whose id lies between two.
pub fn by_id(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    (from, to): (ExceptionId, ExceptionId),
) -> AppResult<Vec<ExceptionId>> {
    Ok(exceptions::table
        .filter(exceptions::business_account_id.eq(account))
        .filter(exceptions::id.ge(from))
        .filter(exceptions::id.le(to))
        .order(exceptions::id.desc())
        .limit(TYPED)
        .select(exceptions::id)
        .load(conn)?)
}

/// Transactions with this trace number, the newest first.
pub fn transactions_by_trace(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    trace: &str,
) -> AppResult<Vec<TransactionId>> {
    Ok(transactions::table
        .filter(transactions::business_account_id.eq(account))
        .filter(transactions::trace_number.eq(trace))
        .order((transactions::created_at.desc(), transactions::id.desc()))
        .limit(TYPED)
        .select(transactions::id)
        .load(conn)?)
}

/// Exceptions about these transactions, or whose source names this trace number.
pub fn by_trace(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    trace: &str,
    about: &[TransactionId],
) -> AppResult<Vec<ExceptionId>> {
    let mut ids: Vec<ExceptionId> = exception_sources::table
        .filter(exception_sources::business_account_id.eq(account))
        .filter(exception_sources::original_trace.is_not_null())
        .filter(exception_sources::original_trace.eq(trace))
        .limit(TYPED)
        .select(exception_sources::exception_id)
        .load(conn)?;
    let found = desk::about::transactions(conn, account, about)?;
    ids.extend(found.into_iter().map(|mention| mention.id));
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids.dedup();
    Ok(ids)
}

/// Exceptions of exactly this amount, open ones first, the newest first.
pub fn by_amount(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    minor: i64,
) -> AppResult<Vec<ExceptionId>> {
    let mut ids = Vec::new();
    for open in [true, false] {
        let some: Vec<ExceptionId> = exceptions::table
            .filter(exceptions::business_account_id.eq(account))
            .filter(exceptions::is_open.eq(open))
            .filter(exceptions::amount.eq(minor))
            .order(exceptions::id.desc())
            .limit(TYPED - ids.len() as i64)
            .select(exceptions::id)
            .load(conn)?;
        ids.extend(some);
    }
    Ok(ids)
}

/// Comments on these exceptions, the oldest first.
pub fn comments_on(conn: &mut AnyConnection, ids: &[ExceptionId]) -> AppResult<Vec<(ExceptionId, String)>> {
    Ok(comments::table
        .filter(comments::exception_id.eq_any(ids))
        .order((comments::created_at, comments::id))
        .select((comments::exception_id, comments::text))
        .load(conn)?)
}

/// Notes about what these exceptions are about.
pub fn notes_on(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    ids: &[ExceptionId],
) -> AppResult<Vec<(ExceptionId, String)>> {
    let about: Vec<(ExceptionId, Id<Anything>, Option<TransactionId>)> = exceptions::table
        .filter(exceptions::id.eq_any(ids))
        .filter(exceptions::business_account_id.eq(account))
        .select((exceptions::id, exceptions::entity_id, exceptions::transaction_id))
        .load(conn)?;
    let named = |(_, entity, transaction): &(ExceptionId, Id<Anything>, Option<TransactionId>)| {
        std::iter::once(*entity).chain(transaction.map(|id| Id::from_uuid(id.uuid())))
    };
    let entities: Vec<Id<Anything>> = about.iter().flat_map(named).collect();
    let written: Vec<(Id<Anything>, String, String)> = notes::table
        .filter(notes::business_account_id.eq(account))
        .filter(notes::entity_type.eq_any(Noted::ALL.iter().copied()))
        .filter(notes::entity_id.eq_any(entities))
        .select((notes::entity_id, notes::title, notes::text))
        .load(conn)?;
    let mut found = Vec::new();
    for of in &about {
        for entity in named(of) {
            for (_, title, text) in written.iter().filter(|(id, ..)| *id == entity) {
                found.push((of.0, format!("{title}: {text}")));
            }
        }
    }
    Ok(found)
}
