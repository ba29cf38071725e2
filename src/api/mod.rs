//! What the JSON API's calls share: tokens, the caller with a right, strict JSON bodies, answers with their `ETag`s, repeats.
//! The calls themselves are in their features' `api.rs`, thin over the same commands as the pages.
//!
//! A read takes [`Client`] and answers [`answer::Shown`]. A list takes [`params::Params`] besides, reads RocketKOR's
//! paging by [`page::PageAsked`] or Matcher's by [`cursor::CursorAsked`], and answers [`answer::Listed`]. A write takes
//! [`Call`], runs its command inside [`Call::run`] and answers [`answer::Done`].

#![allow(clippy::disallowed_methods)] // its resources answer other methods with a problem

pub mod answer;
pub mod bearer;
pub mod body;
pub mod call;
pub mod cursor;
pub mod etag;
pub mod exchange;
pub mod keys;
pub mod limit;
pub mod page;
pub mod params;
pub mod strict;
pub mod totals;
pub mod view;
pub mod when;

use actix_web::web;

pub use bearer::Client;
pub use call::{Call, PlainCall};

use crate::web::route::at;

/// The calls that belong to no feature.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/api/v1/api-keys/exchange").post(exchange::exchange));
}
