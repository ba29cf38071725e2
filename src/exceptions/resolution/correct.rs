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
        edit::{Reach, differences, kept_fields, moves_destination},
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
    transactions::{self, Kind, TransactionRow},
};

/// What CORRECT_ACCOUNT asks for, with what seals a new number.
#[derive(Clone)]
pub struct Correcting {
    vault: Vault,
    correction: Correction,
    /// The person has compared the notification with what was changed on the account since.
    is_compared: bool,
}

impl Correcting {
    /// From what was typed.
    pub fn new(vault: Vault, correction: Correction) -> Self {
        Self {
            vault,
            correction,
            is_compared: false,
        }
    }

    /// Whether the person says that they compared it with what was changed since.
    #[must_use]
    pub const fn compared(mut self, is_compared: bool) -> Self {
        self.is_compared = is_compared;
        self
    }

    /// Whether they said so.
    pub const fn is_compared(&self) -> bool {
        self.is_compared
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
    let both = [transaction.debit_account_id, transaction.credit_account_id];
    let sides = accounts::queries::list_by_ids(conn, account, &both)?;
    Ok(their_side(&transaction, &sides).cloned())
}

/// The other party's account of a transaction between these two.
pub fn their_side<'a>(transaction: &TransactionRow, sides: &'a [AccountRow]) -> Option<&'a AccountRow> {
    let theirs = if transaction.kind == Kind::Request {
        transaction.debit_account_id
    } else {
        transaction.credit_account_id
    };
    // The side outside is theirs, whichever way the money goes; where both or none are, the direction tells.
    let outside = sides.iter().filter(|a| a.category == Category::External).count();
    sides.iter().find(|a| match outside {
        1 => a.category == Category::External,
        _ => a.id == theirs,
    })
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
    let reach = Reach::of(conn, row.business_account_id, account.id)?;
    let mut effects = vec![format!("{} is corrected.", account.label()), reach.words()];
    let edits = edits_since(conn, row, &account)?;
    if let Some(edit) = edits.iter().find(|e| e.moves).filter(|_| !asked.is_compared) {
        return Err(AppError::field(
            "compared",
            format!(
                "Where the account is was changed after the payment was sent: the bank did not know of it. {} Compare \
                 both, and say so, before the notification is applied.",
                edit.text
            ),
        ));
    }
    effects.extend(told(edits));
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
        reach: Some((account.id, reach)),
        work: Work::Correct(Box::new((account, correction, asked.vault.clone()))),
        ..Plan::default()
    })
}

/// A change of the account that the bank did not know of.
struct EditSince {
    /// Another routing or account number: money goes elsewhere.
    moves: bool,
    text: String,
}

/// The changes of the account's data since the payment was sent (ach-codes.md section 9, rule 6), the oldest first. Another
/// name is none: a notification is about where the account is.
fn edits_since(
    conn: &mut AnyConnection,
    row: &ExceptionRow,
    account: &AccountRow,
) -> AppResult<Vec<EditSince>> {
    const NEW_YORK: chrono_tz::Tz = chrono_tz::Tz::America__New_York;
    let sent = match subject_transaction(row) {
        Some(id) => transactions::queries::find(conn, row.business_account_id, id)?.map(|t| t.created_at),
        None => None,
    };
    // A payment that came with a file was sent before the file was read: never later than the bank's own answer.
    let answered = queries::source_of(conn, row)?.notice_settlement;
    let answered = answered.map_or(row.created_at, |day| Ts::start_of(day.0, NEW_YORK));
    let since = sent.map_or(answered, |sent| sent.min(answered));
    let events = history::queries::list_of(conn, account.business_account_id, account.id.uuid(), 200)?;
    let corrected = events
        .iter()
        .filter(|e| e.created_at >= since && e.kind == EventKind::Edit)
        .filter(|e| e.description.ends_with(" corrected"));
    Ok(corrected
        .filter_map(|e| {
            let mut fields = kept_fields(&e.previous, &e.new);
            fields.retain(|(label, ..)| !matches!(label.as_str(), "Name" | "Holder"));
            let moves = moves_destination(&fields);
            let changed: Vec<String> = fields
                .iter()
                .map(|(label, before, after)| format!("{label} from {before} to {after}"))
                .collect();
            let day = written_day(e.created_at.day_in(NEW_YORK));
            (!changed.is_empty()).then(|| EditSince {
                moves,
                text: format!(
                    "Changed after the payment was sent, on {day} by {}: {}.",
                    e.actor_name,
                    changed.join(", ")
                ),
            })
        })
        .collect())
}

/// The latest of them in words.
fn told(mut edits: Vec<EditSince>) -> Vec<String> {
    const NAMED: usize = 5;
    edits.reverse();
    let more = edits.len().saturating_sub(NAMED);
    let mut lines: Vec<String> = edits
        .into_iter()
        .take(NAMED)
        .map(|e| format!("{} Compare first.", e.text))
        .collect();
    if more > 0 {
        lines.push(format!(
            "And {more} changes before these, which the account's page has."
        ));
    }
    lines
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
