//! RETRY: a returned payment is sent again, by the rules of ach-codes.md section 3. The decision is that of
//! `ach::retry`; this file gives it the facts of the chain and makes the payment.

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

use super::plan::{Done, Plan, Work};
use crate::{
    accounts,
    ach::{
        is_banking_day,
        retry::{Changes, MAX_RETRIES, RetryDecision, RetryFacts, retry_decision},
    },
    approvals::{Difference, Guard},
    auth::actor::Actor,
    db::{AnyConnection, Tx, types::Day},
    exceptions::{
        model::Kind,
        queries,
        row::{ExceptionRow, SourceRow},
    },
    history::queries::From,
    kernel::{
        clock::{Ts, written_day},
        error::{AppError, AppResult, Code},
    },
    policies::{
        approval::{self, Change, Subject},
        limits,
    },
    transactions::{
        self, AchDetails, Kind as TransactionKind, NewTransaction, Priority, Relation, Status,
        TransactionRow, lineage,
    },
};

/// What RETRY asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retrying {
    /// When it is to take effect.
    pub date: NaiveDate,
    /// When the receiver agreed (R08).
    pub receiver_consent_on: Option<NaiveDate>,
    /// What caused the return was put right.
    pub is_fault_removed: bool,
}

impl Retrying {
    /// On that day, with nothing else said.
    pub const fn on(date: NaiveDate) -> Self {
        Self {
            date,
            receiver_consent_on: None,
            is_fault_removed: false,
        }
    }
}

/// Whether the other party's account has another routing or account number than when the payment that came back was
/// sent: then the next entry is the first one there, and no retry.
pub fn has_moved(conn: &mut AnyConnection, row: &ExceptionRow, chain: &[TransactionRow]) -> AppResult<bool> {
    let payment = chain.iter().find(|t| Some(t.id) == row.transaction_id);
    let Some(payment) = payment.filter(|_| row.kind == Kind::AchReturn) else {
        return Ok(false);
    };
    let (account, party) = (row.business_account_id, payment.party());
    // Most accounts never move: the payment's history is read for those that did.
    if !accounts::queries::has_moved(conn, account, party, From::Time(payment.created_at))? {
        return Ok(false);
    }
    let entries = transactions::queries::status_entries(conn, account, payment.id)?;
    match entries.iter().find(|e| e.status.can_edit().is_err()) {
        Some(sent) => accounts::queries::has_moved(conn, account, party, From::Time(sent.created_at)),
        None => Ok(true),
    }
}

/// What the retry rule asks about a return; none for everything else. The count and the 180 days are those of the
/// chain: of its first payment, not of an earlier retry. `has_moved` is what [`has_moved`] tells.
pub fn facts<'a>(
    row: &'a ExceptionRow,
    source: &'a SourceRow,
    chain: &[TransactionRow],
    today: NaiveDate,
    has_moved: bool,
) -> Option<RetryFacts<'a>> {
    let code = row.code.as_deref().filter(|_| row.kind == Kind::AchReturn)?;
    Some(RetryFacts {
        sec: source.sec_code.as_deref().unwrap_or_default(),
        information: source.addenda_info.as_deref().unwrap_or_default(),
        original_settlement: lineage::first_settlement(chain).or_else(|| first_day(row, source, chain)),
        return_settlement: source.notice_settlement.map(|d| d.0),
        chain_attempts: u8::try_from(lineage::attempts(chain)).unwrap_or(u8::MAX),
        last_attempt: lineage::last_attempt(chain),
        changes: Changes {
            destination: has_moved,
            ..Changes::default()
        },
        ..RetryFacts::new(code, today)
    })
}

/// Where the first payment's settlement is not known: what the bank says of it; for the return of a later one, which
/// tells that one's date, the day on which the first was made, from which the 180 days end no later.
fn first_day(row: &ExceptionRow, source: &SourceRow, chain: &[TransactionRow]) -> Option<NaiveDate> {
    match chain.iter().find(|t| t.parent_id.is_none()) {
        Some(first) if Some(first.id) != row.transaction_id => {
            Some(first.created_at.day_in(Tz::America__New_York))
        }
        _ => source.original_settlement.map(|d| d.0),
    }
}

/// Whether a retry is possible at all, were everything that a person can say about it said.
///
/// # Errors
/// Why not, in a sentence: the rule's.
pub fn is_open(facts: &RetryFacts<'_>) -> Result<(), String> {
    let mut best = *facts;
    best.receiver_consent_on = Some(facts.today);
    best.changes.other_fault = true;
    match (retry_decision(&best), retry_decision(facts)) {
        (RetryDecision::Allowed { .. }, _) => Ok(()),
        (RetryDecision::NewEntryOnly { .. }, _) => {
            Err("It may not be sent again as it is, only as a new entry: replace the transaction.".into())
        }
        (_, RetryDecision::Forbidden { why } | RetryDecision::NewEntryOnly { why })
        | (RetryDecision::Forbidden { why }, _) => Err(why.into()),
    }
}

pub(super) fn plan(
    conn: &mut AnyConnection,
    actor: &Actor,
    row: &ExceptionRow,
    asked: &Retrying,
    now: Ts,
) -> AppResult<Plan> {
    let account = row.business_account_id;
    let id = row.transaction_id.ok_or(AppError::NotFound)?;
    let chain = transactions::queries::lineage(conn, account, id)?;
    let source = queries::source_of(conn, row)?;
    let today = now.day_in(Tz::America__New_York);
    let refused = |why: &str| AppError::refused(Code::RuleRefuses, why);
    let payment = chain
        .iter()
        .find(|t| t.id == id)
        .cloned()
        .ok_or(AppError::NotFound)?;
    let has_moved = has_moved(conn, row, &chain)?;
    let mut facts =
        facts(row, &source, &chain, today, has_moved).ok_or_else(|| refused("It is not a return."))?;
    facts.receiver_consent_on = asked.receiver_consent_on;
    facts.changes.other_fault = asked.is_fault_removed;
    let (label, last_date, left) = match retry_decision(&facts) {
        RetryDecision::Allowed {
            label,
            last_date,
            attempts_left,
        } => (label, last_date, attempts_left),
        RetryDecision::NewEntryOnly { why } | RetryDecision::Forbidden { why } => return Err(refused(&why)),
    };
    if let Some(next) = lineage::successor(&chain, id) {
        let sentence = format!("It was sent again already: {} of {}.", next.title(), next.money());
        return Err(refused(&sentence));
    }
    if !matches!(payment.kind, TransactionKind::Send | TransactionKind::Request) {
        return Err(refused(
            "Only a payment is sent again, not a return or a reversal.",
        ));
    }
    check_dates(asked, today, last_date)?;
    let accounts = accounts::queries::list_by_ids(
        conn,
        account,
        &[payment.debit_account_id, payment.credit_account_id],
    )?;
    for party in &accounts {
        party.can_pay().map_err(|why| refused(&why))?;
    }
    limits::left(
        conn,
        account,
        payment.debit_account_id,
        payment.currency,
        now,
        None,
    )?
    .check(payment.money())
    .map_err(|why| refused(&why))?;
    let label_of = |id| {
        accounts
            .iter()
            .find(|a| a.id == id)
            .map(accounts::AccountRow::label)
            .unwrap_or_default()
    };
    let (what, party) = if payment.kind == TransactionKind::Request {
        ("debit", format!("from {}", label_of(payment.debit_account_id)))
    } else {
        ("credit", format!("to {}", label_of(payment.credit_account_id)))
    };
    let (money, day) = (payment.money(), written(asked.date));
    let count = if left == MAX_RETRIES { "first" } else { "second" };
    let effect = format!(
        "A new {what} of {money} {party} will be made on {day}, {count} of two retries, with the description {label}."
    );
    let done = format!("Sent again: a {what} of {money} {party} on {day}, {count} of two retries.");
    let change = Change {
        of: Subject::Retry,
        money: Some(money),
        is_elsewhere: false,
    };
    let guards = Guard::in_place_of(
        conn,
        &payment,
        [payment.debit_account_id, payment.credit_account_id],
    )?;
    Ok(Plan {
        effects: vec![effect],
        changes: vec![Difference::new(
            "New transaction",
            "",
            format!("{} of {money} on {day}", payment.title()),
        )],
        consent: approval::consent(conn, actor, &change)?,
        guards,
        concerns: Some(payment.id.uuid()),
        work: Work::Pay(Box::new(again(&payment, asked.date, label)), done),
        ..Plan::default()
    })
}

fn check_dates(asked: &Retrying, today: NaiveDate, last_date: NaiveDate) -> AppResult<()> {
    let wrong = |field, why: String| Err(AppError::field(field, why));
    if asked.date < today {
        return wrong("retry_date", "The day is past.".into());
    }
    if asked.date > last_date {
        let last = written_day(last_date);
        return wrong(
            "retry_date",
            format!("The last day is {last}: 180 days after the original settled."),
        );
    }
    if !is_banking_day(asked.date) {
        let day = written_day(asked.date);
        return wrong(
            "retry_date",
            format!("Banks do not work on {day}; choose a banking day."),
        );
    }
    if asked.receiver_consent_on.is_some_and(|day| day > today) {
        return wrong(
            "receiver_consent_on",
            "The receiver has agreed today or before.".into(),
        );
    }
    Ok(())
}

/// The same payment once more: what the rule wants unchanged is (company, amount), the label replaces any other.
fn again(payment: &TransactionRow, date: NaiveDate, label: &str) -> NewTransaction {
    NewTransaction {
        parent: Some((payment.id, Relation::Retry)),
        solution: payment.solution,
        payment_reason: payment.payment_reason.clone(),
        priority: Priority::Scheduled,
        status: Status::New,
        message: format!("Sends {} again", payment.id),
        ach: AchDetails {
            receiving_bank: payment.receiving_bank.clone(),
            company_name: payment.company_name.clone(),
            company_id: payment.company_id.clone(),
            sec_code: payment.sec_code.clone(),
            entry_description: Some(label.to_owned()),
            effective_date: Some(Day(date)),
            ..AchDetails::default()
        },
        metadata: payment.metadata(),
        ..NewTransaction::ach(
            payment.kind,
            payment.debit_account_id,
            payment.credit_account_id,
            payment.money(),
        )
    }
}

pub(super) fn apply(tx: &mut Tx<'_>, actor: &Actor, new: NewTransaction, effect: String) -> AppResult<Done> {
    let made = transactions::commands::post(tx, actor, new)?;
    Ok(Done {
        effect,
        transaction: Some(made.id),
        account: None,
    })
}

/// `Mon 30 Nov 2026`
pub fn written(day: NaiveDate) -> String {
    format!("{} {}", day.weekday(), written_day(day))
}
