//! Many at once: planned, shown, run by the job, told line by line.

use diesel::prelude::*;
use docket::{
    auth::permission::Role,
    bulk::{
        self,
        input::Input,
        model::{BulkAct, BulkRow, BulkState, Outcome},
        plan::{Chosen, plan},
        run::{cancel, queue, run},
    },
    db::schema::{adjustments, bulk_items, comments, exceptions, history_events},
    exceptions::{
        claim::claim,
        filter::{Filter, Tab},
        model::{Severity, Status},
        raise::{InForce, NewException, raise},
        resolution::{How, resolve},
        row::ExceptionRow,
    },
    kernel::{
        id::{BulkId, ExceptionId},
        text::{Reason, ResolutionNotes},
    },
};

use crate::{
    harness::{Backend, Browser, TestApp, both, browser::Answer},
    money::returned,
    payments::Payments,
};

impl TestApp {
    /// Raises many in one command.
    async fn raise_quickly(&self, n: usize) -> Vec<ExceptionId> {
        let (vault, actor, new) = (
            self.app.vault.clone(),
            self.actor(Role::Owner).await,
            self.a_return(),
        );
        self.app
            .db
            .write_large(self.account, move |tx| {
                let policies = InForce::of(tx.conn, actor.business_account)?;
                (0..n)
                    .map(|_| raise(tx, &vault, &actor, &policies, new.clone()))
                    .collect()
            })
            .await
            .unwrap()
    }

    pub async fn close(&self, id: ExceptionId, role: Role) {
        let actor = self.actor(role).await;
        self.app
            .db
            .write(self.account, move |tx| {
                let how = How::NoAction(Reason::parse("Done").unwrap());
                let notes = ResolutionNotes::parse("Done.").unwrap();
                resolve(tx, &actor, id, &how, &notes, None)
            })
            .await
            .unwrap();
    }

    async fn bulk(&self, id: BulkId) -> BulkRow {
        let account = self.account;
        self.app
            .db
            .read(move |conn| bulk::queries::get(conn, account, id))
            .await
            .unwrap()
    }

    pub async fn every_exception(&self) -> Vec<ExceptionRow> {
        let account = self.account;
        self.app
            .db
            .read(move |conn| {
                Ok(exceptions::table
                    .filter(exceptions::business_account_id.eq(account))
                    .order(exceptions::id)
                    .select(ExceptionRow::as_select())
                    .load(conn)?)
            })
            .await
            .unwrap()
    }

    /// Plans by the command, as a manager.
    pub async fn planned(&self, act: BulkAct, chosen: Chosen) -> BulkRow {
        let actor = self.actor(Role::Manager).await;
        self.app
            .db
            .write_large(self.account, move |tx| {
                plan(tx, &actor, act, &chosen, "/exceptions")
            })
            .await
            .unwrap()
    }

    async fn queued(&self, id: BulkId, input: Input) {
        let actor = self.actor(Role::Manager).await;
        self.app
            .db
            .write(self.account, move |tx| queue(tx, &actor, id, &input))
            .await
            .unwrap();
    }
}

/// A choice in a queue, as its form sends it; the page of the plan.
pub async fn choose(browser: &Browser, act: &str, scope: &str, back: &str, picks: &[String]) -> Answer {
    let token = browser.token().await;
    let mut fields = vec![
        ("csrf_token", token.as_str()),
        ("act", act),
        ("scope", scope),
        ("back", back),
    ];
    fields.extend(picks.iter().map(|p| ("pick[]", p.as_str())));
    browser.post("/bulk", &fields).await
}

/// Fills in the form of a plan and runs it; where that is to be looked at first, a second time.
pub async fn run_to_the_end(browser: &Browser, planned: &Answer, fields: &[(&str, &str)]) -> Answer {
    let path = planned.path.clone();
    let run = format!("{path}/run");
    let mut shown = browser.submit_shown(planned, &run, fields).await;
    if shown.says("Check again") {
        shown = browser.submit_shown(&shown, &run, fields).await;
    }
    for _ in 0..600 {
        if shown.find("[data-running]").is_empty() {
            return shown;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        shown = browser.get(&path).await;
    }
    panic!("it never ended: {}", shown.text);
}

#[actix_web::test]
async fn of_five_hundred_the_seven_that_cannot_be_are_left_and_told() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_quickly(500).await;
        for id in &ids[100..107] {
            app.close(*id, Role::Clerk).await;
        }
        let manager = app.as_manager().await;
        let mut picks = Vec::new();
        for row in app.every_exception().await {
            picks.push(format!("{}.{}", row.id, row.version));
        }
        let planned = choose(&manager, "ASSIGN", "", "/exceptions?tab=open", &picks).await;
        assert!(
            planned.path.starts_with("/bulk/"),
            "{}: {}",
            planned.path,
            planned.text
        );
        assert!(planned.says("Assign 500 exceptions") && planned.says("7 of 500 will be left as they are"));
        assert!(planned.says("Gets the new assignee; nobody has it now."));
        let skipped = manager.get(&format!("{}?outcome=SKIPPED", planned.path)).await;
        assert_eq!(skipped.find(".list.one tbody tr").len(), 7);
        assert!(skipped.says("It is resolved. A supervisor can reopen it."));
        // Nothing is changed by a plan, nor by a run without what it asks for.
        let before = app.every_exception().await;
        let run = format!("{}/run", planned.path);
        let refused = manager.submit_shown(&planned, &run, &[("assignee", "")]).await;
        assert_eq!(refused.status, 422);
        assert!(refused.says("Choose somebody."));
        assert_eq!(app.every_exception().await.len(), before.len());
        assert!(
            app.every_exception()
                .await
                .iter()
                .all(|r| r.assignee_id.is_none() || !r.is_open)
        );

        let clerk = app.member(Role::Clerk).await;
        let done = run_to_the_end(&manager, &planned, &[("assignee", &clerk.to_string())]).await;
        assert!(done.says("493 of 500 are done"), "{}", done.text);
        assert!(done.says("Assigned to Clerk One."), "{}", done.text);
        let rows = app.every_exception().await;
        let given = rows.iter().filter(|r| r.is_open && r.assignee_id == Some(clerk));
        assert_eq!(given.count(), 493);
        let csv = manager.get(&format!("{}/result.csv", planned.path)).await.text;
        assert_eq!(csv.lines().count(), 501);
        assert_eq!(csv.lines().filter(|l| l.contains(",DONE,")).count(), 493);
        assert_eq!(csv.lines().filter(|l| l.contains(",SKIPPED,")).count(), 7);
        let told: i64 = app
            .app
            .db
            .read(|conn| {
                Ok(history_events::table
                    .filter(history_events::kind.eq("ASSIGNED_TO"))
                    .filter(history_events::request_id.like("bulk %"))
                    .count()
                    .get_result(conn)?)
            })
            .await
            .unwrap();
        assert_eq!(told, 493, "{backend:?}");
        assert!(manager.get("/bulk").await.says("Assign 500 exceptions"));
    }
}

#[actix_web::test]
async fn what_changed_between_plan_and_run_is_skipped_and_unchanged() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_quickly(10).await;
        let all = Chosen::All(Box::new(Filter::of_tab(Tab::Open)));
        let inputs = [
            (
                BulkAct::Resolve,
                Input::Resolve {
                    reason: "Old ones".into(),
                    notes: "Agreed.".into(),
                },
            ),
            (
                BulkAct::Severity,
                Input::Severity {
                    severity: "CRITICAL".into(),
                    reason: "All of them".into(),
                },
            ),
            (BulkAct::Comment, Input::Comment { text: "Look".into() }),
        ];
        let mut plans = Vec::new();
        for (act, input) in inputs {
            plans.push((app.planned(act, all.clone()).await, input));
        }
        let finance = app.actor(Role::Finance).await;
        for id in &ids[..3] {
            let (id, finance) = (*id, finance.clone());
            app.app
                .db
                .write(app.account, move |tx| claim(tx, &finance, id))
                .await
                .unwrap();
        }
        // The last plan first, as each run changes what the others were planned on.
        let taken = async || {
            let rows = app.every_exception().await;
            let taken: Vec<_> = rows.into_iter().filter(|r| ids[..3].contains(&r.id)).collect();
            format!("{taken:?}")
        };
        let changed = taken().await;
        for (planned, input) in plans.into_iter().rev() {
            let runs = planned.act == BulkAct::Comment || planned.act == BulkAct::Severity;
            app.queued(planned.id, input).await;
            run(&app.app, app.account, planned.id).await;
            let row = app.bulk(planned.id).await;
            let expected = if runs { (7, 3) } else { (0, 10) };
            assert_eq!(
                (row.state, row.done, row.skipped, row.failed),
                (BulkState::Done, expected.0, expected.1, 0),
                "{backend:?} {}",
                planned.act
            );
            assert_eq!(taken().await, changed);
        }
        let commented: Vec<ExceptionId> = app
            .app
            .db
            .read(|conn| Ok(comments::table.select(comments::exception_id).load(conn)?))
            .await
            .unwrap();
        assert!(commented.len() == 7 && !ids[..3].iter().any(|id| commented.contains(id)));
    }
}

#[actix_web::test]
async fn cancelled_in_the_middle_what_is_done_stays_and_the_rest_is_as_it_was() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.raise_quickly(900).await;
        let planned = app
            .planned(BulkAct::Comment, Chosen::All(Box::new(Filter::of_tab(Tab::Open))))
            .await;
        app.queued(planned.id, Input::Comment { text: "Look".into() })
            .await;
        let (other, account, id) = (app.app.clone(), app.account, planned.id);
        let running = actix_web::rt::spawn(async move { run(&other, account, id).await });
        let actor = app.actor(Role::Manager).await;
        loop {
            let row = app.bulk(id).await;
            assert_ne!(row.state, BulkState::Done, "it was too quick to be cancelled");
            if row.done > 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        let stopped = app
            .app
            .db
            .write(account, move |tx| cancel(tx, &actor, id))
            .await
            .unwrap();
        running.await.unwrap();
        let row = app.bulk(id).await;
        assert_eq!((row.state, row.done), (BulkState::Cancelled, stopped.done));
        assert!(row.done >= 100 && row.done < 900, "{}", row.done);
        let (said, told): (i64, i64) = app
            .app
            .db
            .read(move |conn| {
                let told = bulk_items::table.filter(bulk_items::outcome.eq(Outcome::Done));
                Ok((
                    comments::table.count().get_result(conn)?,
                    told.count().get_result(conn)?,
                ))
            })
            .await
            .unwrap();
        assert_eq!((said, told), (row.done, row.done), "{backend:?}");
        // The rest is planned anew.
        let manager = app.as_manager().await;
        let page = manager.get(&format!("/bulk/{id}")).await;
        let again = manager
            .submit_shown(&page, &format!("/bulk/{id}/retry"), &[])
            .await;
        let left = 900 - row.done;
        assert!(
            again.says(&format!("Comment on {left} exceptions")),
            "{}",
            again.text
        );
        let done = run_to_the_end(&manager, &again, &[("content", "And you")]).await;
        assert!(done.says(&format!("All {left} are done.")), "{}", done.text);
    }
}

#[actix_web::test]
async fn all_that_match_are_those_of_the_filter_whatever_the_page() {
    let app = TestApp::start().await;
    app.raise_quickly(70).await;
    let mut other = app.a_return();
    other.code = Some("R03".into());
    let apart = app.raise_as(other).await;
    let manager = app.as_manager().await;
    let back = "/exceptions?tab=unassigned&code=R01";
    let page = choose(&manager, "SNOOZE", "page", back, &[]).await;
    assert!(page.says("Snooze 50 exceptions"), "{}", page.text);
    let all = choose(&manager, "SNOOZE", "all", back, &[]).await;
    assert!(all.says("Snooze 70 exceptions"));
    let fields = [("length", "TOMORROW"), ("reason", "The bank is closed")];
    let done = run_to_the_end(&manager, &all, &fields).await;
    assert!(done.says("All 70 are done."), "{}", done.text);
    let open = manager.get("/exceptions?tab=open").await;
    assert!(open.find(".tabs a").contains(&"Snoozed 70".to_owned()));
    assert!(open.find(".tabs a").contains(&"Open 1".to_owned()));
    assert!(open.text.contains(&apart.to_string()));
    let nothing = choose(&manager, "SNOOZE", "", back, &[]).await;
    assert!(nothing.says("Select at least one.") && nothing.path == back);
    let away = choose(&manager, "SNOOZE", "", "https://evil.test/", &[]).await;
    assert_eq!(away.path, "/exceptions");
}

#[actix_web::test]
async fn each_item_is_refused_or_done_as_it_would_be_alone() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_quickly(3).await;
        let finance = app.actor(Role::Finance).await;
        let held = ids[0];
        app.app
            .db
            .write(app.account, move |tx| claim(tx, &finance, held))
            .await
            .unwrap();
        let clerk = app.as_clerk().await;
        let refused = choose(&clerk, "SEVERITY", "all", "/exceptions", &[]).await;
        assert_eq!(refused.status, 403);
        let planned = choose(&clerk, "RESOLVE", "all", "/exceptions", &[]).await;
        assert!(planned.says("1 of 3 will be left as it is") && planned.says("Finance One has it."));
        let fields = [("reason", "Old ones"), ("notes", "Agreed with the payer.")];
        let done = run_to_the_end(&clerk, &planned, &fields).await;
        assert!(done.says("2 of 3 are done"), "{}", done.text);
        assert_eq!(app.exception(held).await.status, Status::InProgress);
        for id in &ids[1..] {
            let row = app.exception(*id).await;
            assert_eq!(
                (row.status, row.assignee_id),
                (Status::Resolved, Some(app.member(Role::Clerk).await))
            );
        }
        // Nobody else runs it, or sees it from another business account.
        let manager = app.as_manager().await;
        let page = manager.get(&planned.path).await;
        assert_eq!(page.status, 200);
        assert_eq!(
            app.as_stranger(Role::Owner).await.get(&planned.path).await.status,
            404,
            "{backend:?}"
        );
    }
}

#[actix_web::test]
async fn reviews_are_approved_in_bulk_but_never_ones_own() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let mut new = app.a_return();
        new.code = Some("R03".into()); // HIGH: waits for review
        for role in [Role::Clerk, Role::Clerk, Role::Manager] {
            let id = app.raise_as(new.clone()).await;
            app.close(id, role).await;
        }
        let manager = app.as_manager().await;
        let list = manager.get("/reviews").await;
        assert_eq!(list.find("input[name='pick[]']").len(), 2, "{}", list.text);
        let planned = choose(&manager, "APPROVE", "all", "/reviews?tab=waiting", &[]).await;
        assert!(planned.says("Approve 3 reviews"), "{}", planned.text);
        assert!(planned.says("You resolved it yourself"));
        let done = run_to_the_end(&manager, &planned, &[]).await;
        assert!(done.says("2 of 3 are done"), "{}", done.text);
        let left = manager.get("/reviews").await;
        assert_eq!(left.find("tbody tr").len(), 1, "{backend:?}");
    }
}

#[actix_web::test]
async fn who_has_left_does_nothing_any_more() {
    let app = TestApp::start().await;
    app.raise_quickly(3).await;
    let planned = app
        .planned(
            BulkAct::Severity,
            Chosen::All(Box::new(Filter::of_tab(Tab::Open))),
        )
        .await;
    let input = Input::Severity {
        severity: "LOW".into(),
        reason: "All".into(),
    };
    app.queued(planned.id, input).await;
    let (account, member) = (app.account, app.member(Role::Manager).await);
    app.app
        .db
        .write(account, move |tx| {
            use docket::{auth::principal::AccessState, db::schema::memberships};
            diesel::update(memberships::table.find((account, member)))
                .set(memberships::state.eq(AccessState::Disabled))
                .execute(tx.conn)?;
            Ok(())
        })
        .await
        .unwrap();
    run(&app.app, app.account, planned.id).await;
    let row = app.bulk(planned.id).await;
    assert_eq!((row.state, row.done), (BulkState::Cancelled, 0));
    let rows = app.every_exception().await;
    assert!(
        rows.iter()
            .all(|r| !r.severity_fixed && r.severity < Severity::Critical)
    );
}

#[actix_web::test]
async fn ten_thousand_are_each_done() {
    let app = TestApp::start_on(Backend::Sqlite).await;
    app.raise_quickly(10_000).await;
    let planned = app
        .planned(BulkAct::Resolve, Chosen::All(Box::new(Filter::of_tab(Tab::Open))))
        .await;
    let input = Input::Resolve {
        reason: "Old ones".into(),
        notes: "Agreed.".into(),
    };
    app.queued(planned.id, input).await;
    let began = std::time::Instant::now();
    run(&app.app, app.account, planned.id).await;
    let took = began.elapsed();
    assert_eq!(app.bulk(planned.id).await.done, 10_000);
    println!("10,000 resolved in {took:?}");
}

#[actix_web::test]
async fn amounts_are_written_off_in_bulk_once_each_where_the_rules_allow_and_not_where_they_refuse() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let mut linked = Vec::new();
        for _ in 0..3 {
            linked.push(returned(&pay, 12_345, "R01", "2026-10-30").await.exception);
        }
        // One without an amount, and one that somebody changes after the plan.
        let without = app
            .raise_as(NewException {
                amount: None,
                ..app.a_return()
            })
            .await;
        let manager = app.as_manager().await;
        let planned = choose(&manager, "WRITE_OFF", "all", "/exceptions?tab=open", &[]).await;
        assert!(planned.says("Write off 4 exceptions"), "{}", planned.text);
        assert!(planned.says("1 of 4 will be left as it is"), "{}", planned.text);
        assert!(planned.says("123.45"), "the amounts are told: {}", planned.text);
        assert!(planned.says("It is reviewed. Rule: every resolution of type “Write off” is reviewed."));
        let skipped = manager.get(&format!("{}?outcome=SKIPPED", planned.path)).await;
        assert!(skipped.text.contains(&without.to_string()), "{}", skipped.text);
        let clerk = app.actor(Role::Clerk).await;
        let changed = linked[2];
        app.app
            .db
            .write(app.account, move |tx| claim(tx, &clerk, changed))
            .await
            .unwrap();
        let typed = [
            ("reason", "Too small to follow"),
            ("notes", "Agreed with finance."),
        ];
        let done = run_to_the_end(&manager, &planned, &typed).await;
        assert!(done.says("2 of 4 are done"), "{}", done.text);
        assert!(done.says("Resolved: Write off, Too small to follow. "));
        assert!(done.says("Somebody changed it after the plan; it is left as it is."));
        let posted: Vec<(ExceptionId, i64)> = app
            .app
            .db
            .read(|conn| {
                Ok(adjustments::table
                    .select((adjustments::exception_id, adjustments::amount))
                    .load(conn)?)
            })
            .await
            .unwrap();
        let mut expected = vec![(linked[0], 12_345), (linked[1], 12_345)];
        let mut found: Vec<(ExceptionId, i64)> = posted.iter().map(|(id, n)| (*id, n.abs())).collect();
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected, "{backend:?}");
        assert!(app.exception(changed).await.is_open && app.exception(without).await.is_open);
    }
}

#[actix_web::test]
async fn every_resolution_that_one_form_can_hold_is_planned_with_its_rule() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    returned(&pay, 12_345, "R01", "2026-10-30").await;
    let manager = app.as_manager().await;
    for (act, title) in [
        ("WRITE_OFF", "Write off 1 exception"),
        ("SUSPEND_ACCOUNT", "Suspend the accounts of 1 exception"),
        ("RETRY", "Retry 1 exception"),
        ("FORCE_MATCH", "Force a match of 1 exception"),
    ] {
        let planned = choose(&manager, act, "all", "/exceptions?tab=open", &[]).await;
        assert!(planned.says(title), "{act}: {}", planned.text);
        if act == "SUSPEND_ACCOUNT" {
            assert!(
                planned.says("Only for returns after which payments to the account should stop."),
                "{}",
                planned.text
            );
        } else {
            // Of a retry that hangs on the day that is typed.
            let said = if act == "RETRY" {
                "Can be done"
            } else {
                "Will be done"
            };
            assert!(planned.says(said), "{act}: {}", planned.text);
        }
    }
}

async fn what_needs_another_waits(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let small = returned(&pay, 12_345, "R01", "2026-10-30").await;
    let large = returned(&pay, 2_000_000, "R01", "2026-10-30").await;
    let manager = app.as_manager().await;
    let planned = choose(&manager, "RETRY", "all", "/exceptions?tab=open", &[]).await;
    assert!(
        planned.says("will be made on the day that you type"),
        "{}",
        planned.text
    );
    assert!(planned.says("A second person must agree"), "{}", planned.text);
    let fields = [("date", "2026-11-06"), ("notes", "Both asked for it.")];
    let done = run_to_the_end(&manager, &planned, &fields).await;
    assert!(
        done.says("1 of 2 is done, 1 waits for approval."),
        "{backend:?}: {}",
        done.text
    );
    assert!(
        done.says("Fri 6 Nov 2026") && done.says("Waits for approval."),
        "{}",
        done.text
    );
    assert!(!app.exception(small.exception).await.is_open);
    assert!(
        app.exception(large.exception).await.is_open,
        "{backend:?}: it waits for the second person"
    );
    let waiting = manager.get(&format!("{}?outcome=WAITING", done.path)).await;
    assert!(
        waiting.says("$20,000.00") && !waiting.says("$123.45"),
        "{}",
        waiting.text
    );
    assert!(!done.says("Plan the rest again"), "nothing is left");
    // What waits for the second person is not planned to be resolved meanwhile.
    let meanwhile = choose(&manager, "RESOLVE", "all", "/exceptions?tab=open", &[]).await;
    assert!(
        meanwhile.says("Manager One asked for it already: Retry:"),
        "{backend:?}: {}",
        meanwhile.text
    );
}

#[actix_web::test]
async fn of_many_payments_that_are_sent_again_the_large_ones_wait_for_approval_on_both_databases() {
    for backend in both() {
        what_needs_another_waits(backend).await;
    }
}

#[actix_web::test]
async fn many_are_given_to_a_team_each_to_whoever_has_the_least() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.raise_quickly(6).await;
        let manager = app.as_manager().await;
        let (clerk, finance) = (
            app.member(Role::Clerk).await.to_string(),
            app.member(Role::Finance).await.to_string(),
        );
        let fields = [
            ("name", "Returns"),
            ("member[]", clerk.as_str()),
            ("member[]", finance.as_str()),
        ];
        let new = "/settings/teams/new";
        let made = manager.submit(new, new, &fields).await;
        assert_eq!(made.status, 200, "{}", made.text);
        let planned = choose(&manager, "ASSIGN", "all", "/exceptions?tab=open", &[]).await;
        let team = planned
            .attribute("#assignee option", "value")
            .into_iter()
            .find(|value| value.starts_with("team:"))
            .unwrap();
        let done = run_to_the_end(&manager, &planned, &[("assignee", &team)]).await;
        assert!(done.says("All 6 are done."), "{}", done.text);
        let rows = app.every_exception().await;
        for member in [Role::Clerk, Role::Finance] {
            let member = app.member(member).await;
            let has = rows.iter().filter(|r| r.assignee_id == Some(member)).count();
            assert_eq!(has, 3, "{backend:?}");
        }
    }
}
