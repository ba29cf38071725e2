//! Fifty people at once, each a team member of their own: sign in, open the queue of new ones, open one, claim it, comment
//! on it, resolve it, take the next. First at full load, each without a pause, then as people work, who read what they
//! see. Any answer that a person would call an error ends the run.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Barrier, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::server::Server;
use crate::visitors::{Browser, DEMO_PASSWORD, attribute, is_exception, links, tag_with};

pub(crate) const PEOPLE: usize = 50;
/// Of everybody who was invited.
pub(crate) const PASSWORD: &str = "a long day at the desk";

type Times = BTreeMap<&'static str, Vec<Duration>>;

/// About so long somebody looks at a page who works quickly: half as long at least, half as long again at most.
const READING: Duration = Duration::from_secs(1);

/// What one person did.
struct Day {
    times: Times,
    /// About so long they look at each page.
    reading: Duration,
    dice: usize,
    resolved: usize,
    /// Exceptions that somebody else was quicker with.
    lost: usize,
}

impl Day {
    fn of(number: usize, reading: Duration) -> Self {
        Self {
            times: Times::new(),
            reading,
            dice: number,
            resolved: 0,
            lost: 0,
        }
    }

    /// A number below `end`.
    fn roll(&mut self, end: usize) -> usize {
        self.dice = self
            .dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) % end.max(1)
    }

    /// Does something, and looks at what it leads to.
    fn timed<T>(&mut self, what: &'static str, act: impl FnOnce() -> Result<T>) -> Result<T> {
        let begin = Instant::now();
        let done = act()?;
        self.times.entry(what).or_default().push(begin.elapsed());
        let percent = u32::try_from(50 + self.roll(100))?;
        thread::sleep(self.reading * percent / 100);
        Ok(done)
    }
}

/// What all of them took; nobody may take what somebody has.
#[derive(Default)]
struct Taken {
    all: HashSet<String>,
    twice: usize,
}

pub(crate) fn measure(server: &Server, seconds: u64) -> Result<()> {
    let people = invite(server, PEOPLE)?;
    let taken = Mutex::new(Taken::default());
    for reading in [Duration::ZERO, READING] {
        let days = days(server, &people, (Duration::from_secs(seconds), reading), &taken)?;
        if reading.is_zero() {
            println!("load         {PEOPLE} people, {seconds} s, without a pause\n");
        } else {
            let rest = reading.as_secs_f64();
            println!("load         {PEOPLE} people, {seconds} s, who look at each page for about {rest} s\n");
        }
        report(days);
    }
    match taken.into_inner().unwrap_or_else(PoisonError::into_inner).twice {
        0 => Ok(()),
        twice => Err(format!("{twice} times somebody took what another had").into()),
    }
}

/// What each of the people did, who all began at once.
fn days(
    server: &Server,
    people: &[String],
    (length, reading): (Duration, Duration),
    taken: &Mutex<Taken>,
) -> Result<Vec<Day>> {
    let together = Barrier::new(people.len());
    let days: Vec<Result<Day>> = thread::scope(|scope| {
        let all: Vec<_> = people
            .iter()
            .enumerate()
            .map(|(number, email)| {
                let together = &together;
                scope.spawn(move || {
                    together.wait();
                    work(server, email, Day::of(number, reading), length, taken)
                })
            })
            .collect();
        all.into_iter()
            .map(|one| one.join().unwrap_or_else(|_| Err("a person panicked".into())))
            .collect()
    });
    days.into_iter().collect()
}

fn report(days: Vec<Day>) {
    let (mut times, mut resolved, mut lost) = (Times::new(), 0, 0);
    for day in days {
        resolved += day.resolved;
        lost += day.lost;
        for (what, mut took) in day.times {
            times.entry(what).or_default().append(&mut took);
        }
    }
    println!("{:<26}{:>10}{:>10}{:>10}", "", "times", "p50 ms", "p99 ms");
    for (what, mut took) in times {
        took.sort_unstable();
        let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1e3;
        println!("{what:<26}{:>10}{:>10.2}{:>10.2}", took.len(), at(50), at(99));
    }
    println!("\n{resolved} resolved, {lost} that somebody was quicker with, no error\n");
}

/// So many clerks; their e-mail addresses. Who was invited in an earlier run comes again: every page with a choice of
/// people is longer for each.
pub(crate) fn invite(server: &Server, count: usize) -> Result<Vec<String>> {
    let mut owner = Browser::open(server)?;
    owner.sign_in_as("owner@demo.test", DEMO_PASSWORD)?;
    let known = owner.get("/settings/people")?;
    let mut people = Vec::new();
    for number in 0..count {
        let email = format!("number{number}@demo.test");
        if known.contains(&email) {
            people.push(email);
            continue;
        }
        let invited = owner.submit(
            "/settings/people/invite",
            "/settings/people/invite",
            &[("email", &email), ("role", "CLERK")],
        )?;
        let link = tag_with(&invited, "id=\"link\"").and_then(|tag| attribute(tag, "value"));
        let link = link.ok_or("nobody was invited")?;
        let path = link
            .split_once("://")
            .and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()))
            .ok_or("the invitation is no link")?;
        let name = format!("Number{number}");
        let fields = [
            ("first_name", name.as_str()),
            ("last_name", "Clerk"),
            ("password", PASSWORD),
        ];
        Browser::open(server)?.submit(&path, &path, &fields)?;
        people.push(email);
    }
    Ok(people)
}

fn work(server: &Server, email: &str, mut day: Day, length: Duration, taken: &Mutex<Taken>) -> Result<Day> {
    let mut browser = Browser::open(server)?;
    day.timed("sign in", || browser.sign_in_as(email, PASSWORD))?;
    let begin = Instant::now();
    while begin.elapsed() < length {
        let queue = day.timed("queue", || browser.get("/exceptions?tab=unassigned&status=NEW"))?;
        let offered: Vec<String> = links(&queue).filter(|link| is_exception(link)).collect();
        let Some(chosen) = offered.get(day.roll(offered.len())) else {
            return Err("the queue is empty".into());
        };
        let page = chosen.split(['?', '#']).next().unwrap_or(chosen).to_owned();
        day.timed("one exception", || browser.get(&page))?;
        if claim(&mut browser, &mut day, &page)? {
            finish(&mut browser, &mut day, &page, taken)?;
        } else {
            day.lost += 1;
        }
        browser.get("/exceptions?tab=mine")?;
        let next = day.timed("take next", || browser.submit_shown("/exceptions/take-next", &[]))?;
        if next.contains("You have it now") {
            let page = browser.path().to_owned();
            finish(&mut browser, &mut day, &page, taken)?;
        }
    }
    Ok(day)
}

/// Takes what is on the page, unless somebody else has: before the page was there, which then does not offer it, or
/// since.
fn claim(browser: &mut Browser, day: &mut Day, page: &str) -> Result<bool> {
    let claim = format!("{page}/claim");
    if !browser.offers(&claim) {
        return Ok(false);
    }
    let claimed = day.timed("claim", || browser.submit_shown(&claim, &[]))?;
    Ok(claimed.contains("You have it now."))
}

/// Comments on what somebody has taken, and resolves it.
fn finish(browser: &mut Browser, day: &mut Day, page: &str, taken: &Mutex<Taken>) -> Result<()> {
    {
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        if !taken.all.insert(page.to_owned()) {
            taken.twice += 1;
        }
    }
    day.timed("comment", || {
        browser.submit_shown(
            &format!("{page}/comments"),
            &[("content", "Called the customer.")],
        )
    })?;
    let resolve = format!("{page}/resolve");
    day.timed("resolve, the form", || browser.get(&resolve))?;
    let fields = [
        ("resolution_type", "NO_ACTION"),
        ("reason", "Asked the customer"),
        ("notes", "Nothing to do."),
    ];
    // What has no effect beside closing is done without a preview.
    let done = day.timed("resolve", || browser.submit_shown(&resolve, &fields))?;
    if !done.contains("Resolved.") {
        return Err(format!("{page} was not resolved").into());
    }
    day.resolved += 1;
    Ok(())
}
