//! Saved queues; and that what one counts, lists and exports is the same.

use docket::{
    auth::permission::Role,
    exceptions::{
        aging,
        claim::claim,
        model::{Kind, Severity},
        severity,
        snooze::snooze,
    },
    kernel::{
        money::{Currency, Money},
        text::Reason,
    },
};
use proptest::{
    prelude::*,
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use crate::harness::{Browser, TestApp, both};

/// What the left column says below Queues: name and count.
async fn beside(browser: &Browser) -> Vec<String> {
    browser.get("/exceptions?tab=mine").await.find(".below a")
}

#[actix_web::test]
async fn a_queue_is_saved_named_ordered_shared_and_removed() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.raise_many(3).await;
        let (clerk, manager) = (app.as_clerk().await, app.as_manager().await);
        let list = clerk.get("/exceptions?tab=open&code=R01&after=junk").await;
        let form = list
            .attribute("a", "href")
            .into_iter()
            .find(|h| h.starts_with("/queues/new"))
            .unwrap();
        assert_eq!(form, "/queues/new?tab=open&code=R01");
        let empty = clerk.submit(&form, "/queues/new", &[("name", " ")]).await;
        assert_eq!(empty.status, 422);
        assert!(empty.says("A name is required."));
        let saved = clerk.submit(&form, "/queues/new", &[("name", "No funds")]).await;
        assert_eq!(saved.path, "/exceptions?tab=open&code=R01");
        assert_eq!(saved.find(".below a"), ["No funds 3"]);
        clerk
            .submit("/queues/new?code=R03", "/queues/new", &[("name", "No account")])
            .await;
        assert_eq!(beside(&clerk).await, ["No funds 3", "No account 0"]);
        assert!(beside(&manager).await.is_empty(), "one's own is nobody else's");
        // In another order.
        let queues = clerk.get("/queues").await;
        let ids: Vec<String> = queues
            .attribute("a", "href")
            .into_iter()
            .filter_map(|h| h.strip_prefix("/queues/").map(str::to_owned))
            .collect();
        // Where there is nowhere to go, there is no button.
        assert_eq!(queues.find("td form button"), ["No funds Down", "No account Up"]);
        let moved = clerk
            .submit("/queues", &format!("/queues/{}/move", ids[1]), &[("to", "up")])
            .await;
        assert!(moved.says("“No account” is now 1st of 2."), "{}", moved.text);
        let stays = clerk
            .submit("/queues", &format!("/queues/{}/move", ids[1]), &[("to", "up")])
            .await;
        assert!(stays.says("“No account” stays 1st of 2."), "{}", stays.text);
        assert_eq!(beside(&clerk).await, ["No account 0", "No funds 3"]);
        // Its page has its name; and every page leads to it.
        let own = clerk.get("/exceptions?tab=open&code=R01").await;
        assert_eq!(own.find("h1"), ["No funds"]);
        assert!(
            own.find("title")[0].starts_with("No funds"),
            "{:?}",
            own.find("title")
        );
        assert_eq!(
            clerk.get("/reviews").await.find(".below a"),
            ["No account 0", "No funds 3"]
        );
        assert_eq!(manager.get(&format!("/queues/{}", ids[0])).await.status, 404);
        // For everybody, by a supervisor alone.
        let token = clerk.token().await;
        let fields = [
            ("csrf_token", token.as_str()),
            ("name", "All"),
            ("shared", "1"),
            ("query", ""),
        ];
        assert_eq!(clerk.post("/queues/new", &fields).await.status, 403);
        manager
            .submit(
                "/queues/new?tab=unassigned",
                "/queues/new",
                &[("name", "Nobody's"), ("shared", "1")],
            )
            .await;
        assert_eq!(beside(&clerk).await, ["Nobody's 3", "No account 0", "No funds 3"]);
        assert_eq!(
            app.as_stranger(Role::Owner)
                .await
                .get("/exceptions?tab=mine")
                .await
                .find(".below a")
                .len(),
            0
        );
        // A role begins there.
        let shared = manager.get("/queues").await;
        let id = shared
            .attribute("#role-CLERK option:nth-child(2)", "value")
            .remove(0);
        let done = manager
            .submit_shown(&shared, "/queues/defaults", &[("CLERK", &id)])
            .await;
        assert!(done.says("Each role begins where you said."), "{}", done.text);
        assert_eq!(clerk.get("/exceptions").await.path, "/exceptions?tab=unassigned");
        assert_eq!(manager.get("/exceptions").await.path, "/exceptions");
        // Renamed and removed.
        let page = format!("/queues/{id}");
        let renamed = manager
            .submit(&page, &page, &[("name", "Free"), ("shared", "1")])
            .await;
        assert!(renamed.says("“Free” is saved."), "{}", renamed.text);
        let stale = manager
            .post(
                &page,
                &[
                    ("csrf_token", manager.token().await.as_str()),
                    ("name", "Old"),
                    ("version", "1"),
                ],
            )
            .await;
        assert_eq!(stale.status, 409);
        manager.submit(&page, &format!("{page}/delete"), &[]).await;
        assert_eq!(beside(&clerk).await, ["No account 0", "No funds 3"]);
        assert_eq!(clerk.get("/exceptions").await.path, "/exceptions", "{backend:?}");
    }
}

#[actix_web::test]
async fn a_name_is_there_once_for_everybody_and_once_for_each_person() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let (clerk, manager) = (app.as_clerk().await, app.as_manager().await);
        let new = "/queues/new";
        let again = "A queue of yours is called “Late” already: give another name.";
        clerk
            .submit("/queues/new?tab=overdue", new, &[("name", "Late")])
            .await;
        let refused = clerk
            .submit("/queues/new?code=R03", new, &[("name", "LATE")])
            .await;
        assert_eq!(refused.status, 422, "{backend:?}");
        assert!(refused.says(again), "{}", refused.text);
        assert_eq!(refused.attribute("#name", "value"), ["LATE"]);
        // Another person's is another, and so is one for everybody.
        manager
            .submit("/queues/new?tab=overdue", new, &[("name", "Late")])
            .await;
        let shared = [("name", "late"), ("shared", "1")];
        let done = manager.submit("/queues/new?tab=overdue", new, &shared).await;
        assert!(done.says("“late” is saved."), "{}", done.text);
        let refused = manager.submit("/queues/new?code=R01", new, &shared).await;
        assert_eq!(refused.status, 422);
        assert!(
            refused.says("A queue that everybody sees is called “late” already"),
            "{}",
            refused.text
        );
        // Nor does one get the name of another later; its own it keeps.
        clerk
            .submit("/queues/new?code=R03", new, &[("name", "Other")])
            .await;
        let links = clerk.get("/queues").await.attribute("td a.btn", "href");
        let refused = clerk.submit(&links[1], &links[1], &[("name", "late")]).await;
        assert_eq!(refused.status, 422, "{backend:?}");
        assert!(refused.says(again), "{}", refused.text);
        let kept = clerk.submit(&links[0], &links[0], &[("name", "LATE")]).await;
        assert!(kept.says("“LATE” is saved."), "{}", kept.text);
    }
}

/// A hundred exceptions of all sorts.
pub async fn mixed(app: &TestApp) {
    let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
    for n in 0..120_i64 {
        let mut new = app.a_return();
        new.amount = Some(Money::new(n * n * 731, Currency::USD));
        new.code = ["R01", "R03", "R29"]
            .get(usize::try_from(n % 3).unwrap())
            .map(|c| (*c).to_owned());
        if n % 7 == 0 {
            new.kind = Kind::Reconciliation;
            new.code = None;
        }
        new.party = format!("=Party {n}");
        app.clock.advance(std::time::Duration::from_mins(20));
        let id = app.raise_as(new).await;
        let (clerk, manager) = (clerk.clone(), manager.clone());
        app.app
            .db
            .write(app.account, move |tx| {
                let why = Reason::parse("Why").unwrap();
                if n % 4 == 0 {
                    claim(tx, &clerk, id)?;
                }
                if n % 5 == 0 {
                    severity::set(tx, &manager, id, Severity::Critical, &why, None)?;
                }
                if n % 11 == 0 {
                    let until = tx.now.plus(std::time::Duration::from_hours(400));
                    snooze(tx, &manager, id, until, &why, None)?;
                }
                Ok(())
            })
            .await
            .unwrap();
        if n % 6 == 0 {
            app.close(id, Role::Manager).await;
        }
    }
    // What has come of age rises now, and not while somebody looks.
    for _ in 0..3 {
        aging::run(&app.app).await.unwrap();
    }
}

/// Addresses of queues at random.
pub fn filters() -> impl Strategy<Value = String> {
    let part = |name: &'static str, values: &'static [&'static str]| {
        prop::option::weighted(0.3, prop::sample::select(values))
            .prop_map(move |v| v.map(|v| format!("{name}={v}")))
    };
    (
        prop::sample::select(
            &[
                "mine",
                "unassigned",
                "open",
                "soon",
                "overdue",
                "waiting",
                "snoozed",
                "resolved",
                "all",
            ][..],
        ),
        prop::sample::select(
            &[
                "",
                "due",
                "-due",
                "amount",
                "-amount",
                "severity",
                "-created",
                "updated",
                "exception",
                "-party",
                "status",
                "assignee",
            ][..],
        ),
        part("type", &["ACH_RETURN", "RECONCILIATION"]),
        part("code", &["R01", "R03", "r29", "R01,r03", "NONE"]),
        part("severity", &["LOW", "MEDIUM", "HIGH", "CRITICAL"]),
        part("status", &["NEW", "IN_PROGRESS", "RESOLVED"]),
        part("assignee", &["UNASSIGNED"]),
        part("amount_from", &["10", "1,000.00"]),
        part("amount_to", &["5000", "100000"]),
        (
            part("created_from", &["2026-11-03", "2026-11-04"]),
            part("created_to", &["2026-11-04"]),
            part("text", &["party", "party+7", "insufficient", "nowhere"]),
            part("resolved_from", &["2026-11-03", "2026-11-04"]),
            part("resolved_to", &["2026-11-04"]),
            part("in_time", &["yes", "no"]),
        ),
    )
        .prop_map(|(tab, sort, a, b, c, d, e, f, g, (h, i, j, k, l, m))| {
            let mut query = format!("tab={tab}");
            if !sort.is_empty() {
                query = format!("{query}&sort={sort}");
            }
            for part in [a, b, c, d, e, f, g, h, i, j, k, l, m].into_iter().flatten() {
                query = format!("{query}&{part}");
            }
            query
        })
}

/// The exceptions of a list, page by page, and the total that its pages tell.
pub async fn listed(browser: &Browser, query: &str) -> (Vec<String>, String) {
    let mut ids = Vec::new();
    let mut next = Some(format!("/exceptions?{query}"));
    let mut total = String::from("0");
    while let Some(address) = next {
        let page = browser.get(&address).await;
        assert_eq!(page.status, 200, "{address}");
        ids.extend(
            page.attribute("table.q tbody a", "href")
                .into_iter()
                .map(|h| h.split(['/', '?']).nth(2).unwrap().to_owned()),
        );
        if let Some(shown) = page.find(".pager p").first() {
            shown.rsplit(' ').next().unwrap().clone_into(&mut total);
        }
        next = page.attribute("a[rel=next]", "href").pop();
    }
    (ids, total)
}

#[actix_web::test]
async fn the_count_of_a_saved_queue_its_rows_and_its_export_agree() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        mixed(&app).await;
        let clerk = app.as_clerk().await;
        let mut runner = TestRunner::deterministic();
        let mut not_empty = 0;
        for _ in 0..60 {
            let query = filters().new_tree(&mut runner).unwrap().current();
            let (rows, total) = listed(&clerk, &query).await;
            assert_eq!(total, rows.len().to_string(), "{backend:?} {query}");
            let export = clerk.get(&format!("/exceptions.csv?{query}")).await.text;
            let exported: Vec<&str> = export
                .lines()
                .skip(1)
                .map(|l| l.split(',').next().unwrap())
                .collect();
            assert_eq!(exported, rows, "{backend:?} {query}");
            let saved = clerk
                .submit(&format!("/queues/new?{query}"), "/queues/new", &[("name", "Q")])
                .await;
            assert_eq!(
                saved.find(".below a"),
                [format!("Q {total}")],
                "{backend:?} {query}"
            );
            assert_eq!(
                listed(&clerk, saved.path.split_once('?').unwrap().1).await.0,
                rows
            );
            let id = clerk.get("/queues").await.attribute("td a.btn", "href").remove(0);
            clerk.submit(&id, &format!("{id}/delete"), &[]).await;
            not_empty += usize::from(!rows.is_empty());
        }
        assert!(not_empty > 10, "only {not_empty} filters found anything");
    }
}

#[actix_web::test]
async fn an_export_is_safe_in_a_spreadsheet_and_refuses_what_it_cannot_read() {
    let app = TestApp::start().await;
    let mut evil = app.a_return();
    evil.party = "=HYPERLINK(1)".into();
    app.raise_as(evil).await;
    let clerk = app.as_clerk().await;
    let csv = clerk.get("/exceptions.csv?tab=open").await;
    assert!(
        csv.text.contains("'=HYPERLINK(1)") && csv.text.contains(",123.54,USD,"),
        "{}",
        csv.text
    );
    assert_eq!(
        csv.headers["content-disposition"],
        "attachment; filename=\"exceptions.csv\""
    );
    let book = clerk
        .client
        .get(format!("{}/exceptions.xlsx?tab=open", clerk.url))
        .send()
        .await
        .unwrap();
    assert_eq!(book.status(), 200);
    let bytes = book.bytes().await.unwrap();
    assert!(bytes.starts_with(b"PK") && bytes.len() > 1_000);
    assert_eq!(clerk.get("/exceptions.csv?amount_from=much").await.status, 422);
    assert_eq!(
        app.as_nobody()
            .get("/exceptions.csv")
            .await
            .path
            .split('?')
            .next(),
        Some("/login")
    );
}
