//! What a business account has decided for itself: thresholds and rules. These are the defaults of domain.md.

pub mod approval;
pub mod escalation;
pub mod limits;
pub mod matching;
pub mod review;
pub mod severity;
pub mod snooze;
