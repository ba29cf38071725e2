//! What a review is, and who may give its verdict.

use diesel::prelude::*;

use crate::{
    auth::{
        actor::{Actor, ActorKind},
        permission::Right,
    },
    db::schema::reviews,
    exceptions::{model::ResolutionKind, resolution::ResolutionRow},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, ExceptionId, Id, ResolutionId, ReviewId, TeamMemberId},
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

/// Who reads what was done.
#[derive(Clone, Copy, Debug)]
pub enum Reader<'a> {
    /// A person before a page.
    Person(&'a Actor),
    /// A client of the API: nobody here knows to whom it hands on what it reads.
    Client,
}

impl Reader<'_> {
    /// Whether no review hides anything from them: who cannot review may know all.
    pub fn sees_all(self) -> bool {
        matches!(self, Self::Person(actor) if !actor.may(Right::Supervise))
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
    /// The reviewer says what they would have done before they are told what was done.
    pub is_blind: bool,
    /// What they would have done.
    pub answer: Option<ResolutionKind>,
    pub answer_reason: Option<String>,
    pub answered_by_id: Option<TeamMemberId>,
    pub answered_at: Option<Ts>,
}

impl ReviewRow {
    /// Whether what was done is hidden: it is blind, and nobody has answered yet.
    pub fn is_hidden(&self) -> bool {
        self.is_blind && self.answer.is_none() && self.state == ReviewState::Waiting
    }

    /// Whether what was done is hidden from `actor`: from whoever may review it.
    pub fn is_hidden_from(&self, resolution: &ResolutionRow, actor: &Actor) -> bool {
        self.is_hidden() && actor.may(Right::Supervise) && !is_own(resolution, actor)
    }

    /// Whether what was done is hidden from `reader`.
    pub fn is_kept_from(&self, resolution: &ResolutionRow, reader: Reader<'_>) -> bool {
        match reader {
            Reader::Person(actor) => self.is_hidden_from(resolution, actor),
            Reader::Client => self.is_hidden(),
        }
    }

    /// Whether `actor` may approve or return it now.
    ///
    /// # Errors
    /// As [`Self::check`], and when it is blind and has no answer yet.
    pub fn check_verdict(&self, resolution: &ResolutionRow, actor: &Actor) -> AppResult<()> {
        self.check(resolution, actor)?;
        if self.is_hidden() {
            return Err(AppError::refused(
                Code::RuleRefuses,
                "It is a blind review: give your own answer first.",
            ));
        }
        Ok(())
    }

    /// Whether `actor` may give the verdict.
    ///
    /// # Errors
    /// `Forbidden`, or why not in a sentence.
    pub fn check(&self, resolution: &ResolutionRow, actor: &Actor) -> AppResult<()> {
        actor.require(Right::Supervise)?;
        let closed = |why: &str| Err(AppError::refused(Code::IllegalMove, why));
        // Whoever sends a form twice is told that they themselves have given the verdict.
        let is_theirs = actor.member().is_some() && self.reviewer_id == actor.member();
        match (self.state, is_theirs) {
            (ReviewState::Waiting | ReviewState::NotAsked, _) => {}
            (ReviewState::Approved, true) => return closed("You have approved it already."),
            (ReviewState::Approved, false) => return closed("It is approved already."),
            (ReviewState::Returned, true) => return closed("You have returned it already."),
            (ReviewState::Returned, false) => return closed("It is returned already."),
            (ReviewState::Withdrawn, _) => {
                return closed("The exception was reopened before there was a verdict.");
            }
        }
        if is_own(resolution, actor) {
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

fn is_own(resolution: &ResolutionRow, actor: &Actor) -> bool {
    resolution.resolved_by_kind == actor.kind && resolution.resolved_by_id.map(Id::uuid) == actor.id
}
