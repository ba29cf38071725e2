//! What the pages of a bulk action say of themselves: preview and result are told apart, and what each gets is told before.

use diesel::{RunQueryDsl, sql_query};
use docket::auth::permission::Role;

use crate::{
    bulk::{choose, run_to_the_end},
    harness::{TestApp, both},
};

const OPEN: &str = "/exceptions?tab=open";

#[actix_web::test]
async fn preview_and_result_have_titles_of_their_own_and_the_result_is_a_status() {
    let app = TestApp::start().await;
    app.raise_many(3).await;
    let manager = app.as_manager().await;
    let planned = choose(&manager, "COMMENT", "all", OPEN, &[]).await;
    assert_eq!(planned.find("h1"), ["Comment on 3 exceptions: preview"]);
    assert_eq!(
        planned.find("title"),
        ["Comment on 3 exceptions: preview · Docket"]
    );
    assert_eq!(planned.find("button[value=run]"), ["Comment on 3 exceptions"]);
    assert_eq!(planned.find(".foot a"), ["Back to the list"]);
    let done = run_to_the_end(&manager, &planned, &[("content", "Look here")]).await;
    assert_eq!(done.find("h1"), ["Comment on 3 exceptions: result"]);
    assert_eq!(done.find("title"), ["Comment on 3 exceptions: result · Docket"]);
    assert_eq!(done.find("[role=status] .note"), ["All 3 are done."]);
}

#[actix_web::test]
async fn the_preview_of_a_severity_tells_how_the_due_time_moves() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        let before = app.exception(id).await.due_at;
        let manager = app.as_manager().await;
        let planned = choose(&manager, "SEVERITY", "all", OPEN, &[]).await;
        let fields = [("severity", "CRITICAL"), ("reason", "The bank asks")];
        let run = format!("{}/run", planned.path);
        let checked = manager.submit_shown(&planned, &run, &fields).await;
        let done = run_to_the_end(&manager, &checked, &fields).await;
        assert!(done.says("It is done."), "{}", done.text);
        let after = app.exception(id).await.due_at;
        assert!(after < before, "{backend:?}");
        assert!(checked.says("It is due sooner."), "{backend:?}: {}", checked.text);
    }
}

#[actix_web::test]
async fn what_an_outside_system_has_is_resolved_but_not_assigned_before_it_is_recalled() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        let clerk = app.sign_in(Role::Clerk).await;
        let form = format!("/exceptions/{id}/dispatch");
        let fields = [("targetSystem", "MANUAL"), ("queue", "")];
        clerk.submit(&form, &form, &fields).await;
        let why = "It waits for an outside system. Recall it first.";
        let assigned = choose(&clerk, "ASSIGN", "all", OPEN, &[]).await;
        assert!(assigned.says(why), "{backend:?}: {}", assigned.text);
        let resolved = choose(&clerk, "RESOLVE", "all", OPEN, &[]).await;
        assert!(!resolved.says(why), "{backend:?}: {}", resolved.text);
        assert_eq!(resolved.find("button[value=run]"), ["Resolve 1 exception"]);
    }
}

#[actix_web::test]
async fn the_reasons_for_what_is_left_as_it_is_come_to_as_many_as_are_left() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.raise_many(13).await;
        let manager = app.as_manager().await;
        // Nobody has any of them.
        let planned = choose(&manager, "RELEASE", "all", OPEN, &[]).await;
        let counts = |page: &crate::harness::browser::Answer| {
            let cells = page.find("section[aria-labelledby=reasons] td.n");
            cells.iter().map(|n| n.parse().unwrap()).collect::<Vec<i64>>()
        };
        assert_eq!(counts(&planned), [13], "{backend:?}: {}", planned.text);
        let apart = "UPDATE bulk_items SET sentence = 'Reason ' || CAST(position AS TEXT) WHERE position > 2";
        sql_query(apart).execute(&mut app.intruder()).unwrap();
        let page = manager.get(&planned.path).await;
        let counts = counts(&page);
        assert_eq!((counts.len(), counts.iter().sum()), (11, 13_i64), "{backend:?}");
        assert!(page.says("For other reasons"), "{}", page.text);
    }
}

#[actix_web::test]
async fn all_of_a_list_is_not_chosen_while_a_filter_of_it_cannot_be_read() {
    let app = TestApp::start().await;
    app.raise_many(2).await;
    let manager = app.as_manager().await;
    for wrong in ["due_from=2026-11-30&due_to=2026-11-01", "amount_from=much"] {
        let list = format!("{OPEN}&{wrong}");
        for scope in ["all", "page"] {
            let told = choose(&manager, "COMMENT", scope, &list, &[]).await;
            assert!(
                told.says("Put the filters right first"),
                "{scope} {wrong}: {}",
                told.text
            );
            assert!(!told.path.starts_with("/bulk"), "{}", told.path);
        }
    }
}
