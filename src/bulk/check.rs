//! What a plan comes to with what is typed, where that decides what each item gets: who is given how many, on which day
//! a payment goes out, which severity it was and which way its due time moves. The items and their versions stay those
//! of the plan, and nothing but the plan changes.

use std::collections::HashMap;

use super::{
    input::Input,
    model::{BulkRow, MOST, Outcome},
    plan::{CHANGED, Questions},
    queries, rating,
};
use crate::{
    auth::actor::Actor,
    db::Tx,
    desk::{
        hands::{self, Hand, NO_WORKER},
        teams::{self, Team},
    },
    exceptions::{
        assign::may_give,
        model::{Severity, Status},
        resolution::{How, Retrying},
        row::ExceptionRow,
    },
    kernel::{
        error::{AppError, AppResult},
        id::{BulkId, TeamMemberId},
    },
    policies::sla::Sla,
};

/// Asks for each item of a plan what it gets with `input`, and keeps that with the plan, to be looked at before it is
/// run.
///
/// # Errors
/// When somebody else planned it, or it has been run; `Invalid` at the field when nothing could be done with what was
/// typed: then the plan stays as it was.
pub fn check(tx: &mut Tx<'_>, actor: &Actor, id: BulkId, input: &Input) -> AppResult<BulkRow> {
    let mut row = queries::get(tx.conn, actor.business_account, id)?;
    row.check_run(actor)?;
    let Some(mut typed) = Typed::of(tx, actor, input)? else {
        return Ok(row);
    };
    let mut questions = Questions::of(tx.conn, actor, row.act)?;
    let items = queries::list_items(tx.conn, id, None, 0, MOST as i64)?;
    let (mut planned, mut refused_by_input) = (0, None);
    let mut changed: HashMap<(Outcome, String), Vec<i64>> = HashMap::new();
    for (item, exception) in &items {
        let told = if exception.version == item.seen_version {
            typed.ask(tx, actor, &mut questions, exception)?
        } else {
            Err(Refusal::of_item(CHANGED))
        };
        let (outcome, sentence) = match told {
            Ok(sentence) => {
                planned += 1;
                (Outcome::Planned, sentence)
            }
            Err(refusal) => {
                if refusal.is_of_input && refused_by_input.is_none() {
                    refused_by_input = Some(refusal.why.clone());
                }
                (Outcome::Skipped, refusal.why)
            }
        };
        if item.outcome != outcome || item.sentence != sentence {
            changed
                .entry((outcome, sentence))
                .or_default()
                .push(item.position);
        }
    }
    if planned == 0
        && let Some(why) = refused_by_input
    {
        return Err(AppError::field(typed.field(), why));
    }
    for ((outcome, sentence), positions) in changed {
        queries::set_outcomes(tx.conn, id, outcome, &sentence, &positions)?;
    }
    row.planned = planned;
    row.skipped = row.items - planned;
    row.input = Some(input.to_json()?);
    queries::update(tx.conn, &row)?;
    Ok(row)
}

/// Why an item is skipped.
struct Refusal {
    why: String,
    /// Other input could do it.
    is_of_input: bool,
}

impl Refusal {
    fn of_item(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            is_of_input: false,
        }
    }

    fn of_input(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            is_of_input: true,
        }
    }
}

/// What is typed, where that decides what each gets.
enum Typed {
    Assign(Giving),
    Retry(Retrying),
    Severity(Severity, Box<Sla>),
}

impl Typed {
    /// None for an act of which each gets the same whatever is typed.
    fn of(tx: &mut Tx<'_>, actor: &Actor, input: &Input) -> AppResult<Option<Self>> {
        Ok(match input {
            Input::Assign { to } => Some(Self::Assign(Giving::to_one(tx, actor, *to)?)),
            Input::AssignTeam { team } => {
                let team = match teams::get(tx.conn, actor.business_account, *team) {
                    Err(AppError::NotFound) => return Err(AppError::field("assignee", "Choose somebody.")),
                    found => found?,
                };
                Some(Self::Assign(Giving {
                    hands: hands::hands(tx.conn, actor.business_account, tx.now)?,
                    to: To::Team(team),
                }))
            }
            Input::Retry { date, .. } => {
                let day = date
                    .parse()
                    .map_err(|e| AppError::Internal(format!("no day {date:?}: {e}")))?;
                Some(Self::Retry(Retrying::on(day)))
            }
            Input::Severity { severity, .. } => {
                let severity = Severity::parse(severity)
                    .ok_or_else(|| AppError::Internal(format!("no severity {severity:?}")))?;
                Some(Self::Severity(
                    severity,
                    Box::new(Sla::of(tx.conn, actor.business_account)?),
                ))
            }
            _ => None,
        })
    }

    /// The field that tells what is wrong with it.
    const fn field(&self) -> &'static str {
        match self {
            Self::Assign(_) => "assignee",
            Self::Retry(_) => "date",
            Self::Severity(..) => "severity",
        }
    }

    /// What an item gets with it, or why it is skipped.
    fn ask(
        &mut self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        questions: &mut Questions<'_>,
        row: &ExceptionRow,
    ) -> AppResult<Result<String, Refusal>> {
        let how = match &*self {
            Self::Retry(asked) => Some(How::Retry(*asked)),
            _ => None,
        };
        let words = match questions.ask(tx, row, None, how.as_ref())? {
            Ok(words) => words,
            Err(AppError::Invalid(errors)) => {
                // Of a resolution's fields only the day was typed.
                return Ok(Err(match errors.of("retry_date") {
                    Some(why) => Refusal::of_input(why),
                    None => Refusal::of_item(AppError::Invalid(errors).sentence()),
                }));
            }
            Err(refusal) => return Ok(Err(Refusal::of_item(refusal.sentence()))),
        };
        let told = match self {
            Self::Retry(_) => Ok(words),
            Self::Assign(giving) => giving.give(actor, row, &questions.holder(tx.conn, row)?),
            Self::Severity(wanted, sla) => rating::rate(row, *wanted, tx.now, sla),
        };
        Ok(told.map_err(Refusal::of_input))
    }
}

/// To whom items are given, with what everybody has when the ones before are given.
struct Giving {
    hands: Vec<Hand>,
    to: To,
}

enum To {
    One(TeamMemberId),
    /// Each to whoever of it has the least.
    Team(Team),
}

impl Giving {
    /// To somebody who is here and can take at least one.
    fn to_one(tx: &mut Tx<'_>, actor: &Actor, to: TeamMemberId) -> AppResult<Self> {
        hands::check(tx.conn, actor.business_account, to, tx.now)?;
        Ok(Self {
            hands: hands::hands(tx.conn, actor.business_account, tx.now)?,
            to: To::One(to),
        })
    }

    /// Gives the next, as [`crate::exceptions::assign`] will: who may, who has it already, who has room.
    fn give(&mut self, actor: &Actor, row: &ExceptionRow, holder: &str) -> Result<String, String> {
        let to = match &self.to {
            To::One(to) => *to,
            To::Team(team) => hands::of_team(&self.hands, team)?.worker.id,
        };
        may_give(actor, to, row).map_err(|refusal| refusal.sentence())?;
        let hand = self
            .hands
            .iter_mut()
            .find(|hand| hand.worker.id == to)
            .ok_or(NO_WORKER)?;
        let name = hand.worker.name();
        if row.assignee_id == Some(to) && row.status == Status::InProgress {
            return Ok(format!("{name} has it already."));
        }
        hand.check()?;
        // What is put aside counts for nobody's limit.
        if row.snoozed_until.is_none() {
            hand.open += 1;
            if let Some(former) = self
                .hands
                .iter_mut()
                .find(|hand| Some(hand.worker.id) == row.assignee_id)
            {
                former.open -= 1;
            }
        }
        Ok(format!("Goes to {name}; {holder} has it now."))
    }
}
