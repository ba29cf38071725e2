//! The SQL of disputes and their evidence.

use diesel::{prelude::*, sql_types::Bool};

use super::model::{DisputeCategory, DisputeRow, DisputeState, EvidenceRow};
use crate::{
    db::{
        AnyConnection, MultiBackend,
        kept::{Fixed, fixed},
        paging::{Ends, Order, Slice, Window},
        schema::{disputes, evidence, evidence_pieces},
    },
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::{BusinessAccountId, DisputeId, EvidenceId, ExceptionId},
    },
    keyset,
};

/// One dispute of the business account, or 404.
pub fn get(conn: &mut AnyConnection, account: BusinessAccountId, id: DisputeId) -> AppResult<DisputeRow> {
    disputes::table
        .find(id)
        .filter(disputes::business_account_id.eq(account))
        .select(DisputeRow::as_select())
        .first(conn)
        .optional()?
        .ok_or(AppError::NotFound)
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// In this state.
    pub state: Option<DisputeState>,
    /// Of this category.
    pub category: Option<DisputeCategory>,
    /// About this exception.
    pub exception: Option<ExceptionId>,
    /// Opened from then on, and until then.
    pub created: (Option<Ts>, Option<Ts>),
}

/// A page of disputes, and the edges of it.
pub fn page(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    wanted: &Wanted,
    order: &Order,
    window: &Window,
) -> AppResult<(Slice<DisputeRow>, Ends)> {
    let mut query = disputes::table
        .into_boxed::<MultiBackend>()
        .filter(disputes::business_account_id.eq(account));
    if let Some(state) = wanted.state {
        query = query.filter(disputes::state.eq(state));
    }
    if let Some(category) = wanted.category {
        query = query.filter(disputes::category.eq(category));
    }
    if let Some(exception) = wanted.exception {
        query = query.filter(disputes::exception_id.eq(exception));
    }
    if let Some(from) = wanted.created.0 {
        query = query.filter(disputes::created_at.ge(from));
    }
    if let Some(to) = wanted.created.1 {
        query = query.filter(disputes::created_at.le(to));
    }
    let found: Vec<(i64, DisputeRow)> = keyset!(query, disputes::id, order, window.edge)
        .select((order.first_value(), DisputeRow::as_select()))
        .limit(window.reach())
        .load(conn)?;
    Ok(Slice::cut_sorted(found, window, |row| row.id.uuid()))
}

/// The condition on `exceptions` that [`list_of_exception`] has any.
pub fn any() -> Fixed<Bool> {
    fixed(
        "EXISTS (SELECT 1 FROM disputes WHERE disputes.exception_id = exceptions.id \
         AND disputes.business_account_id = exceptions.business_account_id)",
    )
}

/// The latest disputes about an exception, the oldest of them first.
pub fn list_of_exception(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    exception: ExceptionId,
) -> AppResult<Vec<DisputeRow>> {
    let mut rows: Vec<DisputeRow> = disputes::table
        .filter(disputes::exception_id.eq(exception))
        .filter(disputes::business_account_id.eq(account))
        .order((disputes::created_at.desc(), disputes::id.desc()))
        .limit(20)
        .select(DisputeRow::as_select())
        .load(conn)?;
    rows.reverse();
    Ok(rows)
}

/// The ids of the disputes about an exception, the latest thousand.
pub fn ids_of_exception(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    exception: ExceptionId,
) -> AppResult<Vec<DisputeId>> {
    Ok(disputes::table
        .filter(disputes::exception_id.eq(exception))
        .filter(disputes::business_account_id.eq(account))
        .order((disputes::created_at.desc(), disputes::id.desc()))
        .limit(1000)
        .select(disputes::id)
        .load(conn)?)
}

pub(super) fn insert(conn: &mut AnyConnection, row: &DisputeRow) -> QueryResult<usize> {
    diesel::insert_into(disputes::table).values(row).execute(conn)
}

/// Saves a move; false when somebody was quicker.
pub(super) fn update(conn: &mut AnyConnection, row: &DisputeRow) -> AppResult<bool> {
    let changed = diesel::update(
        disputes::table
            .find(row.id)
            .filter(disputes::business_account_id.eq(row.business_account_id))
            .filter(disputes::version.eq(row.version - 1)),
    )
    .set((
        disputes::state.eq(row.state),
        disputes::resolution.eq(&row.resolution),
        disputes::reopen_reason.eq(&row.reopen_reason),
        disputes::updated_at.eq(row.updated_at),
        disputes::version.eq(row.version),
    ))
    .execute(conn)?;
    Ok(changed == 1)
}

/// The evidence of a dispute, the oldest first. There are no more than a dispute may have.
pub fn evidence_of(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    dispute: DisputeId,
) -> AppResult<Vec<EvidenceRow>> {
    Ok(evidence::table
        .filter(evidence::dispute_id.eq(dispute))
        .filter(evidence::business_account_id.eq(account))
        .order((evidence::submitted_at, evidence::id))
        .select(EvidenceRow::as_select())
        .load(conn)?)
}

/// One piece of evidence of the business account, or 404.
pub fn get_evidence(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: EvidenceId,
) -> AppResult<EvidenceRow> {
    evidence::table
        .find(id)
        .filter(evidence::business_account_id.eq(account))
        .select(EvidenceRow::as_select())
        .first(conn)
        .optional()?
        .ok_or(AppError::NotFound)
}

pub(super) fn insert_evidence(conn: &mut AnyConnection, row: &EvidenceRow) -> QueryResult<usize> {
    diesel::insert_into(evidence::table).values(row).execute(conn)
}

pub(super) fn insert_piece(
    conn: &mut AnyConnection,
    id: EvidenceId,
    position: i64,
    sealed: &[u8],
) -> QueryResult<usize> {
    diesel::insert_into(evidence_pieces::table)
        .values((
            evidence_pieces::evidence_id.eq(id),
            evidence_pieces::position.eq(position),
            evidence_pieces::sealed.eq(sealed),
        ))
        .execute(conn)
}

/// One sealed piece of a file; none behind its end.
pub(super) fn piece(conn: &mut AnyConnection, id: EvidenceId, position: i64) -> AppResult<Option<Vec<u8>>> {
    Ok(evidence_pieces::table
        .find((id, position))
        .select(evidence_pieces::sealed)
        .first(conn)
        .optional()?)
}
