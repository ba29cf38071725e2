//! One connection type over both databases, and how each is opened.

#![allow(clippy::disallowed_methods)] // the one place that opens connections

use std::path::{Path, PathBuf};

use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection, sql_query};

use crate::kernel::error::{AppError, AppResult};

/// A connection to either database. Open it with [`DbUrl::open`]: the derived `establish` would take a mistyped
/// `postgres:` URL for the name of an SQLite file.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// Embedded.
    Sqlite(SqliteConnection),
    /// A server for several nodes.
    Postgres(PgConnection),
}

/// Runs one expression on the connection inside, where the enum cannot: upserts, batches, locks. A statement whose text
/// never differs is also faster so: diesel knows it by its type, where the enum writes its text out each time.
#[macro_export]
macro_rules! on_backend {
    ($conn:expr, |$inner:ident| $body:expr) => {
        match $conn {
            $crate::db::AnyConnection::Sqlite($inner) => $body,
            $crate::db::AnyConnection::Postgres($inner) => $body,
        }
    };
}

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DbUrl {
    /// `sqlite:path`.
    Sqlite(PathBuf),
    /// `postgres://…`.
    Postgres(String),
}

impl DbUrl {
    /// Parses a database URL.
    ///
    /// # Errors
    /// A sentence naming the two forms.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
                Ok(Self::Postgres(text.to_owned()))
            }
            _ => Err("A database URL is sqlite:PATH or postgres://USER@HOST/NAME.".into()),
        }
    }

    /// Opens a connection set up for use. A reader of SQLite cannot write.
    pub fn open(&self, purpose: Purpose) -> AppResult<AnyConnection> {
        match self {
            Self::Sqlite(path) => open_sqlite(path, purpose).map(AnyConnection::Sqlite),
            Self::Postgres(url) => open_postgres(url).map(AnyConnection::Postgres),
        }
    }
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Reading only.
    Read,
    /// Reading and writing.
    Write,
}

fn open_sqlite(path: &Path, purpose: Purpose) -> AppResult<SqliteConnection> {
    let failed =
        |e: &dyn std::fmt::Display| AppError::Unavailable(format!("opening {}: {e}", path.display()));
    let mut conn = SqliteConnection::establish(&path.to_string_lossy()).map_err(|e| failed(&e))?;
    // FULL: with NORMAL the last commits are lost when the power goes.
    let mut settings = vec![
        "PRAGMA busy_timeout = 5000",
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA temp_store = MEMORY",
        "PRAGMA wal_autocheckpoint = 8000",
        "PRAGMA secure_delete = ON",
    ];
    match purpose {
        Purpose::Read => {
            settings.extend([
                // As much as SQLite was built for: what is not mapped is copied anew after each commit of others.
                "PRAGMA mmap_size = 1099511627776",
                "PRAGMA cache_size = -16384",
                "PRAGMA query_only = ON",
            ]);
        }
        Purpose::Write => settings.push("PRAGMA cache_size = -65536"),
    }
    for setting in settings {
        sql_query(setting).execute(&mut conn).map_err(|e| failed(&e))?;
    }
    Ok(conn)
}

fn open_postgres(url: &str) -> AppResult<PgConnection> {
    let mut conn =
        PgConnection::establish(url).map_err(|e| AppError::Unavailable(format!("PostgreSQL: {e}")))?;
    for setting in [
        // A page never waits for ever: what cannot be done in time is told.
        "SET statement_timeout = '30s'",
        // Compiling a statement takes longer than any of ours runs.
        "SET jit = off",
    ] {
        sql_query(setting)
            .execute(&mut conn)
            .map_err(|e| AppError::Unavailable(format!("PostgreSQL: {e}")))?;
    }
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_its_database_by_its_scheme() {
        assert_eq!(
            DbUrl::parse("sqlite:docket.db"),
            Ok(DbUrl::Sqlite("docket.db".into()))
        );
        assert_eq!(
            DbUrl::parse("postgres://a@b/c"),
            Ok(DbUrl::Postgres("postgres://a@b/c".into()))
        );
    }

    #[test]
    fn a_mistyped_url_is_refused_rather_than_taken_for_a_file() {
        for bad in ["postgre://a@b/c", "postgres:/a", "docket.db", "sqlite:", ""] {
            assert!(DbUrl::parse(bad).is_err(), "{bad:?} was accepted");
        }
    }
}
