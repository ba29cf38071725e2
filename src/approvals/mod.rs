//! Approvals: changes of money and accounts that wait for a second person (domain.md section 6). The gate lies in the
//! commands: each checks its request, asks the policy, and either does it or calls [`commands::ask`], which stores the
//! request, what it would do in words, and the versions of the records it was asked for. A supervisor who is not the
//! requester decides; what moved on meanwhile makes the approval lapse.
//!
//! States: WAITING, then one of APPROVED, REJECTED, WITHDRAWN, LAPSED; none of these changes again.

pub mod api;
pub mod commands;
pub mod decide;
pub mod list;
pub mod many;
pub mod model;
pub mod queries;
pub mod show;
mod told;
pub mod view;

use actix_web::web;

use crate::web::route::at;

pub use model::{ApprovalRow, ApprovalState, Difference, Gated, Guard, Request};

/// The list, one approval, and its verdict.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/approvals").get(list::list))
        .service(at("/approvals/decide").post(many::decide))
        .service(at("/approvals/decided").get(many::decided))
        .service(at("/approvals/{id}").get(show::show))
        .service(at("/approvals/{id}/approve").post(show::approve))
        .service(at("/approvals/{id}/reject").get(show::draft).post(show::reject))
        .service(at("/approvals/{id}/withdraw").post(show::withdraw));
}
