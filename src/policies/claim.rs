//! How long a claim stays firm.

use std::time::Duration;

/// Nothing done with it by its holder for so long, an exception may be taken over by anybody who works exceptions: a
/// working day, so that what somebody took in the morning is still theirs in the afternoon, and free the next morning.
pub const IDLE_AFTER: Duration = Duration::from_hours(8);
