//! What the commands of the command line print, and how they end.

use std::process::{Command, Output};

use diesel::{RunQueryDsl, sql_query};

use crate::harness::{TestApp, both};

fn docket(app: &TestApp, arguments: &[&str]) -> Output {
    let settings = &app.app.settings;
    Command::new(env!("CARGO_BIN_EXE_docket"))
        .args(arguments)
        .env_clear()
        .env("DOCKET_DATA", &settings.data)
        .env("DOCKET_DATABASE", settings.database.as_ref().unwrap().reveal())
        .env(
            "DOCKET_SECRET_KEY",
            settings.secret_key.as_ref().unwrap().reveal(),
        )
        .output()
        .unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[actix_web::test]
async fn audit_verify_ends_with_1_when_a_history_is_broken() {
    let app = TestApp::start().await;
    app.as_owner().await;
    app.as_clerk().await;
    let whole = docket(&app, &["audit", "verify"]);
    assert_eq!(whole.status.code(), Some(0), "{}", printed(&whole));
    let text = printed(&whole);
    assert!(text.contains("Northwind Payments: whole, anchor 2:") && text.contains("Southgate Loans: whole"));
    let anchor = text
        .lines()
        .find_map(|l| l.strip_prefix("Northwind Payments: whole, anchor "))
        .unwrap();
    assert_eq!(
        docket(&app, &["audit", "verify", "--anchor", anchor])
            .status
            .code(),
        Some(0)
    );
    let other = format!("2:{}", "a".repeat(64));
    assert_eq!(
        docket(&app, &["audit", "verify", "--anchor", &other])
            .status
            .code(),
        Some(1)
    );
    assert_ne!(
        docket(&app, &["audit", "verify", "--anchor", "nonsense"])
            .status
            .code(),
        Some(0)
    );

    let mut conn = app.intruder();
    sql_query("DROP TRIGGER history_events_are_not_changed")
        .execute(&mut conn)
        .unwrap();
    sql_query("UPDATE history_events SET new = 'x' WHERE seq = 1")
        .execute(&mut conn)
        .unwrap();
    let broken = docket(&app, &["audit", "verify"]);
    assert_eq!(broken.status.code(), Some(1));
    assert!(printed(&broken).contains("Northwind Payments: not whole, event 1 was changed"));
}

#[actix_web::test]
async fn member_reset_prints_a_link_that_works() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let output = docket(&app, &["member", "reset", "owner@one.test"]);
        let text = printed(&output);
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert!(
            text.contains("This link works once, for an hour: http://127.0.0.1:8080/reset/"),
            "{text}"
        );
        let unknown = docket(&app, &["member", "reset", "nobody@one.test"]);
        assert_eq!(unknown.status.code(), Some(1));
    }
}

#[actix_web::test]
async fn settings_of_mail_that_are_wrong_are_refused_at_the_start_without_telling_the_password() {
    let app = TestApp::start().await;
    let settings = &app.app.settings;
    for (pairs, word) in [
        (
            vec![("DOCKET_SMTP_URL", "smtp://me:hunter2@mail.test")],
            "smtp_password",
        ),
        (vec![("DOCKET_SMTP_URL", "mail.test:587")], "smtp_url"),
        (vec![("DOCKET_SMTP_URL", "smtp://mail.test")], "mail_from"),
        (vec![("DOCKET_SMTP_PASSWORD", "hunter2")], "smtp_url"),
        (vec![("DOCKET_SMTP_PASSWROD", "hunter2")], "unknown field"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_docket"))
            .args(["audit", "verify"])
            .env_clear()
            .env("DOCKET_DATA", &settings.data)
            .envs(pairs)
            .output()
            .unwrap();
        let told = printed(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(word) && !told.contains("hunter2"), "{told}");
    }
}
