//! Pure value types: no database, no web, no clock of their own.

pub mod clock;
pub mod crypto;
pub mod error;
pub mod id;
pub mod money;
pub mod text;
pub mod words;
