//! Taking back a transaction whose money has moved (domain.md section 4, rocketkor.md 5.8). A reversal equals its
//! original in all but type, priority and reason; where amount or recipient were wrong, what is right is made with it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    AchDetails, Kind, NewTransaction, Priority, Relation, Solution, Status, TransactionRow,
    commands::{self, stale},
    lineage, queries,
};
use crate::{
    accounts::{self, AccountRow},
    ach::add_banking_days,
    approvals::{
        Difference, Gated, Guard, Request,
        commands::{self as approvals, NewApproval},
    },
    auth::{actor::Actor, permission::Right},
    db::{AnyConnection, Tx},
    history::EntityType,
    kernel::{
        clock::{Ts, written_day},
        error::{AppError, AppResult, Code, FieldErrors, Wrong},
        id::TransactionId,
        money::Money,
    },
    policies::{
        approval::{self, Change, Consent, Subject},
        limits,
    },
    spelled,
};

spelled! {
    /// Why a transaction is taken back (RocketKOR's words).
    pub enum ReversalReason {
        /// It was paid twice.
        DuplicatePayment = "DUPLICATE_PAYMENT",
        /// It went to the wrong one.
        IncorrectRecipient = "INCORRECT_RECIPIENT",
        /// It was of the wrong amount.
        IncorrectAmount = "INCORRECT_AMOUNT",
    }
}

impl ReversalReason {
    /// As a page writes it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::DuplicatePayment => "Duplicate payment",
            Self::IncorrectRecipient => "Incorrect recipient",
            Self::IncorrectAmount => "Incorrect amount",
        }
    }
}

/// An ACH reversal must reach the receiving bank within so many banking days (ach-codes.md section 2).
pub const BANKING_DAYS: u16 = 5;

/// What is asked for, as it is typed or sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReverseFields {
    pub reversal_reason: String,
    /// For, and only for, INCORRECT_AMOUNT.
    pub correction_amount: String,
    /// For, and only for, INCORRECT_RECIPIENT.
    pub correction_financial_account_id: String,
}

/// A reversal that may be done.
#[derive(Clone, Debug)]
pub struct Reversal {
    reason: ReversalReason,
    /// From whom the money comes back, and to whom.
    back: (String, String),
    /// What is right: account and amount.
    correction: Option<(AccountRow, Money)>,
}

/// What a reversal made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The REVERSAL.
    pub reversal: TransactionRow,
    /// What is right in its place.
    pub correction: Option<TransactionRow>,
}

/// The last day on which an ACH payment may be reversed; none where no rule limits it.
pub fn last_day(row: &TransactionRow) -> Option<NaiveDate> {
    let settled = row.settlement_date.or(row.effective_date)?;
    (row.solution == Solution::Ach).then(|| add_banking_days(settled.0, BANKING_DAYS))
}

/// Whether a transaction can be reversed now: its state, its type, the rule clock, and `line`, its lineage: what the bank
/// has sent back already would be paid back twice.
///
/// # Errors
/// The reason in words.
pub fn can_reverse(row: &TransactionRow, line: &[TransactionRow], now: Ts) -> Result<(), String> {
    if !matches!(row.kind, Kind::Send | Kind::Request) {
        return Err(format!("A {} cannot be reversed.", row.kind.label()));
    }
    row.status.can_reverse()?;
    if lineage::is_returned(line, row.id) {
        return Err("The bank has sent it back: a reversal would pay the money back a second time.".into());
    }
    match last_day(row) {
        Some(day) if now.day_in(chrono_tz::Tz::America__New_York) > day => Err(format!(
            "It had to be reversed by {}, {BANKING_DAYS} banking days after it settled: ask the bank to request its \
             return.",
            written_day(day)
        )),
        _ => Ok(()),
    }
}

impl ReverseFields {
    /// Checks all fields against the transaction.
    ///
    /// # Errors
    /// Every field that is wrong, at once.
    pub fn check(&self, conn: &mut AnyConnection, row: &TransactionRow, now: Ts) -> AppResult<Reversal> {
        let mut errors = FieldErrors::default();
        let reason = ReversalReason::parse(&self.reversal_reason)
            .ok_or_else(|| "Choose why it is reversed.".to_owned());
        let reason = errors.take("reversal_reason", reason);
        let amount = self.correction_amount.trim();
        let account = self.correction_financial_account_id.trim();
        if reason != Some(ReversalReason::IncorrectAmount) && !amount.is_empty() {
            errors.refuse("correction_amount", "Only an incorrect amount has a right one.");
        }
        if reason != Some(ReversalReason::IncorrectRecipient) && !account.is_empty() {
            let sentence = "Only an incorrect recipient has a right account.";
            errors.refuse("correction_financial_account_id", sentence);
        }
        let correction = match reason {
            Some(ReversalReason::IncorrectAmount) => {
                let other_one = "Give the right amount: above zero, and another than before.";
                let money = match Money::parse(amount, row.currency) {
                    Ok(money) if money.minor() > 0 && money.minor() != row.amount => Ok(money),
                    Err(why) if !amount.is_empty() => Err(why),
                    _ => Err(Wrong::by_rule(other_one)),
                };
                let other = accounts::queries::get(conn, row.business_account_id, other_party(row))?;
                errors
                    .settle("correction_amount", money)
                    .map(|money| (other, money))
            }
            Some(ReversalReason::IncorrectRecipient) => {
                let found = match account.parse() {
                    Ok(id) => accounts::queries::find(conn, row.business_account_id, id)?,
                    Err(_) => None,
                };
                let usable = found
                    .ok_or_else(|| "Choose the right account.".to_owned())
                    .and_then(|a| {
                        if a.id == row.debit_account_id || a.id == row.credit_account_id {
                            Err("Choose another account than those of the transaction.".into())
                        } else {
                            a.can_pay().map(|()| a)
                        }
                    });
                errors
                    .allow("correction_financial_account_id", usable)
                    .map(|a| (a, row.money()))
            }
            _ => None,
        };
        if let Some((account, money)) = &correction {
            check_payment(conn, row, account, *money, now, &mut errors)?;
        }
        match (reason, errors.is_empty()) {
            (Some(reason), true) => Ok(Reversal {
                reason,
                back: way_back(conn, row)?,
                correction,
            }),
            _ => Err(errors.into()),
        }
    }
}

/// The parties of a payment as its reversal moves the money.
fn way_back(conn: &mut AnyConnection, row: &TransactionRow) -> AppResult<(String, String)> {
    let mut label = |id| accounts::queries::get(conn, row.business_account_id, id).map(|a| a.label());
    Ok((label(row.credit_account_id)?, label(row.debit_account_id)?))
}

/// What is right is a payment like any other: its accounts may be used, and it is within the limits.
fn check_payment(
    conn: &mut AnyConnection,
    row: &TransactionRow,
    other: &AccountRow,
    money: Money,
    now: Ts,
    errors: &mut FieldErrors,
) -> AppResult<()> {
    let account = row.business_account_id;
    let ours = if row.kind == Kind::Request {
        row.credit_account_id
    } else {
        row.debit_account_id
    };
    let ours = accounts::queries::get(conn, account, ours)?;
    let source = if row.kind == Kind::Request { other } else { &ours };
    let left = limits::left(conn, account, source.id, row.currency, now, None)?;
    for refused in [ours.can_pay(), other.can_pay(), left.check(money)] {
        if let Err(why) = refused {
            let field = if money.minor() == row.amount {
                "correction_financial_account_id"
            } else {
                "correction_amount"
            };
            errors.add(field, why);
            break;
        }
    }
    Ok(())
}

/// The receiver of a payment, or the source of a request: the side that is not ours.
fn other_party(row: &TransactionRow) -> crate::kernel::id::FinancialAccountId {
    if row.kind == Kind::Request {
        row.debit_account_id
    } else {
        row.credit_account_id
    }
}

impl Reversal {
    /// Why it waits for a second person, if it does.
    pub fn consent(
        &self,
        conn: &mut AnyConnection,
        actor: &Actor,
        row: &TransactionRow,
    ) -> AppResult<Option<Consent>> {
        let largest = self.correction.as_ref().map_or(row.money(), |(_, money)| {
            Money::new(row.amount.max(money.minor()), row.currency)
        });
        let is_other = self.reason == ReversalReason::IncorrectRecipient && row.kind == Kind::Send;
        let change = Change {
            of: Subject::Reversal,
            money: Some(largest),
            is_elsewhere: is_other,
        };
        approval::consent(conn, actor, &change)
    }

    /// What will happen, in sentences.
    pub fn effects(&self, row: &TransactionRow) -> Vec<String> {
        let mut effects = vec![
            format!("The transaction of {} becomes Reversed.", row.money()),
            format!(
                "A reversal of {} is made in status New: it goes back from {} to {}.",
                row.money(),
                self.back.0,
                self.back.1
            ),
        ];
        if let Some((account, money)) = &self.correction {
            let way = if row.kind == Kind::Request { "from" } else { "to" };
            effects.push(format!(
                "What is right is made with it: {money} {way} {}.",
                account.label()
            ));
        }
        effects
    }

    /// Before and after.
    pub fn differences(&self, row: &TransactionRow) -> Vec<Difference> {
        let mut all = vec![
            Difference::new("Status", row.status.label(), Status::Reversed.label()),
            Difference::new(
                "Reversal",
                "",
                format!("{}, from {} to {}", row.money(), self.back.0, self.back.1),
            ),
            Difference::new("Reason", "", self.reason.label()),
        ];
        if let Some((account, money)) = &self.correction {
            all.push(Difference::new(
                "Correction",
                "",
                format!("{money}, {}", account.label()),
            ));
        }
        all
    }
}

/// Takes a SETTLED or CLEARED transaction back, or lets the request wait for a second person.
///
/// # Errors
/// 404; `ILLEGAL_TRANSITION` with the reason; `STALE_VERSION`; every wrong field at once; `DUPLICATE` when the same
/// request waits already.
pub fn reverse(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: TransactionId,
    read: Option<i64>,
    fields: &ReverseFields,
) -> AppResult<Gated<Made>> {
    let (row, reversal) = begin(tx, actor, id, read, fields)?;
    let Some(consent) = reversal.consent(tx.conn, actor, &row)? else {
        return apply(tx, actor, &row, reversal).map(Gated::Done);
    };
    let corrected = reversal.correction.as_ref().map(|(account, _)| account.id);
    let reached: Vec<_> = [row.debit_account_id, row.credit_account_id]
        .into_iter()
        .chain(corrected)
        .collect();
    let mut guards = Guard::destinations(tx.conn, actor.business_account, &reached)?;
    guards.push(Guard::Transaction(id, row.version));
    let new = NewApproval {
        request: Request::TransactionReversal {
            id,
            fields: fields.clone(),
        },
        entity: (EntityType::Transaction, id.uuid()),
        concerns: None,
        guards,
        title: format!("Reversal of {} of {}", row.title(), row.money()),
        why: consent.why,
        people: consent.people,
        effects: reversal.effects(&row),
        changes: reversal.differences(&row),
        number: None,
    };
    approvals::ask(tx, actor, new)
}

/// As [`reverse`], when a second person has agreed.
pub(crate) fn reverse_now(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: TransactionId,
    fields: &ReverseFields,
) -> AppResult<Made> {
    let (row, reversal) = begin(tx, actor, id, None, fields)?;
    apply(tx, actor, &row, reversal)
}

fn begin(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: TransactionId,
    read: Option<i64>,
    fields: &ReverseFields,
) -> AppResult<(TransactionRow, Reversal)> {
    actor.require(Right::Transact)?;
    let row = queries::get(tx.conn, actor.business_account, id)?;
    let line = queries::lineage(tx.conn, actor.business_account, id)?;
    can_reverse(&row, &line, tx.now).map_err(|why| AppError::refused(Code::IllegalMove, why))?;
    if read.is_some_and(|version| version != row.version) {
        return Err(stale());
    }
    let reversal = fields.check(tx.conn, &row, tx.now)?;
    Ok((row, reversal))
}

fn apply(tx: &mut Tx<'_>, actor: &Actor, row: &TransactionRow, reversal: Reversal) -> AppResult<Made> {
    let copy = |relation| NewTransaction {
        parent: Some((row.id, relation)),
        solution: row.solution,
        payment_reason: row.payment_reason.clone(),
        priority: Priority::NextDay,
        ach: AchDetails {
            receiving_bank: row.receiving_bank.clone(),
            company_name: row.company_name.clone(),
            company_id: row.company_id.clone(),
            sec_code: row.sec_code.clone(),
            ..AchDetails::default()
        },
        metadata: row.metadata(),
        ..NewTransaction::ach(row.kind, row.debit_account_id, row.credit_account_id, row.money())
    };
    let mut back = copy(Relation::Reversal);
    back.kind = Kind::Reversal;
    reversal.reason.as_str().clone_into(&mut back.reversal_reason);
    back.message = format!("Reverses {}", row.id);
    back.ach.entry_description = (row.solution == Solution::Ach).then(|| "REVERSAL".to_owned());
    let back = commands::post(tx, actor, back)?;
    let message = format!("Reversed by {}: {}", back.id, reversal.reason.label());
    commands::move_to(tx, actor, row, Status::Reversed, &message)?;
    let correction = match reversal.correction {
        None => None,
        Some((account, money)) => {
            let mut right = copy(Relation::Correction);
            right.money = money;
            right.message = format!("Corrects {}", row.id);
            right.ach.receiving_bank = Some(account.routing_number.clone());
            if row.kind == Kind::Request {
                right.debit_account_id = account.id;
            } else {
                right.credit_account_id = account.id;
            }
            Some(commands::post(tx, actor, right)?)
        }
    };
    Ok(Made {
        reversal: back,
        correction,
    })
}
