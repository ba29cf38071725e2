//! The SQL of return rates. A debit counts on its settlement date, else on the day it was to take effect, else on the
//! day it was made.

use std::{collections::BTreeMap, time::Duration};

use chrono::NaiveDate;
use chrono_tz::Tz;
use diesel::{
    dsl::{count_star, sql},
    prelude::*,
    sql_types::{BigInt, Bool, Nullable, Text},
};

use super::model::{Rate, Standing, first_day};
use crate::{
    db::{
        AnyConnection,
        schema::{exceptions, transactions},
        types::{Day, UuidSql},
    },
    exceptions::model::Kind as ExceptionKind,
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, TransactionId},
        money::{Currency, Money},
    },
    transactions::{Kind, Solution, Status},
};

/// A payment is made at most so long before it settles: a retry may wait for 180 days.
const AHEAD: Duration = Duration::from_hours(24 * 200);

/// A company and where it stands.
#[derive(Clone, Debug)]
pub struct Company {
    /// The company identification of its batches; empty where a payment has none.
    pub id: String,
    /// Its name in them.
    pub name: String,
    /// Unauthorized, administrative, overall.
    pub standings: Vec<Standing>,
}

impl Company {
    /// As a page names it.
    pub fn label(&self) -> String {
        if self.name.is_empty() {
            "Without a company name".into()
        } else {
            self.name.clone()
        }
    }
}

/// A payment that came back.
#[derive(Clone, Debug)]
pub struct ReturnedDebit {
    pub exception: ExceptionId,
    pub transaction: TransactionId,
    pub code: String,
    pub party: String,
    pub money: Money,
    /// The day it counts on.
    pub day: NaiveDate,
}

/// What was never sent does not count.
const NOT_SENT: [Status; 5] = [
    Status::New,
    Status::Pending,
    Status::Cancelled,
    Status::Declined,
    Status::Error,
];

/// The first and the last moment of the window.
fn moments(today: NaiveDate) -> (Ts, Ts) {
    let zone = Tz::America__New_York;
    (Ts::start_of(first_day(today), zone), Ts::end_of(today, zone))
}

/// The debits that were sent and count on a day of the window. A macro, as its type cannot be written.
macro_rules! sent {
    ($from:expr, $account:expr, $today:expr) => {{
        let (first, today) = (Day(first_day($today)), Day($today));
        let (start, end) = moments($today);
        $from
            .filter(transactions::business_account_id.eq($account))
            .filter(transactions::kind.eq(Kind::Request))
            .filter(transactions::solution.eq(Solution::Ach))
            .filter(transactions::created_at.ge(start.minus(AHEAD)))
            .filter(transactions::status.ne_all(NOT_SENT))
            .filter(
                transactions::settlement_date
                    .between(first, today)
                    .or(transactions::settlement_date
                        .is_null()
                        .and(transactions::effective_date.between(first, today)))
                    .or(transactions::settlement_date
                        .is_null()
                        .and(transactions::effective_date.is_null())
                        .and(transactions::created_at.between(start, end))),
            )
    }};
}

diesel::allow_columns_to_appear_in_same_group_by_clause!(transactions::company_id, exceptions::code);

/// Exceptions with the payments that they are about.
#[diesel::dsl::auto_type(no_type_alias)]
fn returned() -> _ {
    exceptions::table
        .inner_join(transactions::table.on(exceptions::transaction_id.eq(transactions::id.nullable())))
}

/// The returns of payments that were sent. The plus keeps SQLite from walking every return of a business account for
/// each payment: the exceptions of a payment are found by the payment alone.
macro_rules! sent_back {
    ($conn:expr, $account:expr, $today:expr) => {{
        let alone = match $conn {
            AnyConnection::Sqlite(_) => "+",
            AnyConnection::Postgres(_) => "",
        };
        let is_return = ExceptionKind::AchReturn.as_str();
        sent!(returned(), $account, $today)
            .filter(
                sql::<Bool>(&format!("{alone}exceptions.business_account_id = "))
                    .bind::<UuidSql, _>($account),
            )
            .filter(sql::<Bool>(&format!("{alone}exceptions.kind = ")).bind::<Text, _>(is_return))
    }};
}

/// What came back of `sent`: by company and code, how many payments, and the oldest day of one that has a day.
type Returned = (Option<String>, Option<String>, i64, Option<String>);

/// Every company that sent a debit in the 60 days, by name.
pub fn standings(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    today: NaiveDate,
) -> AppResult<Vec<Company>> {
    let name = sql::<Nullable<Text>>("MAX(transactions.company_name)");
    let all: Vec<(Option<String>, Option<String>, i64)> = sent!(transactions::table, account, today)
        .group_by(transactions::company_id)
        .select((transactions::company_id, name, count_star()))
        .load(conn)?;
    let back: Vec<Returned> = sent_back!(conn, account, today)
        .group_by((transactions::company_id, exceptions::code))
        .select((
            transactions::company_id,
            exceptions::code,
            sql::<BigInt>("COUNT(DISTINCT transactions.id)"),
            sql::<Nullable<Text>>("MIN(COALESCE(transactions.settlement_date, transactions.effective_date))"),
        ))
        .load(conn)?;
    let mut companies: BTreeMap<String, Company> = BTreeMap::new();
    for (id, name, sent) in all {
        let id = id.unwrap_or_default();
        let standings = Rate::ALL
            .iter()
            .map(|rate| standing(*rate, &id, sent, &back))
            .collect();
        let name = name.unwrap_or_default();
        companies.insert(format!("{name}\n{id}"), Company { id, name, standings });
    }
    Ok(companies.into_values().collect())
}

/// The company of a payment that counts as a debit that was sent in the 60 days; none for another payment.
pub fn company_of(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    today: NaiveDate,
    id: TransactionId,
) -> AppResult<Option<String>> {
    let found: Option<Option<String>> = sent!(transactions::table, account, today)
        .filter(transactions::id.eq(id))
        .select(transactions::company_id)
        .first(conn)
        .optional()?;
    Ok(found.map(Option::unwrap_or_default))
}

fn standing(rate: Rate, company: &str, sent: i64, back: &[Returned]) -> Standing {
    let counted = back.iter().filter(|(id, code, ..)| {
        id.as_deref().unwrap_or_default() == company && rate.counts(code.as_deref().unwrap_or_default())
    });
    let (mut returned, mut oldest) = (0, None::<NaiveDate>);
    for (.., n, day) in counted {
        returned += n;
        let day = day.as_deref().and_then(|d| d.parse().ok());
        oldest = match (oldest, day) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
    Standing {
        rate,
        returned,
        sent,
        oldest,
    }
}

/// The payments of a company behind one number, the newest first, up to `limit`.
pub fn list(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    today: NaiveDate,
    (company, rate): (&str, Rate),
    limit: usize,
) -> AppResult<Vec<ReturnedDebit>> {
    type Found = (
        ExceptionId,
        Option<String>,
        String,
        TransactionId,
        i64,
        Currency,
        Option<Day>,
        Option<Day>,
        Ts,
    );
    let found: Vec<Found> = sent_back!(conn, account, today)
        .filter(sql::<Bool>("COALESCE(transactions.company_id, '') = ").bind::<Text, _>(company))
        .order((exceptions::created_at.desc(), exceptions::id.desc()))
        .limit(10_000)
        .select((
            exceptions::id,
            exceptions::code,
            exceptions::party,
            transactions::id,
            transactions::amount,
            transactions::currency,
            transactions::settlement_date,
            transactions::effective_date,
            transactions::created_at,
        ))
        .load(conn)?;
    let mut seen = std::collections::HashSet::new();
    let rows = found.into_iter().filter_map(
        |(exception, code, party, transaction, amount, currency, settled, effective, made)| {
            let code = code.unwrap_or_default();
            // A payment counts once for a code, however often the bank told it.
            (rate.counts(&code) && seen.insert((transaction, code.clone()))).then(|| ReturnedDebit {
                exception,
                transaction,
                code,
                party,
                money: Money::new(amount, currency),
                day: settled
                    .or(effective)
                    .map_or_else(|| made.day_in(Tz::America__New_York), |d| d.0),
            })
        },
    );
    Ok(rows.take(limit).collect())
}
