//! The page of a bulk action: the plan with what each will get, the progress, the result with a line for each.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    input::{Input, RunForm},
    model::{BulkAct, BulkItem, BulkRow, BulkState, Outcome},
    queries,
    takers::{self, Taker},
    words::{button, effect, ended, heading, origin_words, tag},
};
use crate::{
    app::App,
    auth::{permission::Read, principal::May},
    dispatch,
    exceptions::{model::Severity, resolution::OverrideReason, row::ExceptionRow, severity, snooze, words},
    kernel::{
        clock::Ts,
        count::grouped,
        error::{AppResult, FieldErrors},
        id::{BulkId, noun},
    },
    web::{
        form::{PathId, Query},
        page::Page,
        shell::{Field, Problem, Section, Shell, problems},
        ui::{Choice, Fact, Link, Pager, Tab, Tag, Tile, Tone},
    },
};

/// Items of a page.
const ITEMS: i64 = 100;

#[derive(Template)]
#[template(path = "bulk/show.html")]
pub struct BulkPage {
    shell: Shell,
    id: String,
    title: String,
    state: Tag,
    is_under_way: bool,
    stage: Stage,
    problems: Vec<Problem>,
    ask: Ask,
    back: Link,
    about: Vec<Fact>,
    tiles: Vec<Tile>,
    reasons: Vec<(String, String)>,
    tabs: Vec<Tab>,
    items: Vec<ItemView>,
    what: &'static str,
    pager: Pager,
    can_cancel: bool,
    can_retry: bool,
}

enum Stage {
    /// `check` is what the button says that tells what each gets with what is typed, where that decides it; `closed` says
    /// why it cannot be run.
    Planned {
        effect: String,
        button: String,
        can_run: bool,
        check: Option<&'static str>,
        closed: Option<String>,
    },
    Running {
        done: i64,
        total: i64,
        text: String,
    },
    Ended {
        tone: Tone,
        icon: &'static str,
        text: String,
    },
}

/// What is asked before the run.
enum Ask {
    Nothing,
    Assign {
        assignee: Field,
        takers: Vec<Taker>,
    },
    Resolve {
        hint: &'static str,
        reason: Field,
        notes: Field,
    },
    Retry {
        date: Field,
        notes: Field,
    },
    Match {
        why: Field,
        reasons: Vec<Choice>,
        notes: Field,
    },
    Severity {
        severity: Field,
        severities: Vec<Choice>,
        reason: Field,
    },
    Snooze {
        length: Field,
        lengths: Vec<Choice>,
        until: Field,
        zone: &'static str,
        reason: Field,
    },
    Comment {
        content: Field,
    },
    Dispatch {
        target: Field,
        targets: Vec<Choice>,
        queue: Field,
    },
}

struct ItemView {
    position: i64,
    href: String,
    code: String,
    title: String,
    party: String,
    amount: String,
    outcome: Tag,
    sentence: String,
}

/// What the address may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    outcome: String,
    after: String,
}

struct Found {
    row: BulkRow,
    /// What is typed, or what the plan was checked with.
    typed: RunForm,
    /// What it was checked with, or is done with, in words.
    with: Vec<(&'static str, String)>,
    items: Vec<(BulkItem, ExceptionRow)>,
    reasons: Vec<(String, i64)>,
    takers: Vec<Taker>,
    targets: Vec<Choice>,
}

/// `GET /bulk/{id}`
pub async fn show(
    app: Data<App>,
    who: May<Read>,
    id: PathId<noun::Bulk>,
    asked: Query<Asked>,
) -> AppResult<Page<BulkPage>> {
    page(&app, &who, id.0, &asked.0, None, &FieldErrors::default())
        .await
        .map(Page::ok)
}

/// The page, with what was typed and what is wrong with it.
pub(super) async fn page(
    app: &App,
    who: &May<Read>,
    id: BulkId,
    asked: &Asked,
    typed: Option<RunForm>,
    errors: &FieldErrors,
) -> AppResult<BulkPage> {
    let (actor, account, now) = (who.actor(), who.account(), app.clock.now());
    let (outcome, after) = (Outcome::parse(&asked.outcome), asked.after.parse().unwrap_or(0));
    let zone = who.own_zone();
    let found = app
        .db
        .read_slow(move |conn| {
            let row = queries::get(conn, account, id)?;
            let input = (row.input.as_deref())
                .map(|json| Input::of_json(Some(json)))
                .transpose()?;
            let typed = typed
                .or_else(|| input.as_ref().map(Input::typed))
                .unwrap_or_default();
            Ok(Found {
                with: match &input {
                    Some(input) => input.facts(conn, account, zone)?,
                    None => Vec::new(),
                },
                items: queries::list_items(conn, id, outcome, after, ITEMS + 1)?,
                reasons: queries::reasons(conn, id)?,
                takers: if row.act == BulkAct::Assign {
                    takers::of(conn, &actor, &row, &typed.assignee, now)?
                } else {
                    Vec::new()
                },
                targets: dispatch::form::targets(conn, account, &typed.target)?,
                typed,
                row,
            })
        })
        .await?;
    Ok(view(app, who, found, asked, errors))
}

fn view(app: &App, who: &May<Read>, mut found: Found, asked: &Asked, errors: &FieldErrors) -> BulkPage {
    let choices = (
        std::mem::take(&mut found.takers),
        std::mem::take(&mut found.targets),
    );
    let row = &found.row;
    let more = found.items.len() as i64 > ITEMS;
    found.items.truncate(usize::try_from(ITEMS).unwrap_or(usize::MAX));
    let title = heading(row);
    let stage = stage(row, &found.with, who, errors);
    let section = match row.act {
        BulkAct::Approve => Section::Reviews,
        _ => Section::Queue,
    };
    BulkPage {
        shell: who.shell(app, title.clone(), section),
        id: row.id.to_string(),
        title,
        state: tag(row.state),
        is_under_way: row.state.is_under_way(),
        problems: problems(errors),
        ask: match stage {
            Stage::Planned { closed: None, .. } => {
                ask(row.act, (who, app.clock.now()), choices, &found.typed, errors)
            }
            _ => Ask::Nothing,
        },
        stage,
        back: back(row),
        about: about(row, &found.with, who),
        tiles: tiles(row),
        reasons: found
            .reasons
            .iter()
            .map(|(why, n)| (grouped(*n), why.clone()))
            .collect(),
        tabs: tabs(row, asked),
        what: if row.state == BulkState::Planned {
            "Will get"
        } else {
            "What became of it"
        },
        pager: pager(row, asked, &found.items, more),
        can_cancel: row.check_cancel(&who.who.actor).is_ok(),
        can_retry: row.can_retry() && who.who.actor.may(row.act.right()),
        items: found.items.into_iter().map(item).collect(),
    }
}

/// The way back to where it was chosen.
fn back(row: &BulkRow) -> Link {
    Link {
        href: row.origin.clone(),
        label: origin_words(&row.origin).into(),
    }
}

/// Who planned it and when it ran, and what it is done with: the same for all items.
fn about(row: &BulkRow, with: &[(&'static str, String)], who: &May<Read>) -> Vec<Fact> {
    let at = |at: Ts| at.written_in(who.own_zone());
    let mut facts = vec![
        Fact::new("Planned by", row.created_by_name.clone()),
        Fact::new("Planned", at(row.created_at)),
    ];
    facts.extend(row.started_at.map(|started| Fact::new("Started", at(started))));
    facts.extend(row.finished_at.map(|ended| Fact::new("Ended", at(ended))));
    facts.extend(with.iter().map(|(label, value)| Fact::new(*label, value)));
    facts
}

fn stage(row: &BulkRow, with: &[(&'static str, String)], who: &May<Read>, errors: &FieldErrors) -> Stage {
    // What is shown is of other input than what is wrong now.
    let is_shown = !row.is_unchecked() && errors.is_empty();
    match row.state {
        BulkState::Planned => Stage::Planned {
            effect: effect(row, with),
            button: button(row),
            can_run: is_shown || !row.act.hangs_on_input(),
            check: match (row.act.hangs_on_input(), is_shown) {
                (false, _) => None,
                (true, true) => Some("Check again"),
                (true, false) => Some("Check what each gets"),
            },
            closed: row.check_run(&who.who.actor).err().map(|e| e.sentence()),
        },
        BulkState::Queued | BulkState::Running => Stage::Running {
            done: row.items - row.left(),
            total: row.items,
            text: format!(
                "{} of {} have their outcome.",
                grouped(row.items - row.left()),
                grouped(row.items)
            ),
        },
        BulkState::Done | BulkState::Cancelled => {
            let (tone, icon, text) = ended(row);
            Stage::Ended { tone, icon, text }
        }
    }
}

fn ask(
    act: BulkAct,
    (who, now): (&May<Read>, Ts),
    (takers, targets): (Vec<Taker>, Vec<Choice>),
    typed: &RunForm,
    errors: &FieldErrors,
) -> Ask {
    let field = |value: &str, name: &str| Field::of(value, name, errors);
    let reason = || field(&typed.reason, "reason");
    match act {
        BulkAct::Release | BulkAct::Approve => Ask::Nothing,
        BulkAct::Assign => Ask::Assign {
            assignee: field(&typed.assignee, "assignee"),
            takers,
        },
        BulkAct::Resolve | BulkAct::WriteOff | BulkAct::SuspendAccount => Ask::Resolve {
            hint: match act {
                BulkAct::WriteOff => "Why the amounts are given up. The same for all of them.",
                BulkAct::SuspendAccount => {
                    "Why no payment may use the accounts any more. The same for all of them."
                }
                _ => "Why nothing has to be done. The same for all of them.",
            },
            reason: reason(),
            notes: field(&typed.notes, "notes"),
        },
        BulkAct::Retry => Ask::Retry {
            date: field(&typed.date, "date"),
            notes: field(&typed.notes, "notes"),
        },
        BulkAct::ForceMatch => Ask::Match {
            why: field(&typed.override_reason, "override_reason"),
            reasons: std::iter::once((String::new(), "Choose".to_owned()))
                .chain(
                    OverrideReason::ALL
                        .iter()
                        .map(|why| (why.as_str().to_owned(), words::sentence_case(why.as_str()))),
                )
                .map(|(value, label)| Choice {
                    selected: value == typed.override_reason,
                    value,
                    label,
                })
                .collect(),
            notes: field(&typed.notes, "notes"),
        },
        BulkAct::Severity => Ask::Severity {
            severity: field(&typed.severity, "severity"),
            severities: severity::choices(Severity::parse(&typed.severity)),
            reason: reason(),
        },
        BulkAct::Snooze => Ask::Snooze {
            length: field(&typed.length, "length"),
            lengths: snooze::lengths(&typed.length, now, who.own_zone()),
            until: field(&typed.until, "until"),
            zone: who.own_zone().name(),
            reason: reason(),
        },
        BulkAct::Comment => Ask::Comment {
            content: field(&typed.content, "content"),
        },
        BulkAct::Dispatch => Ask::Dispatch {
            target: field(&typed.target, "targetSystem"),
            targets,
            queue: field(&typed.queue, "queue"),
        },
    }
}

fn tiles(row: &BulkRow) -> Vec<Tile> {
    let tile = |n: i64, label: &str, outcome: &str, tone: Tone| Tile {
        number: grouped(n),
        label: label.into(),
        href: Some(format!("/bulk/{}?outcome={outcome}", row.id)),
        tone: if n == 0 { Tone::Grey } else { tone },
    };
    let mut tiles = vec![tile(row.items, "Chosen", "", Tone::Grey)];
    if row.state == BulkState::Planned {
        tiles.push(tile(row.planned, to_do(row), "PLANNED", Tone::Grey));
    } else {
        tiles.push(tile(row.done, "Done", "DONE", Tone::Grey));
        if row.waiting > 0 {
            tiles.push(tile(row.waiting, "Wait for approval", "WAITING", Tone::Amber));
        }
    }
    tiles.push(tile(row.skipped, "Skipped", "SKIPPED", Tone::Amber));
    if row.state != BulkState::Planned {
        tiles.push(tile(row.failed, "Failed", "FAILED", Tone::Red));
        tiles.push(tile(row.left(), "Not run", "PLANNED", Tone::Grey));
    }
    tiles
}

fn count(row: &BulkRow, outcome: Option<Outcome>) -> i64 {
    match outcome {
        None => row.items,
        Some(Outcome::Planned) => row.left(),
        Some(Outcome::Done) => row.done,
        Some(Outcome::Waiting) => row.waiting,
        Some(Outcome::Skipped) => row.skipped,
        Some(Outcome::Failed) => row.failed,
    }
}

/// What is said of items without an outcome.
fn to_do(row: &BulkRow) -> &'static str {
    match row.state {
        BulkState::Planned if row.is_unchecked() => "Can be done",
        BulkState::Planned => "Will be done",
        _ => "Not run",
    }
}

fn tabs(row: &BulkRow, asked: &Asked) -> Vec<Tab> {
    let current = Outcome::parse(&asked.outcome);
    [
        ("All", None),
        (to_do(row), Some(Outcome::Planned)),
        ("Done", Some(Outcome::Done)),
        ("Wait for approval", Some(Outcome::Waiting)),
        ("Skipped", Some(Outcome::Skipped)),
        ("Failed", Some(Outcome::Failed)),
    ]
    .into_iter()
    .filter(|(_, outcome)| outcome.is_none() || *outcome == current || count(row, *outcome) > 0)
    .map(|(label, outcome)| Tab {
        label,
        href: format!("/bulk/{}?outcome={}", row.id, outcome.map_or("", Outcome::as_str)),
        count: Some(grouped(count(row, outcome))),
        current: outcome == current,
        alarm: outcome == Some(Outcome::Failed),
    })
    .collect()
}

fn pager(row: &BulkRow, asked: &Asked, items: &[(BulkItem, ExceptionRow)], more: bool) -> Pager {
    let address = |after: &str| format!("/bulk/{}?outcome={}&after={after}", row.id, asked.outcome);
    let last = items
        .last()
        .filter(|_| more)
        .map(|(item, _)| item.position.to_string());
    let total = grouped(count(row, Outcome::parse(&asked.outcome)));
    Pager {
        shown: Pager::which(items.len(), (!asked.after.is_empty(), more), &total),
        total,
        previous: (!asked.after.is_empty()).then(|| address("")),
        next: last.map(|last| address(&last)),
    }
}

fn item((item, row): (BulkItem, ExceptionRow)) -> ItemView {
    let (tone, icon, text) = match item.outcome {
        Outcome::Planned => (Tone::Blue, "clock", "To do"),
        Outcome::Done => (Tone::Green, "circle-check", "Done"),
        Outcome::Waiting => (Tone::Amber, "hourglass", "Waits for approval"),
        Outcome::Skipped => (Tone::Amber, "minus-circle", "Skipped"),
        Outcome::Failed => (Tone::Red, "circle-x", "Failed"),
    };
    ItemView {
        position: item.position,
        href: item.review_id.map_or_else(
            || format!("/exceptions/{}", row.id),
            |review| format!("/reviews/{review}"),
        ),
        title: words::meaning(row.kind, row.code.as_deref(), row.reason.as_deref()).into_owned(),
        amount: row.money().map(|m| m.to_string()).unwrap_or_default(),
        code: row.code.unwrap_or_default(),
        party: row.party,
        outcome: Tag {
            tone,
            icon,
            text: text.into(),
        },
        sentence: item.sentence,
    }
}
