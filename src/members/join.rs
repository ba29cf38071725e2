//! The page behind an invitation's link: somebody new gives names and a password, somebody with a login the password.

use actix_web::{HttpRequest, web, web::Data};
use askama::Template;
use serde::Deserialize;

use super::{
    invitations,
    links::{self, LinkKind},
    model::NewPerson,
    queries::{self, Login},
};
use crate::{
    app::App,
    auth::{
        limiter::{self, Attempt},
        permission::Role,
        sessions,
    },
    db::Scope,
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::{BusinessAccountId, TeamMemberId},
    },
    web::{
        form::{OpenForm, path_part},
        page::{Answer, Page, SeeOther},
        shell::{Field, Problem, Shell, problems},
        visit::Visit,
    },
};

#[derive(Template)]
#[template(path = "auth/invite.html")]
pub struct JoinPage {
    shell: Shell,
    action: String,
    business_account: String,
    invited_by: String,
    role: String,
    email: String,
    problems: Vec<Problem>,
    /// They have a login already.
    known: bool,
    first_name: Field,
    last_name: Field,
    password: Field,
}

/// Names and password as they were typed; somebody with a login gives the password alone.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct JoinForm {
    first_name: String,
    last_name: String,
    password: String,
}

/// An invitation that is open, and what the page says of it.
struct Offer {
    token: String,
    account: BusinessAccountId,
    account_name: String,
    role: Role,
    email: String,
    invited_by: String,
    login: Option<Login>,
}

async fn offer(app: &App, token: &str) -> AppResult<Offer> {
    let (token, now) = (token.to_owned(), app.clock.now());
    app.db
        .read(move |conn| {
            let link = links::get(conn, LinkKind::Invite, &token, now)?;
            let inviter = link
                .created_by
                .map(|id| queries::get_login(conn, id))
                .transpose()?;
            let (account, role, email) = invitations::terms(link)?;
            Ok(Offer {
                account_name: queries::account_name(conn, account)?,
                login: queries::find_login(conn, &email)?,
                invited_by: inviter.map_or_else(|| "Docket".into(), |l| l.name()),
                token,
                account,
                role,
                email,
            })
        })
        .await
}

/// `GET /invite/{token}`
pub async fn show(
    app: Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
) -> AppResult<Page<JoinPage>> {
    let offer = offer(&app, path_part(&token)).await?;
    let errors = FieldErrors::default();
    Ok(Page::ok(view(
        &app,
        &request,
        &offer,
        &JoinForm::default(),
        &errors,
    )))
}

/// `POST /invite/{token}`
pub async fn accept(
    app: Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
    form: OpenForm<JoinForm>,
) -> AppResult<Answer<JoinPage>> {
    let offer = offer(&app, path_part(&token)).await?;
    let joined = match offer.login.clone() {
        Some(login) => join_as_known(&app, &request, &offer, login, &form.0).await,
        None => join_as_new(&app, &request, &offer, &form.0).await,
    };
    match joined {
        Ok(member) => {
            sessions::open(&request, &app, member, offer.account)?;
            let welcome = format!("Welcome to {}.", offer.account_name);
            Ok(Answer::Next(SeeOther::to("/").done(welcome)))
        }
        Err(AppError::Invalid(errors)) => {
            let view = view(&app, &request, &offer, &form.0, &errors);
            Ok(Answer::Again(Page::with_status(view, 422)))
        }
        Err(error) => Err(error),
    }
}

async fn join_as_new(
    app: &App,
    request: &HttpRequest,
    offer: &Offer,
    form: &JoinForm,
) -> AppResult<TeamMemberId> {
    let mut errors = FieldErrors::default();
    let person = NewPerson::parse(
        &mut errors,
        &offer.email,
        &form.first_name,
        &form.last_name,
        &form.password,
        &offer.account_name,
    );
    let person = person.ok_or(errors)?;
    let hash = app.hasher.hash(form.password.clone()).await?;
    let (token, request_id) = (offer.token.clone(), request_id(request));
    app.db
        .write(offer.account, move |tx| {
            invitations::join_as_new(tx, &token, &person, &hash, &request_id)
        })
        .await
}

/// Wrong passwords are counted as they are at the sign-in.
async fn join_as_known(
    app: &App,
    request: &HttpRequest,
    offer: &Offer,
    login: Login,
    form: &JoinForm,
) -> AppResult<TeamMemberId> {
    let attempt = Attempt::of(request, app, &offer.email)?;
    let (checked, now) = (attempt.clone(), app.clock.now());
    app.db
        .read(move |conn| limiter::check(conn, &checked, now))
        .await?;
    if !app
        .hasher
        .verify(form.password.clone(), login.password_hash)
        .await?
    {
        app.db
            .write(Scope::Global, move |tx| limiter::count_failure(tx, &attempt))
            .await?;
        return Err(AppError::field("password", "The password is not right."));
    }
    let (token, request_id) = (offer.token.clone(), request_id(request));
    app.db
        .write(offer.account, move |tx| {
            limiter::forgive(tx, &attempt)?;
            invitations::join_as_known(tx, &token, &request_id)
        })
        .await
}

fn request_id(request: &HttpRequest) -> String {
    Visit::get(request).map(|v| v.request_id).unwrap_or_default()
}

fn view(app: &App, request: &HttpRequest, offer: &Offer, form: &JoinForm, errors: &FieldErrors) -> JoinPage {
    JoinPage {
        shell: Shell::new(app, request, None, format!("Join {}", offer.account_name), None),
        action: format!("/invite/{}", offer.token),
        business_account: offer.account_name.clone(),
        invited_by: offer.invited_by.clone(),
        role: offer.role.label().to_owned(),
        email: offer.email.clone(),
        problems: problems(errors),
        known: offer.login.is_some(),
        first_name: Field::of(&form.first_name, "first_name", errors),
        last_name: Field::of(&form.last_name, "last_name", errors),
        password: Field::of("", "password", errors),
    }
}
