//! Adding a financial account by hand or by API.

use serde::{Deserialize, Serialize};

use super::{
    AccountRow, AccountState, Category, Subtype, Verification, commands,
    model::{AccountKind, lookup_text, place},
    queries,
};
use crate::{
    auth::{actor::Actor, permission::Right},
    db::Tx,
    kernel::{
        crypto::Vault,
        error::{AppError, AppResult, Code, FieldErrors},
        id::FinancialAccountId,
        text::{AccountNumber, RoutingNumber, Title},
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
    name: String,
    holder_name: String,
    category: Category,
    subtype: Subtype,
    routing_number: RoutingNumber,
    number: AccountNumber,
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
    };
    commands::insert(tx, actor, &row)?;
    Ok(row)
}
