//! Values that exist in the data, to search for and to filter by.

use serde_json::Value;

use crate::Result;
use crate::server::Server;
use crate::visitors::{Api, Browser, is_exception, links};

/// Of a return that somebody works on, where nothing else is said.
pub(crate) struct Values {
    pub(crate) id: String,
    pub(crate) holder: String,
    pub(crate) code: String,
    /// As a plain number.
    pub(crate) amount: String,
    /// The day, as are the two below.
    pub(crate) created: String,
    pub(crate) due: String,
    /// Of another one, which is resolved.
    pub(crate) resolved: String,
    /// Of an entry that came back.
    pub(crate) trace: String,
    /// The first and the last name of somebody who pays or is paid.
    pub(crate) person: (String, String),
}

impl Values {
    pub(crate) fn find(server: &Server) -> Result<Self> {
        let mut api = Api::open(server)?;
        let returns = api.list("type=ACH_RETURN&status=IN_PROGRESS&size=50")?;
        let told = ["returnCode", "amount", "createdAt", "dueAt"];
        let is_whole = |one: &&Value| {
            one["assignedTo"]["id"].is_string() && told.iter().all(|field| one[*field].is_string())
        };
        let one = returns["content"]
            .as_array()
            .into_iter()
            .flatten()
            .find(is_whole)
            .ok_or("nobody works on any return")?;
        let closed = api.list("status=RESOLVED&size=1")?;

        let mut browser = Browser::open(server)?;
        browser.sign_in()?;
        let queue = browser.get("/exceptions?tab=open&type=ACH_RETURN")?;
        Ok(Self {
            id: text(one, "id")?,
            holder: text(&one["assignedTo"], "id")?,
            code: text(one, "returnCode")?,
            amount: text(one, "amount")?,
            created: day(one, "createdAt")?,
            due: day(one, "dueAt")?,
            resolved: day(&closed["content"][0], "updatedAt")?,
            trace: trace_of_one(&mut browser, &queue)?,
            person: person(&queue).ok_or("the queue names nobody")?,
        })
    }
}

fn text(of: &Value, field: &str) -> Result<String> {
    let text = of[field]
        .as_str()
        .ok_or_else(|| format!("an exception without {field}"))?;
    Ok(text.to_owned())
}

fn day(of: &Value, field: &str) -> Result<String> {
    Ok(text(of, field)?.chars().take(10).collect())
}

/// The first party of a queue that is a first and a last name.
fn person(queue: &str) -> Option<(String, String)> {
    let is_name = |word: &str| word.len() > 3 && word.chars().all(char::is_alphabetic);
    queue
        .split("<td title=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next()?.split_once(' '))
        .find(|(first, last)| is_name(first) && is_name(last))
        .map(|(first, last)| (first.to_owned(), last.to_owned()))
}

/// The trace number of the entry that the first of a queue is about whose page tells it.
fn trace_of_one(browser: &mut Browser, queue: &str) -> Result<String> {
    for link in links(queue).filter(|link| is_exception(link)) {
        let page = browser.get(&link)?;
        let told = page.split_once("Original trace").and_then(|(_, rest)| {
            rest.split(|c: char| !c.is_ascii_digit())
                .find(|digits| digits.len() == 15)
        });
        if let Some(trace) = told {
            return Ok(trace.to_owned());
        }
    }
    Err("no page of a return tells a trace number".into())
}
