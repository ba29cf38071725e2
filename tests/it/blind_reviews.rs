//! Blind reviews: what was done is hidden from whoever may review it until they have said what they would have done; how
//! often both agree is reported.

use docket::{
    auth::permission::Role,
    exceptions::{
        model::ResolutionKind,
        resolution::{How, OverrideReason},
    },
    kernel::{
        id::{ExceptionId, ReviewId},
        text::{Reason, ResolutionNotes},
    },
    reviews::{blind, commands},
};

use crate::{
    api_client::Api,
    harness::{TestApp, both},
    money::returned,
    payments::Payments,
};

/// What must not be read before the answer.
const SECRETS: [&str; 3] = [
    "No action",
    "Nothing to be done here",
    "The payer has paid otherwise",
];

impl TestApp {
    /// Every sampled resolution is reviewed, and blind.
    pub async fn review_blind(&self) {
        self.set_thresholds(&[("share", "100"), ("blind_share", "100")])
            .await;
    }

    /// Resolves it as a clerk; the review that waits.
    pub async fn resolved(&self, id: ExceptionId) -> ReviewId {
        let actor = self.actor(Role::Clerk).await;
        self.app
            .db
            .write(self.account, move |tx| {
                let how = How::NoAction(Reason::parse("Nothing to be done here").unwrap());
                let notes = ResolutionNotes::parse("The payer has paid otherwise").unwrap();
                docket::exceptions::resolution::resolve(tx, &actor, id, &how, &notes, None)
            })
            .await
            .unwrap();
        self.waiting_review(id).await
    }

    /// The review of it that waits.
    pub async fn waiting_review(&self, id: ExceptionId) -> ReviewId {
        let account = self.account;
        let listed = self
            .app
            .db
            .read(move |conn| {
                docket::reviews::queries::list(
                    conn,
                    account,
                    docket::reviews::model::ReviewState::Waiting,
                    None,
                    None,
                )
            })
            .await
            .unwrap();
        listed
            .into_iter()
            .find(|(review, ..)| review.exception_id == id)
            .map(|(review, ..)| review.id)
            .unwrap()
    }
}

#[actix_web::test]
async fn the_second_person_is_told_nowhere_what_was_done_before_their_own_answer() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.review_blind().await;
        let id = app.raise().await;
        let review = app.resolved(id).await;
        let manager = app.as_manager().await;
        let page = format!("/reviews/{review}");
        let hidden = |text: &str, place: &str| {
            for secret in SECRETS {
                assert!(
                    !text.contains(secret),
                    "{backend:?}: {place} tells {secret:?}: {text}"
                );
            }
        };
        for place in [
            "/reviews".to_owned(),
            format!("/exceptions/{id}"),
            "/exceptions?tab=resolved".to_owned(),
            "/settings/history".to_owned(),
            format!("/search?q={id}"),
        ] {
            let shown = manager.get(&place).await;
            assert_eq!(shown.status, 200, "{place}");
            hidden(&shown.text, &place);
        }
        let evidence = manager.get(&format!("/exceptions/{id}/evidence")).await;
        assert_eq!(evidence.status, 422);
        let shown = manager.get(&page).await;
        // The types are offered to be chosen from; the reason and the notes are nowhere.
        for secret in &SECRETS[1..] {
            assert!(!shown.text.contains(secret), "{}", shown.text);
        }
        assert!(!shown.text.contains("/approve"), "{}", shown.text);
        assert!(manager.get(&format!("/exceptions/{id}")).await.says("Answer it"));
        let api = Api::of(&app, Role::Manager).await;
        for call in [
            format!("/api/v1/reviews/{review}"),
            "/api/v1/reviews".to_owned(),
            format!("/api/exceptions/{id}"),
            format!("/api/v1/exceptions/{id}"),
            format!("/api/v1/exceptions/{id}/history"),
            "/api/v1/governance/audit-logs".to_owned(),
        ] {
            let told = api.get(&call).await;
            assert_eq!(told.status, 200, "{call}: {}", told.text);
            hidden(&told.text, &call);
            assert!(!told.text.contains("\"NO_ACTION\""), "{call}: {}", told.text);
        }
        // Whoever resolved it knows it anyhow.
        assert!(
            app.as_clerk()
                .await
                .get(&format!("/exceptions/{id}"))
                .await
                .says("The payer has paid otherwise")
        );
    }
}

/// A form that comes too late tells what was done last; not how, to whoever is to say first what they would have done.
#[actix_web::test]
async fn a_form_that_comes_too_late_tells_nothing_of_what_was_done_either() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.review_blind().await;
        let id = app.raise().await;
        let severity = format!("/exceptions/{id}/severity");
        let assign = format!("/exceptions/{id}/assign");
        let (manager, finance) = (app.as_manager().await, app.sign_in(Role::Finance).await);
        let theirs = manager.get(&severity).await;
        let anyones = finance.get(&assign).await;
        app.resolved(id).await;
        let fields = [("severity", "LOW"), ("reason", "Small")];
        let told = manager.submit_shown(&theirs, &severity, &fields).await;
        assert_eq!(told.status, 409, "{}", told.text);
        assert!(
            told.says("Clerk One resolved it; how is told once its blind review has an answer."),
            "{backend:?}: {}",
            told.text
        );
        for secret in SECRETS {
            assert!(
                !told.text.contains(secret),
                "{backend:?}: {secret}: {}",
                told.text
            );
        }
        // Who does not review it may know.
        let to = app.member(Role::Finance).await.to_string();
        let told = finance
            .submit_shown(&anyones, &assign, &[("assignee", &to)])
            .await;
        assert_eq!(told.status, 409, "{}", told.text);
        assert!(told.says("Clerk One resolved it: No action."), "{}", told.text);
    }
}

/// The form that opens it again says what that undoes: how, only to whoever may know what was done.
#[actix_web::test]
async fn the_form_that_opens_it_again_tells_nothing_of_what_was_done_either() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.review_blind().await;
        let pay = Payments::of(&app).await;
        let id = returned(&pay, 5_500, "R01", "2026-10-30").await.exception;
        let clerk = app.actor(Role::Clerk).await;
        pay.write(move |tx| {
            let how = How::ForceMatch {
                counterpart: None,
                why: OverrideReason::OpsApproval,
            };
            let notes = ResolutionNotes::parse("Its other side is in another ledger").unwrap();
            docket::exceptions::resolution::resolve(tx, &clerk, id, &how, &notes, None)
        })
        .await
        .unwrap();
        let review = app.waiting_review(id).await;
        let manager = app.as_manager().await;
        let reopen = format!("/exceptions/{id}/reopen");
        let shown = manager.get(&reopen).await;
        assert!(
            shown.says("What its resolution did is undone, as far as it can be."),
            "{backend:?}: {}",
            shown.text
        );
        assert!(!shown.says("The match is undone."), "{}", shown.text);
        let page = format!("/reviews/{review}");
        let fields = [("answer", "NO_ACTION"), ("reason", "As I see it")];
        manager.submit(&page, &format!("{page}/answer"), &fields).await;
        let shown = manager.get(&reopen).await;
        assert!(shown.says("The match is undone."), "{backend:?}: {}", shown.text);
    }
}

/// What a resolution did to an account is in the account's past and in the audit log, also where that lists accounts
/// alone: not before there is an answer.
#[actix_web::test]
async fn the_past_of_the_account_that_it_changed_tells_nothing_of_what_was_done_either() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.set_thresholds(&[("share", "100"), ("blind_share", "100"), ("review_from", "NEVER")])
            .await;
        let pay = Payments::of(&app).await;
        let id = returned(&pay, 5_500, "R10", "2026-10-30").await.exception;
        let clerk = app.actor(Role::Clerk).await;
        pay.write(move |tx| {
            let how = How::SuspendAccount(Reason::parse("The payer has forbidden it").unwrap());
            let notes = ResolutionNotes::parse("All debits are stopped").unwrap();
            docket::exceptions::resolution::resolve(tx, &clerk, id, &how, &notes, None)
        })
        .await
        .unwrap();
        let review = app.waiting_review(id).await;
        let manager = app.as_manager().await;
        let api = Api::of(&app, Role::Manager).await;
        let past = format!("/accounts/{}", pay.payee);
        let accounts = "/settings/history?entity=FINANCIAL_ACCOUNT";
        let log = "/api/v1/governance/audit-logs";
        for told in [
            manager.get(&past).await.text,
            manager.get("/settings/history").await.text,
            manager.get(accounts).await.text,
            api.get(log).await.text,
        ] {
            for secret in ["The payer has forbidden it", " suspended: "] {
                assert!(!told.contains(secret), "{backend:?}: {secret:?}: {told}");
            }
        }
        let veiled = manager.get(accounts).await;
        let instead = "changed it by a resolution; how is told once its blind review has an answer";
        assert!(veiled.says(instead), "{backend:?}: {}", veiled.text);
        let page = format!("/reviews/{review}");
        let fields = [("answer", "NO_ACTION"), ("reason", "As I see it")];
        manager.submit(&page, &format!("{page}/answer"), &fields).await;
        for told in [manager.get(&past).await, manager.get(accounts).await] {
            let is_told = told.says(" suspended: The payer has forbidden it");
            assert!(is_told, "{backend:?}: {}", told.text);
        }
    }
}

#[actix_web::test]
async fn the_verdict_comes_after_an_answer_of_ones_own_and_then_all_is_told() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.review_blind().await;
        let id = app.raise().await;
        let review = app.resolved(id).await;
        let manager = app.as_manager().await;
        let page = format!("/reviews/{review}");
        // No verdict before the answer, neither alone nor among many.
        let actor = app.actor(Role::Manager).await;
        let refused = app
            .app
            .db
            .write(app.account, move |tx| commands::approve(tx, &actor, review, None))
            .await
            .unwrap_err();
        assert_eq!(
            refused.sentence(),
            "It is a blind review: give your own answer first."
        );

        let wrong = manager
            .submit(
                &page,
                &format!("{page}/answer"),
                &[("answer", ""), ("reason", "")],
            )
            .await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.says("Choose what you would have done."), "{}", wrong.text);
        let unfit = [("answer", "CORRECT_ACCOUNT"), ("reason", "Wrong account")];
        let unfit = manager.submit(&page, &format!("{page}/answer"), &unfit).await;
        assert!(
            unfit.says("That is not for such an exception.") && unfit.says("Wrong account"),
            "{}",
            unfit.text
        );
        let fields = [("answer", "WRITE_OFF"), ("reason", "Too small to follow")];
        let answered = manager.submit(&page, &format!("{page}/answer"), &fields).await;
        assert!(
            answered.says(
                "The answers differ: “Write off” blind, “No action” by Clerk One. The blind answer's reason: Too small \
                 to follow"
            ),
            "{}",
            answered.text
        );
        assert!(answered.says("Nothing to be done here"));
        let approved = manager.submit(&page, &format!("{page}/approve"), &[]).await;
        assert!(approved.says("Approved."), "{}", approved.text);
        assert!(
            manager
                .get(&format!("/exceptions/{id}/evidence"))
                .await
                .says("Nothing to be done here")
        );
    }
}

#[actix_web::test]
async fn how_often_both_agree_is_counted_by_month_person_and_type_and_leads_to_the_answers() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.review_blind().await;
        let answers = [
            ResolutionKind::NoAction,
            ResolutionKind::NoAction,
            ResolutionKind::WriteOff,
        ];
        for answer in answers {
            let id = app.raise().await;
            let review = app.resolved(id).await;
            let actor = app.actor(Role::Manager).await;
            let reason = Reason::parse("As I see it").unwrap();
            app.app
                .db
                .write(app.account, move |tx| {
                    blind::answer(tx, &actor, review, (answer, &reason), None)
                })
                .await
                .unwrap();
        }
        let manager = app.as_manager().await;
        let page = manager.get("/reviews/agreement").await;
        assert!(
            page.says("2 of 3 blind answers agree with what was done: 66 %."),
            "{}",
            page.text
        );
        assert_eq!(page.find("#answers ~ table tbody tr").len(), 3);
        for table in ["by-month", "by-person", "by-type"] {
            let cells = page.find(&format!("section[aria-labelledby={table}] tbody td"));
            assert_eq!(cells[1..], ["3", "1", "66 %"], "{backend:?} {table}: {cells:?}");
            let links = page.attribute(&format!("section[aria-labelledby={table}] tbody a"), "href");
            for (link, rows) in links.iter().zip([3, 1]) {
                let behind = manager.get(link).await;
                assert_eq!(
                    behind.find("#answers ~ table tbody tr").len(),
                    rows,
                    "{link}: {}",
                    behind.text
                );
            }
        }
        let clerk = app.as_clerk().await;
        assert_eq!(clerk.get("/reviews/agreement").await.status, 403);
        let stranger = app.as_stranger(Role::Manager).await;
        assert!(
            stranger
                .get("/reviews/agreement")
                .await
                .says("No blind review was answered in this time.")
        );
    }
}

#[actix_web::test]
async fn nobody_answers_about_their_own_resolution_and_what_is_not_blind_asks_for_nothing() {
    let app = TestApp::start().await;
    app.review_blind().await;
    let id = app.raise().await;
    let manager = app.actor(Role::Manager).await;
    app.close(id, Role::Manager).await;
    let review = app.waiting_review(id).await;
    let reason = Reason::parse("As I see it").unwrap();
    let refused = app
        .app
        .db
        .write(app.account, move |tx| {
            blind::answer(tx, &manager, review, (ResolutionKind::NoAction, &reason), None)
        })
        .await
        .unwrap_err();
    assert_eq!(
        refused.sentence(),
        "You resolved it yourself: somebody else reviews it."
    );
    let shown = app.as_manager().await.get(&format!("/exceptions/{id}")).await;
    assert!(shown.says("Done."), "one's own is no secret: {}", shown.text);
}
