//! Where an exception is outside, beside it on its page: the latest hand-over with its attempts, those before it, and
//! what can be done.

use chrono_tz::Tz;

use super::{
    model::{AttemptRow, DispatchRow, DispatchState, MOST_ATTEMPTS, Target},
    queries,
};
use crate::{
    auth::actor::Actor,
    db::AnyConnection,
    exceptions::{model::Act, row::ExceptionRow},
    kernel::{clock::Ts, error::AppResult},
    web::{
        time::stamp,
        ui::{Entry, Link, Moment, Stamp, Tag, Tone},
    },
};

/// Hand-overs that are looked at.
const SHOWN: i64 = 10;

/// The hand-overs of an exception and the attempts at them, the latest first.
#[derive(Clone, Debug, Default)]
pub struct Dispatched {
    rows: Vec<DispatchRow>,
    attempts: Vec<AttemptRow>,
}

impl Dispatched {
    /// Reads them.
    pub fn of(conn: &mut AnyConnection, row: &ExceptionRow) -> AppResult<Self> {
        let rows = queries::list_of_exception(conn, row.business_account_id, row.id, SHOWN)?;
        let attempts = if rows.is_empty() {
            Vec::new()
        } else {
            queries::attempts(conn, row.business_account_id, &rows)?
        };
        Ok(Self { rows, attempts })
    }

    /// The attempts after which it was tried again, for the line of time: what ended a hand-over is in the history.
    pub fn moments(&self, now: Ts, zone: Tz) -> Vec<(Ts, Moment)> {
        let target = |attempt: &AttemptRow| {
            let row = self.rows.iter().find(|row| row.id == attempt.dispatch_id);
            row.map_or(Target::Manual, |row| row.target).named()
        };
        self.attempts
            .iter()
            .filter(|attempt| attempt.leads_to == DispatchState::Waiting)
            .map(|attempt| {
                let entry = Entry {
                    icon: "repeat",
                    who: "Docket".into(),
                    what: format!(
                        "tried to hand it to {}, and tries again: {}",
                        target(attempt),
                        attempt.outcome
                    ),
                    at: stamp(attempt.at, now, zone),
                    text: None,
                };
                (attempt.at, Moment::from(entry))
            })
            .collect()
    }

    /// Where it waits, for the note at the head of the page.
    pub fn waits_for(&self, row: &ExceptionRow) -> String {
        let Some(latest) = self.rows.first() else {
            return "It waits for an outside system.".into();
        };
        match (latest.state, &row.external_issue_id) {
            (DispatchState::Waiting, _) => format!("It is being handed to {}.", latest.target.named()),
            (_, Some(issue)) => format!("It waits for {}: {issue}.", latest.target.named()),
            (_, None) => format!("It waits for {}.", latest.target.named()),
        }
    }
}

/// The card.
pub struct DispatchCard {
    pub latest: Option<Latest>,
    /// Where it can be handed over; none when this person may not now.
    pub open: Option<String>,
    pub can_recall: bool,
    /// What the button to send again says; none when there is nothing to send again.
    pub resend: Option<&'static str>,
}

/// The latest hand-over.
pub struct Latest {
    pub target: &'static str,
    pub state: Tag,
    pub by: String,
    pub at: Stamp,
    pub queue: String,
    /// What it is called there.
    pub issue: String,
    /// Its page there.
    pub page: Option<Link>,
    /// How often it was tried, and when it is next.
    pub tried: String,
    pub next: Option<Stamp>,
    /// Why the other side does not have it yet, or will not; empty when it has it.
    pub trouble: String,
    pub attempts: Vec<AttemptLine>,
}

/// An attempt.
pub struct AttemptLine {
    pub at: Stamp,
    pub outcome: String,
}

impl DispatchCard {
    /// For `actor`; `holder` is the name of who has it.
    pub fn of(
        found: &Dispatched,
        row: &ExceptionRow,
        actor: &Actor,
        holder: Option<&str>,
        (now, zone): (Ts, Tz),
    ) -> Self {
        let may = |act: Act| row.standing().check(act, actor, holder).is_ok();
        let latest = found.rows.first();
        let resend = match latest.map(|latest| latest.state) {
            Some(DispatchState::Waiting) if may(Act::Recall) => Some("Send now"),
            Some(DispatchState::Failed) if may(Act::Dispatch) => Some("Send again"),
            _ => None,
        };
        Self {
            latest: latest.map(|latest| view(latest, found, row, (now, zone))),
            open: may(Act::Dispatch).then(|| format!("/exceptions/{}/dispatch", row.id)),
            can_recall: may(Act::Recall),
            resend,
        }
    }
}

fn view(latest: &DispatchRow, found: &Dispatched, row: &ExceptionRow, (now, zone): (Ts, Tz)) -> Latest {
    let at = |at: Ts| stamp(at, now, zone);
    // A callback may have named it where the answer did not.
    let is_there = latest.state == DispatchState::Delivered;
    let called = row.external_issue_id.clone().filter(|_| is_there);
    let issue = called.unwrap_or_else(|| latest.external_issue_id.clone());
    Latest {
        target: latest.target.label(),
        state: tag(latest),
        by: latest.dispatched_by_name.clone(),
        at: at(latest.created_at),
        queue: latest.queue.clone(),
        page: (!latest.external_url.is_empty()).then(|| Link {
            href: latest.external_url.clone(),
            label: if issue.is_empty() {
                "Open it there".into()
            } else {
                issue.clone()
            },
        }),
        issue,
        tried: match (latest.target, latest.attempts) {
            (Target::Manual, _) => "Nothing is called: somebody sees to it outside.".into(),
            (_, 0) => "It was not tried yet.".into(),
            (_, 1) => "Tried once.".into(),
            (_, n) => format!("Tried {n} times, at most {MOST_ATTEMPTS}."),
        },
        next: (latest.state == DispatchState::Waiting && latest.attempts > 0).then(|| at(latest.next_at)),
        trouble: match latest.state {
            DispatchState::Waiting | DispatchState::Failed => latest.last_outcome.clone(),
            DispatchState::Delivered | DispatchState::Withdrawn => String::new(),
        },
        attempts: found
            .attempts
            .iter()
            .filter(|attempt| attempt.dispatch_id == latest.id)
            .map(|attempt| AttemptLine {
                at: at(attempt.at),
                outcome: attempt.outcome.clone(),
            })
            .collect(),
    }
}

fn tag(row: &DispatchRow) -> Tag {
    let (tone, icon, text) = match (row.state, row.attempts) {
        (DispatchState::Waiting, 0) => (Tone::Grey, "hourglass", "Being sent"),
        (DispatchState::Waiting, _) => (Tone::Amber, "repeat", "Tried again"),
        (DispatchState::Delivered, _) => (Tone::Green, "circle-check", "Handed over"),
        (DispatchState::Failed, _) => (Tone::Red, "circle-x", "Not handed over"),
        (DispatchState::Withdrawn, _) => (Tone::Grey, "undo-2", "Taken back"),
    };
    Tag {
        tone,
        icon,
        text: text.into(),
    }
}
