//! Writes that are safe to repeat. A client's `Idempotency-Key`, or the key hidden in a form of ours, names a request;
//! its outcome is kept for a day and given again when the request comes again. The record commits with the effect, so
//! a crash between the two cannot happen; and as commands of one business account run one after another, a repeat that
//! comes while the first still runs waits for it and gets its outcome.
//!
//! Only outcomes are kept: a refusal changes nothing, so the corrected request may use the same key again.

mod form;

pub use form::{Made, done_once, made_once, secret_once};

use std::time::Duration;

use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    auth::actor::Actor,
    db::{AnyConnection, Tx, schema::idempotency_records},
    history::model::Anything,
    kernel::{
        crypto,
        error::{AppError, AppResult, Code},
        id::Id,
        text::IdempotencyKey,
    },
};

/// How long an outcome is kept.
pub const KEPT: Duration = Duration::from_hours(24);

/// A request that its sender may repeat.
#[derive(Clone, Debug)]
pub struct Claim {
    scope: Id<Anything>,
    method: &'static str,
    path: String,
    key: IdempotencyKey,
    fingerprint: Vec<u8>,
}

/// What a request led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The HTTP status.
    pub status: u16,
    /// Where the result is.
    pub location: Option<String>,
    /// The body, byte for byte.
    pub body: String,
    /// It is the outcome of an earlier request with the same key.
    pub is_replay: bool,
}

impl Outcome {
    /// The outcome of a request that was just done.
    pub fn new(status: u16, location: Option<String>, body: String) -> Self {
        Self {
            status,
            location,
            body,
            is_replay: false,
        }
    }
}

impl Claim {
    /// The claim of `actor` on what `method path` with this `content` does. A key is its sender's own: the same key of
    /// someone else, or in another business account, is another key.
    pub fn new(actor: &Actor, method: &'static str, path: &str, key: IdempotencyKey, content: &[u8]) -> Self {
        let mut who = actor.business_account.uuid().as_bytes().to_vec();
        who.extend(actor.id.unwrap_or_default().as_bytes());
        let mut scope = [0; 16];
        scope
            .iter_mut()
            .zip(crypto::sha256(&who))
            .for_each(|(to, from)| *to = from);
        Self {
            scope: Id::from_uuid(Uuid::from_bytes(scope)),
            method,
            path: path.to_owned(),
            key,
            fingerprint: crypto::sha256(content),
        }
    }

    /// The claim of a web form of ours, by its hidden key.
    ///
    /// # Errors
    /// `INVALID_IDEMPOTENCY_KEY` when the key is not one.
    pub fn of_form(actor: &Actor, path: &str, key: &str, content: &impl serde::Serialize) -> AppResult<Self> {
        let key =
            IdempotencyKey::parse(key).map_err(|why| AppError::refused(Code::BadIdempotencyKey, why))?;
        let content = serde_json::to_vec(content).unwrap_or_default();
        Ok(Self::new(actor, "POST", path, key, &content))
    }
}

/// The outcome of an earlier request of the same claim: for forms of which something is asked before they are carried
/// out that their first coming has answered otherwise.
///
/// # Errors
/// The database's.
pub fn known(conn: &mut AnyConnection, claim: Option<&Claim>) -> AppResult<Option<Outcome>> {
    let Some(claim) = claim else { return Ok(None) };
    let found = find(conn, claim)?;
    Ok(found
        .filter(|(fingerprint, _)| *fingerprint == claim.fingerprint)
        .map(|(_, outcome)| outcome))
}

/// Does `effect` once: a repeat of the claim gets the first outcome again and does nothing.
///
/// # Errors
/// `IDEMPOTENCY_KEY_REUSED` when the key was used with other content; whatever `effect` says, and then nothing is kept.
pub fn once(
    tx: &mut Tx<'_>,
    claim: Option<&Claim>,
    effect: impl FnOnce(&mut Tx<'_>) -> AppResult<Outcome>,
) -> AppResult<Outcome> {
    let Some(claim) = claim else { return effect(tx) };
    let oldest = tx.now.minus(KEPT);
    diesel::delete(idempotency_records::table.filter(idempotency_records::created_at.le(oldest)))
        .execute(tx.conn)?;
    if let Some((fingerprint, outcome)) = find(tx.conn, claim)? {
        if fingerprint == claim.fingerprint {
            return Ok(outcome);
        }
        return Err(AppError::refused(
            Code::KeyReused,
            "This idempotency key was used for a request with other content; use a new key.",
        ));
    }
    let outcome = effect(tx)?;
    diesel::insert_into(idempotency_records::table)
        .values((
            idempotency_records::principal_id.eq(claim.scope),
            idempotency_records::method.eq(claim.method),
            idempotency_records::path.eq(&claim.path),
            idempotency_records::idempotency_key.eq(claim.key.as_str()),
            idempotency_records::fingerprint.eq(&claim.fingerprint),
            idempotency_records::status.eq(i64::from(outcome.status)),
            idempotency_records::location.eq(&outcome.location),
            idempotency_records::body.eq(&outcome.body),
            idempotency_records::created_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    Ok(outcome)
}

type Stored = (Vec<u8>, i64, Option<String>, String);

fn find(conn: &mut AnyConnection, claim: &Claim) -> AppResult<Option<(Vec<u8>, Outcome)>> {
    let row = idempotency_records::table
        .find((claim.scope, claim.method, &claim.path, claim.key.as_str()))
        .select((
            idempotency_records::fingerprint,
            idempotency_records::status,
            idempotency_records::location,
            idempotency_records::body,
        ))
        .first::<Stored>(conn)
        .optional()?;
    Ok(row.map(|(fingerprint, status, location, body)| {
        let outcome = Outcome {
            status: u16::try_from(status).unwrap_or(200),
            location,
            body,
            is_replay: true,
        };
        (fingerprint, outcome)
    }))
}
