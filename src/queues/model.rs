//! What a saved queue is, who sees it and who may change it.

use diesel::prelude::*;

use crate::{
    auth::{actor::Actor, permission::Right},
    db::schema::saved_queues,
    exceptions::filter::RawFilter,
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::{BusinessAccountId, SavedQueueId, TeamMemberId},
    },
};

/// One row of `saved_queues`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = saved_queues)]
pub struct SavedQueue {
    pub id: SavedQueueId,
    pub business_account_id: BusinessAccountId,
    pub owner_id: TeamMemberId,
    pub name: String,
    /// The filter as the address has it, without the page.
    pub query: String,
    /// Everybody in the business account sees it.
    pub is_shared: bool,
    pub position: i64,
    pub created_at: Ts,
    pub version: i64,
}

impl SavedQueue {
    /// Whether a member sees it.
    pub fn is_seen_by(&self, member: TeamMemberId) -> bool {
        self.is_shared || self.owner_id == member
    }

    /// Whether `actor` may change it: their own; one for everybody is a supervisor's.
    ///
    /// # Errors
    /// `NotFound` for another's own; `Forbidden`.
    pub fn check(&self, actor: &Actor) -> AppResult<()> {
        match (self.is_shared, actor.member() == Some(self.owner_id)) {
            (true, _) => actor.require(Right::Supervise),
            (false, true) => Ok(()),
            (false, false) => Err(AppError::NotFound),
        }
    }

    /// The queue's address.
    pub fn address(&self) -> String {
        address(&self.query)
    }
}

/// The address of the queue that a kept query asks for; a bare `/exceptions` would lead to where the role begins.
pub fn address(query: &str) -> String {
    if query.is_empty() {
        "/exceptions?tab=open".into()
    } else {
        format!("/exceptions?{query}")
    }
}

/// The query as it is kept: the fields that are set, in one order, without the page.
pub fn canonical(query: &str) -> String {
    RawFilter::read(query).query()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{actor::ActorKind, permission::Role};

    #[test]
    fn a_query_is_kept_without_its_page_and_without_what_is_unknown() {
        assert_eq!(
            canonical("after=1.x&code=R01&tab=mine&evil=1&severity="),
            "tab=mine&code=R01"
        );
        assert_eq!(canonical("%%%"), "");
    }

    #[test]
    fn ones_own_is_ones_own_and_what_is_for_everybody_is_a_supervisors() {
        let id = |n| TeamMemberId::from_uuid(uuid::Uuid::from_u128(n));
        let account = BusinessAccountId::generate(Ts::default());
        let actor = |n, role| Actor {
            kind: ActorKind::Employee,
            id: Some(id(n).uuid()),
            name: "Ada".into(),
            role,
            business_account: account,
            request_id: String::new(),
        };
        let queue = |is_shared| SavedQueue {
            id: SavedQueueId::generate(Ts::default()),
            business_account_id: account,
            owner_id: id(1),
            name: "Mine".into(),
            query: String::new(),
            is_shared,
            position: 1,
            created_at: Ts::default(),
            version: 1,
        };
        assert!(queue(false).check(&actor(1, Role::ViewOnly)).is_ok());
        assert!(matches!(
            queue(false).check(&actor(2, Role::Owner)),
            Err(AppError::NotFound)
        ));
        assert!(matches!(
            queue(true).check(&actor(1, Role::Clerk)),
            Err(AppError::Forbidden(_))
        ));
        assert!(queue(true).check(&actor(2, Role::Manager)).is_ok());
        assert!(queue(true).is_seen_by(id(2)) && !queue(false).is_seen_by(id(2)));
    }
}
