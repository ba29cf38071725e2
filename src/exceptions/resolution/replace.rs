//! REPLACE_TRANSACTION: another transaction takes the place of one that failed. One that is still NEW or PENDING is
//! edited; of one that came back or was refused a new one is made, where the retry rule allows a new entry.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::{
    plan::{Done, Plan, Work},
    retry,
};
use crate::{
    ach::retry::{RetryDecision, retry_decision},
    approvals::{Difference, Guard},
    auth::actor::Actor,
    db::{AnyConnection, Tx},
    exceptions::{model::Kind, queries, row::ExceptionRow},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code},
    },
    transactions::{
        self, AchDetails, NewTransaction, Relation, Status, TransactionRow,
        edit::{self, Edit, EditFields},
        lineage,
    },
};

/// What REPLACE_TRANSACTION asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacing {
    /// The new transaction.
    pub fields: EditFields,
    /// When the receiver gave a new authorization, after the return.
    pub new_authorization_on: Option<NaiveDate>,
    /// What caused the return was put right.
    pub is_fault_removed: bool,
}

pub(super) fn plan(
    conn: &mut AnyConnection,
    actor: &Actor,
    row: &ExceptionRow,
    asked: &Replacing,
    now: Ts,
) -> AppResult<Plan> {
    let account = row.business_account_id;
    let id = row.transaction_id.ok_or(AppError::NotFound)?;
    let chain = transactions::queries::lineage(conn, account, id)?;
    let refused = |why: &str| AppError::refused(Code::RuleRefuses, why);
    let payment = chain
        .iter()
        .find(|t| t.id == id)
        .cloned()
        .ok_or(AppError::NotFound)?;
    is_open(row.kind, &chain, &payment).map_err(|why| refused(&why))?;
    let edit = rename(asked.fields.check(conn, &payment, now))?;
    let changes = edit.differences(conn, &payment)?;
    let consent = edit.consent(conn, actor, &payment)?;
    let guards = Guard::in_place_of(conn, &payment, [edit.debit.id, edit.credit.id])?;
    let concerns = Some(payment.id.uuid());
    if payment.status.can_edit().is_ok() {
        return Ok(Plan {
            effects: edit.effects(&payment),
            changes,
            consent,
            guards,
            concerns,
            work: Work::Edit(Box::new((payment, edit))),
            ..Plan::default()
        });
    }
    // What the retry rule lets be paid anew after a return need not differ: its cause, or the authorization, does.
    if row.kind == Kind::AchReturn {
        may_be_new(conn, row, asked, (&chain, &payment, &edit), now)?;
    } else if changes.is_empty() {
        let sentence = "Change the account, the amount or the reason: the same payment again is a retry.";
        return Err(AppError::field("resolution_type", sentence));
    }
    let money = edit.money;
    let effect = format!(
        "A new transaction of {money} from {} to {} is made in status New and linked to the old one.",
        edit.debit.label(),
        edit.credit.label()
    );
    let done = format!(
        "A new transaction of {money} from {} to {} takes its place.",
        edit.debit.label(),
        edit.credit.label()
    );
    let mut changes = changes;
    changes.insert(0, Difference::new("New transaction", "", money.to_string()));
    Ok(Plan {
        effects: vec![effect],
        changes,
        consent,
        guards,
        concerns,
        work: Work::Pay(Box::new(correction(&payment, edit)), done),
        ..Plan::default()
    })
}

/// Whether a transaction can be replaced on an exception of this `kind`, as far as its chain tells. What came back is
/// replaced on the exception of its return alone: there the retry rule is asked.
///
/// # Errors
/// Why not, in a sentence.
pub fn is_open(kind: Kind, chain: &[TransactionRow], payment: &TransactionRow) -> Result<(), String> {
    if kind != Kind::AchReturn && lineage::is_returned(chain, payment.id) {
        return Err(
            "The bank has sent the payment back: resolve the exception of that return, by whose code a new one may \
             be made or not."
                .into(),
        );
    }
    if let Some(next) = lineage::successor(chain, payment.id) {
        return Err(format!(
            "{} of {} has taken its place already.",
            next.title(),
            next.money()
        ));
    }
    if payment.status.can_edit().is_ok() {
        return Ok(());
    }
    has_failed(chain, payment)
}

/// The form has two amounts; this is the replacement's.
fn rename(checked: AppResult<Edit>) -> AppResult<Edit> {
    checked.map_err(|error| match error {
        AppError::Invalid(errors) => {
            let mut renamed = crate::kernel::error::FieldErrors::default();
            for e in errors.iter() {
                let field = if e.field == "amount" {
                    "replace_amount".into()
                } else {
                    e.field.clone()
                };
                renamed.add(field, e.sentence.clone());
            }
            AppError::Invalid(renamed)
        }
        other => other,
    })
}

/// A payment that went through is not paid a second time.
fn has_failed(chain: &[TransactionRow], payment: &TransactionRow) -> Result<(), String> {
    let has = matches!(
        payment.status,
        Status::Cancelled | Status::Declined | Status::Error | Status::Reversed
    );
    if has || lineage::is_returned(chain, payment.id) {
        return Ok(());
    }
    Err(format!(
        "The transaction is {} and did not come back: a second one would pay twice.",
        payment.status.label()
    ))
}

/// Whether the rule allows a new entry after this return.
///
/// # Errors
/// Why not: the rule's sentence.
fn may_be_new(
    conn: &mut AnyConnection,
    row: &ExceptionRow,
    asked: &Replacing,
    (chain, payment, edit): (&[TransactionRow], &TransactionRow, &Edit),
    now: Ts,
) -> AppResult<()> {
    let refused = |why: &str| AppError::refused(Code::RuleRefuses, why);
    let today = now.day_in(Tz::America__New_York);
    if asked.new_authorization_on.is_some_and(|day| day > today) {
        let sentence = "The receiver has given it today or before.";
        return Err(AppError::field("new_authorization_on", sentence));
    }
    let source = queries::source_of(conn, row)?;
    let has_moved = retry::has_moved(conn, row, chain)?;
    let mut facts =
        retry::facts(row, &source, chain, today, has_moved).ok_or_else(|| refused("It is not a return."))?;
    let is_another = payment.party() != edit.party(payment.kind).id;
    facts.new_authorization_on = asked.new_authorization_on;
    facts.changes.destination |= is_another;
    facts.changes.amount = edit.money.minor() != payment.amount;
    facts.changes.other_fault = facts.changes.amount || asked.is_fault_removed;
    match retry_decision(&facts) {
        RetryDecision::NewEntryOnly { .. } => Ok(()),
        RetryDecision::Allowed { .. } => Err(refused(
            "The same payment to the same account is a retry: send it again as one.",
        )),
        RetryDecision::Forbidden { why } => Err(refused(&why)),
    }
}

/// A new entry: what the processor or a file said of the old one is not of it, and it is no retry.
fn correction(payment: &TransactionRow, edit: Edit) -> NewTransaction {
    let bank = edit.party(payment.kind).routing_number.clone();
    NewTransaction {
        parent: Some((payment.id, Relation::Correction)),
        solution: payment.solution,
        payment_reason: edit.reason.slug,
        priority: payment.settlement_priority,
        message: format!("Takes the place of {}", payment.id),
        ach: AchDetails {
            receiving_bank: payment.receiving_bank.as_ref().map(|_| bank),
            company_name: payment.company_name.clone(),
            company_id: payment.company_id.clone(),
            sec_code: payment.sec_code.clone(),
            ..AchDetails::default()
        },
        description: edit.description,
        memo: edit.memo,
        metadata: payment.metadata(),
        ..NewTransaction::ach(payment.kind, edit.debit.id, edit.credit.id, edit.money)
    }
}

pub(super) fn apply(tx: &mut Tx<'_>, actor: &Actor, row: TransactionRow, edit: Edit) -> AppResult<Done> {
    let new = edit::replace(tx, actor, &row, edit)?;
    Ok(Done {
        effect: format!(
            "The original is cancelled, and a transaction of {} takes its place.",
            new.money()
        ),
        transaction: Some(new.id),
        account: None,
    })
}
