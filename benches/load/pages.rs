//! P1, P3 and P10: how many pages a second, against a constant page as large as the queue.

use std::borrow::Cow;
use std::time::Duration;

use crate::Result;
use crate::measure::{ROUNDS, Run, WARM_UP, drive, middle, ms};
use crate::server::Server;
use crate::told;
use crate::visitors::{Api, Browser, is_exception, links};

const PAGES_DEEP: usize = 200;

struct Page {
    name: &'static str,
    request: Vec<u8>,
    bytes: usize,
}

pub(crate) fn measure(server: &Server, connections: usize, seconds: u64) -> Result<()> {
    let pages = pages(server)?;
    let length = Run::For(Duration::from_secs(seconds));
    let drive = |page: &Page, run: Run<'_>| {
        let request = |_: usize, _: usize| Cow::Borrowed(page.request.as_slice());
        drive(server, connections, run, &request)
    };
    for page in &pages {
        drive(page, Run::For(WARM_UP))?;
    }
    let mut samples = vec![Vec::new(); pages.len()];
    for _ in 0..ROUNDS {
        for (page, samples) in pages.iter().zip(&mut samples) {
            samples.push(drive(page, length)?);
        }
    }
    println!(
        "load         {connections} connections, {seconds} s a page, the middle of {ROUNDS} interleaved rounds\n\n\
         {:<26}{:>12}{:>10}{:>10}{:>10}{:>12}",
        "", "requests/s", "p50 ms", "p99 ms", "bytes", "of constant"
    );
    let middles: Vec<_> = samples.into_iter().map(middle).collect();
    let base_line = middles.first().map_or(f64::NAN, |sample| sample.per_second);
    for (page, sample) in pages.iter().zip(middles) {
        println!(
            "{:<26}{:>12.0}{:>10.2}{:>10.2}{:>10}{:>12.3}",
            page.name,
            sample.per_second,
            ms(sample.p50),
            ms(sample.p99),
            page.bytes,
            sample.per_second / base_line,
        );
    }
    println!();
    Ok(())
}

/// What is measured, the base line first.
fn pages(server: &Server) -> Result<Vec<Page>> {
    const OPEN: &str = "/exceptions?tab=open";
    const UNASSIGNED: &str = "/exceptions?tab=unassigned";
    let mut browser = Browser::open(server)?;
    browser.sign_in()?;

    let queue = browser.get(OPEN)?;
    let constant = format!("/bench/constant?bytes={}", queue.len());
    let mut api = Api::open(server)?;
    let much_told = told::raise(&mut api)?;
    let one = links(&queue)
        .find(|link| is_exception(link))
        .ok_or("the queue links to no exception")?;
    let mut paths = vec![
        ("constant", constant),
        ("P1 open", OPEN.to_owned()),
        ("P1 unassigned", UNASSIGNED.to_owned()),
        ("one exception", one.clone()),
        ("P3 all of 201 entries", format!("{much_told}?whole=yes")),
        ("P3 as it opens", much_told),
    ];
    match browser.go_deep(OPEN, PAGES_DEEP)? {
        (PAGES_DEEP, path) => paths.insert(3, ("P2 open, 200 pages down", path)),
        (depth, _) => println!("note         the queue ends {depth} pages down: no deep page"),
    }
    let mut pages = Vec::new();
    for (name, path) in paths {
        let request = browser.request("GET", &path, "");
        let shown = browser.get(&path)?;
        if name.starts_with("P3") && !shown.contains("All <b>201</b>") {
            return Err(format!("{path} has not 201 entries").into());
        }
        let bytes = shown.len();
        pages.push(Page { name, request, bytes });
    }

    let one = format!("/api{}", one.split(['?', '#']).next().unwrap_or(&one));
    let fifty = "/api/exceptions?size=50".to_owned();
    for (name, path) in [("P10 one exception, API", one), ("P10 50 exceptions, API", fifty)] {
        let bytes = api.get(&path)?.len();
        let request = api.request("GET", &path, "");
        pages.push(Page { name, request, bytes });
    }
    Ok(pages)
}
