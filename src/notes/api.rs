//! Notes through the API, as RocketKOR has them (rocketkor.md 4.2).

use actix_web::web::{self, Data};
use uuid::Uuid;

use super::{
    commands,
    model::{NoteRow, Noted, Words},
    queries,
    view::NoteView,
};
use crate::{
    api::{
        Call, Client,
        answer::{self, Done, Listed, Shown},
        page::{PageAsked, Sortable},
        params::Params,
    },
    app::App,
    auth::permission::{Read, Work},
    db::AnyConnection,
    idempotency::Outcome,
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::{BusinessAccountId, NoteId, noun},
    },
    web::{form::PathId, route::at},
};

/// What the list is sorted by, at any length.
pub const FIELDS: &[Sortable] = &[
    ("createdAt", "notes.created_at"),
    ("updatedAt", "notes.updated_at"),
    ("id", ""),
];

/// What no index has in order: for lists that are not long.
const MORE: &[Sortable] = &[("title", "notes.title"), ("contentText", "notes.text")];

/// Under `/api`.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/api/v1/notes").get(list).post(create))
        .service(at("/api/v1/notes/{id}").get(show).patch(update));
}

fn told(note: NoteRow) -> AppResult<String> {
    answer::json(&NoteView::from(note))
}

fn read(conn: &mut AnyConnection, account: BusinessAccountId, id: NoteId) -> AppResult<String> {
    told(queries::get(conn, account, id)?)
}

const KNOWN: &str = "CUSTOMER, RECIPIENT, TEAM_MEMBER, FINANCIAL_ACCOUNT, TRANSACTION, SCHEDULED_TRANSACTION";

/// `GET /api/v1/notes`: of one entity.
#[utoipa::path(
    get,
    path = "/api/v1/notes",
    operation_id = "listNotes",
    tag = "Notes",
    summary = "List the notes of an entity",
    description = "List the notes of an entity.",
    security(("token" = ["read"])),
    params(crate::openapi::queries::Paging, crate::openapi::queries::NoteFilters),
    responses((status = 200, description = "A page", body = crate::api::page::PageOf<NoteView>))
)]
pub async fn list(app: Data<App>, client: Client<Read>, mut params: Params) -> AppResult<Listed> {
    let account = client.account();
    for name in ["entityId", "entityType"] {
        if params.many(name).is_empty() {
            params.wrong(name, format!("{name} is required."));
        }
    }
    let kind = params.word("entityType", KNOWN, Noted::parse);
    let entity = params.take("entityId", |text| {
        text.parse::<Uuid>().map_err(|_| "entityId is an id.".into())
    });
    let asked = PageAsked::read_with(&mut params, FIELDS, MORE, "createdAt");
    params.finish()?;
    let about = kind.zip(entity).ok_or(AppError::NotFound)?;
    app.db
        .read(move |conn| {
            let total = queries::count(conn, account, about)?;
            asked.admit(total)?;
            let (slice, ends) = queries::page(conn, account, about, &asked.order, &asked.window)?;
            let views: Vec<NoteView> = slice.rows.iter().cloned().map(NoteView::from).collect();
            asked.answer(&params, total, slice.with(views), ends)
        })
        .await
}

/// `GET /api/v1/notes/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/notes/{id}",
    operation_id = "getNote",
    tag = "Notes",
    summary = "Get a note",
    description = "Get a note.",
    security(("token" = ["read"])),
    responses((status = 200, description = "The note", body = NoteView))
)]
pub async fn show(app: Data<App>, client: Client<Read>, id: PathId<noun::Note>) -> AppResult<Shown> {
    let (account, id) = (client.account(), id.0);
    app.db.read(move |conn| read(conn, account, id).map(Shown)).await
}

/// `POST /api/v1/notes`
#[utoipa::path(
    post,
    path = "/api/v1/notes",
    operation_id = "addNote",
    tag = "Notes",
    summary = "Add a note",
    description = "Add a note.",
    security(("token" = ["work"])),
    request_body = crate::openapi::bodies::NoteRequest,
    responses((status = 201, description = "The note", body = NoteView))
)]
pub async fn create(app: Data<App>, mut call: Call<Work>) -> AppResult<Done> {
    let mut sent = call.take_fields();
    let (entity, kind) = (sent.text("entityId"), sent.text("entityType"));
    let (title, text) = (sent.text("title"), sent.text("contentText"));
    let mut errors = FieldErrors::default();
    let unknown = "There is no such entity in this business account.";
    let entity = match entity.as_deref() {
        None => errors.take("entity_id", Err("entityId is required.".to_owned())),
        Some(text) => errors.allow("entity_id", text.parse::<Uuid>().map_err(|_| unknown.to_owned())),
    };
    let kind = match kind.as_deref() {
        None => Err(format!("entityType is required: one of {KNOWN}.")),
        Some(text) => Noted::parse(text).ok_or_else(|| format!("An entity type is one of {KNOWN}.")),
    };
    let kind = errors.take("entity_type", kind);
    let words = match Words::parse(&title.unwrap_or_default(), &text.unwrap_or_default()) {
        Err(AppError::Invalid(wrong)) => {
            errors.extend(&wrong);
            None
        }
        other => Some(other?),
    };
    let read = match (kind, entity, words) {
        (Some(kind), Some(entity), Some(words)) => Ok((kind, entity, words)),
        _ => Err(errors),
    };
    let (kind, entity, words) = sent.with(read)?;
    call.make(&app, move |tx, actor| {
        let note = commands::add(tx, actor, (kind, entity), &words).map_err(|error| match error {
            AppError::NotFound => AppError::field("entity_id", unknown),
            other => other,
        })?;
        let location = format!("/api/v1/notes/{}", note.id);
        Ok(Outcome::new(201, Some(location), told(note)?))
    })
    .await
}

/// `PATCH /api/v1/notes/{id}`: the members that are there.
#[utoipa::path(
    patch,
    path = "/api/v1/notes/{id}",
    operation_id = "editNote",
    tag = "Notes",
    summary = "Edit a note",
    description = "What is left out stays.",
    security(("token" = ["work"])),
    request_body = crate::openapi::bodies::EditNoteRequest,
    responses((status = 200, description = "The note as it is now", body = NoteView))
)]
pub async fn update(app: Data<App>, mut call: Call<Work>, id: PathId<noun::Note>) -> AppResult<Done> {
    let id = id.0;
    let mut sent = call.take_fields();
    sent.need_any(
        &["title", "contentText"],
        "Say what to change: title, contentText, or both.",
    )?;
    let said = |name: &str, sent: &mut crate::api::body::Fields| {
        sent.has(name).then(|| sent.text(name).unwrap_or_default())
    };
    let (title, text) = (said("title", &mut sent), said("contentText", &mut sent));
    let misread = sent.misread();
    call.run(
        &app,
        move |tx, actor| read(tx.conn, actor.business_account, id),
        move |tx, actor| {
            let before = queries::get(tx.conn, actor.business_account, id)?;
            let title = title.as_deref().unwrap_or(&before.title);
            let words = misread.beside(Words::parse(title, text.as_deref().unwrap_or(&before.text)))?;
            let note = commands::edit(tx, actor, id, &words, None)?;
            Ok(Outcome::new(200, None, told(note)?))
        },
    )
    .await
}
