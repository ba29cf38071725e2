//! How many there are, as it is counted and as it is written.

/// Counts that are not kept are counted up to here; one more means "or more", and is written "1,000+".
pub const COUNTED_UP_TO: i64 = 1_000;

/// A count that stops at the bound: "1,000+" beyond it.
pub fn up_to(n: i64) -> String {
    if n > COUNTED_UP_TO {
        format!("{}+", grouped(COUNTED_UP_TO))
    } else {
        grouped(n)
    }
}

/// A count with its thousands apart: "1,204".
pub fn grouped(n: impl TryInto<i64>) -> String {
    let digits = n.try_into().unwrap_or(i64::MAX).to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The count that is written so; none of one that stops at the bound.
pub fn read(written: &str) -> Option<i64> {
    written.replace(',', "").parse().ok()
}

/// A place in a row: "1st", "2nd", "11th".
pub fn ordinal(n: usize) -> String {
    let is_like_eleven = (11..=13).contains(&(n % 100));
    let ending = match n % 10 {
        1 if !is_like_eleven => "st",
        2 if !is_like_eleven => "nd",
        3 if !is_like_eleven => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_their_endings() {
        let places = [1, 2, 3, 4, 11, 12, 13, 21, 22, 30].map(ordinal);
        let written = [
            "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "30th",
        ];
        assert_eq!(places, written);
    }

    #[test]
    fn thousands_stand_apart_and_the_bound_has_a_plus() {
        for (n, written) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!((grouped(n).as_str(), read(written)), (written, Some(n)));
        }
        assert_eq!((up_to(1_000), up_to(1_001)), ("1,000".into(), "1,000+".into()));
        assert_eq!((read("1,000+"), read("")), (None, None));
    }
}
