//! The evidence of one exception, for print: what it is, what its source said, what was said and decided, and every
//! event of its history with its hash, each checked against the event before it.

use std::iter;

use actix_web::web::Data;
use askama::Template;
use uuid::Uuid;

use super::{
    comment,
    decoded::decode,
    head::{ExceptionHead, head, titled},
    queries,
    resolution::{
        self, ResolutionRow,
        correct::subject_account,
        posted::{self, Posted},
    },
    row::{ExceptionRow, SourceRow},
    show, told,
};
use crate::{
    accounts::AccountRow,
    app::App,
    auth::{permission::Read, principal::May},
    db::AnyConnection,
    disputes::{self, model::DisputeRow},
    history::{self, Event, values::Names},
    imports,
    kernel::{
        crypto::hex,
        error::{AppError, AppResult, Code},
        id::{BusinessAccountId, ExceptionId, noun},
    },
    notes,
    rates::counts::Standings,
    reviews,
    web::{
        form::PathId,
        page::Page,
        shell::{Section, Shell},
        ui::{Badge, Change, Fact, Tag, Tone},
    },
};

/// More events than this are not printed; the audit log has them.
const EVENTS: i64 = 5_000;

/// More words of others than this are not printed.
const WORDS: i64 = 1_000;

#[derive(Template)]
#[template(path = "exceptions/evidence.html")]
pub struct EvidencePage {
    shell: Shell,
    head: ExceptionHead,
    about: Vec<Fact>,
    summary: String,
    changes: Vec<Change>,
    said: Vec<Fact>,
    line: Option<String>,
    resolution: Vec<Fact>,
    words: Vec<WordsView>,
    events: Vec<EventView>,
    verdict: Tag,
    printed: String,
}

struct WordsView {
    who: String,
    at: String,
    kind: &'static str,
    text: String,
}

struct EventView {
    seq: i64,
    at: String,
    who: String,
    what: String,
    values: String,
    hash: String,
}

struct Found {
    row: ExceptionRow,
    source: SourceRow,
    account: Option<AccountRow>,
    resolution: Option<ResolutionRow>,
    posted: Vec<Posted>,
    words: Vec<Words>,
    events: Vec<Event>,
    names: Names,
    /// The place of the first event that does not fit the one before it.
    broken: Option<i64>,
    file: Option<(String, String)>,
}

struct Words {
    who: String,
    at: crate::kernel::clock::Ts,
    kind: &'static str,
    text: String,
}

/// `GET /exceptions/{id}/evidence`
pub async fn evidence(
    app: Data<App>,
    who: May<Read>,
    id: PathId<noun::Exception>,
) -> AppResult<Page<EvidencePage>> {
    let (account, actor, id) = (who.account(), who.actor(), id.0);
    let (standings, moment) = (app.memos.of::<Standings>(), app.db.moment());
    let (found, counted) = app
        .db
        .read_slow(move |conn| {
            let found = find(conn, account, id)?;
            if reviews::blind::hidden_from(conn, &actor, &found.row)?.is_some() {
                return Err(AppError::refused(
                    Code::RuleRefuses,
                    "A blind review of it waits: its evidence can be printed once it has an answer.",
                ));
            }
            let counted = show::counted(conn, &standings, moment, &found.row)?;
            Ok((found, counted))
        })
        .await?;
    // A document of the business account, the same whoever prints it: its times are not the person's own.
    let (now, zone) = (app.clock.now(), who.zone());
    let decoded = decode(&app.vault, found.row.kind, &found.source)?;
    let head = head(&who, &found.row, (now, zone));
    let verdict = verdict(&found);
    let beside = (found.account.as_ref(), counted.as_slice());
    let mut about = show::about(&found.row, &found.source, beside, None, zone);
    if let Some((name, sha256)) = found.file {
        about.push(Fact {
            note: name,
            fixed: true,
            ..Fact::new("SHA-256 of the file", sha256)
        });
    }
    Ok(Page::ok(EvidencePage {
        shell: who.shell(&app, titled("Evidence", &found.row), Section::Queue),
        about,
        summary: found.row.description.clone(),
        changes: decoded.changes,
        said: decoded.facts,
        line: decoded.line,
        resolution: found
            .resolution
            .as_ref()
            .map(|r| resolved(r, &found.posted, zone))
            .unwrap_or_default(),
        words: found
            .words
            .into_iter()
            .map(|w| WordsView {
                who: w.who,
                at: w.at.written_in(zone),
                kind: w.kind,
                text: w.text,
            })
            .collect(),
        events: found
            .events
            .iter()
            .map(|event| line_of(event, &found.names, zone))
            .collect(),
        verdict,
        printed: format!(
            "Made {} ({}) by {}, {}.",
            now.written_in(zone),
            zone.name(),
            who.who.actor.name,
            who.who.account.name
        ),
        head,
    }))
}

/// An event as it is printed: its time to the part of a second that its hash is over, its values in words.
fn line_of(event: &Event, names: &Names, zone: chrono_tz::Tz) -> EventView {
    let value = |value| names.written(event, value, zone);
    EventView {
        seq: event.seq,
        at: event.created_at.rfc3339(),
        who: event.actor_name.clone(),
        what: told::description(event, zone).into_owned(),
        values: match (value(&event.previous), value(&event.new)) {
            (before, now) if before.is_empty() => now,
            (before, now) => format!("{before} → {now}"),
        },
        hash: hex(&event.hash),
    }
}

fn find(conn: &mut AnyConnection, account: BusinessAccountId, id: ExceptionId) -> AppResult<Found> {
    let row = queries::get(conn, account, id)?;
    let source = queries::source_of(conn, &row)?;
    let mut words: Vec<Words> = comment::list(conn, account, id, WORDS)?
        .into_iter()
        .map(|c| Words {
            who: c.author_name,
            at: c.created_at,
            kind: "Comment",
            text: c.text,
        })
        .collect();
    if let Some(about) = row.noted() {
        let notes = notes::queries::list(conn, account, about, WORDS)?;
        words.extend(notes.into_iter().map(|n| Words {
            who: n.created_by_name,
            at: n.created_at,
            kind: "Note",
            text: format!("{}: {}", n.title, n.text),
        }));
    }
    let disputes = disputes::queries::list_of_exception(conn, account, id)?;
    words.extend(disputed(conn, account, &disputes)?);
    words.sort_by_key(|w| w.at);
    let told: Vec<Uuid> = iter::once(id.uuid())
        .chain(disputes.iter().map(|d| d.id.uuid()))
        .collect();
    let events = history::queries::list_of_any(conn, account, &told, EVENTS)?;
    let broken = history::verify::first_misfit(conn, account, &events)?;
    let file = match source.import_id {
        Some(import) => imports::queries::find(conn, account, import)?,
        None => None,
    };
    Ok(Found {
        names: Names::of(conn, account, &events)?,
        account: subject_account(conn, &row)?,
        resolution: row.resolution_id.map(|r| resolution::get(conn, r)).transpose()?,
        posted: match row.resolution_id {
            Some(id) => posted::by_resolution(conn, account, id)?,
            None => Vec::new(),
        },
        file: file.map(|import| (import.file_name, hex(&import.sha256))),
        row,
        source,
        words,
        events,
        broken,
    })
}

/// What was said in disputes, and what each piece of their evidence is.
fn disputed(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    disputes: &[DisputeRow],
) -> AppResult<Vec<Words>> {
    let mut words = Vec::new();
    for dispute in disputes {
        words.push(Words {
            who: dispute.opened_by_name.clone(),
            at: dispute.created_at,
            kind: "Dispute",
            text: format!("{}: {}", dispute.category.label(), dispute.description),
        });
        for piece in disputes::queries::evidence_of(conn, account, dispute.id)? {
            let file = piece.file_name.zip(piece.sha256.map(|sum| hex(&sum)));
            let kept = file.map(|(name, sum)| format!("{name}, SHA-256 {sum}"));
            let parts = [Some(piece.comment), kept, piece.file_url];
            words.push(Words {
                who: piece.submitted_by_name,
                at: piece.submitted_at,
                kind: "Evidence",
                text: parts.into_iter().flatten().collect::<Vec<_>>().join("\n"),
            });
        }
    }
    Ok(words)
}

fn verdict(found: &Found) -> Tag {
    match found.broken {
        None => Tag {
            tone: Tone::Green,
            icon: "shield-check",
            text: format!("All {} events fit the one before them", found.events.len()),
        },
        Some(seq) => Tag {
            tone: Tone::Red,
            icon: "shield-x",
            text: format!("Event {seq} does not fit the one before it"),
        },
    }
}

fn resolved(row: &ResolutionRow, posted: &[Posted], zone: chrono_tz::Tz) -> Vec<Fact> {
    let mut facts = vec![Fact::new("Type", row.kind.label())];
    facts.extend(row.reason_in_words().map(|r| Fact::new("Reason", r)));
    facts.extend([
        Fact::new("Effect", row.effect.clone()),
        Fact::new("Notes", row.notes.clone()),
        Fact::new("By", row.resolved_by_name.clone()),
        Fact::new("At", row.resolved_at.written_in(zone)),
    ]);
    facts.extend(posted.iter().flat_map(Posted::told));
    facts
}
