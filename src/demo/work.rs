//! What people did with an exception since it was raised.

use std::{rc::Rc, time::Duration};

use super::{
    desk::Desk,
    fates::Fate,
    ledger::What,
    raised::About,
    remarks,
    rows::{NoteRow, any, by},
};
use crate::{
    auth::actor::Actor,
    exceptions::{
        aging,
        comment::CommentRow,
        model::{Entity, ResolutionKind, Severity, Status},
        row::{ExceptionRow, SourceRow},
    },
    history::{EntityType, EventKind},
    kernel::{clock::Ts, error::AppResult, id::CommentId},
    notes,
    policies::sla::Sla,
};

/// Nobody has changed the policies of the demo.
pub(super) const SLA: Sla = Sla::first();

impl Desk<'_> {
    /// Raises the exception that `about` is about, and does to it what `fate` says.
    pub(super) fn live(&mut self, at: Ts, fate: Fate) -> AppResult<()> {
        let subject = super::subjects::Subject::draw(&mut self.dice);
        let is_full = self.is_rich || self.dice.chance(10);
        let end = (fate == Fate::Resolved).then(|| subject.resolution(is_full, &mut self.dice));
        let Some((new, about)) = self.tell_of(subject, at, end, is_full) else {
            return Ok(());
        };
        let team = Rc::clone(&self.team);
        let raised_by = match new.source {
            crate::exceptions::model::Source::Api => &team.client,
            _ => &team.docket,
        };
        let id = self.dice.id(at);
        let (mut row, source) = crate::exceptions::raise::prepare(id, at, self.vault, raised_by, new, &SLA)?;
        let what = event(
            &row,
            EventKind::Create,
            ("", Status::New.as_str()),
            row.description.clone(),
        );
        self.ledger.tell(at, raised_by, what);
        self.follow(&mut row, &source, &about, fate, end, is_full)?;
        self.age(&mut row, is_full);
        self.batch.exceptions.push(row);
        self.batch.exception_sources.push(source);
        Ok(())
    }

    /// What the clock has done to it since.
    fn age(&mut self, row: &mut ExceptionRow, is_full: bool) {
        let before = row.severity;
        let Some(rose) = aging::grow_old(row, self.now, &SLA) else {
            return;
        };
        row.version += 1;
        if is_full {
            self.tell_risen(row, before, rose);
        }
    }

    /// Tells that the severity has risen by itself.
    pub(super) fn tell_risen(&mut self, row: &ExceptionRow, before: Severity, at: Ts) {
        let values = (before.as_str(), row.severity.as_str());
        let what = event(row, EventKind::Severity, values, aging::risen(before, row));
        self.ledger.tell(at, &self.team.docket, what);
    }

    fn follow(
        &mut self,
        row: &mut ExceptionRow,
        source: &SourceRow,
        about: &About,
        fate: Fate,
        end: Option<ResolutionKind>,
        is_full: bool,
    ) -> AppResult<()> {
        let at = row.created_at;
        let late = self.now.minus(Duration::from_secs(90)).max(at);
        match fate {
            Fate::New => {
                if is_full {
                    self.discuss(row, about, 12, (at, late));
                }
            }
            Fate::Held => {
                let taken = self.soon(at, late);
                self.take_on(row, taken, is_full);
                if is_full {
                    self.discuss(row, about, 45, (taken, late));
                }
            }
            Fate::Handed => {
                let handed = self.soon(at, late);
                let worker = self.team.worker(&mut self.dice);
                self.send_outside(row, source, worker, handed, is_full)?;
            }
            Fate::HandedByHolder => {
                let taken = self.soon(at, late);
                let worker = self.take_on(row, taken, is_full);
                let handed = self.soon(taken, late);
                self.send_outside(row, source, worker, handed, is_full)?;
            }
            Fate::SentBack | Fate::PutBack => {
                let taken = self.soon(at, late);
                let worker = self.take_on(row, taken, is_full);
                let resolved = self.soon(taken, late);
                self.resolve(row, about, worker, ResolutionKind::NoAction, resolved)?;
                let back = self.soon(resolved, late);
                self.send_back(row, source, worker, back);
                if fate == Fate::PutBack {
                    let again = self.soon(back, late);
                    let next = self.take_on(row, again, is_full);
                    let put = self.soon(again, late);
                    self.put_back(row, next, put);
                }
            }
            Fate::Resolved => {
                let within = at.plus(Duration::from_hours(96)).min(late);
                let taken = self.soon(at, within);
                let worker = self.take_on(row, taken, is_full);
                let resolved = self.soon(taken, within);
                if is_full {
                    self.discuss(row, about, 30, (taken, resolved));
                }
                let kind = Self::possible(end.unwrap_or(ResolutionKind::NoAction), about);
                self.resolve(row, about, worker, kind, resolved)?;
                self.review(row, worker, resolved);
            }
        }
        Ok(())
    }

    /// Somebody takes it, or is given it. Gives who.
    fn take_on(&mut self, row: &mut ExceptionRow, at: Ts, is_told: bool) -> usize {
        let team = Rc::clone(&self.team);
        let former = row.assignee_id;
        let kept = former.and_then(|id| team.members.iter().position(|m| m.id == id));
        let worker = kept.unwrap_or_else(|| team.worker(&mut self.dice));
        let Some(member) = team.members.get(worker) else {
            return worker;
        };
        let giver = self
            .dice
            .chance(20)
            .then(|| team.supervisor(worker, &mut self.dice))
            .flatten();
        let by_whom = giver.and_then(|i| team.members.get(i)).unwrap_or(member);
        row.assignee_id = Some(member.id);
        if is_told {
            if kept.is_none() {
                let sentence = match giver {
                    Some(_) => format!("gave it to {}", member.actor.name),
                    None => "took it".to_owned(),
                };
                let what = event(row, EventKind::AssignedTo, ("", &member.email), sentence);
                self.ledger.tell(at, &by_whom.actor, what);
            }
            self.tell_status(row, Status::InProgress, "", at, &by_whom.actor);
        }
        touch(row, Status::InProgress, at, &by_whom.actor);
        worker
    }

    fn put_back(&mut self, row: &mut ExceptionRow, worker: usize, at: Ts) {
        let team = Rc::clone(&self.team);
        let Some(member) = team.members.get(worker) else {
            return;
        };
        let sentence = "put it back for everybody".to_owned();
        let what = event(row, EventKind::AssignedTo, (&member.email, ""), sentence);
        self.ledger.tell(at, &member.actor, what);
        self.tell_status(row, Status::Reopened, "", at, &member.actor);
        row.assignee_id = None;
        touch(row, Status::Reopened, at, &member.actor);
    }

    /// Comments on it and notes on what it is about, by whoever has it or anybody.
    fn discuss(&mut self, row: &ExceptionRow, about: &About, percent: u32, (from, to): (Ts, Ts)) {
        let team = Rc::clone(&self.team);
        let mut at = from;
        while self.dice.chance(percent) {
            at = self.soon(at, to);
            let anybody = team.worker(&mut self.dice);
            let author = team
                .members
                .iter()
                .position(|m| Some(m.id) == row.assignee_id)
                .filter(|_| self.dice.chance(70))
                .unwrap_or(anybody);
            let Some(author) = team.members.get(author) else {
                return;
            };
            let text = remarks::comment(about.subject, &mut self.dice);
            let id: CommentId = self.dice.id(at);
            let what = event(row, EventKind::Comment, ("", text), "commented".into());
            self.ledger.tell(at, &author.actor, what);
            let comment = CommentRow {
                id,
                business_account_id: row.business_account_id,
                exception_id: row.id,
                text: text.to_owned(),
                author_kind: author.actor.kind,
                author_id: by(&author.actor),
                author_name: author.actor.name.clone(),
                created_at: at,
                edited_at: None,
                version: 1,
            };
            self.batch.comments.push(comment);
        }
        if self.dice.chance(percent / 3) {
            let writer = team.worker(&mut self.dice);
            if let Some(writer) = team.members.get(writer) {
                self.note(row, about, &writer.actor, self.now.min(to));
            }
        }
    }

    fn note(&mut self, row: &ExceptionRow, about: &About, writer: &Actor, at: Ts) {
        let (title, text) = remarks::note(about.subject, &mut self.dice);
        let note = NoteRow {
            id: self.dice.id(at),
            business_account_id: row.business_account_id,
            entity_id: row.entity_id,
            entity_type: row.entity_type.as_str(),
            title,
            text,
            created_by_kind: writer.kind,
            created_by_id: by(writer),
            created_by_name: writer.name.clone(),
            created_at: at,
            updated_by_kind: writer.kind,
            updated_by_id: by(writer),
            updated_at: at,
        };
        self.batch.notes.push(note);
        let entity = match row.entity_type {
            Entity::Transaction => EntityType::Transaction,
            Entity::FinancialAccount => EntityType::FinancialAccount,
            Entity::Customer => EntityType::Customer,
        };
        let said = notes::model::told(title, text);
        let what = What {
            entity: (entity, row.entity_id.uuid()),
            kind: EventKind::Note,
            values: ("", &said),
            description: "wrote a note".into(),
        };
        self.ledger.tell(at, writer, what);
    }

    /// Tells that the exception moves on from where it is.
    pub(super) fn tell_status(&mut self, row: &ExceptionRow, to: Status, why: &str, at: Ts, actor: &Actor) {
        let from = row.status;
        let mut text = format!("moved it from {} to {}", from.word(), to.word());
        if !why.is_empty() {
            text = format!("{text}: {why}");
        }
        let what = event(row, EventKind::StatusChange, (from.as_str(), to.as_str()), text);
        self.ledger.tell(at, actor, what);
    }
}

/// What happened to the exception.
pub(super) fn event<'a>(
    row: &ExceptionRow,
    kind: EventKind,
    values: (&'a str, &'a str),
    description: String,
) -> What<'a> {
    What {
        entity: (EntityType::Exception, row.id.uuid()),
        kind,
        values,
        description,
    }
}

/// The row after a change of status.
pub(super) fn touch(row: &mut ExceptionRow, status: Status, at: Ts, actor: &Actor) {
    row.status = status;
    row.is_open = status.is_open();
    row.updated_at = at;
    row.updated_by_kind = actor.kind;
    row.updated_by_id = actor.id.map(any);
    row.held_at = row.assignee_id.filter(|_| row.is_open).map(|_| at);
    row.version += 1;
}
