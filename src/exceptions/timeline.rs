//! The activity of an exception: its history and that of its disputes, its comments and the notes on what it is about,
//! on one line of time, the newest last.

use chrono_tz::Tz;

use super::{comment::CommentRow, model::Act, row::ExceptionRow};
use crate::{
    auth::actor::Actor,
    history::{Event, EventKind},
    kernel::clock::Ts,
    notes::{self, NoteRow},
    web::{
        time,
        ui::{Entry, Moment},
    },
};

/// What an activity is made of.
pub struct Said {
    pub events: Vec<Event>,
    pub comments: Vec<CommentRow>,
    pub notes: Vec<NoteRow>,
}

/// History, comments and notes, and what `more` there is, merged. A comment stands for its events; one that was taken back is told.
pub fn timeline(
    said: Said,
    more: Vec<(Ts, Moment)>,
    row: &ExceptionRow,
    actor: &Actor,
    now: Ts,
    zone: Tz,
) -> Vec<Moment> {
    let is_open_to = row.standing().check(Act::Comment, actor, None).is_ok();
    let told = said
        .events
        .into_iter()
        .filter(|e| e.kind != EventKind::Comment || e.new.is_empty())
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
            (at, Moment::from(entry))
        });
    let commented = said.comments.into_iter().map(|c| {
        let may_change = is_open_to && c.may_change(actor, now).is_ok();
        let moment = Moment {
            edited: c.edited_at.map(|at| time::stamp(at, now, zone)),
            edit: may_change.then(|| format!("/comments/{}/edit", c.id)),
            ..Moment::from(Entry {
                icon: "message-square",
                who: c.author_name,
                what: "commented".into(),
                at: time::stamp(c.created_at, now, zone),
                text: Some(c.text),
            })
        };
        (c.created_at, moment)
    });
    let noted = notes::moments(said.notes, is_open_to, now, zone);
    let mut all: Vec<(Ts, Moment)> = told.chain(commented).chain(noted).chain(more).collect();
    all.sort_by_key(|(at, _)| *at); // stable: what happened at one time stays in its order
    all.into_iter().map(|(_, moment)| moment).collect()
}

const fn icon(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Create | EventKind::Import => "plus",
        EventKind::AssignedTo => "user-check",
        EventKind::Resolution => "check",
        EventKind::Review | EventKind::Approval => "badge-check",
        EventKind::Severity | EventKind::Due => "triangle-alert",
        EventKind::Snooze => "calendar-clock",
        EventKind::Note => "sticky-note",
        EventKind::Dispatch | EventKind::Callback => "send",
        EventKind::Dispute => "shield-alert",
        _ => "history",
    }
}
