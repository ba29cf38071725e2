//! The forms of an exception as dialogs, on its page and on the queue, in real Chromium; as pages without script, and
//! where a dialog cannot be.

use std::time::Duration;

use docket::auth::permission::Role;
use fantoccini::Locator;
use serde_json::{Value, json};

use crate::harness::{
    PASSWORD, TestApp,
    chromium::{Chromium, Look},
};

const ESCAPE: &str = "\u{e00c}";
const ENTER: &str = "\u{e007}";

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

async fn key(browser: &Chromium, key: &str) {
    let focused = browser.client.active_element().await.unwrap();
    // A question that the key raises may cut the answer short.
    let _ = focused.send_keys(key).await;
}

async fn told(browser: &Chromium, script: &str) -> Value {
    browser.client.execute(script, vec![]).await.unwrap()
}

/// The name of the field that has the focus, or where the link leads that has it.
async fn focused(browser: &Chromium) -> String {
    let script = "const e = document.activeElement; return e.getAttribute('href') ?? e.name ?? ''";
    told(browser, script).await.as_str().unwrap().to_owned()
}

/// One first heading on the whole page, no id twice, nothing to scroll sideways.
async fn is_sound(browser: &Chromium) {
    let script = "const ids = [...document.querySelectorAll('[id]')].map(e => e.id); \
                  const dialog = document.querySelector('dialog'); \
                  return [document.querySelectorAll('h1').length, ids.filter((id, at) => ids.indexOf(id) !== at), \
                  dialog.scrollWidth - dialog.clientWidth]";
    assert_eq!(told(browser, script).await, json!([1, [], 0]));
}

async fn is_there(browser: &Chromium) -> bool {
    let found = browser.client.find_all(Locator::Css("dialog")).await.unwrap();
    !found.is_empty()
}

async fn closes(browser: &Chromium) {
    for _ in 0..100 {
        if !is_there(browser).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the dialog stays:\n{}", browser.text().await);
}

/// What the browser asks before typed text is dropped.
async fn is_asked(browser: &Chromium) {
    for _ in 0..100 {
        if let Ok(question) = browser.client.get_alert_text().await {
            assert_eq!(question, "Close and lose what you typed?");
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing is asked");
}

/// Presses a key until its script is there and what `until` names comes. Not at once again: the one asked for last is
/// the one that opens.
async fn key_until(browser: &Chromium, pressed: &str, until: &str) {
    for attempt in 0..200 {
        if attempt % 20 == 0 {
            key(browser, pressed).await;
        }
        let found = browser.client.find_all(Locator::Css(until)).await.unwrap();
        if !found.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{pressed} does nothing at {}", browser.path().await);
}

async fn the_dialogs(look: Look) {
    let app = TestApp::start().await;
    let ids = app.raise_many(2).await;
    let page = format!("/exceptions/{}", ids[0]);
    let assign = format!("{page}/assign");
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("manager@one.test", PASSWORD).await;

    browser.open(&page).await;
    browser.follow_to_form("Assign").await;
    assert_eq!(focused(&browser).await, "assignee");
    let heading = browser.find("dialog h2#dialog-title").await.text().await.unwrap();
    assert!(heading.contains("Assign"), "{heading}");
    is_sound(&browser).await;
    browser.check("dialog-assign").await;
    key(&browser, ESCAPE).await;
    closes(&browser).await;
    assert_eq!(focused(&browser).await, assign, "Escape");
    for way_out in ["dialog > button", "dialog .foot a"] {
        browser.follow_to_form("Assign").await;
        browser.click(way_out).await;
        closes(&browser).await;
        assert_eq!(focused(&browser).await, assign, "{way_out}");
        assert_eq!(browser.path().await, page);
    }
    browser.follow_to_form("Assign").await;
    let clerk = app.member(Role::Clerk).await;
    browser.click(&format!("dialog input[value='{clerk}']")).await;
    browser.press("dialog .foot button.p").await;
    assert!(browser.says("Clerk One has it now.").await);
    assert_eq!(browser.path().await, page);

    // A refused form comes back as its page, with what was typed.
    let page = format!("/exceptions/{}", ids[1]);
    browser.open(&page).await;
    browser.follow_to_form("Snooze").await;
    is_sound(&browser).await;
    browser.check("dialog-snooze").await;
    told(
        &browser,
        "document.querySelector('dialog [name=until]').value = '2026-11-01T09:00'",
    )
    .await;
    browser.type_into("#reason", "The payer calls back").await;
    browser.press("dialog .foot button.p").await;
    assert_eq!(browser.path().await, format!("{page}/snooze"));
    assert!(browser.says("Give a time that is still to come.").await);
    assert!(!is_there(&browser).await);
    browser.find("#until[aria-invalid=true]").await;
    let kept = browser.find("#reason").await.prop("value").await.unwrap();
    assert_eq!(kept.as_deref(), Some("The payer calls back"));
    browser.check("dialog-snooze-refused").await;

    // The longest of them, whose notes have the same id as the page's.
    browser.open(&page).await;
    browser.follow_to_form("Resolve").await;
    is_sound(&browser).await;
    browser.check("dialog-resolve").await;
    browser.end().await;
}

#[actix_web::test]
async fn the_dialogs_wide_and_light() {
    the_dialogs(WIDE).await;
}

#[actix_web::test]
async fn the_dialogs_narrow_and_dark() {
    the_dialogs(NARROW).await;
}

#[actix_web::test]
async fn what_was_typed_in_a_dialog_is_not_dropped_unasked() {
    let app = TestApp::start().await;
    let page = format!("/exceptions/{}", app.raise().await);
    let browser = Chromium::start(&app.url, WIDE).await;
    browser.sign_in("manager@one.test", PASSWORD).await;
    browser.open(&page).await;
    browser.follow_to_form("Snooze").await;
    browser.type_into("#reason", "The payer calls back").await;
    for _ in 0..2 {
        key(&browser, ESCAPE).await;
        is_asked(&browser).await;
        browser.client.dismiss_alert().await.unwrap();
        let kept = browser.find("dialog #reason").await.prop("value").await.unwrap();
        assert_eq!(kept.as_deref(), Some("The payer calls back"));
    }
    key(&browser, ESCAPE).await;
    is_asked(&browser).await;
    browser.client.accept_alert().await.unwrap();
    closes(&browser).await;
    assert_eq!(focused(&browser).await, format!("{page}/snooze"));
    // What was chosen is no less.
    let clerk = format!("dialog input[value='{}']", app.member(Role::Clerk).await);
    for (form, choice) in [
        ("Snooze", "dialog select[name=length] option[value=WEEK]"),
        ("Assign", clerk.as_str()),
    ] {
        browser.follow_to_form(form).await;
        browser.click(choice).await;
        key(&browser, ESCAPE).await;
        is_asked(&browser).await;
        browser.client.accept_alert().await.unwrap();
        closes(&browser).await;
    }
    browser.end().await;
}

#[actix_web::test]
async fn the_form_of_whoever_has_signed_in_meanwhile_is_shown_as_their_page() {
    let app = TestApp::start().await;
    let page = format!("/exceptions/{}", app.raise().await);
    let browser = Chromium::start(&app.url, WIDE).await;
    browser.sign_in("manager@one.test", PASSWORD).await;
    browser.open(&page).await;
    let here = browser.client.window().await.unwrap();
    let other = browser.client.new_window(true).await.unwrap();
    browser.client.switch_to_window(other.handle).await.unwrap();
    browser.open("/").await;
    browser.sign_out().await;
    browser.sign_in("owner@one.test", PASSWORD).await;
    browser.client.switch_to_window(here).await.unwrap();
    browser.follow("Assign").await;
    assert_eq!(browser.path().await, format!("{page}/assign"));
    browser.find("main form[action*='/assign']").await;
    browser.end().await;
}

#[actix_web::test]
async fn keys_open_the_dialogs_on_the_page_and_on_the_queue() {
    let app = TestApp::start().await;
    let page = format!("/exceptions/{}", app.raise().await);
    let browser = Chromium::start(&app.url, WIDE).await;
    browser.sign_in("manager@one.test", PASSWORD).await;
    browser.open(&page).await;
    key_until(&browser, "a", "dialog input[name=assignee]").await;
    key(&browser, ESCAPE).await;
    closes(&browser).await;
    assert_eq!(focused(&browser).await, format!("{page}/assign"));
    key_until(&browser, "r", "dialog input[name=resolution_type]").await;
    assert_eq!(browser.path().await, page);

    browser.open("/exceptions?tab=open").await;
    // Nothing is selected, so that it leads to the first box to select.
    key_until(&browser, "b", "tbody input[type=checkbox]:focus").await;
    key_until(&browser, "j", "tr.on").await;
    let row = format!("{page}?list=tab%3Dopen");
    assert_eq!(focused(&browser).await, row);
    key_until(&browser, "a", "dialog input[name=assignee]").await;
    is_sound(&browser).await;
    browser.check("dialog-queue").await;
    key(&browser, ESCAPE).await;
    closes(&browser).await;
    assert_eq!(browser.path().await, "/exceptions");
    assert_eq!(focused(&browser).await, row, "the row again");
    // Given away from the queue, one is at its row in the queue, and what was done is said.
    key_until(&browser, "a", "dialog input[name=assignee]").await;
    let clerk = app.member(Role::Clerk).await;
    browser.click(&format!("dialog input[value='{clerk}']")).await;
    browser.press("dialog .foot button.p").await;
    assert!(browser.says("Clerk One has it now.").await);
    let address = browser.client.current_url().await.unwrap();
    let part = page.replace("/exceptions/", "e-");
    assert_eq!(
        (address.path(), address.query(), address.fragment()),
        ("/exceptions", Some("tab=open"), Some(part.as_str()))
    );
    browser.find("tr.on:target").await;
    browser.end().await;
}

/// Makes so many teams that those to choose from can be narrowed. The clerk who is in all of them.
async fn make_teams(app: &TestApp) -> String {
    let (manager, clerk) = (app.as_manager().await, app.member(Role::Clerk).await.to_string());
    let new = "/settings/teams/new";
    for name in ["One", "Two", "Three", "Four", "Five", "Six", "Seven"] {
        let fields = [("name", name), ("member[]", clerk.as_str())];
        manager.submit(new, new, &fields).await;
    }
    clerk
}

#[actix_web::test]
async fn assigning_from_a_narrowed_queue_by_the_enter_key_leads_back_to_the_row() {
    let app = TestApp::start().await;
    app.raise_many(3).await;
    make_teams(&app).await;
    let browser = Chromium::start(&app.url, WIDE).await;
    browser.sign_in("manager@one.test", PASSWORD).await;
    browser.open("/exceptions?tab=open&code=R01&sort=-amount").await;
    key_until(&browser, "j", "tbody tr:nth-child(2).on").await;
    let row = browser.find("tr.on").await.attr("id").await.unwrap().unwrap();
    key_until(&browser, "a", "dialog input[data-narrow]").await;
    browser.type_into("dialog input[data-narrow]", "clerk one").await;
    key(&browser, ENTER).await;
    browser.find("dialog input[name=assignee]:checked:focus").await;
    key(&browser, ENTER).await;
    browser.find(&format!("tr.on:target[id='{row}']")).await;
    assert!(browser.says("Clerk One has it now.").await);
    let address = browser.client.current_url().await.unwrap();
    assert_eq!(
        (address.path(), address.query()),
        ("/exceptions", Some("tab=open&sort=-amount&code=R01"))
    );
    browser.end().await;
}

#[actix_web::test]
async fn a_key_that_can_do_nothing_is_not_offered() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    app.close(id, Role::Clerk).await;
    let browser = Chromium::start(&app.url, WIDE).await;
    browser.sign_in("manager@one.test", PASSWORD).await;
    browser.open("/exceptions?tab=resolved").await;
    key_until(&browser, "?", "#keys[open]").await;
    let keys = browser.find("#keys dl").await.text().await.unwrap();
    assert!(
        keys.contains("Next row") && !keys.contains("Assign") && !keys.contains("Resolve"),
        "{keys}"
    );
    browser.end().await;
}

#[actix_web::test]
async fn enter_chooses_whoever_fits_what_was_typed_and_nobody_before() {
    let app = TestApp::start().await;
    let assign = format!("/exceptions/{}/assign", app.raise().await);
    let clerk = make_teams(&app).await;
    let browser = Chromium::start(&app.url, WIDE).await;
    browser.sign_in("manager@one.test", PASSWORD).await;
    browser.open(&assign).await;
    let chosen = "return document.querySelector('input[name=assignee]:checked')?.value ?? ''";
    // Twice, as whoever is in a hurry.
    for _ in 0..2 {
        browser.type_into("#narrow", "\u{e007}").await;
        assert_eq!(told(&browser, chosen).await, json!(""));
        assert_eq!(browser.path().await, assign);
    }
    browser.type_into("#narrow", "clerk\u{e007}").await;
    assert_eq!(told(&browser, chosen).await, json!(clerk));
    browser.end().await;
}

#[actix_web::test]
async fn whose_session_has_ended_is_led_from_the_link_to_the_sign_in() {
    let app = TestApp::start().await;
    let page = format!("/exceptions/{}", app.raise().await);
    let browser = Chromium::start(&app.url, WIDE).await;
    browser.sign_in("manager@one.test", PASSWORD).await;
    browser.open(&page).await;
    browser.client.delete_all_cookies().await.unwrap();
    browser.follow("Assign").await;
    assert_eq!(browser.path().await, "/login");
    browser.end().await;
}

#[actix_web::test]
async fn without_script_the_link_leads_to_the_page_of_the_form() {
    let app = TestApp::start().await;
    let page = format!("/exceptions/{}", app.raise().await);
    let look = Look {
        script: false,
        ..WIDE
    };
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("manager@one.test", PASSWORD).await;
    browser.open(&page).await;
    browser.follow_to_form("Assign").await;
    assert_eq!(browser.path().await, format!("{page}/assign"));
    let clerk = app.member(Role::Clerk).await;
    browser.click(&format!("input[value='{clerk}']")).await;
    browser.press(".foot button.p").await;
    assert!(browser.says("Clerk One has it now.").await);
    browser.end().await;
}
