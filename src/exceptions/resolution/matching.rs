//! FORCE_MATCH: the transaction is matched by hand with its other side.

use diesel::prelude::*;

use super::{
    OverrideReason,
    plan::{Done, Plan, Work},
    tell_transaction,
};
use crate::{
    approvals::Difference,
    auth::actor::Actor,
    db::{AnyConnection, Tx, schema::matches},
    exceptions::row::ExceptionRow,
    kernel::{
        error::{AppError, AppResult},
        id::{MatchId, ResolutionId, TransactionId},
        money::Money,
    },
    policies::{self, matching::DAYS, thresholds::Thresholds},
    transactions::{self, TransactionRow},
};

/// A match that may be made.
#[derive(Debug)]
pub(super) struct Match {
    ours: TransactionRow,
    theirs: Option<TransactionRow>,
    why: OverrideReason,
}

impl Match {
    fn difference(&self) -> i64 {
        self.theirs.as_ref().map_or(0, |t| t.amount - self.ours.amount)
    }
}

pub(super) fn plan(
    conn: &mut AnyConnection,
    row: &ExceptionRow,
    counterpart: Option<TransactionId>,
    why: OverrideReason,
) -> AppResult<Plan> {
    let account = row.business_account_id;
    let id = row.transaction_id.ok_or(AppError::NotFound)?;
    let ours = transactions::queries::get(conn, account, id)?;
    let refused = |why: &str| AppError::field("counterpart_transaction_id", why);
    if is_matched(conn, ours.id)? {
        return Err(refused(
            "This transaction is matched already: undo that match first, by reopening.",
        ));
    }
    let theirs = match counterpart {
        Some(id) => {
            let found = transactions::queries::find(conn, account, id)?;
            Some(
                found
                    .filter(|t| t.id != ours.id)
                    .ok_or_else(|| refused("Choose another transaction of ours."))?,
            )
        }
        None => None,
    };
    if let Some(theirs) = &theirs {
        let thresholds: Thresholds = policies::rules::of(conn, account)?;
        if theirs.currency != ours.currency {
            return Err(refused("The two transactions are in different currencies."));
        }
        if (theirs.amount - ours.amount).abs() > thresholds.tolerance(ours.amount, ours.currency) {
            return Err(refused(
                "The two amounts are further apart than the policy allows.",
            ));
        }
        if (theirs.value_day() - ours.value_day()).num_days().abs() > DAYS {
            let why = format!("The two are more than {DAYS} days apart.");
            return Err(refused(&why));
        }
        if !theirs.status.counts() {
            let why = format!("It is {}: it moved nothing.", theirs.status.label());
            return Err(refused(&why));
        }
        if transactions::queries::lineage(conn, account, ours.id)?
            .iter()
            .any(|t| t.id == theirs.id)
        {
            return Err(refused(
                "It is of the same chain: its return, retry or replacement is not its other side.",
            ));
        }
        if is_matched(conn, theirs.id)? {
            return Err(refused("It is matched with another transaction already."));
        }
    }
    let found = Match { ours, theirs, why };
    let apart = Money::new(found.difference(), found.ours.currency);
    Ok(Plan {
        effects: vec![match &found.theirs {
            Some(t) => format!(
                "{} of {} is matched with {} of {}, {apart} apart. Both show it.",
                found.ours.title(),
                found.ours.money(),
                t.title(),
                t.money()
            ),
            None => format!(
                "{} of {} is marked as matched by hand, without a counterpart.",
                found.ours.title(),
                found.ours.money()
            ),
        }],
        changes: vec![Difference::new(
            "Matched with",
            "",
            found.theirs.as_ref().map_or_else(
                || "nothing".to_owned(),
                |t| format!("{} of {}", t.title(), t.money()),
            ),
        )],
        concerns: Some(found.ours.id.uuid()),
        work: Work::Match(Box::new(found)),
        ..Plan::default()
    })
}

/// Those that are no side of a match that stands: what is matched is not offered again.
pub fn unmatched(conn: &mut AnyConnection, found: Vec<TransactionRow>) -> AppResult<Vec<TransactionRow>> {
    let mut free = Vec::with_capacity(found.len());
    for row in found {
        if !is_matched(conn, row.id)? {
            free.push(row);
        }
    }
    Ok(free)
}

/// Whether a transaction is a side of a match that stands.
fn is_matched(conn: &mut AnyConnection, id: TransactionId) -> AppResult<bool> {
    let found: Option<MatchId> = matches::table
        .filter(matches::transaction_id.eq(id).or(matches::counterpart_id.eq(id)))
        .filter(matches::undone_at.is_null())
        .select(matches::id)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

pub(super) fn apply(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &ExceptionRow,
    resolution: ResolutionId,
    found: Match,
) -> AppResult<Done> {
    let difference = found.difference();
    let Match { ours, theirs, why } = found;
    diesel::insert_into(matches::table)
        .values((
            matches::id.eq(MatchId::generate(tx.now)),
            matches::business_account_id.eq(actor.business_account),
            matches::exception_id.eq(row.id),
            matches::resolution_id.eq(resolution),
            matches::transaction_id.eq(ours.id),
            matches::counterpart_id.eq(theirs.as_ref().map(|t| t.id)),
            matches::override_reason.eq(why),
            matches::difference.eq(difference),
            matches::created_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    let effect = match &theirs {
        Some(t) => {
            let apart = Money::new(difference, ours.currency);
            format!(
                "Matched by hand with {} of {}, {apart} apart.",
                t.title(),
                t.money()
            )
        }
        None => "Marked as matched by hand, without a counterpart.".into(),
    };
    tell_transaction(tx, actor, ours.id, &format!("matched it: {effect}"))?;
    if let Some(theirs) = &theirs {
        let text = format!("matched it by hand with {} of {}", ours.title(), ours.money());
        tell_transaction(tx, actor, theirs.id, &text)?;
    }
    Ok(Done::said(effect))
}
