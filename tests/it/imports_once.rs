//! Exactly once: the same file, the same entry, two nodes, a crash.

use std::{
    collections::BTreeSet,
    process::{Command, Stdio},
    time::Duration,
};

use docket::{
    app::App,
    history::queries as history,
    imports::{
        model::{ImportState, Outcome},
        queries, run,
    },
    kernel::id::ImportId,
};

use crate::{
    harness::{Backend, TestApp, both, sample},
    imports::left,
    made_files::{Batch, entry, file, payments, returned, returns, trace},
};

#[actix_web::test]
async fn the_same_file_again_leads_to_the_first_import() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let clerk = app.as_clerk().await;
        let first = clerk.upload("a.ach", sample("return-WEB.ach")).await;
        let waiting = clerk.upload("b.ach", sample("return-WEB.ach")).await;
        assert_eq!(waiting.path, first.path);
        assert!(waiting.says("This file was uploaded already on 3 Nov 2026, 10:00 by Clerk One"));
        clerk.run_import(&first.path).await;
        let done = app
            .as_manager()
            .await
            .upload("c.ach", sample("return-WEB.ach"))
            .await;
        assert_eq!(done.path, first.path);
        assert!(
            done.says(
                "This file was imported already on 3 Nov 2026, 10:00 by Clerk One; nothing was changed."
            )
        );
        assert_eq!(left(&app).await.exceptions.len(), 2);
        let pressed_again = clerk
            .post(
                &format!("{}/run", first.path),
                &[("csrf_token", clerk.token().await)],
            )
            .await;
        assert_eq!(pressed_again.status, 200);
        assert_eq!(left(&app).await.exceptions.len(), 2);
    }
}

#[actix_web::test]
async fn of_the_same_file_by_eight_at_once_one_is_imported() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let browsers = futures_util::future::join_all((0..8).map(|_| app.as_clerk())).await;
        // Larger than a piece, so that all of them are storing at the same time.
        let bytes = payments(12_000);
        let pages =
            futures_util::future::join_all(browsers.iter().map(|b| b.upload("same.ach", bytes.clone())))
                .await;
        for page in &pages {
            assert_eq!((page.status.as_u16(), &page.path), (200, &pages[0].path));
        }
        let list = browsers[0].get("/imports").await;
        assert_eq!(list.find("tbody tr").len(), 1);
        let pieces = app
            .app
            .db
            .read(|conn| {
                use diesel::prelude::*;
                use docket::db::schema::{import_chunks, imports};
                Ok((
                    import_chunks::table.count().get_result::<i64>(conn)?,
                    imports::table.count().get_result::<i64>(conn)?,
                ))
            })
            .await
            .unwrap();
        assert_eq!(pieces, (2, 1), "nothing of the other seven is left");
    }
}

#[actix_web::test]
async fn the_same_entry_in_another_file_changes_nothing_and_is_linked() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let clerk = app.as_clerk().await;
        clerk.import("first.ach", sample("return-WEB.ach")).await;
        let page = clerk
            .upload("second.ach", sample("return-no-file-header-control.ach"))
            .await;
        assert!(
            page.says("1 entry was imported before and changes nothing."),
            "{}",
            page.text
        );
        let page = clerk.run_import(&page.path).await;
        assert!(
            page.says("1 entry imported before, 2 problems in the file."),
            "{}",
            page.text
        );
        let left = left(&app).await;
        assert_eq!(left.exceptions.len(), 2);
        let line = left
            .lines
            .iter()
            .find(|l| l.outcome == Outcome::Duplicate)
            .unwrap();
        assert!(
            line.sentence.starts_with(
                "The same entry came with first.ach of 3 Nov 2026, line 3: R01 Insufficient Funds"
            )
        );
        let r01 = left
            .exceptions
            .iter()
            .find(|e| e.code.as_deref() == Some("R01"))
            .unwrap();
        assert_eq!(line.exception_id, Some(r01.id));
    }
}

#[actix_web::test]
async fn two_equal_payments_of_one_file_are_two_and_stay_two() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    let same = entry("22", "123456789", 500, "Ada", &trace(1), 0);
    let twice = file(&[
        Batch::of_payments("261029", vec![same.clone()]),
        Batch::of_payments("261029", vec![same.clone()]),
    ]);
    clerk.import("twice.ach", twice).await;
    assert_eq!(left(&app).await.transactions.len(), 2);
    let once_more = file(&[Batch::of_payments("261029", vec![same.clone(), same])]);
    clerk.import("again.ach", once_more).await;
    assert_eq!(left(&app).await.transactions.len(), 2);
}

/// Uploads a file and puts it in the queue without telling the server that runs beside the test.
async fn queued(app: &TestApp, bytes: Vec<u8>) -> ImportId {
    let page = app.as_clerk().await.upload("large.ach", bytes).await;
    let id: ImportId = page.path.rsplit('/').next().unwrap().parse().unwrap();
    let actor = app.actor(docket::auth::permission::Role::Clerk).await;
    app.app
        .db
        .write(app.account, move |tx| run::queue(tx, &actor, id))
        .await
        .unwrap();
    id
}

async fn state(app: &App, test: &TestApp, id: ImportId) -> docket::imports::model::ImportRow {
    let account = test.account;
    app.db
        .read(move |conn| queries::get(conn, account, id))
        .await
        .unwrap()
}

async fn is_exact(app: &TestApp, id: ImportId, payments: usize, exceptions: usize) {
    let row = state(&app.app, app, id).await;
    assert_eq!(row.state, ImportState::Done);
    assert_eq!(row.entries_done, row.entries);
    let left = left(app).await;
    assert_eq!(left.exceptions.len(), exceptions);
    assert_eq!(left.transactions.len(), payments + exceptions);
    let positions: Vec<i64> = left
        .lines
        .iter()
        .filter(|l| l.import_id == id)
        .map(|l| l.position)
        .collect();
    let expected: Vec<i64> = (1..=row.entries_done + row.problems).collect();
    assert_eq!(positions, expected, "every line once, in order");
    let account = app.account;
    let head = app
        .app
        .db
        .read(move |conn| history::head(conn, account))
        .await
        .unwrap();
    assert!(head.seq > 0);
}

/// Payments and their returns in one file.
fn mixed(n: usize) -> Vec<u8> {
    let forward = (1..=n)
        .map(|i| {
            entry(
                "27",
                &format!("55{i:08}"),
                100 + i as u64,
                &format!("Payer {i}"),
                &trace(i),
                0,
            )
        })
        .collect();
    let back = (1..=n)
        .flat_map(|i| {
            [
                entry(
                    "26",
                    &format!("55{i:08}"),
                    100 + i as u64,
                    &format!("Payer {i}"),
                    &format!("23138010{i:07}"),
                    1,
                ),
                returned("R01", &trace(i), ""),
            ]
        })
        .collect();
    file(&[Batch::of_payments("261029", forward), Batch::of_news("PPD", back)])
}

async fn an_import_that_is_stopped_over_and_over_is_exact(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let id = queued(&app, mixed(750)).await;
    for stop in 0..100 {
        // Dropped wherever it stands, as if the node had died there.
        let some = tokio::time::timeout(
            Duration::from_millis(20 + 60 * stop),
            run::run(&app.app, app.account, id),
        )
        .await;
        let row = state(&app.app, &app, id).await;
        if row.state == ImportState::Done {
            break;
        }
        assert!(some.is_err() || row.state == ImportState::Running);
        // Nobody takes it before its lease has run out.
        assert!(run::claim(&app.app, app.account, id).await.unwrap().is_none());
        app.clock.advance(run::LEASE + Duration::from_secs(1));
    }
    is_exact(&app, id, 750, 750).await;
}

#[actix_web::test]
async fn an_import_that_is_stopped_over_and_over_is_exact_on_both_databases() {
    for backend in both() {
        an_import_that_is_stopped_over_and_over_is_exact(backend).await;
    }
}

async fn a_node_that_was_thought_dead_does_no_harm(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let id = queued(&app, mixed(600)).await;
    let mut slow = std::pin::pin!(run::run(&app.app, app.account, id));
    let _ = tokio::time::timeout(Duration::from_millis(60), &mut slow).await;
    app.clock.advance(run::LEASE + Duration::from_secs(1));
    tokio::join!(
        run::run(&app.app, app.account, id),
        run::run(&app.app, app.account, id)
    );
    slow.await;
    for _ in 0..200 {
        if state(&app.app, &app, id).await.state == ImportState::Done {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    is_exact(&app, id, 600, 600).await;
}

#[actix_web::test]
async fn a_node_that_was_thought_dead_does_no_harm_on_both_databases() {
    for backend in both() {
        a_node_that_was_thought_dead_does_no_harm(backend).await;
    }
}

/// The program itself, on the test's database.
fn docket(app: &TestApp, file: &std::path::Path) -> Command {
    let settings = &app.app.settings;
    let mut command = Command::new(env!("CARGO_BIN_EXE_docket"));
    command
        .arg("import")
        .arg(file)
        .args(["--account", "Northwind Payments"])
        .env("DOCKET_DATA", &settings.data)
        .env("DOCKET_DATABASE", settings.database.as_ref().unwrap().reveal())
        .env(
            "DOCKET_SECRET_KEY",
            settings.secret_key.as_ref().unwrap().reveal(),
        )
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Imports a file of 3,000 entries, kills the program in the middle, and starts it again; the report of the second run.
async fn killed_and_again(app: &TestApp, path: &std::path::Path) -> String {
    let mut program = docket(app, path).stdout(Stdio::null()).spawn().unwrap();
    let mut done = 0;
    for _ in 0..2_000 {
        let account = app.account;
        let rows = app
            .app
            .db
            .read(move |conn| queries::list(conn, account, None, 1))
            .await
            .unwrap();
        done = rows.first().map_or(0, |r| r.entries_done);
        if done > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    program.kill().unwrap();
    program.wait().unwrap();
    assert!(done > 0, "it never began");
    assert!(done < 3_000, "it was over before it could be killed");
    let again = tokio::task::spawn_blocking({
        let mut command = docket(app, path);
        move || command.output().unwrap()
    })
    .await
    .unwrap();
    assert!(again.status.success());
    let known = docket(app, path).output().unwrap();
    assert!(String::from_utf8_lossy(&known.stdout).contains("was imported already on"));
    let report = String::from_utf8(again.stdout).unwrap();
    assert_eq!(report.lines().count(), 3_001);
    report
}

async fn newest(app: &TestApp) -> ImportId {
    let account = app.account;
    let rows = app.app.db.read(move |conn| queries::list(conn, account, None, 1));
    rows.await.unwrap().remove(0).id
}

async fn a_killed_import_goes_on(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let path = app.app.settings.data.join("mixed.ach");
    std::fs::write(&path, mixed(1_500)).unwrap();
    let report = killed_and_again(&app, &path).await;
    assert!(
        report.ends_with("3000 entries: 1500 transactions, 1500 exceptions, 0 imported before; 0 problems\n")
    );
    is_exact(&app, newest(&app).await, 1_500, 1_500).await;
}

async fn a_killed_import_of_a_csv_file_goes_on(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let path = app.app.settings.data.join("breaks.csv");
    let lines = (1..=3_000).map(|n| format!("B-{n},RECONCILIATION,Break {n}\n"));
    let file: String = std::iter::once("Reference,Type,Description\n".to_owned())
        .chain(lines)
        .collect();
    std::fs::write(&path, file).unwrap();
    let report = killed_and_again(&app, &path).await;
    assert!(
        report.ends_with("3000 entries: 0 transactions, 3000 exceptions, 0 imported before; 0 problems\n")
    );
    let left = left(&app).await;
    let told: BTreeSet<&str> = left.exceptions.iter().map(|e| e.description.as_str()).collect();
    assert_eq!((left.exceptions.len(), told.len()), (3_000, 3_000));
    let id = newest(&app).await;
    let positions: Vec<i64> = left
        .lines
        .iter()
        .filter(|l| l.import_id == id)
        .map(|l| l.position)
        .collect();
    assert_eq!(
        positions,
        (1..=3_000).collect::<Vec<i64>>(),
        "every line once, in order"
    );
}

#[actix_web::test]
async fn a_killed_import_goes_on_where_it_was_on_both_databases() {
    for backend in both() {
        a_killed_import_goes_on(backend).await;
    }
}

#[actix_web::test]
async fn a_killed_import_of_a_csv_file_goes_on_where_it_was_on_both_databases() {
    for backend in both() {
        a_killed_import_of_a_csv_file_goes_on(backend).await;
    }
}

#[actix_web::test]
async fn returns_that_come_in_another_file_than_their_payments_are_matched_after_a_crash_too() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    clerk.import("payments.ach", payments(50)).await;
    clerk.import("returns.ach", returns(50)).await;
    let left = left(&app).await;
    assert!(left.exceptions.iter().all(|e| e.transaction_id.is_some()));
}
