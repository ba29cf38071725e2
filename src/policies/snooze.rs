//! How long an exception may be put aside (domain.md section 8).

use std::time::Duration;

use crate::kernel::clock::Ts;

/// Whether an exception may sleep until then, where at most `longest` is allowed: after that the reason has to be given
/// anew.
///
/// # Errors
/// Why not, in a sentence.
pub fn check(until: Ts, now: Ts, longest: Duration) -> Result<(), String> {
    if until <= now {
        return Err("Give a time that is still to come.".into());
    }
    if until > now.plus(longest) {
        return Err(match longest.as_secs() / 86_400 {
            1 => "Give a time within a day.".into(),
            days => format!("Give a time within {days} days."),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lies_ahead_and_within_the_limit() {
        let now = Ts::from_micros(1_793_718_000_000_000);
        let longest = Duration::from_hours(24 * 31);
        assert!(check(now.plus(Duration::from_secs(1)), now, longest).is_ok());
        assert!(check(now.plus(longest), now, longest).is_ok());
        assert!(check(now, now, longest).is_err());
        let later = now.plus(longest).plus(Duration::from_secs(1));
        assert_eq!(
            check(later, now, longest),
            Err("Give a time within 31 days.".into())
        );
    }
}
