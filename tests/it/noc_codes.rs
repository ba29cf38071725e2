//! Notifications of change by their codes (ach-codes.md section 9): which put an account right, what they say of it, and
//! which payments will change.

use docket::{
    exceptions::model::{Kind as ExceptionKind, Status as ExceptionStatus},
    kernel::id::ExceptionId,
};

use crate::{
    harness::{Backend, Browser, TestApp, both},
    made_files::{Batch, changed, entry, file, payments, trace},
    money_pages::notified,
    payments::Payments,
};

/// A notification with `code` about the payment of [`payments`], as the bank's file has it.
async fn told(app: &TestApp, browser: &Browser, n: usize, code: &str, data: &str) -> ExceptionId {
    let news = Batch::of_news(
        "COR",
        vec![
            entry("26", "5500000001", 0, "Receiver 1", &trace(500 + n), 1),
            changed(code, &trace(1), data),
        ],
    );
    browser.import(&format!("news-{n}.ach"), file(&[news])).await;
    let queue = browser
        .get(&format!("/exceptions?tab=open&type=ACH_NOC&code={code}"))
        .await;
    let link = queue.attribute("tbody a[href^='/exceptions/']", "href");
    let id = link.first().unwrap_or_else(|| panic!("{code}: {}", queue.text));
    let id = id.trim_start_matches("/exceptions/").split('?').next().unwrap();
    let id = id.parse().unwrap();
    assert_eq!(app.exception(id).await.code.as_deref(), Some(code));
    id
}

async fn by_code(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let clerk = app.as_clerk().await;
    clerk.import("payments.ach", payments(1)).await;
    // Code, corrected data, and what closes it; ach-codes.md section 9 by row.
    let cases = [
        ("C01", "1918171614", None),
        ("C02", "123456780", None),
        ("C03", "123456780   1918171614", None),
        ("C04", "RECEIVER ONE", Some("retired since 20 March 2015")),
        ("C05", "37", None),
        ("C06", "1918171614          37", None),
        ("C07", "1234567801918171614       37", None),
        ("C08", "DEUTDEFF", Some("foreign bank")),
        ("C09", "EMP000123", Some("receiver's identification")),
        ("C10", "NORTHWIND LTD", Some("Ask the bank what it means")),
        ("C11", "1234567890", Some("Ask the bank what it means")),
        ("C12", "NORTHWIND 12345", Some("Ask the bank what it means")),
        ("C13", "", Some("put the addenda right")),
        ("C14", "IAT", Some("sent as IAT")),
        ("C61", "1918171614", Some("refusal of a notification")),
    ];
    for (n, (code, data, closed)) in cases.into_iter().enumerate() {
        let id = told(&app, &clerk, n, code, data).await;
        let page = clerk.get(&format!("/exceptions/{id}")).await;
        // The account is on the page of every open notification.
        let account = page.attribute(".aside a[href^='/accounts/']", "href");
        assert_eq!(account.len(), 1, "{code}: {}", page.text);
        let open = page.find("a[href$='type=CORRECT_ACCOUNT']").len();
        let said = page.find("#correct-account").join(" ");
        assert_eq!(open == 0, closed.is_some(), "{code}: {said}");
        let first = page.attribute("ul.moves a.btn.p", "href");
        let expected = if closed.is_some() {
            "NO_ACTION"
        } else {
            "CORRECT_ACCOUNT"
        };
        assert_eq!(first.len(), 1, "{code}: one thing comes first");
        assert!(first[0].ends_with(expected), "{code}: {first:?}");
        let Some(closed) = closed else { continue };
        assert!(said.contains(closed), "{code}: {said}");
        // And below the page.
        let resolve = format!("/exceptions/{id}/resolve");
        let fields = [
            ("resolution_type", "CORRECT_ACCOUNT"),
            ("holder_name", "Another Name"),
            ("notes", "As the bank says."),
        ];
        let refused = clerk.submit(&resolve, &resolve, &fields).await;
        assert_eq!(refused.status, 422, "{code}");
        assert!(refused.says(closed), "{code}: {}", refused.text);
        assert!(app.exception(id).await.is_open, "{code}");
    }
}

#[actix_web::test]
async fn each_change_code_is_offered_or_closed_as_its_row_says_on_both_databases() {
    for backend in both() {
        by_code(backend).await;
    }
}

async fn another_kind(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let clerk = app.as_clerk().await;
    clerk.import("payments.ach", payments(1)).await;
    let id = told(&app, &clerk, 0, "C05", "37").await;
    let page = clerk.get(&format!("/exceptions/{id}")).await;
    // What it was sent with, what the bank says, and what that means.
    let cell = |selector: &str| page.find(&format!("section[aria-labelledby=happened] {selector}"));
    assert_eq!(cell("th[scope=row]"), ["Transaction code", "Kind of account"]);
    assert_eq!(cell("del"), ["27, checking debit", "Checking"]);
    assert_eq!(cell("ins"), ["37, savings debit", "Savings"]);
    assert!(page.says("Only the kind of account changes"), "{}", page.text);
    assert!(!page.says("changes where money goes"), "{}", page.text);
    let resolve = format!("/exceptions/{id}/resolve");
    let shown = clerk.get(&format!("{resolve}?type=CORRECT_ACCOUNT")).await;
    assert_eq!(shown.attribute("#subtype option[selected]", "value"), ["SAVING"]);
    let fields = [
        ("resolution_type", "CORRECT_ACCOUNT"),
        ("subtype", "SAVING"),
        ("notes", "As the bank says."),
    ];
    let preview = clerk.submit_shown(&shown, &resolve, &fields).await;
    assert!(
        preview.says("Kind of account") && preview.says("Savings"),
        "{}",
        preview.text
    );
    assert!(!preview.says("second person"), "{}", preview.text);
    let done = clerk
        .submit_shown(&preview, &resolve, &[("step", "confirm")])
        .await;
    assert!(
        done.says("kind of account Savings instead of Checking"),
        "{}",
        done.text
    );
    assert_eq!(app.exception(id).await.status, ExceptionStatus::Resolved);
}

#[actix_web::test]
async fn another_transaction_code_changes_the_kind_of_account_on_both_databases() {
    for backend in both() {
        another_kind(backend).await;
    }
}

async fn payments_that_change(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let (clerk, manager) = (app.as_clerk().await, app.as_manager().await);
    let pay = Payments::of(&app).await;
    let sent = pay.post(pay.payment(7_700)).await;
    for n in 1..=22 {
        pay.post(pay.payment(1_000 + n)).await;
    }
    let mut new = app.a_return();
    new.transaction_id = Some(sent.id);
    new.entity_id = sent.id.uuid();
    new.kind = ExceptionKind::AchNoc;
    new.code = Some("C01".into());
    let id = app.raise_as(new).await;
    let resolve = format!("/exceptions/{id}/resolve");
    let fields = [
        ("resolution_type", "CORRECT_ACCOUNT"),
        ("number_from", "typed"),
        ("account_number", "1918171614"),
        ("notes", "As the bank says."),
    ];
    let preview = clerk.submit(&resolve, &resolve, &fields).await;
    let linked = |page: &crate::harness::browser::Answer| {
        let list = "section[aria-labelledby=reached] li a[href^='/transactions/']";
        assert_eq!(page.find(list).len(), 20, "{}", page.text);
        let all = page.attribute("section[aria-labelledby=reached] .h a", "href");
        assert_eq!(page.find("section[aria-labelledby=reached] .h a"), ["All 23"]);
        all[0].clone()
    };
    assert!(
        preview.says("23 payments that are New or Pending will use what is changed."),
        "{}",
        preview.text
    );
    let all = linked(&preview);
    // The number and the rows behind it agree.
    let list = clerk.get(&all).await;
    assert_eq!(list.find("tbody tr").len(), 23, "{}", list.text);
    let edit = clerk.get(&format!("/accounts/{}/edit", pay.payee)).await;
    assert_eq!(linked(&edit), all);
    let asked = clerk
        .submit_shown(&preview, &resolve, &[("step", "confirm")])
        .await;
    assert!(asked.says("It waits for approval."), "{}", asked.text);
    let approval = manager
        .get("/approvals")
        .await
        .attribute("tbody a", "href")
        .remove(0);
    assert_eq!(linked(&manager.get(&approval).await), all);
}

#[actix_web::test]
async fn the_payments_that_will_change_are_counted_and_linked_on_both_databases() {
    for backend in both() {
        payments_that_change(backend).await;
    }
}

/// While a request waits the form is closed, for whoever opens it and for what was sent.
async fn closed_while_it_waits(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let (clerk, manager) = (app.as_clerk().await, app.as_manager().await);
    let id = notified(&app, &clerk).await;
    let resolve = format!("/exceptions/{id}/resolve");
    let fields = [
        ("resolution_type", "CORRECT_ACCOUNT"),
        ("number_from", "notice"),
        ("notes", "As the bank says."),
    ];
    let early = clerk.get(&resolve).await;
    let preview = clerk.submit_shown(&early, &resolve, &fields).await;
    clerk
        .submit_shown(&preview, &resolve, &[("step", "confirm")])
        .await;
    for browser in [&clerk, &manager] {
        let page = browser.get(&format!("/exceptions/{id}")).await;
        assert!(
            page.find("ul.moves a[href*='/resolve']").is_empty(),
            "{}",
            page.text
        );
        assert!(page.says("Clerk One asked for it already"), "{}", page.text);
        let form = browser.get(&resolve).await;
        assert_eq!(form.find("input[name=resolution_type]").len(), 0, "{}", form.text);
        assert!(form.says("nothing else resolves it"), "{}", form.text);
        assert_eq!(form.find("main a[href^='/approvals/']").len(), 1);
    }
    // What was opened before, and is sent now, is refused, and the words come back.
    let token = clerk.token().await;
    let late = [
        ("csrf_token", token.as_str()),
        ("resolution_type", "NO_ACTION"),
        ("reason", "Nothing to do"),
        ("notes", "Typed for a long time."),
    ];
    let refused = clerk.post(&resolve, &late).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(
        refused.says("Clerk One asked for it already") && refused.text.contains("Typed for a long time."),
        "{}",
        refused.text
    );
    // Taken back, it is open again.
    let approval = manager
        .get("/approvals")
        .await
        .attribute("tbody a", "href")
        .remove(0);
    clerk
        .submit(&approval, &format!("{approval}/withdraw"), &[])
        .await;
    let form = clerk.get(&resolve).await;
    assert!(
        form.find("input[name=resolution_type]").len() > 3,
        "{}",
        form.text
    );
}

#[actix_web::test]
async fn while_a_request_waits_the_form_is_closed_on_both_databases() {
    for backend in both() {
        closed_while_it_waits(backend).await;
    }
}
