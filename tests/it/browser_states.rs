//! Pages and states beside the main job: refused forms, conflicts, empty lists, dead links. Each is checked by axe and
//! kept for the HTML checkers, wide and light, and narrow and dark.

use docket::auth::permission::Role;

use crate::{
    harness::{PASSWORD, TestApp, chromium::Chromium, chromium::Look, database::Backend},
    payments::Payments,
};

const WIDE: Look = Look {
    width: 1440,
    dark: false,
    script: true,
};
const NARROW: Look = Look {
    width: 390,
    dark: true,
    script: true,
};

async fn look_at(browser: &Chromium, pages: &[(&str, &str)]) {
    for (name, path) in pages {
        browser.open(path).await;
        browser.check(name).await;
    }
}

async fn before_signing_in(look: Look) {
    let fresh = TestApp::fresh_on(Backend::Sqlite);
    let browser = Chromium::start(&fresh.url, look).await;
    look_at(&browser, &[("setup", "/setup")]).await;
    browser.end().await;

    let app = TestApp::start().await;
    let browser = Chromium::start(&app.url, look).await;
    look_at(
        &browser,
        &[("invite-dead", "/invite/none"), ("reset-dead", "/reset/none")],
    )
    .await;
    browser.open("/exceptions").await;
    browser.check("login-first").await;
    browser.type_into("#email", "clerk@one.test").await;
    browser.type_into("#password", "not the password").await;
    browser.press("form[action='/login'] button").await;
    browser.check("login-refused").await;
    let typed = browser.find("#email").await.prop("value").await.unwrap();
    assert_eq!(typed.as_deref(), Some("clerk@one.test"), "what was typed stays");
    browser.end().await;
}

async fn at_the_desk(look: Look) {
    let app = TestApp::start().await;
    let [taken, resolved, free] = [app.raise().await, app.raise().await, app.raise().await];
    let manager = app.as_manager().await;
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("clerk@one.test", PASSWORD).await;

    // Somebody else takes it while the clerk writes: nothing that was typed is lost.
    browser.open(&format!("/exceptions/{taken}/resolve")).await;
    let of = format!("/exceptions/{taken}");
    manager.submit(&of, &format!("{of}/claim"), &[]).await;
    browser.click("input[value=NO_ACTION]").await;
    browser.type_into("#reason", "Paid by card").await;
    browser.type_into("#notes", "The receipt is in the file.").await;
    browser.press("form[action*='/resolve'] .foot button.p").await;
    browser.check("conflict").await;
    for words in ["Manager One", "Paid by card", "The receipt is in the file."] {
        assert!(browser.says(words).await, "{words}");
    }

    browser.open(&format!("/exceptions/{resolved}/resolve")).await;
    browser.click("input[value=NO_ACTION]").await;
    browser.type_into("#reason", "Paid by card").await;
    browser.type_into("#notes", "The receipt is in the file.").await;
    browser.press("form[action*='/resolve'] .foot button.p").await;
    look_at(
        &browser,
        &[
            ("queue-mine", "/exceptions?tab=mine"),
            ("queue-open", "/exceptions?tab=open&severity=MEDIUM&sort=-amount"),
            ("queue-soon", "/exceptions?tab=soon"),
            ("queue-resolved", "/exceptions?tab=resolved"),
            ("transactions-empty", "/transactions?status=SETTLED"),
            ("forbidden", "/settings/people"),
            ("not-there", "/exceptions/01a1a1ec-9980-71c5-8b91-0e51854d118c"),
        ],
    )
    .await;
    browser.sign_out().await;

    browser.sign_in("manager@one.test", PASSWORD).await;
    let (assign, reopen) = (
        format!("/exceptions/{free}/assign"),
        format!("/exceptions/{resolved}/reopen"),
    );
    look_at(
        &browser,
        &[
            ("assign", &assign),
            ("reopen", &reopen),
            ("reviews-done", "/reviews?tab=done"),
            ("reviews-for-me", "/reviews?tab=for-me"),
        ],
    )
    .await;
    browser.end().await;
}

async fn with_files_and_money(look: Look) {
    let app = TestApp::start().await;
    let payments = Payments::of(&app).await;
    let row = payments.post(payments.payment(12_354)).await;
    let clerk = app.as_clerk().await;
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("clerk@one.test", PASSWORD).await;
    browser.open("/imports/new").await;
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("statement.ach");
    std::fs::write(&picture, b"%PDF-1.7 this is no ACH file").unwrap();
    browser
        .find("input[type=file]")
        .await
        .send_keys(picture.to_str().unwrap())
        .await
        .unwrap();
    browser.press("form[action='/imports/new'] button.p").await;
    browser.check("import-refused").await;
    let damaged = String::from_utf8(crate::harness::upload::sample("return-WEB.ach")).unwrap();
    let damaged = damaged
        .replacen("R01", "R99", 1)
        .replacen("0000012354", "0000012355", 1);
    let page = clerk.upload("damaged.ach", damaged).await;
    let import = page.path;
    let account = format!("/accounts/{}", row.debit_account_id);
    let edit = format!("/transactions/{}/edit", row.id);
    look_at(&browser, &[("import-problems", &import), ("account", &account)]).await;
    browser.open(&edit).await;
    browser.type_over("#amount", "1.234").await;
    browser
        .click("select[name=payment_reason_id] option:nth-child(2)")
        .await;
    browser.press("form[action$='/edit'] button.p").await;
    browser.check("transaction-edit-refused").await;
    let typed = browser.find("#amount").await.prop("value").await.unwrap();
    assert_eq!(typed.as_deref(), Some("1.234"), "what was typed stays");
    browser.end().await;
}

async fn in_the_settings(look: Look) {
    let app = TestApp::start().await;
    let person = format!("/settings/people/{}", app.member(Role::Clerk).await);
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("owner@one.test", PASSWORD).await;
    look_at(
        &browser,
        &[
            ("settings-people", "/settings/people"),
            ("settings-person", &person),
            ("settings-invite", "/settings/people/invite"),
            ("settings-history", "/settings/history?kind=LOGIN"),
            ("settings-verify", "/settings/history/verify?anchor=1:zz"),
        ],
    )
    .await;
    browser.open("/settings/profile").await;
    browser.type_into("#current_password", "not the password").await;
    browser.type_into("#new_password", "short").await;
    browser.press("form[action$='/password'] button").await;
    browser.check("profile-refused").await;
    browser.end().await;
}

#[actix_web::test]
async fn before_signing_in_wide_and_light() {
    before_signing_in(WIDE).await;
}

#[actix_web::test]
async fn before_signing_in_narrow_and_dark() {
    before_signing_in(NARROW).await;
}

#[actix_web::test]
async fn at_the_desk_wide_and_light() {
    at_the_desk(WIDE).await;
}

#[actix_web::test]
async fn at_the_desk_narrow_and_dark() {
    at_the_desk(NARROW).await;
}

#[actix_web::test]
async fn with_files_and_money_wide_and_light() {
    with_files_and_money(WIDE).await;
}

#[actix_web::test]
async fn with_files_and_money_narrow_and_dark() {
    with_files_and_money(NARROW).await;
}

#[actix_web::test]
async fn in_the_settings_wide_and_light() {
    in_the_settings(WIDE).await;
}

#[actix_web::test]
async fn in_the_settings_narrow_and_dark() {
    in_the_settings(NARROW).await;
}
