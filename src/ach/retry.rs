//! May a returned entry be sent again? (ach-codes.md section 3)
//!
//! Three doors: insufficient or uncollected funds (R01, R09), a stop payment that the receiver has
//! lifted (R08), and corrective action that removes the reason. Everything else is a new entry, or
//! nothing. Where the text leaves a case open the answer is the stricter one.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::calendar::add_calendar_days;
use super::codes::{Kind, Retryable, return_code};
use super::severity::{R17Use, r17_use};
use crate::kernel::clock::written_day;

/// Company entry description of an entry that is sent again.
pub const RETRY_LABEL: &str = "RETRY PYMT";
/// Company entry description of a fee for a returned entry.
pub const RETURN_FEE_LABEL: &str = "RETURN FEE";
/// How often an entry may be sent again, after the original.
pub const MAX_RETRIES: u8 = 2;
/// Days after the settlement of the original within which it may be sent again.
pub const RETRY_DAYS: u16 = 180;
/// Days after the settlement of an R11 return within which it may be corrected.
pub const R11_DAYS: u16 = 60;

/// What has been put right since the return.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // four independent facts, asked one by one
pub struct Changes {
    /// The account or routing number was corrected and verified.
    pub destination: bool,
    /// Another fault that caused the return was removed.
    pub other_fault: bool,
    /// The entry would have another amount, or be broken into several.
    pub amount: bool,
    /// The entry would have another company name or company identification.
    pub company: bool,
}

/// What is known about a returned entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryFacts<'a> {
    /// Return code.
    pub code: &'a str,
    /// Standard entry class of the original, such as PPD.
    pub sec: &'a str,
    /// Words of the return's addenda.
    pub information: &'a str,
    /// Settlement date of the *original* entry, not of an earlier retry.
    pub original_settlement: Option<NaiveDate>,
    /// Settlement date of the return.
    pub return_settlement: Option<NaiveDate>,
    /// Today in `America/New_York`.
    pub today: NaiveDate,
    /// How often the entry was sent again already, whatever the codes it came back with.
    pub chain_attempts: u8,
    /// When it was sent again last.
    pub last_attempt: Option<NaiveDate>,
    /// When the receiver agreed that it be sent again (R08) or paid again (R23).
    pub receiver_consent_on: Option<NaiveDate>,
    /// When the receiver gave a new authorization.
    pub new_authorization_on: Option<NaiveDate>,
    /// What has been put right.
    pub changes: Changes,
}

impl<'a> RetryFacts<'a> {
    /// Facts about a return of which no more is known.
    pub fn new(code: &'a str, today: NaiveDate) -> Self {
        Self {
            code,
            sec: "",
            information: "",
            original_settlement: None,
            return_settlement: None,
            today,
            chain_attempts: 0,
            last_attempt: None,
            receiver_consent_on: None,
            new_authorization_on: None,
            changes: Changes::default(),
        }
    }

    /// Did something that counts only after the return happen after it?
    fn after_return(&self, date: Option<NaiveDate>) -> bool {
        date.is_some_and(|date| self.return_settlement.is_none_or(|returned| date >= returned))
    }
}

/// The answer, with its reason for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryDecision {
    /// It may be sent again as it is.
    Allowed {
        /// Company entry description it must carry.
        label: &'static str,
        /// Last day.
        last_date: NaiveDate,
        /// How often, this time included.
        attempts_left: u8,
    },
    /// Not again, but a new entry may be made, without the label.
    NewEntryOnly {
        /// Why.
        why: Cow<'static, str>,
    },
    /// Nothing may be sent.
    Forbidden {
        /// Why.
        why: Cow<'static, str>,
    },
}

fn no(why: impl Into<Cow<'static, str>>) -> RetryDecision {
    RetryDecision::Forbidden { why: why.into() }
}

fn new_entry(why: &'static str) -> RetryDecision {
    RetryDecision::NewEntryOnly { why: why.into() }
}

/// Decides by ach-codes.md section 3.
pub fn retry_decision(facts: &RetryFacts<'_>) -> RetryDecision {
    let Some(row) = return_code(facts.code) else {
        return no("The return code is not known: ask the bank what it means first.");
    };
    if let Some(why) = never(facts, row.kind) {
        return no(why);
    }
    if facts.after_return(facts.new_authorization_on) {
        return new_entry("There is a new authorization, obtained after the return: make a new entry.");
    }
    match facts.code {
        "R05" | "R07" | "R10" | "R29" | "R31" => {
            no("The receiver did not authorize this: only a new authorization allows a new entry.")
        }
        "R11" => r11(facts),
        "R01" | "R09" => again(facts),
        "R08" if facts.after_return(facts.receiver_consent_on) => again(facts),
        "R08" => no("Payment was stopped: it may be sent again only after the receiver has agreed."),
        "R23" if facts.after_return(facts.receiver_consent_on) => {
            new_entry("The receiver has agreed on amount and account: make a new entry.")
        }
        "R23" => no("The receiver refused this credit: pay again only after it has agreed."),
        _ if facts.changes.destination => new_entry(
            "This is the first entry to the corrected account: make a new entry, without the \
                  label RETRY PYMT.",
        ),
        _ => after_correction(facts, row.retryable),
    }
}

/// Row "Never", and what the banks settle among themselves.
fn never(facts: &RetryFacts<'_>, kind: Kind) -> Option<&'static str> {
    if matches!(kind, Kind::Dishonored | Kind::Contested | Kind::Corrected) {
        return Some("The banks are settling this return between them: nothing may be sent.");
    }
    match facts.code {
        "R14" | "R15" => Some("Someone has died: nothing more may be sent."),
        "R24" => Some("The bank took it for a duplicate: sending it again would make another."),
        "R37" | "R38" | "R39" => Some("The check behind this entry was paid, stopped or ineligible."),
        "R16" => r16(facts),
        "R17" => match r17_use(facts.information) {
            R17Use::Questionable => Some("The bank suspects fraud: nothing may be sent."),
            R17Use::ImproperReversal => Some("The reversal was improper: it may not be repeated."),
            R17Use::Unstated => {
                Some("The bank does not say what is wrong, and may suspect fraud: ask first.")
            }
            R17Use::FieldError => None,
        },
        "R51" if facts.after_return(facts.new_authorization_on) => None,
        "R50" | "R51" | "R52" | "R53" => Some(RCK),
        _ => (facts.sec == "RCK").then_some(RCK),
    }
}

const RCK: &str = "Re-presented checks have their own rule: do not send it again as an entry.";

/// Frozen by the bank or by law, or returned on the word of OFAC; the code is the same.
fn r16(facts: &RetryFacts<'_>) -> Option<&'static str> {
    let words = facts.information.to_ascii_uppercase();
    if words.contains("OFAC") {
        Some("OFAC had this entry returned: never send anything; compliance decides.")
    } else if words.trim().is_empty() {
        Some("The return may be on the word of OFAC: compliance must say that it is not.")
    } else {
        None
    }
}

/// Row "Not a reinitiation": the correction of an R11 is a new entry, within 60 days.
fn r11(facts: &RetryFacts<'_>) -> RetryDecision {
    let corrected = facts.changes.destination || facts.changes.other_fault || facts.changes.amount;
    match facts.return_settlement {
        _ if !corrected => no("Find and correct first what was not in accordance with the authorization."),
        None => no("The settlement date of the return is not known, so the 60 days cannot be counted."),
        Some(returned) if facts.today > add_calendar_days(returned, R11_DAYS) => {
            no("The 60 days for a corrected entry are over: a new authorization is needed.")
        }
        Some(_) => new_entry("A corrected entry within 60 days after the return needs no new authorization."),
    }
}

/// Door (c): corrective action that removes the reason.
fn after_correction(facts: &RetryFacts<'_>, retryable: Retryable) -> RetryDecision {
    let corrected = facts.changes.other_fault;
    match facts.code {
        "R04" | "R12" | "R13" | "R28" => {
            no("The account or routing number must be corrected and verified first.")
        }
        "R02" | "R20" | "R34" | "R16" => {
            no("This account cannot be used: another account is needed, for a new entry.")
        }
        "R32" => no("The receiving bank cannot settle: wait for the word of our bank."),
        "R03" if corrected => {
            new_entry("The data was corrected: make a new entry, without the label RETRY PYMT.")
        }
        // The amount or the company identification is what changes; both must stay in a retry.
        "R19" | "R21" if corrected => {
            new_entry("The correction changes what must stay the same in a retry: make a new entry.")
        }
        "R06" | "R35" | "R36" if corrected => new_entry("The fault was removed: make a new, proper entry."),
        "R41" | "R42" | "R43" | "R44" | "R45" | "R46" if corrected => {
            new_entry("The enrollment was corrected: enroll again.")
        }
        "R80" | "R82" | "R85" if corrected => {
            new_entry("The data was corrected: make a new international entry.")
        }
        _ if retryable == Retryable::Conditional && corrected => again(facts),
        _ if retryable == Retryable::Conditional => no("What caused the return must be put right first."),
        _ => no("An entry returned with this code may not be sent again."),
    }
}

/// Rows "Count", "Time", "Same content" and "Label".
fn again(facts: &RetryFacts<'_>) -> RetryDecision {
    if facts.changes.amount {
        return no("Another amount, or several parts, would get around the count: it must stay the same.");
    }
    if facts.changes.company {
        return no("Company name and company identification must be those of the original entry.");
    }
    if facts.changes.destination {
        return new_entry(
            "This is the first entry to the corrected account: make a new entry, without the \
                  label RETRY PYMT.",
        );
    }
    let Some(original) = facts.original_settlement else {
        return no(
            "The settlement date of the original entry is not known, so the 180 days cannot \
                  be counted.",
        );
    };
    let last_date = add_calendar_days(original, RETRY_DAYS);
    if facts.chain_attempts >= MAX_RETRIES {
        let last = facts.last_attempt.map_or(String::new(), |day| {
            format!(", the last time for {}", written_day(day))
        });
        return no(format!(
            "It was sent again twice already{last}: offer another way to pay."
        ));
    }
    if facts.today > last_date {
        return no(format!(
            "The {RETRY_DAYS} days after the original entry settled ended on {}.",
            written_day(last_date)
        ));
    }
    RetryDecision::Allowed {
        label: RETRY_LABEL,
        last_date,
        attempts_left: MAX_RETRIES - facts.chain_attempts,
    }
}

/// May a fee be collected for a returned entry? Row "Return fee". `Ok` is the company entry
/// description of the batch of its own that the fee needs.
pub fn return_fee(code: &str, fees_collected: u32, prior_notice: bool) -> Result<&'static str, &'static str> {
    match code {
        "R01" | "R09" if fees_collected > 0 => Err("There is one fee per returned entry."),
        "R01" | "R09" if prior_notice => Ok(RETURN_FEE_LABEL),
        "R01" | "R09" => Err("The receiver was not told of the fee beforehand."),
        _ => Err("A fee may be collected only for R01 and R09."),
    }
}
