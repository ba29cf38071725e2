//! Keys, tokens and who may call: RFC 6750.

use diesel::prelude::*;
use docket::{
    auth::{actor::Actor, permission::Role},
    db::schema::service_accounts,
    kernel::id::TransactionId,
    service_accounts::commands,
};
use reqwest::Method;
use serde_json::json;

use crate::{
    api_client::{Api, reply},
    harness::{Backend, TestApp, both},
    payments::Payments,
};

async fn a_key_is_exchanged(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(100)).await;
    let path = format!("/api/v1/transactions/{}", row.id);
    let api = Api::of(&app, Role::Clerk).await;
    let told = api.exchange(&api.key.key_id, &api.key.secret).await;
    let body = told.json();
    assert_eq!(
        (body["token_type"].clone(), body["expires_in"].clone()),
        (json!("Bearer"), json!(1800))
    );
    assert!(
        body["access_token"]
            .as_str()
            .unwrap()
            .starts_with("docket_token_")
    );
    assert_eq!(told.header("cache-control"), "no-store");
    assert_eq!(api.get(&path).await.status, 200);
    app.wait(29);
    assert_eq!(api.get(&path).await.status, 200, "29 minutes");
    app.wait(1);
    let late = api.get(&path).await;
    assert_eq!(late.problem(401), "INVALID_TOKEN");
    assert_eq!(
        late.header("www-authenticate"),
        "Bearer realm=\"docket\", error=\"invalid_token\""
    );
}

#[actix_web::test]
async fn a_key_is_exchanged_for_a_token_of_half_an_hour_on_both_databases() {
    for backend in both() {
        a_key_is_exchanged(backend).await;
    }
}

#[actix_web::test]
async fn whatever_is_wrong_with_a_key_gets_the_same_answer() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::Clerk).await;
    let wrong_secret = api.exchange(&api.key.key_id, "docket_secret_wrong").await;
    let unknown = api.exchange("docket_key_unknown", &api.key.secret).await;
    for refused in [&wrong_secret, &unknown] {
        assert_eq!(refused.problem(401), "INVALID_CREDENTIALS");
        assert!(refused.header("www-authenticate").starts_with("Basic "));
    }
    assert_eq!(wrong_secret.json()["detail"], unknown.json()["detail"]);
    let url = format!("{}/api/v1/api-keys/exchange", app.url);
    let missing = reply(api.client.post(&url)).await;
    assert_eq!(missing.problem(401), "INVALID_CREDENTIALS");
    let garbled = reply(api.client.post(&url).header("authorization", "Basic %%%")).await;
    assert_eq!(garbled.problem(400), "BAD_REQUEST");
}

#[actix_web::test]
async fn a_token_is_taken_from_one_header_only() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(100)).await;
    let api = Api::of(&app, Role::Clerk).await;
    let url = format!("{}/api/v1/transactions/{}", app.url, row.id);
    let plain = "Bearer realm=\"docket\"";
    let invalid = "Bearer realm=\"docket\", error=\"invalid_request\"";

    let none = reply(api.client.get(&url)).await;
    assert_eq!(
        (none.problem(401).as_str(), none.header("www-authenticate")),
        ("TOKEN_REQUIRED", plain)
    );
    let in_query = reply(api.client.get(format!("{url}?access_token={}", api.token))).await;
    assert_eq!(
        (
            in_query.problem(401).as_str(),
            in_query.header("www-authenticate")
        ),
        ("TOKEN_REQUIRED", plain)
    );
    let in_form = reply(api.client.put(&url).form(&[("access_token", &api.token)])).await;
    assert_eq!(in_form.problem(401), "TOKEN_REQUIRED");
    let other_scheme = reply(api.client.get(&url).basic_auth("a", Some("b"))).await;
    assert_eq!(other_scheme.problem(401), "TOKEN_REQUIRED");
    for bad in ["Bearer", "Bearer ", "Bearer two words", "Bearer ümlaut"] {
        let header = reqwest::header::HeaderValue::from_bytes(bad.as_bytes()).unwrap();
        let refused = reply(api.client.get(&url).header("authorization", header)).await;
        assert_eq!(
            (refused.problem(400).as_str(), refused.header("www-authenticate")),
            ("BAD_REQUEST", invalid),
            "{bad}"
        );
    }
    let twice = reply(
        api.client
            .get(&url)
            .bearer_auth(&api.token)
            .header("authorization", "Bearer x"),
    )
    .await;
    assert_eq!(twice.problem(400), "BAD_REQUEST");
    let unknown = reply(api.client.get(&url).bearer_auth("docket_token_unknown")).await;
    assert_eq!(unknown.problem(401), "INVALID_TOKEN");

    let browser = app.as_owner().await;
    let with_cookie = browser.get(&format!("/api/v1/transactions/{}", row.id)).await;
    assert_eq!(with_cookie.status, 401, "a session is no token");
}

#[actix_web::test]
async fn a_changed_role_a_revoked_key_and_a_disabled_service_account_bite_at_once() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(100)).await;
    let path = format!("/api/v1/transactions/{}", row.id);
    let account = app.account;
    let api = Api::of(&app, Role::Clerk).await;
    let id = api.service_account;
    app.app
        .db
        .write(account, move |tx| {
            diesel::update(service_accounts::table.find(id))
                .set(service_accounts::role.eq(Role::ViewOnly))
                .execute(tx.conn)?;
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(api.get(&path).await.status, 200);
    let refused = api.put(&path, &json!({}), &[]).await;
    assert_eq!(refused.problem(403), "FORBIDDEN");
    assert_eq!(
        refused.header("www-authenticate"),
        "Bearer realm=\"docket\", error=\"insufficient_scope\", scope=\"transact\""
    );
    assert!(
        refused.json()["detail"]
            .as_str()
            .unwrap()
            .contains("make and change transactions")
    );

    let (owner, key) = (Actor::internal(account), api.key.key_id.clone());
    app.app
        .db
        .write(account, move |tx| {
            commands::revoke_key(tx, &owner, id, None, &key)
        })
        .await
        .unwrap();
    assert_eq!(api.get(&path).await.problem(401), "INVALID_TOKEN");
    assert_eq!(
        api.exchange(&api.key.key_id, &api.key.secret).await.problem(401),
        "INVALID_CREDENTIALS"
    );

    let other = Api::of(&app, Role::Clerk).await;
    let id = other.service_account;
    app.app
        .db
        .write(account, move |tx| {
            diesel::update(service_accounts::table.find(id))
                .set(service_accounts::state.eq("DISABLED"))
                .execute(tx.conn)?;
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(other.get(&path).await.problem(401), "INVALID_TOKEN");
}

#[actix_web::test]
async fn an_admin_gives_no_service_account_a_role_it_may_not_give() {
    let app = TestApp::start().await;
    for (role, gives, allowed) in [
        (Role::Owner, Role::Owner, true),
        (Role::Admin, Role::Owner, false),
        (Role::Admin, Role::Clerk, true),
        (Role::Manager, Role::Clerk, false),
    ] {
        let actor = app.actor(role).await;
        let made = app
            .app
            .db
            .write(app.account, move |tx| {
                let name = docket::kernel::text::Title::parse(&format!("{role} robot")).unwrap();
                commands::add(tx, &actor, &name, gives)
            })
            .await;
        assert_eq!(made.is_ok(), allowed, "{role} gives {gives}");
    }
}

#[actix_web::test]
async fn paths_and_methods_that_are_none_of_ours_are_problems_too() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(100)).await;
    let api = Api::of(&app, Role::Clerk).await;
    for path in [
        "/api/nothing",
        "/api/v1/transactions/no-id",
        "/api/v1/transactions/{}",
    ] {
        assert_eq!(api.get(path).await.problem(404), "NOT_FOUND", "{path}");
    }
    let never = TransactionId::generate(app.clock.now());
    assert_eq!(
        api.get(&format!("/api/v1/transactions/{never}"))
            .await
            .problem(404),
        "NOT_FOUND"
    );
    let path = format!("/api/v1/transactions/{}", row.id);
    for method in [Method::POST, Method::PATCH, Method::TRACE, Method::OPTIONS] {
        let refused = reply(api.request(method.clone(), &path, &[("x-http-method-override", "GET")])).await;
        assert_eq!(refused.problem(405), "METHOD_NOT_ALLOWED", "{method}");
        let mut allowed: Vec<&str> = refused.header("allow").split(", ").collect();
        allowed.sort_unstable();
        assert_eq!(allowed, ["DELETE", "GET", "HEAD", "PUT"]);
        assert!(!refused.text.contains("x-http-method-override"));
    }
    let head = reply(api.request(Method::HEAD, &path, &[])).await;
    let get = api.get(&path).await;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    assert_eq!(head.header("etag"), get.header("etag"));
    assert_eq!(head.header("content-length"), get.text.len().to_string());
}
