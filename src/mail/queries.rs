//! The SQL of messages.

use diesel::prelude::*;

use super::model::{DigestTime, MailKind, MailRow, MailState, USUAL_MINUTE};
use crate::{
    auth::principal::AccessState,
    db::{
        AnyConnection, MultiBackend,
        paging::{Ends, Key, Order, Slice, Window},
        schema::{mail_choices, mails, memberships, team_members},
    },
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::{BusinessAccountId, MailId, TeamMemberId},
    },
    keyset, members,
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
    // Asked for each account once, SQLite would look at all that waits, tomorrow's digests too.
    let mut found: Vec<BusinessAccountId> = mails::table
        .filter(mails::state.eq(MailState::Waiting))
        .filter(mails::next_at.le(now))
        .filter(mails::lease_until.is_null().or(mails::lease_until.lt(now)))
        .select(mails::business_account_id)
        .load(conn)?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
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

/// A page of those of a business account, in one state or in any, the latest first, each with its reader's name; and
/// the ends of it.
pub fn page(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    state: Option<MailState>,
    window: &Window,
) -> AppResult<(Slice<(MailRow, String)>, Ends)> {
    let order = Order {
        keys: vec![Key {
            sql: "mails.created_at",
            descending: true,
        }],
        descending: true,
        is_unkept: false,
    };
    let mut query = mails::table
        .inner_join(team_members::table.on(team_members::id.eq(mails::member_id)))
        .into_boxed::<MultiBackend>()
        .filter(mails::business_account_id.eq(account));
    if let Some(state) = state {
        query = query.filter(mails::state.eq(state));
    }
    let found: Vec<(i64, MailRow, String, String)> = keyset!(query, mails::id, &order, window.edge)
        .select((
            order.first_value(),
            MailRow::as_select(),
            team_members::first_name,
            team_members::last_name,
        ))
        .limit(window.reach())
        .load(conn)?;
    let named = found
        .into_iter()
        .map(|(value, row, first, last)| (value, (row, format!("{first} {last}"))))
        .collect();
    Ok(Slice::cut_sorted(named, window, |(row, _)| row.id.uuid()))
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

/// When somebody's digest is sent: at the time of day that they have chosen, or that is usual, in their time zone.
pub fn digest_time(
    conn: &mut AnyConnection,
    (account, member): (BusinessAccountId, TeamMemberId),
) -> AppResult<DigestTime> {
    let chosen = mail_choices::table
        .find((account, member))
        .select(mail_choices::digest_minute)
        .first::<Option<i64>>(conn)
        .optional()?;
    Ok(DigestTime {
        minute: chosen.map_or(Some(USUAL_MINUTE), |minute| {
            minute.and_then(|m| u16::try_from(m).ok())
        }),
        zone: members::queries::own_zone(conn, (account, member))?,
    })
}

/// Stores at which time of day somebody's digest is sent, in minutes after midnight; none for never.
pub fn set_digest_minute(
    conn: &mut AnyConnection,
    (account, member): (BusinessAccountId, TeamMemberId),
    minute: Option<u16>,
) -> AppResult<()> {
    let value = mail_choices::digest_minute.eq(minute.map(i64::from));
    let changed = diesel::update(mail_choices::table.find((account, member)))
        .set(value)
        .execute(conn)?;
    if changed == 0 {
        diesel::insert_into(mail_choices::table)
            .values((
                mail_choices::business_account_id.eq(account),
                mail_choices::member_id.eq(member),
                value,
            ))
            .execute(conn)?;
    }
    Ok(())
}
