//! Exceptions through the API: the routes, and one exception read in both dialects and updated in RocketKOR's. The rest
//! is in the files beside; all of it thin over the commands of the pages.

use actix_web::web::{self, Data};

use super::{
    api_acts, api_bulk, api_comments, api_lists, api_raise,
    patch::{self, Patch},
    queries,
    row::ExceptionRow,
    view,
};
use crate::{
    api::{
        Call, Client,
        answer::{Done, Shown},
    },
    app::App,
    auth::permission::{Read, Work},
    db::AnyConnection,
    idempotency::Outcome,
    kernel::{
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, noun},
    },
    web::{form::PathId, route::at},
};

/// RocketKOR prints its paths without a version, Matcher with one; the two bodies differ.
pub fn routes(cfg: &mut web::ServiceConfig) {
    // `ids` and `bulk` are no ids of exceptions: they come first.
    cfg.service(at("/api/exceptions").get(api_lists::list))
        .service(at("/api/exceptions/{id}").get(show).patch(update))
        .service(at("/api/exceptions/{id}/history").get(api_lists::history))
        .service(
            at("/api/v1/exceptions")
                .get(api_lists::list_matcher)
                .post(api_raise::create),
        )
        .service(at("/api/v1/exceptions/ids").get(api_lists::ids))
        .service(at("/api/v1/exceptions/bulk/assign").post(api_bulk::assign_all))
        .service(at("/api/v1/exceptions/bulk/resolve").post(api_bulk::resolve_all))
        .service(at("/api/v1/exceptions/bulk/dispatch").post(api_bulk::dispatch_all))
        .service(at("/api/v1/exceptions/{id}").get(show_matcher))
        .service(at("/api/v1/exceptions/{id}/history").get(api_lists::history_matcher))
        .service(at("/api/v1/exceptions/{id}/assign").post(api_acts::assign_one))
        .service(at("/api/v1/exceptions/{id}/resolve").post(api_acts::resolve))
        .service(at("/api/v1/exceptions/{id}/force-match").post(api_acts::force_match))
        .service(at("/api/v1/exceptions/{id}/adjust-entry").post(api_acts::adjust_entry))
        .service(
            at("/api/v1/exceptions/{id}/comments")
                .get(api_comments::list)
                .post(api_comments::create),
        )
        .service(at("/api/v1/exceptions/{outer}/comments/{id}").delete(api_comments::delete));
}

/// How a dialect writes an exception.
pub type Write = fn(&mut AnyConnection, &ExceptionRow) -> AppResult<String>;

/// One exception in a dialect.
pub fn read(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: ExceptionId,
    write: Write,
) -> AppResult<String> {
    let row = queries::get(conn, account, id)?;
    write(conn, &row)
}

/// `GET /api/exceptions/{id}`
#[utoipa::path(
    get,
    path = "/api/exceptions/{id}",
    operation_id = "getException",
    tag = "Exceptions",
    summary = "Get an exception",
    description = "Get an exception.",
    security(("token" = ["read"])),
    responses((status = 200, description = "The exception", body = view::ExceptionView))
)]
pub async fn show(app: Data<App>, client: Client<Read>, id: PathId<noun::Exception>) -> AppResult<Shown> {
    let (account, id) = (client.account(), id.0);
    app.db
        .read_by_index(move |conn| read(conn, account, id, view::rocketkor).map(Shown))
        .await
}

/// `GET /api/v1/exceptions/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/exceptions/{id}",
    operation_id = "getExceptionAsMatcher",
    tag = "Exceptions, Matcher",
    summary = "Get an exception",
    description = "Get an exception.",
    security(("token" = ["read"])),
    responses((status = 200, description = "The exception", body = view::MatcherView))
)]
pub async fn show_matcher(
    app: Data<App>,
    client: Client<Read>,
    id: PathId<noun::Exception>,
) -> AppResult<Shown> {
    let (account, id) = (client.account(), id.0);
    app.db
        .read_by_index(move |conn| read(conn, account, id, view::matcher).map(Shown))
        .await
}

/// `PATCH /api/exceptions/{id}`
#[utoipa::path(
    patch,
    path = "/api/exceptions/{id}",
    operation_id = "updateException",
    tag = "Exceptions",
    summary = "Assign an exception, move it, or both",
    description = "Assigning what nobody has begins it; a status follows the lifecycle. All of it is done, or nothing.",
    security(("token" = ["work"])),
    request_body = crate::openapi::bodies::UpdateExceptionRequest,
    responses((status = 200, description = "The exception as it is now", body = view::ExceptionView))
)]
pub async fn update(app: Data<App>, mut call: Call<Work>, id: PathId<noun::Exception>) -> AppResult<Done> {
    let id = id.0;
    let asked = Patch::read(call.take_fields())?;
    call.run(
        &app,
        move |tx, actor| read(tx.conn, actor.business_account, id, view::rocketkor),
        move |tx, actor| {
            let row = patch::apply(tx, actor, id, &asked)?;
            Ok(Outcome::new(200, None, view::rocketkor(tx.conn, &row)?))
        },
    )
    .await
}
