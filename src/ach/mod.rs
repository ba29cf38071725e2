//! ACH files: reading, codes, clocks and rules. Pure: no database, no web, no IO, no clock.
//!
//! A file goes through [`sniff::sniff`] (is it one at all?), then [`checked_reader::CheckedReader`]
//! (events, problems and sums). An entry says by [`entry::Entry::return_addenda`] or
//! [`entry::Entry::noc_addenda`] what came back; [`codes`] says what that means, [`mod@clocks`] by when
//! who must act, [`retry`] whether it may be sent again, [`playbook`] puts it in words. Dates of
//! today are arguments. "ach-codes.md" in the comments is the project's table of codes and rules.

pub mod calendar;
pub mod checked_reader;
pub mod checker;
mod checker_sums;
mod clock;
pub mod clocks;
mod clocks_noc;
mod clocks_return;
#[cfg(test)]
mod clocks_tests;
#[cfg(test)]
mod clocks_years_tests;
mod code_words;
pub mod codes;
pub mod control;
pub mod dates;
pub mod entry;
pub mod family;
pub mod fingerprint;
pub mod header;
mod layout;
mod lines;
pub mod model;
pub mod noc;
pub mod noc_addenda;
mod noc_cut;
#[cfg(test)]
mod noc_tests;
pub mod playbook;
pub mod problem;
pub mod reader;
mod reader_entry;
mod reader_header;
#[cfg(test)]
mod reader_tests;
pub mod record;
pub mod retry;
#[cfg(test)]
mod retry_tests;
pub mod return_addenda;
pub mod routing;
pub mod severity;
pub mod sniff;
mod traces;
pub mod transaction_code;
pub mod writer;
mod writer_addenda;
mod writer_line;
#[cfg(test)]
mod writer_tests;

pub use calendar::{add_banking_days, add_calendar_days, banking_days_between, holiday_name, is_banking_day};
pub use checked_reader::CheckedReader;
pub use checker::Summary;
pub use clocks::{Clock, ClockId, ClockState, Dates, Subject, clocks, due};
pub use codes::{
    NocCode, RULES_AS_OF, ReturnCode, Severity, noc_code, noc_code_or_unknown, return_code,
    return_code_or_unknown,
};
pub use dates::{DateSource, Settlement, settlement_date};
pub use entry::{Entry, Layout};
pub use fingerprint::entry_fingerprint;
pub use noc::{Corrected, DataLayout, NotApplicable, corrected};
pub use noc_addenda::NocAddenda;
pub use playbook::{Playbook, noc_playbook, return_playbook};
pub use problem::{Level, Outcome, Place, Problem};
pub use reader::{Event, Reader};
pub use retry::{Changes, RetryDecision, RetryFacts, retry_decision};
pub use return_addenda::{ReturnAddenda, ReturnStage};
pub use routing::{CheckDigit, check_digit};
pub use severity::{RatedSeverity, noc_severity, return_severity};
pub use sniff::{Refusal, sniff};
pub use transaction_code::{Direction, TransactionCode};
pub use writer::{LineEnd, WriteError, write};
