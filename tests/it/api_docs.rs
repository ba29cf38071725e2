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
            r#"{"exceptionsRaised":2,"problems":1}"#,
            "RAISED 2 PAYOUT-4711: ACH return R01: Payout 4711 came back: insufficient funds",
            "RAISED 3 BREAK-0815: Reconciliation break: The bank's statement has 10.00 more",
            "ERROR 4 Line: BREAK-0816: A type is one of ACH_RETURN, ACH_NOC, BANK_ACCOUNT_VERIFICATION_DECLINED, \
             BANK_ACCOUNT_VERIFICATION_NOC, EARNED_WAGE_ACCESS, RECONCILIATION. The line was left out.",
            r#"{"status":400,"errorCode":"BAD_REQUEST","wrong":["type","description"]}"#,
        ],
        "{complained}"
    );
}
