//! The rules' clocks as an exception's page shows them: those that run, and how those ended that do not.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::{
    clocks,
    model::ResolutionKind,
    resolution::{self, ResolutionRow},
    row::{ExceptionRow, SourceRow},
};
use crate::{
    ach::{
        clocks::{Clock as RuleClock, ClockId, ClockState as RuleState},
        retry::{RetryDecision, RetryFacts, retry_decision},
    },
    kernel::clock::written_day,
    web::ui::{Clock, ClockState, Stamp},
};

/// What the clocks of an exception are looked at with.
struct Look<'a> {
    today: NaiveDate,
    retry: Option<&'a RetryFacts<'a>>,
    resolution: Option<&'a ResolutionRow>,
}

/// All of them, which began when it was received. `today` is the day in New York, `retry` what is known for one,
/// `resolution` how it is resolved, as far as the reader may know.
pub(super) fn clock_views(
    row: &ExceptionRow,
    source: &SourceRow,
    today: NaiveDate,
    retry: Option<&RetryFacts<'_>>,
    resolution: Option<&ResolutionRow>,
) -> Vec<Clock> {
    let look = Look {
        today,
        retry,
        resolution,
    };
    let received = row.created_at.day_in(Tz::America__New_York);
    let first = retry.and_then(|facts| facts.original_settlement);
    clocks::of(row.kind, row.code.as_deref(), source, Some(received), first)
        .iter()
        .map(|clock| clock_view(clock, row, &look))
        .collect()
}

fn clock_view(clock: &RuleClock, row: &ExceptionRow, look: &Look<'_>) -> Clock {
    let (state, left) = ended(clock, row, look).unwrap_or_else(|| running(clock.state(look.today)));
    Clock {
        name: clock.name.to_owned(),
        left,
        at: clock.last_day.map(|day| Stamp {
            iso: day.to_string(),
            exact: written_day(day),
            relative: String::new(),
        }),
        state,
        who: clock.actor.words().to_owned(),
        text: clock.sentence.clone(),
    }
}

/// Why it does not run, though its last day may be to come.
fn ended(clock: &RuleClock, row: &ExceptionRow, look: &Look<'_>) -> Option<(ClockState, String)> {
    match clock.missed {
        Some(true) => return Some((ClockState::Late, "It came late".into())),
        Some(false) => return Some((ClockState::Met, "It came in time".into())),
        None => {}
    }
    if let Some(done) = look
        .resolution
        .filter(|r| !row.is_open && is_done(clock.id, r.kind))
    {
        let day = done.resolved_at.day_in(Tz::America__New_York);
        return Some(if clock.last_day.is_some_and(|last| day > last) {
            (ClockState::Late, format!("Done late, on {}", written_day(day)))
        } else {
            (ClockState::Met, format!("Done on {}", written_day(day)))
        });
    }
    if !matches!(
        clock.state(look.today),
        RuleState::Open { .. } | RuleState::LastDay
    ) {
        return None;
    }
    let why = retry_shut(look.retry).filter(|_| clock.id == ClockId::Retry);
    let why = why.or_else(|| (!row.is_open).then_some("Closed: it is resolved"));
    why.map(|why| (ClockState::Shut, why.to_owned()))
}

/// Whether a resolution does what a clock asks for.
const fn is_done(clock: ClockId, kind: ResolutionKind) -> bool {
    matches!(
        (clock, kind),
        (ClockId::ApplyNoc, ResolutionKind::CorrectAccount) | (ClockId::Retry, ResolutionKind::Retry)
    )
}

/// Why the time for a retry does not run: nothing that anybody could say of the return would open one.
fn retry_shut(retry: Option<&RetryFacts<'_>>) -> Option<&'static str> {
    let facts = retry?;
    resolution::retry::is_open(facts).err()?;
    Some(match retry_decision(facts) {
        RetryDecision::NewEntryOnly { .. } => "Only as a new entry",
        RetryDecision::Allowed { .. } | RetryDecision::Forbidden { .. } => "May not be sent again",
    })
}

/// How a clock stands, in words.
fn running(state: RuleState) -> (ClockState, String) {
    match state {
        RuleState::Open {
            banking_days_left: 1, ..
        } => (ClockState::Soon, "1 banking day left".to_owned()),
        RuleState::Open {
            banking_days_left, ..
        } if banking_days_left <= 10 => (ClockState::Open, format!("{banking_days_left} banking days left")),
        RuleState::Open { days_left, .. } => (ClockState::Open, format!("{days_left} days left")),
        RuleState::LastDay => (ClockState::Late, "Today is the last day".to_owned()),
        RuleState::Closed { .. } => (ClockState::Shut, "Closed".to_owned()),
        RuleState::MissingDate => (ClockState::Shut, "Date not known".to_owned()),
    }
}
