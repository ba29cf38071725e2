//! When exceptions are raised and what becomes of them.

use super::dice::Dice;
use crate::kernel::clock::Ts;
use std::time::Duration;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// What becomes of an exception by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nobody has looked at it.
    New,
    /// Somebody has it; once in a while it was given to them by a supervisor.
    Held,
    /// Somebody outside has it; nobody here does.
    Handed,
    /// Somebody outside has it, or is asked about it, for somebody here.
    HandedByHolder,
    /// A supervisor sent it back to who resolved it.
    SentBack,
    /// It was reopened, taken and put back.
    PutBack,
    /// It is closed.
    Resolved,
}

/// An exception to be: when it is raised and how it ends.
pub(super) type Planned = (Ts, Fate);

/// Plans `count` exceptions, the oldest first: 55 in a hundred are open, 60 in a hundred of these have nobody.
pub(super) fn plan(count: u32, now: Ts, dice: &mut Dice) -> Vec<Planned> {
    let mut planned: Vec<Planned> = (0..count)
        .map(|_| {
            let is_open = dice.chance(55);
            let fate = if is_open { open(dice) } else { Fate::Resolved };
            let age = age(fate, dice);
            (
                now.minus(Duration::from_micros(u64::try_from(age).unwrap_or(0))),
                fate,
            )
        })
        .collect();
    planned.sort_unstable_by_key(|(at, _)| *at);
    planned
}

fn open(dice: &mut Dice) -> Fate {
    dice.weighted(&[
        (56, Fate::New),
        (3, Fate::Handed),
        (1, Fate::PutBack),
        (32, Fate::Held),
        (4, Fate::HandedByHolder),
        (4, Fate::SentBack),
    ])
}

/// Microseconds.
fn age(fate: Fate, dice: &mut Dice) -> i64 {
    let (least, most) = match fate {
        Fate::Resolved => dice.weighted(&[
            (1, (4 * HOUR, 2 * DAY)),
            (3, (2 * DAY, 14 * DAY)),
            (4, (14 * DAY, 58 * DAY)),
        ]),
        Fate::SentBack | Fate::PutBack => (DAY, 9 * DAY),
        Fate::New => dice.weighted(&[
            (14, (2 * MINUTE, HOUR)),
            (30, (HOUR, 8 * HOUR)),
            (26, (8 * HOUR, DAY)),
            (18, (DAY, 2 * DAY)),
            (9, (2 * DAY, 5 * DAY)),
            (3, (5 * DAY, 16 * DAY)),
        ]),
        Fate::Held | Fate::Handed | Fate::HandedByHolder => dice.weighted(&[
            (12, (20 * MINUTE, 3 * HOUR)),
            (28, (3 * HOUR, DAY)),
            (30, (DAY, 3 * DAY)),
            (22, (3 * DAY, 7 * DAY)),
            (8, (7 * DAY, 20 * DAY)),
        ]),
    };
    dice.between(least * 1_000_000, most * 1_000_000)
}
