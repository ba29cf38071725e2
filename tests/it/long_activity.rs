//! The activity of an exception to which much was done and said: the newest of it, and the others for whoever asks, on
//! both databases.

use std::{ops::Range, time::Duration};

use docket::{
    auth::permission::Role,
    db::Tx,
    exceptions::comment,
    kernel::{id::ExceptionId, text::CommentText},
};

use crate::harness::{TestApp, both, browser::Answer};

/// The clerk comments every second, each time with its number.
async fn comment_often(app: &TestApp, id: ExceptionId, numbers: Range<usize>) {
    let actor = app.actor(Role::Clerk).await;
    for n in numbers {
        let (actor, text) = (
            actor.clone(),
            CommentText::parse(&format!("Call number {n}.")).unwrap(),
        );
        let add = move |tx: &mut Tx<'_>| comment::add(tx, &actor, id, &text);
        app.app.db.write(app.account, add).await.unwrap();
        app.clock.advance(Duration::from_secs(1));
    }
}

fn earlier(page: &Answer) -> Option<String> {
    page.attribute(".earlier a", "href").pop()
}

#[actix_web::test]
async fn of_much_the_newest_are_shown_and_all_to_whoever_asks() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        app.take(id, Role::Clerk).await;
        comment_often(&app, id, 0..48).await;
        let (clerk, page) = (app.as_clerk().await, format!("/exceptions/{id}?list=tab%3Dmine"));
        let at_first = clerk.get(&page).await.find("ol.line li").len();
        assert!(at_first <= 50, "raised, taken, its severity perhaps");
        assert_eq!(earlier(&clerk.get(&page).await), None, "{backend:?}");

        comment_often(&app, id, 48..60).await;
        let newest = clerk.get(&page).await;
        let shown = newest.find("ol.line li");
        let all = at_first + 12;
        assert_eq!(shown.len(), 50, "{backend:?}");
        assert!(shown[49].contains("Call number 59.") && shown[0].contains("Call number 10."));
        assert_eq!(newest.find(".earlier a"), [format!("Show {} earlier", all - 50)]);
        assert_eq!(newest.find(".parts a[aria-current=true]"), [format!("All {all}")]);

        let whole = clerk.get(&earlier(&newest).unwrap()).await;
        let entries = whole.find("ol.line li");
        assert_eq!((entries.len(), earlier(&whole)), (all, None));
        let said = |page: &Answer| page.find("ol.line .said");
        assert_eq!(said(&whole)[10..], said(&newest));
        assert!(entries[0].contains("raised it"), "{}", entries[0]);
        // It stays on the page with its list.
        assert_eq!(
            whole.attribute(".crumbs a", "href"),
            newest.attribute(".crumbs a", "href")
        );

        let part = newest.attribute(".parts a", "href");
        let comments = part
            .iter()
            .find(|href| href.contains("activity=comments"))
            .unwrap();
        let comments = clerk.get(comments).await;
        assert_eq!(comments.find(".earlier a"), ["Show 10 earlier"]);
        let every_one = clerk.get(&earlier(&comments).unwrap()).await;
        assert_eq!(every_one.find("ol.line li").len(), 60);
        assert_eq!(
            every_one.find(".parts a[aria-current=true]"),
            ["Comments and notes 60"]
        );
    }
}

#[actix_web::test]
async fn what_is_too_much_for_a_page_is_told_and_in_the_evidence() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    comment_often(&app, id, 0..301).await;
    let (clerk, page) = (app.as_clerk().await, format!("/exceptions/{id}"));
    let newest = clerk.get(&page).await;
    assert!(
        !newest.says("What is older"),
        "the way to it is the link to the earlier ones"
    );
    let whole = clerk.get(&earlier(&newest).unwrap()).await;
    assert!(whole.says("What is older is in the evidence."));
    assert!(!whole.says("Call number 0.") && whole.says("Call number 1."));
    let evidence = clerk.get(&format!("{page}/evidence")).await;
    assert!(evidence.says("Call number 0.") && evidence.says("Call number 300."));
}
