//! What SQLite's planner does with every statement behind a page or a call that only reads, told of a desk of a million
//! rows (`db/plans.rs`): nothing walks through a table that grows.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use chrono_tz::Tz;
use diesel::{
    QueryableByName, RunQueryDsl,
    connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation},
    sql_query,
    sql_types::{BigInt, Text},
};
use docket::{
    auth::permission::Role,
    db::AnyConnection,
    dispatch::{self, model::Target},
    exceptions::{
        aging,
        filter::{RawFilter, SortBy, Tab},
        listed::{Way, has_index},
        queue_rows::{How, PAGE, count_up_to, page_by},
    },
    kernel::id::{TeamMemberId, WebhookSubscriptionId},
    mail,
    notifications::clock,
    webhooks,
};

use crate::{
    api_client::Api, blind_effects::a_hidden_match, harness::TestApp, payments::Payments,
    routes::pages_and_calls, world::World,
};

static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

#[allow(clippy::unnecessary_wraps)] // diesel asks for it
fn watch() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let sql = text
                .split(" -- binds:")
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned();
            SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(sql);
        }
    }))
}

fn take_seen() -> BTreeSet<String> {
    std::mem::take(&mut *SEEN.lock().unwrap_or_else(PoisonError::into_inner))
}

#[derive(Debug, QueryableByName)]
struct Step {
    #[diesel(sql_type = BigInt)]
    id: i64,
    /// The step that it is part of; 0 for none.
    #[diesel(sql_type = BigInt)]
    parent: i64,
    #[diesel(sql_type = Text)]
    detail: String,
}

/// Tables that grow with every day of work.
const GROWING: &[&str] = &[
    "account_words",
    "adjustments",
    "approvals",
    "bulk_items",
    "comments",
    "dispatch_attempts",
    "dispatches",
    "disputes",
    "exception_links",
    "exception_sources",
    "exceptions",
    "financial_accounts",
    "history_events",
    "idempotency_records",
    "import_lines",
    "mails",
    "matches",
    "notes",
    "notifications",
    "resolutions",
    "reviews",
    "search_vocabulary",
    "transaction_status_entries",
    "transactions",
    "webhook_deliveries",
];

/// What may take its time: totals of the API's lists, which are counted once for all pages of a list
/// (`api/totals.rs`).
const COUNTED: &[&str] = &["financial_accounts", "transactions"];

/// Whether the statement finds nothing, whatever there is, or is one that may walk.
fn is_allowed(sql: &str) -> bool {
    let total = |table: &&str| {
        sql == format!("SELECT COUNT(*) FROM `{table}` WHERE (`{table}`.`business_account_id` = ?)")
    };
    sql.contains("(1=0)") || COUNTED.iter().any(total)
}

/// Whether a table that a plan names grows, also where the statement gives it another name.
fn grows(name: &str, sql: &str) -> bool {
    let is_named = |table: &&str| {
        let renamed = [
            format!("{table} {name} "),
            format!("{table} AS {name} "),
            format!("`{table}` AS `{name}`"),
        ];
        *table == name || renamed.iter().any(|words| sql.contains(words))
    };
    GROWING.iter().any(is_named)
}

/// Whether a SELECT of the whole statement, and whether one in parentheses ends with a LIMIT.
fn limits(sql: &str) -> (bool, bool) {
    let (mut depth, mut outside, mut inside) = (0, false, false);
    for (at, letter) in sql.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ' ' if sql[at..].starts_with(" LIMIT ") && depth == 0 => outside = true,
            ' ' if sql[at..].starts_with(" LIMIT ") => inside = true,
            _ => {}
        }
    }
    (outside, inside)
}

/// What has to be gathered before the first row of it is known, and so is gathered whole.
const GATHERED: &[&str] = &[
    "TEMP B-TREE FOR ORDER BY",
    "TEMP B-TREE FOR GROUP BY",
    "TEMP B-TREE FOR DISTINCT",
    " USING TEMP B-TREE",
];

/// Whether a LIMIT stops a step where a list is full. It must be one of the SELECT that the step is of: one around a
/// list that is looked into, or inside another part, stops nothing there, nor does one of a number that is counted.
/// What is passed over on the way is not seen here: a queue is walked so where its counts say that a page is soon full
/// (ADR 8), and the audit log for a rare kind.
fn is_cut_short(plan: &[Step], step: &Step, sql: &str) -> bool {
    let is_gathered = |s: &Step| GATHERED.iter().any(|words| s.detail.contains(words));
    if plan.iter().any(is_gathered) {
        return false;
    }
    let (outside, inside) = limits(sql);
    let is_number = sql.starts_with("SELECT COUNT(") || sql.starts_with("SELECT SUM(");
    let outside = outside && !is_number;
    let mut above = step.parent;
    while let Some(part) = plan.iter().find(|s| above != 0 && s.id == above) {
        let is_list = part.detail.contains("SUBQUERY") && !part.detail.contains("LEFT-MOST");
        if is_list || part.detail.starts_with("MATERIALIZE") {
            return inside;
        }
        // What it gives is asked for row by row.
        if part.detail.starts_with("CO-ROUTINE") {
            return inside || outside;
        }
        above = part.parent;
    }
    outside
}

/// Whether a step may look at everything that a business account has in a table that grows.
fn walks(step: &str, sql: &str, is_cut_short: bool) -> bool {
    let of = |rest: &str| rest.split(' ').next().is_some_and(|name| grows(name, sql));
    if let Some(rest) = step.strip_prefix("SCAN ") {
        return of(rest);
    }
    // What waits, what is put aside, and what was late or in time have indexes of just these; in an order that these do not
    // have they are sorted where they were found to be few.
    let is_little = [
        "exceptions_snoozed",
        "exceptions_that_wait",
        "exceptions_late",
        "exceptions_in_time",
    ]
    .iter()
    .any(|index| step.contains(index));
    let is_of_account = ["", " AND is_open=?", " AND assignee_id>?"]
        .iter()
        .any(|more| step.ends_with(&format!("(business_account_id=?{more})")));
    // One value after another of what is not asked for.
    let is_of_account = is_of_account || step.contains("(ANY(");
    step.strip_prefix("SEARCH ").is_some_and(of) && is_of_account && !is_cut_short && !is_little
}

/// What SQLite would do with a statement.
fn plan_of(conn: &mut AnyConnection, sql: &str) -> Vec<Step> {
    sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(conn).unwrap()
}

/// Whether a plan gathers rows to sort them.
fn sorts(plan: &[Step]) -> bool {
    is_along(plan, "TEMP B-TREE")
}

/// Whether a step of a plan says so.
fn is_along(plan: &[Step], words: &str) -> bool {
    plan.iter().any(|step| step.detail.contains(words))
}

/// The statements that walk, of those behind these answers; and how many there were in all.
async fn that_walk(app: &TestApp, world: &World, addresses: &[(String, bool)]) -> (Vec<String>, usize) {
    let api = Api::of(app, Role::Owner).await;
    let mut conn = app.intruder();
    let (mut wrong, mut looked_at) = (BTreeSet::new(), 0);
    take_seen();
    for (address, is_call) in addresses {
        if *is_call {
            api.get(address).await;
        } else {
            world.owner.get(address).await;
        }
        for sql in take_seen() {
            if !sql.starts_with("SELECT") || is_allowed(&sql) {
                continue;
            }
            looked_at += 1;
            let plan = plan_of(&mut conn, &sql);
            let is_wrong = |s: &&Step| walks(&s.detail, &sql, is_cut_short(&plan, s, &sql));
            for step in plan.iter().filter(is_wrong) {
                wrong.insert(format!("{address}: {}\n    {sql}", step.detail));
            }
        }
        take_seen();
    }
    (wrong.into_iter().collect(), looked_at)
}

/// Every filter of the queue alone, and none.
fn filters(clerk: TeamMemberId) -> Vec<String> {
    vec![
        String::new(),
        "&type=ACH_RETURN".into(),
        "&code=R01".into(),
        "&code=NONE".into(),
        "&code=R01,R09".into(),
        "&severity=HIGH".into(),
        "&assignee=UNASSIGNED".into(),
        format!("&assignee={clerk}"),
        "&status=NEW".into(),
        "&source=API".into(),
        "&in_time=no".into(),
        "&in_time=yes".into(),
        "&text=paul".into(),
        "&amount_from=10&amount_to=20".into(),
        "&created_from=2026-10-01&created_to=2026-11-01".into(),
        "&created_from=2026-11-01".into(),
        "&due_from=2026-10-01&due_to=2026-11-01".into(),
        "&resolved_from=2026-10-01&resolved_to=2026-11-01".into(),
    ]
}

#[test]
fn only_a_limit_of_its_own_that_nothing_is_gathered_before_excuses_a_walk() {
    let step = |id, parent, detail: &str| Step {
        id,
        parent,
        detail: detail.into(),
    };
    let walk = "SEARCH exceptions USING INDEX exceptions_by_created (business_account_id=?)";
    let is_wrong = |plan: &[Step], sql: &str| {
        let cut = |s: &Step| is_cut_short(plan, s, sql);
        plan.iter().any(|s| walks(&s.detail, sql, cut(s)))
    };
    let alone = [step(1, 0, walk)];
    let page = "SELECT id FROM exceptions WHERE (business_account_id = ?) ORDER BY created_at LIMIT ?";
    assert!(!is_wrong(&alone, page));
    assert!(is_wrong(&alone, page.trim_end_matches(" LIMIT ?")));
    let number = "SELECT COUNT(*) FROM exceptions WHERE (business_account_id = ?) LIMIT ?";
    assert!(is_wrong(&alone, number));
    for sorted in ["ORDER BY", "GROUP BY", "DISTINCT"] {
        let gathered = step(2, 0, &format!("USE TEMP B-TREE FOR {sorted}"));
        assert!(is_wrong(&[step(1, 0, walk), gathered], page), "{sorted}");
    }
    // A list that is looked into is made whole, whatever is around it.
    let listed = [step(2, 0, "LIST SUBQUERY 1"), step(3, 2, walk)];
    let around = "SELECT id FROM teams WHERE id IN (SELECT id FROM exceptions) LIMIT ?";
    let within = "SELECT id FROM teams WHERE id IN (SELECT id FROM exceptions LIMIT ?)";
    assert!(is_wrong(&listed, around) && !is_wrong(&listed, within));
    // What is counted up to so many is asked for row by row; a limit elsewhere stops nothing.
    let counted = [step(1, 0, "CO-ROUTINE (subquery-1)"), step(2, 1, walk)];
    let up_to = "SELECT COUNT(*) FROM (SELECT 1 FROM exceptions LIMIT ?)";
    let elsewhere = "SELECT id FROM exceptions JOIN (SELECT 1 FROM teams LIMIT ?)";
    assert!(!is_wrong(&counted, up_to) && is_wrong(&alone, elsewhere));
    // By another name it grows no less.
    let renamed = [step(1, 0, "SCAN e")];
    assert!(is_wrong(&renamed, "SELECT e.id FROM exceptions e LIMIT ?"));
    assert!(!is_wrong(&renamed, "SELECT e.id FROM teams e LIMIT ?"));
}

/// To the exception a link and an approval that concerns it: without them its page does not ask for them.
async fn add_what_is_asked_for_where_it_is(app: &TestApp, world: &World) {
    let page = world.address("/exceptions/{id}");
    let other = app.raise().await.to_string();
    let fields = [("other", other.as_str()), ("kind", "RELATED")];
    let linked = world.owner.submit(&page, &format!("{page}/links"), &fields).await;
    assert!(linked.says("Related"), "{}", linked.text);
    let bytes_in = |address: &str| format!("x'{}'", address.rsplit('/').next().unwrap().replace('-', ""));
    let (exception, approval) = (bytes_in(&page), bytes_in(&world.address("/approvals/{id}")));
    let sql = format!("UPDATE approvals SET concerns_id = {exception} WHERE id = {approval}");
    let concern = app
        .app
        .db
        .write(app.account, move |tx| Ok(sql_query(&sql).execute(tx.conn)?));
    assert_eq!(concern.await.unwrap(), 1);
    let shown = world.owner.get(&page).await;
    assert!(shown.says("Waits for approval"), "{}", shown.text);
}

#[actix_web::test]
async fn no_page_and_no_call_walks_through_a_table_that_grows() {
    set_default_instrumentation(watch).unwrap();
    let app = TestApp::start().await;
    let world = World::of(&app).await;
    add_what_is_asked_for_where_it_is(&app, &world).await;
    let addresses: Vec<(String, bool)> = pages_and_calls()
        .into_iter()
        .map(|(path, is_call)| (world.address(path), is_call))
        .collect();
    let (wrong, looked_at) = that_walk(&app, &world, &addresses).await;
    assert!(looked_at > 300, "{looked_at} statements");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[actix_web::test]
async fn no_tab_no_order_and_no_filter_of_the_queue_walks_through_the_exceptions() {
    set_default_instrumentation(watch).unwrap();
    let app = TestApp::start().await;
    let world = World::of(&app).await;
    let filters = filters(app.member(Role::Clerk).await);
    let mut addresses = Vec::new();
    for tab in Tab::ALL {
        for sort in SortBy::ALL {
            for filter in &filters {
                for back in ["", "-"] {
                    let address = format!(
                        "/exceptions?tab={}&sort={back}{}{filter}",
                        tab.as_str(),
                        sort.as_str()
                    );
                    addresses.push((address, false));
                }
            }
        }
    }
    let (wrong, looked_at) = that_walk(&app, &world, &addresses).await;
    assert!(looked_at > addresses.len(), "{looked_at} statements");
    assert!(wrong.is_empty(), "{} of them: {}", wrong.len(), wrong.join("\n"));
}

#[actix_web::test]
async fn a_queue_that_is_walked_is_not_sorted() {
    set_default_instrumentation(watch).unwrap();
    let app = TestApp::start().await;
    let clerk = app.member(Role::Clerk).await;
    let (account, now) = (app.account, app.clock.now());
    let mut conn = app.intruder();
    let mut looked_at = 0;
    for (tab, by) in Tab::ALL
        .iter()
        .flat_map(|tab| SortBy::ALL.iter().map(move |by| (tab, by)))
    {
        for narrowed in filters(clerk) {
            let query = format!("tab={}&sort=-{}{narrowed}", tab.as_str(), by.as_str());
            let (filter, _) = RawFilter::read(&query).parse(Tz::UTC);
            if has_index(&filter, now) {
                continue;
            }
            take_seen();
            let walk =
                move |conn: &mut _| page_by(conn, account, clerk, (&filter, How::By(Way::Walk)), now, 50);
            app.app.db.read(walk).await.unwrap();
            for sql in take_seen().iter().filter(|sql| sql.starts_with("SELECT")) {
                let plan = plan_of(&mut conn, sql);
                assert!(
                    !sorts(&plan) || sql.contains("(1=0)"),
                    "{query}: {plan:?}\n    {sql}"
                );
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 300, "{looked_at} statements");
}

#[actix_web::test]
async fn what_jobs_look_for_every_few_seconds_is_found_in_an_index_of_just_that() {
    set_default_instrumentation(watch).unwrap();
    let app = TestApp::start().await;
    let (account, now) = (app.account, app.clock.now());
    let subscription = WebhookSubscriptionId::from_uuid(uuid::Uuid::nil());
    take_seen();
    let looks = app.app.db.write(account, move |tx| {
        let conn = &mut *tx.conn;
        webhooks::queries::due(conn, now)?;
        webhooks::rows::ready(conn, account, subscription, now, 20)?;
        webhooks::rows::count_waiting(conn, account, subscription)?;
        webhooks::rows::hurry(conn, account, subscription, now)?;
        webhooks::rows::forget(conn, now, 500)?;
        dispatch::queries::due(conn, now)?;
        dispatch::queries::ready(conn, account, Target::Webhook, now, 20)?;
        dispatch::queries::waiting(conn, account, Target::Webhook)?;
        mail::queries::due(conn, now)?;
        Ok(())
    });
    looks.await.unwrap();
    aging::run(&app.app).await.unwrap();
    let asked = take_seen();
    let mut conn = app.intruder();
    for (words, index) in [
        ("FROM `webhook_subscriptions`", "webhook_deliveries_due"),
        ("(earlier.state = 'WAITING')", "webhook_deliveries_waiting"),
        (
            "UPDATE `webhook_deliveries` SET `next_at`",
            "webhook_deliveries_due",
        ),
        (
            "(webhook_deliveries.state = 'DELIVERED')",
            "webhook_deliveries_done",
        ),
        ("FROM `connectors`", "dispatches_waiting"),
        ("FROM `dispatches` WHERE", "dispatches_waiting"),
        ("FROM `mails` WHERE", "mails_due"),
        (
            "FROM exceptions WHERE is_open AND NOT severity_fixed",
            "exceptions_to_raise",
        ),
    ] {
        let asked: Vec<&String> = asked.iter().filter(|sql| sql.contains(words)).collect();
        let is_found = |sql: &String| is_along(&plan_of(&mut conn, sql), &format!("INDEX {index} "));
        assert!(
            !asked.is_empty() && asked.iter().copied().any(is_found),
            "{words}: {asked:?}"
        );
    }
}

#[actix_web::test]
async fn what_the_clock_tells_of_is_found_in_the_index_of_the_due_times() {
    set_default_instrumentation(watch).unwrap();
    let app = TestApp::start().await;
    take_seen();
    clock::run(&app.app).await.unwrap();
    let mut asked = take_seen();
    asked.retain(|sql| sql.contains("NOT EXISTS (SELECT 1 FROM exception_marks"));
    assert!(!asked.is_empty());
    let mut conn = app.intruder();
    for sql in asked {
        let plan = plan_of(&mut conn, &sql);
        let within = "SEARCH e USING COVERING INDEX exceptions_by_due \
                      (business_account_id=? AND is_open=? AND due_at>? AND due_at<?)";
        assert!(
            plan.iter().any(|s| s.detail == within) && !sorts(&plan),
            "{plan:?}\n    {sql}"
        );
    }
}

#[actix_web::test]
async fn a_queue_is_read_and_counted_along_the_index_that_has_it_in_order() {
    set_default_instrumentation(watch).unwrap();
    let app = TestApp::start().await;
    let clerk = app.member(Role::Clerk).await;
    let (account, now) = (app.account, app.clock.now());
    let mut conn = app.intruder();
    let take_selects = || {
        let mut asked = take_seen();
        asked.retain(|sql| sql.starts_with("SELECT"));
        asked
    };
    for (query, rows, index) in [
        ("created_from=2026-11-01", PAGE, "exceptions_by_day"),
        (
            "created_from=2026-11-01&created_to=2026-11-02",
            PAGE,
            "exceptions_by_day",
        ),
        ("tab=soon&created_from=2026-10-05", PAGE, "exceptions_by_day"),
        (
            "tab=resolved&sort=due&created_from=2026-11-01",
            PAGE,
            "exceptions_by_day",
        ),
        ("tab=resolved&in_time=yes", PAGE, "exceptions_in_time"),
        ("tab=resolved&in_time=no", PAGE, "exceptions_late"),
        ("tab=resolved&code=R01", PAGE, "exceptions_resolved_by_code"),
        ("tab=resolved&code=R01,NONE", PAGE, "exceptions_resolved_by_code"),
        ("amount_from=10&amount_to=10", PAGE, "exceptions_of_amount"),
        ("tab=unassigned", PAGE, "exceptions_by_assignee"),
        ("assignee=UNASSIGNED", PAGE, "exceptions_by_assignee"),
        ("tab=waiting&type=ACH_RETURN", PAGE, "exceptions_that_wait"),
        // More than a page is not sorted anew for each part of it.
        ("created_from=2026-11-01", PAGE + 1, "exceptions_by_due"),
        ("tab=resolved&sort=due&in_time=yes", PAGE + 1, "exceptions_by_due"),
        (
            "tab=resolved&sort=-amount&in_time=yes",
            PAGE + 1,
            "exceptions_by_amount",
        ),
    ] {
        let (filter, _) = RawFilter::read(query).parse(Tz::UTC);
        take_seen();
        let free =
            move |conn: &mut _| page_by(conn, account, clerk, (&filter, How::By(Way::Free)), now, rows);
        app.app.db.read(free).await.unwrap();
        let asked = take_selects();
        assert!(!asked.is_empty(), "{query}");
        for sql in asked {
            let plan = plan_of(&mut conn, &sql);
            let is_found = is_along(&plan, &format!("USING INDEX {index} "));
            assert!(
                is_found && !sorts(&plan),
                "{query}, {rows} rows: {plan:?}\n    {sql}"
            );
        }
    }
    for (query, index) in [
        ("code=R01", "exceptions_by_code"),
        ("status=NEW", "exceptions_by_status"),
        ("amount_from=10", "exceptions_of_amount"),
        ("created_from=2026-11-01", "exceptions_by_creation"),
        ("tab=overdue&created_from=2026-11-01", "exceptions_by_due"),
        ("tab=waiting&code=C04", "exceptions_that_wait"),
        ("tab=resolved&in_time=yes", "exceptions_in_time"),
        ("tab=resolved&in_time=no", "exceptions_late"),
    ] {
        let (filter, _) = RawFilter::read(query).parse(Tz::UTC);
        take_seen();
        let count = move |conn: &mut _| count_up_to(conn, account, clerk, &filter, now);
        app.app.db.read(count).await.unwrap();
        let asked = take_selects();
        assert!(!asked.is_empty(), "{query}");
        for sql in asked {
            let plan = plan_of(&mut conn, &sql);
            let is_within = is_along(&plan, &format!("USING COVERING INDEX {index} "));
            assert!(is_within, "the count of {query}: {plan:?}\n    {sql}");
        }
    }
}

#[actix_web::test]
async fn what_a_blind_review_hides_is_found_without_a_walk() {
    set_default_instrumentation(watch).unwrap();
    let app = TestApp::start().await;
    let world = World::of(&app).await;
    let pay = Payments::of(&app).await;
    let (exception, [payment, other]) = a_hidden_match(&pay).await;
    let log = "/api/v1/governance";
    let addresses = [
        ("/settings/history".to_owned(), false),
        ("/settings/history?entity=TRANSACTION".to_owned(), false),
        (format!("/exceptions/{exception}"), false),
        (format!("/transactions/{payment}"), false),
        (format!("/accounts/{}", pay.payee), false),
        (format!("{log}/audit-logs?action=FORCE_MATCH"), true),
        (format!("{log}/entities/TRANSACTION/{other}/audit-logs"), true),
    ];
    let (wrong, looked_at) = that_walk(&app, &world, &addresses).await;
    assert!(looked_at > addresses.len(), "{looked_at} statements");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[actix_web::test]
async fn no_text_walks_through_the_accounts() {
    set_default_instrumentation(watch).unwrap();
    let app = TestApp::start().await;
    let world = World::of(&app).await;
    let texts = [
        "dov",
        "dov+marlowe",
        "marlowe+dov+",
        "northwind",
        "6789",
        "nobody",
    ];
    let lists = ["", "&state=ACTIVE", "&category=EXTERNAL&verification=UNVERIFIED"];
    let addresses: Vec<(String, bool)> = texts
        .iter()
        .flat_map(|text| lists.map(|more| (format!("/accounts?text={text}{more}"), false)))
        .collect();
    let (wrong, looked_at) = that_walk(&app, &world, &addresses).await;
    assert!(looked_at > addresses.len(), "{looked_at} statements");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
