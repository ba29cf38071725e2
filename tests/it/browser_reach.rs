//! Who has no mouse, and who has little room or large letters, reaches everything all the same (WCAG 2.1.1, 2.4.3,
//! 2.4.7, 2.4.11, 1.4.10).

use docket::auth::permission::Role;
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
    go_by(&browser, "form[action*='/claim'] button").await;
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
    go_by(&browser, "form[action*='/resolve'] .foot button.p").await;
    assert!(browser.says("Resolved").await);
    keys_work_on_every_page(&browser).await;
    browser.end().await;
}

/// What has the focus once the page and its script are there: its id, or else what it is.
async fn focused(browser: &Chromium) -> String {
    let script = "const e = document.activeElement; \
                  return document.readyState === 'complete' ? e.id || e.localName : ''";
    for _ in 0..200 {
        let told = browser.client.execute(script, vec![]).await.unwrap();
        if let Some(told) = told.as_str().filter(|told| !told.is_empty()) {
            return told.to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{} is never there", browser.path().await);
}

/// Sends a button's form as from another window: what came of it is said on whichever page comes next.
async fn act_elsewhere(browser: &Chromium, action: &str) {
    let script = "const [action, done] = arguments; \
                  const csrf_token = document.querySelector('[name=csrf_token]').value; \
                  const body = new URLSearchParams({ csrf_token }); \
                  fetch(action, { method: 'POST', redirect: 'manual', body }) \
                  .then(() => done('sent'), (error) => done(String(error)))";
    let sent = browser
        .client
        .execute_async(script, vec![json!(action)])
        .await
        .unwrap();
    assert_eq!(sent, "sent");
}

/// The script of every page runs once more, as it does where it comes late; without what it fetches, which is there.
async fn run_again(browser: &Chromium) {
    let source = std::fs::read_to_string("static/js/docket.js").unwrap();
    let (own, _) = source
        .split_once("if (document.getElementById(\"find\"))")
        .unwrap();
    browser.client.execute(own, vec![]).await.unwrap();
}

#[actix_web::test]
async fn after_a_form_the_focus_is_on_what_came_of_it_unless_something_else_has_it() {
    let app = TestApp::start().await;
    let [page, other] = [app.raise().await, app.raise().await].map(|id| format!("/exceptions/{id}"));
    let [claim, release] = ["claim", "release"].map(|act| format!("{page}/{act}"));
    let [claim_other, release_other] = ["claim", "release"].map(|act| format!("{other}/{act}"));
    let look = Look {
        width: 1440,
        dark: false,
        script: true,
    };
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("clerk@one.test", PASSWORD).await;
    browser.open(&page).await;
    browser.press("form[action*='/claim'] button").await;
    assert_eq!(focused(&browser).await, "flash");
    assert!(browser.says("You have it now.").await);

    // The address names a part of the page: one begins there.
    browser.type_into("#comment", "Called the payer.").await;
    browser.press("form[action*='/comments'] button").await;
    assert_eq!(focused(&browser).await, "body");
    assert!(browser.says("Your comment is added.").await);
    let address = browser.client.current_url().await.unwrap();
    assert_eq!(address.fragment(), Some("activity"));

    // It names a part that is not there.
    browser.open("/").await;
    act_elsewhere(&browser, &release).await;
    browser.open(&format!("{page}#nothing")).await;
    assert_eq!(focused(&browser).await, "flash");
    assert!(browser.says("It is back for everybody.").await);

    // The page has something of its own to begin with: what was changed meanwhile, what is wrong.
    browser.open(&format!("{page}/wait")).await;
    act_elsewhere(&browser, &claim).await;
    browser.click("select[name=party] option[value=BANK]").await;
    browser.type_into("#reason", "They look for it").await;
    browser.press(".foot button.p").await;
    browser.find("h1[autofocus]:focus").await;
    assert!(browser.says("You have it now.").await);
    browser.open(&format!("{page}/snooze")).await;
    act_elsewhere(&browser, &claim_other).await;
    let past = "document.querySelector('[name=until]').value = '2026-11-01T09:00'";
    browser.client.execute(past, vec![]).await.unwrap();
    browser.type_into("#reason", "The payer calls back").await;
    browser.press(".foot button.p").await;
    assert_eq!(focused(&browser).await, "problems");
    assert!(browser.says("You have it now.").await);

    // Somebody types already when the script comes, and goes on; who does not is led to it.
    act_elsewhere(&browser, &release_other).await;
    browser.open(&page).await;
    assert_eq!(focused(&browser).await, "flash");
    browser.type_into("#find", "R0").await;
    run_again(&browser).await;
    assert_eq!(focused(&browser).await, "find");
    key(&browser, "1").await;
    let typed = browser.find("#find").await.prop("value").await.unwrap();
    assert_eq!(typed.as_deref(), Some("R01"));
    let away = "document.activeElement.blur()";
    browser.client.execute(away, vec![]).await.unwrap();
    run_again(&browser).await;
    assert_eq!(focused(&browser).await, "flash");
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

/// Whether the last four digits stand behind every party of the queue, however long its name is.
const WHOLE_DIGITS: &str = "const all = [...document.querySelectorAll('table.q td:nth-child(3) u')];
    return all.length > 0 && all.every(u => u.textContent.endsWith('6789')
        && u.getBoundingClientRect().right <= u.parentElement.getBoundingClientRect().right)";

#[actix_web::test]
async fn nothing_scrolls_sideways_on_a_laptop_and_on_a_tablet() {
    let app = TestApp::start().await;
    let exception = app.raise().await;
    let mut long = app.a_return();
    long.code = Some("R03".into()); // HIGH: waits for review
    long.party = "Brightwater Early Childhood Learning Cooperative LLC".into();
    app.raise_as(long.clone()).await;
    let closed = app.raise_as(long).await;
    app.close(closed, Role::Clerk).await;
    let one = format!("/exceptions/{exception}");
    for (width, dark) in [(1440, false), (1280, true), (1024, false), (960, true)] {
        let look = Look {
            width,
            dark,
            script: true,
        };
        let browser = Chromium::start(&app.url, look).await;
        browser.sign_in("owner@one.test", PASSWORD).await;
        for (name, path) in [
            ("home", "/"),
            ("queue", "/exceptions?tab=open"),
            ("exception", one.as_str()),
            ("workload", "/workload"),
            ("reviews", "/reviews"),
            ("transactions", "/transactions"),
            ("accounts", "/accounts"),
            ("imports", "/imports"),
            ("reports", "/reports"),
            ("profile", "/settings/profile"),
            ("people", "/settings/people"),
            ("history", "/settings/history"),
        ] {
            browser.open(path).await;
            browser.check(&format!("desk-{name}")).await;
            if name == "queue" {
                let whole = browser.client.execute(WHOLE_DIGITS, vec![]).await.unwrap();
                assert_eq!(whole.as_bool(), Some(true), "{width} px cut the digits");
            }
        }
        browser.end().await;
    }
}
