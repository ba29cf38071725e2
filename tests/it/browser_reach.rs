//! Who has no mouse, and who has little room or large letters, reaches everything all the same (WCAG 2.1.1, 2.4.7,
//! 2.4.11, 1.4.10).

use fantoccini::Locator;
use serde_json::json;

use crate::harness::{
    PASSWORD, TestApp,
    chromium::{Chromium, Look},
};

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const BLANK: &str = " ";
const ESCAPE: &str = "\u{e00c}";

/// Whether the focused element is what is looked for, whether one sees that it has the focus, and whether it is in
/// view and under nothing else.
const FOCUSED: &str = "const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
    const seen = n => { const c = getComputedStyle(n); return c.outlineStyle !== 'none' && parseFloat(c.outlineWidth) >= 2; };
    const top = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
    const label = e.closest('label, .find');
    return e === document.body ? [false, true, true, ''] : [e.matches(arguments[0]), seen(e) || (!!label && seen(label)),
        !!top && (e.contains(top) || top.contains(e) && top !== document.body || (!!label && label.contains(top))),
        e.outerHTML.slice(0, 200)]";

async fn key(browser: &Chromium, key: &str) {
    let focused = browser.client.active_element().await.unwrap();
    focused.send_keys(key).await.unwrap();
}

/// Goes on with Tab until the focus is on what `selector` names; on the way everything that has it shows it.
async fn tab_to(browser: &Chromium, selector: &str) {
    for _ in 0..80 {
        key(browser, TAB).await;
        let told = browser
            .client
            .execute(FOCUSED, vec![json!(selector)])
            .await
            .unwrap();
        let (is_it, is_seen, is_free): (bool, bool, bool) = (
            told[0].as_bool().unwrap(),
            told[1].as_bool().unwrap(),
            told[2].as_bool().unwrap(),
        );
        assert!(is_seen, "no focus is seen on {}", told[3]);
        assert!(is_free, "something covers {}", told[3]);
        if is_it {
            return;
        }
    }
    panic!("{selector} is not reached at {}", browser.path().await);
}

/// Tabs to it, presses the key, and waits for the page that comes.
async fn go_by(browser: &Chromium, selector: &str) {
    tab_to(browser, selector).await;
    let page = browser.client.find(Locator::Css("html")).await.unwrap();
    key(browser, ENTER).await;
    for _ in 0..200 {
        if page.tag_name().await.is_err() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("still at {}", browser.path().await);
}

/// The list of keys and the way to the queue, on a page that is neither the queue nor an exception.
async fn keys_work_on_every_page(browser: &Chromium) {
    browser.open("/").await;
    // The keys are there when their script is; once the list is open the key does nothing more.
    for _ in 0..100 {
        key(browser, "?").await;
        if browser.says("Go to the queue").await {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(browser.says("Go to the queue").await && browser.says("Take next").await);
    assert!(!browser.says("Next row").await, "a key of the queue");
    key(browser, ESCAPE).await;
    key(browser, "g").await;
    key(browser, "q").await;
    for _ in 0..100 {
        if browser.path().await == "/exceptions" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("still at {}", browser.path().await);
}

#[actix_web::test]
async fn an_exception_is_taken_and_resolved_without_a_mouse() {
    let app = TestApp::start().await;
    let exception = app.raise().await;
    let look = Look {
        width: 1440,
        dark: false,
        script: true,
    };
    let browser = Chromium::start(&app.url, look).await;
    browser.open("/login").await;
    tab_to(&browser, "#email").await;
    key(&browser, "clerk@one.test").await;
    tab_to(&browser, "#password").await;
    key(&browser, PASSWORD).await;
    go_by(&browser, "form[action='/login'] button").await;

    browser.open("/exceptions?tab=unassigned").await;
    go_by(&browser, &format!("a[href^='/exceptions/{exception}']")).await;
    go_by(&browser, "form[action$='/claim'] button").await;
    assert!(browser.says("In progress").await);
    tab_to(&browser, "main a[href*='/resolve']").await;
    key(&browser, ENTER).await;
    browser
        .find("dialog[open] input[name=resolution_type]:focus")
        .await;
    let no_action = browser.find("input[value=NO_ACTION]").await;
    if no_action.prop("checked").await.unwrap().as_deref() != Some("true") {
        key(&browser, BLANK).await;
    }
    tab_to(&browser, "#reason").await;
    key(&browser, "Paid by card").await;
    tab_to(&browser, "[name=notes]").await;
    key(&browser, "The receipt is in the file.").await;
    go_by(&browser, "form[action$='/resolve'] .foot button.p").await;
    assert!(browser.says("Resolved").await);
    keys_work_on_every_page(&browser).await;
    browser.end().await;
}

#[actix_web::test]
async fn nothing_scrolls_sideways_in_320_px() {
    let app = TestApp::start().await;
    let exception = app.raise().await;
    let look = Look {
        width: 320,
        dark: false,
        script: true,
    };
    let browser = Chromium::start(&app.url, look).await;
    browser.open("/login").await;
    browser.check("reflow-login").await;
    browser.sign_in("owner@one.test", PASSWORD).await;
    let one = format!("/exceptions/{exception}");
    let resolve = format!("{one}/resolve");
    for (name, path) in [
        ("home", "/"),
        ("queue", "/exceptions?tab=open"),
        ("exception", one.as_str()),
        ("resolve", resolve.as_str()),
        ("reviews", "/reviews"),
        ("transactions", "/transactions"),
        ("accounts", "/accounts"),
        ("imports", "/imports"),
        ("import-new", "/imports/new"),
        ("profile", "/settings/profile"),
        ("people", "/settings/people"),
        ("history", "/settings/history"),
    ] {
        browser.open(path).await;
        browser.check(&format!("reflow-{name}")).await;
    }
    browser.end().await;
}
