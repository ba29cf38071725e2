//! What other thresholds would have done: with the exceptions of the last 90 days, and with the due times of what is
//! open.

use std::time::Duration;

use diesel::prelude::*;

use super::{simulation::BACK, sla::Sla, thresholds::Thresholds};
use crate::{
    calendar::reckoning::{self, Moves},
    db::{
        AnyConnection,
        schema::{exceptions, resolutions},
    },
    exceptions::{
        model::{Kind, ResolutionKind, Severity},
        raise::floor,
    },
    kernel::{
        clock::Ts,
        count::grouped,
        error::AppResult,
        id::BusinessAccountId,
        money::{Currency, Money},
    },
};

/// The most that it looks at, the latest first.
const MOST: usize = 50_000;

/// Something that is counted by the figures of today and by others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// What.
    pub label: String,
    /// By the figures of today.
    pub now: i64,
    /// By the other ones.
    pub then: i64,
}

/// The result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// A line for each thing.
    pub tallies: Vec<Tally>,
    /// The due times of what is open.
    pub moves: Moves,
    /// How many exceptions were raised, of those that it looks at.
    pub raised: i64,
    /// There was more than it looks at.
    pub is_cut: bool,
}

/// One exception of the last 90 days, with its last resolution.
type Raised = (
    Kind,
    Option<String>,
    i64,
    Option<String>,
    Ts,
    Severity,
    Option<(ResolutionKind, Ts)>,
);

/// Looks at what was raised and resolved until `now`.
pub fn run(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    now: Ts,
    today: &Thresholds,
    other: &Thresholds,
) -> AppResult<Trial> {
    let rows: Vec<Raised> = exceptions::table
        .left_join(resolutions::table.on(exceptions::resolution_id.eq(resolutions::id.nullable())))
        .filter(exceptions::business_account_id.eq(account))
        .filter(exceptions::created_at.ge(now.minus(BACK)))
        .order(exceptions::created_at.desc())
        .limit(MOST as i64 + 1)
        .select((
            exceptions::kind,
            exceptions::code,
            exceptions::amount,
            exceptions::currency,
            exceptions::created_at,
            exceptions::severity,
            (resolutions::kind, resolutions::resolved_at).nullable(),
        ))
        .load(conn)?;
    let (sla_today, sla_other) = (
        Sla::with(conn, account, today.clone())?,
        Sla::with(conn, account, other.clone())?,
    );
    let (before, after) = (Counts::of(&rows, &sla_today), Counts::of(&rows, &sla_other));
    Ok(Trial {
        tallies: before.beside(&after),
        moves: reckoning::moves(conn, account, now, (&sla_today, &sla_other))?,
        raised: i64::try_from(rows.len().min(MOST)).unwrap_or(i64::MAX),
        is_cut: rows.len() > MOST,
    })
}

#[derive(Default)]
struct Counts {
    /// By the severity it would have had when it was raised.
    severities: [i64; 4],
    resolved: i64,
    in_time: i64,
    by_rule: i64,
    /// In hundredths: what is drawn is not known beforehand.
    drawn: u64,
}

impl Counts {
    fn of(rows: &[Raised], sla: &Sla) -> Self {
        let mut counts = Self::default();
        for (kind, code, amount, currency, created_at, severity, resolved) in rows.iter().take(MOST) {
            let money = currency.as_deref().and_then(Currency::stored);
            let money = money.map(|c| Money::new(*amount, c));
            let floor = floor(*kind, code.as_deref(), None);
            let first = sla.thresholds.rate(money, Duration::ZERO, floor).severity;
            if let Some(n) = counts
                .severities
                .get_mut(usize::try_from(first.rank()).unwrap_or(0))
            {
                *n += 1;
            }
            let Some((kind, at)) = resolved else { continue };
            counts.resolved += 1;
            let due = sla.deadline(*created_at, sla.thresholds.time_to_resolve(first));
            counts.in_time += i64::from(*at <= due);
            if sla.thresholds.rule_for(*severity, *kind).is_some() {
                counts.by_rule += 1;
            } else {
                counts.drawn += sla.thresholds.share;
            }
        }
        counts
    }

    fn beside(&self, other: &Self) -> Vec<Tally> {
        let mut tallies: Vec<Tally> = Severity::ALL
            .into_iter()
            .zip(self.severities.into_iter().zip(other.severities))
            .rev()
            .map(|(severity, (now, then))| Tally {
                label: format!("{} when it was raised", severity.word()),
                now,
                then,
            })
            .collect();
        let expected = |n: u64| i64::try_from(n.div_ceil(100)).unwrap_or(i64::MAX);
        let rest = [
            ("Resolved within the SLA", self.in_time, other.in_time),
            ("Reviewed by rule", self.by_rule, other.by_rule),
            (
                "Reviewed by draw, about",
                expected(self.drawn),
                expected(other.drawn),
            ),
        ];
        tallies.extend(rest.map(|(label, now, then)| Tally {
            label: label.into(),
            now,
            then,
        }));
        tallies
    }
}

impl Trial {
    /// In sentences: what would change, and by how much.
    pub fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = self
            .tallies
            .iter()
            .filter(|t| t.now != t.then)
            .map(|t| {
                format!(
                    "{}: {} of the last 90 days, {} by the thresholds of today.",
                    t.label,
                    grouped(t.then),
                    grouped(t.now)
                )
            })
            .collect();
        if words.is_empty() {
            words.push(format!(
                "For the {} exceptions of the last 90 days nothing that is counted would have been different.",
                grouped(self.raised)
            ));
        }
        words.push(self.moves.words());
        if self.is_cut {
            words.push(format!(
                "Only the latest {} exceptions were looked at.",
                grouped(MOST)
            ));
        }
        words
    }
}
