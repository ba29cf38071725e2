//! Who has exceptions, by name. Names are looked up apart from the rows: a page of a queue has few people's, most of them
//! at hand, and joined to each row they cost half as much again as the rows.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use super::queue_rows::QueueItem;
use crate::{
    among,
    db::{AnyConnection, schema::team_members},
    kernel::{error::AppResult, id::TeamMemberId},
};

/// A person who has exceptions.
#[derive(Clone, Debug, Queryable)]
pub struct Holder {
    pub id: TeamMemberId,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
}

/// First and last names by id.
pub type Names = HashMap<TeamMemberId, String>;

/// The name of who has it; empty when nobody does.
pub fn name_of(item: &QueueItem, names: &Names) -> String {
    let name = item.assignee_id.and_then(|id| names.get(&id));
    name.cloned().unwrap_or_default()
}

/// These people, also those who have left.
pub fn people(conn: &mut AnyConnection, ids: &BTreeSet<TeamMemberId>) -> AppResult<Vec<Holder>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<TeamMemberId> = ids.iter().copied().collect();
    Ok(
        among!(team_members::table.into_boxed(), team_members::id, &ids[..])
            .select((
                team_members::id,
                team_members::first_name,
                team_members::last_name,
                team_members::email,
            ))
            .load(conn)?,
    )
}

/// The names of those who have one of these exceptions, but for those that are known.
pub fn names(
    conn: &mut AnyConnection,
    items: &[QueueItem],
    is_known: impl Fn(&TeamMemberId) -> bool,
) -> AppResult<Names> {
    let ids = items
        .iter()
        .filter_map(|item| item.assignee_id)
        .filter(|id| !is_known(id))
        .collect();
    let named = |person: Holder| (person.id, format!("{} {}", person.first_name, person.last_name));
    Ok(people(conn, &ids)?.into_iter().map(named).collect())
}
