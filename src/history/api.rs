//! The history through the API: RocketKOR's snapshots of an exception, Matcher's actions and its audit logs.

use actix_web::web::{self, Data, ServiceConfig};
use serde::Serialize;
use uuid::Uuid;

use super::{
    EntityType, Event, EventKind, actions, listing,
    listing::Wanted,
    model::seq_of,
    verify::{self, Extent, Verdict},
};
use crate::{
    api::{
        Client,
        answer::{self, Listed, Shown},
        cursor::CursorAsked,
        page::{PageAsked, Sortable},
        params::Params,
        view::ActorView,
        when::{self, End, Zone},
    },
    app::App,
    auth::permission::Audit,
    db::AnyConnection,
    kernel::{
        crypto::hex,
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, ExceptionId, Id},
    },
    web::route::at,
};

/// What snapshots are sorted by: both are the order in which they were made.
pub const FIELDS: &[Sortable] = &[("createdAt", "history_events.seq"), ("id", "")];
/// The same for Matcher's lists.
pub const MATCHER_FIELDS: &[Sortable] = &[("created_at", "history_events.seq"), ("id", "")];

/// Matcher's audit log.
pub fn routes(cfg: &mut ServiceConfig) {
    // `verify` is no id of an event: it comes first.
    cfg.service(at("/api/v1/governance/audit-logs").get(list))
        .service(at("/api/v1/governance/audit-logs/verify").get(verify_chain))
        .service(at("/api/v1/governance/audit-logs/{id}").get(show))
        .service(at("/api/v1/governance/entities/{type}/{id}/audit-logs").get(list_of_entity));
}

/// RocketKOR's snapshot of an exception (rocketkor.md 3.6). Values are statuses, or the assignees' e-mail addresses.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotView {
    id: Uuid,
    exception_id: Uuid,
    r#type: EventKind,
    description: String,
    previous_value: String,
    new_value: String,
    created_by: ActorView,
    #[schema(format = DateTime)]
    created_at: String,
    updated_by: ActorView,
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<Event> for SnapshotView {
    fn from(event: Event) -> Self {
        let by = ActorView::new(event.actor_kind, event.actor_id.map(Id::uuid));
        Self {
            id: event.id(),
            exception_id: event.entity_id.uuid(),
            r#type: event.kind,
            description: event.description,
            previous_value: event.previous,
            new_value: event.new,
            created_by: by.clone(),
            created_at: event.created_at.rfc3339(),
            updated_by: by,
            updated_at: event.created_at.rfc3339(),
        }
    }
}

/// A page of an exception's snapshots: creation, changes of status and of assignee.
pub fn snapshots(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    exception: Uuid,
    asked: &PageAsked,
    params: &Params,
) -> AppResult<Listed> {
    let wanted = Wanted {
        entities: vec![exception],
        kinds: vec![EventKind::Create, EventKind::StatusChange, EventKind::AssignedTo],
        ..Wanted::default()
    };
    let total = listing::count(conn, account, &wanted)?;
    let (slice, ends) = listing::page(conn, account, &wanted, &asked.order, &asked.window)?;
    let views = slice.rows.iter().cloned().map(SnapshotView::from).collect();
    asked.answer(params, total, slice.with(views), ends)
}

/// Before, after, and the sentence about it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Changes {
    previous: String,
    new: String,
    description: String,
}

/// Matcher's entry of an exception's history (matcher.md 4.4).
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionView {
    id: Uuid,
    action: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<Uuid>,
    actor_name: String,
    changes: Changes,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Event> for ActionView {
    fn from(event: Event) -> Self {
        Self {
            id: event.id(),
            action: actions::name(&event),
            actor_id: event.actor_id.map(Id::uuid),
            actor_name: event.actor_name,
            changes: Changes {
                previous: event.previous,
                new: event.new,
                description: event.description,
            },
            created_at: event.created_at.rfc3339(),
        }
    }
}

/// A page of everything that happened to a thing.
pub fn actions(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    wanted: &Wanted,
    asked: &CursorAsked,
    params: &Params,
) -> AppResult<Listed> {
    let (slice, ends) = listing::page(conn, account, wanted, &asked.order, &asked.window)?;
    let views = slice.rows.iter().cloned().map(ActionView::from).collect();
    asked.answer(params, slice.with(views), ends)
}

/// Matcher's audit log record (matcher.md section 9).
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordView {
    id: Uuid,
    tenant_id: BusinessAccountId,
    entity_type: String,
    entity_id: Uuid,
    action: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<Uuid>,
    actor_name: String,
    changes: Changes,
    #[schema(format = DateTime)]
    created_at: String,
    tenant_seq: i64,
    /// The hash of the record before; empty of the first.
    prev_hash: String,
    record_hash: String,
    hash_version: u8,
}

/// How the hash of a record is made; it has never been made otherwise.
const HASH_VERSION: u8 = 1;

impl RecordView {
    /// With the hash that the event is chained to.
    fn new(event: Event, before: &[u8]) -> Self {
        Self {
            prev_hash: hex(before),
            hash_version: HASH_VERSION,
            id: event.id(),
            tenant_id: event.business_account_id,
            entity_type: event.entity_type.as_str().to_lowercase(),
            entity_id: event.entity_id.uuid(),
            action: actions::name(&event),
            actor_id: event.actor_id.map(Id::uuid),
            actor_name: event.actor_name,
            tenant_seq: event.seq,
            record_hash: hex(&event.hash),
            changes: Changes {
                previous: event.previous,
                new: event.new,
                description: event.description,
            },
            created_at: event.created_at.rfc3339(),
        }
    }
}

fn views(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    events: &[Event],
) -> AppResult<Vec<RecordView>> {
    let hashes = listing::hashes_before(conn, account, events)?;
    let before = |event: &Event| hashes.get(&(event.seq - 1)).map_or(&[][..], Vec::as_slice);
    Ok(events
        .iter()
        .map(|event| RecordView::new(event.clone(), before(event)))
        .collect())
}

fn records(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    wanted: &Wanted,
    asked: &CursorAsked,
    params: &Params,
) -> AppResult<Listed> {
    let (slice, ends) = listing::page(conn, account, wanted, &asked.order, &asked.window)?;
    let views = views(conn, account, &slice.rows)?;
    asked.answer(params, slice.with(views), ends)
}

/// `GET /api/v1/governance/audit-logs`
#[utoipa::path(
    get,
    path = "/api/v1/governance/audit-logs",
    operation_id = "listAuditLogs",
    tag = "Audit log",
    summary = "List the audit log",
    description = "The newest first when nothing is said.",
    security(("token" = ["audit"])),
    params(crate::openapi::queries::Cursors, crate::openapi::queries::AuditFilters),
    responses((status = 200, description = "A page", body = crate::api::cursor::CursorPageOf<RecordView>))
)]
pub async fn list(app: Data<App>, client: Client<Audit>, mut params: Params) -> AppResult<Listed> {
    let account = client.account();
    let actor = params.one("actor");
    let wanted = filter(&mut params);
    let asked = CursorAsked::read(&mut params, MATCHER_FIELDS, "created_at");
    params.finish()?;
    app.db
        .read_slow(move |conn| {
            // An actor nobody knows did nothing.
            let actor = match actor {
                None => None,
                Some(text) => match text.parse() {
                    Ok(id) => Some(id),
                    Err(_) => Some(listing::member_of(conn, &text)?.map_or(Uuid::nil(), Id::uuid)),
                },
            };
            let wanted = Wanted { actor, ..wanted };
            records(conn, account, &wanted, &asked, &params)
        })
        .await
}

fn filter(params: &mut Params) -> Wanted {
    let upper = |text: &str| text.trim().to_ascii_uppercase();
    let action = params.word("action", &actions::known(), |text| actions::parse(&upper(text)));
    let entity_types: Vec<&str> = EntityType::ALL.iter().map(|t| t.as_str()).collect();
    Wanted {
        entity_type: params.word("entity_type", &entity_types.join(", "), |text| {
            EntityType::parse(&upper(text))
        }),
        created: (
            params.take("date_from", |text| when::parse(text, Zone::UTC, End::From)),
            params.take("date_to", |text| when::parse(text, Zone::UTC, End::To)),
        ),
        ..action.unwrap_or_default()
    }
}

/// `GET /api/v1/governance/audit-logs/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/governance/audit-logs/{id}",
    operation_id = "getAuditLog",
    tag = "Audit log",
    summary = "Get a record of the audit log",
    description = "Get a record of the audit log.",
    security(("token" = ["audit"])),
    responses((status = 200, description = "The record", body = RecordView))
)]
pub async fn show(app: Data<App>, client: Client<Audit>, id: web::Path<String>) -> AppResult<Shown> {
    let account = client.account();
    let id = id.parse::<Uuid>().ok().filter(|_| id.len() == 36);
    let seq = seq_of(account, id.ok_or_else(no_id)?).ok_or(AppError::NotFound)?;
    app.db
        .read(move |conn| {
            let event = listing::find(conn, account, seq)?.ok_or(AppError::NotFound)?;
            let told = views(conn, account, std::slice::from_ref(&event))?;
            answer::json(&told.first()).map(Shown)
        })
        .await
}

/// As of all of Matcher's calls (matcher.md 3.1).
fn no_id() -> AppError {
    AppError::refused(Code::BadRequest, "The id in the address is no UUID.")
}

/// `GET /api/v1/governance/entities/{type}/{id}/audit-logs`
#[utoipa::path(
    get,
    path = "/api/v1/governance/entities/{type}/{id}/audit-logs",
    operation_id = "listAuditLogsOfEntity",
    tag = "Audit log",
    summary = "List the audit log of an entity",
    description = "That of an exception has what happened to its disputes.",
    security(("token" = ["audit"])),
    params(crate::openapi::queries::Cursors),
    responses((status = 200, description = "A page", body = crate::api::cursor::CursorPageOf<RecordView>))
)]
pub async fn list_of_entity(
    app: Data<App>,
    client: Client<Audit>,
    path: web::Path<(String, String)>,
    mut params: Params,
) -> AppResult<Listed> {
    let account = client.account();
    let (entity_type, id) = path.into_inner();
    let entity_type = EntityType::parse(&entity_type.to_ascii_uppercase()).ok_or(AppError::NotFound)?;
    let entity = id.parse::<Uuid>().map_err(|_| no_id())?;
    let asked = CursorAsked::read(&mut params, MATCHER_FIELDS, "created_at");
    params.finish()?;
    app.db
        .read(move |conn| {
            let mut wanted = Wanted {
                entities: vec![entity],
                entity_type: Some(entity_type),
                ..Wanted::default()
            };
            if entity_type == EntityType::Exception {
                wanted.with_disputes(conn, account, ExceptionId::from_uuid(entity))?;
            }
            records(conn, account, &wanted, &asked, &params)
        })
        .await
}

/// What the verification found (matcher.md section 9).
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChainView {
    intact: bool,
    /// There are more records than were looked at.
    truncated: bool,
    verified_count: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_broken_seq: Option<i64>,
}

/// `GET /api/v1/governance/audit-logs/verify`: the first `maxRecords` of the chain, 10,000 when nothing is said.
#[utoipa::path(
    get,
    path = "/api/v1/governance/audit-logs/verify",
    operation_id = "verifyAuditLogs",
    tag = "Audit log",
    summary = "Verify the chain of the audit log",
    description = "From the beginning on.",
    security(("token" = ["audit"])),
    params(crate::openapi::queries::VerifyFilters),
    responses((status = 200, description = "What was found", body = ChainView))
)]
pub async fn verify_chain(app: Data<App>, client: Client<Audit>, mut params: Params) -> AppResult<Shown> {
    const MOST: i64 = 10_000;
    let account = client.account();
    let most = params.take("maxRecords", |text| {
        text.parse::<i64>()
            .ok()
            .filter(|n| (1..=MOST).contains(n))
            .ok_or_else(|| "maxRecords is a number from 1 to 10,000.".to_owned())
    });
    params.finish()?;
    let found = app
        .db
        .read_slow(move |conn| verify::verify_first(conn, account, most.unwrap_or(MOST)))
        .await?;
    let Extent { verdict, truncated } = found;
    let (verified_count, first_broken_seq) = match verdict {
        Verdict::Whole(end) => (end.seq, None),
        Verdict::Broken { seq, .. } => (seq - 1, Some(seq)),
    };
    answer::json(&ChainView {
        intact: first_broken_seq.is_none(),
        truncated,
        verified_count,
        first_broken_seq,
    })
    .map(Shown)
}
