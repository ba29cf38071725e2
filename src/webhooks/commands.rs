//! What people and their systems do with subscriptions. Each is a command in a write transaction with one event of
//! history, which never holds a secret.

use super::{
    model::{DeliveryRow, DeliveryState, MOST, OVERLAP, SubscriptionRow, SubscriptionState, Wanted},
    queries, rows, signature,
};
use crate::{
    auth::{actor::Actor, permission::Right},
    db::{AnyConnection, Tx},
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        clock::Ts,
        crypto::Vault,
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, WebhookDeliveryId, WebhookSubscriptionId},
    },
};

/// Adds a subscription, told of what happens from now on; with its secret, which is told once.
///
/// # Errors
/// 403; 422 when there are [`MOST`] already.
pub fn add(
    tx: &mut Tx<'_>,
    vault: &Vault,
    actor: &Actor,
    wanted: &Wanted,
) -> AppResult<(SubscriptionRow, String)> {
    actor.require(Right::Administer)?;
    let account = actor.business_account;
    if queries::count(tx.conn, account)? >= MOST {
        let sentence = format!("There are {MOST} subscriptions already; delete one first.");
        return Err(AppError::refused(Code::RuleRefuses, sentence));
    }
    let head = history::queries::head(tx.conn, account)?.seq;
    // Nobody listened before: what happened then is not turned into messages.
    if queries::cursor(tx.conn, account)?.is_none() || queries::count(tx.conn, account)? == 0 {
        queries::set_cursor(tx.conn, account, head)?;
    }
    let (id, secret) = (WebhookSubscriptionId::generate(tx.now), signature::new_secret()?);
    let mut row = SubscriptionRow {
        id,
        business_account_id: account,
        url: String::new(),
        description: String::new(),
        events: String::new(),
        state: SubscriptionState::Active,
        suspended_because: String::new(),
        secret: vault.seal(&SubscriptionRow::place(id), secret.as_bytes())?,
        previous_secret: None,
        previous_until: None,
        since_seq: head,
        lease_until: None,
        failures: 0,
        rests_until: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    wanted.apply(&mut row);
    queries::insert(tx.conn, &row)?;
    let text = format!("Webhook subscription added: {}", row.url);
    record(tx, actor, EventKind::Create, ("", &row.events), &text, id)?;
    Ok((row, secret))
}

/// Changes where messages go, what they are about, and the words.
///
/// # Errors
/// 403, 404; `Stale`.
pub fn edit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: WebhookSubscriptionId,
    seen: Option<i64>,
    wanted: &Wanted,
) -> AppResult<SubscriptionRow> {
    let mut row = changeable(tx, actor, id, seen)?;
    let before = (row.url.clone(), row.events.clone());
    wanted.apply(&mut row);
    store(tx, &mut row)?;
    let values = (
        format!("{} {}", before.0, before.1),
        format!("{} {}", row.url, row.events),
    );
    let text = "Webhook subscription changed";
    record(tx, actor, EventKind::Edit, (&values.0, &values.1), text, id)?;
    Ok(row)
}

/// Suspends a subscription, or resumes it: then everything that waits is sent, in order.
///
/// # Errors
/// As [`edit`].
pub fn set_state(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: WebhookSubscriptionId,
    seen: Option<i64>,
    state: SubscriptionState,
) -> AppResult<SubscriptionRow> {
    let mut row = changeable(tx, actor, id, seen)?;
    if row.state == state {
        return Ok(row);
    }
    let before = std::mem::replace(&mut row.state, state);
    row.suspended_because = match state {
        SubscriptionState::Active => String::new(),
        SubscriptionState::Suspended => format!("{} suspended it.", actor.name),
    };
    if state == SubscriptionState::Active {
        (row.failures, row.rests_until) = (0, None);
        rows::hurry(tx.conn, row.business_account_id, id, tx.now)?;
    }
    store(tx, &mut row)?;
    let text = format!(
        "Webhook subscription {}: {}",
        if state == SubscriptionState::Active {
            "resumed"
        } else {
            "suspended"
        },
        row.url
    );
    let values = (before.as_str(), state.as_str());
    record(tx, actor, EventKind::StatusChange, values, &text, id)?;
    Ok(row)
}

/// A new secret, told once. The former one signs beside it for [`OVERLAP`].
///
/// # Errors
/// As [`edit`].
pub fn renew_secret(
    tx: &mut Tx<'_>,
    vault: &Vault,
    actor: &Actor,
    id: WebhookSubscriptionId,
    seen: Option<i64>,
) -> AppResult<(SubscriptionRow, String)> {
    let mut row = changeable(tx, actor, id, seen)?;
    let secret = signature::new_secret()?;
    let sealed = vault.seal(&SubscriptionRow::place(id), secret.as_bytes())?;
    row.previous_secret = Some(std::mem::replace(&mut row.secret, sealed));
    row.previous_until = Some(tx.now.plus(OVERLAP));
    store(tx, &mut row)?;
    let text = "Webhook subscription has a new secret";
    record(tx, actor, EventKind::Edit, ("", ""), text, id)?;
    Ok((row, secret))
}

/// Takes a subscription away, with every message to it.
///
/// # Errors
/// As [`edit`].
pub fn delete(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: WebhookSubscriptionId,
    seen: Option<i64>,
) -> AppResult<SubscriptionRow> {
    let row = changeable(tx, actor, id, seen)?;
    queries::delete(tx.conn, row.business_account_id, id)?;
    let text = format!("Webhook subscription deleted: {}", row.url);
    record(tx, actor, EventKind::Edit, (&row.events, ""), &text, id)?;
    Ok(row)
}

/// Sends a message again, or at once, with the id that it has.
///
/// # Errors
/// 403, 404.
pub fn resend(
    tx: &mut Tx<'_>,
    actor: &Actor,
    subscription: WebhookSubscriptionId,
    id: WebhookDeliveryId,
) -> AppResult<DeliveryRow> {
    actor.require(Right::Administer)?;
    let mut owner = queries::get(tx.conn, actor.business_account, subscription)?;
    let mut row = rows::get(tx.conn, actor.business_account, subscription, id)?;
    row.state = DeliveryState::Waiting;
    row.next_at = tx.now;
    row.failing_since = None;
    rows::update(tx.conn, &row)?;
    owner.rests_until = None;
    queries::set_service(tx.conn, &owner)?;
    let text = format!("Webhook message {} is sent again", row.message_id);
    record(tx, actor, EventKind::Edit, ("", ""), &text, subscription)?;
    Ok(row)
}

/// What a subscription's messages are signed with at `now`.
pub fn secrets(vault: &Vault, row: &SubscriptionRow, now: Ts) -> AppResult<Vec<String>> {
    let former = row
        .previous_secret
        .as_ref()
        .filter(|_| row.previous_until.is_some_and(|until| now < until));
    std::iter::once(&row.secret)
        .chain(former)
        .map(|sealed| opened(vault, row.id, sealed))
        .collect()
}

/// The newest secret of a subscription.
///
/// # Errors
/// 404.
pub fn newest_secret(
    conn: &mut AnyConnection,
    vault: &Vault,
    account: BusinessAccountId,
    id: WebhookSubscriptionId,
) -> AppResult<String> {
    let row = queries::get(conn, account, id)?;
    opened(vault, id, &row.secret)
}

fn opened(vault: &Vault, id: WebhookSubscriptionId, sealed: &[u8]) -> AppResult<String> {
    let opened = vault.open(&SubscriptionRow::place(id), sealed)?;
    String::from_utf8(opened).map_err(|_| AppError::Internal("a secret that is no text".into()))
}

fn changeable(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: WebhookSubscriptionId,
    seen: Option<i64>,
) -> AppResult<SubscriptionRow> {
    actor.require(Right::Administer)?;
    let row = queries::get(tx.conn, actor.business_account, id)?;
    row.check_version(seen)?;
    Ok(row)
}

fn store(tx: &mut Tx<'_>, row: &mut SubscriptionRow) -> AppResult<()> {
    let seen = row.version;
    row.version += 1;
    row.updated_at = tx.now;
    if queries::update(tx.conn, row, seen)? {
        return Ok(());
    }
    Err(AppError::refused(Code::Stale, "Somebody changed it meanwhile."))
}

/// Writes an event about a subscription.
pub(super) fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    kind: EventKind,
    (previous, new): (&str, &str),
    description: &str,
    id: WebhookSubscriptionId,
) -> AppResult<()> {
    let happening = Happening {
        entity_type: EntityType::WebhookSubscription,
        entity_id: id.uuid(),
        kind,
        previous,
        new,
        description,
    };
    history::record(tx, actor, &happening)
}
