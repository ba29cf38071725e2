//! Codes that say the same of an account: when one comes after another, the matter was not put right. A grouping of the
//! house, by what ach-codes.md says that each code means.

/// No money on the account.
const NO_FUNDS: &[&str] = &["R01", "R09"];
/// The account is not there, not this one, or takes no entries.
const WRONG_ACCOUNT: &[&str] = &["R02", "R03", "R04", "R12", "R13", "R16", "R17", "R20"];
/// The account's owner did not agree, or does not any more.
const NOT_AUTHORIZED: &[&str] = &["R05", "R07", "R08", "R10", "R11", "R29", "R51"];
/// The account's data have changed.
const CHANGED: &[&str] = &[
    "C01", "C02", "C03", "C04", "C05", "C06", "C07", "C08", "C09", "C13", "C14",
];

/// The codes that say the same as `code`, itself among them.
pub fn of(code: &str) -> Vec<String> {
    [NO_FUNDS, WRONG_ACCOUNT, NOT_AUTHORIZED, CHANGED]
        .into_iter()
        .find(|family| family.contains(&code))
        .map_or_else(
            || vec![code.to_owned()],
            |family| family.iter().map(|c| (*c).to_owned()).collect(),
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ach::codes::{RateBucket, noc_code, return_code, return_codes};

    #[test]
    fn every_code_of_a_family_is_known_and_in_one_alone() {
        let all = [NO_FUNDS, WRONG_ACCOUNT, NOT_AUTHORIZED, CHANGED].concat();
        for code in &all {
            assert!(return_code(code).is_some() || noc_code(code).is_some(), "{code}");
            assert_eq!(all.iter().filter(|c| c == &code).count(), 1, "{code}");
        }
    }

    #[test]
    fn what_counts_in_a_rate_of_its_own_is_in_one_family() {
        for code in return_codes() {
            let family = of(&code.code);
            match code.rate_bucket {
                RateBucket::Unauthorized => assert!(family.contains(&"R10".to_owned()), "{}", code.code),
                RateBucket::Administrative => assert!(family.contains(&"R03".to_owned()), "{}", code.code),
                RateBucket::None => {}
            }
        }
        assert_eq!(of("R14"), ["R14"]);
        assert_eq!(of("R01"), ["R01", "R09"]);
    }
}
