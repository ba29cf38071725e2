//! Every route, one line per feature; and the addresses of pages as functions.

use actix_web::web::ServiceConfig;

use crate::{
    accounts, api, approvals, auth, bulk, calendar, desk, dispatch, disputes, exceptions, history, imports,
    mail, members, notes, notifications, openapi, policies, queues, rates, reports, reviews, routing, search,
    service_accounts, transactions, web, webhooks, work,
};

/// What needs no session: assets and the API.
pub fn outside(cfg: &mut ServiceConfig) {
    cfg.configure(web::assets::routes)
        .configure(web::csp_report::routes)
        .configure(api::routes)
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
        .configure(webhooks::api::routes);
}

/// The pages.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.configure(auth::routes)
        .configure(work::routes)
        .configure(exceptions::routes)
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
