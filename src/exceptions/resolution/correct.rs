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
    exceptions::{model::Entity, queries, row::ExceptionRow},
    history::{self, EventKind},
    kernel::{
        clock::{Ts, written_day},
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
    effects.extend(edits_since(conn, row, &account)?);
    if correction.routing_number.is_some() {
        if accounts::queries::count_at_bank(conn, row.business_account_id, &after.routing_number, account.id)?
            == 0
        {
            effects.push(format!(
                "No account here has the routing number {} yet: its check digit is right, but only the notification \
                 says that it is a bank's.",
                after.routing_number
            ));
        }
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
        review: None,
        work: Work::Correct(Box::new((account, correction, asked.vault.clone()))),
    })
}

/// The changes of the account since the notification was sent, each with who made it: the bank did not know of them.
fn edits_since(conn: &mut AnyConnection, row: &ExceptionRow, account: &AccountRow) -> AppResult<Vec<String>> {
    const NAMED: usize = 5;
    const NEW_YORK: chrono_tz::Tz = chrono_tz::Tz::America__New_York;
    // The day that the bank sent it on; where the file does not say, the day it came.
    let sent = queries::source_of(conn, row)?.notice_settlement;
    let since = sent.map_or(row.created_at, |day| Ts::start_of(day.0, NEW_YORK));
    let events = history::queries::list_of(conn, account.business_account_id, account.id.uuid(), 200)?;
    let mut edits: Vec<String> = events
        .iter()
        .rev()
        .filter(|e| {
            e.created_at >= since && e.kind == EventKind::Edit && e.description.ends_with(" corrected")
        })
        .map(|e| {
            let day = written_day(e.created_at.day_in(NEW_YORK));
            format!(
                "Changed after the notification was sent, on {day} by {}: from {} to {}. Compare first.",
                e.actor_name, e.previous, e.new
            )
        })
        .collect();
    if edits.len() > NAMED {
        let more = edits.len() - NAMED;
        edits.truncate(NAMED);
        edits.push(format!(
            "And {more} changes before these, which the account's page has."
        ));
    }
    Ok(edits)
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
