//! Inviting people, and joining.

use docket::auth::permission::Role;

use crate::harness::{Backend, Browser, PASSWORD, TestApp, both};

const INVITE: &str = "/settings/people/invite";

async fn invite(browser: &Browser, email: &str, role: &str) -> String {
    let answer = browser
        .submit(INVITE, INVITE, &[("email", email), ("role", role)])
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.one_time_link()
}

async fn join(browser: &Browser, link: &str) -> crate::harness::browser::Answer {
    let fields = [
        ("first_name", "Nadia"),
        ("last_name", "Berg"),
        ("password", "green lamps at noon"),
    ];
    browser.submit(link, link, &fields).await
}

async fn somebody_new_joins_with_the_link(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let owner = app.as_owner().await;
    let link = invite(&owner, "Nadia@New.test", "CLERK").await;
    let people = owner.get("/settings/people").await;
    assert!(people.says("Open invitations") && people.says("nadia@new.test"));
    assert!(!people.text.contains(&link), "the link was shown twice");

    let nadia = app.as_nobody();
    let page = nadia.get(&link).await;
    assert!(page.says("Join Northwind Payments") && page.says("Owner One invited you as Clerk"));
    let joined = join(&nadia, &link).await;
    assert_eq!((joined.status.as_u16(), joined.path.as_str()), (200, "/"));
    assert!(nadia.is_signed_in().await);

    let people = owner.get("/settings/people").await;
    assert!(people.says("Nadia Berg") && !people.says("Open invitations"));
    assert_eq!(
        app.as_nobody().get(&link).await.status,
        404,
        "the link worked twice"
    );
    let log = owner.get("/settings/history?kind=MEMBERSHIP").await;
    assert!(log.says("nadia@new.test was invited as Clerk") && log.says("Nadia Berg joined as Clerk"));
}

#[actix_web::test]
async fn somebody_new_joins_with_the_link_on_both_databases() {
    for backend in both() {
        somebody_new_joins_with_the_link(backend).await;
    }
}

#[actix_web::test]
async fn somebody_with_a_login_joins_with_their_password_and_keeps_their_name() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let owner = app.as_owner().await;
        let link = invite(&owner, "clerk@two.test", "MANAGER").await;
        let stranger = app.as_nobody();
        let wrong = stranger.submit(&link, &link, &[("password", "wrong")]).await;
        assert!(wrong.status == 422 && wrong.says("The password is not right."));
        let joined = stranger.submit(&link, &link, &[("password", PASSWORD)]).await;
        assert_eq!(joined.path, "/");
        assert!(joined.says("Welcome to Northwind Payments"));
        // They are in both now, and may switch.
        assert_eq!(joined.find(".switch button").len(), 2);
        assert!(owner.get("/settings/people").await.says("Clerk Two"));
    }
}

#[actix_web::test]
async fn guesses_at_the_password_behind_an_invitation_are_limited() {
    let app = TestApp::start().await;
    let link = invite(&app.as_owner().await, "clerk@two.test", "CLERK").await;
    let thief = app.as_nobody();
    for _ in 0..8 {
        assert_eq!(
            thief.submit(&link, &link, &[("password", "guess")]).await.status,
            422
        );
    }
    assert_eq!(
        thief.submit(&link, &link, &[("password", PASSWORD)]).await.status,
        429
    );
}

#[actix_web::test]
async fn a_link_ends_after_seven_days_when_it_is_replaced_and_when_it_is_taken_back() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    let replaced = invite(&owner, "a@new.test", "CLERK").await;
    let taken_back = invite(&owner, "a@new.test", "FINANCE").await;
    let old = invite(&owner, "b@new.test", "CLERK").await;
    let nobody = app.as_nobody();
    assert_eq!(nobody.get(&replaced).await.status, 404);
    assert_eq!(nobody.get(&taken_back).await.status, 200);

    let people = owner.get("/settings/people").await;
    let ids = people.attribute("input[name=invitation]", "value");
    let rows = people.find("form[action='/settings/people/revoke'] button");
    let (id, _) = ids
        .iter()
        .zip(&rows)
        .find(|(_, row)| row.contains("a@new.test"))
        .unwrap();
    assert_eq!(ids.len(), 2);
    let done = owner
        .submit(
            "/settings/people",
            "/settings/people/revoke",
            &[("invitation", id)],
        )
        .await;
    assert!(
        done.says("The invitation of a@new.test is taken back."),
        "{}",
        done.text
    );
    assert_eq!(nobody.get(&taken_back).await.status, 404);
    assert_eq!(join(&app.as_nobody(), &old).await.path, "/");

    let late = invite(&app.as_owner().await, "c@new.test", "CLERK").await;
    app.wait(7 * 24 * 60 - 1);
    assert_eq!(nobody.get(&late).await.status, 200);
    app.wait(2);
    assert_eq!(nobody.get(&late).await.status, 404);
}

#[actix_web::test]
async fn a_member_is_not_invited_again_and_the_page_says_why() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    let again = [("email", "clerk@one.test"), ("role", "MANAGER")];
    let answer = owner.submit(INVITE, INVITE, &again).await;
    assert_eq!(answer.status, 422);
    assert!(answer.says("Clerk One is a member already, as Clerk."));
    assert_eq!(answer.attribute("#email", "value"), ["clerk@one.test"]);
    let empty = owner
        .submit(INVITE, INVITE, &[("email", "x"), ("role", "KING")])
        .await;
    assert_eq!(empty.attribute(".problems a", "href"), ["#email", "#role"]);
}

#[actix_web::test]
async fn an_admin_invites_but_not_owners_and_admins() {
    let app = TestApp::start().await;
    let admin = app.sign_in(Role::Admin).await;
    invite(&admin, "a@new.test", "MANAGER").await;
    for role in ["OWNER", "ADMIN"] {
        let answer = admin
            .submit(INVITE, INVITE, &[("email", "b@new.test"), ("role", role)])
            .await;
        assert_eq!(answer.status, 403, "{role}");
        assert!(answer.says("give the roles Owner and Admin"));
    }
    // Nor do they take back what only an Owner can make.
    invite(&app.as_owner().await, "boss@new.test", "OWNER").await;
    let people = admin.get("/settings/people").await;
    assert_eq!(people.attribute("input[name=invitation]", "value").len(), 1);
}

#[actix_web::test]
async fn another_business_account_cannot_take_an_invitation_back() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    let link = invite(&owner, "a@new.test", "CLERK").await;
    let ids = owner
        .get("/settings/people")
        .await
        .attribute("input[name=invitation]", "value");
    let stranger = app.as_stranger(Role::Owner).await;
    invite(&stranger, "b@new.test", "CLERK").await;
    let answer = stranger
        .submit(
            "/settings/people",
            "/settings/people/revoke",
            &[("invitation", &ids[0])],
        )
        .await;
    assert_eq!(answer.status, 404);
    assert_eq!(app.as_nobody().get(&link).await.status, 200);
}

#[actix_web::test]
async fn fifty_who_use_one_link_at_once_make_one_member() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let link = invite(&app.as_owner().await, "a@new.test", "CLERK").await;
        let tries = (0..50).map(|_| async { join(&app.as_nobody(), &link).await.path == "/" });
        let joined = futures_util::future::join_all(tries).await;
        assert_eq!(joined.into_iter().filter(|j| *j).count(), 1, "{backend:?}");
    }
}
