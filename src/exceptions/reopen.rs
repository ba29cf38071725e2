//! Opening a resolved exception again: by a supervisor, with a reason; its last holder keeps it.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    change::{Change, begin},
    conflict::{self, Seen},
    head::{ExceptionHead, head, titled},
    model::Act,
    queries, resolution,
    row::ExceptionRow,
};
use crate::{
    app::App,
    auth::{actor::Actor, permission::Supervise, principal::May},
    db::{AnyConnection, Tx},
    desk::hands,
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::{ExceptionId, TeamMemberId, noun},
        text::Reason,
    },
    reviews::blind,
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Page, SeeOther},
        shell::{Field, Problem, Section, Shell, problems},
        ui::Badge,
    },
};

/// Opens a resolved exception again. A match or an adjustment that the resolution made is undone.
///
/// # Errors
/// What the lifecycle refuses; `Stale`.
pub fn reopen(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    reason: &Reason,
    seen: Option<i64>,
) -> AppResult<ExceptionRow> {
    again(tx, actor, id, reason, seen, |_| {})
}

/// Opens an exception again for `to`, or for everybody: it is REOPENED, with them as holder.
///
/// # Errors
/// As [`reopen`]; `Invalid` when `to` may not work exceptions here.
pub fn reopen_for(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    to: Option<TeamMemberId>,
    reason: &Reason,
) -> AppResult<ExceptionRow> {
    if let Some(to) = to {
        hands::check(tx.conn, actor.business_account, to, tx.now)?;
    }
    again(tx, actor, id, reason, None, |change| change.give(to))
}

fn again(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    reason: &Reason,
    seen: Option<i64>,
    adapt: impl FnOnce(&mut Change),
) -> AppResult<ExceptionRow> {
    let mut change = begin(tx, actor, id, Act::Reopen, seen)?;
    change.row.was_reopened = true;
    if let Some(id) = change.row.resolution_id {
        let resolved_at = resolution::get(tx.conn, id)?.resolved_at;
        resolution::undo(tx, actor, id)?;
        change.rested(tx, actor, resolved_at)?;
    }
    adapt(&mut change);
    change.store(tx, actor, reason.as_str())
}

#[derive(Template)]
#[template(path = "exceptions/reopen.html")]
pub struct ReopenPage {
    shell: Shell,
    head: ExceptionHead,
    effect: String,
    problems: Vec<Problem>,
    reason: Field,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct ReopenForm {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    seen: String,
}

/// `GET /exceptions/{id}/reopen`
pub async fn show(
    app: Data<App>,
    who: May<Supervise>,
    id: PathId<noun::Exception>,
    kept: Kept,
) -> AppResult<Page<ReopenPage>> {
    let typed = kept.form::<ReopenForm>().unwrap_or_default();
    page(&app, &who, id.0, &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

async fn page(
    app: &App,
    who: &May<Supervise>,
    id: ExceptionId,
    typed: &ReopenForm,
    errors: &FieldErrors,
) -> AppResult<ReopenPage> {
    let (account, actor) = (who.account(), who.actor());
    let (row, holder, effect) = app
        .db
        .read(move |conn| {
            let row = queries::get(conn, account, id)?;
            let holder = row.assignee_id.map(|m| queries::person(conn, m)).transpose()?;
            let effect = undone(conn, &actor, &row)?;
            Ok((row, holder, effect))
        })
        .await?;
    row.standing().check(Act::Reopen, &who.who.actor, None)?;
    let back_to = holder.map_or_else(
        || "It goes back to the queue, for everybody.".to_owned(),
        |(name, _)| format!("It goes back to {name}."),
    );
    Ok(ReopenPage {
        shell: who.shell(app, titled("Reopen", &row), Section::Queue),
        head: head(who, &row, (app.clock.now(), who.own_zone())),
        effect: format!("{back_to} {effect}").trim().to_owned(),
        problems: problems(errors),
        reason: Field::of(&typed.reason, "reason", errors),
    })
}

/// What becomes of what the resolution did; nothing that tells how it was resolved to whoever is to say first what they
/// would have done.
fn undone(conn: &mut AnyConnection, actor: &Actor, row: &ExceptionRow) -> AppResult<String> {
    if blind::hidden_from(conn, actor, row)?.is_some() {
        return Ok("What its resolution did is undone, as far as it can be.".into());
    }
    let words = row.resolution_id.map(|r| resolution::undo_words(conn, r));
    Ok(words.transpose()?.unwrap_or_default())
}

/// `POST /exceptions/{id}/reopen`
pub async fn create(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Supervise, ReopenForm>,
) -> AppResult<conflict::Outcome<ReopenPage>> {
    let (actor, id, typed) = (form.who.actor(), id.0, form.form.clone());
    let seen = typed.version.parse().ok();
    let outcome = match Reason::parse(&typed.reason) {
        Ok(reason) => {
            app.db
                .write(actor.business_account, move |tx| {
                    reopen(tx, &actor, id, &reason, seen)
                })
                .await
        }
        Err(sentence) => Err(AppError::field("reason", sentence)),
    };
    match outcome {
        Ok(_) => Ok(conflict::Outcome::Next(
            SeeOther::to(format!("/exceptions/{id}")).done("It is open again."),
        )),
        Err(AppError::Invalid(errors)) => {
            let page = page(&app, &form.who, id, &typed, &errors).await;
            conflict::again(&app, &form.who, id, page, wish(typed)).await
        }
        Err(refusal) => conflict::page(&app, &form.who, id, refusal, wish(typed)).await,
    }
}

fn wish(typed: ReopenForm) -> conflict::Wish {
    conflict::Wish {
        action: "reopen",
        seen: Seen::read(&typed.seen),
        status: Some("Reopened"),
        kept: vec![("reason", typed.reason.clone())],
        comment: typed.reason,
        ..conflict::Wish::default()
    }
}
