//! What time does to exceptions by itself (domain.md sections 2.1 and 2.2): severity rises with age, and what was put
//! aside comes back. Each change asks again in its own transaction whether it is still due, so on several nodes it
//! happens once.

use std::collections::BTreeMap;

use super::{
    change::{begin, record},
    due,
    model::{Act, Severity},
    queries,
    row::{ExceptionRow, SourceRow},
    waiting,
};
use crate::{
    app::App,
    auth::actor::Actor,
    db::Tx,
    history::EventKind,
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, ExceptionId},
    },
    policies::{severity::Rated, sla::Sla},
};

/// So many of each kind at a look: other writers pass between, and what is left waits for the next look.
const AT_ONCE: i64 = 200;

/// Raises the severity of an open exception that has grown old enough at `now`, with its due time: whether it rose, and
/// when. What a person has set is left.
pub fn grow_old(row: &mut ExceptionRow, now: Ts, sla: &Sla) -> Option<Ts> {
    let rated = rated_by_age(row, now, sla).filter(|_| row.is_open)?;
    let rose = row.created_at.plus(sla.thresholds.age_of(rated.severity));
    rise_to(row, rated, rose, sla);
    Some(rose)
}

/// It is opened again at `at`, after it was resolved at `since`: its SLA stood still meanwhile, and as it did not grow old
/// either, what its age asks for counts from now on. Whether its severity rose.
pub fn reopened(row: &mut ExceptionRow, source: &SourceRow, (since, at): (Ts, Ts), sla: &Sla) -> bool {
    due::rested(row, since, at, source, sla);
    let Some(rated) = rated_by_age(row, at, sla) else {
        return false;
    };
    rise_to(row, rated, at, sla);
    true
}

/// It has the severity that a rule gives it, from `at` on.
fn rise_to(row: &mut ExceptionRow, rated: Rated, at: Ts, sla: &Sla) {
    due::rise(row, rated.severity, at, sla);
    row.severity_rule = rated.rule;
}

/// The severity that its age asks for, where that is higher than the one it has.
fn rated_by_age(row: &ExceptionRow, now: Ts, sla: &Sla) -> Option<Rated> {
    let rated = sla.thresholds.rate(row.money(), now.since(row.created_at), None);
    (!row.severity_fixed && rated.severity > row.severity).then_some(rated)
}

/// What the history says of a severity that has risen by itself.
pub fn risen(before: Severity, row: &ExceptionRow) -> String {
    format!(
        "raised the severity from {} to {}: {}",
        before.word(),
        row.severity.word(),
        row.severity_rule
    )
}

/// Says so in the history.
pub(super) fn tell_risen(tx: &mut Tx<'_>, before: Severity, row: &ExceptionRow) -> AppResult<()> {
    let text = risen(before, row);
    let values = (before.as_str(), row.severity.as_str());
    let actor = Actor::internal(row.business_account_id);
    record(tx, &actor, row.id, EventKind::Severity, values, &text)
}

/// Raises one severity, if it is due.
///
/// # Errors
/// When the exception was resolved meanwhile.
pub fn rise(tx: &mut Tx<'_>, account: BusinessAccountId, id: ExceptionId) -> AppResult<bool> {
    let actor = Actor::internal(account);
    let mut change = begin(tx, &actor, id, Act::Rate, None)?;
    let before = change.row.severity;
    let sla = Sla::of(tx.conn, account)?;
    if grow_old(&mut change.row, tx.now, &sla).is_none() {
        return Ok(false);
    }
    let row = change.store(tx, &actor, "")?;
    tell_risen(tx, before, &row)?;
    Ok(true)
}

/// Wakes one exception, if its time has come.
///
/// # Errors
/// When it was resolved or woken meanwhile.
pub fn come_back(tx: &mut Tx<'_>, account: BusinessAccountId, id: ExceptionId) -> AppResult<bool> {
    let actor = Actor::internal(account);
    let mut change = begin(tx, &actor, id, Act::Wake, None)?;
    if change.row.snoozed_until.is_none_or(|until| until > tx.now) {
        return Ok(false);
    }
    change.wake();
    change.store(tx, &actor, "")?;
    Ok(true)
}

/// Lets one exception go on that waited for somebody outside, if its time has come.
///
/// # Errors
/// When it was resolved or goes on already.
pub fn go_on(tx: &mut Tx<'_>, account: BusinessAccountId, id: ExceptionId) -> AppResult<bool> {
    let row = queries::get(tx.conn, account, id)?;
    if row.waiting_until.is_none_or(|until| until > tx.now) {
        return Ok(false);
    }
    waiting::end(tx, account, id, "the time has come")?;
    Ok(true)
}

/// Does what is due now, of every business account.
pub async fn run(app: &App) -> AppResult<()> {
    let now = app.clock.now();
    let (sleepers, waiting, old) = app
        .db
        .read_slow(move |conn| {
            Ok((
                queries::to_wake(conn, now, AT_ONCE)?,
                queries::to_go_on(conn, now, AT_ONCE)?,
                queries::to_raise(conn, now, AT_ONCE)?,
            ))
        })
        .await?;
    each(app, sleepers, come_back).await?;
    each(app, waiting, go_on).await?;
    each(app, old, rise).await
}

type Due = Vec<(BusinessAccountId, ExceptionId)>;

async fn each(
    app: &App,
    due: Due,
    act: fn(&mut Tx<'_>, BusinessAccountId, ExceptionId) -> AppResult<bool>,
) -> AppResult<()> {
    let mut by_account: BTreeMap<BusinessAccountId, Vec<ExceptionId>> = BTreeMap::new();
    for (account, id) in due {
        by_account.entry(account).or_default().push(id);
    }
    for (account, ids) in by_account {
        app.db
            .write_large(account, move |tx| {
                for id in &ids {
                    // What is refused was resolved or woken meanwhile: nothing is due any more.
                    let _ = tx.attempt(|tx| act(tx, account, *id))?;
                }
                Ok(())
            })
            .await?;
    }
    Ok(())
}
