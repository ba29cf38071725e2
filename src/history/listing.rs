//! The SQL of the history as clients read it.

use diesel::{helper_types::IntoBoxed, prelude::*};
use uuid::Uuid;

use super::{EntityType, Event, EventKind, model::Anything};
use crate::{
    db::{
        AnyConnection, MultiBackend,
        paging::{Ends, Order, Slice, Window},
        schema::{history_events, team_members},
    },
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, Id, TeamMemberId},
    },
};

/// Which events; what is empty or none does not matter.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// What they are about.
    pub entity: Option<Uuid>,
    /// What kind of thing that is.
    pub entity_type: Option<EntityType>,
    /// Any of these kinds.
    pub kinds: Vec<EventKind>,
    /// The new value.
    pub new: Option<String>,
    /// Who did it, by id.
    pub actor: Option<Uuid>,
    /// Inclusive.
    pub created: (Option<Ts>, Option<Ts>),
}

type Listed<'a> = IntoBoxed<'a, history_events::table, MultiBackend>;

fn narrowed(account: BusinessAccountId, wanted: &Wanted) -> Listed<'_> {
    let mut query = history_events::table
        .into_boxed::<MultiBackend>()
        .filter(history_events::business_account_id.eq(account));
    if let Some(entity) = wanted.entity {
        query = query.filter(history_events::entity_id.eq(Id::<Anything>::from_uuid(entity)));
    }
    if let Some(entity_type) = wanted.entity_type {
        query = query.filter(history_events::entity_type.eq(entity_type));
    }
    if !wanted.kinds.is_empty() {
        query = query.filter(history_events::kind.eq_any(&wanted.kinds));
    }
    if let Some(new) = &wanted.new {
        query = query.filter(history_events::new.eq(new));
    }
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
    Ok(history_events::table
        .find((account, seq))
        .select(Event::as_select())
        .first(conn)
        .optional()?)
}

/// The team member with that e-mail address.
pub fn member_of(conn: &mut AnyConnection, email: &str) -> AppResult<Option<TeamMemberId>> {
    Ok(team_members::table
        .filter(team_members::email.eq(email.to_lowercase()))
        .select(team_members::id)
        .first(conn)
        .optional()?)
}
