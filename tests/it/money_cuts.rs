//! Every command of money that has more than one statement is cut off between any two of them, as by kill -9, and fails
//! in any table: nothing is left behind. Resolutions and approvals are in `money_faults`.

use std::sync::Arc;

use docket::{
    accounts::{
        Subtype, Verification,
        add::AccountFields,
        commands::{correct, set_verification, suspend, unsuspend},
        edit::change,
        model::Correction,
        queries as accounts,
        sweep::sweep,
    },
    approvals::{commands::withdraw, decide::reject},
    auth::{
        actor::{Actor, ActorKind},
        permission::Role,
    },
    db::Tx,
    exceptions::{reopen::reopen, resolution::resolve},
    kernel::{
        error::{AppError, AppResult, Code},
        text::{Reason, RoutingNumber},
    },
    transactions::{
        NewTransaction, Status,
        cancel::cancel,
        commands::post_status,
        create::{CreateFields, create},
        edit::edit,
        reverse::{ReverseFields, reverse},
    },
};

use crate::{
    harness::{TestApp, both},
    money::edit_fields,
    money_faults::{Act, approvals_that_wait, cut_everywhere, every_way, fail_in_every_table, notes},
    payments::{Payments, ROUTING},
};

type Acts = Vec<(String, Act)>;

fn act(
    all: &mut Acts,
    name: impl Into<String>,
    who: &Actor,
    deed: impl Fn(&mut Tx<'_>, &Actor) -> AppResult<()> + Send + Sync + 'static,
) {
    let who = who.clone();
    all.push((name.into(), Arc::new(move |tx: &mut Tx<'_>| deed(tx, &who))));
}

fn reason() -> Reason {
    Reason::parse("Looked into it").unwrap()
}

async fn settled(pay: &Payments<'_>, minor: i64) -> docket::transactions::TransactionRow {
    pay.post(NewTransaction {
        status: Status::Settled,
        ..pay.payment(minor)
    })
    .await
}

/// Transactions: made, edited, cancelled, reversed, moved along.
async fn of_transactions(pay: &Payments<'_>, all: &mut Acts) {
    let app = pay.app;
    let clerk = app.actor(Role::Clerk).await;
    let processor = Actor {
        kind: ActorKind::ServiceAccount,
        ..app.actor(Role::Manager).await
    };
    for (name, amount) in [("create", "41.00"), ("create that waits", "12000.00")] {
        let fields = CreateFields {
            transaction_type: "SEND".into(),
            solution: "wire".into(),
            debit_financial_account_id: pay.own.to_string(),
            credit_financial_account_id: pay.payee.to_string(),
            amount: amount.into(),
            payment_reason_id: "payroll".into(),
            description: "For October".into(),
            metadata: [("invoice".to_owned(), "A-77".to_owned())].into(),
            ..CreateFields::default()
        };
        act(all, name, &clerk, move |tx, who| {
            create(tx, who, &fields).map(drop)
        });
    }
    for (name, minor) in [("edit", 4_300), ("edit that waits", 1_500_000)] {
        let row = pay.post(pay.payment(4_200)).await;
        let fields = edit_fields(&row, minor);
        act(all, name, &clerk, move |tx, who| {
            edit(tx, who, row.id, Some(row.version), &fields).map(drop)
        });
    }
    let row = pay.post(pay.payment(4_400)).await;
    act(all, "cancel", &clerk, move |tx, who| {
        cancel(tx, who, row.id, None).map(drop)
    });
    let other = pay.account("Eve Stone", "000987654329").await;
    for (name, why, amount, account) in [
        ("reversal", "DUPLICATE_PAYMENT", "", String::new()),
        (
            "reversal with the right amount",
            "INCORRECT_AMOUNT",
            "3.00",
            String::new(),
        ),
        (
            "reversal that waits",
            "INCORRECT_RECIPIENT",
            "",
            other.to_string(),
        ),
    ] {
        let row = settled(pay, 4_500).await;
        let fields = ReverseFields {
            reversal_reason: why.into(),
            correction_amount: amount.into(),
            correction_financial_account_id: account,
        };
        act(all, name, &clerk, move |tx, who| {
            reverse(tx, who, row.id, None, &fields).map(drop)
        });
    }
    let row = settled(pay, 4_600).await;
    let (who, fields) = (
        clerk.clone(),
        ReverseFields {
            reversal_reason: "DUPLICATE_PAYMENT".into(),
            ..ReverseFields::default()
        },
    );
    let made = pay
        .write(move |tx| reverse(tx, &who, row.id, None, &fields)?.done())
        .await
        .unwrap();
    let back = made.reversal.id;
    act(all, "cancel of a reversal", &clerk, move |tx, who| {
        cancel(tx, who, back, None).map(drop)
    });
    for (from, to) in [
        (Status::New, Status::Pending),
        (Status::New, Status::Processing),
        (Status::Processing, Status::Settled),
        (Status::Processing, Status::Declined),
    ] {
        let row = pay
            .post(NewTransaction {
                status: from,
                description: "d".repeat(140),
                solution: docket::transactions::Solution::Wire,
                ..pay.payment(4_700)
            })
            .await;
        // Nobody but the processor moves it; Pending is where it is submitted to.
        let to = if to == Status::Pending { Status::Error } else { to };
        act(
            all,
            format!("status {from} to {to}"),
            &processor,
            move |tx, who| post_status(tx, who, row.id, None, to, "The processor says so").map(drop),
        );
    }
}

/// Accounts: changed, suspended, swept.
async fn of_accounts(pay: &Payments<'_>, all: &mut Acts) {
    let app = pay.app;
    let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
    let vault = app.app.vault.clone();
    let named = pay.account("Fay Moss", "000987654330").await;
    let (key, account) = (vault.clone(), app.account);
    let row = app
        .app
        .db
        .read(move |c| accounts::get(c, account, named))
        .await
        .unwrap();
    for (name, routing) in [
        ("change of an account", ROUTING),
        ("change that waits", "123456780"),
    ] {
        let fields = AccountFields {
            holder_name: format!("Fay Moss, {name}"),
            routing_number: routing.into(),
            ..AccountFields::of(&row)
        };
        let key = key.clone();
        act(all, name, &clerk, move |tx, who| {
            change(tx, &key, who, named, None, &fields, None).map(drop)
        });
    }
    let kind = Correction {
        subtype: Some(Subtype::Saving),
        ..Correction::default()
    };
    let (key, right) = (vault.clone(), pay.account("Gus Ray", "000987654331").await);
    act(all, "correction", &manager, move |tx, who| {
        correct(tx, &key, who, right, &kind).map(drop)
    });
    let verified = pay.account("Hal Orr", "000987654332").await;
    act(all, "verification", &clerk, move |tx, who| {
        set_verification(tx, who, verified, Verification::Approved, &reason())
    });
    let stopped = pay.account("Ida Bell", "000987654333").await;
    act(all, "suspension", &clerk, move |tx, who| {
        suspend(tx, who, stopped, &reason())
    });
    let lifted = pay.account("Jon Pike", "000987654334").await;
    let who = clerk.clone();
    pay.write(move |tx| suspend(tx, &who, lifted, &reason()))
        .await
        .unwrap();
    act(all, "end of a suspension", &clerk, move |tx, who| {
        unsuspend(tx, who, lifted, &reason())
    });
    let picks = [
        (pay.account("Kim Lund", "000987654335").await, 1),
        (pay.account("Lee Moor", "000987654336").await, 1),
        // Changed after the page was opened: it is left, and the others go on.
        (pay.account("May Noon", "000987654337").await, 7),
    ];
    act(all, "sweep", &clerk, move |tx, who| {
        let to = RoutingNumber::parse("123456780").unwrap();
        let swept = sweep(tx, &vault, who, (ROUTING, &to), &picks)?;
        assert_eq!((swept.waits, swept.left.len()), (2, 1));
        Ok(())
    });
}

/// What is decided the other way.
async fn of_approvals(pay: &Payments<'_>, all: &mut Acts) {
    let app = pay.app;
    let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
    let waiting = approvals_that_wait(pay).await;
    let (edit, correction) = (waiting[0].1, waiting[1].1);
    act(all, "rejection", &manager, move |tx, who| {
        reject(tx, who, edit, &reason(), None).map(drop)
    });
    act(all, "request taken back", &clerk, move |tx, who| {
        withdraw(tx, who, correction).map(drop)
    });
}

/// Every way of resolving, reopened.
async fn of_reopenings(pay: &Payments<'_>, all: &mut Acts) {
    let app = pay.app;
    let (clerk, manager) = (app.actor(Role::Clerk).await, app.actor(Role::Manager).await);
    for (name, id, how) in every_way(pay).await {
        // It stays suspended when it is reopened, and nothing could be paid here any more.
        if name == "suspension" {
            continue;
        }
        let who = clerk.clone();
        pay.write(move |tx| resolve(tx, &who, id, &how, &notes(), None)?.done().map(drop))
            .await
            .unwrap();
        act(all, format!("reopening of a {name}"), &manager, move |tx, who| {
            reopen(tx, who, id, &reason(), None).map(drop)
        });
    }
}

async fn every_command(pay: &Payments<'_>) -> Acts {
    let mut all = Acts::new();
    of_transactions(pay, &mut all).await;
    of_accounts(pay, &mut all).await;
    of_approvals(pay, &mut all).await;
    of_reopenings(pay, &mut all).await;
    all
}

#[actix_web::test]
async fn every_command_cut_off_between_any_two_statements_leaves_nothing() {
    for backend in both() {
        let app = TestApp::start_on(backend).await;
        let pay = Payments::of(&app).await;
        let all = every_command(&pay).await;
        assert!(all.len() > 25, "only {} commands", all.len());
        for (name, act) in all {
            let statements = cut_everywhere(&app, &name, &act);
            assert!(statements > 3, "{name}: only {statements} statements were cut");
        }
    }
}

#[actix_web::test]
async fn every_command_that_fails_in_any_table_leaves_nothing() {
    let app = TestApp::start().await;
    let pay = Payments::of(&app).await;
    for (name, act) in every_command(&pay).await {
        fail_in_every_table(&app, &name, &act).await;
    }
    // The triggers are gone: what is refused is refused by a rule again.
    let (clerk, own) = (app.actor(Role::Clerk).await, pay.own);
    let refused = pay
        .write(move |tx| unsuspend(tx, &clerk, own, &reason()))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, AppError::Refused(Code::IllegalMove, _)),
        "{refused}"
    );
}
