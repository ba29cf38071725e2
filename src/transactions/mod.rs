//! Transactions: our record of payments. A transaction is never changed in what it pays: an edit cancels it and makes
//! a new one that names it as its parent. Its status moves by one table; every move is an entry of its status history.
//!
//! Money goes from the debit account to the credit account (the source and the receiver). A REQUEST pulls money, so
//! its debit account is the other party's and its credit account is ours.

pub mod api;
pub mod api_acts;
pub mod api_lists;
pub mod cancel;
pub mod commands;
mod confirm;
pub mod create;
pub mod create_form;
pub mod edit;
pub mod edit_form;
pub mod export;
pub mod filter;
pub mod lineage;
pub mod list;
pub mod listing;
pub mod metadata;
mod metadata_form;
pub mod model;
pub(crate) mod offer;
pub mod payment_reasons;
pub mod queries;
pub mod reasons_page;
pub mod reverse;
pub mod reverse_form;
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
        .service(
            at("/settings/payment-reasons")
                .get(reasons_page::show)
                .post(reasons_page::save),
        )
        .service(at("/transactions.csv").get(export::export))
        .service(
            at("/transactions/new")
                .get(create_form::show)
                .post(create_form::submit),
        )
        .service(at("/transactions/new/confirm").post(create_form::confirm))
        .service(at("/transactions/{id}").get(show::show))
        .service(
            at("/transactions/{id}/edit")
                .get(edit_form::show)
                .post(edit_form::submit),
        )
        .service(at("/transactions/{id}/edit/confirm").post(edit_form::confirm))
        .service(at("/transactions/{id}/cancel").post(cancel::submit))
        .service(
            at("/transactions/{id}/reverse")
                .get(reverse_form::show)
                .post(reverse_form::submit),
        )
        .service(at("/transactions/{id}/reverse/confirm").post(reverse_form::confirm));
}
