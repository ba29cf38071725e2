//! How exceptions were resolved, with what that made, and what the supervisors said.

use std::{rc::Rc, time::Duration};

use super::{
    desk::Desk,
    payments::{Payment, settles},
    raised::{About, Resent},
    remarks,
    rows::{AdjustmentRow, MatchRow, ResolutionRow, ReviewRow, by},
    work::{event, touch},
};
use crate::{
    ach::retry::RETRY_LABEL,
    db::types::Day,
    exceptions::{
        model::{ResolutionKind, Status},
        row::ExceptionRow,
    },
    history::EventKind,
    kernel::{
        clock::{Ts, written_day},
        id::{ResolutionId, TransactionId},
        money::{Currency, Money},
    },
    policies::review::why_reviewed,
};

impl Desk<'_> {
    /// `wanted` where the rules allow it here, or no action.
    pub(super) fn possible(&self, wanted: ResolutionKind, about: &About) -> ResolutionKind {
        let is_possible = match wanted {
            ResolutionKind::Retry => about.payment.is_some() && Self::may_be_sent_again(about.attempts),
            ResolutionKind::ForceMatch => about.payment.is_some() && about.counterpart.is_some(),
            ResolutionKind::AdjustEntry | ResolutionKind::WriteOff | ResolutionKind::ReplaceTransaction => {
                about.payment.is_some()
            }
            _ => true,
        };
        if is_possible {
            wanted
        } else {
            ResolutionKind::NoAction
        }
    }

    /// `worker` resolves it, with what the resolution makes.
    pub(super) fn resolve(
        &mut self,
        row: &mut ExceptionRow,
        about: &About,
        worker: usize,
        kind: ResolutionKind,
        at: Ts,
    ) {
        let team = Rc::clone(&self.team);
        let Some(member) = team.members.get(worker) else {
            return;
        };
        let id: ResolutionId = self.dice.id(at);
        let (reason, notes) = remarks::resolution(kind, &mut self.dice);
        let (reason, effect) = self.effect(row, about, (id, kind), worker, (reason, at));
        if self.is_rich || about.payment.is_some() {
            let what = event(row, EventKind::Resolution, ("", kind.as_str()), effect.clone());
            self.ledger.tell(at, &member.actor, what);
            self.tell_status(row, row.status, Status::Resolved, at, &member.actor);
        }
        self.batch.resolutions.push(ResolutionRow {
            id,
            business_account_id: row.business_account_id,
            exception_id: row.id,
            kind,
            reason,
            notes,
            effect,
            resolved_by_kind: member.actor.kind,
            resolved_by_id: by(&member.actor),
            resolved_by_name: member.actor.name.clone(),
            resolved_at: at,
        });
        row.resolution_id = Some(id);
        touch(row, Status::Resolved, at, &member.actor);
    }

    /// What the resolution makes: its reason and its effect in words.
    fn effect(
        &mut self,
        row: &ExceptionRow,
        about: &About,
        (id, kind): (ResolutionId, ResolutionKind),
        worker: usize,
        (reason, at): (&'static str, Ts),
    ) -> (&'static str, String) {
        let masked = row.masked_account();
        match (kind, &about.payment) {
            (ResolutionKind::Retry, Some((original, payment))) => {
                let sent = self.send_again(*original, payment, about, worker, at);
                (reason, sent)
            }
            (ResolutionKind::ReplaceTransaction, Some((original, payment))) => {
                let sent = self.replace(*original, payment, worker, at);
                (reason, sent)
            }
            (ResolutionKind::ForceMatch, Some((transaction, _))) => {
                let Some((counterpart, difference)) = about.counterpart else {
                    return (reason, "Nothing else changed.".into());
                };
                let why = self.dice.pick(&[
                    "POLICY_EXCEPTION",
                    "OPS_APPROVAL",
                    "DATA_CORRECTION",
                    "CUSTOMER_DISPUTE",
                ]);
                let made = MatchRow {
                    id: self.dice.id(at),
                    business_account_id: row.business_account_id,
                    exception_id: row.id,
                    resolution_id: id,
                    transaction_id: *transaction,
                    counterpart_id: Some(counterpart),
                    override_reason: why,
                    difference,
                    created_at: at,
                };
                self.batch.matches.push(made);
                let difference = Money::new(difference, Currency::USD);
                (
                    why,
                    format!("Matched with its counterpart; the difference is {difference}."),
                )
            }
            (ResolutionKind::AdjustEntry, Some((transaction, payment))) => {
                let why = self.dice.pick(&[
                    "AMOUNT_CORRECTION",
                    "AMOUNT_CORRECTION",
                    "DATE_CORRECTION",
                    "OTHER",
                ]);
                let cents = about
                    .counterpart
                    .map_or(0, |(_, less)| less.abs())
                    .max(payment.cents / 200)
                    .max(1);
                let text = self.adjust(row, (id, *transaction), why, cents, at);
                (why, text)
            }
            (ResolutionKind::WriteOff, Some((transaction, payment))) => {
                let text = self.adjust(row, (id, *transaction), "WRITE_OFF", payment.cents, at);
                (reason, text)
            }
            (ResolutionKind::CorrectAccount, _) => (reason, format!("Account {masked} was corrected.")),
            (ResolutionKind::SuspendAccount, _) => (reason, format!("Account {masked} was suspended.")),
            _ => (reason, "Nothing else changed.".into()),
        }
    }

    fn send_again(
        &mut self,
        parent: TransactionId,
        payment: &Payment,
        about: &About,
        worker: usize,
        at: Ts,
    ) -> String {
        let retry = Payment {
            parent: Some((parent, "RETRY")),
            entry_description: RETRY_LABEL,
            status: "SETTLED",
            created_at: at,
            trace: self.trace(),
            ..payment.clone()
        };
        let id = self.pay_by(retry.clone(), worker);
        if self.dice.chance(45) {
            self.resent.push_back(Resent {
                party: Rc::clone(&about.party),
                payment: retry,
                id,
                attempts: about.attempts + 1,
            });
        }
        format!("Sent again, to settle on {}.", written_day(settles(at)))
    }

    fn replace(&mut self, parent: TransactionId, payment: &Payment, worker: usize, at: Ts) -> String {
        let other = self.parties.one(super::parties::Standing::Good, &mut self.dice);
        let account = other.map_or(payment.credit, |p| p.account);
        let is_debit = payment.kind == "REQUEST";
        let replacement = Payment {
            parent: Some((parent, "REPLACEMENT")),
            debit: if is_debit { account } else { payment.debit },
            credit: if is_debit { payment.credit } else { account },
            status: "SETTLED",
            created_at: at,
            trace: self.trace(),
            ..payment.clone()
        };
        let money = Money::new(payment.cents, Currency::USD);
        self.pay_by(replacement, worker);
        format!("A new transaction over {money} to another account takes its place.")
    }

    fn adjust(
        &mut self,
        row: &ExceptionRow,
        (resolution_id, transaction_id): (ResolutionId, TransactionId),
        reason: &'static str,
        amount: i64,
        at: Ts,
    ) -> String {
        let made = AdjustmentRow {
            id: self.dice.id(at),
            business_account_id: row.business_account_id,
            exception_id: row.id,
            resolution_id,
            transaction_id,
            reason,
            amount,
            currency: "USD",
            direction: self.dice.pick(&["DEBIT", "CREDIT"]),
            effective_date: Day(at.day_in(self.team.office.zone)),
            created_at: at,
        };
        let money = Money::new(amount, Currency::USD);
        let text = format!(
            "An adjustment of {money} ({}) was posted.",
            made.direction.to_lowercase()
        );
        self.batch.adjustments.push(made);
        text
    }

    pub(super) fn pay_by(&mut self, payment: Payment, worker: usize) -> TransactionId {
        let team = Rc::clone(&self.team);
        let actor = team.members.get(worker).map_or(&team.docket, |m| &m.actor);
        self.pay(payment, actor)
    }

    /// The review that the policy asks for: most of the older ones are approved, the rest waits.
    pub(super) fn review(&mut self, row: &mut ExceptionRow, worker: usize, resolved: Ts) {
        let Some((id, kind)) = self.batch.resolutions.last().map(|r| (r.id, r.kind)) else {
            return;
        };
        let Some(why) = why_reviewed(row.severity, kind, id) else {
            return;
        };
        let age = self.now.since(resolved);
        let is_decided = self.dice.chance(match age.as_secs() / 86_400 {
            0 => 15,
            1..=3 => 55,
            _ => 90,
        });
        let team = Rc::clone(&self.team);
        let reviewer = is_decided
            .then(|| team.supervisor(worker, &mut self.dice))
            .flatten()
            .and_then(|i| team.members.get(i));
        let until = resolved.plus(Duration::from_secs(2 * 86_400)).min(self.now);
        let decided = self.moment(resolved, until);
        if let Some(reviewer) = reviewer {
            if self.is_rich {
                let what = event(
                    row,
                    EventKind::Review,
                    ("", "APPROVED"),
                    "Resolution approved.".into(),
                );
                self.ledger.tell(decided, &reviewer.actor, what);
            }
        }
        let review = ReviewRow {
            id: self.dice.id(resolved),
            business_account_id: row.business_account_id,
            resolution_id: id,
            exception_id: row.id,
            state: if reviewer.is_some() { "APPROVED" } else { "WAITING" },
            why,
            reviewer_id: reviewer.map(|r| r.id),
            reason: None,
            created_at: resolved,
            decided_at: reviewer.map(|_| decided),
            version: if reviewer.is_some() { 2 } else { 1 },
        };
        self.batch.reviews.push(review);
    }

    /// A supervisor returns the resolution, and who resolved it has it again.
    pub(super) fn send_back(&mut self, row: &mut ExceptionRow, worker: usize, at: Ts) {
        let team = Rc::clone(&self.team);
        let Some(resolution) = self
            .batch
            .resolutions
            .last()
            .map(|r| (r.id, r.kind, r.resolved_at))
        else {
            return;
        };
        let supervisor = team
            .supervisor(worker, &mut self.dice)
            .and_then(|i| team.members.get(i));
        let Some(supervisor) = supervisor else { return };
        let reason = remarks::returned(&mut self.dice);
        row.was_reopened = true;
        let (id, kind, resolved) = resolution;
        let description = match why_reviewed(row.severity, kind, id) {
            Some(why) => {
                let review = ReviewRow {
                    id: self.dice.id(resolved),
                    business_account_id: row.business_account_id,
                    resolution_id: id,
                    exception_id: row.id,
                    state: "RETURNED",
                    why,
                    reviewer_id: Some(supervisor.id),
                    reason: Some(reason),
                    created_at: resolved,
                    decided_at: Some(at),
                    version: 2,
                };
                self.batch.reviews.push(review);
                let what = event(
                    row,
                    EventKind::Review,
                    ("", "RETURNED"),
                    format!("Resolution returned: {reason}"),
                );
                self.ledger.tell(at, &supervisor.actor, what);
                format!("Returned by the review: {reason}")
            }
            None => format!("Reopened: {reason}"),
        };
        let values = (Status::Resolved.as_str(), Status::Reopened.as_str());
        let what = event(row, EventKind::StatusChange, values, description);
        self.ledger.tell(at, &supervisor.actor, what);
        touch(row, Status::Reopened, at, &supervisor.actor);
    }
}
