//! One transaction: amounts and accounts, its chain, its exceptions, its status history, and what can be done.

use std::iter;

use actix_web::web::Data;
use askama::Template;
use chrono_tz::Tz;
use uuid::Uuid;

use super::{
    Kind, Status, TransactionRow, cancel, edit, lineage,
    list::Beside,
    model::{StatusEntryRow, StatusEvent},
    queries, reverse, words,
};
use crate::{
    ach::retry::MAX_RETRIES,
    app::App,
    approvals::{self, ApprovalRow},
    auth::{
        actor::Actor,
        permission::{Read, Right},
        principal::May,
    },
    db::AnyConnection,
    exceptions::{
        about::{self, ExceptionLine, Mention},
        posted::PostedView,
        resolution::{
            self, ResolutionRow,
            posted::{self, Posted},
        },
        words::sentence_case,
    },
    history::{self, Event, EventKind},
    kernel::{
        clock::{Ts, written_day},
        error::AppResult,
        id::{BusinessAccountId, Id, TransactionId, noun},
    },
    notes::{self, NoteRow, Noted, NotesCard},
    reviews,
    web::{
        form::PathId,
        page::Page,
        shell::{Section, Shell},
        time,
        ui::{Badge as _, ChainStep, Entry, Fact, Link, Money, Move, Notice, Tag, Tone},
    },
};

#[derive(Template)]
#[template(path = "transactions/show.html")]
pub struct TransactionPage {
    shell: Shell,
    head: Head,
    notices: Vec<Notice>,
    chain: Vec<ChainStep>,
    attempts: String,
    facts: Vec<Fact>,
    metadata: Vec<Fact>,
    posted: Vec<PostedView>,
    exceptions: Vec<ExceptionLine>,
    notes: NotesCard,
    history: Vec<Entry>,
    moves: Vec<Move>,
    no_moves: String,
    cancel: Option<Cancel>,
    about: Vec<Fact>,
}

struct Head {
    title: String,
    amount: Money,
    status: Tag,
    from: String,
    to: String,
}

/// The form that cancels the transaction.
struct Cancel {
    action: String,
    version: i64,
    idempotency_key: String,
}

struct Seen {
    row: TransactionRow,
    line: Vec<TransactionRow>,
    beside: Beside,
    mentions: Vec<Mention>,
    entries: Vec<StatusEntryRow>,
    /// What resolutions of exceptions did to it: matches by hand, adjustments.
    resolutions: Vec<Event>,
    posted: Vec<Posted>,
    notes: Vec<NoteRow>,
    waiting: Vec<ApprovalRow>,
    made_by: Option<ResolutionRow>,
    /// By which it was made or last changed.
    agreed: Vec<ApprovalRow>,
}

/// `GET /transactions/{id}`
pub async fn show(
    app: Data<App>,
    who: May<Read>,
    id: PathId<noun::Transaction>,
) -> AppResult<Page<TransactionPage>> {
    let (actor, zone, PathId(id)) = (who.actor(), who.own_zone(), id);
    let seen = app
        .db
        .read(move |conn| {
            let account = actor.business_account;
            let row = queries::get(conn, account, id)?;
            let told = Told::read(conn, &actor, id)?;
            Ok(Seen {
                line: told.line,
                beside: Beside::read(conn, account, std::slice::from_ref(&row))?,
                mentions: about::transactions(conn, account, &[id])?,
                entries: told.entries,
                resolutions: told.resolutions,
                posted: told.posted,
                notes: notes::queries::list(conn, account, (Noted::Transaction, id.uuid()), notes::SHOWN)?,
                waiting: approvals::queries::waiting_on(conn, account, id.uuid())?,
                made_by: told.made_by,
                agreed: agreed(conn, &row)?,
                row,
            })
        })
        .await?;
    let now = app.clock.now();
    let title = seen.beside.line(&seen.row, now, zone).title;
    let shell = who.shell(&app, &title, Section::Transactions);
    view(shell, title, &seen, &who.who.actor, now, (who.zone(), zone)).map(Page::ok)
}

/// Its days are told in the zone `days`, its times of day in `zone`.
fn view(
    shell: Shell,
    title: String,
    seen: &Seen,
    actor: &Actor,
    now: Ts,
    (days, zone): (Tz, Tz),
) -> AppResult<TransactionPage> {
    let (row, beside) = (&seen.row, &seen.beside);
    let (from, to) = row.from_and_to();
    let may = actor.may(Right::Transact);
    let here = format!("/transactions/{}", row.id);
    let cancel = (may && cancel::can_cancel(row, &seen.line).is_ok())
        .then(|| cancel_form(row))
        .transpose()?;
    Ok(TransactionPage {
        head: Head {
            title,
            amount: Money {
                amount: row.money().to_string(),
                currency: row.currency.beside_amount().into(),
            },
            status: words::status_tag(row.status),
            from: beside.account(from),
            to: beside.account(to),
        },
        notices: notices(seen),
        chain: if seen.line.len() > 1 {
            chain(seen)
        } else {
            Vec::new()
        },
        attempts: attempts(&seen.line),
        facts: facts(seen),
        metadata: row
            .metadata()
            .into_iter()
            .map(|(key, value)| Fact::new(key, value))
            .collect(),
        posted: seen.posted.iter().map(|p| p.on(row.id, zone)).collect(),
        exceptions: exceptions(seen, days),
        notes: NotesCard::new(&here, seen.notes.clone(), actor, now, zone),
        history: timeline(seen, now, zone),
        moves: if may {
            moves(row, &seen.line, now)
        } else {
            Vec::new()
        },
        no_moves: "Your role can read transactions, not change them.".into(),
        cancel,
        about: about_facts(row, zone),
        shell,
    })
}

fn cancel_form(row: &TransactionRow) -> AppResult<Cancel> {
    Ok(Cancel {
        action: format!("/transactions/{}/cancel", row.id),
        version: row.version,
        idempotency_key: crate::kernel::crypto::new_token()?,
    })
}

/// What waits about it, what took its place, what made it.
fn notices(seen: &Seen) -> Vec<Notice> {
    let mut notices = approvals::show::banners(&seen.waiting);
    notices.extend(seen.agreed.iter().map(|approval| Notice {
        tone: Tone::Blue,
        icon: "stamp",
        text: format!(
            "{} asked for {}. {}",
            approval.requested_by_name,
            if approval.decided_at == Some(seen.row.created_at) {
                "it"
            } else {
                "its last change"
            },
            approval.agreed()
        ),
        link: Some(Link {
            href: format!("/approvals/{}", approval.id),
            label: "Open the approval".into(),
        }),
    }));
    notices.extend(replaced(seen));
    notices.extend(seen.made_by.as_ref().map(|resolution| Notice {
        tone: Tone::Blue,
        icon: "info",
        text: format!(
            "{} made it to resolve an exception: {}.",
            resolution.resolved_by_name,
            resolution.kind.label()
        ),
        link: Some(Link {
            href: format!("/exceptions/{}", resolution.exception_id),
            label: "Open the exception".into(),
        }),
    }));
    notices
}

/// The exceptions that name it, then those that reached it through a match.
fn exceptions(seen: &Seen, zone: Tz) -> Vec<ExceptionLine> {
    let mut lines: Vec<ExceptionLine> = seen.mentions.iter().map(|m| m.line(zone)).collect();
    for posted in &seen.posted {
        let mut line = posted.exception.line(zone);
        if lines.iter().all(|l| l.id != line.id) {
            line.title.push_str(match posted.undone {
                None => ", through a match",
                Some(_) => ", through a match that was undone",
            });
            lines.push(line);
        }
    }
    lines
}

/// How often the payment was sent again.
fn attempts(line: &[TransactionRow]) -> String {
    match lineage::attempts(line) {
        0 => String::new(),
        n => format!("{n} of {MAX_RETRIES} retries"),
    }
}

/// The transaction that took this one's place.
fn replaced(seen: &Seen) -> Option<Notice> {
    let new = seen
        .line
        .iter()
        .find(|t| t.parent_id == Some(seen.row.id) && t.relation == Some(super::Relation::Replacement))?;
    Some(Notice {
        tone: Tone::Blue,
        icon: "info",
        text: "It was edited: this one is cancelled, and another has taken its place.".into(),
        link: Some(Link {
            href: format!("/transactions/{}", new.id),
            label: "See the new transaction".into(),
        }),
    })
}

fn chain(seen: &Seen) -> Vec<ChainStep> {
    let step = |t: &TransactionRow| ChainStep {
        title: t.relation.map_or("Original", super::Relation::label).into(),
        detail: t.money().to_string(),
        tag: Some(words::status_tag(t.status)),
        href: Some(format!("/transactions/{}", t.id)),
        current: t.id == seen.row.id,
        ghost: false,
    };
    seen.line.iter().map(step).collect()
}

fn facts(seen: &Seen) -> Vec<Fact> {
    let (row, beside) = (&seen.row, &seen.beside);
    let (from, to) = row.from_and_to();
    let account = |label: &str, id| Fact {
        href: Some(format!("/accounts/{id}")),
        ..Fact::new(label, beside.account(id))
    };
    let day = |d: Option<crate::db::types::Day>| d.map(|d| written_day(d.0));
    let optional = [
        ("Effective", day(row.effective_date), false),
        ("Settles", day(row.settlement_date), false),
        ("Trace number", row.trace_number.clone(), true),
        ("Receiving bank", row.receiving_bank.clone(), true),
        ("Company", row.company_name.clone(), false),
        ("Company id", row.company_id.clone(), true),
        ("Entry class", row.sec_code.clone(), false),
        ("Entry description", row.entry_description.clone(), false),
        ("Description", Some(row.description.clone()), false),
        ("Memo", Some(row.memo.clone()), false),
        (
            "Reversal reason",
            Some(sentence_case(&row.reversal_reason)),
            false,
        ),
    ];
    let mut facts = vec![
        account("From", from),
        account("To", to),
        Fact::new(
            "Amount",
            format!("{} {}", row.money(), row.currency.beside_amount()).trim_end(),
        ),
        Fact::new("Payment reason", beside.reason(&row.payment_reason)),
    ];
    facts.extend(optional.into_iter().filter_map(|(label, value, fixed)| {
        let value = value.filter(|v| !v.trim().is_empty())?;
        Some(Fact::new(label, value).fixed(fixed))
    }));
    facts
}

fn about_facts(row: &TransactionRow, zone: Tz) -> Vec<Fact> {
    vec![
        Fact::new("Made", row.created_at.written_in(zone)),
        Fact::new("Made by", row.created_by_name.clone()),
        Fact::new("Priority", row.settlement_priority.label()),
        Fact::new("Id", row.id.to_string()).fixed(true),
    ]
}

/// The approvals by which it was made, edited or taken back: of the same moment as what they led to.
fn agreed(conn: &mut AnyConnection, row: &TransactionRow) -> AppResult<Vec<ApprovalRow>> {
    let about: Vec<Uuid> = iter::once(row.id).chain(row.parent_id).map(Id::uuid).collect();
    let mut all = approvals::queries::approved_about(conn, row.business_account_id, &about)?;
    let moments = [row.created_at, row.status_at];
    all.retain(|a| a.decided_at.is_some_and(|at| moments.contains(&at)));
    Ok(all)
}

/// What resolutions did to a transaction and to its chain, and the history of that.
struct Told {
    line: Vec<TransactionRow>,
    entries: Vec<StatusEntryRow>,
    resolutions: Vec<Event>,
    posted: Vec<Posted>,
    made_by: Option<ResolutionRow>,
}

impl Told {
    /// Reads it, without what a blind review hides from `actor`.
    fn read(conn: &mut AnyConnection, actor: &Actor, id: TransactionId) -> AppResult<Self> {
        let account = actor.business_account;
        let line = queries::lineage(conn, account, id)?;
        let ids: Vec<TransactionId> = line.iter().map(|t| t.id).collect();
        let makers = resolution::that_made(conn, account, &ids)?;
        let mut posted = posted::on_transaction(conn, account, id)?;
        let mut entries = queries::status_entries(conn, account, id)?;
        let mut resolutions = resolutions(conn, account, id)?;
        let mut all = makers.clone();
        all.extend(posted.iter().map(|p| p.resolution.clone()));
        let hidden = reviews::blind::hidden_among(conn, actor, &all)?;
        all.retain(|r| hidden.contains(&r.id));
        // What a resolution does is of its own moment.
        let is_kept = |at: Ts| all.iter().any(|r| r.resolved_at == at);
        entries.retain(|entry| !is_kept(entry.created_at));
        resolutions.retain(|event| !is_kept(event.created_at));
        posted.retain(|p| !hidden.contains(&p.resolution.id));
        let made: Vec<TransactionId> = all.iter().filter_map(|r| r.transaction_id).collect();
        Ok(Self {
            line: lineage::seen_from(line, id, &made),
            entries,
            resolutions,
            posted,
            made_by: makers
                .into_iter()
                .find(|r| r.transaction_id == Some(id) && !hidden.contains(&r.id)),
        })
    }
}

/// The matches and adjustments of a transaction, and what was undone of them.
fn resolutions(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: TransactionId,
) -> AppResult<Vec<Event>> {
    const NEWEST: i64 = 200;
    let mut events = history::queries::list_of(conn, account, id.uuid(), NEWEST)?;
    events.retain(|e| e.kind == EventKind::Resolution);
    Ok(events)
}

fn timeline(seen: &Seen, now: Ts, zone: Tz) -> Vec<Entry> {
    let moves = seen.entries.iter().map(|e| (e.created_at, entry(e, now, zone)));
    let resolutions = seen.resolutions.iter().map(|e| {
        let shown = Entry {
            icon: "scale",
            who: e.actor_name.clone(),
            what: e.description.clone(),
            at: time::stamp(e.created_at, now, zone),
            text: None,
        };
        (e.created_at, shown)
    });
    let mut all: Vec<_> = moves.chain(resolutions).collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, shown)| shown).collect()
}

fn entry(e: &StatusEntryRow, now: Ts, zone: Tz) -> Entry {
    let (icon, what) = match e.event_type {
        StatusEvent::Create => ("plus", format!("made it, {}", e.status.label())),
        StatusEvent::StatusChange if e.status == Status::Cancelled => ("ban", "cancelled it".into()),
        StatusEvent::StatusChange => ("arrow-right", format!("moved it to {}", e.status.label())),
        StatusEvent::Replacement => ("pencil", "replaced it".into()),
        StatusEvent::Return => ("undo-2", "recorded its return".into()),
        StatusEvent::Retry => ("repeat", "sent it again".into()),
        StatusEvent::Reversal => ("rotate-ccw", "reversed it".into()),
        StatusEvent::Correction => ("wrench", "put it right".into()),
    };
    Entry {
        icon,
        who: e.actor_name.clone(),
        what,
        at: time::stamp(e.created_at, now, zone),
        text: Some(e.message.clone()).filter(|m| !m.is_empty()),
    }
}

/// What can be done by a link; cancelling is a form of its own, and shown here only when it is closed.
fn moves(row: &TransactionRow, line: &[TransactionRow], now: Ts) -> Vec<Move> {
    let act = |id, label: &str, icon, href: String, text: &str, open: Result<(), String>| Move {
        id,
        label: label.into(),
        icon,
        href,
        primary: open.is_ok(),
        closed: open.is_err(),
        dialog: false,
        text: open.err().unwrap_or_else(|| text.into()),
    };
    let mut list = vec![act(
        "move-edit",
        "Edit",
        "pencil",
        format!("/transactions/{}/edit", row.id),
        "Cancels this one and makes a new one in its place.",
        edit::can_edit(row),
    )];
    if matches!(row.kind, Kind::Send | Kind::Request) {
        list.push(act(
            "move-reverse",
            "Reverse",
            "rotate-ccw",
            format!("/transactions/{}/reverse", row.id),
            "Takes back money that has moved; a reversal is made.",
            reverse::can_reverse(row, line, now),
        ));
    }
    if let Err(why) = cancel::can_cancel(row, line) {
        list.push(act("move-cancel", "Cancel", "ban", String::new(), "", Err(why)));
    }
    list
}
