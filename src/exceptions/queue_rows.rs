//! The rows of a queue, page by page, and how many there are.

use diesel::prelude::*;

use super::{
    by_words::{self, ByWords, Place, WordEdge},
    filter::{Edge, Filter, Sort, SortBy},
    listed::{Part, Way, has_index, listed, parts, parts_of_page},
    model::{Kind, Party, Severity, Status},
    queries::{self, TabCounts},
    row::ExceptionRow,
};
use crate::{
    db::{
        AnyConnection, MultiBackend,
        led::led,
        paging::{self, Key, Order},
        schema::exceptions,
    },
    kernel::{
        clock::Ts,
        count::COUNTED_UP_TO,
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, TeamMemberId},
        money::{Currency, Money},
    },
    keyset,
};

/// Rows of a page.
pub const PAGE: usize = 50;

/// When which way is short.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// So many are sorted for a page. If there are more of a million, a page is full after some thousands were looked at.
    pub few: i64,
    /// So many are looked at along an order, until it is clear that what is asked for is elsewhere.
    pub stretch: i64,
}

const REACH: Reach = Reach {
    few: 4_000,
    stretch: 10_000,
};

/// How a page is found.
#[derive(Clone, Copy, Debug)]
pub enum How {
    /// In this way, to its end.
    By(Way),
    /// In the way that suits what there is.
    Within(Reach),
}

/// What the queue shows of an exception.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = exceptions)]
pub struct QueueItem {
    pub id: ExceptionId,
    pub kind: Kind,
    pub status: Status,
    pub severity: Severity,
    pub amount: i64,
    /// None where there is no amount.
    pub currency: Option<Currency>,
    pub reason: Option<String>,
    pub code: Option<String>,
    pub party: String,
    pub account_tail: String,
    pub due_at: Ts,
    pub assignee_id: Option<TeamMemberId>,
    pub created_at: Ts,
    pub updated_at: Ts,
    pub version: i64,
    pub held_at: Option<Ts>,
    pub waiting_for: Option<Party>,
    pub snoozed_until: Option<Ts>,
    pub snooze_reason: Option<String>,
    /// The outside system that has it or had it last, in capitals.
    pub external_system: Option<String>,
}

impl QueueItem {
    /// The amount, where it has one.
    pub fn money(&self) -> Option<Money> {
        self.currency.map(|currency| Money::new(self.amount, currency))
    }

    /// The value in the column that the queue is sorted by.
    pub fn sort_value(&self, by: SortBy) -> i64 {
        match by {
            SortBy::Due => self.due_at.micros(),
            SortBy::Created => self.created_at.micros(),
            SortBy::Updated => self.updated_at.micros(),
            SortBy::Amount => self.amount,
            SortBy::Severity => self.severity.rank(),
        }
    }
}

/// A page of a queue.
#[derive(Clone, Debug, Default)]
pub struct QueueRows {
    /// The exceptions, in order.
    pub items: Vec<QueueItem>,
    /// There are some before.
    pub has_previous: bool,
    /// There are more after.
    pub has_next: bool,
    /// They are in this order, rather than in that of an index.
    pub by_words: Option<ByWords>,
    /// Where the first and the last of them stand in it.
    pub places: Option<(Place, Place)>,
}

impl QueueRows {
    /// As the address has the places of the first and the last row of this page; nothing where there is none.
    pub fn edges(&self, sort: Sort) -> (String, String) {
        if let Some((first, last)) = &self.places {
            return (first.spelled(), last.spelled());
        }
        let edge = |row: Option<&QueueItem>| {
            row.map(|row| Edge::spelled(row.sort_value(sort.by), row.id))
                .unwrap_or_default()
        };
        (edge(self.items.first()), edge(self.items.last()))
    }

    /// Moves a filter on to what comes behind this page, in the order that this page is in.
    pub fn move_on(&self, filter: &mut Filter) {
        filter.by_words = self.by_words;
        filter.edge = self.items.last().map(|item| Edge {
            value: item.sort_value(filter.sort.by),
            id: item.id,
            backwards: false,
        });
        filter.word_edge = self.places.as_ref().map(|(_, last)| WordEdge {
            place: last.clone(),
            backwards: false,
        });
    }
}

/// One page of a queue.
pub fn list(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    me: TeamMemberId,
    filter: &Filter,
    now: Ts,
) -> AppResult<QueueRows> {
    page_of(conn, account, me, filter, now, PAGE)
}

/// A page of `rows` rows.
pub fn page_of(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    me: TeamMemberId,
    filter: &Filter,
    now: Ts,
    rows: usize,
) -> AppResult<QueueRows> {
    page_by(conn, account, me, (filter, How::Within(REACH)), now, rows)
}

/// A page of `rows` rows, found like this.
pub fn page_by(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    me: TeamMemberId,
    (filter, how): (&Filter, How),
    now: Ts,
    rows: usize,
) -> AppResult<QueueRows> {
    if let Some(order) = filter.by_words
        && let Some(page) = by_words::page(conn, account, me, (filter, order), now, rows)?
    {
        return Ok(page);
    }
    let backwards = filter.edge.is_some_and(|e| e.backwards);
    let descends = filter.sort.descending != backwards;
    let key = |item: &QueueItem| (item.sort_value(filter.sort.by), item.id);
    let mut items = Vec::new();
    let mut parts = if rows > PAGE {
        parts(filter)
    } else {
        parts_of_page(filter, now)
    };
    if descends {
        // Of days and due times the late ones go together: what is found first leaves little to look for in the others.
        parts.reverse();
    }
    for part in &parts {
        let (way, until) = match how {
            How::By(way) => (way, None),
            How::Within(_) if rows > PAGE => (Way::Free, None),
            How::Within(reach) => match way_of(conn, account, me, (filter, part), now, reach.few)? {
                Way::Walk => (Way::Walk, far_end(conn, account, filter, part, reach.stretch)?),
                other => (other, None),
            },
        };
        // When a page is full, nothing behind its last row is looked for.
        let last = items.get(rows).map(key);
        let end = nearer(until, last, descends);
        let mut found = part_page(conn, account, me, (filter, part, way, end), now, rows)?;
        if until.is_some() && end == until && found.len() <= rows {
            // They are somewhere else: all of them are sorted after all.
            found = part_page(conn, account, me, (filter, part, Way::Narrow, last), now, rows)?;
        }
        items.extend(found);
        if parts.len() > 1 {
            items.sort_unstable_by_key(key);
            if descends {
                items.reverse();
            }
            items.truncate(rows + 1);
        }
    }
    let more = items.len() > rows;
    items.truncate(rows);
    if backwards {
        items.reverse();
    }
    Ok(QueueRows {
        items,
        has_previous: if backwards { more } else { filter.edge.is_some() },
        has_next: backwards || more,
        by_words: None,
        places: None,
    })
}

/// Whichever of two rows comes first in an order.
fn nearer(
    one: Option<(i64, ExceptionId)>,
    other: Option<(i64, ExceptionId)>,
    descends: bool,
) -> Option<(i64, ExceptionId)> {
    match (one, other) {
        (Some(one), Some(other)) if descends => Some(one.max(other)),
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Which way to a page of a part is short.
fn way_of(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    me: TeamMemberId,
    (filter, part): (&Filter, &Part<'_>),
    now: Ts,
    few: i64,
) -> AppResult<Way> {
    let has_statistics = matches!(conn, AnyConnection::Postgres(_));
    if has_statistics || has_index(filter, now) {
        return Ok(Way::Free);
    }
    let found: Vec<ExceptionId> = listed(conn, account, me, (filter, part, Way::Free), now)?
        .select(exceptions::id)
        .limit(few + 1)
        .load(conn)?;
    let are_few = i64::try_from(found.len()).is_ok_and(|n| n <= few);
    Ok(if are_few { Way::Narrow } else { Way::Walk })
}

/// The row at which a walk from the edge on ends; none when it comes to the end before.
fn far_end(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    filter: &Filter,
    part: &Part<'_>,
    stretch: i64,
) -> AppResult<Option<(i64, ExceptionId)>> {
    let descending = filter.sort.descending;
    let sql = match filter.sort.by {
        SortBy::Due => "exceptions.due_at",
        SortBy::Created => "exceptions.created_at",
        SortBy::Updated => "exceptions.updated_at",
        SortBy::Amount => "exceptions.amount",
        SortBy::Severity => "exceptions.severity",
    };
    let order = Order {
        keys: vec![Key { sql, descending }],
        descending,
        is_unkept: false,
    };
    let edge = filter.edge.map(|edge| paging::Edge {
        value: edge.value,
        id: edge.id.uuid(),
        backwards: edge.backwards,
    });
    let query = exceptions::table
        .into_boxed::<MultiBackend>()
        .filter(exceptions::business_account_id.eq(account))
        .filter(exceptions::is_open.eq(part.is_open));
    Ok(keyset!(query, exceptions::id, &order, edge)
        .select((order.first_value(), exceptions::id))
        .offset(stretch)
        .limit(1)
        .first(conn)
        .optional()?)
}

/// From the edge on, in the order they are looked at: one more than `rows` when there are more. Not beyond the row
/// `until`.
fn part_page(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    me: TeamMemberId,
    (filter, part, way, until): (&Filter, &Part<'_>, Way, Option<(i64, ExceptionId)>),
    now: Ts,
    rows: usize,
) -> AppResult<Vec<QueueItem>> {
    let query = listed(conn, account, me, (filter, part, way), now)?;
    let backwards = filter.edge.is_some_and(|e| e.backwards);
    // Written `value <= x AND (value < x OR id < y)`: flat at any depth, unlike `value < x OR (value = x AND id < y)`.
    macro_rules! sorted {
        ($column:expr) => {{
            let column = || led($column, way == Way::Narrow);
            let query = match (filter.edge, filter.sort.descending != backwards) {
                (None, _) => query,
                (Some(Edge { value, id, .. }), true) => query
                    .filter(column().le(value))
                    .filter(column().lt(value).or(exceptions::id.lt(id))),
                (Some(Edge { value, id, .. }), false) => query
                    .filter(column().ge(value))
                    .filter(column().gt(value).or(exceptions::id.gt(id))),
            };
            let query = match (until, filter.sort.descending != backwards) {
                (None, _) => query,
                (Some((value, id)), true) => query
                    .filter(column().ge(value))
                    .filter(column().gt(value).or(exceptions::id.ge(id))),
                (Some((value, id)), false) => query
                    .filter(column().le(value))
                    .filter(column().lt(value).or(exceptions::id.le(id))),
            };
            if filter.sort.descending != backwards {
                query.order((column().desc(), exceptions::id.desc()))
            } else {
                query.order((column().asc(), exceptions::id.asc()))
            }
        }};
    }
    let query = match filter.sort.by {
        SortBy::Due => sorted!(exceptions::due_at),
        SortBy::Created => sorted!(exceptions::created_at),
        SortBy::Updated => sorted!(exceptions::updated_at),
        SortBy::Amount => sorted!(exceptions::amount),
        SortBy::Severity => sorted!(exceptions::severity),
    };
    let asked = query.select(QueueItem::as_select());
    Ok(asked.limit(rows as i64 + 1).load(conn)?)
}

/// The rows of a queue, whole, in its order, from its edge on: at most `limit`.
pub fn rows(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    me: TeamMemberId,
    filter: &Filter,
    now: Ts,
    limit: usize,
) -> AppResult<Vec<ExceptionRow>> {
    let page = page_of(conn, account, me, filter, now, limit)?;
    let mut found = Vec::with_capacity(page.items.len());
    for chunk in page.items.chunks(200) {
        let ids: Vec<ExceptionId> = chunk.iter().map(|item| item.id).collect();
        found.extend(queries::list_in_order(conn, account, &ids)?);
    }
    Ok(found)
}

/// How many a queue has, counted up to [`COUNTED_UP_TO`]; one more means "or more".
pub fn count_up_to(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    me: TeamMemberId,
    filter: &Filter,
    now: Ts,
) -> AppResult<i64> {
    let mut counted = 0;
    for part in parts(filter) {
        let ids: Vec<ExceptionId> = listed(conn, account, me, (filter, &part, Way::Free), now)?
            .select(exceptions::id)
            .limit(COUNTED_UP_TO + 1)
            .load(conn)?;
        counted += i64::try_from(ids.len()).unwrap_or(i64::MAX);
        if counted > COUNTED_UP_TO {
            break;
        }
    }
    Ok(counted.min(COUNTED_UP_TO + 1))
}

/// How many a queue has: what is kept of a whole tab, else counted up to [`COUNTED_UP_TO`].
pub fn total(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    me: TeamMemberId,
    filter: &Filter,
    now: Ts,
    counts: &TabCounts,
) -> AppResult<i64> {
    if filter.is_whole_tab() {
        Ok(counts.of(filter.tab))
    } else {
        count_up_to(conn, account, me, filter, now)
    }
}
