//! The rules that ask for approvals, several people, verdicts on many, and who is told.

use docket::{
    approvals::{ApprovalState, Gated, decide::approve, queries as approvals},
    auth::permission::Role,
    history::{self, EntityType},
    kernel::{
        error::Code,
        id::{ApprovalId, TransactionId},
    },
    transactions::{Status, edit::edit, queries},
};

use crate::{
    harness::{Backend, Browser, TestApp, both},
    money::{ask_for_edit, edit_fields},
    payments::Payments,
};

const RULES: &str = "/settings/policies/approvals";

/// The rules that a business account begins with, with another amount, and one more: two people from 50,000 on.
const OTHER: [(&str, &str); 17] = [
    ("version", "0"),
    ("rule1_of", "PAYMENT"),
    ("rule1_from", "5000"),
    ("rule1_by", "TEAM_MEMBER"),
    ("rule1_people", "1"),
    ("rule2_of", "PAYMENT"),
    ("rule2_elsewhere", "1"),
    ("rule2_by", "TEAM_MEMBER"),
    ("rule2_people", "1"),
    ("rule3_of", "ACCOUNT_NUMBER"),
    ("rule3_by", "ANYONE"),
    ("rule3_people", "1"),
    ("rule4_of", "EDIT"),
    ("rule4_from", "50,000"),
    ("rule4_by", "CLERK"),
    ("rule4_people", "2"),
    ("step", ""),
];

fn with_step(step: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut fields = OTHER.to_vec();
    fields.retain(|(name, _)| *name != "step");
    fields.push(("step", step));
    fields
}

async fn told(browser: &Browser) -> Vec<String> {
    browser.get("/notifications").await.find(".told button")
}

async fn row(app: &TestApp, id: ApprovalId) -> docket::approvals::ApprovalRow {
    let account = app.account;
    app.app
        .db
        .read(move |c| approvals::get(c, account, id))
        .await
        .unwrap()
}

async fn status(app: &TestApp, id: TransactionId) -> Status {
    let account = app.account;
    app.app
        .db
        .read(move |c| queries::get(c, account, id))
        .await
        .unwrap()
        .status
}

/// An Owner asks for [`OTHER`], the Manager agrees.
async fn put_other_rules_in_force(app: &TestApp) {
    let (owner, manager) = (app.as_owner().await, app.as_manager().await);
    let asked = owner.submit(RULES, RULES, &with_step("ask")).await;
    assert!(asked.says("It waits for approval."), "{}", asked.text);
    let id = asked.path.rsplit('/').next().unwrap().to_owned();
    let page = format!("/approvals/{id}");
    let done = manager.submit(&page, &format!("{page}/approve"), &[]).await;
    assert!(done.says("Approved, and done."), "{}", done.text);
}

async fn the_rules_are_changed_through_the_gate(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    // Two payments by hand in the last 90 days, one of 6,000.00 and one small; and one that is older.
    for (minor, hours) in [(700_000, 24 * 100), (600_000, 24), (1_000, 0)] {
        let row = pay.post(pay.payment(500)).await;
        let (who, fields) = (clerk.clone(), edit_fields(&row, minor));
        let made = pay.write(move |tx| edit(tx, &who, row.id, None, &fields)).await;
        assert!(matches!(made.unwrap(), Gated::Done(_)), "{minor}");
        app.clock.advance(std::time::Duration::from_hours(hours));
    }
    let (owner, manager) = (app.as_owner().await, app.as_manager().await);
    let page = owner.get(RULES).await;
    assert!(page.says("Nobody has changed them yet."), "{}", page.text);
    let shown = owner.submit(RULES, RULES, &with_step("")).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    assert!(
        shown.says(
            "Over the last 90 days it would have asked for 1 of 2 changes; the rules of today ask for 0."
        ),
        "{}",
        shown.text
    );
    assert!(shown.says("a transaction of 5,000.00 or more needs a second person."));
    // Looking changed nothing; asking waits, and the same again is refused.
    assert!(manager.get("/approvals").await.says("Nothing waits for approval"));
    let asked = owner.submit(RULES, RULES, &with_step("ask")).await;
    assert!(asked.says("It waits for approval."), "{}", asked.text);
    assert!(
        asked.says("it would have asked for 1 of 2 changes"),
        "{}",
        asked.text
    );
    assert!(asked.says("You asked for it yourself"));
    let again = owner.submit(RULES, RULES, &with_step("ask")).await;
    assert_eq!(again.status, 409, "{}", again.text);
    assert!(
        owner
            .get(RULES)
            .await
            .says("Waits for approval, asked by Owner One")
    );
    assert_eq!(
        told(&manager).await,
        ["Unread: Change of the approval rules: Owner One asks for it."]
    );
    assert!(told(&owner).await.is_empty(), "{backend:?}");
    // Nothing has changed before: 6,000.00 does not wait.
    let small = pay.post(pay.payment(500)).await;
    let (who, fields) = (clerk.clone(), edit_fields(&small, 600_000));
    let made = pay.write(move |tx| edit(tx, &who, small.id, None, &fields)).await;
    assert!(matches!(made.unwrap(), Gated::Done(_)));
    let id = asked.path.rsplit('/').next().unwrap().to_owned();
    let approval = format!("/approvals/{id}");
    let done = manager
        .submit(&approval, &format!("{approval}/approve"), &[])
        .await;
    assert!(done.says("4 rules are in force."), "{}", done.text);
    assert!(
        told(&owner).await[0].starts_with("Unread: Change of the approval rules: Manager One approved it.")
    );
    // Now it waits, at 5,000.00 and not a cent below.
    for (minor, waits) in [(500_000, true), (499_999, false)] {
        let row = pay.post(pay.payment(500)).await;
        let (who, fields) = (clerk.clone(), edit_fields(&row, minor));
        let made = pay
            .write(move |tx| edit(tx, &who, row.id, None, &fields))
            .await
            .unwrap();
        assert_eq!(matches!(made, Gated::Waits(_)), waits, "{minor}");
    }
    // Who had the form open meanwhile is told.
    let stale = owner.submit(RULES, RULES, &with_step("ask")).await;
    assert!(stale.says("The rules were changed meanwhile"), "{}", stale.text);
    let account = app.account;
    let events = app
        .app
        .db
        .read(move |c| history::queries::list_of(c, account, account.uuid(), 100))
        .await
        .unwrap();
    assert!(events.iter().any(|e| e.entity_type == EntityType::BusinessAccount
        && e.new == "approval rules 1"
        && e.actor_name == "Owner One"));
}

#[actix_web::test]
async fn the_rules_are_changed_through_the_gate_on_both_databases() {
    for backend in both() {
        the_rules_are_changed_through_the_gate(backend).await;
    }
}

#[actix_web::test]
async fn of_two_changes_of_the_rules_the_second_lapses() {
    let app = TestApp::start().await;
    let (owner, admin) = (app.as_owner().await, app.sign_in(Role::Admin).await);
    let first = owner.submit(RULES, RULES, &with_step("ask")).await.path;
    let mut none: Vec<_> = with_step("ask");
    none.retain(|(name, _)| !name.starts_with("rule2") && !name.starts_with("rule4"));
    let second = admin.submit(RULES, RULES, &none).await.path;
    assert_ne!(first, second);
    let manager = app.as_manager().await;
    let done = manager.submit(&first, &format!("{first}/approve"), &[]).await;
    assert!(done.says("Approved, and done."), "{}", done.text);
    let lapsed = manager.submit(&second, &format!("{second}/approve"), &[]).await;
    assert!(
        lapsed.says("The policy was changed after it was asked for."),
        "{}",
        lapsed.text
    );
    // An Admin has no right to decide, and one of another business account sees nothing of it.
    let token = admin.token().await;
    let fields = [("csrf_token", token.as_str())];
    assert_eq!(admin.post(&format!("{first}/approve"), &fields).await.status, 403);
    let stranger = app.as_stranger(Role::Owner).await;
    assert_eq!(stranger.get(&first).await.status, 404);
    assert!(stranger.get(RULES).await.says("Nobody has changed them yet."));
}

#[actix_web::test]
async fn wrong_rules_come_back_as_they_were_typed() {
    let app = TestApp::start().await;
    let owner = app.as_owner().await;
    let wrong = [
        ("version", "0"),
        ("rule1_of", "PAYMENT"),
        ("rule1_from", "a lot"),
        ("rule1_by", "CLERK"),
        ("rule1_people", "9"),
        ("rule2_of", "ACCOUNT_NUMBER"),
        ("rule2_from", "77"),
        ("rule2_by", "ANYONE"),
        ("rule2_people", "1"),
    ];
    let page = owner.submit(RULES, RULES, &wrong).await;
    assert_eq!(page.status, 422);
    assert_eq!(page.attribute("#rule1_from", "value"), ["a lot"]);
    assert_eq!(page.attribute("#rule2_from", "value"), ["77"]);
    assert_eq!(
        page.attribute("#problems a", "href"),
        ["#rule1_people", "#rule1_from", "#rule2_from"]
    );
    let more = owner.submit(RULES, RULES, &with_step("edit")).await;
    assert_eq!(
        more.find("fieldset legend").len(),
        5,
        "four rules and an empty one"
    );
    let same = ["PAYMENT", "PAYMENT", "ACCOUNT_NUMBER"];
    let mut fields = vec![
        ("version", "0"),
        ("rule1_from", "10000"),
        ("rule2_elsewhere", "1"),
    ];
    for (names, of) in [
        ["rule1_of", "rule1_by", "rule1_people"],
        ["rule2_of", "rule2_by", "rule2_people"],
        ["rule3_of", "rule3_by", "rule3_people"],
    ]
    .into_iter()
    .zip(same)
    {
        let by = if of == "PAYMENT" { "TEAM_MEMBER" } else { "ANYONE" };
        fields.extend([(names[0], of), (names[1], by), (names[2], "1")]);
    }
    let nothing = owner.submit(RULES, RULES, &fields).await;
    assert!(nothing.says("Nothing would change."), "{}", nothing.text);
}

async fn two_people_must_agree_where_a_rule_says_so(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    put_other_rules_in_force(&app).await;
    let clerk = app.actor(Role::Clerk).await;
    let payment = pay.post(pay.payment(500)).await;
    let id = ask_for_edit(&pay, &clerk, &payment, 6_000_000).await;
    assert_eq!(row(&app, id).await.people, 2);
    let page = format!("/approvals/{id}");
    let (owner, manager) = (app.as_owner().await, app.as_manager().await);
    let first = manager.submit(&page, &format!("{page}/approve"), &[]).await;
    assert!(
        first.says("You have agreed. One more person must, then it is done."),
        "{}",
        first.text
    );
    assert_eq!(status(&app, payment.id).await, Status::New, "{backend:?}");
    // Nobody counts twice, however it is sent.
    let refused = {
        let (vault, actor) = (app.app.vault.clone(), app.actor(Role::Manager).await);
        pay.write(move |tx| approve(tx, &vault, &actor, id, None)).await
    };
    assert_eq!(refused.unwrap_err().code(), Code::RuleRefuses);
    assert!(manager.get("/approvals").await.says("You have agreed"));
    let seen = owner.get("/approvals").await;
    assert!(seen.says("1 of 2 agreed"), "{}", seen.text);
    let last = owner.submit(&page, &format!("{page}/approve"), &[]).await;
    assert!(last.says("Approved, and done."), "{}", last.text);
    assert!(last.says("Manager One, Owner One"), "{}", last.text);
    assert_eq!(status(&app, payment.id).await, Status::Cancelled);
    let decided = row(&app, id).await;
    assert_eq!((decided.state, decided.version), (ApprovalState::Approved, 3));
}

#[actix_web::test]
async fn two_people_must_agree_where_a_rule_says_so_on_both_databases() {
    for backend in both() {
        two_people_must_agree_where_a_rule_says_so(backend).await;
    }
}

async fn many_are_decided_at_once(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    let (clerk, boss) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
    let mut asked = Vec::new();
    for who in [&clerk, &clerk, &boss, &clerk] {
        let payment = pay.post(pay.payment(500)).await;
        asked.push((
            payment.clone(),
            ask_for_edit(&pay, who, &payment, 2_000_000).await,
        ));
    }
    let manager = app.as_manager().await;
    let list = manager.get("/approvals").await;
    let picks = list.attribute("input[name='pick[]']", "value");
    assert_eq!(picks.len(), 3, "{backend:?} not their own");
    assert_eq!(list.attribute("#bulk #reason", "aria-keyshortcuts"), ["b"]);
    assert_eq!(
        list.find("form.picks > a[href='#bulk']"),
        ["Back to the selection"]
    );
    let pick = |n: usize, version: i64| format!("{}.{version}", asked[n].1);
    // To reject, a reason is needed; what was selected stays so.
    let (one, own, stale) = (pick(0, 1), pick(2, 1), pick(3, 7));
    let without = [("pick[]", one.as_str()), ("verdict", "reject"), ("reason", " ")];
    let back = manager.submit("/approvals", "/approvals/decide", &without).await;
    assert_eq!(back.status, 422);
    assert_eq!(back.find("input[checked]").len(), 1, "{}", back.text);
    assert!(told(&app.as_clerk().await).await.is_empty(), "{backend:?}");
    // One's own and one that was seen in another version are left, the others are done.
    let fields = [
        ("pick[]", one.as_str()),
        ("pick[]", own.as_str()),
        ("pick[]", stale.as_str()),
        ("verdict", "approve"),
        ("reason", "Checked by phone"),
    ];
    let done = manager.submit("/approvals", "/approvals/decide", &fields).await;
    assert!(done.path.starts_with("/approvals/decided?ids="), "{}", done.path);
    assert!(done.says("2 waiting, 1 approved."), "{}", done.text);
    assert!(done.says("You asked for it yourself") && done.says("look at it again"));
    assert_eq!(status(&app, asked[0].0.id).await, Status::Cancelled);
    for n in [1, 2, 3] {
        assert_eq!(status(&app, asked[n].0.id).await, Status::New, "{n}");
    }
    let first = row(&app, asked[0].1).await;
    assert_eq!(first.reason.as_deref(), Some("Checked by phone"));
    let two = pick(1, 1);
    let fields = [
        ("pick[]", two.as_str()),
        ("verdict", "reject"),
        ("reason", "Not the payee"),
    ];
    let done = manager.submit("/approvals", "/approvals/decide", &fields).await;
    assert!(
        done.says("1 rejected.") && done.says("Not the payee"),
        "{}",
        done.text
    );
    let clerk_told = told(&app.as_clerk().await).await;
    assert_eq!(clerk_told.len(), 1, "{clerk_told:?}");
    assert!(clerk_told[0].starts_with("Unread: 2 requests of yours are decided, the latest: Edit of"));
    assert!(clerk_told[0].ends_with("Manager One rejected it. Not the payee"));
    // Of another business account there is nothing to see or decide.
    let stranger = app.as_stranger(Role::Manager).await;
    let seen = stranger.get(&done.path).await;
    assert!(seen.says("There is nothing here."), "{}", seen.text);
    let token = stranger.token().await;
    let other = pick(3, 1);
    let fields = [
        ("csrf_token", token.as_str()),
        ("pick[]", &other),
        ("verdict", "approve"),
    ];
    stranger.post("/approvals/decide", &fields).await;
    assert_eq!(row(&app, asked[3].1).await.state, ApprovalState::Waiting);
    // A clerk has no right to it.
    let clerk = app.as_clerk().await;
    let token = clerk.token().await;
    let fields = [("csrf_token", token.as_str()), ("pick[]", &other)];
    assert_eq!(clerk.post("/approvals/decide", &fields).await.status, 403);
}

#[actix_web::test]
async fn without_a_verdict_nothing_is_decided_and_what_was_chosen_stays() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let clerk = app.actor(Role::Clerk).await;
        let payment = pay.post(pay.payment(500)).await;
        let id = ask_for_edit(&pay, &clerk, &payment, 2_000_000).await;
        let manager = app.as_manager().await;
        // Enter presses the first button of a form: it is none of the two verdicts.
        let list = manager.get("/approvals").await;
        assert_eq!(
            list.find("form.picks button[type=submit]"),
            ["Choose below", "Approve", "Reject"]
        );
        assert_eq!(
            list.attribute("form.picks button[type=submit]", "value"),
            ["approve", "reject"]
        );
        let pick = format!("{id}.1");
        let fields = [("pick[]", pick.as_str()), ("reason", "Wrong account")];
        let back = manager.submit("/approvals", "/approvals/decide", &fields).await;
        assert_eq!(back.status, 422, "{backend:?}");
        assert!(back.says("Choose to approve or to reject."), "{}", back.text);
        assert_eq!(back.find("input[checked]").len(), 1, "{}", back.text);
        assert_eq!(back.attribute("#reason", "value"), ["Wrong account"]);
        assert_eq!(row(&app, id).await.state, ApprovalState::Waiting, "{backend:?}");
        assert_eq!(status(&app, payment.id).await, Status::New);
    }
}

#[actix_web::test]
async fn many_are_decided_at_once_on_both_databases() {
    for backend in both() {
        many_are_decided_at_once(backend).await;
    }
}
