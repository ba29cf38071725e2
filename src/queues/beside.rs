//! The saved queues beside the list, each with what is in it now; and how many any filter finds. Both are kept until
//! something is written, as every queue page asks for them.

use std::sync::Arc;

use chrono_tz::Tz;

use super::model::SavedQueue;
use crate::{
    app::App,
    auth::{permission::Read, principal::May},
    db::{
        AnyConnection,
        memo::{Memo, Moment},
    },
    exceptions::{
        filter::RawFilter,
        queries::{self, TabCounts},
        queue::Desk,
        queue_words::written_total,
    },
    kernel::{
        error::AppResult,
        id::{BusinessAccountId, TeamMemberId},
    },
    web::shell::SubItem,
};

/// Business account, the member where the filter depends on who asks, and the filter as the address has it.
type TotalKey = (BusinessAccountId, Option<TeamMemberId>, String);

/// What is kept of totals, as they are written.
#[derive(Clone)]
pub struct Totals(Memo<String, TotalKey>);

impl Default for Totals {
    fn default() -> Self {
        Self(Memo::patient())
    }
}

/// Who asks, and when.
#[derive(Clone, Copy)]
pub struct Asking {
    pub account: BusinessAccountId,
    pub me: TeamMemberId,
    pub zone: Tz,
    pub moment: Moment,
}

impl Asking {
    /// The reader of a page of exceptions.
    pub fn of(who: &May<Read>, moment: Moment) -> Self {
        Self {
            account: who.account(),
            me: who.who.member,
            zone: who.zone(),
            moment,
        }
    }

    /// How many the filter of `query` finds, as it is written. It is the very filter that lists and exports them.
    ///
    /// # Errors
    /// The database's.
    pub fn total(
        &self,
        conn: &mut AnyConnection,
        totals: &Totals,
        query: &str,
        counts: &TabCounts,
    ) -> AppResult<Arc<String>> {
        totals.0.get(self.key(query), self.moment, || {
            let filter = RawFilter::read(query).parse(self.zone).0;
            let now = self.moment.now();
            let total = queries::total(conn, self.account, self.me, &filter, now, counts)?;
            Ok(written_total(&filter, total))
        })
    }

    fn key(&self, query: &str) -> TotalKey {
        let me = query.starts_with("tab=mine").then_some(self.me);
        (self.account, me, query.to_owned())
    }

    fn beside(
        &self,
        conn: &mut AnyConnection,
        totals: &Totals,
        queue: &SavedQueue,
        counts: &TabCounts,
    ) -> AppResult<Beside> {
        Ok(Beside::of(queue, self.total(conn, totals, &queue.query, counts)?))
    }
}

impl Totals {
    /// The queue with what was counted lately, if it was.
    fn lately(&self, asking: &Asking, queue: &SavedQueue) -> Option<Beside> {
        let count = self.0.kept_lately(&asking.key(&queue.query), asking.moment)?;
        Some(Beside::of(queue, count))
    }
}

/// A saved queue and its count, as it is written.
#[derive(Clone, Debug)]
pub struct Beside {
    pub name: String,
    pub query: String,
    pub count: Arc<String>,
}

impl Beside {
    fn of(queue: &SavedQueue, count: Arc<String>) -> Self {
        Self {
            name: queue.name.clone(),
            query: queue.query.clone(),
            count,
        }
    }
}

/// Those of `all` that the reader sees, in their order.
///
/// # Errors
/// The database's.
pub fn beside(
    conn: &mut AnyConnection,
    totals: &Totals,
    asking: &Asking,
    all: &[SavedQueue],
    counts: &TabCounts,
) -> AppResult<Vec<Beside>> {
    all.iter()
        .filter(|queue| queue.is_seen_by(asking.me))
        .map(|queue| asking.beside(conn, totals, queue, counts))
        .collect()
}

/// Those that a reader sees, as every page has them at its edge: their counts are what was counted lately, as each is a
/// look at the exceptions.
///
/// # Errors
/// The database's.
pub async fn at_the_edge(app: &App, asking: Asking, seen: &Arc<Vec<SavedQueue>>) -> AppResult<Vec<Beside>> {
    let totals: Totals = app.memos.of();
    if let Some(kept) = seen.iter().map(|q| totals.lately(&asking, q)).collect() {
        return Ok(kept);
    }
    let (seen, desks) = (Arc::clone(seen), app.memos.of::<Memo<Desk>>());
    app.db
        .read(move |conn| {
            let (account, moment) = (asking.account, asking.moment);
            let desk = match desks.kept_lately(&account, moment) {
                Some(kept) => kept,
                None => desks.get(account, moment, || Desk::read(conn, account, moment.now()))?,
            };
            let counts = desk.counts_of(conn, account, asking.me)?;
            seen.iter()
                .map(|queue| match totals.lately(&asking, queue) {
                    Some(kept) => Ok(kept),
                    None => asking.beside(conn, &totals, queue, &counts),
                })
                .collect()
        })
        .await
}

/// As the left column shows them; `shown` is the query of the list, if the page has one.
pub fn links(beside: &[Beside], shown: Option<&str>) -> Vec<SubItem> {
    beside
        .iter()
        .map(|b| SubItem {
            label: b.name.clone(),
            href: super::model::address(&b.query),
            current: shown == Some(b.query.as_str()),
            count: b.count.as_str().to_owned(),
        })
        .collect()
}
