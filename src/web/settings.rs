//! The pages of the settings, as the menu beside each of them lists them.

use super::ui::Tab;
use crate::auth::{permission::Right, principal::Principal};

const PAGES: [(&str, &str, Right); 15] = [
    ("Profile and sessions", "/settings/profile", Right::Read),
    ("Notifications", "/settings/notifications", Right::Read),
    ("Absence", "/settings/absence", Right::Work),
    ("Calendar", "/settings/calendar", Right::Read),
    ("Teams", "/settings/teams", Right::Supervise),
    ("People", "/settings/people", Right::Administer),
    (
        "Service accounts",
        "/settings/service-accounts",
        Right::Administer,
    ),
    ("Approval rules", "/settings/policies/approvals", Right::Read),
    ("Routing rules", "/settings/policies/routing", Right::Read),
    ("Thresholds", "/settings/policies/thresholds", Right::Read),
    ("Connectors", "/settings/connectors", Right::Administer),
    ("Webhooks", "/settings/webhooks", Right::Administer),
    ("E-mail", "/settings/mail", Right::Administer),
    ("Payment reasons", "/settings/payment-reasons", Right::Administer),
    ("Audit log", "/settings/history", Right::Audit),
];

/// What this person may open, `current` marked.
pub fn pages(who: &Principal, current: &str) -> Vec<Tab> {
    PAGES
        .iter()
        .filter(|(.., right)| who.actor.may(*right))
        .map(|(label, href, _)| Tab {
            label,
            href: (*href).to_owned(),
            count: None,
            current: *href == current,
            alarm: false,
        })
        .collect()
}
