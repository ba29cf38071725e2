//! What a resolution would do: the form's preview and the command's check are one, so that what is shown is what is
//! done.

use uuid::Uuid;

use super::{How, correct, fits, matching, post, replace, retry, suspend};
use crate::{
    accounts::{AccountRow, edit::Reach, model::Correction},
    approvals::{Difference, Guard},
    auth::actor::Actor,
    db::{AnyConnection, Tx},
    exceptions::row::ExceptionRow,
    kernel::{
        clock::Ts,
        crypto::Vault,
        error::{AppError, AppResult},
        id::{FinancialAccountId, ResolutionId, TransactionId},
        money::Money,
        text::Reason,
    },
    policies::{self, approval::Consent, thresholds::Thresholds},
    transactions::{NewTransaction, TransactionRow, edit::Edit},
};

/// A resolution that may be done.
#[derive(Debug, Default)]
pub struct Plan {
    /// What will happen, in sentences.
    pub effects: Vec<String>,
    /// Before and after.
    pub changes: Vec<Difference>,
    /// Why it waits for a second person, if it does.
    pub consent: Option<Consent>,
    /// Why it will be reviewed, if a rule asks for it.
    pub review: Option<String>,
    /// The account that is changed, and the payments that the change reaches.
    pub reach: Option<(FinancialAccountId, Reach)>,
    /// The versions it is planned for.
    pub(super) guards: Vec<Guard>,
    /// The account or transaction that it changes.
    pub(super) concerns: Option<Uuid>,
    pub(super) work: Work,
}

impl Plan {
    /// The account from which a payment will be made, and how much: none where a second person must agree first, as
    /// nothing is made then before they have.
    pub fn takes(&self) -> Option<(FinancialAccountId, Money)> {
        match &self.work {
            Work::Pay(new, _) if self.consent.is_none() => Some((new.debit_account_id, new.money)),
            _ => None,
        }
    }
}

/// The effect beside closing.
#[derive(Debug, Default)]
pub(super) enum Work {
    #[default]
    Nothing,
    Match(Box<matching::Match>),
    Adjust(post::Adjustment),
    /// A new payment, told on the old one.
    Pay(Box<NewTransaction>, String),
    Edit(Box<(TransactionRow, Edit)>),
    Correct(Box<(AccountRow, Correction, Vault)>),
    Suspend(Box<AccountRow>, Reason),
}

/// What was done.
pub(super) struct Done {
    pub effect: String,
    pub transaction: Option<TransactionId>,
    pub account: Option<FinancialAccountId>,
}

impl Done {
    pub fn said(effect: impl Into<String>) -> Self {
        Self {
            effect: effect.into(),
            transaction: None,
            account: None,
        }
    }
}

/// Checks a resolution against the exception, the rules and the records it touches.
///
/// # Errors
/// `Invalid` when the type does not fit or its input is wrong; `RuleRefuses` when a rule closes it, with the reason.
pub fn plan(
    conn: &mut AnyConnection,
    actor: &Actor,
    row: &ExceptionRow,
    how: &How,
    now: Ts,
) -> AppResult<Plan> {
    fits(how.kind(), row).map_err(|why| AppError::field("resolution_type", why))?;
    let planned = match how {
        How::NoAction(_) => Ok(Plan {
            effects: vec!["Nothing else changes: no transaction, no account.".into()],
            ..Plan::default()
        }),
        How::ForceMatch { counterpart, why } => matching::plan(conn, row, *counterpart, *why),
        How::AdjustEntry { .. } => post::plan_adjustment(conn, row, how, now),
        How::WriteOff(_) => post::plan_write_off(conn, row, now),
        How::Retry(asked) => retry::plan(conn, actor, row, asked, now),
        How::Replace(asked) => replace::plan(conn, actor, row, asked, now),
        How::CorrectAccount(asked) => correct::plan(conn, actor, row, asked),
        How::SuspendAccount(reason) => suspend::plan(conn, row, reason),
    }?;
    let thresholds: Thresholds = policies::rules::of(conn, row.business_account_id)?;
    Ok(Plan {
        review: thresholds.rule_for(row.severity, how.kind()),
        ..planned
    })
}

/// Does what was planned; says in words what that was.
pub(super) fn carry_out(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &ExceptionRow,
    resolution: ResolutionId,
    work: Work,
) -> AppResult<Done> {
    match work {
        Work::Nothing => Ok(Done::said("Nothing else changes.")),
        Work::Match(found) => matching::apply(tx, actor, row, resolution, *found),
        Work::Adjust(made) => post::apply(tx, actor, row, resolution, made),
        Work::Pay(new, effect) => retry::apply(tx, actor, *new, effect),
        Work::Edit(edit) => replace::apply(tx, actor, edit.0, edit.1),
        Work::Correct(correct) => correct::apply(tx, actor, &correct.2, &correct.0, &correct.1),
        Work::Suspend(account, reason) => suspend::apply(tx, actor, &account, &reason),
    }
}
