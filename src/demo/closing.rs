//! How exceptions were resolved, with what that made.

use std::rc::Rc;

use super::{
    desk::Desk,
    payments::{Payment, settles},
    raised::{About, Resent},
    remarks,
    rows::{AdjustmentRow, MatchRow, by},
    work::{event, touch},
};
use crate::{
    accounts::{AccountState, words::STATE},
    ach::retry::RETRY_LABEL,
    approvals::Difference,
    db::types::Day,
    exceptions::{
        model::{ResolutionKind, Status},
        resolution::{self, AdjustmentReason, Direction, OverrideReason, ResolutionRow},
        row::ExceptionRow,
    },
    history::EventKind,
    kernel::{
        clock::{Ts, written_day},
        error::AppResult,
        id::{ResolutionId, TransactionId},
        money::{Currency, Money},
    },
    transactions::{Kind, Relation, Status as PaymentStatus},
};

impl Desk<'_> {
    /// `wanted` where the rules allow it here, or no action.
    pub(super) fn possible(wanted: ResolutionKind, about: &About) -> ResolutionKind {
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
    ) -> AppResult<()> {
        let team = Rc::clone(&self.team);
        let Some(member) = team.members.get(worker) else {
            return Ok(());
        };
        let id: ResolutionId = self.dice.id(at);
        let (reason, notes) = remarks::resolution(kind, &mut self.dice);
        let (reason, effect) = self.effect(row, about, (id, kind), worker, (reason, at));
        let resolution = ResolutionRow {
            id,
            business_account_id: row.business_account_id,
            exception_id: row.id,
            kind,
            reason: reason.to_owned(),
            notes: notes.to_owned(),
            effect,
            resolved_by_kind: member.actor.kind,
            resolved_by_id: by(&member.actor),
            resolved_by_name: member.actor.name.clone(),
            resolved_at: at,
            transaction_id: None,
            financial_account_id: None,
            changes: resolution::kept(&changes(kind, about))?,
        };
        if self.is_rich || about.payment.is_some() {
            self.tell_status(row, Status::Resolved, "", at, &member.actor);
            let text = resolution::told(&resolution);
            let what = event(row, EventKind::Resolution, ("", kind.as_str()), text);
            self.ledger.tell(at, &member.actor, what);
        }
        self.batch.resolutions.push(resolution);
        row.resolution_id = Some(id);
        touch(row, Status::Resolved, at, &member.actor);
        Ok(())
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
            (ResolutionKind::ForceMatch, Some((transaction, payment))) => {
                let Some((counterpart, difference)) = about.counterpart else {
                    return (reason, "Nothing else changes.".into());
                };
                let why = self.dice.pick(&[
                    OverrideReason::PolicyException,
                    OverrideReason::OpsApproval,
                    OverrideReason::DataCorrection,
                    OverrideReason::CustomerDispute,
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
                let apart = Money::new(difference, Currency::USD);
                let theirs = Money::new(payment.cents + difference, Currency::USD);
                let title = format!("{} {}", payment.solution.label(), payment.kind.label());
                let text = format!("Matched by hand with {title} of {theirs}, {apart} apart.");
                (why.as_str(), text)
            }
            (ResolutionKind::AdjustEntry, Some((transaction, payment))) => {
                let why = self.dice.weighted(&[
                    (2, AdjustmentReason::AmountCorrection),
                    (1, AdjustmentReason::DateCorrection),
                    (1, AdjustmentReason::Other),
                ]);
                let cents = about
                    .counterpart
                    .map_or(0, |(_, less)| less.abs())
                    .max(payment.cents / 200)
                    .max(1);
                let text = self.adjust(row, (id, *transaction), why, cents, at);
                (why.as_str(), text)
            }
            (ResolutionKind::WriteOff, Some((transaction, payment))) => {
                let text = self.adjust(
                    row,
                    (id, *transaction),
                    AdjustmentReason::Other,
                    payment.cents,
                    at,
                );
                (reason, text)
            }
            (ResolutionKind::CorrectAccount, _) => (reason, format!("Account {masked} was corrected.")),
            (ResolutionKind::SuspendAccount, _) => (reason, format!("Account {masked} was suspended.")),
            _ => (reason, "Nothing else changes.".into()),
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
            parent: Some((parent, Relation::Retry, payment.moved())),
            entry_description: RETRY_LABEL,
            status: PaymentStatus::Settled,
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
        let is_debit = payment.kind == Kind::Request;
        let replacement = Payment {
            parent: Some((parent, Relation::Correction, payment.moved())),
            debit: if is_debit { account } else { payment.debit },
            credit: if is_debit { payment.credit } else { account },
            status: PaymentStatus::Settled,
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
        reason: AdjustmentReason,
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
            direction: self.dice.pick(&[Direction::Debit, Direction::Credit]),
            effective_date: Day(at.day_in(self.team.office.zone)),
            created_at: at,
        };
        let money = Money::new(amount, Currency::USD);
        let text = format!(
            "A {} of {money} is posted, effective {}.",
            made.direction.as_str().to_lowercase(),
            written_day(made.effective_date.0)
        );
        self.batch.adjustments.push(made);
        text
    }
}

/// What a resolution changes on the account.
fn changes(kind: ResolutionKind, about: &About) -> Vec<Difference> {
    match kind {
        ResolutionKind::CorrectAccount => about.changes.clone(),
        ResolutionKind::SuspendAccount => vec![Difference::new(
            STATE,
            AccountState::Active.label(),
            AccountState::Suspended.label(),
        )],
        _ => Vec::new(),
    }
}
