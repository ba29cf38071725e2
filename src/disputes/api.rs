//! Matcher's API of disputes (matcher.md 4.15), with what it lacks: asking for evidence, reopening, the disputes of one
//! exception. What a body has wrong is 400 there; a move that the table does not have is 422.

use actix_web::web::{Data, ServiceConfig};

use super::{
    api_view::{DisputeView, body, view},
    commands::{self, NewEvidence},
    model::{DisputeCategory, DisputeRow, DisputeState, FileUrl},
    queries::{self, Wanted},
};
use crate::{
    api::{
        Call, Client, PlainCall,
        answer::{Done, Listed, Shown},
        body::Fields,
        cursor::{CursorAsked, CursorPageOf},
        page::Sortable,
        params::Params,
        when::{self, End, Zone},
    },
    app::App,
    auth::{
        actor::Actor,
        permission::{Read, Work},
    },
    db::{AnyConnection, Tx},
    exceptions,
    idempotency::Outcome,
    kernel::{
        error::{AppResult, FieldErrors},
        id::{BusinessAccountId, DisputeId, EvidenceId, ExceptionId, noun},
        text::{DisputeText, EvidenceText, Reason},
    },
    web::{form::PathId, route::at},
};

/// In Matcher's order of states and categories.
pub const FIELDS: &[Sortable] = &[
    ("created_at", "disputes.created_at"),
    ("updated_at", "disputes.updated_at"),
    (
        "state",
        "CAST(CASE disputes.state WHEN 'DRAFT' THEN 0 WHEN 'OPEN' THEN 1 WHEN 'PENDING_EVIDENCE' THEN 2 \
         WHEN 'WON' THEN 3 ELSE 4 END AS BIGINT)",
    ),
    (
        "category",
        "CAST(CASE disputes.category WHEN 'BANK_FEE_ERROR' THEN 0 WHEN 'UNRECOGNIZED_CHARGE' THEN 1 \
         WHEN 'DUPLICATE_TRANSACTION' THEN 2 WHEN 'AMOUNT_MISMATCH' THEN 3 ELSE 4 END AS BIGINT)",
    ),
    ("id", ""),
];

/// Under `/api`.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(
        at("/api/v1/exceptions/{id}/disputes")
            .get(list_of_exception)
            .post(open),
    )
    .service(at("/api/v1/disputes").get(list))
    .service(at("/api/v1/disputes/{id}").get(show))
    .service(at("/api/v1/disputes/{id}/close").post(close))
    .service(at("/api/v1/disputes/{id}/evidence").post(add_evidence))
    .service(at("/api/v1/disputes/{id}/request-evidence").post(request_evidence))
    .service(at("/api/v1/disputes/{id}/reopen").post(reopen));
}

fn listed(words: impl Iterator<Item = &'static str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

fn categories() -> String {
    listed(DisputeCategory::ALL.iter().map(|c| c.as_str()))
}

fn wanted(params: &mut Params) -> Wanted {
    let states = listed(DisputeState::ALL.iter().map(|s| s.as_str()));
    Wanted {
        state: params.word("state", &states, |text| {
            DisputeState::parse(&text.to_ascii_uppercase())
        }),
        category: params.word("category", &categories(), |text| {
            DisputeCategory::parse(&text.to_ascii_uppercase())
        }),
        exception: None,
        created: (
            params.take("date_from", |text| when::parse(text, Zone::UTC, End::From)),
            params.take("date_to", |text| when::parse(text, Zone::UTC, End::To)),
        ),
    }
}

/// `GET /api/v1/disputes`
#[utoipa::path(
    get,
    path = "/api/v1/disputes",
    operation_id = "listDisputes",
    tag = "Disputes",
    summary = "List disputes",
    description = "The newest first when nothing is said.",
    security(("token" = ["read"])),
    params(crate::openapi::queries::Cursors, crate::openapi::queries::DisputeFilters),
    responses((status = 200, description = "A page", body = CursorPageOf<DisputeView>))
)]
pub async fn list(app: Data<App>, client: Client<Read>, mut params: Params) -> AppResult<Listed> {
    let wanted = wanted(&mut params);
    answer_list(&app, client.account(), params, wanted).await
}

/// `GET /api/v1/exceptions/{id}/disputes`
#[utoipa::path(
    get,
    path = "/api/v1/exceptions/{id}/disputes",
    operation_id = "listDisputesOfException",
    tag = "Disputes",
    summary = "List the disputes about an exception",
    description = "The newest first when nothing is said.",
    security(("token" = ["read"])),
    params(crate::openapi::queries::Cursors, crate::openapi::queries::DisputeFilters),
    responses((status = 200, description = "A page", body = CursorPageOf<DisputeView>))
)]
pub async fn list_of_exception(
    app: Data<App>,
    client: Client<Read>,
    id: PathId<noun::Exception>,
    mut params: Params,
) -> AppResult<Listed> {
    let mut wanted = wanted(&mut params);
    wanted.exception = Some(id.0);
    answer_list(&app, client.account(), params, wanted).await
}

async fn answer_list(
    app: &App,
    account: BusinessAccountId,
    mut params: Params,
    wanted: Wanted,
) -> AppResult<Listed> {
    let asked = CursorAsked::read(&mut params, FIELDS, "created_at");
    params.finish()?;
    app.db
        .read(move |conn| {
            if let Some(exception) = wanted.exception {
                crate::exceptions::queries::get(conn, account, exception)?;
            }
            let (slice, ends) = queries::page(conn, account, &wanted, &asked.order, &asked.window)?;
            let views: AppResult<Vec<_>> = slice.rows.iter().map(|row| view(conn, row)).collect();
            asked.answer(&params, slice.with(views?), ends)
        })
        .await
}

fn read(conn: &mut AnyConnection, account: BusinessAccountId, id: DisputeId) -> AppResult<String> {
    let row = queries::get(conn, account, id)?;
    body(conn, &row)
}

/// `GET /api/v1/disputes/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/disputes/{id}",
    operation_id = "getDispute",
    tag = "Disputes",
    summary = "Get a dispute",
    description = "With its evidence.",
    security(("token" = ["read"])),
    responses((status = 200, description = "The dispute", body = DisputeView))
)]
pub async fn show(app: Data<App>, client: Client<Read>, id: PathId<noun::Dispute>) -> AppResult<Shown> {
    let (account, id) = (client.account(), id.0);
    app.db.read(move |conn| read(conn, account, id).map(Shown)).await
}

/// `POST /api/v1/exceptions/{id}/disputes`
#[utoipa::path(
    post,
    path = "/api/v1/exceptions/{id}/disputes",
    operation_id = "openDispute",
    tag = "Disputes",
    summary = "Open a dispute about an exception",
    description = "The exception stays as it is, and may have several.",
    security(("token" = ["work"])),
    request_body = crate::openapi::bodies::DisputeRequest,
    responses((status = 201, description = "The dispute", body = DisputeView))
)]
pub async fn open(app: Data<App>, mut call: Call<Work>, id: PathId<noun::Exception>) -> AppResult<Done> {
    let id = id.0;
    let mut sent = call.take_fields();
    let mut errors = FieldErrors::default();
    let typed = sent.text("category").unwrap_or_default();
    let category = DisputeCategory::parse(&typed.trim().to_ascii_uppercase())
        .ok_or_else(|| format!("It is one of {}.", categories()));
    let category = errors.take("category", category);
    let description = text(&mut sent, &mut errors, "description", DisputeText::parse);
    let read = category.zip(description).ok_or(errors);
    let (category, description) = sent.matched(read)?;
    call.run(
        &app,
        move |tx, actor| state_of_exception(tx.conn, actor.business_account, id),
        move |tx, actor| {
            let row = commands::open(tx, actor, id, category, &description)?;
            let location = format!("/api/v1/disputes/{}", row.id);
            Ok(Outcome::new(201, Some(location), body(tx.conn, &row)?))
        },
    )
    .await
}

/// What `If-Match` of a call on an exception names: the exception itself.
fn state_of_exception(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: ExceptionId,
) -> AppResult<String> {
    let row = exceptions::queries::get(conn, account, id)?;
    exceptions::view::matcher(conn, &row)
}

/// A required text.
fn text<T>(
    sent: &mut Fields,
    errors: &mut FieldErrors,
    name: &'static str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    errors.take(name, parse(&sent.text(name).unwrap_or_default()))
}

/// Runs a move of one dispute.
async fn run(
    app: &App,
    call: Call<Work>,
    id: DisputeId,
    command: impl Fn(&mut Tx<'_>, &Actor) -> AppResult<DisputeRow> + Send + 'static,
) -> AppResult<Done> {
    call.run(
        app,
        move |tx, actor| read(tx.conn, actor.business_account, id),
        move |tx, actor| {
            let row = command(tx, actor)?;
            Ok(Outcome::new(200, None, body(tx.conn, &row)?))
        },
    )
    .await
}

/// `POST /api/v1/disputes/{id}/close`: `won` is required, as what is left out is no defeat.
#[utoipa::path(
    post,
    path = "/api/v1/disputes/{id}/close",
    operation_id = "closeDispute",
    tag = "Disputes",
    summary = "Close a dispute",
    description = "Won for good, or lost, which can be reopened.",
    security(("token" = ["work"])),
    request_body = crate::openapi::bodies::CloseDisputeRequest,
    responses((status = 200, description = "The dispute as it is now", body = DisputeView))
)]
pub async fn close(app: Data<App>, mut call: Call<Work>, id: PathId<noun::Dispute>) -> AppResult<Done> {
    let id = id.0;
    let mut sent = call.take_fields();
    let mut errors = FieldErrors::default();
    let resolution = text(&mut sent, &mut errors, "resolution", DisputeText::parse);
    let is_won = errors.take("won", sent.flag("won").ok_or_else(|| "Say true or false.".into()));
    let (resolution, is_won) = sent.matched(resolution.zip(is_won).ok_or(errors))?;
    run(&app, call, id, move |tx, actor| {
        commands::close(tx, actor, id, None, is_won, &resolution)
    })
    .await
}

/// `POST /api/v1/disputes/{id}/evidence`
#[utoipa::path(
    post,
    path = "/api/v1/disputes/{id}/evidence",
    operation_id = "submitEvidence",
    tag = "Disputes",
    summary = "Add evidence",
    description = "One that waited for evidence is open again. A dispute holds 50 pieces.",
    security(("token" = ["work"])),
    request_body = crate::openapi::bodies::EvidenceRequest,
    responses((status = 200, description = "The dispute as it is now", body = DisputeView))
)]
pub async fn add_evidence(
    app: Data<App>,
    mut call: Call<Work>,
    id: PathId<noun::Dispute>,
) -> AppResult<Done> {
    let id = id.0;
    let mut sent = call.take_fields();
    let mut errors = FieldErrors::default();
    let comment = text(&mut sent, &mut errors, "comment", EvidenceText::parse);
    let url = sent.text_of(["fileUrl", "file_url"]);
    let url = url.filter(|u| !u.trim().is_empty());
    let url = url.map(|u| FileUrl::parse(&u)).transpose();
    let url = errors.take("fileUrl", url);
    let (comment, url) = sent.matched(comment.zip(url).ok_or(errors))?;
    run(&app, call, id, move |tx, actor| {
        let new = NewEvidence {
            id: EvidenceId::generate(tx.now),
            comment: comment.clone(),
            url: url.clone(),
            file: None,
        };
        commands::add_evidence(tx, actor, id, None, &new)
    })
    .await
}

/// `POST /api/v1/disputes/{id}/request-evidence`, with words in `comment` or without.
#[utoipa::path(
    post,
    path = "/api/v1/disputes/{id}/request-evidence",
    operation_id = "requestEvidence",
    tag = "Disputes",
    summary = "Ask for evidence",
    description = "Only while it is open.",
    security(("token" = ["work"])),
    request_body = Option<crate::openapi::bodies::EvidenceWantedRequest>,
    responses((status = 200, description = "The dispute as it is now", body = DisputeView))
)]
pub async fn request_evidence(
    app: Data<App>,
    PlainCall(mut call): PlainCall<Work>,
    id: PathId<noun::Dispute>,
) -> AppResult<Done> {
    let id = id.0;
    let mut sent = call.take_fields();
    let which = sent.text("comment").filter(|text| !text.trim().is_empty());
    let which = which.map(|text| EvidenceText::parse(&text)).transpose();
    let which = sent.matched(which.map_err(|why| FieldErrors::one("comment", why)))?;
    run(&app, call, id, move |tx, actor| {
        commands::request_evidence(tx, actor, id, None, which.as_ref())
    })
    .await
}

/// `POST /api/v1/disputes/{id}/reopen`
#[utoipa::path(
    post,
    path = "/api/v1/disputes/{id}/reopen",
    operation_id = "reopenDispute",
    tag = "Disputes",
    summary = "Reopen a dispute",
    description = "One that was lost.",
    security(("token" = ["work"])),
    request_body = crate::openapi::bodies::ReopenDisputeRequest,
    responses((status = 200, description = "The dispute as it is now", body = DisputeView))
)]
pub async fn reopen(app: Data<App>, mut call: Call<Work>, id: PathId<noun::Dispute>) -> AppResult<Done> {
    let id = id.0;
    let mut sent = call.take_fields();
    let mut errors = FieldErrors::default();
    let reason = text(&mut sent, &mut errors, "reason", Reason::parse);
    let reason = sent.matched(reason.ok_or(errors))?;
    run(&app, call, id, move |tx, actor| {
        commands::reopen(tx, actor, id, None, &reason)
    })
    .await
}
