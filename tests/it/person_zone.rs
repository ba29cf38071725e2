//! A time zone of one's own: times of day are shown and read in it, days stay those of the business account.

use diesel::{QueryableByName, connection::SimpleConnection, prelude::*, sql_query, sql_types::Text};
use docket::{
    auth::{permission::Role, principal::AccessState},
    db::{
        AnyConnection, DbUrl,
        connection::Purpose,
        migrations,
        schema::{business_accounts, mail_choices, memberships, team_members},
    },
    exceptions::aging,
    kernel::{
        clock::Ts,
        id::{BusinessAccountId, TeamMemberId},
    },
    mail::{model::MailKind, outbox, queries},
    notifications::model::ByMail,
};

use crate::{
    harness::{Backend, Browser, NOW, TestApp, both, browser::Answer, database, smtp::Mood, smtp::Smtp},
    mail::docket_on,
    money::{come_back, returned, transaction},
    payments::Payments,
};

const PROFILE: &str = "/settings/profile";

/// The tests begin at 10:00 on 3 November in New York: there it is midnight, and the next day.
const TOKYO: &str = "Asia/Tokyo";

async fn choose(clerk: &Browser, zone: &str) -> Answer {
    let fields = [("first_name", "Clerk"), ("last_name", "One"), ("time_zone", zone)];
    clerk.submit(PROFILE, PROFILE, &fields).await
}

/// How often the audit log says so.
async fn told(app: &TestApp, words: &str) -> usize {
    let log = app.as_owner().await.get("/settings/history?kind=EDIT").await;
    log.find("body").join(" ").matches(words).count()
}

#[actix_web::test]
async fn times_are_shown_in_a_persons_own_zone_and_days_stay_the_business_accounts() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let page = format!("/exceptions/{}", app.raise().await);
        let clerk = app.as_clerk().await;
        let before = clerk.get(PROFILE).await;
        assert_eq!(
            before.find("#time_zone option[selected]"),
            ["As the business account (America/New_York)"]
        );
        let saved = choose(&clerk, TOKYO).await;
        assert!(saved.says("Your profile is saved."), "{}", saved.text);
        assert_eq!(saved.find("#time_zone option[selected]"), [TOKYO]);
        let seen = clerk.get(&page).await;
        assert!(seen.says("Times in Asia/Tokyo"));
        assert!(seen.says("4 Nov 2026, 00:00"), "{}", seen.text);
        assert!(
            seen.attribute(".line time", "title")
                .contains(&"4 Nov 2026, 00:00".to_owned())
        );
        assert!(!seen.text.contains("3 Nov 2026, 10:00"), "{backend:?}");
        for (day, rows) in [("2026-11-03", 1), ("2026-11-04", 0)] {
            let list = format!("/exceptions?tab=open&created_from={day}&created_to={day}");
            let list = clerk.get(&list).await;
            assert_eq!(list.find("table.q tbody tr").len(), rows, "{backend:?} {day}");
        }
        let list = clerk.get("/exceptions?tab=open").await;
        assert!(
            list.attribute("table.q time", "title")
                .contains(&"4 Nov 2026, 00:00".to_owned())
        );
        // Nobody else's.
        let other = app.as_manager().await.get(&page).await;
        assert!(other.says("Times in America/New_York"));
        assert!(other.says("3 Nov 2026, 10:00") && !other.text.contains("4 Nov 2026, 00:00"));
    }
}

#[actix_web::test]
async fn a_day_without_a_time_is_the_business_accounts_whoever_reads_it() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let first = returned(&pay, 4_000, "R01", "2026-10-30").await;
        app.close(first.exception, Role::Clerk).await;
        let payment = transaction(&app, first.payment).await;
        let second = come_back(&pay, &payment, "R09", "2026-10-30").await;
        let clerk = app.as_clerk().await;
        choose(&clerk, TOKYO).await;
        for page in [
            format!("/transactions/{}", first.payment),
            format!("/accounts/{}", pay.payee),
        ] {
            let days = clerk.get(&page).await.find("td[data-l=Raised]");
            assert_eq!(days, ["3 Nov 2026", "3 Nov 2026"], "{backend:?} {page}");
        }
        let again = clerk.get(&format!("/exceptions/{}", second.exception)).await;
        for words in [
            "last resolved by Clerk One on 3 Nov 2026 (No action)",
            "resolved on 3 Nov 2026: No action",
        ] {
            assert!(again.says(words), "{backend:?} {words}: {}", again.text);
        }
    }
}

#[actix_web::test]
async fn a_choice_is_told_once_and_stays_until_another_is_made() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let clerk = app.as_clerk().await;
        choose(&clerk, TOKYO).await;
        choose(&clerk, TOKYO).await;
        assert_eq!(told(&app, "Clerk One reads times in Asia/Tokyo now").await, 1);
        // A form that does not speak of it.
        let names = [("first_name", "Clara"), ("last_name", "One")];
        let renamed = clerk.submit(PROFILE, PROFILE, &names).await;
        assert_eq!(renamed.find("#time_zone option[selected]"), [TOKYO]);
        let wrong = choose(&clerk, "Mars/Olympus").await;
        assert_eq!(wrong.status, 422);
        assert_eq!(wrong.attribute(".problems a", "href"), ["#time_zone"]);
        assert_eq!(wrong.attribute("#time_zone", "aria-invalid"), ["true"]);
        assert!(wrong.says("Choose a time zone of the list."), "{}", wrong.text);
        assert_eq!(
            wrong.attribute("#first_name", "value"),
            ["Clerk"],
            "what was typed"
        );
        let kept = clerk.get(PROFILE).await;
        assert_eq!(kept.find("#time_zone option[selected]"), [TOKYO]);
        assert_eq!(
            kept.attribute("#first_name", "value"),
            ["Clara"],
            "nothing is stored"
        );
        let back = choose(&clerk, "").await;
        assert!(back.says("Times in America/New_York"), "{}", back.text);
        let words = "Clara One reads times in the business account's time zone now";
        let said = told(&app, words).await + told(&app, &words.replace("Clara", "Clerk")).await;
        assert_eq!(said, 1, "{backend:?}");
    }
}

#[actix_web::test]
async fn a_time_is_read_in_the_zone_in_which_it_is_shown() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        let page = format!("/exceptions/{id}");
        let form = format!("{page}/snooze");
        let clerk = app.as_clerk().await;
        choose(&clerk, TOKYO).await;
        // In New York that would be still to come.
        let fields = [("until", "2026-11-03T23:30"), ("reason", "The payer calls back")];
        let past = clerk.submit(&form, &form, &fields).await;
        assert!(past.status == 422 && past.says("Give a time that is still to come."));
        assert_eq!(past.attribute("#until", "value"), ["2026-11-03T23:30"]);
        assert_eq!(past.find("#until-hint"), [TOKYO]);
        let fields = [("until", "2026-11-05T09:00"), ("reason", "The payer calls back")];
        let done = clerk.submit(&form, &form, &fields).await;
        assert!(done.says("Snoozed until 5 Nov 2026, 09:00."), "{}", done.text);
        assert!(done.says("Snoozed until 5 Nov 2026, 09:00: The payer calls back"));
        let again = clerk.get(&form).await;
        assert!(again.says("It sleeps until 5 Nov 2026, 09:00 already"));
        let other = app.as_manager().await.get(&page).await;
        assert!(other.says("Snoozed until 4 Nov 2026, 19:00"), "{}", other.text);
        // It wakes at that moment.
        app.at("2026-11-04T23:59:59Z");
        aging::run(&app.app).await.unwrap();
        assert!(app.exception(id).await.snoozed_until.is_some(), "{backend:?}");
        app.at("2026-11-05T00:00:00Z");
        aging::run(&app.app).await.unwrap();
        assert_eq!(app.exception(id).await.snoozed_until, None, "{backend:?}");
        let clerk = app.as_clerk().await;
        let form = format!("{page}/wait");
        let fields = [
            ("party", "BANK"),
            ("reason", "The bank looks for it"),
            ("until", "2026-11-06T10:00"),
        ];
        let waits = clerk.submit(&form, &form, &fields).await;
        assert!(
            waits.says("It goes on by itself on 6 Nov 2026, 10:00"),
            "{}",
            waits.text
        );
        let until = app.exception(id).await.waiting_until.unwrap();
        assert_eq!(until.rfc3339(), "2026-11-06T01:00:00.000Z");
    }
}

#[actix_web::test]
async fn a_digest_that_waits_moves_with_its_reader() {
    for backend in both() {
        let server = Smtp::start(Mood::Well);
        let app = docket_on(backend, &server).await;
        app.hand(app.raise().await, Role::Clerk).await;
        let clerk = app.as_clerk().await;
        for (zone, next) in [
            ("", "2026-11-04T13:00:00.000Z"),
            (TOKYO, "2026-11-03T23:00:00.000Z"),
            ("Europe/Berlin", "2026-11-04T07:00:00.000Z"),
            ("", "2026-11-04T13:00:00.000Z"),
        ] {
            choose(&clerk, zone).await;
            let mails = app.mails().await;
            let digests: Vec<_> = mails
                .iter()
                .filter(|m| m.kind == MailKind::Digest)
                .map(|m| m.next_at.rfc3339())
                .collect();
            assert_eq!(digests, [next], "{backend:?} {zone}");
        }
    }
}

/// Becomes a clerk of the other business account too, where a digest waits.
async fn joins_the_other(app: &TestApp, member: TeamMemberId) {
    let other = app.other;
    let joined = app.app.db.write(other, move |tx| {
        diesel::insert_into(memberships::table)
            .values((
                memberships::business_account_id.eq(other),
                memberships::team_member_id.eq(member),
                memberships::role.eq(Role::Clerk),
                memberships::state.eq(AccessState::Active),
                memberships::created_at.eq(tx.now),
                memberships::updated_at.eq(tx.now),
            ))
            .execute(tx.conn)?;
        outbox::about(tx, (other, member), ByMail::Digest, None)
    });
    assert!(joined.await.unwrap().is_some());
}

/// When the digests come that wait there.
async fn digests_of_the_other(app: &TestApp, member: TeamMemberId) -> Vec<String> {
    let whose = (app.other, member);
    let waiting = app
        .app
        .db
        .read(move |conn| queries::waiting_of(conn, whose, MailKind::Digest))
        .await
        .unwrap();
    waiting.iter().map(|m| m.next_at.rfc3339()).collect()
}

#[actix_web::test]
async fn a_zone_is_saved_though_a_digest_elsewhere_stays_and_that_moves_when_it_is_sent_again() {
    let server = Smtp::start(Mood::Well);
    let app = docket_on(Backend::Sqlite, &server).await;
    let (clerk, member) = (app.as_clerk().await, app.member(Role::Clerk).await);
    joins_the_other(&app, member).await;
    let mut conn = app.intruder();
    conn.batch_execute("CREATE TRIGGER fault BEFORE UPDATE ON mails BEGIN SELECT RAISE(ABORT, 'fault'); END")
        .unwrap();
    let saved = choose(&clerk, TOKYO).await;
    assert!(saved.says("Your profile is saved."), "{}", saved.text);
    assert_eq!(saved.find("#time_zone option[selected]"), [TOKYO]);
    assert_eq!(
        digests_of_the_other(&app, member).await,
        ["2026-11-04T13:00:00.000Z"]
    );
    conn.batch_execute("DROP TRIGGER fault").unwrap();
    choose(&clerk, TOKYO).await;
    assert_eq!(
        digests_of_the_other(&app, member).await,
        ["2026-11-03T23:00:00.000Z"]
    );
}

/// The migration that brought it, both ways.
fn steps(backend: Backend) -> (&'static str, &'static str) {
    match backend {
        Backend::Sqlite => (
            include_str!("../../migrations/sqlite/2026-11-22-140000_person_zone/up.sql"),
            include_str!("../../migrations/sqlite/2026-11-22-140000_person_zone/down.sql"),
        ),
        Backend::Postgres => (
            include_str!("../../migrations/postgres/2026-11-22-140000_person_zone/up.sql"),
            include_str!("../../migrations/postgres/2026-11-22-140000_person_zone/down.sql"),
        ),
    }
}

fn a_person(conn: &mut AnyConnection, account: BusinessAccountId, name: &str) -> TeamMemberId {
    let now = Ts::from_micros(NOW);
    let id = TeamMemberId::generate(now);
    diesel::insert_into(team_members::table)
        .values((
            team_members::id.eq(id),
            team_members::email.eq(format!("{name}@one.test")),
            team_members::first_name.eq(name),
            team_members::last_name.eq("One"),
            team_members::created_at.eq(now),
            team_members::updated_at.eq(now),
        ))
        .execute(conn)
        .unwrap();
    diesel::insert_into(memberships::table)
        .values((
            memberships::business_account_id.eq(account),
            memberships::team_member_id.eq(id),
            memberships::role.eq(Role::Clerk),
            memberships::state.eq(AccessState::Active),
            memberships::created_at.eq(now),
            memberships::updated_at.eq(now),
        ))
        .execute(conn)
        .unwrap();
    id
}

fn zone_of(conn: &mut AnyConnection, member: TeamMemberId) -> Option<String> {
    team_members::table
        .find(member)
        .select(team_members::time_zone)
        .first(conn)
        .unwrap()
}

#[derive(QueryableByName)]
struct OfDigest {
    #[diesel(sql_type = Text)]
    time_zone: String,
}

#[actix_web::test]
async fn the_zone_that_was_chosen_for_the_digest_is_the_persons_own_from_then_on() {
    for backend in both() {
        let folder = tempfile::tempdir().unwrap();
        let lease = database::lease(backend, folder.path());
        let mut conn = DbUrl::parse(&lease.url).unwrap().open(Purpose::Write).unwrap();
        migrations::run(&mut conn).unwrap();
        let (up, down) = steps(backend);
        let account = BusinessAccountId::generate(Ts::from_micros(NOW));
        diesel::insert_into(business_accounts::table)
            .values((
                business_accounts::id.eq(account),
                business_accounts::name.eq("Northwind Payments"),
                business_accounts::time_zone.eq("America/New_York"),
                business_accounts::is_demo.eq(false),
                business_accounts::created_at.eq(Ts::from_micros(NOW)),
            ))
            .execute(&mut conn)
            .unwrap();
        let people = ["ann", "ben", "cid"].map(|name| a_person(&mut conn, account, name));
        // Ann and Ben have said when they want the digest, Cid has not.
        for person in &people[..2] {
            diesel::insert_into(mail_choices::table)
                .values((
                    mail_choices::business_account_id.eq(account),
                    mail_choices::member_id.eq(*person),
                    mail_choices::digest_minute.eq(Some(570_i64)),
                ))
                .execute(&mut conn)
                .unwrap();
        }
        let zones = [Some(TOKYO), None, Some("Europe/Berlin")];
        for (person, zone) in people.iter().zip(zones) {
            diesel::update(team_members::table.find(*person))
                .set(team_members::time_zone.eq(zone))
                .execute(&mut conn)
                .unwrap();
        }
        conn.batch_execute(down).unwrap();
        let all = "SELECT time_zone FROM mail_choices ORDER BY time_zone";
        let of_digests: Vec<String> = sql_query(all)
            .load::<OfDigest>(&mut conn)
            .unwrap()
            .into_iter()
            .map(|row| row.time_zone)
            .collect();
        assert_eq!(
            of_digests,
            ["America/New_York", TOKYO, "Europe/Berlin"],
            "{backend:?}"
        );
        conn.batch_execute(up).unwrap();
        for (person, zone) in people.iter().zip(zones) {
            assert_eq!(zone_of(&mut conn, *person).as_deref(), zone, "{backend:?}");
        }
        let minutes: Vec<Option<i64>> = mail_choices::table
            .order(mail_choices::digest_minute)
            .select(mail_choices::digest_minute)
            .load(&mut conn)
            .unwrap();
        assert_eq!(minutes, [Some(480), Some(570), Some(570)]);
    }
}
