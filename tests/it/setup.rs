//! The first start.

use docket::members::setup::new_code;

use crate::harness::{Backend, Browser, TestApp, both, browser::Answer};

async fn set_up(browser: &Browser, code: &str) -> Answer {
    let fields = [
        ("code", code),
        ("business_account", "Harbor Payroll"),
        ("time_zone", "America/Chicago"),
        ("first_name", "Ines"),
        ("last_name", "Falk"),
        ("email", "Ines@Harbor.test"),
        ("password", "some quiet words 7"),
    ];
    browser.submit("/setup", "/setup", &fields).await
}

async fn whoever_reads_the_terminal_becomes_the_first_owner(backend: Backend) {
    let app = TestApp::fresh_on(backend);
    let code = new_code(&app.app).await.unwrap().unwrap();
    let browser = app.as_nobody();
    let done = set_up(&browser, &code.to_lowercase().replace('-', " ")).await;
    assert_eq!(
        (done.status.as_u16(), done.path.as_str()),
        (200, "/settings/people")
    );
    assert!(
        done.says("Docket is set up.") && done.says("Harbor Payroll"),
        "{}",
        done.text
    );
    assert_eq!(done.find("tbody td[data-l=Role]"), ["Owner"]);
    let log = browser.get("/settings/history").await;
    assert!(log.says("Harbor Payroll was set up") && log.says("Ines Falk joined as Owner"));

    assert_eq!(browser.get("/setup").await.status, 404);
    assert_eq!(new_code(&app.app).await.unwrap(), None);
    let again = app.as_nobody();
    again.sign_in("ines@harbor.test", "some quiet words 7").await;
}

#[actix_web::test]
async fn whoever_reads_the_terminal_becomes_the_first_owner_on_both_databases() {
    for backend in both() {
        whoever_reads_the_terminal_becomes_the_first_owner(backend).await;
    }
}

#[actix_web::test]
async fn a_wrong_old_or_replaced_code_makes_nobody_and_what_was_typed_comes_back() {
    let app = TestApp::fresh_on(Backend::Sqlite);
    let browser = app.as_nobody();
    let replaced = new_code(&app.app).await.unwrap().unwrap();
    let current = new_code(&app.app).await.unwrap().unwrap();
    for code in ["", "0000-0000-0000-0000-0000", &replaced] {
        let answer = set_up(&browser, code).await;
        assert_eq!(answer.status, 422, "{code}");
        assert!(answer.says("This is not the code"));
        assert_eq!(answer.attribute("#business_account", "value"), ["Harbor Payroll"]);
        assert!(!answer.text.contains("some quiet words 7"));
    }
    app.wait(24 * 60 + 1);
    assert_eq!(set_up(&browser, &current).await.status, 422);
}

#[actix_web::test]
async fn every_wrong_field_is_told_at_once() {
    let app = TestApp::fresh_on(Backend::Sqlite);
    let fields = [
        ("email", "x"),
        ("password", "short"),
        ("time_zone", "Mars/Olympus"),
    ];
    let answer = app.as_nobody().submit("/setup", "/setup", &fields).await;
    assert_eq!(answer.status, 422);
    assert_eq!(
        answer.attribute(".problems a", "href"),
        [
            "#business_account",
            "#time_zone",
            "#first_name",
            "#last_name",
            "#email",
            "#password"
        ]
    );
}

#[actix_web::test]
async fn fifty_set_ups_at_once_make_one_owner() {
    for backend in both() {
        let app = TestApp::fresh_on(backend);
        let code = new_code(&app.app).await.unwrap().unwrap();
        let tries = (0..50).map(|_| async {
            let browser = app.as_nobody();
            set_up(&browser, &code).await.path == "/settings/people"
        });
        let made = futures_util::future::join_all(tries).await;
        assert_eq!(made.into_iter().filter(|made| *made).count(), 1, "{backend:?}");
    }
}

#[actix_web::test]
async fn there_is_no_default_login() {
    let app = TestApp::fresh_on(Backend::Sqlite);
    let browser = app.as_nobody();
    for name in [
        "admin",
        "admin@docket",
        "admin@example.com",
        "owner@demo.test",
        "root",
    ] {
        for password in ["admin", "password", "docket", "changeme"] {
            let answer = browser.try_sign_in(name, password).await;
            assert!(matches!(answer.status.as_u16(), 422 | 429), "{name}/{password}");
        }
    }
}
