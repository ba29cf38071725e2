//! How often one person may do what is dear or dangerous: see account numbers in full, take data out, search. Beyond it
//! they wait, and are told for how long; a refused reveal or export is in the history like every refusal. The count is
//! this process's own: several nodes allow each person so many on each.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

use crate::kernel::{
    error::{AppError, AppResult},
    id::TeamMemberId,
};

/// So many at once, and one more after each pause.
const REVEALS: (u32, Duration) = (30, Duration::from_secs(20));
const EXPORTS: (u32, Duration) = (60, Duration::from_secs(10));
const SEARCHES: (u32, Duration) = (120, Duration::from_millis(500));

/// What each person may still do.
#[derive(Clone)]
pub struct Budgets {
    reveals: Arc<DefaultKeyedRateLimiter<TeamMemberId>>,
    exports: Arc<DefaultKeyedRateLimiter<TeamMemberId>>,
    searches: Arc<DefaultKeyedRateLimiter<TeamMemberId>>,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            reveals: limiter(REVEALS),
            exports: limiter(EXPORTS),
            searches: limiter(SEARCHES),
        }
    }
}

impl Budgets {
    /// Counts an account number that `who` is about to see in full.
    ///
    /// # Errors
    /// `TooMany`, with how long to wait.
    pub fn reveal(&self, who: TeamMemberId) -> AppResult<()> {
        take(&self.reveals, who)
    }

    /// Counts a file of data that `who` is about to get.
    ///
    /// # Errors
    /// As [`Self::reveal`].
    pub fn export(&self, who: TeamMemberId) -> AppResult<()> {
        take(&self.exports, who)
    }

    /// Counts a search of `who`.
    ///
    /// # Errors
    /// As [`Self::reveal`].
    pub fn search(&self, who: TeamMemberId) -> AppResult<()> {
        take(&self.searches, who)
    }
}

fn limiter((at_once, pause): (u32, Duration)) -> Arc<DefaultKeyedRateLimiter<TeamMemberId>> {
    let quota = Quota::with_period(pause).unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN));
    let at_once = NonZeroU32::new(at_once).unwrap_or(NonZeroU32::MIN);
    Arc::new(RateLimiter::keyed(quota.allow_burst(at_once)))
}

fn take(limiter: &DefaultKeyedRateLimiter<TeamMemberId>, who: TeamMemberId) -> AppResult<()> {
    limiter.check_key(&who).map_err(|until| {
        let wait = until.wait_time_from(DefaultClock::default().now());
        AppError::TooMany(Duration::from_secs(wait.as_secs() + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::Ts;

    #[test]
    fn each_person_has_a_budget_for_each_and_is_told_how_long_to_wait() {
        let budgets = Budgets::default();
        let (one, other) = (
            TeamMemberId::generate(Ts::from_micros(1)),
            TeamMemberId::generate(Ts::from_micros(2)),
        );
        for _ in 0..REVEALS.0 {
            budgets.reveal(one).unwrap();
        }
        let refused = budgets.reveal(one).unwrap_err();
        let AppError::TooMany(wait) = refused else {
            panic!("{refused:?}");
        };
        assert!(wait <= REVEALS.1 + Duration::from_secs(1));
        assert!(budgets.reveal(other).is_ok() && budgets.export(one).is_ok() && budgets.search(one).is_ok());
    }
}
