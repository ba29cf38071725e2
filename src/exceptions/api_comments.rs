//! Comments through the API, as Matcher has them (matcher.md 4.14): all of an exception's, the oldest first.

use actix_web::web::Data;
use serde::Serialize;

use super::{
    comment::{self, CommentRow},
    comment_remove as remove, queries, view,
};
use crate::{
    api::{
        Call, Client, PlainCall,
        answer::{self, Done, Listed},
        cursor::CursorAsked,
        page::Sortable,
        params::Params,
    },
    app::App,
    auth::permission::{Read, Work},
    idempotency::Outcome,
    kernel::{
        error::{AppResult, FieldErrors},
        id::{CommentId, ExceptionId, noun},
        text::CommentText,
    },
    web::form::{OuterId, PathId},
};

const FIELDS: &[Sortable] = &[("created_at", "comments.created_at")];

/// A comment as Matcher writes it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommentView {
    id: CommentId,
    exception_id: ExceptionId,
    author: String,
    content: String,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<CommentRow> for CommentView {
    fn from(row: CommentRow) -> Self {
        Self {
            id: row.id,
            exception_id: row.exception_id,
            author: row.author_name,
            content: row.text,
            created_at: row.created_at.rfc3339(),
            updated_at: row.edited_at.unwrap_or(row.created_at).rfc3339(),
        }
    }
}

/// `GET /api/v1/exceptions/{id}/comments`: a page of 200 unless less is asked for, as Matcher's clients know of no pages.
#[utoipa::path(
    get,
    path = "/api/v1/exceptions/{id}/comments",
    operation_id = "listComments",
    tag = "Exceptions, Matcher",
    summary = "List the comments on an exception",
    description = "The oldest first, 200 of them, when nothing is said.",
    security(("token" = ["read"])),
    params(crate::openapi::queries::Cursors),
    responses((status = 200, description = "A page", body = crate::api::cursor::CursorPageOf<CommentView>))
)]
pub async fn list(
    app: Data<App>,
    client: Client<Read>,
    id: PathId<noun::Exception>,
    mut params: Params,
) -> AppResult<Listed> {
    let (account, id) = (client.account(), id.0);
    params.usually("limit", "200");
    params.usually("sort_order", "asc");
    let asked = CursorAsked::read(&mut params, FIELDS, "created_at");
    params.finish()?;
    app.db
        .read(move |conn| {
            queries::get(conn, account, id)?;
            let (slice, ends) = remove::page(conn, account, id, &asked.order, &asked.window)?;
            let views = slice.rows.iter().cloned().map(CommentView::from).collect();
            asked.answer(&params, slice.with(views), ends)
        })
        .await
}

/// `POST /api/v1/exceptions/{id}/comments`
#[utoipa::path(
    post,
    path = "/api/v1/exceptions/{id}/comments",
    operation_id = "addComment",
    tag = "Exceptions, Matcher",
    summary = "Comment on an exception",
    description = "Comment on an exception.",
    security(("token" = ["work"])),
    request_body = crate::openapi::bodies::CommentRequest,
    responses((status = 201, description = "The comment", body = CommentView))
)]
pub async fn create(app: Data<App>, mut call: Call<Work>, id: PathId<noun::Exception>) -> AppResult<Done> {
    let id = id.0;
    let mut sent = call.take_fields();
    let content = sent.text("content").unwrap_or_default();
    let read = CommentText::parse(&content).map_err(|why| FieldErrors::one("content", why));
    let text = sent.matched(read)?;
    call.run(
        &app,
        // What is commented on is what `If-Match` names.
        move |tx, actor| {
            let row = queries::get(tx.conn, actor.business_account, id)?;
            view::matcher(tx.conn, &row)
        },
        move |tx, actor| {
            let made = comment::add(tx, actor, id, &text)?;
            let view = CommentView::from(remove::get(tx.conn, actor.business_account, id, made)?);
            let location = format!("/api/v1/exceptions/{id}/comments/{made}");
            Ok(Outcome::new(201, Some(location), answer::json(&view)?))
        },
    )
    .await
}

/// `DELETE /api/v1/exceptions/{outer}/comments/{id}`
#[utoipa::path(
    delete,
    path = "/api/v1/exceptions/{outer}/comments/{id}",
    operation_id = "deleteComment",
    tag = "Exceptions, Matcher",
    summary = "Take a comment back",
    description = "One's own, within 15 minutes.",
    security(("token" = ["work"])),
    responses((status = 204, description = "It is gone"))
)]
pub async fn delete(
    app: Data<App>,
    call: PlainCall<Work>,
    exception: OuterId<noun::Exception>,
    id: PathId<noun::Comment>,
) -> AppResult<Done> {
    let (exception, id) = (exception.0, id.0);
    call.0
        .make(&app, move |tx, actor| {
            remove::remove(tx, actor, exception, id)?;
            Ok(Outcome::new(204, None, String::new()))
        })
        .await
}
