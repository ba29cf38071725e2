//! What makes and moves transactions. The acts of people have a file each: `edit`, `cancel`.

use chrono_tz::Tz;

use super::{
    Kind, NewTransaction, Relation, Solution, TransactionRow,
    model::{StatusEntryRow, StatusEvent},
    queries,
    status::Status,
};
use crate::{
    approvals::commands as approvals,
    auth::{
        actor::{Actor, ActorKind},
        permission::Right,
    },
    db::{Tx, errors::is_duplicate, types::Day},
    exceptions::waiting,
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        error::{AppError, AppResult, Code},
        id::{FinancialAccountId, Id, StatusEntryId, TransactionId},
    },
};

/// A description and a memo are cut to so many characters when the transaction is submitted.
pub const TEXT_KEPT: usize = 100;

/// Writes a transaction down, with the first entry of its status history; a parent's history tells of its new child.
/// The caller has checked it: this is what imports, edits, retries and reversals end in.
///
/// # Errors
/// `STALE_VERSION` when the parent was replaced already; 404 when the business account has no such parent.
pub fn post(tx: &mut Tx<'_>, actor: &Actor, new: NewTransaction) -> AppResult<TransactionRow> {
    let row = row_of(tx, actor, new);
    let parent = match row.parent_id {
        Some(id) => Some(queries::get(tx.conn, actor.business_account, id)?),
        None => None,
    };
    queries::insert(tx.conn, &row).map_err(|e| {
        if is_duplicate(&e, "transactions", "parent_id")
            || is_duplicate(&e, "transactions", "one_replacement")
        {
            AppError::refused(Code::Stale, "Another transaction has taken its place already.")
        } else {
            e.into()
        }
    })?;
    add_entry(tx, actor, &row, StatusEvent::Create, &row.status_message)?;
    let made = format!("{} of {} made", row.title(), row.money());
    record(
        tx,
        actor,
        row.id,
        EventKind::Create,
        ("", row.status.as_str()),
        &made,
    )?;
    // A replacement's parent is cancelled by the same edit, and its entry says why: see `edit`.
    if let (Some(parent), Some(relation)) = (parent, row.relation.filter(|r| *r != Relation::Replacement)) {
        tell_parent(tx, actor, &parent, relation, &row)?;
    }
    Ok(row)
}

fn row_of(tx: &Tx<'_>, actor: &Actor, new: NewTransaction) -> TransactionRow {
    TransactionRow {
        id: TransactionId::generate(tx.now),
        business_account_id: actor.business_account,
        parent_id: new.parent.map(|(id, _)| id),
        relation: new.parent.map(|(_, relation)| relation),
        debit_account_id: new.debit_account_id,
        credit_account_id: new.credit_account_id,
        kind: new.kind,
        solution: new.solution,
        amount: new.money.minor(),
        currency: new.money.currency(),
        payment_reason: new.payment_reason,
        settlement_priority: new.priority,
        status: new.status,
        status_message: new.message,
        status_at: tx.now,
        trace_number: new.ach.trace_number,
        receiving_bank: new.ach.receiving_bank,
        company_name: new.ach.company_name,
        company_id: new.ach.company_id,
        sec_code: new.ach.sec_code,
        entry_description: new.ach.entry_description,
        effective_date: new.ach.effective_date,
        settlement_date: new.ach.settlement_date,
        description: new.description,
        memo: new.memo,
        metadata: serde_json::to_string(&new.metadata).unwrap_or_else(|_| "{}".into()),
        reversal_reason: new.reversal_reason,
        created_by_kind: actor.kind,
        created_by_id: actor.id.map(Id::from_uuid),
        created_by_name: actor.name.clone(),
        created_at: tx.now,
        version: 1,
    }
}

fn tell_parent(
    tx: &mut Tx<'_>,
    actor: &Actor,
    parent: &TransactionRow,
    relation: Relation,
    child: &TransactionRow,
) -> AppResult<()> {
    let message = format!("{} {} of {} made", relation.label(), child.id, child.money());
    add_entry(tx, actor, parent, relation.into(), &message)?;
    let values = ("", child.id.to_string());
    record(
        tx,
        actor,
        parent.id,
        EventKind::Edit,
        (values.0, &values.1),
        &message,
    )
}

/// Moves a transaction along, by the table. Leaving NEW submits it: description and memo are cut then.
///
/// # Errors
/// `ILLEGAL_TRANSITION` with both statuses in words; `STALE_VERSION` when someone changed it meanwhile.
pub fn move_to(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &TransactionRow,
    to: Status,
    message: &str,
) -> AppResult<TransactionRow> {
    move_with(tx, actor, row, to, message, &Settling::default())
}

fn move_with(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &TransactionRow,
    to: Status,
    message: &str,
    settling: &Settling,
) -> AppResult<TransactionRow> {
    if !row.status.may_become(to) {
        let sentence = format!("A transaction cannot go from {} to {to}.", row.status);
        return Err(AppError::refused(Code::IllegalMove, sentence));
    }
    put(tx, actor, row, to, message, settling)
}

/// A transaction whose reversal was cancelled before it was sent stands again as it stood: SETTLED or CLEARED.
///
/// # Errors
/// `STALE_VERSION` when someone changed it meanwhile.
pub(super) fn restore(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &TransactionRow,
    message: &str,
) -> AppResult<TransactionRow> {
    let entries = queries::status_entries(tx.conn, actor.business_account, row.id)?;
    let cleared = entries.iter().any(|e| e.status == Status::Cleared);
    let former = if cleared { Status::Cleared } else { Status::Settled };
    put(tx, actor, row, former, message, &Settling::default())
}

fn put(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &TransactionRow,
    to: Status,
    message: &str,
    settling: &Settling,
) -> AppResult<TransactionRow> {
    let mut after = TransactionRow {
        status: to,
        status_message: message.to_owned(),
        status_at: tx.now,
        trace_number: settling.trace_number.clone().or_else(|| row.trace_number.clone()),
        settlement_date: settling.settlement_date.or(row.settlement_date),
        version: row.version + 1,
        ..row.clone()
    };
    if is_submitted(row.status, to) {
        after.description = after.description.chars().take(TEXT_KEPT).collect();
        after.memo = after.memo.chars().take(TEXT_KEPT).collect();
    }
    if matches!(to, Status::Settled | Status::Cleared) && after.settlement_date.is_none() {
        // Clocks count from it: a processor that does not say when it settled says it now.
        after.settlement_date = Some(Day(tx.now.day_in(Tz::America__New_York)));
    }
    if !queries::update(tx.conn, row, &after)? {
        return Err(stale());
    }
    add_entry(tx, actor, &after, StatusEvent::StatusChange, message)?;
    let values = (row.status.as_str(), to.as_str());
    let description = format!("{message}{}", settling.in_words());
    record(tx, actor, row.id, EventKind::StatusChange, values, &description)?;
    let why = format!("The transaction became {} meanwhile.", to.label());
    approvals::lapse_all(tx, actor, row.id.uuid(), &why)?;
    Ok(after)
}

/// What was not sent yet goes with its account to another bank: by the receiving bank a return finds its payment.
///
/// # Errors
/// `STALE_VERSION` when someone changed one of them meanwhile.
pub(crate) fn follow(
    tx: &mut Tx<'_>,
    actor: &Actor,
    account: FinancialAccountId,
    (from, to): (&str, &str),
) -> AppResult<()> {
    let (_, open) = queries::open_of_account(tx.conn, actor.business_account, account, i64::MAX)?;
    let goes_there = |row: &TransactionRow| match row.kind {
        Kind::Send | Kind::Request => row.party() == account,
        // Back from wherever it went.
        Kind::Reversal | Kind::Return => true,
    };
    for row in open {
        if row.receiving_bank.as_deref() != Some(from) || !goes_there(&row) {
            continue;
        }
        let after = TransactionRow {
            receiving_bank: Some(to.to_owned()),
            version: row.version + 1,
            ..row.clone()
        };
        if !queries::update(tx.conn, &row, &after)? {
            return Err(stale());
        }
        let values = (format!("Receiving bank: {from}"), format!("Receiving bank: {to}"));
        let said = format!("The receiving bank is {to} now, as its account's.");
        record(tx, actor, row.id, EventKind::Edit, (&values.0, &values.1), &said)?;
        approvals::lapse_all(
            tx,
            actor,
            row.id.uuid(),
            "Its account was moved to another bank meanwhile.",
        )?;
    }
    Ok(())
}

/// What the processor tells of a transaction beside where it is; what is none stays as it was.
#[derive(Clone, Debug, Default)]
pub struct Settling {
    /// Under which the processor knows it.
    pub trace_number: Option<String>,
    /// The day on which it settles.
    pub settlement_date: Option<Day>,
}

impl Settling {
    /// ` (trace 021000020000001, settles 2026-11-24)`
    fn in_words(&self) -> String {
        let trace = self.trace_number.as_ref().map(|t| format!("trace {t}"));
        let day = self.settlement_date.map(|day| format!("settles {}", day.0));
        let told: Vec<String> = trace.into_iter().chain(day).collect();
        if told.is_empty() {
            return String::new();
        }
        format!(" ({})", told.join(", "))
    }
}

/// As [`post_news`], of which nothing else is told.
///
/// # Errors
/// Those of [`post_news`].
pub fn post_status(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: TransactionId,
    read: Option<i64>,
    to: Status,
    message: &str,
) -> AppResult<TransactionRow> {
    post_news(tx, actor, id, read, to, message, &Settling::default())
}

/// The processor tells where a transaction is.
///
/// # Errors
/// 404; a trace number of an ACH transaction that has not fifteen digits; `RULE_VIOLATION` when no service account says it; `ILLEGAL_TRANSITION` with both statuses, also for CANCELLED
/// and REVERSED, which are acts of their own; `STALE_VERSION` when `read` is not its version.
pub fn post_news(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: TransactionId,
    read: Option<i64>,
    to: Status,
    message: &str,
    settling: &Settling,
) -> AppResult<TransactionRow> {
    actor.require(Right::Transact)?;
    if !matches!(actor.kind, ActorKind::ServiceAccount | ActorKind::Internal) {
        return Err(AppError::refused(
            Code::RuleRefuses,
            "Only the processor's service account posts a status.",
        ));
    }
    let row = queries::get(tx.conn, actor.business_account, id)?;
    if read.is_some_and(|version| version != row.version) {
        return Err(stale());
    }
    if matches!(to, Status::Cancelled | Status::Reversed) || !row.status.may_become(to) {
        return Err(AppError::Move {
            from: row.status.as_str(),
            to: to.as_str(),
            why: match to {
                Status::Cancelled => "To take it back, cancel it.".into(),
                Status::Reversed => "To take it back, reverse it.".into(),
                _ => "The lifecycle has no such move.".into(),
            },
        });
    }
    let is_trace = |t: &String| t.len() == 15 && t.bytes().all(|b| b.is_ascii_digit());
    if row.solution == Solution::Ach && !settling.trace_number.iter().all(is_trace) {
        let sentence = "The trace number of an ACH entry has fifteen digits.";
        return Err(AppError::field("traceNumber", sentence));
    }
    let message = if message.trim().is_empty() {
        format!("The processor says {}", to.label())
    } else {
        message.trim().to_owned()
    };
    let moved = move_with(tx, actor, &row, to, &message, settling)?;
    let why = format!("the processor says {} of the payment", to.label());
    waiting::answered(tx, row.business_account_id, &[id.uuid()], &why)?;
    Ok(moved)
}

/// A cancelled transaction was never submitted, so its texts stay as they were typed.
fn is_submitted(from: Status, to: Status) -> bool {
    from == Status::New && to != Status::Cancelled
}

/// Someone changed the transaction since it was read.
pub(super) fn stale() -> AppError {
    AppError::refused(
        Code::Stale,
        "Someone changed this transaction meanwhile. Look at it again.",
    )
}

fn add_entry(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &TransactionRow,
    event: StatusEvent,
    message: &str,
) -> AppResult<()> {
    let entry = StatusEntryRow {
        id: StatusEntryId::generate(tx.now),
        business_account_id: row.business_account_id,
        transaction_id: row.id,
        event_type: event,
        status: row.status,
        message: message.to_owned(),
        actor_kind: actor.kind,
        actor_id: actor.id.map(Id::from_uuid),
        actor_name: actor.name.clone(),
        created_at: tx.now,
    };
    queries::insert_entry(tx.conn, &entry)?;
    Ok(())
}

fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: TransactionId,
    kind: EventKind,
    (previous, new): (&str, &str),
    description: &str,
) -> AppResult<()> {
    let happening = Happening {
        entity_type: EntityType::Transaction,
        entity_id: id.uuid(),
        kind,
        previous,
        new,
        description,
    };
    history::record(tx, actor, &happening)
}
