//! Made-up transactions with their status histories.

use std::{collections::BTreeMap, rc::Rc, time::Duration};

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::{desk::Desk, ledger::What, rows::by};
use crate::{
    ach::calendar::add_banking_days,
    auth::actor::Actor,
    db::types::Day,
    history::{EntityType, EventKind},
    kernel::{
        clock::Ts,
        id::{FinancialAccountId, TransactionId},
        money::{Currency, Money},
    },
    transactions::{
        Kind, Priority, Relation, Solution, Status, TransactionRow,
        model::{StatusEntryRow, StatusEvent},
    },
};

/// A transaction to be made up.
#[derive(Clone)]
pub(super) struct Payment {
    /// The transaction it follows from, how, and where that stands.
    pub(super) parent: Option<(TransactionId, Relation, Status)>,
    pub(super) debit: FinancialAccountId,
    pub(super) credit: FinancialAccountId,
    pub(super) kind: Kind,
    pub(super) solution: Solution,
    pub(super) cents: i64,
    pub(super) reason: &'static str,
    pub(super) priority: Priority,
    pub(super) status: Status,
    pub(super) sec: &'static str,
    pub(super) entry_description: &'static str,
    pub(super) description: &'static str,
    pub(super) memo: &'static str,
    pub(super) reversal_reason: &'static str,
    /// The other side's routing number.
    pub(super) bank: String,
    pub(super) trace: String,
    pub(super) created_at: Ts,
    pub(super) metadata: Vec<(&'static str, String)>,
    /// What is said at first; empty for the usual.
    pub(super) message: String,
    /// The day on which it settles, where a file tells it.
    pub(super) settles: Option<NaiveDate>,
    /// It was told once, when all was over: there are thousands of these, and nothing more to see of them.
    pub(super) is_brief: bool,
}

impl Payment {
    /// The status in which its money has moved.
    pub(super) fn moved(&self) -> Status {
        match self.kind {
            Kind::Request => Status::Cleared,
            Kind::Send | Kind::Return | Kind::Reversal => Status::Settled,
        }
    }

    /// Its amount.
    pub(super) fn money(&self) -> Money {
        Money::new(self.cents, Currency::USD)
    }

    fn settles_on(&self) -> NaiveDate {
        self.settles.unwrap_or_else(|| settles(self.created_at))
    }

    /// The status, or as much of it as there was time for.
    fn reached(&self, now: Ts) -> Status {
        let has_moved = settlement_of(self.settles_on()) <= now;
        match self.status {
            Status::Settled | Status::Cleared | Status::Reversed if !has_moved => Status::Processing,
            Status::Settled | Status::Cleared => self.moved(),
            status => status,
        }
    }

    /// What it went through to be in `status`.
    fn path(&self, status: Status) -> Vec<Status> {
        // An import tells of it when it has happened.
        if self.kind == Kind::Return || self.is_brief {
            return vec![status];
        }
        let way: &[Status] = match status {
            Status::New | Status::Cancelled => &[Status::New],
            Status::Pending | Status::Declined => &[Status::New, Status::Pending],
            _ => &[Status::New, Status::Pending, Status::Processing],
        };
        let mut path = way.to_vec();
        if status == Status::Reversed {
            path.push(self.moved());
        }
        if !path.contains(&status) {
            path.push(status);
        }
        path
    }
}

/// What the processor says of a status.
const fn words(status: Status) -> &'static str {
    match status {
        Status::New => "Transaction creation successful",
        Status::Pending => "Waiting for the next file",
        Status::Processing => "Handed to the processor",
        Status::Approved => "Approved by the processor",
        Status::Settled => "Settled",
        Status::Cleared => "Cleared",
        Status::Cancelled => "Cancelled and replaced",
        Status::Declined => "The card issuer refused it",
        Status::Reversed => "Reversed",
        Status::Error => "The processor could not read the file",
    }
}

/// The day on which what is made at `at` settles: the next banking day.
pub(super) fn settles(at: Ts) -> NaiveDate {
    add_banking_days(at.day_in(Tz::America__New_York), 1)
}

/// The moment at which the operator settles on `day`: 08:30 in New York.
pub(super) fn settlement_of(day: NaiveDate) -> Ts {
    Ts::start_of(day, Tz::America__New_York).plus(Duration::from_mins(8 * 60 + 30))
}

impl Desk<'_> {
    /// Makes the transaction with its status history; by whom.
    pub(super) fn pay(&mut self, payment: Payment, actor: &Actor) -> TransactionId {
        let at = payment.created_at;
        let id: TransactionId = self.dice.id(at);
        let settles = payment.settles_on();
        let is_ach = payment.solution == Solution::Ach;
        let status = payment.reached(self.now);
        let path = payment.path(status);
        let team = Rc::clone(&self.team);
        let mut time = at;
        let mut message = String::new();
        for (place, step) in path.iter().enumerate() {
            time = match step {
                _ if place == 0 => at,
                Status::Settled | Status::Cleared => {
                    settlement_of(settles).max(time.plus(Duration::from_mins(10)))
                }
                Status::Reversed => settlement_of(add_banking_days(settles, 2)),
                Status::Cancelled => time.plus(Duration::from_mins(41)),
                _ => time.plus(Duration::from_mins(9)),
            }
            .min(self.now);
            let (event, whose) = match place {
                0 => (StatusEvent::Create, actor),
                _ => (StatusEvent::StatusChange, &team.client),
            };
            message = match payment.message.as_str() {
                "" => words(*step).to_owned(),
                said => said.to_owned(),
            };
            self.enter(id, (event, *step), time, whose, &message);
            match place.checked_sub(1).and_then(|before| path.get(before)) {
                Some(before) => {
                    let values = (before.as_str(), step.as_str());
                    self.tell_of_payment(
                        time,
                        whose,
                        id,
                        (EventKind::StatusChange, values),
                        message.clone(),
                    );
                }
                None if payment.is_brief => {}
                None => self.tell_new(id, &payment, *step, actor),
            }
        }
        self.batch.transactions.push(TransactionRow {
            id,
            business_account_id: team.account,
            parent_id: payment.parent.map(|p| p.0),
            relation: payment.parent.map(|p| p.1),
            debit_account_id: payment.debit,
            credit_account_id: payment.credit,
            kind: payment.kind,
            solution: payment.solution,
            amount: payment.cents,
            currency: Currency::USD,
            payment_reason: payment.reason.to_owned(),
            settlement_priority: payment.priority,
            status,
            status_message: message,
            status_at: time,
            trace_number: is_ach.then_some(payment.trace),
            receiving_bank: is_ach.then_some(payment.bank),
            company_name: is_ach.then(|| team.office.company(payment.cents).0.to_owned()),
            company_id: is_ach.then(|| team.office.company(payment.cents).1.to_owned()),
            sec_code: is_ach.then(|| payment.sec.to_owned()),
            entry_description: is_ach.then(|| payment.entry_description.to_owned()),
            effective_date: Some(Day(settles)),
            settlement_date: matches!(status, Status::Settled | Status::Cleared | Status::Reversed)
                .then_some(Day(settles)),
            description: payment.description.to_owned(),
            memo: payment.memo.to_owned(),
            metadata: metadata(&payment.metadata),
            reversal_reason: payment.reversal_reason.to_owned(),
            created_by_kind: actor.kind,
            created_by_id: by(actor),
            created_by_name: actor.name.clone(),
            created_at: at,
            version: i64::try_from(path.len()).unwrap_or(1),
        });
        id
    }

    fn enter(
        &mut self,
        transaction_id: TransactionId,
        (event_type, status): (StatusEvent, Status),
        at: Ts,
        actor: &Actor,
        message: &str,
    ) {
        let entry = StatusEntryRow {
            id: self.dice.id(at),
            business_account_id: self.team.account,
            transaction_id,
            event_type,
            status,
            message: message.to_owned(),
            actor_kind: actor.kind,
            actor_id: by(actor),
            actor_name: actor.name.clone(),
            created_at: at,
        };
        self.batch.transaction_status_entries.push(entry);
    }

    /// The history of the new transaction, and of the one that it follows from.
    fn tell_new(&mut self, id: TransactionId, payment: &Payment, status: Status, actor: &Actor) {
        let (at, money) = (payment.created_at, payment.money());
        let title = format!("{} {}", payment.solution.label(), payment.kind.label());
        let created = (EventKind::Create, ("", status.as_str()));
        self.tell_of_payment(at, actor, id, created, format!("{title} of {money} made"));
        if let Some((parent, relation, status)) = payment.parent
            && relation != Relation::Replacement
        {
            let text = format!("{} {id} of {money} made", relation.label());
            self.enter(parent, (relation.into(), status), at, actor, &text);
            let named = id.to_string();
            self.tell_of_payment(at, actor, parent, (EventKind::Edit, ("", &named)), text);
        }
    }

    /// Only rich data tells of payments: they are older than what is told of them.
    fn tell_of_payment(
        &mut self,
        at: Ts,
        actor: &Actor,
        id: TransactionId,
        (kind, values): (EventKind, (&str, &str)),
        description: String,
    ) {
        if self.is_rich {
            let what = What {
                entity: (EntityType::Transaction, id.uuid()),
                kind,
                values,
                description,
            };
            self.ledger.tell(at, actor, what);
        }
    }

    /// The next trace number of our bank.
    pub(super) fn trace(&mut self) -> String {
        self.traces += 1;
        format!("{}{:07}", self.team.office.odfi, self.traces % 10_000_000)
    }

    /// The next trace number of the bank with this routing number.
    pub(super) fn trace_of(&mut self, routing: &str) -> String {
        self.traces += 1;
        format!("{routing:.8}{:07}", self.traces % 10_000_000)
    }

    /// Makes it as the service account.
    pub(super) fn pay_by_client(&mut self, payment: Payment) -> TransactionId {
        let team = Rc::clone(&self.team);
        self.pay(payment, &team.client)
    }

    /// Makes it as somebody of the team.
    pub(super) fn pay_by(&mut self, payment: Payment, worker: usize) -> TransactionId {
        let team = Rc::clone(&self.team);
        let actor = team.members.get(worker).map_or(&team.docket, |m| &m.actor);
        self.pay(payment, actor)
    }
}

/// As it is stored: names in order, as of every transaction.
fn metadata(pairs: &[(&'static str, String)]) -> String {
    let map: BTreeMap<&str, &str> = pairs.iter().map(|(name, text)| (*name, text.as_str())).collect();
    serde_json::to_string(&map).unwrap_or_else(|_| "{}".into())
}
