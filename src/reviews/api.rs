//! Reviews through the API: what waits for a verdict, and the verdicts. A verdict itself is a person's. Ours.

use actix_web::web::{self, Data};
use serde::Serialize;

use super::{
    model::{ReviewRow, ReviewState},
    queries,
};
use crate::{
    api::{
        Client,
        answer::{self, Listed, Shown},
        cursor::{CursorAsked, CursorPageOf},
        page::Sortable,
        params::Params,
        view::ActorView,
    },
    app::App,
    auth::permission::Read,
    exceptions::{
        model::ResolutionKind,
        resolution::{self, ResolutionRow},
    },
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, Id, ResolutionId, ReviewId, TeamMemberId, noun},
    },
    web::{form::PathId, route::at},
};

/// What the list is sorted by, at any length.
pub const FIELDS: &[Sortable] = &[("created_at", "reviews.created_at"), ("id", "")];

/// Under `/api`.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/api/v1/reviews").get(list))
        .service(at("/api/v1/reviews/{id}").get(show));
}

/// A review with the resolution that it is about.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReviewView {
    id: ReviewId,
    business_account_id: BusinessAccountId,
    exception_id: ExceptionId,
    state: ReviewState,
    /// The rule or sample that asked for it.
    why: String,
    resolution: ReviewedView,
    /// Who gave the verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewer_id: Option<TeamMemberId>,
    /// Why it was returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    decided_at: Option<String>,
    version: i64,
    /// The reviewer answers before being told what was done.
    is_blind: bool,
    /// What the reviewer would have done.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<ResolutionKind>,
}

/// A resolution as its reviewer sees it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReviewedView {
    id: ResolutionId,
    /// Left out, like the next three, while a blind review has no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<ResolutionKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
    /// What it did, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<String>,
    resolved_by: ActorView,
    #[schema(format = DateTime)]
    resolved_at: String,
}

fn view((review, resolution): (ReviewRow, ResolutionRow)) -> ReviewView {
    let is_told = !review.is_hidden();
    ReviewView {
        id: review.id,
        business_account_id: review.business_account_id,
        exception_id: review.exception_id,
        state: review.state,
        why: review.why,
        resolution: ReviewedView {
            id: resolution.id,
            r#type: is_told.then_some(resolution.kind),
            reason: is_told.then_some(resolution.reason),
            notes: is_told.then_some(resolution.notes),
            effect: is_told.then_some(resolution.effect),
            resolved_by: ActorView::new(
                resolution.resolved_by_kind,
                resolution.resolved_by_id.map(Id::uuid),
            ),
            resolved_at: resolution.resolved_at.rfc3339(),
        },
        reviewer_id: review.reviewer_id,
        reason: review.reason,
        created_at: review.created_at.rfc3339(),
        decided_at: review.decided_at.map(Ts::rfc3339),
        version: review.version,
        is_blind: review.is_blind,
        answer: review.answer,
    }
}

/// `GET /api/v1/reviews`
#[utoipa::path(
    get,
    path = "/api/v1/reviews",
    operation_id = "listReviews",
    tag = "Reviews",
    summary = "List reviews",
    description = "The newest first when nothing is said. A verdict is given by a team member, on a page.",
    security(("token" = ["read"])),
    params(crate::openapi::queries::Cursors, crate::openapi::queries::ReviewFilters),
    responses((status = 200, description = "A page", body = CursorPageOf<ReviewView>))
)]
pub async fn list(app: Data<App>, client: Client<Read>, mut params: Params) -> AppResult<Listed> {
    let account = client.account();
    let known: Vec<&str> = ReviewState::ALL.iter().map(|s| s.as_str()).collect();
    let state = params.word("state", &known.join(", "), ReviewState::parse);
    let asked = CursorAsked::read(&mut params, FIELDS, "created_at");
    params.finish()?;
    app.db
        .read(move |conn| {
            let (slice, ends) = queries::page(conn, account, state, &asked.order, &asked.window)?;
            let views = slice.rows.iter().cloned().map(view).collect();
            asked.answer(&params, slice.with(views), ends)
        })
        .await
}

/// `GET /api/v1/reviews/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/reviews/{id}",
    operation_id = "getReview",
    tag = "Reviews",
    summary = "Get a review",
    description = "With the resolution that it is about.",
    security(("token" = ["read"])),
    responses((status = 200, description = "The review", body = ReviewView))
)]
pub async fn show(app: Data<App>, client: Client<Read>, id: PathId<noun::Review>) -> AppResult<Shown> {
    let (account, id) = (client.account(), id.0);
    app.db
        .read(move |conn| {
            let review = queries::get(conn, account, id)?;
            let resolution = resolution::get(conn, review.resolution_id)?;
            answer::json(&view((review, resolution))).map(Shown)
        })
        .await
}
