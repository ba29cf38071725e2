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
    time::Duration,
};

use diesel::{
    Connection, RunQueryDsl,
    connection::{AnsiTransactionManager, TransactionManager},
    sql_query,
};
use tokio::sync::oneshot;

use super::{
    AnyConnection, DbUrl, Surroundings,
    connection::Purpose,
    found::{self, Query},
};
use crate::kernel::error::{AppError, AppResult};

type Transactions = <AnyConnection as Connection>::TransactionManager;

/// At most so many commands share a commit: enough to spread the cost of a slow disk, few enough that nobody waits.
const COMMANDS_PER_COMMIT: usize = 128;

/// When nothing was written for so long, the writer gives back the memory of the pages that it has looked at and changed:
/// up to [`Purpose::Write`]'s 64 MiB, which most desks need in a rush only. They are at hand in the system's cache.
const AT_REST: Duration = Duration::from_secs(2);

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

/// A command on its way to the writer.
enum Command {
    /// Shares a commit with others, in a savepoint of its own.
    Shared(Work),
    /// Is a transaction of its own, and answers by itself.
    Large(LargeWork),
}

/// A command's work inside its savepoint; gives what to do once the commit's fate is known.
type Work = Box<dyn FnOnce(&mut AnyConnection, &Surroundings) -> Finish + Send>;
type LargeWork = Box<dyn FnOnce(&mut AnyConnection, &Surroundings) + Send>;
type Finish = Box<dyn FnOnce(AppResult<()>) + Send>;

impl Sqlite {
    pub(super) fn start(url: &DbUrl, surroundings: Surroundings) -> AppResult<Self> {
        let conn = url.open(Purpose::Write)?;
        let (writer, commands) = mpsc::channel();
        thread::Builder::new()
            .name("docket-writer".into())
            .spawn(move || write_loop(conn, &commands, &surroundings))
            .map_err(|e| AppError::Internal(format!("the writer thread did not start: {e}")))?;
        Ok(Self {
            url: url.clone(),
            key: NEXT_KEY.fetch_add(1, Ordering::Relaxed),
            writer,
        })
    }

    pub(super) fn read(&self, query: Query) -> AppResult<()> {
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

    pub(super) async fn write(&self, mut command: found::Command) -> AppResult<()> {
        let (reply, answer) = oneshot::channel();
        let work: Work = Box::new(move |conn, surroundings| {
            let outcome = in_savepoint(conn, |conn| command(&mut surroundings.tx(conn)));
            Box::new(move |committed| {
                // Whoever asked may have gone away meanwhile; the commit stands all the same.
                let _ = reply.send(committed.and(outcome));
            })
        });
        self.send(Command::Shared(work), answer).await
    }

    pub(super) async fn write_large(&self, mut command: found::Command) -> AppResult<()> {
        let (reply, answer) = oneshot::channel();
        let work = Box::new(move |conn: &mut AnyConnection, surroundings: &Surroundings| {
            let outcome = in_transaction(conn, |conn| command(&mut surroundings.tx(conn)));
            let _ = reply.send(outcome);
        });
        self.send(Command::Large(work), answer).await
    }

    async fn send(&self, command: Command, answer: oneshot::Receiver<AppResult<()>>) -> AppResult<()> {
        let stopped = || AppError::Unavailable("the writer has stopped".into());
        self.writer.send(command).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

/// Takes commands as they come.
fn write_loop(mut conn: AnyConnection, commands: &mpsc::Receiver<Command>, surroundings: &Surroundings) {
    let mut next = None;
    while let Some(command) = next.take().or_else(|| wait(&mut conn, commands)) {
        match command {
            Command::Shared(work) => next = commit_together(&mut conn, work, commands, surroundings),
            Command::Large(work) => work(&mut conn, surroundings),
        }
    }
}

/// The next command; none when nobody can send any more.
fn wait(conn: &mut AnyConnection, commands: &mpsc::Receiver<Command>) -> Option<Command> {
    match commands.recv_timeout(AT_REST) {
        Ok(command) => Some(command),
        Err(mpsc::RecvTimeoutError::Disconnected) => None,
        Err(mpsc::RecvTimeoutError::Timeout) => {
            if let Err(e) = sql_query("PRAGMA shrink_memory").execute(conn) {
                tracing::warn!(error = %e, "the writer's memory was not given back");
            }
            commands.recv().ok()
        }
    }
}

/// Commits what has queued up in one go, up to a large command, which is given back. A reply is given only after the
/// commit.
fn commit_together(
    conn: &mut AnyConnection,
    first: Work,
    commands: &mpsc::Receiver<Command>,
    surroundings: &Surroundings,
) -> Option<Command> {
    let (mut finishes, mut large) = (Vec::new(), None);
    let committed = begin_immediate(conn).and_then(|()| {
        finishes.push(first(conn, surroundings));
        while finishes.len() < COMMANDS_PER_COMMIT {
            match commands.try_recv() {
                Ok(Command::Shared(work)) => finishes.push(work(conn, surroundings)),
                Ok(command) => {
                    large = Some(command);
                    break;
                }
                Err(_) => break,
            }
        }
        Ok(Transactions::commit_transaction(conn)?)
    });
    let failure = committed.err().map(|e| {
        tracing::error!(error = %e, "commit failed");
        let _ = Transactions::rollback_transaction(conn);
        e.to_string()
    });
    for finish in finishes {
        finish(
            failure
                .clone()
                .map_or(Ok(()), |why| Err(AppError::Unavailable(why))),
        );
    }
    large
}

/// A transaction without a savepoint in it. Under a savepoint SQLite keeps the former content of every changed page
/// in a list, and walks it after each statement with a trigger: a hundred thousand rows would take hours.
fn in_transaction(
    conn: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> AppResult<()>,
) -> AppResult<()> {
    begin_immediate(conn)?;
    let outcome = catch_unwind(AssertUnwindSafe(|| work(conn)))
        .unwrap_or_else(|_| Err(AppError::Internal("a command panicked".into())))
        .and_then(|()| Ok(Transactions::commit_transaction(conn)?));
    if outcome.is_err() {
        let _ = Transactions::rollback_transaction(conn);
    }
    outcome
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

fn in_savepoint(
    conn: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> AppResult<()>,
) -> AppResult<()> {
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
