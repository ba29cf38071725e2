//! What SQLite's planner is told about the tables, so that it plans for a desk of a million rows from the first day on.
//!
//! Told nothing, it takes any index for one of few rows per value; then one that begins with the business account looks
//! better than fifty lookups by id, and reading fifty exceptions reads all of them. Told what `ANALYZE` finds, it would
//! plan anew as data grows, and no test would have seen the plan that a large desk gets. So `sqlite_stat1` is filled
//! from the indexes' own columns, alike everywhere (SQLite allows and documents that), and the plans of a test are
//! those of a million rows.

use diesel::{
    QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_query, sql_types,
};

use crate::kernel::error::AppResult;

/// As many rows a table is said to have.
const ROWS: u64 = 1_000_000;

/// What the index of a condition is said to hold: one in so many of its table's rows.
const PARTIAL: u64 = 10;

/// Those of a condition that would be taken too often if they were said to hold that little: one in so many.
const LARGE: &[(&str, u64)] = &[("exceptions_in_time", 4), ("exceptions_resolved_by_code", 2)];

/// How many values that are worked out from columns there are, where they are more than how something stands.
const RECKONED: &[(&str, u64)] = &[("exceptions_by_day", 1_000)];

/// Most of what is worked out is how something stands: in so many ways.
const STANDS: u64 = 4;

/// So many rows share a time, an amount, a name or an id of something else.
const ALIKE: u64 = 10;

/// Columns of few different values, beside those that say yes or no, and how many.
const FEW: &[(&str, u64)] = &[
    ("assignee_id", 50),
    ("code", 20),
    ("day", 50),
    ("entity_type", 4),
    ("kind", 8),
    ("member_id", 50),
    ("outcome", 4),
    ("resolved_by_id", 50),
    ("role", 4),
    ("severity", 4),
    ("source", 3),
    ("state", 6),
    ("status", 6),
    ("target", 4),
];

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = sql_types::Text)]
    table_name: String,
    #[diesel(sql_type = sql_types::Text)]
    index_name: String,
    #[diesel(sql_type = sql_types::Bool)]
    is_unique: bool,
    #[diesel(sql_type = sql_types::Bool)]
    is_partial: bool,
    /// None for an expression.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    column_name: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
struct Told {
    #[diesel(sql_type = sql_types::Text)]
    tbl: String,
    /// None where somebody had the whole table analysed.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    idx: Option<String>,
    #[diesel(sql_type = sql_types::Text)]
    stat: String,
}

/// Tells the planner of every index there is. Connections opened from then on plan by it.
///
/// # Errors
/// The database's.
pub fn tell(conn: &mut SqliteConnection) -> AppResult<()> {
    let places: Vec<Place> = sql_query(
        "SELECT t.name AS table_name, i.name AS index_name, i.\"unique\" AS is_unique, i.partial AS is_partial, \
         c.name AS column_name \
         FROM pragma_table_list t JOIN pragma_index_list(t.name) i JOIN pragma_index_info(i.name) c \
         WHERE t.type = 'table' AND t.schema = 'main' AND NOT t.wr ORDER BY t.name, i.name, c.seqno",
    )
    .load(conn)?;
    let told: Vec<Told> = places
        .chunk_by(|a, b| a.index_name == b.index_name)
        .filter_map(of_index)
        .collect();
    if known(conn) == told {
        return Ok(());
    }
    conn.immediate_transaction(|conn| {
        // Makes the table, where there is none yet.
        conn.batch_execute("ANALYZE sqlite_schema; DELETE FROM sqlite_stat1;")?;
        for Told { tbl, idx, stat } in told {
            sql_query("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)")
                .bind::<sql_types::Text, _>(tbl)
                .bind::<sql_types::Nullable<sql_types::Text>, _>(idx)
                .bind::<sql_types::Text, _>(stat)
                .execute(conn)?;
        }
        conn.batch_execute("ANALYZE sqlite_schema")?;
        Ok(())
    })
}

/// What it is told now; nothing while the table for it is not there.
fn known(conn: &mut SqliteConnection) -> Vec<Told> {
    let known = sql_query("SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY tbl, idx").load(conn);
    known.unwrap_or_default()
}

/// How many rows an index has, and how many of them share the values of its first column, its first two, and so on.
fn of_index(places: &[Place]) -> Option<Told> {
    let first = places.first()?;
    let named = |list: &[(&str, u64)]| {
        let found = list.iter().find(|(name, _)| *name == first.index_name);
        found.map(|(_, number)| *number)
    };
    let all = if first.is_partial {
        ROWS / named(LARGE).unwrap_or(PARTIAL)
    } else {
        ROWS
    };
    let reckoned = named(RECKONED).unwrap_or(STANDS);
    let mut numbers = vec![all.to_string()];
    let mut alike = all;
    for (n, place) in places.iter().enumerate() {
        let is_last = n + 1 == places.len();
        alike = if is_last && first.is_unique {
            1
        } else {
            sharing(place.column_name.as_deref(), alike, reckoned)
        };
        numbers.push(alike.to_string());
    }
    Some(Told {
        tbl: first.table_name.clone(),
        idx: Some(first.index_name.clone()),
        stat: numbers.join(" "),
    })
}

/// How many of `alike` rows share a value of the column too, or one of the `reckoned` values of an expression.
fn sharing(column: Option<&str>, alike: u64, reckoned: u64) -> u64 {
    let values = match column {
        // One may have everything.
        Some("business_account_id") => 1,
        Some("id") => return 1,
        Some(flag) if flag.starts_with("is_") || flag.starts_with("was_") => 2,
        Some(name) => match FEW.iter().find(|(few, _)| *few == name) {
            Some((_, values)) => *values,
            None => return alike.min(ALIKE),
        },
        None => reckoned,
    };
    (alike / values).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{AnyConnection, DbUrl, connection::Purpose, migrations};

    fn stat(is_unique: bool, is_partial: bool, columns: &[Option<&str>]) -> String {
        stat_of("i", is_unique, is_partial, columns)
    }

    fn stat_of(index: &str, is_unique: bool, is_partial: bool, columns: &[Option<&str>]) -> String {
        let places: Vec<Place> = columns
            .iter()
            .map(|column| Place {
                table_name: "t".into(),
                index_name: index.into(),
                is_unique,
                is_partial,
                column_name: column.map(str::to_owned),
            })
            .collect();
        of_index(&places).unwrap().stat
    }

    #[test]
    fn a_database_that_somebody_analysed_is_told_again() {
        let folder = tempfile::tempdir().unwrap();
        let url = DbUrl::Sqlite(folder.path().join("docket.db"));
        let open = || {
            let mut conn = url.open(Purpose::Write).unwrap();
            migrations::run(&mut conn).unwrap();
            let AnyConnection::Sqlite(mut conn) = conn else {
                panic!("not SQLite");
            };
            let told = known(&mut conn);
            (conn, told)
        };
        let (mut conn, first) = open();
        assert!(first.len() > 100, "{}", first.len());
        conn.batch_execute("ANALYZE").unwrap();
        assert_ne!(known(&mut conn), first);
        drop(conn);
        assert_eq!(open().1, first);
    }

    #[test]
    fn an_index_is_told_by_its_columns() {
        let list = ["business_account_id", "is_open", "due_at", "id"].map(Some);
        assert_eq!(stat(false, false, &list), "1000000 1000000 500000 10 1");
        assert_eq!(stat(false, true, &list), "100000 100000 50000 10 1");
        assert_eq!(
            stat(true, false, &[Some("business_account_id"), Some("seq")]),
            "1000000 1000000 1"
        );
        assert_eq!(
            stat(false, false, &[None, Some("transaction_id")]),
            "1000000 250000 10"
        );
        assert_eq!(
            stat_of("exceptions_in_time", false, true, &list),
            "250000 250000 125000 10 1"
        );
        let by_day = [Some("business_account_id"), Some("is_open"), None, Some("id")];
        assert_eq!(
            stat_of("exceptions_by_day", false, false, &by_day),
            "1000000 1000000 500000 500 1"
        );
    }
}
