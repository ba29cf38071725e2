//! When an exception is due (domain.md section 2.2): the soonest of its SLA and of the rule clock on which we must act.
//!
//! The SLA counts from when it was raised, or from when its severity rose, whichever is due sooner: the row keeps from
//! when and of which severity, so that it can be worked out anew when the calendar or the thresholds change. While it
//! waits for somebody outside, and while it is resolved, its SLA stands still; rule clocks never do.

use std::time::Duration;

use chrono_tz::Tz;

use super::{
    clocks,
    model::{Party, Severity},
    row::{ExceptionRow, SourceRow},
};
use crate::{ach, kernel::clock::Ts, policies::sla::Sla};

/// What the SLA counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// From when on.
    pub from: Ts,
    /// Of which severity.
    pub severity: Severity,
    /// Time since then that does not count, as it waited for somebody outside or was resolved.
    pub paused: Duration,
}

impl Term {
    fn allowed(self, sla: &Sla) -> Duration {
        sla.thresholds.time_to_resolve(self.severity) + self.paused
    }

    /// When it ends.
    pub fn due(self, sla: &Sla) -> Ts {
        sla.deadline(self.from, self.allowed(sla))
    }

    /// How much of it is left at `at`; nothing when it is over.
    fn left(self, at: Ts, sla: &Sla) -> Duration {
        self.allowed(sla)
            .saturating_sub(sla.counted(self.from, at.max(self.from)))
    }
}

fn micros(length: i64) -> Duration {
    Duration::from_micros(u64::try_from(length).unwrap_or_default())
}

impl ExceptionRow {
    /// What its SLA counts.
    pub fn term(&self) -> Term {
        Term {
            from: self.sla_from,
            severity: self.sla_severity,
            paused: micros(self.sla_paused),
        }
    }

    /// How much of its SLA is left while it stands still.
    pub fn left(&self, sla: &Sla) -> Option<Duration> {
        self.stands_still(sla).map(|since| self.term().left(since, sla))
    }

    /// Since when its SLA stands still. What was overdue when it began to wait is overdue while it waits.
    fn stands_still(&self, sla: &Sla) -> Option<Ts> {
        self.waiting_since
            .filter(|since| !self.term().left(*since, sla).is_zero())
    }
}

/// When it is due by its SLA, with the rule in a sentence; none while it stands still.
fn by_sla(row: &ExceptionRow, sla: &Sla) -> Option<(Ts, String)> {
    if row.stands_still(sla).is_some() {
        return None;
    }
    let since = if row.sla_from == row.created_at {
        "was raised"
    } else {
        "rose"
    };
    let without = match (row.sla_paused, row.was_reopened) {
        (..=0, _) => "",
        (_, false) => ", without the time it waited",
        (_, true) => ", without the time it waited or was resolved",
    };
    let rule = format!(
        "{} severity: {} from the time it {since}{without}.",
        row.sla_severity.word(),
        sla.hours(row.sla_severity)
    );
    Some((row.term().due(sla), rule))
}

/// Works out when it is due. Clocks of a notice that says no date of its own run from the day it was raised.
pub fn work_out(row: &ExceptionRow, source: &SourceRow, sla: &Sla) -> (Ts, String) {
    let (by_sla, rule) = by_sla(row, sla).unwrap_or_else(|| {
        let whom = row.waiting_for.map_or("somebody outside", Party::words);
        (
            Ts::NEVER,
            format!("Its SLA stands still while it waits for {whom}."),
        )
    });
    let received = row.created_at.day_in(Tz::America__New_York);
    let clocks = clocks::of(row.kind, row.code.as_deref(), source, Some(received), None);
    match ach::clocks::due(&clocks, received).and_then(|clock| Some((clock, clock.last_day?))) {
        Some((clock, day)) if Ts::end_of(day, Tz::America__New_York) < by_sla => (
            Ts::end_of(day, Tz::America__New_York),
            format!("{}: {}", clock.name, clock.sentence),
        ),
        _ => (by_sla, rule),
    }
}

/// Its severity rises at `at`: it never leaves more time than there was.
pub fn rise(row: &mut ExceptionRow, severity: Severity, at: Ts, sla: &Sla) {
    let (before, after) = (
        row.term(),
        Term {
            from: at,
            severity,
            paused: Duration::ZERO,
        },
    );
    let is_sooner = match row.stands_still(sla) {
        Some(since) => after.left(since, sla) < before.left(since, sla),
        None => after.due(sla) < before.due(sla),
    };
    if is_sooner {
        row.sla_from = at;
        row.sla_severity = severity;
        row.sla_paused = 0;
        if let Some((by_sla, rule)) = by_sla(row, sla).filter(|(by_sla, _)| *by_sla < row.due_at) {
            row.due_at = by_sla;
            row.due_rule = rule;
        }
    }
    row.severity = severity;
}

/// Its severity falls: it leaves what it would have had from the beginning.
pub fn fall(row: &mut ExceptionRow, severity: Severity, source: &SourceRow, sla: &Sla) {
    row.severity = severity;
    row.sla_from = row.created_at;
    row.sla_severity = severity;
    row.sla_paused = row.waited;
    (row.due_at, row.due_rule) = work_out(row, source, sla);
}

/// It does not wait any more at `at`: the time since it began is not counted. Rule clocks went on all the while.
pub fn resume(row: &mut ExceptionRow, at: Ts, source: &SourceRow, sla: &Sla) {
    if let Some(since) = row.stands_still(sla) {
        leave_out(row, since, at, sla);
    }
    row.waiting_since = None;
    row.waiting_for = None;
    row.waiting_reason = None;
    row.waiting_until = None;
    row.waiting_told = None;
    (row.due_at, row.due_rule) = work_out(row, source, sla);
}

/// It is open again at `at`: the time since it was resolved is not counted. What was overdue then is overdue now.
pub fn rested(row: &mut ExceptionRow, since: Ts, at: Ts, source: &SourceRow, sla: &Sla) {
    leave_out(row, since, at, sla);
    (row.due_at, row.due_rule) = work_out(row, source, sla);
}

/// What the history says of a due time that has moved with that.
pub fn moved(row: &ExceptionRow) -> String {
    format!("moved its due time: {}", row.due_rule)
}

/// The SLA does not count the time between, unless it was over before; nor does one that counts from the beginning.
fn leave_out(row: &mut ExceptionRow, since: Ts, at: Ts, sla: &Sla) {
    let counted = |from: Ts| i64::try_from(sla.counted(from, at).as_micros()).unwrap_or(i64::MAX);
    if !row.term().left(since, sla).is_zero() {
        row.sla_paused = row.sla_paused.saturating_add(counted(since.max(row.sla_from)));
    }
    row.waited = row.waited.saturating_add(counted(since));
}

/// Whether it would be due at another time by another SLA: what can be told without its rule clock. As long as the SLA
/// decides, it moves with it; while a clock does, only an SLA that ends before it makes a difference.
pub fn moves(term: Term, due_at: Ts, today: &Sla, other: &Sla) -> Option<Ts> {
    let (before, after) = (term.due(today), term.due(other));
    let moves = if due_at < before {
        after < due_at
    } else {
        after != before
    };
    moves.then_some(after)
}
