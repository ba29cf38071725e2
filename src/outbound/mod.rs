//! Calls to other people's systems: TLS with the system's certificates, nothing followed, nothing read back but the
//! status and, where it is asked for, the beginning of the answer; and no way to a private address unless the settings
//! allow it (security.md B089).

pub mod guard;

use std::{
    fmt,
    io::{self, Read},
    sync::{Arc, OnceLock},
    time::Duration,
};

use rustls::crypto::ring;
use ureq::{
    Agent, Body, Error, http,
    tls::{Certificate, RootCerts, TlsConfig},
    unversioned::transport::DefaultConnector,
};

use crate::kernel::error::{AppError, AppResult};

/// An answer that takes longer is none.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// So much of an answer is read, where it is read.
const LONGEST_TEXT: u64 = 64 * 1024;

/// The most that the head of an answer may have.
const LONGEST_HEAD: usize = 16 * 1024;

/// The door to other systems. Cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    /// Made at the first call: reading the system's certificates takes a moment.
    agent: Arc<OnceLock<Agent>>,
    private: bool,
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outbound")
    }
}

/// A call: an address that was checked, headers and a body.
#[derive(Clone, Debug)]
pub struct Call {
    /// Where to.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: String,
}

/// What is asked of an outside system whose answer is read. It has no `Debug`: its headers are what we show who we are.
#[derive(Clone)]
pub struct Question {
    /// Where to.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// JSON that is posted; without one it is a GET.
    pub body: Option<String>,
}

/// An answer as far as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// After how many seconds one may ask again.
    pub retry_after: Option<u64>,
    /// Its beginning, as text.
    pub text: String,
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The name has no address.
    NoSuchHost,
    /// It has one that Docket does not call.
    Refused,
    /// Nobody takes the call, or it broke off.
    Unreachable,
    /// No answer within [`TIMEOUT`].
    TimedOut,
    /// The certificate is not good, or the other side speaks no TLS.
    Tls,
    /// An answer that is no HTTP.
    Garbled,
}

impl Failure {
    /// As it is told.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NoSuchHost => "The host has no address.",
            Self::Refused => "The host has a private address, which Docket does not call.",
            Self::Unreachable => "The host cannot be reached.",
            Self::TimedOut => "No answer within 5 seconds.",
            Self::Tls => "No trusted TLS connection could be made.",
            Self::Garbled => "The answer is no HTTP.",
        }
    }
}

impl Outbound {
    /// `private` lets calls go to private addresses too, and over http to this machine.
    pub fn new(private: bool) -> Self {
        Self {
            agent: Arc::default(),
            private,
        }
    }

    /// Whether private addresses may be called.
    pub fn may_call_private(&self) -> bool {
        self.private
    }

    /// Sends a call and gives the status of the answer. On a thread of its own, as it waits.
    ///
    /// # Errors
    /// Outside when the thread died; inside why there was no answer.
    pub async fn post(&self, call: Call) -> AppResult<Result<u16, Failure>> {
        let (agent, private) = (Arc::clone(&self.agent), self.private);
        actix_web::rt::task::spawn_blocking(move || send(agent.get_or_init(|| agent_of(private)), &call))
            .await
            .map_err(|e| AppError::Internal(format!("a call died: {e}")))
    }
}

impl Outbound {
    /// Asks, and reads the answer. On a thread of its own, as it waits.
    ///
    /// # Errors
    /// Outside when the thread died; inside why there was no answer.
    pub async fn ask(&self, question: Question) -> AppResult<Result<Reply, Failure>> {
        let (agent, private) = (Arc::clone(&self.agent), self.private);
        actix_web::rt::task::spawn_blocking(move || {
            put(agent.get_or_init(|| agent_of(private)), &question).map_err(|error| failure(&error))
        })
        .await
        .map_err(|e| AppError::Internal(format!("a call died: {e}")))
    }
}

fn put(agent: &Agent, question: &Question) -> Result<Reply, Error> {
    let mut answer = if let Some(body) = &question.body {
        let mut request = agent
            .post(&question.url)
            .header("content-type", "application/json");
        for (name, value) in &question.headers {
            request = request.header(*name, value);
        }
        request.send(body)?
    } else {
        let mut request = agent.get(&question.url);
        for (name, value) in &question.headers {
            request = request.header(*name, value);
        }
        request.call()?
    };
    Ok(Reply {
        status: answer.status().as_u16(),
        retry_after: answer
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok()?.trim().parse().ok()),
        text: beginning(&mut answer)?,
    })
}

/// What is not text is not worth reading, and neither is what comes after so much.
fn beginning(answer: &mut http::Response<Body>) -> Result<String, Error> {
    let mut bytes = Vec::new();
    answer
        .body_mut()
        .as_reader()
        .take(LONGEST_TEXT)
        .read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn agent_of(private: bool) -> Agent {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a certificate of the system cannot be read");
    }
    let certificates: Vec<Certificate<'static>> = found
        .certs
        .iter()
        .map(|der| Certificate::from_der(der).to_owned())
        .collect();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(certificates)))
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        // A proxy of the environment would resolve names where the guard does not see it.
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .timeout_global(Some(TIMEOUT))
        .max_response_header_size(LONGEST_HEAD)
        // Each call is looked up anew: an address is never kept beyond its check.
        .max_idle_connections(0)
        .user_agent("Docket")
        .build();
    Agent::with_parts(config, DefaultConnector::default(), guard::Guarded::new(private))
}

fn send(agent: &Agent, call: &Call) -> Result<u16, Failure> {
    let mut request = agent
        .post(&call.url)
        .header("content-type", "application/json; charset=utf-8");
    for (name, value) in &call.headers {
        request = request.header(*name, value);
    }
    // What the answer says is not read: it is the other side's, and of any length.
    match request.send(&call.body) {
        Ok(answer) => Ok(answer.status().as_u16()),
        Err(error) => Err(failure(&error)),
    }
}

fn failure(error: &Error) -> Failure {
    match error {
        Error::HostNotFound => Failure::NoSuchHost,
        Error::Timeout(_) => Failure::TimedOut,
        Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) => Failure::Tls,
        Error::Io(e) if e.kind() == io::ErrorKind::PermissionDenied => Failure::Refused,
        Error::Io(e) if e.kind() == io::ErrorKind::TimedOut => Failure::TimedOut,
        // rustls tells of what it refuses as invalid data.
        Error::Io(e) if e.kind() == io::ErrorKind::InvalidData => Failure::Tls,
        Error::Io(_) | Error::ConnectionFailed => Failure::Unreachable,
        _ => Failure::Garbled,
    }
}
