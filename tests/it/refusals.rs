//! Refusals leave a trace, each once; and no secret is in any of it.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use docket::{auth::permission::Role, history::EventKind};
use reqwest::Method;
use serde_json::json;

use crate::{
    api_client::Api,
    harness::{PASSWORD, TestApp},
};

/// The log of this test's process.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn start() -> Self {
        let log = Self::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .init();
        log
    }

    /// What Docket and the server around it wrote: the tests' own client writes into the same log.
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let ours = |line: &&str| {
            !["reqwest", "hyper", "cookie_store", "selectors", "html5ever"]
                .iter()
                .any(|client| line.contains(&format!(" {client}")))
        };
        text.lines().filter(ours).map(str::to_owned).collect()
    }

    fn security(&self) -> Vec<String> {
        self.lines()
            .into_iter()
            .filter(|l| l.contains("docket::security"))
            .collect()
    }
}

#[actix_web::test]
async fn each_refusal_is_told_once_and_those_of_acts_are_in_the_history() {
    let log = Log::start();
    let app = TestApp::start().await;
    let id = app.raise().await;
    let viewer = app.sign_in(Role::ViewOnly).await;
    let token = viewer.token().await;
    let with_token = [("csrf_token", token.as_str()), ("content", "x")];
    let comments = format!("/exceptions/{id}/comments");
    let api = Api::of(&app, Role::ViewOnly).await;
    assert!(log.security().is_empty(), "{:?}", log.security());

    let mut expected = 0;
    let mut is_told = |status: u16, code: &str, actual: u16| {
        expected += 1;
        assert_eq!(actual, status, "{code}");
        let told = log.security();
        assert_eq!(told.len(), expected, "{told:#?}");
        assert!(
            told[expected - 1].contains(code),
            "{} does not say {code}",
            told[expected - 1]
        );
    };
    is_told(
        403,
        "FORBIDDEN",
        viewer.get("/settings/history").await.status.as_u16(),
    );
    is_told(
        403,
        "FORBIDDEN",
        viewer.post(&comments, &with_token).await.status.as_u16(),
    );
    is_told(
        403,
        "FORBIDDEN",
        viewer
            .post("/exceptions/take-next", &with_token)
            .await
            .status
            .as_u16(),
    );
    is_told(
        403,
        "CROSS_SITE_REQUEST",
        viewer
            .post("/logout", &[("csrf_token", "x")])
            .await
            .status
            .as_u16(),
    );
    let patched = api
        .send(
            Method::PATCH,
            &format!("/api/exceptions/{id}"),
            &json!({"status": "RESOLVED"}),
            &[],
        )
        .await;
    is_told(403, "FORBIDDEN", patched.status.as_u16());
    let nobody = app.as_nobody();
    is_told(
        422,
        "sign-in failed",
        nobody
            .try_sign_in("nobody@one.test", "wrong")
            .await
            .status
            .as_u16(),
    );
    is_told(
        422,
        "sign-in failed",
        nobody
            .try_sign_in("clerk@one.test", "wrong")
            .await
            .status
            .as_u16(),
    );
    let bad = api.exchange("no-such-key", "wrong").await;
    is_told(401, "INVALID_CREDENTIALS", bad.status.as_u16());

    let account = app.account;
    let filter = docket::history::queries::Filter {
        kind: Some(EventKind::Refusal),
        ..Default::default()
    };
    let events = app
        .app
        .db
        .read(move |conn| {
            docket::history::queries::list(
                conn,
                account,
                &filter,
                docket::history::queries::Place::Newest,
                100,
            )
        })
        .await
        .unwrap();
    let refused: Vec<_> = events
        .iter()
        .map(|e| (e.actor_kind.as_str(), e.description.as_str()))
        .collect();
    let act =
        |method: &str, path: &str| format!("was refused: {method} {path} needs the right “work exceptions”");
    assert_eq!(
        refused,
        [
            (
                "service-account",
                act("PATCH", &format!("/api/exceptions/{id}")).as_str()
            ),
            ("employee", act("POST", "/exceptions/take-next").as_str()),
            ("employee", act("POST", &comments).as_str()),
        ]
    );
    let page = app.as_owner().await.get("/settings/history?kind=REFUSAL").await;
    assert_eq!(page.find("tbody tr").len(), 3);
}

#[actix_web::test]
async fn no_secret_is_in_the_log_at_its_most_talkative() {
    let log = Log::start();
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    let invite = "/settings/people/invite";
    let fields = [("email", "new@one.test"), ("role", "CLERK")];
    let invitation = owner.submit(invite, invite, &fields).await.one_time_link();
    let page = format!("/settings/people/{}", app.member(Role::Finance).await);
    let reset = owner
        .submit(&page, &format!("{page}/reset"), &[])
        .await
        .one_time_link();
    let chosen = "canary lamps of harbor 93";
    let joined = [("password", chosen), ("first_name", "A"), ("last_name", "B")];
    let newcomer = app.as_nobody();
    newcomer.submit(&invitation, &invitation, &joined).await;
    app.as_nobody()
        .submit(&reset, &reset, &[("password", "short canary 7")])
        .await;
    app.as_nobody()
        .try_sign_in("clerk@one.test", "a wrong canary 55")
        .await;
    // Forged, so that it is refused and told.
    app.as_nobody()
        .post(&reset, &[("password", "posted canary 31")])
        .await;
    let api = Api::of(&app, Role::Owner).await;
    api.exchange(&api.key.key_id, "wrong canary secret 81").await;
    let query = format!("/api/exceptions/x?access_token={}", api.token);
    api.get(&query).await;
    let last = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let secrets = [
        ("a password", PASSWORD.to_owned()),
        ("a chosen password", chosen.to_owned()),
        ("a refused password", "short canary 7".into()),
        ("a wrong password", "a wrong canary 55".into()),
        ("a forged password", "posted canary 31".into()),
        ("an invitation", last(&invitation)),
        ("a reset link", last(&reset)),
        ("a session", owner.cookie("__Host-sid").unwrap()),
        ("a newcomer's session", newcomer.cookie("__Host-sid").unwrap()),
        ("a visitor", owner.cookie("__Host-visitor").unwrap()),
        ("a form's token", owner.token().await),
        ("an access token", api.token.clone()),
        ("an API secret", api.key.secret.clone()),
        ("a wrong API secret", "wrong canary secret 81".into()),
        (
            "the key of the installation",
            app.app.settings.secret_key.as_ref().unwrap().reveal().to_owned(),
        ),
    ];
    let lines = log.lines();
    assert!(lines.len() > 5, "{lines:#?}");
    for (what, secret) in secrets {
        assert!(secret.len() >= 14, "{what}");
        let found = lines.iter().find(|line| line.contains(&secret));
        assert!(found.is_none(), "the log holds {what}: {found:?}");
    }
}
