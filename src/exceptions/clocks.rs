//! The rule clocks of an exception: which they are follows from its type, code and the dates that the source gave.

use chrono::NaiveDate;

use super::{model::Kind, row::SourceRow};
use crate::ach::clocks::{Clock, Dates, Subject, clocks};

/// The clocks that run; `received` is the day we learned of it, in New York, `first` that from which the 180
/// days for a retry are counted, if known. Nothing is due by that, so due times ask without it.
pub fn of(
    kind: Kind,
    code: Option<&str>,
    source: &SourceRow,
    received: Option<NaiveDate>,
    first: Option<NaiveDate>,
) -> Vec<Clock> {
    let Some(code) = code else { return Vec::new() };
    let iat = source.sec_code.as_deref() == Some("IAT");
    let subject = match kind {
        Kind::AchReturn | Kind::VerificationDeclined => Subject::Return {
            code,
            iat,
            credit: source.is_debit == Some(false),
        },
        Kind::AchNoc | Kind::VerificationNoc => Subject::Noc {
            code,
            iat,
            single_entry: false,
        },
        Kind::EarnedWageAccess | Kind::Reconciliation => return Vec::new(),
    };
    let dates = Dates {
        entry_settlement: source.original_settlement.map(|d| d.0),
        first_settlement: first,
        settlement: source.notice_settlement.map(|d| d.0),
        received,
        // A return for this reason is how we learn of it.
        notice_of_death: received,
        ..Dates::default()
    };
    clocks(subject, &dates)
}
