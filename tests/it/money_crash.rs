//! A server that is killed with kill -9 at any moment of a storm of retries, write-offs, reversals and cancellations:
//! what was acknowledged is done, and nothing is half done.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, Hasher, RandomState},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use diesel::prelude::*;
use docket::{
    accounts::{AccountState, Category},
    ach::{add_banking_days, calendar::subtract_banking_days},
    app::App,
    auth::actor::Actor,
    config::Settings,
    db::{
        DbUrl, Tx,
        connection::Purpose,
        schema::{
            adjustments, exceptions, financial_accounts, history_events, memberships, resolutions,
            team_members, transaction_status_entries, transactions,
        },
        types::Day,
    },
    exceptions::{
        model::{
            Category as ExceptionCategory, Entity, Kind as ExceptionKind, ResolutionKind, Source,
            Status as Standing,
        },
        raise::{InForce, NewException, Said, raise},
        resolution::ResolutionRow,
    },
    history::EventKind,
    kernel::{
        clock::Clock,
        crypto::Vault,
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, FinancialAccountId, TransactionId},
        money::{Currency, Money},
    },
    transactions::{
        AchDetails, Kind, NewTransaction, Relation, Solution, Status, TransactionRow, commands::post,
        model::StatusEvent,
    },
};
use tokio::sync::Barrier;

use crate::{crash::Running, harness::Browser};

/// Rounds of the storm, and how many of each kind there are for one.
const ROUNDS: usize = 8;
const EACH: usize = 80;

/// What is done to one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Deed {
    Retry(ExceptionId),
    WriteOff(ExceptionId),
    Reverse(TransactionId),
    Cancel(TransactionId),
}

/// The records of the storm: a list for each of four people.
struct Field {
    account: BusinessAccountId,
    lists: [Vec<Deed>; 4],
}

const AMOUNT: Money = Money::new(100, Currency::USD);

/// A debit that settled two days ago and came back, with the exception about it.
fn come_back(
    tx: &mut Tx<'_>,
    actor: &Actor,
    vault: &Vault,
    policies: &InForce,
    (own, payee): (FinancialAccountId, FinancialAccountId),
    n: usize,
) -> AppResult<ExceptionId> {
    let today = tx.now.day_in(chrono_tz::Tz::America__New_York);
    let settled = Some(Day(subtract_banking_days(today, 2)));
    let debit = NewTransaction {
        status: Status::Settled,
        ach: AchDetails {
            company_id: Some("1234567890".into()),
            settlement_date: settled,
            ..AchDetails::default()
        },
        ..NewTransaction::ach(Kind::Request, payee, own, AMOUNT)
    };
    let payment = post(tx, actor, debit)?;
    let back = NewTransaction {
        parent: Some((payment.id, Relation::Return)),
        status: Status::Settled,
        ..NewTransaction::ach(Kind::Return, own, payee, AMOUNT)
    };
    let back = post(tx, actor, back)?;
    let new = NewException {
        category: ExceptionCategory::Transaction,
        kind: ExceptionKind::AchReturn,
        description: format!("R01, number {n} of the storm"),
        entity_id: back.id.uuid(),
        entity_type: Entity::Transaction,
        transaction_id: Some(payment.id),
        amount: Some(AMOUNT),
        reason: None,
        code: Some("R01".into()),
        party: "Storm".into(),
        account_tail: "6789".into(),
        source: Source::Api,
        said: Said {
            original_settlement: settled,
            notice_settlement: settled,
            is_debit: Some(true),
            ..Said::default()
        },
    };
    raise(tx, vault, actor, policies, new)
}

/// Makes them with the product's own commands, while no server runs.
async fn plant(data: &Path) -> Field {
    let app = App::open(
        Settings {
            data: data.into(),
            workers: Some(1),
            ..Settings::default()
        },
        Clock::System,
    )
    .unwrap();
    let (account, own, payee) = app
        .db
        .read(|conn| {
            let account: BusinessAccountId = team_members::table
                .inner_join(memberships::table.on(memberships::team_member_id.eq(team_members::id)))
                .filter(team_members::email.eq("manager@demo.test"))
                .select(memberships::business_account_id)
                .first(conn)?;
            let mut of = |category: Category| -> QueryResult<FinancialAccountId> {
                financial_accounts::table
                    .filter(financial_accounts::business_account_id.eq(account))
                    .filter(financial_accounts::category.eq(category))
                    .filter(financial_accounts::state.eq(AccountState::Active))
                    .select(financial_accounts::id)
                    .first(conn)
            };
            Ok((account, of(Category::Internal)?, of(Category::External)?))
        })
        .await
        .unwrap();
    let vault = app.vault.clone();
    let lists = app
        .db
        .write(account, move |tx| {
            let actor = Actor::internal(account);
            let policies = InForce::of(tx.conn, account)?;
            let mut lists = [const { Vec::new() }; 4];
            for n in 0..ROUNDS * EACH {
                for (at, list) in lists[..2].iter_mut().enumerate() {
                    let id = come_back(tx, &actor, &vault, &policies, (own, payee), n)?;
                    list.push(if at == 0 {
                        Deed::Retry(id)
                    } else {
                        Deed::WriteOff(id)
                    });
                }
                for (list, status) in [(2, Status::Settled), (3, Status::New)] {
                    let wire = NewTransaction {
                        status,
                        solution: Solution::Wire,
                        ..NewTransaction::ach(Kind::Send, own, payee, AMOUNT)
                    };
                    let made = post(tx, &actor, wire)?;
                    lists[list].push(if status == Status::New {
                        Deed::Cancel(made.id)
                    } else {
                        Deed::Reverse(made.id)
                    });
                }
            }
            Ok(lists)
        })
        .await
        .unwrap();
    Field { account, lists }
}

/// Does one after the other until the server is gone; gives those that were acknowledged.
async fn storm(url: String, list: Vec<Deed>, everybody: Arc<Barrier>) -> Vec<Deed> {
    let browser = Browser::new(&url);
    browser.sign_in("manager@demo.test", "docket-demo-only").await;
    let token = browser.token().await;
    let today = Clock::System.now().day_in(chrono_tz::Tz::America__New_York);
    let date = add_banking_days(today, 2).to_string();
    everybody.wait().await;
    let mut acknowledged = Vec::new();
    for deed in list {
        let (path, key, fields): (String, String, Vec<(&str, &str)>) = match deed {
            Deed::Retry(id) => (
                format!("/exceptions/{id}/resolve"),
                String::new(),
                vec![("resolution_type", "RETRY"), ("retry_date", &date)],
            ),
            Deed::WriteOff(id) => (
                format!("/exceptions/{id}/resolve"),
                String::new(),
                vec![
                    ("resolution_type", "WRITE_OFF"),
                    ("write_off_reason", "Too small"),
                ],
            ),
            Deed::Reverse(id) => (
                format!("/transactions/{id}/reverse/confirm"),
                format!("storm-{id}"),
                vec![("reversal_reason", "DUPLICATE_PAYMENT")],
            ),
            Deed::Cancel(id) => (
                format!("/transactions/{id}/cancel"),
                format!("storm-{id}"),
                Vec::new(),
            ),
        };
        let mut sent = vec![
            ("csrf_token", token.as_str()),
            ("notes", "In the storm."),
            ("step", "confirm"),
            ("idempotency_key", key.as_str()),
        ];
        sent.extend(fields);
        match browser
            .client
            .post(format!("{url}{path}"))
            .form(&sent)
            .send()
            .await
        {
            Ok(answer) if answer.status().is_success() || answer.status().is_redirection() => {
                acknowledged.push(deed);
            }
            Ok(answer) => panic!(
                "{deed:?}: {} {}",
                answer.status(),
                answer.text().await.unwrap_or_default()
            ),
            Err(_) => break,
        }
    }
    acknowledged
}

/// What is in the database afterwards.
struct Found {
    standings: HashMap<ExceptionId, (Standing, Option<docket::kernel::id::ResolutionId>)>,
    resolutions: Vec<ResolutionRow>,
    adjusted: Vec<docket::kernel::id::ResolutionId>,
    payments: HashMap<TransactionId, TransactionRow>,
    told: Vec<(TransactionId, Status, StatusEvent)>,
    resolved: Vec<String>,
}

fn look(data: &Path, account: BusinessAccountId) -> Found {
    let mut conn = DbUrl::Sqlite(data.join("docket.db")).open(Purpose::Read).unwrap();
    let conn = &mut conn;
    let standings: Vec<(ExceptionId, Standing, Option<_>)> = exceptions::table
        .filter(exceptions::business_account_id.eq(account))
        .filter(exceptions::party.eq("Storm"))
        .select((exceptions::id, exceptions::status, exceptions::resolution_id))
        .load(conn)
        .unwrap();
    let payments: Vec<TransactionRow> = transactions::table
        .filter(transactions::business_account_id.eq(account))
        .filter(transactions::amount.eq(100))
        .select(TransactionRow::as_select())
        .load(conn)
        .unwrap();
    Found {
        standings: standings.into_iter().map(|(id, s, r)| (id, (s, r))).collect(),
        resolutions: resolutions::table
            .filter(resolutions::notes.eq("In the storm."))
            .select(ResolutionRow::as_select())
            .load(conn)
            .unwrap(),
        adjusted: adjustments::table
            .select(adjustments::resolution_id)
            .load(conn)
            .unwrap(),
        payments: payments.into_iter().map(|t| (t.id, t)).collect(),
        told: transaction_status_entries::table
            .filter(transaction_status_entries::business_account_id.eq(account))
            .select((
                transaction_status_entries::transaction_id,
                transaction_status_entries::status,
                transaction_status_entries::event_type,
            ))
            .load(conn)
            .unwrap(),
        resolved: history_events::table
            .filter(history_events::business_account_id.eq(account))
            .filter(history_events::kind.eq(EventKind::Resolution))
            .filter(history_events::new.ne(""))
            .select(history_events::entity_id)
            .load::<docket::kernel::id::Id<docket::history::model::Anything>>(conn)
            .unwrap()
            .into_iter()
            .map(|id| id.to_string())
            .collect(),
    }
}

impl Found {
    /// An exception and its resolution, and what that made, agree.
    fn check_resolutions(&self) {
        let told: HashSet<&String> = self.resolved.iter().collect();
        for (id, (status, resolution)) in &self.standings {
            let of: Vec<_> = self
                .resolutions
                .iter()
                .filter(|r| r.exception_id == *id)
                .collect();
            let is_told = told.contains(&id.to_string());
            match status {
                Standing::Resolved => {
                    assert_eq!(of.len(), 1, "{id}: resolved once");
                    assert_eq!(*resolution, Some(of[0].id), "{id}: by the one it names");
                    assert!(is_told, "{id}: its history tells");
                    self.check_effect(of[0]);
                }
                _ => assert!(
                    of.is_empty() && resolution.is_none() && !is_told,
                    "{id}: {status} with {} resolutions",
                    of.len()
                ),
            }
        }
    }

    fn check_effect(&self, of: &ResolutionRow) {
        assert!(!of.effect.is_empty(), "{}: what it did is said", of.id);
        let adjusted = self.adjusted.iter().filter(|id| **id == of.id).count();
        match of.kind {
            ResolutionKind::Retry => {
                let made = of.transaction_id.and_then(|id| self.payments.get(&id)).unwrap();
                assert_eq!((made.relation, adjusted), (Some(Relation::Retry), 0));
            }
            ResolutionKind::WriteOff => assert_eq!((of.transaction_id, adjusted), (None, 1)),
            other => panic!("{other}: nobody asked for it"),
        }
    }

    /// A payment that is reversed has one reversal, and one that is cancelled says so.
    fn check_payments(&self) {
        let mut reversals: HashMap<TransactionId, usize> = HashMap::new();
        let mut retries: HashMap<TransactionId, usize> = HashMap::new();
        for row in self.payments.values() {
            let counted = match (row.relation, row.parent_id) {
                (Some(Relation::Reversal), Some(parent)) => reversals.entry(parent).or_default(),
                (Some(Relation::Retry), Some(parent)) => retries.entry(parent).or_default(),
                _ => continue,
            };
            *counted += 1;
        }
        let made: HashSet<TransactionId> = self.resolutions.iter().filter_map(|r| r.transaction_id).collect();
        let mut of: HashMap<TransactionId, Vec<(Status, StatusEvent)>> = HashMap::new();
        for (id, status, event) in &self.told {
            of.entry(*id).or_default().push((*status, *event));
        }
        for (id, row) in &self.payments {
            let is_reversed = row.status == Status::Reversed;
            assert_eq!(
                reversals.get(id).copied().unwrap_or(0),
                usize::from(is_reversed),
                "{id}"
            );
            assert!(
                retries.get(id).copied().unwrap_or(0) <= 1,
                "{id}: sent again twice"
            );
            if row.relation == Some(Relation::Retry) {
                assert!(made.contains(id), "{id}: a retry that no resolution made");
            }
            let told = of.get(id).map(Vec::as_slice).unwrap_or_default();
            assert!(
                told.iter().any(|(status, _)| *status == row.status),
                "{id}: {} and its history does not say so",
                row.status
            );
            let events = told.iter().filter(|(_, e)| *e == StatusEvent::Reversal).count();
            assert_eq!(events, usize::from(is_reversed), "{id}: told of its reversal");
        }
    }

    fn is_done(&self, deed: Deed) -> bool {
        match deed {
            Deed::Retry(id) | Deed::WriteOff(id) => self.standings[&id].0 == Standing::Resolved,
            Deed::Reverse(id) => self.payments[&id].status == Status::Reversed,
            Deed::Cancel(id) => self.payments[&id].status == Status::Cancelled,
        }
    }
}

/// Some moment of a round.
fn any_moment() -> Duration {
    Duration::from_millis(40 + RandomState::new().build_hasher().finish() % 700)
}

#[actix_web::test]
async fn killed_in_a_storm_nothing_is_half_done() {
    let folder = tempfile::tempdir().unwrap();
    Running::start_with(folder.path(), 60).await.kill();
    let field = plant(folder.path()).await;
    let mut acknowledged: Vec<Deed> = Vec::new();
    for round in 0..ROUNDS {
        let docket = Running::start_with(folder.path(), 60).await;
        let everybody = Arc::new(Barrier::new(5));
        let storms: Vec<_> = field
            .lists
            .iter()
            .map(|list| {
                let share = list[round * EACH..(round + 1) * EACH].to_vec();
                actix_web::rt::spawn(storm(docket.url.clone(), share, Arc::clone(&everybody)))
            })
            .collect();
        everybody.wait().await;
        let began = Instant::now();
        let moment = any_moment();
        tokio::time::sleep(moment).await;
        docket.kill();
        for storm in storms {
            acknowledged.extend(storm.await.unwrap());
        }
        println!("round {round}: killed after {:?} of {moment:?}", began.elapsed());
    }
    let found = look(folder.path(), field.account);
    assert_eq!(found.standings.len(), 2 * ROUNDS * EACH);
    found.check_resolutions();
    found.check_payments();
    let lost: Vec<_> = acknowledged
        .iter()
        .filter(|deed| !found.is_done(**deed))
        .collect();
    assert!(lost.is_empty(), "acknowledged and not done: {lost:?}");
    let done = field
        .lists
        .iter()
        .flatten()
        .filter(|deed| found.is_done(**deed))
        .count();
    assert!(done >= ROUNDS, "only {done} were done: nothing was tried");
    let verified = std::process::Command::new(env!("CARGO_BIN_EXE_docket"))
        .args(["audit", "verify"])
        .env("DOCKET_DATA", folder.path())
        .output()
        .unwrap();
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
}
