//! Service accounts: users of one business account that are no persons, with API keys. People who manage people manage
//! them; a role that only Owners give is also theirs alone to hand out keys for. A key's secret is shown once; a role, a
//! key or a service account that is taken away is gone from the next request on.

pub mod act;
pub mod commands;
pub mod list;
pub mod model;
pub mod new;
pub mod queries;
pub mod show;

use actix_web::web::ServiceConfig;

use crate::web::route::at;

/// The pages of the settings.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(at("/settings/service-accounts").get(list::list))
        .service(
            at("/settings/service-accounts/new")
                .get(new::show)
                .post(new::make),
        )
        .service(at("/settings/service-accounts/{id}").get(show::show))
        .service(at("/settings/service-accounts/{id}/role").post(act::change_role))
        .service(at("/settings/service-accounts/{id}/disable").post(act::disable))
        .service(at("/settings/service-accounts/{id}/enable").post(act::enable))
        .service(at("/settings/service-accounts/{id}/add-key").post(act::add_key))
        .service(at("/settings/service-accounts/{id}/rotate-key").post(act::rotate_key))
        .service(at("/settings/service-accounts/{id}/revoke-key").post(act::revoke_key));
}
