//! Whole-application tests: each starts its own Docket with its own database and a clock that it moves itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::disallowed_methods)] // tests look at the database and the environment themselves
#![allow(clippy::single_match_else)] // tables of what is expected: Some and None are equal cases

mod ach_files;
mod answers;
mod api_audit;
mod api_client;
mod api_docs;
mod api_exceptions;
mod api_limits;
mod api_lists;
mod api_matcher;
mod api_raise;
mod api_rocketkor;
mod api_tokens;
mod api_transactions;
mod audit;
mod browser;
mod browser_desk;
mod browser_money;
mod browser_states;
mod bulk;
mod bulk_crash;
mod command_line;
mod comments;
mod crash;
mod demo;
mod exceptions;
mod forms;
mod guessing;
mod harness;
mod hostile_words;
mod imports;
mod imports_hostile;
mod imports_matching;
mod imports_once;
mod invitations;
mod login;
mod made_files;
mod members;
mod money;
mod money_pages;
mod notes;
mod passwords;
mod payments;
mod planted_numbers;
mod profile;
mod refusals;
mod replay;
mod reset_links;
mod routes;
mod saved_queues;
mod schema;
mod security_doc;
mod service_accounts;
mod sessions;
mod setup;
mod snooze;
mod transaction_pages;
mod transactions;
mod world;
