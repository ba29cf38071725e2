//! The days on which a team works, and how much time passes on them.
//!
//! ach-codes.md section 2: the hours of an SLA (business calendar of the team) are kept apart from the clocks of the ACH
//! rules (banking calendar). Nothing here touches a rule clock.

use std::time::Duration;

use chrono::{Datelike, NaiveDate, Weekday};
use chrono_tz::Tz;

use crate::{
    ach,
    kernel::{clock::Ts, id::HolidayId},
};

/// No SLA reaches further: a calendar with one working day a week still ends a year's hours in it.
const FURTHEST_DAYS: usize = 3_660;

/// The days of a week, Monday first.
pub const WEEK: [Weekday; 7] = [
    Weekday::Mon,
    Weekday::Tue,
    Weekday::Wed,
    Weekday::Thu,
    Weekday::Fri,
    Weekday::Sat,
    Weekday::Sun,
];

/// A day of the week as a page writes it.
pub const fn day_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

/// Days of the week; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weekdays(u8);

impl Weekdays {
    /// Monday to Friday.
    pub const MONDAY_TO_FRIDAY: Self = Self(0b001_1111);

    /// These days.
    ///
    /// # Errors
    /// A sentence when there is none.
    pub fn of(days: impl IntoIterator<Item = Weekday>) -> Result<Self, String> {
        let bits = days
            .into_iter()
            .fold(0, |bits, day| bits | 1 << day.num_days_from_monday());
        Self::from_bits(bits).ok_or_else(|| "A team works on at least one day of the week.".into())
    }

    /// Bit 0 is Monday.
    pub const fn from_bits(bits: u8) -> Option<Self> {
        match bits & 0b111_1111 {
            0 => None,
            days => Some(Self(days)),
        }
    }

    /// Bit 0 is Monday.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether this day is one of them.
    pub fn has(self, day: Weekday) -> bool {
        self.0 & 1 << day.num_days_from_monday() != 0
    }

    /// `Monday, Tuesday and Friday`.
    pub fn words(self) -> String {
        let names: Vec<&str> = WEEK
            .into_iter()
            .filter(|day| self.has(*day))
            .map(day_name)
            .collect();
        match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
            None => String::new(),
        }
    }
}

/// A day on which the team does not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// Which one.
    pub id: HolidayId,
    /// What it is called.
    pub name: String,
    /// The day; of the first year, when it comes each year.
    pub day: NaiveDate,
    /// Each year on the same day of the same month; 29 February only in leap years.
    pub is_yearly: bool,
}

impl Holiday {
    /// Whether it is on this day.
    pub fn is_on(&self, day: NaiveDate) -> bool {
        if self.is_yearly {
            day >= self.day && (day.month(), day.day()) == (self.day.month(), self.day.day())
        } else {
            day == self.day
        }
    }
}

/// The calendar of a team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkCalendar {
    /// The days of the week on which it works.
    pub weekdays: Weekdays,
    /// It does not work on the holidays of the Federal Reserve either.
    pub keeps_banking_holidays: bool,
    /// Its own holidays, by day.
    pub holidays: Vec<Holiday>,
    /// 0 for the one that every business account begins with.
    pub version: i64,
}

impl WorkCalendar {
    /// What every business account begins with: the banks' days.
    pub const fn first() -> Self {
        Self {
            weekdays: Weekdays::MONDAY_TO_FRIDAY,
            keeps_banking_holidays: true,
            holidays: Vec::new(),
            version: 0,
        }
    }

    /// Whether the team works on this day.
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        self.weekdays.has(day.weekday())
            && !(self.keeps_banking_holidays && ach::calendar::holiday_name(day).is_some())
            && !self.holidays.iter().any(|h| h.is_on(day))
    }

    /// When `allowed` has passed since `from`, of which only the hours of working days count: of those all 24.
    pub fn deadline(&self, from: Ts, allowed: Duration, zone: Tz) -> Ts {
        let (mut at, mut left) = (from, allowed);
        for day in from.day_in(zone).iter_days().take(FURTHEST_DAYS) {
            let end = Ts::end_of(day, zone).plus(Duration::from_micros(1));
            if self.is_working_day(day) {
                let length = end.since(at);
                if length >= left {
                    return at.plus(left);
                }
                left = left.saturating_sub(length);
            }
            at = end;
        }
        at.plus(left)
    }

    /// How much of the time between the two counts.
    pub fn counted(&self, from: Ts, to: Ts, zone: Tz) -> Duration {
        let mut sum = Duration::ZERO;
        let last = to.day_in(zone);
        for day in from.day_in(zone).iter_days().take_while(|day| *day <= last) {
            if self.is_working_day(day) {
                let end = Ts::end_of(day, zone).plus(Duration::from_micros(1));
                sum += end.min(to).since(Ts::start_of(day, zone).max(from));
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ZONE: Tz = Tz::America__New_York;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> Ts {
        let (date, hour) = text.split_once(' ').unwrap();
        Ts::start_of(day(date), ZONE).plus(Duration::from_hours(hour.parse().unwrap()))
    }

    fn holiday(name: &str, on: &str, is_yearly: bool) -> Holiday {
        Holiday {
            id: HolidayId::generate(Ts::default()),
            name: name.into(),
            day: day(on),
            is_yearly,
        }
    }

    #[test]
    fn only_the_hours_of_working_days_count() {
        let calendar = WorkCalendar::first();
        // Friday 10:00 and 24 hours: Monday 10:00. Over Thanksgiving a day more.
        let due = |from: &str, hours: u64| calendar.deadline(at(from), Duration::from_hours(hours), ZONE);
        assert_eq!(due("2026-11-06 10", 24), at("2026-11-09 10"));
        assert_eq!(due("2026-11-25 10", 24), at("2026-11-27 10"));
        // Raised on a Saturday: it begins with Monday.
        assert_eq!(due("2026-11-07 10", 24), at("2026-11-10 0"));
        assert_eq!(due("2026-11-09 10", 14), at("2026-11-10 0"));
        // Own holidays, once and each year; not before the first.
        let mut own = calendar.clone();
        own.holidays = vec![
            holiday("Move", "2026-11-09", false),
            holiday("Founding", "2026-11-10", true),
        ];
        let due = own.deadline(at("2026-11-06 10"), Duration::from_hours(24), ZONE);
        // Wednesday the 11th is Veterans Day.
        assert_eq!(due, at("2026-11-12 10"));
        assert!(!own.is_working_day(day("2027-11-10")) && own.is_working_day(day("2025-11-10")));
        assert!(own.is_working_day(day("2027-11-09")));
        own.keeps_banking_holidays = false;
        assert!(own.is_working_day(day("2026-11-11")));
    }

    #[test]
    fn a_day_of_23_hours_counts_23() {
        let calendar = WorkCalendar {
            weekdays: Weekdays::from_bits(0b111_1111).unwrap(),
            ..WorkCalendar::first()
        };
        let due = calendar.deadline(at("2027-03-14 0"), Duration::from_hours(24), ZONE);
        assert_eq!(due, at("2027-03-15 1"));
    }

    #[test]
    fn a_week_without_a_working_day_is_none() {
        assert!(Weekdays::of([]).is_err());
        assert_eq!(
            Weekdays::of([Weekday::Sun, Weekday::Mon, Weekday::Fri])
                .unwrap()
                .words(),
            "Monday, Friday and Sunday"
        );
    }

    proptest! {
        #[test]
        fn what_is_counted_until_the_deadline_is_what_was_allowed(
            start in 0_u64..200_000, hours in 1_u64..2_000, bits in 1_u8..128, keeps: bool, zone in 0_usize..4,
        ) {
            let zones = [Tz::UTC, ZONE, Tz::Australia__Lord_Howe, Tz::America__Sao_Paulo];
            let calendar = WorkCalendar {
                weekdays: Weekdays::from_bits(bits).unwrap(),
                keeps_banking_holidays: keeps,
                holidays: vec![holiday("Yearly", "2019-03-10", true)],
                version: 1,
            };
            let from = Ts::from_micros(1_577_836_800_000_000).plus(Duration::from_mins(start * 15));
            let allowed = Duration::from_hours(hours);
            let due = calendar.deadline(from, allowed, zones[zone]);
            prop_assert_eq!(calendar.counted(from, due, zones[zone]), allowed);
        }
    }
}
