//! Changing a policy. It always waits for a second person: rules that could be turned off alone would be none.

use super::{
    queries::{self, PolicyRow},
    rules::{self, Rules},
};
use crate::{
    approvals::{
        ApprovalRow, Difference, Gated,
        commands::{self as approvals, NewApproval},
    },
    auth::{actor::Actor, permission::Right},
    db::{AnyConnection, Tx},
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, Id},
    },
};

/// Before and after, rule by rule.
///
/// # Errors
/// The database's.
pub fn differences<R: Rules>(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    before: &R,
    after: &R,
) -> AppResult<Vec<Difference>> {
    let (before, after) = (before.sentences(conn, account)?, after.sentences(conn, account)?);
    let words = |rules: &[String], at: usize| rules.get(at).cloned().unwrap_or_default();
    Ok((0..before.len().max(after.len()))
        .map(|at| Difference::new(&R::label(at), words(&before, at), words(&after, at)))
        .filter(|d| d.before != d.after)
        .collect())
}

/// Other rules against those in force.
pub struct Proposal<R> {
    /// The rules in force.
    pub before: R,
    /// What is proposed, as the next of the same version.
    pub after: R,
    /// Rule by rule.
    pub changes: Vec<Difference>,
}

/// Checks other rules. `seen` is the version of those they were made from.
///
/// # Errors
/// `Stale` when the rules were changed meanwhile; every wrong field at once; `RULE_REFUSES` when nothing would change.
pub fn propose<R: Rules>(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    raw: &[R::Raw],
    seen: i64,
) -> AppResult<Proposal<R>> {
    let before: R = rules::of(conn, account)?;
    if before.version() != seen {
        let what = if R::ARE_FIGURES { R::KIND.words() } else { "rules" };
        let why = format!("The {what} were changed meanwhile. Look at them again.");
        return Err(AppError::refused(Code::Stale, why));
    }
    let after = R::parse(raw, seen)?;
    after.check(conn, account)?;
    let changes = differences(conn, account, &before, &after)?;
    if changes.is_empty() {
        return Err(AppError::refused(Code::RuleRefuses, "Nothing would change."));
    }
    Ok(Proposal {
        before,
        after,
        changes,
    })
}

/// Asks for other rules. `seen` is the version of those they were made from; `effects` is what they would have done,
/// as a simulation found.
///
/// # Errors
/// `Forbidden`; those of [`propose`]; `DUPLICATE` when the same rules wait already.
pub fn ask_for<R: Rules>(
    tx: &mut Tx<'_>,
    actor: &Actor,
    raw: &[R::Raw],
    seen: i64,
    effects: Vec<String>,
) -> AppResult<ApprovalRow> {
    actor.require(Right::Administer)?;
    let account = actor.business_account;
    let Proposal { after, changes, .. } = propose::<R>(tx.conn, account, raw, seen)?;
    let what = R::KIND.words();
    let new = NewApproval {
        request: R::request(after.raw()),
        entity: (EntityType::BusinessAccount, account.uuid()),
        concerns: None,
        guards: vec![R::guard(seen)],
        title: format!("Change of the {what}"),
        why: format!("Rule: a change of the {what} needs a second person."),
        people: 1,
        effects,
        changes,
        number: None,
    };
    match approvals::ask::<()>(tx, actor, new)? {
        Gated::Waits(row) => Ok(*row),
        Gated::Done(()) => Err(AppError::Internal("a change of policy did not wait".into())),
    }
}

/// Puts rules in force, when a second person has agreed. What is done already stays as it was done.
pub(crate) fn change_now<R: Rules>(tx: &mut Tx<'_>, actor: &Actor, raw: &[R::Raw]) -> AppResult<R> {
    let account = actor.business_account;
    let before: R = rules::of(tx.conn, account)?;
    let after = R::parse(raw, before.version() + 1)?;
    after.check(tx.conn, account)?;
    let what = R::KIND.words();
    let row = PolicyRow {
        business_account_id: account,
        kind: R::KIND,
        version: after.version(),
        body: serde_json::to_string(raw).map_err(|e| AppError::Internal(format!("writing {what}: {e}")))?,
        changed_by_kind: actor.kind,
        changed_by_id: actor.id.map(Id::from_uuid),
        changed_by_name: actor.name.clone(),
        changed_at: tx.now,
    };
    queries::insert(tx.conn, &row)?;
    let changed: Vec<String> = differences(tx.conn, account, &before, &after)?
        .into_iter()
        .map(|d| match (d.before.is_empty(), d.after.is_empty()) {
            (true, _) => format!("new: {}", d.after),
            (_, true) => format!("gone: {}", d.before),
            _ if R::ARE_FIGURES => format!("{}: {}, before {}.", d.label, d.after, d.before),
            _ => format!("{} Before: {}", d.after, d.before),
        })
        .collect();
    let happening = Happening {
        entity_type: EntityType::BusinessAccount,
        entity_id: account.uuid(),
        kind: EventKind::Edit,
        previous: &format!("{what} {}", before.version()),
        new: &format!("{what} {}", after.version()),
        description: &format!("changed the {what}: {}", changed.join(" ")),
    };
    history::record(tx, actor, &happening)?;
    Ok(after)
}
