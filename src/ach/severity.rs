//! How urgent a return or change is by its code, with the rule that says so.
//!
//! ach-codes.md section 10 (a proposal of the house): the result is a floor. Amount and age may
//! raise it, which is the policy's business, not this module's.

use super::codes::{Severity, return_code};

/// A severity and the rule it follows from, to be stored and shown with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RatedSeverity {
    /// The floor.
    pub severity: Severity,
    /// Why, in a sentence.
    pub rule: &'static str,
}

const fn rated(severity: Severity, rule: &'static str) -> RatedSeverity {
    RatedSeverity { severity, rule }
}

/// Severity of a return by its code and the words of its addenda.
pub fn return_severity(code: &str, information: &str) -> RatedSeverity {
    if code == "R17" {
        return r17(information);
    }
    match return_code(code) {
        Some(row) => rated(row.default_severity, "Default severity of the return code."),
        None => rated(Severity::High, "The return code is not known."),
    }
}

/// R17 has three uses, told apart by the addenda. Where they do not tell, it could be fraud.
fn r17(information: &str) -> RatedSeverity {
    match r17_use(information) {
        R17Use::Questionable => rated(
            Severity::Critical,
            "R17 with QUESTIONABLE: the bank suspects fraud.",
        ),
        R17Use::FieldError => rated(Severity::Medium, "R17 that names a field: an error of form."),
        R17Use::ImproperReversal => rated(
            Severity::Critical,
            "R17 for an improper reversal: default severity of the return code.",
        ),
        R17Use::Unstated => rated(
            Severity::Critical,
            "R17 without words: the bank may suspect fraud; default severity of the return code.",
        ),
    }
}

/// The three uses of R17 (ach-codes.md section 4), and none given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum R17Use {
    /// The bank believes the entry is questionable or sent under false pretenses.
    Questionable,
    /// It returns an improper reversal.
    ImproperReversal,
    /// It cannot process a field, which it names.
    FieldError,
    /// It says nothing.
    Unstated,
}

/// Which use of R17 the words of the addenda show.
pub fn r17_use(information: &str) -> R17Use {
    let words = information.to_ascii_uppercase();
    if words.contains("QUESTIONABLE") {
        R17Use::Questionable
    } else if words.contains("REVERSAL") {
        R17Use::ImproperReversal
    } else if words.trim().is_empty() {
        R17Use::Unstated
    } else {
        R17Use::FieldError
    }
}

/// Severity of a notification of change: `single` for one about a one-time entry, `scheduled` when
/// a payment to that account is due before the change must be applied.
pub fn noc_severity(single: bool, scheduled: bool) -> RatedSeverity {
    if scheduled {
        rated(
            Severity::High,
            "A payment to this account is scheduled before the change must be applied.",
        )
    } else if single {
        rated(
            Severity::Low,
            "A change about a single entry is applied at our discretion.",
        )
    } else {
        rated(
            Severity::Medium,
            "A change about an account with recurring entries.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r17_is_critical_when_questionable_and_medium_for_a_field() {
        for (words, severity) in [
            ("QUESTIONABLE", Severity::Critical),
            ("Entry is questionable", Severity::Critical),
            ("AMOUNT", Severity::Medium),
            ("IMPROPER REVERSAL", Severity::Critical),
            ("", Severity::Critical),
        ] {
            assert_eq!(return_severity("R17", words).severity, severity, "{words}");
        }
    }

    #[test]
    fn other_codes_have_their_default_and_unknown_ones_are_high() {
        assert_eq!(return_severity("R01", "").severity, Severity::Medium);
        assert_eq!(return_severity("R29", "").severity, Severity::Critical);
        assert_eq!(return_severity("R97", "").severity, Severity::High);
    }

    #[test]
    fn a_change_matters_more_when_a_payment_is_near() {
        assert_eq!(noc_severity(true, false).severity, Severity::Low);
        assert_eq!(noc_severity(false, false).severity, Severity::Medium);
        assert_eq!(noc_severity(true, true).severity, Severity::High);
    }
}
