//! Orders that no index has: by what an exception is, its party, its status or its holder's name. All of a queue is looked
//! at for them, so only one that is short can be put in such an order; a longer one keeps the order of its tab.

use std::cmp::Ordering;

use diesel::prelude::*;

use super::{
    filter::Filter,
    listed::{Way, listed, parts},
    model::Status,
    queue_rows::{QueueRows, WithName, shown},
    words,
};
use crate::{
    db::{
        AnyConnection,
        schema::{exceptions, team_members},
    },
    kernel::{
        clock::Ts,
        count::COUNTED_UP_TO,
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, TeamMemberId},
    },
    spelled,
};

spelled! {
    /// A column of words.
    pub enum Words {
        /// The code, then what it means.
        Exception = "exception",
        /// The party, then the account.
        Party = "party",
        /// How far the work is.
        Status = "status",
        /// The name of who has it.
        Assignee = "assignee",
    }
}

/// An order by a column of words. What has none comes last either way, and what has the same goes by its due time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByWords {
    /// The column.
    pub column: Words,
    /// From Z to A.
    pub descending: bool,
}

impl ByWords {
    /// As in the address: `-party` for Z to A.
    pub fn spelled(self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.column)
    }
}

/// How a queue's rows are in order, and can be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ordered {
    /// They are in an order by words.
    pub by_words: Option<ByWords>,
    /// They can be put in one.
    pub is_short: bool,
}

/// A queue of so many can be put in such an order: as many as are counted.
pub const MOST: i64 = COUNTED_UP_TO;

/// A page of `rows` rows in the order; none when the queue is too long for it.
///
/// # Errors
/// The database's.
pub fn page(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    me: TeamMemberId,
    (filter, order): (&Filter, ByWords),
    now: Ts,
    rows: usize,
) -> AppResult<Option<QueueRows>> {
    let mut found: Vec<Placed> = Vec::new();
    for part in parts(filter) {
        let items: Vec<WithName> = listed(conn, account, me, (filter, &part, Way::Free), now)?
            .select(shown())
            .limit(MOST + 1)
            .load(conn)?;
        found.extend(items.into_iter().map(|item| order.place(item)));
        if i64::try_from(found.len()).is_ok_and(|n| n > MOST) {
            return Ok(None);
        }
    }
    found.sort_unstable_by(|a, b| order.compare(a, b));
    let all = found.len();
    let edge = match filter.edge {
        Some(edge) => find(conn, account, edge.id)?.map(|item| (order.place(item), edge.backwards)),
        None => None,
    };
    let (from, to) = match edge {
        None => (0, rows.min(all)),
        Some((row, true)) => {
            let before = found.partition_point(|other| order.compare(other, &row).is_lt());
            (before.saturating_sub(rows), before)
        }
        Some((row, false)) => {
            let behind = found.partition_point(|other| order.compare(other, &row).is_le());
            (behind, (behind + rows).min(all))
        }
    };
    Ok(Some(QueueRows {
        items: found.drain(from..to).map(|placed| placed.item).collect(),
        has_previous: from > 0,
        has_next: to < all,
        by_words: Some(order),
    }))
}

/// The row at the edge of another page: it may have left the queue since, and still has its place.
fn find(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: ExceptionId,
) -> AppResult<Option<WithName>> {
    Ok(exceptions::table
        .left_join(team_members::table)
        .filter(exceptions::id.eq(id))
        .filter(exceptions::business_account_id.eq(account))
        .select(shown())
        .first(conn)
        .optional()?)
}

/// An exception beside its word.
struct Placed {
    word: String,
    item: WithName,
}

impl ByWords {
    fn place(self, item: WithName) -> Placed {
        let word = word(self.column, &item);
        Placed { word, item }
    }

    fn compare(self, one: &Placed, other: &Placed) -> Ordering {
        let by_word = one.word.cmp(&other.word);
        let by_due = |placed: &Placed| (placed.item.0.due_at, placed.item.0.id);
        one.word
            .is_empty()
            .cmp(&other.word.is_empty())
            .then(if self.descending {
                by_word.reverse()
            } else {
                by_word
            })
            .then_with(|| by_due(one).cmp(&by_due(other)))
    }
}

/// What an exception is sorted by; nothing where its column is empty.
fn word(column: Words, (item, holder): &WithName) -> String {
    match column {
        Words::Exception => {
            let meaning = words::meaning(item.kind, item.code.as_deref(), item.reason.as_deref());
            item.code.as_deref().map_or_else(
                || meaning.to_lowercase(),
                |code| format!("{code} {meaning}").to_lowercase(),
            )
        }
        Words::Party if item.party.is_empty() => String::new(),
        Words::Party => format!("{} {}", item.party, item.account_tail).to_lowercase(),
        Words::Status => match item.status {
            Status::New => "1",
            Status::Reopened => "2",
            Status::InProgress => "3",
            Status::PendingResolution => "4",
            Status::Resolved => "5",
        }
        .to_owned(),
        Words::Assignee => match holder {
            Some((first, last)) => format!("{first} {last}").to_lowercase(),
            None => String::new(),
        },
    }
}
