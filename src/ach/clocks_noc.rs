//! The clocks of a notification of change (ach-codes.md section 2).

use chrono::NaiveDate;

use super::calendar::{add_banking_days, add_calendar_days, subtract_banking_days};
use super::clock::{Actor, Clock, ClockId};
use super::clocks::{Dates, Plan};

pub(crate) fn noc_clocks(code: &str, iat: bool, single_entry: bool, dates: &Dates) -> Vec<Clock> {
    // A refusal is our own bank's act: we wait for a corrected notification.
    if code.starts_with("C6") {
        return Vec::new();
    }
    let received = "day we received the notification of change";
    let send = Plan {
        id: ClockId::SendNoc,
        name: "Sent by the bank by",
        actor: Actor::Rdfi,
        we_must_act: false,
        starts_from: "settlement date of the entry",
        rule: "The receiving bank sends a notification of change within 2 banking days after the entry \
               settled; after a merger it may take longer.",
    };
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
    let mut send = send.run(dates.entry_settlement, |day| add_banking_days(day, 2));
    send.missed = dates.settlement.zip(send.last_day).map(|(day, last)| day > last);
    let mut forward = forward.run(dates.settlement, |day| add_banking_days(day, 2));
    // Only that it came in time is known: a file that we read late came to us before.
    forward.missed = dates
        .received
        .zip(forward.last_day)
        .is_some_and(|(day, last)| day <= last)
        .then_some(false);
    let mut clocks = vec![
        send,
        forward,
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
