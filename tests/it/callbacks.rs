//! What outside systems say of exceptions: with a token or a signature, in the order of their own clocks, once.

use docket::{
    auth::permission::Role,
    dispatch::model::{DispatchState, Target},
    exceptions::{claim, model::Status},
    kernel::id::ExceptionId,
    webhooks::signature,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api_client::{Api, Reply, reply},
    connectors::{connect, docket_on},
    dispatch::{SOON, hand_over, latest, until},
    harness::{Backend, TestApp, both},
    tracker::{Answer, Tracker},
};

fn path(id: ExceptionId) -> String {
    format!("/api/v1/exceptions/{id}/callback")
}

fn said(status: &str) -> Value {
    json!({"externalSystem": "jira", "externalIssueId": "PAY-1", "status": status})
}

fn with(mut body: Value, more: Value) -> Value {
    let more = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    body
}

/// An exception that Jira has as PAY-1.
async fn there(app: &TestApp, held: bool) -> ExceptionId {
    let tracker = Tracker::start();
    connect(app, Target::Jira, &tracker.url).await;
    let id = app.raise().await;
    if held {
        let actor = app.actor(Role::Clerk).await;
        let write = app
            .app
            .db
            .write(app.account, move |tx| claim::claim(tx, &actor, id));
        write.await.unwrap();
    }
    hand_over(app, Role::Manager, id, Target::Jira).await.unwrap();
    until(app, SOON, "it is there", async || {
        app.exception(id).await.external_issue_id.is_some()
    })
    .await;
    id
}

async fn follows(backend: Backend) {
    let app = docket_on(backend).await;
    let api = Api::of(&app, Role::Clerk).await;
    let id = there(&app, true).await;
    // The outside system moves it, whoever holds it here.
    let finance = Api::of(&app, Role::Finance).await;
    let heard = finance.post(&path(id), &said("OPEN")).await;
    assert_eq!(
        (heard.status.as_u16(), heard.text.as_str()),
        (200, r#"{"status":"accepted"}"#)
    );
    assert_eq!(app.exception(id).await.status, Status::InProgress);
    let told = app.as_clerk().await.get("/notifications").await;
    assert!(told.says("JIRA says OPEN of PAY-1."), "{}", told.text);
    // It is nobody's to send it back to itself.
    assert_eq!(
        api.post(&path(id), &said("PENDING_RESOLUTION"))
            .await
            .problem(422),
        "ILLEGAL_TRANSITION_ASSIGNED_TO_PENDING_RESOLUTION"
    );
    let given = with(
        said("ASSIGNED"),
        json!({"assignee": "Finance@one.test", "dueAt": "2026-11-03T16:00:00Z"}),
    );
    assert_eq!(api.post(&path(id), &given).await.status, 200);
    let row = app.exception(id).await;
    assert_eq!(row.assignee_id, Some(app.member(Role::Finance).await));
    assert_eq!(
        (row.due_at.rfc3339().as_str(), row.due_rule.as_str()),
        ("2026-11-03T16:00:00.000Z", "Told by JIRA.")
    );
    let later = with(said("ASSIGNED"), json!({"dueAt": "2027-11-03T16:00:00Z"}));
    api.post(&path(id), &later).await;
    assert_eq!(
        app.exception(id).await.due_at,
        row.due_at,
        "nothing is put off from outside"
    );
    let done = with(
        said("resolved"),
        json!({"resolutionNotes": "The bank has paid it back"}),
    );
    assert_eq!(api.post(&path(id), &done).await.status, 200);
    let told = api.get(&format!("/api/v1/exceptions/{id}")).await.json();
    assert_eq!(
        (
            &told["status"],
            &told["resolutionNotes"],
            &told["resolutionReason"]
        ),
        (
            &json!("RESOLVED"),
            &json!("The bank has paid it back"),
            &json!("Resolved via JIRA callback")
        )
    );
    // Frozen: nothing changes any more, not even the same status.
    let before = app.exception(id).await;
    for status in ["OPEN", "ASSIGNED", "PENDING_RESOLUTION", "RESOLVED"] {
        let code = api
            .post(
                &path(id),
                &with(said(status), json!({"dueAt": "2026-11-03T15:30:00Z"})),
            )
            .await
            .problem(422);
        assert_eq!(code, format!("ILLEGAL_TRANSITION_RESOLVED_TO_{status}"));
    }
    assert_eq!(app.exception(id).await.version, before.version);
    let page = app.as_manager().await.get(&format!("/exceptions/{id}")).await;
    assert!(page.says("JIRA: said RESOLVED of PAY-1"), "{}", page.text);
}

#[actix_web::test]
async fn an_exception_follows_what_its_outside_system_says_on_both_databases() {
    for backend in both() {
        follows(backend).await;
    }
}

#[actix_web::test]
async fn what_nobody_holds_comes_back_new_or_needs_somebody() {
    let app = docket_on(Backend::Sqlite).await;
    let api = Api::of(&app, Role::Clerk).await;
    let id = there(&app, false).await;
    assert_eq!(
        api.post(&path(id), &said("ASSIGNED")).await.wrong_fields(),
        ["assignee"]
    );
    let nobody = with(said("ASSIGNED"), json!({"assignee": "viewonly@one.test"}));
    assert_eq!(api.post(&path(id), &nobody).await.problem(422), "INVALID_FIELDS");
    assert_eq!(app.exception(id).await.status, Status::PendingResolution);
    api.post(&path(id), &said("OPEN")).await;
    assert_eq!(app.exception(id).await.status, Status::New);
    // Without a hand-over too, as Matcher has it; by then it is known there by its name.
    let id = app.raise().await;
    let given = with(said("ASSIGNED"), json!({"assignee": "clerk@one.test"}));
    assert_eq!(api.post(&path(id), &given).await.status, 200);
    let row = app.exception(id).await;
    assert_eq!(
        (row.status, row.external_issue_id.as_deref()),
        (Status::InProgress, Some("PAY-1"))
    );
    let other = with(said("RESOLVED"), json!({"externalIssueId": "PAY-2"}));
    assert_eq!(api.post(&path(id), &other).await.problem(422), "RULE_VIOLATION");
    let other = with(said("RESOLVED"), json!({"externalSystem": "SERVICENOW"}));
    assert!(
        api.post(&path(id), &other)
            .await
            .text
            .contains("It is with JIRA, and not with SERVICENOW.")
    );
}

#[actix_web::test]
async fn words_that_come_late_are_recorded_and_change_nothing() {
    let app = docket_on(Backend::Sqlite).await;
    let api = Api::of(&app, Role::Clerk).await;
    let id = there(&app, true).await;
    let at = |status: &str, at: &str| with(said(status), json!({"updatedAt": at}));
    assert_eq!(
        api.post(&path(id), &at("OPEN", "2026-11-03T15:10:00Z"))
            .await
            .status,
        200
    );
    let before = app.exception(id).await;
    assert_eq!(before.status, Status::InProgress);
    // Older, and the same again: heard, recorded, ignored. The zone does not matter.
    for late in [
        at("RESOLVED", "2026-11-03T15:09:59Z"),
        at("RESOLVED", "2026-11-03T10:09:59-05:00"),
        at("ASSIGNED", "2026-11-03T15:10:00Z"),
    ] {
        let heard = api.post(&path(id), &late).await;
        assert_eq!(
            (heard.status.as_u16(), heard.text.as_str()),
            (200, r#"{"status":"accepted"}"#)
        );
    }
    assert_eq!(app.exception(id).await.version, before.version);
    let page = app.as_clerk().await.get(&format!("/exceptions/{id}")).await;
    assert!(
        page.says("said RESOLVED of PAY-1 as of 2026-11-03T15:09:59.000Z: older than what is known, ignored"),
        "{}",
        page.text
    );
    assert_eq!(
        api.post(&path(id), &at("RESOLVED", "2026-11-03T15:11:00Z"))
            .await
            .status,
        200
    );
    assert_eq!(app.exception(id).await.status, Status::Resolved);
}

#[actix_web::test]
async fn every_wrong_member_is_told_and_everything_has_its_limit() {
    let app = docket_on(Backend::Sqlite).await;
    let api = Api::of(&app, Role::Clerk).await;
    let id = there(&app, true).await;
    assert_eq!(
        api.post(&path(id), &json!({})).await.wrong_fields(),
        ["externalSystem", "externalIssueId", "status"]
    );
    for (field, value) in [
        ("status", json!("Done")),
        ("status", json!("REOPENED")),
        ("externalSystem", json!("x".repeat(256))),
        ("externalIssueId", json!("PAY-1\u{1}")),
        ("callbackType", json!("x".repeat(256))),
        ("resolutionNotes", json!("x".repeat(1001))),
        ("assignee", json!("somebody")),
        ("dueAt", json!("tomorrow")),
        ("updatedAt", json!("2026-11-03")),
        ("updatedAt", json!("2026-11-05T15:00:01Z")),
    ] {
        let refused = api
            .post(&path(id), &with(said("RESOLVED"), json!({field: value})))
            .await;
        assert_eq!(refused.problem(400), "BAD_REQUEST", "{field}");
        assert_eq!(refused.wrong_fields(), [field]);
    }
    api.post(&path(id), &with(said("RESOLVED"), json!({"payload": "x"})))
        .await
        .problem(400);
    Api::of(&app, Role::ViewOnly)
        .await
        .post(&path(id), &said("OPEN"))
        .await
        .problem(403);
    Api::in_account(&app, app.other, Role::Owner)
        .await
        .post(&path(id), &said("OPEN"))
        .await
        .problem(404);
    assert_eq!(app.exception(id).await.status, Status::PendingResolution);
    let payload = with(
        said("OPEN"),
        json!({"payload": {"issue": {"fields": []}}, "callbackType": "issue_updated"}),
    );
    assert_eq!(api.post(&path(id), &payload).await.status, 200);
}

/// Signs as the other side would: with what it was given, and nothing of ours but the algorithm.
async fn signed(app: &TestApp, id: ExceptionId, body: &Value, headers: &[(&str, &str)]) -> Reply {
    let mut request = reqwest::Client::new()
        .post(format!("{}{}", app.url, path(id)))
        .header("content-type", "application/json")
        .body(body.to_string());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    reply(request).await
}

#[actix_web::test]
async fn an_outside_system_signs_what_it_says() {
    let app = docket_on(Backend::Sqlite).await;
    let tracker = Tracker::start();
    let (jira, secret) = connect(&app, Target::Jira, &tracker.url).await;
    let id = app.raise().await;
    hand_over(&app, Role::Clerk, id, Target::Jira).await.unwrap();
    until(&app, SOON, "it is there", async || {
        app.exception(id).await.external_issue_id.is_some()
    })
    .await;
    let seconds = app.clock.now().seconds();
    let sign = |secret: &str, at: i64, body: &Value| {
        signature::of(&[secret.to_owned()], "msg-0001", at, &body.to_string()).unwrap()
    };
    let (connector, body) = (jira.id.to_string(), said("OPEN"));
    let now = seconds.to_string();
    let right = sign(&secret, seconds, &body);
    let other = signature::new_secret().unwrap();
    let (old, ahead) = (seconds - 301, seconds + 301);
    let nobody = "018f2f8a-3c1e-7b7a-9d0e-4f5a6b7c8d9e";
    for (connector, at, signature) in [
        (connector.as_str(), now.as_str(), "v1,AAAA".to_owned()),
        (&connector, &now, sign(&other, seconds, &body)),
        (&connector, &now, sign(&secret, seconds, &said("RESOLVED"))),
        (&connector, &old.to_string(), sign(&secret, old, &body)),
        (&connector, &ahead.to_string(), sign(&secret, ahead, &body)),
        (&connector, "soon", right.clone()),
        (nobody, &now, right.clone()),
        ("", &now, right.clone()),
    ] {
        let headers = [
            ("docket-connector", connector),
            ("webhook-id", "msg-0001"),
            ("webhook-timestamp", at),
            ("webhook-signature", &signature),
        ];
        let refused = signed(&app, id, &body, &headers).await;
        assert_eq!(refused.problem(401), "INVALID_TOKEN");
        assert!(refused.header("www-authenticate").starts_with("Bearer"));
    }
    assert_eq!(app.exception(id).await.status, Status::PendingResolution);
    let headers = [
        ("docket-connector", connector.as_str()),
        ("webhook-id", "msg-0001"),
        ("webhook-timestamp", &now),
        ("webhook-signature", &right),
    ];
    let heard = signed(&app, id, &body, &headers).await;
    assert_eq!(heard.status, 200, "{}", heard.text);
    assert_eq!(app.exception(id).await.status, Status::New);
    // The same message again is the same message.
    let version = app.exception(id).await.version;
    let again = signed(&app, id, &body, &headers).await;
    assert_eq!(
        (again.header("x-idempotency-replayed"), &again.text),
        ("true", &heard.text)
    );
    assert_eq!(app.exception(id).await.version, version);
    let page = app.as_manager().await.get(&format!("/exceptions/{id}")).await;
    assert!(page.says("Jira (connector)"), "{}", page.text);
    // It speaks for itself alone, and for its own business account.
    let foreign = with(said("OPEN"), json!({"externalSystem": "SERVICENOW"}));
    let signature = sign(&secret, seconds, &foreign);
    let mut headers = headers;
    headers[3].1 = &signature;
    assert_eq!(
        signed(&app, id, &foreign, &headers).await.wrong_fields(),
        ["externalSystem"]
    );
    // A disabled connector is not heard.
    let owner = app.as_owner().await;
    let settings = format!("/settings/connectors/{connector}");
    owner
        .submit(&settings, &format!("{settings}/state"), &[("state", "DISABLED")])
        .await;
    headers[3].1 = &right;
    signed(&app, id, &body, &headers).await.problem(401);
}

#[actix_web::test]
async fn one_key_is_one_callback_and_a_refused_one_may_be_corrected() {
    let app = docket_on(Backend::Sqlite).await;
    let api = Api::of(&app, Role::Clerk).await;
    let id = there(&app, false).await;
    let key = [("x-idempotency-key", "callback-1")];
    let send = async |body: &Value| api.send(Method::POST, &path(id), body, &key).await;
    send(&said("ASSIGNED")).await.problem(400);
    let right = with(said("ASSIGNED"), json!({"assignee": "clerk@one.test"}));
    assert_eq!(
        send(&right).await.status,
        200,
        "what failed once can be sent again"
    );
    let version = app.exception(id).await.version;
    assert_eq!(send(&right).await.header("x-idempotency-replayed"), "true");
    assert_eq!(app.exception(id).await.version, version);
    assert_eq!(
        send(&said("RESOLVED")).await.problem(409),
        "IDEMPOTENCY_KEY_REUSED"
    );
}

#[actix_web::test]
async fn each_outside_system_has_its_own_measure() {
    let app = TestApp::start_with(Backend::Sqlite, |settings| settings.callbacks_per_minute = 3).await;
    let api = Api::of(&app, Role::Clerk).await;
    let ids = app.raise_many(2).await;
    let from = |system: &str| with(said("OPEN"), json!({"externalSystem": system}));
    let mut last = 0;
    for n in 0..4 {
        let told = api.post(&path(ids[0]), &from("ACME")).await;
        last = told.status.as_u16();
        assert_eq!(last == 429, n == 3, "{n}: {}", told.text);
        if last == 429 {
            assert_eq!(told.json()["code"], "MTCH-0506");
            assert!(told.header("retry-after").parse::<u64>().unwrap() > 0);
        }
    }
    assert_eq!(last, 429);
    assert_eq!(api.post(&path(ids[1]), &from("OTHER")).await.status, 200);
}

/// A callback may be quicker than the answer to the hand-over.
#[actix_web::test]
async fn a_callback_before_the_answer_confirms_the_hand_over() {
    let app = docket_on(Backend::Sqlite).await;
    let tracker = Tracker::start();
    tracker.always(Answer::Status(503, String::new()));
    connect(&app, Target::Jira, &tracker.url).await;
    let api = Api::of(&app, Role::Clerk).await;
    let id = app.raise().await;
    hand_over(&app, Role::Clerk, id, Target::Jira).await.unwrap();
    assert_eq!(api.post(&path(id), &said("PENDING_RESOLUTION")).await.status, 200);
    let row = latest(&app, id).await;
    assert_eq!(
        (row.state, row.external_issue_id.as_str()),
        (DispatchState::Delivered, "PAY-1")
    );
    assert_eq!(
        app.exception(id).await.external_issue_id.as_deref(),
        Some("PAY-1")
    );
}
