//! The two databases have the same tables, columns and migrations, and diesel's picture of them is right.

use std::collections::BTreeSet;

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::Text};
use docket::db::{AnyConnection, DbUrl, connection::Purpose, migrations};

use crate::harness::{both, database};

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The index of words is each database's own, so it is left out.
fn columns(conn: &mut AnyConnection) -> BTreeSet<String> {
    let sql = match conn {
        AnyConnection::Sqlite(_) => {
            "SELECT m.name || '.' || c.name || CASE WHEN c.\"notnull\" OR c.pk > 0 THEN '' ELSE '?' END AS name \
             FROM sqlite_master m, pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite%' \
             AND m.name NOT LIKE 'search\\_words%' ESCAPE '\\'"
        }
        AnyConnection::Postgres(_) => {
            "SELECT table_name || '.' || column_name || CASE WHEN is_nullable = 'NO' THEN '' ELSE '?' END AS name \
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%' AND table_name <> 'search_words'"
        }
    };
    sql_query(sql)
        .load::<Column>(conn)
        .unwrap()
        .into_iter()
        .map(|c| c.name)
        .collect()
}

/// `table.column`, with `?` where it may be null, as `schema.rs` declares them.
fn declared() -> BTreeSet<String> {
    let source = include_str!("../../src/db/schema.rs");
    let mut found = BTreeSet::new();
    let mut table = String::new();
    for line in source.lines().map(str::trim) {
        if let Some((name, _)) = line.split_once(" (").filter(|(_, rest)| rest.ends_with('{')) {
            name.clone_into(&mut table);
        } else if let Some((column, kind)) = line.split_once(" -> ").filter(|_| !line.starts_with("diesel::"))
        {
            let null = if kind.starts_with("Nullable") { "?" } else { "" };
            found.insert(format!("{table}.{column}{null}"));
        }
    }
    found
}

#[actix_web::test]
async fn both_databases_have_the_columns_that_diesel_is_told_of() {
    for backend in both() {
        let folder = tempfile::tempdir().unwrap();
        let lease = database::lease(backend, folder.path());
        let mut conn = DbUrl::parse(&lease.url).unwrap().open(Purpose::Write).unwrap();
        migrations::run(&mut conn).unwrap();
        assert_eq!(columns(&mut conn), declared(), "{backend:?}");
    }
}

#[actix_web::test]
async fn migrations_go_up_and_down_and_up_again() {
    for backend in both() {
        let folder = tempfile::tempdir().unwrap();
        let lease = database::lease(backend, folder.path());
        let mut conn = DbUrl::parse(&lease.url).unwrap().open(Purpose::Write).unwrap();
        migrations::run(&mut conn).unwrap();
        let up = columns(&mut conn);
        migrations::revert_all(&mut conn).unwrap();
        assert!(columns(&mut conn).is_empty(), "{backend:?}");
        migrations::run(&mut conn).unwrap();
        assert_eq!(columns(&mut conn), up, "{backend:?}");
    }
}

#[test]
fn every_migration_is_there_for_both_databases() {
    let names = |folder: &str| -> BTreeSet<_> {
        std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    assert_eq!(names("migrations/sqlite"), names("migrations/postgres"));
}
