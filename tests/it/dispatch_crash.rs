//! Docket is killed while it hands exceptions over: none is lost, and what is sent twice has the same key.

use std::collections::BTreeSet;

use reqwest::Client;
use serde_json::{Value, json};

use crate::{
    crash::Running,
    harness::Browser,
    tracker::{Answer, TOKEN, Tracker, USER},
    webhook_crash::{post, raise, token, until},
};

async fn get(docket: &Running, path: &str, token: &str) -> Value {
    let call = Client::new()
        .get(format!("{}{path}", docket.url))
        .bearer_auth(token);
    call.send().await.unwrap().json().await.unwrap()
}

#[actix_web::test]
async fn killed_while_it_hands_over_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let tracker = Tracker::start();
    // At eight in a second it takes some seconds for all: the kill is in the middle on any machine.
    tracker.always(Answer::Leisurely);
    let start = async || Running::start_private(folder.path(), 100).await;
    let docket = start().await;
    let owner = Browser::new(&docket.url);
    owner.sign_in("owner@demo.test", "docket-demo-only").await;
    let new = "/settings/connectors/new";
    let fields = [
        ("url", tracker.url.as_str()),
        ("account", USER),
        ("credential", TOKEN),
        ("project", "PAY"),
        ("issueType", "Task"),
    ];
    let shown = owner.submit(&format!("{new}?system=JIRA"), new, &fields).await;
    assert!(shown.says("Hand over the secret now."), "{}", shown.text);
    let ids = raise(&docket, 60).await;
    let sent = json!({"exceptionIds": ids, "targetSystem": "JIRA"});
    let told = post(&docket, "/api/v1/exceptions/bulk/dispatch", &sent).await;
    assert_eq!(told["succeeded"].as_array().unwrap().len(), 60, "{told}");
    until("some came", || tracker.made().len() > 10).await;
    docket.kill();
    let before = tracker.made().len();
    assert!(before < 60, "it was killed too late: {before}");
    // The next life goes on when the leases of the one before have run out, and is killed too.
    tracker.always(Answer::Well);
    let docket = start().await;
    until("more came", || tracker.made().len() > before).await;
    docket.kill();
    let docket = start().await;
    until("all came", || tracker.made().len() >= 60).await;
    let token = token(&docket).await;
    let mut issues = BTreeSet::new();
    for id in &ids {
        // The answer may still be on its way into the database.
        for n in 0.. {
            let told = get(&docket, &format!("/api/v1/exceptions/{id}"), &token).await;
            assert_eq!(told["status"], "PENDING_RESOLUTION", "{told}");
            if let Some(issue) = told["externalIssueId"].as_str() {
                assert!(issues.insert(issue.to_owned()), "{issue} is there twice");
                break;
            }
            assert!(n < 1_200, "{id} is not there");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
    docket.kill();
    assert_eq!(tracker.made().len(), 60, "what came twice was another");
    let made: BTreeSet<String> = tracker.made().into_iter().map(|(_, issue)| issue).collect();
    assert_eq!(issues, made);
}
