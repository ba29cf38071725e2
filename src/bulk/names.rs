//! Names of people, each looked up once for many items.

use std::collections::{HashMap, hash_map::Entry};

use crate::{
    db::AnyConnection,
    exceptions::{queries, row::ExceptionRow},
    kernel::{error::AppResult, id::TeamMemberId},
};

/// The names that were asked for.
#[derive(Debug, Default)]
pub struct Names(HashMap<TeamMemberId, String>);

impl Names {
    /// The name of one.
    pub fn of(&mut self, conn: &mut AnyConnection, id: TeamMemberId) -> AppResult<String> {
        Ok(match self.0.entry(id) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(place) => place.insert(queries::person(conn, id)?.0).clone(),
        })
    }

    /// The name of who has an exception; none when nobody has it.
    pub fn holder(&mut self, conn: &mut AnyConnection, row: &ExceptionRow) -> AppResult<Option<String>> {
        row.assignee_id.map(|id| self.of(conn, id)).transpose()
    }
}
