//! Made-up transactions with their status histories.

use std::time::Duration;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::{
    desk::Desk,
    ledger::What,
    rows::{StatusRow, TransactionRow, by},
};
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
};

/// A transaction to be made up.
#[derive(Clone)]
pub(super) struct Payment {
    pub(super) parent: Option<(TransactionId, &'static str)>,
    pub(super) debit: FinancialAccountId,
    pub(super) credit: FinancialAccountId,
    pub(super) kind: &'static str,
    pub(super) solution: &'static str,
    pub(super) cents: i64,
    pub(super) reason: &'static str,
    pub(super) priority: &'static str,
    pub(super) status: &'static str,
    pub(super) sec: &'static str,
    pub(super) entry_description: &'static str,
    pub(super) description: &'static str,
    pub(super) memo: &'static str,
    pub(super) reversal_reason: &'static str,
    /// The other side's routing number, where it has one.
    pub(super) bank: String,
    pub(super) trace: String,
    pub(super) created_at: Ts,
    pub(super) metadata: String,
}

/// The day on which what is made at `at` settles: the next banking day.
pub(super) fn settles(at: Ts) -> NaiveDate {
    add_banking_days(at.day_in(Tz::America__New_York), 1)
}

/// The moment at which the operator settles on `day`: 08:30 in New York.
pub(super) fn settlement_of(day: NaiveDate) -> Ts {
    Ts::start_of(day, Tz::America__New_York).plus(Duration::from_secs(8 * 3_600 + 1_800))
}

/// What a transaction went through to be in `status`.
fn path(status: &str) -> &'static [(&'static str, &'static str)] {
    const CREATED: (&str, &str) = ("NEW", "Transaction creation successful");
    const PENDING: (&str, &str) = ("PENDING", "Waiting for the next file");
    const PROCESSING: (&str, &str) = ("PROCESSING", "Handed to the processor");
    const SETTLED: (&str, &str) = ("SETTLED", "Settled");
    match status {
        "NEW" => &[CREATED],
        "PENDING" => &[CREATED, PENDING],
        "PROCESSING" => &[CREATED, PENDING, PROCESSING],
        "APPROVED" => &[
            CREATED,
            PENDING,
            PROCESSING,
            ("APPROVED", "Approved by the processor"),
        ],
        "CLEARED" => &[
            CREATED,
            PENDING,
            PROCESSING,
            SETTLED,
            ("CLEARED", "Return window has passed"),
        ],
        "CANCELLED" => &[CREATED, ("CANCELLED", "Cancelled and replaced")],
        "DECLINED" => &[
            CREATED,
            PENDING,
            ("DECLINED", "Declined: the card issuer refused it"),
        ],
        "REVERSED" => &[CREATED, PENDING, PROCESSING, SETTLED, ("REVERSED", "Reversed")],
        "ERROR" => &[
            CREATED,
            PENDING,
            PROCESSING,
            ("ERROR", "The processor could not read the file"),
        ],
        _ => &[CREATED, PENDING, PROCESSING, SETTLED],
    }
}

/// The status, or as much of it as there was time for.
fn reached(status: &'static str, settles: NaiveDate, now: Ts) -> &'static str {
    let has_settled = settlement_of(settles) <= now;
    let has_cleared = settlement_of(add_banking_days(settles, 2)) <= now;
    match status {
        "SETTLED" | "CLEARED" | "REVERSED" if !has_settled => "PROCESSING",
        "CLEARED" | "REVERSED" if !has_cleared => "SETTLED",
        status => status,
    }
}

impl Desk<'_> {
    /// Makes the transaction with its status history; by whom.
    pub(super) fn pay(&mut self, payment: Payment, actor: &Actor) -> TransactionId {
        let at = payment.created_at;
        let id: TransactionId = self.dice.id(at);
        let settles = settles(at);
        let is_ach = payment.solution == "ach";
        let steps = path(reached(payment.status, settles, self.now));
        let mut time = at;
        for (place, (status, message)) in steps.iter().enumerate() {
            time = match *status {
                "NEW" => at,
                "SETTLED" => settlement_of(settles).max(time.plus(Duration::from_secs(600))),
                "CLEARED" | "REVERSED" => settlement_of(add_banking_days(settles, 2)),
                "CANCELLED" => time.plus(Duration::from_secs(2_460)),
                _ => time.plus(Duration::from_secs(540)),
            }
            .min(self.now);
            let (kind, actor_id, name) = match place {
                0 => (actor.kind, by(actor), &actor.name),
                _ => (
                    self.team.client.kind,
                    by(&self.team.client),
                    &self.team.client.name,
                ),
            };
            let row = StatusRow {
                id: self.dice.id(time),
                business_account_id: self.team.account,
                transaction_id: id,
                event_type: if place == 0 { "CREATE" } else { "STATUS_CHANGE" },
                status,
                message,
                actor_kind: kind,
                actor_id,
                actor_name: name.clone(),
                created_at: time,
            };
            self.batch.transaction_status_entries.push(row);
        }
        let (status, status_message) = steps.last().copied().unwrap_or(("NEW", ""));
        let money = Money::new(payment.cents, Currency::USD);
        if self.is_rich {
            let what = What {
                entity: (EntityType::Transaction, id.uuid()),
                kind: EventKind::Create,
                values: ("", "NEW"),
                description: format!("{} of {money} made.", payment.kind),
            };
            self.ledger.tell(at, actor, what);
        }
        self.batch.transactions.push(TransactionRow {
            id,
            business_account_id: self.team.account,
            parent_id: payment.parent.map(|p| p.0),
            relation: payment.parent.map(|p| p.1),
            debit_account_id: payment.debit,
            credit_account_id: payment.credit,
            kind: payment.kind,
            solution: payment.solution,
            amount: payment.cents,
            currency: "USD",
            payment_reason: payment.reason,
            settlement_priority: payment.priority,
            status,
            status_message,
            status_at: time,
            trace_number: is_ach.then_some(payment.trace),
            receiving_bank: is_ach.then(|| payment.bank.chars().take(8).collect()),
            company_name: is_ach.then_some(self.team.office.company_name),
            company_id: is_ach.then_some(self.team.office.company_id),
            sec_code: is_ach.then_some(payment.sec),
            entry_description: is_ach.then_some(payment.entry_description),
            effective_date: Some(Day(settles)),
            settlement_date: matches!(status, "SETTLED" | "CLEARED" | "REVERSED").then_some(Day(settles)),
            description: payment.description,
            memo: payment.memo,
            metadata: payment.metadata,
            reversal_reason: payment.reversal_reason,
            created_by_kind: actor.kind,
            created_by_id: by(actor),
            created_by_name: actor.name.clone(),
            created_at: at,
            version: i64::try_from(steps.len()).unwrap_or(1),
        });
        id
    }

    /// The next trace number of our bank.
    pub(super) fn trace(&mut self) -> String {
        self.traces += 1;
        format!("{}{:07}", self.team.office.odfi, self.traces % 10_000_000)
    }
}
