//! CORRECT_ACCOUNT: the financial account that a notification of change is about is put right.

use std::fmt;

use super::{
    plan::{Done, Plan, Work},
    subject_transaction,
};
use crate::{
    accounts::{
        self, AccountRow, Category,
        commands::corrected,
        edit::{differences, reach},
        model::Correction,
    },
    approvals::Guard,
    auth::actor::Actor,
    db::{AnyConnection, Tx},
    exceptions::{model::Entity, row::ExceptionRow},
    kernel::{
        clock::written_day,
        crypto::Vault,
        error::{AppError, AppResult},
        id::Id,
        text::AccountNumber,
    },
    transactions::{self, Kind},
};

/// What CORRECT_ACCOUNT asks for, with what seals a new number.
#[derive(Clone)]
pub struct Correcting {
    vault: Vault,
    correction: Correction,
}

impl Correcting {
    /// From what was typed.
    pub fn new(vault: Vault, correction: Correction) -> Self {
        Self { vault, correction }
    }

    /// What is to change.
    pub const fn correction(&self) -> &Correction {
        &self.correction
    }

    pub(super) fn number(&self) -> Option<(Vault, AccountNumber)> {
        let number = self.correction.number.clone()?;
        Some((self.vault.clone(), number))
    }
}

impl fmt::Debug for Correcting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.correction, f)
    }
}

/// The account that an exception is about: itself, or the other party's of its transaction.
pub fn subject_account(conn: &mut AnyConnection, row: &ExceptionRow) -> AppResult<Option<AccountRow>> {
    let account = row.business_account_id;
    if row.entity_type == Entity::FinancialAccount {
        return accounts::queries::find(conn, account, Id::from_uuid(row.entity_id.uuid()));
    }
    let transaction = match subject_transaction(row) {
        Some(id) => transactions::queries::find(conn, account, id)?,
        None => None,
    };
    let Some(transaction) = transaction else {
        return Ok(None);
    };
    let mut sides = accounts::queries::list_by_ids(
        conn,
        account,
        &[transaction.debit_account_id, transaction.credit_account_id],
    )?;
    let theirs = if transaction.kind == Kind::Request {
        transaction.debit_account_id
    } else {
        transaction.credit_account_id
    };
    // The side outside is theirs, whichever way the money goes; where both or none are, the direction tells.
    let outside = sides.iter().filter(|a| a.category == Category::External).count();
    let found = sides.iter().position(|a| match outside {
        1 => a.category == Category::External,
        _ => a.id == theirs,
    });
    Ok(found.map(|at| sides.swap_remove(at)))
}

pub(super) fn plan(
    conn: &mut AnyConnection,
    actor: &Actor,
    row: &ExceptionRow,
    asked: &Correcting,
) -> AppResult<Plan> {
    let refused = |why: &str| AppError::field("resolution_type", why);
    let account =
        subject_account(conn, row)?.ok_or_else(|| refused("It is not linked to an account of ours."))?;
    let mut correction = asked.correction.clone();
    // What is as it was is no change, and needs no second person.
    correction.routing_number = correction
        .routing_number
        .filter(|r| r.as_str() != account.routing_number);
    correction.subtype = correction.subtype.filter(|s| *s != account.subtype);
    correction.holder_name = correction.holder_name.filter(|n| *n != account.holder_name);
    let after = corrected(conn, &asked.vault, &account, &correction)?;
    let changes = differences(&account, &after);
    if changes.is_empty() {
        return Err(refused(
            "Nothing would change: the account has these values already.",
        ));
    }
    let mut effects = vec![
        format!("{} is corrected.", account.label()),
        reach(conn, row.business_account_id, account.id)?,
    ];
    if account.updated_at > row.created_at {
        let day = written_day(account.updated_at.day_in(chrono_tz::Tz::America__New_York));
        effects.push(format!(
            "The account was changed on {day}, after this notification came: compare first."
        ));
    }
    if correction.routing_number.is_some() {
        let bank = &account.routing_number;
        match accounts::queries::count_at_bank(conn, row.business_account_id, bank, account.id)? {
            0 => {}
            n => effects.push(format!(
                "{n} other accounts have the routing number {bank}: they may need the same change, and stay as they are."
            )),
        }
    }
    Ok(Plan {
        effects,
        changes,
        consent: correction.consent(conn, actor)?,
        guards: vec![Guard::Account(account.id, account.version)],
        concerns: Some(account.id.uuid()),
        work: Work::Correct(Box::new((account, correction, asked.vault.clone()))),
    })
}

pub(super) fn apply(
    tx: &mut Tx<'_>,
    actor: &Actor,
    vault: &Vault,
    account: &AccountRow,
    correction: &Correction,
) -> AppResult<Done> {
    let after = accounts::commands::correct(tx, vault, actor, account.id, correction)?;
    let changed: Vec<String> = differences(account, &after)
        .into_iter()
        .map(|d| format!("{} {} instead of {}", d.label.to_lowercase(), d.after, d.before))
        .collect();
    Ok(Done {
        effect: format!("{} was corrected: {}.", account.label(), changed.join(", ")),
        transaction: None,
        account: Some(account.id),
    })
}
