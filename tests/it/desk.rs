//! The people at the desk: absences and who stands in, limits, claims that go idle, teams.

use std::time::Duration;

use docket::{
    app::App,
    auth::permission::Role,
    exceptions::{
        assign::{assign, assign_to_team},
        claim::{claim, take_next, take_over},
        comment,
        model::Status,
        row::ExceptionRow,
    },
    kernel::{
        error::{AppError, AppResult},
        id::{ExceptionId, TeamMemberId},
        text::CommentText,
    },
    notifications::clock,
};

use crate::harness::{Browser, TestApp, both, browser::Answer};

impl TestApp {
    /// Does something with an exception in a role.
    async fn act(
        &self,
        role: Role,
        id: ExceptionId,
        act: fn(&mut docket::db::Tx<'_>, &docket::auth::actor::Actor, ExceptionId) -> AppResult<ExceptionRow>,
    ) -> AppResult<ExceptionRow> {
        let actor = self.actor(role).await;
        self.app
            .db
            .write(self.account, move |tx| act(tx, &actor, id))
            .await
    }

    async fn give_to(&self, id: ExceptionId, to: TeamMemberId) -> Result<ExceptionRow, String> {
        let manager = self.actor(Role::Manager).await;
        let given = self
            .app
            .db
            .write(self.account, move |tx| assign(tx, &manager, id, to, None))
            .await;
        given.map_err(|e| match e {
            AppError::Invalid(errors) => errors.of("assignee").unwrap(),
            other => other.sentence(),
        })
    }

    async fn clock_tells(&self) {
        let app: &App = &self.app;
        clock::run(app).await.unwrap();
    }
}

/// What somebody was told, the newest first.
async fn told(browser: &Browser) -> String {
    browser
        .get("/notifications")
        .await
        .find(".told button")
        .join("\n")
}

async fn goes_away(browser: &Browser, from: &str, until: &str, substitute: &str) -> Answer {
    let (page, fields) = (
        "/settings/absence",
        [("from", from), ("until", until), ("substitute", substitute)],
    );
    browser.submit(page, page, &fields).await
}

#[actix_web::test]
async fn whoever_is_away_is_given_nothing_and_who_stands_in_may_take_over_and_is_told() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_many(2).await;
        let (clerk, finance) = (app.as_clerk().await, app.sign_in(Role::Finance).await);
        let stands_in = app.member(Role::Finance).await;
        app.act(Role::Clerk, ids[0], claim).await.unwrap();
        // The test's clock stands at 3 November 2026.
        let told_of = goes_away(&clerk, "2026-11-03", "2026-11-06", &stands_in.to_string()).await;
        assert!(
            told_of.says("You are away from 3 Nov 2026 to 6 Nov 2026."),
            "{}",
            told_of.text
        );
        assert_eq!(told_of.find("tbody td")[1], "Finance One");
        let away = app.member(Role::Clerk).await;
        assert_eq!(
            app.give_to(ids[1], away).await.unwrap_err(),
            "Clerk One is away until 6 Nov 2026; Finance One stands in."
        );
        let form = app
            .as_manager()
            .await
            .get(&format!("/exceptions/{}/assign", ids[1]))
            .await;
        assert!(form.says("away until 6 Nov 2026; Finance One stands in"));
        assert!(
            form.attribute("input[disabled]", "value")
                .contains(&away.to_string())
        );
        // My work says it to both.
        assert!(clerk.get("/").await.says("nothing new is given to you"));
        let home = finance.get("/").await;
        assert!(home.says("You stand in for Clerk One"), "{}", home.text);
        // Who stands in may take over; nobody else may.
        let page = format!("/exceptions/{}", ids[0]);
        let refused = app
            .act(Role::Owner, ids[1], |tx, actor, id| {
                take_over(tx, actor, id, None)
            })
            .await
            .unwrap_err();
        assert_eq!(refused.sentence(), "Nobody has it: take it.");
        let shown = finance.get(&page).await;
        assert!(shown.says("and you stand in."), "{}", shown.text);
        app.wait(24 * 60);
        let finance = app.sign_in(Role::Finance).await;
        app.clock_tells().await;
        let done = finance.submit(&page, &format!("{page}/take-over"), &[]).await;
        assert!(done.says("You have it now. Whoever had it is told."));
        assert_eq!(app.exception(ids[0]).await.assignee_id, Some(stands_in));
        let clerk = app.as_clerk().await;
        assert!(
            told(&clerk).await.contains("Finance One took it over from you."),
            "{backend:?}"
        );
        // It ends early: from then on the clerk is given things again.
        let back = clerk
            .submit(
                "/settings/absence",
                "/settings/absence/end",
                &[(
                    "absence",
                    &clerk
                        .get("/settings/absence")
                        .await
                        .attribute("input[name=absence]", "value")[0],
                )],
            )
            .await;
        assert!(back.says("No absence is planned."), "{}", back.text);
        app.give_to(ids[1], away).await.unwrap();
    }
}

#[actix_web::test]
async fn who_stands_in_is_told_of_what_falls_due() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        app.act(Role::Clerk, id, claim).await.unwrap();
        let stands_in = app.member(Role::Finance).await;
        goes_away(
            &app.as_clerk().await,
            "2026-11-04",
            "2026-12-04",
            &stands_in.to_string(),
        )
        .await;
        let due = app.exception(id).await.due_at;
        let left = due.since(app.clock.now());
        app.clock.advance(left.saturating_sub(Duration::from_hours(1)));
        app.clock_tells().await;
        let finance = app.sign_in(Role::Finance).await;
        assert!(told(&finance).await.contains("left."), "{backend:?}");
        let owner = told(&app.as_owner().await).await;
        assert!(!owner.contains("left."), "a warning is its holder's: {owner}");
    }
}

#[actix_web::test]
async fn wrong_days_come_back_with_what_was_typed_and_others_absences_are_out_of_reach() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let clerk = app.as_clerk().await;
        let wrong = goes_away(&clerk, "2026-11-09", "2026-11-05", "").await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.says("The last day is before the first."));
        assert_eq!(wrong.attribute("#until", "value"), ["2026-11-05"]);
        assert_eq!(goes_away(&clerk, "soon", "2026-11-05", "").await.status, 422);
        goes_away(&clerk, "2026-11-09", "2026-11-10", "").await;
        let twice = goes_away(&clerk, "2026-11-10", "2026-11-12", "").await;
        assert!(
            twice.says("Clerk One is away from 9 Nov 2026 to 10 Nov 2026 already."),
            "{}",
            twice.text
        );
        let id = clerk
            .get("/settings/absence")
            .await
            .attribute("input[name=absence]", "value")
            .remove(0);
        let finance = app.sign_in(Role::Finance).await;
        let end = |browser: Browser, path: &'static str| {
            let id = id.clone();
            async move {
                let token = browser.token().await;
                let fields = [("csrf_token", token.as_str()), ("absence", id.as_str())];
                browser.post(path, &fields).await.status.as_u16()
            }
        };
        assert_eq!(end(finance, "/settings/absence/end").await, 403);
        let stranger = app.as_stranger(Role::Owner).await;
        assert_eq!(end(stranger, "/settings/absence/end").await, 404);
        // A supervisor says it of others, on their page.
        let manager = app.as_manager().await;
        let page = format!("/workload/{}", app.member(Role::Finance).await);
        let fields = [("from", "2026-11-03"), ("until", "2026-11-03")];
        let done = manager.submit(&page, &format!("{page}/away"), &fields).await;
        assert!(done.says("They are away on 3 Nov 2026."), "{}", done.text);
        assert!(done.says("Is given nothing more now: away until 3 Nov 2026."));
        assert!(
            manager
                .get("/workload")
                .await
                .says("Finance · away until 3 Nov 2026")
        );
        let ended = manager
            .submit(
                &page,
                &format!("{page}/end"),
                &[("absence", &done.attribute("input[name=absence]", "value")[0])],
            )
            .await;
        assert!(ended.says("They are here."), "{backend:?}");
    }
}

#[actix_web::test]
async fn who_has_as_many_as_their_limit_is_given_no_more() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_many(3).await;
        let manager = app.as_manager().await;
        let page = format!("/workload/{}", app.member(Role::Clerk).await);
        let form = format!("{page}/limit");
        let wrong = manager.submit(&page, &form, &[("limit", "none")]).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.says("Give a number from 1 to 10,000, or nothing."));
        assert_eq!(wrong.attribute("#limit", "value"), ["none"]);
        let done = manager.submit(&page, &form, &[("limit", "1")]).await;
        assert!(done.says("0 of 1 open"), "{}", done.text);
        app.act(Role::Clerk, ids[0], claim).await.unwrap();
        let why = "You have 1 open exceptions, and your limit is 1. Resolve or release one first.";
        let refused = app.act(Role::Clerk, ids[1], claim).await.unwrap_err();
        assert_eq!(refused.sentence(), why);
        // On the page it is said where the person was.
        let clerk = app.as_clerk().await;
        let told = clerk
            .submit("/exceptions?tab=open", "/exceptions/take-next", &[])
            .await;
        assert!(told.says(why), "{}", told.text);
        let actor = app.actor(Role::Clerk).await;
        let next = app
            .app
            .db
            .write(app.account, move |tx| take_next(tx, &actor))
            .await;
        assert_eq!(next.unwrap_err().sentence(), why);
        let given = app.give_to(ids[1], app.member(Role::Clerk).await).await;
        assert_eq!(
            given.unwrap_err(),
            "Clerk One has 1 of 1 open, which is the limit."
        );
        manager.submit(&page, &form, &[("limit", "")]).await;
        app.give_to(ids[1], app.member(Role::Clerk).await).await.unwrap();
        assert_eq!(clerk.get(&page).await.status, 403);
        let stranger = app.as_stranger(Role::Owner).await;
        assert_eq!(stranger.get(&page).await.status, 404, "{backend:?}");
    }
}

#[actix_web::test]
async fn a_claim_that_its_holder_leaves_alone_for_a_day_may_be_taken_over() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        app.act(Role::Clerk, id, claim).await.unwrap();
        let over = |role| app.act(role, id, |tx, actor, id| take_over(tx, actor, id, None));
        app.wait(7 * 60);
        // A comment of the holder keeps it, one of another does not.
        let says = |tx: &mut docket::db::Tx<'_>, actor: &docket::auth::actor::Actor, id| {
            let text = CommentText::parse("Asked the payer.").unwrap();
            comment::add(tx, actor, id, &text)?;
            docket::exceptions::queries::get(tx.conn, actor.business_account, id)
        };
        app.act(Role::Clerk, id, says).await.unwrap();
        app.wait(2 * 60);
        assert_eq!(
            over(Role::Finance).await.unwrap_err().sentence(),
            "Clerk One has it."
        );
        app.act(Role::Finance, id, says).await.unwrap();
        app.wait(6 * 60);
        let (clerk, finance) = (app.as_clerk().await, app.sign_in(Role::Finance).await);
        // Both see it, in the list and on its page.
        for browser in [&clerk, &finance] {
            let list = browser.get("/exceptions?tab=open").await;
            assert!(list.says("idle 8 h"), "{}", list.text);
        }
        let page = format!("/exceptions/{id}");
        let shown = finance.get(&page).await;
        assert!(
            shown.says("Clerk One has done nothing with it for 8 h."),
            "{}",
            shown.text
        );
        let row = over(Role::Finance).await.unwrap();
        assert_eq!(row.status, Status::InProgress);
        assert_eq!(row.held_at, Some(app.clock.now()));
        assert_eq!(
            over(Role::Finance).await.unwrap_err().sentence(),
            "You have it already."
        );
        // A supervisor needs no such reason.
        assert!(over(Role::Manager).await.is_ok());
        // One that was seen in another version is not taken over.
        let actor = app.actor(Role::Owner).await;
        let stale = app
            .app
            .db
            .write(app.account, move |tx| take_over(tx, &actor, id, Some(1)))
            .await;
        assert!(
            stale.unwrap_err().sentence().contains("changed it since"),
            "{backend:?}"
        );
    }
}

#[actix_web::test]
async fn a_team_is_a_choice_when_something_is_assigned_and_a_filter_of_the_queue() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_many(3).await;
        let manager = app.as_manager().await;
        assert!(manager.get("/settings/teams").await.says("There is no team yet"));
        let (clerk, finance) = (app.member(Role::Clerk).await, app.member(Role::Finance).await);
        let new = "/settings/teams/new";
        let nobody = manager.submit(new, new, &[("name", "Returns")]).await;
        assert_eq!(nobody.status, 422);
        assert!(nobody.says("Choose somebody."));
        assert_eq!(nobody.attribute("#name", "value"), ["Returns"]);
        let viewer = app.member(Role::ViewOnly).await.to_string();
        let wrong = manager
            .submit(new, new, &[("name", "Returns"), ("member[]", &viewer)])
            .await;
        assert!(wrong.says("Choose people who work exceptions in this business account."));
        let fields = [
            ("name", "Returns"),
            ("member[]", &clerk.to_string()),
            ("member[]", &finance.to_string()),
        ];
        let made = manager.submit(new, new, &fields).await;
        assert!(made.says("The team “Returns” is saved."), "{}", made.text);
        let again = manager.submit(new, new, &fields).await;
        assert!(again.says("Another team has this name."));
        let team = made.attribute("td a[href^='/settings/teams/']", "href").remove(0);
        let id = team.rsplit('/').next().unwrap().to_owned();
        // Whoever has the least gets it.
        app.act(Role::Clerk, ids[0], claim).await.unwrap();
        let form = format!("/exceptions/{}/assign", ids[1]);
        let given = manager
            .submit(&form, &form, &[("assignee", &format!("team:{id}"))])
            .await;
        assert!(given.says("Finance One has it now."), "{}", given.text);
        let list = manager.get(&format!("/exceptions?tab=open&team={id}")).await;
        assert_eq!(list.find("table.q tbody tr").len(), 2);
        assert!(list.says("Team Returns"), "a chip");
        assert_eq!(
            manager
                .get(&format!("/workload?team={id}"))
                .await
                .find("tbody tr")
                .len(),
            2
        );
        // Nobody left who can take more.
        for member in [clerk, finance] {
            let page = format!("/workload/{member}");
            manager
                .submit(&page, &format!("{page}/limit"), &[("limit", "1")])
                .await;
        }
        let (actor, to, third) = (app.actor(Role::Manager).await, id.parse().unwrap(), ids[2]);
        let full = app
            .app
            .db
            .write(app.account, move |tx| assign_to_team(tx, &actor, third, to, None))
            .await;
        assert!(
            full.unwrap_err()
                .sentence()
                .contains("Nobody of “Returns” can take more now.")
        );
        // A stale form changes nothing; removing leaves people and work as they are.
        let change = [("name", "Returns"), ("member[]", &clerk.to_string())];
        let shown = manager.get(&team).await;
        manager.submit_shown(&shown, &team, &change).await;
        let stale = manager
            .submit_shown(&shown, &team, &[("name", "Others"), change[1]])
            .await;
        assert_eq!(stale.status, 409);
        assert!(stale.says("Somebody changed it since you opened it."));
        let stranger = app.as_stranger(Role::Owner).await;
        assert_eq!(stranger.get(&team).await.status, 404);
        let gone = manager.submit(&team, &format!("{team}/delete"), &[]).await;
        assert!(gone.says("its people keep what they have"), "{}", gone.text);
        assert_eq!(app.exception(ids[1]).await.assignee_id, Some(finance));
        let list = manager.get(&format!("/exceptions?tab=open&team={id}")).await;
        assert_eq!(list.find("table.q tbody tr").len(), 0, "{backend:?}");
    }
}
