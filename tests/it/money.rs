//! Resolutions that do the real thing, and the second person where it matters.

use chrono::NaiveDate;
use docket::{
    approvals::{
        ApprovalState, Gated, commands::withdraw, decide::approve, decide::reject, queries as approvals,
    },
    auth::{
        actor::{Actor, ActorKind},
        permission::Role,
    },
    db::types::Day,
    exceptions::{
        model::{Category, Entity, Kind as ExceptionKind, Source, Status as ExceptionStatus},
        raise::{NewException, Said},
        reopen::reopen,
        resolution::{How, Retrying, resolve},
    },
    kernel::{
        error::{AppResult, Code},
        id::{ApprovalId, ExceptionId, TransactionId},
        text::{Reason, ResolutionNotes},
    },
    transactions::{
        AchDetails, Kind, NewTransaction, Relation, Solution, Status, TransactionRow,
        cancel::cancel,
        commands::post_status,
        create::{CreateFields, create},
        edit::{EditFields, edit},
        queries,
        reverse::{ReverseFields, reverse},
    },
};

use crate::{
    harness::{Backend, TestApp, both},
    payments::{Payments, usd},
};

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A debit that settled and came back, with the exception about it.
pub struct Returned {
    pub payment: TransactionId,
    pub exception: ExceptionId,
}

/// Sends a debit of `minor` that settled on `settled`, and gives it back with `code`.
pub async fn returned(pay: &Payments<'_>, minor: i64, code: &str, settled: &str) -> Returned {
    let debit = NewTransaction {
        status: Status::Settled,
        ach: AchDetails {
            trace_number: Some("091000010000001".into()),
            company_name: Some("NORTHWIND".into()),
            company_id: Some("1234567890".into()),
            sec_code: Some("PPD".into()),
            effective_date: Some(Day(day(settled))),
            settlement_date: Some(Day(day(settled))),
            ..AchDetails::default()
        },
        ..NewTransaction::ach(Kind::Request, pay.payee, pay.own, usd(minor))
    };
    let payment = pay.post(debit).await;
    come_back(pay, &payment, code, settled).await
}

/// The payment comes back; an exception is raised.
pub async fn come_back(pay: &Payments<'_>, payment: &TransactionRow, code: &str, settled: &str) -> Returned {
    let back = NewTransaction {
        parent: Some((payment.id, Relation::Return)),
        status: Status::Settled,
        ..NewTransaction::ach(Kind::Return, pay.own, pay.payee, payment.money())
    };
    let back = pay.post(back).await;
    let exception = pay
        .app
        .raise_as(NewException {
            category: Category::Transaction,
            kind: ExceptionKind::AchReturn,
            description: format!("{code}: {}", payment.money()),
            entity_id: back.id.uuid(),
            entity_type: Entity::Transaction,
            transaction_id: Some(payment.id),
            amount: Some(payment.money()),
            reason: None,
            code: Some(code.into()),
            party: "Dov Marlowe".into(),
            account_tail: "6789".into(),
            source: Source::Api,
            said: Said {
                sec_code: Some("PPD".into()),
                original_settlement: Some(Day(day(settled))),
                notice_settlement: Some(Day(day(settled))),
                is_debit: Some(true),
                ..Said::default()
            },
        })
        .await;
    Returned {
        payment: payment.id,
        exception,
    }
}

fn notes() -> ResolutionNotes {
    ResolutionNotes::parse("Called the payer.").unwrap()
}

fn retry(date: &str) -> How {
    How::Retry(Retrying {
        date: day(date),
        receiver_consent_on: None,
        is_fault_removed: false,
    })
}

async fn do_retry(
    pay: &Payments<'_>,
    who: &Actor,
    id: ExceptionId,
    date: &str,
) -> AppResult<Option<TransactionId>> {
    let (who, how) = (who.clone(), retry(date));
    pay.write(move |tx| {
        Ok(match resolve(tx, &who, id, &how, &notes(), None)? {
            Gated::Done(done) => done.resolution.transaction_id,
            Gated::Waits(_) => None,
        })
    })
    .await
}

pub async fn transaction(app: &TestApp, id: TransactionId) -> TransactionRow {
    let account = app.account;
    app.app
        .db
        .read(move |c| queries::get(c, account, id))
        .await
        .unwrap()
}

pub async fn chain(app: &TestApp, id: TransactionId) -> Vec<TransactionRow> {
    let account = app.account;
    app.app
        .db
        .read(move |c| queries::lineage(c, account, id))
        .await
        .unwrap()
}

pub fn edit_fields(row: &TransactionRow, minor: i64) -> EditFields {
    EditFields {
        amount: usd(minor).plain(),
        payment_reason_id: "payroll".into(),
        ..EditFields::of(row)
    }
}

pub async fn ask_for_edit(pay: &Payments<'_>, who: &Actor, row: &TransactionRow, minor: i64) -> ApprovalId {
    let (who, id, fields) = (who.clone(), row.id, edit_fields(row, minor));
    let asked = pay
        .write(move |tx| edit(tx, &who, id, None, &fields))
        .await
        .unwrap();
    match asked {
        Gated::Waits(approval) => approval.id,
        Gated::Done(_) => panic!("it did not wait"),
    }
}

pub async fn decided(app: &TestApp, id: ApprovalId) -> docket::approvals::ApprovalRow {
    let account = app.account;
    app.app
        .db
        .read(move |c| approvals::get(c, account, id))
        .await
        .unwrap()
}

async fn a_retry_is_made_twice_and_never_a_third_time(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    let first = returned(&pay, 12_354, "R01", "2026-10-30").await;
    let one = do_retry(&pay, &clerk, first.exception, "2026-11-04")
        .await
        .unwrap()
        .unwrap();
    let made = transaction(&app, one).await;
    assert_eq!(
        (made.relation, made.amount, made.status, made.parent_id),
        (Some(Relation::Retry), 12_354, Status::New, Some(first.payment))
    );
    assert_eq!(made.entry_description.as_deref(), Some("RETRY PYMT"));
    assert_eq!(
        (made.company_name.as_deref(), made.company_id.as_deref()),
        (Some("NORTHWIND"), Some("1234567890"))
    );
    assert_eq!(made.effective_date, Some(Day(day("2026-11-04"))));
    assert_eq!(
        app.exception(first.exception).await.status,
        ExceptionStatus::Resolved
    );

    let second = come_back(&pay, &made, "R01", "2026-11-04").await;
    // The first entry settled on 30 October: its clock and its chain count the 180 days from there.
    let page = app.as_clerk().await;
    let page = page.get(&format!("/exceptions/{}", second.exception)).await;
    let clocks = page.find(".clocks li");
    let clock = clocks.iter().find(|clock| clock.starts_with("Retry until"));
    assert!(clock.unwrap().contains("28 Apr 2027"), "{clocks:?}");
    assert!(
        page.says("1 of 2 retries left, until 28 Apr 2027"),
        "{}",
        page.text
    );
    let two = do_retry(&pay, &clerk, second.exception, "2026-11-05")
        .await
        .unwrap()
        .unwrap();
    let third = come_back(&pay, &transaction(&app, two).await, "R09", "2026-11-05").await;
    let refused = do_retry(&pay, &clerk, third.exception, "2026-11-06")
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::RuleRefuses);
    assert!(
        refused.sentence().contains("twice already"),
        "{}",
        refused.sentence()
    );
    assert_eq!(app.exception(third.exception).await.status, ExceptionStatus::New);
    let all = chain(&app, first.payment).await;
    assert_eq!(
        all.iter().filter(|t| t.relation == Some(Relation::Retry)).count(),
        2
    );
    // The page says why the button is closed.
    let browser = app.as_clerk().await;
    let page = browser.get(&format!("/exceptions/{}", third.exception)).await;
    assert!(
        page.says("It was sent again twice already, the last time for 5 Nov 2026"),
        "{}",
        page.text
    );
}

#[actix_web::test]
async fn a_retry_is_made_twice_and_never_a_third_time_on_both_databases() {
    for backend in both() {
        a_retry_is_made_twice_and_never_a_third_time(backend).await;
    }
}

#[actix_web::test]
async fn the_server_refuses_what_the_retry_rule_refuses() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    // Code, settlement of the original, day of the retry, what is said; ach-codes.md section 3 by row.
    let cases = [
        ("R02", "2026-10-30", "2026-11-04", "another account is needed"), // Never without another account
        ("R05", "2026-10-30", "2026-11-04", "did not authorize"),         // Never
        ("R07", "2026-10-30", "2026-11-04", "did not authorize"),         // Never
        (
            "R08",
            "2026-10-30",
            "2026-11-04",
            "only after the receiver has agreed",
        ), // Door b
        ("R10", "2026-10-30", "2026-11-04", "did not authorize"),         // Never
        ("R16", "2026-10-30", "2026-11-04", "OFAC"),                      // Never
        (
            "R01",
            "2026-05-01",
            "2026-11-04",
            "180 days after the original entry settled ended on 28 Oct 2026",
        ), // Time
        ("R01", "2026-10-30", "2026-11-02", "The day is past"),
        ("R01", "2026-10-30", "2026-11-07", "Banks do not work"), // a Saturday
        ("R01", "2026-10-30", "2026-11-11", "Banks do not work"), // Veterans Day
        ("R01", "2026-10-30", "2027-05-03", "180 days"),          // after the last day
    ];
    for (code, settled, date, said) in cases {
        let back = returned(&pay, 5_000, code, settled).await;
        let refused = do_retry(&pay, &clerk, back.exception, date).await.unwrap_err();
        assert!(
            refused.sentence().contains(said),
            "{code} {settled} {date}: {}",
            refused.sentence()
        );
        assert_eq!(
            chain(&app, back.payment).await.len(),
            2,
            "{code}: nothing was made"
        );
        assert!(app.exception(back.exception).await.is_open, "{code}: it is open");
    }
    // R08 with the receiver's word is allowed (door b).
    let stopped = returned(&pay, 5_000, "R08", "2026-10-30").await;
    let who = clerk.clone();
    let how = How::Retry(Retrying {
        date: day("2026-11-04"),
        receiver_consent_on: Some(day("2026-11-03")),
        is_fault_removed: false,
    });
    pay.write(move |tx| resolve(tx, &who, stopped.exception, &how, &notes(), None))
        .await
        .unwrap();
    assert_eq!(chain(&app, stopped.payment).await.len(), 3);
}

#[actix_web::test]
async fn a_reopened_retry_is_cancelled_while_it_can_be_and_said_to_stand_when_not() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
    for is_gone in [false, true] {
        let back = returned(&pay, 4_000, "R01", "2026-10-30").await;
        let made = do_retry(&pay, &clerk, back.exception, "2026-11-04")
            .await
            .unwrap()
            .unwrap();
        if is_gone {
            let processor = Actor {
                kind: ActorKind::ServiceAccount,
                ..manager.clone()
            };
            pay.write(move |tx| post_status(tx, &processor, made, None, Status::Processing, "sent"))
                .await
                .unwrap();
        }
        let browser = app.as_manager().await;
        let page = browser
            .get(&format!("/exceptions/{}/reopen", back.exception))
            .await;
        let said = if is_gone {
            "is Processing and cannot be undone"
        } else {
            "that it made is cancelled"
        };
        assert!(page.says(said), "{}", page.text);
        let who = manager.clone();
        pay.write(move |tx| {
            let reason = Reason::parse("Wrong").unwrap();
            reopen(tx, &who, back.exception, &reason, None)
        })
        .await
        .unwrap();
        let expected = if is_gone {
            Status::Processing
        } else {
            Status::Cancelled
        };
        assert_eq!(transaction(&app, made).await.status, expected);
    }
}

async fn a_large_edit_waits_for_somebody_else(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
    let row = pay.post(pay.payment(12_354)).await;
    let id = ask_for_edit(&pay, &clerk, &row, 1_000_000).await;
    let vault = app.app.vault.clone();
    assert_eq!(transaction(&app, row.id).await.status, Status::New);
    assert_eq!(chain(&app, row.id).await.len(), 1);

    // The same again is refused; the banner is on the record.
    let (who, fields) = (clerk.clone(), edit_fields(&row, 1_000_000));
    let again = pay.write(move |tx| edit(tx, &who, row.id, None, &fields)).await;
    assert_eq!(again.unwrap_err().code(), Code::Duplicate);
    let browser = app.as_clerk().await;
    let page = browser.get(&format!("/transactions/{}", row.id)).await;
    assert!(page.says("Waits for approval"), "{}", page.text);

    // The requester cannot decide, whatever their role; who lacks the right neither.
    for (who, code) in [
        (
            Actor {
                role: Role::Owner,
                ..clerk.clone()
            },
            Code::RuleRefuses,
        ),
        (clerk.clone(), Code::Forbidden),
        (app.actor(Role::Admin).await, Code::Forbidden),
    ] {
        let vault = vault.clone();
        let refused = pay.write(move |tx| approve(tx, &vault, &who, id, None)).await;
        assert_eq!(refused.unwrap_err().code(), code);
    }
    let (who, v) = (manager.clone(), vault.clone());
    let done = pay
        .write(move |tx| approve(tx, &v, &who, id, None))
        .await
        .unwrap();
    assert_eq!(done.state, ApprovalState::Approved);
    let all = chain(&app, row.id).await;
    let new = all
        .iter()
        .find(|t| t.relation == Some(Relation::Replacement))
        .unwrap();
    assert_eq!(
        (new.amount, new.created_by_name.as_str()),
        (1_000_000, "Clerk One")
    );
    assert_eq!(transaction(&app, row.id).await.status, Status::Cancelled);
    // Again does nothing.
    let (who, v) = (manager, vault);
    let again = pay.write(move |tx| approve(tx, &v, &who, id, None)).await;
    assert_eq!(again.unwrap_err().code(), Code::IllegalMove);
    assert_eq!(chain(&app, row.id).await.len(), 2);
}

#[actix_web::test]
async fn a_large_edit_waits_for_somebody_else_on_both_databases() {
    for backend in both() {
        a_large_edit_waits_for_somebody_else(backend).await;
    }
}

#[actix_web::test]
async fn nothing_changes_after_a_rejection_a_withdrawal_or_when_the_record_moved_on() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
        // Rejected.
        let row = pay.post(pay.payment(100)).await;
        let id = ask_for_edit(&pay, &clerk, &row, 2_000_000).await;
        let who = manager.clone();
        pay.write(move |tx| reject(tx, &who, id, &Reason::parse("Too much").unwrap(), None))
            .await
            .unwrap();
        assert_eq!(chain(&app, row.id).await.len(), 1);
        // After it the same may be asked again; this time it is taken back, by the requester alone.
        let id = ask_for_edit(&pay, &clerk, &row, 2_000_000).await;
        let who = manager.clone();
        let refused = pay.write(move |tx| withdraw(tx, &who, id)).await;
        assert_eq!(refused.unwrap_err().code(), Code::RuleRefuses);
        let who = clerk.clone();
        pay.write(move |tx| withdraw(tx, &who, id)).await.unwrap();
        assert_eq!(decided(&app, id).await.state, ApprovalState::Withdrawn);
        // Moved on: cancelled meanwhile, so it lapses at once and says why.
        let id = ask_for_edit(&pay, &clerk, &row, 2_000_000).await;
        let who = clerk.clone();
        pay.write(move |tx| cancel(tx, &who, row.id, None)).await.unwrap();
        let lapsed = decided(&app, id).await;
        assert_eq!(lapsed.state, ApprovalState::Lapsed);
        assert!(lapsed.outcome.unwrap().contains("Cancelled"));
        let (who, vault) = (manager.clone(), app.app.vault.clone());
        let refused = pay.write(move |tx| approve(tx, &vault, &who, id, None)).await;
        assert_eq!(refused.unwrap_err().code(), Code::IllegalMove);
        assert_eq!(chain(&app, row.id).await.len(), 1);
    }
}

#[actix_web::test]
async fn what_cannot_be_done_any_more_lapses_with_the_reason_and_changes_nothing() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
        let row = pay.post(pay.payment(100)).await;
        let id = ask_for_edit(&pay, &clerk, &row, 2_000_000).await;
        let (who, payee) = (clerk.clone(), pay.payee);
        pay.write(move |tx| {
            let reason = Reason::parse("Fraud").unwrap();
            docket::accounts::commands::suspend(tx, &who, payee, &reason)
        })
        .await
        .unwrap();
        let (who, vault) = (manager, app.app.vault.clone());
        let done = pay
            .write(move |tx| approve(tx, &vault, &who, id, None))
            .await
            .unwrap();
        assert_eq!(done.state, ApprovalState::Lapsed, "{backend:?}");
        assert!(done.outcome.unwrap().contains("suspended"));
        assert_eq!(transaction(&app, row.id).await.status, Status::New);
        assert_eq!(chain(&app, row.id).await.len(), 1);
    }
}

#[actix_web::test]
async fn a_large_retry_waits_and_is_made_when_approved() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
    let back = returned(&pay, 1_500_000, "R01", "2026-10-30").await;
    assert_eq!(
        do_retry(&pay, &clerk, back.exception, "2026-11-04")
            .await
            .unwrap(),
        None
    );
    let row = app.exception(back.exception).await;
    assert_eq!(
        (row.status, row.assignee_id),
        (ExceptionStatus::InProgress, clerk.member())
    );
    assert_eq!(chain(&app, back.payment).await.len(), 2);
    // While it waits, nothing else resolves the exception.
    let who = clerk.clone();
    let how = How::NoAction(Reason::parse("Paid by card").unwrap());
    let refused = pay
        .write(move |tx| resolve(tx, &who, back.exception, &how, &notes(), None))
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::Duplicate);
    let account = app.account;
    let waiting = app
        .app
        .db
        .read(move |c| approvals::waiting_on(c, account, back.exception.uuid()))
        .await
        .unwrap();
    let (who, vault, id) = (manager, app.app.vault.clone(), waiting[0].id);
    let done = pay
        .write(move |tx| approve(tx, &vault, &who, id, None))
        .await
        .unwrap();
    assert_eq!(done.state, ApprovalState::Approved, "{:?}", done.outcome);
    assert_eq!(
        app.exception(back.exception).await.status,
        ExceptionStatus::Resolved
    );
    assert_eq!(chain(&app, back.payment).await.len(), 3);
}

fn new_payment(pay: &Payments<'_>, amount: &str) -> CreateFields {
    CreateFields {
        transaction_type: "SEND".into(),
        solution: "ach".into(),
        debit_financial_account_id: pay.own.to_string(),
        credit_financial_account_id: pay.payee.to_string(),
        amount: amount.into(),
        payment_reason_id: "payroll".into(),
        settlement_priority: "NEXT_DAY".into(),
        ..CreateFields::default()
    }
}

#[actix_web::test]
async fn a_transaction_is_made_and_every_wrong_field_is_told_at_once() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let clerk = app.actor(Role::Clerk).await;
        let (who, fields) = (clerk.clone(), new_payment(&pay, "9999.99"));
        let made = pay
            .write(move |tx| create(tx, &who, &fields)?.done())
            .await
            .unwrap();
        assert_eq!(
            (made.status, made.amount, made.solution),
            (Status::New, 999_999, Solution::Ach)
        );
        // At the limit of the policy it waits; a service account's does not.
        let (who, fields) = (clerk.clone(), new_payment(&pay, "10000.00"));
        let waits = pay.write(move |tx| create(tx, &who, &fields)).await.unwrap();
        assert!(matches!(waits, Gated::Waits(_)));
        let system = Actor {
            kind: ActorKind::ServiceAccount,
            ..clerk.clone()
        };
        let fields = new_payment(&pay, "10000.00");
        let made = pay.write(move |tx| create(tx, &system, &fields)).await.unwrap();
        assert!(matches!(made, Gated::Done(_)));
        let wrong = CreateFields {
            transaction_type: "RETURN".into(),
            credit_financial_account_id: pay.own.to_string(),
            amount: "0".into(),
            payment_reason_id: "nothing".into(),
            effective_date: "2026-11-07".into(),
            memo: "not a wire".into(),
            ..new_payment(&pay, "1")
        };
        let who = clerk.clone();
        let told = pay.write(move |tx| create(tx, &who, &wrong)).await.unwrap_err();
        for words in [
            "Choose SEND or REQUEST",
            "must differ",
            "above zero",
            "payment reasons",
            "Banks do not work on 7 Nov 2026",
            "Only a wire",
        ] {
            assert!(told.sentence().contains(words), "{words}: {}", told.sentence());
        }
    }
}

#[actix_web::test]
async fn a_settled_payment_is_reversed_once_with_what_is_right() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let clerk = app.actor(Role::Clerk).await;
        let settled = |minor| NewTransaction {
            status: Status::Settled,
            ach: AchDetails {
                settlement_date: Some(Day(day("2026-11-02"))),
                ..AchDetails::default()
            },
            ..pay.payment(minor)
        };
        let row = pay.post(settled(50_000)).await;
        let fields = ReverseFields {
            reversal_reason: "INCORRECT_AMOUNT".into(),
            correction_amount: "450.00".into(),
            ..ReverseFields::default()
        };
        let (who, asked) = (clerk.clone(), fields.clone());
        let made = pay
            .write(move |tx| reverse(tx, &who, row.id, None, &asked)?.done())
            .await
            .unwrap();
        assert_eq!(
            (made.reversal.kind, made.reversal.amount, made.reversal.status),
            (Kind::Reversal, 50_000, Status::New)
        );
        assert_eq!(made.reversal.reversal_reason, "INCORRECT_AMOUNT");
        assert_eq!(made.correction.unwrap().amount, 45_000);
        assert_eq!(transaction(&app, row.id).await.status, Status::Reversed);
        let (who, asked) = (clerk.clone(), fields.clone());
        let again = pay.write(move |tx| reverse(tx, &who, row.id, None, &asked)).await;
        assert_eq!(again.unwrap_err().code(), Code::IllegalMove);
        // What the bank has sent back is not paid back a second time.
        let back = pay.post(settled(700)).await;
        come_back(&pay, &back, "R03", "2026-11-02").await;
        let (who, asked) = (clerk.clone(), fields.clone());
        let refused = pay
            .write(move |tx| reverse(tx, &who, back.id, None, &asked))
            .await;
        assert!(refused.unwrap_err().sentence().contains("a second time"));
        // After five banking days the clock has closed it.
        let late = pay.post(settled(100)).await;
        app.wait(60 * 24 * 8);
        let who = clerk.clone();
        let refused = pay
            .write(move |tx| reverse(tx, &who, late.id, None, &fields))
            .await;
        assert!(refused.unwrap_err().sentence().contains("5 banking days"));
    }
}

#[actix_web::test]
async fn only_the_processor_posts_a_status_and_only_legal_ones() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    let id = pay.post(pay.payment(100)).await.id;
    let who = clerk.clone();
    let refused = pay
        .write(move |tx| post_status(tx, &who, id, None, Status::Pending, ""))
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::RuleRefuses);
    let processor = Actor {
        kind: ActorKind::ServiceAccount,
        ..clerk
    };
    for (to, is_legal) in [
        (Status::Settled, false),
        (Status::Cancelled, false),
        (Status::Pending, true),
        (Status::New, false),
        (Status::Processing, true),
        (Status::Settled, true),
        (Status::Reversed, false),
    ] {
        let who = processor.clone();
        let posted = pay.write(move |tx| post_status(tx, &who, id, None, to, "")).await;
        match posted {
            Ok(row) => assert!(is_legal && row.status == to, "{to}"),
            Err(error) => assert!(!is_legal && error.code() == Code::IllegalMove, "{to}: {error}"),
        }
    }
}

/// Fifty at once: edits, cancels and approvals of one transaction have exactly one effect.
#[actix_web::test]
async fn fifty_edits_cancels_and_approvals_at_once_have_one_effect() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
        let row = pay.post(pay.payment(12_354)).await;
        let id = ask_for_edit(&pay, &clerk, &row, 3_000_000).await;
        let acts = (0..50).map(|n| {
            let (clerk, manager, vault) = (clerk.clone(), manager.clone(), app.app.vault.clone());
            let (row, db, account) = (row.clone(), app.app.db.clone(), app.account);
            async move {
                match n % 3 {
                    0 => {
                        let fields = edit_fields(&row, 200 + n);
                        let done = db.write(account, move |tx| edit(tx, &clerk, row.id, Some(1), &fields));
                        matches!(done.await, Ok(Gated::Done(_)))
                    }
                    1 => {
                        let done = db.write(account, move |tx| cancel(tx, &clerk, row.id, Some(1)));
                        done.await.is_ok()
                    }
                    _ => {
                        let done = db.write(account, move |tx| approve(tx, &vault, &manager, id, None));
                        done.await.is_ok_and(|a| a.state == ApprovalState::Approved)
                    }
                }
            }
        });
        let effects = futures_util::future::join_all(acts).await;
        let count = effects.iter().filter(|done| **done).count();
        assert_eq!(count, 1, "{backend:?}");
        assert_eq!(transaction(&app, row.id).await.status, Status::Cancelled);
        assert!(chain(&app, row.id).await.len() <= 2);
        assert_ne!(decided(&app, id).await.state, ApprovalState::Waiting);
    }
}

/// Fifty who approve at once: one does.
#[actix_web::test]
async fn fifty_approvals_at_once_are_one() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
        let row = pay.post(pay.payment(100)).await;
        let id = ask_for_edit(&pay, &clerk, &row, 3_000_000).await;
        let all = (0..50).map(|_| {
            let (who, vault) = (manager.clone(), app.app.vault.clone());
            app.app
                .db
                .write(app.account, move |tx| approve(tx, &vault, &who, id, None))
        });
        let done = futures_util::future::join_all(all).await;
        assert_eq!(done.iter().filter(|d| d.is_ok()).count(), 1, "{backend:?}");
        assert_eq!(chain(&app, row.id).await.len(), 2);
    }
}
