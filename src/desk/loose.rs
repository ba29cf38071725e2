//! When what somebody has may be taken over by others: its holder has done nothing with it for long, or is away. How
//! long is a policy; it begins with a working day, so that what somebody took in the morning is still theirs in the
//! afternoon, and free the next morning.

use std::time::Duration;

use super::absence;
use crate::{
    auth::actor::Actor,
    db::AnyConnection,
    exceptions::{model::Status, queries, row::ExceptionRow},
    kernel::{clock::Ts, error::AppResult},
    members,
    policies::{self, thresholds::Thresholds},
    web::time::span,
};

/// How long its holder has done nothing with an exception; none while the claim is firm.
pub fn idle(status: Status, held_at: Option<Ts>, now: Ts, idle_after: Duration) -> Option<String> {
    let length = now.since(held_at?);
    (matches!(status, Status::InProgress | Status::Reopened) && length >= idle_after).then(|| span(length))
}

/// Why `actor` may take it over without being a supervisor; none when its holder keeps it.
pub fn why(
    conn: &mut AnyConnection,
    row: &ExceptionRow,
    actor: &Actor,
    now: Ts,
) -> AppResult<Option<String>> {
    let Some(holder) = row.assignee_id.filter(|h| actor.member() != Some(*h)) else {
        return Ok(None);
    };
    if !matches!(row.status, Status::InProgress | Status::Reopened) {
        return Ok(None);
    }
    let (name, _) = queries::person(conn, holder)?;
    let thresholds: Thresholds = policies::rules::of(conn, actor.business_account)?;
    if let Some(length) = idle(row.status, row.held_at, now, thresholds.idle_after()) {
        return Ok(Some(format!("{name} has done nothing with it for {length}.")));
    }
    let today = members::queries::today(conn, actor.business_account, now)?;
    let away = absence::on(conn, actor.business_account, today)?
        .into_iter()
        .find(|a| a.member_id == holder && a.substitute_id.is_some() && a.substitute_id == actor.member());
    Ok(away.map(|a| format!("{name} is away {}, and you stand in.", a.days())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_firm_for_a_working_day() {
        let taken = Ts::from_micros(1_793_718_000_000_000);
        let firm = Thresholds::FIRST.idle_after();
        let after = |length: Duration| idle(Status::InProgress, Some(taken), taken.plus(length), firm);
        assert_eq!(after(firm.saturating_sub(Duration::from_millis(1))), None);
        assert_eq!(after(firm).as_deref(), Some("8 h"));
        let later = taken.plus(Duration::from_hours(100));
        assert_eq!(idle(Status::New, None, later, firm), None);
        assert_eq!(
            idle(Status::PendingResolution, Some(taken), later, firm),
            None,
            "it waits for others"
        );
    }
}
