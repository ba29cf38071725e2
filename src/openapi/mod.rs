//! The description of the API, OpenAPI 3.1: made from the annotations of the calls and the types that they answer with,
//! served at `/api/openapi.json`, shown at `/api/docs`, printed by `docket openapi`. The copy in `docs/openapi.json`
//! shows in a review what of the API has changed.

#![allow(clippy::needless_for_each)] // in what the derive makes

pub mod bodies;
mod finish;
pub mod page;
pub mod queries;

use std::sync::LazyLock;

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, ServiceConfig},
};
use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::{
    accounts, api, app::App, approvals, dispatch, disputes, exceptions, history, imports, notes, reviews,
    transactions, web::problem::Problem, web::route::at, webhooks,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Docket",
        description = "The desk where payments teams work their exceptions. Two dialects over one set of rules: \
                       RocketKOR's calls and Lerian Matcher's. `/api/docs` shows how to begin.",
        contact(name = "Docket", url = "https://docket.invalid/"),
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    paths(
        api::exchange::exchange,
        exceptions::api::show,
        exceptions::api::update,
        exceptions::api::show_matcher,
        exceptions::api_lists::list,
        exceptions::api_lists::list_matcher,
        exceptions::api_lists::ids,
        exceptions::api_lists::history,
        exceptions::api_lists::history_matcher,
        exceptions::api_raise::create,
        exceptions::api_bulk::assign_all,
        exceptions::api_bulk::resolve_all,
        exceptions::api_bulk::dispatch_all,
        exceptions::api_acts::assign_one,
        exceptions::api_acts::resolve,
        exceptions::api_acts::force_match,
        exceptions::api_acts::adjust_entry,
        exceptions::api_comments::list,
        exceptions::api_comments::create,
        exceptions::api_comments::delete,
        dispatch::api::create,
        dispatch::callback_api::create,
        disputes::api::list,
        disputes::api::list_of_exception,
        disputes::api::show,
        disputes::api::open,
        disputes::api::close,
        disputes::api::add_evidence,
        disputes::api::request_evidence,
        disputes::api::reopen,
        transactions::api::show,
        transactions::api::update,
        transactions::api_lists::list,
        transactions::api_lists::delete,
        transactions::api_lists::statuses,
        transactions::api_lists::histories,
        transactions::api_lists::reasons,
        transactions::api_acts::create,
        transactions::api_acts::reverse,
        transactions::api_acts::status,
        approvals::api::list,
        approvals::api::show,
        approvals::api::approve,
        approvals::api::reject,
        imports::api_new::create,
        imports::api::list,
        imports::api::show,
        imports::api::report,
        imports::api::start,
        imports::api::discard,
        reviews::api::list,
        reviews::api::show,
        accounts::api::list,
        accounts::api::show,
        accounts::api_add::external,
        accounts::api_add::internal,
        accounts::api::suspend,
        accounts::api::unsuspend,
        notes::api::list,
        notes::api::show,
        notes::api::create,
        notes::api::update,
        history::api::list,
        history::api::show,
        history::api::list_of_entity,
        history::api::verify_chain,
        webhooks::api::list,
        webhooks::api::create,
        webhooks::api::show,
        webhooks::api::update,
        webhooks::api::delete,
        webhooks::api::suspend,
        webhooks::api::resume,
        webhooks::api::renew_secret,
        webhooks::api_deliveries::list,
        webhooks::api_deliveries::show,
        webhooks::api_deliveries::resend,
    ),
    components(schemas(
        Problem,
        queries::Direction,
        queries::Requestor,
        queries::FormerRequestor,
        queries::KnownType,
        queries::KnownSolution,
        queries::AccountHolder,
        queries::AccountEmbed,
        queries::TransactionEmbed,
        queries::ImportStand
    )),
    tags(
        (name = "Tokens", description = "An API key is exchanged for a token of half an hour."),
        (name = "Exceptions", description = "RocketKOR's calls."),
        (name = "Exceptions, Matcher", description = "Lerian Matcher's calls, and raising."),
        (name = "Disputes", description = "Disputes about exceptions, with their evidence."),
        (name = "Transactions", description = "Payments and what happened to them."),
        (name = "Approvals", description = "Changes that wait for a second person."),
        (name = "Reviews", description = "Verdicts on resolutions."),
        (name = "Imports", description = "Files of payments, returns and notices, and of exceptions as CSV."),
        (name = "Financial accounts", description = "The accounts between which payments move."),
        (name = "Notes", description = "Notes on entities."),
        (name = "Webhooks", description = "Other systems are told of what happens, signed and in order."),
        (name = "Audit log", description = "The history of the business account and its verification."),
    )
)]
struct Described;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| finish::finish(serde_json::to_value(Described::openapi()).unwrap_or_default()));

/// The description, with the address that a client is to call.
pub fn document(url: &str) -> Value {
    let mut document = DOCUMENT.clone();
    document["servers"] = json!([{
        "url": "{docket}",
        "description": "This Docket",
        "variables": {"docket": {"default": url, "description": "Where Docket is"}}
    }]);
    document
}

/// The description and its page.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(at("/api/openapi.json").get(serve))
        .service(at("/api/docs").get(page::show));
}

/// `GET /api/openapi.json`
pub async fn serve(app: Data<App>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, api::answer::JSON))
        .body(document(&app.public_url()).to_string())
}
