//! What is told when it is no return: changes, declined verifications, breaks and wages.

use std::{rc::Rc, time::Duration};

use chrono_tz::Tz;

use super::{
    desk::Desk,
    names,
    parties::Party,
    payments::Payment,
    raised::{About, code_of, line, said},
    subjects::Subject,
};
use crate::{
    ach::{
        calendar::subtract_banking_days,
        codes::{noc_code_or_unknown, return_code_or_unknown},
    },
    db::types::Day,
    exceptions::{
        model::{Category, Entity, Kind, Source},
        raise::{NewException, Said},
    },
    kernel::{
        clock::Ts,
        id::TransactionId,
        money::{Currency, Money},
        text::account_tail,
    },
};

/// A change: what was sent and what the bank says instead.
struct Change {
    routing: String,
    number: String,
    /// The corrected data as it stands in the record, and as it may be shown.
    data: String,
    shown: String,
}

impl Desk<'_> {
    /// A notification of change. Where it was applied the account has the new data already, so the entry had other.
    pub(super) fn changed(
        &mut self,
        subject: Subject,
        party: Rc<Party>,
        at: Ts,
        is_applied: bool,
        linked: bool,
    ) -> (NewException, About) {
        let notice = subtract_banking_days(at.day_in(Tz::America__New_York), 0);
        let is_prenote = subject.kind == Kind::VerificationNoc;
        let settled = subtract_banking_days(notice, 2);
        let made = Ts::start_of(subtract_banking_days(settled, 1), Tz::America__New_York)
            .plus(Duration::from_secs(43_200));
        let payment = self.ach(&party, true, made, "CLEARED");
        let change = self.change(subject.code, &party, is_applied);
        let trace = self.trace();
        let sent = super::lines::Line {
            transaction_code: code_of(&party, true, if is_prenote { 3 } else { 1 }),
            routing: &change.routing,
            number: &change.number,
            ..line(&party, &payment.trace, &trace)
        };
        let records = sent.changed(subject.code, &change.data);
        let title = &noc_code_or_unknown(subject.code).title;
        let tail = account_tail(&change.number);
        let id = (linked && !is_prenote).then(|| self.pay_by_client(payment.clone()));
        let new = NewException {
            category: if is_prenote {
                Category::BankAccountVerification
            } else {
                Category::Transaction
            },
            kind: subject.kind,
            description: format!("The bank of {} tells a change: {title}.", party.name),
            entity_id: id.map_or(party.account.uuid(), TransactionId::uuid),
            entity_type: if id.is_some() {
                Entity::Transaction
            } else {
                Entity::FinancialAccount
            },
            transaction_id: id,
            amount: None,
            reason: None,
            code: Some(subject.code.into()),
            party: party.name.clone(),
            account_tail: tail,
            source: Source::Import,
            said: Said {
                corrected_data: (!change.shown.is_empty()).then_some(change.shown),
                is_debit: Some(true),
                original_settlement: Some(Day(settled)),
                ..said(records, "COR", payment.trace.clone(), notice)
            },
        };
        (new, about(subject, party, id.map(|id| (id, payment))))
    }

    fn change(&mut self, code: &str, party: &Party, is_applied: bool) -> Change {
        let other_number = self.dice.digits(party.number.len());
        let other_routing = loop {
            let drawn = names::routing(&mut self.dice);
            if drawn != party.routing {
                break drawn;
            }
        };
        let pick = |is_changed: bool, ours: &str, other: &str| {
            let (old, new) = if is_applied { (other, ours) } else { (ours, other) };
            if is_changed {
                (old.to_owned(), new.to_owned())
            } else {
                (ours.to_owned(), ours.to_owned())
            }
        };
        let (number, new_number) = pick(
            matches!(code, "C01" | "C03" | "C06" | "C07"),
            &party.number,
            &other_number,
        );
        let (routing, new_routing) = pick(
            matches!(code, "C02" | "C03" | "C07"),
            &party.routing,
            &other_routing,
        );
        let transaction_code = code_of(party, true, 2);
        let data = |number: &str| match code {
            "C01" => number.to_owned(),
            "C02" => new_routing.clone(),
            "C03" => format!("{new_routing}   {number}"),
            "C04" => party.name.to_uppercase().chars().take(22).collect(),
            "C05" => (if party.is_saving { "27" } else { "37" }).into(),
            "C06" => format!("{number:<17}   {transaction_code}"),
            "C07" => format!("{new_routing}{number:<17}{transaction_code}"),
            "C09" => party.individual_id.clone(),
            _ => String::new(),
        };
        let tail = account_tail(&new_number);
        let masked = format!("{}{tail}", "•".repeat(new_number.len() - tail.len()));
        Change {
            routing,
            number,
            data: data(&new_number),
            shown: data(&masked),
        }
    }

    /// A declined verification: a returned prenote, or the word of a provider.
    pub(super) fn declined(&mut self, subject: Subject, party: Rc<Party>, at: Ts) -> (NewException, About) {
        let notice = subtract_banking_days(at.day_in(Tz::America__New_York), 0);
        let by_provider = subject.code.is_empty();
        let original = self.trace();
        let trace = self.trace();
        let prenote = super::lines::Line {
            transaction_code: code_of(&party, true, 3),
            ..line(&party, &original, &trace)
        };
        let records = prenote.returned(subject.code, "");
        let description = if by_provider {
            let why = self.dice.pick(&[
                "the name does not belong to the account",
                "the micro-entry amounts were wrong three times",
                "the provider does not know the account",
            ]);
            format!("Verification of the account of {} declined: {why}.", party.name)
        } else {
            let title = &return_code_or_unknown(subject.code).title;
            format!("The prenote to the account of {} came back: {title}.", party.name)
        };
        let said = if by_provider {
            Said::default()
        } else {
            Said {
                is_debit: Some(true),
                original_settlement: Some(Day(subtract_banking_days(notice, 2))),
                ..said(records, "PPD", original.clone(), notice)
            }
        };
        let new = NewException {
            category: Category::BankAccountVerification,
            kind: subject.kind,
            description,
            entity_id: party.account.uuid(),
            entity_type: Entity::FinancialAccount,
            transaction_id: None,
            amount: None,
            reason: None,
            code: (!by_provider).then(|| subject.code.into()),
            party: party.name.clone(),
            account_tail: party.tail(),
            source: if by_provider { Source::Api } else { Source::Import },
            said,
        };
        (new, about(subject, party, None))
    }

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
        let mut payment = self.ach(&party, is_debit, made, "SETTLED");
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
                metadata: "{\"source\":\"bank-statement\"}".into(),
                ..payment.clone()
            };
            let less = payment.cents - other.cents;
            (self.pay_by_client(other), less)
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
        let status = if what.starts_with("the payout") {
            "DECLINED"
        } else {
            "SETTLED"
        };
        let mut payment = self.ach(&party, status == "SETTLED", made, status);
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

    pub(super) fn pay_by_client(&mut self, payment: Payment) -> TransactionId {
        let team = Rc::clone(&self.team);
        self.pay(payment, &team.client)
    }
}

fn about(subject: Subject, party: Rc<Party>, payment: Option<(TransactionId, Payment)>) -> About {
    About {
        subject,
        party,
        payment,
        counterpart: None,
        attempts: 0,
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
