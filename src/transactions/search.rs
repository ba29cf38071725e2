//! The SQL of the list: a page of transactions by filters, flat at any depth.

use diesel::{helper_types::IntoBoxed, prelude::*};

use super::{
    TransactionRow,
    filter::{Edge, Filter, SortBy},
};
use crate::{
    db::{
        AnyConnection, MultiBackend,
        schema::{financial_accounts, transactions},
    },
    kernel::{
        count::COUNTED_UP_TO,
        error::AppResult,
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

fn narrowed(account: BusinessAccountId, filter: &Filter) -> Listed<'_> {
    let mut query = transactions::table
        .into_boxed::<MultiBackend>()
        .filter(transactions::business_account_id.eq(account));
    if let Some(status) = filter.status {
        query = query.filter(transactions::status.eq(status));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(transactions::kind.eq(kind));
    }
    if let Some(solution) = filter.solution {
        query = query.filter(transactions::solution.eq(solution));
    }
    if let Some(id) = filter.account {
        query = query.filter(
            transactions::debit_account_id
                .eq(id)
                .or(transactions::credit_account_id.eq(id)),
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
                .or(transactions::debit_account_id.eq_any(parties.clone()))
                .or(transactions::credit_account_id.eq_any(parties)),
        );
    }
    if let Some(trace) = &filter.trace {
        query = query.filter(transactions::trace_number.eq(trace.as_str()));
    }
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
    between!(transactions::created_at, filter.created);
    query
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
