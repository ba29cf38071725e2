//! Docket is killed again and again while it tells: nothing is lost, and what comes twice has the same id.

use std::{collections::BTreeMap, time::Duration};

use reqwest::Client;
use serde_json::{Value, json};

use crate::{
    crash::Running,
    harness::Browser,
    receiver::{Mood, Receiver},
};

pub async fn token(docket: &Running) -> String {
    let url = format!("{}/api/v1/api-keys/exchange", docket.url);
    let told = Client::new()
        .post(url)
        .basic_auth("demo-key", Some("demo-secret"));
    let told: Value = told.send().await.unwrap().json().await.unwrap();
    told["access_token"].as_str().unwrap().to_owned()
}

pub async fn post(docket: &Running, path: &str, body: &Value) -> Value {
    let url = format!("{}{path}", docket.url);
    let call = Client::new()
        .post(url)
        .bearer_auth(token(docket).await)
        .json(body);
    let answer = call.send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    answer.json().await.unwrap()
}

/// Raises `n`, and gives their ids.
pub async fn raise(docket: &Running, n: usize) -> Vec<String> {
    let one = json!({"type": "ACH_RETURN", "returnCode": "R01", "description": "Came back"});
    let sent = json!({"exceptions": vec![one; n]});
    let told = post(docket, "/api/v1/exceptions", &sent).await;
    let results = told["results"].as_array().unwrap();
    results
        .iter()
        .map(|r| r["exceptionId"].as_str().unwrap().to_owned())
        .collect()
}

pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..2_400 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never: {what}");
}

#[actix_web::test]
async fn killed_while_it_tells_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    // At eight in a second it takes a quarter of a minute for all: the kill is in the middle on any machine.
    let receiver = Receiver::start(Mood::Leisurely);
    let start = async || Running::start_private(folder.path(), 100).await;
    let docket = start().await;
    let owner = Browser::new(&docket.url);
    owner.sign_in("owner@demo.test", "docket-demo-only").await;
    let new = "/settings/webhooks/new";
    let fields = [
        ("url", receiver.url.as_str()),
        ("eventTypes[]", "exception.created"),
    ];
    let shown = owner.submit(new, new, &fields).await;
    assert!(shown.says("Hand over the secret now."), "{}", shown.text);
    let mut raised = raise(&docket, 120).await;
    until("some came", || receiver.accepted().len() > 10).await;
    docket.kill();
    let before = receiver.accepted().len();
    assert!(before < raised.len(), "it was killed too late: {before}");
    // The next life goes on when the lease of the one before has run out.
    let docket = start().await;
    receiver.set(Mood::Flapping);
    raised.extend(raise(&docket, 60).await);
    until("more came", || receiver.accepted().len() > before + 10).await;
    docket.kill();
    receiver.set(Mood::Well);
    let docket = start().await;
    raised.extend(raise(&docket, 20).await);
    let told = || {
        let mut told: BTreeMap<String, String> = BTreeMap::new();
        for one in receiver.accepted() {
            let exception = one.json()["data"]["exceptionId"].as_str().unwrap().to_owned();
            let id = told.entry(exception).or_insert_with(|| one.id.clone());
            assert_eq!(*id, one.id, "what comes twice has the same id");
        }
        told
    };
    until("all came", || told().len() >= raised.len()).await;
    docket.kill();
    let told = told();
    assert!(raised.iter().all(|id| told.contains_key(id)));
}
