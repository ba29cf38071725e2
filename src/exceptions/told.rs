//! What the history of an exception says to one reader: times in their zone, and an act of several events in one line.

use std::borrow::Cow;

use chrono::NaiveDateTime;
use chrono_tz::Tz;

use super::model::Status;
use crate::{
    history::{Event, EventKind},
    kernel::{clock::Ts, text::capitalised},
};

/// Between a time and the reason, where the history says until when something waits.
const IN_UTC: &str = " UTC: ";

/// What an event says, with its times in `zone`. The history has one text for readers of every zone.
pub fn description(event: &Event, zone: Tz) -> Cow<'_, str> {
    let told = match event.kind {
        EventKind::Due => waiting(&event.description, zone),
        EventKind::Snooze => snoozed(event, zone),
        _ => None,
    };
    told.map_or(Cow::Borrowed(event.description.as_str()), Cow::Owned)
}

/// `lets it wait for the customer until 5 Dec 2026, 01:00 UTC: the reason`
fn waiting(text: &str, zone: Tz) -> Option<String> {
    let (head, reason) = text.split_once(IN_UTC)?;
    let (what, at) = head.rsplit_once(" until ")?;
    let at = NaiveDateTime::parse_from_str(at, "%d %b %Y, %H:%M").ok()?;
    let at = Ts::from_micros(at.and_utc().timestamp_micros()).written_in(zone);
    Some(format!("{what} until {at}: {reason}"))
}

/// `snoozed it: the reason`, with the time that is the new value.
fn snoozed(event: &Event, zone: Tz) -> Option<String> {
    let reason = event.description.strip_prefix("snoozed it")?;
    let until = Ts::read(&event.new)?.written_in(zone);
    Some(format!("snoozed it until {until}{reason}"))
}

/// Whether two events that follow each other are of one act: of one request, by one actor, about one thing.
pub fn is_one_act(a: &Event, b: &Event) -> bool {
    a.entity_id == b.entity_id
        && (a.created_at, &a.request_id) == (b.created_at, &b.request_id)
        && (a.actor_kind, a.actor_id, &a.actor_name) == (b.actor_kind, b.actor_id, &b.actor_name)
}

/// The event that tells most of an act: what was done, rather than what followed from it.
pub fn lead(act: &[Event]) -> Option<&Event> {
    act.iter().min_by_key(|event| weight(event.kind))
}

const fn weight(kind: EventKind) -> u8 {
    match kind {
        EventKind::Create | EventKind::Import | EventKind::Callback => 0,
        EventKind::Review | EventKind::Approval | EventKind::Dispatch | EventKind::Dispute => 1,
        EventKind::Resolution => 2,
        EventKind::StatusChange => 4,
        EventKind::Due => 5,
        _ => 3,
    }
}

/// All that an act says, in one line: first what was done, last how its status moved.
pub fn act(act: &[Event], zone: Tz) -> String {
    let Some(first) = lead(act) else {
        return String::new();
    };
    let mut text = if first.kind == EventKind::Create {
        "raised it".to_owned()
    } else {
        description(first, zone).into_owned()
    };
    let others = || act.iter().filter(|event| event.seq != first.seq);
    for event in others().filter(|event| event.kind != EventKind::StatusChange) {
        text = joined(text, &description(event, zone));
    }
    for event in others().filter(|event| event.kind == EventKind::StatusChange) {
        text = joined(text, &moved(event, act));
    }
    text
}

/// How a status moved, beside what is said already: the reason is not said twice.
fn moved(event: &Event, act: &[Event]) -> String {
    let is_said = |why: &str| {
        let ends = |other: &Event| other.description.ends_with(&format!(": {why}"));
        act.iter().any(|other| other.seq != event.seq && ends(other))
    };
    let statuses = Status::parse(&event.previous).zip(Status::parse(&event.new));
    let told = statuses.and_then(|(was, is)| {
        let way = format!("from {} to {}", was.word(), is.word());
        let why = event.description.strip_prefix(&format!("moved it {way}"))?;
        let is_new = why.strip_prefix(": ").is_some_and(|why| !is_said(why));
        Some(format!("it went {way}{}", if is_new { why } else { "" }))
    });
    told.unwrap_or_else(|| event.description.clone())
}

fn joined(text: String, more: &str) -> String {
    if !text.ends_with(['.', '!', '?']) {
        return format!("{text}; {more}");
    }
    format!("{text} {}", capitalised(more))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        auth::actor::ActorKind,
        history::EntityType,
        kernel::id::{BusinessAccountId, Id},
    };

    fn event(seq: i64, kind: EventKind, (previous, new): (&str, &str), description: &str) -> Event {
        Event {
            business_account_id: BusinessAccountId::from_uuid(uuid::Uuid::nil()),
            seq,
            entity_type: EntityType::Exception,
            entity_id: Id::from_uuid(uuid::Uuid::nil()),
            kind,
            previous: previous.into(),
            new: new.into(),
            description: description.into(),
            actor_kind: ActorKind::Employee,
            actor_id: None,
            actor_name: "Ada".into(),
            created_at: Ts::default(),
            request_id: "1".into(),
            hash: Vec::new(),
        }
    }

    fn moved_on(seq: i64, why: &str) -> Event {
        let text = format!("moved it from New to In progress{why}");
        event(seq, EventKind::StatusChange, ("NEW", "IN_PROGRESS"), &text)
    }

    #[test]
    fn an_act_is_told_in_one_line() {
        let taken = event(1, EventKind::AssignedTo, ("", "ada@one.test"), "took it");
        assert_eq!(
            act(&[taken.clone(), moved_on(2, "")], Tz::UTC),
            "took it; it went from New to In progress"
        );
        let resolved = event(
            3,
            EventKind::Resolution,
            ("", "NO_ACTION"),
            "resolved it: No action. Nothing else.",
        );
        assert_eq!(
            act(&[moved_on(1, ""), taken.clone(), resolved], Tz::UTC),
            "resolved it: No action. Nothing else. Took it; it went from New to In progress"
        );
        let returned = event(0, EventKind::Review, ("", ""), "returned it: too soon");
        assert_eq!(
            act(&[returned, moved_on(1, ": too soon")], Tz::UTC),
            "returned it: too soon; it went from New to In progress"
        );
        assert_eq!(
            act(&[taken.clone(), moved_on(2, ": a new reason")], Tz::UTC),
            "took it; it went from New to In progress: a new reason"
        );
        // One that stands alone says what the history says.
        assert_eq!(
            act(&[moved_on(1, ": so")], Tz::UTC),
            "moved it from New to In progress: so"
        );
        let other = Event {
            request_id: "2".into(),
            ..moved_on(2, "")
        };
        assert!(is_one_act(&taken, &moved_on(2, "")) && !is_one_act(&taken, &other));
    }

    #[test]
    fn times_are_those_of_the_reader() {
        let zone = Tz::America__New_York;
        let waits = "lets it wait for a bank until 1 Dec 2026, 15:00 UTC: A trace until 2 UTC: x";
        assert_eq!(
            description(&event(1, EventKind::Due, ("", ""), waits), zone),
            "lets it wait for a bank until 1 Dec 2026, 10:00: A trace until 2 UTC: x"
        );
        let values = ("", "2026-12-01T15:00:00.000Z");
        assert_eq!(
            description(&event(1, EventKind::Snooze, values, "snoozed it: later"), zone),
            "snoozed it until 1 Dec 2026, 10:00: later"
        );
        for (kind, text) in [
            (EventKind::Snooze, "woke it"),
            (EventKind::Due, "noticed it UTC: so"),
        ] {
            assert_eq!(description(&event(1, kind, ("", ""), text), zone), text);
        }
    }
}
