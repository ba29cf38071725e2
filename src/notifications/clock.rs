//! What the clock tells (domain.md section 2.2): a warning when a quarter of the time is left, the breach, and the
//! escalation of what is still open hours after it. Each stage is marked in the transaction that tells of it, so that
//! on several nodes it is told once.

use std::{collections::BTreeMap, time::Duration};

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{BigInt, Text},
};

use super::{
    commands::{tell, wants_no_later},
    model::{Kind, is_timed},
};
use crate::{
    app::App,
    auth::{actor::Actor, permission::Right},
    db::{AnyConnection, Tx, schema::exception_marks, types::UuidSql},
    desk,
    exceptions::{self, change::record, row::ExceptionRow},
    history::EventKind,
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, TeamMemberId},
    },
    members,
    policies::{self, escalation, thresholds::Thresholds},
    web::time::span,
};

/// So many of each stage at a look: what is left is found by the next.
const AT_ONCE: i64 = 500;

/// So many are told of in one transaction: other writers wait for it.
const TOGETHER: usize = 50;

/// What became due longer ago than this is not news any more: a node that was off tells of the last day.
const NEWS: Duration = Duration::from_hours(24);

#[derive(QueryableByName)]
struct DueRow {
    #[diesel(sql_type = UuidSql)]
    id: ExceptionId,
}

/// Stages, each with how its exceptions are found: due in `($3, $4]`, and not told yet for that due time.
const STAGES: [Kind; 3] = [Kind::DueSoon, Kind::Overdue, Kind::Escalated];

/// Tells what there is to tell, of every business account.
pub async fn run(app: &App) -> AppResult<()> {
    let now = app.clock.now();
    let due = app.db.read_slow(move |conn| find(conn, now)).await?;
    for (account, stages) in due {
        for (stage, ids) in stages {
            for some in ids.chunks(TOGETHER) {
                let some = some.to_vec();
                app.db
                    .write_large(account, move |tx| {
                        for id in &some {
                            // What is refused was resolved meanwhile: there is nothing to tell.
                            let _ = tx.attempt(|tx| told(tx, account, *id, stage))?;
                        }
                        Ok(())
                    })
                    .await?;
            }
        }
    }
    Ok(())
}

type Due = BTreeMap<BusinessAccountId, Vec<(Kind, Vec<ExceptionId>)>>;

fn find(conn: &mut AnyConnection, now: Ts) -> AppResult<Due> {
    let mut due = Due::new();
    for (account, _) in members::queries::list_accounts(conn)? {
        for stage in STAGES {
            let ids = find_stage(conn, account, stage, now)?;
            if !ids.is_empty() {
                due.entry(account).or_default().push((stage, ids));
            }
        }
    }
    Ok(due)
}

fn find_stage(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    stage: Kind,
    now: Ts,
) -> AppResult<Vec<ExceptionId>> {
    let (from, to) = match stage {
        Kind::DueSoon => {
            let thresholds: Thresholds = policies::rules::of(conn, account)?;
            (now, now.plus(thresholds.longest_warning()))
        }
        Kind::Overdue => (now.minus(NEWS), now),
        _ => {
            let to = now.minus(escalation::AFTER);
            (to.minus(NEWS), to)
        }
    };
    // A quarter of the time is left; what is past is past that too.
    let rows: Vec<DueRow> = sql_query(
        "SELECT e.id FROM exceptions e WHERE e.business_account_id = $1 AND e.is_open = TRUE AND e.due_at > $2 \
         AND e.due_at <= $3 AND e.snoozed_until IS NULL \
         AND (e.waiting_since IS NULL OR e.due_at >= e.waiting_since) AND (e.due_at - $4) * 4 <= e.due_at - e.created_at \
         AND NOT EXISTS (SELECT 1 FROM exception_marks m WHERE m.exception_id = e.id AND m.stage = $5 \
         AND m.due_at = e.due_at) ORDER BY e.due_at LIMIT $6",
    )
    .bind::<UuidSql, _>(account)
    .bind::<BigInt, _>(from)
    .bind::<BigInt, _>(to)
    .bind::<BigInt, _>(now)
    .bind::<Text, _>(stage.as_str())
    .bind::<BigInt, _>(AT_ONCE)
    .load(conn)?;
    Ok(rows.into_iter().map(|r| r.id).collect())
}

/// Tells of one exception's stage, if it is still so and not told yet.
fn told(tx: &mut Tx<'_>, account: BusinessAccountId, id: ExceptionId, stage: Kind) -> AppResult<()> {
    let row = exceptions::queries::get(tx.conn, account, id)?;
    if !is_timed(&row) || !mark(tx, &row, stage)? {
        return Ok(());
    }
    let how = match stage {
        Kind::DueSoon => format!("{} left.", span(row.due_at.since(tx.now))),
        _ => format!("overdue for {}.", span(tx.now.since(row.due_at))),
    };
    for (to, kind) in people(tx, &row, stage)? {
        tell(tx, &row, to, kind, &how)?;
    }
    let (word, text) = match stage {
        Kind::DueSoon => ("DUE_SOON", format!("noticed that it is due soon: {how}")),
        Kind::Overdue => ("OVERDUE", "noticed that it passed its due time".to_owned()),
        _ => return Ok(()),
    };
    let (due, actor) = (row.due_at.rfc3339(), Actor::internal(account));
    record(tx, &actor, id, EventKind::Due, (&due, word), &text)
}

/// Who is told of a stage, each once, and as what: as its holder, or as somebody who looks after what others have.
fn people(tx: &mut Tx<'_>, row: &ExceptionRow, stage: Kind) -> AppResult<BTreeMap<TeamMemberId, Kind>> {
    let of_others = match stage {
        Kind::DueSoon => Kind::OthersDueSoon,
        Kind::Overdue => Kind::OthersOverdue,
        stage => stage,
    };
    let supervisors: Vec<TeamMemberId> = exceptions::queries::workers(tx.conn, row.business_account_id)?
        .into_iter()
        .filter(|w| w.role.may(Right::Supervise))
        .map(|w| w.id)
        .collect();
    let mut people = BTreeMap::new();
    // A warning is its holder's; where nobody has it, whoever may give it to somebody is warned.
    if stage != Kind::DueSoon || row.assignee_id.is_none() {
        people.extend(supervisors.iter().map(|id| (*id, of_others)));
    }
    if stage != Kind::Escalated {
        people.extend(stands_in(tx, row)?.map(|id| (id, of_others)));
        people.extend(row.assignee_id.map(|id| (id, stage)));
    }
    // What is found both overdue and long overdue is one piece of news: those to whom it is escalated are told of that,
    // unless they would get its e-mail later.
    if stage == Kind::Overdue && tx.now.since(row.due_at) >= escalation::AFTER {
        for id in supervisors.iter().filter(|id| row.assignee_id != Some(**id)) {
            let whose = (row.business_account_id, *id);
            if wants_no_later(tx, whose, Kind::Escalated, of_others)? {
                people.remove(id);
            }
        }
    }
    Ok(people)
}

/// Who stands in for its holder today.
fn stands_in(tx: &mut Tx<'_>, row: &ExceptionRow) -> AppResult<Option<TeamMemberId>> {
    let Some(holder) = row.assignee_id else {
        return Ok(None);
    };
    let today = members::queries::today(tx.conn, row.business_account_id, tx.now)?;
    let away = desk::absence::on(tx.conn, row.business_account_id, today)?;
    Ok(away
        .iter()
        .find(|a| a.member_id == holder)
        .and_then(|a| a.substitute_id))
}

/// Marks a stage as told for the due time that it has; false when it was already.
fn mark(tx: &mut Tx<'_>, row: &ExceptionRow, stage: Kind) -> AppResult<bool> {
    let known: Option<Ts> = exception_marks::table
        .find((row.id, stage, row.due_at))
        .select(exception_marks::due_at)
        .first(tx.conn)
        .optional()?;
    if known.is_some() {
        return Ok(false);
    }
    diesel::insert_into(exception_marks::table)
        .values((
            exception_marks::exception_id.eq(row.id),
            exception_marks::stage.eq(stage),
            exception_marks::due_at.eq(row.due_at),
        ))
        .execute(tx.conn)?;
    Ok(true)
}
