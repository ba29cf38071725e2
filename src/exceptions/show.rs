//! One exception: clocks, what happened, the payment chain, the playbook with what can be done, and its activity.

use std::{iter, time::Duration};

use actix_web::web::Data;
use askama::Template;
use chrono::NaiveDate;
use chrono_tz::Tz;
use uuid::Uuid;

use super::{
    assign::gives_to_others,
    clock_views::clock_views,
    comment,
    decoded::{Decoded, decode},
    head::{ExceptionHead, head},
    links::{self, LinkRow},
    live,
    model::{Act, Entity, Kind, ResolutionKind, Standing, Status},
    moves::{self, Around, Moves, moves, parted},
    opened::{self, Has, Opened},
    presence::{self, Presence},
    queries,
    recurrence::{self, Again},
    resolution::{
        self, ResolutionRow,
        correct::{subject_account, their_side},
        posted::{self, Posted},
    },
    row::{ExceptionRow, SourceRow},
    timeline::{self, Activity, Asked, Said, Seen},
};
use crate::{
    accounts::{self, AccountRow, words::ROUTING_NUMBER},
    ach::{
        self, playbook,
        retry::{MAX_RETRIES, RETRY_DAYS, RetryDecision, RetryFacts, retry_decision},
    },
    app::App,
    approvals::{self, ApprovalRow},
    auth::{
        actor::Actor,
        permission::{Read, Right},
        principal::May,
    },
    db::{AnyConnection, memo},
    desk::loose,
    dispatch::card::{DispatchCard, Dispatched},
    disputes::{self, card::DisputesCard},
    history,
    kernel::{
        clock::{Ts, written_day},
        error::{AppResult, Code},
        id::{ExceptionId, ReviewId, noun},
        text::capitalised,
    },
    notes, notifications,
    policies::sla::Sla,
    rates::{
        self,
        counts::{Counted, Standings},
    },
    reviews::{self, model::Reader},
    transactions::{self, model::Relation, model::TransactionRow},
    web::{
        form::PathId,
        page::Page,
        shell::{Field, Problem, Section, Shell},
        time,
        ui::{Badge, ChainStep, Change, Clock, Fact, Link, Notice, Person, Tag, Tone},
    },
};

#[derive(Template)]
#[template(path = "exceptions/show.html")]
#[allow(clippy::struct_excessive_bools)] // one for each button
pub struct ExceptionPage {
    shell: Shell,
    head: ExceptionHead,
    notices: Vec<Notice>,
    closed: Option<Closed>,
    problems: Vec<Problem>,
    clocks: Vec<Clock>,
    happened: Happened,
    chain: Vec<ChainStep>,
    attempts: String,
    playbook: Option<Playbook>,
    moves: Moves,
    no_moves: &'static str,
    activity: Activity,
    comment: Field,
    comment_closed: Option<String>,
    /// Where a note on the affected entity is sent.
    note_action: Option<String>,
    assignee: Option<Person>,
    can_take: bool,
    /// What is done is behind: the next may be taken from here.
    can_take_next: bool,
    /// Why it may be taken over; none when it may not.
    take_over: Option<String>,
    can_assign: bool,
    can_release: bool,
    can_snooze: bool,
    can_wake: bool,
    can_wait: bool,
    can_resume: bool,
    can_rate: bool,
    about: Vec<Fact>,
    linked: Vec<LinkedView>,
    again: Vec<AgainView>,
    can_link: bool,
    /// Who else has it open, in words; empty when nobody has.
    others: String,
    disputes: DisputesCard,
    dispatch: DispatchCard,
    /// Where its changes are told.
    live: String,
}

/// How it was resolved, with what can be followed from it.
struct Closed {
    text: String,
    facts: Vec<Fact>,
    changes: Vec<Change>,
    link: Option<Link>,
}

impl Closed {
    /// What a reviewer may know before they have answered.
    fn hidden((review, resolver): (ReviewId, String)) -> Self {
        Self {
            text: format!(
                "Resolved by {resolver}. How is hidden from you: a blind review waits for your own answer."
            ),
            facts: Vec::new(),
            changes: Vec::new(),
            link: Some(Link {
                href: format!("/reviews/{review}"),
                label: "Answer it".into(),
            }),
        }
    }
}

/// What somebody linked it to.
struct LinkedView {
    words: &'static str,
    id: String,
    label: String,
    status: Status,
}

/// Another of the same matter.
struct AgainView {
    href: String,
    label: String,
    note: String,
}

struct Happened {
    summary: String,
    changes: Vec<Change>,
    facts: Vec<Fact>,
    line: Option<String>,
}

impl Happened {
    fn of(row: &ExceptionRow, decoded: Decoded) -> Self {
        Self {
            summary: row.description.clone(),
            changes: decoded.changes,
            facts: decoded.facts,
            line: decoded.line,
        }
    }
}

struct Playbook {
    means: String,
    whose: String,
    /// What the next answers.
    again_label: &'static str,
    again: String,
    todo: String,
    as_of: String,
}

/// A comment that is being written.
#[derive(Default)]
pub struct Draft {
    /// What was typed.
    pub text: String,
    /// What is wrong with it.
    pub error: Option<String>,
}

impl Draft {
    fn problems(&self) -> Vec<Problem> {
        let problem = |text: &String| Problem {
            field: "comment".into(),
            text: text.clone(),
        };
        self.error.iter().map(problem).collect()
    }
}

/// What the page is made from.
struct Found {
    /// The blind review that hides how it was resolved from whoever looks.
    blind: Option<ReviewId>,
    row: ExceptionRow,
    source: SourceRow,
    holder: Option<String>,
    loose: Option<String>,
    again: Vec<Again>,
    linked: Vec<(LinkRow, ExceptionRow)>,
    resolution: Option<ResolutionRow>,
    posted: Vec<Posted>,
    counted: Vec<Counted>,
    waiting: Vec<ApprovalRow>,
    account: Option<AccountRow>,
    parties: Vec<AccountRow>,
    has_moved: bool,
    chain: Vec<TransactionRow>,
    disputes: Vec<disputes::model::DisputeRow>,
    dispatched: Dispatched,
    /// How much of its SLA is left while it stands still, and who is told when it goes on.
    paused: Option<(Option<Duration>, String)>,
    said: Said,
}

/// `GET /exceptions/{id}`
pub async fn show(
    app: Data<App>,
    who: May<Read>,
    id: PathId<noun::Exception>,
) -> AppResult<Page<ExceptionPage>> {
    page(&app, &who, id.0, Draft::default()).await.map(Page::ok)
}

/// The page, with a comment that is being written.
pub async fn page(app: &App, who: &May<Read>, id: ExceptionId, draft: Draft) -> AppResult<ExceptionPage> {
    let (account, actor, now) = (who.account(), who.actor(), app.clock.now());
    let (standings, moment) = (app.memos.of::<Standings>(), app.db.moment());
    let found = app
        .db
        .read_by_index(move |conn| {
            let Opened {
                row,
                source,
                holder,
                has,
            } = opened::open(conn, account, id)?;
            let chain = match row.transaction_id {
                Some(transaction) => transactions::queries::lineage(conn, account, transaction)?,
                None => Vec::new(),
            };
            let counted = counted(conn, &standings, moment, &row)?;
            let disputes = Has::if_any(has.disputes, || {
                disputes::queries::list_of_exception(conn, account, id)
            })?;
            let told = iter::once(id.uuid()).chain(disputes.iter().map(|d| d.id.uuid()));
            let told: Vec<Uuid> = told.collect();
            let blind = reviews::blind::hidden_from(conn, &actor, &row)?;
            let again = recurrence::of(conn, &row)?;
            let parties = parties(conn, &row, &chain)?;
            let events = history::queries::list_untold_by_comments(conn, account, &told, timeline::READ)?;
            Ok(Found {
                blind,
                loose: loose::why(conn, &row, &actor, now)?,
                again: reviews::blind::without_hidden(conn, &actor, again)?,
                linked: Has::if_any(has.links, || links::of(conn, &row))?,
                source,
                holder,
                waiting: Has::if_any(has.waiting, || {
                    approvals::queries::waiting_on(conn, account, id.uuid())
                })?,
                resolution: row.resolution_id.map(|r| resolution::get(conn, r)).transpose()?,
                posted: match row.resolution_id {
                    Some(resolution) => posted::by_resolution(conn, account, resolution)?,
                    None => Vec::new(),
                },
                account: subject(conn, &row, &chain, &parties)?,
                parties,
                has_moved: resolution::retry::has_moved(conn, &row, &chain)?,
                chain,
                counted,
                disputes,
                dispatched: Has::if_any(has.dispatches, || Dispatched::of(conn, &row))?,
                paused: paused(conn, &row)?,
                said: Said {
                    events: reviews::blind::veiled(conn, account, Reader::Person(&actor), events)?,
                    comments: Has::if_any(has.comments, || comment::list(conn, account, id, timeline::READ))?,
                    notes: match row.noted() {
                        Some(about) => notes::queries::list(conn, account, about, notes::SHOWN + 1)?,
                        None => Vec::new(),
                    },
                },
                row,
            })
        })
        .await?;
    let decoded = decode(&app.vault, found.row.kind, &found.source)?;
    let mut page = view(app, who, found, decoded, draft);
    let me = (who.who.member, who.who.actor.name.as_str());
    page.others = presence::sentence(&app.memos.of::<Presence>().visit(id, me.0, me.1, app.clock.now()));
    Ok(page)
}

fn view(app: &App, who: &May<Read>, found: Found, decoded: Decoded, draft: Draft) -> ExceptionPage {
    let (now, zone) = (app.clock.now(), who.own_zone());
    let today = now.day_in(Tz::America__New_York);
    let Found {
        blind,
        row,
        source,
        holder,
        loose,
        again,
        linked,
        resolution,
        posted,
        counted,
        waiting,
        account,
        parties,
        has_moved,
        chain,
        disputes,
        dispatched,
        paused,
        said,
    } = found;
    let actor = &who.who.actor;
    let (hidden, resolution, chain) = veiled(blind, resolution, chain);
    let may = |act: Act| row.standing().check(act, actor, holder.as_deref()).is_ok();
    let retry = resolution::retry::facts(&row, &source, &chain, today, has_moved);
    let decision = retry.as_ref().map(retry_decision);
    let holding = resolution::holding(&row, waiting.iter().cloned());
    let around = Around {
        chain: &chain,
        retry: retry.as_ref(),
        account: account.as_ref(),
        parties: &parties,
        waiting: holding.as_ref(),
    };
    let head = head(who, &row, (now, zone));
    ExceptionPage {
        shell: who.shell(app, notifications::model::brief(&row), Section::Queue),
        notices: notices(
            &row,
            resolution.as_ref(),
            &decoded.changes,
            &waiting,
            &dispatched,
            zone,
        )
        .into_iter()
        .chain(waits(&row, paused.as_ref(), zone))
        .chain(came_again(&again, &head, who.zone()))
        .collect(),
        closed: hidden.or_else(|| closed(&row, resolution.as_ref(), &posted)),
        linked: linked_views(&row, &linked),
        again: again_views(&again, &head, who.zone()),
        can_link: may(Act::Comment),
        problems: draft.problems(),
        clocks: clock_views(&row, &source, today, retry.as_ref(), resolution.as_ref()),
        playbook: playbook(&row, retry.as_ref(), &decoded),
        happened: Happened::of(&row, decoded),
        attempts: decision.as_ref().map(|d| attempts(d, &chain)).unwrap_or_default(),
        chain: chain_steps(&chain, &row, decision.as_ref()),
        moves: offered(&row, actor, holder.as_deref(), &around, &head),
        no_moves: moves::none_because(&row, actor),
        activity: Activity::of(
            said,
            dispatched.moments(now, zone),
            &Seen {
                row: &row,
                head: &head,
                actor,
                now,
                zone,
            },
            &Asked::read(who.request().query_string()),
        ),
        comment: Field {
            value: draft.text,
            error: draft.error,
        },
        comment_closed: comment_closed(&row, actor),
        note_action: row.noted().map(|_| head.at("notes")),
        assignee: holder.clone().map(Person::named),
        can_take_next: actor.may(Right::Work),
        can_take: may(Act::Claim) && row.assignee_id.is_none_or(|m| m == who.who.member),
        take_over: take_over(&row, actor, holder.as_deref(), loose),
        can_assign: may(Act::Assign) && gives_to_others(actor, &row),
        can_release: may(Act::Release),
        can_snooze: may(Act::Snooze),
        can_wake: may(Act::Wake),
        can_wait: may(Act::Wait),
        can_resume: may(Act::Resume),
        can_rate: may(Act::Rate),
        about: about(&row, &source, (account.as_ref(), &counted), Some(now), zone),
        others: String::new(),
        disputes: DisputesCard::of(&disputes, &row.id.to_string(), actor),
        dispatch: DispatchCard::of(&dispatched, &row, actor, holder.as_deref(), (now, zone)),
        live: format!("{}?stay=1&exception={}", live::PATH, row.id),
        head,
    }
}

/// What can be done, each form with the list that the page carries, and what cannot.
fn offered(
    row: &ExceptionRow,
    actor: &Actor,
    holder: Option<&str>,
    around: &Around<'_>,
    head: &ExceptionHead,
) -> Moves {
    let mut moves = moves(row, actor, holder, around);
    for to_a_form in moves.iter_mut().filter(|to| to.dialog) {
        to_a_form.href = head.and_list(&to_a_form.href);
    }
    let refused = row.standing().check(Act::Resolve, actor, holder).err();
    parted(moves, refused.is_some_and(|why| why.code() == Code::AlreadyTaken))
}

/// The accounts of the payment that an exception is about.
pub(super) fn parties(
    conn: &mut AnyConnection,
    row: &ExceptionRow,
    chain: &[TransactionRow],
) -> AppResult<Vec<AccountRow>> {
    match chain.iter().find(|t| Some(t.id) == row.transaction_id) {
        Some(payment) => {
            let both = [payment.debit_account_id, payment.credit_account_id];
            accounts::queries::list_by_ids(conn, row.business_account_id, &both)
        }
        None => Ok(Vec::new()),
    }
}

/// Whose account it is about: of its payment, as that has been read, or as it is stored.
pub(super) fn subject(
    conn: &mut AnyConnection,
    row: &ExceptionRow,
    chain: &[TransactionRow],
    parties: &[AccountRow],
) -> AppResult<Option<AccountRow>> {
    let payment = chain.iter().find(|t| Some(t.id) == row.transaction_id);
    match payment.filter(|_| row.entity_type != Entity::FinancialAccount) {
        Some(payment) => Ok(their_side(payment, parties).cloned()),
        None => subject_account(conn, row),
    }
}

/// What a blind review leaves to be told of how it was resolved: the words for it, the resolution, the payments.
fn veiled(
    blind: Option<ReviewId>,
    resolution: Option<ResolutionRow>,
    mut chain: Vec<TransactionRow>,
) -> (Option<Closed>, Option<ResolutionRow>, Vec<TransactionRow>) {
    match (blind, resolution) {
        (Some(review), Some(resolution)) => {
            chain.retain(|t| Some(t.id) != resolution.transaction_id);
            (
                Some(Closed::hidden((review, resolution.resolved_by_name))),
                None,
                chain,
            )
        }
        (_, resolution) => (None, resolution, chain),
    }
}

/// That the matter was resolved before and has come back.
fn came_again(again: &[Again], head: &ExceptionHead, zone: Tz) -> Option<Notice> {
    let former: Vec<&Again> = again.iter().filter(|a| a.is_former).collect();
    let latest = former.first()?;
    let resolution = latest.resolution.as_ref()?;
    let times = match former.len() {
        1 => "once".to_owned(),
        n => format!("{n} times"),
    };
    Some(Notice {
        tone: Tone::Amber,
        icon: "repeat",
        text: format!(
            "It comes again: the same account had this {times} in the 30 days before, last resolved by {} on {} ({}).",
            resolution.resolved_by_name,
            written_day(resolution.resolved_at.day_in(zone)),
            resolution.kind.label()
        ),
        link: Some(Link {
            href: format!("/exceptions/{}{}", latest.row.id, head.list),
            label: "Open it".into(),
        }),
    })
}

fn again_views(again: &[Again], head: &ExceptionHead, zone: Tz) -> Vec<AgainView> {
    let day = |at: Ts| written_day(at.day_in(zone));
    let view = |again: &Again| AgainView {
        href: format!("/exceptions/{}{}", again.row.id, head.list),
        label: notifications::model::brief(&again.row),
        note: match (&again.resolution, again.row.status) {
            (Some(r), Status::Resolved) => format!("resolved on {}: {}", day(r.resolved_at), r.kind.label()),
            _ => format!(
                "raised on {}, {}",
                day(again.row.created_at),
                again.row.status.word().to_lowercase()
            ),
        },
    };
    again.iter().map(view).collect()
}

fn linked_views(row: &ExceptionRow, linked: &[(LinkRow, ExceptionRow)]) -> Vec<LinkedView> {
    let views = linked.iter().map(|(link, end)| LinkedView {
        words: link.kind.words(link.exception_id != row.id),
        id: end.id.to_string(),
        label: notifications::model::brief(end),
        status: end.status,
    });
    views.collect()
}

/// Why `actor` may take it from its holder, in words; none when they may not.
fn take_over(
    row: &ExceptionRow,
    actor: &Actor,
    holder: Option<&str>,
    loose: Option<String>,
) -> Option<String> {
    let standing = Standing {
        is_loose: loose.is_some(),
        ..row.standing()
    };
    standing.check(Act::TakeOver, actor, holder).ok()?;
    Some(loose.unwrap_or_else(|| "As a supervisor you may take it over.".into()))
}

/// How it is resolved; none while it is open.
fn closed(row: &ExceptionRow, resolution: Option<&ResolutionRow>, posted: &[Posted]) -> Option<Closed> {
    let resolution = resolution.filter(|_| row.status == Status::Resolved)?;
    // That of a match or an adjustment is one of a list, and told with it.
    let reason = resolution.typed_reason();
    Some(Closed {
        text: format!(
            "Resolved by {}: {}. {} Notes: {}",
            resolution.resolved_by_name,
            resolution.kind.label(),
            resolution.effect,
            resolution.notes
        ),
        facts: reason
            .map(|reason| Fact::new("Reason", reason))
            .into_iter()
            .chain(posted.iter().flat_map(Posted::told))
            .collect(),
        changes: resolution.changes().into_iter().map(Change::from).collect(),
        link: made(resolution),
    })
}

fn notices(
    row: &ExceptionRow,
    resolution: Option<&ResolutionRow>,
    changes: &[Change],
    waiting: &[ApprovalRow],
    dispatched: &Dispatched,
    zone: Tz,
) -> Vec<Notice> {
    let mut notices = approvals::show::banners(waiting);
    if row.transaction_id.is_none() && matches!(row.kind, Kind::AchReturn | Kind::AchNoc) {
        notices.push(Notice {
            tone: Tone::Amber,
            icon: "triangle-alert",
            text: "No transaction of ours matches it. What is shown is what the file says.".into(),
            link: None,
        });
    }
    notices.extend(resolution.and_then(|r| others_at_the_bank(r, changes)));
    if let Some(until) = row.snoozed_until {
        let reason = row.snooze_reason.as_deref().unwrap_or_default();
        notices.push(Notice {
            tone: Tone::Grey,
            icon: "calendar-clock",
            text: format!("Snoozed until {}: {reason}", until.written_in(zone)),
            link: None,
        });
    }
    if row.status == Status::PendingResolution {
        notices.push(Notice {
            tone: Tone::Violet,
            icon: "hourglass",
            text: dispatched.waits_for(row),
            link: row.external_url.clone().map(|href| Link {
                href,
                label: "Open it there".into(),
            }),
        });
    }
    notices
}

fn paused(conn: &mut AnyConnection, row: &ExceptionRow) -> AppResult<Option<(Option<Duration>, String)>> {
    if row.waiting_since.is_none() {
        return Ok(None);
    }
    let sla = Sla::of(conn, row.business_account_id)?;
    let told = row.waiting_told.map(|to| queries::person(conn, to)).transpose()?;
    Ok(Some((
        row.left(&sla),
        told.map(|(name, _)| name).unwrap_or_default(),
    )))
}

/// That it waits for somebody outside: which clock stands still, which goes on, and until when.
fn waits(row: &ExceptionRow, paused: Option<&(Option<Duration>, String)>, zone: Tz) -> Option<Notice> {
    let (since, party, (left, told)) = (row.waiting_since?, row.waiting_for?, paused?);
    let clocks = match (row.due(), left) {
        (None, Some(left)) => format!("Its SLA stands still with {} left.", time::span(*left)),
        (Some(_), Some(left)) => format!(
            "Its SLA stands still with {} left; the clock of the rules that it is due by goes on.",
            time::span(*left)
        ),
        (_, None) => "It was overdue before, and stays so.".to_owned(),
    };
    let until = row
        .waiting_until
        .map(|at| at.written_in(zone))
        .unwrap_or_default();
    let told = match told.as_str() {
        "" => String::new(),
        name => format!(" {name} is told then."),
    };
    let reason = row.waiting_reason.as_deref().unwrap_or_default();
    Some(Notice {
        tone: Tone::Violet,
        icon: "hourglass",
        text: format!(
            "Waits for {} since {} (“{reason}”). {clocks} It goes on by itself on {until}, or when something new \
             comes from outside.{told}",
            party.words(),
            since.written_in(zone)
        ),
        link: None,
    })
}

/// After a bank's routing number was corrected for one account: the way to the others there.
fn others_at_the_bank(resolution: &ResolutionRow, changes: &[Change]) -> Option<Notice> {
    let is_corrected = resolution.kind == ResolutionKind::CorrectAccount;
    let bank = changes
        .iter()
        .find(|c| is_corrected && c.label == ROUTING_NUMBER && c.changed)?;
    Some(Notice {
        tone: Tone::Blue,
        icon: "landmark",
        text: format!(
            "Other accounts with the routing number {} may need the same change.",
            bank.before
        ),
        link: Some(Link {
            href: accounts::sweep::address(&bank.before, &bank.after),
            label: "Look at them".into(),
        }),
    })
}

/// The transaction that a resolution made, or the account that it changed.
fn made(resolution: &ResolutionRow) -> Option<Link> {
    let transaction = resolution.transaction_id.map(|id| Link {
        href: format!("/transactions/{id}"),
        label: "Open the transaction it made".into(),
    });
    transaction.or(resolution.financial_account_id.map(|id| Link {
        href: format!("/accounts/{id}"),
        label: "Open the account it changed".into(),
    }))
}

fn comment_closed(row: &ExceptionRow, actor: &Actor) -> Option<String> {
    row.standing()
        .check(Act::Comment, actor, None)
        .err()
        .map(|e| e.sentence())
}

fn playbook(row: &ExceptionRow, retry: Option<&RetryFacts<'_>>, decoded: &Decoded) -> Option<Playbook> {
    let book = match (retry, &decoded.corrected) {
        (Some(facts), _) => playbook::return_playbook(facts),
        (None, Some(corrected)) => playbook::noc_playbook(corrected),
        (None, None) => {
            let code = row
                .code
                .as_deref()
                .filter(|_| row.kind == Kind::VerificationDeclined)?;
            playbook::return_playbook(&RetryFacts::new(code, NaiveDate::default()))
        }
    };
    let notes = book.notes.join(" ");
    Some(Playbook {
        means: format!("{} {notes}", book.what_happened).trim().to_owned(),
        whose: format!("{}.", capitalised(book.whose_account)),
        again_label: match (retry, &decoded.corrected) {
            (None, Some(_)) => "May it be applied",
            _ => "May it be sent again",
        },
        again: book.may_we,
        todo: book.what_to_do,
        as_of: format!("Rules as of {}", written_day(ach::codes::RULES_AS_OF)),
    })
}

fn attempts(decision: &RetryDecision, chain: &[TransactionRow]) -> String {
    match decision {
        RetryDecision::Allowed {
            last_date,
            attempts_left,
            ..
        } => {
            format!(
                "{attempts_left} of {MAX_RETRIES} retries left, until {}",
                written_day(*last_date)
            )
        }
        RetryDecision::NewEntryOnly { .. } => "Only as a new entry".into(),
        RetryDecision::Forbidden { .. } if chain.is_empty() => format!("Retries: {RETRY_DAYS} days at most"),
        RetryDecision::Forbidden { .. } => "May not be sent again".into(),
    }
}

fn chain_steps(
    chain: &[TransactionRow],
    row: &ExceptionRow,
    decision: Option<&RetryDecision>,
) -> Vec<ChainStep> {
    let mut steps: Vec<ChainStep> = chain
        .iter()
        .map(|t| ChainStep {
            title: t.relation.map_or("Original", Relation::label).to_owned(),
            detail: format!("{} · {}", t.money(), written_day(t.value_day())),
            tag: Some(Tag {
                tone: Tone::Grey,
                icon: "circle-check",
                text: super::words::sentence_case(t.status.as_str()),
            }),
            href: Some(format!("/transactions/{}", t.id)),
            current: t.id.uuid() == row.entity_id.uuid(),
            ghost: false,
        })
        .collect();
    // What was sent again already is not sent once more on this return.
    let is_last = row
        .transaction_id
        .is_none_or(|id| transactions::lineage::successor(chain, id).is_none());
    if let (false, true, Some(RetryDecision::Allowed { last_date, .. })) =
        (steps.is_empty(), is_last, decision)
    {
        steps.push(ChainStep {
            title: "Retry".into(),
            detail: format!("possible until {}", written_day(*last_date)),
            tag: None,
            href: None,
            current: false,
            ghost: true,
        });
    }
    steps
}

/// The return rates that it counts in: none when it is no return of a debit of ours within the 60 days.
pub(super) fn counted(
    conn: &mut AnyConnection,
    standings: &Standings,
    moment: memo::Moment,
    row: &ExceptionRow,
) -> AppResult<Vec<Counted>> {
    match (row.transaction_id, row.code.as_deref()) {
        (Some(payment), Some(code)) if row.kind == Kind::AchReturn => {
            let account = row.business_account_id;
            rates::counts::of(conn, standings, moment, account, (payment, code))
        }
        _ => Ok(Vec::new()),
    }
}

/// A return rate that it counts in, with the room that is left.
fn counts_in(of: &Counted) -> Fact {
    Fact {
        href: Some(rates::page::address(&of.company, of.rate)),
        note: of.room.clone(),
        ..Fact::new(
            "Counts in",
            format!("{} return rate: {}", of.rate.label(), of.now),
        )
    }
}

/// The facts beside an exception; without `now` as they are for print, where nothing is so long ago for long, and nobody
/// opens what a link leads to.
pub(super) fn about(
    row: &ExceptionRow,
    source: &SourceRow,
    (account, counted): (Option<&AccountRow>, &[Counted]),
    now: Option<Ts>,
    zone: Tz,
) -> Vec<Fact> {
    let mut facts = vec![
        Fact::new("Type", row.kind.label()),
        Fact {
            note: row.due_rule.clone(),
            ..Fact::new(
                "Due",
                row.due()
                    .map_or_else(|| "Paused".to_owned(), |at| at.written_in(zone)),
            )
        },
        Fact {
            note: row.severity_rule.clone(),
            ..Fact::new("Severity", row.severity.word())
        },
        Fact {
            note: now.map_or_else(String::new, |now| {
                format!("{} ago", time::span(now.since(row.created_at)))
            }),
            ..Fact::new("Raised", row.created_at.written_in(zone))
        },
        Fact::new("Source", row.source.label()),
    ];
    if let Some(party) = row.waiting_for {
        facts.push(Fact {
            note: row.waiting_reason.clone().unwrap_or_default(),
            ..Fact::new("Waits for", party.words())
        });
    }
    if let Some(id) = row.transaction_id {
        let shown = match now {
            Some(_) => Fact::new("Transaction", "Open the transaction"),
            None => Fact::new("Transaction", id.to_string()).fixed(true),
        };
        facts.push(Fact {
            href: Some(format!("/transactions/{id}")),
            ..shown
        });
    }
    if let Some(account) = account {
        facts.push(Fact {
            href: Some(format!("/accounts/{}", account.id)),
            ..Fact::new("Account", account.label())
        });
    }
    facts.extend(counted.iter().map(counts_in));
    if let (Some(import), line) = (source.import_id, source.import_line) {
        let line = line.map_or_else(
            || "The file".to_owned(),
            |line| format!("Line {line} of the file"),
        );
        facts.push(Fact {
            href: Some(format!("/imports/{import}")),
            ..Fact::new("File", line)
        });
    }
    if let Some(day) = source.notice_settlement {
        let note = source.notice_date_source.clone().unwrap_or_default();
        facts.push(Fact {
            note,
            ..Fact::new("Settled on", written_day(day.0))
        });
    }
    if let Some(day) = source.original_settlement {
        facts.push(Fact::new("Original settled on", written_day(day.0)));
    }
    facts.push(Fact::new("Id", row.id.to_string()).fixed(true));
    facts
}
