//! Where one is after an act, and what is told of it: the list and the page that one came from, the word about what was
//! done, one line for an act in the activity and the audit log in the words of people.

use std::{sync::Arc, time::Duration};

use docket::{auth::permission::Role, notifications::clock};

use crate::{
    harness::{
        TestApp, both,
        browser::{Answer, Browser},
    },
    money::returned,
    payments::Payments,
};

/// What stands behind the address of an exception that was opened from [`QUEUE`].
const LIST: &str = "?list=tab%3Dopen%26code%3DR01";
const QUEUE: &str = "/exceptions?tab=open&code=R01";

/// Where the first step of the way here leads.
fn crumb(page: &Answer) -> String {
    page.attribute(".crumbs li:first-child a", "href").remove(0)
}

/// A form below `page` leads back to it with its list, and by the first step to the list itself.
fn leads_back(form: &Answer, page: &str) {
    let steps = form.attribute(".crumbs a", "href");
    assert_eq!(
        steps,
        [QUEUE.to_owned(), format!("{page}{LIST}")],
        "{}",
        form.path
    );
    assert_eq!(
        form.attribute("main .foot a", "href"),
        [format!("{page}{LIST}")],
        "{}",
        form.path
    );
}

/// Where a form leads, as the server says it: with the part of the page that the browser then goes to.
async fn location(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> String {
    let token = browser.token().await;
    let client = reqwest::Client::builder()
        .cookie_provider(Arc::clone(&browser.jar))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let mut all = vec![("csrf_token", token.as_str())];
    all.extend(fields);
    let sent = client
        .post(format!("{}{path}", browser.url))
        .form(&all)
        .send()
        .await
        .unwrap();
    let to = sent.headers().get("location").unwrap();
    to.to_str().unwrap().to_owned()
}

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
    let list = "/exceptions?tab=open&sort=-amount&code=R01";
    assert_eq!(crumb(&manager.get(&row).await), list);
    // The parts of the activity keep it.
    let shown = manager.get(&row).await;
    let parts = shown.attribute(".parts a", "href");
    assert!(!parts.is_empty(), "{}", shown.text);
    for part in parts {
        let part = part.split('#').next().unwrap();
        assert_eq!(crumb(&manager.get(part).await), list, "{part}");
    }
    // Nothing leads elsewhere, whatever the address says.
    let page = format!("/exceptions/{id}");
    for other in ["", "?list=%2F%2Fevil.test", "?list=https%3A%2F%2Fevil.test"] {
        let shown = manager.get(&format!("{page}{other}")).await;
        assert_eq!(crumb(&shown), "/exceptions", "{other}");
    }
    // From its own page one is there again, without a list or with it.
    let assign = format!("{page}/assign");
    let me = app.member(Role::Manager).await.to_string();
    let taken = manager.submit(&assign, &assign, &[("assignee", &me)]).await;
    assert_eq!(taken.path, page);
    assert_eq!(taken.find("#flash"), ["Manager One has it now."]);
    let clerk = app.member(Role::Clerk).await.to_string();
    let (_, carried) = row.split_once('?').unwrap();
    let with_list = format!("{assign}?{carried}");
    let given = manager
        .submit(&with_list, &with_list, &[("assignee", &clerk)])
        .await;
    assert_eq!(given.path, row);
    assert_eq!(crumb(&given), list);
}

#[actix_web::test]
async fn what_is_done_by_a_row_of_a_narrowed_queue_leads_back_to_the_row() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise_many(3).await[1];
        let (page, assign) = (format!("/exceptions/{id}"), format!("/exceptions/{id}/assign"));
        let manager = app.as_manager().await;
        let (clerk, me) = (
            app.member(Role::Clerk).await.to_string(),
            app.member(Role::Manager).await.to_string(),
        );
        let rows = manager.get(QUEUE).await.attribute("table.q tbody tr", "id");
        assert_eq!(rows.len(), 3);
        let row = format!("e-{id}");
        assert!(rows.contains(&row), "{backend:?} {rows:?}");
        // As the key in the queue opens it. The Enter key sends what its first button sends, and that has no name.
        let form = manager.get(&format!("{assign}{LIST}&from=queue")).await;
        assert_eq!(crumb(&form), QUEUE);
        assert_eq!(
            form.attribute("main .foot a", "href"),
            [format!("{QUEUE}#{row}")],
            "who chooses nobody is there again too"
        );
        let button = "main .foot button:first-of-type";
        assert_eq!(form.attribute(button, "type"), ["submit"]);
        assert!(form.attribute(button, "name").is_empty() && form.attribute(button, "formaction").is_empty());
        let action = format!("{assign}{LIST}");
        // Also when it comes back once.
        let again = manager.submit_shown(&form, &action, &[("assignee", "")]).await;
        assert_eq!(again.status, 422);
        let given = manager
            .submit_shown(&again, &action, &[("assignee", &clerk)])
            .await;
        assert_eq!(given.path, QUEUE, "{backend:?}");
        assert_eq!(given.find("#flash"), ["Clerk One has it now. Open it"]);
        assert_eq!(given.attribute("#flash a", "href"), [format!("{page}{LIST}")]);
        assert_eq!(
            given.find(&format!("tr[id='{row}'] td:nth-child(6)")),
            ["Clerk One"]
        );
        let list = ("list", "tab=open&code=R01");
        let to = location(&manager, &action, &[list, ("assignee", &me)]).await;
        assert_eq!(to, format!("{QUEUE}#{row}"));
        // Nothing leads elsewhere, whatever the form says.
        let evil = ("list", "//evil.test/?tab=open");
        let to = location(&manager, &action, &[evil, ("assignee", &clerk)]).await;
        assert_eq!(to, format!("/exceptions#{row}"));
        // What somebody has is not taken: that is told beside its row.
        let to = location(&manager, &format!("{page}/claim"), &[("back", QUEUE)]).await;
        assert_eq!(to, format!("{QUEUE}#{row}"));
        // A list that has it no more is shown from its top.
        let unassigned = "/exceptions?tab=unassigned&code=R01";
        let shown = manager.get(unassigned).await;
        assert_eq!(shown.find("table.q tbody tr").len(), 2);
        assert!(shown.find(&format!("tr[id='{row}']")).is_empty());
    }
}

#[actix_web::test]
async fn a_resolution_keeps_the_list_through_its_preview() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let back = returned(&pay, 12_354, "R01", "2026-10-30").await;
        let page = format!("/exceptions/{}", back.exception);
        let clerk = app.as_clerk().await;
        let shown = clerk.get(&format!("{page}{LIST}")).await;
        let links = shown.attribute(".moves a[href*='type=RETRY']", "href");
        assert_eq!(links.len(), 1, "{}", shown.text);
        let form = clerk.get(&links[0]).await;
        assert_eq!(
            form.attribute("input[value=RETRY][checked]", "name"),
            ["resolution_type"]
        );
        leads_back(&form, &page);
        let action = format!("{page}/resolve{LIST}");
        let typed = |notes| {
            [
                ("resolution_type", "RETRY"),
                ("retry_date", "2026-11-04"),
                ("notes", notes),
            ]
        };
        let refused = clerk.submit_shown(&form, &action, &typed(" ")).await;
        assert_eq!(refused.status, 422, "{backend:?}");
        leads_back(&refused, &page);
        let preview = clerk
            .submit_shown(&refused, &action, &typed("Called the payer."))
            .await;
        assert_eq!(preview.find("h1"), ["Retry: what will happen"]);
        leads_back(&preview, &page);
        let edited = clerk.submit_shown(&preview, &action, &[("step", "edit")]).await;
        leads_back(&edited, &page);
        let done = clerk
            .submit_shown(&preview, &action, &[("step", "confirm")])
            .await;
        assert!(done.says("Resolved."), "{backend:?} {}", done.text);
        assert_eq!(done.path, format!("{page}{LIST}"));
        assert_eq!(crumb(&done), QUEUE);
    }
}

#[actix_web::test]
async fn every_form_of_an_exception_keeps_the_list_also_when_it_comes_back() {
    let app = TestApp::start().await;
    let manager = app.as_manager().await;
    let clerk = app.member(Role::Clerk).await.to_string();
    let because = ("reason", "The payer calls back");
    for (act, wrong, right) in [
        ("assign", ("assignee", ""), vec![("assignee", clerk.as_str())]),
        ("snooze", ("reason", " "), vec![("length", "TOMORROW"), because]),
        ("wait", ("reason", " "), vec![("party", "CUSTOMER"), because]),
        (
            "severity",
            ("reason", " "),
            vec![("severity", "CRITICAL"), because],
        ),
        ("dispatch", ("targetSystem", ""), vec![("targetSystem", "MANUAL")]),
    ] {
        let page = format!("/exceptions/{}", app.raise().await);
        let shown = manager.get(&format!("{page}{LIST}")).await;
        let action = format!("{page}/{act}{LIST}");
        assert_eq!(
            shown
                .attribute(&format!("aside a[href='{action}']"), "href")
                .len(),
            1,
            "{act}: {}",
            shown.text
        );
        let form = manager.get(&action).await;
        leads_back(&form, &page);
        let refused = manager.submit_shown(&form, &action, &[wrong]).await;
        assert_eq!(refused.status, 422, "{act}");
        leads_back(&refused, &page);
        // Somebody was quicker: what was typed can be done all the same.
        let stale: Vec<_> = right.iter().copied().chain([("version", "77")]).collect();
        let conflict = manager.submit_shown(&form, &action, &stale).await;
        assert_eq!(conflict.status, 409, "{act}");
        assert_eq!(conflict.attribute("main form", "action"), [action.as_str()]);
        assert_eq!(crumb(&conflict), QUEUE);
        let done = manager.submit_shown(&refused, &action, &right).await;
        assert_eq!(done.path, format!("{page}{LIST}"), "{act}: {}", done.text);
        assert_eq!(crumb(&done), QUEUE);
    }
    // Nothing leads elsewhere, whatever the address says.
    let snooze = format!("/exceptions/{}/snooze", app.raise().await);
    for other in [
        "?list=%2F%2Fevil.test",
        "?list=https%3A%2F%2Fevil.test%2F%3Ftab%3Dopen",
    ] {
        assert_eq!(
            crumb(&manager.get(&format!("{snooze}{other}")).await),
            "/exceptions"
        );
    }
}

#[actix_web::test]
async fn what_is_written_below_an_exception_keeps_the_list() {
    let app = TestApp::start().await;
    let (exception, _) = Payments::of(&app).await.with_exception().await;
    let page = format!("/exceptions/{exception}");
    let here = format!("{page}{LIST}");
    let clerk = app.as_clerk().await;
    let shown = clerk.get(&here).await;
    let comments = format!("{page}/comments{LIST}");
    let empty = clerk.submit_shown(&shown, &comments, &[("content", " ")]).await;
    assert_eq!((empty.status.as_u16(), crumb(&empty)), (422, QUEUE.to_owned()));
    let said = clerk
        .submit_shown(&empty, &comments, &[("content", "Called.")])
        .await;
    assert_eq!(said.path, here);
    // And so does the form that changes it.
    let edit = said.attribute(".line a[href^='/comments/']", "href").remove(0);
    let form = clerk.get(&edit).await;
    leads_back(&form, &page);
    let empty = clerk.submit_shown(&form, &edit, &[("content", " ")]).await;
    assert_eq!(empty.status, 422);
    leads_back(&empty, &page);
    let changed = clerk
        .submit_shown(&empty, &edit, &[("content", "Called again.")])
        .await;
    assert_eq!(changed.path, here);
    assert!(changed.says("Called again."));
    // A note too, new and changed.
    let notes = format!("{page}/notes{LIST}");
    let empty = clerk
        .submit_shown(&changed, &notes, &[("content_text", " ")])
        .await;
    assert_eq!(empty.status, 422);
    assert_eq!(empty.attribute("main .foot a", "href"), [here.as_str()]);
    let noted = clerk
        .submit_shown(&empty, &notes, &[("content_text", "One.")])
        .await;
    assert_eq!(noted.path, here);
    let edit = noted.attribute(".line a[href^='/notes/']", "href").remove(0);
    let form = clerk.get(&edit).await;
    assert_eq!(
        form.attribute("main .foot a", "href"),
        [format!("{here}#activity")]
    );
    let action = edit.split('?').next().unwrap();
    let changed = clerk
        .submit_shown(&form, action, &[("content_text", "Two.")])
        .await;
    assert_eq!(changed.path, here);
}

#[actix_web::test]
async fn two_comments_of_one_minute_are_told_apart_by_the_names_of_their_links() {
    let app = TestApp::start().await;
    let page = format!("/exceptions/{}", app.raise().await);
    let clerk = app.as_clerk().await;
    for text in ["Called.", "Called again."] {
        let comment = [("content", text)];
        clerk.submit(&page, &format!("{page}/comments"), &comment).await;
    }
    app.wait(1);
    let comment = [("content", "Called a third time.")];
    let shown = clerk.submit(&page, &format!("{page}/comments"), &comment).await;
    assert_eq!(
        shown.find(".line a.edit"),
        [
            "Edit the comment of 3 Nov 2026, 10:00, 1 of 2",
            "Edit the comment of 3 Nov 2026, 10:00, 2 of 2",
            "Edit the comment of 3 Nov 2026, 10:01"
        ]
    );
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
async fn the_audit_log_writes_what_the_clock_noticed_before_and_after_alike() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        let due = app.exception(id).await.due_at;
        app.clock
            .advance(due.since(app.clock.now()) + Duration::from_mins(1));
        clock::run(&app.app).await.unwrap();
        let log = app.as_owner().await.get("/settings/history?kind=DUE").await;
        let is = log.find("ins");
        let overdue = is.iter().find_map(|value| value.strip_prefix("Overdue: "));
        let overdue = overdue.unwrap_or_else(|| panic!("{backend:?} {is:?}"));
        assert!(overdue.contains(" Nov 2026, "), "{overdue}");
        assert!(
            log.find("del").contains(&format!("Due: {overdue}")),
            "{}",
            log.text
        );
        assert!(!log.says("OVERDUE"), "{}", log.text);
    }
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
