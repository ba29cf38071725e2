//! What administrators do with connectors. Each is a command in a write transaction with one event of history, which
//! never holds a secret.

use super::{
    connector::{ConnectorRow, Wanted, credential_place, secret_place},
    connector_queries as queries, deliver,
    model::Target,
    probe::Probed,
};
use crate::{
    auth::{actor::Actor, permission::Right},
    db::{AnyConnection, Tx},
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        crypto::Vault,
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, ConnectorId},
    },
    webhooks::{model::OVERLAP, signature},
};

/// Adds a connector; with its secret, which is told once.
///
/// # Errors
/// 403; `Duplicate` when there is one of its kind.
pub fn add(
    tx: &mut Tx<'_>,
    vault: &Vault,
    actor: &Actor,
    wanted: &Wanted,
) -> AppResult<(ConnectorRow, String)> {
    actor.require(Right::Administer)?;
    let (account, target) = (actor.business_account, wanted.target());
    if target == Target::Manual || queries::find(tx.conn, account, target)?.is_some() {
        let sentence = format!("There is a connector to {} already.", target.named());
        return Err(AppError::refused(Code::Duplicate, sentence));
    }
    let (id, secret) = (ConnectorId::generate(tx.now), signature::new_secret()?);
    let mut row = ConnectorRow {
        id,
        business_account_id: account,
        target,
        url: String::new(),
        account: String::new(),
        credential: seal(vault, id, wanted)?,
        project: String::new(),
        issue_type: String::new(),
        secret: vault.seal(&secret_place(id), secret.as_bytes())?,
        previous_secret: None,
        previous_until: None,
        is_enabled: true,
        tested_at: None,
        test_passed: false,
        test_outcome: String::new(),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    wanted.apply(&mut row);
    queries::insert(tx.conn, &row)?;
    let text = format!("Connector to {} added: {}", target.named(), row.url);
    record(tx, actor, EventKind::Create, ("", target.as_str()), &text, id)?;
    Ok((row, secret))
}

fn seal(vault: &Vault, id: ConnectorId, wanted: &Wanted) -> AppResult<Option<Vec<u8>>> {
    let seal = |credential: &String| vault.seal(&credential_place(id), credential.as_bytes());
    wanted.credential.as_ref().map(seal).transpose()
}

/// Changes where it is and how we show who we are; without a new credential the present one stays.
///
/// # Errors
/// 403, 404; `Stale`; `Invalid` when the kept credential would go to another host.
pub fn edit(
    tx: &mut Tx<'_>,
    vault: &Vault,
    actor: &Actor,
    id: ConnectorId,
    seen: Option<i64>,
    wanted: &Wanted,
) -> AppResult<ConnectorRow> {
    let mut row = changeable(tx, actor, id, seen)?;
    let before = told(&row);
    wanted.apply(&mut row);
    let sealed = seal(vault, id, wanted)?;
    let text = match (&sealed, row.target) {
        (Some(_), _) => "Connector changed, with a new credential",
        (None, _) => "Connector changed",
    };
    row.credential = sealed.or(row.credential);
    (row.tested_at, row.test_passed, row.test_outcome) = (None, false, String::new());
    store(tx, &mut row)?;
    record(tx, actor, EventKind::Edit, (&before, &told(&row)), text, id)?;
    Ok(row)
}

/// What the history says of it.
fn told(row: &ConnectorRow) -> String {
    [&row.url, &row.account, &row.project, &row.issue_type]
        .into_iter()
        .filter(|part| !part.is_empty())
        .cloned()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Lets exceptions be handed to it, or not.
///
/// # Errors
/// 403, 404; `Stale`.
pub fn set_enabled(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ConnectorId,
    seen: Option<i64>,
    is_enabled: bool,
) -> AppResult<ConnectorRow> {
    let mut row = changeable(tx, actor, id, seen)?;
    if row.is_enabled == is_enabled {
        return Ok(row);
    }
    row.is_enabled = is_enabled;
    store(tx, &mut row)?;
    let word = |on| if on { "ENABLED" } else { "DISABLED" };
    let text = format!(
        "Connector to {} {}",
        row.target.named(),
        word(is_enabled).to_lowercase()
    );
    let values = (word(!is_enabled), word(is_enabled));
    record(tx, actor, EventKind::StatusChange, values, &text, id)?;
    Ok(row)
}

/// Makes a new secret, which is told once; the former one is good beside it for a while.
///
/// # Errors
/// As [`set_enabled`].
pub fn renew_secret(
    tx: &mut Tx<'_>,
    vault: &Vault,
    actor: &Actor,
    id: ConnectorId,
    seen: Option<i64>,
) -> AppResult<(ConnectorRow, String)> {
    let mut row = changeable(tx, actor, id, seen)?;
    let secret = signature::new_secret()?;
    let sealed = vault.seal(&secret_place(id), secret.as_bytes())?;
    row.previous_secret = Some(std::mem::replace(&mut row.secret, sealed));
    row.previous_until = Some(tx.now.plus(OVERLAP));
    store(tx, &mut row)?;
    let text = format!("Connector to {} has a new secret", row.target.named());
    record(tx, actor, EventKind::Edit, ("", ""), &text, id)?;
    Ok((row, secret))
}

/// The newest secret of a connector.
///
/// # Errors
/// 404.
pub fn newest_secret(
    conn: &mut AnyConnection,
    vault: &Vault,
    account: BusinessAccountId,
    id: ConnectorId,
) -> AppResult<String> {
    queries::get(conn, account, id)?.newest_secret(vault)
}

/// Notes what came of trying it out, if it is still what was tried.
///
/// # Errors
/// 403, 404.
pub fn note_test(tx: &mut Tx<'_>, actor: &Actor, tried: &ConnectorRow, probed: &Probed) -> AppResult<()> {
    actor.require(Right::Administer)?;
    let mut row = queries::get(tx.conn, actor.business_account, tried.id)?;
    if row.version != tried.version {
        return Ok(());
    }
    row.tested_at = Some(tx.now);
    row.test_passed = probed.passed;
    row.test_outcome.clone_from(&probed.words);
    let seen = row.version;
    queries::update(tx.conn, &row, seen)?;
    let outcome = if probed.passed { "passed" } else { "failed" };
    let text = format!("Connector to {} tested: {outcome}", row.target.named());
    record(tx, actor, EventKind::Edit, ("", ""), &text, row.id)
}

/// Takes a connector away. What waits to be handed over comes back.
///
/// # Errors
/// As [`set_enabled`].
pub fn delete(tx: &mut Tx<'_>, actor: &Actor, id: ConnectorId, seen: Option<i64>) -> AppResult<ConnectorRow> {
    let row = changeable(tx, actor, id, seen)?;
    deliver::give_up(
        tx,
        row.business_account_id,
        row.target,
        "The connector was removed.",
    )?;
    queries::delete(tx.conn, row.business_account_id, id)?;
    let text = format!("Connector to {} removed: {}", row.target.named(), row.url);
    let values = (row.target.as_str(), "");
    record(tx, actor, EventKind::Edit, values, &text, id)?;
    Ok(row)
}

fn changeable(tx: &mut Tx<'_>, actor: &Actor, id: ConnectorId, seen: Option<i64>) -> AppResult<ConnectorRow> {
    actor.require(Right::Administer)?;
    let row = queries::get(tx.conn, actor.business_account, id)?;
    row.check_version(seen)?;
    Ok(row)
}

fn store(tx: &mut Tx<'_>, row: &mut ConnectorRow) -> AppResult<()> {
    let seen = row.version;
    row.version += 1;
    row.updated_at = tx.now;
    if queries::update(tx.conn, row, seen)? {
        return Ok(());
    }
    Err(AppError::refused(Code::Stale, "Somebody changed it meanwhile."))
}

fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    kind: EventKind,
    (previous, new): (&str, &str),
    description: &str,
    id: ConnectorId,
) -> AppResult<()> {
    let happening = Happening {
        entity_type: EntityType::Connector,
        entity_id: id.uuid(),
        kind,
        previous,
        new,
        description,
    };
    history::record(tx, actor, &happening)
}
