//! What was raised and resolved in a period of local days: whole days of UTC are read from what the triggers keep, the
//! pieces of days at the edges from the exceptions themselves, along an index.

use std::collections::{BTreeMap, HashMap};

use diesel::{
    dsl::{count_star, sql},
    prelude::*,
    sql_types::{BigInt, Bool},
};

use super::{
    model::{ByCode, told_minutes, top},
    period::Period,
};
use crate::{
    db::{
        AnyConnection,
        kept::fixed,
        schema::{exceptions, report_codes, report_holders, report_minutes},
    },
    exceptions::model::Kind,
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, TeamMemberId},
    },
};

/// Codes that stand alone.
const CODES: usize = 12;

const DAY: i64 = 86_400_000_000;

/// A period as whole days of UTC, and what is left of it at its edges.
pub struct Spans {
    /// The first and the last whole day, counted since 1970; none of them when the last is before the first.
    days: (i64, i64),
    /// Both ends included.
    edges: Vec<(Ts, Ts)>,
}

impl Spans {
    pub fn of(period: Period, now: Ts) -> Self {
        let start = period.start().micros();
        // Nothing is after now: a day that has begun is whole as far as it goes.
        let end = match period.end() {
            end if end >= now => (now.micros().div_euclid(DAY) + 1) * DAY,
            end => end.micros() + 1,
        };
        let (first, beyond) = (
            start.div_euclid(DAY) + i64::from(start.rem_euclid(DAY) > 0),
            end.div_euclid(DAY),
        );
        let mut edges = Vec::new();
        let mut edge = |from: i64, beyond: i64| {
            if from < beyond {
                edges.push((Ts::from_micros(from), Ts::from_micros(beyond - 1)));
            }
        };
        if first >= beyond {
            edge(start, end);
        } else {
            edge(start, first * DAY);
            edge(beyond * DAY, end);
        }
        Self {
            days: (first, beyond - 1),
            edges,
        }
    }
}

/// How many were raised of each type, and of each code.
type Arrived = (Vec<(Kind, i64)>, Vec<ByCode>);

/// What was raised, by type and by code.
pub fn arrivals(conn: &mut AnyConnection, account: BusinessAccountId, spans: &Spans) -> AppResult<Arrived> {
    let mut found: Vec<(Kind, String, i64)> = report_codes::table
        .filter(report_codes::business_account_id.eq(account))
        .filter(report_codes::day.between(spans.days.0, spans.days.1))
        .group_by((report_codes::kind, report_codes::code))
        .select((
            report_codes::kind,
            report_codes::code,
            sql::<BigInt>("CAST(SUM(n) AS BIGINT)"),
        ))
        .load(conn)?;
    for (from, to) in &spans.edges {
        for is_open in [true, false] {
            let edge: Vec<(Kind, Option<String>, i64)> = exceptions::table
                .filter(exceptions::business_account_id.eq(account))
                .filter(exceptions::is_open.eq(is_open))
                .filter(exceptions::created_at.between(from, to))
                .group_by((exceptions::kind, exceptions::code))
                .select((exceptions::kind, exceptions::code, count_star()))
                .load(conn)?;
            found.extend(
                edge.into_iter()
                    .map(|(kind, code, n)| (kind, code.unwrap_or_default(), n)),
            );
        }
    }
    let (mut kinds, mut codes) = (BTreeMap::new(), BTreeMap::new());
    for (kind, code, n) in found {
        *kinds.entry(kind.as_str()).or_insert(0) += n;
        *codes.entry(code).or_insert(0) += n;
    }
    let mut kinds: Vec<(Kind, i64)> = Kind::ALL
        .iter()
        .filter_map(|kind| Some((*kind, *kinds.get(kind.as_str())?)))
        .filter(|(_, n)| *n > 0)
        .collect();
    kinds.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let codes = codes
        .into_iter()
        .map(|(code, n)| ByCode { codes: vec![code], n })
        .collect();
    Ok((kinds, top(codes, CODES)))
}

/// How many were resolved, by holder; nobody's without one.
type Holders = HashMap<Option<TeamMemberId>, i64>;

/// What was resolved.
pub struct Closed {
    /// How many by holder.
    pub holders: Holders,
    /// How many by the minutes they took, the quickest first.
    pub minutes: Vec<(i64, i64)>,
}

/// What was resolved, by holder and by how long it took: what is at the edges is read once for both.
pub fn closed(conn: &mut AnyConnection, account: BusinessAccountId, spans: &Spans) -> AppResult<Closed> {
    let mut holders = holders_of_days(conn, account, spans.days)?;
    let whole: Vec<(i64, i64)> = report_minutes::table
        .filter(report_minutes::business_account_id.eq(account))
        .filter(report_minutes::day.between(spans.days.0, spans.days.1))
        .group_by(report_minutes::minutes)
        .select((report_minutes::minutes, sql::<BigInt>("CAST(SUM(n) AS BIGINT)")))
        .load(conn)?;
    let mut minutes: BTreeMap<i64, i64> = whole.into_iter().collect();
    for (from, to) in &spans.edges {
        let edge: Vec<(Option<TeamMemberId>, Ts, Ts)> = exceptions::table
            .filter(exceptions::business_account_id.eq(account))
            .filter(exceptions::is_open.eq(false))
            .filter(exceptions::updated_at.between(from, to))
            .select((
                exceptions::assignee_id,
                exceptions::created_at,
                exceptions::updated_at,
            ))
            .load(conn)?;
        for (member, created, resolved) in edge {
            let took = (resolved.micros() - created.micros()) / 60_000_000;
            *holders.entry(member).or_default() += 1;
            *minutes.entry(told_minutes(took)).or_default() += 1;
        }
    }
    Ok(Closed {
        holders,
        minutes: minutes.into_iter().collect(),
    })
}

/// What was resolved by holder alone, which the database counts.
pub fn holders(conn: &mut AnyConnection, account: BusinessAccountId, spans: &Spans) -> AppResult<Holders> {
    let mut holders = holders_of_days(conn, account, spans.days)?;
    for (from, to) in &spans.edges {
        let edge: Vec<(Option<TeamMemberId>, i64)> = exceptions::table
            .filter(exceptions::business_account_id.eq(account))
            .filter(exceptions::is_open.eq(false))
            .filter(exceptions::updated_at.between(from, to))
            .group_by(exceptions::assignee_id)
            .select((exceptions::assignee_id, count_star()))
            .load(conn)?;
        for (member, n) in edge {
            *holders.entry(member).or_default() += n;
        }
    }
    Ok(holders)
}

/// How many one member had.
pub fn held_by(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    member: TeamMemberId,
    spans: &Spans,
) -> AppResult<i64> {
    let whole: Vec<i64> = report_holders::table
        .filter(report_holders::business_account_id.eq(account))
        .filter(report_holders::day.between(spans.days.0, spans.days.1))
        .filter(report_holders::member.eq(member))
        .select(report_holders::n)
        .load(conn)?;
    let mut held: i64 = whole.iter().sum();
    for (from, to) in &spans.edges {
        let edge: i64 = exceptions::table
            .filter(exceptions::business_account_id.eq(account))
            .filter(exceptions::assignee_id.eq(member))
            // As the index of just these has it.
            .filter(fixed::<Bool>("NOT exceptions.is_open"))
            .filter(exceptions::updated_at.between(from, to))
            .count()
            .get_result(conn)?;
        held += edge;
    }
    Ok(held)
}

fn holders_of_days(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    (first, last): (i64, i64),
) -> AppResult<Holders> {
    let found: Vec<(TeamMemberId, i64)> = report_holders::table
        .filter(report_holders::business_account_id.eq(account))
        .filter(report_holders::day.between(first, last))
        .group_by(report_holders::member)
        .select((report_holders::member, sql::<BigInt>("CAST(SUM(n) AS BIGINT)")))
        .load(conn)?;
    Ok(found
        .into_iter()
        .map(|(member, n)| (Some(member).filter(|m| !m.uuid().is_nil()), n))
        .collect())
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;

    #[test]
    fn whole_days_and_edges_cover_a_period_once() {
        let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
        let now = Ts::from_micros(1_793_718_000_000_000);
        for zone in [
            Tz::America__New_York,
            Tz::Asia__Kolkata,
            Tz::UTC,
            Tz::Pacific__Kiritimati,
        ] {
            for (from, to) in [
                ("2026-10-05", "2026-11-03"),
                ("2026-11-01", "2026-11-01"),
                ("2026-10-30", "2026-10-31"),
            ] {
                let period = Period {
                    from: day(from),
                    to: day(to),
                    zone,
                };
                let spans = Spans::of(period, now);
                let mut covered: Vec<(i64, i64)> = spans
                    .edges
                    .iter()
                    .map(|(a, b)| (a.micros(), b.micros() + 1))
                    .collect();
                if spans.days.0 <= spans.days.1 {
                    covered.push((spans.days.0 * DAY, (spans.days.1 + 1) * DAY));
                }
                covered.sort_unstable();
                assert_eq!(covered[0].0, period.start().micros(), "{zone} {from}");
                for pair in covered.windows(2) {
                    assert_eq!(pair[0].1, pair[1].0, "{zone} {from}");
                }
                let end = covered[covered.len() - 1].1;
                let exact = period.end().micros() + 1;
                assert!(
                    end == exact || (exact > now.micros() && end > now.micros()),
                    "{zone} {from}"
                );
            }
        }
    }
}
