//! A mail server behind TLS: one that the system trusts gets the message, one that it does not gets nothing.

use docket::{auth::permission::Role, mail::model::MailState};
use rcgen::{CertificateParams, KeyPair};

use crate::{
    crash::Running,
    harness::{Backend, Browser, TestApp, smtp::Smtp},
    mail::settled,
    tls::{authority, config, trust},
    webhook_crash,
};

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
    assert_eq!(rows[0].last_outcome, "No trusted TLS connection could be made.");
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
