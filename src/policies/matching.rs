//! How far two amounts may be apart and still be matched by hand.

/// One percent of the amount, at least 5.00 in minor units.
pub fn tolerance(amount: i64) -> i64 {
    (amount.abs() / 100).max(500)
}
