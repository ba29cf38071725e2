//! What names an exception, on its page and at the head of its forms.

use chrono_tz::Tz;

use super::{row::ExceptionRow, words};
use crate::{
    kernel::clock::Ts,
    notifications::model::brief,
    web::{
        time,
        ui::{Due, Money, Severity, Status},
    },
};

/// Printed by `ui/exception.html`.
pub struct ExceptionHead {
    pub id: String,
    pub version: String,
    /// Its page.
    pub href: String,
    /// For the breadcrumb: "R03 Paulo Jensen".
    pub short: String,
    /// Empty where it has no code.
    pub code: String,
    pub title: String,
    pub party: String,
    /// Masked, or empty.
    pub account: String,
    pub amount: Option<Money>,
    pub status: Status,
    pub severity: Severity,
    pub due: Option<Due>,
    /// The state as it is shown now, to be told apart from a later one.
    pub seen: String,
}

/// The title of a page about an exception: what the page is for, and which exception it is, by the name that its own page
/// has. "Resolve: R01 Insufficient funds, Acme Ltd".
pub fn titled(act: &str, row: &ExceptionRow) -> String {
    format!("{act}: {}", brief(row))
}

/// The head of `row`.
pub fn head(row: &ExceptionRow, now: Ts, zone: Tz) -> ExceptionHead {
    let code = row.code.clone().unwrap_or_default();
    let title = words::meaning(row.kind, row.code.as_deref(), row.reason.as_deref()).into_owned();
    let name = if code.is_empty() { &title } else { &code };
    ExceptionHead {
        id: row.id.to_string(),
        version: row.version.to_string(),
        href: format!("/exceptions/{}", row.id),
        short: format!("{name} {}", row.party).trim().to_owned(),
        party: row.party.clone(),
        account: row.masked_account(),
        amount: row.money().map(|m| Money {
            amount: m.to_string(),
            currency: m.currency().beside_amount().into(),
        }),
        status: row.status,
        severity: row.severity,
        due: row.status.is_open().then(|| time::due(row.due_at, now, zone)),
        seen: super::conflict::Seen::of(row).spelled(),
        code,
        title,
    }
}
