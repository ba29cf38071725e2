//! Resolutions: the ways to close an exception (domain.md section 3), what each does, and what of it a reopening undoes.
//! The effect and the closing are one transaction.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{
    change::{begin, record},
    model::{Act, Category, ResolutionKind},
    row::ExceptionRow,
};
use crate::{
    auth::actor::{Actor, ActorKind},
    db::{
        AnyConnection, Tx,
        schema::{adjustments, matches, resolutions},
        types::Day,
    },
    history::{self, EntityType, EventKind, Happening, model::Anything},
    kernel::{
        clock::{Ts, written_day},
        error::{AppError, AppResult},
        id::{AdjustmentId, BusinessAccountId, ExceptionId, Id, MatchId, ResolutionId, TransactionId},
        money::Money,
        text::{Reason, ResolutionNotes},
    },
    policies::{matching::tolerance, review::why_reviewed},
    reviews, spelled, transactions,
};

spelled! {
    /// Why a match by hand is right (Matcher's words).
    pub enum OverrideReason {
        /// The policy has an exception for it.
        PolicyException = "POLICY_EXCEPTION",
        /// Operations agreed.
        OpsApproval = "OPS_APPROVAL",
        /// The customer disputes it.
        CustomerDispute = "CUSTOMER_DISPUTE",
        /// The data was wrong.
        DataCorrection = "DATA_CORRECTION",
    }
}

spelled! {
    /// What an adjustment corrects (Matcher's words).
    pub enum AdjustmentReason {
        /// The amount.
        AmountCorrection = "AMOUNT_CORRECTION",
        /// The currency.
        CurrencyCorrection = "CURRENCY_CORRECTION",
        /// The date.
        DateCorrection = "DATE_CORRECTION",
        /// Something else, said in the notes.
        Other = "OTHER",
    }
}

spelled! {
    /// Which side an adjustment is on.
    pub enum Direction {
        /// Takes from the account.
        Debit = "DEBIT",
        /// Gives to the account.
        Credit = "CREDIT",
    }
}

/// How an exception is closed.
#[derive(Clone, Debug)]
pub enum How {
    /// Nothing had to be done.
    NoAction(Reason),
    /// The transaction is matched by hand, with a counterpart or without.
    ForceMatch {
        /// The other side.
        counterpart: Option<TransactionId>,
        /// Why it is right.
        why: OverrideReason,
    },
    /// An adjustment is posted on the transaction.
    AdjustEntry {
        /// What it corrects.
        reason: AdjustmentReason,
        /// How much; more than zero.
        money: Money,
        /// Which side.
        direction: Direction,
        /// From which day on.
        effective: NaiveDate,
    },
}

impl How {
    /// The type.
    pub const fn kind(&self) -> ResolutionKind {
        match self {
            Self::NoAction(_) => ResolutionKind::NoAction,
            Self::ForceMatch { .. } => ResolutionKind::ForceMatch,
            Self::AdjustEntry { .. } => ResolutionKind::AdjustEntry,
        }
    }

    fn reason(&self) -> &str {
        match self {
            Self::NoAction(reason) => reason.as_str(),
            Self::ForceMatch { why, .. } => why.as_str(),
            Self::AdjustEntry { reason, .. } => reason.as_str(),
        }
    }
}

/// Whether a type fits an exception.
///
/// # Errors
/// Why not, in a sentence.
pub fn fits(kind: ResolutionKind, row: &ExceptionRow) -> Result<(), String> {
    match kind {
        ResolutionKind::NoAction => Ok(()),
        ResolutionKind::ForceMatch | ResolutionKind::AdjustEntry => {
            if row.category != Category::Transaction {
                Err("Only for reconciliation breaks and other exceptions about a transaction.".into())
            } else if row.transaction_id.is_none() {
                Err("It is not linked to a transaction of ours.".into())
            } else {
                Ok(())
            }
        }
        other => Err(format!("“{}” is not offered here.", other.label())),
    }
}

/// One row of `resolutions`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = resolutions)]
pub struct ResolutionRow {
    pub id: ResolutionId,
    pub business_account_id: BusinessAccountId,
    pub exception_id: ExceptionId,
    pub kind: ResolutionKind,
    pub reason: String,
    pub notes: String,
    /// What it did, in words.
    pub effect: String,
    pub resolved_by_kind: ActorKind,
    pub resolved_by_id: Option<Id<Anything>>,
    pub resolved_by_name: String,
    pub resolved_at: Ts,
}

/// Closes an exception: the effect, the resolution, the review where the policy asks for one. What nobody holds is
/// taken by the resolver in the same step.
///
/// # Errors
/// What the lifecycle refuses; `Stale`; `Invalid` when the type does not fit or its input is wrong.
pub fn resolve(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    how: &How,
    notes: &ResolutionNotes,
    seen: Option<i64>,
) -> AppResult<(ExceptionRow, ResolutionRow)> {
    let mut change = begin(tx, actor, id, Act::Resolve, seen)?;
    fits(how.kind(), &change.row).map_err(|why| AppError::field("resolution_type", why))?;
    if change.row.assignee_id.is_none() {
        change.give(actor.member());
    }
    let resolution_id = ResolutionId::generate(tx.now);
    let mut resolution = ResolutionRow {
        id: resolution_id,
        business_account_id: actor.business_account,
        exception_id: id,
        kind: how.kind(),
        reason: how.reason().to_owned(),
        notes: notes.as_str().to_owned(),
        effect: String::new(),
        resolved_by_kind: actor.kind,
        resolved_by_id: actor.id.map(Id::from_uuid),
        resolved_by_name: actor.name.clone(),
        resolved_at: tx.now,
    };
    diesel::insert_into(resolutions::table)
        .values(&resolution)
        .execute(tx.conn)?;
    // What it makes points at it, so it must be there first.
    resolution.effect = apply(tx, actor, &change.row, resolution_id, how)?;
    diesel::update(resolutions::table.find(resolution_id))
        .set(resolutions::effect.eq(&resolution.effect))
        .execute(tx.conn)?;
    change.row.resolution_id = Some(resolution_id);
    let why = why_reviewed(change.row.severity, how.kind(), resolution_id);
    reviews::commands::open(tx, &resolution, why)?;
    let row = change.store(tx, actor, "")?;
    let text = format!("resolved it: {}. {}", how.kind().label(), resolution.effect);
    record(
        tx,
        actor,
        id,
        EventKind::Resolution,
        ("", how.kind().as_str()),
        &text,
    )?;
    Ok((row, resolution))
}

/// Does what the resolution does beside closing; says in words what that was.
fn apply(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &ExceptionRow,
    resolution: ResolutionId,
    how: &How,
) -> AppResult<String> {
    let transaction = |row: &ExceptionRow| {
        row.transaction_id
            .ok_or_else(|| AppError::field("resolution_type", "It is not linked to a transaction of ours."))
    };
    match how {
        How::NoAction(_) => Ok("Nothing else changes.".into()),
        How::ForceMatch { counterpart, why } => {
            force_match(tx, actor, row, transaction(row)?, *counterpart, *why, resolution)
        }
        How::AdjustEntry {
            reason,
            money,
            direction,
            effective,
        } => {
            let transaction = transaction(row)?;
            if money.minor() == 0 {
                return Err(AppError::field("amount", "An adjustment is of more than zero."));
            }
            diesel::insert_into(adjustments::table)
                .values((
                    adjustments::id.eq(AdjustmentId::generate(tx.now)),
                    adjustments::business_account_id.eq(actor.business_account),
                    adjustments::exception_id.eq(row.id),
                    adjustments::resolution_id.eq(resolution),
                    adjustments::transaction_id.eq(transaction),
                    adjustments::reason.eq(reason),
                    adjustments::amount.eq(money.minor()),
                    adjustments::currency.eq(money.currency().code()),
                    adjustments::direction.eq(direction),
                    adjustments::effective_date.eq(Day(*effective)),
                    adjustments::created_at.eq(tx.now),
                ))
                .execute(tx.conn)?;
            let side = direction.as_str().to_lowercase();
            let effect = format!(
                "A {side} of {money} is posted, effective {}.",
                written_day(*effective)
            );
            tell_transaction(tx, actor, transaction, &format!("adjusted it: {effect}"))?;
            Ok(effect)
        }
    }
}

fn force_match(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &ExceptionRow,
    transaction: TransactionId,
    counterpart: Option<TransactionId>,
    why: OverrideReason,
    resolution: ResolutionId,
) -> AppResult<String> {
    let ours = transactions::queries::get(tx.conn, actor.business_account, transaction)?;
    let refused = |why: &str| AppError::field("counterpart_transaction_id", why);
    let theirs = match counterpart {
        Some(id) => {
            let found = transactions::queries::find(tx.conn, actor.business_account, id)?;
            Some(
                found
                    .filter(|t| t.id != ours.id)
                    .ok_or_else(|| refused("Choose another transaction of ours."))?,
            )
        }
        None => None,
    };
    let difference = theirs.as_ref().map_or(0, |t| t.amount - ours.amount);
    if theirs.as_ref().is_some_and(|t| t.currency != ours.currency) {
        return Err(refused("The two transactions are in different currencies."));
    }
    if difference.abs() > tolerance(ours.amount) {
        return Err(refused(
            "The two amounts are further apart than the policy allows.",
        ));
    }
    diesel::insert_into(matches::table)
        .values((
            matches::id.eq(MatchId::generate(tx.now)),
            matches::business_account_id.eq(actor.business_account),
            matches::exception_id.eq(row.id),
            matches::resolution_id.eq(resolution),
            matches::transaction_id.eq(transaction),
            matches::counterpart_id.eq(counterpart),
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
    tell_transaction(tx, actor, transaction, &format!("matched it: {effect}"))?;
    if let Some(theirs) = &theirs {
        let text = format!("matched it by hand with {} of {}", ours.title(), ours.money());
        tell_transaction(tx, actor, theirs.id, &text)?;
    }
    Ok(effect)
}

fn tell_transaction(tx: &mut Tx<'_>, actor: &Actor, id: TransactionId, description: &str) -> AppResult<()> {
    let happening = Happening {
        entity_type: EntityType::Transaction,
        entity_id: id.uuid(),
        kind: EventKind::Resolution,
        previous: "",
        new: "",
        description,
    };
    history::record(tx, actor, &happening)
}

/// Undoes what a resolution made, for a reopening.
pub fn undo(tx: &mut Tx<'_>, resolution: ResolutionId) -> AppResult<()> {
    let now = Some(tx.now);
    diesel::update(matches::table.filter(matches::resolution_id.eq(resolution)))
        .set(matches::undone_at.eq(now))
        .execute(tx.conn)?;
    diesel::update(adjustments::table.filter(adjustments::resolution_id.eq(resolution)))
        .set(adjustments::undone_at.eq(now))
        .execute(tx.conn)?;
    reviews::commands::withdraw(tx, resolution)
}

/// What a reopening will undo, in words; empty when there is nothing.
pub fn undo_words(conn: &mut AnyConnection, resolution: ResolutionId) -> AppResult<String> {
    let row = get(conn, resolution)?;
    Ok(match row.kind {
        ResolutionKind::ForceMatch => "The match is undone.".into(),
        ResolutionKind::AdjustEntry => "The adjustment is undone.".into(),
        _ => String::new(),
    })
}

/// A resolution.
pub fn get(conn: &mut AnyConnection, id: ResolutionId) -> AppResult<ResolutionRow> {
    Ok(resolutions::table
        .find(id)
        .select(ResolutionRow::as_select())
        .first(conn)?)
}

/// These resolutions, in no order.
pub fn list(conn: &mut AnyConnection, ids: &[ResolutionId]) -> AppResult<Vec<ResolutionRow>> {
    Ok(resolutions::table
        .filter(resolutions::id.eq_any(ids))
        .select(ResolutionRow::as_select())
        .load(conn)?)
}
