//! Recomputes the chain of a business account's history and names the first event that does not fit. Reads page by
//! page, so a history of any length takes little memory.

use std::{collections::HashMap, fmt, str::FromStr};

use diesel::prelude::*;

use super::{
    model::{Anything, Event, Facts},
    queries::{self, Head},
};
use crate::{
    db::{AnyConnection, schema::history_events},
    kernel::{
        clock::Ts,
        crypto::hex,
        error::AppResult,
        id::{BusinessAccountId, Id},
    },
};

const EVENTS_PER_PAGE: i64 = 500;

/// What the verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every event fits; here is where the history ends.
    Whole(Head),
    /// The event at `seq` is the first that does not fit.
    Broken {
        /// The event's place.
        seq: i64,
        /// What is wrong with it, to follow the words "Event 7".
        why: &'static str,
    },
}

/// An event's place and hash, noted down outside Docket: whoever could change the whole database cannot change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The event's place.
    pub seq: i64,
    /// Its hash in hexadecimal.
    pub hash: String,
}

impl From<&Head> for Anchor {
    fn from(head: &Head) -> Self {
        Self {
            seq: head.seq,
            hash: hex(&head.hash),
        }
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl FromStr for Anchor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "An anchor is a number, a colon and 64 hexadecimal digits.".to_owned();
        let (seq, hash) = text.trim().split_once(':').ok_or_else(wrong)?;
        let seq = seq.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)?;
        if hash.len() != 64 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        Ok(Self {
            seq,
            hash: hash.to_lowercase(),
        })
    }
}

/// Verifies the history of `account`, and that the event of `anchor` is still in it.
pub fn verify(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    anchor: Option<&Anchor>,
) -> AppResult<Verdict> {
    let mut end = Head::default();
    loop {
        let page = match read_page(conn, account, end.seq, EVENTS_PER_PAGE) {
            Ok(page) => page,
            Err(unreadable) => return find_unreadable(conn, account, end, anchor, unreadable.into()),
        };
        if page.is_empty() {
            // Events and their head are committed together, so a head that is ahead means that more were written
            // while we read, unless they are not there.
            let head = queries::head(conn, account)?;
            if head.seq > end.seq && exists(conn, account, end.seq + 1)? {
                continue;
            }
            return Ok(judge_end(end, &head, anchor));
        }
        for event in page {
            if let Some(broken) = event.judge(&end, anchor) {
                return Ok(broken);
            }
            end = Head {
                seq: event.seq,
                hash: event.hash,
            };
        }
    }
}

/// The place of the first of these events that does not fit the one before it in the business account's history,
/// whatever that one is about.
///
/// # Errors
/// The database's.
pub fn first_misfit(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    events: &[Event],
) -> AppResult<Option<i64>> {
    let mut hashes: HashMap<i64, Vec<u8>> = HashMap::new();
    for some in events.chunks(500) {
        let before: Vec<i64> = some.iter().map(|e| e.seq - 1).collect();
        let found: Vec<(i64, Vec<u8>)> = history_events::table
            .filter(history_events::business_account_id.eq(account))
            .filter(history_events::seq.eq_any(before))
            .select((history_events::seq, history_events::hash))
            .load(conn)?;
        hashes.extend(found);
    }
    let nothing = Vec::new();
    Ok(events
        .iter()
        .find(|event| {
            let before = match event.seq {
                1 => Some(&nothing),
                seq => hashes.get(&(seq - 1)),
            };
            before.is_none_or(|before| event.chained_to(before) != event.hash)
        })
        .map(|event| event.seq))
}

/// A verdict on the beginning of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// On the events that were looked at.
    pub verdict: Verdict,
    /// There are more of them.
    pub truncated: bool,
}

/// Verifies the first `most` events of the history of `account`; all of it when it has no more.
pub fn verify_first(conn: &mut AnyConnection, account: BusinessAccountId, most: i64) -> AppResult<Extent> {
    let head = queries::head(conn, account)?;
    if head.seq <= most {
        return Ok(Extent {
            verdict: verify(conn, account, None)?,
            truncated: false,
        });
    }
    let mut end = Head::default();
    while end.seq < most {
        let limit = EVENTS_PER_PAGE.min(most - end.seq);
        let page = match read_page(conn, account, end.seq, limit) {
            Ok(page) if page.is_empty() => break,
            Ok(page) => page,
            Err(unreadable) => {
                let verdict = find_unreadable(conn, account, end, None, unreadable.into())?;
                return Ok(Extent {
                    verdict,
                    truncated: true,
                });
            }
        };
        for event in page {
            if let Some(verdict) = event.judge(&end, None) {
                return Ok(Extent {
                    verdict,
                    truncated: true,
                });
            }
            end = Head {
                seq: event.seq,
                hash: event.hash,
            };
        }
    }
    // The history went on when it was asked for, so an end before that is a gap.
    let verdict = if end.seq < most {
        Verdict::Broken {
            seq: end.seq + 1,
            why: "is missing",
        }
    } else {
        Verdict::Whole(end)
    };
    Ok(Extent {
        verdict,
        truncated: true,
    })
}

/// Whether the event of `anchor` is in the history of `account` as it was noted down.
pub fn holds(conn: &mut AnyConnection, account: BusinessAccountId, anchor: &Anchor) -> AppResult<bool> {
    let hash = history_events::table
        .find((account, anchor.seq))
        .select(history_events::hash)
        .first::<Vec<u8>>(conn)
        .optional()?;
    Ok(hash.is_some_and(|hash| hex(&hash) == anchor.hash))
}

fn judge_end(end: Head, head: &Head, anchor: Option<&Anchor>) -> Verdict {
    let broken = |seq, why| Verdict::Broken { seq, why };
    if head.seq > end.seq {
        broken(end.seq + 1, "is missing")
    } else if head.seq < end.seq {
        broken(head.seq + 1, "is past the recorded end of the history")
    } else if head.hash != end.hash {
        broken(end.seq, "is not the one that the history ended with")
    } else if anchor.is_some_and(|a| a.seq > end.seq) {
        broken(end.seq + 1, "is missing: the anchor was noted down after it")
    } else {
        Verdict::Whole(end)
    }
}

/// An event as it is stored, whatever it says.
#[derive(Queryable, Selectable)]
#[diesel(table_name = history_events)]
struct StoredEvent {
    business_account_id: BusinessAccountId,
    seq: i64,
    entity_type: String,
    entity_id: Id<Anything>,
    kind: String,
    previous: String,
    new: String,
    description: String,
    actor_kind: String,
    actor_id: Option<Id<Anything>>,
    actor_name: String,
    created_at: Ts,
    request_id: String,
    hash: Vec<u8>,
}

impl StoredEvent {
    fn judge(&self, before: &Head, anchor: Option<&Anchor>) -> Option<Verdict> {
        let broken = |seq, why| Some(Verdict::Broken { seq, why });
        let facts = Facts {
            business_account_id: self.business_account_id,
            seq: self.seq,
            entity_type: &self.entity_type,
            entity_id: self.entity_id,
            kind: &self.kind,
            previous: &self.previous,
            new: &self.new,
            description: &self.description,
            actor_kind: &self.actor_kind,
            actor_id: self.actor_id,
            actor_name: &self.actor_name,
            created_at: self.created_at,
            request_id: &self.request_id,
        };
        if self.seq != before.seq + 1 {
            return broken(before.seq + 1, "is missing");
        }
        if facts.chained_to(&before.hash) != self.hash {
            return broken(self.seq, "was changed, or one before it was");
        }
        if anchor.is_some_and(|a| a.seq == self.seq && a.hash != hex(&self.hash)) {
            return broken(self.seq, "is not the one that the anchor names");
        }
        None
    }
}

fn read_page(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<StoredEvent>> {
    history_events::table
        .filter(history_events::business_account_id.eq(account))
        .filter(history_events::seq.gt(after))
        .order(history_events::seq)
        .limit(limit)
        .select(StoredEvent::as_select())
        .load(conn)
}

fn exists(conn: &mut AnyConnection, account: BusinessAccountId, seq: i64) -> AppResult<bool> {
    Ok(history_events::table
        .find((account, seq))
        .select(history_events::seq)
        .first::<i64>(conn)
        .optional()?
        .is_some())
}

/// One event of the page after `end` cannot even be read; which one it is, unless an earlier one does not fit.
fn find_unreadable(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    mut end: Head,
    anchor: Option<&Anchor>,
    unreadable: crate::kernel::error::AppError,
) -> AppResult<Verdict> {
    for _ in 0..EVENTS_PER_PAGE {
        match read_page(conn, account, end.seq, 1) {
            Ok(page) => match page.into_iter().next() {
                Some(event) => match event.judge(&end, anchor) {
                    Some(broken) => return Ok(broken),
                    None => {
                        end = Head {
                            seq: event.seq,
                            hash: event.hash,
                        }
                    }
                },
                None => break,
            },
            Err(diesel::result::Error::DeserializationError(_)) => {
                return Ok(Verdict::Broken {
                    seq: end.seq + 1,
                    why: "cannot be read",
                });
            }
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_read_back_as_it_is_written() {
        let anchor = Anchor {
            seq: 7,
            hash: "ab".repeat(32),
        };
        assert_eq!(anchor.to_string().parse(), Ok(anchor));
        for bad in [
            "",
            "7",
            "7:xyz",
            "0:",
            &format!("-1:{}", "a".repeat(64)),
            &format!("1:{}", "g".repeat(64)),
        ] {
            assert!(bad.parse::<Anchor>().is_err(), "{bad:?}");
        }
    }
}
