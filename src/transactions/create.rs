//! Making a transaction (domain.md section 4). One check serves the page before the confirmation, the command, the API
//! and the approval.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    AchDetails, Kind, NewTransaction, Priority, Solution, Status, TransactionRow, commands,
    edit::{Base, Edit, EditFields, cuts, differences},
    metadata::{self, Metadata},
};
use crate::{
    ach::is_banking_day,
    approvals::{
        Difference, Gated, Guard, Request,
        commands::{self as approvals, NewApproval},
    },
    auth::{actor::Actor, permission::Right},
    db::{AnyConnection, Tx, types::Day},
    history::EntityType,
    kernel::{
        clock::{Ts, written_day},
        error::{AppResult, FieldErrors, Wrong},
        id::BusinessAccountId,
        money::Currency,
    },
    policies::approval::{self, Change, Consent, Subject},
};

/// What is asked for, as it is typed or sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateFields {
    /// SEND or REQUEST.
    pub transaction_type: String,
    /// ach, wire …
    pub solution: String,
    pub debit_financial_account_id: String,
    pub credit_financial_account_id: String,
    pub amount: String,
    /// Empty for USD.
    pub currency: String,
    pub payment_reason_id: String,
    /// Empty for IMMEDIATE, the API's default.
    pub settlement_priority: String,
    /// `2026-11-30`, or empty.
    pub effective_date: String,
    /// Standard entry class of an ACH payment, or empty.
    pub sec_code: String,
    /// Wire only.
    pub description: String,
    /// Wire only.
    pub memo: String,
    /// The client's own.
    pub metadata: Metadata,
}

/// A transaction that may be made.
#[derive(Clone, Debug)]
pub struct Creation {
    /// Accounts, amount, reason and texts.
    pub parts: Edit,
    pub kind: Kind,
    pub solution: Solution,
    pub priority: Priority,
    pub effective: Option<NaiveDate>,
    pub sec_code: Option<String>,
    metadata: Metadata,
}

impl CreateFields {
    /// Checks all fields against the rules and each other.
    ///
    /// # Errors
    /// Every field that is wrong, at once.
    pub fn check(
        &self,
        conn: &mut AnyConnection,
        account: BusinessAccountId,
        now: Ts,
    ) -> AppResult<Creation> {
        let mut errors = FieldErrors::default();
        let kind = Kind::parse(&self.transaction_type)
            .filter(|k| matches!(k, Kind::Send | Kind::Request))
            .ok_or_else(|| "Choose SEND or REQUEST.".to_owned());
        let kind = errors.take("transaction_type", kind);
        let solution =
            Solution::parse(&self.solution).ok_or_else(|| "Choose how the money is sent.".to_owned());
        let solution = errors.take("solution", solution);
        let currency = match self.currency.trim() {
            "" => Some(Currency::USD),
            code => errors.settle("currency", Currency::read(code)),
        };
        let priority = errors.settle("settlement_priority", self.priority(solution));
        let effective = errors
            .settle("effective_date", self.effective(now, solution))
            .flatten();
        let class = metadata::entry_class(&self.sec_code, Some(&self.metadata), solution);
        let sec_code = errors.allow("sec_code", class).flatten();
        metadata::check(&self.metadata, &mut errors);
        let base = Base {
            account,
            currency: currency.unwrap_or(Currency::USD),
            solution: solution.unwrap_or(Solution::Wire),
            description: "",
            memo: "",
            except: None,
        };
        let parts = self.parts().check_against(conn, &base, now, errors)?;
        match (kind, solution, priority) {
            (Some(kind), Some(solution), Some(priority)) => Ok(Creation {
                parts,
                kind,
                solution,
                priority,
                effective,
                sec_code,
                metadata: self.metadata.clone(),
            }),
            // `check_against` has told what is wrong.
            _ => Err(FieldErrors::one("transaction_type", "Choose SEND or REQUEST.").into()),
        }
    }

    fn parts(&self) -> EditFields {
        EditFields {
            debit_financial_account_id: self.debit_financial_account_id.clone(),
            credit_financial_account_id: self.credit_financial_account_id.clone(),
            amount: self.amount.clone(),
            payment_reason_id: self.payment_reason_id.clone(),
            description: Some(self.description.clone()),
            memo: Some(self.memo.clone()),
            metadata: None,
        }
    }

    fn priority(&self, solution: Option<Solution>) -> Result<Priority, Wrong> {
        let asked = match self.settlement_priority.as_str() {
            "" => Priority::Immediate,
            text => Priority::parse(text).ok_or("Choose how soon it is to settle.")?,
        };
        match (solution, asked) {
            (Some(Solution::PushToCard), Priority::Immediate) => Ok(asked),
            (Some(Solution::PushToCard), _) => Err(Wrong::by_rule("A push to a card is always immediate.")),
            _ => Ok(asked),
        }
    }

    /// Today or later, in New York; a day on which banks work when ACH moves the money.
    fn effective(&self, now: Ts, solution: Option<Solution>) -> Result<Option<NaiveDate>, Wrong> {
        let text = self.effective_date.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let day: NaiveDate = text.parse().map_err(|_| "Give a day such as 2026-11-30.")?;
        if day < now.day_in(chrono_tz::Tz::America__New_York) {
            return Err(Wrong::by_rule("The day is past."));
        }
        if solution == Some(Solution::Ach) && !is_banking_day(day) {
            return Err(Wrong::by_rule(format!(
                "Banks do not work on {}; choose a banking day.",
                written_day(day)
            )));
        }
        Ok(Some(day))
    }
}

impl Creation {
    /// Why it waits for a second person, if it does.
    pub fn consent(&self, conn: &mut AnyConnection, actor: &Actor) -> AppResult<Option<Consent>> {
        let change = Change {
            of: Subject::NewTransaction,
            money: Some(self.parts.money),
            is_elsewhere: false,
        };
        approval::consent(conn, actor, &change)
    }

    /// What will happen, in sentences.
    pub fn effects(&self) -> Vec<String> {
        let parts = &self.parts;
        let mut effects = vec![format!(
            "A new {} {} of {} from {} to {} is made in status New.",
            self.solution.label(),
            self.kind.label(),
            parts.money,
            parts.debit.label(),
            parts.credit.label()
        )];
        if let Some(day) = self.effective {
            effects.push(format!("It takes effect on {}.", written_day(day)));
        }
        effects.extend(cuts(&parts.description, &parts.memo));
        effects
    }

    /// The new transaction, field by field.
    pub fn differences(&self) -> Vec<Difference> {
        let parts = &self.parts;
        let mut all = vec![
            Difference::new(
                "Type",
                "",
                format!("{} {}", self.solution.label(), self.kind.label()),
            ),
            Difference::new("From", "", parts.debit.label()),
            Difference::new("To", "", parts.credit.label()),
            Difference::new("Amount", "", parts.money.to_string()),
            Difference::new("Payment reason", "", &parts.reason.label),
            Difference::new("Priority", "", self.priority.label()),
            Difference::new(
                "Takes effect",
                "",
                self.effective.map(written_day).unwrap_or_default(),
            ),
            Difference::new("Entry class", "", self.sec_code.clone().unwrap_or_default()),
            Difference::new("Description", "", &parts.description),
            Difference::new("Memo", "", &parts.memo),
        ];
        all.extend(differences(&Metadata::new(), &self.metadata));
        all.retain(|d| !d.after.is_empty());
        all
    }

    fn into_new(self) -> NewTransaction {
        let parts = self.parts;
        let bank = parts.party(self.kind).routing_number.clone();
        NewTransaction {
            solution: self.solution,
            payment_reason: parts.reason.slug,
            priority: self.priority,
            status: Status::New,
            ach: AchDetails {
                receiving_bank: (self.solution == Solution::Ach).then_some(bank),
                sec_code: self.sec_code,
                effective_date: self.effective.map(Day),
                ..AchDetails::default()
            },
            description: parts.description,
            memo: parts.memo,
            metadata: self.metadata,
            ..NewTransaction::ach(self.kind, parts.debit.id, parts.credit.id, parts.money)
        }
    }
}

/// Makes a transaction in status NEW, or lets the request wait for a second person.
///
/// # Errors
/// Every wrong field at once; `DUPLICATE` when the same request waits already.
pub fn create(tx: &mut Tx<'_>, actor: &Actor, fields: &CreateFields) -> AppResult<Gated<TransactionRow>> {
    actor.require(Right::Transact)?;
    let creation = fields.check(tx.conn, actor.business_account, tx.now)?;
    let Some(consent) = creation.consent(tx.conn, actor)? else {
        return commands::post(tx, actor, creation.into_new()).map(Gated::Done);
    };
    let new = NewApproval {
        request: Request::TransactionCreate {
            fields: Box::new(fields.clone()),
        },
        entity: (EntityType::BusinessAccount, actor.business_account.uuid()),
        concerns: None,
        guards: Guard::destinations(
            tx.conn,
            actor.business_account,
            &[creation.parts.debit.id, creation.parts.credit.id],
        )?,
        title: format!(
            "{} {} of {} to {}",
            creation.solution.label(),
            creation.kind.label(),
            creation.parts.money,
            creation.parts.credit.label()
        ),
        why: consent.why,
        people: consent.people,
        effects: creation.effects(),
        changes: creation.differences(),
        number: None,
    };
    approvals::ask(tx, actor, new)
}

/// As [`create`], when a second person has agreed.
pub(crate) fn create_now(tx: &mut Tx<'_>, actor: &Actor, fields: &CreateFields) -> AppResult<TransactionRow> {
    actor.require(Right::Transact)?;
    let creation = fields.check(tx.conn, actor.business_account, tx.now)?;
    commands::post(tx, actor, creation.into_new())
}
