//! A return: a RETURN transaction linked to the payment that came back, and an exception about it. When no payment
//! of ours matches, the exception is raised all the same, with what the file says.

use super::{
    describe,
    entry::{Context, Done, details, own_account, receiver_account},
    item::{Returned, Said},
    model::Outcome,
};
use crate::{
    accounts,
    ach::{codes::return_code_or_unknown, return_addenda::ReturnStage},
    db::{Tx, types::Day},
    exceptions::{
        model::{Category, Entity, Kind, Source},
        raise::{self, NewException, raise},
    },
    kernel::{error::AppResult, id::FinancialAccountId},
    transactions::{
        self, Kind as TransactionKind, NewTransaction, Relation, Status, TransactionRow, queries,
    },
};

pub fn apply(tx: &mut Tx<'_>, context: &mut Context<'_>, said: &Said, found: &Returned) -> AppResult<Done> {
    if found.is_prenote {
        return of_prenote(tx, context, said, found);
    }
    let account = context.actor.business_account;
    let original = match found.original_trace.as_str() {
        "" => None,
        trace => queries::find_by_trace(
            tx.conn,
            account,
            trace,
            Some(said.amount),
            Some(found.original_bank.as_str()).filter(|b| !b.is_empty()),
        )?,
    };
    let transaction = match earlier_return(tx, context, said, found)? {
        Some(row) => row,
        None => record(tx, context, said, found, original.as_ref())?,
    };
    let payment = original.as_ref().map(|o| o.id).or(transaction.parent_id);
    let sentence = describe::returned(said, found, payment.is_some());
    let new = NewException {
        category: Category::Transaction,
        kind: Kind::AchReturn,
        description: sentence.clone(),
        entity_id: transaction.id.uuid(),
        entity_type: Entity::Transaction,
        transaction_id: payment,
        amount: Some(describe::money(said.amount)),
        said: source(context, said, found, original.as_ref()),
        ..exception(said, found)
    };
    let exception = raise(tx, context.vault, context.actor, &context.policies, new)?;
    context.raised.add(Kind::AchReturn, &found.code, said.amount);
    Ok(Done {
        outcome: Outcome::Raised,
        sentence,
        exception: Some(exception),
        transaction: Some(transaction.id),
    })
}

/// A bank sends a test of an account back: the account is not what we were told.
fn of_prenote(tx: &mut Tx<'_>, context: &mut Context<'_>, said: &Said, found: &Returned) -> AppResult<Done> {
    let account = receiver_account(tx, context, said)?;
    let sentence = describe::returned(said, found, false);
    accounts::commands::decline_verification(tx, context.actor, account, &sentence)?;
    let new = NewException {
        category: Category::BankAccountVerification,
        kind: Kind::VerificationDeclined,
        description: sentence.clone(),
        entity_id: account.uuid(),
        entity_type: Entity::FinancialAccount,
        said: source(context, said, found, None),
        ..exception(said, found)
    };
    let exception = raise(tx, context.vault, context.actor, &context.policies, new)?;
    context.raised.add(Kind::VerificationDeclined, &found.code, 0);
    Ok(Done {
        outcome: Outcome::Raised,
        sentence,
        exception: Some(exception),
        transaction: None,
    })
}

/// A dishonored or contested return goes on with a return that we may know already.
fn earlier_return(
    tx: &mut Tx<'_>,
    context: &Context<'_>,
    said: &Said,
    found: &Returned,
) -> AppResult<Option<TransactionRow>> {
    match (found.stage, &found.earlier_return) {
        (ReturnStage::Dishonored | ReturnStage::Contested, Some(trace)) => {
            queries::find_return_by_trace(tx.conn, context.actor.business_account, trace, said.amount)
        }
        _ => Ok(None),
    }
}

/// The RETURN transaction: the money goes back where it came from.
fn record(
    tx: &mut Tx<'_>,
    context: &mut Context<'_>,
    said: &Said,
    found: &Returned,
    original: Option<&TransactionRow>,
) -> AppResult<TransactionRow> {
    let (from, to) = match original {
        Some(original) => (original.credit_account_id, original.debit_account_id),
        None => accounts_of(tx, context, said, found)?,
    };
    let mut new = NewTransaction::ach(TransactionKind::Return, from, to, describe::money(said.amount));
    new.parent = original.map(|o| (o.id, Relation::Return));
    let settles = said.batch.settlement.and_then(|s| s.date);
    new.status = match settles {
        Some(day) if day > context.today => Status::Processing,
        _ => Status::Settled,
    };
    new.message = describe::returned(said, found, original.is_some());
    new.ach = details(said);
    new.ach.trace_number.clone_from(&said.trace);
    new.ach.receiving_bank = Some(found.original_bank.clone()).filter(|b| !b.is_empty());
    new.ach.settlement_date = settles.map(Day);
    // RocketKOR's names (rocketkor.md 5.1); what identifies the return is its own trace number.
    let title = return_code_or_unknown(&found.code).title.clone();
    new.metadata.insert("rkorReasonCode".into(), found.code.clone());
    new.metadata.insert("rkorReasonDescription".into(), title);
    if let Some(trace) = &said.trace {
        new.metadata.insert("rkorDiscretionaryData".into(), trace.clone());
    }
    transactions::commands::post(tx, context.actor, new)
}

/// Where the money of an unmatched return goes from and to, as the file says it. A debit of the receiver goes back to
/// them. The first eight digits of the original trace number are our bank.
fn accounts_of(
    tx: &mut Tx<'_>,
    context: &mut Context<'_>,
    said: &Said,
    found: &Returned,
) -> AppResult<(FinancialAccountId, FinancialAccountId)> {
    let external = receiver_account(tx, context, said)?;
    let odfi: String = found.original_trace.chars().take(8).collect();
    let own = own_account(tx, context, said, &odfi)?;
    Ok(if said.is_debit {
        (own, external)
    } else {
        (external, own)
    })
}

/// What all exceptions from returns have in common.
fn exception(said: &Said, found: &Returned) -> NewException {
    NewException {
        category: Category::Transaction,
        kind: Kind::AchReturn,
        description: String::new(),
        entity_id: uuid::Uuid::nil(),
        entity_type: Entity::Transaction,
        transaction_id: None,
        amount: None,
        reason: None,
        code: Some(found.code.clone()).filter(|c| !c.is_empty()),
        party: said.receiver.name.clone(),
        account_tail: said.receiver.tail.clone(),
        source: Source::Import,
        said: raise::Said::default(),
    }
}

fn source(
    context: &Context<'_>,
    said: &Said,
    found: &Returned,
    original: Option<&TransactionRow>,
) -> raise::Said {
    let settlement = said.batch.settlement;
    raise::Said {
        import: Some(context.import),
        line: Some(said.line),
        entry: Some(said.records.clone()),
        corrected_data: None,
        addenda_info: Some(found.words.clone()).filter(|w| !w.is_empty()),
        sec_code: Some(said.batch.sec.clone()).filter(|s| !s.is_empty()),
        original_trace: Some(found.original_trace.clone()).filter(|t| !t.is_empty()),
        // In a batch of returns the effective date is that of the original entries.
        original_settlement: original
            .and_then(|o| o.settlement_date.or(o.effective_date))
            .or(said.batch.effective_day()),
        notice_settlement: settlement.and_then(|s| s.date).map(Day),
        notice_date_source: settlement.map(|s| s.source.words().to_owned()),
        is_debit: Some(said.is_debit),
    }
}
