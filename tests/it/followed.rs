//! What resolutions made is followed from either end: matches and adjustments on both transactions and on the
//! exception, changes of accounts with who agreed, what is left of the limits.

use docket::{
    exceptions::{
        model::{Category, Entity, Kind as ExceptionKind, Source},
        raise::{NewException, Said},
    },
    kernel::id::{ExceptionId, TransactionId},
    transactions::NewTransaction,
};

use crate::{
    harness::{Backend, Browser, TestApp, both},
    money_pages::notified,
    payments::{Payments, usd},
};

/// A reconciliation break about a transaction.
async fn a_break(app: &TestApp, transaction: TransactionId, minor: i64) -> ExceptionId {
    app.raise_as(NewException {
        category: Category::Transaction,
        kind: ExceptionKind::Reconciliation,
        description: "The ledger has another amount".into(),
        entity_id: transaction.uuid(),
        entity_type: Entity::Transaction,
        transaction_id: Some(transaction),
        amount: Some(usd(minor)),
        reason: Some("AMOUNT_DIFFERENCE".into()),
        code: None,
        party: "Dov Marlowe".into(),
        account_tail: "6789".into(),
        source: Source::Api,
        said: Said::default(),
    })
    .await
}

async fn resolve(browser: &Browser, id: ExceptionId, fields: &[(&str, &str)]) {
    let path = format!("/exceptions/{id}/resolve");
    let mut all = fields.to_vec();
    all.extend([("notes", "Compared by hand."), ("step", "confirm")]);
    let done = browser.submit(&path, &path, &all).await;
    assert!(done.says("Resolved"), "{}", done.text);
}

async fn a_match_is_followed(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let ours = pay.post(pay.payment(50_000)).await.id;
    let theirs = pay.post(pay.payment(50_100)).await.id;
    let exception = a_break(&app, ours, 50_000).await;
    let (clerk, manager) = (app.as_clerk().await, app.as_manager().await);
    let counterpart = theirs.to_string();
    resolve(
        &clerk,
        exception,
        &[
            ("resolution_type", "FORCE_MATCH"),
            ("counterpart_transaction_id", &counterpart),
            ("override_reason", "OPS_APPROVAL"),
        ],
    )
    .await;
    let to = |id: TransactionId| format!("/transactions/{id}");
    let about = format!("/exceptions/{exception}");
    for (here, other) in [(ours, theirs), (theirs, ours)] {
        let page = clerk.get(&to(here)).await;
        assert!(
            page.says("Matches and adjustments") && page.says("Stands"),
            "{}",
            page.text
        );
        assert!(
            page.says("Ops approval") && page.says("$1.00"),
            "{backend:?} {}",
            page.text
        );
        assert!(page.says("Clerk One, 3 Nov 2026"), "{}", page.text);
        let links = page.attribute(".posted a", "href");
        assert_eq!(links, [to(other), about.clone()]);
        let named = page.attribute("td a[href^='/exceptions/']", "href");
        assert_eq!(
            named,
            std::slice::from_ref(&about),
            "the exception is in the list of both"
        );
    }
    assert!(
        clerk
            .get(&to(theirs))
            .await
            .says("Amount difference, through a match")
    );
    for path in [about.clone(), format!("{about}/evidence")] {
        let page = clerk.get(&path).await;
        assert!(page.says("Ops approval"), "{}", page.text);
        let links = page.attribute(".facts a[href^='/transactions/']", "href");
        assert!(
            links.contains(&to(ours)) && links.contains(&to(theirs)),
            "{links:?}"
        );
    }
    let reopen = format!("{about}/reopen");
    let reopened = manager
        .submit(&reopen, &reopen, &[("reason", "Another payment.")])
        .await;
    assert_eq!(reopened.status, 200, "{}", reopened.text);
    for side in [ours, theirs] {
        let page = clerk.get(&to(side)).await;
        assert!(page.says("Undone by Manager One, 3 Nov 2026"), "{}", page.text);
        assert!(!page.says("Stands"));
    }
}

#[actix_web::test]
async fn a_match_is_followed_from_both_sides_until_it_is_undone() {
    for backend in both() {
        a_match_is_followed(backend).await;
    }
}

#[actix_web::test]
async fn an_adjustment_says_its_side_reason_and_day_and_for_what_it_was_made() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let ours = pay.post(pay.payment(50_000)).await.id;
        let exception = a_break(&app, ours, 50_000).await;
        let clerk = app.as_clerk().await;
        resolve(
            &clerk,
            exception,
            &[
                ("resolution_type", "ADJUST_ENTRY"),
                ("reason_code", "DATE_CORRECTION"),
                ("amount", "1.25"),
                ("currency", "USD"),
                ("direction", "CREDIT"),
                ("effective_at", "2026-10-28"),
            ],
        )
        .await;
        let page = clerk.get(&format!("/transactions/{ours}")).await;
        for words in ["Credit of $1.25", "Date correction", "28 Oct 2026", "Stands"] {
            assert!(page.says(words), "{backend:?} {words}: {}", page.text);
        }
        let about = format!("/exceptions/{exception}");
        assert_eq!(page.attribute(".posted a", "href"), std::slice::from_ref(&about));
        for path in [about.clone(), format!("{about}/evidence")] {
            let page = clerk.get(&path).await;
            assert!(
                page.says("Date correction") && page.says("28 Oct 2026"),
                "{}",
                page.text
            );
        }
    }
}

async fn a_correction_is_told(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let (clerk, manager) = (app.as_clerk().await, app.as_manager().await);
    let id = notified(&app, &clerk).await;
    let resolve = format!("/exceptions/{id}/resolve");
    let fields = [
        ("resolution_type", "CORRECT_ACCOUNT"),
        ("number_from", "notice"),
        ("notes", "As the bank says."),
        ("step", "confirm"),
    ];
    let asked = clerk.submit(&resolve, &resolve, &fields).await;
    assert!(asked.says("It waits for approval."), "{}", asked.text);
    let approval = manager
        .get("/approvals")
        .await
        .attribute("tbody a", "href")
        .remove(0);
    manager
        .submit(&approval, &format!("{approval}/approve"), &[])
        .await;
    let found = clerk.get("/accounts?text=1614").await;
    let account = found.attribute("tbody a", "href").remove(0);
    let page = clerk.get(&account).await;
    assert!(
        page.says("Account number: ••••0001") && page.says("••••1614"),
        "{backend:?} {}",
        page.text
    );
    assert!(page.says("Manager One agreed."), "{}", page.text);
    let links = page.attribute("ol.line a", "href");
    assert_eq!(links, [format!("/exceptions/{id}"), approval]);
    assert!(!page.text.contains("1918171614") && !page.text.contains("5500000001"));
}

#[actix_web::test]
async fn a_change_of_an_account_says_before_and_after_for_what_and_who_agreed() {
    for backend in both() {
        a_correction_is_told(backend).await;
    }
}

#[actix_web::test]
async fn accounts_are_found_by_name_holder_and_last_four() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let stone = pay.account("Mira Stone", "998877665544").await;
        let clerk = app.as_clerk().await;
        let path = format!("/accounts/{stone}");
        for text in ["mira", "STONE", "5544", "••••5544"] {
            let asked = serde_urlencoded::to_string([("text", text)]).unwrap();
            let list = clerk.get(&format!("/accounts?{asked}")).await;
            assert_eq!(
                list.attribute("tbody a", "href"),
                std::slice::from_ref(&path),
                "{backend:?} {text}"
            );
            let asked = serde_urlencoded::to_string([("q", text)]).unwrap();
            let hits = clerk.get(&format!("/search?{asked}")).await;
            assert!(
                hits.attribute("main a[href^='/accounts/']", "href")
                    .contains(&path),
                "{text}: {}",
                hits.text
            );
        }
        for text in ["%", "_ira", "99887766", "7766"] {
            let asked = serde_urlencoded::to_string([("text", text)]).unwrap();
            let list = clerk.get(&format!("/accounts?{asked}")).await;
            assert!(list.says("No account matches"), "{text}: {}", list.text);
        }
    }
}

#[actix_web::test]
async fn what_is_left_of_the_limits_is_said_of_the_account_that_is_chosen() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    // What an import brought is not counted; this was made here.
    pay.post(NewTransaction {
        payment_reason: "payroll".into(),
        ..pay.payment(100_000)
    })
    .await;
    let clerk = app.as_clerk().await;
    let form = clerk.get("/transactions/new").await;
    assert!(form.says("Per day and account"), "{}", form.text);
    assert!(!form.says("Left today"), "no account is chosen yet");
    let (own, payee) = (pay.own.to_string(), pay.payee.to_string());
    let fields = [
        ("transaction_type", "SEND"),
        ("solution", "wire"),
        ("debit_financial_account_id", own.as_str()),
        ("credit_financial_account_id", payee.as_str()),
        ("amount", "500.00"),
        ("currency", "USD"),
        ("payment_reason_id", "payroll"),
        ("settlement_priority", "NEXT_DAY"),
        ("step", "check"),
    ];
    let look = clerk
        .submit("/transactions/new", "/transactions/new", &fields)
        .await;
    // 5,000,000.00 less the 1,000.00 of before and the 500.00 of this one.
    assert!(look.says("$500.00 of at most $1,000,000.00"), "{}", look.text);
    assert!(look.says("$4,998,500.00 from"), "{}", look.text);
    let back = clerk
        .submit_shown(&look, "/transactions/new", &[("step", "edit")])
        .await;
    assert!(back.says("Left today from this account") && back.says("$4,999,000.00"));
}
