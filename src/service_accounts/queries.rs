//! The SQL of service accounts and their keys.

use diesel::prelude::*;

use super::model::{Key, ServiceAccount};
use crate::{
    auth::principal::AccessState,
    db::{
        AnyConnection, Tx,
        schema::{access_tokens, api_keys, service_accounts},
    },
    history::model::Anything,
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, Id, ServiceAccountId},
    },
};

/// So many service accounts, or keys of one, fit on a page; more have never been wanted.
const MOST: i64 = 500;

type Columns = (
    service_accounts::id,
    service_accounts::name,
    service_accounts::role,
    service_accounts::state,
    service_accounts::version,
    service_accounts::created_at,
);
const COLUMNS: Columns = (
    service_accounts::id,
    service_accounts::name,
    service_accounts::role,
    service_accounts::state,
    service_accounts::version,
    service_accounts::created_at,
);

type KeyColumns = (
    api_keys::key_id,
    api_keys::service_account_id,
    api_keys::created_at,
    api_keys::expires_at,
    api_keys::revoked_at,
    api_keys::last_used_at,
);
const KEY_COLUMNS: KeyColumns = (
    api_keys::key_id,
    api_keys::service_account_id,
    api_keys::created_at,
    api_keys::expires_at,
    api_keys::revoked_at,
    api_keys::last_used_at,
);

/// Every service account of a business account, by name.
pub fn list(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Vec<ServiceAccount>> {
    Ok(service_accounts::table
        .filter(service_accounts::business_account_id.eq(account))
        .order((service_accounts::name, service_accounts::id))
        .limit(MOST)
        .select(COLUMNS)
        .load(conn)?)
}

/// One of them; 404 when the business account has none of this id.
pub fn get(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: ServiceAccountId,
) -> AppResult<ServiceAccount> {
    Ok(service_accounts::table
        .find(id)
        .filter(service_accounts::business_account_id.eq(account))
        .select(COLUMNS)
        .first(conn)?)
}

/// Which of these are service accounts of the business account.
pub fn among(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    ids: &[Id<Anything>],
) -> AppResult<Vec<Id<Anything>>> {
    let ids: Vec<ServiceAccountId> = ids.iter().map(|id| Id::from_uuid(id.uuid())).collect();
    let found: Vec<ServiceAccountId> = service_accounts::table
        .filter(service_accounts::business_account_id.eq(account))
        .filter(service_accounts::id.eq_any(ids))
        .select(service_accounts::id)
        .load(conn)?;
    Ok(found.into_iter().map(|id| Id::from_uuid(id.uuid())).collect())
}

/// Whether the business account has one of this name.
pub fn has_name(conn: &mut AnyConnection, account: BusinessAccountId, name: &str) -> AppResult<bool> {
    let found = service_accounts::table
        .filter(service_accounts::business_account_id.eq(account))
        .filter(service_accounts::name.eq(name))
        .select(service_accounts::id)
        .first::<ServiceAccountId>(conn)
        .optional()?;
    Ok(found.is_some())
}

/// The keys of every service account of a business account that were not revoked.
pub fn all_keys(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Vec<Key>> {
    Ok(api_keys::table
        .inner_join(service_accounts::table)
        .filter(service_accounts::business_account_id.eq(account))
        .filter(api_keys::revoked_at.is_null())
        .order((api_keys::created_at.desc(), api_keys::key_id))
        .limit(MOST * 10)
        .select(KEY_COLUMNS)
        .load(conn)?)
}

/// The keys of a service account, the newest first.
pub fn keys(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: ServiceAccountId,
) -> AppResult<Vec<Key>> {
    Ok(api_keys::table
        .inner_join(service_accounts::table)
        .filter(service_accounts::business_account_id.eq(account))
        .filter(api_keys::service_account_id.eq(id))
        .order((api_keys::created_at.desc(), api_keys::key_id))
        .limit(MOST)
        .select(KEY_COLUMNS)
        .load(conn)?)
}

/// Adds a service account.
pub fn insert(tx: &mut Tx<'_>, account: BusinessAccountId, new: &ServiceAccount) -> AppResult<()> {
    diesel::insert_into(service_accounts::table)
        .values((
            service_accounts::id.eq(new.id),
            service_accounts::business_account_id.eq(account),
            service_accounts::name.eq(&new.name),
            service_accounts::role.eq(new.role),
            service_accounts::state.eq(new.state),
            service_accounts::version.eq(new.version),
            service_accounts::created_at.eq(new.created_at),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Stores role and state, and makes the version grow.
pub fn update(tx: &mut Tx<'_>, account: BusinessAccountId, changed: &ServiceAccount) -> AppResult<()> {
    let row = service_accounts::table
        .find(changed.id)
        .filter(service_accounts::business_account_id.eq(account))
        .filter(service_accounts::version.eq(changed.version));
    diesel::update(row)
        .set((
            service_accounts::role.eq(changed.role),
            service_accounts::state.eq(changed.state),
            service_accounts::version.eq(changed.version + 1),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Adds a key; of its secret only the hash.
pub fn insert_key(tx: &mut Tx<'_>, key: &Key, secret_hash: &[u8]) -> AppResult<()> {
    diesel::insert_into(api_keys::table)
        .values((
            api_keys::key_id.eq(&key.key_id),
            api_keys::service_account_id.eq(key.service_account),
            api_keys::secret_hash.eq(secret_hash),
            api_keys::created_at.eq(key.created_at),
            api_keys::expires_at.eq(key.expires_at),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Ends a key now, and with it every token it was exchanged for.
pub fn end_key(tx: &mut Tx<'_>, key_id: &str) -> AppResult<()> {
    diesel::update(api_keys::table.find(key_id))
        .set(api_keys::revoked_at.eq(tx.now))
        .execute(tx.conn)?;
    diesel::delete(access_tokens::table.filter(access_tokens::key_id.eq(key_id))).execute(tx.conn)?;
    Ok(())
}

/// Lets a key end at `at`.
pub fn let_key_end(tx: &mut Tx<'_>, key_id: &str, at: Ts) -> AppResult<()> {
    diesel::update(api_keys::table.find(key_id))
        .set(api_keys::expires_at.eq(at))
        .execute(tx.conn)?;
    Ok(())
}

/// Ends every token of a service account that may not act any more.
pub fn end_tokens(tx: &mut Tx<'_>, id: ServiceAccountId, state: AccessState) -> AppResult<()> {
    if state == AccessState::Disabled {
        diesel::delete(access_tokens::table.filter(access_tokens::service_account_id.eq(id)))
            .execute(tx.conn)?;
    }
    Ok(())
}
