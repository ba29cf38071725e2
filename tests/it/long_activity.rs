//! The activity of an exception to which much was done and said: the newest of it, and the others for whoever asks, on
//! both databases.

use std::{ops::Range, time::Duration};

use docket::{
    auth::permission::Role,
    db::Tx,
    exceptions::{
        claim::{claim, release},
        comment,
    },
    kernel::{id::ExceptionId, text::CommentText},
};

use reqwest::Method;
use serde_json::json;

use crate::{
    api_client::{Api, reply},
    harness::{TestApp, both, browser::Answer},
    payments::Payments,
};

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
        // It was raised and taken.
        let at_first = clerk.get(&page).await;
        assert_eq!(at_first.find("ol.line li").len(), 50, "{backend:?}");
        assert_eq!(earlier(&at_first), None);

        comment_often(&app, id, 48..60).await;
        let newest = clerk.get(&page).await;
        let shown = newest.find("ol.line li");
        let all = 62;
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
async fn what_is_too_much_for_a_page_is_left_out_from_one_time_back_and_told() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let (clerk, page) = (app.as_clerk().await, format!("/exceptions/{id}"));
    let whole = format!("{page}?whole=yes");
    app.wait(1);
    comment_often(&app, id, 0..499).await;
    let all = clerk.get(&whole).await;
    assert_eq!(all.find("ol.line li").len(), 500);
    assert!(!all.says("What is older"));

    comment_often(&app, id, 499..501).await;
    let newest = clerk.get(&page).await;
    assert!(
        !newest.says("What is older"),
        "the link to the earlier ones comes first"
    );
    assert_eq!(earlier(&newest).unwrap(), format!("{whole}#activity"));
    let cut = clerk.get(&whole).await;
    let entries = cut.find("ol.line li");
    assert_eq!(entries.len(), 500);
    assert!(entries[0].contains("Call number 1.") && entries[499].contains("Call number 500."));
    assert!(cut.says("What is older is not shown here; the evidence goes further back."));
    let evidence = clerk.get(&format!("{page}/evidence")).await;
    assert!(evidence.says("Call number 0.") && evidence.says("Call number 500."));
}

#[actix_web::test]
async fn what_was_said_before_too_much_was_done_is_left_out_as_well() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let (clerk, page) = (app.as_clerk().await, format!("/exceptions/{id}"));
    let whole = format!("{page}?whole=yes");
    app.wait(1);
    comment_often(&app, id, 0..1).await;
    assert!(clerk.get(&whole).await.says("Call number 0."));

    let actor = app.actor(Role::Clerk).await;
    for _ in 0..251 {
        let actor = actor.clone();
        let to_and_fro = move |tx: &mut Tx<'_>| {
            claim(tx, &actor, id)?;
            release(tx, &actor, id, None)
        };
        app.app.db.write(app.account, to_and_fro).await.unwrap();
        app.clock.advance(Duration::from_secs(1));
    }
    comment_often(&app, id, 1..2).await;
    let cut = clerk.get(&whole).await;
    assert!(cut.says("What is older is not shown here; the evidence goes further back."));
    assert!(!cut.says("Call number 0.") && cut.says("Call number 1."));
    let evidence = clerk.get(&format!("{page}/evidence")).await;
    assert!(evidence.says("Call number 0.") && evidence.says("Call number 1."));
}

#[actix_web::test]
async fn a_comment_that_was_reworded_is_one_entry() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        app.wait(1);
        comment_often(&app, id, 0..1).await;
        let (clerk, page) = (app.as_clerk().await, format!("/exceptions/{id}"));
        let edit = clerk.get(&page).await.attribute(".line a.edit", "href").remove(0);
        let action = edit.split('?').next().unwrap().to_owned();
        let shown = clerk.submit(&edit, &action, &[("content", "Called them.")]).await;
        let told = shown.find("ol.line li");
        assert_eq!(told.len(), 2, "{backend:?}: {told:?}");
        assert!(told[1].contains("Called them."), "{told:?}");
    }
}

#[actix_web::test]
async fn a_comment_that_was_taken_back_is_one_entry() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        let (clerk, page) = (app.as_clerk().await, format!("/exceptions/{id}"));
        let api = Api::of(&app, Role::Clerk).await;
        let comments = format!("/api/v1/exceptions/{id}/comments");
        let made = api.post(&comments, &json!({"content": "Too soon."})).await;
        assert!(clerk.get(&page).await.says("Too soon."));
        app.wait(1);
        let gone = reply(api.request(Method::DELETE, made.header("location"), &[])).await;
        assert_eq!(gone.status, 204, "{}", gone.text);
        for part in ["", "?activity=comments"] {
            let shown = clerk.get(&format!("{page}{part}")).await;
            let told: Vec<String> = shown.find("ol.line li");
            let about: Vec<&String> = told.iter().filter(|entry| entry.contains("comment")).collect();
            assert_eq!(about.len(), 1, "{backend:?}: {told:?}");
            assert!(about[0].contains("took back a comment"), "{told:?}");
            assert!(!shown.says("Too soon."));
        }
    }
}

#[actix_web::test]
async fn a_note_that_was_changed_from_the_whole_leads_back_to_the_whole() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let payment = pay.post(pay.payment(12_354)).await.id;
    let mut new = app.a_return();
    new.entity_id = payment.uuid();
    new.transaction_id = Some(payment);
    let id = app.raise_as(new).await;
    let (clerk, page) = (app.as_clerk().await, format!("/exceptions/{id}?list=tab%3Dmine"));
    let fields = [("title", "Bank"), ("content_text", "It was right.")];
    let noted = clerk
        .submit(&page, &format!("/exceptions/{id}/notes?list=tab%3Dmine"), &fields)
        .await;
    assert!(noted.says("It was right."), "{}", noted.text);
    for asked in [
        "&whole=yes",
        "&activity=comments&whole=yes",
        "&activity=comments",
        "",
    ] {
        let here = format!("{page}{asked}");
        let shown = clerk.get(&here).await;
        let edit = shown.attribute(".line a.edit", "href").remove(0);
        let action = edit.split('?').next().unwrap().to_owned();
        let fields = [("title", "Bank"), ("content_text", "It was right, they say.")];
        let changed = clerk.submit(&edit, &action, &fields).await;
        assert_eq!(changed.path.split('#').next().unwrap(), here);
    }
}
