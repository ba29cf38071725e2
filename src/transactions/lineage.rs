//! What follows from a chain of payments: how often one was tried again, when it first settled.

use std::collections::HashSet;

use chrono::NaiveDate;

use super::{Kind, Relation, Status, TransactionRow, queries};
use crate::{
    db::AnyConnection,
    kernel::{error::AppResult, id::TransactionId},
};

/// How often the payment of this chain was sent again (ach-codes.md section 3, row Count). A retry that was cancelled
/// was never sent; one that an edit has replaced goes on as its replacement.
pub fn attempts(chain: &[TransactionRow]) -> usize {
    let replaced: HashSet<_> = chain
        .iter()
        .filter(|t| t.relation == Some(Relation::Replacement))
        .filter_map(|t| t.parent_id)
        .collect();
    chain
        .iter()
        .filter(|t| t.relation == Some(Relation::Retry))
        .filter(|t| t.status != Status::Cancelled || replaced.contains(&t.id))
        .count()
}

/// The transaction that has taken the place of `id` and stands: a retry, a correction or a replacement.
pub fn successor(chain: &[TransactionRow], id: TransactionId) -> Option<&TransactionRow> {
    chain.iter().find(|t| {
        t.parent_id == Some(id)
            && matches!(
                t.relation,
                Some(Relation::Retry | Relation::Correction | Relation::Replacement)
            )
            && (t.status != Status::Cancelled || successor(chain, t.id).is_some())
    })
}

/// Whether the bank sent this payment back.
pub fn is_returned(chain: &[TransactionRow], id: TransactionId) -> bool {
    chain
        .iter()
        .any(|t| t.parent_id == Some(id) && t.kind == Kind::Return && t.status != Status::Cancelled)
}

/// When the first payment of the chain settled, or was to take effect.
pub fn first_settlement(chain: &[TransactionRow]) -> Option<NaiveDate> {
    let first = chain.iter().find(|t| t.parent_id.is_none())?;
    first.settlement_date.or(first.effective_date).map(|day| day.0)
}

/// Whether a transaction is a retry, or stands in the place of one.
pub fn is_retry(conn: &mut AnyConnection, row: &TransactionRow) -> AppResult<bool> {
    if row.relation == Some(Relation::Retry) {
        return Ok(true);
    }
    if row.relation != Some(Relation::Replacement) {
        return Ok(false);
    }
    let chain = queries::lineage(conn, row.business_account_id, row.id)?;
    let mut at = Some(row);
    while let Some(t) = at {
        match t.relation {
            Some(Relation::Retry) => return Ok(true),
            Some(Relation::Replacement) => at = chain.iter().find(|p| Some(p.id) == t.parent_id),
            _ => return Ok(false),
        }
    }
    Ok(false)
}
