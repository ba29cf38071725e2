//! Comments can be changed by their author for 15 minutes, and notes by whoever works; nothing that was typed is lost.

use docket::{
    auth::permission::Role,
    history::EventKind,
    kernel::id::{BusinessAccountId, ExceptionId},
};

use crate::harness::{Backend, Browser, TestApp, both, browser::Answer};

fn page(id: ExceptionId) -> String {
    format!("/exceptions/{id}")
}

/// Writes a comment; gives the address where it can be changed.
async fn comment(browser: &Browser, id: ExceptionId, text: &str) -> String {
    let page = page(id);
    let shown = browser
        .submit(&page, &format!("{page}/comments"), &[("content", text)])
        .await;
    edit_link(&shown)
}

fn edit_link(shown: &Answer) -> String {
    let mut links = shown.attribute("a[href^='/comments/']", "href");
    links
        .pop()
        .unwrap_or_else(|| panic!("no comment to edit: {}", shown.text))
}

/// Kind, former and new value of the events about something, oldest first.
async fn told(app: &TestApp, account: BusinessAccountId, id: uuid::Uuid) -> Vec<(EventKind, String, String)> {
    let events = app
        .app
        .db
        .read(move |conn| docket::history::queries::list_of(conn, account, id, 100))
        .await
        .unwrap();
    events.into_iter().map(|e| (e.kind, e.previous, e.new)).collect()
}

async fn an_author_changes_a_comment(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let id = app.raise().await;
    let clerk = app.as_clerk().await;
    let edit = comment(&clerk, id, "Called, no anser.").await;
    app.wait(14);
    let empty = clerk.submit(&edit, &edit, &[("content", " ")]).await;
    assert_eq!(empty.status, 422);
    assert!(empty.says("A comment is required."));
    let changed = clerk
        .submit(&edit, &edit, &[("content", "Called, no answer.")])
        .await;
    assert_eq!(
        changed.path,
        format!("/exceptions/{id}#activity").split('#').next().unwrap()
    );
    assert_eq!(changed.find(".said"), ["Called, no answer."]);
    assert!(changed.says("Your comment is changed.") && changed.says("· changed"));
    let events = told(&app, app.account, id.uuid()).await;
    let said = |previous: &str, new: &str| (EventKind::Comment, previous.to_owned(), new.to_owned());
    assert_eq!(
        events[events.len() - 2..],
        [
            said("", "Called, no anser."),
            said("Called, no anser.", "Called, no answer.")
        ],
        "{backend:?}"
    );
}

#[actix_web::test]
async fn an_author_changes_a_comment_within_15_minutes_and_the_history_has_both_on_both_databases() {
    for backend in both() {
        an_author_changes_a_comment(backend).await;
    }
}

#[actix_web::test]
async fn after_15_minutes_a_comment_stays_as_it_is_and_what_was_typed_comes_back() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let clerk = app.as_clerk().await;
    let edit = comment(&clerk, id, "As it was.").await;
    let form = clerk.get(&edit).await;
    app.wait(14);
    clerk.get("/").await;
    app.wait(1);
    let late = clerk
        .submit_shown(&form, &edit, &[("content", "Something else.")])
        .await;
    assert_eq!(late.status, 422);
    assert!(
        late.says("A comment can be changed for 15 minutes"),
        "{}",
        late.text
    );
    assert_eq!(late.find("textarea"), ["Something else."]);
    assert_eq!(clerk.get(&edit).await.status, 422);
    let shown = clerk.get(&page(id)).await;
    assert_eq!(shown.find(".said"), ["As it was."]);
    assert!(shown.attribute("a[href^='/comments/']", "href").is_empty());
}

#[actix_web::test]
async fn nobody_else_changes_a_comment_and_strangers_do_not_find_it() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let edit = comment(&app.as_clerk().await, id, "Mine.").await;
    for role in [Role::Finance, Role::Manager, Role::Owner] {
        let other = app.sign_in(role).await;
        assert!(
            other
                .get(&page(id))
                .await
                .attribute("a[href^='/comments/']", "href")
                .is_empty()
        );
        assert_eq!(other.get(&edit).await.status, 403, "{role}");
        let token = other.token().await;
        let fields = [
            ("csrf_token", token.as_str()),
            ("content", "Theirs."),
            ("version", "1"),
        ];
        assert_eq!(other.post(&edit, &fields).await.status, 403, "{role}");
    }
    let stranger = app.as_stranger(Role::Owner).await;
    assert_eq!(stranger.get(&edit).await.status, 404);
    let token = stranger.token().await;
    let fields = [("csrf_token", token.as_str()), ("content", "Theirs.")];
    assert_eq!(stranger.post(&edit, &fields).await.status, 404);
    assert_eq!(app.as_owner().await.get(&page(id)).await.find(".said"), ["Mine."]);
}

#[actix_web::test]
async fn a_comment_that_was_changed_in_another_window_comes_back_with_both_texts() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let clerk = app.as_clerk().await;
    let edit = comment(&clerk, id, "One.").await;
    let old = clerk.get(&edit).await;
    clerk.submit(&edit, &edit, &[("content", "Two.")]).await;
    let stale = clerk.submit_shown(&old, &edit, &[("content", "Three.")]).await;
    assert_eq!(stale.status, 409);
    assert_eq!(
        (stale.find(".said"), stale.find("textarea")),
        (vec!["Two.".to_owned()], vec!["Three.".to_owned()])
    );
    let saved = clerk.submit_shown(&stale, &edit, &[("content", "Three.")]).await;
    assert_eq!(saved.find(".said"), ["Three."]);
}

#[actix_web::test]
async fn on_a_resolved_exception_no_word_changes() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let clerk = app.as_clerk().await;
    let edit = comment(&clerk, id, "Before.").await;
    let (resolve, token) = (format!("{}/resolve", page(id)), clerk.token().await);
    let fields = [
        ("resolution_type", "NO_ACTION"),
        ("reason", "Done"),
        ("notes", "Done."),
    ];
    clerk.submit(&resolve, &resolve, &fields).await;
    let shown = clerk.get(&page(id)).await;
    assert!(shown.attribute("a[href^='/comments/']", "href").is_empty());
    assert!(shown.attribute("form[action$='/notes']", "action").is_empty());
    for (path, field) in [
        (edit, "content"),
        (format!("{}/comments", page(id)), "content"),
        (format!("{}/notes", page(id)), "content_text"),
    ] {
        let fields = [
            ("csrf_token", token.as_str()),
            (field, "After."),
            ("version", "1"),
        ];
        let refused = clerk.post(&path, &fields).await;
        assert_eq!(refused.status, 422, "{path}");
        assert!(
            refused.says("nothing on it changes until it is reopened") && refused.text.contains("After."),
            "{path}: {}",
            refused.text
        );
    }
    let shown = clerk.get(&page(id)).await;
    assert!(shown.says("Before.") && !shown.says("After."));
}
