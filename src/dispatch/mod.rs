//! Handing exceptions to outside systems, and hearing back from them. A connector says where such a system is and how we
//! show who we are; each business account has at most one of each kind, and can always hand an exception over by hand.
//!
//! A dispatch commits with the change of status that it makes; its row is the outbox ([`commands`]). A node sends what
//! waits ([`deliver`]), under a lease, and notes what came of it ([`outcome`]): it is with the other side, it is tried
//! again, or the exception goes back to where it was and people are told. What was sent but not noted is sent again with
//! the same key. The other side answers by a callback ([`callback`]), in the order of its own clock.

pub mod api;
pub mod call;
pub mod callback;
pub mod callback_api;
pub mod caller;
pub mod card;
pub mod commands;
pub mod connector;
pub mod connector_acts;
pub mod connector_commands;
pub mod connector_form;
pub mod connector_list;
pub mod connector_queries;
pub mod connector_show;
pub mod content;
pub mod deliver;
pub mod form;
pub mod jira;
pub mod model;
pub mod outcome;
pub mod probe;
pub mod queries;
pub mod servicenow;
pub mod webhook;

use actix_web::web::ServiceConfig;

use crate::web::route::at;

/// The pages.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(at("/exceptions/{id}/dispatch").get(form::show).post(form::create))
        .service(at("/exceptions/{id}/dispatch/resend").post(form::resend))
        .service(at("/settings/connectors").get(connector_list::list))
        .service(
            at("/settings/connectors/new")
                .get(connector_form::new)
                .post(connector_form::make),
        )
        .service(at("/settings/connectors/{id}").get(connector_show::show))
        .service(
            at("/settings/connectors/{id}/edit")
                .get(connector_form::edit)
                .post(connector_form::update),
        )
        .service(at("/settings/connectors/{id}/test").post(connector_acts::test))
        .service(at("/settings/connectors/{id}/state").post(connector_acts::set_state))
        .service(at("/settings/connectors/{id}/secret").post(connector_acts::renew_secret))
        .service(at("/settings/connectors/{id}/delete").post(connector_acts::delete));
}
