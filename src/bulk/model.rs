//! What a bulk action is, and where it stands.

use diesel::prelude::*;

use crate::{
    auth::{actor::Actor, permission::Right},
    db::schema::{bulk_actions, bulk_items},
    exceptions::model::ResolutionKind,
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code},
        id::{BulkId, BusinessAccountId, ExceptionId, ReviewId, TeamMemberId},
    },
    spelled,
};

/// The most that one bulk action takes: what a person can still answer for.
pub const MOST: usize = 20_000;

spelled! {
    /// What is done with each.
    pub enum BulkAct {
        /// Given to somebody.
        Assign = "ASSIGN",
        /// Put back for everybody.
        Release = "RELEASE",
        /// Closed without action, with one reason.
        Resolve = "RESOLVE",
        /// Closed by giving up their open amounts, with one reason.
        WriteOff = "WRITE_OFF",
        /// Closed by suspending their accounts, with one reason.
        SuspendAccount = "SUSPEND_ACCOUNT",
        /// Closed by sending their payments again, on one day.
        Retry = "RETRY",
        /// Closed by matching their transactions by hand, without counterparts, for one reason.
        ForceMatch = "FORCE_MATCH",
        /// Given a severity by hand.
        Severity = "SEVERITY",
        /// Put aside until a time.
        Snooze = "SNOOZE",
        /// Commented on.
        Comment = "COMMENT",
        /// Handed to an outside system.
        Dispatch = "DISPATCH",
        /// Its review is approved.
        Approve = "APPROVE",
    }
}

impl BulkAct {
    /// What can be done from a queue: all but the verdict.
    pub const OF_QUEUE: [Self; 11] = [
        Self::Assign,
        Self::Release,
        Self::Resolve,
        Self::WriteOff,
        Self::SuspendAccount,
        Self::Retry,
        Self::ForceMatch,
        Self::Severity,
        Self::Snooze,
        Self::Comment,
        Self::Dispatch,
    ];

    /// As a button says it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Assign => "Assign",
            Self::Release => "Release",
            Self::Resolve => "Resolve with no action",
            Self::WriteOff => "Resolve: write off",
            Self::SuspendAccount => "Resolve: suspend account",
            Self::Retry => "Resolve: retry",
            Self::ForceMatch => "Resolve: force match",
            Self::Severity => "Set severity",
            Self::Snooze => "Snooze",
            Self::Comment => "Comment",
            Self::Dispatch => "Dispatch",
            Self::Approve => "Approve reviews",
        }
    }

    /// The resolution with an effect that it stands for: those for which one form can hold for many.
    pub const fn resolution(self) -> Option<ResolutionKind> {
        match self {
            Self::WriteOff => Some(ResolutionKind::WriteOff),
            Self::SuspendAccount => Some(ResolutionKind::SuspendAccount),
            Self::Retry => Some(ResolutionKind::Retry),
            Self::ForceMatch => Some(ResolutionKind::ForceMatch),
            _ => None,
        }
    }

    /// Whether what each item gets, and who is skipped, hangs on what is typed: then that is checked and shown before it
    /// is run.
    pub const fn hangs_on_input(self) -> bool {
        matches!(self, Self::Assign | Self::Retry | Self::Severity)
    }

    /// The right it takes; each item is asked anew all the same.
    pub const fn right(self) -> Right {
        match self {
            Self::Severity | Self::Approve => Right::Supervise,
            _ => Right::Work,
        }
    }
}

spelled! {
    /// Where a bulk action stands.
    pub enum BulkState {
        /// Planned and shown; nothing is done yet.
        Planned = "PLANNED",
        /// To be run by whichever node comes first.
        Queued = "QUEUED",
        /// A node is at it.
        Running = "RUNNING",
        /// Every item has its outcome.
        Done = "DONE",
        /// Stopped by somebody; what was done stays done.
        Cancelled = "CANCELLED",
    }
}

impl BulkState {
    /// Whether it goes on by itself.
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

spelled! {
    /// What became of one item.
    pub enum Outcome {
        /// Nothing yet.
        Planned = "PLANNED",
        /// Done.
        Done = "DONE",
        /// A second person must agree first.
        Waiting = "WAITING",
        /// Left as it is, for the reason in its sentence.
        Skipped = "SKIPPED",
        /// Not done for a fault of ours.
        Failed = "FAILED",
    }
}

/// One row of `bulk_actions`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = bulk_actions)]
pub struct BulkRow {
    pub id: BulkId,
    pub business_account_id: BusinessAccountId,
    pub act: BulkAct,
    /// What it is done with, as JSON of [`super::input::Input`]; none until it is checked or run.
    pub input: Option<String>,
    pub state: BulkState,
    /// The address of the list it was chosen from.
    pub origin: String,
    pub items: i64,
    /// How many the plan did not skip.
    pub planned: i64,
    pub done: i64,
    /// What a second person must agree to.
    pub waiting: i64,
    /// By the plan or by the run.
    pub skipped: i64,
    pub failed: i64,
    pub lease_until: Option<Ts>,
    pub retry_of: Option<BulkId>,
    pub created_by_id: TeamMemberId,
    pub created_by_name: String,
    pub created_at: Ts,
    pub started_at: Option<Ts>,
    pub finished_at: Option<Ts>,
}

impl BulkRow {
    /// Items without an outcome.
    pub const fn left(&self) -> i64 {
        self.items - self.done - self.waiting - self.skipped - self.failed
    }

    /// Whether nobody has seen yet what each gets with what is typed.
    pub fn is_unchecked(&self) -> bool {
        self.state == BulkState::Planned && self.act.hangs_on_input() && self.input.is_none()
    }

    /// Whether `actor` may run it: with whose rights it is done was seen by whoever planned it.
    ///
    /// # Errors
    /// Why not, in a sentence.
    pub fn check_run(&self, actor: &Actor) -> AppResult<()> {
        let refused = |why: &str| Err(AppError::refused(Code::IllegalMove, why));
        if actor.member() != Some(self.created_by_id) {
            return refused("Only who planned it runs it.");
        }
        match self.state {
            BulkState::Planned if self.planned == 0 => refused("There is nothing left to do in it."),
            BulkState::Planned => Ok(()),
            BulkState::Queued | BulkState::Running => refused("It runs already."),
            BulkState::Done => refused("It is done."),
            BulkState::Cancelled => refused("It was cancelled. Plan it again."),
        }
    }

    /// Whether `actor` may stop it.
    ///
    /// # Errors
    /// Why not, in a sentence.
    pub fn check_cancel(&self, actor: &Actor) -> AppResult<()> {
        if actor.member() != Some(self.created_by_id) {
            actor.require(Right::Supervise)?;
        }
        match self.state {
            BulkState::Planned | BulkState::Queued | BulkState::Running => Ok(()),
            BulkState::Done | BulkState::Cancelled => {
                Err(AppError::refused(Code::IllegalMove, "It has ended already."))
            }
        }
    }

    /// Whether what was not done can be planned anew.
    pub const fn can_retry(&self) -> bool {
        matches!(self.state, BulkState::Done | BulkState::Cancelled) && self.done + self.waiting < self.items
    }
}

/// One row of `bulk_items`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = bulk_items)]
pub struct BulkItem {
    pub bulk_id: BulkId,
    /// From 1 on.
    pub position: i64,
    pub business_account_id: BusinessAccountId,
    pub exception_id: ExceptionId,
    /// The review to be approved.
    pub review_id: Option<ReviewId>,
    /// The version of the exception or of the review that the plan was made on.
    pub seen_version: i64,
    pub outcome: Outcome,
    /// What it will get, what it got or waits for, or why it is left as it is.
    pub sentence: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{actor::ActorKind, permission::Role};

    fn actor(member: TeamMemberId, role: Role) -> Actor {
        Actor {
            kind: ActorKind::Employee,
            id: Some(member.uuid()),
            name: "Ada Moss".into(),
            role,
            business_account: BusinessAccountId::generate(Ts::default()),
            request_id: String::new(),
        }
    }

    fn row(state: BulkState, by: TeamMemberId) -> BulkRow {
        BulkRow {
            id: BulkId::generate(Ts::default()),
            business_account_id: BusinessAccountId::generate(Ts::default()),
            act: BulkAct::Release,
            input: None,
            state,
            origin: String::new(),
            items: 3,
            planned: 2,
            waiting: 0,
            done: 0,
            skipped: 1,
            failed: 0,
            lease_until: None,
            retry_of: None,
            created_by_id: by,
            created_by_name: "Ada Moss".into(),
            created_at: Ts::default(),
            started_at: None,
            finished_at: None,
        }
    }

    #[test]
    fn only_its_author_runs_a_plan_and_only_once() {
        let (me, other) = (
            TeamMemberId::generate(Ts::default()),
            TeamMemberId::generate(Ts::default()),
        );
        for state in BulkState::ALL {
            let can = row(*state, me).check_run(&actor(me, Role::Clerk)).is_ok();
            assert_eq!(can, *state == BulkState::Planned, "{state}");
            assert!(row(*state, me).check_run(&actor(other, Role::Owner)).is_err());
        }
    }

    #[test]
    fn its_author_and_a_supervisor_stop_what_has_not_ended() {
        let (me, other) = (
            TeamMemberId::generate(Ts::default()),
            TeamMemberId::generate(Ts::default()),
        );
        let running = row(BulkState::Running, me);
        assert!(running.check_cancel(&actor(me, Role::Clerk)).is_ok());
        assert!(running.check_cancel(&actor(other, Role::Manager)).is_ok());
        assert!(running.check_cancel(&actor(other, Role::Clerk)).is_err());
        assert!(
            row(BulkState::Done, me)
                .check_cancel(&actor(me, Role::Clerk))
                .is_err()
        );
    }
}
