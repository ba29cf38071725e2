//! Changing one's own password: the current one is asked for and counted like a sign-in; every other session ends, and
//! this one goes on under a new id.

use actix_web::web::Data;
use serde::Deserialize;

use super::{
    access::record,
    profile::{self, HERE, ProfilePage},
    queries,
};
use crate::{
    app::App,
    auth::{
        limiter::{self, Attempt},
        passwords,
        permission::Read,
        principal::May,
        sessions,
    },
    history::EventKind,
    kernel::error::{AppError, AppResult, FieldErrors},
    notifications::commands::tell_of_sign_in,
    web::{
        form::Submit,
        page::{Answer, Page, SeeOther},
        visit::Visit,
    },
};

/// Both passwords as they were typed.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct PasswordForm {
    current_password: String,
    new_password: String,
}

/// `POST /settings/profile/password`
pub async fn change(app: Data<App>, form: Submit<Read, PasswordForm>) -> AppResult<Answer<ProfilePage>> {
    let Submit { who, form } = form;
    match save(&app, &who, form).await {
        Ok(()) => {
            sessions::open(who.request(), &app, who.who.member, who.account())?;
            let done = "Your password is changed, and your other sessions are signed out.";
            Ok(Answer::Next(SeeOther::to(HERE).done(done)))
        }
        Err(AppError::Invalid(errors)) => {
            let view = profile::view(&app, &who, None, &errors).await?;
            Ok(Answer::Again(Page::with_status(view, 422)))
        }
        Err(error) => Err(error),
    }
}

async fn save(app: &App, who: &May<Read>, form: PasswordForm) -> AppResult<()> {
    let member = who.who.member;
    let attempt = Attempt::of(who.request(), app, &who.who.email)?;
    let (checked, now) = (attempt.clone(), app.clock.now());
    let login = app
        .db
        .read(move |conn| {
            limiter::check(conn, &checked, now)?;
            queries::get_login(conn, member)
        })
        .await?;
    if !app
        .hasher
        .verify(form.current_password, login.password_hash.clone())
        .await?
    {
        app.db
            .write(who.account(), move |tx| limiter::count_failure(tx, &attempt))
            .await?;
        return Err(AppError::field(
            "current_password",
            "The current password is not right.",
        ));
    }
    let about = [login.first_name.as_str(), &login.last_name, &login.email];
    passwords::check_new(&form.new_password, &about).map_err(|why| FieldErrors::one("new_password", why))?;
    let hash = app.hasher.hash(form.new_password).await?;
    let actor = who.actor();
    let address = Visit::get(who.request()).ok_or(AppError::LoginRequired)?.address;
    app.db
        .write(actor.business_account, move |tx| {
            limiter::forgive(tx, &attempt)?;
            queries::update_password(tx, member, &hash)?;
            sessions::end_all(tx, member, None)?;
            let told =
                format!("Your password was changed, from {address}. Your other sessions are signed out.");
            tell_of_sign_in(tx, (actor.business_account, member), told)?;
            let text = format!("{} changed their password", actor.name);
            record(tx, &actor, member, EventKind::Edit, ("", "PASSWORD"), &text)
        })
        .await
}
