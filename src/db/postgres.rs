//! The database server: a pool, blocking threads, and a semaphore as wide as the pool before them (the pool's own
//! queue is unfair: a few would wait long while others pass).

use std::{sync::Arc, time::Duration};

use diesel::{
    Connection, RunQueryDsl,
    r2d2::{ManageConnection, Pool},
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

/// How PostgreSQL plans the statements that it has prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plans {
    /// By the values each time, where it thinks that it pays: what few have is found otherwise than what many have.
    ByValues,
    /// Once a connection, for all values. Planning anew takes several times as long as finding some rows of a table
    /// with as many indexes as the exceptions have.
    Once,
}

impl Plans {
    /// Once for what has one right plan.
    pub const fn once_if(has_one: bool) -> Self {
        if has_one { Self::Once } else { Self::ByValues }
    }

    const fn setting(self) -> &'static str {
        match self {
            Self::ByValues => "SET plan_cache_mode = auto",
            Self::Once => "SET plan_cache_mode = force_generic_plan",
        }
    }
}

pub(super) struct Postgres {
    pool: Pool<Manager>,
    places: Arc<Semaphore>,
}

/// A connection, and how its statements are planned now.
struct Session {
    conn: AnyConnection,
    plans: Plans,
}

impl Session {
    /// The connection, planning so from here on.
    fn planning(&mut self, plans: Plans) -> AppResult<&mut AnyConnection> {
        if self.plans != plans {
            sql_query(plans.setting()).execute(&mut self.conn)?;
            self.plans = plans;
        }
        Ok(&mut self.conn)
    }
}

struct Manager(DbUrl);

impl ManageConnection for Manager {
    type Connection = Session;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Session, Self::Error> {
        let conn = self.0.open(Purpose::Write).map_err(|e| {
            diesel::r2d2::Error::ConnectionError(diesel::ConnectionError::BadConnection(e.to_string()))
        })?;
        Ok(Session {
            conn,
            plans: Plans::ByValues,
        })
    }

    fn is_valid(&self, session: &mut Session) -> Result<(), Self::Error> {
        sql_query("SELECT 1")
            .execute(&mut session.conn)
            .map(|_| ())
            .map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, session: &mut Session) -> bool {
        use diesel::connection::TransactionManager;
        <AnyConnection as Connection>::TransactionManager::is_broken_transaction_manager(&mut session.conn)
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

    pub(super) async fn read(&self, plans: Plans, query: Query) -> AppResult<()> {
        self.with_connection(plans, query).await
    }

    #[allow(clippy::disallowed_methods)] // The one place that begins transactions there.
    pub(super) async fn write(
        &self,
        scope: Scope,
        surroundings: Surroundings,
        mut command: Command,
    ) -> AppResult<()> {
        self.with_connection(Plans::ByValues, move |conn| {
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
        plans: Plans,
        work: impl FnOnce(&mut AnyConnection) -> AppResult<()> + Send + 'static,
    ) -> AppResult<()> {
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(|e| AppError::Unavailable(format!("pool closed: {e}")))?;
        let pool = self.pool.clone();
        blocking(Box::new(move || {
            let _place = place; // held until the connection is back
            let mut session = pool
                .get()
                .map_err(|e| AppError::Unavailable(format!("PostgreSQL: {e}")))?;
            work(session.planning(plans)?)
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
