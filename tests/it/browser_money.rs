//! Money in real Chromium: retry, approval, correction after a notification, force match, adjustment; with and without
//! script. Each page on the way is checked.

use docket::{
    auth::permission::Role,
    exceptions::{
        model::{Category, Entity, Kind as ExceptionKind, Source},
        raise::{NewException, Said},
    },
    kernel::id::{ExceptionId, TransactionId},
};

use crate::{
    harness::{PASSWORD, TestApp, chromium::Chromium, chromium::Look},
    money::returned,
    money_pages::notified,
    payments::{Payments, usd},
};

/// A reconciliation break about a transaction.
pub async fn a_break(app: &TestApp, transaction: TransactionId, minor: i64) -> ExceptionId {
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

async fn resolve(browser: &Chromium, id: ExceptionId, kind: &str, slug: &str, fill: &[(&str, &str)]) {
    browser
        .open(&format!("/exceptions/{id}/resolve?type={kind}"))
        .await;
    browser.check(&format!("resolve-{slug}")).await;
    for (selector, text) in fill {
        browser.type_into(selector, text).await;
    }
    browser.type_into("#notes", "Checked with the bank.").await;
    browser.press("form[action*='/resolve'] .foot button.p").await;
    browser.check(&format!("preview-{slug}")).await;
}

async fn confirm(browser: &Chromium) {
    browser.press("button[value=confirm]").await;
}

async fn money(look: Look) {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let returned_small = returned(&pay, 12_354, "R01", "2026-10-30").await;
    let returned_large = returned(&pay, 1_500_000, "R01", "2026-10-30").await;
    let ours = pay.post(pay.payment(50_000)).await;
    pay.post(pay.payment(50_100)).await;
    let to_match = a_break(&app, ours.id, 50_000).await;
    let to_adjust = a_break(&app, ours.id, 50_000).await;
    let notice = notified(&app, &app.sign_in(Role::Finance).await).await;
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("clerk@one.test", PASSWORD).await;

    // Retry: the preview says what will be done, then it is done.
    browser
        .open(&format!("/exceptions/{}", returned_small.exception))
        .await;
    browser.check("exception-return").await;
    resolve(&browser, returned_small.exception, "RETRY", "retry", &[]).await;
    assert!(
        browser
            .says("A new debit of $123.54 from Dov Marlowe ••••6789 will be made")
            .await
    );
    confirm(&browser).await;
    assert!(browser.says("Resolved.").await);
    browser.check("exception-retried").await;
    browser.follow("Open the transaction it made").await;
    browser.check("transaction-retry").await;
    assert!(browser.says("1 of 2 retries").await);

    // A large one waits.
    resolve(&browser, returned_large.exception, "RETRY", "retry-large", &[]).await;
    assert!(browser.says("needs a second person").await);
    confirm(&browser).await;
    assert!(browser.says("It waits for approval.").await);
    browser.check("exception-waits").await;
    browser
        .open(&format!("/exceptions/{}/resolve", returned_large.exception))
        .await;
    browser.check("resolve-waits").await;

    // A notification of change: the bank's number, by its last four.
    resolve(&browser, notice, "CORRECT_ACCOUNT", "correct", &[]).await;
    assert!(browser.says("••••1614").await);
    confirm(&browser).await;
    assert!(browser.says("It waits for approval.").await);

    // Force match with the candidate; an adjustment.
    browser
        .open(&format!("/exceptions/{to_match}/resolve?type=FORCE_MATCH"))
        .await;
    browser.click("input[name=counterpart_transaction_id]").await;
    browser.click("#override_reason option[value=OPS_APPROVAL]").await;
    browser.type_into("#notes", "Same payment.").await;
    browser.press("form[action*='/resolve'] .foot button.p").await;
    browser.check("preview-match").await;
    assert!(browser.says("$1.00 apart").await);
    confirm(&browser).await;
    assert!(browser.says("Matched by hand").await);

    browser
        .open(&format!("/exceptions/{to_adjust}/resolve?type=ADJUST_ENTRY"))
        .await;
    for option in [
        "#reason_code option[value=AMOUNT_CORRECTION]",
        "#direction option[value=CREDIT]",
    ] {
        browser.click(option).await;
    }
    browser.type_into("#amount", "1.00").await;
    browser.type_into("#notes", "A dollar short.").await;
    browser.press("form[action*='/resolve'] .foot button.p").await;
    browser.check("preview-adjust").await;
    confirm(&browser).await;
    assert!(browser.says("A credit of $1.00 is posted").await);
    for (page, path) in [
        ("transaction-new", "/transactions/new"),
        ("account-new", "/accounts/new"),
        ("approvals-own", "/approvals"),
        ("transactions", "/transactions"),
        ("return-rates", "/reports/return-rates"),
        (
            "return-rates-behind",
            "/reports/return-rates?company=1234567890&rate=OVERALL",
        ),
        ("routing-sweep", "/accounts/sweep?from=091000019&to=123456780"),
        ("routing-sweep-nothing", "/accounts/sweep"),
    ] {
        browser.open(path).await;
        browser.check(page).await;
    }
    browser.sign_out().await;
    decide(&browser, &format!("/accounts/{}", pay.payee)).await;
    undo_match(&browser, to_match, ours.id).await;
    browser.end().await;
}

/// A supervisor takes a match back; both sides say so.
async fn undo_match(browser: &Chromium, exception: ExceptionId, ours: TransactionId) {
    browser.open(&format!("/exceptions/{exception}/reopen")).await;
    assert!(browser.says("The match is undone.").await);
    browser.check("reopen-match").await;
    browser.type_into("#reason", "Another payment was meant").await;
    browser.press("form[action$='/reopen'] .foot button.p").await;
    assert!(browser.says("It is open again.").await);
    browser.open(&format!("/transactions/{ours}")).await;
    assert!(browser.says("undid the match by hand").await);
    browser.check("transaction-match-undone").await;
    browser
        .open(&format!("/exceptions/{exception}/resolve?type=FORCE_MATCH"))
        .await;
    browser.click("input[name=counterpart_transaction_id]").await;
    browser.check("resolve-match-again").await;
}

/// A manager approves one and rejects the other with a reason.
async fn decide(browser: &Chromium, account: &str) {
    browser.sign_in("manager@one.test", PASSWORD).await;
    browser.open("/approvals").await;
    browser.check("approvals").await;
    browser.follow("Retry: R01").await;
    browser.check("approval").await;
    browser.press("form[action$='/approve'] button.p").await;
    assert!(browser.says("Approved, and done.").await);
    browser.check("approval-approved").await;
    browser.open("/approvals").await;
    browser.follow("Correct account").await;
    browser.check("approval-account").await;
    browser.type_into("#reason", "Call the receiver first").await;
    browser.press("form[action$='/reject'] button").await;
    assert!(browser.says("Rejected. Nothing was changed.").await);
    browser.open(account).await;
    browser.check("account").await;
    browser.open(&format!("{account}/edit")).await;
    browser.check("account-edit").await;
    browser.open(&format!("{account}/reveal")).await;
    browser.check("account-reveal").await;
}

/// An Owner asks for other rules; a Manager decides several requests at once, that one among them.
async fn rules(look: Look) {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    for _ in 0..2 {
        let row = pay.post(pay.payment(500)).await;
        crate::money::ask_for_edit(&pay, &clerk, &row, 2_000_000).await;
    }
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("owner@one.test", PASSWORD).await;
    browser.open("/settings/policies/approvals").await;
    browser.check("approval-rules").await;
    browser.type_over("#rule1_from", "lots").await;
    browser.press(".foot button.p").await;
    assert!(browser.says("Give a whole amount such as 10000").await);
    browser.check("approval-rules-wrong").await;
    browser.type_over("#rule1_from", "5000").await;
    browser.click("#rule1_people option[value='2']").await;
    browser.press(".foot button.p").await;
    assert!(browser.says("Over the last 90 days").await);
    browser.check("approval-rules-preview").await;
    browser.press("button[value=ask]").await;
    assert!(browser.says("You asked for it yourself").await);
    browser.check("approval-rules-asked").await;
    browser.open("/settings/policies/approvals").await;
    browser.check("approval-rules-waiting").await;
    browser.sign_out().await;
    browser.sign_in("manager@one.test", PASSWORD).await;
    browser.open("/notifications").await;
    assert!(browser.says("changes wait that you may approve").await);
    browser.check("notifications-approvals").await;
    browser.open("/approvals").await;
    browser.click("input[aria-label^='Select Change']").await;
    browser.click("input[aria-label^='Select Edit']").await;
    browser.check("approvals-selected").await;
    // Enter is no verdict.
    browser.type_into("#reason", "\u{e007}").await;
    browser.find("#reason[aria-invalid=true]").await;
    assert!(browser.says("Choose to approve or to reject.").await);
    browser.press("button[value=reject]").await;
    browser.check("approvals-reason").await;
    browser.type_into("#reason", "Checked by phone").await;
    browser.press("button[value=approve]").await;
    assert!(browser.says("2 approved.").await);
    browser.check("approvals-decided").await;
    browser.open("/approvals").await;
    browser.follow("Edit of").await;
    browser.check("approval-edit").await;
    browser.end().await;
}

/// A dispute is opened from an exception, gets evidence, is lost and reopened.
async fn dispute(look: Look) {
    let app = TestApp::start().await;
    let exception = app.raise().await;
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("clerk@one.test", PASSWORD).await;
    browser.open("/disputes").await;
    browser.check("disputes-none").await;
    browser.open(&format!("/exceptions/{exception}")).await;
    browser.follow("Open a dispute").await;
    browser.check("dispute-new").await;
    browser.click("#category option[value=UNRECOGNIZED_CHARGE]").await;
    browser
        .type_into("#description", "Nobody here knows this charge.")
        .await;
    browser.press("form[action$='/disputes'] .foot button.p").await;
    assert!(browser.says("The dispute is open.").await);
    browser.type_into("#ask", "The signed order").await;
    browser.press("form[action$='/request-evidence'] button").await;
    assert!(browser.says("Waiting for evidence").await);
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("order.pdf");
    std::fs::write(&page, "<html>no</html>").unwrap();
    browser.type_into("#comment", "The signed order").await;
    browser.type_into("#file", page.to_str().unwrap()).await;
    browser.press("form[action$='/evidence'] button").await;
    assert!(browser.says("This kind of file is not taken.").await);
    browser.check("dispute-wrong-file").await;
    std::fs::write(&page, "%PDF-1.7").unwrap();
    browser.type_into("#file", page.to_str().unwrap()).await;
    browser.press("form[action$='/evidence'] button").await;
    assert!(browser.says("The evidence is added.").await);
    browser.check("dispute").await;
    browser.click("input[name=won][value=false]").await;
    browser
        .type_into("#resolution", "The order does not name us.")
        .await;
    browser.press("form[action$='/close'] button").await;
    assert!(browser.says("The dispute is closed.").await);
    browser.check("dispute-lost").await;
    browser.type_into("#reason", "A second page was found").await;
    browser.press("form[action$='/reopen'] button").await;
    assert!(browser.says("The dispute is open again.").await);
    browser.open(&format!("/exceptions/{exception}")).await;
    browser.check("exception-dispute").await;
    browser.open("/disputes").await;
    browser.check("disputes").await;
    browser.end().await;
}

#[actix_web::test]
async fn dispute_wide_and_light_with_script() {
    dispute(Look {
        width: 1440,
        dark: false,
        script: true,
    })
    .await;
}

#[actix_web::test]
async fn dispute_narrow_and_dark_without_script() {
    dispute(Look {
        width: 390,
        dark: true,
        script: false,
    })
    .await;
}

#[actix_web::test]
async fn rules_wide_and_light_with_script() {
    rules(Look {
        width: 1440,
        dark: false,
        script: true,
    })
    .await;
}

#[actix_web::test]
async fn rules_narrow_and_dark_without_script() {
    rules(Look {
        width: 390,
        dark: true,
        script: false,
    })
    .await;
}

#[actix_web::test]
async fn money_wide_and_light_with_script() {
    money(Look {
        width: 1440,
        dark: false,
        script: true,
    })
    .await;
}

#[actix_web::test]
async fn money_narrow_and_dark_without_script() {
    money(Look {
        width: 390,
        dark: true,
        script: false,
    })
    .await;
}

#[actix_web::test]
async fn money_narrow_and_dark_with_script() {
    money(Look {
        width: 390,
        dark: true,
        script: true,
    })
    .await;
}
