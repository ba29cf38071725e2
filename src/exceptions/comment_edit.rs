//! Changing a comment: by its author, for 15 minutes, while the exception is open (domain.md section 1).

use std::time::Duration;

use actix_web::web::Data;
use askama::Template;
use diesel::prelude::*;
use serde::Deserialize;

use super::{
    change::{begin, record},
    comment::{self, CommentRow},
    head::{ExceptionHead, head, titled},
    model::Act,
    queries,
};
use crate::{
    app::App,
    auth::{actor::Actor, permission::Work, principal::May},
    db::{Tx, schema::comments},
    history::EventKind,
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, Code, FieldErrors},
        id::{CommentId, Id, noun},
        text::CommentText,
    },
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Answer, Page, SeeOther},
        shell::{Field, Problem, Section, Shell, problems},
        ui::Badge,
    },
};

/// So long a comment can be changed.
pub const CHANGEABLE: Duration = Duration::from_mins(15);

impl CommentRow {
    /// Whether `actor` may change it at `now`.
    ///
    /// # Errors
    /// `Forbidden` when somebody else wrote it; `RuleRefuses` when it is too late.
    pub fn may_change(&self, actor: &Actor, now: Ts) -> AppResult<()> {
        if self.author_kind != actor.kind || self.author_id != actor.id.map(Id::from_uuid) {
            return Err(AppError::refused(
                Code::Forbidden,
                "A comment is changed by its author alone.",
            ));
        }
        if now.since(self.created_at) >= CHANGEABLE {
            let why = "A comment can be changed for 15 minutes; then it stays as it is. Write another one.";
            return Err(AppError::refused(Code::RuleRefuses, why));
        }
        Ok(())
    }
}

/// Changes a comment. `seen` is the version its author had before them.
///
/// # Errors
/// As [`CommentRow::may_change`]; `IllegalMove` on a resolved exception; `Stale`.
pub fn edit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: CommentId,
    text: &CommentText,
    seen: Option<i64>,
) -> AppResult<CommentRow> {
    let mut comment = comment::get(tx.conn, actor.business_account, id)?;
    comment.may_change(actor, tx.now)?;
    begin(tx, actor, comment.exception_id, Act::Comment, None)?;
    if seen.is_some_and(|seen| seen != comment.version) {
        return Err(AppError::refused(
            Code::Stale,
            "You changed it elsewhere since you opened it.",
        ));
    }
    let before = std::mem::replace(&mut comment.text, text.as_str().to_owned());
    comment.edited_at = Some(tx.now);
    comment.version += 1;
    diesel::update(
        comments::table
            .find(id)
            .filter(comments::business_account_id.eq(actor.business_account)),
    )
    .set((
        comments::text.eq(&comment.text),
        comments::edited_at.eq(comment.edited_at),
        comments::version.eq(comment.version),
    ))
    .execute(tx.conn)?;
    let values = (before.as_str(), comment.text.as_str());
    record(
        tx,
        actor,
        comment.exception_id,
        EventKind::Comment,
        values,
        "changed a comment",
    )?;
    Ok(comment)
}

#[derive(Template)]
#[template(path = "exceptions/comment_edit.html")]
pub struct CommentPage {
    shell: Shell,
    head: ExceptionHead,
    id: CommentId,
    problems: Vec<Problem>,
    content: Field,
    version: String,
    /// What it says by now, when it was changed elsewhere.
    meanwhile: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EditForm {
    content: String,
    version: String,
}

/// `GET /comments/{id}/edit`
pub async fn show(
    app: Data<App>,
    who: May<Work>,
    id: PathId<noun::Comment>,
    kept: Kept,
) -> AppResult<Page<CommentPage>> {
    let (page, comment) = page(&app, &who, id.0, kept.form(), &FieldErrors::default()).await?;
    comment.may_change(&who.who.actor, app.clock.now())?;
    Ok(Page::ok(page))
}

/// `POST /comments/{id}/edit`
pub async fn update(
    app: Data<App>,
    id: PathId<noun::Comment>,
    form: Submit<Work, EditForm>,
) -> AppResult<Answer<CommentPage>> {
    let (actor, id, typed) = (form.who.actor(), id.0, form.form);
    let seen = typed.version.parse().ok();
    let outcome = match CommentText::parse(&typed.content) {
        Ok(text) => {
            app.db
                .write(actor.business_account, move |tx| {
                    edit(tx, &actor, id, &text, seen)
                })
                .await
        }
        Err(sentence) => Err(AppError::field("content", sentence)),
    };
    let refused = match outcome {
        Ok(comment) => {
            let to = format!("/exceptions/{}#activity", comment.exception_id);
            return Ok(Answer::Next(SeeOther::to(to).done("Your comment is changed.")));
        }
        Err(refused) => refused,
    };
    again(&app, &form.who, id, typed, refused).await
}

/// The form with what was typed and what is wrong with it.
async fn again(
    app: &App,
    who: &May<Work>,
    id: CommentId,
    typed: EditForm,
    refused: AppError,
) -> AppResult<Answer<CommentPage>> {
    let errors = match &refused {
        AppError::Invalid(errors) => errors.clone(),
        AppError::Refused(Code::Stale | Code::RuleRefuses | Code::IllegalMove, why) => {
            FieldErrors::one("content", why.clone())
        }
        _ => return Err(refused),
    };
    let (mut page, comment) = page(app, who, id, Some(typed), &errors).await?;
    if refused.code() == Code::Stale {
        page.version = comment.version.to_string();
        page.meanwhile = Some(comment.text);
    }
    Ok(Answer::Again(Page::with_status(page, refused.code().status())))
}

async fn page(
    app: &App,
    who: &May<Work>,
    id: CommentId,
    typed: Option<EditForm>,
    errors: &FieldErrors,
) -> AppResult<(CommentPage, CommentRow)> {
    let account = who.account();
    let (comment, row) = app
        .db
        .read(move |conn| {
            let comment = comment::get(conn, account, id)?;
            let row = queries::get(conn, account, comment.exception_id)?;
            Ok((comment, row))
        })
        .await?;
    let typed = typed.unwrap_or_else(|| EditForm {
        content: comment.text.clone(),
        version: comment.version.to_string(),
    });
    let page = CommentPage {
        shell: who.shell(app, titled("Edit comment", &row), Section::Queue),
        head: head(who, &row, (app.clock.now(), who.own_zone())),
        id,
        problems: problems(errors),
        content: Field::of(&typed.content, "content", errors),
        version: typed.version,
        meanwhile: None,
    };
    Ok((page, comment))
}
