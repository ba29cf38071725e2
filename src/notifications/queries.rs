//! The SQL of notifications.

use diesel::prelude::*;

use super::model::{Kind, NotificationRow};
use crate::{
    db::{
        AnyConnection,
        memo::Memo,
        schema::{notification_choices, notifications},
    },
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::{BusinessAccountId, NotificationId, TeamMemberId},
    },
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
    Ok(notifications::table
        .filter(notifications::business_account_id.eq(account))
        .filter(notifications::member_id.eq(member))
        .filter(notifications::read_at.is_null())
        .filter(notifications::kind.eq(kind))
        .filter(notifications::created_at.ge(since))
        .order(notifications::created_at.desc())
        .select(NotificationRow::as_select())
        .first(conn)
        .optional()?)
}

/// Of which kinds a person is told: of all that they have not turned off.
pub fn choices(
    conn: &mut AnyConnection,
    (account, member): (BusinessAccountId, TeamMemberId),
) -> AppResult<Vec<(Kind, bool)>> {
    let chosen: Vec<(Kind, bool)> = notification_choices::table
        .filter(notification_choices::business_account_id.eq(account))
        .filter(notification_choices::member_id.eq(member))
        .select((notification_choices::kind, notification_choices::is_wanted))
        .load(conn)?;
    Ok(Kind::ALL
        .iter()
        .map(|kind| {
            let otherwise = chosen.iter().find(|(k, _)| k == kind);
            (*kind, otherwise.is_none_or(|(_, is_wanted)| *is_wanted))
        })
        .collect())
}
