//! Lists of exceptions through the API, in both dialects; and what happened to one of them.

use actix_web::web::Data;
use serde::Serialize;

use super::{
    listing, queries, view,
    wanted::{MATCHER_FIELDS, ROCKETKOR_FIELDS, ROCKETKOR_MORE, Wanted},
};
use crate::{
    api::{
        Client,
        answer::{self, Listed, Shown},
        cursor::CursorAsked,
        page::PageAsked,
        params::Params,
        totals::ListTotals,
    },
    app::App,
    auth::permission::Read,
    db::{
        Plans,
        paging::{Key, Order},
    },
    history,
    kernel::{
        error::{AppError, AppResult},
        id::{ExceptionId, noun},
    },
    web::form::PathId,
};

/// The most ids that are selected at once (matcher.md 4.2).
const MOST_IDS: usize = 10_000;

/// `GET /api/exceptions`
#[utoipa::path(
    get,
    path = "/api/exceptions",
    operation_id = "listExceptions",
    tag = "Exceptions",
    summary = "List exceptions",
    description = "The newest first when nothing is said. The Link header leads to the pages around.",
    security(("token" = ["read"])),
    params(crate::openapi::queries::Paging, crate::openapi::queries::ExceptionFilters),
    responses((status = 200, description = "A page", body = crate::api::page::PageOf<view::ExceptionView>))
)]
pub async fn list(app: Data<App>, client: Client<Read>, mut params: Params) -> AppResult<Listed> {
    let account = client.account();
    let wanted = Wanted::rocketkor(&mut params);
    let asked = PageAsked::read_with(&mut params, ROCKETKOR_FIELDS, ROCKETKOR_MORE, "createdAt");
    params.finish()?;
    let (totals, moment) = (app.memos.of::<ListTotals>(), app.db.moment());
    app.db
        .read_planned(Plans::once_if(wanted.is_everything()), move |conn| {
            let total = totals.of(account, "exceptions", &wanted, moment, || {
                listing::count(conn, account, &wanted)
            })?;
            asked.admit(total)?;
            let (slice, ends) = listing::page(conn, account, &wanted, &asked.order, &asked.window)?;
            let views = view::rocketkor_all(conn, &slice.rows)?;
            asked.answer(&params, total, slice.with(views), ends)
        })
        .await
}

/// `GET /api/v1/exceptions`
#[utoipa::path(
    get,
    path = "/api/v1/exceptions",
    operation_id = "listExceptionsAsMatcher",
    tag = "Exceptions, Matcher",
    summary = "List exceptions",
    description = "The newest first when nothing is said.",
    security(("token" = ["read"])),
    params(crate::openapi::queries::Cursors, crate::openapi::queries::MatcherFilters),
    responses((status = 200, description = "A page", body = crate::api::cursor::CursorPageOf<view::MatcherView>))
)]
pub async fn list_matcher(app: Data<App>, client: Client<Read>, mut params: Params) -> AppResult<Listed> {
    let account = client.account();
    let (wanted, is_known) = Wanted::matcher(&mut params, account, app.clock.now());
    let asked = CursorAsked::read(&mut params, MATCHER_FIELDS, "created_at");
    params.finish()?;
    if !is_known {
        return Err(AppError::NotFound);
    }
    app.db
        .read(move |conn| {
            let (slice, ends) = listing::page(conn, account, &wanted, &asked.order, &asked.window)?;
            let views = view::matcher_all(conn, &slice.rows)?;
            asked.answer(&params, slice.with(views), ends)
        })
        .await
}

/// The ids of all that match.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Selected {
    ids: Vec<ExceptionId>,
    total: i64,
    truncated: bool,
}

/// `GET /api/v1/exceptions/ids`: the newest first, at most 10,000.
#[utoipa::path(
    get,
    path = "/api/v1/exceptions/ids",
    operation_id = "listExceptionIds",
    tag = "Exceptions, Matcher",
    summary = "List the ids of exceptions",
    description = "At most 10,000, the newest first.",
    security(("token" = ["read"])),
    params(crate::openapi::queries::MatcherFilters),
    responses((status = 200, description = "The ids", body = Selected))
)]
pub async fn ids(app: Data<App>, client: Client<Read>, mut params: Params) -> AppResult<Shown> {
    let account = client.account();
    let (wanted, is_known) = Wanted::matcher(&mut params, account, app.clock.now());
    params.finish()?;
    if !is_known {
        return Err(AppError::NotFound);
    }
    let order = Order {
        keys: vec![Key {
            sql: "exceptions.created_at",
            descending: true,
        }],
        descending: true,
        is_unkept: false,
    };
    app.db
        .read_slow(move |conn| {
            let ids = listing::ids(conn, account, &wanted, &order, MOST_IDS as i64)?;
            let total = listing::count(conn, account, &wanted)?;
            answer::json(&Selected {
                truncated: total > ids.len() as i64,
                ids,
                total,
            })
            .map(Shown)
        })
        .await
}

/// `GET /api/exceptions/{id}/history`: creation, changes of status and of assignee.
#[utoipa::path(
    get,
    path = "/api/exceptions/{id}/history",
    operation_id = "listExceptionHistory",
    tag = "Exceptions",
    summary = "List what happened to an exception",
    description = "Its creation, and its changes of status and of assignee.",
    security(("token" = ["read"])),
    params(crate::openapi::queries::Paging),
    responses((status = 200, description = "A page", body = crate::api::page::PageOf<history::api::SnapshotView>))
)]
pub async fn history(
    app: Data<App>,
    client: Client<Read>,
    id: PathId<noun::Exception>,
    mut params: Params,
) -> AppResult<Listed> {
    let (account, id) = (client.account(), id.0);
    let asked = PageAsked::read(&mut params, history::api::FIELDS, "createdAt");
    params.finish()?;
    app.db
        .read(move |conn| {
            queries::get(conn, account, id)?;
            history::api::snapshots(conn, account, id.uuid(), &asked, &params)
        })
        .await
}

/// `GET /api/v1/exceptions/{id}/history`: everything that happened, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/exceptions/{id}/history",
    operation_id = "listExceptionHistoryAsMatcher",
    tag = "Exceptions, Matcher",
    summary = "List what happened to an exception",
    description = "Everything, and what happened to its disputes; the newest first when nothing is said.",
    security(("token" = ["read"])),
    params(crate::openapi::queries::Cursors),
    responses((status = 200, description = "A page", body = crate::api::cursor::CursorPageOf<history::api::ActionView>))
)]
pub async fn history_matcher(
    app: Data<App>,
    client: Client<Read>,
    id: PathId<noun::Exception>,
    mut params: Params,
) -> AppResult<Listed> {
    let (account, id) = (client.account(), id.0);
    let mut wanted = history::listing::Wanted {
        entities: vec![id.uuid()],
        ..history::listing::Wanted::default()
    };
    let asked = CursorAsked::read(&mut params, history::api::MATCHER_FIELDS, "created_at");
    params.finish()?;
    app.db
        .read(move |conn| {
            queries::get(conn, account, id)?;
            wanted.with_disputes(conn, account, id)?;
            history::api::actions(conn, account, &wanted, &asked, &params)
        })
        .await
}
