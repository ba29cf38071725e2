//! Adding a financial account by hand or by API.

use serde::{Deserialize, Serialize};

use super::{
    AccountRow, AccountState, Category, Subtype, Verification, commands,
    model::{AccountKind, HolderKind, Told, VerificationMethod, lookup_text, place},
    queries,
};
use crate::{
    auth::{actor::Actor, permission::Right},
    db::Tx,
    history::model::Anything,
    kernel::{
        crypto::Vault,
        error::{AppError, AppResult, Code, FieldErrors},
        id::{FinancialAccountId, Id},
        text::{AccountNumber, RoutingNumber, Title, account_tail},
    },
};

/// What is said of an account, as it is typed or sent. The account number goes beside it, as nothing of it is kept in
/// clear anywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountFields {
    pub name: String,
    /// Empty: as the name.
    pub holder_name: String,
    /// EXTERNAL or INTERNAL; a change leaves it.
    pub category: String,
    /// CHECKING or SAVING.
    pub subtype: String,
    pub routing_number: String,
}

/// An account that may be added.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub name: String,
    pub holder_name: String,
    pub category: Category,
    pub subtype: Subtype,
    pub routing_number: RoutingNumber,
    pub number: AccountNumber,
    /// None: the business account's own, or nobody has said.
    pub holder: Option<Holder>,
    pub bank_name: Option<String>,
    pub verification_method: Option<VerificationMethod>,
    /// Where bills for it go: a JSON object.
    pub billing_address: Option<String>,
}

/// Who holds an account, in the system that keeps them.
#[derive(Clone, Copy, Debug)]
pub struct Holder {
    pub kind: HolderKind,
    pub id: Id<Anything>,
}

/// A part of an account of ours that is kept for somebody; no bank knows of it.
#[derive(Clone, Debug)]
pub struct NewPart {
    pub name: String,
    pub parent: FinancialAccountId,
    pub holder: Holder,
}

impl AccountFields {
    /// Checks what was typed.
    ///
    /// # Errors
    /// Every field that is wrong, at once.
    pub fn parse(&self, number: &str) -> Result<NewAccount, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.take("name", Title::parse(&self.name));
        let holder = match self.holder_name.trim() {
            "" => name.clone(),
            typed => errors.take("holder_name", Title::parse(typed)),
        };
        let category = Category::parse(&self.category)
            .filter(|c| *c != Category::Integrated)
            .ok_or_else(|| "Choose whose account it is.".to_owned());
        let category = errors.take("category", category);
        let subtype = Subtype::parse(&self.subtype).ok_or_else(|| "Choose the kind of account.".to_owned());
        let subtype = errors.take("subtype", subtype);
        let routing_number = errors.take("routing_number", RoutingNumber::parse(&self.routing_number));
        let number = errors.take("account_number", AccountNumber::parse_typed(number));
        match (name, holder, category, subtype, routing_number, number) {
            (Some(name), Some(holder), Some(category), Some(subtype), Some(routing_number), Some(number)) => {
                Ok(NewAccount {
                    name: name.as_str().to_owned(),
                    holder_name: holder.as_str().to_owned(),
                    category,
                    subtype,
                    routing_number,
                    number,
                    holder: None,
                    bank_name: None,
                    verification_method: None,
                    billing_address: None,
                })
            }
            _ => Err(errors),
        }
    }
}

/// Adds an account: ACTIVE; an external one is UNVERIFIED, our own need no verification.
///
/// # Errors
/// `DUPLICATE` when an account has that routing and account number already.
pub fn add(tx: &mut Tx<'_>, vault: &Vault, actor: &Actor, new: &NewAccount) -> AppResult<AccountRow> {
    actor.require(Right::Transact)?;
    let routing = new.routing_number.as_str();
    let number = new.number.reveal();
    let lookup = vault.lookup(&lookup_text(routing, number));
    if let Some(twin) = queries::find_by_lookup(tx.conn, actor.business_account, &lookup)? {
        let sentence = format!("{} has this routing and account number already.", twin.label());
        return Err(AppError::refused(Code::Duplicate, sentence));
    }
    let id = FinancialAccountId::generate(tx.now);
    let told = Told {
        holder_kind: new.holder.map(|h| h.kind),
        holder_id: new.holder.map(|h| h.id),
        bank_name: new.bank_name.clone(),
        verification_method: new.verification_method,
        billing_address: new.billing_address.clone(),
        ..Told::by(actor)
    };
    let row = AccountRow {
        id,
        business_account_id: actor.business_account,
        name: new.name.clone(),
        holder_name: new.holder_name.clone(),
        category: new.category,
        kind: AccountKind::Bank,
        subtype: new.subtype,
        routing_number: routing.to_owned(),
        number_sealed: vault.seal(&place(id), number.as_bytes())?,
        number_tail: new.number.tail(),
        number_lookup: lookup,
        state: AccountState::Active,
        verification: match new.category {
            Category::Internal => Verification::Approved,
            Category::External | Category::Integrated => Verification::Unverified,
        },
        created_at: tx.now,
        updated_at: tx.now,
        version: 1,
        told,
    };
    commands::insert(tx, actor, &row)?;
    Ok(row)
}

/// Adds a part of an account of ours: ACTIVE, INTERNAL, of the parent's kind and at its bank. No bank has given it a
/// number, so its number is made here, of the digits of its id.
///
/// # Errors
/// `parentId` names no account of the business account, or one that is elsewhere.
pub fn add_part(tx: &mut Tx<'_>, vault: &Vault, actor: &Actor, new: &NewPart) -> AppResult<AccountRow> {
    actor.require(Right::Transact)?;
    let parent = queries::find(tx.conn, actor.business_account, new.parent)?
        .ok_or_else(|| AppError::field("parentId", "The business account has no such financial account."))?;
    if parent.category == Category::External {
        let sentence = format!(
            "{} is at an outside bank; nothing of it is kept here.",
            parent.label()
        );
        return Err(AppError::field("parentId", sentence));
    }
    let id = FinancialAccountId::generate(tx.now);
    let number = format!("{:012}", id.uuid().as_u128() % 1_000_000_000_000);
    let told = Told {
        holder_kind: Some(new.holder.kind),
        holder_id: Some(new.holder.id),
        parent_id: Some(parent.id),
        bank_name: parent.told.bank_name,
        ..Told::by(actor)
    };
    let row = AccountRow {
        id,
        name: new.name.clone(),
        holder_name: new.name.clone(),
        category: Category::Internal,
        number_sealed: vault.seal(&place(id), number.as_bytes())?,
        number_tail: account_tail(&number),
        number_lookup: vault.lookup(&lookup_text(&parent.routing_number, &number)),
        state: AccountState::Active,
        verification: Verification::Approved,
        created_at: tx.now,
        updated_at: tx.now,
        version: 1,
        told,
        ..parent
    };
    commands::insert(tx, actor, &row)?;
    Ok(row)
}
