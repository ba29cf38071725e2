//! The pages of e-mail in a real browser: what one is told of and how, and what became of messages.

use docket::auth::permission::Role;

use crate::{
    harness::{
        Backend, PASSWORD, TestApp,
        chromium::{Chromium, Look},
        smtp::{Mood, Smtp},
    },
    mail::{docket_on, settled},
};

async fn pages_of_mail(look: Look) {
    let server = Smtp::start(Mood::Refuses("clerk@"));
    let app = docket_on(Backend::Sqlite, &server).await;
    let ids = app.raise_many(3).await;
    app.hand(ids[0], Role::Clerk).await;
    app.hand(ids[1], Role::Finance).await;
    app.at("2026-11-04T13:00:00Z");
    settled(&app).await;
    app.hand(ids[2], Role::Clerk).await;
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("owner@one.test", PASSWORD).await;
    browser.open("/settings/notifications").await;
    browser.check("settings-notifications-mail").await;
    browser.open("/settings/mail").await;
    browser.check("settings-mail").await;
    assert!(browser.says("Given up").await && browser.says("Send again").await);
    browser.open("/settings/mail?state=WAITING").await;
    assert!(browser.says("Is sent").await);
    browser.open("/settings/mail?state=DROPPED").await;
    browser.check("settings-mail-none").await;
    browser.end().await;

    let without = TestApp::start().await;
    let browser = Chromium::start(&without.url, look).await;
    browser.sign_in("owner@one.test", PASSWORD).await;
    browser.open("/settings/notifications").await;
    browser.check("settings-notifications").await;
    browser.open("/settings/mail").await;
    browser.check("settings-mail-not-set-up").await;
    browser.end().await;
}

#[actix_web::test]
async fn pages_of_mail_wide_and_light() {
    pages_of_mail(Look {
        width: 1440,
        dark: false,
        script: true,
    })
    .await;
}

#[actix_web::test]
async fn pages_of_mail_narrow_and_dark_without_script() {
    pages_of_mail(Look {
        width: 390,
        dark: true,
        script: false,
    })
    .await;
}
