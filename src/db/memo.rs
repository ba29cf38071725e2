//! What many pages show and few commands change: read once, kept until something is written.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::kernel::{clock::Ts, error::AppResult, id::BusinessAccountId};

/// Another process on the same database (a second node, an import from the command line) writes without our knowing:
/// what is kept is at most so much older than it.
const LONGEST: Duration = Duration::from_secs(1);

/// In a [`Memo::patient`] one, what takes longer than this to read is kept through commits too, for [`TIMES`] as long as
/// it took: however busy the desk and however slow the question, the answers take a hundredth of one core.
const SLOW: Duration = Duration::from_millis(100);
const TIMES: u32 = 100;

/// But never longer than this.
const AT_MOST: Duration = Duration::from_mins(1);

/// More values than this are not kept: the keys of some come from addresses.
const MOST: usize = 4_000;

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

/// A value for each business account, or for each key. Cheap to clone.
pub struct Memo<V, K = BusinessAccountId> {
    all: Arc<Mutex<HashMap<K, Kept<V>>>>,
    is_patient: bool,
}

struct Kept<V> {
    moment: Moment,
    read_at: Instant,
    took: Duration,
    value: Arc<V>,
}

impl<V, K: Eq + Hash> Memo<V, K> {
    /// One that keeps what is slow to read for longer, although something was written meanwhile.
    pub fn patient() -> Self {
        Self {
            is_patient: true,
            ..Self::default()
        }
    }

    /// The kept value, if there is one.
    pub fn kept(&self, key: &K, moment: Moment) -> Option<Arc<V>> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get(key).filter(|kept| self.is_good(kept, moment))?;
        Some(Arc::clone(&kept.value))
    }

    /// The kept value, if it is so new that reading it anew each time it is as old would take no more than a hundredth
    /// of one core, whatever was written since: for what stands at the edge of a page.
    pub fn kept_lately(&self, key: &K, moment: Moment) -> Option<Arc<V>> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get(key)?;
        let is_new = kept.read_at.elapsed() < (kept.took * TIMES).min(AT_MOST);
        (is_new || self.is_good(kept, moment)).then(|| Arc::clone(&kept.value))
    }

    /// The kept value, or what `read` finds, which is then kept.
    ///
    /// # Errors
    /// Those of `read`; nothing is kept then.
    pub fn get(&self, key: K, moment: Moment, read: impl FnOnce() -> AppResult<V>) -> AppResult<Arc<V>> {
        if let Some(kept) = self.kept(&key, moment) {
            return Ok(kept);
        }
        // Not under the lock: two that miss at once both read, and nobody waits for the database.
        let began = Instant::now();
        let value = Arc::new(read()?);
        let kept = Kept {
            moment,
            read_at: Instant::now(),
            took: began.elapsed(),
            value: Arc::clone(&value),
        };
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.retain(|_, kept| self.is_good(kept, moment));
        }
        if all.len() < MOST {
            all.insert(key, kept);
        }
        drop(all);
        Ok(value)
    }

    fn is_good(&self, kept: &Kept<V>, moment: Moment) -> bool {
        let age = kept.read_at.elapsed();
        if self.is_patient && kept.took > SLOW && age < (kept.took * TIMES).min(AT_MOST) {
            return true;
        }
        let (then, now) = (kept.moment.now, moment.now);
        kept.moment.commits == moment.commits
            && now.since(then).max(then.since(now)) < LONGEST
            && age < LONGEST
    }
}

impl<V, K> Clone for Memo<V, K> {
    fn clone(&self) -> Self {
        Self {
            all: Arc::clone(&self.all),
            is_patient: self.is_patient,
        }
    }
}

impl<V, K> Default for Memo<V, K> {
    fn default() -> Self {
        Self {
            all: Arc::default(),
            is_patient: false,
        }
    }
}

/// The memos of a process, by their type: each feature has its own, and nobody has to know them all. Cheap to clone.
#[derive(Clone, Default)]
pub struct Memos(Arc<Mutex<HashMap<TypeId, Box<dyn Any + Send + Sync>>>>);

impl Memos {
    /// The memo of this type; it is made when it is asked for the first time.
    pub fn of<M: Clone + Default + Send + Sync + 'static>(&self) -> M {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all
            .entry(TypeId::of::<M>())
            .or_insert_with(|| Box::new(M::default()));
        kept.downcast_ref::<M>().cloned().unwrap_or_default()
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
    fn what_is_slow_to_read_outlives_commits_in_a_patient_one_only() {
        let (memo, strict) = (Memo::patient(), Memo::default());
        let account = BusinessAccountId::from_uuid(uuid::Uuid::nil());
        let slow = |fresh: u32| {
            std::thread::sleep(SLOW * 2);
            Ok(fresh)
        };
        assert_eq!(*memo.get(account, at(0, 0), || slow(1)).unwrap(), 1);
        assert_eq!(*memo.get(account, at(1, 2_000_000), || Ok(2)).unwrap(), 1);
        assert_eq!(*strict.get(account, at(0, 0), || slow(1)).unwrap(), 1);
        assert_eq!(*strict.get(account, at(1, 0), || Ok(2)).unwrap(), 2);
    }

    #[test]
    fn what_was_read_lately_is_there_although_something_was_written() {
        let memo = Memo::default();
        let account = BusinessAccountId::from_uuid(uuid::Uuid::nil());
        assert!(memo.kept_lately(&account, at(0, 0)).is_none());
        let slow = || {
            std::thread::sleep(SLOW * 2);
            Ok(1)
        };
        memo.get(account, at(0, 0), slow).unwrap();
        assert!(memo.kept(&account, at(1, 0)).is_none());
        assert_eq!(memo.kept_lately(&account, at(1, 0)).as_deref(), Some(&1));
    }

    #[test]
    fn a_memo_is_found_by_its_type() {
        let memos = Memos::default();
        let (account, now) = (BusinessAccountId::from_uuid(uuid::Uuid::nil()), at(0, 0));
        let numbers = || memos.of::<Memo<u32>>();
        numbers().get(account, now, || Ok(1)).unwrap();
        assert_eq!(*numbers().get(account, now, || Ok(2)).unwrap(), 1, "the same one");
        let words = memos.of::<Memo<String>>();
        assert_eq!(*words.get(account, now, || Ok("w".to_owned())).unwrap(), "w");
    }

    #[test]
    fn keys_from_addresses_do_not_fill_the_memory() {
        let memo = Memo::default();
        for key in 0..MOST * 2 {
            memo.get(key, at(0, 0), || Ok(0)).unwrap();
        }
        assert!(memo.all.lock().unwrap().len() <= MOST);
        // What is no longer good makes room for what is.
        assert_eq!(*memo.get(0, at(1, 0), || Ok(1)).unwrap(), 1);
        assert_eq!(*memo.get(0, at(1, 0), || Ok(2)).unwrap(), 1, "kept");
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
