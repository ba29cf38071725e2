//! The SQL of people and memberships.

use std::collections::HashMap;

use chrono::NaiveDate;
use chrono_tz::Tz;
use diesel::prelude::*;

use super::model::{Member, NewPerson};
use crate::{
    auth::{permission::Role, principal::AccessState},
    db::{
        AnyConnection, Tx,
        schema::{business_accounts, exception_counts, history_events, memberships, sessions, team_members},
    },
    history::{EntityType, EventKind},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, TeamMemberId},
    },
    on_backend,
};

type MemberColumns = (
    team_members::id,
    team_members::email,
    team_members::first_name,
    team_members::last_name,
    memberships::role,
    memberships::state,
    memberships::updated_at,
);
const MEMBER: MemberColumns = (
    team_members::id,
    team_members::email,
    team_members::first_name,
    team_members::last_name,
    memberships::role,
    memberships::state,
    memberships::updated_at,
);

/// Everybody of a business account, by name.
pub fn list(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Vec<Member>> {
    Ok(memberships::table
        .inner_join(team_members::table)
        .filter(memberships::business_account_id.eq(account))
        .order((
            team_members::first_name,
            team_members::last_name,
            team_members::id,
        ))
        .select(MEMBER)
        .load(conn)?)
}

/// One member of a business account.
pub fn get(conn: &mut AnyConnection, account: BusinessAccountId, member: TeamMemberId) -> AppResult<Member> {
    Ok(memberships::table
        .inner_join(team_members::table)
        .filter(memberships::business_account_id.eq(account))
        .filter(memberships::team_member_id.eq(member))
        .select(MEMBER)
        .first(conn)?)
}

/// The member with that e-mail address.
pub fn find_by_email(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    email: &str,
) -> AppResult<Option<Member>> {
    Ok(memberships::table
        .inner_join(team_members::table)
        .filter(memberships::business_account_id.eq(account))
        .filter(team_members::email.eq(email))
        .select(MEMBER)
        .first(conn)
        .optional()?)
}

/// A person with a login, in whichever business accounts.
#[derive(Clone, Debug, Queryable)]
pub struct Login {
    /// Who.
    pub id: TeamMemberId,
    /// Their e-mail address.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// What their password is verified against.
    pub password_hash: Option<String>,
}

impl Login {
    /// First and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

/// The person with that e-mail address.
pub fn find_login(conn: &mut AnyConnection, email: &str) -> AppResult<Option<Login>> {
    Ok(team_members::table
        .filter(team_members::email.eq(email))
        .select((
            team_members::id,
            team_members::email,
            team_members::first_name,
            team_members::last_name,
            team_members::password_hash,
        ))
        .first(conn)
        .optional()?)
}

/// The person with that id.
pub fn get_login(conn: &mut AnyConnection, member: TeamMemberId) -> AppResult<Login> {
    Ok(team_members::table
        .find(member)
        .select((
            team_members::id,
            team_members::email,
            team_members::first_name,
            team_members::last_name,
            team_members::password_hash,
        ))
        .first(conn)?)
}

/// Whether anybody has a login at all.
pub fn is_anybody_there(conn: &mut AnyConnection) -> AppResult<bool> {
    Ok(team_members::table
        .select(team_members::id)
        .first::<TeamMemberId>(conn)
        .optional()?
        .is_some())
}

/// The name of a business account.
pub fn account_name(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<String> {
    Ok(business_accounts::table
        .find(account)
        .select(business_accounts::name)
        .first(conn)?)
}

/// The time zone of a business account.
pub fn zone(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Tz> {
    let name: String = on_backend!(conn, |conn| {
        business_accounts::table
            .find(account)
            .select(business_accounts::time_zone)
            .first(conn)
    })?;
    Ok(name.parse().unwrap_or(Tz::UTC))
}

/// The time zone that a person has chosen, if any.
pub fn chosen_zone(conn: &mut AnyConnection, member: TeamMemberId) -> AppResult<Option<Tz>> {
    let name: Option<String> = team_members::table
        .find(member)
        .select(team_members::time_zone)
        .first(conn)?;
    Ok(name.and_then(|name| name.parse().ok()))
}

/// The time zone in which a member of a business account reads times: their own, or else the business account's.
pub fn own_zone(
    conn: &mut AnyConnection,
    (account, member): (BusinessAccountId, TeamMemberId),
) -> AppResult<Tz> {
    match chosen_zone(conn, member)? {
        Some(own) => Ok(own),
        None => zone(conn, account),
    }
}

/// The day that it is in a business account.
pub fn today(conn: &mut AnyConnection, account: BusinessAccountId, now: Ts) -> AppResult<NaiveDate> {
    Ok(now.day_in(zone(conn, account)?))
}

/// Every business account, by name.
pub fn list_accounts(conn: &mut AnyConnection) -> AppResult<Vec<(BusinessAccountId, String)>> {
    Ok(business_accounts::table
        .order((business_accounts::name, business_accounts::id))
        .select((business_accounts::id, business_accounts::name))
        .load(conn)?)
}

/// The business accounts that a person belongs to, disabled there or not.
pub fn accounts_of(conn: &mut AnyConnection, member: TeamMemberId) -> AppResult<Vec<BusinessAccountId>> {
    Ok(memberships::table
        .filter(memberships::team_member_id.eq(member))
        .order(memberships::created_at)
        .select(memberships::business_account_id)
        .load(conn)?)
}

/// Whether the business account has an active Owner besides `member`.
pub fn has_another_owner(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    member: TeamMemberId,
) -> AppResult<bool> {
    Ok(memberships::table
        .filter(memberships::business_account_id.eq(account))
        .filter(memberships::role.eq(Role::Owner))
        .filter(memberships::state.eq(AccessState::Active))
        .filter(memberships::team_member_id.ne(member))
        .select(memberships::team_member_id)
        .first::<TeamMemberId>(conn)
        .optional()?
        .is_some())
}

/// How many open exceptions each person has.
pub fn open_exceptions(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
) -> AppResult<HashMap<TeamMemberId, i64>> {
    let counts: Vec<(TeamMemberId, i64)> = exception_counts::table
        .filter(exception_counts::business_account_id.eq(account))
        .filter(exception_counts::tab.eq("MINE"))
        .select((exception_counts::member, exception_counts::n))
        .load(conn)?;
    Ok(counts.into_iter().collect())
}

/// When a person last did something in this business account: in a session that lives, or else at the last sign-in.
pub fn last_seen(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    member: TeamMemberId,
) -> AppResult<Option<Ts>> {
    let in_session = sessions::table
        .filter(sessions::team_member_id.eq(member))
        .filter(sessions::business_account_id.eq(account))
        .order(sessions::seen_at.desc())
        .select(sessions::seen_at)
        .first(conn)
        .optional()?;
    if in_session.is_some() {
        return Ok(in_session);
    }
    Ok(history_events::table
        .filter(history_events::entity_id.eq(member))
        .filter(history_events::business_account_id.eq(account))
        .filter(history_events::entity_type.eq(EntityType::TeamMember))
        .filter(history_events::kind.eq(EventKind::Login))
        .filter(history_events::new.ne("REFUSED"))
        .order(history_events::seq.desc())
        .select(history_events::created_at)
        .first(conn)
        .optional()?)
}

/// Makes a person's login.
pub fn insert_login(tx: &mut Tx<'_>, person: &NewPerson, password_hash: &str) -> AppResult<TeamMemberId> {
    let id = TeamMemberId::generate(tx.now);
    let inserted = diesel::insert_into(team_members::table)
        .values((
            team_members::id.eq(id),
            team_members::email.eq(person.email.as_str()),
            team_members::first_name.eq(person.first_name.as_str()),
            team_members::last_name.eq(person.last_name.as_str()),
            team_members::password_hash.eq(password_hash),
            team_members::created_at.eq(tx.now),
            team_members::updated_at.eq(tx.now),
        ))
        .execute(tx.conn);
    match inserted {
        Err(e) if crate::db::errors::is_duplicate(&e, "team_members", "email") => Err(AppError::refused(
            Code::Duplicate,
            "This e-mail address has a login already; open the link again and sign in with it.",
        )),
        other => Ok(other.map(|_| id)?),
    }
}

/// Makes a person a member.
pub fn insert_membership(
    tx: &mut Tx<'_>,
    account: BusinessAccountId,
    member: TeamMemberId,
    role: Role,
) -> AppResult<()> {
    diesel::insert_into(memberships::table)
        .values((
            memberships::business_account_id.eq(account),
            memberships::team_member_id.eq(member),
            memberships::role.eq(role),
            memberships::state.eq(AccessState::Active),
            memberships::created_at.eq(tx.now),
            memberships::updated_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Saves role and state of a member.
pub fn update_access(tx: &mut Tx<'_>, account: BusinessAccountId, member: &Member) -> AppResult<()> {
    // Later than the last change even when the clock stands, as it is the version too.
    let changed_at = tx.now.max(Ts::from_micros(member.changed_at.micros() + 1));
    diesel::update(memberships::table.find((account, member.id)))
        .set((
            memberships::role.eq(member.role),
            memberships::state.eq(member.state),
            memberships::updated_at.eq(changed_at),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Gives a person another password.
pub fn update_password(tx: &mut Tx<'_>, member: TeamMemberId, hash: &str) -> AppResult<()> {
    diesel::update(team_members::table.find(member))
        .set((
            team_members::password_hash.eq(hash),
            team_members::updated_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Gives a person another name.
pub fn update_names(tx: &mut Tx<'_>, member: TeamMemberId, first: &str, last: &str) -> AppResult<()> {
    diesel::update(team_members::table.find(member))
        .set((
            team_members::first_name.eq(first),
            team_members::last_name.eq(last),
            team_members::updated_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Gives a person another time zone; none for the business account's.
pub fn update_zone(tx: &mut Tx<'_>, member: TeamMemberId, zone: Option<Tz>) -> AppResult<()> {
    diesel::update(team_members::table.find(member))
        .set((
            team_members::time_zone.eq(zone.map(Tz::name)),
            team_members::updated_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    Ok(())
}
