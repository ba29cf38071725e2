//! Editing a transaction: it is cancelled, and a new one takes its place (domain.md section 4). One check serves the
//! page before the confirmation, the command and the API.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{
    AchDetails, Kind, NewTransaction, Relation, Solution, Status, TransactionRow,
    commands::{self, stale},
    lineage,
    metadata::{self, ENTRY_CLASS, Metadata},
    payment_reasons::{self, PaymentReason},
    queries,
};
use crate::{
    accounts::{self, AccountRow},
    ach::{
        add_banking_days,
        retry::{RETRY_DAYS, RETRY_LABEL},
    },
    approvals::{
        Difference, Gated, Guard, Request,
        commands::{self as approvals, NewApproval},
    },
    auth::{actor::Actor, permission::Right},
    db::{AnyConnection, Tx, types::Day},
    history::EntityType,
    kernel::{
        clock::{Ts, written_day},
        error::{AppError, AppResult, Code, FieldErrors, Wrong},
        id::{BusinessAccountId, TransactionId},
        money::{Currency, Money},
    },
    policies::{
        approval::{self, Change, Consent, Subject},
        limits,
    },
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
    /// What is not said stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}

/// What the fields of a payment are checked against.
pub(super) struct Base<'a> {
    pub account: BusinessAccountId,
    pub currency: Currency,
    pub solution: Solution,
    /// What is not said of these stays as it is.
    pub description: &'a str,
    pub memo: &'a str,
    /// The transaction that will be cancelled: it does not count against the limits.
    pub except: Option<TransactionId>,
}

impl<'a> Base<'a> {
    fn of(row: &'a TransactionRow) -> Self {
        Self {
            account: row.business_account_id,
            currency: row.currency,
            solution: row.solution,
            description: &row.description,
            memo: &row.memo,
            except: Some(row.id),
        }
    }
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
    /// None where it stays as it is.
    pub metadata: Option<Metadata>,
    /// When it takes effect, where a day was set.
    pub effective: Option<NaiveDate>,
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
            metadata: None,
        }
    }

    /// Checks all fields against the rules and the transaction to be replaced, and against each other.
    ///
    /// # Errors
    /// Every field that is wrong, at once.
    pub fn check(&self, conn: &mut AnyConnection, row: &TransactionRow, now: Ts) -> AppResult<Edit> {
        let mut edit = self.check_against(conn, &Base::of(row), now, FieldErrors::default())?;
        // What is made now cannot take effect in the past.
        let soonest = add_banking_days(now.day_in(Tz::America__New_York), 0);
        edit.effective = row.effective_date.map(|day| day.0.max(soonest));
        if let Some(chain) = lineage::of_retry(conn, row)? {
            edit.check_retry(row, lineage::last_day(&chain))?;
        }
        Ok(edit)
    }

    /// As [`Self::check`], for any payment; `errors` are those found before.
    pub(super) fn check_against(
        &self,
        conn: &mut AnyConnection,
        base: &Base<'_>,
        now: Ts,
        mut errors: FieldErrors,
    ) -> AppResult<Edit> {
        let debit = self.account(conn, base, &mut errors, "debit_financial_account_id")?;
        let credit = self.account(conn, base, &mut errors, "credit_financial_account_id")?;
        if let (Some(debit), Some(credit)) = (&debit, &credit)
            && debit.id == credit.id
        {
            let sentence = "The account the money comes from and the one it goes to must differ.";
            errors.refuse("debit_financial_account_id", sentence);
            errors.refuse("credit_financial_account_id", sentence);
        }
        let money = errors.settle("amount", Money::parse_paid(&self.amount, base.currency));
        if let (Some(debit), Some(money)) = (&debit, money) {
            let left = limits::left(conn, base.account, debit.id, base.currency, now, base.except)?;
            errors.allow("amount", left.check(money));
        }
        let reason = payment_reasons::find(conn, base.account, &self.payment_reason_id)?;
        if reason.is_none() {
            let sentence = "Choose one of the payment reasons.";
            if self.payment_reason_id.is_empty() {
                errors.add("payment_reason_id", sentence);
            } else {
                errors.refuse("payment_reason_id", sentence);
            }
        }
        let description = errors.settle(
            "description",
            text(base.solution, self.description.as_deref(), base.description),
        );
        let memo = errors.settle("memo", text(base.solution, self.memo.as_deref(), base.memo));
        if let Some(metadata) = &self.metadata {
            metadata::check(metadata, &mut errors);
            errors.allow(
                "metadata",
                metadata::entry_class("", Some(metadata), Some(base.solution)),
            );
        }
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
                    metadata: self.metadata.clone(),
                    effective: None,
                })
            }
            _ => Err(errors.into()),
        }
    }

    /// An account that exists, in this business account, and may be used.
    fn account(
        &self,
        conn: &mut AnyConnection,
        base: &Base<'_>,
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
            Ok(id) => accounts::queries::find(conn, base.account, id)?,
            Err(_) => None,
        };
        let usable = found
            .ok_or_else(|| "There is no such account.".to_owned())
            .and_then(|a| a.can_pay().map(|()| a));
        Ok(errors.allow(field, usable))
    }
}

/// A wire's description or memo as typed; what is not said stays as it is.
fn text(solution: Solution, typed: Option<&str>, before: &str) -> Result<String, Wrong> {
    let Some(typed) = typed else {
        return Ok(before.to_owned());
    };
    if !solution.has_texts() && !typed.is_empty() {
        return Err(Wrong::by_rule("Only a wire has a description and a memo."));
    }
    if typed.chars().count() > TEXT_TAKEN {
        return Err(format!("At most {TEXT_TAKEN} characters fit.").into());
    }
    if typed
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err("It has a control character; remove it.".into());
    }
    Ok(typed.to_owned())
}

impl Edit {
    /// The other party's account: who is asked, or who is paid.
    pub fn party(&self, kind: Kind) -> &AccountRow {
        kind.party(&self.debit, &self.credit)
    }

    /// The rules of a retry that hold for what takes its place, by ach-codes.md section 3: its amount, and its 180 days
    /// as long as it goes to the same account.
    fn check_retry(&self, row: &TransactionRow, last: Option<NaiveDate>) -> AppResult<()> {
        if self.money.minor() != row.amount {
            let sentence = "A retry has the amount of the payment that came back.";
            return Err(AppError::field("amount", sentence));
        }
        match (self.effective, last) {
            (Some(day), Some(last)) if day > last && self.has_accounts_of(row) => {
                let last = written_day(last);
                let sentence = format!(
                    "A retry takes effect by {last}, {RETRY_DAYS} days after the original settled: cancel it instead."
                );
                Err(AppError::refused(Code::RuleRefuses, sentence))
            }
            _ => Ok(()),
        }
    }

    fn has_accounts_of(&self, row: &TransactionRow) -> bool {
        row.debit_account_id == self.debit.id && row.credit_account_id == self.credit.id
    }

    fn title(&self, row: &TransactionRow) -> String {
        let (before, after) = (row.money(), self.money);
        if before == after {
            format!("Edit of {} of {after}", row.title())
        } else {
            format!("Edit of {}: {after} instead of {before}", row.title())
        }
    }

    /// Before and after: the fields that change.
    pub fn differences(&self, conn: &mut AnyConnection, row: &TransactionRow) -> AppResult<Vec<Difference>> {
        let mut all = self.compare(conn, row)?;
        all.retain(|d| d.before != d.after);
        Ok(all)
    }

    /// Before and after: every field.
    pub fn compare(&self, conn: &mut AnyConnection, row: &TransactionRow) -> AppResult<Vec<Difference>> {
        let both = [row.debit_account_id, row.credit_account_id];
        let known = accounts::queries::list_by_ids(conn, row.business_account_id, &both)?;
        let label = |id| {
            known
                .iter()
                .find(|a| a.id == id)
                .map(AccountRow::label)
                .unwrap_or_default()
        };
        let reason = payment_reasons::label(conn, row.business_account_id, &row.payment_reason)?;
        let mut all = vec![
            Difference::new("From", label(row.debit_account_id), self.debit.label()),
            Difference::new("To", label(row.credit_account_id), self.credit.label()),
            Difference::new("Amount", row.money().to_string(), self.money.to_string()),
            Difference::new("Payment reason", reason, &self.reason.label),
        ];
        if let (Some(before), Some(after)) = (row.effective_date, self.effective) {
            all.push(Difference::new(
                "Takes effect",
                written_day(before.0),
                written_day(after),
            ));
        }
        if row.solution.has_texts() {
            all.push(Difference::new(
                "Description",
                &row.description,
                &self.description,
            ));
            all.push(Difference::new("Memo", &row.memo, &self.memo));
        }
        if let Some(after) = &self.metadata {
            all.extend(differences(&row.metadata(), after));
        }
        Ok(all)
    }

    /// What will happen, in sentences.
    pub fn effects(&self, row: &TransactionRow) -> Vec<String> {
        let mut effects = vec![
            format!("The original of {} is cancelled.", row.money()),
            format!("A new transaction of {} is made in status New.", self.money),
        ];
        if let (Some(before), Some(after)) = (row.effective_date, self.effective)
            && after > before.0
        {
            let (before, after) = (written_day(before.0), written_day(after));
            effects.push(format!(
                "The day it was to take effect, {before}, is past: it takes effect on {after}."
            ));
        }
        effects.extend(cuts(&self.description, &self.memo));
        effects
    }

    /// Why it waits for a second person, if it does.
    pub fn consent(
        &self,
        conn: &mut AnyConnection,
        actor: &Actor,
        row: &TransactionRow,
    ) -> AppResult<Option<Consent>> {
        let change = Change {
            of: Subject::Edit,
            money: Some(self.money),
            is_elsewhere: self.credit.id != row.credit_account_id,
        };
        approval::consent(conn, actor, &change)
    }
}

/// Before and after of key-value pairs: every key that either has.
pub(super) fn differences(before: &Metadata, after: &Metadata) -> Vec<Difference> {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let value = |of: &Metadata, key: &String| of.get(key).cloned().unwrap_or_default();
    keys.into_iter()
        .map(|key| Difference::new(&format!("Metadata {key}"), value(before, key), value(after, key)))
        .collect()
}

/// Which texts will be cut, said beforehand.
pub(super) fn cuts(description: &str, memo: &str) -> Vec<String> {
    let long =
        [("description", description), ("memo", memo)].map(|(name, text)| (name, text.chars().count()));
    let kept = commands::TEXT_KEPT;
    long.into_iter()
        .filter(|(_, length)| *length > kept)
        .map(|(name, length)| {
            format!(
                "The {name} has {length} characters: it is cut to {kept} when the transaction is submitted."
            )
        })
        .collect()
}

/// Whether a transaction can be edited: its type and its status.
///
/// # Errors
/// The reason in words.
pub fn can_edit(row: &TransactionRow) -> Result<(), String> {
    match row.kind {
        Kind::Send | Kind::Request => row.status.can_edit(),
        Kind::Reversal => {
            Err("A reversal takes back what was moved, no more and no less: cancel it instead.".into())
        }
        Kind::Return => Err("A return is what the bank has sent: it cannot be edited.".into()),
    }
}

/// Cancels a transaction and makes the one that takes its place, which is given back; or lets the request wait for a
/// second person. `read` is the version that the editor saw; without it the status alone decides.
///
/// # Errors
/// 404; `ILLEGAL_TRANSITION` with the reason when it is past NEW and PENDING; `STALE_VERSION` when it changed since it
/// was read; every wrong field at once; `DUPLICATE` when the same edit waits already.
pub fn edit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: TransactionId,
    read: Option<i64>,
    fields: &EditFields,
) -> AppResult<Gated<TransactionRow>> {
    let (row, edit) = begin(tx, actor, id, read, fields)?;
    if let Some(consent) = edit.consent(tx.conn, actor, &row)? {
        let guards = Guard::in_place_of(tx.conn, &row, [edit.debit.id, edit.credit.id])?;
        let new = NewApproval {
            request: Request::TransactionEdit {
                id,
                fields: fields.clone(),
            },
            entity: (EntityType::Transaction, id.uuid()),
            concerns: None,
            guards,
            title: edit.title(&row),
            why: consent.why,
            people: consent.people,
            effects: edit.effects(&row),
            changes: edit.differences(tx.conn, &row)?,
            number: None,
        };
        return approvals::ask(tx, actor, new);
    }
    replace(tx, actor, &row, edit).map(Gated::Done)
}

/// As [`edit`], when a second person has agreed.
pub(crate) fn edit_now(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: TransactionId,
    fields: &EditFields,
) -> AppResult<TransactionRow> {
    let (row, edit) = begin(tx, actor, id, None, fields)?;
    replace(tx, actor, &row, edit)
}

fn begin(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: TransactionId,
    read: Option<i64>,
    fields: &EditFields,
) -> AppResult<(TransactionRow, Edit)> {
    actor.require(Right::Transact)?;
    let row = queries::get(tx.conn, actor.business_account, id)?;
    can_edit(&row).map_err(|why| AppError::refused(Code::IllegalMove, why))?;
    if read.is_some_and(|version| version != row.version) {
        return Err(stale());
    }
    let edit = fields.check(tx.conn, &row, tx.now)?;
    Ok((row, edit))
}

/// The deed, after all checks.
pub(crate) fn replace(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &TransactionRow,
    edit: Edit,
) -> AppResult<TransactionRow> {
    let new = commands::post(tx, actor, replacement(row, edit))?;
    let message = format!("Replaced by {}", new.id);
    commands::move_to(tx, actor, row, Status::Cancelled, &message)?;
    Ok(new)
}

/// The transaction that takes the place of `row`: what an edit does not change is as it was. What the processor or a
/// file said of the old one (trace number, settlement) is not of the new one.
fn replacement(row: &TransactionRow, edit: Edit) -> NewTransaction {
    // The first entry to another account is no retry (ach-codes.md section 3).
    let keeps_label = edit.has_accounts_of(row) || row.entry_description.as_deref() != Some(RETRY_LABEL);
    let bank = edit.party(row.kind).routing_number.clone();
    let metadata = edit.metadata.unwrap_or_else(|| row.metadata());
    let class = metadata.get(ENTRY_CLASS).cloned();
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
            sec_code: class.or_else(|| row.sec_code.clone()),
            entry_description: row.entry_description.clone().filter(|_| keeps_label),
            effective_date: edit.effective.map(Day),
            receiving_bank: row.receiving_bank.as_ref().map(|_| bank),
            ..AchDetails::default()
        },
        description: edit.description,
        memo: edit.memo,
        metadata,
        reversal_reason: row.reversal_reason.clone(),
    }
}
