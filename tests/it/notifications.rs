//! What people are told: in the centre, and by the clock; once on several nodes.

use std::time::Duration;

use docket::{
    app::App,
    auth::permission::Role,
    exceptions::{assign::assign, snooze::snooze},
    history::EventKind,
    kernel::{id::ExceptionId, text::Reason},
    notifications::clock,
};

use crate::harness::{Browser, TestApp, both};

impl TestApp {
    async fn give(&self, id: ExceptionId, to: Role) {
        let (actor, to) = (self.actor(Role::Manager).await, self.member(to).await);
        self.app
            .db
            .write(self.account, move |tx| assign(tx, &actor, id, to, None))
            .await
            .unwrap();
    }
}

/// What somebody was told, the newest first.
async fn told(browser: &Browser) -> Vec<String> {
    browser.get("/notifications").await.find(".told button")
}

async fn bell(browser: &Browser) -> String {
    browser.get("/notifications").await.find(".bell b").remove(0)
}

#[actix_web::test]
async fn what_is_given_is_told_together_and_read() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_many(3).await;
        let (clerk, manager) = (app.as_clerk().await, app.as_manager().await);
        assert!(clerk.get("/notifications").await.says("Nothing yet"));
        app.give(ids[0], Role::Clerk).await;
        assert_eq!(bell(&clerk).await, "1");
        assert_eq!(
            told(&clerk).await,
            ["Unread: R01 Insufficient Funds, Paul Jones: Manager One gave it to you."]
        );
        app.give(ids[1], Role::Clerk).await;
        let page = clerk.get("/notifications").await;
        let line = page.find(".told button");
        assert_eq!(line.len(), 1, "{line:?}");
        assert!(line[0].starts_with("Unread: 2 exceptions were given to you, the latest: R01"));
        // To where it leads; then it is read.
        let id = page.attribute(".told button", "value").remove(0);
        let token = manager.token().await;
        let fields = [("csrf_token", token.as_str()), ("notification", id.as_str())];
        assert_eq!(manager.post("/notifications/open", &fields).await.status, 404);
        let token = clerk.token().await;
        let fields = [("csrf_token", token.as_str()), ("notification", id.as_str())];
        let opened = clerk.post("/notifications/open", &fields).await;
        assert_eq!(opened.path, "/exceptions?tab=mine");
        assert_eq!(bell(&clerk).await, "");
        // What comes after is a line of its own.
        app.give(ids[2], Role::Clerk).await;
        assert_eq!(told(&clerk).await.len(), 2);
        let done = clerk.submit("/notifications", "/notifications/read", &[]).await;
        assert!(done.says("All are read."));
        assert_eq!(bell(&clerk).await, "");
        app.take(app.raise().await, Role::Manager).await;
        assert!(
            told(&manager).await.is_empty(),
            "{backend:?} what one takes oneself is no news"
        );
    }
}

#[actix_web::test]
async fn the_clock_warns_marks_the_breach_and_escalates_once_on_two_nodes() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let (held, free, asleep) = (app.raise().await, app.raise().await, app.raise().await);
        app.take(held, Role::Clerk).await;
        let manager = app.actor(Role::Manager).await;
        app.app
            .db
            .write(app.account, move |tx| {
                let until = tx.now.plus(Duration::from_hours(24 * 30));
                snooze(
                    tx,
                    &manager,
                    asleep,
                    until,
                    &Reason::parse("Later").unwrap(),
                    None,
                )
            })
            .await
            .unwrap();
        let due = app.exception(held).await.due_at;
        let other = App::open((*app.app.settings).clone(), app.clock.clone()).unwrap();
        let look = async || {
            let (one, two) = tokio::join!(clock::run(&app.app), clock::run(&other));
            one.and(two).unwrap();
            clock::run(&app.app).await.unwrap();
        };
        let until = |at: docket::kernel::clock::Ts| at.since(app.clock.now());
        // Three quarters of the time have not passed yet.
        let left = until(due) / 4;
        app.clock.advance(
            until(due)
                .saturating_sub(left)
                .saturating_sub(Duration::from_mins(1)),
        );
        look().await;
        let sign_in = async |role| app.sign_in(role).await;
        assert!(told(&sign_in(Role::Clerk).await).await.is_empty(), "{backend:?}");
        app.clock.advance(Duration::from_mins(2));
        look().await;
        let to_clerk = told(&sign_in(Role::Clerk).await).await;
        assert_eq!(to_clerk.len(), 1, "{backend:?} {to_clerk:?}");
        assert!(
            to_clerk[0].contains("R01 Insufficient Funds, Paul Jones: "),
            "{to_clerk:?}"
        );
        assert!(to_clerk[0].ends_with(" left."), "{to_clerk:?}");
        let to_manager = told(&sign_in(Role::Manager).await).await;
        assert_eq!(to_manager.len(), 1, "nobody has the other one: {to_manager:?}");
        assert!(told(&sign_in(Role::Finance).await).await.is_empty());
        // Past its time: who has it and who supervises.
        app.clock.advance(until(due) + Duration::from_mins(30));
        look().await;
        let to_clerk = told(&sign_in(Role::Clerk).await).await;
        assert_eq!(to_clerk.len(), 2, "{to_clerk:?}");
        assert!(to_clerk[0].ends_with("overdue for 30 min."), "{to_clerk:?}");
        let to_manager = told(&sign_in(Role::Manager).await).await;
        assert!(
            to_manager[0].starts_with("Unread: 2 more exceptions on the desk are overdue, the latest: "),
            "{to_manager:?}"
        );
        app.clock.advance(Duration::from_hours(4));
        look().await;
        let to_manager = told(&sign_in(Role::Manager).await).await;
        assert!(
            to_manager[0].starts_with("Unread: 2 more exceptions are still open long after their due time"),
            "{to_manager:?}"
        );
        assert_eq!(told(&sign_in(Role::Clerk).await).await.len(), 2);
        for id in [held, free] {
            let account = app.account;
            let events = app
                .app
                .db
                .read(move |conn| docket::history::queries::list_of(conn, account, id.uuid(), 100))
                .await
                .unwrap();
            let due: Vec<&str> = events
                .iter()
                .filter(|e| e.kind == EventKind::Due)
                .map(|e| e.new.as_str())
                .collect();
            assert_eq!(due, ["DUE_SOON", "OVERDUE"], "{backend:?}");
        }
        assert!(told(&app.as_stranger(Role::Owner).await).await.is_empty());
    }
}

/// Opens the newest notification; gives the address it leads to.
async fn opened(browser: &Browser) -> String {
    let page = browser.get("/notifications").await;
    let id = page.attribute(".told button", "value").remove(0);
    let token = browser.token().await;
    let fields = [("csrf_token", token.as_str()), ("notification", id.as_str())];
    browser.post("/notifications/open", &fields).await.path
}

#[actix_web::test]
async fn each_is_told_once_and_what_is_said_of_several_is_what_is_behind_the_link() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_many(4).await;
        app.take(ids[0], Role::Clerk).await;
        app.take(ids[1], Role::Clerk).await;
        app.take(ids[2], Role::Finance).await;
        let due = app.exception(ids[3]).await.due_at;
        // Nobody looked for five hours: it is overdue, and long overdue, at once.
        app.clock
            .advance(due.since(app.clock.now()) + Duration::from_hours(5));
        clock::run(&app.app).await.unwrap();
        let clerk = app.as_clerk().await;
        let lines = told(&clerk).await;
        assert_eq!(lines.len(), 1, "{backend:?} {lines:?}");
        assert!(
            lines[0].starts_with("Unread: 2 more exceptions of yours are overdue, the latest: "),
            "{lines:?}"
        );
        let me = app.member(Role::Clerk).await;
        let list = opened(&clerk).await;
        assert_eq!(list, format!("/exceptions?tab=overdue&assignee={me}"));
        assert_eq!(clerk.get(&list).await.find("table.q tbody tr").len(), 2);
        // Who supervises is told of all four, of each once, whoever has it.
        let manager = app.as_manager().await;
        let lines = told(&manager).await;
        assert_eq!(lines.len(), 1, "{backend:?} {lines:?}");
        assert!(
            lines[0].starts_with("Unread: 4 more exceptions are still open long after their due time"),
            "{lines:?}"
        );
        let list = opened(&manager).await;
        assert_eq!(list, "/exceptions?tab=overdue");
        assert_eq!(manager.get(&list).await.find("table.q tbody tr").len(), 4);
    }
}

#[actix_web::test]
async fn nobody_is_told_what_they_do_not_want_to_be_told() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let clerk = app.as_clerk().await;
        let page = clerk.get("/settings/notifications").await;
        assert_eq!(page.find("main input[checked]").len(), 13, "{}", page.text);
        let settings = "/settings/notifications";
        let saved = clerk
            .submit_shown(&page, settings, &[("OVERDUE", "1"), ("RETURNED", "1")])
            .await;
        assert!(saved.says("You are told as you have chosen."));
        let id = app.raise().await;
        app.give(id, Role::Clerk).await;
        assert!(told(&clerk).await.is_empty(), "{backend:?}");
    }
}
