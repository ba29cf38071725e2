//! How severe an exception is (domain.md section 2.2).

use std::time::Duration;

use super::thresholds::Thresholds;
use crate::{
    exceptions::model::Severity,
    kernel::{count::grouped, money::Money},
};

/// A severity and the rule that it follows from, stored and shown with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rated {
    /// The severity.
    pub severity: Severity,
    /// Why, in a sentence.
    pub rule: String,
}

impl Thresholds {
    /// The severity by amount and age, first match wins, with `floor` from the code where there is one.
    pub fn rate(&self, amount: Option<Money>, age: Duration, floor: Option<Rated>) -> Rated {
        let by_amount = |from: u64| {
            amount.is_some_and(|m| {
                m.minor().unsigned_abs() >= from.saturating_mul(10_u64.pow(m.currency().decimals()))
            })
        };
        let steps = [Severity::Critical, Severity::High, Severity::Medium];
        let rated = steps
            .into_iter()
            .zip(self.amounts.into_iter().zip(self.ages))
            .find_map(|(severity, (from, hours))| {
                let rule = if by_amount(from) {
                    format!("Amount of {} or more.", grouped(from))
                } else if age >= self.age_of(severity) {
                    format!("Open for {hours} hours or more.")
                } else {
                    return None;
                };
                Some(Rated { severity, rule })
            })
            .unwrap_or(Rated {
                severity: Severity::Low,
                rule: "Small amount, and recent.".into(),
            });
        floor
            .filter(|floor| floor.severity >= rated.severity)
            .unwrap_or(rated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{kernel::money::Currency, policies::rules::Rules};

    fn rate(minor: i64, hours: u64, floor: Option<Rated>) -> Rated {
        Thresholds::FIRST.rate(
            Some(Money::new(minor, Currency::USD)),
            Duration::from_hours(hours),
            floor,
        )
    }

    fn severity(major: i64, hours: u64) -> Severity {
        rate(major * 100, hours, None).severity
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
        assert_eq!(rate(100, 0, Some(floor.clone())), floor);
        let large = rate(10_000_000, 0, Some(floor));
        assert_eq!(
            (large.severity, large.rule.as_str()),
            (Severity::Critical, "Amount of 100,000 or more.")
        );
    }

    #[test]
    fn a_business_account_that_sets_other_steps_has_others() {
        let mut raw = Thresholds::FIRST.raw();
        raw.iter_mut()
            .find(|r| r.name == "critical_amount")
            .unwrap()
            .value = "10001".into();
        let own = Thresholds::parse(&raw, 1).unwrap();
        let rated = own.rate(Some(Money::new(1_000_100, Currency::USD)), Duration::ZERO, None);
        assert_eq!(
            (rated.severity, rated.rule.as_str()),
            (Severity::Critical, "Amount of 10,001 or more.")
        );
    }
}
