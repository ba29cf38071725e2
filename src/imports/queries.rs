//! The SQL of imports.

use std::collections::HashSet;

use diesel::prelude::*;

use super::model::{ImportRow, ImportState, LineRow, Outcome};
use crate::{
    db::{
        AnyConnection, MultiBackend,
        paging::{Ends, Order, Slice, Window},
        schema::{import_chunks, import_lines, imported_entries, imports},
    },
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::{BusinessAccountId, ImportId},
    },
    keyset, on_backend,
};

/// The import, if the business account has it. One whose bytes still come in is not there yet.
pub fn find(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: ImportId,
) -> AppResult<Option<ImportRow>> {
    Ok(imports::table
        .find(id)
        .filter(imports::business_account_id.eq(account))
        .filter(imports::state.ne(ImportState::Receiving))
        .select(ImportRow::as_select())
        .first(conn)
        .optional()?)
}

/// The import, or 404.
pub fn get(conn: &mut AnyConnection, account: BusinessAccountId, id: ImportId) -> AppResult<ImportRow> {
    find(conn, account, id)?.ok_or(AppError::NotFound)
}

/// The import of the same bytes.
pub fn find_by_hash(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    sha256: &[u8],
) -> AppResult<Option<ImportRow>> {
    Ok(imports::table
        .filter(imports::business_account_id.eq(account))
        .filter(imports::sha256.eq(sha256))
        .select(ImportRow::as_select())
        .first(conn)
        .optional()?)
}

/// How many files wait to be imported or discarded, those that are coming in among them.
pub fn count_waiting(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<i64> {
    Ok(imports::table
        .filter(imports::business_account_id.eq(account))
        .filter(imports::state.eq_any([ImportState::Receiving, ImportState::Checked]))
        .count()
        .get_result(conn)?)
}

/// A place in the list of imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// Older than this one.
    After(Ts, ImportId),
    /// Newer than this one.
    Before(Ts, ImportId),
}

/// A page of the list, newest first: `limit` imports from `cursor` on.
pub fn list(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    cursor: Option<Cursor>,
    limit: i64,
) -> AppResult<Vec<ImportRow>> {
    let query = imports::table
        .filter(imports::business_account_id.eq(account))
        .filter(imports::state.ne(ImportState::Receiving))
        .limit(limit)
        .select(ImportRow::as_select())
        .into_boxed();
    match cursor {
        None => Ok(query
            .order((imports::created_at.desc(), imports::id.desc()))
            .load(conn)?),
        Some(Cursor::After(at, id)) => Ok(query
            .filter(imports::created_at.le(at))
            .filter(imports::created_at.lt(at).or(imports::id.lt(id)))
            .order((imports::created_at.desc(), imports::id.desc()))
            .load(conn)?),
        Some(Cursor::Before(at, id)) => {
            let mut rows: Vec<ImportRow> = query
                .filter(imports::created_at.ge(at))
                .filter(imports::created_at.gt(at).or(imports::id.gt(id)))
                .order((imports::created_at.asc(), imports::id.asc()))
                .load(conn)?;
            rows.reverse();
            Ok(rows)
        }
    }
}

/// A page of the imports in a state, or in any; and the edges of it.
pub fn page(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    state: Option<ImportState>,
    order: &Order,
    window: &Window,
) -> AppResult<(Slice<ImportRow>, Ends)> {
    let mut query = imports::table
        .into_boxed::<MultiBackend>()
        .filter(imports::business_account_id.eq(account))
        .filter(imports::state.ne(ImportState::Receiving));
    if let Some(state) = state {
        query = query.filter(imports::state.eq(state));
    }
    let found: Vec<(i64, ImportRow)> = keyset!(query, imports::id, order, window.edge)
        .select((order.first_value(), ImportRow::as_select()))
        .limit(window.reach())
        .load(conn)?;
    Ok(Slice::cut_sorted(found, window, |row| row.id.uuid()))
}

/// A page of the report's lines of these outcomes (of all when there are none), and the edges of it. Lines do not tie:
/// beside its position a line's id is its import's.
pub fn page_of_lines(
    conn: &mut AnyConnection,
    id: ImportId,
    outcomes: &[Outcome],
    order: &Order,
    window: &Window,
) -> AppResult<(Slice<LineRow>, Ends)> {
    let mut query = import_lines::table
        .into_boxed::<MultiBackend>()
        .filter(import_lines::import_id.eq(id));
    if !outcomes.is_empty() {
        query = query.filter(import_lines::outcome.eq_any(outcomes.to_vec()));
    }
    let found: Vec<(i64, LineRow)> = keyset!(query, import_lines::import_id, order, window.edge)
        .select((order.first_value(), LineRow::as_select()))
        .limit(window.reach())
        .load(conn)?;
    Ok(Slice::cut_sorted(found, window, |row| row.import_id.uuid()))
}

/// How many imports there are, counted up to `most`.
pub fn count_up_to(conn: &mut AnyConnection, account: BusinessAccountId, most: i64) -> AppResult<i64> {
    let ids: Vec<ImportId> = imports::table
        .filter(imports::business_account_id.eq(account))
        .filter(imports::state.ne(ImportState::Receiving))
        .limit(most)
        .select(imports::id)
        .load(conn)?;
    Ok(i64::try_from(ids.len()).unwrap_or(most))
}

pub(super) fn insert(conn: &mut AnyConnection, row: &ImportRow) -> AppResult<()> {
    diesel::insert_into(imports::table).values(row).execute(conn)?;
    Ok(())
}

/// The bytes are complete and checked.
pub(super) fn update_checked(conn: &mut AnyConnection, row: &ImportRow) -> AppResult<()> {
    let changed = diesel::update(
        imports::table
            .find(row.id)
            .filter(imports::business_account_id.eq(row.business_account_id)),
    )
    .set((
        imports::sha256.eq(&row.sha256),
        imports::size.eq(row.size),
        imports::state.eq(row.state),
        imports::summary.eq(&row.summary),
        imports::entries.eq(row.entries),
    ))
    .execute(conn)?;
    // It took so long that it was cleaned away.
    if changed == 1 {
        Ok(())
    } else {
        Err(AppError::NotFound)
    }
}

/// Deletes an import that has had no effect, with its bytes.
pub(super) fn delete(conn: &mut AnyConnection, id: ImportId) -> AppResult<()> {
    diesel::delete(import_chunks::table.filter(import_chunks::import_id.eq(id))).execute(conn)?;
    diesel::delete(imports::table.find(id)).execute(conn)?;
    Ok(())
}

/// Deletes what was left behind by uploads that broke off before `before`, in every business account: nobody has seen
/// them.
pub(super) fn delete_broken_off(conn: &mut AnyConnection, before: Ts) -> AppResult<()> {
    let left: Vec<ImportId> = imports::table
        .filter(imports::state.eq(ImportState::Receiving))
        .filter(imports::created_at.lt(before))
        .select(imports::id)
        .load(conn)?;
    left.into_iter().try_for_each(|id| delete(conn, id))
}

pub(super) fn insert_piece(
    conn: &mut AnyConnection,
    id: ImportId,
    position: i64,
    sealed: &[u8],
) -> AppResult<()> {
    diesel::insert_into(import_chunks::table)
        .values((
            import_chunks::import_id.eq(id),
            import_chunks::position.eq(position),
            import_chunks::sealed.eq(sealed),
        ))
        .execute(conn)?;
    Ok(())
}

pub(super) fn find_piece(
    conn: &mut AnyConnection,
    id: ImportId,
    position: i64,
) -> AppResult<Option<Vec<u8>>> {
    Ok(import_chunks::table
        .find((id, position))
        .select(import_chunks::sealed)
        .first(conn)
        .optional()?)
}

/// Those of `fingerprints` whose entry has been imported already.
pub(super) fn list_known(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    fingerprints: &[&[u8]],
) -> AppResult<HashSet<Vec<u8>>> {
    Ok(imported_entries::table
        .filter(imported_entries::business_account_id.eq(account))
        .filter(imported_entries::fingerprint.eq_any(fingerprints))
        .select(imported_entries::fingerprint)
        .load::<Vec<u8>>(conn)?
        .into_iter()
        .collect())
}

/// The lines by which entries of these fingerprints were imported.
pub(super) fn list_known_lines(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    fingerprints: &[&[u8]],
) -> AppResult<Vec<(Vec<u8>, LineRow)>> {
    Ok(imported_entries::table
        .inner_join(
            import_lines::table.on(import_lines::import_id
                .eq(imported_entries::import_id)
                .and(import_lines::position.eq(imported_entries::position))),
        )
        .filter(imported_entries::business_account_id.eq(account))
        .filter(imported_entries::fingerprint.eq_any(fingerprints))
        .select((imported_entries::fingerprint, LineRow::as_select()))
        .load(conn)?)
}

/// Notes which entries have been imported, and by which line.
pub(super) fn insert_entries(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: ImportId,
    entries: &[(&[u8], i64)],
) -> AppResult<()> {
    let rows: Vec<_> = entries
        .iter()
        .map(|(fingerprint, position)| {
            (
                imported_entries::business_account_id.eq(account),
                imported_entries::fingerprint.eq(*fingerprint),
                imported_entries::import_id.eq(id),
                imported_entries::position.eq(*position),
            )
        })
        .collect();
    // A batch insert does not go through the connection enum.
    on_backend!(conn, |conn| {
        diesel::insert_into(imported_entries::table)
            .values(&rows)
            .execute(conn)
    })?;
    Ok(())
}

pub(super) fn insert_lines(conn: &mut AnyConnection, lines: &Vec<LineRow>) -> AppResult<()> {
    // A batch insert does not go through the connection enum.
    on_backend!(conn, |conn| {
        diesel::insert_into(import_lines::table)
            .values(lines)
            .execute(conn)
    })?;
    Ok(())
}

/// How many lines of the report are written: they are numbered without a gap.
pub(super) fn count_lines(conn: &mut AnyConnection, id: ImportId) -> AppResult<i64> {
    let last: Option<i64> = import_lines::table
        .filter(import_lines::import_id.eq(id))
        .select(diesel::dsl::max(import_lines::position))
        .first(conn)?;
    Ok(last.unwrap_or(0))
}

/// The imports of all business accounts that wait for a node, the oldest first.
pub(super) fn list_due(conn: &mut AnyConnection, now: Ts) -> AppResult<Vec<(BusinessAccountId, ImportId)>> {
    let under_way: Vec<(BusinessAccountId, ImportId, ImportState, Option<Ts>)> = imports::table
        .filter(imports::state.eq_any([ImportState::Queued, ImportState::Running]))
        .order(imports::created_at)
        .select((
            imports::business_account_id,
            imports::id,
            imports::state,
            imports::lease_until,
        ))
        .load(conn)?;
    Ok(under_way
        .into_iter()
        .filter(|(_, _, state, lease)| *state == ImportState::Queued || lease.is_none_or(|until| until < now))
        .map(|(account, id, ..)| (account, id))
        .collect())
}

/// Whether uploads that broke off have left something behind, in any business account.
pub(super) fn has_broken_off(conn: &mut AnyConnection, before: Ts) -> AppResult<bool> {
    let one = imports::table
        .filter(imports::state.eq(ImportState::Receiving))
        .filter(imports::created_at.lt(before))
        .select(imports::id)
        .first::<ImportId>(conn)
        .optional()?;
    Ok(one.is_some())
}

/// Lines of the report behind `after`, of these outcomes (of all when there are none).
pub fn list_lines(
    conn: &mut AnyConnection,
    id: ImportId,
    after: i64,
    outcomes: &[Outcome],
    limit: i64,
) -> AppResult<Vec<LineRow>> {
    let mut query = import_lines::table
        .filter(import_lines::import_id.eq(id))
        .filter(import_lines::position.gt(after))
        .order(import_lines::position)
        .limit(limit)
        .select(LineRow::as_select())
        .into_boxed();
    if !outcomes.is_empty() {
        query = query.filter(import_lines::outcome.eq_any(outcomes.to_vec()));
    }
    Ok(query.load(conn)?)
}
