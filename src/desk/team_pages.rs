//! The teams: their list, and the form of one.

use actix_web::web::Data;
use askama::Template;

use super::{
    hands::{self, Hand},
    teams::{self, Team},
};
use crate::{
    app::App,
    auth::{permission::Supervise, principal::May},
    idempotency::{self, Outcome},
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::{TeamId, TeamMemberId, noun},
        text::Title,
    },
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Answer, Page, SeeOther},
        settings,
        shell::{Field, Problem, Section, Shell, problems},
        ui::{Empty, Link, Tab},
    },
};

/// The list of teams.
pub const HERE: &str = "/settings/teams";

#[derive(Template)]
#[template(path = "desk/teams.html")]
pub struct TeamsPage {
    shell: Shell,
    pages: Vec<Tab>,
    teams: Vec<TeamView>,
    empty: Option<Empty>,
}

struct TeamView {
    name: String,
    href: String,
    people: String,
    open: Link,
}

/// `GET /settings/teams`
pub async fn list(app: Data<App>, who: May<Supervise>) -> AppResult<Page<TeamsPage>> {
    let (account, now) = (who.account(), app.clock.now());
    let (teams, hands) = app
        .db
        .read(move |conn| Ok((teams::list(conn, account)?, hands::hands(conn, account, now)?)))
        .await?;
    let empty = Empty {
        icon: "user-plus",
        title: "There is no team yet".into(),
        text: "A team is people who work the same things: one choice when you assign, filter or route."
            .into(),
        action: None,
    };
    Ok(Page::ok(TeamsPage {
        shell: who.shell(&app, "Teams", Section::Load),
        pages: settings::pages(&who.who, HERE),
        empty: teams.is_empty().then_some(empty),
        teams: teams.iter().map(|team| view(team, &hands)).collect(),
    }))
}

fn view(team: &Team, hands: &[Hand]) -> TeamView {
    let of_team: Vec<&Hand> = hands
        .iter()
        .filter(|h| team.members.contains(&h.worker.id))
        .collect();
    let names: Vec<String> = of_team.iter().map(|h| h.worker.name()).collect();
    let open: i64 = of_team.iter().map(|h| h.open).sum();
    TeamView {
        name: team.row.name.clone(),
        href: format!("{HERE}/{}", team.row.id),
        people: if names.is_empty() {
            "Nobody who works exceptions".into()
        } else {
            names.join(", ")
        },
        open: Link {
            href: format!("/exceptions?tab=open&team={}", team.row.id),
            label: crate::kernel::count::grouped(open),
        },
    }
}

#[derive(Template)]
#[template(path = "desk/team.html")]
pub struct TeamPage {
    shell: Shell,
    pages: Vec<Tab>,
    problems: Vec<Problem>,
    title: String,
    action: String,
    version: String,
    name_field: Field,
    members_field: Field,
    people: Vec<PersonChoice>,
    can_delete: bool,
}

struct PersonChoice {
    id: String,
    name: String,
    note: String,
    chosen: bool,
}

/// The form as it is typed: `name`, `version` and a `member[]` for each who is in it.
#[derive(Clone, Debug, Default)]
struct Typed {
    name: String,
    version: String,
    members: Vec<String>,
    /// Of the page: what is sent twice is done once.
    key: String,
}

impl Typed {
    fn read(fields: &[(String, String)]) -> Self {
        let all = |name: &str| {
            let wanted = fields.iter().filter(|(n, _)| n == name);
            wanted.map(|(_, value)| value.clone()).collect::<Vec<_>>()
        };
        Self {
            name: all("name").pop().unwrap_or_default(),
            version: all("version").pop().unwrap_or_default(),
            members: all("member[]"),
            key: all("idempotency_key").pop().unwrap_or_default(),
        }
    }

    fn parse(&self) -> Result<(Title, Vec<TeamMemberId>), FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.take("name", Title::parse(&self.name));
        let members = self.members.iter().filter_map(|m| m.parse().ok()).collect();
        name.map(|name| (name, members)).ok_or(errors)
    }
}

/// `GET /settings/teams/new`
pub async fn new(app: Data<App>, who: May<Supervise>, kept: Kept) -> AppResult<Page<TeamPage>> {
    let typed = Typed::read(&kept.form::<Vec<(String, String)>>().unwrap_or_default());
    page(&app, &who, None, &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

/// `GET /settings/teams/{id}`
pub async fn show(
    app: Data<App>,
    who: May<Supervise>,
    id: PathId<noun::Team>,
    kept: Kept,
) -> AppResult<Page<TeamPage>> {
    let (account, id) = (who.account(), id.0);
    let team = app.db.read(move |conn| teams::get(conn, account, id)).await?;
    let typed = match kept.form::<Vec<(String, String)>>() {
        Some(fields) => Typed::read(&fields),
        None => Typed {
            name: team.row.name.clone(),
            version: team.row.version.to_string(),
            members: team.members.iter().map(ToString::to_string).collect(),
            key: String::new(),
        },
    };
    page(&app, &who, Some(&team), &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

async fn page(
    app: &App,
    who: &May<Supervise>,
    team: Option<&Team>,
    typed: &Typed,
    errors: &FieldErrors,
) -> AppResult<TeamPage> {
    let (account, now) = (who.account(), app.clock.now());
    let hands = app.db.read(move |conn| hands::hands(conn, account, now)).await?;
    let title = team.map_or_else(|| "New team".to_owned(), |t| t.row.name.clone());
    Ok(TeamPage {
        shell: who.shell(app, title.clone(), Section::Load),
        pages: settings::pages(&who.who, HERE),
        problems: problems(errors),
        title,
        action: team.map_or_else(|| format!("{HERE}/new"), |t| format!("{HERE}/{}", t.row.id)),
        version: team.map(|t| t.row.version.to_string()).unwrap_or_default(),
        name_field: Field::of(&typed.name, "name", errors),
        members_field: Field::of("", "members", errors),
        people: hands
            .iter()
            .map(|hand| PersonChoice {
                id: hand.worker.id.to_string(),
                name: hand.worker.name(),
                note: format!(
                    "{} · {}",
                    hand.worker.role.label(),
                    hand.closed().unwrap_or_else(|| hand.load())
                ),
                chosen: typed.members.contains(&hand.worker.id.to_string()),
            })
            .collect(),
        can_delete: team.is_some(),
    })
}

/// `POST /settings/teams/new`
pub async fn create(
    app: Data<App>,
    form: Submit<Supervise, Vec<(String, String)>>,
) -> AppResult<Answer<TeamPage>> {
    save(&app, &form.who, None, &Typed::read(&form.form)).await
}

/// `POST /settings/teams/{id}`
pub async fn update(
    app: Data<App>,
    id: PathId<noun::Team>,
    form: Submit<Supervise, Vec<(String, String)>>,
) -> AppResult<Answer<TeamPage>> {
    save(&app, &form.who, Some(id.0), &Typed::read(&form.form)).await
}

/// Adds or changes the team as it was typed: once, also when it is sent twice. Its name.
async fn store(app: &App, who: &May<Supervise>, id: Option<TeamId>, typed: &Typed) -> AppResult<String> {
    let ((name, members), seen) = (typed.parse()?, typed.version.parse().ok());
    let content = (&typed.name, &typed.members, &typed.version);
    let done = idempotency::done_once(app, who, &typed.key, &content, move |tx, actor| {
        let row = match id {
            Some(id) => teams::change(tx, actor, id, seen, &name, &members),
            None => teams::add(tx, actor, &name, &members),
        }?;
        Ok(Outcome::new(303, None, row.name))
    });
    done.await.map(|outcome| outcome.body)
}

async fn save(
    app: &App,
    who: &May<Supervise>,
    id: Option<TeamId>,
    typed: &Typed,
) -> AppResult<Answer<TeamPage>> {
    let (errors, status) = match store(app, who, id, typed).await {
        Ok(name) => {
            return Ok(Answer::Next(
                SeeOther::to(HERE).done(format!("The team “{name}” is saved.")),
            ));
        }
        Err(AppError::Invalid(errors)) => (errors, 422),
        Err(AppError::Refused(code, why)) => (FieldErrors::one("", why), code.status()),
        Err(error) => return Err(error),
    };
    let account = who.account();
    let team = match id {
        Some(id) => Some(app.db.read(move |conn| teams::get(conn, account, id)).await?),
        None => None,
    };
    let page = page(app, who, team.as_ref(), typed, &errors).await?;
    Ok(Answer::Again(Page::with_status(page, status)))
}

/// A form that asks nothing.
#[derive(serde::Deserialize)]
pub struct Nothing {}

/// `POST /settings/teams/{id}/delete`
pub async fn remove(
    app: Data<App>,
    id: PathId<noun::Team>,
    form: Submit<Supervise, Nothing>,
) -> AppResult<SeeOther> {
    let (actor, id) = (form.who.actor(), id.0);
    let removed = app
        .db
        .write(actor.business_account, move |tx| teams::remove(tx, &actor, id))
        .await;
    match removed {
        Ok(team) => Ok(SeeOther::to(HERE).done(format!(
            "The team “{}” is removed; its people keep what they have.",
            team.name
        ))),
        Err(AppError::Refused(_, why)) => Ok(SeeOther::to(format!("{HERE}/{id}")).refused(why)),
        Err(error) => Err(error),
    }
}
