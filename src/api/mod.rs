//! What the JSON API's calls share: tokens, the caller with a right, strict JSON bodies, answers with ETags, repeats.
//! The calls themselves are in their features' `api.rs`, thin over the same commands as the pages.
//!
//! A read takes [`Client`] and answers [`answer::Shown`]. A write takes [`Call`], runs its command inside
//! [`Call::run`] and answers [`answer::Done`]. Rate limits per caller are not here yet.

#![allow(clippy::disallowed_methods)] // its resources answer other methods with a problem

pub mod answer;
pub mod bearer;
pub mod body;
pub mod call;
pub mod etag;
pub mod exchange;
pub mod keys;
pub mod strict;
pub mod view;

use actix_web::web;

pub use bearer::Client;
pub use call::Call;

use crate::kernel::error::AppError;

/// The calls that belong to no feature.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/v1/api-keys/exchange").post(exchange::exchange));
}

/// What no call is at.
pub async fn nothing_here() -> Result<actix_web::HttpResponse, AppError> {
    Err(AppError::NotFound)
}
