//! Exceptions from CSV files, and files by the API: the same rules as one exception at a time, a line of the report for
//! each line of the file, and nothing twice.

use std::{
    io::{Read, Write},
    time::Duration,
};

use docket::{
    auth::permission::Role, exceptions::model::Source, imports::csv_head::sample as sample_of_columns,
};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::{
    api_client::{Api, Reply, reply},
    harness::{Backend, TestApp, both, sample},
    imports::left,
};

const PATH: &str = "/api/v1/imports";

impl Api {
    async fn import(&self, query: &str, kind: &str, bytes: impl Into<reqwest::Body>) -> Reply {
        self.raw(Method::POST, &format!("{PATH}{query}"), kind, bytes)
            .await
    }

    /// The import, once it is done.
    async fn done(&self, id: &str) -> Value {
        for _ in 0..600 {
            let now = self.get(&format!("{PATH}/{id}")).await.json();
            if now["state"] == "DONE" {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it is never done");
    }

    /// `RAISED 2:1 sentence`, a line each.
    async fn report(&self, id: &str) -> Vec<String> {
        let told = self.get(&format!("{PATH}/{id}/report?limit=200")).await.json();
        let lines = told["items"].as_array().unwrap().iter();
        lines
            .map(|l| {
                let word = |name: &str| l[name].as_str().unwrap().to_owned();
                format!(
                    "{} {}:{} {}",
                    word("outcome"),
                    l["line"],
                    l["column"],
                    word("message")
                )
            })
            .collect()
    }
}

fn id(reply: &Reply) -> String {
    reply.json()["id"].as_str().unwrap().to_owned()
}

/// Every way in which a line can be wrong, between two that are right.
const MIXED: &[u8] = b"\xef\xbb\xbfReference;Type;Description;Return Code;Amount;Currency;party;Colour\r\n\
A-1;ACH_RETURN;\"Came back; twice\nas they say\";R01;1000.00;USD;=1+1;red\r\n\
\r\n\
A-2;SHIP_LOST;;Q1;1,5;DOLLARS;;\r\n\
A-3;RECONCILIATION;caf\xe9;;;;;\r\n\
A-1;RECONCILIATION;Again;;;;;\r\n\
A-4;RECONCILIATION;Few\r\n\
A-5;RECONCILIATION;Many;;;;;;x\r\n\
;;;;;;;\r\n\
;RECONCILIATION;No name;;5;EUR;;\r\n\
;RECONCILIATION;No name;;5;EUR;;\r\n\
A-6;RECONCILIATION;\"Open;;;;;\r\nA-7;RECONCILIATION;Swallowed;;;;;\r\n";

const TOLD: &[&str] = &[
    "WARNING 1:8 Column: Colour is not known; what stands in it is not used",
    "RAISED 2:1 A-1: ACH return R01: Came back; twice\nas they say",
    "ERROR 5:2 Line: A-2: A type is one of ACH_RETURN, ACH_NOC, BANK_ACCOUNT_VERIFICATION_DECLINED, \
     BANK_ACCOUNT_VERIFICATION_NOC, EARNED_WAGE_ACCESS, RECONCILIATION.",
    "NOT_READ 6:3 Line: It is not written in UTF-8; save the file as CSV UTF-8. The line was left out.",
    "NOT_READ 7:1 Line: The reference A-1 stands on line 2 already. The line was left out.",
    "NOT_READ 8:3 Line: It has 3 cells, and the first line names 8 columns. The line was left out.",
    "NOT_READ 9:9 Line: It has 9 cells, and the first line names 8 columns. The line was left out.",
    "RAISED 11:1 Reconciliation break: No name",
    "RAISED 12:1 Reconciliation break: No name",
    "NOT_READ 13:1 Line: A quotation mark is open until the end of the file. Lines 13 to 14 were left out.",
];

/// A file that is only checked, by API; its import.
async fn check_mixed(app: &TestApp, api: &Api) -> String {
    let checked = api
        .import("?run=false&fileName=breaks.csv", "text/csv", MIXED)
        .await;
    assert_eq!(checked.status, 201, "{}", checked.text);
    let (body, id) = (checked.json(), id(&checked));
    assert_eq!(checked.header("location"), format!("{PATH}/{id}"));
    assert_eq!(
        (
            &body["format"],
            &body["state"],
            &body["fileName"],
            &body["entries"]
        ),
        (&json!("CSV"), &json!("CHECKED"), &json!("breaks.csv"), &json!(3))
    );
    assert_eq!(
        body["check"]["expected"],
        json!([
            {"type": "ACH_RETURN", "returnCode": "R01", "count": 1, "amount": "1000.00", "currency": "USD"},
            {"type": "RECONCILIATION", "count": 2, "amount": "10.00", "currency": "EUR"},
        ])
    );
    assert_eq!(
        (
            &body["check"]["notRead"],
            &body["check"]["warnings"],
            &body["check"]["verified"]
        ),
        (&json!(6), &json!(1), &json!(false))
    );
    let found = body["check"]["problems"].as_array().unwrap().clone();
    assert_eq!(found.len(), 7);
    assert_eq!(
        body["problems"], 7,
        "as the page tells of a file that was only checked"
    );
    let shown = app.as_clerk().await.get(&format!("/imports/{id}")).await;
    assert_eq!(
        shown
            .find("section[aria-labelledby=problems-in-file] tbody tr")
            .len(),
        7
    );
    // Nothing has changed yet.
    assert!(left(app).await.exceptions.is_empty());
    assert!(api.report(&id).await.is_empty());
    id
}

async fn mixed(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let api = Api::of(&app, Role::Clerk).await;
    let id = check_mixed(&app, &api).await;
    let run = api.post(&format!("{PATH}/{id}/run"), &json!({})).await;
    assert_eq!(run.status, 200, "{}", run.text);
    let done = api.done(&id).await;
    assert_eq!(
        [
            &done["exceptionsRaised"],
            &done["problems"],
            &done["duplicates"],
            &done["entriesDone"]
        ],
        [&json!(3), &json!(7), &json!(0), &json!(3)]
    );
    let told = api.report(&id).await;
    assert_eq!(told.len(), TOLD.len(), "{told:#?}");
    for (is, should) in told.iter().zip(TOLD) {
        assert!(is.starts_with(should), "{is}\nis not\n{should}");
    }
    // Everything that is wrong with a line is told at once.
    for wrong in [
        "description",
        "code is R or C",
        "amount",
        "currency is three letters",
    ] {
        assert!(
            told[2].to_lowercase().contains(&wrong.to_lowercase()),
            "{wrong}: {}",
            told[2]
        );
    }
    let left = left(&app).await;
    assert_eq!(left.exceptions.len(), 3);
    let first = left.exceptions.iter().find(|e| e.code.is_some()).unwrap();
    assert_eq!(
        (
            first.source,
            first.code.as_deref(),
            first.amount,
            first.party.as_str()
        ),
        (Source::Import, Some("R01"), 100_000, "=1+1")
    );
    let queue = app
        .as_clerk()
        .await
        .get(&format!("/exceptions?import={id}&tab=open"))
        .await;
    assert_eq!(queue.find("tbody tr").len(), 3);
    // A formula stays a text where spreadsheets read it.
    let export = app.as_clerk().await.get("/exceptions.csv?tab=open").await;
    assert!(
        export.text.contains("'=1+1") && !export.text.contains(",=1+1"),
        "{}",
        export.text
    );
    let page = app.as_clerk().await.get(&format!("/imports/{id}")).await;
    assert!(
        page.says("3 exceptions raised, 7 problems in the file."),
        "{}",
        page.text
    );
}

#[actix_web::test]
async fn each_line_of_a_csv_file_is_raised_or_told_why_not_on_both_databases() {
    for backend in both() {
        mixed(backend).await;
    }
}

async fn once(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let api = Api::of(&app, Role::Clerk).await;
    let file = "type,description,reference\nRECONCILIATION,One,r1\nRECONCILIATION,Two,\n";
    let key = [("idempotency-key", "import-4711"), ("content-type", "text/csv")];
    let send = |body: &'static str| reply(api.request(Method::POST, PATH, &key).body(body));
    let first = send(file).await;
    assert_eq!(
        (first.status.as_u16(), &first.json()["state"]),
        (201, &json!("QUEUED"))
    );
    let before = id(&first);
    api.done(&before).await;
    // The key gives the answer of then, the bytes alone the import of now, another file under the key a refusal.
    let again = send(file).await;
    assert_eq!((again.status.as_u16(), &again.text), (201, &first.text));
    assert_eq!(again.header("x-idempotency-replayed"), "true");
    let other = send("type,description\nRECONCILIATION,Three\n").await;
    assert_eq!(other.problem(409), "IDEMPOTENCY_KEY_REUSED");
    let same = api.import("", "text/csv", file).await;
    assert_eq!((same.status.as_u16(), id(&same)), (200, before.clone()));
    assert_eq!(same.json()["state"], "DONE");
    app.clock.advance(Duration::from_secs(1));
    // The same lines in another file, columns turned around: a name is enough, else all cells count.
    let file = "description;reference;type\nOne as we know now;r1;RECONCILIATION\nTwo;;RECONCILIATION\nTwo more;;RECONCILIATION\n";
    let next = api.import("", "application/octet-stream", file).await;
    let next = id(&next);
    let done = api.done(&next).await;
    assert_eq!(
        [&done["duplicates"], &done["exceptionsRaised"]],
        [&json!(2), &json!(1)]
    );
    let told = api.report(&next).await;
    assert!(
        told[0].starts_with("DUPLICATE 2:1 The same entry came with unnamed file of 3 Nov 2026, line 2: "),
        "{told:?}"
    );
    assert_eq!(left(&app).await.exceptions.len(), 3);

    // By outcome, in pages, both ways.
    let page = api
        .get(&format!("{PATH}/{next}/report?outcome=DUPLICATE&limit=1"))
        .await;
    assert_eq!(
        (&page.json()["items"][0]["line"], &page.json()["hasMore"]),
        (&json!(2), &json!(true))
    );
    let second = api.get(&page.link("next").unwrap()).await;
    assert_eq!(
        (&second.json()["items"][0]["line"], &second.json()["hasMore"]),
        (&json!(3), &json!(false))
    );
    let back = api.get(&second.link("prev").unwrap()).await;
    assert_eq!(back.json()["items"], page.json()["items"]);
    let list = api.get(&format!("{PATH}?limit=1")).await;
    assert_eq!(list.json()["items"][0]["id"], next.as_str());
    let list = api.get(&list.link("next").unwrap()).await;
    assert_eq!(list.json()["items"][0]["id"], before.as_str());
    let none = api.get(&format!("{PATH}?state=CHECKED")).await;
    assert_eq!(none.json()["items"], json!([]));
}

#[actix_web::test]
async fn the_same_key_the_same_file_and_the_same_line_raise_nothing_twice_on_both_databases() {
    for backend in both() {
        once(backend).await;
    }
}

async fn an_ach_file(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let api = Api::of(&app, Role::Finance).await;
    let form = Form::new().part(
        "file",
        Part::bytes(sample("return-WEB.ach")).file_name("../returns.ach"),
    );
    let sent = reply(api.request(Method::POST, PATH, &[]).multipart(form)).await;
    assert_eq!(sent.status, 201, "{}", sent.text);
    let done = api.done(&id(&sent)).await;
    assert_eq!(
        [
            &done["format"],
            &done["fileName"],
            &done["exceptionsRaised"],
            &done["check"]["expected"][0]["returnCode"]
        ],
        [&json!("ACH"), &json!("returns.ach"), &json!(2), &json!("R01")]
    );
    let told = api.report(&id(&sent)).await;
    assert!(
        told[0].starts_with("RAISED 3:1 R01 Insufficient Funds: $123.54 from Paul Jones"),
        "{told:?}"
    );
    assert_eq!(left(&app).await.exceptions.len(), 2);
}

#[actix_web::test]
async fn an_ach_file_comes_as_part_of_a_form_too_on_both_databases() {
    for backend in both() {
        an_ach_file(backend).await;
    }
}

/// What a file of a byte too many is answered before any of it is sent.
fn too_large(app: &TestApp, api: &Api) -> String {
    let address = app.url.strip_prefix("http://").unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nContent-Type: text/csv\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        api.token,
        64 * 1024 * 1024 + 1
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 13];
    stream.read_exact(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[actix_web::test]
async fn what_cannot_be_taken_is_refused_and_leaves_nothing() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::Clerk).await;
    for (kind, body, status, why) in [
        ("application/json", "{}".to_owned(), 415, "Send the file as"),
        ("text/csv", String::new(), 422, "The file is empty."),
        (
            "text/csv",
            "%PDF-1.7".into(),
            422,
            "it looks like a PDF document.",
        ),
        (
            "text/csv",
            "name,price\nx,1\n".into(),
            422,
            "names its columns in its first line",
        ),
        (
            "text/csv",
            "type,amount\nACH_RETURN,1\n".into(),
            422,
            "The first line names no column description.",
        ),
        (
            "text/csv",
            "type,description,TYPE\na,b,c\n".into(),
            422,
            "names the column type twice",
        ),
        (
            "text/csv",
            "type,description\n\n".into(),
            422,
            "There is no line below the first",
        ),
        (
            "multipart/form-data",
            "type,description\n".into(),
            400,
            "needs its boundary",
        ),
        (
            "multipart/form-data; boundary=",
            "type,description\n".into(),
            400,
            "needs its boundary",
        ),
        (
            "multipart/form-data; boundary=x",
            "--x--\r\n".into(),
            422,
            "Send the file in the part",
        ),
        (
            "multipart/form-data; boundary=x",
            "--x\r\n".into(),
            400,
            "broke off",
        ),
    ] {
        let refused = api.import("", kind, body.clone()).await;
        refused.problem(status);
        assert!(refused.text.contains(why), "{kind} {body:?}: {}", refused.text);
    }
    let rows = "RECONCILIATION,x\n".repeat(500_001);
    let refused = api
        .import("", "text/csv", format!("type,description\n{rows}"))
        .await;
    refused.problem(422);
    assert!(refused.text.contains("at most 500,000 lines"), "{}", refused.text);
    assert!(too_large(&app, &api).starts_with("HTTP/1.1 413 "));
    let packed = [("content-encoding", "gzip"), ("content-type", "text/csv")];
    let packed = reply(api.request(Method::POST, PATH, &packed).body("x")).await;
    packed.problem(415);
    let condition = [("if-match", "\"x\""), ("content-type", "text/csv")];
    let condition = reply(api.request(Method::POST, PATH, &condition).body("x")).await;
    condition.problem(412);
    api.import("?run=maybe", "text/csv", "x").await.problem(400);
    assert_eq!(api.get(PATH).await.json()["items"], json!([]));
    let pieces: i64 = {
        use diesel::prelude::*;
        docket::db::schema::import_chunks::table
            .count()
            .get_result(&mut app.intruder())
            .unwrap()
    };
    assert_eq!(pieces, 0, "a refused file has left bytes behind");
}

#[actix_web::test]
async fn a_checked_file_is_discarded_and_others_are_not_seen() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::Clerk).await;
    let sent = api.import("?run=false", "text/csv", sample_of_columns()).await;
    let path = format!("{PATH}/{}", id(&sent));
    let other = Api::in_account(&app, app.other, Role::Owner).await;
    for path in [path.clone(), format!("{path}/report")] {
        other.get(&path).await.problem(404);
    }
    other.post(&format!("{path}/run"), &json!({})).await.problem(404);
    assert_eq!(other.get(PATH).await.json()["items"], json!([]));
    let reader = Api::of(&app, Role::ViewOnly).await;
    assert_eq!(reader.get(&path).await.status, 200);
    reader
        .import("", "text/csv", sample_of_columns())
        .await
        .problem(403);
    let gone = api.send(Method::DELETE, &path, &json!({}), &[]).await;
    assert_eq!((gone.status.as_u16(), gone.text.as_str()), (204, ""));
    api.get(&path).await.problem(404);
    // Once it has begun it stays.
    let sent = api.import("", "text/csv", sample_of_columns()).await;
    let path = format!("{PATH}/{}", id(&sent));
    api.done(&id(&sent)).await;
    let refused = api.send(Method::DELETE, &path, &json!({}), &[]).await;
    assert_eq!(refused.problem(422), "ILLEGAL_TRANSITION");
}

#[actix_web::test]
async fn the_page_has_the_columns_and_a_sample_that_it_takes() {
    let app = TestApp::start().await;
    let clerk = app.as_clerk().await;
    let page = clerk.get("/imports/new").await;
    for column in docket::imports::csv_head::COLUMNS {
        assert!(
            page.says(column.name) && page.says(column.words),
            "{}",
            column.name
        );
    }
    let file = clerk.get("/imports/sample.csv").await;
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(file.text, sample_of_columns());
    let checked = clerk.upload("sample.csv", file.text.clone()).await;
    assert!(
        checked.says("Nothing has changed yet. Importing the file raises 2 exceptions."),
        "{}",
        checked.text
    );
    let done = clerk.run_import(&checked.path).await;
    assert!(done.says("2 exceptions raised."), "{}", done.text);
    let exceptions = left(&app).await.exceptions;
    assert_eq!(exceptions.len(), 2);
    let first = exceptions.iter().find(|e| e.code.is_some()).unwrap();
    assert_eq!(first.account_tail, "6789");
    let shown = clerk.get(&format!("/exceptions/{}", first.id)).await;
    assert!(shown.text.contains(&checked.path), "{}", shown.text);
}

#[actix_web::test]
async fn a_file_with_nothing_to_import_says_so_and_tells_its_problems() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let clerk = app.as_clerk().await;
        let checked = clerk
            .upload("wrong.csv", "type,description\nNOPE,One\nNOPE,Two\n")
            .await;
        assert!(
            checked.says("there is nothing in the file that can be imported: see its 2 problems."),
            "{backend:?} {}",
            checked.text
        );
        assert_eq!(
            checked.find("form[action$='/run'] button"),
            ["Import all the same"]
        );
        assert!(checked.find("main button.p").is_empty());
        let list = clerk.get("/imports").await;
        assert_eq!(list.find("td[data-l=Problems]"), ["2"]);
        let done = clerk.run_import(&checked.path).await;
        assert!(done.says("2 problems in the file."), "{}", done.text);
        assert_eq!(clerk.get("/imports").await.find("td[data-l=Problems]"), ["2"]);
    }
}

/// A line of 2 MB, quotes everywhere, and every kind of line end: told, not lost, and not slow.
#[actix_web::test]
async fn huge_and_odd_lines_are_told() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::Clerk).await;
    let huge = "x".repeat(2 * 1024 * 1024);
    let file = format!(
        "type,description\rRECONCILIATION,\"He said \"\"no\"\"\"\rRECONCILIATION,{huge}\r\nRECONCILIATION,\"{}\"\n\
         RECONCILIATION,a\"b\nRECONCILIATION,\u{0}\n",
        "y\n".repeat(10_000)
    );
    let sent = api.import("", "text/csv", file).await;
    let done = api.done(&id(&sent)).await;
    assert_eq!(done["exceptionsRaised"], 2);
    let told = api.report(&id(&sent)).await;
    assert_eq!(told[0], "RAISED 2:1 Reconciliation break: He said \"no\"");
    assert!(
        told[1].starts_with("NOT_READ 3:1 Line: The line has more than 16,384 bytes"),
        "{}",
        &told[1]
    );
    assert!(
        told[2].starts_with("NOT_READ 4:1") && told[2].contains("Lines 4 to 10004 were left out."),
        "{}",
        told[2]
    );
    assert_eq!(told[3], "RAISED 10005:1 Reconciliation break: a\"b");
    assert!(told[4].starts_with("ERROR 10006:2 Line: "), "{}", told[4]);
}
