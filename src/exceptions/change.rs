//! The frame of every act on an exception: load it, ask the lifecycle, check that nobody changed it since it was read;
//! afterwards store it with its history.

use std::time::Duration;

use super::{
    aging, due,
    model::{Act, Party, Status},
    queries,
    row::ExceptionRow,
    waiting,
};
use crate::{
    auth::actor::Actor,
    db::Tx,
    desk, dispatch,
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code},
        id::{ExceptionId, Id, TeamMemberId},
    },
    notifications::{commands::tell, model::Kind},
    policies::sla::Sla,
    web::time::span,
};

/// An exception about to be changed.
pub struct Change {
    /// As it is stored; the act changes it.
    pub row: ExceptionRow,
    /// As it was.
    pub before: ExceptionRow,
    /// The status that the act leads to.
    pub next: Status,
}

/// Loads the exception for `act`. `seen` is the version the person had before them; without one the lifecycle's own
/// guards decide.
///
/// # Errors
/// `NotFound`; what the lifecycle refuses; `Stale` when somebody changed it since.
pub fn begin(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    act: Act,
    seen: Option<i64>,
) -> AppResult<Change> {
    let row = queries::get(tx.conn, actor.business_account, id)?;
    begin_on(tx, actor, row, act, seen)
}

/// As [`begin`], of an exception that this command has read.
pub(super) fn begin_on(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: ExceptionRow,
    act: Act,
    seen: Option<i64>,
) -> AppResult<Change> {
    let mut standing = row.standing();
    if act == Act::TakeOver {
        standing.is_loose = desk::loose::why(tx.conn, &row, actor, tx.now)?.is_some();
    }
    // Only a refusal names who has it.
    let next = match (standing.check(act, actor, None), row.assignee_id) {
        (Err(_), Some(holder)) => {
            let (name, _) = queries::person(tx.conn, holder)?;
            standing.check(act, actor, Some(&name))?
        }
        (checked, _) => checked?,
    };
    if seen.is_some_and(|seen| seen != row.version) {
        return Err(AppError::refused(
            Code::Stale,
            "Somebody changed it since you opened it.",
        ));
    }
    Ok(Change {
        before: row.clone(),
        row,
        next,
    })
}

impl Change {
    /// Gives it to `to`, or to nobody.
    pub fn give(&mut self, to: Option<TeamMemberId>) {
        self.row.assignee_id = to;
    }

    /// Brings it back when it was put aside: somebody works on it now.
    pub fn wake(&mut self) {
        self.row.snoozed_until = None;
        self.row.snooze_reason = None;
    }

    /// Ends its waiting for somebody outside, as `why` says, or by hand: its SLA goes on, the history tells when it is
    /// due, and those who are to be told are told.
    pub fn resume(&mut self, tx: &mut Tx<'_>, actor: &Actor, why: Option<&str>) -> AppResult<()> {
        let Some(since) = self.row.waiting_since else {
            return Ok(());
        };
        let source = queries::source_of(tx.conn, &self.row)?;
        let sla = Sla::of(tx.conn, self.row.business_account_id)?;
        let former = waiting::written(self.row.due_at);
        let mut people = vec![
            self.row.waiting_told,
            self.before.assignee_id,
            self.row.assignee_id,
        ];
        let whom = self.row.waiting_for.map_or("somebody outside", Party::words);
        due::resume(&mut self.row, tx.now, &source, &sla);
        let after = match tx.now.since(since) {
            short if short < Duration::from_mins(1) => String::new(),
            length => format!(" after {}", span(length)),
        };
        let because = why.map(|why| format!(": {why}")).unwrap_or_default();
        let text = format!(
            "stopped waiting for {whom}{after}{because}. {}",
            self.row.due_rule
        );
        let values = (former, waiting::written(self.row.due_at));
        self.record(tx, actor, EventKind::Due, (&values.0, &values.1), &text)?;
        let why = why.map_or_else(|| format!("{} resumed it", actor.name), str::to_owned);
        people.sort_unstable();
        people.dedup();
        for to in people
            .into_iter()
            .flatten()
            .filter(|to| actor.member() != Some(*to))
        {
            tell(
                tx,
                &self.row,
                to,
                Kind::GoesOn,
                &format!("it waits no more: {why}."),
            )?;
        }
        Ok(())
    }

    /// It is open again: its SLA stood still since it was resolved, and the history tells when it is due now.
    pub fn rested(&mut self, tx: &mut Tx<'_>, actor: &Actor, since: Ts) -> AppResult<()> {
        let source = queries::source_of(tx.conn, &self.row)?;
        let sla = Sla::of(tx.conn, self.row.business_account_id)?;
        if aging::reopened(&mut self.row, &source, (since, tx.now), &sla) {
            aging::tell_risen(tx, self.before.severity, &self.row)?;
        }
        if self.row.due_at == self.before.due_at {
            return Ok(());
        }
        let values = (
            waiting::written(self.before.due_at),
            waiting::written(self.row.due_at),
        );
        let text = due::moved(&self.row);
        self.record(tx, actor, EventKind::Due, (&values.0, &values.1), &text)
    }

    /// Stores the changed exception, and writes an event for a changed status and one for a changed holder.
    pub fn store(mut self, tx: &mut Tx<'_>, actor: &Actor, why: &str) -> AppResult<ExceptionRow> {
        self.row.status = self.next;
        self.row.is_open = self.next.is_open();
        if !self.row.is_open {
            self.wake();
        }
        // Whom it waited for has answered: it is closed, or taken back from an outside system.
        let is_taken_back = self.before.status == Status::PendingResolution
            && self.row.status != self.before.status
            && self.row.is_open;
        if !self.row.is_open || is_taken_back {
            let why = if is_taken_back {
                "it came back from the outside system"
            } else {
                "it is closed"
            };
            self.resume(tx, actor, Some(why))?;
        }
        let by_its_holder = actor.member().is_some() && self.row.assignee_id == actor.member();
        if self.row.assignee_id.is_none() {
            self.row.held_at = None;
        } else if by_its_holder || self.row.assignee_id != self.before.assignee_id {
            self.row.held_at = Some(tx.now);
        }
        self.row.updated_at = tx.now;
        self.row.updated_by_kind = actor.kind;
        self.row.updated_by_id = actor.id.map(Id::from_uuid);
        self.row.version += 1;
        queries::update(tx.conn, &self.before, &self.row)?;
        let was_waiting = self.before.status == Status::PendingResolution;
        if was_waiting && self.row.status != Status::PendingResolution {
            dispatch::queries::withdraw(tx.conn, self.row.business_account_id, self.row.id, tx.now)?;
        }
        let mut told: Vec<(EventKind, String, String, String)> = Vec::new();
        if self.before.assignee_id != self.row.assignee_id {
            let mut email = |member: Option<TeamMemberId>| {
                member
                    .map(|m| queries::person(tx.conn, m))
                    .transpose()
                    .map(Option::unwrap_or_default)
            };
            let ((_, previous), (name, new)) =
                (email(self.before.assignee_id)?, email(self.row.assignee_id)?);
            let text = match (name.is_empty(), why) {
                (true, _) => "put it back for everybody".to_owned(),
                (false, "") if self.row.assignee_id == actor.member() => "took it".to_owned(),
                (false, "") => format!("gave it to {name}"),
                (false, why) => format!("gave it to {name}: {why}"),
            };
            told.push((EventKind::AssignedTo, previous, new, text));
        }
        if let (Some(until), None) = (self.before.snoozed_until, self.row.snoozed_until) {
            told.push((
                EventKind::Snooze,
                until.rfc3339(),
                String::new(),
                "woke it".to_owned(),
            ));
        }
        if self.before.status != self.row.status {
            let (was, is) = (
                self.before.status.as_str().to_owned(),
                self.row.status.as_str().to_owned(),
            );
            let text = format!(
                "moved it from {} to {}",
                self.before.status.word(),
                self.row.status.word()
            );
            let text = if why.is_empty() {
                text
            } else {
                format!("{text}: {why}")
            };
            told.push((EventKind::StatusChange, was, is, text));
        }
        let happenings: Vec<Happening<'_>> = told
            .iter()
            .map(|(kind, previous, new, description)| Happening {
                entity_type: EntityType::Exception,
                entity_id: self.row.id.uuid(),
                kind: *kind,
                previous,
                new,
                description,
            })
            .collect();
        history::record_all(tx, actor, &happenings)?;
        Ok(self.row)
    }

    pub(super) fn record(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        kind: EventKind,
        values: (&str, &str),
        text: &str,
    ) -> AppResult<()> {
        record(tx, actor, self.row.id, kind, values, text)
    }
}

/// Writes an event about an exception.
pub fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    kind: EventKind,
    (previous, new): (&str, &str),
    description: &str,
) -> AppResult<()> {
    let entity_type = EntityType::Exception;
    history::record(
        tx,
        actor,
        &Happening {
            entity_type,
            entity_id: id.uuid(),
            kind,
            previous,
            new,
            description,
        },
    )
}
