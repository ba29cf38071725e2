//! Exceptions: records of events that need attention, from being raised to being resolved. The lifecycle and its guards
//! are in [`model`]; each act has a file of its own.

pub mod clocks;
pub mod filter;
pub mod model;
pub mod queries;
pub mod queue;
pub mod raise;
pub mod row;
pub mod words;

use actix_web::web;

/// The queue and the pages of one exception.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/exceptions").get(queue::list));
}
