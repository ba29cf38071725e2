//! The SQL of the API's list of financial accounts.

use diesel::{
    dsl,
    helper_types::IntoBoxed,
    prelude::*,
    sql_types::{BigInt, Bool, Text},
};

use super::{AccountRow, AccountState, Category, model::AccountKind};
use crate::{
    db::{
        AnyConnection, MultiBackend,
        paging::{Ends, Order, Slice, Window},
        schema::financial_accounts,
    },
    kernel::{error::AppResult, id::BusinessAccountId},
    keyset,
};

/// Which accounts; what is none or empty does not matter.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Any of these.
    pub categories: Vec<Category>,
    /// Part of the name, whatever the case.
    pub name: Option<String>,
    pub kind: Option<AccountKind>,
    pub state: Option<AccountState>,
    /// Something is asked for that no account here has.
    pub nothing: bool,
}

fn narrowed(
    account: BusinessAccountId,
    wanted: &Wanted,
) -> IntoBoxed<'_, financial_accounts::table, MultiBackend> {
    let mut query = financial_accounts::table
        .into_boxed::<MultiBackend>()
        .filter(financial_accounts::business_account_id.eq(account));
    if !wanted.categories.is_empty() {
        query = query.filter(financial_accounts::category.eq_any(&wanted.categories));
    }
    if let Some(name) = &wanted.name {
        let escaped = name.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = format!("%{}%", escaped.to_lowercase());
        query = query.filter(
            dsl::sql::<Text>("lower(financial_accounts.name)")
                .like(pattern)
                .escape('\\'),
        );
    }
    if let Some(kind) = wanted.kind {
        query = query.filter(financial_accounts::kind.eq(kind));
    }
    if let Some(state) = wanted.state {
        query = query.filter(financial_accounts::state.eq(state));
    }
    if wanted.nothing {
        query = query.filter(dsl::sql::<Bool>("1 = 0"));
    }
    query
}

/// A page of the accounts that are asked for, and the edges of it.
pub fn page(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    wanted: &Wanted,
    order: &Order,
    window: &Window,
) -> AppResult<(Slice<AccountRow>, Ends)> {
    let found: Vec<(i64, AccountRow)> = keyset!(
        narrowed(account, wanted),
        financial_accounts::id,
        order,
        window.edge
    )
    .select((dsl::sql::<BigInt>(order.first_sql()), AccountRow::as_select()))
    .limit(window.reach())
    .load(conn)?;
    Ok(Slice::cut_sorted(found, window, |row| row.id.uuid()))
}

/// How many are asked for.
pub fn count(conn: &mut AnyConnection, account: BusinessAccountId, wanted: &Wanted) -> AppResult<i64> {
    Ok(narrowed(account, wanted).count().get_result(conn)?)
}
