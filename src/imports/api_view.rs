//! An import and the lines of its report as JSON.

use serde::Serialize;

use super::{
    format::Format,
    model::{ImportRow, ImportState, LineRow, Outcome, Summary, Tallies},
};
use crate::{
    api::{answer, view::ActorView},
    exceptions::model::Kind,
    kernel::{
        crypto::hex,
        error::AppResult,
        id::{ExceptionId, Id, ImportId, TransactionId},
    },
};

/// One uploaded file: what its check found and what its import did.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportView {
    id: ImportId,
    file_name: String,
    /// By its content, not its name.
    format: Format,
    state: ImportState,
    /// Bytes.
    size: i64,
    sha256: String,
    /// Entries or lines that can be read.
    entries: i64,
    /// Those of them that have their line in the report.
    entries_done: i64,
    exceptions_raised: i64,
    transactions_made: i64,
    /// Entries or lines that were imported before, by this file or another.
    duplicates: i64,
    /// As many as the check has found, and once it is imported the lines of the report that tell one.
    problems: i64,
    check: CheckView,
    /// What was raised.
    raised: Vec<TallyView>,
    created_by: ActorView,
    #[schema(format = DateTime)]
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    finished_at: Option<String>,
}

/// What was found before anything was changed.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckView {
    /// Every control is there and adds up; of a CSV file, that every line can be used.
    verified: bool,
    batches: u64,
    payments: u64,
    prenotes: u64,
    /// Entries or lines that had been imported before.
    known: u64,
    /// Records that cannot be read, or lines that cannot be used.
    not_read: u64,
    errors: u64,
    warnings: u64,
    /// What is expected to be raised.
    expected: Vec<TallyView>,
    /// The first 100; the report has all.
    problems: Vec<ProblemView>,
}

/// How many exceptions of a type and code.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TallyView {
    r#type: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_code: Option<String>,
    count: u64,
    /// The sum of their amounts.
    amount: String,
    currency: String,
}

/// A problem of the file.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemView {
    line: i64,
    /// Of an ACH file the column in the line, of CSV the number of the cell.
    column: i64,
    outcome: Outcome,
    message: String,
}

/// What became of a line of the file.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportLineView {
    /// Of the report, from 1.
    position: i64,
    line: i64,
    /// Of an ACH file the column in the line, of CSV the number of the cell.
    column: i64,
    outcome: Outcome,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception_id: Option<ExceptionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<TransactionId>,
}

impl From<LineRow> for ReportLineView {
    fn from(row: LineRow) -> Self {
        Self {
            position: row.position,
            line: row.line,
            column: row.column_number,
            outcome: row.outcome,
            message: row.sentence,
            exception_id: row.exception_id,
            transaction_id: row.transaction_id,
        }
    }
}

/// An import as it is now.
pub fn view(row: &ImportRow) -> AppResult<ImportView> {
    let summary = row.summary()?;
    Ok(ImportView {
        id: row.id,
        file_name: row.file_name.clone(),
        format: summary.format,
        state: row.state,
        size: row.size,
        sha256: hex(&row.sha256),
        entries: row.entries,
        entries_done: row.entries_done,
        exceptions_raised: row.exceptions_raised,
        transactions_made: row.transactions_made,
        duplicates: row.duplicates,
        problems: row.known_problems()?,
        raised: tallies(&summary.raised),
        check: check(&summary),
        created_by: ActorView::new(row.created_by_kind, row.created_by_id.map(Id::uuid)),
        created_at: row.created_at.rfc3339(),
        finished_at: row.finished_at.map(crate::kernel::clock::Ts::rfc3339),
    })
}

/// The same as a body.
pub fn body(row: &ImportRow) -> AppResult<String> {
    answer::json(&view(row)?)
}

fn check(summary: &Summary) -> CheckView {
    let problems = summary.problems.iter().map(|found| ProblemView {
        line: found.line,
        column: found.column,
        outcome: found.outcome(),
        message: found.sentence.clone(),
    });
    CheckView {
        verified: summary.verified,
        batches: summary.batches,
        payments: summary.payments,
        prenotes: summary.prenotes,
        known: summary.known,
        not_read: summary.not_read,
        errors: summary.errors,
        warnings: summary.warnings,
        expected: tallies(&summary.expected),
        problems: problems.collect(),
    }
}

fn tallies(all: &Tallies) -> Vec<TallyView> {
    all.iter()
        .map(|(kind, code, count, amount)| TallyView {
            r#type: kind,
            return_code: Some(code.to_owned()).filter(|code| !code.is_empty()),
            count,
            amount: amount.plain(),
            currency: amount.currency().code().to_owned(),
        })
        .collect()
}
