//! P9: two hundred sign-ins at once, what memory they take and what the others feel who read the queue meanwhile.

use std::borrow::Cow;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::measure::{Run, WARM_UP, drive, ms};
use crate::people;
use crate::server::Server;
use crate::visitors::{Browser, DEMO_PASSWORD};

const SIGN_INS: usize = 200;
const READERS: usize = 8;
/// Everybody who can sign in to a demo.
const PEOPLE: [&str; 7] = [
    "owner@demo.test",
    "admin@demo.test",
    "manager@demo.test",
    "finance@demo.test",
    "clerk@demo.test",
    "viewer@demo.test",
    "clerk@other.test",
];

/// What became of the sign-ins.
#[derive(Default)]
struct Storm {
    /// How long each waited that got in.
    waits: Vec<Duration>,
    refused: usize,
}

pub(crate) fn measure(server: &Server, seconds: u64) -> Result<()> {
    // A person has few sessions at once: of those who sign in, the readers' would end.
    let reader = people::invite(server, 1)?;
    let mut browser = Browser::open(server)?;
    browser.sign_in_as(reader.first().ok_or("nobody was invited")?, people::PASSWORD)?;
    let request = browser.request("GET", "/exceptions?tab=open", "");
    let queue = |run: Run<'_>| drive(server, READERS, run, &|_, _| Cow::Borrowed(request.as_slice()));
    queue(Run::For(WARM_UP))?;
    let before = queue(Run::For(Duration::from_secs(seconds)))?;
    let memory_before = server.memory()?;

    let is_over = AtomicBool::new(false);
    let begin = Instant::now();
    let (during, highest, storm) = thread::scope(|scope| {
        let highest = scope.spawn(|| highest_memory(server, &is_over));
        let storm = scope.spawn(|| {
            let storm = sign_in_at_once(server);
            is_over.store(true, Ordering::Relaxed);
            (storm, begin.elapsed())
        });
        let during = queue(Run::Until(&is_over));
        (during, highest.join(), storm.join())
    });
    let during = during?;
    let highest = highest.map_err(|_| "looking at the memory panicked")??;
    let (storm, took) = storm.map_err(|_| "the sign-ins panicked")?;
    let Storm { mut waits, refused } = storm?;
    waits.sort_unstable();
    thread::sleep(Duration::from_secs(2));
    println!(
        "P9 sign-ins  {SIGN_INS} at once of {} people, while {READERS} connections ask for the open queue\n\n\
         sign-ins     {} got in, {refused} were refused, in {:.2} s; the wait p50 {:.0} ms, the longest {:.0} ms\n\
         memory       {memory_before} MiB before, {highest} at most, {} two seconds after\n\
         queue        p99 {:.2} ms before, {:.2} ms during: {:.2} times\n",
        PEOPLE.len(),
        waits.len(),
        took.as_secs_f64(),
        waits.get(waits.len() / 2).map_or(f64::NAN, |wait| ms(*wait)),
        waits.last().map_or(f64::NAN, |wait| ms(*wait)),
        server.memory()?,
        ms(before.p99),
        ms(during.p99),
        ms(during.p99) / ms(before.p99),
    );
    Ok(())
}

/// In MiB, until it is over.
fn highest_memory(server: &Server, is_over: &AtomicBool) -> Result<u64> {
    let mut highest = 0;
    while !is_over.load(Ordering::Relaxed) {
        highest = highest.max(server.memory()?);
        thread::sleep(Duration::from_millis(2));
    }
    Ok(highest)
}

/// Each over a connection of its own; who is told to wait does not try again.
fn sign_in_at_once(server: &Server) -> Result<Storm> {
    let together = Barrier::new(SIGN_INS);
    let outcomes: Vec<Result<Option<Duration>>> = thread::scope(|scope| {
        let all: Vec<_> = PEOPLE
            .iter()
            .cycle()
            .take(SIGN_INS)
            .map(|email| {
                let together = &together;
                scope.spawn(move || {
                    let browser = Browser::open(server);
                    together.wait();
                    let mut browser = browser?;
                    let begin = Instant::now();
                    let next = browser.try_to_sign_in(email, DEMO_PASSWORD)?;
                    Ok(next.map(|_| begin.elapsed()))
                })
            })
            .collect();
        all.into_iter()
            .map(|one| one.join().unwrap_or_else(|_| Err("a sign-in panicked".into())))
            .collect()
    });
    let mut storm = Storm::default();
    for outcome in outcomes {
        match outcome? {
            Some(wait) => storm.waits.push(wait),
            None => storm.refused += 1,
        }
    }
    Ok(storm)
}
