//! The caller of the API, with a right: an access token in the Authorization header and nowhere else. Refusals are
//! those of RFC 6750.

use std::{fmt, future::Future, marker::PhantomData, pin::Pin};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError,
    dev::Payload,
    http::{StatusCode, header},
};

use super::keys;
use crate::{
    app::App,
    auth::{actor::Actor, permission::Permission},
    kernel::{
        error::{AppError, Code},
        id::BusinessAccountId,
    },
    web::visit::Visit,
};

/// A refusal with the challenge that tells a client how to authenticate.
#[derive(Debug)]
pub struct Refusal {
    error: AppError,
    challenge: Option<String>,
}

impl Refusal {
    /// With a `WWW-Authenticate` challenge.
    pub fn new(error: AppError, challenge: impl Into<String>) -> Self {
        Self {
            error,
            challenge: Some(challenge.into()),
        }
    }

    /// Without one.
    pub fn plain(error: AppError) -> Self {
        Self {
            error,
            challenge: None,
        }
    }

    fn bearer(error: AppError, code: &str) -> Self {
        Self::new(error, format!("Bearer realm=\"docket\", error=\"{code}\""))
    }
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Self {
        Self::plain(error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        self.error.status_code()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = self.error.error_response();
        let challenge = self.challenge.as_deref().and_then(|c| c.parse().ok());
        if let Some(challenge) = challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// A caller who has the right `P`: the check is in the handler's signature.
pub struct Client<P: Permission> {
    actor: Actor,
    right: PhantomData<P>,
}

impl<P: Permission> Client<P> {
    /// As whom commands are done.
    pub fn actor(&self) -> Actor {
        self.actor.clone()
    }

    /// The business account.
    pub fn account(&self) -> BusinessAccountId {
        self.actor.business_account
    }

    /// A caller who has proven otherwise who it is, and whose right was checked.
    pub fn proven(actor: Actor) -> Self {
        Self {
            actor,
            right: PhantomData,
        }
    }

    /// The caller of `request`.
    pub async fn of(request: &HttpRequest) -> Result<Self, Refusal> {
        let token = token(request)?;
        let app = App::of(request)?;
        let request_id = Visit::get(request).map(|v| v.request_id).unwrap_or_default();
        let now = app.clock.now();
        let actor = app
            .db
            .read_by_index(move |conn| keys::holder(conn, &token, now, &request_id))
            .await?;
        let Some(actor) = actor else {
            let sentence = "The access token is not known, has expired, or was revoked. Exchange the API key for a new one.";
            return Err(Refusal::bearer(
                AppError::refused(Code::InvalidToken, sentence),
                "invalid_token",
            ));
        };
        // For the trace that a refusal leaves.
        request.extensions_mut().insert(actor.clone());
        app.api_limiter.count(request, actor.id.unwrap_or_default())?;
        actor.require(P::RIGHT).map_err(|error| {
            let scope = P::RIGHT.scope();
            let challenge =
                format!("Bearer realm=\"docket\", error=\"insufficient_scope\", scope=\"{scope}\"");
            Refusal::new(error, challenge)
        })?;
        Ok(Self {
            actor,
            right: PhantomData,
        })
    }
}

impl<P: Permission> FromRequest for Client<P> {
    type Error = Refusal;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refusal>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Self::of(&request).await })
    }
}

/// The one Authorization header, if there is one.
///
/// # Errors
/// Two of them, or one that is no text.
pub fn single_authorization(request: &HttpRequest) -> Result<Option<String>, Refusal> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let Some(first) = headers.next() else {
        return Ok(None);
    };
    match (first.to_str(), headers.next()) {
        (Ok(text), None) => Ok(Some(text.to_owned())),
        _ => Err(malformed("Send one Authorization header.")),
    }
}

fn malformed(sentence: &str) -> Refusal {
    Refusal::bearer(AppError::refused(Code::BadRequest, sentence), "invalid_request")
}

fn token(request: &HttpRequest) -> Result<String, Refusal> {
    let missing = || {
        let sentence = "Send an access token: Authorization: Bearer …";
        Refusal::new(
            AppError::refused(Code::TokenRequired, sentence),
            "Bearer realm=\"docket\"",
        )
    };
    let header = single_authorization(request)?.ok_or_else(missing)?;
    let (scheme, token) = header.split_once(' ').unwrap_or((&header, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(missing());
    }
    let is_token = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    let token = token.trim_matches(' ');
    if token.is_empty() || !token.chars().all(is_token) {
        return Err(malformed("The Authorization header must be: Bearer TOKEN."));
    }
    Ok(token.to_owned())
}
