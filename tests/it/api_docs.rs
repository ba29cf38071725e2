//! The walkthrough in docs/api.md, run as it stands.

use std::process::Command;

use docket::auth::permission::Role;

use crate::{api_client::Api, harness::TestApp};

/// The commands of the document, in order.
fn commands(document: &str) -> String {
    document
        .split("```sh\n")
        .skip(1)
        .map(|part| part.split("```").next().unwrap())
        .collect()
}

#[actix_web::test]
async fn the_walkthrough_of_the_documentation_works() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::Manager).await;
    let folder = tempfile::tempdir().unwrap();
    let script = commands(include_str!("../../docs/api.md"));
    assert!(script.contains("/resolve"), "the document has commands");
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", &script])
        .current_dir(folder.path())
        .env("DOCKET", &app.url)
        .env("KEY", &api.key.key_id)
        .env("SECRET", &api.key.secret)
        .env("ASSIGNEE", app.member(Role::Clerk).await.to_string());
    let done = actix_web::rt::task::spawn_blocking(move || bash.output())
        .await
        .unwrap()
        .unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    let complained = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success(), "{said}\n{complained}");
    let lines: Vec<&str> = said.lines().map(str::trim).collect();
    assert!(lines[0].starts_with("raised 0"), "{said}");
    assert_eq!(
        lines[1..],
        [
            r#"{"raised":1,"failed":1}"#,
            r#"{"totalElements":2,"first":"12000.00"}"#,
            r#"{"limit":1,"hasMore":false}"#,
            "IN_PROGRESS",
            "RESOLVED",
            "1 ASSIGNED_TO",
            "1 CREATE",
            "2 STATUS_CHANGE",
            r#"{"status":400,"errorCode":"BAD_REQUEST","wrong":["type","description"]}"#,
        ],
        "{complained}"
    );
}
