//! Times in a query: dates and date-times, in a time zone in every form that RocketKOR documents (rocketkor.md 1.5).

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;

use crate::kernel::clock::Ts;

/// A time zone: a region with its changes of clocks, or an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Such as America/New_York.
    Region(Tz),
    /// Such as +05:30.
    Offset(FixedOffset),
}

impl Zone {
    /// UTC: what counts when nothing is said.
    pub const UTC: Self = Self::Region(Tz::UTC);

    /// Reads `Z`, `UTC`, `GMT`; `+N`, `-N`, `+NN`, `+NN:MM`, each also after `UTC` or `GMT`; a region's name. A plus
    /// that was not encoded arrives as a blank.
    ///
    /// # Errors
    /// A sentence naming the forms.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_end();
        let rest = text
            .strip_prefix("UTC")
            .or_else(|| text.strip_prefix("GMT"))
            .unwrap_or(text);
        if rest.is_empty() || text == "Z" {
            return Ok(Self::UTC);
        }
        let offset = match rest.split_at_checked(1) {
            Some(("+" | " ", digits)) => seconds(digits),
            Some(("-", digits)) => seconds(digits).map(|s| -s),
            // The blank at the front is cut off before the value gets here.
            Some((first, _)) if first.bytes().all(|b| b.is_ascii_digit()) => seconds(rest),
            _ => None,
        };
        offset
            .and_then(FixedOffset::east_opt)
            .map(Self::Offset)
            .or_else(|| text.parse().ok().map(Self::Region))
            .ok_or_else(|| {
                "A time zone is Z, UTC, GMT, an offset such as +5, -05:30 or UTC+2, or a region such as America/New_York."
                    .into()
            })
    }

    /// The moment that a clock of this zone shows `local`: the first of two when clocks go back, the end of the gap
    /// when they go forward.
    fn at(self, local: NaiveDateTime, is_end: bool) -> Ts {
        match self {
            Self::Offset(offset) => Ts::from_micros(
                local.and_utc().timestamp_micros() - i64::from(offset.local_minus_utc()) * 1_000_000,
            ),
            Self::Region(zone) => {
                let found = zone.from_local_datetime(&local);
                let at = if is_end { found.latest() } else { found.earliest() };
                at.map_or_else(
                    || {
                        let later = local + chrono::Duration::hours(1);
                        let after = zone.from_local_datetime(&later).earliest();
                        Ts::from_micros(
                            after
                                .map_or_else(|| later.and_utc().timestamp_micros(), |t| t.timestamp_micros()),
                        )
                    },
                    |t| Ts::from_micros(t.timestamp_micros()),
                )
            }
        }
    }
}

/// `5`, `05`, `05:30`; at most 18 hours.
fn seconds(digits: &str) -> Option<i32> {
    let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "00"));
    let number = |text: &str, least: usize| {
        ((least..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse::<i32>().ok())?
    };
    let (hours, minutes) = (number(hours, 1)?, number(minutes, 2)?);
    let all = hours * 3600 + minutes * 60;
    (minutes < 60 && all <= 18 * 3600).then_some(all)
}

/// Which end of a range a time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// On or after.
    From,
    /// On or before.
    To,
}

/// Reads a date or a date-time. An offset in it wins over the zone; a date is the whole local day, and a moment the
/// whole of its millisecond, as times are told to the millisecond.
///
/// # Errors
/// A sentence naming the forms.
pub fn parse(text: &str, zone: Zone, end: End) -> Result<Ts, String> {
    const MILLISECOND: i64 = 999;
    let text = text.replace(' ', "+");
    let whole = |at: Ts| match end {
        End::From => at,
        End::To => Ts::from_micros(at.micros().saturating_add(MILLISECOND)),
    };
    let wrong =
        || "Give a date such as 2026-11-21 or a date-time such as 2026-11-21T09:30:00.000Z.".to_owned();
    let sensible = |date: NaiveDate| (1..=9999).contains(&chrono::Datelike::year(&date));
    if let Ok(day) = text.parse::<NaiveDate>() {
        if !sensible(day) {
            return Err(wrong());
        }
        return Ok(match end {
            End::From => zone.at(day.and_time(NaiveTime::MIN), false),
            End::To => {
                let next = day.succ_opt().unwrap_or(day);
                Ts::from_micros(zone.at(next.and_time(NaiveTime::MIN), false).micros() - 1)
            }
        });
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(&text) {
        if !sensible(at.date_naive()) {
            return Err(wrong());
        }
        return Ok(whole(Ts::from_micros(at.timestamp_micros())));
    }
    let local: NaiveDateTime = text.parse().map_err(|_| wrong())?;
    if !sensible(local.date()) {
        return Err(wrong());
    }
    Ok(whole(zone.at(local, end == End::To)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Ts {
        Ts::from_micros(text.parse::<DateTime<chrono::Utc>>().unwrap().timestamp_micros())
    }

    #[test]
    fn every_documented_form_of_a_time_zone_is_read() {
        let offset = |hours: i32, minutes: i32| {
            Zone::Offset(FixedOffset::east_opt(hours * 3600 + minutes * 60).unwrap())
        };
        for (text, zone) in [
            ("Z", Zone::UTC),
            ("UTC", Zone::UTC),
            ("GMT", Zone::UTC),
            ("+5", offset(5, 0)),
            ("-5", offset(-5, 0)),
            ("+05", offset(5, 0)),
            ("+05:30", offset(5, 30)),
            ("-03:30", offset(-3, -30)),
            ("UTC+2", offset(2, 0)),
            ("UTC-02:00", offset(-2, 0)),
            ("GMT+10", offset(10, 0)),
            ("GMT-10:30", offset(-10, -30)),
            ("GMT 10", offset(10, 0)),
            ("05:30", offset(5, 30)),
            ("America/New_York", Zone::Region(Tz::America__New_York)),
            ("EST5EDT", Zone::Region(Tz::EST5EDT)),
        ] {
            assert_eq!(Zone::parse(text), Ok(zone), "{text}");
        }
        for bad in [
            "+",
            "+19",
            "+5:3",
            "+005",
            "+05:60",
            "Nowhere/Land",
            "UTC+",
            "5 o'clock",
            "+-5",
            "Z5",
            "é",
        ] {
            assert!(Zone::parse(bad).is_err(), "{bad} was taken");
        }
    }

    #[test]
    fn a_date_is_the_whole_local_day_also_when_clocks_change() {
        let new_york = Zone::parse("America/New_York").unwrap();
        let day = |end| parse("2026-03-08", new_york, end).unwrap();
        assert_eq!(day(End::From), at("2026-03-08T05:00:00Z"));
        assert_eq!(day(End::To), at("2026-03-09T03:59:59.999999Z"));
        let india = Zone::parse("+05:30").unwrap();
        assert_eq!(
            parse("2026-11-03", india, End::From),
            Ok(at("2026-11-02T18:30:00Z"))
        );
    }

    #[test]
    fn an_offset_in_the_text_wins_over_the_zone() {
        let new_york = Zone::parse("America/New_York").unwrap();
        for text in [
            "2026-11-03T10:00:00Z",
            "2026-11-03T11:00:00+01:00",
            "2026-11-03T11:00:00 01:00",
        ] {
            assert_eq!(
                parse(text, new_york, End::From),
                Ok(at("2026-11-03T10:00:00Z")),
                "{text}"
            );
        }
        assert_eq!(
            parse("2026-11-03T10:00:00", new_york, End::From),
            Ok(at("2026-11-03T15:00:00Z"))
        );
        assert_eq!(
            parse("2026-11-03T10:00:00.123", Zone::UTC, End::To),
            Ok(at("2026-11-03T10:00:00.123999Z"))
        );
        // 01:30 comes twice on this day, 02:30 never on the other.
        let twice = |end| parse("2026-11-01T01:30:00", new_york, end).unwrap();
        assert_eq!(
            (twice(End::From), twice(End::To)),
            (at("2026-11-01T05:30:00Z"), at("2026-11-01T06:30:00.000999Z"))
        );
        assert_eq!(
            parse("2026-03-08T02:30:00", new_york, End::From),
            Ok(at("2026-03-08T07:30:00Z"))
        );
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for bad in [
            "",
            "soon",
            "2026-02-30",
            "2026-11-03T25:00:00Z",
            "03.11.2026",
            "+99999-01-01",
            "1793718000",
        ] {
            assert!(parse(bad, Zone::UTC, End::From).is_err(), "{bad} was taken");
        }
    }
}
