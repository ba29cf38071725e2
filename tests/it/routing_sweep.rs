//! A bank has another routing number: its accounts are looked at together, and each change waits on its own.

use docket::{
    accounts::{
        commands, queries as accounts,
        sweep::{Swept, sweep},
    },
    approvals::{ApprovalState, decide::approve, queries as approvals},
    auth::permission::Role,
    kernel::{
        id::FinancialAccountId,
        text::{Reason, RoutingNumber},
    },
};

use crate::{
    harness::{TestApp, both},
    payments::{Payments, ROUTING},
};

/// Its check digit is right.
const NEW: &str = "123456780";

async fn routing_of(app: &TestApp, id: FinancialAccountId) -> String {
    let account = app.account;
    let row = app.app.db.read(move |c| accounts::get(c, account, id)).await;
    row.unwrap().routing_number
}

#[actix_web::test]
async fn each_chosen_account_waits_and_the_others_stay() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
        let second = pay.account("Ann Lee", "000987654321").await;
        let third = pay.account("Bo Reed", "000987654322").await;
        let (to, vault) = (RoutingNumber::parse(NEW).unwrap(), app.app.vault.clone());
        // The second was changed after the page was opened.
        let picks = [(pay.payee, 1), (second, 7)];
        let (who, v, t) = (clerk.clone(), vault.clone(), to.clone());
        let swept = pay
            .write(move |tx| sweep(tx, &v, &who, (ROUTING, &t), &picks))
            .await
            .unwrap();
        assert_eq!(
            (swept.waits, swept.done, swept.left.len()),
            (1, 0, 1),
            "{backend:?}: {swept:?}"
        );
        assert!(
            swept.left[0].contains("changed this account meanwhile"),
            "{swept:?}"
        );
        for id in [pay.payee, second, third] {
            assert_eq!(routing_of(&app, id).await, ROUTING, "nothing yet");
        }
        // Again: the same request waits already; an account of another bank is left.
        let own = pay.own;
        let picks = [(pay.payee, 1), (own, 1)];
        let (who, v, t) = (clerk.clone(), vault.clone(), to.clone());
        let again = pay
            .write(move |tx| sweep(tx, &v, &who, (ROUTING, &t), &picks))
            .await;
        let Swept { waits, left, .. } = again.unwrap();
        assert_eq!((waits, left.len()), (0, 2));
        assert!(
            left[0].contains("Dov Marlowe ••••6789: A change of it waits for approval already")
                && left[1].contains("another routing number"),
            "{left:?}"
        );

        let (account, payee) = (app.account, pay.payee);
        let waiting = app
            .app
            .db
            .read(move |c| approvals::waiting_on(c, account, payee.uuid()))
            .await
            .unwrap();
        let id = waiting[0].id;
        let done = pay
            .write(move |tx| approve(tx, &vault, &manager, id, None))
            .await
            .unwrap();
        assert_eq!(done.state, ApprovalState::Approved, "{:?}", done.outcome);
        assert_eq!(routing_of(&app, pay.payee).await, NEW);
        assert_eq!(routing_of(&app, second).await, ROUTING);
        assert_eq!(routing_of(&app, third).await, ROUTING);
    }
}

#[actix_web::test]
async fn what_is_left_out_is_told_and_not_ticked() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let ann = pay.account("Ann Lee", "000987654321").await;
        let bo = pay.account("Bo Reed", "000987654322").await;
        let clerk = app.actor(Role::Clerk).await;
        let (vault, who) = (app.app.vault.clone(), clerk.clone());
        // One is suspended, one is ours, for one a change waits; the last is as ever.
        let reason = Reason::parse("Not authorized").unwrap();
        pay.write(move |tx| commands::suspend(tx, &who, ann, &reason))
            .await
            .unwrap();
        let who = clerk.clone();
        pay.write(move |tx| {
            commands::find_or_add_own(tx, &vault, &who, "Our reserve", "77889900", ROUTING).map(drop)
        })
        .await
        .unwrap();
        let (to, vault) = (RoutingNumber::parse("021000021").unwrap(), app.app.vault.clone());
        let who = clerk.clone();
        pay.write(move |tx| sweep(tx, &vault, &who, (ROUTING, &to), &[(bo, 1)]))
            .await
            .unwrap();

        let browser = app.as_clerk().await;
        let path = format!("/accounts/sweep?from={ROUTING}&to={NEW}");
        let page = browser.get(&path).await;
        assert!(
            page.says(
                "3 of them are not ticked: 1 is our own, 1 is suspended, for 1 a change waits for approval already."
            ),
            "{}",
            page.text
        );
        assert_eq!(
            page.find("input[name=pick]").len(),
            3,
            "the one that waits cannot be picked"
        );
        assert_eq!(
            page.attribute("input[name=pick][checked]", "aria-label"),
            ["Change Dov Marlowe ••••6789"]
        );
        assert_eq!(page.find("td[data-l='Left out'] a[href^='/approvals/']").len(), 1);
        // A pick that was made by hand is refused by the command, with the name of the account.
        let token = browser.token().await;
        let pick = format!("{bo}.1");
        let fields = [
            ("csrf_token", token.as_str()),
            ("from", ROUTING),
            ("to", NEW),
            ("pick", pick.as_str()),
        ];
        let asked = browser.post("/accounts/sweep", &fields).await;
        assert!(
            asked.says("1 left: Bo Reed ••••4322: A change of it waits for approval already."),
            "{}",
            asked.text
        );
    }
}

#[actix_web::test]
async fn the_page_shows_whom_it_concerns_and_asks() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    pay.account("Ann Lee", "000987654321").await;
    pay.post(pay.payment(5_000)).await;
    let clerk = app.as_clerk().await;
    let path = format!("/accounts/sweep?from={ROUTING}&to={NEW}");
    let page = clerk.get(&path).await;
    assert!(
        page.says("2 accounts have the routing number 091000019"),
        "{}",
        page.text
    );
    assert!(page.says("Ann Lee") && page.says("••••4321") && page.says("Dov Marlowe"));
    assert!(!page.text.contains("000987654321"));
    let picks = page.attribute("input[name=pick]", "value");
    assert_eq!(picks.len(), 2);

    let token = clerk.token().await;
    let send = |to: &'static str, picks: Vec<String>| {
        let (clerk, token) = (&clerk, token.clone());
        async move {
            let mut fields = vec![("csrf_token", token.as_str()), ("from", ROUTING), ("to", to)];
            fields.extend(picks.iter().map(|p| ("pick", p.as_str())));
            clerk.post("/accounts/sweep", &fields).await
        }
    };
    let wrong = send("123456789", Vec::new()).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.says("Choose the accounts to change."), "{}", wrong.text);
    assert!(wrong.says("check digit"), "{}", wrong.text);
    let asked = send(NEW, picks).await;
    assert!(
        asked.says("2 changes wait for a second person."),
        "{}",
        asked.text
    );
    let list = app.as_manager().await.get("/approvals").await;
    assert_eq!(list.attribute("tbody a", "href").len(), 2, "{}", list.text);
    let nothing = clerk.get(&format!("/accounts/sweep?from={NEW}")).await;
    assert!(
        nothing.says("No account has this routing number"),
        "{}",
        nothing.text
    );
}
