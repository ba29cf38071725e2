//! Saving, changing, ordering and removing queues; and where a role begins.

use super::{
    model::{SavedQueue, canonical},
    queries,
};
use crate::{
    auth::{
        actor::Actor,
        permission::{Right, Role},
    },
    db::Tx,
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        error::{AppError, AppResult, Code},
        id::{SavedQueueId, TeamMemberId},
        text::Title,
    },
};

/// So many a person keeps, and so many there are for everybody: more is not a choice any more.
const MOST: usize = 30;

fn member(actor: &Actor) -> AppResult<TeamMemberId> {
    actor.member().ok_or(AppError::NotFound)
}

/// Saves a queue, as the last of its kind.
///
/// # Errors
/// `Forbidden` for one for everybody without the right to supervise; `RuleRefuses` when there are too many; `Invalid`
/// when another of the group has the name.
pub fn save(
    tx: &mut Tx<'_>,
    actor: &Actor,
    name: &Title,
    query: &str,
    is_shared: bool,
) -> AppResult<SavedQueue> {
    if is_shared {
        actor.require(Right::Supervise)?;
    }
    let owner_id = member(actor)?;
    let group = group(tx, actor, owner_id, is_shared)?;
    if group.len() >= MOST {
        let why = format!("There are {MOST} of these already: remove one first.");
        return Err(AppError::refused(Code::RuleRefuses, why));
    }
    check_name(&group, None, name, whose(actor, actor.member(), is_shared))?;
    let queue = SavedQueue {
        id: SavedQueueId::generate(tx.now),
        business_account_id: actor.business_account,
        owner_id,
        name: name.as_str().to_owned(),
        query: canonical(query),
        is_shared,
        position: group.last().map_or(1, |last| last.position + 1),
        created_at: tx.now,
        version: 1,
    };
    queries::insert(tx.conn, &queue)?;
    tell(tx, actor, &queue, ("", &queue.name), "saved the queue")?;
    Ok(queue)
}

/// Those that are ordered together: one person's own, or those for everybody.
fn group(tx: &mut Tx<'_>, actor: &Actor, owner: TeamMemberId, is_shared: bool) -> AppResult<Vec<SavedQueue>> {
    Ok(queries::list(tx.conn, actor.business_account)?
        .into_iter()
        .filter(|q| q.is_shared == is_shared && (is_shared || q.owner_id == owner))
        .collect())
}

/// Whose queues those of a group are, for a sentence to `actor`.
fn whose(actor: &Actor, owner: Option<TeamMemberId>, is_shared: bool) -> &'static str {
    match (is_shared, owner == actor.member()) {
        (true, _) => "that everybody sees",
        (false, true) => "of yours",
        (false, false) => "of its owner",
    }
}

/// Refuses a name that another of the group has, in large or small letters: who reads both could not tell them apart.
fn check_name(
    group: &[SavedQueue],
    itself: Option<SavedQueueId>,
    name: &Title,
    whose: &str,
) -> AppResult<()> {
    let wanted = name.as_str().to_lowercase();
    let Some(other) = group
        .iter()
        .find(|other| Some(other.id) != itself && other.name.to_lowercase() == wanted)
    else {
        return Ok(());
    };
    let why = format!(
        "A queue {whose} is called “{}” already: give another name.",
        other.name
    );
    Err(AppError::field("name", why))
}

/// Gives a queue another name, or makes it one's own or everybody's.
///
/// # Errors
/// `NotFound`; `Forbidden`; `Stale`; `Invalid` when another of the group has the name.
pub fn change(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: SavedQueueId,
    name: &Title,
    is_shared: bool,
    seen: Option<i64>,
) -> AppResult<SavedQueue> {
    let me = member(actor)?;
    let mut queue = queries::get(tx.conn, actor.business_account, me, id)?;
    queue.check(actor)?;
    if seen.is_some_and(|seen| seen != queue.version) {
        return Err(AppError::refused(
            Code::Stale,
            "Somebody changed it since you opened it.",
        ));
    }
    let former = queue.name.clone();
    if is_shared != queue.is_shared {
        actor.require(Right::Supervise)?;
    }
    let others = group(tx, actor, queue.owner_id, is_shared)?;
    check_name(
        &others,
        Some(id),
        name,
        whose(actor, Some(queue.owner_id), is_shared),
    )?;
    if is_shared != queue.is_shared {
        queue.position = others.last().map_or(1, |last| last.position + 1);
        queue.is_shared = is_shared;
        // Where others begin is for everybody to see.
        queries::forget_defaults(tx.conn, id)?;
    }
    name.as_str().clone_into(&mut queue.name);
    queue.version += 1;
    queries::update(tx.conn, &queue)?;
    tell(tx, actor, &queue, (&former, &queue.name), "changed the queue")?;
    Ok(queue)
}

/// Takes a queue away; the exceptions in it are untouched.
///
/// # Errors
/// `NotFound`; `Forbidden`.
pub fn remove(tx: &mut Tx<'_>, actor: &Actor, id: SavedQueueId) -> AppResult<SavedQueue> {
    let queue = queries::get(tx.conn, actor.business_account, member(actor)?, id)?;
    queue.check(actor)?;
    queries::delete(tx.conn, id)?;
    tell(tx, actor, &queue, (&queue.name, ""), "removed the queue")?;
    Ok(queue)
}

/// Where a queue stands among its kind, counted from 1, and of how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub name: String,
    pub at: usize,
    pub of: usize,
    pub has_moved: bool,
}

/// Moves a queue one place up or down among its kind; at the end it stays.
///
/// # Errors
/// `NotFound`; `Forbidden`.
pub fn shift(tx: &mut Tx<'_>, actor: &Actor, id: SavedQueueId, up: bool) -> AppResult<Place> {
    let queue = queries::get(tx.conn, actor.business_account, member(actor)?, id)?;
    queue.check(actor)?;
    let mut group = group(tx, actor, queue.owner_id, queue.is_shared)?;
    let Some(at) = group.iter().position(|q| q.id == id) else {
        return Err(AppError::NotFound);
    };
    let last = group.len() - 1;
    let to = if up {
        at.saturating_sub(1)
    } else {
        (at + 1).min(last)
    };
    let place = Place {
        name: queue.name,
        at: to + 1,
        of: group.len(),
        has_moved: to != at,
    };
    if !place.has_moved {
        return Ok(place);
    }
    group.swap(at, to);
    for (position, queue) in (1..).zip(&mut group) {
        if queue.position != position {
            queue.position = position;
            queue.version += 1;
            queries::update(tx.conn, queue)?;
        }
    }
    Ok(place)
}

/// Says where a role begins.
///
/// # Errors
/// `Forbidden`; `Invalid` when the queue is not one for everybody.
pub fn set_default(tx: &mut Tx<'_>, actor: &Actor, role: Role, queue: Option<SavedQueueId>) -> AppResult<()> {
    actor.require(Right::Supervise)?;
    let chosen = match queue {
        Some(id) => Some(queries::get(tx.conn, actor.business_account, member(actor)?, id)?),
        None => None,
    };
    if chosen.as_ref().is_some_and(|q| !q.is_shared) {
        return Err(AppError::field(
            "queue",
            "A role begins in a queue that everybody sees.",
        ));
    }
    let former = queries::defaults(tx.conn, actor.business_account)?
        .into_iter()
        .find(|(r, _)| *r == role)
        .map(|(_, id)| id);
    if former == queue {
        return Ok(());
    }
    queries::set_default(tx.conn, actor.business_account, role, queue)?;
    let name = chosen.map_or_else(|| "the open exceptions".into(), |q| format!("“{}”", q.name));
    let happening = Happening {
        entity_type: EntityType::BusinessAccount,
        entity_id: actor.business_account.uuid(),
        kind: EventKind::Edit,
        previous: "",
        new: role.as_str(),
        description: &format!("{} begins in {name}", role.label()),
    };
    history::record(tx, actor, &happening)
}

fn tell(
    tx: &mut Tx<'_>,
    actor: &Actor,
    queue: &SavedQueue,
    (previous, new): (&str, &str),
    did: &str,
) -> AppResult<()> {
    let whose = if queue.is_shared {
        "for everybody"
    } else {
        "of their own"
    };
    let happening = Happening {
        entity_type: EntityType::SavedQueue,
        entity_id: queue.id.uuid(),
        kind: EventKind::Edit,
        previous,
        new,
        description: &format!("{did} “{}” {whose}: {}", queue.name, queue.query),
    };
    history::record(tx, actor, &happening)
}
