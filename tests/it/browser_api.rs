//! What people see of the API, in real Chromium: the page of its description.

use crate::harness::{
    TestApp,
    chromium::{Chromium, Look},
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
