//! P5: how long the search page and the queue's filter by words take, for what people look for.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Result;
use crate::measure::{Run, drive, ms};
use crate::people;
use crate::server::Server;
use crate::values::Values;
use crate::visitors::{Browser, percent_encode};

const CONNECTIONS: usize = 4;
const TURNS: usize = 100;
const WARM_UP_TURNS: usize = 2;

pub(crate) fn measure(server: &Server) -> Result<()> {
    let values = Values::find(server)?;
    // One person may not search so often: many do.
    let mut readers = Vec::new();
    for email in people::invite(server, people::PEOPLE)? {
        let mut reader = Browser::open(server)?;
        reader.sign_in_as(&email, people::PASSWORD)?;
        readers.push(reader);
    }
    let terms = terms(server, values)?;
    println!(
        "P5 search    {CONNECTIONS} connections, {} times each\n\n{:<44}{:>10}{:>10}{:>10}",
        CONNECTIONS * TURNS,
        "",
        "p50 ms",
        "p99 ms",
        "worst ms"
    );
    for (what, term) in &terms {
        let term = percent_encode(term);
        for (place, path) in [
            ("the search page", format!("/search?q={term}")),
            ("the queue", format!("/exceptions?tab=open&text={term}")),
        ] {
            let requests: Vec<Vec<u8>> = readers
                .iter()
                .map(|reader| reader.request("GET", &path, ""))
                .collect();
            let request = |connection: usize, turn: usize| {
                Cow::Borrowed(requests[(connection * TURNS + turn) % requests.len()].as_slice())
            };
            drive(server, CONNECTIONS, Run::Times(WARM_UP_TURNS), &request)?;
            let sample = drive(server, CONNECTIONS, Run::Times(TURNS), &request)?;
            println!(
                "{:<44}{:>10.2}{:>10.2}{:>10.2}",
                format!("{what}, {place}"),
                ms(sample.p50),
                ms(sample.p99),
                ms(sample.worst)
            );
        }
    }
    println!();
    Ok(())
}

/// What is looked for, with what it is; each of them is found.
fn terms(server: &Server, values: Values) -> Result<Vec<(&'static str, String)>> {
    let mut clerk = Browser::open(server)?;
    clerk.sign_in()?;
    // A word that nobody has said yet.
    let rare = format!(
        "rare{:x}",
        SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos()
    );
    let page = format!("/exceptions/{}", values.id);
    clerk.submit(
        &page,
        &format!("{page}/comments"),
        &[("content", &format!("Called about {rare}."))],
    )?;
    let (first, last) = values.person;
    let terms = vec![
        ("a common first name", first.clone()),
        ("a rare word", rare),
        ("two words", format!("{first} {last}")),
        ("an amount", values.amount),
        ("a trace number", values.trace),
        ("an id", values.id),
        ("a prefix of three letters", first.chars().take(3).collect()),
    ];
    for (what, term) in &terms {
        let found = clerk.get(&format!("/search?q={}", percent_encode(term)))?;
        if found.contains("Nothing found") {
            return Err(format!("{what} is not found: {term}").into());
        }
    }
    Ok(terms)
}
