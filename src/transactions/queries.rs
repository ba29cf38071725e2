//! The SQL of transactions.

use chrono::{Days, NaiveDate};
use diesel::{dsl, prelude::*, sql_types::BigInt};

use super::{
    Kind, Relation, TransactionRow,
    model::{StatusEntryRow, StatusEvent},
    payment_reasons,
    status::Status,
};
use crate::{
    db::{
        AnyConnection, MultiBackend,
        kept::within,
        led::led,
        schema::{transaction_status_entries, transactions},
    },
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::{BusinessAccountId, FinancialAccountId, TransactionId},
        money::Currency,
    },
    policies::matching::DAYS,
};

/// The longest lineage that is shown: original, two retries and their returns are five; edits make it longer.
const LONGEST_LINEAGE: usize = 100;

/// The transaction, if the business account has it.
pub fn find(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: TransactionId,
) -> AppResult<Option<TransactionRow>> {
    Ok(transactions::table
        .find(id)
        .filter(transactions::business_account_id.eq(account))
        .select(TransactionRow::as_select())
        .first(conn)
        .optional()?)
}

/// The transaction, or 404.
pub fn get(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: TransactionId,
) -> AppResult<TransactionRow> {
    find(conn, account, id)?.ok_or(AppError::NotFound)
}

/// Those of `ids` that the business account has, in no order.
pub fn list_by_ids(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    ids: &[TransactionId],
) -> AppResult<Vec<TransactionRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(transactions::table
        .filter(transactions::business_account_id.eq(account))
        .filter(within(transactions::id, ids))
        .select(TransactionRow::as_select())
        .load(conn)?)
}

/// The payment that a return or notice is about: the newest of ours with this trace number and, where they are known,
/// this amount and this receiving bank (its first eight digits). Trace numbers come again after a while, so the newest.
pub fn find_by_trace(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    trace_number: &str,
    amount: Option<i64>,
    receiving_bank: Option<&str>,
) -> AppResult<Option<TransactionRow>> {
    let bank = |text: &str| text.chars().take(8).collect::<String>();
    let same_trace = transactions::table
        .filter(transactions::business_account_id.eq(account))
        .filter(transactions::trace_number.eq(trace_number))
        .filter(transactions::kind.ne(Kind::Return))
        .order((transactions::created_at.desc(), transactions::id.desc()))
        .limit(50)
        .select(TransactionRow::as_select())
        .load::<TransactionRow>(conn)?;
    Ok(same_trace.into_iter().find(|row| {
        amount.is_none_or(|amount| row.amount == amount)
            && match (row.receiving_bank.as_deref(), receiving_bank) {
                (Some(ours), Some(theirs)) => bank(ours) == bank(theirs),
                _ => true,
            }
    }))
}

/// The return with this trace number and amount, the newest: what a dishonored or contested return goes on with.
pub fn find_return_by_trace(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    trace_number: &str,
    amount: i64,
) -> AppResult<Option<TransactionRow>> {
    Ok(transactions::table
        .filter(transactions::business_account_id.eq(account))
        .filter(transactions::trace_number.eq(trace_number))
        .filter(transactions::kind.eq(Kind::Return))
        .filter(transactions::amount.eq(amount))
        .order((transactions::created_at.desc(), transactions::id.desc()))
        .select(TransactionRow::as_select())
        .first(conn)
        .optional()?)
}

/// Everything that follows from the same first transaction, `id` among it: parents, replacements, returns, retries,
/// reversals; oldest first.
pub fn lineage(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: TransactionId,
) -> AppResult<Vec<TransactionRow>> {
    let mut first = get(conn, account, id)?;
    for _ in 0..LONGEST_LINEAGE {
        let Some(parent) = first.parent_id else { break };
        let Some(row) = find(conn, account, parent)? else {
            break;
        };
        first = row;
    }
    let mut newest = vec![first.id];
    let mut all = vec![first];
    while !newest.is_empty() && all.len() < LONGEST_LINEAGE {
        let children = transactions::table
            .filter(transactions::parent_id.eq_any(newest.iter().copied().map(Some).collect::<Vec<_>>()))
            .filter(transactions::business_account_id.eq(account))
            .order((transactions::created_at, transactions::id))
            .limit(100)
            .select(TransactionRow::as_select())
            .load::<TransactionRow>(conn)?;
        newest = children.iter().map(|t| t.id).collect();
        all.extend(children);
    }
    // What is right is made with the reversal of what was wrong, in one moment, and after it.
    all.sort_by_key(|t| (t.created_at, t.relation == Some(Relation::Correction), t.id));
    Ok(all)
}

/// So many are looked at whose amount is equal, from the day on and before it; above; and below.
const NEAR: i64 = 500;

/// What `FORCE_MATCH` offers: up to twenty transactions of the same currency, an amount within `tolerance` and a day
/// within five of `around`, that moved money; the closest in amount first, then in days. `except` are left out.
pub fn candidates(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    (currency, amount, tolerance): (Currency, i64, i64),
    around: NaiveDate,
    except: &[TransactionId],
) -> AppResult<Vec<TransactionRow>> {
    // A file is imported days after its payments took effect, so the day is compared below, on the payment's own.
    let month = Days::new(45);
    let earliest = Ts::start_of(around.checked_sub_days(month).unwrap_or(around), chrono_tz::UTC);
    let middle = Ts::start_of(around, chrono_tz::UTC);
    let before = Ts::from_micros(middle.micros() - 1);
    let latest = Ts::end_of(around.checked_add_days(month).unwrap_or(around), chrono_tz::UTC);
    let is_sqlite = matches!(conn, AnyConnection::Sqlite(_));
    let near = |is_led, from: Ts, to: Ts| {
        let created_at = || led(transactions::created_at, is_led);
        transactions::table
            .filter(transactions::business_account_id.eq(account))
            .filter(transactions::currency.eq(currency))
            .filter(created_at().ge(from))
            .filter(created_at().le(to))
            .filter(transactions::id.ne_all(except))
            .select(TransactionRow::as_select())
            .limit(NEAR)
    };
    // Outwards from the day: on a busy desk the newest of an amount are all too late.
    let mut found: Vec<TransactionRow> = near(false, middle, latest)
        .filter(transactions::amount.eq(amount))
        .order((transactions::created_at, transactions::id))
        .load(conn)?;
    let earlier = near(false, earliest, before)
        .filter(transactions::amount.eq(amount))
        .order((transactions::created_at.desc(), transactions::id.desc()));
    found.extend(earlier.load::<TransactionRow>(conn)?);
    if tolerance > 0 {
        // Along the amounts, of which SQLite knows not how few are near.
        let above = near(is_sqlite, earliest, latest)
            .filter(transactions::amount.gt(amount))
            .filter(transactions::amount.le(amount.saturating_add(tolerance)))
            .order((transactions::amount, transactions::created_at, transactions::id));
        found.extend(above.load::<TransactionRow>(conn)?);
        let below = near(is_sqlite, earliest, latest)
            .filter(transactions::amount.lt(amount))
            .filter(transactions::amount.ge(amount.saturating_sub(tolerance)))
            .order((
                transactions::amount.desc(),
                transactions::created_at.desc(),
                transactions::id.desc(),
            ));
        found.extend(below.load::<TransactionRow>(conn)?);
    }
    let away = |t: &TransactionRow| (t.value_day() - around).num_days().abs();
    let mut close: Vec<_> = found
        .into_iter()
        .filter(|t| t.status.counts() && away(t) <= DAYS)
        .collect();
    close.sort_by_key(|t| ((t.amount - amount).abs(), away(t), t.id));
    close.truncate(20);
    Ok(close)
}

/// The transactions that can still be taken back and use an account, the first `named` of them and how many there are:
/// what a change of the account will reach.
pub fn open_of_account(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: FinancialAccountId,
    named: i64,
) -> AppResult<(i64, Vec<TransactionRow>)> {
    let (mut count, mut first) = (0, Vec::new());
    // Each side along its own index.
    for is_debit in [true, false] {
        let open = || {
            let all = transactions::table
                .into_boxed::<MultiBackend>()
                .filter(transactions::business_account_id.eq(account))
                .filter(transactions::status.eq_any(Status::RETRACTABLE));
            if is_debit {
                all.filter(transactions::debit_account_id.eq(id))
            } else {
                all.filter(transactions::credit_account_id.eq(id))
            }
        };
        count += open().count().get_result::<i64>(conn)?;
        let oldest = open()
            .order((transactions::created_at, transactions::id))
            .limit(named)
            .select(TransactionRow::as_select());
        first.extend(oldest.load::<TransactionRow>(conn)?);
    }
    first.sort_by_key(|t| (t.created_at, t.id));
    first.truncate(usize::try_from(named).unwrap_or(0));
    Ok((count, first))
}

/// The newest transactions from or to an account.
pub fn list_of_account(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: FinancialAccountId,
    limit: i64,
) -> AppResult<Vec<TransactionRow>> {
    // Two queries, each along its own index: one with OR would sort all of a busy account's transactions.
    let newest = (transactions::created_at.desc(), transactions::id.desc());
    let ours = transactions::table
        .filter(transactions::business_account_id.eq(account))
        .order(newest)
        .limit(limit)
        .select(TransactionRow::as_select());
    let mut all: Vec<TransactionRow> = ours.filter(transactions::debit_account_id.eq(id)).load(conn)?;
    all.extend(ours.filter(transactions::credit_account_id.eq(id)).load(conn)?);
    all.sort_by_key(|t| std::cmp::Reverse((t.created_at, t.id)));
    all.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(all)
}

/// The status history of a transaction, oldest first.
pub fn status_entries(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: TransactionId,
) -> AppResult<Vec<StatusEntryRow>> {
    Ok(transaction_status_entries::table
        .filter(transaction_status_entries::transaction_id.eq(id))
        .filter(transaction_status_entries::business_account_id.eq(account))
        .order((
            transaction_status_entries::created_at,
            transaction_status_entries::id,
        ))
        .limit(500)
        .select(StatusEntryRow::as_select())
        .load(conn)?)
}

/// The entry of the status history that brought a transaction to its present status.
pub fn latest_entry(conn: &mut AnyConnection, row: &TransactionRow) -> AppResult<Option<StatusEntryRow>> {
    Ok(transaction_status_entries::table
        .filter(transaction_status_entries::transaction_id.eq(row.id))
        .filter(transaction_status_entries::business_account_id.eq(row.business_account_id))
        .filter(
            transaction_status_entries::event_type.eq_any([StatusEvent::Create, StatusEvent::StatusChange]),
        )
        .filter(transaction_status_entries::status.eq(row.status))
        .order(transaction_status_entries::created_at.desc())
        .select(StatusEntryRow::as_select())
        .first(conn)
        .optional()?)
}

/// How many times the payment of this lineage was tried again: what the limit of two retries counts.
pub fn count_relation(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: TransactionId,
    relation: super::Relation,
) -> AppResult<usize> {
    let all = lineage(conn, account, id)?;
    Ok(all.iter().filter(|t| t.relation == Some(relation)).count())
}

/// What the transactions made here from `from` on take from an account: what the limit of a day counts. Those that
/// were cancelled or refused take nothing; what a file tells was sent elsewhere, and a return is the bank's.
pub fn taken_since(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    debit_account: FinancialAccountId,
    currency: Currency,
    from: Ts,
    except: Option<TransactionId>,
) -> AppResult<i64> {
    let mut taken = transactions::table
        .into_boxed::<MultiBackend>()
        .filter(transactions::debit_account_id.eq(debit_account))
        .filter(transactions::created_at.ge(from))
        .filter(transactions::business_account_id.eq(account))
        .filter(transactions::currency.eq(currency))
        .filter(transactions::status.ne_all(Status::ALL.iter().copied().filter(|s| !s.counts())))
        // What comes back gives to the account it once was taken from.
        .filter(transactions::kind.ne_all([Kind::Return, Kind::Reversal]))
        .filter(
            transactions::payment_reason
                .ne(payment_reasons::ACH_IMPORT)
                .or(transactions::relation.is_not_null()),
        );
    if let Some(id) = except {
        taken = taken.filter(transactions::id.ne(id));
    }
    // SUM of a BigInt is a Numeric on PostgreSQL.
    let sum = dsl::sql::<BigInt>("CAST(COALESCE(SUM(transactions.amount), 0) AS BIGINT)");
    Ok(taken.select(sum).first(conn)?)
}

pub(super) fn insert(conn: &mut AnyConnection, row: &TransactionRow) -> QueryResult<usize> {
    diesel::insert_into(transactions::table).values(row).execute(conn)
}

pub(super) fn insert_entry(conn: &mut AnyConnection, entry: &StatusEntryRow) -> QueryResult<usize> {
    diesel::insert_into(transaction_status_entries::table)
        .values(entry)
        .execute(conn)
}

/// Saves a change of `before`; false when someone else changed the row meanwhile.
pub(super) fn update(
    conn: &mut AnyConnection,
    before: &TransactionRow,
    after: &TransactionRow,
) -> AppResult<bool> {
    let changed = diesel::update(
        transactions::table
            .find(before.id)
            .filter(transactions::business_account_id.eq(before.business_account_id))
            .filter(transactions::version.eq(before.version)),
    )
    .set((
        transactions::status.eq(after.status),
        transactions::status_message.eq(&after.status_message),
        transactions::status_at.eq(after.status_at),
        transactions::description.eq(&after.description),
        transactions::memo.eq(&after.memo),
        transactions::trace_number.eq(&after.trace_number),
        transactions::settlement_date.eq(after.settlement_date),
        transactions::receiving_bank.eq(&after.receiving_bank),
        transactions::version.eq(after.version),
    ))
    .execute(conn)?;
    Ok(changed == 1)
}
