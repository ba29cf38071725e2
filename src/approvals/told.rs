//! Who is told of an approval: those who may decide it, and the requester of what became of it.

use super::model::ApprovalRow;
use crate::{
    auth::{
        actor::{Actor, ActorKind},
        permission::Right,
    },
    db::Tx,
    exceptions::queries::workers,
    kernel::{
        error::AppResult,
        id::{Id, TeamMemberId},
    },
    notifications::{
        commands::tell_of,
        model::{About, Kind},
    },
};

/// Tells everybody who may give the next consent.
pub(super) fn deciders(tx: &mut Tx<'_>, row: &ApprovalRow, how: &str) -> AppResult<()> {
    let agreed: Vec<uuid::Uuid> = row.consents().into_iter().map(|c| c.by.uuid()).collect();
    let people = workers(tx.conn, row.business_account_id)?;
    for person in people.iter().filter(|p| p.role.may(Right::Supervise)) {
        if requester_of(row) != Some(person.id) && !agreed.contains(&person.id.uuid()) {
            let text = format!("{}: {how}", row.title);
            let whose = (row.business_account_id, person.id);
            tell_of(tx, whose, Kind::ApprovalAsked, About::Approval(row.id), text)?;
        }
    }
    Ok(())
}

/// Tells the requester, unless it was they who did it.
pub(super) fn requester(tx: &mut Tx<'_>, actor: &Actor, row: &ApprovalRow, how: &str) -> AppResult<()> {
    match requester_of(row) {
        Some(to) if actor.member() != Some(to) => {
            let text = format!("{}: {how}", row.title);
            let whose = (row.business_account_id, to);
            tell_of(tx, whose, Kind::ApprovalDecided, About::Approval(row.id), text)
        }
        _ => Ok(()),
    }
}

fn requester_of(row: &ApprovalRow) -> Option<TeamMemberId> {
    let id = row.requested_by_id.map(Id::uuid)?;
    (row.requested_by_kind == ActorKind::Employee).then(|| TeamMemberId::from_uuid(id))
}
