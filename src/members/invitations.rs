//! Invitations: made by Owners and Admins for an e-mail address and a role, taken back, or accepted.

use super::{
    access::record,
    links::{self, Link, LinkKind, NewLink},
    model::{NewPerson, may_give},
    queries,
};
use crate::{
    auth::{
        actor::{Actor, ActorKind},
        permission::Role,
        principal::AccessState,
    },
    db::Tx,
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        error::{AppError, AppResult},
        id::{BusinessAccountId, LinkId, TeamMemberId},
        text::Email,
    },
};

/// Invites `email` as `role`, with the link whose secret is `token`. An older invitation of the same address ends.
pub fn invite(tx: &mut Tx<'_>, actor: &Actor, email: &Email, role: Role, token: &str) -> AppResult<()> {
    may_give(actor, role)?;
    if let Some(member) = queries::find_by_email(tx.conn, actor.business_account, email.as_str())? {
        let sentence = if member.is_active() {
            format!(
                "{} is a member already, as {}.",
                member.name(),
                member.role.label()
            )
        } else {
            format!(
                "{} is a member whose access was taken away; enable it again.",
                member.name()
            )
        };
        return Err(AppError::field("email", sentence));
    }
    let link = NewLink {
        business_account: Some(actor.business_account),
        email: Some(email.as_str()),
        role: Some(role),
        created_by: actor.member(),
        ..NewLink::default()
    };
    links::insert(tx, LinkKind::Invite, token, &link)?;
    let text = format!("{} was invited as {}", email.as_str(), role.label());
    record_invitation(tx, actor, "INVITED", &text)
}

/// Takes an open invitation back; whom it was for.
pub fn revoke(tx: &mut Tx<'_>, actor: &Actor, id: LinkId) -> AppResult<String> {
    let link = links::revoke_invitation(tx, actor.business_account, id)?;
    if let Some(role) = link.role {
        may_give(actor, role)?;
    }
    let email = link.email.unwrap_or_default();
    record_invitation(
        tx,
        actor,
        "REVOKED",
        &format!("The invitation of {email} was taken back"),
    )?;
    Ok(email)
}

/// Lets somebody new in: makes their login and the membership.
pub fn join_as_new(
    tx: &mut Tx<'_>,
    token: &str,
    person: &NewPerson,
    hash: &str,
    request_id: &str,
) -> AppResult<TeamMemberId> {
    let (account, role, _) = terms(links::use_up(tx, LinkKind::Invite, token)?)?;
    let member = queries::insert_login(tx, person, hash)?;
    let name = format!("{} {}", person.first_name.as_str(), person.last_name.as_str());
    add(tx, account, member, name, role, request_id)?;
    Ok(member)
}

/// Lets somebody in who has a login already; the caller has verified the password.
pub fn join_as_known(tx: &mut Tx<'_>, token: &str, request_id: &str) -> AppResult<TeamMemberId> {
    let (account, role, email) = terms(links::use_up(tx, LinkKind::Invite, token)?)?;
    let login = queries::find_login(tx.conn, &email)?.ok_or(AppError::NotFound)?;
    add(tx, account, login.id, login.name(), role, request_id)?;
    Ok(login.id)
}

/// What an invitation offers: where, as what, to whom.
pub fn terms(link: Link) -> AppResult<(BusinessAccountId, Role, String)> {
    match (link.business_account_id, link.role, link.email) {
        (Some(account), Some(role), Some(email)) => Ok((account, role, email)),
        _ => Err(AppError::Internal(format!(
            "invitation {} is incomplete",
            link.id
        ))),
    }
}

fn add(
    tx: &mut Tx<'_>,
    account: BusinessAccountId,
    member: TeamMemberId,
    name: String,
    role: Role,
    request_id: &str,
) -> AppResult<()> {
    queries::insert_membership(tx, account, member, role)?;
    let text = format!("{name} joined as {}", role.label());
    let actor = Actor {
        kind: ActorKind::Employee,
        id: Some(member.uuid()),
        name,
        role,
        business_account: account,
        request_id: request_id.to_owned(),
    };
    let change = ("", AccessState::Active.as_str());
    record(tx, &actor, member, EventKind::Membership, change, &text)
}

fn record_invitation(tx: &mut Tx<'_>, actor: &Actor, what: &str, description: &str) -> AppResult<()> {
    let happening = Happening {
        entity_type: EntityType::BusinessAccount,
        entity_id: actor.business_account.uuid(),
        kind: EventKind::Membership,
        previous: "",
        new: what,
        description,
    };
    history::record(tx, actor, &happening)
}
