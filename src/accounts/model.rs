//! What a financial account is.

use std::fmt;

use diesel::prelude::*;

use crate::{
    auth::actor::{Actor, ActorKind},
    db::schema::financial_accounts,
    history::model::Anything,
    kernel::{
        clock::Ts,
        id::{BusinessAccountId, FinancialAccountId, Id},
        text::{AccountNumber, RoutingNumber, account_tail},
    },
    spelled,
};

spelled! {
    /// Where the account is.
    pub enum Category {
        /// At an outside institution.
        External = "EXTERNAL",
        /// At a third party, through the platform.
        Integrated = "INTEGRATED",
        /// The business account's own side.
        Internal = "INTERNAL",
    }
}

spelled! {
    /// What kind of account.
    pub enum AccountKind {
        /// With a routing and an account number.
        Bank = "BANK",
        /// A card.
        Card = "CARD",
    }
}

spelled! {
    /// What kind of bank account.
    pub enum Subtype {
        /// Current account.
        Checking = "CHECKING",
        /// Savings account.
        Saving = "SAVING",
    }
}

spelled! {
    /// Whether payments may use it.
    pub enum AccountState {
        /// Not yet.
        Pending = "PENDING",
        /// They may.
        Active = "ACTIVE",
        /// They may not any more.
        Suspended = "SUSPENDED",
    }
}

spelled! {
    /// What is known of whether the account is its holder's.
    pub enum Verification {
        /// Nobody has asked.
        Unverified = "UNVERIFIED",
        /// To be asked.
        Pending = "PENDING",
        /// The bank was asked.
        Processing = "PROCESSING",
        /// A person must look.
        Review = "REVIEW",
        /// It is not.
        Declined = "DECLINED",
        /// It is.
        Approved = "APPROVED",
        /// It could not be found out.
        Error = "ERROR",
    }
}

spelled! {
    /// Whose customer or payee holds an account; nobody's when the business account holds it itself.
    pub enum HolderKind {
        /// A customer, whom another system keeps.
        Customer = "CUSTOMER",
        /// A recipient, whom another system keeps.
        Recipient = "RECIPIENT",
    }
}

spelled! {
    /// How it is found out whether an account is its holder's.
    pub enum VerificationMethod {
        /// By a test entry without money.
        Prenote = "PRENOTE",
        /// By a service that the holder signs in to.
        Aggregation = "AGGREGATION",
    }
}

/// What clients tell of an account beyond its number, and who added and changed it (rocketkor.md 7.1); what is none
/// nobody has said.
#[derive(Clone, Debug, Default, Queryable, Selectable, Insertable)]
#[diesel(table_name = financial_accounts)]
pub struct Told {
    /// What kind of holder; none for the business account itself, and where it was not told.
    pub holder_kind: Option<HolderKind>,
    /// The holder's id in the system that keeps it.
    pub holder_id: Option<Id<Anything>>,
    /// The account it is a part of.
    pub parent_id: Option<FinancialAccountId>,
    /// What the bank is called.
    pub bank_name: Option<String>,
    /// How it is verified.
    pub verification_method: Option<VerificationMethod>,
    /// What kind of actor added it.
    pub created_by_kind: Option<ActorKind>,
    /// Who added it.
    pub created_by_id: Option<Id<Anything>>,
    /// What kind of actor changed it last.
    pub updated_by_kind: Option<ActorKind>,
    /// Who changed it last.
    pub updated_by_id: Option<Id<Anything>>,
    /// Where bills for it go, as it was told: a JSON object.
    pub billing_address: Option<String>,
}

impl Told {
    /// Of an account that `actor` adds, and of which nothing else is told.
    pub fn by(actor: &Actor) -> Self {
        let id = actor.id.map(Id::from_uuid);
        Self {
            created_by_kind: Some(actor.kind),
            created_by_id: id,
            updated_by_kind: Some(actor.kind),
            updated_by_id: id,
            ..Self::default()
        }
    }
}

/// A financial account as it is stored. The number itself is sealed; see [`super::commands`].
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = financial_accounts)]
pub struct AccountRow {
    /// Its id.
    pub id: FinancialAccountId,
    /// Whose data it is.
    pub business_account_id: BusinessAccountId,
    /// What people call it.
    pub name: String,
    /// Who holds it.
    pub holder_name: String,
    /// Where it is.
    pub category: Category,
    /// Bank account or card.
    pub kind: AccountKind,
    /// Checking or saving.
    pub subtype: Subtype,
    /// The bank's routing number, as it was given: an imported one may have a wrong check digit.
    pub routing_number: String,
    /// The account number, sealed for this row.
    pub number_sealed: Vec<u8>,
    /// What may be shown of the number.
    pub number_tail: String,
    /// Keyed hash of routing and account number.
    pub number_lookup: Vec<u8>,
    /// Whether payments may use it.
    pub state: AccountState,
    /// Whether it is known to be its holder's.
    pub verification: Verification,
    /// When it was added.
    pub created_at: Ts,
    /// When it last changed.
    pub updated_at: Ts,
    /// Counts its changes.
    pub version: i64,
    /// What clients tell of it, and who added and changed it.
    #[diesel(embed)]
    pub told: Told,
}

impl AccountRow {
    /// `••••6789`
    pub fn masked(&self) -> String {
        masked(&self.number_tail)
    }

    /// `Dov Marlowe ••••6789`
    pub fn label(&self) -> String {
        format!("{} {}", self.name, self.masked())
    }

    /// Whether a payment may use it.
    ///
    /// # Errors
    /// The reason in words.
    pub fn can_pay(&self) -> Result<(), String> {
        match self.state {
            AccountState::Active => Ok(()),
            AccountState::Pending => Err(format!("{} is not active yet.", self.label())),
            AccountState::Suspended => Err(format!("{} is suspended; no payment may use it.", self.label())),
        }
    }

    /// Whether it can be suspended.
    ///
    /// # Errors
    /// The reason in words.
    pub fn can_suspend(&self) -> Result<(), String> {
        match self.state {
            AccountState::Suspended => Err(format!("{} is suspended already.", self.label())),
            AccountState::Active | AccountState::Pending => Ok(()),
        }
    }

    /// Whether it can be used again after a suspension.
    ///
    /// # Errors
    /// The reason in words.
    pub fn can_unsuspend(&self) -> Result<(), String> {
        match self.state {
            AccountState::Suspended => Ok(()),
            AccountState::Active | AccountState::Pending => {
                Err(format!("{} is not suspended.", self.label()))
            }
        }
    }
}

/// What is shown of an account number of which `tail` may be shown.
pub fn masked(tail: &str) -> String {
    format!("••••{tail}")
}

/// What an account is found by: the same number at another bank is another account.
pub(crate) fn lookup_text(routing_number: &str, number: &str) -> String {
    format!("{routing_number}/{number}")
}

/// Ties the sealed number to its row.
pub(crate) fn place(id: FinancialAccountId) -> String {
    format!("financial_accounts/{id}")
}

/// An account at an outside bank, as an ACH entry or a person names it. Printed, it masks its number.
#[derive(Clone)]
pub struct NewExternal<'a> {
    /// What people call it.
    pub name: &'a str,
    /// Who holds it.
    pub holder_name: &'a str,
    /// Nine digits; as given, the check digit may be wrong.
    pub routing_number: &'a str,
    /// The number as the source has it, without the blanks at its end.
    pub number: &'a str,
    /// Checking or saving.
    pub subtype: Subtype,
}

impl fmt::Debug for NewExternal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, masked(&account_tail(self.number)))
    }
}

/// What a notification of change corrects; what is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Correction {
    /// The right routing number.
    pub routing_number: Option<RoutingNumber>,
    /// The right account number.
    pub number: Option<AccountNumber>,
    /// The right kind of account.
    pub subtype: Option<Subtype>,
    /// The right name of the holder.
    pub holder_name: Option<String>,
    /// What people are to call it.
    pub name: Option<String>,
}

impl Correction {
    /// Whether money would go elsewhere: then a second person must consent (domain.md section 6).
    pub fn moves_destination(&self) -> bool {
        self.routing_number.is_some() || self.number.is_some()
    }
}
