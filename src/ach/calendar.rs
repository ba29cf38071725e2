//! The banking calendar: Monday to Friday except the holidays of the Federal Reserve.
//!
//! ach-codes.md section 2: a holiday on a Sunday is observed on Monday; one on a Saturday is not
//! moved, the Federal Reserve is open on that Friday. Computed for any year; meant for 1970-2200.
//! Days are those of `America/New_York`; the caller turns an instant into a day.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// Name of the Federal Reserve holiday observed on this day, if it is one.
///
/// A holiday that falls on a Saturday has its name on that Saturday. Martin Luther King Jr. Day
/// counts from 1986, Juneteenth from 2022: it became law on 17 June 2021, fell on a Saturday that
/// year, and so was first kept by the Federal Reserve on Monday 20 June 2022. The Monday rules are
/// those of the Uniform Monday Holiday Act, from 1971; Veterans Day was a Monday until 1977.
pub fn holiday_name(date: NaiveDate) -> Option<&'static str> {
    let on = fixed(date).or_else(|| floating(date));
    if on.is_some() {
        return on;
    }
    // Observed on Monday for the Sunday before.
    (date.weekday() == Weekday::Mon)
        .then(|| date.pred_opt().and_then(fixed))
        .flatten()
}

/// The holidays of a year with their days, in order: also those on a weekend, and the Mondays that are observed for a
/// Sunday before.
pub fn holidays_of(year: i32) -> Vec<(NaiveDate, &'static str)> {
    NaiveDate::from_ymd_opt(year, 1, 1)
        .into_iter()
        .flat_map(|first| first.iter_days())
        .take_while(|day| day.year() == year)
        .filter_map(|day| holiday_name(day).map(|name| (day, name)))
        .collect()
}

/// Whether this day is a holiday only for the Sunday before.
pub fn is_observed(date: NaiveDate) -> bool {
    date.weekday() == Weekday::Mon
        && fixed(date).or_else(|| floating(date)).is_none()
        && holiday_name(date).is_some()
}

/// Is the ACH network open for settlement on this day?
pub fn is_banking_day(date: NaiveDate) -> bool {
    !is_weekend(date) && holiday_name(date).is_none()
}

/// The `count`-th banking day after `date`; with 0, `date` itself or the next banking day.
///
/// "5 banking days after the settlement date" is `add_banking_days(settlement, 5)`: the settlement
/// date is day 0. At the end of representable time the last date is returned.
pub fn add_banking_days(date: NaiveDate, count: u16) -> NaiveDate {
    walk(date, count, NaiveDate::succ_opt)
}

/// The `count`-th banking day before `date`; with 0, `date` itself or the banking day before.
pub fn subtract_banking_days(date: NaiveDate, count: u16) -> NaiveDate {
    walk(date, count, NaiveDate::pred_opt)
}

/// `count` calendar days after `date`.
pub fn add_calendar_days(date: NaiveDate, count: u16) -> NaiveDate {
    date.checked_add_days(Days::new(count.into()))
        .unwrap_or(NaiveDate::MAX)
}

/// Number of banking days after `from` up to and including `to`; negative when `to` is earlier.
pub fn banking_days_between(from: NaiveDate, to: NaiveDate) -> i64 {
    let (early, late, sign) = if from <= to { (from, to, 1) } else { (to, from, -1) };
    // When counting back, the days before `from` down to `to`: the same days, seen the other way.
    let days = early
        .iter_days()
        .skip(usize::from(sign == 1))
        .take_while(|day| if sign == 1 { *day <= late } else { *day < late });
    let count = days.filter(|day| is_banking_day(*day)).count();
    sign * i64::try_from(count).unwrap_or(i64::MAX)
}

fn walk(date: NaiveDate, count: u16, step: fn(&NaiveDate) -> Option<NaiveDate>) -> NaiveDate {
    let mut day = date;
    let mut left = count;
    if left == 0 {
        while !is_banking_day(day) {
            let Some(next) = step(&day) else { return day };
            day = next;
        }
    }
    while left > 0 {
        let Some(next) = step(&day) else { return day };
        day = next;
        left -= u16::from(is_banking_day(day));
    }
    day
}

fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Holidays on a day of the month.
fn fixed(date: NaiveDate) -> Option<&'static str> {
    let year = date.year();
    match (date.month(), date.day()) {
        (1, 1) => Some("New Year's Day"),
        (2, 22) if year < 1971 => Some("Presidents Day"),
        (5, 30) if year < 1971 => Some("Memorial Day"),
        (6, 19) if year >= 2022 => Some("Juneteenth"),
        (7, 4) => Some("Independence Day"),
        (11, 11) if !(1971..=1977).contains(&year) => Some("Veterans Day"),
        (12, 25) => Some("Christmas Day"),
        _ => None,
    }
}

/// Holidays on a day of the week.
fn floating(date: NaiveDate) -> Option<&'static str> {
    let year = date.year();
    let nth = (date.day() - 1) / 7 + 1;
    let last = date.day() + 7 > 31;
    match (date.month(), date.weekday()) {
        (1, Weekday::Mon) if nth == 3 && year >= 1986 => Some("Martin Luther King Jr. Day"),
        (2, Weekday::Mon) if nth == 3 && year >= 1971 => Some("Presidents Day"),
        (5, Weekday::Mon) if last && year >= 1971 => Some("Memorial Day"),
        (9, Weekday::Mon) if nth == 1 => Some("Labor Day"),
        (10, Weekday::Mon) if nth == 2 && year >= 1971 => Some("Columbus Day"),
        (10, Weekday::Mon) if nth == 4 && (1971..=1977).contains(&year) => Some("Veterans Day"),
        (11, Weekday::Thu) if nth == 4 => Some("Thanksgiving Day"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Month and day of the weekdays on which the Federal Reserve is closed, looked up by hand.
    const CLOSED: &[(i32, &str)] = &[
        (
            2025,
            "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25",
        ),
        (
            2026,
            "01-01 01-19 02-16 05-25 06-19 09-07 10-12 11-11 11-26 12-25",
        ),
        (2027, "01-01 01-18 02-15 05-31 07-05 09-06 10-11 11-11 11-25"),
        (2028, "01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-23 12-25"),
        (
            2029,
            "01-01 01-15 02-19 05-28 06-19 07-04 09-03 10-08 11-12 11-22 12-25",
        ),
        (
            2030,
            "01-01 01-21 02-18 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25",
        ),
        (
            2031,
            "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25",
        ),
        (2032, "01-01 01-19 02-16 05-31 07-05 09-06 10-11 11-11 11-25"),
        (
            2033,
            "01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26",
        ),
        (
            2034,
            "01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-23 12-25",
        ),
        (
            2035,
            "01-01 01-15 02-19 05-28 06-19 07-04 09-03 10-08 11-12 11-22 12-25",
        ),
    ];

    #[test]
    fn the_federal_reserve_is_closed_on_these_weekdays_from_2025_to_2035() {
        for (year, expected) in CLOSED {
            let closed: Vec<String> = day(&format!("{year}-01-01"))
                .iter_days()
                .take_while(|date| date.year() == *year)
                .filter(|date| !is_weekend(*date) && !is_banking_day(*date))
                .map(|date| format!("{:02}-{:02}", date.month(), date.day()))
                .collect();
            assert_eq!(closed.join(" "), *expected, "{year}");
        }
    }

    #[test]
    fn a_sunday_holiday_moves_to_monday_and_a_saturday_one_stays() {
        assert_eq!(holiday_name(day("2027-07-05")), Some("Independence Day"));
        assert!(is_banking_day(day("2026-07-03")));
        assert_eq!(holiday_name(day("2026-07-04")), Some("Independence Day"));
        assert!(is_banking_day(day("2021-12-24")) && is_banking_day(day("2021-12-31")));
    }

    #[test]
    fn a_year_is_listed_with_weekends_and_observed_days() {
        let days = holidays_of(2027);
        assert_eq!(days.len(), 12, "eleven, and the Monday for 4 July: {days:?}");
        assert_eq!(days[0], (day("2027-01-01"), "New Year's Day"));
        let july: Vec<NaiveDate> = days.iter().map(|(d, _)| *d).filter(|d| d.month() == 7).collect();
        assert_eq!(july, [day("2027-07-04"), day("2027-07-05")]);
        assert!(is_observed(july[1]) && !is_observed(july[0]) && !is_observed(day("2027-09-06")));
        assert_eq!(holidays_of(2026).len(), 11);
    }

    #[test]
    fn holidays_begin_in_the_year_they_were_first_kept() {
        assert!(is_banking_day(day("1985-01-21")));
        assert!(!is_banking_day(day("1986-01-20")));
        assert!(is_banking_day(day("2020-06-19")) && is_banking_day(day("2021-06-18")));
        assert_eq!(holiday_name(day("2022-06-20")), Some("Juneteenth"));
        assert_eq!(holiday_name(day("1975-10-27")), Some("Veterans Day"));
    }

    #[test]
    fn banking_days_are_counted_over_weekends_and_holidays() {
        // Wednesday before Thanksgiving 2026: Friday is day 1.
        assert_eq!(add_banking_days(day("2026-11-25"), 1), day("2026-11-27"));
        assert_eq!(add_banking_days(day("2026-11-25"), 5), day("2026-12-03"));
        assert_eq!(add_banking_days(day("2026-11-28"), 0), day("2026-11-30"));
        assert_eq!(subtract_banking_days(day("2026-11-30"), 2), day("2026-11-25"));
        assert_eq!(subtract_banking_days(day("2026-11-29"), 0), day("2026-11-27"));
        assert_eq!(banking_days_between(day("2026-11-25"), day("2026-12-03")), 5);
        assert_eq!(banking_days_between(day("2026-12-03"), day("2026-11-25")), -5);
        assert_eq!(banking_days_between(day("2026-11-26"), day("2026-11-26")), 0);
    }

    #[test]
    fn the_end_of_time_is_no_panic() {
        assert_eq!(add_banking_days(NaiveDate::MAX, 9), NaiveDate::MAX);
        assert_eq!(subtract_banking_days(NaiveDate::MIN, 9), NaiveDate::MIN);
        assert_eq!(add_calendar_days(NaiveDate::MAX, 9), NaiveDate::MAX);
    }

    proptest! {
        #[test]
        fn counting_undoes_adding(offset in 0_u64..84_000, count in 1_u16..400) {
            let from = day("1970-01-01").checked_add_days(Days::new(offset)).unwrap();
            let to = add_banking_days(from, count);
            prop_assert!(is_banking_day(to));
            prop_assert_eq!(banking_days_between(from, to), i64::from(count));
        }
    }
}
