//! One member's page: role, access, sessions, password; and the buttons on it.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    access,
    model::{Member, may_change},
    people::{self, HERE, RoleChoice, role_choices},
    queries, reset,
};
use crate::{
    app::App,
    auth::{
        permission::{Administer, Role},
        principal::May,
        sessions,
    },
    idempotency,
    kernel::{
        crypto,
        error::{AppError, AppResult},
        id::{TeamMemberId, noun},
    },
    web::{
        form::{PathId, Submit},
        page::{Answer, Page, SeeOther},
        settings,
        shell::{Field, Problem, Section, Shell},
        ui::{Link, Person, Tab},
    },
};

#[derive(Template)]
#[template(path = "members/person.html")]
pub struct PersonPage {
    shell: Shell,
    pages: Vec<Tab>,
    problems: Vec<Problem>,
    /// Just made, and shown this once.
    reset_link: Option<String>,
    id: String,
    version: String,
    person: Person,
    email: String,
    load: Link,
    role: Field,
    role_label: &'static str,
    role_choices: Vec<RoleChoice>,
    is_active: bool,
    sessions: String,
    /// Why this person may change nothing here.
    closed: Option<String>,
}

/// `GET /settings/people/{id}`
pub async fn show(
    app: Data<App>,
    who: May<Administer>,
    id: PathId<noun::TeamMember>,
) -> AppResult<Page<PersonPage>> {
    Ok(Page::ok(view(&app, &who, id.0, None).await?))
}

/// The role as it was chosen, for the member as they were seen.
#[derive(Deserialize)]
pub struct RoleForm {
    #[serde(default)]
    role: String,
    version: String,
}

/// A button for the member as they were seen.
#[derive(Deserialize)]
pub struct VersionForm {
    version: String,
}

/// A button that needs nothing more.
#[derive(Deserialize)]
pub struct Nothing {}

/// The button that makes a link.
#[derive(Deserialize)]
pub struct LinkForm {
    /// Of the page: what is sent twice is done once.
    #[serde(default)]
    idempotency_key: String,
}

/// `POST /settings/people/{id}/role`
pub async fn change_role(
    app: Data<App>,
    id: PathId<noun::TeamMember>,
    form: Submit<Administer, RoleForm>,
) -> AppResult<Answer<PersonPage>> {
    let Submit { who, form } = form;
    let role = Role::parse(&form.role);
    let done = who.run(&app, move |tx, actor| {
        let role = role.ok_or_else(|| AppError::field("role", "Choose a role."))?;
        access::change_role(tx, actor, id.0, role, &form.version)
    });
    let done = done
        .await
        .map(|m| format!("{} is {} now.", m.name(), m.role.label()));
    answer(&app, &who, id.0, done).await
}

/// `POST /settings/people/{id}/disable`
pub async fn disable(
    app: Data<App>,
    id: PathId<noun::TeamMember>,
    form: Submit<Administer, VersionForm>,
) -> AppResult<Answer<PersonPage>> {
    let Submit { who, form } = form;
    let done = who
        .run(&app, move |tx, actor| {
            access::disable(tx, actor, id.0, &form.version)
        })
        .await;
    let done = done.map(|m| format!("{} is signed out and has no access any more.", m.name()));
    answer(&app, &who, id.0, done).await
}

/// `POST /settings/people/{id}/enable`
pub async fn enable(
    app: Data<App>,
    id: PathId<noun::TeamMember>,
    form: Submit<Administer, VersionForm>,
) -> AppResult<Answer<PersonPage>> {
    let Submit { who, form } = form;
    let done = who
        .run(&app, move |tx, actor| {
            access::enable(tx, actor, id.0, &form.version)
        })
        .await;
    let done = done.map(|m| format!("{} has access again, as {}.", m.name(), m.role.label()));
    answer(&app, &who, id.0, done).await
}

/// `POST /settings/people/{id}/end-sessions`
pub async fn end_sessions(
    app: Data<App>,
    id: PathId<noun::TeamMember>,
    form: Submit<Administer, Nothing>,
) -> AppResult<Answer<PersonPage>> {
    let done = form
        .who
        .run(&app, move |tx, actor| access::end_sessions(tx, actor, id.0))
        .await;
    let done =
        done.map(|(m, ended)| format!("{} is signed out; {} ended.", m.name(), counted(ended, "session")));
    answer(&app, &form.who, id.0, done).await
}

/// `POST /settings/people/{id}/reset`
pub async fn make_reset_link(
    app: Data<App>,
    id: PathId<noun::TeamMember>,
    form: Submit<Administer, LinkForm>,
) -> AppResult<Answer<PersonPage>> {
    let Submit { who, form } = form;
    let id = id.0;
    match reset_link(&app, &who, id, &form).await {
        Ok((_, Some(link))) => {
            let mut view = view(&app, &who, id, None).await?;
            view.reset_link = Some(link);
            Ok(Answer::Again(Page::ok(view)))
        }
        Ok((name, None)) => {
            let told = format!(
                "A reset link for {name} was made already. This was sent twice and done once; the link was in the \
                 first answer. Make another if nobody has it."
            );
            answer(&app, &who, id, Ok(told)).await
        }
        Err(error) => answer(&app, &who, id, Err(error)).await,
    }
}

/// Makes a link for a new password: once, also when the form is sent twice, and then without it. Whose, and the link.
async fn reset_link(
    app: &App,
    who: &May<Administer>,
    id: TeamMemberId,
    form: &LinkForm,
) -> AppResult<(String, Option<String>)> {
    let token = crypto::new_token()?;
    let link = format!("{}/reset/{token}", app.public_url());
    idempotency::made_once(app, who, &form.idempotency_key, &(), move |tx, actor| {
        let member = reset::make(tx, actor, id, &token)?;
        Ok((member.name(), link.clone()))
    })
    .await
}

/// On to the list with a word, or the page again with why it was refused.
async fn answer(
    app: &App,
    who: &May<Administer>,
    id: TeamMemberId,
    done: AppResult<String>,
) -> AppResult<Answer<PersonPage>> {
    match done {
        Ok(text) => Ok(Answer::Next(SeeOther::to(HERE).done(text))),
        Err(error @ (AppError::Refused(..) | AppError::Invalid(_))) => {
            let status = error.code().status();
            let view = view(app, who, id, Some(error.sentence())).await?;
            Ok(Answer::Again(Page::with_status(view, status)))
        }
        Err(error) => Err(error),
    }
}

async fn view(
    app: &App,
    who: &May<Administer>,
    id: TeamMemberId,
    refusal: Option<String>,
) -> AppResult<PersonPage> {
    let account = who.account();
    let (oldest, idle_since) = sessions::horizon(app);
    let (member, open, sessions) = app
        .db
        .read(move |conn| {
            let member = queries::get(conn, account, id)?;
            let open = queries::open_exceptions(conn, account)?.remove(&id).unwrap_or(0);
            Ok((member, open, sessions::list(conn, id, oldest, idle_since)?.len()))
        })
        .await?;
    Ok(page(app, who, &member, open, sessions, refusal))
}

fn page(
    app: &App,
    who: &May<Administer>,
    member: &Member,
    open: i64,
    sessions: usize,
    refusal: Option<String>,
) -> PersonPage {
    let actor = &who.who.actor;
    PersonPage {
        shell: who.shell(app, member.name(), Section::People),
        pages: settings::pages(&who.who, HERE),
        problems: refusal
            .map(|text| Problem {
                field: String::new(),
                text,
            })
            .into_iter()
            .collect(),
        reset_link: None,
        id: member.id.to_string(),
        version: member.version(),
        person: people::person(member),
        email: member.email.clone(),
        load: Link {
            href: people::exceptions_of(member.id),
            label: counted(open, "open exception"),
        },
        role: Field::default(),
        role_label: member.role.label(),
        role_choices: role_choices(actor, Some(member.role)),
        is_active: member.is_active(),
        sessions: counted(sessions, "session"),
        closed: may_change(actor, member.id, member.role)
            .err()
            .map(|e| e.sentence()),
    }
}

fn counted(n: impl TryInto<i64>, what: &str) -> String {
    match n.try_into().unwrap_or(i64::MAX) {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}
