//! The history's SQL.

use diesel::prelude::*;

use crate::{
    db::{
        AnyConnection,
        schema::{history_events, history_heads},
    },
    history::Event,
    kernel::{error::AppResult, id::BusinessAccountId},
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
    let row = history_heads::table
        .find(account)
        .select((history_heads::seq, history_heads::hash))
        .first::<(i64, Vec<u8>)>(conn)
        .optional()?;
    Ok(row.map(|(seq, hash)| Head { seq, hash }).unwrap_or_default())
}

/// Moves the end on.
pub(crate) fn set_head(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    seq: i64,
    hash: &[u8],
) -> AppResult<()> {
    // An upsert does not go through the connection enum.
    on_backend!(conn, |conn| {
        diesel::insert_into(history_heads::table)
            .values((
                history_heads::business_account_id.eq(account),
                history_heads::seq.eq(seq),
                history_heads::hash.eq(hash),
            ))
            .on_conflict(history_heads::business_account_id)
            .do_update()
            .set((history_heads::seq.eq(seq), history_heads::hash.eq(hash)))
            .execute(conn)
    })?;
    Ok(())
}

/// The events about one thing, oldest first, at most `limit` of the newest.
pub fn list_of(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    entity_id: uuid::Uuid,
    limit: i64,
) -> AppResult<Vec<Event>> {
    let mut events = history_events::table
        .filter(
            history_events::entity_id.eq(crate::kernel::id::Id::<super::model::Anything>::from_uuid(
                entity_id,
            )),
        )
        .filter(history_events::business_account_id.eq(account))
        .order(history_events::seq.desc())
        .limit(limit)
        .select(Event::as_select())
        .load::<Event>(conn)?;
    events.reverse();
    Ok(events)
}
