//! Matcher's acts on one exception: assign, resolve, force match, adjust entry. What a body has wrong is 400 there
//! (matcher.md 3.2); what a rule refuses is 422.

use actix_web::web::Data;
use chrono::{DateTime, NaiveDate};

use super::{
    api::read,
    assign::assign,
    model::Category,
    patch::BY_API,
    queries,
    resolution::{self, AdjustmentReason, Direction, How, OverrideReason},
    view,
};
use crate::{
    api::{Call, answer::Done, body::Fields},
    app::App,
    approvals,
    auth::{actor::Actor, permission::Work},
    db::{AnyConnection, Tx},
    idempotency::Outcome,
    kernel::{
        error::{AppError, AppResult, Code, FieldErrors},
        id::{BusinessAccountId, ExceptionId, TeamMemberId, noun},
        money::{Currency, Money},
        text::{Email, Reason, ResolutionNotes},
    },
    web::form::PathId,
};

/// Matcher's longest short text.
pub const SHORT: usize = 255;

/// `POST /api/v1/exceptions/{id}/assign`
#[utoipa::path(
    post,
    path = "/api/v1/exceptions/{id}/assign",
    operation_id = "assignException",
    tag = "Exceptions, Matcher",
    summary = "Assign an exception",
    description = "Assign an exception.",
    security(("token" = ["work"])),
    request_body = crate::openapi::bodies::AssignRequest,
    responses((status = 200, description = "The exception as it is now", body = view::MatcherView))
)]
pub async fn assign_one(
    app: Data<App>,
    mut call: Call<Work>,
    id: PathId<noun::Exception>,
) -> AppResult<Done> {
    let id = id.0;
    let mut sent = call.take_fields();
    let read_it = read_assignee(&mut sent);
    let assignee = sent.matched(read_it)?;
    call.run(
        &app,
        move |tx, actor| read(tx.conn, actor.business_account, id, view::matcher),
        move |tx, actor| {
            let to = member(tx.conn, actor.business_account, &assignee)?;
            let row = assign(tx, actor, id, to, None)?;
            Ok(Outcome::new(200, None, view::matcher(tx.conn, &row)?))
        },
    )
    .await
}

/// The e-mail address in `assignee` or `assignedTo`.
pub fn read_assignee(sent: &mut Fields) -> Result<Email, FieldErrors> {
    let name = sent.either(["assignee", "assignedTo"]);
    let text = sent.text(name).unwrap_or_default();
    Email::parse(&text).map_err(|why| FieldErrors::one(name, why))
}

/// The team member with that address, who must work exceptions here.
///
/// # Errors
/// `Invalid` when there is none.
pub fn member(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    email: &Email,
) -> AppResult<TeamMemberId> {
    let workers = queries::workers(conn, account)?;
    let found = workers.iter().find(|w| w.email == email.as_str()).map(|w| w.id);
    found.ok_or_else(|| {
        AppError::field(
            "assignee",
            "Give the e-mail address of somebody who works exceptions in this business account.",
        )
    })
}

/// `POST /api/v1/exceptions/{id}/resolve`
#[utoipa::path(
    post,
    path = "/api/v1/exceptions/{id}/resolve",
    operation_id = "resolveException",
    tag = "Exceptions, Matcher",
    summary = "Resolve an exception",
    description = "Resolve an exception.",
    security(("token" = ["work"])),
    request_body = crate::openapi::bodies::ResolveRequest,
    responses((status = 200, description = "The exception as it is now", body = view::MatcherView))
)]
pub async fn resolve(app: Data<App>, mut call: Call<Work>, id: PathId<noun::Exception>) -> AppResult<Done> {
    let mut sent = call.take_fields();
    let read = read_resolution(&mut sent);
    let (how, notes) = sent.matched(read)?;
    close(app, call, id.0, how, notes).await
}

/// `POST /api/v1/exceptions/{id}/force-match`
#[utoipa::path(
    post,
    path = "/api/v1/exceptions/{id}/force-match",
    operation_id = "forceMatchException",
    tag = "Exceptions, Matcher",
    summary = "Resolve an exception by a match",
    description = "Resolve an exception by a match.",
    security(("token" = ["work"])),
    request_body = crate::openapi::bodies::ForceMatchRequest,
    responses((status = 200, description = "The exception as it is now", body = view::MatcherView))
)]
pub async fn force_match(
    app: Data<App>,
    mut call: Call<Work>,
    id: PathId<noun::Exception>,
) -> AppResult<Done> {
    let mut sent = call.take_fields();
    let read = read_match(&mut sent);
    let (how, notes) = sent.matched(read)?;
    close(app, call, id.0, how, notes).await
}

/// `POST /api/v1/exceptions/{id}/adjust-entry`
#[utoipa::path(
    post,
    path = "/api/v1/exceptions/{id}/adjust-entry",
    operation_id = "adjustExceptionEntry",
    tag = "Exceptions, Matcher",
    summary = "Resolve an exception by an adjustment",
    description = "Resolve an exception by an adjustment.",
    security(("token" = ["work"])),
    request_body = crate::openapi::bodies::AdjustEntryRequest,
    responses((status = 200, description = "The exception as it is now", body = view::MatcherView))
)]
pub async fn adjust_entry(
    app: Data<App>,
    mut call: Call<Work>,
    id: PathId<noun::Exception>,
) -> AppResult<Done> {
    let mut sent = call.take_fields();
    let read = read_adjustment(&mut sent);
    let (how, notes) = sent.matched(read)?;
    close(app, call, id.0, how, notes).await
}

async fn close(
    app: Data<App>,
    call: Call<Work>,
    id: ExceptionId,
    how: How,
    notes: ResolutionNotes,
) -> AppResult<Done> {
    call.run(
        &app,
        move |tx, actor| read(tx.conn, actor.business_account, id, view::matcher),
        move |tx, actor| {
            let gated = match resolution::resolve(tx, actor, id, &how, &notes, None) {
                Err(AppError::Invalid(errors)) => return Err(unfit(tx, actor, id, &errors)),
                other => other?,
            };
            approvals::view::answer(gated, |resolved| {
                Ok(Outcome::new(200, None, view::matcher(tx.conn, &resolved.row)?))
            })
        },
    )
    .await
}

/// What refuses a resolution, for a body that has no member for its type: an exception without a transaction is 404
/// (matcher.md 3.2), and one that it does not fit a rule.
fn unfit(tx: &mut Tx<'_>, actor: &Actor, id: ExceptionId, errors: &FieldErrors) -> AppError {
    let Some(why) = errors.of("resolution_type") else {
        return AppError::Invalid(errors.clone());
    };
    match queries::get(tx.conn, actor.business_account, id) {
        Ok(row) if row.transaction_id.is_none() && row.category == Category::Transaction => {
            AppError::refused(Code::NotFound, "The exception refers to no transaction of ours.")
        }
        Ok(_) => AppError::refused(Code::RuleRefuses, why),
        Err(error) => error,
    }
}

/// Matcher's `resolution` (1-255 characters) is our notes, its `reason` (at most 1,000, may be left out) our reason.
pub fn read_resolution(sent: &mut Fields) -> Result<(How, ResolutionNotes), FieldErrors> {
    let (resolution, reason) = (sent.text("resolution"), sent.text("reason"));
    // A reason of nothing is none.
    let reason = reason.filter(|text| !text.trim().is_empty());
    let mut errors = FieldErrors::default();
    let notes = match resolution.as_deref().unwrap_or_default() {
        text if text.trim().is_empty() => Err("A resolution is required.".to_owned()),
        text if text.chars().count() > SHORT => Err(format!("A resolution has at most {SHORT} characters.")),
        text => ResolutionNotes::parse(text),
    };
    let notes = errors.take("resolution", notes);
    let reason = Reason::parse(reason.as_deref().unwrap_or(BY_API));
    let reason = errors.take("reason", reason);
    match (notes, reason) {
        (Some(notes), Some(reason)) => Ok((How::NoAction(reason), notes)),
        _ => Err(errors),
    }
}

/// `overrideReason` and `notes`; `counterpartTransactionId` is ours.
fn read_match(sent: &mut Fields) -> Result<(How, ResolutionNotes), FieldErrors> {
    let (why, notes) = (sent.text("overrideReason"), sent.text("notes"));
    let counterpart = sent.text("counterpartTransactionId");
    let mut errors = FieldErrors::default();
    let known = OverrideReason::ALL.iter().map(|r| r.as_str());
    let why = word(&mut errors, "overrideReason", why, OverrideReason::parse, known);
    let notes = errors.take("notes", ResolutionNotes::parse(&notes.unwrap_or_default()));
    // An id that is none is of no transaction of ours, which the command says.
    let counterpart = counterpart.map(|text| text.parse());
    let counterpart = match counterpart {
        Some(Err(_)) => {
            errors.add("counterpartTransactionId", "Give the id of a transaction.");
            None
        }
        Some(Ok(id)) => Some(id),
        None => None,
    };
    match (why, notes) {
        (Some(why), Some(notes)) if errors.is_empty() => Ok((How::ForceMatch { counterpart, why }, notes)),
        _ => Err(errors),
    }
}

/// `reasonCode`, `notes`, `amount`, `currency`, `effectiveAt`; `direction` is ours, DEBIT as in Matcher when it is not
/// there.
fn read_adjustment(sent: &mut Fields) -> Result<(How, ResolutionNotes), FieldErrors> {
    let (reason, notes) = (sent.text("reasonCode"), sent.text("notes"));
    let (amount, currency) = (sent.decimal("amount"), sent.text("currency"));
    let (effective, direction) = (sent.text("effectiveAt"), sent.text("direction"));
    let mut errors = FieldErrors::default();
    let known = AdjustmentReason::ALL.iter().map(|r| r.as_str());
    let reason = word(&mut errors, "reasonCode", reason, AdjustmentReason::parse, known);
    let notes = errors.take("notes", ResolutionNotes::parse(&notes.unwrap_or_default()));
    let currency = errors.settle(
        "currency",
        Currency::read(currency.as_deref().unwrap_or_default()),
    );
    let money = Money::parse_paid(
        amount.as_deref().unwrap_or_default().trim(),
        currency.unwrap_or(Currency::USD),
    );
    let money = errors.settle("amount", money);
    let effective = errors.take("effectiveAt", read_day(&effective.unwrap_or_default()));
    let direction = match direction {
        None => Some(Direction::Debit),
        said => {
            let known = Direction::ALL.iter().map(|d| d.as_str());
            word(&mut errors, "direction", said, Direction::parse, known)
        }
    };
    match (reason, notes, money, effective, direction) {
        (Some(reason), Some(notes), Some(money), Some(effective), Some(direction)) if errors.is_empty() => {
            let how = How::AdjustEntry {
                reason,
                money,
                direction,
                effective,
            };
            Ok((how, notes))
        }
        _ => Err(errors),
    }
}

/// One of a list, trimmed and in whichever case, as Matcher reads it; or what is wrong is noted.
fn word<T>(
    errors: &mut FieldErrors,
    name: &'static str,
    text: Option<String>,
    parse: impl FnOnce(&str) -> Option<T>,
    known: impl Iterator<Item = &'static str>,
) -> Option<T> {
    let parsed = parse(&text.unwrap_or_default().trim().to_ascii_uppercase());
    errors.take(
        name,
        parsed.ok_or_else(|| format!("{name} is one of {}.", known.collect::<Vec<_>>().join(", "))),
    )
}

/// The day of a date-time, where it is written; or a date.
fn read_day(text: &str) -> Result<NaiveDate, String> {
    let text = text.trim();
    let day = DateTime::parse_from_rfc3339(text)
        .map(|at| at.date_naive())
        .or_else(|_| text.parse());
    day.ok()
        .filter(|day| (1900..=9999).contains(&chrono::Datelike::year(day)))
        .ok_or_else(|| "Give a date-time such as 2026-11-21T00:00:00Z.".into())
}
