//! The verdict of the second person. What is approved is done in the same transaction, in the requester's name, and
//! only on the versions that it was asked for; what cannot be done any more lapses and says why.

use uuid::Uuid;

use super::{
    commands::{close, lapse, place, tell},
    model::{ApprovalRow, ApprovalState, Consented, Guard, Request},
    queries, told,
};
use crate::{
    accounts,
    auth::actor::{Actor, ActorKind},
    calendar,
    db::Tx,
    exceptions::{self, resolution},
    history::{model::Anything, queries::From},
    kernel::{
        crypto::Vault,
        error::{AppError, AppResult, Code},
        id::{ApprovalId, Id},
        text::{AccountNumber, Reason},
    },
    members,
    policies::{self, approval::ApprovalPolicy, rules::Rules, thresholds::Thresholds},
    routing::rules::Routing,
    service_accounts, transactions,
};

/// Agrees to a request and does it. The approval that comes back is APPROVED, LAPSED with the reason, or WAITING when
/// more people must agree.
///
/// # Errors
/// 404; what [`ApprovalRow::check`] refuses; `Stale` when `seen` is not its version.
pub fn approve(
    tx: &mut Tx<'_>,
    vault: &Vault,
    actor: &Actor,
    id: ApprovalId,
    seen: Option<i64>,
) -> AppResult<ApprovalRow> {
    approve_saying(tx, vault, actor, id, seen, None)
}

/// As [`approve`], with words for the requester.
///
/// # Errors
/// As [`approve`].
pub fn approve_saying(
    tx: &mut Tx<'_>,
    vault: &Vault,
    actor: &Actor,
    id: ApprovalId,
    seen: Option<i64>,
    reason: Option<&Reason>,
) -> AppResult<ApprovalRow> {
    let mut row = begin(tx, actor, id, seen)?;
    if let Some(why) = moved_on(tx, &row)? {
        return lapse(tx, actor, row, &why);
    }
    let not_any_more = format!("{} may not do this any more.", row.requested_by_name);
    let Some(requester) = requester(tx, &row, actor)? else {
        return lapse(tx, actor, row, &not_any_more);
    };
    add_consent(actor, &mut row)?;
    if row.people_left() > 0 {
        return wait_on(tx, actor, row);
    }
    let done = tx.attempt(|tx| {
        // Decided first: the effect changes the record, and that would let what waits about it lapse.
        let mut row = close(
            tx,
            actor,
            row.clone(),
            ApprovalState::Approved,
            reason.map(Reason::as_str),
        )?;
        let (outcome, result) = carry_out(tx, vault, &requester, &row)?;
        row.outcome = Some(outcome);
        row.result_id = Some(Id::from_uuid(result));
        queries::set_outcome(tx.conn, &row)?;
        let values = (ApprovalState::Waiting.as_str(), ApprovalState::Approved.as_str());
        let text = format!("approved what {} asked for: {}", row.requested_by_name, row.title);
        tell(tx, actor, &row, values, &text)?;
        let said = reason.map_or(String::new(), |r| format!(" {}", r.as_str()));
        told::requester(tx, actor, &row, &format!("{} approved it.{said}", actor.name))?;
        Ok(row)
    });
    match done? {
        Err(AppError::Forbidden(_)) => lapse(tx, actor, row, &not_any_more),
        Err(refusal) => lapse(tx, actor, row, &refusal.sentence()),
        Ok(row) => Ok(row),
    }
}

/// Refuses a request, with a reason; nothing is done.
///
/// # Errors
/// As [`approve`].
pub fn reject(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ApprovalId,
    reason: &Reason,
    seen: Option<i64>,
) -> AppResult<ApprovalRow> {
    let row = begin(tx, actor, id, seen)?;
    let row = close(tx, actor, row, ApprovalState::Rejected, Some(reason.as_str()))?;
    let values = (ApprovalState::Waiting.as_str(), ApprovalState::Rejected.as_str());
    let text = format!(
        "rejected what {} asked for: {}. {}",
        row.requested_by_name,
        row.title,
        reason.as_str()
    );
    tell(tx, actor, &row, values, &text)?;
    let said = format!("{} rejected it. {}", actor.name, reason.as_str());
    told::requester(tx, actor, &row, &said)?;
    Ok(row)
}

fn add_consent(actor: &Actor, row: &mut ApprovalRow) -> AppResult<()> {
    let mut consents = row.consents();
    consents.extend(actor.id.map(|by| Consented {
        by: Id::from_uuid(by),
        name: actor.name.clone(),
    }));
    row.consents = serde_json::to_string(&consents)
        .map_err(|e| AppError::Internal(format!("writing an approval: {e}")))?;
    Ok(())
}

/// One has agreed, and it waits for the next.
fn wait_on(tx: &mut Tx<'_>, actor: &Actor, mut row: ApprovalRow) -> AppResult<ApprovalRow> {
    row.version += 1;
    if !queries::decide(tx.conn, &row)? {
        return Err(AppError::refused(Code::Stale, "Somebody decided it meanwhile."));
    }
    let given = row.consents().len();
    let (before, after) = (given.saturating_sub(1).to_string(), given.to_string());
    let text = format!(
        "agreed, as {given} of {}, to what {} asked for: {}",
        row.people, row.requested_by_name, row.title
    );
    tell(tx, actor, &row, (&before, &after), &text)?;
    let how = format!("{} has agreed, {} more must.", actor.name, row.people_left());
    told::deciders(tx, &row, &how)?;
    Ok(row)
}

fn begin(tx: &mut Tx<'_>, actor: &Actor, id: ApprovalId, seen: Option<i64>) -> AppResult<ApprovalRow> {
    let row = queries::get(tx.conn, actor.business_account, id)?;
    row.check(actor)?;
    another_person(tx, &row, actor)?;
    if seen.is_some_and(|seen| seen != row.version) {
        return Err(AppError::refused(
            Code::Stale,
            "Somebody changed it since you opened it.",
        ));
    }
    Ok(row)
}

/// Whoever set a service account up or handed out a key of it may hold that key: beside them it is no other person. Nor
/// are two service accounts two people, as one may hold the keys of both.
fn another_person(tx: &mut Tx<'_>, row: &ApprovalRow, actor: &Actor) -> AppResult<()> {
    let account = row.business_account_id;
    let refused = |sentence: &str| Err(AppError::refused(Code::RuleRefuses, sentence));
    let agreed: Vec<Id<Anything>> = row.consents().into_iter().map(|c| c.by).collect();
    let me = actor.id.map(Id::from_uuid);
    let robots = service_accounts::queries::among(tx.conn, account, &agreed)?;
    if actor.kind != ActorKind::ServiceAccount {
        for robot in robots {
            if queries::has_tended(tx.conn, account, robot, me.as_slice())? {
                return refused(
                    "You have managed a service account that has agreed: somebody else decides it.",
                );
            }
        }
        return Ok(());
    }
    if !robots.is_empty() {
        return refused("A service account has agreed already: a team member gives the next consent.");
    }
    let others: Vec<Id<Anything>> = row.requested_by_id.into_iter().chain(agreed).collect();
    match me {
        Some(me) if !queries::has_tended(tx.conn, account, me, &others)? => Ok(()),
        _ => refused(
            "Who asked for it, or has agreed, has managed this service account: somebody else decides it.",
        ),
    }
}

/// The requester as an actor, with the role they have now: the effect is theirs. None when they have no access any more.
fn requester(tx: &mut Tx<'_>, row: &ApprovalRow, decider: &Actor) -> AppResult<Option<Actor>> {
    let account = row.business_account_id;
    let role = match (row.requested_by_kind, row.requested_by_id) {
        (ActorKind::Employee, Some(id)) => members::queries::get(tx.conn, account, Id::from_uuid(id.uuid()))
            .map(|m| m.is_active().then_some(m.role)),
        (ActorKind::ServiceAccount, Some(id)) => {
            service_accounts::queries::get(tx.conn, account, Id::from_uuid(id.uuid()))
                .map(|s| s.is_active().then_some(s.role))
        }
        _ => Ok(Some(decider.role)),
    };
    let role = match role {
        Err(AppError::NotFound) => None,
        known => known?,
    };
    Ok(role.map(|role| Actor {
        kind: row.requested_by_kind,
        id: row.requested_by_id.map(Id::uuid),
        name: row.requested_by_name.clone(),
        role,
        business_account: account,
        request_id: decider.request_id.clone(),
    }))
}

/// Which record has moved on since it was asked for, in a sentence.
fn moved_on(tx: &mut Tx<'_>, row: &ApprovalRow) -> AppResult<Option<String>> {
    let account = row.business_account_id;
    let Some(guards) = row.guards() else {
        return Ok(Some("What it was asked for cannot be told any more.".into()));
    };
    for guard in guards {
        let (what, asked_for, now) = match guard {
            Guard::Transaction(id, version) => {
                let found = transactions::queries::find(tx.conn, account, id)?;
                ("transaction", version, found.map(|t| t.version))
            }
            Guard::Account(id, version) => {
                let found = accounts::queries::find(tx.conn, account, id)?;
                ("account", version, found.map(|a| a.version))
            }
            Guard::Destination(id, place) => {
                let has_moved = accounts::queries::has_moved(tx.conn, account, id, From::Place(place))?;
                ("account", place, (!has_moved).then_some(place))
            }
            Guard::Exception(id, version) => {
                let found = exceptions::queries::get(tx.conn, account, id)?;
                ("exception", version, Some(found.version))
            }
            Guard::ApprovalRules(version) => {
                let found: ApprovalPolicy = policies::rules::of(tx.conn, account)?;
                ("policy", version, Some(found.version))
            }
            Guard::RoutingRules(version) => {
                let found: Routing = policies::rules::of(tx.conn, account)?;
                ("policy", version, Some(found.version()))
            }
            Guard::Thresholds(version) => {
                let found: Thresholds = policies::rules::of(tx.conn, account)?;
                ("policy", version, Some(found.version()))
            }
        };
        if now != Some(asked_for) {
            return Ok(Some(format!("The {what} was changed after it was asked for.")));
        }
    }
    Ok(None)
}

/// Does what was asked for; what that led to in words, and the record to look at.
fn carry_out(tx: &mut Tx<'_>, vault: &Vault, actor: &Actor, row: &ApprovalRow) -> AppResult<(String, Uuid)> {
    match row.request()? {
        Request::TransactionCreate { fields } => {
            let new = transactions::create::create_now(tx, actor, &fields)?;
            Ok((
                format!("{} of {} was made.", new.title(), new.money()),
                new.id.uuid(),
            ))
        }
        Request::TransactionEdit { id, fields } => {
            let new = transactions::edit::edit_now(tx, actor, id, &fields)?;
            let text = format!("The original is cancelled, and one of {} was made.", new.money());
            Ok((text, new.id.uuid()))
        }
        Request::TransactionReversal { id, fields } => {
            let made = transactions::reverse::reverse_now(tx, actor, id, &fields)?;
            let text = format!("A reversal of {} was made.", made.reversal.money());
            Ok((text, made.reversal.id.uuid()))
        }
        Request::AccountChange { id, fields } => {
            let number = number(vault, row)?;
            let changed = accounts::edit::change_now(tx, vault, actor, id, &fields, number)?;
            Ok((format!("{} was changed.", changed.label()), changed.id.uuid()))
        }
        Request::Resolution { id, asked } => {
            let (how, notes) = asked.parse(vault, number(vault, row)?)?;
            let resolved = resolution::resolve_now(tx, actor, id, &how, &notes)?;
            Ok((resolved.resolution.effect, id.uuid()))
        }
        Request::ApprovalRules { rules } => {
            let policy: ApprovalPolicy = policies::commands::change_now(tx, actor, &rules)?;
            let text = match policy.rules.len() {
                0 => "No rule asks for an approval any more.".into(),
                1 => "One rule is in force.".into(),
                n => format!("{n} rules are in force."),
            };
            Ok((text, row.business_account_id.uuid()))
        }
        Request::RoutingRules { rules } => {
            let routing: Routing = policies::commands::change_now(tx, actor, &rules)?;
            let text = match routing.rules.len() {
                0 => "Everything is raised for everybody.".into(),
                1 => "One rule places what is raised.".into(),
                n => format!("{n} rules place what is raised."),
            };
            Ok((text, row.business_account_id.uuid()))
        }
        Request::Thresholds { figures } => {
            policies::commands::change_now::<Thresholds>(tx, actor, &figures)?;
            calendar::reckoning::ask(tx, row.business_account_id, "the thresholds were changed")?;
            let text = "They are in force, and the due times of what is open are worked out anew.";
            Ok((text.into(), row.business_account_id.uuid()))
        }
    }
}

fn number(vault: &Vault, row: &ApprovalRow) -> AppResult<Option<AccountNumber>> {
    let Some(sealed) = &row.number_sealed else {
        return Ok(None);
    };
    let broken = || AppError::Internal(format!("approval {} holds no account number", row.id));
    let text = String::from_utf8(vault.open(&place(row.id), sealed)?).map_err(|_| broken())?;
    AccountNumber::parse(&text).map(Some).map_err(|_| broken())
}
