//! A client that repeats itself: every writing call of the API, sent several times at once, cut off by kill -9 and sent
//! again. Each has its effect once, and every answer to it is the first one, byte for byte.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use diesel::prelude::*;
use docket::{
    db::{
        DbUrl,
        connection::Purpose,
        schema::{history_events, imports},
    },
    history::{EventKind, model::Anything},
    imports::model::ImportState,
    kernel::id::{Id, ServiceAccountId},
};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::{crash::Running, harness::Browser, replay::Dice, service_accounts::shown_key};

/// So many calls, each with a key of its own, are sent at random.
const CALLS: usize = 1_000;

/// So many of them at once, before Docket is killed.
const AT_ONCE: usize = 20;

/// What a call is about. Each call gets one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    Nothing,
    Exception,
    /// An exception about a transaction.
    Break,
    Note,
    Dispute,
    Lost,
    Transaction,
    Settled,
    Account,
    Suspended,
    Approval,
    Webhook,
    Paused,
    /// A file that is checked and not imported.
    File,
}

/// A writing call; `{}` in its path and body stands for what it is about, `{n}` in the body for a number of its own. A
/// body that is no JSON is a file.
struct Call(Method, &'static str, &'static str, About);

const EDIT: &str = r#"{"debitFinancialAccountId": "{own}", "creditFinancialAccountId": "{payee}", "amount": "2.00",
    "paymentReasonId": "payroll"}"#;

const PAY: &str = r#"{"debitFinancialAccountId": "{own}", "creditFinancialAccountId": "{payee}", "transactionType": "SEND",
    "solution": "ach", "amount": "1.00", "paymentReasonId": "payroll", "settlementPriority": "NEXT_DAY",
    "metadata": {"rkorACHEntryType": "CCD", "invoice": "{n}"}}"#;

const RAISE: &str = r#"{"type": "ACH_RETURN", "returnCode": "R01", "description": "Came back {n}"}"#;

const FILE: &str =
    "Reference,Type,Description\nF-{n}-1,RECONCILIATION,First of {n}\nF-{n}-2,RECONCILIATION,Second of {n}\n";

#[rustfmt::skip] // a table
const TABLE: &[Call] = &[
    Call(Method::POST, "/api/v1/exceptions", RAISE, About::Nothing),
    Call(Method::POST, "/api/v1/exceptions", r#"{"exceptions": [{"type": "ACH_NOC", "returnCode": "C01", "description": "Many {n}"},
        {"type": "NO_SUCH", "description": "x"}]}"#, About::Nothing),
    Call(Method::PATCH, "/api/exceptions/{}", r#"{"assignedTo": {"id": "{member}"}}"#, About::Exception),
    Call(Method::POST, "/api/v1/exceptions/{}/assign", r#"{"assignee": "clerk@demo.test"}"#, About::Exception),
    Call(Method::POST, "/api/v1/exceptions/{}/resolve", r#"{"resolution": "Paid {n}", "reason": "Asked"}"#, About::Exception),
    Call(Method::POST, "/api/v1/exceptions/{}/force-match", r#"{"overrideReason": "OPS_APPROVAL", "notes": "n {n}"}"#, About::Break),
    Call(Method::POST, "/api/v1/exceptions/{}/adjust-entry", r#"{"reasonCode": "AMOUNT_CORRECTION", "notes": "n {n}", "amount": 1.5,
        "currency": "USD", "effectiveAt": "2026-11-02T10:00:00Z"}"#, About::Break),
    Call(Method::POST, "/api/v1/exceptions/{}/comments", r#"{"content": "Said {n}"}"#, About::Exception),
    Call(Method::POST, "/api/v1/exceptions/{}/disputes", r#"{"category": "AMOUNT_MISMATCH", "description": "Less {n}"}"#, About::Exception),
    Call(Method::POST, "/api/v1/exceptions/bulk/assign", r#"{"exceptionIds": ["{}"], "assignee": "clerk@demo.test"}"#, About::Exception),
    Call(Method::POST, "/api/v1/exceptions/bulk/resolve", r#"{"exceptionIds": ["{}"], "resolution": "All {n}"}"#, About::Exception),
    Call(Method::POST, "/api/v1/disputes/{}/evidence", r#"{"comment": "See {n}"}"#, About::Dispute),
    Call(Method::POST, "/api/v1/disputes/{}/request-evidence", "{}", About::Dispute),
    Call(Method::POST, "/api/v1/disputes/{}/close", r#"{"resolution": "Kept {n}", "won": true}"#, About::Dispute),
    Call(Method::POST, "/api/v1/disputes/{}/reopen", r#"{"reason": "New facts {n}"}"#, About::Lost),
    Call(Method::POST, "/api/v1/notes", r#"{"entityId": "{}", "entityType": "TRANSACTION", "title": "Note {n}"}"#, About::Transaction),
    Call(Method::PATCH, "/api/v1/notes/{}", r#"{"title": "Other {n}"}"#, About::Note),
    Call(Method::POST, "/api/v1/transactions", PAY, About::Nothing),
    Call(Method::PUT, "/api/v1/transactions/{}", EDIT, About::Transaction),
    Call(Method::POST, "/api/v1/transactions/{}/status", r#"{"status": "PENDING", "message": "m {n}"}"#, About::Transaction),
    Call(Method::POST, "/api/v1/transactions/{}/reverse", r#"{"reversalReason": "DUPLICATE_PAYMENT"}"#, About::Settled),
    Call(Method::POST, "/api/v1/financial-accounts/{}/suspend", r#"{"reason": "Fraud {n}"}"#, About::Account),
    Call(Method::POST, "/api/v1/financial-accounts/{}/unsuspend", r#"{"reason": "Cleared {n}"}"#, About::Suspended),
    Call(Method::POST, "/api/v1/approvals/{}/approve", r#"{"comment": "Fine {n}"}"#, About::Approval),
    Call(Method::POST, "/api/v1/approvals/{}/reject", r#"{"reason": "Not so {n}"}"#, About::Approval),
    Call(Method::POST, "/api/v1/webhook-subscriptions", r#"{"url": "https://hooks.test/{n}", "eventTypes": ["exception.overdue"]}"#, About::Nothing),
    Call(Method::PATCH, "/api/v1/webhook-subscriptions/{}", r#"{"description": "Theirs {n}"}"#, About::Webhook),
    Call(Method::POST, "/api/v1/webhook-subscriptions/{}/suspend", "{}", About::Webhook),
    Call(Method::POST, "/api/v1/webhook-subscriptions/{}/resume", "{}", About::Paused),
    Call(Method::POST, "/api/v1/imports", FILE, About::Nothing),
    Call(Method::POST, "/api/v1/imports?run=false", FILE, About::Nothing),
    Call(Method::POST, "/api/v1/imports/{}/run", "{}", About::File),
    Call(Method::DELETE, "/api/v1/imports/{}", "{}", About::File),
];

/// How often each call may be sent: a business account has at most 20 subscriptions.
fn most() -> Vec<usize> {
    let of = |call: &Call| if call.1.contains("webhook") { 3 } else { CALLS };
    TABLE.iter().map(of).collect()
}

/// What all calls share.
struct Desk {
    client: Client,
    token: String,
    /// What stands for these words in a body.
    words: Vec<(&'static str, String)>,
}

/// One call with all that belongs to it.
#[derive(Clone)]
struct Request {
    method: Method,
    path: String,
    body: Sent,
    key: String,
}

#[derive(Clone)]
enum Sent {
    Json(Value),
    File(String),
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    status: StatusCode,
    location: Option<String>,
    body: String,
}

impl Desk {
    /// Sends it once; nothing when Docket was killed, or is still busy with the same.
    async fn send(&self, url: &str, request: &Request) -> Option<(Answer, bool)> {
        let Request {
            method,
            path,
            body,
            key,
        } = request;
        let call = self
            .client
            .request(method.clone(), format!("{url}{path}"))
            .bearer_auth(&self.token)
            .header("Idempotency-Key", key);
        let call = match body {
            Sent::Json(body) => call.json(body),
            Sent::File(file) => call.header("Content-Type", "text/csv").body(file.clone()),
        };
        let answer = call.send().await.ok()?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.text().await.ok()?;
        if status == StatusCode::CONFLICT && headers.contains_key("retry-after") {
            return None;
        }
        assert!(status.is_success(), "{method} {path}: {status} {body}");
        let is_replay = headers.contains_key("x-idempotency-replayed");
        let location = headers.get("location").map(|l| l.to_str().unwrap().to_owned());
        Some((
            Answer {
                status,
                location,
                body,
            },
            is_replay,
        ))
    }

    /// A call that must succeed; its body.
    async fn done(&self, url: &str, method: Method, path: &str, body: Value) -> Value {
        let key = uuid::Uuid::now_v7().to_string();
        let request = Request {
            method,
            path: path.to_owned(),
            body: Sent::Json(body),
            key,
        };
        let (answer, _) = self.send(url, &request).await.unwrap();
        serde_json::from_str(&answer.body).unwrap_or_default()
    }

    async fn made(&self, url: &str, path: &str, body: Value) -> String {
        let told = self.done(url, Method::POST, path, body).await;
        told["id"].as_str().unwrap().to_owned()
    }

    fn body(&self, text: &str, about: &str, n: usize) -> Value {
        let mut text = text
            .replace(r#""{}""#, &format!("\"{about}\""))
            .replace("{n}", &n.to_string());
        for (word, value) in &self.words {
            text = text.replace(word, value);
        }
        serde_json::from_str(&text).unwrap()
    }

    /// Something for a call to be about.
    async fn prepare(&self, docket: &Docket<'_>, about: About, n: usize) -> String {
        let url = docket.url;
        let act = async |path: &str, body: Value| self.done(url, Method::POST, path, body).await;
        match about {
            About::Nothing => String::new(),
            About::Exception => {
                let body = self.body(RAISE, "", n);
                self.made(url, "/api/v1/exceptions", body).await
            }
            About::Break => {
                let payment = self.pay(url, n).await;
                let body = json!({"type": "RECONCILIATION", "description": "Not in the ledger", "transactionId": payment});
                self.made(url, "/api/v1/exceptions", body).await
            }
            About::Note => {
                let body = json!({"entityId": self.pay(url, n).await, "entityType": "TRANSACTION", "title": "A note"});
                self.made(url, "/api/v1/notes", body).await
            }
            About::Dispute => {
                let exception = self
                    .made(url, "/api/v1/exceptions", self.body(RAISE, "", n))
                    .await;
                let body = json!({"category": "AMOUNT_MISMATCH", "description": "A dollar less"});
                self.made(url, &format!("/api/v1/exceptions/{exception}/disputes"), body)
                    .await
            }
            About::Lost => {
                let id = Box::pin(self.prepare(docket, About::Dispute, n)).await;
                let body = json!({"resolution": "Kept", "won": false});
                act(&format!("/api/v1/disputes/{id}/close"), body).await;
                id
            }
            About::Transaction => self.pay(url, n).await,
            About::Settled => {
                let id = self.pay(url, n).await;
                for status in ["PENDING", "PROCESSING", "SETTLED"] {
                    act(
                        &format!("/api/v1/transactions/{id}/status"),
                        json!({"status": status}),
                    )
                    .await;
                }
                id
            }
            About::Account => docket.take_account(),
            About::Suspended => {
                let id = docket.take_account();
                act(
                    &format!("/api/v1/financial-accounts/{id}/suspend"),
                    json!({"reason": "x"}),
                )
                .await;
                id
            }
            About::Approval => docket.ask(self, n).await,
            About::File => {
                let checked = Call(Method::POST, "/api/v1/imports?run=false", FILE, About::Nothing);
                let mut request = self.request(&checked, "", n);
                request.key = format!("file-of-{n}");
                let (answer, _) = self.send(url, &request).await.unwrap();
                let told: Value = serde_json::from_str(&answer.body).unwrap();
                told["id"].as_str().unwrap().to_owned()
            }
            About::Webhook => {
                let body =
                    json!({"url": format!("https://hooks.test/of/{n}"), "eventTypes": ["exception.overdue"]});
                self.made(url, "/api/v1/webhook-subscriptions", body).await
            }
            About::Paused => {
                let id = Box::pin(self.prepare(docket, About::Webhook, n)).await;
                act(&format!("/api/v1/webhook-subscriptions/{id}/suspend"), json!({})).await;
                id
            }
        }
    }

    async fn pay(&self, url: &str, n: usize) -> String {
        self.made(url, "/api/v1/transactions", self.body(PAY, "", n))
            .await
    }

    fn request(&self, call: &Call, about: &str, n: usize) -> Request {
        let Call(method, path, body, _) = call;
        Request {
            method: method.clone(),
            path: path.replace("{}", about),
            body: if body.starts_with('{') {
                Sent::Json(self.body(body, about, n))
            } else {
                Sent::File(body.replace("{n}", &n.to_string()))
            },
            key: format!("interleaving-{n}"),
        }
    }
}

/// What the preparation takes from besides the API.
struct Docket<'a> {
    url: &'a str,
    clerk: Browser,
    accounts: std::cell::RefCell<Vec<String>>,
}

impl Docket<'_> {
    fn take_account(&self) -> String {
        self.accounts
            .borrow_mut()
            .pop()
            .expect("there are accounts enough")
    }

    /// A clerk asks for a payment that a second person decides on.
    async fn ask(&self, desk: &Desk, n: usize) -> String {
        let of = |word| desk.words.iter().find(|(w, _)| *w == word).unwrap().1.as_str();
        // No two requests are the same.
        let amount = format!("{}", 10_000 + n);
        let fields = [
            ("transaction_type", "SEND"),
            ("solution", "ach"),
            ("debit_financial_account_id", of("{own}")),
            ("credit_financial_account_id", of("{payee}")),
            ("amount", &amount),
            ("currency", "USD"),
            ("payment_reason_id", "payroll"),
            ("settlement_priority", "NEXT_DAY"),
        ];
        let new = "/transactions/new";
        let look = self.clerk.submit(new, new, &fields).await;
        let asked = self
            .clerk
            .submit_shown(&look, "/transactions/new/confirm", &[])
            .await;
        assert!(asked.says("It waits for approval."), "{}", asked.text);
        let path = asked.path.split('?').next().unwrap();
        path.rsplit('/').next().unwrap().to_owned()
    }
}

/// How many events the service account has written.
fn written(data: &Path, by: ServiceAccountId) -> i64 {
    let mut conn = DbUrl::Sqlite(data.join("docket.db")).open(Purpose::Read).unwrap();
    history_events::table
        .filter(history_events::actor_id.eq(Id::<Anything>::from_uuid(by.uuid())))
        .filter(history_events::kind.ne(EventKind::Login))
        .count()
        .get_result(&mut conn)
        .unwrap()
}

/// Waits until the imports are done: those of a process that was killed go on when its lease is over.
async fn imports_are_done(data: &Path) {
    let mut conn = DbUrl::Sqlite(data.join("docket.db")).open(Purpose::Read).unwrap();
    for _ in 0..3_000 {
        let left: i64 = imports::table
            .filter(imports::state.eq_any([ImportState::Queued, ImportState::Running]))
            .count()
            .get_result(&mut conn)
            .unwrap();
        if left == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("some import is never done");
}

/// A service account that may do everything, and a token of it.
async fn token(url: &str) -> (ServiceAccountId, String) {
    let owner = Browser::new(url);
    owner.sign_in("owner@demo.test", "docket-demo-only").await;
    let new = "/settings/service-accounts/new";
    let fields = [("name", "Repeats itself"), ("role", "OWNER"), ("life", "90")];
    let shown = owner.submit(new, new, &fields).await;
    let (key, secret) = shown_key(&shown);
    let told = Client::new()
        .post(format!("{url}/api/v1/api-keys/exchange"))
        .basic_auth(key, Some(secret));
    let told: Value = told.send().await.unwrap().json().await.unwrap();
    let list = owner.get("/settings/service-accounts").await;
    let ids = list.attribute("a[href^='/settings/service-accounts/']", "href");
    let mut named = Vec::new();
    for href in ids.iter().filter(|href| !href.ends_with("/new")) {
        if owner.get(href).await.says("Repeats itself") {
            named.push(href.rsplit('/').next().unwrap().parse().unwrap());
        }
    }
    (named[0], told["access_token"].as_str().unwrap().to_owned())
}

async fn desk(url: &str, token: String) -> (Desk, Vec<String>) {
    let mut desk = Desk {
        client: Client::new(),
        token,
        words: Vec::new(),
    };
    let get = async |path: &str| -> Value {
        let call = desk.client.get(format!("{url}{path}")).bearer_auth(&desk.token);
        call.send().await.unwrap().json().await.unwrap()
    };
    let accounts = get("/api/v1/financial-accounts?size=200").await;
    let all = accounts["content"].as_array().unwrap();
    let of = |category: &str| -> Vec<String> {
        let fits = |a: &&Value| a["category"] == category && a["state"] == "ACTIVE";
        let ids = all
            .iter()
            .filter(fits)
            .map(|a| a["id"].as_str().unwrap().to_owned());
        ids.collect()
    };
    let (own, mut others) = (of("INTERNAL").remove(0), of("EXTERNAL"));
    let held = get("/api/exceptions?size=200").await;
    // One of those with a role of their own: one of the other clerks is away.
    let roles = ["owner", "manager", "clerk", "finance"].map(|role| format!("{role}@demo.test"));
    let mut holders = held["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["assignedTo"]);
    let member = holders.find(|whom| roles.iter().any(|role| whom["email"] == *role));
    let member = member.and_then(|whom| whom["id"].as_str()).unwrap();
    desk.words = vec![
        ("{own}", own),
        ("{payee}", others.remove(0)),
        ("{member}", member.to_owned()),
    ];
    (desk, others)
}

/// Sends each request up to three times at once, and kills Docket meanwhile; gives what was answered.
async fn cut_off(
    desk: &Arc<Desk>,
    docket: Running,
    requests: &[Request],
    dice: &mut Dice,
) -> Vec<Vec<(Answer, bool)>> {
    let mut sent = Vec::new();
    for request in requests {
        let mut copies = Vec::new();
        for _ in 0..=dice.throw(3) {
            let (desk, request, url) = (Arc::clone(desk), request.clone(), docket.url.clone());
            let pause = Duration::from_millis(dice.throw(120) as u64);
            copies.push(actix_web::rt::spawn(async move {
                tokio::time::sleep(pause).await;
                desk.send(&url, &request).await
            }));
        }
        sent.push(copies);
    }
    tokio::time::sleep(Duration::from_millis(10 + dice.throw(200) as u64)).await;
    docket.kill();
    let mut answers = Vec::new();
    for copies in sent {
        let mut of_one = Vec::new();
        for copy in copies {
            of_one.extend(copy.await.unwrap());
        }
        answers.push(of_one);
    }
    answers
}

#[actix_web::test]
async fn a_thousand_calls_that_are_repeated_and_cut_off_have_each_effect_once() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [("DOCKET_API_CALLS_PER_MINUTE", "1000000")];
    let start = async || Running::start_set(folder.path(), 300, &settings).await;
    let mut docket = start().await;
    let (me, token) = token(&docket.url).await;
    let (desk, accounts) = desk(&docket.url, token).await;
    let (desk, mut dice) = (Arc::new(desk), Dice(1));
    let clerk = Browser::new(&docket.url);
    clerk.sign_in("clerk@demo.test", "docket-demo-only").await;

    // Each call in peace: how many events it writes. And what all the others are about.
    let mut requests = Vec::new();
    let mut expected = BTreeMap::new();
    {
        let url = docket.url.clone();
        let from = Docket {
            url: &url,
            clerk,
            accounts: accounts.into(),
        };
        for (at, call) in TABLE.iter().enumerate() {
            let about = desk.prepare(&from, call.3, at).await;
            let before = written(folder.path(), me);
            let request = desk.request(call, &about, at);
            let first = desk.send(&url, &request).await.unwrap();
            assert!(
                !first.1,
                "{} {} was never sent before",
                request.method, request.path
            );
            let again = desk.send(&url, &request).await.unwrap();
            assert_eq!(again, (first.0, true), "{} {}", request.method, request.path);
            imports_are_done(folder.path()).await;
            let events = written(folder.path(), me) - before;
            assert!(events > 0, "{} {} writes nothing", request.method, request.path);
            expected.insert(at, events);
        }
        let (mut left, mut turn) = (most(), (0..TABLE.len()).cycle());
        for n in 0..CALLS {
            let at = turn.find(|at| left[*at] > 0).unwrap();
            left[at] -= 1;
            let about = desk.prepare(&from, TABLE[at].3, 1_000 + n).await;
            requests.push((at, desk.request(&TABLE[at], &about, 1_000 + n)));
        }
    }
    let before = written(folder.path(), me);
    for n in (1..requests.len()).rev() {
        requests.swap(n, dice.throw(n + 1));
    }

    let (mut unanswered, mut replays) = (0, 0);
    for round in requests.chunks(AT_ONCE) {
        let round: Vec<Request> = round.iter().map(|(_, request)| request.clone()).collect();
        let answers = cut_off(&desk, docket, &round, &mut dice).await;
        docket = start().await;
        for (request, mut answers) in round.iter().zip(answers) {
            unanswered += usize::from(answers.is_empty());
            // Whoever got no answer asks again, and so does whoever is not sure.
            answers.push(desk.send(&docket.url, request).await.unwrap());
            answers.push(desk.send(&docket.url, request).await.unwrap());
            replays += answers.iter().filter(|(_, is_replay)| *is_replay).count();
            let first = answers.iter().filter(|(_, is_replay)| !is_replay).count();
            assert!(
                first <= 1,
                "{} {} was done {first} times",
                request.method,
                request.path
            );
            let same = answers.iter().all(|(answer, _)| *answer == answers[0].0);
            assert!(same, "{} {}: {answers:?}", request.method, request.path);
        }
    }
    imports_are_done(folder.path()).await;
    docket.kill();
    assert!(
        unanswered > 50 && replays > CALLS,
        "nothing was cut off: {unanswered} without an answer, {replays} replays"
    );
    let effects: i64 = requests.iter().map(|(at, _)| expected[at]).sum();
    assert_eq!(
        written(folder.path(), me) - before,
        effects,
        "each effect exactly once"
    );
}
