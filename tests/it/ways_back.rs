//! Where one is after an act, and what is told of it: the list and the page that one came from, the word about what was
//! done, one line for an act in the activity and the audit log in the words of people.

use docket::auth::permission::Role;

use crate::{
    harness::{TestApp, both, browser::Answer},
    payments::Payments,
};

/// The entries of an activity, without how long ago.
fn entries(page: &Answer) -> Vec<String> {
    let all = page.find("ol.line li p");
    all.iter().map(|e| e.replace(" just now", "")).collect()
}

#[actix_web::test]
async fn the_way_back_leads_to_the_queue_that_an_exception_was_opened_from() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let manager = app.as_manager().await;
    let queue = manager.get("/exceptions?tab=open&code=R01&sort=-amount").await;
    let row = queue.attribute("table.q tbody a", "href").remove(0);
    let crumb = |page: &Answer| page.attribute(".crumbs li:first-child a", "href").remove(0);
    let list = "/exceptions?tab=open&sort=-amount&code=R01";
    assert_eq!(crumb(&manager.get(&row).await), list);
    // The parts of the activity keep it.
    let shown = manager.get(&row).await;
    for part in shown.attribute(".parts a", "href") {
        let part = part.split('#').next().unwrap();
        assert_eq!(crumb(&manager.get(part).await), list, "{part}");
    }
    // Nothing leads elsewhere, whatever the address says.
    let page = format!("/exceptions/{id}");
    for other in ["", "?list=%2F%2Fevil.test", "?list=https%3A%2F%2Fevil.test"] {
        let shown = manager.get(&format!("{page}{other}")).await;
        assert_eq!(crumb(&shown), "/exceptions", "{other}");
    }
    // Given away from the queue, one is in the queue again; from its own page, there.
    let clerk = app.member(Role::Clerk).await.to_string();
    let assign = format!("{page}/assign");
    let (_, carried) = row.split_once('?').unwrap();
    let form = manager.get(&format!("{assign}?{carried}")).await;
    assert_eq!(crumb(&form), list);
    let given = manager
        .submit_shown(&form, &assign, &[("assignee", &clerk)])
        .await;
    assert_eq!(given.path, list);
    assert_eq!(given.find("#flash"), ["Clerk One has it now. Open it"]);
    let me = app.member(Role::Manager).await.to_string();
    let taken = manager.submit(&assign, &assign, &[("assignee", &me)]).await;
    assert_eq!(taken.path, page);
    assert_eq!(taken.find("#flash"), ["Manager One has it now."]);
}

#[actix_web::test]
async fn a_note_that_was_opened_from_an_exception_leads_back_to_it() {
    let app = TestApp::start().await;
    let (exception, payment) = Payments::of(&app).await.with_exception().await;
    let page = format!("/exceptions/{exception}");
    let clerk = app.as_clerk().await;
    let written = clerk
        .submit(&page, &format!("{page}/notes"), &[("content_text", "One.")])
        .await;
    let edit = written.attribute("a[href^='/notes/']", "href").remove(0);
    assert_eq!(
        written.find("a[href^='/notes/']"),
        ["Edit the note of 3 Nov 2026, 10:00"]
    );
    let action = edit.split('?').next().unwrap();
    let form = clerk.get(&edit).await;
    assert_eq!(form.attribute(".foot a", "href"), [format!("{page}#activity")]);
    let empty = clerk.submit_shown(&form, action, &[("content_text", " ")]).await;
    assert_eq!(empty.status, 422);
    let changed = clerk
        .submit_shown(&empty, action, &[("content_text", "Two.")])
        .await;
    assert_eq!(changed.path, page);
    assert!(changed.says("The note is changed.") && changed.says("Two."));
    // Elsewhere than in Docket it leads nowhere.
    for other in ["//evil.test", "https://evil.test/", "/\\evil.test"] {
        let query = serde_urlencoded::to_string([("back", other)]).unwrap();
        let form = clerk.get(&format!("{action}?{query}")).await;
        let home = format!("/transactions/{payment}");
        assert_eq!(form.attribute(".foot a", "href"), [format!("{home}#notes")]);
        let fields = [("content_text", "Three."), ("back", other)];
        let changed = clerk.submit_shown(&form, action, &fields).await;
        assert_eq!(changed.path, home, "{other}");
    }
}

#[actix_web::test]
async fn an_act_is_one_line_of_the_activity() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let page = format!("/exceptions/{}", app.raise().await);
        let clerk = app.as_clerk().await;
        let taken = clerk.submit(&page, &format!("{page}/claim"), &[]).await;
        assert_eq!(
            entries(&taken)[1..],
            ["Clerk One took it; it went from New to In progress"],
            "{backend:?}"
        );
        let comment = [("content", "Called.")];
        let said = clerk.submit(&page, &format!("{page}/comments"), &comment).await;
        assert_eq!(
            said.find(".line a.edit"),
            ["Edit the comment of 3 Nov 2026, 10:00"]
        );
        app.wait(1);
        let resolve = format!("{page}/resolve");
        let fields = [
            ("resolution_type", "NO_ACTION"),
            ("reason", "Paid"),
            ("notes", "Done."),
        ];
        let done = clerk.submit(&resolve, &resolve, &fields).await;
        let last = entries(&done).pop().unwrap();
        assert_eq!(
            last,
            "Clerk One resolved it: No action. Nothing else changes. Reason: “Paid”. It went from In progress to Resolved",
            "{backend:?}"
        );
        // It is under each part that it is of.
        for part in ["changes", "decisions"] {
            let shown = clerk.get(&format!("{page}?activity={part}")).await;
            assert_eq!(entries(&shown).pop().unwrap(), last, "{part}");
        }
    }
}

#[actix_web::test]
async fn what_was_done_is_said_first_in_the_content_and_can_have_the_focus() {
    let app = TestApp::start().await;
    let page = format!("/exceptions/{}", app.raise().await);
    let clerk = app.as_clerk().await;
    let before = clerk.get(&page).await;
    assert!(before.attribute("main > #flash", "tabindex").is_empty());
    let taken = clerk.submit(&page, &format!("{page}/claim"), &[]).await;
    assert_eq!(taken.find("main > :first-child"), ["You have it now."]);
    assert_eq!(taken.attribute("main > #flash", "tabindex"), ["-1"]);
    assert_eq!(taken.attribute("main > #flash", "role"), ["status"]);
}

#[actix_web::test]
async fn many_people_can_be_narrowed_and_few_are_seen_at_a_glance() {
    let app = TestApp::start().await;
    let assign = format!("/exceptions/{}/assign", app.raise().await);
    let manager = app.as_manager().await;
    assert!(manager.get(&assign).await.find("[data-narrow]").is_empty());
    let clerk = app.member(Role::Clerk).await.to_string();
    let new = "/settings/teams/new";
    for name in ["One", "Two", "Three", "Four", "Five", "Six", "Seven"] {
        let fields = [("name", name), ("member[]", clerk.as_str())];
        manager.submit(new, new, &fields).await;
    }
    let shown = manager.get(&assign).await;
    assert_eq!(shown.find("label[for=narrow]"), ["Find somebody"]);
    // It only narrows: it has no name, so nothing of it is sent.
    assert!(shown.attribute("[data-narrow]", "name").is_empty());
}

#[actix_web::test]
async fn the_audit_log_writes_times_and_names_as_other_pages_do() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let (one, other) = (app.raise().await, app.raise().await);
        let page = format!("/exceptions/{one}");
        let clerk = app.as_clerk().await;
        let snooze = format!("{page}/snooze");
        let fields = [("length", "TOMORROW"), ("reason", "The payer calls back")];
        clerk.submit(&snooze, &snooze, &fields).await;
        clerk.submit(&page, &format!("{page}/wake"), &[]).await;
        let other = other.to_string();
        let fields = [("other", other.as_str()), ("kind", "RELATED")];
        clerk.submit(&page, &format!("{page}/links"), &fields).await;
        let owner = app.as_owner().await;
        let log = owner.get("/settings/history?kind=SNOOZE").await;
        assert_eq!(log.find("ins"), ["4 Nov 2026, 09:00"], "{backend:?}");
        assert_eq!(log.find("del"), ["4 Nov 2026, 09:00"]);
        assert!(!log.says("T14:00"), "{}", log.text);
        let log = owner.get("/settings/history?kind=EDIT").await;
        let names = log.find("ins");
        let named = |name: &&String| name.starts_with("R01 Insufficient Funds");
        assert_eq!(names.iter().filter(named).count(), 2, "{backend:?} {names:?}");
        assert!(!log.says(&other), "{}", log.text);
        // It has one name.
        let named = log.find(".nav a[href='/settings/history'], h1");
        assert_eq!(named, ["Audit log", "Audit log"]);
    }
}
