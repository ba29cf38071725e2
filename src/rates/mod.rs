//! Return rates (ach-codes.md section 11): how many of the debits that a company sent in the last 60 days came back,
//! against the levels at which the rules or the network step in, and how many more fit.

pub mod counts;
pub mod model;
pub mod page;
pub mod queries;

use actix_web::web;

use crate::web::route::at;

/// The report.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/reports/return-rates").get(page::show));
}
