//! Working exceptions: taking, giving, resolving, reopening, reviewing; alone and against each other.

use docket::{
    auth::permission::Role,
    exceptions::{
        claim::{claim, take_next},
        model::Status,
    },
    kernel::error::Code,
};

use crate::harness::{Backend, TestApp, both};

#[actix_web::test]
async fn the_queue_shows_what_was_raised_with_its_counts() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        let clerk = app.as_clerk().await;
        let queue = clerk.get("/exceptions?tab=unassigned").await;
        assert_eq!(queue.status, 200, "{}", queue.text);
        assert!(
            queue.says("Insufficient Funds") && queue.says("Paul Jones ••••6789") && queue.says("$123.54")
        );
        assert!(
            queue
                .attribute("a", "href")
                .contains(&format!("/exceptions/{id}?list=tab%3Dunassigned"))
        );
        let tabs = queue.find(".tabs a");
        assert_eq!(
            tabs,
            [
                "Mine 0",
                "Unassigned 1",
                "Open 1",
                "Due soon 0",
                "Overdue 0",
                "Waiting 0",
                "Snoozed 0",
                "Resolved 0"
            ],
            "{backend:?}"
        );
    }
}

#[actix_web::test]
async fn a_clerk_takes_resolves_and_a_manager_approves() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let mut new = app.a_return();
        new.code = Some("R03".into()); // HIGH: the policy asks for a review
        let id = app.raise_as(new).await;
        let page = format!("/exceptions/{id}");
        let clerk = app.as_clerk().await;
        let taken = clerk.submit(&page, &format!("{page}/claim"), &[]).await;
        assert!(taken.says("You have it now."), "{}", taken.text);
        let resolve = format!("{page}/resolve");
        let fields = [
            ("resolution_type", "NO_ACTION"),
            ("reason", "Payer pays by card"),
            ("notes", "Called, agreed."),
        ];
        let resolved = clerk.submit(&resolve, &resolve, &fields).await;
        assert_eq!(
            (resolved.status.as_u16(), resolved.path.as_str()),
            (200, page.as_str()),
            "{}",
            resolved.text
        );
        assert_eq!(app.exception(id).await.status, Status::Resolved);

        let manager = app.as_manager().await;
        let reviews = manager.get("/reviews").await;
        assert!(
            reviews.says("No Account / Unable to Locate Account") && reviews.says("Clerk One"),
            "{}",
            reviews.text
        );
        let review = reviews.attribute("tbody a", "href").remove(0);
        let shown = manager.get(&review).await;
        assert!(
            shown.says("Payer pays by card") && shown.says("Called, agreed."),
            "{}",
            shown.text
        );
        let approved = manager.submit(&review, &format!("{review}/approve"), &[]).await;
        assert!(approved.says("Approved."), "{}", approved.text);
        assert!(manager.get(&review).await.says("You have approved it already."));
        // Sent twice it is told who has decided it, and nothing else happens.
        let again = manager
            .submit_shown(&shown, &format!("{review}/approve"), &[])
            .await;
        assert!(again.says("You have approved it already."), "{}", again.text);
    }
}

#[actix_web::test]
async fn a_returned_resolution_is_open_again_for_its_holder_with_the_reason() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let mut new = app.a_return();
        new.code = Some("R03".into());
        let id = app.raise_as(new).await;
        let page = format!("/exceptions/{id}");
        let resolve = format!("{page}/resolve");
        let clerk = app.as_clerk().await;
        let fields = [
            ("resolution_type", "NO_ACTION"),
            ("reason", "Done"),
            ("notes", "Done."),
        ];
        clerk.submit(&resolve, &resolve, &fields).await;
        let manager = app.as_manager().await;
        let review = manager
            .get("/reviews")
            .await
            .attribute("tbody a", "href")
            .remove(0);
        let empty = manager
            .submit(&review, &format!("{review}/return"), &[("reason", " ")])
            .await;
        assert_eq!(empty.status, 422);
        assert!(empty.says("A reason is required."));
        manager
            .submit(
                &review,
                &format!("{review}/return"),
                &[("reason", "Call the payer first")],
            )
            .await;
        let row = app.exception(id).await;
        assert_eq!(
            (row.status, row.assignee_id),
            (Status::Reopened, Some(app.member(Role::Clerk).await))
        );
        assert!(clerk.get(&page).await.says("Call the payer first"));
        assert!(clerk.get("/").await.says("Came back to me"));
    }
}

#[actix_web::test]
async fn nobody_reviews_their_own_resolution_not_even_an_owner() {
    let app = TestApp::start().await;
    let mut new = app.a_return();
    new.code = Some("R03".into());
    let id = app.raise_as(new).await;
    let owner = app.as_owner().await;
    let resolve = format!("/exceptions/{id}/resolve");
    owner
        .submit(
            &resolve,
            &resolve,
            &[("resolution_type", "NO_ACTION"), ("reason", "x"), ("notes", "y")],
        )
        .await;
    let list = owner.get("/reviews").await;
    assert!(list.says("You resolved it"));
    let review = list.attribute("tbody a", "href").remove(0);
    assert!(
        owner
            .get(&review)
            .await
            .says("You resolved it yourself: somebody else reviews it.")
    );
    let token = owner.token().await;
    let forced = owner
        .post(&format!("{review}/approve"), &[("csrf_token", token.as_str())])
        .await;
    assert!(forced.says("You resolved it yourself"), "{}", forced.text);
}

#[actix_web::test]
async fn of_a_hundred_claims_of_one_exception_exactly_one_wins_and_the_others_are_told_who() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        let roles = [Role::Clerk, Role::Finance, Role::Manager, Role::Owner];
        let mut actors = Vec::new();
        for n in 0..100 {
            // A hundred people would be a hundred passwords; four do, each refused as often as they come too late.
            let mut actor = app.actor(roles[n % 4]).await;
            actor.request_id = format!("{n}");
            actors.push(actor);
        }
        let claims = actors.into_iter().map(|actor| {
            app.app.db.write(app.account, move |tx| {
                let had_it =
                    docket::exceptions::queries::get(tx.conn, actor.business_account, id)?.assignee_id;
                claim(tx, &actor, id).map(|row| (had_it.is_none(), row))
            })
        });
        let outcomes = futures_util::future::join_all(claims).await;
        let winners = outcomes.iter().filter(|o| matches!(o, Ok((true, _)))).count();
        assert_eq!(winners, 1, "{backend:?}");
        let holder = app.exception(id).await.assignee_id.unwrap();
        for outcome in outcomes {
            match outcome {
                Ok((_, row)) => assert_eq!(row.assignee_id, Some(holder)),
                Err(refused) => {
                    assert_eq!(refused.code(), Code::AlreadyTaken);
                    assert!(
                        refused.sentence().ends_with(" One has it."),
                        "{}",
                        refused.sentence()
                    );
                }
            }
        }
    }
}

#[actix_web::test]
async fn of_200_take_nexts_on_150_exceptions_150_get_different_ones_and_50_are_told_the_queue_is_empty() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.raise_many(150).await;
        let actor = app.actor(Role::Clerk).await;
        let takes = (0..200).map(|_| {
            let actor = actor.clone();
            app.app.db.write(app.account, move |tx| take_next(tx, &actor))
        });
        let outcomes = futures_util::future::join_all(takes).await;
        let mut taken: Vec<_> = outcomes
            .iter()
            .filter_map(|o| o.as_ref().unwrap().as_ref().map(|row| row.id))
            .collect();
        taken.sort();
        taken.dedup();
        assert_eq!(
            (
                taken.len(),
                outcomes.iter().filter(|o| matches!(o, Ok(None))).count()
            ),
            (150, 50),
            "{backend:?}"
        );
    }
}

#[actix_web::test]
async fn a_stale_form_comes_back_in_three_columns_with_everything_typed() {
    let app = TestApp::start_on(Backend::Sqlite).await;
    let id = app.raise().await;
    let (page, resolve) = (format!("/exceptions/{id}"), format!("/exceptions/{id}/resolve"));
    let clerk = app.as_clerk().await;
    let opened = clerk.get(&resolve).await;
    let hidden = |name: &str| {
        opened
            .attribute(&format!("form[action='{resolve}'] input[name={name}]"), "value")
            .remove(0)
    };
    let (token, version, seen) = (hidden("csrf_token"), hidden("version"), hidden("seen"));
    let manager = app.as_manager().await;
    manager.submit(&page, &format!("{page}/claim"), &[]).await;
    let fields = [
        ("csrf_token", token.as_str()),
        ("version", &version),
        ("seen", &seen),
        ("resolution_type", "NO_ACTION"),
        ("reason", "because"),
        ("notes", "my long and careful notes"),
    ];
    let conflict = clerk.post(&resolve, &fields).await;
    assert_eq!(conflict.status, 409, "{}", conflict.text);
    assert!(conflict.says("Manager One changed this meanwhile") && conflict.says("Manager One has it."));
    assert!(conflict.says("my long and careful notes"));
    let kept = conflict.attribute("input[name=notes]", "value");
    assert_eq!(kept, ["my long and careful notes"]);
    let commented = clerk
        .submit_shown(&conflict, &format!("{page}/comments"), &[])
        .await;
    assert!(
        commented.says("Your comment is added.") && commented.says("my long and careful notes"),
        "{}",
        commented.text
    );
}

#[actix_web::test]
async fn a_form_sent_after_the_session_ended_is_kept_through_the_sign_in() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let resolve = format!("/exceptions/{id}/resolve");
    let clerk = app.as_clerk().await;
    let opened = clerk.get(&resolve).await;
    let token = opened
        .attribute(
            &format!("form[action='{resolve}'] input[name=csrf_token]"),
            "value",
        )
        .remove(0);
    app.wait(16);
    let fields = [
        ("csrf_token", token.as_str()),
        ("resolution_type", "NO_ACTION"),
        ("notes", "typed before lunch"),
    ];
    let asked = clerk.post(&resolve, &fields).await;
    assert_eq!(asked.status, 401);
    assert!(asked.says("What you typed is kept."), "{}", asked.text);
    let credentials = [
        ("email", "clerk@one.test"),
        ("password", crate::harness::PASSWORD),
    ];
    let back = clerk.submit_shown(&asked, "/login", &credentials).await;
    assert!(back.path.starts_with(&resolve), "{}", back.path);
    assert_eq!(back.find("textarea[name=notes]"), ["typed before lunch"]);
    assert_eq!(app.exception(id).await.status, Status::New);
}

#[actix_web::test]
async fn wrong_resolutions_are_refused_field_by_field_and_keep_what_was_typed() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let resolve = format!("/exceptions/{id}/resolve");
    let clerk = app.as_clerk().await;
    let nothing = clerk.submit(&resolve, &resolve, &[]).await;
    assert_eq!(nothing.status, 422);
    assert!(
        nothing.says("Choose how it is resolved.") && nothing.says("Notes are required."),
        "{}",
        nothing.text
    );
    let too_long = "n".repeat(1_001);
    let fields = [
        ("resolution_type", "NO_ACTION"),
        ("reason", "mine"),
        ("notes", too_long.as_str()),
    ];
    let refused = clerk.submit(&resolve, &resolve, &fields).await;
    assert_eq!(
        (
            refused.status.as_u16(),
            refused.attribute("input[name=reason]", "value")
        ),
        (422, vec!["mine".into()])
    );
    let fields = [
        ("resolution_type", "FORCE_MATCH"),
        ("override_reason", "OPS_APPROVAL"),
        ("notes", "n"),
    ];
    let unlinked = clerk.submit(&resolve, &resolve, &fields).await;
    assert!(
        unlinked.says("It is not linked to a transaction of ours."),
        "{}",
        unlinked.text
    );
    assert_eq!(app.exception(id).await.status, Status::New);
}

#[actix_web::test]
async fn every_page_about_an_exception_names_it_in_its_title() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let page = format!("/exceptions/{id}");
    let name = "R01 Insufficient Funds, Paul Jones";
    let manager = app.as_manager().await;
    let shown = manager.get(&page).await;
    assert_eq!(shown.find("head title"), [format!("{name} · Docket")]);
    for (act, words) in [
        ("assign", "Assign"),
        ("resolve", "Resolve"),
        ("dispatch", "Dispatch"),
        ("snooze", "Snooze"),
        ("wait", "Wait for somebody outside"),
        ("severity", "Severity"),
    ] {
        let form = manager.get(&format!("{page}/{act}")).await;
        let title = format!("{words}: {name}");
        assert_eq!(form.find("h1"), [words], "{act}");
        assert_eq!(form.find("head title"), [format!("{title} · Docket")], "{act}");
    }
    let severity = format!("{page}/severity");
    let open = manager.get(&severity).await;
    app.close(id, Role::Clerk).await;
    let reopen = manager.get(&format!("{page}/reopen")).await;
    assert_eq!(reopen.find("head title"), [format!("Reopen: {name} · Docket")]);
    let fields = [("severity", "LOW"), ("reason", "Small")];
    let late = manager.submit_shown(&open, &severity, &fields).await;
    assert_eq!(late.status, 409);
    assert_eq!(late.find("h1"), ["Clerk One changed this meanwhile"]);
    assert!(late.find("head title")[0].contains(name));
}

#[actix_web::test]
async fn nothing_of_another_business_account_is_there() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let stranger = app.as_stranger(Role::Owner).await;
    let missing = "00000000-0000-7000-8000-000000000000";
    for tail in ["", "/assign", "/resolve", "/reopen", "/comments"] {
        let theirs = stranger.get(&format!("/exceptions/{id}{tail}")).await;
        let nobodys = stranger.get(&format!("/exceptions/{missing}{tail}")).await;
        assert_eq!(
            (theirs.status.as_u16(), nobodys.status.as_u16()),
            (404, 404),
            "{tail}"
        );
    }
    let token = stranger.token().await;
    for tail in [
        "/claim",
        "/release",
        "/recall",
        "/assign",
        "/resolve",
        "/reopen",
        "/comments",
    ] {
        let fields = [
            ("csrf_token", token.as_str()),
            ("content", "x"),
            ("reason", "x"),
            ("notes", "x"),
            ("resolution_type", "NO_ACTION"),
            ("assignee", missing),
        ];
        let answer = stranger.post(&format!("/exceptions/{id}{tail}"), &fields).await;
        assert_eq!(answer.status, 404, "{tail}: {}", answer.text);
    }
    let row = app.exception(id).await;
    assert_eq!((row.status, row.version), (Status::New, 1));
}
