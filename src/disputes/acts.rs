//! Asking for evidence, closing and reopening, from the dispute's page.

use actix_web::web::Data;

use super::{
    commands,
    model::DisputeRow,
    show::{self, DisputePage, Typed},
};
use crate::{
    app::App,
    auth::{permission::Work, principal::May},
    db::Tx,
    kernel::{
        error::{AppError, AppResult, Code, FieldErrors},
        id::{DisputeId, noun},
        text::{DisputeText, EvidenceText, Reason},
    },
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Answer, Page, SeeOther},
    },
};

/// `GET` of each form: the page with what was kept through a sign-in.
pub async fn draft(
    app: Data<App>,
    who: May<Work>,
    id: PathId<noun::Dispute>,
    kept: Kept,
) -> AppResult<Page<DisputePage>> {
    let typed = kept.form::<Typed>().unwrap_or_default();
    show::page(&app, &who.as_reader(), id.0, &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

/// `POST /disputes/{id}/request-evidence`
pub async fn request_evidence(
    app: Data<App>,
    sent: Submit<Work, Typed>,
    id: PathId<noun::Dispute>,
) -> AppResult<Answer<DisputePage>> {
    let Submit { who, form: typed } = sent;
    let (id, actor, seen) = (id.0, who.actor(), typed.version.parse().ok());
    let which = match typed.ask.trim() {
        "" => Ok(None),
        text => EvidenceText::parse(text).map(Some),
    };
    let outcome = match which {
        Err(why) => Err(AppError::field("ask", why)),
        Ok(which) => {
            run(&app, &who, move |tx| {
                commands::request_evidence(tx, &actor, id, seen, which.as_ref())
            })
            .await
        }
    };
    answer(&app, &who, id, &typed, outcome, ("ask", "Evidence is asked for.")).await
}

/// `POST /disputes/{id}/close`
pub async fn close(
    app: Data<App>,
    sent: Submit<Work, Typed>,
    id: PathId<noun::Dispute>,
) -> AppResult<Answer<DisputePage>> {
    let Submit { who, form: typed } = sent;
    let (id, actor, seen) = (id.0, who.actor(), typed.version.parse().ok());
    let mut errors = FieldErrors::default();
    let is_won = match typed.won.as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("Choose whether it was won or lost.".to_owned()),
    };
    let is_won = errors.take("won", is_won);
    let resolution = errors.take("resolution", DisputeText::parse(&typed.resolution));
    let outcome = match (is_won, resolution) {
        (Some(is_won), Some(resolution)) => {
            run(&app, &who, move |tx| {
                commands::close(tx, &actor, id, seen, is_won, &resolution)
            })
            .await
        }
        _ => Err(errors.into()),
    };
    answer(
        &app,
        &who,
        id,
        &typed,
        outcome,
        ("resolution", "The dispute is closed."),
    )
    .await
}

/// `POST /disputes/{id}/reopen`
pub async fn reopen(
    app: Data<App>,
    sent: Submit<Work, Typed>,
    id: PathId<noun::Dispute>,
) -> AppResult<Answer<DisputePage>> {
    let Submit { who, form: typed } = sent;
    let (id, actor, seen) = (id.0, who.actor(), typed.version.parse().ok());
    let outcome = match Reason::parse(&typed.reason) {
        Err(why) => Err(AppError::field("reason", why)),
        Ok(reason) => {
            run(&app, &who, move |tx| {
                commands::reopen(tx, &actor, id, seen, &reason)
            })
            .await
        }
    };
    answer(
        &app,
        &who,
        id,
        &typed,
        outcome,
        ("reason", "The dispute is open again."),
    )
    .await
}

async fn run(
    app: &App,
    who: &May<Work>,
    command: impl FnMut(&mut Tx<'_>) -> AppResult<DisputeRow> + Send + 'static,
) -> AppResult<DisputeRow> {
    app.db.write(who.account(), command).await
}

/// On to the dispute; or the page again, with what was typed. A file that is too large is none of these forms'.
pub(super) async fn answer(
    app: &App,
    who: &May<Work>,
    id: DisputeId,
    typed: &Typed,
    outcome: AppResult<DisputeRow>,
    (field, done): (&'static str, &str),
) -> AppResult<Answer<DisputePage>> {
    let Err(error) = outcome else {
        let page = SeeOther::to(format!("/disputes/{id}"));
        return Ok(Answer::Next(page.done(done)));
    };
    let errors = match &error {
        AppError::Invalid(errors) => errors.clone(),
        AppError::Refused(Code::RuleRefuses | Code::Stale | Code::Duplicate | Code::TooLarge, why) => {
            FieldErrors::one(field, why.clone())
        }
        _ => return Err(error),
    };
    let page = show::page(app, &who.as_reader(), id, typed, &errors).await?;
    Ok(Answer::Again(Page::with_status(page, error.code().status())))
}
