//! Routing numbers and their check digit (ach-codes.md section 9, rule 4).

/// Verdict on the ninth digit of a routing number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckDigit {
    /// Nine digits, and the last one follows from the others.
    Valid,
    /// Nine digits, but the last one should be this.
    Wrong {
        /// The digit that would be right.
        expected: u8,
    },
    /// Not nine digits.
    NotNineDigits,
}

impl CheckDigit {
    /// Is the routing number well formed?
    pub fn is_valid(self) -> bool {
        self == Self::Valid
    }
}

/// Checks a routing number: 3(d1+d4+d7) + 7(d2+d5+d8) + (d3+d6+d9) must be a multiple of ten.
pub fn check_digit(routing: &str) -> CheckDigit {
    if routing.len() != 9 || !routing.bytes().all(|byte| byte.is_ascii_digit()) {
        return CheckDigit::NotNineDigits;
    }
    let expected = check_digit_of(routing);
    match routing.bytes().last() {
        Some(last) if last - b'0' == expected => CheckDigit::Valid,
        _ => CheckDigit::Wrong { expected },
    }
}

/// The check digit that belongs to the first eight digits of `digits`.
pub(crate) fn check_digit_of(digits: &str) -> u8 {
    let sum: u32 = digits
        .bytes()
        .take(8)
        .zip([3_u32, 7, 1].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0')) * weight)
        .sum();
    u8::try_from((10 - sum % 10) % 10).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valid_routing_number_passes_and_a_wrong_one_says_what_it_should_be() {
        assert_eq!(check_digit("123456780"), CheckDigit::Valid);
        assert_eq!(check_digit("231380104"), CheckDigit::Valid);
        assert_eq!(check_digit("123456789"), CheckDigit::Wrong { expected: 0 });
    }

    #[test]
    fn anything_but_nine_digits_is_no_routing_number() {
        for text in ["", "12345678", "1234567800", "12345678A", "１２３"] {
            assert_eq!(check_digit(text), CheckDigit::NotNineDigits, "{text}");
        }
    }
}
