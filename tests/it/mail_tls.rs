//! A mail server behind TLS, from the first byte or by STARTTLS: one that the system trusts gets the message, one that it
//! does not gets nothing, and nobody gets the password in clear.

use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use docket::{
    auth::permission::Role,
    mail::model::{MailRow, MailState},
};
use rcgen::{CertificateParams, KeyPair};

use crate::{
    crash::Running,
    harness::{
        Backend, Browser, TestApp,
        smtp::{Mood, Post, Smtp},
    },
    mail::settled,
    mail_crash::{let_time_pass, stored},
    tls::{authority, config, trust},
    webhook_crash,
};

/// With which Docket signs in.
const USER: &str = "desk";
const SECRET: &str = "correct horse";

/// What is said when a certificate is refused.
const UNTRUSTED: &str = "No trusted TLS connection could be made.";

/// Both as AUTH PLAIN sends them.
fn signed_in() -> String {
    STANDARD.encode(format!("\0{USER}\0{SECRET}"))
}

#[actix_web::test]
async fn a_mail_server_that_nobody_vouches_for_gets_nothing() {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap().der().clone();
    let server = Smtp::start_tls(config(certificate, &key));
    let url = format!("smtps://localhost:{}", server.port);
    let app = TestApp::start_with(Backend::Sqlite, |settings| {
        settings.smtp_url = Some(url);
        settings.mail_from = Some("docket@desk.test".into());
        settings.public_url = Some("https://docket.one.test".into());
    })
    .await;
    app.a_test_message(Role::Owner).await;
    let rows = settled(&app).await;
    assert_eq!(rows[0].state, MailState::Waiting);
    assert_eq!(rows[0].last_outcome, UNTRUSTED);
    assert!(server.lines().is_empty() && server.all().is_empty());
}

#[actix_web::test]
async fn a_mail_server_that_the_system_trusts_gets_the_message() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = authority();
    let file = trust(folder.path(), &trusted);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &trusted).unwrap().der().clone();
    let server = Smtp::start_tls(config(certificate, &key));
    let url = format!("smtps://localhost:{}", server.port);
    let settings = [
        ("DOCKET_SMTP_URL", url.as_str()),
        ("DOCKET_MAIL_FROM", "Docket <docket@desk.test>"),
        ("DOCKET_PUBLIC_URL", "http://localhost:8080"),
        ("SSL_CERT_FILE", file.as_str()),
    ];
    let docket = Running::start_set(&folder.path().join("data"), 20, &settings).await;
    let owner = Browser::new(&docket.url);
    owner.sign_in("owner@demo.test", "docket-demo-only").await;
    let page = "/settings/mail";
    let asked = owner.submit(page, &format!("{page}/test"), &[]).await;
    assert!(asked.says("is on its way"), "{}", asked.text);
    webhook_crash::until("it came", || !server.mails_to("owner@demo.test").is_empty()).await;
    docket.kill();
}

/// A Docket that has a password for a server without whose STARTTLS nothing is sent asks it to take a message. What came
/// of it, when nothing was said but for TLS.
async fn asked_in_vain(server: &Smtp) -> MailRow {
    let url = server.url_with_tls();
    let app = TestApp::start_with(Backend::Sqlite, |settings| {
        settings.smtp_url = Some(url);
        settings.smtp_user = Some(USER.into());
        settings.smtp_password = Some(SECRET.into());
        settings.mail_from = Some("docket@desk.test".into());
        settings.public_url = Some("https://docket.one.test".into());
    })
    .await;
    app.a_test_message(Role::Owner).await;
    let row = settled(&app).await.remove(0);
    assert_eq!(row.state, MailState::Waiting, "{row:?}");
    let page = app.as_owner().await.get("/settings/mail").await;
    assert!(page.says(&row.last_outcome), "{}", page.text);
    assert!(server.all().is_empty());
    nothing_but_for_tls(&server.lines());
    row
}

/// Only what asks for TLS was said, or good-bye.
fn nothing_but_for_tls(lines: &[String]) {
    let is_harmless = |line: &String| line.starts_with("EHLO ") || line == "STARTTLS" || line == "QUIT";
    assert!(!lines.is_empty() && lines.iter().all(is_harmless), "{lines:?}");
}

#[actix_web::test]
async fn who_offers_starttls_with_a_certificate_that_nobody_vouches_for_gets_no_password_and_no_message() {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap().der().clone();
    let server = Smtp::start_offering_tls(Mood::Wants(signed_in()), config(certificate, &key));
    let row = asked_in_vain(&server).await;
    assert_eq!(row.last_outcome, UNTRUSTED);
    assert!(server.lines().iter().any(|line| line == "STARTTLS"));
}

#[actix_web::test]
async fn who_takes_starttls_out_of_what_a_server_offers_gets_no_password() {
    // It would take the password in clear.
    let server = Smtp::start(Mood::Wants(signed_in()));
    let row = asked_in_vain(&server).await;
    assert_eq!(
        row.last_outcome,
        "The server lacks what is needed of it, such as STARTTLS or a way to sign in."
    );
}

#[actix_web::test]
async fn who_offers_starttls_and_refuses_it_gets_no_password_and_the_message_waits() {
    for (words, outcome) in [
        ("454 4.7.0 TLS is away", "Put off with 454: 4.7.0 TLS is away."),
        (
            "502 5.5.1 There is no TLS",
            "Refused with 502: 5.5.1 There is no TLS.",
        ),
    ] {
        let server = Smtp::start(Mood::RefusesTls(words));
        assert_eq!(asked_in_vain(&server).await.last_outcome, outcome);
    }
}

/// A demo that signs in to that server by STARTTLS and trusts the authorities in a file.
async fn behind(server: &Smtp, data: &Path, authorities: &str) -> Running {
    let url = server.url_with_tls();
    let settings = [
        ("DOCKET_SMTP_URL", url.as_str()),
        ("DOCKET_SMTP_USER", USER),
        ("DOCKET_SMTP_PASSWORD", SECRET),
        ("DOCKET_MAIL_FROM", "Docket <docket@desk.test>"),
        ("DOCKET_PUBLIC_URL", "http://localhost:8080"),
        ("SSL_CERT_FILE", authorities),
    ];
    Running::start_set(data, 20, &settings).await
}

fn test_message(server: &Smtp) -> Option<Post> {
    let mut posts = server.accepted().into_iter();
    posts.find(|post| post.read().subject.starts_with("E-mail from Docket arrives"))
}

#[actix_web::test]
async fn by_starttls_the_password_and_the_message_go_within_tls_to_the_right_server_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let trusted = authority();
    let file = trust(folder.path(), &trusted);
    let vouched_for = |host: &str| {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &trusted).unwrap().der().clone();
        Smtp::start_offering_tls(Mood::Wants(signed_in()), config(certificate, &key))
    };
    // Somebody else answers, with a certificate that is good for their own name.
    let wrong = vouched_for("elsewhere.example");
    let docket = behind(&wrong, &data, &file).await;
    let owner = Browser::new(&docket.url);
    owner.sign_in("owner@demo.test", "docket-demo-only").await;
    let page = "/settings/mail";
    let asked = owner.submit(page, &format!("{page}/test"), &[]).await;
    assert!(asked.says("is on its way"), "{}", asked.text);
    webhook_crash::until("it was tried", || {
        stored(&data).iter().any(|row| row.last_outcome == UNTRUSTED)
    })
    .await;
    docket.kill();
    assert!(wrong.all().is_empty());
    nothing_but_for_tls(&wrong.lines());
    // What waited goes to the right one.
    let_time_pass(&data);
    let right = vouched_for("localhost");
    let docket = behind(&right, &data, &file).await;
    webhook_crash::until("it came", || test_message(&right).is_some()).await;
    docket.kill();
    let post = test_message(&right).unwrap();
    assert!(post.is_in_tls);
    assert_eq!(post.to, ["owner@demo.test"]);
    assert_eq!(
        post.commands,
        ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"]
    );
    let sign_in = format!("AUTH PLAIN {}", signed_in());
    assert!(right.lines().contains(&sign_in));
    let in_clear = right.lines_in_clear();
    assert!(
        in_clear
            .iter()
            .all(|line| line == "EHLO localhost" || line == "STARTTLS"),
        "{in_clear:?}"
    );
}
