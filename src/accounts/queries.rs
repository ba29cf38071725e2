//! The SQL of financial accounts.

use std::collections::HashMap;

use diesel::{helper_types::IntoBoxed, prelude::*};

use super::{
    AccountRow, AccountState, Verification, by_text, edit::kept_fields, edit::moves_destination,
    model::Category,
};
use crate::{
    among,
    db::{AnyConnection, MultiBackend, schema::financial_accounts},
    history::{self, queries::From},
    kernel::{
        count::COUNTED_UP_TO,
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

/// Whether an account's routing or account number was changed since a time or place in the history: payments go
/// elsewhere now.
pub fn has_moved(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: FinancialAccountId,
    since: From,
) -> AppResult<bool> {
    let edits = history::queries::edits_of(conn, account, id.uuid(), since)?;
    Ok(edits
        .iter()
        .any(|e| moves_destination(&kept_fields(&e.previous, &e.new))))
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
        .filter(financial_accounts::holder_kind.is_null())
        .order((financial_accounts::name, financial_accounts::id))
        .limit(100)
        .select(AccountRow::as_select())
        .load(conn)?)
}

/// How many other accounts are at the same bank, counted up to a hundred: when a bank's number changes, theirs does too.
pub fn count_at_bank(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    routing_number: &str,
    except: FinancialAccountId,
) -> AppResult<usize> {
    let ids: Vec<FinancialAccountId> = financial_accounts::table
        .filter(financial_accounts::business_account_id.eq(account))
        .filter(financial_accounts::routing_number.eq(routing_number))
        .filter(financial_accounts::id.ne(except))
        .select(financial_accounts::id)
        .limit(100)
        .load(conn)?;
    Ok(ids.len())
}

/// The first `limit` accounts by name that have a routing number.
pub fn list_at_bank(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    routing_number: &str,
    limit: i64,
) -> AppResult<Vec<AccountRow>> {
    Ok(financial_accounts::table
        .filter(financial_accounts::business_account_id.eq(account))
        .filter(financial_accounts::routing_number.eq(routing_number))
        .order((financial_accounts::name, financial_accounts::id))
        .limit(limit)
        .select(AccountRow::as_select())
        .load(conn)?)
}

/// How many accounts have a routing number.
pub fn count_all_at_bank(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    routing_number: &str,
) -> AppResult<i64> {
    Ok(financial_accounts::table
        .filter(financial_accounts::business_account_id.eq(account))
        .filter(financial_accounts::routing_number.eq(routing_number))
        .count()
        .get_result(conn)?)
}

/// Rows of a page.
const PAGE: i64 = 50;

/// A list is narrowed to so many that have the words of a text; that there are more is told.
pub const MOST: i64 = COUNTED_UP_TO;

/// What the list is asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub category: Option<Category>,
    pub state: Option<AccountState>,
    pub verification: Option<Verification>,
    /// Words of the name or the holder's name, or the last four of the number.
    pub text: Option<String>,
    /// The page after this account, by name.
    pub after: Option<FinancialAccountId>,
    /// The page before this account.
    pub before: Option<FinancialAccountId>,
}

/// A page of the list.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub rows: Vec<AccountRow>,
    pub has_previous: bool,
    pub has_next: bool,
    /// How many match, counted up to [`COUNTED_UP_TO`]; one more means "or more".
    pub total: i64,
    /// More than [`MOST`] have the words that are asked for.
    pub is_cut: bool,
}

/// What is asked for but its text.
fn narrowed(
    account: BusinessAccountId,
    filter: &Filter,
) -> IntoBoxed<'_, financial_accounts::table, MultiBackend> {
    let mut query = financial_accounts::table
        .into_boxed::<MultiBackend>()
        .filter(financial_accounts::business_account_id.eq(account));
    if let Some(category) = filter.category {
        query = query.filter(financial_accounts::category.eq(category));
    }
    if let Some(state) = filter.state {
        query = query.filter(financial_accounts::state.eq(state));
    }
    if let Some(verification) = filter.verification {
        query = query.filter(financial_accounts::verification.eq(verification));
    }
    query
}

/// Those of these accounts that a filter is for, by name. Without a LIMIT: with one, PostgreSQL would rather walk through
/// all accounts by name until it has met enough of these.
fn by_name(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    filter: &Filter,
    ids: &[FinancialAccountId],
) -> AppResult<Vec<FinancialAccountId>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(among!(narrowed(account, filter), financial_accounts::id, ids)
        .order((financial_accounts::name, financial_accounts::id))
        .select(financial_accounts::id)
        .load(conn)?)
}

/// These accounts, in this order.
fn in_order(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    ids: &[FinancialAccountId],
) -> AppResult<Vec<AccountRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = list_by_ids(conn, account, ids)?;
    let mut by_id: HashMap<FinancialAccountId, AccountRow> =
        rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
}

/// The first `limit` accounts by name with the words of a text in their name or their holder's, or with these last four;
/// of more than [`MOST`], the first of so many.
pub fn list_with_text(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    text: &str,
    limit: i64,
) -> AppResult<Vec<AccountRow>> {
    let ids = by_text::ids(conn, account, text, MOST)?;
    let mut first = by_name(conn, account, &Filter::default(), &ids)?;
    first.truncate(usize::try_from(limit).unwrap_or_default());
    in_order(conn, account, &first)
}

/// As [`list_with_text`], only their ids, in no order.
pub fn ids_with_text(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    text: &str,
    limit: i64,
) -> AppResult<Vec<FinancialAccountId>> {
    by_text::ids(conn, account, text, limit)
}

/// One page of the list, by name.
pub fn list(conn: &mut AnyConnection, account: BusinessAccountId, filter: &Filter) -> AppResult<Found> {
    if let Some(text) = &filter.text {
        return list_found(conn, account, filter, text);
    }
    let edge = match filter.after.or(filter.before) {
        Some(id) => find(conn, account, id)?,
        None => None,
    };
    let backwards = edge.is_some() && filter.after.is_none();
    let mut query = narrowed(account, filter).select(AccountRow::as_select());
    // Written `name >= x AND (name > x OR id > y)`: flat at any depth.
    query = match (&edge, backwards) {
        (None, _) => query,
        (Some(a), false) => query.filter(financial_accounts::name.ge(&a.name)).filter(
            financial_accounts::name
                .gt(&a.name)
                .or(financial_accounts::id.gt(a.id)),
        ),
        (Some(a), true) => query.filter(financial_accounts::name.le(&a.name)).filter(
            financial_accounts::name
                .lt(&a.name)
                .or(financial_accounts::id.lt(a.id)),
        ),
    };
    query = if backwards {
        query.order((financial_accounts::name.desc(), financial_accounts::id.desc()))
    } else {
        query.order((financial_accounts::name, financial_accounts::id))
    };
    let mut rows: Vec<AccountRow> = query.limit(PAGE + 1).load(conn)?;
    let page = usize::try_from(PAGE).unwrap_or(0);
    let more = rows.len() > page;
    rows.truncate(page);
    if backwards {
        rows.reverse();
    }
    Ok(Found {
        rows,
        has_previous: if backwards { more } else { edge.is_some() },
        has_next: backwards || more,
        total: count_up_to(conn, account, filter)?,
        is_cut: false,
    })
}

/// One page of those that have the words of a text.
fn list_found(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    filter: &Filter,
    text: &str,
) -> AppResult<Found> {
    // One more, so that it is known, and counted, that there are more.
    let ids = by_text::ids(conn, account, text, MOST + 1)?;
    let all = by_name(conn, account, filter, &ids)?;
    let page = usize::try_from(PAGE).unwrap_or_default();
    let place = |id: FinancialAccountId| all.iter().position(|other| *other == id);
    let begin = match (filter.after, filter.before) {
        (Some(id), _) => place(id).map_or(0, |n| n + 1),
        (None, Some(id)) => place(id).map_or(0, |n| n.saturating_sub(page)),
        (None, None) => 0,
    };
    let shown: Vec<FinancialAccountId> = all.iter().skip(begin).take(page).copied().collect();
    Ok(Found {
        rows: in_order(conn, account, &shown)?,
        has_previous: begin > 0,
        has_next: begin + shown.len() < all.len(),
        total: all.len() as i64,
        is_cut: ids.len() as i64 > MOST,
    })
}

fn count_up_to(conn: &mut AnyConnection, account: BusinessAccountId, filter: &Filter) -> AppResult<i64> {
    let ids: Vec<FinancialAccountId> = narrowed(account, filter)
        .select(financial_accounts::id)
        .limit(COUNTED_UP_TO + 1)
        .load(conn)?;
    Ok(i64::try_from(ids.len()).unwrap_or(i64::MAX))
}
