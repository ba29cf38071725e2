//! The history's SQL.

use diesel::{dsl::not, prelude::*};
use uuid::Uuid;

use super::model::Anything;
use crate::{
    auth::actor::ActorKind,
    db::{
        AnyConnection, MultiBackend,
        kept::{Update, within},
        schema::{history_events, history_heads},
    },
    history::{EntityType, Event, EventKind},
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, Id},
    },
    on_backend,
};

/// Where a history ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The last event's place; 0 when there is none.
    pub seq: i64,
    /// The last event's hash; empty when there is none.
    pub hash: Vec<u8>,
}

/// Where the business account's history ends.
pub fn head(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Head> {
    let row = on_backend!(conn, |conn| {
        history_heads::table
            .find(account)
            .select((history_heads::seq, history_heads::hash))
            .first::<(i64, Vec<u8>)>(conn)
            .optional()
    })?;
    Ok(row.map(|(seq, hash)| Head { seq, hash }).unwrap_or_default())
}

/// Moves the end on.
pub(crate) fn set_head(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    seq: i64,
    hash: &[u8],
) -> AppResult<()> {
    let mut update = Update::of("history_heads", history_heads::business_account_id.eq(account));
    update.set(history_heads::seq.eq(seq));
    update.set(history_heads::hash.eq(hash));
    if update.execute(conn)? == 0 {
        diesel::insert_into(history_heads::table)
            .values((
                history_heads::business_account_id.eq(account),
                history_heads::seq.eq(seq),
                history_heads::hash.eq(hash),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// The events about one thing, oldest first, at most `limit` of the newest.
pub fn list_of(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    entity_id: Uuid,
    limit: i64,
) -> AppResult<Vec<Event>> {
    list_of_any(conn, account, &[entity_id], limit)
}

/// The events about any of these things, oldest first, at most `limit` of the newest.
pub fn list_of_any(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    entities: &[Uuid],
    limit: i64,
) -> AppResult<Vec<Event>> {
    newest(conn, about_any(account, entities), limit)
}

/// Those of [`list_of_any`] that no comment tells: one that was written or reworded shows itself, one that was taken back
/// does not.
pub fn list_untold_by_comments(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    entities: &[Uuid],
    limit: i64,
) -> AppResult<Vec<Event>> {
    let is_told_otherwise = history_events::kind
        .eq(EventKind::Comment)
        .and(history_events::new.ne(""));
    let events = about_any(account, entities).filter(not(is_told_otherwise));
    newest(conn, events, limit)
}

fn about_any(
    account: BusinessAccountId,
    entities: &[Uuid],
) -> history_events::BoxedQuery<'static, MultiBackend> {
    let entities: Vec<Id<Anything>> = entities.iter().copied().map(Id::from_uuid).collect();
    history_events::table
        .into_boxed::<MultiBackend>()
        .filter(within(history_events::entity_id, &entities))
        .filter(history_events::business_account_id.eq(account))
}

/// At most `limit` of the newest, oldest first.
fn newest(
    conn: &mut AnyConnection,
    events: history_events::BoxedQuery<'static, MultiBackend>,
    limit: i64,
) -> AppResult<Vec<Event>> {
    let mut events = events
        .order(history_events::seq.desc())
        .limit(limit)
        .select(Event::as_select())
        .load::<Event>(conn)?;
    events.reverse();
    Ok(events)
}

/// From where on [`edits_of`] looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// What was written at this time or later.
    Time(Ts),
    /// What was written behind this place.
    Place(i64),
}

/// What was edited of one thing from a time or place on, the oldest first.
pub fn edits_of(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    entity_id: Uuid,
    from: From,
) -> AppResult<Vec<Event>> {
    let edits = history_events::table
        .into_boxed::<MultiBackend>()
        .filter(history_events::entity_id.eq(Id::<Anything>::from_uuid(entity_id)))
        .filter(history_events::business_account_id.eq(account))
        .filter(history_events::kind.eq(EventKind::Edit));
    let edits = match from {
        From::Time(at) => edits.filter(history_events::created_at.ge(at)),
        From::Place(seq) => edits.filter(history_events::seq.gt(seq)),
    };
    Ok(edits
        .order(history_events::seq)
        .select(Event::as_select())
        .load(conn)?)
}

/// Who did what happened to a thing in one moment, if the history has it.
pub fn actor_at(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    entity_id: Uuid,
    at: Ts,
) -> AppResult<Option<String>> {
    Ok(history_events::table
        .filter(history_events::entity_id.eq(Id::<Anything>::from_uuid(entity_id)))
        .filter(history_events::business_account_id.eq(account))
        .filter(history_events::created_at.eq(at))
        .order(history_events::seq.desc())
        .select(history_events::actor_name)
        .first(conn)
        .optional()?)
}

/// Which events of a business account.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this kind alone.
    pub kind: Option<EventKind>,
    /// About this kind of thing alone.
    pub entity_type: Option<EntityType>,
    /// By this actor alone.
    pub actor: Option<By>,
    /// Not before this time, and not after that one.
    pub between: (Option<Ts>, Option<Ts>),
}

/// Whose events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Those of one person or service account.
    One(Id<Anything>),
    /// Docket's own: its clocks, imports and rules.
    Docket,
}

/// Where in the log, newest first.
#[derive(Clone, Copy, Debug, Default)]
pub enum Place {
    /// At the newest event.
    #[default]
    Newest,
    /// Before the event at this place: older ones.
    Before(i64),
    /// After the event at this place: newer ones.
    After(i64),
}

/// At most `limit` events, newest first.
pub fn list(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    filter: &Filter,
    place: Place,
    limit: i64,
) -> AppResult<Vec<Event>> {
    let mut query = history_events::table
        .filter(history_events::business_account_id.eq(account))
        .select(Event::as_select())
        .limit(limit)
        .into_boxed();
    if let Some(kind) = filter.kind {
        query = query.filter(history_events::kind.eq(kind));
    }
    if let Some(entity_type) = filter.entity_type {
        query = query.filter(history_events::entity_type.eq(entity_type));
    }
    query = match filter.actor {
        Some(By::One(id)) => query.filter(history_events::actor_id.eq(id)),
        Some(By::Docket) => query.filter(history_events::actor_kind.eq(ActorKind::Internal)),
        None => query,
    };
    if let Some(from) = filter.between.0 {
        query = query.filter(history_events::created_at.ge(from));
    }
    if let Some(to) = filter.between.1 {
        query = query.filter(history_events::created_at.le(to));
    }
    let events = match place {
        Place::Newest => query.order(history_events::seq.desc()).load(conn)?,
        Place::Before(seq) => query
            .filter(history_events::seq.lt(seq))
            .order(history_events::seq.desc())
            .load(conn)?,
        Place::After(seq) => {
            let mut events = query
                .filter(history_events::seq.gt(seq))
                .order(history_events::seq.asc())
                .load(conn)?;
            events.reverse();
            events
        }
    };
    Ok(events)
}
