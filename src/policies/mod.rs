//! What a business account has decided for itself: thresholds, limits and rules. These are the defaults of domain.md.

pub mod limits;
pub mod review;
pub mod severity;
