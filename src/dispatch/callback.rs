//! What an outside system says of an exception (domain.md section 2.1, matcher.md section 6). Its words count in the
//! order of its own clock: what is older than what was applied is recorded and changes nothing. A resolved exception is
//! frozen. Who holds the exception does not matter: it was handed over.

use super::{
    model::{DispatchState, Target},
    queries,
};
use crate::{
    auth::{
        actor::Actor,
        permission::{Right, Role},
    },
    db::Tx,
    desk::hands,
    exceptions::{
        self,
        api_acts::member,
        change::{self, Change},
        model::Status,
        resolution::{self, How},
        row::ExceptionRow,
        wanted::Stand,
    },
    history::EventKind,
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code, FieldErrors},
        id::{ExceptionId, TeamMemberId},
        text::{Email, Reason, ResolutionNotes},
    },
    notifications::{self, model::Kind},
};

/// What was said, checked for its form.
#[derive(Clone, Debug)]
pub struct Callback {
    /// In capitals.
    pub system: String,
    /// What it is called there.
    pub issue: String,
    /// Where it stands, in Matcher's words.
    pub stand: Stand,
    /// How it was resolved.
    pub notes: Option<ResolutionNotes>,
    /// Who shall have it here.
    pub assignee: Option<Email>,
    /// When it is due there.
    pub due_at: Option<Ts>,
    /// When it was changed there.
    pub updated_at: Option<Ts>,
}

/// What it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The status stays as it is.
    Stay,
    /// It comes back to the desk.
    ComeBack,
    /// Somebody gets it.
    Give,
    /// It is closed.
    Resolve,
}

/// Where an exception stands, in Matcher's words.
fn stand(row: &ExceptionRow) -> Stand {
    match (row.status, row.assignee_id) {
        (Status::New | Status::Reopened, None) => Stand::Open,
        (Status::New | Status::Reopened, Some(_)) | (Status::InProgress, _) => Stand::Assigned,
        (Status::PendingResolution, _) => Stand::PendingResolution,
        (Status::Resolved, _) => Stand::Resolved,
    }
}

/// The step from where it stands to where it shall stand, if there is one.
const fn step(from: Stand, to: Stand) -> Option<Step> {
    match (from, to) {
        (Stand::Open | Stand::Assigned | Stand::PendingResolution, Stand::Resolved) => Some(Step::Resolve),
        (Stand::PendingResolution, Stand::Open | Stand::Assigned) => Some(Step::ComeBack),
        (Stand::Open, Stand::Assigned) => Some(Step::Give),
        (Stand::Open, Stand::Open)
        | (Stand::Assigned, Stand::Assigned)
        | (Stand::PendingResolution, Stand::PendingResolution) => Some(Step::Stay),
        (Stand::Resolved, _)
        | (Stand::Open | Stand::Assigned, Stand::PendingResolution)
        | (Stand::Assigned, Stand::Open) => None,
    }
}

/// Applies it, or records why it is ignored.
///
/// # Errors
/// `NotFound`; 400 when nobody would have it; `IllegalMove`; `RuleRefuses` when the exception is elsewhere.
pub fn apply(tx: &mut Tx<'_>, actor: &Actor, id: ExceptionId, said: &Callback) -> AppResult<()> {
    actor.require(Right::Work)?;
    let before = exceptions::queries::get(tx.conn, actor.business_account, id)?;
    must_be_there(tx, &before, said)?;
    if is_overtaken(&before, said) {
        let at = said.updated_at.map(Ts::rfc3339).unwrap_or_default();
        let text = format!(
            "said {} of {} as of {at}: older than what is known, ignored",
            said.stand, said.issue
        );
        return record(tx, actor, id, said, &text);
    }
    let from = stand(&before);
    let step = step(from, said.stand).ok_or_else(|| illegal(&before, said))?;
    let to = match &said.assignee {
        Some(email) => Some(member(tx.conn, actor.business_account, email)?),
        None => None,
    };
    let is_given = to.is_some() || before.assignee_id.is_some();
    if said.stand == Stand::Assigned && !is_given {
        let why = "Nobody has it: say who shall, by an e-mail address.";
        return Err(AppError::Unreadable(FieldErrors::one("assignee", why)));
    }
    confirm(tx, &before, said)?;
    let text = format!("said {} of {}", said.stand, said.issue);
    record(tx, actor, id, said, &text)?;
    let after = change(tx, actor, before.clone(), said, step, to)?;
    if step == Step::Resolve {
        resolve(tx, actor, id, said)?;
    }
    tell(tx, actor, &before, &after, said, step)
}

/// An exception that is with one system, or known there by one name, hears of no other.
fn must_be_there(tx: &mut Tx<'_>, row: &ExceptionRow, said: &Callback) -> AppResult<()> {
    let refused = |why: String| Err(AppError::refused(Code::RuleRefuses, why));
    let under_way = queries::latest(tx.conn, row.business_account_id, row.id)?
        .filter(|dispatch| dispatch.state == DispatchState::Waiting)
        .map(|dispatch| dispatch.target.as_str().to_owned());
    let place = under_way.or_else(|| row.external_system.clone());
    match (&place, &row.external_issue_id) {
        // By hand: whoever sees to it may use any system.
        (Some(place), _) if place == Target::Manual.as_str() => Ok(()),
        (Some(place), _) if *place != said.system => {
            refused(format!("It is with {place}, and not with {}.", said.system))
        }
        (_, Some(issue)) if *issue != said.issue => refused(format!(
            "It is known there as {issue}, and not as {}.",
            said.issue
        )),
        _ => Ok(()),
    }
}

/// Whether a later word was heard, or this very one.
fn is_overtaken(row: &ExceptionRow, said: &Callback) -> bool {
    match (said.updated_at, row.external_updated_at) {
        (Some(at), Some(applied)) => at < applied || (at == applied && stand(row) == said.stand),
        _ => false,
    }
}

fn illegal(row: &ExceptionRow, said: &Callback) -> AppError {
    let why = match row.status {
        Status::Resolved => "It is resolved, and nothing on it changes until it is reopened.",
        _ => "There is no such move by a callback.",
    };
    AppError::Move {
        from: stand(row).as_str(),
        to: said.stand.as_str(),
        why: why.into(),
    }
}

/// Whoever speaks of it has it: a hand-over whose answer has not come yet need not be repeated.
fn confirm(tx: &mut Tx<'_>, row: &ExceptionRow, said: &Callback) -> AppResult<()> {
    let Some(mut dispatch) = queries::latest(tx.conn, row.business_account_id, row.id)? else {
        return Ok(());
    };
    if dispatch.state == DispatchState::Waiting && dispatch.target.as_str() == said.system {
        dispatch.state = DispatchState::Delivered;
        dispatch.ended_at = Some(tx.now);
        dispatch.external_issue_id.clone_from(&said.issue);
        queries::update(tx.conn, &dispatch)?;
    }
    Ok(())
}

fn change(
    tx: &mut Tx<'_>,
    actor: &Actor,
    before: ExceptionRow,
    said: &Callback,
    step: Step,
    to: Option<TeamMemberId>,
) -> AppResult<ExceptionRow> {
    let mut row = before.clone();
    row.external_system = Some(said.system.clone());
    row.external_issue_id = Some(said.issue.clone());
    row.external_updated_at = said.updated_at.or(row.external_updated_at);
    if let Some(to) = to.filter(|to| row.assignee_id != Some(*to)) {
        hands::check(tx.conn, actor.business_account, to, tx.now)?;
        row.assignee_id = Some(to);
    }
    // An outside system does not put off what the rules or we have set.
    let sooner = said.due_at.filter(|due| *due < row.due_at);
    if let Some(due) = sooner {
        row.due_at = due;
        row.due_rule = format!("Told by {}.", said.system);
    }
    let next = match step {
        Step::Stay | Step::Resolve => row.status,
        Step::ComeBack | Step::Give if row.assignee_id.is_some() => Status::InProgress,
        Step::ComeBack | Step::Give if row.was_reopened => Status::Reopened,
        Step::ComeBack | Step::Give => Status::New,
    };
    let (id, former) = (before.id, before.due_at.rfc3339());
    let mut change = Change { row, before, next };
    change.resume(tx, actor, Some(&format!("{} has answered", said.system)))?;
    if matches!(step, Step::ComeBack | Step::Give) {
        change.wake();
    }
    let after = change.store(tx, actor, "")?;
    if let Some(due) = sooner {
        let values = (former.as_str(), &*due.rfc3339());
        let text = format!("set the due time, as {} told it", said.system);
        change::record(tx, actor, id, EventKind::Due, values, &text)?;
    }
    Ok(after)
}

/// Whoever holds it, the outside system has seen to it.
fn resolve(tx: &mut Tx<'_>, actor: &Actor, id: ExceptionId, said: &Callback) -> AppResult<()> {
    let acting = Actor {
        role: Role::Owner,
        ..actor.clone()
    };
    let words = format!("Resolved via {} callback", said.system);
    let reason = Reason::parse(&words).map_err(AppError::Internal)?;
    let notes = match &said.notes {
        Some(notes) => notes.clone(),
        None => ResolutionNotes::parse(&words).map_err(AppError::Internal)?,
    };
    resolution::resolve(tx, &acting, id, &How::NoAction(reason), &notes, None)?
        .done()
        .map(drop)
}

fn record(tx: &mut Tx<'_>, actor: &Actor, id: ExceptionId, said: &Callback, text: &str) -> AppResult<()> {
    let values = (said.system.as_str(), said.stand.as_str());
    let text = format!("{}: {text}", said.system);
    change::record(tx, actor, id, EventKind::Callback, values, &text)
}

fn tell(
    tx: &mut Tx<'_>,
    actor: &Actor,
    before: &ExceptionRow,
    after: &ExceptionRow,
    said: &Callback,
    step: Step,
) -> AppResult<()> {
    if before.assignee_id != after.assignee_id {
        return notifications::commands::tell_assigned(tx, actor, after);
    }
    match (step, after.assignee_id) {
        (Step::ComeBack | Step::Resolve, Some(holder)) => {
            let how = format!("{} says {} of {}.", said.system, said.stand, said.issue);
            notifications::commands::tell(tx, after, holder, Kind::Answered, &how)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_stands_is_as_the_table_says() {
        use Stand::{Assigned, Open, PendingResolution, Resolved};
        let stay = Some(Step::Stay);
        let table = [
            (Open, [stay, Some(Step::Give), None, Some(Step::Resolve)]),
            (Assigned, [None, stay, None, Some(Step::Resolve)]),
            (
                PendingResolution,
                [
                    Some(Step::ComeBack),
                    Some(Step::ComeBack),
                    stay,
                    Some(Step::Resolve),
                ],
            ),
            (Resolved, [None; 4]),
        ];
        for (from, row) in table {
            for (to, expected) in [Open, Assigned, PendingResolution, Resolved].into_iter().zip(row) {
                assert_eq!(step(from, to), expected, "{from} {to}");
            }
        }
    }
}
