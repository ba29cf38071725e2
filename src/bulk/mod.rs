//! One act on many exceptions: a plan with the ids and versions that were seen, a preview of what each will get and who
//! is skipped, a job that does it through the same commands as one at a time, and a result with a line for each. Where
//! what each gets hangs on what is typed, that is checked first and shown, and only what was shown is run.
//!
//! Invariants: an item's outcome is stored in the transaction of its effect, so that each is done exactly once whatever
//! happens to the node; what somebody changed after the plan is skipped and left as it is.

pub mod apply;
pub mod check;
pub mod export;
pub mod input;
pub mod list;
pub mod model;
pub mod names;
pub mod plan;
pub mod queries;
mod rating;
pub mod run;
pub mod show;
pub mod start;
mod taken;
pub mod takers;
mod words;

use actix_web::web::ServiceConfig;

use crate::web::route::at;

/// The plan, the run and the result.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(at("/bulk").get(list::list).post(start::create))
        .service(at("/bulk/{id}").get(show::show))
        .service(at("/bulk/{id}/run").post(start::run))
        .service(at("/bulk/{id}/cancel").post(start::cancel))
        .service(at("/bulk/{id}/retry").post(start::retry))
        .service(at("/bulk/{id}/result.csv").get(export::csv));
}
