//! Reviews: a supervisor's verdict on a resolution (domain.md section 5). Nobody reviews their own. Some of the sample
//! are blind: see [`blind`].

pub mod agreement;
pub mod api;
pub mod blind;
pub mod commands;
pub mod list;
pub mod model;
pub mod queries;
pub mod show;
pub mod tabs;
mod touched;

use actix_web::web;

use crate::web::route::at;

/// The list and one review.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/reviews").get(list::list))
        .service(at("/reviews/agreement").get(agreement::show))
        .service(at("/reviews/{id}").get(show::show))
        .service(at("/reviews/{id}/answer").post(blind::create))
        .service(at("/reviews/{id}/approve").post(show::approve))
        .service(at("/reviews/{id}/return").get(show::draft).post(show::send_back));
}
