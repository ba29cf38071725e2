//! The clocks of a return (ach-codes.md section 2).

use super::calendar::{add_banking_days, add_calendar_days, subtract_banking_days};
use super::clock::{Actor, Clock, ClockId};
use super::clocks::{Dates, Plan};
use super::codes::{Kind, Retryable, ReturnWindow, return_code_or_unknown};

const ENTRY: &str = "settlement date of the original entry";
const RETURN: &str = "settlement date of the return";

pub(crate) fn return_clocks(code: &str, iat: bool, credit: bool, dates: &Dates) -> Vec<Clock> {
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
        clocks.extend(reclamation(dates));
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
             calendar day after the original entry settled; the receiving bank has 6 banking days of them from the end \
             of its review of the receiver's statement.",
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
    .run(dates.first_settlement.or(dates.entry_settlement), |day| {
        add_calendar_days(day, 180)
    })
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

fn reclamation(dates: &Dates) -> [Clock; 2] {
    let entry = Plan {
        id: ClockId::Reclamation,
        name: "Reclamation by",
        actor: Actor::Us,
        we_must_act: true,
        starts_from: "day we learned of the death",
        rule: "Credits sent after a death may be reclaimed by an entry within 5 banking days after \
               notice of the death.",
    };
    let demand = Plan {
        id: ClockId::ReclamationDemand,
        name: "Written demand by",
        actor: Actor::Us,
        we_must_act: false,
        starts_from: "settlement date of the reclamation's return",
        rule: "When a reclamation is returned, the receiving bank can be asked in writing within 15 \
               banking days after that return settled.",
    };
    [
        entry.run(dates.notice_of_death, |day| add_banking_days(day, 5)),
        demand.run(dates.reclamation_returned, |day| add_banking_days(day, 15)),
    ]
}
