//! Changing a policy. It always waits for a second person: rules that could be turned off alone would be none.

use super::{
    Kind,
    approval::{self, ApprovalPolicy, RawRule},
    queries::{self, PolicyRow},
};
use crate::{
    approvals::{
        ApprovalRow, Difference, Gated, Guard, Request,
        commands::{self as approvals, NewApproval},
    },
    auth::{actor::Actor, permission::Right},
    db::Tx,
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        error::{AppError, AppResult, Code},
        id::Id,
    },
};

/// Why a change of policy waits.
pub const WHY: &str = "Rule: a change of the approval rules needs a second person.";

/// Before and after, rule by rule.
pub fn differences(before: &ApprovalPolicy, after: &ApprovalPolicy) -> Vec<Difference> {
    let words = |policy: &ApprovalPolicy, at: usize| {
        let rule = policy.rules.get(at).map(|rule| rule.words(None));
        rule.map(|words| words.trim_start_matches("Rule: ").to_owned())
            .unwrap_or_default()
    };
    (0..before.rules.len().max(after.rules.len()))
        .map(|at| Difference::new(&format!("Rule {}", at + 1), words(before, at), words(after, at)))
        .filter(|d| d.before != d.after)
        .collect()
}

/// Asks for other approval rules. `seen` is the version of those they were made from; `effects` is what they would
/// have done, as [`super::simulation`] found.
///
/// # Errors
/// `Forbidden`; `Stale` when the rules were changed meanwhile; every wrong field at once; `DUPLICATE` when the same
/// rules wait already.
pub fn ask_for_rules(
    tx: &mut Tx<'_>,
    actor: &Actor,
    raw: &[RawRule],
    seen: i64,
    effects: Vec<String>,
) -> AppResult<ApprovalRow> {
    actor.require(Right::Administer)?;
    let before = approval::of(tx.conn, actor.business_account)?;
    if before.version != seen {
        return Err(AppError::refused(
            Code::Stale,
            "The rules were changed meanwhile. Look at them again.",
        ));
    }
    let after = ApprovalPolicy::parse(raw, seen)?;
    let changes = differences(&before, &after);
    if changes.is_empty() {
        return Err(AppError::refused(Code::RuleRefuses, "Nothing would change."));
    }
    let new = NewApproval {
        request: Request::ApprovalRules {
            rules: after.rules.iter().map(RawRule::from).collect(),
        },
        entity: (EntityType::BusinessAccount, actor.business_account.uuid()),
        concerns: None,
        guards: vec![Guard::ApprovalRules(seen)],
        title: "Change of the approval rules".into(),
        why: WHY.into(),
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

/// Puts rules in force, when a second person has agreed. What waits already waits for as many as it was told.
pub(crate) fn change_rules_now(tx: &mut Tx<'_>, actor: &Actor, raw: &[RawRule]) -> AppResult<ApprovalPolicy> {
    let before = approval::of(tx.conn, actor.business_account)?;
    let after = ApprovalPolicy::parse(raw, before.version + 1)?;
    let row = PolicyRow {
        business_account_id: actor.business_account,
        kind: Kind::Approvals,
        version: after.version,
        body: serde_json::to_string(raw)
            .map_err(|e| AppError::Internal(format!("writing approval rules: {e}")))?,
        changed_by_kind: actor.kind,
        changed_by_id: actor.id.map(Id::from_uuid),
        changed_by_name: actor.name.clone(),
        changed_at: tx.now,
    };
    queries::insert(tx.conn, &row)?;
    let changed: Vec<String> = differences(&before, &after)
        .into_iter()
        .map(|d| match (d.before.is_empty(), d.after.is_empty()) {
            (true, _) => format!("new: {}", d.after),
            (_, true) => format!("gone: {}", d.before),
            _ => format!("{} Before: {}", d.after, d.before),
        })
        .collect();
    let happening = Happening {
        entity_type: EntityType::BusinessAccount,
        entity_id: actor.business_account.uuid(),
        kind: EventKind::Edit,
        previous: &format!("approval rules {}", before.version),
        new: &format!("approval rules {}", after.version),
        description: &format!("changed the approval rules: {}", changed.join(" ")),
    };
    history::record(tx, actor, &happening)?;
    Ok(after)
}
