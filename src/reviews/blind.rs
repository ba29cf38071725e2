//! Blind reviews: the second person says what they would have done before they are told what was done. Until then how
//! the exception was resolved is hidden from whoever may review it, wherever that is told: its page and evidence, lists,
//! the history, the API.

use std::collections::HashSet;

use actix_web::web::Data;
use diesel::{dsl, expression::SqlLiteral, prelude::*, sql_types::Bool};
use serde::Deserialize;

use super::{
    commands::{begin, check_seen},
    model::ReviewRow,
    show::{self, ReviewPage},
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
        resolution::{self, is_for},
        row::ExceptionRow,
    },
    history::{EntityType, Event, EventKind},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code, FieldErrors},
        id::{BusinessAccountId, ExceptionId, ResolutionId, ReviewId, noun},
        text::Reason,
    },
    web::{
        form::{PathId, Submit},
        page::{Answer, Page, SeeOther},
    },
};

/// The condition on `resolutions` that no blind review hides them.
pub fn is_told() -> SqlLiteral<Bool> {
    dsl::sql(
        "NOT EXISTS (SELECT 1 FROM reviews hidden WHERE hidden.resolution_id = resolutions.id AND hidden.is_blind \
         AND hidden.answer IS NULL AND hidden.state = 'WAITING')",
    )
}

/// The condition on `reviews` that they are blind and nobody has answered: as the index of just these has it.
fn unanswered() -> Fixed<Bool> {
    fixed("(reviews.is_blind AND reviews.answer IS NULL)")
}

/// Those of these resolutions that a blind review hides.
pub fn hidden_resolutions(conn: &mut AnyConnection, of: &[ResolutionId]) -> AppResult<HashSet<ResolutionId>> {
    if of.is_empty() {
        return Ok(HashSet::new());
    }
    let found: Vec<ReviewRow> = reviews::table
        .filter(within(reviews::resolution_id, of))
        .filter(unanswered())
        .select(ReviewRow::as_select())
        .load(conn)?;
    Ok(found
        .into_iter()
        .filter(ReviewRow::is_hidden)
        .map(|review| review.resolution_id)
        .collect())
}

/// Those of these exceptions whose resolution a blind review hides.
fn hidden_exceptions(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    of: Vec<ExceptionId>,
) -> AppResult<HashSet<ExceptionId>> {
    if of.is_empty() {
        return Ok(HashSet::new());
    }
    let found: Vec<ReviewRow> = reviews::table
        .filter(reviews::business_account_id.eq(account))
        .filter(within(reviews::exception_id, &of))
        .filter(unanswered())
        .select(ReviewRow::as_select())
        .load(conn)?;
    Ok(found
        .into_iter()
        .filter(ReviewRow::is_hidden)
        .map(|review| review.exception_id)
        .collect())
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

/// The events of one exception, as they are told to somebody from whom `review` hides how it was resolved; whole to
/// whoever no review hides it from.
pub fn veiled_by(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    review: Option<ReviewId>,
    events: Vec<Event>,
) -> AppResult<Vec<Event>> {
    match review {
        Some(_) => veiled(conn, account, events),
        None => Ok(events),
    }
}

/// The events, without what tells how a hidden exception was resolved.
pub fn veiled(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    mut events: Vec<Event>,
) -> AppResult<Vec<Event>> {
    let tells = |e: &Event| e.entity_type == EntityType::Exception && e.kind == EventKind::Resolution;
    let about = |e: &Event| ExceptionId::from_uuid(e.entity_id.uuid());
    let resolved: Vec<ExceptionId> = events.iter().filter(|e| tells(e)).map(about).collect();
    let hidden = hidden_exceptions(conn, account, resolved)?;
    // What the same act did to a transaction tells it too.
    let acts: Vec<(Ts, String)> = events
        .iter()
        .filter(|e| tells(e) && hidden.contains(&about(e)))
        .map(|e| (e.created_at, e.request_id.clone()))
        .collect();
    let is_effect = |e: &Event| {
        e.kind == EventKind::Resolution
            && acts
                .iter()
                .any(|(at, by)| *at == e.created_at && *by == e.request_id)
    };
    for event in &mut events {
        if is_effect(event) {
            event.new.clear();
            event.description = "resolved it; how is told once its blind review has an answer".into();
        }
    }
    Ok(events)
}

/// Others of the same matter, without how the hidden ones were resolved.
pub fn without_hidden(conn: &mut AnyConnection, mut again: Vec<Again>) -> AppResult<Vec<Again>> {
    let of: Vec<ResolutionId> = again
        .iter()
        .filter_map(|a| Some(a.resolution.as_ref()?.id))
        .collect();
    let hidden = hidden_resolutions(conn, &of)?;
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
fn compared(second: ResolutionKind, first: &resolution::ResolutionRow) -> String {
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
