//! The check of a CSV file without effect: which lines would raise an exception, and what is wrong with the others.

use super::{
    check::{PROBLEMS_SHOWN, found},
    csv_rows::Rows,
    format::Format,
    item::{Item, outcome_of},
    model::{Outcome, Summary},
    queries,
    row::Row,
};
use crate::{
    ach::problem::Problem,
    db::AnyConnection,
    kernel::{
        error::{AppError, AppResult},
        id::BusinessAccountId,
    },
};

/// As many lines as an ACH file may have entries (domain.md section 10).
const MOST: usize = 500_000;

/// Lines are looked up in batches of this size.
const BATCH: usize = 500;

/// Checks a file; gives the number of lines that can be read, and the summary.
///
/// # Errors
/// `Invalid` when it has too many lines, or none.
pub fn summary_of(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    mut rows: Rows<'_>,
) -> AppResult<(u64, Summary)> {
    let mut summary = Summary {
        format: Format::Csv,
        ..Summary::default()
    };
    let (mut entries, mut lines) = (0, 0);
    loop {
        let items: Vec<Item> = rows.by_ref().take(BATCH).collect();
        if items.is_empty() {
            break;
        }
        lines += items.len();
        if lines > MOST {
            return Err(AppError::field(
                "file",
                "A CSV file has at most 500,000 lines; cut it into several.",
            ));
        }
        entries += batch(conn, account, &items, &mut summary)?;
    }
    if lines == 0 {
        return Err(AppError::field(
            "file",
            "There is no line below the first, which names the columns.",
        ));
    }
    summary.verified = summary.errors == 0;
    Ok((entries, summary))
}

fn batch(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    items: &[Item],
    summary: &mut Summary,
) -> AppResult<u64> {
    let rows = items.iter().filter_map(|item| match item {
        Item::Row(row) => Some(row.fingerprint.as_slice()),
        _ => None,
    });
    let fingerprints: Vec<&[u8]> = rows.collect();
    let known = queries::list_known(conn, account, &fingerprints)?;
    let mut entries = 0;
    for item in items {
        match item {
            Item::Row(row) if known.contains(&row.fingerprint) => {
                summary.known += 1;
                entries += 1;
            }
            Item::Row(row) => match row.form.check(conn, account) {
                Ok(new) => {
                    Row::count(&new, &mut summary.expected);
                    entries += 1;
                }
                Err(AppError::Invalid(errors)) => note(summary, &row.problem(&errors)),
                Err(error) => return Err(error),
            },
            Item::Problem(problem) => note(summary, problem),
            Item::Entry(_) => {}
        }
    }
    Ok(entries)
}

fn note(summary: &mut Summary, problem: &Problem) {
    if outcome_of(problem) == Outcome::Warning {
        summary.warnings += 1;
    } else {
        summary.errors += 1;
        summary.not_read += 1;
    }
    if summary.problems.len() < PROBLEMS_SHOWN {
        summary.problems.push(found(problem));
    }
}
