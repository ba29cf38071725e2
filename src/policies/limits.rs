//! How much a transaction may move (domain.md section 4). Counted in minor units of the transaction's own currency.

use crate::{
    db::AnyConnection,
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, FinancialAccountId, TransactionId},
        money::{Currency, Money},
    },
    members, transactions,
};

/// The most that one transaction may move, 1,000,000.00: what Nacha allows for a Same Day ACH payment, so that whatever priority is
/// chosen the limit is the same.
pub const PER_TRANSACTION: i64 = 100_000_000;

/// The most that the transactions of one day may take from one account, 5,000,000.00: five of the largest. It bounds what a
/// stolen key or a wrong file can do before the next morning.
pub const PER_DAY_AND_ACCOUNT: i64 = 500_000_000;

/// What is left of the two limits before a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// What one transaction may move.
    pub per_transaction: Money,
    /// What may still be taken from the account today.
    pub today: Money,
}

impl Left {
    /// What is left of the day's limit when `used` was taken from the account today.
    pub fn after(used: i64, currency: Currency) -> Self {
        Self {
            per_transaction: Money::new(PER_TRANSACTION, currency),
            today: Money::new(PER_DAY_AND_ACCOUNT.saturating_sub(used).max(0), currency),
        }
    }

    /// Whether `amount` fits.
    ///
    /// # Errors
    /// A sentence that says which limit it breaks and what is left of it.
    pub fn check(self, amount: Money) -> Result<(), String> {
        if amount.minor() > self.per_transaction.minor() {
            return Err(format!(
                "The amount is above what one transaction may move, {}.",
                self.per_transaction
            ));
        }
        if amount.minor() > self.today.minor() {
            return Err(format!(
                "The amount is above what is left for this account today, {}.",
                self.today
            ));
        }
        Ok(())
    }
}

/// What is left for a payment from `debit_account` now. `except` is the transaction that an edit will cancel. A day is
/// a day in the business account's time zone.
pub fn left(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    debit_account: FinancialAccountId,
    currency: Currency,
    now: Ts,
    except: Option<TransactionId>,
) -> AppResult<Left> {
    let zone = members::queries::zone(conn, account)?;
    let midnight = Ts::start_of(now.day_in(zone), zone);
    let used = transactions::queries::taken_since(conn, account, debit_account, currency, midnight, except)?;
    Ok(Left::after(used, currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(minor: i64) -> Money {
        Money::new(minor, Currency::USD)
    }

    #[test]
    fn at_a_limit_is_fine_and_a_cent_more_is_refused_with_what_is_left() {
        let fresh = Left::after(0, Currency::USD);
        assert_eq!(fresh.check(usd(PER_TRANSACTION)), Ok(()));
        assert_eq!(
            fresh.check(usd(PER_TRANSACTION + 1)).unwrap_err(),
            "The amount is above what one transaction may move, $1,000,000.00."
        );
        let nearly = Left::after(PER_DAY_AND_ACCOUNT - 250, Currency::USD);
        assert_eq!(nearly.check(usd(250)), Ok(()));
        assert_eq!(
            nearly.check(usd(251)).unwrap_err(),
            "The amount is above what is left for this account today, $2.50."
        );
    }

    #[test]
    fn nothing_is_left_below_zero() {
        assert_eq!(Left::after(PER_DAY_AND_ACCOUNT + 5, Currency::USD).today, usd(0));
    }
}
