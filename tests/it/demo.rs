//! Demo data: what `docket demo` puts into an empty database.

use std::{collections::BTreeSet, net::TcpListener};

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{BigInt, Text},
};
use docket::{
    ach::reader::{Event as AchEvent, Reader},
    app::App,
    approvals,
    auth::principal::memberships_of,
    bulk::model::{BulkAct, BulkRow, BulkState},
    config::Settings,
    db::{
        AnyConnection,
        schema::{
            api_keys, bulk_actions, connectors, dispatches, exception_links, exception_sources, exceptions,
            financial_accounts, history_events, history_heads, saved_queues, team_members, transactions,
        },
    },
    demo::{self, Outcome, PASSWORD, PEOPLE},
    dispatch::{
        self,
        model::{DispatchRow, DispatchState, Target},
    },
    disputes,
    exceptions::{
        comment,
        links::{self, LinkKind, LinkRow},
        model::{Kind, Severity, Status},
        opened::open,
        queries,
        raise::entry_place,
        row::{ExceptionRow, SourceRow},
    },
    history::{
        Event,
        verify::{Verdict, verify},
    },
    kernel::{
        clock::{Clock, Ts},
        crypto::token_hash,
        id::{BusinessAccountId, ExceptionId, FinancialAccountId},
    },
    rates::model::Room,
    server,
    transactions::Status as PaymentStatus,
};

use crate::harness::{Backend, Browser, NOW, both, database};

const EXCEPTIONS: u32 = 400;

struct Demo {
    app: App,
    folder: tempfile::TempDir,
    _database: database::Lease,
}

impl Demo {
    /// Without any data.
    fn empty(backend: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = database::lease(backend, folder.path());
        let settings = Settings {
            data: folder.path().into(),
            database: Some(database.url.as_str().into()),
            workers: Some(2),
            ..Settings::default()
        };
        let app = App::open(settings, Clock::fixed(Ts::from_micros(NOW))).unwrap();
        Self {
            app,
            folder,
            _database: database,
        }
    }

    async fn filled(backend: Backend) -> Self {
        let demo = Self::empty(backend);
        assert_eq!(demo::fill(&demo.app, EXCEPTIONS).await.unwrap(), Outcome::Filled);
        demo
    }

    async fn all<T: Send + 'static>(
        &self,
        load: impl FnOnce(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    ) -> T {
        self.app.db.read(move |conn| Ok(load(conn)?)).await.unwrap()
    }

    fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        actix_web::rt::spawn(server::serve_on(self.app.clone(), listener).unwrap());
        url
    }

    async fn exceptions(&self) -> Vec<ExceptionRow> {
        self.all(|conn| {
            exceptions::table
                .order(exceptions::id)
                .select(ExceptionRow::as_select())
                .load(conn)
        })
        .await
    }
}

#[actix_web::test]
async fn what_an_exception_has_is_known_from_the_first_as_its_lists_have_it_on_both_databases() {
    for backend in both() {
        let demo = Demo::filled(backend).await;
        let mut found = [0; 6];
        for row in demo.exceptions().await {
            let read = demo.app.db.read(move |conn| {
                let (account, id) = (row.business_account_id, row.id);
                let opened = open(conn, account, id)?;
                let has = opened.has;
                let holder = row
                    .assignee_id
                    .map(|member| queries::person(conn, member))
                    .transpose()?;
                let holder = holder.map(|(name, _)| name);
                assert_eq!((opened.row.version, &opened.holder), (row.version, &holder));
                let source = queries::source_of(conn, &row)?;
                assert_eq!(format!("{:?}", opened.source), format!("{source:?}"));
                Ok((
                    [
                        has.comments,
                        has.links,
                        has.disputes,
                        has.dispatches,
                        has.waiting,
                        holder.is_some(),
                    ],
                    [
                        !comment::list(conn, account, id, 1)?.is_empty(),
                        !links::of(conn, &row)?.is_empty(),
                        !disputes::queries::list_of_exception(conn, account, id)?.is_empty(),
                        !dispatch::queries::list_of_exception(conn, account, id, 1)?.is_empty(),
                        !approvals::queries::waiting_on(conn, account, id.uuid())?.is_empty(),
                        holder.is_some(),
                    ],
                ))
            });
            let (told, listed) = read.await.unwrap();
            assert_eq!(told, listed, "{backend:?}");
            for (n, is) in found.iter_mut().zip(listed) {
                *n += usize::from(is);
            }
        }
        // Both ends of a link. A demo of this size has no dispute and nothing that waits; the tests of these do.
        assert!(
            found[1] >= 2 && [0, 3, 5].iter().all(|n| found[*n] > 0),
            "{found:?}"
        );
    }
}

#[actix_web::test]
async fn every_status_type_and_severity_is_there_and_pairs_fit_on_both_databases() {
    for backend in both() {
        let demo = Demo::filled(backend).await;
        let rows = demo.exceptions().await;
        assert_eq!(rows.len(), EXCEPTIONS as usize);
        for status in Status::ALL {
            assert!(rows.iter().any(|r| r.status == *status), "{status}");
        }
        for kind in Kind::ALL {
            assert!(rows.iter().any(|r| r.kind == *kind), "{kind}");
        }
        for severity in Severity::ALL {
            assert!(
                rows.iter().any(|r| r.severity == severity),
                "{}",
                severity.as_str()
            );
        }
        let now = Ts::from_micros(NOW);
        for row in &rows {
            assert!(row.kind.fits(row.category), "{} {}", row.kind, row.category);
            assert_eq!(row.is_open, row.status.is_open());
            assert_eq!(
                row.resolution_id.is_some(),
                row.status == Status::Resolved || row.was_reopened
            );
            assert!(row.status != Status::InProgress || row.assignee_id.is_some());
            assert!(row.status != Status::New || row.assignee_id.is_none());
            assert!(row.created_at <= row.updated_at && row.updated_at <= now);
            assert!(!row.severity_rule.is_empty() && !row.due_rule.is_empty());
        }
        let open: Vec<_> = rows.iter().filter(|r| r.is_open).collect();
        assert!(open.iter().any(|r| r.due_at < now), "none is overdue");
        let statuses: BTreeSet<String> = demo
            .all(|conn| {
                transactions::table
                    .select(transactions::status)
                    .load::<PaymentStatus>(conn)
            })
            .await
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(statuses.len(), PaymentStatus::ALL.len(), "{statuses:?}");
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = Text)]
    tab: String,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[actix_web::test]
async fn the_counts_of_tabs_are_those_of_the_rows_on_both_databases() {
    for backend in both() {
        let demo = Demo::filled(backend).await;
        let counts = demo
            .all(|conn| {
                // SUM is a numeric on PostgreSQL.
                sql_query("SELECT tab, CAST(SUM(n) AS BIGINT) AS n FROM exception_counts GROUP BY tab")
                    .load::<Count>(conn)
            })
            .await;
        let rows = demo.exceptions().await;
        let open = |r: &&ExceptionRow| r.status != Status::Resolved && r.snoozed_until.is_none();
        let expected = |tab: &str| match tab {
            "SNOOZED" => rows.iter().filter(|r| r.snoozed_until.is_some()).count(),
            "OPEN" => rows.iter().filter(open).count(),
            "RESOLVED" => rows.iter().filter(|r| r.status == Status::Resolved).count(),
            "UNASSIGNED" => rows
                .iter()
                .filter(open)
                .filter(|r| r.assignee_id.is_none())
                .count(),
            "MINE" => rows
                .iter()
                .filter(open)
                .filter(|r| r.assignee_id.is_some())
                .count(),
            "WAITING" => rows
                .iter()
                .filter(|r| r.status == Status::PendingResolution || r.waiting_since.is_some())
                .filter(|r| r.snoozed_until.is_none())
                .count(),
            _ => 0,
        };
        assert_eq!(counts.len(), 6);
        for Count { tab, n } in &counts {
            assert_eq!(
                usize::try_from(*n).unwrap(),
                expected(tab),
                "{tab} on {backend:?}"
            );
        }
    }
}

#[actix_web::test]
async fn the_history_is_one_chain_in_order_of_time_on_both_databases() {
    for backend in both() {
        let demo = Demo::filled(backend).await;
        let events = demo
            .all(|conn| {
                history_events::table
                    .order((history_events::business_account_id, history_events::seq))
                    .select(Event::as_select())
                    .load(conn)
            })
            .await;
        let heads = demo
            .all(|conn| {
                history_heads::table
                    .order(history_heads::business_account_id)
                    .select((
                        history_heads::business_account_id,
                        history_heads::seq,
                        history_heads::hash,
                    ))
                    .load::<(BusinessAccountId, i64, Vec<u8>)>(conn)
            })
            .await;
        assert_eq!(heads.len(), 2);
        for (account, seq, hash) in heads {
            let chain: Vec<_> = events
                .iter()
                .filter(|e| e.business_account_id == account)
                .collect();
            let mut before = (Vec::new(), Ts::default());
            for (event, place) in chain.iter().zip(1..) {
                assert_eq!(event.seq, place);
                assert_eq!(event.hash, event.chained_to(&before.0), "event {place}");
                assert!(
                    event.created_at >= before.1,
                    "event {place} is before the one before it"
                );
                before = (event.hash.clone(), event.created_at);
            }
            assert_eq!(chain.len(), usize::try_from(seq).unwrap());
            assert_eq!(before.0, hash);
            let verdict = demo
                .app
                .db
                .read(move |conn| verify(conn, account, None))
                .await
                .unwrap();
            assert!(matches!(verdict, Verdict::Whole(_)), "{verdict:?}");
        }
    }
}

/// The bill company sends enough, and little of it comes back: the report shows what room there is.
#[actix_web::test]
async fn the_second_company_has_room_in_every_return_rate() {
    let demo = Demo::filled(Backend::Sqlite).await;
    let today = demo.app.clock.now().day_in(chrono_tz::Tz::America__New_York);
    let account: BusinessAccountId = demo
        .all(|conn| {
            transactions::table
                .filter(transactions::company_name.eq("HARBOR LANE BILL"))
                .select(transactions::business_account_id)
                .first(conn)
        })
        .await;
    let companies = demo
        .app
        .db
        .read(move |conn| docket::rates::queries::standings(conn, account, today))
        .await
        .unwrap();
    let second = companies.iter().find(|c| c.name == "HARBOR LANE BILL").unwrap();
    assert_eq!(second.standings.len(), 3);
    for standing in &second.standings {
        assert!(standing.returned > 0, "{:?}: nothing came back", standing.rate);
        assert!(
            matches!(standing.room(), Room::Fits(n) if n > 0),
            "{:?}: {:?}",
            standing.rate,
            standing.room()
        );
    }
}

#[actix_web::test]
async fn the_same_start_gives_the_same_data() {
    let (first, second) = (
        Demo::filled(Backend::Sqlite).await,
        Demo::filled(Backend::Sqlite).await,
    );
    // What came with the file came by the product's own import, which draws its ids.
    let told = |rows: Vec<ExceptionRow>| -> Vec<(String, Ts, Option<ExceptionId>)> {
        let is_made_up = |r: &ExceptionRow| r.created_at < Ts::from_micros(NOW);
        let mut told: Vec<_> = rows
            .into_iter()
            .map(|r| {
                let id = is_made_up(&r).then_some(r.id);
                (r.description, r.due_at, id)
            })
            .collect();
        told.sort_unstable();
        told
    };
    assert_eq!(told(first.exceptions().await), told(second.exceptions().await));
}

#[actix_web::test]
async fn a_file_was_imported_and_it_and_its_exceptions_lead_to_each_other_on_both_databases() {
    for backend in both() {
        let demo = Demo::filled(backend).await;
        let browser = Browser::new(&demo.serve());
        browser.sign_in("clerk@demo.test", PASSWORD).await;
        let list = browser.get("/imports").await;
        assert_eq!(list.find("td[data-l=State]"), ["Imported"], "{backend:?}");
        assert_eq!(list.find("td[data-l=By]"), ["Felix Okafor"]);
        assert_eq!(list.find("td[data-l=Raised]"), ["6"]);
        let import = list.attribute("td[data-l=File] a", "href").remove(0);
        let queue = list.attribute("td[data-l=Raised] a", "href").remove(0);
        let raised = browser.get(&queue).await.attribute("table.q tbody a", "href");
        assert_eq!(raised.len(), 6, "{backend:?}");
        for exception in raised {
            let page = browser.get(&exception).await;
            assert!(page.text.contains(&import), "{backend:?} {}", page.text);
            // Each is the return of a payment that was there.
            assert!(!page.find("#chain").is_empty(), "{backend:?} {exception}");
        }
    }
}

/// Most of what is sent comes through, as in real life; what is a little too much is of the narrowest rate.
#[actix_web::test]
async fn the_first_companys_return_rates_can_be_believed() {
    let demo = Demo::filled(Backend::Sqlite).await;
    let today = demo.app.clock.now().day_in(chrono_tz::Tz::America__New_York);
    let account: BusinessAccountId = demo
        .all(|conn| {
            transactions::table
                .filter(transactions::company_name.eq("HARBOR LANE PAY"))
                .select(transactions::business_account_id)
                .first(conn)
        })
        .await;
    let companies = demo
        .app
        .db
        .read(move |conn| docket::rates::queries::standings(conn, account, today))
        .await
        .unwrap();
    let first = companies.iter().find(|c| c.name == "HARBOR LANE PAY").unwrap();
    for standing in &first.standings {
        let (rate, level) = (standing.hundredths().unwrap(), standing.rate.level());
        assert!(rate > 0 && rate < level * 2, "{:?}: {rate}", standing.rate);
    }
}

#[actix_web::test]
async fn a_second_start_leaves_the_data_as_it_is() {
    let demo = Demo::filled(Backend::Sqlite).await;
    assert_eq!(demo::fill(&demo.app, 10_000).await.unwrap(), Outcome::Found);
    assert_eq!(demo.exceptions().await.len(), EXCEPTIONS as usize);
}

#[actix_web::test]
async fn data_that_is_no_demo_is_left_alone() {
    let app = crate::harness::TestApp::start().await;
    let refused = demo::fill(&app.app, EXCEPTIONS).await.unwrap_err();
    assert!(
        refused
            .sentence()
            .starts_with("This database has data that is no demo"),
        "{refused}"
    );
}

#[actix_web::test]
async fn everybody_who_is_documented_signs_in() {
    let demo = Demo::filled(Backend::Sqlite).await;
    let url = demo.serve();
    for someone in PEOPLE {
        let browser = Browser::new(&url);
        browser.sign_in(someone.email, PASSWORD).await;
        let memberships = demo
            .app
            .db
            .read(move |conn| {
                let id = team_members::table
                    .filter(team_members::email.eq(someone.email))
                    .select(team_members::id)
                    .first(conn)?;
                memberships_of(conn, id)
            })
            .await
            .unwrap();
        assert_eq!(memberships.len(), 1, "{}", someone.email);
        assert!(memberships[0].is_demo);
        assert_eq!(memberships[0].role, someone.role, "{}", someone.email);
    }
}

#[actix_web::test]
async fn the_documented_keys_are_stored_as_hashes_of_their_secrets() {
    let demo = Demo::filled(Backend::Sqlite).await;
    let stored: Vec<(String, Vec<u8>)> = demo
        .all(|conn| {
            api_keys::table
                .select((api_keys::key_id, api_keys::secret_hash))
                .load(conn)
        })
        .await;
    for (_, key) in demo::api_keys() {
        let expected = (key.key.to_owned(), token_hash(key.secret));
        assert!(stored.contains(&expected), "{}", key.key);
    }
    assert_eq!(stored.len(), 2);
}

#[actix_web::test]
async fn what_the_files_said_can_be_read_and_tells_what_the_exception_tells() {
    let demo = Demo::filled(Backend::Sqlite).await;
    let rows = demo.exceptions().await;
    let sources = demo
        .all(|conn| {
            exception_sources::table
                .filter(exception_sources::entry_sealed.is_not_null())
                .select(SourceRow::as_select())
                .load(conn)
        })
        .await;
    assert!(sources.len() > 200);
    for source in sources {
        let row = rows.iter().find(|r| r.id == source.exception_id).unwrap();
        let place = entry_place(row.id);
        let records = demo
            .app
            .vault
            .open(&place, &source.entry_sealed.unwrap())
            .unwrap();
        let entry = Reader::new(&records)
            .find_map(|event| match event {
                AchEvent::Entry(entry) => Some(entry),
                _ => None,
            })
            .expect("an entry");
        assert_eq!(entry.record().len(), 94);
        assert!(entry.routing_check().is_valid(), "{}", entry.routing());
        assert_eq!(entry.amount(), row.amount);
        assert!(entry.account().ends_with(&row.account_tail));
        let code = entry
            .return_addenda()
            .map(|a| a.code().into_owned())
            .or_else(|| entry.noc_addenda().map(|a| a.code().into_owned()));
        assert_eq!(code, row.code);
        if let Some(notice) = entry
            .noc_addenda()
            .filter(|n| n.code() != "C13" && n.code() != "C04")
        {
            assert!(notice.corrected().applicable().is_ok(), "{}", notice.code());
        }
    }
}

#[actix_web::test]
async fn no_account_number_is_in_the_database_in_clear() {
    let demo = Demo::filled(Backend::Sqlite).await;
    let sealed: Vec<(FinancialAccountId, Vec<u8>)> = demo
        .all(|conn| {
            financial_accounts::table
                .select((financial_accounts::id, financial_accounts::number_sealed))
                .load(conn)
        })
        .await;
    let mut stored = Vec::new();
    for file in std::fs::read_dir(demo.folder.path()).unwrap() {
        let path = file.unwrap().path();
        if path.to_string_lossy().contains("docket.db") {
            stored.extend(std::fs::read(path).unwrap());
        }
    }
    // All runs of nine digits that are stored: an account number has at least nine.
    let windows: BTreeSet<&[u8]> = stored
        .windows(9)
        .filter(|w| w.iter().all(u8::is_ascii_digit))
        .collect();
    assert!(!windows.is_empty(), "routing numbers are stored in clear");
    assert!(sealed.len() > 200);
    for (id, sealed) in sealed {
        let number = demo
            .app
            .vault
            .open(&format!("financial_accounts/{id}"), &sealed)
            .unwrap();
        assert!(number.len() >= 9);
        assert!(
            !windows.contains(&number[..9]),
            "an account number is stored in clear"
        );
    }
}

#[actix_web::test]
async fn what_a_team_does_every_day_was_done_in_a_demo_on_both_databases() {
    for backend in both() {
        let demo = Demo::filled(backend).await;
        let rows = demo.exceptions().await;
        let queues: Vec<(String, bool)> = demo
            .all(|conn| {
                saved_queues::table
                    .order(saved_queues::name)
                    .select((saved_queues::name, saved_queues::is_shared))
                    .load(conn)
            })
            .await;
        let named = |name: &str, is_shared| (name.to_owned(), is_shared);
        assert_eq!(
            queues,
            [
                named("Large returns nobody has", true),
                named("NOCs, the soonest due first", false)
            ]
        );
        let mut asleep: Vec<(Kind, Option<&str>)> = rows
            .iter()
            .filter(|r| r.snoozed_until.is_some())
            .map(|r| (r.kind, r.snooze_reason.as_deref()))
            .collect();
        asleep.sort_unstable_by_key(|(kind, _)| kind.as_str());
        let returned = "The bank sends a corrected file at the beginning of the week";
        let changed = "The receiver confirms the new account within a week";
        assert_eq!(
            asleep,
            [(Kind::AchNoc, Some(changed)), (Kind::AchReturn, Some(returned))]
        );
        let all: Vec<DispatchRow> = demo
            .all(|conn| dispatches::table.select(DispatchRow::as_select()).load(conn))
            .await;
        let handed = all.iter().find(|d| d.queue == "Bank operations").unwrap();
        let outside = rows.iter().find(|r| r.id == handed.exception_id).unwrap();
        assert_eq!(
            (outside.status, outside.kind),
            (Status::PendingResolution, Kind::Reconciliation)
        );
        // Nothing is called: the one connector is disabled.
        let connected: Vec<(Target, bool)> = demo
            .all(|conn| {
                connectors::table
                    .select((connectors::target, connectors::is_enabled))
                    .load(conn)
            })
            .await;
        assert_eq!(connected, [(Target::Webhook, false)]);
        let links: Vec<LinkRow> = demo
            .all(|conn| exception_links::table.select(LinkRow::as_select()).load(conn))
            .await;
        let [link] = &links[..] else {
            panic!("{links:?}");
        };
        assert_eq!(link.kind, LinkKind::Related);
        let [one, other] =
            [link.exception_id, link.other_id].map(|id| rows.iter().find(|r| r.id == id).unwrap());
        assert_eq!(
            (&one.party, &one.account_tail),
            (&other.party, &other.account_tail)
        );
        let many: Vec<BulkRow> = demo
            .all(|conn| bulk_actions::table.select(BulkRow::as_select()).load(conn))
            .await;
        let [many] = &many[..] else {
            panic!("{many:?}");
        };
        assert_eq!((many.act, many.state), (BulkAct::Comment, BulkState::Done));
        assert_eq!((many.done, many.skipped, many.failed), (5, 1, 0));
    }
}

#[actix_web::test]
async fn what_waits_in_a_demo_was_handed_over_or_waits_for_somebody_who_is_named_on_both_databases() {
    for backend in both() {
        let demo = Demo::filled(backend).await;
        let rows = demo.exceptions().await;
        let handed: Vec<DispatchRow> = demo
            .all(|conn| dispatches::table.select(DispatchRow::as_select()).load(conn))
            .await;
        let outside: Vec<&ExceptionRow> = rows
            .iter()
            .filter(|r| r.status == Status::PendingResolution)
            .collect();
        assert_eq!(outside.len(), handed.len(), "{backend:?}");
        for row in &outside {
            // By hand: no connector is enabled.
            let of = handed.iter().find(|d| d.exception_id == row.id).unwrap();
            assert_eq!(
                (of.target, of.state, row.external_system.as_deref()),
                (Target::Manual, DispatchState::Delivered, Some("MANUAL"))
            );
            assert!(!of.queue.is_empty() && of.created_at >= row.created_at, "{of:?}");
            assert_eq!(row.assignee_id.is_some(), of.former_status == Status::InProgress);
        }
        let waiting: Vec<&ExceptionRow> = rows.iter().filter(|r| r.waiting_since.is_some()).collect();
        // The clerk's two, and some of others.
        assert!(waiting.len() > 2, "{backend:?}: {}", waiting.len());
        for row in waiting {
            assert!(
                row.waiting_for.is_some() && row.waiting_reason.is_some(),
                "{row:?}"
            );
            assert!(
                row.assignee_id.is_some() && row.waiting_until > Some(Ts::from_micros(NOW)),
                "{row:?}"
            );
        }
        let browser = Browser::new(&demo.serve());
        browser.sign_in("manager@demo.test", PASSWORD).await;
        let list = browser.get("/exceptions?tab=waiting").await;
        for link in list.attribute("table.q tbody a", "href") {
            let page = browser.get(&link).await;
            let is_said = page.says("Handed over") || page.says("Waits for");
            assert!(is_said, "{backend:?} {link}: {}", page.text);
        }
    }
}

#[actix_web::test]
async fn what_was_sent_back_in_a_demo_does_not_count_the_time_in_which_it_was_resolved() {
    let demo = Demo::filled(Backend::Sqlite).await;
    let rows = demo.exceptions().await;
    let reopened: Vec<&ExceptionRow> = rows.iter().filter(|r| r.was_reopened).collect();
    assert!(!reopened.is_empty());
    for row in reopened {
        assert!(row.waited > 0, "{row:?}");
    }
}

#[actix_web::test]
async fn every_part_of_the_desk_can_be_seen_in_a_demo_on_both_databases() {
    for backend in both() {
        let demo = Demo::filled(backend).await;
        let url = demo.serve();
        for (email, path, words) in [
            ("manager@demo.test", "/settings/teams", "Account changes"),
            ("manager@demo.test", "/settings/teams", "Returns"),
            ("manager@demo.test", "/workload", "Clara Novak stands in"),
            (
                "admin@demo.test",
                "/settings/policies/routing",
                "Version 1, by Olive Whitlock",
            ),
            (
                "clerk@demo.test",
                "/exceptions?tab=waiting",
                "waits for the customer",
            ),
            ("manager@demo.test", "/reviews", "Blind sample"),
            ("manager@demo.test", "/reviews/agreement", "Verdict"),
            ("viewer@demo.test", "/queues", "Large returns nobody has"),
            ("clerk@demo.test", "/queues", "NOCs, the soonest due first"),
            ("manager@demo.test", "/bulk", "Comment on 6 exceptions"),
            (
                "admin@demo.test",
                "/settings/connectors",
                "https://tickets.harbor-lane.example/docket",
            ),
        ] {
            let browser = Browser::new(&url);
            browser.sign_in(email, PASSWORD).await;
            let page = browser.get(path).await;
            assert!(page.says(words), "{email} {path}: {}", page.text);
        }
    }
}
