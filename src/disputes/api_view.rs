//! A dispute as Matcher writes it (matcher.md 1.5), with what a stored file is beside its address.

use serde::Serialize;

use super::{
    model::{DisputeCategory, DisputeRow, DisputeState, EvidenceRow},
    queries,
};
use crate::{
    api::answer,
    db::AnyConnection,
    kernel::{
        crypto::hex,
        error::AppResult,
        id::{DisputeId, EvidenceId, ExceptionId},
    },
};

/// A dispute with its evidence.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DisputeView {
    id: DisputeId,
    exception_id: ExceptionId,
    category: DisputeCategory,
    state: DisputeState,
    description: String,
    opened_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reopen_reason: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<EvidenceView>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// A piece of evidence.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceView {
    id: EvidenceId,
    dispute_id: DisputeId,
    comment: String,
    submitted_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_size: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[schema(format = DateTime)]
    submitted_at: String,
}

impl From<EvidenceRow> for EvidenceView {
    fn from(row: EvidenceRow) -> Self {
        Self {
            id: row.id,
            dispute_id: row.dispute_id,
            comment: row.comment,
            submitted_by: row.submitted_by_name,
            file_url: row.file_url,
            file_name: row.file_name,
            file_size: row.file_size,
            sha256: row.sha256.map(|hash| hex(&hash)),
            submitted_at: row.submitted_at.rfc3339(),
        }
    }
}

/// A dispute as it is now.
pub fn view(conn: &mut AnyConnection, row: &DisputeRow) -> AppResult<DisputeView> {
    let evidence = queries::evidence_of(conn, row.business_account_id, row.id)?;
    Ok(DisputeView {
        id: row.id,
        exception_id: row.exception_id,
        category: row.category,
        state: row.state,
        description: row.description.clone(),
        opened_by: row.opened_by_name.clone(),
        resolution: row.resolution.clone(),
        reopen_reason: row.reopen_reason.clone(),
        evidence: evidence.into_iter().map(EvidenceView::from).collect(),
        created_at: row.created_at.rfc3339(),
        updated_at: row.updated_at.rfc3339(),
    })
}

/// The same as a body.
pub fn body(conn: &mut AnyConnection, row: &DisputeRow) -> AppResult<String> {
    answer::json(&view(conn, row)?)
}
