//! What came back finds the payment it belongs to.

use diesel::prelude::*;
use docket::{
    accounts::{AccountRow, Verification},
    db::schema::{exception_sources, financial_accounts},
    exceptions::{
        model::{Entity, Kind},
        raise::entry_place,
        row::SourceRow,
    },
    transactions::{Relation, Status},
};

use crate::{
    harness::{Backend, TestApp, both},
    imports::left,
    made_files::{Batch, changed, entry, file, payments, returned, returns, trace},
};

async fn sources(app: &TestApp) -> Vec<SourceRow> {
    app.app
        .db
        .read(|conn| {
            Ok(exception_sources::table
                .select(SourceRow::as_select())
                .load(conn)?)
        })
        .await
        .unwrap()
}

async fn accounts(app: &TestApp) -> Vec<AccountRow> {
    app.app
        .db
        .read(|conn| {
            Ok(financial_accounts::table
                .order(financial_accounts::name)
                .select(AccountRow::as_select())
                .load(conn)?)
        })
        .await
        .unwrap()
}

async fn a_return_is_linked_to_its_payment(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let clerk = app.as_clerk().await;
    clerk.import("payments.ach", payments(3)).await;
    clerk.import("returns.ach", returns(2)).await;
    let left = left(&app).await;
    let returns: Vec<_> = left
        .transactions
        .iter()
        .filter(|t| t.relation == Some(Relation::Return))
        .collect();
    assert_eq!(
        (left.transactions.len(), returns.len(), left.exceptions.len()),
        (5, 2, 2)
    );
    for back in returns {
        let original = left
            .transactions
            .iter()
            .find(|t| Some(t.id) == back.parent_id)
            .unwrap();
        assert_eq!((original.amount, original.status), (back.amount, Status::Settled));
        let metadata = back.metadata();
        let said: Vec<(&str, &str)> = metadata.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(
            said,
            [
                ("rkorDiscretionaryData", back.trace_number.as_deref().unwrap()),
                ("rkorReasonCode", "R01"),
                ("rkorReasonDescription", "Insufficient Funds"),
            ]
        );
        assert_eq!(original.debit_account_id, back.credit_account_id);
        assert_eq!(original.credit_account_id, back.debit_account_id);
        let exception = left
            .exceptions
            .iter()
            .find(|e| e.entity_id.uuid() == back.id.uuid())
            .unwrap();
        assert_eq!(
            (exception.kind, exception.entity_type, exception.transaction_id),
            (Kind::AchReturn, Entity::Transaction, Some(original.id))
        );
        assert!(
            !exception.description.contains("matches"),
            "{}",
            exception.description
        );
        assert!(exception.description.starts_with("R01 Insufficient Funds: $10.0"));
    }
    assert_eq!(accounts(&app).await.len(), 4, "three payers and the company");
    for source in sources(&app).await {
        assert_eq!(source.is_debit, Some(true));
        assert_eq!(source.original_settlement.unwrap().0.to_string(), "2026-10-29");
        let entry = app
            .app
            .vault
            .open(&entry_place(source.exception_id), &source.entry_sealed.unwrap())
            .unwrap();
        assert!(String::from_utf8(entry).unwrap().contains("\n799R01"));
    }
}

#[actix_web::test]
async fn a_return_is_linked_to_its_payment_on_both_databases() {
    for backend in both() {
        a_return_is_linked_to_its_payment(backend).await;
    }
}

#[actix_web::test]
async fn a_return_of_another_amount_or_bank_is_not_ours() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    clerk.import("payments.ach", payments(1)).await;
    let other_amount = [
        entry("26", "5500000001", 9_999, "Payer 1", "231380100000001", 1),
        returned("R01", &trace(1), ""),
    ];
    let other_bank = [
        entry("26", "5500000001", 1_001, "Payer 1", "231380100000002", 1),
        returned("R01", &trace(1), "").replacen("23138010", "09100001", 1),
    ];
    let records = other_amount.into_iter().chain(other_bank).collect();
    clerk
        .import("returns.ach", file(&[Batch::of_news("PPD", records)]))
        .await;
    let left = left(&app).await;
    assert_eq!(left.exceptions.len(), 2);
    for exception in left.exceptions {
        assert_eq!(exception.transaction_id, None);
        assert!(
            exception
                .description
                .ends_with("; no transaction of ours matches")
        );
    }
}

#[actix_web::test]
async fn a_future_payment_is_processing() {
    let app = TestApp::start().await;
    let records = vec![entry("22", "123456789", 500, "Ada", &trace(1), 0)];
    app.as_clerk()
        .await
        .import("f.ach", file(&[Batch::of_payments("261105", records)]))
        .await;
    let left = left(&app).await;
    assert_eq!(left.transactions[0].status, Status::Processing);
}

async fn a_prenote_waits_and_its_return_declines_the_account(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let clerk = app.as_clerk().await;
    let prenotes = vec![
        entry("28", "111222333", 0, "Ada", &trace(1), 0),
        entry("33", "444555666", 0, "Bob", &trace(2), 0),
    ];
    let page = clerk
        .import("prenotes.ach", file(&[Batch::of_payments("261029", prenotes)]))
        .await;
    assert!(page.says("There was nothing to record or raise in it."));
    let verification =
        |rows: &[AccountRow], name: &str| rows.iter().find(|a| a.name == name).unwrap().verification;
    let rows = accounts(&app).await;
    assert_eq!(verification(&rows, "Ada"), Verification::Pending);
    let news = vec![
        entry("26", "111222333", 0, "Ada", "231380100000001", 1),
        returned("R03", &trace(1), ""),
        entry("36", "444555666", 0, "Bob", "231380100000002", 1),
        changed("C01", &trace(2), "444555667"),
    ];
    clerk
        .import("news.ach", file(&[Batch::of_news("PPD", news)]))
        .await;
    let rows = accounts(&app).await;
    assert_eq!(verification(&rows, "Ada"), Verification::Declined);
    assert_eq!(verification(&rows, "Bob"), Verification::Pending);
    let left = left(&app).await;
    assert!(left.transactions.is_empty());
    let declined = left
        .exceptions
        .iter()
        .find(|e| e.kind == Kind::VerificationDeclined)
        .unwrap();
    assert_eq!(declined.entity_type, Entity::FinancialAccount);
    assert_eq!(
        declined.description,
        "R03 No Account / Unable to Locate Account: prenote from Ada"
    );
    assert!(left.exceptions.iter().any(|e| e.kind == Kind::VerificationNoc));
}

#[actix_web::test]
async fn a_prenote_waits_and_its_return_declines_the_account_on_both_databases() {
    for backend in both() {
        a_prenote_waits_and_its_return_declines_the_account(backend).await;
    }
}

#[actix_web::test]
async fn a_notification_finds_its_payment_without_an_amount_and_shows_no_account_number() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    clerk.import("payments.ach", payments(1)).await;
    let records = vec![
        entry("26", "5500000001", 0, "Payer 1", "231380100000001", 1),
        changed("C03", &trace(1), "123456780   1918171614"),
    ];
    clerk
        .import("noc.ach", file(&[Batch::of_news("COR", records)]))
        .await;
    let left = left(&app).await;
    let exception = &left.exceptions[0];
    assert_eq!(exception.kind, Kind::AchNoc);
    assert_eq!(exception.transaction_id, Some(left.transactions[0].id));
    assert_eq!(exception.entity_id.uuid(), left.transactions[0].id.uuid());
    let source = &sources(&app).await[0];
    assert_eq!(source.corrected_data.as_deref(), Some("123456780   ••••1614"));
}

#[actix_web::test]
async fn dishonored_contested_and_refused_ones_say_so() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    clerk.import("payments.ach", payments(2)).await;
    clerk.import("returns.ach", returns(1)).await;
    // Positions 39-53 name the return that is dishonored.
    let dishonored = returned("R68", &trace(1), "   231380100000001");
    let records = vec![
        entry("26", "5500000001", 1_001, "Payer 1", "121042880000009", 1),
        dishonored,
        entry("26", "5500000002", 1_002, "Payer 2", "231380100000003", 1),
        returned("R73", &trace(2), ""),
        entry("26", "5500000002", 0, "Payer 2", "121042880000010", 1),
        changed("C61", &trace(2), ""),
    ];
    clerk
        .import("later.ach", file(&[Batch::of_news("PPD", records)]))
        .await;
    let left = left(&app).await;
    let of = |code: &str| {
        left.exceptions
            .iter()
            .find(|e| e.code.as_deref() == Some(code))
            .unwrap()
    };
    assert!(of("R68").description.starts_with("Dishonored return: R68 "));
    assert!(
        of("R73")
            .description
            .starts_with("Contested dishonored return: R73 ")
    );
    assert!(
        of("C61")
            .description
            .starts_with("Refused notification of change: C61 ")
    );
    assert_eq!(
        of("R68").entity_id,
        of("R01").entity_id,
        "it goes on with the return"
    );
    assert_eq!(of("R68").transaction_id, of("R01").transaction_id);
}
