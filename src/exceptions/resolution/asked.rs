//! A resolution as it is typed, and as an approval keeps it: texts. What was typed as an account number is not in here;
//! it is handed on beside it, and sealed where it must be kept.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{AdjustmentReason, Correcting, Direction, How, OverrideReason, Replacing, Retrying};
use crate::{
    accounts::{Subtype, model::Correction},
    exceptions::model::ResolutionKind,
    kernel::{
        crypto::Vault,
        error::FieldErrors,
        money::{Currency, Money},
        text::{AccountNumber, Reason, ResolutionNotes, RoutingNumber, Title},
    },
    transactions::edit::EditFields,
};

/// A transaction is matched by hand without another one.
pub const NO_COUNTERPART: &str = "none";

/// The input of every type; what is not of the chosen one is left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub resolution_type: String,
    pub reason: String,
    pub suspend_reason: String,
    pub write_off_reason: String,
    pub notes: String,
    pub counterpart_transaction_id: String,
    pub override_reason: String,
    pub reason_code: String,
    pub amount: String,
    pub currency: String,
    pub direction: String,
    pub effective_at: String,
    /// RETRY.
    pub retry_date: String,
    pub receiver_consent_on: String,
    pub fault_removed: String,
    /// `REPLACE_TRANSACTION`.
    pub debit_financial_account_id: String,
    pub credit_financial_account_id: String,
    pub replace_amount: String,
    pub payment_reason_id: String,
    pub new_authorization_on: String,
    pub put_right: String,
    /// `CORRECT_ACCOUNT`.
    pub routing_number: String,
    pub subtype: String,
    pub holder_name: String,
    /// That the notification was compared with what was changed on the account since.
    pub compared: String,
}

impl Asked {
    /// What was typed as a resolution. `number` is the new account number of a correction, `vault` seals it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(
        &self,
        vault: &Vault,
        number: Option<AccountNumber>,
    ) -> Result<(How, ResolutionNotes), FieldErrors> {
        let mut errors = FieldErrors::default();
        let how = match ResolutionKind::parse(&self.resolution_type) {
            Some(ResolutionKind::NoAction) => errors
                .take("reason", Reason::parse(&self.reason))
                .map(How::NoAction),
            Some(ResolutionKind::SuspendAccount) => errors
                .take("suspend_reason", Reason::parse(&self.suspend_reason))
                .map(How::SuspendAccount),
            Some(ResolutionKind::WriteOff) => errors
                .take("write_off_reason", Reason::parse(&self.write_off_reason))
                .map(How::WriteOff),
            Some(ResolutionKind::ForceMatch) => self.force_match(&mut errors),
            Some(ResolutionKind::AdjustEntry) => self.adjust_entry(&mut errors),
            Some(ResolutionKind::Retry) => self.retry(&mut errors),
            Some(ResolutionKind::ReplaceTransaction) => self.replace(&mut errors),
            Some(ResolutionKind::CorrectAccount) => self.correct(&mut errors, vault, number),
            None => {
                errors.add("resolution_type", "Choose how it is resolved.");
                None
            }
        };
        let notes = errors.take("notes", ResolutionNotes::parse(&self.notes));
        match (how, notes, errors.is_empty()) {
            (Some(how), Some(notes), true) => Ok((how, notes)),
            _ => Err(errors),
        }
    }

    /// What was written for people: the reason where the chosen type has one, and the notes.
    pub fn remarks(&self) -> Vec<(&'static str, String)> {
        let reason = match ResolutionKind::parse(&self.resolution_type) {
            Some(ResolutionKind::NoAction) => &self.reason,
            Some(ResolutionKind::SuspendAccount) => &self.suspend_reason,
            Some(ResolutionKind::WriteOff) => &self.write_off_reason,
            _ => "",
        };
        let mut all = vec![
            ("Reason", reason.trim().to_owned()),
            ("Notes", self.notes.trim().to_owned()),
        ];
        all.retain(|(_, text)| !text.is_empty());
        all
    }

    fn force_match(&self, errors: &mut FieldErrors) -> Option<How> {
        let why = OverrideReason::parse(&self.override_reason)
            .ok_or_else(|| "Choose why the match is right.".into());
        let counterpart = match self.counterpart_transaction_id.as_str() {
            NO_COUNTERPART => Ok(None),
            "" => Err("Choose one, or that none of them is the other side.".into()),
            id => id
                .parse()
                .map(Some)
                .map_err(|_| "Choose one of the transactions offered.".into()),
        };
        let counterpart = errors.take("counterpart_transaction_id", counterpart);
        let why = errors.take("override_reason", why);
        Some(How::ForceMatch {
            counterpart: counterpart?,
            why: why?,
        })
    }

    fn adjust_entry(&self, errors: &mut FieldErrors) -> Option<How> {
        let choose = |what: &str| format!("Choose {what}.");
        let reason = AdjustmentReason::parse(&self.reason_code).ok_or_else(|| choose("what is corrected"));
        let reason = errors.take("reason_code", reason);
        let currency = errors.settle("currency", Currency::read(&self.currency));
        let amount = Money::parse_paid(self.amount.trim(), currency.unwrap_or(Currency::USD));
        let money = errors.settle("amount", amount);
        let direction = Direction::parse(&self.direction).ok_or_else(|| choose("debit or credit"));
        let direction = errors.take("direction", direction);
        let effective = errors.take("effective_at", day(&self.effective_at));
        currency?;
        Some(How::AdjustEntry {
            reason: reason?,
            money: money?,
            direction: direction?,
            effective: effective?,
        })
    }

    fn retry(&self, errors: &mut FieldErrors) -> Option<How> {
        let date = errors.take("retry_date", day(&self.retry_date));
        let consent = errors.take("receiver_consent_on", day_or_none(&self.receiver_consent_on));
        Some(How::Retry(Retrying {
            date: date?,
            receiver_consent_on: consent?,
            is_fault_removed: !self.fault_removed.is_empty(),
        }))
    }

    fn replace(&self, errors: &mut FieldErrors) -> Option<How> {
        let authorized = errors.take("new_authorization_on", day_or_none(&self.new_authorization_on));
        Some(How::Replace(Replacing {
            fields: EditFields {
                debit_financial_account_id: self.debit_financial_account_id.clone(),
                credit_financial_account_id: self.credit_financial_account_id.clone(),
                amount: self.replace_amount.trim().to_owned(),
                payment_reason_id: self.payment_reason_id.clone(),
                description: None,
                memo: None,
                metadata: None,
            },
            new_authorization_on: authorized?,
            is_fault_removed: !self.put_right.is_empty(),
        }))
    }

    fn correct(&self, errors: &mut FieldErrors, vault: &Vault, number: Option<AccountNumber>) -> Option<How> {
        let routing_number = match self.routing_number.trim() {
            "" => Some(None),
            typed => errors
                .take("routing_number", RoutingNumber::parse(typed))
                .map(Some),
        };
        let subtype = match self.subtype.as_str() {
            "" => Some(None),
            typed => {
                let known = Subtype::parse(typed).ok_or_else(|| "Choose the kind of account.".into());
                errors.take("subtype", known).map(Some)
            }
        };
        let holder_name = match self.holder_name.trim() {
            "" => Some(None),
            typed => errors.take("holder_name", Title::parse(typed)).map(Some),
        };
        let correcting = Correcting::new(
            vault.clone(),
            Correction {
                routing_number: routing_number?,
                number,
                subtype: subtype?,
                holder_name: holder_name?.map(|name| name.as_str().to_owned()),
                name: None,
            },
        );
        Some(How::CorrectAccount(Box::new(
            correcting.compared(!self.compared.is_empty()),
        )))
    }

    /// A resolution as texts: what [`Self::parse`] reads back.
    pub fn of(how: &How, notes: &ResolutionNotes) -> Self {
        let day = |day: Option<NaiveDate>| day.map(|d| d.to_string()).unwrap_or_default();
        let mut asked = Self {
            resolution_type: how.kind().as_str().into(),
            notes: notes.as_str().into(),
            ..Self::default()
        };
        match how {
            How::NoAction(reason) => reason.as_str().clone_into(&mut asked.reason),
            How::SuspendAccount(reason) => reason.as_str().clone_into(&mut asked.suspend_reason),
            How::WriteOff(reason) => reason.as_str().clone_into(&mut asked.write_off_reason),
            How::ForceMatch { counterpart, why } => {
                asked.counterpart_transaction_id =
                    counterpart.map_or_else(|| NO_COUNTERPART.to_owned(), |id| id.to_string());
                asked.override_reason = why.as_str().into();
            }
            How::AdjustEntry {
                reason,
                money,
                direction,
                effective,
            } => {
                asked.reason_code = reason.as_str().into();
                asked.amount = money.plain();
                asked.currency = money.currency().code().into();
                asked.direction = direction.as_str().into();
                asked.effective_at = effective.to_string();
            }
            How::Retry(retry) => {
                asked.retry_date = retry.date.to_string();
                asked.receiver_consent_on = day(retry.receiver_consent_on);
                asked.fault_removed = if retry.is_fault_removed { "true" } else { "" }.into();
            }
            How::Replace(replace) => {
                let fields = replace.fields.clone();
                asked.debit_financial_account_id = fields.debit_financial_account_id;
                asked.credit_financial_account_id = fields.credit_financial_account_id;
                asked.replace_amount = fields.amount;
                asked.payment_reason_id = fields.payment_reason_id;
                asked.new_authorization_on = day(replace.new_authorization_on);
                asked.put_right = if replace.is_fault_removed { "true" } else { "" }.into();
            }
            How::CorrectAccount(correct) => {
                let correction = correct.correction();
                let routing = correction.routing_number.as_ref();
                asked.routing_number = routing.map(|r| r.as_str().to_owned()).unwrap_or_default();
                asked.subtype = correction
                    .subtype
                    .map(|s| s.as_str().to_owned())
                    .unwrap_or_default();
                asked.holder_name = correction.holder_name.clone().unwrap_or_default();
                asked.compared = if correct.is_compared() { "true" } else { "" }.into();
            }
        }
        asked
    }
}

impl Asked {
    /// The texts that are not empty, by their names in the form.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        [
            ("resolution_type", &self.resolution_type),
            ("reason", &self.reason),
            ("suspend_reason", &self.suspend_reason),
            ("write_off_reason", &self.write_off_reason),
            ("notes", &self.notes),
            ("counterpart_transaction_id", &self.counterpart_transaction_id),
            ("override_reason", &self.override_reason),
            ("reason_code", &self.reason_code),
            ("amount", &self.amount),
            ("currency", &self.currency),
            ("direction", &self.direction),
            ("effective_at", &self.effective_at),
            ("retry_date", &self.retry_date),
            ("receiver_consent_on", &self.receiver_consent_on),
            ("fault_removed", &self.fault_removed),
            ("debit_financial_account_id", &self.debit_financial_account_id),
            ("credit_financial_account_id", &self.credit_financial_account_id),
            ("replace_amount", &self.replace_amount),
            ("payment_reason_id", &self.payment_reason_id),
            ("new_authorization_on", &self.new_authorization_on),
            ("put_right", &self.put_right),
            ("routing_number", &self.routing_number),
            ("subtype", &self.subtype),
            ("holder_name", &self.holder_name),
            ("compared", &self.compared),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name, value.clone()))
        .collect()
    }
}

fn day(typed: &str) -> Result<NaiveDate, String> {
    typed
        .trim()
        .parse()
        .map_err(|_| "Give a day such as 2026-11-21.".into())
}

fn day_or_none(typed: &str) -> Result<Option<NaiveDate>, String> {
    if typed.trim().is_empty() {
        Ok(None)
    } else {
        day(typed).map(Some)
    }
}
