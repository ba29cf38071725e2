//! How many pages a second Docket serves, and how long each takes:
//! `cargo bench --bench load -- [--rows N] [--seconds N] [--connections N] [--keep-data DIR] [--postgres URL]
//! [--depth | --search | --writes | --bulk | --sign-ins | --people]`
//!
//! Starts the release binary with demo data, signs in as a browser does, then asks for each page over keep-alive
//! connections in a closed loop: a connection sends its next request when the last answer is complete. The pages
//! take turns for three rounds, and the round in the middle counts. The base line is a constant page as large as the
//! queue, from the same server. Answers are not compressed; the load comes from the same machine.
//!
//! Without a mode the pages are measured (P1, P3, P10). The modes:
//!
//! - `--depth` (P2): a page 2,000 deep, every tab, every order and filter alone and some together, against the plain
//!   first page. For the cost of many rows, compare runs with other `--rows`.
//! - `--search` (P5): the search page and the queue's filter by words.
//! - `--writes` (P6, P10): 32 connections claim and release through the API, each call with an idempotency key of its
//!   own. The base line is one writer alone, whose every request is a transaction and a commit of its own.
//! - `--bulk` (P8): a comment on 10,000 exceptions at once.
//! - `--sign-ins` (P9): 200 sign-ins at once while others read.
//! - `--people`: fifty people at work.
//!
//! `--postgres` (P11) puts the data into that database, which is empty or has the data of an earlier run, and leaves it
//! there. `psql`, where there is one, does after the filling what autovacuum would do in its time.

mod bulk;
mod depth;
mod http;
mod measure;
mod pages;
mod people;
mod search;
mod server;
mod sign_ins;
mod told;
mod values;
mod visitors;
mod writes;

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use server::{Data, Server};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    let data = Data::prepare(options.keep_data.as_deref(), options.postgres.clone())?;
    let begin = Instant::now();
    drop(Server::start(options.rows, &data)?);
    let seeding = begin.elapsed();
    data.settle();

    let begin = Instant::now();
    let server = Server::start(options.rows, &data)?;
    let start = begin.elapsed();
    let idle_memory = server.memory()?;

    println!("machine      {}", server::machine()?);
    let database = options
        .postgres
        .as_ref()
        .map_or("", |_| "DOCKET_DATABASE=postgres://… ");
    println!("command      {database}docket demo --exceptions {}", options.rows);
    if options.postgres.is_some() {
        println!("P11          on PostgreSQL: compare with the same run without --postgres");
    }
    println!(
        "server       start {:.2} s on data made in {:.1} s, {idle_memory} MiB resident at rest, binary {:.1} MB",
        start.as_secs_f64(),
        seeding.as_secs_f64(),
        server::binary_size()?,
    );
    match options.mode {
        Mode::Pages => pages::measure(&server, options.connections, options.seconds)?,
        Mode::Depth => depth::measure(&server)?,
        Mode::Search => search::measure(&server)?,
        Mode::Writes => writes::measure(&server, options.seconds)?,
        Mode::Bulk => bulk::measure(&server)?,
        Mode::SignIns => sign_ins::measure(&server, options.seconds)?,
        Mode::People => people::measure(&server, options.seconds)?,
    }
    println!("afterwards   {} MiB resident", server.memory()?);
    Ok(())
}

struct Options {
    rows: u32,
    seconds: u64,
    connections: usize,
    keep_data: Option<PathBuf>,
    postgres: Option<String>,
    mode: Mode,
}

/// What is measured.
enum Mode {
    Pages,
    Depth,
    Search,
    Writes,
    Bulk,
    SignIns,
    People,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            rows: 1_000_000,
            seconds: 6,
            connections: 16,
            keep_data: None,
            postgres: None,
            mode: Mode::Pages,
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
                "--postgres" => options.postgres = Some(value()?),
                "--depth" => options.mode = Mode::Depth,
                "--search" => options.mode = Mode::Search,
                "--writes" => options.mode = Mode::Writes,
                "--bulk" => options.mode = Mode::Bulk,
                "--sign-ins" => options.mode = Mode::SignIns,
                "--people" => options.mode = Mode::People,
                "--bench" => {} // cargo's own
                unknown => return Err(format!("unknown option {unknown}").into()),
            }
        }
        Ok(options)
    }
}
