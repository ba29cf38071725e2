//! The main job from end to end in real Chromium: with and without JavaScript, wide and narrow, light and dark. Every
//! page on the way is checked by axe, and its HTML kept for the checkers that `tests/run` runs afterwards.

use std::path::Path;

use docket::auth::permission::Role;

use crate::{
    api_client::Api,
    harness::{PASSWORD, TestApp, chromium::Chromium, chromium::Look},
    payments::Payments,
};

/// The clerk's and the supervisor's day, as the product's first sentence has it.
async fn the_main_job(look: Look) {
    let app = TestApp::start().await;
    let browser = Chromium::start(&app.url, look).await;

    // A clerk uploads a real file, sees what it would do, and imports it.
    browser.sign_in("clerk@one.test", PASSWORD).await;
    browser.check("home").await;
    browser.open("/imports/new").await;
    browser.check("import-new").await;
    let file = Path::new("tests/data/ach/return-WEB.ach").canonicalize().unwrap();
    browser
        .find("input[type=file]")
        .await
        .send_keys(file.to_str().unwrap())
        .await
        .unwrap();
    browser.press("form[action='/imports/new'] button.p").await;
    browser.check("import-checked").await;
    assert!(browser.says("return-WEB.ach").await);
    browser.press("form[action$='/run'] button").await;
    browser.wait_for("Imported").await;
    browser.check("import-done").await;

    // The two returns are in the queue; the R01 says what it means and how long there is.
    browser.open("/exceptions?tab=unassigned").await;
    browser.check("queue").await;
    assert!(browser.says("Insufficient Funds").await && browser.says("No Account").await);
    browser.follow("Insufficient Funds").await;
    browser.check("exception").await;
    for words in [
        "Dishonor by",
        "The available balance did not cover the debit",
        "$123.54",
        "Paul Jones",
        "••••6789",
    ] {
        assert!(browser.says(words).await, "{words}");
    }
    // Taken, resolved.
    browser.press("form[action*='/claim'] button").await;
    assert!(browser.says("You have it now.").await);
    browser.follow_to_form("Resolve").await;
    browser.check("resolve").await;
    browser.click("input[value=NO_ACTION]").await;
    browser.type_into("#reason", "   ").await;
    browser
        .type_into("[name=notes]", "Called the payer; card payment received.")
        .await;
    browser.press("form[action*='/resolve'] .foot button.p").await;
    browser.check("resolve-refused").await;
    let kept = browser.find("#notes").await.prop("value").await.unwrap();
    assert_eq!(kept.as_deref(), Some("Called the payer; card payment received."));
    browser.type_into("#reason", "Payer pays by card").await;
    browser.press("form[action*='/resolve'] .foot button.p").await;
    assert!(browser.says("Resolved.").await);
    browser.check("exception-resolved").await;
    let exception = browser.path().await;
    browser.sign_out().await;

    // A manager finds it under Reviews, sees what was done, and returns it with a reason.
    browser.sign_in("manager@one.test", PASSWORD).await;
    browser.open("/reviews?tab=not-asked").await;
    if !browser.says("Insufficient Funds").await {
        browser.open("/reviews").await; // it was in the sample
    }
    browser.check("reviews").await;
    browser.follow("Insufficient Funds").await;
    browser.check("review").await;
    assert!(browser.says("Payer pays by card").await && browser.says("Clerk One").await);
    browser.type_into("#reason", "Attach the receipt").await;
    browser.press("form[action$='/return'] button").await;
    assert!(browser.says("Returned: it is open again").await);
    browser.open(&exception).await;
    browser.check("exception-reopened").await;
    assert!(browser.says("Attach the receipt").await && browser.says("Reopened").await);
    for (page, path) in [
        ("transactions", "/transactions"),
        ("accounts", "/accounts"),
        ("imports", "/imports"),
        ("history", "/settings/history"),
        ("profile", "/settings/profile"),
        ("not-found", "/nothing-here"),
        ("queue-empty", "/exceptions?tab=waiting"),
        ("queue-wrong-filter", "/exceptions?amount_from=much"),
    ] {
        browser.open(path).await;
        browser.check(page).await;
    }
    browser.end().await;
}

#[actix_web::test]
async fn the_main_job_wide_and_light_with_script() {
    the_main_job(Look {
        width: 1440,
        dark: false,
        script: true,
    })
    .await;
}

#[actix_web::test]
async fn the_main_job_wide_and_dark_without_script() {
    the_main_job(Look {
        width: 1440,
        dark: true,
        script: false,
    })
    .await;
}

#[actix_web::test]
async fn the_main_job_narrow_and_dark_with_script() {
    the_main_job(Look {
        width: 390,
        dark: true,
        script: true,
    })
    .await;
}

#[actix_web::test]
async fn the_main_job_narrow_and_light_without_script() {
    the_main_job(Look {
        width: 390,
        dark: false,
        script: false,
    })
    .await;
}

#[actix_web::test]
async fn a_clerk_edits_a_new_transaction_and_the_original_is_cancelled() {
    let app = TestApp::start().await;
    let payments = Payments::of(&app).await;
    let transaction = payments.post(payments.payment(12_354)).await.id;
    let browser = Chromium::start(
        &app.url,
        Look {
            width: 1440,
            dark: false,
            script: true,
        },
    )
    .await;
    browser.sign_in("clerk@one.test", PASSWORD).await;
    browser.open(&format!("/transactions/{transaction}")).await;
    browser.check("transaction").await;
    browser.open(&format!("/transactions/{transaction}/edit")).await;
    browser.check("transaction-edit").await;
    browser.type_over("#amount", "200.00").await;
    browser
        .click("select[name=payment_reason_id] option:nth-child(2)")
        .await;
    browser.press("form[action$='/edit'] button.p").await;
    browser.check("transaction-confirm").await;
    assert!(browser.says("$200.00").await);
    browser.press("form[action$='/edit/confirm'] button.p").await;
    browser.check("transaction-replacement").await;
    assert!(!browser.path().await.contains(&transaction.to_string()));
    assert!(browser.says("$200.00").await);
    browser.open(&format!("/transactions/{transaction}")).await;
    browser.check("transaction-cancelled").await;
    assert!(browser.says("Cancelled").await);
    browser.end().await;
}

async fn words_are_written_and_put_right(look: Look) {
    let app = TestApp::start().await;
    let payments = Payments::of(&app).await;
    let transaction = payments.post(payments.payment(12_354)).await.id;
    let mut new = app.a_return();
    new.entity_id = transaction.uuid();
    new.transaction_id = Some(transaction);
    let exception = app.raise_as(new).await;
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("clerk@one.test", PASSWORD).await;
    browser.open(&format!("/exceptions/{exception}")).await;
    browser.type_into("#comment", "Called, no anser.").await;
    browser.press("form.comment button").await;
    browser.click("details.write summary").await;
    browser.type_into("#title", "Bank letter").await;
    browser
        .type_into("#content_text", "Asked the client for one.")
        .await;
    browser.press("form[action$='/notes'] button").await;
    assert!(browser.says("Your note is added.").await);
    browser.check("exception-words").await;
    let edit = browser
        .find("a[href^='/comments/']")
        .await
        .attr("href")
        .await
        .unwrap();
    browser.open(&edit.unwrap()).await;
    browser.check("comment-edit").await;
    browser.type_into("#content", " Answer: none.").await;
    browser.press("form[action$='/edit'] button").await;
    assert!(browser.says("Called, no anser. Answer: none.").await);
    browser.open(&format!("/transactions/{transaction}")).await;
    browser.check("transaction-notes").await;
    let edit = browser
        .find("a[href^='/notes/']")
        .await
        .attr("href")
        .await
        .unwrap();
    browser.open(&edit.unwrap()).await;
    browser.find("#content_text").await.clear().await.unwrap();
    browser.find("#title").await.clear().await.unwrap();
    browser.press("form[action$='/edit'] button").await;
    browser.check("note-edit-refused").await;
    assert!(browser.says("Write a text or a title.").await);
    browser.end().await;
}

#[actix_web::test]
async fn words_are_written_and_put_right_wide_and_light_with_script() {
    words_are_written_and_put_right(Look {
        width: 1440,
        dark: false,
        script: true,
    })
    .await;
}

#[actix_web::test]
async fn words_are_written_and_put_right_narrow_and_dark_without_script() {
    words_are_written_and_put_right(Look {
        width: 390,
        dark: true,
        script: false,
    })
    .await;
}

#[actix_web::test]
async fn an_owner_looks_after_people() {
    let app = TestApp::start().await;
    let browser = Chromium::start(
        &app.url,
        Look {
            width: 1440,
            dark: false,
            script: true,
        },
    )
    .await;
    browser.open("/login").await;
    browser.check("login").await;
    browser.sign_in("owner@one.test", PASSWORD).await;
    let member = app.member(Role::Clerk).await;
    let api = Api::of(&app, Role::Clerk).await;
    for (page, path) in [
        ("people", "/settings/people".to_owned()),
        ("person", format!("/settings/people/{member}")),
        ("invite", "/settings/people/invite".to_owned()),
        ("service-accounts", "/settings/service-accounts".to_owned()),
        (
            "service-account",
            format!("/settings/service-accounts/{}", api.service_account),
        ),
        ("service-account-new", "/settings/service-accounts/new".to_owned()),
        ("verify", "/settings/history/verify".to_owned()),
    ] {
        browser.open(&path).await;
        browser.check(page).await;
    }
    browser.end().await;
}

#[actix_web::test]
async fn a_session_cookie_is_not_for_script_and_back_after_sign_out_shows_nothing() {
    let app = TestApp::start().await;
    app.raise().await;
    let browser = Chromium::start(
        &app.url,
        Look {
            width: 1440,
            dark: false,
            script: true,
        },
    )
    .await;
    browser.sign_in("clerk@one.test", PASSWORD).await;
    browser.open("/exceptions").await;
    let cookies = browser
        .client
        .execute("return document.cookie", vec![])
        .await
        .unwrap();
    assert_eq!(cookies.as_str(), Some(""));
    browser.sign_out().await;
    browser.client.back().await.unwrap();
    assert!(!browser.says("Paul Jones").await);
    browser.end().await;
}
