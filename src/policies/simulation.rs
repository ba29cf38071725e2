//! What approval rules would have asked for, had they been in force: the last 90 days of what people and clients did.
//! Roles are those of today, as nobody keeps those of then.

use std::{collections::HashMap, time::Duration};

use uuid::Uuid;

use super::{
    approval::{ApprovalPolicy, Change, Maker, Subject},
    queries,
};
use crate::{
    accounts::edit::{kept_fields, moves_destination},
    auth::{actor::ActorKind, permission::Role},
    db::AnyConnection,
    kernel::{
        clock::Ts,
        count::grouped,
        error::AppResult,
        id::{BusinessAccountId, Id},
        money::Money,
    },
};

/// So far back it looks.
pub const BACK: Duration = Duration::from_hours(24 * 90);

/// The most that it looks at, the latest first.
const MOST: usize = 50_000;

/// What was done of one kind, and for how much of it the rules ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// What.
    pub of: Subject,
    /// How many were made.
    pub made: i64,
    /// For how many the rules of today ask.
    pub now: i64,
    /// For how many the other ones would have asked.
    pub then: i64,
}

/// The result, by what was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// A line for each kind of change.
    pub tallies: Vec<Tally>,
    /// There was more than it looks at.
    pub is_cut: bool,
}

/// The kinds that a change can be of.
const KINDS: [Subject; 5] = [
    Subject::NewTransaction,
    Subject::Edit,
    Subject::Reversal,
    Subject::Retry,
    Subject::AccountNumber,
];

/// Looks at what was done until `now` with the rules of today and with others.
pub fn run(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    now: Ts,
    today: &ApprovalPolicy,
    other: &ApprovalPolicy,
) -> AppResult<Simulation> {
    let since = now.minus(BACK);
    let roles: HashMap<Uuid, Role> = queries::roles(conn, account)?
        .into_iter()
        .map(|(id, role)| (id.uuid(), role))
        .collect();
    let maker = |kind: ActorKind, id: Option<Uuid>| Maker {
        kind,
        role: id.and_then(|id| roles.get(&id).copied()),
    };
    let mut tallies = KINDS.map(|of| Tally {
        of,
        made: 0,
        now: 0,
        then: 0,
    });
    let mut count = |maker: Maker, change: &Change| {
        if let Some(tally) = tallies.iter_mut().find(|t| t.of == change.of) {
            tally.made += 1;
            tally.now += i64::from(today.asks(maker, change).is_some());
            tally.then += i64::from(other.asks(maker, change).is_some());
        }
    };
    let payments = queries::payments_since(conn, account, since, MOST as i64 + 1)?;
    for made in payments.iter().take(MOST) {
        let of = match made.relation.as_deref() {
            None => Subject::NewTransaction,
            // A correction that is made with a reversal is told with it.
            Some("REPLACEMENT" | "CORRECTION") => Subject::Edit,
            Some("REVERSAL") => Subject::Reversal,
            Some("RETRY") => Subject::Retry,
            Some(_) => continue,
        };
        let change = Change {
            of,
            money: Some(Money::new(made.amount, made.currency)),
            is_elsewhere: matches!(of, Subject::Edit | Subject::Reversal) && made.elsewhere == 1,
        };
        count(
            maker(made.created_by_kind, made.created_by_id.map(Id::uuid)),
            &change,
        );
    }
    for made in queries::corrections_since(conn, account, since, MOST as i64)? {
        if moves_destination(&kept_fields(&made.previous, &made.new)) {
            let change = Change {
                of: Subject::AccountNumber,
                money: None,
                is_elsewhere: false,
            };
            count(maker(made.actor_kind, made.actor_id.map(Id::uuid)), &change);
        }
    }
    Ok(Simulation {
        tallies: tallies.to_vec(),
        is_cut: payments.len() > MOST,
    })
}

impl Simulation {
    /// In sentences: what is asked for, and what the rules of today ask for.
    pub fn words(&self) -> Vec<String> {
        let sum = |of: fn(&Tally) -> i64| self.tallies.iter().map(of).sum::<i64>();
        let (made, now, then) = (sum(|t| t.made), sum(|t| t.now), sum(|t| t.then));
        let mut words = vec![format!(
            "Over the last 90 days it would have asked for {} of {} changes; the rules of today ask for {}.",
            grouped(then),
            grouped(made),
            grouped(now)
        )];
        if self.is_cut {
            words.push(format!(
                "Only the latest {} payments were looked at.",
                grouped(MOST)
            ));
        }
        words
    }
}
