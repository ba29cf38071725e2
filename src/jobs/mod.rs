//! Work that goes on without anybody waiting for it. Every node looks for it at start, when it is told of some, and
//! every few seconds; a lease in the database sees to it that exactly one node does each piece.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{AcquireError, Notify, Semaphore, SemaphorePermit};

use uuid::Uuid;

use crate::{app::App, bulk, exceptions, imports, kernel::error::AppResult};

/// How often a node looks for work that it was not told of: of another node that stopped, or of a former life.
const LOOKS_EVERY: Duration = Duration::from_secs(3);

/// So many files are in memory to be imported at once, on this node; the rest wait.
const IMPORTS_AT_ONCE: usize = 2;

/// So many bulk actions are run at once, on this node; the rest wait.
const BULKS_AT_ONCE: usize = 2;

/// The node's own work. Cheap to clone.
#[derive(Clone)]
pub struct Jobs {
    wake: Arc<Notify>,
    checking: Arc<Semaphore>,
    importing: Arc<Semaphore>,
    acting: Arc<Semaphore>,
    started: Arc<Mutex<HashSet<Uuid>>>,
}

impl Default for Jobs {
    fn default() -> Self {
        Self {
            wake: Arc::default(),
            checking: Arc::new(Semaphore::new(1)),
            importing: Arc::new(Semaphore::new(IMPORTS_AT_ONCE)),
            acting: Arc::new(Semaphore::new(BULKS_AT_ONCE)),
            started: Arc::default(),
        }
    }
}

impl Jobs {
    /// There is work: look at once.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits for the turn to check a file, which is in memory as long.
    pub async fn checking(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.checking.acquire().await
    }

    /// Notes that this node has begun with a piece of work; false when it had already.
    fn begin(&self, id: Uuid) -> bool {
        self.started
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id)
    }

    fn end(&self, id: Uuid) {
        self.started
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
    }
}

/// Does what there is to do, for ever. One of these runs beside the server of each node.
pub async fn work(app: App) {
    loop {
        let looks = [
            start_imports(&app).await,
            start_bulks(&app).await,
            exceptions::aging::run(&app).await,
        ];
        for looked in looks {
            if let Err(error) = looked {
                tracing::warn!(%error, "looking for work failed");
            }
        }
        // Whoever was woken in vain looks in vain.
        let _ = tokio::time::timeout(LOOKS_EVERY, app.jobs.wake.notified()).await;
    }
}

async fn start_imports(app: &App) -> AppResult<()> {
    for (account, id) in imports::run::due(app).await? {
        if !app.jobs.begin(id.uuid()) {
            continue;
        }
        let app = app.clone();
        actix_web::rt::spawn(async move {
            if let Ok(_place) = app.jobs.importing.acquire().await {
                imports::run::run(&app, account, id).await;
            }
            app.jobs.end(id.uuid());
        });
    }
    Ok(())
}

async fn start_bulks(app: &App) -> AppResult<()> {
    for (account, id) in bulk::run::due(app).await? {
        if !app.jobs.begin(id.uuid()) {
            continue;
        }
        let app = app.clone();
        actix_web::rt::spawn(async move {
            if let Ok(_place) = app.jobs.acting.acquire().await {
                bulk::run::run(&app, account, id).await;
            }
            app.jobs.end(id.uuid());
        });
    }
    Ok(())
}
