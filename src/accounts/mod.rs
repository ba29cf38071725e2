//! Financial accounts: the bank accounts that money goes from and to. The account number is sealed at rest; what is
//! shown is its tail, what it is found by is a keyed hash of routing and account number together.

pub mod commands;
pub mod list;
pub mod model;
pub mod queries;
pub mod show;
mod words;

use actix_web::web;

use crate::web::route::at;

pub use model::{AccountRow, AccountState, Category, NewExternal, Subtype, Verification};

/// The list, and one account.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/accounts").get(list::list))
        .service(at("/accounts/{id}").get(show::show));
}
