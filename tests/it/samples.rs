//! The documented samples of both dialects: what Docket answers has the same members of the same JSON types, under the
//! same status. Values differ, and Docket's answers may have more.

use std::fs;

use docket::auth::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api_client::{Api, Reply},
    harness::{Backend, TestApp, both},
    payments::Payments,
};

fn sample(name: &str) -> Value {
    let text = fs::read_to_string(format!("tests/data/samples/{name}.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Checks that `ours` has every member of `theirs`, of the same type, all the way down.
fn is_like(theirs: &Value, ours: &Value, place: &str) {
    assert_eq!(kind(theirs), kind(ours), "{place}");
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            for (name, value) in theirs {
                let own = ours
                    .get(name)
                    .unwrap_or_else(|| panic!("{place}/{name} is missing"));
                is_like(value, own, &format!("{place}/{name}"));
            }
        }
        (Value::Array(theirs), Value::Array(ours)) => {
            if let Some(first) = theirs.first() {
                assert!(!ours.is_empty(), "{place} is empty");
                for own in ours {
                    is_like(first, own, place);
                }
            }
        }
        _ => {}
    }
}

fn matches(name: &str, status: u16, reply: &Reply) {
    assert_eq!(reply.status.as_u16(), status, "{name}: {}", reply.text);
    is_like(&sample(name), &reply.json(), name);
}

async fn rocketkor(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let api = Api::of(&app, Role::Manager).await;
    matches(
        "rocketkor_token",
        200,
        &api.exchange(&api.key.key_id, &api.key.secret).await,
    );
    let reasons = api.get("/api/v1/payment-reasons").await;
    matches("rocketkor_payment_reasons", 200, &reasons);

    let printed = sample("rocketkor_transaction");
    let sent = json!({
        "debitFinancialAccountId": pay.own, "creditFinancialAccountId": pay.payee, "paymentReasonId": "payroll",
        "metadata": printed["metadata"], "transactionType": printed["transactionType"], "solution": printed["solution"],
        "amount": printed["amount"], "currency": printed["currency"], "settlementPriority": printed["settlementPriority"],
    });
    let made = api.post("/api/v1/transactions", &sent).await;
    matches("rocketkor_transaction", 201, &made);
    for name in [
        "metadata",
        "transactionType",
        "solution",
        "amount",
        "currency",
        "settlementPriority",
    ] {
        assert_eq!(made.json()[name], printed[name], "{name}");
    }
    matches(
        "rocketkor_transaction",
        200,
        &api.get(made.header("location")).await,
    );
    let id = made.json()["id"].clone();

    let printed = sample("rocketkor_exception");
    let raised = api
        .post(
            "/api/v1/exceptions",
            &json!({"type": printed["type"], "category": printed["category"], "description": printed["description"],
                "transactionId": id}),
        )
        .await;
    assert_eq!(raised.status, 201, "{}", raised.text);
    let exception = raised.header("location").to_owned();
    let note = json!({"entityId": id, "entityType": "TRANSACTION", "title": printed["notes"]["title"],
        "contentText": printed["notes"]["contentText"]});
    assert_eq!(api.post("/api/v1/notes", &note).await.status, 201);
    let clerk = app.actor(Role::Clerk).await;
    let update = json!({"assignedTo": {"id": clerk.id, "firstName": "Ada", "lastName": "Moss",
        "email": "ada@example.test"}, "status": printed["status"]});
    let updated = api.send(Method::PATCH, &exception, &update, &[]).await;
    matches("rocketkor_exception", 200, &updated);
    for name in ["category", "type", "status", "description"] {
        assert_eq!(updated.json()[name], printed[name], "{name}");
    }
    matches("rocketkor_exception", 200, &api.get(&exception).await);
    let listed = api.get("/api/exceptions").await;
    matches("rocketkor_page", 200, &listed);
    is_like(&printed, &listed.json()["content"][0], "content");
    let history = api.get(&format!("{exception}/history")).await;
    matches("rocketkor_page", 200, &history);
    for snapshot in history.json()["content"].as_array().unwrap() {
        is_like(&sample("rocketkor_snapshot"), snapshot, "content");
    }
    let negative = api.post("/api/v1/transactions", &json!({"amount": "-1"})).await;
    matches("rocketkor_error", 400, &negative);
}

async fn matcher(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let api = Api::of(&app, Role::Manager).await;
    let made = app.raise_many(2).await;
    let never = "018f2f8a-3c1e-7b7a-9d0e-4f5a6b7c8d9e";
    matches(
        "matcher_error",
        404,
        &api.get(&format!("/api/v1/exceptions/{never}")).await,
    );
    matches("matcher_page", 200, &api.get("/api/v1/exceptions?limit=1").await);
    matches("matcher_ids", 200, &api.get("/api/v1/exceptions/ids").await);
    let many = api
        .post(
            "/api/v1/exceptions/bulk/assign",
            &json!({"exceptionIds": [made[0], never], "assignee": "clerk@one.test"}),
        )
        .await;
    matches("matcher_bulk", 200, &many);
    let assigned = api
        .get(&format!("/api/v1/exceptions/{}/history?limit=2", made[0]))
        .await;
    matches("matcher_history", 200, &assigned);
    let verified = api.get("/api/v1/governance/audit-logs/verify").await;
    matches("matcher_verification", 200, &verified);
}

#[actix_web::test]
async fn the_samples_of_both_dialects_are_answered_on_both_databases() {
    for backend in both() {
        rocketkor(backend).await;
        matcher(backend).await;
    }
}
