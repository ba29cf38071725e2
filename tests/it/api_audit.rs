//! Matcher's audit log through the API: list, one record, of one thing, verification.

use diesel::{RunQueryDsl, sql_query};
use docket::auth::permission::Role;
use serde_json::json;

use crate::{
    api_client::{Api, keys},
    harness::{Backend, TestApp, both},
};

const PATH: &str = "/api/v1/governance/audit-logs";

async fn refused(api: &Api) {
    let refused = api
        .get(&format!("{PATH}?action=X&entity_type=Y&date_from=Z&limit=a"))
        .await;
    refused.problem(400);
    assert_eq!(
        refused.wrong_fields(),
        ["action", "entity_type", "date_from", "limit"]
    );
    for named in [
        "BULK_ASSIGN",
        "EVIDENCE_SUBMITTED",
        "FORCE_MATCH",
        "STATUS_CHANGE",
        "FINANCIAL_ACCOUNT",
    ] {
        assert!(refused.text.contains(named), "{named} is named");
    }
    assert_eq!(api.get(&format!("{PATH}/x")).await.problem(400), "BAD_REQUEST");
    for unknown in ["00000000-0000-8000-8000-000000000001", "verify/x"] {
        assert_eq!(
            api.get(&format!("{PATH}/{unknown}")).await.problem(404),
            "NOT_FOUND",
            "{unknown}"
        );
    }
}

async fn log(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let api = Api::of(&app, Role::Manager).await;
    let id = app.raise().await;
    api.post(
        &format!("/api/v1/exceptions/{id}/assign"),
        &json!({"assignee": "clerk@one.test"}),
    )
    .await;
    api.post(
        &format!("/api/v1/exceptions/{id}/resolve"),
        &json!({"resolution": "done"}),
    )
    .await;

    let all = api.get(&format!("{PATH}?limit=200")).await.json();
    let rows = all["items"].as_array().unwrap();
    assert_eq!(
        keys(&rows[0]),
        [
            "action",
            "actorId",
            "actorName",
            "changes",
            "createdAt",
            "entityId",
            "entityType",
            "hashVersion",
            "id",
            "prevHash",
            "recordHash",
            "tenantId",
            "tenantSeq"
        ]
    );
    assert_eq!(
        (rows[0]["action"].clone(), rows[0]["entityType"].clone()),
        (json!("NO_ACTION"), json!("exception"))
    );
    assert_eq!(rows[0]["tenantSeq"], rows.len(), "the newest first");
    for (later, earlier) in rows.iter().zip(&rows[1..]) {
        assert_eq!(
            later["prevHash"], earlier["recordHash"],
            "each names the one before"
        );
    }
    assert_eq!(
        rows.last().unwrap()["prevHash"],
        "",
        "the first has none before it"
    );
    let one = api
        .get(&format!("{PATH}/{}", rows[0]["id"].as_str().unwrap()))
        .await;
    assert_eq!(one.json(), rows[0]);

    let mut followed = Vec::new();
    let mut next = Some(format!("{PATH}?limit=2"));
    while let Some(address) = next {
        let reply = api.get(&address).await;
        followed.extend(reply.json()["items"].as_array().unwrap().clone());
        next = reply.link("next");
    }
    assert_eq!(&followed, rows);

    let count = async |query: &str| {
        api.get(&format!("{PATH}?{query}")).await.json()["items"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(count("action=no_action").await, 1);
    assert_eq!(count("action=ASSIGNED_TO&entity_type=exception").await, 1);
    assert_eq!(
        count("entity_type=service_account").await,
        2,
        "the account and its key"
    );
    assert_eq!(count("actor=owner@one.test").await, 1, "who raised it");
    assert_eq!(count(&format!("actor={}", api.service_account)).await, 4);
    assert_eq!(count("actor=nobody@one.test").await, 0);
    assert_eq!(count("date_from=2026-11-04").await, 0);
    let of_it = api
        .get(&format!("/api/v1/governance/entities/exception/{id}/audit-logs"))
        .await
        .json();
    assert_eq!(of_it["items"].as_array().unwrap().len(), 5);
    refused(&api).await;
    strangers_see_nothing(&app, rows[0]["id"].as_str().unwrap(), &id.to_string()).await;
}

async fn strangers_see_nothing(app: &TestApp, record: &str, id: &str) {
    let stranger = Api::in_account(app, app.other, Role::Owner).await;
    assert_eq!(
        stranger.get(&format!("{PATH}/{record}")).await.problem(404),
        "NOT_FOUND"
    );
    let theirs = stranger
        .get(&format!("/api/v1/governance/entities/exception/{id}/audit-logs"))
        .await;
    assert_eq!(theirs.json()["items"], json!([]));
    for role in [Role::Clerk, Role::Finance, Role::ViewOnly] {
        let api = Api::of(app, role).await;
        let refused = api.get(PATH).await;
        assert_eq!(refused.problem(403), "FORBIDDEN");
        assert!(refused.header("www-authenticate").contains("scope=\"audit\""));
    }
}

#[actix_web::test]
async fn the_audit_log_is_read_on_both_databases() {
    for backend in both() {
        log(backend).await;
    }
}

async fn actions(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let api = Api::of(&app, Role::Manager).await;
    let id = app.raise().await;
    let many = |verb: &str| format!("/api/v1/exceptions/bulk/{verb}");
    api.post(
        &many("assign"),
        &json!({"exceptionIds": [id], "assignee": "clerk@one.test"}),
    )
    .await;
    let opened = api
        .post(
            &format!("/api/v1/exceptions/{id}/disputes"),
            &json!({"category": "OTHER", "description": "Twice"}),
        )
        .await;
    let dispute = opened.header("location").to_owned();
    let on_it = async |verb: &str, body: serde_json::Value| {
        let done = api.post(&format!("{dispute}/{verb}"), &body).await;
        assert_eq!(done.status, 200, "{}", done.text);
    };
    on_it("evidence", json!({"comment": "a"})).await;
    on_it("evidence", json!({"comment": "b"})).await;
    on_it("request-evidence", json!({"comment": "c"})).await;
    on_it("close", json!({"resolution": "d", "won": false})).await;
    on_it("reopen", json!({"reason": "e"})).await;
    on_it("close", json!({"resolution": "f", "won": true})).await;
    api.post(
        &many("resolve"),
        &json!({"exceptionIds": [id], "resolution": "done"}),
    )
    .await;
    let told = |body: serde_json::Value| -> Vec<String> {
        let items = body["items"].as_array().unwrap();
        let mut names: Vec<String> = items
            .iter()
            .map(|i| i["action"].as_str().unwrap().to_owned())
            .filter(|name| {
                !["CREATE", "STATUS_CHANGE", "DUE", "SEVERITY", "COMMENT"].contains(&name.as_str())
            })
            .collect();
        names.reverse();
        names
    };
    let expected = [
        "BULK_ASSIGN",
        "DISPUTE_OPENED",
        "EVIDENCE_SUBMITTED",
        "EVIDENCE_SUBMITTED",
        "EVIDENCE_REQUESTED",
        "DISPUTE_LOST",
        "DISPUTE_REOPENED",
        "DISPUTE_WON",
        "BULK_RESOLVE",
    ];
    let history = api
        .get(&format!("/api/v1/exceptions/{id}/history?limit=200"))
        .await;
    assert_eq!(told(history.json()), expected);
    let governed = format!("/api/v1/governance/entities/exception/{id}/audit-logs?limit=200");
    assert_eq!(told(api.get(&governed).await.json()), expected);
    for name in expected {
        let found = told(
            api.get(&format!("{PATH}?action={}", name.to_lowercase()))
                .await
                .json(),
        );
        let times = expected.iter().filter(|n| **n == name).count();
        assert_eq!(found, vec![name; times], "{name}");
    }
    for known in [
        "DISPATCH",
        "CALLBACK_PROCESSED",
        "CALLBACK_DUPLICATE_IGNORED",
        "FORCE_MATCH",
        "ADJUST_ENTRY",
    ] {
        let none = api.get(&format!("{PATH}?action={known}")).await;
        assert_eq!(
            (none.status.as_u16(), &none.json()["items"]),
            (200, &json!([])),
            "{known}"
        );
    }
    let stranger = Api::in_account(&app, app.other, Role::Owner).await;
    assert_eq!(stranger.get(&governed).await.json()["items"], json!([]));
}

#[actix_web::test]
async fn what_was_done_has_matchers_names_and_disputes_are_in_the_exceptions_trail_on_both_databases() {
    for backend in both() {
        actions(backend).await;
    }
}

#[actix_web::test]
async fn the_chain_is_verified_and_the_first_broken_record_is_named() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::Admin).await;
    app.raise_many(4).await; // after two records of the service account
    let verify = async |query: &str| api.get(&format!("{PATH}/verify{query}")).await.json();
    assert_eq!(
        verify("").await,
        json!({"intact": true, "truncated": false, "verifiedCount": 6})
    );
    assert_eq!(
        verify("?maxRecords=3").await,
        json!({"intact": true, "truncated": true, "verifiedCount": 3})
    );
    for bad in ["0", "10001", "x"] {
        api.get(&format!("{PATH}/verify?maxRecords={bad}"))
            .await
            .problem(400);
    }
    let mut conn = app.intruder();
    for sql in [
        "DROP TRIGGER history_events_are_not_changed",
        "UPDATE history_events SET description = 'nothing happened' WHERE seq = 5",
    ] {
        sql_query(sql).execute(&mut conn).unwrap();
    }
    let broken = json!({"intact": false, "truncated": false, "verifiedCount": 4, "firstBrokenSeq": 5});
    assert_eq!(verify("").await, broken);
    assert_eq!(
        verify("?maxRecords=4").await,
        json!({"intact": true, "truncated": true, "verifiedCount": 4})
    );
    assert_eq!(verify("?maxRecords=5").await["firstBrokenSeq"], 5);
}
