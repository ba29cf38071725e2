//! What a row of the queue and of the reviews tells: the time that its tab is about, what it waits for, the name of its
//! check box; what a filter that cannot be read says, and which of a list a page has.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use docket::{
    auth::permission::Role, db::schema::exceptions, exceptions::model::Kind, kernel::id::ExceptionId,
};

use crate::harness::{Browser, TestApp, both};

/// The head and the cells where due times stand.
async fn times(browser: &Browser, tab: &str) -> (String, Vec<String>) {
    let page = browser.get(&format!("/exceptions?tab={tab}")).await;
    let head = page.find("table.q thead th").remove(6);
    (head, page.find("table.q tbody td:nth-child(7)"))
}

/// Sends the form of an act on an exception.
async fn act(browser: &Browser, id: ExceptionId, act: &str, fields: &[(&str, &str)]) {
    let form = format!("/exceptions/{id}/{act}");
    let done = browser.submit(&form, &form, fields).await;
    assert_eq!(done.status, 200, "{act}: {}", done.text);
}

#[actix_web::test]
async fn a_tab_tells_in_place_of_due_times_what_it_is_about() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_many(5).await;
        let clerk = app.as_clerk().await;
        let why = ("reason", "The payer calls back");
        act(&clerk, ids[0], "snooze", &[("length", "TOMORROW"), why]).await;
        act(&clerk, ids[1], "wait", &[("party", "BANK"), why]).await;
        let by_hand = [("targetSystem", "MANUAL"), ("queue", "")];
        act(&clerk, ids[2], "dispatch", &by_hand).await;
        app.close(ids[3], Role::Clerk).await;
        app.wait(120);
        let clerk = app.as_clerk().await;
        let (head, cells) = times(&clerk, "snoozed").await;
        assert_eq!(head, "Snoozed until", "{backend:?}");
        assert_eq!(cells, ["4 Nov The payer calls back"]);
        let (head, cells) = times(&clerk, "waiting").await;
        assert_eq!(head, "Due", "{backend:?}");
        assert_eq!(
            cells,
            ["4 d left waits for somebody outside", "Paused waits for a bank"]
        );
        let (_, cells) = times(&clerk, "open").await;
        assert!(cells.contains(&"Paused · bank".to_owned()), "{cells:?}");
        let open = clerk.get("/exceptions?tab=open").await;
        let statuses = open.find("table.q tbody td.st");
        assert!(statuses.contains(&"New".to_owned()) && statuses.contains(&"Waiting".to_owned()));
        let (head, cells) = times(&clerk, "resolved").await;
        assert_eq!((head.as_str(), cells), ("Resolved", vec!["2 h ago".to_owned()]));
        // Past its due time it is told that it was late.
        app.wait(60 * 24 * 6);
        app.close(ids[4], Role::Clerk).await;
        let (_, cells) = times(&app.as_clerk().await, "resolved").await;
        assert_eq!(cells, ["just now late", "6 d ago"], "{backend:?}");
    }
}

#[actix_web::test]
async fn a_range_that_cannot_be_read_is_marked_and_says_why() {
    let app = TestApp::start().await;
    app.raise().await;
    let clerk = app.as_clerk().await;
    let page = clerk
        .get("/exceptions?tab=open&amount_from=much&created_to=soon")
        .await;
    for (field, error, why) in [
        ("#amount_from", "amount-range-error", "Give an amount in digits"),
        ("#created_to", "created-range-error", "Give a day such as"),
    ] {
        assert_eq!(page.attribute(field, "aria-invalid"), ["true"], "{field}");
        assert_eq!(page.attribute(field, "aria-describedby"), [error]);
        assert!(page.find(&format!("#{error}"))[0].contains(why), "{}", page.text);
    }
    assert_eq!(page.attribute("#amount_from", "value"), ["much"]);
    for right in ["#amount_to", "#created_from", "#due_from"] {
        assert!(page.attribute(right, "aria-invalid").is_empty(), "{right}");
    }
    let page = clerk
        .get("/exceptions?tab=open&due_from=2026-11-30&due_to=2026-11-01&amount_from=20&amount_to=10")
        .await;
    for (field, why) in [
        ("#due_to", "The last day is before the first."),
        ("#amount_to", "The amount to is below the amount from."),
    ] {
        assert_eq!(page.attribute(field, "aria-invalid"), ["true"], "{field}");
        assert!(page.says(why), "{}", page.text);
    }
    assert!(page.attribute("#due_from", "aria-invalid").is_empty());
}

#[actix_web::test]
async fn a_check_box_names_its_exception_and_the_bar_stands_before_the_table() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let mut severe = app.a_return();
        severe.code = Some("R03".into()); // HIGH: waits for review
        let id = app.raise_as(severe).await;
        app.close(id, Role::Clerk).await;
        let mut without = app.a_return();
        without.kind = Kind::Reconciliation;
        without.code = None;
        without.reason = Some("AMOUNT_DIFFERENCE".into());
        app.raise_as(without).await;
        let manager = app.as_manager().await;
        let queue = manager.get("/exceptions?tab=open").await;
        let reviews = manager.get("/reviews").await;
        for (page, name) in [
            (&queue, "Select Amount difference, Paul Jones, $123.54"),
            (&reviews, "Select R03, Paul Jones, $123.54"),
        ] {
            let names = page.attribute("tbody input[type=checkbox]", "aria-label");
            assert_eq!(names, [name], "{backend:?}");
            let (before, _) = page.text.split_once("<table").unwrap();
            assert!(before.contains("class=\"bulk\""), "{}", page.text);
        }
        assert_eq!(
            reviews.find("td[data-l=Party]"),
            ["Paul Jones ••••6789"],
            "{backend:?}"
        );
    }
}

#[actix_web::test]
async fn a_page_says_which_of_the_list_it_has_where_that_is_known() {
    let app = TestApp::start().await;
    app.raise_many(101).await;
    let clerk = app.as_clerk().await;
    let mut page = clerk.get("/exceptions?tab=open").await;
    for (which, way) in [
        ("1–50 of 101", "next"),
        ("50 on this page of 101", "next"),
        ("101–101 of 101", "prev"),
        ("50 on this page of 101", "prev"),
    ] {
        assert_eq!(page.find(".pager p"), [which]);
        let link = page.attribute(&format!(".pager a[rel={way}]"), "href").remove(0);
        page = clerk.get(&link).await;
    }
    assert_eq!(page.find(".pager p"), ["1–50 of 101"]);
}

#[actix_web::test]
async fn whoever_has_something_is_named_though_they_left_on_both_databases() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_many(3).await;
        app.take(ids[0], Role::Manager).await;
        app.take(ids[1], Role::Clerk).await;
        let admin = app.sign_in(Role::Admin).await;
        let person = format!("/settings/people/{}", app.member(Role::Manager).await);
        admin.submit(&person, &format!("{person}/disable"), &[]).await;
        let clerk = app.as_clerk().await;
        let (here, left) = ("Clerk One".to_owned(), "Manager One".to_owned());
        for (sort, expected) in [
            ("severity", None),
            ("assignee", Some([&here, &left, ""])),
            ("-assignee", Some([&left, &here, ""])),
        ] {
            let list = format!("tab=open&sort={sort}");
            let page = clerk.get(&format!("/exceptions?{list}")).await;
            let names = page.find("table.q tbody td:nth-child(6)");
            assert!(names.contains(&here) && names.contains(&left), "{names:?}");
            assert!(
                expected.is_none_or(|expected| names == expected),
                "{sort}: {names:?}"
            );
            let file = clerk.get(&format!("/exceptions.csv?{list}")).await;
            let rows: Vec<&str> = file.text.lines().skip(1).collect();
            assert_eq!(rows.len(), 3, "{}", file.text);
            for (row, name) in rows.iter().zip(names) {
                assert!(row.contains(&format!("USD,{name},")), "{sort}: {row}");
            }
        }
    }
}

#[actix_web::test]
async fn an_amount_stays_though_its_currency_was_replaced_on_both_databases() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise_many(1).await[0];
        // The kuna, until the end of 2022.
        let changed = diesel::update(exceptions::table.find(id))
            .set((exceptions::currency.eq("HRK"), exceptions::amount.eq(123_456)))
            .execute(&mut app.intruder());
        assert_eq!(changed, Ok(1));
        let clerk = app.as_clerk().await;
        let list = clerk.get("/exceptions?tab=open").await;
        assert_eq!(list.find("table.q tbody td.n"), ["1,234.56 HRK"]);
        assert!(clerk.get(&format!("/exceptions/{id}")).await.says("1,234.56 HRK"));
        let file = clerk.get("/exceptions.csv?tab=open").await;
        assert!(file.text.contains("1234.56,HRK,"), "{}", file.text);
    }
}
