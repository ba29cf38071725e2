//! The description of the API says what the API does: every route with its right, and nothing that is not there.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use docket::openapi::document;
use serde_json::Value;

use crate::{api_client::reply, harness::TestApp, routes};

/// Every call of the description: method and path, and the call.
fn calls(document: &Value) -> BTreeMap<(String, String), Value> {
    let mut found = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, call) in methods.as_object().unwrap() {
            found.insert((method.to_uppercase(), path.clone()), call.clone());
        }
    }
    found
}

#[test]
fn every_call_is_described_with_its_right_and_nothing_else_is() {
    let document = document("http://127.0.0.1:8080");
    let mut described = calls(&document);
    let exchange = ("POST".to_owned(), "/api/v1/api-keys/exchange".to_owned());
    assert!(described.remove(&exchange).is_some());
    let rights: BTreeMap<(String, String), String> = described
        .into_iter()
        .map(|(address, call)| {
            let right = call["x-right"].as_str().unwrap_or("none").to_owned();
            (address, right)
        })
        .collect();
    assert_eq!(rights, routes::rights_of_calls());
}

#[test]
fn each_call_has_an_id_of_its_own_words_and_a_way_to_fail() {
    let document = document("http://127.0.0.1:8080");
    let mut ids = BTreeSet::new();
    for ((method, path), call) in calls(&document) {
        let id = call["operationId"].as_str().unwrap().to_owned();
        assert!(ids.insert(id.clone()), "{id} is there twice");
        for words in ["summary", "description"] {
            assert!(
                call[words].as_str().is_some_and(|w| !w.is_empty()),
                "{method} {path}"
            );
        }
        assert!(call["responses"]["401"].is_object(), "{method} {path}");
    }
    assert_eq!(document["openapi"], "3.1.0");
    // Where a rule of ours is from is nothing that a caller could read.
    assert!(!document.to_string().contains(".md "));
}

/// Every `$ref` leads somewhere, and every shape is used.
#[test]
fn references_lead_somewhere() {
    fn collect(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Array(all) => all.iter().for_each(|v| collect(v, found)),
            Value::Object(map) => {
                if let Some(Value::String(to)) = map.get("$ref") {
                    found.insert(to.clone());
                }
                map.values().for_each(|v| collect(v, found));
            }
            _ => {}
        }
    }
    let document = document("http://127.0.0.1:8080");
    let mut found = BTreeSet::new();
    collect(&document, &mut found);
    assert!(found.len() > 30, "{found:?}");
    for reference in &found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(
            found.contains(&format!("#/components/schemas/{name}")),
            "{name} is not used"
        );
    }
}

#[test]
fn the_committed_copy_is_what_the_command_prints() {
    let printed = Command::new(env!("CARGO_BIN_EXE_docket"))
        .arg("openapi")
        .output()
        .unwrap();
    assert!(
        printed.status.success(),
        "{}",
        String::from_utf8_lossy(&printed.stderr)
    );
    let printed = String::from_utf8(printed.stdout).unwrap();
    let committed = std::fs::read_to_string("docs/openapi.json").unwrap();
    assert!(
        printed == committed,
        "the API's description has changed; look at it and commit it: cargo run -- openapi > docs/openapi.json"
    );
}

#[actix_web::test]
async fn description_and_page_are_there_for_everybody() {
    let app = TestApp::start().await;
    let client = reqwest::Client::new();
    let told = reply(client.get(format!("{}/api/openapi.json", app.url))).await;
    assert_eq!(told.status, 200);
    assert_eq!(told.json()["paths"], document("x")["paths"]);
    let page = app.as_nobody().get("/api/docs").await;
    assert_eq!(page.status, 200);
    assert!(page.says("POST /api/v1/exceptions") && page.says("IDEMPOTENCY_KEY_REUSED"));
    // Where every refusal's `type` leads.
    assert_eq!(page.find("#NOT_FOUND").len(), 1);
    for outside in ["src=\"http", "href=\"http", "style=", "onclick"] {
        assert!(!page.text.contains(outside), "{outside}");
    }
    for anchor in page.attribute("a[href^='#']", "href") {
        assert_eq!(
            page.find(&format!("[id='{}']", &anchor[1..])).len(),
            1,
            "{anchor}"
        );
    }
}
