//! Exceptions: records of events that need attention, from being raised to being resolved. The lifecycle and its guards
//! are in [`model`]; each act has a file of its own.

pub mod assign;
pub mod change;
pub mod claim;
pub mod clocks;
pub mod comment;
pub mod conflict;
mod decoded;
pub mod filter;
pub mod head;
pub mod model;
mod moves;
pub mod queries;
pub mod queue;
pub mod raise;
pub mod reopen;
pub mod resolution;
pub mod resolve;
pub mod row;
pub mod show;
mod timeline;
pub mod words;

use actix_web::web;

/// The queue and the pages of one exception.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/exceptions").get(queue::list))
        .service(web::resource("/exceptions/take-next").post(claim::take_the_next))
        .service(web::resource("/exceptions/{id}").get(show::show))
        .service(web::resource("/exceptions/{id}/claim").post(claim::take))
        .service(web::resource("/exceptions/{id}/release").post(claim::put_back))
        .service(web::resource("/exceptions/{id}/recall").post(claim::take_back))
        .service(
            web::resource("/exceptions/{id}/assign")
                .get(assign::show)
                .post(assign::create),
        )
        .service(
            web::resource("/exceptions/{id}/resolve")
                .get(resolve::show)
                .post(resolve::create),
        )
        .service(
            web::resource("/exceptions/{id}/reopen")
                .get(reopen::show)
                .post(reopen::create),
        )
        .service(
            web::resource("/exceptions/{id}/comments")
                .get(comment::draft)
                .post(comment::create),
        );
}
