//! Notes on what an exception is about, on transactions and on accounts.

use docket::{
    auth::permission::Role,
    history::EventKind,
    kernel::error::Code,
    notes::{Noted, Words, commands, queries},
};
use uuid::Uuid;

use crate::{
    harness::{Backend, TestApp, both},
    payments::Payments,
};

async fn written_and_changed(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let (exception, payment) = Payments::of(&app).await.with_exception().await;
    let page = format!("/exceptions/{exception}");
    let clerk = app.as_clerk().await;
    let fields = [
        ("title", "Bank letter"),
        ("content_text", "Asked the client for one."),
    ];
    let written = clerk.submit(&page, &format!("{page}/notes"), &fields).await;
    assert!(written.says("Your note is added."), "{}", written.text);
    assert_eq!(written.find(".said"), ["Bank letter Asked the client for one."]);
    assert!(written.says("Clerk One noted on the transaction"));
    // It is the transaction's: its page has it, and anybody who works may put it right.
    let transaction = format!("/transactions/{payment}");
    let finance = app.sign_in(Role::Finance).await;
    let shown = finance.get(&transaction).await;
    assert_eq!(
        shown.find("[aria-labelledby=notes] .said"),
        ["Bank letter Asked the client for one."]
    );
    let edit = shown.attribute("a[href^='/notes/']", "href").remove(0);
    let fields = [("title", ""), ("content_text", "The letter is there.")];
    let changed = finance.submit(&edit, &edit, &fields).await;
    assert_eq!(
        (changed.status.as_u16(), changed.path.as_str()),
        (200, transaction.as_str())
    );
    assert_eq!(
        changed.find("[aria-labelledby=notes] .said"),
        ["The letter is there."]
    );
    assert!(clerk.get(&page).await.says("The letter is there."));
    let account = app.account;
    let events = app
        .app
        .db
        .read(move |conn| docket::history::queries::list_of(conn, account, payment.uuid(), 100))
        .await
        .unwrap();
    let notes: Vec<_> = events
        .iter()
        .filter(|e| e.kind == EventKind::Note)
        .map(|e| (e.actor_name.as_str(), e.previous.as_str(), e.new.as_str()))
        .collect();
    let first = "Bank letter\nAsked the client for one.";
    assert_eq!(
        notes,
        [
            ("Clerk One", "", first),
            ("Finance One", first, "The letter is there.")
        ],
        "{backend:?}"
    );
}

#[actix_web::test]
async fn a_note_is_written_on_an_exception_and_stays_with_its_transaction_on_both_databases() {
    for backend in both() {
        written_and_changed(backend).await;
    }
}

#[actix_web::test]
async fn a_note_is_written_on_a_transaction_and_on_an_account() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    let payment = pay.post(pay.payment(1_000)).await;
    let clerk = app.as_clerk().await;
    for page in [
        format!("/transactions/{}", payment.id),
        format!("/accounts/{}", pay.payee),
    ] {
        let action = format!("{page}/notes");
        let long = "x".repeat(1001);
        let refused = clerk
            .submit(
                &page,
                &action,
                &[("title", &"t".repeat(129)), ("content_text", &long)],
            )
            .await;
        assert_eq!(refused.status, 422);
        assert!(refused.says("A title has 129 characters") && refused.says("A note has 1001 characters"));
        assert_eq!(refused.find("textarea"), [long]);
        let again = clerk
            .submit_shown(
                &refused,
                &action,
                &[("title", "Short"), ("content_text", "<b>&amp; kept</b>")],
            )
            .await;
        assert_eq!(
            again.find("[aria-labelledby=notes] .said"),
            ["Short <b>&amp; kept</b>"]
        );
        let reader = app.sign_in(Role::ViewOnly).await.get(&page).await;
        assert_eq!(reader.find("[aria-labelledby=notes] .said").len(), 1);
        assert!(
            reader
                .attribute("form[action$='/notes'], a[href^='/notes/']", "class")
                .is_empty()
        );
    }
}

#[actix_web::test]
async fn of_two_who_change_a_note_the_second_is_shown_what_the_first_made_of_it() {
    let app = TestApp::start().await;
    let (exception, payment) = Payments::of(&app).await.with_exception().await;
    let page = format!("/exceptions/{exception}");
    let clerk = app.as_clerk().await;
    clerk
        .submit(&page, &format!("{page}/notes"), &[("content_text", "One.")])
        .await;
    let edit = clerk
        .get(&format!("/transactions/{payment}"))
        .await
        .attribute("a[href^='/notes/']", "href")
        .remove(0);
    let old = clerk.get(&edit).await;
    let finance = app.sign_in(Role::Finance).await;
    finance.submit(&edit, &edit, &[("content_text", "Two.")]).await;
    let stale = clerk
        .submit_shown(&old, &edit, &[("content_text", "Three.")])
        .await;
    assert_eq!(stale.status, 409);
    assert_eq!(
        (stale.find(".said"), stale.find("textarea")),
        (vec!["Two.".to_owned()], vec!["Three.".to_owned()])
    );
    let saved = clerk
        .submit_shown(&stale, &edit, &[("content_text", "Three.")])
        .await;
    assert_eq!(saved.find("[aria-labelledby=notes] .said"), ["Three."]);
}

#[actix_web::test]
async fn what_matches_nothing_of_ours_takes_comments_only() {
    let app = TestApp::start().await;
    let mut new = app.a_return();
    new.entity_id = Uuid::nil();
    let page = format!("/exceptions/{}", app.raise_as(new).await);
    let clerk = app.as_clerk().await;
    assert!(
        clerk
            .get(&page)
            .await
            .attribute("form[action$='/notes']", "action")
            .is_empty()
    );
    let token = clerk.token().await;
    let fields = [("csrf_token", token.as_str()), ("content_text", "Kept.")];
    let refused = clerk.post(&format!("{page}/notes"), &fields).await;
    assert_eq!(refused.status, 422);
    assert!(refused.says("Write a comment.") && refused.find("textarea") == ["Kept."]);
}

#[actix_web::test]
async fn notes_are_about_things_of_the_same_business_account() {
    let app = TestApp::start().await;
    let theirs = Payments::in_account(&app, app.other).await;
    let payment = theirs.post(theirs.payment(1_000)).await;
    let actor = app.actor(Role::Clerk).await;
    let member = app.member(Role::ViewOnly).await;
    let unknown = Uuid::from_u128(7);
    for (about, expected) in [
        ((Noted::Transaction, payment.id.uuid()), Some(Code::NotFound)),
        (
            (Noted::FinancialAccount, theirs.payee.uuid()),
            Some(Code::NotFound),
        ),
        ((Noted::TeamMember, unknown), Some(Code::NotFound)),
        ((Noted::TeamMember, member.uuid()), None),
        ((Noted::Customer, unknown), None),
        ((Noted::Recipient, unknown), None),
        ((Noted::ScheduledTransaction, unknown), None),
    ] {
        let (who, account) = (actor.clone(), app.account);
        let words = Words::parse("", "About it.").unwrap();
        let outcome = app
            .app
            .db
            .write(account, move |tx| commands::add(tx, &who, about, &words))
            .await;
        assert_eq!(
            outcome.as_ref().err().map(docket::kernel::error::AppError::code),
            expected,
            "{about:?}"
        );
        if let Ok(note) = outcome {
            let newest = app
                .app
                .db
                .read(move |conn| queries::newest(conn, account, about))
                .await
                .unwrap();
            assert_eq!(newest.map(|n| n.id), Some(note.id));
        }
    }
    let reader = app.actor(Role::ViewOnly).await;
    let words = Words::parse("", "About it.").unwrap();
    let refused = app
        .app
        .db
        .write(app.account, move |tx| {
            commands::add(tx, &reader, (Noted::Customer, unknown), &words)
        })
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Forbidden);
}
