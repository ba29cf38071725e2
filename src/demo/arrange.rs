//! How the first team has arranged its desk: its teams, who is away, where exceptions go, what waits for somebody
//! outside, and how many of the sampled resolutions are reviewed blind. All by the commands that people use.

use chrono::Days;
use diesel::prelude::*;

use super::{team::OFFICES, verdicts::policy};
use crate::{
    auth::{
        actor::{Actor, ActorKind},
        permission::Role,
    },
    db::{
        Tx,
        schema::{business_accounts, exceptions as rows},
    },
    desk::{absence, teams},
    exceptions::{
        model::{Kind, Party, Status},
        queries::{self, Worker},
        waiting::{self, Wait},
    },
    kernel::{
        error::{AppError, AppResult},
        id::{BusinessAccountId, ExceptionId, TeamMemberId},
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
    let account: BusinessAccountId = business_accounts::table
        .filter(business_accounts::name.eq(OFFICES[0].name))
        .select(business_accounts::id)
        .first(tx.conn)?;
    let people = People {
        account,
        all: queries::workers(tx.conn, account)?,
    };
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

struct People {
    account: BusinessAccountId,
    all: Vec<Worker>,
}

impl People {
    fn named(&self, email: &str) -> AppResult<&Worker> {
        self.all
            .iter()
            .find(|w| w.email == email)
            .ok_or_else(|| AppError::Internal(format!("the demo has no {email}")))
    }

    fn actor(&self, of: &Worker) -> Actor {
        Actor {
            kind: ActorKind::Employee,
            id: Some(of.id.uuid()),
            name: of.name(),
            role: of.role,
            business_account: self.account,
            request_id: "demo".into(),
        }
    }
}

fn said<T>(text: Result<T, String>) -> AppResult<T> {
    text.map_err(AppError::Internal)
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
