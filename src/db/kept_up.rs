//! Tables that are kept up beside the commands: triggers note what has changed, and a job, or whoever is about to look
//! into the table, has it read anew.

use super::{AnyConnection, Db, Scope, Tx};
use crate::kernel::error::AppResult;

/// So many transactions at a look of the job; what is left waits for the next.
const AT_A_LOOK: usize = 20;

/// A person who waits for it waits for at most so many.
const WHILE_ONE_WAITS: usize = 3;

/// A table that is kept up.
#[derive(Clone, Copy)]
pub struct KeptUp {
    /// Whether anything is noted.
    pub is_behind: fn(&mut AnyConnection) -> AppResult<bool>,
    /// Reads the first that are noted anew. Other writers wait for it.
    pub catch_up: fn(&mut Tx<'_>) -> AppResult<()>,
}

impl KeptUp {
    /// Does what there is to do, beside requests.
    pub async fn run(self, db: &Db) -> AppResult<()> {
        self.keep_up(db, AT_A_LOOK).await
    }

    /// Before somebody looks: so that what was written a moment ago is found.
    pub async fn refresh(self, db: &Db) -> AppResult<()> {
        self.keep_up(db, WHILE_ONE_WAITS).await
    }

    /// Reads everything that waits, however much: for demo data.
    pub async fn complete(self, db: &Db) -> AppResult<()> {
        self.keep_up(db, usize::MAX).await
    }

    async fn keep_up(self, db: &Db, most: usize) -> AppResult<()> {
        for _ in 0..most {
            if !db.read(self.is_behind).await? {
                break;
            }
            // One at a time, on all nodes: what is noted is read by one of them.
            db.write_large(Scope::Global, self.catch_up).await?;
        }
        Ok(())
    }
}
