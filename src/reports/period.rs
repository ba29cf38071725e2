//! The days that a report is about, as they are typed and as they are.

use chrono::{Datelike, Days, NaiveDate};
use chrono_tz::Tz;
use serde::Deserialize;

use crate::kernel::{
    clock::{Ts, month_name, written_day},
    error::FieldErrors,
};

/// Shown when nothing else is asked for: so many days, today among them.
pub const USUAL: u64 = 30;

/// The most days at once.
pub const MOST: i64 = 366;

/// More days than this are drawn as weeks.
const DAYS_DRAWN: i64 = 62;

/// The address's query as it is typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawPeriod {
    pub from: String,
    pub to: String,
    /// Another business account of the person.
    pub account: String,
}

/// Days in a row, in one time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: NaiveDate,
    /// The last day, included.
    pub to: NaiveDate,
    pub zone: Tz,
}

impl RawPeriod {
    /// The days that are asked for, those that are usual where nothing is said; or what is wrong with them.
    pub fn parse(&self, now: Ts, zone: Tz) -> (Period, FieldErrors) {
        let today = now.day_in(zone);
        let mut errors = FieldErrors::default();
        let mut day = |field: &'static str, text: &str| match text.trim() {
            "" => None,
            text => errors.take(field, read_day(text, today)),
        };
        let (from, to) = (day("from", &self.from), day("to", &self.to));
        let to = to.unwrap_or(today);
        let from = from.unwrap_or_else(|| to - Days::new(USUAL - 1));
        if errors.is_empty() && from > to {
            errors.add("to", "The last day is before the first.");
        } else if errors.is_empty() && (to - from).num_days() >= MOST {
            errors.add("from", format!("At most {MOST} days at once."));
        }
        if errors.is_empty() {
            return (Period { from, to, zone }, errors);
        }
        (Period::last(USUAL, today, zone), errors)
    }
}

fn read_day(text: &str, today: NaiveDate) -> Result<NaiveDate, String> {
    let day: NaiveDate = text
        .parse()
        .map_err(|_| "Give a day such as 2026-11-21.".to_owned())?;
    match day {
        day if day.year() < 2000 => Err("Give a day of this century.".into()),
        day if day > today => Err("This day has not come yet.".into()),
        day => Ok(day),
    }
}

impl Period {
    /// The last `days` days, today among them.
    pub fn last(days: u64, today: NaiveDate, zone: Tz) -> Self {
        Self {
            from: today - Days::new(days.saturating_sub(1)),
            to: today,
            zone,
        }
    }

    /// Its first moment.
    pub fn start(&self) -> Ts {
        Ts::start_of(self.from, self.zone)
    }

    /// Its last moment.
    pub fn end(&self) -> Ts {
        Ts::end_of(self.to, self.zone)
    }

    /// How many days it has.
    pub fn days(&self) -> i64 {
        (self.to - self.from).num_days() + 1
    }

    /// Every day, or where those are too many to be drawn every week.
    pub fn steps(&self) -> Vec<Self> {
        if self.days() > DAYS_DRAWN {
            return self.weeks();
        }
        self.from
            .iter_days()
            .take_while(|day| *day <= self.to)
            .map(|day| Self {
                from: day,
                to: day,
                zone: self.zone,
            })
            .collect()
    }

    /// Its weeks from Monday on; the first and the last as far as they belong to it.
    pub fn weeks(&self) -> Vec<Self> {
        let mut weeks = Vec::new();
        let mut from = self.from;
        while from <= self.to {
            let left = 6 - u64::from(from.weekday().num_days_from_monday());
            let to = (from + Days::new(left)).min(self.to);
            weeks.push(Self {
                from,
                to,
                zone: self.zone,
            });
            from = to + Days::new(1);
        }
        weeks
    }

    /// `3 Nov 2026`, `3–9 Nov 2026`, or `26 Oct – 1 Nov 2026`.
    pub fn written(&self) -> String {
        if self.from == self.to {
            written_day(self.to)
        } else if (self.from.year(), self.from.month()) == (self.to.year(), self.to.month()) {
            format!("{}–{}", self.from.day(), written_day(self.to))
        } else if self.from.year() == self.to.year() {
            format!("{} – {}", short(self.from), written_day(self.to))
        } else {
            format!("{} – {}", written_day(self.from), written_day(self.to))
        }
    }

    /// Its first day, as `3 Nov`: below a drawing.
    pub fn brief(&self) -> String {
        short(self.from)
    }
}

/// `3 Nov`.
pub fn short(day: NaiveDate) -> String {
    format!("{} {}", day.day(), month_name(day.month() as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONE: Tz = Tz::America__New_York;

    /// Tuesday, 3 November 2026, 10:00 in New York.
    const NOW: Ts = Ts::from_micros(1_793_718_000_000_000);

    fn parse(from: &str, to: &str) -> (Period, Vec<(String, String)>) {
        let raw = RawPeriod {
            from: from.into(),
            to: to.into(),
            account: String::new(),
        };
        let (period, errors) = raw.parse(NOW, ZONE);
        let errors = errors
            .iter()
            .map(|e| (e.field.to_string(), e.sentence.clone()))
            .collect();
        (period, errors)
    }

    #[test]
    fn thirty_days_to_today_are_usual() {
        let (period, errors) = parse("", "");
        assert!(errors.is_empty());
        assert_eq!(
            (period.days(), period.written()),
            (30, "5 Oct – 3 Nov 2026".into())
        );
        assert_eq!(parse("2026-11-01", "").0.days(), 3);
        assert_eq!(parse("", "2026-10-31").0.written(), "2–31 Oct 2026");
    }

    #[test]
    fn nonsense_is_refused_at_its_field_and_the_usual_days_are_meant() {
        for (from, to, field) in [
            ("much", "", "from"),
            ("", "2026-02-30", "to"),
            ("2026-11-03", "2026-11-01", "to"),
            ("", "2026-11-04", "to"),
            ("1999-12-31", "2000-01-01", "from"),
            ("2025-11-02", "2026-11-03", "from"),
            ("-200000-01-01", "", "from"),
            ("+200000-01-01", "", "from"),
        ] {
            let (period, errors) = parse(from, to);
            assert_eq!(errors.len(), 1, "{from} {to}");
            assert_eq!(errors[0].0, field, "{from} {to}");
            assert_eq!(period, parse("", "").0, "{from} {to}");
        }
        assert!(
            parse("2025-11-03", "2026-11-03").1.is_empty(),
            "366 days are enough for a year"
        );
    }

    #[test]
    fn weeks_begin_on_monday_and_cover_every_day_once() {
        let (period, _) = parse("2026-10-15", "2026-11-03");
        let written: Vec<String> = period.weeks().iter().map(Period::written).collect();
        assert_eq!(
            written,
            [
                "15–18 Oct 2026",
                "19–25 Oct 2026",
                "26 Oct – 1 Nov 2026",
                "2–3 Nov 2026"
            ]
        );
        assert_eq!(
            period.weeks().iter().map(Period::days).sum::<i64>(),
            period.days()
        );
        assert_eq!(period.steps().len(), 20);
        let (year, _) = parse("2025-11-03", "2026-11-03");
        assert_eq!(year.steps(), year.weeks());
    }

    #[test]
    fn a_day_of_an_hour_more_is_one_day() {
        let (period, _) = parse("2026-11-01", "2026-11-01");
        assert_eq!(
            period.end().micros() + 1 - period.start().micros(),
            25 * 3_600_000_000
        );
    }
}
