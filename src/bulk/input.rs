//! What a bulk action is done with: typed once for all items, kept as JSON until the last is done.

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::model::BulkAct;
use crate::{
    db::AnyConnection,
    desk::teams,
    dispatch::{self, model::Target},
    exceptions::{
        assign::OF_TEAM,
        model::Severity,
        queries,
        resolution::{OverrideReason, retry::written},
        snooze, words,
    },
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, FieldErrors},
        id::{BusinessAccountId, TeamId, TeamMemberId},
        text::{CommentText, Reason, ResolutionNotes},
    },
    policies::{self, thresholds::Thresholds},
};

/// The form as it is typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RunForm {
    /// `check` of the button that looks again at what each gets, without running it.
    pub step: String,
    pub assignee: String,
    pub reason: String,
    pub notes: String,
    pub severity: String,
    pub length: String,
    pub until: String,
    pub content: String,
    #[serde(rename = "targetSystem")]
    pub target: String,
    pub queue: String,
    pub date: String,
    pub override_reason: String,
}

/// The input of each act. Texts were checked when they were typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Input {
    /// To whom.
    Assign { to: TeamMemberId },
    /// To which team: whoever of it is here and has the least gets each.
    AssignTeam { team: TeamId },
    /// Nothing is asked.
    Release,
    /// Why nothing had to be done.
    Resolve { reason: String, notes: String },
    /// Why the amounts are given up.
    WriteOff { reason: String, notes: String },
    /// Why no payment may use the accounts any more.
    SuspendAccount { reason: String, notes: String },
    /// When the payments are to take effect, as `2026-11-30`.
    Retry { date: String, notes: String },
    /// Why the matches are right, by its spelling.
    ForceMatch { why: String, notes: String },
    /// Which, by its spelling, and why.
    Severity { severity: String, reason: String },
    /// Until when, in microseconds since 1970, and why.
    Snooze {
        until: i64,
        reason: String,
        /// The time as whoever typed it reads it, with their time zone: the job knows nobody's.
        #[serde(default)]
        written: String,
    },
    /// What is said.
    Comment { text: String },
    /// Where to, by its spelling, and the queue there.
    Dispatch { target: String, queue: String },
    /// Nothing is asked.
    Approve,
}

impl Input {
    /// Reads what was typed for `act`; times are those of `zone`.
    ///
    /// # Errors
    /// Every wrong field.
    pub fn parse(
        act: BulkAct,
        typed: &RunForm,
        now: Ts,
        zone: Tz,
        thresholds: &Thresholds,
    ) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let reason = |errors: &mut FieldErrors| {
            errors
                .take("reason", Reason::parse(&typed.reason))
                .map(|r| r.as_str().to_owned())
        };
        let notes = |errors: &mut FieldErrors| {
            errors
                .take("notes", ResolutionNotes::parse(&typed.notes))
                .map(|n| n.as_str().to_owned())
        };
        let input = match act {
            BulkAct::Assign => {
                let to = match typed.assignee.strip_prefix(OF_TEAM) {
                    Some(team) => team.parse().ok().map(|team| Self::AssignTeam { team }),
                    None => typed.assignee.parse().ok().map(|to| Self::Assign { to }),
                };
                errors.take("assignee", to.ok_or_else(|| "Choose somebody.".to_owned()))
            }
            BulkAct::Release => Some(Self::Release),
            BulkAct::Approve => Some(Self::Approve),
            BulkAct::Resolve => {
                let reason = reason(&mut errors);
                let notes = notes(&mut errors);
                reason
                    .zip(notes)
                    .map(|(reason, notes)| Self::Resolve { reason, notes })
            }
            BulkAct::WriteOff | BulkAct::SuspendAccount => {
                let reason = reason(&mut errors);
                let notes = notes(&mut errors);
                reason.zip(notes).map(|(reason, notes)| match act {
                    BulkAct::WriteOff => Self::WriteOff { reason, notes },
                    _ => Self::SuspendAccount { reason, notes },
                })
            }
            BulkAct::Retry => {
                let date = (typed.date.trim().parse::<NaiveDate>())
                    .map(|day| day.to_string())
                    .map_err(|_| "Give a day such as 2026-11-21.".to_owned());
                let date = errors.take("date", date);
                let notes = notes(&mut errors);
                date.zip(notes).map(|(date, notes)| Self::Retry { date, notes })
            }
            BulkAct::ForceMatch => {
                let why = OverrideReason::parse(&typed.override_reason)
                    .map(|why| why.as_str().to_owned())
                    .ok_or_else(|| "Choose why the match is right.".to_owned());
                let why = errors.take("override_reason", why);
                let notes = notes(&mut errors);
                why.zip(notes).map(|(why, notes)| Self::ForceMatch { why, notes })
            }
            BulkAct::Severity => {
                let severity =
                    Severity::parse(&typed.severity).ok_or_else(|| "Choose a severity.".to_owned());
                let severity = errors.take("severity", severity);
                let reason = reason(&mut errors);
                severity.zip(reason).map(|(severity, reason)| Self::Severity {
                    severity: severity.as_str().to_owned(),
                    reason,
                })
            }
            BulkAct::Snooze => {
                let until = snooze::until(&typed.length, &typed.until, now, zone).and_then(|until| {
                    policies::snooze::check(until, now, thresholds.longest_snooze()).map(|()| until)
                });
                let until = errors.take("until", until);
                let reason = reason(&mut errors);
                until.zip(reason).map(|(until, reason)| Self::Snooze {
                    until: until.micros(),
                    reason,
                    written: format!("{} ({})", until.written_in(zone), zone.name()),
                })
            }
            BulkAct::Dispatch => match dispatch::form::read(&typed.target, &typed.queue) {
                Ok(wanted) => Some(Self::Dispatch {
                    target: wanted.target.as_str().to_owned(),
                    queue: wanted.queue,
                }),
                Err(wrong) => {
                    errors = wrong;
                    None
                }
            },
            BulkAct::Comment => errors
                .take("content", CommentText::parse(&typed.content))
                .map(|text| Self::Comment {
                    text: text.as_str().to_owned(),
                }),
        };
        input.filter(|_| errors.is_empty()).ok_or(errors)
    }

    /// As it was typed, for the form that shows it again before the run: empty for the acts that are run at once.
    pub fn typed(&self) -> RunForm {
        match self {
            Self::Assign { to } => RunForm {
                assignee: to.to_string(),
                ..RunForm::default()
            },
            Self::AssignTeam { team } => RunForm {
                assignee: format!("{OF_TEAM}{team}"),
                ..RunForm::default()
            },
            Self::Retry { date, notes } => RunForm {
                date: date.clone(),
                notes: notes.clone(),
                ..RunForm::default()
            },
            Self::Severity { severity, reason } => RunForm {
                severity: severity.clone(),
                reason: reason.clone(),
                ..RunForm::default()
            },
            _ => RunForm::default(),
        }
    }

    /// What it says, as a page lists it for who reads times in `zone`: labels and values, what decides the most first.
    pub fn facts(
        &self,
        conn: &mut AnyConnection,
        account: BusinessAccountId,
        zone: Tz,
    ) -> AppResult<Vec<(&'static str, String)>> {
        let (what, why) = match self {
            Self::Release | Self::Approve => return Ok(Vec::new()),
            Self::Assign { to } => (("Given to", queries::person(conn, *to)?.0), None),
            Self::AssignTeam { team } => {
                let teams = teams::list(conn, account)?;
                let found = teams.into_iter().find(|t| t.row.id == *team);
                let name = found.map_or_else(
                    || "A team that is no more".to_owned(),
                    |t| format!("Team {}", t.row.name),
                );
                (("Given to", name), None)
            }
            Self::Resolve { reason, notes }
            | Self::WriteOff { reason, notes }
            | Self::SuspendAccount { reason, notes } => (("Reason", reason.clone()), Some(("Notes", notes))),
            Self::Retry { date, notes } => {
                let day = date.parse::<NaiveDate>().map_or_else(|_| date.clone(), written);
                (("Takes effect", day), Some(("Notes", notes)))
            }
            Self::ForceMatch { why, notes } => (
                ("Why the matches are right", words::sentence_case(why)),
                Some(("Notes", notes)),
            ),
            Self::Severity { severity, reason } => (
                ("Severity", words::sentence_case(severity)),
                Some(("Reason", reason)),
            ),
            Self::Snooze { until, reason, .. } => (
                ("Until", Ts::from_micros(*until).written_in(zone)),
                Some(("Reason", reason)),
            ),
            Self::Comment { text } => (("Comment", text.clone()), None),
            Self::Dispatch { target, queue } => {
                let known = Target::parse(target).map(Target::label);
                let label = known.unwrap_or(target);
                (("Where to", label.to_owned()), Some(("Queue there", queue)))
            }
        };
        let why = why.filter(|(_, text)| !text.is_empty());
        Ok(std::iter::once(what)
            .chain(why.map(|(label, text)| (label, text.clone())))
            .collect())
    }

    /// As it is kept.
    pub fn to_json(&self) -> AppResult<String> {
        serde_json::to_string(self).map_err(|e| AppError::Internal(format!("bulk input: {e}")))
    }

    /// From what was kept.
    pub fn of_json(json: Option<&str>) -> AppResult<Self> {
        serde_json::from_str(json.unwrap_or_default())
            .map_err(|e| AppError::Internal(format!("bulk input: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_act_asks_for_what_it_needs_and_is_kept_whole() {
        let now = Ts::from_micros(1_793_718_000_000_000);
        let typed = RunForm {
            assignee: TeamMemberId::generate(now).to_string(),
            reason: "Cleaning up".into(),
            notes: "Agreed.".into(),
            severity: "LOW".into(),
            length: "TOMORROW".into(),
            content: "Look here".into(),
            target: "MANUAL".into(),
            date: "2026-11-30".into(),
            override_reason: "OPS_APPROVAL".into(),
            ..RunForm::default()
        };
        for act in BulkAct::ALL {
            let input = Input::parse(*act, &typed, now, Tz::UTC, &Thresholds::FIRST).unwrap();
            assert_eq!(
                Input::of_json(Some(&input.to_json().unwrap())).unwrap(),
                input,
                "{act}"
            );
            let bare = Input::parse(*act, &RunForm::default(), now, Tz::UTC, &Thresholds::FIRST);
            assert_eq!(
                bare.is_ok(),
                matches!(act, BulkAct::Release | BulkAct::Approve),
                "{act}"
            );
        }
    }
}
