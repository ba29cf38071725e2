//! Small printable values that several pages share; the macros of `templates/ui` print them.

use std::{borrow::Cow, collections::HashMap};

use uuid::Uuid;

pub use crate::exceptions::model::{Severity, Status};
use crate::{
    db::paging::{Ends, Slice},
    kernel::count::{self, grouped},
};

/// The style sheet's class of a badge.
pub trait Badge {
    fn class(&self) -> &'static str;
}

impl Badge for Severity {
    fn class(&self) -> &'static str {
        match self {
            Self::Low => "l",
            Self::Medium => "m",
            Self::High => "h",
            Self::Critical => "c",
        }
    }
}

impl Badge for Status {
    fn class(&self) -> &'static str {
        match self {
            Self::New => "u",
            Self::InProgress => "g",
            Self::PendingResolution => "p",
            Self::Resolved => "r",
            Self::Reopened => "o",
        }
    }
}

#[derive(Clone, Copy)]
pub enum Tone {
    Grey,
    Blue,
    Green,
    Amber,
    Red,
    Violet,
}

impl Tone {
    pub fn class(&self) -> &'static str {
        match self {
            Self::Grey => "grey",
            Self::Blue => "blue",
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
            Self::Violet => "violet",
        }
    }
}

/// A badge with icon and word.
#[derive(Clone)]
pub struct Tag {
    pub tone: Tone,
    pub icon: &'static str,
    pub text: String,
}

/// A moment: `iso` for the machine, `exact` in the person's time zone, `relative` ("3 h", [`JUST_NOW`]).
#[derive(Clone)]
pub struct Stamp {
    pub iso: String,
    pub exact: String,
    pub relative: String,
}

/// What is said of a time that is less than a minute past.
pub const JUST_NOW: &str = "just now";

impl Stamp {
    /// How long it is past: "3 h ago", "just now".
    pub fn ago(&self) -> Cow<'_, str> {
        if self.relative == JUST_NOW {
            Cow::Borrowed(JUST_NOW)
        } else {
            Cow::Owned(format!("{} ago", self.relative))
        }
    }
}

/// When something is due; `at.relative` holds the words ("4 h left", "Overdue 2 h").
#[derive(Clone)]
pub struct Due {
    pub at: Stamp,
    pub state: DueState,
}

#[derive(Clone, Copy)]
pub enum DueState {
    Fine,
    Soon,
    Late,
}

impl DueState {
    pub fn class(&self) -> &'static str {
        match self {
            Self::Fine => "wait",
            Self::Soon => "soon",
            Self::Late => "late",
        }
    }
}

#[derive(Clone)]
pub struct Money {
    pub amount: String,
    pub currency: String,
}

#[derive(Clone)]
pub struct Person {
    pub name: String,
    pub initials: String,
}

impl Person {
    /// With the initials of the name.
    pub fn named(name: String) -> Self {
        Self {
            initials: initials(&name),
            name,
        }
    }
}

/// The first letters of the first and last word of a name.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|w| w.chars().next());
    let last = words.next_back().and_then(|w| w.chars().next());
    first
        .into_iter()
        .chain(last)
        .flat_map(char::to_uppercase)
        .collect()
}

#[derive(Clone)]
pub struct Link {
    pub href: String,
    pub label: String,
}

pub struct Tab {
    pub label: &'static str,
    pub href: String,
    /// "12" or "1,000+".
    pub count: Option<String>,
    pub current: bool,
    /// Shows the count in red.
    pub alarm: bool,
}

/// An active filter; `href` is the list without it.
pub struct Chip {
    pub text: String,
    pub href: String,
}

/// One option of a select.
pub struct Choice {
    pub value: String,
    pub label: String,
    pub selected: bool,
}

/// A column head; with `href` it sorts.
pub struct Column {
    pub label: &'static str,
    pub href: Option<String>,
    pub order: Order,
    pub right: bool,
    /// Only for readers, as over a column of buttons.
    pub hidden: bool,
}

impl Column {
    /// One that does not sort.
    pub fn plain(label: &'static str) -> Self {
        Self {
            label,
            href: None,
            order: Order::None,
            right: false,
            hidden: false,
        }
    }

    /// One of numbers, when `right`.
    #[must_use]
    pub fn right(mut self, right: bool) -> Self {
        self.right = right;
        self
    }

    /// One for readers alone, when `hidden`.
    #[must_use]
    pub fn hidden(mut self, hidden: bool) -> Self {
        self.hidden = hidden;
        self
    }
}

pub enum Order {
    None,
    Up,
    Down,
}

impl Order {
    pub fn aria(&self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Up => Some("ascending"),
            Self::Down => Some("descending"),
        }
    }

    pub fn icon(&self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Up => Some("arrow-up"),
            Self::Down => Some("arrow-down"),
        }
    }
}

pub struct Pager {
    /// How many, or "1–50" where the position is known: see [`Pager::which`].
    pub shown: String,
    /// Empty where nobody counted.
    pub total: String,
    pub previous: Option<String>,
    pub next: Option<String>,
}

impl Pager {
    /// Which of a list a page has. A page by keyset knows its place where the list begins, and where it ends and `total`
    /// is a number; elsewhere it tells how many it has. `around` says whether there are some before it and after it.
    pub fn which(rows: usize, around: (bool, bool), total: &str) -> String {
        let known = count::read(total).and_then(|n| usize::try_from(n).ok());
        let span = |from: usize, to: usize| format!("{}–{}", grouped(from), grouped(to));
        match (around, known) {
            ((false, true), _) if rows > 1 => span(1, rows),
            ((true, false), Some(total)) if total > rows => span(total - rows + 1, total),
            ((true, _), _) if !total.is_empty() => format!("{rows} on this page"),
            _ => rows.to_string(),
        }
    }

    /// Of a page by keyset whose list nobody counted. `link` leads to the rows behind the one at an edge, or before it
    /// when it is asked to go backwards.
    pub fn along<T>(page: &Slice<T>, ends: Ends, link: impl Fn((i64, Uuid), bool) -> String) -> Self {
        Self {
            shown: page.rows.len().to_string(),
            total: String::new(),
            previous: ends
                .filter(|_| page.has_previous)
                .map(|[first, _]| link(first, true)),
            next: ends.filter(|_| page.has_next).map(|[_, last]| link(last, false)),
        }
    }
}

/// Something to know about a record, at the top of its page.
pub struct Notice {
    pub tone: Tone,
    pub icon: &'static str,
    pub text: String,
    pub link: Option<Link>,
}

pub struct Empty {
    pub icon: &'static str,
    pub title: String,
    pub text: String,
    pub action: Option<Link>,
}

/// One line of a list of facts.
#[derive(Clone)]
pub struct Fact {
    pub label: String,
    pub value: String,
    pub href: Option<String>,
    /// Small print under the value, or empty.
    pub note: String,
    /// An identifier or a piece of a file, in fixed width.
    pub fixed: bool,
}

impl Fact {
    /// One of words or numbers, without small print.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            value: value.into(),
            href: None,
            note: String::new(),
            fixed: false,
        }
    }

    /// One of an identifier, when `fixed`.
    #[must_use]
    pub fn fixed(mut self, fixed: bool) -> Self {
        self.fixed = fixed;
        self
    }
}

/// One line of a before-and-after table.
#[derive(Clone)]
pub struct Change {
    pub label: String,
    pub before: String,
    pub after: String,
    pub changed: bool,
    /// Such as "Check digit is right".
    pub verdict: Option<Tag>,
}

impl From<crate::approvals::Difference> for Change {
    fn from(of: crate::approvals::Difference) -> Self {
        Self {
            changed: of.before != of.after,
            label: of.label,
            before: of.before,
            after: of.after,
            verdict: None,
        }
    }
}

/// One rule clock.
pub struct Clock {
    pub name: String,
    /// "3 banking days left" or "Closed 24 Oct 2018".
    pub left: String,
    pub at: Option<Stamp>,
    pub state: ClockState,
    pub who: String,
    pub text: String,
}

pub enum ClockState {
    Open,
    Soon,
    Late,
    /// Done, or come in time.
    Met,
    Shut,
}

impl ClockState {
    pub fn class(&self) -> &'static str {
        match self {
            Self::Open => "open-b",
            Self::Soon => "soon-b",
            Self::Late => "late-b",
            Self::Met => "met-b",
            Self::Shut => "shut-b",
        }
    }

    pub fn icon(&self) -> &'static str {
        match self {
            Self::Open => "clock",
            Self::Soon => "hourglass",
            Self::Late => "triangle-alert",
            Self::Met => "circle-check",
            Self::Shut => "lock",
        }
    }
}

/// One payment of a chain: the original, its return, a retry.
pub struct ChainStep {
    pub title: String,
    pub detail: String,
    pub tag: Option<Tag>,
    pub href: Option<String>,
    pub current: bool,
    /// Not there yet: "Retry 2, possible until 14 Apr 2027".
    pub ghost: bool,
}

/// One line of a timeline, oldest first.
pub struct Entry {
    pub icon: &'static str,
    pub who: String,
    pub what: String,
    pub at: Stamp,
    /// A comment's or note's own text, printed as it was typed.
    pub text: Option<String>,
}

/// One line of an activity with comments and notes in it.
pub struct Moment {
    pub entry: Entry,
    /// A note's title; empty where there is none.
    pub title: String,
    /// When the text was last changed.
    pub edited: Option<Stamp>,
    /// Where it can be changed, for whoever may, and what it is called there: "the comment of 3 Nov 2026, 12:03".
    pub edit: Option<Link>,
}

impl From<Entry> for Moment {
    fn from(entry: Entry) -> Self {
        Self {
            entry,
            title: String::new(),
            edited: None,
            edit: None,
        }
    }
}

/// Tells links of one name apart, as of two comments of one minute, by their place among those of that name.
pub fn tell_apart<'a>(moments: impl IntoIterator<Item = &'a mut Moment>) {
    let mut of_one_name: HashMap<String, Vec<&mut Link>> = HashMap::new();
    for link in moments.into_iter().filter_map(|moment| moment.edit.as_mut()) {
        of_one_name.entry(link.label.clone()).or_default().push(link);
    }
    for (name, links) in of_one_name.into_iter().filter(|(_, links)| links.len() > 1) {
        let count = links.len();
        for (place, link) in (1..).zip(links) {
            link.label = format!("{name}, {place} of {count}");
        }
    }
}

/// An act that is open, or closed with the reason in words.
pub struct Move {
    /// Unique on the page; ties the button to its reason.
    pub id: &'static str,
    pub label: String,
    pub icon: &'static str,
    pub href: String,
    pub text: String,
    pub primary: bool,
    pub closed: bool,
    /// Whether the page that it leads to is a form that opens in a dialog, where there is script.
    pub dialog: bool,
}

/// A number with what it counts.
pub struct Tile {
    pub number: String,
    pub label: String,
    pub href: Option<String>,
    /// Grey for plain; red or amber where the number is bad news.
    pub tone: Tone,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_one_name_are_told_apart_and_others_keep_theirs() {
        let entry = || Entry {
            icon: "sticky-note",
            who: "Ada".into(),
            what: "commented".into(),
            at: Stamp {
                iso: String::new(),
                exact: String::new(),
                relative: String::new(),
            },
            text: None,
        };
        let mut moments: Vec<Moment> = [
            "the comment of 12:03",
            "",
            "the note of 12:03",
            "the comment of 12:03",
        ]
        .into_iter()
        .map(|label| Moment {
            edit: (!label.is_empty()).then(|| Link {
                href: "/".into(),
                label: label.into(),
            }),
            ..Moment::from(entry())
        })
        .collect();
        tell_apart(&mut moments);
        let labels: Vec<&str> = moments
            .iter()
            .filter_map(|moment| moment.edit.as_ref().map(|link| link.label.as_str()))
            .collect();
        assert_eq!(
            labels,
            [
                "the comment of 12:03, 1 of 2",
                "the note of 12:03",
                "the comment of 12:03, 2 of 2"
            ]
        );
    }

    #[test]
    fn a_page_tells_its_place_where_it_is_known_and_else_how_many_it_has() {
        for (rows, around, total, which) in [
            (40, (false, false), "40", "40"),
            (50, (false, true), "1,184", "1–50"),
            (50, (true, true), "1,184", "50 on this page"),
            (34, (true, false), "1,184", "1,151–1,184"),
            (34, (true, false), "1,000+", "34 on this page"),
            (50, (true, true), "", "50"),
            (0, (true, false), "0", "0 on this page"),
        ] {
            assert_eq!(Pager::which(rows, around, total), which);
        }
    }
}
