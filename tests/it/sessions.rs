//! Sessions: how they begin, how long they live, and that an ended one is dead.

use docket::{auth::permission::Role, kernel::crypto};

use crate::harness::{Browser, PASSWORD, TestApp, both};

const SESSION: &str = "__Host-sid";

#[actix_web::test]
async fn session_ids_are_unguessable() {
    let mut ids: Vec<String> = (0..2000).map(|_| crypto::new_token().unwrap()).collect();
    ids.sort();
    assert!(ids.iter().all(|id| id.len() >= 22));
    for pair in ids.windows(2) {
        let shared = pair[0]
            .bytes()
            .zip(pair[1].bytes())
            .take_while(|(a, b)| a == b)
            .count();
        assert!(shared <= 5, "{pair:?}");
    }
    let mut counts = std::collections::HashMap::new();
    // The last character holds four bits only.
    for c in ids.iter().flat_map(|id| id.chars().take(42)) {
        *counts.entry(c).or_insert(0_u32) += 1;
    }
    assert_eq!(counts.len(), 64);
    let expected = 2000 * 42 / 64;
    for (c, n) in counts {
        assert!(n.abs_diff(expected) < expected / 4, "{c} came {n} times");
    }
}

#[actix_web::test]
async fn signing_in_makes_a_new_id_whatever_the_browser_sent() {
    let app = TestApp::start().await;
    let url = app.url.parse().unwrap();
    let browser = app.as_nobody();
    let chosen = "k".repeat(88);
    browser
        .jar
        .add_cookie_str(&format!("{SESSION}={chosen}; Path=/; Secure"), &url);
    browser.sign_in("clerk@one.test", PASSWORD).await;
    let first = browser.cookie(SESSION).unwrap();
    assert_ne!(first, chosen);
    let before = browser.stolen();
    browser.sign_in("clerk@one.test", PASSWORD).await;
    assert_ne!(browser.cookie(SESSION).unwrap(), first);
    assert!(browser.is_signed_in().await && !before.is_signed_in().await);
    let fixed = app.as_nobody();
    fixed
        .jar
        .add_cookie_str(&format!("{SESSION}={chosen}; Path=/; Secure"), &url);
    assert!(!fixed.is_signed_in().await);
}

#[actix_web::test]
async fn after_signing_out_the_old_cookie_opens_nothing() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let browser = app.as_owner().await;
        let token = browser.token().await;
        let thief = browser.stolen();
        assert!(thief.is_signed_in().await);
        browser.submit("/exceptions", "/logout", &[]).await;
        let pages = [
            "/",
            "/exceptions",
            "/settings/people",
            "/settings/profile",
            "/settings/history",
        ];
        for page in pages {
            assert!(thief.get(page).await.path.starts_with("/login"), "{page}");
        }
        let clerk = app.member(Role::Clerk).await;
        for act in ["role", "disable", "enable", "end-sessions", "reset"] {
            let fields = [
                ("csrf_token", token.as_str()),
                ("version", "0"),
                ("role", "OWNER"),
            ];
            let answer = thief
                .post(&format!("/settings/people/{clerk}/{act}"), &fields)
                .await;
            assert_eq!(answer.status, 401, "{act}");
        }
        let log = app.as_owner().await.get("/settings/history").await;
        assert!(!log.says("Clerk One was"));
    }
}

#[actix_web::test]
async fn fifteen_idle_minutes_end_a_session_and_polling_is_no_activity() {
    let app = TestApp::start().await;
    let browser = app.as_clerk().await;
    for _ in 0..3 {
        app.wait(14);
        assert!(browser.is_signed_in().await);
    }
    for _ in 0..3 {
        app.wait(4);
        let poll = browser.client.get(format!("{}/exceptions", app.url));
        let answer = poll.header("x-docket-poll", "1").send().await.unwrap();
        assert_eq!(answer.url().path(), "/exceptions");
    }
    app.wait(4);
    let ended = browser.get("/exceptions?tab=mine").await;
    assert_eq!(ended.path, "/login?next=%2Fexceptions%3Ftab%3Dmine");
    assert!(ended.says("Your session ended."));
}

#[actix_web::test]
async fn twelve_hours_end_a_session_however_active_it_is() {
    let app = TestApp::start().await;
    let browser = app.as_clerk().await;
    for _ in 0..71 {
        app.wait(10);
        assert!(browser.is_signed_in().await);
    }
    app.wait(9);
    assert!(browser.is_signed_in().await, "out before 12 hours");
    app.wait(2);
    assert!(!browser.is_signed_in().await, "in after 12 hours");
}

#[actix_web::test]
async fn people_see_their_sessions_and_end_the_one_they_choose() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let (here, there) = (app.as_clerk().await, app.as_clerk().await);
        let elsewhere = Browser::at(&app.url, [127, 0, 0, 9]);
        elsewhere.sign_in("clerk@one.test", PASSWORD).await;
        let page = here.get("/settings/profile").await;
        assert_eq!(page.find("td[data-l=Address]").len(), 3);
        assert!(page.says("127.0.0.9") && page.says("This one"));
        let own = there.get("/settings/profile").await;
        let of_there: Vec<String> = page
            .attribute("input[name=session]", "value")
            .into_iter()
            .filter(|id| !own.attribute("input[name=session]", "value").contains(id))
            .collect();
        let fields = [("session", of_there[0].as_str())];
        let done = here
            .submit("/settings/profile", "/settings/profile/end-session", &fields)
            .await;
        assert!(done.says("That session is signed out."), "{}", done.text);
        assert!(!there.is_signed_in().await);
        assert!(here.is_signed_in().await && elsewhere.is_signed_in().await);
        here.submit("/settings/profile", "/settings/profile/end-others", &[])
            .await;
        assert!(here.is_signed_in().await && !elsewhere.is_signed_in().await);
    }
}

#[actix_web::test]
async fn nobody_ends_somebody_elses_session() {
    let app = TestApp::start().await;
    let (clerk, manager) = (app.as_clerk().await, app.as_manager().await);
    let second = app.as_clerk().await;
    let page = clerk.get("/settings/profile").await;
    let id = page.attribute("input[name=session]", "value").remove(0);
    let token = manager.token().await;
    let fields = [("csrf_token", token.as_str()), ("session", &id)];
    let answer = manager.post("/settings/profile/end-session", &fields).await;
    assert_eq!(answer.status, 404);
    assert!(second.is_signed_in().await && clerk.is_signed_in().await);
}

#[actix_web::test]
async fn the_eleventh_session_ends_the_oldest() {
    let app = TestApp::start().await;
    let mut browsers = Vec::new();
    for _ in 0..11 {
        browsers.push(app.as_clerk().await);
        app.wait(1);
    }
    assert!(!browsers[0].is_signed_in().await);
    for browser in &browsers[1..] {
        assert!(browser.is_signed_in().await);
    }
}

#[actix_web::test]
async fn nothing_is_left_in_the_browser() {
    let app = TestApp::start().await;
    let browser = app.as_owner().await;
    for page in [
        "/",
        "/exceptions",
        "/settings/people",
        "/settings/profile",
        "/nothing",
    ] {
        assert_eq!(
            browser.get(page).await.headers["cache-control"],
            "no-store",
            "{page}"
        );
    }
    let token = browser.token().await;
    let client = reqwest::Client::builder()
        .cookie_provider(std::sync::Arc::clone(&browser.jar))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let answer = client
        .post(format!("{}/logout", app.url))
        .form(&[("csrf_token", token)])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["clear-site-data"], "\"cache\", \"storage\"");
}
