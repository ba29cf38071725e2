//! How the first team has arranged its desk: its teams, who is away, where exceptions go, what waits for somebody
//! outside, and how many of the sampled resolutions are reviewed blind. All by the commands that people use.

use chrono::Days;
use diesel::prelude::*;

use super::{
    people::{People, said},
    verdicts::policy,
};
use crate::{
    auth::{actor::Actor, permission::Role},
    db::{Tx, schema::exceptions as rows},
    desk::{absence, teams},
    exceptions::{
        model::{Kind, Party, Status},
        queries::Worker,
        waiting::{self, Wait},
    },
    kernel::{
        error::AppResult,
        id::{ExceptionId, TeamMemberId},
        text::{Reason, Title},
    },
    members,
    policies::{commands::change_now, rules::Rules, thresholds::Thresholds},
    routing::rules::{RawRule, Routing, Target},
};

/// What the exceptions wait for that the clerk has; with fewer, fewer wait.
const WAITS: [(Party, &str); 2] = [
    (Party::Customer, "Asked the payer for a voided check"),
    (Party::Bank, "Asked the receiving bank for the signed statement"),
];

/// Arranges the first office's desk.
pub(super) fn arrange(tx: &mut Tx<'_>) -> AppResult<()> {
    let people = People::of_first_office(tx)?;
    let (owner, manager, clerk) = (
        people.named("owner@demo.test")?,
        people.named("manager@demo.test")?,
        people.named("clerk@demo.test")?,
    );
    let returns = team(tx, &people, "Returns", Role::Clerk)?;
    let changes = team(tx, &people, "Account changes", Role::Finance)?;
    route(tx, &people.actor(owner), &[returns, changes], manager.id)?;
    set_sample(tx, &people.actor(owner))?;
    away(tx, &people, manager, clerk.id)?;
    wait(tx, &people.actor(clerk), clerk.id)
}

/// A team of everybody with a role, as a rule's target.
fn team(tx: &mut Tx<'_>, people: &People, name: &str, role: Role) -> AppResult<Target> {
    let manager = people.actor(people.named("manager@demo.test")?);
    let of_role: Vec<TeamMemberId> = people
        .all
        .iter()
        .filter(|w| w.role == role)
        .map(|w| w.id)
        .collect();
    let made = teams::add(tx, &manager, &said(Title::parse(name))?, &of_role)?;
    Ok(match role {
        Role::Clerk => Target::LeastLoaded(made.id),
        _ => Target::InTurn(made.id),
    })
}

fn route(tx: &mut Tx<'_>, owner: &Actor, to: &[Target; 2], manager: TeamMemberId) -> AppResult<()> {
    let rule = |name: &str, to: Target| RawRule {
        name: name.into(),
        to: to.spelled(),
        ..RawRule::default()
    };
    let [returns, changes] = *to;
    let rules = [
        RawRule {
            amount_from: "100000".into(),
            ..rule("Very large", Target::Member(manager))
        },
        RawRule {
            codes: "R05, R07, R10, R29, R51".into(),
            ..rule("Not authorized", returns)
        },
        RawRule {
            kind: Kind::AchNoc.to_string(),
            ..rule("Notifications of change", changes)
        },
    ];
    change_now::<Routing>(tx, owner, &rules)?;
    Ok(())
}

/// The share of reviews, and of blind ones, that those have that were made up.
fn set_sample(tx: &mut Tx<'_>, owner: &Actor) -> AppResult<()> {
    change_now::<Thresholds>(tx, owner, &policy().raw())?;
    Ok(())
}

/// One of the other clerks is away for some days, and the clerk stands in.
fn away(tx: &mut Tx<'_>, people: &People, manager: &Worker, substitute: TeamMemberId) -> AppResult<()> {
    let today = members::queries::today(tx.conn, people.account, tx.now)?;
    let Some(other) = people
        .all
        .iter()
        .find(|w| w.role == Role::Clerk && w.id != substitute)
    else {
        return Ok(());
    };
    let new = absence::NewAbsence {
        from: today,
        until: today.checked_add_days(Days::new(6)).unwrap_or(today),
        substitute: Some(substitute),
        note: "On leave".into(),
    };
    absence::add(tx, &people.actor(manager), other.id, &new)?;
    Ok(())
}

/// The newest of what the clerk works on waits for somebody outside.
fn wait(tx: &mut Tx<'_>, clerk: &Actor, member: TeamMemberId) -> AppResult<()> {
    let held: Vec<ExceptionId> = rows::table
        .filter(rows::business_account_id.eq(clerk.business_account))
        .filter(rows::assignee_id.eq(member))
        .filter(rows::status.eq(Status::InProgress))
        .filter(rows::kind.ne(Kind::AchNoc))
        .filter(rows::waiting_since.is_null())
        .order((rows::created_at.desc(), rows::id.desc()))
        .limit(2)
        .select(rows::id)
        .load(tx.conn)?;
    for (id, (party, reason)) in held.into_iter().zip(WAITS) {
        let outside = Wait {
            party,
            reason: said(Reason::parse(reason))?,
            until: None,
            told: None,
        };
        waiting::wait(tx, clerk, id, &outside, None)?;
    }
    Ok(())
}
