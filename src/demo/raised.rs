//! What is told when an exception is raised, with the transactions it is about.

use std::{rc::Rc, time::Duration};

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::{
    desk::Desk,
    lines::Line,
    parties::{Party, Standing},
    payments::{Payment, settles},
    subjects::Subject,
};
use crate::{
    ach::{
        calendar::{add_banking_days, subtract_banking_days},
        codes::{ReturnWindow, return_code_or_unknown},
        dates::DateSource,
    },
    approvals::Difference,
    db::types::Day,
    exceptions::{
        model::{Category, Entity, Kind, ResolutionKind, Source},
        raise::{NewException, Said},
    },
    kernel::{
        clock::Ts,
        id::TransactionId,
        money::{Currency, Money},
    },
    transactions::{Kind as TransactionKind, Relation, Status},
};

/// A retry that may come back in its turn.
pub(super) struct Resent {
    pub(super) party: Rc<Party>,
    pub(super) payment: Payment,
    pub(super) id: TransactionId,
    /// How often it was sent again, this time included.
    pub(super) attempts: u8,
}

/// What an exception is about, for what follows.
pub(super) struct About {
    pub(super) subject: Subject,
    pub(super) party: Rc<Party>,
    /// The transaction and what it was made of.
    pub(super) payment: Option<(TransactionId, Payment)>,
    /// A transaction of nearly the same amount, and how much more it is.
    pub(super) counterpart: Option<(TransactionId, i64)>,
    /// What a correction of the account changes.
    pub(super) changes: Vec<Difference>,
    pub(super) attempts: u8,
}

/// Up to this many times an entry was sent again.
const RETRIES: u8 = 2;

impl Desk<'_> {
    /// What is told about `subject` at `at`. An account is suspended only where that is how it ends.
    pub(super) fn tell_of(
        &mut self,
        subject: Subject,
        at: Ts,
        end: Option<ResolutionKind>,
        has_transaction: bool,
    ) -> Option<(NewException, About)> {
        let standing = match (subject.kind, end) {
            (_, Some(ResolutionKind::SuspendAccount)) => Standing::Suspended,
            (Kind::VerificationDeclined, _) => Standing::Declined,
            _ => Standing::Good,
        };
        let party = self.parties.one(standing, &mut self.dice)?;
        let told = match subject.kind {
            Kind::AchReturn => self.returned(subject, party, at, has_transaction),
            Kind::AchNoc | Kind::VerificationNoc => {
                let is_applied = end == Some(ResolutionKind::CorrectAccount);
                self.changed(subject, party, at, is_applied, has_transaction)
            }
            Kind::VerificationDeclined => self.declined(subject, party, at),
            Kind::Reconciliation => self.unbalanced(subject, party, at, has_transaction),
            Kind::EarnedWageAccess => self.wage(subject, party, at, has_transaction),
        };
        Some(told)
    }

    fn returned(
        &mut self,
        subject: Subject,
        party: Rc<Party>,
        at: Ts,
        linked: bool,
    ) -> (NewException, About) {
        let notice = subtract_banking_days(at.day_in(Tz::America__New_York), 0);
        if let Some(again) = self.resent_before(subject, notice) {
            return self.returned_entry(subject, again, at, notice);
        }
        let row = return_code_or_unknown(subject.code);
        let days = match row.window {
            ReturnWindow::SixtyCalendarDays => self.dice.between(4, 38),
            _ => self.dice.between(1, 2),
        };
        let settled = subtract_banking_days(notice, u16::try_from(days).unwrap_or(2));
        let made_on = subtract_banking_days(settled, 1);
        let made = Ts::start_of(made_on, Tz::America__New_York).plus(Duration::from_secs(
            u64::try_from(self.dice.between(32_400, 61_200)).unwrap_or(0),
        ));
        let is_debit = subject.is_debit(&mut self.dice);
        let payment = self.ach(&party, is_debit, made, Status::Settled);
        let id = if linked {
            self.pay_by_client(payment.clone())
        } else {
            self.dice.id(made)
        };
        let first = Resent {
            party,
            payment,
            id,
            attempts: 0,
        };
        if linked {
            return self.returned_entry(subject, first, at, notice);
        }
        let trace = self.trace_of(&first.party.routing);
        let (new, mut about) = self.returned_stranger(subject, first, (notice, &trace));
        about.payment = None;
        (new, about)
    }

    /// A retry that had settled by `day`, for codes that come back more than once.
    fn resent_before(&mut self, subject: Subject, day: NaiveDate) -> Option<Resent> {
        let is_due = |r: &Resent| add_banking_days(settles(r.payment.created_at), 1) <= day;
        if !matches!(subject.code, "R01" | "R09") || !self.resent.front().is_some_and(is_due) {
            return None;
        }
        self.resent.pop_front()
    }

    /// The return of an entry of ours: a RETURN transaction, and the exception about it.
    fn returned_entry(
        &mut self,
        subject: Subject,
        entry: Resent,
        at: Ts,
        notice: NaiveDate,
    ) -> (NewException, About) {
        let payment = &entry.payment;
        let returned = Payment {
            parent: Some((entry.id, Relation::Return, payment.moved())),
            debit: payment.credit,
            credit: payment.debit,
            kind: TransactionKind::Return,
            status: Status::Settled,
            created_at: at,
            settles: Some(notice),
            ..payment.clone()
        };
        let team = Rc::clone(&self.team);
        let trace = self.trace_of(&entry.party.routing);
        let (mut new, about) = self.returned_stranger(subject, entry, (notice, &trace));
        let title = return_code_or_unknown(subject.code).title.clone();
        let returned = Payment {
            message: new.description.clone(),
            metadata: vec![
                ("rkorReasonCode", subject.code.to_owned()),
                ("rkorReasonDescription", title),
                ("rkorDiscretionaryData", trace.clone()),
            ],
            trace,
            ..returned
        };
        let return_id = self.pay(returned, &team.docket);
        new.entity_id = return_id.uuid();
        new.entity_type = Entity::Transaction;
        new.transaction_id = about.payment.as_ref().map(|(id, _)| *id);
        (new, about)
    }

    /// The return of an entry as the file tells it, whether we know the entry or not.
    fn returned_stranger(
        &mut self,
        subject: Subject,
        entry: Resent,
        (notice, trace): (NaiveDate, &str),
    ) -> (NewException, About) {
        let Resent {
            party,
            payment,
            id,
            attempts,
        } = entry;
        let is_debit = payment.kind == TransactionKind::Request;
        let words = self.words_of_the_bank(subject.code);
        let line = Line {
            transaction_code: code_of(&party, is_debit, 1),
            cents: payment.cents,
            ..line(&party, &payment.trace, trace)
        };
        let records = match subject.code {
            "R68" | "R69" => line.dishonored(subject.code, "R01", subtract_banking_days(notice, 3)),
            code => line.returned(code, words),
        };
        let money = Money::new(payment.cents, Currency::USD);
        let title = &return_code_or_unknown(subject.code).title;
        let toward = if is_debit { "from" } else { "to" };
        let purpose = format!("{} {}", payment.sec, payment.entry_description);
        let (company, _) = self.team.office.company(payment.cents);
        let new = NewException {
            category: Category::Transaction,
            kind: subject.kind,
            description: format!(
                "{} {title}: {money} {toward} {}, {purpose} of {company}",
                subject.code, party.name
            ),
            entity_id: party.account.uuid(),
            entity_type: Entity::FinancialAccount,
            transaction_id: None,
            amount: Some(money),
            reason: None,
            code: Some(subject.code.into()),
            party: party.name.clone(),
            account_tail: party.tail(),
            source: Source::Import,
            said: Said {
                addenda_info: (!words.is_empty()).then(|| words.to_owned()),
                is_debit: Some(is_debit),
                original_settlement: Some(Day(settles(payment.created_at))),
                ..said(records, payment.sec, payment.trace.clone(), notice)
            },
        };
        let about = About {
            subject,
            party,
            payment: Some((id, payment)),
            counterpart: None,
            changes: Vec::new(),
            attempts,
        };
        (new, about)
    }

    fn words_of_the_bank(&mut self, code: &str) -> &'static str {
        match code {
            "R17" => self
                .dice
                .pick(&["QUESTIONABLE", "DFI ACCOUNT NUMBER", "IMPROPER REVERSAL"]),
            "R11" => self
                .dice
                .pick(&["AMOUNT DIFFERS FROM AUTHORIZATION", "DEBITED TOO EARLY"]),
            "R16" => self.dice.pick(&["OFAC", "", ""]),
            "R06" => "PER ODFI REQUEST",
            _ => "",
        }
    }

    /// The most that may have been sent again.
    pub(super) const fn may_be_sent_again(attempts: u8) -> bool {
        attempts < RETRIES
    }
}

/// The transaction code: checking or savings, debit or credit; `last` is the second digit of a credit.
pub(super) fn code_of(party: &Party, is_debit: bool, last: u8) -> u8 {
    code(party.is_saving, is_debit, last)
}

/// The transaction code of a debit that comes back.
pub(super) fn code_of_return(is_saving: bool) -> u8 {
    code(is_saving, true, 1)
}

fn code(is_saving: bool, is_debit: bool, last: u8) -> u8 {
    let account = if is_saving { 30 } else { 20 };
    account + last + if is_debit { 5 } else { 0 }
}

/// A line about the party's account without money.
pub(super) fn line<'a>(party: &'a Party, original_trace: &'a str, trace: &'a str) -> Line<'a> {
    Line {
        transaction_code: code_of(party, true, 1),
        routing: &party.routing,
        number: &party.number,
        cents: 0,
        individual_id: &party.individual_id,
        name: &party.name,
        original_trace,
        trace,
    }
}

/// What a file says.
pub(super) fn said(records: Vec<u8>, sec: &str, original_trace: String, notice: NaiveDate) -> Said {
    Said {
        entry: Some(records),
        sec_code: Some(sec.to_owned()),
        original_trace: Some(original_trace),
        notice_settlement: Some(Day(notice)),
        notice_date_source: Some(DateSource::SettlementDay.words().into()),
        ..Said::default()
    }
}
