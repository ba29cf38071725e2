//! Approvals through the API: what waits, and the verdict of the second person. Ours.

use actix_web::web::{self, Data};

use super::{decide, model::ApprovalState, queries, view::ApprovalView};
use crate::{
    api::{
        Call, Client, PlainCall,
        answer::{self, Done, Listed, Shown},
        cursor::{CursorAsked, CursorPageOf},
        page::Sortable,
        params::Params,
    },
    app::App,
    auth::permission::{Read, Supervise},
    db::AnyConnection,
    idempotency::Outcome,
    kernel::{
        error::{AppResult, FieldErrors},
        id::{ApprovalId, BusinessAccountId, noun},
        text::Reason,
    },
    web::{form::PathId, route::at},
};

/// What the list is sorted by, at any length.
pub const FIELDS: &[Sortable] = &[("requested_at", "approvals.requested_at"), ("id", "")];

/// Under `/api`.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/api/v1/approvals").get(list))
        .service(at("/api/v1/approvals/{id}").get(show))
        .service(at("/api/v1/approvals/{id}/approve").post(approve))
        .service(at("/api/v1/approvals/{id}/reject").post(reject));
}

/// `GET /api/v1/approvals`
#[utoipa::path(
    get,
    path = "/api/v1/approvals",
    operation_id = "listApprovals",
    tag = "Approvals",
    summary = "List approvals",
    description = "The newest first when nothing is said.",
    security(("token" = ["read"])),
    params(crate::openapi::queries::Cursors, crate::openapi::queries::ApprovalFilters),
    responses((status = 200, description = "A page", body = CursorPageOf<ApprovalView>))
)]
pub async fn list(app: Data<App>, client: Client<Read>, mut params: Params) -> AppResult<Listed> {
    let account = client.account();
    let state = params.word(
        "state",
        "WAITING, APPROVED, REJECTED, WITHDRAWN, LAPSED",
        ApprovalState::parse,
    );
    let asked = CursorAsked::read(&mut params, FIELDS, "requested_at");
    params.finish()?;
    app.db
        .read(move |conn| {
            let (slice, ends) = queries::page(conn, account, state, &asked.order, &asked.window)?;
            let views: Vec<ApprovalView> = slice.rows.iter().map(ApprovalView::from).collect();
            asked.answer(&params, slice.with(views), ends)
        })
        .await
}

fn read(conn: &mut AnyConnection, account: BusinessAccountId, id: ApprovalId) -> AppResult<String> {
    answer::json(&ApprovalView::from(&queries::get(conn, account, id)?))
}

/// `GET /api/v1/approvals/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/approvals/{id}",
    operation_id = "getApproval",
    tag = "Approvals",
    summary = "Get an approval",
    description = "With what it would change.",
    security(("token" = ["read"])),
    responses((status = 200, description = "The approval", body = ApprovalView))
)]
pub async fn show(app: Data<App>, client: Client<Read>, id: PathId<noun::Approval>) -> AppResult<Shown> {
    let (account, id) = (client.account(), id.0);
    app.db.read(move |conn| read(conn, account, id).map(Shown)).await
}

/// `POST /api/v1/approvals/{id}/approve`
#[utoipa::path(
    post,
    path = "/api/v1/approvals/{id}/approve",
    operation_id = "approve",
    tag = "Approvals",
    summary = "Approve a change",
    description = "It is done at once, on the versions that it was asked for; else it lapses and says why. \
                   Never by who asked for it.",
    security(("token" = ["supervise"])),
    responses((status = 200, description = "The approval, APPROVED or LAPSED", body = ApprovalView))
)]
pub async fn approve(
    app: Data<App>,
    PlainCall(mut call): PlainCall<Supervise>,
    id: PathId<noun::Approval>,
) -> AppResult<Done> {
    let (id, vault) = (id.0, app.vault.clone());
    call.take_fields().finish()?;
    call.run(
        &app,
        move |tx, actor| read(tx.conn, actor.business_account, id),
        move |tx, actor| {
            let row = decide::approve(tx, &vault, actor, id, None)?;
            Ok(Outcome::new(200, None, answer::json(&ApprovalView::from(&row))?))
        },
    )
    .await
}

/// `POST /api/v1/approvals/{id}/reject`
#[utoipa::path(
    post,
    path = "/api/v1/approvals/{id}/reject",
    operation_id = "reject",
    tag = "Approvals",
    summary = "Reject a change",
    description = "Nothing is done. Never by who asked for it.",
    security(("token" = ["supervise"])),
    request_body = crate::openapi::bodies::RejectRequest,
    responses((status = 200, description = "The approval as it is now", body = ApprovalView))
)]
pub async fn reject(
    app: Data<App>,
    mut call: Call<Supervise>,
    id: PathId<noun::Approval>,
) -> AppResult<Done> {
    let id = id.0;
    let mut sent = call.take_fields();
    let reason = sent.text("reason").unwrap_or_default();
    let read_it = Reason::parse(&reason).map_err(|why| FieldErrors::one("reason", why));
    let reason = sent.with(read_it)?;
    call.run(
        &app,
        move |tx, actor| read(tx.conn, actor.business_account, id),
        move |tx, actor| {
            let row = decide::reject(tx, actor, id, &reason, None)?;
            Ok(Outcome::new(200, None, answer::json(&ApprovalView::from(&row))?))
        },
    )
    .await
}
