//! What is done to service accounts and their keys. Each is a command in a write transaction with one event of history;
//! the actor's own role is read again inside it.

use crate::{
    auth::{actor::Actor, permission::Role, principal::AccessState},
    db::Tx,
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        clock::Ts,
        crypto,
        error::{AppError, AppResult, Code},
        id::ServiceAccountId,
        text::Title,
    },
    members::{access, model::may_give},
};

use super::{
    model::{Key, MOST_KEYS, Overlap, ServiceAccount},
    queries,
};

/// A new key, shown once.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Names the key.
    pub key_id: String,
    /// Proves that it is the key's holder.
    pub secret: String,
}

/// Adds a service account.
///
/// # Errors
/// 403 for who may not give the role; 422 when there is one of this name.
pub fn add(tx: &mut Tx<'_>, actor: &Actor, name: &Title, role: Role) -> AppResult<ServiceAccountId> {
    may_give(&access::as_of_now(tx, actor)?, role)?;
    if queries::has_name(tx.conn, actor.business_account, name.as_str())? {
        return Err(AppError::field(
            "name",
            "There is a service account of this name; choose another.",
        ));
    }
    let new = ServiceAccount {
        id: ServiceAccountId::generate(tx.now),
        name: name.as_str().to_owned(),
        role,
        state: AccessState::Active,
        version: 1,
        created_at: tx.now,
    };
    queries::insert(tx, actor.business_account, &new)?;
    let text = format!("Service account “{}” added as {}", new.name, role.label());
    record(tx, actor, new.id, EventKind::Create, ("", role.as_str()), &text)?;
    Ok(new.id)
}

/// Gives a service account another key, which ends at `expires_at`.
///
/// # Errors
/// 404 when there is no such service account; 409 when it is not the `seen` version; 422 when it has
/// [`MOST_KEYS`] good keys.
pub fn add_key(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ServiceAccountId,
    seen: Option<i64>,
    expires_at: Option<Ts>,
) -> AppResult<NewKey> {
    let owner = changeable(tx, actor, id, seen)?;
    let new = make_key(tx, actor, &owner, expires_at)?;
    queries::update(tx, actor.business_account, &owner)?;
    record(tx, actor, id, EventKind::Edit, ("", &new.key_id), "Key added")?;
    Ok(new)
}

/// Puts a new key, which ends at `expires_at`, in the place of one, which goes on to work for the `overlap`.
///
/// # Errors
/// As [`add_key`]; 404 when it has no such key, 422 when that has ended already.
pub fn rotate_key(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ServiceAccountId,
    seen: Option<i64>,
    key_id: &str,
    (overlap, expires_at): (Overlap, Option<Ts>),
) -> AppResult<NewKey> {
    let owner = changeable(tx, actor, id, seen)?;
    let old = good_key(tx, actor, id, key_id)?;
    let end = tx.now.plus(overlap.0);
    if end == tx.now {
        queries::end_key(tx, key_id)?;
    } else if old.expires_at.is_none_or(|expires| expires > end) {
        queries::let_key_end(tx, key_id, end)?;
    }
    let new = make_key(tx, actor, &owner, expires_at)?;
    queries::update(tx, actor.business_account, &owner)?;
    let text = format!("Key rotated; the old one ends {}", end.rfc3339());
    record(tx, actor, id, EventKind::Edit, (key_id, &new.key_id), &text)?;
    Ok(new)
}

/// Ends a key, and at once every token it was exchanged for.
///
/// # Errors
/// 404 when the service account has no such key; 422 when it has ended already.
pub fn revoke_key(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ServiceAccountId,
    seen: Option<i64>,
    key_id: &str,
) -> AppResult<()> {
    let owner = changeable(tx, actor, id, seen)?;
    good_key(tx, actor, id, key_id)?;
    queries::end_key(tx, key_id)?;
    queries::update(tx, actor.business_account, &owner)?;
    record(tx, actor, id, EventKind::Edit, (key_id, ""), "Key revoked")
}

/// Gives a service account another role. It counts from its next request on.
pub fn change_role(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ServiceAccountId,
    seen: Option<i64>,
    role: Role,
) -> AppResult<ServiceAccount> {
    let mut changed = changeable(tx, actor, id, seen)?;
    may_give(&access::as_of_now(tx, actor)?, role)?;
    let before = std::mem::replace(&mut changed.role, role);
    if before != role {
        queries::update(tx, actor.business_account, &changed)?;
        let text = format!(
            "{} was {} and is {} now",
            changed.name,
            before.label(),
            role.label()
        );
        let change = (before.as_str(), role.as_str());
        record(tx, actor, id, EventKind::Role, change, &text)?;
    }
    Ok(changed)
}

/// Takes a service account's access away, with every token of it, or gives it back.
pub fn set_state(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ServiceAccountId,
    seen: Option<i64>,
    state: AccessState,
) -> AppResult<ServiceAccount> {
    let mut changed = changeable(tx, actor, id, seen)?;
    let before = std::mem::replace(&mut changed.state, state);
    if before != state {
        queries::update(tx, actor.business_account, &changed)?;
        queries::end_tokens(tx, id, state)?;
        let text = match state {
            AccessState::Active => format!("{} was enabled again", changed.name),
            AccessState::Disabled => format!("{} was disabled", changed.name),
        };
        let change = (before.as_str(), state.as_str());
        record(tx, actor, id, EventKind::Membership, change, &text)?;
    }
    Ok(changed)
}

/// The service account, when the actor may change it as things are now.
fn changeable(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ServiceAccountId,
    seen: Option<i64>,
) -> AppResult<ServiceAccount> {
    let now = access::as_of_now(tx, actor)?;
    let found = queries::get(tx.conn, actor.business_account, id)?;
    may_give(&now, found.role)?;
    found.check_version(seen)?;
    Ok(found)
}

fn good_key(tx: &mut Tx<'_>, actor: &Actor, id: ServiceAccountId, key_id: &str) -> AppResult<Key> {
    let keys = queries::keys(tx.conn, actor.business_account, id)?;
    let key = keys
        .into_iter()
        .find(|key| key.key_id == key_id)
        .ok_or(AppError::NotFound)?;
    if key.state(tx.now).is_good() {
        return Ok(key);
    }
    Err(AppError::refused(
        Code::RuleRefuses,
        "This key has ended already.",
    ))
}

fn make_key(
    tx: &mut Tx<'_>,
    actor: &Actor,
    owner: &ServiceAccount,
    expires_at: Option<Ts>,
) -> AppResult<NewKey> {
    let keys = queries::keys(tx.conn, actor.business_account, owner.id)?;
    if keys.iter().filter(|key| key.state(tx.now).is_good()).count() >= MOST_KEYS {
        let sentence = format!("{} has {MOST_KEYS} good keys; revoke one first.", owner.name);
        return Err(AppError::refused(Code::RuleRefuses, sentence));
    }
    let new = NewKey {
        key_id: format!("docket_key_{}", crypto::hex(&crypto::random::<8>()?)),
        secret: format!("docket_secret_{}", crypto::new_token()?),
    };
    let key = Key {
        key_id: new.key_id.clone(),
        service_account: owner.id,
        created_at: tx.now,
        expires_at,
        revoked_at: None,
        last_used_at: None,
    };
    queries::insert_key(tx, &key, &crypto::token_hash(&new.secret))?;
    Ok(new)
}

/// `change` is the former and the new value.
fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ServiceAccountId,
    kind: EventKind,
    change: (&str, &str),
    description: &str,
) -> AppResult<()> {
    let happening = Happening {
        entity_type: EntityType::ServiceAccount,
        entity_id: id.uuid(),
        kind,
        previous: change.0,
        new: change.1,
        description,
    };
    history::record(tx, actor, &happening)
}
