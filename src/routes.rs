//! Every route, one line per feature; and the addresses of pages as functions.

use actix_web::{
    guard,
    web::{ServiceConfig, scope, to},
};

use crate::{
    accounts, api, approvals, auth, bulk, calendar, desk, dispatch, disputes, exceptions, history, imports,
    mail, members, notes, notifications, openapi, policies, queues, rates, reports, reviews, routing, search,
    service_accounts, transactions, web, webhooks, work,
};

/// What needs no session: assets and the API. A page's address is not compared with each of the API's, one by one.
pub fn outside(cfg: &mut ServiceConfig) {
    let is_call = guard::fn_guard(|asked| asked.head().uri.path().starts_with("/api/"));
    cfg.configure(web::assets::routes)
        .configure(web::csp_report::routes)
        .service(scope("").guard(is_call).configure(calls));
}

/// The calls of the API, and what is none of them.
fn calls(cfg: &mut ServiceConfig) {
    cfg.configure(api::routes)
        .configure(openapi::routes)
        .configure(transactions::api::routes)
        .configure(approvals::api::routes)
        .configure(reviews::api::routes)
        .configure(accounts::api::routes)
        .configure(notes::api::routes)
        .configure(exceptions::api::routes)
        .configure(dispatch::api::routes)
        .configure(disputes::api::routes)
        .configure(history::api::routes)
        .configure(imports::api::routes)
        .configure(webhooks::api::routes)
        .default_service(to(web::ways::no_such_call));
}

/// The pages.
pub fn pages(cfg: &mut ServiceConfig) {
    // Addresses are compared in this order: most are asked for of exceptions.
    cfg.configure(exceptions::routes)
        .configure(auth::routes)
        .configure(work::routes)
        .configure(notes::routes)
        .configure(bulk::routes)
        .configure(desk::routes)
        .configure(notifications::routes)
        .configure(queues::routes)
        .configure(search::routes)
        .configure(disputes::routes)
        .configure(reviews::routes)
        .configure(approvals::routes)
        .configure(policies::routes)
        .configure(calendar::routes)
        .configure(routing::routes)
        .configure(transactions::routes)
        .configure(accounts::routes)
        .configure(imports::routes)
        .configure(reports::routes)
        .configure(rates::routes)
        .configure(history::routes)
        .configure(members::routes)
        .configure(service_accounts::routes)
        .configure(webhooks::routes)
        .configure(mail::routes)
        .configure(dispatch::routes)
        .configure(web::ways::routes);
}

/// The page that has the form which is sent to `path`: the same path, or for small forms the page they are on.
pub fn page_with_form(path: &str) -> String {
    const ON_THE_PAGE_ABOVE: &[&str] = &[
        "/claim",
        "/release",
        "/recall",
        "/wake",
        "/resume",
        "/cancel",
        "/confirm",
        "/approve",
        "/decide",
        "/withdraw",
        "/run",
        "/retry",
        "/move",
        "/columns",
        "/take-over",
        "/links",
        "/unlink",
        "/limit",
        "/away",
        "/end",
        "/delete",
        "/defaults",
        "/read",
        "/open",
        "/discard",
        "/revoke",
        "/role",
        "/disable",
        "/enable",
        "/end-sessions",
        "/end-session",
        "/end-others",
        "/reset",
        "/password",
        "/add-key",
        "/rotate-key",
        "/revoke-key",
        "/state",
        "/secret",
        "/resend",
        "/test",
    ];
    let page = ON_THE_PAGE_ABOVE
        .iter()
        .find_map(|verb| path.strip_suffix(verb))
        .unwrap_or(path);
    if page.is_empty() { "/".into() } else { page.into() }
}
