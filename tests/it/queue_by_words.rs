//! A queue that is short can be sorted by what its rows say; one that is long says that it cannot.

use docket::{
    auth::permission::Role,
    exceptions::{by_words::MOST, claim::claim, raise::NewException},
    kernel::id::ExceptionId,
};

use crate::harness::{Backend, Browser, TestApp, both};

async fn take(app: &TestApp, id: ExceptionId, role: Role) {
    let who = app.actor(role).await;
    app.app
        .db
        .write(app.account, move |tx| claim(tx, &who, id).map(drop))
        .await
        .unwrap();
}

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
    take(&app, ids[0], Role::Manager).await;
    take(&app, ids[2], Role::Clerk).await;
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
    take(&app, ids[49], Role::Manager).await;
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
    assert_eq!(long.find("#sort option[selected]"), ["Due soonest first"]);
    assert!(
        !long.text.contains(&last.to_string()),
        "what is due last is not on the first page"
    );
    assert!(
        long.find(".chips a")
            .iter()
            .any(|chip| chip.contains("Too long to sort by party")),
        "{:?}",
        long.find(".chips a")
    );
    assert!(
        !long.find("th a").contains(&"Party".to_owned()),
        "it is not offered"
    );
    // A narrower list of the same is short.
    let narrow = clerk.get("/exceptions?tab=open&sort=party&text=aaa").await;
    assert_eq!(narrow.find("th[aria-sort] a"), ["Party"]);
}
