//! The schema's migrations, one folder per database with the same names, embedded and run at start.

use diesel::{pg::Pg, sqlite::Sqlite};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{AnyConnection, plans};
use crate::kernel::error::{AppError, AppResult};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Brings the schema up to date. On PostgreSQL one node does it while the others wait.
pub fn run(conn: &mut AnyConnection) -> AppResult<()> {
    let failed = |e| AppError::Internal(format!("migration: {e}"));
    match conn {
        AnyConnection::Sqlite(conn) => {
            MigrationHarness::<Sqlite>::run_pending_migrations(conn, SQLITE).map_err(failed)?;
            plans::tell(conn)
        }
        AnyConnection::Postgres(conn) => {
            use diesel::{RunQueryDsl, sql_query};
            // An index of many rows takes longer than a page may, and so does waiting for the node that makes it.
            sql_query("SET statement_timeout = 0").execute(conn)?;
            sql_query("SELECT pg_advisory_lock(7205759403)").execute(conn)?;
            let done = MigrationHarness::<Pg>::run_pending_migrations(conn, POSTGRES)
                .map_err(failed)
                .map(|_| ());
            sql_query("SELECT pg_advisory_unlock(7205759403)").execute(conn)?;
            done
        }
    }
}

/// Takes every migration back: for the test that goes up, down and up again.
pub fn revert_all(conn: &mut AnyConnection) -> AppResult<()> {
    let failed = |e| AppError::Internal(format!("migration: {e}"));
    match conn {
        AnyConnection::Sqlite(conn) => {
            MigrationHarness::<Sqlite>::revert_all_migrations(conn, SQLITE).map_err(failed)?
        }
        AnyConnection::Postgres(conn) => {
            MigrationHarness::<Pg>::revert_all_migrations(conn, POSTGRES).map_err(failed)?
        }
    };
    Ok(())
}
