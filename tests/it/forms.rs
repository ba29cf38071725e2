//! Forms that others make people send, and addresses that lead people away.

use docket::{auth::permission::Role, members::setup::new_code};

use crate::harness::{
    Backend, PASSWORD, TestApp,
    forged::{refuses_forged_forms, refuses_forged_open_forms},
};

#[actix_web::test]
async fn every_form_about_people_refuses_forgeries() {
    let app = TestApp::start().await;
    let clerk = app.member(Role::Clerk).await;
    let person = |act: &str| format!("/settings/people/{clerk}/{act}");
    let id = clerk.to_string();
    for (path, fields) in [
        (person("role"), &[("role", "FINANCE"), ("version", "0")][..]),
        (person("disable"), &[("version", "0")]),
        (person("enable"), &[("version", "0")]),
        (person("end-sessions"), &[]),
        (person("reset"), &[]),
        (
            "/settings/people/invite".into(),
            &[("email", "a@new.test"), ("role", "CLERK")],
        ),
        ("/settings/people/revoke".into(), &[("invitation", &id)]),
        (
            "/settings/profile".into(),
            &[("first_name", "A"), ("last_name", "B")],
        ),
        (
            "/settings/profile/password".into(),
            &[("current_password", PASSWORD), ("new_password", "short")],
        ),
        ("/settings/profile/end-session".into(), &[("session", &id)]),
        ("/settings/profile/end-others".into(), &[]),
        ("/switch".into(), &[("business_account", &id)]),
        ("/logout".into(), &[]),
    ] {
        refuses_forged_forms(&app, Role::Owner, &path, fields).await;
    }
}

#[actix_web::test]
async fn every_form_before_sign_in_refuses_forgeries() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    let invite = "/settings/people/invite";
    let fields = [("email", "a@new.test"), ("role", "CLERK")];
    let invitation = owner.submit(invite, invite, &fields).await.one_time_link();
    let page = format!("/settings/people/{}", app.member(Role::Clerk).await);
    let reset = owner
        .submit(&page, &format!("{page}/reset"), &[])
        .await
        .one_time_link();
    let password = ("password", "seven paper kites");
    refuses_forged_open_forms(
        &app,
        &invitation,
        &[password, ("first_name", "A"), ("last_name", "B")],
    )
    .await;
    refuses_forged_open_forms(&app, &reset, &[password]).await;
    let sign_in = [("email", "finance@one.test"), ("password", PASSWORD)];
    refuses_forged_open_forms(&app, "/login", &sign_in).await;
}

#[actix_web::test]
async fn the_set_up_refuses_a_form_from_elsewhere() {
    let app = TestApp::fresh_on(Backend::Sqlite);
    let code = new_code(&app.app).await.unwrap().unwrap();
    let browser = app.as_nobody();
    let answer = browser.post("/setup", &[("code", code.as_str())]).await;
    assert_eq!(answer.status, 403);
}

#[actix_web::test]
async fn a_token_ends_with_its_session_also_in_the_same_browser() {
    let app = TestApp::start().await;
    let browser = app.as_owner().await;
    let token = browser.token().await;
    browser.submit("/", "/logout", &[]).await;
    browser.sign_in("admin@one.test", PASSWORD).await;
    let fields = [
        ("csrf_token", token.as_str()),
        ("first_name", "A"),
        ("last_name", "B"),
    ];
    assert_eq!(browser.post("/settings/profile", &fields).await.status, 403);
}

#[actix_web::test]
async fn signing_in_never_leads_away_from_docket() {
    let app = TestApp::start().await;
    let browser = app.as_nobody();
    let home = reqwest::Url::parse(&app.url).unwrap();
    let client = reqwest::Client::builder()
        .cookie_provider(std::sync::Arc::clone(&browser.jar))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    for next in [
        "//evil.test",
        "///evil.test",
        "////evil.test/%2f..",
        "/\\evil.test",
        "\\\\evil.test",
        "/\\/evil.test",
        "\\/\\/evil.test",
        "https:evil.test",
        "https:/evil.test",
        "https://evil.test",
        "HTTPS://evil.test",
        "http://evil.test:8080",
        "javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "/\t/evil.test",
        "/\n/evil.test",
        "/\r\nLocation: https://evil.test",
        "/%0d%0aSet-Cookie:x=1",
        "%2f%2fevil.test",
        "/%2fevil.test",
        "/%5cevil.test",
        "/.//evil.test",
        "/..//evil.test",
        "//evil.test@127.0.0.1",
        "@evil.test",
        ".evil.test",
        "?next=//evil.test",
        "#//evil.test",
        "/\u{2028}/evil.test",
        "\u{ff0f}\u{ff0f}evil.test",
        " //evil.test",
    ] {
        let own = browser.form_token("/login").await;
        let fields = [
            ("csrf_token", own.as_str()),
            ("email", "clerk@one.test"),
            ("password", PASSWORD),
            ("next", next),
        ];
        let answer = client
            .post(format!("{}/login", app.url))
            .form(&fields)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 303, "{next:?}");
        let location = answer.headers()["location"].to_str().unwrap();
        let target = home.join("/login").unwrap().join(location).unwrap();
        assert_eq!(target.origin(), home.origin(), "{next:?} led to {target}");
        assert!(
            !answer.headers().contains_key("x") && answer.cookies().all(|c| c.name().starts_with("__Host-"))
        );
    }
}
