//! What a review is, and who may give its verdict.

use diesel::prelude::*;

use crate::{
    auth::{
        actor::{Actor, ActorKind},
        permission::Right,
    },
    db::schema::reviews,
    exceptions::resolution::ResolutionRow,
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, ExceptionId, ResolutionId, ReviewId, TeamMemberId},
    },
    spelled,
};

spelled! {
    /// Where a review stands.
    pub enum ReviewState {
        /// A verdict is due.
        Waiting = "WAITING",
        /// The policy asks for none; a supervisor may give one all the same.
        NotAsked = "NOT_ASKED",
        /// The resolution is right.
        Approved = "APPROVED",
        /// It is not; the exception was reopened.
        Returned = "RETURNED",
        /// The exception was reopened before there was a verdict.
        Withdrawn = "WITHDRAWN",
    }
}

/// One row of `reviews`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = reviews)]
pub struct ReviewRow {
    pub id: ReviewId,
    pub business_account_id: BusinessAccountId,
    pub resolution_id: ResolutionId,
    pub exception_id: ExceptionId,
    pub state: ReviewState,
    /// The rule or sample that asked for it.
    pub why: String,
    pub reviewer_id: Option<TeamMemberId>,
    pub reason: Option<String>,
    pub created_at: Ts,
    pub decided_at: Option<Ts>,
    pub version: i64,
}

impl ReviewRow {
    /// Whether `actor` may give the verdict.
    ///
    /// # Errors
    /// `Forbidden`, or why not in a sentence.
    pub fn check(&self, resolution: &ResolutionRow, actor: &Actor) -> AppResult<()> {
        actor.require(Right::Supervise)?;
        let closed = |why: &str| Err(AppError::refused(Code::IllegalMove, why));
        match self.state {
            ReviewState::Waiting | ReviewState::NotAsked => {}
            ReviewState::Approved => return closed("It is approved already."),
            ReviewState::Returned => return closed("It is returned already."),
            ReviewState::Withdrawn => {
                return closed("The exception was reopened before there was a verdict.");
            }
        }
        if resolution.resolved_by_kind == actor.kind
            && resolution.resolved_by_id.map(super::super::kernel::id::Id::uuid) == actor.id
        {
            return Err(AppError::refused(
                Code::RuleRefuses,
                "You resolved it yourself: somebody else reviews it.",
            ));
        }
        if actor.kind != ActorKind::Employee {
            return Err(AppError::refused(
                Code::RuleRefuses,
                "Only a team member gives a verdict.",
            ));
        }
        Ok(())
    }
}
