//! The time zones that a person may choose for themselves.

use chrono_tz::{TZ_VARIANTS, Tz};

use super::model::parse_zone;
use crate::web::ui::Choice;

/// How the names of zones begin that are places; others are other names of them, or mere distances from UTC.
const PLACES: [&str; 8] = [
    "Africa/",
    "America/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
];

/// What is typed for none of one's own: the business account's.
const NONE: &str = "";

/// The time zone that was chosen; none for the business account's.
///
/// # Errors
/// A sentence for the field.
pub fn parse_own(typed: &str) -> Result<Option<Tz>, String> {
    match typed.trim() {
        NONE => Ok(None),
        name => parse_zone(name).map(Some),
    }
}

/// The business account's, then the zones of places, UTC, and the one that somebody has whatever it is called.
pub fn choices(chosen: &str, of_account: Tz) -> Vec<Choice> {
    let none = Choice {
        value: NONE.to_owned(),
        label: format!("As the business account ({})", of_account.name()),
        selected: chosen == NONE,
    };
    let named = TZ_VARIANTS
        .iter()
        .map(|zone| zone.name())
        .filter(|name| PLACES.iter().any(|p| name.starts_with(p)) || [chosen, Tz::UTC.name()].contains(name))
        .map(|name| Choice {
            value: name.to_owned(),
            label: name.to_owned(),
            selected: name == chosen,
        });
    std::iter::once(none).chain(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_can_be_chosen_and_is_shown_as_chosen() {
        for choice in choices("", Tz::UTC) {
            let zone = parse_own(&choice.value).unwrap();
            assert_eq!(zone.map_or("", Tz::name), choice.value);
            let again = choices(&choice.value, Tz::UTC);
            let chosen: Vec<_> = again.iter().filter(|c| c.selected).map(|c| &c.value).collect();
            assert_eq!(chosen, [&choice.value]);
        }
    }

    #[test]
    fn one_that_is_not_offered_is_kept_and_no_zone_is_told() {
        let offered = choices("EST5EDT", Tz::UTC);
        assert!(offered.iter().any(|c| c.selected && c.value == "EST5EDT"));
        assert!(!choices("", Tz::UTC).iter().any(|c| c.value == "EST5EDT"));
        for wrong in ["Mars/Olympus", "Europe", "+1", "europe/berlin x"] {
            assert!(parse_own(wrong).is_err(), "{wrong}");
        }
    }
}
