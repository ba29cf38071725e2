//! Handing exceptions over, in real Chromium: connectors, the form, the card beside the exception.

use std::time::Duration;

use crate::{
    harness::{
        Backend, PASSWORD, TestApp,
        chromium::{Chromium, Look},
    },
    tracker::{Answer, TOKEN, Tracker, USER},
};

/// Looks again until it is there: the work goes on beside the pages.
async fn comes(app: &TestApp, browser: &Chromium, page: &str, words: &str) {
    for _ in 0..200 {
        app.clock.advance(Duration::from_secs(1));
        app.app.jobs.wake();
        tokio::time::sleep(Duration::from_millis(100)).await;
        browser.open(page).await;
        if browser.says(words).await {
            return;
        }
    }
    panic!("{words} never came:\n{}", browser.text().await);
}

async fn the_way_out(look: Look) {
    let app = TestApp::start_with(Backend::Sqlite, |settings| settings.private_targets = true).await;
    let tracker = Tracker::start();
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("owner@one.test", PASSWORD).await;
    browser.open("/settings/connectors").await;
    browser.check("connectors-none").await;
    browser.follow("Set up Jira").await;
    browser.type_into("#url", "https://10.0.0.1:22/").await;
    browser.type_into("#credential", TOKEN).await;
    browser.type_into("#project", "PAY/1").await;
    browser
        .press("form[action='/settings/connectors/new'] button.p")
        .await;
    assert!(browser.says("This port is of another service").await);
    assert!(browser.says("Give the project’s key").await);
    browser.check("connector-new-refused").await;
    browser.type_over("#url", &tracker.url).await;
    browser.type_into("#account", USER).await;
    browser.type_into("#credential", TOKEN).await;
    browser.type_over("#project", "PAY").await;
    browser
        .press("form[action='/settings/connectors/new'] button.p")
        .await;
    assert!(browser.says("Hand over the secret now.").await);
    browser.check("connector-secret").await;
    browser.press("form[action$='/test'] button").await;
    assert!(browser.says("It knows us as “Docket Bot”").await);
    browser.check("connector-tested").await;
    browser.open("/settings/connectors").await;
    browser.check("connectors").await;
    browser.follow("Jira").await;
    browser.follow("Change").await;
    browser.check("connector-edit").await;

    let id = app.raise().await;
    let page = format!("/exceptions/{id}");
    browser.open(&format!("{page}/dispatch")).await;
    browser.check("dispatch").await;
    let refusal = r#"{"errorMessages":[],"errors":{"priority":"Field 'priority' cannot be set. It is not on the appropriate screen, or unknown."}}"#;
    tracker.will(&[
        Answer::Status(503, "Down for maintenance".into()),
        Answer::Status(400, refusal.into()),
    ]);
    browser.type_into("#queue", "Payment operations").await;
    browser.press("form[action*='/dispatch'] button.p").await;
    assert!(browser.says("It is being handed to Jira.").await);
    comes(&app, &browser, &page, "tries again: It answered 503").await;
    browser.check("dispatch-tried-again").await;
    comes(&app, &browser, &page, "Not handed over").await;
    browser.check("dispatch-failed").await;
    browser.press("form[action*='/dispatch/resend'] button").await;
    comes(&app, &browser, &page, "Handed over").await;
    assert!(browser.says("It waits for Jira: PAY-1.").await);
    browser.check("dispatch-done").await;
    browser.open("/exceptions?tab=waiting").await;
    browser.check("dispatch-waiting").await;
    browser.open(&page).await;
    browser.press("form[action*='/recall'] button").await;
    assert!(browser.says("It is recalled.").await);
    browser.end().await;
}

#[actix_web::test]
async fn the_way_out_wide_and_light() {
    the_way_out(Look {
        width: 1440,
        dark: false,
        script: true,
    })
    .await;
}

#[actix_web::test]
async fn the_way_out_narrow_and_dark_without_script() {
    the_way_out(Look {
        width: 390,
        dark: true,
        script: false,
    })
    .await;
}
