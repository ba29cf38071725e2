//! How many rows a list of the API has in all: told with each page of it, and counted once for all its pages.

use std::fmt::Debug;

use crate::{
    db::memo::{Memo, Moment},
    kernel::{error::AppResult, id::BusinessAccountId},
};

/// Business account, list, and what is asked for.
type Key = (BusinessAccountId, &'static str, String);

/// Totals that are kept until something is written. One that takes long to count is kept through that too, for a
/// hundred times as long as it took, a minute at most: a client that pages through a million rows has them counted once.
#[derive(Clone)]
pub struct ListTotals(Memo<i64, Key>);

impl Default for ListTotals {
    fn default() -> Self {
        Self(Memo::patient())
    }
}

impl ListTotals {
    /// The total of what is `wanted` of a list, counted by `count` when it is not known.
    ///
    /// # Errors
    /// Those of `count`.
    pub fn of(
        &self,
        account: BusinessAccountId,
        list: &'static str,
        wanted: &impl Debug,
        moment: Moment,
        count: impl FnOnce() -> AppResult<i64>,
    ) -> AppResult<i64> {
        let key = (account, list, format!("{wanted:?}"));
        Ok(*self.0.get(key, moment, count)?)
    }
}
