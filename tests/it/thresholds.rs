//! Thresholds: asked for through the gate, tried on the last 90 days, and used by all that they are about.

use std::time::Duration;

use docket::{
    auth::permission::Role,
    desk::loose,
    exceptions::{
        aging,
        claim::claim,
        model::{ResolutionKind, Severity},
    },
    history::EventKind,
    kernel::id::ExceptionId,
    policies::{self, thresholds::Thresholds},
};

use crate::harness::{Browser, TestApp, both, browser::Answer};

pub const HERE: &str = "/settings/policies/thresholds";

/// The fields of the form as they are, with some set otherwise; an empty value is a check box left empty.
fn fields<'a>(otherwise: &'a [(&'a str, &'a str)], first: &'a [(String, String)]) -> Vec<(&'a str, &'a str)> {
    let kept = first
        .iter()
        .filter(|(name, _)| !otherwise.iter().any(|(n, _)| n == name))
        .map(|(n, v)| (n.as_str(), v.as_str()));
    kept.chain(otherwise.iter().copied()).collect()
}

impl TestApp {
    pub async fn thresholds(&self) -> Thresholds {
        let account = self.account;
        let read = self.app.db.read(move |conn| policies::rules::of(conn, account));
        read.await.unwrap()
    }

    /// Looks at what other thresholds would do.
    pub async fn try_thresholds(&self, browser: &Browser, otherwise: &[(&str, &str)]) -> Answer {
        use docket::policies::rules::Rules;
        let raw = self.thresholds().await.raw();
        let first: Vec<(String, String)> = raw.into_iter().map(|f| (f.name, f.value)).collect();
        browser.submit(HERE, HERE, &fields(otherwise, &first)).await
    }

    /// Asks for other thresholds and lets a second person agree.
    pub async fn set_thresholds(&self, otherwise: &[(&str, &str)]) {
        let owner = self.as_owner().await;
        let preview = self.try_thresholds(&owner, otherwise).await;
        assert!(preview.says("Thresholds: what would change"), "{}", preview.text);
        let asked = owner.submit_shown(&preview, HERE, &[("step", "ask")]).await;
        assert!(asked.path.starts_with("/approvals/"), "{}", asked.text);
        let manager = self.as_manager().await;
        let agreed = manager
            .submit(&asked.path, &format!("{}/approve", asked.path), &[])
            .await;
        assert!(agreed.says("They are in force"), "{}", agreed.text);
    }

    /// Lets the due times that are asked for be worked out.
    pub async fn reckon(&self) {
        docket::calendar::reckoning::run(&self.app).await.unwrap();
    }

    async fn due_in(&self, id: ExceptionId) -> Duration {
        let row = self.exception(id).await;
        row.due_at.since(row.created_at)
    }
}

#[actix_web::test]
async fn thresholds_are_tried_asked_for_and_in_force_only_when_another_agrees() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_many(3).await;
        let owner = app.as_owner().await;
        let same = app.try_thresholds(&owner, &[]).await;
        assert!(same.says("Nothing would change."), "{}", same.text);
        // R01 for 123.54 is medium by its code; from 100.00 on it would be high.
        let other = [
            ("high_amount", "100"),
            ("medium_amount", "10"),
            ("medium_sla", "12"),
            ("critical_sla", "1"),
            ("high_sla", "2"),
        ];
        let preview = app.try_thresholds(&owner, &other).await;
        for words in [
            "High when it was raised: 3 of the last 90 days, 0 by the thresholds of today.",
            "3 of 3 open exceptions would be due at another time: 3 sooner, 0 later, 0 overdue at once.",
            "Severity by amount: High from",
        ] {
            assert!(preview.says(words), "{words}: {}", preview.text);
        }
        assert_eq!(app.thresholds().await, Thresholds::FIRST, "nothing by looking");
        app.set_thresholds(&other).await;
        assert_eq!(app.thresholds().await.amounts, [100_000, 100, 10]);
        app.reckon().await;
        // What is open keeps its severity and is due by the SLA of today; what is raised follows both.
        for id in &ids {
            let row = app.exception(*id).await;
            assert_eq!((row.severity, row.version), (Severity::Medium, 2));
            assert_eq!(app.due_in(*id).await, Duration::from_hours(12));
            assert_eq!(
                row.due_rule,
                "Medium severity: 12 hours from the time it was raised."
            );
            let told = app.as_clerk().await.get(&format!("/exceptions/{id}")).await;
            assert!(
                told.says("is due at another time, as the thresholds were changed."),
                "{}",
                told.text
            );
        }
        let new = app.raise().await;
        assert_eq!(app.exception(new).await.severity, Severity::High);
        assert_eq!(app.due_in(new).await, Duration::from_hours(2), "{backend:?}");
        let page = owner.get(HERE).await;
        assert!(page.says("Version 1, by Owner One"), "{}", page.text);
        assert_eq!(page.attribute("#medium_sla", "value"), ["12"]);
        // Those of another business account are its own.
        let stranger = app.as_stranger(Role::Owner).await;
        assert!(stranger.get(HERE).await.says("Nobody has changed them yet"));
    }
}

#[actix_web::test]
async fn wrong_figures_come_back_as_they_were_typed() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let owner = app.as_owner().await;
        let wrong = app
            .try_thresholds(&owner, &[("critical_amount", "much"), ("share", "101")])
            .await;
        assert_eq!(wrong.status, 422);
        assert_eq!(wrong.attribute("#critical_amount", "value"), ["much"]);
        assert!(
            wrong.says("Share of the rest: give a whole number from 0 to 100."),
            "{}",
            wrong.text
        );
        let crossed = app.try_thresholds(&owner, &[("high_amount", "100000")]).await;
        assert!(
            crossed.says("A worse severity begins at a larger amount."),
            "{backend:?}"
        );
        // A change on a version that is gone.
        app.set_thresholds(&[("share", "6")]).await;
        let stale = app
            .try_thresholds(&owner, &[("share", "7"), ("version", "0")])
            .await;
        assert_eq!(stale.status, 409, "{}", stale.text);
        assert!(stale.says("The thresholds were changed meanwhile."));
    }
}

#[actix_web::test]
async fn all_that_they_are_about_goes_by_them() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.set_thresholds(&[
            ("idle_hours", "2"),
            ("snooze_days", "3"),
            ("review_from", "NEVER"),
            ("review_NO_ACTION", "1"),
            ("critical_age", "12"),
            ("high_age", "6"),
            ("medium_age", "3"),
        ])
        .await;
        // A claim is firm for two hours.
        let id = app.raise().await;
        let (holder, other) = (app.actor(Role::Clerk).await, app.actor(Role::Finance).await);
        app.app
            .db
            .write(app.account, move |tx| claim(tx, &holder, id))
            .await
            .unwrap();
        let why = |minutes: u64| {
            app.wait(minutes);
            let (other, now) = (other.clone(), app.app.clock.now());
            app.app.db.read(move |conn| {
                let row = docket::exceptions::queries::get(conn, other.business_account, id)?;
                loose::why(conn, &row, &other, now)
            })
        };
        assert_eq!(why(119).await.unwrap(), None);
        assert_eq!(
            why(1).await.unwrap().as_deref(),
            Some("Clerk One has done nothing with it for 2 h.")
        );
        let queue = app.as_clerk().await.get("/exceptions?tab=mine").await;
        assert!(queue.says("Idle 2 h") || queue.says("idle 2 h"), "{}", queue.text);
        // Three days and no longer.
        let clerk = app.as_clerk().await;
        let form = format!("/exceptions/{id}/snooze");
        let week = [("length", "WEEK"), ("reason", "Later")];
        let refused = clerk.submit(&form, &form, &week).await;
        assert!(refused.says("Give a time within 3 days."), "{}", refused.text);
        // Age: after six hours it is high.
        app.wait(4 * 60);
        aging::run(&app.app).await.unwrap();
        let row = app.exception(id).await;
        assert_eq!(row.severity, Severity::High);
        assert_eq!(row.severity_rule, "Open for 6 hours or more.");
        // By type and not by severity.
        let clerk = app.as_clerk().await;
        let preview = clerk
            .submit(
                &format!("/exceptions/{id}/resolve"),
                &format!("/exceptions/{id}/resolve"),
                &[
                    ("resolution_type", "NO_ACTION"),
                    ("reason", "Done"),
                    ("notes", "Done."),
                ],
            )
            .await;
        assert!(preview.status == 200, "{}", preview.text);
        let manager = app.as_manager().await;
        let listed = manager.get("/reviews").await;
        let mut links = listed.attribute("tbody a", "href");
        links.retain(|href| href.starts_with("/reviews/"));
        let review = manager.get(&links.remove(0)).await;
        assert!(
            review.says("every resolution of type “No action” is reviewed"),
            "{backend:?}: {}",
            review.text
        );
        let thresholds = app.thresholds().await;
        assert!(
            thresholds
                .rule_for(Severity::Critical, ResolutionKind::Retry)
                .is_none()
        );
        // The account next door rises by the defaults.
        assert!(!app.events_of(id, EventKind::Severity).await.is_empty());
    }
}

impl TestApp {
    /// What the history says of an exception, of one kind.
    pub async fn events_of(&self, id: ExceptionId, kind: EventKind) -> Vec<String> {
        let account = self.account;
        let found = self
            .app
            .db
            .read(move |conn| docket::history::queries::list_of(conn, account, id.uuid(), 200))
            .await
            .unwrap();
        let mut found: Vec<_> = found.into_iter().filter(|e| e.kind == kind).collect();
        found.sort_by_key(|e| e.seq);
        found.into_iter().map(|e| e.description).collect()
    }
}
