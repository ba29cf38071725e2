//! Taking an exception, the next one, putting it back, taking it back from an outside system.

use actix_web::web::Data;
use serde::Deserialize;

use super::{
    change::{begin, begin_on},
    model::{Act, Status},
    queries,
    row::ExceptionRow,
    way_back,
};
use crate::{
    app::App,
    auth::{
        actor::Actor,
        permission::{Right, Work},
    },
    db::Tx,
    desk::limit,
    idempotency::{self, Claim, Outcome},
    kernel::{
        error::{AppError, AppResult, Code},
        id::{ExceptionId, TeamMemberId, noun},
    },
    notifications::{self, model::Kind},
    web::{
        form::{PathId, Submit},
        page::SeeOther,
    },
};

/// Takes an exception. Taking what one has already changes nothing.
///
/// # Errors
/// `AlreadyTaken` names who has it.
pub fn claim(tx: &mut Tx<'_>, actor: &Actor, id: ExceptionId) -> AppResult<ExceptionRow> {
    let me = member(actor)?;
    let row = queries::get(tx.conn, actor.business_account, id)?;
    if row.assignee_id == Some(me) && row.status == Status::InProgress {
        return Ok(row);
    }
    let mut change = begin_on(tx, actor, row, Act::Claim, None)?;
    limit::check_own(tx.conn, actor.business_account, me)?;
    change.give(Some(me));
    change.wake();
    change.store(tx, actor, "")
}

/// Takes an exception from whoever has it, who is told. A supervisor may always; others when its holder has let it go
/// idle, or is away and they stand in.
///
/// # Errors
/// `AlreadyTaken` while the holder keeps it; `Stale`.
pub fn take_over(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    seen: Option<i64>,
) -> AppResult<ExceptionRow> {
    let me = member(actor)?;
    let mut change = begin(tx, actor, id, Act::TakeOver, seen)?;
    limit::check_own(tx.conn, actor.business_account, me)?;
    let former = change.row.assignee_id;
    change.give(Some(me));
    change.wake();
    let row = change.store(tx, actor, "")?;
    if let Some(former) = former {
        let how = format!("{} took it over from you.", actor.name);
        notifications::commands::tell(tx, &row, former, Kind::TakenOver, &how)?;
    }
    Ok(row)
}

/// Takes the most urgent exception that nobody has; none when there is none.
pub fn take_next(tx: &mut Tx<'_>, actor: &Actor) -> AppResult<Option<ExceptionRow>> {
    match queries::most_urgent(tx.conn, actor.business_account)? {
        Some(row) => claim(tx, actor, row.id).map(Some),
        None => Ok(None),
    }
}

/// Puts an exception back for everybody.
pub fn release(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    seen: Option<i64>,
) -> AppResult<ExceptionRow> {
    let mut change = begin(tx, actor, id, Act::Release, seen)?;
    change.give(None);
    change.store(tx, actor, "")
}

/// Takes an exception back from an outside system.
pub fn recall(tx: &mut Tx<'_>, actor: &Actor, id: ExceptionId, seen: Option<i64>) -> AppResult<ExceptionRow> {
    begin(tx, actor, id, Act::Recall, seen)?.store(tx, actor, "recalled from the outside system")
}

fn member(actor: &Actor) -> AppResult<TeamMemberId> {
    actor.require(Right::Work)?;
    actor
        .member()
        .ok_or_else(|| AppError::refused(Code::RuleRefuses, "Only a team member can take an exception."))
}

#[derive(Deserialize)]
pub struct ListForm {
    /// The queue it was taken from.
    #[serde(default)]
    back: String,
    /// Of the page: "Take next" that is sent twice takes one.
    #[serde(default)]
    idempotency_key: String,
}

impl ListForm {
    /// Back to the queue as it was; only ever to a queue of ours.
    fn queue(&self) -> &str {
        if self.back.starts_with("/exceptions?") {
            &self.back
        } else {
            "/exceptions"
        }
    }
}

#[derive(Deserialize)]
pub struct VersionForm {
    #[serde(default)]
    version: String,
}

impl VersionForm {
    /// The version that the person had before them.
    pub fn seen(&self) -> Option<i64> {
        self.version.parse().ok()
    }
}

/// `POST /exceptions/{id}/claim`
pub async fn take(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Work, ListForm>,
) -> AppResult<SeeOther> {
    let (actor, id) = (form.who.actor(), id.0);
    let page = format!("/exceptions/{id}");
    match app
        .db
        .write(actor.business_account, move |tx| claim(tx, &actor, id))
        .await
    {
        Ok(_) => Ok(SeeOther::to(page).done("You have it now.")),
        // Somebody was quicker, or the limit is reached: say so, where the person was.
        Err(AppError::Refused(Code::AlreadyTaken | Code::IllegalMove | Code::RuleRefuses, why)) => {
            let to = if form.form.back.is_empty() {
                page.clone()
            } else {
                way_back::row_in(form.form.queue(), id)
            };
            let is_there = to == page;
            let told = SeeOther::to(to).refused(why);
            Ok(if is_there {
                told
            } else {
                told.link(page, "Open it")
            })
        }
        Err(error) => Err(error),
    }
}

/// `POST /exceptions/take-next`
pub async fn take_the_next(app: Data<App>, form: Submit<Work, ListForm>) -> AppResult<SeeOther> {
    let (actor, path) = (form.who.actor(), form.who.request().path());
    let claim = Claim::of_page(&actor, path, &form.form.idempotency_key, &())?;
    let mine = SeeOther::to("/exceptions?tab=mine");
    let outcome = app
        .db
        .write(actor.business_account, move |tx| {
            idempotency::once(tx, claim.as_ref(), |tx| {
                let taken = take_next(tx, &actor)?.map(|row| format!("/exceptions/{}", row.id));
                Ok(Outcome::new(303, taken, String::new()))
            })
        })
        .await;
    match outcome {
        Ok(Outcome {
            location: Some(taken),
            ..
        }) => Ok(SeeOther::to(taken).done("You have it now: the most urgent one.")),
        Ok(_) => Ok(mine.notice("Nothing is unassigned: the queue is empty.")),
        Err(AppError::Refused(Code::RuleRefuses, why)) => Ok(mine.refused(why)),
        Err(error) => Err(error),
    }
}

/// `POST /exceptions/{id}/take-over`
pub async fn take_from(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Work, VersionForm>,
) -> AppResult<SeeOther> {
    by_button(
        &app,
        id.0,
        form,
        take_over,
        "You have it now. Whoever had it is told.",
    )
    .await
}

/// `POST /exceptions/{id}/release`
pub async fn put_back(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Work, VersionForm>,
) -> AppResult<SeeOther> {
    by_button(&app, id.0, form, release, "It is back for everybody.").await
}

/// `POST /exceptions/{id}/recall`
pub async fn take_back(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Work, VersionForm>,
) -> AppResult<SeeOther> {
    by_button(&app, id.0, form, recall, "It is recalled.").await
}

/// A command on one exception that needs nothing but the version seen.
type OnOne = fn(&mut Tx<'_>, &Actor, ExceptionId, Option<i64>) -> AppResult<ExceptionRow>;

/// Does what a button of the page stands for; back to the exception, with what was done or why not.
pub(super) async fn by_button(
    app: &App,
    id: ExceptionId,
    form: Submit<Work, VersionForm>,
    command: OnOne,
    done: &str,
) -> AppResult<SeeOther> {
    let seen = form.form.seen();
    let page = SeeOther::to(format!("/exceptions/{id}"));
    match form
        .who
        .run(app, move |tx, actor| command(tx, actor, id, seen))
        .await
    {
        Ok(_) => Ok(page.done(done)),
        Err(AppError::Refused(_, why)) => Ok(page.refused(why)),
        Err(error) => Err(error),
    }
}
