//! Matcher's bulk acts: each exception stands or falls alone, and the answer says which did (matcher.md 4.9-4.11).

use std::collections::HashSet;

use actix_web::web::Data;
use serde::Serialize;
use uuid::Uuid;

use super::{
    api_acts::{member, read_assignee, read_resolution},
    assign::assign,
    resolution,
};
use crate::{
    api::{
        Call,
        answer::{self, Done},
        body::Fields,
    },
    app::App,
    auth::{actor::Actor, permission::Work},
    db::Tx,
    dispatch,
    idempotency::Outcome,
    kernel::{
        error::{AppResult, FieldErrors},
        id::ExceptionId,
    },
    web::problem,
};

/// The most exceptions of one call.
const MOST: usize = 100;

#[derive(Default, Serialize, utoipa::ToSchema)]
pub struct BulkResult {
    succeeded: Vec<ExceptionId>,
    failed: Vec<Failed>,
    total: usize,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failed {
    exception_id: ExceptionId,
    /// A sentence.
    error: String,
    /// The stable code.
    error_code: String,
    /// Matcher's number.
    code: &'static str,
}

/// `POST /api/v1/exceptions/bulk/assign`
#[utoipa::path(
    post,
    path = "/api/v1/exceptions/bulk/assign",
    operation_id = "assignExceptions",
    tag = "Exceptions, Matcher",
    summary = "Assign many exceptions",
    description = "Each stands or falls alone; 200 also when all fail.",
    security(("token" = ["work"])),
    request_body = crate::openapi::bodies::BulkAssignRequest,
    responses((status = 200, description = "What became of each", body = BulkResult))
)]
pub async fn assign_all(app: Data<App>, mut call: Call<Work>) -> AppResult<Done> {
    let mut sent = call.take_fields();
    let read = both(read_ids(&mut sent), read_assignee(&mut sent));
    let (ids, assignee) = sent.matched(read)?;
    call.make(&app, move |tx, actor| {
        let to = member(tx.conn, actor.business_account, &assignee)?;
        each(tx, actor, &ids, |tx, actor, id| {
            assign(tx, actor, id, to, None).map(|_| ())
        })
    })
    .await
}

/// `POST /api/v1/exceptions/bulk/resolve`
#[utoipa::path(
    post,
    path = "/api/v1/exceptions/bulk/resolve",
    operation_id = "resolveExceptions",
    tag = "Exceptions, Matcher",
    summary = "Resolve many exceptions",
    description = "Each stands or falls alone; 200 also when all fail.",
    security(("token" = ["work"])),
    request_body = crate::openapi::bodies::BulkResolveRequest,
    responses((status = 200, description = "What became of each", body = BulkResult))
)]
pub async fn resolve_all(app: Data<App>, mut call: Call<Work>) -> AppResult<Done> {
    let mut sent = call.take_fields();
    let read = both(read_ids(&mut sent), read_resolution(&mut sent));
    let (ids, (how, notes)) = sent.matched(read)?;
    call.make(&app, move |tx, actor| {
        each(tx, actor, &ids, |tx, actor, id| {
            resolution::resolve(tx, actor, id, &how, &notes, None).map(|_| ())
        })
    })
    .await
}

/// `POST /api/v1/exceptions/bulk/dispatch`
#[utoipa::path(
    post,
    path = "/api/v1/exceptions/bulk/dispatch",
    operation_id = "dispatchExceptions",
    tag = "Exceptions, Matcher",
    summary = "Hand many exceptions to an outside system",
    description = "Each stands or falls alone; 200 also when all fail.",
    security(("token" = ["work"])),
    request_body = crate::openapi::bodies::BulkDispatchRequest,
    responses((status = 200, description = "What became of each", body = BulkResult))
)]
pub async fn dispatch_all(app: Data<App>, mut call: Call<Work>) -> AppResult<Done> {
    let mut sent = call.take_fields();
    let read = both(read_ids(&mut sent), dispatch::api::read_handover(&mut sent));
    let (ids, asked) = sent.matched(read)?;
    let done = call.make(&app, move |tx, actor| {
        let wanted = dispatch::api::known(&asked)?;
        each(tx, actor, &ids, |tx, actor, id| {
            dispatch::commands::dispatch(tx, actor, id, &wanted, None).map(|_| ())
        })
    });
    let done = done.await;
    app.jobs.wake();
    done
}

fn each(
    tx: &mut Tx<'_>,
    actor: &Actor,
    ids: &[ExceptionId],
    act: impl Fn(&mut Tx<'_>, &Actor, ExceptionId) -> AppResult<()>,
) -> AppResult<Outcome> {
    // As of a bulk job: the history tells what was done to many at once.
    let actor = &Actor {
        request_id: format!("bulk {}", actor.request_id),
        ..actor.clone()
    };
    let mut result = BulkResult {
        total: ids.len(),
        ..BulkResult::default()
    };
    for id in ids {
        match tx.attempt(|tx| act(tx, actor, *id))? {
            Ok(()) => result.succeeded.push(*id),
            Err(refusal) => result.failed.push(Failed {
                exception_id: *id,
                error: refusal.sentence(),
                error_code: refusal.told_code(),
                code: problem::number(&refusal, &format!("/api/v1/exceptions/{id}")),
            }),
        }
    }
    Ok(Outcome::new(200, None, answer::json(&result)?))
}

/// `exceptionIds`, or `exception_ids` as it was once called; each once, in the order sent.
fn read_ids(sent: &mut Fields) -> Result<Vec<ExceptionId>, FieldErrors> {
    let name = sent.either(["exceptionIds", "exception_ids"]);
    let wrong = |why: &str| Err(FieldErrors::one(name, why));
    let Some(texts) = sent.texts(name) else {
        return wrong("Give the ids of 1 to 100 exceptions.");
    };
    let mut seen = HashSet::new();
    let mut ids = Vec::with_capacity(texts.len().min(MOST));
    for text in texts {
        match text.parse::<ExceptionId>() {
            Ok(id) if id.uuid() != Uuid::nil() => {
                if seen.insert(id) {
                    ids.push(id);
                }
            }
            _ => return wrong("Each is the id of an exception."),
        }
    }
    if ids.is_empty() || ids.len() > MOST {
        return wrong("Give the ids of 1 to 100 exceptions.");
    }
    Ok(ids)
}

/// Both, or everything that is wrong with either.
fn both<A, B>(first: Result<A, FieldErrors>, second: Result<B, FieldErrors>) -> Result<(A, B), FieldErrors> {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (Err(mut errors), Err(second)) => {
            errors.extend(&second);
            Err(errors)
        }
        (Err(errors), _) | (_, Err(errors)) => Err(errors),
    }
}
