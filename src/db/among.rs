//! Looking up some rows by id.

/// Narrows a boxed query to the ids in a slice. One is compared with `=`: diesel keeps that statement prepared
/// by its type; more are looked up by a statement that stays prepared too.
#[macro_export]
macro_rules! among {
    ($query:expr, $column:expr, $ids:expr) => {
        match $ids {
            [one] => $query.filter($column.eq(one)),
            ids => $query.filter($crate::db::kept::within($column, ids)),
        }
    };
}
