//! What a node has under way beside requests: the bell that wakes it, the turns of heavy work, what has begun.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{AcquireError, Notify, Semaphore, SemaphorePermit};
use uuid::Uuid;

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

    /// Waits until there is work.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Waits for a place to import a file.
    pub async fn importing(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.importing.acquire().await
    }

    /// Waits for a place to run a bulk action.
    pub async fn acting(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.acting.acquire().await
    }

    /// Waits for the turn to check a file, which is in memory as long.
    pub async fn checking(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.checking.acquire().await
    }

    /// Notes that this node has begun with a piece of work; false when it had already.
    pub fn begin(&self, id: Uuid) -> bool {
        self.started
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id)
    }

    /// Notes that it is done with it.
    pub fn end(&self, id: Uuid) {
        self.started
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
    }
}
