//! One business account while its data is made up: what has been drawn, and what is not stored yet.

use std::{collections::VecDeque, rc::Rc, time::Duration};

use chrono::Timelike;

use super::{
    batch::Batch,
    dice::Dice,
    ledger::Ledger,
    parties::Parties,
    raised::Resent,
    team::{Office, Team},
};
use crate::kernel::{clock::Ts, crypto::Vault, error::AppResult};

/// A business account's generator.
pub(super) struct Desk<'a> {
    pub(super) dice: Dice,
    pub(super) vault: &'a Vault,
    /// When the demo starts: nothing is later.
    pub(super) now: Ts,
    pub(super) team: Rc<Team>,
    pub(super) parties: Parties,
    pub(super) ledger: Ledger,
    pub(super) batch: Batch,
    /// Every exception with its transactions, remarks and events; otherwise one in ten.
    pub(super) is_rich: bool,
    /// Retries that may yet come back.
    pub(super) resent: VecDeque<Resent>,
    pub(super) traces: u64,
}

impl<'a> Desk<'a> {
    /// The desk of `office`, with its people and the parties of `exceptions` exceptions.
    pub(super) fn open(
        office: &'static Office,
        seed: u64,
        exceptions: u32,
        is_rich: bool,
        now: Ts,
        vault: &'a Vault,
    ) -> AppResult<Self> {
        let mut dice = Dice::new(seed);
        let mut batch = Batch::default();
        let since = now.minus(Duration::from_hours(400 * 24));
        let team = Team::of(office, since, &mut dice, &mut batch);
        let parties = (exceptions as usize / 2).clamp(60, 20_000);
        let parties = Parties::of(&team, parties, now, &mut dice, vault, &mut batch)?;
        Ok(Self {
            ledger: Ledger::new(team.account),
            dice,
            vault,
            now,
            team: Rc::new(team),
            parties,
            batch,
            is_rich,
            resent: VecDeque::new(),
            traces: 0,
        })
    }

    /// A moment between two, drawn.
    pub(super) fn moment(&mut self, from: Ts, to: Ts) -> Ts {
        Ts::from_micros(self.dice.between(from.micros(), to.micros().max(from.micros())))
    }

    /// A moment in the first third of the time between two, when people are at work if that leaves time.
    pub(super) fn soon(&mut self, from: Ts, to: Ts) -> Ts {
        let third = (to.micros() - from.micros()).max(0) / 3;
        let drawn = self.moment(from, Ts::from_micros(from.micros() + third));
        let hour = drawn.utc().with_timezone(&self.team.office.zone).hour();
        let wait = match hour {
            0..7 => 8 - hour,
            19.. => 32 - hour,
            _ => 0,
        };
        let at_work = drawn.plus(Duration::from_hours(wait.into()));
        if at_work <= to { at_work } else { drawn }
    }

    /// What is ready to be stored; `until` is the time up to which everything has been told.
    pub(super) fn take(&mut self, until: Ts) -> Batch {
        self.ledger.chain(until, &mut self.batch.history_events);
        std::mem::take(&mut self.batch)
    }
}
