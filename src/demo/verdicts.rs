//! What supervisors say of resolutions.

use std::{rc::Rc, time::Duration};

use super::{
    desk::Desk,
    remarks,
    work::{SLA, event, touch},
};
use crate::{
    auth::actor::Actor,
    exceptions::{
        aging, due,
        model::{ResolutionKind, Status},
        row::{ExceptionRow, SourceRow},
        waiting,
    },
    history::EventKind,
    kernel::clock::Ts,
    policies::thresholds::Thresholds,
    reviews::model::{ReviewRow, ReviewState},
};

/// The thresholds of the demo: a larger sample than the first ones, and half of it reviewed blind, so that a small demo
/// shows both.
pub(super) fn policy() -> Thresholds {
    let mut policy = Thresholds::FIRST;
    (policy.share, policy.blind_share) = (25, 50);
    policy
}

impl Desk<'_> {
    /// The review that the policy asks for: most of the older ones are approved, the rest waits.
    pub(super) fn review(&mut self, row: &mut ExceptionRow, worker: usize, resolved: Ts) {
        let Some((id, kind)) = self.batch.resolutions.last().map(|r| (r.id, r.kind)) else {
            return;
        };
        let Some(why) = policy().why_reviewed(row.severity, kind, id) else {
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
        let until = resolved.plus(Duration::from_hours(48)).min(self.now);
        let decided = self.soon(resolved, until);
        if let Some(reviewer) = reviewer.filter(|_| self.is_rich) {
            let text = format!(
                "approved the resolution “{}” by {}",
                kind.label(),
                team.members.get(worker).map_or("", |m| &m.actor.name)
            );
            let what = event(
                row,
                EventKind::Review,
                (ReviewState::Waiting.as_str(), ReviewState::Approved.as_str()),
                text,
            );
            self.ledger.tell(decided, &reviewer.actor, what);
        }
        // A reviewer of a blind one who has decided has given an answer of their own before.
        let is_blind = policy().is_blind(row.severity, kind, id);
        let answer = reviewer.filter(|_| is_blind).map(|reviewer| {
            let kind = if self.dice.chance(80) {
                kind
            } else {
                ResolutionKind::NoAction
            };
            (kind, reviewer.id)
        });
        let review = ReviewRow {
            id: self.dice.id(resolved),
            business_account_id: row.business_account_id,
            resolution_id: id,
            exception_id: row.id,
            state: if reviewer.is_some() {
                ReviewState::Approved
            } else {
                ReviewState::Waiting
            },
            why,
            reviewer_id: reviewer.map(|r| r.id),
            reason: None,
            created_at: resolved,
            decided_at: reviewer.map(|_| decided),
            version: 1 + i64::from(reviewer.is_some()) + i64::from(answer.is_some()),
            is_blind,
            answer: answer.map(|(kind, _)| kind),
            answer_reason: answer.map(|_| "What the playbook says".into()),
            answered_by_id: answer.map(|(_, id)| id),
            answered_at: answer.map(|_| decided),
        };
        self.batch.reviews.push(review);
    }

    /// A supervisor returns the resolution, and who resolved it has it again.
    pub(super) fn send_back(&mut self, row: &mut ExceptionRow, source: &SourceRow, worker: usize, at: Ts) {
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
        let (id, kind, asked) = resolution;
        if let Some(why) = policy().why_reviewed(row.severity, kind, id) {
            self.batch.reviews.push(ReviewRow {
                id: self.dice.id(asked),
                business_account_id: row.business_account_id,
                resolution_id: id,
                exception_id: row.id,
                state: ReviewState::Returned,
                why,
                reviewer_id: Some(supervisor.id),
                reason: Some(reason.to_owned()),
                created_at: asked,
                decided_at: Some(at),
                version: 2,
                is_blind: false,
                answer: None,
                answer_reason: None,
                answered_by_id: None,
                answered_at: None,
            });
            let resolver = team.members.get(worker).map_or("", |m| &m.actor.name);
            let text = format!("returned the resolution by {resolver}: {reason}");
            let what = event(
                row,
                EventKind::Review,
                (ReviewState::Waiting.as_str(), ReviewState::Returned.as_str()),
                text,
            );
            self.ledger.tell(at, &supervisor.actor, what);
        }
        self.rest(row, source, (asked, at), &supervisor.actor);
        self.tell_status(row, Status::Reopened, reason, at, &supervisor.actor);
        touch(row, Status::Reopened, at, &supervisor.actor);
    }

    /// Its SLA stood still since it was resolved, and goes on.
    fn rest(
        &mut self,
        row: &mut ExceptionRow,
        source: &SourceRow,
        (since, at): (Ts, Ts),
        supervisor: &Actor,
    ) {
        let (severity, due_at) = (row.severity, row.due_at);
        if aging::reopened(row, source, (since, at), &SLA) {
            self.tell_risen(row, severity, at);
        }
        if row.due_at != due_at {
            let values = (waiting::written(due_at), waiting::written(row.due_at));
            let what = event(row, EventKind::Due, (&values.0, &values.1), due::moved(row));
            self.ledger.tell(at, supervisor, what);
        }
    }
}
