//! What e-mails say of due times: at once to who supervises, as whose it is when they are sent, and not where the due
//! time was moved on.

use std::time::Duration;

use docket::{
    auth::permission::Role,
    exceptions::{claim::claim, model::Severity, severity},
    kernel::{id::ExceptionId, text::Reason},
    mail::model::{MailKind, MailState},
    notifications::clock,
};

use crate::{
    harness::{
        Backend, TestApp, both,
        smtp::{Mood, Smtp},
    },
    mail::{docket_on, settled},
};

const MANAGER: &str = "manager@one.test";
const OWNER: &str = "owner@one.test";

/// Goes on to so long after its due time, and tells what there is to tell.
async fn overdue_for(app: &TestApp, id: ExceptionId, time: Duration) {
    let due = app.exception(id).await.due_at;
    app.clock.advance(due.since(app.clock.now()) + time);
    clock::run(&app.app).await.unwrap();
}

/// The subjects of what somebody got at once.
fn at_once(server: &Smtp, address: &str) -> Vec<String> {
    let mails = server.mails_to(address).into_iter();
    mails
        .map(|mail| mail.subject)
        .filter(|subject| !subject.starts_with("Digest"))
        .collect()
}

async fn what_is_noticed_late_is_told_no_later(backend: Backend) {
    let server = Smtp::start(Mood::Well);
    let app = docket_on(backend, &server).await;
    // The owner wants to have what is long overdue in the digest alone.
    let settings = "/settings/notifications";
    let fields = [
        ("OTHERS_OVERDUE", "1"),
        ("mail_OTHERS_OVERDUE", "NOW"),
        ("ESCALATED", "1"),
        ("mail_ESCALATED", "DIGEST"),
        ("digest", "1"),
        ("digest_at", "08:00"),
    ];
    let saved = app.as_owner().await.submit(settings, settings, &fields).await;
    assert!(saved.says("You are told as you have chosen."), "{}", saved.text);
    let id = app.raise().await;
    overdue_for(&app, id, Duration::from_hours(6)).await;
    app.wait(1);
    settled(&app).await;
    assert_eq!(
        at_once(&server, MANAGER),
        ["Still open long after its due time: R01 Insufficient Funds · Northwind Payments"],
        "{backend:?} once"
    );
    assert_eq!(
        at_once(&server, OWNER),
        ["Overdue, not yours: R01 Insufficient Funds · Northwind Payments"],
        "{backend:?}"
    );
}

#[actix_web::test]
async fn what_is_noticed_long_after_its_due_time_is_told_no_later_on_both_databases() {
    for backend in both() {
        what_is_noticed_late_is_told_no_later(backend).await;
    }
}

async fn what_one_has_taken_is_ones_own(backend: Backend) {
    let server = Smtp::start(Mood::Well);
    let app = docket_on(backend, &server).await;
    let (id, manager) = (app.raise().await, app.actor(Role::Manager).await);
    overdue_for(&app, id, Duration::from_mins(30)).await;
    // Within the minute in which it is gathered.
    app.app
        .db
        .write(app.account, move |tx| claim(tx, &manager, id))
        .await
        .unwrap();
    app.wait(1);
    settled(&app).await;
    assert_eq!(
        at_once(&server, MANAGER),
        ["Overdue: R01 Insufficient Funds · Northwind Payments"],
        "{backend:?}"
    );
    assert_eq!(
        at_once(&server, OWNER),
        ["Overdue, not yours: R01 Insufficient Funds · Northwind Payments"],
        "{backend:?}"
    );
}

#[actix_web::test]
async fn what_one_has_taken_meanwhile_is_told_as_ones_own_on_both_databases() {
    for backend in both() {
        what_one_has_taken_is_ones_own(backend).await;
    }
}

async fn what_has_time_again_is_not_told(backend: Backend) {
    let server = Smtp::start(Mood::Well);
    let app = docket_on(backend, &server).await;
    let (id, manager) = (app.raise().await, app.actor(Role::Manager).await);
    overdue_for(&app, id, Duration::from_mins(30)).await;
    // A low one has 168 hours rather than 120: 47 are left, more than a quarter.
    app.app
        .db
        .write(app.account, move |tx| {
            let reason = Reason::parse("The payer has called").unwrap();
            severity::set(tx, &manager, id, Severity::Low, &reason, None)
        })
        .await
        .unwrap();
    app.wait(1);
    let rows = settled(&app).await;
    assert!(at_once(&server, MANAGER).is_empty(), "{backend:?}");
    let notices: Vec<_> = rows.iter().filter(|r| r.kind == MailKind::Notice).collect();
    assert!(!notices.is_empty(), "{rows:?}");
    for notice in notices {
        assert_eq!(notice.state, MailState::Dropped, "{notice:?}");
        assert_eq!(
            notice.last_outcome,
            "All of it was read or settled before it was sent."
        );
    }
    // Six hours later a quarter is left, and that is news again.
    app.wait(6 * 60);
    clock::run(&app.app).await.unwrap();
    app.at("2026-11-09T13:00:00Z");
    settled(&app).await;
    let digest = server.mails_to(MANAGER).remove(0);
    assert!(digest.subject.starts_with("Digest of 9 Nov 2026"), "{backend:?}");
    for words in [
        "A quarter of the time left, not yours",
        "R01 Insufficient Funds, Paul Jones: 26 h left.",
    ] {
        assert!(digest.text.contains(words), "{backend:?} {}", digest.text);
    }
}

#[actix_web::test]
async fn what_has_more_than_a_quarter_of_its_time_left_again_is_not_told_on_both_databases() {
    for backend in both() {
        what_has_time_again_is_not_told(backend).await;
    }
}
