//! Handing an exception over, and sending it again.

use super::{
    connector_queries,
    model::{DispatchRow, DispatchState, Handover, Target},
    queries,
};
use crate::{
    auth::actor::Actor,
    db::Tx,
    exceptions::{
        self,
        change::{self, begin},
        model::Act,
        row::ExceptionRow,
    },
    history::EventKind,
    kernel::{
        error::{AppError, AppResult, Code},
        id::{DispatchId, ExceptionId},
    },
};

/// Hands an exception over: it waits for the other side from now on, and what there is to send commits with that. By
/// hand nothing is sent.
///
/// # Errors
/// What the lifecycle refuses; `Stale`; `NoConnector` when the target is not set up or disabled.
pub fn dispatch(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    wanted: &Handover,
    seen: Option<i64>,
) -> AppResult<(ExceptionRow, DispatchRow)> {
    let mut change = begin(tx, actor, id, Act::Dispatch, seen)?;
    let target = wanted.target;
    is_set_up(tx, actor, target)?;
    change.wake();
    place(&mut change.row, target);
    let id_of_it = DispatchId::generate(tx.now);
    let row = DispatchRow::new(id_of_it, actor, &change.before, wanted.clone(), tx.now);
    queries::insert(tx.conn, &row)?;
    let exception = change.store(tx, actor, "")?;
    let values = ("", target.as_str());
    change::record(tx, actor, id, EventKind::Dispatch, values, &row.told())?;
    Ok((exception, row))
}

/// Notes on an exception that it is handed over: by hand it is there at once, an outside system says itself that it has
/// it. What it was called in another life is kept by the dispatches of then.
pub fn place(row: &mut ExceptionRow, target: Target) {
    row.external_system = (target == Target::Manual).then(|| target.as_str().to_owned());
    row.external_issue_id = None;
    row.external_url = None;
    row.external_updated_at = None;
}

/// Refuses a target that nothing can be handed to.
fn is_set_up(tx: &mut Tx<'_>, actor: &Actor, target: Target) -> AppResult<()> {
    let refused = |why: String| Err(AppError::refused(Code::NoConnector, why));
    if target == Target::Manual {
        return Ok(());
    }
    match connector_queries::find(tx.conn, actor.business_account, target)? {
        None => refused(format!(
            "{} is not set up. An Owner or Admin does that under Settings, Connectors.",
            target.label()
        )),
        Some(row) if !row.is_enabled => refused(format!(
            "The connector to {} is disabled. An Owner or Admin can enable it.",
            target.named()
        )),
        Some(_) => Ok(()),
    }
}

/// Sends it again: what waits for its next attempt is tried now, what was given up is handed over anew.
///
/// # Errors
/// `IllegalMove` when there is nothing to send again; what the lifecycle refuses.
pub fn resend(tx: &mut Tx<'_>, actor: &Actor, id: ExceptionId, seen: Option<i64>) -> AppResult<DispatchRow> {
    let account = actor.business_account;
    let refused = |why: &str| Err(AppError::refused(Code::IllegalMove, why));
    exceptions::queries::get(tx.conn, account, id)?;
    let Some(mut row) = queries::latest(tx.conn, account, id)? else {
        return refused("It was not handed to an outside system.");
    };
    match row.state {
        DispatchState::Waiting => {
            // Who could take it back may hurry it.
            begin(tx, actor, id, Act::Recall, None)?;
            is_set_up(tx, actor, row.target)?;
            row.next_at = tx.now;
            queries::update(tx.conn, &row)?;
            let text = format!("had it sent to {} at once", row.target.named());
            let values = ("", row.target.as_str());
            change::record(tx, actor, id, EventKind::Dispatch, values, &text)?;
            Ok(row)
        }
        DispatchState::Failed => {
            let wanted = Handover {
                target: row.target,
                queue: row.queue,
            };
            dispatch(tx, actor, id, &wanted, seen).map(|(_, row)| row)
        }
        DispatchState::Delivered => refused("The other side has it already."),
        DispatchState::Withdrawn => refused("It was recalled. Hand it over anew."),
    }
}
