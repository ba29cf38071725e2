//! Every route against every role. A route that is not in the table fails the test, and so does a line of a route that
//! is gone.

use std::collections::BTreeSet;

use docket::auth::permission::{Right, Role};

use crate::harness::TestApp;

/// What a route asks of who calls it.
#[derive(Clone, Copy, Debug)]
enum Needs {
    /// Nothing: it is for everybody, signed in or not.
    Nothing,
    /// A signed-in person with the right.
    A(Right),
    /// A bearer token; `tests/it/api*.rs` has these.
    Token,
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
    ("GET", "/exceptions/{id}", A(Right::Read)),
    ("POST", "/exceptions/{id}/claim", A(Right::Work)),
    ("POST", "/exceptions/{id}/release", A(Right::Work)),
    ("POST", "/exceptions/{id}/recall", A(Right::Work)),
    ("GET", "/exceptions/{id}/assign", A(Right::Work)),
    ("POST", "/exceptions/{id}/assign", A(Right::Work)),
    ("GET", "/exceptions/{id}/resolve", A(Right::Work)),
    ("POST", "/exceptions/{id}/resolve", A(Right::Work)),
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
    ("GET", "/transactions", A(Right::Read)),
    ("GET", "/transactions/{id}/notes", A(Right::Work)),
    ("POST", "/transactions/{id}/notes", A(Right::Work)),
    ("GET", "/transactions/{id}", A(Right::Read)),
    ("GET", "/transactions/{id}/edit", A(Right::Transact)),
    ("POST", "/transactions/{id}/edit", A(Right::Transact)),
    ("POST", "/transactions/{id}/edit/confirm", A(Right::Transact)),
    ("POST", "/transactions/{id}/cancel", A(Right::Transact)),
    ("GET", "/accounts", A(Right::Read)),
    ("GET", "/accounts/{id}", A(Right::Read)),
    ("GET", "/accounts/{id}/notes", A(Right::Work)),
    ("POST", "/accounts/{id}/notes", A(Right::Work)),
    ("POST", "/api/v1/api-keys/exchange", Nothing),
    ("GET", "/api/v1/transactions/{id}", Token),
    ("PUT", "/api/v1/transactions/{id}", Token),
    ("GET", "/api/exceptions", Token),
    ("GET", "/api/exceptions/{id}", Token),
    ("GET", "/api/exceptions/{id}/history", Token),
    ("GET", "/api/v1/exceptions", Token),
    ("POST", "/api/v1/exceptions", Token),
    ("GET", "/api/v1/exceptions/ids", Token),
    ("POST", "/api/v1/exceptions/bulk/assign", Token),
    ("POST", "/api/v1/exceptions/bulk/resolve", Token),
    ("GET", "/api/v1/exceptions/{id}/history", Token),
    ("POST", "/api/v1/exceptions/{id}/assign", Token),
    ("POST", "/api/v1/exceptions/{id}/force-match", Token),
    ("POST", "/api/v1/exceptions/{id}/adjust-entry", Token),
    ("GET", "/api/v1/exceptions/{id}/comments", Token),
    ("POST", "/api/v1/exceptions/{id}/comments", Token),
    ("DELETE", "/api/v1/exceptions/{outer}/comments/{id}", Token),
    ("GET", "/api/v1/governance/audit-logs", Token),
    ("GET", "/api/v1/governance/audit-logs/verify", Token),
    ("GET", "/api/v1/governance/audit-logs/{id}", Token),
    ("GET", "/api/v1/governance/entities/{type}/{id}/audit-logs", Token),
    ("PATCH", "/api/exceptions/{id}", Token),
    ("GET", "/api/v1/exceptions/{id}", Token),
    ("POST", "/api/v1/exceptions/{id}/resolve", Token),
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
    ("GET", "/settings/profile", A(Right::Read)),
    ("POST", "/settings/profile", A(Right::Read)),
    ("POST", "/settings/profile/password", A(Right::Read)),
    ("POST", "/settings/profile/end-session", A(Right::Read)),
    ("POST", "/settings/profile/end-others", A(Right::Read)),
    ("GET", "/settings/history", A(Right::Audit)),
    ("GET", "/settings/history/verify", A(Right::Audit)),
    ("GET", "/reviews", A(Right::Read)),
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

#[actix_web::test]
async fn a_forged_form_has_no_effect_on_any_route() {
    let app = TestApp::start().await;
    let (browser, other) = (app.as_owner().await, app.as_clerk().await);
    let own = browser.token().await;
    let nothing = "00000000-0000-7000-8000-000000000000";
    let stolen = other.token().await;
    for (method, path, needs) in TABLE.iter().filter(|(method, ..)| *method == "POST") {
        let A(_) = needs else { continue };
        let address = format!(
            "{}{}",
            app.url,
            path.replace("{id}", nothing).replace("{session}", nothing)
        );
        let send = |token: Option<String>, headers: &'static [(&'static str, &'static str)], query: &str| {
            let mut request = browser.client.post(format!("{address}{query}"));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            request
                .form(&token.map(|t| vec![("csrf_token", t)]).unwrap_or_default())
                .send()
        };
        let forged = [
            ("no token", send(None, &[], "").await),
            ("an empty token", send(Some(String::new()), &[], "").await),
            (
                "another session's token",
                send(Some(stolen.clone()), &[], "").await,
            ),
            (
                "the token in the query",
                send(None, &[], &format!("?csrf_token={own}")).await,
            ),
            (
                "a foreign origin",
                send(Some(own.clone()), &[("Origin", "https://evil.test")], "").await,
            ),
            (
                "the null origin",
                send(Some(own.clone()), &[("Origin", "null")], "").await,
            ),
            (
                "a cross-site fetch",
                send(Some(own.clone()), &[("Sec-Fetch-Site", "cross-site")], "").await,
            ),
        ];
        for (what, answer) in forged {
            let status = answer.unwrap().status().as_u16();
            // A form with a file says 415 to one without, before it looks at anything else.
            assert!(
                status == 403 || status == 415,
                "{method} {path} with {what}: {status}"
            );
        }
    }
}

#[actix_web::test]
async fn every_call_asks_for_a_token_before_anything_else() {
    let app = TestApp::start().await;
    let client = reqwest::Client::new();
    for (method, path, needs) in TABLE {
        let Token = needs else { continue };
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
