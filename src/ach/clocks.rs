//! The rule clocks of a return, a change, a prenote or a reversal (ach-codes.md section 2).
//!
//! A clock whose starting date is not known is listed all the same and says which date is missing.

use chrono::NaiveDate;

use super::calendar::{add_banking_days, add_calendar_days, subtract_banking_days};
pub use super::clock::{Actor, Clock, ClockId, ClockState, due};
use super::codes::{Kind, Retryable, ReturnWindow, return_code_or_unknown};

/// What the clocks are asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// A return, dishonored return or contested one, by its code.
    Return {
        /// Such as R01.
        code: &'a str,
        /// An international entry cannot be dishonored.
        iat: bool,
        /// The original entry was a credit (for the reclamation after a death).
        credit: bool,
    },
    /// A notification of change, by its code.
    Noc {
        /// Such as C01.
        code: &'a str,
        /// An international one cannot be refused.
        iat: bool,
        /// About a one-time entry: applying it is at our discretion.
        single_entry: bool,
    },
    /// A prenote that was sent.
    Prenote,
    /// An entry sent by mistake, to be reversed.
    Reversal,
    /// A request to the receiving bank to return an entry (R06).
    ReturnRequest,
}

/// The dates known; each may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dates {
    /// Settlement date of the original, prenote or erroneous entry.
    pub entry_settlement: Option<NaiveDate>,
    /// Settlement date of the return (for a dishonored one: of the dishonored return), or of the
    /// notification of change.
    pub settlement: Option<NaiveDate>,
    /// Day we received the notification of change, or the bank received our request.
    pub received: Option<NaiveDate>,
    /// Day the receiver refused a credit (R23).
    pub refused: Option<NaiveDate>,
    /// Day we learned of a death (R14, R15).
    pub notice_of_death: Option<NaiveDate>,
    /// Settlement date of the next entry to the account, when one is planned.
    pub next_entry: Option<NaiveDate>,
}

const ENTRY: &str = "settlement date of the original entry";
const RETURN: &str = "settlement date of the return";

/// All clocks that run for `subject`, in the order of the events they belong to.
pub fn clocks(subject: Subject<'_>, dates: &Dates) -> Vec<Clock> {
    match subject {
        Subject::Return { code, iat, credit } => return_clocks(code, iat, credit, dates),
        Subject::Noc {
            code,
            iat,
            single_entry,
        } => noc_clocks(code, iat, single_entry, dates),
        Subject::Prenote => vec![prenote(dates)],
        Subject::Reversal => vec![reversal(dates)],
        Subject::ReturnRequest => vec![return_request(dates)],
    }
}

/// A clock before its dates are filled in.
struct Plan {
    id: ClockId,
    name: &'static str,
    actor: Actor,
    we_must_act: bool,
    starts_from: &'static str,
    rule: &'static str,
}

impl Plan {
    fn run(self, starts: Option<NaiveDate>, last_day: impl Fn(NaiveDate) -> NaiveDate) -> Clock {
        let sentence = if starts.is_some() {
            self.rule.to_owned()
        } else {
            format!("{} The {} is not known.", self.rule, self.starts_from)
        };
        Clock {
            id: self.id,
            name: self.name,
            actor: self.actor,
            starts_from: self.starts_from,
            starts,
            last_day: starts.map(last_day),
            sentence,
            we_must_act: self.we_must_act,
            missed: None,
        }
    }
}

fn return_clocks(code: &str, iat: bool, credit: bool, dates: &Dates) -> Vec<Clock> {
    let row = return_code_or_unknown(code);
    match row.kind {
        Kind::Dishonored => return vec![contest(dates)],
        // Nothing more can happen inside the network.
        Kind::Contested | Kind::Corrected => return Vec::new(),
        _ => {}
    }
    let mut clocks: Vec<Clock> = return_window(row.window, dates).into_iter().collect();
    let by_bank = matches!(
        row.kind,
        Kind::Return | Kind::Extended | Kind::Rck | Kind::ExtendedRck
    );
    if by_bank && !iat {
        clocks.extend(dishonor(code, dates));
    }
    if code == "R11" {
        clocks.extend(r11(dates));
    } else if row.retryable != Retryable::No {
        clocks.push(retry(dates));
    }
    if matches!(code, "R14" | "R15") && credit {
        clocks.push(reclamation(dates));
    }
    clocks
}

/// The receiving bank's window, with the verdict whether the return came late.
fn return_window(window: ReturnWindow, dates: &Dates) -> Option<Clock> {
    let plan = |starts_from, rule| Plan {
        id: ClockId::ReturnWindow,
        name: "Return due by",
        actor: Actor::Rdfi,
        we_must_act: false,
        starts_from,
        rule,
    };
    let mut clock = match window {
        ReturnWindow::TwoBankingDays => plan(
            ENTRY,
            "The return must reach our bank by the opening of the 2nd banking day after the \
             original entry settled.",
        )
        .run(dates.entry_settlement, |day| add_banking_days(day, 2)),
        ReturnWindow::SixtyCalendarDays => plan(
            ENTRY,
            "The return must reach our bank by the opening of the banking day after the 60th \
             calendar day after the original entry settled.",
        )
        .run(dates.entry_settlement, |day| {
            add_banking_days(add_calendar_days(day, 60), 1)
        }),
        ReturnWindow::TwoBankingDaysAfterRefusal => plan(
            "day the receiver refused the credit",
            "The return must reach our bank by the opening of the 2nd banking day after the \
             receiver refused the credit.",
        )
        .run(dates.refused, |day| add_banking_days(day, 2)),
        _ => return None,
    };
    clock.missed = clock
        .last_day
        .zip(dates.settlement)
        .map(|(last_day, settled)| settled > last_day);
    match clock.missed {
        Some(true) => clock
            .sentence
            .push_str(" It came late: our bank can be asked to dishonor it (R68)."),
        Some(false) => clock.sentence.push_str(" It came in time."),
        None => {}
    }
    Some(clock)
}

fn dishonor(code: &str, dates: &Dates) -> [Clock; 2] {
    let agreed = matches!(code, "R06" | "R31");
    let evidence = Plan {
        id: ClockId::DishonorEvidence,
        name: "Evidence to our bank by",
        actor: Actor::Us,
        we_must_act: true,
        starts_from: RETURN,
        rule: if agreed {
            "If we neither asked for nor accepted this return, our bank must know 1 banking day \
             before it can last dishonor it (R70), which is the 5th banking day after the return \
             settled."
        } else {
            "If the return is wrong, our bank must have the evidence 1 banking day before it can \
             last dishonor it, which is the 5th banking day after the return settled."
        },
    };
    let dishonor = Plan {
        id: ClockId::Dishonor,
        name: "Dishonor by",
        actor: Actor::Odfi,
        we_must_act: false,
        starts_from: RETURN,
        rule: "Our bank may dishonor a return within 5 banking days after the return settled.",
    };
    [
        evidence.run(dates.settlement, |day| add_banking_days(day, 4)),
        dishonor.run(dates.settlement, |day| add_banking_days(day, 5)),
    ]
}

fn contest(dates: &Dates) -> Clock {
    Plan {
        id: ClockId::Contest,
        name: "Contest by",
        actor: Actor::Rdfi,
        we_must_act: false,
        starts_from: "settlement date of the dishonored return",
        rule: "The receiving bank may contest or correct within 2 banking days after the \
               dishonored return settled; after that nothing more can happen inside the ACH \
               network.",
    }
    .run(dates.settlement, |day| add_banking_days(day, 2))
}

fn retry(dates: &Dates) -> Clock {
    Plan {
        id: ClockId::Retry,
        name: "Retry until",
        actor: Actor::Us,
        we_must_act: false,
        starts_from: ENTRY,
        rule: "An entry may be sent again, where its code allows it, at most twice and within 180 \
               days after the original entry settled.",
    }
    .run(dates.entry_settlement, |day| add_calendar_days(day, 180))
}

fn r11(dates: &Dates) -> [Clock; 2] {
    let prepare = Plan {
        id: ClockId::PrepareR11Correction,
        name: "Prepare the corrected entry by",
        actor: Actor::Us,
        we_must_act: true,
        starts_from: RETURN,
        rule: "The corrected entry should be ready 5 banking days before the 60th day after the \
               return settled.",
    };
    let send = Plan {
        id: ClockId::R11Correction,
        name: "Send the corrected entry by",
        actor: Actor::Us,
        we_must_act: true,
        starts_from: RETURN,
        rule: "After an R11 a corrected entry needs no new authorization within 60 days after the \
               return settled.",
    };
    let last_day = |day| add_calendar_days(day, 60);
    [
        prepare.run(dates.settlement, |day| subtract_banking_days(last_day(day), 5)),
        send.run(dates.settlement, last_day),
    ]
}

fn reclamation(dates: &Dates) -> Clock {
    Plan {
        id: ClockId::Reclamation,
        name: "Reclamation by",
        actor: Actor::Us,
        we_must_act: true,
        starts_from: "day we learned of the death",
        rule: "Credits sent after a death may be reclaimed by an entry within 5 banking days after \
               notice of the death.",
    }
    .run(dates.notice_of_death, |day| add_banking_days(day, 5))
}

fn noc_clocks(code: &str, iat: bool, single_entry: bool, dates: &Dates) -> Vec<Clock> {
    // A refusal is our own bank's act: we wait for a corrected notification.
    if code.starts_with("C6") {
        return Vec::new();
    }
    let received = "day we received the notification of change";
    let forward = Plan {
        id: ClockId::ForwardNoc,
        name: "Forward to us by",
        actor: Actor::Odfi,
        we_must_act: false,
        starts_from: "settlement date of the notification of change",
        rule: "Our bank must hand on a notification of change within 2 banking days after it \
               settled.",
    };
    let apply = Plan {
        id: ClockId::ApplyNoc,
        name: "Apply by",
        actor: Actor::Us,
        we_must_act: !single_entry,
        starts_from: received,
        rule: if single_entry {
            "A change about a single entry is applied at our discretion; for others it is within 6 \
             banking days or before the next entry to the account, whichever is later."
        } else {
            "A change must be applied within 6 banking days after we received it or before the \
             next entry to the account, whichever is later."
        },
    };
    let mut clocks = vec![
        forward.run(dates.settlement, |day| add_banking_days(day, 2)),
        apply.run(dates.received, |day| apply_by(day, dates.next_entry)),
    ];
    if !iat {
        let refuse = Plan {
            id: ClockId::RefuseNoc,
            name: "Refuse by",
            actor: Actor::Odfi,
            we_must_act: false,
            starts_from: received,
            rule: "Our bank may refuse a wrong notification of change (C61-C69) within 15 days \
                   after it was received.",
        };
        clocks.push(refuse.run(dates.received, |day| add_calendar_days(day, 15)));
    }
    clocks
}

/// The later of the 6th banking day and the last banking day before the next entry.
fn apply_by(received: NaiveDate, next_entry: Option<NaiveDate>) -> NaiveDate {
    let sixth = add_banking_days(received, 6);
    next_entry.map_or(sixth, |next| sixth.max(subtract_banking_days(next, 1)))
}

fn prenote(dates: &Dates) -> Clock {
    let mut clock = Plan {
        id: ClockId::PrenoteWait,
        name: "Wait for an answer until",
        actor: Actor::Rdfi,
        we_must_act: false,
        starts_from: "settlement date of the prenote",
        rule: "Live entries may follow from the 3rd banking day after the prenote settled; a \
               return stops them, a change received before must be applied first.",
    }
    .run(dates.entry_settlement, |day| add_banking_days(day, 2));
    if let Some(settled) = dates.entry_settlement {
        clock.sentence = format!("{} First day: {}.", clock.sentence, add_banking_days(settled, 3));
    }
    clock
}

fn reversal(dates: &Dates) -> Clock {
    Plan {
        id: ClockId::Reversal,
        name: "Reverse by",
        actor: Actor::Us,
        we_must_act: true,
        starts_from: "settlement date of the erroneous entry",
        rule: "A reversal must reach the receiving bank within 5 banking days after the erroneous \
               entry settled; after that only a request for return is left.",
    }
    .run(dates.entry_settlement, |day| add_banking_days(day, 5))
}

fn return_request(dates: &Dates) -> Clock {
    Plan {
        id: ClockId::ReturnRequestAnswer,
        name: "Answer due by",
        actor: Actor::Rdfi,
        we_must_act: false,
        starts_from: "day the bank received our request",
        rule: "The receiving bank must answer a request for return within 10 banking days after it \
               received it (since 1 April 2025).",
    }
    .run(dates.received, |day| add_banking_days(day, 10))
}
