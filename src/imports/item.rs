//! What one line of the report is about, taken out of the file's bytes so that it can be worked on elsewhere.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::{
    ach::{
        dates::{Settlement, settlement_date},
        header::BatchHeader,
        problem::{Level, Outcome as Cost, Problem},
        return_addenda::ReturnStage,
    },
    db::types::Day,
};

use super::{model::Outcome, row::Row};

/// One line of the report to be: an entry, or a problem.
pub enum Item {
    /// An entry that can be read.
    Entry(Box<Said>),
    /// A line of a CSV file that can be read.
    Row(Box<Row>),
    /// Something is wrong.
    Problem(Problem),
}

/// What a problem's line says became of it.
pub fn outcome_of(problem: &Problem) -> Outcome {
    match (problem.outcome, problem.level) {
        (Cost::EntryNotRead, _) => Outcome::NotRead,
        (_, Level::Error) => Outcome::Error,
        (_, Level::Warning) => Outcome::Warning,
    }
}

/// What an entry says. It holds an account number, so it is not for printing: there is no `Debug`.
pub struct Said {
    /// Line of the file, from 1.
    pub line: i64,
    /// Column of that line, from 1.
    pub column: i64,
    /// Keyed hash of what makes it the same entry in another file.
    pub fingerprint: Vec<u8>,
    /// What its batch says.
    pub batch: Arc<Batch>,
    /// The company it is of: the name in the batch, else the originator's, else the company's identification.
    pub company: String,
    /// What it is.
    pub news: News,
    /// The receiver's account.
    pub receiver: Receiver,
    /// Cents.
    pub amount: i64,
    /// The original payment is a debit of the receiver.
    pub is_debit: bool,
    /// Its own trace number.
    pub trace: Option<String>,
    /// Entry and addenda as they are in the file, for a return or notification.
    pub records: Vec<u8>,
}

/// The receiver of a payment.
pub struct Receiver {
    /// As the file spells it; may be empty.
    pub name: String,
    /// The bank's routing number of nine digits, where the file has one.
    pub routing: String,
    /// The whole account number.
    pub number: String,
    /// What may be shown of it.
    pub tail: String,
    /// A savings account.
    pub is_savings: bool,
}

/// What a batch header says.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The company's name.
    pub company_name: String,
    /// The company's identification.
    pub company_id: String,
    /// Standard entry class.
    pub sec: String,
    /// Company entry description.
    pub description: String,
    /// Routing number of the bank that sends the batch, eight digits.
    pub odfi: String,
    /// Effective entry date; in a batch of returns, that of the original entries.
    pub effective: Option<NaiveDate>,
    /// The operator's settlement date.
    pub settled: Option<NaiveDate>,
    /// The best date the file gives for its settlement, and where it comes from.
    pub settlement: Option<Settlement>,
}

impl Batch {
    /// From a batch header, in a file made on `created_on`.
    pub fn of(header: &BatchHeader<'_>, created_on: Option<NaiveDate>) -> Self {
        let settlement = settlement_date(header, created_on);
        Self {
            company_name: header.company_name().into_owned(),
            company_id: header.company_id().into_owned(),
            sec: header.sec().into_owned(),
            description: header.entry_description().into_owned(),
            odfi: header.odfi().into_owned(),
            effective: header.effective_date(),
            settled: header.settlement_day().and(settlement.date),
            settlement: Some(settlement),
        }
    }

    /// The effective date as it is stored.
    pub fn effective_day(&self) -> Option<Day> {
        self.effective.map(Day)
    }
}

/// What an entry is.
pub enum News {
    /// A payment of ours.
    Payment,
    /// A test of the account, without money.
    Prenote,
    /// Neither money nor news about an account; the sentence says what it is.
    Nothing(&'static str),
    /// A payment came back.
    Return(Returned),
    /// A bank tells a change.
    Change(Change),
}

/// What the addenda of a return say.
pub struct Returned {
    /// Reason code as written.
    pub code: String,
    /// Return, dishonored or contested.
    pub stage: ReturnStage,
    /// The original entry's trace number.
    pub original_trace: String,
    /// The bank the original entry went to, eight digits.
    pub original_bank: String,
    /// Trace number of the return that is dishonored or contested.
    pub earlier_return: Option<String>,
    /// The bank's own words, long numbers masked.
    pub words: String,
    /// The original entry only tested the account.
    pub is_prenote: bool,
}

/// What the addenda of a notification of change say.
pub struct Change {
    /// Change code as written.
    pub code: String,
    /// It is the refusal of a notification.
    pub is_refusal: bool,
    /// The original entry's trace number.
    pub original_trace: String,
    /// The bank the original entry went to, eight digits.
    pub original_bank: String,
    /// The corrected data, account numbers masked.
    pub corrected: String,
    /// The original entry only tested the account, by its transaction code.
    pub is_prenote: bool,
}
