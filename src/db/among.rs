//! Looking up some rows by id.

/// Narrows a boxed query to the ids in a slice. One is compared with `=`: diesel keeps that statement prepared, and
/// prepares one with `IN` anew each time, which costs more than the lookup.
#[macro_export]
macro_rules! among {
    ($query:expr, $column:expr, $ids:expr) => {
        match $ids {
            [one] => $query.filter($column.eq(one)),
            ids => $query.filter($column.eq_any(ids)),
        }
    };
}
