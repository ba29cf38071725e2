//! One's own profile: names, time zone, password (see `password`) and sessions.

use actix_web::web::Data;
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

use super::{access::record, queries, zones};
use crate::{
    app::App,
    auth::{
        actor::Actor,
        permission::Read,
        principal::May,
        sessions::{self, SessionRow},
    },
    db::Tx,
    history::EventKind,
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::{SessionId, TeamMemberId},
        text::PersonName,
    },
    mail,
    web::{
        form::Submit,
        kept::Kept,
        page::{Answer, Page, SeeOther},
        settings,
        shell::{Field, Problem, Shell, problems},
        time::stamp,
        ui::{Choice, Stamp, Tab, Tag, Tone},
    },
};

/// The profile's address.
pub const HERE: &str = "/settings/profile";

#[derive(Template)]
#[template(path = "members/profile.html")]
pub struct ProfilePage {
    shell: Shell,
    pages: Vec<Tab>,
    problems: Vec<Problem>,
    first_name: Field,
    last_name: Field,
    email: String,
    time_zone: Field,
    time_zones: Vec<Choice>,
    zone_hint: String,
    current_password: Field,
    new_password: Field,
    sessions: Vec<SessionView>,
    this_one: Tag,
}

struct SessionView {
    id: String,
    icon: &'static str,
    browser: String,
    address: String,
    since: Stamp,
    used: Stamp,
    current: bool,
}

/// Names and time zone as they were typed.
#[derive(Deserialize)]
pub struct ProfileForm {
    first_name: String,
    last_name: String,
    /// A form without it leaves it as it is.
    time_zone: Option<String>,
}

/// `GET /settings/profile`
pub async fn show(app: Data<App>, who: May<Read>, kept: Kept) -> AppResult<Page<ProfilePage>> {
    let view = view(&app, &who, kept.form(), &FieldErrors::default()).await?;
    Ok(Page::ok(view))
}

/// `POST /settings/profile`
pub async fn save(app: Data<App>, form: Submit<Read, ProfileForm>) -> AppResult<Answer<ProfilePage>> {
    let Submit { who, form } = form;
    match store(&app, &who, &form).await {
        Ok(()) => Ok(Answer::Next(SeeOther::to(HERE).done("Your profile is saved."))),
        Err(AppError::Invalid(errors)) => {
            let view = view(&app, &who, Some(form), &errors).await?;
            Ok(Answer::Again(Page::with_status(view, 422)))
        }
        Err(error) => Err(error),
    }
}

async fn store(app: &App, who: &May<Read>, form: &ProfileForm) -> AppResult<()> {
    let mut errors = FieldErrors::default();
    let first = errors.take("first_name", PersonName::parse(&form.first_name));
    let last = errors.take("last_name", PersonName::parse(&form.last_name));
    let zone = form.time_zone.as_deref().map(zones::parse_own).transpose();
    let zone = errors.take("time_zone", zone);
    let ((first, last), zone) = first.zip(last).zip(zone).ok_or(errors)?;
    let (actor, member) = (who.actor(), who.who.member);
    app.db
        .write(actor.business_account, move |tx| {
            rename(tx, &actor, member, (&first, &last))?;
            match zone {
                Some(zone) => move_to(tx, &actor, member, zone),
                None => Ok(()),
            }
        })
        .await?;
    // Also when it is the one that they had: what was cut off the last time is done now.
    if zone.is_some() {
        plan_digests_elsewhere(app, who).await;
    }
    Ok(())
}

fn rename(
    tx: &mut Tx<'_>,
    actor: &Actor,
    member: TeamMemberId,
    (first, last): (&PersonName, &PersonName),
) -> AppResult<()> {
    let before = queries::get_login(tx.conn, member)?.name();
    let after = format!("{} {}", first.as_str(), last.as_str());
    if before == after {
        return Ok(());
    }
    queries::update_names(tx, member, first.as_str(), last.as_str())?;
    let text = format!("{before} is called {after} now");
    record(tx, actor, member, EventKind::Edit, (&before, &after), &text)
}

/// Gives a person another time zone, or the business account's.
fn move_to(tx: &mut Tx<'_>, actor: &Actor, member: TeamMemberId, zone: Option<Tz>) -> AppResult<()> {
    let before = queries::chosen_zone(tx.conn, member)?;
    if before == zone {
        return Ok(());
    }
    queries::update_zone(tx, member, zone)?;
    mail::outbox::plan_anew(tx, (actor.business_account, member))?;
    let text = match zone {
        Some(zone) => format!("{} reads times in {} now", actor.name, zone.name()),
        None => format!(
            "{} reads times in the business account's time zone now",
            actor.name
        ),
    };
    let change = (before.map_or("", Tz::name), zone.map_or("", Tz::name));
    record(tx, actor, member, EventKind::Edit, change, &text)
}

/// The digests that wait in a person's other business accounts: each is a matter of that business account, with its own
/// calendar. The time zone is stored by then, whatever comes of this: one that fails comes at its former time.
async fn plan_digests_elsewhere(app: &App, who: &May<Read>) {
    let (here, member) = (who.account(), who.who.member);
    let all = who.who.memberships.iter().map(|m| m.account_id);
    for there in all.filter(|there| *there != here) {
        let planned = app
            .db
            .write(there, move |tx| mail::outbox::plan_anew(tx, (there, member)))
            .await;
        if let Err(error) = planned {
            tracing::warn!(account = %there, %error, "a digest stays at its former time");
        }
    }
}

/// Which session to end.
#[derive(Deserialize)]
pub struct EndForm {
    session: String,
}

/// `POST /settings/profile/end-session`
pub async fn end_session(app: Data<App>, form: Submit<Read, EndForm>) -> AppResult<SeeOther> {
    let id: SessionId = form.form.session.parse().map_err(|_| AppError::NotFound)?;
    let (actor, member) = (form.who.actor(), form.who.who.member);
    app.db
        .write(actor.business_account, move |tx| {
            if !sessions::end(tx, member, id)? {
                return Err(AppError::NotFound);
            }
            let text = format!("{} signed a session of theirs out", actor.name);
            record(tx, &actor, member, EventKind::Login, ("", "SESSION_ENDED"), &text)
        })
        .await?;
    Ok(SeeOther::to(HERE).done("That session is signed out."))
}

/// Nothing more to say.
#[derive(Deserialize)]
pub struct Nothing {}

/// `POST /settings/profile/end-others`
pub async fn end_others(app: Data<App>, form: Submit<Read, Nothing>) -> AppResult<SeeOther> {
    let (actor, this, member) = (form.who.actor(), form.who.who.session, form.who.who.member);
    let ended = app
        .db
        .write(actor.business_account, move |tx| {
            let ended = sessions::end_all(tx, member, Some(this))?;
            let text = format!("{} signed {ended} other sessions out", actor.name);
            record(
                tx,
                &actor,
                member,
                EventKind::Login,
                ("", "SESSIONS_ENDED"),
                &text,
            )?;
            Ok(ended)
        })
        .await?;
    Ok(SeeOther::to(HERE).done(format!("Signed out elsewhere: {ended}.")))
}

/// The page, with names and time zone as they were typed if they came back.
pub async fn view(
    app: &App,
    who: &May<Read>,
    typed: Option<ProfileForm>,
    errors: &FieldErrors,
) -> AppResult<ProfilePage> {
    let member = who.who.member;
    let (oldest, idle_since) = sessions::horizon(app);
    let (login, sessions) = app
        .db
        .read(move |conn| {
            let login = queries::get_login(conn, member)?;
            Ok((login, sessions::list(conn, member, oldest, idle_since)?))
        })
        .await?;
    let typed = typed.unwrap_or(ProfileForm {
        first_name: login.first_name,
        last_name: login.last_name,
        time_zone: None,
    });
    let stored = || who.who.chosen_zone.map_or("", Tz::name).to_owned();
    let zone = typed.time_zone.unwrap_or_else(stored);
    Ok(ProfilePage {
        shell: Shell::new(app, who.request(), Some(&who.who), "Profile and sessions", None),
        pages: settings::pages(&who.who, HERE),
        problems: problems(errors),
        first_name: Field::of(&typed.first_name, "first_name", errors),
        last_name: Field::of(&typed.last_name, "last_name", errors),
        email: login.email,
        time_zones: zones::choices(&zone, who.zone()),
        time_zone: Field::of(&zone, "time_zone", errors),
        zone_hint: format!(
            "Times are shown and read in it, and your digest comes by it. The days of filters, reports, due dates and \
             deadlines are those of the business account ({}).",
            who.zone().name()
        ),
        current_password: Field::of("", "current_password", errors),
        new_password: Field::of("", "new_password", errors),
        sessions: sessions.into_iter().map(|s| session_view(s, app, who)).collect(),
        this_one: Tag {
            tone: Tone::Green,
            icon: "check",
            text: "This one".into(),
        },
    })
}

fn session_view(session: SessionRow, app: &App, who: &May<Read>) -> SessionView {
    let now = app.clock.now();
    let (icon, browser) = browser_of(&session.user_agent);
    SessionView {
        id: session.id.to_string(),
        icon,
        browser,
        address: session.address,
        since: stamp(session.created_at, now, who.own_zone()),
        used: stamp(session.seen_at, now, who.own_zone()),
        current: session.id == who.who.session,
    }
}

/// What a browser calls itself, in words: `Firefox on Linux`.
fn browser_of(user_agent: &str) -> (&'static str, String) {
    let first_of = |words: &[(&str, &'static str)]| {
        words
            .iter()
            .find(|(part, _)| user_agent.contains(part))
            .map(|(_, word)| *word)
    };
    // The order matters: each later one is named by the earlier ones too.
    let browser = first_of(&[
        ("Edg", "Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first_of(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    let icon = match system {
        Some("Android" | "iPhone" | "iPad") => "smartphone",
        _ => "monitor",
    };
    let words = match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Another program".to_owned(),
    };
    (icon, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_apart() {
        let agents = [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8", "Another program"),
        ];
        for (agent, words) in agents {
            assert_eq!(browser_of(agent).1, words);
        }
    }
}
