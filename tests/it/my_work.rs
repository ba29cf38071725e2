//! My work: each part is the beginning of a queue and leads to it, whatever there is more of.

use docket::{
    auth::permission::Role,
    exceptions::{
        claim::claim,
        model::Party,
        reopen::reopen,
        resolution::{How, resolve},
        waiting::{Wait, wait},
    },
    kernel::{
        id::ExceptionId,
        text::{Reason, ResolutionNotes},
    },
};

use crate::harness::{Backend, TestApp, both, browser::Answer};

/// The exceptions that a part shows.
fn shown(page: &Answer, part: &str) -> Vec<String> {
    page.attribute(&format!("section[aria-labelledby=part-{part}] tbody a"), "href")
}

async fn claimed(app: &TestApp, ids: &[ExceptionId]) {
    let clerk = app.actor(Role::Clerk).await;
    for id in ids.iter().copied() {
        let who = clerk.clone();
        app.app
            .db
            .write(app.account, move |tx| claim(tx, &who, id))
            .await
            .unwrap();
    }
}

async fn resolved(app: &TestApp, id: ExceptionId) {
    let clerk = app.actor(Role::Clerk).await;
    app.app
        .db
        .write(app.account, move |tx| {
            let how = How::NoAction(Reason::parse("Paid in the meantime").unwrap());
            let notes = ResolutionNotes::parse("Called the payer.").unwrap();
            resolve(tx, &clerk, id, &how, &notes, None)
        })
        .await
        .unwrap();
}

async fn came_back(app: &TestApp, ids: &[ExceptionId]) {
    let manager = app.actor(Role::Manager).await;
    for id in ids.iter().copied() {
        resolved(app, id).await;
        let supervisor = manager.clone();
        app.app
            .db
            .write(app.account, move |tx| {
                reopen(tx, &supervisor, id, &Reason::parse("Call again").unwrap(), None)
            })
            .await
            .unwrap();
    }
}

async fn parts(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let back = app.raise_many(12).await;
    let going = app.raise_many(55).await;
    let outside = app.raise_many(2).await;
    let free = app.raise_many(3).await;
    claimed(&app, &back).await;
    came_back(&app, &back).await;
    claimed(&app, &going).await;
    claimed(&app, &outside).await;
    let clerk = app.actor(Role::Clerk).await;
    for id in [outside[0], outside[1], free[0]] {
        let who = clerk.clone();
        let asked = || Wait {
            party: Party::Customer,
            reason: Reason::parse("Asked for a check").unwrap(),
            until: None,
            told: None,
        };
        app.app
            .db
            .write(app.account, move |tx| wait(tx, &who, id, &asked(), None))
            .await
            .unwrap();
    }
    let browser = app.as_clerk().await;
    let page = browser.get("/").await;
    assert_eq!(shown(&page, "mine").len(), 10, "{}", page.text);
    assert_eq!(shown(&page, "back").len(), 10, "also those behind fifty others");
    assert_eq!(shown(&page, "waits").len(), 2);
    assert_eq!(
        shown(&page, "urgent").len(),
        2,
        "what waits for somebody outside is not to be taken"
    );
    // Each part leads to its queue, which has the rest.
    for (part, expected) in [("mine", 50), ("back", 12), ("waits", 3), ("urgent", 3)] {
        let link = format!("section[aria-labelledby=part-{part}] .h a");
        let queue = browser.get(&page.attribute(&link, "href")[0]).await;
        let rows = queue.find("table tbody tr").len();
        // What nobody has and waits is under waiting too, but not mine.
        let expected = if part == "waits" { 2 } else { expected };
        assert_eq!(rows, expected, "{part} on {backend:?}: {}", queue.text);
    }
}

#[actix_web::test]
async fn each_part_is_the_beginning_of_a_queue_on_both_databases() {
    for backend in both() {
        parts(backend).await;
    }
}

#[actix_web::test]
async fn what_one_has_that_was_resolved_today_is_counted_and_leads_to_its_rows() {
    let app = TestApp::start().await;
    let ids = app.raise_many(3).await;
    claimed(&app, &ids).await;
    resolved(&app, ids[0]).await;
    // It is theirs, though a supervisor resolves it.
    app.close(ids[1], Role::Manager).await;
    let browser = app.as_clerk().await;
    let today = browser.get("/").await;
    let tile = "a[href*=resolved_from]";
    let told = today.find(tile).remove(0);
    assert!(
        told.contains('2') && told.contains("Mine, resolved today"),
        "{}",
        today.text
    );
    let rows = browser.get(&today.attribute(tile, "href")[0]).await;
    assert_eq!(rows.find("table tbody tr").len(), 2, "{}", rows.text);
    // On the next day it begins anew.
    app.at("2026-11-04T15:00:00Z");
    let browser = app.as_clerk().await;
    assert!(browser.get("/").await.find(tile)[0].contains('0'));
}

#[actix_web::test]
async fn a_review_tells_the_status_that_the_exception_had_then() {
    for (backend, was_back, before) in both()
        .into_iter()
        .flat_map(|b| [(b, false, "In progress"), (b, true, "Reopened")])
    {
        let app = TestApp::start_on(backend).await;
        let mut new = app.a_return();
        new.code = Some("R03".into()); // HIGH: the policy asks for a review
        let id = app.raise_as(new).await;
        claimed(&app, &[id]).await;
        if was_back {
            came_back(&app, &[id]).await;
        }
        resolved(&app, id).await;
        let manager = app.as_manager().await;
        let list = manager.get("/reviews").await;
        let review = list.attribute("table.list tbody a", "href").remove(0);
        let page = manager.get(&review).await;
        let diff = page.find("main table").join(" ");
        assert!(diff.contains(before) && diff.contains("Resolved"), "{diff}");
    }
}

#[actix_web::test]
async fn how_many_there_are_to_review_is_told_who_may_review_them() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        for role in [Role::Clerk, Role::Clerk, Role::Manager] {
            let mut new = app.a_return();
            new.code = Some("R03".into()); // HIGH: the policy asks for a review
            let id = app.raise_as(new).await;
            app.close(id, role).await;
        }
        let told = async |role| {
            let tiles = app
                .sign_in(role)
                .await
                .get("/")
                .await
                .find("a.tile[href='/reviews?tab=for-me']");
            tiles.join(" ").split_whitespace().next().map(str::to_owned)
        };
        assert!(told(Role::Clerk).await.is_none(), "{backend:?}");
        assert!(told(Role::ViewOnly).await.is_none(), "{backend:?}");
        // Nobody reviews what they resolved themselves.
        let of_manager = told(Role::Manager).await.unwrap();
        assert!(of_manager.starts_with('2'), "{backend:?} {of_manager}");
        let of_owner = told(Role::Owner).await.unwrap();
        assert!(of_owner.starts_with('3'), "{backend:?} {of_owner}");
        // The number leads to as many rows, and the tab behind it says the same; the list of all has one's own too.
        for (role, mine) in [(Role::Manager, "2"), (Role::Owner, "3")] {
            let browser = app.sign_in(role).await;
            let shown = browser.get("/reviews?tab=for-me").await;
            assert_eq!(
                shown.find(".tabs a[aria-current]"),
                [format!("For me to review {mine}")]
            );
            assert_eq!(
                shown.find("table.list tbody tr").len().to_string(),
                mine,
                "{backend:?} {role}"
            );
            assert!(shown.find("table.list tbody tr.off").is_empty(), "{}", shown.text);
            let all = browser.get("/reviews").await;
            assert_eq!(all.find("table.list tbody tr").len(), 3, "{backend:?} {role}");
            assert_eq!(all.find(".tabs a[aria-current]"), ["Waiting 3"]);
        }
        // Whoever reviews nothing has no such tab.
        let clerk = app.as_clerk().await.get("/reviews?tab=for-me").await;
        assert_eq!(clerk.find(".tabs a[aria-current]"), ["Waiting 3"]);
        assert!(!clerk.says("For me to review"), "{}", clerk.text);
    }
}
