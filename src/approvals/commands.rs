//! Asking for an approval, taking the request back, and letting it lapse. The verdict is in `decide`.

use uuid::Uuid;

use super::{
    model::{ApprovalRow, ApprovalState, Difference, Gated, Guard, Request},
    queries, told,
};
use crate::{
    auth::actor::Actor,
    db::{Tx, errors::is_duplicate},
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        crypto::{self, Vault},
        error::{AppError, AppResult, Code},
        id::{ApprovalId, Id},
        text::AccountNumber,
    },
};

/// A change that is to wait.
#[derive(Debug)]
pub struct NewApproval {
    /// What is asked for.
    pub request: Request,
    /// The record that shows it.
    pub entity: (EntityType, Uuid),
    /// A second record that shows it.
    pub concerns: Option<Uuid>,
    /// The versions it is asked for.
    pub guards: Vec<Guard>,
    /// What it is about, in a few words.
    pub title: String,
    /// The rule that asks for it.
    pub why: String,
    /// How many other people it asks for.
    pub people: i64,
    /// What it will do, in sentences.
    pub effects: Vec<String>,
    /// Before and after.
    pub changes: Vec<Difference>,
    /// A new account number, and what seals it.
    pub number: Option<(Vault, AccountNumber)>,
}

/// Ties the sealed number to its row.
pub(crate) fn place(id: ApprovalId) -> String {
    format!("approvals/{id}")
}

/// Stores a request for a second person, instead of doing it.
///
/// # Errors
/// `DUPLICATE` when the same request waits already.
pub fn ask<T>(tx: &mut Tx<'_>, actor: &Actor, new: NewApproval) -> AppResult<Gated<T>> {
    let id = ApprovalId::generate(tx.now);
    let (entity_type, entity_id) = new.entity;
    let json = |e: serde_json::Error| AppError::Internal(format!("writing an approval: {e}"));
    let request = serde_json::to_string(&new.request).map_err(json)?;
    let mut content = format!("{entity_id}/{request}").into_bytes();
    let mut number_sealed = None;
    if let Some((vault, number)) = &new.number {
        content.extend(vault.lookup(number.reveal()));
        number_sealed = Some(vault.seal(&place(id), number.reveal().as_bytes())?);
    }
    let row = ApprovalRow {
        id,
        business_account_id: actor.business_account,
        kind: new.request.kind(),
        state: ApprovalState::Waiting,
        entity_type,
        entity_id: Id::from_uuid(entity_id),
        concerns_id: new.concerns.map(Id::from_uuid),
        guards: serde_json::to_string(&new.guards).map_err(json)?,
        request,
        number_sealed,
        fingerprint: crypto::sha256(&content),
        title: new.title,
        why: new.why,
        effects: serde_json::to_string(&new.effects).map_err(json)?,
        changes: serde_json::to_string(&new.changes).map_err(json)?,
        requested_by_kind: actor.kind,
        requested_by_id: actor.id.map(Id::from_uuid),
        requested_by_name: actor.name.clone(),
        requested_at: tx.now,
        decided_by_id: None,
        decided_by_name: None,
        decided_at: None,
        reason: None,
        outcome: None,
        result_id: None,
        version: 1,
        people: new.people,
        consents: "[]".into(),
    };
    let inserted = tx.attempt(|tx| {
        queries::insert(tx.conn, &row).map_err(|e| {
            if is_duplicate(&e, "approvals", "fingerprint") {
                AppError::refused(Code::Duplicate, "The same request waits for approval already.")
            } else {
                e.into()
            }
        })
    });
    inserted??;
    tell(
        tx,
        actor,
        &row,
        ("", &id.to_string()),
        &format!("asked for approval: {}", row.title),
    )?;
    told::deciders(tx, &row, &format!("{} asks for it.", row.requested_by_name))?;
    Ok(Gated::Waits(Box::new(row)))
}

/// The requester takes a request back.
///
/// # Errors
/// 404; `IllegalMove` when it does not wait any more; `RuleRefuses` when someone else asked for it.
pub fn withdraw(tx: &mut Tx<'_>, actor: &Actor, id: ApprovalId) -> AppResult<ApprovalRow> {
    let row = queries::get(tx.conn, actor.business_account, id)?;
    row.still_waits(actor)?;
    if !row.is_of(actor) {
        return Err(AppError::refused(
            Code::RuleRefuses,
            "Only who asked for it can take it back.",
        ));
    }
    let row = close(tx, actor, row, ApprovalState::Withdrawn, None)?;
    let values = (ApprovalState::Waiting.as_str(), ApprovalState::Withdrawn.as_str());
    tell(
        tx,
        actor,
        &row,
        values,
        &format!("took back the request: {}", row.title),
    )?;
    Ok(row)
}

/// What waits about a record lapses, as the record has moved on.
pub fn lapse_all(tx: &mut Tx<'_>, actor: &Actor, record: Uuid, why: &str) -> AppResult<()> {
    for row in queries::waiting_on(tx.conn, actor.business_account, record)? {
        lapse(tx, actor, row, why)?;
    }
    Ok(())
}

/// An approval that waits lapses.
pub(super) fn lapse(tx: &mut Tx<'_>, actor: &Actor, row: ApprovalRow, why: &str) -> AppResult<ApprovalRow> {
    let mut row = close(tx, actor, row, ApprovalState::Lapsed, None)?;
    row.outcome = Some(why.to_owned());
    queries::set_outcome(tx.conn, &row)?;
    let values = (ApprovalState::Waiting.as_str(), ApprovalState::Lapsed.as_str());
    tell(
        tx,
        actor,
        &row,
        values,
        &format!("let the request lapse: {}. {why}", row.title),
    )?;
    told::requester(tx, actor, &row, &format!("it has lapsed. {why}"))?;
    Ok(row)
}

/// Ends the waiting.
pub(super) fn close(
    tx: &mut Tx<'_>,
    actor: &Actor,
    mut row: ApprovalRow,
    state: ApprovalState,
    reason: Option<&str>,
) -> AppResult<ApprovalRow> {
    row.state = state;
    row.decided_by_id = actor.member();
    row.decided_by_name = Some(actor.name.clone());
    row.decided_at = Some(tx.now);
    row.reason = reason.map(str::to_owned);
    row.version += 1;
    if queries::decide(tx.conn, &row)? {
        Ok(row)
    } else {
        Err(AppError::refused(Code::Stale, "Somebody decided it meanwhile."))
    }
}

/// Writes an event about the record that an approval is on.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &ApprovalRow,
    (previous, new): (&str, &str),
    description: &str,
) -> AppResult<()> {
    let happening = Happening {
        entity_type: row.entity_type,
        entity_id: row.entity_id.uuid(),
        kind: EventKind::Approval,
        previous,
        new,
        description,
    };
    history::record(tx, actor, &happening)
}
