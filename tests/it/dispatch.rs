//! Handing exceptions to outside systems: what is sent, when it is sent again, and what becomes of the exception.

use std::{process::Command, time::Duration};

use docket::{
    auth::permission::Role,
    dispatch::{
        commands,
        model::{DispatchRow, DispatchState, Handover, MOST_ATTEMPTS, Target},
        queries,
    },
    exceptions::{claim, model::Status},
    kernel::{
        error::{AppResult, Code},
        id::ExceptionId,
    },
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api_client::{Api, keys},
    connectors::{connect, connector, docket_on},
    harness::{Backend, TestApp, both},
    tracker::{Answer, TOKEN, Tracker},
};

/// Lets time pass until it is so.
pub async fn until(app: &TestApp, step: Duration, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..600 {
        if is_so().await {
            return;
        }
        app.clock.advance(step);
        app.app.jobs.wake();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}

/// In steps so small that a session lives through them.
pub const SOON: Duration = Duration::from_secs(1);

pub async fn hand_over(app: &TestApp, role: Role, id: ExceptionId, target: Target) -> AppResult<DispatchRow> {
    let (actor, wanted) = (
        app.actor(role).await,
        Handover {
            target,
            queue: "Payment ops".into(),
        },
    );
    app.app
        .db
        .write(app.account, move |tx| {
            commands::dispatch(tx, &actor, id, &wanted, None).map(|(_, row)| row)
        })
        .await
}

pub async fn latest(app: &TestApp, id: ExceptionId) -> DispatchRow {
    let account = app.account;
    let found = app
        .app
        .db
        .read(move |conn| queries::latest(conn, account, id))
        .await;
    found.unwrap().unwrap()
}

async fn recall(app: &TestApp, role: Role, id: ExceptionId) -> AppResult<Status> {
    let actor = app.actor(role).await;
    app.app
        .db
        .write(app.account, move |tx| {
            claim::recall(tx, &actor, id, None).map(|row| row.status)
        })
        .await
}

async fn ended(app: &TestApp, id: ExceptionId) -> DispatchRow {
    until(app, SOON, "it ended", async || {
        latest(app, id).await.state != DispatchState::Waiting
    })
    .await;
    latest(app, id).await
}

async fn handed_over(backend: Backend) {
    let app = docket_on(backend).await;
    let tracker = Tracker::start();
    for target in Target::CALLED {
        connect(&app, target, &tracker.url).await;
    }
    for (target, issue, page) in [
        (Target::Jira, "PAY-1", "/browse/PAY-1"),
        (
            Target::ServiceNow,
            "INC0010002",
            "/nav_to.do?uri=incident.do%3Fsys_id%3Da9e30c7dc61122760116894de7bcc7bd",
        ),
        (Target::Webhook, "T-3", "https://tracker.example.com/T-3"),
    ] {
        let id = app.raise().await;
        app.take(id, Role::Clerk).await;
        let begun = hand_over(&app, Role::Clerk, id, target).await.unwrap();
        assert_eq!(begun.state, DispatchState::Waiting);
        let at_once = app.exception(id).await;
        assert_eq!(
            (at_once.status, at_once.external_system),
            (Status::PendingResolution, None)
        );
        let row = ended(&app, id).await;
        assert_eq!(
            (row.state, row.attempts),
            (DispatchState::Delivered, 1),
            "{target}: {}",
            row.last_outcome
        );
        let there = app.exception(id).await;
        assert_eq!(there.status, Status::PendingResolution);
        assert_eq!(there.external_system.as_deref(), Some(target.as_str()));
        assert_eq!(there.external_issue_id.as_deref(), Some(issue));
        let url = there.external_url.unwrap();
        assert!(url.ends_with(page), "{url}");
        let sent = tracker.posted().pop().unwrap();
        assert_eq!(sent.header("idempotency-key"), row.id.to_string());
        assert_eq!(sent.body, row.body);
        shapes(target, &sent.json(), id, &row);
        assert_eq!(
            sent.header("webhook-signature").is_empty(),
            target != Target::Webhook
        );
        let shown = app.as_clerk().await.get(&format!("/exceptions/{id}")).await;
        assert!(
            shown.says(issue) && shown.says("Handed over") && shown.says("Recall"),
            "{}",
            shown.text
        );
        assert!(
            shown.says(&format!("{} has it as {issue}", target.named())),
            "{}",
            shown.text
        );
        assert!(!shown.text.contains(TOKEN));
    }
    let waiting = app.as_clerk().await.get("/exceptions?tab=waiting").await;
    assert_eq!(waiting.find("tbody tr").len(), 3);
    let found = Api::of(&app, Role::ViewOnly)
        .await
        .get("/api/v1/exceptions?external_system=jira")
        .await;
    let items = found.json()["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), 1, "{}", found.text);
    assert_eq!(
        (&items[0]["externalSystem"], &items[0]["externalIssueId"]),
        (&json!("JIRA"), &json!("PAY-1"))
    );
    // By hand nobody is called, and it is there at once.
    let id = app.raise().await;
    let row = hand_over(&app, Role::Clerk, id, Target::Manual).await.unwrap();
    assert_eq!(row.state, DispatchState::Delivered);
    assert_eq!(app.exception(id).await.external_system.as_deref(), Some("MANUAL"));
}

/// What the documents of each say, and ours for messages.
fn shapes(target: Target, body: &Value, id: ExceptionId, row: &DispatchRow) {
    match target {
        Target::Jira => {
            let fields = &body["fields"];
            assert_eq!(
                fields["summary"],
                "[MEDIUM] R01 Insufficient Funds 123.54 USD Paul Jones"
            );
            assert_eq!(fields["priority"]["name"], "Medium");
            assert_eq!(
                fields["labels"],
                json!(["docket", format!("docket-{}", row.id), "Payment-ops"])
            );
            assert!(
                fields["description"]
                    .to_string()
                    .contains(&format!("/exceptions/{id}"))
            );
        }
        Target::ServiceNow => {
            assert_eq!(body["correlation_id"], json!(row.id));
            assert_eq!(body["assignment_group"], "Payment ops");
            assert_eq!((&body["impact"], &body["urgency"]), (&json!("2"), &json!("3")));
            assert!(
                body["description"]
                    .as_str()
                    .unwrap()
                    .contains("Account: ••••6789")
            );
        }
        Target::Webhook | Target::Manual => {
            assert_eq!(
                (&body["type"], &body["id"]),
                (&json!("exception.dispatched"), &json!(row.id))
            );
            let data = &body["data"];
            assert_eq!(
                (&data["exceptionId"], &data["queue"]),
                (&json!(id), &json!("Payment ops"))
            );
            assert_eq!(
                (&data["amount"], &data["returnCode"]),
                (&json!("123.54"), &json!("R01"))
            );
        }
    }
}

#[actix_web::test]
async fn an_exception_is_handed_over_as_each_system_documents_it_on_both_databases() {
    for backend in both() {
        handed_over(backend).await;
    }
}

async fn comes_back(backend: Backend) {
    let app = docket_on(backend).await;
    let tracker = Tracker::start();
    connect(&app, Target::Jira, &tracker.url).await;
    let refusal = r#"{"errorMessages":[],"errors":{"project":"valid project is required"}}"#;
    // From each status that it can be handed over in, it goes back there.
    for status in [Status::New, Status::InProgress, Status::Reopened] {
        let id = app.raise().await;
        let manager = app.as_manager().await;
        if status != Status::New {
            app.take(id, Role::Clerk).await;
        }
        if status == Status::Reopened {
            let resolve = format!("/exceptions/{id}/resolve");
            let fields = [
                ("resolution_type", "NO_ACTION"),
                ("reason", "Paid"),
                ("notes", "Paid."),
            ];
            manager.submit(&resolve, &resolve, &fields).await;
            let reopen = format!("/exceptions/{id}/reopen");
            manager
                .submit(&reopen, &reopen, &[("reason", "It was not")])
                .await;
        }
        assert_eq!(app.exception(id).await.status, status);
        let holder = app.exception(id).await.assignee_id;
        tracker.will(&[Answer::Status(400, refusal.into())]);
        hand_over(&app, Role::Manager, id, Target::Jira).await.unwrap();
        let row = ended(&app, id).await;
        assert_eq!((row.state, row.attempts), (DispatchState::Failed, 1));
        let back = app.exception(id).await;
        assert_eq!(
            (back.status, back.assignee_id, back.external_system),
            (status, holder, None)
        );
        let shown = manager.get(&format!("/exceptions/{id}")).await;
        assert!(
            shown.says(
                "could not hand it to Jira: It answered 400. It says: project: valid project is required"
            ),
            "{}",
            shown.text
        );
        assert!(
            shown.says("Not handed over") && shown.says("Send again"),
            "{}",
            shown.text
        );
        let told = manager.get("/notifications").await;
        assert!(told.says("could not be handed"), "{}", told.text);
    }
    let told = app.as_clerk().await.get("/notifications").await;
    assert!(
        told.says("valid project is required"),
        "who has it is told too: {}",
        told.text
    );
    // And sent again, it gets there: with another key, as it is another hand-over.
    let id = app.raise().await;
    tracker.will(&[Answer::Status(400, refusal.into())]);
    hand_over(&app, Role::Clerk, id, Target::Jira).await.unwrap();
    let failed = ended(&app, id).await;
    let clerk = app.as_clerk().await;
    let page = format!("/exceptions/{id}");
    let sent = clerk.submit(&page, &format!("{page}/dispatch/resend"), &[]).await;
    assert!(sent.says("It is being handed to Jira."), "{}", sent.text);
    let row = ended(&app, id).await;
    assert_eq!(row.state, DispatchState::Delivered);
    assert_eq!(row.queue, "Payment ops");
    assert_ne!(row.id, failed.id);
}

#[actix_web::test]
async fn what_cannot_be_handed_over_goes_back_to_where_it_was_on_both_databases() {
    for backend in both() {
        comes_back(backend).await;
    }
}

#[actix_web::test]
async fn what_may_go_better_later_is_tried_again_with_the_same_key_and_bytes() {
    let app = docket_on(Backend::Sqlite).await;
    let tracker = Tracker::start();
    connect(&app, Target::Jira, &tracker.url).await;
    let id = app.raise().await;
    tracker.will(&[
        Answer::Status(503, "<html>Down</html>".into()),
        Answer::Busy(600),
        Answer::Slow,
        Answer::Lying,
    ]);
    hand_over(&app, Role::Clerk, id, Target::Jira).await.unwrap();
    app.app.jobs.wake();
    let tried = async |n: i64| {
        let row = latest(&app, id).await;
        row.attempts == n && row.lease_until.is_none()
    };
    until(&app, SOON, "503", async || tried(1).await).await;
    until(&app, SOON, "429", async || tried(2).await).await;
    // It asked for ten minutes, and gets them.
    let row = latest(&app, id).await;
    assert!(
        row.next_at.since(app.clock.now()) > Duration::from_mins(8),
        "{row:?}"
    );
    assert_eq!(row.last_outcome, "It answered 429.");
    let clerk = app.as_clerk().await;
    let page = format!("/exceptions/{id}");
    let shown = clerk.get(&page).await;
    assert!(
        shown.says("tried to hand it to Jira, and tries again: It answered 503."),
        "{}",
        shown.text
    );
    assert!(
        shown.says("Tried 2 times, at most 8.") && shown.says("Tried again"),
        "{}",
        shown.text
    );
    // Whoever holds it need not wait.
    let hurried = clerk.submit(&page, &format!("{page}/dispatch/resend"), &[]).await;
    assert!(hurried.says("It is being handed to Jira."), "{}", hurried.text);
    until(&app, SOON, "slow", async || tried(3).await).await;
    assert_eq!(latest(&app, id).await.last_outcome, "No answer within 5 seconds.");
    until(&app, Duration::from_secs(30), "it ended", async || {
        latest(&app, id).await.state != DispatchState::Waiting
    })
    .await;
    let row = latest(&app, id).await;
    assert_eq!((row.state, row.attempts), (DispatchState::Delivered, 5));
    assert_eq!(
        tracker.made().len(),
        1,
        "one hand-over is one issue, however often it is sent"
    );
    let sent = tracker.posted();
    assert_eq!(sent.len(), 5);
    assert!(sent.iter().all(|one| one.body == sent[0].body));
    assert!(
        sent.iter()
            .all(|one| one.header("idempotency-key") == row.id.to_string())
    );
}

#[actix_web::test]
async fn after_the_last_attempt_in_vain_it_comes_back() {
    let app = docket_on(Backend::Sqlite).await;
    let tracker = Tracker::start();
    tracker.always(Answer::Status(502, "Bad gateway".into()));
    connect(&app, Target::ServiceNow, &tracker.url).await;
    let id = app.raise().await;
    hand_over(&app, Role::Clerk, id, Target::ServiceNow)
        .await
        .unwrap();
    until(&app, Duration::from_mins(5), "it was given up", async || {
        latest(&app, id).await.state == DispatchState::Failed
    })
    .await;
    let row = latest(&app, id).await;
    assert_eq!(row.attempts, MOST_ATTEMPTS);
    assert_eq!(
        row.last_outcome,
        "After 8 attempts in vain: It answered 502. It says: Bad gateway"
    );
    assert_eq!(app.exception(id).await.status, Status::New);
    assert_eq!(tracker.posted().len(), 8);
}

#[actix_web::test]
async fn redirects_logins_and_private_addresses_are_given_up_at_once() {
    let app = docket_on(Backend::Sqlite).await;
    let tracker = Tracker::start();
    connect(&app, Target::Jira, &tracker.url).await;
    for (answer, words) in [
        (
            Answer::Status(302, String::new()),
            "It answered 302: redirects are not followed.",
        ),
        (
            Answer::Status(200, "<html>Log in</html>".into()),
            "It answered 200, but not as Jira does: is the address right?",
        ),
        (
            Answer::Status(401, TOKEN.into()),
            "It answered 401: who we say we are was not accepted. It says: …",
        ),
        (
            Answer::Status(201, r#"{"key":"../../x?y"}"#.into()),
            "It answered 201, but not as Jira does: is the address right?",
        ),
    ] {
        let id = app.raise().await;
        tracker.will(&[answer]);
        hand_over(&app, Role::Clerk, id, Target::Jira).await.unwrap();
        let row = ended(&app, id).await;
        assert_eq!(
            (row.state, row.last_outcome.as_str()),
            (DispatchState::Failed, words)
        );
    }
    let app = TestApp::start().await;
    let calls = tracker.came().len();
    connect(&app, Target::Jira, &tracker.url).await;
    let id = app.raise().await;
    hand_over(&app, Role::Clerk, id, Target::Jira).await.unwrap();
    let row = ended(&app, id).await;
    assert_eq!(
        row.last_outcome,
        "The host has a private address, which Docket does not call."
    );
    assert_eq!(tracker.came().len(), calls);
}

#[actix_web::test]
async fn only_who_may_hands_over_and_recalls_and_only_what_can_be() {
    let app = docket_on(Backend::Sqlite).await;
    let tracker = Tracker::start();
    let id = app.raise().await;
    let refused = |row: AppResult<DispatchRow>| row.unwrap_err().code();
    assert_eq!(
        refused(hand_over(&app, Role::Clerk, id, Target::Jira).await),
        Code::NoConnector
    );
    for role in [Role::Admin, Role::ViewOnly] {
        assert_eq!(
            refused(hand_over(&app, role, id, Target::Manual).await),
            Code::Forbidden
        );
    }
    app.take(id, Role::Clerk).await;
    assert_eq!(
        refused(hand_over(&app, Role::Finance, id, Target::Manual).await),
        Code::AlreadyTaken
    );
    let (row, _) = connect(&app, Target::Jira, &tracker.url).await;
    tracker.always(Answer::Status(503, String::new()));
    hand_over(&app, Role::Clerk, id, Target::Jira).await.unwrap();
    assert_eq!(
        refused(hand_over(&app, Role::Clerk, id, Target::Jira).await),
        Code::IllegalMove
    );
    // Another clerk does not take it back; a supervisor does. What was not sent yet is not sent any more.
    assert_eq!(
        recall(&app, Role::Finance, id).await.unwrap_err().code(),
        Code::AlreadyTaken
    );
    assert_eq!(recall(&app, Role::Manager, id).await.unwrap(), Status::InProgress);
    assert_eq!(latest(&app, id).await.state, DispatchState::Withdrawn);
    let calls = tracker.posted().len();
    for _ in 0..5 {
        app.wait(5);
        app.app.jobs.wake();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(tracker.posted().len(), calls);
    // A removed connector gives back what waits for it.
    let id = app.raise().await;
    hand_over(&app, Role::Clerk, id, Target::Jira).await.unwrap();
    let owner = app.as_owner().await;
    let page = format!("/settings/connectors/{}", row.id);
    owner.submit(&page, &format!("{page}/delete"), &[]).await;
    assert_eq!(latest(&app, id).await.last_outcome, "The connector was removed.");
    assert_eq!(app.exception(id).await.status, Status::New);
}

#[actix_web::test]
async fn a_disabled_connector_keeps_what_waits_until_it_is_enabled() {
    let app = docket_on(Backend::Sqlite).await;
    let tracker = Tracker::start();
    let (row, _) = connect(&app, Target::Webhook, &tracker.url).await;
    tracker.will(&[Answer::Status(503, String::new())]);
    let id = app.raise().await;
    hand_over(&app, Role::Clerk, id, Target::Webhook).await.unwrap();
    until(&app, SOON, "tried once", async || {
        let found = latest(&app, id).await;
        found.attempts == 1 && found.lease_until.is_none()
    })
    .await;
    let owner = app.as_owner().await;
    let page = format!("/settings/connectors/{}", row.id);
    owner
        .submit(&page, &format!("{page}/state"), &[("state", "DISABLED")])
        .await;
    assert!(!connector(&app, row.id).await.is_enabled);
    let calls = tracker.posted().len();
    for _ in 0..5 {
        app.clock.advance(Duration::from_mins(1));
        app.app.jobs.wake();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(tracker.posted().len(), calls);
    let refused = hand_over(&app, Role::Clerk, app.raise().await, Target::Webhook).await;
    assert_eq!(refused.unwrap_err().code(), Code::NoConnector);
    owner
        .submit(&page, &format!("{page}/state"), &[("state", "ENABLED")])
        .await;
    assert_eq!(ended(&app, id).await.state, DispatchState::Delivered);
}

/// Two nodes on one database: each hand-over is sent once.
#[actix_web::test]
async fn several_nodes_send_each_hand_over_once() {
    for backend in both() {
        let app = docket_on(backend).await;
        app.restart();
        let tracker = Tracker::start();
        connect(&app, Target::Jira, &tracker.url).await;
        let ids = app.raise_many(20).await;
        for id in &ids {
            hand_over(&app, Role::Clerk, *id, Target::Jira).await.unwrap();
        }
        for id in &ids {
            assert_eq!(ended(&app, *id).await.state, DispatchState::Delivered);
        }
        assert_eq!(tracker.posted().len(), 20);
    }
}

#[actix_web::test]
async fn the_form_hands_over_and_a_stale_one_comes_back() {
    let app = docket_on(Backend::Sqlite).await;
    let id = app.raise().await;
    let clerk = app.as_clerk().await;
    let form = format!("/exceptions/{id}/dispatch");
    let shown = clerk.get(&form).await;
    assert_eq!(shown.find("#targetSystem option"), ["By hand"]);
    let refused = clerk
        .submit(&form, &form, &[("targetSystem", "JIRA"), ("queue", "Ops")])
        .await;
    assert!(
        refused.status == 422 && refused.says("Jira is not set up."),
        "{}",
        refused.text
    );
    assert_eq!(refused.attribute("#queue", "value"), ["Ops"]);
    let long = "x".repeat(256);
    let refused = clerk
        .submit(&form, &form, &[("targetSystem", "MANUAL"), ("queue", &long)])
        .await;
    assert!(refused.status == 422 && refused.says("A queue has at most 255 characters"));
    app.take(id, Role::Clerk).await;
    let stale = clerk
        .submit_shown(&shown, &form, &[("targetSystem", "MANUAL"), ("queue", "Ops")])
        .await;
    assert!(
        stale.status == 409 && stale.says("Ops") | stale.text.contains("Ops"),
        "{}",
        stale.text
    );
    let done = clerk
        .submit(&form, &form, &[("targetSystem", "MANUAL"), ("queue", "")])
        .await;
    assert!(done.says("It waits for somebody outside now."), "{}", done.text);
    let closed = clerk.get(&form).await;
    assert_eq!(closed.status, 422);
    assert!(closed.says("Recall it first."));
}

#[actix_web::test]
async fn the_api_hands_over_one_and_many_as_matcher_does() {
    let app = docket_on(Backend::Sqlite).await;
    let tracker = Tracker::start();
    let api = Api::of(&app, Role::Clerk).await;
    let id = app.raise().await;
    let path = format!("/api/v1/exceptions/{id}/dispatch");
    for (body, status, code, mtch) in [
        (json!({}), 400, "BAD_REQUEST", "MTCH-0001"),
        (
            json!({"targetSystem": "x".repeat(256)}),
            400,
            "BAD_REQUEST",
            "MTCH-0001",
        ),
        (
            json!({"targetSystem": "JIRA", "queue": "x".repeat(256)}),
            400,
            "BAD_REQUEST",
            "MTCH-0001",
        ),
        (
            json!({"targetSystem": "EMAIL"}),
            422,
            "UNKNOWN_DISPATCH_TARGET",
            "MTCH-0508",
        ),
        (
            json!({"targetSystem": "JIRA"}),
            422,
            "CONNECTOR_NOT_CONFIGURED",
            "MTCH-0509",
        ),
    ] {
        let refused = api.post(&path, &body).await;
        assert_eq!(refused.problem(status), code, "{body}");
        assert_eq!(refused.json()["code"], mtch, "{body}");
    }
    let sent = json!({"targetSystem": " manual ", "queue": "Ops"});
    let key = [("idempotency-key", "dispatch-1")];
    let done = api.send(Method::POST, &path, &sent, &key).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(
        keys(&done.json()),
        ["acknowledged", "dispatchedAt", "exceptionId", "target"]
    );
    assert_eq!(
        (&done.json()["acknowledged"], &done.json()["target"]),
        (&json!(true), &json!("MANUAL"))
    );
    let again = api.send(Method::POST, &path, &sent, &key).await;
    assert_eq!(
        (again.header("x-idempotency-replayed"), &again.text),
        ("true", &done.text)
    );
    assert_eq!(api.post(&path, &sent).await.problem(422), "ILLEGAL_TRANSITION");
    let told = api.get(&format!("/api/v1/exceptions/{id}")).await.json();
    assert_eq!(
        (&told["status"], &told["externalSystem"]),
        (&json!("PENDING_RESOLUTION"), &json!("MANUAL"))
    );
    let nothing = api
        .post(
            "/api/v1/exceptions/00000000-0000-7000-8000-000000000000/dispatch",
            &sent,
        )
        .await;
    nothing.problem(404);

    // Many: each stands or falls alone, in both spellings; `bulk` is no exception's id.
    connect(&app, Target::Jira, &tracker.url).await;
    let bulk = "/api/v1/exceptions/bulk/dispatch";
    let ids = app.raise_many(2).await;
    let sent = json!({"exceptionIds": [ids[0], id, ids[0]], "targetSystem": "JIRA"});
    let done = api.post(bulk, &sent).await;
    assert_eq!(done.status, 200, "{}", done.text);
    let told = done.json();
    assert_eq!(
        (&told["succeeded"], &told["total"]),
        (&json!([ids[0]]), &json!(2))
    );
    assert_eq!(told["failed"][0]["code"], "MTCH-0503");
    let done = api
        .post(bulk, &json!({"exception_ids": [ids[1]], "target_system": "jira"}))
        .await;
    assert_eq!(done.json()["succeeded"], json!([ids[1]]), "{}", done.text);
    for id in &ids {
        assert_eq!(ended(&app, *id).await.state, DispatchState::Delivered);
    }
    let many: Vec<String> = (0..101)
        .map(|n| format!("00000000-0000-7000-8000-{n:012}"))
        .collect();
    api.post(bulk, &json!({"exceptionIds": many, "targetSystem": "JIRA"}))
        .await
        .problem(400);
    assert_eq!(
        api.post(bulk, &json!({"exceptionIds": [], "targetSystem": ""}))
            .await
            .wrong_fields(),
        ["exceptionIds", "targetSystem"]
    );
    let unknown = api
        .post(bulk, &json!({"exceptionIds": [ids[0]], "targetSystem": "FAX"}))
        .await;
    assert_eq!(unknown.problem(422), "UNKNOWN_DISPATCH_TARGET");
    let reader = Api::of(&app, Role::ViewOnly).await;
    reader
        .post(&path, &json!({"targetSystem": "MANUAL"}))
        .await
        .problem(403);
}

#[actix_web::test]
async fn many_are_handed_over_from_the_queue_after_a_preview() {
    let app = docket_on(Backend::Sqlite).await;
    let tracker = Tracker::start();
    connect(&app, Target::Jira, &tracker.url).await;
    let ids = app.raise_many(3).await;
    app.take(ids[0], Role::Finance).await;
    let clerk = app.as_clerk().await;
    let token = clerk.token().await;
    let picks: Vec<String> = ids.iter().map(|id| format!("{id}.1")).collect();
    let mut fields = vec![
        ("csrf_token", token.as_str()),
        ("act", "DISPATCH"),
        ("back", "/exceptions"),
    ];
    fields.extend(picks.iter().skip(1).map(|pick| ("pick[]", pick.as_str())));
    let held = format!("{}.2", ids[0]);
    fields.push(("pick[]", &held));
    let plan = clerk.post("/bulk", &fields).await;
    assert!(
        plan.says("Dispatch 3 exceptions") && plan.says("Finance One has it."),
        "{}",
        plan.text
    );
    assert_eq!(plan.find("#targetSystem option"), ["Jira", "By hand"]);
    let run = format!("{}/run", plan.path);
    let refused = clerk.submit(&plan.path, &run, &[]).await;
    assert!(
        refused.status == 422 && refused.says("Choose where it is handed to."),
        "{}",
        refused.text
    );
    clerk
        .submit(&plan.path, &run, &[("targetSystem", "JIRA"), ("queue", "Ops")])
        .await;
    for id in &ids[1..] {
        until(&app, SOON, "it is there", async || {
            app.exception(*id).await.external_issue_id.is_some()
        })
        .await;
    }
    assert_eq!(app.exception(ids[0]).await.status, Status::InProgress);
    assert_eq!(tracker.made().len(), 2);
}

/// The document's shell recipe is tried by a shell, not by us.
#[test]
fn the_recipe_of_the_document_signs_as_we_verify() {
    let document = std::fs::read_to_string("docs/dispatch.md").unwrap();
    let recipe = document
        .split("```sh\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let script = format!(
        "{recipe}\nsign whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw msg_p5jXN8AQM9LWM0D4loKWxJek 1614265330 '{{\"test\": 2432232314}}'"
    );
    let told = Command::new("bash").args(["-c", &script]).output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    assert_eq!(told.trim(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}
