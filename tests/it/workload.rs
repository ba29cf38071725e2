//! Who has how much, and moving it.

use docket::{auth::permission::Role, exceptions::claim::claim};

use crate::harness::{TestApp, both};

#[actix_web::test]
async fn a_supervisor_sees_what_everybody_has_and_moves_it() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_many(4).await;
        let clerk = app.actor(Role::Clerk).await;
        let taken = ids[..3].to_vec();
        app.app
            .db
            .write(app.account, move |tx| {
                taken.iter().try_for_each(|id| claim(tx, &clerk, *id).map(drop))
            })
            .await
            .unwrap();
        app.close(ids[2], Role::Clerk).await;
        let manager = app.as_manager().await;
        let page = manager.get("/workload").await;
        assert!(page.says("Unassigned: 1"), "{}", page.text);
        let first = page.find("tbody tr:first-child td");
        assert!(first[0].contains("Clerk One"), "{first:?}");
        assert_eq!((first[1].as_str(), first[2].as_str()), ("2", "0"), "{backend:?}");
        assert_eq!((first[5].as_str(), first[6].as_str()), ("1", "1"));
        let id = app.member(Role::Clerk).await;
        let list = page.attribute("tbody tr:first-child a", "href").remove(1);
        assert_eq!(list, format!("/exceptions?tab=open&assignee={id}"));
        assert_eq!(manager.get(&list).await.find("table.q tbody tr").len(), 2);
        // Past their time they are overdue, and the number leads to them.
        app.clock.advance(std::time::Duration::from_hours(24 * 10));
        let later = app.as_manager().await;
        let page = later.get("/workload").await;
        let href = page.attribute("tbody a.late", "href").remove(0);
        assert_eq!(page.find("tbody a.late")[0], "2");
        assert_eq!(
            page.attribute("tbody a.late", "aria-label")[0],
            "2 overdue, Clerk One"
        );
        assert_eq!(later.get(&href).await.find("table.q tbody tr").len(), 2);
        // Moving is a bulk action of all of theirs.
        let planned = later.submit_shown(&page, "/bulk", &[]).await;
        assert!(planned.says("Assign 2 exceptions"), "{}", planned.text);
        // And leads back here: what they had is not there any more.
        assert_eq!(planned.find("main a[href='/workload']"), ["Back to the workload"]);
        assert_eq!(app.as_clerk().await.get("/workload").await.status, 403);
        let stranger = app.as_stranger(Role::Owner).await.get("/workload").await;
        assert!(!stranger.says("Clerk One"), "{backend:?}");
    }
}
