//! The SQL over sealed columns, of all business accounts: the secret is the installation's.

use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    accounts, approvals,
    db::{
        AnyConnection,
        schema::{
            approvals as approval_rows, connectors, evidence_pieces, exception_sources, financial_accounts,
            import_chunks, imported_entries, kept_forms, vault_keys, webhook_subscriptions,
        },
    },
    dispatch::connector::{credential_place, secret_place},
    disputes, exceptions, imports,
    kernel::{
        error::AppResult,
        id::{
            ApprovalId, ConnectorId, EvidenceId, ExceptionId, FinancialAccountId, Id, ImportId, KeptFormId,
            WebhookSubscriptionId,
        },
    },
    web,
    webhooks::model::SubscriptionRow,
};

/// A sealed value.
pub struct Sealed {
    /// Where it is: the id of its row, and for pieces of a file which one.
    pub key: (Uuid, i64),
    /// What it is bound to.
    pub place: String,
    /// As it is stored; empty where nothing is.
    pub bytes: Vec<u8>,
}

/// The next rows behind one, by their keys.
type List = fn(&mut AnyConnection, Option<(Uuid, i64)>) -> AppResult<Vec<Sealed>>;

/// A table with a sealed column.
#[derive(Clone, Copy)]
pub struct Batch {
    /// The next rows behind one, by their keys.
    pub list: List,
    /// Stores a row's value sealed anew, unless somebody has changed it.
    pub update: fn(&mut AnyConnection, &Sealed, &[u8]) -> AppResult<usize>,
}

/// Rows in one transaction: short, as commands of people wait behind it.
const ROWS: i64 = 200;

macro_rules! batch {
    ($table:ident.$id:ident, $column:ident, $noun:ty, $place:expr) => {
        Batch {
            list: |conn, after| {
                let after: $noun = Id::from_uuid(after.map_or(Uuid::nil(), |(id, _)| id));
                let rows: Vec<($noun, Option<Vec<u8>>)> = $table::table
                    .filter($table::$id.gt(after))
                    .order($table::$id)
                    .limit(ROWS)
                    .select(($table::$id, $table::$column.nullable()))
                    .load(conn)?;
                let sealed = |(id, sealed): ($noun, Option<Vec<u8>>)| Sealed {
                    key: (id.uuid(), 0),
                    place: $place(id),
                    bytes: sealed.unwrap_or_default(),
                };
                Ok(rows.into_iter().map(sealed).collect())
            },
            update: |conn, row, new| {
                let id: $noun = Id::from_uuid(row.key.0);
                Ok(
                    diesel::update($table::table.find(id).filter($table::$column.eq(&row.bytes)))
                        .set($table::$column.eq(new))
                        .execute(conn)?,
                )
            },
        }
    };
}

/// Pieces of files, one at a time: a piece is large.
macro_rules! pieces {
    ($table:ident.$id:ident, $noun:ty, $place:expr) => {
        Batch {
            list: |conn, after| {
                let (id, position): ($noun, i64) =
                    after.map_or((Id::from_uuid(Uuid::nil()), -1), |(id, n)| (Id::from_uuid(id), n));
                let rows: Vec<($noun, i64, Vec<u8>)> = $table::table
                    .filter($table::$id.ge(id))
                    .filter($table::$id.gt(id).or($table::position.gt(position)))
                    .order(($table::$id, $table::position))
                    .limit(1)
                    .load(conn)?;
                let sealed = |(id, position, sealed): ($noun, i64, Vec<u8>)| Sealed {
                    key: (id.uuid(), position),
                    place: $place(id, position),
                    bytes: sealed,
                };
                Ok(rows.into_iter().map(sealed).collect())
            },
            update: |conn, row, new| {
                let id: $noun = Id::from_uuid(row.key.0);
                Ok(diesel::update($table::table.find((id, row.key.1)))
                    .set($table::sealed.eq(new))
                    .execute(conn)?)
            },
        }
    };
}

/// Everything that is sealed, but for the keys themselves.
pub const BATCHES: &[Batch] = &[
    batch!(
        financial_accounts.id,
        number_sealed,
        FinancialAccountId,
        accounts::model::place
    ),
    batch!(
        approval_rows.id,
        number_sealed,
        ApprovalId,
        approvals::commands::place
    ),
    batch!(
        exception_sources.exception_id,
        entry_sealed,
        ExceptionId,
        exceptions::raise::entry_place
    ),
    batch!(
        webhook_subscriptions.id,
        secret,
        WebhookSubscriptionId,
        SubscriptionRow::place
    ),
    batch!(
        webhook_subscriptions.id,
        previous_secret,
        WebhookSubscriptionId,
        SubscriptionRow::place
    ),
    batch!(connectors.id, credential, ConnectorId, credential_place),
    batch!(connectors.id, secret, ConnectorId, secret_place),
    batch!(connectors.id, previous_secret, ConnectorId, secret_place),
    batch!(kept_forms.id, sealed, KeptFormId, web::kept::place),
    pieces!(import_chunks.import_id, ImportId, imports::store::piece_place),
    pieces!(
        evidence_pieces.evidence_id,
        EvidenceId,
        disputes::files::piece_place
    ),
];

/// A key that the database keeps, sealed.
pub fn find_key(conn: &mut AnyConnection, name: &str) -> AppResult<Option<Vec<u8>>> {
    Ok(vault_keys::table
        .find(name)
        .select(vault_keys::sealed)
        .first(conn)
        .optional()?)
}

pub fn insert_key(conn: &mut AnyConnection, name: &str, sealed: &[u8]) -> QueryResult<usize> {
    diesel::insert_into(vault_keys::table)
        .values((vault_keys::name.eq(name), vault_keys::sealed.eq(sealed)))
        .execute(conn)
}

pub fn update_key(conn: &mut AnyConnection, name: &str, sealed: &[u8]) -> AppResult<usize> {
    Ok(diesel::update(vault_keys::table.find(name))
        .set(vault_keys::sealed.eq(sealed))
        .execute(conn)?)
}

/// Whether anything was hashed already.
pub fn has_hashes(conn: &mut AnyConnection) -> AppResult<bool> {
    let account: Option<FinancialAccountId> = financial_accounts::table
        .select(financial_accounts::id)
        .first(conn)
        .optional()?;
    let entry: Option<Vec<u8>> = imported_entries::table
        .select(imported_entries::fingerprint)
        .first(conn)
        .optional()?;
    Ok(account.is_some() || entry.is_some())
}
