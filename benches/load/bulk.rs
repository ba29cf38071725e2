//! P8: a comment on ten thousand exceptions at once, as a browser does it: all that match a filter, the plan, the run.

use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::server::Server;
use crate::visitors::{Browser, DEMO_PASSWORD};

const ITEMS: usize = 10_000;
/// Rows of a page of the queue.
const PAGE: usize = 50;
/// A run that takes longer has stopped.
const LONGEST: Duration = Duration::from_mins(10);

pub(crate) fn measure(server: &Server) -> Result<()> {
    let mut manager = Browser::open(server)?;
    manager.sign_in_as("manager@demo.test", DEMO_PASSWORD)?;
    let list = list_of_largest(&mut manager)?;
    manager.get(&list)?;

    let begin = Instant::now();
    manager.submit_shown("/bulk", &[("act", "COMMENT"), ("scope", "all")])?;
    let planning = begin.elapsed();
    let page = manager.path().to_owned();
    if !page.starts_with("/bulk/") {
        return Err(format!("planning led to {page}").into());
    }

    let begin = Instant::now();
    let run = [("content", "Looked at with many others."), ("step", "run")];
    let mut shown = manager.submit_shown(&format!("{page}/run"), &run)?;
    while shown.contains("data-running") {
        if begin.elapsed() > LONGEST {
            return Err(format!("{page} does not end").into());
        }
        thread::sleep(Duration::from_millis(50));
        shown = manager.get(&page)?;
    }
    let running = begin.elapsed();

    let result = manager.get(&format!("{page}/result.csv"))?;
    let lines: Vec<&str> = result.lines().skip(1).collect();
    let with = |outcome: &str| {
        let cell = format!(",{outcome},");
        lines.iter().filter(|line| line.contains(&cell)).count()
    };
    let (items, done, skipped) = (lines.len(), with("DONE"), with("SKIPPED"));
    println!(
        "P8 bulk      a comment on {items} exceptions\n\n\
         planned in {:.2} s, run in {:.2} s: {done} done, {skipped} skipped\n",
        planning.as_secs_f64(),
        running.as_secs_f64(),
    );
    if items < ITEMS || done + skipped < items {
        return Err(format!("of {ITEMS} there are {items}, {done} done and {skipped} skipped").into());
    }
    Ok(())
}

/// The address of the queue of the largest amounts: ten thousand, and those that are as large as the last.
fn list_of_largest(browser: &mut Browser) -> Result<String> {
    let (_, last) = browser.go_deep("/exceptions?tab=open&sort=-amount", ITEMS / PAGE - 1)?;
    let page = browser.get(&last)?;
    let amounts = page.split("<td class=\"n\">").skip(1);
    let smallest: String = amounts
        .filter_map(|rest| rest.split('<').next())
        .last()
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    if smallest.is_empty() {
        return Err(format!("fewer than {ITEMS} open exceptions have an amount").into());
    }
    Ok(format!("/exceptions?tab=open&amount_from={smallest}"))
}
