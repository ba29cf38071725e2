//! What a returned payment counts in, for the page of its exception.

use std::ops::Deref;

use chrono_tz::Tz;

use super::{
    model::{Rate, Room, Standing, written},
    queries::{self, Company},
};
use crate::{
    db::{
        AnyConnection,
        memo::{Memo, Moment},
    },
    kernel::{
        clock::written_day,
        error::AppResult,
        id::{BusinessAccountId, TransactionId},
    },
};

/// Where the companies of a business account stand: read once for many exceptions, as every debit of 60 days is counted.
#[derive(Clone)]
pub struct Standings(Memo<Vec<Company>>);

impl Default for Standings {
    fn default() -> Self {
        Self(Memo::patient())
    }
}

impl Deref for Standings {
    type Target = Memo<Vec<Company>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// A rate that a return counts in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Which one.
    pub rate: Rate,
    /// Of which company.
    pub company: String,
    /// `0.32 % of 0.50 %`
    pub now: String,
    /// `4 more before 31 Mar 2027`
    pub room: String,
}

/// The rates that a return of the payment with `code` counts in, the narrowest first; none when the payment is no debit
/// that was sent by ACH and counts on a day of the 60.
pub fn of(
    conn: &mut AnyConnection,
    standings: &Standings,
    moment: Moment,
    account: BusinessAccountId,
    (payment, code): (TransactionId, &str),
) -> AppResult<Vec<Counted>> {
    let today = moment.now().day_in(Tz::America__New_York);
    let rates: Vec<Rate> = Rate::ALL.iter().copied().filter(|r| r.counts(code)).collect();
    if rates.is_empty() {
        return Ok(Vec::new());
    }
    let Some(id) = queries::company_of(conn, account, today, payment)? else {
        return Ok(Vec::new());
    };
    let all = standings.get(account, moment, || queries::standings(conn, account, today))?;
    let found = all.iter().find(|c| c.id == id);
    let standing = found.into_iter().flat_map(|c| &c.standings);
    Ok(standing
        .filter(|s| rates.contains(&s.rate))
        .map(|s| Counted {
            rate: s.rate,
            company: id.clone(),
            now: format!("{} of {}", s.percent(), written(s.rate.level())),
            room: room(s),
        })
        .collect())
}

fn room(of: &Standing) -> String {
    let day = of.next_leaves().map(written_day).unwrap_or_default();
    match of.room() {
        Room::Nothing => String::new(),
        Room::Fits(n) => format!("{n} more before {day}"),
        Room::None => format!("no more before {day}"),
        Room::Above(1) => format!("1 too many; the oldest leaves on {day}"),
        Room::Above(n) => format!("{n} too many; the oldest leaves on {day}"),
    }
}
