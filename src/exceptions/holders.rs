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

/// First and last names by id.
pub type Names = HashMap<TeamMemberId, String>;

/// The name of who has it; empty when nobody does.
pub fn name_of(item: &QueueItem, names: &Names) -> String {
    let name = item.assignee_id.and_then(|id| names.get(&id));
    name.cloned().unwrap_or_default()
}

/// The names of those who have one of these exceptions, also of those who have left, but for those that are `known`.
pub fn names(
    conn: &mut AnyConnection,
    items: &[QueueItem],
    is_known: impl Fn(&TeamMemberId) -> bool,
) -> AppResult<Names> {
    let ids: BTreeSet<TeamMemberId> = items.iter().filter_map(|item| item.assignee_id).collect();
    let ids: Vec<TeamMemberId> = ids.into_iter().filter(|id| !is_known(id)).collect();
    if ids.is_empty() {
        return Ok(Names::new());
    }
    let found: Vec<(TeamMemberId, String, String)> =
        among!(team_members::table.into_boxed(), team_members::id, &ids[..])
            .select((
                team_members::id,
                team_members::first_name,
                team_members::last_name,
            ))
            .load(conn)?;
    let name = |(id, first, last): (_, String, String)| (id, format!("{first} {last}"));
    Ok(found.into_iter().map(name).collect())
}
