//! Exceptions through the API: RocketKOR's update, Matcher's resolve.

use diesel::prelude::*;
use docket::{
    auth::permission::Role,
    db::schema::exceptions,
    exceptions::{assign::assign, model::Status, reopen::reopen, resolution, resolution::How},
    kernel::{
        id::{ExceptionId, TeamMemberId},
        text::{Reason, ResolutionNotes},
    },
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api_client::{Api, Reply, reply},
    harness::{Backend, TestApp, both},
};

fn path(id: ExceptionId) -> String {
    format!("/api/exceptions/{id}")
}

async fn patch(api: &Api, id: ExceptionId, body: &Value) -> Reply {
    api.send(Method::PATCH, &path(id), body, &[]).await
}

/// An exception brought to a status; REOPENED keeps its last holder, PENDING_RESOLUTION has one.
pub async fn exception_in(app: &TestApp, status: Status) -> ExceptionId {
    let id = app.raise().await;
    let (manager, clerk) = (app.actor(Role::Manager).await, app.member(Role::Clerk).await);
    app.app
        .db
        .write(app.account, move |tx| {
            let reason = Reason::parse("because").unwrap();
            if status != Status::New {
                assign(tx, &manager, id, clerk, None)?;
            }
            if status == Status::PendingResolution {
                // Dispatch is not there yet.
                diesel::update(exceptions::table.find(id))
                    .set(exceptions::status.eq(status))
                    .execute(tx.conn)?;
            }
            if matches!(status, Status::Resolved | Status::Reopened) {
                let notes = ResolutionNotes::parse("done").unwrap();
                resolution::resolve(tx, &manager, id, &How::NoAction(reason.clone()), &notes, None)?;
            }
            if status == Status::Reopened {
                reopen(tx, &manager, id, &reason, None)?;
            }
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(app.exception(id).await.status, status);
    id
}

async fn assigned_and_read(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let api = Api::of(&app, Role::Manager).await;
    let id = app.raise().await;
    let clerk = app.member(Role::Clerk).await;
    let fresh = api.get(&path(id)).await.json();
    assert_eq!(
        (fresh["status"].clone(), fresh.get("assignedTo")),
        (json!("NEW"), None)
    );
    assert_eq!(
        (fresh["type"].clone(), fresh["category"].clone()),
        (json!("ACH_RETURN"), json!("TRANSACTION"))
    );
    assert_eq!(
        (fresh["amount"].clone(), fresh["currency"].clone()),
        (json!("123.54"), json!("USD"))
    );
    assert_eq!(fresh["createdBy"]["type"], "employee");

    let body = json!({"assignedTo": {"id": clerk.to_string(), "firstName": "Not", "lastName": "Mine", "email": "a@b.cd"},
        "status": "IN_PROGRESS", "description": "mine", "severity": "LOW", "version": 99});
    let done = patch(&api, id, &body).await;
    assert_eq!(done.status, 200, "{}", done.text);
    let after = done.json();
    assert_eq!(
        after["assignedTo"],
        json!({"id": clerk.to_string(), "firstName": "Clerk", "lastName": "One", "email": "clerk@one.test"})
    );
    assert_eq!(
        (after["status"].clone(), after["severity"].clone()),
        (json!("IN_PROGRESS"), fresh["severity"].clone())
    );
    assert_eq!(
        (after["description"].clone(), after["version"].clone()),
        (fresh["description"].clone(), json!(2))
    );
    assert_eq!(
        after["updatedBy"],
        json!({"id": api.service_account.to_string(), "type": "service-account"})
    );
    assert_eq!(api.get(&path(id)).await.text, done.text);

    let matcher = api.get(&format!("/api/v1/exceptions/{id}")).await.json();
    assert_eq!(
        (matcher["status"].clone(), matcher["assignedTo"].clone()),
        (json!("ASSIGNED"), json!("clerk@one.test"))
    );
    assert!(matcher.get("resolutionType").is_none() && matcher["dueAt"].is_string());

    let released = patch(&api, id, &json!({"assignedTo": null})).await.json();
    assert_eq!(
        (released["status"].clone(), released.get("assignedTo")),
        (json!("NEW"), None)
    );
}

#[actix_web::test]
async fn an_exception_is_read_assigned_and_released_on_both_databases() {
    for backend in both() {
        assigned_and_read(backend).await;
    }
}

async fn status_moves(backend: Backend) {
    use Status::{InProgress, New, PendingResolution, Reopened, Resolved};
    let app = TestApp::start_on(backend).await;
    let api = Api::of(&app, Role::Manager).await;
    // From, then what each of NEW, IN_PROGRESS, RESOLVED and REOPENED alone leads to.
    let table: [(Status, [Option<Status>; 4]); 5] = [
        (New, [None, None, Some(Resolved), None]),
        (InProgress, [Some(New), None, Some(Resolved), None]),
        (PendingResolution, [None, Some(InProgress), Some(Resolved), None]),
        (Resolved, [None, None, None, Some(Reopened)]),
        (Reopened, [None, Some(InProgress), Some(Resolved), None]),
    ];
    for (from, moves) in table {
        for (to, expected) in [New, InProgress, Resolved, Reopened].into_iter().zip(moves) {
            let id = exception_in(&app, from).await;
            let answer = patch(&api, id, &json!({"status": to.as_str()})).await;
            match expected {
                Some(status) => {
                    assert_eq!(answer.status, 200, "{from} {to}: {}", answer.text);
                    assert_eq!(app.exception(id).await.status, status, "{from} {to}");
                }
                None => {
                    let from_told = if from == PendingResolution {
                        InProgress
                    } else {
                        from
                    };
                    let code = format!("ILLEGAL_TRANSITION_{from_told}_TO_{to}");
                    assert_eq!(answer.problem(422), code, "{from} {to}");
                    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
                    assert!(
                        detail.contains(from_told.as_str()) && detail.contains(to.as_str()),
                        "{detail}"
                    );
                    assert_eq!(app.exception(id).await.status, from, "{from} {to}");
                }
            }
        }
    }
}

#[actix_web::test]
async fn every_status_by_every_status_is_as_the_lifecycle_says_on_both_databases() {
    for backend in both() {
        status_moves(backend).await;
    }
}

#[actix_web::test]
async fn an_assignee_and_a_status_go_together_or_neither_is_done() {
    use Status::{InProgress, New, Reopened, Resolved};
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::Manager).await;
    let finance = app.member(Role::Finance).await;
    let to = |status: Option<Status>| {
        let mut body = json!({"assignedTo": {"id": finance.to_string()}});
        if let Some(status) = status {
            body["status"] = json!(status.as_str());
        }
        body
    };
    for (from, status, expected) in [
        (New, None, Some(InProgress)),
        (New, Some(InProgress), Some(InProgress)),
        (New, Some(New), None),
        (New, Some(Resolved), Some(Resolved)),
        (New, Some(Reopened), None),
        (InProgress, None, Some(InProgress)),
        (InProgress, Some(New), None),
        (Reopened, None, Some(InProgress)),
        (Reopened, Some(Reopened), None),
        (Resolved, None, None),
        (Resolved, Some(InProgress), None),
        (Resolved, Some(Reopened), Some(Reopened)),
        (Status::PendingResolution, None, None),
    ] {
        let id = exception_in(&app, from).await;
        let before = app.exception(id).await;
        let answer = patch(&api, id, &to(status)).await;
        let after = app.exception(id).await;
        match expected {
            Some(expected) => {
                assert_eq!(answer.status, 200, "{from} {status:?}: {}", answer.text);
                assert_eq!(
                    (after.status, after.assignee_id),
                    (expected, Some(finance)),
                    "{from} {status:?}"
                );
            }
            None => {
                assert!(
                    answer.problem(422).starts_with("ILLEGAL_TRANSITION_"),
                    "{from} {status:?}"
                );
                assert_eq!(
                    (after.status, after.assignee_id, after.version),
                    (before.status, before.assignee_id, before.version)
                );
            }
        }
    }
}

#[actix_web::test]
async fn what_is_wrong_with_an_update_is_told_field_by_field() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::Manager).await;
    let id = app.raise().await;
    let viewer = app.member(Role::ViewOnly).await.to_string();
    let never = TeamMemberId::generate(app.clock.now()).to_string();
    for empty in [json!({}), json!({"unknown": 1})] {
        assert_eq!(patch(&api, id, &empty).await.problem(400), "BAD_REQUEST");
    }
    for bad in [
        json!({"assignedTo": "me"}),
        json!({"status": 1}),
        json!({"assignedTo": {"id": 1}}),
    ] {
        assert_eq!(patch(&api, id, &bad).await.problem(400), "BAD_REQUEST", "{bad}");
    }
    let long = "x".repeat(41);
    for (body, fields) in [
        (json!({"assignedTo": {}}), vec!["assignedTo.id"]),
        (json!({"assignedTo": {"id": "no-id"}}), vec!["assignedTo.id"]),
        (json!({"assignedTo": {"id": never}}), vec!["assignedTo.id"]),
        (json!({"assignedTo": {"id": viewer}}), vec!["assignedTo.id"]),
        (
            json!({"assignedTo": {"id": never, "firstName": "", "lastName": long, "email": "nobody"}, "status": "DONE"}),
            vec![
                "assignedTo.firstName",
                "assignedTo.lastName",
                "assignedTo.email",
                "status",
            ],
        ),
        (json!({"status": "PENDING_RESOLUTION"}), vec!["status"]),
        (json!({"status": null}), vec!["status"]),
    ] {
        let refused = patch(&api, id, &body).await;
        // Who is nobody here is refused by a rule; the rest cannot be read.
        let is_rule = body.get("status").is_none() && body["assignedTo"]["id"].is_string();
        let expected = if is_rule {
            (422, "INVALID_FIELDS")
        } else {
            (400, "BAD_REQUEST")
        };
        assert_eq!(refused.problem(expected.0), expected.1, "{body}");
        assert_eq!(refused.wrong_fields(), fields, "{body}");
    }
    assert_eq!(app.exception(id).await.version, 1);
}

#[actix_web::test]
async fn an_update_is_repeated_by_key_and_refused_by_a_stale_tag() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::Manager).await;
    let id = app.raise().await;
    let clerk = app.member(Role::Clerk).await.to_string();
    let body = json!({"assignedTo": {"id": clerk}});
    let tag = api.get(&path(id)).await.header("etag").to_owned();
    let headers = [("idempotency-key", "assign-it"), ("if-match", tag.as_str())];
    let target = path(id);
    let replies =
        futures_util::future::join_all((0..10).map(|_| api.send(Method::PATCH, &target, &body, &headers)))
            .await;
    assert!(
        replies
            .iter()
            .all(|r| r.status == 200 && r.text == replies[0].text)
    );
    assert_eq!(app.exception(id).await.version, 2);
    let stale = api
        .send(
            Method::PATCH,
            &target,
            &json!({"assignedTo": null}),
            &[("if-match", &tag)],
        )
        .await;
    assert_eq!(stale.problem(412), "PRECONDITION_FAILED");
    let fresh = replies[0].header("etag").to_owned();
    let released = api
        .send(
            Method::PATCH,
            &target,
            &json!({"assignedTo": null}),
            &[("if-match", &fresh)],
        )
        .await;
    assert_eq!(released.status, 200);
}

async fn resolved_as_matcher(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let api = Api::of(&app, Role::Manager).await;
    let id = app.raise().await;
    let target = format!("/api/v1/exceptions/{id}/resolve");
    for (body, fields) in [
        (json!({}), vec!["resolution"]),
        (json!({"resolution": "  ", "reason": ""}), vec!["resolution"]),
        (
            json!({"resolution": "x".repeat(256), "reason": "y".repeat(1001)}),
            vec!["resolution", "reason"],
        ),
    ] {
        let refused = api.send(Method::POST, &target, &body, &[]).await;
        assert_eq!(refused.problem(400), "BAD_REQUEST");
        assert_eq!(refused.json()["code"], "MTCH-0001");
        assert_eq!(refused.wrong_fields(), fields);
    }
    let body = json!({"resolution": "ACCEPTED", "reason": "Within tolerance"});
    let done = api.send(Method::POST, &target, &body, &[]).await;
    assert_eq!(done.status, 200, "{}", done.text);
    let told = done.json();
    assert_eq!(
        (told["status"].clone(), told["resolutionNotes"].clone()),
        (json!("RESOLVED"), json!("ACCEPTED"))
    );
    assert_eq!(
        (told["resolutionReason"].clone(), told.get("resolutionType")),
        (json!("Within tolerance"), None)
    );
    let rocketkor = api.get(&path(id)).await.json();
    assert_eq!(
        (rocketkor["status"].clone(), rocketkor["resolutionType"].clone()),
        (json!("RESOLVED"), json!("NO_ACTION"))
    );
    assert_eq!(
        api.send(Method::POST, &target, &body, &[]).await.problem(422),
        "ILLEGAL_TRANSITION"
    );
    assert_eq!(api.get(&format!("/api/v1/exceptions/{id}")).await.text, done.text);
}

#[actix_web::test]
async fn matchers_resolve_takes_its_words_and_answers_in_its_shape_on_both_databases() {
    for backend in both() {
        resolved_as_matcher(backend).await;
    }
}

#[actix_web::test]
async fn strangers_find_nothing_and_readers_change_nothing() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let never = ExceptionId::generate(app.clock.now());
    let stranger = Api::in_account(&app, app.other, Role::Owner).await;
    let resolve = |id: ExceptionId| format!("/api/v1/exceptions/{id}/resolve");
    for id in [id, never] {
        assert_eq!(stranger.get(&path(id)).await.problem(404), "NOT_FOUND");
        assert_eq!(
            stranger
                .get(&format!("/api/v1/exceptions/{id}"))
                .await
                .problem(404),
            "NOT_FOUND"
        );
        assert_eq!(
            patch(&stranger, id, &json!({"status": "RESOLVED"}))
                .await
                .problem(404),
            "NOT_FOUND"
        );
        let body = json!({"resolution": "x"});
        assert_eq!(
            stranger
                .send(Method::POST, &resolve(id), &body, &[])
                .await
                .problem(404),
            "NOT_FOUND"
        );
    }
    let theirs = app.as_stranger(Role::Clerk).await;
    drop(theirs);
    let foreign_member = stranger_member(&app).await;
    let manager = Api::of(&app, Role::Manager).await;
    let refused = patch(&manager, id, &json!({"assignedTo": {"id": foreign_member}})).await;
    assert_eq!(
        (refused.problem(422).as_str(), refused.wrong_fields()),
        ("INVALID_FIELDS", vec!["assignedTo.id".to_owned()])
    );
    for role in [Role::ViewOnly, Role::Admin] {
        let api = Api::of(&app, role).await;
        assert_eq!(api.get(&path(id)).await.status, 200);
        let refused = patch(&api, id, &json!({"status": "RESOLVED"})).await;
        assert_eq!(refused.problem(403), "FORBIDDEN");
        assert!(refused.header("www-authenticate").contains("scope=\"work\""));
    }
    let anonymous = reply(manager.client.get(format!("{}{}", app.url, path(id)))).await;
    assert_eq!(anonymous.problem(401), "TOKEN_REQUIRED");
    assert_eq!(app.exception(id).await.version, 1);
}

async fn stranger_member(app: &TestApp) -> String {
    use docket::db::schema::team_members;
    let id: TeamMemberId = app
        .app
        .db
        .read(|conn| {
            Ok(team_members::table
                .filter(team_members::email.eq("clerk@two.test"))
                .select(team_members::id)
                .first(conn)?)
        })
        .await
        .unwrap();
    id.to_string()
}
