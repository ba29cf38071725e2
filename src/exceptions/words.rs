//! What an exception is called on pages.

use std::borrow::Cow;

use super::model::Kind;
use crate::{
    accounts,
    ach::codes::{noc_code, return_code},
    kernel::text::capitalised,
};

/// What its code or reason means, in a few words.
pub fn meaning(kind: Kind, code: Option<&str>, reason: Option<&str>) -> Cow<'static, str> {
    match (kind, code) {
        (Kind::AchReturn | Kind::VerificationDeclined, Some(code)) => return_code(code)
            .map_or(Cow::Borrowed("Unknown return code"), |c| {
                Cow::Borrowed(c.title.as_str())
            }),
        (Kind::AchNoc | Kind::VerificationNoc, Some(code)) => noc_code(code)
            .map_or(Cow::Borrowed("Unknown change code"), |c| {
                Cow::Borrowed(c.title.as_str())
            }),
        _ => reason.map_or(Cow::Borrowed(kind.label()), |r| Cow::Owned(sentence_case(r))),
    }
}

/// The account as it may be shown, of which the `tail` is kept; nothing where there is none.
pub fn masked_account(tail: &str) -> String {
    if tail.is_empty() {
        String::new()
    } else {
        accounts::model::masked(tail)
    }
}

/// `AMOUNT_DIFFERENCE` as "Amount difference".
pub fn sentence_case(spelled: &str) -> String {
    capitalised(&spelled.replace('_', " ").to_lowercase())
}
