//! The pages of transactions and accounts: looking, editing, cancelling.

use docket::{
    accounts::commands as account_commands,
    auth::permission::Role,
    kernel::{id::TransactionId, text::Reason},
    policies::limits::{PER_DAY_AND_ACCOUNT, PER_TRANSACTION},
    transactions::{
        Kind, NewTransaction, Relation, Solution, Status, TransactionRow, model::StatusEvent, queries,
    },
};

use crate::{
    harness::{Backend, Browser, TestApp, both, browser::Answer},
    payments::{Payments, usd},
};

const HOUR: u64 = 60;

async fn stored(app: &TestApp, id: TransactionId) -> TransactionRow {
    let account = app.account;
    app.app
        .db
        .read(move |c| queries::get(c, account, id))
        .await
        .unwrap()
}

async fn children(app: &TestApp, id: TransactionId) -> Vec<TransactionRow> {
    let account = app.account;
    let all = app
        .app
        .db
        .read(move |c| queries::lineage(c, account, id))
        .await
        .unwrap();
    all.into_iter().filter(|t| t.parent_id == Some(id)).collect()
}

fn page(id: TransactionId) -> String {
    format!("/transactions/{id}")
}

/// Fills the edit form and sends it; what is not given stays as the form has it.
async fn check(browser: &Browser, pay: &Payments<'_>, id: TransactionId, fields: &[(&str, &str)]) -> Answer {
    let (own, payee) = (pay.own.to_string(), pay.payee.to_string());
    let mut all = vec![
        ("debit_financial_account_id", own.as_str()),
        ("credit_financial_account_id", payee.as_str()),
        ("amount", "12.50"),
        ("payment_reason_id", "payroll"),
        ("step", "check"),
    ];
    all.retain(|(name, _)| fields.iter().all(|(n, _)| n != name));
    all.extend(fields);
    let edit = format!("{}/edit", page(id));
    browser.submit(&edit, &edit, &all).await
}

/// What the confirmation page would send.
fn confirmation(answer: &Answer) -> Vec<(String, String)> {
    let html = scraper::Html::parse_document(&answer.text);
    let hidden = scraper::Selector::parse("main form input[type=hidden]").unwrap();
    html.select(&hidden)
        .map(|i| {
            let of = |name| i.value().attr(name).unwrap_or_default().to_owned();
            (of("name"), of("value"))
        })
        .collect()
}

async fn an_edit_replaces(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(125_000)).await;
    app.wait(1);
    let browser = app.as_clerk().await;
    let looked = check(&browser, &pay, row.id, &[]).await;
    assert_eq!(looked.status, 200, "{}", looked.text);
    assert!(looked.says("The original of $1,250.00 is cancelled."));
    assert!(looked.says("A new transaction of $12.50 is made in status New."));
    assert_eq!(
        stored(&app, row.id).await.status,
        Status::New,
        "nothing happens before it is confirmed"
    );

    let form = confirmation(&looked);
    let confirm = format!("{}/edit/confirm", page(row.id));
    let done = browser.post(&confirm, &form).await;
    let new = children(&app, row.id).await.pop().unwrap();
    assert_eq!(
        (done.status.as_u16(), done.path.clone()),
        (200, page(new.id)),
        "{}",
        done.text
    );
    let again = browser.post(&confirm, &form).await;
    assert_eq!(
        again.path,
        page(new.id),
        "a double click leads to the same transaction"
    );
    assert_eq!(children(&app, row.id).await.len(), 1);

    let old = stored(&app, row.id).await;
    assert_eq!(old.status, Status::Cancelled);
    assert_eq!(
        (new.status, new.amount, new.relation),
        (Status::New, 1_250, Some(Relation::Replacement))
    );
    assert_eq!(
        (new.payment_reason.as_str(), new.kind, new.version),
        ("payroll", Kind::Send, 1)
    );
    for (id, other) in [(row.id, new.id), (new.id, row.id)] {
        let account = app.account;
        let entries = app
            .app
            .db
            .read(move |c| queries::status_entries(c, account, id))
            .await
            .unwrap();
        let words = entries.last().unwrap().message.clone();
        assert!(words.contains(&other.to_string()), "{words} names the other");
        let events = app
            .app
            .db
            .read(move |c| docket::history::queries::list_of(c, account, id.uuid(), 10))
            .await;
        assert!(events.unwrap().len() >= 2 - usize::from(id == new.id));
    }
    let shown = browser.get(&page(row.id)).await;
    assert!(shown.says("Cancelled") && shown.text.contains(&page(new.id)));
    assert!(shown.find("ol.chain b").contains(&"Replacement".to_owned()));
}

#[actix_web::test]
async fn an_edit_cancels_the_original_and_makes_one_replacement_on_both_databases() {
    for backend in both() {
        an_edit_replaces(backend).await;
    }
}

#[actix_web::test]
async fn whatever_is_typed_wrong_comes_back_with_the_field_named() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let suspended = pay.account("Suspended", "444555666").await;
    let actor = pay.actor.clone();
    pay.write(move |tx| {
        let reason = Reason::parse("Closed").unwrap();
        account_commands::suspend(tx, &actor, suspended, &reason)
    })
    .await
    .unwrap();
    let elsewhere = Payments::in_account(&app, app.other).await;
    let row = pay.post(pay.payment(125_000)).await;
    let browser = app.as_clerk().await;
    let (own, foreign, suspended) = (
        pay.own.to_string(),
        elsewhere.payee.to_string(),
        suspended.to_string(),
    );
    let never = TransactionId::generate(app.clock.now()).to_string();
    let too_much = usd(PER_TRANSACTION + 1).plain();
    let cases = [
        ("amount", "", "Give an amount"),
        ("amount", "0", "above zero"),
        ("amount", "-5", "Give an amount"),
        ("amount", "1e3", "Give an amount"),
        ("amount", "12.345", "at most 2 decimals"),
        ("amount", "１２", "Give an amount"),
        (
            "amount",
            &too_much,
            "what one transaction may move, $1,000,000.00",
        ),
        ("debit_financial_account_id", "", "Choose an account"),
        ("debit_financial_account_id", "no-id", "There is no such account"),
        (
            "credit_financial_account_id",
            &foreign,
            "There is no such account",
        ),
        ("credit_financial_account_id", &never, "There is no such account"),
        ("credit_financial_account_id", &suspended, "is suspended"),
        ("credit_financial_account_id", &own, "must differ"),
        ("payment_reason_id", "", "Choose one"),
        ("payment_reason_id", "bribes", "Choose one"),
        ("payment_reason_id", "ach-import", "Choose one"),
    ];
    for (field, value, words) in cases {
        let mut typed = vec![(field, value)];
        if field != "amount" {
            typed.push(("amount", "77.01"));
        }
        let answer = check(&browser, &pay, row.id, &typed).await;
        assert_eq!(answer.status, 422, "{field} {value}");
        let told = answer.find(&format!("#{field}-error")).join(" ");
        assert!(told.contains(words), "{field} {value:?} says {told:?}");
        if field != "amount" {
            assert_eq!(
                answer.attribute("#amount", "value"),
                ["77.01"],
                "what was typed comes back"
            );
        }
        let confirm = format!("{}/edit/confirm", page(row.id));
        let mut direct = confirmation(&answer);
        direct.extend(
            [
                ("debit_financial_account_id", own.as_str()),
                ("credit_financial_account_id", &pay.payee.to_string()),
                ("payment_reason_id", "payroll"),
            ]
            .map(|(n, v)| (n.to_owned(), v.to_owned())),
        );
        direct.retain(|(n, _)| n != field && n != "amount");
        direct.push((field.to_owned(), value.to_owned()));
        if field != "amount" {
            direct.push(("amount".into(), "77.01".into()));
        }
        let refused = browser.post(&confirm, &direct).await;
        assert_eq!(refused.status, 422, "the command itself refuses {field} {value}");
    }
    assert_eq!(stored(&app, row.id).await.status, Status::New);
    assert!(children(&app, row.id).await.is_empty());
    let all_wrong = check(
        &browser,
        &pay,
        row.id,
        &[
            ("amount", "x"),
            ("payment_reason_id", ""),
            ("debit_financial_account_id", ""),
        ],
    )
    .await;
    assert_eq!(
        all_wrong.find("#problems li").len(),
        3,
        "all wrong fields are told at once"
    );
}

#[actix_web::test]
async fn the_limit_of_a_day_counts_what_was_made_here_and_says_what_is_left() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let made = |minor| NewTransaction {
        payment_reason: "payroll".into(),
        ..pay.payment(minor)
    };
    for _ in 0..4 {
        pay.post(made(PER_TRANSACTION)).await;
    }
    pay.post(made(PER_TRANSACTION - 10_050)).await;
    // Neither what was cancelled, nor what a file tells, nor a return takes from the day.
    pay.post(NewTransaction {
        status: Status::Cancelled,
        ..made(PER_TRANSACTION)
    })
    .await;
    pay.post(NewTransaction {
        status: Status::Settled,
        ..pay.payment(PER_TRANSACTION)
    })
    .await;
    pay.post(NewTransaction {
        kind: Kind::Return,
        ..made(PER_TRANSACTION)
    })
    .await;
    let row = pay.post(made(1)).await;
    let browser = app.as_clerk().await;
    assert_eq!(PER_DAY_AND_ACCOUNT, 5 * PER_TRANSACTION);
    let over = check(&browser, &pay, row.id, &[("amount", "100.51")]).await;
    assert_eq!(over.status, 422);
    assert!(
        over.says("above what is left for this account today, $100.50"),
        "{}",
        over.text
    );
    assert_eq!(
        check(&browser, &pay, row.id, &[("amount", "100.50")])
            .await
            .status,
        200
    );
    // 10:00 in New York: at 23:59 it is the same day, at midnight a new one.
    app.wait(13 * HOUR + 59);
    let browser = app.as_clerk().await;
    assert_eq!(
        check(&browser, &pay, row.id, &[("amount", "100.51")])
            .await
            .status,
        422
    );
    app.wait(2);
    assert_eq!(
        check(&browser, &pay, row.id, &[("amount", "100.51")])
            .await
            .status,
        200
    );
}

#[actix_web::test]
async fn a_wire_keeps_long_texts_as_typed_and_says_that_they_will_be_cut() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let wire = NewTransaction {
        solution: Solution::Wire,
        ..pay.payment(5_000)
    };
    let row = pay.post(wire).await;
    let browser = app.as_clerk().await;
    let long = "memo ".repeat(30);
    let looked = check(
        &browser,
        &pay,
        row.id,
        &[("memo", &long), ("description", "short")],
    )
    .await;
    assert!(
        looked.says("The memo has 150 characters: it is cut to 100"),
        "{}",
        looked.text
    );
    let done = browser
        .post(&format!("{}/edit/confirm", page(row.id)), &confirmation(&looked))
        .await;
    assert_eq!(done.status, 200);
    let new = children(&app, row.id).await.pop().unwrap();
    assert_eq!((new.memo, new.description), (long, "short".into()));
    let ach = pay.post(pay.payment(5_000)).await;
    let refused = check(&browser, &pay, ach.id, &[("memo", "for you")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.says("Only a wire has a description and a memo."));
}

#[actix_web::test]
async fn fifty_edits_at_once_make_one_replacement_and_the_others_are_told() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let row = pay.post(pay.payment(125_000)).await;
        let browser = app.as_clerk().await;
        let looked = check(&browser, &pay, row.id, &[]).await;
        let confirm = format!("{}/edit/confirm", page(row.id));
        let tries = (0..50).map(|n| {
            let mut form = confirmation(&looked);
            form.retain(|(name, _)| name != "idempotency_key");
            form.push(("idempotency_key".into(), format!("another-key-{n}")));
            let (browser, confirm) = (&browser, confirm.clone());
            async move { browser.post(&confirm, &form).await }
        });
        let answers = futures_util::future::join_all(tries).await;
        let won = answers.iter().filter(|a| a.status == 200).count();
        assert_eq!(won, 1);
        for lost in answers.iter().filter(|a| a.status != 200) {
            assert_eq!(lost.status, 422);
            assert!(lost.says("Only a New or Pending transaction can be edited; this one is Cancelled."));
            assert_eq!(
                lost.attribute("#amount", "value"),
                ["12.50"],
                "what was typed is kept"
            );
        }
        assert_eq!(children(&app, row.id).await.len(), 1);
    }
}

#[actix_web::test]
async fn a_stale_form_comes_back_with_what_was_typed() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(125_000)).await;
    let browser = app.as_clerk().await;
    let looked = check(&browser, &pay, row.id, &[]).await;
    let actor = pay.actor.clone();
    pay.write(move |tx| {
        docket::transactions::commands::move_to(tx, &actor, &row, Status::Pending, "submitted").map(|_| ())
    })
    .await
    .unwrap();
    let id = children_root(&looked);
    let stale = browser.post(&id, &confirmation(&looked)).await;
    assert_eq!(stale.status, 409);
    assert!(stale.says("Someone changed this transaction meanwhile."));
    assert_eq!(stale.attribute("#amount", "value"), ["12.50"]);
}

/// Where the confirmation goes.
fn children_root(looked: &Answer) -> String {
    looked.attribute("main form", "action").pop().unwrap()
}

#[actix_web::test]
async fn only_new_and_pending_can_be_edited_or_cancelled_by_whoever_may() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let browser = app.as_clerk().await;
    for status in Status::ALL {
        let row = pay
            .post(NewTransaction {
                status: *status,
                ..pay.payment(100)
            })
            .await;
        let ours = matches!(status, Status::New | Status::Pending);
        let form = browser.get(&format!("{}/edit", page(row.id))).await;
        assert_eq!(
            form.path == page(row.id),
            !ours,
            "{status}: no form, but the reason"
        );
        let token = browser.token().await;
        let fields = [
            ("csrf_token", token.as_str()),
            ("version", "1"),
            ("idempotency_key", "cancel-it-once"),
        ];
        let cancelled = browser.post(&format!("{}/cancel", page(row.id)), &fields).await;
        assert_eq!(cancelled.path, page(row.id));
        let expected = if ours { Status::Cancelled } else { *status };
        assert_eq!(stored(&app, row.id).await.status, expected);
        if !ours {
            assert!(cancelled.says("Only a New or Pending transaction can be cancelled"));
        }
    }
}

#[actix_web::test]
async fn roles_that_may_not_change_transactions_are_refused_and_strangers_find_nothing() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(100)).await;
    let never = TransactionId::generate(app.clock.now());
    for role in Role::ALL {
        let browser = app.sign_in(*role).await;
        assert_eq!(browser.get(&page(row.id)).await.status, 200, "{role} reads");
        let may = !matches!(role, Role::Admin | Role::ViewOnly);
        let expected = if may { 200 } else { 403 };
        assert_eq!(
            browser.get(&format!("{}/edit", page(row.id))).await.status,
            expected,
            "{role}"
        );
        if !may {
            let token = browser.token().await;
            for act in ["cancel", "edit", "edit/confirm"] {
                let fields = [("csrf_token", token.as_str()), ("idempotency_key", "some-key-1")];
                let refused = browser.post(&format!("{}/{act}", page(row.id)), &fields).await;
                assert_eq!(refused.status, 403, "{role} {act}");
            }
        }
    }
    let stranger = app.as_stranger(Role::Owner).await;
    for id in [row.id, never] {
        for path in [
            page(id),
            format!("{}/edit", page(id)),
            format!("/accounts/{}", pay.payee),
        ] {
            assert_eq!(stranger.get(&path).await.status, 404, "{path}");
        }
    }
    assert!(
        !stranger
            .get("/transactions")
            .await
            .text
            .contains(&row.id.to_string())
    );
    assert!(stranger.get("/accounts").await.says("No accounts yet"));
    assert_eq!(stored(&app, row.id).await.status, Status::New);
}

async fn pages_go_both_ways(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let mut all = Vec::new();
    for n in 0..120 {
        // Ties in time and amount: the id decides.
        all.push(pay.post(pay.payment(100 + n / 3)).await.id.to_string());
    }
    let browser = app.as_clerk().await;
    for sort in ["", "?sort=amount", "?sort=-amount", "?sort=created"] {
        let mut pages = vec![browser.get(&format!("/transactions{sort}")).await];
        while let Some(next) = pages.last().unwrap().attribute("a[rel=next]", "href").pop() {
            pages.push(browser.get(&next).await);
        }
        assert_eq!(pages.len(), 3, "{sort}");
        let rows = |answer: &Answer| answer.attribute("tbody td:first-child a", "href");
        let mut seen: Vec<String> = pages.iter().flat_map(rows).collect();
        let previous = pages[2].attribute("a[rel=prev]", "href").pop().unwrap();
        assert_eq!(
            rows(&browser.get(&previous).await),
            rows(&pages[1]),
            "{sort}: back to the same page"
        );
        seen.sort();
        let mut expected: Vec<String> = all.iter().map(|id| format!("/transactions/{id}")).collect();
        expected.sort();
        assert_eq!(seen, expected, "{sort}: each once");
        assert!(pages[0].attribute("a[rel=prev]", "href").is_empty());
        assert!(pages[0].says("50 of 120"));
    }
}

#[actix_web::test]
async fn pages_of_the_list_show_each_transaction_once_in_both_directions_on_both_databases() {
    for backend in both() {
        pages_go_both_ways(backend).await;
    }
}

#[actix_web::test]
async fn filters_narrow_the_list_and_wrong_ones_are_told() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let mut traced = pay.payment(4_200);
    traced.ach.trace_number = Some("091000017611250".into());
    traced.solution = Solution::Wire;
    traced.status = Status::Pending;
    traced.metadata.insert("order".into(), "Blue Door".into());
    traced.ach.entry_description = Some("RENT NOV".into());
    pay.post(traced).await;
    pay.post(NewTransaction {
        kind: Kind::Request,
        ..pay.payment(99)
    })
    .await;
    let browser = app.as_clerk().await;
    let count = |answer: &Answer| answer.find("tbody tr").len();
    for (query, expected) in [
        ("", 2),
        ("?status=PENDING", 1),
        ("?status=NEW", 1),
        ("?type=REQUEST", 1),
        ("?solution=wire", 1),
        ("?trace=091000017611250", 1),
        ("?trace=1", 0),
        ("?q=blue+door", 1),
        ("?q=rent", 1),
        ("?q=100%25", 0),
        ("?amount_from=42.00&amount_to=42.00", 1),
        ("?amount_to=0.99", 1),
        ("?created_from=2026-11-03&created_to=2026-11-03", 2),
        ("?created_from=2026-11-04", 0),
        ("?created_to=2026-11-02", 0),
        ("?status=nonsense", 2),
    ] {
        assert_eq!(
            count(&browser.get(&format!("/transactions{query}")).await),
            expected,
            "{query}"
        );
    }
    let of_account = browser.get(&format!("/transactions?account={}", pay.payee)).await;
    assert_eq!(count(&of_account), 2);
    assert!(of_account.says("Account: Dov Marlowe ••••6789"));
    let wrong = browser
        .get("/transactions?amount_from=much&created_to=soon")
        .await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.find("#problems li").len()),
        (200, 2)
    );
}

#[actix_web::test]
async fn an_account_shows_its_transactions_and_never_its_number() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(4_200)).await;
    let browser = app.as_clerk().await;
    let shown = browser.get(&format!("/accounts/{}", pay.payee)).await;
    assert!(shown.says("Dov Marlowe") && shown.says("••••6789") && shown.text.contains(&page(row.id)));
    let list = browser.get("/accounts?category=EXTERNAL").await;
    assert_eq!(list.find("tbody tr").len(), 1);
    assert_eq!(
        browser
            .get("/accounts?state=SUSPENDED")
            .await
            .find("tbody tr")
            .len(),
        0
    );
    for answer in [&shown, &list] {
        assert!(!answer.text.contains("123456789"));
    }
}

#[actix_web::test]
async fn a_form_that_outlives_its_session_comes_back_with_what_was_typed() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let row = pay.post(pay.payment(125_000)).await;
    let browser = app.as_clerk().await;
    let looked = check(&browser, &pay, row.id, &[("amount", "44.40")]).await;
    app.wait(20);
    let asked = browser
        .post(&format!("{}/edit/confirm", page(row.id)), &confirmation(&looked))
        .await;
    assert!(
        asked.path.contains("/edit"),
        "asked to sign in first: {}",
        asked.path
    );
    assert_eq!(stored(&app, row.id).await.status, Status::New);
    assert_eq!(StatusEvent::ALL.len(), 7);
}
