//! Transactions: our record of payments. A transaction is never changed in what it pays: an edit cancels it and makes
//! a new one that names it as its parent. Its status moves by one table; every move is an entry of its status history.
//!
//! Money goes from the debit account to the credit account (the source and the receiver). A REQUEST pulls money, so
//! its debit account is the other party's and its credit account is ours.

pub mod api;
pub mod cancel;
pub mod commands;
pub mod edit;
pub mod edit_form;
pub mod filter;
pub mod list;
pub mod model;
pub mod payment_reasons;
pub mod queries;
pub mod search;
pub mod show;
pub mod status;
mod words;

use actix_web::web;

use crate::web::route::at;

pub use model::{AchDetails, Kind, NewTransaction, Priority, Relation, Solution, TransactionRow};
pub use status::Status;

/// The list, one transaction, and what people do with it.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/transactions").get(list::list))
        .service(at("/transactions/{id}").get(show::show))
        .service(
            at("/transactions/{id}/edit")
                .get(edit_form::show)
                .post(edit_form::submit),
        )
        .service(at("/transactions/{id}/edit/confirm").post(edit_form::confirm))
        .service(at("/transactions/{id}/cancel").post(cancel::submit));
}
