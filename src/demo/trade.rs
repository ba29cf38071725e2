//! The daily trade: payments that no exception is about, in every status, by every way.

use std::time::Duration;

use super::{
    desk::Desk,
    parties::{Party, Standing},
    payments::{Payment, settlement_of, settles},
};
use crate::{
    kernel::clock::Ts,
    transactions::{Kind, Priority, Relation, Solution, Status},
};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// For each exception so many debits came through: about one in thirty comes back then, as it is where people are asked
/// before they are debited, and one of the return rates is a little above its level.
const CAME_THROUGH: u32 = 12;
/// But not more than so many: a demo begins at once.
const MOST_THROUGH: u32 = 5_000;

impl Desk<'_> {
    /// Makes the trade that goes with so many exceptions: the oldest first.
    pub(super) fn trade(&mut self, exceptions: u32) {
        let count = (exceptions / 3).clamp(40, 400);
        for _ in 0..count {
            let Some(party) = self.parties.one(Standing::Good, &mut self.dice) else {
                return;
            };
            self.deal(&party);
        }
    }

    /// The debits of the second company, which came through: so that its return rates have room.
    pub(super) fn quiet_trade(&mut self) {
        let count = self.team.office.second.map_or(0, |(.., count)| count);
        for _ in 0..count {
            let Some(party) = self.parties.one(Standing::Good, &mut self.dice) else {
                return;
            };
            let at = self.ago(7 * DAY, 50 * DAY);
            let payment = self.ach(&party, true, at, Status::Cleared);
            let cents = payment.cents / 12 * 12 + 5;
            self.pay_by_client(Payment { cents, ..payment });
        }
    }

    /// The debits of the last weeks that settled and of which nothing more was heard, beside `exceptions` exceptions.
    pub(super) fn settled_trade(&mut self, exceptions: u32) {
        for _ in 0..(exceptions * CAME_THROUGH).min(MOST_THROUGH) {
            let Some(party) = self.parties.one(Standing::Good, &mut self.dice) else {
                return;
            };
            let at = self.ago(2 * DAY, 55 * DAY);
            let day = settles(at);
            let told = settlement_of(day).max(at).min(self.now);
            let payment = self.ach(&party, true, at, Status::Cleared);
            self.pay_by_client(Payment {
                created_at: told,
                settles: Some(day),
                is_brief: true,
                ..payment
            });
        }
    }

    fn ago(&mut self, least: i64, most: i64) -> Ts {
        let seconds = self.dice.between(least, most);
        self.now
            .minus(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
    }

    fn deal(&mut self, party: &Party) {
        let (status, least, most) = self.dice.weighted(&[
            (14, (Status::New, HOUR / 4, 6 * HOUR)),
            (12, (Status::Pending, HOUR, 20 * HOUR)),
            (8, (Status::Processing, 6 * HOUR, DAY)),
            (3, (Status::Approved, 2 * HOUR, DAY)),
            (14, (Status::Settled, 4 * DAY, 8 * DAY)),
            (30, (Status::Cleared, 9 * DAY, 50 * DAY)),
            (6, (Status::Cancelled, 2 * HOUR, 12 * DAY)),
            (4, (Status::Declined, 3 * HOUR, 20 * DAY)),
            (5, (Status::Reversed, 10 * DAY, 30 * DAY)),
            (3, (Status::Error, 5 * HOUR, 10 * DAY)),
        ]);
        let at = self.ago(least, most);
        let payment = match (status, self.dice.between(1, 10)) {
            (Status::Declined, _) | (Status::Approved | Status::Cleared | Status::New, 1..=2) => {
                self.card(party, at, status)
            }
            (Status::Reversed, _) | (_, 1..=6) => {
                let is_debit = self.dice.chance(45);
                self.ach(party, is_debit, at, status)
            }
            _ => self.wire(party, at, status),
        };
        let worker = self.team.worker(&mut self.dice);
        let id = if self.dice.chance(35) {
            self.pay_by(payment.clone(), worker)
        } else {
            self.pay_by_client(payment.clone())
        };
        match status {
            Status::Cancelled => {
                let created_at = at.plus(Duration::from_mins(41)).min(self.now);
                let replacement = Payment {
                    parent: Some((id, Relation::Replacement, Status::Cancelled)),
                    status: if self.dice.chance(50) {
                        Status::New
                    } else {
                        Status::Settled
                    },
                    cents: payment.cents + self.dice.pick(&[0, 1_000, -100, 25_000]).max(100 - payment.cents),
                    created_at,
                    trace: self.trace(),
                    ..payment
                };
                self.pay_by(replacement, worker);
            }
            Status::Reversed => {
                let reversal = Payment {
                    parent: Some((id, Relation::Reversal, Status::Reversed)),
                    debit: payment.credit,
                    credit: payment.debit,
                    kind: Kind::Reversal,
                    status: Status::Settled,
                    priority: Priority::NextDay,
                    entry_description: "REVERSAL",
                    reversal_reason: self.dice.pick(&[
                        "DUPLICATE_PAYMENT",
                        "INCORRECT_AMOUNT",
                        "INCORRECT_RECIPIENT",
                    ]),
                    created_at: settlement_of(settles(at)).plus(Duration::from_secs(100_000)),
                    trace: self.trace(),
                    ..payment
                };
                self.pay_by(reversal, worker);
            }
            _ => {}
        }
    }

    fn wire(&mut self, party: &Party, at: Ts, status: Status) -> Payment {
        let (description, memo) = self.dice.pick(&[
            ("Invoice 20418, balance of order", "Attn accounts receivable"),
            ("Escrow release, file 7731", "Release approved by both parties"),
            ("Equipment lease, quarter 3", "Lease 4410-B"),
            ("Settlement of claim 58-1120", "Per agreement of the parties"),
            ("Payroll funding, biweekly", "Fund before 14:00"),
        ]);
        let wire = self.parties.own.last().copied();
        let payment = self.ach(party, false, at, status);
        Payment {
            debit: wire.unwrap_or(payment.debit),
            solution: Solution::Wire,
            cents: self.dice.cents(14_000),
            priority: Priority::SameDay,
            description,
            memo,
            ..payment
        }
    }

    fn card(&mut self, party: &Party, at: Ts, status: Status) -> Payment {
        let payment = self.ach(party, false, at, status);
        Payment {
            solution: Solution::PushToCard,
            cents: self.dice.cents(140),
            priority: Priority::Immediate,
            ..payment
        }
    }

    /// An ACH payment of the party, not yet made.
    pub(super) fn ach(&mut self, party: &Party, is_debit: bool, at: Ts, status: Status) -> Payment {
        let own = self.parties.own.first().copied().unwrap_or(party.account);
        let lends = self.team.office.name.ends_with("Lending");
        let (reason, description, middle) = match (lends, is_debit) {
            (true, true) => ("loan-repayments", "LOAN PYMT", 340),
            (true, false) => ("loan-payouts", "LOAN", 2_400),
            (false, true) if party.is_company => ("vendor-payment", "INVOICE", 3_100),
            (false, true) => self.dice.pick(&[
                ("bill-payment", "BILL PYMT", 180),
                ("subscription", "SUBSCRIPT", 45),
                ("insurance-premium", "PREMIUM", 260),
                ("wage-advance", "EWA RECOV", 120),
            ]),
            (false, false) if party.is_company => ("vendor-payment", "VENDOR PMT", 4_200),
            (false, false) => self.dice.pick(&[
                ("payroll", "PAYROLL", 1_450),
                ("refund", "REFUND", 95),
                ("wage-advance", "EWA", 130),
            ]),
        };
        let trace = self.trace();
        Payment {
            parent: None,
            debit: if is_debit { party.account } else { own },
            credit: if is_debit { own } else { party.account },
            kind: if is_debit { Kind::Request } else { Kind::Send },
            solution: Solution::Ach,
            cents: self.dice.cents(middle),
            reason,
            priority: self
                .dice
                .weighted(&[(3, Priority::NextDay), (1, Priority::SameDay)]),
            status,
            sec: match (party.is_company, is_debit) {
                (true, _) => "CCD",
                (false, false) => "PPD",
                (false, true) => self.dice.pick(&["WEB", "WEB", "PPD", "TEL"]),
            },
            entry_description: description,
            description: "",
            memo: "",
            reversal_reason: "",
            bank: party.routing.clone(),
            trace,
            created_at: at,
            metadata: vec![("reference", party.individual_id.clone())],
            message: String::new(),
            settles: None,
            is_brief: false,
        }
    }
}
