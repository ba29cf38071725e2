//! Account numbers are planted and looked for everywhere: no page, answer, error, log line or file of the database may
//! hold one, in whatever writing.

use std::{
    io::{Read, Write},
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose};
use diesel::RunQueryDsl;
use docket::{
    accounts::{NewExternal, Subtype, commands as accounts, model::Correction},
    auth::permission::Role,
    db::AnyConnection,
    kernel::{crypto::hex, text::AccountNumber},
};
use reqwest::Method;
use serde_json::json;

use crate::{
    api_client::Api,
    harness::{Backend, TestApp},
    payments::{Payments, ROUTING},
};

/// 9 to 17 digits, with zeros in front and behind.
pub const PLANTED: [&str; 6] = [
    "739205184",
    "00836410275",
    "4920017365500",
    "612803947150382",
    "58203917460285913",
    WAITING,
];

/// What an account shall have when a second person has agreed.
const WAITING: &str = "40118273645509";

/// The log of this test's process.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The records of a returned entry.
fn entry(number: &str) -> Vec<u8> {
    let record = format!(
        "626{ROUTING}{number:<17}{:010}{:<15}{:<22}  1{:015}\n799R01{:015}{:6}{:8}{:<44}{:015}",
        1_000, "", "HELENA BRANDT", 91_000_017_611_250_u64, 91_000_017_611_250_u64, "", "09100001", "", 1
    );
    record.into_bytes()
}

/// The number as it is, backwards, without its zeros, in hexadecimal and in base64 at each of the three offsets.
fn writings(number: &str) -> Vec<Vec<u8>> {
    let mut all = vec![
        number.as_bytes().to_vec(),
        number.bytes().rev().collect(),
        number.trim_start_matches('0').as_bytes().to_vec(),
        hex(number.as_bytes()).into_bytes(),
    ];
    for offset in 0..3 {
        let shifted = format!("{}{number}", "\0".repeat(offset));
        let encoded = general_purpose::STANDARD_NO_PAD.encode(&shifted);
        // The characters at both ends depend on what is beside them.
        all.push(encoded.as_bytes()[4.min(offset * 2)..encoded.len() - 2].to_vec());
    }
    all
}

pub fn holds(place: &[u8], number: &str) -> Option<String> {
    writings(number)
        .into_iter()
        .find(|w| place.windows(w.len()).any(|part| part == w.as_slice()))
        .map(|w| String::from_utf8_lossy(&w).into_owned())
}

#[test]
fn what_is_looked_for_would_be_found() {
    let plain = format!("x{}y", PLANTED[0]);
    assert!(holds(plain.as_bytes(), PLANTED[0]).is_some());
    assert!(holds(hex(plain.as_bytes()).as_bytes(), PLANTED[0]).is_some());
    for before in ["", "x", "xy"] {
        let encoded = general_purpose::STANDARD.encode(format!("{before}{}z", PLANTED[0]));
        assert!(holds(encoded.as_bytes(), PLANTED[0]).is_some(), "{before:?}");
    }
    assert!(holds(b"739205185", PLANTED[0]).is_none());
}

#[actix_web::test]
async fn no_planted_account_number_is_anywhere_on_sqlite() {
    nowhere(Backend::Sqlite).await;
}

#[actix_web::test]
async fn no_planted_account_number_is_anywhere_on_postgresql() {
    nowhere(Backend::Postgres).await;
}

async fn nowhere(backend: Backend) {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let mut paths = vec![
        "/transactions".to_owned(),
        "/accounts".into(),
        "/exceptions".into(),
        "/settings/history".into(),
        "/approvals".into(),
        "/reviews".into(),
        "/notifications".into(),
        "/accounts/sweep".into(),
    ];
    let mut calls = Vec::new();
    let mut last = pay.payee;
    for number in PLANTED.into_iter().filter(|number| *number != WAITING) {
        let id = pay.account("Helena Brandt", number).await;
        let row = pay
            .post(docket::transactions::NewTransaction {
                credit_account_id: id,
                ..pay.payment(1_000)
            })
            .await;
        let mut new = app.a_return();
        let broken = PLANTED[0] == number;
        new.said.entry = Some(if broken { number.into() } else { entry(number) });
        new.transaction_id = Some(row.id);
        let exception = app.raise_as(new).await;
        paths.extend([
            format!("/accounts/{id}"),
            format!("/transactions/{}", row.id),
            format!("/transactions/{}/edit", row.id),
            format!("/transactions?account={id}"),
            format!("/exceptions/{exception}"),
            format!("/exceptions/{exception}/evidence"),
            format!("/exceptions/{exception}/resolve"),
            format!("/exceptions/{exception}/resolve?type=CORRECT_ACCOUNT"),
        ]);
        calls.extend([
            format!("/api/v1/transactions/{}", row.id),
            format!("/api/v1/financial-accounts/{id}"),
            format!("/api/exceptions/{exception}"),
            format!("/api/v1/exceptions/{exception}"),
        ]);
        last = id;
    }
    correct_to_a_number_that_is_there(&app, &pay, last).await;
    paths.push(ask_for_a_number(&app, last).await);

    for export in ["/transactions.csv", "/exceptions.csv?tab=open", "/disputes"] {
        paths.push(export.into());
    }
    let mut seen: Vec<(String, String)> = Vec::new();
    let (_, workbook) = app.as_owner().await.bytes("/exceptions.xlsx?tab=open").await;
    let sheet = unzipped(&workbook);
    assert!(sheet.contains("Paul Jones"), "the workbook is read");
    seen.push(("/exceptions.xlsx".into(), sheet));
    for role in [Role::Owner, Role::ViewOnly] {
        let browser = app.sign_in(role).await;
        for path in &paths {
            let answer = browser.get(path).await;
            seen.push((
                format!("{role} {path}"),
                format!("{:?}{}", answer.headers, answer.text),
            ));
        }
    }
    seen.extend(told_by_api(&app, &calls).await);
    assert!(
        seen.iter().any(|(_, text)| text.contains("HELENA BRANDT")),
        "the entries are shown, decoded"
    );
    for (place, text) in &seen {
        for number in PLANTED {
            assert_eq!(
                holds(text.as_bytes(), number),
                None,
                "{place} shows {number}:\n{text}"
            );
        }
    }
    not_stored(&app, backend);
    let logged = log.0.lock().unwrap().clone();
    assert!(!logged.is_empty());
    for number in PLANTED {
        assert_eq!(holds(&logged, number), None, "the log holds {number}");
    }
}

/// A clerk asks for another number of an account; the page of the approval.
async fn ask_for_a_number(app: &TestApp, id: docket::kernel::id::FinancialAccountId) -> String {
    let edit = format!("/accounts/{id}/edit");
    let fields = [
        ("name", "Helena Brandt"),
        ("holder_name", "Helena Brandt"),
        ("subtype", "CHECKING"),
        ("routing_number", ROUTING),
        ("account_number", WAITING),
    ];
    let asked = app.as_clerk().await.submit(&edit, &edit, &fields).await;
    assert!(asked.says("It waits for approval."), "{}", asked.text);
    asked.attribute("a[href^='/approvals/']", "href").remove(0)
}

/// What is stored holds none of them.
fn not_stored(app: &TestApp, backend: Backend) {
    let stored = match backend {
        Backend::Sqlite => files(app),
        Backend::Postgres => tables(app),
    };
    assert!(stored.len() >= 2, "the database and its log, or all tables");
    for (place, bytes) in &stored {
        for number in PLANTED {
            assert_eq!(holds(bytes, number), None, "{place} holds {number}");
        }
    }
}

/// The files of the embedded database, as they are.
fn files(app: &TestApp) -> Vec<(String, Vec<u8>)> {
    let folder = std::fs::read_dir(&app.app.settings.data).unwrap();
    folder
        .map(|entry| {
            let file = entry.unwrap().path();
            (file.display().to_string(), std::fs::read(&file).unwrap())
        })
        .collect()
}

/// The rows of every table, as PostgreSQL writes them.
fn tables(app: &TestApp) -> Vec<(String, Vec<u8>)> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    let AnyConnection::Postgres(mut conn) = app.intruder() else {
        panic!("another database");
    };
    let mut all = |sql: String| diesel::sql_query(sql).load::<Row>(&mut conn).unwrap();
    let names =
        all("SELECT tablename::text AS text FROM pg_tables WHERE schemaname = current_schema()".into());
    let rows = names.into_iter().map(|Row { text: name }| {
        let rows = all(format!("SELECT t::text AS text FROM \"{name}\" t"));
        let text: Vec<String> = rows.into_iter().map(|row| row.text).collect();
        (name, text.join("\n").into_bytes())
    });
    rows.collect()
}

/// What the API answers to these paths, and to bodies with numbers that it refuses.
async fn told_by_api(app: &TestApp, paths: &[String]) -> Vec<(String, String)> {
    let mut seen = Vec::new();
    let api = Api::of(app, Role::Finance).await;
    for path in paths {
        let answer = api.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        seen.push((path.clone(), format!("{:?}{}", answer.headers, answer.text)));
        // A number in a body that is refused is not repeated.
        for body in [
            json!({"debitFinancialAccountId": PLANTED[0], "amount": PLANTED[4], "status": PLANTED[1]})
                .to_string(),
            format!("{{\"a\":\"{}\",\"a\":\"{}\"}}", PLANTED[2], PLANTED[2]),
        ] {
            for method in [Method::PUT, Method::PATCH] {
                let refused = api.raw(method, path, "application/json", body.clone()).await;
                seen.push((format!("{path} refused"), refused.text));
            }
        }
    }
    seen
}

/// All that is in a ZIP file of deflated entries.
pub fn unzipped(bytes: &[u8]) -> String {
    const START: &[u8] = b"PK\x03\x04";
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(4).position(|part| part == START) {
        let head = &bytes[at + found..];
        let length = |n: usize| usize::from(u16::from_le_bytes([head[n], head[n + 1]]));
        let start = 30 + length(26) + length(28);
        let mut entry = flate2::bufread::DeflateDecoder::new(&head[start..]);
        entry.read_to_end(&mut all).unwrap();
        at += found + start + usize::try_from(entry.total_in()).unwrap();
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// A refusal that has the number in hand must not tell it.
async fn correct_to_a_number_that_is_there(
    app: &TestApp,
    pay: &Payments<'_>,
    id: docket::kernel::id::FinancialAccountId,
) {
    let (vault, actor) = (app.app.vault.clone(), pay.actor.clone());
    let refused = pay
        .write(move |tx| {
            let number = AccountNumber::parse(PLANTED[0]).unwrap();
            let correction = Correction {
                number: Some(number),
                ..Correction::default()
            };
            accounts::correct(tx, &vault, &actor, id, &correction)
        })
        .await
        .unwrap_err();
    assert_eq!(
        holds(format!("{refused} {refused:?}").as_bytes(), PLANTED[0]),
        None
    );
    let new = NewExternal {
        name: "x",
        holder_name: "x",
        routing_number: ROUTING,
        number: PLANTED[0],
        subtype: Subtype::Saving,
    };
    let twice = pay.account("Someone else", PLANTED[0]).await;
    assert_ne!(twice, id);
    assert_eq!(
        holds(format!("{new:?}").as_bytes(), PLANTED[0]),
        None,
        "not even when it is printed for debugging"
    );
}
