//! One batch of an import, in one transaction: what its entries do, their lines in the report, and the new place.

use std::collections::{HashMap, hash_map::Entry};

use diesel::prelude::*;

use super::{
    check::sentence_of,
    entry::{self, Context, Done},
    item::{Item, outcome_of},
    model::{ImportRow, LineRow, Outcome, Tallies},
    queries, row,
    run::{LEASE, today},
    store::to_json,
};
use crate::{
    ach::problem::Problem,
    auth::actor::Actor,
    db::{Tx, schema::imports},
    exceptions::raise::InForce,
    kernel::{
        clock::{Ts, written_day},
        crypto::Vault,
        error::{AppError, AppResult, Code},
        id::ImportId,
    },
};

/// How far an import has come, and by whose claim.
#[derive(Clone, Debug)]
pub struct Ahead {
    /// The import.
    pub import: ImportId,
    /// Lines of the report that are written.
    pub lines: i64,
    /// The claim's lease as it was last renewed.
    pub lease: Ts,
    /// As whom entries are applied.
    pub actor: Actor,
}

/// Renews the claim.
///
/// # Errors
/// `ALREADY_TAKEN` when another node has taken the import over; nothing may be written then.
pub fn renew(tx: &mut Tx<'_>, ahead: &Ahead, lease: Option<Ts>) -> AppResult<()> {
    let held = diesel::update(
        imports::table
            .find(ahead.import)
            .filter(imports::business_account_id.eq(ahead.actor.business_account))
            .filter(imports::lease_until.eq(Some(ahead.lease))),
    )
    .set(imports::lease_until.eq(lease))
    .execute(tx.conn)?;
    if held == 1 {
        Ok(())
    } else {
        Err(AppError::refused(
            Code::AlreadyTaken,
            "Another node imports this file now.",
        ))
    }
}

/// Applies the items and gives the place behind them.
pub fn apply(tx: &mut Tx<'_>, vault: &Vault, ahead: &Ahead, items: &[Item]) -> AppResult<Ahead> {
    let lease = tx.now.plus(LEASE);
    renew(tx, ahead, Some(lease))?;
    let known = Known::of(tx, ahead, items)?;
    let mut context = Context {
        vault,
        actor: &ahead.actor,
        import: ahead.import,
        today: today(tx.now),
        own: HashMap::new(),
        policies: InForce::of(tx.conn, ahead.actor.business_account)?,
        raised: Tallies::default(),
    };
    let mut lines = Vec::with_capacity(items.len());
    let mut fresh = Vec::new();
    for (item, position) in items.iter().zip(ahead.lines + 1..) {
        lines.push(match item {
            Item::Problem(problem) => problem_line(ahead.import, position, problem),
            Item::Row(row) => {
                let done = if let Some(done) = known.line_of(&row.fingerprint) {
                    Ok(done)
                } else {
                    row::apply(tx, &mut context, row)?
                };
                match done {
                    Err(problem) => problem_line(ahead.import, position, &problem),
                    Ok(done) => {
                        if done.outcome == Outcome::Raised {
                            fresh.push((row.fingerprint.as_slice(), position));
                        }
                        line_of(ahead.import, position, (row.line, 1), done)
                    }
                }
            }
            Item::Entry(said) => {
                let done = if let Some(done) = known.line_of(&said.fingerprint) {
                    done
                } else {
                    fresh.push((said.fingerprint.as_slice(), position));
                    entry::apply(tx, &mut context, said)?
                };
                line_of(ahead.import, position, (said.line, said.column), done)
            }
        });
    }
    queries::insert_lines(tx.conn, &lines)?;
    queries::insert_entries(tx.conn, ahead.actor.business_account, ahead.import, &fresh)?;
    let row = queries::get(tx.conn, ahead.actor.business_account, ahead.import)?;
    move_on(tx, &row, &lines, &context.raised)?;
    Ok(Ahead {
        lines: ahead.lines + whole(items.len()),
        lease,
        ..ahead.clone()
    })
}

fn problem_line(import_id: ImportId, position: i64, problem: &Problem) -> LineRow {
    LineRow {
        import_id,
        position,
        line: whole(problem.place.line),
        column_number: whole(problem.place.column),
        outcome: outcome_of(problem),
        sentence: sentence_of(problem),
        exception_id: None,
        transaction_id: None,
    }
}

fn line_of(import_id: ImportId, position: i64, (line, column_number): (i64, i64), done: Done) -> LineRow {
    LineRow {
        import_id,
        position,
        line,
        column_number,
        outcome: done.outcome,
        sentence: done.sentence,
        exception_id: done.exception,
        transaction_id: done.transaction,
    }
}

/// Adds what the lines say to the import's counts.
fn move_on(tx: &mut Tx<'_>, row: &ImportRow, lines: &[LineRow], raised: &Tallies) -> AppResult<()> {
    let mut summary = row.summary()?;
    summary.raised.join(raised);
    let count = |outcomes: &[Outcome]| whole(lines.iter().filter(|l| outcomes.contains(&l.outcome)).count());
    let problems = count(&Outcome::PROBLEMS);
    diesel::update(
        imports::table
            .find(row.id)
            .filter(imports::business_account_id.eq(row.business_account_id)),
    )
    .set((
        imports::summary.eq(to_json(&summary)?),
        imports::entries_done.eq(row.entries_done + whole(lines.len()) - problems),
        imports::exceptions_raised.eq(row.exceptions_raised + count(&[Outcome::Raised])),
        imports::transactions_made.eq(row.transactions_made + count(&[Outcome::Recorded])),
        imports::duplicates.eq(row.duplicates + count(&[Outcome::Duplicate])),
        imports::problems.eq(row.problems + problems),
    ))
    .execute(tx.conn)?;
    Ok(())
}

/// The entries of the batch that were imported before, each with the line of that import's report.
struct Known(HashMap<Vec<u8>, (String, LineRow)>);

impl Known {
    fn of(tx: &mut Tx<'_>, ahead: &Ahead, items: &[Item]) -> AppResult<Self> {
        let fingerprints: Vec<&[u8]> = items
            .iter()
            .filter_map(|item| match item {
                Item::Entry(said) => Some(said.fingerprint.as_slice()),
                Item::Row(row) => Some(row.fingerprint.as_slice()),
                Item::Problem(_) => None,
            })
            .collect();
        let account = ahead.actor.business_account;
        let known = queries::list_known_lines(tx.conn, account, &fingerprints)?;
        let mut files: HashMap<ImportId, String> = HashMap::new();
        let mut all = HashMap::new();
        for (fingerprint, line) in known {
            if let Entry::Vacant(place) = files.entry(line.import_id) {
                let row = queries::get(tx.conn, account, line.import_id)?;
                let day = row.created_at.day_in(chrono_tz::Tz::America__New_York);
                place.insert(format!("{} of {}", row.file_name, written_day(day)));
            }
            let file = files.get(&line.import_id).cloned().unwrap_or_default();
            all.insert(fingerprint, (file, line));
        }
        Ok(Self(all))
    }

    /// What its line says: nothing changed, and where it was imported.
    fn line_of(&self, fingerprint: &[u8]) -> Option<Done> {
        let (file, line) = self.0.get(fingerprint)?;
        Some(Done {
            outcome: Outcome::Duplicate,
            sentence: format!(
                "The same entry came with {file}, line {}: {}",
                line.line, line.sentence
            ),
            exception: line.exception_id,
            transaction: line.transaction_id,
        })
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
