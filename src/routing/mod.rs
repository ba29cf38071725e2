//! Routing (domain.md section 2.3): ordered rules that give what is raised to somebody at once. The first that fits
//! decides; its name stands in the history of what it placed.

pub mod form;
pub mod page;
pub mod router;
pub mod rules;
pub mod simulation;

use actix_web::web::ServiceConfig;

use crate::web::route::at;

/// The routing rules, what other ones would have done, and asking for them.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(
        at("/settings/policies/routing")
            .get(page::show)
            .post(page::submit),
    );
}
