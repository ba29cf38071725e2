//! RocketKOR's update of an exception (domain.md section 2.1): `assignedTo` and `status`, each by the lifecycle, both
//! in one step or neither.

use super::{
    assign::assign,
    claim::{recall, release},
    model::Status,
    queries,
    reopen::{reopen, reopen_for},
    resolution::{self, How},
    row::ExceptionRow,
    view::rocketkor_status,
};
use crate::{
    api::body::Fields,
    auth::actor::Actor,
    db::Tx,
    desk::hands::NO_WORKER,
    kernel::{
        error::{AppError, AppResult, Code, FieldErrors},
        id::{ExceptionId, TeamMemberId},
        text::{Email, PersonName, Reason, ResolutionNotes},
    },
};

/// The reason and the notes of what RocketKOR's clients resolve or reopen: their call has no place for any.
pub const BY_API: &str = "Resolved through the API";
const REOPENED_BY_API: &str = "Reopened through the API";

/// Who shall have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    /// Nothing is said of it.
    Unsaid,
    /// Nobody.
    Nobody,
    /// This member.
    Member(TeamMemberId),
}

/// What an update asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patch {
    holder: Holder,
    status: Option<Status>,
}

impl Patch {
    /// Reads a body. Names and e-mail of the assignee are checked for their form and otherwise ignored: the id decides.
    ///
    /// # Errors
    /// 400 when it asks for nothing; every wrong field at once.
    pub fn read(mut sent: Fields) -> AppResult<Self> {
        sent.need_any(
            &["assignedTo", "status"],
            "Say what to change: assignedTo, status, or both.",
        )?;
        let mut errors = FieldErrors::default();
        let is_said = sent.has("assignedTo");
        let given = sent.object("assignedTo");
        let status = sent.text("status");
        let has_status = sent.has("status");
        let holder = match given {
            Some(mut assignee) => {
                let holder = read_assignee(&mut assignee, &mut errors);
                sent.also(assignee);
                holder.map_or(Holder::Unsaid, Holder::Member)
            }
            None if is_said => Holder::Nobody,
            None => Holder::Unsaid,
        };
        let status = match status.as_deref() {
            None if has_status => {
                errors.add("status", "Give a status, or leave it out.");
                None
            }
            None => None,
            Some(text) => errors.take("status", read_status(text)),
        };
        sent.with(if errors.is_empty() {
            Ok(Self { holder, status })
        } else {
            Err(errors)
        })
    }
}

fn read_status(text: &str) -> Result<Status, String> {
    Status::parse(text)
        .filter(|s| *s != Status::PendingResolution)
        .ok_or_else(|| "A status is NEW, IN_PROGRESS, RESOLVED or REOPENED.".into())
}

fn read_assignee(sent: &mut Fields, errors: &mut FieldErrors) -> Option<TeamMemberId> {
    let id = sent.text("id");
    for (name, field) in [
        ("firstName", "assigned_to.first_name"),
        ("lastName", "assigned_to.last_name"),
    ] {
        if let Some(text) = sent.text(name) {
            errors.take(field, PersonName::parse(&text));
        }
    }
    if let Some(text) = sent.text("email") {
        errors.take("assigned_to.email", Email::parse(&text));
    }
    let Some(id) = id else {
        errors.add("assigned_to.id", "Give the id of a team member.");
        return None;
    };
    let parsed = id.parse().map_err(|_| NO_WORKER.to_owned());
    errors.allow("assigned_to.id", parsed)
}

/// Does what is asked, all of it or nothing.
///
/// # Errors
/// A move that the lifecycle does not have, naming both statuses; an assignee who may not work here.
pub fn apply(tx: &mut Tx<'_>, actor: &Actor, id: ExceptionId, asked: &Patch) -> AppResult<ExceptionRow> {
    let before = queries::get(tx.conn, actor.business_account, id)?;
    let from = rocketkor_status(before.status);
    let to = asked.status.unwrap_or(match asked.holder {
        Holder::Nobody => Status::New,
        _ => Status::InProgress,
    });
    steps(tx, actor, &before, asked).map_err(|error| match error {
        AppError::Refused(Code::IllegalMove, why) => AppError::Move {
            from: from.as_str(),
            to: to.as_str(),
            why,
        },
        AppError::Invalid(errors) => match errors.of("assignee") {
            Some(sentence) => AppError::field("assigned_to.id", sentence),
            None => AppError::Invalid(errors),
        },
        other => other,
    })
}

fn steps(tx: &mut Tx<'_>, actor: &Actor, before: &ExceptionRow, asked: &Patch) -> AppResult<ExceptionRow> {
    let id = before.id;
    // What is resolved is frozen: the one thing that can be done to it is to open it again, for somebody or not.
    if before.status == Status::Resolved && asked.status == Some(Status::Reopened) {
        let reason = by_api::<Reason>(Reason::parse(REOPENED_BY_API))?;
        return match asked.holder {
            Holder::Unsaid => reopen(tx, actor, id, &reason, None),
            Holder::Nobody => reopen_for(tx, actor, id, None, &reason),
            Holder::Member(to) => reopen_for(tx, actor, id, Some(to), &reason),
        };
    }
    let row = match asked.holder {
        Holder::Unsaid => before.clone(),
        Holder::Nobody => release(tx, actor, id, None)?,
        Holder::Member(to) => assign(tx, actor, id, to, None)?,
    };
    match asked.status {
        None => Ok(row),
        Some(Status::Resolved) => move_to(tx, actor, &row, Status::Resolved),
        Some(status) if asked.holder == Holder::Unsaid => move_to(tx, actor, &row, status),
        // The assignment must have led there; it is not taken back again for the status' sake.
        Some(status) if status == row.status => Ok(row),
        Some(_) => Err(AppError::refused(
            Code::IllegalMove,
            "The assignee and the status asked for do not go together.",
        )),
    }
}

/// The act that leads to a status by itself.
fn move_to(tx: &mut Tx<'_>, actor: &Actor, row: &ExceptionRow, to: Status) -> AppResult<ExceptionRow> {
    let refused = |why: &str| Err(AppError::refused(Code::IllegalMove, why));
    let released_to = if row.was_reopened {
        Status::Reopened
    } else {
        Status::New
    };
    match (row.status, to) {
        (_, Status::Resolved) => {
            let how = How::NoAction(by_api(Reason::parse(BY_API))?);
            let notes = by_api(ResolutionNotes::parse(BY_API))?;
            resolution::resolve(tx, actor, row.id, &how, &notes, None)?
                .done()
                .map(|resolved| resolved.row)
        }
        (Status::PendingResolution, Status::InProgress) => recall(tx, actor, row.id, None),
        (Status::Reopened, Status::InProgress) => match row.assignee_id {
            Some(holder) => assign(tx, actor, row.id, holder, None),
            None => refused("In progress means that somebody has it: send assignedTo too."),
        },
        (Status::New, Status::InProgress) => {
            refused("In progress means that somebody has it: send assignedTo too.")
        }
        (Status::InProgress, to) if to == released_to => release(tx, actor, row.id, None),
        (from, to) => refused(&format!("An exception cannot go from {from} to {to}.")),
    }
}

/// Our own words always parse.
fn by_api<T>(parsed: Result<T, String>) -> AppResult<T> {
    parsed.map_err(AppError::Internal)
}
