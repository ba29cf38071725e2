//! The SQL of messages.

use chrono_tz::Tz;
use diesel::prelude::*;

use super::model::{DigestTime, MailKind, MailRow, MailState, USUAL_MINUTE};
use crate::{
    auth::principal::AccessState,
    db::{
        AnyConnection, MultiBackend,
        schema::{mail_choices, mails, memberships, team_members},
    },
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::{BusinessAccountId, MailId, TeamMemberId},
    },
    members,
};

/// Adds one.
pub fn insert(conn: &mut AnyConnection, row: &MailRow) -> AppResult<()> {
    diesel::insert_into(mails::table).values(row).execute(conn)?;
    Ok(())
}

/// One of the business account, if it is there.
pub fn find(conn: &mut AnyConnection, account: BusinessAccountId, id: MailId) -> AppResult<Option<MailRow>> {
    Ok(mails::table
        .find(id)
        .filter(mails::business_account_id.eq(account))
        .select(MailRow::as_select())
        .first(conn)
        .optional()?)
}

/// One of the business account, or `NotFound`.
pub fn get(conn: &mut AnyConnection, account: BusinessAccountId, id: MailId) -> AppResult<MailRow> {
    find(conn, account, id)?.ok_or(AppError::NotFound)
}

/// Stores what has changed of one.
pub fn update(conn: &mut AnyConnection, row: &MailRow) -> AppResult<()> {
    diesel::update(
        mails::table
            .find(row.id)
            .filter(mails::business_account_id.eq(row.business_account_id)),
    )
    .set(row)
    .execute(conn)?;
    Ok(())
}

/// Those of a person that wait and are of a kind.
pub fn waiting_of(
    conn: &mut AnyConnection,
    (account, member): (BusinessAccountId, TeamMemberId),
    kind: MailKind,
) -> AppResult<Vec<MailRow>> {
    Ok(mails::table
        .filter(mails::business_account_id.eq(account))
        .filter(mails::member_id.eq(member))
        .filter(mails::state.eq(MailState::Waiting))
        .filter(mails::kind.eq(kind))
        .order(mails::next_at)
        .select(MailRow::as_select())
        .load(conn)?)
}

/// The business accounts with something to be sent now, of all: the worker's question, asked in the name of none.
pub fn due(conn: &mut AnyConnection, now: Ts) -> AppResult<Vec<BusinessAccountId>> {
    Ok(mails::table
        .filter(mails::state.eq(MailState::Waiting))
        .filter(mails::next_at.le(now))
        .filter(mails::lease_until.is_null().or(mails::lease_until.lt(now)))
        .select(mails::business_account_id)
        .distinct()
        .load(conn)?)
}

/// What can be sent now and nobody is sending, the longest due first.
pub fn ready(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    now: Ts,
    limit: i64,
) -> AppResult<Vec<MailRow>> {
    Ok(mails::table
        .filter(mails::business_account_id.eq(account))
        .filter(mails::state.eq(MailState::Waiting))
        .filter(mails::next_at.le(now))
        .filter(mails::lease_until.is_null().or(mails::lease_until.lt(now)))
        .order((mails::next_at, mails::id))
        .limit(limit)
        .select(MailRow::as_select())
        .load(conn)?)
}

/// The latest of a business account, in one state or in any, each with its reader's name.
pub fn list(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    state: Option<MailState>,
    limit: i64,
) -> AppResult<Vec<(MailRow, String)>> {
    let mut query = mails::table
        .inner_join(team_members::table.on(team_members::id.eq(mails::member_id)))
        .into_boxed::<MultiBackend>()
        .filter(mails::business_account_id.eq(account));
    if let Some(state) = state {
        query = query.filter(mails::state.eq(state));
    }
    let rows: Vec<(MailRow, String, String)> = query
        .order((mails::created_at.desc(), mails::id.desc()))
        .limit(limit)
        .select((
            MailRow::as_select(),
            team_members::first_name,
            team_members::last_name,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(row, first, last)| (row, format!("{first} {last}")))
        .collect())
}

/// Takes away what was made before `until`, at most `limit`; how many that were. Of every business account: what is
/// kept how long is the installation's.
pub fn forget(conn: &mut AnyConnection, until: Ts, limit: i64) -> AppResult<usize> {
    let old: Vec<MailId> = mails::table
        .filter(mails::created_at.lt(until))
        .order(mails::created_at)
        .limit(limit)
        .select(mails::id)
        .load(conn)?;
    if old.is_empty() {
        return Ok(0);
    }
    Ok(diesel::delete(mails::table.filter(mails::id.eq_any(&old))).execute(conn)?)
}

/// Whom a message goes to.
#[derive(Clone, Debug, Queryable)]
pub struct Reader {
    /// Their e-mail address.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
}

impl Reader {
    /// First and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

/// Whom a message to a member goes to; none when they have no access to the business account any more.
pub fn reader(
    conn: &mut AnyConnection,
    (account, member): (BusinessAccountId, TeamMemberId),
) -> AppResult<Option<Reader>> {
    Ok(memberships::table
        .inner_join(team_members::table)
        .filter(memberships::business_account_id.eq(account))
        .filter(memberships::team_member_id.eq(member))
        .filter(memberships::state.eq(AccessState::Active))
        .select((
            team_members::email,
            team_members::first_name,
            team_members::last_name,
        ))
        .first(conn)
        .optional()?)
}

/// When somebody's digest is sent: as they have chosen, or as is usual in the business account's time zone.
pub fn digest_time(
    conn: &mut AnyConnection,
    (account, member): (BusinessAccountId, TeamMemberId),
) -> AppResult<DigestTime> {
    let chosen: Option<(Option<i64>, String)> = mail_choices::table
        .find((account, member))
        .select((mail_choices::digest_minute, mail_choices::time_zone))
        .first(conn)
        .optional()?;
    let own_zone = members::queries::zone(conn, account)?;
    Ok(chosen.map_or(
        DigestTime {
            minute: Some(USUAL_MINUTE),
            zone: own_zone,
        },
        |(minute, zone)| DigestTime {
            minute: minute.and_then(|m| u16::try_from(m).ok()),
            zone: zone.parse::<Tz>().unwrap_or(own_zone),
        },
    ))
}

/// Stores when somebody's digest is sent.
pub fn set_digest_time(
    conn: &mut AnyConnection,
    (account, member): (BusinessAccountId, TeamMemberId),
    time: &DigestTime,
) -> AppResult<()> {
    let values = (
        mail_choices::digest_minute.eq(time.minute.map(i64::from)),
        mail_choices::time_zone.eq(time.zone.name()),
    );
    let changed = diesel::update(mail_choices::table.find((account, member)))
        .set(values)
        .execute(conn)?;
    if changed == 0 {
        diesel::insert_into(mail_choices::table)
            .values((
                mail_choices::business_account_id.eq(account),
                mail_choices::member_id.eq(member),
                values,
            ))
            .execute(conn)?;
    }
    Ok(())
}
