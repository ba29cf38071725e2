//! The tabs of the list of reviews: which there are, what each has, and how many.

use super::{model::ReviewState, queries};
use crate::{
    db::AnyConnection,
    kernel::{
        count::up_to,
        error::AppResult,
        id::{BusinessAccountId, TeamMemberId},
    },
    spelled,
    web::ui::Tab,
};

spelled! {
    /// A tab of the list.
    pub enum Part {
        /// What waits for a verdict.
        Waiting = "waiting",
        /// What of that this person may review.
        ForMe = "for-me",
        /// What no rule asks to be reviewed.
        NotAsked = "not-asked",
        /// What was approved.
        Approved = "approved",
        /// What was returned.
        Returned = "returned",
    }
}

impl Part {
    /// The one that is asked for. Whoever reviews nothing has none of their own.
    pub(super) fn asked(name: &str, may_review: bool) -> Self {
        Self::parse(name)
            .filter(|part| may_review || *part != Self::ForMe)
            .unwrap_or(Self::Waiting)
    }

    /// In which state those are that it has.
    pub(super) const fn state(self) -> ReviewState {
        match self {
            Self::Waiting | Self::ForMe => ReviewState::Waiting,
            Self::NotAsked => ReviewState::NotAsked,
            Self::Approved => ReviewState::Approved,
            Self::Returned => ReviewState::Returned,
        }
    }

    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::ForMe => "For me to review",
            Self::NotAsked => "Not asked for",
            Self::Approved => "Approved",
            Self::Returned => "Returned",
        }
    }

    /// Where it is.
    pub fn address(self) -> String {
        format!("/reviews?tab={self}")
    }
}

/// How many wait: for anybody, and for this person where they review at all.
pub(super) struct Counts {
    pub(super) waiting: i64,
    for_me: Option<i64>,
}

impl Counts {
    /// As it is now.
    ///
    /// # Errors
    /// The database's.
    pub(super) fn read(
        conn: &mut AnyConnection,
        account: BusinessAccountId,
        reviewer: Option<TeamMemberId>,
    ) -> AppResult<Self> {
        Ok(Self {
            waiting: queries::count_waiting(conn, account)?,
            for_me: reviewer
                .map(|me| queries::count_waiting_for(conn, account, me))
                .transpose()?,
        })
    }

    /// As it is written; what is decided or not asked for nobody counts.
    pub(super) fn of(&self, part: Part) -> Option<String> {
        match part {
            Part::Waiting => Some(self.waiting),
            Part::ForMe => self.for_me,
            Part::NotAsked | Part::Approved | Part::Returned => None,
        }
        .map(up_to)
    }

    /// All the tabs that this person has.
    pub(super) fn tabs(&self, current: Part) -> Vec<Tab> {
        Part::ALL
            .iter()
            .filter(|part| **part != Part::ForMe || self.for_me.is_some())
            .map(|part| Tab {
                label: part.label(),
                href: part.address(),
                count: self.of(*part),
                current: *part == current,
                alarm: false,
            })
            .collect()
    }
}
