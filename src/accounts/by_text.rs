//! Finding accounts by a text: by words of the name or the holder's name, or by the end of the number that may be shown.
//! Words and ends are looked up in indexes, a page of them at a time; no query walks through the accounts.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::{
    among,
    db::{
        AnyConnection, MultiBackend,
        schema::{account_words, financial_accounts},
    },
    kernel::{
        error::AppResult,
        id::{BusinessAccountId, FinancialAccountId},
    },
    search::terms::{MOST_WORDS, may_begin_another, words_of},
};

/// At most so many characters of a number are shown.
const LONGEST_TAIL: usize = 4;

/// So many places of a word are read together.
const AT_ONCE: usize = 1_024;

/// Words of fewer places than these are told apart from those of more, step by step.
const RARE: [usize; 3] = [AT_ONCE, 16 * AT_ONCE, 256 * AT_ONCE];

/// Which words of the index a typed one stands for: from the first to the last, in the order of their bytes.
#[derive(Debug, PartialEq, Eq)]
struct Span {
    from: String,
    to: String,
}

/// A word and an account that has it.
type Place = (String, FinancialAccountId);

/// At most `most` of the accounts that have all the words of a text, or these last characters of their number; in no
/// order. A text without a word finds none.
pub(super) fn ids(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    text: &str,
    most: i64,
) -> AppResult<Vec<FinancialAccountId>> {
    let mut words = spans(text);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = BTreeSet::new();
    if let Some(tail) = tail_of(text) {
        found.extend(with_tail(conn, account, tail, most)?);
    }
    let most = usize::try_from(most).unwrap_or_default();
    let rarest = rarest_of(conn, account, &words)?;
    let first = words.swap_remove(rarest);
    let mut some = places(conn, account, &first, None)?;
    loop {
        let last = some.last().filter(|_| some.len() >= AT_ONCE).cloned();
        let mut ids = some.into_iter().map(|(_, id)| id).collect();
        for word in &words {
            ids = those_with(conn, ids, word)?;
        }
        found.extend(ids);
        let Some(last) = last.filter(|_| found.len() < most) else {
            break;
        };
        some = places(conn, account, &first, Some(&last))?;
    }
    Ok(found.into_iter().take(most).collect())
}

/// The words of a text. The last one may be the beginning of a word, unless a blank ends it.
fn spans(text: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = words_of(text)
        .take(MOST_WORDS)
        .map(|word| Span {
            from: word.clone(),
            to: word,
        })
        .collect();
    if let Some(last) = spans.last_mut()
        && may_begin_another(&last.to)
        && !text.ends_with(char::is_whitespace)
    {
        // The last of all characters, which is no letter.
        last.to.push(char::MAX);
    }
    spans
}

/// What may be the end of a number, as it is shown behind dots or without them.
fn tail_of(text: &str) -> Option<&str> {
    let tail = text.trim().trim_start_matches('•').trim_start();
    (1..=LONGEST_TAIL).contains(&tail.chars().count()).then_some(tail)
}

fn with_tail(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    tail: &str,
    most: i64,
) -> AppResult<Vec<FinancialAccountId>> {
    Ok(financial_accounts::table
        .filter(financial_accounts::business_account_id.eq(account))
        .filter(financial_accounts::number_tail.eq(tail))
        .select(financial_accounts::id)
        .limit(most)
        .load(conn)?)
}

/// The word to begin with: that with the fewest places, about, so that the others need to be looked for in few accounts.
fn rarest_of(conn: &mut AnyConnection, account: BusinessAccountId, words: &[Span]) -> AppResult<usize> {
    if words.len() > 1 {
        for places in RARE {
            for (n, word) in words.iter().enumerate() {
                if !has_more_than(conn, account, word, places)? {
                    return Ok(n);
                }
            }
        }
    }
    Ok(0)
}

fn has_more_than(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    word: &Span,
    places: usize,
) -> AppResult<bool> {
    let beyond: Option<FinancialAccountId> = account_words::table
        .filter(account_words::business_account_id.eq(account))
        .filter(account_words::word.between(&word.from, &word.to))
        .order((account_words::word, account_words::account_id))
        .select(account_words::account_id)
        .offset(places as i64)
        .limit(1)
        .first(conn)
        .optional()?;
    Ok(beyond.is_some())
}

/// The places of a word behind one of them, or the first.
fn places(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    word: &Span,
    after: Option<&Place>,
) -> AppResult<Vec<Place>> {
    let mut found: Vec<Place> = Vec::new();
    let mut next = account_words::table
        .into_boxed::<MultiBackend>()
        .filter(account_words::business_account_id.eq(account))
        .filter(account_words::word.le(&word.to));
    // The rest of its word first: a condition for both would read what lies before it in the word, each time.
    if let Some((last, id)) = after {
        found = account_words::table
            .filter(account_words::business_account_id.eq(account))
            .filter(account_words::word.eq(last))
            .filter(account_words::account_id.gt(id))
            .order(account_words::account_id)
            .limit(AT_ONCE as i64)
            .select((account_words::word, account_words::account_id))
            .load(conn)?;
        next = next.filter(account_words::word.gt(last));
    } else {
        next = next.filter(account_words::word.ge(&word.from));
    }
    let room = AT_ONCE.saturating_sub(found.len());
    if room > 0 {
        let more: Vec<Place> = next
            .order((account_words::word, account_words::account_id))
            .limit(room as i64)
            .select((account_words::word, account_words::account_id))
            .load(conn)?;
        found.extend(more);
    }
    Ok(found)
}

/// Those of some accounts that have a word too: of one business account, as the accounts are.
fn those_with(
    conn: &mut AnyConnection,
    mut ids: Vec<FinancialAccountId>,
    word: &Span,
) -> AppResult<Vec<FinancialAccountId>> {
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(ids);
    }
    Ok(among!(
        account_words::table.into_boxed::<MultiBackend>(),
        account_words::account_id,
        &ids[..]
    )
    .filter(account_words::word.ge(&word.from))
    .filter(account_words::word.le(&word.to))
    .select(account_words::account_id)
    .load(conn)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let beginning = |span: &Span| span.to != span.from;
        spans(text)
            .iter()
            .map(|span| format!("{}{}", span.from, if beginning(span) { "*" } else { "" }))
            .collect()
    }

    #[test]
    fn the_last_word_may_be_a_beginning() {
        let cases: [(&str, &[&str]); 10] = [
            ("Mira Stone", &["mira", "stone*"]),
            ("mira stone ", &["mira", "stone"]),
            ("Stone, Mi", &["stone", "mi"]),
            ("ZOË", &["zoë*"]),
            ("••••5544", &["5544"]),
            ("100%_", &["100"]),
            ("Lot 20260101", &["lot", "20260101*"]),
            (
                "a b c d e f g h too many",
                &["a", "b", "c", "d", "e", "f", "g", "h"],
            ),
            ("%", &[]),
            ("", &[]),
        ];
        for (text, words) in cases {
            assert_eq!(shown(text), words, "{text}");
        }
    }

    #[test]
    fn a_span_holds_what_begins_so_and_nothing_else() {
        let span = spans("mar").remove(0);
        for (word, is_in) in [
            ("mar", true),
            ("marlowe", true),
            ("marë", true),
            ("mar\u{2f9ff}", true),
            ("ma", false),
            ("mas", false),
            ("mb", false),
        ] {
            let held = span.from.as_str() <= word && word <= span.to.as_str();
            assert_eq!(held, is_in, "{word}");
        }
    }

    #[test]
    fn the_end_of_a_number_has_at_most_four_characters() {
        for (text, tail) in [
            ("5544", Some("5544")),
            ("••••5544", Some("5544")),
            (" •••• 5544 ", Some("5544")),
            ("12", Some("12")),
            ("A-77", Some("A-77")),
            ("77665", None),
            ("••••", None),
        ] {
            assert_eq!(tail_of(text), tail, "{text}");
        }
    }
}
