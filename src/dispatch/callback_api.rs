//! Callbacks through the API, as Matcher has them (matcher.md 4.13 and section 6), signed too.

use actix_web::web::Data;
use chrono::DateTime;
use serde::Serialize;
use uuid::Uuid;

use super::{
    callback::{Callback, apply},
    caller::Caller,
};
use crate::{
    api::{
        answer::{self, Done},
        body::Fields,
    },
    app::App,
    exceptions::{api::read, view, wanted::Stand},
    idempotency::Outcome,
    kernel::{
        clock::Ts,
        crypto,
        error::{AppError, AppResult, Code, FieldErrors},
        id::{BusinessAccountId, noun},
        text::{Email, ResolutionNotes},
    },
    web::form::PathId,
};

/// Matcher's longest short text.
const SHORT: usize = 255;

/// A clock that is further ahead than this is wrong.
const AHEAD: std::time::Duration = std::time::Duration::from_hours(24);

/// That it was heard.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CallbackView {
    /// `accepted`.
    status: &'static str,
}

/// `POST /api/v1/exceptions/{id}/callback`
#[utoipa::path(
    post,
    path = "/api/v1/exceptions/{id}/callback",
    operation_id = "processCallback",
    tag = "Exceptions, Matcher",
    summary = "Tell what an outside system has done with an exception",
    description = "With a token, or signed with the secret of the connector: Docket-Connector, Webhook-Id, \
                   Webhook-Timestamp, Webhook-Signature by Standard Webhooks. What is older than what was applied, by \
                   updatedAt, is recorded and changes nothing. A resolved exception does not change. With a token the \
                   idempotency key is required; a signed callback has it in its Webhook-Id.",
    security(("token" = ["work"])),
    request_body = crate::openapi::bodies::CallbackRequest,
    responses((status = 200, description = "It was heard", body = CallbackView))
)]
pub async fn create(app: Data<App>, caller: Caller, id: PathId<noun::Exception>) -> AppResult<Done> {
    let Caller { mut call, connector } = caller;
    let id = id.0;
    if !call.has_key() {
        let why = "Send an X-Idempotency-Key: a callback may come again, and counts once.";
        return Err(AppError::refused(Code::BadRequest, why));
    }
    let said = read_callback(call.take_fields(), app.clock.now())?;
    if connector.is_some_and(|row| row.target.as_str() != said.system) {
        let why = "It is not the system that the signature is of.";
        return Err(AppError::Unreadable(FieldErrors::one("externalSystem", why)));
    }
    app.callback_limiter
        .admit(counted_as(call.client.account(), &said.system))?;
    let done = call
        .run(
            &app,
            move |tx, actor| read(tx.conn, actor.business_account, id, view::matcher),
            move |tx, actor| {
                apply(tx, actor, id, &said)?;
                let body = answer::json(&CallbackView { status: "accepted" })?;
                Ok(Outcome::new(200, None, body))
            },
        )
        .await;
    app.jobs.wake();
    done
}

/// Each outside system of each business account has its own count.
fn counted_as(account: BusinessAccountId, system: &str) -> Uuid {
    let hash = crypto::sha256(format!("{account}/{system}").as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    Uuid::from_bytes(bytes)
}

/// Every member, or 400 with all that is wrong.
fn read_callback(mut sent: Fields, now: Ts) -> AppResult<Callback> {
    let [system, issue, status, kind] = ["externalSystem", "externalIssueId", "status", "callbackType"]
        .map(|name| sent.text(name).unwrap_or_default());
    let (notes, assignee) = (sent.text("resolutionNotes"), sent.text("assignee"));
    let [due, updated] = ["dueAt", "updatedAt"].map(|name| sent.text(name));
    sent.object("payload");
    let mut errors = FieldErrors::default();
    let system = errors.take("externalSystem", short(&system, true));
    let issue = errors.take("externalIssueId", short(&issue, true));
    errors.take("callbackType", short(&kind, false));
    let stand = Stand::parse(&status.trim().to_ascii_uppercase())
        .ok_or_else(|| "It is one of OPEN, ASSIGNED, PENDING_RESOLUTION, RESOLVED.".to_owned());
    let stand = errors.take("status", stand);
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let notes = given(notes).map(|text| ResolutionNotes::parse(&text)).transpose();
    let notes = errors.take("resolutionNotes", notes);
    let assignee = given(assignee).map(|text| Email::parse(&text)).transpose();
    let assignee = errors.take("assignee", assignee);
    let due_at = errors.take("dueAt", moment(given(due), None));
    let updated_at = errors.take("updatedAt", moment(given(updated), Some(now.plus(AHEAD))));
    let read = match (system, issue, stand, notes, assignee, due_at, updated_at) {
        (
            Some(system),
            Some(issue),
            Some(stand),
            Some(notes),
            Some(assignee),
            Some(due_at),
            Some(updated_at),
        ) if errors.is_empty() => Ok(Callback {
            system: system.to_uppercase(),
            issue,
            stand,
            notes,
            assignee,
            due_at,
            updated_at,
        }),
        _ => Err(errors),
    };
    sent.matched(read)
}

fn short(text: &str, is_needed: bool) -> Result<String, String> {
    let text = text.trim();
    if text.chars().count() > SHORT || text.chars().any(char::is_control) {
        return Err(format!(
            "At most {SHORT} characters fit, and no control characters."
        ));
    }
    if is_needed && text.is_empty() {
        return Err("It is required.".into());
    }
    Ok(text.to_owned())
}

fn moment(text: Option<String>, latest: Option<Ts>) -> Result<Option<Ts>, String> {
    let Some(text) = text else { return Ok(None) };
    let at = DateTime::parse_from_rfc3339(text.trim())
        .ok()
        .filter(|at| (1970..=9999).contains(&chrono::Datelike::year(at)))
        .map(|at| Ts::from_micros(at.timestamp_micros()))
        .ok_or_else(|| "Give a date-time such as 2026-11-21T15:00:00Z.".to_owned())?;
    if latest.is_some_and(|latest| at > latest) {
        return Err("It lies in the future: is that clock right?".into());
    }
    Ok(Some(at))
}
