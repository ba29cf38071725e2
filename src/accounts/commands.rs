//! What is done to financial accounts.

use diesel::prelude::*;

use super::{
    AccountRow, AccountState, Category, NewExternal, Subtype, Verification,
    edit::{differences, kept},
    model::{AccountKind, Correction, Told, lookup_text, place},
    queries,
};
use crate::{
    approvals::commands as approvals,
    auth::{actor::Actor, permission::Right},
    db::{AnyConnection, Tx, schema::financial_accounts},
    history::{self, EntityType, EventKind, Happening, model::Anything},
    kernel::{
        crypto::Vault,
        error::{AppError, AppResult, Code},
        id::{FinancialAccountId, Id},
        text::{Reason, account_tail},
    },
    transactions,
};

/// The account of this routing and account number; added, ACTIVE and UNVERIFIED, when it is not there yet. The names
/// of one that is there stay as they are: a file's spelling does not overwrite what people wrote.
pub fn find_or_add_external(
    tx: &mut Tx<'_>,
    vault: &Vault,
    actor: &Actor,
    new: &NewExternal<'_>,
) -> AppResult<FinancialAccountId> {
    let number = new.number.trim_end();
    let lookup = vault.lookup(&lookup_text(new.routing_number, number));
    if let Some(id) = queries::id_by_lookup(tx.conn, actor.business_account, &lookup)? {
        return Ok(id);
    }
    let id = FinancialAccountId::generate(tx.now);
    let row = AccountRow {
        id,
        business_account_id: actor.business_account,
        name: new.name.to_owned(),
        holder_name: new.holder_name.to_owned(),
        category: Category::External,
        kind: AccountKind::Bank,
        subtype: new.subtype,
        routing_number: new.routing_number.to_owned(),
        number_sealed: vault.seal(&place(id), number.as_bytes())?,
        number_tail: account_tail(number),
        number_lookup: lookup,
        state: AccountState::Active,
        verification: Verification::Unverified,
        created_at: tx.now,
        updated_at: tx.now,
        version: 1,
        told: Told::by(actor),
    };
    insert(tx, actor, &row)
}

/// The company's own side of an ACH batch; added, INTERNAL and ACTIVE, when it is not there yet. A batch does not name
/// the account that the company's bank books it on, so company id and originating bank stand for it.
pub fn find_or_add_own(
    tx: &mut Tx<'_>,
    vault: &Vault,
    actor: &Actor,
    name: &str,
    company_id: &str,
    odfi: &str,
) -> AppResult<FinancialAccountId> {
    let number = company_id.trim();
    let lookup = vault.lookup(&lookup_text(odfi, number));
    if let Some(id) = queries::id_by_lookup(tx.conn, actor.business_account, &lookup)? {
        return Ok(id);
    }
    let id = FinancialAccountId::generate(tx.now);
    let row = AccountRow {
        id,
        business_account_id: actor.business_account,
        name: name.to_owned(),
        holder_name: name.to_owned(),
        category: Category::Internal,
        kind: AccountKind::Bank,
        subtype: Subtype::Checking,
        routing_number: odfi.to_owned(),
        number_sealed: vault.seal(&place(id), number.as_bytes())?,
        number_tail: account_tail(number),
        number_lookup: lookup,
        state: AccountState::Active,
        verification: Verification::Approved,
        created_at: tx.now,
        updated_at: tx.now,
        version: 1,
        told: Told::by(actor),
    };
    insert(tx, actor, &row)
}

/// No payment may use the account from now on.
pub fn suspend(tx: &mut Tx<'_>, actor: &Actor, id: FinancialAccountId, reason: &Reason) -> AppResult<()> {
    actor.require(Right::Transact)?;
    let row = queries::get(tx.conn, actor.business_account, id)?;
    row.can_suspend()
        .map_err(|why| AppError::refused(Code::IllegalMove, why))?;
    let after = AccountRow {
        state: AccountState::Suspended,
        ..row.clone()
    };
    let description = format!("{} suspended: {}", row.label(), reason.as_str());
    save(
        tx,
        actor,
        &row,
        after,
        (row.state.as_str(), AccountState::Suspended.as_str()),
        &description,
    )
}

/// Payments may use the account again.
pub fn unsuspend(tx: &mut Tx<'_>, actor: &Actor, id: FinancialAccountId, reason: &Reason) -> AppResult<()> {
    actor.require(Right::Transact)?;
    let row = queries::get(tx.conn, actor.business_account, id)?;
    row.can_unsuspend()
        .map_err(|why| AppError::refused(Code::IllegalMove, why))?;
    let after = AccountRow {
        state: AccountState::Active,
        ..row.clone()
    };
    let description = format!("{} may be used again: {}", row.label(), reason.as_str());
    save(
        tx,
        actor,
        &row,
        after,
        (row.state.as_str(), AccountState::Active.as_str()),
        &description,
    )
}

/// A test of the account is under way: its verification is PENDING. One that was approved, or waits already, stays so.
pub fn begin_verification(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: FinancialAccountId,
    why: &str,
) -> AppResult<()> {
    let row = queries::get(tx.conn, actor.business_account, id)?;
    if matches!(row.verification, Verification::Pending | Verification::Approved) {
        return Ok(());
    }
    let after = AccountRow {
        verification: Verification::Pending,
        ..row.clone()
    };
    let description = format!("Verification of {} under way: {why}", row.label());
    let values = (row.verification.as_str(), Verification::Pending.as_str());
    save(tx, actor, &row, after, values, &description)
}

/// The bank says that the account is not its holder's, or is none: its verification is DECLINED. Again changes nothing.
pub fn decline_verification(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: FinancialAccountId,
    why: &str,
) -> AppResult<()> {
    let row = queries::get(tx.conn, actor.business_account, id)?;
    if row.verification == Verification::Declined {
        return Ok(());
    }
    let after = AccountRow {
        verification: Verification::Declined,
        ..row.clone()
    };
    let description = format!("Verification of {} declined: {why}", row.label());
    let values = (row.verification.as_str(), Verification::Declined.as_str());
    save(tx, actor, &row, after, values, &description)
}

/// Says what is known of whether an account is its holder's.
///
/// # Errors
/// 404; `ILLEGAL_TRANSITION` when it is known to be so already.
pub fn set_verification(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: FinancialAccountId,
    to: Verification,
    reason: &Reason,
) -> AppResult<()> {
    actor.require(Right::Transact)?;
    let row = queries::get(tx.conn, actor.business_account, id)?;
    if row.verification == to {
        let sentence = format!("{}: {} already.", row.label(), to.label());
        return Err(AppError::refused(Code::IllegalMove, sentence));
    }
    let after = AccountRow {
        verification: to,
        ..row.clone()
    };
    let description = format!("{}: {}. {}", row.label(), to.label(), reason.as_str());
    let values = (row.verification.as_str(), to.as_str());
    save(tx, actor, &row, after, values, &description)
}

/// An account as it would be with a correction: what the form looks at beforehand and the command saves.
///
/// # Errors
/// Refused when another account has that number already.
pub fn corrected(
    conn: &mut AnyConnection,
    vault: &Vault,
    row: &AccountRow,
    correction: &Correction,
) -> AppResult<AccountRow> {
    let mut after = row.clone();
    if let Some(routing) = &correction.routing_number {
        routing.as_str().clone_into(&mut after.routing_number);
    }
    if correction.moves_destination() {
        let number = match &correction.number {
            Some(number) => number.reveal().to_owned(),
            None => reveal(vault, row)?,
        };
        after.number_lookup = vault.lookup(&lookup_text(&after.routing_number, &number));
        after.number_sealed = vault.seal(&place(row.id), number.as_bytes())?;
        after.number_tail = account_tail(&number);
        if after.number_lookup != row.number_lookup {
            // Nobody has verified that this number is its holder's.
            after.verification = Verification::Unverified;
        }
        let twin = queries::find_by_lookup(conn, row.business_account_id, &after.number_lookup)?;
        if let Some(twin) = twin.filter(|t| t.id != row.id) {
            let sentence = format!("{} has this routing and account number already.", twin.label());
            return Err(AppError::refused(Code::Duplicate, sentence));
        }
    }
    if let Some(subtype) = correction.subtype {
        after.subtype = subtype;
    }
    if let Some(name) = &correction.holder_name {
        after.holder_name.clone_from(name);
    }
    if let Some(name) = &correction.name {
        after.name.clone_from(name);
    }
    Ok(after)
}

/// Corrects an account as a notification of change asks for.
///
/// # Errors
/// Refused when another account has that number already.
pub fn correct(
    tx: &mut Tx<'_>,
    vault: &Vault,
    actor: &Actor,
    id: FinancialAccountId,
    correction: &Correction,
) -> AppResult<AccountRow> {
    let row = queries::get(tx.conn, actor.business_account, id)?;
    let after = corrected(tx.conn, vault, &row, correction)?;
    let (before_text, after_text) = kept(&differences(&row, &after));
    let description = format!("{} corrected", row.label());
    let banks = (row.routing_number.clone(), after.routing_number.clone());
    save(tx, actor, &row, after, (&before_text, &after_text), &description)?;
    if banks.0 != banks.1 {
        transactions::commands::follow(tx, actor, id, (&banks.0, &banks.1))?;
    }
    queries::get(tx.conn, actor.business_account, id)
}

/// Shows the whole number to a person, and writes down who saw it and why.
///
/// # Errors
/// 404; `Forbidden` without the right.
pub fn show_number(
    tx: &mut Tx<'_>,
    vault: &Vault,
    actor: &Actor,
    id: FinancialAccountId,
    reason: &Reason,
) -> AppResult<String> {
    actor.require(Right::Reveal)?;
    let row = queries::get(tx.conn, actor.business_account, id)?;
    let number = reveal(vault, &row)?;
    let description = format!("{} shown in full: {}", row.label(), reason.as_str());
    record(tx, actor, id, EventKind::Reveal, ("", ""), &description)?;
    Ok(number)
}

/// The whole number, for sealing it anew or sending it on. Never for a page, an answer or the log.
pub(crate) fn reveal(vault: &Vault, row: &AccountRow) -> AppResult<String> {
    let bytes = vault.open(&place(row.id), &row.number_sealed)?;
    String::from_utf8(bytes).map_err(|_| AppError::Internal(format!("{} holds no text", place(row.id))))
}

pub(super) fn insert(tx: &mut Tx<'_>, actor: &Actor, row: &AccountRow) -> AppResult<FinancialAccountId> {
    diesel::insert_into(financial_accounts::table)
        .values(row)
        .execute(tx.conn)?;
    record(
        tx,
        actor,
        row.id,
        EventKind::Create,
        ("", row.state.as_str()),
        &format!("{} added", row.label()),
    )?;
    Ok(row.id)
}

fn save(
    tx: &mut Tx<'_>,
    actor: &Actor,
    before: &AccountRow,
    after: AccountRow,
    values: (&str, &str),
    description: &str,
) -> AppResult<()> {
    let kind = if before.state == after.state {
        EventKind::Edit
    } else {
        EventKind::StatusChange
    };
    let changed = diesel::update(
        financial_accounts::table
            .find(before.id)
            .filter(financial_accounts::business_account_id.eq(actor.business_account))
            .filter(financial_accounts::version.eq(before.version)),
    )
    .set((
        financial_accounts::name.eq(&after.name),
        financial_accounts::holder_name.eq(&after.holder_name),
        financial_accounts::subtype.eq(after.subtype),
        financial_accounts::routing_number.eq(&after.routing_number),
        financial_accounts::number_sealed.eq(&after.number_sealed),
        financial_accounts::number_tail.eq(&after.number_tail),
        financial_accounts::number_lookup.eq(&after.number_lookup),
        financial_accounts::state.eq(after.state),
        financial_accounts::verification.eq(after.verification),
        financial_accounts::updated_at.eq(tx.now),
        financial_accounts::updated_by_kind.eq(Some(actor.kind)),
        financial_accounts::updated_by_id.eq(actor.id.map(Id::<Anything>::from_uuid)),
        financial_accounts::version.eq(before.version + 1),
    ))
    .execute(tx.conn)?;
    if changed == 0 {
        return Err(AppError::refused(
            Code::Stale,
            "Someone changed this account meanwhile.",
        ));
    }
    record(tx, actor, before.id, kind, values, description)?;
    let why = "The account was changed meanwhile.";
    approvals::lapse_all(tx, actor, before.id.uuid(), why)
}

fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: FinancialAccountId,
    kind: EventKind,
    (previous, new): (&str, &str),
    description: &str,
) -> AppResult<()> {
    let happening = Happening {
        entity_type: EntityType::FinancialAccount,
        entity_id: id.uuid(),
        kind,
        previous,
        new,
        description,
    };
    history::record(tx, actor, &happening)
}
