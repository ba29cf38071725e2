//! What calls answer: JSON with its `ETag`; a read also 304, a write also where the result is and whether it is a repeat.

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::{
        StatusCode,
        header::{self, HeaderName},
    },
};
use serde::Serialize;

use super::etag::{self, Condition};
use crate::{
    idempotency::Outcome,
    kernel::error::{AppError, AppResult},
};

/// The type of every body that is no problem.
pub const JSON: &str = "application/json; charset=utf-8";

/// A value as a body.
pub fn json(value: &impl Serialize) -> AppResult<String> {
    serde_json::to_string(value).map_err(|e| AppError::Internal(format!("writing JSON: {e}")))
}

/// One thing that was asked for.
pub struct Shown(pub String);

impl Responder for Shown {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let tag = etag::of(&self.0);
        if Condition::if_none_match(request).is_some_and(|c| c.names(&tag)) {
            return HttpResponse::NotModified()
                .insert_header((header::ETAG, tag))
                .finish();
        }
        HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, JSON))
            .insert_header((header::ETAG, tag))
            .body(self.0)
    }
}

/// A list that was asked for, with links to the pages around it (RFC 8288).
#[derive(Clone, Debug)]
pub struct Listed {
    /// The body.
    pub body: String,
    /// Relation and address, from the root on.
    pub links: Vec<(&'static str, String)>,
}

impl Responder for Listed {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let links: Vec<String> = self
            .links
            .iter()
            .map(|(relation, address)| format!("<{address}>; rel=\"{relation}\""))
            .collect();
        let mut response = Shown(self.body).respond_to(request);
        if let Ok(value) = links.join(", ").parse() {
            response.headers_mut().insert(header::LINK, value);
        }
        response
    }
}

/// What a write led to, now or the first time.
pub struct Done(pub Outcome);

impl Responder for Done {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let outcome = self.0;
        let mut response =
            HttpResponse::build(StatusCode::from_u16(outcome.status).unwrap_or(StatusCode::OK));
        if outcome.is_replay {
            response.insert_header((HeaderName::from_static("idempotency-replayed"), "true"));
            response.insert_header((HeaderName::from_static("x-idempotency-replayed"), "true"));
        }
        if let Some(location) = outcome.location {
            response.insert_header((header::LOCATION, location));
        }
        if outcome.body.is_empty() {
            return response.finish();
        }
        response.insert_header((header::CONTENT_TYPE, JSON));
        response.insert_header((header::ETAG, etag::of(&outcome.body)));
        response.body(outcome.body)
    }
}
