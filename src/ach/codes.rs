//! Return codes and change codes: what they mean, who may do what, by when.
//!
//! The rows are `data/*.csv` (ach-codes.md sections 4-9), joined by code and parsed once. Meaning,
//! account type, window, initiator, statement and rate bucket are facts of the rules as of
//! [`RULES_AS_OF`]; suggested action, stop and severity are proposals of the house that an
//! administrator may change elsewhere.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::NaiveDate;

pub use super::code_words::{
    AccountType, AppliesTo, Initiator, Kind, NocStatus, RateBucket, Retryable, ReturnWindow, Severity,
};

/// The rules are those known on this day.
pub const RULES_AS_OF: NaiveDate = match NaiveDate::from_ymd_opt(2026, 6, 30) {
    Some(date) => date,
    None => NaiveDate::MIN,
};

/// A return reason code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnCode {
    /// `R01`; empty for the presentation of an unknown code.
    pub code: String,
    /// Short name.
    pub title: String,
    /// What it means, one or two sentences.
    pub description: String,
    /// Whose account it is for; a return on another type is a warning, never refused.
    pub account_type: AccountType,
    /// By when the receiving bank must act.
    pub window: ReturnWindow,
    /// May the entry be sent again? The decision is [`super::retry::retry_decision`].
    pub retryable: Retryable,
    /// What an operator does (proposal).
    pub suggested_action: String,
    /// Kind of return.
    pub kind: Kind,
    /// Who sends it.
    pub initiated_by: Initiator,
    /// Credits, debits or both.
    pub applies_to: AppliesTo,
    /// Which return rate it counts in.
    pub rate_bucket: RateBucket,
    /// Needs the receiver's written statement of unauthorized debit.
    pub wsud_required: bool,
    /// Suspend future debits to the account until a person decides (proposal).
    pub stop_future_debits: bool,
    /// Floor of the severity (proposal).
    pub default_severity: Severity,
}

/// A change code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NocCode {
    /// `C01`; empty for the presentation of an unknown code.
    pub code: String,
    /// Short name.
    pub title: String,
    /// What it means.
    pub description: String,
    /// Where the corrected data stands, in words.
    pub layout: String,
    /// What an operator does (proposal).
    pub suggested_action: String,
    /// In use, retired or a refusal.
    pub status: NocStatus,
}

static RETURNS: LazyLock<BTreeMap<String, ReturnCode>> = LazyLock::new(|| {
    let facets: BTreeMap<String, Vec<String>> = rows(include_str!("data/ach_return_facets.csv"));
    rows(include_str!("data/ach_return_codes.csv"))
        .into_iter()
        .filter_map(|(code, row)| {
            let row = return_row(&code, &row, facets.get(&code)?)?;
            Some((code, row))
        })
        .collect()
});

static NOCS: LazyLock<BTreeMap<String, NocCode>> = LazyLock::new(|| {
    rows(include_str!("data/ach_noc_codes.csv"))
        .into_iter()
        .filter_map(|(code, row)| {
            let [title, description, layout, suggested_action] = row.try_into().ok()?;
            let status = NocStatus::of_code(&code);
            let row = NocCode {
                code: code.clone(),
                title,
                description,
                layout,
                suggested_action,
                status,
            };
            Some((code, row))
        })
        .collect()
});

static UNKNOWN_RETURN: LazyLock<ReturnCode> = LazyLock::new(|| ReturnCode {
    code: String::new(),
    title: "Unknown return code".to_owned(),
    description: "This code is not in the table of return reasons; the bank's own words are shown \
                  as they came."
        .to_owned(),
    account_type: AccountType::Either,
    window: ReturnWindow::Unknown,
    retryable: Retryable::No,
    suggested_action: "Read the addenda and ask the bank what the code means before anything is \
                       sent again."
        .to_owned(),
    kind: Kind::Return,
    initiated_by: Initiator::Unknown,
    applies_to: AppliesTo::Both,
    rate_bucket: RateBucket::None,
    wsud_required: false,
    stop_future_debits: false,
    default_severity: Severity::High,
});

static UNKNOWN_NOC: LazyLock<NocCode> = LazyLock::new(|| NocCode {
    code: String::new(),
    title: "Unknown change code".to_owned(),
    description: "This code is not in the table of change codes; the corrected data is shown as it \
                  came."
        .to_owned(),
    layout: "not known".to_owned(),
    suggested_action: "Do not apply; show the raw text and ask the bank.".to_owned(),
    status: NocStatus::Unknown,
});

/// The row of a return code such as `R01`; `None` when it is not assigned.
pub fn return_code(code: &str) -> Option<&'static ReturnCode> {
    RETURNS.get(code)
}

/// The row of a return code, or the presentation of an unknown one (ach-codes.md section 8: title
/// "Unknown return code", not to be sent again, severity HIGH).
pub fn return_code_or_unknown(code: &str) -> &'static ReturnCode {
    return_code(code).unwrap_or(&UNKNOWN_RETURN)
}

/// All return codes, by code.
pub fn return_codes() -> impl Iterator<Item = &'static ReturnCode> {
    RETURNS.values()
}

/// The row of a change code such as `C01`; `None` when it is not assigned.
pub fn noc_code(code: &str) -> Option<&'static NocCode> {
    NOCS.get(code)
}

/// The row of a change code, or the presentation of an unknown one.
pub fn noc_code_or_unknown(code: &str) -> &'static NocCode {
    noc_code(code).unwrap_or(&UNKNOWN_NOC)
}

/// All change codes, by code.
pub fn noc_codes() -> impl Iterator<Item = &'static NocCode> {
    NOCS.values()
}

/// Rows of an embedded table by their first column. The tests hold the tables to be whole.
fn rows(text: &str) -> BTreeMap<String, Vec<String>> {
    csv::Reader::from_reader(text.as_bytes())
        .records()
        .filter_map(Result::ok)
        .filter_map(|row| {
            let mut cells = row.iter().map(str::to_owned);
            Some((cells.next()?, cells.collect()))
        })
        .collect()
}

fn return_row(code: &str, row: &[String], facets: &[String]) -> Option<ReturnCode> {
    let [
        title,
        description,
        account_type,
        window,
        retryable,
        suggested_action,
    ] = row
    else {
        return None;
    };
    let [kind, initiated_by, applies_to, rate_bucket, wsud, stop, severity] = facets else {
        return None;
    };
    Some(ReturnCode {
        code: code.to_owned(),
        title: title.clone(),
        description: description.clone(),
        account_type: AccountType::parse(account_type)?,
        window: ReturnWindow::parse(window)?,
        retryable: Retryable::parse(retryable)?,
        suggested_action: suggested_action.clone(),
        kind: Kind::parse(kind)?,
        initiated_by: Initiator::parse(initiated_by)?,
        applies_to: AppliesTo::parse(applies_to)?,
        rate_bucket: RateBucket::parse(rate_bucket)?,
        wsud_required: wsud == "yes",
        stop_future_debits: stop == "yes",
        default_severity: Severity::parse(severity)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_70_return_codes_and_23_change_codes_are_there() {
        assert_eq!(return_codes().count(), 70);
        assert_eq!(noc_codes().count(), 23);
    }

    #[test]
    fn a_row_joins_both_tables() {
        let row = return_code("R10").unwrap();
        assert_eq!(
            row.title,
            "Customer Advises Originator Not Known and/or Not Authorized to Debit"
        );
        assert_eq!(row.account_type, AccountType::Consumer);
        assert_eq!(row.window, ReturnWindow::SixtyCalendarDays);
        assert_eq!(row.retryable, Retryable::No);
        assert_eq!(row.kind, Kind::Extended);
        assert_eq!(row.initiated_by, Initiator::Rdfi);
        assert_eq!(row.applies_to, AppliesTo::Debit);
        assert_eq!(row.rate_bucket, RateBucket::Unauthorized);
        assert!(row.wsud_required && row.stop_future_debits);
        assert_eq!(row.default_severity, Severity::Critical);
    }

    #[test]
    fn the_rate_buckets_are_those_of_section_11() {
        let of = |bucket| -> Vec<&str> {
            return_codes()
                .filter(|row| row.rate_bucket == bucket)
                .map(|row| row.code.as_str())
                .collect()
        };
        assert_eq!(
            of(RateBucket::Unauthorized),
            ["R05", "R07", "R10", "R11", "R29", "R51"]
        );
        assert_eq!(of(RateBucket::Administrative), ["R02", "R03", "R04"]);
    }

    #[test]
    fn unassigned_codes_are_unknown_high_and_not_retryable() {
        for code in ["R48", "R49", "R54", "R63", "R78", "R97", "", "r01", "R1"] {
            assert!(return_code(code).is_none(), "{code}");
            let shown = return_code_or_unknown(code);
            assert_eq!(shown.title, "Unknown return code");
            assert_eq!(shown.retryable, Retryable::No);
            assert_eq!(shown.default_severity, Severity::High);
        }
        assert_eq!(noc_code_or_unknown("C92").title, "Unknown change code");
    }

    #[test]
    fn four_change_codes_are_retired_and_nine_are_refusals() {
        let of = |status| -> Vec<&str> {
            noc_codes()
                .filter(|row| row.status == status)
                .map(|row| row.code.as_str())
                .collect()
        };
        assert_eq!(of(NocStatus::Retired), ["C04", "C10", "C11", "C12"]);
        assert_eq!(of(NocStatus::Refusal).len(), 9);
    }

    #[test]
    fn the_rules_have_a_date() {
        assert_eq!(RULES_AS_OF.to_string(), "2026-06-30");
    }
}
