//! What a bulk action comes to with what is typed: told before it runs, at the field when it cannot be, and in words
//! afterwards.

use std::time::Duration;

use diesel::prelude::*;
use docket::{
    auth::permission::Role,
    bulk::{
        model::{BulkAct, BulkState},
        plan::Chosen,
    },
    db::schema::{bulk_actions, comments, imports},
    desk::{absence, limit},
    exceptions::{
        filter::{Filter, Tab},
        model::Severity,
        severity,
    },
    imports::model::ImportState,
    kernel::{
        id::{ExceptionId, TeamMemberId},
        text::Reason,
    },
};

use crate::{
    bulk::{choose, run_to_the_end},
    harness::{Backend, Browser, TestApp, both, browser::Answer, sample},
    money::returned,
    payments::Payments,
};

const OPEN: &str = "/exceptions?tab=open";

/// Sends the form of a plan, filled in so; the page that follows.
async fn send(browser: &Browser, planned: &Answer, fields: &[(&str, &str)]) -> Answer {
    let run = format!("{}/run", planned.path);
    browser.submit_shown(planned, &run, fields).await
}

impl TestApp {
    async fn limit(&self, member: TeamMemberId, most: i64) {
        let manager = self.actor(Role::Manager).await;
        self.app
            .db
            .write(self.account, move |tx| {
                limit::set(tx, &manager, member, Some(most))
            })
            .await
            .unwrap();
    }

    async fn is_away(&self, member: TeamMemberId, substitute: TeamMemberId) {
        let manager = self.actor(Role::Manager).await;
        self.app
            .db
            .write(self.account, move |tx| {
                let new = absence::NewAbsence {
                    from: "2026-11-03".parse().unwrap(),
                    until: "2026-11-06".parse().unwrap(),
                    substitute: Some(substitute),
                    note: "Training".into(),
                };
                absence::add(tx, &manager, member, &new).map(drop)
            })
            .await
            .unwrap();
    }

    async fn has_severity(&self, id: ExceptionId, wanted: Severity) {
        let manager = self.actor(Role::Manager).await;
        self.app
            .db
            .write(self.account, move |tx| {
                let reason = Reason::parse("The bank asks").unwrap();
                severity::set(tx, &manager, id, wanted, &reason, None).map(drop)
            })
            .await
            .unwrap();
    }

    /// How many exceptions `member` has.
    async fn has(&self, member: TeamMemberId) -> usize {
        let rows = self.every_exception().await;
        rows.iter().filter(|r| r.assignee_id == Some(member)).count()
    }
}

#[actix_web::test]
async fn who_may_not_give_to_others_is_offered_only_themself_and_told_at_the_field() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.raise_many(4).await;
        let clerk = app.as_clerk().await;
        let me = app.member(Role::Clerk).await;
        let (mine, other) = (me.to_string(), app.member(Role::Finance).await.to_string());
        let planned = choose(&clerk, "ASSIGN", "all", OPEN, &[]).await;
        assert_eq!(
            planned.attribute("#assignee option", "value"),
            ["", mine.as_str()]
        );
        assert!(planned.says("Can be done"), "{}", planned.text);
        assert!(
            planned.find("button[value=run]").is_empty(),
            "nothing is promised yet: {}",
            planned.text
        );
        let refused = send(&clerk, &planned, &[("assignee", &other)]).await;
        assert_eq!(refused.status, 422, "{backend:?}");
        let why = "It needs the right “supervise exceptions”, which your role does not have.";
        assert!(
            refused.find("#assignee-error")[0].contains(why),
            "{}",
            refused.text
        );
        let checked = send(&clerk, &planned, &[("assignee", &mine)]).await;
        assert_eq!(checked.status, 200, "{}", checked.text);
        assert!(checked.says("Goes to Clerk One; nobody has it now."));
        assert_eq!(checked.find("button[value=run]"), ["Assign 4 exceptions"]);
        assert_eq!(
            checked.attribute("#assignee option[selected]", "value"),
            [mine.as_str()]
        );
        assert_eq!(app.has(me).await, 0, "{backend:?}: nothing is changed yet");
        let done = run_to_the_end(&clerk, &checked, &[("assignee", &mine)]).await;
        assert!(done.says("All 4 are done."), "{}", done.text);
        assert_eq!(app.has(me).await, 4);
        // Who has some of them may give those to others: the preview says which.
        let free = app.raise().await;
        let mixed = choose(&clerk, "ASSIGN", "all", OPEN, &[]).await;
        assert!(mixed.attribute("#assignee option", "value").contains(&other));
        let checked = send(&clerk, &mixed, &[("assignee", &other)]).await;
        assert!(
            checked.says("4 of 5 will be done") && checked.says("1 of 5 will be left"),
            "{}",
            checked.text
        );
        assert!(checked.says(why) && checked.says("Goes to Finance One; Clerk One has it now."));
        let done = run_to_the_end(&clerk, &checked, &[("assignee", &other)]).await;
        assert!(done.says("4 of 5 are done"), "{}", done.text);
        assert_eq!(app.exception(free).await.assignee_id, None, "{backend:?}");
    }
}

#[actix_web::test]
async fn whoever_has_a_limit_gets_as_many_as_the_preview_says_and_then_no_more() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.raise_many(6).await;
        let member = app.member(Role::Clerk).await;
        let clerk = member.to_string();
        app.limit(member, 2).await;
        let manager = app.as_manager().await;
        let planned = choose(&manager, "ASSIGN", "all", OPEN, &[]).await;
        assert!(planned.says("Clerk One: 0 of 2 open"), "{}", planned.text);
        let checked = send(&manager, &planned, &[("assignee", &clerk)]).await;
        assert!(checked.says("2 of 6 will be done"), "{}", checked.text);
        assert_eq!(checked.find("button[value=run]"), ["Assign 2 exceptions"]);
        assert!(checked.says("4 of 6 will be left as they are"));
        let done = run_to_the_end(&manager, &checked, &[("assignee", &clerk)]).await;
        assert!(done.says("2 of 6 are done"), "{backend:?}: {}", done.text);
        for page in [&checked, &done] {
            let why = "Clerk One has 2 of 2 open, which is the limit.".to_owned();
            assert!(page.find(".list td").contains(&why), "{backend:?}: {}", page.text);
        }
        assert_eq!(app.has(member).await, 2);
        // Full, they cannot be chosen any more; whoever sends it all the same is told.
        let again = choose(&manager, "ASSIGN", "all", "/exceptions?tab=unassigned", &[]).await;
        assert_eq!(
            again.attribute("#assignee option[disabled]", "value"),
            [clerk.as_str()]
        );
        assert_eq!(
            again.find("#assignee option[disabled]"),
            ["Clerk One: 2 of 2 open, which is the limit"]
        );
        let refused = send(&manager, &again, &[("assignee", &clerk)]).await;
        assert_eq!(refused.status, 422);
        assert!(
            refused.find("#assignee-error")[0].contains("Clerk One has 2 of 2 open, which is the limit."),
            "{backend:?}: {}",
            refused.text
        );
        assert_eq!(app.has(member).await, 2);
    }
}

#[actix_web::test]
async fn whoever_is_away_is_marked_in_the_choice_and_refused_at_the_field() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.raise_many(3).await;
        let (member, substitute) = (app.member(Role::Clerk).await, app.member(Role::Finance).await);
        let clerk = member.to_string();
        app.is_away(member, substitute).await;
        let manager = app.as_manager().await;
        let planned = choose(&manager, "ASSIGN", "all", OPEN, &[]).await;
        assert_eq!(
            planned.find("#assignee option[disabled]"),
            ["Clerk One: away until 6 Nov 2026; Finance One stands in"]
        );
        let refused = send(&manager, &planned, &[("assignee", &clerk)]).await;
        assert_eq!(refused.status, 422, "{backend:?}");
        assert_eq!(
            refused.find("#assignee-error"),
            ["Error: Clerk One is away until 6 Nov 2026; Finance One stands in."]
        );
        assert_eq!(
            refused.attribute("#assignee option[selected]", "value"),
            [clerk.as_str()],
            "nothing typed is lost"
        );
        let nobody = TeamMemberId::generate(app.clock.now()).to_string();
        for unknown in [nobody.clone(), format!("team:{nobody}")] {
            let refused = send(&manager, &planned, &[("assignee", &unknown)]).await;
            assert_eq!(refused.status, 422, "{unknown}");
        }
        assert_eq!(app.has(member).await, 0);
    }
}

#[actix_web::test]
async fn a_day_on_which_nothing_can_be_sent_again_is_refused_at_the_field() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let back = returned(&pay, 12_345, "R01", "2026-10-30").await;
        let manager = app.as_manager().await;
        let planned = choose(&manager, "RETRY", "all", OPEN, &[]).await;
        for (date, why) in [
            ("2020-01-01", "The day is past."),
            (
                "2026-11-07",
                "Banks do not work on 7 Nov 2026; choose a banking day.",
            ),
            ("2027-12-01", "180 days after the original settled."),
            ("soon", "Give a day such as 2026-11-21."),
        ] {
            let fields = [("date", date), ("notes", "Both asked for it.")];
            let refused = send(&manager, &planned, &fields).await;
            assert_eq!(refused.status, 422, "{backend:?} {date}");
            assert!(
                refused.find("#date-error")[0].contains(why),
                "{date}: {}",
                refused.text
            );
            assert_eq!(refused.attribute("#date", "value"), [date]);
            assert_eq!(refused.find("#notes"), ["Both asked for it."]);
            assert!(
                refused.find("button[value=run]").is_empty(),
                "{date}: nothing to be run is offered"
            );
        }
        assert!(app.exception(back.exception).await.is_open);
        let fields = [("date", "2026-11-06"), ("notes", "Both asked for it.")];
        let checked = send(&manager, &planned, &fields).await;
        assert!(
            checked.says("will be made on Fri 6 Nov 2026") && checked.says("Retry 1 exception"),
            "{}",
            checked.text
        );
        assert!(app.exception(back.exception).await.is_open, "{backend:?}");
    }
}

#[actix_web::test]
async fn what_has_the_severity_already_is_skipped_in_the_preview_and_in_the_run() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_many(3).await;
        let before = app.exception(ids[1]).await.severity.word();
        app.has_severity(ids[0], Severity::Critical).await;
        let manager = app.as_manager().await;
        let planned = choose(&manager, "SEVERITY", "all", OPEN, &[]).await;
        let fields = [("severity", "CRITICAL"), ("reason", "All of them")];
        let checked = send(&manager, &planned, &fields).await;
        assert_eq!(
            checked.find("button[value=run]"),
            ["Set the severity of 2 exceptions"],
            "{}",
            checked.text
        );
        assert!(checked.says("It is Critical already."));
        assert!(checked.says(&format!("Gets the severity Critical instead of {before}.")));
        let done = run_to_the_end(&manager, &checked, &fields).await;
        assert!(done.says("2 of 3 are done"), "{backend:?}: {}", done.text);
        assert!(done.says(&format!("Severity Critical instead of {before}.")));
        let again = choose(&manager, "SEVERITY", "all", OPEN, &[]).await;
        let refused = send(&manager, &again, &fields).await;
        assert_eq!(refused.status, 422, "{backend:?}");
        assert!(refused.find("#severity-error")[0].contains("It is Critical already."));
    }
}

#[actix_web::test]
async fn only_what_was_shown_is_run_and_other_input_is_shown_first() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_many(2).await;
        let (clerk, finance) = (app.member(Role::Clerk).await, app.member(Role::Finance).await);
        let manager = app.as_manager().await;
        let planned = choose(&manager, "ASSIGN", "all", OPEN, &[]).await;
        let (one, other) = (clerk.to_string(), finance.to_string());
        send(&manager, &planned, &[("assignee", &one)]).await;
        let shown = send(&manager, &planned, &[("assignee", &other), ("step", "run")]).await;
        assert!(
            shown.says("Goes to Finance One; nobody has it now."),
            "{}",
            shown.text
        );
        assert_eq!(app.has(finance).await, 0, "{backend:?}");
        // Asked to check again, it is not run either; what changed meanwhile is told.
        app.has_severity(ids[0], Severity::Critical).await;
        let checked = send(&manager, &planned, &[("assignee", &other), ("step", "check")]).await;
        assert!(
            checked.says("1 of 2 will be done") && checked.says("Somebody changed it since"),
            "{}",
            checked.text
        );
        assert_eq!(app.has(finance).await, 0, "{backend:?}");
        let done = run_to_the_end(&manager, &checked, &[("assignee", &other)]).await;
        assert!(done.says("1 of 2 is done"), "{}", done.text);
        assert_eq!(app.has(finance).await, 1, "{backend:?}");
    }
}

#[actix_web::test]
async fn started_twice_nothing_is_done_twice() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.raise_many(5).await;
        let manager = app.as_manager().await;
        let planned = choose(&manager, "COMMENT", "all", OPEN, &[]).await;
        let fields = [("content", "Look here")];
        // A second press before the first is answered.
        let presses = (0..3).map(|_| send(&manager, &planned, &fields));
        futures_util::future::join_all(presses).await;
        let later = send(&manager, &planned, &fields).await;
        assert!(
            later.says("It is done.") || later.says("It runs already."),
            "{}",
            later.text
        );
        for _ in 0..100 {
            if manager.get(&planned.path).await.says("All 5 are done.") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let said: i64 = app
            .app
            .db
            .read(|conn| Ok(comments::table.count().get_result(conn)?))
            .await
            .unwrap();
        assert_eq!(said, 5, "{backend:?}");
    }
}

/// Does one act on one exception in bulk; the page of the result.
async fn on_one(
    app: &TestApp,
    browser: &Browser,
    id: ExceptionId,
    act: &str,
    fields: &[(&str, &str)],
) -> Answer {
    let pick = format!("{id}.{}", app.exception(id).await.version);
    let planned = choose(browser, act, "", "/exceptions", &[pick]).await;
    run_to_the_end(browser, &planned, fields).await
}

#[actix_web::test]
async fn the_result_says_of_each_what_was_done_by_whom_when_and_why() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_many(3).await;
        let manager = app.as_manager().await;
        let clerk = app.member(Role::Clerk).await.to_string();
        let why = ("reason", "Paid in the meantime");
        for (id, act, fields, said) in [
            (
                ids[0],
                "ASSIGN",
                vec![("assignee", clerk.as_str())],
                "Assigned to Clerk One.",
            ),
            (
                ids[0],
                "RELEASE",
                Vec::new(),
                "Released: it is back for everybody.",
            ),
            (
                ids[0],
                "COMMENT",
                vec![("content", "Look here")],
                "The comment was added.",
            ),
            (
                ids[0],
                "RESOLVE",
                vec![why, ("notes", "Agreed.")],
                "Resolved: No action, Paid in the meantime.",
            ),
            (
                ids[1],
                "DISPATCH",
                vec![("targetSystem", "MANUAL"), ("queue", "Ops")],
                "Handed to somebody outside, for “Ops”.",
            ),
            (
                ids[2],
                "SNOOZE",
                vec![why, ("length", "TOMORROW"), ("until", "2026-12-01T10:00")],
                "Snoozed until 1 Dec 2026, 10:00 (America/New_York).",
            ),
        ] {
            let done = on_one(&app, &manager, id, act, &fields).await;
            assert_eq!(
                done.find("[role=status] .note"),
                ["It is done."],
                "{backend:?} {act}: {}",
                done.text
            );
            assert!(
                done.find(".list.one tbody td").contains(&said.to_owned()),
                "{backend:?} {act}: {}",
                done.text
            );
            let labels = done.find(".facts dt");
            for label in ["Planned by", "Started", "Ended"] {
                assert!(labels.contains(&label.to_owned()), "{act} {label}");
            }
            assert!(
                done.find(".facts dd").contains(&"Manager One".to_owned()),
                "{act}"
            );
            if fields.contains(&why) {
                assert!(done.find(".facts dd").contains(&why.1.to_owned()), "{act}");
            }
            let csv = manager.get(&format!("{}/result.csv", done.path)).await.text;
            assert!(
                csv.contains(said) && csv.contains("Manager One"),
                "{backend:?} {act}: {csv}"
            );
        }
    }
}

#[actix_web::test]
async fn a_time_of_ones_own_is_taken_and_a_wrong_one_told_whatever_is_chosen_beside() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let manager = app.as_manager().await;
    let planned = choose(&manager, "SNOOZE", "all", OPEN, &[]).await;
    for (until, why) in [
        ("2020-01-01T09:00", "Give a time that is still to come."),
        ("2099-01-01T09:00", "Give a time within 31 days."),
        ("2020-01-01", "Give a day and a time such as 2026-11-21 09:00."),
        ("2099", "Give a day and a time such as 2026-11-21 09:00."),
        ("abc", "Give a day and a time such as 2026-11-21 09:00."),
    ] {
        let fields = [
            ("length", "TOMORROW"),
            ("until", until),
            ("reason", "The bank is closed"),
        ];
        let refused = send(&manager, &planned, &fields).await;
        assert_eq!(refused.status, 422, "{until}");
        assert!(
            refused.find("#until-error")[0].contains(why),
            "{until}: {}",
            refused.text
        );
        assert_eq!(refused.find("#reason"), ["The bank is closed"]);
    }
    assert_eq!(app.exception(id).await.snoozed_until, None);
}

#[actix_web::test]
async fn a_page_of_what_runs_reloads_itself_by_script_alone_and_says_how_to_look_again() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.raise().await;
        let manager = app.as_manager().await;
        let all = Chosen::All(Box::new(Filter::of_tab(Tab::Open)));
        let planned = app.planned(BulkAct::Comment, all).await;
        let import = manager.upload("a.ach", sample("return-WEB.ach")).await;
        // As if another node were at both.
        app.app
            .db
            .write(app.account, move |tx| {
                let until = tx.now.plus(Duration::from_hours(1));
                diesel::update(bulk_actions::table)
                    .set((
                        bulk_actions::state.eq(BulkState::Running),
                        bulk_actions::lease_until.eq(Some(until)),
                        bulk_actions::items.eq(12_600_i64),
                        bulk_actions::done.eq(2_700_i64),
                    ))
                    .execute(tx.conn)?;
                diesel::update(imports::table)
                    .set((
                        imports::state.eq(ImportState::Running),
                        imports::lease_until.eq(Some(until)),
                    ))
                    .execute(tx.conn)?;
                Ok(())
            })
            .await
            .unwrap();
        let bulk = format!("/bulk/{}", planned.id);
        for path in [&bulk, &import.path] {
            let page = manager.get(path).await;
            assert_eq!(page.find("[data-running]").len(), 1, "{}", page.text);
            assert!(page.attribute("meta[http-equiv]", "content").is_empty());
            assert!(page.says("It goes on by itself; look again to see how far it is."));
            assert!(
                page.attribute("[data-running] a", "href").contains(path),
                "{backend:?} {path}"
            );
        }
        let cancelled = manager.submit(&bulk, &format!("{bulk}/cancel"), &[]).await;
        assert!(
            cancelled.says("Cancelled: 2,700 of 12,600 were done."),
            "{backend:?}: {}",
            cancelled.text
        );
    }
}

/// A team is offered as long as somebody of it can take more, and each goes to whoever has the least then.
#[actix_web::test]
async fn what_goes_to_a_team_is_counted_over_the_whole_batch() {
    let app = TestApp::start_on(Backend::Sqlite).await;
    app.raise_many(5).await;
    let (clerk, finance) = (app.member(Role::Clerk).await, app.member(Role::Finance).await);
    app.limit(clerk, 1).await;
    app.limit(finance, 3).await;
    let manager = app.as_manager().await;
    let (one, other) = (clerk.to_string(), finance.to_string());
    let new = "/settings/teams/new";
    let fields = [
        ("name", "Returns"),
        ("member[]", one.as_str()),
        ("member[]", other.as_str()),
    ];
    manager.submit(new, new, &fields).await;
    let planned = choose(&manager, "ASSIGN", "all", OPEN, &[]).await;
    let team = planned
        .attribute("#assignee option", "value")
        .into_iter()
        .find(|value| value.starts_with("team:"))
        .unwrap();
    let checked = send(&manager, &planned, &[("assignee", &team)]).await;
    assert!(checked.says("4 of 5 will be done"), "{}", checked.text);
    assert!(checked.says("Nobody of “Returns” can take more now."));
    let done = run_to_the_end(&manager, &checked, &[("assignee", &team)]).await;
    assert!(done.says("4 of 5 are done"), "{}", done.text);
    assert_eq!((app.has(clerk).await, app.has(finance).await), (1, 3));
    let again = choose(&manager, "ASSIGN", "all", "/exceptions?tab=unassigned", &[]).await;
    assert!(
        again
            .attribute("#assignee option[disabled]", "value")
            .contains(&team),
        "{}",
        again.text
    );
}
