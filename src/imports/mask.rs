//! Hides account numbers in the texts that a bank writes freely, so that no page or export shows one whole.

use crate::{ach::noc::Corrected, kernel::text::account_tail};

/// A run of so many digits may be an account number.
const TELLING: usize = 5;

/// The corrected data of a notification of change with its account numbers masked. Where the code tells the layout,
/// the routing number and the rest stay; where it does not, every long run of digits is masked.
pub fn corrected(found: &Corrected) -> String {
    match &found.account {
        Some(account) => found.raw.replacen(account.as_str(), &masked(account), 1),
        None if found.uncertain.is_none() && found.routing.is_some() => found.raw.clone(),
        None => digits(&found.raw),
    }
}

/// A text with every run of digits masked that is long enough to be an account number.
pub fn digits(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars().chain(std::iter::once('\0')) {
        if c.is_ascii_digit() {
            run.push(c);
            continue;
        }
        if run.len() >= TELLING {
            out.push_str(&masked(&run));
        } else {
            out.push_str(&run);
        }
        run.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

fn masked(number: &str) -> String {
    format!("••••{}", account_tail(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ach::noc::{DataLayout, corrected as cut};

    fn shown(code: &str, data: &str) -> String {
        corrected(&cut(code, &data.replace('_', " "), DataLayout::Domestic))
    }

    #[test]
    fn account_numbers_are_masked_and_routing_numbers_stay() {
        assert_eq!(shown("C01", "1918171614___________________"), "••••1614");
        assert_eq!(shown("C02", "123456780"), "123456780");
        assert_eq!(shown("C03", "123456780___1918171614"), "123456780   ••••1614");
        assert_eq!(shown("C05", "37"), "37");
        assert_eq!(shown("C06", "1918171614__________22"), "••••1614          22");
        assert_eq!(
            shown("C07", "1234567801234567890123456722"),
            "123456780••••456722"
        );
    }

    #[test]
    fn where_the_layout_is_not_known_every_long_number_is_masked() {
        assert_eq!(shown("C92", "1918171614"), "••••1614");
        assert_eq!(shown("C10", "ACME 123456789 X 12"), "ACME ••••6789 X 12");
        let off = shown("C06", "123456789 111____________22");
        assert!(!off.contains("123456789"), "{off}");
    }

    #[test]
    fn short_numbers_in_free_text_stay() {
        assert_eq!(digits("FIELD 04, ENTRY 1234"), "FIELD 04, ENTRY 1234");
        assert_eq!(digits("ACCT 0012345678"), "ACCT ••••5678");
    }
}
