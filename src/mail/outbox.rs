//! Putting messages down, in the transaction of what they tell of.

use super::{
    model::{AGAIN, GATHERED, MailKind, MailRow, MailState},
    queries,
};
use crate::{
    auth::{actor::Actor, permission::Right},
    calendar,
    db::Tx,
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, MailId, TeamMemberId},
    },
    notifications::model::ByMail,
};

type Whose = (BusinessAccountId, TeamMemberId);

/// The message that tells of something: that of `former` while nobody has begun to send it, else a new one, which is
/// sent soon or with the digest; none for who wants none, and where there is no server to send it.
///
/// # Errors
/// The database's.
pub fn about(
    tx: &mut Tx<'_>,
    whose: Whose,
    how: ByMail,
    former: Option<MailId>,
) -> AppResult<Option<MailId>> {
    match how {
        _ if !tx.has_mail => Ok(None),
        ByMail::Never => Ok(None),
        ByMail::AtOnce => notice(tx, whose, former).map(Some),
        ByMail::Digest => digest(tx, whose),
    }
}

fn notice(tx: &mut Tx<'_>, whose: Whose, former: Option<MailId>) -> AppResult<MailId> {
    let former = match former {
        Some(id) => queries::find(tx.conn, whose.0, id)?.filter(|row| row.kind == MailKind::Notice),
        None => None,
    };
    let soon = tx.now.plus(GATHERED);
    let at = match former {
        Some(row) if row.is_open() => return Ok(row.id),
        Some(row) => row.sent_at.map_or(soon, |sent| sent.plus(AGAIN).max(soon)),
        None => soon,
    };
    insert(tx, whose, MailKind::Notice, at)
}

/// The digest that comes next: there is one of each person at most.
fn digest(tx: &mut Tx<'_>, whose: Whose) -> AppResult<Option<MailId>> {
    let waiting = queries::waiting_of(tx.conn, whose, MailKind::Digest)?;
    if let Some(row) = waiting.iter().find(|row| row.is_open()) {
        return Ok(Some(row.id));
    }
    let calendar = calendar::queries::of(tx.conn, whose.0)?;
    match queries::digest_time(tx.conn, whose)?.next(&calendar, tx.now) {
        Some(at) => insert(tx, whose, MailKind::Digest, at).map(Some),
        None => Ok(None),
    }
}

/// A message on what was done to somebody's sign-in; none where there is no server to send it.
///
/// # Errors
/// The database's.
pub fn security(tx: &mut Tx<'_>, whose: Whose) -> AppResult<Option<MailId>> {
    if !tx.has_mail {
        return Ok(None);
    }
    let now = tx.now;
    insert(tx, whose, MailKind::Security, now).map(Some)
}

fn insert(tx: &mut Tx<'_>, whose: Whose, kind: MailKind, at: Ts) -> AppResult<MailId> {
    let row = MailRow {
        id: MailId::generate(tx.now),
        business_account_id: whose.0,
        member_id: whose.1,
        kind,
        state: MailState::Waiting,
        attempts: 0,
        failing_since: None,
        next_at: at,
        lease_until: None,
        last_outcome: String::new(),
        sent_at: None,
        created_at: tx.now,
    };
    queries::insert(tx.conn, &row)?;
    Ok(row.id)
}

/// Stores at which time of day somebody's digest is sent; the one that waits is sent then, or not at all.
///
/// # Errors
/// The database's.
pub fn choose_digest(tx: &mut Tx<'_>, whose: Whose, minute: Option<u16>) -> AppResult<()> {
    queries::set_digest_minute(tx.conn, whose, minute)?;
    plan_anew(tx, whose)
}

/// After somebody's time of day or time zone has changed: the digest that waits is sent as they want it now, or not at
/// all.
///
/// # Errors
/// The database's.
pub fn plan_anew(tx: &mut Tx<'_>, whose: Whose) -> AppResult<()> {
    let time = queries::digest_time(tx.conn, whose)?;
    let calendar = calendar::queries::of(tx.conn, whose.0)?;
    for mut row in queries::waiting_of(tx.conn, whose, MailKind::Digest)? {
        if !row.is_open() {
            continue;
        }
        match time.next(&calendar, tx.now) {
            Some(at) => row.next_at = at,
            None => row.drop_it("The digest was turned off."),
        }
        queries::update(tx.conn, &row)?;
    }
    Ok(())
}

/// A message with which an administrator finds out whether e-mail arrives: to themselves.
///
/// # Errors
/// Refused while one of theirs waits.
pub fn test(tx: &mut Tx<'_>, actor: &Actor) -> AppResult<()> {
    actor.require(Right::Administer)?;
    let member = actor.member().ok_or(AppError::LoginRequired)?;
    let whose = (actor.business_account, member);
    if !queries::waiting_of(tx.conn, whose, MailKind::Test)?.is_empty() {
        return Err(AppError::refused(
            Code::RuleRefuses,
            "A test message of yours is on its way already; what came of it is told below.",
        ));
    }
    let now = tx.now;
    insert(tx, whose, MailKind::Test, now)?;
    record(tx, actor, member, "A test e-mail was asked for")
}

/// Sends a message again that was given up.
///
/// # Errors
/// `NotFound`; refused for what was not given up.
pub fn resend(tx: &mut Tx<'_>, actor: &Actor, id: MailId) -> AppResult<()> {
    actor.require(Right::Administer)?;
    let mut row = queries::get(tx.conn, actor.business_account, id)?;
    if row.state != MailState::Failed {
        return Err(AppError::refused(
            Code::RuleRefuses,
            "Only a message that was given up is sent again; this one was not, or is on its way already.",
        ));
    }
    row.state = MailState::Waiting;
    row.next_at = tx.now;
    row.failing_since = None;
    queries::update(tx.conn, &row)?;
    let text = format!("{} by e-mail is sent again", row.kind.label());
    record(tx, actor, row.member_id, &text)
}

fn record(tx: &mut Tx<'_>, actor: &Actor, member: TeamMemberId, text: &str) -> AppResult<()> {
    let happening = Happening {
        entity_type: EntityType::TeamMember,
        entity_id: member.uuid(),
        kind: EventKind::Edit,
        previous: "",
        new: "MAIL",
        description: text,
    };
    history::record(tx, actor, &happening)
}
