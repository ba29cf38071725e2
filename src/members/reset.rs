//! Reset links: an Owner or Admin makes one, or the command line for who is locked out; its holder sets a password that
//! nobody else sees. It is good for an hour, once, and ends when a newer one is made.

use actix_web::{HttpRequest, web, web::Data};
use askama::Template;
use serde::Deserialize;

use super::{
    access::{changeable, record},
    links::{self, Link, LinkKind, NewLink},
    model::Member,
    queries::{self, Login},
};
use crate::{
    app::App,
    auth::{
        actor::{Actor, ActorKind},
        passwords,
        permission::Role,
        sessions,
    },
    db::Tx,
    history::EventKind,
    kernel::{
        crypto,
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, TeamMemberId},
        text::Email,
    },
    notifications::commands::tell_of_sign_in,
    web::{
        form::{OpenForm, path_part},
        page::{Answer, Page, SeeOther},
        shell::{Field, Problem, Shell, problems},
        visit::Visit,
    },
};

/// Makes a reset link for a member whose access the actor may change. Who belongs to another business account too is
/// left to the command line: the link would open that one as well.
pub fn make(tx: &mut Tx<'_>, actor: &Actor, id: TeamMemberId, token: &str) -> AppResult<Member> {
    let member = changeable(tx, actor, id)?;
    let refused = |sentence: String| Err(AppError::refused(Code::RuleRefuses, sentence));
    if !member.is_active() {
        return refused(format!("{} has no access; enable it first.", member.name()));
    }
    if queries::accounts_of(tx.conn, id)?.len() > 1 {
        return refused(format!(
            "{} belongs to another business account too; whoever runs Docket makes the link with “docket member reset”.",
            member.name()
        ));
    }
    insert(tx, actor, id, token)?;
    Ok(member)
}

fn insert(tx: &mut Tx<'_>, actor: &Actor, id: TeamMemberId, token: &str) -> AppResult<()> {
    let link = NewLink {
        business_account: Some(actor.business_account),
        member: Some(id),
        created_by: actor.member(),
        ..NewLink::default()
    };
    links::insert(tx, LinkKind::Reset, token, &link)?;
    let told = format!(
        "{} made a link with which your password can be set anew. It works once, for an hour.",
        actor.name
    );
    tell_of_sign_in(tx, (actor.business_account, id), told)?;
    let name = queries::get_login(tx.conn, id)?.name();
    let text = format!("A reset link was made for {name}");
    record(tx, actor, id, EventKind::Login, ("", "RESET_LINK"), &text)
}

/// Makes a reset link for whoever has that e-mail address; for the command line, so it asks for no right.
pub async fn make_for(app: &App, email: &str) -> AppResult<String> {
    let email = Email::parse(email).map_err(|why| AppError::field("email", why))?;
    let (login, account) = app
        .db
        .read(move |conn| {
            let login = queries::find_login(conn, email.as_str())?.ok_or(AppError::NotFound)?;
            let accounts = queries::accounts_of(conn, login.id)?;
            Ok((login.id, accounts.into_iter().next().ok_or(AppError::NotFound)?))
        })
        .await?;
    let token = crypto::new_token()?;
    let link = format!("{}/reset/{token}", app.public_url());
    app.db
        .write(account, move |tx| {
            insert(tx, &Actor::internal(account), login, &token)
        })
        .await?;
    Ok(link)
}

#[derive(Template)]
#[template(path = "auth/reset.html")]
pub struct ResetPage {
    shell: Shell,
    action: String,
    email: String,
    problems: Vec<Problem>,
    password: Field,
}

/// The new password.
#[derive(Deserialize)]
pub struct ResetForm {
    #[serde(default)]
    password: String,
}

async fn find(app: &App, token: &str) -> AppResult<Login> {
    let (token, now) = (token.to_owned(), app.clock.now());
    app.db
        .read(move |conn| {
            let link = links::get(conn, LinkKind::Reset, &token, now)?;
            queries::get_login(conn, whose(&link)?.0)
        })
        .await
}

fn whose(link: &Link) -> AppResult<(TeamMemberId, BusinessAccountId)> {
    link.team_member_id
        .zip(link.business_account_id)
        .ok_or_else(|| AppError::Internal(format!("reset link {} is incomplete", link.id)))
}

/// `GET /reset/{token}`
pub async fn show(
    app: Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
) -> AppResult<Page<ResetPage>> {
    let login = find(&app, path_part(&token)).await?;
    Ok(Page::ok(view(&app, &request, &token, &login, None)))
}

/// `POST /reset/{token}`
pub async fn save(
    app: Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
    form: OpenForm<ResetForm>,
) -> AppResult<Answer<ResetPage>> {
    let login = find(&app, path_part(&token)).await?;
    let about = [login.first_name.as_str(), &login.last_name, &login.email];
    if let Err(why) = passwords::check_new(&form.0.password, &about) {
        let view = view(&app, &request, &token, &login, Some(why));
        return Ok(Answer::Again(Page::with_status(view, 422)));
    }
    let hash = app.hasher.hash(form.0.password).await?;
    let (account, member) = set(&app, &request, token.into_inner(), hash).await?;
    sessions::open(&request, &app, member, account)?;
    Ok(Answer::Next(
        SeeOther::to("/").done("Your new password is saved."),
    ))
}

async fn set(
    app: &App,
    request: &HttpRequest,
    token: String,
    hash: String,
) -> AppResult<(BusinessAccountId, TeamMemberId)> {
    let request_id = Visit::get(request).map(|v| v.request_id).unwrap_or_default();
    let (wanted, now) = (token.clone(), app.clock.now());
    let link = app
        .db
        .read(move |conn| links::get(conn, LinkKind::Reset, &wanted, now))
        .await?;
    let (member, account) = whose(&link)?;
    app.db
        .write(account, move |tx| {
            links::use_up(tx, LinkKind::Reset, &token)?;
            queries::update_password(tx, member, &hash)?;
            sessions::end_all(tx, member, None)?;
            let actor = Actor {
                kind: ActorKind::Employee,
                id: Some(member.uuid()),
                name: queries::get_login(tx.conn, member)?.name(),
                role: Role::ViewOnly,
                business_account: account,
                request_id: request_id.clone(),
            };
            let told =
                "Your password was set anew with a reset link. Your sessions before it are signed out.";
            tell_of_sign_in(tx, (account, member), told.into())?;
            let text = format!("{} set a new password with a reset link", actor.name);
            record(tx, &actor, member, EventKind::Edit, ("", "PASSWORD"), &text)
        })
        .await?;
    Ok((account, member))
}

fn view(app: &App, request: &HttpRequest, token: &str, login: &Login, error: Option<String>) -> ResetPage {
    let errors = error.map(|why| crate::kernel::error::FieldErrors::one("password", why));
    let errors = errors.unwrap_or_default();
    ResetPage {
        shell: Shell::new(app, request, None, "New password", None),
        action: format!("/reset/{token}"),
        email: login.email.clone(),
        problems: problems(&errors),
        password: Field::of("", "password", &errors),
    }
}
