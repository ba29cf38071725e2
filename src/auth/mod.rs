//! Who is there and what they may do: roles, sessions, passwords, sign-in.

pub mod actor;
pub mod limiter;
pub mod login;
pub mod passwords;
pub mod permission;
pub mod principal;
pub mod sessions;

use actix_web::web;

/// Sign-in, sign-out and the business-account switcher.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/login").get(login::show).post(login::enter))
        .service(web::resource("/logout").post(login::leave))
        .service(web::resource("/switch").post(login::switch));
}
