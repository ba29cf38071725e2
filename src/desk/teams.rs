//! Teams: people who work the same things. A team is a way to name several people at once: a filter of the queue, a
//! choice when something is assigned, a target of routing. It gives no rights.

use diesel::prelude::*;

use crate::{
    auth::{actor::Actor, permission::Right},
    db::{
        AnyConnection, Tx,
        schema::{routing_turns, team_places, teams},
    },
    exceptions::queries,
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code, FieldErrors},
        id::{BusinessAccountId, TeamId, TeamMemberId},
        text::Title,
    },
    policies,
    routing::rules::{Routing, Rule, Target},
};

/// The most teams of a business account.
const MOST: usize = 50;

/// One row of `teams`.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = teams)]
pub struct TeamRow {
    pub id: TeamId,
    pub business_account_id: BusinessAccountId,
    pub name: String,
    pub created_at: Ts,
    pub version: i64,
}

/// A team with its people.
#[derive(Clone, Debug)]
pub struct Team {
    /// The team.
    pub row: TeamRow,
    /// Who is in it, also those who work no exceptions any more.
    pub members: Vec<TeamMemberId>,
}

/// All teams, by name.
pub fn list(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Vec<Team>> {
    let rows: Vec<TeamRow> = teams::table
        .filter(teams::business_account_id.eq(account))
        .order((teams::name, teams::id))
        .select(TeamRow::as_select())
        .load(conn)?;
    let ids: Vec<TeamId> = rows.iter().map(|t| t.id).collect();
    let places: Vec<(TeamId, TeamMemberId)> = team_places::table
        .filter(team_places::team_id.eq_any(&ids))
        .select((team_places::team_id, team_places::member_id))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| Team {
            members: places
                .iter()
                .filter(|(team, _)| *team == row.id)
                .map(|(_, member)| *member)
                .collect(),
            row,
        })
        .collect())
}

/// One team.
///
/// # Errors
/// `NotFound`.
pub fn get(conn: &mut AnyConnection, account: BusinessAccountId, id: TeamId) -> AppResult<Team> {
    list(conn, account)?
        .into_iter()
        .find(|t| t.row.id == id)
        .ok_or(AppError::NotFound)
}

/// Makes a team.
///
/// # Errors
/// `Forbidden`; the wrong fields.
pub fn add(tx: &mut Tx<'_>, actor: &Actor, name: &Title, members: &[TeamMemberId]) -> AppResult<TeamRow> {
    actor.require(Right::Supervise)?;
    let known = list(tx.conn, actor.business_account)?;
    if known.len() >= MOST {
        let why = format!("There are {MOST} teams already: remove one first.");
        return Err(AppError::refused(Code::RuleRefuses, why));
    }
    check(tx, actor, None, name, members, &known)?;
    let row = TeamRow {
        id: TeamId::generate(tx.now),
        business_account_id: actor.business_account,
        name: name.as_str().to_owned(),
        created_at: tx.now,
        version: 1,
    };
    diesel::insert_into(teams::table).values(&row).execute(tx.conn)?;
    place(tx, row.id, members)?;
    tell(
        tx,
        actor,
        ("", &row.name),
        &format!("made the team “{}”", row.name),
        members,
    )?;
    Ok(row)
}

/// Gives a team another name and other people. `seen` is the version its author had before them.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Stale`; the wrong fields.
pub fn change(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: TeamId,
    seen: Option<i64>,
    name: &Title,
    members: &[TeamMemberId],
) -> AppResult<TeamRow> {
    actor.require(Right::Supervise)?;
    let known = list(tx.conn, actor.business_account)?;
    let Team {
        mut row,
        members: before,
    } = known
        .iter()
        .find(|t| t.row.id == id)
        .cloned()
        .ok_or(AppError::NotFound)?;
    if seen.is_some_and(|seen| seen != row.version) {
        return Err(AppError::refused(
            Code::Stale,
            "Somebody changed it since you opened it. What you chose is below; save again to set it.",
        ));
    }
    check(tx, actor, Some(&before), name, members, &known_but(&known, id))?;
    let former = std::mem::replace(&mut row.name, name.as_str().to_owned());
    row.version += 1;
    diesel::update(teams::table.find(id))
        .set((teams::name.eq(&row.name), teams::version.eq(row.version)))
        .execute(tx.conn)?;
    diesel::delete(team_places::table.filter(team_places::team_id.eq(id))).execute(tx.conn)?;
    place(tx, id, members)?;
    tell(
        tx,
        actor,
        (&former, &row.name),
        &format!("changed the team “{}”", row.name),
        members,
    )?;
    Ok(row)
}

fn known_but(known: &[Team], id: TeamId) -> Vec<Team> {
    known.iter().filter(|t| t.row.id != id).cloned().collect()
}

/// Takes a team away. Its people and what they have stay as they are.
///
/// # Errors
/// `Forbidden`; `NotFound`; `RULE_REFUSES` while a routing rule gives to it.
pub fn remove(tx: &mut Tx<'_>, actor: &Actor, id: TeamId) -> AppResult<TeamRow> {
    actor.require(Right::Supervise)?;
    let team = get(tx.conn, actor.business_account, id)?;
    let routing: Routing = policies::rules::of(tx.conn, actor.business_account)?;
    let names_it = |r: &&Rule| matches!(r.to, Target::LeastLoaded(team) | Target::InTurn(team) if team == id);
    if let Some(rule) = routing.rules.iter().find(names_it) {
        let why = format!(
            "The routing rule “{}” gives to this team. Change the rule first.",
            rule.name
        );
        return Err(AppError::refused(Code::RuleRefuses, why));
    }
    diesel::delete(routing_turns::table.find(id)).execute(tx.conn)?;
    diesel::delete(team_places::table.filter(team_places::team_id.eq(id))).execute(tx.conn)?;
    diesel::delete(teams::table.find(id)).execute(tx.conn)?;
    let did = format!("removed the team “{}”", team.row.name);
    tell(tx, actor, (&team.row.name, ""), &did, &[])?;
    Ok(team.row)
}

fn check(
    tx: &mut Tx<'_>,
    actor: &Actor,
    before: Option<&[TeamMemberId]>,
    name: &Title,
    members: &[TeamMemberId],
    others: &[Team],
) -> AppResult<()> {
    let mut errors = FieldErrors::default();
    let is_taken = |t: &Team| t.row.name.to_lowercase() == name.as_str().to_lowercase();
    if others.iter().any(is_taken) {
        errors.add("name", "Another team has this name.");
    }
    if members.is_empty() {
        errors.add("members", "Choose somebody.");
    }
    // Who was in it and works nothing any more may stay: they are given nothing.
    let workers = queries::workers(tx.conn, actor.business_account)?;
    let may = |m: &TeamMemberId| workers.iter().any(|w| w.id == *m) || before.is_some_and(|b| b.contains(m));
    if !members.iter().all(may) {
        errors.add(
            "members",
            "Choose people who work exceptions in this business account.",
        );
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors.into())
    }
}

fn place(tx: &mut Tx<'_>, team: TeamId, members: &[TeamMemberId]) -> AppResult<()> {
    let mut members = members.to_vec();
    members.sort_unstable();
    members.dedup();
    for member in members {
        diesel::insert_into(team_places::table)
            .values((team_places::team_id.eq(team), team_places::member_id.eq(member)))
            .execute(tx.conn)?;
    }
    Ok(())
}

fn tell(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (previous, new): (&str, &str),
    did: &str,
    members: &[TeamMemberId],
) -> AppResult<()> {
    let names: Vec<String> = members
        .iter()
        .map(|m| Ok(queries::person(tx.conn, *m)?.0))
        .collect::<AppResult<_>>()?;
    let description = if names.is_empty() {
        did.to_owned()
    } else {
        format!("{did}: {}", names.join(", "))
    };
    let happening = Happening {
        entity_type: EntityType::BusinessAccount,
        entity_id: actor.business_account.uuid(),
        kind: EventKind::Edit,
        previous,
        new,
        description: &description,
    };
    history::record(tx, actor, &happening)
}
