//! ADJUST_ENTRY and WRITE_OFF: an adjustment on the transaction.

use chrono::NaiveDate;
use chrono_tz::Tz;
use diesel::prelude::*;

use super::{
    AdjustmentReason, Direction, How,
    plan::{Done, Plan, Work},
    subject_transaction, tell_transaction,
};
use crate::{
    approvals::Difference,
    auth::actor::Actor,
    db::{AnyConnection, Tx, schema::adjustments, types::Day},
    exceptions::row::ExceptionRow,
    kernel::{
        clock::{Ts, written_day},
        error::{AppError, AppResult, FieldErrors},
        id::{AdjustmentId, ExceptionId, ResolutionId, TransactionId},
        money::Money,
    },
    policies::limits,
    transactions::{self, TransactionRow},
};

/// An adjustment that may be posted.
#[derive(Debug)]
pub(super) struct Adjustment {
    transaction: TransactionId,
    reason: AdjustmentReason,
    money: Money,
    direction: Direction,
    effective: NaiveDate,
    is_write_off: bool,
}

impl Adjustment {
    fn side(&self) -> String {
        self.direction.as_str().to_lowercase()
    }
}

/// An adjustment takes effect at most so many days before or after the day on which it is made: what is further away is
/// a slip of the pen.
const DAYS_AWAY: i64 = 366;

pub(super) fn plan_adjustment(
    conn: &mut AnyConnection,
    row: &ExceptionRow,
    how: &How,
    now: Ts,
) -> AppResult<Plan> {
    let How::AdjustEntry {
        reason,
        money,
        direction,
        effective,
    } = how
    else {
        return Err(AppError::field("resolution_type", "It is not an adjustment."));
    };
    if money.minor() <= 0 {
        return Err(AppError::field("amount", "An adjustment is of more than zero."));
    }
    let id = row.transaction_id.ok_or(AppError::NotFound)?;
    let transaction = transactions::queries::get(conn, row.business_account_id, id)?;
    check_sense(&transaction, *reason, *money, *effective, now)?;
    Ok(planned(Adjustment {
        transaction: id,
        reason: *reason,
        money: *money,
        direction: *direction,
        effective: *effective,
        is_write_off: false,
    }))
}

/// Whether what is adjusted fits the transaction: its currency, unless that is what is corrected, an amount that a
/// transaction may have, a day near today.
fn check_sense(
    row: &TransactionRow,
    reason: AdjustmentReason,
    money: Money,
    effective: NaiveDate,
    now: Ts,
) -> AppResult<()> {
    let mut errors = FieldErrors::default();
    if reason != AdjustmentReason::CurrencyCorrection && money.currency() != row.currency {
        let why = format!(
            "The transaction is in {}: only a currency correction has another.",
            row.currency.code()
        );
        errors.add("currency", why);
    }
    if money.minor() > limits::PER_TRANSACTION {
        let most = Money::new(limits::PER_TRANSACTION, money.currency());
        errors.add(
            "amount",
            format!("An adjustment is of at most {most}, as a transaction."),
        );
    }
    let away = (effective - now.day_in(Tz::America__New_York)).num_days().abs();
    if away > DAYS_AWAY {
        errors.add("effective_at", "Give a day within a year of today.");
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors.into())
    }
}

/// The open amount: what the exception is about, less what was adjusted on it and stands; and of its transaction no more
/// than is left, as two exceptions can be about the same money.
pub(super) fn plan_write_off(conn: &mut AnyConnection, row: &ExceptionRow, now: Ts) -> AppResult<Plan> {
    let refused = |why: &str| AppError::field("resolution_type", why);
    let whole = row.money().ok_or_else(|| refused("It has no amount."))?;
    let transaction = subject_transaction(row).ok_or(AppError::NotFound)?;
    let payment = transactions::queries::get(conn, row.business_account_id, transaction)?;
    let currency = whole.currency().code();
    let standing = adjustments::table
        .filter(adjustments::transaction_id.eq(transaction))
        .filter(adjustments::business_account_id.eq(row.business_account_id))
        .filter(adjustments::currency.eq(currency))
        .filter(adjustments::undone_at.is_null())
        .select((adjustments::exception_id, adjustments::amount))
        .load::<(ExceptionId, i64)>(conn)?;
    let (mut on_this, mut on_all) = (0, 0);
    for (exception, amount) in standing {
        on_all += amount;
        if exception == row.id {
            on_this += amount;
        }
    }
    let mut open = whole.minor() - on_this;
    if payment.currency == whole.currency() {
        open = open.min(payment.amount - on_all);
    }
    if open <= 0 {
        return Err(refused(
            "Nothing of its amount is open any more: it was adjusted or written off already.",
        ));
    }
    Ok(planned(Adjustment {
        transaction,
        reason: AdjustmentReason::Other,
        money: Money::new(open, whole.currency()),
        direction: Direction::Credit,
        effective: now.day_in(Tz::America__New_York),
        is_write_off: true,
    }))
}

fn planned(made: Adjustment) -> Plan {
    let (money, side, day) = (made.money, made.side(), written_day(made.effective));
    Plan {
        effects: vec![if made.is_write_off {
            format!(
                "The open amount of {money} is written off: a {side} is posted on the transaction, effective {day}."
            )
        } else {
            format!("A {side} of {money} is posted on the transaction, effective {day}.")
        }],
        changes: vec![Difference::new(
            if made.is_write_off {
                "Written off"
            } else {
                "Adjustment"
            },
            "",
            format!("{side} of {money}"),
        )],
        concerns: Some(made.transaction.uuid()),
        work: Work::Adjust(made),
        ..Plan::default()
    }
}

pub(super) fn apply(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &ExceptionRow,
    resolution: ResolutionId,
    made: Adjustment,
) -> AppResult<Done> {
    diesel::insert_into(adjustments::table)
        .values((
            adjustments::id.eq(AdjustmentId::generate(tx.now)),
            adjustments::business_account_id.eq(actor.business_account),
            adjustments::exception_id.eq(row.id),
            adjustments::resolution_id.eq(resolution),
            adjustments::transaction_id.eq(made.transaction),
            adjustments::reason.eq(made.reason),
            adjustments::amount.eq(made.money.minor()),
            adjustments::currency.eq(made.money.currency().code()),
            adjustments::direction.eq(made.direction),
            adjustments::effective_date.eq(Day(made.effective)),
            adjustments::created_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    let (money, side, day) = (made.money, made.side(), written_day(made.effective));
    let effect = if made.is_write_off {
        format!("{money} is written off: a {side} is posted, effective {day}.")
    } else {
        format!("A {side} of {money} is posted, effective {day}.")
    };
    tell_transaction(tx, actor, made.transaction, &format!("adjusted it: {effect}"))?;
    Ok(Done::said(effect))
}
