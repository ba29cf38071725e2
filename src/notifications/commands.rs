//! Telling people, and what they do with it.

use std::time::Duration;

use diesel::prelude::*;

use super::{
    model::{About, Kind, NotificationRow, brief},
    queries,
};
use crate::{
    auth::actor::Actor,
    db::{
        Tx,
        schema::{notification_choices, notifications},
    },
    exceptions::row::ExceptionRow,
    kernel::{
        error::AppResult,
        id::{BusinessAccountId, NotificationId, TeamMemberId},
    },
    on_backend,
};

/// What comes so soon after an unread one of its kind is added to it: ten thousand in a bulk action are one line.
const TOGETHER: Duration = Duration::from_mins(10);

/// Tells a member of an exception, if they want to be told of such things.
///
/// # Errors
/// The database's.
pub fn tell(tx: &mut Tx<'_>, row: &ExceptionRow, to: TeamMemberId, kind: Kind, how: &str) -> AppResult<()> {
    let text = format!("{}: {how}", brief(row));
    tell_of(
        tx,
        (row.business_account_id, to),
        kind,
        About::Exception(row.id),
        text,
    )
}

/// Tells a member of something, if they want to be told of such things.
///
/// # Errors
/// The database's.
pub fn tell_of(
    tx: &mut Tx<'_>,
    whose: (BusinessAccountId, TeamMemberId),
    kind: Kind,
    about: About,
    text: String,
) -> AppResult<()> {
    let is_wanted = queries::choices(tx.conn, whose)?.contains(&(kind, true));
    if !is_wanted {
        return Ok(());
    }
    if let Some(former) = queries::latest_unread(tx.conn, whose, kind, tx.now.minus(TOGETHER))? {
        return add_to(tx, &former, about, &text);
    }
    let new = NotificationRow {
        id: NotificationId::generate(tx.now),
        business_account_id: whose.0,
        member_id: whose.1,
        kind,
        exception_id: match about {
            About::Exception(id) => Some(id),
            About::Approval(_) => None,
        },
        n: 1,
        text,
        created_at: tx.now,
        read_at: None,
        approval_id: match about {
            About::Approval(id) => Some(id),
            About::Exception(_) => None,
        },
    };
    diesel::insert_into(notifications::table)
        .values(&new)
        .execute(tx.conn)?;
    Ok(())
}

fn add_to(tx: &mut Tx<'_>, former: &NotificationRow, about: About, text: &str) -> AppResult<()> {
    let is_the_same = former.about() == Some(about);
    let n = if is_the_same { former.n } else { former.n + 1 };
    diesel::update(notifications::table.find(former.id))
        .set((
            notifications::n.eq(n),
            notifications::exception_id.eq(former.exception_id.filter(|_| n == 1)),
            notifications::approval_id.eq(former.approval_id.filter(|_| n == 1)),
            notifications::text.eq(text),
            notifications::created_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Tells whoever gets an exception from somebody else.
///
/// # Errors
/// The database's.
pub fn tell_assigned(tx: &mut Tx<'_>, actor: &Actor, row: &ExceptionRow) -> AppResult<()> {
    match row.assignee_id {
        Some(to) if actor.member() != Some(to) => tell(
            tx,
            row,
            to,
            Kind::Assigned,
            &format!("{} gave it to you.", actor.name),
        ),
        _ => Ok(()),
    }
}

/// Marks one as read, and gives it.
///
/// # Errors
/// `NotFound` for another's.
pub fn read(
    tx: &mut Tx<'_>,
    whose: (BusinessAccountId, TeamMemberId),
    id: NotificationId,
) -> AppResult<NotificationRow> {
    let row = queries::get(tx.conn, whose, id)?;
    if row.read_at.is_none() {
        diesel::update(notifications::table.find(id))
            .set(notifications::read_at.eq(Some(tx.now)))
            .execute(tx.conn)?;
    }
    Ok(row)
}

/// Marks all as read; how many there were.
///
/// # Errors
/// The database's.
pub fn read_all(tx: &mut Tx<'_>, (account, member): (BusinessAccountId, TeamMemberId)) -> AppResult<usize> {
    let unread = notifications::table
        .filter(notifications::business_account_id.eq(account))
        .filter(notifications::member_id.eq(member))
        .filter(notifications::read_at.is_null());
    Ok(diesel::update(unread)
        .set(notifications::read_at.eq(Some(tx.now)))
        .execute(tx.conn)?)
}

/// Stores of which kinds somebody wants to be told.
///
/// # Errors
/// The database's.
pub fn choose(
    tx: &mut Tx<'_>,
    (account, member): (BusinessAccountId, TeamMemberId),
    choices: &[(Kind, bool)],
) -> AppResult<()> {
    for (kind, is_wanted) in choices {
        // An upsert does not go through the connection enum.
        on_backend!(tx.conn, |conn| {
            diesel::insert_into(notification_choices::table)
                .values((
                    notification_choices::business_account_id.eq(account),
                    notification_choices::member_id.eq(member),
                    notification_choices::kind.eq(*kind),
                    notification_choices::is_wanted.eq(*is_wanted),
                ))
                .on_conflict((
                    notification_choices::business_account_id,
                    notification_choices::member_id,
                    notification_choices::kind,
                ))
                .do_update()
                .set(notification_choices::is_wanted.eq(*is_wanted))
                .execute(conn)
        })?;
    }
    Ok(())
}
