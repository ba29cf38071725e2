//! Sign-in, sign-out and the switch to another of one's business accounts. Wrong e-mail and wrong password get the
//! same answer after the same time.

use std::net::IpAddr;

use actix_session::SessionExt;
use actix_web::{HttpRequest, HttpResponse, Responder, http::header, web::Data};
use askama::Template;
use diesel::prelude::*;
use serde::Deserialize;

use super::{
    device,
    limiter::{self, Attempt},
    permission::Read,
    principal::{Membership, memberships_of},
    sessions,
};
use crate::{
    app::App,
    auth::actor::{Actor, ActorKind},
    db::{
        Scope, Tx,
        schema::{business_accounts, team_members},
    },
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::{BusinessAccountId, TeamMemberId},
    },
    notifications::{self, model::Kind},
    web::{
        form::{OpenForm, Query, Submit},
        kept::{self, KeptBody},
        page::{Answer, Page, SeeOther},
        shell::{Field, Problem, Shell, problems},
        visit::Visit,
    },
};

#[derive(Template)]
#[template(path = "auth/login.html")]
pub struct LoginPage {
    shell: Shell,
    notice: Option<&'static str>,
    problems: Vec<Problem>,
    email: Field,
    password: Field,
    kept: Vec<(String, String)>,
    demo_password: String,
    demo_people: Vec<DemoPerson>,
}

pub struct DemoPerson {
    email: String,
    role: String,
}

#[derive(Default, Deserialize)]
pub struct LoginQuery {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub struct LoginForm {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
    /// The fields of a form whose session had ended.
    #[serde(default)]
    kept: String,
}

/// `GET /login`
pub async fn show(
    app: Data<App>,
    request: HttpRequest,
    query: Query<LoginQuery>,
) -> AppResult<Page<LoginPage>> {
    let carried = carried(&query.0.next, "");
    page(&app, &request, String::new(), &FieldErrors::default(), carried)
        .await
        .map(Page::ok)
}

/// What a page that needs a session answers without one: on to the sign-in, and back afterwards.
pub fn ask(request: &HttpRequest, app: &App, kept: Option<KeptBody>) -> HttpResponse {
    match kept {
        // A form was sent: its fields go along in the sign-in form.
        Some(kept) => {
            let carried = carried(&kept.page, &kept.fields);
            let view = LoginPage {
                shell: Shell::new(app, request, None, "Sign in", None),
                notice: Some(KEPT),
                problems: Vec::new(),
                email: Field::default(),
                password: Field::default(),
                kept: carried,
                demo_password: String::new(),
                demo_people: Vec::new(),
            };
            Page::with_status(view, 401).respond_to(request)
        }
        None if request.path() == "/" => SeeOther::to("/login").respond_to(request),
        None => {
            let here = request.uri().path_and_query().map_or("/", |p| p.as_str());
            let next = serde_urlencoded::to_string([("next", here)]).unwrap_or_default();
            SeeOther::to(format!("/login?{next}")).respond_to(request)
        }
    }
}

/// A sign-in after so many failures is told to its person.
const TOO_MANY_TO_KEEP_QUIET: i64 = 5;

/// How that begins.
const AFTER_FAILURES: &str = "Somebody signed in as you after";

/// What becomes of a form whose session ended.
const KEPT: &str = "Your session ended. Sign in and you are back where you were. What you typed is kept.";

/// Why somebody sees this page who asked for another one.
fn notice(request: &HttpRequest, carried: &[(String, String)]) -> Option<&'static str> {
    if carried.iter().any(|(name, _)| name == "kept") {
        Some(KEPT)
    } else if carried.is_empty() {
        None
    } else if request.cookie(sessions::COOKIE).is_some() {
        Some("Your session ended. Sign in and you are back where you were.")
    } else {
        Some("Sign in, and the page you asked for comes next.")
    }
}

fn carried(next: &str, fields: &str) -> Vec<(String, String)> {
    [("next", next), ("kept", fields)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

async fn page(
    app: &App,
    request: &HttpRequest,
    email: String,
    errors: &FieldErrors,
    kept: Vec<(String, String)>,
) -> AppResult<LoginPage> {
    let is_demo = app
        .db
        .read(|conn| {
            let demo = business_accounts::table.filter(business_accounts::is_demo.eq(true));
            Ok(demo
                .select(business_accounts::id)
                .first::<BusinessAccountId>(conn)
                .optional()?
                .is_some())
        })
        .await?;
    let mut shell = Shell::new(app, request, None, "Sign in", None);
    shell.demo = is_demo;
    Ok(LoginPage {
        shell,
        notice: notice(request, &kept),
        problems: problems(errors),
        email: Field::of(&email, "email", errors),
        password: Field {
            value: String::new(),
            error: errors.of("password"),
        },
        kept,
        demo_password: if is_demo {
            crate::demo::PASSWORD.into()
        } else {
            String::new()
        },
        demo_people: if is_demo { demo_people() } else { Vec::new() },
    })
}

fn demo_people() -> Vec<DemoPerson> {
    crate::demo::PEOPLE
        .iter()
        .map(|p| DemoPerson {
            email: p.email.to_owned(),
            role: p.role.label().to_owned(),
        })
        .collect()
}

/// Somebody who may sign in.
struct Found {
    member: TeamMemberId,
    hash: Option<String>,
    /// The business account they come into first.
    first: Membership,
    name: String,
}

impl Found {
    fn actor(&self, visit: &Visit) -> Actor {
        Actor {
            kind: ActorKind::Employee,
            id: Some(self.member.uuid()),
            name: self.name.clone(),
            role: self.first.role,
            business_account: self.first.account_id,
            request_id: visit.request_id.clone(),
        }
    }
}

/// Whose e-mail address it is. Somebody without a business account left is nobody here.
async fn find(app: &App, email: &str, attempt: &Attempt) -> AppResult<Option<Found>> {
    let (email, attempt, now) = (email.to_owned(), attempt.clone(), app.clock.now());
    app.db
        .read(move |conn| {
            limiter::check(conn, &attempt, now)?;
            let row = team_members::table
                .filter(team_members::email.eq(&email))
                .select((
                    team_members::id,
                    team_members::password_hash,
                    team_members::first_name,
                    team_members::last_name,
                ))
                .first::<(TeamMemberId, Option<String>, String, String)>(conn)
                .optional()?;
            let Some((member, hash, first_name, last_name)) = row else {
                return Ok(None);
            };
            let first = memberships_of(conn, member)?.into_iter().next();
            Ok(first.map(|first| Found {
                member,
                hash,
                first,
                name: format!("{first_name} {last_name}"),
            }))
        })
        .await
}

/// `POST /login`
pub async fn enter(
    app: Data<App>,
    request: HttpRequest,
    form: OpenForm<LoginForm>,
) -> AppResult<Answer<LoginPage>> {
    let LoginForm {
        email,
        password,
        next,
        kept,
    } = form.0;
    let visit = Visit::get(&request).ok_or(AppError::LoginRequired)?;
    let wanted = email.trim().to_lowercase();
    let attempt = Attempt::of(&request, &app, &wanted)?;
    let found = find(&app, &wanted, &attempt).await?;
    let hash = found.as_ref().and_then(|f| f.hash.clone());
    let is_right = app.hasher.verify(password, hash).await?;
    match found {
        Some(found) if is_right => {
            let to = succeed(&app, &visit, &found, (&wanted, &attempt), &next, &kept).await?;
            sessions::open(&request, &app, found.member, found.first.account_id)?;
            let known = device::cookie(&app.vault, &wanted)?;
            Ok(Answer::Next(SeeOther::to(to).cookie(known)))
        }
        someone => {
            fail(&app, attempt, someone.map(|f| f.actor(&visit)), &visit).await?;
            let errors = FieldErrors::one("password", "The e-mail address or the password is not right.");
            let view = page(&app, &request, email, &errors, carried(&next, &kept)).await?;
            Ok(Answer::Again(Page::with_status(view, 422)))
        }
    }
}

async fn succeed(
    app: &App,
    visit: &Visit,
    found: &Found,
    (email, attempt): (&str, &Attempt),
    next: &str,
    kept: &str,
) -> AppResult<String> {
    let (actor, address, attempt) = (found.actor(visit), visit.address, attempt.clone());
    let email = email.to_owned();
    let (page, kept, owner, member) = (safe_next(next), kept.to_owned(), app.clone(), found.member);
    app.db
        .write(found.first.account_id, move |tx| {
            tell_of_failures(tx, &actor, member, &attempt, (&email, address))?;
            limiter::forgive(tx, &attempt)?;
            let text = format!("{} signed in from {address}", actor.name);
            record(tx, &actor, "SIGNED_IN", &text)?;
            kept::keep(tx, &owner, member, &page, &kept)
        })
        .await
}

/// Tells a person who comes in after others may have tried to (security.md B039); once for one series of failures.
fn tell_of_failures(
    tx: &mut Tx<'_>,
    actor: &Actor,
    member: TeamMemberId,
    attempt: &Attempt,
    (email, address): (&str, IpAddr),
) -> AppResult<()> {
    let failures = limiter::failures(tx.conn, attempt, email, tx.now)?;
    let whose = (actor.business_account, member);
    let since = tx.now.minus(limiter::WINDOW);
    if failures < TOO_MANY_TO_KEEP_QUIET
        || notifications::queries::was_told(tx.conn, whose, (Kind::Security, AFTER_FAILURES), since)?
    {
        return Ok(());
    }
    let text = format!("{AFTER_FAILURES} {failures} failed attempts, from {address}.");
    notifications::commands::tell_of_sign_in(tx, whose, text)
}

async fn fail(app: &App, attempt: Attempt, who: Option<Actor>, visit: &Visit) -> AppResult<()> {
    let address = visit.address;
    let scope = who
        .as_ref()
        .map_or(Scope::Global, |a| Scope::Account(a.business_account));
    tracing::warn!(target: "docket::security", request_id = %visit.request_id, %address, "sign-in failed");
    app.db
        .write(scope, move |tx| {
            let failures = limiter::count_failure(tx, &attempt)?;
            match &who {
                Some(actor) => {
                    let text = format!(
                        "Failed sign-in number {failures} for {} from {address}",
                        actor.name
                    );
                    record(tx, actor, "REFUSED", &text)
                }
                None => Ok(()),
            }
        })
        .await
}

fn record(tx: &mut crate::db::Tx<'_>, actor: &Actor, outcome: &str, description: &str) -> AppResult<()> {
    let happening = Happening {
        entity_type: EntityType::TeamMember,
        entity_id: actor.id.unwrap_or_default(),
        kind: EventKind::Login,
        previous: "",
        new: outcome,
        description,
    };
    history::record(tx, actor, &happening)
}

/// Where to go after the sign-in: an address of ours, whatever was asked for.
fn safe_next(next: &str) -> String {
    let ours = next.starts_with('/')
        && !next.starts_with("//")
        && !next
            .chars()
            .any(|c| c == '\\' || c.is_control() || c.is_whitespace())
        && !next.starts_with("/login")
        && !next.starts_with("/logout");
    if ours { next.to_owned() } else { "/".to_owned() }
}

#[derive(Deserialize)]
pub struct Nothing {}

/// `POST /logout`
pub async fn leave(app: Data<App>, form: Submit<Read, Nothing>) -> AppResult<HttpResponse> {
    let (actor, request) = (form.who.actor(), form.who.request().clone());
    app.db
        .write(actor.business_account, move |tx| {
            record(tx, &actor, "SIGNED_OUT", &format!("{} signed out", actor.name))
        })
        .await?;
    request.get_session().purge();
    let mut response = SeeOther::to("/login")
        .done("You are signed out.")
        .respond_to(&request);
    response.headers_mut().insert(
        header::HeaderName::from_static("clear-site-data"),
        header::HeaderValue::from_static("\"cache\", \"storage\""),
    );
    Ok(response)
}

#[derive(Deserialize)]
pub struct SwitchForm {
    business_account: String,
}

/// `POST /switch`
pub async fn switch(form: Submit<Read, SwitchForm>) -> AppResult<SeeOther> {
    let wanted: BusinessAccountId = form
        .form
        .business_account
        .parse()
        .map_err(|_| AppError::NotFound)?;
    let membership = form
        .who
        .who
        .memberships
        .iter()
        .find(|m| m.account_id == wanted)
        .ok_or(AppError::NotFound)?;
    let session = form.who.request().get_session();
    session
        .insert("account", wanted)
        .map_err(|e| AppError::Internal(format!("session: {e}")))?;
    Ok(SeeOther::to("/").done(format!("You are in {} now.", membership.account_name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_sign_in_it_always_goes_on_in_docket() {
        for evil in [
            "//evil.test",
            "/\\evil.test",
            "https://evil.test",
            "https:evil",
            "",
            "/a\r\nb",
            "/logout",
            "\u{1}/x",
            "/ /x",
        ] {
            assert_eq!(safe_next(evil), "/", "{evil:?}");
        }
        assert_eq!(
            safe_next("/exceptions?tab=mine&sort=due"),
            "/exceptions?tab=mine&sort=due"
        );
    }
}
