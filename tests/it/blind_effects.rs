//! What a blind resolution did to payments and accounts: their pages and the audit log, however it is narrowed, tell
//! whoever is to answer nothing of it before there is an answer; whoever resolved it, or cannot review, sees it.

use docket::{
    accounts::model::Correction,
    approvals::Gated,
    auth::permission::Role,
    exceptions::{
        model::{Kind as ExceptionKind, ResolutionKind},
        resolution::{Correcting, How, OverrideReason, Retrying, resolve},
    },
    kernel::{
        id::{ExceptionId, TransactionId},
        text::{Reason, ResolutionNotes, RoutingNumber},
    },
    reviews::blind,
    transactions::{AchDetails, NewTransaction, Status},
};
use uuid::Uuid;

use crate::{
    api_client::Api,
    bulk::{choose, run_to_the_end},
    harness::{Backend, Browser, TestApp, both, browser::Answer},
    money::{day, returned},
    payments::{Payments, ROUTING},
};

const LOG: &str = "/api/v1/governance/audit-logs";
const PAYMENTS: &str = "/settings/history?entity=TRANSACTION";
const ACCOUNTS: &str = "/settings/history?entity=FINANCIAL_ACCOUNT";
const VEILED: &str = "how is told once its blind review has an answer";

/// Every resolution is reviewed blind, of whatever type and severity.
async fn review_all_blind(app: &TestApp) {
    app.set_thresholds(&[
        ("share", "100"),
        ("blind_share", "100"),
        ("review_from", "NEVER"),
        ("review_CORRECT_ACCOUNT", ""),
    ])
    .await;
}

/// Resolves it in a moment of its own; the payment that it made.
async fn resolved_by(pay: &Payments<'_>, role: Role, id: ExceptionId, how: How) -> Option<TransactionId> {
    pay.app.wait(1);
    let actor = pay.app.actor(role).await;
    let done = pay
        .write(move |tx| {
            let notes = ResolutionNotes::parse("Agreed with the payer").unwrap();
            resolve(tx, &actor, id, &how, &notes, None)
        })
        .await
        .unwrap();
    pay.app.wait(1);
    match done {
        Gated::Done(done) => done.resolution.transaction_id,
        Gated::Waits(_) => panic!("it waits for a second person"),
    }
}

/// The manager says what they would have done.
async fn answered(app: &TestApp, id: ExceptionId) {
    let (review, actor) = (app.waiting_review(id).await, app.actor(Role::Manager).await);
    app.app
        .db
        .write(app.account, move |tx| {
            let reason = Reason::parse("As I see it").unwrap();
            blind::answer(tx, &actor, review, (ResolutionKind::NoAction, &reason), None)
        })
        .await
        .unwrap();
}

/// What the audit log says by its page and by its calls, each record alone among them, and the pages of these things.
async fn told(browser: &Browser, api: &Api, things: &[(&str, Uuid)]) -> Vec<(String, String)> {
    let mut told = Vec::new();
    let mut pages = vec![
        "/settings/history".to_owned(),
        "/settings/history?kind=EDIT".to_owned(),
        "/settings/history?kind=RESOLUTION".to_owned(),
        PAYMENTS.to_owned(),
        ACCOUNTS.to_owned(),
    ];
    let mut lists = vec![LOG.to_owned()];
    for (entity_type, id) in things {
        let room = if *entity_type == "TRANSACTION" {
            "transactions"
        } else {
            "accounts"
        };
        pages.push(format!("/{room}/{id}"));
        lists.push(format!(
            "/api/v1/governance/entities/{entity_type}/{id}/audit-logs"
        ));
    }
    for page in pages {
        let shown = browser.get(&page).await;
        assert_eq!(shown.status, 200, "{page}");
        told.push((page, shown.text));
    }
    for list in lists {
        let records = api.get(&list).await;
        assert_eq!(records.status, 200, "{list}: {}", records.text);
        for record in records.json()["items"].as_array().unwrap() {
            let one = format!("{LOG}/{}", record["id"].as_str().unwrap());
            told.push((one.clone(), api.get(&one).await.text));
        }
        told.push((list, records.text));
    }
    told
}

fn tells_nothing(told: &[(String, String)], secrets: &[&str]) {
    for (place, text) in told {
        for secret in secrets {
            assert!(!text.contains(secret), "{place} tells {secret:?}: {text}");
        }
    }
}

/// How many records of the audit log are found by an action.
async fn found(api: &Api, action: &str) -> usize {
    let records = api.get(&format!("{LOG}?action={action}")).await;
    assert_eq!(records.status, 200, "{}", records.text);
    records.json()["items"].as_array().unwrap().len()
}

/// An exception that a clerk has resolved by a match, and the two sides of that.
pub async fn a_hidden_match(pay: &Payments<'_>) -> (ExceptionId, [TransactionId; 2]) {
    review_all_blind(pay.app).await;
    let back = returned(pay, 5_500, "R01", "2026-10-30").await;
    let other = pay
        .post(NewTransaction {
            status: Status::Settled,
            ..pay.payment(5_500)
        })
        .await
        .id;
    let how = How::ForceMatch {
        counterpart: Some(other),
        why: OverrideReason::DataCorrection,
    };
    resolved_by(pay, Role::Clerk, back.exception, how).await;
    (back.exception, [back.payment, other])
}

async fn a_match(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let (id, sides) = a_hidden_match(&pay).await;
    let things = sides.map(|side| ("TRANSACTION", side.uuid()));
    let (manager, api) = (app.as_manager().await, Api::of(&app, Role::Manager).await);
    let secrets = ["matched it", "Matched by hand", "Match by hand"];
    tells_nothing(&told(&manager, &api, &things).await, &secrets);
    assert!(manager.get(PAYMENTS).await.says(VEILED), "{backend:?}");
    // By the type nothing is found, be it this or another; that it was resolved, is.
    for (action, n) in [("FORCE_MATCH", 0), ("NO_ACTION", 0), ("RESOLUTION", 3)] {
        assert_eq!(found(&api, action).await, n, "{backend:?}: {action}");
    }
    // Whoever resolved it sees it, and whoever cannot review: nobody posts it a second time.
    for role in [Role::Clerk, Role::Finance] {
        let theirs = app.sign_in(role).await;
        for side in sides {
            let shown = theirs.get(&format!("/transactions/{side}")).await;
            assert!(
                shown.says("Match by hand") && shown.says("matched it"),
                "{backend:?} {role}: {}",
                shown.text
            );
        }
    }
    let log = app.sign_in(Role::Admin).await.get(PAYMENTS).await;
    assert!(log.says("matched it: Matched by hand"), "{}", log.text);
    answered(&app, id).await;
    assert!(manager.get(PAYMENTS).await.says("matched it: Matched by hand"));
    for side in sides {
        let shown = manager.get(&format!("/transactions/{side}")).await;
        assert!(shown.says("Match by hand"), "{backend:?}: {}", shown.text);
    }
    assert_eq!(found(&api, "FORCE_MATCH").await, 1, "{backend:?}");
}

#[actix_web::test]
async fn neither_side_of_a_match_tells_of_it_before_the_answer() {
    for backend in both() {
        a_match(backend).await;
    }
}

async fn a_retry(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    review_all_blind(&app).await;
    let pay = Payments::of(&app).await;
    let back = returned(&pay, 5_500, "R01", "2026-10-30").await;
    let how = How::Retry(Retrying::on(day("2026-11-04")));
    let made = resolved_by(&pay, Role::Clerk, back.exception, how).await.unwrap();
    let payment = back.payment;
    let things = [payment, made].map(|id| ("TRANSACTION", id.uuid()));
    let (manager, api) = (app.as_manager().await, Api::of(&app, Role::Manager).await);
    let (by_id, again) = (format!("Retry {made}"), format!("Sends {payment} again"));
    let secrets = [
        "of 2 retries",
        "sent it again",
        "Sent again",
        "made it to resolve an exception",
        by_id.as_str(),
        again.as_str(),
    ];
    tells_nothing(&told(&manager, &api, &things).await, &secrets);
    // Neither of the two leads to the other.
    for (page, other) in [(payment, made), (made, payment)] {
        let shown = manager.get(&format!("/transactions/{page}")).await;
        assert!(!shown.text.contains(&other.to_string()), "{}", shown.text);
    }
    assert_eq!(found(&api, "RETRY").await, 0, "{backend:?}");
    let page = format!("/transactions/{payment}");
    let is_whole = |shown: &Answer| {
        shown.says("1 of 2 retries")
            && shown.says("sent it again")
            && !shown
                .attribute(&format!("a[href='/transactions/{made}']"), "href")
                .is_empty()
    };
    let theirs = app.as_clerk().await.get(&page).await;
    assert!(is_whole(&theirs), "{backend:?}: {}", theirs.text);
    answered(&app, back.exception).await;
    let now = manager.get(&page).await;
    assert!(is_whole(&now), "{backend:?}: {}", now.text);
    assert_eq!(found(&api, "RETRY").await, 1, "{backend:?}");
}

#[actix_web::test]
async fn neither_a_payment_nor_its_retry_tells_of_the_other_before_the_answer() {
    for backend in both() {
        a_retry(backend).await;
    }
}

async fn a_suspension(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    review_all_blind(&app).await;
    let pay = Payments::of(&app).await;
    let back = returned(&pay, 5_500, "R10", "2026-10-30").await;
    let how = How::SuspendAccount(Reason::parse("The payer has forbidden it").unwrap());
    resolved_by(&pay, Role::Owner, back.exception, how).await;
    let things = [
        ("FINANCIAL_ACCOUNT", pay.payee.uuid()),
        ("TRANSACTION", back.payment.uuid()),
    ];
    let (manager, api) = (app.as_manager().await, Api::of(&app, Role::Manager).await);
    let secrets = [" suspended: ", "The payer has forbidden it"];
    tells_nothing(&told(&manager, &api, &things).await, &secrets);
    assert_eq!(found(&api, "SUSPEND_ACCOUNT").await, 0, "{backend:?}");
    // The Owner could review, but not this: they have resolved it themselves.
    let owner = app.as_owner().await;
    let page = format!("/accounts/{}", pay.payee);
    for place in [page.as_str(), ACCOUNTS] {
        let shown = owner.get(place).await;
        assert!(
            shown.says("The payer has forbidden it"),
            "{place}: {}",
            shown.text
        );
    }
    answered(&app, back.exception).await;
    let shown = manager.get(ACCOUNTS).await;
    assert!(
        shown.says(" suspended: The payer has forbidden it"),
        "{}",
        shown.text
    );
    assert_eq!(found(&api, "SUSPEND_ACCOUNT").await, 1, "{backend:?}");
}

#[actix_web::test]
async fn a_suspended_account_tells_not_by_what_before_the_answer_but_to_whoever_suspended_it() {
    for backend in both() {
        a_suspension(backend).await;
    }
}

/// A rule for payments alone: another number of an account needs nobody else.
async fn let_numbers_be_changed(app: &TestApp) {
    let rules = "/settings/policies/approvals";
    let fields = [
        ("version", "0"),
        ("rule1_of", "PAYMENT"),
        ("rule1_from", "5000"),
        ("rule1_by", "TEAM_MEMBER"),
        ("rule1_people", "1"),
        ("step", "ask"),
    ];
    let asked = app.as_owner().await.submit(rules, rules, &fields).await;
    assert!(asked.path.starts_with("/approvals/"), "{}", asked.text);
    let agree = format!("{}/approve", asked.path);
    let agreed = app.as_manager().await.submit(&asked.path, &agree, &[]).await;
    assert!(agreed.says("Approved, and done."), "{}", agreed.text);
}

async fn a_correction(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    review_all_blind(&app).await;
    let_numbers_be_changed(&app).await;
    let pay = Payments::of(&app).await;
    let unsent = pay
        .post(NewTransaction {
            ach: AchDetails {
                receiving_bank: Some(ROUTING.into()),
                ..AchDetails::default()
            },
            ..pay.payment(2_000)
        })
        .await;
    let sent = pay
        .post(NewTransaction {
            status: Status::Settled,
            ..pay.payment(1_000)
        })
        .await;
    let mut new = app.a_return();
    new.transaction_id = Some(sent.id);
    new.entity_id = sent.id.uuid();
    new.kind = ExceptionKind::AchNoc;
    new.code = Some("C02".into());
    let id = app.raise_as(new).await;
    let correction = Correction {
        routing_number: Some(RoutingNumber::parse("123456780").unwrap()),
        ..Correction::default()
    };
    let how = How::CorrectAccount(Box::new(Correcting::new(app.app.vault.clone(), correction)));
    resolved_by(&pay, Role::Clerk, id, how).await;
    let things = [
        ("FINANCIAL_ACCOUNT", pay.payee.uuid()),
        ("TRANSACTION", unsent.id.uuid()),
    ];
    let (manager, api) = (app.as_manager().await, Api::of(&app, Role::Manager).await);
    let secrets = [" corrected", "The receiving bank is", "Receiving bank: 123456780"];
    tells_nothing(&told(&manager, &api, &things).await, &secrets);
    answered(&app, id).await;
    let log = manager.get(PAYMENTS).await;
    assert!(
        log.says("The receiving bank is 123456780 now"),
        "{backend:?}: {}",
        log.text
    );
}

#[actix_web::test]
async fn a_payment_that_follows_its_account_to_another_bank_does_not_tell_of_it_either() {
    for backend in both() {
        a_correction(backend).await;
    }
}

async fn one_of_many(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    review_all_blind(&app).await;
    let pay = Payments::of(&app).await;
    let mut all = Vec::new();
    for minor in [5_500, 5_600, 5_700] {
        all.push(returned(&pay, minor, "R01", "2026-10-30").await);
    }
    app.wait(1);
    let clerk = app.as_clerk().await;
    let planned = choose(&clerk, "FORCE_MATCH", "all", "/exceptions?tab=open", &[]).await;
    let fields = [
        ("override_reason", "OPS_APPROVAL"),
        ("notes", "Agreed with the payer"),
    ];
    let done = run_to_the_end(&clerk, &planned, &fields).await;
    assert!(done.says("All 3 are done."), "{}", done.text);
    app.wait(1);
    for back in &all[1..] {
        answered(&app, back.exception).await;
    }
    let (manager, api) = (app.as_manager().await, Api::of(&app, Role::Manager).await);
    // All three are of one moment and of one request.
    let lines = async |place: &str, words: &str| {
        let shown = manager.get(place).await;
        let lines = shown.find("td.most");
        lines.iter().filter(|line| line.contains(words)).count()
    };
    let exceptions = "/settings/history?kind=RESOLUTION&entity=EXCEPTION";
    for (place, words) in [(PAYMENTS, "matched it: "), (exceptions, "resolved it: ")] {
        assert_eq!(lines(place, words).await, 2, "{backend:?}: {place}");
        assert_eq!(lines(place, VEILED).await, 1, "{backend:?}: {place}");
    }
    assert_eq!(found(&api, "FORCE_MATCH").await, 2, "{backend:?}");
    for (n, back) in all.iter().enumerate() {
        let shown = manager.get(&format!("/transactions/{}", back.payment)).await;
        assert_eq!(
            shown.says("Match by hand"),
            n > 0,
            "{backend:?} {n}: {}",
            shown.text
        );
    }
}

#[actix_web::test]
async fn of_many_resolved_at_once_only_the_blind_one_is_hidden() {
    for backend in both() {
        one_of_many(backend).await;
    }
}
