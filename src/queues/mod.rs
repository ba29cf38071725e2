//! Saved queues: a filter with a name, of one person or of everybody, in the order they give it; and where each role
//! begins. What a queue counts, lists and exports is one filter, so that the three agree.

pub mod beside;
pub mod commands;
pub mod edit;
pub mod list;
pub mod model;
pub mod queries;

use actix_web::web::ServiceConfig;

use crate::web::route::at;

/// The saved queues and their forms.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(at("/queues").get(list::list))
        .service(at("/queues/new").get(edit::new).post(edit::create))
        .service(at("/queues/defaults").post(list::defaults))
        .service(at("/queues/{id}").get(edit::show).post(edit::update))
        .service(at("/queues/{id}/move").post(list::shift))
        .service(at("/queues/{id}/delete").post(list::remove));
}
