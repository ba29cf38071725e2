//! The SQL of connectors.

use diesel::prelude::*;

use super::{connector::ConnectorRow, model::Target};
use crate::{
    db::{AnyConnection, schema::connectors},
    kernel::{
        error::{AppError, AppResult},
        id::{BusinessAccountId, ConnectorId},
    },
};

/// Every connector of a business account.
pub fn list(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Vec<ConnectorRow>> {
    Ok(connectors::table
        .filter(connectors::business_account_id.eq(account))
        .order(connectors::target)
        .select(ConnectorRow::as_select())
        .load(conn)?)
}

/// One of them; 404 when the business account has none of this id.
pub fn get(conn: &mut AnyConnection, account: BusinessAccountId, id: ConnectorId) -> AppResult<ConnectorRow> {
    connectors::table
        .find(id)
        .filter(connectors::business_account_id.eq(account))
        .select(ConnectorRow::as_select())
        .first(conn)
        .optional()?
        .ok_or(AppError::NotFound)
}

/// The one of a kind.
pub fn find(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    target: Target,
) -> AppResult<Option<ConnectorRow>> {
    Ok(connectors::table
        .filter(connectors::business_account_id.eq(account))
        .filter(connectors::target.eq(target))
        .select(ConnectorRow::as_select())
        .first(conn)
        .optional()?)
}

/// Adds one.
pub fn insert(conn: &mut AnyConnection, row: &ConnectorRow) -> AppResult<()> {
    diesel::insert_into(connectors::table).values(row).execute(conn)?;
    Ok(())
}

/// Stores one, when it still has the version `seen`.
pub fn update(conn: &mut AnyConnection, row: &ConnectorRow, seen: i64) -> AppResult<bool> {
    let changed = diesel::update(
        connectors::table
            .find(row.id)
            .filter(connectors::business_account_id.eq(row.business_account_id))
            .filter(connectors::version.eq(seen)),
    )
    .set(row)
    .execute(conn)?;
    Ok(changed == 1)
}

/// Takes one away.
pub fn delete(conn: &mut AnyConnection, account: BusinessAccountId, id: ConnectorId) -> AppResult<()> {
    diesel::delete(
        connectors::table
            .find(id)
            .filter(connectors::business_account_id.eq(account)),
    )
    .execute(conn)?;
    Ok(())
}

/// One that a signed call names, of whichever business account: its signature says whose it is.
pub fn find_named(conn: &mut AnyConnection, id: ConnectorId) -> AppResult<Option<ConnectorRow>> {
    Ok(connectors::table
        .find(id)
        .select(ConnectorRow::as_select())
        .first(conn)
        .optional()?)
}
