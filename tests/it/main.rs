//! Whole-application tests: each starts its own Docket with its own database and a clock that it moves itself.

mod ach_files;
mod exceptions;
mod harness;
mod login;
mod payments;
mod transactions;
