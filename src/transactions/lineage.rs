//! What follows from a chain of payments: how often one was tried again, when it first settled.

use std::collections::HashSet;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::{Kind, Relation, Status, TransactionRow, queries};
use crate::{
    ach::{add_calendar_days, retry::RETRY_DAYS},
    db::AnyConnection,
    kernel::{error::AppResult, id::TransactionId},
};

/// How often the payment of this chain was sent again (ach-codes.md section 3, row Count). A retry that was cancelled
/// was never sent; one that an edit has replaced goes on as its replacement.
pub fn attempts(chain: &[TransactionRow]) -> usize {
    retries(chain).count()
}

/// When the payment of this chain is, or was, sent again for the last time.
pub fn last_attempt(chain: &[TransactionRow]) -> Option<NaiveDate> {
    retries(chain)
        .map(|t| {
            t.settlement_date
                .or(t.effective_date)
                .map_or_else(|| t.created_at.day_in(Tz::America__New_York), |day| day.0)
        })
        .max()
}

fn retries(chain: &[TransactionRow]) -> impl Iterator<Item = &TransactionRow> {
    let replaced: HashSet<_> = chain
        .iter()
        .filter(|t| t.relation == Some(Relation::Replacement))
        .filter_map(|t| t.parent_id)
        .collect();
    chain
        .iter()
        .filter(|t| t.relation == Some(Relation::Retry))
        .filter(move |t| t.status != Status::Cancelled || replaced.contains(&t.id))
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

/// The part of the chain that somebody sees on the page of `id` who is not to know of the payments in `hidden`: neither
/// those nor what followed from them; on the page of one of them, only what followed from it.
pub fn seen_from(
    chain: Vec<TransactionRow>,
    id: TransactionId,
    hidden: &[TransactionId],
) -> Vec<TransactionRow> {
    if hidden.is_empty() {
        return chain;
    }
    let here = follows_from(&chain, id, hidden);
    let seen: HashSet<TransactionId> = chain
        .iter()
        .map(|t| t.id)
        .filter(|other| follows_from(&chain, *other, hidden) == here)
        .collect();
    chain.into_iter().filter(|t| seen.contains(&t.id)).collect()
}

/// The nearest of these that a payment is or follows from.
fn follows_from(chain: &[TransactionRow], id: TransactionId, any: &[TransactionId]) -> Option<TransactionId> {
    let mut at = chain.iter().find(|t| t.id == id);
    while let Some(t) = at {
        if any.contains(&t.id) {
            return Some(t.id);
        }
        at = chain.iter().find(|p| Some(p.id) == t.parent_id);
    }
    None
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

/// The chain of a transaction that is a retry, or stands in the place of one; none of any other.
pub fn of_retry(conn: &mut AnyConnection, row: &TransactionRow) -> AppResult<Option<Vec<TransactionRow>>> {
    if !matches!(row.relation, Some(Relation::Retry | Relation::Replacement)) {
        return Ok(None);
    }
    let chain = queries::lineage(conn, row.business_account_id, row.id)?;
    let mut at = Some(row);
    while let Some(t) = at {
        match t.relation {
            Some(Relation::Retry) => return Ok(Some(chain)),
            Some(Relation::Replacement) => at = chain.iter().find(|p| Some(p.id) == t.parent_id),
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// The last day on which what stands in the place of a retry may take effect. Where the first settlement is not known
/// the days are counted from when the first was made, which is no later.
pub fn last_day(chain: &[TransactionRow]) -> Option<NaiveDate> {
    let first = chain.iter().find(|t| t.parent_id.is_none())?;
    let from = first_settlement(chain).unwrap_or_else(|| first.created_at.day_in(Tz::America__New_York));
    Some(add_calendar_days(from, RETRY_DAYS))
}
