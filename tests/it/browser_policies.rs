//! The calendar and the thresholds in real Chromium, with and without script.

use docket::auth::permission::Role;

use crate::harness::{
    PASSWORD, TestApp,
    chromium::{Chromium, Look},
};

async fn the_policies(look: Look) {
    let app = TestApp::start().await;
    let ids = app.raise_many(3).await;
    let browser = Chromium::start(&app.url, look).await;
    browser
        .sign_in(&crate::harness::email(Role::Owner, "one.test"), PASSWORD)
        .await;

    // The calendar, as long as every hour counts.
    browser.open("/settings/calendar").await;
    browser.check("calendar").await;

    // Thresholds: refused, tried, asked for.
    browser.open("/settings/policies/thresholds").await;
    browser.check("thresholds").await;
    browser.type_over("#critical_amount", "much").await;
    browser
        .press("form[action='/settings/policies/thresholds'] button.p")
        .await;
    browser
        .wait_for("Severity by amount: Critical from: give a whole number")
        .await;
    browser.check("thresholds-refused").await;
    browser.type_over("#critical_amount", "50000").await;
    browser.click("#on_working_days").await;
    browser
        .press("form[action='/settings/policies/thresholds'] button.p")
        .await;
    browser.wait_for("Thresholds: what would change").await;
    browser.check("thresholds-preview").await;
    browser.press("button[value=ask]").await;
    browser.wait_for("needs a second person").await;
    browser.check("thresholds-asked").await;
    let page = browser.path().await;
    let manager = app.as_manager().await;
    manager.submit(&page, &format!("{page}/approve"), &[]).await;
    app.reckon().await;

    // Now the team's days count: a change says what moves.
    browser.open("/settings/calendar").await;
    browser.click("input[name='weekday[]'][value='2']").await;
    browser.press("form.form button.p").await;
    browser
        .wait_for("3 of 3 open exceptions would be due at another time")
        .await;
    browser.check("calendar-confirm").await;
    browser.press("button[value=do]").await;
    browser.wait_for("due times are being worked out anew").await;
    app.reckon().await;
    let owner = app.as_owner().await;
    let add = [
        ("act", "add"),
        ("name", "Company day"),
        ("day", "2031-11-09"),
        ("yearly", "1"),
        ("step", "do"),
    ];
    owner
        .submit("/settings/calendar", "/settings/calendar", &add)
        .await;
    browser.open("/settings/calendar?year=2027").await;
    assert!(browser.says("Company day").await);
    browser.check("calendar-own").await;

    // Waiting for somebody outside.
    let page = format!("/exceptions/{}", ids[0]);
    browser.open(&format!("{page}/wait")).await;
    browser.check("wait").await;
    browser.type_into("#reason", "A new account number").await;
    let party = browser.find("#party").await;
    party.select_by_value("CUSTOMER").await.unwrap();
    browser.press("form[action*='/wait'] button.p").await;
    browser.wait_for("It waits; its SLA stands still.").await;
    browser.check("exception-waits").await;
    browser.open("/exceptions?tab=waiting").await;
    assert!(browser.says("waits for the customer").await);
    browser.check("queue-waits").await;
    browser.open(&page).await;
    browser.press("form[action*='/resume'] button").await;
    browser.wait_for("It does not wait any more").await;
    browser.end().await;
}

#[actix_web::test]
async fn the_policies_wide_and_light_with_script() {
    the_policies(Look {
        width: 1440,
        dark: false,
        script: true,
    })
    .await;
}

#[actix_web::test]
async fn the_policies_narrow_and_dark_without_script() {
    the_policies(Look {
        width: 390,
        dark: true,
        script: false,
    })
    .await;
}

#[actix_web::test]
async fn the_policies_wide_and_dark_without_script() {
    the_policies(Look {
        width: 1440,
        dark: true,
        script: false,
    })
    .await;
}

#[actix_web::test]
async fn the_policies_narrow_and_light_with_script() {
    the_policies(Look {
        width: 390,
        dark: false,
        script: true,
    })
    .await;
}
