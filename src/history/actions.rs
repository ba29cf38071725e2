//! What was done, by Matcher's names (matcher.md section 9) where it has one, by ours elsewhere; and the way back from a
//! name to the events that it tells.

use super::{Event, EventKind, listing::Wanted};
use crate::exceptions::model::ResolutionKind;

/// A name, and the events that it names.
type Name = (&'static str, fn() -> Wanted);

/// Matcher's names for what ours do not tell apart.
const NAMES: &[Name] = &[
    ("BULK_ASSIGN", || Wanted {
        in_bulk: Some(true),
        ..of(EventKind::AssignedTo)
    }),
    ("BULK_RESOLVE", || Wanted {
        in_bulk: Some(true),
        ..of(EventKind::Resolution)
    }),
    ("CALLBACK_PROCESSED", || of(EventKind::Callback)),
    ("DISPUTE_OPENED", || Wanted {
        previous: vec![""],
        ..of(EventKind::Dispute)
    }),
    ("EVIDENCE_SUBMITTED", || Wanted {
        // Only evidence leaves a dispute open, or opens one that waits for it.
        previous: vec!["OPEN", "PENDING_EVIDENCE"],
        new: Some("OPEN"),
        ..of(EventKind::Dispute)
    }),
    ("EVIDENCE_REQUESTED", || Wanted {
        new: Some("PENDING_EVIDENCE"),
        ..of(EventKind::Dispute)
    }),
    ("DISPUTE_WON", || Wanted {
        new: Some("WON"),
        ..of(EventKind::Dispute)
    }),
    ("DISPUTE_LOST", || Wanted {
        new: Some("LOST"),
        ..of(EventKind::Dispute)
    }),
    ("DISPUTE_REOPENED", || Wanted {
        previous: vec!["WON", "LOST"],
        ..of(EventKind::Dispute)
    }),
];

fn of(kind: EventKind) -> Wanted {
    Wanted {
        kinds: vec![kind],
        ..Wanted::default()
    }
}

/// The name of what was done.
pub fn name(event: &Event) -> String {
    let matching = NAMES.iter().find(|(_, wanted)| is_of(event, &wanted()));
    match (matching, event.kind) {
        // A resolution of many tells its type in its changes; the two types that Matcher knows stay what they are.
        (_, EventKind::Resolution)
            if is_matchers(&event.new) || !event.is_in_bulk() && !event.new.is_empty() =>
        {
            event.new.clone()
        }
        (Some((name, _)), _) => (*name).to_owned(),
        (None, kind) => kind.as_str().to_owned(),
    }
}

fn is_matchers(kind: &str) -> bool {
    [ResolutionKind::ForceMatch, ResolutionKind::AdjustEntry]
        .iter()
        .any(|k| k.as_str() == kind)
}

fn is_of(event: &Event, wanted: &Wanted) -> bool {
    wanted.kinds.contains(&event.kind)
        && (wanted.previous.is_empty() || wanted.previous.contains(&event.previous.as_str()))
        && wanted.new.is_none_or(|new| new == event.new)
        && wanted.in_bulk.is_none_or(|in_bulk| in_bulk == event.is_in_bulk())
}

/// The events that an action names: Matcher's name, a resolution's type, or a kind of event.
pub fn parse(text: &str) -> Option<Wanted> {
    if let Some((_, wanted)) = NAMES.iter().find(|(name, _)| *name == text) {
        return Some(wanted());
    }
    if let Some(kind) = ResolutionKind::parse(text) {
        return Some(Wanted {
            new: Some(kind.as_str()),
            ..of(EventKind::Resolution)
        });
    }
    // An older callback is told by its description; no event is kept under a name of its own for it.
    if text == "CALLBACK_DUPLICATE_IGNORED" {
        return Some(Wanted {
            new: Some("CALLBACK_DUPLICATE_IGNORED"),
            ..of(EventKind::Callback)
        });
    }
    EventKind::parse(text).map(of)
}

/// Every name there is, with commas between.
pub fn known() -> String {
    let matchers = NAMES.iter().map(|(name, _)| *name);
    let resolutions = ResolutionKind::ALL.iter().map(|k| k.as_str());
    let kinds = EventKind::ALL.iter().map(|k| k.as_str());
    let mut all: Vec<&str> = matchers.chain(resolutions).chain(kinds).collect();
    all.sort_unstable();
    all.dedup();
    all.join(", ")
}
