//! The desk in real Chromium: snooze, severity, bulk, saved queues and keys; with and without script.

use docket::auth::permission::Role;

use crate::harness::{
    PASSWORD, TestApp,
    chromium::{Chromium, Look},
};

async fn the_desk(look: Look) {
    let app = TestApp::start().await;
    let ids = app.raise_many(4).await;
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("manager@one.test", PASSWORD).await;

    let page = format!("/exceptions/{}", ids[0]);
    browser.open(&page).await;
    browser.follow("Snooze").await;
    browser.check("snooze").await;
    browser.type_into("#reason", "The payer calls back").await;
    browser.press("form[action$='/snooze'] button.p").await;
    assert!(browser.says("Snoozed until").await);
    browser.check("exception-snoozed").await;
    browser.follow("Severity").await;
    browser.check("severity").await;
    browser
        .find("#severity option[value=HIGH]")
        .await
        .click()
        .await
        .unwrap();
    browser.type_into("#reason", "The bank asks").await;
    browser.press("form[action$='/severity'] button.p").await;
    assert!(browser.says("The severity is High now.").await);
    browser.open("/exceptions?tab=snoozed").await;
    browser.check("queue-snoozed").await;
    assert!(browser.says("Insufficient Funds").await);

    // Selected rows: the bar shows without script too.
    browser.open("/exceptions?tab=open").await;
    for row in 1..=2 {
        let box_ = format!("tbody tr:nth-child({row}) input[type=checkbox]");
        browser.find(&box_).await.click().await.unwrap();
    }
    browser.check("queue-selected").await;
    browser
        .find("#act option[value=ASSIGN]")
        .await
        .click()
        .await
        .unwrap();
    browser.press(".bulk button.p").await;
    assert!(browser.says("Assign 2 exceptions").await);
    browser.check("bulk-planned").await;
    let clerk = app.member(Role::Clerk).await;
    let choice = format!("#assignee option[value='{clerk}']");
    browser.find(&choice).await.click().await.unwrap();
    browser.press("form[action$='/run'] button.p").await;
    browser.wait_for("All 2 are done.").await;
    browser.check("bulk-done").await;
    browser.open("/bulk").await;
    browser.check("bulk-list").await;

    // A queue that is kept, for everybody.
    browser.open("/exceptions?tab=open&code=R01").await;
    browser.check("queue-filtered").await;
    browser.follow("Save as queue").await;
    browser.check("saved-queue-new").await;
    browser.type_into("#name", "No funds").await;
    browser.find("input[name=shared]").await.click().await.unwrap();
    browser.press("form[action='/queues/new'] button.p").await;
    assert!(browser.says("“No funds” is saved.").await);
    browser.check("queue-saved").await;
    browser.open("/queues").await;
    browser.check("saved-queues").await;
    browser.end().await;
}

#[actix_web::test]
async fn the_desk_wide_and_light_with_script() {
    the_desk(Look {
        width: 1440,
        dark: false,
        script: true,
    })
    .await;
}

#[actix_web::test]
async fn the_desk_wide_and_dark_without_script() {
    the_desk(Look {
        width: 1440,
        dark: true,
        script: false,
    })
    .await;
}

#[actix_web::test]
async fn the_desk_narrow_and_dark_with_script() {
    the_desk(Look {
        width: 390,
        dark: true,
        script: true,
    })
    .await;
}

#[actix_web::test]
async fn the_desk_narrow_and_light_without_script() {
    the_desk(Look {
        width: 390,
        dark: false,
        script: false,
    })
    .await;
}
