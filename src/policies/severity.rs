//! How severe an exception is and how soon it is due (domain.md section 2.2).

use std::time::Duration;

use crate::{exceptions::model::Severity, kernel::money::Money};

const HOUR: u64 = 3600;

/// From this amount (in major units) or this age on, first match wins.
const STEPS: [(Severity, i64, u64); 3] = [
    (Severity::Critical, 100_000, 120),
    (Severity::High, 10_000, 72),
    (Severity::Medium, 1_000, 24),
];

/// A severity and the rule that it follows from, stored and shown with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rated {
    /// The severity.
    pub severity: Severity,
    /// Why, in a sentence.
    pub rule: String,
}

/// The severity by amount and age, with `floor` from the code where there is one.
pub fn rate(amount: Option<Money>, age: Duration, floor: Option<Rated>) -> Rated {
    let by_amount = |from: i64| {
        amount.is_some_and(|m| {
            m.minor().unsigned_abs() >= from.unsigned_abs() * 10_u64.pow(m.currency().decimals())
        })
    };
    let rated = STEPS
        .iter()
        .find_map(|(severity, from, hours)| {
            let rule = if by_amount(*from) {
                format!("Amount of {} or more.", with_commas(*from))
            } else if age.as_secs() >= hours * HOUR {
                format!("Open for {hours} hours or more.")
            } else {
                return None;
            };
            Some(Rated {
                severity: *severity,
                rule,
            })
        })
        .unwrap_or(Rated {
            severity: Severity::Low,
            rule: "Small amount, and recent.".into(),
        });
    floor
        .filter(|floor| floor.severity >= rated.severity)
        .unwrap_or(rated)
}

/// From which age on an exception has at least this severity.
pub fn age_of(severity: Severity) -> Duration {
    let hours = STEPS.iter().find(|(step, ..)| *step == severity);
    Duration::from_secs(hours.map_or(0, |(_, _, hours)| hours * HOUR))
}

/// How long an exception of this severity may take.
pub const fn time_to_resolve(severity: Severity) -> Duration {
    Duration::from_secs(
        HOUR * match severity {
            Severity::Critical => 24,
            Severity::High => 72,
            Severity::Medium => 120,
            Severity::Low => 168,
        },
    )
}

fn with_commas(n: i64) -> String {
    Money::new(n * 100, crate::kernel::money::Currency::USD)
        .to_string()
        .trim_start_matches('$')
        .replace(".00", "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::money::Currency;

    fn severity(major: i64, hours: u64) -> Severity {
        rate(
            Some(Money::new(major * 100, Currency::USD)),
            Duration::from_secs(hours * HOUR),
            None,
        )
        .severity
    }

    #[test]
    fn the_first_step_that_amount_or_age_reaches_wins() {
        assert_eq!(severity(999, 23), Severity::Low);
        assert_eq!(severity(1_000, 0), Severity::Medium);
        assert_eq!(severity(0, 24), Severity::Medium);
        assert_eq!(severity(10_000, 0), Severity::High);
        assert_eq!(severity(0, 72), Severity::High);
        assert_eq!(severity(100_000, 0), Severity::Critical);
        assert_eq!(severity(0, 120), Severity::Critical);
    }

    #[test]
    fn a_code_is_a_floor_and_the_rule_is_told() {
        let floor = Rated {
            severity: Severity::High,
            rule: "R03".into(),
        };
        let small = rate(
            Some(Money::new(100, Currency::USD)),
            Duration::ZERO,
            Some(floor.clone()),
        );
        assert_eq!(small, floor);
        let large = rate(
            Some(Money::new(10_000_000, Currency::USD)),
            Duration::ZERO,
            Some(floor),
        );
        assert_eq!(
            (large.severity, large.rule.as_str()),
            (Severity::Critical, "Amount of 100,000 or more.")
        );
    }
}
