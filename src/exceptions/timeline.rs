//! The activity of an exception: its history and that of its disputes, its comments and the notes on what it is about,
//! on one line of time, the newest last; the whole of it, or a part. Of much the newest are shown, and the others when they
//! are asked for.

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

/// As many of the newest events are told, and as many comments. One more is read, to know whether there are more.
const MOST: usize = 500;

/// As many events are read, and as many comments.
pub const READ: i64 = MOST as i64 + 1;

/// As many of the newest entries are shown, unless all are asked for.
const SHOWN: usize = 50;

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

/// What an address asks for of the activity.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    activity: String,
    whole: Option<String>,
}

impl Asked {
    /// Reads it from the address's query; what cannot be read is not asked for.
    pub fn read(query: &str) -> Self {
        serde_urlencoded::from_str(query).unwrap_or_default()
    }

    /// The part; all of them when there is none of that name.
    fn part(&self) -> Part {
        Part::parse(&self.activity).unwrap_or(Part::All)
    }
}

impl Part {
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
    /// To those before the ones shown; none when these are all.
    pub earlier: Option<Link>,
    /// Whether there are still older ones, which are not shown here.
    pub is_cut: bool,
    /// The entries of the part that is shown.
    pub moments: Vec<Moment>,
}

/// What an activity is made of: at most [`READ`] of the newest events and of the newest comments, and one note more than
/// is shown.
pub struct Said {
    /// Without those that a comment tells itself.
    pub events: Vec<Event>,
    pub comments: Vec<CommentRow>,
    pub notes: Vec<NoteRow>,
}

impl Said {
    /// The time up to which not everything is known; none when everything is.
    fn horizon(&self) -> Option<Ts> {
        let of_events = self.events.first().filter(|_| self.events.len() > MOST);
        let of_comments = self.comments.first().filter(|_| self.comments.len() > MOST);
        let of_notes = self.notes.iter().map(|note| note.created_at).min();
        let is_full = i64::try_from(self.notes.len()).is_ok_and(|n| n > notes::SHOWN);
        of_events
            .map(|event| event.created_at)
            .max(of_comments.map(|comment| comment.created_at))
            .max(of_notes.filter(|_| is_full))
    }
}

/// What is looked at: by whom, when and where.
pub struct Seen<'a> {
    pub row: &'a ExceptionRow,
    pub head: &'a ExceptionHead,
    pub actor: &'a Actor,
    pub now: Ts,
    pub zone: Tz,
}

impl Seen<'_> {
    fn is_open_to(&self) -> bool {
        self.row.standing().check(Act::Comment, self.actor, None).is_ok()
    }
}

impl Activity {
    /// The newest entries of the part that is asked for or all of them, and the links to the others. `tried` is what was
    /// tried outside.
    pub fn of(said: Said, tried: Vec<(Ts, Moment)>, seen: &Seen<'_>, asked: &Asked) -> Self {
        let horizon = said.horizon();
        let all = items(said, tried, horizon);
        let (shown, here) = (asked.part(), seen.head.href.as_str());
        let parts = part_links(&all, shown, here);
        let mut items: Vec<Item> = all.into_iter().filter(|item| item.is_of(shown)).collect();
        let before = match asked.whole {
            Some(_) => 0,
            None => items.len().saturating_sub(SHOWN),
        };
        let this = address(here, shown, asked.whole.is_some());
        let shown_ones = items.drain(before..);
        let mut moments: Vec<Moment> = shown_ones.filter_map(|item| item.told(seen, &this)).collect();
        tell_apart(&mut moments);
        Self {
            parts,
            earlier: (before > 0).then(|| Link {
                href: address(here, shown, true),
                label: format!("Show {} earlier", grouped(before)),
            }),
            is_cut: horizon.is_some() && before == 0,
            moments,
        }
    }
}

/// The links to all parts from the page `here`. A part without entries has none, unless it is the one shown.
fn part_links(all: &[Item], shown: Part, here: &str) -> Vec<PartLink> {
    Part::ALL
        .iter()
        .map(|part| (*part, all.iter().filter(|item| item.is_of(*part)).count()))
        .filter(|(part, n)| *n > 0 || *part == shown)
        .map(|(part, n)| PartLink {
            label: part.label(),
            href: address(here, part, false),
            count: grouped(n),
            current: part == shown,
        })
        .collect()
}

/// The address of a part on the page `here`, which may have a query; of its newest entries or of the whole of it.
fn address(here: &str, part: Part, is_whole: bool) -> String {
    let part = (part != Part::All).then(|| format!("activity={part}"));
    let whole = is_whole.then(|| "whole=yes".to_owned());
    let mut address = here.to_owned();
    for asked in part.into_iter().chain(whole) {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(&asked);
    }
    address.push_str("#activity");
    address
}

/// An entry that is yet to be told. An act of several events is one.
enum Item {
    Act(Vec<Event>),
    Comment(CommentRow),
    Note(NoteRow),
    Tried(Moment),
}

impl Item {
    fn is_of(&self, part: Part) -> bool {
        part == Part::All
            || match self {
                Self::Act(events) => events.iter().any(|event| Part::of(event.kind) == part),
                Self::Comment(_) | Self::Note(_) => part == Part::Comments,
                Self::Tried(_) => part == Part::Outside,
            }
    }

    /// As it is told on the page `this`, which one comes back to from a note.
    fn told(self, seen: &Seen<'_>, this: &str) -> Option<Moment> {
        Some(match self {
            Self::Act(events) => return act(&events, seen),
            Self::Comment(comment) => commented(comment, seen),
            Self::Note(note) => {
                let from = seen.is_open_to().then_some(this);
                notes::moment(note, from, seen.now, seen.zone)
            }
            Self::Tried(moment) => moment,
        })
    }
}

/// History, comments, notes and what was tried outside, merged, behind the horizon.
fn items(said: Said, tried: Vec<(Ts, Moment)>, horizon: Option<Ts>) -> Vec<Item> {
    let acts = acts(said.events)
        .into_iter()
        .filter_map(|act| Some((act.first()?.created_at, Item::Act(act))));
    let comments = said
        .comments
        .into_iter()
        .map(|c| (c.created_at, Item::Comment(c)));
    let notes = said.notes.into_iter().map(|n| (n.created_at, Item::Note(n)));
    let tried = tried.into_iter().map(|(at, moment)| (at, Item::Tried(moment)));
    let mut all: Vec<(Ts, Item)> = acts.chain(comments).chain(notes).chain(tried).collect();
    all.retain(|(at, _)| horizon.is_none_or(|horizon| *at > horizon));
    all.sort_by_key(|(at, _)| *at); // stable: what happened at one time stays in its order
    all.into_iter().map(|(_, item)| item).collect()
}

/// The events of each act together.
fn acts(events: Vec<Event>) -> Vec<Vec<Event>> {
    let mut acts: Vec<Vec<Event>> = Vec::new();
    for event in events {
        match acts.last_mut() {
            Some(act) if act.last().is_some_and(|last| told::is_one_act(last, &event)) => act.push(event),
            _ => acts.push(vec![event]),
        }
    }
    acts
}

fn commented(comment: CommentRow, seen: &Seen<'_>) -> Moment {
    let (now, zone) = (seen.now, seen.zone);
    let may_change = seen.is_open_to() && comment.may_change(seen.actor, now).is_ok();
    Moment {
        edited: comment.edited_at.map(|at| time::stamp(at, now, zone)),
        edit: may_change.then(|| Link {
            href: format!("/comments/{}/edit{}", comment.id, seen.head.list),
            label: format!("the comment of {}", comment.created_at.written_in(zone)),
        }),
        ..Moment::from(Entry {
            icon: "message-square",
            who: comment.author_name,
            what: "commented".into(),
            at: time::stamp(comment.created_at, now, zone),
            text: Some(comment.text),
        })
    }
}

fn act(events: &[Event], seen: &Seen<'_>) -> Option<Moment> {
    let lead = told::lead(events)?;
    Some(Moment::from(Entry {
        icon: icon(lead.kind),
        what: told::act(events, seen.zone),
        who: lead.actor_name.clone(),
        at: time::stamp(lead.created_at, seen.now, seen.zone),
        text: None,
    }))
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
