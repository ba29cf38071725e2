//! Transactions and the accounts they use: what imports and resolutions build on.

use docket::{
    accounts::{self, commands as account_commands, model::Correction},
    db::types::Day,
    kernel::{
        error::Code,
        id::TransactionId,
        text::{AccountNumber, Reason},
    },
    transactions::{
        AchDetails, Kind, NewTransaction, Relation, Status, commands, model::StatusEvent, queries,
    },
};

use crate::{
    harness::{Backend, TestApp, both},
    payments::{Payments, usd},
};

fn with_trace(new: NewTransaction, trace: &str) -> NewTransaction {
    NewTransaction {
        ach: AchDetails {
            trace_number: Some(trace.into()),
            receiving_bank: Some("091000019".into()),
            ..AchDetails::default()
        },
        ..new
    }
}

async fn an_account_is_added_once(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    assert_eq!(pay.account("Someone else", "000123456789  ").await, pay.payee);
    assert_ne!(
        pay.account("Dov Marlowe", "123456789").await,
        pay.payee,
        "zeros are part of a number"
    );
    let account = app.account;
    let payee = pay.payee;
    let row = app
        .app
        .db
        .read(move |c| accounts::queries::get(c, account, payee))
        .await
        .unwrap();
    assert_eq!(
        (row.label(), row.name.as_str()),
        ("Dov Marlowe ••••6789".into(), "Dov Marlowe")
    );
    let other = app.other;
    let seen = app
        .app
        .db
        .read(move |c| accounts::queries::find(c, other, payee))
        .await
        .unwrap();
    assert!(seen.is_none(), "another business account sees nothing of it");
}

#[actix_web::test]
async fn an_account_is_added_once_and_keeps_its_names_on_both_databases() {
    for backend in both() {
        an_account_is_added_once(backend).await;
    }
}

async fn a_return_finds_its_payment(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let sent = pay
        .post(with_trace(pay.payment(125_000), "091000017611250"))
        .await;
    let back = NewTransaction {
        parent: Some((sent.id, Relation::Return)),
        kind: Kind::Return,
        status: Status::Settled,
        ..with_trace(pay.payment(125_000), "091000017611250")
    };
    let back = pay.post(back).await;
    let account = app.account;
    let by = |amount, bank| {
        app.app
            .db
            .read(move |c| queries::find_by_trace(c, account, "091000017611250", amount, bank))
    };
    for (amount, bank, found) in [
        (Some(125_000), Some("09100001"), true),
        (None, None, true),
        (Some(125_001), None, false),
        (Some(125_000), Some("12345678"), false),
    ] {
        let row = by(amount, bank).await.unwrap();
        assert_eq!(row.map(|t| t.id), found.then_some(sent.id), "{amount:?} {bank:?}");
    }
    let entries = app
        .app
        .db
        .read(move |c| queries::status_entries(c, account, sent.id))
        .await
        .unwrap();
    let told: Vec<_> = entries.iter().map(|e| e.event_type).collect();
    assert!(told.contains(&StatusEvent::Create) && told.contains(&StatusEvent::Return));
    let line = app
        .app
        .db
        .read(move |c| queries::lineage(c, account, back.id))
        .await
        .unwrap();
    assert_eq!(line.len(), 2);
    let other = app.other;
    let foreign = app
        .app
        .db
        .read(move |c| queries::lineage(c, other, back.id))
        .await;
    assert_eq!(foreign.unwrap_err().code(), Code::NotFound);
}

#[actix_web::test]
async fn a_return_finds_its_payment_by_trace_amount_and_bank_on_both_databases() {
    for backend in both() {
        a_return_finds_its_payment(backend).await;
    }
}

async fn a_lineage_reads_both_ways(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let mut parent: Option<TransactionId> = None;
    let mut all = Vec::new();
    for relation in [
        Relation::Return,
        Relation::Return,
        Relation::Retry,
        Relation::Return,
    ] {
        app.wait(1);
        let new = NewTransaction {
            parent: parent.map(|p| (p, relation)),
            ..pay.payment(100)
        };
        let made = pay.post(new).await;
        parent = Some(made.id);
        all.push(made.id);
    }
    let account = app.account;
    for id in all.clone() {
        let line = app
            .app
            .db
            .read(move |c| queries::lineage(c, account, id))
            .await
            .unwrap();
        assert_eq!(line.iter().map(|t| t.id).collect::<Vec<_>>(), all);
    }
    let first = all[0];
    let retries = app
        .app
        .db
        .read(move |c| queries::count_relation(c, account, first, Relation::Retry))
        .await;
    assert_eq!(retries.unwrap(), 1);
}

#[actix_web::test]
async fn a_lineage_reads_both_ways_from_anywhere_on_both_databases() {
    for backend in both() {
        a_lineage_reads_both_ways(backend).await;
    }
}

async fn candidates_are_close(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let day = |text: &str| Some(Day(text.parse().unwrap()));
    let on = |new: NewTransaction, date: &str| NewTransaction {
        ach: AchDetails {
            settlement_date: day(date),
            ..AchDetails::default()
        },
        ..new
    };
    let exact = pay.post(on(pay.payment(10_000), "2026-11-01")).await;
    let near = pay.post(on(pay.payment(10_050), "2026-11-03")).await;
    let below = pay.post(on(pay.payment(9_960), "2026-11-02")).await;
    pay.post(on(pay.payment(9_899), "2026-11-03")).await;
    pay.post(on(pay.payment(10_101), "2026-11-03")).await;
    pay.post(on(pay.payment(10_000), "2026-11-09")).await;
    let cancelled = NewTransaction {
        status: Status::Cancelled,
        ..on(pay.payment(10_000), "2026-11-03")
    };
    pay.post(cancelled).await;
    let asked = pay.post(on(pay.payment(10_000), "2026-11-03")).await;
    let account = app.account;
    let found = app
        .app
        .db
        .read(move |c| {
            let around = "2026-11-03".parse().unwrap();
            queries::candidates(c, account, (usd(0).currency(), 10_000, 100), around, &[asked.id])
        })
        .await
        .unwrap();
    assert_eq!(
        found.iter().map(|t| t.id).collect::<Vec<_>>(),
        [exact.id, below.id, near.id]
    );
}

async fn many_new_ones_hide_no_candidate(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let on = |minor: i64| NewTransaction {
        ach: AchDetails {
            settlement_date: Some(Day("2026-11-03".parse().unwrap())),
            ..AchDetails::default()
        },
        ..pay.payment(minor)
    };
    let (exact, near) = (pay.post(on(10_000)).await, pay.post(on(10_010)).await);
    for _ in 0..510 {
        pay.post(on(10_090)).await;
    }
    let account = app.account;
    let around = "2026-11-03".parse().unwrap();
    let found = app
        .app
        .db
        .read(move |c| queries::candidates(c, account, (usd(0).currency(), 10_000, 100), around, &[]))
        .await
        .unwrap();
    assert_eq!([found[0].id, found[1].id], [exact.id, near.id], "{backend:?}");
    assert_eq!(found.len(), 20, "{backend:?}");
}

async fn later_and_earlier_ones_hide_no_candidate(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    // More of the same amount than are looked at, three weeks before and three weeks after.
    let weeks = || app.wait(21 * 24 * 60);
    for _ in 0..510 {
        pay.post(pay.payment(10_000)).await;
    }
    weeks();
    let fitting = pay.post(pay.payment(10_000)).await;
    weeks();
    for _ in 0..510 {
        pay.post(pay.payment(10_000)).await;
    }
    let (account, around) = (app.account, fitting.value_day());
    let found = app
        .app
        .db
        .read(move |c| queries::candidates(c, account, (usd(0).currency(), 10_000, 0), around, &[]))
        .await
        .unwrap();
    assert_eq!(
        found.iter().map(|t| t.id).collect::<Vec<_>>(),
        [fitting.id],
        "{backend:?}"
    );
}

#[actix_web::test]
async fn many_later_and_earlier_payments_of_the_amount_hide_no_nearer_one_on_both_databases() {
    for backend in both() {
        later_and_earlier_ones_hide_no_candidate(backend).await;
    }
}

#[actix_web::test]
async fn many_new_payments_of_about_the_amount_hide_no_closer_one_on_both_databases() {
    for backend in both() {
        many_new_ones_hide_no_candidate(backend).await;
    }
}

#[actix_web::test]
async fn candidates_for_a_match_are_close_in_amount_and_days_on_both_databases() {
    for backend in both() {
        candidates_are_close(backend).await;
    }
}

async fn moves_follow_the_table(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    for from in Status::ALL {
        for to in Status::ALL {
            let row = pay
                .post(NewTransaction {
                    status: *from,
                    ..pay.payment(100)
                })
                .await;
            let actor = pay.actor.clone();
            let moved = pay
                .write(move |tx| commands::move_to(tx, &actor, &row, *to, "moved"))
                .await;
            match moved {
                Ok(row) => assert!(from.may_become(*to) && row.status == *to && row.version == 2),
                Err(e) => assert!(!from.may_become(*to) && e.code() == Code::IllegalMove, "{e}"),
            }
        }
    }
}

#[actix_web::test]
async fn every_move_follows_the_table_on_both_databases() {
    for backend in both() {
        moves_follow_the_table(backend).await;
    }
}

#[actix_web::test]
async fn texts_are_cut_when_a_wire_is_submitted_and_not_before() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let long = "ä".repeat(150);
    let wire = NewTransaction {
        description: long.clone(),
        memo: "short".into(),
        ..pay.payment(100)
    };
    let row = pay.post(wire).await;
    assert_eq!(row.description, long);
    let (actor, new) = (pay.actor.clone(), row.clone());
    let gone = pay
        .write(move |tx| commands::move_to(tx, &actor, &new, Status::Pending, "submitted"))
        .await
        .unwrap();
    assert_eq!((gone.description, gone.memo.as_str()), ("ä".repeat(100), "short"));
    let account = app.account;
    let stored = app
        .app
        .db
        .read(move |c| queries::get(c, account, row.id))
        .await
        .unwrap();
    assert_eq!(stored.description, "ä".repeat(100));
}

async fn a_correction_moves_the_number(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let twin = pay.account("Helena Brandt", "777000111").await;
    let (vault, actor, payee) = (app.app.vault.clone(), pay.actor.clone(), pay.payee);
    let correct = move |number: &str| Correction {
        number: Some(AccountNumber::parse(number).unwrap()),
        ..Correction::default()
    };
    let after = pay
        .write(move |tx| account_commands::correct(tx, &vault, &actor, payee, &correct("555666777")))
        .await
        .unwrap();
    assert_eq!(after.masked(), "••••6777");
    assert_eq!(
        pay.account("Dov Marlowe", "555666777").await,
        payee,
        "it is found by its new number"
    );
    let (vault, actor) = (app.app.vault.clone(), pay.actor.clone());
    let clash = pay
        .write(move |tx| account_commands::correct(tx, &vault, &actor, twin, &correct("555666777")))
        .await;
    assert_eq!(clash.unwrap_err().code(), Code::Duplicate);
    let actor = pay.actor.clone();
    let twice = pay
        .write(move |tx| {
            let reason = Reason::parse("Account closed").unwrap();
            account_commands::suspend(tx, &actor, payee, &reason)?;
            account_commands::suspend(tx, &actor, payee, &reason)
        })
        .await;
    assert_eq!(twice.unwrap_err().code(), Code::IllegalMove);
}

#[actix_web::test]
async fn a_correction_moves_the_number_and_refuses_a_number_that_is_there_on_both_databases() {
    for backend in both() {
        a_correction_moves_the_number(backend).await;
    }
}
