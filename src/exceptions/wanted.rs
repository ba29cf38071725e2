//! Which exceptions a client asks for: the filters of both dialects (rocketkor.md 3.2, matcher.md 4.1).

use std::time::Duration;

use super::{
    filter::Holder,
    model::{Category, Kind, Severity, Status},
};
use crate::{
    api::{
        page::Sortable,
        params::Params,
        when::{self, End, Zone},
    },
    kernel::{clock::Ts, id::BusinessAccountId},
    spelled,
};

spelled! {
    /// Where an exception stands, as Matcher tells it (domain.md section 2.1).
    pub enum Stand {
        /// Nobody has it.
        Open = "OPEN",
        /// Somebody has it.
        Assigned = "ASSIGNED",
        /// An outside system has it.
        PendingResolution = "PENDING_RESOLUTION",
        /// Closed.
        Resolved = "RESOLVED",
    }
}

/// What is asked for; what is empty or none does not matter.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Inclusive.
    pub created: (Option<Ts>, Option<Ts>),
    /// Any of these.
    pub holders: Vec<Holder>,
    /// The holder's e-mail address.
    pub holder_email: Option<String>,
    /// Its category.
    pub category: Option<Category>,
    /// Its type.
    pub kind: Option<Kind>,
    /// Any of these.
    pub statuses: Vec<Status>,
    /// Any of these.
    pub stands: Vec<Stand>,
    /// Any of these.
    pub severities: Vec<Severity>,
    /// Any of these reasons or codes.
    pub reasons: Vec<String>,
    /// Part of a reason, a code or the transaction's id, whatever the case.
    pub search: Option<String>,
    /// The outside system that has it or had it last, in capitals.
    pub external_system: Option<String>,
}

impl Wanted {
    /// Whether everything is asked for.
    pub fn is_everything(&self) -> bool {
        self.created == (None, None)
            && self.holders.is_empty()
            && self.holder_email.is_none()
            && self.category.is_none()
            && self.kind.is_none()
            && self.statuses.is_empty()
            && self.stands.is_empty()
            && self.severities.is_empty()
            && self.reasons.is_empty()
            && self.search.is_none()
            && self.external_system.is_none()
    }

    /// Whether open ones, and whether resolved ones can be among them: each is an index of its own.
    pub fn halves(&self) -> Vec<bool> {
        let can_be = |open: bool| {
            let statuses = self.statuses.is_empty() || self.statuses.iter().any(|s| s.is_open() == open);
            let stands =
                self.stands.is_empty() || self.stands.iter().any(|s| (*s != Stand::Resolved) == open);
            statuses && stands
        };
        [true, false].into_iter().filter(|open| can_be(*open)).collect()
    }

    /// RocketKOR's filters.
    pub fn rocketkor(params: &mut Params) -> Self {
        let zone = params.take("timeZone", Zone::parse).unwrap_or(Zone::UTC);
        let created = (
            params.take("createdDateFrom", |text| when::parse(text, zone, End::From)),
            params.take("createdDateTo", |text| when::parse(text, zone, End::To)),
        );
        let holders = params.words(
            "assignedTo",
            "ids of team members, UNASSIGNED",
            |text| match text {
                "UNASSIGNED" => Some(Holder::Nobody),
                id => id.parse().ok().map(Holder::Member),
            },
        );
        let statuses = params.words("status", "NEW, IN_PROGRESS, RESOLVED, REOPENED", |text| {
            Status::parse(text).filter(|s| *s != Status::PendingResolution)
        });
        // RocketKOR knows no waiting for an outside system: it is in progress.
        let waiting = statuses
            .contains(&Status::InProgress)
            .then_some(Status::PendingResolution);
        Self {
            created,
            holders,
            category: params.word("category", &listed(Category::ALL), Category::parse),
            kind: params.word("type", &listed(Kind::ALL), Kind::parse),
            statuses: statuses.into_iter().chain(waiting).collect(),
            ..Self::default()
        }
    }

    /// Matcher's filters. The reconciliation context is the business account; false when another one is named.
    pub fn matcher(params: &mut Params, account: BusinessAccountId, now: Ts) -> (Self, bool) {
        const DAY: u64 = 24 * 60 * 60;
        let short = |text: &str| {
            if text.chars().count() > 255 {
                Err("At most 255 characters fit.".to_owned())
            } else {
                Ok(text.to_owned())
            }
        };
        let from = params.take("date_from", |text| when::parse(text, Zone::UTC, End::From));
        let to = params.take("date_to", |text| when::parse(text, Zone::UTC, End::To));
        let age = params.take("min_age_days", |text| {
            text.parse::<u64>()
                .ok()
                .filter(|days| *days <= 3650)
                .ok_or_else(|| "min_age_days is a number from 0 to 3650.".to_owned())
        });
        let old_enough = age
            .filter(|days| *days > 0)
            .map(|days| now.minus(Duration::from_secs(days * DAY)));
        let context = params.take("contextId", |text| {
            text.parse::<BusinessAccountId>()
                .map_err(|_| "contextId is an id.".to_owned())
        });
        let upper = |text: &str| text.to_ascii_uppercase();
        let wanted = Self {
            created: (from, [to, old_enough].into_iter().flatten().min()),
            holder_email: params.take("assigned_to", short).map(|text| text.to_lowercase()),
            stands: params.words("status", &listed(Stand::ALL), |text| Stand::parse(&upper(text))),
            severities: params.words("severity", "LOW, MEDIUM, HIGH, CRITICAL", |text| {
                Severity::parse(&upper(text))
            }),
            reasons: params.many("reason").iter().map(|text| upper(text)).collect(),
            search: params.take("search", short),
            external_system: params
                .take("external_system", short)
                .map(|text| upper(text.trim())),
            ..Self::default()
        };
        (wanted, context.is_none_or(|id| id == account))
    }
}

fn listed<T: std::fmt::Display>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What RocketKOR's list is sorted by. PostgreSQL takes small numbers for small integers, hence the casts. Words sort by their place in the documented order.
pub const ROCKETKOR_FIELDS: &[Sortable] = &[
    ("createdAt", "exceptions.created_at"),
    ("updatedAt", "exceptions.updated_at"),
    ("dueAt", "exceptions.due_at"),
    ("amount", "exceptions.amount"),
    ("severity", "exceptions.severity"),
    ("id", ""),
];

/// What no index has in order: for lists that are not long.
pub const ROCKETKOR_MORE: &[Sortable] = &[
    (
        "status",
        "CAST(CASE exceptions.status WHEN 'NEW' THEN 0 WHEN 'RESOLVED' THEN 2 WHEN 'REOPENED' THEN 3 ELSE 1 END AS BIGINT)",
    ),
    (
        "category",
        "CAST(CASE exceptions.category WHEN 'BANK_ACCOUNT_VERIFICATION' THEN 0 WHEN 'CUSTOMER' THEN 1 ELSE 2 END AS BIGINT)",
    ),
    (
        "type",
        "CAST(CASE exceptions.kind WHEN 'ACH_RETURN' THEN 0 WHEN 'ACH_NOC' THEN 1 \
         WHEN 'BANK_ACCOUNT_VERIFICATION_DECLINED' THEN 2 WHEN 'BANK_ACCOUNT_VERIFICATION_NOC' THEN 3 \
         WHEN 'EARNED_WAGE_ACCESS' THEN 4 ELSE 5 END AS BIGINT)",
    ),
    ("description", "exceptions.description"),
    ("currency", "exceptions.currency"),
    ("entityId", "exceptions.entity_id"),
    (
        "assignedTo",
        "COALESCE((SELECT team_members.last_name || ' ' || team_members.first_name FROM team_members \
         WHERE team_members.id = exceptions.assignee_id), '')",
    ),
];

/// What Matcher's list is sorted by, and two of ours.
pub const MATCHER_FIELDS: &[Sortable] = &[
    ("id", ""),
    ("created_at", "exceptions.created_at"),
    ("updated_at", "exceptions.updated_at"),
    ("severity", "exceptions.severity"),
    (
        "status",
        "CAST(CASE WHEN exceptions.status = 'RESOLVED' THEN 3 WHEN exceptions.status = 'PENDING_RESOLUTION' THEN 2 \
         WHEN exceptions.assignee_id IS NULL THEN 0 ELSE 1 END AS BIGINT)",
    ),
    ("due_at", "exceptions.due_at"),
    ("amount", "exceptions.amount"),
];
