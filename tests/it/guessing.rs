//! Guessing passwords: slowed down, told nothing, and never at the owner's cost.

use std::time::Duration;

use docket::auth::permission::Role;
use futures_util::future::join_all;

use crate::harness::{Backend, Browser, PASSWORD, TestApp, both, browser::Answer};

const CLERK: &str = "clerk@one.test";

async fn guess(browser: &Browser) -> Answer {
    browser.try_sign_in(CLERK, "a wrong password").await
}

async fn a_guesser_is_stopped_and_the_owner_comes_in_from_elsewhere(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let guesser = app.as_nobody();
    let mut taken = 0;
    for _ in 0..100 {
        let answer = guess(&guesser).await;
        if answer.status == 429 {
            break;
        }
        assert_eq!(answer.status, 422);
        taken += 1;
    }
    assert!(taken <= 10, "{taken} guesses were taken");
    let right = guesser.try_sign_in(CLERK, PASSWORD).await;
    assert_eq!(right.status, 429, "the right password told itself");
    assert!(right.says("Try again in 15 minutes."));
    let wait: u64 = right.headers["retry-after"].to_str().unwrap().parse().unwrap();

    Browser::at(&app.url, [127, 0, 0, 2])
        .sign_in(CLERK, PASSWORD)
        .await;
    app.as_nobody().sign_in("finance@one.test", PASSWORD).await;

    let after_restart = Browser::new(&app.restart());
    assert_eq!(guess(&after_restart).await.status, 429, "a restart forgave");
    app.clock.advance(Duration::from_secs(wait + 1));
    guesser.sign_in(CLERK, PASSWORD).await;
}

#[actix_web::test]
async fn a_guesser_is_stopped_and_the_owner_comes_in_from_elsewhere_on_both_databases() {
    for backend in both() {
        a_guesser_is_stopped_and_the_owner_comes_in_from_elsewhere(backend).await;
    }
}

#[actix_web::test]
async fn a_hundred_addresses_are_stopped_and_the_owner_comes_in_with_a_known_browser() {
    let app = TestApp::start().await;
    let known = app.as_clerk().await;
    known.submit("/exceptions", "/logout", &[]).await;
    let mut taken = 0;
    for last in 1..=100 {
        let answer = guess(&Browser::at(&app.url, [127, 0, 1, last])).await;
        taken += u32::from(answer.status == 422);
    }
    assert_eq!(taken, 30);
    assert_eq!(guess(&Browser::at(&app.url, [127, 0, 2, 1])).await.status, 429);
    known.sign_in(CLERK, PASSWORD).await;
    // A known browser is known for its owner only, and is counted too.
    let thief = known.stolen();
    let tries = join_all((0..12).map(|_| guess(&thief))).await;
    assert_eq!(tries.iter().filter(|a| a.status == 422).count(), 8);
}

#[actix_web::test]
async fn one_address_cannot_try_one_password_on_everybody() {
    let app = TestApp::start().await;
    let browser = app.as_nobody();
    let mut taken = 0;
    for n in 0..80 {
        let answer = browser
            .try_sign_in(&format!("person{n}@one.test"), PASSWORD)
            .await;
        taken += u32::from(answer.status == 422);
    }
    assert_eq!(taken, 60);
}

#[actix_web::test]
async fn a_hundred_guesses_at_once_tell_no_more_than_eight() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let browser = app.as_nobody();
        let token = browser.form_token("/login").await;
        let fields = [
            ("csrf_token", token.as_str()),
            ("email", CLERK),
            ("password", "a wrong password"),
        ];
        let answers = join_all((0..100).map(|_| browser.post("/login", &fields))).await;
        let told = answers.iter().filter(|a| a.status == 422).count();
        assert!(told <= 8, "{backend:?}: {told} were told");
        assert!(answers.iter().all(|a| matches!(a.status.as_u16(), 422 | 429)));
    }
}

#[actix_web::test]
async fn a_success_forgives_and_old_failures_are_forgotten() {
    let app = TestApp::start().await;
    let browser = app.as_nobody();
    for _ in 0..3 {
        for _ in 0..7 {
            assert_eq!(guess(&browser).await.status, 422);
        }
        app.wait(16);
    }
    for _ in 0..7 {
        assert_eq!(guess(&browser).await.status, 422);
    }
    browser.sign_in(CLERK, PASSWORD).await;
    assert_eq!(guess(&browser).await.status, 422);
}

/// The page without what differs on every page: tokens, nonces, what was typed.
fn told(answer: &Answer) -> (u16, Vec<String>, String) {
    let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
    names.sort();
    let mut text = answer.text.clone();
    for (selector, attribute) in [
        ("input[name=csrf_token]", "value"),
        ("script", "nonce"),
        ("#email", "value"),
    ] {
        for value in answer.attribute(selector, attribute) {
            text = text.replace(&value, "");
        }
    }
    (answer.status.as_u16(), names, text)
}

#[actix_web::test]
async fn the_answer_does_not_tell_who_has_a_login() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let admin = app.sign_in(Role::Admin).await;
        let finance = format!("/settings/people/{}", app.member(Role::Finance).await);
        admin.submit(&finance, &format!("{finance}/disable"), &[]).await;
        let people = [CLERK, "nobody@one.test", "finance@one.test"];
        let browser = app.as_nobody();
        browser.get("/login").await;
        // Each costs the same: one password is verified, whoever is asked for.
        for email in people {
            let password = if email.starts_with("finance") {
                PASSWORD
            } else {
                "a wrong password"
            };
            let before = app.app.hasher.done();
            let answer = told(&browser.try_sign_in(email, password).await);
            assert_eq!(app.app.hasher.done() - before, 1, "{backend:?} {email}");
            assert_eq!(answer.0, 422);
            let known = told(&browser.try_sign_in(CLERK, "a wrong password").await);
            assert!(answer == known, "{backend:?} {email}");
        }
        app.wait(16);
        for _ in 0..9 {
            for email in people {
                browser.try_sign_in(email, "a wrong password").await;
            }
        }
        let before = app.app.hasher.done();
        let locked = [
            told(&browser.try_sign_in(CLERK, PASSWORD).await),
            told(&browser.try_sign_in("nobody@one.test", PASSWORD).await),
        ];
        assert_eq!(app.app.hasher.done(), before, "the locked out cost nothing");
        assert_eq!(locked[0].0, 429);
        assert_eq!(locked[0].1, locked[1].1);
    }
}

#[actix_web::test]
async fn failed_and_successful_sign_ins_are_in_the_history() {
    let app = TestApp::start().await;
    let browser = Browser::at(&app.url, [127, 0, 0, 5]);
    guess(&browser).await;
    guess(&browser).await;
    browser.sign_in(CLERK, PASSWORD).await;
    let log = app.as_owner().await.get("/settings/history?kind=LOGIN").await;
    let rows: Vec<String> = log
        .find("tbody tr")
        .into_iter()
        .filter(|r| r.contains("Clerk One"))
        .collect();
    assert_eq!(rows.len(), 3);
    assert!(rows[0].contains("Clerk One signed in from 127.0.0.5"), "{rows:?}");
    assert!(rows[1].contains("Failed sign-in number 2 for Clerk One from 127.0.0.5"));
    assert!(!log.text.contains("a wrong password"));
}
