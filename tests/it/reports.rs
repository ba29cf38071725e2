//! Reports: what a number says is what is behind its link, whatever was done before; days are local days; a file holds
//! what the page shows; each sees only what is theirs.

use std::{collections::BTreeMap, time::Duration};

use chrono::NaiveDate;
use chrono_tz::Tz;
use diesel::{prelude::*, sql_query, sql_types::BigInt};
use docket::{
    auth::{actor::Actor, permission::Role, principal::AccessState},
    db::schema::{exception_sources, exceptions, memberships, resolutions},
    exceptions::{
        claim::{claim, release},
        model::Kind,
        reopen::reopen,
        resolution::{How, resolve},
        row::ExceptionRow,
        snooze::snooze,
    },
    kernel::{
        clock::Ts,
        id::{ExceptionId, TeamMemberId},
        text::{Reason, ResolutionNotes},
    },
    reports::{
        model::{Report, told_minutes},
        period::Period,
        queries::{Asked, report},
    },
};
use proptest::{
    prelude::*,
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use crate::{
    harness::{Backend, Browser, TestApp, both, browser::Answer},
    saved_queues::{listed, mixed},
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

async fn told(app: &TestApp, period: Period) -> Report {
    let asked = Asked {
        account: app.account,
        me: app.member(Role::Manager).await,
        moment: app.app.db.moment(),
        period,
        is_supervisor: true,
        standings: app.app.memos.of(),
    };
    app.app.db.read(move |conn| report(conn, &asked)).await.unwrap()
}

async fn all(app: &TestApp) -> Vec<ExceptionRow> {
    let account = app.account;
    app.app
        .db
        .read(move |conn| {
            Ok(exceptions::table
                .filter(exceptions::business_account_id.eq(account))
                .select(ExceptionRow::as_select())
                .load(conn)?)
        })
        .await
        .unwrap()
}

/// What `report` tells, counted from the exceptions one by one.
fn compare(told: &Report, all: &[ExceptionRow], now: Ts, label: &str) {
    let Period { from, to, zone } = told.period;
    let within = |at: Ts, from: NaiveDate, to: NaiveDate| (from..=to).contains(&at.day_in(zone));
    for (step, flow) in told
        .steps
        .iter()
        .chain(&told.weeks)
        .chain([&(told.period, told.total)])
    {
        let arrived = all
            .iter()
            .filter(|e| within(e.created_at, step.from, step.to))
            .count();
        let closed = || {
            all.iter()
                .filter(|e| !e.is_open && within(e.updated_at, step.from, step.to))
        };
        let in_time = closed().filter(|e| e.updated_at <= e.due_at).count();
        assert_eq!(
            [flow.arrived, flow.resolved, flow.in_time],
            [arrived, closed().count(), in_time].map(|n| i64::try_from(n).unwrap()),
            "{label} {zone} {}",
            step.written()
        );
    }
    let open = || all.iter().filter(|e| e.is_open && e.snoozed_until.is_none());
    for age in &told.ages {
        let old = open().filter(|e| {
            let raised = e.created_at.day_in(zone);
            raised <= age.to && age.from.is_none_or(|from| raised >= from)
        });
        assert_eq!(
            age.n,
            i64::try_from(old.count()).unwrap(),
            "{label} {zone} {age:?}"
        );
    }
    let mut kinds: BTreeMap<&str, i64> = BTreeMap::new();
    let mut codes: BTreeMap<&str, i64> = BTreeMap::new();
    let mut people: BTreeMap<Option<TeamMemberId>, (i64, i64)> = BTreeMap::new();
    let mut minutes = Vec::new();
    for e in all {
        if within(e.created_at, from, to) {
            *kinds.entry(e.kind.as_str()).or_default() += 1;
            *codes.entry(e.code.as_deref().unwrap_or_default()).or_default() += 1;
        }
        if e.is_open && e.snoozed_until.is_none() {
            people.entry(e.assignee_id).or_default().0 += 1;
        }
        if !e.is_open && within(e.updated_at, from, to) {
            people.entry(e.assignee_id).or_default().1 += 1;
            minutes.push(told_minutes(
                (e.updated_at.micros() - e.created_at.micros()) / 60_000_000,
            ));
        }
    }
    let found: BTreeMap<&str, i64> = told.kinds.iter().map(|(k, n)| (k.as_str(), *n)).collect();
    assert_eq!(found, kinds, "{label} {zone}");
    let found: BTreeMap<&str, i64> = told.codes.iter().map(|c| (c.codes[0].as_str(), c.n)).collect();
    assert_eq!(found, codes, "{label} {zone}");
    let found: BTreeMap<Option<TeamMemberId>, (i64, i64)> = told
        .people
        .iter()
        .flatten()
        .filter(|s| s.open + s.resolved > 0)
        .map(|s| (s.member, (s.open, s.resolved)))
        .collect();
    assert_eq!(found, people, "{label} {zone}");
    minutes.sort_unstable();
    let middle = minutes.len().checked_sub(1).map(|last| minutes[last / 2]);
    assert_eq!(told.median, middle, "{label} {zone}");
    let today = all
        .iter()
        .filter(|e| !e.is_open && e.updated_at.day_in(zone) == now.day_in(zone));
    assert_eq!(
        told.resolved_today,
        i64::try_from(today.count()).unwrap(),
        "{label} {zone}"
    );
}

/// One thing that somebody does; the number chooses with which exception.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Raise(usize),
    Claim(usize),
    Release(usize),
    Close(usize),
    Reopen(usize),
    Snooze(usize),
    Review,
    Wait(u64),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let which = 0..1_000_usize;
    prop::collection::vec(
        prop_oneof![
            4 => which.clone().prop_map(Deed::Raise),
            3 => which.clone().prop_map(Deed::Claim),
            1 => which.clone().prop_map(Deed::Release),
            4 => which.clone().prop_map(Deed::Close),
            2 => which.clone().prop_map(Deed::Reopen),
            1 => which.prop_map(Deed::Snooze),
            1 => Just(Deed::Review),
            // Minutes to days, so that quarters, hours and days are all crossed.
            4 => prop_oneof![1..50_u64, 60..3_000_u64].prop_map(Deed::Wait),
        ],
        60..90,
    )
}

/// Does it, where it can be done; what is refused changes nothing.
async fn act(app: &TestApp, deed: Deed, ids: &mut Vec<ExceptionId>, people: &[Actor; 2]) {
    let pick = |n: usize| ids.get(n % ids.len().max(1)).copied();
    let why = || Reason::parse("Why").unwrap();
    let actor = |n: usize| people[n % 2].clone();
    let write = &app.app.db;
    match deed {
        Deed::Raise(n) => {
            let mut new = app.a_return();
            new.code = [Some("R01"), Some("R03"), Some("R29"), None][n % 4].map(str::to_owned);
            if new.code.is_none() {
                new.kind = Kind::Reconciliation;
            }
            ids.push(app.raise_as(new).await);
        }
        Deed::Claim(n) => {
            let (Some(id), who) = (pick(n), actor(n / 7)) else {
                return;
            };
            let _ = write.write(app.account, move |tx| claim(tx, &who, id)).await;
        }
        Deed::Release(n) => {
            let (Some(id), who) = (pick(n), actor(1)) else {
                return;
            };
            let _ = write
                .write(app.account, move |tx| release(tx, &who, id, None))
                .await;
        }
        Deed::Close(n) => {
            let (Some(id), who) = (pick(n), actor(n / 3)) else {
                return;
            };
            let done = write.write(app.account, move |tx| {
                let how = How::NoAction(why());
                resolve(
                    tx,
                    &who,
                    id,
                    &how,
                    &ResolutionNotes::parse("Done.").unwrap(),
                    None,
                )
                .map(|_| ())
            });
            let _ = done.await;
        }
        Deed::Reopen(n) => {
            let (Some(id), who) = (pick(n), actor(1)) else {
                return;
            };
            let _ = write
                .write(app.account, move |tx| reopen(tx, &who, id, &why(), None))
                .await;
        }
        Deed::Snooze(n) => {
            let (Some(id), who) = (pick(n), actor(1)) else {
                return;
            };
            let done = write.write(app.account, move |tx| {
                let until = tx.now.plus(Duration::from_hours(400));
                snooze(tx, &who, id, until, &why(), None)
            });
            let _ = done.await;
        }
        Deed::Review => {
            let (account, who) = (app.account, actor(1));
            let done = write.write(account, move |tx| {
                let waiting = docket::reviews::model::ReviewState::Waiting;
                let found = docket::reviews::queries::list(tx.conn, account, waiting, None, None)?;
                for (review, ..) in found.iter().take(1) {
                    docket::reviews::commands::approve(tx, &who, review.id, None)?;
                }
                Ok(())
            });
            let _ = done.await;
        }
        Deed::Wait(minutes) => app.wait(minutes),
    }
}

#[actix_web::test]
async fn what_is_kept_for_reports_is_a_plain_recount_after_any_deeds() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let people = [app.actor(Role::Clerk).await, app.actor(Role::Manager).await];
        let mut runner = TestRunner::default();
        let mut ids = Vec::new();
        for round in 0..4 {
            let deeds = deeds().new_tree(&mut runner).unwrap().current();
            for deed in &deeds {
                act(&app, *deed, &mut ids, &people).await;
            }
            let (now, rows) = (app.clock.now(), all(&app).await);
            for zone in [
                Tz::America__New_York,
                Tz::Asia__Kolkata,
                Tz::Australia__Lord_Howe,
                Tz::UTC,
            ] {
                let today = now.day_in(zone);
                for (first, last) in [(29, 0), (0, 0), (5, 2), (70, 1), (1, 1)] {
                    let period = Period {
                        from: today - chrono::Days::new(first),
                        to: today - chrono::Days::new(last),
                        zone,
                    };
                    let label = format!("{backend:?} round {round} {deeds:?}");
                    compare(&told(&app, period).await, &rows, now, &label);
                }
            }
        }
        let rows = all(&app).await;
        assert!(rows.iter().any(|e| !e.is_open) && rows.iter().any(|e| e.was_reopened));
        // The latest change of what is resolved is its resolution.
        let account = app.account;
        let moments: Vec<(Ts, Ts)> = app
            .app
            .db
            .read(move |conn| {
                Ok(exceptions::table
                    .inner_join(
                        resolutions::table.on(resolutions::id.nullable().eq(exceptions::resolution_id)),
                    )
                    .filter(exceptions::business_account_id.eq(account))
                    .filter(exceptions::is_open.eq(false))
                    .select((exceptions::updated_at, resolutions::resolved_at))
                    .load(conn)?)
            })
            .await
            .unwrap();
        assert_eq!(moments.len(), rows.iter().filter(|e| !e.is_open).count());
        assert!(moments.iter().all(|(changed, resolved)| changed == resolved));
    }
}

#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[actix_web::test]
async fn what_is_gone_is_not_counted_and_a_claim_writes_nothing_for_reports() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let ids = app.raise_many(2).await;
        let mut conn = app.intruder();
        let mut sum = |sql: &str| sql_query(sql.to_owned()).get_result::<Sum>(&mut conn).unwrap().n;
        let raised = "SELECT CAST(SUM(arrived) AS BIGINT) AS n FROM report_quarters";
        let codes = "SELECT CAST(SUM(n) AS BIGINT) AS n FROM report_codes";
        assert_eq!((sum(raised), sum(codes)), (2, 2));
        drop(conn);
        let mut conn = app.intruder();
        diesel::delete(exception_sources::table.filter(exception_sources::exception_id.eq(ids[0])))
            .execute(&mut conn)
            .unwrap();
        diesel::delete(exceptions::table.find(ids[0]))
            .execute(&mut conn)
            .unwrap();
        let mut sum = |sql: &str| sql_query(sql.to_owned()).get_result::<Sum>(&mut conn).unwrap().n;
        assert_eq!((sum(raised), sum(codes)), (1, 1), "{backend:?}");
        // From now on nothing can be written there: a claim does not need to, a resolution does.
        let is_sqlite = backend == Backend::Sqlite;
        if !is_sqlite {
            sql_query("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$")
                .execute(&mut conn)
                .unwrap();
        }
        for table in [
            "report_quarters",
            "report_codes",
            "report_holders",
            "report_minutes",
        ] {
            let refusal = if is_sqlite {
                "BEGIN SELECT RAISE(ABORT, 'no'); END"
            } else {
                "FOR EACH ROW EXECUTE FUNCTION no()"
            };
            sql_query(format!(
                "CREATE TRIGGER no_{table} BEFORE INSERT ON {table} {refusal}"
            ))
            .execute(&mut conn)
            .unwrap();
        }
        drop(conn);
        let (clerk, closer, id) = (
            app.actor(Role::Clerk).await,
            app.actor(Role::Manager).await,
            ids[1],
        );
        let claimed = app
            .app
            .db
            .write(app.account, move |tx| claim(tx, &clerk, id))
            .await;
        assert!(claimed.is_ok(), "{backend:?} {claimed:?}");
        let closed = app.app.db.write(app.account, move |tx| {
            let (how, notes) = (How::NoAction(Reason::parse("Why").unwrap()), "Done.");
            resolve(
                tx,
                &closer,
                id,
                &how,
                &ResolutionNotes::parse(notes).unwrap(),
                None,
            )
            .map(|_| ())
        });
        assert!(closed.await.is_err(), "{backend:?}");
    }
}

/// The days on which the clocks change are days: the 23 hours of 14 March 2027 in New York, and the 25 of 7 November.
#[actix_web::test]
async fn a_day_of_23_or_25_hours_is_one_day() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let zone = Tz::America__New_York;
        for (change, hours) in [("2027-03-14", 23), ("2027-11-07", 25)] {
            let change = day(change);
            let start = Ts::start_of(change - chrono::Days::new(1), zone);
            app.clock.advance(start.since(app.clock.now()));
            // Every half an hour of three days.
            while app.clock.now() <= Ts::end_of(change + chrono::Days::new(1), zone) {
                app.raise().await;
                app.wait(30);
            }
            let period = Period {
                from: change - chrono::Days::new(1),
                to: change + chrono::Days::new(1),
                zone,
            };
            let arrived: Vec<i64> = told(&app, period)
                .await
                .steps
                .iter()
                .map(|(_, f)| f.arrived)
                .collect();
            assert_eq!(arrived, [48, 2 * hours, 48], "{backend:?} {change}");
        }
    }
}

/// The numbers of a page with their links: of the tiles, and of the tables.
fn numbers(page: &Answer) -> Vec<(String, String)> {
    let tiles = page
        .attribute("a.tile", "href")
        .into_iter()
        .zip(page.find("a.tile b"));
    let cells = page.find("table.rep td a").into_iter().map(|text| {
        let (_, number) = text.rsplit_once(": ").unwrap();
        number.to_owned()
    });
    let cells = page.attribute("table.rep td a", "href").into_iter().zip(cells);
    tiles.chain(cells).collect()
}

/// So many rows has the list at an address.
async fn rows_behind(browser: &Browser, href: &str) -> String {
    match href.split_once('?') {
        Some(("/exceptions", query)) => listed(browser, query).await.0.len().to_string(),
        _ => browser.get(href).await.find("table tbody tr").len().to_string(),
    }
}

#[actix_web::test]
async fn every_number_is_that_of_the_rows_behind_it() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        mixed(&app).await;
        app.wait(60 * 24 * 3);
        let ids = app.raise_many(3).await;
        app.close(ids[0], Role::Clerk).await;
        let manager = app.as_manager().await;
        let page = manager.get("/reports").await;
        assert_eq!(page.status, 200);
        let numbers = numbers(&page);
        assert!(numbers.len() > 90, "{}", numbers.len());
        let (mut seen, mut not_nothing) = (BTreeMap::new(), 0);
        for (href, number) in numbers {
            // A share and a time are of the rows behind them; a number is how many those are.
            if number.contains('%') || number.contains('h') || number.contains('d') || number.contains("min")
            {
                continue;
            }
            if !seen.contains_key(&href) {
                seen.insert(href.clone(), rows_behind(&manager, &href).await);
            }
            assert_eq!(seen[&href], number, "{backend:?} {href}");
            not_nothing += usize::from(number != "0");
        }
        assert!(not_nothing > 20, "only {not_nothing} of them tell of anything");
        let late = "/exceptions?tab=resolved&resolved_from=2026-10-10&in_time=no";
        let (in_time, late) = (
            rows_behind(&manager, "/exceptions?tab=resolved&in_time=yes").await,
            rows_behind(&manager, late).await,
        );
        let (in_time, late): (f64, f64) = (in_time.parse().unwrap(), late.parse().unwrap());
        let share = format!("{:.1} %", (in_time * 1_000.0 / (in_time + late)).floor() / 10.0);
        assert_eq!(page.find(".tile b")[6], share);
    }
}

#[actix_web::test]
async fn a_file_holds_what_the_page_shows_and_is_safe_in_a_spreadsheet() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        mixed(&app).await;
        let mut evil = app.a_return();
        evil.code = Some("=1+1".into());
        app.raise_as(evil).await;
        let manager = app.as_manager().await;
        let span = "from=2026-10-20&to=2026-11-05";
        let page = manager.get(&format!("/reports?{span}")).await;
        let csv = manager.get(&format!("/reports.csv?{span}")).await;
        assert_eq!(
            csv.headers["content-disposition"],
            "attachment; filename=\"reports.csv\""
        );
        let mut file: Vec<Vec<String>> = csv::Reader::from_reader(csv.text.as_bytes())
            .records()
            .map(|r| r.unwrap().iter().map(str::to_owned).collect())
            .collect();
        let tiles: Vec<Vec<String>> = file.drain(..8).collect();
        let shown: Vec<String> = tiles
            .iter()
            .map(|line| format!("{}{}", line[4], line[1]))
            .collect();
        assert_eq!(shown, page.find(".tile"), "{backend:?}");
        let shown: Vec<&str> = file.iter().map(|line| line[4].as_str()).collect();
        let on_page: Vec<String> = page
            .find("table.rep td")
            .into_iter()
            .map(|text| text.rsplit(": ").next().unwrap().to_owned())
            .collect();
        assert_eq!(shown, on_page, "{backend:?}");
        let lines: Vec<&str> = file.iter().map(|line| line[1].as_str()).collect();
        assert!(lines.contains(&"'=1+1") && page.find("table.rep th").contains(&"=1+1".to_owned()));
        assert!(
            file.iter()
                .all(|line| line[3].is_empty() || line[3].parse::<f64>().is_ok())
        );
        let book = manager
            .client
            .get(format!("{}/reports.xlsx?{span}", manager.url))
            .send()
            .await
            .unwrap();
        assert_eq!(book.status(), 200);
        assert!(book.bytes().await.unwrap().starts_with(b"PK"));
        // A file cannot say that other days were meant.
        assert_eq!(manager.get("/reports.csv?from=much").await.status, 422);
        assert_eq!(manager.get("/reports.xlsx?to=2999-01-01").await.status, 422);
    }
}

#[actix_web::test]
async fn nonsense_is_refused_at_its_field_with_what_was_typed() {
    let app = TestApp::start().await;
    app.raise().await;
    let clerk = app.as_clerk().await;
    let page = clerk.get("/reports?from=much&to=2026-11-02").await;
    assert_eq!(page.status, 422);
    assert!(page.says("Give a day such as 2026-11-21."), "{}", page.text);
    assert_eq!(page.attribute("#from", "value"), ["much"]);
    assert_eq!(page.attribute("#to", "value"), ["2026-11-02"]);
    assert_eq!(page.attribute("#from", "aria-invalid"), ["true"]);
    assert_eq!(page.attribute("#problems a", "href"), ["#from"]);
    assert!(page.says("5 Oct – 3 Nov 2026"), "the usual days are shown");
    let turned = clerk.get("/reports?from=2026-11-02&to=2026-10-02").await;
    assert_eq!(turned.status, 422);
    assert!(turned.says("The last day is before the first."));
    let fine = clerk.get("/reports?from=2026-10-02&to=2026-11-02").await;
    assert_eq!(
        (fine.status.as_u16(), fine.attribute("#from", "value")),
        (200, vec!["2026-10-02".into()])
    );
}

#[actix_web::test]
async fn an_empty_desk_says_so() {
    let app = TestApp::start().await;
    let page = app.as_clerk().await.get("/reports").await;
    assert!(page.says("Nothing to report yet"), "{}", page.text);
    assert!(page.find("table").is_empty() && page.find(".tile").is_empty());
}

/// Everybody reads what is there; who has and does how much is for those who supervise.
#[actix_web::test]
async fn people_are_told_of_to_supervisors_alone() {
    let app = TestApp::start().await;
    app.raise().await;
    for role in Role::ALL {
        let browser = app.sign_in(*role).await;
        let page = browser.get("/reports").await;
        let file = browser.get("/reports.csv").await;
        assert_eq!((page.status.as_u16(), file.status.as_u16()), (200, 200), "{role}");
        let sees = matches!(role, Role::Owner | Role::Manager);
        assert_eq!(page.says("Load and throughput"), sees, "{role}");
        assert_eq!(file.text.contains("Load and throughput"), sees, "{role}");
    }
}

/// The numbers of another business account are for who belongs to it, by their role there.
#[actix_web::test]
async fn another_business_account_is_seen_by_who_belongs_to_it_alone() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        app.raise_many(3).await;
        let (account, other) = (app.account, app.other);
        let stranger = app.as_stranger(Role::Owner).await;
        assert!(stranger.get("/reports").await.says("Nothing to report yet"));
        for path in ["/reports", "/reports.csv", "/reports.xlsx"] {
            assert_eq!(
                stranger.get(&format!("{path}?account={account}")).await.status,
                404,
                "{path}"
            );
            assert_eq!(
                stranger.get(&format!("{path}?account=x")).await.status,
                404,
                "{path}"
            );
        }
        // The clerk of the first becomes a manager of the second.
        let clerk = app.member(Role::Clerk).await;
        app.app
            .db
            .write(other, move |tx| {
                diesel::insert_into(memberships::table)
                    .values((
                        memberships::business_account_id.eq(other),
                        memberships::team_member_id.eq(clerk),
                        memberships::role.eq(Role::Manager),
                        memberships::state.eq(AccessState::Active),
                        memberships::created_at.eq(tx.now),
                        memberships::updated_at.eq(tx.now),
                    ))
                    .execute(tx.conn)?;
                Ok(())
            })
            .await
            .unwrap();
        let clerk = app.as_clerk().await;
        let page = clerk.get(&format!("/reports?account={account}")).await;
        let here = if page.find("a.tile").is_empty() {
            other
        } else {
            account
        };
        let there = if here == account { other } else { account };
        let elsewhere = clerk.get(&format!("/reports?account={there}")).await;
        assert_eq!(elsewhere.status, 200);
        assert!(
            elsewhere.find("a.tile").is_empty(),
            "nothing leads to rows that are elsewhere"
        );
        assert!(elsewhere.find("table.rep td a").is_empty());
        let of_account = if here == account { &page } else { &elsewhere };
        assert_eq!(of_account.find(".tile b")[0], "3", "{backend:?}");
        assert!(!of_account.says("Load and throughput"), "a clerk there");
        let csv = clerk.get(&format!("/reports.csv?account={account}")).await;
        assert!(csv.text.contains("The desk now,Open,Value,3,3"), "{}", csv.text);
        // One who was let go sees nothing any more.
        let member = app.member(Role::Clerk).await;
        app.app
            .db
            .write(other, move |tx| {
                diesel::update(memberships::table.find((there, member)))
                    .set(memberships::state.eq(AccessState::Disabled))
                    .execute(tx.conn)?;
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(clerk.get(&format!("/reports?account={there}")).await.status, 404);
    }
}
