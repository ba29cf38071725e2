//! The SQL of notifications.

use diesel::prelude::*;

use super::model::{ByMail, Choice, Kind, NotificationRow};
use crate::{
    db::{
        AnyConnection,
        memo::Memo,
        schema::{notification_choices, notifications},
    },
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::{BusinessAccountId, MailId, NotificationId, TeamMemberId},
    },
    on_backend,
};

/// What is kept of how many each person has not read.
pub type Unread = Memo<i64, (BusinessAccountId, TeamMemberId)>;

/// Unread ones are counted up to here.
pub const COUNTED_UP_TO: i64 = 99;

/// The latest of a person, the newest first.
pub fn list(
    conn: &mut AnyConnection,
    (account, member): (BusinessAccountId, TeamMemberId),
    limit: i64,
) -> AppResult<Vec<NotificationRow>> {
    Ok(notifications::table
        .filter(notifications::business_account_id.eq(account))
        .filter(notifications::member_id.eq(member))
        .order((notifications::created_at.desc(), notifications::id.desc()))
        .limit(limit)
        .select(NotificationRow::as_select())
        .load(conn)?)
}

/// One of a person's own, or `NotFound`.
pub fn get(
    conn: &mut AnyConnection,
    (account, member): (BusinessAccountId, TeamMemberId),
    id: NotificationId,
) -> AppResult<NotificationRow> {
    notifications::table
        .find(id)
        .filter(notifications::business_account_id.eq(account))
        .filter(notifications::member_id.eq(member))
        .select(NotificationRow::as_select())
        .first(conn)
        .optional()?
        .ok_or(AppError::NotFound)
}

/// How many a person has not read, counted up to [`COUNTED_UP_TO`]; one more means "or more".
pub fn count_unread(
    conn: &mut AnyConnection,
    (account, member): (BusinessAccountId, TeamMemberId),
) -> AppResult<i64> {
    let ids: Vec<NotificationId> = notifications::table
        .filter(notifications::business_account_id.eq(account))
        .filter(notifications::member_id.eq(member))
        .filter(notifications::read_at.is_null())
        .limit(COUNTED_UP_TO + 1)
        .select(notifications::id)
        .load(conn)?;
    Ok(i64::try_from(ids.len()).unwrap_or(i64::MAX))
}

/// The latest unread one of a kind since a time: what comes next is added to it.
pub(super) fn latest_unread(
    conn: &mut AnyConnection,
    (account, member): (BusinessAccountId, TeamMemberId),
    kind: Kind,
    since: Ts,
) -> AppResult<Option<NotificationRow>> {
    Ok(on_backend!(conn, |conn| {
        notifications::table
            .filter(notifications::business_account_id.eq(account))
            .filter(notifications::member_id.eq(member))
            .filter(notifications::read_at.is_null())
            .filter(notifications::kind.eq(kind))
            .filter(notifications::created_at.ge(since))
            .order(notifications::created_at.desc())
            .select(NotificationRow::as_select())
            .first(conn)
            .optional()
    })?)
}

/// Whether a person was told something of a kind that begins so since a time, read or not.
pub fn was_told(
    conn: &mut AnyConnection,
    (account, member): (BusinessAccountId, TeamMemberId),
    (kind, beginning): (Kind, &str),
    since: Ts,
) -> AppResult<bool> {
    let texts: Vec<String> = notifications::table
        .filter(notifications::business_account_id.eq(account))
        .filter(notifications::member_id.eq(member))
        .filter(notifications::created_at.ge(since))
        .filter(notifications::kind.eq(kind))
        .select(notifications::text)
        .load(conn)?;
    Ok(texts.iter().any(|text| text.starts_with(beginning)))
}

/// What a person wants to be told of, and how: what is usual where they have not chosen otherwise.
pub fn choices(
    conn: &mut AnyConnection,
    (account, member): (BusinessAccountId, TeamMemberId),
) -> AppResult<Vec<Choice>> {
    let chosen: Vec<(Kind, bool, Option<ByMail>)> = on_backend!(conn, |conn| {
        notification_choices::table
            .filter(notification_choices::business_account_id.eq(account))
            .filter(notification_choices::member_id.eq(member))
            .select((
                notification_choices::kind,
                notification_choices::is_wanted,
                notification_choices::mail,
            ))
            .load(conn)
    })?;
    Ok(Kind::chosen()
        .map(|kind| {
            let usual = Choice::usual(kind);
            let of = |wanted: Option<Kind>| chosen.iter().find(|(k, ..)| Some(*k) == wanted);
            of(Some(kind))
                .or_else(|| of(kind.was_part_of()))
                .map_or(usual, |row| Choice {
                    is_wanted: row.1,
                    mail: row.2.unwrap_or(usual.mail),
                    ..usual
                })
        })
        .collect())
}

/// What an e-mail tells of, the oldest first.
pub fn of_mail(
    conn: &mut AnyConnection,
    (account, member): (BusinessAccountId, TeamMemberId),
    mail: MailId,
) -> AppResult<Vec<NotificationRow>> {
    Ok(notifications::table
        .filter(notifications::mail_id.eq(mail))
        .filter(notifications::business_account_id.eq(account))
        .filter(notifications::member_id.eq(member))
        .order((notifications::created_at, notifications::id))
        .select(NotificationRow::as_select())
        .load(conn)?)
}
