//! The database behind two doors: `read` for pages and lookups, `write` for commands. Nothing else opens connections
//! or transactions.
//!
//! On SQLite a read runs at once on the calling thread with that thread's own connection (microseconds, so a hop to
//! another thread would cost more than the query), and writes go to one writer thread that commits what has queued up
//! together. On PostgreSQL both go to blocking threads behind a semaphore as wide as the pool.

pub mod among;
pub mod connection;
pub mod errors;
mod found;
pub mod kept;
pub mod kept_up;
pub mod led;
pub mod memo;
pub mod migrations;
pub mod paging;
mod plans;
mod postgres;
pub mod schema;
mod sqlite;
pub mod types;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use diesel::connection::TransactionManager;
use found::{Command, Found};

pub use connection::{AnyConnection, DbUrl, MultiBackend};
pub use postgres::Plans;

use crate::kernel::{
    clock::{Clock, Ts},
    error::{AppError, AppResult},
    id::BusinessAccountId,
};

/// What a command works in: the connection inside a write transaction, and the time it happens at.
pub struct Tx<'a> {
    /// The connection, inside the transaction.
    pub conn: &'a mut AnyConnection,
    /// When the command happens: one time for all it writes.
    pub now: Ts,
    /// Whether e-mail is set up, so that what is told is to be sent too.
    pub has_mail: bool,
}

impl Tx<'_> {
    /// Does one of several things that stand and fall alone: what `step` wrote is taken back when it fails, and the
    /// rest of the command goes on.
    ///
    /// # Errors
    /// Inside: what `step` refused. Outside: the database failed, so the whole command must.
    pub fn attempt<T>(&mut self, step: impl FnOnce(&mut Tx<'_>) -> AppResult<T>) -> AppResult<AppResult<T>> {
        type Transactions = <AnyConnection as diesel::Connection>::TransactionManager;
        Transactions::begin_transaction(self.conn)?;
        let outcome = step(&mut Tx {
            conn: self.conn,
            ..*self
        });
        match outcome {
            Err(error @ (AppError::Internal(_) | AppError::Unavailable(_))) => {
                Transactions::rollback_transaction(self.conn)?;
                Err(error)
            }
            Err(refusal) => {
                Transactions::rollback_transaction(self.conn)?;
                Ok(Err(refusal))
            }
            Ok(done) => {
                Transactions::commit_transaction(self.conn)?;
                Ok(Ok(done))
            }
        }
    }
}

/// What every command finds beside its data.
#[derive(Clone)]
pub struct Surroundings {
    /// Tells when it happens.
    pub clock: Clock,
    /// Whether e-mail is set up.
    pub has_mail: bool,
}

impl Surroundings {
    fn tx<'a>(&self, conn: &'a mut AnyConnection) -> Tx<'a> {
        Tx {
            conn,
            now: self.clock.now(),
            has_mail: self.has_mail,
        }
    }
}

impl From<Clock> for Surroundings {
    fn from(clock: Clock) -> Self {
        Self {
            clock,
            has_mail: false,
        }
    }
}

/// Whose data a command changes. Commands of one business account run one after another, on both databases: that is
/// what makes its history a chain, and "the first claim wins" true without locks in every query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One business account.
    Account(BusinessAccountId),
    /// Sign-in and set-up: before there is a business account.
    Global,
}

impl From<BusinessAccountId> for Scope {
    fn from(id: BusinessAccountId) -> Self {
        Self::Account(id)
    }
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    surroundings: Surroundings,
    backend: Backend,
    /// How many commands have committed, or may have.
    commits: Arc<AtomicU64>,
}

#[derive(Clone)]
enum Backend {
    Sqlite(Arc<sqlite::Sqlite>),
    Postgres(Arc<postgres::Postgres>),
}

impl Db {
    /// Opens the database and brings its schema up to date.
    pub fn open(url: &DbUrl, surroundings: impl Into<Surroundings>) -> AppResult<Self> {
        let surroundings = surroundings.into();
        migrations::run(&mut url.open(connection::Purpose::Write)?)?;
        let backend = match url {
            DbUrl::Sqlite(_) => Backend::Sqlite(Arc::new(sqlite::Sqlite::start(url, surroundings.clone())?)),
            DbUrl::Postgres(url) => Backend::Postgres(Arc::new(postgres::Postgres::start(url)?)),
        };
        Ok(Self {
            surroundings,
            backend,
            commits: Arc::default(),
        })
    }

    /// Reads. On SQLite the closure sees one state of the database.
    pub async fn read<T, F>(&self, query: F) -> AppResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> AppResult<T> + Send + 'static,
    {
        self.read_planned(Plans::ByValues, query).await
    }

    /// As [`Self::read`], for what is found by keys, or along an index that has just this order, whatever the values.
    pub async fn read_by_index<T, F>(&self, query: F) -> AppResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> AppResult<T> + Send + 'static,
    {
        self.read_planned(Plans::Once, query).await
    }

    /// As [`Self::read`], where it depends on what is asked for whether PostgreSQL should plan by the values.
    pub async fn read_planned<T, F>(&self, plans: Plans, query: F) -> AppResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> AppResult<T> + Send + 'static,
    {
        let (found, query) = Found::by_query(query);
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.read(query),
            Backend::Postgres(postgres) => postgres.read(plans, query).await,
        }?;
        found.take()
    }

    /// Reads what may take long (exports, verification) without holding up the pages of this thread.
    pub async fn read_slow<T, F>(&self, query: F) -> AppResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> AppResult<T> + Send + 'static,
    {
        let (found, query) = Found::by_query(query);
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let sqlite = Arc::clone(sqlite);
                blocking(Box::new(move || sqlite.read(query))).await
            }
            Backend::Postgres(postgres) => postgres.read(Plans::ByValues, query).await,
        }?;
        found.take()
    }

    /// Runs a command in a write transaction: all of it is stored, durably, or nothing. The closure may run more than
    /// once (PostgreSQL may ask for a retry), so it has no effect outside the database.
    pub async fn write<T, F>(&self, scope: impl Into<Scope>, command: F) -> AppResult<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> AppResult<T> + Send + 'static,
    {
        let (found, command) = Found::by_command(command);
        self.run(scope.into(), command, false).await?;
        found.take()
    }

    /// As [`Self::write`], for a command of many thousand rows: on SQLite it does not share its commit with others, who
    /// wait for it.
    pub async fn write_large<T, F>(&self, scope: impl Into<Scope>, command: F) -> AppResult<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> AppResult<T> + Send + 'static,
    {
        let (found, command) = Found::by_command(command);
        self.run(scope.into(), command, true).await?;
        found.take()
    }

    async fn run(&self, scope: Scope, command: Command, is_large: bool) -> AppResult<()> {
        let outcome = match &self.backend {
            Backend::Sqlite(sqlite) if is_large => sqlite.write_large(command).await,
            Backend::Sqlite(sqlite) => sqlite.write(command).await,
            Backend::Postgres(postgres) => {
                let surroundings = self.surroundings.clone();
                postgres.write(scope, surroundings, command).await
            }
        };
        self.note_commit();
        outcome
    }

    /// Before whoever asked for the command hears of it, so that the next page shows what it did.
    fn note_commit(&self) {
        self.commits.fetch_add(1, Ordering::SeqCst);
    }

    /// Where a read begins that may use what a [`memo::Memo`] keeps.
    pub fn moment(&self) -> memo::Moment {
        memo::Moment {
            commits: self.commits.load(Ordering::SeqCst),
            now: self.surroundings.clock.now(),
        }
    }

    /// The clock that commands are given.
    pub fn clock(&self) -> &Clock {
        &self.surroundings.clock
    }
}

/// Runs blocking work on a thread made for it.
async fn blocking(work: Box<dyn FnOnce() -> AppResult<()> + Send>) -> AppResult<()> {
    actix_web::rt::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|e| Err(AppError::Internal(format!("a blocking task died: {e}"))))
}
