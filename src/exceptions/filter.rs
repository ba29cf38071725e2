//! Which exceptions a queue shows, in which order, from where on: read from the address, so that every view can be
//! bookmarked. What is typed wrong is left out and told; it never breaks the page.

use chrono_tz::Tz;
use serde::Deserialize;

use super::{
    by_words::{ByWords, WordEdge, Words},
    model::{Kind, Severity, Source, Status},
};
use crate::{
    kernel::{
        clock::{Ts, read_day},
        error::FieldErrors,
        id::{ExceptionId, ImportId, TeamId, TeamMemberId},
        money::Money,
        sort::Sorted,
    },
    search::terms::Terms,
    spelled,
};

spelled! {
    /// A tab of the queue.
    pub enum Tab {
        /// What I have.
        Mine = "mine",
        /// What nobody has.
        Unassigned = "unassigned",
        /// Everything that is not resolved.
        Open = "open",
        /// Due within a day.
        Soon = "soon",
        /// Past its due time.
        Overdue = "overdue",
        /// With an outside system, or waiting for somebody outside.
        Waiting = "waiting",
        /// Put aside until a time.
        Snoozed = "snoozed",
        /// Closed.
        Resolved = "resolved",
        /// Everything there is: behind the numbers of reports, which count what has come whatever became of it.
        All = "all",
    }
}

spelled! {
    /// What a queue is sorted by.
    pub enum SortBy {
        /// The due time, the soonest first.
        Due = "due",
        /// The age.
        Created = "created",
        /// The latest change.
        Updated = "updated",
        /// The amount.
        Amount = "amount",
        /// The severity.
        Severity = "severity",
    }
}

/// An order that an index has.
pub type Sort = Sorted<SortBy>;

impl Sort {
    /// The order of a tab when nothing is said.
    pub const fn of_tab(tab: Tab) -> Self {
        match tab {
            Tab::Resolved => Self {
                by: SortBy::Updated,
                descending: true,
            },
            Tab::All => Self {
                by: SortBy::Created,
                descending: true,
            },
            _ => Self {
                by: SortBy::Due,
                descending: false,
            },
        }
    }
}

/// From where on a page goes: the sort value and id of the row at its edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The row's value in the column sorted by.
    pub value: i64,
    /// The row.
    pub id: ExceptionId,
    /// The page before this row rather than after it.
    pub backwards: bool,
}

impl Edge {
    /// As in the address.
    pub fn spelled(value: i64, id: ExceptionId) -> String {
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

/// Whose exceptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Nobody's.
    Nobody,
    /// This member's.
    Member(TeamMemberId),
    /// That of anybody in this team.
    Team(TeamId),
}

/// The address's query as it is typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawFilter {
    pub tab: String,
    pub sort: String,
    pub after: String,
    pub before: String,
    pub r#type: String,
    pub code: String,
    pub severity: String,
    pub assignee: String,
    pub team: String,
    pub status: String,
    pub source: String,
    pub import: String,
    pub text: String,
    pub amount_from: String,
    pub amount_to: String,
    pub created_from: String,
    pub created_to: String,
    pub due_from: String,
    pub due_to: String,
    pub resolved_from: String,
    pub resolved_to: String,
    pub in_time: String,
}

/// What the filter of codes says for those that have none. Several codes stand apart by commas.
pub const NO_CODE: &str = "NONE";

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Filter {
    pub tab: Tab,
    pub sort: Sort,
    /// The order that is asked for in its place, which only a short queue can have.
    pub by_words: Option<ByWords>,
    /// From where on, in the order of `sort`.
    pub edge: Option<Edge>,
    /// The same in the order by words.
    pub word_edge: Option<WordEdge>,
    pub kind: Option<Kind>,
    pub code: Option<String>,
    pub severity: Option<Severity>,
    pub holder: Option<Holder>,
    pub status: Option<Status>,
    pub source: Option<Source>,
    pub import: Option<ImportId>,
    /// Words that it has, in itself, its comments or notes.
    pub text: Option<Terms>,
    /// Minor units, inclusive.
    pub amount: (Option<i64>, Option<i64>),
    pub created: (Option<Ts>, Option<Ts>),
    pub due: (Option<Ts>, Option<Ts>),
    /// A resolved exception is frozen, so that its latest change is its resolution.
    pub resolved: (Option<Ts>, Option<Ts>),
    /// Resolved by its due time, or after it.
    pub in_time: Option<bool>,
}

impl Filter {
    /// Whether it is a page behind or before a row, in whichever order.
    pub fn has_edge(&self) -> bool {
        self.edge.is_some() || self.word_edge.is_some()
    }

    /// From the beginning on.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.edge = None;
        self.word_edge = None;
        self
    }

    /// Nothing but a tab.
    pub fn of_tab(tab: Tab) -> Self {
        let raw = RawFilter {
            tab: tab.as_str().into(),
            ..RawFilter::default()
        };
        raw.parse(Tz::UTC).0
    }

    /// Whether the tab shows all it has: then its count is known without counting.
    pub fn is_whole_tab(&self) -> bool {
        self.kind.is_none()
            && self.code.is_none()
            && self.severity.is_none()
            && self.holder.is_none()
            && self.status.is_none()
            && self.source.is_none()
            && self.import.is_none()
            && self.text.is_none()
            && self.amount == (None, None)
            && self.created == (None, None)
            && self.due == (None, None)
            && !self.is_of_resolved()
    }

    /// Whether only resolved exceptions can be meant.
    pub fn is_of_resolved(&self) -> bool {
        self.resolved != (None, None) || self.in_time.is_some()
    }
}

impl RawFilter {
    /// What a query string asks for; nothing when it cannot be read.
    pub fn read(query: &str) -> Self {
        serde_urlencoded::from_str(query).unwrap_or_default()
    }

    /// As a query string: the fields that are set, in one order, without the page.
    pub fn query(&self) -> String {
        serde_urlencoded::to_string(self.set_fields()).unwrap_or_default()
    }

    /// What is asked for, and what is wrong with the rest. Days are days in `zone`, both ends included.
    pub fn parse(&self, zone: Tz) -> (Filter, FieldErrors) {
        let mut errors = FieldErrors::default();
        let tab = Tab::parse(&self.tab).unwrap_or(Tab::Open);
        // Each tab has its own when nothing is said, and beneath an order by words.
        let sort = Sort::read(&self.sort, SortBy::parse).unwrap_or(Sort::of_tab(tab));
        let by_words = ByWords::read(&self.sort, Words::parse);
        let edge = Edge::parse(&self.after, false).or_else(|| Edge::parse(&self.before, true));
        let word_edge = WordEdge::parse(&self.after, false).or_else(|| WordEdge::parse(&self.before, true));
        let mut days = |names, from: &str, to: &str| {
            let wrong = "The last day is before the first.";
            let (from, to) = errors.take_range(names, [read_day(from), read_day(to)], wrong);
            (
                from.map(|d| Ts::start_of(d, zone)),
                to.map(|d| Ts::end_of(d, zone)),
            )
        };
        let created = days(
            ["created_from", "created_to"],
            &self.created_from,
            &self.created_to,
        );
        let due = days(["due_from", "due_to"], &self.due_from, &self.due_to);
        let resolved = days(
            ["resolved_from", "resolved_to"],
            &self.resolved_from,
            &self.resolved_to,
        );
        let amount = errors.take_range(
            ["amount_from", "amount_to"],
            [
                Money::read_end(&self.amount_from),
                Money::read_end(&self.amount_to),
            ],
            "The amount to is below the amount from.",
        );
        let code = Some(self.code.trim().to_uppercase()).filter(|c| !c.is_empty());
        let filter = Filter {
            tab,
            sort,
            by_words,
            edge,
            word_edge,
            kind: Kind::parse(&self.r#type),
            code,
            severity: Severity::parse(&self.severity),
            holder: match self.assignee.as_str() {
                "UNASSIGNED" => Some(Holder::Nobody),
                "" => self.team.parse().ok().map(Holder::Team),
                id => id.parse().ok().map(Holder::Member),
            },
            status: Status::parse(&self.status),
            source: Source::parse(&self.source),
            import: self.import.parse().ok(),
            text: Terms::parse(&self.text),
            amount,
            created,
            due,
            resolved,
            in_time: match self.in_time.as_str() {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            },
        };
        (filter, errors)
    }

    /// The fields that are set, by their names in the address; `page` ones (from where on) left out.
    pub fn set_fields(&self) -> Vec<(&'static str, &str)> {
        [
            ("tab", &self.tab),
            ("sort", &self.sort),
            ("type", &self.r#type),
            ("code", &self.code),
            ("severity", &self.severity),
            ("assignee", &self.assignee),
            ("team", &self.team),
            ("status", &self.status),
            ("source", &self.source),
            ("import", &self.import),
            ("text", &self.text),
            ("amount_from", &self.amount_from),
            ("amount_to", &self.amount_to),
            ("created_from", &self.created_from),
            ("created_to", &self.created_to),
            ("due_from", &self.due_from),
            ("due_to", &self.due_to),
            ("resolved_from", &self.resolved_from),
            ("resolved_to", &self.resolved_to),
            ("in_time", &self.in_time),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name, value.as_str()))
        .collect()
    }

    /// The address of this queue with some fields set otherwise; an empty value leaves a field out.
    pub fn address(&self, otherwise: &[(&str, &str)]) -> String {
        let kept = self
            .set_fields()
            .into_iter()
            .filter(|(name, _)| !otherwise.iter().any(|(n, _)| n == name));
        let new = otherwise.iter().copied().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<(&str, &str)> = kept.chain(new).collect();
        if pairs.is_empty() {
            return "/exceptions".into();
        }
        format!(
            "/exceptions?{}",
            serde_urlencoded::to_string(pairs).unwrap_or_default()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_address_is_the_open_tab_by_due_time() {
        let (filter, errors) = RawFilter::default().parse(Tz::UTC);
        assert!(errors.is_empty() && filter.is_whole_tab());
        assert_eq!((filter.tab, filter.sort.spelled().as_str()), (Tab::Open, "due"));
    }

    #[test]
    fn what_is_typed_wrong_is_left_out_and_told() {
        let raw = RawFilter {
            amount_from: "much".into(),
            due_to: "soon".into(),
            sort: "evil".into(),
            ..RawFilter::default()
        };
        let (filter, errors) = raw.parse(Tz::UTC);
        assert!(filter.is_whole_tab());
        assert_eq!(errors.iter().count(), 2);
    }

    #[test]
    fn an_address_keeps_the_other_filters() {
        let raw = RawFilter {
            tab: "mine".into(),
            code: "R01".into(),
            after: "x".into(),
            ..RawFilter::default()
        };
        assert_eq!(
            raw.address(&[("sort", "-amount")]),
            "/exceptions?tab=mine&code=R01&sort=-amount"
        );
        assert_eq!(raw.address(&[("code", "")]), "/exceptions?tab=mine");
    }
}
