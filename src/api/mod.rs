//! What the JSON API's calls share: tokens, the caller with a right, strict JSON bodies, answers with their `ETag`s, repeats.
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

use crate::web::route::at;

/// The calls that belong to no feature.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/api/v1/api-keys/exchange").post(exchange::exchange));
}
