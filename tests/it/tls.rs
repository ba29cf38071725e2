//! Outside systems behind TLS that is wrong: a certificate that nobody vouches for, and one for another host. Nothing is
//! sent to them; and one that is as it should be is not confused with them.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use docket::{
    auth::permission::Role,
    dispatch::model::{DispatchState, Target},
    webhooks::{commands, form, model::Topic},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};

use crate::{
    api_client::Api,
    connectors::{connect, docket_on},
    crash::Running,
    dispatch::{SOON, hand_over, latest, until},
    harness::{Backend, Browser},
    webhook_crash,
};

/// A server that speaks TLS and answers 204 to whatever is asked of it.
struct Server {
    port: u16,
    /// Who called, however far they came.
    calls: Arc<AtomicUsize>,
    /// Requests that came through.
    requests: Arc<AtomicUsize>,
}

/// Who vouches for certificates.
pub fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// What a server with a certificate speaks.
pub fn config(certificate: CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Arc::new(config)
}

impl Server {
    /// With a certificate for `host` that vouches for itself.
    fn of_its_own(host: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        Self::start(params.self_signed(&key).unwrap().der().clone(), &key)
    }

    /// With a certificate for `host` that `issuer` vouches for.
    fn vouched_for(host: &str, issuer: &CertifiedIssuer<'static, KeyPair>) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        Self::start(params.signed_by(&key, issuer).unwrap().der().clone(), &key)
    }

    fn start(certificate: CertificateDer<'static>, key: &KeyPair) -> Self {
        let config = config(certificate, key);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            calls: Arc::default(),
            requests: Arc::default(),
        };
        let (calls, requests) = (Arc::clone(&server.calls), Arc::clone(&server.requests));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                calls.fetch_add(1, Ordering::SeqCst);
                let (config, requests) = (Arc::clone(&config), Arc::clone(&requests));
                thread::spawn(move || serve(config, stream, &requests));
            }
        });
        server
    }

    fn url(&self, host: &str) -> String {
        format!("https://{host}:{}", self.port)
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn serve(config: Arc<ServerConfig>, stream: TcpStream, requests: &AtomicUsize) {
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
    let (mut came, mut piece) = (Vec::new(), [0; 4096]);
    // Who does not trust the certificate breaks off here.
    while let Ok(n @ 1..) = stream.read(&mut piece) {
        came.extend_from_slice(&piece[..n]);
        if is_whole(&came) {
            requests.fetch_add(1, Ordering::SeqCst);
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
            stream.conn.send_close_notify();
            let _ = stream.flush();
            return;
        }
    }
}

/// A head, and as much of a body as it announces.
fn is_whole(came: &[u8]) -> bool {
    let text = String::from_utf8_lossy(came).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let told = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    told.is_none_or(|length| body.len() >= length.trim().parse::<usize>().unwrap())
}

const SAID: &str = "No trusted TLS connection could be made.";

#[actix_web::test]
async fn a_webhook_behind_wrong_tls_is_not_sent_told_and_tried_again() {
    let app = docket_on(Backend::Sqlite).await;
    let strangers = authority();
    let servers = [
        Server::of_its_own("localhost"),
        Server::vouched_for("localhost", &strangers),
        Server::vouched_for("elsewhere.example", &strangers),
    ];
    let api = Api::of(&app, Role::Owner).await;
    let mut paths = Vec::new();
    for server in &servers {
        let url = format!("{}/hook", server.url("localhost"));
        let wanted = form::read(&url, "Loan servicing", Ok(vec![Topic::Created]), true).unwrap();
        let (actor, vault) = (app.actor(Role::Owner).await, app.app.vault.clone());
        let (row, _) = app
            .app
            .db
            .write(app.account, move |tx| commands::add(tx, &vault, &actor, &wanted))
            .await
            .unwrap();
        paths.push(format!("/api/v1/webhook-subscriptions/{}/deliveries", row.id));
    }
    app.raise().await;
    for (server, path) in servers.iter().zip(&paths) {
        until(&app, SOON, "it was tried again", async || {
            let told = api.get(path).await.json();
            told["items"][0]["attempts"]
                .as_array()
                .is_some_and(|all| all.len() >= 2)
        })
        .await;
        let told = api.get(path).await;
        assert_eq!(told.json()["items"][0]["state"], "WAITING", "{}", told.text);
        assert!(told.text.contains(SAID), "{}", told.text);
        assert!(server.calls() >= 2 && server.requests() == 0);
    }
}

#[actix_web::test]
async fn a_dispatch_behind_wrong_tls_is_not_sent_told_and_tried_again() {
    for target in [Target::Jira, Target::ServiceNow, Target::Webhook] {
        let app = docket_on(Backend::Sqlite).await;
        let server = Server::of_its_own("localhost");
        let (connector, _) = connect(&app, target, &server.url("localhost")).await;
        let owner = app.as_owner().await;
        let page = format!("/settings/connectors/{}", connector.id);
        let tested = owner.submit(&page, &format!("{page}/test"), &[]).await;
        assert!(tested.says(SAID), "{target}: {}", tested.text);
        let id = app.raise().await;
        hand_over(&app, Role::Owner, id, target).await.unwrap();
        until(&app, SOON, "it was tried again", async || {
            latest(&app, id).await.attempts >= 2
        })
        .await;
        let row = latest(&app, id).await;
        assert_eq!(
            (row.state, row.last_outcome.as_str()),
            (DispatchState::Waiting, SAID)
        );
        assert!(server.calls() >= 3 && server.requests() == 0);
    }
}

async fn subscribe(owner: &Browser, url: &str) -> String {
    let new = "/settings/webhooks/new";
    let fields = [("url", url), ("eventTypes[]", "exception.created")];
    let shown = owner.submit(new, new, &fields).await;
    assert!(shown.says("Hand over the secret now."), "{}", shown.text);
    shown.path
}

/// `folder/ca.pem` is all that this system trusts.
pub fn trust(folder: &Path, issuer: &CertifiedIssuer<'static, KeyPair>) -> String {
    let path = folder.join("ca.pem");
    std::fs::write(&path, issuer.pem()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_certificate_that_the_system_trusts_is_not_confused_with_others() {
    let folder = tempfile::tempdir().unwrap();
    let (trusted, strangers) = (authority(), authority());
    let file = trust(folder.path(), &trusted);
    let right = Server::vouched_for("localhost", &trusted);
    let wrong = [
        Server::vouched_for("elsewhere.example", &trusted),
        Server::vouched_for("localhost", &strangers),
    ];
    let settings = [
        ("DOCKET_PRIVATE_TARGETS", "true"),
        ("DOCKET_WEBHOOK_PACE", "20"),
        ("SSL_CERT_FILE", file.as_str()),
    ];
    let docket = Running::start_set(&folder.path().join("data"), 20, &settings).await;
    let owner = Browser::new(&docket.url);
    owner.sign_in("owner@demo.test", "docket-demo-only").await;
    subscribe(&owner, &format!("{}/hook", right.url("localhost"))).await;
    for server in &wrong {
        subscribe(&owner, &format!("{}/hook", server.url("localhost"))).await;
    }
    webhook_crash::raise(&docket, 1).await;
    webhook_crash::until("the right one was told", || right.requests() == 1).await;
    webhook_crash::until("the others were tried", || wrong.iter().all(|s| s.calls() >= 2)).await;
    assert!(wrong.iter().all(|server| server.requests() == 0));
    docket.kill();
}
