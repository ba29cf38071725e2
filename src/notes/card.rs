//! Notes on the pages of what they are about.

use chrono_tz::Tz;

use super::model::{NoteRow, Noted};
use crate::{
    auth::{actor::Actor, permission::Right},
    kernel::clock::Ts,
    web::{
        time,
        ui::{Entry, Moment},
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
        Self {
            notes: moments(notes, may, now, zone)
                .into_iter()
                .map(|(_, moment)| moment)
                .collect(),
            action: may.then(|| format!("{path}/notes")),
        }
    }
}

/// The notes as lines of an activity, with the time to sort by; `may` says whether they can be changed from here.
pub fn moments(notes: Vec<NoteRow>, may: bool, now: Ts, zone: Tz) -> Vec<(Ts, Moment)> {
    notes
        .into_iter()
        .map(|n| (n.created_at, moment(n, may, now, zone)))
        .collect()
}

fn moment(note: NoteRow, may: bool, now: Ts, zone: Tz) -> Moment {
    let was_changed = note.version > 1;
    Moment {
        edit: may.then(|| format!("/notes/{}/edit", note.id)),
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
