//! Imports through the API: what was sent, what became of it, line by line, and the two things that can be done with a
//! checked file. Ours.

use actix_web::web::{Data, ServiceConfig};

use super::{
    api_new,
    api_view::{self, ImportView, ReportLineView},
    model::{ImportState, Outcome as LineOutcome},
    queries, run,
};
use crate::{
    api::{
        Client, PlainCall,
        answer::{Done, Listed, Shown},
        cursor::{CursorAsked, CursorPageOf},
        page::Sortable,
        params::Params,
    },
    app::App,
    auth::permission::{Import, Read},
    idempotency::Outcome,
    kernel::{error::AppResult, id::noun},
    web::{form::PathId, route::at},
};

/// What the list is sorted by, at any length.
pub const FIELDS: &[Sortable] = &[("created_at", "imports.created_at"), ("id", "")];

/// Lines go in the order of the file when nothing is said.
const LINES: &[Sortable] = &[("position", "import_lines.position")];

/// Under `/api`.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(at("/api/v1/imports").get(list).post(api_new::create))
        .service(at("/api/v1/imports/{id}").get(show).delete(discard))
        .service(at("/api/v1/imports/{id}/run").post(start))
        .service(at("/api/v1/imports/{id}/report").get(report));
}

/// `GET /api/v1/imports`
#[utoipa::path(
    get,
    path = "/api/v1/imports",
    operation_id = "listImports",
    tag = "Imports",
    summary = "List imports",
    description = "The newest first when nothing is said.",
    security(("token" = ["read"])),
    params(crate::openapi::queries::Cursors, crate::openapi::queries::ImportFilters),
    responses((status = 200, description = "A page", body = CursorPageOf<ImportView>))
)]
pub async fn list(app: Data<App>, client: Client<Read>, mut params: Params) -> AppResult<Listed> {
    let account = client.account();
    let state = params.word("state", "CHECKED, QUEUED, RUNNING, DONE, FAILED", |text| {
        ImportState::parse(text).filter(|state| *state != ImportState::Receiving)
    });
    let asked = CursorAsked::read(&mut params, FIELDS, "created_at");
    params.finish()?;
    app.db
        .read(move |conn| {
            let (slice, ends) = queries::page(conn, account, state, &asked.order, &asked.window)?;
            let views: AppResult<Vec<ImportView>> = slice.rows.iter().map(api_view::view).collect();
            asked.answer(&params, slice.with(views?), ends)
        })
        .await
}

/// `GET /api/v1/imports/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/imports/{id}",
    operation_id = "getImport",
    tag = "Imports",
    summary = "Get an import",
    description = "What its check found, and how far it has come.",
    security(("token" = ["read"])),
    responses((status = 200, description = "The import", body = ImportView))
)]
pub async fn show(app: Data<App>, client: Client<Read>, id: PathId<noun::Import>) -> AppResult<Shown> {
    let (account, id) = (client.account(), id.0);
    let row = app.db.read(move |conn| queries::get(conn, account, id)).await?;
    Ok(Shown(api_view::body(&row)?))
}

/// `GET /api/v1/imports/{id}/report`
#[utoipa::path(
    get,
    path = "/api/v1/imports/{id}/report",
    operation_id = "getImportReport",
    tag = "Imports",
    summary = "Get the report of an import",
    description = "Every entry or line and every problem of the file has exactly one line, in the order of the file. A \
                   file that was only checked has none yet.",
    security(("token" = ["read"])),
    params(crate::openapi::queries::Cursors, crate::openapi::queries::ReportFilters),
    responses((status = 200, description = "A page", body = CursorPageOf<ReportLineView>))
)]
pub async fn report(
    app: Data<App>,
    client: Client<Read>,
    id: PathId<noun::Import>,
    mut params: Params,
) -> AppResult<Listed> {
    let (account, id) = (client.account(), id.0);
    let known: Vec<&str> = LineOutcome::ALL.iter().map(|o| o.as_str()).collect();
    let outcomes = params.words("outcome", &known.join(", "), LineOutcome::parse);
    params.usually("sort_order", "asc");
    let asked = CursorAsked::read(&mut params, LINES, "position");
    params.finish()?;
    app.db
        .read(move |conn| {
            queries::get(conn, account, id)?;
            let (slice, ends) = queries::page_of_lines(conn, id, &outcomes, &asked.order, &asked.window)?;
            let (rows, previous, next) = (slice.rows, slice.has_previous, slice.has_next);
            let content = crate::db::paging::Slice {
                rows: rows.into_iter().map(ReportLineView::from).collect(),
                has_previous: previous,
                has_next: next,
            };
            asked.answer(&params, content, ends)
        })
        .await
}

/// `POST /api/v1/imports/{id}/run`
#[utoipa::path(
    post,
    path = "/api/v1/imports/{id}/run",
    operation_id = "runImport",
    tag = "Imports",
    summary = "Import a checked file",
    description = "Or go on with one that stopped. Asking again changes nothing.",
    security(("token" = ["import"])),
    responses((status = 200, description = "The import as it is now", body = ImportView))
)]
pub async fn start(
    app: Data<App>,
    PlainCall(mut call): PlainCall<Import>,
    id: PathId<noun::Import>,
) -> AppResult<Done> {
    let id = id.0;
    call.take_fields().finish()?;
    let done = call
        .run(
            &app,
            move |tx, actor| api_view::body(&queries::get(tx.conn, actor.business_account, id)?),
            move |tx, actor| {
                Ok(Outcome::new(
                    200,
                    None,
                    api_view::body(&run::queue(tx, actor, id)?)?,
                ))
            },
        )
        .await?;
    app.jobs.wake();
    Ok(done)
}

/// `DELETE /api/v1/imports/{id}`
#[utoipa::path(
    delete,
    path = "/api/v1/imports/{id}",
    operation_id = "discardImport",
    tag = "Imports",
    summary = "Throw a checked file away",
    description = "Only before its import has begun. That it was sent stays in the history.",
    security(("token" = ["import"])),
    responses((status = 204, description = "It is gone"))
)]
pub async fn discard(
    app: Data<App>,
    PlainCall(mut call): PlainCall<Import>,
    id: PathId<noun::Import>,
) -> AppResult<Done> {
    let id = id.0;
    call.take_fields().finish()?;
    call.run(
        &app,
        move |tx, actor| api_view::body(&queries::get(tx.conn, actor.business_account, id)?),
        move |tx, actor| {
            run::discard(tx, actor, id)?;
            Ok(Outcome::new(204, None, String::new()))
        },
    )
    .await
}
