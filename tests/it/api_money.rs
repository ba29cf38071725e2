//! Transactions made, moved and reversed through the API, and the second person's verdict: the commands of the pages.

use docket::{auth::permission::Role, transactions::edit::edit};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api_client::{Api, reply},
    harness::{Backend, TestApp, both},
    money::edit_fields,
    payments::Payments,
};

const TRANSACTIONS: &str = "/api/v1/transactions";

fn new_payment(pay: &Payments<'_>, amount: &str) -> Value {
    json!({
        "debitFinancialAccountId": pay.own, "creditFinancialAccountId": pay.payee,
        "transactionType": "SEND", "solution": "ach", "amount": amount, "paymentReasonId": "payroll",
        "settlementPriority": "SAME_DAY", "metadata": {"rkorACHEntryType": "CCD", "invoice": "A-77"}
    })
}

/// The trace number and the day come with the status, stay, and are checked.
async fn told_what_the_processor_knows(api: &Api, pay: &Payments<'_>) {
    let made = api.post(TRANSACTIONS, &new_payment(pay, "3.00")).await;
    let path = made.header("location").to_owned();
    let status = format!("{path}/status");
    assert!(made.json().get("traceNumber").is_none());
    let wrong = api
        .post(
            &status,
            &json!({"status": "PENDING", "traceNumber": "a b", "settlementDate": "24.11.2026"}),
        )
        .await;
    assert_eq!(wrong.wrong_fields(), ["traceNumber", "settlementDate"]);
    let short = api
        .post(&status, &json!({"status": "PENDING", "traceNumber": "12345"}))
        .await;
    assert_eq!(
        (short.problem(422).as_str(), short.wrong_fields()),
        ("INVALID_FIELDS", vec!["traceNumber".into()])
    );
    let body = json!({"status": "PENDING", "traceNumber": "021000020000001", "settlementDate": "2026-11-24"});
    let moved = api.post(&status, &body).await;
    assert_eq!(moved.status, 200, "{}", moved.text);
    api.post(&status, &json!({"status": "PROCESSING"})).await;
    let now = api.get(&path).await.json();
    assert_eq!(
        (
            &now["traceNumber"],
            &now["settlementDate"],
            &now["latestStatus"]["status"]
        ),
        (
            &json!("021000020000001"),
            &json!("2026-11-24"),
            &json!("PROCESSING")
        )
    );
}

async fn a_transaction_from_new_to_reversed(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let api = Api::of(&app, Role::Finance).await;
    let key = [("Idempotency-Key", "invoice-a-77")];
    let sent = new_payment(&pay, "250.00");
    let made = api.send(Method::POST, TRANSACTIONS, &sent, &key).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let told = made.json();
    assert_eq!(
        (
            &told["amount"],
            &told["latestStatus"]["status"],
            &told["metadata"]["invoice"]
        ),
        (&json!("250.00"), &json!("NEW"), &json!("A-77"))
    );
    let again = api.send(Method::POST, TRANSACTIONS, &sent, &key).await;
    assert_eq!((again.status.as_u16(), &again.text), (201, &made.text));
    assert_eq!(again.header("x-idempotency-replayed"), "true");
    let other = api
        .send(Method::POST, TRANSACTIONS, &new_payment(&pay, "251.00"), &key)
        .await;
    assert_eq!(other.problem(409), "IDEMPOTENCY_KEY_REUSED");

    let path = made.header("location").to_owned();
    assert_eq!(api.get(&path).await.json()["id"], told["id"]);
    let status = format!("{path}/status");
    for to in ["PENDING", "PROCESSING", "SETTLED"] {
        let moved = api
            .post(&status, &json!({"status": to, "message": "from the processor"}))
            .await;
        assert_eq!(moved.json()["latestStatus"]["status"], to, "{}", moved.text);
    }
    for to in ["NEW", "PENDING", "REVERSED", "CANCELLED"] {
        let refused = api.post(&status, &json!({"status": to})).await;
        let code = refused.problem(422);
        assert!(code.contains("SETTLED") && code.contains(to), "{code}");
    }
    assert_eq!(
        api.post(&status, &json!({"status": "LOST"})).await.wrong_fields(),
        ["status"]
    );

    let reverse = format!("{path}/reverse");
    told_what_the_processor_knows(&api, &pay).await;
    assert_eq!(
        api.post(&reverse, &json!({})).await.wrong_fields(),
        ["reversalReason"]
    );
    let reversed = api
        .post(&reverse, &json!({"reversalReason": "DUPLICATE_PAYMENT"}))
        .await;
    assert_eq!(reversed.status, 201, "{}", reversed.text);
    let back = &reversed.json()["reversalTransaction"];
    assert_eq!(
        (
            &back["transactionType"],
            &back["reversalReason"],
            &back["parentTransactionId"]
        ),
        (&json!("REVERSAL"), &json!("DUPLICATE_PAYMENT"), &told["id"])
    );
    assert_eq!(
        api.post(&reverse, &json!({"reversalReason": "DUPLICATE_PAYMENT"}))
            .await
            .status,
        422
    );
}

#[actix_web::test]
async fn a_transaction_is_made_moved_and_reversed_through_the_api_on_both_databases() {
    for backend in both() {
        a_transaction_from_new_to_reversed(backend).await;
    }
}

#[actix_web::test]
async fn everything_wrong_with_a_new_transaction_is_told_at_once() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let api = Api::of(&app, Role::Finance).await;
    let mut sent = new_payment(&pay, "-1");
    sent["paymentReasonId"] = json!("no-such-reason");
    sent["creditFinancialAccountId"] = json!("nobody");
    let refused = api.post(TRANSACTIONS, &sent).await;
    assert_eq!(refused.problem(400), "BAD_REQUEST");
    let mut wrong = refused.wrong_fields();
    wrong.sort();
    assert_eq!(wrong, ["amount", "creditFinancialAccountId", "paymentReasonId"]);
    let viewer = Api::of(&app, Role::ViewOnly).await;
    assert_eq!(
        viewer
            .post(TRANSACTIONS, &new_payment(&pay, "1.00"))
            .await
            .problem(403),
        "FORBIDDEN"
    );
}

/// An edit by a clerk that waits for a second person; the approval's address.
async fn waiting(app: &TestApp, pay: &Payments<'_>) -> String {
    let row = pay.post(pay.payment(100)).await;
    let (clerk, fields) = (app.actor(Role::Clerk).await, edit_fields(&row, 2_000_000));
    pay.write(move |tx| edit(tx, &clerk, row.id, None, &fields))
        .await
        .unwrap();
    let api = Api::of(app, Role::ViewOnly).await;
    let list = api.get("/api/v1/approvals?state=WAITING&limit=1").await.json();
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    format!("/api/v1/approvals/{id}")
}

async fn a_verdict(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let api = Api::of(&app, Role::Manager).await;
    let path = waiting(&app, &pay).await;
    let seen = api.get(&path).await;
    assert_eq!(seen.json()["state"], "WAITING");
    assert!(!seen.json()["changes"].as_array().unwrap().is_empty());
    let stale = [("If-Match", "\"something-else\"")];
    let late = api
        .send(Method::POST, &format!("{path}/approve"), &json!({}), &stale)
        .await;
    assert_eq!(late.problem(412), "PRECONDITION_FAILED");
    let done = api.post(&format!("{path}/approve"), &json!({})).await;
    assert_eq!(done.json()["state"], "APPROVED", "{}", done.text);
    let new = done.json()["resultId"].as_str().unwrap().to_owned();
    assert_eq!(
        api.get(&format!("{TRANSACTIONS}/{new}")).await.json()["amount"],
        "20000.00"
    );
    assert!(
        api.post(&format!("{path}/approve"), &json!({}))
            .await
            .status
            .is_client_error()
    );

    let path = waiting(&app, &pay).await;
    assert_eq!(
        api.post(&format!("{path}/reject"), &json!({}))
            .await
            .wrong_fields(),
        ["reason"]
    );
    let done = api
        .post(&format!("{path}/reject"), &json!({"reason": "Paid already"}))
        .await;
    assert_eq!(
        (&done.json()["state"], &done.json()["reason"]),
        (&json!("REJECTED"), &json!("Paid already"))
    );
    let list = api.get("/api/v1/approvals").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
}

/// Who has handed out a key may hold it: what they ask for is not decided with it (four eyes).
#[actix_web::test]
async fn a_service_account_is_no_second_person_for_who_manages_it() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let owner = app.as_owner().await;
    let fields = [("name", "Robot"), ("role", "MANAGER"), ("life", "90")];
    let new = "/settings/service-accounts/new";
    let shown = owner.submit(new, new, &fields).await;
    let value = |field: &str| {
        shown
            .attribute(&format!("input[id='{field}']"), "value")
            .remove(0)
    };
    let api = Api::of(&app, Role::Manager).await;
    let told = api.exchange(&value("new-key"), &value("new-secret")).await;
    let token = told.json()["access_token"].as_str().unwrap().to_owned();
    let asks = async |role: Role| {
        let row = pay.post(pay.payment(100)).await;
        let (who, fields) = (app.actor(role).await, edit_fields(&row, 2_000_000));
        pay.write(move |tx| edit(tx, &who, row.id, None, &fields))
            .await
            .unwrap();
        let list = api.get("/api/v1/approvals?state=WAITING&limit=1").await.json();
        format!(
            "/api/v1/approvals/{}/approve",
            list["items"][0]["id"].as_str().unwrap()
        )
    };
    let approve = async |path: &str| {
        let call = api.client.post(format!("{}{path}", app.url)).bearer_auth(&token);
        reply(call).await
    };
    let of_owner = asks(Role::Owner).await;
    let refused = approve(&of_owner).await;
    assert_eq!(refused.problem(422), "RULE_VIOLATION");
    assert!(refused.text.contains("has managed this service account"));
    // Another's key decides it, and the robot decides what another asked for.
    assert_eq!(api.post(&of_owner, &json!({})).await.json()["state"], "APPROVED");
    let of_clerk = asks(Role::Clerk).await;
    assert_eq!(approve(&of_clerk).await.json()["state"], "APPROVED");
}

#[actix_web::test]
async fn a_second_person_decides_through_the_api_on_both_databases() {
    for backend in both() {
        a_verdict(backend).await;
    }
}

async fn reviews_are_followed(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let mut new = app.a_return();
        new.code = Some("R03".into());
        let resolve = format!("/exceptions/{}/resolve", app.raise_as(new).await);
        let fields = [
            ("resolution_type", "NO_ACTION"),
            ("reason", "Done"),
            ("notes", "Paid by wire."),
        ];
        app.as_clerk().await.submit(&resolve, &resolve, &fields).await;
        app.wait(1);
    }
    let api = Api::of(&app, Role::ViewOnly).await;
    let mut next = Some("/api/v1/reviews?limit=1&sort_order=asc".to_owned());
    while let Some(path) = next {
        let page = api.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        ids.push(page.json()["items"][0]["id"].as_str().unwrap().to_owned());
        next = page.link("next");
    }
    assert_eq!(ids.len(), 3);
    let path = format!("/api/v1/reviews/{}", ids[0]);
    let before = api.get(&path).await.json();
    assert_eq!(
        (&before["resolution"]["type"], &before["resolution"]["notes"]),
        (&json!("NO_ACTION"), &json!("Paid by wire."))
    );
    let manager = app.as_manager().await;
    let page = format!("/reviews/{}", ids[0]);
    manager.submit(&page, &format!("{page}/approve"), &[]).await;
    let after = api.get(&path).await.json();
    assert_eq!(after["state"], "APPROVED");
    assert_eq!(after["reviewerId"], json!(app.member(Role::Manager).await));
    let approved = api.get("/api/v1/reviews?state=APPROVED").await.json();
    assert_eq!(approved["items"].as_array().unwrap().len(), 1);
    let strange = Api::in_account(&app, app.other, Role::Owner).await;
    assert_eq!(strange.get(&path).await.problem(404), "NOT_FOUND");
    assert!(
        strange.get("/api/v1/reviews").await.json()["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        api.get("/api/v1/reviews?state=LOST").await.problem(400),
        "BAD_REQUEST"
    );
}

#[actix_web::test]
async fn reviews_are_followed_through_the_api_on_both_databases() {
    for backend in both() {
        reviews_are_followed(backend).await;
    }
}
