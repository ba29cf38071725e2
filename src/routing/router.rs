//! Placing what is raised: the first rule that fits gives it to somebody who is here and has room, in the transaction
//! that raises it.

use diesel::prelude::*;

use super::rules::{Facts, Routing, Target};
use crate::{
    auth::actor::Actor,
    db::{Tx, schema::routing_turns},
    desk::{
        hands::{self, Hand},
        teams,
    },
    exceptions::{change::record, model::Status, row::ExceptionRow},
    history::EventKind,
    kernel::{
        error::AppResult,
        id::{BusinessAccountId, TeamId, TeamMemberId},
    },
    notifications::{self, model::Kind},
};

/// That a rule gave an exception to somebody.
#[derive(Clone, Debug)]
pub struct Placed {
    rule: String,
    email: String,
    name: String,
}

/// Gives what is about to be raised to whom the rules say. A rule that finds nobody who is here and has room leaves it
/// for everybody: a later rule is not asked, as the first that fits decides.
pub fn place(tx: &mut Tx<'_>, row: &mut ExceptionRow, routing: &Routing) -> AppResult<Option<Placed>> {
    let account = row.business_account_id;
    let Some(rule) = routing.first_that_fits(&Facts::from(&*row)) else {
        return Ok(None);
    };
    if rule.to == Target::Nobody {
        return Ok(None);
    }
    let hands = hands::hands(tx.conn, account, tx.now)?;
    let Some(hand) = choose(tx, account, rule.to, &hands)? else {
        return Ok(None);
    };
    row.assignee_id = Some(hand.worker.id);
    row.status = Status::InProgress;
    row.held_at = Some(tx.now);
    Ok(Some(Placed {
        rule: rule.name.clone(),
        email: hand.worker.email.clone(),
        name: hand.worker.name(),
    }))
}

fn choose<'a>(
    tx: &mut Tx<'_>,
    account: BusinessAccountId,
    to: Target,
    hands: &'a [Hand],
) -> AppResult<Option<&'a Hand>> {
    let members = |tx: &mut Tx<'_>, team: TeamId| {
        let all = teams::list(tx.conn, account)?;
        let found = all.into_iter().find(|t| t.row.id == team);
        AppResult::Ok(found.map(|t| t.members).unwrap_or_default())
    };
    Ok(match to {
        Target::Nobody => None,
        Target::Member(id) => hands.iter().find(|h| h.worker.id == id && h.closed().is_none()),
        Target::LeastLoaded(team) => hands::least_loaded(hands, &members(tx, team)?),
        Target::InTurn(team) => {
            let members = members(tx, team)?;
            let last = last_turn(tx, team)?;
            let next = next_in_turn(hands, &members, last);
            if let Some(hand) = next {
                take_turn(tx, team, hand.worker.id)?;
            }
            next
        }
    })
}

/// The next by name after `last` who is here and has room; from the end it begins again.
fn next_in_turn<'a>(
    hands: &'a [Hand],
    members: &[TeamMemberId],
    last: Option<TeamMemberId>,
) -> Option<&'a Hand> {
    let team: Vec<&Hand> = hands.iter().filter(|h| members.contains(&h.worker.id)).collect();
    let after = team
        .iter()
        .position(|h| Some(h.worker.id) == last)
        .map_or(0, |at| at + 1);
    let (before, rest) = team.split_at(after.min(team.len()));
    rest.iter().chain(before).copied().find(|h| h.closed().is_none())
}

fn last_turn(tx: &mut Tx<'_>, team: TeamId) -> AppResult<Option<TeamMemberId>> {
    Ok(routing_turns::table
        .find(team)
        .select(routing_turns::member_id)
        .first(tx.conn)
        .optional()?)
}

fn take_turn(tx: &mut Tx<'_>, team: TeamId, member: TeamMemberId) -> AppResult<()> {
    diesel::delete(routing_turns::table.find(team)).execute(tx.conn)?;
    diesel::insert_into(routing_turns::table)
        .values((
            routing_turns::team_id.eq(team),
            routing_turns::member_id.eq(member),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Writes into the history which rule placed what was raised, and tells whoever got it.
pub fn tell(tx: &mut Tx<'_>, row: &ExceptionRow, placed: &Placed) -> AppResult<()> {
    let actor = Actor::internal(row.business_account_id);
    let text = format!("gave it to {}: routing rule “{}”", placed.name, placed.rule);
    record(
        tx,
        &actor,
        row.id,
        EventKind::AssignedTo,
        ("", &placed.email),
        &text,
    )?;
    let values = (Status::New.as_str(), row.status.as_str());
    let text = format!("moved it from {} to {}", Status::New.word(), row.status.word());
    record(tx, &actor, row.id, EventKind::StatusChange, values, &text)?;
    if let Some(to) = row.assignee_id {
        let how = format!("routed to you by “{}”.", placed.rule);
        notifications::commands::tell(tx, row, to, Kind::Assigned, &how)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{auth::permission::Role, exceptions::queries::Worker, kernel::clock::Ts};

    #[test]
    fn turns_go_round_and_leave_out_who_can_take_no_more() {
        let hand = |n: i64, limit: Option<i64>| Hand {
            worker: Worker {
                id: TeamMemberId::generate(Ts::from_micros(n)),
                first_name: String::new(),
                last_name: String::new(),
                email: String::new(),
                role: Role::Clerk,
            },
            away: None,
            limit,
            open: 0,
        };
        let hands = [hand(1, None), hand(2, Some(0)), hand(3, None), hand(4, None)];
        let ids: Vec<TeamMemberId> = hands.iter().map(|h| h.worker.id).collect();
        let team = &ids[..3];
        let next = |last: Option<TeamMemberId>| next_in_turn(&hands, team, last).map(|h| h.worker.id);
        assert_eq!(next(None), Some(ids[0]));
        assert_eq!(next(Some(ids[0])), Some(ids[2]), "the second is full");
        assert_eq!(next(Some(ids[2])), Some(ids[0]));
        assert_eq!(
            next(Some(ids[3])),
            Some(ids[0]),
            "the last is not in the team any more"
        );
        assert_eq!(next_in_turn(&hands, &ids[1..2], None).map(|h| h.worker.id), None);
    }
}
