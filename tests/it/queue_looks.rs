//! What the queue, one exception and the settings say of themselves: filters that can be taken away, orders to choose
//! without heads, parts of the activity, numbers with the rows behind them, and ways on for whoever is signed in.

use std::time::Duration;

use docket::{
    auth::permission::Role,
    db::types::Day,
    exceptions::raise::Said,
    notifications::clock,
    policies::figures::{FIGURES, Group},
};

use crate::{
    harness::{TestApp, both, browser::Answer},
    planted_numbers::unzipped,
};

/// An id that nobody and nothing has.
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

const POLICIES: [(&str, &str); 3] = [
    ("/settings/policies/approvals", "Approval rules"),
    ("/settings/policies/routing", "Routing rules"),
    ("/settings/policies/thresholds", "Thresholds"),
];

/// What a page of the policies says is in force, each by its name.
fn in_force(page: &Answer) -> Vec<(String, String)> {
    let (names, values) = (page.find("main .facts dt"), page.find("main .facts dd"));
    assert_eq!(names.len(), values.len());
    names.into_iter().zip(values).collect()
}

/// The page with this title says, to whoever reads it, what there is from the beginning: figures under their headings,
/// rules in sentences, or that there is none.
fn tells_what_is_in_force(page: &Answer, title: &str) {
    let said = in_force(page);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    match title {
        "Thresholds" => {
            assert_eq!(said.len(), FIGURES.len());
            for figure in [
                pair("Critical from", "100,000"),
                pair("Medium after", "24 h"),
                pair("Every resolution from this severity on", "High"),
                pair("Write off", "Yes"),
                pair("No action", "No"),
                pair("Share of the rest", "5 %"),
                pair("A claim is idle after", "8 h"),
            ] {
                assert!(said.contains(&figure), "{figure:?} in {said:?}");
            }
            let headings = page.find("main section.card h2");
            assert_eq!(headings, Group::ALL.map(Group::title));
            assert!(page.says("Nobody has changed them yet."));
        }
        "Approval rules" => {
            let rules = [
                pair(
                    "Rule 1",
                    "A transaction of 10,000.00 or more needs a second person.",
                ),
                pair(
                    "Rule 2",
                    "Money that goes to another account than before needs a second person.",
                ),
                pair(
                    "Rule 3",
                    "Another routing or account number needs a second person.",
                ),
            ];
            assert_eq!(said, rules);
            assert_eq!(page.find("main section.card h2"), ["In force"]);
            assert!(page.says("Nobody has changed them yet."));
        }
        _ => {
            assert!(said.is_empty(), "{said:?}");
            assert!(page.says("There are none yet: everything is raised for everybody."));
            assert!(page.says("There is no rule. An Owner or an Admin can change them."));
        }
    }
}

#[actix_web::test]
async fn a_filter_by_somebody_who_is_not_here_can_be_seen_and_taken_away() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.raise().await;
        let clerk = app.as_clerk().await;
        for (field, chip, choice) in [
            (
                "assignee",
                "Remove filter Assignee: somebody who is not here",
                "Somebody who is not here",
            ),
            (
                "team",
                "Remove filter Team: a team that is not here",
                "A team that is not here",
            ),
        ] {
            let page = clerk.get(&format!("/exceptions?tab=open&{field}={NOBODY}")).await;
            assert!(page.says("Nothing matches"), "{backend:?} {field}");
            assert_eq!(page.find(".chips a")[0], chip, "{backend:?}");
            // The form keeps it, so that another filter does not take it away unseen.
            assert_eq!(page.find(&format!("#{field} option[selected]")), [choice]);
            let without = page.attribute(".chips a", "href").remove(0);
            assert_eq!(clerk.get(&without).await.find("table.q tbody tr").len(), 1);
        }
        // What is no id at all narrows nothing, so there is nothing to take away.
        let page = clerk.get("/exceptions?tab=open&assignee=x").await;
        assert!(page.find(".chips a").is_empty() && page.find("table.q tbody tr").len() == 1);
    }
}

#[actix_web::test]
async fn an_order_is_chosen_in_the_filter_form_and_kept_with_the_filters() {
    let app = TestApp::start().await;
    app.raise_many(2).await;
    let clerk = app.as_clerk().await;
    let page = clerk.get("/exceptions?tab=open&code=R01&sort=-amount").await;
    assert_eq!(page.find("#sort option").len(), 18);
    assert_eq!(page.find("#sort option[selected]"), ["Largest amount first"]);
    assert!(
        page.attribute(".sieve form.grid input[type=hidden]", "name")
            .iter()
            .all(|name| name != "sort"),
        "the order is sent once"
    );
    // A tab's own order is not in its address.
    for (tab, own) in [
        ("open", "Due soonest first"),
        ("resolved", "Updated latest first"),
        ("all", "Newest first"),
    ] {
        let page = clerk.get(&format!("/exceptions?tab={tab}")).await;
        assert_eq!(page.find("#sort option[selected]"), [own]);
        assert_eq!(page.attribute("#sort option[selected]", "value"), [""]);
    }
    // What Apply sends with everything else left as it is.
    let applied = clerk
        .get("/exceptions?tab=open&code=R01&severity=&sort=-created")
        .await;
    assert_eq!(applied.find("#sort option[selected]"), ["Newest first"]);
    assert_eq!(applied.find("th[aria-sort] a"), ["Age"]);
}

#[actix_web::test]
async fn the_activity_is_shown_in_parts() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let id = app.raise().await;
        app.take(id, Role::Clerk).await;
        let (clerk, page) = (app.as_clerk().await, format!("/exceptions/{id}"));
        let fields = [("content", "Called, no answer.")];
        clerk.submit(&page, &format!("{page}/comments"), &fields).await;
        let whole = clerk.get(&page).await;
        let entries = whole.find("ol.line li");
        let counts: Vec<usize> = whole
            .find(".parts a b")
            .iter()
            .map(|n| n.parse().unwrap())
            .collect();
        assert_eq!(counts[0], entries.len(), "{backend:?}");
        assert_eq!(counts[0], counts[1..].iter().sum::<usize>());
        assert_eq!(
            whole.find(".parts a[aria-current=true]"),
            [format!("All {}", entries.len())]
        );
        // What there is none of has no link, until somebody asks for it.
        assert!(!whole.find(".parts").join(" ").contains("Decisions"));
        let none = clerk.get(&format!("{page}?activity=decisions")).await;
        assert_eq!(none.find(".parts a[aria-current=true]"), ["Decisions 0"]);
        assert!(none.says("Nothing of this kind yet."));

        let comments = clerk.get(&format!("{page}?activity=comments")).await;
        let shown = comments.find("ol.line li");
        assert!(
            shown.len() == 1 && shown[0].contains("Called, no answer."),
            "{shown:?}"
        );
        assert_eq!(
            comments.find(".parts a[aria-current=true]"),
            ["Comments and notes 1"]
        );
        let changes = clerk.get(&format!("{page}?activity=changes")).await;
        assert_eq!(changes.find("ol.line li").len(), entries.len() - 1);
        assert!(!changes.find("ol.line").join(" ").contains("no answer"));
        let unknown = clerk.get(&format!("{page}?activity=everything")).await;
        assert_eq!(unknown.find("ol.line li").len(), entries.len());
        // A comment that is refused comes back under the whole.
        let refused = clerk
            .submit(&page, &format!("{page}/comments"), &[("content", " ")])
            .await;
        assert_eq!(refused.status, 422);
        assert_eq!(refused.find("ol.line li").len(), entries.len());
    }
}

#[actix_web::test]
async fn what_the_clock_tells_is_a_sentence_about_the_exception() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    let due = app.exception(id).await.due_at;
    app.clock
        .advance(due.since(app.clock.now()).saturating_sub(Duration::from_mins(10)));
    clock::run(&app.app).await.unwrap();
    let page = app.as_clerk().await.get(&format!("/exceptions/{id}")).await;
    assert!(
        page.find("ol.line")
            .join(" ")
            .contains("Docket noticed that it is due soon: 10 min left."),
        "{:?}",
        page.find("ol.line")
    );
}

#[actix_web::test]
async fn the_clock_of_a_retry_does_not_run_where_there_can_be_none() {
    let app = TestApp::start().await;
    let settled = Some(Day("2026-10-29".parse().unwrap()));
    let clerk = app.as_clerk().await;
    for (code, runs) in [("R01", true), ("R03", false)] {
        let mut new = app.a_return();
        new.code = Some(code.into());
        new.said = Said {
            sec_code: Some("PPD".into()),
            original_settlement: settled,
            notice_settlement: settled,
            is_debit: Some(true),
            ..Said::default()
        };
        let id = app.raise_as(new).await;
        let page = clerk.get(&format!("/exceptions/{id}")).await;
        let clocks = page.find(".clocks li");
        let retry = clocks
            .iter()
            .find(|clock| clock.starts_with("Retry until"))
            .unwrap_or_else(|| panic!("{code}: {clocks:?}"));
        assert_eq!(retry.contains("days left"), runs, "{code}: {retry}");
    }
}

#[actix_web::test]
async fn the_hover_of_a_time_is_in_the_zone_of_the_business_account() {
    let app = TestApp::start().await;
    app.raise().await;
    let page = app.as_clerk().await.get("/exceptions?tab=open").await;
    let titles = page.attribute("table.q tbody time", "title");
    assert_eq!(titles.len(), 2, "due and age: {titles:?}");
    assert_eq!(titles[1], "3 Nov 2026, 10:00");
    assert!(page.says("Times in America/New_York"));
}

#[actix_web::test]
async fn a_workbook_has_dates_that_can_be_reckoned_with() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.raise().await;
        let clerk = app.as_clerk().await;
        let (_, book) = clerk.bytes("/exceptions.xlsx?tab=open").await;
        let book = unzipped(&book);
        assert!(book.contains("created (America/New_York)"));
        assert!(book.contains("yyyy-mm-dd hh:mm"), "a format of dates");
        // 3 November 2026, 10:00 in New York, as a workbook counts days.
        let (_, cell) = book
            .split_once("r=\"M2\"")
            .expect("the column of when it was raised");
        let (_, value) = cell.split_once("<v>").unwrap();
        assert!(value.starts_with("46329.41666"), "{backend:?} {}", &value[..20]);
    }
}

#[actix_web::test]
async fn what_was_resolved_is_counted_by_the_days_of_its_list() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_many(3).await;
        for id in &ids {
            app.take(*id, Role::Clerk).await;
        }
        app.close(ids[0], Role::Clerk).await;
        app.clock.advance(Duration::from_hours(24 * 6));
        app.close(ids[1], Role::Clerk).await;
        for (further, expected) in [(0, ["1", "2"]), (24, ["0", "1"])] {
            app.clock.advance(Duration::from_hours(further));
            let manager = app.as_manager().await;
            let page = manager.get("/workload").await;
            let row = page.find("tbody tr:first-child td");
            assert!(row[0].contains("Clerk One"), "{row:?}");
            assert_eq!([row[5].as_str(), row[6].as_str()], expected, "{backend:?}");
            let lists = page.attribute("tbody tr:first-child a[href*=resolved_from]", "href");
            let numbers = expected.iter().filter(|n| **n != "0");
            assert_eq!(lists.len(), numbers.clone().count());
            for (list, number) in lists.iter().zip(numbers) {
                let rows = manager.get(list).await.find("table.q tbody tr").len();
                assert_eq!(rows.to_string(), *number, "{backend:?} {list}");
            }
        }
    }
}

#[actix_web::test]
async fn whoever_is_signed_in_is_led_on_from_where_there_is_nothing() {
    let app = TestApp::start().await;
    for role in Role::ALL {
        let browser = app.sign_in(*role).await;
        let page = browser.get("/no/such/page").await;
        assert_eq!(page.status, 404);
        assert!(
            page.says("Back to my work") && page.says("Go to the queue"),
            "{role}"
        );
        assert!(!page.says("Go to sign in"), "{role}");
        // The settings are in the column of everybody, and lead to the first of them.
        let settings = page.attribute("ul.nav a[href='/settings']", "href");
        assert_eq!(settings, ["/settings"], "{role}");
        let first = browser.get("/settings").await;
        assert_eq!(
            (first.status.as_u16(), first.path.as_str()),
            (200, "/settings/profile")
        );
    }
    let page = app.as_nobody().get("/no/such/page").await;
    assert_eq!(page.status, 404);
    assert!(page.says("Go to sign in"));
}

#[actix_web::test]
async fn everybody_reads_the_policies_and_administrators_change_them() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        for role in [Role::Manager, Role::ViewOnly] {
            let browser = app.sign_in(role).await;
            for (address, title) in POLICIES {
                let page = browser.get(address).await;
                assert_eq!(page.status, 200, "{backend:?} {role} {address}");
                assert_eq!(page.find("h1"), [title]);
                assert!(page.says("An Owner or an Admin can change them."));
                assert!(page.find(&format!("form[action='{address}']")).is_empty());
                assert!(page.find("main button").is_empty(), "{role} {address}");
                // What is in force is text to read, not fields that look as if they could be changed.
                assert!(
                    page.find("main input, main select, main fieldset").is_empty(),
                    "{address}"
                );
                tells_what_is_in_force(&page, title);
                assert_eq!(page.find(".subnav a[aria-current=page]"), [title]);
                let token = browser.token().await;
                let sent = browser.post(address, &[("csrf_token", token.as_str())]).await;
                assert_eq!(sent.status, 403, "{role} {address}");
            }
        }
        let admin = app.sign_in(Role::Admin).await;
        for (address, _) in POLICIES {
            let page = admin.get(address).await;
            assert_eq!(page.find(&format!("form[action='{address}']")).len(), 1);
            assert!(page.find("main fieldset[disabled]").is_empty());
        }
    }
}

#[actix_web::test]
async fn a_queue_offers_what_its_rows_can_get_and_a_way_back_to_what_is_selected() {
    let app = TestApp::start().await;
    let ids = app.raise_many(2).await;
    app.close(ids[0], Role::Clerk).await;
    let clerk = app.as_clerk().await;
    for (tab, row, can_ask) in [("open", ids[1], true), ("resolved", ids[0], false)] {
        let page = clerk.get(&format!("/exceptions?tab={tab}")).await;
        assert_eq!(page.attribute("table.q tbody tr", "id"), [format!("e-{row}")]);
        assert_eq!(
            page.find("form.q[data-works]").len(),
            usize::from(can_ask),
            "{tab}"
        );
        assert_eq!(page.attribute("#bulk #act", "aria-keyshortcuts"), ["b"]);
        assert_eq!(page.attribute("#bulk", "tabindex"), ["-1"]);
        assert_eq!(
            page.find("table.q + a[href='#bulk']"),
            ["Back to the selection"],
            "{tab}"
        );
    }
    let viewer = app
        .sign_in(Role::ViewOnly)
        .await
        .get("/exceptions?tab=open")
        .await;
    assert!(viewer.find("[data-works], a[href='#bulk']").is_empty());
}

#[actix_web::test]
async fn who_may_not_work_is_not_told_to_take_something() {
    let app = TestApp::start().await;
    app.raise().await;
    let mine = "/exceptions?tab=mine";
    let viewer = app.sign_in(Role::ViewOnly).await;
    let page = viewer.get(mine).await;
    assert!(
        page.says("so none is yours.") && !page.says("Take the next"),
        "{}",
        page.text
    );
    assert!(
        app.as_clerk()
            .await
            .get(mine)
            .await
            .says("Take the next exception")
    );
    // What one is told of is among the settings.
    let settings = viewer.get("/settings/notifications").await;
    assert_eq!(settings.find("ul.nav a[aria-current=page]"), ["Settings"]);
}

#[actix_web::test]
async fn what_closes_many_acts_is_told_once_and_whom_one_cannot_give_it_to_is_not_listed() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    app.take(id, Role::Finance).await;
    let (clerk, finance) = (app.as_clerk().await, app.sign_in(Role::Finance).await);
    let (of_exception, of_assign) = (format!("/exceptions/{id}"), format!("/exceptions/{id}/assign"));
    let page = clerk.get(&of_exception).await;
    assert_eq!(page.find("#shut"), ["Closed: Finance One has it."]);
    let closed = page.attribute("button[aria-describedby=shut]", "disabled");
    assert!(closed.len() >= 3, "{}", page.text);
    assert!(page.find("ul.moves").is_empty(), "{}", page.text);
    let own = finance.get(&of_exception).await;
    // What the made-up return has no payment for stays closed; that somebody has it closes nothing of theirs.
    let unlinked = ["Closed: It is not linked to a transaction of ours."];
    assert_eq!(own.find("#shut"), unlinked);
    assert_eq!(own.find("ul.moves a"), ["Resolve", "Write off"]);
    // Who has it may give it to everybody, somebody else to nobody: not even, as it is taken, to themselves.
    let few = clerk.get(&of_assign).await;
    let people = few.find("#assignee .pick b");
    assert!(people.contains(&"Finance One".to_owned()), "{people:?}");
    assert!(!people.contains(&"Manager One".to_owned()), "{people:?}");
    assert!(few.says("Only a supervisor, or who has it, gives it to others."));
    assert!(
        few.find("#assignee input:not([disabled])").is_empty(),
        "{}",
        few.text
    );
    // A supervisor acts on what another has.
    let manager = app.as_manager().await.get(&of_exception).await;
    assert_eq!(manager.find("#shut"), unlinked);
    assert_eq!(manager.find("ul.moves a"), own.find("ul.moves a"));
    let all = finance.get(&of_assign).await;
    let people = all.find("#assignee .pick b");
    assert!(people.contains(&"Manager One".to_owned()), "{people:?}");
    assert!(!all.says("Only a supervisor, or who has it"));
}

#[actix_web::test]
async fn a_resolution_without_a_type_is_told_at_the_types_and_first() {
    let app = TestApp::start().await;
    let id = app.raise().await;
    app.take(id, Role::Clerk).await;
    let clerk = app.as_clerk().await;
    let form = format!("/exceptions/{id}/resolve");
    let page = clerk.submit(&form, &form, &[("notes", "")]).await;
    assert_eq!(page.status, 422);
    let links = page.attribute("#problems a", "href");
    assert_eq!(links, ["#resolution_type", "#notes"]);
    assert_eq!(
        page.attribute("fieldset#resolution_type", "aria-describedby"),
        ["resolution_type-error"]
    );
    assert!(page.find("#resolution_type-error")[0].contains("Choose how it is resolved."));
}
