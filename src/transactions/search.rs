//! The SQL of the list: a page of transactions by filters, flat at any depth.

use chrono_tz::Tz;
use diesel::{helper_types::IntoBoxed, prelude::*};

use super::{
    TransactionRow,
    filter::{DayOf, Edge, Filter, NO_ACCOUNT, NO_COMPANY, RawFilter, SortBy},
};
use crate::{
    accounts,
    db::{
        AnyConnection, MultiBackend,
        schema::{financial_accounts, transactions},
        types::Day,
    },
    kernel::{
        count::COUNTED_UP_TO,
        error::{AppResult, FieldErrors},
        id::{BusinessAccountId, TransactionId},
    },
};

/// Rows of a page.
pub const PAGE: i64 = 50;

/// A page of the list.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The transactions, in order.
    pub rows: Vec<TransactionRow>,
    /// There are some before.
    pub has_previous: bool,
    /// There are more after.
    pub has_next: bool,
}

impl TransactionRow {
    /// The value in the column that the list is sorted by.
    pub fn sort_value(&self, by: SortBy) -> i64 {
        match by {
            SortBy::Created => self.created_at.micros(),
            SortBy::Amount => self.amount,
        }
    }
}

diesel::define_sql_function! {
    /// SQL's own: on SQLite it folds ASCII only.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

type Listed<'a> = IntoBoxed<'a, transactions::table, MultiBackend>;

/// Narrowed to the accounts and the text that are asked for.
fn between_parties<'a>(mut query: Listed<'a>, account: BusinessAccountId, filter: &'a Filter) -> Listed<'a> {
    if let Some(id) = filter.account {
        query = query.filter(
            transactions::debit_account_id
                .eq(id)
                .or(transactions::credit_account_id.eq(id)),
        );
    }
    if let Some(ids) = &filter.parties {
        query = query.filter(
            transactions::debit_account_id
                .eq_any(ids)
                .or(transactions::credit_account_id.eq_any(ids)),
        );
    }
    if let Some(text) = &filter.text {
        let pattern = format!(
            "%{}%",
            text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
        );
        let parties = financial_accounts::table
            .filter(financial_accounts::business_account_id.eq(account))
            .filter(lower(financial_accounts::name).like(pattern.clone()).escape('\\'))
            .select(financial_accounts::id);
        query = query.filter(
            lower(transactions::description)
                .like(pattern.clone())
                .escape('\\')
                .or(lower(transactions::memo).like(pattern.clone()).escape('\\'))
                .or(lower(transactions::metadata).like(pattern.clone()).escape('\\'))
                .or(transactions::entry_description.is_not_null().and(
                    lower(transactions::entry_description.assume_not_null())
                        .like(pattern.clone())
                        .escape('\\'),
                ))
                .or(transactions::debit_account_id.eq_any(parties.clone()))
                .or(transactions::credit_account_id.eq_any(parties)),
        );
    }
    query
}

fn narrowed(account: BusinessAccountId, filter: &Filter) -> Listed<'_> {
    let mut query = transactions::table
        .into_boxed::<MultiBackend>()
        .filter(transactions::business_account_id.eq(account));
    match filter.statuses.as_slice() {
        [] => {}
        [status] => query = query.filter(transactions::status.eq(*status)),
        several => query = query.filter(transactions::status.eq_any(several.to_vec())),
    }
    if let Some(kind) = filter.kind {
        query = query.filter(transactions::kind.eq(kind));
    }
    if let Some(solution) = filter.solution {
        query = query.filter(transactions::solution.eq(solution));
    }
    query = between_parties(query, account, filter);
    if let Some(trace) = &filter.trace {
        query = query.filter(transactions::trace_number.eq(trace.as_str()));
    }
    query = match filter.company.as_deref() {
        None => query,
        Some(NO_COMPANY) => query.filter(
            transactions::company_id
                .is_null()
                .or(transactions::company_id.eq("")),
        ),
        Some(id) => query.filter(transactions::company_id.eq(id)),
    };
    macro_rules! between {
        ($column:expr, $range:expr) => {
            if let Some(from) = $range.0 {
                query = query.filter($column.ge(from));
            }
            if let Some(to) = $range.1 {
                query = query.filter($column.le(to));
            }
        };
    }
    between!(transactions::amount, filter.amount);
    let days = (filter.days.0.map(Day), filter.days.1.map(Day));
    match filter.day_of {
        DayOf::Created => {
            between!(transactions::created_at, filter.moments);
        }
        DayOf::Effective => {
            between!(transactions::effective_date, days);
        }
        DayOf::Settlement => {
            between!(transactions::settlement_date, days);
        }
        DayOf::Value => {
            // Where it has the one day the others do not count.
            macro_rules! counts {
                ($end:ident, $day:expr, $moment:expr) => {
                    if let (Some(day), Some(moment)) = ($day, $moment) {
                        let without = transactions::settlement_date.is_null();
                        query = query.filter(
                            transactions::settlement_date
                                .$end(day)
                                .or(without.and(transactions::effective_date.$end(day)))
                                .or(without
                                    .and(transactions::effective_date.is_null())
                                    .and(transactions::created_at.$end(moment))),
                        );
                    }
                };
            }
            counts!(ge, days.0, filter.moments.0);
            counts!(le, days.1, filter.moments.1);
        }
    }
    query
}

/// So many accounts at most are looked for by a text.
const PARTIES: i64 = 1_000;

/// What an address asks for, with what has to be looked up for it, and what is wrong with it: the list and the file made
/// of it ask the same.
pub fn read(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    raw: &RawFilter,
    zone: Tz,
) -> AppResult<(Filter, FieldErrors)> {
    let (mut filter, mut errors) = raw.parse(zone);
    if let Some(id) = filter.account
        && accounts::queries::find(conn, account, id)?.is_none()
    {
        errors.refuse("account", NO_ACCOUNT);
        filter.account = None;
    }
    if let Some(text) = &filter.party {
        let ids = accounts::queries::ids_with_text(conn, account, text, PARTIES + 1)?;
        let found = i64::try_from(ids.len()).unwrap_or(i64::MAX);
        if found == 0 {
            errors.refuse(
                "party",
                "No account is found by this: give whole words of its name or its holder's, of which the last may be \
                 cut short, or the last four of its number.",
            );
        }
        if found > PARTIES {
            errors.refuse("party", "More than 1,000 accounts have this: say more of it.");
        } else {
            filter.parties = Some(ids);
        }
    }
    Ok((filter, errors))
}

/// One page of the list.
pub fn list(conn: &mut AnyConnection, account: BusinessAccountId, filter: &Filter) -> AppResult<Found> {
    let query = narrowed(account, filter);
    let backwards = filter.edge.is_some_and(|e| e.backwards);
    let descending = filter.sort.descending != backwards;
    // Written `value <= x AND (value < x OR id < y)`: flat at any depth, unlike `value < x OR (value = x AND id < y)`.
    macro_rules! sorted {
        ($column:expr) => {{
            let query = match (filter.edge, descending) {
                (None, _) => query,
                (Some(Edge { value, id, .. }), true) => query
                    .filter($column.le(value))
                    .filter($column.lt(value).or(transactions::id.lt(id))),
                (Some(Edge { value, id, .. }), false) => query
                    .filter($column.ge(value))
                    .filter($column.gt(value).or(transactions::id.gt(id))),
            };
            if descending {
                query.order(($column.desc(), transactions::id.desc()))
            } else {
                query.order(($column.asc(), transactions::id.asc()))
            }
        }};
    }
    let query = match filter.sort.by {
        SortBy::Created => sorted!(transactions::created_at),
        SortBy::Amount => sorted!(transactions::amount),
    };
    let mut rows = query
        .select(TransactionRow::as_select())
        .limit(PAGE + 1)
        .load(conn)?;
    let page = usize::try_from(PAGE).unwrap_or(0);
    let more = rows.len() > page;
    rows.truncate(page);
    if backwards {
        rows.reverse();
    }
    Ok(Found {
        rows,
        has_previous: if backwards { more } else { filter.edge.is_some() },
        has_next: backwards || more,
    })
}

/// How many match, counted up to [`COUNTED_UP_TO`]; one more means "or more".
pub fn count_up_to(conn: &mut AnyConnection, account: BusinessAccountId, filter: &Filter) -> AppResult<i64> {
    let ids: Vec<TransactionId> = narrowed(account, filter)
        .select(transactions::id)
        .limit(COUNTED_UP_TO + 1)
        .load(conn)?;
    Ok(i64::try_from(ids.len()).unwrap_or(i64::MAX))
}
