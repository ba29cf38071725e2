//! Connectors: set up, tried out, changed, disabled and removed by administrators; what they show to who they call is
//! seen by nobody else.

use std::net::TcpListener;

use diesel::prelude::*;
use docket::{
    auth::permission::Role,
    db::schema::{connectors, history_events},
    dispatch::{
        connector::{ConnectorRow, Typed, Wanted},
        connector_commands as commands, connector_queries as queries,
        model::Target,
    },
    kernel::id::ConnectorId,
};

use crate::{
    harness::{Backend, Browser, TestApp, both, browser::Answer as Shown},
    tracker::{Answer, TOKEN, Tracker, USER},
};

/// A Docket that may call this machine.
pub async fn docket_on(backend: Backend) -> TestApp {
    TestApp::start_with(backend, |settings| settings.private_targets = true).await
}

/// What is typed for a tracker at `url`.
pub fn typed(target: Target, url: &str) -> Typed {
    let url = match target {
        Target::Webhook => format!("{url}/hook"),
        _ => url.to_owned(),
    };
    Typed {
        url,
        account: USER.into(),
        credential: TOKEN.into(),
        project: "PAY".into(),
        issue_type: "Task".into(),
    }
}

/// A connector to `url`, and its secret.
pub async fn connect(app: &TestApp, target: Target, url: &str) -> (ConnectorRow, String) {
    let wanted = Wanted::parse(target, &typed(target, url), None, true);
    let wanted = wanted.unwrap_or_else(|e| panic!("{e:?}"));
    let (actor, vault) = (app.actor(Role::Owner).await, app.app.vault.clone());
    app.app
        .db
        .write(app.account, move |tx| commands::add(tx, &vault, &actor, &wanted))
        .await
        .unwrap()
}

pub async fn connector(app: &TestApp, id: ConnectorId) -> ConnectorRow {
    let account = app.account;
    let found = app.app.db.read(move |conn| queries::get(conn, account, id)).await;
    found.unwrap()
}

const NEW: &str = "/settings/connectors/new";

async fn set_up(owner: &Browser, target: Target, url: &str) -> Shown {
    let typed = typed(target, url);
    let fields = [
        ("url", typed.url.as_str()),
        ("account", &typed.account),
        ("credential", &typed.credential),
        ("project", "pay"),
        ("issueType", &typed.issue_type),
    ];
    owner
        .submit(&format!("{NEW}?system={target}"), NEW, &fields)
        .await
}

async fn life(backend: Backend) {
    let app = docket_on(backend).await;
    let tracker = Tracker::start();
    let owner = app.as_owner().await;
    let none = owner.get("/settings/connectors").await;
    assert!(
        none.says("Set up Jira") && none.says("Always there"),
        "{}",
        none.text
    );
    let made = set_up(&owner, Target::Jira, &tracker.url).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let secret = made.attribute("#new-secret", "value").remove(0);
    assert!(secret.starts_with("whsec_"));
    let page = made.attribute("form[action$='/test']", "action").remove(0);
    let page = page.strip_suffix("/test").unwrap().to_owned();
    assert!(!made.text.contains(TOKEN), "the credential is shown");
    assert!(
        !owner.get(&page).await.text.contains(&secret),
        "the secret is shown twice"
    );
    let again = set_up(&owner, Target::Jira, &tracker.url).await;
    assert!(
        again.status == 409 && again.says("There is a connector to Jira already."),
        "{}",
        again.text
    );
    assert!(!again.text.contains(TOKEN));

    let test = format!("{page}/test");
    let tested = owner.submit(&page, &test, &[]).await;
    assert!(
        tested.says("It knows us as “Docket Bot”, and the project PAY has the issue type “Task”."),
        "{}",
        tested.text
    );
    assert!(owner.get("/settings/connectors").await.says("Enabled, tested"));
    assert!(tracker.posted().is_empty(), "a test makes nothing");

    // Changed without a new credential, the former one stays; another host needs its own.
    let edit = format!("{page}/edit");
    assert!(!owner.get(&edit).await.text.contains(TOKEN));
    let fields = [
        ("url", tracker.url.as_str()),
        ("account", USER),
        ("project", "PAY"),
        ("issueType", "Story"),
    ];
    let changed = owner.submit(&edit, &edit, &fields).await;
    assert!(changed.says("The connector is changed."), "{}", changed.text);
    let tested = owner.submit(&page, &test, &[]).await;
    assert!(
        tested.says("but the project PAY has no issue type “Story”; it has: Task, Bug."),
        "{}",
        tested.text
    );
    assert!(owner.get("/settings/connectors").await.says("Test failed"));
    let fields = [
        ("url", "https://elsewhere.example.com/"),
        ("account", USER),
        ("project", "PAY"),
        ("issueType", "Task"),
    ];
    let elsewhere = owner.submit(&edit, &edit, &fields).await;
    assert!(
        elsewhere.status == 422 && elsewhere.says("The address is of another host"),
        "{}",
        elsewhere.text
    );

    // A form that is out of date changes nothing.
    let outdated = owner
        .post(
            &edit,
            &[
                ("csrf_token", owner.token().await.as_str()),
                ("version", "1"),
                ("url", &tracker.url),
                ("project", "PAY"),
                ("issueType", "Task"),
            ],
        )
        .await;
    assert!(
        outdated.status == 409 && outdated.says("changed meanwhile"),
        "{} {}",
        outdated.status,
        outdated.text
    );

    its_end(&owner, &page, &secret).await;
    its_history(&app, &tracker);
}

/// Disabled, with a new secret, and removed.
async fn its_end(owner: &Browser, page: &str, secret: &str) {
    let state = format!("{page}/state");
    let disabled = owner.submit(page, &state, &[("state", "DISABLED")]).await;
    assert!(disabled.says("Nothing is handed to it any more."));
    assert!(owner.get("/settings/connectors").await.says("Disabled"));
    let renewed = owner.submit(page, &format!("{page}/secret"), &[]).await;
    let newer = renewed.attribute("#new-secret", "value").remove(0);
    assert_ne!(newer, secret);
    assert!(owner.get(page).await.says("The former one is good until"));
    let gone = owner.submit(page, &format!("{page}/delete"), &[]).await;
    assert!(gone.says("The connector is removed.") && gone.says("Set up Jira"));
    assert_eq!(owner.get(page).await.status, 404);
}

/// Each step is in the history, and nothing of a secret.
fn its_history(app: &TestApp, tracker: &Tracker) {
    let told: Vec<String> = history_events::table
        .filter(history_events::entity_type.eq("CONNECTOR"))
        .order(history_events::seq)
        .select(history_events::description)
        .load(&mut app.intruder())
        .unwrap();
    assert_eq!(
        told,
        [
            format!("Connector to Jira added: {}", tracker.url),
            "Connector to Jira tested: passed".into(),
            "Connector changed".into(),
            "Connector to Jira tested: failed".into(),
            "Connector to Jira disabled".into(),
            "Connector to Jira has a new secret".into(),
            format!("Connector to Jira removed: {}", tracker.url),
        ]
    );
}

#[actix_web::test]
async fn connectors_are_set_up_tried_changed_and_removed_on_both_databases() {
    for backend in both() {
        life(backend).await;
    }
}

#[actix_web::test]
async fn a_test_says_in_words_what_came_back() {
    let app = docket_on(Backend::Sqlite).await;
    let tracker = Tracker::start();
    let owner = app.as_owner().await;
    let said = async |id: ConnectorId, answers: &[Answer]| {
        tracker.will(answers);
        let page = format!("/settings/connectors/{id}");
        let shown = owner.submit(&page, &format!("{page}/test"), &[]).await;
        assert!(!shown.text.contains(TOKEN), "{}", shown.text);
        shown.find("body").join(" ")
    };
    let (jira, _) = connect(&app, Target::Jira, &tracker.url).await;
    let status = |status, text: &str| Answer::Status(status, text.into());
    for (answer, words) in [
        (
            status(401, "no"),
            "It answers 401: who we say we are was not accepted. It says: no",
        ),
        (status(403, "{}"), "403: what we show does not allow this"),
        (status(302, ""), "It answers 302: redirects are not followed."),
        (
            status(200, "<html>Log in</html>"),
            "without the name of ours that Jira gives: is the address right?",
        ),
        (Answer::Slow, "No answer within 5 seconds."),
        (status(500, TOKEN), "It answers 500. It says: …"),
    ] {
        let shown = said(jira.id, &[answer]).await;
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let (service_now, _) = connect(&app, Target::ServiceNow, &tracker.url).await;
    assert!(
        said(service_now.id, &[])
            .await
            .contains("It answers, and incidents can be read")
    );
    let error =
        r#"{"error":{"message":"User Not Authenticated","detail":"Required to provide Auth information"}}"#;
    let shown = said(service_now.id, &[status(401, error)]).await;
    assert!(
        shown.contains("It says: User Not Authenticated: Required"),
        "{shown}"
    );
    let (webhook, _) = connect(&app, Target::Webhook, &tracker.url).await;
    assert!(
        said(webhook.id, &[])
            .await
            .contains("A signed test message was accepted with 200.")
    );
    let test = tracker.posted().pop().unwrap();
    assert_eq!(test.json()["type"], "docket.test");
    assert!(test.header("webhook-signature").starts_with("v1,") && test.header("authorization").is_empty());
}

/// What takes the call and speaks no TLS; and nobody at all.
#[actix_web::test]
async fn without_tls_or_an_answer_nothing_is_trusted() {
    let app = docket_on(Backend::Sqlite).await;
    let tracker = Tracker::start();
    let owner = app.as_owner().await;
    let test = async |url: &str| {
        let (row, _) = connect(&app, Target::Jira, url).await;
        let page = format!("/settings/connectors/{}", row.id);
        let shown = owner.submit(&page, &format!("{page}/test"), &[]).await;
        owner.submit(&page, &format!("{page}/delete"), &[]).await;
        shown.find("body").join(" ")
    };
    let shown = test(&tracker.url.replace("http://", "https://")).await;
    assert!(
        shown.contains("No trusted TLS connection could be made."),
        "{shown}"
    );
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let shown = test(&format!("http://{free}")).await;
    assert!(shown.contains("The host cannot be reached."), "{shown}");
}

#[actix_web::test]
async fn private_addresses_are_refused_when_typed_and_when_called() {
    let app = TestApp::start().await;
    let tracker = Tracker::start();
    let owner = app.as_owner().await;
    for url in [
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://localhost/",
        "http://example.com/",
        "https://example.com:22/",
    ] {
        let refused = set_up(&owner, Target::ServiceNow, url).await;
        assert!(
            refused.status == 422 && !refused.text.contains(TOKEN),
            "{url}: {}",
            refused.text
        );
    }
    let (row, _) = connect(&app, Target::ServiceNow, &tracker.url).await;
    let page = format!("/settings/connectors/{}", row.id);
    let shown = owner.submit(&page, &format!("{page}/test"), &[]).await;
    assert!(
        shown.says("private address, which Docket does not call"),
        "{}",
        shown.text
    );
    assert!(tracker.came().is_empty());
}

#[actix_web::test]
async fn what_is_kept_of_a_connector_is_sealed_and_of_one_business_account() {
    let app = docket_on(Backend::Sqlite).await;
    let (row, secret) = connect(&app, Target::Jira, "https://example.com").await;
    let (credential, sealed): (Option<Vec<u8>>, Vec<u8>) = connectors::table
        .select((connectors::credential, connectors::secret))
        .first(&mut app.intruder())
        .unwrap();
    let has = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(!has(&credential.unwrap(), TOKEN) && !has(&sealed, &secret));
    assert_eq!(row.credential(&app.app.vault).unwrap().as_deref(), Some(TOKEN));
    let stranger = app.as_stranger(Role::Owner).await;
    for part in ["", "/edit"] {
        let page = format!("/settings/connectors/{}{part}", row.id);
        assert_eq!(stranger.get(&page).await.status, 404);
    }
    assert!(stranger.get("/settings/connectors").await.says("Set up Jira"));
}
