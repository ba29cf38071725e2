//! What hidden resolutions did, found in the history. A resolution, its review and all that it does are of one moment: by
//! that and by what an event is about it is known, in whatever list it is and whatever else is in that list.

use std::collections::{BTreeSet, HashSet};

use diesel::prelude::*;
use uuid::Uuid;

use super::{
    blind::unanswered,
    model::{Reader, ReviewRow},
};
use crate::{
    db::{
        AnyConnection,
        kept::within,
        schema::{adjustments, exceptions, matches, resolutions, reviews},
    },
    exceptions::resolution::ResolutionRow,
    history::{EntityType, Event, EventKind},
    kernel::{
        clock::Ts,
        error::AppResult,
        id::{BusinessAccountId, FinancialAccountId, Id, ResolutionId, TransactionId},
    },
    transactions,
};

/// When something was done, and to what.
type Deed = (Ts, Uuid);

/// A hidden resolution, and the payment that its exception is about.
type Hidden = (ResolutionRow, Option<TransactionId>);

/// What hidden resolutions did.
#[derive(Debug, Default)]
pub(super) struct Touched(HashSet<Deed>);

impl Touched {
    /// What those did that are hidden from `reader`, as far as `events` may tell of it.
    pub(super) fn by_hidden(
        conn: &mut AnyConnection,
        account: BusinessAccountId,
        reader: Reader<'_>,
        events: &[Event],
    ) -> AppResult<Self> {
        let hidden = hidden(conn, account, reader, events)?;
        if hidden.is_empty() {
            return Ok(Self::default());
        }
        let mut touched: HashSet<Deed> = hidden.iter().flat_map(of_itself).collect();
        touched.extend(posted(conn, account, &hidden)?);
        touched.extend(followed(conn, account, &hidden, events)?);
        Ok(Self(touched))
    }

    /// Whether `event` tells of it.
    pub(super) fn is_told_by(&self, event: &Event) -> bool {
        may_tell(event) && self.0.contains(&(event.created_at, event.entity_id.uuid()))
    }
}

/// Of what happened to the exception only its resolution tells how it was resolved; of what happened to a payment or an
/// account in the same moment everything.
fn may_tell(event: &Event) -> bool {
    match event.entity_type {
        EntityType::Exception => event.kind == EventKind::Resolution,
        EntityType::Transaction | EntityType::FinancialAccount => true,
        _ => false,
    }
}

/// The resolutions that are hidden from `reader`, of the moments of `events`.
fn hidden(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    reader: Reader<'_>,
    events: &[Event],
) -> AppResult<Vec<Hidden>> {
    let telling = events.iter().filter(|e| may_tell(e));
    let moments: BTreeSet<Ts> = telling.map(|e| e.created_at).collect();
    if moments.is_empty() || reader.sees_all() {
        return Ok(Vec::new());
    }
    let moments: Vec<Ts> = moments.into_iter().collect();
    let found: Vec<(ReviewRow, ResolutionRow, Option<TransactionId>)> = reviews::table
        .inner_join(resolutions::table)
        .inner_join(exceptions::table)
        .filter(reviews::business_account_id.eq(account))
        // Of the resolution's own time there is no index.
        .filter(within(reviews::created_at, &moments))
        .filter(unanswered())
        .select((
            ReviewRow::as_select(),
            ResolutionRow::as_select(),
            exceptions::transaction_id,
        ))
        .load(conn)?;
    Ok(found
        .into_iter()
        .filter(|(review, resolution, _)| review.is_kept_from(resolution, reader))
        .map(|(_, resolution, payment)| (resolution, payment))
        .collect())
}

/// What a resolution itself names: its exception, the payment of that, the payment that it made, the account that it
/// changed.
fn of_itself((resolution, payment): &Hidden) -> Vec<Deed> {
    let others = [
        payment.map(Id::uuid),
        resolution.transaction_id.map(Id::uuid),
        resolution.financial_account_id.map(Id::uuid),
    ];
    std::iter::once(resolution.exception_id.uuid())
        .chain(others.into_iter().flatten())
        .map(|id| (resolution.resolved_at, id))
        .collect()
}

/// The sides of the matches that they made, and the payments on which they posted an adjustment.
fn posted(conn: &mut AnyConnection, account: BusinessAccountId, hidden: &[Hidden]) -> AppResult<Vec<Deed>> {
    let ids: Vec<ResolutionId> = hidden.iter().map(|(resolution, _)| resolution.id).collect();
    let matched: Vec<(ResolutionId, TransactionId, Option<TransactionId>)> = matches::table
        .filter(matches::business_account_id.eq(account))
        .filter(within(matches::resolution_id, &ids))
        .select((
            matches::resolution_id,
            matches::transaction_id,
            matches::counterpart_id,
        ))
        .load(conn)?;
    let adjusted: Vec<(ResolutionId, TransactionId)> = adjustments::table
        .filter(adjustments::business_account_id.eq(account))
        .filter(within(adjustments::resolution_id, &ids))
        .select((adjustments::resolution_id, adjustments::transaction_id))
        .load(conn)?;
    let mut sides = adjusted;
    for (resolution, ours, theirs) in matched {
        sides.push((resolution, ours));
        sides.extend(theirs.map(|theirs| (resolution, theirs)));
    }
    Ok(sides
        .into_iter()
        .filter_map(|(of, side)| {
            let (resolution, _) = hidden.iter().find(|(resolution, _)| resolution.id == of)?;
            Some((resolution.resolved_at, side.uuid()))
        })
        .collect())
}

/// The payments that went to another bank with an account that they corrected: nothing of the resolution names those.
fn followed(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    hidden: &[Hidden],
    events: &[Event],
) -> AppResult<Vec<Deed>> {
    let changed: Vec<(Ts, FinancialAccountId)> = hidden
        .iter()
        .filter_map(|(resolution, _)| Some((resolution.resolved_at, resolution.financial_account_id?)))
        .collect();
    let beside: Vec<TransactionId> = events
        .iter()
        .filter(|e| e.entity_type == EntityType::Transaction)
        .filter(|e| changed.iter().any(|(at, _)| *at == e.created_at))
        .map(|e| Id::from_uuid(e.entity_id.uuid()))
        .collect();
    let mut deeds = Vec::new();
    for payment in transactions::queries::list_by_ids(conn, account, &beside)? {
        let sides = [payment.debit_account_id, payment.credit_account_id];
        let with = changed.iter().filter(|(_, of)| sides.contains(of));
        deeds.extend(with.map(|(at, _)| (*at, payment.id.uuid())));
    }
    Ok(deeds)
}
