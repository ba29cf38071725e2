//! The embedded database: a connection per reading thread, and one writer thread that commits queued commands together.

use std::{
    cell::RefCell,
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

use diesel::{
    Connection,
    connection::{AnsiTransactionManager, TransactionManager},
};
use tokio::sync::oneshot;

use super::{AnyConnection, DbUrl, Tx, connection::Purpose};
use crate::kernel::{
    clock::Clock,
    error::{AppError, AppResult},
};

type Transactions = <AnyConnection as Connection>::TransactionManager;

/// At most so many commands share a commit: enough to spread the cost of a slow disk, few enough that nobody waits.
const COMMANDS_PER_COMMIT: usize = 128;

thread_local! {
    static READERS: RefCell<HashMap<u64, AnyConnection>> = RefCell::default();
}
static NEXT_KEY: AtomicU64 = AtomicU64::new(1);

pub(super) struct Sqlite {
    url: DbUrl,
    /// Names this database in the threads' reader maps: tests open several in one process.
    key: u64,
    writer: mpsc::Sender<Command>,
}

/// A command's work inside its savepoint; gives what to do once the commit's fate is known.
type Command = Box<dyn FnOnce(&mut AnyConnection, &Clock) -> Finish + Send>;
type Finish = Box<dyn FnOnce(AppResult<()>) + Send>;

impl Sqlite {
    pub(super) fn start(url: &DbUrl, clock: Clock) -> AppResult<Self> {
        let conn = url.open(Purpose::Write)?;
        let (writer, commands) = mpsc::channel();
        thread::Builder::new()
            .name("docket-writer".into())
            .spawn(move || write_loop(conn, &commands, &clock))
            .map_err(|e| AppError::Internal(format!("the writer thread did not start: {e}")))?;
        Ok(Self {
            url: url.clone(),
            key: NEXT_KEY.fetch_add(1, Ordering::Relaxed),
            writer,
        })
    }

    pub(super) fn read<T>(&self, query: impl FnOnce(&mut AnyConnection) -> AppResult<T>) -> AppResult<T> {
        READERS.with_borrow_mut(|readers| {
            let conn = match readers.entry(self.key) {
                std::collections::hash_map::Entry::Occupied(reader) => reader.into_mut(),
                std::collections::hash_map::Entry::Vacant(place) => {
                    place.insert(self.url.open(Purpose::Read)?)
                }
            };
            // One state of the database for the whole page.
            Transactions::begin_transaction(conn)?;
            let outcome = catch_unwind(AssertUnwindSafe(|| query(conn)));
            Transactions::rollback_transaction(conn)?;
            outcome.unwrap_or_else(|_| Err(AppError::Internal("a query panicked".into())))
        })
    }

    pub(super) async fn write<T, F>(&self, mut command: F) -> AppResult<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> AppResult<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work: Command = Box::new(move |conn, clock| {
            let outcome = in_savepoint(conn, |conn| {
                command(&mut Tx {
                    conn,
                    now: clock.now(),
                })
            });
            Box::new(move |committed| {
                // Whoever asked may have gone away meanwhile; the commit stands all the same.
                let _ = reply.send(committed.and(outcome));
            })
        });
        let stopped = || AppError::Unavailable("the writer has stopped".into());
        self.writer.send(work).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

/// Takes commands as they come and commits what has queued up in one go. A reply is given only after the commit.
fn write_loop(mut conn: AnyConnection, commands: &mpsc::Receiver<Command>, clock: &Clock) {
    while let Ok(first) = commands.recv() {
        let mut finishes = Vec::new();
        let committed = begin_immediate(&mut conn).and_then(|()| {
            finishes.push(first(&mut conn, clock));
            while finishes.len() < COMMANDS_PER_COMMIT {
                match commands.try_recv() {
                    Ok(next) => finishes.push(next(&mut conn, clock)),
                    Err(_) => break,
                }
            }
            Ok(Transactions::commit_transaction(&mut conn)?)
        });
        let failure = committed.err().map(|e| {
            tracing::error!(error = %e, "commit failed");
            let _ = Transactions::rollback_transaction(&mut conn);
            e.to_string()
        });
        for finish in finishes {
            finish(
                failure
                    .clone()
                    .map_or(Ok(()), |why| Err(AppError::Unavailable(why))),
            );
        }
    }
}

/// SQLite's deferred transactions fail when a read turns into a write under another writer; an immediate one waits.
fn begin_immediate(conn: &mut AnyConnection) -> AppResult<()> {
    match conn {
        AnyConnection::Sqlite(conn) => Ok(AnsiTransactionManager::begin_transaction_sql(
            conn,
            "BEGIN IMMEDIATE",
        )?),
        AnyConnection::Postgres(_) => Err(AppError::Internal(
            "the SQLite writer was given PostgreSQL".into(),
        )),
    }
}

fn in_savepoint<T>(
    conn: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> AppResult<T>,
) -> AppResult<T> {
    Transactions::begin_transaction(conn)?;
    let outcome = catch_unwind(AssertUnwindSafe(|| work(conn)))
        .unwrap_or_else(|_| Err(AppError::Internal("a command panicked".into())));
    if outcome.is_ok() {
        Transactions::commit_transaction(conn)?;
    } else {
        Transactions::rollback_transaction(conn)?;
    }
    outcome
}
