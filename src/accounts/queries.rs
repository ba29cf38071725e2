//! The SQL of financial accounts.

use diesel::prelude::*;

use super::{AccountRow, AccountState, model::Category};
use crate::{
    db::{AnyConnection, schema::financial_accounts},
    kernel::{
        error::{AppError, AppResult},
        id::{BusinessAccountId, FinancialAccountId},
    },
};

/// The account, if the business account has it.
pub fn find(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: FinancialAccountId,
) -> AppResult<Option<AccountRow>> {
    Ok(financial_accounts::table
        .find(id)
        .filter(financial_accounts::business_account_id.eq(account))
        .select(AccountRow::as_select())
        .first(conn)
        .optional()?)
}

/// The account, or 404.
pub fn get(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: FinancialAccountId,
) -> AppResult<AccountRow> {
    find(conn, account, id)?.ok_or(AppError::NotFound)
}

/// Those of `ids` that the business account has, in no order.
pub fn list_by_ids(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    ids: &[FinancialAccountId],
) -> AppResult<Vec<AccountRow>> {
    Ok(financial_accounts::table
        .filter(financial_accounts::id.eq_any(ids))
        .filter(financial_accounts::business_account_id.eq(account))
        .select(AccountRow::as_select())
        .load(conn)?)
}

/// The account with this keyed hash of routing and account number.
pub(super) fn find_by_lookup(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    lookup: &[u8],
) -> AppResult<Option<AccountRow>> {
    Ok(financial_accounts::table
        .filter(financial_accounts::business_account_id.eq(account))
        .filter(financial_accounts::number_lookup.eq(lookup))
        .select(AccountRow::as_select())
        .first(conn)
        .optional()?)
}

/// The account that an import added before for the same number, if there is one.
pub(super) fn id_by_lookup(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    lookup: &[u8],
) -> AppResult<Option<FinancialAccountId>> {
    Ok(financial_accounts::table
        .filter(financial_accounts::business_account_id.eq(account))
        .filter(financial_accounts::number_lookup.eq(lookup))
        .select(financial_accounts::id)
        .first(conn)
        .optional()?)
}

/// The first `limit` accounts by name that payments may use: what a form offers.
pub fn list_usable(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    limit: i64,
) -> AppResult<Vec<AccountRow>> {
    Ok(financial_accounts::table
        .filter(financial_accounts::business_account_id.eq(account))
        .filter(financial_accounts::state.eq(AccountState::Active))
        .order((financial_accounts::name, financial_accounts::id))
        .limit(limit)
        .select(AccountRow::as_select())
        .load(conn)?)
}

/// The business account's own accounts, by name.
pub fn list_own(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Vec<AccountRow>> {
    Ok(financial_accounts::table
        .filter(financial_accounts::business_account_id.eq(account))
        .filter(financial_accounts::category.eq(Category::Internal))
        .order((financial_accounts::name, financial_accounts::id))
        .limit(100)
        .select(AccountRow::as_select())
        .load(conn)?)
}
