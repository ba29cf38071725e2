//! Forms that come twice, as after a double click or when the answer is loaded again: one effect, and the same answer; a
//! secret that nobody keeps is not shown again, and a verdict says whose it is.

use diesel::prelude::*;
use docket::{auth::permission::Role, db::schema::history_events, exceptions::model::ResolutionKind};

use crate::{
    connectors::docket_on,
    harness::{Backend, Browser, TestApp, both, browser::Answer},
    money::ask_for_edit,
    payments::Payments,
};

impl TestApp {
    /// How many things have happened, whatever they were.
    async fn happened(&self) -> i64 {
        self.app
            .db
            .read(|conn| Ok(history_events::table.count().get_result(conn)?))
            .await
            .unwrap()
    }

    /// Sends a form of a page twice; nothing comes of the second.
    async fn sent_twice(
        &self,
        browser: &Browser,
        (page, action): (&str, &str),
        fields: &[(&str, &str)],
    ) -> [Answer; 2] {
        let shown = browser.get(page).await;
        let before = self.happened().await;
        let first = browser.submit_shown(&shown, action, fields).await;
        let after = self.happened().await;
        assert!(after > before, "{action}: nothing happened: {}", first.text);
        let second = browser.submit_shown(&shown, action, fields).await;
        assert_eq!(self.happened().await, after, "{action}: {}", second.text);
        [first, second]
    }

    /// The same of a form whose answers are alike.
    async fn done_once(
        &self,
        browser: &Browser,
        (page, action): (&str, &str),
        fields: &[(&str, &str)],
        words: &str,
    ) {
        let answers = self.sent_twice(browser, (page, action), fields).await;
        for answer in &answers {
            assert!(answer.says(words), "{action}: {}", answer.text);
        }
        assert_eq!(answers[0].path, answers[1].path, "{action}");
    }
}

/// The pages of an exception about a transaction of ours, of that, and of the account that was paid.
async fn about_a_payment(app: &TestApp) -> [String; 3] {
    let pay = Payments::of(app).await;
    let (id, payment) = pay.with_exception().await;
    [
        format!("/exceptions/{id}"),
        format!("/transactions/{payment}"),
        format!("/accounts/{}", pay.payee),
    ]
}

async fn notes_and_links_are_made_once(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pages = about_a_payment(&app).await;
    let clerk = app.as_clerk().await;
    let fields = [("title", "Bank letter"), ("content_text", "Asked for one.")];
    for page in &pages {
        let action = format!("{page}/notes");
        // From the record's own page, and from the page of the form.
        for shown in [page, &action] {
            app.done_once(&clerk, (shown, &action), &fields, "Your note is added.")
                .await;
        }
    }
    // Another text is another note, also from the same page.
    let (page, action) = (&pages[1], format!("{}/notes", pages[1]));
    let shown = clerk.get(page).await;
    let said = shown.find("[aria-labelledby=notes] .said").len();
    for text in ["One.", "Two."] {
        clerk
            .submit_shown(&shown, &action, &[("content_text", text)])
            .await;
    }
    let now = clerk.get(page).await;
    assert_eq!(now.find("[aria-labelledby=notes] .said").len(), said + 2);
    let edit = now.attribute("a[href^='/notes/']", "href").remove(0);
    let changed = [("content_text", "Put right.")];
    app.done_once(&clerk, (&edit, &edit), &changed, "The note is changed.")
        .await;
    let (one, other) = (&pages[0], app.raise().await.to_string());
    let fields = [("other", other.as_str()), ("kind", "RELATED")];
    let links = format!("{one}/links");
    app.done_once(&clerk, (one, &links), &fields, " linked to ").await;
}

/// Page, address, fields, and what is answered.
type Sent<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);

#[actix_web::test]
async fn notes_and_links_are_made_once_on_both_databases() {
    for backend in both() {
        notes_and_links_are_made_once(backend).await;
    }
}

async fn what_is_added_is_added_once(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let owner = app.as_owner().await;
    let clerk = app.member(Role::Clerk).await.to_string();
    let team = [("name", "Returns"), ("member[]", clerk.as_str())];
    let account = [
        ("category", "EXTERNAL"),
        ("name", "Ada Payee"),
        ("subtype", "CHECKING"),
        ("routing_number", "091000019"),
        ("account_number", "313233343536"),
    ];
    let away = format!("/workload/{clerk}");
    let forms: [Sent; 6] = [
        (
            "/settings/absence",
            "/settings/absence",
            &[("from", "2026-11-09"), ("until", "2026-11-10")],
            "from 9 Nov 2026 to 10 Nov 2026",
        ),
        (
            &away,
            &format!("{away}/away"),
            &[("from", "2026-11-12"), ("until", "2026-11-12")],
            "on 12 Nov 2026",
        ),
        (
            "/settings/teams/new",
            "/settings/teams/new",
            &team,
            "The team “Returns” is saved.",
        ),
        (
            "/settings/calendar",
            "/settings/calendar",
            &[("act", "add"), ("name", "Company day"), ("day", "2027-11-09")],
            "The calendar is saved; no due time moves.",
        ),
        (
            "/settings/payment-reasons",
            "/settings/payment-reasons",
            &[("slug", "loan-fees"), ("label", "Loan fees")],
            "Saved.",
        ),
        (
            "/accounts/new",
            "/accounts/new",
            &account,
            "Ada Payee ••••3536 is added.",
        ),
    ];
    for (page, action, fields, words) in forms {
        app.done_once(&owner, (page, action), fields, words).await;
    }
}

#[actix_web::test]
async fn what_is_added_is_added_once_on_both_databases() {
    for backend in both() {
        what_is_added_is_added_once(backend).await;
    }
}

/// The secret that a page shows.
fn secret(page: &Answer) -> Vec<String> {
    page.attribute("#new-secret", "value")
}

#[actix_web::test]
async fn a_secret_that_is_kept_sealed_is_shown_to_whoever_sends_the_form_twice() {
    let app = docket_on(Backend::Sqlite).await;
    let owner = app.as_owner().await;
    for (kind, new, fields) in [
        (
            "/settings/webhooks",
            "/settings/webhooks/new".to_owned(),
            [
                ("url", "https://hooks.one.test/in"),
                ("eventTypes[]", "exception.created"),
            ],
        ),
        (
            "/settings/connectors",
            "/settings/connectors/new?system=WEBHOOK".to_owned(),
            [("url", "https://tickets.one.test/in"), ("system", "WEBHOOK")],
        ),
    ] {
        let action = format!("{kind}/new");
        let form = owner.get(&new).await;
        let first = owner.submit_shown(&form, &action, &fields).await;
        let made = app.happened().await;
        let second = owner.submit_shown(&form, &action, &fields).await;
        assert_eq!(app.happened().await, made, "{kind}: {}", second.text);
        assert_eq!(secret(&first).len(), 1, "{kind}: {}", first.text);
        assert_eq!(secret(&first), secret(&second), "{kind}: {}", second.text);
        let page = first
            .attribute(&format!("form[action^='{kind}/'][action$='/secret']"), "action")
            .remove(0);
        let page = page.trim_end_matches("/secret").to_owned();
        // A new secret is one too, so that the one before it goes on to sign.
        let renew = format!("{page}/secret");
        let [newer, again] = app.sent_twice(&owner, (&page, &renew), &[]).await;
        assert_ne!(secret(&newer), secret(&first), "{kind}");
        assert_eq!(secret(&newer), secret(&again), "{kind}: {}", again.text);
        assert!(secret(&owner.get(&page).await).is_empty());
        // The newer one is not what the first form has made.
        let late = owner.submit_shown(&form, &action, &fields).await;
        assert!(secret(&late).is_empty(), "{kind}: {}", late.text);
        assert!(
            late.says("This was sent twice and done once. Its secret was shown with the first answer,"),
            "{kind}: {}",
            late.text
        );
    }
}

#[actix_web::test]
async fn a_secret_that_nobody_keeps_is_made_once_and_the_second_answer_says_so() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    let new = "/settings/service-accounts/new";
    let fields = [("name", "Loan servicing"), ("role", "CLERK"), ("life", "90")];
    let [first, second] = app.sent_twice(&owner, (new, new), &fields).await;
    assert_eq!((secret(&first).len(), secret(&second).len()), (1, 0));
    assert!(
        second.says("This was sent twice and done once."),
        "{}",
        second.text
    );
    let rotate = second
        .attribute("form[action$='/rotate-key']", "action")
        .remove(0);
    let page = rotate.trim_end_matches("/rotate-key").to_owned();
    let key = first.attribute("#new-key", "value").remove(0);
    let fields = [("key", key.as_str()), ("overlap", "0"), ("life", "30")];
    let [first, second] = app.sent_twice(&owner, (&page, &rotate), &fields).await;
    assert_eq!((secret(&first).len(), secret(&second).len()), (1, 0));
    // An invitation: the link that was handed over goes on to work.
    let invite = "/settings/people/invite";
    let fields = [("email", "new@one.test"), ("role", "CLERK")];
    let [first, second] = app.sent_twice(&owner, (invite, invite), &fields).await;
    assert!(
        second.says("new@one.test was invited already. This was sent twice and done once;"),
        "{}",
        second.text
    );
    let link = first.one_time_link();
    assert_eq!(app.as_nobody().get(&link).await.status, 200);
    // And a link for a new password.
    let person = format!("/settings/people/{}", app.member(Role::Clerk).await);
    let reset = format!("{person}/reset");
    let [first, second] = app.sent_twice(&owner, (&person, &reset), &[]).await;
    assert!(
        second.says("This was sent twice and done once;"),
        "{}",
        second.text
    );
    let link = first.one_time_link();
    assert_eq!(app.as_nobody().get(&link).await.status, 200);
}

/// What was undone since is not told as if it stood.
async fn what_was_done_before_is_told_as_past(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let owner = app.as_owner().await;
    let here = "/settings/absence";
    let fields = [("from", "2026-11-09"), ("until", "2026-11-10")];
    let form = owner.get(here).await;
    let added = owner.submit_shown(&form, here, &fields).await;
    assert!(added.says("You are away from 9 Nov 2026 to 10 Nov 2026."));
    owner.submit_shown(&added, "/settings/absence/end", &[]).await;
    let again = owner.submit_shown(&form, here, &fields).await;
    assert!(
        again.says("The absence from 9 Nov 2026 to 10 Nov 2026 was added already."),
        "{backend:?}: {}",
        again.text
    );
    assert!(!again.says("You are away"), "{}", again.text);

    let ids = app.raise_many(2).await;
    let (page, other) = (format!("/exceptions/{}", ids[0]), ids[1].to_string());
    let links = format!("{page}/links");
    let fields = [("other", other.as_str()), ("kind", "RELATED")];
    let form = owner.get(&page).await;
    let linked = owner.submit_shown(&form, &links, &fields).await;
    assert!(linked.says("It is linked to R01"), "{}", linked.text);
    let unlink = format!("{page}/unlink");
    owner
        .submit_shown(&linked, &unlink, &[("other", other.as_str())])
        .await;
    let again = owner.submit_shown(&form, &links, &fields).await;
    assert!(again.says("It was linked to R01"), "{backend:?}: {}", again.text);
    assert!(again.find("form[action$='/unlink']").is_empty(), "{}", again.text);

    let invite = "/settings/people/invite";
    let fields = [("email", "new@one.test"), ("role", "CLERK")];
    let form = owner.get(invite).await;
    owner.submit_shown(&form, invite, &fields).await;
    let revoke = "/settings/people/revoke";
    owner.submit("/settings/people", revoke, &[]).await;
    let again = owner.submit_shown(&form, invite, &fields).await;
    assert!(
        again.says("new@one.test was invited already."),
        "{backend:?}: {}",
        again.text
    );
}

#[actix_web::test]
async fn what_was_done_before_is_told_as_past_on_both_databases() {
    for backend in both() {
        what_was_done_before_is_told_as_past(backend).await;
    }
}

async fn a_verdict_that_comes_twice_says_whose_it_is(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    let (manager, owner) = (app.as_manager().await, app.as_owner().await);
    for (verdict, fields, mine, others) in [
        (
            "reject",
            &[("reason", "Not this one")][..],
            "You have rejected it already.",
            "It is rejected already.",
        ),
        (
            "approve",
            &[],
            "You have approved it already.",
            "It is approved already.",
        ),
    ] {
        let row = pay.post(pay.payment(500)).await;
        let id = ask_for_edit(&pay, &clerk, &row, 2_000_000).await;
        let page = format!("/approvals/{id}");
        let action = format!("{page}/{verdict}");
        let theirs = owner.get(&page).await;
        let [_, again] = app.sent_twice(&manager, (&page, &action), fields).await;
        assert!(again.says(mine), "{backend:?}: {}", again.text);
        let late = owner.submit_shown(&theirs, &action, fields).await;
        assert!(late.says(others), "{backend:?}: {}", late.text);
    }
    let row = pay.post(pay.payment(500)).await;
    let id = ask_for_edit(&pay, &clerk, &row, 2_000_000).await;
    let page = format!("/approvals/{id}");
    let action = format!("{page}/withdraw");
    let asker = app.as_clerk().await;
    let [_, again] = app.sent_twice(&asker, (&page, &action), &[]).await;
    assert!(again.says("You have taken it back already."), "{}", again.text);
    // A review that is returned, and the answer of a blind one.
    app.review_blind().await;
    let review = app.resolved(app.raise().await).await;
    let page = format!("/reviews/{review}");
    let answer = [
        ("answer", ResolutionKind::NoAction.as_str()),
        ("reason", "Nothing to do"),
    ];
    let action = format!("{page}/answer");
    let [_, again] = app.sent_twice(&manager, (&page, &action), &answer).await;
    assert!(
        again.says("You have answered it already."),
        "{backend:?}: {}",
        again.text
    );
    let action = format!("{page}/return");
    let [_, again] = app
        .sent_twice(&manager, (&page, &action), &[("reason", "Look again")])
        .await;
    assert!(
        again.says("You have returned it already."),
        "{backend:?}: {}",
        again.text
    );
}

#[actix_web::test]
async fn a_verdict_that_comes_twice_says_whose_it_is_on_both_databases() {
    for backend in both() {
        a_verdict_that_comes_twice_says_whose_it_is(backend).await;
    }
}
