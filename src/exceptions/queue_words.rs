//! What a queue is called, how its counts are written, and what stands there when it is empty.

use super::{
    filter::{Filter, Tab},
    queries::TabCounts,
};
use crate::{
    kernel::count::{grouped, up_to},
    web::ui::{Empty, Link, Tab as TabView},
};

pub(super) const fn heading(tab: Tab) -> &'static str {
    match tab {
        Tab::Mine => "My exceptions",
        Tab::Unassigned => "Unassigned exceptions",
        Tab::Open => "Open exceptions",
        Tab::Soon => "Exceptions due soon",
        Tab::Overdue => "Overdue exceptions",
        Tab::Waiting => "Waiting exceptions",
        Tab::Snoozed => "Snoozed exceptions",
        Tab::Resolved => "Resolved exceptions",
        Tab::All => "All exceptions",
    }
}

pub(super) const fn tab_label(tab: Tab) -> &'static str {
    match tab {
        Tab::Mine => "Mine",
        Tab::Unassigned => "Unassigned",
        Tab::Open => "Open",
        Tab::Soon => "Due soon",
        Tab::Overdue => "Overdue",
        Tab::Waiting => "Waiting",
        Tab::Snoozed => "Snoozed",
        Tab::Resolved => "Resolved",
        Tab::All => "All",
    }
}

/// A tab's count, as it is written.
pub fn tab_total(tab: Tab, counts: &TabCounts) -> String {
    let n = counts.of(tab);
    match tab {
        Tab::Soon | Tab::Overdue => up_to(n),
        _ => grouped(n),
    }
}

pub(super) fn tabs(current: Tab, counts: &TabCounts) -> Vec<TabView> {
    Tab::ALL
        .iter()
        .filter(|tab| **tab != Tab::All || current == Tab::All)
        .map(|tab| TabView {
            label: tab_label(*tab),
            href: format!("/exceptions?tab={tab}"),
            count: Some(tab_total(*tab, counts)),
            current: *tab == current,
            alarm: *tab == Tab::Overdue && counts.overdue > 0,
        })
        .collect()
}

/// How many a queue has, as it is written: exact where the number is kept.
pub fn written_total(filter: &Filter, total: i64) -> String {
    let is_exact = filter.is_whole_tab() && !matches!(filter.tab, Tab::Soon | Tab::Overdue);
    if is_exact { grouped(total) } else { up_to(total) }
}

pub(super) fn empty(filter: &Filter) -> Empty {
    let all_open = Some(Link {
        href: "/exceptions?tab=open".into(),
        label: "All open exceptions".into(),
    });
    if !filter.is_whole_tab() {
        return Empty {
            icon: "list-filter",
            title: "Nothing matches".into(),
            text: "No exception in this tab has all of these. Remove a filter above.".into(),
            action: Some(Link {
                href: format!("/exceptions?tab={}", filter.tab),
                label: "Clear filters".into(),
            }),
        };
    }
    let (icon, title, text, action) = match filter.tab {
        Tab::Mine => (
            "inbox",
            "You have nothing",
            "Take the next exception, or pick one from Unassigned.",
            all_open,
        ),
        Tab::Unassigned => (
            "circle-check",
            "Nothing is unassigned",
            "Everything open has somebody.",
            all_open,
        ),
        Tab::Open => (
            "circle-check",
            "Nothing is open",
            "New exceptions come with the next import.",
            None,
        ),
        Tab::Soon => (
            "clock",
            "Nothing is due soon",
            "Nothing open falls due within a day.",
            all_open,
        ),
        Tab::Overdue => (
            "circle-check",
            "Nothing is overdue",
            "Everything open is within its time.",
            all_open,
        ),
        Tab::Waiting => (
            "hourglass",
            "Nothing waits",
            "Exceptions handed to outside systems, or that wait for somebody outside, show here.",
            all_open,
        ),
        Tab::Snoozed => (
            "calendar-clock",
            "Nothing is put aside",
            "What is snoozed until a time shows here, and comes back by itself.",
            all_open,
        ),
        Tab::Resolved => (
            "inbox",
            "Nothing is resolved yet",
            "What is resolved shows here, the latest first.",
            all_open,
        ),
        Tab::All => (
            "inbox",
            "There is nothing yet",
            "Exceptions come with imports, through the API, and by hand.",
            None,
        ),
    };
    Empty {
        icon,
        title: title.into(),
        text: text.into(),
        action,
    }
}
