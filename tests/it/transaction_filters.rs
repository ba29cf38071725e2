//! The list of transactions by its filters: what is wrong is told at its field and never made a file of, and any account
//! can be found. The forms find accounts too, and take key-value pairs.

use docket::{
    auth::{
        actor::{Actor, ActorKind},
        permission::Role,
    },
    db::types::Day,
    kernel::id::FinancialAccountId,
    policies::{
        approval::{ApprovalPolicy, RawRule, Subject},
        rules::Rules,
        simulation,
    },
    transactions::{
        AchDetails, Kind, NewTransaction, Status, TransactionRow,
        reverse::{ReverseFields, reverse},
    },
};

use crate::{
    harness::{Backend, Browser, TestApp, both, browser::Answer},
    money::day,
    payments::{Payments, usd},
};

fn rows(answer: &Answer) -> usize {
    answer.find("tbody tr").len()
}

async fn dated(pay: &Payments<'_>, effective: Option<&str>, settled: Option<&str>) -> TransactionRow {
    let date = |text: Option<&str>| text.map(|text| Day(day(text)));
    pay.post(NewTransaction {
        status: Status::Settled,
        ach: AchDetails {
            company_id: Some("1234567890".into()),
            effective_date: date(effective),
            settlement_date: date(settled),
            ..AchDetails::default()
        },
        ..pay.payment(1_000)
    })
    .await
}

async fn wrong_filters(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    for minor in [1_000, 2_000] {
        pay.post(pay.payment(minor)).await;
    }
    let stranger = app.as_stranger(Role::Owner).await;
    let browser = app.as_clerk().await;
    let long = "x".repeat(101);
    // The query, the field that it is told at, and what is said.
    let cases = [
        ("status=LOST".to_owned(), "status", "Choose one of the statuses"),
        (
            "status=NEW,LOST".to_owned(),
            "status",
            "Choose one of the statuses",
        ),
        ("type=GIFT".to_owned(), "type", "Choose one of the types"),
        ("solution=pigeon".to_owned(), "solution", "Choose one of the ways"),
        ("account=mine".to_owned(), "account", "There is no such account"),
        (format!("q={long}"), "q", "At most 100 characters fit"),
        (format!("party={long}"), "party", "At most 100 characters fit"),
        (
            "party=Nobody+of+ours".to_owned(),
            "party",
            "No account is found by this",
        ),
        (
            format!("trace={}", "1".repeat(16)),
            "trace",
            "At most 15 characters fit",
        ),
        (
            format!("company={}", "1".repeat(11)),
            "company",
            "At most 10 characters fit",
        ),
        ("amount_from=much".to_owned(), "amount_from", "amount"),
        (
            "amount_from=10&amount_to=9.99".to_owned(),
            "amount_to",
            "The amount to is below the amount from",
        ),
        ("date=birthday".to_owned(), "date", "Choose one of the days"),
        ("date_to=soon".to_owned(), "date_to", "Give a day such as"),
        (
            "date_from=2026-11-04&date_to=2026-11-03".to_owned(),
            "date_to",
            "The last day is before the first",
        ),
    ];
    for (query, field, said) in cases {
        let list = browser.get(&format!("/transactions?{query}")).await;
        assert_eq!(list.status, 200, "{query}");
        assert!(list.says("Some filters were left out"), "{query}: {}", list.text);
        // In the summary, which leads to the field, and at the field.
        let link = format!("#problems a[href='#{field}']");
        assert!(
            list.find(&link).join(" ").contains(said),
            "{query}: {}",
            list.text
        );
        let marked = list.attribute(&format!("#{field}[aria-invalid=true]"), "aria-describedby");
        assert_eq!(marked.len(), 1, "{query}: {}", list.text);
        assert!(
            list.find(&format!("#{}", marked[0])).join(" ").contains(said),
            "{query}"
        );
        assert_eq!(
            list.find("a[href^='/transactions.csv']").len(),
            0,
            "{query}: no file is offered"
        );
        let file = browser.get(&format!("/transactions.csv?{query}")).await;
        assert_eq!(file.status, 422, "{query}");
        assert!(file.says(said), "{query}: {}", file.text);
        assert!(!file.text.contains("Dov Marlowe"), "{query}: {}", file.text);
    }
    // An account of another business account is none.
    let theirs = stranger
        .get(&format!("/transactions?account={}", pay.payee))
        .await;
    assert!(
        theirs.says("There is no such account") && !theirs.says("Dov Marlowe"),
        "{}",
        theirs.text
    );
    // Nothing wrong: the file is that of the list.
    let right = "?status=NEW&amount_from=20.00&amount_to=20.00";
    let list = browser.get(&format!("/transactions{right}")).await;
    assert_eq!(rows(&list), 1);
    assert!(list.find("td[data-l=Amount]")[0].contains("USD"));
    let href = list.attribute("a[href^='/transactions.csv']", "href").remove(0);
    let file = browser.get(&href).await;
    assert_eq!((file.status.as_u16(), file.text.lines().count()), (200, 2));
}

#[actix_web::test]
async fn a_wrong_filter_is_told_at_its_field_and_never_exported_on_both_databases() {
    for backend in both() {
        wrong_filters(backend).await;
    }
}

async fn days_and_accounts(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    dated(&pay, Some("2026-10-01"), Some("2026-10-02")).await;
    dated(&pay, Some("2026-10-05"), None).await;
    dated(&pay, None, None).await;
    let ann = pay.account("Ann Lee", "000987654321").await;
    pay.post(NewTransaction::ach(Kind::Send, pay.own, ann, usd(700)))
        .await;
    let browser = app.as_clerk().await;
    // All were made on 3 November 2026.
    for (query, expected) in [
        ("date_from=2026-11-03&date_to=2026-11-03", 4),
        ("date=created&date_to=2026-11-02", 0),
        ("created_from=2026-11-03", 4),
        ("date=effective&date_from=2026-10-01&date_to=2026-10-05", 2),
        ("date=effective&date_from=2026-10-02", 1),
        ("date=settlement&date_from=2026-10-02&date_to=2026-10-02", 1),
        ("date=settlement&date_to=2026-10-01", 0),
        // The day it counts: settled, else effective, else made.
        ("date=value&date_from=2026-10-01&date_to=2026-10-01", 0),
        ("date=value&date_from=2026-10-02&date_to=2026-10-05", 2),
        ("date=value&date_from=2026-11-03&date_to=2026-11-03", 2),
        ("status=NEW,SETTLED", 4),
        ("status=NEW,PENDING", 1),
        ("company=1234567890", 3),
        ("company=NONE", 1),
        // By name, holder or the last four, of any account.
        ("party=ann", 1),
        ("party=4321", 1),
        ("party=marlowe&status=SETTLED", 3),
        ("party=6789&amount_to=9.99", 0),
    ] {
        let list = browser.get(&format!("/transactions?{query}")).await;
        assert_eq!(rows(&list), expected, "{query}: {}", list.text);
        assert!(list.find("#problems").is_empty(), "{query}: {}", list.text);
    }
    let list = browser
        .get("/transactions?status=NEW,SETTLED&date=settlement&date_to=2026-10-09")
        .await;
    let chips = list.find("ul.chips li").join("|");
    assert!(
        chips.contains("Status: New or Settled") && chips.contains("Settles to 2026-10-09"),
        "{chips}"
    );
    // What came by the address is still chosen in the form.
    assert_eq!(
        list.attribute("#status option[selected]", "value"),
        ["NEW,SETTLED"]
    );
    assert_eq!(list.attribute("#date option[selected]", "value"), ["settlement"]);
}

#[actix_web::test]
async fn days_accounts_and_companies_narrow_the_list_on_both_databases() {
    for backend in both() {
        days_and_accounts(backend).await;
    }
}

/// The number of sent debits and the list behind it agree.
async fn sent(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let debit = |status, effective: Option<&str>, settled: Option<&str>, company: Option<&str>| {
        let date = |text: Option<&str>| text.map(|text| Day(day(text)));
        NewTransaction {
            status,
            ach: AchDetails {
                company_id: company.map(str::to_owned),
                effective_date: date(effective),
                settlement_date: date(settled),
                ..AchDetails::default()
            },
            ..NewTransaction::ach(Kind::Request, pay.payee, pay.own, usd(900))
        }
    };
    let ours = Some("1000000001");
    for new in [
        debit(Status::Settled, None, Some("2026-10-20"), ours),
        debit(Status::Cleared, None, Some("2026-09-05"), ours),
        debit(Status::Processing, Some("2026-11-02"), None, ours),
        debit(Status::Reversed, None, None, ours),
        // Not sent, too early, to come, of another company.
        debit(Status::New, Some("2026-11-02"), None, ours),
        debit(Status::Declined, Some("2026-11-02"), None, ours),
        debit(Status::Settled, None, Some("2026-09-04"), ours),
        debit(Status::Processing, Some("2026-11-09"), None, ours),
        debit(Status::Settled, None, Some("2026-10-20"), None),
    ] {
        pay.post(new).await;
    }
    let browser = app.as_clerk().await;
    let page = browser.get("/reports/return-rates").await;
    let links = page.attribute("td[data-l=Sent] a", "href");
    let counts = page.find("td[data-l=Sent] a");
    assert_eq!(links.len(), 6, "three rates of two companies: {}", page.text);
    for (href, count) in links.iter().zip(&counts) {
        let list = browser.get(href).await;
        assert!(list.find("#problems").is_empty(), "{href}: {}", list.text);
        let rows = rows(&list).to_string();
        assert!(count.ends_with(&rows), "{href}: {count} and {rows} rows");
    }
    assert!(counts.iter().any(|c| c.ends_with('4')) && counts.iter().any(|c| c.ends_with('1')));
}

#[actix_web::test]
async fn the_debits_that_were_sent_are_behind_their_number_on_both_databases() {
    for backend in both() {
        sent(backend).await;
    }
}

/// A form of the page with what is typed; every text field of it has a name.
async fn send(browser: &Browser, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
    browser.submit(page, action, fields).await
}

async fn pairs(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let browser = app.as_clerk().await;
    let (from, to) = (pay.own.to_string(), pay.payee.to_string());
    let base = [
        ("transaction_type", "SEND"),
        ("solution", "ach"),
        ("debit_financial_account_id", from.as_str()),
        ("credit_financial_account_id", to.as_str()),
        ("amount", "12.00"),
        ("currency", "USD"),
        ("payment_reason_id", "payroll"),
        ("settlement_priority", "NEXT_DAY"),
    ];
    let new = "/transactions/new";
    let with = |more: &[(&'static str, &'static str)]| {
        let mut all: Vec<(&str, &str)> = base.to_vec();
        all.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        all.extend(more);
        all
    };
    let wrong = send(
        &browser,
        new,
        new,
        &with(&[
            ("metadata_key_1", "invoice"),
            ("metadata_value_1", "A-77"),
            ("metadata_key_2", "invoice"),
            ("metadata_value_2", "A-78"),
            ("metadata_key_3", ""),
            ("metadata_value_3", "lost"),
            ("amount", "0"),
        ]),
    )
    .await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.says("This key is there already.") && wrong.says("Give the key of this value."),
        "{}",
        wrong.text
    );
    assert_eq!(
        wrong.attribute("#metadata_value_3", "value"),
        ["lost"],
        "what was typed is kept"
    );
    let class = send(
        &browser,
        new,
        new,
        &with(&[
            ("metadata_key_1", "rkorACHEntryType"),
            ("metadata_value_1", "ZZZ"),
        ]),
    )
    .await;
    assert!(class.says("Choose an entry class such as PPD."), "{}", class.text);
    let shown = send(
        &browser,
        new,
        new,
        &with(&[
            ("metadata_key_1", "rkorACHEntryType"),
            ("metadata_value_1", "CCD"),
            ("metadata_key_2", "invoice"),
            ("metadata_value_2", "A-77"),
        ]),
    )
    .await;
    assert!(
        shown.says("Metadata invoice") && shown.says("A-77"),
        "{}",
        shown.text
    );
    let made = browser
        .submit_shown(&shown, "/transactions/new/confirm", &[])
        .await;
    assert!(made.says("is made."), "{}", made.text);
    let card = made.find("section[aria-labelledby=metadata]").join(" ");
    assert!(
        card.contains("invoice") && card.contains("A-77") && card.contains("CCD"),
        "{card}"
    );
    let id = made.path.trim_start_matches("/transactions/").to_owned();
    pairs_of_an_edit(&browser, (&from, &to), &id).await;
}

/// An edit shows the pairs there are, and changes them.
async fn pairs_of_an_edit(browser: &Browser, (from, to): (&str, &str), id: &str) {
    let edit = format!("/transactions/{id}/edit");
    let form = browser.get(&edit).await;
    assert_eq!(form.attribute("#metadata_key_1", "value"), ["invoice"]);
    assert_eq!(form.attribute("#metadata_value_2", "value"), ["CCD"]);
    let base = [
        ("debit_financial_account_id", from),
        ("credit_financial_account_id", to),
        ("amount", "12.00"),
        ("payment_reason_id", "payroll"),
        ("metadata_key_1", "invoice"),
        ("metadata_value_1", "A-78"),
        ("metadata_key_2", "desk"),
        ("metadata_value_2", "4"),
    ];
    let looked = browser.submit_shown(&form, &edit, &base).await;
    assert!(
        looked.says("Metadata invoice")
            && looked.says("A-77")
            && looked.says("A-78")
            && looked.says("Metadata desk"),
        "{}",
        looked.text
    );
    let done = browser
        .submit_shown(&looked, &format!("{edit}/confirm"), &[])
        .await;
    let card = done.find("section[aria-labelledby=metadata]").join(" ");
    assert!(
        card.contains("A-78") && card.contains("desk") && !card.contains("A-77"),
        "{card}"
    );
    assert!(done.says("CCD"), "the entry class stays: {}", done.text);
    // An edit that says nothing of them leaves them.
    let again = format!("{}/edit", done.path);
    let fields = [
        ("debit_financial_account_id", from),
        ("credit_financial_account_id", to),
        ("amount", "13.00"),
        ("payment_reason_id", "payroll"),
    ];
    let looked = browser.submit(&again, &again, &fields).await;
    let done = browser
        .submit_shown(&looked, &format!("{again}/confirm"), &[])
        .await;
    let card = done.find("section[aria-labelledby=metadata]").join(" ");
    assert!(card.contains("A-78") && card.contains("desk"), "{}", done.text);
}

#[actix_web::test]
async fn key_value_pairs_are_entered_edited_and_shown_on_both_databases() {
    for backend in both() {
        pairs(backend).await;
    }
}

/// Accounts beyond those that a select offers.
async fn many_accounts(pay: &Payments<'_>) -> FinancialAccountId {
    for n in 0..105_u32 {
        let (name, number): (&'static str, &'static str) = (
            Box::leak(format!("Aaron Number {n:03}").into_boxed_str()),
            Box::leak(format!("5500{n:08}").into_boxed_str()),
        );
        pay.account(name, number).await;
    }
    pay.account("Zoe Zander", "000000004711").await
}

async fn finding(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let zoe = many_accounts(&pay).await.to_string();
    let browser = app.as_clerk().await;
    let new = "/transactions/new";
    let option = format!("#credit_financial_account_id option[value='{zoe}']");
    let form = browser.get(new).await;
    assert_eq!(form.find(&option).len(), 0);
    assert!(
        form.says("Only the first 100 by name are offered"),
        "{}",
        form.text
    );
    for text in ["zander", "4711"] {
        let fields = [
            ("step", "find"),
            ("find", text),
            ("amount", "15.00"),
            ("solution", "wire"),
        ];
        let found = browser.submit_shown(&form, new, &fields).await;
        assert_eq!(found.status, 200);
        assert_eq!(found.find(&option).len(), 1, "{text}: {}", found.text);
        assert_eq!(
            found.attribute("#amount", "value"),
            ["15.00"],
            "what was typed is kept"
        );
        assert!(found.find("#problems").is_empty());
    }
    let fields = [("step", "find"), ("find", "nobody at all")];
    let none = browser.submit_shown(&form, new, &fields).await;
    assert!(
        none.says("No account is found by “nobody at all”"),
        "{}",
        none.text
    );
    // Enter in the box finds as well: another text than the last was typed.
    let found = browser
        .submit_shown(&form, new, &[("step", "check"), ("find", "zoe")])
        .await;
    assert_eq!(found.find(&option).len(), 1, "{}", found.text);
    let row = pay.post(pay.payment(1_000)).await;
    let edit = format!("/transactions/{}/edit", row.id);
    let form = browser.get(&edit).await;
    let fields = [("step", "find"), ("find", "zander"), ("amount", "11.00")];
    let found = browser.submit_shown(&form, &edit, &fields).await;
    assert_eq!(found.find(&option).len(), 1, "{}", found.text);
    assert_eq!(found.attribute("#amount", "value"), ["11.00"]);
}

#[actix_web::test]
async fn any_account_is_found_in_the_forms_on_both_databases() {
    for backend in both() {
        finding(backend).await;
    }
}

/// What rules would have asked: a reversal with what is right made beside it is one change, and one of reversals.
async fn simulated(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let other = pay.account("Ann Lee", "000987654321").await;
    let client = Actor {
        kind: ActorKind::ServiceAccount,
        ..app.actor(Role::Clerk).await
    };
    let fields = |reason: &str, amount: &str, account: &str| ReverseFields {
        reversal_reason: reason.into(),
        correction_amount: amount.into(),
        correction_financial_account_id: account.into(),
    };
    for fields in [
        fields("DUPLICATE_PAYMENT", "", ""),
        fields("INCORRECT_AMOUNT", "12000.00", ""),
        fields("INCORRECT_RECIPIENT", "", &other.to_string()),
    ] {
        let sent = pay
            .post(NewTransaction {
                status: Status::Settled,
                ..pay.payment(10_000)
            })
            .await;
        let who = client.clone();
        pay.write(move |tx| reverse(tx, &who, sent.id, None, &fields)?.done())
            .await
            .unwrap();
    }
    let rule = |of: &str, from: &str, elsewhere: &str| RawRule {
        of: of.into(),
        from: from.into(),
        elsewhere: elsewhere.into(),
        by: "ANYONE".into(),
        people: "1".into(),
    };
    for (raw, expected) in [
        (rule("REVERSAL", "", ""), 3),
        (rule("REVERSAL", "10000", ""), 1),
        (rule("PAYMENT", "", "1"), 1),
        (rule("EDIT", "", ""), 0),
    ] {
        let words = format!("{raw:?}");
        let other = ApprovalPolicy::parse(&[raw], 1).unwrap();
        let (account, now) = (app.account, app.clock.now());
        let found = app
            .app
            .db
            .read(move |c| simulation::run(c, account, now, &ApprovalPolicy::first(), &other))
            .await
            .unwrap();
        let of = |subject| found.tallies.iter().find(|t| t.of == subject).unwrap();
        assert_eq!(of(Subject::Reversal).made, 3, "{words}");
        assert_eq!(of(Subject::Edit).made, 0, "{words}: none was edited");
        let then: i64 = found.tallies.iter().map(|t| t.then).sum();
        assert_eq!(then, expected, "{words}");
    }
    // Another number of an account counts, another name does not.
    let (payee, manager) = (pay.payee, app.actor(Role::Manager).await);
    for (name, number) in [("Dov A Marlowe", None), ("Dov A Marlowe", Some("1918171614"))] {
        let (vault, who) = (app.app.vault.clone(), manager.clone());
        let correction = docket::accounts::model::Correction {
            name: Some(name.into()),
            number: number.map(|n| docket::kernel::text::AccountNumber::parse(n).unwrap()),
            ..docket::accounts::model::Correction::default()
        };
        pay.write(move |tx| {
            docket::accounts::commands::correct(tx, &vault, &who, payee, &correction).map(drop)
        })
        .await
        .unwrap();
    }
    let (account, now) = (app.account, app.clock.now());
    let found = app
        .app
        .db
        .read(move |c| {
            simulation::run(
                c,
                account,
                now,
                &ApprovalPolicy::first(),
                &ApprovalPolicy::first(),
            )
        })
        .await
        .unwrap();
    let numbers = found
        .tallies
        .iter()
        .find(|t| t.of == Subject::AccountNumber)
        .unwrap();
    assert_eq!((numbers.made, numbers.now), (1, 1));
}

#[actix_web::test]
async fn a_simulation_counts_a_reversal_with_its_correction_once_on_both_databases() {
    for backend in both() {
        simulated(backend).await;
    }
}
