//! The reviews' SQL.

use diesel::{dsl, prelude::*};

use super::model::{ReviewRow, ReviewState};
use crate::{
    auth::actor::ActorKind,
    db::{
        AnyConnection, MultiBackend,
        paging::{Ends, Order, Slice, Window},
        schema::{exceptions, history_events, resolutions, reviews},
    },
    exceptions::{model::Status, resolution::ResolutionRow, row::ExceptionRow},
    history::model::Anything,
    kernel::{
        clock::Ts,
        error::{AppError, AppResult},
        id::{BusinessAccountId, Id, ReviewId, TeamMemberId},
    },
    keyset,
};

/// Rows of a page.
pub const PAGE: usize = 50;

/// One review of the business account, or `NotFound`.
pub fn get(conn: &mut AnyConnection, account: BusinessAccountId, id: ReviewId) -> AppResult<ReviewRow> {
    reviews::table
        .find(id)
        .filter(reviews::business_account_id.eq(account))
        .select(ReviewRow::as_select())
        .first(conn)
        .optional()?
        .ok_or(AppError::NotFound)
}

/// The status that an exception had when it was resolved, as its history tells it.
pub fn status_before(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    resolution: &ResolutionRow,
) -> AppResult<Option<Status>> {
    let told: Option<String> = history_events::table
        .filter(history_events::entity_id.eq(Id::<Anything>::from_uuid(resolution.exception_id.uuid())))
        .filter(history_events::business_account_id.eq(account))
        .filter(history_events::new.eq(Status::Resolved.as_str()))
        .filter(history_events::created_at.le(resolution.resolved_at))
        .order(history_events::seq.desc())
        .select(history_events::previous)
        .first(conn)
        .optional()?;
    Ok(told.as_deref().and_then(Status::parse))
}

/// What `reviewer` did not resolve: nobody reviews their own.
#[dsl::auto_type(no_type_alias)]
fn is_of_others(reviewer: TeamMemberId) -> _ {
    let me: Id<Anything> = Id::from_uuid(reviewer.uuid());
    resolutions::resolved_by_id
        .is_null()
        .or(resolutions::resolved_by_id.ne(me))
}

/// A line of the list.
pub type Listed = (ReviewRow, ResolutionRow, ExceptionRow);

/// Reviews in a state: those that wait, the oldest first; those decided, the latest first. Those that `reviewer` may
/// review alone, where one is named. From `after` on; one more than a page when there are more.
pub fn list(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    state: ReviewState,
    reviewer: Option<TeamMemberId>,
    after: Option<(Ts, ReviewId)>,
) -> AppResult<Vec<Listed>> {
    let query = reviews::table
        .inner_join(resolutions::table)
        .inner_join(exceptions::table)
        .into_boxed::<MultiBackend>()
        .filter(reviews::business_account_id.eq(account))
        .filter(reviews::state.eq(state));
    let query = match reviewer {
        Some(reviewer) => query.filter(is_of_others(reviewer)),
        None => query,
    };
    let query = match (after, state) {
        (None, _) => query,
        (Some((at, id)), ReviewState::Waiting) => query
            .filter(reviews::created_at.ge(at))
            .filter(reviews::created_at.gt(at).or(reviews::id.gt(id))),
        (Some((at, id)), _) => query
            .filter(reviews::created_at.le(at))
            .filter(reviews::created_at.lt(at).or(reviews::id.lt(id))),
    };
    let query = match state {
        ReviewState::Waiting => query.order((reviews::created_at.asc(), reviews::id.asc())),
        _ => query.order((reviews::created_at.desc(), reviews::id.desc())),
    };
    Ok(query
        .limit(PAGE as i64 + 1)
        .select((
            ReviewRow::as_select(),
            ResolutionRow::as_select(),
            ExceptionRow::as_select(),
        ))
        .load(conn)?)
}

/// A page of the reviews in a state, or in any, with their resolutions; and the edges of it.
pub fn page(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    state: Option<ReviewState>,
    order: &Order,
    window: &Window,
) -> AppResult<(Slice<(ReviewRow, ResolutionRow)>, Ends)> {
    let mut query = reviews::table
        .inner_join(resolutions::table)
        .into_boxed::<MultiBackend>()
        .filter(reviews::business_account_id.eq(account));
    if let Some(state) = state {
        query = query.filter(reviews::state.eq(state));
    }
    let found: Vec<(i64, (ReviewRow, ResolutionRow))> = keyset!(query, reviews::id, order, window.edge)
        .select((
            order.first_value(),
            (ReviewRow::as_select(), ResolutionRow::as_select()),
        ))
        .limit(window.reach())
        .load(conn)?;
    Ok(Slice::cut_sorted(found, window, |(review, _)| review.id.uuid()))
}

/// The blind reviews that were answered since, the latest answer first, at most five thousand.
pub fn answered(conn: &mut AnyConnection, account: BusinessAccountId, since: Ts) -> AppResult<Vec<Listed>> {
    Ok(reviews::table
        .inner_join(resolutions::table)
        .inner_join(exceptions::table)
        .filter(reviews::business_account_id.eq(account))
        .filter(reviews::answered_at.is_not_null())
        .filter(reviews::answered_at.ge(since))
        .order((reviews::answered_at.desc(), reviews::id.desc()))
        .limit(5_000)
        .select((
            ReviewRow::as_select(),
            ResolutionRow::as_select(),
            ExceptionRow::as_select(),
        ))
        .load(conn)?)
}

/// How many wait, counted up to a thousand and one.
pub fn count_waiting(conn: &mut AnyConnection, account: BusinessAccountId) -> AppResult<i64> {
    let ids: Vec<ReviewId> = reviews::table
        .filter(reviews::business_account_id.eq(account))
        .filter(reviews::state.eq(ReviewState::Waiting))
        .select(reviews::id)
        .limit(1_001)
        .load(conn)?;
    Ok(i64::try_from(ids.len()).unwrap_or(i64::MAX))
}

/// How many of those that wait this person may review, counted up to a thousand and one.
pub fn count_waiting_for(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    reviewer: TeamMemberId,
) -> AppResult<i64> {
    let ids: Vec<ReviewId> = reviews::table
        .inner_join(resolutions::table)
        .filter(reviews::business_account_id.eq(account))
        .filter(reviews::state.eq(ReviewState::Waiting))
        .filter(is_of_others(reviewer))
        .select(reviews::id)
        .limit(1_001)
        .load(conn)?;
    Ok(i64::try_from(ids.len()).unwrap_or(i64::MAX))
}

/// The oldest that waits and that this person may review, other than `except`.
pub fn next_waiting(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    reviewer: TeamMemberId,
    except: ReviewId,
) -> AppResult<Option<ReviewId>> {
    Ok(reviews::table
        .inner_join(resolutions::table)
        .filter(reviews::business_account_id.eq(account))
        .filter(reviews::state.eq(ReviewState::Waiting))
        .filter(reviews::id.ne(except))
        .filter(is_of_others(reviewer))
        .order((reviews::created_at.asc(), reviews::id.asc()))
        .select(reviews::id)
        .first(conn)
        .optional()?)
}

/// As many of the latest decisions of a resolver are looked at.
const LOOKED_AT: i64 = 1_000;

/// The latest decisions of a resolver on the code of an exception, or on its kind where it has none, with their review
/// where there was one; among their latest thousand.
pub fn past_decisions(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    resolution: &ResolutionRow,
    exception: &ExceptionRow,
) -> AppResult<Vec<(ResolutionRow, ExceptionRow, Option<ReviewState>)>> {
    let same_kind: ActorKind = resolution.resolved_by_kind;
    let latest = diesel::alias!(resolutions as latest);
    let latest = latest
        .filter(latest.field(resolutions::business_account_id).eq(account))
        .filter(
            latest
                .field(resolutions::resolved_by_id)
                .eq(resolution.resolved_by_id),
        )
        .filter(latest.field(resolutions::resolved_by_kind).eq(same_kind))
        .order(latest.field(resolutions::resolved_at).desc())
        .limit(LOOKED_AT)
        .select(latest.field(resolutions::id));
    let query = resolutions::table
        .inner_join(exceptions::table.on(exceptions::id.eq(resolutions::exception_id)))
        .into_boxed::<MultiBackend>()
        .filter(resolutions::business_account_id.eq(account))
        .filter(resolutions::id.eq_any(latest))
        .filter(resolutions::id.ne(resolution.id));
    let query = match &exception.code {
        Some(code) => query.filter(exceptions::code.eq(code)),
        None => query
            .filter(exceptions::code.is_null())
            .filter(exceptions::kind.eq(exception.kind)),
    };
    let rows: Vec<(ResolutionRow, ExceptionRow)> = query
        .order(resolutions::resolved_at.desc())
        .limit(5)
        .select((ResolutionRow::as_select(), ExceptionRow::as_select()))
        .load(conn)?;
    rows.into_iter()
        .map(|(resolution, exception)| {
            let state = reviews::table
                .filter(reviews::resolution_id.eq(resolution.id))
                .select(reviews::state)
                .first(conn)
                .optional()?;
            Ok((resolution, exception, state))
        })
        .collect()
}
