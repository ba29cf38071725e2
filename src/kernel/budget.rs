//! So many a minute, and no more: what strangers may make us write into the log.

use std::sync::{Arc, Mutex};

use super::clock::Ts;

const A_MINUTE: u32 = 6;

/// How many there were in this minute. Cheap to clone.
#[derive(Clone, Default)]
pub struct Budget(Arc<Mutex<(i64, u32)>>);

impl Budget {
    /// Whether there may be one more now.
    pub fn take(&self, now: Ts) -> bool {
        let minute = now.seconds() / 60;
        let Ok(mut spent) = self.0.lock() else {
            return false;
        };
        if spent.0 != minute {
            *spent = (minute, 0);
        }
        spent.1 += 1;
        spent.1 <= A_MINUTE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_a_minute_are_had() {
        let budget = Budget::default();
        let minute = |n: i64| Ts::from_micros(n * 60_000_000_i64);
        assert_eq!((0..100).filter(|_| budget.take(minute(1))).count(), 6);
        assert!(budget.take(minute(2)));
    }
}
