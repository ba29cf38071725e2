//! The SQL of the history as clients read it.

use std::collections::BTreeMap;

use diesel::{helper_types::IntoBoxed, prelude::*};
use uuid::Uuid;

use super::{EntityType, Event, EventKind, model::Anything};
use crate::{
    db::{
        AnyConnection, MultiBackend,
        paging::{Ends, Order, Slice, Window},
        schema::{history_events, team_members},
    },
    disputes,
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, Id, TeamMemberId},
    },
    reviews::{self, model::Reader},
};

/// Which events; what is empty or none does not matter.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// What they are about: any of these.
    pub entities: Vec<Uuid>,
    /// What kind of thing that is.
    pub entity_type: Option<EntityType>,
    /// Any of these kinds.
    pub kinds: Vec<EventKind>,
    /// The former value: any of these.
    pub previous: Vec<&'static str>,
    /// The new value.
    pub new: Option<&'static str>,
    /// Done to many at once, or not.
    pub in_bulk: Option<bool>,
    /// Who did it, by id.
    pub actor: Option<Uuid>,
    /// Inclusive.
    pub created: (Option<Ts>, Option<Ts>),
}

/// What the request ids of acts on many at once begin with (see [`Event::is_in_bulk`]).
const IN_BULK: &str = "bulk %";

impl Wanted {
    /// Besides an exception's own events those of its disputes, which are events of it.
    pub fn with_disputes(
        &mut self,
        conn: &mut AnyConnection,
        account: BusinessAccountId,
        exception: ExceptionId,
    ) -> AppResult<()> {
        let disputes = disputes::queries::ids_of_exception(conn, account, exception)?;
        if !disputes.is_empty() {
            self.entity_type = None;
            self.entities.extend(disputes.iter().map(|id| id.uuid()));
        }
        Ok(())
    }
}

type Listed<'a> = IntoBoxed<'a, history_events::table, MultiBackend>;

fn narrowed(account: BusinessAccountId, wanted: &Wanted) -> Listed<'_> {
    let mut query = history_events::table
        .into_boxed::<MultiBackend>()
        .filter(history_events::business_account_id.eq(account));
    let about: Vec<Id<Anything>> = wanted.entities.iter().copied().map(Id::from_uuid).collect();
    query = match about.as_slice() {
        [] => query,
        [one] => query.filter(history_events::entity_id.eq(*one)),
        _ => query.filter(history_events::entity_id.eq_any(about)),
    };
    if let Some(entity_type) = wanted.entity_type {
        query = query.filter(history_events::entity_type.eq(entity_type));
    }
    if !wanted.kinds.is_empty() {
        query = query.filter(history_events::kind.eq_any(&wanted.kinds));
    }
    if !wanted.previous.is_empty() {
        query = query.filter(history_events::previous.eq_any(&wanted.previous));
    }
    if let Some(new) = wanted.new {
        query = query
            .filter(history_events::new.eq(new))
            .filter(reviews::blind::is_told());
    }
    query = match wanted.in_bulk {
        None => query,
        Some(true) => query.filter(history_events::request_id.like(IN_BULK)),
        Some(false) => query.filter(history_events::request_id.not_like(IN_BULK)),
    };
    if let Some(actor) = wanted.actor {
        query = query.filter(history_events::actor_id.eq(Id::<Anything>::from_uuid(actor)));
    }
    if let Some(from) = wanted.created.0 {
        query = query.filter(history_events::created_at.ge(from));
    }
    if let Some(to) = wanted.created.1 {
        query = query.filter(history_events::created_at.le(to));
    }
    query
}

/// A page of the events that are asked for, by their place; and the edges of it.
pub fn page(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    wanted: &Wanted,
    order: &Order,
    window: &Window,
) -> AppResult<(Slice<Event>, Ends)> {
    let mut query = narrowed(account, wanted);
    let descending = order.descending != window.backwards();
    if let Some(edge) = window.edge {
        query = if descending {
            query.filter(history_events::seq.lt(edge.value))
        } else {
            query.filter(history_events::seq.gt(edge.value))
        };
    }
    let query = if descending {
        query.order(history_events::seq.desc())
    } else {
        query.order(history_events::seq.asc())
    };
    let found: Vec<Event> = query
        .limit(window.reach())
        .select(Event::as_select())
        .load(conn)?;
    let found = reviews::blind::veiled(conn, account, Reader::Client, found)?;
    let slice = Slice::cut(found, window);
    let ends = slice
        .rows
        .first()
        .zip(slice.rows.last())
        .map(|(first, last)| [first, last].map(|event| (event.seq, event.id())));
    Ok((slice, ends))
}

/// How many are asked for.
pub fn count(conn: &mut AnyConnection, account: BusinessAccountId, wanted: &Wanted) -> AppResult<i64> {
    Ok(narrowed(account, wanted).count().get_result(conn)?)
}

/// The event at a place, with the hash of the one before it.
pub fn find(conn: &mut AnyConnection, account: BusinessAccountId, seq: i64) -> AppResult<Option<Event>> {
    let found: Option<Event> = history_events::table
        .find((account, seq))
        .select(Event::as_select())
        .first(conn)
        .optional()?;
    let told = reviews::blind::veiled(conn, account, Reader::Client, found.into_iter().collect())?;
    Ok(told.into_iter().next())
}

/// The hashes that those of `events` are chained to, by their places; the first event of all has none.
pub fn hashes_before(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    events: &[Event],
) -> AppResult<BTreeMap<i64, Vec<u8>>> {
    let mut known: BTreeMap<i64, Vec<u8>> = events.iter().map(|e| (e.seq, e.hash.clone())).collect();
    let missing: Vec<i64> = events
        .iter()
        .map(|e| e.seq - 1)
        .filter(|seq| *seq > 0 && !known.contains_key(seq))
        .collect();
    if !missing.is_empty() {
        let found: Vec<(i64, Vec<u8>)> = history_events::table
            .filter(history_events::business_account_id.eq(account))
            .filter(history_events::seq.eq_any(missing))
            .select((history_events::seq, history_events::hash))
            .load(conn)?;
        known.extend(found);
    }
    Ok(known)
}

/// The team member with that e-mail address.
pub fn member_of(conn: &mut AnyConnection, email: &str) -> AppResult<Option<TeamMemberId>> {
    Ok(team_members::table
        .filter(team_members::email.eq(email.to_lowercase()))
        .select(team_members::id)
        .first(conn)
        .optional()?)
}
