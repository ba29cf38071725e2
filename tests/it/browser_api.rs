//! What people see of the API, in real Chromium: the page of its description, and webhooks.

use crate::{
    harness::{
        Backend, PASSWORD, TestApp,
        chromium::{Chromium, Look},
    },
    receiver::{Mood, Receiver},
};

async fn the_description(look: Look) {
    let app = TestApp::start().await;
    let browser = Chromium::start(&app.url, look).await;
    browser.open("/api/docs").await;
    browser.check("api-docs").await;
    browser.click("#raiseExceptions summary").await;
    assert!(browser.says("Takes the right: work").await);
    browser.click("#shape-RaiseRequest summary").await;
    assert!(browser.says("May be left out where the type has only one.").await);
    browser.check("api-docs-open").await;
    browser.end().await;
}

#[actix_web::test]
async fn the_description_wide_and_light_and_narrow_and_dark() {
    for (width, dark) in [(1440, false), (1440, true), (390, false), (390, true)] {
        let script = dark;
        the_description(Look { width, dark, script }).await;
    }
}

/// Waits for words that come with a later page, while the clock goes on.
async fn comes(app: &TestApp, browser: &Chromium, words: &str) {
    for _ in 0..100 {
        if browser.says(words).await {
            return;
        }
        app.wait(1);
        app.app.jobs.wake();
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        browser.open(&browser.path().await).await;
    }
    panic!("{words} never came:\n{}", browser.text().await);
}

async fn the_webhooks(look: Look) {
    let app = TestApp::start_with(Backend::Sqlite, |settings| settings.private_targets = true).await;
    let receiver = Receiver::start(Mood::Down);
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("owner@one.test", PASSWORD).await;
    browser.open("/settings/webhooks").await;
    browser.check("webhooks-none").await;
    browser.follow("Add the first").await;
    browser.type_into("#url", "https://10.0.0.1:22/").await;
    browser
        .press("form[action='/settings/webhooks/new'] button.p")
        .await;
    assert!(browser.says("This port is of another service").await);
    assert!(browser.says("Choose at least one event.").await);
    browser.check("webhook-new-refused").await;
    browser.type_over("#url", &receiver.url).await;
    browser.type_into("#description", "Loan servicing").await;
    browser.click("input[value='exception.created']").await;
    browser.click("input[value='exception.resolved']").await;
    browser
        .press("form[action='/settings/webhooks/new'] button.p")
        .await;
    assert!(browser.says("Hand over the secret now.").await);
    browser.check("webhook-secret").await;
    app.raise_many(2).await;
    browser.open("/settings/webhooks").await;
    browser.follow("Loan servicing").await;
    comes(&app, &browser, "Refused with 503.").await;
    browser.check("webhook-refused").await;
    browser.follow("exception.created").await;
    browser.check("webhook-message").await;
    receiver.set(Mood::Well);
    browser.press("form[action$='/resend'] button").await;
    comes(&app, &browser, "Accepted with 204.").await;
    browser.open("/settings/webhooks").await;
    browser.check("webhooks").await;
    browser.follow("Loan servicing").await;
    browser.press("form[action$='/state'] button").await;
    assert!(browser.says("It is suspended. What happens waits here.").await);
    browser.check("webhook-suspended").await;
    browser.follow("Change").await;
    browser.check("webhook-edit").await;
    browser.end().await;
}

#[actix_web::test]
async fn the_webhooks_wide_and_light() {
    the_webhooks(Look {
        width: 1440,
        dark: false,
        script: true,
    })
    .await;
}

#[actix_web::test]
async fn the_webhooks_narrow_and_dark() {
    the_webhooks(Look {
        width: 390,
        dark: true,
        script: true,
    })
    .await;
}
