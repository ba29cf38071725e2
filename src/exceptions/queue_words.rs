//! What a queue is called, how its counts are written, and what stands there when it is empty.

use chrono_tz::Tz;

use super::{
    filter::{Filter, Tab},
    model::{Party, Status},
    queries::{QueueItem, TabCounts},
};
use crate::{
    dispatch::model::Target,
    kernel::count::{grouped, up_to},
    web::ui::{Empty, Link, Tab as TabView},
};

/// Letters of a reason that a row shows; the whole is its title.
const SHOWN: usize = 60;

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

/// What a row says beside its time.
pub struct Note {
    pub text: String,
    /// The same without being cut.
    pub whole: String,
}

/// What there is to know beside the time that a row of `tab` shows: that it was resolved late, why it is put aside, for
/// whom or what it waits.
pub(super) fn note(item: &QueueItem, tab: Tab, zone: Tz) -> Option<Note> {
    match tab {
        Tab::Resolved => (item.updated_at > item.due_at).then(|| Note {
            text: "late".into(),
            whole: format!("It was due {}", item.due_at.written_in(zone)),
        }),
        Tab::Snoozed => item.snooze_reason.as_deref().map(|reason| Note {
            text: if reason.chars().nth(SHOWN).is_some() {
                format!("{reason:.SHOWN$}…")
            } else {
                reason.to_owned()
            },
            whole: reason.to_owned(),
        }),
        Tab::Waiting => whom(item).map(|whom| Note {
            text: format!("waits for {whom}"),
            whole: format!("Waits for {whom}"),
        }),
        _ => item.waiting_for.map(|party| Note {
            text: format!("· {}", in_a_word(party)),
            whole: format!("Waits for {}", party.words()),
        }),
    }
}

/// Who it waits for: the outside system that has it, or somebody outside.
fn whom(item: &QueueItem) -> Option<&str> {
    let system = item.external_system.as_deref();
    let has_it = system.filter(|_| item.status == Status::PendingResolution);
    let named = has_it.map(|system| {
        let known = Target::parse(system).map(Target::named);
        known.unwrap_or(system)
    });
    named.or_else(|| item.waiting_for.map(Party::words))
}

/// Who it waits for, where there is little room.
const fn in_a_word(party: Party) -> &'static str {
    match party {
        Party::Customer => "customer",
        Party::Bank => "bank",
        Party::Processor => "processor",
        Party::Other => "outside",
    }
}

/// Style's class for a tab whose rows say more beside their time.
pub(super) const fn tells(tab: Tab) -> &'static str {
    match tab {
        Tab::Waiting | Tab::Snoozed => " tells",
        _ => "",
    }
}

pub(super) fn empty(filter: &Filter, can_work: bool) -> Empty {
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
        Tab::Mine if !can_work => (
            "inbox",
            "You have nothing",
            "Your role reads exceptions and does not work them, so none is yours.",
            all_open,
        ),
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
