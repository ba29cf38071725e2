//! A member of a business account, and who may change whose access. Pages and commands ask the same functions.

use chrono_tz::Tz;
use diesel::prelude::*;

use crate::{
    auth::{
        actor::Actor,
        passwords,
        permission::{Right, Role},
        principal::AccessState,
    },
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code, FieldErrors},
        id::TeamMemberId,
        text::{Email, PersonName},
    },
};

/// A team member in one business account.
#[derive(Clone, Debug, Queryable)]
pub struct Member {
    /// The team member.
    pub id: TeamMemberId,
    /// Their e-mail address.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// What they are in this business account.
    pub role: Role,
    /// Whether they may act in it.
    pub state: AccessState,
    /// When their access last changed: no two changes have the same time, so it is also the version.
    pub changed_at: Ts,
}

impl Member {
    /// First and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    /// What a form says to be sure that it changes what its author saw.
    pub fn version(&self) -> String {
        self.changed_at.micros().to_string()
    }

    /// Whether they may act.
    pub fn is_active(&self) -> bool {
        self.state == AccessState::Active
    }

    /// Refuses a form that was made before the last change.
    pub fn check_version(&self, version: &str) -> AppResult<()> {
        if self.version() == version {
            return Ok(());
        }
        let sentence = format!("The access of {} was changed meanwhile; look again.", self.name());
        Err(AppError::refused(Code::Stale, sentence))
    }
}

/// Whether a role is given, and its holders are changed, by Owners alone.
pub const fn is_high(role: Role) -> bool {
    matches!(role, Role::Owner | Role::Admin)
}

/// Refuses who may not give `role`.
pub fn may_give(actor: &Actor, role: Role) -> AppResult<()> {
    actor.require(Right::Administer)?;
    if is_high(role) {
        actor.require(Right::GrantHighRoles)
    } else {
        Ok(())
    }
}

/// Refuses who may not change the access of `member`: nobody changes their own, and only Owners that of Owners and
/// Admins.
pub fn may_change(actor: &Actor, member: TeamMemberId, role: Role) -> AppResult<()> {
    actor.require(Right::Administer)?;
    if actor.member() == Some(member) {
        return Err(AppError::refused(
            Code::RuleRefuses,
            "Nobody changes their own role or access; ask another Owner or Admin.",
        ));
    }
    if is_high(role) {
        actor.require(Right::GrantHighRoles)
    } else {
        Ok(())
    }
}

/// What a role may do, in a line beside its name.
pub const fn what_it_may(role: Role) -> &'static str {
    match role {
        Role::Owner => "Everything, and gives the roles Owner and Admin.",
        Role::Admin => "People, service accounts, policies and the audit log. Does not work exceptions.",
        Role::Manager => "Works exceptions, assigns them to others, reviews, reads the audit log.",
        Role::Finance | Role::Clerk => "Works exceptions and transactions, imports files.",
        Role::ViewOnly => "Reads everything, changes nothing.",
    }
}

/// A person who is not in yet, as they describe themselves.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// How they are found.
    pub email: Email,
    /// First name.
    pub first_name: PersonName,
    /// Last name.
    pub last_name: PersonName,
}

impl NewPerson {
    /// Reads the fields `email`, `first_name` and `last_name`, and checks the new `password` against them and `about`.
    pub fn parse(
        errors: &mut FieldErrors,
        email: &str,
        first_name: &str,
        last_name: &str,
        password: &str,
        about: &str,
    ) -> Option<Self> {
        let first = errors.take("first_name", PersonName::parse(first_name));
        let last = errors.take("last_name", PersonName::parse(last_name));
        let address = errors.take("email", Email::parse(email));
        let words = [first_name, last_name, email, about];
        errors.take("password", passwords::check_new(password, &words))?;
        Some(Self {
            email: address?,
            first_name: first?,
            last_name: last?,
        })
    }
}

/// The time zone of that name.
///
/// # Errors
/// A sentence for the field.
pub fn parse_zone(typed: &str) -> Result<Tz, String> {
    typed
        .parse()
        .map_err(|_| "Choose a time zone of the list.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{auth::actor::ActorKind, kernel::id::BusinessAccountId};

    fn somebody(role: Role) -> Actor {
        let id = TeamMemberId::generate(Ts::from_micros(1));
        Actor {
            kind: ActorKind::Employee,
            id: Some(id.uuid()),
            role,
            ..Actor::internal(BusinessAccountId::from_uuid(uuid::Uuid::nil()))
        }
    }

    #[test]
    fn only_owners_give_or_touch_high_roles_and_others_give_none() {
        let member = TeamMemberId::generate(Ts::from_micros(2));
        for actor in Role::ALL {
            for role in Role::ALL {
                let expected = match actor {
                    Role::Owner => true,
                    Role::Admin => !matches!(role, Role::Owner | Role::Admin),
                    _ => false,
                };
                let actor = somebody(*actor);
                assert_eq!(
                    may_give(&actor, *role).is_ok(),
                    expected,
                    "{} gives {role}",
                    actor.role
                );
                assert_eq!(
                    may_change(&actor, member, *role).is_ok(),
                    expected,
                    "{} changes {role}",
                    actor.role
                );
            }
        }
    }

    #[test]
    fn nobody_changes_their_own_access() {
        let owner = somebody(Role::Owner);
        let own = owner.member().unwrap();
        assert!(may_change(&owner, own, Role::Owner).is_err());
    }
}
