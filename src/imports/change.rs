//! A notification of change, or its refusal: an exception about the payment it names, else about the account.

use super::{
    describe,
    entry::{Context, Done, receiver_account},
    item::{Change, Said},
    model::Outcome,
};
use crate::{
    accounts::{self, Verification},
    db::{Tx, types::Day},
    exceptions::{
        model::{Category, Entity, Kind, Source},
        raise::{self, NewException, raise},
    },
    kernel::{error::AppResult, id::FinancialAccountId},
    transactions::{TransactionRow, queries},
};

pub fn apply(tx: &mut Tx<'_>, context: &mut Context<'_>, said: &Said, found: &Change) -> AppResult<Done> {
    // A notification carries no amount to match by.
    let original = match found.original_trace.as_str() {
        "" => None,
        trace => queries::find_by_trace(
            tx.conn,
            context.actor.business_account,
            trace,
            None,
            Some(found.original_bank.as_str()).filter(|b| !b.is_empty()),
        )?,
    };
    let about = match &original {
        Some(original) => About::Payment(original),
        None => About::Account(receiver_account(tx, context, said)?),
    };
    let (category, kind) = match about {
        About::Account(id) if found.is_prenote || is_being_verified(tx, context, id)? => {
            (Category::BankAccountVerification, Kind::VerificationNoc)
        }
        _ => (Category::Transaction, Kind::AchNoc),
    };
    let sentence = describe::changed(said, found, original.is_some() || kind == Kind::VerificationNoc);
    let new = NewException {
        category,
        kind,
        description: sentence.clone(),
        entity_id: about.id(),
        entity_type: about.entity(),
        transaction_id: original.as_ref().map(|o| o.id),
        amount: None,
        reason: None,
        code: Some(found.code.clone()).filter(|c| !c.is_empty()),
        party: said.receiver.name.clone(),
        account_tail: said.receiver.tail.clone(),
        source: Source::Import,
        said: source(context, said, found, original.as_ref()),
    };
    let exception = raise(tx, context.vault, context.actor, &context.policies, new)?;
    context.raised.add(kind, &found.code, 0);
    Ok(Done {
        outcome: Outcome::Raised,
        sentence,
        exception: Some(exception),
        transaction: original.map(|o| o.id),
    })
}

enum About<'a> {
    Payment(&'a TransactionRow),
    Account(FinancialAccountId),
}

impl About<'_> {
    fn id(&self) -> uuid::Uuid {
        match self {
            Self::Payment(original) => original.id.uuid(),
            Self::Account(id) => id.uuid(),
        }
    }

    fn entity(&self) -> Entity {
        match self {
            Self::Payment(_) => Entity::Transaction,
            Self::Account(_) => Entity::FinancialAccount,
        }
    }
}

/// A prenote leaves no transaction behind, and a notification's transaction code does not tell that it answers one.
/// But the account's verification is under way then.
fn is_being_verified(tx: &mut Tx<'_>, context: &Context<'_>, id: FinancialAccountId) -> AppResult<bool> {
    let row = accounts::queries::get(tx.conn, context.actor.business_account, id)?;
    Ok(row.verification == Verification::Pending)
}

fn source(
    context: &Context<'_>,
    said: &Said,
    found: &Change,
    original: Option<&TransactionRow>,
) -> raise::Said {
    let settlement = said.batch.settlement;
    raise::Said {
        import: Some(context.import),
        line: Some(said.line),
        entry: Some(said.records.clone()),
        corrected_data: Some(found.corrected.clone()).filter(|c| !c.is_empty()),
        addenda_info: None,
        sec_code: Some(said.batch.sec.clone()).filter(|s| !s.is_empty()),
        original_trace: Some(found.original_trace.clone()).filter(|t| !t.is_empty()),
        original_settlement: original.and_then(|o| o.settlement_date.or(o.effective_date)),
        notice_settlement: settlement.and_then(|s| s.date).map(Day),
        notice_date_source: settlement.map(|s| s.source.words().to_owned()),
        is_debit: Some(said.is_debit),
    }
}
