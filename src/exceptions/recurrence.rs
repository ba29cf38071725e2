//! What comes again: an exception of the same account and the same family of codes, raised within thirty days of the
//! resolution of another. Both pages say so.

use std::time::Duration;

use diesel::{prelude::*, sql_types::Bool};

use super::{model::Status, resolution::ResolutionRow, row::ExceptionRow};
use crate::{
    ach,
    db::{
        AnyConnection,
        kept::{fixed, within},
        schema::{exceptions, resolutions},
    },
    kernel::{clock::Ts, error::AppResult},
};

/// So long after its resolution another of its kind is the same matter again.
const AGAIN: Duration = Duration::from_hours(24 * 30);

/// More than this many of one account are not looked at.
const MOST: i64 = 200;

/// Another exception of the same matter.
#[derive(Clone, Debug)]
pub struct Again {
    /// It.
    pub row: ExceptionRow,
    /// How it was closed, when it is.
    pub resolution: Option<ResolutionRow>,
    /// It came before this one: it was resolved, and the matter came back.
    pub is_former: bool,
}

/// The others of the same matter, the latest first. An exception without an account or a code has none.
pub fn of(conn: &mut AnyConnection, row: &ExceptionRow) -> AppResult<Vec<Again>> {
    let Some(code) = row.code.as_deref().filter(|_| !row.account_tail.is_empty()) else {
        return Ok(Vec::new());
    };
    let found: Vec<(ExceptionRow, Option<ResolutionRow>)> = exceptions::table
        .left_join(resolutions::table.on(exceptions::resolution_id.eq(resolutions::id.nullable())))
        .filter(exceptions::business_account_id.eq(row.business_account_id))
        .filter(exceptions::party.eq(&row.party))
        .filter(exceptions::account_tail.eq(&row.account_tail))
        // As the index of just these has it: SQLite does not look into a bound value to see that it fits.
        .filter(fixed::<Bool>("exceptions.account_tail <> ''"))
        .filter(within(exceptions::code, &ach::family::of(code)))
        .filter(exceptions::id.ne(row.id))
        .order((exceptions::created_at.desc(), exceptions::id.desc()))
        .limit(MOST)
        .select((ExceptionRow::as_select(), Option::<ResolutionRow>::as_select()))
        .load(conn)?;
    let mine = closed_at(conn, row)?;
    Ok(found
        .into_iter()
        .filter_map(|(other, resolution)| {
            let theirs = resolution
                .as_ref()
                .filter(|_| other.status == Status::Resolved)
                .map(|r| r.resolved_at);
            let is_former = follows(theirs, row.created_at);
            (is_former || follows(mine, other.created_at)).then_some(Again {
                row: other,
                resolution,
                is_former,
            })
        })
        .collect())
}

fn closed_at(conn: &mut AnyConnection, row: &ExceptionRow) -> AppResult<Option<Ts>> {
    let Some(id) = row.resolution_id.filter(|_| row.status == Status::Resolved) else {
        return Ok(None);
    };
    Ok(resolutions::table
        .find(id)
        .select(resolutions::resolved_at)
        .first(conn)
        .optional()?)
}

/// Whether something raised at `raised` comes again after what was resolved at `resolved`.
fn follows(resolved: Option<Ts>, raised: Ts) -> bool {
    resolved.is_some_and(|resolved| resolved <= raised && raised.since(resolved) <= AGAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_days_after_a_resolution_it_is_the_same_matter_and_a_moment_later_another() {
        let resolved = Ts::from_micros(1_793_718_000_000_000);
        assert!(follows(Some(resolved), resolved));
        assert!(follows(Some(resolved), resolved.plus(AGAIN)));
        assert!(!follows(
            Some(resolved),
            resolved.plus(AGAIN + Duration::from_millis(1))
        ));
        assert!(!follows(Some(resolved), resolved.minus(Duration::from_millis(1))));
        assert!(!follows(None, resolved));
    }
}
