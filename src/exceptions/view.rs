//! An exception as JSON, in both dialects (rocketkor.md 3.1, matcher.md 1.1; domain.md section 2 has what is ours).

use diesel::prelude::*;
use serde::Serialize;

use super::{
    model::{Category, Kind, ResolutionKind, Source, Status},
    queries, resolution,
    row::{ExceptionRow, SourceRow},
};
use crate::{
    api::{answer, view::ActorView},
    auth::actor::ActorKind,
    db::{AnyConnection, schema::team_members},
    history::model::Anything,
    kernel::{
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, Id, ImportId, TeamMemberId, TransactionId},
        money::Money,
    },
    notes::{self, NoteRow, view::NoteView},
};

/// RocketKOR's exception, with what is ours after it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExceptionView {
    id: ExceptionId,
    entity_id: Id<Anything>,
    business_account_id: BusinessAccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_to: Option<AssigneeView>,
    category: Category,
    r#type: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<NoteView>,
    status: Status,
    description: String,
    created_by: ActorView,
    created_at: String,
    updated_by: ActorView,
    updated_at: String,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    corrected_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<TransactionId>,
    due_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution_type: Option<ResolutionKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution_notes: Option<String>,
    source: SourceView,
    version: i64,
}

/// Who has it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AssigneeView {
    id: TeamMemberId,
    first_name: String,
    last_name: String,
    email: String,
}

/// Where it came from.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SourceView {
    r#type: Source,
    #[serde(skip_serializing_if = "Option::is_none")]
    import_id: Option<ImportId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<i64>,
}

/// Matcher's exception.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MatcherView {
    id: ExceptionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<TransactionId>,
    severity: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_to: Option<String>,
    due_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution_type: Option<ResolutionKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution_notes: Option<String>,
    created_at: String,
    updated_at: String,
}

/// RocketKOR knows no waiting for an outside system: it is in progress.
pub const fn rocketkor_status(status: Status) -> Status {
    match status {
        Status::PendingResolution => Status::InProgress,
        other => other,
    }
}

const fn matcher_status(status: Status, is_held: bool) -> &'static str {
    match (status, is_held) {
        (Status::New | Status::Reopened, false) => "OPEN",
        (Status::New | Status::Reopened, true) | (Status::InProgress, _) => "ASSIGNED",
        (Status::PendingResolution, _) => "PENDING_RESOLUTION",
        (Status::Resolved, _) => "RESOLVED",
    }
}

/// RocketKOR's body.
pub fn rocketkor(conn: &mut AnyConnection, row: &ExceptionRow) -> AppResult<String> {
    let source = queries::source_of(conn, row)?;
    let closed = closed_as(conn, row)?;
    let (resolution_type, resolution_reason, resolution_notes) = apart(closed);
    let by = |kind: ActorKind, id: Option<Id<Anything>>| ActorView::new(kind, id.map(Id::uuid));
    answer::json(&ExceptionView {
        id: row.id,
        entity_id: row.entity_id,
        business_account_id: row.business_account_id,
        assigned_to: assignee(conn, row)?,
        category: row.category,
        r#type: row.kind,
        notes: newest_note(conn, row)?.map(NoteView::from),
        status: rocketkor_status(row.status),
        description: row.description.clone(),
        created_by: by(row.created_by_kind, row.created_by_id),
        created_at: row.created_at.rfc3339(),
        updated_by: by(row.updated_by_kind, row.updated_by_id),
        updated_at: row.updated_at.rfc3339(),
        severity: row.severity.as_str(),
        amount: row.money().map(Money::plain),
        currency: row.money().map(|m| m.currency().code()),
        reason: row.reason.clone(),
        return_code: row.code.clone(),
        corrected_data: source.corrected_data.clone(),
        transaction_id: row.transaction_id,
        due_at: row.due_at.rfc3339(),
        resolution_type,
        resolution_reason,
        resolution_notes,
        source: source_view(row, &source),
        version: row.version,
    })
}

/// Matcher's body. It knows two resolution types; the others are told by the reason.
pub fn matcher(conn: &mut AnyConnection, row: &ExceptionRow) -> AppResult<String> {
    let closed = closed_as(conn, row)?;
    let (resolution_type, resolution_reason, resolution_notes) = apart(closed);
    answer::json(&MatcherView {
        id: row.id,
        transaction_id: row.transaction_id,
        severity: row.severity.as_str(),
        status: matcher_status(row.status, row.assignee_id.is_some()),
        reason: row.reason.clone().or_else(|| row.code.clone()),
        assigned_to: assignee(conn, row)?.map(|a| a.email),
        due_at: row.due_at.rfc3339(),
        resolution_type: resolution_type
            .filter(|t| matches!(t, ResolutionKind::ForceMatch | ResolutionKind::AdjustEntry)),
        resolution_reason,
        resolution_notes,
        created_at: row.created_at.rfc3339(),
        updated_at: row.updated_at.rfc3339(),
    })
}

fn assignee(conn: &mut AnyConnection, row: &ExceptionRow) -> AppResult<Option<AssigneeView>> {
    let Some(id) = row.assignee_id else {
        return Ok(None);
    };
    let (first_name, last_name, email) = team_members::table
        .find(id)
        .select((
            team_members::first_name,
            team_members::last_name,
            team_members::email,
        ))
        .first(conn)?;
    Ok(Some(AssigneeView {
        id,
        first_name,
        last_name,
        email,
    }))
}

fn closed_as(conn: &mut AnyConnection, row: &ExceptionRow) -> AppResult<Option<resolution::ResolutionRow>> {
    match row.resolution_id {
        Some(id) if row.status == Status::Resolved => resolution::get(conn, id).map(Some),
        _ => Ok(None),
    }
}

type Apart = (Option<ResolutionKind>, Option<String>, Option<String>);

fn apart(closed: Option<resolution::ResolutionRow>) -> Apart {
    closed.map_or((None, None, None), |r| {
        (Some(r.kind), Some(r.reason), Some(r.notes))
    })
}

fn source_view(row: &ExceptionRow, said: &SourceRow) -> SourceView {
    SourceView {
        r#type: row.source,
        import_id: said.import_id,
        line: said.import_line,
    }
}

/// The newest note of the affected entity.
fn newest_note(conn: &mut AnyConnection, row: &ExceptionRow) -> AppResult<Option<NoteRow>> {
    match row.noted() {
        Some(about) => notes::queries::newest(conn, row.business_account_id, about),
        None => Ok(None),
    }
}
