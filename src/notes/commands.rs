//! Writing and changing notes. Both are in the history of what the note is about, with the words before and after.

use diesel::prelude::*;
use uuid::Uuid;

use super::{
    model::{NoteRow, Noted, Words, told},
    queries,
};
use crate::{
    auth::{
        actor::{Actor, ActorKind},
        permission::Right,
    },
    db::{Tx, schema::notes},
    exceptions::{change::begin, model::Act, waiting},
    history::{self, EventKind, Happening},
    kernel::{
        error::{AppError, AppResult, Code},
        id::{ExceptionId, Id, NoteId},
    },
};

/// Writes a note about an entity of the business account.
///
/// # Errors
/// `Forbidden`; `NotFound` when there is no such entity.
pub fn add(tx: &mut Tx<'_>, actor: &Actor, about: (Noted, Uuid), words: &Words) -> AppResult<NoteRow> {
    actor.require(Right::Work)?;
    queries::must_be_there(tx.conn, actor.business_account, about)?;
    write(tx, actor, about, words)
}

/// Writes a note about the entity of an open exception.
///
/// # Errors
/// `NotFound`; `IllegalMove` on a resolved exception (domain.md section 2.1); `RuleRefuses` when nothing of ours is
/// known to be affected.
pub fn add_on_exception(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    words: &Words,
) -> AppResult<NoteRow> {
    let change = begin(tx, actor, id, Act::Comment, None)?;
    let about = change.row.noted().ok_or_else(|| {
        let why = "Nothing of ours matches this exception, so there is nothing that a note could stay with. \
                   Write a comment.";
        AppError::refused(Code::RuleRefuses, why)
    })?;
    write(tx, actor, about, words)
}

fn write(tx: &mut Tx<'_>, actor: &Actor, (kind, id): (Noted, Uuid), words: &Words) -> AppResult<NoteRow> {
    let by = actor.id.map(Id::from_uuid);
    let note = NoteRow {
        id: NoteId::generate(tx.now),
        business_account_id: actor.business_account,
        entity_id: Id::from_uuid(id),
        entity_type: kind,
        title: words.title().to_owned(),
        text: words.text().to_owned(),
        created_by_kind: actor.kind,
        created_by_id: by,
        created_by_name: actor.name.clone(),
        created_at: tx.now,
        updated_by_kind: actor.kind,
        updated_by_id: by,
        updated_at: tx.now,
        version: 1,
        updated_by_name: actor.name.clone(),
    };
    diesel::insert_into(notes::table).values(&note).execute(tx.conn)?;
    let new = told(&note.title, &note.text);
    record(tx, actor, &note, ("", &new), "wrote a note")?;
    if actor.kind == ActorKind::ServiceAccount {
        waiting::answered(tx, actor.business_account, &[id], "a note came by the API")?;
    }
    Ok(note)
}

/// Changes a note. `seen` is the version the person had before them.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Stale` when somebody changed it since.
pub fn edit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: NoteId,
    words: &Words,
    seen: Option<i64>,
) -> AppResult<NoteRow> {
    actor.require(Right::Work)?;
    let mut note = queries::get(tx.conn, actor.business_account, id)?;
    if seen.is_some_and(|seen| seen != note.version) {
        return Err(AppError::refused(
            Code::Stale,
            "Somebody changed it since you opened it.",
        ));
    }
    let before = told(&note.title, &note.text);
    words.title().clone_into(&mut note.title);
    words.text().clone_into(&mut note.text);
    note.updated_by_kind = actor.kind;
    note.updated_by_id = actor.id.map(Id::from_uuid);
    note.updated_by_name.clone_from(&actor.name);
    note.updated_at = tx.now;
    note.version += 1;
    diesel::update(
        notes::table
            .find(id)
            .filter(notes::business_account_id.eq(actor.business_account)),
    )
    .set((
        notes::title.eq(&note.title),
        notes::text.eq(&note.text),
        notes::updated_by_kind.eq(note.updated_by_kind),
        notes::updated_by_id.eq(note.updated_by_id),
        notes::updated_by_name.eq(&note.updated_by_name),
        notes::updated_at.eq(note.updated_at),
        notes::version.eq(note.version),
    ))
    .execute(tx.conn)?;
    let after = told(&note.title, &note.text);
    record(tx, actor, &note, (&before, &after), "changed a note")?;
    Ok(note)
}

fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    note: &NoteRow,
    (previous, new): (&str, &str),
    description: &str,
) -> AppResult<()> {
    let happening = Happening {
        entity_type: note.entity_type.entity_type(),
        entity_id: note.entity_id.uuid(),
        kind: EventKind::Note,
        previous,
        new,
        description,
    };
    history::record(tx, actor, &happening)
}
