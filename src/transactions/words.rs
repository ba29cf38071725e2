//! What transactions are called on pages.

use super::{Kind, Status, TransactionRow};
use crate::{
    kernel::clock::written_day,
    web::ui::{Choice, Tag, Tone},
};

/// A status as a badge.
pub fn status_tag(status: Status) -> Tag {
    let (tone, icon) = match status {
        Status::New => (Tone::Blue, "plus"),
        Status::Pending => (Tone::Amber, "hourglass"),
        Status::Processing => (Tone::Amber, "send"),
        Status::Approved => (Tone::Blue, "check"),
        Status::Settled | Status::Cleared => (Tone::Green, "circle-check"),
        Status::Cancelled => (Tone::Grey, "circle-x"),
        Status::Declined | Status::Error => (Tone::Red, "circle-alert"),
        Status::Reversed => (Tone::Violet, "undo-2"),
    };
    Tag {
        tone,
        icon,
        text: status.label().into(),
    }
}

/// `ACH send, Loan payouts`; `reason` is the payment reason's label.
pub fn title(row: &TransactionRow, reason: &str) -> String {
    if row.kind == Kind::Return || reason.is_empty() {
        row.title()
    } else {
        format!("{}, {reason}", row.title())
    }
}

/// The day it settles, or is to take effect; empty when neither is known.
pub fn settles(row: &TransactionRow) -> String {
    row.settlement_date
        .or(row.effective_date)
        .map(|day| written_day(day.0))
        .unwrap_or_default()
}

/// The options of a select, one of them chosen.
pub fn choices<'a>(options: impl IntoIterator<Item = (&'a str, &'a str)>, chosen: &str) -> Vec<Choice> {
    options
        .into_iter()
        .map(|(value, label)| Choice {
            value: value.into(),
            label: label.into(),
            selected: value == chosen,
        })
        .collect()
}
