//! The settings page of service accounts: keys shown once, rotation with overlap, revocation at once.

use docket::auth::permission::Role;

use crate::{
    api_client::{Reply, reply},
    harness::{Backend, Browser, TestApp, both, browser::Answer},
};

const LIST: &str = "/settings/service-accounts";
const NEW: &str = "/settings/service-accounts/new";

/// Key and secret that a page shows.
pub fn shown_key(page: &Answer) -> (String, String) {
    let value = |field: &str| page.attribute(&format!("input[id='{field}']"), "value").remove(0);
    (value("new-key"), value("new-secret"))
}

/// A service account added on the page: its page's address, key and secret.
async fn add(browser: &Browser, name: &str, role: &str) -> (String, String, String) {
    let fields = [("name", name), ("role", role), ("life", "90")];
    let shown = browser.submit(NEW, NEW, &fields).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    let (key, secret) = shown_key(&shown);
    let link = browser.get(LIST).await;
    let page = link
        .attribute(&format!("a[href^='{LIST}/']"), "href")
        .into_iter()
        .find(|href| !href.ends_with("/new"))
        .unwrap();
    (page, key, secret)
}

async fn exchange(app: &TestApp, key: &str, secret: &str) -> Reply {
    let url = format!("{}/api/v1/api-keys/exchange", app.url);
    reply(reqwest::Client::new().post(url).basic_auth(key, Some(secret))).await
}

async fn token(app: &TestApp, key: &str, secret: &str) -> String {
    let told = exchange(app, key, secret).await;
    assert_eq!(told.status, 200, "{}", told.text);
    told.json()["access_token"].as_str().unwrap().to_owned()
}

/// The status that a call with the token gets.
async fn call(app: &TestApp, token: &str) -> u16 {
    let url = format!("{}/api/exceptions", app.url);
    let told = reply(reqwest::Client::new().get(url).bearer_auth(token)).await;
    told.status.as_u16()
}

async fn a_key_is_shown_once(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let owner = app.as_owner().await;
    assert!(owner.get(LIST).await.says("No service accounts yet"));
    let (page, key, secret) = add(&owner, "Loan servicing", "CLERK").await;
    assert!(owner.get(LIST).await.says("Loan servicing"));
    let again = owner.get(&page).await;
    assert!(again.says(&key) && again.says("never") && !again.text.contains(&secret));
    let token = token(&app, &key, &secret).await;
    assert_eq!(call(&app, &token).await, 200);
    app.wait(3);
    assert!(owner.get(&page).await.says("3 min"), "its last use");
    let log = owner.get("/settings/history").await;
    assert!(log.says("Service account “Loan servicing” added as Clerk") && log.says("Key added"));
    assert!(!log.text.contains(&secret));
}

#[actix_web::test]
async fn a_new_service_account_has_a_key_whose_secret_is_shown_once_on_both_databases() {
    for backend in both() {
        a_key_is_shown_once(backend).await;
    }
}

async fn a_rotation_overlaps(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let owner = app.as_owner().await;
    let (page, key, secret) = add(&owner, "Loan servicing", "CLERK").await;
    let action = format!("{page}/rotate-key");
    let fields = [("key", key.as_str()), ("overlap", "24"), ("life", "365")];
    let shown = owner.submit(&page, &action, &fields).await;
    let (new_key, new_secret) = shown_key(&shown);
    assert_ne!(key, new_key);
    app.wait(24 * 60 - 1);
    let old = token(&app, &key, &secret).await;
    let new = token(&app, &new_key, &new_secret).await;
    assert_eq!((call(&app, &old).await, call(&app, &new).await), (200, 200));
    // The old key ends, and with it the token of half an hour that it was exchanged for a minute ago.
    app.wait(1);
    assert_eq!((call(&app, &old).await, call(&app, &new).await), (401, 200));
    assert_eq!(exchange(&app, &key, &secret).await.status, 401);
    let owner = app.as_owner().await;
    assert!(owner.get(&page).await.says("Expired"));
    // Without an overlap the old one ends at once.
    let shown = owner
        .submit(
            &page,
            &action,
            &[("key", &new_key), ("overlap", "0"), ("life", "30")],
        )
        .await;
    let (last_key, last_secret) = shown_key(&shown);
    assert_eq!(call(&app, &new).await, 401);
    app.wait(30 * 24 * 60 - 1);
    let last = token(&app, &last_key, &last_secret).await;
    assert!(app.as_owner().await.get(&page).await.says("Ends soon"));
    app.wait(1);
    assert_eq!(call(&app, &last).await, 401, "its 30 days are over");
}

#[actix_web::test]
async fn a_rotated_key_goes_on_to_work_for_the_overlap_on_both_databases() {
    for backend in both() {
        a_rotation_overlaps(backend).await;
    }
}

#[actix_web::test]
async fn revoking_disabling_and_another_role_bite_at_once() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    let (page, key, secret) = add(&owner, "Loan servicing", "MANAGER").await;
    let held = token(&app, &key, &secret).await;
    let log = async || {
        let url = format!("{}/api/v1/governance/audit-logs", app.url);
        let told = reply(reqwest::Client::new().get(url).bearer_auth(&held)).await;
        told.status.as_u16()
    };
    assert_eq!(log().await, 200);
    let done = owner
        .submit(&page, &format!("{page}/role"), &[("role", "CLERK")])
        .await;
    assert!(done.says("Loan servicing is Clerk now."));
    assert_eq!((log().await, call(&app, &held).await), (403, 200));
    owner.submit(&page, &format!("{page}/disable"), &[]).await;
    assert_eq!(call(&app, &held).await, 401);
    assert_eq!(exchange(&app, &key, &secret).await.status, 401);
    owner.submit(&page, &format!("{page}/enable"), &[]).await;
    assert_eq!(call(&app, &held).await, 401, "an ended token stays ended");
    let held = token(&app, &key, &secret).await;
    assert_eq!(call(&app, &held).await, 200);
    let done = owner
        .submit(&page, &format!("{page}/revoke-key"), &[("key", &key)])
        .await;
    assert!(done.says("has ended, and its tokens with it") && done.says("Revoked"));
    assert_eq!(call(&app, &held).await, 401);
    assert_eq!(exchange(&app, &key, &secret).await.status, 401);
}

#[actix_web::test]
async fn a_form_that_is_sent_twice_makes_one_key() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    let (page, key, _) = add(&owner, "Loan servicing", "CLERK").await;
    let opened = owner.get(&page).await;
    let action = format!("{page}/add-key");
    let first = owner.submit_shown(&opened, &action, &[("life", "30")]).await;
    let second = owner.submit_shown(&opened, &action, &[("life", "30")]).await;
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (200, 200));
    assert!(
        second.says("This was sent twice and done once."),
        "{}",
        second.text
    );
    assert!(second.attribute("#new-secret", "value").is_empty());
    // Another wish from the same page is on what it was.
    let other = owner.submit_shown(&opened, &action, &[("life", "90")]).await;
    assert!(other.status == 409 && other.says("was changed meanwhile"));
    let keys = owner.get(&page).await.find("tbody tr").len();
    assert_eq!(keys, 2);
    // And a key that has ended is not ended or rotated again.
    for verb in ["revoke-key", "rotate-key", "revoke-key"] {
        let fields = [("key", key.as_str()), ("overlap", "0"), ("life", "30")];
        let told = owner.submit(&page, &format!("{page}/{verb}"), &fields).await;
        let is_first = told.says("has ended, and its tokens with it");
        assert!(is_first || told.status == 422, "{verb}: {}", told.status);
    }
    let same = [("name", "Loan servicing"), ("role", "CLERK"), ("life", "90")];
    let refused = owner.submit(NEW, NEW, &same).await;
    assert!(refused.status == 422 && refused.says("There is a service account of this name"));
}

#[actix_web::test]
async fn only_an_owner_hands_out_keys_of_high_roles() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    let admin = app.sign_in(Role::Admin).await;
    let (page, key, _) = add(&owner, "Everything", "OWNER").await;
    let seen = admin.get(&page).await;
    assert!(seen.status == 200 && seen.find("form[action$='-key']").is_empty());
    let token = admin.token().await;
    for verb in ["add-key", "rotate-key", "revoke-key", "role", "disable"] {
        let fields = [
            ("csrf_token", token.as_str()),
            ("version", "2"),
            ("key", &key),
            ("life", "30"),
            ("overlap", "0"),
            ("role", "CLERK"),
        ];
        let refused = admin.post(&format!("{page}/{verb}"), &fields).await;
        assert_eq!(refused.status, 403, "{verb}");
    }
    let after = owner.get(&page).await;
    assert!(after.says("Owner · Active") && after.find("tbody tr").len() == 1);
    assert!(after.says(&key) && !after.says("Revoked"));
    let refused = admin
        .submit(NEW, NEW, &[("name", "More"), ("role", "OWNER"), ("life", "30")])
        .await;
    assert_eq!(refused.status, 403);
    let (_, key, secret) = add(&admin, "Small", "CLERK").await;
    assert_eq!(exchange(&app, &key, &secret).await.status, 200);
}
