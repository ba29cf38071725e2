//! The SQL of notes.

use std::collections::{BTreeSet, HashSet};

use diesel::prelude::*;
use uuid::Uuid;

use super::model::{NoteRow, Noted};
use crate::{
    accounts,
    db::{
        AnyConnection, MultiBackend,
        kept::within,
        paging::{Ends, Order, Slice, Window},
        schema::{memberships, notes},
    },
    history::model::Anything,
    kernel::{
        error::{AppError, AppResult},
        id::{BusinessAccountId, FinancialAccountId, Id, NoteId, TeamMemberId, TransactionId},
    },
    keyset, on_backend, transactions,
};

/// A note.
///
/// # Errors
/// `NotFound`.
pub fn get(conn: &mut AnyConnection, account: BusinessAccountId, id: NoteId) -> AppResult<NoteRow> {
    notes::table
        .find(id)
        .filter(notes::business_account_id.eq(account))
        .select(NoteRow::as_select())
        .first(conn)
        .optional()?
        .ok_or(AppError::NotFound)
}

/// The notes about an entity, oldest first, at most the newest `limit`.
pub fn list(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    about: (Noted, Uuid),
    limit: i64,
) -> AppResult<Vec<NoteRow>> {
    let mut found = newest_first(conn, account, about, limit)?;
    found.reverse();
    Ok(found)
}

/// The newest note about an entity.
pub fn newest(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    about: (Noted, Uuid),
) -> AppResult<Option<NoteRow>> {
    Ok(newest_first(conn, account, about, 1)?.pop())
}

/// A page of the notes about an entity, and the edges of it.
pub fn page(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    (kind, id): (Noted, Uuid),
    order: &Order,
    window: &Window,
) -> AppResult<(Slice<NoteRow>, Ends)> {
    let query = notes::table
        .into_boxed::<MultiBackend>()
        .filter(notes::business_account_id.eq(account))
        .filter(notes::entity_type.eq(kind))
        .filter(notes::entity_id.eq(Id::<Anything>::from_uuid(id)));
    let found: Vec<(i64, NoteRow)> = keyset!(query, notes::id, order, window.edge)
        .select((order.first_value(), NoteRow::as_select()))
        .limit(window.reach())
        .load(conn)?;
    Ok(Slice::cut_sorted(found, window, |row| row.id.uuid()))
}

/// How many notes there are about an entity.
pub fn count(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    (kind, id): (Noted, Uuid),
) -> AppResult<i64> {
    Ok(notes::table
        .filter(notes::business_account_id.eq(account))
        .filter(notes::entity_type.eq(kind))
        .filter(notes::entity_id.eq(Id::<Anything>::from_uuid(id)))
        .count()
        .get_result(conn)?)
}

/// The newest note about each of these entities that has one.
pub fn newest_of(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    about: &[(Noted, Uuid)],
) -> AppResult<Vec<NoteRow>> {
    if let [one] = about {
        return newest_first(conn, account, *one, 1);
    }
    let mut found: Vec<NoteRow> = Vec::new();
    for kind in Noted::ALL {
        let ids: BTreeSet<Uuid> = about
            .iter()
            .filter(|(k, _)| k == kind)
            .map(|(_, id)| *id)
            .collect();
        let ids: Vec<Id<Anything>> = ids.into_iter().map(Id::from_uuid).collect();
        if ids.is_empty() {
            continue;
        }
        found.extend(on_backend!(conn, |conn| {
            notes::table
                .filter(notes::business_account_id.eq(account))
                .filter(notes::entity_type.eq(*kind))
                .filter(within(notes::entity_id, &ids))
                .select(NoteRow::as_select())
                .load::<NoteRow>(conn)
        })?);
    }
    found.sort_unstable_by_key(|note| std::cmp::Reverse((note.created_at, note.id)));
    let mut seen = HashSet::new();
    Ok(found
        .into_iter()
        .filter(|note| seen.insert((note.entity_type, note.entity_id)))
        .collect())
}

fn newest_first(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    (kind, id): (Noted, Uuid),
    limit: i64,
) -> AppResult<Vec<NoteRow>> {
    Ok(notes::table
        .filter(notes::business_account_id.eq(account))
        .filter(notes::entity_type.eq(kind))
        .filter(notes::entity_id.eq(Id::<Anything>::from_uuid(id)))
        .order((notes::created_at.desc(), notes::id.desc()))
        .limit(limit)
        .select(NoteRow::as_select())
        .load(conn)?)
}

/// Whether there is such an entity in the business account. Customers, recipients and scheduled transactions are kept
/// by other systems: their ids are taken as they are given.
///
/// # Errors
/// `NotFound`.
pub fn must_be_there(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    (kind, id): (Noted, Uuid),
) -> AppResult<()> {
    match kind {
        Noted::Transaction => {
            transactions::queries::get(conn, account, TransactionId::from_uuid(id)).map(|_| ())
        }
        Noted::FinancialAccount => {
            accounts::queries::get(conn, account, FinancialAccountId::from_uuid(id)).map(|_| ())
        }
        Noted::TeamMember => memberships::table
            .find((account, TeamMemberId::from_uuid(id)))
            .select(memberships::team_member_id)
            .first::<TeamMemberId>(conn)
            .optional()?
            .map(|_| ())
            .ok_or(AppError::NotFound),
        Noted::Customer | Noted::Recipient | Noted::ScheduledTransaction => Ok(()),
    }
}
