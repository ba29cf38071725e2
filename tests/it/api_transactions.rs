//! Transactions through the API: reading, the edit, repeats, conditions.

use std::collections::HashSet;

use docket::{
    auth::permission::Role,
    kernel::id::TransactionId,
    policies::limits::PER_TRANSACTION,
    transactions::{NewTransaction, Solution, Status, TransactionRow, queries},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api_client::{Api, reply},
    harness::{Backend, TestApp, both},
    payments::{Payments, usd},
};

fn path(id: TransactionId) -> String {
    format!("/api/v1/transactions/{id}")
}

fn edit(pay: &Payments<'_>, amount: &str) -> Value {
    json!({
        "debitFinancialAccountId": pay.own.to_string(),
        "creditFinancialAccountId": pay.payee.to_string(),
        "amount": amount,
        "paymentReasonId": "payroll",
    })
}

async fn children(app: &TestApp, id: TransactionId) -> Vec<TransactionRow> {
    let account = app.account;
    let all = app
        .app
        .db
        .read(move |c| queries::lineage(c, account, id))
        .await
        .unwrap();
    all.into_iter().filter(|t| t.parent_id == Some(id)).collect()
}

async fn an_edit_answers_with_the_new_transaction(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let mut new = pay.payment(25_000);
    new.metadata.insert("invoice".into(), "A-77".into());
    let row = pay.post(new).await;
    let api = Api::of(&app, Role::Finance).await;
    let before = api.get(&path(row.id)).await;
    assert_eq!(
        before.json(),
        json!({
            "id": row.id.to_string(), "businessAccountId": app.account.to_string(), "metadata": {"invoice": "A-77"},
            "debitFinancialAccountId": pay.own.to_string(), "creditFinancialAccountId": pay.payee.to_string(),
            "transactionType": "SEND", "solution": "ach", "paymentReasonId": "ach-import", "paymentReason": "ACH import",
            "amount": "250.00", "currency": "USD", "settlementPriority": "NEXT_DAY",
            "latestStatus": {"status": "NEW", "message": "Transaction creation successful",
                "createdBy": {"id": "", "type": "internal"}, "createdAt": "2026-11-03T15:00:00.000Z"},
            "createdBy": {"id": "", "type": "internal"}, "createdAt": "2026-11-03T15:00:00.000Z",
            "reversalReason": "", "description": "", "memo": "",
        })
    );
    app.wait(1);
    let done = api.put(&path(row.id), &edit(&pay, "12.5"), &[]).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(done.header("content-type"), "application/json; charset=utf-8");
    let made = done.json();
    assert_eq!(made["parentTransactionId"], row.id.to_string());
    assert_eq!(
        (made["amount"].clone(), made["latestStatus"]["status"].clone()),
        (json!("12.50"), json!("NEW"))
    );
    assert_eq!(
        (made["paymentReason"].clone(), made["metadata"]["invoice"].clone()),
        (json!("Payroll"), json!("A-77"))
    );
    let robot = json!({"id": api.service_account.to_string(), "type": "service-account"});
    assert_eq!(made["createdBy"], robot);
    let old = api.get(&path(row.id)).await.json();
    assert_eq!(
        (
            old["latestStatus"]["status"].clone(),
            old["latestStatus"]["createdBy"].clone()
        ),
        (json!("CANCELLED"), robot)
    );
    let location = done.header("location").to_owned();
    assert_eq!(
        api.get(&location).await.text,
        done.text,
        "the answer is what is there"
    );
    let again = api.put(&path(row.id), &edit(&pay, "12.5"), &[]).await;
    assert_eq!(again.problem(422), "ILLEGAL_TRANSITION");
    assert!(again.text.contains("this one is Cancelled"));
}

#[actix_web::test]
async fn an_edit_answers_with_the_new_transaction_on_both_databases() {
    for backend in both() {
        an_edit_answers_with_the_new_transaction(backend).await;
    }
}

async fn twenty_identical_calls(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(25_000)).await;
    let api = Api::of(&app, Role::Finance).await;
    let body = edit(&pay, "99.00");
    let key = [("idempotency-key", "one-and-the-same")];
    let target = path(row.id);
    let calls = (0..20).map(|_| api.put(&target, &body, &key));
    let replies = futures_util::future::join_all(calls).await;
    assert!(replies.iter().all(|r| r.status == 200));
    let bodies: HashSet<&str> = replies.iter().map(|r| r.text.as_str()).collect();
    assert_eq!(bodies.len(), 1, "all twenty get the same body");
    let first = replies
        .iter()
        .filter(|r| r.header("idempotency-replayed").is_empty())
        .count();
    assert_eq!(first, 1);
    for reply in replies
        .iter()
        .filter(|r| !r.header("idempotency-replayed").is_empty())
    {
        assert_eq!(
            (
                reply.header("idempotency-replayed"),
                reply.header("x-idempotency-replayed")
            ),
            ("true", "true")
        );
        assert_eq!(reply.header("location"), replies[0].header("location"));
    }
    assert_eq!(children(&app, row.id).await.len(), 1);
}

#[actix_web::test]
async fn twenty_identical_calls_at_once_make_one_replacement_and_get_one_answer_on_both_databases() {
    for backend in both() {
        twenty_identical_calls(backend).await;
    }
}

async fn fifty_calls_without_keys(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(25_000)).await;
    let api = Api::of(&app, Role::Finance).await;
    let bodies: Vec<Value> = (1..=50).map(|n| edit(&pay, &format!("{n}.00"))).collect();
    let target = path(row.id);
    let replies = futures_util::future::join_all(bodies.iter().map(|b| api.put(&target, b, &[]))).await;
    assert_eq!(replies.iter().filter(|r| r.status == 200).count(), 1);
    for lost in replies.iter().filter(|r| r.status != 200) {
        assert_eq!(lost.problem(422), "ILLEGAL_TRANSITION");
    }
    assert_eq!(children(&app, row.id).await.len(), 1);
}

#[actix_web::test]
async fn of_fifty_edits_at_once_without_keys_one_wins_and_the_others_are_told_on_both_databases() {
    for backend in both() {
        fifty_calls_without_keys(backend).await;
    }
}

async fn a_key_names_one_request(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(25_000)).await;
    let api = Api::of(&app, Role::Finance).await;
    let key = [("x-idempotency-key", "\"key-with-quotes\"")];
    let refused = api.put(&path(row.id), &edit(&pay, "0"), &key).await;
    assert_eq!(refused.problem(400), "BAD_REQUEST");
    let done = api.put(&path(row.id), &edit(&pay, "5.00"), &key).await;
    assert_eq!(
        done.status, 200,
        "a refusal is not kept: the corrected request may use the key"
    );

    let reordered = format!(
        "{{ \"paymentReasonId\":\"payroll\", \"amount\" : \"5.00\",\n\"creditFinancialAccountId\":\"{}\",\"debitFinancialAccountId\":\"{}\"}}",
        pay.payee, pay.own
    );
    let plain = [
        ("idempotency-key", "key-with-quotes"),
        ("content-type", "application/json"),
    ];
    let same = reply(api.request(Method::PUT, &path(row.id), &plain).body(reordered)).await;
    assert_eq!(
        (same.status.as_u16(), same.text.as_str()),
        (200, done.text.as_str())
    );
    assert_eq!(same.header("idempotency-replayed"), "true");
    let other = api.put(&path(row.id), &edit(&pay, "6.00"), &key).await;
    assert_eq!(other.problem(409), "IDEMPOTENCY_KEY_REUSED");

    let colleague = Api::of(&app, Role::Finance).await;
    let theirs = colleague.put(&path(row.id), &edit(&pay, "5.00"), &key).await;
    assert_eq!(
        theirs.problem(422),
        "ILLEGAL_TRANSITION",
        "another's key is another key"
    );
    app.wait(23 * 60);
    let api = Api {
        token: token(&api).await,
        ..api
    };
    assert_eq!(
        api.put(&path(row.id), &edit(&pay, "5.00"), &key).await.text,
        done.text,
        "after 23 hours"
    );
    app.wait(61);
    let api = Api {
        token: token(&api).await,
        ..api
    };
    let forgotten = api.put(&path(row.id), &edit(&pay, "5.00"), &key).await;
    assert_eq!(forgotten.problem(422), "ILLEGAL_TRANSITION", "after 24 hours");
}

async fn token(api: &Api) -> String {
    let told = api.exchange(&api.key.key_id, &api.key.secret).await.json();
    told["access_token"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_key_names_one_request_of_one_caller_for_a_day_on_both_databases() {
    for backend in both() {
        a_key_names_one_request(backend).await;
    }
}

#[actix_web::test]
async fn a_key_has_six_to_255_visible_characters() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(25_000)).await;
    let api = Api::of(&app, Role::Finance).await;
    for bad in ["12345", &"k".repeat(256), "with blank", ""] {
        let refused = api
            .put(&path(row.id), &edit(&pay, "1.00"), &[("idempotency-key", bad)])
            .await;
        assert_eq!(refused.problem(400), "INVALID_IDEMPOTENCY_KEY", "{bad}");
    }
    let two = [
        ("idempotency-key", "first-key"),
        ("x-idempotency-key", "second-key"),
    ];
    assert_eq!(
        api.put(&path(row.id), &edit(&pay, "1.00"), &two)
            .await
            .problem(400),
        "INVALID_IDEMPOTENCY_KEY"
    );
    let longest = "k".repeat(255);
    assert_eq!(
        api.put(
            &path(row.id),
            &edit(&pay, "1.00"),
            &[("idempotency-key", &longest)]
        )
        .await
        .status,
        200
    );
}

#[actix_web::test]
async fn every_wrong_field_is_named_at_once_and_nothing_is_changed() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let elsewhere = Payments::in_account(&app, app.other).await;
    let row = pay.post(pay.payment(25_000)).await;
    let api = Api::of(&app, Role::Finance).await;
    let never = TransactionId::generate(app.clock.now()).to_string();
    let with = |name: &str, value: Value| {
        let mut body = edit(&pay, "5.00");
        body[name] = value;
        body
    };
    let foreign = api
        .put(
            &path(row.id),
            &with("creditFinancialAccountId", json!(elsewhere.payee.to_string())),
            &[],
        )
        .await;
    let unknown = api
        .put(
            &path(row.id),
            &with("creditFinancialAccountId", json!(never)),
            &[],
        )
        .await;
    let no_id = api
        .put(
            &path(row.id),
            &with("creditFinancialAccountId", json!("kor-zz11")),
            &[],
        )
        .await;
    for refused in [&foreign, &unknown, &no_id] {
        assert_eq!(refused.problem(422), "INVALID_FIELDS");
        assert_eq!(refused.wrong_fields(), ["creditFinancialAccountId"]);
    }
    assert_eq!(
        foreign.json()["errors"],
        unknown.json()["errors"],
        "a stranger's account is like none"
    );
    let all = [
        "debitFinancialAccountId",
        "creditFinancialAccountId",
        "amount",
        "paymentReasonId",
    ];
    let empty = api.put(&path(row.id), &json!({}), &[]).await;
    assert_eq!(empty.problem(400), "BAD_REQUEST");
    assert_eq!(empty.wrong_fields(), all);
    assert_eq!(empty.json()["errors"][2]["pointer"], "#/amount");
    let same = with("creditFinancialAccountId", json!(pay.own.to_string()));
    assert_eq!(api.put(&path(row.id), &same, &[]).await.wrong_fields(), all[..2]);
    let nulls = json!({"debitFinancialAccountId": null, "amount": null});
    assert_eq!(api.put(&path(row.id), &nulls, &[]).await.wrong_fields(), all);
    let over = usd(PER_TRANSACTION + 1).plain();
    for amount in [
        "0",
        "0.00",
        "-1",
        "+1",
        " 1",
        "1e3",
        "１",
        "NaN",
        "1,000",
        "1234567890123",
        "99999999999999999999",
    ] {
        let refused = api.put(&path(row.id), &edit(&pay, amount), &[]).await;
        assert_eq!(
            (refused.problem(400).as_str(), refused.wrong_fields()),
            ("BAD_REQUEST", vec!["amount".into()]),
            "{amount}"
        );
    }
    // What the currency does not have, what we do not take, and a limit are rules, and a number is as good as a text.
    let amounts = [
        json!("1.234"),
        json!("99999999999"),
        json!(over),
        json!(0.001),
        json!(2.5e-308),
        json!(1e11),
    ];
    for amount in amounts {
        let refused = api.put(&path(row.id), &with("amount", amount.clone()), &[]).await;
        assert_eq!(
            (refused.problem(422).as_str(), refused.wrong_fields()),
            ("INVALID_FIELDS", vec!["amount".into()]),
            "{amount}"
        );
    }
    let wordy = with("memo", json!("for you"));
    assert_eq!(
        api.put(&path(row.id), &wordy, &[]).await.wrong_fields(),
        ["memo"],
        "only a wire has a memo"
    );
    for (name, value) in [
        ("amount", json!([5])),
        ("paymentReasonId", json!(["payroll"])),
        ("memo", json!({})),
    ] {
        let refused = api.put(&path(row.id), &with(name, value), &[]).await;
        assert_eq!(refused.problem(400), "BAD_REQUEST");
        assert!(refused.json()["detail"].as_str().unwrap().contains(name));
    }
    assert!(children(&app, row.id).await.is_empty());
    let mass = json!({"id": never, "businessAccountId": app.other.to_string(), "status": "SETTLED", "version": 9,
        "createdAt": "1999-01-01T00:00:00.000Z", "transactionType": "REQUEST", "currency": "JPY"});
    let mut body = edit(&pay, "5.00");
    body.as_object_mut()
        .unwrap()
        .extend(mass.as_object().unwrap().clone());
    let made = api.put(&path(row.id), &body, &[]).await.json();
    assert_eq!(
        (made["transactionType"].clone(), made["currency"].clone()),
        (json!("SEND"), json!("USD"))
    );
    assert_eq!(
        (
            made["latestStatus"]["status"].clone(),
            made["businessAccountId"].clone()
        ),
        (json!("NEW"), json!(app.account.to_string()))
    );
    assert_ne!(made["id"], json!(never));
}

#[actix_web::test]
async fn long_texts_of_a_wire_are_kept_as_they_were_sent() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let wire = NewTransaction {
        solution: Solution::Wire,
        memo: "before".into(),
        ..pay.payment(5_000)
    };
    let row = pay.post(wire).await;
    let api = Api::of(&app, Role::Finance).await;
    let long = "𝄞".repeat(150);
    let mut body = edit(&pay, "5.00");
    body["description"] = json!(long);
    let made = api.put(&path(row.id), &body, &[]).await.json();
    assert_eq!(
        (made["description"].clone(), made["memo"].clone()),
        (json!(long), json!("before"))
    );
    for bad in ["a\u{0}b".to_owned(), "x".repeat(1001)] {
        let mut body = edit(&pay, "5.00");
        body["memo"] = json!(bad);
        let id: TransactionId = made["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(api.put(&path(id), &body, &[]).await.wrong_fields(), ["memo"]);
    }
}

#[actix_web::test]
async fn a_body_is_json_of_a_sensible_size_with_one_meaning() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(25_000)).await;
    let api = Api::of(&app, Role::Finance).await;
    let target = path(row.id);
    let good = edit(&pay, "5.00").to_string();
    for kind in [
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "application/xml",
        "application/json; charset=utf-16",
        "application/problem+json",
    ] {
        let refused = api.raw(Method::PUT, &target, kind, good.clone()).await;
        assert_eq!(refused.problem(415), "UNSUPPORTED_MEDIA_TYPE", "{kind}");
    }
    let packed = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let packed = reply(api.request(Method::PUT, &target, &packed).body(good.clone())).await;
    assert_eq!(packed.problem(415), "UNSUPPORTED_MEDIA_TYPE");
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for bad in [
        "",
        "{",
        "[]",
        "{\"amount\":\"1\",\"amount\":\"2\"}",
        "{} {}",
        "\u{feff}{}",
        "{\"amount\":1e400}",
        &deep,
    ] {
        let refused = api
            .raw(Method::PUT, &target, "application/json", bad.to_owned())
            .await;
        assert_eq!(
            refused.problem(400),
            "BAD_REQUEST",
            "{}",
            &bad[..bad.len().min(40)]
        );
    }
    let padded = |length: usize| format!("{good}{}", " ".repeat(length - good.len()));
    let large = api
        .raw(Method::PUT, &target, "application/json", padded(1024 * 1024 + 1))
        .await;
    assert_eq!(large.problem(413), "TOO_LARGE");
    assert!(children(&app, row.id).await.is_empty());
    let largest = api
        .raw(
            Method::PUT,
            &target,
            "application/json; charset=UTF-8",
            padded(1024 * 1024),
        )
        .await;
    assert_eq!(largest.status, 200);
}

#[actix_web::test]
async fn conditions_are_kept() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(25_000)).await;
    let api = Api::of(&app, Role::Finance).await;
    let tag = api.get(&path(row.id)).await.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "a strong tag");
    for known in [tag.clone(), format!("\"x\", W/{tag}"), "*".into()] {
        let unchanged = reply(api.request(Method::GET, &path(row.id), &[("if-none-match", &known)])).await;
        assert_eq!((unchanged.status.as_u16(), unchanged.text.as_str()), (304, ""));
        assert_eq!(unchanged.header("etag"), tag);
    }
    let changed = reply(api.request(Method::GET, &path(row.id), &[("if-none-match", "\"x\"")])).await;
    assert_eq!(changed.status, 200);
    let body = edit(&pay, "5.00");
    for stale in ["\"x\"".to_owned(), format!("W/{tag}")] {
        let refused = api.put(&path(row.id), &body, &[("if-match", &stale)]).await;
        assert_eq!(refused.problem(412), "PRECONDITION_FAILED", "{stale}");
        assert_eq!(refused.json()["instance"], path(row.id));
    }
    let either = format!("\"x\", {tag}");
    let headers = [
        ("if-match", either.as_str()),
        ("idempotency-key", "with-a-condition"),
    ];
    let done = api.put(&path(row.id), &body, &headers).await;
    assert_eq!(done.status, 200);
    let again = api.put(&path(row.id), &body, &headers).await;
    assert_eq!(
        (again.status.as_u16(), again.text),
        (200, done.text),
        "a repeat is answered though the state has changed"
    );
    assert_ne!(api.get(&path(row.id)).await.header("etag"), tag);
}

#[actix_web::test]
async fn strangers_and_those_without_the_right_change_and_see_nothing() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(25_000)).await;
    let stranger = Api::in_account(&app, app.other, Role::Owner).await;
    let never = TransactionId::generate(app.clock.now());
    for id in [row.id, never] {
        assert_eq!(stranger.get(&path(id)).await.problem(404), "NOT_FOUND");
        assert_eq!(
            stranger
                .put(&path(id), &edit(&pay, "5.00"), &[])
                .await
                .problem(404),
            "NOT_FOUND"
        );
    }
    for role in Role::ALL {
        let api = Api::of(&app, *role).await;
        assert_eq!(api.get(&path(row.id)).await.status, 200);
        let put = api.put(&path(row.id), &json!({}), &[]).await;
        let may = !matches!(role, Role::Admin | Role::ViewOnly);
        assert_eq!(put.status, if may { 400 } else { 403 }, "{role}");
    }
    let account = app.account;
    let stored = app
        .app
        .db
        .read(move |c| queries::get(c, account, row.id))
        .await
        .unwrap();
    assert_eq!(stored.status, Status::New);
}

async fn the_sum_of_a_day_holds(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let api = Api::of(&app, Role::Finance).await;
    let mut targets = Vec::new();
    for _ in 0..20 {
        let row = pay.post(pay.payment(100)).await;
        targets.push((path(row.id), edit(&pay, "600000.00")));
    }
    let replies = futures_util::future::join_all(targets.iter().map(|(t, body)| api.put(t, body, &[]))).await;
    let done = replies.iter().filter(|r| r.status == 200).count();
    assert_eq!(done, 8, "eight of 600,000.00 fit into 5,000,000.00");
    for refused in replies.iter().filter(|r| r.status != 200) {
        assert_eq!(refused.problem(422), "INVALID_FIELDS");
        assert!(
            refused
                .text
                .contains("what is left for this account today, $200,000.00"),
            "{}",
            refused.text
        );
    }
}

#[actix_web::test]
async fn edits_at_once_never_exceed_the_limit_of_a_day_on_both_databases() {
    for backend in both() {
        the_sum_of_a_day_holds(backend).await;
    }
}
