//! What people do with a bulk action: choose, run, cancel, plan the rest anew.

use std::time::Duration;

use actix_web::web::Data;
use serde::Deserialize;

use super::{
    check::check,
    input::{Input, RunForm},
    model::{BulkAct, BulkRow},
    plan::{Chosen, plan},
    queries, run,
    show::{self, BulkPage},
};
use crate::{
    app::App,
    auth::permission::Work,
    exceptions::filter::RawFilter,
    kernel::{
        count::grouped,
        error::{AppError, AppResult, FieldErrors},
        id::{BulkId, BusinessAccountId, noun},
    },
    policies::{self, thresholds::Thresholds},
    web::{
        form::{PathId, Submit},
        page::{Answer, Page, SeeOther},
    },
};

/// A form of a list: `pick` comes once for each row, as id and version.
type Picked = Vec<(String, String)>;

/// A small one is done by then, and the next page shows the result at once.
const WAITS: Duration = Duration::from_secs(1);

fn value<'a>(form: &'a Picked, name: &str) -> &'a str {
    form.iter()
        .find(|(n, _)| n == name)
        .map_or("", |(_, value)| value.as_str())
}

fn picks<K>(form: &Picked) -> Vec<(crate::kernel::id::Id<K>, i64)> {
    form.iter()
        .filter(|(name, _)| name == "pick[]")
        .filter_map(|(_, value)| {
            let (id, version) = value.split_once('.')?;
            Some((id.parse().ok()?, version.parse().ok()?))
        })
        .collect()
}

/// Only ever back to a list of ours.
fn origin(form: &Picked) -> String {
    let back = value(form, "back");
    let page = back.split_once('?').map_or(back, |(page, _)| page);
    if ["/exceptions", "/reviews", "/workload"].contains(&page) {
        back.to_owned()
    } else {
        "/exceptions".into()
    }
}

/// What is chosen.
///
/// # Errors
/// All of a list is chosen, and not all of its filters can be read: what is left out there would be acted on here.
fn chosen(form: &Picked, origin: &str, zone: chrono_tz::Tz) -> AppResult<Chosen> {
    // Of the workload the queue is told by itself: it is another page.
    let query = match value(form, "list") {
        "" => origin.split_once('?').map_or("", |(_, query)| query),
        list => list,
    };
    if origin.starts_with("/reviews") {
        return Ok(match value(form, "scope") {
            "all" => Chosen::WaitingReviews,
            _ => Chosen::Reviews(picks(form)),
        });
    }
    let filter = || {
        let raw: RawFilter = serde_urlencoded::from_str(query).unwrap_or_default();
        let (filter, errors) = raw.parse(zone);
        if errors.is_empty() {
            Ok(Box::new(filter))
        } else {
            Err(errors)
        }
    };
    Ok(match value(form, "scope") {
        "all" => Chosen::All(Box::new(filter()?.whole())),
        "page" => Chosen::Page(filter()?),
        _ => Chosen::Rows(picks(form)),
    })
}

/// `POST /bulk`
pub async fn create(app: Data<App>, form: Submit<Work, Picked>) -> AppResult<SeeOther> {
    let (actor, origin) = (form.who.actor(), origin(&form.form));
    let Some(act) = BulkAct::parse(value(&form.form, "act")) else {
        return Ok(SeeOther::to(origin).refused("Choose what to do with what you have selected."));
    };
    let list = origin.clone();
    let Ok(chosen) = chosen(&form.form, &origin, form.who.zone()) else {
        let why = "Put the filters right first: not all of them could be read.";
        return Ok(SeeOther::to(list).refused(why));
    };
    let planned = app
        .db
        .write_large(actor.business_account, move |tx| {
            plan(tx, &actor, act, &chosen, &origin)
        })
        .await;
    next(planned, list)
}

fn next(planned: AppResult<BulkRow>, list: String) -> AppResult<SeeOther> {
    match planned {
        Ok(row) => Ok(SeeOther::to(format!("/bulk/{}", row.id))),
        Err(refusal @ (AppError::Invalid(_) | AppError::Refused(..))) => {
            Ok(SeeOther::to(list).refused(refusal.sentence()))
        }
        Err(error) => Err(error),
    }
}

/// `POST /bulk/{id}/run`: runs it. Where what each gets hangs on what is typed, that is checked and shown first, and
/// only what was shown is run.
pub async fn run(
    app: Data<App>,
    id: PathId<noun::Bulk>,
    form: Submit<Work, RunForm>,
) -> AppResult<Answer<BulkPage>> {
    let (actor, id, zone) = (form.who.actor(), id.0, form.who.own_zone());
    let account = actor.business_account;
    let (row, thresholds) = app
        .db
        .read(move |conn| {
            let thresholds: Thresholds = policies::rules::of(conn, account)?;
            Ok((queries::get(conn, account, id)?, thresholds))
        })
        .await?;
    let input = match Input::parse(row.act, &form.form, app.clock.now(), zone, &thresholds) {
        Ok(input) => input,
        Err(errors) => return again(&app, &form, id, &errors).await,
    };
    let was_shown = row.input.as_deref() == Some(input.to_json()?.as_str()) && form.form.step != "check";
    let runs = was_shown || !row.act.hangs_on_input();
    let outcome = if runs {
        app.db
            .write(account, move |tx| run::queue(tx, &actor, id, &input))
            .await
    } else {
        app.db
            .write_large(account, move |tx| check(tx, &actor, id, &input))
            .await
    };
    let page = SeeOther::to(format!("/bulk/{id}"));
    match outcome {
        Ok(_) => {}
        Err(AppError::Invalid(errors)) => return again(&app, &form, id, &errors).await,
        Err(AppError::Refused(_, why)) => return Ok(Answer::Next(page.refused(why))),
        Err(error) => return Err(error),
    }
    if runs {
        app.jobs.wake();
        wait(&app, account, id).await?;
    }
    Ok(Answer::Next(page))
}

/// The form again, with what was typed and what is wrong with it.
async fn again(
    app: &App,
    form: &Submit<Work, RunForm>,
    id: BulkId,
    errors: &FieldErrors,
) -> AppResult<Answer<BulkPage>> {
    let typed = Some(form.form.clone());
    let who = form.who.as_reader();
    let page = show::page(app, &who, id, &show::Asked::default(), typed, errors).await?;
    Ok(Answer::Again(Page::with_status(page, 422)))
}

async fn wait(app: &App, account: BusinessAccountId, id: BulkId) -> AppResult<()> {
    const LOOKS: u32 = 20;
    for _ in 0..LOOKS {
        let row = app.db.read(move |conn| queries::get(conn, account, id)).await?;
        if !row.state.is_under_way() {
            break;
        }
        tokio::time::sleep(WAITS / LOOKS).await;
    }
    Ok(())
}

/// A form that asks nothing.
#[derive(Deserialize)]
pub struct Nothing {}

/// `POST /bulk/{id}/cancel`
pub async fn cancel(
    app: Data<App>,
    id: PathId<noun::Bulk>,
    form: Submit<Work, Nothing>,
) -> AppResult<SeeOther> {
    let (actor, id) = (form.who.actor(), id.0);
    let outcome = app
        .db
        .write(actor.business_account, move |tx| run::cancel(tx, &actor, id))
        .await;
    let page = SeeOther::to(format!("/bulk/{id}"));
    match outcome {
        Ok(row) => Ok(page.done(format!(
            "Cancelled: {} of {} were done.",
            grouped(row.done),
            grouped(row.items)
        ))),
        Err(AppError::Refused(_, why)) => Ok(page.refused(why)),
        Err(error) => Err(error),
    }
}

/// `POST /bulk/{id}/retry`
pub async fn retry(
    app: Data<App>,
    id: PathId<noun::Bulk>,
    form: Submit<Work, Nothing>,
) -> AppResult<SeeOther> {
    let (actor, id) = (form.who.actor(), id.0);
    let planned = app
        .db
        .write_large(actor.business_account, move |tx| {
            let former = queries::get(tx.conn, actor.business_account, id)?;
            plan(tx, &actor, former.act, &Chosen::NotDone(id), &former.origin)
        })
        .await;
    next(planned, format!("/bulk/{id}"))
}
