//! How many open exceptions somebody has at most: so that what is taken is worked, and not kept.

use diesel::prelude::*;

use crate::{
    auth::{actor::Actor, permission::Right},
    db::{AnyConnection, Tx, schema::memberships},
    exceptions::queries,
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        count::{self, grouped},
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, TeamMemberId},
    },
    on_backend,
};

/// The largest limit that makes sense: what is never reached is no limit.
const LARGEST: i64 = 10_000;

/// Reads a limit as it is typed; empty for none.
///
/// # Errors
/// A sentence for the field.
pub fn parse(typed: &str) -> Result<Option<i64>, String> {
    match typed.trim() {
        "" => Ok(None),
        text => count::read(text)
            .filter(|n| (1..=LARGEST).contains(n))
            .map(Some)
            .ok_or_else(|| format!("Give a number from 1 to {}, or nothing.", grouped(LARGEST))),
    }
}

/// Who has a limit, and which.
pub fn all(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Vec<(TeamMemberId, i64)>> {
    let found: Vec<(TeamMemberId, Option<i64>)> = memberships::table
        .filter(memberships::business_account_id.eq(account))
        .filter(memberships::work_limit.is_not_null())
        .select((memberships::team_member_id, memberships::work_limit))
        .load(conn)?;
    Ok(found
        .into_iter()
        .filter_map(|(member, limit)| Some((member, limit?)))
        .collect())
}

/// The limit of one; none without.
pub fn of(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    member: TeamMemberId,
) -> AppResult<Option<i64>> {
    let limit: Option<Option<i64>> = on_backend!(conn, |conn| {
        memberships::table
            .find((account, member))
            .select(memberships::work_limit)
            .first(conn)
            .optional()
    })?;
    Ok(limit.flatten())
}

/// Refuses to let somebody take one more than they may.
///
/// # Errors
/// `RULE_REFUSES`.
pub fn check_own(conn: &mut AnyConnection, account: BusinessAccountId, me: TeamMemberId) -> AppResult<()> {
    let Some(limit) = of(conn, account, me)? else {
        return Ok(());
    };
    let open = queries::count_mine(conn, account, me)?;
    if open < limit {
        return Ok(());
    }
    let why = format!(
        "You have {} open exceptions, and your limit is {}. Resolve or release one first.",
        grouped(open),
        grouped(limit)
    );
    Err(AppError::refused(Code::RuleRefuses, why))
}

/// Sets how many `member` has at most; none for no limit. What they have more of already stays theirs.
///
/// # Errors
/// `Forbidden`; `NotFound` for who does not work exceptions here.
pub fn set(tx: &mut Tx<'_>, actor: &Actor, member: TeamMemberId, limit: Option<i64>) -> AppResult<()> {
    actor.require(Right::Supervise)?;
    let account = actor.business_account;
    let workers = queries::workers(tx.conn, account)?;
    let name = workers
        .iter()
        .find(|w| w.id == member)
        .map(queries::Worker::name)
        .ok_or(AppError::NotFound)?;
    let place = memberships::table.find((account, member));
    let before: Option<i64> = place.select(memberships::work_limit).first(tx.conn)?;
    if before == limit {
        return Ok(());
    }
    diesel::update(place)
        .set(memberships::work_limit.eq(limit))
        .execute(tx.conn)?;
    let words = |limit: Option<i64>| limit.map_or_else(|| "no limit".to_owned(), grouped);
    let happening = Happening {
        entity_type: EntityType::TeamMember,
        entity_id: member.uuid(),
        kind: EventKind::Edit,
        previous: &words(before),
        new: &words(limit),
        description: &format!("{name} has at most so many open exceptions: {}", words(limit)),
    };
    history::record(tx, actor, &happening)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_or_nothing() {
        assert_eq!(parse(" "), Ok(None));
        assert_eq!(parse("25"), Ok(Some(25)));
        assert_eq!(parse("1,000"), Ok(Some(1000)));
        for wrong in ["0", "-1", "10001", "many", "2.5"] {
            assert_eq!(
                parse(wrong),
                Err("Give a number from 1 to 10,000, or nothing.".into()),
                "{wrong}"
            );
        }
    }
}
