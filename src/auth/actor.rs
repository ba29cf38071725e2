//! Who does something: every command is given an actor, and writes it into the history.

use uuid::Uuid;

use super::permission::{Right, Role};
use crate::{
    kernel::{
        error::{AppError, AppResult},
        id::{BusinessAccountId, TeamMemberId},
    },
    spelled,
};

spelled! {
    /// What kind of actor (RocketKOR's words).
    pub enum ActorKind {
        /// A team member in the portal.
        Employee = "employee",
        /// A service account through the API.
        ServiceAccount = "service-account",
        /// Docket itself: imports, rules, clocks.
        Internal = "internal",
        /// Staff of the vendor.
        KorEmployee = "kor_employee",
    }
}

/// Who does something, in which business account, on whose request.
#[derive(Clone, Debug)]
pub struct Actor {
    /// What kind of actor.
    pub kind: ActorKind,
    /// The team member's or service account's id; none when it is Docket itself.
    pub id: Option<Uuid>,
    /// The name at the time, kept in the history.
    pub name: String,
    /// What they are in the business account.
    pub role: Role,
    /// The business account all of it happens in.
    pub business_account: BusinessAccountId,
    /// The request it came with, to find it in the log.
    pub request_id: String,
}

impl Actor {
    /// Docket itself, with the rights of an Owner.
    pub fn internal(business_account: BusinessAccountId) -> Self {
        Self {
            kind: ActorKind::Internal,
            id: None,
            name: "Docket".into(),
            role: Role::Owner,
            business_account,
            request_id: String::new(),
        }
    }

    /// The team member, when it is one.
    pub fn member(&self) -> Option<TeamMemberId> {
        match self.kind {
            ActorKind::Employee => self.id.map(TeamMemberId::from_uuid),
            _ => None,
        }
    }

    /// Whether the role has the right.
    pub fn may(&self, right: Right) -> bool {
        self.role.may(right)
    }

    /// Refuses who lacks the right, naming it.
    pub fn require(&self, right: Right) -> AppResult<()> {
        if self.may(right) {
            Ok(())
        } else {
            Err(AppError::Forbidden(right.name()))
        }
    }
}
