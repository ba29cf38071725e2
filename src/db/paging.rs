//! Lists by keyset: a page costs the same at any depth. A list is sorted by integers (times, amounts, ranks), ties are
//! broken by id, and a page starts at the row at the edge of the one before.

use diesel::sql_types::BigInt;
use uuid::Uuid;

use super::kept::{Fixed, fixed};

/// One thing a list is sorted by: SQL that gives an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Of our own making, never a client's text.
    pub sql: &'static str,
    /// The largest or latest first.
    pub descending: bool,
}

/// An order: by these keys, then by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// None: by id alone.
    pub keys: Vec<Key>,
    /// Which way the ids go.
    pub descending: bool,
    /// No index has it: it is for short lists, whose pages have no edges to start at.
    pub is_unkept: bool,
}

impl Order {
    /// The SQL of what an edge holds the value of.
    pub fn first_sql(&self) -> &'static str {
        let kept = self.keys.first().filter(|_| !self.is_unkept);
        kept.map_or("CAST(0 AS BIGINT)", |key| key.sql)
    }

    /// The same in a query.
    pub fn first_value(&self) -> Fixed<BigInt> {
        fixed(self.first_sql())
    }

    /// Whether a page can start at an edge, which holds one integer and an id.
    pub fn has_edges(&self) -> bool {
        !self.is_unkept
    }
}

/// From where on a page goes: the sort value and id of the row at its edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The row's value of the first key; 0 when the order is by id alone.
    pub value: i64,
    /// The row.
    pub id: Uuid,
    /// The page before this row rather than after it.
    pub backwards: bool,
}

/// Which rows of a list a page has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Starts at the edge of another page.
    pub edge: Option<Edge>,
    /// Leaves out so many rows first.
    pub offset: i64,
    /// At most so many rows.
    pub limit: i64,
}

impl Window {
    /// How many rows to look at: one more than the page has tells whether there are more.
    pub fn reach(&self) -> i64 {
        self.offset.saturating_add(self.limit).saturating_add(1)
    }

    /// Whether the rows are looked at from the other end.
    pub fn backwards(&self) -> bool {
        self.edge.is_some_and(|edge| edge.backwards)
    }
}

/// Sort value and id of the first and the last row of a page, if it has rows.
pub type Ends = Option<[(i64, Uuid); 2]>;

/// A page of a list: what it has, in order, and whether there is more on either side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// There are some before.
    pub has_previous: bool,
    /// There are more after.
    pub has_next: bool,
}

impl<T> Slice<T> {
    /// Cuts the page out of the rows from the window's edge on, in the order they were looked at: as many as
    /// [`Window::reach`] says, or all there are.
    pub fn cut(found: Vec<T>, window: &Window) -> Self {
        let skip = usize::try_from(window.offset).unwrap_or(usize::MAX);
        let limit = usize::try_from(window.limit).unwrap_or(0);
        let mut rows: Vec<T> = found.into_iter().skip(skip).collect();
        let more = rows.len() > limit;
        rows.truncate(limit);
        let (has_previous, has_next) = if window.backwards() {
            rows.reverse();
            (more, true)
        } else {
            (window.edge.is_some() || window.offset > 0, more)
        };
        Self {
            rows,
            has_previous,
            has_next,
        }
    }

    /// The same page of something else.
    pub fn with<U>(self, rows: Vec<U>) -> Slice<U> {
        Slice {
            rows,
            has_previous: self.has_previous,
            has_next: self.has_next,
        }
    }
}

impl<T> Slice<(i64, T)> {
    /// The page of what was found beside its sort values, and the ends of it.
    pub fn cut_sorted(found: Vec<(i64, T)>, window: &Window, id: impl Fn(&T) -> Uuid) -> (Slice<T>, Ends) {
        let mut slice = Self::cut(found, window);
        let ends = slice
            .rows
            .first()
            .zip(slice.rows.last())
            .map(|(first, last)| [first, last].map(|(value, row)| (*value, id(row))));
        let rows = std::mem::take(&mut slice.rows)
            .into_iter()
            .map(|(_, row)| row)
            .collect();
        (slice.with(rows), ends)
    }
}

/// Puts an order and an edge on a boxed query. Written `value <= x AND (value < x OR id < y)`, which is flat at any
/// depth, unlike `value < x OR (value = x AND id < y)`.
#[macro_export]
macro_rules! keyset {
    ($query:expr, $id:expr, $order:expr, $edge:expr) => {{
        use diesel::{
            expression_methods::{BoolExpressionMethods, ExpressionMethods},
            sql_types::BigInt,
        };
        use $crate::db::kept::fixed as sql;
        let (order, edge): (&$crate::db::paging::Order, Option<$crate::db::paging::Edge>) = ($order, $edge);
        let backwards = edge.is_some_and(|e| e.backwards);
        let mut query = $query;
        if let Some(edge) = edge {
            let id = $crate::kernel::id::Id::<$crate::history::model::Anything>::from_uuid(edge.id);
            let column = || order.first_value();
            query = match (
                order.keys.first().map(|k| k.descending != backwards),
                order.descending != backwards,
            ) {
                (Some(true), _) => query
                    .filter(column().le(edge.value))
                    .filter(column().lt(edge.value).or($id.lt(id))),
                (Some(false), _) => query
                    .filter(column().ge(edge.value))
                    .filter(column().gt(edge.value).or($id.gt(id))),
                (None, true) => query.filter($id.lt(id)),
                (None, false) => query.filter($id.gt(id)),
            };
        }
        for key in &order.keys {
            query = if key.descending != backwards {
                query.then_order_by(sql::<BigInt>(key.sql).desc())
            } else {
                query.then_order_by(sql::<BigInt>(key.sql).asc())
            };
        }
        if order.descending != backwards {
            query.then_order_by($id.desc())
        } else {
            query.then_order_by($id.asc())
        }
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_and_knows_what_is_around_it() {
        let window = |offset, backwards: Option<bool>| Window {
            edge: backwards.map(|backwards| Edge {
                value: 0,
                id: Uuid::nil(),
                backwards,
            }),
            offset,
            limit: 2,
        };
        let cut = |found: &[i64], window: &Window| {
            let slice = Slice::cut(found.to_vec(), window);
            (slice.rows, slice.has_previous, slice.has_next)
        };
        assert_eq!(cut(&[1, 2, 3], &window(0, None)), (vec![1, 2], false, true));
        assert_eq!(cut(&[1, 2], &window(0, None)), (vec![1, 2], false, false));
        assert_eq!(cut(&[1, 2, 3], &window(2, None)), (vec![3], true, false));
        assert_eq!(cut(&[], &window(2, None)), (vec![], true, false));
        assert_eq!(cut(&[1, 2, 3], &window(0, Some(false))), (vec![1, 2], true, true));
        assert_eq!(cut(&[3, 2, 1], &window(0, Some(true))), (vec![2, 3], true, true));
        assert_eq!(cut(&[3, 2], &window(0, Some(true))), (vec![2, 3], false, true));
        let id = |n: &u128| Uuid::from_u128(*n);
        let (slice, ends) = Slice::cut_sorted(vec![(9, 1), (8, 2), (7, 3)], &window(0, None), id);
        assert_eq!(slice.rows, [1, 2]);
        assert_eq!(ends, Some([(9, id(&1)), (8, id(&2))]));
        assert_eq!(Slice::cut_sorted(vec![], &window(0, None), id).1, None);
    }
}
