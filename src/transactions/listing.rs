//! The SQL of the API's list of transactions.

use diesel::{dsl, helper_types::IntoBoxed, prelude::*, sql_types::Bool};

use super::{Kind, Solution, Status, TransactionRow, model::StatusEntryRow, model::StatusEvent};
use crate::{
    auth::actor::ActorKind,
    db::{
        AnyConnection, MultiBackend,
        kept::within,
        paging::{Ends, Order, Slice, Window},
        schema::{financial_accounts, transaction_status_entries, transactions},
    },
    history::model::Anything,
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, FinancialAccountId, Id, TransactionId},
    },
    keyset,
};

/// What kind of actor makes transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creator {
    /// This one.
    Kind(ActorKind),
    /// One that makes none here.
    Nobody,
}

/// Which transactions; what is none does not matter.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Who made it.
    pub creator: Option<Id<Anything>>,
    /// What kind of actor made it.
    pub creator_kind: Option<Creator>,
    /// Inclusive.
    pub created: (Option<Ts>, Option<Ts>),
    /// Minor units, inclusive.
    pub amount: (Option<i64>, Option<i64>),
    pub status: Option<Status>,
    pub kind: Option<Kind>,
    pub solution: Option<Solution>,
    pub payment_reason: Option<String>,
    pub debit: Option<FinancialAccountId>,
    pub credit: Option<FinancialAccountId>,
    /// The last characters of the number of the account.
    pub debit_tail: Option<String>,
    /// The last characters of the number of the account.
    pub credit_tail: Option<String>,
}

type Listed<'a> = IntoBoxed<'a, transactions::table, MultiBackend>;

fn narrowed(account: BusinessAccountId, wanted: &Wanted) -> Listed<'_> {
    let mut query = transactions::table
        .into_boxed::<MultiBackend>()
        .filter(transactions::business_account_id.eq(account));
    macro_rules! equal {
        ($column:expr, $value:expr) => {
            if let Some(value) = $value {
                query = query.filter($column.eq(value));
            }
        };
    }
    equal!(transactions::created_by_id, wanted.creator);
    equal!(transactions::status, wanted.status);
    equal!(transactions::kind, wanted.kind);
    equal!(transactions::solution, wanted.solution);
    equal!(transactions::payment_reason, wanted.payment_reason.as_deref());
    equal!(transactions::debit_account_id, wanted.debit);
    equal!(transactions::credit_account_id, wanted.credit);
    query = match wanted.creator_kind {
        Some(Creator::Kind(kind)) => query.filter(transactions::created_by_kind.eq(kind)),
        Some(Creator::Nobody) => query.filter(dsl::sql::<Bool>("1 = 0")),
        None => query,
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
    between!(transactions::created_at, wanted.created);
    between!(transactions::amount, wanted.amount);
    macro_rules! ends_in {
        ($column:expr, $tail:expr) => {
            if let Some(tail) = &$tail {
                let accounts = financial_accounts::table
                    .filter(financial_accounts::business_account_id.eq(account))
                    .filter(financial_accounts::number_tail.eq(tail.as_str()))
                    .select(financial_accounts::id);
                query = query.filter($column.eq_any(accounts));
            }
        };
    }
    ends_in!(transactions::debit_account_id, wanted.debit_tail);
    ends_in!(transactions::credit_account_id, wanted.credit_tail);
    query
}

/// A page of the transactions that are asked for, and the edges of it.
pub fn page(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    wanted: &Wanted,
    order: &Order,
    window: &Window,
) -> AppResult<(Slice<TransactionRow>, Ends)> {
    let found: Vec<(i64, TransactionId)> =
        keyset!(narrowed(account, wanted), transactions::id, order, window.edge)
            .select((order.first_value(), transactions::id))
            .limit(window.reach())
            .load(conn)?;
    let (slice, ends) = Slice::cut_sorted(found, window, |id| id.uuid());
    let ids: &[TransactionId] = &slice.rows;
    let mut rows: Vec<TransactionRow> = transactions::table
        .filter(within(transactions::id, ids))
        .filter(transactions::business_account_id.eq(account))
        .select(TransactionRow::as_select())
        .load(conn)?;
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    Ok((slice.with(rows), ends))
}

/// How many are asked for.
pub fn count(conn: &mut AnyConnection, account: BusinessAccountId, wanted: &Wanted) -> AppResult<i64> {
    Ok(narrowed(account, wanted).count().get_result(conn)?)
}

/// The entries of the status history that brought these transactions to the statuses they have, the latest last.
pub fn latest_entries(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    rows: &[TransactionRow],
) -> AppResult<Vec<StatusEntryRow>> {
    let ids: Vec<TransactionId> = rows.iter().map(|row| row.id).collect();
    Ok(transaction_status_entries::table
        .filter(transaction_status_entries::transaction_id.eq_any(ids))
        .filter(transaction_status_entries::business_account_id.eq(account))
        .filter(
            transaction_status_entries::event_type.eq_any([StatusEvent::Create, StatusEvent::StatusChange]),
        )
        .order((
            transaction_status_entries::created_at,
            transaction_status_entries::id,
        ))
        .select(StatusEntryRow::as_select())
        .load(conn)?)
}
