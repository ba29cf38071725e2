//! What people had when it was resolved: counted, and the queue that shows it. Reports, the workload and My work tell the
//! same numbers.

use std::collections::HashMap;

use super::{
    period::Period,
    queries::resolved_filter,
    spans::{Spans, held_by, holders},
};
use crate::{
    db::AnyConnection,
    exceptions::filter::RawFilter,
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, TeamMemberId},
    },
};

/// How many were resolved in a period, by who had them; nobody's without one.
pub fn resolved(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    period: Period,
    now: Ts,
) -> AppResult<HashMap<Option<TeamMemberId>, i64>> {
    holders(conn, account, &Spans::of(period, now))
}

/// How many one of them had.
pub fn resolved_of(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    member: TeamMemberId,
    period: Period,
    now: Ts,
) -> AppResult<i64> {
    held_by(conn, account, member, &Spans::of(period, now))
}

/// The queue behind such a number.
pub fn queue(holder: Option<TeamMemberId>, period: Period) -> RawFilter {
    RawFilter {
        assignee: holder.map_or_else(|| "UNASSIGNED".to_owned(), |id| id.to_string()),
        ..resolved_filter(period)
    }
}
