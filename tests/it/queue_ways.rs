//! A queue has the same rows whichever way it is found, on every page of it.

use chrono_tz::Tz;
use diesel::{RunQueryDsl, sql_query};
use docket::{
    auth::permission::Role,
    exceptions::{
        filter::{Edge, Filter, RawFilter, SortBy, Tab},
        listed::{Way, has_index},
        queue_rows::{How, QueueRows, Reach, page_by},
    },
    kernel::{clock::Ts, id::ExceptionId},
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use crate::{
    harness::{Backend, NOW, TestApp, both},
    saved_queues::{filters, mixed},
};

const ROWS: usize = 7;

/// When a test begins.
const START: Ts = Ts::from_micros(NOW);

async fn page(app: &TestApp, filter: &Filter, how: How, rows: usize) -> QueueRows {
    let (account, me) = (app.account, app.member(Role::Clerk).await);
    let (filter, now) = (filter.clone(), app.clock.now());
    app.app
        .db
        .read(move |conn| page_by(conn, account, me, (&filter, how), now, rows))
        .await
        .unwrap()
}

fn ids(page: &QueueRows) -> Vec<ExceptionId> {
    page.items.iter().map(|item| item.id).collect()
}

fn edge(page: &QueueRows, by: SortBy, backwards: bool) -> Option<Edge> {
    let row = if backwards {
        page.items.first()
    } else {
        page.items.last()
    };
    row.map(|item| Edge {
        value: item.sort_value(by),
        id: item.id,
        backwards,
    })
}

/// All of a queue, forwards page by page, and then back again.
async fn all(app: &TestApp, filter: &Filter, how: How) -> (Vec<ExceptionId>, Vec<ExceptionId>) {
    let mut filter = filter.clone();
    let (mut there, mut back) = (Vec::new(), Vec::new());
    let mut shown = page(app, &filter, how, ROWS).await;
    there.extend(ids(&shown));
    while shown.has_next {
        filter.edge = edge(&shown, filter.sort.by, false);
        shown = page(app, &filter, how, ROWS).await;
        there.extend(ids(&shown));
    }
    back.extend(ids(&shown).into_iter().rev());
    while shown.has_previous {
        filter.edge = edge(&shown, filter.sort.by, true);
        shown = page(app, &filter, how, ROWS).await;
        back.extend(ids(&shown).into_iter().rev());
    }
    back.reverse();
    (there, back)
}

#[actix_web::test]
async fn a_queue_has_the_same_rows_whichever_way_it_is_found() {
    let app = TestApp::start_on(Backend::Sqlite).await;
    mixed(&app).await;
    let mut runner = TestRunner::deterministic();
    let (mut not_empty, mut chosen) = (0, 0);
    for _ in 0..160 {
        let query = filters().new_tree(&mut runner).unwrap().current();
        let (mut filter, _) = RawFilter::read(&query).parse(Tz::UTC);
        filter.by_words = None;
        let free = all(&app, &filter, How::By(Way::Free)).await;
        assert_eq!(free.0, free.1, "{query}: there and back");
        let short = Reach { few: 3, stretch: 12 };
        let longer = Reach { few: 10, stretch: 40 };
        for how in [
            How::By(Way::Narrow),
            How::By(Way::Walk),
            How::Within(short),
            How::Within(longer),
        ] {
            assert_eq!(all(&app, &filter, how).await, free, "{query}: {how:?}");
        }
        not_empty += usize::from(!free.0.is_empty());
        chosen += usize::from(!has_index(&filter, app.clock.now()));
    }
    assert!(not_empty > 20, "only {not_empty} filters found anything");
    assert!(chosen > 20, "only {chosen} have a way to choose");
}

/// The first so many codes of returns.
fn codes(n: usize) -> String {
    let codes: Vec<String> = (1..=n).map(|n| format!("R{n:02}")).collect();
    codes.join(",")
}

#[actix_web::test]
async fn more_codes_than_are_looked_at_one_by_one_are_one_condition_on_both_databases() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        mixed(&app).await;
        let many = codes(40);
        for (several, same) in [
            (format!("{many},R01"), "R01,R03,R29"),
            (format!("{many},NONE"), ""),
            (format!("{many},NONE"), "R01,R03,R29,NONE"),
        ] {
            for sort in ["due", "-amount"] {
                let ids = async |code: &str| {
                    let query = format!("tab=all&sort={sort}&code={code}");
                    let (filter, _) = RawFilter::read(&query).parse(Tz::UTC);
                    all(&app, &filter, How::Within(Reach { few: 3, stretch: 5 })).await
                };
                let found = ids(&several).await;
                assert_eq!(found, ids(same).await, "{backend:?} {several} {sort}");
                assert!(found.0.len() > 50, "{backend:?} {several}: {}", found.0.len());
            }
        }
    }
}

#[actix_web::test]
async fn one_amount_finds_those_of_its_queue_that_have_it_on_both_databases() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        mixed(&app).await;
        let alike = "UPDATE exceptions SET amount = 40000 WHERE amount % 3 = 0";
        sql_query(alike).execute(&mut app.intruder()).unwrap();
        let mut found_some = 0;
        for tab in ["open", "mine", "waiting", "resolved", "all"] {
            for sort in ["due", "-due", "amount", "-updated"] {
                for more in ["", "&type=ACH_RETURN"] {
                    let queue = format!("tab={tab}&sort={sort}{more}");
                    let (whole, _) = RawFilter::read(&queue).parse(Tz::UTC);
                    let query = format!("{queue}&amount_from=400&amount_to=400");
                    let (filter, errors) = RawFilter::read(&query).parse(Tz::UTC);
                    assert!(errors.is_empty(), "{query}");
                    let mut having = page(&app, &whole, How::By(Way::Free), 500).await;
                    having.items.retain(|item| item.amount == 40_000);
                    let having = ids(&having);
                    for how in [How::By(Way::Free), How::Within(Reach { few: 3, stretch: 12 })] {
                        let (there, back) = all(&app, &filter, how).await;
                        assert_eq!(there, having, "{backend:?} {query} {how:?}");
                        assert_eq!(back, having, "{backend:?} {query} {how:?}: back");
                    }
                    found_some += usize::from(having.len() > ROWS);
                }
            }
        }
        assert!(
            found_some > 10,
            "{backend:?}: only {found_some} had a second page"
        );
    }
}

#[actix_web::test]
async fn what_was_raised_on_some_days_is_the_same_day_by_day_and_at_once_on_both_databases() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        mixed(&app).await;
        let mut found_some = 0;
        for zone in [Tz::UTC, Tz::America__New_York, Tz::Asia__Kolkata] {
            for tab in ["open", "soon", "overdue", "resolved", "all"] {
                for more in [
                    "sort=due&created_from=2026-11-04",
                    "sort=-due&created_from=2026-11-03&created_to=2026-11-04",
                    "sort=due&created_from=2026-11-03&due_from=2026-11-05&due_to=2026-11-06",
                ] {
                    let query = format!("tab={tab}&{more}");
                    let (filter, errors) = RawFilter::read(&query).parse(zone);
                    assert!(
                        errors.is_empty() && has_index(&filter, app.clock.now()),
                        "{query}"
                    );
                    let at_once = ids(&page(&app, &filter, How::By(Way::Free), 500).await);
                    let by_day = all(&app, &filter, How::By(Way::Free)).await;
                    assert_eq!(by_day.0, at_once, "{backend:?} {zone} {query}");
                    assert_eq!(by_day.1, at_once, "{backend:?} {zone} {query}: back");
                    found_some += usize::from(at_once.len() > ROWS);
                }
            }
        }
        assert!(
            found_some > 20,
            "{backend:?}: only {found_some} had a second page"
        );
    }
}

#[test]
fn days_are_looked_at_one_by_one_when_they_are_a_month_and_nothing_else_is_asked_for() {
    let has_index = |query: &str| has_index(&RawFilter::read(query).parse(Tz::Asia__Kolkata).0, START);
    for month in [
        "created_from=2026-10-04",
        "created_from=2026-08-01&created_to=2026-08-31",
        "tab=all&sort=-due&created_from=2026-10-20&created_to=2036-01-01",
        "tab=overdue&created_from=2026-11-01&due_from=2026-11-01",
    ] {
        assert!(has_index(month), "{month}");
    }
    for other in [
        "created_from=2026-10-03",
        "created_to=2026-11-01",
        "created_from=2026-07-01&created_to=2026-08-31",
        "created_from=2026-11-01&code=R01",
        "created_from=2026-11-01&sort=-amount",
        "tab=unassigned&created_from=2026-11-01",
    ] {
        assert!(!has_index(other), "{other}");
    }
}

#[test]
fn one_index_has_a_tab_a_filter_by_due_time_and_an_order_without_a_filter() {
    let has_index = |query: &str| has_index(&RawFilter::read(query).parse(Tz::UTC).0, START);
    for tab in Tab::ALL {
        assert!(has_index(&format!("tab={}", tab.as_str())), "{tab:?}");
    }
    for one in [
        "type=ACH_NOC",
        "code=R01,R02",
        "severity=LOW",
        "status=NEW",
        "source=API",
    ] {
        assert!(has_index(one), "{one}");
        assert!(!has_index(&format!("{one}&sort=updated")), "{one}");
    }
    assert!(has_index("sort=-amount&amount_from=10"));
    assert!(has_index("type=ACH_NOC&sort=-amount") && has_index("severity=LOW&sort=created"));
    assert!(!has_index("severity=LOW&sort=-amount") && !has_index("code=R01&sort=created"));
    assert!(!has_index("amount_from=10") && has_index("amount_from=10&amount_to=10"));
    assert!(!has_index("amount_from=10&amount_to=10&type=ACH_NOC"));
    assert!(!has_index("tab=mine&amount_from=10&amount_to=10"));
    assert!(has_index("tab=resolved&code=R01,NONE") && !has_index("tab=resolved&code=R01&severity=LOW"));
    assert!(!has_index(&format!("tab=resolved&code={}", codes(20))));
    assert!(!has_index("tab=unassigned&sort=severity"));
    assert!(!has_index("team=01a20381-faad-7f0b-8f3d-d705aa4eaf76"));
    assert!(!has_index(&format!("code={}", codes(20))));
}
