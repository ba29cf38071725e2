//! The SQL of the API's list of financial accounts.

use diesel::{
    dsl,
    helper_types::IntoBoxed,
    prelude::*,
    sql_types::{Bool, Text},
};

use super::{
    AccountRow, AccountState, Category,
    model::{AccountKind, HolderKind},
};
use crate::{
    db::{
        AnyConnection, MultiBackend,
        paging::{Ends, Order, Slice, Window},
        schema::financial_accounts,
    },
    history::model::Anything,
    kernel::{
        error::AppResult,
        id::{BusinessAccountId, FinancialAccountId, Id},
    },
    keyset,
};

/// Which accounts; what is none or empty does not matter.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Any of these.
    pub categories: Vec<Category>,
    /// Any of these; none is the business account itself.
    pub holders: Vec<Option<HolderKind>>,
    /// Held by this customer or recipient.
    pub holder: Option<Id<Anything>>,
    /// A part of this account.
    pub parent: Option<FinancialAccountId>,
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
    if !wanted.holders.is_empty() {
        let told: Vec<HolderKind> = wanted.holders.iter().flatten().copied().collect();
        // Of what files brought and people typed only the place is known: what is here is ours, the rest is not.
        let mut untold = Vec::new();
        if wanted.holders.contains(&None) {
            untold.push(Category::Internal);
        }
        if !told.is_empty() {
            untold.extend([Category::External, Category::Integrated]);
        }
        query = query.filter(
            financial_accounts::holder_kind
                .eq_any(told)
                .or(financial_accounts::holder_kind
                    .is_null()
                    .and(financial_accounts::category.eq_any(untold))),
        );
    }
    if let Some(holder) = wanted.holder {
        query = query.filter(financial_accounts::holder_id.eq(holder));
    }
    if let Some(parent) = wanted.parent {
        query = query.filter(financial_accounts::parent_id.eq(parent));
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
    .select((order.first_value(), AccountRow::as_select()))
    .limit(window.reach())
    .load(conn)?;
    Ok(Slice::cut_sorted(found, window, |row| row.id.uuid()))
}

/// How many are asked for.
pub fn count(conn: &mut AnyConnection, account: BusinessAccountId, wanted: &Wanted) -> AppResult<i64> {
    Ok(narrowed(account, wanted).count().get_result(conn)?)
}
