//! Editing a transaction: it is cancelled, and a new one takes its place (domain.md section 4). One check serves the
//! page before the confirmation, the command and the API.

use serde::{Deserialize, Serialize};

use super::{
    AchDetails, NewTransaction, Relation, Status, TransactionRow,
    commands::{self, stale},
    payment_reasons::{self, PaymentReason},
    queries,
};
use crate::{
    accounts::{self, AccountRow},
    auth::{actor::Actor, permission::Right},
    db::{AnyConnection, Tx},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code, FieldErrors},
        id::TransactionId,
        money::Money,
    },
    policies::limits,
};

/// The most characters of a description or memo that are taken at all; [`commands::TEXT_KEPT`] are kept in the end.
pub const TEXT_TAKEN: usize = 1000;

/// What an edit asks for, as it is typed or sent. An id that is none is that of an unknown account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditFields {
    pub debit_financial_account_id: String,
    pub credit_financial_account_id: String,
    pub amount: String,
    pub payment_reason_id: String,
    /// Wire only. What is not said stays as it is.
    pub description: Option<String>,
    /// Wire only. What is not said stays as it is.
    pub memo: Option<String>,
}

/// An edit that may be done.
#[derive(Clone, Debug)]
pub struct Edit {
    pub debit: AccountRow,
    pub credit: AccountRow,
    pub money: Money,
    pub reason: PaymentReason,
    pub description: String,
    pub memo: String,
}

impl EditFields {
    /// What the transaction has now: what the form shows first.
    pub fn of(row: &TransactionRow) -> Self {
        let text = |text: &str| row.solution.has_texts().then(|| text.to_owned());
        Self {
            debit_financial_account_id: row.debit_account_id.to_string(),
            credit_financial_account_id: row.credit_account_id.to_string(),
            amount: row.money().plain(),
            payment_reason_id: row.payment_reason.clone(),
            description: text(&row.description),
            memo: text(&row.memo),
        }
    }

    /// Checks all fields against the rules and the transaction to be replaced, and against each other.
    ///
    /// # Errors
    /// Every field that is wrong, at once.
    pub fn check(&self, conn: &mut AnyConnection, row: &TransactionRow, now: Ts) -> AppResult<Edit> {
        let mut errors = FieldErrors::default();
        let debit = self.account(conn, row, &mut errors, "debit_financial_account_id")?;
        let credit = self.account(conn, row, &mut errors, "credit_financial_account_id")?;
        if let (Some(debit), Some(credit)) = (&debit, &credit)
            && debit.id == credit.id
        {
            let sentence = "The account the money comes from and the one it goes to must differ.";
            errors.add("debit_financial_account_id", sentence);
            errors.add("credit_financial_account_id", sentence);
        }
        let money = errors.take("amount", self.money(row));
        if let (Some(debit), Some(money)) = (&debit, money) {
            let left = limits::left(
                conn,
                row.business_account_id,
                debit.id,
                row.currency,
                now,
                Some(row.id),
            )?;
            errors.take("amount", left.check(money));
        }
        let reason = payment_reasons::find(conn, row.business_account_id, &self.payment_reason_id)?;
        if reason.is_none() {
            errors.add("payment_reason_id", "Choose one of the payment reasons.");
        }
        let description = errors.take(
            "description",
            text(row, self.description.as_deref(), &row.description),
        );
        let memo = errors.take("memo", text(row, self.memo.as_deref(), &row.memo));
        match (debit, credit, money, reason, description, memo) {
            (Some(debit), Some(credit), Some(money), Some(reason), Some(description), Some(memo))
                if errors.is_empty() =>
            {
                Ok(Edit {
                    debit,
                    credit,
                    money,
                    reason,
                    description,
                    memo,
                })
            }
            _ => Err(errors.into()),
        }
    }

    /// An account that exists, in this business account, and may be used.
    fn account(
        &self,
        conn: &mut AnyConnection,
        row: &TransactionRow,
        errors: &mut FieldErrors,
        field: &'static str,
    ) -> AppResult<Option<AccountRow>> {
        let typed = if field == "debit_financial_account_id" {
            &self.debit_financial_account_id
        } else {
            &self.credit_financial_account_id
        };
        if typed.is_empty() {
            errors.add(field, "Choose an account.");
            return Ok(None);
        }
        let found = match typed.parse() {
            Ok(id) => accounts::queries::find(conn, row.business_account_id, id)?,
            Err(_) => None,
        };
        let usable = found
            .ok_or_else(|| "There is no such account.".to_owned())
            .and_then(|a| a.can_pay().map(|()| a));
        Ok(errors.take(field, usable))
    }

    fn money(&self, row: &TransactionRow) -> Result<Money, String> {
        let money = Money::parse(&self.amount, row.currency)?;
        if money.minor() > 0 {
            Ok(money)
        } else {
            Err("Give an amount above zero.".into())
        }
    }
}

/// A wire's description or memo as typed; what is not said stays as it is.
fn text(row: &TransactionRow, typed: Option<&str>, before: &str) -> Result<String, String> {
    let Some(typed) = typed else {
        return Ok(before.to_owned());
    };
    if !row.solution.has_texts() && !typed.is_empty() {
        return Err("Only a wire has a description and a memo.".into());
    }
    if typed.chars().count() > TEXT_TAKEN {
        return Err(format!("At most {TEXT_TAKEN} characters fit."));
    }
    if typed
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err("It has a control character; remove it.".into());
    }
    Ok(typed.to_owned())
}

/// Cancels a transaction and makes the one that takes its place, which is given back. `read` is the version that the
/// editor saw; without it the status alone decides.
///
/// # Errors
/// 404; `ILLEGAL_TRANSITION` with the reason when it is past NEW and PENDING; `STALE_VERSION` when it changed since it
/// was read; every wrong field at once.
pub fn edit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: TransactionId,
    read: Option<i64>,
    fields: &EditFields,
) -> AppResult<TransactionRow> {
    actor.require(Right::Transact)?;
    let row = queries::get(tx.conn, actor.business_account, id)?;
    row.status
        .can_edit()
        .map_err(|why| AppError::refused(Code::IllegalMove, why))?;
    if read.is_some_and(|version| version != row.version) {
        return Err(stale());
    }
    let edit = fields.check(tx.conn, &row, tx.now)?;
    consent(tx, actor, &row, &edit)?;
    let new = commands::post(tx, actor, replacement(&row, edit))?;
    let message = format!("Replaced by {}", new.id);
    commands::move_to(tx, actor, &row, Status::Cancelled, &message)?;
    Ok(new)
}

/// Where an edit waits for a second person (domain.md section 6): every edit by page and API passes here, before
/// anything is written. No rule asks for a second person yet.
#[allow(clippy::unnecessary_wraps)]
fn consent(_: &mut Tx<'_>, _: &Actor, _: &TransactionRow, _: &Edit) -> AppResult<()> {
    Ok(())
}

/// The transaction that takes the place of `row`: what an edit does not change is as it was. What the processor or a
/// file said of the old one (trace number, settlement) is not of the new one.
fn replacement(row: &TransactionRow, edit: Edit) -> NewTransaction {
    NewTransaction {
        parent: Some((row.id, Relation::Replacement)),
        debit_account_id: edit.debit.id,
        credit_account_id: edit.credit.id,
        kind: row.kind,
        solution: row.solution,
        money: edit.money,
        payment_reason: edit.reason.slug,
        priority: row.settlement_priority,
        status: Status::New,
        message: format!("Replaces {}", row.id),
        ach: AchDetails {
            company_name: row.company_name.clone(),
            company_id: row.company_id.clone(),
            sec_code: row.sec_code.clone(),
            entry_description: row.entry_description.clone(),
            effective_date: row.effective_date,
            ..AchDetails::default()
        },
        description: edit.description,
        memo: edit.memo,
        metadata: row.metadata(),
        reversal_reason: row.reversal_reason.clone(),
    }
}
