//! The activity of an exception: its history and its comments on one line of time, the newest last.

use chrono_tz::Tz;

use super::comment::CommentRow;
use crate::{
    history::{Event, EventKind},
    kernel::clock::Ts,
    web::{time, ui::Entry},
};

/// History and comments, merged. A comment stands for its event.
pub fn timeline(events: Vec<Event>, comments: Vec<CommentRow>, now: Ts, zone: Tz) -> Vec<Entry> {
    let told = events
        .into_iter()
        .filter(|e| e.kind != EventKind::Comment)
        .map(|e| {
            let at = e.created_at;
            let entry = Entry {
                icon: icon(e.kind),
                what: if e.kind == EventKind::Create {
                    "raised it".into()
                } else {
                    e.description
                },
                who: e.actor_name,
                at: time::stamp(at, now, zone),
                text: None,
            };
            (at, entry)
        });
    let said = comments.into_iter().map(|c| {
        let entry = Entry {
            icon: "message-square",
            who: c.author_name,
            what: "commented".into(),
            at: time::stamp(c.created_at, now, zone),
            text: Some(c.text),
        };
        (c.created_at, entry)
    });
    let mut all: Vec<(Ts, Entry)> = told.chain(said).collect();
    all.sort_by_key(|(at, _)| *at); // stable: what happened at one time stays in its order
    all.into_iter().map(|(_, entry)| entry).collect()
}

const fn icon(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Create | EventKind::Import => "plus",
        EventKind::AssignedTo => "user-check",
        EventKind::Resolution => "check",
        EventKind::Review | EventKind::Approval => "badge-check",
        EventKind::Severity | EventKind::Due => "triangle-alert",
        EventKind::Note => "sticky-note",
        EventKind::Dispatch | EventKind::Callback => "send",
        _ => "history",
    }
}
