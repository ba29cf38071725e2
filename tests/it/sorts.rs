//! No list of the API sorts a table for one page: what it can be sorted by at any length is kept by an index on both
//! databases, and the rest is for lists that are not long.

use diesel::{prelude::*, sql_query, sql_types::Text};
use docket::{
    accounts, api::page::Sortable, approvals, auth::permission::Role, db::AnyConnection, disputes,
    exceptions::wanted, imports, notes, reviews, transactions,
};
use serde_json::json;

use crate::{
    api_client::Api,
    harness::{Backend, TestApp, both},
};

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    plan: String,
}

/// How a database would do it; PostgreSQL without what it prefers for tables as small as a test's.
fn plan(conn: &mut AnyConnection, backend: Backend, sql: &str) -> Vec<String> {
    if backend == Backend::Sqlite {
        let steps: Vec<Step> = sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(conn).unwrap();
        return steps.into_iter().map(|s| s.detail).collect();
    }
    for preferred in ["enable_seqscan", "enable_bitmapscan", "enable_sort"] {
        sql_query(format!("SET {preferred} = off")).execute(conn).unwrap();
    }
    let AnyConnection::Postgres(conn) = conn else {
        panic!("not PostgreSQL");
    };
    let lines: Vec<Line> = sql_query(format!("EXPLAIN {sql}")).load(conn).unwrap();
    lines.into_iter().map(|l| l.plan.trim().to_owned()).collect()
}

/// Whether a step looks at everything before it gives the first row. Rows of the same value may be sorted among
/// themselves.
fn sorts_all(step: &str) -> bool {
    let is_sort = |step: &str| step.starts_with("Sort  (");
    step.contains("USE TEMP B-TREE FOR ORDER BY") || is_sort(step.trim_start_matches("->  "))
}

/// Table, condition beside the business account, and what it is sorted by.
const LISTS: &[(&str, &str, &[Sortable])] = &[
    (
        "exceptions",
        "AND exceptions.is_open = TRUE",
        wanted::ROCKETKOR_FIELDS,
    ),
    ("exceptions", "", MATCHERS),
    ("transactions", "", transactions::api_lists::FIELDS),
    ("financial_accounts", "", accounts::api::FIELDS),
    (
        "notes",
        "AND notes.entity_type = 'TRANSACTION' AND notes.entity_id = ID",
        notes::api::FIELDS,
    ),
    ("disputes", "", disputes::api::FIELDS),
    ("reviews", "", reviews::api::FIELDS),
    ("approvals", "", approvals::api::FIELDS),
    ("imports", "", imports::api::FIELDS),
];

/// Of Matcher's list of exceptions the one that is not RocketKOR's too.
const MATCHERS: &[Sortable] = &[wanted::MATCHER_FIELDS[4]];

#[actix_web::test]
async fn what_any_list_is_sorted_by_is_kept_by_an_index_on_both_databases() {
    assert_eq!(MATCHERS[0].0, "status");
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let mut conn = app.intruder();
        let id = match backend {
            Backend::Sqlite => "x'00'",
            Backend::Postgres => "'00000000-0000-0000-0000-000000000000'",
        };
        for (table, condition, fields) in LISTS {
            for (field, sort) in fields.iter().filter(|(_, sort)| !sort.is_empty()) {
                let condition = condition.replace("ID", id);
                let sql = format!(
                    "SELECT {table}.id FROM {table} WHERE {table}.business_account_id = {id} {condition} \
                     ORDER BY {sort} DESC, {table}.id DESC LIMIT 21"
                );
                let plan = plan(&mut conn, backend, &sql);
                assert!(
                    !plan.is_empty() && !plan.iter().any(|step| sorts_all(step)),
                    "{field}: {plan:#?}"
                );
            }
        }
        // The same question finds a sort where there is one.
        let sql = format!(
            "SELECT exceptions.id FROM exceptions WHERE exceptions.business_account_id = {id} \
             ORDER BY exceptions.description DESC LIMIT 21"
        );
        assert!(plan(&mut conn, backend, &sql).iter().any(|step| sorts_all(step)));
    }
}

async fn sorted(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let api = Api::of(&app, Role::Owner).await;
    for (description, currency, kind) in [
        ("Birch", "USD", "ACH_NOC"),
        ("Alder", "EUR", "RECONCILIATION"),
        ("Cedar", "CAD", "ACH_RETURN"),
    ] {
        let sent = json!({"type": kind, "description": description, "amount": "5.00", "currency": currency});
        assert_eq!(api.post("/api/v1/exceptions", &sent).await.status, 201);
    }
    let given = async |sort: &str| -> Vec<String> {
        let told = api.get(&format!("/api/exceptions?{sort}")).await;
        assert_eq!(told.status, 200, "{}", told.text);
        assert_eq!(told.link("next"), None);
        let rows = told.json()["content"].as_array().unwrap().clone();
        rows.iter()
            .map(|row| row["description"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(given("sort=description").await, ["Alder", "Birch", "Cedar"]);
    assert_eq!(given("sort=description,DESC").await, ["Cedar", "Birch", "Alder"]);
    assert_eq!(given("sort=currency").await, ["Cedar", "Alder", "Birch"]);
    assert_eq!(given("sort=type").await, ["Cedar", "Birch", "Alder"]);
    assert_eq!(
        given("sort=assignedTo&sort=description,DESC").await,
        ["Cedar", "Birch", "Alder"]
    );
    assert_eq!(given("sort=status&sort=entityId&sort=description").await.len(), 3);
    // By page, without cursors.
    let second = api.get("/api/exceptions?sort=description&size=2&page=1").await;
    assert_eq!(second.json()["content"][0]["description"], "Cedar");
    let first = api.get("/api/exceptions?sort=description&size=2").await;
    assert!(
        !first.link("next").unwrap().contains("cursor"),
        "{:?}",
        first.link("next")
    );
    let cursor = api
        .get("/api/exceptions?sort=createdAt&size=1")
        .await
        .link("next")
        .unwrap();
    let cursor = cursor.split("cursor=").nth(1).unwrap().to_owned();
    let refused = api
        .get(&format!("/api/exceptions?sort=description&cursor={cursor}"))
        .await;
    assert_eq!(
        (refused.problem(400).as_str(), refused.wrong_fields()),
        ("BAD_REQUEST", vec!["cursor".to_owned()])
    );
    for path in [
        "/api/v1/transactions?sort=settlementPriority&sort=currency&sort=description&sort=latestStatus",
        "/api/v1/financial-accounts?sort=name&sort=state",
        "/api/v1/notes?entityType=CUSTOMER&entityId=018f2f8a-3c1e-7b7a-9d0e-4f5a6b7c8d9e&sort=title,DESC",
    ] {
        let told = api.get(path).await;
        assert_eq!(told.status, 200, "{path}: {}", told.text);
    }
    let unknown = api.get("/api/exceptions?sort=colour").await;
    assert_eq!(unknown.problem(400), "BAD_REQUEST");
    assert!(
        unknown.text.contains("createdAt") && unknown.text.contains("assignedTo"),
        "{}",
        unknown.text
    );
}

#[actix_web::test]
async fn a_short_list_is_sorted_by_any_field_on_both_databases() {
    for backend in both() {
        sorted(backend).await;
    }
}

/// The counter of all exceptions stands in for ten thousand of them.
#[actix_web::test]
async fn a_long_list_is_sorted_by_kept_fields_only() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::ViewOnly).await;
    app.raise_many(2).await;
    sql_query("UPDATE exception_counts SET n = n + 10000 WHERE tab = 'OPEN'")
        .execute(&mut app.intruder())
        .unwrap();
    let refused = api.get("/api/exceptions?sort=description").await;
    assert_eq!(
        (refused.problem(400).as_str(), refused.wrong_fields()),
        ("BAD_REQUEST", vec!["sort".to_owned()])
    );
    assert!(
        refused
            .text
            .contains("or sort by one of createdAt, updatedAt, dueAt, amount, severity, id."),
        "{}",
        refused.text
    );
    assert_eq!(
        api.get("/api/exceptions?sort=createdAt&sort=amount").await.status,
        400
    );
    assert_eq!(api.get("/api/exceptions?sort=amount,DESC").await.status, 200);
    // Its filters leave two.
    assert_eq!(
        api.get("/api/exceptions?sort=description&status=NEW")
            .await
            .status,
        200
    );
}
