//! How long an exception may be put aside (domain.md section 8).

use std::time::Duration;

use crate::kernel::clock::Ts;

/// Nothing sleeps longer than a month: by then the reason has to be given anew.
pub const LONGEST: Duration = Duration::from_hours(24 * 31);

/// Whether an exception may sleep until then.
///
/// # Errors
/// Why not, in a sentence.
pub fn check(until: Ts, now: Ts) -> Result<(), String> {
    if until <= now {
        return Err("Give a time that is still to come.".into());
    }
    if until > now.plus(LONGEST) {
        return Err(format!("Give a time within {} days.", LONGEST.as_secs() / 86_400));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lies_ahead_and_within_a_month() {
        let now = Ts::from_micros(1_793_718_000_000_000);
        assert!(check(now.plus(Duration::from_secs(1)), now).is_ok());
        assert!(check(now.plus(LONGEST), now).is_ok());
        assert!(check(now, now).is_err());
        assert!(check(now.plus(LONGEST).plus(Duration::from_secs(1)), now).is_err());
    }
}
