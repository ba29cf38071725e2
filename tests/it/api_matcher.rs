//! Matcher's acts through the API: assign, force match, adjust entry, bulk, comments; and what Matcher gets wrong in
//! them (matcher.md section 3 B) is right here.

use docket::{
    auth::permission::Role,
    exceptions::raise::NewException,
    kernel::id::{ExceptionId, TransactionId},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api_client::{Api, Reply, keys, reply},
    harness::{Backend, TestApp, both},
    payments::Payments,
};

fn at(id: ExceptionId, act: &str) -> String {
    format!("/api/v1/exceptions/{id}/{act}")
}

/// An exception about a transaction of ours.
async fn linked(app: &TestApp, pay: &Payments<'_>) -> (ExceptionId, TransactionId) {
    let row = pay.post(pay.payment(25_000)).await;
    let new = NewException {
        transaction_id: Some(row.id),
        entity_id: row.id.uuid(),
        ..app.a_return()
    };
    (app.raise_as(new).await, row.id)
}

async fn acts(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let api = Api::of(&app, Role::Manager).await;
    let id = app.raise().await;
    let before = api.get(&format!("/api/v1/exceptions/{id}")).await.json();
    assert_eq!(
        keys(&before),
        [
            "createdAt",
            "dueAt",
            "id",
            "reason",
            "severity",
            "status",
            "updatedAt"
        ]
    );
    let given = api
        .post(&at(id, "assign"), &json!({"assignee": "Clerk@one.test"}))
        .await;
    assert_eq!(given.status, 200, "{}", given.text);
    assert_eq!(
        (given.json()["status"].clone(), given.json()["assignedTo"].clone()),
        (json!("ASSIGNED"), json!("clerk@one.test"))
    );
    assert_eq!(
        given.json()["dueAt"],
        before["dueAt"],
        "an assignment does not clear the due date"
    );
    let again = api
        .post(&at(id, "assign"), &json!({"assignedTo": "finance@one.test"}))
        .await;
    assert_eq!(
        again.json()["assignedTo"],
        "finance@one.test",
        "what is assigned can be assigned to another"
    );
    for (body, status) in [
        (json!({}), 400),
        (json!({"assignee": "nobody"}), 400),
        (json!({"assignee": "viewonly@one.test"}), 422),
        (json!({"assignee": "clerk@two.test"}), 422),
    ] {
        let refused = api.post(&at(id, "assign"), &body).await;
        refused.problem(status);
        assert_eq!(refused.wrong_fields(), ["assignee"], "{body}");
    }

    matched(&app, &pay, &api).await;
    adjusted(&app, &pay, &api).await;
}

async fn matched(app: &TestApp, pay: &Payments<'_>, api: &Api) {
    let (id, transaction) = linked(app, pay).await;
    let bad = api
        .post(
            &at(id, "force-match"),
            &json!({"overrideReason": "BUSINESS_DECISION", "notes": " ", "counterpartTransactionId": "x"}),
        )
        .await;
    assert_eq!(bad.problem(400), "BAD_REQUEST");
    assert_eq!(
        bad.wrong_fields(),
        ["overrideReason", "notes", "counterpartTransactionId"]
    );
    let itself = json!({"overrideReason": "OPS_APPROVAL", "notes": "ok", "counterpartTransactionId": transaction.to_string()});
    api.post(&at(id, "force-match"), &itself).await.problem(422);
    let done = api
        .post(
            &at(id, "force-match"),
            &json!({"overrideReason": " ops_approval ", "notes": "They agree"}),
        )
        .await;
    assert_eq!(done.status, 200, "{}", done.text);
    let told = done.json();
    assert_eq!(
        (
            told["status"].clone(),
            told["resolutionType"].clone(),
            told["resolutionReason"].clone(),
            told["resolutionNotes"].clone()
        ),
        (
            json!("RESOLVED"),
            json!("FORCE_MATCH"),
            json!("OPS_APPROVAL"),
            json!("They agree")
        )
    );
    assert_eq!(told["transactionId"], transaction.to_string());
    let twice = api
        .post(
            &at(id, "force-match"),
            &json!({"overrideReason": "OPS_APPROVAL", "notes": "again"}),
        )
        .await;
    assert_eq!(
        (twice.problem(422), twice.json()["code"].clone()),
        ("ILLEGAL_TRANSITION".into(), json!("MTCH-0503"))
    );
    let without = app.raise().await;
    api.post(
        &at(without, "force-match"),
        &json!({"overrideReason": "OPS_APPROVAL", "notes": "x"}),
    )
    .await
    .problem(404);
}

async fn adjusted(app: &TestApp, pay: &Payments<'_>, api: &Api) {
    let (id, _) = linked(app, pay).await;
    let bad = api.post(&at(id, "adjust-entry"), &json!({"reasonCode": "FEE_ADJUSTMENT", "notes": "x".repeat(1001), "amount": 0, "currency": "usdollar", "effectiveAt": "soon"})).await;
    assert_eq!(bad.problem(400), "BAD_REQUEST");
    assert_eq!(
        bad.wrong_fields(),
        ["reasonCode", "notes", "currency", "amount", "effectiveAt"]
    );
    let body = json!({"reasonCode": "amount_correction", "notes": "n".repeat(1000), "amount": 12.5, "currency": "usd", "effectiveAt": "2026-11-02T10:00:00Z"});
    let done = api.post(&at(id, "adjust-entry"), &body).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(
        (
            done.json()["resolutionType"].clone(),
            done.json()["resolutionReason"].clone()
        ),
        (json!("ADJUST_ENTRY"), json!("AMOUNT_CORRECTION"))
    );
    let history = api.get(&at(id, "history")).await.json();
    let said = history.to_string();
    assert!(
        said.contains("A debit of $12.50 is posted, effective 2 Nov 2026."),
        "{said}"
    );
}

#[actix_web::test]
async fn an_exception_is_assigned_matched_and_adjusted_on_both_databases() {
    for backend in both() {
        acts(backend).await;
    }
}

fn failed(reply: &Reply) -> Vec<(Value, Value)> {
    let body = reply.json();
    let rows = body["failed"].as_array().unwrap();
    rows.iter()
        .map(|row| (row["exceptionId"].clone(), row["errorCode"].clone()))
        .collect()
}

async fn bulk(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let api = Api::of(&app, Role::Manager).await;
    let made = app.raise_many(3).await;
    let never = ExceptionId::generate(app.clock.now());
    let stranger = Api::in_account(&app, app.other, Role::Owner).await;
    let all: Vec<String> = made
        .iter()
        .chain([&never, &made[0]])
        .map(ToString::to_string)
        .collect();

    let body = json!({"exceptionIds": all, "assignee": "clerk@one.test"});
    let key = [("idempotency-key", "bulk-assign-1")];
    let done = api
        .send(Method::POST, "/api/v1/exceptions/bulk/assign", &body, &key)
        .await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(
        (done.json()["succeeded"].clone(), done.json()["total"].clone()),
        (json!(all[..3]), json!(4))
    );
    assert_eq!(failed(&done), [(json!(never.to_string()), json!("NOT_FOUND"))]);
    let same = api
        .send(Method::POST, "/api/v1/exceptions/bulk/assign", &body, &key)
        .await;
    assert_eq!(
        (same.text, same.headers.contains_key("x-idempotency-replayed")),
        (done.text, true)
    );
    assert_eq!(app.exception(made[0]).await.version, 2, "once");

    api.post(&at(made[1], "resolve"), &json!({"resolution": "ACCEPTED"}))
        .await;
    let body = json!({"exception_ids": all, "resolution": "ACCEPTED", "reason": "r".repeat(1000)});
    let done = api.post("/api/v1/exceptions/bulk/resolve", &body).await;
    assert_eq!(done.json()["succeeded"], json!([all[0], all[2]]), "{}", done.text);
    assert_eq!(
        failed(&done),
        [
            (json!(all[1]), json!("ILLEGAL_TRANSITION")),
            (json!(never.to_string()), json!("NOT_FOUND"))
        ]
    );
    assert!(
        done.json()["failed"][0]["error"].as_str().unwrap().ends_with('.'),
        "a sentence, not internal text"
    );
    let none = api.post("/api/v1/exceptions/bulk/resolve", &body).await;
    assert_eq!(
        (none.status.as_u16(), none.json()["succeeded"].clone()),
        (200, json!([])),
        "200 also when all fail"
    );
    let theirs = stranger
        .post(
            "/api/v1/exceptions/bulk/resolve",
            &json!({"exceptionIds": [all[0]], "resolution": "x"}),
        )
        .await;
    assert_eq!(failed(&theirs), [(json!(all[0]), json!("NOT_FOUND"))]);

    let many: Vec<String> = (0..101)
        .map(|_| ExceptionId::generate(app.clock.now()).to_string())
        .collect();
    for ids in [
        json!([]),
        json!(many),
        json!(["x"]),
        json!([uuid::Uuid::nil().to_string()]),
        json!(null),
    ] {
        let refused = api
            .post("/api/v1/exceptions/bulk/assign", &json!({"exceptionIds": ids}))
            .await;
        assert_eq!(refused.problem(400), "BAD_REQUEST");
        assert_eq!(refused.wrong_fields(), ["exceptionIds", "assignee"]);
    }
    let text = api
        .post(
            "/api/v1/exceptions/bulk/assign",
            &json!({"exceptionIds": "x", "assignee": "clerk@one.test"}),
        )
        .await;
    assert_eq!(text.problem(400), "BAD_REQUEST");
}

#[actix_web::test]
async fn each_of_many_stands_or_falls_alone_on_both_databases() {
    for backend in both() {
        bulk(backend).await;
    }
}

async fn comments(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let (api, other) = (
        Api::of(&app, Role::Clerk).await,
        Api::of(&app, Role::Manager).await,
    );
    let stranger = Api::in_account(&app, app.other, Role::Owner).await;
    let id = app.raise().await;
    let list = at(id, "comments");
    assert_eq!(
        api.get(&list).await.json(),
        json!({"items": [], "limit": 200, "hasMore": false})
    );
    let made = api.post(&list, &json!({"content": " Same words "})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(
        keys(&made.json()),
        ["author", "content", "createdAt", "exceptionId", "id", "updatedAt"]
    );
    assert_eq!(
        (made.json()["content"].clone(), made.json()["exceptionId"].clone()),
        (json!("Same words"), json!(id.to_string()))
    );
    app.wait(1);
    let twin = api.post(&list, &json!({"content": "Same words"})).await;
    assert_ne!(
        twin.json()["id"],
        made.json()["id"],
        "without a key nothing is guessed from the body"
    );
    let shown = api.get(&list).await.json();
    assert_eq!(
        shown["items"],
        json!([made.json(), twin.json()]),
        "the oldest first"
    );
    let first = api.get(&format!("{list}?limit=1")).await;
    let next = api.get(&first.link("next").unwrap()).await.json();
    assert_eq!(next["items"], json!([twin.json()]));
    for content in [json!(""), json!("  "), json!("x".repeat(5001))] {
        let refused = api.post(&list, &json!({"content": content})).await;
        assert_eq!(refused.problem(400), "BAD_REQUEST");
        assert_eq!(refused.wrong_fields(), ["content"]);
    }

    let one = made.header("location").to_owned();
    let remove = async |api: &Api, path: &str| reply(api.request(Method::DELETE, path, &[])).await;
    assert_eq!(remove(&other, &one).await.problem(403), "FORBIDDEN");
    assert_eq!(remove(&stranger, &one).await.problem(404), "NOT_FOUND");
    let elsewhere = one.replace(&id.to_string(), &app.raise().await.to_string());
    assert_eq!(
        remove(&api, &elsewhere).await.problem(404),
        "NOT_FOUND",
        "by the exception in the address"
    );
    let gone = remove(&api, &one).await;
    assert_eq!((gone.status.as_u16(), gone.text.as_str()), (204, ""));
    assert_eq!(remove(&api, &one).await.problem(404), "NOT_FOUND");
    assert_eq!(api.get(&list).await.json()["items"], json!([twin.json()]));
    let actions = api.get(&at(id, "history")).await.json();
    assert_eq!(
        actions["items"][0]["changes"]["description"],
        "took back a comment"
    );

    other
        .post(&at(id, "resolve"), &json!({"resolution": "done"}))
        .await;
    assert_eq!(
        api.post(&list, &json!({"content": "late"})).await.problem(422),
        "ILLEGAL_TRANSITION"
    );
    assert_eq!(
        remove(&api, twin.header("location")).await.problem(422),
        "ILLEGAL_TRANSITION"
    );
    let reader = Api::of(&app, Role::ViewOnly).await;
    assert_eq!(reader.get(&list).await.status, 200);
    assert_eq!(
        reader.post(&list, &json!({"content": "x"})).await.problem(403),
        "FORBIDDEN"
    );
    assert_eq!(stranger.get(&list).await.problem(404), "NOT_FOUND");
}

#[actix_web::test]
async fn comments_are_made_listed_and_taken_back_by_their_author_on_both_databases() {
    for backend in both() {
        comments(backend).await;
    }
}
