//! What a reopening takes back of a resolution, and what it cannot.

use diesel::prelude::*;

use super::{ResolutionRow, get, tell_transaction};
use crate::{
    auth::actor::Actor,
    db::{
        AnyConnection, Tx,
        schema::{adjustments, matches},
    },
    exceptions::model::ResolutionKind,
    kernel::{
        error::AppResult,
        id::{ResolutionId, TransactionId},
        money::{Currency, Money},
    },
    reviews,
    transactions::{self, Relation, Status, TransactionRow},
};

/// Undoes what a resolution made, as far as that is possible, for a reopening.
pub fn undo(tx: &mut Tx<'_>, actor: &Actor, resolution: ResolutionId) -> AppResult<()> {
    let now = Some(tx.now);
    tell_both_sides(tx, actor, resolution)?;
    diesel::update(matches::table.filter(matches::resolution_id.eq(resolution)))
        .set(matches::undone_at.eq(now))
        .execute(tx.conn)?;
    diesel::update(adjustments::table.filter(adjustments::resolution_id.eq(resolution)))
        .set(adjustments::undone_at.eq(now))
        .execute(tx.conn)?;
    let row = get(tx.conn, resolution)?;
    if let Some(made) = made(tx.conn, &row)?.filter(|t| t.status.can_cancel().is_ok()) {
        let message = "Cancelled: the exception it was made for was reopened";
        transactions::commands::move_to(tx, actor, &made, Status::Cancelled, message)?;
    }
    reviews::commands::withdraw(tx, resolution)
}

/// Both transactions of a match that is undone say so, and the one of an adjustment.
fn tell_both_sides(tx: &mut Tx<'_>, actor: &Actor, resolution: ResolutionId) -> AppResult<()> {
    let sides: Vec<(TransactionId, Option<TransactionId>)> = matches::table
        .filter(matches::resolution_id.eq(resolution))
        .filter(matches::undone_at.is_null())
        .select((matches::transaction_id, matches::counterpart_id))
        .load(tx.conn)?;
    for (ours, theirs) in sides {
        for id in std::iter::once(ours).chain(theirs) {
            let text = "undid the match by hand: the exception was reopened";
            tell_transaction(tx, actor, id, text)?;
        }
    }
    let adjusted: Vec<(TransactionId, i64, String)> = adjustments::table
        .filter(adjustments::resolution_id.eq(resolution))
        .filter(adjustments::undone_at.is_null())
        .select((
            adjustments::transaction_id,
            adjustments::amount,
            adjustments::currency,
        ))
        .load(tx.conn)?;
    for (id, amount, currency) in adjusted {
        let money = Currency::stored(&currency).map(|c| Money::new(amount, c).to_string());
        let text = format!(
            "undid the adjustment of {}: the exception was reopened",
            money.unwrap_or_default()
        );
        tell_transaction(tx, actor, id, &text)?;
    }
    Ok(())
}

/// What a reopening will undo and what it cannot, in words; empty when there is nothing.
pub fn undo_words(conn: &mut AnyConnection, resolution: ResolutionId) -> AppResult<String> {
    let row = get(conn, resolution)?;
    Ok(match (row.kind, made(conn, &row)?) {
        (ResolutionKind::ForceMatch, _) => "The match is undone.".into(),
        (ResolutionKind::AdjustEntry | ResolutionKind::WriteOff, _) => "The adjustment is undone.".into(),
        (ResolutionKind::CorrectAccount, _) => {
            "The account stays as it was corrected: change it again if it is wrong.".into()
        }
        (ResolutionKind::SuspendAccount, _) => {
            "The account stays suspended: lift that on its page if it is wrong.".into()
        }
        (_, Some(made)) if made.status == Status::Cancelled => {
            "The transaction it made is cancelled already.".into()
        }
        (_, Some(made)) if made.status.can_cancel().is_ok() => format!(
            "The transaction of {} that it made is cancelled; the one before it stays as it is.",
            made.money()
        ),
        (_, Some(made)) => format!(
            "The transaction of {} that it made is {} and cannot be undone.",
            made.money(),
            made.status.label()
        ),
        _ => String::new(),
    })
}

/// The transaction that it made; where an edit has replaced that, the one that stands now.
fn made(conn: &mut AnyConnection, row: &ResolutionRow) -> AppResult<Option<TransactionRow>> {
    let Some(mut id) = row.transaction_id else {
        return Ok(None);
    };
    let chain = transactions::queries::lineage(conn, row.business_account_id, id)?;
    while let Some(next) = chain
        .iter()
        .find(|t| t.parent_id == Some(id) && t.relation == Some(Relation::Replacement))
    {
        id = next.id;
    }
    Ok(chain.into_iter().find(|t| t.id == id))
}
