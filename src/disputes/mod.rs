//! Disputes about exceptions, with their evidence (matcher.md sections 1.5 and 2.2). A dispute has its own states and
//! never changes its exception, which may be open or resolved; an exception may have several.
//!
//! States: DRAFT, OPEN, PENDING_EVIDENCE, then WON for good, or LOST, which can be reopened. Opening makes a draft and
//! opens it in one step, so nobody sees a draft.

pub mod acts;
pub mod api;
pub mod api_view;
pub mod card;
pub mod commands;
pub mod files;
pub mod list;
pub mod model;
pub mod new;
pub mod queries;
pub mod show;
pub mod upload;

use actix_web::web::ServiceConfig;

use crate::web::route::at;

/// The list, one dispute with its acts, its files, and opening one from an exception.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(at("/disputes").get(list::list))
        .service(at("/disputes/{id}").get(show::show))
        .service(
            at("/disputes/{id}/evidence")
                .get(acts::draft)
                .post(upload::create),
        )
        .service(
            at("/disputes/{id}/request-evidence")
                .get(acts::draft)
                .post(acts::request_evidence),
        )
        .service(at("/disputes/{id}/close").get(acts::draft).post(acts::close))
        .service(at("/disputes/{id}/reopen").get(acts::draft).post(acts::reopen))
        .service(at("/evidence/{id}/file").get(files::download))
        .service(at("/exceptions/{id}/disputes").get(new::show).post(new::create));
}
