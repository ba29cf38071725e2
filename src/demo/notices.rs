//! What is told about accounts: changes and declined verifications.

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
    accounts::{
        self, Subtype,
        words::{ACCOUNT_NUMBER, KIND_OF_ACCOUNT, ROUTING_NUMBER},
    },
    ach::{
        calendar::subtract_banking_days,
        codes::{noc_code_or_unknown, return_code_or_unknown},
    },
    approvals::Difference,
    db::types::Day,
    exceptions::{
        model::{Category, Entity, Kind, Source},
        raise::{NewException, Said},
    },
    kernel::{clock::Ts, id::TransactionId, text::account_tail},
    transactions::Status,
};

/// A change: what was sent and what the bank says instead.
struct Change {
    routing: String,
    number: String,
    /// The corrected data as it stands in the record, and as it may be shown.
    data: String,
    shown: String,
    /// The same, as a correction tells it.
    differences: Vec<Difference>,
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
            .plus(Duration::from_hours(12));
        let payment = self.ach(&party, true, made, Status::Cleared);
        let change = self.change(subject.code, &party, is_applied);
        let trace = self.trace_of(&party.routing);
        let sent = super::lines::Line {
            transaction_code: code_of(&party, true, if is_prenote { 3 } else { 1 }),
            routing: &change.routing,
            number: &change.number,
            ..line(&party, &payment.trace, &trace)
        };
        let records = sent.changed(subject.code, &change.data);
        let title = &noc_code_or_unknown(subject.code).title;
        let purpose = format!(
            "{} {} of {}",
            payment.sec,
            payment.entry_description,
            self.team.office.company(payment.cents).0
        );
        let tail = account_tail(&change.number);
        let id = (linked && !is_prenote).then(|| self.pay_by_client(payment.clone()));
        let new = NewException {
            category: if is_prenote {
                Category::BankAccountVerification
            } else {
                Category::Transaction
            },
            kind: subject.kind,
            description: format!("{} {title}: {}, {purpose}", subject.code, party.name),
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
        let about = About {
            changes: change.differences,
            ..about(subject, party, id.map(|id| (id, payment)))
        };
        (new, about)
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
            // Where it was applied the account is of the new kind already.
            "C05" => (if party.is_saving == is_applied { "37" } else { "27" }).into(),
            "C06" => format!("{number:<17}   {transaction_code}"),
            "C07" => format!("{new_routing}{number:<17}{transaction_code}"),
            "C09" => party.individual_id.clone(),
            _ => String::new(),
        };
        let tail = account_tail(&new_number);
        let masked = format!("{}{tail}", "•".repeat(new_number.len() - tail.len()));
        let mut differences = vec![
            Difference::new(ROUTING_NUMBER, &routing, &new_routing),
            Difference::new(
                ACCOUNT_NUMBER,
                accounts::model::masked(&account_tail(&number)),
                accounts::model::masked(&tail),
            ),
        ];
        differences.retain(|d| d.before != d.after);
        if matches!(code, "C05" | "C06" | "C07") {
            let (of_saving, of_checking) = (Subtype::Saving.label(), Subtype::Checking.label());
            differences.push(if party.is_saving == is_applied {
                Difference::new(KIND_OF_ACCOUNT, of_checking, of_saving)
            } else {
                Difference::new(KIND_OF_ACCOUNT, of_saving, of_checking)
            });
        }
        Change {
            differences,
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
        let trace = self.trace_of(&party.routing);
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
            format!("{} {title}: prenote to {}", subject.code, party.name)
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
}

/// What an exception is about when it has no counterpart and nothing was sent again.
pub(super) fn about(subject: Subject, party: Rc<Party>, payment: Option<(TransactionId, Payment)>) -> About {
    About {
        subject,
        party,
        payment,
        counterpart: None,
        changes: Vec::new(),
        attempts: 0,
    }
}
