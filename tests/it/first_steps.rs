//! What comes first on an exception is what its playbook says; ways that the accounts close say so.

use docket::{
    accounts::commands::{suspend, unsuspend},
    auth::permission::Role,
    kernel::{id::ExceptionId, text::Reason},
    transactions::{
        Kind, NewTransaction, Status,
        reverse::{ReverseFields, reverse},
    },
};

use crate::{
    harness::{Backend, Browser, TestApp, both},
    money::returned,
    payments::Payments,
};

/// The type that the primary button leads to.
async fn first(browser: &Browser, id: ExceptionId) -> String {
    let page = browser.get(&format!("/exceptions/{id}")).await;
    let primary = page.attribute("ul.moves a.btn.p", "href");
    assert_eq!(primary.len(), 1, "one thing comes first: {}", page.text);
    let all = page.attribute("ul.moves > li:first-child a", "href");
    assert_eq!(all, primary, "it is at the top");
    primary[0].split("type=").nth(1).unwrap().to_owned()
}

async fn by_code(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let browser = app.as_clerk().await;
    // The operator action of ach-codes.md sections 4 and 5, by code.
    for (code, expected) in [
        ("R01", "RETRY"),               // "retry at most twice"
        ("R09", "RETRY"),               // the same limits
        ("R02", "SUSPEND_ACCOUNT"),     // "Disable the account"
        ("R03", "REPLACE_TRANSACTION"), // "Send a corrected new entry"
        ("R05", "SUSPEND_ACCOUNT"),     // "Stop all debits to this account today"
        ("R07", "SUSPEND_ACCOUNT"),     // "Stop every scheduled debit"
        ("R10", "SUSPEND_ACCOUNT"),     // "Stop all debits today"
        ("R11", "REPLACE_TRANSACTION"), // "send a corrected new entry within 60 days"
        ("R16", "SUSPEND_ACCOUNT"),     // "hold"
        ("R20", "SUSPEND_ACCOUNT"),     // "Disable the account for ACH"
        ("R24", "NO_ACTION"),           // "Find the twin"
        ("R29", "SUSPEND_ACCOUNT"),     // "Stop debits"
    ] {
        let back = returned(&pay, 5_000, code, "2026-10-30").await;
        assert_eq!(first(&browser, back.exception).await, expected, "{code}");
    }
}

#[actix_web::test]
async fn what_the_playbook_says_comes_first_on_both_databases() {
    for backend in both() {
        by_code(backend).await;
    }
}

async fn with_a_suspended_account(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let browser = app.as_clerk().await;
    let clerk = app.actor(Role::Clerk).await;
    let (short, denied) = (
        returned(&pay, 5_000, "R01", "2026-10-30").await.exception,
        returned(&pay, 5_100, "R10", "2026-10-30").await.exception,
    );
    let (who, payee, reason) = (clerk.clone(), pay.payee, Reason::parse("Under review").unwrap());
    pay.write(move |tx| suspend(tx, &who, payee, &reason))
        .await
        .unwrap();
    // A retry is closed, with the reason, on the page, on the form and below.
    let page = browser.get(&format!("/exceptions/{short}")).await;
    let said = page.find("#retry").join(" ");
    assert!(said.contains("is suspended; no payment may use it"), "{said}");
    assert_eq!(first(&browser, short).await, "NO_ACTION");
    let resolve = format!("/exceptions/{short}/resolve");
    let form = browser.get(&resolve).await;
    assert_eq!(form.find("input[value=RETRY][disabled]").len(), 1);
    let fields = [
        ("resolution_type", "RETRY"),
        ("retry_date", "2026-11-04"),
        ("notes", "Again."),
    ];
    let refused = browser.submit_shown(&form, &resolve, &fields).await;
    assert_eq!(refused.status, 422);
    assert!(refused.says("is suspended"), "{}", refused.text);
    // It is suspended already: that is not what comes first any more.
    assert_eq!(first(&browser, denied).await, "NO_ACTION");
    let page = browser.get(&format!("/exceptions/{denied}")).await;
    let said = page.find("#suspend").join(" ");
    assert!(said.contains("is suspended already"), "{said}");
    let (who, reason) = (clerk, Reason::parse("Cleared").unwrap());
    pay.write(move |tx| unsuspend(tx, &who, payee, &reason))
        .await
        .unwrap();
    assert_eq!(first(&browser, short).await, "RETRY");
}

#[actix_web::test]
async fn a_suspended_account_closes_the_retry_with_its_reason_on_both_databases() {
    for backend in both() {
        with_a_suspended_account(backend).await;
    }
}

async fn back_to_the_payer(backend: Backend, kind: Kind) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let browser = app.as_clerk().await;
    let clerk = app.actor(Role::Clerk).await;
    let (from, to) = match kind {
        Kind::Request => (pay.payee, pay.own),
        _ => (pay.own, pay.payee),
    };
    let sent = pay
        .post(NewTransaction {
            status: Status::Settled,
            ..NewTransaction::ach(kind, from, to, crate::payments::usd(9_900))
        })
        .await;
    let label = |id| {
        if id == pay.payee {
            "Dov Marlowe"
        } else {
            "Northwind"
        }
    };
    let path = format!("/transactions/{}/reverse", sent.id);
    let preview = browser
        .submit(&path, &path, &[("reversal_reason", "DUPLICATE_PAYMENT")])
        .await;
    let words = format!("it goes back from {}", label(to));
    assert!(preview.says(&words), "{words}: {}", preview.text);
    let id = sent.id;
    let fields = ReverseFields {
        reversal_reason: "DUPLICATE_PAYMENT".into(),
        ..ReverseFields::default()
    };
    let made = pay
        .write(move |tx| reverse(tx, &clerk, id, None, &fields)?.done())
        .await
        .unwrap();
    let reversal = made.reversal;
    assert_eq!(reversal.from_and_to(), (to, from));
    // RocketKOR's object is as its original (rocketkor.md 5.8).
    assert_eq!(
        (reversal.debit_account_id, reversal.credit_account_id),
        (from, to)
    );
    let page = browser.get(&format!("/transactions/{}", reversal.id)).await;
    let links = page.attribute("section[aria-labelledby=money] a[href^='/accounts/']", "href");
    assert_eq!(links, [format!("/accounts/{to}"), format!("/accounts/{from}")]);
    let list = browser.get("/transactions?type=REVERSAL").await;
    assert!(
        list.find("td[data-l=From]")[0].contains(label(to))
            && list.find("td[data-l=To]")[0].contains(label(from)),
        "{}",
        list.text
    );
    let file = browser.get("/transactions.csv?type=REVERSAL").await;
    let line = file.text.lines().nth(1).unwrap();
    let (first, second) = (line.find(label(to)).unwrap(), line.find(label(from)).unwrap());
    assert!(first < second, "{line}");
}

#[actix_web::test]
async fn a_reversal_shows_the_way_its_money_goes_on_both_databases() {
    for backend in both() {
        for kind in [Kind::Send, Kind::Request] {
            back_to_the_payer(backend, kind).await;
        }
    }
}
