//! Service accounts, their API keys, and the short-lived tokens that a key is exchanged for. Keys' secrets and tokens
//! are 256 random bits, shown once and stored as hashes; their prefixes let secret scanners find a leaked one.

use std::time::Duration;

use diesel::prelude::*;

use crate::{
    auth::{
        actor::{Actor, ActorKind},
        permission::{Right, Role},
        principal::AccessState,
    },
    db::{
        AnyConnection, Tx,
        schema::{access_tokens, api_keys, service_accounts},
    },
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        clock::Ts,
        crypto,
        error::{AppError, AppResult},
        id::{BusinessAccountId, ServiceAccountId},
        text::Title,
    },
};

/// How long a token lives.
pub const TOKEN_LIFE: Duration = Duration::from_mins(30);

/// A new key, shown once.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Names the key.
    pub key_id: String,
    /// Proves that it is the key's holder.
    pub secret: String,
}

/// Adds a service account: a user of one business account that is no person.
pub fn add_service_account(
    tx: &mut Tx<'_>,
    actor: &Actor,
    name: &Title,
    role: Role,
) -> AppResult<ServiceAccountId> {
    actor.require(Right::Administer)?;
    if matches!(role, Role::Owner | Role::Admin) {
        actor.require(Right::GrantHighRoles)?;
    }
    let id = ServiceAccountId::generate(tx.now);
    diesel::insert_into(service_accounts::table)
        .values((
            service_accounts::id.eq(id),
            service_accounts::business_account_id.eq(actor.business_account),
            service_accounts::name.eq(name.as_str()),
            service_accounts::role.eq(role),
            service_accounts::state.eq(AccessState::Active),
            service_accounts::created_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    let description = format!("Service account “{}” added", name.as_str());
    record(
        tx,
        actor,
        id,
        EventKind::Create,
        ("", role.as_str()),
        &description,
    )?;
    Ok(id)
}

/// Gives a service account another key.
///
/// # Errors
/// 404 when the business account has no such service account.
pub fn add_key(tx: &mut Tx<'_>, actor: &Actor, id: ServiceAccountId) -> AppResult<NewKey> {
    actor.require(Right::Administer)?;
    must_exist(tx, actor, id)?;
    let new = NewKey {
        key_id: format!("docket_key_{}", crypto::hex(&crypto::random::<8>()?)),
        secret: format!("docket_secret_{}", crypto::new_token()?),
    };
    diesel::insert_into(api_keys::table)
        .values((
            api_keys::key_id.eq(&new.key_id),
            api_keys::service_account_id.eq(id),
            api_keys::secret_hash.eq(crypto::token_hash(&new.secret)),
            api_keys::created_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    record(tx, actor, id, EventKind::Edit, ("", &new.key_id), "Key added")?;
    Ok(new)
}

/// Ends a key, and at once every token it was exchanged for.
///
/// # Errors
/// 404 when the service account has no such key.
pub fn revoke_key(tx: &mut Tx<'_>, actor: &Actor, id: ServiceAccountId, key_id: &str) -> AppResult<()> {
    actor.require(Right::Administer)?;
    must_exist(tx, actor, id)?;
    let key = api_keys::table
        .find(key_id)
        .filter(api_keys::service_account_id.eq(id))
        .filter(api_keys::revoked_at.is_null());
    let ended = diesel::update(key)
        .set(api_keys::revoked_at.eq(tx.now))
        .execute(tx.conn)?;
    if ended == 0 {
        return Err(AppError::NotFound);
    }
    diesel::delete(access_tokens::table.filter(access_tokens::key_id.eq(key_id))).execute(tx.conn)?;
    record(tx, actor, id, EventKind::Edit, (key_id, ""), "Key revoked")
}

/// A token for the holder of a key, or none when the key, its secret or its service account is not good (any more).
pub fn exchange(tx: &mut Tx<'_>, key_id: &str, secret: &str) -> AppResult<Option<String>> {
    let found = api_keys::table
        .inner_join(service_accounts::table)
        .filter(api_keys::key_id.eq(key_id))
        .filter(api_keys::revoked_at.is_null())
        .filter(service_accounts::state.eq(AccessState::Active))
        .select((service_accounts::id, api_keys::secret_hash, api_keys::expires_at))
        .first::<(ServiceAccountId, Vec<u8>, Option<Ts>)>(tx.conn)
        .optional()?;
    let hash = crypto::token_hash(secret);
    let good = found.filter(|(_, stored, expires)| {
        crypto::same(stored, &hash) && expires.is_none_or(|expires| expires > tx.now)
    });
    let Some((service_account, ..)) = good else {
        return Ok(None);
    };
    let token = format!("docket_token_{}", crypto::new_token()?);
    diesel::delete(access_tokens::table.filter(access_tokens::expires_at.le(tx.now))).execute(tx.conn)?;
    diesel::insert_into(access_tokens::table)
        .values((
            access_tokens::token_hash.eq(crypto::token_hash(&token)),
            access_tokens::service_account_id.eq(service_account),
            access_tokens::key_id.eq(key_id),
            access_tokens::created_at.eq(tx.now),
            access_tokens::expires_at.eq(tx.now.plus(TOKEN_LIFE)),
        ))
        .execute(tx.conn)?;
    diesel::update(api_keys::table.find(key_id))
        .set(api_keys::last_used_at.eq(tx.now))
        .execute(tx.conn)?;
    Ok(Some(token))
}

type Holder = (ServiceAccountId, BusinessAccountId, String, Role, Option<Ts>);

/// As whom a token acts now; none when it is unknown, has expired or was revoked. Read anew for each request, so that
/// a changed role or an ended key bites at once.
pub fn holder(conn: &mut AnyConnection, token: &str, now: Ts, request_id: &str) -> AppResult<Option<Actor>> {
    let row = access_tokens::table
        .inner_join(service_accounts::table)
        .inner_join(api_keys::table)
        .filter(access_tokens::token_hash.eq(crypto::token_hash(token)))
        .filter(access_tokens::expires_at.gt(now))
        .filter(api_keys::revoked_at.is_null())
        .filter(service_accounts::state.eq(AccessState::Active))
        .select((
            service_accounts::id,
            service_accounts::business_account_id,
            service_accounts::name,
            service_accounts::role,
            api_keys::expires_at,
        ))
        .first::<Holder>(conn)
        .optional()?;
    let live = row.filter(|(.., expires)| expires.is_none_or(|expires| expires > now));
    Ok(live.map(|(id, business_account, name, role, _)| Actor {
        kind: ActorKind::ServiceAccount,
        id: Some(id.uuid()),
        name,
        role,
        business_account,
        request_id: request_id.to_owned(),
    }))
}

fn must_exist(tx: &mut Tx<'_>, actor: &Actor, id: ServiceAccountId) -> AppResult<()> {
    service_accounts::table
        .find(id)
        .filter(service_accounts::business_account_id.eq(actor.business_account))
        .select(service_accounts::id)
        .first::<ServiceAccountId>(tx.conn)?;
    Ok(())
}

fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ServiceAccountId,
    kind: EventKind,
    (previous, new): (&str, &str),
    description: &str,
) -> AppResult<()> {
    let happening = Happening {
        entity_type: EntityType::ServiceAccount,
        entity_id: id.uuid(),
        kind,
        previous,
        new,
        description,
    };
    history::record(tx, actor, &happening)
}
