//! Threads of their own for what keeps a core busy. They come after those that serve pages, so that many sign-ins at
//! once slow nobody's page down, and there is never more of such work at once than there are threads.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::Duration,
};

use tokio::sync::oneshot;

use crate::kernel::error::{AppError, AppResult};

/// By so much the threads are nicer than those that serve pages. Where both want a core they get about a tenth of it:
/// while every core is busy with pages, a sign-in waits.
#[cfg(target_os = "linux")]
const NICER: i32 = 10;

/// After so long it is worth trying again when too many wait.
const COME_BACK: Duration = Duration::from_secs(5);

type Job = Box<dyn FnOnce() + Send>;

/// Threads that do one job after another. They start with the first job, and end when this is dropped.
pub struct Background {
    name: &'static str,
    threads: usize,
    waiting: usize,
    jobs: OnceLock<SyncSender<Job>>,
}

impl Background {
    /// So many threads of this name. So many jobs may wait for them; the next is refused.
    pub const fn new(name: &'static str, threads: usize, waiting: usize) -> Self {
        Self {
            name,
            threads,
            waiting,
            jobs: OnceLock::new(),
        }
    }

    /// Does `work` when it is its turn. When whoever asked has gone away by then, it is not done.
    ///
    /// # Errors
    /// `TooMany` when enough wait already; `Internal` when it panics.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> AppResult<T> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move || {
            if !reply.is_closed() {
                // Whoever asked may go away meanwhile.
                let _ = reply.send(work());
            }
        });
        self.jobs()?.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => AppError::TooMany(COME_BACK),
            TrySendError::Disconnected(_) => self.failed("has ended"),
        })?;
        answer.await.map_err(|_| self.failed("panicked"))
    }

    fn jobs(&self) -> AppResult<&SyncSender<Job>> {
        if let Some(jobs) = self.jobs.get() {
            return Ok(jobs);
        }
        let started = self.start()?;
        // Two may come first at once: what the second of them started ends again.
        Ok(self.jobs.get_or_init(|| started))
    }

    fn start(&self) -> AppResult<SyncSender<Job>> {
        let (jobs, todo) = sync_channel(self.waiting);
        let todo = Arc::new(Mutex::new(todo));
        for _ in 0..self.threads {
            let todo = Arc::clone(&todo);
            thread::Builder::new()
                .name(self.name.into())
                .spawn(move || work_off(&todo))
                .map_err(|e| self.failed(&format!("did not start: {e}")))?;
        }
        Ok(jobs)
    }

    fn failed(&self, how: &str) -> AppError {
        AppError::Internal(format!("the thread {} {how}", self.name))
    }
}

fn work_off(todo: &Mutex<Receiver<Job>>) {
    #[cfg(target_os = "linux")]
    step_back();
    while let Some(job) = next(todo) {
        // The thread goes on with the next; whoever asked for this one learns of it as no answer comes.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

/// The next job; none when there will be no more. One thread waits for it, the others wait for their turn to wait.
fn next(todo: &Mutex<Receiver<Job>>) -> Option<Job> {
    todo.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Lets other threads go first. Only Linux has this for one thread alone: elsewhere it would be for the whole process.
#[cfg(target_os = "linux")]
fn step_back() {
    // A sandbox may forbid it. Then the work is done all the same, as fairly as any.
    let _ = rustix::process::nice(NICER);
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        sync::mpsc::{RecvTimeoutError, Sender, channel},
    };

    use tokio::task::JoinHandle;

    use super::*;

    thread_local! {
        /// Goes with the thread.
        static KEPT: Cell<Option<Sender<()>>> = const { Cell::new(None) };
    }

    fn one_thread(waiting: usize) -> Arc<Background> {
        Arc::new(Background::new("worker", 1, waiting))
    }

    /// Asks for work, and does not wait for it.
    async fn ask<T: Send + 'static>(
        background: &Arc<Background>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<AppResult<T>> {
        let background = Arc::clone(background);
        let asked = actix_web::rt::spawn(async move { background.run(work).await });
        tokio::task::yield_now().await;
        asked
    }

    /// Keeps the only thread busy until it is told to go on.
    async fn occupy(background: &Arc<Background>) -> Sender<()> {
        let (begins, has_begun) = oneshot::channel();
        let (go_on, told) = channel();
        let work = move || {
            begins.send(()).unwrap();
            let _ = told.recv();
        };
        drop(ask(background, work).await);
        has_begun.await.unwrap();
        go_on
    }

    #[actix_web::test]
    async fn work_is_done_on_a_thread_of_the_name() {
        let background = one_thread(1);
        let name = background.run(|| thread::current().name().map(str::to_owned));
        assert_eq!(name.await.unwrap().as_deref(), Some("worker"));
    }

    #[cfg(target_os = "linux")]
    #[actix_web::test]
    async fn its_threads_step_back_and_no_other_does() {
        fn nice() -> i32 {
            rustix::process::getpriority_process(None).unwrap()
        }
        let (background, ours) = (one_thread(1), nice());
        let theirs = background.run(nice).await.unwrap();
        // 19 is the nicest there is.
        assert_eq!((theirs, nice()), ((ours + NICER).min(19), ours));
    }

    #[actix_web::test]
    async fn who_comes_when_enough_wait_is_told_so() {
        let background = one_thread(1);
        let go_on = occupy(&background).await;
        let waits = ask(&background, || "done").await;
        assert!(matches!(background.run(|| ()).await, Err(AppError::TooMany(_))));
        go_on.send(()).unwrap();
        assert_eq!(waits.await.unwrap().unwrap(), "done");
        background.run(|| ()).await.unwrap();
    }

    #[actix_web::test]
    async fn what_nobody_waits_for_any_more_is_not_done() {
        let background = one_thread(2);
        let go_on = occupy(&background).await;
        let (did, done) = channel();
        let left = ask(&background, move || did.send(())).await;
        left.abort();
        assert!(left.await.unwrap_err().is_cancelled());
        go_on.send(()).unwrap();
        background.run(|| ()).await.unwrap();
        assert!(done.try_recv().is_err());
    }

    #[actix_web::test]
    async fn a_panic_is_told_and_the_thread_goes_on() {
        let background = one_thread(1);
        let thread = background.run(|| thread::current().id()).await.unwrap();
        let panics = background.run::<()>(|| panic!("on purpose")).await;
        assert!(matches!(panics, Err(AppError::Internal(_))), "{panics:?}");
        assert_eq!(background.run(|| thread::current().id()).await.unwrap(), thread);
    }

    #[actix_web::test]
    async fn its_threads_end_with_it() {
        let background = one_thread(1);
        let (keep, kept) = channel();
        background.run(move || KEPT.set(Some(keep))).await.unwrap();
        drop(background);
        let end = kept.recv_timeout(Duration::from_secs(10));
        assert_eq!(end, Err(RecvTimeoutError::Disconnected));
    }
}
