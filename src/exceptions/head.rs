//! What names an exception, on its page and at the head of its forms.

use chrono_tz::Tz;

use super::{row::ExceptionRow, way_back, words};
use crate::{
    auth::{permission::Permission, principal::May},
    kernel::clock::Ts,
    notifications::model::brief,
    web::{
        back, time,
        ui::{Due, Money, Severity, Status},
    },
};

/// Printed by `ui/exception.html`.
pub struct ExceptionHead {
    pub id: String,
    pub version: String,
    /// Its page, with the list.
    pub href: String,
    /// What stands behind each address that leads on from here to an exception or a form, so that it carries the list
    /// that this page carries; empty where this page carries none.
    pub list: String,
    /// That list, or where the queues begin.
    pub queue: String,
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

impl ExceptionHead {
    /// The address of one of its forms or pages ("claim", "evidence"), with the list.
    pub fn at(&self, part: &str) -> String {
        format!("/exceptions/{}/{part}{}", self.id, self.list)
    }

    /// An address that says something itself (`/exceptions/1/resolve?type=RETRY`), with the list.
    pub fn and_list(&self, href: &str) -> String {
        match self.list.strip_prefix('?') {
            Some(list) if href.contains('?') => format!("{href}&{list}"),
            _ => format!("{href}{}", self.list),
        }
    }
}

/// The head of `row`, on the page that `who` has asked for: with the list that its address carries.
pub fn head<P: Permission>(who: &May<P>, row: &ExceptionRow, (now, zone): (Ts, Tz)) -> ExceptionHead {
    let asked = who.request().query_string();
    let list = back::with_list(&back::list_of(asked));
    let code = row.code.clone().unwrap_or_default();
    let title = words::meaning(row.kind, row.code.as_deref(), row.reason.as_deref()).into_owned();
    let name = if code.is_empty() { &title } else { &code };
    ExceptionHead {
        id: row.id.to_string(),
        version: row.version.to_string(),
        href: format!("/exceptions/{}{list}", row.id),
        list,
        queue: way_back::of(asked),
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
