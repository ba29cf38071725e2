//! The key-value pairs that a client or a person gives a transaction (rocketkor.md 5.1): one rule for new ones and edits,
//! pages and API.

use std::collections::BTreeMap;

use super::Solution;
use crate::kernel::error::FieldErrors;

/// Key and value.
pub type Metadata = BTreeMap<String, String>;

/// At most so many pairs.
pub const ENTRIES: usize = 6;
/// A value has at most so many characters.
pub const VALUE: usize = 1024;
/// A key has at most so many characters.
pub const KEY: usize = 255;
/// The key that says the standard entry class.
pub const ENTRY_CLASS: &str = "rkorACHEntryType";

/// The standard entry classes that a person may choose.
pub const ENTRY_CLASSES: [&str; 12] = [
    "ARC", "BOC", "CCD", "CIE", "CTX", "IAT", "POP", "PPD", "RCK", "TEL", "WEB", "XCK",
];

/// Whether the pairs may be kept; what is wrong with them is noted under `metadata`.
pub fn check(metadata: &Metadata, errors: &mut FieldErrors) {
    if metadata.len() > ENTRIES {
        errors.add("metadata", format!("At most {ENTRIES} entries fit."));
    }
    if metadata
        .keys()
        .any(|key| key.trim().is_empty() || key.chars().count() > KEY)
    {
        errors.add("metadata", format!("A key has 1 to {KEY} characters."));
    }
    if metadata.values().any(|v| v.chars().count() > VALUE) {
        errors.add("metadata", format!("A value has at most {VALUE} characters."));
    }
}

/// The entry class that is said: in a field of its own, or in the pairs as RocketKOR has it. Only an ACH payment has one.
///
/// # Errors
/// A sentence.
pub fn entry_class(
    said: &str,
    metadata: Option<&Metadata>,
    solution: Option<Solution>,
) -> Result<Option<String>, String> {
    let said = Some(said.trim())
        .filter(|t| !t.is_empty())
        .or(metadata.and_then(|m| m.get(ENTRY_CLASS)).map(String::as_str));
    match said {
        None => Ok(None),
        Some(_) if solution != Some(Solution::Ach) => Err("Only an ACH payment has an entry class.".into()),
        Some(class) if ENTRY_CLASSES.contains(&class) => Ok(Some(class.to_owned())),
        Some(_) => Err("Choose an entry class such as PPD.".into()),
    }
}
