//! ACH files: reading, codes, clocks and rules. Pure: no database, no web, no IO, no clock.
//!
//! A file goes through [`sniff::sniff`] (is it one at all?), then [`checker::CheckedReader`]
//! (events, problems and sums). An entry says by [`entry::Entry::return_addenda`] or
//! [`entry::Entry::noc_addenda`] what came back; [`codes`] says what that means, [`clocks`] by when
//! who must act, [`retry`] whether it may be sent again, [`playbook`] puts it in words. Dates of
//! today are arguments. "ach-codes.md" in the comments is the project's table of codes and rules.

pub mod calendar;
pub mod checker;
mod checker_sums;
mod clock;
pub mod clocks;
#[cfg(test)]
mod clocks_tests;
mod code_words;
pub mod codes;
pub mod control;
pub mod dates;
pub mod entry;
pub mod fingerprint;
pub mod header;
mod lines;
pub mod noc;
pub mod noc_addenda;
mod noc_cut;
pub mod playbook;
pub mod problem;
pub mod reader;
mod reader_entry;
mod reader_header;
pub mod record;
pub mod retry;
#[cfg(test)]
mod retry_tests;
pub mod return_addenda;
pub mod routing;
pub mod severity;
pub mod sniff;
pub mod transaction_code;
