//! The pages of money: resolutions with their preview, approvals, accounts by hand, the list as CSV.

use diesel::prelude::*;
use docket::{
    auth::permission::Role,
    db::schema::{financial_accounts, history_events},
    exceptions::model::{Kind as ExceptionKind, Status as ExceptionStatus},
    history::EventKind,
    kernel::id::{ExceptionId, FinancialAccountId},
    transactions::{Kind as TransactionKind, NewTransaction, TransactionRow},
};

use crate::{
    harness::{Backend, Browser, TestApp, both, browser::Answer},
    made_files::{Batch, changed, entry, file, payments, trace},
    money::returned,
    payments::{Payments, usd},
};

/// A payment and a notification of change (C01) about it, as files; the exception.
pub async fn notified(app: &TestApp, browser: &Browser) -> ExceptionId {
    browser.import("payments.ach", payments(1)).await;
    let news = Batch::of_news(
        "COR",
        vec![
            entry("26", "5500000001", 0, "Receiver 1", "231380100000001", 1),
            changed("C01", &trace(1), "1918171614"),
        ],
    );
    browser.import("news.ach", file(&[news])).await;
    let queue = browser.get("/exceptions?tab=open&type=ACH_NOC").await;
    let link = queue.attribute("tbody a[href^='/exceptions/']", "href");
    let id = link.first().unwrap_or_else(|| panic!("{}", queue.text));
    let id = id.trim_start_matches("/exceptions/").split('?').next().unwrap();
    let id = id.parse().unwrap();
    assert_eq!(app.exception(id).await.code.as_deref(), Some("C01"));
    id
}

/// Sends the preview's form on.
async fn confirm(browser: &Browser, shown: &Answer, action: &str) -> Answer {
    browser.submit_shown(shown, action, &[("step", "confirm")]).await
}

/// The resolved exception and its review say what was corrected, and its clocks run no more.
async fn it_is_told_with_what_changed(clerk: &Browser, manager: &Browser, id: ExceptionId) {
    let told = clerk.get(&format!("/exceptions/{id}")).await;
    let changed = told.find(".note.green tbody tr");
    assert!(
        changed
            .iter()
            .any(|line| line.contains("••••0001") && line.contains("••••1614")),
        "{changed:?}"
    );
    let clocks = told.find(".clocks li");
    assert!(
        clocks
            .iter()
            .any(|c| c.contains("Apply by") && c.contains("Done on")),
        "{clocks:?}"
    );
    assert!(
        !clocks
            .iter()
            .any(|c| c.contains(" left") || c.contains("last day")),
        "nothing runs any more: {clocks:?}"
    );
    let review = manager
        .get("/reviews")
        .await
        .attribute("tbody a", "href")
        .remove(0);
    let review = manager.get(&review).await;
    let lines = review.find("section[aria-labelledby=changes] tbody tr");
    assert!(
        lines
            .iter()
            .any(|line| line.contains("••••0001") && line.contains("••••1614")),
        "{}",
        review.text
    );
}

async fn a_notification_corrects_the_account(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let (clerk, manager) = (app.as_clerk().await, app.as_manager().await);
    let id = notified(&app, &clerk).await;
    let resolve = format!("/exceptions/{id}/resolve");
    let shown = clerk.get(&format!("{resolve}?type=CORRECT_ACCOUNT")).await;
    assert!(shown.says("Take ••••1614 from the bank"), "{}", shown.text);
    let fields = [
        ("resolution_type", "CORRECT_ACCOUNT"),
        ("number_from", "notice"),
        ("notes", "As the bank says."),
    ];
    let preview = clerk.submit_shown(&shown, &resolve, &fields).await;
    assert_eq!(preview.status, 200, "{}", preview.text);
    assert!(preview.says("CORRECT") || preview.says("Correct account: what will happen"));
    assert!(
        preview.says("••••1614") && preview.says("needs a second person"),
        "{}",
        preview.text
    );
    assert_eq!(
        app.exception(id).await.status,
        ExceptionStatus::New,
        "nothing yet"
    );
    let asked = confirm(&clerk, &preview, &resolve).await;
    assert!(asked.says("It waits for approval."), "{}", asked.text);
    assert!(asked.says("Waits for approval, asked by Clerk One"));
    assert_eq!(app.exception(id).await.status, ExceptionStatus::InProgress);

    let list = manager.get("/approvals").await;
    let approval = list.attribute("tbody a", "href").remove(0);
    let page = manager.get(&approval).await;
    assert!(
        page.says("Account number") && page.says("••••0001") && page.says("••••1614"),
        "{}",
        page.text
    );
    assert!(
        page.says("As the bank says."),
        "what the requester wrote: {}",
        page.text
    );
    for answer in [&shown, &preview, &asked, &list, &page] {
        assert!(
            !answer.text.contains("1918171614"),
            "the number is on {}",
            answer.path
        );
        assert!(
            !answer.text.contains("5500000001"),
            "the old number is on {}",
            answer.path
        );
    }
    let own = clerk.get(&approval).await;
    assert!(own.says("It needs the right"), "{}", own.text);
    let done = manager
        .submit(&approval, &format!("{approval}/approve"), &[])
        .await;
    assert!(done.says("Approved, and done."), "{}", done.text);
    assert_eq!(app.exception(id).await.status, ExceptionStatus::Resolved);
    it_is_told_with_what_changed(&clerk, &manager, id).await;
    let tails: Vec<String> = app
        .app
        .db
        .read(|conn| {
            Ok(financial_accounts::table
                .select(financial_accounts::number_tail)
                .load(conn)?)
        })
        .await
        .unwrap();
    assert!(tails.contains(&"1614".to_owned()), "{tails:?}");
}

#[actix_web::test]
async fn a_notification_corrects_the_account_after_a_second_person_agreed() {
    for backend in both() {
        a_notification_corrects_the_account(backend).await;
    }
}

/// Since the notification was sent somebody changed the account; and nobody here knows the bank that it names.
async fn what_happened_since_a_notification_is_told(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let clerk = app.as_clerk().await;
    let id = notified(&app, &clerk).await;
    let shown = clerk.get(&format!("/exceptions/{id}")).await;
    let transaction = shown.attribute("a[href^='/transactions/']", "href").remove(0);
    let transaction = clerk.get(&transaction).await;
    let accounts = transaction.attribute("a[href^='/accounts/']", "href");
    let mut theirs = String::new();
    for path in accounts {
        if clerk.get(&path).await.says("••••0001") {
            theirs = path;
        }
    }
    let edit = format!("{theirs}/edit");
    let form = clerk.get(&edit).await;
    let shown = |name: &str| form.attribute(&format!("#{name}"), "value").remove(0);
    let (name, holder, bank) = (shown("name"), shown("holder_name"), shown("routing_number"));
    let fields = [
        ("name", name.as_str()),
        ("holder_name", &holder),
        ("routing_number", &bank),
        ("subtype", "SAVING"),
    ];
    let saved = clerk.submit_shown(&form, &edit, &fields).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    let resolve = format!("/exceptions/{id}/resolve");
    let fields = [
        ("resolution_type", "CORRECT_ACCOUNT"),
        ("number_from", "notice"),
        ("routing_number", "123456780"),
        ("notes", "As the bank says."),
    ];
    let preview = clerk.submit(&resolve, &resolve, &fields).await;
    assert!(
        preview.says("Changed after the payment was sent, on 3 Nov 2026 by Clerk One: Kind of account from Checking to Savings."),
        "{backend:?} {}",
        preview.text
    );
    assert!(preview.says("Compare first."));
    assert!(
        preview.says("No account here has the routing number 123456780 yet"),
        "{}",
        preview.text
    );
}

#[actix_web::test]
async fn what_happened_since_a_notification_is_told_on_both_databases() {
    for backend in both() {
        what_happened_since_a_notification_is_told(backend).await;
    }
}

/// Another number was put in after the payment was sent: the notification is about the one before. A rename is nothing.
async fn a_notification_is_compared_with_a_changed_number(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let (clerk, manager) = (app.as_clerk().await, app.as_manager().await);
    let id = notified(&app, &clerk).await;
    let list = clerk.get("/accounts?category=EXTERNAL").await;
    let edit = format!("{}/edit", list.attribute("tbody a", "href").remove(0));
    let form = clerk.get(&edit).await;
    let shown = |name: &str| form.attribute(&format!("#{name}"), "value").remove(0);
    let (holder, bank) = (shown("holder_name"), shown("routing_number"));
    let resolve = format!("/exceptions/{id}/resolve");
    let correct = [
        ("resolution_type", "CORRECT_ACCOUNT"),
        ("number_from", "notice"),
        ("notes", "As the bank says."),
    ];
    let renamed = [
        ("name", "Called otherwise"),
        ("holder_name", holder.as_str()),
        ("routing_number", &bank),
        ("subtype", "CHECKING"),
    ];
    clerk.submit_shown(&form, &edit, &renamed).await;
    let preview = clerk.submit(&resolve, &resolve, &correct).await;
    assert_eq!(preview.status, 200, "{}", preview.text);
    assert!(!preview.says("Compare first."), "{}", preview.text);
    let mut moved = renamed.to_vec();
    moved.push(("account_number", "313233340000"));
    clerk.submit(&edit, &edit, &moved).await;
    let approval = manager
        .get("/approvals")
        .await
        .attribute("tbody a", "href")
        .remove(0);
    let agreed = manager
        .submit(&approval, &format!("{approval}/approve"), &[])
        .await;
    assert!(agreed.says("Approved, and done."), "{}", agreed.text);
    let refused = clerk.submit(&resolve, &resolve, &correct).await;
    assert_eq!(refused.status, 422, "{backend:?} {}", refused.text);
    assert!(
        refused.says("Account number from ••••0001 to ••••0000"),
        "{}",
        refused.text
    );
    assert_eq!(refused.attribute("input[name=compared]", "type"), ["checkbox"]);
    let mut compared = correct.to_vec();
    compared.push(("compared", "true"));
    let preview = clerk.submit(&resolve, &resolve, &compared).await;
    assert!(preview.says("Compare first."), "{}", preview.text);
    let asked = confirm(&clerk, &preview, &resolve).await;
    assert!(asked.says("It waits for approval."), "{}", asked.text);
    let waiting = manager
        .get("/approvals")
        .await
        .attribute("tbody a", "href")
        .remove(0);
    let done = manager.submit(&waiting, &format!("{waiting}/approve"), &[]).await;
    assert!(done.says("Approved, and done."), "{}", done.text);
}

#[actix_web::test]
async fn a_notification_is_compared_with_a_changed_number_on_both_databases() {
    for backend in both() {
        a_notification_is_compared_with_a_changed_number(backend).await;
    }
}

#[actix_web::test]
async fn a_typed_account_number_goes_through_the_preview_sealed() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    let id = notified(&app, &clerk).await;
    let resolve = format!("/exceptions/{id}/resolve");
    let fields = [
        ("resolution_type", "CORRECT_ACCOUNT"),
        ("number_from", "typed"),
        ("account_number", "777766665555"),
        ("notes", "As the payer says."),
    ];
    let preview = clerk.submit(&resolve, &resolve, &fields).await;
    assert!(preview.says("••••5555") && !preview.text.contains("777766665555"));
    // Back to the form and on again: the number is still there, sealed.
    let form = clerk.submit_shown(&preview, &resolve, &[("step", "edit")]).await;
    assert!(form.says("The one typed before") && !form.text.contains("777766665555"));
    let asked = confirm(&clerk, &preview, &resolve).await;
    assert!(asked.says("It waits for approval."), "{}", asked.text);
    // Sealed for this exception: on another it does not open.
    let sealed = preview.attribute("input[name=number_sealed]", "value").remove(0);
    let other = app.raise().await;
    let elsewhere = format!("/exceptions/{other}/resolve");
    let fields = [
        ("resolution_type", "CORRECT_ACCOUNT"),
        ("number_from", "sealed"),
        ("number_sealed", sealed.as_str()),
        ("notes", "n"),
    ];
    let refused = clerk.submit(&elsewhere, &elsewhere, &fields).await;
    assert_eq!(refused.status, 422);
    assert!(refused.says("Type the account number again."), "{}", refused.text);
}

/// Code, resolution type, fields, what the preview says.
type Case<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>, &'a str);

#[actix_web::test]
async fn a_write_off_a_suspension_and_a_replacement_do_what_the_preview_says() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let clerk = app.as_clerk().await;
        let other = pay.account("Mira Stone", "998877665544").await.to_string();
        let cases: [Case<'_>; 3] = [
            (
                "R01",
                "WRITE_OFF",
                vec![("write_off_reason", "Not worth it")],
                "The open amount of $55.00 is written off",
            ),
            (
                "R03",
                "REPLACE_TRANSACTION",
                vec![
                    ("debit_financial_account_id", other.as_str()),
                    ("replace_amount", "55.00"),
                    ("payment_reason_id", "payroll"),
                ],
                "A new transaction of $55.00 from Mira Stone ••••5544",
            ),
            (
                "R10",
                "SUSPEND_ACCOUNT",
                vec![("suspend_reason", "Not authorized")],
                "Dov Marlowe ••••6789 is suspended",
            ),
        ];
        for (code, kind, mut fields, said) in cases {
            let back = returned(&pay, 5_500, code, "2026-10-30").await;
            let own = pay.own.to_string();
            fields.extend([("resolution_type", kind), ("notes", "Done.")]);
            if kind == "REPLACE_TRANSACTION" {
                fields.push(("credit_financial_account_id", &own));
            }
            let resolve = format!("/exceptions/{}/resolve", back.exception);
            let preview = clerk.submit(&resolve, &resolve, &fields).await;
            assert!(preview.says(said), "{code} {kind}: {}", preview.text);
            assert_eq!(app.exception(back.exception).await.status, ExceptionStatus::New);
            let done = confirm(&clerk, &preview, &resolve).await;
            assert!(done.says("Resolved."), "{code} {kind}: {}", done.text);
            assert_eq!(
                app.exception(back.exception).await.status,
                ExceptionStatus::Resolved
            );
            if kind == "REPLACE_TRANSACTION" {
                let made = done.attribute("a[href^='/transactions/']", "href");
                let page = clerk.get(&made[0]).await;
                assert!(
                    page.says("Open the exception"),
                    "both ends are linked: {}",
                    page.text
                );
            }
        }
        // R03 to the same account is no new entry.
        let back = returned(&pay, 5_500, "R01", "2026-10-30").await;
        assert!(app.exception(back.exception).await.is_open);
    }
}

#[actix_web::test]
async fn an_account_is_added_changed_suspended_and_its_number_shown_with_a_reason() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let clerk = app.as_clerk().await;
        let good = [
            ("category", "EXTERNAL"),
            ("name", "Ada Payee"),
            ("subtype", "CHECKING"),
            ("routing_number", "091000019"),
            ("account_number", "313233343536"),
        ];
        let with = |field: &'static str, value: &'static str| {
            let mut all = good.to_vec();
            all.retain(|(name, _)| *name != field);
            all.push((field, value));
            all
        };
        for (field, value, said) in [
            ("routing_number", "091000018", "check digit"),
            ("routing_number", "0910", "nine digits"),
            ("account_number", "", "4 to 17"),
            ("account_number", "12", "4 to 17"),
            ("account_number", "abc def!", "4 to 17"),
            ("name", " ", "required"),
            ("category", "INTEGRATED", "whose account"),
        ] {
            let refused = clerk
                .submit("/accounts/new", "/accounts/new", &with(field, value))
                .await;
            assert_eq!(refused.status, 422, "{field}");
            assert!(refused.says(said), "{field}: {}", refused.text);
            assert!(
                !refused.text.contains("313233343536"),
                "a number does not come back"
            );
        }
        let added = clerk.submit("/accounts/new", "/accounts/new", &good).await;
        assert!(added.says("Ada Payee ••••3536 is added."), "{}", added.text);
        let page = added.path.clone();
        let twice = clerk.submit("/accounts/new", "/accounts/new", &good).await;
        assert!(twice.says("has this routing and account number already"));

        // A name is changed at once; a number waits.
        let edit = format!("{page}/edit");
        let fields = [
            ("name", "Ada Payee-Smith"),
            ("holder_name", "Ada Payee"),
            ("subtype", "SAVING"),
            ("routing_number", "091000019"),
        ];
        let saved = clerk.submit(&edit, &edit, &fields).await;
        assert!(saved.says("is changed."), "{}", saved.text);
        let mut moved = fields.to_vec();
        moved.push(("account_number", "313233340000"));
        let waits = clerk.submit(&edit, &edit, &moved).await;
        assert!(waits.says("It waits for approval."), "{}", waits.text);
        assert!(
            clerk
                .submit(&edit, &edit, &moved)
                .await
                .says("waits for approval already")
        );

        // Suspended, with a reason: what waited about it lapses.
        let none = clerk
            .submit(&page, &format!("{page}/suspend"), &[("reason", " ")])
            .await;
        assert_eq!(none.status, 422);
        let done = clerk
            .submit(&page, &format!("{page}/suspend"), &[("reason", "Fraud")])
            .await;
        assert!(done.says("Suspended"), "{}", done.text);
        assert!(
            clerk
                .get("/approvals?tab=lapsed")
                .await
                .says("Change of Ada Payee-Smith")
        );
        let done = clerk
            .submit(&page, &format!("{page}/unsuspend"), &[("reason", "Cleared up")])
            .await;
        assert!(done.says("Payments may use it again."), "{}", done.text);
        let done = clerk
            .submit(
                &page,
                &format!("{page}/verification"),
                &[("reason", "Bank letter"), ("verification", "APPROVED")],
            )
            .await;
        assert!(done.says("Verified"), "{}", done.text);

        // The number: not for a clerk; with a reason, and in the history.
        let reveal = format!("{page}/reveal");
        assert_eq!(clerk.get(&reveal).await.status, 403);
        let manager = app.as_manager().await;
        let refused = manager.submit(&reveal, &reveal, &[("reason", "")]).await;
        assert_eq!(refused.status, 422);
        assert!(!refused.text.contains("313233343536"));
        let seen = manager
            .submit(&reveal, &reveal, &[("reason", "Calling the bank")])
            .await;
        assert!(seen.says("313233343536"), "{}", seen.text);
        assert!(seen.headers.contains_key("refresh"));
        assert!(manager.get(&page).await.says("Calling the bank"));
        let events: i64 = app
            .app
            .db
            .read(|conn| {
                Ok(history_events::table
                    .filter(history_events::kind.eq(EventKind::Reveal))
                    .count()
                    .get_result(conn)?)
            })
            .await
            .unwrap();
        assert_eq!(events, 1);
        let id: FinancialAccountId = page.trim_start_matches("/accounts/").parse().unwrap();
        let stranger = app.as_stranger(Role::Owner).await;
        assert_eq!(stranger.get(&format!("/accounts/{id}/reveal")).await.status, 404);
    }
}

#[actix_web::test]
async fn the_list_is_filtered_by_text_and_exported_as_it_is_shown() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let other = pay.account("=cmd|evil", "123123123123").await;
        for n in 0..120 {
            pay.post(pay.payment(100 + n)).await;
        }
        let mut odd = pay.payment(9_900);
        odd.credit_account_id = other;
        pay.post(odd).await;
        let clerk = app.as_clerk().await;
        let found = clerk.get("/transactions?q=EVIL").await;
        assert_eq!(found.find("tbody tr").len(), 1, "{}", found.text);
        assert!(
            clerk
                .get("/transactions?q=100%25")
                .await
                .says("No transaction matches")
        );
        let csv = clerk.get("/transactions.csv?sort=amount").await.text;
        assert_eq!(csv.lines().count(), 122, "all pages, and the heads");
        assert!(!csv.contains("000123456789") && csv.contains("••••6789"));
        assert!(csv.contains("'=cmd|evil"), "no formula");
        assert_eq!(
            clerk.get("/transactions.csv?q=evil").await.text.lines().count(),
            2
        );
    }
}

#[actix_web::test]
async fn a_new_transaction_is_looked_at_confirmed_once_and_waits_when_it_is_large() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let clerk = app.as_clerk().await;
    let (own, payee) = (pay.own.to_string(), pay.payee.to_string());
    let fields = |amount: &'static str| {
        vec![
            ("transaction_type", "SEND".to_owned()),
            ("solution", "ach".to_owned()),
            ("debit_financial_account_id", own.clone()),
            ("credit_financial_account_id", payee.clone()),
            ("amount", amount.to_owned()),
            ("currency", "USD".to_owned()),
            ("payment_reason_id", "payroll".to_owned()),
            ("settlement_priority", "NEXT_DAY".to_owned()),
        ]
    };
    for (amount, said) in [
        ("12.50", "ACH send of $12.50 is made."),
        ("10000", "It waits for approval."),
    ] {
        let fields = fields(amount);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let look = clerk
            .submit("/transactions/new", "/transactions/new", &fields)
            .await;
        assert!(look.says("is made in status New"), "{}", look.text);
        let confirm = "/transactions/new/confirm";
        let done = clerk.submit_shown(&look, confirm, &[]).await;
        assert!(done.says(said), "{amount}: {}", done.text);
        let again = clerk.submit_shown(&look, confirm, &[]).await;
        assert_eq!(again.path, done.path, "a double click leads to the same");
    }
    assert_eq!(clerk.get("/transactions").await.find("tbody tr").len(), 1);
    assert!(clerk.get("/approvals").await.says("ACH send of $10,000.00"));
    let empty = clerk
        .submit("/transactions/new", "/transactions/new", &[("amount", "1")])
        .await;
    assert_eq!(empty.status, 422);
}

#[actix_web::test]
async fn payment_reasons_are_added_and_get_other_labels() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let owner = app.as_owner().await;
        let page = "/settings/payment-reasons";
        for (slug, label, said) in [
            ("Tuition!", "Tuition", "A slug has"),
            ("tuition", " ", "required"),
            ("ach-import", "Mine", "stays as it is"),
        ] {
            let refused = owner
                .submit(page, page, &[("slug", slug), ("label", label)])
                .await;
            assert_eq!(refused.status, 422, "{slug}");
            assert!(refused.says(said), "{slug}: {}", refused.text);
        }
        for label in ["Tuition", "School fees"] {
            let saved = owner
                .submit(page, page, &[("slug", "tuition"), ("label", label)])
                .await;
            assert!(saved.says("Saved.") && saved.says(label), "{}", saved.text);
        }
        assert!(!owner.get(page).await.says("Tuition"));
        let form = app.as_clerk().await.get("/transactions/new").await;
        assert!(form.says("School fees"));
    }
}

#[actix_web::test]
async fn candidates_come_best_fit_first_and_a_matched_one_is_not_offered_again() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let ours = pay.post(pay.payment(50_000)).await;
    let other = pay.account("Ann Lee", "000987654321").await;
    let far = pay
        .post(NewTransaction::ach(
            TransactionKind::Send,
            pay.own,
            other,
            usd(50_400),
        ))
        .await;
    let same = pay.post(pay.payment(50_000)).await;
    let about_ours = |row: &TransactionRow| {
        let mut new = app.a_return();
        new.kind = ExceptionKind::Reconciliation;
        new.code = None;
        new.transaction_id = Some(row.id);
        new.entity_id = row.id.uuid();
        new
    };
    let id = app.raise_as(about_ours(&ours)).await;
    let clerk = app.as_clerk().await;
    let resolve = format!("/exceptions/{id}/resolve");
    let page = clerk.get(&format!("{resolve}?type=FORCE_MATCH")).await;
    let offered = page.attribute("input[name=counterpart_transaction_id]", "value");
    assert_eq!(offered, [same.id.to_string(), far.id.to_string(), "none".into()]);
    assert!(
        page.says("same amount, same day, the same accounts"),
        "{}",
        page.text
    );
    assert!(
        page.says("90") && page.says("same day, one account in common"),
        "{}",
        page.text
    );
    let same_id = same.id.to_string();
    let fields = [
        ("resolution_type", "FORCE_MATCH"),
        ("counterpart_transaction_id", same_id.as_str()),
        ("override_reason", "DATA_CORRECTION"),
        ("notes", "The same payment."),
        ("step", "confirm"),
    ];
    let done = clerk.submit_shown(&page, &resolve, &fields).await;
    assert!(done.says("Resolved"), "{}", done.text);
    // Another exception about a third payment: what is matched is not offered, and refused when asked for.
    let third = pay.post(pay.payment(50_000)).await;
    let id = app.raise_as(about_ours(&third)).await;
    let resolve = format!("/exceptions/{id}/resolve");
    let page = clerk.get(&format!("{resolve}?type=FORCE_MATCH")).await;
    let offered = page.attribute("input[name=counterpart_transaction_id]", "value");
    assert_eq!(offered, [far.id.to_string(), "none".into()], "{}", page.text);
    let refused = clerk.submit_shown(&page, &resolve, &fields).await;
    assert!(
        refused.says("matched with another transaction already"),
        "{}",
        refused.text
    );
}

#[actix_web::test]
async fn who_asks_for_too_many_account_numbers_waits_and_the_history_knows() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let manager = app.as_manager().await;
    let reveal = format!("/accounts/{}/reveal", pay.payee);
    let form = manager.get(&reveal).await;
    let fields = [("reason", "Calling the bank")];
    let mut last = manager.submit_shown(&form, &reveal, &fields).await;
    for _ in 0..60 {
        if last.status != 200 {
            break;
        }
        last = manager.submit_shown(&form, &reveal, &fields).await;
    }
    assert_eq!(last.status, 429, "{}", last.text);
    assert!(last.says("Try again in"), "{}", last.text);
    // Others are not held up, and the refusal is in the history.
    let owner = app.as_owner().await;
    assert_eq!(owner.submit(&reveal, &reveal, &fields).await.status, 200);
    let log = owner.get("/settings/history?kind=REFUSAL").await;
    assert!(log.says("too many tries"), "{}", log.text);
}
