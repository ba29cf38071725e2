//! The SQL of reports: what the desk is like now, and how it went.

use std::{collections::HashMap, sync::Arc};

use chrono_tz::Tz;
use diesel::prelude::*;

use super::{
    model::{Flow, Report, Share, ages, median},
    period::Period,
    spans::{Spans, arrivals, closed},
};
use crate::{
    db::{
        AnyConnection,
        memo::Moment,
        schema::{exceptions, report_quarters},
    },
    exceptions::{
        filter::RawFilter,
        queries::{self, TabCounts},
    },
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, TeamMemberId},
    },
    rates::{self, counts::Standings},
    reviews,
};

/// Who asks, when, and about what.
pub struct Asked {
    pub account: BusinessAccountId,
    pub me: TeamMemberId,
    pub moment: Moment,
    pub period: Period,
    /// Whether they may see who has and does how much.
    pub is_supervisor: bool,
    pub standings: Standings,
}

/// All that a report tells.
///
/// # Errors
/// The database's.
pub fn report(conn: &mut AnyConnection, asked: &Asked) -> AppResult<Report> {
    let (account, now, period) = (asked.account, asked.moment.now(), asked.period);
    let today = now.day_in(period.zone);
    let counts = queries::tab_counts(conn, account, asked.me, now)?;
    let quarters = quarters(conn, account, period)?;
    let steps = period
        .steps()
        .into_iter()
        .map(|p| (p, sum(&quarters, p)))
        .collect();
    let weeks = period
        .weeks()
        .into_iter()
        .map(|p| (p, sum(&quarters, p)))
        .collect();
    let spans = Spans::of(period, now);
    let (kinds, codes) = arrivals(conn, account, &spans)?;
    let closed = closed(conn, account, &spans)?;
    let bank_day = now.day_in(Tz::America__New_York);
    let companies = asked.standings.get(account, asked.moment, || {
        rates::queries::standings(conn, account, bank_day)
    })?;
    Ok(Report {
        due_today: due_today(conn, asked, &counts)?,
        resolved_today: resolved_today(conn, account, Period::last(1, today, period.zone))?,
        to_review: reviews::queries::count_waiting(conn, account)?,
        steps,
        weeks,
        total: sum(&quarters, period),
        median: median(&closed.minutes),
        ages: aged(conn, account, today, period.zone, counts.snoozed > 0)?,
        kinds,
        codes,
        people: if asked.is_supervisor {
            Some(people(conn, account, &counts, closed.holders)?)
        } else {
            None
        },
        companies: Arc::clone(&companies),
        bank_day,
        period,
        today,
        counts,
    })
}

/// The filter behind "due today", which the queue has too.
pub fn due_today_filter(day: chrono::NaiveDate) -> RawFilter {
    RawFilter {
        tab: "open".into(),
        due_from: day.to_string(),
        due_to: day.to_string(),
        ..RawFilter::default()
    }
}

/// The filter behind what was resolved in a period, which the queue has too.
pub fn resolved_filter(period: Period) -> RawFilter {
    RawFilter {
        tab: "resolved".into(),
        resolved_from: period.from.to_string(),
        resolved_to: period.to.to_string(),
        ..RawFilter::default()
    }
}

fn due_today(conn: &mut AnyConnection, asked: &Asked, counts: &TabCounts) -> AppResult<i64> {
    let (now, zone) = (asked.moment.now(), asked.period.zone);
    let (filter, _) = due_today_filter(now.day_in(zone)).parse(zone);
    queries::total(conn, asked.account, asked.me, &filter, now, counts)
}

fn resolved_today(conn: &mut AnyConnection, account: BusinessAccountId, today: Period) -> AppResult<i64> {
    Ok(sum(&quarters(conn, account, today)?, today).resolved)
}

/// The quarters of an hour of a period, in order: a day of any time zone consists of whole ones.
fn quarters(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    period: Period,
) -> AppResult<Vec<(i64, Flow)>> {
    let rows: Vec<(i64, i64, i64, i64)> = report_quarters::table
        .filter(report_quarters::business_account_id.eq(account))
        .filter(report_quarters::starts_at.between(period.start(), period.end()))
        .order(report_quarters::starts_at)
        .select((
            report_quarters::starts_at,
            report_quarters::arrived,
            report_quarters::resolved,
            report_quarters::in_time,
        ))
        .load(conn)?;
    let flow = |(at, arrived, resolved, in_time)| {
        let flow = Flow {
            arrived,
            resolved,
            in_time,
        };
        (at, flow)
    };
    Ok(rows.into_iter().map(flow).collect())
}

fn sum(quarters: &[(i64, Flow)], period: Period) -> Flow {
    let (start, end) = (period.start().micros(), period.end().micros());
    let from = quarters.partition_point(|(at, _)| *at < start);
    let to = quarters.partition_point(|(at, _)| *at <= end);
    let within = quarters.get(from..to).unwrap_or_default();
    within
        .iter()
        .fold(Flow::default(), |all, (_, flow)| all.and(*flow))
}

/// What is open and not put aside, by age: as many entries of one index as are open, and the few that are put aside.
fn aged(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    today: chrono::NaiveDate,
    zone: Tz,
    has_snoozed: bool,
) -> AppResult<Vec<super::model::Age>> {
    let snoozed: Vec<Ts> = if has_snoozed {
        exceptions::table
            .filter(exceptions::business_account_id.eq(account))
            .filter(exceptions::snoozed_until.is_not_null())
            .order((exceptions::due_at, exceptions::id))
            .select(exceptions::created_at)
            .load(conn)?
    } else {
        Vec::new()
    };
    let mut all = ages(today);
    for age in &mut all {
        let from = age.from.map_or(Ts::default(), |day| Ts::start_of(day, zone));
        let to = Ts::end_of(age.to, zone);
        let open: i64 = exceptions::table
            .filter(exceptions::business_account_id.eq(account))
            .filter(exceptions::is_open.eq(true))
            .filter(exceptions::created_at.between(from, to))
            .count()
            .get_result(conn)?;
        let aside = snoozed.iter().filter(|at| (from..=to).contains(*at)).count();
        age.n = open - i64::try_from(aside).unwrap_or_default();
    }
    Ok(all)
}

/// Everybody who may work, and whoever else has something or did something; the most first, nobody last.
fn people(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    counts: &TabCounts,
    mut resolved: HashMap<Option<TeamMemberId>, i64>,
) -> AppResult<Vec<Share>> {
    let nobody = Share {
        member: None,
        name: "Nobody".into(),
        open: counts.unassigned,
        resolved: resolved.remove(&None).unwrap_or_default(),
    };
    let mut open: HashMap<TeamMemberId, i64> = queries::loads(conn, account)?.into_iter().collect();
    let mut shares: Vec<Share> = queries::workers(conn, account)?
        .iter()
        .map(|worker| Share {
            member: Some(worker.id),
            name: worker.name(),
            open: open.remove(&worker.id).unwrap_or_default(),
            resolved: resolved.remove(&Some(worker.id)).unwrap_or_default(),
        })
        .collect();
    let mut others: Vec<TeamMemberId> = open
        .keys()
        .copied()
        .chain(resolved.keys().copied().flatten())
        .collect();
    others.sort_unstable();
    others.dedup();
    for id in others {
        let (open, resolved) = (
            open.get(&id).copied().unwrap_or_default(),
            resolved.get(&Some(id)).copied().unwrap_or_default(),
        );
        if open + resolved > 0 {
            let (name, _) = queries::person(conn, id)?;
            shares.push(Share {
                member: Some(id),
                name,
                open,
                resolved,
            });
        }
    }
    shares.sort_by(|a, b| (b.open, b.resolved, &a.name).cmp(&(a.open, a.resolved, &b.name)));
    shares.push(nobody);
    Ok(shares)
}
