//! What refusals tell a client: every wrong member at once with its path, Matcher's numbers, and the way on.

use docket::auth::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api_client::{Api, reply},
    harness::TestApp,
    payments::Payments,
};

const NOTHING: &str = "018f2f8a-3c1e-7b7a-9d0e-4f5a6b7c8d9e";

#[actix_web::test]
async fn a_wrong_type_hides_no_other_wrong_member() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::Manager).await;
    let id = app.raise().await;
    let cases: &[(Method, String, Value, &[&str])] = &[
        (
            Method::POST,
            "/api/v1/notes".into(),
            json!({"entityId": 5, "title": "x".repeat(200)}),
            &["entityId", "entityType", "title"],
        ),
        (
            Method::PATCH,
            format!("/api/exceptions/{id}"),
            json!({"assignedTo": {"id": 5, "firstName": "y".repeat(41), "email": []}, "status": "LOST"}),
            &[
                "assignedTo.email",
                "assignedTo.firstName",
                "assignedTo.id",
                "status",
            ],
        ),
        (
            Method::POST,
            format!("/api/v1/exceptions/{id}/resolve"),
            json!({"resolution": "x".repeat(256), "reason": 7}),
            &["reason", "resolution"],
        ),
        (
            Method::POST,
            format!("/api/v1/exceptions/{id}/adjust-entry"),
            json!({"reasonCode": 1, "notes": "", "amount": "0", "currency": "USD", "effectiveAt": "soon"}),
            &["amount", "effectiveAt", "notes", "reasonCode"],
        ),
        (
            Method::POST,
            "/api/v1/exceptions/bulk/assign".into(),
            json!({"exceptionIds": "all", "assignee": "nobody"}),
            &["assignee", "exceptionIds"],
        ),
        // A thing's two names at once, of which one would not be heard.
        (
            Method::POST,
            "/api/v1/exceptions/bulk/resolve".into(),
            json!({"exceptionIds": [NOTHING], "exception_ids": ["x"], "resolution": "x"}),
            &["exception_ids"],
        ),
        (
            Method::POST,
            format!("/api/v1/exceptions/{id}/assign"),
            json!({"assignee": "a@one.test", "assignedTo": "b@one.test"}),
            &["assignedTo"],
        ),
        (
            Method::POST,
            format!("/api/v1/exceptions/{id}/disputes"),
            json!({"category": true, "description": ""}),
            &["category", "description"],
        ),
        (
            Method::POST,
            "/api/v1/exceptions".into(),
            json!({"type": "SHIP", "description": 5}),
            &["description", "type"],
        ),
    ];
    for (method, path, body, expected) in cases {
        let refused = api.send(method.clone(), path, body, &[]).await;
        assert_eq!(refused.problem(400), "BAD_REQUEST", "{path}");
        let mut paths = refused.wrong_fields();
        paths.sort();
        assert_eq!(&paths, expected, "{path}: {}", refused.text);
        for error in refused.json()["errors"].as_array().unwrap() {
            let pointer = format!("#/{}", error["path"].as_str().unwrap().replace('.', "/"));
            assert_eq!(
                (&error["pointer"], &error["errorCode"]),
                (&json!(pointer), &json!("INVALID_FIELDS"))
            );
        }
    }
    let missing = api
        .post("/api/v1/notes", &json!({"entityType": "CUSTOMER", "title": "x"}))
        .await;
    assert_eq!(missing.wrong_fields(), ["entityId"]);
    assert!(missing.text.contains("entityId is required."));
}

#[actix_web::test]
async fn an_address_that_is_none_is_told_from_an_exception_that_is_gone() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let api = Api::of(&app, Role::Clerk).await;
    let missing = api.get(&format!("/api/v1/exceptions/{id}/claimed")).await;
    assert_eq!(missing.problem(404), "NOT_FOUND");
    assert!(
        missing.text.contains("There is no such address"),
        "{}",
        missing.text
    );
    assert_eq!(missing.json()["code"], "MTCH-0005");
}

#[actix_web::test]
async fn a_transactions_wrong_types_are_told_with_its_wrong_values() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let api = Api::of(&app, Role::Finance).await;
    let made = json!({
        "debitFinancialAccountId": pay.own, "creditFinancialAccountId": 5, "transactionType": "SEND",
        "solution": "ach", "amount": 12.5, "paymentReasonId": "no-such", "metadata": {"a": 1, "rkorACHEntryType": "NOPE"}
    });
    let refused = api.post("/api/v1/transactions", &made).await;
    refused.problem(400);
    let mut paths = refused.wrong_fields();
    paths.sort();
    assert_eq!(
        paths,
        [
            "creditFinancialAccountId",
            "metadata.a",
            "metadata.rkorACHEntryType",
            "paymentReasonId"
        ]
    );
    // A bare number is an amount; nothing was made by what was refused.
    let mut good = made.clone();
    good["creditFinancialAccountId"] = json!(pay.payee);
    good["paymentReasonId"] = json!("payroll");
    good["metadata"] = json!({"rkorACHEntryType": "CCD"});
    let done = api.post("/api/v1/transactions", &good).await;
    assert_eq!(
        (done.status.as_u16(), &done.json()["amount"]),
        (201, &json!("12.50")),
        "{}",
        done.text
    );
    assert_eq!(api.get("/api/v1/transactions").await.json()["totalElements"], 1);
    let edit = json!({"debitFinancialAccountId": pay.own, "creditFinancialAccountId": pay.payee, "amount": 13,
        "paymentReasonId": "payroll", "memo": 4});
    let refused = api.put(done.header("location"), &edit, &[]).await;
    refused.problem(400);
    assert_eq!(refused.wrong_fields(), ["memo"]);
}

#[actix_web::test]
async fn what_is_missing_and_what_is_no_id_have_matchers_numbers() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::Manager).await;
    let id = app.raise().await;
    let code = async |method: Method, path: &str, status: u16| {
        let refused = api
            .send(method, path, &json!({"resolution": "x", "won": true}), &[])
            .await;
        refused.problem(status);
        refused.json()["code"].as_str().unwrap().to_owned()
    };
    for (method, path, number) in [
        (Method::GET, format!("/api/v1/exceptions/{NOTHING}"), "MTCH-0501"),
        (
            Method::POST,
            format!("/api/v1/exceptions/{NOTHING}/resolve"),
            "MTCH-0501",
        ),
        (Method::GET, format!("/api/v1/disputes/{NOTHING}"), "MTCH-0502"),
        (
            Method::POST,
            format!("/api/v1/disputes/{NOTHING}/close"),
            "MTCH-0502",
        ),
        (
            Method::DELETE,
            format!("/api/v1/exceptions/{id}/comments/{NOTHING}"),
            "MTCH-0507",
        ),
        (
            Method::GET,
            format!("/api/v1/transactions/{NOTHING}"),
            "MTCH-0005",
        ),
    ] {
        assert_eq!(code(method, &path, 404).await, number, "{path}");
    }
    for path in [
        "/api/v1/exceptions/no-id".to_owned(),
        "/api/v1/exceptions/no-id/history".into(),
        format!("/api/v1/exceptions/{id}/comments/no-id"),
        "/api/v1/disputes/no-id".into(),
        "/api/v1/governance/audit-logs/no-id".into(),
        "/api/v1/governance/entities/exception/no-id/audit-logs".into(),
    ] {
        let method = if path.contains("comments/") {
            Method::DELETE
        } else {
            Method::GET
        };
        assert_eq!(code(method, &path, 400).await, "MTCH-0001", "{path}");
    }
    for path in [
        "/api/exceptions/no-id",
        "/api/v1/transactions/no-id",
        "/api/v1/notes/no-id",
    ] {
        assert_eq!(api.get(path).await.problem(404), "NOT_FOUND", "{path}");
    }
    let many = api
        .post(
            "/api/v1/exceptions/bulk/resolve",
            &json!({"exceptionIds": [NOTHING], "resolution": "x"}),
        )
        .await;
    let failed = &many.json()["failed"][0];
    assert_eq!(
        (&failed["code"], &failed["errorCode"]),
        (&json!("MTCH-0501"), &json!("NOT_FOUND"))
    );
    // An exception about a transaction that is not linked to any.
    let lone = api
        .post(
            "/api/v1/exceptions",
            &json!({"type": "RECONCILIATION", "description": "Break"}),
        )
        .await;
    let lone = lone.json()["id"].as_str().unwrap().to_owned();
    for (verb, body) in [
        (
            "force-match",
            json!({"overrideReason": "OPS_APPROVAL", "notes": "n"}),
        ),
        (
            "adjust-entry",
            json!({"reasonCode": "OTHER", "notes": "n", "amount": 1, "currency": "USD", "effectiveAt": "2026-11-02"}),
        ),
    ] {
        let refused = api
            .post(&format!("/api/v1/exceptions/{lone}/{verb}"), &body)
            .await;
        assert_eq!(refused.problem(404), "NOT_FOUND");
        assert_eq!(
            (refused.json()["code"].clone(), refused.json()["errors"].clone()),
            (json!("MTCH-0005"), json!([]))
        );
    }
}

#[actix_web::test]
async fn what_may_be_left_out_may_be_empty() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::Manager).await;
    let id = app.raise().await;
    let opened = api
        .post(
            &format!("/api/v1/exceptions/{id}/disputes"),
            &json!({"category": "OTHER", "description": "Twice"}),
        )
        .await;
    let ask = format!("{}/request-evidence", opened.header("location"));
    let asked = reply(api.request(Method::POST, &ask, &[])).await;
    assert_eq!(
        (asked.status.as_u16(), &asked.json()["state"]),
        (200, &json!("PENDING_EVIDENCE")),
        "{}",
        asked.text
    );
    // A body without a type is JSON; one with another type is not taken.
    let path = format!("/api/v1/exceptions/{id}/resolve");
    let body = json!({"resolution": "done", "reason": ""}).to_string();
    let other = api.raw(Method::POST, &path, "text/plain", body.clone()).await;
    assert_eq!(other.problem(415), "UNSUPPORTED_MEDIA_TYPE");
    let plain = reply(api.request(Method::POST, &path, &[]).body(body)).await;
    assert_eq!(
        (plain.status.as_u16(), &plain.json()["status"]),
        (200, &json!("RESOLVED")),
        "{}",
        plain.text
    );
}

#[actix_web::test]
async fn conditions_name_the_exception_and_a_refusal_leads_to_its_present_state() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::Manager).await;
    let id = app.raise().await;
    let exception = format!("/api/v1/exceptions/{id}");
    let tag = api.get(&exception).await.header("etag").to_owned();
    let comment = format!("{exception}/comments");
    let dispute = format!("{exception}/disputes");
    let said = json!({"content": "a", "category": "OTHER", "description": "b"});
    for path in [&comment, &dispute] {
        let stale = api
            .send(Method::POST, path, &said, &[("If-Match", "\"old\"")])
            .await;
        assert_eq!(stale.problem(412), "PRECONDITION_FAILED", "{path}");
        assert_eq!(stale.link("current").unwrap(), exception, "{path}");
        let done = api.send(Method::POST, path, &said, &[("If-Match", &tag)]).await;
        assert_eq!(done.status, 201, "{}", done.text);
    }
}

#[actix_web::test]
async fn a_clients_own_number_comes_back_and_the_root_of_the_api_speaks_json() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::ViewOnly).await;
    for (given, told) in [
        ("call-4711.a:b_c".to_owned(), "call-4711.a:b_c"),
        ("two words".into(), ""),
        ("x".repeat(129), ""),
    ] {
        let answer = reply(api.request(Method::GET, "/api/exceptions", &[("X-Request-Id", &given)])).await;
        assert_eq!(answer.header("x-request-id"), told);
    }
    assert_eq!(api.get("/api").await.problem(404), "NOT_FOUND");
}

#[actix_web::test]
async fn exchanges_are_counted_by_themselves() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::ViewOnly).await;
    let url = app.restart_with(|settings| settings.api_calls_per_minute = 30);
    let exchange = async |secret: &str| {
        let request = api.client.post(format!("{url}/api/v1/api-keys/exchange"));
        reply(request.basic_auth(&api.key.key_id, Some(secret))).await
    };
    assert_eq!(exchange("wrong").await.problem(401), "INVALID_CREDENTIALS");
    let good = exchange(&api.key.secret).await;
    assert_eq!((good.status.as_u16(), good.header("ratelimit-limit")), (200, "3"));
    let mut refused = exchange("wrong").await;
    for _ in 0..50 {
        if refused.status == 429 {
            break;
        }
        refused = exchange("wrong").await;
    }
    assert_eq!(refused.problem(429), "TOO_MANY_REQUESTS");
    assert_eq!(refused.header("ratelimit-remaining"), "0");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    // The calls have a budget of their own.
    let token = good.json()["access_token"].as_str().unwrap().to_owned();
    let call = reply(api.client.get(format!("{url}/api/exceptions")).bearer_auth(token)).await;
    assert_eq!(
        (call.status.as_u16(), call.header("ratelimit-limit")),
        (200, "30")
    );
}
