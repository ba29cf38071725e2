//! Financial accounts: the bank accounts that money goes from and to. The account number is sealed at rest; what is
//! shown is its tail, what it is found by is a keyed hash of routing and account number together.

pub mod commands;
pub mod model;
pub mod queries;

pub use model::{AccountRow, AccountState, Category, NewExternal, Subtype, Verification};
