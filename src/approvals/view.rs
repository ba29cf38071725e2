//! An approval as JSON: what the API answers with 202 when a change waits.

use serde::Serialize;

use super::model::{ApprovalKind, ApprovalRow, ApprovalState, Difference, Gated};
use crate::{
    api::{answer, view::ActorView},
    history::{EntityType, model::Anything},
    idempotency::Outcome,
    kernel::{
        error::AppResult,
        id::{ApprovalId, BusinessAccountId, Id},
    },
};

/// An approval as a client sees it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalView {
    id: ApprovalId,
    business_account_id: BusinessAccountId,
    kind: ApprovalKind,
    state: ApprovalState,
    entity_type: EntityType,
    #[schema(value_type = uuid::Uuid)]
    entity_id: Id<Anything>,
    title: String,
    rule: String,
    people_needed: i64,
    agreed: Vec<String>,
    effects: Vec<String>,
    changes: Vec<Difference>,
    requested_by: ActorView,
    #[schema(format = DateTime)]
    requested_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    decided_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<uuid::Uuid>)]
    result_id: Option<Id<Anything>>,
}

impl From<&ApprovalRow> for ApprovalView {
    fn from(row: &ApprovalRow) -> Self {
        Self {
            id: row.id,
            business_account_id: row.business_account_id,
            kind: row.kind,
            state: row.state,
            entity_type: row.entity_type,
            entity_id: row.entity_id,
            title: row.title.clone(),
            rule: row.why.clone(),
            people_needed: row.people,
            agreed: row.consents().into_iter().map(|c| c.name).collect(),
            effects: row.effects(),
            changes: row.changes(),
            requested_by: ActorView::new(row.requested_by_kind, row.requested_by_id.map(Id::uuid)),
            requested_at: row.requested_at.rfc3339(),
            decided_at: row.decided_at.map(crate::kernel::clock::Ts::rfc3339),
            reason: row.reason.clone(),
            outcome: row.outcome.clone(),
            result_id: row.result_id,
        }
    }
}

/// What the API answers for a change: what `done` makes of it, or 202 with the approval that waits.
pub fn answer<T>(gated: Gated<T>, done: impl FnOnce(T) -> AppResult<Outcome>) -> AppResult<Outcome> {
    match gated {
        Gated::Done(made) => done(made),
        Gated::Waits(row) => Ok(Outcome::new(
            202,
            Some(format!("/api/v1/approvals/{}", row.id)),
            answer::json(&ApprovalView::from(&*row))?,
        )),
    }
}
