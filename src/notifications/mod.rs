//! What people are told, each of what they have chosen. The clock tells of due times, each stage once for each due time
//! whatever number of nodes there is.

pub mod centre;
pub mod clock;
pub mod commands;
pub mod model;
pub mod queries;
pub mod settings;

use actix_web::web::ServiceConfig;

use crate::web::route::at;

/// The centre and one's own choices.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(at("/notifications").get(centre::list))
        .service(at("/notifications/read").post(centre::read_all))
        .service(at("/notifications/open").post(centre::open))
        .service(
            at("/settings/notifications")
                .get(settings::show)
                .post(settings::update),
        );
}
