//! Which exceptions a queue has, as SQL, and by which index they are found.

use std::ops::RangeInclusive;

use diesel::{dsl, helper_types::IntoBoxed, prelude::*, sql_types};

use super::{
    filter::{Filter, Holder, NO_CODE, SortBy, Tab},
    model::Status,
};
use crate::{
    db::{
        AnyConnection, MultiBackend,
        kept::fixed,
        led::led,
        schema::{exception_sources, exceptions, team_places},
        types::UuidSql,
    },
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, TeamMemberId},
    },
    search,
    web::time::SOON,
};

/// A queue's query.
pub type Listed<'a> = IntoBoxed<'a, exceptions::table, MultiBackend>;

/// How what a queue has is found in its order. PostgreSQL, which counts its rows, finds the way itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As SQLite's planner likes: one index has both the filter and the order.
    Free,
    /// By the index of a filter, then sorted: there are few.
    Narrow,
    /// Along the index of the order, passing over what the filter leaves out: there are many, so a page is soon full,
    /// unless they all are at the other end.
    Walk,
}

/// A part of a queue with an index of its own: a queue over several looks at each from the same edge on.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// Either half of every index.
    pub is_open: bool,
    /// The codes that are asked for in this part; none for any.
    codes: Vec<&'a str>,
    /// The day on which what is in this part was raised, counted in UTC since 1970; none for any.
    day: Option<i64>,
}

/// So many codes are looked at one by one, each along its own index.
const CODES: usize = 16;

/// So many days are looked at one by one: those that a month of any zone touches, and tomorrow.
const DAYS: i64 = 33;

/// The parts of a queue.
pub fn parts(filter: &Filter) -> Vec<Part<'_>> {
    let halves: &[bool] = match filter.tab {
        Tab::All => &[true, false],
        Tab::Resolved => &[false],
        _ => &[true],
    };
    let codes = filter.code.iter().flat_map(|codes| codes.split(','));
    let mut codes: Vec<&str> = codes.map(str::trim).collect();
    codes.sort_unstable();
    codes.dedup();
    let each: Vec<Vec<&str>> = if codes.is_empty() || is_picked(filter) {
        vec![codes]
    } else if codes.len() > CODES {
        // No index has both those with these codes and those without any.
        let (without, with): (Vec<&str>, Vec<&str>) = codes.iter().partition(|code| **code == NO_CODE);
        [without, with]
            .into_iter()
            .filter(|codes| !codes.is_empty())
            .collect()
    } else {
        codes.into_iter().map(|code| vec![code]).collect()
    };
    let part = |is_open| {
        each.iter().map(move |codes| Part {
            is_open,
            codes: codes.clone(),
            day: None,
        })
    };
    halves.iter().flat_map(|is_open| part(*is_open)).collect()
}

/// The parts of a queue of which a page is looked for. What was raised on some days, in the order of the due times, is a
/// part for each day: all that was raised on them would have to be sorted for a page, a day is sorted in its index. On
/// PostgreSQL too, where each part is a way to the database and back.
pub fn parts_of_page(filter: &Filter, now: Ts) -> Vec<Part<'_>> {
    let parts = parts(filter);
    let Some(days) = days(filter, now) else {
        return parts;
    };
    let on = |day| {
        parts.iter().cloned().map(move |part| Part {
            day: Some(day),
            ..part
        })
    };
    days.flat_map(on).collect()
}

/// The days that are looked at one by one, if there are few and nothing is asked for that their index does not have.
fn days(filter: &Filter, now: Ts) -> Option<RangeInclusive<i64>> {
    let (Some(from), to) = filter.created else {
        return None;
    };
    // The clock of another node may be ahead of this one's.
    let tomorrow = day_of(now) + 1;
    let days = day_of(from)..=to.map_or(tomorrow, |to| day_of(to).min(tomorrow));
    let besides = Filter {
        created: (None, None),
        due: (None, None),
        ..filter.clone()
    };
    let has_them = matches!(
        filter.tab,
        Tab::Open | Tab::Soon | Tab::Overdue | Tab::Resolved | Tab::All
    );
    let are_few = days.end() - days.start() < DAYS;
    (filter.sort.by == SortBy::Due && has_them && besides.is_whole_tab() && are_few).then_some(days)
}

/// The day of a time, as [`ON_DAY`] has it: SQL, too, rounds what was before 1970 up.
fn day_of(at: Ts) -> i64 {
    at.micros() / 86_400_000_000
}

/// The day on which an exception was raised, as its index has it.
const ON_DAY: &str = "(exceptions.created_at / 86400000000)";

fn has_many_codes(filter: &Filter) -> bool {
    let separators = |codes: &String| codes.bytes().filter(|byte| *byte == b',').count();
    filter
        .code
        .as_ref()
        .is_some_and(|codes| separators(codes) >= CODES)
}

/// Whether it is what was resolved of some codes, in the order of the tab, and no other value is asked for: that has an
/// index.
const fn is_resolved_of_codes(filter: &Filter) -> bool {
    matches!((filter.tab, filter.sort.by), (Tab::Resolved, SortBy::Updated))
        && filter.code.is_some()
        && filter.kind.is_none()
        && filter.severity.is_none()
        && filter.holder.is_none()
        && filter.status.is_none()
        && filter.source.is_none()
        && filter.in_time.is_none()
}

/// The one amount that is asked for, if it is one.
fn one_amount(filter: &Filter) -> Option<i64> {
    let (from, to) = filter.amount;
    from.filter(|_| from == to)
}

/// What has the words, is of the file or is put aside is looked up by that, and sorted.
fn is_picked(filter: &Filter) -> bool {
    filter.text.is_some() || filter.import.is_some() || filter.tab == Tab::Snoozed
}

/// Whether there is nothing to choose for a page: one index has what is asked for in the order that is asked for, or, by due
/// time, one of the filters.
pub fn has_index(filter: &Filter, now: Ts) -> bool {
    let by = filter.sort.by;
    let of_kind = filter.kind.is_some();
    let of_severity = filter.severity.is_some();
    let is_otherwise = filter.code.is_some()
        || filter.holder.is_some()
        || filter.status.is_some()
        || filter.source.is_some()
        || !matches!(filter.tab, Tab::Open | Tab::Resolved | Tab::All);
    let is_in_order = |range: bool, column: SortBy| !range || by == column;
    // The index of one amount goes on with the due time.
    let is_one_amount = one_amount(filter).is_some() && !of_kind && !of_severity && !is_otherwise;
    let amounts_are = is_in_order(filter.amount != (None, None), SortBy::Amount);
    let ranges_are = (amounts_are || (is_one_amount && by == SortBy::Due))
        && is_in_order(filter.created != (None, None), SortBy::Created)
        && is_in_order(filter.due != (None, None), SortBy::Due)
        && is_in_order(filter.resolved != (None, None), SortBy::Updated)
        && is_in_order(filter.in_time.is_some(), SortBy::Updated);
    let goes_on = match by {
        SortBy::Updated if is_resolved_of_codes(filter) => !has_many_codes(filter),
        // Of a team there is no index, nor of many codes at once.
        SortBy::Due => !matches!(filter.holder, Some(Holder::Team(_))) && !has_many_codes(filter),
        SortBy::Amount => !of_severity && !is_otherwise,
        SortBy::Created => !of_kind && !is_otherwise,
        SortBy::Updated | SortBy::Severity => !of_kind && !of_severity && !is_otherwise,
    };
    is_picked(filter) || (ranges_are && goes_on) || days(filter, now).is_some()
}

/// What a part of a queue has, in no order.
pub fn listed<'a>(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    me: TeamMemberId,
    (filter, part, way): (&'a Filter, &Part<'a>, Way),
    now: Ts,
) -> AppResult<Listed<'a>> {
    let query = exceptions::table.into_boxed::<MultiBackend>();
    if is_empty(filter, part) {
        // Neither database has to look for it.
        return Ok(query.filter(fixed::<sql_types::Bool>("(1=0)")));
    }
    let is_sqlite = matches!(conn, AnyConnection::Sqlite(_));
    let query = if is_sqlite && filter.text.is_some() {
        // The plus keeps SQLite from walking all that the business account has: it begins with what has the words.
        query.filter(
            dsl::sql::<sql_types::Bool>("+exceptions.business_account_id = ").bind::<UuidSql, _>(account),
        )
    } else {
        query.filter(exceptions::business_account_id.eq(account))
    };
    let query = match &filter.text {
        None => query,
        Some(terms) => {
            let (before, asked, after) = search::queries::condition(conn, account, terms)?;
            query.filter(
                dsl::sql::<sql_types::Bool>(before)
                    .bind::<sql_types::Text, _>(asked)
                    .sql(&after),
            )
        }
    };
    let query = match filter.tab {
        // There are few, and they have an index of their own.
        Tab::Snoozed => query
            .filter(exceptions::snoozed_until.is_not_null())
            .filter(led(exceptions::is_open, is_sqlite).eq(true)),
        Tab::All => query.filter(exceptions::is_open.eq(part.is_open)),
        // What waits is open, and has an index of its own, which does not say so.
        Tab::Waiting if way != Way::Walk && !is_of_one(filter) => {
            query.filter(exceptions::snoozed_until.is_null())
        }
        _ => query
            .filter(exceptions::snoozed_until.is_null())
            .filter(exceptions::is_open.eq(part.is_open)),
    };
    let query = match filter.tab {
        Tab::Waiting => {
            // What one person has is less than what waits.
            let has_better = way == Way::Walk && filter.sort.by != SortBy::Due || is_of_one(filter);
            // As the index of just these has it.
            let waits = fixed::<sql_types::Bool>(
                "(exceptions.status = 'PENDING_RESOLUTION' OR exceptions.waiting_since IS NOT NULL)",
            );
            query.filter(led(waits, has_better && is_sqlite))
        }
        _ => of_tab(query, me, filter, way, now),
    };
    Ok(narrowed(query, (filter, part, way), is_sqlite))
}

/// Whether it is what one person has.
const fn is_of_one(filter: &Filter) -> bool {
    matches!(filter.holder, Some(Holder::Member(_)))
}

/// Whether what is asked for contradicts itself.
fn is_empty(filter: &Filter, part: &Part<'_>) -> bool {
    let is_other_half = filter
        .status
        .is_some_and(|status| (status == Status::Resolved) == part.is_open);
    is_other_half || (filter.is_of_resolved() && part.is_open)
}

fn of_tab<'a>(query: Listed<'a>, me: TeamMemberId, filter: &Filter, way: Way, now: Ts) -> Listed<'a> {
    let walks = way == Way::Walk && filter.sort.by != SortBy::Due;
    let due_at = || led(exceptions::due_at, walks);
    let assignee = || led(exceptions::assignee_id, walks);
    match filter.tab {
        Tab::Mine => query.filter(assignee().eq(me)),
        Tab::Unassigned => query.filter(assignee().is_null()),
        Tab::Soon => query.filter(due_at().ge(now)).filter(due_at().le(now.plus(SOON))),
        Tab::Overdue => query.filter(due_at().lt(now)),
        Tab::Waiting | Tab::Open | Tab::Snoozed | Tab::Resolved | Tab::All => query,
    }
}

fn narrowed<'a>(
    mut query: Listed<'a>,
    (filter, part, way): (&'a Filter, &Part<'a>, Way),
    is_sqlite: bool,
) -> Listed<'a> {
    // What waits and what is put aside have indexes of just these, by due time, which are short.
    let has_own = match filter.tab {
        Tab::Snoozed => is_sqlite,
        Tab::Waiting => is_sqlite && !is_of_one(filter),
        _ => false,
    };
    let passes_over = |by| {
        let walks_its_own = has_own && (way != Way::Walk || filter.sort.by == SortBy::Due);
        (way == Way::Walk && filter.sort.by != by) || (walks_its_own && by != SortBy::Due)
    };
    // A filter by one value has an index that goes on with the due time.
    let walks = has_own || passes_over(SortBy::Due);
    if let Some(kind) = filter.kind {
        query = query.filter(led(exceptions::kind, walks).eq(kind));
    }
    let code = led(exceptions::code, walks);
    query = match part.codes[..] {
        [] => query,
        [NO_CODE] => query.filter(code.is_null()),
        [one] => query.filter(code.eq(one)),
        _ if part.codes.contains(&NO_CODE) => {
            query.filter(code.is_null().nullable().or(code.eq_any(part.codes.clone())))
        }
        _ => query.filter(code.eq_any(part.codes.clone())),
    };
    if let Some(severity) = filter.severity {
        query = query.filter(led(exceptions::severity, walks).eq(severity));
    }
    let assignee = led(exceptions::assignee_id, walks);
    query = match filter.holder {
        Some(Holder::Nobody) => query.filter(assignee.is_null()),
        Some(Holder::Member(id)) => query.filter(assignee.eq(id)),
        Some(Holder::Team(team)) => {
            let of_team = team_places::table
                .filter(team_places::team_id.eq(team))
                .select(team_places::member_id.nullable());
            query.filter(assignee.eq_any(of_team))
        }
        None => query,
    };
    if let Some(status) = filter.status {
        query = query.filter(led(exceptions::status, walks).eq(status));
    }
    if let Some(source) = filter.source {
        query = query.filter(led(exceptions::source, walks).eq(source));
    }
    if let Some(import) = filter.import {
        let of_import = exception_sources::table
            .filter(exception_sources::import_id.eq(import))
            .select(exception_sources::exception_id);
        query = query.filter(exceptions::id.eq_any(of_import));
    }
    if let Some(day) = part.day {
        query = query.filter(fixed::<sql_types::BigInt>(ON_DAY).eq(day));
    }
    macro_rules! between {
        ($column:expr, $range:expr, $is_led:expr) => {
            let column = || led($column, $is_led);
            if let Some(from) = $range.0 {
                query = query.filter(column().ge(from));
            }
            if let Some(to) = $range.1 {
                query = query.filter(column().le(to));
            }
        };
    }
    let has_day = is_sqlite && part.day.is_some();
    if let Some(amount) = one_amount(filter) {
        query = query.filter(led(exceptions::amount, walks && passes_over(SortBy::Amount)).eq(amount));
    } else {
        between!(exceptions::amount, filter.amount, passes_over(SortBy::Amount));
    }
    between!(
        exceptions::created_at,
        filter.created,
        has_day || passes_over(SortBy::Created)
    );
    between!(exceptions::due_at, filter.due, passes_over(SortBy::Due));
    between!(
        exceptions::updated_at,
        filter.resolved,
        passes_over(SortBy::Updated)
    );
    if is_resolved_of_codes(filter) {
        // As the index of just these has it.
        query = query.filter(fixed::<sql_types::Bool>("(NOT exceptions.is_open)"));
    }
    if let Some(is_in_time) = filter.in_time {
        // As the index of just these has it.
        let timely = fixed::<sql_types::Bool>(if is_in_time {
            "(NOT exceptions.is_open AND exceptions.updated_at <= exceptions.due_at)"
        } else {
            "(exceptions.updated_at > exceptions.due_at)"
        });
        query = query.filter(led(timely, passes_over(SortBy::Updated)));
    }
    if filter.due.0.is_some() {
        // What stands still is due on no day.
        query = query.filter(exceptions::due_at.lt(Ts::NEVER));
    }
    query
}
