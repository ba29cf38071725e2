//! The people of a business account: who is there, as what, and who may change it.

use docket::{
    auth::{permission::Role, principal::AccessState},
    kernel::id::TeamMemberId,
    members::{access, queries},
};
use futures_util::future::join_all;

use crate::harness::{Backend, Browser, PASSWORD, TestApp, both, browser::Answer};

async fn page_of(app: &TestApp, role: Role) -> String {
    format!("/settings/people/{}", app.member(role).await)
}

async fn give(browser: &Browser, page: &str, role: &str) -> Answer {
    browser
        .submit(page, &format!("{page}/role"), &[("role", role)])
        .await
}

#[actix_web::test]
async fn the_list_tells_role_state_and_when_somebody_was_last_seen() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let clerk = app.as_clerk().await;
        app.wait(5);
        let people = app.as_owner().await.get("/settings/people").await;
        assert_eq!(people.find("tbody tr").len(), Role::ALL.len());
        let row = |name: &str| {
            people
                .find("tbody tr")
                .into_iter()
                .find(|r| r.contains(name))
                .unwrap()
        };
        assert!(
            row("Clerk One").contains("clerk@one.testClerkActive05 min"),
            "{}",
            row("Clerk One")
        );
        assert!(row("Finance One").contains("never") && row("Owner One").contains("You"));
        assert!(!people.text.contains("two.test"));
        drop(clerk);
    }
}

async fn a_role_counts_from_the_next_request_on(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let (owner, manager) = (app.as_owner().await, app.as_manager().await);
    assert_eq!(manager.get("/settings/history").await.status, 200);
    let page = page_of(&app, Role::Manager).await;
    let done = give(&owner, &page, "CLERK").await;
    assert!(done.says("Manager One is Clerk now."), "{}", done.text);
    let refused = manager.get("/settings/history").await;
    assert!(refused.status == 403 && refused.says("read the audit log"));
    let log = owner.get("/settings/history?kind=ROLE").await;
    assert!(log.says("Manager One was Manager and is Clerk now") && log.says("Manager now Clerk"));
}

#[actix_web::test]
async fn a_role_counts_from_the_next_request_on_on_both_databases() {
    for backend in both() {
        a_role_counts_from_the_next_request_on(backend).await;
    }
}

#[actix_web::test]
async fn disabling_ends_every_session_at_once_and_enabling_lets_in_again() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let admin = app.sign_in(Role::Admin).await;
        let browsers = [app.as_clerk().await, app.as_clerk().await, app.as_clerk().await];
        let page = page_of(&app, Role::Clerk).await;
        let done = admin.submit(&page, &format!("{page}/disable"), &[]).await;
        assert!(done.says("Clerk One is signed out and has no access any more."));
        for browser in &browsers {
            assert!(!browser.is_signed_in().await);
        }
        let refused = app.as_nobody().try_sign_in("clerk@one.test", PASSWORD).await;
        assert_eq!(refused.status, 422);
        admin.submit(&page, &format!("{page}/enable"), &[]).await;
        assert!(app.as_clerk().await.is_signed_in().await);
        let log = admin.get("/settings/history?kind=MEMBERSHIP").await;
        assert!(log.says("Clerk One was disabled") && log.says("Clerk One was enabled again"));
    }
}

#[actix_web::test]
async fn an_admin_ends_a_persons_sessions_and_the_log_names_both() {
    let app = TestApp::start().await;
    let (admin, clerk, manager) = (
        app.sign_in(Role::Admin).await,
        app.as_clerk().await,
        app.as_manager().await,
    );
    let page = page_of(&app, Role::Clerk).await;
    let done = admin.submit(&page, &format!("{page}/end-sessions"), &[]).await;
    assert!(done.says("Clerk One is signed out; 1 session ended."));
    assert!(!clerk.is_signed_in().await && manager.is_signed_in().await);
    let log = admin.get("/settings/history?kind=LOGIN").await;
    let row = log
        .find("tbody tr")
        .into_iter()
        .find(|r| r.contains("Sessions ended"))
        .unwrap();
    assert!(
        row.contains("Admin One") && row.contains("Clerk One was signed out everywhere"),
        "{row}"
    );
}

#[actix_web::test]
async fn an_admin_neither_gives_nor_touches_high_roles() {
    let app = TestApp::start().await;
    let admin = app.sign_in(Role::Admin).await;
    let token = admin.token().await;
    let clerk = page_of(&app, Role::Clerk).await;
    for role in ["OWNER", "ADMIN"] {
        assert_eq!(give(&admin, &clerk, role).await.status, 403, "{role}");
    }
    let owner = page_of(&app, Role::Owner).await;
    let shown = admin.get(&owner).await;
    assert!(shown.status == 200 && shown.find("main form").is_empty());
    for act in ["role", "disable", "enable", "end-sessions"] {
        let fields = [
            ("csrf_token", token.as_str()),
            ("version", "0"),
            ("role", "CLERK"),
        ];
        assert_eq!(
            admin.post(&format!("{owner}/{act}"), &fields).await.status,
            403,
            "{act}"
        );
    }
}

#[actix_web::test]
async fn nobody_changes_their_own_access() {
    let app = TestApp::start().await;
    for role in [Role::Owner, Role::Admin] {
        let browser = app.sign_in(role).await;
        let token = browser.token().await;
        let own = page_of(&app, role).await;
        for act in ["role", "disable", "enable", "end-sessions", "reset"] {
            let fields = [
                ("csrf_token", token.as_str()),
                ("version", "0"),
                ("role", "CLERK"),
            ];
            let answer = browser.post(&format!("{own}/{act}"), &fields).await;
            assert!(
                answer.status == 422 && answer.says("Nobody changes their own"),
                "{role} {act}"
            );
        }
    }
}

#[actix_web::test]
async fn other_roles_do_not_see_the_people_and_strangers_find_nobody() {
    let app = TestApp::start().await;
    for role in [Role::Manager, Role::Finance, Role::Clerk, Role::ViewOnly] {
        let browser = app.sign_in(role).await;
        for path in ["/settings/people".to_owned(), page_of(&app, Role::Clerk).await] {
            assert_eq!(browser.get(&path).await.status, 403, "{role} {path}");
        }
    }
    let stranger = app.as_stranger(Role::Owner).await;
    let never = TeamMemberId::generate(app.clock.now());
    for path in [
        page_of(&app, Role::Clerk).await,
        format!("/settings/people/{never}"),
    ] {
        assert_eq!(stranger.get(&path).await.status, 404);
        let token = stranger.token().await;
        let fields = [
            ("csrf_token", token.as_str()),
            ("version", "0"),
            ("role", "VIEW_ONLY"),
        ];
        for act in ["role", "disable", "enable", "end-sessions", "reset"] {
            assert_eq!(
                stranger.post(&format!("{path}/{act}"), &fields).await.status,
                404,
                "{act}"
            );
        }
    }
}

#[actix_web::test]
async fn a_form_made_before_the_last_change_is_refused() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    let page = page_of(&app, Role::Clerk).await;
    let version = owner
        .get(&page)
        .await
        .attribute("input[name=version]", "value")
        .remove(0);
    give(&owner, &page, "FINANCE").await;
    let stale = owner
        .submit(
            &page,
            &format!("{page}/role"),
            &[("version", &version), ("role", "MANAGER")],
        )
        .await;
    assert!(stale.status == 409 && stale.says("was changed meanwhile; look again"));
    assert!(owner.get(&page).await.says("clerk@one.test · Finance"));
}

#[actix_web::test]
async fn the_last_active_owner_stays() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    let admin = page_of(&app, Role::Admin).await;
    give(&owner, &admin, "OWNER").await;
    // The second Owner demotes the first, and is the last one then.
    let second = app.sign_in(Role::Admin).await;
    let first = page_of(&app, Role::Owner).await;
    assert!(
        give(&second, &first, "ADMIN")
            .await
            .says("Owner One is Admin now.")
    );
    let log_out = owner.get(&admin).await;
    assert!(
        log_out.find("main form").is_empty(),
        "an Admin may not touch an Owner"
    );
    let internal = docket::auth::actor::Actor::internal(app.account);
    let id = app.member(Role::Admin).await;
    let refused = app
        .app
        .db
        .write(app.account, move |tx| {
            let version = queries::get(tx.conn, internal.business_account, id)?.version();
            access::disable(tx, &internal, id, &version)
        })
        .await
        .unwrap_err();
    assert!(
        refused.sentence().contains("is the last active Owner"),
        "{refused}"
    );
}

/// Fifty times two Owners take each other's role or access away at the same moment: one always stays.
#[actix_web::test]
async fn of_two_owners_who_remove_each_other_one_stays() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let (one, two) = (app.actor(Role::Owner).await, app.actor(Role::Admin).await);
        let two = docket::auth::actor::Actor {
            role: Role::Owner,
            ..two
        };
        for round in 0..50 {
            make_both_owners(&app).await;
            let remove = |actor: docket::auth::actor::Actor, id: TeamMemberId| {
                let db = app.app.db.clone();
                async move {
                    db.write(actor.business_account, move |tx| {
                        let version = queries::get(tx.conn, actor.business_account, id)?.version();
                        if round % 2 == 0 {
                            access::disable(tx, &actor, id, &version)
                        } else {
                            access::change_role(tx, &actor, id, Role::Clerk, &version)
                        }
                    })
                    .await
                    .is_ok()
                }
            };
            let (first, second) = (one.member().unwrap(), two.member().unwrap());
            let done = join_all([remove(one.clone(), second), remove(two.clone(), first)]).await;
            assert_eq!(
                done.iter().filter(|d| **d).count(),
                1,
                "{backend:?} round {round}"
            );
            assert_eq!(owners(&app).await, 1, "{backend:?} round {round}");
        }
    }
}

async fn make_both_owners(app: &TestApp) {
    let (account, members) = (
        app.account,
        [app.member(Role::Owner).await, app.member(Role::Admin).await],
    );
    let changed = app.app.db.write(account, move |tx| {
        for id in members {
            let mut member = queries::get(tx.conn, account, id)?;
            (member.role, member.state) = (Role::Owner, AccessState::Active);
            queries::update_access(tx, account, &member)?;
        }
        Ok(())
    });
    changed.await.unwrap();
}

async fn owners(app: &TestApp) -> usize {
    let account = app.account;
    let members = app
        .app
        .db
        .read(move |conn| queries::list(conn, account))
        .await
        .unwrap();
    members
        .iter()
        .filter(|m| m.role == Role::Owner && m.is_active())
        .count()
}
