//! What an import is: its states, the lines of its report, and the summary of its check and result.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::format::Format;
use crate::{
    auth::actor::ActorKind,
    db::schema::{import_lines, imports},
    exceptions::model::Kind,
    history::model::Anything,
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::{BusinessAccountId, ExceptionId, Id, ImportId, TransactionId},
        money::{Currency, Money},
    },
    spelled,
};

spelled! {
    /// Where an import stands.
    pub enum ImportState {
        /// Its bytes are still coming in; nobody sees it yet.
        Receiving = "RECEIVING",
        /// Stored and checked; nothing has changed yet.
        Checked = "CHECKED",
        /// Somebody pressed Import.
        Queued = "QUEUED",
        /// A node is at work on it.
        Running = "RUNNING",
        /// Every line of the file is in the report.
        Done = "DONE",
        /// It stopped for a fault of ours; what was done stays done, and it can go on from there.
        Failed = "FAILED",
    }
}

impl ImportState {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Receiving => "Receiving",
            Self::Checked => "Checked",
            Self::Queued => "Waiting to start",
            Self::Running => "Running",
            Self::Done => "Imported",
            Self::Failed => "Stopped",
        }
    }

    /// Whether it can be told to run.
    pub const fn can_run(self) -> bool {
        matches!(self, Self::Checked | Self::Failed)
    }

    /// Whether it can be thrown away: only while it has changed nothing.
    pub const fn can_discard(self) -> bool {
        matches!(self, Self::Checked)
    }

    /// Whether work on it is under way.
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

spelled! {
    /// What became of one line of the report. An entry has one of the first five, a problem one of the last three.
    pub enum Outcome {
        /// The entry raised an exception.
        Raised = "RAISED",
        /// The entry is a payment: a transaction was recorded.
        Recorded = "RECORDED",
        /// The entry tests an account: its verification is under way.
        Prenote = "PRENOTE",
        /// The entry carries neither money nor news about an account.
        Noted = "NOTED",
        /// The entry was imported before; nothing changed.
        Duplicate = "DUPLICATE",
        /// A record could not be read.
        NotRead = "NOT_READ",
        /// A rule of the format is broken, or a line of a CSV file is refused.
        Error = "ERROR",
        /// Something odd.
        Warning = "WARNING",
    }
}

impl Outcome {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Raised => "Exception raised",
            Self::Recorded => "Payment recorded",
            Self::Prenote => "Verification under way",
            Self::Noted => "Noted",
            Self::Duplicate => "Imported before",
            Self::NotRead => "Not read",
            Self::Error => "Error",
            Self::Warning => "Warning",
        }
    }

    /// The outcomes of problems.
    pub const PROBLEMS: [Self; 3] = [Self::NotRead, Self::Error, Self::Warning];
}

/// One row of `imports`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = imports)]
pub struct ImportRow {
    pub id: ImportId,
    pub business_account_id: BusinessAccountId,
    /// For display and downloads only: it never was a path.
    pub file_name: String,
    /// Of the file's bytes; while they come in, random.
    pub sha256: Vec<u8>,
    /// Bytes.
    pub size: i64,
    pub state: ImportState,
    /// A [`Summary`] as JSON.
    pub summary: String,
    /// Entries that can be read.
    pub entries: i64,
    /// Entries that have their line in the report.
    pub entries_done: i64,
    pub exceptions_raised: i64,
    pub transactions_made: i64,
    pub duplicates: i64,
    /// Lines of the report that tell a problem.
    pub problems: i64,
    /// While a node works on it: until then no other takes it. Also tells which node's claim it is.
    pub lease_until: Option<Ts>,
    pub created_by_kind: ActorKind,
    pub created_by_id: Option<Id<Anything>>,
    pub created_by_name: String,
    pub created_at: Ts,
    pub finished_at: Option<Ts>,
}

impl ImportRow {
    /// How many problems the file has: as the check has found them, and once it is imported as its report tells them.
    ///
    /// # Errors
    /// As [`Self::summary`].
    pub fn known_problems(&self) -> AppResult<i64> {
        if !matches!(self.state, ImportState::Checked | ImportState::Queued) {
            return Ok(self.problems);
        }
        let summary = self.summary()?;
        Ok(i64::try_from(summary.errors + summary.warnings).unwrap_or(i64::MAX))
    }

    /// The summary of its check and result.
    ///
    /// # Errors
    /// `Internal` when the stored text is none.
    pub fn summary(&self) -> AppResult<Summary> {
        serde_json::from_str(&self.summary)
            .map_err(|e| AppError::Internal(format!("the summary of import {}: {e}", self.id)))
    }
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = import_lines, treat_none_as_default_value = false)]
pub struct LineRow {
    pub import_id: ImportId,
    /// 1, 2, 3 … in the order of the file.
    pub position: i64,
    /// Line of the file, from 1.
    pub line: i64,
    /// Column of that line, from 1.
    pub column_number: i64,
    pub outcome: Outcome,
    pub sentence: String,
    pub exception_id: Option<ExceptionId>,
    pub transaction_id: Option<TransactionId>,
}

/// What the check found and what the import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// What the file is.
    pub format: Format,
    /// Batches in the file.
    pub batches: u64,
    /// Entries that are payments.
    pub payments: u64,
    /// Entries that test an account.
    pub prenotes: u64,
    /// Entries with neither money nor news.
    pub noted: u64,
    /// Entries that had been imported before when the file was checked.
    pub known: u64,
    /// Records that belong to no entry that can be read.
    pub not_read: u64,
    /// Problems that break a rule of the format.
    pub errors: u64,
    /// Problems that are merely odd.
    pub warnings: u64,
    /// Every control is there and adds up.
    pub verified: bool,
    /// The controls' sums against the entries'.
    pub controls: Vec<Control>,
    /// What the check expects to be raised.
    pub expected: Tallies,
    /// What was raised.
    pub raised: Tallies,
    /// The first problems; the report has all.
    pub problems: Vec<Found>,
}

/// A sum that the file's controls state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// Its name.
    pub label: String,
    /// What the entries add up to.
    pub counted: u64,
    /// What the controls state; none when there is no control, or no number in it.
    pub stated: Option<u64>,
    /// It is an amount in cents.
    pub is_money: bool,
}

/// A problem of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Line of the file.
    pub line: i64,
    /// Column of the line.
    pub column: i64,
    /// What follows from it.
    pub outcome: String,
    /// What is wrong.
    pub sentence: String,
}

/// How many exceptions of each type and code, and the sum of their amounts in cents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tallies(BTreeMap<String, (u64, i64)>);

impl Tallies {
    /// Counts one more.
    pub fn add(&mut self, kind: Kind, code: &str, amount: i64) {
        self.put(format!("{kind} {code}"), amount);
    }

    /// Counts one more, in its currency; US dollars go without saying.
    pub fn add_money(&mut self, kind: Kind, code: &str, amount: Option<Money>) {
        let currency = amount.map(Money::currency).filter(|c| *c != Currency::USD);
        let key = match currency {
            Some(currency) => format!("{kind} {code} {}", currency.code()),
            None => format!("{kind} {code}"),
        };
        self.put(key, amount.map_or(0, Money::minor));
    }

    fn put(&mut self, key: String, amount: i64) {
        let tally = self.0.entry(key).or_default();
        tally.0 += 1;
        tally.1 = tally.1.saturating_add(amount);
    }

    /// Takes in what another has counted.
    pub fn join(&mut self, other: &Self) {
        for (key, (n, amount)) in &other.0 {
            let tally = self.0.entry(key.clone()).or_default();
            tally.0 += n;
            tally.1 = tally.1.saturating_add(*amount);
        }
    }

    /// How many of all.
    pub fn count(&self) -> u64 {
        self.0.values().map(|(n, _)| n).sum()
    }

    /// Type, code, how many, and their amount.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, &str, u64, Money)> {
        self.0.iter().filter_map(|(key, (n, amount))| {
            let (kind, rest) = key.split_once(' ')?;
            let (code, currency) = rest.split_once(' ').unwrap_or((rest, "USD"));
            let amount = Money::new(*amount, Currency::stored(currency)?);
            Some((Kind::parse(kind)?, code, *n, amount))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_survives_being_stored() {
        let mut summary = Summary::default();
        summary.expected.add(Kind::AchReturn, "R01", 12_354);
        summary.expected.add(Kind::AchReturn, "R01", 1);
        summary.expected.add(Kind::AchNoc, "C01", 0);
        let euros = Money::new(500, Currency::parse("EUR").unwrap());
        summary.expected.add_money(Kind::Reconciliation, "", Some(euros));
        let text = serde_json::to_string(&summary).unwrap();
        let back: Summary = serde_json::from_str(&text).unwrap();
        assert_eq!(back, summary);
        let all: Vec<_> = back.expected.iter().collect();
        assert_eq!(
            all,
            [
                (Kind::AchNoc, "C01", 1, Money::new(0, Currency::USD)),
                (Kind::AchReturn, "R01", 2, Money::new(12_355, Currency::USD)),
                (Kind::Reconciliation, "", 1, euros),
            ]
        );
        assert_eq!(back.expected.count(), 4);
    }

    #[test]
    fn a_summary_of_an_older_version_is_read_with_defaults() {
        assert_eq!(serde_json::from_str::<Summary>("{}").unwrap(), Summary::default());
    }
}
