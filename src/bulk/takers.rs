//! To whom the exceptions of a plan may be given: everybody who works, those who can take none with the reason.

use super::{model::BulkRow, queries};
use crate::{
    auth::{actor::Actor, permission::Right},
    db::AnyConnection,
    desk::{hands, teams},
    exceptions::assign::OF_TEAM,
    kernel::{clock::Ts, error::AppResult},
};

/// Somebody, or a team, as an option of the form.
pub struct Taker {
    pub value: String,
    pub label: String,
    pub selected: bool,
    /// They can take none now: the label says why.
    pub closed: bool,
}

/// To whom `actor` may give: a supervisor and who has some of them to everybody, others to themselves alone. `chosen`
/// is the one that was chosen already.
pub(super) fn of(
    conn: &mut AnyConnection,
    actor: &Actor,
    row: &BulkRow,
    chosen: &str,
    now: Ts,
) -> AppResult<Vec<Taker>> {
    let account = actor.business_account;
    let gives_to_others = actor.may(Right::Supervise)
        || match actor.member() {
            Some(me) => queries::holds_any(conn, row, me)?,
            None => false,
        };
    let hands = hands::hands(conn, account, now)?;
    let mut takers: Vec<Taker> = hands
        .iter()
        .filter(|hand| gives_to_others || actor.member() == Some(hand.worker.id))
        .map(|hand| {
            let (value, closed) = (hand.worker.id.to_string(), hand.closed());
            Taker {
                selected: value == chosen,
                value,
                closed: closed.is_some(),
                label: format!(
                    "{}: {}",
                    hand.worker.name(),
                    closed.unwrap_or_else(|| hand.load())
                ),
            }
        })
        .collect();
    if gives_to_others {
        takers.extend(teams::list(conn, account)?.into_iter().map(|team| {
            let value = format!("{OF_TEAM}{}", team.row.id);
            let closed = hands::least_loaded(&hands, &team.members).is_none();
            let how = if closed {
                "nobody of it can take more now"
            } else {
                "whoever has the least"
            };
            Taker {
                selected: value == chosen,
                value,
                closed,
                label: format!("Team {}: {how}", team.row.name),
            }
        }));
    }
    Ok(takers)
}
