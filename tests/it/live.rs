//! What is told while a page is open, and who else is there.

use std::time::Duration;

use docket::{auth::permission::Role, exceptions::claim::claim};

use crate::harness::{Browser, TestApp, both};

/// The first event of an address, as JSON.
async fn told(browser: &Browser, address: &str) -> serde_json::Value {
    let answer = browser.get(address).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let data = answer
        .text
        .lines()
        .find_map(|l| l.strip_prefix("data: "))
        .unwrap();
    serde_json::from_str(data).unwrap()
}

#[actix_web::test]
async fn counts_of_tabs_saved_queues_and_the_list_are_told() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_many(3).await;
        let clerk = app.as_clerk().await;
        clerk
            .submit("/queues/new?tab=mine", "/queues/new", &[("name", "My own")])
            .await;
        let list = clerk.get("/exceptions?tab=unassigned&code=R01").await;
        let address = list.attribute("[data-live]", "data-live").remove(0);
        assert_eq!(list.attribute("[data-live]", "data-total"), ["3"]);
        let once = address.replace("stay=1&", "");
        assert_ne!(once, address);
        let before = told(&clerk, &once).await;
        assert_eq!(before["total"], "3");
        assert_eq!(
            before["tabs"][0],
            serde_json::json!(["/exceptions?tab=mine", "0"])
        );
        let (actor, id) = (app.actor(Role::Clerk).await, ids[0]);
        app.app
            .db
            .write(app.account, move |tx| claim(tx, &actor, id))
            .await
            .unwrap();
        let after = told(&clerk, &once).await;
        assert_eq!(after["total"], "2");
        assert_eq!(after["tabs"][0], serde_json::json!(["/exceptions?tab=mine", "1"]));
        assert_eq!(
            after["tabs"][1],
            serde_json::json!(["/exceptions?tab=unassigned", "2"])
        );
        assert_eq!(after["saved"], serde_json::json!([["/exceptions?tab=mine", "1"]]));
        let stranger = told(&app.as_stranger(Role::Owner).await, &once).await;
        assert_eq!(stranger["total"], "0", "{backend:?}");
    }
}

#[actix_web::test]
async fn who_else_has_it_open_is_told_and_what_they_changed() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        let page = format!("/exceptions/{id}");
        let (clerk, manager) = (app.as_clerk().await, app.as_manager().await);
        assert_eq!(clerk.get(&page).await.find("#others"), [""]);
        assert_eq!(
            manager.get(&page).await.find("#others"),
            ["Also open by Clerk One"]
        );
        assert_eq!(
            clerk.get(&page).await.find("#others"),
            ["Also open by Manager One"]
        );
        let live = format!("/live?exception={id}");
        let before = told(&clerk, &live).await;
        assert_eq!(before["others"], "Also open by Manager One");
        assert_eq!(before["version"], 1);
        manager.submit(&page, &format!("{page}/claim"), &[]).await;
        assert_eq!(told(&clerk, &live).await["version"], 2);
        app.wait(3);
        assert_eq!(clerk.get(&page).await.find("#others"), [""], "{backend:?}");
        let stranger = app.as_stranger(Role::Owner).await;
        assert_eq!(stranger.get(&live).await.status, 404);
    }
}

#[actix_web::test]
async fn a_stream_goes_on_until_something_changes_and_keeps_no_session_alive() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    let url = format!("{}/live?stay=1&list=tab%3Dopen", clerk.url);
    let follow = async || {
        let request = clerk.client.get(&url).header("accept", "text/event-stream");
        request.send().await.unwrap()
    };
    let mut stream = follow().await;
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let mut next = async || {
        let chunk = tokio::time::timeout(Duration::from_secs(10), stream.chunk());
        String::from_utf8(chunk.await.unwrap().unwrap().unwrap().to_vec()).unwrap()
    };
    assert!(next().await.contains("\"total\":\"0\""));
    app.raise().await;
    let mut event = next().await;
    while event.starts_with(':') {
        event = next().await;
    }
    assert!(event.contains("\"total\":\"1\""), "{event}");
    // Half an hour of nothing but events ends the session.
    for _ in 0..5 {
        app.wait(10);
        let _ = follow().await;
    }
    assert!(clerk.get("/exceptions").await.path.starts_with("/login"));
}
