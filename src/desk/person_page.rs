//! One person at the desk, for supervisors: what they have, their limit, their teams, and when they are away.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    absence::AbsenceForm,
    absence_page::{self, AbsencePart, EndForm},
    hands::{self, Hand},
    limit,
    teams::{self, Team},
};
use crate::{
    app::App,
    auth::{permission::Supervise, principal::May},
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::{TeamMemberId, noun},
    },
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Answer, Page, SeeOther},
        shell::{Field, Problem, Section, Shell, problems},
        ui::Link,
    },
};

#[derive(Template)]
#[template(path = "desk/person.html")]
pub struct PersonPage {
    shell: Shell,
    problems: Vec<Problem>,
    /// Where the forms go.
    set_limit: String,
    add: String,
    end: String,
    name: String,
    role: &'static str,
    /// Why they are given nothing more now; empty when they are.
    closed: String,
    load: Link,
    teams: Vec<Link>,
    limit: Field,
    part: AbsencePart,
}

/// `GET /workload/{id}`
pub async fn show(
    app: Data<App>,
    who: May<Supervise>,
    id: PathId<noun::TeamMember>,
    kept: Kept,
) -> AppResult<Page<PersonPage>> {
    let typed = Typed {
        limit: kept.form::<LimitForm>().map(|f| f.limit),
        absence: kept.form().unwrap_or_default(),
    };
    page(&app, &who, id.0, &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

#[derive(Default)]
struct Typed {
    limit: Option<String>,
    absence: AbsenceForm,
}

async fn page(
    app: &App,
    who: &May<Supervise>,
    id: TeamMemberId,
    typed: &Typed,
    errors: &FieldErrors,
) -> AppResult<PersonPage> {
    let (account, now) = (who.account(), app.clock.now());
    let (hand, teams, absences) = app
        .db
        .read(move |conn| {
            let hand = hands::hands(conn, account, now)?
                .into_iter()
                .find(|h| h.worker.id == id)
                .ok_or(AppError::NotFound)?;
            let teams: Vec<Team> = teams::list(conn, account)?
                .into_iter()
                .filter(|t| t.members.contains(&id))
                .collect();
            Ok((hand, teams, absence_page::find(conn, account, id, now)?))
        })
        .await?;
    let name = hand.worker.name();
    let limit = typed
        .limit
        .clone()
        .unwrap_or_else(|| hand.limit.map(|n| n.to_string()).unwrap_or_default());
    Ok(PersonPage {
        shell: who.shell(app, name.clone(), Section::Load),
        problems: problems(errors),
        set_limit: format!("/workload/{id}/limit"),
        add: format!("/workload/{id}/away"),
        end: format!("/workload/{id}/end"),
        closed: hand.closed().unwrap_or_default(),
        load: load(&hand),
        role: hand.worker.role.label(),
        teams: teams
            .into_iter()
            .map(|team| Link {
                href: format!("/settings/teams/{}", team.row.id),
                label: team.row.name,
            })
            .collect(),
        limit: Field::of(&limit, "limit", errors),
        part: absence_page::part(&absences, id, &typed.absence, errors),
        name,
    })
}

/// What somebody has, as a link to it.
pub fn load(hand: &Hand) -> Link {
    Link {
        href: format!("/exceptions?tab=open&assignee={}", hand.worker.id),
        label: hand.load(),
    }
}

/// The limit as it is typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct LimitForm {
    #[serde(default)]
    limit: String,
}

/// `POST /workload/{id}/limit`
pub async fn set_limit(
    app: Data<App>,
    id: PathId<noun::TeamMember>,
    form: Submit<Supervise, LimitForm>,
) -> AppResult<Answer<PersonPage>> {
    let (who, typed, id) = (form.who, form.form, id.0);
    let outcome = match limit::parse(&typed.limit) {
        Ok(limit) => {
            let actor = who.actor();
            app.db
                .write(actor.business_account, move |tx| {
                    limit::set(tx, &actor, id, limit)
                })
                .await
        }
        Err(sentence) => Err(AppError::field("limit", sentence)),
    };
    let typed = Typed {
        limit: Some(typed.limit),
        ..Typed::default()
    };
    answer(
        &app,
        &who,
        id,
        &typed,
        outcome.map(|()| "The limit is set.".into()),
    )
    .await
}

/// `POST /workload/{id}/away`
pub async fn add_absence(
    app: Data<App>,
    id: PathId<noun::TeamMember>,
    form: Submit<Supervise, AbsenceForm>,
) -> AppResult<Answer<PersonPage>> {
    let outcome = absence_page::add(&app, &form.who, id.0, &form.form).await;
    let typed = Typed {
        absence: form.form,
        ..Typed::default()
    };
    let done = outcome.map(|done| absence_page::told("They are", &done));
    answer(&app, &form.who, id.0, &typed, done).await
}

/// `POST /workload/{id}/end`
pub async fn end_absence(
    app: Data<App>,
    id: PathId<noun::TeamMember>,
    form: Submit<Supervise, EndForm>,
) -> AppResult<SeeOther> {
    absence_page::stop(&app, &form.who, &form.form).await?;
    Ok(SeeOther::to(format!("/workload/{}", id.0)).done("They are here."))
}

async fn answer(
    app: &App,
    who: &May<Supervise>,
    id: TeamMemberId,
    typed: &Typed,
    outcome: AppResult<String>,
) -> AppResult<Answer<PersonPage>> {
    match outcome {
        Ok(done) => Ok(Answer::Next(SeeOther::to(format!("/workload/{id}")).done(done))),
        Err(AppError::Invalid(errors)) => {
            let page = page(app, who, id, typed, &errors).await?;
            Ok(Answer::Again(Page::with_status(page, 422)))
        }
        Err(error) => Err(error),
    }
}
