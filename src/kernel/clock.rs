//! Time: a point in time, a calendar day, and the clock that the application is given.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Datelike, NaiveDate, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

/// A day as a form sends it: `2026-11-21`, or nothing.
///
/// # Errors
/// A sentence, for what is no day.
pub fn read_day(text: &str) -> Result<Option<NaiveDate>, String> {
    match text.trim() {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| "Give a day such as 2026-11-21.".into()),
    }
}

/// A point in time: microseconds since 1970, UTC.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::BigInt)]
pub struct Ts(pub(crate) i64);

impl Ts {
    /// A time that does not come, stored where there is none so that it sorts last: the last day of the year 9999.
    pub const NEVER: Self = Self(253_402_214_400_000_000);

    /// The time, if it ever comes.
    pub fn coming(self) -> Option<Self> {
        (self != Self::NEVER).then_some(self)
    }

    /// From microseconds since 1970, UTC.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970, UTC.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// From what [`Self::rfc3339`] writes, to the millisecond.
    pub fn read(written: &str) -> Option<Self> {
        let at = DateTime::parse_from_rfc3339(written).ok()?;
        Some(Self(at.timestamp_micros()))
    }

    /// Whole seconds since 1970, UTC.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This time and `duration`.
    pub fn plus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// `duration` before this time.
    pub fn minus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// How long it is since `earlier`; zero when that is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The start of `day` in `zone`.
    pub fn start_of(day: NaiveDate, zone: Tz) -> Self {
        Self::of_day(day, 0, zone)
    }

    /// When the clocks of `zone` show so many minutes after midnight on `day`: the first time when they show it twice,
    /// and as soon as they show more when they leave it out.
    pub fn of_day(day: NaiveDate, minute: u16, zone: Tz) -> Self {
        let wanted = day.and_time(chrono::NaiveTime::MIN) + chrono::TimeDelta::minutes(i64::from(minute));
        // What lies inside a daylight-saving gap is at the gap's end: no gap is longer than three hours.
        let local = (0..=180).find_map(|minutes| {
            let at = wanted + chrono::TimeDelta::minutes(minutes);
            zone.from_local_datetime(&at).earliest()
        });
        local.map_or_else(
            || Self(wanted.and_utc().timestamp_micros()),
            |at| Self(at.timestamp_micros()),
        )
    }

    /// The end of `day` in `zone`: the last microsecond of it.
    pub fn end_of(day: NaiveDate, zone: Tz) -> Self {
        Self(Self::start_of(day.succ_opt().unwrap_or(day), zone).0 - 1)
    }

    /// The calendar day in `zone`.
    pub fn day_in(self, zone: Tz) -> NaiveDate {
        self.utc().with_timezone(&zone).date_naive()
    }

    /// As chrono knows it.
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    /// As the API writes it: `2026-11-21T10:11:12.345Z`.
    pub fn rfc3339(self) -> String {
        let t = self.utc();
        let mut text = String::with_capacity(24);
        let (day, time) = (t.date_naive(), t.time());
        push_year(&mut text, day.year());
        for (mark, n) in [
            ('-', day.month()),
            ('-', day.day()),
            ('T', time.hour()),
            (':', time.minute()),
            (':', time.second()),
        ] {
            text.push(mark);
            push_two(&mut text, n);
        }
        let millis = t.timestamp_subsec_millis();
        text.push('.');
        text.push(digit(millis / 100));
        push_two(&mut text, millis % 100);
        text.push('Z');
        text
    }

    /// As a page writes it: `21 Nov 2026, 10:11`, in `zone`.
    pub fn written_in(self, zone: Tz) -> String {
        let t = self.utc().with_timezone(&zone);
        let mut text = written_day(t.date_naive());
        text.push_str(", ");
        push_two(&mut text, t.hour());
        text.push(':');
        push_two(&mut text, t.minute());
        text
    }
}

// Written digit by digit: a queue page has some two hundred times, and the formatting machinery takes longer to print
// one than the database to find it.

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A month by its number from 1 on, as a page writes it: `Nov`.
pub fn month_name(number: usize) -> &'static str {
    number
        .checked_sub(1)
        .and_then(|at| MONTHS.get(at))
        .copied()
        .unwrap_or("?")
}

/// A day as a page writes it: `21 Nov 2026`.
pub fn written_day(day: NaiveDate) -> String {
    let mut text = String::with_capacity(20);
    let n = day.day();
    if n >= 10 {
        text.push(digit(n / 10));
    }
    text.push(digit(n % 10));
    text.push(' ');
    text.push_str(MONTHS.get(day.month0() as usize).copied().unwrap_or("?"));
    text.push(' ');
    push_year(&mut text, day.year());
    text
}

fn digit(n: u32) -> char {
    char::from_digit(n, 10).unwrap_or('?')
}

/// A number below 100 with two digits.
fn push_two(text: &mut String, n: u32) {
    text.push(digit(n / 10));
    text.push(digit(n % 10));
}

/// A year with at least four digits.
fn push_year(text: &mut String, year: i32) {
    match u32::try_from(year) {
        Ok(year) if year < 10_000 => {
            push_two(text, year / 100);
            push_two(text, year % 100);
        }
        _ => text.push_str(&year.to_string()),
    }
}

/// The clock that the application is given: the real one, or one that a test moves.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands until it is moved.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `at`.
    pub fn fixed(at: Ts) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(at.micros())))
    }

    /// What time it is.
    #[allow(clippy::disallowed_methods)] // The one place that asks the machine.
    pub fn now(&self) -> Ts {
        match self {
            Self::System => Ts(Utc::now().timestamp_micros()),
            Self::Fixed(at) => Ts(at.load(Ordering::SeqCst)),
        }
    }

    /// Moves a fixed clock on; the machine's is not ours to move.
    pub fn advance(&self, by: Duration) {
        if let Self::Fixed(at) = self {
            at.fetch_add(i64::try_from(by.as_micros()).unwrap_or(0), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Ts {
        Ts::from_micros(text.parse::<DateTime<Utc>>().unwrap().timestamp_micros())
    }

    #[test]
    fn the_api_writes_milliseconds_and_z() {
        assert_eq!(
            at("2026-11-21T10:11:12.345678Z").rfc3339(),
            "2026-11-21T10:11:12.345Z"
        );
        let read = Ts::read("2026-11-21T10:11:12.345Z");
        assert_eq!(read, Some(at("2026-11-21T10:11:12.345Z")));
        assert_eq!(Ts::read("OVERDUE"), None);
    }

    #[test]
    fn a_page_writes_the_local_time() {
        let zone: Tz = "America/New_York".parse().unwrap();
        assert_eq!(at("2026-11-21T03:11:00Z").written_in(zone), "20 Nov 2026, 22:11");
    }

    #[test]
    fn a_day_with_a_daylight_saving_change_has_23_hours() {
        let zone: Tz = "America/New_York".parse().unwrap();
        let day = NaiveDate::from_ymd_opt(2026, 3, 8).unwrap();
        let length = Ts::end_of(day, zone).micros() - Ts::start_of(day, zone).micros() + 1;
        assert_eq!(length, 23 * 3_600 * 1_000_000);
    }

    /// Among them those that change at midnight, by half an hour, in the south, and never.
    const ZONES: [Tz; 10] = [
        Tz::America__New_York,
        Tz::America__Santiago,
        Tz::Africa__Cairo,
        Tz::Asia__Beirut,
        Tz::Europe__London,
        Tz::Australia__Sydney,
        Tz::Australia__Lord_Howe,
        Tz::Asia__Kolkata,
        Tz::Pacific__Honolulu,
        Tz::Pacific__Kiritimati,
    ];

    #[test]
    fn days_follow_each_other_without_a_gap_in_ten_zones_from_2025_to_2035() {
        for zone in ZONES {
            let mut day = NaiveDate::from_ymd_opt(2025, 1, 1).unwrap();
            while day.year() <= 2035 {
                let (start, end) = (Ts::start_of(day, zone), Ts::end_of(day, zone));
                let next = day.succ_opt().unwrap();
                assert_eq!(
                    end.micros() + 1,
                    Ts::start_of(next, zone).micros(),
                    "{zone} {day}"
                );
                assert_eq!((start.day_in(zone), end.day_in(zone)), (day, day), "{zone} {day}");
                let before = Ts::from_micros(start.micros() - 1).day_in(zone);
                assert_eq!(Some(before), day.pred_opt(), "{zone} {day}");
                day = next;
            }
        }
    }

    #[test]
    fn days_on_which_the_clocks_change_are_as_long_as_they_are() {
        for (zone, day, minutes) in [
            (Tz::America__New_York, "2026-03-08", 23 * 60),
            (Tz::America__New_York, "2026-11-01", 25 * 60),
            (Tz::America__Santiago, "2026-09-06", 23 * 60),
            (Tz::Africa__Cairo, "2026-04-24", 23 * 60),
            (Tz::Asia__Beirut, "2026-03-29", 23 * 60),
            (Tz::Europe__London, "2026-10-25", 25 * 60),
            (Tz::Australia__Sydney, "2026-04-05", 25 * 60),
            (Tz::Australia__Lord_Howe, "2026-10-04", 23 * 60 + 30),
            (Tz::Asia__Kolkata, "2026-03-29", 24 * 60),
            (Tz::Pacific__Honolulu, "2026-11-01", 24 * 60),
            (Tz::Pacific__Kiritimati, "2026-03-29", 24 * 60),
        ] {
            let day: NaiveDate = day.parse().unwrap();
            let length = Ts::end_of(day, zone).micros() + 1 - Ts::start_of(day, zone).micros();
            assert_eq!(length, minutes * 60_000_000, "{zone} {day}");
        }
    }
}
