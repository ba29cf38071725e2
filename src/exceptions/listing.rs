//! The SQL of the API's lists. The rows of a page are found by ids along an index, then loaded; open and resolved ones
//! are two halves of every index, so a list over both looks at each from the same edge on and merges them.

use diesel::{dsl, helper_types::IntoBoxed, prelude::*, sql_types::Text};

use super::{
    filter::Holder,
    model::Status,
    queries,
    row::ExceptionRow,
    wanted::{Stand, Wanted},
};
use crate::{
    db::{
        AnyConnection, MultiBackend,
        paging::{Edge, Ends, Order, Slice, Window},
        schema::{exception_counts, exceptions, team_members},
    },
    kernel::{
        error::AppResult,
        id::{BusinessAccountId, ExceptionId, TeamMemberId},
    },
    keyset,
};

type Listed<'a> = IntoBoxed<'a, exceptions::table, MultiBackend>;

/// A page of the exceptions that are asked for, and the edges of it.
pub fn page(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    wanted: &Wanted,
    order: &Order,
    window: &Window,
) -> AppResult<(Slice<ExceptionRow>, Ends)> {
    let found = find(conn, account, wanted, order, window.edge, window.reach())?;
    let (slice, ends) = Slice::cut_sorted(found, window, |id| id.uuid());
    let rows = queries::list_in_order(conn, account, &slice.rows)?;
    Ok((slice.with(rows), ends))
}

/// The ids of the first so many that are asked for, the newest first.
pub fn ids(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    wanted: &Wanted,
    order: &Order,
    limit: i64,
) -> AppResult<Vec<ExceptionId>> {
    let found = find(conn, account, wanted, order, None, limit)?;
    Ok(found.into_iter().map(|(_, id)| id).collect())
}

/// How many are asked for. All of them are counted by triggers; the rest is counted here.
pub fn count(conn: &mut AnyConnection, account: BusinessAccountId, wanted: &Wanted) -> AppResult<i64> {
    if wanted.is_everything() {
        let kept: Vec<i64> = exception_counts::table
            .filter(exception_counts::business_account_id.eq(account))
            .filter(exception_counts::tab.eq_any(["OPEN", "SNOOZED", "RESOLVED"]))
            .select(exception_counts::n)
            .load(conn)?;
        return Ok(kept.iter().sum());
    }
    let query = narrowed(conn, account, wanted)?;
    Ok(query.count().get_result(conn)?)
}

/// Sort values and ids from the edge on, at most `limit`, in the order they are looked at.
fn find(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    wanted: &Wanted,
    order: &Order,
    edge: Option<Edge>,
    limit: i64,
) -> AppResult<Vec<(i64, ExceptionId)>> {
    // The index of Matcher's statuses has no halves.
    let has_halves = |sql: &str| !order.is_unkept && !sql.starts_with("CAST");
    let halves: Vec<Option<bool>> = match order.keys[..] {
        [key] if has_halves(key.sql) => wanted.halves().into_iter().map(Some).collect(),
        _ => vec![None],
    };
    let mut found: Vec<(i64, ExceptionId)> = Vec::new();
    for half in &halves {
        let mut query = narrowed(conn, account, wanted)?;
        if let Some(open) = half {
            query = query.filter(exceptions::is_open.eq(*open));
        }
        let query = keyset!(query, exceptions::id, order, edge);
        let value = order.first_value();
        found.extend(
            query
                .select((value, exceptions::id))
                .limit(limit)
                .load::<(i64, ExceptionId)>(conn)?,
        );
    }
    if halves.len() > 1 {
        found.sort_unstable();
        if order.descending != edge.is_some_and(|e| e.backwards) {
            found.reverse();
        }
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    Ok(found)
}

fn narrowed<'a>(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    wanted: &'a Wanted,
) -> AppResult<Listed<'a>> {
    let mut query = exceptions::table
        .into_boxed::<MultiBackend>()
        .filter(exceptions::business_account_id.eq(account));
    if let Some(from) = wanted.created.0 {
        query = query.filter(exceptions::created_at.ge(from));
    }
    if let Some(to) = wanted.created.1 {
        query = query.filter(exceptions::created_at.le(to));
    }
    if let Some(category) = wanted.category {
        query = query.filter(exceptions::category.eq(category));
    }
    if let Some(kind) = wanted.kind {
        query = query.filter(exceptions::kind.eq(kind));
    }
    if !wanted.statuses.is_empty() {
        query = query.filter(exceptions::status.eq_any(&wanted.statuses));
    }
    if !wanted.severities.is_empty() {
        query = query.filter(exceptions::severity.eq_any(&wanted.severities));
    }
    if let Some(system) = &wanted.external_system {
        query = query.filter(exceptions::external_system.eq(system));
    }
    query = held(conn, query, wanted)?;
    query = standing(query, &wanted.stands);
    Ok(reasoned(conn, query, wanted))
}

/// By the holder. An address that nobody has is held by nobody we know, so nothing is found.
fn held<'a>(conn: &mut AnyConnection, query: Listed<'a>, wanted: &Wanted) -> AppResult<Listed<'a>> {
    let members: Vec<TeamMemberId> = wanted
        .holders
        .iter()
        .filter_map(|holder| match holder {
            Holder::Member(id) => Some(*id),
            Holder::Nobody | Holder::Team(_) => None,
        })
        .collect();
    let query = match (wanted.holders.contains(&Holder::Nobody), members.is_empty()) {
        (true, true) => query.filter(exceptions::assignee_id.is_null()),
        (true, false) => query.filter(
            exceptions::assignee_id
                .is_null()
                .or(exceptions::assignee_id.eq_any(members.into_iter().map(Some))),
        ),
        (false, false) => query.filter(exceptions::assignee_id.eq_any(members.into_iter().map(Some))),
        (false, true) => query,
    };
    let Some(email) = &wanted.holder_email else {
        return Ok(query);
    };
    let named: Option<TeamMemberId> = team_members::table
        .filter(team_members::email.eq(email))
        .select(team_members::id)
        .first(conn)
        .optional()?;
    Ok(query.filter(exceptions::assignee_id.eq_any(named.into_iter().map(Some))))
}

/// By Matcher's statuses, which depend on the holder too.
fn standing<'a>(query: Listed<'a>, stands: &[Stand]) -> Listed<'a> {
    if stands.is_empty() {
        return query;
    }
    let (mut free, mut held) = (Vec::new(), Vec::new());
    for stand in stands {
        match stand {
            Stand::Open => free.extend([Status::New, Status::Reopened]),
            Stand::Assigned => {
                free.push(Status::InProgress);
                held.extend([Status::New, Status::Reopened, Status::InProgress]);
            }
            Stand::PendingResolution => {
                free.push(Status::PendingResolution);
                held.push(Status::PendingResolution);
            }
            Stand::Resolved => {
                free.push(Status::Resolved);
                held.push(Status::Resolved);
            }
        }
    }
    let free = exceptions::assignee_id
        .is_null()
        .and(exceptions::status.eq_any(free));
    let held = exceptions::assignee_id
        .is_not_null()
        .and(exceptions::status.eq_any(held));
    query.filter(free.or(held))
}

/// By reason or code, whole or in part.
fn reasoned<'a>(conn: &AnyConnection, mut query: Listed<'a>, wanted: &'a Wanted) -> Listed<'a> {
    if !wanted.reasons.is_empty() {
        let code = exceptions::reason
            .is_null()
            .and(exceptions::code.eq_any(&wanted.reasons));
        query = query.filter(exceptions::reason.eq_any(&wanted.reasons).or(code));
    }
    let Some(search) = &wanted.search else {
        return query;
    };
    let pattern = |text: &str| {
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        format!("%{}%", escaped.to_uppercase())
    };
    let text = |sql: &str| dsl::sql::<Text>(sql);
    let id = match conn {
        AnyConnection::Sqlite(_) => "coalesce(hex(exceptions.transaction_id), '')",
        AnyConnection::Postgres(_) => {
            "coalesce(upper(replace(exceptions.transaction_id::text, '-', '')), '')"
        }
    };
    query.filter(
        text("coalesce(upper(exceptions.reason), '')")
            .like(pattern(search))
            .escape('\\')
            .or(text("coalesce(upper(exceptions.code), '')")
                .like(pattern(search))
                .escape('\\'))
            .or(text(id).like(pattern(&search.replace('-', ""))).escape('\\')),
    )
}
