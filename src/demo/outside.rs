//! What goes to somebody outside. No connector of the demo is enabled, so it is handed over by hand, or whoever has it
//! waits. Rows and words are those of the commands that people use.

use std::rc::Rc;

use super::{
    desk::Desk,
    people::said,
    work::{SLA, event, touch},
};
use crate::{
    dispatch::{
        commands::place,
        model::{DispatchRow, Handover, Target},
    },
    exceptions::{
        model::{Kind, Party, Status},
        row::{ExceptionRow, SourceRow},
        waiting::{self, Wait},
    },
    history::EventKind,
    kernel::{clock::Ts, error::AppResult, id::DispatchId, text::Reason},
};

/// Whom the team asks outside, and who does that for it.
const OUTSIDE: [(Party, &str); 3] = [
    (Party::Bank, "Bank operations"),
    (Party::Customer, "Client services"),
    (Party::Processor, "Processor support"),
];

/// Whether whoever has one asks and waits, where others of the kind are handed over.
const fn is_asked_about(kind: Kind) -> bool {
    matches!(kind, Kind::AchReturn | Kind::VerificationDeclined)
}

impl Desk<'_> {
    /// Somebody outside has it, or is asked about it by whoever has it here.
    pub(super) fn send_outside(
        &mut self,
        row: &mut ExceptionRow,
        source: &SourceRow,
        worker: usize,
        at: Ts,
        is_told: bool,
    ) -> AppResult<()> {
        let number = self.dice.between(1_000, 9_999);
        let (party, colleagues) = self.dice.pick(&OUTSIDE);
        if row.assignee_id.is_some() && is_asked_about(row.kind) {
            let reason = format!("{colleagues} asked them, case {number}");
            let asked = Wait {
                party,
                reason: said(Reason::parse(&reason))?,
                until: None,
                told: None,
            };
            self.let_wait(row, source, worker, (&asked, at), is_told);
        } else {
            let wanted = Handover {
                target: Target::Manual,
                queue: format!("{colleagues}, case {number}"),
            };
            self.hand_over(row, worker, wanted, at, is_told);
        }
        Ok(())
    }

    fn let_wait(
        &mut self,
        row: &mut ExceptionRow,
        source: &SourceRow,
        worker: usize,
        (asked, at): (&Wait, Ts),
        is_told: bool,
    ) {
        let team = Rc::clone(&self.team);
        let Some(member) = team.members.get(worker) else {
            return;
        };
        let former = waiting::written(row.due_at);
        // Nothing of the demo is as old as that.
        let until = at.plus(SLA.thresholds.longest_snooze());
        let text = waiting::begin_at(row, source, &SLA, asked, (at, until));
        if is_told {
            let due = waiting::written(row.due_at);
            let what = event(row, EventKind::Due, (&former, &due), text);
            self.ledger.tell(at, &member.actor, what);
        }
        let status = row.status;
        touch(row, status, at, &member.actor);
    }

    fn hand_over(&mut self, row: &mut ExceptionRow, worker: usize, wanted: Handover, at: Ts, is_told: bool) {
        let team = Rc::clone(&self.team);
        let Some(member) = team.members.get(worker) else {
            return;
        };
        // There is one of each exception, so that its id does.
        let id = DispatchId::from_uuid(row.id.uuid());
        let dispatch = DispatchRow::new(id, &member.actor, row, wanted, at);
        place(row, dispatch.target);
        if is_told {
            self.tell_status(row, Status::PendingResolution, "", at, &member.actor);
            let values = ("", dispatch.target.as_str());
            let what = event(row, EventKind::Dispatch, values, dispatch.told());
            self.ledger.tell(at, &member.actor, what);
        }
        self.batch.dispatches.push(dispatch);
        touch(row, Status::PendingResolution, at, &member.actor);
    }
}
