//! The history: every change writes an event in the same transaction, each chained to the one before by SHA-256, so
//! that a change or a gap in it is seen (domain.md section 9). Nothing updates or deletes events; the database refuses.

pub mod actions;
pub mod api;
pub mod listing;
pub mod model;
pub mod pages;
pub mod queries;
pub mod values;
pub mod verify;

use actix_web::web::ServiceConfig;
use diesel::prelude::*;
use uuid::Uuid;

pub use model::{EntityType, Event, EventKind};

use crate::{
    auth::actor::Actor,
    db::{Tx, schema::history_events},
    kernel::{error::AppResult, id::Id},
    on_backend,
    web::route::at,
};

/// The audit log and its verification.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(at("/settings/history").get(pages::list))
        .service(at("/settings/history/verify").get(pages::verify));
}

/// What happened, to be told to [`record`].
#[derive(Clone, Debug)]
pub struct Happening<'a> {
    /// What kind of thing it happened to.
    pub entity_type: EntityType,
    /// Which one.
    pub entity_id: Uuid,
    /// What kind of event.
    pub kind: EventKind,
    /// The former value, in the API's spelling; empty when there was none.
    pub previous: &'a str,
    /// The new value, in the API's spelling; empty when there is none.
    pub new: &'a str,
    /// A sentence for people. Never a secret, never an account number beyond its last four.
    pub description: &'a str,
}

/// Appends an event to the business account's history, in the command's own transaction.
pub fn record(tx: &mut Tx<'_>, actor: &Actor, happening: &Happening<'_>) -> AppResult<()> {
    record_all(tx, actor, std::slice::from_ref(happening))
}

/// Appends what happened at once, in this order. The end of the history is read and moved on once for all of it.
pub fn record_all(tx: &mut Tx<'_>, actor: &Actor, happenings: &[Happening<'_>]) -> AppResult<()> {
    if happenings.is_empty() {
        return Ok(());
    }
    let queries::Head { mut seq, mut hash } = queries::head(tx.conn, actor.business_account)?;
    for happening in happenings {
        seq += 1;
        let mut event = Event {
            business_account_id: actor.business_account,
            seq,
            entity_type: happening.entity_type,
            entity_id: Id::from_uuid(happening.entity_id),
            kind: happening.kind,
            previous: happening.previous.to_owned(),
            new: happening.new.to_owned(),
            description: happening.description.to_owned(),
            actor_kind: actor.kind,
            actor_id: actor.id.map(Id::from_uuid),
            actor_name: actor.name.clone(),
            created_at: tx.now,
            request_id: actor.request_id.clone(),
            hash: Vec::new(),
        };
        event.hash = event.chained_to(&hash);
        on_backend!(tx.conn, |conn| {
            diesel::insert_into(history_events::table)
                .values(&event)
                .execute(conn)
        })?;
        hash = event.hash;
    }
    queries::set_head(tx.conn, actor.business_account, seq, &hash)
}
