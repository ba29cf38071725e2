//! What a transaction is.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::status::Status;
use crate::{
    auth::actor::ActorKind,
    db::{
        schema::{transaction_status_entries, transactions},
        types::Day,
    },
    history::model::Anything,
    kernel::{
        clock::Ts,
        id::{BusinessAccountId, FinancialAccountId, Id, StatusEntryId, TransactionId},
        money::{Currency, Money},
    },
    policies::matching::Likeness,
    spelled,
};

spelled! {
    /// Which way the money goes.
    pub enum Kind {
        /// From us.
        Send = "SEND",
        /// To us.
        Request = "REQUEST",
        /// Back, by the receiving bank.
        Return = "RETURN",
        /// Back, by us.
        Reversal = "REVERSAL",
    }
}

impl Kind {
    /// The other party's of two: who is asked, or who is paid.
    pub fn party<T>(self, debit: T, credit: T) -> T {
        match self {
            Self::Request => debit,
            Self::Send | Self::Reversal | Self::Return => credit,
        }
    }

    /// After the solution: `ACH send`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Request => "request",
            Self::Return => "return",
            Self::Reversal => "reversal",
        }
    }

    /// As an option of a select.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Send => "Send",
            Self::Request => "Request",
            Self::Return => "Return",
            Self::Reversal => "Reversal",
        }
    }
}

spelled! {
    /// By what the money goes.
    pub enum Solution {
        /// ACH.
        Ach = "ach",
        /// Wire.
        Wire = "wire",
        /// To a card.
        PushToCard = "push-to-card",
        /// Between two accounts of the platform.
        Transfer = "transfer",
    }
}

impl Solution {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ach => "ACH",
            Self::Wire => "Wire",
            Self::PushToCard => "Push to card",
            Self::Transfer => "Transfer",
        }
    }

    /// Whether it carries a description and a memo.
    pub const fn has_texts(self) -> bool {
        matches!(self, Self::Wire)
    }
}

spelled! {
    /// How soon it is to settle.
    pub enum Priority {
        /// Near real time.
        Immediate = "IMMEDIATE",
        /// The same business day.
        SameDay = "SAME_DAY",
        /// The next business day.
        NextDay = "NEXT_DAY",
        /// On a day given.
        Scheduled = "SCHEDULED",
    }
}

impl Priority {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Immediate => "Immediate",
            Self::SameDay => "Same day",
            Self::NextDay => "Next day",
            Self::Scheduled => "Scheduled",
        }
    }
}

spelled! {
    /// What a transaction is to the one it names as its parent.
    pub enum Relation {
        /// Takes its place: the parent was cancelled.
        Replacement = "REPLACEMENT",
        /// The bank sent it back.
        Return = "RETURN",
        /// Tries it again.
        Retry = "RETRY",
        /// Takes it back after it settled.
        Reversal = "REVERSAL",
        /// Puts right what a reversal took back.
        Correction = "CORRECTION",
    }
}

impl Relation {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Replacement => "Replacement",
            Self::Return => "Return",
            Self::Retry => "Retry",
            Self::Reversal => "Reversal",
            Self::Correction => "Correction",
        }
    }
}

spelled! {
    /// What an entry of the status history tells (rocketkor.md 5.9).
    pub enum StatusEvent {
        /// It was made.
        Create = "CREATE",
        /// It moved on.
        StatusChange = "STATUS_CHANGE",
        /// Another took its place.
        Replacement = "REPLACEMENT",
        /// The bank sent it back.
        Return = "RETURN",
        /// It is tried again.
        Retry = "RETRY",
        /// It is taken back.
        Reversal = "REVERSAL",
        /// It is put right.
        Correction = "CORRECTION",
    }
}

impl From<Relation> for StatusEvent {
    /// What the parent's history tells of a new child.
    fn from(relation: Relation) -> Self {
        match relation {
            Relation::Replacement => Self::Replacement,
            Relation::Return => Self::Return,
            Relation::Retry => Self::Retry,
            Relation::Reversal => Self::Reversal,
            Relation::Correction => Self::Correction,
        }
    }
}

/// What an ACH file, or the processor, says of a payment.
#[derive(Clone, Debug, Default)]
pub struct AchDetails {
    /// The entry's trace number, fifteen digits.
    pub trace_number: Option<String>,
    /// The receiving bank's routing number; its first eight digits tell it.
    pub receiving_bank: Option<String>,
    /// The company's name in the batch header.
    pub company_name: Option<String>,
    /// The company's identification in the batch header.
    pub company_id: Option<String>,
    /// The standard entry class.
    pub sec_code: Option<String>,
    /// The company entry description, such as `RETRY PYMT`.
    pub entry_description: Option<String>,
    /// When it is to take effect.
    pub effective_date: Option<Day>,
    /// When it settles.
    pub settlement_date: Option<Day>,
}

/// A transaction to be made.
#[derive(Clone, Debug)]
pub struct NewTransaction {
    /// The transaction it follows from, and how.
    pub parent: Option<(TransactionId, Relation)>,
    /// Where the money comes from.
    pub debit_account_id: FinancialAccountId,
    /// Where it goes.
    pub credit_account_id: FinancialAccountId,
    /// Which way it goes.
    pub kind: Kind,
    /// By what.
    pub solution: Solution,
    /// How much.
    pub money: Money,
    /// A payment reason's slug.
    pub payment_reason: String,
    /// How soon.
    pub priority: Priority,
    /// Its first status.
    pub status: Status,
    /// What the status history says first.
    pub message: String,
    /// What an ACH file says of it.
    pub ach: AchDetails,
    /// Wire only; as typed.
    pub description: String,
    /// Wire only; as typed.
    pub memo: String,
    /// The client's own.
    pub metadata: BTreeMap<String, String>,
    /// Why it takes another back; empty otherwise.
    pub reversal_reason: String,
}

impl NewTransaction {
    /// An ACH payment in status NEW, with nothing else said of it.
    pub fn ach(kind: Kind, from: FinancialAccountId, to: FinancialAccountId, money: Money) -> Self {
        Self {
            parent: None,
            debit_account_id: from,
            credit_account_id: to,
            kind,
            solution: Solution::Ach,
            money,
            payment_reason: super::payment_reasons::ACH_IMPORT.into(),
            priority: Priority::NextDay,
            status: Status::New,
            message: "Transaction creation successful".into(),
            ach: AchDetails::default(),
            description: String::new(),
            memo: String::new(),
            metadata: BTreeMap::new(),
            reversal_reason: String::new(),
        }
    }
}

/// A transaction as it is stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = transactions)]
pub struct TransactionRow {
    /// Its id.
    pub id: TransactionId,
    /// Whose data it is.
    pub business_account_id: BusinessAccountId,
    /// The transaction it follows from.
    pub parent_id: Option<TransactionId>,
    /// What it is to its parent.
    pub relation: Option<Relation>,
    /// Where the money comes from.
    pub debit_account_id: FinancialAccountId,
    /// Where it goes.
    pub credit_account_id: FinancialAccountId,
    /// Which way it goes.
    pub kind: Kind,
    /// By what.
    pub solution: Solution,
    /// How much, in minor units.
    pub amount: i64,
    /// Of what.
    pub currency: Currency,
    /// A payment reason's slug.
    pub payment_reason: String,
    /// How soon.
    pub settlement_priority: Priority,
    /// Where it is.
    pub status: Status,
    /// What was said when it got there.
    pub status_message: String,
    /// When it got there.
    pub status_at: Ts,
    /// See [`AchDetails`].
    pub trace_number: Option<String>,
    /// See [`AchDetails`].
    pub receiving_bank: Option<String>,
    /// See [`AchDetails`].
    pub company_name: Option<String>,
    /// See [`AchDetails`].
    pub company_id: Option<String>,
    /// See [`AchDetails`].
    pub sec_code: Option<String>,
    /// See [`AchDetails`].
    pub entry_description: Option<String>,
    /// See [`AchDetails`].
    pub effective_date: Option<Day>,
    /// See [`AchDetails`].
    pub settlement_date: Option<Day>,
    /// Wire only; as typed while NEW, at most 100 characters after that.
    pub description: String,
    /// Wire only; as the description.
    pub memo: String,
    /// The client's own, a JSON object of texts.
    pub metadata: String,
    /// Why it takes another back; empty otherwise.
    pub reversal_reason: String,
    /// What kind of actor made it.
    pub created_by_kind: ActorKind,
    /// Who made it.
    pub created_by_id: Option<Id<Anything>>,
    /// Their name at the time.
    pub created_by_name: String,
    /// When.
    pub created_at: Ts,
    /// Counts its changes.
    pub version: i64,
}

impl TransactionRow {
    /// How much.
    pub fn money(&self) -> Money {
        Money::new(self.amount, self.currency)
    }

    /// The client's own key-value pairs.
    pub fn metadata(&self) -> BTreeMap<String, String> {
        serde_json::from_str(&self.metadata).unwrap_or_default()
    }

    /// The day it counts for: settled, else effective, else made.
    pub fn value_day(&self) -> NaiveDate {
        self.settlement_date
            .or(self.effective_date)
            .map_or_else(|| self.created_at.day_in(chrono_tz::UTC), |day| day.0)
    }

    /// How well this one fits `ours` as its other side.
    pub fn likeness(&self, ours: &Self) -> Likeness {
        let theirs = [self.debit_account_id, self.credit_account_id];
        let shared = [ours.debit_account_id, ours.credit_account_id]
            .iter()
            .filter(|id| theirs.contains(id))
            .count();
        Likeness {
            amount: ours.amount,
            difference: self.amount - ours.amount,
            days: (self.value_day() - ours.value_day()).num_days(),
            shared_accounts: u8::try_from(shared).unwrap_or(2),
            is_same_trace: self.trace_number.is_some() && self.trace_number == ours.trace_number,
        }
    }

    /// The accounts that the money comes from and goes to. A reversal is stored as its original is (rocketkor.md 5.8) and
    /// moves the money back.
    pub const fn from_and_to(&self) -> (FinancialAccountId, FinancialAccountId) {
        match self.kind {
            Kind::Reversal => (self.credit_account_id, self.debit_account_id),
            Kind::Send | Kind::Request | Kind::Return => (self.debit_account_id, self.credit_account_id),
        }
    }

    /// The other party's account, of a payment: who is asked, or who is paid.
    pub fn party(&self) -> FinancialAccountId {
        self.kind.party(self.debit_account_id, self.credit_account_id)
    }

    /// `ACH send`
    pub fn title(&self) -> String {
        format!("{} {}", self.solution.label(), self.kind.label())
    }
}

/// One line of a transaction's status history.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = transaction_status_entries)]
pub struct StatusEntryRow {
    /// Its id.
    pub id: StatusEntryId,
    /// Whose data it is.
    pub business_account_id: BusinessAccountId,
    /// The transaction.
    pub transaction_id: TransactionId,
    /// What it tells.
    pub event_type: StatusEvent,
    /// The status after it.
    pub status: Status,
    /// In words.
    pub message: String,
    /// What kind of actor.
    pub actor_kind: ActorKind,
    /// Who.
    pub actor_id: Option<Id<Anything>>,
    /// Their name at the time.
    pub actor_name: String,
    /// When.
    pub created_at: Ts,
}
