//! Waiting for somebody outside: the SLA stands still, the clocks of the ACH rules go on, and it ends by itself when
//! the exception is closed or taken back, when its time has come, and when something new comes from outside.

use std::time::Duration;

use docket::{
    auth::permission::Role,
    db::types::Day,
    exceptions::{
        aging,
        model::{Party, Severity, Status},
        waiting::{Wait, resume, wait},
    },
    history::EventKind,
    kernel::{clock::Ts, id::ExceptionId, text::Reason},
    notifications::clock,
};

use serde_json::json;

use crate::{
    api_client::Api,
    harness::{Browser, NOW, TestApp, both, browser::Answer},
};

/// So many hours after the tests begin.
fn at(hours: u64) -> Ts {
    Ts::from_micros(NOW).plus(Duration::from_hours(hours))
}

impl TestApp {
    async fn let_wait(&self, id: ExceptionId) {
        self.let_wait_until(id, None, None).await;
    }

    async fn let_wait_until(&self, id: ExceptionId, until: Option<Ts>, told: Option<Role>) {
        let actor = self.actor(Role::Clerk).await;
        let told = match told {
            Some(role) => Some(self.member(role).await),
            None => None,
        };
        let asked = Wait {
            party: Party::Bank,
            reason: Reason::parse("The bank looks for the payment").unwrap(),
            until,
            told,
        };
        self.app
            .db
            .write(self.account, move |tx| wait(tx, &actor, id, &asked, None))
            .await
            .unwrap();
    }

    async fn let_go_on(&self, id: ExceptionId) {
        let actor = self.actor(Role::Clerk).await;
        self.app
            .db
            .write(self.account, move |tx| resume(tx, &actor, id, None))
            .await
            .unwrap();
    }
}

#[actix_web::test]
async fn what_waits_says_for_whom_is_under_waiting_and_goes_on_where_it_stood() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        let page = format!("/exceptions/{id}");
        let form = format!("{page}/wait");
        app.wait(10 * 60);
        let clerk = app.as_clerk().await;
        let wrong = clerk
            .submit(&form, &form, &[("party", "MOON"), ("reason", "")])
            .await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.says("Choose whom it waits for.") && wrong.says("A reason is required."));
        let me = app.member(Role::Clerk).await.to_string();
        let done = clerk
            .submit(
                &form,
                &form,
                &[
                    ("party", "CUSTOMER"),
                    ("reason", "New account number"),
                    ("told", &me),
                ],
            )
            .await;
        assert!(done.says("It waits; its SLA stands still."), "{}", done.text);
        assert!(
            done.says(
                "Waits for the customer since 3 Nov 2026, 20:00 (“New account number”). Its SLA stands still with 4 d \
                 left. It goes on by itself on 4 Dec 2026, 20:00, or when something new comes from outside. Clerk One \
                 is told then."
            ),
            "{}",
            done.text
        );
        assert!(done.says("lets it wait for the customer until 4 Dec 2026, 20:00: New account number"));
        assert!(done.says("Paused"));
        let row = app.exception(id).await;
        assert_eq!((row.status, row.due_at, row.version), (Status::New, Ts::NEVER, 2));
        let tab = clerk.get("/exceptions?tab=waiting").await;
        assert_eq!(tab.find("table.q tbody tr").len(), 1, "{}", tab.text);
        assert!(tab.says("waits for the customer") && tab.says("Paused"));
        let counts = tab.find(".tabs a");
        assert!(
            counts.contains(&"Waiting 1".to_owned()) && counts.contains(&"Open 1".to_owned()),
            "{counts:?}"
        );
        let twice = clerk.get(&form).await;
        assert_eq!(twice.status, 422);
        assert!(twice.says("It waits for somebody outside already."));
        let api = Api::of(&app, Role::ViewOnly).await;
        for path in ["/api/exceptions", "/api/v1/exceptions"] {
            let told = api.get(&format!("{path}/{id}")).await.json();
            assert_eq!(told.get("dueAt"), None, "{told}");
        }
        let days = clerk.get("/exceptions?due_from=2026-01-01").await;
        assert!(days.find("table.q tbody tr").is_empty(), "it is due on no day");
        let work = clerk.get("/").await;
        assert!(!work.says("waits for the customer"), "nobody has it");
        // Twenty days later nothing is overdue.
        app.wait(60 * 24 * 20);
        let clerk = app.as_clerk().await;
        let overdue = clerk.get("/exceptions?tab=overdue").await;
        assert!(overdue.find("table.q tbody tr").is_empty(), "{}", overdue.text);
        aging::run(&app.app).await.unwrap();
        let went_on = clerk.submit(&page, &format!("{page}/resume"), &[]).await;
        assert!(
            went_on.says("It does not wait any more; its SLA goes on."),
            "{}",
            went_on.text
        );
        assert!(
            went_on.says("Clerk One stopped waiting for the customer after 20 d. Critical severity"),
            "{}",
            went_on.text
        );
        let row = app.exception(id).await;
        // It has become critical meanwhile, and of that nothing has counted yet.
        assert_eq!(row.due_at, at(10 + 480 + 24), "{backend:?}");
        assert_eq!(
            row.due_rule,
            "Critical severity: 24 hours from the time it rose, without the time it waited."
        );
        let counts = clerk.get("/exceptions").await.find(".tabs a");
        assert!(counts.contains(&"Waiting 0".to_owned()), "{counts:?}");
        let again = clerk
            .post(&format!("{page}/resume"), &[("csrf_token", clerk.token().await)])
            .await;
        assert!(
            again.says("It does not wait for anybody outside."),
            "{}",
            again.text
        );
        assert_eq!(app.events_of(id, EventKind::Due).await.len(), 2);
    }
}

#[actix_web::test]
async fn a_rule_clock_goes_on_while_it_waits() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let mut new = app.a_return();
        new.said.notice_settlement = Some(Day("2026-11-02".parse().unwrap()));
        let id = app.raise_as(new).await;
        let before = app.exception(id).await;
        app.let_wait(id).await;
        let row = app.exception(id).await;
        assert_eq!(
            (row.due_at, &row.due_rule),
            (before.due_at, &before.due_rule),
            "{backend:?}"
        );
        let page = app.as_clerk().await.get(&format!("/exceptions/{id}")).await;
        assert!(
            page.says("the clock of the rules that it is due by goes on"),
            "{}",
            page.text
        );
        // It is overdue by it, waiting or not.
        app.wait(60 * 24 * 5);
        let overdue = app.as_clerk().await.get("/exceptions?tab=overdue").await;
        assert_eq!(overdue.find("table.q tbody tr").len(), 1, "{}", overdue.text);
    }
}

#[actix_web::test]
async fn closing_ends_it_and_what_was_overdue_stays_overdue() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let (closed, late) = (app.raise().await, app.raise().await);
        app.let_wait(closed).await;
        app.wait(60 * 24);
        app.close(closed, Role::Clerk).await;
        let row = app.exception(closed).await;
        assert_eq!(
            (row.status, row.waiting_since, row.waiting_for),
            (Status::Resolved, None, None)
        );
        assert_eq!(
            row.due_at,
            at(120 + 24),
            "what it was due by, without the day it waited"
        );
        // Six days after it was raised the other is a day late.
        app.wait(60 * 24 * 5);
        let due = app.exception(late).await.due_at;
        assert!(due < app.app.clock.now());
        app.let_wait(late).await;
        assert_eq!(app.exception(late).await.due_at, due);
        app.wait(60 * 24);
        app.let_go_on(late).await;
        assert_eq!(app.exception(late).await.due_at, due, "{backend:?}");
    }
}

#[actix_web::test]
async fn the_severity_rises_while_it_waits_and_the_sooner_time_counts_from_then_on() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        app.wait(60 * 2);
        app.let_wait(id).await;
        // Three days and more: it is high. 72 hours are left of it, less than the 118 of a medium one.
        app.wait(60 * 78);
        aging::run(&app.app).await.unwrap();
        let row = app.exception(id).await;
        assert_eq!(
            (row.severity, row.due_at),
            (Severity::High, Ts::NEVER),
            "{backend:?}"
        );
        app.let_go_on(id).await;
        let row = app.exception(id).await;
        assert_eq!(row.due_at, at(80 + 72), "{}", row.due_rule);
        // By hand back to what it was: what it would have had from the beginning, without the time it waited.
        let manager = app.actor(Role::Manager).await;
        let reason = Reason::parse("Small").unwrap();
        app.app
            .db
            .write(app.account, move |tx| {
                docket::exceptions::severity::set(tx, &manager, id, Severity::Low, &reason, None)
            })
            .await
            .unwrap();
        assert_eq!(app.exception(id).await.due_at, at(168 + 78));
    }
}

#[actix_web::test]
async fn nobody_lets_wait_what_another_has_and_a_stale_form_is_told() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let form = format!("/exceptions/{id}/wait");
    let clerk = app.as_clerk().await;
    let shown = clerk.get(&form).await;
    let finance = app.actor(Role::Finance).await;
    app.app
        .db
        .write(app.account, move |tx| {
            docket::exceptions::claim::claim(tx, &finance, id)
        })
        .await
        .unwrap();
    let fields = [("party", "BANK"), ("reason", "They look for it")];
    let refused = clerk.submit_shown(&shown, &form, &fields).await;
    assert_eq!(refused.status, 409);
    assert!(
        refused.says("Finance One has it.") && refused.says("They look for it"),
        "{}",
        refused.text
    );
    assert_eq!(app.exception(id).await.waiting_since, None);
    let stranger = app.as_stranger(Role::Clerk).await;
    assert_eq!(stranger.get(&form).await.status, 404);
}

#[actix_web::test]
async fn a_stale_form_is_told_until_when_it_waits_in_the_readers_zone() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let form = format!("/exceptions/{id}/severity");
    let manager = app.as_manager().await;
    let shown = manager.get(&form).await;
    app.let_wait_until(id, Some(at(48)), None).await;
    let fields = [("severity", "LOW"), ("reason", "Small")];
    let refused = manager.submit_shown(&shown, &form, &fields).await;
    assert_eq!(refused.status, 409);
    assert!(
        refused.says("lets it wait for a bank until 5 Nov 2026, 10:00: The bank looks for the payment."),
        "{}",
        refused.text
    );
}

#[actix_web::test]
async fn it_goes_on_when_its_time_has_come_and_whoever_is_to_know_is_told() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        app.let_wait_until(id, Some(at(48)), Some(Role::Finance)).await;
        app.wait(60 * 47);
        aging::run(&app.app).await.unwrap();
        assert!(app.exception(id).await.waiting_since.is_some());
        app.wait(60);
        for _ in 0..2 {
            aging::run(&app.app).await.unwrap();
        }
        let row = app.exception(id).await;
        assert_eq!(
            (row.waiting_since, row.waiting_until, row.waiting_told),
            (None, None, None)
        );
        assert_eq!(row.due_at, at(120 + 48), "{backend:?}: {}", row.due_rule);
        let told = app.sign_in(Role::Finance).await.get("/notifications").await;
        assert_eq!(
            told.find(".told button"),
            ["Unread: R01 Insufficient Funds, Paul Jones: it waits no more: the time has come."]
        );
        assert_eq!(app.events_of(id, EventKind::Due).await.len(), 2, "once");
    }
}

#[actix_web::test]
async fn a_note_a_comment_or_another_return_from_outside_ends_the_waiting_and_a_colleagues_words_do_not() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let api = Api::of(&app, Role::Clerk).await;
        let id = app.raise().await;
        let page = format!("/exceptions/{id}");
        app.let_wait(id).await;
        let manager = app.as_manager().await;
        manager
            .submit(
                &page,
                &format!("{page}/comments"),
                &[("content", "I called them.")],
            )
            .await;
        assert!(app.exception(id).await.waiting_since.is_some(), "{backend:?}");
        let comment = json!({"content": "The bank has found it."});
        let path = format!("/api/v1/exceptions/{id}/comments");
        assert_eq!(api.post(&path, &comment).await.status, 201);
        assert_eq!(app.exception(id).await.waiting_since, None);
        app.let_wait(id).await;
        // Another about the same entity.
        app.raise().await;
        assert_eq!(app.exception(id).await.waiting_since, None);
        let told = app.events_of(id, EventKind::Due).await.join("\n");
        assert!(
            told.contains("a comment came by the API") && told.contains("R01 was raised"),
            "{told}"
        );
    }
}

#[actix_web::test]
async fn nothing_is_told_overdue_or_escalated_while_it_waits_and_a_rule_clock_is() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let paused = app.raise().await;
        app.wait(60);
        let late = app.raise().await;
        let mut new = app.a_return();
        new.entity_id = uuid::Uuid::now_v7();
        new.said.notice_settlement = Some(Day("2026-11-02".parse().unwrap()));
        let by_clock = app.raise_as(new).await;
        for id in [paused, by_clock] {
            app.let_wait(id).await;
        }
        let words = |events: Vec<String>| {
            events
                .iter()
                .filter(|e| e.contains("due time") || e.contains("due soon"))
                .count()
        };
        let told = |id| app.events_of(id, EventKind::Due);
        for _ in 0..31 {
            clock::run(&app.app).await.unwrap();
            app.wait(60 * 4);
        }
        // The second is overdue, and waits then: what comes after that is not told.
        let before = words(told(late).await);
        assert!(before > 0, "{backend:?}");
        app.let_wait(late).await;
        for _ in 0..12 {
            clock::run(&app.app).await.unwrap();
            app.wait(60 * 4);
        }
        assert_eq!(words(told(paused).await), 0, "{backend:?}");
        assert_eq!(words(told(late).await), before, "{backend:?}");
        assert!(words(told(by_clock).await) > 0, "{backend:?}");
        let supervisor = app.as_manager().await.get("/notifications").await;
        let escalated = supervisor.find(".told button").join("\n");
        assert!(
            !escalated.contains("still open long after"),
            "{backend:?}: {escalated}"
        );
    }
}

#[actix_web::test]
async fn on_working_days_only_the_working_time_it_waited_is_added() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.set_thresholds(&[("on_working_days", "1")]).await;
        let id = app.raise().await;
        let before = app.exception(id).await.due_at;
        // From Friday, 6 November, 15:00 UTC to Monday at the same time: nine hours of Friday in New York until
        // midnight and ten of Monday count, the weekend does not.
        app.wait(60 * 24 * 3);
        app.let_wait(id).await;
        app.wait(60 * 24 * 3);
        app.let_go_on(id).await;
        let row = app.exception(id).await;
        let friday = row.due_at.since(before);
        assert!(
            friday >= Duration::from_hours(24),
            "{backend:?}: {} to {}",
            before.rfc3339(),
            row.due_at.rfc3339()
        );
        assert_eq!(
            row.sla_paused,
            24 * 3_600 * 1_000_000,
            "a working day of the three"
        );
    }
}

#[actix_web::test]
async fn it_waits_neither_into_the_past_nor_for_ever_and_strangers_are_not_told() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let form = format!("/exceptions/{id}/wait");
    let clerk = app.as_clerk().await;
    for (until, why) in [
        ("2026-11-01T09:00", "Give a time that is still to come."),
        ("2027-11-01T09:00", "Give a time within 31 days."),
        ("some day", "Give a day and a time such as 2026-11-21 09:00."),
    ] {
        let fields = [
            ("party", "BANK"),
            ("reason", "They look for it"),
            ("until", until),
        ];
        let refused = clerk.submit(&form, &form, &fields).await;
        assert_eq!(refused.status, 422);
        assert!(refused.says(why), "{}", refused.text);
    }
    let nobody = uuid::Uuid::now_v7().to_string();
    let fields = [
        ("party", "BANK"),
        ("reason", "They look for it"),
        ("told", nobody.as_str()),
    ];
    let refused = clerk.submit(&form, &form, &fields).await;
    assert!(
        refused.says("Choose somebody who works exceptions here."),
        "{}",
        refused.text
    );
    assert_eq!(app.exception(id).await.waiting_since, None);
}

/// domain.md says only from when on the SLA counts; for the time that nobody could work on it nobody is to blame.
#[actix_web::test]
async fn the_sla_stands_still_while_it_is_resolved() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let (short, long) = (app.raise().await, app.raise().await);
        let before = app.exception(short).await.due_at;
        app.wait(60);
        let clerk = app.as_clerk().await;
        for id in [short, long] {
            let done = resolve(&clerk, id).await;
            assert!(done.says("Paid otherwise"), "{}", done.text);
        }
        app.wait(60 * 40);
        let told = reopen(&app, short).await;
        assert!(told.says("moved its due time"), "{}", told.text);
        let row = app.exception(short).await;
        let rest = Duration::from_hours(40);
        assert_eq!(row.due_at, before.plus(rest), "{backend:?} {}", row.due_rule);
        assert!(
            row.due_rule
                .ends_with("without the time it waited or was resolved."),
            "{}",
            row.due_rule
        );
        // What its age asks for after so long counts from when it is open again, and the clock leaves it so.
        app.wait(60 * 24 * 20);
        reopen(&app, long).await;
        let row = app.exception(long).await;
        assert_eq!(row.severity, Severity::Critical);
        let a_day_on = app.app.clock.now().plus(Duration::from_hours(24));
        assert_eq!(row.due_at, a_day_on, "{backend:?} {}", row.due_rule);
        aging::run(&app.app).await.unwrap();
        assert_eq!(app.exception(long).await.due_at, a_day_on);
        // What was overdue when it was resolved is overdue when it is open again.
        app.wait(60 * 24 * 2);
        let clerk = app.as_clerk().await;
        resolve(&clerk, long).await;
        app.wait(60 * 24);
        reopen(&app, long).await;
        assert_eq!(app.exception(long).await.due_at, a_day_on, "{backend:?}");
    }
}

async fn resolve(clerk: &Browser, id: ExceptionId) -> Answer {
    let form = format!("/exceptions/{id}/resolve");
    let fields = [
        ("resolution_type", "NO_ACTION"),
        ("reason", "Paid otherwise"),
        ("notes", "The payer called."),
        ("step", "confirm"),
    ];
    clerk.submit(&form, &form, &fields).await
}

async fn reopen(app: &TestApp, id: ExceptionId) -> Answer {
    let manager = app.as_manager().await;
    let form = format!("/exceptions/{id}/reopen");
    manager.submit(&form, &form, &[("reason", "It came back")]).await
}
