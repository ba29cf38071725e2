//! Many payments that are sent again at once count together towards what a day may take from an account.

use diesel::prelude::*;
use docket::{
    db::schema::transactions,
    transactions::{Kind, NewTransaction, Relation},
};

use crate::{
    bulk::{choose, run_to_the_end},
    harness::{Backend, TestApp, both},
    money::returned,
    payments::{Payments, usd},
};

const OPEN: &str = "/exceptions?tab=open";

/// Five payments of today leave this of the day's limit of the account.
const LEFT: &str = "$1,000.00";
const TODAY: i64 = 99_980_000;

async fn what_is_above_the_days_limit_together_is_told_before(backend: Backend) {
    let app = TestApp::start_on(backend).await;
    let pay = Payments::of(&app).await;
    for _ in 0..3 {
        returned(&pay, 40_000, "R01", "2026-10-30").await;
    }
    let large = returned(&pay, 100_100, "R01", "2026-10-30").await;
    for _ in 0..5 {
        pay.post(NewTransaction {
            payment_reason: "payroll".into(),
            ..NewTransaction::ach(Kind::Request, pay.payee, pay.own, usd(TODAY))
        })
        .await;
    }
    let manager = app.as_manager().await;
    let planned = choose(&manager, "RETRY", "all", OPEN, &[]).await;
    // Alone it is too much already; of the three that fit alone two fit together.
    let alone = format!("The amount is above what is left for this account today, {LEFT}.");
    let together = "The amount is above what is left for this account today after those before it, $200.00.";
    for told in [alone.as_str(), together] {
        assert!(planned.says(told), "{backend:?}: {}", planned.text);
    }
    assert!(app.exception(large.exception).await.is_open);
    let fields = [("date", "2026-11-06"), ("notes", "Asked for it.")];
    let done = run_to_the_end(&manager, &planned, &fields).await;
    assert!(
        done.says("2 of 4 are done") && done.says(together),
        "{backend:?}: {}",
        done.text
    );
    let again: i64 = app
        .app
        .db
        .read(|conn| {
            let again = transactions::table.filter(transactions::relation.eq(Relation::Retry));
            Ok(again.count().get_result(conn)?)
        })
        .await
        .unwrap();
    assert_eq!(again, 2, "{backend:?}");
}

#[actix_web::test]
async fn what_is_above_the_days_limit_together_is_told_before_on_both_databases() {
    for backend in both() {
        what_is_above_the_days_limit_together_is_told_before(backend).await;
    }
}
