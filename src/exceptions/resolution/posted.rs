//! Matches and adjustments, read: which there are on a transaction, and which a resolution made.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{AdjustmentReason, Direction, OverrideReason, ResolutionRow, list};
use crate::{
    accounts::{self, AccountRow},
    db::{
        AnyConnection,
        schema::{adjustments, matches},
        types::Day,
    },
    exceptions::about::{self, Mention},
    history,
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, FinancialAccountId, ResolutionId, TransactionId},
        money::Money,
    },
    transactions::{self, TransactionRow},
};

/// At most so many of a transaction are read, the newest.
const MOST: i64 = 100;

/// A match or an adjustment, with all that a page tells of it.
#[derive(Clone, Debug)]
pub struct Posted {
    /// What it is.
    pub deed: Deed,
    /// The transaction that the exception is about.
    pub transaction: Side,
    /// The exception that it was made for.
    pub exception: Mention,
    /// The resolution that made it: by whom and when.
    pub resolution: ResolutionRow,
    /// When it was undone and by whom; the name is empty where the history does not have it.
    pub undone: Option<(Ts, String)>,
}

/// One side of a match, as a page names it.
#[derive(Clone, Debug)]
pub struct Side {
    /// Which transaction.
    pub id: TransactionId,
    /// `ACH debit of $12.00, Dov Marlowe ••••6789`
    pub label: String,
}

/// What was made.
#[derive(Clone, Debug)]
pub enum Deed {
    /// A match by hand.
    Match {
        /// The other side, where there is one.
        counterpart: Option<Side>,
        /// Why it is right.
        why: OverrideReason,
        /// How far the other amount is above ours.
        difference: Money,
    },
    /// An adjustment.
    Adjustment {
        /// What it corrects.
        reason: AdjustmentReason,
        /// How much.
        money: Money,
        /// Which side.
        direction: Direction,
        /// From which day on.
        effective: Day,
    },
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = matches)]
struct MatchRow {
    exception_id: ExceptionId,
    resolution_id: ResolutionId,
    transaction_id: TransactionId,
    counterpart_id: Option<TransactionId>,
    override_reason: OverrideReason,
    difference: i64,
    undone_at: Option<Ts>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = adjustments)]
struct AdjustmentRow {
    exception_id: ExceptionId,
    resolution_id: ResolutionId,
    transaction_id: TransactionId,
    reason: AdjustmentReason,
    amount: i64,
    currency: String,
    direction: Direction,
    effective_date: Day,
    undone_at: Option<Ts>,
}

/// Those on a transaction, on whichever side of a match it is; the newest first.
pub fn on_transaction(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: TransactionId,
) -> AppResult<Vec<Posted>> {
    let matched = matches::table
        .filter(matches::business_account_id.eq(account))
        .filter(matches::transaction_id.eq(id).or(matches::counterpart_id.eq(id)))
        .order((matches::created_at.desc(), matches::id.desc()))
        .limit(MOST)
        .select(MatchRow::as_select())
        .load(conn)?;
    let adjusted = adjustments::table
        .filter(adjustments::business_account_id.eq(account))
        .filter(adjustments::transaction_id.eq(id))
        .order((adjustments::created_at.desc(), adjustments::id.desc()))
        .limit(MOST)
        .select(AdjustmentRow::as_select())
        .load(conn)?;
    told(conn, account, matched, adjusted)
}

/// What a resolution made.
pub fn by_resolution(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: ResolutionId,
) -> AppResult<Vec<Posted>> {
    let matched = matches::table
        .filter(matches::business_account_id.eq(account))
        .filter(matches::resolution_id.eq(id))
        .select(MatchRow::as_select())
        .load(conn)?;
    let adjusted = adjustments::table
        .filter(adjustments::business_account_id.eq(account))
        .filter(adjustments::resolution_id.eq(id))
        .select(AdjustmentRow::as_select())
        .load(conn)?;
    told(conn, account, matched, adjusted)
}

/// What the rows point at, read together.
struct Beside {
    sides: HashMap<TransactionId, (TransactionRow, Side)>,
    exceptions: HashMap<ExceptionId, Mention>,
    resolutions: HashMap<ResolutionId, ResolutionRow>,
}

impl Beside {
    fn read(
        conn: &mut AnyConnection,
        account: BusinessAccountId,
        matched: &[MatchRow],
        adjusted: &[AdjustmentRow],
    ) -> AppResult<Self> {
        let keys = |(e, r, t): (&ExceptionId, &ResolutionId, &TransactionId)| (*e, *r, *t);
        let all: Vec<_> = matched
            .iter()
            .map(|m| keys((&m.exception_id, &m.resolution_id, &m.transaction_id)))
            .chain(
                adjusted
                    .iter()
                    .map(|a| keys((&a.exception_id, &a.resolution_id, &a.transaction_id))),
            )
            .collect();
        let exceptions: Vec<ExceptionId> = all.iter().map(|(e, ..)| *e).collect();
        let resolutions: Vec<ResolutionId> = all.iter().map(|(_, r, _)| *r).collect();
        let sides_of: Vec<TransactionId> = all
            .iter()
            .map(|(.., t)| *t)
            .chain(matched.iter().filter_map(|m| m.counterpart_id))
            .collect();
        let rows = transactions::queries::list_by_ids(conn, account, &sides_of)?;
        Ok(Self {
            sides: sides(conn, account, rows)?,
            exceptions: about::list_by_ids(conn, account, &exceptions)?
                .into_iter()
                .map(|m| (m.id, m))
                .collect(),
            resolutions: list(conn, &resolutions)?.into_iter().map(|r| (r.id, r)).collect(),
        })
    }

    fn side(&self, id: TransactionId) -> Option<Side> {
        self.sides.get(&id).map(|(_, side)| side.clone())
    }
}

fn sides(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    rows: Vec<TransactionRow>,
) -> AppResult<HashMap<TransactionId, (TransactionRow, Side)>> {
    let ids: Vec<FinancialAccountId> = rows
        .iter()
        .flat_map(|t| [t.debit_account_id, t.credit_account_id])
        .collect();
    let accounts = accounts::queries::list_by_ids(conn, account, &ids)?;
    let name = |id: FinancialAccountId| {
        let found = accounts.iter().find(|a| a.id == id);
        found.map(AccountRow::label).unwrap_or_default()
    };
    Ok(rows
        .into_iter()
        .map(|row| {
            let (from, to) = row.from_and_to();
            let label = format!(
                "{} of {}, {} to {}",
                row.title(),
                row.money(),
                name(from),
                name(to)
            );
            (row.id, (row.clone(), Side { id: row.id, label }))
        })
        .collect())
}

fn told(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    matched: Vec<MatchRow>,
    adjusted: Vec<AdjustmentRow>,
) -> AppResult<Vec<Posted>> {
    let beside = Beside::read(conn, account, &matched, &adjusted)?;
    let mut deeds = Vec::with_capacity(matched.len() + adjusted.len());
    for row in matched {
        // The difference is in the currency of both sides.
        let Some((ours, _)) = beside.sides.get(&row.transaction_id) else {
            continue;
        };
        let deed = Deed::Match {
            counterpart: row.counterpart_id.and_then(|id| beside.side(id)),
            why: row.override_reason,
            difference: Money::new(row.difference, ours.currency),
        };
        let keys = (row.exception_id, row.resolution_id, row.transaction_id);
        deeds.push((deed, keys, row.undone_at));
    }
    for row in adjusted {
        let Some(currency) = crate::kernel::money::Currency::stored(&row.currency) else {
            continue;
        };
        let deed = Deed::Adjustment {
            reason: row.reason,
            money: Money::new(row.amount, currency),
            direction: row.direction,
            effective: row.effective_date,
        };
        let keys = (row.exception_id, row.resolution_id, row.transaction_id);
        deeds.push((deed, keys, row.undone_at));
    }
    let mut all = Vec::with_capacity(deeds.len());
    for (deed, (exception, resolution, transaction), undone) in deeds {
        let found = (
            beside.side(transaction),
            beside.exceptions.get(&exception),
            beside.resolutions.get(&resolution),
        );
        let (Some(transaction), Some(mention), Some(resolution)) = found else {
            continue;
        };
        let undone = match undone {
            // Undone with the reopening, in the same moment.
            Some(at) => {
                let who = history::queries::actor_at(conn, account, exception.uuid(), at)?;
                Some((at, who.unwrap_or_default()))
            }
            None => None,
        };
        all.push(Posted {
            deed,
            transaction,
            exception: mention.clone(),
            resolution: resolution.clone(),
            undone,
        });
    }
    all.sort_by_key(|p| std::cmp::Reverse((p.resolution.resolved_at, p.resolution.id)));
    Ok(all)
}
