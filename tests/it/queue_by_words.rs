//! A queue that is short can be sorted by what its rows say; one that is long says that it cannot.

use chrono_tz::Tz;
use docket::{
    auth::permission::Role,
    exceptions::{by_words::MOST, filter::RawFilter, queue_rows::page_of, raise::NewException},
};

use crate::{
    harness::{Backend, Browser, TestApp, both},
    saved_queues::{listed, mixed},
};

/// The parties of a queue's first page, in its order.
async fn parties(browser: &Browser, query: &str) -> Vec<String> {
    let page = browser.get(&format!("/exceptions?{query}")).await;
    assert_eq!(page.status, 200, "{query}");
    page.find("table.q tbody td:nth-child(3) span")
}

async fn sorted(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let mut ids = Vec::new();
    for (party, code) in [
        ("beta", Some("R03")),
        ("", Some("R01")),
        ("Alpha", None),
        ("Zeta", Some("R29")),
    ] {
        app.clock.advance(std::time::Duration::from_mins(1));
        let new = NewException {
            party: party.into(),
            account_tail: String::new(),
            code: code.map(Into::into),
            ..app.a_return()
        };
        ids.push(app.raise_as(new).await);
    }
    // The manager's name begins with M, the clerk's with C.
    app.take(ids[0], Role::Manager).await;
    app.take(ids[2], Role::Clerk).await;
    let clerk = app.as_clerk().await;
    for (sort, expected) in [
        // What has no party, and what nobody has, comes last either way; then by due time.
        ("party", ["Alpha", "beta", "Zeta", ""]),
        ("-party", ["Zeta", "beta", "Alpha", ""]),
        ("assignee", ["Alpha", "beta", "Zeta", ""]),
        ("-assignee", ["beta", "Alpha", "Zeta", ""]),
        ("status", ["Zeta", "", "beta", "Alpha"]),
        ("-status", ["beta", "Alpha", "Zeta", ""]),
        ("exception", ["Alpha", "", "beta", "Zeta"]),
        ("-exception", ["Zeta", "beta", "", "Alpha"]),
    ] {
        assert_eq!(
            parties(&clerk, &format!("tab=open&sort={sort}")).await,
            expected,
            "{sort}"
        );
    }
    let page = clerk.get("/exceptions?tab=open&sort=-party").await;
    assert_eq!(page.find("th[aria-sort=descending] a"), ["Party"]);
    assert_eq!(page.find("#sort option[selected]"), ["Party Z to A"]);
    assert_eq!(
        page.attribute("th[aria-sort=descending] a", "href"),
        ["/exceptions?tab=open&sort=party"],
        "a click turns it round"
    );
}

#[actix_web::test]
async fn a_short_queue_is_sorted_by_any_of_its_columns_on_both_databases() {
    for backend in both() {
        sorted(backend).await;
    }
}

/// The exceptions of a list in one go, as its file has them.
async fn in_one_go(app: &TestApp, query: &str) -> Vec<String> {
    let (account, me, now) = (app.account, app.member(Role::Clerk).await, app.clock.now());
    let (filter, _) = RawFilter::read(query).parse(Tz::UTC);
    let page = app
        .app
        .db
        .read(move |conn| page_of(conn, account, me, &filter, now, 1_000))
        .await
        .unwrap();
    assert!(page.by_words.is_some(), "{query}");
    page.items.iter().map(|item| item.id.to_string()).collect()
}

#[actix_web::test]
async fn page_by_page_it_has_the_same_order_as_in_one_go() {
    let app = TestApp::start().await;
    mixed(&app).await;
    let clerk = app.as_clerk().await;
    for column in ["exception", "party", "status", "assignee"] {
        for sort in [column.to_owned(), format!("-{column}")] {
            let query = format!("tab=all&sort={sort}");
            let (pages, total) = listed(&clerk, &query).await;
            assert_eq!((pages.len(), total.as_str()), (120, "120"));
            assert_eq!(pages, in_one_go(&app, &query).await, "{sort}");
        }
    }
}

#[actix_web::test]
async fn a_page_goes_on_where_the_last_one_ended_though_its_last_row_left_the_queue() {
    let app = TestApp::start().await;
    let mut ids = Vec::new();
    for n in 0..60 {
        let new = NewException {
            party: format!("Party {n:02}"),
            ..app.a_return()
        };
        ids.push(app.raise_as(new).await);
    }
    let clerk = app.as_clerk().await;
    let first = clerk.get("/exceptions?tab=unassigned&sort=party").await;
    let next = first.attribute("a[rel=next]", "href").pop().unwrap();
    app.take(ids[49], Role::Manager).await;
    let rest: Vec<String> = (50..60).map(|n| format!("Party {n}")).collect();
    let second = clerk.get(&next).await;
    assert_eq!(second.find("table.q tbody td:nth-child(3) span"), rest);
    let back = second.attribute("a[rel=prev]", "href").pop().unwrap();
    let before = clerk.get(&back).await.find("table.q tbody td:nth-child(3) span");
    assert_eq!(
        (before.len(), before[0].as_str(), before[48].as_str()),
        (49, "Party 00", "Party 48")
    );
}

#[actix_web::test]
async fn a_page_goes_on_where_the_last_one_ended_though_its_last_row_stands_elsewhere_now() {
    let app = TestApp::start().await;
    let mut all: Vec<String> = app
        .raise_many(60)
        .await
        .iter()
        .map(|id| format!("e-{id}"))
        .collect();
    all.sort();
    let clerk = app.as_clerk().await;
    // Whoever takes one moves it behind what is new, and before what nobody has.
    for (sort, is_behind) in [("status", true), ("-assignee", false)] {
        let first = clerk.get(&format!("/exceptions?tab=open&sort={sort}")).await;
        let seen = first.attribute("table.q tbody tr", "id");
        let next = first.attribute("a[rel=next]", "href").pop().unwrap();
        let last = seen.last().unwrap();
        app.take(last[2..].parse().unwrap(), Role::Manager).await;
        let mut rest: Vec<String> = all.iter().filter(|row| !seen.contains(row)).cloned().collect();
        rest.extend(is_behind.then(|| last.clone()));
        rest.sort();
        let mut second = clerk.get(&next).await.attribute("table.q tbody tr", "id");
        second.sort();
        assert_eq!(second, rest, "{sort}");
    }
}

#[actix_web::test]
async fn a_page_behind_which_nothing_is_left_leads_to_the_beginning() {
    let app = TestApp::start().await;
    app.raise_many(51).await;
    let clerk = app.as_clerk().await;
    // Without a tab it is that of the open ones; the address stays as it is, as that of a saved queue does, unless a role
    // begins elsewhere without a query.
    for (list, beginning) in [
        ("?tab=unassigned", "?tab=unassigned"),
        ("?tab=unassigned&sort=party", "?tab=unassigned&sort=party"),
        ("?status=NEW", "?status=NEW"),
        ("?", "?tab=open"),
    ] {
        let first = clerk.get(&format!("/exceptions{list}")).await;
        let all = first.attribute("table.q tbody tr", "id");
        let mut next = first.attribute("a[rel=next]", "href").pop().unwrap();
        if list == "?" {
            next = next.replace("tab=open&", "");
        }
        let last = clerk.get(&next).await.attribute("table.q tbody tr", "id");
        assert_eq!(last.len(), 1, "{next}");
        app.close(last[0][2..].parse().unwrap(), Role::Manager).await;
        let shown = clerk.get(&next).await;
        assert_eq!(shown.path, format!("/exceptions{beginning}"));
        assert_eq!(shown.attribute("table.q tbody tr", "id"), all);
        app.raise().await;
    }
}

#[actix_web::test]
async fn a_queue_that_is_too_long_for_it_keeps_its_order_and_says_so() {
    let app = TestApp::start().await;
    let many = usize::try_from(MOST).unwrap();
    app.raise_many(many).await;
    let clerk = app.as_clerk().await;
    let short = clerk.get("/exceptions?tab=open&sort=party").await;
    assert_eq!(short.find("th[aria-sort] a"), ["Party"]);
    app.clock.advance(std::time::Duration::from_mins(1));
    let last = app
        .raise_as(NewException {
            party: "Aaa".into(),
            ..app.a_return()
        })
        .await;
    let long = clerk.get("/exceptions?tab=open&sort=party").await;
    assert_eq!(long.find("th[aria-sort] a"), ["Due"]);
    assert_eq!(
        long.find("#sort option[selected]"),
        ["Party A to Z, when 1,000 or fewer"],
        "whoever narrows the queue keeps it"
    );
    assert!(
        !long.text.contains(&last.to_string()),
        "what is due last is not on the first page"
    );
    assert!(
        long.find(".chips a")
            .iter()
            .any(|chip| chip.contains("Not sorted by party: more than 1,000")),
        "{:?}",
        long.find(".chips a")
    );
    assert!(
        !long.find("th a").contains(&"Party".to_owned()),
        "it is not offered"
    );
    // Its pages are those of the order that it keeps, and an edge of the other order is none.
    let next = long.attribute("a[rel=next]", "href").pop().unwrap();
    assert_eq!(
        clerk.get(&next).await.find(".pager p"),
        ["50 on this page of 1,001"]
    );
    let next = short.attribute("a[rel=next]", "href").pop().unwrap();
    assert_eq!(clerk.get(&next).await.find(".pager p"), ["1–50 of 1,001"]);
    // A narrower list of the same is short.
    let narrow = clerk.get("/exceptions?tab=open&sort=party&text=aaa").await;
    assert_eq!(narrow.find("th[aria-sort] a"), ["Party"]);
}
