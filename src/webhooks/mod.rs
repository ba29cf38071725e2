//! Webhooks: other systems are told of what happens. The history is the outbox: an event commits with its change, so
//! nothing is told that did not happen and nothing that happened is forgotten. Each node turns new events into messages
//! ([`fan_out`]), one transaction with the place it has come to; and sends them ([`deliver`]), one node at a time for
//! each subscription. A message is sent until it is accepted, so it may come twice, always with the same id; the
//! messages about one subject come in order. After three days in vain the subscription is suspended; its messages wait.

pub mod act;
pub mod api;
pub mod api_deliveries;
pub mod attempt;
pub mod commands;
pub mod deliver;
pub mod delivery;
pub mod fan_out;
pub mod form;
pub mod list;
pub mod message;
pub mod model;
pub mod queries;
pub mod rows;
pub mod show;
pub mod signature;

use actix_web::web::ServiceConfig;

use crate::web::route::at;

/// The pages of the settings.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(at("/settings/webhooks").get(list::list))
        .service(at("/settings/webhooks/new").get(form::new).post(form::make))
        .service(at("/settings/webhooks/{id}").get(show::show))
        .service(
            at("/settings/webhooks/{id}/edit")
                .get(form::edit)
                .post(form::update),
        )
        .service(at("/settings/webhooks/{id}/state").post(act::set_state))
        .service(at("/settings/webhooks/{id}/secret").post(act::renew_secret))
        .service(at("/settings/webhooks/{id}/delete").post(act::delete))
        .service(at("/settings/webhook-messages/{id}").get(delivery::show))
        .service(at("/settings/webhook-messages/{id}/resend").post(act::resend));
}
