//! The banks' holidays of any year, and the team's own calendar: the days on which an SLA may count. The clocks of the
//! ACH rules run on the banking calendar alone, whatever the team's is.

pub mod commands;
pub mod model;
mod page;
pub mod queries;
pub mod reckoning;

use actix_web::web::ServiceConfig;

use crate::web::route::at;

/// The calendar page.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(at("/settings/calendar").get(page::show).post(page::submit));
}
