//! One rule clock: who must act, by when, and why.

use chrono::NaiveDate;

use super::calendar::banking_days_between;

/// Which clock of ach-codes.md section 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClockId {
    /// The receiving bank returns an entry.
    ReturnWindow,
    /// We hand our bank what it needs to dishonor a return.
    DishonorEvidence,
    /// Our bank dishonors a return.
    Dishonor,
    /// The receiving bank contests or corrects a dishonored return.
    Contest,
    /// We may send the entry again.
    Retry,
    /// We prepare the corrected entry after an R11.
    PrepareR11Correction,
    /// The corrected entry after an R11 must be sent.
    R11Correction,
    /// The receiving bank answers our request for return.
    ReturnRequestAnswer,
    /// We or our bank send a reclamation after a death.
    Reclamation,
    /// We demand in writing what a reclamation did not bring back.
    ReclamationDemand,
    /// The receiving bank returns an entry after its review of the receiver's statement.
    StatementReturn,
    /// The receiving bank sends a notification of change.
    SendNoc,
    /// Our bank forwards a notification of change to us.
    ForwardNoc,
    /// We apply a notification of change.
    ApplyNoc,
    /// Our bank refuses a notification of change.
    RefuseNoc,
    /// We wait for an answer to a prenote before live entries.
    PrenoteWait,
    /// A reversal must reach the receiving bank.
    Reversal,
}

/// Who must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The originator: us or our client.
    Us,
    /// Our bank.
    Odfi,
    /// The receiver's bank.
    Rdfi,
}

impl Actor {
    /// The words shown to a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Odfi => "our bank",
            Self::Rdfi => "the receiving bank",
        }
    }
}

/// A rule clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Which one.
    pub id: ClockId,
    /// Its name as shown to a person, such as "Dishonor by".
    pub name: &'static str,
    /// Who must act.
    pub actor: Actor,
    /// What it starts from, such as "settlement date of the return".
    pub starts_from: &'static str,
    /// Day 0; `None` when that date is not known, and then there is no last day either.
    pub starts: Option<NaiveDate>,
    /// Last day on which it is in time.
    pub last_day: Option<NaiveDate>,
    /// The rule with its length, in a sentence; with a missing date, which one is missing.
    pub sentence: String,
    /// Is it for us to act? These clocks make the due date of an exception.
    pub we_must_act: bool,
    /// For what came to us with its date known, a return or a notification of change: did it come late?
    pub missed: Option<bool>,
}

/// How a clock stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClockState {
    /// There is time after today.
    Open {
        /// Calendar days after today, the last day included.
        days_left: i64,
        /// Banking days after today, the last day included.
        banking_days_left: i64,
    },
    /// Today is the last day.
    LastDay,
    /// The last day is past.
    Closed {
        /// Calendar days since the last day.
        days_ago: i64,
    },
    /// The date the clock starts from is not known.
    MissingDate,
}

impl Clock {
    /// How the clock stands on `today`, a day in `America/New_York`.
    pub fn state(&self, today: NaiveDate) -> ClockState {
        let Some(last_day) = self.last_day else {
            return ClockState::MissingDate;
        };
        let days = last_day.signed_duration_since(today).num_days();
        match days {
            0 => ClockState::LastDay,
            1.. => ClockState::Open {
                days_left: days,
                banking_days_left: banking_days_between(today, last_day),
            },
            _ => ClockState::Closed { days_ago: -days },
        }
    }
}

/// The clock that sets the due date of an exception raised on `raised`: of those on which we must
/// act, the soonest that had not closed by then. An old file raises no exception overdue at birth.
pub fn due(clocks: &[Clock], raised: NaiveDate) -> Option<&Clock> {
    clocks
        .iter()
        .filter(|clock| clock.we_must_act && clock.last_day.is_some_and(|day| day >= raised))
        .min_by_key(|clock| clock.last_day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn clock(we_must_act: bool, last_day: Option<&str>) -> Clock {
        Clock {
            id: ClockId::Dishonor,
            name: "Dishonor by",
            actor: Actor::Odfi,
            starts_from: "settlement date of the return",
            starts: None,
            last_day: last_day.map(day),
            sentence: String::new(),
            we_must_act,
            missed: None,
        }
    }

    #[test]
    fn a_clock_is_open_then_on_its_last_day_then_closed() {
        let clock = clock(true, Some("2026-11-30"));
        let open = ClockState::Open {
            days_left: 5,
            banking_days_left: 2,
        };
        assert_eq!(clock.state(day("2026-11-25")), open);
        assert_eq!(clock.state(day("2026-11-30")), ClockState::LastDay);
        let closed = ClockState::Closed { days_ago: 2 };
        assert_eq!(clock.state(day("2026-12-02")), closed);
    }

    #[test]
    fn a_clock_without_a_date_says_so() {
        let clock = clock(true, None);
        assert_eq!(clock.state(day("2026-11-25")), ClockState::MissingDate);
    }

    #[test]
    fn due_is_the_soonest_of_ours_that_was_still_open() {
        let clocks = [
            clock(true, Some("2026-11-20")),
            clock(true, Some("2026-12-02")),
            clock(true, Some("2026-12-01")),
            clock(false, Some("2026-11-30")),
            clock(true, None),
        ];
        let last_day = due(&clocks, day("2026-11-25")).and_then(|clock| clock.last_day);
        assert_eq!(last_day, Some(day("2026-12-01")));
        assert_eq!(due(&clocks, day("2027-01-01")), None);
    }
}
