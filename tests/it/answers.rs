//! What every answer has, whatever was asked: methods, headers, cookies.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use diesel::RunQueryDsl;

use docket::auth::permission::Role;

use crate::{
    api_client::Api,
    harness::{Browser, PASSWORD, TestApp, browser::Answer},
    routes::addresses,
    world::World,
};

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
    for (path, allowed) in addresses() {
        let path = World::address_of_nothing(path);
        for method in methods {
            let (status, allow, body) = send(&app, method, &path);
            if allowed.split(", ").any(|m| m == method) {
                assert_ne!(status, 405, "{method} {path}");
            } else {
                assert_eq!(
                    (status, allow.as_deref()),
                    (405, Some(allowed.as_str())),
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
        let paths = addresses().into_iter().map(|(path, _)| path);
        for path in paths.chain(["/nothing", "/api/nothing"]) {
            let path = World::address_of_nothing(path);
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
    for (path, _) in addresses() {
        let answer = client
            .get(format!("{}{}", app.url, World::address_of_nothing(path)))
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

#[actix_web::test]
async fn a_failure_of_the_api_tells_a_number_and_nothing_else() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::Owner).await;
    let id = app.raise().await;
    let drop = diesel::sql_query("DROP TABLE exception_sources");
    drop.execute(&mut app.intruder()).unwrap();
    let failed = api.get(&format!("/api/exceptions/{id}")).await;
    assert_eq!(failed.problem(500), "INTERNAL_ERROR");
    for word in [
        "exception_sources",
        "no such table",
        "SQL",
        "diesel",
        "panicked",
        ".rs",
    ] {
        assert!(!failed.text.contains(word), "{word}: {}", failed.text);
    }
}

/// Sends bytes as they are; all that comes back until the connection is closed.
fn exchange(app: &TestApp, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(app.url.strip_prefix("http://").unwrap()).unwrap();
    stream
        .set_read_timeout(Some(std::time::Duration::from_secs(10)))
        .unwrap();
    // Whoever is refused early is not listened to until the end.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[actix_web::test]
async fn what_is_beyond_all_measure_is_refused_early() {
    let app = TestApp::start().await;
    let get = |path: &str, headers: &str| {
        exchange(
            &app,
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n").as_bytes(),
        )
    };
    for path in ["/login", "/api/exceptions/x"] {
        let long = get(&format!("{path}?q={}", "x".repeat(20_000)), "");
        assert!(long.starts_with("HTTP/1.1 414 "), "{long}");
        for size in [64 * 1024, 1024 * 1024] {
            let large = get(path, &format!("X-Large: {}\r\n", "x".repeat(size)));
            assert!(
                large.starts_with("HTTP/1.1 431 "),
                "{size}: {}",
                &large[..large.len().min(200)]
            );
        }
        let many = "X-Many: y\r\n".repeat(5_000);
        let answer = get(path, &many);
        assert!(
            answer.starts_with("HTTP/1.1 431 ") || answer.starts_with("HTTP/1.1 400 "),
            "{}",
            &answer[..answer.len().min(200)]
        );
    }
    let problem = get(&format!("/api/x?q={}", "x".repeat(20_000)), "");
    assert!(
        problem.contains("URI_TOO_LONG") && problem.contains("application/problem+json"),
        "{problem}"
    );
    // A body is refused by its told length, before a byte of it is there.
    for (path, kind, length) in [
        ("/login", "application/x-www-form-urlencoded", 128 * 1024 + 1),
        ("/api/v1/api-keys/exchange", "application/json", 64 * 1024 * 1024),
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
             Authorization: Basic eDp5\r\nConnection: close\r\n\r\n"
        );
        let answer = exchange(&app, head.as_bytes());
        let told = answer.starts_with("HTTP/1.1 413 ") || answer.starts_with("HTTP/1.1 401 ");
        assert!(told, "{path}: {answer}");
    }
}

#[actix_web::test]
async fn no_second_request_is_smuggled_in() {
    let app = TestApp::start().await;
    let inner = "GET /favicon.svg HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let post = |headers: &str, body: &str| {
        exchange(
            &app,
            format!("POST /csp-report HTTP/1.1\r\nHost: x\r\n{headers}\r\n{body}").as_bytes(),
        )
    };
    let chunked = format!("0\r\n\r\n{inner}");
    for (what, headers, body) in [
        (
            "length and chunks",
            format!(
                "Content-Length: {}\r\nTransfer-Encoding: chunked\r\n",
                chunked.len()
            ),
            chunked.as_str(),
        ),
        (
            "two lengths",
            format!("Content-Length: 0\r\nContent-Length: {}\r\n", inner.len()),
            inner,
        ),
        (
            "a list of lengths",
            format!("Content-Length: 0, {}\r\n", inner.len()),
            inner,
        ),
        ("a signed length", "Content-Length: +0\r\n".into(), inner),
        (
            "an unknown encoding",
            "Transfer-Encoding: xchunked\r\n".into(),
            chunked.as_str(),
        ),
        ("a blank before the colon", "Content-Length : 0\r\n".into(), inner),
        (
            "a folded header",
            "X-A: b\r\n Content-Length: 0\r\n".into(),
            inner,
        ),
        (
            "a negative chunk",
            "Transfer-Encoding: chunked\r\n".into(),
            "-1\r\nx\r\n0\r\n\r\n",
        ),
        (
            "a huge chunk",
            "Transfer-Encoding: chunked\r\n".into(),
            "fffffffffffffffff\r\nx\r\n",
        ),
    ] {
        let answer = post(&headers, body);
        // A body that breaks off may be refused twice, by the handler and by the server; nothing else is answered.
        let statuses: Vec<&str> = answer.split("HTTP/1.1 ").skip(1).map(|a| &a[..3]).collect();
        let refused = statuses.iter().all(|s| ["400", "413", "415", "501"].contains(s));
        assert!(
            refused && !answer.contains("content-type: image/svg+xml"),
            "{what}: {statuses:?} {answer}"
        );
    }
}

/// A Docket with one more route, whose handler panics.
fn with_a_handler_that_panics(app: &TestApp) -> String {
    async fn panics() -> &'static str {
        panic!("as it may happen")
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let data = actix_web::web::Data::new(app.app.clone());
    let server = actix_web::HttpServer::new(move || {
        actix_web::App::new()
            .app_data(data.clone())
            .wrap(actix_web::middleware::from_fn(docket::web::error::border))
            .route("/panics", actix_web::web::get().to(panics))
            .route("/api/panics", actix_web::web::get().to(panics))
            .route("/lives", actix_web::web::get().to(|| async { "yes" }))
    })
    .workers(1)
    .listen(listener)
    .unwrap();
    actix_web::rt::spawn(server.run());
    url
}

#[actix_web::test]
async fn a_handler_that_panics_fails_its_own_request_and_no_other() {
    let app = TestApp::start().await;
    let browser = Browser::new(&with_a_handler_that_panics(&app));
    for _ in 0..20 {
        let page = browser.get("/panics").await;
        assert_eq!(page.status, 500);
        assert!(page.says("Something went wrong on our side") && !page.text.contains("as it may happen"));
        has_every_header(&page, "a panic");
        let problem = browser.get("/api/panics").await;
        assert_eq!(problem.status, 500);
        assert!(
            problem.text.contains("INTERNAL_ERROR") && !problem.text.contains("panic\""),
            "{}",
            problem.text
        );
        assert_eq!(browser.get("/lives").await.text, "yes");
    }
}
