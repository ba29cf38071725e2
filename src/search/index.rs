//! Keeping the index up: reading anew what the triggers have noted. Many documents at a time, as every write to the
//! index costs as much as some hundred words in it.

use std::collections::{BTreeSet, HashMap};

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{Array, BigInt, Text},
};
use serde_json::Value;
use uuid::Uuid;

use super::terms::{is_of_vocabulary, mark_of, marked, words_of};
use crate::{
    db::{
        AnyConnection, Tx,
        kept_up::KeptUp,
        schema::{
            comments, exception_sources, exceptions, notes, search_documents, search_pending, transactions,
        },
    },
    history::model::Anything,
    kernel::{
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, Id, TransactionId},
    },
    notes::Noted,
    on_backend,
};

/// Documents of one transaction: other writers wait for it.
const AT_ONCE: i64 = 1_000;

/// The words of a document at most, in bytes: a tsvector holds a mebibyte.
const LONGEST: usize = 200_000;

/// What of an exception is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = exceptions)]
struct Subject {
    id: ExceptionId,
    business_account_id: BusinessAccountId,
    party: String,
    description: String,
    code: Option<String>,
    reason: Option<String>,
    entity_id: Id<Anything>,
    transaction_id: Option<TransactionId>,
}

/// The words by which exceptions are found.
pub const WORDS: KeptUp = KeptUp { is_behind, catch_up };

fn is_behind(conn: &mut AnyConnection) -> AppResult<bool> {
    let first: Option<i64> = search_pending::table
        .select(search_pending::n)
        .order(search_pending::n)
        .first(conn)
        .optional()?;
    Ok(first.is_some())
}

/// Reads the first that wait: document numbers are given in order, by one node at a time.
fn catch_up(tx: &mut Tx<'_>) -> AppResult<()> {
    let pending: Vec<(i64, ExceptionId)> = search_pending::table
        .select((search_pending::n, search_pending::exception_id))
        .order(search_pending::n)
        .limit(AT_ONCE)
        .load(tx.conn)?;
    for some in pending.chunks(250) {
        let (ns, mut ids): (Vec<i64>, Vec<ExceptionId>) = some.iter().copied().unzip();
        let order: HashMap<ExceptionId, i64> = some.iter().rev().map(|(n, id)| (*id, *n)).collect();
        ids.sort_unstable_by_key(|id| order.get(id).copied());
        ids.dedup();
        let texts = texts_of(tx.conn, &ids)?;
        let numbers = number(tx.conn, &ids, &texts)?;
        let mut documents: Vec<Document> = ids
            .iter()
            .filter_map(|id| {
                let (account, words) = texts.get(id)?;
                let (number, mark) = (*numbers.get(id)?, mark_of(*account));
                Some(Document { number, mark, words })
            })
            .collect();
        // FTS5 writes to the disk whenever a number is not above the last.
        documents.sort_unstable_by_key(|document| document.number);
        store(tx.conn, &documents)?;
        diesel::delete(search_pending::table.filter(search_pending::n.eq_any(ns))).execute(tx.conn)?;
    }
    Ok(())
}

/// What the index has of an exception.
struct Document<'a> {
    number: i64,
    /// That of its business account.
    mark: String,
    words: &'a str,
}

type Texts = HashMap<ExceptionId, (BusinessAccountId, String)>;

/// The words of these exceptions' documents.
fn texts_of(conn: &mut AnyConnection, ids: &[ExceptionId]) -> AppResult<Texts> {
    let subjects: Vec<Subject> = exceptions::table
        .filter(exceptions::id.eq_any(ids))
        .select(Subject::as_select())
        .load(conn)?;
    let mut said = said_of(conn, ids, &subjects)?;
    let mut texts = Texts::new();
    for subject in subjects {
        let mut words = Vec::new();
        let own = [
            Some(subject.party.as_str()),
            Some(subject.description.as_str()),
            subject.code.as_deref(),
            subject.reason.as_deref(),
        ];
        let other = said.remove(&subject.id).unwrap_or_default();
        for text in own.into_iter().flatten().chain(other.iter().map(String::as_str)) {
            words.extend(words_of(text));
        }
        let mut text = String::new();
        for word in words {
            if text.len() + word.len() < LONGEST {
                text.push_str(&word);
                text.push(' ');
            }
        }
        texts.insert(subject.id, (subject.business_account_id, text));
    }
    Ok(texts)
}

/// What is said elsewhere: trace numbers, the words of the file, comments, notes.
fn said_of(
    conn: &mut AnyConnection,
    ids: &[ExceptionId],
    subjects: &[Subject],
) -> AppResult<HashMap<ExceptionId, Vec<String>>> {
    let mut said: HashMap<ExceptionId, Vec<String>> = HashMap::new();
    let sources: Vec<(ExceptionId, Option<String>, Option<String>)> = exception_sources::table
        .filter(exception_sources::exception_id.eq_any(ids))
        .select((
            exception_sources::exception_id,
            exception_sources::original_trace,
            exception_sources::addenda_info,
        ))
        .load(conn)?;
    for (id, trace, information) in sources {
        said.entry(id)
            .or_default()
            .extend(trace.into_iter().chain(information));
    }
    let written: Vec<(ExceptionId, String)> = comments::table
        .filter(comments::exception_id.eq_any(ids))
        .select((comments::exception_id, comments::text))
        .load(conn)?;
    for (id, text) in written {
        said.entry(id).or_default().push(text);
    }
    let about = about_of(conn, subjects)?;
    for subject in subjects {
        let own = subject.entity_id.uuid();
        let transaction = subject.transaction_id.map(Id::uuid).filter(|id| *id != own);
        for entity in std::iter::once(own).chain(transaction) {
            let texts = about.get(&entity).into_iter().flatten().cloned();
            said.entry(subject.id).or_default().extend(texts);
        }
    }
    Ok(said)
}

/// Trace numbers of the transactions, and notes about all that the exceptions are about.
fn about_of(conn: &mut AnyConnection, subjects: &[Subject]) -> AppResult<HashMap<Uuid, Vec<String>>> {
    let mut about: HashMap<Uuid, Vec<String>> = HashMap::new();
    let mut entities: Vec<Id<Anything>> = subjects.iter().map(|s| s.entity_id).collect();
    entities.extend(
        subjects
            .iter()
            .filter_map(|s| s.transaction_id.map(|id| Id::from_uuid(id.uuid()))),
    );
    entities.sort_unstable();
    entities.dedup();
    let ids: Vec<TransactionId> = entities.iter().map(|id| Id::from_uuid(id.uuid())).collect();
    let traced: Vec<(TransactionId, Option<String>)> = transactions::table
        .filter(transactions::id.eq_any(ids))
        .select((transactions::id, transactions::trace_number))
        .load(conn)?;
    for (id, trace) in traced {
        about.entry(id.uuid()).or_default().extend(trace);
    }
    let mut accounts: Vec<BusinessAccountId> = subjects.iter().map(|s| s.business_account_id).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let noted: Vec<(Id<Anything>, String, String)> = notes::table
        .filter(notes::business_account_id.eq_any(accounts))
        .filter(notes::entity_type.eq_any(Noted::ALL.iter().copied()))
        .filter(notes::entity_id.eq_any(entities))
        .select((notes::entity_id, notes::title, notes::text))
        .load(conn)?;
    for (id, title, text) in noted {
        about.entry(id.uuid()).or_default().extend([title, text]);
    }
    Ok(about)
}

/// The documents' numbers; new ones follow in the order of the ids.
fn number(
    conn: &mut AnyConnection,
    ids: &[ExceptionId],
    texts: &Texts,
) -> AppResult<HashMap<ExceptionId, i64>> {
    let known: Vec<(ExceptionId, i64)> = search_documents::table
        .filter(search_documents::exception_id.eq_any(ids))
        .select((search_documents::exception_id, search_documents::document))
        .load(conn)?;
    let mut numbers: HashMap<ExceptionId, i64> = known.into_iter().collect();
    let last: Option<i64> = search_documents::table
        .select(search_documents::document)
        .order(search_documents::document.desc())
        .first(conn)
        .optional()?;
    let mut next = last.unwrap_or_default();
    for id in ids {
        let (Some((account, _)), false) = (texts.get(id), numbers.contains_key(id)) else {
            continue;
        };
        next += 1;
        diesel::insert_into(search_documents::table)
            .values((
                search_documents::document.eq(next),
                search_documents::business_account_id.eq(*account),
                search_documents::exception_id.eq(*id),
            ))
            .execute(conn)?;
        numbers.insert(*id, next);
    }
    Ok(numbers)
}

/// The index itself, which each database has its own way.
fn store(conn: &mut AnyConnection, documents: &[Document<'_>]) -> AppResult<()> {
    match conn {
        AnyConnection::Sqlite(_) => {
            for document in documents {
                let words = document.words.split_ascii_whitespace();
                let words: Vec<String> = words.map(|word| marked(&document.mark, word)).collect();
                on_backend!(conn, |conn| {
                    sql_query("INSERT OR REPLACE INTO search_words (rowid, words) VALUES ($1, $2)")
                        .bind::<BigInt, _>(document.number)
                        .bind::<Text, _>(words.join(" "))
                        .execute(conn)
                })?;
            }
            learn(conn, documents)?;
        }
        AnyConnection::Postgres(conn) => {
            let (numbers, words): (Vec<i64>, Vec<String>) = documents
                .iter()
                .map(|d| (d.number, format!("{} {}", d.mark, d.words)))
                .unzip();
            sql_query(
                "INSERT INTO search_words SELECT d, to_tsvector('simple', w) FROM unnest($1, $2) AS t (d, w) \
                 ON CONFLICT (document) DO UPDATE SET words = EXCLUDED.words",
            )
            .bind::<Array<BigInt>, _>(numbers)
            .bind::<Array<Text>, _>(words)
            .execute(conn)?;
        }
    }
    Ok(())
}

/// Adds the words to the vocabulary of SQLite. What is in it stays, as another document may have the word.
fn learn(conn: &mut AnyConnection, documents: &[Document<'_>]) -> AppResult<()> {
    let mut unique: BTreeSet<(&str, &str)> = BTreeSet::new();
    for document in documents {
        let words = document.words.split_ascii_whitespace();
        let known = words.filter(|word| is_of_vocabulary(word));
        unique.extend(known.map(|word| (document.mark.as_str(), word)));
    }
    let words = unique.into_iter().map(|(mark, word)| marked(mark, word));
    let words = words.collect::<Value>().to_string();
    on_backend!(conn, |conn| {
        sql_query("INSERT OR IGNORE INTO search_vocabulary (word) SELECT value FROM json_each($1)")
            .bind::<Text, _>(words)
            .execute(conn)
    })?;
    Ok(())
}
