//! Whatever is done to payments and exceptions, in whatever order: what is stored is what the successful commands say,
//! and nothing else; the rules of chains and of approvals hold.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Datelike, Days, NaiveDate, Weekday};
use chrono_tz::Tz;
use diesel::{dsl, prelude::*, sql_types::BigInt};
use docket::{
    accounts::{self, model::Correction},
    approvals::{
        ApprovalRow, ApprovalState, Gated, Guard, commands::withdraw, decide::approve, decide::reject,
        queries as approvals,
    },
    auth::{
        actor::{Actor, ActorKind},
        permission::Role,
    },
    db::{
        AnyConnection, Tx,
        schema::{adjustments, exceptions, matches, transactions},
    },
    exceptions::{
        model::Status as ExceptionStatus,
        reopen::reopen,
        resolution::{
            AdjustmentReason, Direction, How, OverrideReason, Replacing, Resolved, Retrying, resolve,
        },
        row::ExceptionRow,
    },
    history,
    kernel::{
        error::AppResult,
        id::{ApprovalId, ExceptionId, FinancialAccountId, TransactionId},
        text::{AccountNumber, Reason, ResolutionNotes},
    },
    transactions::{
        Kind, Relation, Status, TransactionRow,
        cancel::cancel,
        commands::post_status,
        create::{CreateFields, create},
        edit::{EditFields, edit},
        queries,
        reverse::{ReverseFields, reverse},
    },
};
use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{Config, TestRunner},
};

use crate::{
    browser_money::a_break,
    harness::{Backend, TestApp, both},
    money::come_back,
    payments::{Payments, usd},
};

/// What somebody tries. Which record it is tried on, is chosen among those that are there.
#[derive(Clone, Debug)]
enum Act {
    Make {
        is_debit: bool,
        minor: i64,
    },
    Edit {
        on: Index,
        minor: i64,
        to_other: bool,
    },
    Cancel(Index),
    Post {
        on: Index,
        to: Index,
    },
    /// The payment goes out and arrives.
    Settle(Index),
    Reverse(Index),
    /// The same, and what is right is made with it.
    ReverseRight {
        on: Index,
        minor: i64,
    },
    /// A reversal that was not sent yet is cancelled.
    CancelReversal(Index),
    /// The ledger does not agree with a payment: an exception is raised.
    Break(Index),
    Match(Index),
    /// The payment goes out, settles and comes back: an exception is raised.
    ComeBack {
        on: Index,
        code: &'static str,
    },
    Retry {
        on: Index,
        days: u64,
    },
    Replace {
        on: Index,
        minor: i64,
        to_other: bool,
    },
    Adjust {
        on: Index,
        minor: i64,
    },
    WriteOff(Index),
    NoAction(Index),
    Reopen(Index),
    Approve(Index),
    /// An edit that needs a second person is asked for; the processor takes the payment up; then somebody approves.
    Overtake(Index),
    Reject(Index),
    Withdraw(Index),
    /// An account gets another number.
    Move(Index),
    Wait {
        days: u64,
    },
}

/// Half of them need a second person.
fn amounts() -> impl Strategy<Value = i64> {
    prop_oneof![100_i64..500_000, 1_000_000_i64..2_000_000]
}

fn acts() -> impl Strategy<Value = Act> {
    let on = any::<Index>;
    let codes = prop_oneof![6 => Just("R01"), 2 => Just("R09"), 1 => Just("R03"), 1 => Just("R10")];
    prop_oneof![
        4 => (any::<bool>(), amounts()).prop_map(|(is_debit, minor)| Act::Make { is_debit, minor }),
        4 => (on(), amounts(), prop::bool::weighted(0.2))
            .prop_map(|(on, minor, to_other)| Act::Edit { on, minor, to_other }),
        3 => on().prop_map(Act::Cancel),
        2 => (on(), on()).prop_map(|(on, to)| Act::Post { on, to }),
        8 => on().prop_map(Act::Settle),
        6 => on().prop_map(Act::Reverse),
        6 => (on(), amounts()).prop_map(|(on, minor)| Act::ReverseRight { on, minor }),
        8 => on().prop_map(Act::CancelReversal),
        2 => on().prop_map(Act::Break),
        2 => on().prop_map(Act::Match),
        6 => (on(), codes).prop_map(|(on, code)| Act::ComeBack { on, code }),
        8 => (on(), 0_u64..14).prop_map(|(on, days)| Act::Retry { on, days }),
        2 => (on(), amounts(), any::<bool>())
            .prop_map(|(on, minor, to_other)| Act::Replace { on, minor, to_other }),
        1 => (on(), amounts()).prop_map(|(on, minor)| Act::Adjust { on, minor }),
        1 => on().prop_map(Act::WriteOff),
        1 => on().prop_map(Act::NoAction),
        3 => on().prop_map(Act::Reopen),
        8 => on().prop_map(Act::Approve),
        3 => on().prop_map(Act::Overtake),
        2 => on().prop_map(Act::Reject),
        1 => on().prop_map(Act::Withdraw),
        2 => on().prop_map(Act::Move),
        2 => prop_oneof![0_u64..5, 20_u64..90].prop_map(|days| Act::Wait { days }),
    ]
}

/// A payment as it ought to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Payment {
    from: FinancialAccountId,
    to: FinancialAccountId,
    minor: i64,
    status: Status,
    /// It takes back what the same accounts moved.
    is_reversal: bool,
}

/// What will be when a request is approved.
#[derive(Clone, Debug)]
enum Effect {
    Make(Payment),
    /// The first is cancelled, the second is there.
    Edit(TransactionId, Payment),
    /// The first is reversed; with it what is right is there.
    Reverse(TransactionId, Option<Payment>),
    /// A payment is made by a resolution; the exception is closed.
    Pay(ExceptionId, Payment),
    /// As [`Self::Edit`], by a resolution.
    PayInstead(ExceptionId, TransactionId, Payment),
}

#[derive(Clone, Debug)]
struct Case {
    payment: TransactionId,
    is_break: bool,
    is_open: bool,
    /// What its resolution made.
    made: Option<TransactionId>,
    /// What stands adjusted, and what the present resolution adjusted.
    adjusted: i64,
    last_adjusted: i64,
}

/// What is stored, by the product's own types.
struct Stored {
    transactions: Vec<TransactionRow>,
    exceptions: Vec<ExceptionRow>,
    adjusted: HashMap<ExceptionId, i64>,
}

impl Stored {
    fn payments(&self) -> BTreeMap<TransactionId, Payment> {
        let each = self.transactions.iter().map(|t| {
            let payment = Payment {
                from: t.debit_account_id,
                to: t.credit_account_id,
                minor: t.amount,
                status: t.status,
                is_reversal: t.kind == Kind::Reversal,
            };
            (t.id, payment)
        });
        each.collect()
    }

    /// All that a refused command must leave alone.
    fn text(&self) -> String {
        format!("{:?}\n{:?}\n{:?}", self.transactions, self.exceptions, {
            let mut sums: Vec<_> = self.adjusted.iter().collect();
            sums.sort();
            sums
        })
    }
}

/// The world as it ought to be after the commands that succeeded.
struct Model<'a> {
    pay: &'a Payments<'a>,
    other: FinancialAccountId,
    clerk: Actor,
    manager: Actor,
    processor: Actor,
    payments: BTreeMap<TransactionId, Payment>,
    cases: BTreeMap<ExceptionId, Case>,
    requests: BTreeMap<ApprovalId, Effect>,
    returned: BTreeSet<TransactionId>,
    /// Where in the history each account got its present number.
    moved: BTreeMap<FinancialAccountId, i64>,
    /// What each reversal takes back, and how that stood.
    reversals: BTreeMap<TransactionId, (TransactionId, Status)>,
    /// What is there, and whose id is not known yet: what it was made in the place of.
    corrections: Vec<(TransactionId, Payment)>,
    /// How many of each succeeded, so that a run in which nothing happens is seen.
    done: BTreeMap<&'static str, usize>,
}

fn notes() -> ResolutionNotes {
    ResolutionNotes::parse("As the model says.").unwrap()
}

fn reason() -> Reason {
    Reason::parse("As the model says").unwrap()
}

impl<'a> Model<'a> {
    async fn new(pay: &'a Payments<'a>, other: FinancialAccountId) -> Model<'a> {
        let (clerk, manager) = (
            pay.app.actor(Role::Clerk).await,
            pay.app.actor(Role::Manager).await,
        );
        Model {
            pay,
            other,
            processor: Actor {
                kind: ActorKind::ServiceAccount,
                ..clerk.clone()
            },
            clerk,
            manager,
            payments: BTreeMap::new(),
            cases: BTreeMap::new(),
            requests: BTreeMap::new(),
            returned: BTreeSet::new(),
            moved: BTreeMap::new(),
            reversals: BTreeMap::new(),
            corrections: Vec::new(),
            done: BTreeMap::new(),
        }
    }

    fn today(&self) -> NaiveDate {
        self.pay.app.clock.now().day_in(Tz::America__New_York)
    }

    async fn stored(&self) -> Stored {
        let (account, payee, other) = (self.pay.app.account, self.pay.payee, self.other);
        let ids: Vec<ExceptionId> = self.cases.keys().copied().collect();
        let read = move |conn: &mut AnyConnection| {
            let parties = [payee, other];
            let found = transactions::table
                .filter(transactions::business_account_id.eq(account))
                .filter(
                    transactions::debit_account_id
                        .eq_any(parties)
                        .or(transactions::credit_account_id.eq_any(parties)),
                )
                .order(transactions::id)
                .select(TransactionRow::as_select())
                .load(conn)?;
            let exceptions = exceptions::table
                .filter(exceptions::id.eq_any(&ids))
                .order(exceptions::id)
                .select(ExceptionRow::as_select())
                .load(conn)?;
            let sum = dsl::sql::<BigInt>("CAST(SUM(adjustments.amount) AS BIGINT)");
            let adjusted: Vec<(ExceptionId, i64)> = adjustments::table
                .filter(adjustments::exception_id.eq_any(&ids))
                .filter(adjustments::undone_at.is_null())
                .group_by(adjustments::exception_id)
                .select((adjustments::exception_id, sum))
                .load(conn)?;
            Ok(Stored {
                transactions: found,
                exceptions,
                adjusted: adjusted.into_iter().collect(),
            })
        };
        self.pay.app.app.db.read(read).await.unwrap()
    }

    fn pick(&self, on: Index) -> Option<TransactionId> {
        let ids: Vec<_> = self.payments.keys().copied().collect();
        (!ids.is_empty()).then(|| *on.get(&ids))
    }

    /// Mostly an open one.
    fn pick_case(&self, on: Index, is_open: bool) -> Option<ExceptionId> {
        let fits = |c: &&Case| c.is_open == is_open;
        let ids: Vec<_> = self
            .cases
            .iter()
            .filter(|(_, c)| fits(c))
            .map(|(id, _)| *id)
            .collect();
        (!ids.is_empty()).then(|| *on.get(&ids))
    }

    fn count(&mut self, what: &'static str) {
        *self.done.entry(what).or_default() += 1;
    }

    fn is_open(&self, id: TransactionId) -> bool {
        matches!(self.payments[&id].status, Status::New | Status::Pending)
    }

    /// Does in the model what a command or an approval has done.
    fn take(&mut self, effect: Effect, made: Option<TransactionId>) {
        let id = || made.expect("an effect makes a transaction");
        match effect {
            Effect::Make(payment) => {
                self.payments.insert(id(), payment);
            }
            Effect::Edit(old, payment) => {
                self.payments.get_mut(&old).unwrap().status = Status::Cancelled;
                self.payments.insert(id(), payment);
            }
            Effect::Reverse(old, right) => {
                let was = self.payments[&old];
                self.reversals.insert(id(), (old, was.status));
                self.corrections.extend(right.map(|right| (old, right)));
                self.payments.get_mut(&old).unwrap().status = Status::Reversed;
                let back = Payment {
                    status: Status::New,
                    is_reversal: true,
                    ..was
                };
                self.payments.insert(id(), back);
            }
            Effect::Pay(case, payment) => {
                self.payments.insert(id(), payment);
                self.close(case, made);
            }
            Effect::PayInstead(case, old, payment) => {
                self.payments.get_mut(&old).unwrap().status = Status::Cancelled;
                self.payments.insert(id(), payment);
                self.close(case, made);
            }
        }
    }

    fn close(&mut self, case: ExceptionId, made: Option<TransactionId>) {
        let case = self.cases.get_mut(&case).unwrap();
        case.is_open = false;
        case.made = made;
    }

    async fn write<T, F>(&self, command: F) -> AppResult<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> AppResult<T> + Send + 'static,
    {
        self.pay.write(command).await
    }

    /// A command that a second person may have to agree to: done, asked for, or refused.
    fn outcome<T>(
        &mut self,
        what: &'static str,
        outcome: AppResult<Gated<T>>,
        effect: Effect,
        made: impl Fn(&T) -> Option<TransactionId>,
    ) -> bool {
        match outcome {
            Ok(Gated::Done(done)) => {
                self.count(what);
                self.take(effect, made(&done));
                true
            }
            Ok(Gated::Waits(request)) => {
                self.count("asked");
                self.requests.insert(request.id, effect);
                true
            }
            Err(_) => false,
        }
    }

    /// Tries it; whether it changed anything.
    #[allow(clippy::too_many_lines)] // one arm for each act
    async fn act(&mut self, act: Act) -> bool {
        match act {
            Act::Make { is_debit, minor } => self.make(is_debit, minor).await,
            Act::Edit { on, minor, to_other } => match self.pick(on) {
                Some(id) => self.edit(id, minor, to_other).await,
                None => false,
            },
            Act::CancelReversal(on) => {
                let ids: Vec<TransactionId> = self.reversals.keys().copied().collect();
                if ids.is_empty() {
                    return false;
                }
                self.cancel(*on.get(&ids)).await
            }
            Act::Cancel(on) => {
                let Some(id) = self.pick(on) else { return false };
                self.cancel(id).await
            }
            Act::Post { on, to } => {
                let Some(id) = self.pick(on) else { return false };
                let (who, to) = (self.processor.clone(), *to.get(Status::ALL));
                let done = self
                    .write(move |tx| post_status(tx, &who, id, None, to, ""))
                    .await;
                if done.is_ok() {
                    self.count("post");
                    self.payments.get_mut(&id).unwrap().status = to;
                }
                done.is_ok()
            }
            Act::Settle(on) => self.settle(on).await,
            Act::Reverse(on) => self.reverse(on, None).await,
            Act::ReverseRight { on, minor } => self.reverse(on, Some(minor)).await,
            Act::Break(on) => self.raise_break(on).await,
            Act::Match(on) => {
                let how = How::ForceMatch {
                    counterpart: None,
                    why: OverrideReason::OpsApproval,
                };
                self.close_without_payment(on, how, |_, _, _| 0).await
            }
            Act::ComeBack { on, code } => self.come_back(on, code).await,
            Act::Retry { on, days } => self.retry(on, days).await,
            Act::Replace { on, minor, to_other } => self.replace(on, minor, to_other).await,
            Act::Adjust { on, minor } => {
                let how = How::AdjustEntry {
                    reason: AdjustmentReason::AmountCorrection,
                    money: usd(minor),
                    direction: Direction::Credit,
                    effective: self.today(),
                };
                self.close_without_payment(on, how, |_, _, _| minor).await
            }
            Act::WriteOff(on) => {
                let how = How::WriteOff(reason());
                // Another exception may be about the same money.
                let open = |whole: i64, case: &Case, on_payment: i64| {
                    (whole - case.adjusted).min(whole - on_payment)
                };
                self.close_without_payment(on, how, open).await
            }
            Act::NoAction(on) => {
                let how = How::NoAction(reason());
                self.close_without_payment(on, how, |_, _, _| 0).await
            }
            Act::Move(on) => self.move_account(on).await,
            Act::Reopen(on) => self.reopen(on).await,
            Act::Approve(on) => match self.pick_request(on) {
                Some(id) => self.approve(id).await,
                None => false,
            },
            Act::Overtake(on) => self.overtake(on).await,
            Act::Reject(on) => {
                let Some(id) = self.pick_request(on) else {
                    return false;
                };
                let who = self.manager.clone();
                let done = self.write(move |tx| reject(tx, &who, id, &reason(), None)).await;
                self.ended(id, "reject", done, ApprovalState::Rejected)
            }
            Act::Withdraw(on) => {
                let Some(id) = self.pick_request(on) else {
                    return false;
                };
                let who = self.clerk.clone();
                let done = self.write(move |tx| withdraw(tx, &who, id)).await;
                self.ended(id, "withdraw", done, ApprovalState::Withdrawn)
            }
            Act::Wait { days } => {
                self.pay.app.wait(days * 24 * 60);
                false
            }
        }
    }

    fn pick_request(&self, on: Index) -> Option<ApprovalId> {
        let ids: Vec<_> = self.requests.keys().copied().collect();
        (!ids.is_empty()).then(|| *on.get(&ids))
    }

    /// A request that ended without an effect: payments and accounts stay as they are.
    fn ended(
        &mut self,
        id: ApprovalId,
        what: &'static str,
        done: AppResult<ApprovalRow>,
        state: ApprovalState,
    ) -> bool {
        if let Ok(row) = &done {
            assert_eq!(row.state, state);
            self.count(what);
            self.requests.remove(&id);
        }
        false
    }

    async fn make(&mut self, is_debit: bool, minor: i64) -> bool {
        let (from, to) = if is_debit {
            (self.pay.payee, self.pay.own)
        } else {
            (self.pay.own, self.pay.payee)
        };
        let fields = CreateFields {
            transaction_type: if is_debit { "REQUEST" } else { "SEND" }.into(),
            solution: "ach".into(),
            debit_financial_account_id: from.to_string(),
            credit_financial_account_id: to.to_string(),
            amount: usd(minor).plain(),
            payment_reason_id: "payroll".into(),
            settlement_priority: "NEXT_DAY".into(),
            ..CreateFields::default()
        };
        let who = self.clerk.clone();
        let done = self.write(move |tx| create(tx, &who, &fields)).await;
        let effect = Effect::Make(Payment {
            from,
            to,
            minor,
            status: Status::New,
            is_reversal: false,
        });
        self.outcome("make", done, effect, |made| Some(made.id))
    }

    /// The payment with another amount, and maybe another account of the payee.
    fn changed(&self, id: TransactionId, minor: i64, to_other: bool) -> (EditFields, Payment) {
        let was = self.payments[&id];
        let swap = |party: FinancialAccountId| {
            if to_other && party == self.pay.payee {
                self.other
            } else {
                party
            }
        };
        let new = Payment {
            from: swap(was.from),
            to: swap(was.to),
            minor,
            status: Status::New,
            is_reversal: was.is_reversal,
        };
        let fields = EditFields {
            debit_financial_account_id: new.from.to_string(),
            credit_financial_account_id: new.to.to_string(),
            amount: usd(minor).plain(),
            payment_reason_id: "payroll".into(),
            description: None,
            memo: None,
            metadata: None,
        };
        (fields, new)
    }

    async fn edit(&mut self, id: TransactionId, minor: i64, to_other: bool) -> bool {
        let (fields, new) = self.changed(id, minor, to_other);
        let who = self.clerk.clone();
        let done = self.write(move |tx| edit(tx, &who, id, None, &fields)).await;
        self.outcome("edit", done, Effect::Edit(id, new), |made| Some(made.id))
    }

    async fn cancel(&mut self, id: TransactionId) -> bool {
        let who = self.clerk.clone();
        let done = self.write(move |tx| cancel(tx, &who, id, None)).await;
        if done.is_ok() {
            self.count("cancel");
            self.payments.get_mut(&id).unwrap().status = Status::Cancelled;
            if let Some((original, was)) = self.reversals.remove(&id) {
                self.count("cancel a reversal");
                self.payments.get_mut(&original).unwrap().status = was;
            }
        }
        done.is_ok()
    }

    async fn settle(&mut self, on: Index) -> bool {
        let is_new = |(id, p): (&TransactionId, &Payment)| (p.status == Status::New).then_some(*id);
        let ids: Vec<TransactionId> = self.payments.iter().filter_map(is_new).collect();
        let Some(id) = (!ids.is_empty()).then(|| *on.get(&ids)) else {
            return false;
        };
        for to in [Status::Processing, Status::Settled] {
            let who = self.processor.clone();
            let posted = self
                .write(move |tx| post_status(tx, &who, id, None, to, ""))
                .await;
            assert!(posted.is_ok(), "{posted:?}");
            self.payments.get_mut(&id).unwrap().status = to;
        }
        true
    }

    /// Takes a payment back that went through, with the right amount of it or without.
    async fn reverse(&mut self, on: Index, right: Option<i64>) -> bool {
        let moved = |(id, p): (&TransactionId, &Payment)| {
            (p.status.can_reverse().is_ok() && !p.is_reversal && !self.returned.contains(id)).then_some(*id)
        };
        let ids: Vec<TransactionId> = self.payments.iter().filter_map(moved).collect();
        let Some(id) = (!ids.is_empty()).then(|| *on.get(&ids)) else {
            return false;
        };
        let fields = ReverseFields {
            reversal_reason: right.map_or("DUPLICATE_PAYMENT", |_| "INCORRECT_AMOUNT").into(),
            correction_amount: right.map(|minor| usd(minor).plain()).unwrap_or_default(),
            ..ReverseFields::default()
        };
        let right = right.map(|minor| Payment {
            minor,
            status: Status::New,
            ..self.payments[&id]
        });
        let who = self.clerk.clone();
        let done = self.write(move |tx| reverse(tx, &who, id, None, &fields)).await;
        self.outcome("reverse", done, Effect::Reverse(id, right), |made| {
            Some(made.reversal.id)
        })
    }

    async fn raise_break(&mut self, on: Index) -> bool {
        let Some(payment) = self.pick(on) else {
            return false;
        };
        let id = a_break(self.pay.app, payment, self.payments[&payment].minor).await;
        let case = Case {
            payment,
            is_break: true,
            is_open: true,
            made: None,
            adjusted: 0,
            last_adjusted: 0,
        };
        self.cases.insert(id, case);
        self.count("break");
        false
    }

    /// Finds what was made with a reversal: the model knows what it is, and not its id.
    async fn find_corrections(&mut self) {
        if self.corrections.is_empty() {
            return;
        }
        let stored = self.stored().await;
        for (original, right) in std::mem::take(&mut self.corrections) {
            let found = stored.transactions.iter().find(|t| {
                t.parent_id == Some(original)
                    && t.relation == Some(Relation::Correction)
                    && !self.payments.contains_key(&t.id)
            });
            let found = found.expect("what is right was made with the reversal");
            self.payments.insert(found.id, right);
            self.count("correct");
        }
    }

    async fn come_back(&mut self, on: Index, code: &'static str) -> bool {
        // The newest come back most: that makes long chains.
        let stored = self.stored().await;
        let may = |t: &&TransactionRow| {
            matches!(t.kind, Kind::Send | Kind::Request)
                && t.status.counts()
                && t.status != Status::Reversed
                && !self.returned.contains(&t.id)
        };
        let rows: Vec<&TransactionRow> = stored.transactions.iter().filter(may).collect();
        let retries: Vec<_> = rows.iter().copied().filter(|t| t.relation.is_some()).collect();
        let rows = if retries.is_empty() { rows } else { retries };
        if rows.is_empty() {
            return false;
        }
        let row = (*on.get(&rows)).clone();
        for to in [Status::Processing, Status::Settled] {
            let (who, id) = (self.processor.clone(), row.id);
            let posted = self
                .write(move |tx| post_status(tx, &who, id, None, to, ""))
                .await;
            // One that has cleared comes back as it is: it does not settle once more.
            if posted.is_ok() {
                self.payments.get_mut(&row.id).unwrap().status = to;
            }
        }
        let day = self.today().to_string();
        let back = come_back(self.pay, &row, code, &day).await;
        let payment = Payment {
            from: self.pay.own,
            to: self.pay.payee,
            minor: row.amount,
            status: Status::Settled,
            is_reversal: false,
        };
        let made = self.stored().await;
        let fresh = made
            .transactions
            .iter()
            .find(|t| t.parent_id == Some(row.id) && t.kind == Kind::Return);
        self.payments.insert(fresh.unwrap().id, payment);
        self.returned.insert(row.id);
        let case = Case {
            payment: row.id,
            is_break: false,
            is_open: true,
            made: None,
            adjusted: 0,
            last_adjusted: 0,
        };
        self.cases.insert(back.exception, case);
        self.count("come back");
        true
    }

    async fn resolve(&self, id: ExceptionId, how: How) -> AppResult<Gated<Resolved>> {
        let who = self.clerk.clone();
        self.write(move |tx| resolve(tx, &who, id, &how, &notes(), None))
            .await
    }

    async fn retry(&mut self, on: Index, days: u64) -> bool {
        let Some(id) = self.pick_case(on, true) else {
            return false;
        };
        let mut date = self.today() + Days::new(days);
        while matches!(date.weekday(), Weekday::Sat | Weekday::Sun) {
            date = date + Days::new(1);
        }
        let how = How::Retry(Retrying {
            date,
            receiver_consent_on: None,
            is_fault_removed: false,
        });
        let done = self.resolve(id, how).await;
        let again = Payment {
            status: Status::New,
            ..self.payments[&self.cases[&id].payment]
        };
        self.outcome("retry", done, Effect::Pay(id, again), |r| {
            r.resolution.transaction_id
        })
    }

    async fn replace(&mut self, on: Index, minor: i64, to_other: bool) -> bool {
        let Some(id) = self.pick_case(on, true) else {
            return false;
        };
        let payment = self.cases[&id].payment;
        let (fields, new) = self.changed(payment, minor, to_other);
        let how = How::Replace(Replacing {
            fields,
            new_authorization_on: Some(self.today()),
            is_fault_removed: false,
        });
        let effect = if self.is_open(payment) {
            Effect::PayInstead(id, payment, new)
        } else {
            Effect::Pay(id, new)
        };
        let done = self.resolve(id, how).await;
        if done.is_ok() {
            let is_bypass = self.cases[&id].is_break && self.returned.contains(&payment);
            assert!(!is_bypass, "what came back is replaced on its return alone");
        }
        self.outcome("replace", done, effect, |r| r.resolution.transaction_id)
    }

    async fn close_without_payment(
        &mut self,
        on: Index,
        how: How,
        adjusts: impl Fn(i64, &Case, i64) -> i64,
    ) -> bool {
        let Some(id) = self.pick_case(on, true) else {
            return false;
        };
        let done = self.resolve(id, how).await;
        if !matches!(done, Ok(Gated::Done(_))) {
            return false;
        }
        self.count("close");
        let case = &self.cases[&id];
        let same = self.cases.values().filter(|other| other.payment == case.payment);
        let on_payment = same.map(|other| other.adjusted).sum();
        let adjusted = adjusts(self.payments[&case.payment].minor, case, on_payment);
        self.close(id, None);
        let case = self.cases.get_mut(&id).unwrap();
        case.adjusted += adjusted;
        case.last_adjusted = adjusted;
        true
    }

    async fn move_account(&mut self, on: Index) -> bool {
        let id = *on.get(&[self.pay.payee, self.other]);
        let (vault, who) = (self.pay.app.app.vault.clone(), self.pay.actor.clone());
        let moved = self.write(move |tx| {
            let place = history::queries::head(tx.conn, who.business_account)?.seq;
            let right = Correction {
                number: Some(AccountNumber::parse(&format!("4400{place:08}")).unwrap()),
                ..Correction::default()
            };
            accounts::commands::correct(tx, &vault, &who, id, &right)?;
            Ok(history::queries::head(tx.conn, who.business_account)?.seq)
        });
        let place = moved.await.unwrap();
        self.moved.insert(id, place);
        self.count("move");
        true
    }

    async fn reopen(&mut self, on: Index) -> bool {
        let Some(id) = self.pick_case(on, false) else {
            return false;
        };
        let who = self.manager.clone();
        let done = self.write(move |tx| reopen(tx, &who, id, &reason(), None)).await;
        if done.is_err() {
            return false;
        }
        self.count("reopen");
        let case = self.cases.get_mut(&id).unwrap();
        case.is_open = true;
        case.adjusted -= std::mem::take(&mut case.last_adjusted);
        if let Some(made) = case.made.take()
            && self.is_open(made)
        {
            self.payments.get_mut(&made).unwrap().status = Status::Cancelled;
        }
        true
    }

    async fn overtake(&mut self, on: Index) -> bool {
        let is_new = |(id, p): (&TransactionId, &Payment)| (p.status == Status::New).then_some(*id);
        let open: Vec<TransactionId> = self.payments.iter().filter_map(is_new).collect();
        if open.is_empty() {
            return false;
        }
        let payment = *on.get(&open);
        let before: BTreeSet<ApprovalId> = self.requests.keys().copied().collect();
        self.edit(payment, 1_500_000, false).await;
        let asked = self.requests.keys().copied().find(|id| !before.contains(id));
        let (who, to) = (self.processor.clone(), Status::Processing);
        let posted = self
            .write(move |tx| post_status(tx, &who, payment, None, to, ""))
            .await;
        if posted.is_ok() {
            self.payments.get_mut(&payment).unwrap().status = to;
        }
        if let Some(id) = asked {
            self.approve(id).await;
        }
        true
    }

    async fn approve(&mut self, id: ApprovalId) -> bool {
        let (account, db) = (self.pay.app.account, self.pay.app.app.db.clone());
        let row = db.read(move |c| approvals::get(c, account, id)).await.unwrap();
        let before = self.stored().await;
        let (who, vault) = (self.manager.clone(), self.pay.app.app.vault.clone());
        let done = self.write(move |tx| approve(tx, &vault, &who, id, None)).await;
        let effect = self.requests.remove(&id).unwrap();
        let Ok(done) = done else {
            assert_ne!(
                row.state,
                ApprovalState::Waiting,
                "a request that waits can be decided"
            );
            // What the processor took up lapsed then and there.
            if row.state == ApprovalState::Lapsed {
                assert!(row.outcome.is_some_and(|why| !why.is_empty()), "it says why");
                self.count("lapse");
            }
            return false;
        };
        assert_eq!(
            row.state,
            ApprovalState::Waiting,
            "only what waits can be decided"
        );
        if done.state != ApprovalState::Approved {
            assert_eq!(done.state, ApprovalState::Lapsed);
            assert!(done.outcome.is_some_and(|why| !why.is_empty()), "it says why");
            self.count("lapse");
            assert_eq!(
                self.stored().await.text(),
                before.text(),
                "what lapses changes nothing"
            );
            return false;
        }
        for guard in row.guards().unwrap() {
            let (asked_for, was) = match guard {
                Guard::Transaction(id, version) => {
                    let found = before.transactions.iter().find(|t| t.id == id).unwrap();
                    (version, found.version)
                }
                Guard::Exception(id, version) => {
                    let found = before.exceptions.iter().find(|e| e.id == id).unwrap();
                    (version, found.version)
                }
                Guard::Destination(id, place) => {
                    let moved = self.moved.get(&id).copied().unwrap_or_default();
                    (place, place.max(moved))
                }
                Guard::Account(..)
                | Guard::ApprovalRules(_)
                | Guard::RoutingRules(_)
                | Guard::Thresholds(_) => continue, // nobody changes these here
            };
            assert_eq!(
                asked_for, was,
                "approved on a version that it was not asked for: {guard:?}"
            );
        }
        self.count("approve");
        let made = match &effect {
            Effect::Pay(case, _) | Effect::PayInstead(case, ..) => {
                let case = *case;
                let found = db.read(move |c| {
                    let row = docket::exceptions::queries::get(c, account, case)?;
                    let resolution = row.resolution_id.expect("it is resolved");
                    docket::exceptions::resolution::get(c, resolution)
                });
                found.await.unwrap().transaction_id
            }
            _ => done.result_id.map(|id| TransactionId::from_uuid(id.uuid())),
        };
        self.take(effect, made);
        true
    }

    /// What is stored is what the model says, and the rules hold.
    async fn check(&self, after: &Act) {
        let stored = self.stored().await;
        assert_eq!(stored.payments(), self.payments, "after {after:?}");
        self.check_sums(&stored, after).await;
        for row in &stored.exceptions {
            let is_open = row.status != ExceptionStatus::Resolved;
            assert_eq!(is_open, self.cases[&row.id].is_open, "after {after:?}: {row:?}");
        }
        let matched = self.matched().await;
        let sides: BTreeSet<_> = matched.iter().collect();
        assert_eq!(sides.len(), matched.len(), "after {after:?}: matched twice");
        for (id, case) in &self.cases {
            let adjusted = stored.adjusted.get(id).copied().unwrap_or(0);
            assert_eq!(adjusted, case.adjusted, "after {after:?}: adjustments of {id}");
        }
        check_chains(&stored.transactions, after);
    }

    /// Every side of a match that stands.
    async fn matched(&self) -> Vec<TransactionId> {
        let ids: Vec<ExceptionId> = self.cases.keys().copied().collect();
        let sides = self.pay.app.app.db.read(move |conn| {
            let found: Vec<(TransactionId, Option<TransactionId>)> = matches::table
                .filter(matches::exception_id.eq_any(&ids))
                .filter(matches::undone_at.is_null())
                .select((matches::transaction_id, matches::counterpart_id))
                .load(conn)?;
            Ok(found)
        });
        let sides = sides.await.unwrap().into_iter();
        sides
            .flat_map(|(ours, theirs)| std::iter::once(ours).chain(theirs))
            .collect()
    }

    /// The sum of each account's movements, and what the product counts against the limit of a day.
    async fn check_sums(&self, stored: &Stored, after: &Act) {
        let live = |status: Status| status.counts();
        for account in [self.pay.payee, self.other, self.pay.own] {
            let moved = |p: &Payment| {
                let sum = i64::from(p.to == account) - i64::from(p.from == account);
                if p.is_reversal {
                    -sum * p.minor
                } else {
                    sum * p.minor
                }
            };
            let total = |all: &BTreeMap<TransactionId, Payment>| -> i64 {
                all.values().filter(|p| live(p.status)).map(moved).sum()
            };
            let (sum, expected) = (total(&stored.payments()), total(&self.payments));
            assert_eq!(sum, expected, "after {after:?}: the movements of {account}");

            if account == self.pay.own {
                continue; // other sequences take from it too
            }
            let start = docket::kernel::clock::Ts::start_of(self.today(), Tz::America__New_York);
            let business = self.pay.app.account;
            let counted = self.pay.app.app.db.read(move |c| {
                let usd = docket::kernel::money::Currency::USD;
                queries::taken_since(c, business, account, usd, start, None)
            });
            let taken: i64 = stored
                .transactions
                .iter()
                .filter(|t| t.created_at >= start && t.debit_account_id == account && live(t.status))
                .filter(|t| matches!(t.kind, Kind::Send | Kind::Request))
                .map(|t| t.amount)
                .sum();
            assert_eq!(
                counted.await.unwrap(),
                taken,
                "after {after:?}: taken from {account} today"
            );
        }
    }
}

/// The first payment of a chain.
fn root(by_id: &HashMap<TransactionId, &TransactionRow>, row: &TransactionRow) -> TransactionId {
    let mut id = row.id;
    while let Some(parent) = by_id[&id].parent_id {
        id = parent;
    }
    id
}

/// No transaction is replaced twice; no chain has more than two retries, nor one after the 180 days.
fn check_chains(all: &[TransactionRow], after: &Act) {
    let by_id: HashMap<_, _> = all.iter().map(|t| (t.id, t)).collect();
    let mut replaced = BTreeSet::new();
    let mut followed = BTreeSet::new();
    let mut retries: HashMap<_, Vec<&TransactionRow>> = HashMap::new();
    for t in all {
        let Some(parent) = t.parent_id else { continue };
        if t.relation == Some(Relation::Replacement) {
            assert!(
                replaced.insert(parent),
                "after {after:?}: {parent} was replaced twice"
            );
        }
        // A correction of a reversal follows what was taken back.
        let follows = matches!(t.relation, Some(Relation::Retry | Relation::Correction));
        if follows && t.status != Status::Cancelled {
            assert!(
                followed.insert(parent),
                "after {after:?}: {parent} was paid twice"
            );
        }
        // One that was edited goes on as its replacement.
        let is_edited = all
            .iter()
            .any(|n| n.parent_id == Some(t.id) && n.relation == Some(Relation::Replacement));
        if t.relation == Some(Relation::Retry) && (t.status != Status::Cancelled || is_edited) {
            retries.entry(root(&by_id, t)).or_default().push(t);
        }
    }
    for (first, retries) in retries {
        assert!(
            retries.len() <= 2,
            "after {after:?}: {} retries of {first}",
            retries.len()
        );
        // The first came back on the day of its settlement here; it was made no earlier.
        let made = by_id[&first].created_at.day_in(Tz::America__New_York);
        let settled = by_id[&first].settlement_date.or(by_id[&first].effective_date);
        let from = settled.map_or(made, |d| d.0);
        for retry in retries {
            let on = retry.effective_date.expect("a retry has its day").0;
            let days = (on - from).num_days();
            assert!(days <= 180, "after {after:?}: a retry {days} days later");
        }
    }
}

fn sequences_hold(backend: Backend, cases: u32) -> BTreeMap<&'static str, usize> {
    let system = actix_web::rt::System::new();
    let app = system.block_on(TestApp::start_on(backend));
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 300,
        ..Config::default()
    };
    let total = std::cell::RefCell::new(BTreeMap::new());
    let round = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(config);
    let outcome = runner.run(&prop::collection::vec(acts(), 20..60), |acts| {
        system.block_on(async {
            let mut pay = Payments::of(&app).await;
            round.set(round.get() + 1);
            let number =
                |n: u64| -> &'static str { Box::leak(format!("77{:08}{n}", round.get()).into_boxed_str()) };
            pay.payee = pay.account("Dov Marlowe", number(1)).await;
            let other = pay.account("Dov Marlowe, savings", number(2)).await;
            let mut model = Model::new(&pay, other).await;
            for act in acts {
                let before = model.stored().await.transactions;
                let waits = model.requests.len();
                let changed = model.act(act.clone()).await;
                if !changed || model.requests.len() > waits {
                    let now = model.stored().await.transactions;
                    assert_eq!(format!("{now:?}"), format!("{before:?}"), "{act:?} was not done");
                }
                model.find_corrections().await;
                model.check(&act).await;
            }
            for (what, n) in model.done {
                *total.borrow_mut().entry(what).or_insert(0) += n;
            }
        });
        Ok(())
    });
    outcome.unwrap();
    total.into_inner()
}

#[test]
fn any_sequence_of_commands_leaves_what_it_says() {
    let mut total = BTreeMap::new();
    for backend in both() {
        let cases = if matches!(backend, Backend::Sqlite) {
            128
        } else {
            16
        };
        for (what, n) in sequences_hold(backend, cases) {
            *total.entry(what).or_insert(0) += n;
        }
    }
    println!("{total:?}");
    // A sequence in which nothing succeeds would show nothing.
    for what in [
        "make",
        "edit",
        "cancel",
        "post",
        "come back",
        "retry",
        "close",
        "reopen",
        "asked",
        "approve",
        "reject",
        "lapse",
        "move",
        "reverse",
        "correct",
        "cancel a reversal",
        "break",
    ] {
        assert!(total.contains_key(what), "{what} never succeeded: {total:?}");
    }
}
