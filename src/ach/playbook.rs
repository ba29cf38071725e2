//! What a return or change means and what to do, in words ready to be shown.

use super::codes::{
    AccountType, RateBucket, Retryable, noc_code_or_unknown, return_code, return_code_or_unknown,
};
use super::noc::{Corrected, NotApplicable, corrects_account};
use super::retry::{RetryDecision, RetryFacts, retry_decision};
use super::severity::{R17Use, r17_use};
use crate::kernel::clock::written_day;

/// The words for one exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playbook {
    /// "R01 Insufficient Funds".
    pub heading: String,
    /// What happened.
    pub what_happened: String,
    /// Whose account it concerns.
    pub whose_account: &'static str,
    /// May it be sent again, or applied, and under which conditions?
    pub may_we: String,
    /// What to do.
    pub what_to_do: String,
    /// Consequences worth knowing: rates, statements, stops.
    pub notes: Vec<&'static str>,
}

/// The words for a return.
pub fn return_playbook(facts: &RetryFacts<'_>) -> Playbook {
    let row = return_code_or_unknown(facts.code);
    let mut notes = Vec::new();
    match row.rate_bucket {
        RateBucket::Unauthorized => {
            notes.push("Counts toward the unauthorized return rate (0.5 %).");
        }
        RateBucket::Administrative => {
            notes.push("Counts toward the administrative return rate (3 %).");
        }
        RateBucket::None => {}
    }
    if row.wsud_required {
        notes.push(
            "The receiving bank holds a written statement of unauthorized debit; a copy can be asked for.",
        );
    }
    if row.stop_future_debits {
        notes.push("Future debits to this account should stop until a person has decided.");
    }
    if facts.code == "R17" {
        notes.push(match r17_use(facts.information) {
            R17Use::Questionable => "The bank says QUESTIONABLE: treat it as suspected fraud.",
            R17Use::ImproperReversal => "The bank calls it an improper reversal.",
            R17Use::FieldError => "The bank names a field it could not process.",
            R17Use::Unstated => "The bank gives no reason: ask which of the three uses it means.",
        });
    }
    Playbook {
        heading: heading(facts.code, &row.title, return_code(facts.code).is_some()),
        what_happened: row.description.clone(),
        whose_account: match row.account_type {
            AccountType::Consumer => "a person's account",
            AccountType::Corporate => "a business's account",
            AccountType::Either => "a person's or a business's account",
        },
        may_we: retry_words(&retry_decision(facts)),
        what_to_do: row.suggested_action.clone(),
        notes,
    }
}

/// What the action of a return code comes to (ach-codes.md sections 4 to 8, operator action).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The same entry once more.
    SendAgain,
    /// A corrected or newly authorized entry in its place.
    SendNew,
    /// No payment to the account any more.
    StopAccount,
    /// Nothing more is sent or stopped.
    Close,
}

/// What to do first after a return, and what next where that is not open. A condition that only a new entry can meet
/// comes before stopping the account, and after it where nothing may be sent at all.
pub fn steps(facts: &RetryFacts<'_>) -> Vec<Step> {
    let row = return_code_or_unknown(facts.code);
    let stop = row.stop_future_debits.then_some(Step::StopAccount);
    let mut corrected = *facts;
    corrected.changes.other_fault = true;
    let is_shut = matches!(retry_decision(&corrected), RetryDecision::Forbidden { .. });
    match row.retryable {
        Retryable::Yes => vec![Step::SendAgain, Step::Close],
        Retryable::Conditional if facts.code == "R17" && is_shut => {
            stop.into_iter().chain([Step::Close]).collect()
        }
        Retryable::Conditional => [Step::SendAgain, Step::SendNew]
            .into_iter()
            .chain(stop)
            .chain([Step::Close])
            .collect(),
        Retryable::No => stop.into_iter().chain([Step::Close]).collect(),
    }
}

/// The words for a notification of change.
pub fn noc_playbook(corrected: &Corrected) -> Playbook {
    let row = noc_code_or_unknown(&corrected.code);
    let mut notes = Vec::new();
    if let Some(reason) = corrected.uncertain {
        notes.push(reason);
    }
    if corrected.changes_destination() {
        notes.push("This changes where money goes: a second person must agree.");
    } else if corrected.transaction_code.is_some() {
        notes.push(
            "Only the kind of account changes: the numbers stay, debits stay debits and credits stay credits.",
        );
    }
    Playbook {
        heading: heading(&corrected.code, &row.title, !row.code.is_empty()),
        what_happened: row.description.clone(),
        whose_account: "the receiver's account",
        may_we: match corrected.applicable() {
            Ok(()) => match corrects_account(&corrected.code) {
                Ok(()) => "The change may be applied.".to_owned(),
                Err(why) => why.to_owned(),
            },
            Err(reason @ NotApplicable::NothingToApply) => reason.to_string(),
            Err(reason) => format!("It may not be applied as it is. {reason}"),
        },
        what_to_do: row.suggested_action.clone(),
        notes,
    }
}

fn heading(code: &str, title: &str, known: bool) -> String {
    if known {
        format!("{code} {title}")
    } else {
        // The code is what a file says: shown, but not trusted to be short.
        let shown: String = code.chars().take(3).collect();
        format!("{title} {shown}").trim_end().to_owned()
    }
}

/// A retry decision in one or two sentences.
pub fn retry_words(decision: &RetryDecision) -> String {
    match decision {
        RetryDecision::Allowed {
            label,
            last_date,
            attempts_left,
        } => {
            let times = if *attempts_left == 1 { "once" } else { "twice" };
            format!(
                "It may be sent again, {times} at most, until {}, with the description {label} and the same \
                 amount and company.",
                written_day(*last_date)
            )
        }
        RetryDecision::NewEntryOnly { why } => format!("Not again, but as a new entry. {why}"),
        RetryDecision::Forbidden { why } => format!("It may not be sent again. {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ach::codes::{noc_codes, return_codes};
    use crate::ach::noc::{DataLayout, corrected};
    use chrono::NaiveDate;

    fn facts(code: &str) -> RetryFacts<'_> {
        RetryFacts {
            original_settlement: NaiveDate::from_ymd_opt(2026, 11, 16),
            ..RetryFacts::new(code, NaiveDate::from_ymd_opt(2026, 11, 21).unwrap())
        }
    }

    #[test]
    fn insufficient_funds_read_like_this() {
        let book = return_playbook(&facts("R01"));
        assert_eq!(book.heading, "R01 Insufficient Funds");
        assert_eq!(book.whose_account, "a person's or a business's account");
        assert_eq!(
            book.may_we,
            "It may be sent again, twice at most, until 15 May 2027, with the description RETRY \
             PYMT and the same amount and company."
        );
        assert!(book.what_to_do.starts_with("Tell the payer"));
    }

    #[test]
    fn an_unauthorized_debit_warns_of_rate_statement_and_stop() {
        let book = return_playbook(&facts("R10"));
        assert_eq!(book.notes.len(), 3);
        assert!(book.may_we.contains("new authorization"));
    }

    #[test]
    fn every_code_has_words_for_each_part() {
        for row in return_codes() {
            let book = return_playbook(&facts(&row.code));
            assert!(!book.what_happened.is_empty() && !book.what_to_do.is_empty());
            assert!(!book.may_we.is_empty() && book.heading.starts_with(&row.code));
        }
        for row in noc_codes() {
            let book = noc_playbook(&corrected(&row.code, "123456780", DataLayout::Domestic));
            assert!(!book.what_happened.is_empty() && !book.what_to_do.is_empty());
        }
    }

    #[test]
    fn an_unknown_code_is_shown_as_unknown() {
        let book = return_playbook(&facts("R97"));
        assert_eq!(book.heading, "Unknown return code R97");
        assert!(book.may_we.starts_with("It may not be sent again."));
        let book = noc_playbook(&corrected("C92", "123", DataLayout::Domestic));
        assert_eq!(book.heading, "Unknown change code C92");
    }

    #[test]
    fn a_change_says_whether_it_may_be_applied_and_by_whom() {
        let book = noc_playbook(&corrected("C01", "1918171614", DataLayout::Domestic));
        assert_eq!(book.may_we, "The change may be applied.");
        assert!(book.notes.iter().any(|note| note.contains("second person")));
        let book = noc_playbook(&corrected("C02", "123456789", DataLayout::Domestic));
        assert!(book.may_we.contains("check digit"));
    }
}
