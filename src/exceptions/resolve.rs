//! The resolve form: the types that fit, each with its input; what it will do; the deed.

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody, web::Data};
use serde::Deserialize;

use super::{
    claim, conflict,
    model::{Act, ResolutionKind},
    queries,
    resolution::{self, How},
    resolve_form::ResolveForm,
    resolve_preview::{self, PreviewPage},
    resolve_types::{self, ResolvePage},
    resolve_wish,
    row::ExceptionRow,
};
use crate::{
    app::App,
    approvals::{self, Gated},
    auth::{permission::Work, principal::May},
    idempotency::{self, Claim, Outcome},
    kernel::{
        error::{AppError, AppResult, Code, FieldErrors},
        id::{ExceptionId, noun},
        text::ResolutionNotes,
    },
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Page, SeeOther},
    },
};

/// What the form's handler answers.
pub enum Step {
    /// What it will do.
    Preview(Box<Page<PreviewPage>>),
    /// Done, the form again, or the conflict.
    Form(Box<conflict::Outcome<ResolvePage>>),
}

impl Responder for Step {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match self {
            Self::Preview(page) => page.respond_to(request),
            Self::Form(outcome) => outcome.respond_to(request),
        }
    }
}

#[derive(Default, Deserialize)]
pub struct TypeQuery {
    #[serde(default)]
    r#type: String,
}

/// `GET /exceptions/{id}/resolve`
pub async fn show(
    app: Data<App>,
    who: May<Work>,
    id: PathId<noun::Exception>,
    query: crate::web::form::Query<TypeQuery>,
    kept: Kept,
) -> AppResult<Page<ResolvePage>> {
    let typed = kept.form::<ResolveForm>().unwrap_or_else(|| {
        let mut form = ResolveForm::default();
        form.asked.resolution_type = query.0.r#type;
        form
    });
    resolve_types::page(&app, &who, id.0, &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

/// `POST /exceptions/{id}/resolve`: without `step=confirm` a look at what it will do; closing without an effect needs
/// none.
pub async fn create(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Work, ResolveForm>,
) -> AppResult<Step> {
    let (id, mut typed) = (id.0, form.form);
    let who = form.who;
    if typed.step == "find" {
        // The box is on one card.
        ResolutionKind::ReplaceTransaction
            .as_str()
            .clone_into(&mut typed.asked.resolution_type);
    }
    if typed.is_unfinished() {
        return again(&app, &who, id, typed, &FieldErrors::default()).await;
    }
    let outcome = match parse(&app, &who, id, &typed).await {
        Ok((row, how, _)) if typed.step != "confirm" && !matches!(how, How::NoAction(_)) => {
            match look(&app, &who, &row, how, &typed).await {
                Ok(page) => return Ok(Step::Preview(Box::new(Page::ok(page)))),
                Err(error) => Err(error),
            }
        }
        Ok((_, how, notes)) => deed(&app, &who, id, (how, notes), &typed).await,
        Err(error) => Err(error),
    };
    let refused = match outcome {
        Ok(next) => return Ok(Step::Form(Box::new(conflict::Outcome::Next(next)))),
        Err(AppError::Invalid(errors)) => errors,
        Err(AppError::Refused(Code::RuleRefuses | Code::Duplicate, why)) => {
            FieldErrors::one("resolution_type", why)
        }
        Err(refusal) => {
            let wish = resolve_wish::of(&app, &who, id, typed).await?;
            let page = conflict::page(&app, &who, id, refusal, wish).await?;
            return Ok(Step::Form(Box::new(page)));
        }
    };
    again(&app, &who, id, typed, &refused).await
}

/// The form again, with what is wrong in it; when it is not theirs to resolve any more, the page that says so.
async fn again(
    app: &App,
    who: &May<Work>,
    id: ExceptionId,
    typed: ResolveForm,
    errors: &FieldErrors,
) -> AppResult<Step> {
    let outcome = match resolve_types::page(app, who, id, &typed, errors).await {
        Ok(page) => {
            let status = if errors.is_empty() { 200 } else { 422 };
            conflict::Outcome::Again(Page::with_status(page, status))
        }
        Err(refusal) => {
            let wish = resolve_wish::of(app, who, id, typed).await?;
            conflict::page(app, who, id, refusal, wish).await?
        }
    };
    Ok(Step::Form(Box::new(outcome)))
}

/// What was typed as a resolution of this exception.
async fn parse(
    app: &App,
    who: &May<Work>,
    id: ExceptionId,
    typed: &ResolveForm,
) -> AppResult<(ExceptionRow, How, ResolutionNotes)> {
    let account = who.account();
    let (row, source) = app
        .db
        .read(move |conn| {
            let row = queries::get(conn, account, id)?;
            let source = queries::source_of(conn, &row)?;
            Ok((row, source))
        })
        .await?;
    let number = typed.number(&app.vault, &row, &source);
    let rest = typed.asked.parse(&app.vault, None);
    // All that is wrong is told at once.
    match (number, rest) {
        (Ok(number), Ok(_)) => {
            let (how, notes) = typed.asked.parse(&app.vault, number)?;
            Ok((row, how, notes))
        }
        (Err(AppError::Invalid(first)), Err(mut all)) => {
            all.extend(&first);
            Err(all.into())
        }
        (Err(error), _) => Err(error),
        (_, Err(errors)) => Err(errors.into()),
    }
}

/// The preview: the command's own check, without effect.
async fn look(
    app: &App,
    who: &May<Work>,
    row: &ExceptionRow,
    how: How,
    typed: &ResolveForm,
) -> AppResult<PreviewPage> {
    let (actor, now, id, wanted) = (who.actor(), app.clock.now(), row.id, how.clone());
    let seen: Option<i64> = typed.version.parse().ok();
    let plan = app
        .db
        .read(move |conn| {
            let row = queries::get(conn, actor.business_account, id)?;
            let holder = row.assignee_id.map(|m| queries::person(conn, m)).transpose()?;
            let holder = holder.as_ref().map(|(name, _)| name.as_str());
            row.standing().check(Act::Resolve, &actor, holder)?;
            if seen.is_some_and(|seen| seen != row.version) {
                return Err(AppError::refused(
                    Code::Stale,
                    "Somebody changed it since you opened it.",
                ));
            }
            if let Some(waiting) = resolution::waiting(conn, &row)? {
                let sentence = resolution::asked_already(&waiting);
                return Err(AppError::refused(Code::Duplicate, sentence));
            }
            resolution::plan(conn, &actor, &row, &wanted, now)
        })
        .await?;
    resolve_preview::page(app, who, row, (&how, plan), typed)
}

async fn deed(
    app: &App,
    who: &May<Work>,
    id: ExceptionId,
    (how, notes): (How, ResolutionNotes),
    typed: &ResolveForm,
) -> AppResult<SeeOther> {
    let (actor, seen, goes_on) = (who.actor(), typed.version.parse().ok(), !typed.next.is_empty());
    let content = (&typed.asked, &typed.number_from, &typed.number_sealed);
    // Without a key the version alone keeps it from being done twice.
    let claim = match typed.idempotency_key.as_str() {
        "" => None,
        key => Some(Claim::of_form(&actor, who.request().path(), key, &content)?),
    };
    let done = app
        .db
        .write(actor.business_account, move |tx| {
            idempotency::once(tx, claim.as_ref(), |tx| {
                let resolved = match resolution::resolve(tx, &actor, id, &how, &notes, seen)? {
                    Gated::Done(resolved) => resolved,
                    Gated::Waits(_) => {
                        return Ok(Outcome::new(202, None, approvals::show::WAITS.into()));
                    }
                };
                let next = if goes_on {
                    claim::take_next(tx, &actor)?
                } else {
                    None
                };
                let (to, said) = onwards(id, (goes_on, next.as_ref()), resolved.is_reviewed);
                Ok(Outcome::new(303, Some(to), said.into()))
            })
        })
        .await?;
    let resolved = format!("/exceptions/{id}");
    Ok(match done.location {
        None => SeeOther::to(resolved).notice(done.body),
        Some(next) if goes_on => SeeOther::to(next)
            .done(done.body)
            .link(resolved, "See the one you resolved"),
        Some(next) => SeeOther::to(next).done(done.body),
    })
}

/// After a resolution: the next exception when that was asked for, else the one that was resolved.
fn onwards(
    id: ExceptionId,
    (goes_on, next): (bool, Option<&ExceptionRow>),
    is_reviewed: bool,
) -> (String, &'static str) {
    match (goes_on, next) {
        (true, Some(next)) => (
            format!("/exceptions/{}", next.id),
            "Resolved. You have the next one.",
        ),
        (true, None) => (
            "/exceptions?tab=mine".into(),
            "Resolved. Nothing is unassigned: the queue is empty.",
        ),
        (false, _) if is_reviewed => (
            format!("/exceptions/{id}"),
            "Resolved. It waits for review by a second person.",
        ),
        (false, _) => (format!("/exceptions/{id}"), "Resolved."),
    }
}
