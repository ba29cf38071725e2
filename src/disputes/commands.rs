//! What is done with a dispute. Each act writes its event into the dispute's history.

use super::{
    files::Sealed,
    model::{DisputeAct, DisputeCategory, DisputeRow, DisputeState, EvidenceRow, FileUrl, MOST_EVIDENCE},
    queries,
};
use crate::{
    auth::{actor::Actor, permission::Right},
    db::{Tx, errors::is_duplicate},
    exceptions,
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        error::{AppError, AppResult, Code},
        id::{DisputeId, EvidenceId, ExceptionId, Id},
        text::{DisputeText, EvidenceText, Reason},
    },
};

/// Opens a dispute about an exception, whatever its status: money is disputed after a resolution too.
///
/// # Errors
/// `Forbidden`; 404 when there is no such exception.
pub fn open(
    tx: &mut Tx<'_>,
    actor: &Actor,
    exception: ExceptionId,
    category: DisputeCategory,
    description: &DisputeText,
) -> AppResult<DisputeRow> {
    actor.require(Right::Work)?;
    exceptions::queries::get(tx.conn, actor.business_account, exception)?;
    let row = DisputeRow {
        id: DisputeId::generate(tx.now),
        business_account_id: actor.business_account,
        exception_id: exception,
        category,
        state: DisputeState::Draft.after(DisputeAct::Open)?,
        description: description.as_str().to_owned(),
        resolution: None,
        reopen_reason: None,
        opened_by_kind: actor.kind,
        opened_by_id: actor.id.map(Id::from_uuid),
        opened_by_name: actor.name.clone(),
        created_at: tx.now,
        updated_at: tx.now,
        version: 1,
    };
    queries::insert(tx.conn, &row)?;
    let text = format!("opened the dispute “{}”", category.label());
    tell(tx, actor, &row, DisputeState::Draft, &text)?;
    Ok(row)
}

/// Asks for evidence, with words about which or without.
///
/// # Errors
/// 404; `RuleRefuses` in another state; `Stale` when `seen` is not its version.
pub fn request_evidence(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: DisputeId,
    seen: Option<i64>,
    which: Option<&EvidenceText>,
) -> AppResult<DisputeRow> {
    let words = which.map_or(String::new(), |w| format!(": {}", w.as_str()));
    let text = format!("asked for evidence in the dispute{words}");
    act(tx, actor, id, seen, DisputeAct::RequestEvidence, &text, |_| {})
}

/// A piece of evidence that comes in.
#[derive(Debug)]
pub struct NewEvidence {
    /// Under which its file was sealed.
    pub id: EvidenceId,
    /// What it shows.
    pub comment: EvidenceText,
    /// A file elsewhere.
    pub url: Option<FileUrl>,
    /// A file of ours.
    pub file: Option<Sealed>,
}

/// Adds evidence; one that waited for it is open again.
///
/// # Errors
/// 404; `RuleRefuses` when it is closed or full; `Stale`; `DUPLICATE` when the file is in it already.
pub fn add_evidence(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: DisputeId,
    seen: Option<i64>,
    new: &NewEvidence,
) -> AppResult<DisputeRow> {
    let text = match (&new.file, &new.url) {
        (Some(file), _) => format!("added the file {} as evidence of the dispute", file.name),
        (None, Some(_)) => "added a file elsewhere as evidence of the dispute".into(),
        (None, None) => "added evidence of the dispute".into(),
    };
    let row = act(tx, actor, id, seen, DisputeAct::AddEvidence, &text, |_| {})?;
    let there = queries::evidence_of(tx.conn, actor.business_account, id)?;
    if there.len() >= MOST_EVIDENCE {
        let sentence = format!("A dispute has at most {MOST_EVIDENCE} pieces of evidence.");
        return Err(AppError::refused(Code::RuleRefuses, sentence));
    }
    let file = new.file.as_ref();
    let evidence = EvidenceRow {
        id: new.id,
        business_account_id: actor.business_account,
        dispute_id: id,
        comment: new.comment.as_str().to_owned(),
        file_url: new.url.as_ref().map(|u| u.as_str().to_owned()),
        file_name: file.map(|f| f.name.clone()),
        file_type: file.map(|f| f.kind.to_owned()),
        file_size: file.map(|f| f.size),
        sha256: file.map(|f| f.sha256.clone()),
        submitted_by_kind: actor.kind,
        submitted_by_id: actor.id.map(Id::from_uuid),
        submitted_by_name: actor.name.clone(),
        submitted_at: tx.now,
    };
    let same = there
        .iter()
        .find(|e| e.sha256.is_some() && e.sha256 == evidence.sha256);
    if let Some(same) = same {
        return Err(already_there(same.file_name.as_deref().unwrap_or_default()));
    }
    let inserted = tx.attempt(|tx| {
        queries::insert_evidence(tx.conn, &evidence).map_err(|e| {
            if is_duplicate(&e, "evidence", "sha256") {
                already_there(evidence.file_name.as_deref().unwrap_or_default())
            } else {
                e.into()
            }
        })
    });
    inserted??;
    for (position, piece) in file.iter().flat_map(|f| f.pieces.iter().enumerate()) {
        queries::insert_piece(tx.conn, new.id, position as i64, piece)?;
    }
    Ok(row)
}

fn already_there(name: &str) -> AppError {
    AppError::refused(
        Code::Duplicate,
        format!("The same file is in the evidence already: {name}."),
    )
}

/// Closes it, won or lost.
///
/// # Errors
/// 404; `RuleRefuses` when it is closed; `Stale`.
pub fn close(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: DisputeId,
    seen: Option<i64>,
    is_won: bool,
    resolution: &DisputeText,
) -> AppResult<DisputeRow> {
    let (what, word) = if is_won {
        (DisputeAct::Win, "won")
    } else {
        (DisputeAct::Lose, "lost")
    };
    let text = format!("closed the dispute as {word}");
    act(tx, actor, id, seen, what, &text, |row| {
        row.resolution = Some(resolution.as_str().to_owned());
    })
}

/// Takes up a lost one again. What it had come to stays in its history.
///
/// # Errors
/// 404; `RuleRefuses` unless it was lost; `Stale`.
pub fn reopen(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: DisputeId,
    seen: Option<i64>,
    reason: &Reason,
) -> AppResult<DisputeRow> {
    let former = queries::get(tx.conn, actor.business_account, id)?.resolution;
    let text = format!(
        "took the dispute up again: {}. It had come to: {}",
        reason.as_str(),
        former.unwrap_or_default()
    );
    act(tx, actor, id, seen, DisputeAct::Reopen, &text, |row| {
        row.reopen_reason = Some(reason.as_str().to_owned());
        row.resolution = None;
    })
}

/// One move: load, check, change, save, history.
fn act(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: DisputeId,
    seen: Option<i64>,
    what: DisputeAct,
    text: &str,
    change: impl FnOnce(&mut DisputeRow),
) -> AppResult<DisputeRow> {
    actor.require(Right::Work)?;
    let mut row = queries::get(tx.conn, actor.business_account, id)?;
    let stale = || AppError::refused(Code::Stale, "Somebody changed it since you opened it.");
    let before = row.state;
    row.state = before.after(what)?;
    if seen.is_some_and(|seen| seen != row.version) {
        return Err(stale());
    }
    change(&mut row);
    row.updated_at = tx.now;
    row.version += 1;
    if !queries::update(tx.conn, &row)? {
        return Err(stale());
    }
    tell(tx, actor, &row, before, text)?;
    Ok(row)
}

fn tell(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &DisputeRow,
    before: DisputeState,
    description: &str,
) -> AppResult<()> {
    let happening = Happening {
        entity_type: EntityType::Dispute,
        entity_id: row.id.uuid(),
        kind: EventKind::Dispute,
        previous: if row.version == 1 { "" } else { before.as_str() },
        new: row.state.as_str(),
        description,
    };
    history::record(tx, actor, &happening)
}
