//! Due times are worked out anew when the calendar or the thresholds change. Each step is one transaction with the
//! place it has come to, so that several nodes that do it at once do each exception once, and a node that stops leaves
//! the rest to the next.

use diesel::prelude::*;

use super::queries::{self as stored, Reckoning};
use crate::{
    app::App,
    auth::actor::Actor,
    db::{AnyConnection, Tx, schema::exceptions},
    exceptions::{
        change::record,
        due::{self, Term},
        model::Severity,
        queries,
        row::{ExceptionRow, SourceRow},
    },
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        clock::Ts,
        count::grouped,
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, Id},
    },
    policies::sla::Sla,
};

/// So many exceptions in one transaction: other writers pass between.
const AT_ONCE: i64 = 200;

/// So many transactions at a look: other work passes between.
const STEPS: usize = 25;

/// Asks for the due times of all that is open. What was asked for before and is not finished begins anew.
///
/// # Errors
/// The database's.
pub fn ask(tx: &mut Tx<'_>, account: BusinessAccountId, why: &str) -> AppResult<()> {
    stored::store_reckoning(
        tx.conn,
        &Reckoning {
            business_account_id: account,
            why: why.to_owned(),
            after_created: Ts::default(),
            after_id: Id::from_uuid(uuid::Uuid::nil()),
            looked: 0,
            moved: 0,
            asked_at: tx.now,
            finished_at: None,
        },
    )
}

/// Works on what was asked for, of every business account.
pub async fn run(app: &App) -> AppResult<()> {
    let asked = app.db.read(stored::unfinished).await?;
    for account in asked {
        let mut is_finished = false;
        for _ in 0..STEPS {
            is_finished = app.db.write_large(account, move |tx| step(tx, account)).await?;
            if is_finished {
                break;
            }
        }
        if !is_finished {
            app.jobs.wake();
        }
    }
    Ok(())
}

/// The next exceptions; whether there are no more.
///
/// # Errors
/// The database's.
pub fn step(tx: &mut Tx<'_>, account: BusinessAccountId) -> AppResult<bool> {
    let Some(mut reckoning) = stored::reckoning(tx.conn, account)?.filter(|r| r.finished_at.is_none()) else {
        return Ok(true);
    };
    let actor = Actor::internal(account);
    let rows = next(tx.conn, &reckoning)?;
    let sla = Sla::of(tx.conn, account)?;
    let sources = queries::sources_of(tx.conn, &rows)?;
    for row in &rows {
        reckoning.looked += 1;
        (reckoning.after_created, reckoning.after_id) = (row.created_at, row.id);
        let nothing = SourceRow::nothing(row);
        let source = sources.get(&row.id).unwrap_or(&nothing);
        reckoning.moved += i64::from(anew(tx, &actor, row, source, &sla, &reckoning.why)?);
    }
    let is_finished = rows.len() < usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
    if is_finished {
        reckoning.finished_at = Some(tx.now);
        let happening = Happening {
            entity_type: EntityType::BusinessAccount,
            entity_id: account.uuid(),
            kind: EventKind::Due,
            previous: "",
            new: &reckoning.moved.to_string(),
            description: &format!(
                "worked out the due times anew, as {}: {} of {} open exceptions have another",
                reckoning.why,
                grouped(reckoning.moved),
                grouped(reckoning.looked)
            ),
        };
        history::record(tx, &actor, &happening)?;
    }
    stored::store_reckoning(tx.conn, &reckoning)?;
    Ok(is_finished)
}

fn next(conn: &mut AnyConnection, reckoning: &Reckoning) -> AppResult<Vec<ExceptionRow>> {
    let (created, id) = (reckoning.after_created, reckoning.after_id);
    Ok(exceptions::table
        .filter(exceptions::business_account_id.eq(reckoning.business_account_id))
        .filter(exceptions::is_open.eq(true))
        .filter(exceptions::created_at.ge(created))
        .filter(exceptions::created_at.gt(created).or(exceptions::id.gt(id)))
        .order((exceptions::created_at, exceptions::id))
        .limit(AT_ONCE)
        .select(ExceptionRow::as_select())
        .load(conn)?)
}

/// Gives an exception the due time that it has now; whether it is another.
fn anew(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &ExceptionRow,
    source: &SourceRow,
    sla: &Sla,
    why: &str,
) -> AppResult<bool> {
    let (due_at, due_rule) = due::work_out(row, source, sla);
    if due_at == row.due_at {
        return Ok(false);
    }
    let mut changed = row.clone();
    (changed.due_at, changed.due_rule) = (due_at, due_rule);
    changed.version += 1;
    changed.updated_at = tx.now;
    changed.updated_by_kind = actor.kind;
    changed.updated_by_id = None;
    queries::update(tx.conn, row, &changed)?;
    let values = (row.due_at.rfc3339(), due_at.rfc3339());
    let text = format!("is due at another time, as {why}. {}", changed.due_rule);
    record(tx, actor, row.id, EventKind::Due, (&values.0, &values.1), &text)?;
    Ok(true)
}

/// What another SLA would do with the due times of what is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// How many are open.
    pub open: i64,
    /// How many of them would be due at another time.
    pub moved: i64,
    /// How many of those sooner.
    pub sooner: i64,
    /// How many that are not overdue would be at once.
    pub overdue: i64,
}

impl Moves {
    /// In a sentence.
    pub fn words(&self) -> String {
        if self.moved == 0 {
            return "No open exception would be due at another time.".into();
        }
        format!(
            "{} of {} open exceptions would be due at another time: {} sooner, {} later, {} overdue at once.",
            grouped(self.moved),
            grouped(self.open),
            grouped(self.sooner),
            grouped(self.moved - self.sooner),
            grouped(self.overdue)
        )
    }
}

/// Counts what would move if `other` took the place of `today`.
pub fn moves(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    now: Ts,
    (today, other): (&Sla, &Sla),
) -> AppResult<Moves> {
    const CHUNK: i64 = 5_000;
    type Row = (ExceptionId, Ts, Ts, Ts, Severity, i64, Option<Ts>);
    let mut found = Moves::default();
    let mut after = (Ts::default(), ExceptionId::from_uuid(uuid::Uuid::nil()));
    loop {
        let rows: Vec<Row> = exceptions::table
            .filter(exceptions::business_account_id.eq(account))
            .filter(exceptions::is_open.eq(true))
            .filter(exceptions::created_at.ge(after.0))
            .filter(exceptions::created_at.gt(after.0).or(exceptions::id.gt(after.1)))
            .order((exceptions::created_at, exceptions::id))
            .limit(CHUNK)
            .select((
                exceptions::id,
                exceptions::created_at,
                exceptions::due_at,
                exceptions::sla_from,
                exceptions::sla_severity,
                exceptions::sla_paused,
                exceptions::waiting_since,
            ))
            .load(conn)?;
        for (id, created_at, due_at, from, severity, paused, waiting) in &rows {
            after = (*created_at, *id);
            found.open += 1;
            // What stands still is due when it goes on.
            if waiting.is_some() {
                continue;
            }
            let term = Term {
                from: *from,
                severity: *severity,
                paused: std::time::Duration::from_micros(u64::try_from(*paused).unwrap_or_default()),
            };
            if let Some(then) = due::moves(term, *due_at, today, other) {
                found.moved += 1;
                found.sooner += i64::from(then < *due_at);
                found.overdue += i64::from(*due_at >= now && then < now);
            }
        }
        if rows.len() < usize::try_from(CHUNK).unwrap_or(usize::MAX) {
            return Ok(found);
        }
    }
}
