//! What every answer has, whatever was asked: methods, headers, cookies, and that looking changes nothing.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use diesel::RunQueryDsl;
use docket::auth::permission::Role;

use crate::harness::{PASSWORD, TestApp, browser::Answer, forged::digest};

/// Routes and their methods, with an id that may or may not be there.
const ID: &str = "019a0000-0000-7000-8000-000000000000";
const ROUTES: &[(&str, &str)] = &[
    ("/", "GET, HEAD"),
    ("/login", "GET, HEAD, POST"),
    ("/logout", "POST"),
    ("/switch", "POST"),
    ("/setup", "GET, HEAD, POST"),
    ("/invite/x", "GET, HEAD, POST"),
    ("/reset/x", "GET, HEAD, POST"),
    ("/exceptions", "GET, HEAD"),
    ("/exceptions/take-next", "POST"),
    ("/exceptions/ID", "GET, HEAD"),
    ("/exceptions/ID/claim", "POST"),
    ("/exceptions/ID/resolve", "GET, HEAD, POST"),
    ("/reviews", "GET, HEAD"),
    ("/reviews/ID", "GET, HEAD"),
    ("/transactions", "GET, HEAD"),
    ("/transactions/ID", "GET, HEAD"),
    ("/transactions/ID/cancel", "POST"),
    ("/accounts", "GET, HEAD"),
    ("/accounts/ID", "GET, HEAD"),
    ("/settings/people", "GET, HEAD"),
    ("/settings/people/invite", "GET, HEAD, POST"),
    ("/settings/people/revoke", "POST"),
    ("/settings/people/ID", "GET, HEAD"),
    ("/settings/people/ID/role", "POST"),
    ("/settings/people/ID/disable", "POST"),
    ("/settings/people/ID/enable", "POST"),
    ("/settings/people/ID/end-sessions", "POST"),
    ("/settings/people/ID/reset", "POST"),
    ("/settings/profile", "GET, HEAD, POST"),
    ("/settings/profile/password", "POST"),
    ("/settings/profile/end-session", "POST"),
    ("/settings/profile/end-others", "POST"),
    ("/settings/history", "GET, HEAD"),
    ("/settings/history/verify", "GET, HEAD"),
    ("/favicon.svg", "GET, HEAD"),
    ("/static/x", "GET, HEAD"),
    ("/csp-report", "POST"),
];

/// Sends one request as it is written; status, `Allow` and body.
fn send(app: &TestApp, method: &str, path: &str) -> (u16, Option<String>, String) {
    let mut stream = TcpStream::connect(app.url.strip_prefix("http://").unwrap()).unwrap();
    let host = app.url.strip_prefix("http://").unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nX-HTTP-Method-Override: GET\r\nX-Secret: canary\r\n\
         Content-Length: 0\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let allow = head.lines().find_map(|line| {
        line.to_lowercase()
            .starts_with("allow: ")
            .then(|| line[7..].to_owned())
    });
    (status, allow, body.to_owned())
}

#[actix_web::test]
async fn an_address_has_its_methods_and_names_them_to_others() {
    let app = TestApp::start().await;
    let methods = [
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
        "TRACE",
        "PROPFIND",
        "MKCOL",
        "PURGE",
        "FROBNICATE",
    ];
    for (path, allowed) in ROUTES {
        let path = path.replace("ID", ID);
        for method in methods {
            let (status, allow, body) = send(&app, method, &path);
            if allowed.split(", ").any(|m| m == method) {
                assert_ne!(status, 405, "{method} {path}");
            } else {
                assert_eq!(
                    (status, allow.as_deref()),
                    (405, Some(*allowed)),
                    "{method} {path}"
                );
            }
            assert!(!body.contains("canary"), "{method} {path} echoes");
            assert!(method != "HEAD" || body.is_empty(), "HEAD {path} has a body");
        }
    }
    assert_eq!(send(&app, "FROBNICATE", "/nothing").0, 404);
}

fn has_every_header(answer: &Answer, what: &str) {
    let header = |name: &str| {
        answer
            .headers
            .get(name)
            .map_or("", |v| v.to_str().unwrap_or(""))
            .to_owned()
    };
    let policy = header("content-security-policy");
    for part in [
        "default-src 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(
        !policy.contains("unsafe") && !policy.contains("http"),
        "{what}: {policy}"
    );
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(header(name), value, "{what}: {name}");
    }
    for name in answer.headers.keys() {
        let name = name.as_str();
        assert!(
            !name.starts_with("access-control-") && name != "server",
            "{what}: {name}"
        );
    }
}

#[actix_web::test]
async fn every_answer_has_the_security_headers_and_none_for_other_origins() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    for browser in [&owner, &app.as_nobody()] {
        for (path, _) in ROUTES.iter().chain(&[("/nothing", ""), ("/api/nothing", "")]) {
            let path = path.replace("ID", ID);
            has_every_header(&browser.get(&path).await, &path);
            has_every_header(&browser.post(&path, &[("a", "b")]).await, &path);
            for origin in ["https://evil.test", "null"] {
                let request = browser
                    .client
                    .get(format!("{}{path}", app.url))
                    .header("origin", origin);
                let answer = request.send().await.unwrap();
                let opened = answer
                    .headers()
                    .keys()
                    .any(|n| n.as_str().starts_with("access-control-"));
                assert!(!opened, "{path} opens to {origin}");
            }
        }
    }
}

#[actix_web::test]
async fn cookies_are_for_this_host_alone_and_small() {
    let app = TestApp::start().await;
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .cookie_store(true)
        .build()
        .unwrap();
    let page = client.get(format!("{}/login", app.url)).send().await.unwrap();
    let mut cookies: Vec<String> = set_cookies(&page);
    let text = page.text().await.unwrap();
    let token = text.split("name=\"csrf_token\" value=\"").nth(1).unwrap();
    let token = token.split('"').next().unwrap();
    let fields = [
        ("csrf_token", token),
        ("email", "owner@one.test"),
        ("password", PASSWORD),
    ];
    let signed_in = client
        .post(format!("{}/login", app.url))
        .form(&fields)
        .send()
        .await
        .unwrap();
    assert_eq!(signed_in.status(), 303);
    cookies.extend(set_cookies(&signed_in));
    for (path, _) in ROUTES {
        let answer = client
            .get(format!("{}{}", app.url, path.replace("ID", ID)))
            .send()
            .await
            .unwrap();
        cookies.extend(set_cookies(&answer));
    }
    assert!(cookies.len() >= 3, "visitor, session, known browser: {cookies:?}");
    for cookie in cookies {
        let attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
        assert!(cookie.starts_with("__Host-") && cookie.len() < 512, "{cookie}");
        for needed in ["Secure", "HttpOnly", "Path=/", "SameSite=Lax"] {
            assert!(attributes.contains(&needed), "{cookie} is not {needed}");
        }
        assert!(!cookie.to_lowercase().contains("domain="), "{cookie}");
    }
}

fn set_cookies(answer: &reqwest::Response) -> Vec<String> {
    let all = answer.headers().get_all("set-cookie");
    all.iter().map(|v| v.to_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn looking_changes_nothing() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    let clerk = app.member(Role::Clerk).await.to_string();
    let before = digest(&app);
    for (path, methods) in ROUTES.iter().filter(|(_, methods)| methods.starts_with("GET")) {
        let path = path.replace("ID", &clerk);
        for _ in 0..2 {
            owner.get(&path).await;
            owner
                .client
                .head(format!("{}{path}", app.url))
                .send()
                .await
                .unwrap();
        }
        assert_eq!(digest(&app), before, "{path} {methods}");
    }
}

#[actix_web::test]
async fn browsers_report_violations_of_the_policy() {
    let app = TestApp::start().await;
    let browser = app.as_nobody();
    let report = |body: String| {
        browser
            .client
            .post(format!("{}/csp-report", app.url))
            .header("origin", "null")
            .header("sec-fetch-site", "cross-site")
            .header("content-type", "application/csp-report")
            .body(body)
            .send()
    };
    let body = r#"{"csp-report": {"document-uri": "http://x/login?a=b", "effective-directive": "img-src"}}"#;
    for _ in 0..20 {
        assert_eq!(report(body.into()).await.unwrap().status(), 204);
    }
    assert_eq!(report("not json".into()).await.unwrap().status(), 204);
    assert_eq!(report("x".repeat(16 * 1024 + 1)).await.unwrap().status(), 413);
}

#[actix_web::test]
async fn a_failure_on_our_side_tells_a_number_and_nothing_else() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    let drop = diesel::sql_query("DROP TABLE one_time_links");
    drop.execute(&mut app.intruder()).unwrap();
    let answer = owner.get("/settings/people").await;
    assert_eq!(answer.status, 500);
    assert!(answer.says("Something went wrong on our side") && answer.says("request "));
    for word in [
        "one_time_links",
        "no such table",
        "SQL",
        "diesel",
        "panicked",
        ".rs",
        "/src",
    ] {
        assert!(
            !answer.find("main").join(" ").contains(word),
            "{word}: {}",
            answer.text
        );
    }
    assert_eq!(owner.get("/settings/profile").await.status, 200);
}

#[actix_web::test]
async fn common_names_lead_nowhere() {
    let app = TestApp::start().await;
    for name in [
        ".git/config",
        ".env",
        "backup",
        "backup.zip",
        "docket.db",
        "admin",
        "wp-login.php",
        "static/",
        "static",
        "server-status",
        "metrics",
        "debug",
        "actuator",
        "phpinfo.php",
        "config.json",
        "docket.toml",
        "static/../Cargo.toml",
        "static/%2e%2e/Cargo.toml",
        "css/docket.css.map",
        "robots.txt",
    ] {
        let answer = app.as_nobody().get(&format!("/{name}")).await;
        assert_eq!(answer.status, 404, "{name}: {}", answer.text);
    }
}
