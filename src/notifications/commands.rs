//! Telling people, and what they do with it.

use std::time::Duration;

use diesel::prelude::*;

use super::{
    model::{About, ByMail, Kind, NotificationRow, brief},
    queries,
};
use crate::{
    auth::actor::Actor,
    db::{
        Tx,
        kept::Update,
        schema::{notification_choices, notifications},
    },
    exceptions::row::ExceptionRow,
    kernel::{
        error::AppResult,
        id::{BusinessAccountId, MailId, NotificationId, TeamMemberId},
    },
    mail::outbox,
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

/// Whether a member wants to be told of such things, and by e-mail no later than of others.
///
/// # Errors
/// The database's.
pub fn wants_no_later(
    tx: &mut Tx<'_>,
    whose: (BusinessAccountId, TeamMemberId),
    kind: Kind,
    other: Kind,
) -> AppResult<bool> {
    let choices = queries::choices(tx.conn, whose)?;
    let wanted = |kind: Kind| choices.iter().find(|c| c.kind == kind && c.is_wanted);
    Ok(match (wanted(kind), wanted(other)) {
        (Some(this), Some(other)) => this.mail.is_no_later_than(other.mail),
        (this, _) => this.is_some(),
    })
}

/// Tells a member of something, if they want to be told of such things: in Docket, and by e-mail as they have chosen.
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
    let choices = queries::choices(tx.conn, whose)?;
    let Some(choice) = choices.into_iter().find(|c| c.kind == kind && c.is_wanted) else {
        return Ok(());
    };
    let former = queries::latest_unread(tx.conn, whose, kind, tx.now.minus(TOGETHER))?;
    let before = former.as_ref().and_then(|former| former.mail_id);
    let mail = outbox::about(tx, whose, choice.mail, before)?;
    match former {
        Some(former) => add_to(tx, &former, about, &text, mail),
        None => insert(tx, whose, (kind, about), text, mail),
    }
}

/// Tells a member what was done to their sign-in, whatever they have chosen; each by itself, and by e-mail at once.
///
/// # Errors
/// The database's.
pub fn tell_of_sign_in(
    tx: &mut Tx<'_>,
    whose: (BusinessAccountId, TeamMemberId),
    text: String,
) -> AppResult<()> {
    let mail = outbox::security(tx, whose)?;
    insert(tx, whose, (Kind::Security, About::SignIn), text, mail)
}

fn insert(
    tx: &mut Tx<'_>,
    whose: (BusinessAccountId, TeamMemberId),
    (kind, about): (Kind, About),
    text: String,
    mail: Option<MailId>,
) -> AppResult<()> {
    let (exception_id, approval_id) = about.ids();
    let new = NotificationRow {
        id: NotificationId::generate(tx.now),
        business_account_id: whose.0,
        member_id: whose.1,
        kind,
        exception_id,
        n: 1,
        text,
        created_at: tx.now,
        read_at: None,
        approval_id,
        mail_id: mail,
    };
    on_backend!(tx.conn, |conn| diesel::insert_into(notifications::table)
        .values(&new)
        .execute(conn))?;
    Ok(())
}

fn add_to(
    tx: &mut Tx<'_>,
    former: &NotificationRow,
    about: About,
    text: &str,
    mail: Option<MailId>,
) -> AppResult<()> {
    let is_the_same = former.about() == Some(about);
    let n = if is_the_same { former.n } else { former.n + 1 };
    let mut update = Update::of("notifications", notifications::id.eq(former.id));
    update.set(notifications::n.eq(n));
    update.set(notifications::exception_id.eq(former.exception_id.filter(|_| n == 1)));
    update.set(notifications::approval_id.eq(former.approval_id.filter(|_| n == 1)));
    update.set(notifications::text.eq(text));
    update.set(notifications::created_at.eq(tx.now));
    update.set(notifications::mail_id.eq(mail));
    update.execute(tx.conn)?;
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

/// Stores what somebody wants to be told of; without a word on e-mail that stays as it is.
///
/// # Errors
/// The database's.
pub fn choose(
    tx: &mut Tx<'_>,
    (account, member): (BusinessAccountId, TeamMemberId),
    choices: &[(Kind, bool, Option<ByMail>)],
) -> AppResult<()> {
    for (kind, is_wanted, mail) in choices {
        let stored = notification_choices::table.find((account, member, *kind));
        let changed = match mail {
            Some(mail) => diesel::update(stored)
                .set((
                    notification_choices::is_wanted.eq(*is_wanted),
                    notification_choices::mail.eq(Some(*mail)),
                ))
                .execute(tx.conn)?,
            None => diesel::update(stored)
                .set(notification_choices::is_wanted.eq(*is_wanted))
                .execute(tx.conn)?,
        };
        if changed == 0 {
            diesel::insert_into(notification_choices::table)
                .values((
                    notification_choices::business_account_id.eq(account),
                    notification_choices::member_id.eq(member),
                    notification_choices::kind.eq(*kind),
                    notification_choices::is_wanted.eq(*is_wanted),
                    notification_choices::mail.eq(*mail),
                ))
                .execute(tx.conn)?;
        }
    }
    Ok(())
}
