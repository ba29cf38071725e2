//! The history of made-up events: told in any order, chained in the order of their times.

use std::{cmp::Reverse, collections::BinaryHeap};

use uuid::Uuid;

use super::rows::{any, by};
use crate::{
    auth::actor::Actor,
    history::{EntityType, Event, EventKind},
    kernel::{clock::Ts, id::BusinessAccountId},
};

/// The history of one business account while it is made up.
pub(super) struct Ledger {
    account: BusinessAccountId,
    told: BinaryHeap<Reverse<Told>>,
    count: u64,
    seq: i64,
    hash: Vec<u8>,
}

/// An event that has no place in the chain yet.
struct Told {
    order: (Ts, u64),
    event: Event,
}

impl PartialEq for Told {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}
impl Eq for Told {}
impl PartialOrd for Told {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Told {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}

/// What happened to one thing.
pub(super) struct What<'a> {
    pub(super) entity: (EntityType, Uuid),
    pub(super) kind: EventKind,
    pub(super) values: (&'a str, &'a str),
    pub(super) description: String,
}

impl Ledger {
    /// An empty history.
    pub(super) fn new(account: BusinessAccountId) -> Self {
        Self {
            account,
            told: BinaryHeap::new(),
            count: 0,
            seq: 0,
            hash: Vec::new(),
        }
    }

    /// Takes note of what happened.
    pub(super) fn tell(&mut self, at: Ts, actor: &Actor, what: What<'_>) {
        self.count += 1;
        let event = Event {
            business_account_id: self.account,
            seq: 0,
            entity_type: what.entity.0,
            entity_id: any(what.entity.1),
            kind: what.kind,
            previous: what.values.0.to_owned(),
            new: what.values.1.to_owned(),
            description: what.description,
            actor_kind: actor.kind,
            actor_id: by(actor),
            actor_name: actor.name.clone(),
            created_at: at,
            request_id: actor.request_id.clone(),
            hash: Vec::new(),
        };
        let order = (at, self.count);
        self.told.push(Reverse(Told { order, event }));
    }

    /// Chains what happened up to `until`; nothing before that may be told any more.
    pub(super) fn chain(&mut self, until: Ts, events: &mut Vec<Event>) {
        while self
            .told
            .peek()
            .is_some_and(|Reverse(next)| next.order.0 <= until)
        {
            let Some(Reverse(Told { mut event, .. })) = self.told.pop() else {
                return;
            };
            self.seq += 1;
            event.seq = self.seq;
            event.hash = event.chained_to(&self.hash);
            self.hash.clone_from(&event.hash);
            events.push(event);
        }
    }
}
