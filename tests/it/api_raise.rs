//! Exceptions raised by a client: one, and many with a result per line.

use docket::{auth::permission::Role, kernel::id::TransactionId};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api_client::Api,
    harness::{Backend, TestApp, both},
    payments::Payments,
};

const PATH: &str = "/api/v1/exceptions";

fn a_return() -> Value {
    json!({"type": "ACH_RETURN", "description": "R01 for Paul Jones", "returnCode": "R01", "amount": "12000.00",
        "currency": "USD", "party": "Paul Jones", "accountNumber": "123456789"})
}

async fn one(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(25_000)).await;
    let api = Api::of(&app, Role::Clerk).await;
    let mut body = a_return();
    body["transactionId"] = json!(row.id.to_string());
    let key = [("idempotency-key", "raise-this-one")];
    let made = api.send(Method::POST, PATH, &body, &key).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let told = made.json();
    assert_eq!(
        (
            told["status"].clone(),
            told["category"].clone(),
            told["severity"].clone(),
            told["returnCode"].clone()
        ),
        (json!("NEW"), json!("TRANSACTION"), json!("HIGH"), json!("R01"))
    );
    assert_eq!(
        (told["entityId"].clone(), told["transactionId"].clone()),
        (json!(row.id.to_string()), json!(row.id.to_string()))
    );
    assert_eq!(
        (told["source"].clone(), told["createdBy"]["type"].clone()),
        (json!({"type": "API"}), json!("service-account"))
    );
    assert!(!made.text.contains("123456789"), "the number is not kept");
    assert_eq!(api.get(made.header("location")).await.text, made.text);
    let again = api.send(Method::POST, PATH, &body, &key).await;
    assert_eq!(
        (again.text.as_str(), again.header("x-idempotency-replayed")),
        (made.text.as_str(), "true")
    );
    assert_eq!(api.get("/api/exceptions").await.json()["totalElements"], 1);
    assert_eq!(
        api.post(PATH, &body).await.status,
        201,
        "without a key it is another one"
    );

    let foreign = Payments::in_account(&app, app.other).await;
    let theirs = foreign.post(foreign.payment(100)).await.id;
    for id in [
        theirs.to_string(),
        TransactionId::generate(app.clock.now()).to_string(),
        "none".into(),
    ] {
        body["transactionId"] = json!(id);
        let refused = api.post(PATH, &body).await;
        assert_eq!(
            (refused.problem(422).as_str(), refused.wrong_fields()),
            ("INVALID_FIELDS", vec!["transactionId".into()])
        );
    }
    let refused = api
        .post(
            PATH,
            &json!({"type": "ACH_RETURN", "category": "CUSTOMER", "amount": "-1", "returnCode": "X"}),
        )
        .await;
    assert_eq!(refused.problem(400), "BAD_REQUEST");
    assert_eq!(
        refused.wrong_fields(),
        ["category", "description", "amount", "returnCode"]
    );
    assert_eq!(
        api.post(PATH, &json!({"type": 1})).await.problem(400),
        "BAD_REQUEST"
    );
    let reader = Api::of(&app, Role::ViewOnly).await;
    assert_eq!(reader.post(PATH, &a_return()).await.problem(403), "FORBIDDEN");
}

#[actix_web::test]
async fn a_client_raises_an_exception_once_on_both_databases() {
    for backend in both() {
        one(backend).await;
    }
}

async fn about(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(100)).await;
    let api = Api::of(&app, Role::Clerk).await;
    let break_of = |kind: &str, id: &str| json!({"type": "RECONCILIATION", "description": "Break", "entityType": kind, "entityId": id});
    let made = api
        .post(PATH, &break_of("TRANSACTION", &row.id.to_string()))
        .await
        .json();
    assert_eq!(
        (&made["entityId"], &made["transactionId"]),
        (&json!(row.id), &json!(row.id)),
        "the affected transaction is the one it is about"
    );
    let lone = api
        .post(PATH, &json!({"type": "RECONCILIATION", "description": "Break"}))
        .await;
    assert_eq!(lone.status, 201, "{}", lone.text);
    assert!(lone.json().get("entityId").is_none() && lone.json().get("transactionId").is_none());
    let foreign = Payments::in_account(&app, app.other).await;
    let theirs = foreign.post(foreign.payment(100)).await.id.to_string();
    let unknown = TransactionId::generate(app.clock.now()).to_string();
    for (kind, id) in [
        ("TRANSACTION", theirs.as_str()),
        ("TRANSACTION", unknown.as_str()),
        ("FINANCIAL_ACCOUNT", foreign.own.to_string().as_str()),
        ("FINANCIAL_ACCOUNT", unknown.as_str()),
    ] {
        let refused = api.post(PATH, &break_of(kind, id)).await;
        assert_eq!(
            (refused.problem(422).as_str(), refused.wrong_fields()),
            ("INVALID_FIELDS", vec!["entityId".into()]),
            "{kind} {id}"
        );
    }
    let customer = json!({"type": "EARNED_WAGE_ACCESS", "category": "CUSTOMER", "description": "Late", "entityId": unknown});
    assert_eq!(
        api.post(PATH, &customer).await.status,
        201,
        "another system keeps the customers"
    );
    for code in ["XAU", "HRK", "XXX"] {
        let body = json!({"type": "RECONCILIATION", "description": "Break", "amount": "1", "currency": code});
        let refused = api.post(PATH, &body).await;
        refused.problem(422);
        assert_eq!(refused.wrong_fields(), ["currency"], "{code}");
    }
    // What it needs because of its type.
    for (body, field) in [
        (
            json!({"type": "EARNED_WAGE_ACCESS", "description": "Late"}),
            "category",
        ),
        (
            json!({"type": "EARNED_WAGE_ACCESS", "category": "CUSTOMER", "description": "Late"}),
            "entityId",
        ),
    ] {
        let refused = api.post(PATH, &body).await;
        refused.problem(422);
        assert_eq!(refused.wrong_fields(), [field]);
    }
    let dollars =
        json!({"type": "RECONCILIATION", "description": "Break", "amount": "1", "currency": "dollars"});
    api.post(PATH, &dollars).await.problem(400);
}

#[actix_web::test]
async fn what_an_exception_is_about_is_there_on_both_databases() {
    for backend in both() {
        about(backend).await;
    }
}

async fn many(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let api = Api::of(&app, Role::Clerk).await;
    let body = json!({"exceptions": [a_return(), {"type": "SHIP"}, {"description": 5}, a_return()]});
    let done = api
        .send(Method::POST, PATH, &body, &[("idempotency-key", "raise-many")])
        .await;
    assert_eq!(done.status, 200, "{}", done.text);
    let told = done.json();
    assert_eq!(
        (
            told["raised"].clone(),
            told["failed"].clone(),
            told["total"].clone()
        ),
        (json!(2), json!(2), json!(4))
    );
    let statuses: Vec<&Value> = told["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["status"])
        .collect();
    assert_eq!(statuses, [201, 400, 400, 201]);
    let wrong = &told["results"][1];
    assert_eq!(
        (wrong["index"].clone(), wrong["errorCode"].clone()),
        (json!(1), json!("BAD_REQUEST"))
    );
    assert_eq!(wrong["errors"][0]["pointer"], "#/exceptions/1/type");
    assert_eq!(
        (
            wrong["errors"][0]["path"].clone(),
            wrong["errors"][1]["path"].clone()
        ),
        (json!("type"), json!("description"))
    );
    let id = told["results"][3]["exceptionId"].as_str().unwrap();
    assert_eq!(api.get(&format!("/api/exceptions/{id}")).await.status, 200);
    let again = api
        .send(Method::POST, PATH, &body, &[("idempotency-key", "raise-many")])
        .await;
    assert_eq!(again.text, done.text);
    assert_eq!(api.get("/api/exceptions").await.json()["totalElements"], 2);

    let lines = |n: usize| json!({"exceptions": vec![a_return(); n]});
    let most = api.post(PATH, &lines(1000)).await;
    assert_eq!(
        (most.status.as_u16(), most.json()["raised"].clone()),
        (200, json!(1000))
    );
    for bad in [lines(1001), lines(0), json!({"exceptions": null})] {
        let refused = api.post(PATH, &bad).await;
        assert_eq!(
            (refused.problem(400).as_str(), refused.wrong_fields()),
            ("BAD_REQUEST", vec!["exceptions".into()])
        );
    }
    let no_object = api.post(PATH, &json!({"exceptions": [1]})).await.json();
    assert_eq!(
        (&no_object["failed"], &no_object["results"][0]["status"]),
        (&json!(1), &json!(400)),
        "a line that is no object fails alone"
    );
    assert_eq!(api.get("/api/exceptions").await.json()["totalElements"], 1002);
}

#[actix_web::test]
async fn many_are_raised_with_a_result_per_line_on_both_databases() {
    for backend in both() {
        many(backend).await;
    }
}
