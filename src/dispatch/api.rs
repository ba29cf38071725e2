//! Handing over through the API, as Matcher has it (matcher.md 4.12).

use actix_web::web::{self, Data};
use serde::Serialize;

use super::{
    callback_api, commands,
    model::{DispatchRow, DispatchState, Handover, Target},
};
use crate::{
    api::{
        Call,
        answer::{self, Done},
        body::Fields,
    },
    app::App,
    auth::permission::Work,
    exceptions::{api::read, view},
    idempotency::Outcome,
    kernel::{
        error::{AppError, AppResult, Code, FieldErrors},
        id::{ExceptionId, noun},
    },
    web::{form::PathId, route::at},
};

/// Matcher's longest short text.
const SHORT: usize = 255;

/// Behind those of exceptions: `bulk/dispatch` is no exception's.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/api/v1/exceptions/{id}/dispatch").post(create))
        .service(at("/api/v1/exceptions/{id}/callback").post(callback_api::create));
}

/// A hand-over that has begun.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DispatchView {
    exception_id: ExceptionId,
    target: Target,
    /// What it is called there; only when that is known already.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_reference: Option<String>,
    /// Whether the other side has it already; else it is sent now, and the exception tells when it is there.
    acknowledged: bool,
    #[schema(format = DateTime)]
    dispatched_at: String,
}

impl DispatchView {
    fn of(row: &DispatchRow) -> Self {
        Self {
            exception_id: row.exception_id,
            target: row.target,
            external_reference: Some(row.external_issue_id.clone()).filter(|issue| !issue.is_empty()),
            acknowledged: row.state == DispatchState::Delivered,
            dispatched_at: row.created_at.rfc3339(),
        }
    }
}

/// `POST /api/v1/exceptions/{id}/dispatch`
#[utoipa::path(
    post,
    path = "/api/v1/exceptions/{id}/dispatch",
    operation_id = "dispatchException",
    tag = "Exceptions, Matcher",
    summary = "Hand an exception to an outside system",
    description = "It waits for the other side from now on. It is sent in the background, again and again when the \
                   other side cannot be reached; if it cannot be handed over it goes back to where it was.",
    security(("token" = ["work"])),
    request_body = crate::openapi::bodies::DispatchRequest,
    responses((status = 200, description = "What was begun", body = DispatchView))
)]
pub async fn create(app: Data<App>, mut call: Call<Work>, id: PathId<noun::Exception>) -> AppResult<Done> {
    let id = id.0;
    let mut sent = call.take_fields();
    let asked = read_handover(&mut sent);
    let wanted = sent.matched(asked)?;
    let done = call
        .run(
            &app,
            move |tx, actor| read(tx.conn, actor.business_account, id, view::matcher),
            move |tx, actor| {
                let (_, row) = commands::dispatch(tx, actor, id, &known(&wanted)?, None)?;
                let body = answer::json(&DispatchView::of(&row))?;
                Ok(Outcome::new(200, None, body))
            },
        )
        .await;
    app.jobs.wake();
    done
}

/// What is asked for: the target as it was spelled, and the queue.
pub type Asked = (String, String);

/// `targetSystem` and `queue`; `target_system` as it was once called.
///
/// # Errors
/// The target is missing, or something is too long.
pub fn read_handover(sent: &mut Fields) -> Result<Asked, FieldErrors> {
    let target = sent
        .text_of(["targetSystem", "target_system"])
        .unwrap_or_default();
    let queue = sent.text("queue").unwrap_or_default();
    let mut errors = FieldErrors::default();
    if target.trim().is_empty() || target.chars().count() > SHORT {
        errors.add("targetSystem", "It is one of JIRA, SERVICENOW, WEBHOOK, MANUAL.");
    }
    let queue = errors.take("queue", Handover::queue(&queue));
    match queue {
        Some(queue) if errors.is_empty() => Ok((target, queue)),
        _ => Err(errors),
    }
}

/// The same with a target that there is.
///
/// # Errors
/// `UnknownTarget`.
pub fn known((target, queue): &Asked) -> AppResult<Handover> {
    let target = Handover::target(target).ok_or_else(|| {
        let why = "There is no such target; there are JIRA, SERVICENOW, WEBHOOK, MANUAL.";
        AppError::refused(Code::UnknownTarget, why)
    })?;
    Ok(Handover {
        target,
        queue: queue.clone(),
    })
}
