//! The list of people of a business account, with the invitations that are open.

use std::collections::HashMap;

use actix_web::web::Data;
use askama::Template;

use super::{
    links::{self, Link as Invitation},
    model::{Member, may_change, may_give, what_it_may},
    queries,
};
use crate::{
    app::App,
    auth::{
        actor::Actor,
        permission::{Administer, Role},
        principal::May,
    },
    kernel::{clock::Ts, error::AppResult, id::TeamMemberId},
    web::{
        page::Page,
        settings,
        shell::{Section, Shell},
        time::stamp,
        ui::{Column, Link, Person, Stamp, Tab, Tag, Tone},
    },
};

/// The list's address.
pub const HERE: &str = "/settings/people";

#[derive(Template)]
#[template(path = "members/people.html")]
pub struct PeoplePage {
    shell: Shell,
    pages: Vec<Tab>,
    business_account: String,
    columns: Vec<Column>,
    members: Vec<MemberRow>,
    invitations: Vec<InvitationRow>,
}

struct MemberRow {
    person: Person,
    email: String,
    role: &'static str,
    state: Tag,
    open: Option<Link>,
    seen: Option<Stamp>,
    /// The page to change this member; without it, `closed` says why.
    change: Option<String>,
    closed: String,
    off: bool,
}

struct InvitationRow {
    id: String,
    email: String,
    role: &'static str,
    expires: Stamp,
    may_revoke: bool,
}

/// One role to choose, with what it may, or why it cannot be given.
pub struct RoleChoice {
    pub value: &'static str,
    pub label: &'static str,
    pub text: &'static str,
    pub selected: bool,
    pub closed: bool,
}

/// Every role; those that this actor may not give are closed.
pub fn role_choices(actor: &Actor, chosen: Option<Role>) -> Vec<RoleChoice> {
    Role::ALL
        .iter()
        .map(|role| {
            let closed = may_give(actor, *role).is_err();
            RoleChoice {
                value: role.as_str(),
                label: role.label(),
                text: if closed {
                    "Only an Owner gives this role."
                } else {
                    what_it_may(*role)
                },
                selected: chosen == Some(*role),
                closed,
            }
        })
        .collect()
}

/// `GET /settings/people`
pub async fn list(app: Data<App>, who: May<Administer>) -> AppResult<Page<PeoplePage>> {
    let (account, now) = (who.account(), app.clock.now());
    let (members, seen, open, invitations) = app
        .db
        .read(move |conn| {
            let members = queries::list(conn, account)?;
            let mut seen = HashMap::new();
            for member in &members {
                seen.insert(member.id, queries::last_seen(conn, account, member.id)?);
            }
            let open = queries::open_exceptions(conn, account)?;
            Ok((members, seen, open, links::list_invitations(conn, account, now)?))
        })
        .await?;
    let row = |m: &Member| member_row(m, seen.get(&m.id).copied().flatten(), &open, &who, now);
    Ok(Page::ok(PeoplePage {
        shell: who.shell(&app, "People", Section::People),
        pages: settings::pages(&who.who, HERE),
        business_account: who.who.account.name.clone(),
        columns: columns(),
        members: members.iter().map(row).collect(),
        invitations: invitations.iter().map(|i| invitation_row(i, &who, now)).collect(),
    }))
}

fn columns() -> Vec<Column> {
    ["Name", "E-mail", "Role", "State", "Open", "Last seen", "Act"]
        .into_iter()
        .map(|label| Column::plain(label).hidden(label == "Act"))
        .collect()
}

fn member_row(
    member: &Member,
    seen: Option<Ts>,
    open: &HashMap<TeamMemberId, i64>,
    who: &May<Administer>,
    now: Ts,
) -> MemberRow {
    let allowed = may_change(&who.who.actor, member.id, member.role);
    MemberRow {
        person: person(member),
        email: member.email.clone(),
        role: member.role.label(),
        state: state(member),
        open: open.get(&member.id).filter(|n| **n > 0).map(|n| Link {
            href: exceptions_of(member.id),
            label: n.to_string(),
        }),
        seen: seen.map(|at| stamp(at, now, who.own_zone())),
        change: allowed.is_ok().then(|| format!("{HERE}/{}", member.id)),
        closed: if who.who.member == member.id {
            "You"
        } else {
            "Owners only"
        }
        .into(),
        off: !member.is_active(),
    }
}

/// The open exceptions that a person has.
pub fn exceptions_of(member: TeamMemberId) -> String {
    format!("/exceptions?tab=open&assignee={member}")
}

/// Name and initials.
pub fn person(member: &Member) -> Person {
    Person::named(member.name())
}

fn state(member: &Member) -> Tag {
    let (tone, icon, text) = if member.is_active() {
        (Tone::Green, "circle-check", "Active")
    } else {
        (Tone::Grey, "ban", "Disabled")
    };
    Tag {
        tone,
        icon,
        text: text.into(),
    }
}

fn invitation_row(invitation: &Invitation, who: &May<Administer>, now: Ts) -> InvitationRow {
    InvitationRow {
        id: invitation.id.to_string(),
        email: invitation.email.clone().unwrap_or_default(),
        role: invitation.role.map_or("", Role::label),
        expires: stamp(invitation.expires_at, now, who.own_zone()),
        may_revoke: invitation
            .role
            .is_some_and(|role| may_give(&who.who.actor, role).is_ok()),
    }
}
