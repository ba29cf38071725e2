//! What everything stands on: value types, errors, and a few things that count. No database, no web.

pub mod budget;
pub mod clock;
pub mod count;
pub mod crypto;
pub mod error;
pub mod id;
pub mod jobs;
pub mod money;
pub mod sort;
pub mod text;
pub mod words;
