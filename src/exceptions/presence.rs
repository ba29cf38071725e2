//! Who has an exception open: whoever loaded its page in the last two minutes, or still has it before them. Kept in
//! memory, as it is worth nothing a moment later; each node knows of its own visitors.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::kernel::{
    clock::Ts,
    id::{ExceptionId, TeamMemberId},
};

/// How long a page that was loaded counts as open.
const OPEN_FOR: Duration = Duration::from_mins(2);

/// When so many exceptions are remembered, those that nobody has open any more are forgotten.
const MOST: usize = 10_000;

/// The visitors of exceptions. Cheap to clone.
#[derive(Clone, Default)]
pub struct Presence(Arc<Mutex<HashMap<ExceptionId, Vec<Visitor>>>>);

struct Visitor {
    member: TeamMemberId,
    name: String,
    at: Ts,
}

impl Visitor {
    fn is_there(&self, now: Ts) -> bool {
        now.since(self.at) < OPEN_FOR
    }
}

impl Presence {
    /// Notes that `member` has the exception open, and gives the names of the others who have, who came first first.
    pub fn visit(&self, id: ExceptionId, member: TeamMemberId, name: &str, now: Ts) -> Vec<String> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.retain(|_, visitors| visitors.iter().any(|v| v.is_there(now)));
        }
        let visitors = all.entry(id).or_default();
        visitors.retain(|v| v.is_there(now));
        match visitors.iter_mut().find(|v| v.member == member) {
            Some(me) => me.at = now,
            None => visitors.push(Visitor {
                member,
                name: name.to_owned(),
                at: now,
            }),
        }
        visitors
            .iter()
            .filter(|v| v.member != member)
            .map(|v| v.name.clone())
            .collect()
    }
}

/// The names in a sentence; empty when there are none.
pub fn sentence(others: &[String]) -> String {
    if others.is_empty() {
        String::new()
    } else {
        format!("Also open by {}", others.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_there_for_two_minutes_and_one_is_not_ones_own_company() {
        let presence = Presence::default();
        let id = ExceptionId::from_uuid(uuid::Uuid::nil());
        let [ada, bob] = [1, 2].map(|n| TeamMemberId::from_uuid(uuid::Uuid::from_u128(n)));
        let at = |seconds: i64| Ts::from_micros(seconds * 1_000_000);
        assert!(presence.visit(id, ada, "Ada", at(0)).is_empty());
        assert_eq!(presence.visit(id, bob, "Bob", at(60)), ["Ada"]);
        assert_eq!(presence.visit(id, ada, "Ada", at(100)), ["Bob"]);
        assert_eq!(presence.visit(id, bob, "Bob", at(219)), ["Ada"]);
        assert!(presence.visit(id, bob, "Bob", at(220)).is_empty());
        let other = ExceptionId::from_uuid(uuid::Uuid::from_u128(9));
        assert!(presence.visit(other, ada, "Ada", at(220)).is_empty());
    }

    #[test]
    fn what_nobody_has_open_is_forgotten() {
        let presence = Presence::default();
        let ada = TeamMemberId::from_uuid(uuid::Uuid::nil());
        let visit = |n: usize, at| {
            let id = ExceptionId::from_uuid(uuid::Uuid::from_u128(n as u128));
            presence.visit(id, ada, "Ada", Ts::from_micros(at))
        };
        for n in 0..MOST {
            visit(n, 0);
        }
        visit(MOST, 1_000_000_000);
        assert_eq!(presence.0.lock().unwrap().len(), 1);
    }
}
