//! What a list is sorted by and which way, as its address says it.

use std::fmt;

/// By what, and which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sorted<C> {
    /// By what.
    pub by: C,
    /// The largest or latest first, or from Z to A.
    pub descending: bool,
}

impl<C> Sorted<C> {
    /// Reads it from the address; none when it names nothing that `by` knows.
    pub fn read(text: &str, by: impl FnOnce(&str) -> Option<C>) -> Option<Self> {
        let (descending, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        by(name).map(|by| Self { by, descending })
    }
}

impl<C: fmt::Display> Sorted<C> {
    /// As in the address: `-created` for the latest first.
    pub fn spelled(&self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.by)
    }
}
