//! Notes on the pages of what they are about.

use chrono_tz::Tz;

use super::model::{NoteRow, Noted};
use crate::{
    auth::{actor::Actor, permission::Right},
    kernel::clock::Ts,
    web::{
        back, time,
        ui::{Entry, Link, Moment, tell_apart},
    },
};

/// So many notes are shown on a page, the newest.
pub const SHOWN: i64 = 100;

/// The card with the notes and the form for another.
pub struct NotesCard {
    pub notes: Vec<Moment>,
    /// Where the form is sent; none for who may only read.
    pub action: Option<String>,
}

impl NotesCard {
    /// The notes about what is at `path` (`/transactions/…`), as `actor` sees them.
    pub fn new(path: &str, notes: Vec<NoteRow>, actor: &Actor, now: Ts, zone: Tz) -> Self {
        let may = actor.may(Right::Work);
        let from = may.then_some("");
        let mut notes: Vec<Moment> = notes.into_iter().map(|n| moment(n, from, now, zone)).collect();
        tell_apart(&mut notes);
        Self {
            notes,
            action: may.then(|| format!("{path}/notes")),
        }
    }
}

/// A note as a line of an activity. It can be changed from here when there is a page to come back to, which is none for
/// that of what it is about.
pub fn moment(note: NoteRow, from: Option<&str>, now: Ts, zone: Tz) -> Moment {
    let was_changed = note.version > 1;
    let written = note.created_at.written_in(zone);
    Moment {
        edit: from.map(|page| Link {
            href: format!("/notes/{}/edit{}", note.id, back::with_page(page)),
            label: format!("the note of {written}"),
        }),
        edited: was_changed.then(|| time::stamp(note.updated_at, now, zone)),
        title: note.title,
        entry: Entry {
            icon: "sticky-note",
            who: note.created_by_name,
            what: noted_on(note.entity_type),
            at: time::stamp(note.created_at, now, zone),
            text: Some(note.text),
        },
    }
}

fn noted_on(kind: Noted) -> String {
    format!("noted on {}", kind.words())
}
