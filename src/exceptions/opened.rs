//! An exception as its page begins: with what its source said, who holds it, and whether there are comments, links,
//! disputes, dispatches and waiting approvals at all. It is one question, and the page asks for none of these that is not
//! there: on PostgreSQL each question is a way to the database and back.

use diesel::prelude::*;

use super::{
    comment, links,
    row::{ExceptionRow, SourceRow},
};
use crate::{
    approvals,
    db::{
        AnyConnection,
        schema::{exception_sources, exceptions, team_members},
    },
    dispatch, disputes,
    kernel::{
        error::{AppError, AppResult},
        id::{BusinessAccountId, ExceptionId},
    },
};

/// An exception, its source and its holder.
pub struct Opened {
    pub row: ExceptionRow,
    pub source: SourceRow,
    /// The holder's name; none when nobody has it.
    pub holder: Option<String>,
    pub has: Has,
}

/// What there is about an exception. What it has none of need not be asked for.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools)] // one for each table
pub struct Has {
    pub comments: bool,
    pub links: bool,
    pub disputes: bool,
    pub dispatches: bool,
    /// Approvals that wait.
    pub waiting: bool,
}

impl Has {
    /// What `ask` finds when there is any, and nothing when there is none.
    pub fn if_any<T: Default>(is_there: bool, ask: impl FnOnce() -> AppResult<T>) -> AppResult<T> {
        if is_there { ask() } else { Ok(T::default()) }
    }
}

/// One exception of the business account.
///
/// # Errors
/// `NotFound`.
pub fn open(conn: &mut AnyConnection, account: BusinessAccountId, id: ExceptionId) -> AppResult<Opened> {
    type Name = (String, String);
    type Found = (
        ExceptionRow,
        Option<SourceRow>,
        Option<Name>,
        (bool, bool, bool, bool, bool),
    );
    let found: Option<Found> = exceptions::table
        .left_join(exception_sources::table.on(exception_sources::exception_id.eq(exceptions::id)))
        .left_join(team_members::table.on(exceptions::assignee_id.eq(team_members::id.nullable())))
        .filter(exceptions::id.eq(id))
        .filter(exceptions::business_account_id.eq(account))
        .select((
            ExceptionRow::as_select(),
            Option::<SourceRow>::as_select(),
            (team_members::first_name, team_members::last_name).nullable(),
            (
                comment::any(),
                links::any(),
                disputes::queries::any(),
                dispatch::queries::any(),
                approvals::queries::any(),
            ),
        ))
        .first(conn)
        .optional()?;
    let (row, source, holder, has) = found.ok_or(AppError::NotFound)?;
    let (comments, links, disputes, dispatches, waiting) = has;
    Ok(Opened {
        source: source.unwrap_or_else(|| SourceRow::nothing(&row)),
        holder: holder.map(|(first, last)| format!("{first} {last}")),
        has: Has {
            comments,
            links,
            disputes,
            dispatches,
            waiting,
        },
        row,
    })
}
