//! How often a caller may call: so many calls a minute each, refilled evenly, told in `RateLimit-*` headers of every
//! answer. The count is this process's own: several nodes allow each caller so many on each.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use actix_web::{
    HttpMessage, HttpRequest,
    http::header::{HeaderMap, HeaderName, HeaderValue},
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};
use uuid::Uuid;

use crate::kernel::error::{AppError, AppResult};

type Callers = RateLimiter<Uuid, DashMapStateStore<Uuid>, DefaultClock, StateInformationMiddleware>;

/// Counts the calls of every caller.
#[derive(Clone)]
pub struct Limiter {
    callers: Arc<Callers>,
    clock: DefaultClock,
    per_minute: u32,
}

/// What a caller may still do; it goes into the headers of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    limit: u32,
    remaining: u32,
    /// Seconds until all of it is there again.
    reset: u64,
}

impl Limiter {
    /// Allows each caller so many calls a minute, at least one.
    pub fn new(per_minute: u32) -> Self {
        let limit = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        let callers = RateLimiter::keyed(Quota::per_minute(limit));
        Self {
            callers: Arc::new(callers.with_middleware()),
            clock: DefaultClock::default(),
            per_minute: limit.get(),
        }
    }

    /// Counts something of `caller`, and tells nobody what is left.
    ///
    /// # Errors
    /// `TooMany`, with whole seconds after which another is allowed.
    pub fn admit(&self, caller: Uuid) -> AppResult<()> {
        self.callers.check_key(&caller).map(drop).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            AppError::TooMany(Duration::from_secs(wait.as_secs() + 1))
        })
    }

    /// Counts a call of `caller` that came with `request`.
    ///
    /// # Errors
    /// `TooMany`, with whole seconds after which another call is allowed.
    pub fn count(&self, request: &HttpRequest, caller: Uuid) -> AppResult<()> {
        let (remaining, refused) = match self.callers.check_key(&caller) {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(until) => {
                let wait = until.wait_time_from(self.clock.now());
                (0, Some(Duration::from_secs(wait.as_secs() + 1)))
            }
        };
        let used = u64::from(self.per_minute - remaining.min(self.per_minute));
        request.extensions_mut().insert(Allowance {
            limit: self.per_minute,
            remaining,
            reset: (used * 60).div_ceil(u64::from(self.per_minute)),
        });
        refused.map_or(Ok(()), |wait| Err(AppError::TooMany(wait)))
    }
}

/// Tells a caller in the headers of an answer what they may still do.
pub fn tell(request: &HttpRequest, headers: &mut HeaderMap) {
    let Some(allowance) = request.extensions().get::<Allowance>().copied() else {
        return;
    };
    let Allowance {
        limit,
        remaining,
        reset,
    } = allowance;
    for (name, value) in [
        ("ratelimit-limit", u64::from(limit)),
        ("ratelimit-remaining", u64::from(remaining)),
        ("ratelimit-reset", reset),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
    if let Ok(policy) = format!("{limit};w=60").parse() {
        headers.insert(HeaderName::from_static("ratelimit-policy"), policy);
    }
}
