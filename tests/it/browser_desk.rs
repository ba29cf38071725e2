//! The desk in real Chromium: snooze, severity, bulk, saved queues and keys; with and without script.

use docket::{auth::permission::Role, kernel::id::ExceptionId};

use crate::harness::{
    PASSWORD, TestApp,
    chromium::{Chromium, Look},
};

/// Waits for words to come by themselves.
async fn comes(browser: &Chromium, words: &str) {
    for _ in 0..150 {
        if browser.says(words).await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{words} never came");
}

/// By a key from the rows to what can be done with them; the keys are there when their script is.
async fn goes_to_the_bar(browser: &Chromium) {
    for _ in 0..100 {
        let focused = browser.client.active_element().await.unwrap();
        focused.send_keys("b").await.unwrap();
        let is_there = "return document.activeElement.id === 'act'";
        if browser.client.execute(is_there, vec![]).await.unwrap() == true {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the bar was never reached");
}

/// Search, notifications, workload, evidence, and what changes while a page is open.
async fn found_and_told(app: &TestApp, browser: &Chromium, look: Look, ids: &[ExceptionId]) {
    let page = format!("/exceptions/{}", ids[0]);
    // Found by what it may be, and by its words.
    browser.open("/").await;
    browser.type_into("#find", "123.54 ").await;
    browser.find("#find").await.send_keys("\u{e007}").await.unwrap();
    comes(browser, "Amount $123.54").await;
    browser.check("search-amount").await;
    browser.open("/search?q=paul+jon").await;
    assert!(browser.says("With these words: 4").await);
    browser.check("search-words").await;
    browser.open("/search?q=nobody").await;
    browser.check("search-nothing").await;

    // What one was told, and of what.
    browser.open("/notifications").await;
    browser.check("notifications-none").await;
    let (me, clerk) = (app.member(Role::Manager).await, app.actor(Role::Clerk).await);
    let id = ids[3];
    app.app
        .db
        .write(app.account, move |tx| {
            docket::exceptions::claim::claim(tx, &clerk, id)?;
            docket::exceptions::assign::assign(tx, &clerk, id, me, None)
        })
        .await
        .unwrap();
    browser.open("/notifications").await;
    assert!(browser.says("Clerk One gave it to you.").await);
    browser.check("notifications").await;
    browser.press(".told button").await;
    assert!(browser.path().await.starts_with("/exceptions/"));
    browser.open("/settings/notifications").await;
    browser.check("notification-settings").await;
    browser.open("/workload").await;
    browser.check("workload").await;
    browser.open(&format!("{page}/evidence")).await;
    browser.check("evidence").await;

    // What changes while the list is open is told, where there is script.
    if look.script {
        browser.open("/exceptions?tab=open").await;
        app.raise_many(2).await;
        comes(browser, "2 more in this list. Show").await;
        browser.check("queue-fresh").await;
        browser.follow("Show").await;
        let clerk = app.as_clerk().await;
        let page = format!("/exceptions/{}", ids[1]);
        browser.open(&page).await;
        clerk.get(&page).await;
        comes(browser, "Also open by Clerk One").await;
        browser.check("exception-others").await;
    }
}

/// Absence, limits, teams, and taking over.
async fn the_people(app: &TestApp, browser: &Chromium) {
    let (id, holder) = (app.raise().await, app.actor(Role::Clerk).await);
    app.app
        .db
        .write(app.account, move |tx| {
            docket::exceptions::claim::claim(tx, &holder, id).map(drop)
        })
        .await
        .unwrap();
    browser.open("/settings/teams").await;
    browser.check("teams-none").await;
    browser.follow("New team").await;
    browser.type_into("#name", "Returns").await;
    browser.press("form[action='/settings/teams/new'] button.p").await;
    browser.wait_for("Choose somebody.").await;
    browser.check("team-refused").await;
    browser.click("input[name='member[]']").await;
    browser.press("form[action='/settings/teams/new'] button.p").await;
    assert!(browser.says("The team “Returns” is saved.").await);
    browser.check("teams").await;

    // One who is away, with a limit.
    let (clerk, finance) = (app.member(Role::Clerk).await, app.member(Role::Finance).await);
    let manager = app.actor(Role::Manager).await;
    let (today, until) = ("2026-11-03", "2026-11-06");
    app.app
        .db
        .write(app.account, move |tx| {
            docket::desk::limit::set(tx, &manager, clerk, Some(25))?;
            let new = docket::desk::absence::NewAbsence {
                from: today.parse().unwrap(),
                until: until.parse().unwrap(),
                substitute: Some(finance),
                note: "Training".into(),
            };
            docket::desk::absence::add(tx, &manager, clerk, &new).map(drop)
        })
        .await
        .unwrap();
    browser.open(&format!("/workload/{clerk}")).await;
    assert!(browser.says("away until 6 Nov 2026; Finance One stands in").await);
    browser.check("workload-person").await;
    browser.type_over("#limit", "many").await;
    browser.press("form[action$='/limit'] button").await;
    assert!(browser.says("Give a number from 1 to 10,000, or nothing.").await);
    browser.check("workload-person-refused").await;
    browser.open("/workload").await;
    browser.check("workload-away").await;
    browser.open("/settings/absence").await;
    browser.check("absence-none").await;
    browser.open(&format!("/exceptions/{id}/assign")).await;
    browser.check("assign-away").await;
    browser.open(&format!("/exceptions/{id}")).await;
    browser.check("exception-held").await;
    browser.press("form[action*='/take-over'] button").await;
    assert!(browser.says("You have it now. Whoever had it is told.").await);

    // What came before, and a link to another.
    app.close(id, Role::Manager).await;
    let ids = [app.raise().await, app.raise().await];
    browser.open(&format!("/exceptions/{}", ids[0])).await;
    assert!(browser.says("It comes again").await);
    browser.click("#linked ~ .b summary").await;
    browser.type_into("#other", &ids[1].to_string()).await;
    browser.press("form[action*='/links'] button").await;
    assert!(browser.says("It is linked to R01").await);
    browser.check("exception-linked").await;
}

/// Routing rules, by an Owner.
async fn the_routing(app: &TestApp, look: Look) {
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("owner@one.test", PASSWORD).await;
    browser.open("/settings/policies/routing").await;
    browser.check("routing-none").await;
    browser.type_into("#rule1_name", "No funds").await;
    browser.type_into("#rule1_codes", "R01; --").await;
    browser.press(".foot button.p").await;
    assert!(browser.says("Give codes such as R01, R09.").await);
    browser.check("routing-wrong").await;
    browser.type_over("#rule1_codes", "R01, R09").await;
    browser.click("#rule1_to option:nth-child(3)").await;
    browser.press(".foot button.p").await;
    assert!(browser.says("Routing rules: what would change").await);
    browser.check("routing-preview").await;
    browser.press("button[value=ask]").await;
    browser.check("routing-asked").await;
    browser.end().await;
}

async fn the_desk(look: Look) {
    let app = TestApp::start().await;
    let ids = app.raise_many(4).await;
    let browser = Chromium::start(&app.url, look).await;
    browser.sign_in("manager@one.test", PASSWORD).await;

    let page = format!("/exceptions/{}", ids[0]);
    browser.open(&page).await;
    browser.follow_to_form("Snooze").await;
    browser.check("snooze").await;
    browser.type_into("#reason", "The payer calls back").await;
    browser.press("form[action*='/snooze'] button.p").await;
    assert!(browser.says("Snoozed until").await);
    browser.check("exception-snoozed").await;
    browser.follow_to_form("Severity").await;
    browser.check("severity").await;
    browser.click("#severity option[value=HIGH]").await;
    browser.type_into("#reason", "The bank asks").await;
    browser.press("form[action*='/severity'] button.p").await;
    assert!(browser.says("The severity is High now.").await);
    browser.open("/exceptions?tab=snoozed").await;
    browser.check("queue-snoozed").await;
    assert!(browser.says("Insufficient Funds").await);

    // Selected rows: the bar shows without script too.
    browser.open("/exceptions?tab=open").await;
    for row in 1..=2 {
        let box_ = format!("tbody tr:nth-child({row}) input[type=checkbox]");
        browser.click(&box_).await;
    }
    browser.check("queue-selected").await;
    if look.script {
        goes_to_the_bar(&browser).await;
    }
    browser.click("#act option[value=ASSIGN]").await;
    browser.press(".bulk button.p").await;
    assert!(browser.says("Assign 2 exceptions").await);
    browser.check("bulk-planned").await;
    let clerk = app.member(Role::Clerk).await;
    let choice = format!("#assignee option[value='{clerk}']");
    browser.click(&choice).await;
    browser.press("form[action$='/run'] button.p").await;
    assert!(browser.says("Check again").await);
    browser.check("bulk-checked").await;
    browser.press("form[action$='/run'] button.p").await;
    browser.wait_for("All 2 are done.").await;
    browser.check("bulk-done").await;
    browser.open("/bulk").await;
    browser.check("bulk-list").await;

    // A queue that is kept, for everybody.
    browser.open("/exceptions?tab=open&code=R01").await;
    browser.check("queue-filtered").await;
    browser.click(".cols summary").await;
    for column in ["8", "9"] {
        browser.click(&format!(".cols input[value='{column}']")).await;
    }
    browser.check("queue-columns").await;
    browser.press(".cols button").await;
    assert!(browser.says("Code R01").await, "the same list");
    browser.check("queue-columns-fewer").await;
    browser.follow("Save as queue").await;
    browser.check("saved-queue-new").await;
    browser.type_into("#name", "No funds").await;
    browser.click("input[name=shared]").await;
    browser.press("form[action='/queues/new'] button.p").await;
    assert!(browser.says("“No funds” is saved.").await);
    browser.check("queue-saved").await;
    browser.open("/queues").await;
    browser.check("saved-queues").await;

    found_and_told(&app, &browser, look, &ids).await;
    the_people(&app, &browser).await;
    browser.end().await;
    the_routing(&app, look).await;
}

#[actix_web::test]
async fn the_desk_wide_and_light_with_script() {
    the_desk(Look {
        width: 1440,
        dark: false,
        script: true,
    })
    .await;
}

#[actix_web::test]
async fn the_desk_wide_and_dark_without_script() {
    the_desk(Look {
        width: 1440,
        dark: true,
        script: false,
    })
    .await;
}

#[actix_web::test]
async fn the_desk_narrow_and_dark_with_script() {
    the_desk(Look {
        width: 390,
        dark: true,
        script: true,
    })
    .await;
}

#[actix_web::test]
async fn the_desk_narrow_and_light_without_script() {
    the_desk(Look {
        width: 390,
        dark: false,
        script: false,
    })
    .await;
}
