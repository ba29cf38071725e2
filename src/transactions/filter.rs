//! Which transactions the list shows, in which order, from where on: read from the address, so that every view can be
//! bookmarked. What is typed wrong is left out of the list and told at its field; a file is not made of it.

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Deserialize;

use super::{Kind, Solution, Status};
use crate::{
    kernel::{
        clock::{Ts, read_day},
        error::FieldErrors,
        id::{FinancialAccountId, TransactionId},
        money::Money,
        sort::Sorted,
    },
    spelled,
};

spelled! {
    /// What the list is sorted by.
    pub enum SortBy {
        /// When it was made.
        Created = "created",
        /// How much it is.
        Amount = "amount",
    }
}

spelled! {
    /// The day that dates are about.
    pub enum DayOf {
        /// On which it was made.
        Created = "created",
        /// On which it takes effect.
        Effective = "effective",
        /// On which it settles.
        Settlement = "settlement",
        /// On which it counts: settled, else effective, else made.
        Value = "value",
    }
}

impl DayOf {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::Effective => "Takes effect",
            Self::Settlement => "Settles",
            Self::Value => "Counts",
        }
    }
}

/// An order.
pub type Sort = Sorted<SortBy>;

/// The order when nothing is said.
const NEWEST: Sort = Sort {
    by: SortBy::Created,
    descending: true,
};

/// From where on a page goes: the sort value and id of the row at its edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The row's value in the column sorted by.
    pub value: i64,
    /// The row.
    pub id: TransactionId,
    /// The page before this row rather than after it.
    pub backwards: bool,
}

impl Edge {
    /// As in the address.
    pub fn spelled(value: i64, id: TransactionId) -> String {
        format!("{value}.{id}")
    }

    fn parse(text: &str, backwards: bool) -> Option<Self> {
        let (value, id) = text.rsplit_once('.')?;
        Some(Self {
            value: value.parse().ok()?,
            id: id.parse().ok()?,
            backwards,
        })
    }
}

/// The company identification of payments that have none.
pub const NO_COMPANY: &str = "NONE";

/// The address's query as it is typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawFilter {
    pub sort: String,
    pub after: String,
    pub before: String,
    /// One or several, with commas.
    pub status: String,
    pub r#type: String,
    pub solution: String,
    /// An account by its id.
    pub account: String,
    /// Accounts by their name, their holder or the last four of their number.
    pub party: String,
    pub q: String,
    pub trace: String,
    /// A company identification, or [`NO_COMPANY`].
    pub company: String,
    pub amount_from: String,
    pub amount_to: String,
    /// What the dates are about.
    pub date: String,
    pub date_from: String,
    pub date_to: String,
    /// As dates of creation; from addresses of before.
    pub created_from: String,
    pub created_to: String,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Filter {
    pub sort: Sort,
    pub edge: Option<Edge>,
    /// Any of these; empty for all.
    pub statuses: Vec<Status>,
    pub kind: Option<Kind>,
    pub solution: Option<Solution>,
    pub account: Option<FinancialAccountId>,
    /// Found in the names of accounts and holders, or the last four of a number.
    pub party: Option<String>,
    /// From or to any of these: what [`super::search::read`] finds for the party.
    pub parties: Option<Vec<FinancialAccountId>>,
    pub trace: Option<String>,
    pub company: Option<String>,
    /// In lower case; found in names, descriptions and memos.
    pub text: Option<String>,
    /// Minor units, inclusive.
    pub amount: (Option<i64>, Option<i64>),
    /// What the days are about.
    pub day_of: DayOf,
    /// Inclusive.
    pub days: (Option<NaiveDate>, Option<NaiveDate>),
    /// The same days as moments, for what has a time.
    pub moments: (Option<Ts>, Option<Ts>),
}

/// The most characters of a text.
const TEXT: usize = 100;
/// The most characters of a trace number.
const TRACE: usize = 15;
/// The most characters of a company identification.
const COMPANY: usize = 10;

impl RawFilter {
    /// With dates of creation under their present names.
    #[must_use]
    pub fn renamed(mut self) -> Self {
        let (from, to) = (
            std::mem::take(&mut self.created_from),
            std::mem::take(&mut self.created_to),
        );
        if self.date_from.is_empty() && self.date_to.is_empty() && !(from.is_empty() && to.is_empty()) {
            (self.date_from, self.date_to) = (from, to);
            self.date = DayOf::Created.as_str().into();
        }
        self
    }

    /// What is asked for, and what is wrong with the rest. Days of creation are days in `zone`, both ends included; the
    /// day on which a payment counts is one in New York, as in the return rates.
    pub fn parse(&self, zone: Tz) -> (Filter, FieldErrors) {
        let mut errors = FieldErrors::default();
        let statuses = errors
            .take("status", read_statuses(&self.status))
            .unwrap_or_default();
        let kind = errors
            .take("type", one_of(&self.r#type, Kind::parse, "types"))
            .flatten();
        let solution = errors
            .take("solution", one_of(&self.solution, Solution::parse, "ways"))
            .flatten();
        let account = errors.take("account", read_account(&self.account)).flatten();
        let party = errors.take("party", short(&self.party, TEXT)).flatten();
        let text = errors.take("q", short(&self.q, TEXT)).flatten();
        let trace = errors.take("trace", short(&self.trace, TRACE)).flatten();
        let company = errors.take("company", short(&self.company, COMPANY)).flatten();
        let amount = errors.take_range(
            ["amount_from", "amount_to"],
            [
                Money::read_end(&self.amount_from),
                Money::read_end(&self.amount_to),
            ],
            "The amount to is below the amount from.",
        );
        let day_of = errors
            .take("date", one_of(&self.date, DayOf::parse, "days"))
            .flatten();
        let day_of = day_of.unwrap_or(DayOf::Created);
        let days = errors.take_range(
            ["date_from", "date_to"],
            [read_day(&self.date_from), read_day(&self.date_to)],
            "The last day is before the first.",
        );
        let zone = match day_of {
            DayOf::Value => Tz::America__New_York,
            _ => zone,
        };
        let filter = Filter {
            sort: Sort::read(&self.sort, SortBy::parse).unwrap_or(NEWEST),
            edge: Edge::parse(&self.after, false).or_else(|| Edge::parse(&self.before, true)),
            statuses,
            kind,
            solution,
            account,
            party,
            parties: None,
            trace,
            company,
            text: text.map(|text| text.to_lowercase()),
            amount,
            day_of,
            days,
            moments: (
                days.0.map(|day| Ts::start_of(day, zone)),
                days.1.map(|day| Ts::end_of(day, zone)),
            ),
        };
        (filter, errors)
    }

    /// The filters that are set, by their names in the address.
    pub fn set_fields(&self) -> Vec<(&'static str, &str)> {
        [
            ("status", &self.status),
            ("type", &self.r#type),
            ("solution", &self.solution),
            ("account", &self.account),
            ("party", &self.party),
            ("q", &self.q),
            ("trace", &self.trace),
            ("company", &self.company),
            ("amount_from", &self.amount_from),
            ("amount_to", &self.amount_to),
            ("date", &self.date),
            ("date_from", &self.date_from),
            ("date_to", &self.date_to),
            ("created_from", &self.created_from),
            ("created_to", &self.created_to),
            ("sort", &self.sort),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name, value.as_str()))
        .collect()
    }

    /// The address of this list as CSV.
    pub fn export_address(&self) -> String {
        self.address(&[])
            .replacen("/transactions", "/transactions.csv", 1)
    }

    /// The address of this list with some fields set otherwise; an empty value leaves a field out.
    pub fn address(&self, otherwise: &[(&str, &str)]) -> String {
        let kept = self
            .set_fields()
            .into_iter()
            .filter(|(name, _)| !otherwise.iter().any(|(n, _)| n == name));
        let new = otherwise.iter().copied().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<(&str, &str)> = kept.chain(new).collect();
        if pairs.is_empty() {
            return "/transactions".into();
        }
        format!(
            "/transactions?{}",
            serde_urlencoded::to_string(pairs).unwrap_or_default()
        )
    }
}

fn one_of<T>(text: &str, parse: impl Fn(&str) -> Option<T>, what: &str) -> Result<Option<T>, String> {
    match text.trim() {
        "" => Ok(None),
        text => parse(text)
            .map(Some)
            .ok_or_else(|| format!("Choose one of the {what} that are offered.")),
    }
}

fn read_statuses(text: &str) -> Result<Vec<Status>, String> {
    let all: Option<Vec<Status>> = text
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(Status::parse)
        .collect();
    all.ok_or_else(|| "Choose one of the statuses that are offered.".into())
}

fn read_account(text: &str) -> Result<Option<FinancialAccountId>, String> {
    match text.trim() {
        "" => Ok(None),
        id => id.parse().map(Some).map_err(|_| NO_ACCOUNT.to_owned()),
    }
}

/// What is said of an account that is not there.
pub const NO_ACCOUNT: &str = "There is no such account.";

fn short(text: &str, most: usize) -> Result<Option<String>, String> {
    match text.trim() {
        "" => Ok(None),
        text if text.chars().count() > most => Err(format!("At most {most} characters fit.")),
        text => Ok(Some(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_address_is_everything_the_newest_first() {
        let (filter, errors) = RawFilter::default().parse(Tz::UTC);
        assert!(errors.is_empty() && filter.statuses.is_empty() && filter.edge.is_none());
        assert_eq!(filter.sort.spelled(), "-created");
    }

    #[test]
    fn what_is_typed_wrong_is_left_out_and_told_at_its_field() {
        let raw = RawFilter {
            status: "NEW,LOST".into(),
            r#type: "GIFT".into(),
            solution: "pigeon".into(),
            account: "mine".into(),
            party: "x".repeat(101),
            q: "x".repeat(101),
            trace: "1".repeat(16),
            company: "1".repeat(11),
            amount_from: "much".into(),
            amount_to: "1,000.00".into(),
            date: "birthday".into(),
            date_to: "soon".into(),
            sort: "evil".into(),
            after: "1;DROP".into(),
            ..RawFilter::default()
        };
        let (filter, errors) = raw.parse(Tz::UTC);
        for field in [
            "status",
            "type",
            "solution",
            "account",
            "party",
            "q",
            "trace",
            "company",
            "amount_from",
            "date",
            "date_to",
        ] {
            assert!(errors.of(field).is_some(), "{field}");
        }
        assert_eq!(errors.iter().count(), 11);
        assert_eq!(filter.amount, (None, Some(100_000)));
        assert!(filter.edge.is_none() && filter.statuses.is_empty());
    }

    #[test]
    fn ends_in_the_wrong_order_are_told_and_the_last_is_left_out() {
        let raw = RawFilter {
            amount_from: "10.00".into(),
            amount_to: "9.99".into(),
            date_from: "2026-11-04".into(),
            date_to: "2026-11-03".into(),
            ..RawFilter::default()
        };
        let (filter, errors) = raw.parse(Tz::UTC);
        assert_eq!(errors.iter().count(), 2);
        let first = "2026-11-04".parse().ok();
        assert_eq!((filter.amount, filter.days), ((Some(1_000), None), (first, None)));
        let same = RawFilter {
            amount_from: "10.00".into(),
            amount_to: "10.00".into(),
            date_from: "2026-11-04".into(),
            date_to: "2026-11-04".into(),
            ..RawFilter::default()
        };
        assert!(same.parse(Tz::UTC).1.is_empty());
    }

    #[test]
    fn dates_of_creation_have_another_name_now() {
        let raw = RawFilter {
            created_from: "2026-11-04".into(),
            ..RawFilter::default()
        };
        assert_eq!(
            raw.renamed().address(&[]),
            "/transactions?date=created&date_from=2026-11-04"
        );
    }

    #[test]
    fn an_address_keeps_the_other_filters() {
        let raw = RawFilter {
            status: "NEW".into(),
            trace: "0910".into(),
            after: "x".into(),
            ..RawFilter::default()
        };
        assert_eq!(
            raw.address(&[("sort", "amount")]),
            "/transactions?status=NEW&trace=0910&sort=amount"
        );
        assert_eq!(raw.address(&[("status", "")]), "/transactions?trace=0910");
    }
}
