//! Dates as the format writes them, and which one is the settlement date of a batch.

use chrono::{Datelike, NaiveDate};

use super::header::BatchHeader;
use super::record::digits;

/// Six digits YYMMDD; years 00-69 are 2000-2069, 70-99 are 1970-1999.
///
/// `None` for blanks, 000000, days that do not exist, and 000101, which senders write for "no
/// date" (the first of January 2000 was a Saturday and a holiday: nothing settled that day).
pub fn yymmdd(field: &[u8]) -> Option<NaiveDate> {
    if field.len() != 6 || field == b"000101" {
        return None;
    }
    let number = u32::try_from(digits(field)?).ok()?;
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    let century = if year < 70 { 2000 } else { 1900 };
    NaiveDate::from_ymd_opt(century + i32::try_from(year).ok()?, month, day)
}

/// Three digits, a day of the year 1-366 ("Julian date"); `None` for blanks, 000 and above 366.
pub fn day_of_year(field: &[u8]) -> Option<u16> {
    if field.len() != 3 {
        return None;
    }
    let day = u16::try_from(digits(field)?).ok()?;
    (1..=366).contains(&day).then_some(day)
}

/// The date with this day of the year that is nearest to `reference`: a file of 3 January that
/// settled on day 364 means the year before.
pub fn nearest_date(day: u16, reference: NaiveDate) -> Option<NaiveDate> {
    let year = reference.year();
    [year, year - 1, year + 1]
        .into_iter()
        .filter_map(|year| NaiveDate::from_yo_opt(year, u32::from(day)))
        .min_by_key(|date| date.signed_duration_since(reference).num_days().abs())
}

/// Where a settlement date was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DateSource {
    /// Positions 76-78 of the batch header, put in by the ACH operator.
    SettlementDay,
    /// The day the file was made.
    FileCreation,
    /// The effective entry date; for returns that of the original entry, hence only a guess.
    EffectiveDate,
    /// The file gives no date.
    Missing,
}

impl DateSource {
    /// For a person: "settlement date: 28 May 2020, from ...".
    pub fn words(self) -> &'static str {
        match self {
            Self::SettlementDay => "settlement date in the batch header",
            Self::FileCreation => "file creation date, as the batch gives no settlement date",
            Self::EffectiveDate => "effective entry date, as the file gives no better date",
            Self::Missing => "the file gives no date",
        }
    }
}

/// A settlement date and its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The date, when there is one.
    pub date: Option<NaiveDate>,
    /// Where it comes from.
    pub source: DateSource,
}

/// The settlement date of a batch: the operator's day of the year, in the year nearest to the
/// file's creation (without a file header: to the effective date); else the file creation date;
/// else the effective entry date; else none.
pub fn settlement_date(batch: &BatchHeader<'_>, file_created: Option<NaiveDate>) -> Settlement {
    resolve(batch.settlement_day(), file_created, batch.effective_date())
}

fn resolve(day: Option<u16>, file_created: Option<NaiveDate>, effective: Option<NaiveDate>) -> Settlement {
    let by_day = day
        .zip(file_created.or(effective))
        .and_then(|(day, reference)| nearest_date(day, reference));
    let (date, source) = if by_day.is_some() {
        (by_day, DateSource::SettlementDay)
    } else if file_created.is_some() {
        (file_created, DateSource::FileCreation)
    } else if effective.is_some() {
        (effective, DateSource::EffectiveDate)
    } else {
        (None, DateSource::Missing)
    };
    Settlement { date, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Option<NaiveDate> {
        text.parse().ok()
    }

    #[test]
    fn six_digits_are_a_date_and_placeholders_are_none() {
        assert_eq!(yymmdd(b"181017"), date("2018-10-17"));
        assert_eq!(yymmdd(b"991231"), date("1999-12-31"));
        for field in [
            &b"000000"[..],
            b"000101",
            b"      ",
            b"209999",
            b"210229",
            b"99",
            b"18101a",
            b"",
        ] {
            assert_eq!(yymmdd(field), None, "{field:?}");
        }
        assert_eq!(yymmdd(b"240229"), date("2024-02-29"));
    }

    #[test]
    fn the_year_of_a_settlement_day_is_the_nearest() {
        let nearest = |day, reference: &str| nearest_date(day, reference.parse().unwrap());
        assert_eq!(nearest(149, "2020-05-27"), date("2020-05-28"));
        assert_eq!(nearest(364, "2026-01-03"), date("2025-12-30"));
        assert_eq!(nearest(2, "2025-12-31"), date("2026-01-02"));
        assert_eq!(nearest(366, "2025-01-02"), date("2024-12-31"));
        assert_eq!(nearest(366, "2026-06-01"), None);
    }

    #[test]
    fn the_settlement_day_wins_over_creation_and_that_over_the_effective_date() {
        let created = date("2020-05-29");
        let effective = date("2020-05-20");
        let found = |a, b, c| {
            let settlement = resolve(a, b, c);
            (settlement.date, settlement.source)
        };
        assert_eq!(
            found(Some(149), created, effective),
            (date("2020-05-28"), DateSource::SettlementDay)
        );
        assert_eq!(
            found(Some(149), None, effective),
            (date("2020-05-28"), DateSource::SettlementDay)
        );
        assert_eq!(
            found(None, created, effective),
            (created, DateSource::FileCreation)
        );
        assert_eq!(
            found(None, None, effective),
            (effective, DateSource::EffectiveDate)
        );
        assert_eq!(found(Some(149), None, None), (None, DateSource::Missing));
    }
}
