//! Planning: which exceptions, in which version, what each will get, and who is skipped and why. Nothing else is changed.

use std::collections::{HashMap, HashSet};

use chrono_tz::Tz;
use uuid::Uuid;

use super::{
    model::{BulkAct, BulkItem, BulkRow, BulkState, MOST, Outcome},
    names::Names,
    queries::{self, Reviewed},
    taken::Taken,
};
use crate::{
    ach::add_banking_days,
    auth::actor::Actor,
    db::{AnyConnection, Tx},
    exceptions::{
        self,
        filter::Filter,
        model::{Act, ResolutionKind},
        resolution::{self, How, OverrideReason, Retrying, retry::written},
        row::ExceptionRow,
    },
    history::{self, EntityType, EventKind, Happening},
    kernel::{
        clock::Ts,
        count::grouped,
        error::{AppError, AppResult, Code},
        id::{BulkId, ExceptionId, ReviewId, TeamMemberId},
        text::Reason,
    },
    policies::{self, thresholds::Thresholds},
};

/// Which exceptions.
#[derive(Clone, Debug)]
pub enum Chosen {
    /// These, each with the version that the person had before them.
    Rows(Vec<(ExceptionId, i64)>),
    /// Those on one page of a queue.
    Page(Box<Filter>),
    /// All that match.
    All(Box<Filter>),
    /// These reviews, each with its version.
    Reviews(Vec<(ReviewId, i64)>),
    /// All reviews that wait.
    WaitingReviews,
    /// What a former bulk action did not do.
    NotDone(BulkId),
}

/// Something to be planned.
struct Candidate {
    row: ExceptionRow,
    review: Option<Box<Reviewed>>,
    /// The version the person had before them; else the present one is.
    seen: Option<i64>,
}

/// Makes a plan.
///
/// # Errors
/// `Forbidden`; `Invalid` when nothing is chosen; `RuleRefuses` when it is more than one bulk action takes.
pub fn plan(
    tx: &mut Tx<'_>,
    actor: &Actor,
    act: BulkAct,
    chosen: &Chosen,
    origin: &str,
) -> AppResult<BulkRow> {
    actor.require(act.right())?;
    let me = actor
        .member()
        .ok_or_else(|| AppError::refused(Code::RuleRefuses, "Only a team member acts on many at once."))?;
    let candidates = candidates(tx, actor, me, chosen)?;
    if candidates.is_empty() {
        return Err(AppError::field("pick", "Select at least one."));
    }
    if candidates.len() > MOST {
        let most = grouped(MOST);
        let why = format!("More than {most} match: narrow the filter, and do the rest afterwards.");
        return Err(AppError::refused(Code::RuleRefuses, why));
    }
    let id = BulkId::generate(tx.now);
    let items = items(tx, actor, act, id, candidates)?;
    let skipped = items.iter().filter(|i| i.outcome == Outcome::Skipped).count();
    let row = BulkRow {
        id,
        business_account_id: actor.business_account,
        act,
        input: None,
        state: BulkState::Planned,
        origin: origin.to_owned(),
        items: items.len() as i64,
        planned: (items.len() - skipped) as i64,
        done: 0,
        waiting: 0,
        skipped: skipped as i64,
        failed: 0,
        lease_until: None,
        retry_of: match chosen {
            Chosen::NotDone(former) => Some(*former),
            _ => None,
        },
        created_by_id: me,
        created_by_name: actor.name.clone(),
        created_at: tx.now,
        started_at: None,
        finished_at: None,
    };
    queries::insert(tx.conn, &row, &items)?;
    Ok(row)
}

fn candidates(
    tx: &mut Tx<'_>,
    actor: &Actor,
    me: TeamMemberId,
    chosen: &Chosen,
) -> AppResult<Vec<Candidate>> {
    let account = actor.business_account;
    let of_row = |row: ExceptionRow| Candidate {
        row,
        review: None,
        seen: None,
    };
    let of_review = |reviewed: Reviewed, seen: Option<i64>| Candidate {
        row: reviewed.2.clone(),
        review: Some(Box::new(reviewed)),
        seen,
    };
    Ok(match chosen {
        Chosen::Rows(picked) => {
            let ids: Vec<ExceptionId> = picked.iter().map(|(id, _)| *id).collect();
            in_order(queries::exceptions_of(tx.conn, account, &ids)?, picked)
        }
        Chosen::Page(filter) => {
            exceptions::queries::rows(tx.conn, account, me, filter, tx.now, exceptions::queries::PAGE)?
                .into_iter()
                .map(of_row)
                .collect()
        }
        Chosen::All(filter) => exceptions::queries::rows(tx.conn, account, me, filter, tx.now, MOST + 1)?
            .into_iter()
            .map(of_row)
            .collect(),
        Chosen::Reviews(picked) => {
            let ids: Vec<ReviewId> = picked.iter().map(|(id, _)| *id).collect();
            let versions: HashMap<ReviewId, i64> = picked.iter().copied().collect();
            queries::reviews_of(tx.conn, account, Some(&ids), MOST as i64)?
                .into_iter()
                .map(|found| {
                    let seen = versions.get(&found.0.id).copied();
                    of_review(found, seen)
                })
                .collect()
        }
        Chosen::WaitingReviews => queries::reviews_of(tx.conn, account, None, MOST as i64 + 1)?
            .into_iter()
            .map(|found| of_review(found, None))
            .collect(),
        Chosen::NotDone(former) => {
            let former = queries::get(tx.conn, account, *former)?;
            let left = queries::not_done(tx.conn, former.id)?;
            let reviews: Vec<ReviewId> = left.iter().filter_map(|(_, review)| *review).collect();
            if reviews.is_empty() {
                let ids: Vec<ExceptionId> = left.iter().map(|(id, _)| *id).collect();
                queries::exceptions_of(tx.conn, account, &ids)?
                    .into_iter()
                    .map(of_row)
                    .collect()
            } else {
                queries::reviews_of(tx.conn, account, Some(&reviews), MOST as i64)?
                    .into_iter()
                    .map(|found| of_review(found, None))
                    .collect()
            }
        }
    })
}

/// The rows as they were picked, each once.
fn in_order(rows: Vec<ExceptionRow>, picked: &[(ExceptionId, i64)]) -> Vec<Candidate> {
    let mut by_id: HashMap<ExceptionId, ExceptionRow> = rows.into_iter().map(|r| (r.id, r)).collect();
    picked
        .iter()
        .filter_map(|(id, seen)| {
            by_id.remove(id).map(|row| Candidate {
                row,
                review: None,
                seen: Some(*seen),
            })
        })
        .collect()
}

/// Why an item is skipped that is not any more what was seen.
pub(super) const CHANGED: &str = "Somebody changed it since you opened the list.";

fn items(
    tx: &mut Tx<'_>,
    actor: &Actor,
    act: BulkAct,
    bulk_id: BulkId,
    candidates: Vec<Candidate>,
) -> AppResult<Vec<BulkItem>> {
    let how = act.resolution().map(|kind| supposed(kind, tx.now)).transpose()?;
    let mut questions = Questions::of(tx.conn, actor, act)?;
    let mut items = Vec::with_capacity(candidates.len());
    for (position, candidate) in (1..).zip(candidates) {
        let review = candidate.review.as_deref();
        let version = review.map_or(candidate.row.version, |(review, ..)| review.version);
        let seen = candidate.seen.unwrap_or(version);
        let told = if seen == version {
            questions.ask(tx, &candidate.row, review, how.as_ref())?
        } else {
            Err(AppError::refused(Code::Stale, CHANGED))
        };
        let (outcome, sentence) = match told {
            Ok(words) => (Outcome::Planned, undated(words, how.as_ref())),
            Err(refusal) => (Outcome::Skipped, refusal.sentence()),
        };
        items.push(BulkItem {
            bulk_id,
            position,
            business_account_id: actor.business_account,
            exception_id: candidate.row.id,
            review_id: review.map(|(review, ..)| review.id),
            seen_version: seen,
            outcome,
            sentence,
        });
    }
    Ok(items)
}

/// Of a retry the day is not typed yet.
fn undated(words: String, how: Option<&How>) -> String {
    match how {
        Some(How::Retry(asked)) => words.replace(&written(asked.date), "the day that you type"),
        _ => words,
    }
}

/// The questions that the commands will ask, asked of many before: with what is the same for all of them.
pub(super) struct Questions<'a> {
    actor: &'a Actor,
    act: BulkAct,
    thresholds: Thresholds,
    /// The exceptions about which a request waits for a second person.
    asked_about: HashSet<Uuid>,
    names: Names,
    /// What the items before take from accounts.
    taken: Taken,
}

impl<'a> Questions<'a> {
    pub(super) fn of(conn: &mut AnyConnection, actor: &'a Actor, act: BulkAct) -> AppResult<Self> {
        Ok(Self {
            actor,
            act,
            thresholds: policies::rules::of(conn, actor.business_account)?,
            asked_about: queries::asked_about(conn, actor.business_account)?,
            names: Names::default(),
            taken: Taken::default(),
        })
    }

    /// Who has it, as a sentence names them.
    pub(super) fn holder(&mut self, conn: &mut AnyConnection, row: &ExceptionRow) -> AppResult<String> {
        let holder = self.names.holder(conn, row)?;
        Ok(holder.unwrap_or_else(|| "nobody".into()))
    }

    /// What an item will get, or the rule by which it will be skipped. `how` is the resolution with an effect that the
    /// act stands for.
    ///
    /// # Errors
    /// Outside: the database failed. Inside: what the command would refuse.
    pub(super) fn ask(
        &mut self,
        tx: &mut Tx<'_>,
        row: &ExceptionRow,
        review: Option<&Reviewed>,
        how: Option<&How>,
    ) -> AppResult<AppResult<String>> {
        let holder = self.names.holder(tx.conn, row)?;
        let told = preview(
            self.act,
            row,
            review,
            self.actor,
            holder.as_deref(),
            &self.thresholds,
        );
        if told.is_err() {
            return Ok(told);
        }
        if let Some(why) = self.asked_already(tx, row)? {
            return Ok(Err(AppError::refused(Code::Duplicate, why)));
        }
        match how {
            Some(how) => effects(tx, self.actor, row, how, &mut self.taken),
            None => Ok(told),
        }
    }

    /// That a request to resolve it waits for a second person, so that nothing else resolves it meanwhile.
    fn asked_already(&self, tx: &mut Tx<'_>, row: &ExceptionRow) -> AppResult<Option<String>> {
        let resolves = self.act == BulkAct::Resolve || self.act.resolution().is_some();
        if !resolves || !self.asked_about.contains(&row.id.uuid()) {
            return Ok(None);
        }
        let waiting = resolution::waiting(tx.conn, row)?;
        Ok(waiting.map(|waiting| resolution::asked_already(&waiting)))
    }
}

/// What an item will get, or why it will be skipped, as far as the exception itself tells.
fn preview(
    act: BulkAct,
    row: &ExceptionRow,
    review: Option<&Reviewed>,
    actor: &Actor,
    holder: Option<&str>,
    thresholds: &Thresholds,
) -> AppResult<String> {
    let check = |act: Act| row.standing().check(act, actor, holder);
    let now = holder.unwrap_or("nobody");
    match act {
        BulkAct::Assign => check(Act::Assign).map(|_| format!("Gets the new assignee; {now} has it now.")),
        BulkAct::Release => check(Act::Release).map(|_| format!("Is back for everybody; {now} has it now.")),
        BulkAct::Resolve => {
            check(Act::Resolve).map(
                |_| match thresholds.rule_for(row.severity, ResolutionKind::NoAction) {
                    Some(_) => format!(
                        "Is resolved, and waits for review: the severity is {}.",
                        row.severity.word()
                    ),
                    None => thresholds.share_in_words(),
                },
            )
        }
        BulkAct::WriteOff | BulkAct::SuspendAccount | BulkAct::Retry | BulkAct::ForceMatch => {
            check(Act::Resolve).map(|_| "Is resolved.".into())
        }
        BulkAct::Severity => check(Act::Rate).map(|_| {
            format!(
                "Gets the severity by hand, and the due time that goes with it; it is {} now.",
                row.severity.word()
            )
        }),
        BulkAct::Snooze => check(Act::Snooze).map(|_| "Leaves the queues until then.".into()),
        BulkAct::Comment => check(Act::Comment).map(|_| "Gets the comment.".into()),
        BulkAct::Dispatch => check(Act::Dispatch).map(|_| {
            format!(
                "Waits for the outside system; it is {} now.",
                row.status.word().to_lowercase()
            )
        }),
        BulkAct::Approve => {
            let (review, resolution, _) =
                review.ok_or_else(|| AppError::refused(Code::IllegalMove, "There is nothing to review."))?;
            review.check_verdict(resolution, actor).map(|()| {
                format!(
                    "Is approved: {} by {}.",
                    resolution.kind.label(),
                    resolution.resolved_by_name
                )
            })
        }
    }
}

/// What resolving one will do, by the plan that the command makes too: its amounts, who must agree, whether it is
/// reviewed; or the rule that refuses it, also for what the items before it take.
fn effects(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &ExceptionRow,
    how: &How,
    taken: &mut Taken,
) -> AppResult<AppResult<String>> {
    match resolution::plan(tx.conn, actor, row, how, tx.now) {
        Ok(plan) => {
            if let Some(paid) = plan.takes()
                && let Err(why) = taken.take(tx.conn, row.business_account_id, paid, tx.now)?
            {
                return Ok(Err(AppError::refused(Code::RuleRefuses, why)));
            }
            let consent = plan
                .consent
                .map(|consent| format!("A second person must agree: {}", consent.why));
            let review = plan.review.map(|rule| format!("It is reviewed. {rule}"));
            let words: Vec<String> = plan.effects.into_iter().chain(consent).chain(review).collect();
            Ok(Ok(words.join(" ")))
        }
        Err(error @ (AppError::Internal(_) | AppError::Unavailable(_))) => Err(error),
        Err(refusal) => Ok(Err(refusal)),
    }
}

/// The resolution before its reason and day are typed: on the next banking day.
fn supposed(kind: ResolutionKind, now: Ts) -> AppResult<How> {
    let reason = || Reason::parse("Many at once").map_err(AppError::Internal);
    Ok(match kind {
        ResolutionKind::WriteOff => How::WriteOff(reason()?),
        ResolutionKind::SuspendAccount => How::SuspendAccount(reason()?),
        ResolutionKind::Retry => {
            let today = now.day_in(Tz::America__New_York);
            How::Retry(Retrying::on(add_banking_days(today, 1)))
        }
        ResolutionKind::ForceMatch => How::ForceMatch {
            counterpart: None,
            why: OverrideReason::PolicyException,
        },
        _ => How::NoAction(reason()?),
    })
}

/// Writes an event about a bulk action.
pub(super) fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &BulkRow,
    before: BulkState,
    description: &str,
) -> AppResult<()> {
    let happening = Happening {
        entity_type: EntityType::Bulk,
        entity_id: row.id.uuid(),
        kind: EventKind::Bulk,
        previous: before.as_str(),
        new: row.state.as_str(),
        description,
    };
    history::record(tx, actor, &happening)
}
