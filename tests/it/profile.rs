//! One's own names and password.

use crate::harness::{Browser, PASSWORD, TestApp, both, browser::Answer};

const PROFILE: &str = "/settings/profile";
const NEW: &str = "seven paper kites";

async fn change(browser: &Browser, current: &str, new: &str) -> Answer {
    let fields = [("current_password", current), ("new_password", new)];
    browser
        .submit(PROFILE, "/settings/profile/password", &fields)
        .await
}

#[actix_web::test]
async fn a_new_password_signs_out_elsewhere_and_gives_this_session_a_new_id() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let (here, one, two) = (app.as_clerk().await, app.as_clerk().await, app.as_clerk().await);
        let stolen = here.stolen();
        let done = change(&here, PASSWORD, NEW).await;
        assert!(done.says("Your password is changed"), "{}", done.text);
        assert!(here.is_signed_in().await);
        for other in [&one, &two, &stolen] {
            assert!(!other.is_signed_in().await);
        }
        assert_eq!(
            app.as_nobody()
                .try_sign_in("clerk@one.test", PASSWORD)
                .await
                .status,
            422
        );
        app.as_nobody().sign_in("clerk@one.test", NEW).await;
        let log = app.as_owner().await.get("/settings/history?kind=EDIT").await;
        assert!(log.says("Clerk One changed their password") && !log.text.contains(NEW));
    }
}

#[actix_web::test]
async fn a_wrong_current_password_is_refused_and_counted() {
    let app = TestApp::start().await;
    let browser = Browser::at(&app.url, [127, 0, 0, 3]);
    browser.sign_in("clerk@one.test", PASSWORD).await;
    for _ in 0..8 {
        let answer = change(&browser, "wrong", NEW).await;
        assert!(answer.status == 422 && answer.says("The current password is not right."));
        assert!(!answer.text.contains(NEW));
    }
    assert_eq!(change(&browser, PASSWORD, NEW).await.status, 429);
    app.as_nobody().sign_in("clerk@one.test", PASSWORD).await;
}

#[actix_web::test]
async fn a_weak_new_password_is_refused_with_the_reason() {
    let app = TestApp::start().await;
    let browser = app.as_clerk().await;
    for (new, why) in [
        ("fourteen chars", "Use at least 15 characters"),
        ("clerk has words", "Leave your name"),
        ("qwertyuiop12345", "easily guessed"),
    ] {
        let answer = change(&browser, PASSWORD, new).await;
        assert!(answer.status == 422 && answer.says(why), "{new}: {}", answer.text);
        assert_eq!(answer.attribute(".problems a", "href"), ["#new_password"]);
    }
    app.as_nobody().sign_in("clerk@one.test", PASSWORD).await;
}

#[actix_web::test]
async fn a_password_is_good_for_years() {
    let app = TestApp::start().await;
    app.wait(400 * 24 * 60);
    app.as_clerk().await;
}

#[actix_web::test]
async fn names_are_changed_and_what_is_wrong_comes_back() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let browser = app.as_clerk().await;
        let fields = [("first_name", " Clara "), ("last_name", "<b>Öztürk</b>")];
        let done = browser.submit(PROFILE, PROFILE, &fields).await;
        assert_eq!(done.attribute("#last_name", "value"), ["<b>Öztürk</b>"]);
        assert!(done.says("Your profile is saved.") && !done.text.contains("<b>Öztürk"));
        let fields = [("first_name", ""), ("last_name", &"x".repeat(41))];
        let wrong = browser.submit(PROFILE, PROFILE, &fields).await;
        assert_eq!(wrong.status, 422);
        assert_eq!(wrong.attribute("#last_name", "value"), ["x".repeat(41)]);
        assert_eq!(
            wrong.attribute(".problems a", "href"),
            ["#first_name", "#last_name"]
        );
        let log = app.as_owner().await.get("/settings/history?kind=EDIT").await;
        assert!(log.says("Clerk One is called Clara <b>Öztürk</b> now"));
    }
}

#[actix_web::test]
async fn a_password_that_came_in_after_the_session_ended_is_not_kept() {
    let app = TestApp::start().await;
    let browser = app.as_clerk().await;
    app.wait(16);
    let fields = [("current_password", PASSWORD), ("new_password", NEW)];
    let answer = browser.post("/settings/profile/password", &fields).await;
    assert!(answer.status == 401 && !answer.text.contains(NEW) && !answer.text.contains("words+with"));
    let fields = [("first_name", "Clara"), ("last_name", "Novak")];
    let answer = browser.post(PROFILE, &fields).await;
    assert_eq!(
        answer.attribute("input[name=kept]", "value"),
        ["first_name=Clara&last_name=Novak"]
    );
}
