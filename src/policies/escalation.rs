//! When people are told of due times (domain.md section 2.2).

use std::time::Duration;

/// Still open so long after its due time, an exception is told to the supervisors.
pub const AFTER: Duration = Duration::from_hours(4);
