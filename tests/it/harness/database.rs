//! One database per test: a file of SQLite, or a database of the throw-away PostgreSQL copied from a template that is
//! migrated once.

use std::path::Path;

use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use docket::{
    db::{Db, DbUrl},
    kernel::clock::Clock,
};

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// Both databases, or SQLite alone where `tests/run` has started no PostgreSQL.
pub fn both() -> Vec<Backend> {
    match server() {
        Some(_) => vec![Backend::Sqlite, Backend::Postgres],
        None => vec![Backend::Sqlite],
    }
}

/// A database until it is dropped.
pub struct Lease {
    pub url: String,
    name: Option<String>,
}

const TEMPLATE: &str = "docket_template";

fn server() -> Option<String> {
    std::env::var("DOCKET_TEST_POSTGRES").ok()
}

pub fn lease(backend: Backend, folder: &Path) -> Lease {
    match backend {
        Backend::Sqlite => Lease {
            url: format!("sqlite:{}", folder.join("docket.db").display()),
            name: None,
        },
        Backend::Postgres => {
            let server = server().expect("DOCKET_TEST_POSTGRES names the test server");
            let mut conn = PgConnection::establish(&server).unwrap();
            make_template(&mut conn, &server);
            let name = format!("test_{}", uuid::Uuid::new_v4().simple());
            sql_query(format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
                .execute(&mut conn)
                .unwrap();
            Lease {
                url: at(&server, &name),
                name: Some(name),
            }
        }
    }
}

/// Tests run in processes of their own; the first one makes the template, the others wait for it.
fn make_template(conn: &mut PgConnection, server: &str) {
    sql_query("SELECT pg_advisory_lock(4711)").execute(conn).unwrap();
    let made = sql_query(format!(
        "SELECT 1 FROM pg_database WHERE datname = '{TEMPLATE}' AND datistemplate"
    ))
    .execute(conn);
    if made.unwrap() == 0 {
        sql_query(format!("DROP DATABASE IF EXISTS {TEMPLATE}"))
            .execute(conn)
            .unwrap();
        sql_query(format!("CREATE DATABASE {TEMPLATE}"))
            .execute(conn)
            .unwrap();
        let url = DbUrl::parse(&at(server, TEMPLATE)).unwrap();
        drop(Db::open(&url, Clock::System).unwrap());
        sql_query(format!("ALTER DATABASE {TEMPLATE} IS_TEMPLATE true"))
            .execute(conn)
            .unwrap();
        sql_query(format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{TEMPLATE}'"
        ))
        .execute(conn)
        .unwrap();
    }
    sql_query("SELECT pg_advisory_unlock(4711)")
        .execute(conn)
        .unwrap();
}

fn at(server: &str, database: &str) -> String {
    let (base, query) = server
        .split_once('?')
        .map_or((server, None), |(b, q)| (b, Some(q)));
    let base = base.rsplit_once('/').map_or(base, |(b, _)| b);
    query.map_or_else(
        || format!("{base}/{database}"),
        |q| format!("{base}/{database}?{q}"),
    )
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let (Some(name), Some(server)) = (&self.name, server())
            && let Ok(mut conn) = PgConnection::establish(&server)
        {
            let _ = sql_query(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).execute(&mut conn);
        }
    }
}
