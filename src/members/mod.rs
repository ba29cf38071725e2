//! People: who belongs to a business account, as what, and how they come in: the first set-up, invitations, reset
//! links. Roles are given by Owners and Admins; a business account always keeps an active Owner (domain.md section 7).

pub mod access;
pub mod invitations;
pub mod invite;
pub mod join;
pub mod links;
pub mod model;
pub mod password;
pub mod people;
pub mod person;
pub mod profile;
pub mod queries;
pub mod reset;
pub mod setup;
pub mod zones;

use actix_web::web::ServiceConfig;

use crate::web::route::at;

/// The people of a business account, one's own profile, and the doors for who is not in yet.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(at("/setup").get(setup::show).post(setup::finish))
        .service(at("/invite/{token}").get(join::show).post(join::accept))
        .service(at("/reset/{token}").get(reset::show).post(reset::save))
        .service(at("/settings/people").get(people::list))
        .service(at("/settings/people/invite").get(invite::show).post(invite::send))
        .service(at("/settings/people/revoke").post(invite::revoke))
        .service(at("/settings/people/{id}").get(person::show))
        .service(at("/settings/people/{id}/role").post(person::change_role))
        .service(at("/settings/people/{id}/disable").post(person::disable))
        .service(at("/settings/people/{id}/enable").post(person::enable))
        .service(at("/settings/people/{id}/end-sessions").post(person::end_sessions))
        .service(at("/settings/people/{id}/reset").post(person::make_reset_link))
        .service(at("/settings/profile").get(profile::show).post(profile::save))
        .service(at("/settings/profile/password").post(password::change))
        .service(at("/settings/profile/end-session").post(profile::end_session))
        .service(at("/settings/profile/end-others").post(profile::end_others));
}
