//! The page on which somebody is invited, and the button that takes an invitation back.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    invitations,
    people::{HERE, RoleChoice, role_choices},
};
use crate::{
    app::App,
    auth::{
        permission::{Administer, Role},
        principal::May,
    },
    idempotency,
    kernel::{
        crypto,
        error::{AppError, AppResult, FieldErrors},
        text::Email,
    },
    web::{
        form::Submit,
        kept::Kept,
        page::{Answer, Page, SeeOther},
        settings,
        shell::{Field, Problem, Section, Shell, problems},
        ui::Tab,
    },
};

#[derive(Template)]
#[template(path = "members/invite.html")]
pub struct InvitePage {
    shell: Shell,
    pages: Vec<Tab>,
    problems: Vec<Problem>,
    email: Field,
    role: Field,
    role_choices: Vec<RoleChoice>,
    /// After it was made: the link, shown this once, and for whom.
    link: Option<String>,
    invited: String,
}

/// The invitation as it was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct InviteForm {
    email: String,
    role: String,
    /// Of the page: what is sent twice is one invitation.
    idempotency_key: String,
}

impl InviteForm {
    fn parse(&self) -> Result<(Email, Role), FieldErrors> {
        let mut errors = FieldErrors::default();
        let email = errors.take("email", Email::parse(&self.email));
        let role = errors.take("role", Role::parse(&self.role).ok_or("Choose a role.".into()));
        email.zip(role).ok_or(errors)
    }
}

/// `GET /settings/people/invite`
pub async fn show(app: Data<App>, who: May<Administer>, kept: Kept) -> Page<InvitePage> {
    let form = kept.form().unwrap_or_default();
    Page::ok(view(&app, &who, &form, &FieldErrors::default(), None))
}

/// `POST /settings/people/invite`
pub async fn send(app: Data<App>, form: Submit<Administer, InviteForm>) -> AppResult<Answer<InvitePage>> {
    let Submit { who, form } = form;
    match invite(&app, &who, &form).await {
        Ok((_, Some(link))) => {
            let view = view(&app, &who, &form, &FieldErrors::default(), Some(link));
            Ok(Answer::Again(Page::ok(view)))
        }
        Ok((invited, None)) => Ok(Answer::Next(SeeOther::to(HERE).done(format!(
            "{invited} was invited already. This was sent twice and done once; the link was in the first answer. \
             Invite them again for a new one."
        )))),
        Err(AppError::Invalid(errors)) => {
            let view = view(&app, &who, &form, &errors, None);
            Ok(Answer::Again(Page::with_status(view, 422)))
        }
        Err(error) => Err(error),
    }
}

/// Invites whoever was typed: once, also when it is sent twice, and then without the link. Whom, and the link.
async fn invite(app: &App, who: &May<Administer>, form: &InviteForm) -> AppResult<(String, Option<String>)> {
    let (email, role) = form.parse()?;
    let token = crypto::new_token()?;
    let link = format!("{}/invite/{token}", app.public_url());
    let (key, content) = (&form.idempotency_key, [&form.email, &form.role]);
    idempotency::made_once(app, who, key, &content, move |tx, actor| {
        invitations::invite(tx, actor, &email, role, &token)?;
        Ok((email.as_str().to_owned(), link.clone()))
    })
    .await
}

fn view(
    app: &App,
    who: &May<Administer>,
    form: &InviteForm,
    errors: &FieldErrors,
    link: Option<String>,
) -> InvitePage {
    InvitePage {
        shell: who.shell(app, "Invite a team member", Section::People),
        pages: settings::pages(&who.who, HERE),
        problems: problems(errors),
        email: Field::of(&form.email, "email", errors),
        role: Field::of(&form.role, "role", errors),
        role_choices: role_choices(&who.who.actor, Role::parse(&form.role)),
        link,
        invited: form.email.trim().to_owned(),
    }
}

/// Which invitation to take back.
#[derive(Deserialize)]
pub struct RevokeForm {
    invitation: String,
}

/// `POST /settings/people/revoke`
pub async fn revoke(app: Data<App>, form: Submit<Administer, RevokeForm>) -> AppResult<SeeOther> {
    let actor = form.who.actor();
    let id = form.form.invitation.parse().map_err(|_| AppError::NotFound)?;
    let email = app
        .db
        .write(actor.business_account, move |tx| {
            invitations::revoke(tx, &actor, id)
        })
        .await?;
    Ok(SeeOther::to(HERE).done(format!("The invitation of {email} is taken back.")))
}
