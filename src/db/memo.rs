//! What many pages show and few commands change: read once, kept until something is written.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::kernel::{clock::Ts, error::AppResult, id::BusinessAccountId};

/// Another process on the same database (a second node, an import from the command line) writes without our knowing:
/// what is kept is at most so much older than it.
const LONGEST: Duration = Duration::from_secs(1);

/// What this process has written when a read begins. Taken before the read, so that nothing written meanwhile is missed.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub(super) commits: u64,
    pub(super) now: Ts,
}

impl Moment {
    /// The time.
    pub const fn now(self) -> Ts {
        self.now
    }
}

/// A value for each business account. Cheap to clone.
pub struct Memo<V>(Arc<Mutex<HashMap<BusinessAccountId, Kept<V>>>>);

struct Kept<V> {
    moment: Moment,
    read_at: Instant,
    value: Arc<V>,
}

impl<V> Memo<V> {
    /// The kept value, or what `read` finds, which is then kept.
    ///
    /// # Errors
    /// Those of `read`; nothing is kept then.
    pub fn get(
        &self,
        account: BusinessAccountId,
        moment: Moment,
        read: impl FnOnce() -> AppResult<V>,
    ) -> AppResult<Arc<V>> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = lock().get(&account).filter(|kept| kept.is_good(moment)) {
            return Ok(Arc::clone(&kept.value));
        }
        // Not under the lock: two that miss at once both read, and nobody waits for the database.
        let value = Arc::new(read()?);
        let kept = Kept {
            moment,
            read_at: Instant::now(),
            value: Arc::clone(&value),
        };
        lock().insert(account, kept);
        Ok(value)
    }
}

impl<V> Kept<V> {
    fn is_good(&self, moment: Moment) -> bool {
        let (then, now) = (self.moment.now, moment.now);
        self.moment.commits == moment.commits
            && now.since(then).max(then.since(now)) < LONGEST
            && self.read_at.elapsed() < LONGEST
    }
}

impl<V> Clone for Memo<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<V> Default for Memo<V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(commits: u64, micros: i64) -> Moment {
        Moment {
            commits,
            now: Ts::from_micros(micros),
        }
    }

    #[test]
    fn a_value_is_read_again_after_a_commit_and_after_a_second_and_for_another_account() {
        let memo = Memo::default();
        let [one, other] = [1, 2].map(|n| BusinessAccountId::from_uuid(uuid::Uuid::from_u128(n)));
        let get = |account, moment, fresh: u32| *memo.get(account, moment, || Ok(fresh)).unwrap();
        assert_eq!(get(one, at(0, 0), 1), 1);
        assert_eq!(get(one, at(0, 999_999), 2), 1, "kept");
        assert_eq!(get(one, at(1, 999_999), 3), 3, "something was written");
        assert_eq!(get(one, at(1, 1_999_999), 4), 4, "a second has passed");
        assert_eq!(get(other, at(1, 1_999_999), 5), 5);
    }

    #[test]
    fn a_failed_read_keeps_nothing() {
        let memo = Memo::default();
        let account = BusinessAccountId::from_uuid(uuid::Uuid::nil());
        let failed = memo.get(account, at(0, 0), || {
            Err(crate::kernel::error::AppError::NotFound)
        });
        assert!(failed.is_err());
        assert_eq!(*memo.get(account, at(0, 0), || Ok(1)).unwrap(), 1);
    }
}
