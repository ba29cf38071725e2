//! A resolution that is cut off between any two of its statements, as by kill -9, leaves nothing behind; one whose
//! writing fails in any table neither. Done to the end it is whole.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use diesel::{
    Connection,
    connection::{InstrumentationEvent, TransactionManager},
    prelude::*,
    sql_query,
    sql_types::Text,
};
use docket::{
    accounts::{Subtype, model::Correction},
    approvals::{ApprovalState, Gated, decide::approve, queries as approvals},
    auth::{actor::Actor, permission::Role},
    db::{AnyConnection, Tx},
    exceptions::{
        model::{Kind as ExceptionKind, Status as ExceptionStatus},
        resolution::{
            AdjustmentReason, Correcting, Direction, How, OverrideReason, Replacing, Retrying, resolve,
        },
    },
    kernel::{
        crypto::Vault,
        error::{AppError, AppResult, Code},
        id::{ApprovalId, ExceptionId},
        text::{AccountNumber, Reason, ResolutionNotes},
    },
    transactions::{NewTransaction, Status},
};

use crate::{
    harness::{Backend, TestApp, both},
    money::{ask_for_edit, come_back, day, edit_fields, returned},
    payments::{Payments, usd},
};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn lines(conn: &mut AnyConnection, sql: &str) -> Vec<String> {
    let found: Vec<Line> = sql_query(sql).load(conn).unwrap();
    found.into_iter().map(|l| l.line).collect()
}

fn tables(conn: &mut AnyConnection) -> Vec<String> {
    let sql = match conn {
        AnyConnection::Sqlite(_) => {
            "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        }
        AnyConnection::Postgres(_) => {
            "SELECT table_name::text AS line FROM information_schema.tables WHERE table_schema = current_schema() \
             AND table_type = 'BASE TABLE' ORDER BY 1"
        }
    };
    let mut all = lines(conn, sql);
    // The indexes of words follow by jobs of their own, whenever they come to it.
    all.retain(|table| !table.starts_with("search") && !table.starts_with("account_words"));
    all
}

/// Every row of every table, as text.
fn everything(conn: &mut AnyConnection) -> Vec<String> {
    let mut all = Vec::new();
    for table in tables(conn) {
        let row = match conn {
            AnyConnection::Sqlite(_) => {
                let sql = format!("SELECT 'quote(' || name || ')' AS line FROM pragma_table_info('{table}')");
                lines(conn, &sql).join(" || '|' || ")
            }
            AnyConnection::Postgres(_) => "t::text".to_owned(),
        };
        let rows = lines(conn, &format!("SELECT {row} AS line FROM {table} t ORDER BY 1"));
        all.extend(rows.into_iter().map(|row| format!("{table}: {row}")));
    }
    all
}

/// What is done, with the rights of whom, on what.
pub type Act = Arc<dyn Fn(&mut Tx<'_>) -> AppResult<()> + Send + Sync>;

/// Runs `act` in a transaction on a connection of its own, which goes away before its statement `at`: as the database
/// sees it, the process was killed. True when there was no such statement, and it was committed.
fn run_until(app: &TestApp, act: &Act, at: usize) -> bool {
    type Transactions = <AnyConnection as Connection>::TransactionManager;
    let mut conn = app.intruder();
    let begun = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&begun);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if matches!(event, InstrumentationEvent::StartQuery { .. })
            && counter.fetch_add(1, Ordering::SeqCst) == at
        {
            resume_unwind(Box::new("killed"));
        }
    });
    let now = app.clock.now();
    let done = catch_unwind(AssertUnwindSafe(|| {
        Transactions::begin_transaction(&mut conn).unwrap();
        act(&mut Tx {
            conn: &mut conn,
            now,
            has_mail: true,
        })
        .unwrap();
        Transactions::commit_transaction(&mut conn).unwrap();
    }));
    match done {
        Ok(()) => true,
        Err(why) if why.downcast_ref::<&str>() == Some(&"killed") => false,
        Err(other) => resume_unwind(other),
    }
}

/// Cuts `act` off before each of its statements in turn; then lets it end. How many statements it has.
pub fn cut_everywhere(app: &TestApp, what: &str, act: &Act) -> usize {
    let mut conn = app.intruder();
    let before = everything(&mut conn);
    for at in 0..2_000 {
        let is_whole = run_until(app, act, at);
        let now = everything(&mut conn);
        if is_whole {
            assert_ne!(now, before, "{what}: done, and nothing is there");
            return at;
        }
        assert_eq!(now, before, "{what}: cut off before its statement {at}");
    }
    panic!("{what}: it never ends");
}

/// Lets the writing to each table fail in turn, through the application's own door: nothing stays.
pub async fn fail_in_every_table(app: &TestApp, what: &str, act: &Act) {
    let mut conn = app.intruder();
    let before = everything(&mut conn);
    let mut hit = 0;
    for table in tables(&mut conn) {
        for (n, when) in ["INSERT", "UPDATE", "DELETE"].into_iter().enumerate() {
            let name = format!("fault_{n}");
            sql_query(format!(
                "CREATE TRIGGER {name} BEFORE {when} ON {table} BEGIN SELECT RAISE(ABORT, 'fault'); END"
            ))
            .execute(&mut conn)
            .unwrap();
            let run = Arc::clone(act);
            let done = app.app.db.write(app.account, move |tx| {
                // What went well is taken back as well, so that each table is tried on the same data.
                run(tx)?;
                Err::<(), _>(AppError::NotFound)
            });
            let is_hit = match done.await.unwrap_err() {
                AppError::NotFound => false,
                AppError::Internal(_) | AppError::Unavailable(_) => true,
                refused => panic!("{what}: {when} on {table} failed, and it was told as {refused}"),
            };
            hit += usize::from(is_hit);
            sql_query(format!("DROP TRIGGER {name}"))
                .execute(&mut conn)
                .unwrap();
            if is_hit {
                assert_eq!(everything(&mut conn), before, "{what}: {when} on {table} failed");
            }
        }
    }
    assert!(hit >= 3, "{what}: only {hit} faults were reached");
}

pub fn notes() -> ResolutionNotes {
    ResolutionNotes::parse("Looked into it.").unwrap()
}

fn reason(text: &str) -> Reason {
    Reason::parse(text).unwrap()
}

/// One exception for each way to resolve it.
pub async fn every_way(pay: &Payments<'_>) -> Vec<(&'static str, ExceptionId, How)> {
    let vault = pay.app.app.vault.clone();
    let mut ways = Vec::new();
    let back = |code, minor| returned(pay, minor, code, "2026-10-30");
    ways.push((
        "no action",
        back("R01", 1_000).await.exception,
        How::NoAction(reason("Paid by card")),
    ));
    let retrying = Retrying {
        date: day("2026-11-04"),
        receiver_consent_on: None,
        is_fault_removed: false,
    };
    ways.push(("retry", back("R01", 1_100).await.exception, How::Retry(retrying)));
    ways.push((
        "write-off",
        back("R01", 1_200).await.exception,
        How::WriteOff(reason("Too small")),
    ));
    ways.push((
        "suspension",
        back("R10", 1_300).await.exception,
        How::SuspendAccount(reason("Not authorized")),
    ));
    let adjusted = How::AdjustEntry {
        reason: AdjustmentReason::AmountCorrection,
        money: usd(50),
        direction: Direction::Credit,
        effective: day("2026-11-02"),
    };
    ways.push(("adjustment", back("R01", 1_400).await.exception, adjusted));
    let other = pay
        .post(NewTransaction {
            status: Status::Settled,
            ..pay.payment(1_500)
        })
        .await;
    let matched = How::ForceMatch {
        counterpart: Some(other.id),
        why: OverrideReason::DataCorrection,
    };
    ways.push(("match", back("R01", 1_500).await.exception, matched));

    // Still New: the replacement is an edit.
    let open = pay.post(pay.payment(1_600)).await;
    let mut new = pay.app.a_return();
    new.transaction_id = Some(open.id);
    new.entity_id = open.id.uuid();
    new.kind = ExceptionKind::Reconciliation;
    new.code = None;
    let replaced = How::Replace(Replacing {
        fields: edit_fields(&open, 1_700),
        new_authorization_on: None,
        is_fault_removed: false,
    });
    ways.push(("replacement", pay.app.raise_as(new).await, replaced));

    // Another kind of account is no other destination, so it does not wait.
    let mut new = pay.app.a_return();
    new.transaction_id = Some(open.id);
    new.entity_id = open.id.uuid();
    new.kind = ExceptionKind::AchNoc;
    new.code = Some("C05".into());
    let kind = Correction {
        subtype: Some(Subtype::Saving),
        ..Correction::default()
    };
    let corrected = How::CorrectAccount(Box::new(Correcting::new(vault, kind)));
    // Before the account is suspended.
    ways.insert(0, ("correction", pay.app.raise_as(new).await, corrected));
    ways
}

fn resolving(who: &Actor, id: ExceptionId, how: &How) -> Act {
    let (who, how) = (who.clone(), how.clone());
    Arc::new(move |tx| resolve(tx, &who, id, &how, &notes(), None)?.done().map(drop))
}

async fn cut_off_anywhere_nothing_is_left(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    let mut ways = every_way(&pay).await;
    // The suspension last: nothing can be paid after it.
    ways.sort_by_key(|(name, ..)| *name == "suspension");
    for (name, id, how) in ways {
        let statements = cut_everywhere(&app, name, &resolving(&clerk, id, &how));
        assert!(statements > 8, "{name}: only {statements} statements were cut");
        assert_eq!(
            app.exception(id).await.status,
            ExceptionStatus::Resolved,
            "{name}"
        );
    }
}

#[actix_web::test]
async fn a_resolution_cut_off_between_any_two_statements_leaves_nothing() {
    for backend in both() {
        cut_off_anywhere_nothing_is_left(backend).await;
    }
}

fn approving(who: &Actor, vault: &Vault, id: ApprovalId) -> Act {
    let (who, vault) = (who.clone(), vault.clone());
    Arc::new(move |tx| {
        let row = approve(tx, &vault, &who, id, None)?;
        let lapsed = || AppError::refused(Code::RuleRefuses, row.outcome.clone().unwrap_or_default());
        (row.state == ApprovalState::Approved)
            .then_some(())
            .ok_or_else(lapsed)
    })
}

/// An approved change of account, and an approved edit: they are done inside the approval.
pub async fn approvals_that_wait(pay: &Payments<'_>) -> Vec<(&'static str, ApprovalId)> {
    let app = pay.app;
    let clerk = app.actor(Role::Clerk).await;
    let row = pay.post(pay.payment(2_000)).await;
    let edit = ask_for_edit(pay, &clerk, &row, 1_500_000).await;
    let other = pay.account("Ann Lee", "000987654321").await;
    let sent = NewTransaction {
        status: Status::Settled,
        ..NewTransaction::ach(docket::transactions::Kind::Send, pay.own, other, usd(100))
    };
    let sent = pay.post(sent).await;
    let mut new = app.a_return();
    new.transaction_id = Some(sent.id);
    new.entity_id = sent.id.uuid();
    new.kind = ExceptionKind::AchNoc;
    new.code = Some("C01".into());
    let id = app.raise_as(new).await;
    let number = Correction {
        number: Some(AccountNumber::parse("1918171614").unwrap()),
        ..Correction::default()
    };
    let how = How::CorrectAccount(Box::new(Correcting::new(app.app.vault.clone(), number)));
    let asked = pay
        .write(move |tx| resolve(tx, &clerk, id, &how, &notes(), None))
        .await
        .unwrap();
    let Gated::Waits(correction) = asked else {
        panic!("another account number did not wait")
    };
    vec![("edit", edit), ("correction", correction.id)]
}

#[actix_web::test]
async fn an_approval_cut_off_between_any_two_statements_leaves_nothing() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let manager = app.actor(Role::Manager).await;
        for (name, id) in approvals_that_wait(&pay).await {
            let act = approving(&manager, &app.app.vault, id);
            let statements = cut_everywhere(&app, name, &act);
            assert!(statements > 12, "{name}: only {statements} statements were cut");
            let account = app.account;
            let done = app
                .app
                .db
                .read(move |c| approvals::get(c, account, id))
                .await
                .unwrap();
            assert_eq!(done.state.as_str(), "APPROVED", "{name}");
        }
    }
}

/// The database says no in the middle, rather than the process dying: the request still waits, it has not lapsed.
#[actix_web::test]
async fn what_fails_in_any_table_leaves_nothing() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
    for (name, id, how) in every_way(&pay).await {
        fail_in_every_table(&app, name, &resolving(&clerk, id, &how)).await;
    }
    for (name, id) in approvals_that_wait(&pay).await {
        fail_in_every_table(&app, name, &approving(&manager, &app.app.vault, id)).await;
    }
    // A return that comes back while nothing fails is as ever: the triggers are gone.
    let paid = pay
        .post(NewTransaction {
            status: Status::Settled,
            ..pay.payment(10)
        })
        .await;
    come_back(&pay, &paid, "R01", "2026-10-30").await;
}
