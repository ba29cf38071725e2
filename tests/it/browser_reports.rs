//! Reports in real Chromium, over a demo's data: drawings, tables, other days, days that are none, an empty desk.

use docket::demo;

use crate::harness::{Backend, PASSWORD, TestApp, chromium::Chromium, chromium::Look};

async fn reports(look: Look) {
    let app = TestApp::fresh_on(Backend::Sqlite);
    demo::fill(&app.app, 1_500).await.unwrap();
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("manager@demo.test", demo::PASSWORD).await;
    browser.open("/reports").await;
    browser.check("reports").await;
    browser.click(".rows summary").await;
    browser.check("reports-days").await;
    for (place, name) in [
        ("s-ages", "reports-ages"),
        ("s-codes", "reports-codes"),
        ("s-people", "reports-people"),
    ] {
        browser.open(&format!("/reports#{place}")).await;
        browser.check(name).await;
    }
    browser.open("/reports").await;
    browser.follow("90 days").await;
    browser.check("reports-weeks").await;
    // A number leads to its rows.
    browser.open("/reports").await;
    browser.follow("SLA met").await;
    assert!(browser.says("Resolved in time").await);
    browser.check("reports-behind").await;
    browser.open("/reports?from=2026-02-30").await;
    assert!(browser.says("Give a day such as").await);
    browser.check("reports-wrong").await;
    browser.end().await;
    let app = TestApp::start().await;
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("clerk@one.test", PASSWORD).await;
    browser.open("/reports").await;
    assert!(browser.says("Nothing to report yet").await);
    browser.check("reports-empty").await;
    app.raise().await;
    browser.open("/reports").await;
    browser.check("reports-first").await;
    browser.end().await;
}

#[actix_web::test]
async fn reports_wide_and_light_with_script() {
    reports(Look {
        width: 1440,
        dark: false,
        script: true,
    })
    .await;
}

#[actix_web::test]
async fn reports_wide_and_dark_without_script() {
    reports(Look {
        width: 1440,
        dark: true,
        script: false,
    })
    .await;
}

#[actix_web::test]
async fn reports_narrow_and_dark_with_script() {
    reports(Look {
        width: 390,
        dark: true,
        script: true,
    })
    .await;
}

#[actix_web::test]
async fn reports_narrow_and_light_without_script() {
    reports(Look {
        width: 390,
        dark: false,
        script: false,
    })
    .await;
}
