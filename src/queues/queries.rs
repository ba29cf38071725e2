//! The SQL of saved queues.

use diesel::{helper_types::IntoBoxed, prelude::*};

use super::model::SavedQueue;
use crate::{
    auth::permission::Role,
    db::{
        AnyConnection, MultiBackend,
        memo::Memo,
        schema::{role_queues, saved_queues},
    },
    kernel::{
        error::{AppError, AppResult},
        id::{BusinessAccountId, SavedQueueId, TeamMemberId},
    },
    on_backend,
};

/// What is kept of the saved queues that a member sees: every page leads to them.
pub type Saved = Memo<Vec<SavedQueue>, (BusinessAccountId, TeamMemberId)>;

/// Those of a business account: those for everybody first, then each person's, in their order.
fn in_order(account: BusinessAccountId) -> IntoBoxed<'static, saved_queues::table, MultiBackend> {
    saved_queues::table
        .into_boxed::<MultiBackend>()
        .filter(saved_queues::business_account_id.eq(account))
        .order((
            saved_queues::is_shared.desc(),
            saved_queues::position,
            saved_queues::id,
        ))
}

/// Those that `member` sees, in the order of [`list`].
pub fn seen_by(
    conn: &mut AnyConnection,
    (account, member): (BusinessAccountId, TeamMemberId),
) -> AppResult<Vec<SavedQueue>> {
    let is_seen = saved_queues::is_shared.or(saved_queues::owner_id.eq(member));
    Ok(in_order(account)
        .filter(is_seen)
        .select(SavedQueue::as_select())
        .load(conn)?)
}

/// Every saved queue of the business account: those for everybody first, then each person's, in their order.
pub fn list(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<Vec<SavedQueue>> {
    Ok(in_order(account).select(SavedQueue::as_select()).load(conn)?)
}

/// One that `member` sees, or `NotFound`.
pub fn get(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    member: TeamMemberId,
    id: SavedQueueId,
) -> AppResult<SavedQueue> {
    saved_queues::table
        .find(id)
        .filter(saved_queues::business_account_id.eq(account))
        .select(SavedQueue::as_select())
        .first::<SavedQueue>(conn)
        .optional()?
        .filter(|queue| queue.is_seen_by(member))
        .ok_or(AppError::NotFound)
}

/// Stores a new one.
pub(super) fn insert(conn: &mut AnyConnection, queue: &SavedQueue) -> AppResult<()> {
    diesel::insert_into(saved_queues::table)
        .values(queue)
        .execute(conn)?;
    Ok(())
}

/// Stores a changed one.
pub(super) fn update(conn: &mut AnyConnection, queue: &SavedQueue) -> AppResult<()> {
    diesel::update(saved_queues::table.find(queue.id))
        .set((
            saved_queues::name.eq(&queue.name),
            saved_queues::is_shared.eq(queue.is_shared),
            saved_queues::position.eq(queue.position),
            saved_queues::version.eq(queue.version),
        ))
        .execute(conn)?;
    Ok(())
}

/// Takes one away, also as a role's first.
pub(super) fn delete(conn: &mut AnyConnection, id: SavedQueueId) -> AppResult<()> {
    diesel::delete(role_queues::table.filter(role_queues::queue_id.eq(id))).execute(conn)?;
    diesel::delete(saved_queues::table.find(id)).execute(conn)?;
    Ok(())
}

/// Takes one away as a role's first.
pub(super) fn forget_defaults(conn: &mut AnyConnection, id: SavedQueueId) -> AppResult<()> {
    diesel::delete(role_queues::table.filter(role_queues::queue_id.eq(id))).execute(conn)?;
    Ok(())
}

/// Where each role begins.
pub fn defaults(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
) -> AppResult<Vec<(Role, SavedQueueId)>> {
    Ok(role_queues::table
        .filter(role_queues::business_account_id.eq(account))
        .select((role_queues::role, role_queues::queue_id))
        .load(conn)?)
}

/// Says where a role begins: in a saved queue, or in the open ones as ever.
pub(super) fn set_default(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    role: Role,
    queue: Option<SavedQueueId>,
) -> AppResult<()> {
    let Some(queue) = queue else {
        diesel::delete(role_queues::table.find((account, role))).execute(conn)?;
        return Ok(());
    };
    // An upsert does not go through the connection enum.
    on_backend!(conn, |conn| {
        diesel::insert_into(role_queues::table)
            .values((
                role_queues::business_account_id.eq(account),
                role_queues::role.eq(role),
                role_queues::queue_id.eq(queue),
            ))
            .on_conflict((role_queues::business_account_id, role_queues::role))
            .do_update()
            .set(role_queues::queue_id.eq(queue))
            .execute(conn)
    })?;
    Ok(())
}
