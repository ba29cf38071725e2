//! How many pages a second Docket serves, and how long each takes:
//! `cargo bench --bench load -- [--rows N] [--seconds N] [--connections N] [--keep-data DIR] [--writes | --people]`
//!
//! Starts the release binary with demo data, signs in as a browser does, then asks for each page over keep-alive
//! connections in a closed loop: a connection sends its next request when the last answer is complete. The pages
//! take turns for three rounds, and the round in the middle counts. The base line is a constant page as large as the
//! queue, from the same server. Answers are not compressed; the load comes from the same machine.

mod http;
mod measure;
mod people;
mod server;
mod visitors;

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::json;

use measure::{Sample, drive, middle};
use server::{Data, Server};
use visitors::{Api, Browser, is_exception, links};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const ROUNDS: usize = 3;
const WARM_UP: Duration = Duration::from_secs(1);
const PAGES_DEEP: usize = 200;
const WRITE_CONNECTIONS: usize = 32;
const EXCEPTIONS_PER_WRITER: usize = 16;

fn main() -> Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    let data = Data::prepare(options.keep_data.as_deref())?;
    let begin = Instant::now();
    drop(Server::start(options.rows, &data.folder)?);
    let seeding = begin.elapsed();

    let begin = Instant::now();
    let server = Server::start(options.rows, &data.folder)?;
    let start = begin.elapsed();
    let idle_memory = server.memory()?;

    println!("machine      {}", server::machine()?);
    println!("command      docket demo --exceptions {}", options.rows);
    println!(
        "server       start {:.2} s on data made in {:.1} s, {idle_memory} MiB resident at rest, binary {:.1} MB",
        start.as_secs_f64(),
        seeding.as_secs_f64(),
        server::binary_size()?,
    );
    if options.people {
        people::measure(&server, options.seconds)?;
    } else if options.writes {
        measure_writes(&server, &options)?;
    } else {
        measure_pages(&server, &options)?;
    }
    println!("afterwards   {} MiB resident", server.memory()?);
    Ok(())
}

struct Options {
    rows: u32,
    seconds: u64,
    connections: usize,
    keep_data: Option<PathBuf>,
    writes: bool,
    people: bool,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            rows: 1_000_000,
            seconds: 6,
            connections: 16,
            keep_data: None,
            writes: false,
            people: false,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--rows" => options.rows = value()?.parse()?,
                "--seconds" => options.seconds = value()?.parse()?,
                "--connections" => options.connections = value()?.parse()?,
                "--keep-data" => options.keep_data = Some(value()?.into()),
                "--writes" => options.writes = true,
                "--people" => options.people = true,
                "--bench" => {} // cargo's own
                unknown => return Err(format!("unknown option {unknown}").into()),
            }
        }
        Ok(options)
    }
}

struct Page {
    name: &'static str,
    request: Vec<u8>,
    bytes: usize,
}

fn measure_pages(server: &Server, options: &Options) -> Result<()> {
    let pages = pages(server)?;
    let length = Duration::from_secs(options.seconds);
    let drive = |page: &Page, length| drive(server, options.connections, length, &|_, _| &page.request);
    for page in &pages {
        drive(page, WARM_UP)?;
    }
    let mut samples = vec![Vec::new(); pages.len()];
    for _ in 0..ROUNDS {
        for (page, samples) in pages.iter().zip(&mut samples) {
            samples.push(drive(page, length)?);
        }
    }
    println!(
        "load         {} connections, {} s a page, the middle of {ROUNDS} interleaved rounds\n\n\
         {:<26}{:>12}{:>10}{:>10}{:>10}{:>12}",
        options.connections, options.seconds, "", "requests/s", "p50 ms", "p99 ms", "bytes", "of constant"
    );
    let middles: Vec<_> = samples.into_iter().map(middle).collect();
    let base_line = middles.first().map_or(f64::NAN, |sample| sample.per_second);
    for (page, Sample { per_second, p50, p99 }) in pages.iter().zip(middles) {
        println!(
            "{:<26}{per_second:>12.0}{:>10.2}{:>10.2}{:>10}{:>12.3}",
            page.name,
            p50.as_secs_f64() * 1e3,
            p99.as_secs_f64() * 1e3,
            page.bytes,
            per_second / base_line,
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
    let one = links(&queue)
        .find(|link| is_exception(link))
        .ok_or("the queue links to no exception")?;
    let mut paths = vec![
        ("constant", constant),
        ("open", OPEN.to_owned()),
        ("unassigned", UNASSIGNED.to_owned()),
        ("one exception", one.clone()),
    ];
    match browser.go_deep(OPEN, PAGES_DEEP)? {
        (PAGES_DEEP, path) => paths.insert(3, ("open, 200 pages down", path)),
        (depth, _) => println!("note         the queue ends {depth} pages down: no deep page"),
    }
    let mut pages = Vec::new();
    for (name, path) in paths {
        let request = browser.request("GET", &path, "");
        let bytes = browser.get(&path)?.len();
        pages.push(Page { name, request, bytes });
    }

    let mut api = Api::open(server)?;
    let one = format!("/api{}", one.split(['?', '#']).next().unwrap_or(&one));
    let fifty = "/api/exceptions?size=50".to_owned();
    for (name, path) in [("one exception, API", one), ("50 exceptions, API", fifty)] {
        let bytes = api.get(&path)?.len();
        let request = api.request("GET", &path, "");
        pages.push(Page { name, request, bytes });
    }
    Ok(pages)
}

/// Every connection claims and releases exceptions of its own, so that no two meet.
fn measure_writes(server: &Server, options: &Options) -> Result<()> {
    let mut api = Api::open(server)?;
    let worker = api.list("status=IN_PROGRESS&size=1")?;
    let worker = worker["content"][0]["assignedTo"]["id"]
        .as_str()
        .ok_or("nobody works on any exception")?;
    let claim = json!({ "assignedTo": { "id": worker } }).to_string();
    let release = json!({ "assignedTo": null }).to_string();

    let wanted = WRITE_CONNECTIONS * EXCEPTIONS_PER_WRITER;
    let mut requests = Vec::new();
    for page in 0..wanted.div_ceil(200) {
        let list = api.list(&format!("assignedTo=UNASSIGNED&status=NEW&size=200&page={page}"))?;
        for exception in list["content"].as_array().ok_or("the API sent no list")? {
            let id = exception["id"].as_str().ok_or("an exception without an id")?;
            let path = format!("/api/exceptions/{id}");
            requests.push([&claim, &release].map(|body| api.request("PATCH", &path, body)));
        }
    }
    let found = requests.len();
    if found < wanted {
        return Err(format!("{found} unassigned exceptions, but {wanted} are needed").into());
    }
    let request = |connection: usize, turn: usize| {
        let exception = turn / 2 % EXCEPTIONS_PER_WRITER;
        requests[connection * EXCEPTIONS_PER_WRITER + exception][turn % 2].as_slice()
    };
    drive(server, WRITE_CONNECTIONS, WARM_UP, &request)?;
    // A run ends anywhere, also between a claim and its release; the next run begins with a claim, which is harmless
    // as it names the same person.
    let length = Duration::from_secs(options.seconds);
    let samples = (0..ROUNDS).map(|_| drive(server, WRITE_CONNECTIONS, length, &request));
    let Sample { per_second, p50, p99 } = middle(samples.collect::<Result<_>>()?);
    println!(
        "load         {WRITE_CONNECTIONS} connections, {} s, the middle of {ROUNDS} rounds\n\n\
         claim and release {per_second:.0} commits/s, p50 {:.2} ms, p99 {:.2} ms\n",
        options.seconds,
        p50.as_secs_f64() * 1e3,
        p99.as_secs_f64() * 1e3,
    );
    Ok(())
}
