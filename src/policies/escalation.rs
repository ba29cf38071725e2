//! When people are told of due times (domain.md section 2.2).

use std::time::Duration;

/// Still open so long after its due time, an exception is told to the supervisors.
pub const AFTER: Duration = Duration::from_hours(4);

/// A quarter of the longest time to resolve, a week: nothing is warned of sooner.
pub const LONGEST_WARNING: Duration = Duration::from_hours(42);
