//! What is done to a member's access: role, state, sessions. Each is a command in a write transaction; the actor's own
//! role is read again inside it, so that of two Owners who demote each other one comes too late.

use super::{
    links,
    model::{Member, may_change, may_give},
    queries,
};
use crate::{
    auth::{actor::Actor, permission::Role, principal::AccessState, sessions},
    db::Tx,
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        error::{AppError, AppResult, Code},
        id::TeamMemberId,
    },
};

/// Gives a member another role. It counts from their next request on.
pub fn change_role(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: TeamMemberId,
    role: Role,
    version: &str,
) -> AppResult<Member> {
    let mut member = changeable(tx, actor, id)?;
    may_give(actor, role)?;
    member.check_version(version)?;
    if role != Role::Owner {
        keep_an_owner(tx, actor, &member)?;
    }
    let before = std::mem::replace(&mut member.role, role);
    if before == role {
        return Ok(member);
    }
    queries::update_access(tx, actor.business_account, &member)?;
    let text = format!(
        "{} was {} and is {} now",
        member.name(),
        before.label(),
        role.label()
    );
    let change = (before.as_str(), role.as_str());
    record(tx, actor, id, EventKind::Role, change, &text)?;
    Ok(member)
}

/// Takes a member's access away: their sessions and reset links end at once.
pub fn disable(tx: &mut Tx<'_>, actor: &Actor, id: TeamMemberId, version: &str) -> AppResult<Member> {
    let mut member = changeable(tx, actor, id)?;
    member.check_version(version)?;
    keep_an_owner(tx, actor, &member)?;
    sessions::end_in(tx, id, actor.business_account)?;
    links::end_resets(tx, id)?;
    set_state(tx, actor, &mut member, AccessState::Disabled, "was disabled")?;
    Ok(member)
}

/// Gives a disabled member the access back, with the role it had.
pub fn enable(tx: &mut Tx<'_>, actor: &Actor, id: TeamMemberId, version: &str) -> AppResult<Member> {
    let mut member = changeable(tx, actor, id)?;
    member.check_version(version)?;
    set_state(tx, actor, &mut member, AccessState::Active, "was enabled again")?;
    Ok(member)
}

/// Ends every session that a member has in this business account; how many there were.
pub fn end_sessions(tx: &mut Tx<'_>, actor: &Actor, id: TeamMemberId) -> AppResult<(Member, usize)> {
    let member = changeable(tx, actor, id)?;
    let ended = sessions::end_in(tx, id, actor.business_account)?;
    let text = format!("{} was signed out everywhere, of {ended} sessions", member.name());
    record(tx, actor, id, EventKind::Login, ("", "SESSIONS_ENDED"), &text)?;
    Ok((member, ended))
}

/// The member, when the actor may change their access as things are now.
pub(super) fn changeable(tx: &mut Tx<'_>, actor: &Actor, id: TeamMemberId) -> AppResult<Member> {
    let now = as_of_now(tx, actor)?;
    let member = queries::get(tx.conn, actor.business_account, id)?;
    may_change(&now, id, member.role)?;
    Ok(member)
}

/// The actor with the role that they have now, inside the transaction.
///
/// # Errors
/// `LoginRequired` when their access was taken away meanwhile.
pub fn as_of_now(tx: &mut Tx<'_>, actor: &Actor) -> AppResult<Actor> {
    let mut now = actor.clone();
    if let Some(me) = actor.member() {
        let me = queries::get(tx.conn, actor.business_account, me)?;
        if !me.is_active() {
            return Err(AppError::LoginRequired);
        }
        now.role = me.role;
    }
    Ok(now)
}

/// Refuses to take the last active Owner away.
fn keep_an_owner(tx: &mut Tx<'_>, actor: &Actor, member: &Member) -> AppResult<()> {
    let is_owner = member.role == Role::Owner && member.is_active();
    if !is_owner || queries::has_another_owner(tx.conn, actor.business_account, member.id)? {
        return Ok(());
    }
    let sentence = format!(
        "{} is the last active Owner; make somebody else Owner first.",
        member.name()
    );
    Err(AppError::refused(Code::RuleRefuses, sentence))
}

fn set_state(
    tx: &mut Tx<'_>,
    actor: &Actor,
    member: &mut Member,
    state: AccessState,
    what: &str,
) -> AppResult<()> {
    let before = std::mem::replace(&mut member.state, state);
    if before == state {
        return Ok(());
    }
    queries::update_access(tx, actor.business_account, member)?;
    let text = format!("{} {what}", member.name());
    let change = (before.as_str(), state.as_str());
    record(tx, actor, member.id, EventKind::Membership, change, &text)
}

/// Writes what was done to a member into the history; `change` is the former and the new value.
pub(super) fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    member: TeamMemberId,
    kind: EventKind,
    change: (&str, &str),
    description: &str,
) -> AppResult<()> {
    let happening = Happening {
        entity_type: EntityType::TeamMember,
        entity_id: member.uuid(),
        kind,
        previous: change.0,
        new: change.1,
        description,
    };
    history::record(tx, actor, &happening)
}
