//! P2: what a page costs that is deep, in another order or filtered, against the plain first page. The addresses are
//! those that the queue page offers, and some of what can be chosen together; a filter for which there is no value here
//! ends the run.

use std::time::{Duration, Instant};

use crate::Result;
use crate::http::Client;
use crate::measure::ms;
use crate::server::Server;
use crate::values::Values;
use crate::visitors::{Browser, attribute, is_exception, links, percent_encode};

const OPEN: &str = "/exceptions?tab=open";
const RESOLVED: &str = "/exceptions?tab=resolved";
const ALL: &str = "/exceptions?tab=all";
/// What is chosen together: a tab, and a filter or an order of it, or both.
const TOGETHER: [(&str, &str); 7] = [
    ("open", "type=ACH_NOC&sort=-amount"),
    ("open", "code=R01&sort=-amount"),
    ("open", "assignee=UNASSIGNED&sort=-amount"),
    ("open", "severity=LOW&sort=created"),
    ("unassigned", "sort=-severity"),
    ("soon", "sort=-severity"),
    ("resolved", "code=R01"),
];
const PAGES_DEEP: usize = 2_000;
const WARM_UP_ROUNDS: usize = 5;
const ROUNDS: usize = 50;

/// A page that is looked at once in each round.
struct Look {
    name: String,
    request: Vec<u8>,
    rows: usize,
    /// What it took before it was asked for again and again: its total is not kept yet.
    first: Duration,
    times: Vec<Duration>,
}

pub(crate) fn measure(server: &Server) -> Result<()> {
    let (browser, offered) = offered(server)?;
    let mut client = Client::connect(server.port)?;
    let mut looks = Vec::new();
    for (name, path) in offered {
        let request = browser.request("GET", &path, "");
        let first = timed(&mut client, &request)?;
        let rows = links(&client.text()).filter(|link| is_exception(link)).count();
        looks.push(Look {
            name,
            request,
            rows,
            first,
            times: Vec::new(),
        });
    }
    for round in 0..WARM_UP_ROUNDS + ROUNDS {
        for look in &mut looks {
            let time = timed(&mut client, &look.request)?;
            if round >= WARM_UP_ROUNDS {
                look.times.push(time);
            }
        }
    }
    print(looks);
    Ok(())
}

fn timed(client: &mut Client, request: &[u8]) -> Result<Duration> {
    let begin = Instant::now();
    client.send_expecting_success(request)?;
    Ok(begin.elapsed())
}

fn print(looks: Vec<Look>) {
    println!(
        "P2 depth     1 connection, the median of {ROUNDS} interleaved rounds, against the first line\n\n\
         {:<56}{:>6}{:>11}{:>11}{:>8}",
        "", "rows", "first ms", "median ms", "ratio"
    );
    let mut base_line = None;
    let (mut highest, mut dearest) = (0.0, String::new());
    for mut look in looks {
        look.times.sort_unstable();
        let median = ms(look.times[look.times.len() / 2]);
        let ratio = median / *base_line.get_or_insert(median);
        println!(
            "{:<56}{:>6}{:>11.2}{median:>11.2}{ratio:>8.2}",
            look.name,
            look.rows,
            ms(look.first),
        );
        if ratio > highest {
            (highest, dearest) = (ratio, look.name);
        }
    }
    println!("\nthe dearest is {dearest}: {highest:.2} times\n");
}

/// Names and addresses of all that is looked at, the plain first page first; and who looks.
fn offered(server: &Server) -> Result<(Browser, Vec<(String, String)>)> {
    let values = Values::find(server)?;
    let mut browser = Browser::open(server)?;
    browser.sign_in()?;
    let (depth, deep) = browser.go_deep(OPEN, PAGES_DEEP)?;
    let mut offered = vec![
        ("open, the first page".to_owned(), OPEN.to_owned()),
        (format!("open, {depth} pages down"), deep),
    ];
    let queue = browser.get(OPEN)?;
    for tab in links(&queue) {
        let name = tab
            .strip_prefix("/exceptions?tab=")
            .filter(|name| !name.contains('&'));
        if let Some(name) = name
            && !offered.iter().any(|(_, path)| *path == tab)
        {
            offered.push((format!("{name}, the first page"), tab.clone()));
        }
    }
    let filters = queue
        .split_once("<form class=\"grid\"")
        .and_then(|(_, rest)| rest.split("</form>").next())
        .ok_or("the queue offers no filters")?;
    for query in orders_and_filters(filters, &values)? {
        let is_of_resolved = query.starts_with("resolved_") || query.starts_with("in_time=");
        let (tab, list) = if is_of_resolved {
            ("resolved", RESOLVED)
        } else {
            ("open", OPEN)
        };
        offered.push((format!("{tab}, {query}"), format!("{list}&{query}")));
    }
    for (tab, query) in TOGETHER {
        let path = format!("/exceptions?tab={tab}&{query}");
        offered.push((format!("{tab}, {query}"), path));
    }
    // Reports lead to it; the queue does not.
    offered.push(("all, the first page".to_owned(), ALL.to_owned()));
    Ok((browser, offered))
}

/// Every order and every filter alone, as the form sends it: all that can be chosen, and what is typed with a value
/// that exists; of the people one, and nobody.
fn orders_and_filters(form: &str, values: &Values) -> Result<Vec<String>> {
    let mut queries = Vec::new();
    for select in form.split("<select ").skip(1) {
        let name = attribute(select, "name").ok_or("a choice without a name")?;
        let select = select.split("</select>").next().unwrap_or_default();
        let choices = select
            .split("<option ")
            .skip(1)
            .filter_map(|option| attribute(option, "value"))
            .filter(|value| !value.is_empty())
            .filter(|value| name != "assignee" || value == "UNASSIGNED" || *value == values.holder);
        queries.extend(choices.map(|value| format!("{name}={}", percent_encode(&value))));
    }
    for input in form.split("<input ").skip(1) {
        let tag = input.split('>').next().unwrap_or_default();
        if tag.contains("type=\"hidden\"") {
            continue;
        }
        let name = attribute(tag, "name").ok_or("a field without a name")?;
        let value = typed(&name, values).ok_or_else(|| format!("no value for the filter {name}"))?;
        let value = percent_encode(value);
        queries.push(format!("{name}={value}"));
        if let Some(range) = name.strip_suffix("_from") {
            queries.push(format!("{range}_from={value}&{range}_to={value}"));
        }
    }
    queries.extend(["code=NONE".to_owned(), "code=R02%2CR03".to_owned()]);
    Ok(queries)
}

/// What somebody types into a field of the filters.
fn typed<'a>(name: &str, values: &'a Values) -> Option<&'a str> {
    let value = match name {
        "code" => &values.code,
        "text" => &values.person.0,
        "amount_from" | "amount_to" => &values.amount,
        "created_from" | "created_to" => &values.created,
        "due_from" | "due_to" => &values.due,
        "resolved_from" | "resolved_to" => &values.resolved,
        _ => return None,
    };
    Some(value)
}
