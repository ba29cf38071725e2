//! What is told when two sources disagree, and of earned wages.

use std::{rc::Rc, time::Duration};

use super::{
    desk::Desk, notices::about, parties::Party, payments::Payment, raised::About, subjects::Subject,
};
use crate::{
    exceptions::{
        model::{Category, Entity, Source},
        raise::{NewException, Said},
    },
    kernel::{
        clock::Ts,
        id::TransactionId,
        money::{Currency, Money},
    },
    transactions::Status,
};

impl Desk<'_> {
    /// A reconciliation break, with a transaction of nearly the same amount near it.
    pub(super) fn unbalanced(
        &mut self,
        subject: Subject,
        party: Rc<Party>,
        at: Ts,
        linked: bool,
    ) -> (NewException, About) {
        let is_debit = self.dice.chance(40);
        let made = at.minus(Duration::from_secs(
            u64::try_from(self.dice.between(90_000, 260_000)).unwrap_or(0),
        ));
        let mut payment = self.ach(&party, is_debit, made, Status::Settled);
        payment.cents = self.dice.cents(2_300);
        let money = Money::new(payment.cents, Currency::USD);
        let id = linked.then(|| self.pay_by_client(payment.clone()));
        let counterpart = linked.then(|| {
            let less = match subject.reason {
                "TIMING" | "DUPLICATE_TRANSACTION" => 0,
                _ => self
                    .dice
                    .pick(&[0, 25, 100, 150, payment.cents / 400, -(payment.cents / 250)]),
            };
            let apart = u64::try_from(self.dice.between(3_600, 250_000)).unwrap_or(0);
            let other = Payment {
                cents: (payment.cents - less).max(100),
                created_at: made.plus(Duration::from_secs(apart)).min(at),
                trace: self.trace(),
                metadata: vec![("source", "bank-statement".into())],
                ..payment.clone()
            };
            let more = other.cents - payment.cents;
            (self.pay_by_client(other), more)
        });
        let new = NewException {
            category: Category::Transaction,
            kind: subject.kind,
            description: format!("{} over {money}: {}.", party.name, words_of(subject.reason)),
            entity_id: id.map_or(party.account.uuid(), TransactionId::uuid),
            entity_type: if id.is_some() {
                Entity::Transaction
            } else {
                Entity::FinancialAccount
            },
            transaction_id: id,
            amount: Some(money),
            reason: Some(subject.reason.into()),
            code: None,
            party: party.name.clone(),
            account_tail: party.tail(),
            source: Source::Api,
            said: Said::default(),
        };
        let mut about = about(subject, party, id.map(|id| (id, payment)));
        about.counterpart = counterpart;
        (new, about)
    }

    /// Something with earned wages.
    pub(super) fn wage(
        &mut self,
        subject: Subject,
        party: Rc<Party>,
        at: Ts,
        linked: bool,
    ) -> (NewException, About) {
        let (what, moves_money) = self.dice.pick(&[
            ("the recovery debit failed; eligibility is ARREARS", true),
            ("the payout to the card failed", true),
            ("the amount is above the earned wages", true),
            ("wage data for the period is missing", false),
            ("employment ended with an open balance", true),
            ("the recovery by payroll deduction was not confirmed", false),
            ("several recoveries failed; eligibility is BAD_DEBT", true),
        ]);
        let made = at.minus(Duration::from_secs(
            u64::try_from(self.dice.between(4_000, 90_000)).unwrap_or(0),
        ));
        let is_payout = what.starts_with("the payout");
        let status = if is_payout {
            Status::Declined
        } else {
            Status::Settled
        };
        let mut payment = self.ach(&party, !is_payout, made, status);
        payment.cents = self.dice.cents(110);
        let id = (linked && moves_money).then(|| self.pay_by_client(payment.clone()));
        let (category, entity_id, entity_type) = match id {
            Some(id) => (Category::Transaction, id.uuid(), Entity::Transaction),
            None => (Category::Customer, party.customer, Entity::Customer),
        };
        let new = NewException {
            category,
            kind: subject.kind,
            description: format!("Earned wages of {}: {what}.", party.name),
            entity_id,
            entity_type,
            transaction_id: id,
            amount: moves_money.then(|| Money::new(payment.cents, Currency::USD)),
            reason: None,
            code: None,
            party: party.name.clone(),
            account_tail: party.tail(),
            source: self.dice.pick(&[Source::Rule, Source::Api]),
            said: Said::default(),
        };
        (new, about(subject, party, id.map(|id| (id, payment))))
    }
}

/// A reconciliation break's reason in words.
fn words_of(reason: &str) -> &'static str {
    match reason {
        "UNMATCHED" => "nothing on the other side matches it",
        "AMOUNT_DIFFERENCE" => "bank and ledger differ in the amount",
        "TIMING" => "bank and ledger book it on different days",
        "FEE_VARIANCE" => "the fee is not the expected one",
        "MISSING_IN_BANK" => "the bank does not have it",
        "MISSING_IN_LEDGER" => "our ledger does not have it",
        "RETURN_NOT_BOOKED" => "it came back and the return is not booked",
        "REVERSAL_NOT_BOOKED" => "its reversal is not booked",
        "DUPLICATE_TRANSACTION" => "one of the sources has it twice",
        "SOURCE_MISMATCH" => "the sources name different parties",
        "SPLIT_INCOMPLETE" => "a part of the split is missing",
        "VALIDATION_FAILED" => "a source sent fields that cannot be read",
        "FEE_DATA_MISSING" => "the fee is not known",
        "BANK_ERROR" => "the bank made a mistake",
        "FX_RATE_UNAVAILABLE" => "there is no exchange rate for the day",
        "MISSING_BASE_AMOUNT" => "the amount in our currency is missing",
        "FEE_CURRENCY_MISMATCH" => "the fee is in another currency",
        _ => "the sources disagree",
    }
}
