//! When an exception is due (domain.md section 2.2): the soonest of its SLA and of the rule clock on which we must act.
//!
//! The SLA counts from when it was raised, or from when its severity rose, whichever is due sooner: the row keeps from
//! when and of which severity, so that it can be worked out anew when the calendar or the thresholds change.

use chrono_tz::Tz;

use super::{
    clocks,
    model::Severity,
    row::{ExceptionRow, SourceRow},
};
use crate::{ach, kernel::clock::Ts, policies::sla::Sla};

/// What the SLA counts, of which severity it is and from when on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// From when on.
    pub from: Ts,
    /// Of which severity.
    pub severity: Severity,
}

impl Term {
    /// When it ends.
    pub fn due(self, sla: &Sla) -> Ts {
        sla.deadline(self.from, sla.thresholds.time_to_resolve(self.severity))
    }
}

impl ExceptionRow {
    /// What its SLA counts.
    pub const fn term(&self) -> Term {
        Term {
            from: self.sla_from,
            severity: self.sla_severity,
        }
    }
}

/// When it is due by its SLA, with the rule in a sentence.
fn by_sla(row: &ExceptionRow, sla: &Sla) -> (Ts, String) {
    let since = if row.sla_from == row.created_at {
        "was raised"
    } else {
        "rose"
    };
    let rule = format!(
        "{} severity: {} from the time it {since}.",
        row.sla_severity.word(),
        sla.hours(row.sla_severity)
    );
    (row.term().due(sla), rule)
}

/// Works out when it is due. Clocks of a notice that says no date of its own run from the day it was raised.
pub fn work_out(row: &ExceptionRow, source: &SourceRow, sla: &Sla) -> (Ts, String) {
    let (by_sla, rule) = by_sla(row, sla);
    let received = row.created_at.day_in(Tz::America__New_York);
    let clocks = clocks::of(row.kind, row.code.as_deref(), source, Some(received));
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
    let term = Term { from: at, severity };
    if term.due(sla) < row.term().due(sla) {
        row.sla_from = at;
        row.sla_severity = severity;
        let (by_sla, rule) = by_sla(row, sla);
        if by_sla < row.due_at {
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
    (row.due_at, row.due_rule) = work_out(row, source, sla);
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
