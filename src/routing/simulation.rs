//! What routing rules would have done, had they been in force: the exceptions of the last 90 days, as they are now.

use diesel::prelude::*;

use super::rules::{Facts, Routing, Target};
use crate::{
    db::{AnyConnection, schema::exceptions},
    exceptions::model::{Kind, Severity, Source},
    kernel::{clock::Ts, count::grouped, error::AppResult, id::BusinessAccountId},
    policies::simulation::BACK,
};

/// The most that it looks at, the latest first.
const MOST: usize = 50_000;

/// How many each rule would have placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// How many were raised, of those that it looks at.
    pub raised: i64,
    /// By each rule, in their order.
    pub by_rule: Vec<i64>,
    /// How many would have been given to somebody, by the other rules and by those of today.
    pub given: (i64, i64),
    /// There was more than it looks at.
    pub is_cut: bool,
}

/// Looks at what was raised until `now`.
pub fn run(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    now: Ts,
    today: &Routing,
    other: &Routing,
) -> AppResult<Simulation> {
    type Row = (Kind, Option<String>, Severity, i64, Option<String>, Source);
    let rows: Vec<Row> = exceptions::table
        .filter(exceptions::business_account_id.eq(account))
        .filter(exceptions::created_at.ge(now.minus(BACK)))
        .order(exceptions::created_at.desc())
        .limit(MOST as i64 + 1)
        .select((
            exceptions::kind,
            exceptions::code,
            exceptions::severity,
            exceptions::amount,
            exceptions::currency,
            exceptions::source,
        ))
        .load(conn)?;
    let mut found = Simulation {
        raised: 0,
        by_rule: vec![0; other.rules.len()],
        given: (0, 0),
        is_cut: rows.len() > MOST,
    };
    for (kind, code, severity, amount, currency, source) in rows.into_iter().take(MOST) {
        let facts = Facts {
            kind,
            code,
            severity,
            amount,
            currency,
            source,
        };
        found.raised += 1;
        if let Some(at) = other.rules.iter().position(|rule| rule.fits(&facts)) {
            found.by_rule[at] += 1;
            found.given.0 += i64::from(other.rules[at].to != Target::Nobody);
        }
        let now = today.first_that_fits(&facts);
        found.given.1 += i64::from(now.is_some_and(|rule| rule.to != Target::Nobody));
    }
    Ok(found)
}

impl Simulation {
    /// In sentences: what would have been placed, and what the rules of today place.
    pub fn words(&self) -> Vec<String> {
        let (then, now) = self.given;
        let mut words = vec![format!(
            "Of the {} exceptions of the last 90 days they would have given {} to somebody; the rules of today {}.",
            grouped(self.raised),
            grouped(then),
            grouped(now)
        )];
        if self.is_cut {
            words.push(format!("Only the latest {} were looked at.", grouped(MOST)));
        }
        words
    }
}
