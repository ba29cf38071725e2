//! Taking a comment back: by its author, while the exception is open. The history keeps what it said.

use diesel::prelude::*;

use super::{
    change::{begin, record},
    comment::CommentRow,
    model::Act,
};
use crate::{
    auth::actor::Actor,
    db::{
        AnyConnection, MultiBackend, Tx,
        paging::{Ends, Order, Slice, Window},
        schema::comments,
    },
    history::EventKind,
    kernel::{
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, CommentId, ExceptionId, Id},
    },
    keyset,
};

/// A comment of the exception, or 404.
pub fn get(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    exception: ExceptionId,
    id: CommentId,
) -> AppResult<CommentRow> {
    Ok(comments::table
        .find(id)
        .filter(comments::exception_id.eq(exception))
        .filter(comments::business_account_id.eq(account))
        .select(CommentRow::as_select())
        .first(conn)?)
}

/// A page of an exception's comments, and the edges of it.
pub fn page(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    exception: ExceptionId,
    order: &Order,
    window: &Window,
) -> AppResult<(Slice<CommentRow>, Ends)> {
    let query = comments::table
        .into_boxed::<MultiBackend>()
        .filter(comments::business_account_id.eq(account))
        .filter(comments::exception_id.eq(exception));
    let found: Vec<(i64, CommentRow)> = keyset!(query, comments::id, order, window.edge)
        .select((order.first_value(), CommentRow::as_select()))
        .limit(window.reach())
        .load(conn)?;
    Ok(Slice::cut_sorted(found, window, |row| row.id.uuid()))
}

/// Takes a comment back.
///
/// # Errors
/// 404 when the exception has no such comment; 403 when somebody else wrote it; 422 when the exception is resolved.
pub fn remove(tx: &mut Tx<'_>, actor: &Actor, exception: ExceptionId, id: CommentId) -> AppResult<()> {
    let comment = get(tx.conn, actor.business_account, exception, id)?;
    if comment.author_kind != actor.kind || comment.author_id != actor.id.map(Id::from_uuid) {
        return Err(AppError::refused(
            Code::Forbidden,
            "A comment is taken back by its author alone.",
        ));
    }
    begin(tx, actor, exception, Act::Comment, None)?;
    diesel::delete(
        comments::table
            .find(id)
            .filter(comments::business_account_id.eq(actor.business_account)),
    )
    .execute(tx.conn)?;
    record(
        tx,
        actor,
        exception,
        EventKind::Comment,
        (&comment.text, ""),
        "took back a comment",
    )
}
