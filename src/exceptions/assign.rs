//! Giving an exception to somebody who may work it.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    change::begin,
    conflict::{self, Seen},
    head::{ExceptionHead, head},
    model::Act,
    queries::{self, Worker},
    row::ExceptionRow,
};
use crate::{
    app::App,
    auth::{
        actor::Actor,
        permission::{Right, Work},
        principal::May,
    },
    db::{AnyConnection, Tx},
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::{BusinessAccountId, ExceptionId, TeamMemberId, noun},
    },
    notifications,
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Page, SeeOther},
        shell::{Problem, Section, Shell, initials, problems},
        ui::{Badge, Person},
    },
};

/// Gives an exception to `to`. To oneself it is a claim of what nobody has; to others a supervisor gives, or who
/// has it.
///
/// # Errors
/// `Invalid` when `to` may not work exceptions here; what the lifecycle refuses; `Stale`.
pub fn assign(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    to: TeamMemberId,
    seen: Option<i64>,
) -> AppResult<ExceptionRow> {
    let mut change = begin(tx, actor, id, Act::Assign, seen)?;
    let is_mine = actor.member().is_some() && change.row.assignee_id == actor.member();
    if actor.member() != Some(to) && !is_mine {
        actor.require(Right::Supervise)?;
    }
    must_work(tx.conn, actor.business_account, to)?;
    if change.row.assignee_id == Some(to) && change.row.status == change.next {
        return Ok(change.row);
    }
    change.give(Some(to));
    let row = change.store(tx, actor, "")?;
    notifications::commands::tell_assigned(tx, actor, &row)?;
    Ok(row)
}

/// Refuses an assignee who may not work exceptions here.
pub(super) fn must_work(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    to: TeamMemberId,
) -> AppResult<()> {
    if queries::workers(conn, account)?.iter().any(|w| w.id == to) {
        return Ok(());
    }
    Err(AppError::field(
        "assignee",
        "Choose somebody who works exceptions in this business account.",
    ))
}

#[derive(Template)]
#[template(path = "exceptions/assign.html")]
pub struct AssignPage {
    shell: Shell,
    head: ExceptionHead,
    problems: Vec<Problem>,
    people: Vec<Assignable>,
}

struct Assignable {
    id: String,
    person: Person,
    role: &'static str,
    load: String,
    selected: bool,
    closed: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct AssignForm {
    #[serde(default)]
    assignee: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    seen: String,
}

/// `GET /exceptions/{id}/assign`
pub async fn show(
    app: Data<App>,
    who: May<Work>,
    id: PathId<noun::Exception>,
    kept: Kept,
) -> AppResult<Page<AssignPage>> {
    let typed = kept.form::<AssignForm>().unwrap_or_default();
    page(&app, &who, id.0, &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

async fn page(
    app: &App,
    who: &May<Work>,
    id: ExceptionId,
    typed: &AssignForm,
    errors: &FieldErrors,
) -> AppResult<AssignPage> {
    let account = who.account();
    let (row, workers, loads) = app
        .db
        .read(move |conn| {
            let row = queries::get(conn, account, id)?;
            Ok((
                row,
                queries::workers(conn, account)?,
                queries::loads(conn, account)?,
            ))
        })
        .await?;
    let gives_to_others = who.who.actor.may(Right::Supervise) || row.assignee_id == Some(who.who.member);
    let load = |member: TeamMemberId| loads.iter().find(|(m, _)| *m == member).map_or(0, |(_, n)| *n);
    let assignable = |w: &Worker| Assignable {
        id: w.id.to_string(),
        person: Person {
            initials: initials(&w.name()),
            name: w.name(),
        },
        role: w.role.label(),
        load: match (
            row.assignee_id == Some(w.id),
            w.id == who.who.member || gives_to_others,
        ) {
            (true, _) => "has it now".into(),
            (false, true) => format!("{} open", load(w.id)),
            (false, false) => "only a supervisor gives to others".into(),
        },
        selected: typed.assignee == w.id.to_string(),
        closed: w.id != who.who.member && !gives_to_others,
    };
    Ok(AssignPage {
        shell: who.shell(app, "Assign", Section::Queue),
        head: head(&row, app.clock.now(), who.zone()),
        problems: problems(errors),
        people: workers.iter().map(assignable).collect(),
    })
}

/// `POST /exceptions/{id}/assign`
pub async fn create(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Work, AssignForm>,
) -> AppResult<conflict::Outcome<AssignPage>> {
    let (actor, id, typed) = (form.who.actor(), id.0, form.form.clone());
    let seen = typed.version.parse().ok();
    let outcome = match typed.assignee.parse() {
        Ok(to) => {
            app.db
                .write(actor.business_account, move |tx| assign(tx, &actor, id, to, seen))
                .await
        }
        Err(_) => Err(AppError::field("assignee", "Choose somebody.")),
    };
    match outcome {
        Ok(row) => {
            let name = holder_name(&app, &row).await?;
            Ok(conflict::Outcome::Next(
                SeeOther::to(format!("/exceptions/{id}")).done(format!("{name} has it now.")),
            ))
        }
        Err(AppError::Invalid(errors)) => {
            let page = page(&app, &form.who, id, &typed, &errors).await?;
            Ok(conflict::Outcome::Again(Page::with_status(page, 422)))
        }
        Err(refusal) => {
            let name = match typed.assignee.parse().ok() {
                Some(member) => app
                    .db
                    .read(move |conn| Ok(queries::person(conn, member)?.0))
                    .await
                    .unwrap_or_default(),
                None => String::new(),
            };
            let wish = conflict::Wish {
                action: "assign",
                seen: Seen::read(&typed.seen),
                holder: Some(name),
                status: Some("In progress"),
                kept: vec![("assignee", typed.assignee.clone())],
                comment: String::new(),
            };
            conflict::page(&app, &form.who, id, refusal, wish).await
        }
    }
}

async fn holder_name(app: &App, row: &ExceptionRow) -> AppResult<String> {
    match row.assignee_id {
        Some(member) => {
            app.db
                .read(move |conn| Ok(queries::person(conn, member)?.0))
                .await
        }
        None => Ok("Nobody".into()),
    }
}
