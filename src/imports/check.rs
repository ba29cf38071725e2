//! The check without effect: what a file holds, whether its controls add up, and what importing it would do.

use std::sync::Arc;

use super::{
    csv_check,
    csv_rows::Rows,
    item::{Item, News, Said, outcome_of},
    model::{Found, Outcome, Summary, Tallies},
    prepare::Items,
    queries,
};
use crate::{
    ach::problem::Problem,
    app::App,
    db::AnyConnection,
    exceptions::model::Kind,
    kernel::{
        crypto::Vault,
        error::{AppError, AppResult},
        id::BusinessAccountId,
        text::capitalised,
    },
};

/// So many problems are kept for the page; the report of the import has all of them.
pub const PROBLEMS_SHOWN: usize = 100;

/// Entries are looked up in batches of this size.
const BATCH: usize = 500;

/// Checks a file; gives the number of entries, and the summary. One file at a time, as it is in memory.
pub async fn check(app: &App, account: BusinessAccountId, bytes: Arc<[u8]>) -> AppResult<(u64, Summary)> {
    let _place = app
        .jobs
        .checking()
        .await
        .map_err(|_| AppError::Unavailable("shutting down".into()))?;
    let vault = app.vault.clone();
    app.db
        .read_slow(move |conn| summary_of(conn, account, &vault, &bytes))
        .await
}

fn summary_of(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    vault: &Vault,
    bytes: &[u8],
) -> AppResult<(u64, Summary)> {
    if let Some(rows) = Rows::of(bytes, vault) {
        return csv_check::summary_of(conn, account, rows);
    }
    let mut items = Items::new(bytes, vault);
    let mut found = Counts::default();
    let mut entries = Vec::with_capacity(BATCH);
    for item in items.by_ref() {
        match item {
            Item::Problem(problem) => found.problem(&problem),
            Item::Entry(said) => entries.push(*said),
            Item::Row(_) => {}
        }
        if entries.len() == BATCH {
            found.entries(conn, account, &mut entries)?;
        }
    }
    found.entries(conn, account, &mut entries)?;
    let (entries, summary) = items.summary();
    Ok((
        entries,
        Summary {
            payments: found.payments,
            prenotes: found.prenotes,
            noted: found.noted,
            known: found.known,
            expected: found.expected,
            problems: found.problems,
            ..summary
        },
    ))
}

#[derive(Default)]
struct Counts {
    payments: u64,
    prenotes: u64,
    noted: u64,
    known: u64,
    expected: Tallies,
    problems: Vec<Found>,
}

impl Counts {
    fn problem(&mut self, problem: &Problem) {
        if self.problems.len() < PROBLEMS_SHOWN {
            self.problems.push(found(problem));
        }
    }

    fn entries(
        &mut self,
        conn: &mut AnyConnection,
        account: BusinessAccountId,
        entries: &mut Vec<Said>,
    ) -> AppResult<()> {
        let fingerprints: Vec<&[u8]> = entries.iter().map(|e| e.fingerprint.as_slice()).collect();
        let known = queries::list_known(conn, account, &fingerprints)?;
        for said in entries.drain(..) {
            if known.contains(&said.fingerprint) {
                self.known += 1;
            } else {
                self.entry(&said);
            }
        }
        Ok(())
    }

    fn entry(&mut self, said: &Said) {
        match &said.news {
            News::Payment => self.payments += 1,
            News::Prenote => self.prenotes += 1,
            News::Nothing(_) => self.noted += 1,
            News::Return(found) => {
                let kind = if found.is_prenote {
                    Kind::VerificationDeclined
                } else {
                    Kind::AchReturn
                };
                self.expected.add(kind, &found.code, said.amount);
            }
            News::Change(found) => {
                let kind = if found.is_prenote {
                    Kind::VerificationNoc
                } else {
                    Kind::AchNoc
                };
                self.expected.add(kind, &found.code, 0);
            }
        }
    }
}

/// A problem as the summary keeps it.
pub(super) fn found(problem: &Problem) -> Found {
    let whole = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    Found {
        line: whole(problem.place.line),
        column: whole(problem.place.column),
        outcome: outcome_of(problem).as_str().to_owned(),
        sentence: sentence_of(problem),
    }
}

/// A problem's line in the report: the field, and what is wrong.
pub fn sentence_of(problem: &Problem) -> String {
    format!("{}: {}", capitalised(problem.field), problem.sentence)
}

impl Found {
    /// What follows from it.
    pub fn outcome(&self) -> Outcome {
        Outcome::parse(&self.outcome).unwrap_or(Outcome::Error)
    }
}
