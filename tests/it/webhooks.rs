//! Webhooks: what happened is told, signed, in order for each exception, at least once, whatever the receiver does.

use std::{collections::BTreeMap, process::Command, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use docket::{
    auth::permission::Role,
    exceptions::{assign, claim, model::ResolutionKind},
    kernel::{
        id::ExceptionId,
        money::{Currency, Money},
    },
    webhooks::{
        commands, fan_out, form,
        model::{DeliveryState, SubscriptionRow, SubscriptionState, Topic},
        queries, rows,
    },
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use crate::{
    api_client::Api,
    harness::{Backend, TestApp, both},
    payments::Payments,
    receiver::{Mood, Received, Receiver},
};

const API: &str = "/api/v1/webhook-subscriptions";

/// A Docket that may call this machine.
async fn docket_on(backend: Backend) -> TestApp {
    TestApp::start_with(backend, |settings| settings.private_targets = true).await
}

async fn subscribe(app: &TestApp, receiver: &Receiver, topics: &[Topic]) -> (SubscriptionRow, String) {
    let wanted = form::read(&receiver.url, "Loan servicing", Ok(topics.to_vec()), true).unwrap();
    let (actor, vault) = (app.actor(Role::Owner).await, app.app.vault.clone());
    app.app
        .db
        .write(app.account, move |tx| commands::add(tx, &vault, &actor, &wanted))
        .await
        .unwrap()
}

/// Lets time pass, a minute at a time, until it is so.
async fn until(app: &TestApp, what: &str, is_so: impl AsyncFnMut() -> bool) {
    until_by(app, Duration::from_mins(1), what, is_so).await;
}

/// The same in steps so small that an access token lives through all of them.
async fn until_soon(app: &TestApp, what: &str, is_so: impl AsyncFnMut() -> bool) {
    until_by(app, Duration::from_secs(2), what, is_so).await;
}

async fn until_by(app: &TestApp, step: Duration, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..600 {
        if is_so().await {
            return;
        }
        app.clock.advance(step);
        app.app.jobs.wake();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}

async fn take_and_resolve(app: &TestApp, id: ExceptionId) {
    let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
    let finance = app.member(Role::Finance).await;
    app.app
        .db
        .write(app.account, move |tx| {
            claim::claim(tx, &clerk, id)?;
            assign::assign(tx, &manager, id, finance, None)
        })
        .await
        .unwrap();
    let browser = app.as_manager().await;
    let page = format!("/exceptions/{id}/resolve");
    let fields = [
        ("resolution_type", ResolutionKind::NoAction.as_str()),
        ("reason", "Paid by wire"),
        ("notes", "Paid again by wire."),
    ];
    browser.submit(&page, &page, &fields).await;
}

/// The types of what was accepted about an exception, repeats left out, in the order in which they first came.
fn told_of(received: &[Received], id: ExceptionId) -> Vec<String> {
    let mut ids = Vec::new();
    let mut told = Vec::new();
    for one in received {
        let body = one.json();
        if body["data"]["exceptionId"] == json!(id) && !ids.contains(&one.id) {
            ids.push(one.id.clone());
            told.push(body["type"].as_str().unwrap().to_owned());
        }
    }
    told
}

const LIFE: [&str; 6] = [
    "exception.created",
    "exception.assigned",
    "exception.status-changed",
    "exception.assigned",
    "exception.status-changed",
    "exception.resolved",
];

async fn a_life_is_told(backend: Backend) {
    let app = docket_on(backend).await;
    let before = app.raise().await;
    let receiver = Receiver::start(Mood::Well);
    let (_, secret) = subscribe(&app, &receiver, Topic::ALL).await;
    let id = app.raise().await;
    take_and_resolve(&app, id).await;
    until(&app, "all six came", async || {
        told_of(&receiver.accepted(), id).len() >= LIFE.len()
    })
    .await;
    let came = receiver.accepted();
    assert_eq!(told_of(&came, id), LIFE);
    assert!(
        told_of(&came, before).is_empty(),
        "of what was before nobody is told"
    );

    // The envelope, and RocketKOR's names in it.
    let created = came
        .iter()
        .find(|r| r.body.contains("exception.created"))
        .unwrap();
    let body = created.json();
    assert_eq!(body["id"], json!(created.id));
    let data = &body["data"];
    assert_eq!(data["exceptionType"], "ACH_RETURN");
    assert_eq!(data["exceptionCategory"], "TRANSACTION");
    assert_eq!(data["businessAccountId"], json!(app.account));
    assert_eq!(
        (&data["amount"], &data["returnCode"]),
        (&json!("123.54"), &json!("R01"))
    );
    let resolved = came
        .iter()
        .find(|r| r.body.contains("exception.resolved"))
        .unwrap();
    let data = &resolved.json()["data"];
    assert_eq!(
        (&data["previousStatus"], &data["status"], &data["resolutionType"]),
        (&json!("IN_PROGRESS"), &json!("RESOLVED"), &json!("NO_ACTION"))
    );

    // The signature is what the specification says, by an independent hand.
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    for one in &came {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.{}", one.id, one.timestamp, one.body).as_bytes());
        let wanted = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        assert_eq!(one.signature, wanted);
    }
}

#[actix_web::test]
async fn what_happens_to_an_exception_is_told_in_order_and_signed_on_both_databases() {
    for backend in both() {
        a_life_is_told(backend).await;
    }
}

async fn nothing_is_lost(backend: Backend) {
    let app = docket_on(backend).await;
    let receiver = Receiver::start(Mood::Down);
    subscribe(&app, &receiver, Topic::ALL).await;
    let mut ids = app.raise_many(6).await;
    take_and_resolve(&app, ids[0]).await;
    until(&app, "it was tried in vain", async || receiver.calls() > 10).await;
    assert!(receiver.accepted().is_empty());
    // Another node beside this one does its part, and nothing comes in disorder for it.
    app.restart();
    receiver.set(Mood::Lying);
    until(&app, "it lied of some", async || receiver.accepted().len() > 2).await;
    receiver.set(Mood::Flapping);
    ids.extend(app.raise_many(3).await);
    take_and_resolve(&app, ids[1]).await;
    take_and_resolve(&app, ids[7]).await;
    until(&app, "everything came", async || {
        let came = receiver.accepted();
        let told: usize = ids.iter().map(|id| told_of(&came, *id).len()).sum();
        told == 3 * LIFE.len() + 6 && waiting(&app).await == 0
    })
    .await;
    let came = receiver.accepted();
    for id in [ids[0], ids[1], ids[7]] {
        assert_eq!(told_of(&came, id), LIFE);
    }
    for id in [2, 3, 4, 5, 6, 8].map(|n| ids[n]) {
        assert_eq!(told_of(&came, id), ["exception.created"]);
    }
    // What came twice came with the same id and, but for time and signature, as the same bytes.
    let mut bodies: BTreeMap<&str, &str> = BTreeMap::new();
    for one in &came {
        assert_eq!(*bodies.entry(&one.id).or_insert(&one.body), one.body);
    }
    assert!(came.len() > bodies.len(), "none came twice");
}

async fn waiting(app: &TestApp) -> usize {
    let account = app.account;
    app.app
        .db
        .read(move |conn| {
            let mut n = 0;
            for row in queries::list(conn, account)? {
                n += rows::count_waiting(conn, account, row.id)?;
            }
            Ok(usize::try_from(n).unwrap())
        })
        .await
        .unwrap()
}

#[actix_web::test]
async fn down_then_flapping_then_lying_nothing_is_lost_and_order_is_kept_on_both_databases() {
    for backend in both() {
        nothing_is_lost(backend).await;
    }
}

/// A message that is refused holds up those about its own exception, and no others.
#[actix_web::test]
async fn a_slow_receiver_is_given_up_on_and_tried_again() {
    let app = docket_on(Backend::Sqlite).await;
    let receiver = Receiver::start(Mood::Slow);
    let (subscription, _) = subscribe(&app, &receiver, &[Topic::Created]).await;
    let id = app.raise().await;
    let api = Api::of(&app, Role::Owner).await;
    let path = format!("{API}/{}/deliveries", subscription.id);
    until_soon(&app, "it was given up on", async || {
        api.get(&path).await.text.contains("No answer within 5 seconds.")
    })
    .await;
    receiver.set(Mood::Well);
    until_soon(&app, "it came", async || {
        !told_of(&receiver.accepted(), id).is_empty()
    })
    .await;
    receiver.set(Mood::Redirects);
    app.raise().await;
    until_soon(&app, "the redirect was refused", async || {
        api.get(&path)
            .await
            .text
            .contains("Refused with 307: redirects are not followed.")
    })
    .await;
    assert_eq!(receiver.accepted().len(), 1, "a redirect is not followed");
}

#[actix_web::test]
async fn after_three_days_in_vain_it_is_suspended_and_resumed_with_everything_that_waited() {
    let app = docket_on(Backend::Sqlite).await;
    let receiver = Receiver::start(Mood::Down);
    let (subscription, _) = subscribe(&app, &receiver, &[Topic::Created, Topic::Assigned]).await;
    let first = app.raise().await;
    let state = async || {
        let (account, id) = (app.account, subscription.id);
        let row = app.app.db.read(move |conn| queries::get(conn, account, id)).await;
        row.unwrap()
    };
    until(&app, "it was tried", async || state().await.failures > 0).await;
    app.wait(71 * 60);
    until(&app, "it is suspended", async || {
        state().await.state == SubscriptionState::Suspended
    })
    .await;
    let second = app.raise().await;
    let owner = app.as_owner().await;
    let page = format!("/settings/webhooks/{}", subscription.id);
    let shown = owner.get(&page).await;
    assert!(shown.says("for three days. Nothing is lost"), "{}", shown.text);
    assert!(
        owner
            .get("/settings/history")
            .await
            .says("suspended after three days in vain")
    );
    let calls = receiver.calls();
    receiver.set(Mood::Well);
    for _ in 0..5 {
        app.wait(60);
        app.app.jobs.wake();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(receiver.calls(), calls, "a suspended one is not called");
    let owner = app.as_owner().await;
    owner
        .submit(&page, &format!("{page}/state"), &[("state", "ACTIVE")])
        .await;
    until(&app, "both came", async || receiver.accepted().len() >= 2).await;
    for id in [first, second] {
        assert_eq!(told_of(&receiver.accepted(), id), ["exception.created"]);
    }
}

#[actix_web::test]
async fn due_times_and_transactions_are_told() {
    let app = docket_on(Backend::Sqlite).await;
    let receiver = Receiver::start(Mood::Well);
    let topics = [Topic::DueSoon, Topic::Overdue, Topic::TransactionMoved];
    subscribe(&app, &receiver, &topics).await;
    let pay = Payments::of(&app).await;
    let api = Api::of(&app, Role::Finance).await;
    let row = pay.post(pay.payment(12_354)).await;
    let path = format!("/api/v1/transactions/{}/status", row.id);
    let moved = api
        .post(&path, &json!({"status": "PENDING", "message": "Taken"}))
        .await;
    assert_eq!(moved.status, 200, "{}", moved.text);
    // As severe as can be: it does not rise, so its due time stays.
    let mut severe = app.a_return();
    severe.amount = Some(Money::new(20_000_000, Currency::USD));
    let id = app.raise_as(severe).await;
    until(&app, "the transaction is told", async || {
        !receiver.accepted().is_empty()
    })
    .await;
    let data = receiver.accepted()[0].json();
    assert_eq!(data["type"], "transactions.status-changed");
    let data = &data["data"];
    assert_eq!(
        (&data["previousStatus"], &data["status"], &data["amount"]),
        (&json!("NEW"), &json!("PENDING"), &json!("123.54"))
    );
    let masked = data["creditMaskedAccountNumber"].as_str().unwrap();
    assert!(masked.starts_with("******") && masked.len() == 10, "{masked}");

    let due_at = app.exception(id).await.due_at;
    let (now, created) = (app.app.clock.now(), app.exception(id).await.created_at);
    let left = (due_at.since(created) / 4).saturating_sub(Duration::from_mins(1));
    app.clock.advance(due_at.since(now).saturating_sub(left));
    docket::notifications::clock::run(&app.app).await.unwrap();
    app.clock
        .advance(due_at.since(app.app.clock.now()) + Duration::from_mins(1));
    docket::notifications::clock::run(&app.app).await.unwrap();
    until(&app, "both warnings came", async || {
        told_of(&receiver.accepted(), id).len() >= 2
    })
    .await;
    assert_eq!(
        told_of(&receiver.accepted(), id),
        ["exception.due-soon", "exception.overdue"]
    );
}

/// Another business account's exceptions are told to nobody here; and what a subscription does not want, neither.
#[actix_web::test]
async fn only_ones_own_and_only_what_is_wanted() {
    let app = docket_on(Backend::Sqlite).await;
    let (all, few) = (Receiver::start(Mood::Well), Receiver::start(Mood::Well));
    subscribe(&app, &all, Topic::ALL).await;
    subscribe(&app, &few, &[Topic::Resolved]).await;
    let strange = Api::in_account(&app, app.other, Role::Clerk).await;
    let made = strange
        .post(
            "/api/v1/exceptions",
            &json!({"type": "ACH_RETURN", "returnCode": "R01", "description": "Theirs"}),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = app.raise().await;
    take_and_resolve(&app, id).await;
    until(&app, "all came", async || all.accepted().len() >= LIFE.len()).await;
    until(&app, "one came", async || !few.accepted().is_empty()).await;
    assert_eq!(all.accepted().len(), LIFE.len());
    assert!(!all.accepted().iter().any(|r| r.body.contains("Theirs")));
    assert_eq!(told_of(&few.accepted(), id), ["exception.resolved"]);
    let of = |receiver: &Receiver| {
        let found = receiver
            .accepted()
            .into_iter()
            .find(|r| r.body.contains("exception.resolved"));
        found.unwrap().id
    };
    assert_eq!(of(&all), of(&few), "a message has one id, whoever is told");
}

#[actix_web::test]
async fn a_subscription_is_made_changed_and_followed_through_the_api() {
    let app = docket_on(Backend::Sqlite).await;
    let receiver = Receiver::start(Mood::Down);
    let api = Api::of(&app, Role::Admin).await;
    let sent = json!({"url": receiver.url, "eventTypes": ["exception.created"], "description": "Ours"});
    let made = api.post(API, &sent).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert!(!made.text.contains("whsec_"));
    let path = made.header("location").to_owned();
    let secret = api.post(&format!("{path}/secret"), &json!({})).await.json();
    assert!(secret["secret"].as_str().unwrap().starts_with("whsec_"));
    let list = api.get(API).await.json();
    assert_eq!(list["items"][0]["eventTypes"], json!(["exception.created"]));

    for (wrong, field) in [
        (
            json!({"url": "http://example.com/", "eventTypes": ["exception.created"]}),
            "url",
        ),
        (json!({"url": receiver.url, "eventTypes": []}), "eventTypes"),
        (
            json!({"url": receiver.url, "eventTypes": ["exception.lost"]}),
            "eventTypes",
        ),
    ] {
        assert_eq!(api.post(API, &wrong).await.wrong_fields(), [field], "{wrong}");
    }

    let both = api
        .post(API, &json!({"url": "x", "eventTypes": ["exception.lost"]}))
        .await;
    assert_eq!(both.problem(400), "BAD_REQUEST");
    assert_eq!(both.wrong_fields(), ["url", "eventTypes"]);

    let id = app.raise().await;
    let deliveries = format!("{path}/deliveries");
    until_soon(&app, "it was refused", async || {
        api.get(&deliveries).await.text.contains("Refused with 503.")
    })
    .await;
    let waiting = api.get(&format!("{deliveries}?state=WAITING")).await.json();
    let message = &waiting["items"][0];
    assert_eq!(message["subjectId"], json!(id));
    assert_eq!(message["attempts"][0]["status"], 503);
    let one = format!("{deliveries}/{}", message["id"].as_str().unwrap());
    receiver.set(Mood::Well);
    let again = api.post(&format!("{one}/resend"), &json!({})).await;
    assert_eq!(again.json()["state"], "WAITING", "{}", again.text);
    until_soon(&app, "it came", async || {
        api.get(&one).await.json()["state"] == "DELIVERED"
    })
    .await;
    let first = receiver.accepted()[0].clone();
    assert_eq!(json!(first.id), message["messageId"]);
    api.post(&format!("{one}/resend"), &json!({})).await;
    until_soon(&app, "it came again", async || receiver.accepted().len() == 2).await;
    assert_eq!(
        (&receiver.accepted()[1].id, &receiver.accepted()[1].body),
        (&first.id, &first.body)
    );

    let suspended = api.post(&format!("{path}/suspend"), &json!({})).await.json();
    assert_eq!(suspended["state"], "SUSPENDED");
    let changed = api
        .send(
            reqwest::Method::PATCH,
            &path,
            &json!({"description": "Theirs"}),
            &[],
        )
        .await
        .json();
    assert_eq!(
        (&changed["description"], &changed["url"]),
        (&json!("Theirs"), &json!(receiver.url))
    );
    // What changes nothing is not done.
    for nothing in [json!({}), json!({"state": "SUSPENDED"})] {
        let refused = api.send(reqwest::Method::PATCH, &path, &nothing, &[]).await;
        assert_eq!(refused.problem(400), "BAD_REQUEST");
        assert!(refused.text.contains("Say what to change"), "{}", refused.text);
    }
    let resumed = api.post(&format!("{path}/resume"), &json!({})).await.json();
    assert_eq!(resumed["state"], "ACTIVE");
    let strange = Api::in_account(&app, app.other, Role::Owner).await;
    for theirs in [&path, &deliveries, &one] {
        assert_eq!(strange.get(theirs).await.problem(404), "NOT_FOUND");
    }
    let clerk = Api::of(&app, Role::Clerk).await;
    assert_eq!(clerk.get(API).await.problem(403), "FORBIDDEN");
    let gone = api.send(reqwest::Method::DELETE, &path, &json!({}), &[]).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert_eq!(api.get(&path).await.problem(404), "NOT_FOUND");
}

#[actix_web::test]
async fn private_addresses_are_refused_when_typed_and_when_called() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::Owner).await;
    for url in [
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://169.254.169.254/",
        "https://10.0.0.1/",
        "https://localhost/",
        "http://example.com/",
        "file:///etc/passwd",
        "https://example.com:22/",
    ] {
        let sent = json!({"url": url, "eventTypes": ["exception.created"]});
        assert_eq!(api.post(API, &sent).await.wrong_fields(), ["url"], "{url}");
    }
    // A name that has turned to this machine since it was typed: judged again at the call.
    let receiver = Receiver::start(Mood::Well);
    let (subscription, _) = subscribe(&app, &receiver, &[Topic::Created]).await;
    app.raise().await;
    let path = format!("{API}/{}/deliveries", subscription.id);
    until_soon(&app, "it was refused", async || {
        api.get(&path)
            .await
            .text
            .contains("private address, which Docket does not call")
    })
    .await;
    assert_eq!(receiver.calls(), 0);
}

/// What is sealed stays sealed, and the former secret signs beside the new one for a day.
#[actix_web::test]
async fn a_new_secret_overlaps_with_the_former_one() {
    let app = docket_on(Backend::Sqlite).await;
    let receiver = Receiver::start(Mood::Well);
    let (row, _) = subscribe(&app, &receiver, &[Topic::Created]).await;
    let owner = app.as_owner().await;
    let page = format!("/settings/webhooks/{}", row.id);
    let shown = owner.submit(&page, &format!("{page}/secret"), &[]).await;
    let secret = shown.attribute("input[id='new-secret']", "value").remove(0);
    assert!(secret.starts_with("whsec_"));
    assert!(!owner.get(&page).await.text.contains(&secret));
    app.raise().await;
    until(&app, "it came", async || receiver.accepted().len() == 1).await;
    assert_eq!(receiver.accepted()[0].signature.split(' ').count(), 2);
    app.wait(24 * 60);
    app.raise().await;
    until(&app, "it came", async || receiver.accepted().len() == 2).await;
    assert_eq!(receiver.accepted()[1].signature.split(' ').count(), 1);
    let log = app.as_owner().await.get("/settings/history").await;
    assert!(log.says("has a new secret") && !log.text.contains("whsec_"));
}

#[actix_web::test]
async fn what_was_delivered_is_kept_for_thirty_days() {
    let app = docket_on(Backend::Sqlite).await;
    let receiver = Receiver::start(Mood::Well);
    let (row, _) = subscribe(&app, &receiver, &[Topic::Created]).await;
    app.raise().await;
    until(&app, "it came", async || {
        waiting(&app).await == 0 && !receiver.accepted().is_empty()
    })
    .await;
    let left = async || {
        let (account, id) = (app.account, row.id);
        let found = app
            .app
            .db
            .read(move |conn| rows::last_delivered(conn, account, id))
            .await;
        found.unwrap().is_some()
    };
    app.wait(29 * 24 * 60);
    fan_out::forget(&app.app).await.unwrap();
    assert!(left().await);
    app.wait(2 * 24 * 60);
    fan_out::forget(&app.app).await.unwrap();
    assert!(!left().await);
    assert_eq!(DeliveryState::ALL.len(), 2);
}

/// The shell function of docs/webhooks.md tells what is ours from what is not.
#[actix_web::test]
async fn the_verification_of_the_documentation_works() {
    let app = docket_on(Backend::Sqlite).await;
    let receiver = Receiver::start(Mood::Well);
    let (_, secret) = subscribe(&app, &receiver, &[Topic::Created]).await;
    app.raise().await;
    until(&app, "it came", async || !receiver.accepted().is_empty()).await;
    let told = receiver.accepted().remove(0);
    let document = include_str!("../../docs/webhooks.md");
    let function = document
        .split("```sh\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let verifies = |body: &str, signature: &str| {
        let mut bash = Command::new("bash");
        let script = format!("{function}\nverify \"$@\"");
        bash.args(["-euo", "pipefail", "-c", &script, "verify"]);
        bash.args([&secret, &told.id, &told.timestamp, body, signature]);
        bash.status().unwrap().success()
    };
    assert!(verifies(&told.body, &told.signature));
    assert!(verifies(&told.body, &format!("v1,AAAA {}", told.signature)));
    assert!(!verifies(&told.body.replace("R01", "R02"), &told.signature));
    assert!(!verifies(&told.body, "v1,AAAA"));
}
