//! Lists of exceptions through the API: RocketKOR's pages and Matcher's cursors, filters, orders, histories.

use std::collections::BTreeSet;

use docket::{
    auth::permission::Role,
    exceptions::{
        assign::assign,
        model::{Category, Entity, Kind, Status},
        raise::NewException,
    },
    kernel::{
        id::ExceptionId,
        money::{Currency, Money},
    },
};
use serde_json::{Value, json};

use crate::{
    api_client::{Api, Reply, keys},
    harness::{Backend, TestApp, both},
};

fn ids(list: &Value, member: &str) -> Vec<String> {
    let rows = list[member].as_array().unwrap();
    rows.iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

fn content(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    ids(&reply.json(), "content")
}

fn items(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    ids(&reply.json(), "items")
}

/// Amounts differ, each is a minute later than the one before.
async fn raise_some(app: &TestApp, n: i64) -> Vec<ExceptionId> {
    let mut made = Vec::new();
    for i in 0..n {
        app.wait(1);
        let new = NewException {
            amount: Some(Money::new(100 * (i % 3 + 1), Currency::USD)),
            ..app.a_return()
        };
        made.push(app.raise_as(new).await);
    }
    made
}

async fn give(app: &TestApp, id: ExceptionId, to: Role) {
    let (manager, to) = (app.actor(Role::Manager).await, app.member(to).await);
    let write = app.app.db.write(app.account, move |tx| {
        assign(tx, &manager, id, to, None).map(|_| ())
    });
    write.await.unwrap();
}

async fn pages(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let api = Api::of(&app, Role::ViewOnly).await;
    let empty = api.get("/api/exceptions").await;
    assert_eq!(
        empty.json(),
        json!({"totalElements": 0, "totalPages": 0, "number": 0, "numberOfElements": 0, "hasNext": false, "content": []})
    );
    let made = raise_some(&app, 7).await;
    app.close(made[3], Role::Manager).await;
    let newest: Vec<String> = made.iter().rev().map(ToString::to_string).collect();

    let first = api.get("/api/exceptions?size=3").await;
    let told = first.json();
    assert_eq!(
        (
            told["totalElements"].clone(),
            told["totalPages"].clone(),
            told["number"].clone()
        ),
        (json!(7), json!(3), json!(0))
    );
    assert_eq!(
        (told["numberOfElements"].clone(), told["hasNext"].clone()),
        (json!(3), json!(true))
    );
    assert_eq!(content(&first), newest[..3]);
    assert_eq!(
        told["content"][0],
        api.get(&format!("/api/exceptions/{}", made[6])).await.json(),
        "a row is as the exception itself"
    );
    let last = api.get("/api/exceptions?page=2&size=3").await;
    assert_eq!(content(&last), newest[6..]);
    assert_eq!(last.json()["hasNext"], false);
    assert!(last.link("next").is_none() && last.link("first").is_some());
    assert_eq!(
        content(&api.get("/api/exceptions?page=9&size=3").await),
        Vec::<String>::new()
    );

    // Whoever follows the links sees each once, also when one is added meanwhile.
    let mut seen = content(&first);
    let mut reply = first;
    let mut numbers = vec![0];
    while let Some(next) = reply.link("next") {
        raise_some(&app, 1).await;
        reply = api.get(&next).await;
        seen.extend(content(&reply));
        numbers.push(reply.json()["number"].as_i64().unwrap());
    }
    assert_eq!((seen, numbers), (newest, vec![0, 1, 2]));
    let back = api.get(&reply.link("prev").unwrap()).await;
    assert_eq!(back.json()["number"], 1);
    assert_eq!(
        content(&back),
        made[1..4]
            .iter()
            .rev()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    );
}

#[actix_web::test]
async fn pages_and_links_lead_through_the_whole_list_on_both_databases() {
    for backend in both() {
        pages(backend).await;
    }
}

async fn sorts(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let api = Api::of(&app, Role::ViewOnly).await;
    let made = raise_some(&app, 7).await;
    app.close(made[2], Role::Manager).await;
    give(&app, made[4], Role::Clerk).await;
    let by = |order: &[usize]| order.iter().map(|i| made[*i].to_string()).collect::<Vec<_>>();
    for (sort, order) in [
        ("sort=createdAt,DESC", [6, 5, 4, 3, 2, 1, 0]),
        ("sort=createdAt", [0, 1, 2, 3, 4, 5, 6]),
        ("sort=id,desc", [6, 5, 4, 3, 2, 1, 0]),
        ("sort=amount,ASC", [0, 3, 6, 1, 4, 2, 5]),
        ("sort=amount,DESC&sort=createdAt,ASC", [2, 5, 1, 4, 0, 3, 6]),
        ("sort=status,ASC&sort=createdAt,ASC", [0, 1, 3, 5, 6, 4, 2]),
        ("sort=type&sort=category,DESC&sort=id,DESC", [6, 5, 4, 3, 2, 1, 0]),
    ] {
        assert_eq!(
            content(&api.get(&format!("/api/exceptions?{sort}")).await),
            by(&order),
            "{sort}"
        );
        // Ties are broken by id, so pages neither repeat nor leave out.
        let mut paged = Vec::new();
        for page in 0..4 {
            paged.extend(content(
                &api.get(&format!("/api/exceptions?{sort}&size=2&page={page}"))
                    .await,
            ));
        }
        assert_eq!(paged, by(&order), "{sort} by twos");
        let mut next = Some(format!("/api/exceptions?{sort}&size=2"));
        let mut followed = Vec::new();
        while let Some(address) = next {
            let reply = api.get(&address).await;
            followed.extend(content(&reply));
            next = reply.link("next");
        }
        assert_eq!(followed, by(&order), "{sort} by links");
    }
    for (sort_by, order, by_this) in [
        ("created_at", "desc", [6, 5, 4, 3, 2, 1, 0]),
        ("id", "asc", [0, 1, 2, 3, 4, 5, 6]),
        ("status", "asc", [0, 1, 3, 5, 6, 4, 2]),
        ("amount", "asc", [0, 3, 6, 1, 4, 2, 5]),
        ("updated_at", "desc", [6, 4, 2, 5, 3, 1, 0]),
    ] {
        let address = format!("/api/v1/exceptions?sort_by={sort_by}&sort_order={order}&limit=2");
        let (mut forth, mut back, mut cursors) = (Vec::new(), Vec::new(), Vec::new());
        let mut reply = api.get(&address).await;
        loop {
            forth.extend(items(&reply));
            let told = reply.json();
            assert_eq!(told["hasMore"], json!(told.get("nextCursor").is_some()));
            assert_eq!(told["limit"], 2);
            let Some(next) = told["nextCursor"].as_str() else {
                break;
            };
            cursors.push(next.to_owned());
            reply = api.get(&format!("{address}&cursor={next}")).await;
        }
        assert_eq!(forth, by(&by_this), "{sort_by} {order}");
        while let Some(previous) = reply.json()["prevCursor"].as_str() {
            reply = api.get(&format!("{address}&cursor={previous}")).await;
            let page = items(&reply);
            back.splice(0..0, page);
        }
        assert_eq!(back[..], forth[..6], "{sort_by} {order} backwards");
        let other = format!("/api/v1/exceptions?sort_by=due_at&cursor={}", cursors[0]);
        assert_eq!(
            api.get(&other).await.problem(400),
            "BAD_REQUEST",
            "a cursor is for its own order"
        );
    }
}

#[actix_web::test]
async fn every_order_holds_across_pages_on_both_databases() {
    for backend in both() {
        sorts(backend).await;
    }
}

async fn filters(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let api = Api::of(&app, Role::ViewOnly).await;
    let made = raise_some(&app, 4).await; // at 15:01, 15:02, 15:03 and 15:04 UTC
    let declined = app
        .raise_as(NewException {
            category: Category::BankAccountVerification,
            kind: Kind::VerificationDeclined,
            entity_type: Entity::FinancialAccount,
            reason: Some("FEE_VARIANCE".into()),
            amount: Some(Money::new(2_000_000, Currency::USD)),
            ..app.a_return()
        })
        .await;
    give(&app, made[0], Role::Clerk).await;
    give(&app, made[1], Role::Manager).await;
    app.close(made[2], Role::Manager).await;
    let (clerk, manager) = (app.member(Role::Clerk).await, app.member(Role::Manager).await);
    let all = [made[0], made[1], made[2], made[3], declined];
    let set = |of: &[usize]| of.iter().map(|i| all[*i].to_string()).collect::<BTreeSet<_>>();
    let cases: Vec<(String, Vec<usize>)> = vec![
        ("status=NEW".into(), vec![3, 4]),
        ("status=NEW,RESOLVED".into(), vec![2, 3, 4]),
        ("status=NEW&status=RESOLVED".into(), vec![2, 3, 4]),
        ("status=IN_PROGRESS".into(), vec![0, 1]),
        (format!("assignedTo={clerk}"), vec![0]),
        (format!("assignedTo={clerk},{manager}"), vec![0, 1, 2]),
        (format!("assignedTo={clerk}&assignedTo=UNASSIGNED"), vec![0, 3, 4]),
        ("assignedTo=UNASSIGNED".into(), vec![3, 4]),
        ("category=BANK_ACCOUNT_VERIFICATION".into(), vec![4]),
        ("type=ACH_RETURN&status=NEW".into(), vec![3]),
        (
            "createdDateFrom=2026-11-03T15:02:00Z&createdDateTo=2026-11-03T15:03:00.000Z".into(),
            vec![1, 2],
        ),
        (
            "createdDateFrom=2026-11-03T10:03:00&timeZone=America/New_York".into(),
            vec![2, 3, 4],
        ),
        (
            "createdDateFrom=2026-11-03T20:34:00&timeZone=%2B05:30".into(),
            vec![3, 4],
        ),
        (
            "createdDateFrom=2026-11-03T17:04:00&timeZone=UTC+2".into(),
            vec![3, 4],
        ),
        (
            "createdDateTo=2026-11-03T16:02:00+01:00&timeZone=-5".into(),
            vec![0, 1],
        ),
        (
            "createdDateFrom=2026-11-03&createdDateTo=2026-11-03".into(),
            vec![0, 1, 2, 3, 4],
        ),
        ("createdDateTo=2026-11-02".into(), vec![]),
        (
            "createdDateFrom=2026-11-04&timeZone=%2B10".into(),
            vec![0, 1, 2, 3, 4],
        ),
        ("status=&unknown=1".into(), vec![0, 1, 2, 3, 4]),
    ];
    for (query, of) in &cases {
        let reply = api.get(&format!("/api/exceptions?{query}")).await;
        assert_eq!(
            content(&reply).into_iter().collect::<BTreeSet<_>>(),
            set(of),
            "{query}"
        );
        assert_eq!(reply.json()["totalElements"], of.len(), "{query}");
    }
    filters_of_matcher(&app, &api, &all).await;
}

async fn filters_of_matcher(app: &TestApp, api: &Api, all: &[ExceptionId; 5]) {
    let set = |of: &[usize]| of.iter().map(|i| all[*i].to_string()).collect::<BTreeSet<_>>();
    let account = app.account;
    let cases: Vec<(String, Vec<usize>)> = vec![
        ("status=open".into(), vec![3, 4]),
        ("status=ASSIGNED".into(), vec![0, 1]),
        ("status=RESOLVED,OPEN".into(), vec![2, 3, 4]),
        ("status=PENDING_RESOLUTION".into(), vec![]),
        ("severity=high".into(), vec![4]),
        ("assigned_to=Clerk@one.test".into(), vec![0]),
        ("assigned_to=nobody@one.test".into(), vec![]),
        ("external_system=JIRA".into(), vec![]),
        ("reason=fee_variance".into(), vec![4]),
        ("reason=R01".into(), vec![0, 1, 2, 3]),
        ("search=variance".into(), vec![4]),
        ("search=%25".into(), vec![]),
        ("search=r0".into(), vec![0, 1, 2, 3, 4]),
        ("date_from=2026-11-03T15:03:00Z".into(), vec![2, 3, 4]),
        ("date_to=2026-11-03".into(), vec![0, 1, 2, 3, 4]),
        ("min_age_days=0".into(), vec![0, 1, 2, 3, 4]),
        ("min_age_days=1".into(), vec![]),
        (format!("contextId={account}&status=OPEN"), vec![3, 4]),
    ];
    for (query, of) in &cases {
        let reply = api.get(&format!("/api/v1/exceptions?{query}")).await;
        assert_eq!(
            items(&reply).into_iter().collect::<BTreeSet<_>>(),
            set(of),
            "{query}"
        );
        let selected = api.get(&format!("/api/v1/exceptions/ids?{query}")).await;
        let told = selected.json();
        let found = told["ids"]
            .as_array()
            .unwrap()
            .iter()
            .map(|id| id.as_str().unwrap().to_owned());
        assert_eq!(found.collect::<BTreeSet<_>>(), set(of), "ids {query}");
        assert_eq!(
            (told["total"].clone(), told["truncated"].clone()),
            (json!(of.len()), json!(false))
        );
    }
    let other = app.other;
    assert_eq!(
        api.get(&format!("/api/v1/exceptions?contextId={other}"))
            .await
            .problem(404),
        "NOT_FOUND"
    );
    let stranger = Api::in_account(app, app.other, Role::Owner).await;
    assert_eq!(
        content(&stranger.get("/api/exceptions").await),
        Vec::<String>::new()
    );
    assert_eq!(
        items(
            &stranger
                .get("/api/v1/exceptions?assigned_to=clerk@one.test")
                .await
        ),
        Vec::<String>::new()
    );
    assert_eq!(stranger.get("/api/v1/exceptions/ids").await.json()["total"], 0);
}

#[actix_web::test]
async fn every_filter_of_both_dialects_finds_what_it_names_on_both_databases() {
    for backend in both() {
        filters(backend).await;
    }
}

#[actix_web::test]
async fn what_is_wrong_with_a_query_is_told_all_at_once() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::ViewOnly).await;
    for (path, query, wrong) in [
        ("/api/exceptions", "size=201", vec!["size"]),
        ("/api/exceptions", "size=0&page=-1", vec!["page", "size"]),
        ("/api/exceptions", "size=1.5&sort=evil", vec!["size", "sort"]),
        ("/api/exceptions", "sort=createdAt,UP", vec!["sort"]),
        ("/api/exceptions", "page=1001&size=10", vec!["page"]),
        (
            "/api/exceptions",
            "page=9223372036854775807&size=200",
            vec!["page"],
        ),
        ("/api/exceptions", "page=1&page=2", vec!["page"]),
        ("/api/exceptions", "cursor=x", vec!["cursor"]),
        (
            "/api/exceptions",
            "status=DONE&category=X&type=Y&assignedTo=me&createdDateFrom=soon&timeZone=Mars",
            vec![
                "timeZone",
                "createdDateFrom",
                "assignedTo",
                "status",
                "category",
                "type",
            ],
        ),
        ("/api/exceptions", "status=PENDING_RESOLUTION", vec!["status"]),
        (
            "/api/v1/exceptions",
            "status=X&severity=Y&sort_by=password&sort_order=DESC&limit=ten&cursor=1",
            vec!["status", "severity", "limit", "sort_by", "sort_order", "cursor"],
        ),
        (
            "/api/v1/exceptions/ids",
            "min_age_days=3651&date_from=x&contextId=1",
            vec!["date_from", "min_age_days", "contextId"],
        ),
    ] {
        let refused = api.get(&format!("{path}?{query}")).await;
        assert_eq!(refused.problem(400), "BAD_REQUEST", "{query}");
        assert_eq!(refused.wrong_fields(), wrong, "{query}");
        assert_eq!(refused.json()["code"], "MTCH-0001");
    }
    for query in ["search=%00", "assigned_to=%00"] {
        assert_eq!(
            api.get(&format!("/api/v1/exceptions?{query}")).await.problem(400),
            "BAD_REQUEST"
        );
    }
    let deep = api.get("/api/exceptions?page=1001&size=10").await.json();
    assert!(deep["detail"].as_str().unwrap().contains("10,000"), "{deep}");
    assert_eq!(api.get("/api/exceptions?page=1000&size=10").await.status, 200);
    for (query, limit) in [("limit=0", 20), ("limit=-3", 20), ("limit=900", 200), ("", 20)] {
        assert_eq!(
            api.get(&format!("/api/v1/exceptions?{query}")).await.json()["limit"],
            limit,
            "{query}"
        );
    }
}

async fn histories(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let api = Api::of(&app, Role::ViewOnly).await;
    let id = app.raise().await;
    give(&app, id, Role::Clerk).await;
    app.close(id, Role::Manager).await;
    let path = format!("/api/exceptions/{id}/history");
    let reply = api.get(&path).await;
    assert_eq!(
        reply.keys().into_iter().collect::<BTreeSet<_>>(),
        [
            "content",
            "hasNext",
            "number",
            "numberOfElements",
            "totalElements",
            "totalPages"
        ]
        .map(str::to_owned)
        .into()
    );
    let told = reply.json();
    let rows = told["content"].as_array().unwrap();
    let kinds: Vec<&str> = rows.iter().map(|row| row["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["STATUS_CHANGE", "STATUS_CHANGE", "ASSIGNED_TO", "CREATE"]);
    assert_eq!(
        keys(&rows[0]).into_iter().collect::<BTreeSet<_>>(),
        [
            "createdAt",
            "createdBy",
            "description",
            "exceptionId",
            "id",
            "newValue",
            "previousValue",
            "type",
            "updatedAt",
            "updatedBy"
        ]
        .map(str::to_owned)
        .into()
    );
    assert_eq!(
        (rows[1]["previousValue"].clone(), rows[1]["newValue"].clone()),
        (json!("NEW"), json!("IN_PROGRESS"))
    );
    assert_eq!(
        (rows[2]["previousValue"].clone(), rows[2]["newValue"].clone()),
        (json!(""), json!("clerk@one.test"))
    );
    assert_eq!(rows[3]["createdBy"]["type"], "employee");
    let oldest = api.get(&format!("{path}?sort=createdAt,ASC&size=1&page=1")).await;
    assert_eq!(content(&oldest), [rows[2]["id"].as_str().unwrap()]);
    assert_eq!(
        api.get(&format!("{path}?sort=type")).await.problem(400),
        "BAD_REQUEST"
    );

    let path = format!("/api/v1/exceptions/{id}/history?limit=2");
    let first = api.get(&path).await.json();
    assert_eq!(
        (first["items"][0]["action"].clone(), first["hasMore"].clone()),
        (json!("NO_ACTION"), json!(true))
    );
    assert!(first["items"][0]["changes"].is_object() && first["items"][0]["actorId"].is_string());
    let (mut all, mut cursor) = (
        ids(&first, "items"),
        first["nextCursor"].as_str().map(str::to_owned),
    );
    while let Some(next) = cursor {
        let page = api.get(&format!("{path}&cursor={next}")).await.json();
        all.extend(ids(&page, "items"));
        cursor = page["nextCursor"].as_str().map(str::to_owned);
    }
    assert_eq!(all.len(), 5);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 5, "each once");
    let stranger = Api::in_account(&app, app.other, Role::Owner).await;
    for path in [
        format!("/api/exceptions/{id}/history"),
        format!("/api/v1/exceptions/{id}/history"),
    ] {
        assert_eq!(stranger.get(&path).await.problem(404), "NOT_FOUND");
    }
    assert_eq!(app.exception(id).await.status, Status::Resolved);
}

#[actix_web::test]
async fn what_happened_to_an_exception_is_told_in_both_dialects_on_both_databases() {
    for backend in both() {
        histories(backend).await;
    }
}

#[actix_web::test]
async fn a_list_has_a_tag_and_is_not_sent_again_while_it_is_the_same() {
    let app = TestApp::start().await;
    let api = Api::of(&app, Role::ViewOnly).await;
    app.raise().await;
    let first = api.get("/api/exceptions").await;
    let known = [("if-none-match", first.header("etag"))];
    let same = crate::api_client::reply(api.request(reqwest::Method::GET, "/api/exceptions", &known)).await;
    assert_eq!(same.status, 304);
    app.raise().await;
    let other = crate::api_client::reply(api.request(reqwest::Method::GET, "/api/exceptions", &known)).await;
    assert_eq!(other.status, 200);
}
