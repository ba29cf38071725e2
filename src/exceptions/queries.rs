//! The exceptions' SQL. Every query names its business account.

use std::collections::{BTreeSet, HashMap};

use diesel::{dsl, prelude::*, sql_query, sql_types};

pub use super::queue_rows::{PAGE, QueueItem, QueueRows, count_up_to, list, page_of, rows, total};
use super::{
    filter::Tab,
    model::{Severity, Status},
    row::{ExceptionRow, SourceRow, SourceTold},
};
use crate::{
    among,
    auth::{permission::Role, principal::AccessState},
    db::{
        AnyConnection, Tx,
        kept::{Update, within},
        schema::{exception_counts, exception_sources, exceptions, memberships, team_members},
        types::UuidSql,
    },
    history::model::Anything,
    kernel::{
        clock::Ts,
        count::COUNTED_UP_TO,
        error::{AppError, AppResult},
        id::{BusinessAccountId, ExceptionId, Id, TeamMemberId, TransactionId},
    },
    members, on_backend,
    policies::{self, thresholds::Thresholds},
    web::time::SOON,
};

/// How many exceptions each tab has, for one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TabCounts {
    pub mine: i64,
    pub unassigned: i64,
    pub open: i64,
    /// Counted up to [`COUNTED_UP_TO`].
    pub soon: i64,
    /// Counted up to [`COUNTED_UP_TO`].
    pub overdue: i64,
    pub waiting: i64,
    pub snoozed: i64,
    pub resolved: i64,
}

impl TabCounts {
    /// The count of one tab.
    pub const fn of(&self, tab: Tab) -> i64 {
        match tab {
            Tab::Mine => self.mine,
            Tab::Unassigned => self.unassigned,
            Tab::Open => self.open,
            Tab::Soon => self.soon,
            Tab::Overdue => self.overdue,
            Tab::Waiting => self.waiting,
            Tab::Snoozed => self.snoozed,
            Tab::Resolved => self.resolved,
            Tab::All => self.open + self.snoozed + self.resolved,
        }
    }
}

/// The tabs' counts for one person.
pub fn tab_counts(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    me: TeamMemberId,
    now: Ts,
) -> AppResult<TabCounts> {
    Ok(TabCounts {
        mine: count_mine(conn, account, me)?,
        ..shared_counts(conn, account, now)?
    })
}

/// How many open exceptions a person has.
pub fn count_mine(conn: &mut AnyConnection, account: BusinessAccountId, me: TeamMemberId) -> AppResult<i64> {
    let kept = on_backend!(conn, |conn| {
        exception_counts::table
            .find((account, "MINE", me))
            .select(exception_counts::n)
            .first(conn)
            .optional()
    })?;
    Ok(kept.unwrap_or_default())
}

/// The counts that are the same for everybody: those that triggers keep, and the two that depend on the time, counted
/// up to a bound.
pub fn shared_counts(conn: &mut AnyConnection, account: BusinessAccountId, now: Ts) -> AppResult<TabCounts> {
    let kept: Vec<(String, i64)> = exception_counts::table
        .filter(exception_counts::business_account_id.eq(account))
        .filter(exception_counts::tab.ne("MINE"))
        .select((exception_counts::tab, exception_counts::n))
        .load(conn)?;
    let mut counts = TabCounts::default();
    for (tab, n) in kept {
        match tab.as_str() {
            "UNASSIGNED" => counts.unassigned = n,
            "OPEN" => counts.open = n,
            "WAITING" => counts.waiting = n,
            "SNOOZED" => counts.snoozed = n,
            "RESOLVED" => counts.resolved = n,
            _ => {}
        }
    }
    counts.overdue = count_due(conn, account, Ts::default(), now)?;
    counts.soon = count_due(conn, account, now, Ts::from_micros(now.plus(SOON).micros() + 1))?;
    Ok(counts)
}

/// Open exceptions due in `[from, to)`, counted up to the bound: at most so many entries of one index are passed over.
fn count_due(conn: &mut AnyConnection, account: BusinessAccountId, from: Ts, to: Ts) -> AppResult<i64> {
    let due = || {
        exceptions::table
            .filter(exceptions::business_account_id.eq(account))
            .filter(exceptions::is_open.eq(true))
            .filter(exceptions::snoozed_until.is_null())
            .filter(exceptions::due_at.ge(from))
            .filter(exceptions::due_at.lt(to))
    };
    // To skip an entry costs half of counting it, and a busy desk is beyond the bound most of the time.
    let beyond: Option<Ts> = due()
        .order(exceptions::due_at)
        .select(exceptions::due_at)
        .offset(COUNTED_UP_TO)
        .limit(1)
        .first(conn)
        .optional()?;
    if beyond.is_some() {
        return Ok(COUNTED_UP_TO + 1);
    }
    Ok(due().count().get_result(conn)?)
}

/// One exception of the business account.
pub fn find(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: ExceptionId,
) -> AppResult<Option<ExceptionRow>> {
    // Every act and every page begins with it.
    Ok(on_backend!(conn, |conn| {
        exceptions::table
            .find(id)
            .filter(exceptions::business_account_id.eq(account))
            .select(ExceptionRow::as_select())
            .first(conn)
            .optional()
    })?)
}

/// One exception of the business account, or `NotFound`.
pub fn get(conn: &mut AnyConnection, account: BusinessAccountId, id: ExceptionId) -> AppResult<ExceptionRow> {
    find(conn, account, id)?.ok_or(AppError::NotFound)
}

/// Those of `ids` that the business account has, in no order.
pub fn list_by_ids(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    ids: &[ExceptionId],
) -> AppResult<Vec<ExceptionRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(on_backend!(conn, |conn| {
        exceptions::table
            .filter(within(exceptions::id, ids))
            .filter(exceptions::business_account_id.eq(account))
            .select(ExceptionRow::as_select())
            .load(conn)
    })?)
}

/// The same in the order of the ids.
///
/// # Errors
/// The database's.
pub fn list_in_order(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    ids: &[ExceptionId],
) -> AppResult<Vec<ExceptionRow>> {
    let rows = list_by_ids(conn, account, ids)?;
    let mut by_id: HashMap<ExceptionId, ExceptionRow> = rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
}

/// What its source said.
pub fn source_of(conn: &mut AnyConnection, row: &ExceptionRow) -> AppResult<SourceRow> {
    let found = exception_sources::table
        .find(row.id)
        .select(SourceRow::as_select())
        .first(conn)
        .optional()?;
    Ok(found.unwrap_or_else(|| SourceRow::nothing(row)))
}

/// What the sources of several said, by exception.
pub fn sources_of(
    conn: &mut AnyConnection,
    rows: &[ExceptionRow],
) -> AppResult<HashMap<ExceptionId, SourceRow>> {
    let ids: Vec<ExceptionId> = rows.iter().map(|row| row.id).collect();
    let found: Vec<SourceRow> = among!(
        exception_sources::table.into_boxed(),
        exception_sources::exception_id,
        &ids[..]
    )
    .select(SourceRow::as_select())
    .load(conn)?;
    Ok(found.into_iter().map(|said| (said.exception_id, said)).collect())
}

/// What lists tell of the sources of several, by exception.
pub fn sources_told(
    conn: &mut AnyConnection,
    rows: &[ExceptionRow],
) -> AppResult<HashMap<ExceptionId, SourceTold>> {
    let ids: Vec<ExceptionId> = rows.iter().map(|row| row.id).collect();
    let found: Vec<SourceTold> = on_backend!(conn, |conn| {
        exception_sources::table
            .filter(within(exception_sources::exception_id, &ids))
            .select(SourceTold::as_select())
            .load(conn)
    })?;
    Ok(found.into_iter().map(|told| (told.exception_id, told)).collect())
}

/// The most urgent exception that nobody has and that can be taken.
pub fn most_urgent(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Option<ExceptionRow>> {
    Ok(exceptions::table
        .filter(exceptions::business_account_id.eq(account))
        .filter(exceptions::is_open.eq(true))
        .filter(exceptions::assignee_id.is_null())
        .filter(exceptions::snoozed_until.is_null())
        .filter(exceptions::status.ne(Status::PendingResolution))
        .filter(exceptions::waiting_since.is_null())
        .order((exceptions::due_at.asc(), exceptions::id.asc()))
        .select(ExceptionRow::as_select())
        .first(conn)
        .optional()?)
}

/// Stores what an act changed of an exception, against the version that was read. Only that is named in the statement:
/// SQLite writes every index anew of which a column is named, whether its value is another or not.
///
/// # Errors
/// `NotFound` when the version is not the stored one: callers read it in the same transaction, so it cannot be.
pub fn update(conn: &mut AnyConnection, before: &ExceptionRow, row: &ExceptionRow) -> AppResult<()> {
    let stored = exceptions::id
        .eq(row.id)
        .and(exceptions::version.eq(before.version));
    let mut update = Update::of("exceptions", stored);
    macro_rules! changed {
        ($($column:ident),+) => {
            $(if before.$column != row.$column {
                update.set(exceptions::$column.eq(&row.$column));
            })+
        };
    }
    changed!(status, is_open, was_reopened, assignee_id, resolution_id, held_at);
    changed!(
        severity,
        severity_rule,
        severity_fixed,
        due_at,
        due_rule,
        sla_from,
        sla_severity
    );
    changed!(snoozed_until, snooze_reason);
    changed!(
        waiting_since,
        waiting_for,
        waiting_reason,
        waiting_until,
        waiting_told
    );
    changed!(sla_paused, waited);
    changed!(
        external_system,
        external_issue_id,
        external_url,
        external_updated_at
    );
    changed!(updated_by_kind, updated_by_id, updated_at);
    update.set(exceptions::version.eq(row.version));
    if update.execute(conn)? == 1 {
        Ok(())
    } else {
        Err(AppError::NotFound)
    }
}

/// Marks that its holder did something with an exception that changes nothing of it.
pub fn hold(tx: &mut Tx<'_>, id: ExceptionId) -> AppResult<()> {
    let mut update = Update::of("exceptions", exceptions::id.eq(id));
    update.set(exceptions::held_at.eq(tx.now));
    update.execute(tx.conn)?;
    Ok(())
}

/// A team member who may have exceptions.
#[derive(Clone, Debug, Queryable)]
pub struct Worker {
    pub id: TeamMemberId,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub role: Role,
}

impl Worker {
    /// First and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    fn may_work(&self) -> bool {
        self.role.may(crate::auth::permission::Right::Work)
    }
}

/// Who may work exceptions in the business account, by name.
pub fn workers(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Vec<Worker>> {
    let everybody: Vec<Worker> = members_who_are_here(account)
        .order((
            team_members::first_name,
            team_members::last_name,
            team_members::id,
        ))
        .load(conn)?;
    Ok(everybody.into_iter().filter(Worker::may_work).collect())
}

/// The one of them with this id.
pub fn worker(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: TeamMemberId,
) -> AppResult<Option<Worker>> {
    let found: Option<Worker> = on_backend!(conn, |conn| {
        members_who_are_here(account)
            .filter(memberships::team_member_id.eq(id))
            .first(conn)
            .optional()
    })?;
    Ok(found.filter(Worker::may_work))
}

#[dsl::auto_type(no_type_alias)]
fn members_who_are_here(account: BusinessAccountId) -> _ {
    let active: AccessState = AccessState::Active;
    memberships::table
        .inner_join(team_members::table)
        .filter(memberships::business_account_id.eq(account))
        .filter(memberships::state.eq(active))
        .select((
            team_members::id,
            team_members::first_name,
            team_members::last_name,
            team_members::email,
            memberships::role,
        ))
}

/// Name and e-mail address of a team member, also of one who has left.
pub fn person(conn: &mut AnyConnection, id: TeamMemberId) -> AppResult<(String, String)> {
    let (first, last, email) = on_backend!(conn, |conn| {
        team_members::table
            .find(id)
            .select((
                team_members::first_name,
                team_members::last_name,
                team_members::email,
            ))
            .first::<(String, String, String)>(conn)
    })?;
    Ok((format!("{first} {last}"), email))
}

/// How many open exceptions each member has.
pub fn loads(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Vec<(TeamMemberId, i64)>> {
    Ok(exception_counts::table
        .filter(exception_counts::business_account_id.eq(account))
        .filter(exception_counts::tab.eq("MINE"))
        .select((exception_counts::member, exception_counts::n))
        .load(conn)?)
}

#[derive(QueryableByName)]
struct DueRow {
    #[diesel(sql_type = UuidSql)]
    business_account_id: BusinessAccountId,
    #[diesel(sql_type = UuidSql)]
    id: ExceptionId,
}

/// What was put aside until now or before, of every business account: a question of the clock, like the next one.
pub(super) fn to_wake(
    conn: &mut AnyConnection,
    now: Ts,
    limit: i64,
) -> AppResult<Vec<(BusinessAccountId, ExceptionId)>> {
    Ok(exceptions::table
        .filter(exceptions::snoozed_until.is_not_null())
        .filter(exceptions::snoozed_until.le(now))
        .order(exceptions::snoozed_until)
        .limit(limit)
        .select((exceptions::business_account_id, exceptions::id))
        .load(conn)?)
}

/// What waits for somebody outside until now or before, of every business account.
pub(super) fn to_go_on(
    conn: &mut AnyConnection,
    now: Ts,
    limit: i64,
) -> AppResult<Vec<(BusinessAccountId, ExceptionId)>> {
    Ok(exceptions::table
        .filter(exceptions::waiting_until.is_not_null())
        .filter(exceptions::waiting_until.le(now))
        .order(exceptions::waiting_until)
        .limit(limit)
        .select((exceptions::business_account_id, exceptions::id))
        .load(conn)?)
}

/// What waits for somebody outside and is about one of these transactions or entities.
pub(super) fn waiting_about(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    about: &[uuid::Uuid],
) -> AppResult<Vec<ExceptionId>> {
    let waiting = || {
        exceptions::table
            .filter(exceptions::business_account_id.eq(account))
            .filter(exceptions::waiting_since.is_not_null())
            .select(exceptions::id)
    };
    let mut found = BTreeSet::new();
    for id in about.iter().filter(|id| !id.is_nil()) {
        let transaction = TransactionId::from_uuid(*id);
        let of_transaction: Vec<ExceptionId> = waiting()
            .filter(exceptions::transaction_id.eq(transaction))
            .load(conn)?;
        let entity: Id<Anything> = Id::from_uuid(*id);
        let of_entity: Vec<ExceptionId> = waiting().filter(exceptions::entity_id.eq(entity)).load(conn)?;
        found.extend(of_transaction.into_iter().chain(of_entity));
    }
    Ok(found.into_iter().collect())
}

/// Open exceptions that have grown older than their severity, of every business account: those that the rule may raise.
pub(super) fn to_raise(
    conn: &mut AnyConnection,
    now: Ts,
    limit: i64,
) -> AppResult<Vec<(BusinessAccountId, ExceptionId)>> {
    let mut found = Vec::new();
    // An account after another: where thresholds differ, what is young for one is old for another.
    for (account, _) in members::queries::list_accounts(conn)? {
        let thresholds: Thresholds = policies::rules::of(conn, account)?;
        for pair in Severity::ALL.windows(2) {
            let [from, to] = pair else { continue };
            // The index of just these is used only where its own condition is written out.
            let older: Vec<DueRow> = sql_query(
                "SELECT business_account_id, id FROM exceptions WHERE is_open AND NOT severity_fixed \
                 AND business_account_id = $1 AND severity = $2 AND created_at <= $3 ORDER BY created_at LIMIT $4",
            )
            .bind::<UuidSql, _>(account)
            .bind::<sql_types::BigInt, _>(from.rank())
            .bind::<sql_types::BigInt, _>(now.minus(thresholds.age_of(*to)))
            .bind::<sql_types::BigInt, _>(limit)
            .load(conn)?;
            found.extend(older.into_iter().map(|r| (r.business_account_id, r.id)));
        }
    }
    Ok(found)
}
