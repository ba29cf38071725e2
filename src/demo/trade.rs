//! The daily trade: payments that no exception is about, in every status, by every way.

use std::time::Duration;

use super::{
    desk::Desk,
    parties::{Party, Standing},
    payments::Payment,
};
use crate::kernel::clock::Ts;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

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

    fn ago(&mut self, least: i64, most: i64) -> Ts {
        let seconds = self.dice.between(least, most);
        self.now
            .minus(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
    }

    fn deal(&mut self, party: &Party) {
        let (status, least, most) = self.dice.weighted(&[
            (14, ("NEW", HOUR / 4, 6 * HOUR)),
            (12, ("PENDING", HOUR, 20 * HOUR)),
            (8, ("PROCESSING", 6 * HOUR, DAY)),
            (3, ("APPROVED", 2 * HOUR, DAY)),
            (14, ("SETTLED", 4 * DAY, 8 * DAY)),
            (30, ("CLEARED", 9 * DAY, 50 * DAY)),
            (6, ("CANCELLED", 2 * HOUR, 12 * DAY)),
            (4, ("DECLINED", 3 * HOUR, 20 * DAY)),
            (5, ("REVERSED", 10 * DAY, 30 * DAY)),
            (3, ("ERROR", 5 * HOUR, 10 * DAY)),
        ]);
        let at = self.ago(least, most);
        let payment = match (status, self.dice.between(1, 10)) {
            ("DECLINED", _) | ("APPROVED" | "CLEARED" | "NEW", 1..=2) => self.card(party, at, status),
            ("REVERSED", _) | (_, 1..=6) => {
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
            "CANCELLED" => {
                let created_at = at.plus(Duration::from_secs(2_460)).min(self.now);
                let replacement = Payment {
                    parent: Some((id, "REPLACEMENT")),
                    status: if self.dice.chance(50) { "NEW" } else { "SETTLED" },
                    cents: payment.cents + self.dice.pick(&[0, 1_000, -100, 25_000]).max(100 - payment.cents),
                    created_at,
                    trace: self.trace(),
                    ..payment
                };
                self.pay_by(replacement, worker);
            }
            "REVERSED" => {
                let reversal = Payment {
                    parent: Some((id, "REVERSAL")),
                    debit: payment.credit,
                    credit: payment.debit,
                    kind: "REVERSAL",
                    status: "SETTLED",
                    priority: "NEXT_DAY",
                    entry_description: "REVERSAL",
                    reversal_reason: self.dice.pick(&[
                        "DUPLICATE_PAYMENT",
                        "INCORRECT_AMOUNT",
                        "INCORRECT_RECIPIENT",
                    ]),
                    created_at: super::payments::settlement_of(super::payments::settles(at))
                        .plus(Duration::from_secs(100_000)),
                    trace: self.trace(),
                    ..payment
                };
                self.pay_by(reversal, worker);
            }
            _ => {}
        }
    }

    fn wire(&mut self, party: &Party, at: Ts, status: &'static str) -> Payment {
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
            solution: "wire",
            cents: self.dice.cents(14_000),
            priority: "SAME_DAY",
            description,
            memo,
            ..payment
        }
    }

    fn card(&mut self, party: &Party, at: Ts, status: &'static str) -> Payment {
        let payment = self.ach(party, false, at, status);
        Payment {
            solution: "push-to-card",
            cents: self.dice.cents(140),
            priority: "IMMEDIATE",
            ..payment
        }
    }
}
