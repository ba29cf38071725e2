//! Orders that no index has: by what an exception is, its party, its status or its holder's name. All of a queue is looked
//! at for them, so only one that is short can be put in such an order; a longer one keeps the order of its tab.

use std::cmp::Ordering;

use diesel::prelude::*;

use super::{
    filter::Filter,
    holders::{self, Names},
    listed::{Way, listed, parts},
    model::Status,
    queue_rows::{QueueItem, QueueRows},
    words,
};
use crate::{
    db::AnyConnection,
    kernel::{
        clock::Ts,
        count::COUNTED_UP_TO,
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, TeamMemberId},
        sort::Sorted,
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
pub type ByWords = Sorted<Words>;

/// How a queue's rows are in order, and can be.
#[derive(Clone, Copy, Debug)]
pub struct Ordered {
    /// They are in an order by words.
    pub by_words: Option<ByWords>,
    /// They can be put in one.
    pub is_short: bool,
}

/// A queue of so many can be put in such an order: as many as are counted.
pub const MOST: i64 = COUNTED_UP_TO;

/// Where a row stands in such an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What its column says, in small letters; nothing where that is empty.
    word: String,
    due_at: Ts,
    id: ExceptionId,
}

/// From where on a page goes: the place that the row at its edge had when it was shown, whatever became of it since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordEdge {
    /// The row's place.
    pub place: Place,
    /// The page before this row rather than after it.
    pub backwards: bool,
}

impl WordEdge {
    /// Reads it from the address, where it has one part more than the edge of an index.
    pub fn parse(text: &str, backwards: bool) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let (due_at, id, word) = (parts.next()?, parts.next()?, parts.next()?);
        let place = Place {
            word: word.to_owned(),
            due_at: Ts::from_micros(due_at.parse().ok()?),
            id: id.parse().ok()?,
        };
        Some(Self { place, backwards })
    }
}

impl Place {
    /// As in the address.
    pub fn spelled(&self) -> String {
        format!("{}.{}.{}", self.due_at.micros(), self.id, self.word)
    }
}

impl ByWords {
    /// Where a row stands, when its holder is in `names`.
    fn place(self, row: &QueueItem, names: &Names) -> Place {
        Place {
            word: word(self.by, row, names),
            due_at: row.due_at,
            id: row.id,
        }
    }

    fn compare(self, one: &Place, other: &Place) -> Ordering {
        let by_word = one.word.cmp(&other.word);
        let is_empty = one.word.is_empty().cmp(&other.word.is_empty());
        is_empty
            .then(if self.descending {
                by_word.reverse()
            } else {
                by_word
            })
            .then((one.due_at, one.id).cmp(&(other.due_at, other.id)))
    }
}

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
    let mut items: Vec<QueueItem> = Vec::new();
    for part in parts(filter) {
        let of_part: Vec<QueueItem> = listed(conn, account, me, (filter, &part, Way::Free), now)?
            .select(QueueItem::as_select())
            .limit(MOST + 1)
            .load(conn)?;
        items.extend(of_part);
        if i64::try_from(items.len()).is_ok_and(|n| n > MOST) {
            return Ok(None);
        }
    }
    let names = match order.by {
        Words::Assignee => holders::names(conn, &items, |_| false)?,
        Words::Exception | Words::Party | Words::Status => Names::new(),
    };
    let with_place = |row| (order.place(&row, &names), row);
    let mut found: Vec<(Place, QueueItem)> = items.into_iter().map(with_place).collect();
    found.sort_unstable_by(|(one, _), (other, _)| order.compare(one, other));
    let all = found.len();
    let (from, to) = match &filter.word_edge {
        None => (0, rows.min(all)),
        Some(edge) if edge.backwards => {
            let before = found.partition_point(|(place, _)| order.compare(place, &edge.place).is_lt());
            (before.saturating_sub(rows), before)
        }
        Some(edge) => {
            let behind = found.partition_point(|(place, _)| order.compare(place, &edge.place).is_le());
            (behind, behind.saturating_add(rows).min(all))
        }
    };
    let (places, items): (Vec<Place>, Vec<QueueItem>) = found.drain(from..to).unzip();
    Ok(Some(QueueRows {
        items,
        has_previous: from > 0,
        has_next: to < all,
        by_words: Some(order),
        places: places.first().cloned().zip(places.last().cloned()),
    }))
}

/// What an exception is sorted by; nothing where its column is empty.
fn word(column: Words, item: &QueueItem, names: &Names) -> String {
    let word = match column {
        Words::Exception => {
            let meaning = words::meaning(item.kind, item.code.as_deref(), item.reason.as_deref());
            format!("{} {meaning}", item.code.as_deref().unwrap_or_default())
        }
        Words::Party => format!("{} {}", item.party, item.account_tail),
        Words::Status => match item.status {
            Status::New => "1",
            Status::Reopened => "2",
            Status::InProgress => "3",
            Status::PendingResolution => "4",
            Status::Resolved => "5",
        }
        .to_owned(),
        Words::Assignee => holders::name_of(item, names),
    };
    word.trim().to_lowercase()
}
