//! The saved queues beside the list, each with what is in it now; and how many any filter finds. Both are kept until
//! something is written, as every queue page asks for them.

use std::sync::Arc;

use chrono_tz::Tz;

use super::model::SavedQueue;
use crate::{
    auth::{permission::Read, principal::May},
    db::{
        AnyConnection,
        memo::{Memo, Moment},
    },
    exceptions::{
        filter::RawFilter,
        queries::{self, TabCounts},
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
    /// The reader of a page.
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
        let me = query.starts_with("tab=mine").then_some(self.me);
        totals
            .0
            .get((self.account, me, query.to_owned()), self.moment, || {
                let filter = RawFilter::read(query).parse(self.zone).0;
                let now = self.moment.now();
                let total = queries::total(conn, self.account, self.me, &filter, now, counts)?;
                Ok(written_total(&filter, total))
            })
    }
}

/// A saved queue and its count, as it is written.
pub struct Beside {
    pub name: String,
    pub query: String,
    pub count: Arc<String>,
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
        .map(|queue| {
            Ok(Beside {
                name: queue.name.clone(),
                query: queue.query.clone(),
                count: asking.total(conn, totals, &queue.query, counts)?,
            })
        })
        .collect()
}

/// Those that a reader sees, as the left column of other pages shows them: by name alone, as each count is a look at
/// the exceptions.
pub fn names(seen: &[SavedQueue]) -> Vec<SubItem> {
    seen.iter()
        .map(|queue| SubItem {
            label: queue.name.clone(),
            href: queue.address(),
            current: false,
            count: String::new(),
        })
        .collect()
}

/// As the left column shows them beside a list; `query` is that of the list.
pub fn links(beside: &[Beside], query: &str) -> Vec<SubItem> {
    beside
        .iter()
        .map(|b| SubItem {
            label: b.name.clone(),
            href: super::model::address(&b.query),
            current: b.query == query,
            count: b.count.as_str().to_owned(),
        })
        .collect()
}
