//! What the items of a plan take from accounts together. The limit of a day is one of all the day's transactions, and a
//! command that is asked about one item alone knows nothing of those before it.

use std::collections::{HashMap, hash_map::Entry};

use crate::{
    db::AnyConnection,
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, FinancialAccountId},
        money::Money,
    },
    policies::limits,
};

/// What is left today of the accounts that items pay from, by account and currency.
#[derive(Debug, Default)]
pub(super) struct Taken(HashMap<(FinancialAccountId, &'static str), i64>);

impl Taken {
    /// Takes `money` for the next item, where that is still left after those before it.
    ///
    /// # Errors
    /// Outside: the database failed. Inside: what is left, in a sentence; then nothing is taken.
    pub(super) fn take(
        &mut self,
        conn: &mut AnyConnection,
        account: BusinessAccountId,
        (from, money): (FinancialAccountId, Money),
        now: Ts,
    ) -> AppResult<Result<(), String>> {
        let currency = money.currency();
        let left = match self.0.entry((from, currency.code())) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let left = limits::left(conn, account, from, currency, now, None)?;
                place.insert(left.today.minor())
            }
        };
        if money.minor() > *left {
            let left = Money::new(*left, currency);
            return Ok(Err(format!(
                "The amount is above what is left for this account today after those before it, {left}."
            )));
        }
        *left -= money.minor();
        Ok(Ok(()))
    }
}
