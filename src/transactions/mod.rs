//! Transactions: our record of payments. A transaction is never changed in what it pays: an edit cancels it and makes
//! a new one that names it as its parent. Its status moves by one table; every move is an entry of its status history.
//!
//! Money goes from the debit account to the credit account (the source and the receiver). A REQUEST pulls money, so
//! its debit account is the other party's and its credit account is ours.

pub mod commands;
pub mod model;
pub mod payment_reasons;
pub mod queries;
pub mod status;

pub use model::{AchDetails, Kind, NewTransaction, Priority, Relation, Solution, TransactionRow};
pub use status::Status;
