//! SUSPEND_ACCOUNT: no payment may use the account that a return is about.

use super::{
    correct::subject_account,
    plan::{Done, Plan, Work},
};
use crate::{
    accounts::{self, AccountRow, AccountState, words::STATE},
    approvals::{Difference, Guard},
    auth::actor::Actor,
    db::{AnyConnection, Tx},
    exceptions::row::ExceptionRow,
    kernel::{
        error::{AppError, AppResult, Code},
        text::Reason,
    },
    transactions,
};

pub(super) fn plan(conn: &mut AnyConnection, row: &ExceptionRow, reason: &Reason) -> AppResult<Plan> {
    let account = subject_account(conn, row)?
        .ok_or_else(|| AppError::field("resolution_type", "It is not linked to an account of ours."))?;
    account
        .can_suspend()
        .map_err(|why| AppError::refused(Code::RuleRefuses, why))?;
    let (open, _) = transactions::queries::open_of_account(conn, row.business_account_id, account.id, 0)?;
    let mut effects = vec![format!(
        "{} is suspended: no new payment may use it, until somebody lifts it.",
        account.label()
    )];
    effects.push(match open {
        0 => "No payment that is New or Pending uses it.".into(),
        1 => "1 payment that is New or Pending uses it and stays as it is: edit or cancel it.".into(),
        n => {
            format!("{n} payments that are New or Pending use it and stay as they are: edit or cancel them.")
        }
    });
    Ok(Plan {
        effects,
        changes: vec![Difference::new(
            STATE,
            account.state.label(),
            AccountState::Suspended.label(),
        )],
        guards: vec![Guard::Account(account.id, account.version)],
        concerns: Some(account.id.uuid()),
        work: Work::Suspend(Box::new(account), reason.clone()),
        ..Plan::default()
    })
}

pub(super) fn apply(
    tx: &mut Tx<'_>,
    actor: &Actor,
    account: &AccountRow,
    reason: &Reason,
) -> AppResult<Done> {
    accounts::commands::suspend(tx, actor, account.id, reason)?;
    Ok(Done {
        effect: format!("{} is suspended.", account.label()),
        transaction: None,
        account: Some(account.id),
    })
}
