//! The activity of an exception: its history and that of its disputes, its comments and the notes on what it is about,
//! on one line of time, the newest last; the whole of it, or a part.

use chrono_tz::Tz;
use serde::Deserialize;

use super::{comment::CommentRow, head::ExceptionHead, model::Act, row::ExceptionRow, told};
use crate::{
    auth::actor::Actor,
    history::{Event, EventKind},
    kernel::{clock::Ts, count::grouped},
    notes::{self, NoteRow},
    spelled,
    web::{
        time,
        ui::{Entry, Link, Moment, tell_apart},
    },
};

spelled! {
    /// Which part of the activity is shown.
    pub enum Part {
        /// The whole.
        All = "all",
        /// What people wrote.
        Comments = "comments",
        /// What became of it: holder, severity, due time, status.
        Changes = "changes",
        /// How it was resolved, and what others said to that.
        Decisions = "decisions",
        /// What went out and came back: dispatch, callbacks, disputes.
        Outside = "outside",
    }
}

/// The address's query, as far as it is about the activity.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    activity: String,
}

impl Part {
    /// The part that an address asks for; the whole when there is none of that name.
    pub fn asked(query: &str) -> Self {
        let asked: Asked = serde_urlencoded::from_str(query).unwrap_or_default();
        Self::parse(&asked.activity).unwrap_or(Self::All)
    }

    const fn label(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Comments => "Comments and notes",
            Self::Changes => "Changes",
            Self::Decisions => "Decisions",
            Self::Outside => "Dispatch and disputes",
        }
    }

    const fn of(kind: EventKind) -> Self {
        match kind {
            EventKind::Comment | EventKind::Note => Self::Comments,
            EventKind::Resolution | EventKind::Review | EventKind::Approval => Self::Decisions,
            EventKind::Dispatch | EventKind::Callback | EventKind::Dispute => Self::Outside,
            _ => Self::Changes,
        }
    }
}

/// A link to a part of the activity.
pub struct PartLink {
    pub label: &'static str,
    pub href: String,
    /// How many entries it has.
    pub count: String,
    pub current: bool,
}

/// The activity as the page shows it.
pub struct Activity {
    pub parts: Vec<PartLink>,
    /// The entries of the part that is shown.
    pub moments: Vec<Moment>,
}

/// The entries of the part that is shown, and the links to all from the page `here`. A part without entries has no
/// link, unless it is the one shown.
pub fn narrowed(all: Vec<(Vec<Part>, Moment)>, shown: Part, here: &str) -> Activity {
    let count = |part: Part| match part {
        Part::All => all.len(),
        _ => all.iter().filter(|(of, _)| of.contains(&part)).count(),
    };
    let and = if here.contains('?') { '&' } else { '?' };
    let parts = Part::ALL
        .iter()
        .map(|part| (*part, count(*part)))
        .filter(|(part, n)| *n > 0 || *part == shown)
        .map(|(part, n)| PartLink {
            label: part.label(),
            href: match part {
                Part::All => format!("{here}#activity"),
                _ => format!("{here}{and}activity={part}#activity"),
            },
            count: grouped(i64::try_from(n).unwrap_or(i64::MAX)),
            current: part == shown,
        })
        .collect();
    let moments = all
        .into_iter()
        .filter(|(of, _)| shown == Part::All || of.contains(&shown))
        .map(|(_, moment)| moment)
        .collect();
    Activity { parts, moments }
}

/// What an activity is made of.
pub struct Said {
    pub events: Vec<Event>,
    pub comments: Vec<CommentRow>,
    pub notes: Vec<NoteRow>,
}

/// History, comments and notes, and what `more` there is of dispatch, merged, each with the parts that it is of. An act
/// of several events is one entry. A comment stands for its events; one that was taken back is told.
pub fn timeline(
    said: Said,
    more: Vec<(Ts, Moment)>,
    row: &ExceptionRow,
    actor: &Actor,
    head: &ExceptionHead,
    (now, zone): (Ts, Tz),
) -> Vec<(Vec<Part>, Moment)> {
    let is_open_to = row.standing().check(Act::Comment, actor, None).is_ok();
    let events: Vec<Event> = said
        .events
        .into_iter()
        .filter(|e| e.kind != EventKind::Comment || e.new.is_empty())
        .collect();
    let done = events
        .chunk_by(told::is_one_act)
        .filter_map(|act| entry(act, now, zone));
    let commented = said.comments.into_iter().map(|c| {
        let may_change = is_open_to && c.may_change(actor, now).is_ok();
        let moment = Moment {
            edited: c.edited_at.map(|at| time::stamp(at, now, zone)),
            edit: may_change.then(|| Link {
                href: format!("/comments/{}/edit{}", c.id, head.list),
                label: format!("the comment of {}", c.created_at.written_in(zone)),
            }),
            ..Moment::from(Entry {
                icon: "message-square",
                who: c.author_name,
                what: "commented".into(),
                at: time::stamp(c.created_at, now, zone),
                text: Some(c.text),
            })
        };
        (c.created_at, vec![Part::Comments], moment)
    });
    let here = format!("{}#activity", head.href);
    let from = is_open_to.then_some(here.as_str());
    let noted = notes::moments(said.notes, from, now, zone)
        .into_iter()
        .map(|(at, moment)| (at, vec![Part::Comments], moment));
    let tried = more
        .into_iter()
        .map(|(at, moment)| (at, vec![Part::Outside], moment));
    let mut all: Vec<(Ts, Vec<Part>, Moment)> = done.chain(commented).chain(noted).chain(tried).collect();
    all.sort_by_key(|(at, ..)| *at); // stable: what happened at one time stays in its order
    tell_apart(all.iter_mut().map(|(_, _, moment)| moment));
    all.into_iter()
        .map(|(_, parts, moment)| (parts, moment))
        .collect()
}

/// The entry of an act, with the parts that its events are of.
fn entry(act: &[Event], now: Ts, zone: Tz) -> Option<(Ts, Vec<Part>, Moment)> {
    let lead = told::lead(act)?;
    let entry = Entry {
        icon: icon(lead.kind),
        what: told::act(act, zone),
        who: lead.actor_name.clone(),
        at: time::stamp(lead.created_at, now, zone),
        text: None,
    };
    let parts = act.iter().map(|event| Part::of(event.kind)).collect();
    Some((lead.created_at, parts, Moment::from(entry)))
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
