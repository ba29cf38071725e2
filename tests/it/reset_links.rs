//! Reset links for people who cannot sign in.

use docket::{auth::permission::Role, members::reset};

use crate::harness::{Backend, Browser, PASSWORD, TestApp, both};

const NEW: &str = "seven paper kites";

async fn make_link(app: &TestApp, admin: &Browser, role: Role) -> String {
    let page = format!("/settings/people/{}", app.member(role).await);
    let answer = admin.submit(&page, &format!("{page}/reset"), &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.one_time_link()
}

async fn a_reset_link_sets_a_password_once_and_ends_every_session(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let admin = app.sign_in(Role::Admin).await;
    let old_session = app.as_clerk().await;
    let link = make_link(&app, &admin, Role::Clerk).await;
    assert!(
        old_session.is_signed_in().await,
        "the link alone changed something"
    );

    let clerk = app.as_nobody();
    assert!(clerk.get(&link).await.says("For clerk@one.test."));
    let weak = clerk.submit(&link, &link, &[("password", "password1234")]).await;
    assert_eq!(weak.status, 422);
    let done = clerk.submit(&link, &link, &[("password", NEW)]).await;
    assert_eq!(done.path, "/");
    assert!(clerk.is_signed_in().await && !old_session.is_signed_in().await);

    assert_eq!(
        app.as_nobody().get(&link).await.status,
        404,
        "the link worked twice"
    );
    assert_eq!(
        app.as_nobody()
            .try_sign_in("clerk@one.test", PASSWORD)
            .await
            .status,
        422
    );
    app.as_nobody().sign_in("clerk@one.test", NEW).await;
    let log = app.as_owner().await.get("/settings/history").await;
    assert!(log.says("A reset link was made for Clerk One"));
    assert!(log.says("Clerk One set a new password with a reset link"));
}

#[actix_web::test]
async fn a_reset_link_sets_a_password_once_and_ends_every_session_on_both_databases() {
    for backend in both() {
        a_reset_link_sets_a_password_once_and_ends_every_session(backend).await;
    }
}

#[actix_web::test]
async fn a_reset_link_ends_after_an_hour_and_when_a_newer_one_is_made() {
    let app = TestApp::start().await;
    let admin = app.sign_in(Role::Admin).await;
    let older = make_link(&app, &admin, Role::Clerk).await;
    let newer = make_link(&app, &admin, Role::Clerk).await;
    let nobody = app.as_nobody();
    assert_eq!(nobody.get(&older).await.status, 404);
    app.wait(59);
    assert_eq!(nobody.get(&newer).await.status, 200);
    app.wait(2);
    let ended = nobody.get(&newer).await;
    assert!(ended.status == 404 && ended.says("its time is over"));
}

#[actix_web::test]
async fn nobody_resets_who_they_may_not_touch() {
    let app = TestApp::start().await;
    let admin = app.sign_in(Role::Admin).await;
    let token = admin.token().await;
    for (role, status) in [(Role::Owner, 403), (Role::Admin, 422)] {
        let path = format!("/settings/people/{}/reset", app.member(role).await);
        let answer = admin.post(&path, &[("csrf_token", &token)]).await;
        assert_eq!(answer.status.as_u16(), status, "{role}");
        assert!(answer.attribute("#link", "value").is_empty());
    }
    // A person of another business account is nobody here.
    let path = format!("/settings/people/{}/reset", app.member(Role::Clerk).await);
    let stranger = app.as_stranger(Role::Owner).await;
    let token = stranger.token().await;
    assert_eq!(stranger.post(&path, &[("csrf_token", &token)]).await.status, 404);
}

#[actix_web::test]
async fn a_person_of_two_business_accounts_is_not_reset_by_an_admin_of_one() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    let invite = "/settings/people/invite";
    let link = owner
        .submit(invite, invite, &[("email", "owner@two.test"), ("role", "CLERK")])
        .await
        .one_time_link();
    app.as_nobody()
        .submit(&link, &link, &[("password", PASSWORD)])
        .await;
    let people = owner.get("/settings/people").await;
    let guest = people
        .attribute("td a.btn", "href")
        .into_iter()
        .zip(people.find("td a.btn"))
        .find(|(_, label)| label.contains("Owner Two"))
        .unwrap()
        .0;
    let answer = owner.submit(&guest, &format!("{guest}/reset"), &[]).await;
    assert!(answer.status == 422 && answer.says("belongs to another business account too"));
}

#[actix_web::test]
async fn the_command_line_helps_a_locked_out_owner() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let link = reset::make_for(&app.app, " Owner@One.test").await.unwrap();
        let path = format!("/reset/{}", link.rsplit('/').next().unwrap());
        let owner = app.as_nobody();
        owner.submit(&path, &path, &[("password", NEW)]).await;
        assert!(owner.is_signed_in().await);
        assert!(reset::make_for(&app.app, "nobody@one.test").await.is_err());
    }
}
