//! The database server: a pool, blocking threads, and a semaphore as wide as the pool before them (the pool's own
//! queue is unfair: a few would wait long while others pass).

use std::{sync::Arc, time::Duration};

use diesel::{
    Connection, RunQueryDsl,
    r2d2::{ManageConnection, Pool, PooledConnection},
    sql_query,
    sql_types::BigInt,
};
use tokio::sync::Semaphore;

use super::{
    AnyConnection, DbUrl, Scope, Surroundings, blocking,
    connection::Purpose,
    found::{Command, Query},
};
use crate::kernel::error::{AppError, AppResult};

const CONNECTIONS: u32 = 12;
const TRIES: u32 = 5;

pub(super) struct Postgres {
    pool: Pool<Manager>,
    places: Arc<Semaphore>,
}

struct Manager(DbUrl);

impl ManageConnection for Manager {
    type Connection = AnyConnection;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<AnyConnection, Self::Error> {
        self.0.open(Purpose::Write).map_err(|e| {
            diesel::r2d2::Error::ConnectionError(diesel::ConnectionError::BadConnection(e.to_string()))
        })
    }

    fn is_valid(&self, conn: &mut AnyConnection) -> Result<(), Self::Error> {
        sql_query("SELECT 1")
            .execute(conn)
            .map(|_| ())
            .map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, conn: &mut AnyConnection) -> bool {
        use diesel::connection::TransactionManager;
        <AnyConnection as Connection>::TransactionManager::is_broken_transaction_manager(conn)
    }
}

impl Postgres {
    pub(super) fn start(url: &str) -> AppResult<Self> {
        let pool = Pool::builder()
            .max_size(CONNECTIONS)
            .min_idle(Some(2))
            .test_on_check_out(false) // a query for each query; a broken connection is dropped when it comes back
            .connection_timeout(Duration::from_secs(10))
            .build(Manager(DbUrl::Postgres(url.to_owned())))
            .map_err(|e| AppError::Unavailable(format!("PostgreSQL: {e}")))?;
        Ok(Self {
            pool,
            places: Arc::new(Semaphore::new(CONNECTIONS as usize)),
        })
    }

    pub(super) async fn read(&self, query: Query) -> AppResult<()> {
        self.with_connection(move |conn| query(conn)).await
    }

    #[allow(clippy::disallowed_methods)] // The one place that begins transactions there.
    pub(super) async fn write(
        &self,
        scope: Scope,
        surroundings: Surroundings,
        mut command: Command,
    ) -> AppResult<()> {
        self.with_connection(move |conn| {
            let mut tries = 0;
            loop {
                tries += 1;
                let outcome = conn.transaction(|conn| {
                    take_turn(conn, scope)?;
                    command(&mut surroundings.tx(conn))
                });
                match outcome {
                    Err(AppError::Unavailable(why)) if why.starts_with("serialization") && tries < TRIES => {}
                    outcome => return outcome,
                }
            }
        })
        .await
    }

    async fn with_connection(
        &self,
        work: impl FnOnce(&mut PooledConnection<Manager>) -> AppResult<()> + Send + 'static,
    ) -> AppResult<()> {
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(|e| AppError::Unavailable(format!("pool closed: {e}")))?;
        let pool = self.pool.clone();
        blocking(Box::new(move || {
            let _place = place; // held until the connection is back
            let mut conn = pool
                .get()
                .map_err(|e| AppError::Unavailable(format!("PostgreSQL: {e}")))?;
            work(&mut conn)
        }))
        .await
    }
}

/// Waits until no other command of the same business account is running, on any node. Held until the commit.
fn take_turn(conn: &mut AnyConnection, scope: Scope) -> AppResult<()> {
    let key = match scope {
        Scope::Account(id) => id.uuid().as_u64_pair().1.cast_signed(),
        Scope::Global => 0,
    };
    sql_query("SELECT pg_advisory_xact_lock($1)")
        .bind::<BigInt, _>(key)
        .execute(conn)?;
    Ok(())
}
