//! Which transactions the list shows, in which order, from where on: read from the address, so that every view can be
//! bookmarked. What is typed wrong is left out and told; it never breaks the page.

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Deserialize;

use super::{Kind, Solution, Status};
use crate::{
    kernel::{
        clock::Ts,
        error::FieldErrors,
        id::{FinancialAccountId, TransactionId},
        money::{Currency, Money},
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

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// The latest or largest first.
    pub descending: bool,
}

impl Sort {
    /// As in the address: `-created` for the latest first.
    pub fn spelled(self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.by)
    }

    fn parse(text: &str) -> Self {
        let (descending, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        SortBy::parse(name).map_or(
            Self {
                by: SortBy::Created,
                descending: true,
            },
            |by| Self { by, descending },
        )
    }
}

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

/// The address's query as it is typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawFilter {
    pub sort: String,
    pub after: String,
    pub before: String,
    pub status: String,
    pub r#type: String,
    pub solution: String,
    pub account: String,
    pub q: String,
    pub trace: String,
    pub amount_from: String,
    pub amount_to: String,
    pub created_from: String,
    pub created_to: String,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Filter {
    pub sort: Sort,
    pub edge: Option<Edge>,
    pub status: Option<Status>,
    pub kind: Option<Kind>,
    pub solution: Option<Solution>,
    pub account: Option<FinancialAccountId>,
    pub trace: Option<String>,
    /// In lower case; found in names, descriptions and memos.
    pub text: Option<String>,
    /// Minor units, inclusive.
    pub amount: (Option<i64>, Option<i64>),
    /// Inclusive.
    pub created: (Option<Ts>, Option<Ts>),
}

impl RawFilter {
    /// What is asked for, and what is wrong with the rest. Days are days in `zone`, both ends included.
    pub fn parse(&self, zone: Tz) -> (Filter, FieldErrors) {
        let mut errors = FieldErrors::default();
        let mut day = |field: &'static str, text: &str| errors.take(field, read_day(text)).flatten();
        let created = (
            day("created_from", &self.created_from).map(|d| Ts::start_of(d, zone)),
            day("created_to", &self.created_to).map(|d| Ts::end_of(d, zone)),
        );
        let mut amount = |field: &'static str, text: &str| errors.take(field, read_amount(text)).flatten();
        let amount = (
            amount("amount_from", &self.amount_from),
            amount("amount_to", &self.amount_to),
        );
        let trace = Some(self.trace.trim().to_owned()).filter(|t| !t.is_empty());
        let filter = Filter {
            sort: Sort::parse(&self.sort),
            edge: Edge::parse(&self.after, false).or_else(|| Edge::parse(&self.before, true)),
            status: Status::parse(&self.status),
            kind: Kind::parse(&self.r#type),
            solution: Solution::parse(&self.solution),
            account: self.account.parse().ok(),
            trace,
            text: Some(self.q.trim().to_lowercase()).filter(|t| !t.is_empty() && t.chars().count() <= 100),
            amount,
            created,
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
            ("q", &self.q),
            ("trace", &self.trace),
            ("amount_from", &self.amount_from),
            ("amount_to", &self.amount_to),
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

fn read_day(text: &str) -> Result<Option<NaiveDate>, String> {
    match text.trim() {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| "Give a day such as 2026-11-21.".into()),
    }
}

fn read_amount(text: &str) -> Result<Option<i64>, String> {
    match text.trim().replace(',', "").as_str() {
        "" => Ok(None),
        text => Money::parse(text, Currency::USD).map(|m| Some(m.minor())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_address_is_everything_the_newest_first() {
        let (filter, errors) = RawFilter::default().parse(Tz::UTC);
        assert!(errors.is_empty() && filter.status.is_none() && filter.edge.is_none());
        assert_eq!(filter.sort.spelled(), "-created");
    }

    #[test]
    fn what_is_typed_wrong_is_left_out_and_told() {
        let raw = RawFilter {
            amount_from: "much".into(),
            amount_to: "1,000.00".into(),
            created_to: "soon".into(),
            sort: "evil".into(),
            after: "1;DROP".into(),
            ..RawFilter::default()
        };
        let (filter, errors) = raw.parse(Tz::UTC);
        assert_eq!(errors.iter().count(), 2);
        assert_eq!(filter.amount, (None, Some(100_000)));
        assert!(filter.edge.is_none());
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
