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
    kernel::{
        crypto,
        error::{AppError, AppResult, FieldErrors},
        text::Email,
    },
    web::{
        form::Submit,
        kept::Kept,
        page::{Page, SeeOther},
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
pub async fn send(app: Data<App>, form: Submit<Administer, InviteForm>) -> AppResult<Page<InvitePage>> {
    let Submit { who, form } = form;
    match invite(&app, &who, &form).await {
        Ok(link) => Ok(Page::ok(view(
            &app,
            &who,
            &form,
            &FieldErrors::default(),
            Some(link),
        ))),
        Err(AppError::Invalid(errors)) => Ok(Page::with_status(view(&app, &who, &form, &errors, None), 422)),
        Err(error) => Err(error),
    }
}

async fn invite(app: &App, who: &May<Administer>, form: &InviteForm) -> AppResult<String> {
    let (email, role) = form.parse()?;
    let token = crypto::new_token()?;
    let link = format!("{}/invite/{token}", app.public_url());
    let actor = who.actor();
    app.db
        .write(who.account(), move |tx| {
            invitations::invite(tx, &actor, &email, role, &token)
        })
        .await?;
    Ok(link)
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
