//! Runs a bulk action: batch after batch, each one transaction with the outcomes of its items. A node holds a lease that
//! it renews with each batch; when it stops, another goes on with the items that have no outcome.

use std::{collections::HashMap, time::Duration};

use diesel::prelude::*;

use super::{
    apply::{Became, apply},
    input::Input,
    model::{BulkItem, BulkRow, BulkState, Outcome},
    names::Names,
    plan::record,
    queries,
};
use crate::{
    app::App,
    auth::{
        actor::{Actor, ActorKind},
        permission::Role,
        principal::AccessState,
    },
    db::{AnyConnection, Tx, schema::memberships},
    kernel::{
        clock::Ts,
        count::grouped,
        error::{AppError, AppResult, Code},
        id::{BulkId, BusinessAccountId},
    },
};

/// A node that has not renewed its lease for so long has stopped.
const LEASE: Duration = Duration::from_secs(10);

/// Items of one transaction: enough to spread the cost of a commit, few enough that other writers pass.
const BATCH: i64 = 100;

/// Puts a plan in the queue.
///
/// # Errors
/// When somebody else planned it, or it has been run.
pub fn queue(tx: &mut Tx<'_>, actor: &Actor, id: BulkId, input: &Input) -> AppResult<BulkRow> {
    let mut row = queries::get(tx.conn, actor.business_account, id)?;
    row.check_run(actor)?;
    let before = row.state;
    row.state = BulkState::Queued;
    row.input = Some(input.to_json()?);
    row.started_at = Some(tx.now);
    queries::update(tx.conn, &row)?;
    let text = format!(
        "started “{}” on {} exceptions",
        row.act.label(),
        grouped(row.planned)
    );
    record(tx, actor, &row, before, &text)?;
    Ok(row)
}

/// Stops it: what is done stays done, the rest stays as it is.
///
/// # Errors
/// When it has ended; `Forbidden` on another's without the right to supervise.
pub fn cancel(tx: &mut Tx<'_>, actor: &Actor, id: BulkId) -> AppResult<BulkRow> {
    let mut row = queries::get(tx.conn, actor.business_account, id)?;
    row.check_cancel(actor)?;
    let before = row.state;
    end(tx, &mut row, BulkState::Cancelled)?;
    let text = format!(
        "cancelled “{}” after {} of {}",
        row.act.label(),
        grouped(row.done),
        grouped(row.items)
    );
    record(tx, actor, &row, before, &text)?;
    Ok(row)
}

fn end(tx: &mut Tx<'_>, row: &mut BulkRow, state: BulkState) -> AppResult<()> {
    row.state = state;
    row.lease_until = None;
    row.finished_at = Some(tx.now);
    queries::update(tx.conn, row)
}

/// What waits for a node.
pub async fn due(app: &App) -> AppResult<Vec<(BusinessAccountId, BulkId)>> {
    let now = app.clock.now();
    app.db.read(move |conn| queries::list_due(conn, now)).await
}

/// Runs it unless another node is at it.
pub async fn run(app: &App, account: BusinessAccountId, id: BulkId) {
    let outcome = async {
        let Some(mut lease) = claim(app, account, id).await? else {
            return Ok(());
        };
        while let Some(renewed) = app
            .db
            .write_large(account, move |tx| step(tx, account, id, lease))
            .await?
        {
            lease = renewed;
        }
        Ok(())
    }
    .await;
    match outcome {
        // Done, cancelled, or another node has it now.
        Ok(()) | Err(AppError::Refused(Code::AlreadyTaken, _)) => {}
        // The lease runs out, and somebody goes on.
        Err(error) => tracing::warn!(bulk = %id, %error, "a bulk action waits"),
    }
}

async fn claim(app: &App, account: BusinessAccountId, id: BulkId) -> AppResult<Option<Ts>> {
    app.db
        .write(account, move |tx| {
            let mut row = queries::get(tx.conn, account, id)?;
            let is_free = match row.state {
                BulkState::Queued => true,
                BulkState::Running => row.lease_until.is_none_or(|until| until < tx.now),
                _ => false,
            };
            if !is_free {
                return Ok(None);
            }
            row.state = BulkState::Running;
            row.lease_until = Some(tx.now.plus(LEASE));
            queries::update(tx.conn, &row)?;
            Ok(row.lease_until)
        })
        .await
}

/// One batch; none when there was nothing left.
fn step(tx: &mut Tx<'_>, account: BusinessAccountId, id: BulkId, lease: Ts) -> AppResult<Option<Ts>> {
    let mut row = queries::get(tx.conn, account, id)?;
    if row.state != BulkState::Running || row.lease_until != Some(lease) {
        return Err(AppError::refused(
            Code::AlreadyTaken,
            "It was cancelled, or another node has it.",
        ));
    }
    let items = queries::list_planned(tx.conn, id, BATCH)?;
    let before = row.state;
    let Some(actor) = actor_of(tx.conn, &row)? else {
        end(tx, &mut row, BulkState::Cancelled)?;
        let text = format!(
            "stopped “{}”: {} is not here any more",
            row.act.label(),
            row.created_by_name
        );
        record(tx, &Actor::internal(account), &row, before, &text)?;
        return Ok(None);
    };
    if items.is_empty() {
        end(tx, &mut row, BulkState::Done)?;
        let text = format!(
            "finished “{}”: {} done, {} waiting for approval, {} skipped, {} failed",
            row.act.label(),
            grouped(row.done),
            grouped(row.waiting),
            grouped(row.skipped),
            grouped(row.failed)
        );
        record(tx, &actor, &row, before, &text)?;
        return Ok(None);
    }
    let input = Input::of_json(row.input.as_deref())?;
    do_all(tx, &actor, &input, &items, &mut row)?;
    row.lease_until = Some(tx.now.plus(LEASE));
    queries::update(tx.conn, &row)?;
    Ok(row.lease_until)
}

/// Does each item by itself: what one refuses leaves the others alone.
fn do_all(
    tx: &mut Tx<'_>,
    actor: &Actor,
    input: &Input,
    items: &[BulkItem],
    row: &mut BulkRow,
) -> AppResult<()> {
    let mut names = Names::default();
    // Many get the same words: those are stored together.
    let mut told: HashMap<(Outcome, String), Vec<i64>> = HashMap::new();
    for item in items {
        let (outcome, sentence) = match tx.attempt(|tx| apply(tx, actor, input, item, &mut names)) {
            Ok(Ok(Became::Done(what))) => (Outcome::Done, what),
            Ok(Ok(Became::Waiting(why))) => (Outcome::Waiting, why),
            Ok(Err(AppError::Refused(Code::Stale, _))) => (
                Outcome::Skipped,
                "Somebody changed it after the plan; it is left as it is.".into(),
            ),
            Ok(Err(refusal)) => (Outcome::Skipped, refusal.sentence()),
            Err(AppError::Internal(why)) => {
                tracing::error!(bulk = %row.id, exception = %item.exception_id, why, "an item failed");
                let sentence = "Something went wrong on our side; it is unchanged.".to_owned();
                (Outcome::Failed, sentence)
            }
            Err(error) => return Err(error),
        };
        match outcome {
            Outcome::Done => row.done += 1,
            Outcome::Waiting => row.waiting += 1,
            Outcome::Failed => row.failed += 1,
            Outcome::Planned | Outcome::Skipped => row.skipped += 1,
        }
        told.entry((outcome, sentence)).or_default().push(item.position);
    }
    for ((outcome, sentence), positions) in told {
        queries::set_outcomes(tx.conn, row.id, outcome, &sentence, &positions)?;
    }
    Ok(())
}

/// Who planned it, with the role they have now; none when they have left.
fn actor_of(conn: &mut AnyConnection, row: &BulkRow) -> AppResult<Option<Actor>> {
    let role: Option<Role> = memberships::table
        .find((row.business_account_id, row.created_by_id))
        .filter(memberships::state.eq(AccessState::Active))
        .select(memberships::role)
        .first(conn)
        .optional()?;
    Ok(role.map(|role| Actor {
        kind: ActorKind::Employee,
        id: Some(row.created_by_id.uuid()),
        name: row.created_by_name.clone(),
        role,
        business_account: row.business_account_id,
        request_id: format!("bulk {}", row.id),
    }))
}
