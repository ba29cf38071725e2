//! What comes again: a form that is sent twice, an edit after the day on which its payment was to take effect.

use docket::{
    approvals::Gated,
    auth::permission::Role,
    db::types::Day,
    exceptions::model::Status as ExceptionStatus,
    kernel::error::Code,
    transactions::{Relation, Status, TransactionRow, edit::edit},
};

use crate::{
    harness::{
        Backend, TestApp, both,
        browser::{Answer, Browser},
    },
    money::{ask_for_edit, chain, day, decided, edit_fields, returned, transaction},
    payments::{Payments, usd},
};

async fn sent_twice(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let back = returned(&pay, 12_354, "R01", "2026-10-30").await;
    let clerk = app.as_clerk().await;
    let page = format!("/exceptions/{}", back.exception);
    let resolve = format!("{page}/resolve");
    let form = clerk.get(&resolve).await;
    let chained = clerk.get(&page).await.find(".chain .ghost");
    assert!(chained[0].contains("possible until"), "{chained:?}");
    let typed = [
        ("resolution_type", "RETRY"),
        ("retry_date", "2026-11-04"),
        ("notes", "Called the payer."),
    ];
    let look = clerk.submit_shown(&form, &resolve, &typed).await;
    assert_eq!(look.status, 200, "{}", look.text);
    let confirm = [("step", "confirm")];
    let (first, second) = (
        clerk.submit_shown(&look, &resolve, &confirm).await,
        clerk.submit_shown(&look, &resolve, &confirm).await,
    );
    for done in [&first, &second] {
        assert_eq!(
            (done.status.as_u16(), done.says("Resolved.")),
            (200, true),
            "{}",
            done.text
        );
        assert_eq!(done.path, page);
    }
    let made = chain(&app, back.payment).await;
    let made: Vec<_> = made
        .iter()
        .filter(|t| t.relation == Some(Relation::Retry))
        .collect();
    assert_eq!(made.len(), 1, "{made:?}");
    // A retry was possible, until it was made.
    let chained = clerk.get(&page).await.find(".chain .ghost");
    assert!(chained.is_empty(), "{chained:?}");
    // The same form with another content is another request.
    let other = [("step", "confirm"), ("notes", "Called the payer again.")];
    let refused = clerk.submit_shown(&look, &resolve, &other).await;
    assert_eq!(refused.status, 409);
    assert!(
        refused.says("was used for a request with other content"),
        "{}",
        refused.text
    );
    assert_eq!(
        app.exception(back.exception).await.status,
        ExceptionStatus::Resolved
    );
}

#[actix_web::test]
async fn a_resolution_that_is_sent_twice_makes_one_transaction_and_says_so_once_on_both_databases() {
    for backend in both() {
        sent_twice(backend).await;
    }
}

#[actix_web::test]
async fn resolve_and_next_sent_twice_takes_one_exception() {
    let app = TestApp::start().await;
    let (one, two, three) = (app.raise().await, app.raise().await, app.raise().await);
    let clerk = app.as_clerk().await;
    let resolve = format!("/exceptions/{one}/resolve");
    let form = clerk.get(&resolve).await;
    let typed = [
        ("resolution_type", "NO_ACTION"),
        ("reason", "Paid in the meantime"),
        ("notes", "Called the payer."),
        ("next", "1"),
    ];
    let first = clerk.submit_shown(&form, &resolve, &typed).await;
    let second = clerk.submit_shown(&form, &resolve, &typed).await;
    assert!(first.says("You have the next one."), "{}", first.text);
    assert_eq!(first.path, second.path);
    let mut held = 0;
    for id in [two, three] {
        held += i32::from(app.exception(id).await.assignee_id.is_some());
    }
    assert_eq!(held, 1);
}

/// The edit form of a payment, filled in with another amount.
async fn sent_edit(browser: &Browser, row: &TransactionRow, amount: &str) -> Answer {
    let form = format!("/transactions/{}/edit", row.id);
    let (debit, credit) = (
        row.debit_account_id.to_string(),
        row.credit_account_id.to_string(),
    );
    let fields = [
        ("debit_financial_account_id", debit.as_str()),
        ("credit_financial_account_id", credit.as_str()),
        ("amount", amount),
        ("payment_reason_id", "payroll"),
    ];
    browser.submit(&form, &form, &fields).await
}

async fn past_its_day(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    let mut late = pay.payment(5_000);
    late.payment_reason = "payroll".into();
    late.ach.effective_date = Some(Day(day("2026-11-02")));
    let late = pay.post(late).await;
    let mut soon = pay.payment(5_000);
    soon.payment_reason = "payroll".into();
    soon.ach.effective_date = Some(Day(day("2026-11-30")));
    let soon = pay.post(soon).await;
    // On a Saturday the next banking day is Monday.
    app.at("2026-11-07T15:00:00Z");
    let browser = app.as_clerk().await;
    let look = sent_edit(&browser, &late, "51.00").await;
    assert!(
        look.says("The day it was to take effect, 2 Nov 2026, is past: it takes effect on 9 Nov 2026."),
        "{}",
        look.text
    );
    for (row, expected) in [(&late, "2026-11-09"), (&soon, "2026-11-30")] {
        let (who, id, fields) = (clerk.clone(), row.id, edit_fields(row, 5_100));
        let done = pay
            .write(move |tx| edit(tx, &who, id, None, &fields))
            .await
            .unwrap();
        let Gated::Done(new) = done else {
            panic!("it waits")
        };
        assert_eq!(new.effective_date, Some(Day(day(expected))));
    }
}

#[actix_web::test]
async fn an_edit_never_takes_effect_in_the_past_on_both_databases() {
    for backend in both() {
        past_its_day(backend).await;
    }
}

#[actix_web::test]
async fn a_retry_is_not_edited_beyond_its_180_days() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    // Settled on 1 June 2026: the 180th day is 28 November.
    let back = returned(&pay, 12_354, "R01", "2026-06-01").await;
    let browser = app.as_clerk().await;
    let resolve = format!("/exceptions/{}/resolve", back.exception);
    let typed = [
        ("resolution_type", "RETRY"),
        ("retry_date", "2026-11-25"),
        ("notes", "Called the payer."),
        ("step", "confirm"),
    ];
    browser.submit(&resolve, &resolve, &typed).await;
    let made = chain(&app, back.payment).await;
    let retry = made
        .into_iter()
        .find(|t| t.relation == Some(Relation::Retry))
        .unwrap();
    app.at("2026-11-29T15:00:00Z");
    let (who, id) = (clerk.clone(), retry.id);
    let mut fields = edit_fields(&retry, 12_354);
    fields.payment_reason_id = "vendor-payment".into();
    let asked = fields.clone();
    let refused = pay
        .write(move |tx| edit(tx, &who, id, None, &asked))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::RuleRefuses);
    assert!(
        refused.sentence().contains("A retry takes effect by 28 Nov 2026"),
        "{}",
        refused.sentence()
    );
    assert_eq!(transaction(&app, id).await.status, Status::New);
    // Its form says so too, with what was typed.
    let browser = app.as_clerk().await;
    let told = sent_edit(&browser, &retry, "123.54").await;
    assert_eq!(told.status, 422);
    assert!(told.says("cancel it instead"), "{}", told.text);
}

#[actix_web::test]
async fn an_edit_of_its_texts_alone_names_the_amount_once() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    let large = pay.post(pay.payment(1_500_000)).await;
    for (minor, title) in [
        (1_500_000, "Edit of ACH send of $15,000.00"),
        (1_600_000, "Edit of ACH send: $16,000.00 instead of $15,000.00"),
    ] {
        let asked = ask_for_edit(&pay, &clerk, &large, minor).await;
        assert_eq!(decided(&app, asked).await.title, title, "{}", usd(minor));
    }
}
