//! Whole-application tests: each starts its own Docket with its own database and a clock that it moves itself.

mod ach_files;
mod demo;
mod exceptions;
mod harness;
mod invitations;
mod login;
mod members;
mod payments;
mod reset_links;
mod setup;
mod transaction_pages;
mod transactions;
