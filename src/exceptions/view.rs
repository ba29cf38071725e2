//! An exception as JSON, in both dialects (rocketkor.md 3.1, matcher.md 1.1; domain.md section 2 has what is ours).

use std::collections::HashMap;

use serde::Serialize;
use uuid::Uuid;

use super::{
    holders::{self, Holder},
    model::{Category, Kind, ResolutionKind, Severity, Source, Status},
    queries,
    resolution::{self, ResolutionRow},
    row::{ExceptionRow, SourceTold},
    wanted::Stand,
};
use crate::{
    api::{answer, view::ActorView},
    auth::actor::ActorKind,
    db::AnyConnection,
    history::model::Anything,
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, Id, ImportId, ResolutionId, TeamMemberId, TransactionId},
        money::Money,
    },
    notes::{self, Noted, view::NoteView},
    reviews,
};

/// RocketKOR's exception, with what is ours after it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExceptionView {
    id: ExceptionId,
    /// Left out when it is raised about nothing that is known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    entity_id: Option<Id<Anything>>,
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
    #[schema(format = DateTime)]
    created_at: String,
    updated_by: ActorView,
    #[schema(format = DateTime)]
    updated_at: String,
    #[schema(value_type = Severity)]
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
    /// Left out while it waits for somebody outside and no clock of the rules runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    due_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    snoozed_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_system: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_issue_id: Option<String>,
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
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssigneeView {
    id: TeamMemberId,
    first_name: String,
    last_name: String,
    email: String,
}

/// Where it came from.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceView {
    r#type: Source,
    #[serde(skip_serializing_if = "Option::is_none")]
    import_id: Option<ImportId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<i64>,
}

/// Matcher's exception.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MatcherView {
    id: ExceptionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<TransactionId>,
    #[schema(value_type = Severity)]
    severity: &'static str,
    #[schema(value_type = Stand)]
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_to: Option<String>,
    /// Left out while it waits for somebody outside and no clock of the rules runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    due_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_system: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_issue_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution_type: Option<ResolutionKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution_notes: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
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
    answer::json(&rocketkor_all(conn, std::slice::from_ref(row))?.first())
}

/// Matcher's body.
pub fn matcher(conn: &mut AnyConnection, row: &ExceptionRow) -> AppResult<String> {
    answer::json(&matcher_all(conn, std::slice::from_ref(row))?.first())
}

/// Exceptions of one business account as RocketKOR writes them.
pub fn rocketkor_all(conn: &mut AnyConnection, rows: &[ExceptionRow]) -> AppResult<Vec<ExceptionView>> {
    let mut beside = Beside::read(conn, rows)?;
    beside.sources = queries::sources_told(conn, rows)?;
    beside.notes = newest_notes(conn, rows)?;
    Ok(rows.iter().map(|row| beside.rocketkor(row)).collect())
}

/// Exceptions of one business account as Matcher writes them.
pub fn matcher_all(conn: &mut AnyConnection, rows: &[ExceptionRow]) -> AppResult<Vec<MatcherView>> {
    let beside = Beside::read(conn, rows)?;
    Ok(rows.iter().map(|row| beside.matcher(row)).collect())
}

/// What is told of exceptions beside their own rows.
struct Beside {
    people: HashMap<TeamMemberId, AssigneeView>,
    resolutions: HashMap<ResolutionId, ResolutionRow>,
    sources: HashMap<ExceptionId, SourceTold>,
    notes: HashMap<(Noted, Uuid), NoteView>,
}

impl Beside {
    fn read(conn: &mut AnyConnection, rows: &[ExceptionRow]) -> AppResult<Self> {
        let closed = |row: &ExceptionRow| row.resolution_id.filter(|_| row.status == Status::Resolved);
        let resolutions: Vec<ResolutionId> = rows.iter().filter_map(closed).collect();
        let hidden = reviews::blind::hidden_resolutions(conn, &resolutions)?;
        Ok(Self {
            people: people(conn, rows)?,
            resolutions: resolution::list(conn, &resolutions)?
                .into_iter()
                .filter(|r| !hidden.contains(&r.id))
                .map(|r| (r.id, r))
                .collect(),
            sources: HashMap::new(),
            notes: HashMap::new(),
        })
    }

    fn closed_as(&self, row: &ExceptionRow) -> Apart {
        let closed = row
            .resolution_id
            .filter(|_| row.status == Status::Resolved)
            .and_then(|id| self.resolutions.get(&id));
        closed.map_or((None, None, None), |r| {
            (Some(r.kind), Some(r.reason.clone()), Some(r.notes.clone()))
        })
    }

    fn rocketkor(&self, row: &ExceptionRow) -> ExceptionView {
        let said = self.sources.get(&row.id);
        let (resolution_type, resolution_reason, resolution_notes) = self.closed_as(row);
        let by = |kind: ActorKind, id: Option<Id<Anything>>| ActorView::new(kind, id.map(Id::uuid));
        ExceptionView {
            id: row.id,
            entity_id: Some(row.entity_id).filter(|id| !id.uuid().is_nil()),
            business_account_id: row.business_account_id,
            assigned_to: row.assignee_id.and_then(|id| self.people.get(&id).cloned()),
            category: row.category,
            r#type: row.kind,
            notes: row.noted().and_then(|about| self.notes.get(&about).cloned()),
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
            corrected_data: said.and_then(|said| said.corrected_data.clone()),
            transaction_id: row.transaction_id,
            due_at: row.due().map(Ts::rfc3339),
            snoozed_until: row.snoozed_until.map(Ts::rfc3339),
            external_system: row.external_system.clone(),
            external_issue_id: row.external_issue_id.clone(),
            resolution_type,
            resolution_reason,
            resolution_notes,
            source: SourceView {
                r#type: row.source,
                import_id: said.and_then(|said| said.import_id),
                line: said.and_then(|said| said.import_line),
            },
            version: row.version,
        }
    }

    /// Matcher knows two resolution types; the others are told by the reason.
    fn matcher(&self, row: &ExceptionRow) -> MatcherView {
        let (resolution_type, resolution_reason, resolution_notes) = self.closed_as(row);
        let holder = row.assignee_id.and_then(|id| self.people.get(&id));
        MatcherView {
            id: row.id,
            transaction_id: row.transaction_id,
            severity: row.severity.as_str(),
            status: matcher_status(row.status, row.assignee_id.is_some()),
            reason: row.reason.clone().or_else(|| row.code.clone()),
            assigned_to: holder.map(|a| a.email.clone()),
            due_at: row.due().map(Ts::rfc3339),
            external_system: row.external_system.clone(),
            external_issue_id: row.external_issue_id.clone(),
            resolution_type: resolution_type
                .filter(|t| matches!(t, ResolutionKind::ForceMatch | ResolutionKind::AdjustEntry)),
            resolution_reason,
            resolution_notes,
            created_at: row.created_at.rfc3339(),
            updated_at: row.updated_at.rfc3339(),
        }
    }
}

type Apart = (Option<ResolutionKind>, Option<String>, Option<String>);

fn people(conn: &mut AnyConnection, rows: &[ExceptionRow]) -> AppResult<HashMap<TeamMemberId, AssigneeView>> {
    let ids = rows.iter().filter_map(|row| row.assignee_id).collect();
    let view = |person: Holder| AssigneeView {
        id: person.id,
        first_name: person.first_name,
        last_name: person.last_name,
        email: person.email,
    };
    let found = holders::people(conn, &ids)?.into_iter().map(view);
    Ok(found.map(|person| (person.id, person)).collect())
}

/// The newest note of each affected entity.
fn newest_notes(
    conn: &mut AnyConnection,
    rows: &[ExceptionRow],
) -> AppResult<HashMap<(Noted, Uuid), NoteView>> {
    let Some(account) = rows.first().map(|row| row.business_account_id) else {
        return Ok(HashMap::new());
    };
    let about: Vec<(Noted, Uuid)> = rows.iter().filter_map(ExceptionRow::noted).collect();
    let found = notes::queries::newest_of(conn, account, &about)?;
    Ok(found
        .into_iter()
        .map(|note| ((note.entity_type, note.entity_id.uuid()), NoteView::from(note)))
        .collect())
}
