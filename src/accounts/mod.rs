//! Financial accounts: the bank accounts that money goes from and to. The account number is sealed at rest; what is
//! shown is its tail, what it is found by is a keyed hash of routing and account number together.

pub mod acts;
pub mod add;
pub mod add_form;
pub mod api;
pub mod api_add;
mod by_text;
pub mod commands;
pub mod edit;
pub mod edit_form;
pub mod index;
pub mod list;
pub mod listing;
pub mod model;
pub mod past;
pub mod queries;
pub mod reveal;
pub mod show;
pub mod sweep;
pub(crate) mod words;

use actix_web::web;

use crate::web::route::at;

pub use model::{AccountRow, AccountState, Category, NewExternal, Subtype, Verification};

/// The list, and one account.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/accounts").get(list::list))
        .service(at("/accounts/new").get(add_form::show).post(add_form::submit))
        .service(at("/accounts/sweep").get(sweep::show).post(sweep::submit))
        .service(at("/accounts/{id}").get(show::show))
        .service(
            at("/accounts/{id}/edit")
                .get(edit_form::show)
                .post(edit_form::submit),
        )
        .service(at("/accounts/{id}/suspend").get(acts::draft).post(acts::suspend))
        .service(
            at("/accounts/{id}/unsuspend")
                .get(acts::draft)
                .post(acts::unsuspend),
        )
        .service(
            at("/accounts/{id}/verification")
                .get(acts::draft)
                .post(acts::verification),
        )
        .service(
            at("/accounts/{id}/reveal")
                .get(reveal::draft)
                .post(reveal::create),
        );
}
