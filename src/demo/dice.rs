//! The one source of chance in demo data. Its numbers are the same on every machine and in every run.

use rand::{Rng, RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use uuid::Builder;

use crate::kernel::{clock::Ts, id::Id};

/// Draws.
pub(super) struct Dice(Xoshiro256PlusPlus);

impl Dice {
    /// Dice that always fall the same way.
    pub(super) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// One of `from`, each as likely.
    pub(super) fn pick<T: Copy, const N: usize>(&mut self, from: &[T; N]) -> T {
        from[self.0.random_range(0..N)]
    }

    /// One of `from`, each as likely; none of nothing.
    pub(super) fn one_of<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() {
            return None;
        }
        from.get(self.0.random_range(0..from.len()))
    }

    /// One of `table`, as likely as its weight says.
    pub(super) fn weighted<T: Copy, const N: usize>(&mut self, table: &[(u32, T); N]) -> T {
        let all: u32 = table.iter().map(|(weight, _)| weight).sum();
        let mut drawn = self.0.random_range(0..all.max(1));
        for (weight, member) in table {
            if drawn < *weight {
                return *member;
            }
            drawn -= weight;
        }
        table[0].1
    }

    /// Whether something happens that happens `percent` times in a hundred.
    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.0.random_range(0..100) < percent
    }

    /// From `least` to `most`, both included.
    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        self.0.random_range(least..=most.max(least))
    }

    /// So many digits, the first of them not a zero.
    pub(super) fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|place| char::from(b'0' + self.0.random_range(u8::from(place == 0)..10)))
            .collect()
    }

    /// Cents of a payment: around `middle` dollars, few small, few large, as payments are.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // a few million at most
    pub(super) fn cents(&mut self, middle: i64) -> i64 {
        // Twelve even draws add up to nearly a normal one; its exponential is log-normal.
        let normal: f64 = (0..12).map(|_| self.0.random::<f64>()).sum::<f64>() - 6.0;
        let cents = (middle as f64 * 100.0 * (normal * 1.1).exp()) as i64;
        let cents = cents.clamp(150, 48_000_000);
        // Many payments are of round amounts.
        match self.0.random_range(0..10) {
            0..=2 => (cents / 100).max(5) * 100,
            3 => (cents / 5_000).max(1) * 5_000,
            _ => cents,
        }
    }

    /// An id of something made at `at`.
    pub(super) fn id<K>(&mut self, at: Ts) -> Id<K> {
        let mut chance = [0; 10];
        self.0.fill_bytes(&mut chance);
        let millis = u64::try_from(at.micros() / 1_000).unwrap_or(0);
        Id::from_uuid(Builder::from_unix_timestamp_millis(millis, &chance).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_always_fall_the_same_way() {
        let draw = || {
            let mut dice = Dice::new(1);
            (
                dice.digits(10),
                dice.cents(500),
                dice.id::<()>(Ts::from_micros(1_793_718_000_000_000)),
            )
        };
        assert_eq!(draw(), draw());
    }

    #[test]
    fn weights_are_kept() {
        let mut dice = Dice::new(2);
        let often = (0..1_000)
            .filter(|_| dice.weighted(&[(9, true), (1, false), (0, false)]))
            .count();
        assert!((850..950).contains(&often), "{often}");
    }

    #[test]
    fn an_id_is_a_uuid_of_version_7_and_sorts_by_time() {
        let mut dice = Dice::new(3);
        let first: Id<()> = dice.id(Ts::from_micros(1_793_718_000_000_000));
        let second: Id<()> = dice.id(Ts::from_micros(1_793_718_000_001_000));
        assert_eq!(first.uuid().get_version_num(), 7);
        assert!(first < second);
    }
}
