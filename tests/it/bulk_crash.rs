//! A bulk action that is killed in the middle, again and again, does each item exactly once.

use std::{collections::HashMap, time::Duration};

use diesel::prelude::*;
use docket::{
    db::{
        DbUrl,
        connection::Purpose,
        schema::{adjustments, bulk_actions, bulk_items, comments, resolutions},
    },
    kernel::id::BulkId,
};

use crate::{crash::Running, harness::Browser};

const TEXT: &str = "Said once to each of them";

/// What is done with each, and how its traces are counted.
#[derive(Clone, Copy)]
enum Done {
    Comment,
    /// Resolved, and an adjustment posted.
    WriteOff,
}

impl Done {
    fn fields(self) -> (&'static str, Vec<(&'static str, &'static str)>) {
        match self {
            Self::Comment => ("COMMENT", vec![("content", TEXT)]),
            Self::WriteOff => ("WRITE_OFF", vec![("reason", TEXT), ("notes", TEXT)]),
        }
    }
}

/// Traces by exception, and the action's counts.
fn said(data: &std::path::Path, done: Done) -> (HashMap<uuid::Uuid, usize>, (String, i64, i64, i64)) {
    let mut conn = DbUrl::Sqlite(data.join("docket.db")).open(Purpose::Read).unwrap();
    let ids: Vec<docket::kernel::id::ExceptionId> = match done {
        Done::Comment => comments::table
            .filter(comments::text.eq(TEXT))
            .select(comments::exception_id)
            .load(&mut conn)
            .unwrap(),
        Done::WriteOff => adjustments::table
            .filter(
                adjustments::resolution_id.eq_any(
                    resolutions::table
                        .filter(resolutions::notes.eq(TEXT))
                        .select(resolutions::id),
                ),
            )
            .select(adjustments::exception_id)
            .load(&mut conn)
            .unwrap(),
    };
    let mut said = HashMap::new();
    for id in ids {
        *said.entry(id.uuid()).or_insert(0) += 1;
    }
    // The demo's own is before it.
    let row = bulk_actions::table
        .order(bulk_actions::created_at.desc())
        .select((
            bulk_actions::state,
            bulk_actions::items,
            bulk_actions::done,
            bulk_actions::skipped,
        ))
        .first(&mut conn)
        .unwrap();
    (said, row)
}

#[actix_web::test]
async fn killed_in_the_middle_and_started_again_each_is_done_exactly_once() {
    killed_again_and_again(Done::Comment).await;
}

#[actix_web::test]
async fn killed_in_the_middle_and_started_again_each_amount_is_written_off_exactly_once() {
    killed_again_and_again(Done::WriteOff).await;
}

/// Waits until more than so many are done.
async fn until_more_than(done: i64, data: &std::path::Path, what: Done) {
    for _ in 0..2_000 {
        if said(data, what).1.2 > done {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn killed_again_and_again(what: Done) {
    let (act, typed) = what.fields();
    let folder = tempfile::tempdir().unwrap();
    let docket = Running::start_with(folder.path(), 6_000).await;
    let browser = Browser::new(&docket.url);
    browser.sign_in("manager@demo.test", "docket-demo-only").await;
    let token = browser.token().await;
    let fields = [
        ("csrf_token", token.as_str()),
        ("act", act),
        ("scope", "all"),
        ("back", "/exceptions?tab=open"),
    ];
    let planned = browser.post("/bulk", &fields).await;
    assert!(planned.path.starts_with("/bulk/"), "{}", planned.text);
    let run = format!("{}{}/run", browser.url, planned.path);
    // The answer is not waited for: it is killed meanwhile.
    let sent = browser
        .client
        .post(run)
        .form(
            &typed
                .iter()
                .copied()
                .chain([("csrf_token", token.as_str())])
                .collect::<Vec<_>>(),
        )
        .timeout(Duration::from_millis(400))
        .send();
    let _ = sent.await;
    until_more_than(0, folder.path(), what).await;
    docket.kill();
    let (first, (state, items, ..)) = said(folder.path(), what);
    assert!(items > 1_000, "only {items} were planned");
    assert!(
        !first.is_empty() && state == "RUNNING" && (first.len() as i64) < items,
        "{} of {items} were done when it was killed ({state})",
        first.len()
    );
    let mut kills = 1;
    // Each life goes on after the lease of the one before, ten seconds.
    for life in 0..2_u64 {
        let before = said(folder.path(), what).1.2;
        let docket = Running::start_with(folder.path(), 6_000).await;
        until_more_than(before, folder.path(), what).await;
        tokio::time::sleep(Duration::from_millis(50 * life)).await;
        docket.kill();
        kills += 1;
    }
    let docket = Running::start_with(folder.path(), 6_000).await;
    for _ in 0..1_200 {
        if said(folder.path(), what).1.0 == "DONE" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    docket.kill();
    let (said, (state, items, done, skipped)) = said(folder.path(), what);
    assert_eq!(state, "DONE");
    assert_eq!(
        (said.len() as i64, done + skipped),
        (done, items),
        "after {kills} kills"
    );
    assert!(said.values().all(|n| *n == 1), "some were done more than once");
    let mut conn = DbUrl::Sqlite(folder.path().join("docket.db"))
        .open(Purpose::Read)
        .unwrap();
    let latest: BulkId = bulk_actions::table
        .order(bulk_actions::created_at.desc())
        .select(bulk_actions::id)
        .first(&mut conn)
        .unwrap();
    let told: i64 = bulk_items::table
        .filter(bulk_items::bulk_id.eq(latest))
        .filter(bulk_items::outcome.eq("DONE"))
        .count()
        .get_result(&mut conn)
        .unwrap();
    assert_eq!(told, done);
}
