//! The rule clocks of a return, a change, a prenote or a reversal (ach-codes.md section 2).
//!
//! A clock whose starting date is not known is listed all the same and says which date is missing.

use chrono::NaiveDate;

use super::calendar::add_banking_days;
pub use super::clock::{Actor, Clock, ClockId, ClockState, due};
use super::clocks_noc::noc_clocks;
use super::clocks_return::return_clocks;

/// What the clocks are asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// A return, dishonored return or contested one, by its code.
    Return {
        /// Such as R01.
        code: &'a str,
        /// An international entry cannot be dishonored.
        iat: bool,
        /// The original entry was a credit (for the reclamation after a death).
        credit: bool,
    },
    /// A notification of change, by its code.
    Noc {
        /// Such as C01.
        code: &'a str,
        /// An international one cannot be refused.
        iat: bool,
        /// About a one-time entry: applying it is at our discretion.
        single_entry: bool,
    },
    /// A prenote that was sent.
    Prenote,
    /// An entry sent by mistake, to be reversed.
    Reversal,
    /// A request to the receiving bank to return an entry (R06).
    ReturnRequest,
    /// The receiving bank's review of a written statement of unauthorized debit; for information only.
    StatementReview,
}

/// The dates known; each may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dates {
    /// Settlement date of the original, prenote or erroneous entry.
    pub entry_settlement: Option<NaiveDate>,
    /// Day from which the 180 days for a retry are counted, where that is not the settlement date of the original entry:
    /// the original may itself be a retry.
    pub first_settlement: Option<NaiveDate>,
    /// Settlement date of the return (for a dishonored one: of the dishonored return), or of the
    /// notification of change.
    pub settlement: Option<NaiveDate>,
    /// Day we received the notification of change, or the bank received our request.
    pub received: Option<NaiveDate>,
    /// Day the receiver refused a credit (R23).
    pub refused: Option<NaiveDate>,
    /// Day we learned of a death (R14, R15).
    pub notice_of_death: Option<NaiveDate>,
    /// Settlement date of the return of a reclamation.
    pub reclamation_returned: Option<NaiveDate>,
    /// Day on which the receiving bank ended its review of a written statement of unauthorized debit.
    pub statement_reviewed: Option<NaiveDate>,
    /// Settlement date of the next entry to the account, when one is planned.
    pub next_entry: Option<NaiveDate>,
}

/// All clocks that run for `subject`, in the order of the events they belong to.
pub fn clocks(subject: Subject<'_>, dates: &Dates) -> Vec<Clock> {
    match subject {
        Subject::Return { code, iat, credit } => return_clocks(code, iat, credit, dates),
        Subject::Noc {
            code,
            iat,
            single_entry,
        } => noc_clocks(code, iat, single_entry, dates),
        Subject::Prenote => vec![prenote(dates)],
        Subject::Reversal => vec![reversal(dates)],
        Subject::ReturnRequest => vec![return_request(dates)],
        Subject::StatementReview => vec![statement_review(dates)],
    }
}

/// A clock before its dates are filled in.
pub(crate) struct Plan {
    pub(crate) id: ClockId,
    pub(crate) name: &'static str,
    pub(crate) actor: Actor,
    pub(crate) we_must_act: bool,
    pub(crate) starts_from: &'static str,
    pub(crate) rule: &'static str,
}

impl Plan {
    /// The clock from day 0 on.
    pub(crate) fn run(self, starts: Option<NaiveDate>, last_day: impl Fn(NaiveDate) -> NaiveDate) -> Clock {
        let sentence = if starts.is_some() {
            self.rule.to_owned()
        } else {
            format!("{} The {} is not known.", self.rule, self.starts_from)
        };
        Clock {
            id: self.id,
            name: self.name,
            actor: self.actor,
            starts_from: self.starts_from,
            starts,
            last_day: starts.map(last_day),
            sentence,
            we_must_act: self.we_must_act,
            missed: None,
        }
    }
}

fn prenote(dates: &Dates) -> Clock {
    let mut clock = Plan {
        id: ClockId::PrenoteWait,
        name: "Wait for an answer until",
        actor: Actor::Rdfi,
        we_must_act: false,
        starts_from: "settlement date of the prenote",
        rule: "Live entries may follow from the 3rd banking day after the prenote settled; a \
               return stops them, a change received before must be applied first.",
    }
    .run(dates.entry_settlement, |day| add_banking_days(day, 2));
    if let Some(settled) = dates.entry_settlement {
        clock.sentence = format!("{} First day: {}.", clock.sentence, add_banking_days(settled, 3));
    }
    clock
}

fn reversal(dates: &Dates) -> Clock {
    Plan {
        id: ClockId::Reversal,
        name: "Reverse by",
        actor: Actor::Us,
        we_must_act: true,
        starts_from: "settlement date of the erroneous entry",
        rule: "A reversal must reach the receiving bank within 5 banking days after the erroneous \
               entry settled; after that only a request for return is left.",
    }
    .run(dates.entry_settlement, |day| add_banking_days(day, 5))
}

fn return_request(dates: &Dates) -> Clock {
    Plan {
        id: ClockId::ReturnRequestAnswer,
        name: "Answer due by",
        actor: Actor::Rdfi,
        we_must_act: false,
        starts_from: "day the bank received our request",
        rule: "The receiving bank must answer a request for return within 10 banking days after it \
               received it (since 1 April 2025).",
    }
    .run(dates.received, |day| add_banking_days(day, 10))
}

fn statement_review(dates: &Dates) -> Clock {
    Plan {
        id: ClockId::StatementReturn,
        name: "Return after the statement due by",
        actor: Actor::Rdfi,
        we_must_act: false,
        starts_from: "end of the bank's review of the receiver's statement",
        rule: "The receiving bank must return an entry by the 6th banking day after it ended its \
               review of the receiver's statement, inside the 60 days (since 1 October 2024).",
    }
    .run(dates.statement_reviewed, |day| add_banking_days(day, 6))
}
