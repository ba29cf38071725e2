//! Who calls back: a service account with its token, or the outside system itself with a signature by the secret of its
//! connector, which the header `Docket-Connector` names. The signature is that of Standard Webhooks; it holds for five
//! minutes, and its `Webhook-Id` is the idempotency key where no other is sent.

use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};

use super::{connector::ConnectorRow, connector_queries};
use crate::{
    api::{Call, Client, bearer::Refusal, body::Fields},
    app::App,
    auth::{
        actor::{Actor, ActorKind},
        permission::{Role, Work},
    },
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code},
    },
    web::{form::read_limited, visit::Visit},
    webhooks::signature,
};

/// The most that a signed body may have.
const LONGEST: usize = 1024 * 1024;

/// A signature holds for so long, before and after the time it bears.
const TOLERANCE: Duration = Duration::from_mins(5);

const CONNECTOR: &str = "docket-connector";
const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

/// Who calls, and what they send.
pub struct Caller {
    /// The call.
    pub call: Call<Work>,
    /// The connector that it is signed by; none when it came with a token.
    pub connector: Option<ConnectorRow>,
}

impl FromRequest for Caller {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            if request.headers().contains_key(SIGNATURE) {
                return signed(&request, &mut payload).await;
            }
            let call = Call::<Work>::from_request(&request, &mut payload).await?;
            Ok(Self {
                call,
                connector: None,
            })
        })
    }
}

async fn signed(request: &HttpRequest, payload: &mut Payload) -> Result<Caller, actix_web::Error> {
    let app = App::of(request)?;
    let body = read_limited(request, payload, LONGEST).await?;
    let connector = connector_of(request, &app, &body).await?.ok_or_else(refused)?;
    let actor = actor(request, &connector);
    // For the trace that a refusal leaves.
    request.extensions_mut().insert(actor.clone());
    app.api_limiter.count(request, connector.id.uuid())?;
    let fields = Fields::of(request, &body)?;
    let key = header(request, ID);
    let call = Call::of_proven(request, Client::proven(actor), fields, key)?;
    Ok(Caller {
        call,
        connector: Some(connector),
    })
}

/// The connector whose signature is right; none when anything about it is not.
async fn connector_of(request: &HttpRequest, app: &App, body: &[u8]) -> AppResult<Option<ConnectorRow>> {
    let named = header(request, CONNECTOR).and_then(|text| text.parse().ok());
    let seconds = header(request, TIMESTAMP).and_then(|text| text.parse::<i64>().ok());
    let (Some(named), Some(seconds), Some(id), Some(signatures), Ok(body)) = (
        named,
        seconds,
        header(request, ID),
        header(request, SIGNATURE),
        std::str::from_utf8(body),
    ) else {
        return Ok(None);
    };
    let now = app.clock.now();
    let bears = Ts::from_micros(seconds.saturating_mul(1_000_000));
    if now.since(bears).max(bears.since(now)) > TOLERANCE {
        return Ok(None);
    }
    let found = app
        .db
        .read(move |conn| connector_queries::find_named(conn, named))
        .await?
        .filter(|row| row.is_enabled);
    let Some(row) = found else { return Ok(None) };
    let secrets = row.secrets(&app.vault, now)?;
    let is_right = signature::is_signed(&secrets, id, seconds, body, signatures)?;
    Ok(is_right.then_some(row))
}

/// A header that is there once.
fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    let mut all = request.headers().get_all(name);
    let first = all.next()?.to_str().ok()?;
    all.next().is_none().then_some(first)
}

/// Nothing is told of why: neither which connectors there are, nor what of the signature is wrong.
fn refused() -> Refusal {
    let sentence = "The signature is not valid: send Docket-Connector, Webhook-Id, Webhook-Timestamp (within five \
                    minutes) and Webhook-Signature.";
    Refusal::new(
        AppError::refused(Code::InvalidToken, sentence),
        "Bearer realm=\"docket\", error=\"invalid_token\"",
    )
}

/// As whom it is done.
fn actor(request: &HttpRequest, connector: &ConnectorRow) -> Actor {
    Actor {
        kind: ActorKind::ServiceAccount,
        id: Some(connector.id.uuid()),
        name: format!("{} (connector)", connector.target.label()),
        role: Role::Clerk,
        business_account: connector.business_account_id,
        request_id: Visit::get(request).map(|v| v.request_id).unwrap_or_default(),
    }
}
