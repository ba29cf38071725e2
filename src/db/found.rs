//! What a query or a command finds goes around the parts of this room that need not know of what type it is: those are
//! compiled once, and not for each page and each act (a tenth of the program, once).

use std::sync::{Arc, Mutex, PoisonError};

use super::{AnyConnection, Tx};
use crate::kernel::error::{AppError, AppResult};

/// A query that keeps what it finds aside.
pub(super) type Query = Box<dyn FnOnce(&mut AnyConnection) -> AppResult<()> + Send>;

/// A command that does so. It may be called more than once; what it found last counts.
pub(super) type Command = Box<dyn FnMut(&mut Tx<'_>) -> AppResult<()> + Send>;

/// What was kept aside.
pub(super) struct Found<T>(Arc<Mutex<Option<T>>>);

impl<T: Send + 'static> Found<T> {
    /// Of a query.
    pub(super) fn by_query(
        query: impl FnOnce(&mut AnyConnection) -> AppResult<T> + Send + 'static,
    ) -> (Self, Query) {
        let (found, kept) = Self::places();
        (
            found,
            Box::new(move |conn| {
                kept.keep(query(conn)?);
                Ok(())
            }),
        )
    }

    /// Of a command.
    pub(super) fn by_command(
        mut command: impl FnMut(&mut Tx<'_>) -> AppResult<T> + Send + 'static,
    ) -> (Self, Command) {
        let (found, kept) = Self::places();
        (
            found,
            Box::new(move |tx| {
                kept.keep(command(tx)?);
                Ok(())
            }),
        )
    }

    /// What it was, after the query or the command has ended well.
    pub(super) fn take(self) -> AppResult<T> {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        place
            .take()
            .ok_or_else(|| AppError::Internal("the database did not do what it was asked for".into()))
    }

    fn places() -> (Self, Self) {
        let place = Arc::new(Mutex::new(None));
        (Self(Arc::clone(&place)), Self(place))
    }

    fn keep(&self, found: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
    }
}
