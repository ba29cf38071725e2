//! How long an exception may take: the hours of the thresholds, counted round the clock or on the team's working days.
//! The clocks of the ACH rules are others, and are counted on the banking calendar (ach-codes.md section 2).

use std::time::Duration;

use chrono_tz::Tz;

use super::{rules, thresholds::Thresholds};
use crate::{
    calendar::{self, model::WorkCalendar},
    db::AnyConnection,
    exceptions::model::Severity,
    kernel::{clock::Ts, error::AppResult, id::BusinessAccountId},
    members,
};

/// The SLA of a business account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sla {
    /// Its figures.
    pub thresholds: Thresholds,
    /// The calendar on which the hours count; round the clock without one.
    days: Option<(WorkCalendar, Tz)>,
}

impl Sla {
    /// With these figures and, where they ask for one, this calendar.
    pub fn new(thresholds: Thresholds, calendar: WorkCalendar, zone: Tz) -> Self {
        let days = thresholds.is_on_working_days().then_some((calendar, zone));
        Self { thresholds, days }
    }

    /// What every business account begins with.
    pub const fn first() -> Self {
        Self {
            thresholds: Thresholds::FIRST,
            days: None,
        }
    }

    /// The one in force.
    pub fn of(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Self> {
        let thresholds: Thresholds = rules::of(conn, account)?;
        Self::with(conn, account, thresholds)
    }

    /// As it would be with these figures and the calendar of today.
    pub fn with(
        conn: &mut AnyConnection,
        account: BusinessAccountId,
        thresholds: Thresholds,
    ) -> AppResult<Self> {
        // Raising does not read a calendar that does not count.
        let days = if thresholds.is_on_working_days() {
            let calendar = calendar::queries::of(conn, account)?;
            Some((calendar, members::queries::zone(conn, account)?))
        } else {
            None
        };
        Ok(Self { thresholds, days })
    }

    /// When `allowed` has passed since `from`.
    pub fn deadline(&self, from: Ts, allowed: Duration) -> Ts {
        match &self.days {
            Some((calendar, zone)) => calendar.deadline(from, allowed, *zone),
            None => from.plus(allowed),
        }
    }

    /// How much of the time between the two counts.
    pub fn counted(&self, from: Ts, to: Ts) -> Duration {
        match &self.days {
            Some((calendar, zone)) => calendar.counted(from, to, *zone),
            None => to.since(from),
        }
    }

    /// The time that an exception of this severity may take, in words.
    pub fn hours(&self, severity: Severity) -> String {
        let hours = self.thresholds.time_to_resolve(severity).as_secs() / 3600;
        match self.days {
            Some(_) => format!("{hours} hours of working days"),
            None => format!("{hours} hours"),
        }
    }
}
