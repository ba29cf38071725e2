//! What was acknowledged is there after kill -9, and the history's chain is whole.

use std::{
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Barrier;

use crate::harness::Browser;

const DOCKET: &str = env!("CARGO_BIN_EXE_docket");

/// A demo in a process of its own.
pub struct Running {
    process: Child,
    pub url: String,
}

impl Running {
    /// Starts a demo on a free port and waits until it answers.
    async fn start(data: &std::path::Path) -> Self {
        Self::start_with(data, 300).await
    }

    /// The same, with so many exceptions when it is new.
    pub async fn start_with(data: &std::path::Path, exceptions: usize) -> Self {
        Self::start_set(data, exceptions, &[]).await
    }

    /// One that may send webhooks to this machine.
    pub async fn start_private(data: &std::path::Path, exceptions: usize) -> Self {
        Self::start_set(data, exceptions, &[("DOCKET_PRIVATE_TARGETS", "true")]).await
    }

    /// The same in a hurry: waits between attempts are twenty times shorter, in the same proportions.
    pub async fn start_hurried(data: &std::path::Path, exceptions: usize) -> Self {
        let settings = [("DOCKET_PRIVATE_TARGETS", "true"), ("DOCKET_WEBHOOK_PACE", "20")];
        Self::start_set(data, exceptions, &settings).await
    }

    pub async fn start_set(data: &std::path::Path, exceptions: usize, settings: &[(&str, &str)]) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = Command::new(DOCKET)
            .args([
                "demo",
                "--exceptions",
                &exceptions.to_string(),
                "--port",
                &port.to_string(),
                "--data",
            ])
            .arg(data)
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let client = reqwest::Client::new();
        let began = Instant::now();
        while client.get(format!("{url}/login")).send().await.is_err() {
            assert!(began.elapsed() < Duration::from_mins(1), "it did not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self { process, url }
    }

    /// kill -9.
    pub fn kill(self) {
        drop(self);
    }
}

impl Drop for Running {
    /// A test that fails leaves nothing running either.
    fn drop(&mut self) {
        let killed = self.process.kill().and_then(|()| self.process.wait());
        if let Err(error) = killed {
            eprintln!("{} does not end: {error}", self.url);
        }
    }
}

/// Comments in a row, as fast as they are acknowledged, until `stop`; gives those that were. Begins when everybody has
/// signed in.
async fn comment_until(
    url: String,
    exception: String,
    who: usize,
    everybody: Arc<Barrier>,
    stop: Instant,
) -> Vec<String> {
    let browser = Browser::new(&url);
    browser.sign_in("clerk@demo.test", "docket-demo-only").await;
    let token = browser.token().await;
    everybody.wait().await;
    let mut acknowledged = Vec::new();
    while Instant::now() < stop {
        let text = format!("crash-{who}-{}", acknowledged.len());
        let sent = browser
            .client
            .post(format!("{url}/exceptions/{exception}/comments"))
            .form(&[("csrf_token", token.as_str()), ("content", &text)])
            .send()
            .await;
        match sent {
            Ok(answer) if answer.status().is_success() || answer.status().is_redirection() => {
                acknowledged.push(text);
            }
            _ => break,
        }
    }
    acknowledged
}

#[actix_web::test]
async fn no_acknowledged_write_is_lost_to_kill_9_twenty_times_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut expected: Vec<String> = Vec::new();
    let first = Running::start(folder.path()).await;
    let browser = Browser::new(&first.url);
    browser.sign_in("clerk@demo.test", "docket-demo-only").await;
    let queue = browser.get("/exceptions?tab=unassigned").await;
    let exception = queue
        .attribute("tbody a", "href")
        .remove(0)
        .split(['/', '?'])
        .nth(2)
        .unwrap()
        .to_owned();
    first.kill();
    for round in 0..20 {
        let docket = Running::start(folder.path()).await;
        let stop = Instant::now() + Duration::from_secs(30);
        let everybody = Arc::new(Barrier::new(5));
        let writers: Vec<_> = (0..4)
            .map(|n| {
                actix_web::rt::spawn(comment_until(
                    docket.url.clone(),
                    exception.clone(),
                    round * 10 + n,
                    Arc::clone(&everybody),
                    stop,
                ))
            })
            .collect();
        everybody.wait().await;
        tokio::time::sleep(Duration::from_millis(300 + 37 * round as u64)).await;
        docket.kill();
        for writer in writers {
            expected.extend(writer.await.unwrap());
        }
    }
    assert!(
        expected.len() > 200,
        "only {} writes were acknowledged: nothing was tried",
        expected.len()
    );
    let stored = stored_comments(folder.path());
    let lost: Vec<_> = expected.iter().filter(|text| !stored.contains(*text)).collect();
    assert!(
        lost.is_empty(),
        "{} of {} acknowledged writes are lost: {lost:?}",
        lost.len(),
        expected.len()
    );
    let verified = Command::new(DOCKET)
        .args(["audit", "verify"])
        .env("DOCKET_DATA", folder.path())
        .output()
        .unwrap();
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
}

fn stored_comments(data: &std::path::Path) -> std::collections::HashSet<String> {
    use diesel::prelude::*;
    use docket::db::{DbUrl, connection::Purpose, schema::comments};
    let mut conn = DbUrl::Sqlite(data.join("docket.db")).open(Purpose::Read).unwrap();
    comments::table
        .select(comments::text)
        .load::<String>(&mut conn)
        .unwrap()
        .into_iter()
        .collect()
}
