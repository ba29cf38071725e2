//! The short-lived tokens that an API key is exchanged for. Keys' secrets and tokens are 256 random bits, shown once and
//! stored as hashes; their prefixes let secret scanners find a leaked one. Keys are made in `service_accounts`.

use std::time::Duration;

use diesel::prelude::*;

use crate::{
    auth::{
        actor::{Actor, ActorKind},
        permission::Role,
        principal::AccessState,
    },
    db::{
        AnyConnection, Tx,
        schema::{access_tokens, api_keys, service_accounts},
    },
    kernel::{
        clock::Ts,
        crypto,
        error::AppResult,
        id::{BusinessAccountId, ServiceAccountId},
    },
};

/// How long a token lives.
pub const TOKEN_LIFE: Duration = Duration::from_mins(30);

/// Whose key it is; none when the key, its secret or its service account is not good (any more).
pub fn owner(
    conn: &mut AnyConnection,
    key_id: &str,
    secret: &str,
    now: Ts,
) -> AppResult<Option<ServiceAccountId>> {
    let found = api_keys::table
        .inner_join(service_accounts::table)
        .filter(api_keys::key_id.eq(key_id))
        .filter(api_keys::revoked_at.is_null())
        .filter(service_accounts::state.eq(AccessState::Active))
        .select((service_accounts::id, api_keys::secret_hash, api_keys::expires_at))
        .first::<(ServiceAccountId, Vec<u8>, Option<Ts>)>(conn)
        .optional()?;
    let hash = crypto::token_hash(secret);
    let good = found.filter(|(_, stored, expires)| {
        crypto::same(stored, &hash) && expires.is_none_or(|expires| expires > now)
    });
    Ok(good.map(|(service_account, ..)| service_account))
}

/// A token for the holder of a key, or none as of [`owner`].
pub fn exchange(tx: &mut Tx<'_>, key_id: &str, secret: &str) -> AppResult<Option<String>> {
    let Some(service_account) = owner(tx.conn, key_id, secret, tx.now)? else {
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
