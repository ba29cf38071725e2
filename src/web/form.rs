//! What comes in: forms (read once, their token checked), queries and ids in paths. Actix's own extractors are not
//! used, as their errors would leak out as plain text.

use std::{future::Future, pin::Pin, rc::Rc};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header, web};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;

use super::{csrf, kept::KeptBody, visit::Visit};
use crate::{
    app::App,
    auth::{
        permission::Permission,
        principal::{May, Principal},
    },
    kernel::{
        error::{AppError, AppResult, Code},
        id::Id,
    },
};

/// The most that a form without a file may have.
const LONGEST_FORM: usize = 128 * 1024;

type Extracting<T> = Pin<Box<dyn Future<Output = AppResult<T>>>>;

/// A form sent by someone signed in who has the right `P`. When the session has ended meanwhile, what was typed is
/// kept through the sign-in.
pub struct Submit<P: Permission, T> {
    /// Who sent it.
    pub who: May<P>,
    /// What they typed.
    pub form: T,
}

impl<P: Permission, T: DeserializeOwned + 'static> FromRequest for Submit<P, T> {
    type Error = AppError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let who = match May::<P>::from_request(&request, &mut Payload::None).await {
                Ok(who) => who,
                Err(AppError::LoginRequired) => {
                    let body = read_body(&request, &mut payload).await?;
                    request
                        .extensions_mut()
                        .insert(KeptBody::new(request.path(), &body));
                    return Err(AppError::LoginRequired);
                }
                Err(error) => return Err(error),
            };
            let body = read_body(&request, &mut payload).await?;
            Ok(Self {
                who,
                form: checked(&request, &body)?,
            })
        })
    }
}

/// A form sent before sign-in: its token is tied to the browser.
pub struct OpenForm<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for OpenForm<T> {
    type Error = AppError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let body = read_body(&request, &mut payload).await?;
            Ok(Self(checked(&request, &body)?))
        })
    }
}

async fn read_body(request: &HttpRequest, payload: &mut Payload) -> AppResult<Vec<u8>> {
    if request.content_type() != "application/x-www-form-urlencoded" {
        return Err(AppError::refused(
            Code::UnsupportedType,
            "A form is sent as application/x-www-form-urlencoded.",
        ));
    }
    read_limited(request, payload, LONGEST_FORM).await
}

/// Reads a body of at most `limit` bytes; refuses a larger one before reading it when its length is told.
pub async fn read_limited(request: &HttpRequest, payload: &mut Payload, limit: usize) -> AppResult<Vec<u8>> {
    let too_large = || {
        AppError::refused(
            Code::TooLarge,
            format!("At most {} KiB are taken here.", limit / 1024),
        )
    };
    let told = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if told.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut body = Vec::with_capacity(told.unwrap_or(0));
    while let Some(chunk) = payload.next().await {
        let chunk =
            chunk.map_err(|e| AppError::refused(Code::BadRequest, format!("The request broke off: {e}.")))?;
        if body.len() + chunk.len() > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn checked<T: DeserializeOwned>(request: &HttpRequest, body: &[u8]) -> AppResult<T> {
    let pairs = pairs(body)?;
    let mut tokens = pairs.iter().filter(|(name, _)| name == csrf::FIELD);
    let token = tokens.next().map(|(_, value)| value.as_str());
    // Two are as good as none: the form has one meaning.
    check_token(request, token.filter(|_| tokens.next().is_none()))?;
    parse(body)
}

/// Checks a form's token: against the session when the request demanded a signed-in person, else against the browser.
pub fn check_token(request: &HttpRequest, token: Option<&str>) -> AppResult<()> {
    let app = App::of(request)?;
    let visit = Visit::get(request).ok_or(AppError::LoginRequired)?;
    let session = request.extensions().get::<Rc<Principal>>().map(|p| p.session);
    csrf::check(&app.vault, &visit.tie(session), token)
}

fn pairs(body: &[u8]) -> AppResult<Vec<(String, String)>> {
    serde_urlencoded::from_bytes(body)
        .map_err(|_| AppError::refused(Code::BadRequest, "The form cannot be read."))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> AppResult<T> {
    serde_urlencoded::from_bytes(body)
        .map_err(|e| AppError::refused(Code::BadRequest, format!("The form is not complete: {e}.")))
}

/// A page's query string. Raw: every field of `T` is text; what it means is the feature's to say.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = AppError;
    type Future = std::future::Ready<AppResult<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(
            serde_urlencoded::from_str(request.query_string())
                .map(Self)
                .map_err(|_| AppError::refused(Code::BadRequest, "The address's query cannot be read.")),
        )
    }
}

/// What is said of a path whose id is none: it is of nothing we have, 404; in Matcher's calls it cannot be read, 400
/// (matcher.md 3.2).
fn no_id(request: &HttpRequest) -> AppError {
    const MATCHERS: [&str; 3] = ["/api/v1/exceptions/", "/api/v1/disputes/", "/api/v1/governance/"];
    if MATCHERS.iter().any(|start| request.path().starts_with(start)) {
        return AppError::refused(Code::BadRequest, "The id in the address is no UUID.");
    }
    AppError::NotFound
}

/// The `{id}` of a path. One that is no id is of nothing we have: 404, or in Matcher's calls 400.
pub struct PathId<K: 'static>(pub Id<K>);

impl<K: 'static> FromRequest for PathId<K> {
    type Error = AppError;
    type Future = std::future::Ready<AppResult<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(|text| text.parse().ok());
        std::future::ready(id.map(Self).ok_or_else(|| no_id(request)))
    }
}

/// The `{outer}` of a path, of which `{id}` is a part. One that is no id is as with [`PathId`].
pub struct OuterId<K: 'static>(pub Id<K>);

impl<K: 'static> FromRequest for OuterId<K> {
    type Error = AppError;
    type Future = std::future::Ready<AppResult<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request
            .match_info()
            .get("outer")
            .and_then(|text| text.parse().ok());
        std::future::ready(id.map(Self).ok_or_else(|| no_id(request)))
    }
}

/// A named text part of a path, such as a link's token.
pub fn path_part(path: &web::Path<String>) -> &str {
    path.as_str()
}
