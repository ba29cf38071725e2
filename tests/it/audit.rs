//! The audit log, and that nobody rewrites it unseen.

use diesel::{RunQueryDsl, sql_query};
use docket::{
    auth::{actor::Actor, permission::Role},
    db::AnyConnection,
    history::{
        self, EntityType, EventKind, Happening,
        verify::{Anchor, Verdict, verify},
    },
    kernel::id::BusinessAccountId,
};
use rand::RngExt;

use crate::harness::{Backend, TestApp, both};

const LOG: &str = "/settings/history";
const VERIFY: &str = "/settings/history/verify";

/// Writes `n` events.
async fn write_history(app: &TestApp, account: BusinessAccountId, n: usize) {
    let actor = Actor::internal(account);
    let write = app.app.db.write(account, move |tx| {
        for i in 0..n {
            let entity_type = if i % 2 == 0 {
                EntityType::Exception
            } else {
                EntityType::Import
            };
            history::record(
                tx,
                &actor,
                &Happening {
                    entity_type,
                    entity_id: uuid::Uuid::from_u128(i as u128),
                    kind: EventKind::Comment,
                    previous: "",
                    new: "",
                    description: &format!("Event for the test {i}"),
                },
            )?;
        }
        Ok(())
    });
    write.await.unwrap();
}

async fn judge(app: &TestApp, anchor: Option<Anchor>) -> Verdict {
    let account = app.account;
    let read = app
        .app
        .db
        .read_slow(move |conn| verify(conn, account, anchor.as_ref()));
    read.await.unwrap()
}

/// Whoever owns the database and goes past the application.
struct Intruder(AnyConnection);

impl Intruder {
    fn at(app: &TestApp) -> Self {
        Self(app.intruder())
    }

    fn run(&mut self, sql: &str) -> diesel::QueryResult<usize> {
        sql_query(sql).execute(&mut self.0)
    }

    /// Takes the triggers away that refuse every change, and keeps a copy of the history.
    fn disarm(&mut self) {
        let triggers = ["changed", "deleted", "replaced", "truncated"]
            .map(|what| format!("history_events_are_not_{what}"));
        for trigger in triggers {
            let of = if matches!(self.0, AnyConnection::Sqlite(_)) {
                ""
            } else {
                " ON history_events"
            };
            self.run(&format!("DROP TRIGGER IF EXISTS {trigger}{of}"))
                .unwrap();
        }
        self.run("CREATE TABLE copy AS SELECT * FROM history_events")
            .unwrap();
        self.run("CREATE TABLE heads_copy AS SELECT * FROM history_heads")
            .unwrap();
    }

    fn restore(&mut self) {
        for sql in [
            "DELETE FROM history_events",
            "INSERT INTO history_events SELECT * FROM copy",
            "DELETE FROM history_heads",
            "INSERT INTO history_heads SELECT * FROM heads_copy",
        ] {
            self.run(sql).unwrap();
        }
    }

    /// A UUID or a BLOB as this database writes it.
    fn id(&self, id: uuid::Uuid) -> String {
        match self.0 {
            AnyConnection::Sqlite(_) => format!("x'{}'", id.simple()),
            AnyConnection::Postgres(_) => format!("'{id}'"),
        }
    }

    fn hash(&self) -> &'static str {
        match self.0 {
            AnyConnection::Sqlite(_) => "zeroblob(32)",
            AnyConnection::Postgres(_) => "'\\x0000'",
        }
    }
}

#[actix_web::test]
async fn the_database_refuses_to_change_the_history() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        write_history(&app, app.account, 3).await;
        let mut intruder = Intruder::at(&app);
        let mut tries = vec![
            "UPDATE history_events SET description = 'x'",
            "UPDATE history_events SET seq = seq + 10",
            "DELETE FROM history_events",
            "DELETE FROM history_events WHERE seq = 2",
        ];
        match backend {
            Backend::Sqlite => {
                tries.push("INSERT OR REPLACE INTO history_events SELECT * FROM history_events");
            }
            Backend::Postgres => tries.push("TRUNCATE history_events"),
        }
        for sql in tries {
            let refused = intruder.run(sql).unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{backend:?} {sql}: {refused}");
        }
        assert!(matches!(judge(&app, None).await, Verdict::Whole(_)));
    }
}

#[actix_web::test]
async fn a_hundred_of_a_hundred_tamperings_are_seen_and_the_first_bad_event_is_named() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        write_history(&app, app.account, 40).await;
        write_history(&app, app.other, 1).await;
        let Verdict::Whole(end) = judge(&app, None).await else {
            panic!("not whole")
        };
        assert_eq!(end.seq, 40);
        let mut intruder = Intruder::at(&app);
        intruder.disarm();
        let account = intruder.id(app.account.uuid());
        let mut random = rand::rng();
        for round in 0..100 {
            let n: i64 = random.random_range(2..=39);
            let (sql, first_bad) = tampering(&intruder, &app, round, n);
            for sql in sql {
                let sql = sql.replace("OURS", &format!("business_account_id = {account}"));
                assert_ne!(intruder.run(&sql).unwrap(), 0, "{sql} changed nothing");
            }
            match judge(&app, None).await {
                Verdict::Broken { seq, .. } => assert_eq!(seq, first_bad, "{backend:?} round {round}"),
                Verdict::Whole(_) => panic!("{backend:?}: round {round} at {n} was not seen"),
            }
            intruder.restore();
            assert!(matches!(judge(&app, None).await, Verdict::Whole(_)));
        }
    }
}

/// Statements that tamper with event `n`, and the event that must be named.
fn tampering(intruder: &Intruder, app: &TestApp, round: usize, n: i64) -> (Vec<String>, i64) {
    let set = |change: &str| {
        vec![format!(
            "UPDATE history_events SET {change} WHERE OURS AND seq = {n}"
        )]
    };
    let other = intruder.id(app.other.uuid());
    let id = intruder.id(uuid::Uuid::from_u128(77_777));
    let nil = intruder.id(uuid::Uuid::nil());
    let hash = intruder.hash();
    match round % 20 {
        0 => (set(&format!("business_account_id = {other}")), n),
        1 => (set("seq = 5000"), n),
        2 => (set("entity_type = 'TEAM_MEMBER'"), n),
        3 => (set("entity_type = 'NO_SUCH_TYPE'"), n),
        4 => (set(&format!("entity_id = {id}")), n),
        5 => (set("kind = 'NOTE'"), n),
        6 => (set("kind = ''"), n),
        7 => (set("previous = 'x'"), n),
        8 => (set("new = 'x'"), n),
        9 => (set("description = description || ' '"), n),
        10 => (set("actor_kind = 'employee'"), n),
        11 => (set(&format!("actor_id = {nil}")), n),
        12 => (set("actor_name = 'Docke', request_id = 't'"), n),
        13 => (set("created_at = created_at + 1"), n),
        14 => (set("request_id = 'x'"), n),
        15 => (set(&format!("hash = {hash}")), n),
        16 => (
            vec![format!("DELETE FROM history_events WHERE OURS AND seq = {n}")],
            n,
        ),
        17 => (
            vec!["DELETE FROM history_events WHERE OURS AND seq = 40".into()],
            40,
        ),
        18 => {
            let swap = |from: i64, to: i64| {
                format!("UPDATE history_events SET seq = {to} WHERE OURS AND seq = {from}")
            };
            (vec![swap(n, -1), swap(n + 1, n), swap(-1, n + 1)], n)
        }
        _ => {
            let columns = "entity_type, entity_id, kind, previous, new, description, actor_kind, actor_id, \
                           actor_name, created_at, request_id, hash";
            let insert = format!(
                "INSERT INTO history_events (business_account_id, seq, {columns}) \
                 SELECT business_account_id, 41, {columns} FROM history_events WHERE OURS AND seq = {n}"
            );
            (vec![insert], 41)
        }
    }
}

#[actix_web::test]
async fn who_rewrites_everything_is_found_by_an_anchor() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        write_history(&app, app.account, 10).await;
        let Verdict::Whole(end) = judge(&app, None).await else {
            panic!("not whole")
        };
        let anchor = Anchor::from(&end);
        write_history(&app, app.account, 10).await;
        assert!(matches!(
            judge(&app, Some(anchor.clone())).await,
            Verdict::Whole(_)
        ));
        let mut intruder = Intruder::at(&app);
        intruder.disarm();
        intruder.run("DELETE FROM history_events").unwrap();
        intruder.run("DELETE FROM history_heads").unwrap();
        write_history(&app, app.account, 5).await;
        assert!(matches!(judge(&app, None).await, Verdict::Whole(_)));
        let short = judge(&app, Some(anchor.clone())).await;
        assert!(matches!(short, Verdict::Broken { seq: 6, .. }), "{short:?}");
        app.wait(1);
        write_history(&app, app.account, 15).await;
        let other = judge(&app, Some(anchor)).await;
        assert!(matches!(other, Verdict::Broken { seq: 10, .. }), "{other:?}");
    }
}

#[actix_web::test]
async fn a_long_history_is_verified_while_it_grows() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        write_history(&app, app.account, 1200).await;
        let ((), verdict) =
            futures_util::future::join(write_history(&app, app.account, 200), judge(&app, None)).await;
        assert!(matches!(verdict, Verdict::Whole(_)), "{verdict:?}");
        let Verdict::Whole(end) = judge(&app, None).await else {
            panic!("not whole")
        };
        assert_eq!(end.seq, 1400);
    }
}

#[actix_web::test]
async fn the_page_verifies_and_names_the_first_bad_event() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    write_history(&app, app.account, 20).await;
    let whole = owner.get(VERIFY).await;
    assert!(
        whole.says("The audit log is whole: all 21 events fit."),
        "{}",
        whole.text
    );
    let anchor = whole.find(".facts .id").remove(0);
    let again = owner.get(&format!("{VERIFY}?anchor={anchor}")).await;
    assert!(again.says("The anchor's event is among them."));
    let odd = owner.get(&format!("{VERIFY}?anchor=7:xyz")).await;
    assert!(odd.status == 422 && odd.says("An anchor is a number") && !odd.says("is whole"));
    let mut intruder = Intruder::at(&app);
    intruder.disarm();
    intruder
        .run("UPDATE history_events SET new = 'x' WHERE seq = 7")
        .unwrap();
    let broken = owner.get(VERIFY).await;
    assert!(
        broken.says("The audit log is not whole: event 7 was changed"),
        "{}",
        broken.text
    );
    assert_eq!(
        broken.attribute(".note a", "href"),
        ["/settings/history?before=8"]
    );
}

#[actix_web::test]
async fn the_log_is_paged_both_ways_and_filtered() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        write_history(&app, app.account, 120).await;
        write_history(&app, app.other, 5).await;
        let manager = app.as_manager().await;
        let numbers = |page: &crate::harness::browser::Answer| -> Vec<i64> {
            page.find("tbody td:first-child")
                .iter()
                .map(|n| n.parse().unwrap())
                .collect()
        };
        let mut page = manager.get(LOG).await;
        let mut seen = numbers(&page);
        assert!(page.attribute("a[rel=prev]", "href").is_empty());
        while let Some(next) = page.attribute("a[rel=next]", "href").first() {
            page = manager.get(next).await;
            seen.extend(numbers(&page));
        }
        assert_eq!(seen, (1..=121).rev().collect::<Vec<i64>>(), "{backend:?}");
        let back = manager.get(&page.attribute("a[rel=prev]", "href")[0]).await;
        assert_eq!(numbers(&back), (22..=71).rev().collect::<Vec<i64>>());

        let sign_ins = manager.get(&format!("{LOG}?kind=LOGIN&entity=TEAM_MEMBER")).await;
        assert_eq!(numbers(&sign_ins), [121]);
        assert!(sign_ins.says("Manager One signed in"));
        let imports = manager.get(&format!("{LOG}?entity=IMPORT")).await;
        assert_eq!(numbers(&imports).len(), 50);
        assert!(imports.attribute("a[rel=next]", "href")[0].contains("entity=IMPORT"));
        let link = &imports.attribute("tbody a", "href")[0];
        assert!(link.starts_with("/imports/"), "{link}");
        let odd = manager.get(&format!("{LOG}?kind=NOPE&before=x")).await;
        assert!(odd.status == 200 && odd.says("There is no such kind."));
        let none = manager.get(&format!("{LOG}?kind=REVEAL")).await;
        assert!(none.says("No event matches these filters."));
    }
}

#[actix_web::test]
async fn the_log_is_asked_who_did_what_on_which_days() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        write_history(&app, app.account, 3).await;
        let taken = app.raise().await;
        app.take(taken, Role::Clerk).await;
        app.wait(3 * 24 * 60);
        let closed = app.raise().await;
        app.close(closed, Role::Finance).await;
        let manager = app.as_manager().await;
        let said = |page: &crate::harness::browser::Answer| page.find("tbody td[data-l=What]").join("\n");

        // Words that the database spells are read as people write them, and a link names where it leads.
        let page = manager.get(LOG).await;
        assert!(
            said(&page).contains("In progress") && said(&page).contains("Resolved"),
            "{}",
            said(&page)
        );
        assert!(!said(&page).contains("IN_PROGRESS"), "{}", said(&page));
        let kinds = page.find("tbody td[data-l=Event]");
        assert!(kinds.contains(&"Status change".to_owned()), "{kinds:?}");
        let links = page.find(&format!("tbody a[href='/exceptions/{taken}']"));
        assert!(links[0].starts_with("R0"), "{links:?}");

        let clerk = app.member(Role::Clerk).await;
        let own = manager.get(&format!("{LOG}?who={clerk}")).await;
        let actors = own.find("tbody td[data-l=Who]");
        assert!(
            !actors.is_empty() && actors.iter().all(|name| name == "Clerk One"),
            "{actors:?}"
        );
        assert!(
            own.find(".chips a").join(" ").contains("By: Clerk One"),
            "{:?}",
            own.find(".chips a")
        );
        let docket = manager.get(&format!("{LOG}?who=DOCKET")).await;
        assert!(said(&docket).contains("Event for the test 0"), "{}", docket.text);
        let chosen = docket.attribute("select[name=who] option[selected]", "value");
        assert_eq!(chosen, ["DOCKET"]);

        let day = |ts: docket::kernel::clock::Ts| ts.day_in(chrono_tz::Tz::UTC).to_string();
        let (first, last) = (
            day(app.clock.now().minus(std::time::Duration::from_hours(72))),
            day(app.clock.now()),
        );
        let late = manager.get(&format!("{LOG}?date_from={last}&who={clerk}")).await;
        assert!(late.says("No event matches these filters."), "{}", late.text);
        let early = manager.get(&format!("{LOG}?date_to={first}")).await;
        assert!(said(&early).contains("Event for the test 2") && !said(&early).contains("Resolved"));

        // What cannot be read is told, and the rest is asked for.
        let odd = manager
            .get(&format!(
                "{LOG}?who=nobody&date_from={last}&date_to={first}&kind=RESOLUTION"
            ))
            .await;
        assert_eq!(odd.attribute("#problems a", "href"), ["#who", "#date_to"]);
        assert_eq!(odd.attribute("#date_to", "value"), [first]);
        assert!(said(&odd).contains("No action"), "{}", odd.text);
        assert!(!odd.find(".chips a").join(" ").contains("To:"));
    }
}

#[actix_web::test]
async fn the_log_is_for_those_who_may_read_it_and_of_their_business_account_alone() {
    let app = TestApp::start().await;
    write_history(&app, app.account, 3).await;
    for role in Role::ALL {
        let browser = app.sign_in(*role).await;
        let expected = if matches!(role, Role::Owner | Role::Admin | Role::Manager) {
            200
        } else {
            403
        };
        for path in [LOG, VERIFY] {
            assert_eq!(browser.get(path).await.status.as_u16(), expected, "{role} {path}");
        }
    }
    let stranger = app.as_stranger(Role::Owner).await;
    assert!(!stranger.get(LOG).await.says("Event for the test"));
    assert!(stranger.get(VERIFY).await.says("all 1 events fit"));
}
