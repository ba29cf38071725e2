//! The form that hands an exception over, and the button that sends it again.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    commands, connector_queries,
    model::{DispatchState, Handover, Target},
};
use crate::{
    app::App,
    auth::{permission::Work, principal::May},
    db::AnyConnection,
    exceptions::{
        conflict::{self, Seen},
        head::{ExceptionHead, head, titled},
        model::Act,
        queries,
    },
    kernel::{
        error::{AppError, AppResult, Code, FieldErrors},
        id::{BusinessAccountId, ExceptionId, noun},
    },
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Page, SeeOther},
        shell::{Field, Problem, Section, Shell, problems},
        ui::{Badge, Choice},
    },
};

#[derive(Template)]
#[template(path = "dispatch/form.html")]
pub struct DispatchPage {
    shell: Shell,
    head: ExceptionHead,
    problems: Vec<Problem>,
    target: Field,
    targets: Vec<Choice>,
    /// Nothing is set up but by hand.
    only_by_hand: bool,
    queue: Field,
}

/// The form as it is typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DispatchForm {
    #[serde(rename = "targetSystem")]
    target: String,
    queue: String,
    version: String,
    seen: String,
}

/// The targets that something can be handed to now, the one `chosen` marked.
pub fn targets(conn: &mut AnyConnection, account: BusinessAccountId, chosen: &str) -> AppResult<Vec<Choice>> {
    let rows = connector_queries::list(conn, account)?;
    let is_there =
        |target: Target| target == Target::Manual || rows.iter().any(|r| r.target == target && r.is_enabled);
    Ok(Target::ALL
        .iter()
        .filter(|target| is_there(**target))
        .map(|target| Choice {
            value: target.as_str().into(),
            label: target.label().into(),
            selected: target.as_str() == chosen,
        })
        .collect())
}

/// `GET /exceptions/{id}/dispatch`
pub async fn show(
    app: Data<App>,
    who: May<Work>,
    id: PathId<noun::Exception>,
    kept: Kept,
) -> AppResult<Page<DispatchPage>> {
    let typed = kept.form::<DispatchForm>().unwrap_or_default();
    page(&app, &who, id.0, &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

async fn page(
    app: &App,
    who: &May<Work>,
    id: ExceptionId,
    typed: &DispatchForm,
    errors: &FieldErrors,
) -> AppResult<DispatchPage> {
    let (account, chosen) = (who.account(), typed.target.clone());
    let (row, holder, targets) = app
        .db
        .read(move |conn| {
            let row = queries::get(conn, account, id)?;
            let holder = row.assignee_id.map(|m| queries::person(conn, m)).transpose()?;
            Ok((row, holder, targets(conn, account, &chosen)?))
        })
        .await?;
    let holder = holder.as_ref().map(|(name, _)| name.as_str());
    row.standing().check(Act::Dispatch, &who.who.actor, holder)?;
    Ok(DispatchPage {
        shell: who.shell(app, titled("Dispatch", &row), Section::Queue),
        head: head(who, &row, (app.clock.now(), who.own_zone())),
        problems: problems(errors),
        target: Field::of(&typed.target, "targetSystem", errors),
        only_by_hand: targets.len() == 1,
        targets,
        queue: Field::of(&typed.queue, "queue", errors),
    })
}

/// What was typed, checked.
///
/// # Errors
/// Every wrong field.
pub fn read(target: &str, queue: &str) -> Result<Handover, FieldErrors> {
    let mut errors = FieldErrors::default();
    let target = Target::parse(target).ok_or_else(|| "Choose where it is handed to.".to_owned());
    let target = errors.take("targetSystem", target);
    let queue = errors.take("queue", Handover::queue(queue));
    match (target, queue) {
        (Some(target), Some(queue)) => Ok(Handover { target, queue }),
        _ => Err(errors),
    }
}

/// `POST /exceptions/{id}/dispatch`
pub async fn create(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Work, DispatchForm>,
) -> AppResult<conflict::Outcome<DispatchPage>> {
    let (actor, id, typed) = (form.who.actor(), id.0, form.form.clone());
    let seen = typed.version.parse().ok();
    let outcome = match read(&typed.target, &typed.queue) {
        Ok(wanted) => {
            app.db
                .write(actor.business_account, move |tx| {
                    commands::dispatch(tx, &actor, id, &wanted, seen)
                })
                .await
        }
        Err(errors) => Err(errors.into()),
    };
    match outcome {
        Ok((_, row)) => {
            app.jobs.wake();
            let text = if row.state == DispatchState::Delivered {
                "It waits for somebody outside now.".to_owned()
            } else {
                format!("It is being handed to {}.", row.target.named())
            };
            let next = SeeOther::to(format!("/exceptions/{id}")).done(text);
            Ok(conflict::Outcome::Next(next))
        }
        Err(AppError::Invalid(errors)) => again(&app, &form.who, id, &typed, &errors).await,
        Err(AppError::Refused(Code::NoConnector, why)) => {
            let errors = FieldErrors::one("targetSystem", why);
            again(&app, &form.who, id, &typed, &errors).await
        }
        Err(refusal) => conflict::page(&app, &form.who, id, refusal, wish(typed)).await,
    }
}

async fn again(
    app: &App,
    who: &May<Work>,
    id: ExceptionId,
    typed: &DispatchForm,
    errors: &FieldErrors,
) -> AppResult<conflict::Outcome<DispatchPage>> {
    let page = page(app, who, id, typed, errors).await;
    conflict::again(app, who, id, page, wish(typed.clone())).await
}

fn wish(typed: DispatchForm) -> conflict::Wish {
    let to = Target::parse(&typed.target).map(Target::label);
    conflict::Wish {
        action: "dispatch",
        seen: Seen::read(&typed.seen),
        status: Some("Waiting"),
        rest: vec![
            ("Where to", to.unwrap_or_default().to_owned()),
            ("Queue there", typed.queue.clone()),
        ],
        kept: vec![("targetSystem", typed.target), ("queue", typed.queue)],
        ..conflict::Wish::default()
    }
}

/// A button for the exception as it was seen.
#[derive(Deserialize)]
pub struct ResendForm {
    #[serde(default)]
    version: String,
}

/// `POST /exceptions/{id}/dispatch/resend`
pub async fn resend(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Work, ResendForm>,
) -> AppResult<SeeOther> {
    let (actor, id, seen) = (form.who.actor(), id.0, form.form.version.parse().ok());
    let outcome = app
        .db
        .write(actor.business_account, move |tx| {
            commands::resend(tx, &actor, id, seen)
        })
        .await;
    app.jobs.wake();
    let page = SeeOther::to(format!("/exceptions/{id}"));
    match outcome {
        Ok(row) => Ok(page.done(format!("It is being handed to {}.", row.target.named()))),
        Err(AppError::Refused(_, why)) => Ok(page.refused(why)),
        Err(error) => Err(error),
    }
}
