//! Forms that come too late, twice or wrong: nothing that was typed is lost, and nothing is done twice.

use docket::{auth::permission::Role, exceptions::assign::assign, kernel::id::ExceptionId};

use crate::harness::{Browser, TestApp, both, browser::Answer};

async fn give(app: &TestApp, role: Role, id: ExceptionId, to: Role) {
    let (actor, to) = (app.actor(role).await, app.member(to).await);
    app.app
        .db
        .write(app.account, move |tx| assign(tx, &actor, id, to, None))
        .await
        .unwrap();
}

/// What the page of a conflict has in its last column.
fn yours(shown: &Answer, label: &str) -> String {
    assert_eq!(shown.status, 409, "{}", shown.text);
    let at = shown.find("tbody th").iter().position(|l| l == label);
    let at = at.unwrap_or_else(|| panic!("no row {label}: {}", shown.text));
    shown.find("td[data-l=Yours]").remove(at)
}

#[actix_web::test]
async fn a_resolve_form_that_is_not_finished_is_not_lost_when_somebody_else_has_it_by_then() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        let resolve = format!("/exceptions/{id}/resolve");
        let clerk = app.as_clerk().await;
        let shown = clerk.get(&resolve).await;
        app.take(id, Role::Finance).await;
        for more in [("notes", ""), ("step", "find"), ("step", "edit")] {
            let fields = [
                ("resolution_type", "NO_ACTION"),
                ("reason", "typed with care"),
                more,
            ];
            let told = clerk.submit_shown(&shown, &resolve, &fields).await;
            assert_eq!(
                yours(&told, "Your text"),
                "typed with care",
                "{backend:?} {more:?}"
            );
            assert!(told.says("Finance One has it."), "{}", told.text);
            assert_eq!(
                told.attribute("input[name=reason]", "value"),
                ["typed with care"],
                "{more:?}"
            );
            assert_eq!(told.attribute("input[name=idempotency_key]", "value").len(), 1);
        }
    }
}

#[actix_web::test]
async fn forms_that_are_late_and_wrong_at_once_come_back_with_all_that_was_typed() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        let page = format!("/exceptions/{id}");
        let clerk = app.as_clerk().await;
        let forms = ["wait", "dispatch", "snooze"].map(|act| format!("{page}/{act}"));
        let mut shown = Vec::new();
        for form in &forms {
            shown.push(clerk.get(form).await);
        }
        app.take(id, Role::Finance).await;
        let fields = [("party", "BANK"), ("reason", ""), ("until", "2026-12-01T10:00")];
        let told = clerk.submit_shown(&shown[0], &forms[0], &fields).await;
        assert_eq!(yours(&told, "Waits for"), "A bank", "{backend:?}");
        assert_eq!(yours(&told, "Goes on by itself at"), "2026-12-01 10:00");
        assert!(told.says("Finance One has it."));
        let fields = [("targetSystem", ""), ("queue", "Ops desk")];
        let told = clerk.submit_shown(&shown[1], &forms[1], &fields).await;
        assert_eq!(yours(&told, "Queue there"), "Ops desk");
        let fields = [("length", "WEEK"), ("until", "abc"), ("reason", "They call back")];
        let told = clerk.submit_shown(&shown[2], &forms[2], &fields).await;
        assert_eq!(yours(&told, "Snooze"), "abc");
        assert_eq!(yours(&told, "Your text"), "They call back");
    }
}

#[actix_web::test]
async fn the_page_of_a_conflict_tells_everything_that_was_wanted() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        let page = format!("/exceptions/{id}");
        let manager = app.as_manager().await;
        let form = |act: &str| format!("{page}/{act}");
        let mut shown = Vec::new();
        for act in ["severity", "snooze", "wait", "assign", "resolve"] {
            shown.push(manager.get(&form(act)).await);
        }
        app.take(id, Role::Finance).await;
        let clerk = app.member(Role::Clerk).await.to_string();
        let fields = [("severity", "LOW"), ("reason", "Small")];
        let told = manager.submit_shown(&shown[0], &form("severity"), &fields).await;
        assert_eq!(yours(&told, "Severity"), "Low", "{backend:?}");
        assert_eq!(yours(&told, "Status"), "unchanged");
        let fields = [("length", "WEEK"), ("reason", "Later")];
        let told = manager.submit_shown(&shown[1], &form("snooze"), &fields).await;
        assert_eq!(yours(&told, "Snooze"), "For a week");
        let fields = [("party", "CUSTOMER"), ("reason", "Number"), ("told", &clerk)];
        let told = manager.submit_shown(&shown[2], &form("wait"), &fields).await;
        assert_eq!(yours(&told, "Waits for"), "The customer");
        assert_eq!(yours(&told, "Who is told then"), "Clerk One");
        let told = manager
            .submit_shown(&shown[3], &form("assign"), &[("assignee", &clerk)])
            .await;
        assert_eq!(yours(&told, "Assignee"), "Clerk One");
        let fields = [
            ("resolution_type", "ADJUST_ENTRY"),
            ("reason_code", "AMOUNT_CORRECTION"),
            ("amount", "12.50"),
            ("currency", "USD"),
            ("direction", "DEBIT"),
            ("effective_at", "2026-11-03"),
            ("retry_date", "2026-11-04"),
            ("notes", "Counted again."),
        ];
        let told = manager.submit_shown(&shown[4], &form("resolve"), &fields).await;
        for (label, value) in [
            ("Status", "Resolved"),
            ("Resolution", "Adjust entry"),
            ("What is corrected", "Amount correction"),
            ("Amount", "12.50"),
            ("Direction", "Debit"),
            ("Effective date", "2026-11-03"),
            ("Your text", "Counted again."),
        ] {
            assert_eq!(yours(&told, label), value, "{label}");
        }
        // What belongs to another way to resolve was not chosen.
        assert!(!told.says("Send it on"), "{}", told.text);
    }
}

#[actix_web::test]
async fn what_was_done_meanwhile_ends_with_one_full_stop() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let form = format!("/exceptions/{id}/snooze");
    let clerk = app.as_clerk().await;
    let shown = clerk.get(&form).await;
    app.close(id, Role::Clerk).await;
    let fields = [("length", "WEEK"), ("reason", "Later")];
    let told = clerk.submit_shown(&shown, &form, &fields).await;
    assert_eq!(told.status, 409, "{}", told.text);
    assert!(!told.says(".."), "{}", told.text);
}

#[actix_web::test]
async fn a_time_of_ones_own_is_taken_and_a_wrong_one_is_told_at_its_field() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let form = format!("/exceptions/{id}/snooze");
    let clerk = app.as_clerk().await;
    for (wrong, why) in [
        ("2020-01-01", "Give a day and a time such as"),
        ("2099", "Give a day and a time such as"),
        ("abc", "Give a day and a time such as"),
        ("2020-01-01T09:00", "Give a time that is still to come."),
    ] {
        let fields = [("length", "TOMORROW"), ("until", wrong), ("reason", "Later")];
        let told = clerk.submit(&form, &form, &fields).await;
        assert!(told.status == 422 && told.says(why), "{wrong}: {}", told.text);
        assert_eq!(told.attribute("#until", "value"), [wrong]);
        assert_eq!(told.attribute("#until", "aria-invalid"), ["true"]);
        assert_eq!(told.find("textarea[name=reason]"), ["Later"]);
    }
    assert_eq!(app.exception(id).await.snoozed_until, None);
    let fields = [
        ("length", "TOMORROW"),
        ("until", "2026-12-01 10:00"),
        ("reason", "Later"),
    ];
    let done = clerk.submit(&form, &form, &fields).await;
    assert!(done.says("Snoozed until 1 Dec 2026, 10:00."), "{}", done.text);
}

#[actix_web::test]
async fn a_comment_that_is_sent_twice_is_there_once() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        let page = format!("/exceptions/{id}");
        let comments = format!("{page}/comments");
        let clerk = app.as_clerk().await;
        let shown = clerk.get(&page).await;
        for _ in 0..2 {
            let fields = [("content", "Called them.")];
            let done = clerk.submit_shown(&shown, &comments, &fields).await;
            assert!(done.says("Your comment is added."), "{backend:?}: {}", done.text);
            assert_eq!(done.find(".said"), ["Called them."]);
        }
        // Another text is another comment, also from the same page; so is the same text from a later one.
        clerk
            .submit_shown(&shown, &comments, &[("content", "No answer.")])
            .await;
        let done = clerk
            .submit(&page, &comments, &[("content", "Called them.")])
            .await;
        // They are of one moment: their order is open.
        let mut said = done.find(".said");
        said.sort_unstable();
        assert_eq!(
            said,
            ["Called them.", "Called them.", "No answer."],
            "{backend:?}"
        );
    }
}

#[actix_web::test]
async fn take_next_that_is_sent_twice_takes_one() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.raise_many(4).await;
        let clerk = app.as_clerk().await;
        let mut taken = Vec::new();
        for page in ["/exceptions?tab=open", "/"] {
            let shown = clerk.get(page).await;
            let first = clerk.submit_shown(&shown, "/exceptions/take-next", &[]).await;
            let again = clerk.submit_shown(&shown, "/exceptions/take-next", &[]).await;
            assert!(
                again.says("You have it now: the most urgent one."),
                "{}",
                again.text
            );
            assert_eq!(first.path, again.path, "{backend:?} {page}");
            taken.push(first.path);
        }
        assert_ne!(taken[0], taken[1]);
        let mine = clerk.get("/exceptions?tab=mine").await;
        assert_eq!(mine.find("table.q tbody tr").len(), 2, "{backend:?}");
    }
}

#[actix_web::test]
async fn a_queue_that_is_saved_twice_is_there_once() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let clerk = app.as_clerk().await;
        let shown = clerk.get("/queues/new?tab=open&code=R01").await;
        for (name, there) in [("No funds", 1), ("No funds", 1), ("Returns", 2)] {
            let done = clerk.submit_shown(&shown, "/queues/new", &[("name", name)]).await;
            assert!(
                done.says(&format!("“{name}” is saved.")),
                "{backend:?}: {}",
                done.text
            );
            assert_eq!(done.path, "/exceptions?tab=open&code=R01");
            assert_eq!(clerk.get("/queues").await.find("tbody tr").len(), there);
        }
    }
}

async fn told(browser: &Browser) -> String {
    let shown = browser.get("/notifications").await;
    shown.find(".told button").join("\n")
}

#[actix_web::test]
async fn whoever_loses_an_exception_is_told_who_gave_it_to_whom() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_many(3).await;
        for id in &ids {
            app.take(*id, Role::Finance).await;
        }
        let (finance, clerk) = (app.sign_in(Role::Finance).await, app.as_clerk().await);
        // Who gives away what they have knows it.
        give(&app, Role::Finance, ids[0], Role::Clerk).await;
        assert!(!told(&finance).await.contains("gave it to"), "{backend:?}");
        give(&app, Role::Manager, ids[1], Role::Clerk).await;
        let said = told(&finance).await;
        assert!(
            said.contains("Manager One gave it to Clerk One."),
            "{backend:?}: {said}"
        );
        assert!(told(&clerk).await.contains("Manager One gave it to you."));
        give(&app, Role::Manager, ids[2], Role::Manager).await;
        let said = told(&finance).await;
        assert!(
            said.contains("2 exceptions were taken over from you")
                && said.contains("Manager One took it over from you."),
            "{backend:?}: {said}"
        );
    }
}

#[actix_web::test]
async fn a_refused_link_keeps_what_was_typed_and_marks_its_field() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_many(3).await;
        let (page, other) = (format!("/exceptions/{}", ids[0]), ids[1].to_string());
        let links = format!("{page}/links");
        let clerk = app.as_clerk().await;
        let fields = [("other", "R01"), ("kind", "DUPLICATE")];
        let wrong = clerk.submit(&page, &links, &fields).await;
        assert_eq!(wrong.status, 422, "{backend:?}: {}", wrong.text);
        assert_eq!(wrong.attribute("#other", "value"), ["R01"]);
        assert_eq!(wrong.attribute("#other", "aria-invalid"), ["true"]);
        assert_eq!(wrong.attribute("#kind option[selected]", "value"), ["DUPLICATE"]);
        // The form that came back goes on.
        let fields = [("other", other.as_str()), ("kind", "DUPLICATE")];
        let done = clerk.submit_shown(&wrong, &links, &fields).await;
        assert!(done.says("It is linked to R01"), "{}", done.text);
        let twice = clerk.submit(&page, &links, &fields).await;
        assert_eq!(twice.status, 409);
        assert_eq!(twice.attribute("#other", "value"), [other.as_str()]);
        assert!(twice.says("The two are linked already."));
        // Resolved meanwhile: the id is told on the page that says so.
        let shown = clerk.get(&page).await;
        app.close(ids[0], Role::Clerk).await;
        let third = ids[2].to_string();
        let late = clerk
            .submit_shown(&shown, &links, &[("other", &third), ("kind", "RELATED")])
            .await;
        assert_eq!(yours(&late, "Linked to"), third, "{backend:?}");
        assert!(late.says("nothing on it changes until it is reopened"));
    }
}

#[actix_web::test]
async fn histories_and_refusals_are_in_the_words_of_people() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let page = format!("/exceptions/{id}");
    let form = format!("{page}/wait");
    let clerk = app.as_clerk().await;
    let fields = [
        ("party", "BANK"),
        ("reason", "A trace"),
        ("until", "2026-12-01T10:00"),
    ];
    let done = clerk.submit(&form, &form, &fields).await;
    assert!(
        done.says("lets it wait for a bank until 1 Dec 2026, 10:00: A trace"),
        "{}",
        done.text
    );
    let done = clerk.submit(&page, &format!("{page}/resume"), &[]).await;
    assert!(
        done.says("Clerk One stopped waiting for a bank. Medium severity"),
        "{}",
        done.text
    );
    let refused = app.as_manager().await.get(&format!("{page}/reopen")).await;
    assert!(
        refused.says("An exception that is new cannot be reopened."),
        "{}",
        refused.text
    );
}
