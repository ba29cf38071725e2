//! Whole-application tests: each starts its own Docket with its own database and a clock that it moves itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test that cannot go on fails.

mod ach_files;
mod answers;
mod audit;
mod browser;
mod command_line;
mod crash;
mod demo;
mod api_client;
mod api_tokens;
mod api_transactions;
mod exceptions;
mod forms;
mod guessing;
mod harness;
mod invitations;
mod login;
mod members;
mod passwords;
mod payments;
mod profile;
mod reset_links;
mod routes;
mod schema;
mod sessions;
mod setup;
mod transaction_pages;
mod transactions;
