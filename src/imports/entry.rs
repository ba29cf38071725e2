//! What an entry does: a payment becomes a transaction, a prenote a verification under way, a return or a
//! notification of change an exception (domain.md section 10).

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{
    change,
    describe::{self, money},
    item::{Batch, News, Said},
    model::{Outcome, Tallies},
    returned,
};
use crate::{
    accounts::{self, NewExternal, Subtype},
    auth::actor::Actor,
    db::{Tx, types::Day},
    exceptions::raise::InForce,
    kernel::{
        crypto::Vault,
        error::AppResult,
        id::{ExceptionId, FinancialAccountId, ImportId, TransactionId},
    },
    transactions::{self, AchDetails, Kind, NewTransaction, Status},
};

/// What entries are applied in.
pub struct Context<'a> {
    /// Seals account numbers.
    pub vault: &'a Vault,
    /// Docket itself, at the request of whoever pressed Import.
    pub actor: &'a Actor,
    /// The import.
    pub import: ImportId,
    /// Today in New York, where ACH is at home.
    pub today: NaiveDate,
    /// Our side of each batch, found once.
    pub own: HashMap<(String, String), FinancialAccountId>,
    /// What raising goes by.
    pub policies: InForce,
    /// What has been raised.
    pub raised: Tallies,
}

/// What became of an entry.
pub struct Done {
    pub outcome: Outcome,
    pub sentence: String,
    pub exception: Option<ExceptionId>,
    pub transaction: Option<TransactionId>,
}

/// Applies one entry.
pub fn apply(tx: &mut Tx<'_>, context: &mut Context<'_>, said: &Said) -> AppResult<Done> {
    match &said.news {
        News::Payment => payment(tx, context, said),
        News::Prenote => prenote(tx, context, said),
        News::Nothing(sentence) => Ok(Done {
            outcome: Outcome::Noted,
            sentence: (*sentence).to_owned(),
            exception: None,
            transaction: None,
        }),
        News::Return(found) => returned::apply(tx, context, said, found),
        News::Change(found) => change::apply(tx, context, said, found),
    }
}

fn payment(tx: &mut Tx<'_>, context: &mut Context<'_>, said: &Said) -> AppResult<Done> {
    let external = receiver_account(tx, context, said)?;
    let own = own_account(tx, context, said, &said.batch.odfi)?;
    // A debit takes from the receiver, a credit gives.
    let mut new = if said.is_debit {
        NewTransaction::ach(Kind::Request, external, own, money(said.amount))
    } else {
        NewTransaction::ach(Kind::Send, own, external, money(said.amount))
    };
    let day = expected_settlement(&said.batch);
    (new.status, new.message) = status_on(day, context.today);
    new.ach = details(said);
    new.ach.trace_number.clone_from(&said.trace);
    new.ach.receiving_bank = Some(said.receiver.routing.clone()).filter(|r| !r.is_empty());
    new.ach.settlement_date = said.batch.settled.or(said.batch.effective).map(Day);
    let row = transactions::commands::post(tx, context.actor, new)?;
    Ok(Done {
        outcome: Outcome::Recorded,
        sentence: describe::payment(said),
        exception: None,
        transaction: Some(row.id),
    })
}

fn prenote(tx: &mut Tx<'_>, context: &mut Context<'_>, said: &Said) -> AppResult<Done> {
    let account = receiver_account(tx, context, said)?;
    let sentence = describe::prenote(said);
    accounts::commands::begin_verification(tx, context.actor, account, &sentence)?;
    Ok(Done {
        outcome: Outcome::Prenote,
        sentence,
        exception: None,
        transaction: None,
    })
}

/// When a payment of ours settles: the operator's date, else the effective date we asked for, else the day the file
/// was made.
fn expected_settlement(batch: &Batch) -> Option<NaiveDate> {
    batch
        .settled
        .or(batch.effective)
        .or_else(|| batch.settlement.and_then(|s| s.date))
}

/// A payment whose day is past has settled: no return has said otherwise. CLEARED is left to the processor, which
/// knows when a return can no longer come.
fn status_on(day: Option<NaiveDate>, today: NaiveDate) -> (Status, String) {
    match day {
        Some(day) if day < today => (Status::Settled, format!("Settled on {day}, by the imported file")),
        Some(day) => (
            Status::Processing,
            format!("Settles on {day}, by the imported file"),
        ),
        None => (Status::Processing, "Sent, by the imported file".into()),
    }
}

/// What the batch says of all its entries.
pub fn details(said: &Said) -> AchDetails {
    let batch = &said.batch;
    let some = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
    AchDetails {
        company_name: some(&said.company),
        company_id: some(&batch.company_id),
        sec_code: some(&batch.sec),
        entry_description: some(&batch.description),
        effective_date: batch.effective_day(),
        ..AchDetails::default()
    }
}

/// The receiver's account, added when it is new.
pub fn receiver_account(
    tx: &mut Tx<'_>,
    context: &Context<'_>,
    said: &Said,
) -> AppResult<FinancialAccountId> {
    let name = match said.receiver.name.as_str() {
        "" => "Unnamed receiver",
        name => name,
    };
    let new = NewExternal {
        name,
        holder_name: name,
        routing_number: &said.receiver.routing,
        number: &said.receiver.number,
        subtype: if said.receiver.is_savings {
            Subtype::Saving
        } else {
            Subtype::Checking
        },
    };
    accounts::commands::find_or_add_external(tx, context.vault, context.actor, &new)
}

/// Our side of a batch: company and bank stand for it, as a file does not name the account.
pub fn own_account(
    tx: &mut Tx<'_>,
    context: &mut Context<'_>,
    said: &Said,
    odfi: &str,
) -> AppResult<FinancialAccountId> {
    let batch = &said.batch;
    let key = (batch.company_id.clone(), odfi.to_owned());
    if let Some(id) = context.own.get(&key) {
        return Ok(*id);
    }
    let name = match said.company.as_str() {
        "" => "Unnamed company",
        name => name,
    };
    let id =
        accounts::commands::find_or_add_own(tx, context.vault, context.actor, name, &batch.company_id, odfi)?;
    context.own.insert(key, id);
    Ok(id)
}
