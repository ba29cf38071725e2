//! P6 and P10: claims and releases through the API, each call with an idempotency key of its own, as clients send them.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::Result;
use crate::http::with_header;
use crate::measure::{ROUNDS, Run, WARM_UP, drive, middle, ms};
use crate::server::Server;
use crate::visitors::Api;

const CONNECTIONS: usize = 32;
const EXCEPTIONS_PER_WRITER: usize = 16;

/// Every connection claims and releases exceptions of its own, so that no two meet.
pub(crate) fn measure(server: &Server, seconds: u64) -> Result<()> {
    let requests = claims_and_releases(server)?;
    // A key names one call for a day, in kept data also those of earlier runs.
    let begun = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    let sent = AtomicU64::new(0);
    let request = |connection: usize, turn: usize| -> Cow<'static, [u8]> {
        let exception = connection * EXCEPTIONS_PER_WRITER + turn / 2 % EXCEPTIONS_PER_WRITER;
        let prepared = &requests[exception][turn % 2];
        let key = format!("load-{begun:x}-{}", sent.fetch_add(1, Ordering::Relaxed));
        Cow::Owned(with_header(prepared, "idempotency-key", &key))
    };
    drive(server, CONNECTIONS, Run::For(WARM_UP), &request)?;
    // A run ends anywhere, also between a claim and its release; the next run begins with a claim, which is harmless
    // as it names the same person.
    let length = Run::For(Duration::from_secs(seconds));
    let (mut alone, mut together) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(drive(server, 1, length, &request)?);
        together.push(drive(server, CONNECTIONS, length, &request)?);
    }
    let (alone, together) = (middle(alone), middle(together));
    println!(
        "load         {seconds} s, the middle of {ROUNDS} interleaved rounds\n\n\
         P6, P10 claim and release by PATCH with an idempotency key\n\
         {:<34}{:>12}{:>10}{:>10}{:>12}",
        "", "requests/s", "p50 ms", "p99 ms", "longest ms"
    );
    let all = format!("{CONNECTIONS} writers, grouped");
    for (who, sample) in [("one writer, a commit each", &alone), (all.as_str(), &together)] {
        println!(
            "{who:<34}{:>12.0}{:>10.2}{:>10.2}{:>12.2}",
            sample.per_second,
            ms(sample.p50),
            ms(sample.p99),
            ms(sample.worst),
        );
    }
    println!(
        "{:<34}{:>12.1}\n",
        "times as many",
        together.per_second / alone.per_second
    );
    Ok(())
}

/// For each exception the call that claims it and the one that releases it.
fn claims_and_releases(server: &Server) -> Result<Vec<[Vec<u8>; 2]>> {
    let mut api = Api::open(server)?;
    let worker = api.worker()?;
    let claim = json!({ "assignedTo": { "id": worker } }).to_string();
    let release = json!({ "assignedTo": null }).to_string();

    let wanted = CONNECTIONS * EXCEPTIONS_PER_WRITER;
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
    Ok(requests)
}
