//! Which changes wait for a second person (domain.md section 6). These are the defaults.

use crate::{
    auth::actor::{Actor, ActorKind},
    kernel::money::Money,
};

/// From this amount on, in major units, a team member's payment waits.
pub const FROM: i64 = 10_000;

/// Why a transaction that `actor` makes, or makes by an edit, waits; none when it does not. Service accounts act for
/// systems that have their own approvals, so the rule is for team members.
pub fn of_transaction(actor: &Actor, money: Money, is_credit_changed: bool) -> Option<String> {
    if actor.kind != ActorKind::Employee {
        return None;
    }
    let from = Money::new(FROM * 10_i64.pow(money.currency().decimals()), money.currency());
    if money.minor() >= from.minor() {
        return Some(format!(
            "Rule: a transaction of {from} or more needs a second person."
        ));
    }
    is_credit_changed
        .then(|| "Rule: money that goes to another account than before needs a second person.".into())
}

/// Why a change of an account's routing or account number waits; none when Docket itself makes it.
pub fn of_destination(actor: &Actor) -> Option<String> {
    (actor.kind != ActorKind::Internal)
        .then(|| "Rule: another routing or account number needs a second person.".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        auth::permission::Role,
        kernel::{id::BusinessAccountId, money::Currency},
    };

    fn actor(kind: ActorKind) -> Actor {
        Actor {
            kind,
            role: Role::Owner,
            ..Actor::internal(BusinessAccountId::from_uuid(uuid::Uuid::nil()))
        }
    }

    #[test]
    fn ten_thousand_waits_and_a_cent_less_does_not() {
        let person = actor(ActorKind::Employee);
        let usd = |minor| Money::new(minor, Currency::USD);
        assert!(of_transaction(&person, usd(1_000_000), false).is_some());
        assert!(of_transaction(&person, usd(999_999), false).is_none());
        let yen = Currency::parse("JPY").unwrap();
        assert!(of_transaction(&person, Money::new(10_000, yen), false).is_some());
        assert!(of_transaction(&person, Money::new(9_999, yen), false).is_none());
    }

    #[test]
    fn another_credit_account_waits_at_any_amount_and_a_service_account_never() {
        let cent = Money::new(1, Currency::USD);
        assert!(of_transaction(&actor(ActorKind::Employee), cent, true).is_some());
        let much = Money::new(99_999_999, Currency::USD);
        assert!(of_transaction(&actor(ActorKind::ServiceAccount), much, true).is_none());
        assert!(of_destination(&actor(ActorKind::ServiceAccount)).is_some());
        assert!(of_destination(&actor(ActorKind::Internal)).is_none());
    }
}
