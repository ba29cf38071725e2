//! Routing rules: changed through the gate, and what they do with what is raised, in the transaction that raises it.

use docket::{
    auth::permission::Role,
    exceptions::{claim::release, model::Status},
    history::{EventKind, queries as history},
    kernel::{
        error::AppResult,
        id::{ExceptionId, TeamId, TeamMemberId},
        text::Title,
    },
};

use crate::{
    api_client::Api,
    harness::{Backend, Browser, TestApp, both, sample},
};

const RULES: &str = "/settings/policies/routing";

impl TestApp {
    /// A team of a clerk and somebody of finance.
    async fn a_team(&self) -> TeamId {
        let manager = self.actor(Role::Manager).await;
        let members = [self.member(Role::Clerk).await, self.member(Role::Finance).await];
        self.app
            .db
            .write(self.account, move |tx| {
                let name = Title::parse("Returns").unwrap();
                docket::desk::teams::add(tx, &manager, &name, &members)
            })
            .await
            .unwrap()
            .id
    }

    /// Asks for these rules and lets a second person agree.
    async fn route(&self, fields: &[(&str, &str)]) {
        let asked = ask(&self.as_owner().await, fields).await;
        assert!(asked.path.starts_with("/approvals/"), "{}", asked.text);
        let manager = self.as_manager().await;
        let agreed = manager
            .submit(&asked.path, &format!("{}/approve", asked.path), &[])
            .await;
        assert!(agreed.says("what is raised"), "{}", agreed.text);
    }

    async fn holder(&self, id: ExceptionId) -> Option<TeamMemberId> {
        self.exception(id).await.assignee_id
    }

    async fn events(&self, id: ExceptionId) -> Vec<(EventKind, String)> {
        let account = self.account;
        let found = self
            .app
            .db
            .read(move |conn| history::list_of(conn, account, id.uuid(), 100));
        let mut events = found.await.unwrap();
        events.sort_by_key(|e| e.seq);
        events.into_iter().map(|e| (e.kind, e.description)).collect()
    }
}

/// Through the form, its preview, and the request.
async fn ask(browser: &Browser, fields: &[(&str, &str)]) -> crate::harness::browser::Answer {
    let preview = browser.submit(RULES, RULES, fields).await;
    assert!(
        preview.says("Routing rules: what would change"),
        "{}",
        preview.text
    );
    browser.submit_shown(&preview, RULES, &[("step", "ask")]).await
}

async fn rules_place_what_is_raised(backend: Backend) -> AppResult<()> {
    let app = TestApp::start_on(backend).await;
    let team = app.a_team().await;
    let (clerk, finance) = (app.member(Role::Clerk).await, app.member(Role::Finance).await);
    let before = app.raise().await;
    assert_eq!(app.holder(before).await, None, "there are no rules yet");
    let (turn, least) = (format!("turn:{team}"), format!("least:{team}"));
    app.route(&[
        ("rule1_name", "No funds"),
        ("rule1_codes", "R01"),
        ("rule1_to", &turn),
        ("rule2_name", "Stays"),
        ("rule2_codes", "R02"),
        ("rule2_to", "nobody"),
        ("rule3_name", "The rest"),
        ("rule3_to", &least),
    ])
    .await;
    assert_eq!(
        app.holder(before).await,
        None,
        "what was raised before stays where it is"
    );

    // In turn, by name.
    let ids = app.raise_many(3).await;
    let mut holders = Vec::new();
    for id in &ids {
        holders.push(app.holder(*id).await);
    }
    assert_eq!(holders, [Some(clerk), Some(finance), Some(clerk)]);
    let row = app.exception(ids[0]).await;
    assert_eq!((row.status, row.version), (Status::InProgress, 1));
    let events = app.events(ids[0]).await;
    assert_eq!(
        events.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(),
        [EventKind::Create, EventKind::AssignedTo, EventKind::StatusChange]
    );
    assert_eq!(
        events[1].1, "gave it to Clerk One: routing rule “No funds”",
        "the history names the rule"
    );
    let told = app.as_clerk().await.get("/notifications").await;
    assert!(told.says("routed to you by “No funds”."), "{}", told.text);

    // The first that fits decides, also when it gives to nobody.
    let mut stopped = app.a_return();
    stopped.code = Some("R02".into());
    assert_eq!(app.holder(app.raise_as(stopped.clone()).await).await, None);
    stopped.code = Some("R03".into());
    let least = app.raise_as(stopped.clone()).await;
    assert_eq!(app.holder(least).await, Some(finance), "who has the least");

    // Nobody who is full or away is given anything; when nobody is left, it stays for everybody.
    let manager = app.as_manager().await;
    for member in [clerk, finance] {
        let page = format!("/workload/{member}");
        let limit = format!("{page}/limit");
        manager.submit(&page, &limit, &[("limit", "2")]).await;
    }
    assert_eq!(app.holder(app.raise_as(stopped.clone()).await).await, None);
    let actor = app.actor(Role::Clerk).await;
    let back = ids[0];
    app.app
        .db
        .write(app.account, move |tx| release(tx, &actor, back, None).map(drop))
        .await?;
    assert_eq!(
        app.holder(back).await,
        None,
        "what is put back is not routed again"
    );
    let page = format!("/workload/{clerk}");
    let days = [("from", "2026-11-03"), ("until", "2026-11-04")];
    manager.submit(&page, &format!("{page}/away"), &days).await;
    assert_eq!(app.holder(app.raise_as(stopped).await).await, None, "{backend:?}");
    Ok(())
}

#[actix_web::test]
async fn rules_place_what_is_raised_on_both_databases() {
    for backend in both() {
        rules_place_what_is_raised(backend).await.unwrap();
    }
}

#[actix_web::test]
async fn files_and_clients_raise_by_the_same_rules() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let clerk = app.member(Role::Clerk).await;
        app.route(&[
            ("rule1_name", "Files"),
            ("rule1_source", "IMPORT"),
            ("rule1_kind", "ACH_RETURN"),
            ("rule1_to", &clerk.to_string()),
            ("rule2_name", "Large from clients"),
            ("rule2_source", "API"),
            ("rule2_amount_from", "10,000"),
            ("rule2_to", &clerk.to_string()),
        ])
        .await;
        let browser = app.as_clerk().await;
        browser.import("return-WEB.ach", sample("return-WEB.ach")).await;
        let mine = browser.get("/exceptions?tab=mine").await;
        assert_eq!(mine.find("table.q tbody tr").len(), 2, "{}", mine.text);
        let api = Api::of(&app, Role::Clerk).await;
        for (amount, status) in [("9999.99", "NEW"), ("10000.00", "IN_PROGRESS")] {
            let body = serde_json::json!({
                "type": "ACH_RETURN", "description": "R01 for Paul Jones", "returnCode": "R01",
                "amount": amount, "currency": "USD",
            });
            let raised = api.post("/api/v1/exceptions", &body).await;
            assert_eq!(raised.status, 201, "{}", raised.text);
            assert_eq!(raised.json()["status"], status, "{backend:?} {amount}");
        }
    }
}

#[actix_web::test]
async fn rules_are_tried_on_the_last_90_days_before_they_are_asked_for() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.raise_many(3).await;
        let mut other = app.a_return();
        other.code = Some("R03".into());
        app.raise_as(other).await;
        app.wait(60 * 24 * 91);
        app.raise_many(2).await;
        let clerk = app.member(Role::Clerk).await.to_string();
        let owner = app.as_owner().await;
        let fields = [
            ("rule1_name", "No funds"),
            ("rule1_codes", "R01"),
            ("rule1_to", clerk.as_str()),
        ];
        let preview = owner.submit(RULES, RULES, &fields).await;
        assert!(
            preview.says(
                "Of the 2 exceptions of the last 90 days they would have given 2 to somebody; the rules of today 0."
            ),
            "{}",
            preview.text
        );
        assert!(preview.says("No funds: R01 → Clerk One"));
        // Nothing is in force by looking, and whoever asks does not decide.
        assert!(owner.get(RULES).await.says("There are none yet"));
        let asked = owner.submit_shown(&preview, RULES, &[("step", "ask")]).await;
        assert!(asked.path.starts_with("/approvals/"), "{}", asked.text);
        let page = asked.path.clone();
        let own = owner
            .post(&format!("{page}/approve"), &[("csrf_token", owner.token().await)])
            .await;
        assert!(own.says("You asked for it yourself"), "{}", own.text);
        assert!(owner.get(RULES).await.says("There are none yet"), "{backend:?}");
        // The same again waits already.
        let twice = owner.submit_shown(&preview, RULES, &[("step", "ask")]).await;
        assert_eq!(twice.status, 409, "{}", twice.text);
    }
}

#[actix_web::test]
async fn wrong_rules_come_back_as_they_were_typed_and_a_team_that_is_named_stays() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let owner = app.as_owner().await;
        let viewer = app.member(Role::ViewOnly).await.to_string();
        let wrong = owner
            .submit(
                RULES,
                RULES,
                &[
                    ("rule1_name", ""),
                    ("rule1_codes", "R01"),
                    ("rule1_amount_from", "much"),
                ],
            )
            .await;
        assert_eq!(wrong.status, 422);
        for words in [
            "Rule 1: A name is required.",
            "Rule 1: Give a whole amount such as 10000, or none.",
            "Rule 1: Choose who gets it.",
        ] {
            assert!(wrong.says(words), "{words}: {}", wrong.text);
        }
        assert_eq!(wrong.attribute("#rule1_amount_from", "value"), ["much"]);
        let nobody = [("rule1_name", "X"), ("rule1_to", viewer.as_str())];
        let refused = owner.submit(RULES, RULES, &nobody).await;
        assert_eq!(refused.status, 422);
        assert!(refused.says("Choose somebody who works exceptions here, or a team."));
        let none = owner.submit(RULES, RULES, &[]).await;
        assert!(none.says("Nothing would change."), "{}", none.text);
        let team = app.a_team().await;
        app.route(&[("rule1_name", "All"), ("rule1_to", &format!("least:{team}"))])
            .await;
        let manager = app.as_manager().await;
        let page = format!("/settings/teams/{team}");
        let kept = manager.submit(&page, &format!("{page}/delete"), &[]).await;
        assert!(
            kept.says("The routing rule “All” gives to this team."),
            "{}",
            kept.text
        );
        // The rules of another business account are its own.
        let stranger = app.as_stranger(Role::Owner).await;
        assert!(
            stranger.get(RULES).await.says("There are none yet"),
            "{backend:?}"
        );
    }
}
