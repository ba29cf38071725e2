//! One's own absences; and the part of a page that shows somebody's, which supervisors see of everybody.

use actix_web::web::Data;
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

use super::absence::{self, AbsenceForm, AbsenceRow};
use crate::{
    app::App,
    auth::{permission::Work, principal::May},
    db::AnyConnection,
    exceptions::queries::{self, Worker},
    idempotency::{self, Outcome},
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::{BusinessAccountId, TeamMemberId},
    },
    members,
    web::{
        form::Submit,
        kept::Kept,
        page::{Answer, Page, SeeOther},
        settings,
        shell::{Field, Problem, Section, Shell, problems},
        ui::{Choice, Tab},
    },
};

/// One's own absences.
pub const HERE: &str = "/settings/absence";

#[derive(Template)]
#[template(path = "desk/absence.html")]
pub struct AbsencePage {
    shell: Shell,
    pages: Vec<Tab>,
    problems: Vec<Problem>,
    part: AbsencePart,
}

/// The absences of somebody, and the form of one more.
pub struct AbsencePart {
    pub rows: Vec<AbsenceView>,
    pub from: Field,
    pub until: Field,
    pub substitute: Field,
    pub substitutes: Vec<Choice>,
    pub note: Field,
}

/// One absence.
pub struct AbsenceView {
    pub id: String,
    pub days: String,
    pub is_now: bool,
    pub substitute: String,
    pub note: String,
}

/// What the part is made from.
pub struct Found {
    today: NaiveDate,
    workers: Vec<Worker>,
    rows: Vec<AbsenceRow>,
}

/// Loads what is known of `member`'s absences.
pub fn find(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    member: TeamMemberId,
    now: crate::kernel::clock::Ts,
) -> AppResult<Found> {
    let today = members::queries::today(conn, account, now)?;
    let mut rows = absence::from(conn, account, today)?;
    rows.retain(|a| a.member_id == member);
    Ok(Found {
        today,
        workers: queries::workers(conn, account)?,
        rows,
    })
}

/// The part, with what was typed.
pub fn part(found: &Found, member: TeamMemberId, typed: &AbsenceForm, errors: &FieldErrors) -> AbsencePart {
    let name = |id: TeamMemberId| {
        let worker = found.workers.iter().find(|w| w.id == id);
        worker.map(Worker::name).unwrap_or_default()
    };
    let nobody = Choice {
        value: String::new(),
        label: "Nobody".into(),
        selected: typed.substitute.is_empty(),
    };
    let others = found.workers.iter().filter(|w| w.id != member).map(|w| Choice {
        value: w.id.to_string(),
        label: w.name(),
        selected: typed.substitute == w.id.to_string(),
    });
    AbsencePart {
        rows: found
            .rows
            .iter()
            .map(|a| AbsenceView {
                id: a.id.to_string(),
                days: a.days(),
                is_now: a.from_day.0 <= found.today,
                substitute: a.substitute_id.map(name).unwrap_or_default(),
                note: a.note.clone(),
            })
            .collect(),
        from: Field::of(&typed.from, "from", errors),
        until: Field::of(&typed.until, "until", errors),
        substitute: Field::of(&typed.substitute, "substitute", errors),
        substitutes: std::iter::once(nobody).chain(others).collect(),
        note: Field::of(&typed.note, "note", errors),
    }
}

/// `GET /settings/absence`
pub async fn show(app: Data<App>, who: May<Work>, kept: Kept) -> AppResult<Page<AbsencePage>> {
    let typed = kept.form().unwrap_or_default();
    page(&app, &who, &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

async fn page(
    app: &App,
    who: &May<Work>,
    typed: &AbsenceForm,
    errors: &FieldErrors,
) -> AppResult<AbsencePage> {
    let (account, me, now) = (who.account(), who.who.member, app.clock.now());
    let found = app.db.read(move |conn| find(conn, account, me, now)).await?;
    Ok(AbsencePage {
        shell: who.shell(app, "Absence", Section::People),
        pages: settings::pages(&who.who, HERE),
        problems: problems(errors),
        part: part(&found, me, typed, errors),
    })
}

/// `POST /settings/absence`
pub async fn create(app: Data<App>, form: Submit<Work, AbsenceForm>) -> AppResult<Answer<AbsencePage>> {
    let (who, typed) = (form.who, form.form);
    match add(&app, &who, who.who.member, &typed).await {
        Ok(done) => Ok(Answer::Next(SeeOther::to(HERE).done(told("You are", &done)))),
        Err(AppError::Invalid(errors)) => {
            let page = page(&app, &who, &typed, &errors).await?;
            Ok(Answer::Again(Page::with_status(page, 422)))
        }
        Err(error) => Err(error),
    }
}

/// What is said of an absence of whom `who_are` names that was added; of one that the same form has added before, that
/// it was, as it may have ended since.
pub fn told(who_are: &str, done: &Outcome) -> String {
    if done.is_replay {
        format!("The absence {} was added already.", done.body)
    } else {
        format!("{who_are} away {}.", done.body)
    }
}

/// Adds what was typed to the absences of `member`, once, also when it is sent twice; from when until when, in words.
///
/// # Errors
/// As [`absence::add`].
pub async fn add<P: crate::auth::permission::Permission>(
    app: &App,
    who: &May<P>,
    member: TeamMemberId,
    typed: &AbsenceForm,
) -> AppResult<Outcome> {
    let new = typed.parse()?;
    let content = [&typed.from, &typed.until, &typed.substitute, &typed.note];
    let key = &typed.idempotency_key;
    idempotency::done_once(app, who, key, &content, move |tx, actor| {
        let row = absence::add(tx, actor, member, &new)?;
        Ok(Outcome::new(303, None, row.days()))
    })
    .await
}

/// Which absence ends.
#[derive(Deserialize)]
pub struct EndForm {
    absence: String,
}

/// `POST /settings/absence/end`
pub async fn end(app: Data<App>, form: Submit<Work, EndForm>) -> AppResult<SeeOther> {
    stop(&app, &form.who, &form.form).await?;
    Ok(SeeOther::to(HERE).done("You are here."))
}

/// Ends the absence that the form names.
///
/// # Errors
/// As [`absence::end`].
pub async fn stop<P: crate::auth::permission::Permission>(
    app: &App,
    who: &May<P>,
    form: &EndForm,
) -> AppResult<AbsenceRow> {
    let id = form.absence.parse().map_err(|_| AppError::NotFound)?;
    let actor = who.actor();
    app.db
        .write(actor.business_account, move |tx| absence::end(tx, &actor, id))
        .await
}
