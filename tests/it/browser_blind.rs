//! A blind review in real Chromium: the answer of one's own, what was done, the verdict, and how often the two agree.
//! Each page on the way is checked.

use crate::harness::{PASSWORD, TestApp, chromium::Chromium, chromium::Look};

async fn blind(look: Look) {
    let app = TestApp::start().await;
    app.review_blind().await;
    let review = app.resolved(app.raise().await).await;
    app.resolved(app.raise().await).await;
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("manager@one.test", PASSWORD).await;
    browser.open("/reviews").await;
    browser.check("reviews-blind").await;
    browser.open("/reviews/agreement").await;
    browser.check("agreement-none").await;
    browser.open(&format!("/reviews/{review}")).await;
    assert!(browser.says("What would you have done?").await);
    browser.check("review-blind").await;
    browser.click("#answer option[value=NO_ACTION]").await;
    browser.type_into("#answer_reason", "It was paid otherwise").await;
    browser.press("form[action$='/answer'] button.p").await;
    assert!(browser.says("Before and after").await);
    browser.check("review-answered").await;
    browser.press("form[action$='/approve'] button.p").await;
    assert!(browser.says("Approved.").await);
    browser.open("/reviews/agreement").await;
    browser.check("agreement").await;
    browser.end().await;
}

#[actix_web::test]
async fn a_blind_review_wide_and_light_with_script() {
    blind(Look {
        width: 1440,
        dark: false,
        script: true,
    })
    .await;
}

#[actix_web::test]
async fn a_blind_review_narrow_and_dark_without_script() {
    blind(Look {
        width: 390,
        dark: true,
        script: false,
    })
    .await;
}
