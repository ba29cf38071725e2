//! Who is there and what they may do: roles, sessions, passwords, sign-in.

pub mod actor;
pub mod background;
pub mod device;
pub mod limiter;
pub mod login;
pub mod passwords;
pub mod permission;
pub mod principal;
pub mod refusals;
pub mod sessions;

use actix_web::web;

use crate::web::route::at;

/// Sign-in, sign-out and the business-account switcher.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/login").get(login::show).post(login::enter))
        .service(at("/logout").post(login::leave))
        .service(at("/switch").post(login::switch));
}
