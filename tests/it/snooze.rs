//! Putting aside, and severity by hand.

use std::time::Duration;

use docket::{
    auth::permission::Role,
    exceptions::{
        aging,
        claim::claim,
        model::{Kind, Severity, Status},
    },
    history::EventKind,
    kernel::id::ExceptionId,
};

use crate::{
    api_client::Api,
    harness::{TestApp, both},
};

#[actix_web::test]
async fn what_is_put_aside_is_under_its_own_tab_alone_until_it_is_woken() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        app.raise().await;
        let page = format!("/exceptions/{id}");
        let form = format!("{page}/snooze");
        let clerk = app.as_clerk().await;
        assert!(clerk.get(&page).await.attribute("a", "href").contains(&form));
        let wrong = clerk
            .submit(
                &form,
                &form,
                &[("length", "AT"), ("until", "2026-11-01T09:00"), ("reason", "")],
            )
            .await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.says("A reason is required."), "{}", wrong.text);
        let past = clerk
            .submit(
                &form,
                &form,
                &[("length", "AT"), ("until", "2026-11-01T09:00"), ("reason", "x")],
            )
            .await;
        assert!(past.says("Give a time that is still to come."), "{}", past.text);
        let done = clerk
            .submit(
                &form,
                &form,
                &[("length", "TOMORROW"), ("reason", "The payer calls back")],
            )
            .await;
        assert!(done.says("Snoozed until 4 Nov 2026, 09:00."), "{}", done.text);
        assert!(done.says("Snoozed until 4 Nov 2026, 09:00: The payer calls back"));
        assert!(done.says("snoozed it until 4 Nov 2026, 09:00: The payer calls back"));
        let tabs = clerk.get("/exceptions?tab=snoozed").await;
        assert_eq!(tabs.find("table.q tbody tr").len(), 1);
        let counts = tabs.find(".tabs a");
        assert!(
            counts.contains(&"Snoozed 1".to_owned()) && counts.contains(&"Open 1".to_owned()),
            "{counts:?}"
        );
        assert!(counts.contains(&"Unassigned 1".to_owned()));
        for tab in ["open", "unassigned", "soon", "overdue"] {
            let shown = clerk.get(&format!("/exceptions?tab={tab}")).await;
            assert!(!shown.text.contains(&id.to_string()), "{tab}");
        }
        let woken = clerk.submit(&page, &format!("{page}/wake"), &[]).await;
        assert!(woken.says("It is back in the queue."), "{}", woken.text);
        let counts = clerk.get("/exceptions").await.find(".tabs a");
        assert!(counts.contains(&"Snoozed 0".to_owned()) && counts.contains(&"Open 2".to_owned()));
        let again = clerk
            .post(&format!("{page}/wake"), &[("csrf_token", clerk.token().await)])
            .await;
        assert!(again.says("It is not put aside."), "{backend:?}");
    }
}

#[actix_web::test]
async fn who_takes_it_wakes_it_and_a_resolved_one_does_not_sleep() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        let form = format!("/exceptions/{id}/snooze");
        let clerk = app.as_clerk().await;
        clerk
            .submit(&form, &form, &[("length", "WEEK"), ("reason", "Later")])
            .await;
        let until = app.exception(id).await.snoozed_until.unwrap();
        let api = Api::of(&app, Role::ViewOnly).await;
        let told = api.get(&format!("/api/exceptions/{id}")).await.json();
        assert_eq!(told["snoozedUntil"], until.rfc3339());
        let actor = app.actor(Role::Clerk).await;
        let row = app
            .app
            .db
            .write(app.account, move |tx| claim(tx, &actor, id))
            .await
            .unwrap();
        assert_eq!((row.status, row.snoozed_until), (Status::InProgress, None));
        clerk
            .submit(&form, &form, &[("length", "WEEK"), ("reason", "Later")])
            .await;
        let resolve = format!("/exceptions/{id}/resolve");
        let fields = [
            ("resolution_type", "NO_ACTION"),
            ("reason", "Done"),
            ("notes", "Done."),
        ];
        clerk.submit(&resolve, &resolve, &fields).await;
        let row = app.exception(id).await;
        assert_eq!(
            (row.status, row.snoozed_until, row.snooze_reason),
            (Status::Resolved, None, None)
        );
        let refused = clerk.get(&form).await;
        assert_eq!(refused.status, 422);
        assert!(
            refused.says("nothing on it changes until it is reopened"),
            "{backend:?}"
        );
    }
}

#[actix_web::test]
async fn nobody_puts_aside_what_another_has() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let finance = app.actor(Role::Finance).await;
    app.app
        .db
        .write(app.account, move |tx| claim(tx, &finance, id))
        .await
        .unwrap();
    let clerk = app.as_clerk().await;
    let form = format!("/exceptions/{id}/snooze");
    let refused = clerk.get(&form).await;
    assert_eq!(refused.status, 409);
    assert!(refused.says("Finance One has it."));
    let manager = app.as_manager().await;
    let done = manager
        .submit(&form, &form, &[("length", "HOURS"), ("reason", "Wait")])
        .await;
    assert!(done.says("Snoozed until"), "{}", done.text);
}

#[actix_web::test]
async fn a_supervisor_sets_the_severity_and_the_due_time_follows() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        let before = app.exception(id).await;
        assert_eq!(before.severity, Severity::Medium);
        let form = format!("/exceptions/{id}/severity");
        assert_eq!(app.as_clerk().await.get(&form).await.status, 403);
        let manager = app.as_manager().await;
        let stale = manager.get(&form).await;
        app.wait(10);
        let done = manager
            .submit(
                &form,
                &form,
                &[("severity", "CRITICAL"), ("reason", "The payer's bank asks")],
            )
            .await;
        assert!(done.says("The severity is Critical now."), "{}", done.text);
        let row = app.exception(id).await;
        assert!(row.severity == Severity::Critical && row.severity_fixed);
        assert_eq!(
            row.due_at,
            app.clock.now().plus(std::time::Duration::from_hours(24))
        );
        assert!(done.says("Set by Manager One: The payer's bank asks"));
        // Who had it open meanwhile is told, with what they typed.
        let conflict = manager
            .submit_shown(&stale, &form, &[("severity", "LOW"), ("reason", "Small")])
            .await;
        assert_eq!(conflict.status, 409);
        assert!(conflict.says("Small"));
        let lower = manager
            .submit(&form, &form, &[("severity", "MEDIUM"), ("reason", "It is small")])
            .await;
        assert!(lower.says("The severity is Medium now."), "{}", lower.text);
        let lowered = app.exception(id).await;
        assert_eq!(
            (lowered.due_at, lowered.due_rule),
            (before.due_at, before.due_rule),
            "{backend:?}"
        );
        let same = manager
            .submit(&form, &form, &[("severity", "MEDIUM"), ("reason", "Again")])
            .await;
        assert_eq!(same.status, 422);
    }
}

#[actix_web::test]
async fn the_clock_brings_back_what_was_put_aside() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        let form = format!("/exceptions/{id}/snooze");
        let clerk = app.as_clerk().await;
        clerk
            .submit(&form, &form, &[("length", "HOURS"), ("reason", "Later")])
            .await;
        app.wait(239);
        aging::run(&app.app).await.unwrap();
        assert!(app.exception(id).await.snoozed_until.is_some());
        app.wait(1);
        // Two nodes at once: it wakes once.
        on_two_nodes(&app).await;
        let row = app.exception(id).await;
        assert_eq!(row.snoozed_until, None);
        assert_eq!(told(&app, id, EventKind::Snooze).await, 2, "{backend:?}");
    }
}

/// Two look at once, as two nodes would.
async fn on_two_nodes(app: &TestApp) {
    let nodes = [app.app.clone(), app.app.clone()]
        .map(|app| actix_web::rt::spawn(async move { aging::run(&app).await }));
    for node in nodes {
        node.await.unwrap().unwrap();
    }
}

async fn told(app: &TestApp, id: ExceptionId, kind: EventKind) -> usize {
    let account = app.account;
    app.app
        .db
        .read(move |conn| docket::history::queries::list_of(conn, account, id.uuid(), 100))
        .await
        .unwrap()
        .iter()
        .filter(|e| e.kind == kind)
        .count()
}

#[actix_web::test]
async fn severity_rises_with_age_once_and_never_over_a_persons_word() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let mut small = app.a_return();
        small.kind = Kind::Reconciliation; // no code with a floor of its own
        small.code = None;
        let (id, fixed) = (app.raise_as(small.clone()).await, app.raise_as(small).await);
        let manager = app.as_manager().await;
        let form = format!("/exceptions/{fixed}/severity");
        manager
            .submit(&form, &form, &[("severity", "LOW"), ("reason", "It is small")])
            .await;
        let raised = app.exception(id).await;
        assert_eq!(raised.severity, Severity::Low);
        // Hours from now, severity then, hours that are left then at most.
        for (hours, severity, due) in [
            (23, Severity::Low, 168),
            (24, Severity::Medium, 144),
            (71, Severity::Medium, 144),
            (72, Severity::High, 144),
            (120, Severity::Critical, 144),
        ] {
            let at = raised.created_at.plus(Duration::from_hours(hours));
            app.clock.advance(at.since(app.clock.now()));
            on_two_nodes(&app).await;
            let row = app.exception(id).await;
            assert_eq!(row.severity, severity, "{backend:?} after {hours} hours");
            assert_eq!(
                row.due_at,
                raised.created_at.plus(Duration::from_hours(due)),
                "{hours}"
            );
        }
        assert_eq!(told(&app, id, EventKind::Severity).await, 3);
        assert_eq!(
            app.exception(id).await.severity_rule,
            "Open for 120 hours or more."
        );
        assert_eq!(app.exception(fixed).await.severity, Severity::Low);
        assert_eq!(told(&app, fixed, EventKind::Severity).await, 1);
    }
}
