//! Cancelling a transaction: possible while it is NEW or PENDING.

use actix_web::web::Data;
use serde::Deserialize;

use super::{
    Relation, Status, TransactionRow,
    commands::{self, stale},
    lineage, queries,
};
use crate::{
    app::App,
    auth::{
        actor::Actor,
        permission::{Right, Transact},
    },
    db::Tx,
    idempotency::{self, Claim, Outcome},
    kernel::{
        error::{AppError, AppResult, Code},
        id::{TransactionId, noun},
    },
    web::{
        form::{PathId, Submit},
        page::SeeOther,
    },
};

/// Whether a transaction can be cancelled: its status, and for a reversal that nothing was paid in the place of what it
/// takes back; `line` is its lineage.
///
/// # Errors
/// The reason in words.
pub fn can_cancel(row: &TransactionRow, line: &[TransactionRow]) -> Result<(), String> {
    row.status.can_cancel()?;
    let Some(original) = taken_back(row) else {
        return Ok(());
    };
    match lineage::successor(line, original) {
        Some(right) => Err(format!(
            "{} of {} was made in the place of what this takes back: cancel that first.",
            right.title(),
            right.money()
        )),
        None => Ok(()),
    }
}

/// What a reversal takes back.
fn taken_back(row: &TransactionRow) -> Option<TransactionId> {
    row.parent_id.filter(|_| row.relation == Some(Relation::Reversal))
}

/// Takes a transaction back. What a cancelled reversal was to take back stands again as it was before.
///
/// # Errors
/// 404; `ILLEGAL_TRANSITION` with the reason; `STALE_VERSION` when it changed since it was read.
pub fn cancel(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: TransactionId,
    read: Option<i64>,
) -> AppResult<TransactionRow> {
    actor.require(Right::Transact)?;
    let row = queries::get(tx.conn, actor.business_account, id)?;
    let line = queries::lineage(tx.conn, actor.business_account, id)?;
    can_cancel(&row, &line).map_err(|why| AppError::refused(Code::IllegalMove, why))?;
    if read.is_some_and(|version| version != row.version) {
        return Err(stale());
    }
    let cancelled = commands::move_to(tx, actor, &row, Status::Cancelled, "Cancelled")?;
    if let Some(original) = taken_back(&row).and_then(|id| line.iter().find(|t| t.id == id)) {
        let message = format!("Its reversal {} was cancelled", row.id);
        commands::restore(tx, actor, original, &message)?;
    }
    Ok(cancelled)
}

/// The form on the transaction's page.
#[derive(Debug, Deserialize)]
pub struct CancelForm {
    #[serde(default)]
    version: String,
    #[serde(default)]
    idempotency_key: String,
}

/// `POST /transactions/{id}/cancel`
pub async fn submit(
    app: Data<App>,
    sent: Submit<Transact, CancelForm>,
    id: PathId<noun::Transaction>,
) -> AppResult<SeeOther> {
    let (actor, PathId(id)) = (sent.who.actor(), id);
    let page = format!("/transactions/{id}");
    let version = sent.form.version.parse().ok();
    let claim = Claim::of_form(
        &actor,
        &format!("{page}/cancel"),
        &sent.form.idempotency_key,
        &"cancel",
    )?;
    let outcome = app
        .db
        .write(sent.who.account(), move |tx| {
            idempotency::once(tx, Some(&claim), |tx| {
                let row = cancel(tx, &actor, id, version)?;
                let said = format!("{} of {} is cancelled.", row.title(), row.money());
                Ok(Outcome::new(303, None, said))
            })
        })
        .await;
    match outcome {
        Ok(done) => Ok(SeeOther::to(page).done(done.body)),
        // The page tells how it stands now.
        Err(AppError::Refused(Code::IllegalMove | Code::Stale, why)) => Ok(SeeOther::to(page).refused(why)),
        Err(other) => Err(other),
    }
}
