//! RocketKOR's lists and small calls: transactions, their histories, payment reasons, financial accounts, notes.

use docket::{
    auth::permission::Role,
    kernel::id::{FinancialAccountId, TransactionId},
    transactions::{Kind, NewTransaction, Status, TransactionRow, commands::move_to},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api_client::{Api, Reply, keys, reply},
    harness::{Backend, TestApp, both},
    payments::Payments,
};

fn ids(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    let told = reply.json();
    let rows = told["content"].as_array().unwrap();
    rows.iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

async fn moved(pay: &Payments<'_>, row: &TransactionRow, to: Status) -> TransactionRow {
    let (actor, row) = (pay.actor.clone(), row.clone());
    pay.write(move |tx| move_to(tx, &actor, &row, to, "Moved along"))
        .await
        .unwrap()
}

async fn transactions(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let api = Api::of(&app, Role::ViewOnly).await;
    let mut rows = Vec::new();
    for (minor, kind) in [(100, Kind::Send), (25_000, Kind::Send), (25_000, Kind::Request)] {
        app.wait(1);
        let new = NewTransaction {
            kind,
            ..pay.payment(minor)
        };
        rows.push(pay.post(new).await);
    }
    let other = pay.account("Ada Moss", "000987654242").await;
    app.wait(1);
    rows.push(
        pay.post(NewTransaction {
            credit_account_id: other,
            ..pay.payment(700)
        })
        .await,
    );
    moved(&pay, &rows[0], Status::Pending).await;
    let by = |order: &[usize]| order.iter().map(|i| rows[*i].id.to_string()).collect::<Vec<_>>();

    let all = api.get("/api/v1/transactions").await;
    assert_eq!(ids(&all), by(&[3, 2, 1, 0]), "the newest first");
    let told = all.json();
    assert_eq!(
        (told["totalElements"].clone(), told["hasNext"].clone()),
        (json!(4), json!(false))
    );
    assert_eq!(
        keys(&told["content"][3]),
        [
            "amount",
            "businessAccountId",
            "createdAt",
            "createdBy",
            "creditFinancialAccountId",
            "currency",
            "debitFinancialAccountId",
            "description",
            "id",
            "latestStatus",
            "memo",
            "metadata",
            "paymentReason",
            "paymentReasonId",
            "reversalReason",
            "settlementPriority",
            "solution",
            "transactionType"
        ]
    );
    let one = api
        .get(&format!("/api/v1/transactions/{}", rows[0].id))
        .await
        .json();
    assert_eq!(told["content"][3], one, "a row is as the transaction itself");
    assert_eq!(one["latestStatus"]["status"], "PENDING");

    filtered(&pay, &api, &rows, other).await;
    let stranger = Api::in_account(&app, app.other, Role::Owner).await;
    let theirs = stranger
        .get(&format!("/api/v1/transactions?creditFinancialAccountId={other}"))
        .await;
    assert_eq!(ids(&theirs), Vec::<String>::new());
    happened(&api, &stranger, rows[0].id).await;
    cancelled(&app, &rows).await;
}

async fn filtered(pay: &Payments<'_>, api: &Api, rows: &[TransactionRow], other: FinancialAccountId) {
    let by = |order: &[usize]| order.iter().map(|i| rows[*i].id.to_string()).collect::<Vec<_>>();
    let own = pay.own;
    for (query, order) in [
        ("sort=amount,ASC&sort=createdAt,ASC".to_owned(), vec![0, 3, 1, 2]),
        ("sort=latestStatus,DESC&sort=id,ASC".into(), vec![0, 1, 2, 3]),
        ("latestStatus=PENDING".into(), vec![0]),
        ("transactionType=REQUEST".into(), vec![2]),
        ("solution=ACH".into(), vec![3, 2, 1, 0]),
        ("transactionType=DEPOSIT".into(), vec![]),
        ("transactionType=WITHDRAWAL".into(), vec![]),
        ("transactionType=ADJUSTMENT".into(), vec![]),
        ("solution=PUSH_TO_CARD".into(), vec![]),
        ("solution=ADJUSTMENT".into(), vec![]),
        ("amountFrom=7&amountTo=250.00".into(), vec![3, 2, 1]),
        ("maskedCreditAccountNumber=4242".into(), vec![3]),
        ("maskedCreditAccountNumber=******4242".into(), vec![3]),
        ("maskedDebitAccountNumber=4242".into(), vec![]),
        (format!("debitFinancialAccountId={own}"), vec![3, 2, 1, 0]),
        (format!("creditFinancialAccountId={other}"), vec![3]),
        ("requestorType=internal".into(), vec![3, 2, 1, 0]),
        ("createdByType=EMPLOYEE".into(), vec![]),
        ("createdByType=CUSTOMER".into(), vec![]),
        ("paymentReasonId=payroll".into(), vec![]),
        (
            "createdDateFrom=2026-11-03&createdDateTo=2026-11-03&timeZone=America/New_York".into(),
            vec![3, 2, 1, 0],
        ),
        ("createdDateFrom=2026-11-04".into(), vec![]),
    ] {
        assert_eq!(
            ids(&api.get(&format!("/api/v1/transactions?{query}")).await),
            by(&order),
            "{query}"
        );
    }
    let mut followed = Vec::new();
    let mut next = Some("/api/v1/transactions?sort=amount,DESC&size=1".to_owned());
    while let Some(address) = next {
        let reply = api.get(&address).await;
        followed.extend(ids(&reply));
        next = reply.link("next");
    }
    assert_eq!(followed, by(&[2, 1, 3, 0]));
    let refused = api
        .get("/api/v1/transactions?latestStatus=X&transactionType=Y&amountFrom=1e3&debitFinancialAccountId=1&maskedDebitAccountNumber=12345&sort=memo")
        .await;
    refused.problem(400);
    assert_eq!(
        refused.wrong_fields(),
        [
            "transactionType",
            "amountFrom",
            "latestStatus",
            "debitFinancialAccountId",
            "maskedDebitAccountNumber",
            "sort"
        ]
    );
}

async fn happened(api: &Api, stranger: &Api, id: TransactionId) {
    for path in ["statuses", "status"] {
        let told = api.get(&format!("/api/v1/transactions/{id}/{path}")).await.json();
        let entries = told.as_array().unwrap();
        let statuses: Vec<&Value> = entries.iter().map(|e| &e["status"]).collect();
        assert_eq!(statuses, ["PENDING", "NEW"], "a bare array, the newest first");
        assert_eq!(keys(&entries[0]), ["createdAt", "createdBy", "message", "status"]);
    }
    let path = format!("/api/v1/transaction-histories?transactionId={id}");
    let told = api.get(&path).await.json();
    assert_eq!(
        (
            told["totalElements"].clone(),
            told["content"][0]["eventType"].clone()
        ),
        (json!(2), json!("STATUS_CHANGE"))
    );
    assert_eq!(
        keys(&told["content"][0]),
        [
            "createdAt",
            "createdBy",
            "description",
            "eventType",
            "id",
            "transactionId"
        ]
    );
    let oldest = api.get(&format!("{path}&sort=createdAt,ASC&size=1")).await;
    assert_eq!(oldest.json()["content"][0]["eventType"], "CREATE");
    assert_eq!(
        api.get(&oldest.link("next").unwrap()).await.json()["content"][0]["eventType"],
        "STATUS_CHANGE"
    );
    let missing = api.get("/api/v1/transaction-histories").await;
    assert_eq!(
        (missing.problem(400).as_str(), missing.wrong_fields()),
        ("BAD_REQUEST", vec!["transactionId".into()])
    );
    assert_eq!(
        api.get("/api/v1/transaction-histories?transactionId=x")
            .await
            .problem(404),
        "NOT_FOUND"
    );
    for path in [path, format!("/api/v1/transactions/{id}/statuses")] {
        assert_eq!(stranger.get(&path).await.problem(404), "NOT_FOUND");
    }
    let reasons = api.get("/api/v1/payment-reasons").await.json();
    assert!(
        reasons
            .as_array()
            .unwrap()
            .contains(&json!({"reason": "loan-payouts", "description": "Loan payouts"}))
    );
}

async fn cancelled(app: &TestApp, rows: &[TransactionRow]) {
    let finance = Api::of(app, Role::Finance).await;
    let delete = async |api: &Api, id: TransactionId, headers: &[(&str, &str)]| {
        reply(api.request(Method::DELETE, &format!("/api/v1/transactions/{id}"), headers)).await
    };
    let reader = Api::of(app, Role::ViewOnly).await;
    assert_eq!(delete(&reader, rows[0].id, &[]).await.problem(403), "FORBIDDEN");
    assert_eq!(
        delete(&finance, rows[0].id, &[("if-match", "\"x\"")])
            .await
            .problem(412),
        "PRECONDITION_FAILED"
    );
    let gone = delete(&finance, rows[0].id, &[]).await;
    assert_eq!((gone.status.as_u16(), gone.text.as_str()), (204, ""));
    let after = finance
        .get(&format!("/api/v1/transactions/{}", rows[0].id))
        .await
        .json();
    assert_eq!(after["latestStatus"]["status"], "CANCELLED");
    assert_eq!(
        delete(&finance, rows[0].id, &[]).await.problem(422),
        "ILLEGAL_TRANSITION"
    );
    assert_eq!(
        delete(&finance, TransactionId::generate(app.clock.now()), &[])
            .await
            .problem(404),
        "NOT_FOUND"
    );
}

#[actix_web::test]
async fn transactions_are_listed_followed_and_cancelled_on_both_databases() {
    for backend in both() {
        transactions(backend).await;
    }
}

async fn accounts(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    app.wait(1);
    let other = pay.account("Ada_Moss", "000987654242").await;
    let (api, reader) = (
        Api::of(&app, Role::Finance).await,
        Api::of(&app, Role::ViewOnly).await,
    );
    let path = |id: FinancialAccountId| format!("/api/v1/financial-accounts/{id}");
    let shown = reader.get(&path(other)).await;
    assert_eq!(
        shown.keys(),
        [
            "bankAccount",
            "businessAccountId",
            "category",
            "createdAt",
            "createdBy",
            "currency",
            "defaultFlag",
            "id",
            "maskedAccountNumber",
            "name",
            "state",
            "subtype",
            "type",
            "updatedAt",
            "updatedBy",
            "verificationStatus",
            "version"
        ]
    );
    assert_eq!(
        (
            shown.json()["maskedAccountNumber"].clone(),
            shown.json()["bankAccount"]["accountNumberTail"].clone()
        ),
        (json!("******4242"), json!("4242"))
    );
    assert!(!shown.text.contains("000987654242"));
    let (own, payee) = (pay.own.to_string(), pay.payee.to_string());
    let other_id = other.to_string();
    let all = [&own, &payee, &other_id];
    for (query, of) in [
        ("sort=createdAt,DESC&size=1", vec![2]),
        ("categories=INTERNAL", vec![0]),
        ("categories=EXTERNAL,INTEGRATED", vec![1, 2]),
        ("accountHolderTypes=BUSINESS_ACCOUNT", vec![0]),
        ("accountHolderTypes=CUSTOMER&categories=INTERNAL", vec![]),
        ("name=a_m", vec![2]),
        ("name=DOV", vec![1]),
        ("type=CARD", vec![]),
        ("state=ACTIVE&categories=INTERNAL", vec![0]),
        ("defaultFlag=true", vec![]),
        ("cardStartingNumbers=4111", vec![]),
        ("defaultFlag=false&categories=INTERNAL", vec![0]),
        ("parentId=x", vec![]),
    ] {
        let mut found = ids(&reader.get(&format!("/api/v1/financial-accounts?{query}")).await);
        found.sort();
        let mut expected: Vec<String> = of.iter().map(|i| all[*i].clone()).collect();
        expected.sort();
        assert_eq!(found, expected, "{query}");
    }
    let refused = reader
        .get("/api/v1/financial-accounts?type=SHIP&state=X&categories=Y&sort=colour")
        .await;
    refused.problem(400);
    assert_eq!(refused.wrong_fields(), ["categories", "type", "state", "sort"]);

    let act = async |api: &Api, verb: &str| {
        reply(api.request(Method::POST, &format!("{}/{verb}", path(other)), &[])).await
    };
    assert_eq!(act(&reader, "suspend").await.problem(403), "FORBIDDEN");
    assert_eq!(act(&api, "suspend").await.status, 204);
    assert_eq!(api.get(&path(other)).await.json()["state"], "SUSPENDED");
    assert_eq!(act(&api, "suspend").await.problem(422), "ILLEGAL_TRANSITION");
    let body = json!({"reason": "The holder called"});
    let undone = api
        .put(
            &format!("{}/unsuspend", path(other)),
            &body,
            &[("idempotency-key", "unsuspend-it")],
        )
        .await;
    assert_eq!(undone.status, 204, "{}", undone.text);
    assert_eq!(api.get(&path(other)).await.json()["state"], "ACTIVE");
    let stranger = Api::in_account(&app, app.other, Role::Owner).await;
    assert_eq!(stranger.get(&path(other)).await.problem(404), "NOT_FOUND");
    assert_eq!(act(&stranger, "suspend").await.problem(404), "NOT_FOUND");
}

#[actix_web::test]
async fn financial_accounts_are_listed_and_suspended_on_both_databases() {
    for backend in both() {
        accounts(backend).await;
    }
}

async fn notes(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(100)).await;
    let (api, reader) = (
        Api::of(&app, Role::Clerk).await,
        Api::of(&app, Role::ViewOnly).await,
    );
    let body = json!({"entityId": row.id.to_string(), "entityType": "TRANSACTION", "title": "R03", "contentText": "call customer"});
    let made = api
        .send(
            Method::POST,
            "/api/v1/notes",
            &body,
            &[("idempotency-key", "note-once")],
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(
        made.keys(),
        [
            "businessAccountId",
            "contentText",
            "contentType",
            "createdAt",
            "createdBy",
            "entityId",
            "entityType",
            "externalUrl",
            "id",
            "sizeInBytes",
            "title",
            "updatedAt",
            "updatedBy"
        ]
    );
    assert_eq!(
        (
            made.json()["sizeInBytes"].clone(),
            made.json()["contentType"].clone()
        ),
        (json!(0), json!(""))
    );
    let again = api
        .send(
            Method::POST,
            "/api/v1/notes",
            &body,
            &[("idempotency-key", "note-once")],
        )
        .await;
    assert_eq!(again.text, made.text);
    let path = made.header("location").to_owned();
    assert_eq!(reader.get(&path).await.text, made.text);
    app.wait(1);
    let list = format!("/api/v1/notes?entityId={}&entityType=TRANSACTION", row.id);
    let second = api
        .post(
            "/api/v1/notes",
            &json!({"entityId": row.id.to_string(), "entityType": "TRANSACTION", "title": "Again"}),
        )
        .await;
    let told = reader.get(&list).await.json();
    assert_eq!(
        (told["totalElements"].clone(), told["content"].clone()),
        (json!(2), json!([second.json(), made.json()]))
    );

    changed(&api, &path, &made).await;
    notes_refused(&app, [&api, &reader], &body, [&path, &list]).await;
}

async fn changed(api: &Api, path: &str, made: &Reply) {
    let tag = made.header("etag").to_owned();
    let changed = api
        .send(
            Method::PATCH,
            path,
            &json!({"title": "R03 again"}),
            &[("if-match", &tag)],
        )
        .await;
    assert_eq!(
        (
            changed.json()["title"].clone(),
            changed.json()["contentText"].clone()
        ),
        (json!("R03 again"), json!("call customer"))
    );
    let stale = api
        .send(Method::PATCH, path, &json!({"title": "x"}), &[("if-match", &tag)])
        .await;
    assert_eq!(stale.problem(412), "PRECONDITION_FAILED");
    assert_eq!(
        api.send(Method::PATCH, path, &json!({}), &[]).await.problem(400),
        "BAD_REQUEST"
    );
    let long = json!({"title": "x".repeat(129), "contentText": "y".repeat(1001)});
    let refused = api.send(Method::PATCH, path, &long, &[]).await;
    assert_eq!(
        (refused.problem(400).as_str(), refused.wrong_fields()),
        ("BAD_REQUEST", vec!["title".into(), "contentText".into()])
    );
}

async fn notes_refused(app: &TestApp, [api, reader]: [&Api; 2], body: &Value, [path, list]: [&str; 2]) {
    let wrong = api
        .post("/api/v1/notes", &json!({"entityType": "EXCEPTION"}))
        .await;
    wrong.problem(400);
    assert_eq!(wrong.wrong_fields(), ["entityId", "entityType", "contentText"]);
    let stranger = Api::in_account(app, app.other, Role::Owner).await;
    let theirs = stranger.post("/api/v1/notes", body).await;
    assert_eq!(
        (theirs.problem(422).as_str(), theirs.wrong_fields()),
        ("INVALID_FIELDS", vec!["entityId".into()])
    );
    assert_eq!(stranger.get(path).await.problem(404), "NOT_FOUND");
    assert_eq!(stranger.get(list).await.json()["totalElements"], 0);
    assert_eq!(reader.post("/api/v1/notes", body).await.problem(403), "FORBIDDEN");
    let refused = reader.get("/api/v1/notes?entityType=SHIP").await;
    refused.problem(400);
    assert_eq!(refused.wrong_fields(), ["entityId", "entityType"]);
}

#[actix_web::test]
async fn notes_are_written_listed_and_changed_on_both_databases() {
    for backend in both() {
        notes(backend).await;
    }
}
