//! Every route against every role. A route that is not in the table fails the test, and so does a line of a route that
//! is gone.

use std::collections::{BTreeMap, BTreeSet};

use docket::auth::permission::{Right, Role};

use crate::{
    api_client::Api,
    harness::{TestApp, forged::digest, sample},
    world::{NOTHING, World},
};

/// What a route asks of who calls it.
#[derive(Clone, Copy, Debug)]
enum Needs {
    /// Nothing: it is for everybody, signed in or not.
    Nothing,
    /// A signed-in person with the right.
    A(Right),
    /// The token of a service account with the right.
    Token(Right),
}
use Needs::{A, Nothing, Token};

/// Method, path, what it needs.
const TABLE: &[(&str, &str, Needs)] = &[
    ("GET", "/", A(Right::Read)),
    ("GET", "/static/{path:.*}", Nothing),
    ("GET", "/favicon.svg", Nothing),
    ("POST", "/csp-report", Nothing),
    ("GET", "/login", Nothing),
    ("POST", "/login", Nothing),
    ("POST", "/logout", A(Right::Read)),
    ("POST", "/switch", A(Right::Read)),
    ("GET", "/exceptions", A(Right::Read)),
    ("POST", "/exceptions/take-next", A(Right::Work)),
    ("POST", "/exceptions/columns", A(Right::Read)),
    ("GET", "/exceptions/{id}", A(Right::Read)),
    ("GET", "/exceptions/{id}/evidence", A(Right::Read)),
    ("POST", "/exceptions/{id}/claim", A(Right::Work)),
    ("POST", "/exceptions/{id}/take-over", A(Right::Work)),
    ("POST", "/exceptions/{id}/links", A(Right::Work)),
    ("POST", "/exceptions/{id}/unlink", A(Right::Work)),
    ("POST", "/exceptions/{id}/release", A(Right::Work)),
    ("POST", "/exceptions/{id}/recall", A(Right::Work)),
    ("GET", "/exceptions/{id}/assign", A(Right::Work)),
    ("POST", "/exceptions/{id}/assign", A(Right::Work)),
    ("GET", "/exceptions/{id}/resolve", A(Right::Work)),
    ("POST", "/exceptions/{id}/resolve", A(Right::Work)),
    ("GET", "/exceptions/{id}/snooze", A(Right::Work)),
    ("POST", "/exceptions/{id}/snooze", A(Right::Work)),
    ("POST", "/exceptions/{id}/wake", A(Right::Work)),
    ("GET", "/exceptions/{id}/wait", A(Right::Work)),
    ("POST", "/exceptions/{id}/wait", A(Right::Work)),
    ("POST", "/exceptions/{id}/resume", A(Right::Work)),
    ("GET", "/exceptions/{id}/severity", A(Right::Supervise)),
    ("POST", "/exceptions/{id}/severity", A(Right::Supervise)),
    ("GET", "/exceptions/{id}/reopen", A(Right::Supervise)),
    ("POST", "/exceptions/{id}/reopen", A(Right::Supervise)),
    ("GET", "/exceptions/{id}/comments", A(Right::Read)),
    ("POST", "/exceptions/{id}/comments", A(Right::Work)),
    ("GET", "/exceptions/{id}/notes", A(Right::Work)),
    ("POST", "/exceptions/{id}/notes", A(Right::Work)),
    ("GET", "/comments/{id}/edit", A(Right::Work)),
    ("POST", "/comments/{id}/edit", A(Right::Work)),
    ("GET", "/notes/{id}/edit", A(Right::Work)),
    ("POST", "/notes/{id}/edit", A(Right::Work)),
    ("GET", "/exceptions.csv", A(Right::Read)),
    ("GET", "/exceptions.xlsx", A(Right::Read)),
    ("GET", "/queues", A(Right::Read)),
    ("GET", "/queues/new", A(Right::Read)),
    ("POST", "/queues/new", A(Right::Read)),
    ("POST", "/queues/defaults", A(Right::Supervise)),
    ("GET", "/queues/{id}", A(Right::Read)),
    ("POST", "/queues/{id}", A(Right::Read)),
    ("POST", "/queues/{id}/move", A(Right::Read)),
    ("POST", "/queues/{id}/delete", A(Right::Read)),
    ("GET", "/search", A(Right::Read)),
    ("GET", "/workload", A(Right::Supervise)),
    ("GET", "/workload/{id}", A(Right::Supervise)),
    ("POST", "/workload/{id}/limit", A(Right::Supervise)),
    ("POST", "/workload/{id}/away", A(Right::Supervise)),
    ("POST", "/workload/{id}/end", A(Right::Supervise)),
    ("GET", "/settings", A(Right::Read)),
    ("GET", "/settings/absence", A(Right::Work)),
    ("POST", "/settings/absence", A(Right::Work)),
    ("POST", "/settings/absence/end", A(Right::Work)),
    ("GET", "/settings/teams", A(Right::Supervise)),
    ("GET", "/settings/teams/new", A(Right::Supervise)),
    ("POST", "/settings/teams/new", A(Right::Supervise)),
    ("GET", "/settings/teams/{id}", A(Right::Supervise)),
    ("POST", "/settings/teams/{id}", A(Right::Supervise)),
    ("POST", "/settings/teams/{id}/delete", A(Right::Supervise)),
    ("GET", "/notifications", A(Right::Read)),
    ("POST", "/notifications/read", A(Right::Read)),
    ("POST", "/notifications/open", A(Right::Read)),
    ("GET", "/settings/notifications", A(Right::Read)),
    ("POST", "/settings/notifications", A(Right::Read)),
    ("GET", "/live", A(Right::Read)),
    ("GET", "/bulk", A(Right::Read)),
    ("POST", "/bulk", A(Right::Work)),
    ("GET", "/bulk/{id}", A(Right::Read)),
    ("POST", "/bulk/{id}/run", A(Right::Work)),
    ("POST", "/bulk/{id}/cancel", A(Right::Work)),
    ("POST", "/bulk/{id}/retry", A(Right::Work)),
    ("GET", "/bulk/{id}/result.csv", A(Right::Read)),
    ("GET", "/approvals", A(Right::Read)),
    ("POST", "/approvals/decide", A(Right::Supervise)),
    ("GET", "/approvals/decided", A(Right::Read)),
    ("GET", "/approvals/{id}", A(Right::Read)),
    ("POST", "/approvals/{id}/approve", A(Right::Supervise)),
    ("GET", "/approvals/{id}/reject", A(Right::Supervise)),
    ("POST", "/approvals/{id}/reject", A(Right::Supervise)),
    ("POST", "/approvals/{id}/withdraw", A(Right::Read)),
    ("GET", "/disputes", A(Right::Read)),
    ("GET", "/disputes/{id}", A(Right::Read)),
    ("GET", "/disputes/{id}/evidence", A(Right::Work)),
    ("POST", "/disputes/{id}/evidence", A(Right::Work)),
    ("GET", "/disputes/{id}/request-evidence", A(Right::Work)),
    ("POST", "/disputes/{id}/request-evidence", A(Right::Work)),
    ("GET", "/disputes/{id}/close", A(Right::Work)),
    ("POST", "/disputes/{id}/close", A(Right::Work)),
    ("GET", "/disputes/{id}/reopen", A(Right::Work)),
    ("POST", "/disputes/{id}/reopen", A(Right::Work)),
    ("GET", "/evidence/{id}/file", A(Right::Read)),
    ("GET", "/exceptions/{id}/disputes", A(Right::Work)),
    ("POST", "/exceptions/{id}/disputes", A(Right::Work)),
    ("GET", "/transactions", A(Right::Read)),
    ("GET", "/transactions.csv", A(Right::Read)),
    ("GET", "/reports", A(Right::Read)),
    ("GET", "/reports.csv", A(Right::Read)),
    ("GET", "/reports.xlsx", A(Right::Read)),
    ("GET", "/reports/return-rates", A(Right::Read)),
    ("GET", "/transactions/new", A(Right::Transact)),
    ("POST", "/transactions/new", A(Right::Transact)),
    ("POST", "/transactions/new/confirm", A(Right::Transact)),
    ("GET", "/transactions/{id}/reverse", A(Right::Transact)),
    ("POST", "/transactions/{id}/reverse", A(Right::Transact)),
    ("POST", "/transactions/{id}/reverse/confirm", A(Right::Transact)),
    ("GET", "/transactions/{id}/notes", A(Right::Work)),
    ("POST", "/transactions/{id}/notes", A(Right::Work)),
    ("GET", "/transactions/{id}", A(Right::Read)),
    ("GET", "/transactions/{id}/edit", A(Right::Transact)),
    ("POST", "/transactions/{id}/edit", A(Right::Transact)),
    ("POST", "/transactions/{id}/edit/confirm", A(Right::Transact)),
    ("POST", "/transactions/{id}/cancel", A(Right::Transact)),
    ("GET", "/accounts", A(Right::Read)),
    ("GET", "/accounts/sweep", A(Right::Transact)),
    ("POST", "/accounts/sweep", A(Right::Transact)),
    ("GET", "/accounts/new", A(Right::Transact)),
    ("POST", "/accounts/new", A(Right::Transact)),
    ("GET", "/accounts/{id}", A(Right::Read)),
    ("GET", "/accounts/{id}/edit", A(Right::Transact)),
    ("POST", "/accounts/{id}/edit", A(Right::Transact)),
    ("GET", "/accounts/{id}/suspend", A(Right::Transact)),
    ("POST", "/accounts/{id}/suspend", A(Right::Transact)),
    ("GET", "/accounts/{id}/unsuspend", A(Right::Transact)),
    ("POST", "/accounts/{id}/unsuspend", A(Right::Transact)),
    ("GET", "/accounts/{id}/verification", A(Right::Transact)),
    ("POST", "/accounts/{id}/verification", A(Right::Transact)),
    ("GET", "/accounts/{id}/reveal", A(Right::Reveal)),
    ("POST", "/accounts/{id}/reveal", A(Right::Reveal)),
    ("GET", "/accounts/{id}/notes", A(Right::Work)),
    ("POST", "/accounts/{id}/notes", A(Right::Work)),
    ("POST", "/api/v1/api-keys/exchange", Nothing),
    ("GET", "/api/openapi.json", Nothing),
    ("GET", "/api/docs", Nothing),
    ("GET", "/api/v1/transactions/{id}", Token(Right::Read)),
    ("PUT", "/api/v1/transactions/{id}", Token(Right::Transact)),
    ("GET", "/api/v1/transactions", Token(Right::Read)),
    ("DELETE", "/api/v1/transactions/{id}", Token(Right::Transact)),
    ("GET", "/api/v1/transactions/{id}/statuses", Token(Right::Read)),
    ("GET", "/api/v1/transactions/{id}/status", Token(Right::Read)),
    ("POST", "/api/v1/transactions", Token(Right::Transact)),
    (
        "POST",
        "/api/v1/transactions/{id}/reverse",
        Token(Right::Transact),
    ),
    ("POST", "/api/v1/transactions/{id}/status", Token(Right::Transact)),
    ("GET", "/api/v1/approvals", Token(Right::Read)),
    ("GET", "/api/v1/approvals/{id}", Token(Right::Read)),
    ("POST", "/api/v1/approvals/{id}/approve", Token(Right::Supervise)),
    ("POST", "/api/v1/approvals/{id}/reject", Token(Right::Supervise)),
    ("GET", "/api/v1/transaction-histories", Token(Right::Read)),
    ("GET", "/api/v1/payment-reasons", Token(Right::Read)),
    ("GET", "/api/v1/financial-accounts", Token(Right::Read)),
    ("GET", "/api/v1/financial-accounts/{id}", Token(Right::Read)),
    ("POST", "/api/v1/external-bank-accounts", Token(Right::Transact)),
    (
        "POST",
        "/api/v1/internal-financial-accounts",
        Token(Right::Transact),
    ),
    (
        "POST",
        "/api/v1/financial-accounts/{id}/suspend",
        Token(Right::Transact),
    ),
    (
        "PUT",
        "/api/v1/financial-accounts/{id}/suspend",
        Token(Right::Transact),
    ),
    (
        "POST",
        "/api/v1/financial-accounts/{id}/unsuspend",
        Token(Right::Transact),
    ),
    (
        "PUT",
        "/api/v1/financial-accounts/{id}/unsuspend",
        Token(Right::Transact),
    ),
    ("GET", "/api/v1/notes", Token(Right::Read)),
    ("POST", "/api/v1/notes", Token(Right::Work)),
    ("GET", "/api/v1/notes/{id}", Token(Right::Read)),
    ("PATCH", "/api/v1/notes/{id}", Token(Right::Work)),
    ("GET", "/api/exceptions", Token(Right::Read)),
    ("GET", "/api/exceptions/{id}", Token(Right::Read)),
    ("GET", "/api/exceptions/{id}/history", Token(Right::Read)),
    ("GET", "/api/v1/exceptions", Token(Right::Read)),
    ("POST", "/api/v1/exceptions", Token(Right::Work)),
    ("GET", "/api/v1/exceptions/ids", Token(Right::Read)),
    ("POST", "/api/v1/exceptions/bulk/assign", Token(Right::Work)),
    ("POST", "/api/v1/exceptions/bulk/resolve", Token(Right::Work)),
    ("GET", "/api/v1/exceptions/{id}/history", Token(Right::Read)),
    ("POST", "/api/v1/exceptions/{id}/assign", Token(Right::Work)),
    ("POST", "/api/v1/exceptions/{id}/force-match", Token(Right::Work)),
    ("POST", "/api/v1/exceptions/{id}/adjust-entry", Token(Right::Work)),
    ("GET", "/api/v1/exceptions/{id}/comments", Token(Right::Read)),
    ("POST", "/api/v1/exceptions/{id}/comments", Token(Right::Work)),
    (
        "DELETE",
        "/api/v1/exceptions/{outer}/comments/{id}",
        Token(Right::Work),
    ),
    ("GET", "/api/v1/exceptions/{id}/disputes", Token(Right::Read)),
    ("POST", "/api/v1/exceptions/{id}/disputes", Token(Right::Work)),
    ("GET", "/api/v1/disputes", Token(Right::Read)),
    ("GET", "/api/v1/disputes/{id}", Token(Right::Read)),
    ("POST", "/api/v1/disputes/{id}/close", Token(Right::Work)),
    ("POST", "/api/v1/disputes/{id}/evidence", Token(Right::Work)),
    (
        "POST",
        "/api/v1/disputes/{id}/request-evidence",
        Token(Right::Work),
    ),
    ("POST", "/api/v1/disputes/{id}/reopen", Token(Right::Work)),
    ("GET", "/api/v1/governance/audit-logs", Token(Right::Audit)),
    ("GET", "/api/v1/governance/audit-logs/verify", Token(Right::Audit)),
    ("GET", "/api/v1/governance/audit-logs/{id}", Token(Right::Audit)),
    (
        "GET",
        "/api/v1/governance/entities/{type}/{id}/audit-logs",
        Token(Right::Audit),
    ),
    ("PATCH", "/api/exceptions/{id}", Token(Right::Work)),
    ("GET", "/api/v1/exceptions/{id}", Token(Right::Read)),
    ("POST", "/api/v1/exceptions/{id}/resolve", Token(Right::Work)),
    ("GET", "/imports", A(Right::Read)),
    ("GET", "/imports/new", A(Right::Import)),
    ("POST", "/imports/new", A(Right::Import)),
    ("GET", "/imports/{id}", A(Right::Read)),
    ("POST", "/imports/{id}/run", A(Right::Import)),
    ("POST", "/imports/{id}/discard", A(Right::Import)),
    ("GET", "/imports/{id}/report", A(Right::Read)),
    ("GET", "/imports/{id}/report.csv", A(Right::Read)),
    ("GET", "/imports/{id}/file", A(Right::Import)),
    ("GET", "/setup", Nothing),
    ("POST", "/setup", Nothing),
    ("GET", "/invite/{token}", Nothing),
    ("POST", "/invite/{token}", Nothing),
    ("GET", "/reset/{token}", Nothing),
    ("POST", "/reset/{token}", Nothing),
    ("GET", "/settings/people", A(Right::Administer)),
    ("GET", "/settings/people/invite", A(Right::Administer)),
    ("POST", "/settings/people/invite", A(Right::Administer)),
    ("POST", "/settings/people/revoke", A(Right::Administer)),
    ("GET", "/settings/people/{id}", A(Right::Administer)),
    ("POST", "/settings/people/{id}/role", A(Right::Administer)),
    ("POST", "/settings/people/{id}/disable", A(Right::Administer)),
    ("POST", "/settings/people/{id}/enable", A(Right::Administer)),
    ("POST", "/settings/people/{id}/end-sessions", A(Right::Administer)),
    ("POST", "/settings/people/{id}/reset", A(Right::Administer)),
    ("GET", "/settings/mail", A(Right::Administer)),
    ("POST", "/settings/mail/test", A(Right::Administer)),
    ("POST", "/settings/mail/resend", A(Right::Administer)),
    ("GET", "/settings/webhooks", A(Right::Administer)),
    ("GET", "/settings/webhooks/new", A(Right::Administer)),
    ("POST", "/settings/webhooks/new", A(Right::Administer)),
    ("GET", "/settings/webhooks/{id}", A(Right::Administer)),
    ("GET", "/settings/webhooks/{id}/edit", A(Right::Administer)),
    ("POST", "/settings/webhooks/{id}/edit", A(Right::Administer)),
    ("POST", "/settings/webhooks/{id}/state", A(Right::Administer)),
    ("POST", "/settings/webhooks/{id}/secret", A(Right::Administer)),
    ("POST", "/settings/webhooks/{id}/delete", A(Right::Administer)),
    ("GET", "/settings/webhook-messages/{id}", A(Right::Administer)),
    (
        "POST",
        "/settings/webhook-messages/{id}/resend",
        A(Right::Administer),
    ),
    ("GET", "/exceptions/{id}/dispatch", A(Right::Work)),
    ("POST", "/exceptions/{id}/dispatch", A(Right::Work)),
    ("POST", "/exceptions/{id}/dispatch/resend", A(Right::Work)),
    ("GET", "/settings/connectors", A(Right::Administer)),
    ("GET", "/settings/connectors/new", A(Right::Administer)),
    ("POST", "/settings/connectors/new", A(Right::Administer)),
    ("GET", "/settings/connectors/{id}", A(Right::Administer)),
    ("GET", "/settings/connectors/{id}/edit", A(Right::Administer)),
    ("POST", "/settings/connectors/{id}/edit", A(Right::Administer)),
    ("POST", "/settings/connectors/{id}/test", A(Right::Administer)),
    ("POST", "/settings/connectors/{id}/state", A(Right::Administer)),
    ("POST", "/settings/connectors/{id}/secret", A(Right::Administer)),
    ("POST", "/settings/connectors/{id}/delete", A(Right::Administer)),
    ("POST", "/api/v1/exceptions/bulk/dispatch", Token(Right::Work)),
    ("POST", "/api/v1/exceptions/{id}/dispatch", Token(Right::Work)),
    ("POST", "/api/v1/exceptions/{id}/callback", Token(Right::Work)),
    ("GET", "/api/v1/webhook-subscriptions", Token(Right::Administer)),
    ("POST", "/api/v1/webhook-subscriptions", Token(Right::Administer)),
    (
        "GET",
        "/api/v1/webhook-subscriptions/{id}",
        Token(Right::Administer),
    ),
    (
        "PATCH",
        "/api/v1/webhook-subscriptions/{id}",
        Token(Right::Administer),
    ),
    (
        "DELETE",
        "/api/v1/webhook-subscriptions/{id}",
        Token(Right::Administer),
    ),
    (
        "POST",
        "/api/v1/webhook-subscriptions/{id}/suspend",
        Token(Right::Administer),
    ),
    (
        "POST",
        "/api/v1/webhook-subscriptions/{id}/resume",
        Token(Right::Administer),
    ),
    (
        "POST",
        "/api/v1/webhook-subscriptions/{id}/secret",
        Token(Right::Administer),
    ),
    (
        "GET",
        "/api/v1/webhook-subscriptions/{id}/deliveries",
        Token(Right::Administer),
    ),
    (
        "GET",
        "/api/v1/webhook-subscriptions/{outer}/deliveries/{id}",
        Token(Right::Administer),
    ),
    (
        "POST",
        "/api/v1/webhook-subscriptions/{outer}/deliveries/{id}/resend",
        Token(Right::Administer),
    ),
    ("GET", "/api/v1/imports", Token(Right::Read)),
    ("POST", "/api/v1/imports", Token(Right::Import)),
    ("GET", "/api/v1/imports/{id}", Token(Right::Read)),
    ("DELETE", "/api/v1/imports/{id}", Token(Right::Import)),
    ("POST", "/api/v1/imports/{id}/run", Token(Right::Import)),
    ("GET", "/api/v1/imports/{id}/report", Token(Right::Read)),
    ("GET", "/imports/sample.csv", A(Right::Import)),
    ("GET", "/api/v1/reviews", Token(Right::Read)),
    ("GET", "/api/v1/reviews/{id}", Token(Right::Read)),
    ("GET", "/settings/service-accounts", A(Right::Administer)),
    ("GET", "/settings/service-accounts/new", A(Right::Administer)),
    ("POST", "/settings/service-accounts/new", A(Right::Administer)),
    ("GET", "/settings/service-accounts/{id}", A(Right::Administer)),
    (
        "POST",
        "/settings/service-accounts/{id}/role",
        A(Right::Administer),
    ),
    (
        "POST",
        "/settings/service-accounts/{id}/disable",
        A(Right::Administer),
    ),
    (
        "POST",
        "/settings/service-accounts/{id}/enable",
        A(Right::Administer),
    ),
    (
        "POST",
        "/settings/service-accounts/{id}/add-key",
        A(Right::Administer),
    ),
    (
        "POST",
        "/settings/service-accounts/{id}/rotate-key",
        A(Right::Administer),
    ),
    (
        "POST",
        "/settings/service-accounts/{id}/revoke-key",
        A(Right::Administer),
    ),
    ("GET", "/settings/profile", A(Right::Read)),
    ("POST", "/settings/profile", A(Right::Read)),
    ("POST", "/settings/profile/password", A(Right::Read)),
    ("POST", "/settings/profile/end-session", A(Right::Read)),
    ("POST", "/settings/profile/end-others", A(Right::Read)),
    ("GET", "/settings/policies/approvals", A(Right::Read)),
    ("POST", "/settings/policies/approvals", A(Right::Administer)),
    ("GET", "/settings/policies/thresholds", A(Right::Read)),
    ("POST", "/settings/policies/thresholds", A(Right::Administer)),
    ("GET", "/settings/calendar", A(Right::Read)),
    ("POST", "/settings/calendar", A(Right::Administer)),
    ("GET", "/settings/policies/routing", A(Right::Read)),
    ("POST", "/settings/policies/routing", A(Right::Administer)),
    ("GET", "/settings/payment-reasons", A(Right::Administer)),
    ("POST", "/settings/payment-reasons", A(Right::Administer)),
    ("GET", "/settings/history", A(Right::Audit)),
    ("GET", "/settings/history/verify", A(Right::Audit)),
    ("GET", "/reviews", A(Right::Read)),
    ("GET", "/reviews/agreement", A(Right::Supervise)),
    ("POST", "/reviews/{id}/answer", A(Right::Supervise)),
    ("GET", "/reviews/{id}", A(Right::Read)),
    ("POST", "/reviews/{id}/approve", A(Right::Supervise)),
    ("GET", "/reviews/{id}/return", A(Right::Supervise)),
    ("POST", "/reviews/{id}/return", A(Right::Supervise)),
];

/// Every `at("…").method(…)` of the source.
fn declared() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let mut folders = vec![std::path::PathBuf::from("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("web/route.rs") {
                routes_of(&std::fs::read_to_string(&path).unwrap(), &mut found);
            }
        }
    }
    found
}

fn routes_of(source: &str, found: &mut BTreeSet<(String, String)>) {
    for part in source.split("at(\"/").skip(1) {
        let Some((path, rest)) = part.split_once("\")") else {
            continue;
        };
        // The methods follow until the end of the service.
        let rest = rest.split("at(\"/").next().unwrap_or_default();
        for (call, method) in [
            (".get(", "GET"),
            (".post(", "POST"),
            (".put(", "PUT"),
            (".patch(", "PATCH"),
            (".delete(", "DELETE"),
        ] {
            if rest.contains(call) {
                found.insert((method.into(), format!("/{path}")));
            }
        }
    }
}

#[test]
fn every_route_of_the_source_is_in_the_table_and_no_other() {
    let table: BTreeSet<_> = TABLE
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(table.len(), TABLE.len(), "a line is there twice");
    let declared = declared();
    let missing: Vec<_> = declared.difference(&table).collect();
    let gone: Vec<_> = table.difference(&declared).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "not in the table: {missing:#?}\nnot in the source: {gone:#?}"
    );
}

#[actix_web::test]
async fn each_role_gets_what_its_rights_allow_and_nobody_else_gets_anything() {
    let app = TestApp::start().await;
    let nothing = "00000000-0000-7000-8000-000000000000";
    for role in Role::ALL {
        let browser = app.sign_in(*role).await;
        let token = browser.token().await;
        // The last ones end the session.
        for (method, path, needs) in TABLE.iter().filter(|(_, path, _)| *path != "/logout") {
            let A(right) = needs else { continue };
            let address = path
                .replace("{id}", nothing)
                .replace("{session}", nothing)
                .replace("{token}", nothing);
            let status = match *method {
                "GET" => browser.get(&address).await.status.as_u16(),
                _ => browser
                    .post(&address, &[("csrf_token", token.as_str())])
                    .await
                    .status
                    .as_u16(),
            };
            if role.may(*right) {
                assert!(
                    status != 403 && status != 401 && status < 500,
                    "{role} {method} {path}: {status}"
                );
            } else {
                assert_eq!(status, 403, "{role} {method} {path}");
            }
        }
    }
}

#[actix_web::test]
async fn without_a_session_there_is_nothing_but_the_sign_in() {
    let app = TestApp::start().await;
    let browser = app.as_nobody();
    let nothing = "00000000-0000-7000-8000-000000000000";
    for (method, path, needs) in TABLE {
        let A(_) = needs else { continue };
        let address = path
            .replace("{id}", nothing)
            .replace("{session}", nothing)
            .replace("{token}", nothing);
        let answer = match *method {
            "GET" => browser.get(&address).await,
            _ => browser.post(&address, &[("x", "y")]).await,
        };
        let asked = answer.path.starts_with("/login") || answer.status == 401;
        assert!(asked, "{method} {path}: {} at {}", answer.status, answer.path);
    }
}

/// Every address with its methods, as `Allow` names them.
pub fn addresses() -> Vec<(&'static str, String)> {
    const ORDER: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let mut paths: Vec<&str> = Vec::new();
    for (_, path, _) in TABLE {
        if !paths.contains(path) {
            paths.push(path);
        }
    }
    let has = |path: &str, method: &str| TABLE.iter().any(|(m, p, _)| *m == method && *p == path);
    paths
        .into_iter()
        .map(|path| {
            let methods: Vec<&str> = ORDER
                .into_iter()
                .filter(|m| has(path, m))
                .map(|m| if m == "GET" { "GET, HEAD" } else { m })
                .collect();
            (path, methods.join(", "))
        })
        .collect()
}

/// What only reads: each path, and whether it is a call of the API.
pub fn pages_and_calls() -> Vec<(&'static str, bool)> {
    TABLE
        .iter()
        .filter(|(method, ..)| *method == "GET")
        .map(|(_, path, needs)| (*path, matches!(needs, Token(_))))
        .collect()
}

/// What a browser sends with a form that was not made on one of our pages.
struct Forgery {
    what: &'static str,
    token: Option<String>,
    headers: &'static [(&'static str, &'static str)],
    query: String,
}

fn forgeries(own: &str, others: &str, session: &str) -> Vec<Forgery> {
    let forgery = |what, token: Option<&str>, headers| Forgery {
        what,
        token: token.map(str::to_owned),
        headers,
        query: String::new(),
    };
    vec![
        forgery("no token", None, &[]),
        forgery("an empty token", Some(""), &[]),
        forgery("another person's token", Some(others), &[]),
        forgery(
            "the token of another session of the same person",
            Some(session),
            &[],
        ),
        Forgery {
            query: format!("?csrf_token={own}"),
            ..forgery("the token in the query", None, &[])
        },
        forgery("a foreign origin", Some(own), &[("Origin", "https://evil.test")]),
        forgery("the null origin", Some(own), &[("Origin", "null")]),
        forgery(
            "a cross-site fetch",
            Some(own),
            &[("Sec-Fetch-Site", "cross-site")],
        ),
        forgery(
            "an origin that a forwarded header agrees with",
            Some(own),
            &[
                ("Origin", "https://evil.test"),
                ("X-Forwarded-Host", "evil.test"),
                ("Forwarded", "host=evil.test"),
            ],
        ),
    ]
}

#[actix_web::test]
async fn a_forged_form_has_no_effect_on_any_route() {
    let app = TestApp::start().await;
    let world = World::of(&app).await;
    let browser = &world.owner;
    let own = browser.token().await;
    let others = app.as_clerk().await.token().await;
    let session = app.as_owner().await.token().await;
    let forgeries = forgeries(&own, &others, &session);
    let before = digest(&app);
    for (method, path, needs) in TABLE.iter().filter(|(method, ..)| *method == "POST") {
        let A(_) = needs else { continue };
        for forgery in &forgeries {
            let address = format!("{}{}{}", app.url, world.address(path), forgery.query);
            // With fields that would have an effect on most of them.
            let mut fields = vec![
                ("content", "x"),
                ("content_text", "x"),
                ("reason", "x"),
                ("notes", "x"),
                ("resolution_type", "NO_ACTION"),
                ("role", "CLERK"),
                ("first_name", "A"),
                ("last_name", "B"),
            ];
            fields.extend(forgery.token.as_deref().map(|t| ("csrf_token", t)));
            let mut request = browser.client.post(&address);
            // A form with a file comes as multipart; anything else is refused before it is looked at.
            request = if ["/imports/new", "/disputes/{id}/evidence"].contains(path) {
                let form = fields
                    .into_iter()
                    .fold(reqwest::multipart::Form::new(), |form, (name, value)| {
                        form.text(name, value.to_owned())
                    });
                let file = reqwest::multipart::Part::bytes(sample("cor-example.ach")).file_name("a.ach");
                request.multipart(form.part("file", file))
            } else {
                request.form(&fields)
            };
            for (name, value) in forgery.headers {
                request = request.header(*name, *value);
            }
            let status = request.send().await.unwrap().status();
            assert_eq!(status, 403, "{method} {path} with {}", forgery.what);
        }
        assert!(digest(&app) == before, "a forged {path} had an effect");
    }
}

#[actix_web::test]
async fn looking_changes_nothing_on_any_route() {
    let app = TestApp::start().await;
    let world = World::of(&app).await;
    let owner = &world.owner;
    // What was sent is read back with account numbers in it, so each download is in the history: on purpose.
    let recorded = "/imports/{id}/file";
    let before = digest(&app);
    let looked_at = TABLE
        .iter()
        .filter(|(method, path, _)| *method == "GET" && *path != recorded);
    for (_, path, needs) in looked_at {
        let address = world.address(path);
        for _ in 0..2 {
            let shown = owner.get(&address).await;
            let url = format!("{}{address}", app.url);
            let head = owner.client.head(url).send().await.unwrap();
            let is_there = shown.status == 200;
            let is_of_a_token = matches!(needs, Token(_)) || path.contains("{token}") || *path == "/setup";
            // Reopening what is open is told to be impossible; assets have other names.
            let is_refused = shown.status == 422 || path.contains("{path");
            assert!(
                is_there || is_of_a_token || is_refused,
                "{path}: {}",
                shown.status
            );
            if is_there {
                assert_eq!(head.status(), shown.status, "HEAD {address}");
            }
            let is_page = shown.text.starts_with("<!DOCTYPE") && matches!(needs, A(_));
            if is_page && is_there {
                assert_eq!(
                    shown.attribute("form[action='/logout']", "method"),
                    ["post"],
                    "{path} has no way out"
                );
            }
        }
        assert!(digest(&app) == before, "GET {path} changed something");
    }
}

/// An answer without what is different each time: the request's number, tokens, and the address itself.
fn bare(answer: &crate::harness::browser::Answer) -> (u16, String) {
    let main = answer.find("main").join(" ");
    let words: Vec<&str> = main
        .split_whitespace()
        .filter(|w| !(w.len() == 16 && w.bytes().all(|b| b.is_ascii_hexdigit())))
        .collect();
    (answer.status.as_u16(), words.join(" "))
}

#[actix_web::test]
async fn what_another_business_account_has_is_as_if_it_were_nowhere_on_every_route() {
    let app = TestApp::start().await;
    let world = World::of(&app).await;
    let stranger = app.as_stranger(Role::Owner).await;
    let token = stranger.token().await;
    let api = Api::in_account(&app, app.other, Role::Owner).await;
    let before = digest(&app);
    for (method, path, needs) in TABLE.iter().filter(|(_, path, _)| path.contains("{id}")) {
        let (theirs, nowhere) = (world.address(path), World::address_of_nothing(path));
        if matches!(needs, Token(_)) {
            let method: reqwest::Method = method.parse().unwrap();
            let mut answers = Vec::new();
            for address in [&theirs, &nowhere] {
                let body = serde_json::json!({"status": "IN_PROGRESS", "resolution": "x", "reason": "x",
                    "amount": "1.00", "debitFinancialAccountId": NOTHING, "creditFinancialAccountId": NOTHING,
                    "paymentReasonId": "x", "assignee": "clerk@two.test", "content": "x", "notes": "x",
                    "overrideReason": "POLICY_EXCEPTION", "title": "x", "contentText": "x"});
                let body = if method == reqwest::Method::GET {
                    String::new()
                } else {
                    body.to_string()
                };
                let reply = api.raw(method.clone(), address, "application/json", body).await;
                let problem = reply.json();
                answers.push((
                    reply.status.as_u16(),
                    problem["errorCode"].clone(),
                    problem["detail"].clone(),
                ));
            }
            assert!(
                matches!(answers[0].0, 404 | 400 | 422),
                "{method} {theirs}: {answers:?}"
            );
            assert_eq!(answers[0], answers[1], "{method} {path}");
            continue;
        }
        let fields = [
            ("csrf_token", token.as_str()),
            ("content", "x"),
            ("content_text", "x"),
            ("reason", "x"),
            ("notes", "x"),
            ("resolution_type", "NO_ACTION"),
            ("role", "CLERK"),
            ("version", "1"),
            ("idempotency_key", "key-of-a-stranger"),
        ];
        let ask = async |address: &str| match *method {
            "GET" => stranger.get(address).await,
            _ => stranger.post(address, &fields).await,
        };
        let (theirs, nowhere) = (bare(&ask(&theirs).await), bare(&ask(&nowhere).await));
        // 400, 415 and 422: the form itself is not complete, or not one with a file, which is told before anything is
        // looked for.
        assert!(
            matches!(theirs.0, 404 | 400 | 415 | 422),
            "{method} {path}: {theirs:?}"
        );
        assert_eq!(theirs, nowhere, "{method} {path}");
    }
    assert!(digest(&app) == before, "a stranger changed something");
}

#[actix_web::test]
async fn every_page_is_light_has_a_title_and_one_heading() {
    let app = TestApp::start().await;
    let world = World::of(&app).await;
    app.raise_many(60).await; // more than one page of the queue
    for (_, path, needs) in TABLE.iter().filter(|(method, ..)| *method == "GET") {
        let A(_) = needs else { continue };
        let shown = world.owner.get(&world.address(path)).await;
        if !shown.text.starts_with("<!DOCTYPE") {
            continue;
        }
        assert!(
            shown.text.len() <= 60 * 1024,
            "{path} has {} bytes",
            shown.text.len()
        );
        assert_eq!(shown.find("h1").len(), 1, "{path}: {:?}", shown.find("h1"));
        let title = shown.find("head title").join("");
        assert!(
            title.ends_with(" · Docket") && title.len() > " · Docket".len(),
            "{path}: {title}"
        );
    }
}

#[actix_web::test]
async fn every_call_asks_for_a_token_before_anything_else() {
    let app = TestApp::start().await;
    let client = reqwest::Client::new();
    for (method, path, needs) in TABLE {
        let Token(_) = needs else { continue };
        let nothing = "00000000-0000-7000-8000-000000000000";
        let path = path
            .replace("{id}", nothing)
            .replace("{outer}", nothing)
            .replace("{type}", "exception");
        let method: reqwest::Method = method.parse().unwrap();
        let request = client
            .request(method.clone(), format!("{}{path}?size=many", app.url))
            .header("content-type", "application/json")
            .body("{");
        let answer = crate::api_client::reply(request).await;
        assert_eq!(answer.problem(401), "TOKEN_REQUIRED", "{method} {path}");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"docket\"");
    }
}

/// Every call of the API that takes a token, with the scope that it needs.
pub fn rights_of_calls() -> BTreeMap<(String, String), String> {
    let calls = TABLE.iter().filter_map(|(method, path, needs)| match needs {
        Token(right) => Some((*method, *path, right.scope())),
        _ => None,
    });
    calls
        .map(|(method, path, scope)| ((method.to_owned(), path.to_owned()), scope.to_owned()))
        .collect()
}

#[actix_web::test]
async fn every_call_serves_the_keys_of_exactly_the_roles_that_may() {
    let app = TestApp::start().await;
    for role in Role::ALL {
        let api = Api::of(&app, *role).await;
        for (method, path, needs) in TABLE {
            let Token(right) = needs else { continue };
            let address = World::address_of_nothing(path).replace(
                "/entities/00000000-0000-7000-8000-000000000000",
                "/entities/exception",
            );
            let body = if *method == "GET" { "" } else { "{}" };
            let told = api
                .raw(
                    method.parse().unwrap(),
                    &address,
                    "application/json",
                    body.to_owned(),
                )
                .await;
            let status = told.status.as_u16();
            if role.may(*right) {
                let is_served = status != 401 && status != 403 && status < 500;
                assert!(is_served, "{role} {method} {path}: {status} {}", told.text);
            } else {
                assert_eq!(told.problem(403), "FORBIDDEN", "{role} {method} {path}");
                let scope = format!("scope=\"{}\"", right.scope());
                assert!(
                    told.header("www-authenticate").ends_with(&scope),
                    "{role} {method} {path}"
                );
            }
        }
    }
}
