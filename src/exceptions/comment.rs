//! Comments on an exception: at most 5,000 characters, while it is open.

use actix_web::web::Data;
use diesel::{prelude::*, sql_types::Bool};
use serde::Deserialize;

use super::{
    change::{begin, record},
    model::Act,
    queries,
    show::{self, Draft, ExceptionPage},
    waiting,
};
use crate::{
    app::App,
    auth::{
        actor::{Actor, ActorKind},
        permission::{Read, Work},
        principal::May,
    },
    db::{
        AnyConnection, Tx,
        kept::{Fixed, fixed},
        schema::comments,
    },
    history::{EventKind, model::Anything},
    idempotency::{self, Claim, Outcome},
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::{BusinessAccountId, CommentId, ExceptionId, Id, noun},
        text::CommentText,
    },
    on_backend,
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Answer, Page, SeeOther},
    },
};

/// A comment as it is stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = comments)]
pub struct CommentRow {
    pub id: CommentId,
    pub business_account_id: BusinessAccountId,
    pub exception_id: ExceptionId,
    pub text: String,
    pub author_kind: ActorKind,
    pub author_id: Option<Id<Anything>>,
    pub author_name: String,
    pub created_at: Ts,
    pub edited_at: Option<Ts>,
    /// 1 as it was written; more once it was changed.
    pub version: i64,
}

/// Adds a comment.
///
/// # Errors
/// `IllegalMove` on a resolved exception.
pub fn add(tx: &mut Tx<'_>, actor: &Actor, id: ExceptionId, text: &CommentText) -> AppResult<CommentId> {
    let change = begin(tx, actor, id, Act::Comment, None)?;
    let comment = CommentRow {
        id: CommentId::generate(tx.now),
        business_account_id: actor.business_account,
        exception_id: change.row.id,
        text: text.as_str().to_owned(),
        author_kind: actor.kind,
        author_id: actor.id.map(Id::from_uuid),
        author_name: actor.name.clone(),
        created_at: tx.now,
        edited_at: None,
        version: 1,
    };
    on_backend!(tx.conn, |conn| diesel::insert_into(comments::table)
        .values(&comment)
        .execute(conn))?;
    if actor.kind == ActorKind::ServiceAccount && change.row.waiting_since.is_some() {
        waiting::end(tx, actor.business_account, id, "a comment came by the API")?;
    }
    if actor.member().is_some() && change.row.assignee_id == actor.member() {
        queries::hold(tx, id)?;
    }
    record(
        tx,
        actor,
        id,
        EventKind::Comment,
        ("", &comment.text),
        "commented",
    )?;
    Ok(comment.id)
}

/// A comment.
///
/// # Errors
/// `NotFound`.
pub fn get(conn: &mut AnyConnection, account: BusinessAccountId, id: CommentId) -> AppResult<CommentRow> {
    comments::table
        .find(id)
        .filter(comments::business_account_id.eq(account))
        .select(CommentRow::as_select())
        .first(conn)
        .optional()?
        .ok_or(AppError::NotFound)
}

/// The condition on `exceptions` that [`list`] has any.
pub fn any() -> Fixed<Bool> {
    fixed(
        "EXISTS (SELECT 1 FROM comments WHERE comments.exception_id = exceptions.id \
         AND comments.business_account_id = exceptions.business_account_id)",
    )
}

/// The comments of an exception, oldest first, at most the newest `limit`.
pub fn list(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: ExceptionId,
    limit: i64,
) -> AppResult<Vec<CommentRow>> {
    let mut found: Vec<CommentRow> = comments::table
        .filter(comments::exception_id.eq(id))
        .filter(comments::business_account_id.eq(account))
        .order((comments::created_at.desc(), comments::id.desc()))
        .limit(limit)
        .select(CommentRow::as_select())
        .load(conn)?;
    found.reverse();
    Ok(found)
}

#[derive(Deserialize)]
pub struct CommentForm {
    #[serde(default)]
    content: String,
    /// Of the page: what is sent twice is added once.
    #[serde(default)]
    idempotency_key: String,
}

/// `GET /exceptions/{id}/comments`: the exception with a comment that was kept through a sign-in.
pub async fn draft(
    app: Data<App>,
    who: May<Read>,
    id: PathId<noun::Exception>,
    kept: Kept,
) -> AppResult<Page<ExceptionPage>> {
    let draft = Draft {
        text: kept.form::<CommentForm>().map(|f| f.content).unwrap_or_default(),
        error: None,
    };
    show::page(&app, &who, id.0, draft).await.map(Page::ok)
}

/// `POST /exceptions/{id}/comments`
pub async fn create(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Work, CommentForm>,
) -> AppResult<Answer<ExceptionPage>> {
    let (id, typed) = (id.0, form.form);
    match send(&app, &form.who, id, &typed).await {
        Ok(_) => Ok(Answer::Next(
            SeeOther::to(format!("/exceptions/{id}#activity")).done("Your comment is added."),
        )),
        Err(refused @ (AppError::Invalid(_) | AppError::Refused(..))) => {
            let draft = Draft {
                text: typed.content,
                error: Some(refused.sentence()),
            };
            let page = show::page(&app, &form.who.as_reader(), id, draft).await?;
            Ok(Answer::Again(Page::with_status(page, refused.code().status())))
        }
        Err(error) => Err(error),
    }
}

/// Adds what was typed: once, also when it is sent twice.
async fn send(app: &App, who: &May<Work>, id: ExceptionId, typed: &CommentForm) -> AppResult<Outcome> {
    let text = CommentText::parse(&typed.content).map_err(|sentence| AppError::field("content", sentence))?;
    let (actor, path) = (who.actor(), who.request().path());
    let claim = Claim::of_page(&actor, path, &typed.idempotency_key, &typed.content)?;
    app.db
        .write(actor.business_account, move |tx| {
            idempotency::once(tx, claim.as_ref(), |tx| {
                let comment = add(tx, &actor, id, &text)?;
                Ok(Outcome::new(303, None, comment.to_string()))
            })
        })
        .await
}
