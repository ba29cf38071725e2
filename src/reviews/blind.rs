//! Blind reviews: the second person says what they would have done before they are told what was done. Until then how
//! the exception was resolved is hidden from whoever may review it, wherever that is told: its page and evidence, lists,
//! the history, the pages of the payments and accounts that it did something to, the API.

use std::collections::HashSet;

use actix_web::web::Data;
use diesel::{prelude::*, sql_types::Bool};
use serde::Deserialize;

use super::{
    commands::{begin, check_seen},
    model::{Reader, ReviewRow},
    show::{self, ReviewPage},
    touched::Touched,
};
use crate::{
    app::App,
    auth::{actor::Actor, permission::Supervise},
    db::{
        AnyConnection, Tx,
        kept::{Fixed, fixed, within},
        schema::reviews,
    },
    exceptions::{
        self, change,
        model::ResolutionKind,
        recurrence::Again,
        resolution::{self, ResolutionRow, is_for},
        row::ExceptionRow,
    },
    history::{Event, EventKind},
    kernel::{
        error::{AppError, AppResult, Code, FieldErrors},
        id::{BusinessAccountId, ResolutionId, ReviewId, noun},
        text::Reason,
    },
    web::{
        form::{PathId, Submit},
        page::{Answer, Page, SeeOther},
    },
};

/// The condition on `history_events` that they are not of a resolution that a blind review hides: whoever asks for those
/// of one type would be told the type by what is found.
pub fn is_told() -> Fixed<Bool> {
    fixed(
        "NOT (history_events.kind = 'RESOLUTION' AND EXISTS (SELECT 1 FROM reviews hidden \
         WHERE hidden.exception_id = history_events.entity_id \
         AND hidden.created_at = history_events.created_at \
         AND hidden.is_blind AND hidden.answer IS NULL AND hidden.state = 'WAITING'))",
    )
}

/// The condition on `reviews` that they are blind and nobody has answered: as the index of just these has it.
pub(super) fn unanswered() -> Fixed<Bool> {
    fixed("(reviews.is_blind AND reviews.answer IS NULL)")
}

/// Those of these resolutions that a blind review hides.
pub fn hidden_resolutions(conn: &mut AnyConnection, of: &[ResolutionId]) -> AppResult<HashSet<ResolutionId>> {
    if of.is_empty() {
        return Ok(HashSet::new());
    }
    Ok(unanswered_of(conn, of)?
        .into_iter()
        .filter(ReviewRow::is_hidden)
        .map(|review| review.resolution_id)
        .collect())
}

/// Those of these resolutions that a blind review hides from `actor`.
pub fn hidden_among(
    conn: &mut AnyConnection,
    actor: &Actor,
    of: &[ResolutionRow],
) -> AppResult<HashSet<ResolutionId>> {
    let reader = Reader::Person(actor);
    if of.is_empty() || reader.sees_all() {
        return Ok(HashSet::new());
    }
    let ids: Vec<ResolutionId> = of.iter().map(|r| r.id).collect();
    let reviews = unanswered_of(conn, &ids)?;
    let hides = |review: &&ReviewRow| {
        let mut about = of.iter().filter(|r| r.id == review.resolution_id);
        about.any(|resolution| review.is_kept_from(resolution, reader))
    };
    Ok(reviews.iter().filter(hides).map(|r| r.resolution_id).collect())
}

fn unanswered_of(conn: &mut AnyConnection, of: &[ResolutionId]) -> AppResult<Vec<ReviewRow>> {
    Ok(reviews::table
        .filter(within(reviews::resolution_id, of))
        .filter(unanswered())
        .select(ReviewRow::as_select())
        .load(conn)?)
}

/// The blind review that hides from `actor` how the exception was resolved.
pub fn hidden_from(
    conn: &mut AnyConnection,
    actor: &Actor,
    row: &ExceptionRow,
) -> AppResult<Option<ReviewId>> {
    let Some(id) = row.resolution_id else {
        return Ok(None);
    };
    let review: Option<ReviewRow> = reviews::table
        .filter(reviews::resolution_id.eq(id))
        .filter(reviews::business_account_id.eq(row.business_account_id))
        .select(ReviewRow::as_select())
        .first(conn)
        .optional()?;
    let Some(review) = review.filter(ReviewRow::is_hidden) else {
        return Ok(None);
    };
    let resolution = resolution::get(conn, id)?;
    Ok(review.is_hidden_from(&resolution, actor).then_some(review.id))
}

/// The events, without what tells `reader` how a hidden exception was resolved: that it was, stays.
pub fn veiled(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    reader: Reader<'_>,
    mut events: Vec<Event>,
) -> AppResult<Vec<Event>> {
    let touched = Touched::by_hidden(conn, account, reader, &events)?;
    for event in events.iter_mut().filter(|e| touched.is_told_by(e)) {
        let did = if event.kind == EventKind::Resolution {
            "resolved it"
        } else {
            "changed it by a resolution"
        };
        event.previous.clear();
        event.new.clear();
        event.description = format!("{did}; how is told once its blind review has an answer");
    }
    Ok(events)
}

/// The events about a payment or an account, without what a resolution did to it that is hidden from `reader`.
pub fn without_effects(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    reader: Reader<'_>,
    mut events: Vec<Event>,
) -> AppResult<Vec<Event>> {
    let touched = Touched::by_hidden(conn, account, reader, &events)?;
    events.retain(|event| !touched.is_told_by(event));
    Ok(events)
}

/// Others of the same matter, without how those were resolved that are hidden from `actor`.
pub fn without_hidden(
    conn: &mut AnyConnection,
    actor: &Actor,
    mut again: Vec<Again>,
) -> AppResult<Vec<Again>> {
    let of: Vec<ResolutionRow> = again.iter().filter_map(|a| a.resolution.clone()).collect();
    let hidden = hidden_among(conn, actor, &of)?;
    for other in &mut again {
        other.resolution = other.resolution.take().filter(|r| !hidden.contains(&r.id));
    }
    Ok(again)
}

/// Says what the reviewer would have done. From then on they see what was done, and may give the verdict.
///
/// # Errors
/// As [`super::commands::approve`]; `IllegalMove` when it is not blind or has an answer; `Invalid` when the type is not
/// for such an exception.
pub fn answer(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ReviewId,
    (kind, reason): (ResolutionKind, &Reason),
    seen: Option<i64>,
) -> AppResult<ReviewRow> {
    let (mut review, resolution) = begin(tx, actor, id, None)?;
    if review.answer.is_some() {
        let why = if review.answered_by_id == actor.member() {
            "You have answered it already. This is what was done."
        } else {
            "Somebody else has answered it already. This is what was done."
        };
        return Err(AppError::refused(Code::IllegalMove, why));
    }
    check_seen(&review, seen)?;
    if !review.is_hidden() {
        return Err(AppError::refused(
            Code::IllegalMove,
            "It asks for no answer of yours.",
        ));
    }
    let row = exceptions::queries::get(tx.conn, actor.business_account, review.exception_id)?;
    if !is_for(kind, &row) {
        return Err(AppError::field("answer", "That is not for such an exception."));
    }
    review.answer = Some(kind);
    review.answer_reason = Some(reason.as_str().to_owned());
    review.answered_by_id = actor.member();
    review.answered_at = Some(tx.now);
    review.version += 1;
    diesel::update(reviews::table.find(review.id))
        .set((
            reviews::answer.eq(review.answer),
            reviews::answer_reason.eq(&review.answer_reason),
            reviews::answered_by_id.eq(review.answered_by_id),
            reviews::answered_at.eq(review.answered_at),
            reviews::version.eq(review.version),
        ))
        .execute(tx.conn)?;
    let text = format!("{}: {}", compared(kind, &resolution), reason.as_str());
    let values = (resolution.kind.as_str(), kind.as_str());
    change::record(tx, actor, review.exception_id, EventKind::Review, values, &text)?;
    Ok(review)
}

/// Whether the two agree, for the history.
fn compared(second: ResolutionKind, first: &ResolutionRow) -> String {
    let verdict = if second == first.kind {
        "agrees with"
    } else {
        "differs from"
    };
    format!(
        "answered “{}” without knowing what was done, which {verdict} “{}” by {}",
        second.label(),
        first.kind.label(),
        first.resolved_by_name
    )
}

/// The form as it is typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AnswerForm {
    pub(super) answer: String,
    pub(super) reason: String,
    version: String,
}

/// `POST /reviews/{id}/answer`
pub async fn create(
    app: Data<App>,
    id: PathId<noun::Review>,
    form: Submit<Supervise, AnswerForm>,
) -> AppResult<Answer<ReviewPage>> {
    let (actor, id, typed) = (form.who.actor(), id.0, form.form);
    let seen = typed.version.parse().ok();
    let mut errors = FieldErrors::default();
    let kind = ResolutionKind::parse(&typed.answer).ok_or_else(|| "Choose what you would have done.".into());
    let kind = errors.take("answer", kind);
    let reason = errors.take("answer_reason", Reason::parse(&typed.reason));
    let outcome = match kind.zip(reason) {
        Some((kind, reason)) => {
            app.db
                .write(actor.business_account, move |tx| {
                    answer(tx, &actor, id, (kind, &reason), seen)
                })
                .await
        }
        None => Err(errors.into()),
    };
    match outcome {
        Ok(_) => Ok(Answer::Next(
            SeeOther::to(format!("/reviews/{id}")).done("Your answer is kept. This is what was done."),
        )),
        Err(AppError::Invalid(errors)) => {
            let page = show::again(&app, &form.who.as_reader(), id, &typed, &errors).await?;
            Ok(Answer::Again(Page::with_status(page, 422)))
        }
        Err(AppError::Refused(_, why)) => {
            Ok(Answer::Next(SeeOther::to(format!("/reviews/{id}")).refused(why)))
        }
        Err(error) => Err(error),
    }
}

/// The types that a reviewer may answer: those for such an exception.
pub(super) fn types(row: &ExceptionRow) -> Vec<ResolutionKind> {
    ResolutionKind::ALL
        .iter()
        .copied()
        .filter(|kind| is_for(*kind, row))
        .collect()
}
