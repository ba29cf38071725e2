//! Database errors in the application's words, and the one place that knows constraints by name: PostgreSQL tells a
//! constraint's name, SQLite only `UNIQUE constraint failed: table.column`.

use diesel::result::{DatabaseErrorKind, Error};

use crate::kernel::error::AppError;

impl From<Error> for AppError {
    fn from(error: Error) -> Self {
        match &error {
            Error::NotFound => Self::NotFound,
            Error::DatabaseError(DatabaseErrorKind::SerializationFailure, info) => {
                Self::Unavailable(format!("serialization failure: {}", info.message()))
            }
            Error::DatabaseError(DatabaseErrorKind::ClosedConnection, info) => {
                Self::Unavailable(format!("connection lost: {}", info.message()))
            }
            _ => Self::Internal(format!("database: {error}")),
        }
    }
}

/// Whether `error` says that a row with this `table.column` is there already.
pub fn is_duplicate(error: &Error, table: &str, column: &str) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => match info.constraint_name() {
            Some(name) => name.starts_with(table) && (name.contains(column) || name.ends_with("_pkey")),
            None => info.message().contains(&format!("{table}.{column}")),
        },
        _ => false,
    }
}
