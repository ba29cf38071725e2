//! E-mail, spoken with a mail server that behaves as badly as real ones do: what it says and to whom, once from several
//! nodes, again after a refusal that may pass and never after one that will not; nothing to who has left.

use std::time::Duration;

use diesel::prelude::*;
use docket::{
    app::App,
    auth::permission::Role,
    db::{
        paging::Window,
        schema::{business_accounts, team_members},
    },
    exceptions::{assign::assign, model::ResolutionKind},
    kernel::{
        clock::Ts,
        id::{ExceptionId, MailId},
    },
    mail::{
        deliver,
        model::{MailKind, MailRow, MailState},
        outbox, queries,
    },
    notifications::clock,
};

use crate::{
    harness::{
        Backend, Browser, PASSWORD, TestApp, both,
        smtp::{Mood, Smtp},
    },
    planted_numbers::{PLANTED, holds},
};

const CLERK: &str = "clerk@one.test";
const SITE: &str = "https://docket.one.test";

/// A Docket with that mail server.
pub async fn docket_on(backend: Backend, server: &Smtp) -> TestApp {
    let url = server.url();
    TestApp::start_with(backend, |settings| {
        settings.smtp_url = Some(url);
        settings.mail_from = Some("Docket <docket@desk.test>".into());
        settings.public_url = Some(SITE.into());
    })
    .await
}

impl TestApp {
    /// Gives an exception to somebody, as the manager.
    pub async fn hand(&self, id: ExceptionId, to: Role) {
        let (actor, to) = (self.actor(Role::Manager).await, self.member(to).await);
        self.app
            .db
            .write(self.account, move |tx| assign(tx, &actor, id, to, None))
            .await
            .unwrap();
    }

    /// Sends what is due, as one node that is told to.
    async fn post(&self) {
        deliver::run(&self.app, self.account).await;
    }

    /// Every message of the first business account, the latest first.
    pub async fn mails(&self) -> Vec<MailRow> {
        let account = self.account;
        let window = Window {
            edge: None,
            offset: 0,
            limit: 1_000,
        };
        let (found, _) = self
            .app
            .db
            .read(move |conn| queries::page(conn, account, None, &window))
            .await
            .unwrap();
        found.rows.into_iter().map(|(row, _)| row).collect()
    }

    /// Sets the clock.
    pub fn at(&self, time: &str) {
        let wanted = Ts::from_micros(
            time.parse::<chrono::DateTime<chrono::Utc>>()
                .unwrap()
                .timestamp_micros(),
        );
        let now = self.clock.now();
        assert!(wanted >= now, "time goes on");
        self.clock.advance(wanted.since(now));
    }

    /// As its page's button does it.
    pub async fn a_test_message(&self, role: Role) {
        let actor = self.actor(role).await;
        self.app
            .db
            .write(self.account, move |tx| outbox::test(tx, &actor))
            .await
            .unwrap();
    }
}

/// Lets nothing but the machine's time pass until it is so.
async fn until(app: &TestApp, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..1_200 {
        if is_so().await {
            return;
        }
        app.app.jobs.wake();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}

/// When all has come to its end.
pub async fn settled(app: &TestApp) -> Vec<MailRow> {
    until(app, "nothing waits that is due", async || {
        let now = app.clock.now();
        app.mails()
            .await
            .iter()
            .all(|m| m.state != MailState::Waiting || (m.next_at > now && m.lease_until.is_none()))
    })
    .await;
    app.mails().await
}

fn of_kind(mails: &[MailRow], kind: MailKind) -> Vec<&MailRow> {
    mails.iter().filter(|m| m.kind == kind).collect()
}

async fn something_overdue_is_sent_at_once_and_the_rest_with_the_digest(backend: Backend) {
    let server = Smtp::start(Mood::Well);
    let app = docket_on(backend, &server).await;
    let (first, second) = (app.raise().await, app.raise().await);
    app.hand(first, Role::Clerk).await;
    app.hand(second, Role::Clerk).await;
    // Past the due time of both: the clerk has them, three supervise.
    let due = app.exception(second).await.due_at;
    app.clock
        .advance(due.since(app.clock.now()) + Duration::from_mins(30));
    clock::run(&app.app).await.unwrap();
    app.post().await;
    assert!(
        server
            .mails_to(CLERK)
            .iter()
            .all(|m| !m.subject.contains("overdue")),
        "what comes within a minute is gathered"
    );
    app.wait(1);
    settled(&app).await;
    let mails = server.mails_to(CLERK);
    let notice = mails.iter().find(|m| !m.subject.starts_with("Digest")).unwrap();
    assert_eq!(
        notice.subject,
        "2 exceptions of yours are overdue · Northwind Payments"
    );
    assert_eq!(notice.to, [("Clerk One".to_owned(), CLERK.to_owned())]);
    assert_eq!(notice.head("From"), "Docket <docket@desk.test>");
    assert_eq!(
        notice.head("List-Unsubscribe"),
        format!("<{SITE}/settings/notifications>")
    );
    assert_eq!(notice.head("Auto-Submitted"), "auto-generated");
    assert!(notice.id.ends_with("@desk.test"), "{}", notice.id);
    let post = &server.accepted()[0];
    assert_eq!(post.from, "docket@desk.test");
    assert!(notice.head("Date").ends_with("+0000"), "{}", notice.head("Date"));
    for body in [&notice.text, &notice.html] {
        assert!(body.contains("R01 Insufficient Funds, Paul Jones"), "{body}");
        assert!(body.contains(&format!("{SITE}/exceptions?tab=overdue")), "{body}");
        assert!(body.contains(&format!("{SITE}/settings/notifications")));
    }
    assert!(!notice.text.contains('<'), "{}", notice.text);
    assert!(notice.html.starts_with("<!DOCTYPE html>"));
}

#[actix_web::test]
async fn something_overdue_is_sent_at_once_and_the_rest_with_the_digest_on_both_databases() {
    for backend in both() {
        something_overdue_is_sent_at_once_and_the_rest_with_the_digest(backend).await;
    }
}

async fn a_digest_says_what_is_true_when_it_is_sent(backend: Backend) {
    let server = Smtp::start(Mood::Well);
    let app = docket_on(backend, &server).await;
    // Tuesday, 10:00 in New York. What is given now is told on Wednesday at 8.
    let ids = app.raise_many(4).await;
    for id in &ids[..3] {
        app.hand(*id, Role::Clerk).await;
        // A line of its own.
        app.wait(11);
    }
    let clerk = app.as_clerk().await;
    let lines = clerk.get("/notifications").await;
    assert_eq!(lines.find(".told button").len(), 3, "{backend:?}");
    // One is read, one is resolved, one is as it was.
    let newest = lines.attribute(".told button", "value").remove(0);
    let token = clerk.token().await;
    let fields = [("csrf_token", token.as_str()), ("notification", newest.as_str())];
    clerk.post("/notifications/open", &fields).await;
    let page = format!("/exceptions/{}/resolve", ids[0]);
    let fields = [
        ("resolution_type", ResolutionKind::NoAction.as_str()),
        ("reason", "Paid by wire"),
        ("notes", "Paid again by wire."),
    ];
    clerk.submit(&page, &page, &fields).await;
    app.at("2026-11-04T12:59:59Z");
    app.post().await;
    assert!(server.mails_to(CLERK).is_empty(), "{backend:?}");
    app.at("2026-11-04T13:00:00Z");
    let rows = settled(&app).await;
    let mails = server.mails_to(CLERK);
    assert_eq!(mails.len(), 1, "{backend:?} {rows:?}");
    let digest = &mails[0];
    assert_eq!(digest.subject, "Digest of 4 Nov 2026 · Northwind Payments");
    assert!(
        digest.text.contains(&format!("{SITE}/exceptions/{}", ids[1])),
        "{}",
        digest.text
    );
    for gone in [ids[0], ids[2], ids[3]] {
        assert!(!digest.text.contains(&gone.to_string()), "{}", digest.text);
        assert!(!digest.html.contains(&gone.to_string()));
    }
    assert!(digest.text.contains("Given to you"), "{}", digest.text);
    let me = app.member(Role::Clerk).await;
    assert!(
        digest
            .text
            .contains(&format!("Open: 2  {SITE}/exceptions?tab=open&assignee={me}")),
        "{}",
        digest.text
    );
    // Nothing more is told of it: no second digest while nothing new happened.
    app.at("2026-11-05T13:00:00Z");
    settled(&app).await;
    assert_eq!(server.mails_to(CLERK).len(), 1);
    // All of it was read: none is sent, and the list says why.
    app.hand(ids[3], Role::Clerk).await;
    app.as_clerk()
        .await
        .submit("/notifications", "/notifications/read", &[])
        .await;
    app.at("2026-11-06T13:00:00Z");
    let rows = settled(&app).await;
    assert_eq!(server.mails_to(CLERK).len(), 1, "{backend:?}");
    let last = of_kind(&rows, MailKind::Digest)[0];
    assert_eq!(last.state, MailState::Dropped);
    assert_eq!(
        last.last_outcome,
        "All of it was read or settled before it was sent."
    );
}

#[actix_web::test]
async fn a_digest_says_what_is_true_when_it_is_sent_on_both_databases() {
    for backend in both() {
        a_digest_says_what_is_true_when_it_is_sent(backend).await;
    }
}

async fn a_digest_is_on_time_when_the_clocks_change(backend: Backend) {
    let server = Smtp::start(Mood::Well);
    let app = docket_on(backend, &server).await;
    let ids = app.raise_many(4).await;
    // A Friday after 8 in New York; on the Sunday the clocks go forward there.
    app.at("2027-03-12T14:00:00Z");
    app.hand(ids[0], Role::Clerk).await;
    for (time, n) in [
        ("2027-03-13T13:00:00Z", 0),
        ("2027-03-14T12:00:00Z", 0),
        ("2027-03-15T11:59:59Z", 0),
        ("2027-03-15T12:00:00Z", 1),
    ] {
        app.at(time);
        app.post().await;
        settled(&app).await;
        assert_eq!(server.mails_to(CLERK).len(), n, "{backend:?} {time}");
    }
    // The clerk wants it at half past nine, and moves to Berlin; there the clocks change two weeks later.
    app.hand(ids[1], Role::Clerk).await;
    let clerk = app.as_clerk().await;
    let settings = "/settings/notifications";
    let fields = [
        ("ASSIGNED", "1"),
        ("mail_ASSIGNED", "DIGEST"),
        ("digest", "1"),
        ("digest_at", "09:30"),
    ];
    let saved = clerk.submit(settings, settings, &fields).await;
    assert!(saved.says("You are told as you have chosen."), "{}", saved.text);
    assert_eq!(saved.find("#digest_at-hint"), ["America/New_York"]);
    let profile = "/settings/profile";
    let fields = [
        ("first_name", "Clerk"),
        ("last_name", "One"),
        ("time_zone", "Europe/Berlin"),
    ];
    let saved = clerk.submit(profile, profile, &fields).await;
    assert!(saved.says("Your profile is saved."), "{}", saved.text);
    for (time, n) in [("2027-03-16T08:29:59Z", 1), ("2027-03-16T08:30:00Z", 2)] {
        app.at(time);
        app.post().await;
        settled(&app).await;
        assert_eq!(server.mails_to(CLERK).len(), n, "{backend:?} {time}");
    }
    // A Friday again; on the Monday after the change it is an hour earlier by the sun. Easter is no banking holiday.
    app.at("2027-03-26T09:00:00Z");
    app.hand(ids[2], Role::Clerk).await;
    for (time, n) in [("2027-03-29T07:29:59Z", 2), ("2027-03-29T07:30:00Z", 3)] {
        app.at(time);
        app.post().await;
        settled(&app).await;
        assert_eq!(server.mails_to(CLERK).len(), n, "{backend:?} {time}");
    }
    // Who wants none gets none, also of what waited for it.
    app.hand(ids[3], Role::Clerk).await;
    let clerk = app.as_clerk().await;
    let kept = clerk.get("/settings/notifications").await;
    assert_eq!(kept.attribute("#digest_at", "value"), ["09:30"]);
    assert_eq!(kept.find("#digest_at-hint"), ["Europe/Berlin"]);
    clerk
        .submit_shown(
            &kept,
            "/settings/notifications",
            &[("ASSIGNED", "1"), ("digest_at", "09:30")],
        )
        .await;
    app.at("2027-03-30T09:00:00Z");
    let rows = settled(&app).await;
    assert_eq!(server.mails_to(CLERK).len(), 3, "{backend:?}");
    assert_eq!(
        of_kind(&rows, MailKind::Digest)[0].last_outcome,
        "The digest was turned off."
    );
}

#[actix_web::test]
async fn a_digest_is_on_time_when_the_clocks_change_on_both_databases() {
    for backend in both() {
        a_digest_is_on_time_when_the_clocks_change(backend).await;
    }
}

async fn two_nodes_send_each_message_once(backend: Backend) {
    let server = Smtp::start(Mood::Well);
    let app = docket_on(backend, &server).await;
    let other = App::open((*app.app.settings).clone(), app.clock.clone()).unwrap();
    for id in app.raise_many(12).await {
        app.hand(id, Role::Clerk).await;
        app.hand(id, Role::Finance).await;
        app.hand(id, Role::Owner).await;
    }
    for role in [Role::Owner, Role::Admin] {
        app.a_test_message(role).await;
    }
    app.at("2026-11-04T13:00:00Z");
    tokio::join!(
        deliver::run(&app.app, app.account),
        deliver::run(&other, app.account),
        deliver::run(&app.app, app.account),
        deliver::run(&other, app.account),
    );
    let rows = settled(&app).await;
    let sent: Vec<_> = rows.iter().filter(|r| r.state == MailState::Sent).collect();
    assert!(sent.len() >= 4, "{backend:?} {rows:?}");
    assert!(sent.iter().all(|r| r.attempts == 1));
    let mut ids: Vec<String> = server.all().iter().map(|p| p.read().id).collect();
    let n = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), n), (sent.len(), sent.len()), "{backend:?}");
}

#[actix_web::test]
async fn two_nodes_send_each_message_once_on_both_databases() {
    for backend in both() {
        two_nodes_send_each_message_once(backend).await;
    }
}

async fn what_is_put_off_is_tried_again_and_what_is_refused_is_given_up(backend: Backend) {
    let server = Smtp::start(Mood::PutsOff);
    let app = docket_on(backend, &server).await;
    app.a_test_message(Role::Owner).await;
    let rows = settled(&app).await;
    assert_eq!(rows[0].state, MailState::Waiting);
    assert_eq!(rows[0].last_outcome, "Put off with 451: 4.7.1 Come again later.");
    assert_eq!(rows[0].attempts, 1);
    let owner = app.as_owner().await;
    let page = owner.get("/settings/mail").await;
    assert!(
        page.says("Tried again") && page.says("Come again later"),
        "{}",
        page.text
    );
    server.set(Mood::Well);
    app.clock.advance(Duration::from_secs(10));
    let rows = settled(&app).await;
    assert_eq!(
        (rows[0].state, rows[0].attempts),
        (MailState::Sent, 2),
        "{backend:?}"
    );
    assert_eq!(rows[0].last_outcome, "Taken with 250: 2.0.0 Queued as 4F2.");
    // There is nobody of that name; others get theirs.
    server.set(Mood::Refuses("owner@"));
    app.a_test_message(Role::Owner).await;
    app.a_test_message(Role::Admin).await;
    let rows = settled(&app).await;
    let (to_owner, to_admin) = if rows[0].member_id == app.member(Role::Owner).await {
        (&rows[0], &rows[1])
    } else {
        (&rows[1], &rows[0])
    };
    assert_eq!((to_owner.state, to_owner.attempts), (MailState::Failed, 1));
    assert_eq!(
        to_owner.last_outcome,
        "Refused with 550: 5.1.1 There is nobody of this name."
    );
    assert_eq!(to_admin.state, MailState::Sent);
    let failed = owner.get("/settings/mail?state=FAILED").await;
    assert_eq!(failed.find("tbody tr").len(), 1, "{}", failed.text);
    assert!(failed.says("There is nobody of this name"));
    // Somebody has made the address: it is sent again, with the same id.
    server.set(Mood::Well);
    let id = to_owner.id.to_string();
    let again = owner
        .submit("/settings/mail", "/settings/mail/resend", &[("mail", &id)])
        .await;
    assert!(again.says("It is sent again"), "{}", again.text);
    settled(&app).await;
    let last = server.accepted().pop().unwrap().read();
    assert_eq!(last.id, format!("{id}@desk.test"));
    let once_more = [("csrf_token", owner.token().await), ("mail", id.clone())];
    assert_eq!(owner.post("/settings/mail/resend", &once_more).await.status, 422);
    // It is nobody's in another business account.
    let stranger = app.as_stranger(Role::Owner).await;
    let fields = [("csrf_token", stranger.token().await), ("mail", id)];
    assert_eq!(stranger.post("/settings/mail/resend", &fields).await.status, 404);
    assert!(stranger.get("/settings/mail").await.says("No e-mail yet"));
}

#[actix_web::test]
async fn what_is_put_off_is_tried_again_and_what_is_refused_is_given_up_on_both_databases() {
    for backend in both() {
        what_is_put_off_is_tried_again_and_what_is_refused_is_given_up(backend).await;
    }
}

#[actix_web::test]
async fn after_three_days_in_vain_a_message_is_given_up() {
    let server = Smtp::start(Mood::PutsOff);
    let app = docket_on(Backend::Sqlite, &server).await;
    app.a_test_message(Role::Owner).await;
    settled(&app).await;
    for _ in 0..73 {
        app.wait(60);
        settled(&app).await;
    }
    let row = &app.mails().await[0];
    assert_eq!(row.state, MailState::Failed, "{row:?}");
    assert!(row.attempts > 50, "{row:?}");
    assert_eq!(
        row.last_outcome,
        "Put off with 451: 4.7.1 Come again later. Given up after three days."
    );
}

#[actix_web::test]
async fn what_may_have_come_is_sent_again_with_the_same_id() {
    let server = Smtp::start(Mood::Drops);
    let app = docket_on(Backend::Sqlite, &server).await;
    app.a_test_message(Role::Owner).await;
    let rows = settled(&app).await;
    assert_eq!(
        rows[0].last_outcome,
        "The server cannot be reached, or broke off."
    );
    server.set(Mood::Well);
    app.wait(1);
    settled(&app).await;
    let came: Vec<String> = server.all().iter().map(|p| p.read().id).collect();
    assert_eq!(came.len(), 2);
    assert_eq!(came[0], came[1], "a repeat is known by its id");
    assert_eq!(server.accepted().len(), 1);
}

#[actix_web::test]
async fn a_server_that_says_nothing_holds_up_nothing_else() {
    let server = Smtp::start(Mood::Hangs);
    let app = docket_on(Backend::Sqlite, &server).await;
    app.a_test_message(Role::Owner).await;
    // Pages are served meanwhile.
    let owner = app.as_owner().await;
    assert_eq!(owner.get("/settings/mail").await.status, 200);
    let rows = settled(&app).await;
    assert_eq!(rows[0].state, MailState::Waiting);
    assert_eq!(rows[0].last_outcome, "No answer within 20 seconds.");
    server.set(Mood::Well);
    app.wait(1);
    assert_eq!(settled(&app).await[0].state, MailState::Sent);
}

#[actix_web::test]
async fn a_node_that_stopped_in_the_middle_is_taken_over_when_its_lease_has_run_out() {
    let server = Smtp::start(Mood::Well);
    let app = docket_on(Backend::Sqlite, &server).await;
    let account = app.account;
    let actor = app.actor(Role::Owner).await;
    let one = Window {
        edge: None,
        offset: 0,
        limit: 1,
    };
    // As a node leaves it that took it and died.
    app.app
        .db
        .write(account, move |tx| {
            outbox::test(tx, &actor)?;
            let (mut row, _) = queries::page(tx.conn, account, None, &one)?.0.rows.remove(0);
            row.attempts = 1;
            row.lease_until = Some(tx.now.plus(Duration::from_mins(2)));
            queries::update(tx.conn, &row)
        })
        .await
        .unwrap();
    app.post().await;
    app.wait(1);
    app.post().await;
    assert!(server.all().is_empty(), "somebody else has it");
    app.wait(2);
    assert_eq!(settled(&app).await[0].state, MailState::Sent);
    assert_eq!(server.accepted().len(), 1);
}

#[actix_web::test]
async fn a_server_that_wants_a_password_gets_it_and_it_is_told_nowhere() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let server = Smtp::start(Mood::Wants(STANDARD.encode("\0desk\0correct horse")));
    let url = server.url();
    let wrong = TestApp::start_with(Backend::Sqlite, |settings| {
        settings.smtp_url = Some(url.clone());
        settings.smtp_user = Some("desk".into());
        settings.smtp_password = Some("battery staple".into());
        settings.mail_from = Some("docket@desk.test".into());
        settings.public_url = Some(SITE.into());
    })
    .await;
    wrong.a_test_message(Role::Owner).await;
    let rows = settled(&wrong).await;
    assert_eq!(rows[0].state, MailState::Waiting, "the server may be set right");
    assert_eq!(rows[0].last_outcome, "Not let in with 535: 5.7.8 Who are you.");
    let page = wrong.as_owner().await.get("/settings/mail").await;
    assert!(!page.text.contains("battery"), "{}", page.text);
    let right = TestApp::start_with(Backend::Sqlite, |settings| {
        settings.smtp_url = Some(url);
        settings.smtp_user = Some("desk".into());
        settings.smtp_password = Some("correct horse".into());
        settings.mail_from = Some("docket@desk.test".into());
        settings.public_url = Some(SITE.into());
    })
    .await;
    right.a_test_message(Role::Owner).await;
    assert_eq!(settled(&right).await[0].state, MailState::Sent);
    assert!(!format!("{:?}", right.app.settings).contains("correct horse"));
}

async fn who_has_left_gets_nothing(backend: Backend) {
    let server = Smtp::start(Mood::Well);
    let app = docket_on(backend, &server).await;
    let id = app.raise().await;
    app.hand(id, Role::Clerk).await;
    let clerk = app.member(Role::Clerk).await;
    let whose = (app.account, clerk);
    app.app
        .db
        .write(app.account, move |tx| {
            docket::notifications::commands::tell_of_sign_in(tx, whose, "Something happened.".into())?;
            // Not before the clerk is gone.
            for mut row in queries::waiting_of(tx.conn, whose, MailKind::Security)? {
                row.next_at = tx.now.plus(Duration::from_mins(1));
                queries::update(tx.conn, &row)?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let person = format!("/settings/people/{clerk}");
    let owner = app.as_owner().await;
    let gone = owner.submit(&person, &format!("{person}/disable"), &[]).await;
    assert!(gone.says("has no access any more"), "{}", gone.text);
    app.at("2026-11-04T13:00:00Z");
    let rows = settled(&app).await;
    assert!(server.mails_to(CLERK).is_empty(), "{backend:?}");
    let dropped: Vec<_> = rows.iter().filter(|r| r.member_id == clerk).collect();
    assert_eq!(dropped.len(), 2, "{rows:?}");
    for row in dropped {
        assert_eq!(row.state, MailState::Dropped);
        assert_eq!(row.last_outcome, "Its reader has no access any more.");
    }
}

#[actix_web::test]
async fn who_has_left_gets_nothing_on_both_databases() {
    for backend in both() {
        who_has_left_gets_nothing(backend).await;
    }
}

#[actix_web::test]
async fn names_with_line_ends_make_no_header_and_no_reader() {
    let server = Smtp::start(Mood::Well);
    let app = docket_on(Backend::Sqlite, &server).await;
    let (clerk, account) = (app.member(Role::Clerk).await, app.account);
    app.app
        .db
        .write(account, move |tx| {
            diesel::update(team_members::table.find(clerk))
                .set((
                    team_members::first_name.eq("Eve\r\nBcc: all@evil.test\r\n\r\nHello"),
                    team_members::last_name.eq("O\"Hara <x@evil.test>, \u{2028}é"),
                ))
                .execute(tx.conn)?;
            diesel::update(business_accounts::table.find(account))
                .set(business_accounts::name.eq("North\r\nSubject: Won!\r\n\r\n<h1>Hi</h1>"))
                .execute(tx.conn)?;
            Ok(())
        })
        .await
        .unwrap();
    let mut new = app.a_return();
    new.party = "Paul\r\nX-Evil: 1\r\n.\r\nRCPT TO:<all@evil.test>".into();
    let id = app.raise_as(new).await;
    app.hand(id, Role::Clerk).await;
    app.at("2026-11-04T13:00:00Z");
    settled(&app).await;
    let posts = server.accepted();
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0].to, [CLERK]);
    let mail = posts[0].read();
    let names: Vec<String> = mail
        .heads
        .iter()
        .map(|h| h.split(':').next().unwrap().to_lowercase())
        .collect();
    let known = [
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "auto-submitted",
        "list-unsubscribe",
        "mime-version",
        "content-type",
    ];
    assert_eq!(names.len(), known.len(), "{names:?}");
    assert!(known.iter().all(|k| names.iter().any(|n| n == k)), "{names:?}");
    assert_eq!(mail.to.len(), 1);
    assert_eq!(mail.to[0].1, CLERK);
    assert!(
        mail.subject.starts_with("Digest of 4 Nov 2026"),
        "{}",
        mail.subject
    );
    assert!(!mail.html.contains("<h1>Hi</h1>"), "{}", mail.html);
    assert!(
        server.lines().iter().all(|l| !l.contains("evil")),
        "{:?}",
        server.lines()
    );
}

#[actix_web::test]
async fn no_planted_account_number_is_in_any_mail() {
    let server = Smtp::start(Mood::Well);
    let app = docket_on(Backend::Sqlite, &server).await;
    let settings = "/settings/notifications";
    let fields = [
        ("ASSIGNED", "1"),
        ("mail_ASSIGNED", "NOW"),
        ("OVERDUE", "1"),
        ("mail_OVERDUE", "DIGEST"),
        ("digest", "1"),
        ("digest_at", "08:00"),
    ];
    app.as_clerk().await.submit(settings, settings, &fields).await;
    for number in PLANTED {
        let mut new = app.a_return();
        new.party = format!("ACME {number}");
        new.code = None;
        new.reason = Some(format!("ACCOUNT_{number}"));
        new.description = format!("To {number}");
        let id = app.raise_as(new).await;
        app.hand(id, Role::Clerk).await;
        let due = app.exception(id).await.due_at;
        app.clock.advance(due.since(app.clock.now()));
        clock::run(&app.app).await.unwrap();
        app.wait(1);
        settled(&app).await;
    }
    // The digest of the last.
    app.clock.advance(Duration::from_hours(23));
    settled(&app).await;
    let posts = server.accepted();
    assert!(posts.len() >= 2 * PLANTED.len(), "{}", posts.len());
    let mut told = 0;
    for post in posts {
        let mail = post.read();
        told += usize::from(mail.text.contains("ACME ••••"));
        for number in PLANTED {
            for part in [&post.raw, &mail.subject, &mail.text, &mail.html] {
                assert_eq!(holds(part.as_bytes(), number), None, "{part}");
            }
        }
    }
    assert!(told >= PLANTED.len(), "{told}: the last four are told");
}

#[actix_web::test]
async fn what_goes_on_is_told_again_every_ten_minutes_at_most() {
    let server = Smtp::start(Mood::Well);
    let app = docket_on(Backend::Sqlite, &server).await;
    let clerk = app.as_clerk().await;
    let settings = "/settings/notifications";
    let fields = [
        ("ASSIGNED", "1"),
        ("mail_ASSIGNED", "NOW"),
        ("digest", "1"),
        ("digest_at", "08:00"),
    ];
    clerk.submit(settings, settings, &fields).await;
    let ids = app.raise_many(24).await;
    // One a minute, for 24 minutes.
    for id in ids {
        app.hand(id, Role::Clerk).await;
        app.wait(1);
        settled(&app).await;
    }
    app.wait(10);
    settled(&app).await;
    let subjects: Vec<String> = server.mails_to(CLERK).into_iter().map(|m| m.subject).collect();
    assert!((3..=4).contains(&subjects.len()), "{subjects:?}");
    assert_eq!(
        subjects[0],
        "Given to you: R01 Insufficient Funds · Northwind Payments"
    );
    let last = subjects.last().unwrap();
    assert_eq!(last, "24 exceptions were given to you · Northwind Payments");
    // What is not ticked is not sent either.
    let clerk = app.as_clerk().await;
    clerk.submit(settings, settings, &fields[1..]).await;
    app.hand(app.raise().await, Role::Clerk).await;
    app.wait(60);
    settled(&app).await;
    assert_eq!(server.mails_to(CLERK).len(), subjects.len());
}

async fn what_is_done_to_a_sign_in_is_told(backend: Backend) {
    const NEW: &str = "seven paper kites";
    let server = Smtp::start(Mood::Well);
    let app = docket_on(backend, &server).await;
    let clerk = app.as_clerk().await;
    // Nothing is wanted, and it is told all the same.
    let settings = "/settings/notifications";
    let fields = [("digest_at", "08:00")];
    clerk.submit(settings, settings, &fields).await;
    let profile = "/settings/profile";
    let fields = [("current_password", PASSWORD), ("new_password", NEW)];
    let changed = clerk
        .submit(profile, &format!("{profile}/password"), &fields)
        .await;
    assert!(changed.says("Your password is changed"), "{}", changed.text);
    settled(&app).await;
    let mails = server.mails_to(CLERK);
    assert_eq!(mails.len(), 1, "{backend:?}");
    assert_eq!(mails[0].subject, "Your sign-in to Docket");
    assert!(
        mails[0]
            .text
            .contains("Your password was changed, from 127.0.0.1."),
        "{}",
        mails[0].text
    );
    assert!(mails[0].text.contains("It cannot be turned off."));
    // A link, and what is done with it.
    let person = format!("/settings/people/{}", app.member(Role::Clerk).await);
    let owner = app.as_owner().await;
    let link = owner
        .submit(&person, &format!("{person}/reset"), &[])
        .await
        .one_time_link();
    let nobody = app.as_nobody();
    nobody.submit(&link, &link, &[("password", PASSWORD)]).await;
    settled(&app).await;
    let mails = server.mails_to(CLERK);
    assert_eq!(mails.len(), 3);
    assert!(mails.iter().any(|m| m.text.contains("Owner One made a link")));
    assert!(
        mails
            .iter()
            .any(|m| m.text.contains("set anew with a reset link"))
    );
    // Five failures, then somebody is in; once for one series.
    let guesser = app.as_nobody();
    for _ in 0..4 {
        guesser.try_sign_in(CLERK, "not the password").await;
    }
    Browser::at(&app.url, [127, 0, 0, 7])
        .sign_in(CLERK, PASSWORD)
        .await;
    settled(&app).await;
    assert_eq!(server.mails_to(CLERK).len(), 3, "four are not yet worth a word");
    guesser.try_sign_in(CLERK, "not the password").await;
    Browser::at(&app.url, [127, 0, 0, 8])
        .sign_in(CLERK, PASSWORD)
        .await;
    let last = Browser::at(&app.url, [127, 0, 0, 9]);
    last.sign_in(CLERK, PASSWORD).await;
    settled(&app).await;
    let mails = server.mails_to(CLERK);
    assert_eq!(mails.len(), 4, "{backend:?}");
    let words = "Somebody signed in as you after 5 failed attempts, from 127.0.0.8.";
    assert!(mails.iter().any(|m| m.text.contains(words)));
    let shown = last.get("/notifications").await;
    assert!(shown.says(words), "behind the bell too");
    let token = link.rsplit('/').next().unwrap();
    for mail in mails {
        for secret in [NEW, PASSWORD, token] {
            assert!(!mail.text.contains(secret) && !mail.html.contains(secret));
        }
    }
}

#[actix_web::test]
async fn what_is_done_to_a_sign_in_is_told_on_both_databases() {
    for backend in both() {
        what_is_done_to_a_sign_in_is_told(backend).await;
    }
}

#[actix_web::test]
async fn without_a_server_nothing_is_sent_or_offered_and_later_no_old_news() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    let page = clerk.get("/settings/notifications").await;
    assert!(page.says("E-mail is not set up."));
    assert!(page.find("select[name^=mail_], #digest_at").is_empty());
    let owner = app.as_owner().await;
    let page = owner.get("/settings/mail").await;
    assert!(page.says("E-mail is not set up"), "{}", page.text);
    assert!(page.find("form[action='/settings/mail/test']").is_empty());
    let fields = [("csrf_token", owner.token().await)];
    assert_eq!(owner.post("/settings/mail/test", &fields).await.status, 422);
    app.hand(app.raise().await, Role::Clerk).await;
    // Somebody sets it up two days later: what was to be told on the day before is not told now.
    app.at("2026-11-06T14:00:00Z");
    let server = Smtp::start(Mood::Well);
    let mut settings = (*app.app.settings).clone();
    settings.smtp_url = Some(server.url());
    settings.mail_from = Some("docket@desk.test".into());
    settings.public_url = Some(SITE.into());
    let later = App::open(settings, app.clock.clone()).unwrap();
    deliver::run(&later, app.account).await;
    assert!(server.all().is_empty());
    assert!(app.mails().await.is_empty());
}

#[actix_web::test]
async fn choices_come_back_as_they_were_typed_and_are_kept() {
    for backend in both() {
        let server = Smtp::start(Mood::Well);
        let app = docket_on(backend, &server).await;
        let clerk = app.as_clerk().await;
        let settings = "/settings/notifications";
        let page = clerk.get(settings).await;
        assert_eq!(page.find("select[name^=mail_]").len(), 13, "{}", page.text);
        let chosen = |page: &crate::harness::browser::Answer, kind: &str| {
            page.attribute(&format!("#mail_{kind} option[selected]"), "value")
        };
        assert_eq!(chosen(&page, "OVERDUE"), ["NOW"]);
        assert_eq!(chosen(&page, "ESCALATED"), ["NOW"]);
        assert_eq!(chosen(&page, "RETURNED"), ["NOW"]);
        assert_eq!(chosen(&page, "DUE_SOON"), ["DIGEST"]);
        assert_eq!(page.attribute("#digest_at", "value"), ["08:00"]);
        assert_eq!(page.find("#digest_at-hint"), ["America/New_York"]);
        let wrong = [
            ("OVERDUE", "1"),
            ("mail_OVERDUE", "NEVER"),
            ("digest", "1"),
            ("digest_at", "25:00"),
        ];
        let refused = clerk.submit_shown(&page, settings, &wrong).await;
        assert_eq!(refused.status, 422);
        assert!(refused.says("Give a time of day, such as 08:00."));
        assert_eq!(refused.attribute("#digest_at", "value"), ["25:00"]);
        assert_eq!(chosen(&refused, "OVERDUE"), ["NEVER"]);
        assert_eq!(refused.find("main .telling input[checked]").len(), 1);
        assert_eq!(
            chosen(&clerk.get(settings).await, "OVERDUE"),
            ["NOW"],
            "nothing is stored"
        );
        let right = [
            ("OVERDUE", "1"),
            ("mail_OVERDUE", "NEVER"),
            ("mail_RETURNED", "DIGEST"),
            ("digest_at", "25:00"),
        ];
        let saved = clerk.submit_shown(&page, settings, &right).await;
        assert!(saved.says("You are told as you have chosen."), "{}", saved.text);
        assert_eq!(chosen(&saved, "OVERDUE"), ["NEVER"]);
        assert_eq!(chosen(&saved, "RETURNED"), ["DIGEST"]);
        assert_eq!(chosen(&saved, "DUE_SOON"), ["DIGEST"]);
        assert_eq!(saved.find("main .telling input[checked]").len(), 1);
        assert!(saved.find("input[name=digest][checked]").is_empty());
    }
}

#[actix_web::test]
async fn an_administrator_finds_out_whether_mail_arrives() {
    let server = Smtp::start(Mood::PutsOff);
    let app = docket_on(Backend::Sqlite, &server).await;
    let admin = app.sign_in(Role::Admin).await;
    let page = admin.get("/settings/mail").await;
    assert!(
        page.says("127.0.0.1") && page.says("without TLS"),
        "{}",
        page.text
    );
    assert!(page.says("Docket <docket@desk.test>"));
    let asked = admin.submit("/settings/mail", "/settings/mail/test", &[]).await;
    assert!(
        asked.says("A test message to admin@one.test is on its way."),
        "{}",
        asked.text
    );
    settled(&app).await;
    let twice = admin.submit("/settings/mail", "/settings/mail/test", &[]).await;
    assert_eq!(twice.status, 422);
    assert!(twice.says("is on its way already"));
    server.set(Mood::Well);
    app.wait(1);
    settled(&app).await;
    let mail = server.mails_to("admin@one.test").remove(0);
    assert_eq!(mail.subject, "E-mail from Docket arrives · Northwind Payments");
    let page = admin.get("/settings/mail").await;
    assert!(
        page.says("Test message") && page.says("Queued as 4F2"),
        "{}",
        page.text
    );
    let log = app.as_owner().await.get("/settings/history").await;
    assert!(log.says("A test e-mail was asked for"));
}

/// How many rows a page of messages has, and where its ways on lead.
fn shown(page: &crate::harness::browser::Answer) -> (usize, Vec<String>, Vec<String>) {
    let way = |rel: &str| page.attribute(&format!("nav.pager a[rel={rel}]"), "href");
    (
        page.find("main table.list tbody tr").len(),
        way("prev"),
        way("next"),
    )
}

/// 110 messages that were sent, of which every tenth was given up; two of a time, so that ids decide too.
async fn many_messages(app: &TestApp) {
    let (account, member) = (app.account, app.member(Role::Clerk).await);
    app.app
        .db
        .write(account, move |tx| {
            for n in 0..110_i64 {
                let at = Ts::from_micros(tx.now.micros() - n / 2 * 1_000_000);
                let state = match n % 10 {
                    0 => MailState::Failed,
                    _ => MailState::Sent,
                };
                let row = MailRow {
                    id: MailId::generate(at),
                    business_account_id: account,
                    member_id: member,
                    kind: MailKind::Notice,
                    state,
                    attempts: 1,
                    failing_since: None,
                    next_at: at,
                    lease_until: None,
                    last_outcome: format!("Message {n} of many."),
                    sent_at: None,
                    created_at: at,
                };
                queries::insert(tx.conn, &row)?;
            }
            Ok(())
        })
        .await
        .unwrap();
}

#[actix_web::test]
async fn messages_are_listed_page_by_page_in_either_direction_and_by_state() {
    for backend in both() {
        let server = Smtp::start(Mood::Well);
        let app = docket_on(backend, &server).await;
        many_messages(&app).await;
        let owner = app.as_owner().await;
        let mut last = owner.get("/settings/mail").await;
        let (mut seen, mut sizes) = (Vec::new(), Vec::new());
        loop {
            let (rows, _, next) = shown(&last);
            sizes.push(rows);
            seen.extend(last.find("main table.list td[data-l='Last outcome']"));
            let Some(on) = next.first() else { break };
            last = owner.get(on).await;
        }
        assert_eq!(sizes, [50, 50, 10], "on {backend:?}");
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 110, "each is shown once");
        // The way back ends at the beginning.
        let (_, back, _) = shown(&last);
        let middle = owner.get(&back[0]).await;
        assert_eq!(shown(&middle).0, 50);
        let first = owner.get(&shown(&middle).1[0]).await;
        let (rows, before, after) = shown(&first);
        assert_eq!((rows, before.len(), after.len()), (50, 0, 1));
        assert!(first.says("Message 0 of many."));
        // A state stays chosen from page to page.
        let (rows, _, next) = shown(&owner.get("/settings/mail?state=SENT").await);
        assert_eq!(rows, 50);
        let rest = owner.get(&next[0]).await;
        assert_eq!(shown(&rest).0, 49);
        assert!(rest.find("main table.list form").is_empty(), "{}", rest.text);
        let (rows, _, next) = shown(&owner.get("/settings/mail?state=FAILED").await);
        assert_eq!((rows, next.len()), (11, 0));
        // What is no cursor is the first page.
        assert_eq!(shown(&owner.get("/settings/mail?cursor=evil").await).0, 50);
    }
}

#[actix_web::test]
async fn old_messages_are_taken_away() {
    let server = Smtp::start(Mood::Well);
    let app = docket_on(Backend::Sqlite, &server).await;
    app.a_test_message(Role::Owner).await;
    settled(&app).await;
    app.clock.advance(Duration::from_hours(29 * 24));
    deliver::forget(&app.app).await.unwrap();
    assert_eq!(app.mails().await.len(), 1);
    app.clock.advance(Duration::from_hours(2 * 24));
    deliver::forget(&app.app).await.unwrap();
    assert!(app.mails().await.is_empty());
    let nothing: Option<MailRow> = app
        .app
        .db
        .read({
            let account = app.account;
            move |conn| queries::find(conn, account, MailId::from_uuid(uuid::Uuid::nil()))
        })
        .await
        .unwrap();
    assert!(nothing.is_none());
}

#[actix_web::test]
async fn where_tls_is_required_a_server_without_it_gets_no_message() {
    let server = Smtp::start(Mood::Well);
    let url = format!("{}?tls=required", server.url());
    let app = TestApp::start_with(Backend::Sqlite, |settings| {
        settings.smtp_url = Some(url);
        settings.mail_from = Some("docket@desk.test".into());
        settings.public_url = Some(SITE.into());
    })
    .await;
    app.a_test_message(Role::Owner).await;
    let rows = settled(&app).await;
    assert_eq!(
        rows[0].last_outcome,
        "The server lacks what is needed of it, such as STARTTLS or a way to sign in."
    );
    assert!(server.all().is_empty());
    assert!(
        server
            .lines()
            .iter()
            .all(|l| l.starts_with("EHLO") || l == "QUIT"),
        "{:?}",
        server.lines()
    );
}
