//! The closed loop, and what it found.

use std::borrow::Cow;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::http::Client;
use crate::server::Server;

/// How often what takes turns is measured; the round in the middle counts.
pub(crate) const ROUNDS: usize = 3;
pub(crate) const WARM_UP: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) worst: Duration,
}

/// How long each connection goes on. It sends one request at least.
#[derive(Clone, Copy)]
pub(crate) enum Run<'a> {
    For(Duration),
    Times(usize),
    /// Until it is set.
    Until(&'a AtomicBool),
}

impl Run<'_> {
    fn is_over(self, elapsed: Duration, sent: usize) -> bool {
        match self {
            Self::For(length) => elapsed >= length,
            Self::Times(times) => sent >= times,
            Self::Until(is_over) => is_over.load(Ordering::Relaxed),
        }
    }
}

pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

pub(crate) fn middle(mut samples: Vec<Sample>) -> Sample {
    samples.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    samples.swap_remove(samples.len() / 2)
}

/// Sends `request(connection, turn)` over each connection for as long as `run` says. Any answer but 2xx is an error.
pub(crate) fn drive<'a>(
    server: &Server,
    connections: usize,
    run: Run<'_>,
    request: &(impl Fn(usize, usize) -> Cow<'a, [u8]> + Sync),
) -> Result<Sample> {
    let all_connected = Barrier::new(connections);
    let worker = |connection| {
        let client = Client::connect(server.port);
        all_connected.wait();
        let mut client = client?;
        let mut latencies = Vec::with_capacity(1 << 16);
        let begin = Instant::now();
        let mut now = begin;
        while latencies.is_empty() || !run.is_over(now - begin, latencies.len()) {
            client.send_expecting_success(&request(connection, latencies.len()))?;
            let sent = std::mem::replace(&mut now, Instant::now());
            latencies.push(now - sent);
        }
        let per_second = f64::from(u32::try_from(latencies.len())?) / (now - begin).as_secs_f64();
        Ok((per_second, latencies))
    };
    let results: Vec<Result<(f64, Vec<Duration>)>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..connections)
            .map(|number| scope.spawn(move || worker(number)))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| Err("a worker panicked".into())))
            .collect()
    });
    let mut per_second = 0.0;
    let mut latencies = Vec::new();
    for result in results {
        let (rate, mut times) = result?;
        per_second += rate;
        latencies.append(&mut times);
    }
    latencies.sort_unstable();
    let percentile = |percent| latencies[(latencies.len() - 1) * percent / 100];
    Ok(Sample {
        per_second,
        p50: percentile(50),
        p99: percentile(99),
        worst: percentile(100),
    })
}
