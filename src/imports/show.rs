//! The page of one import: the check, the progress, the result.

use actix_web::web::Data;
use askama::Template;

use super::{
    format::Format,
    list::{exceptions_of, tag},
    model::{Control, Found, ImportRow, ImportState, Summary, Tallies},
    queries,
    report::{self, count_of},
    upload::address,
};
use crate::{
    ach::codes::{noc_code_or_unknown, return_code_or_unknown},
    app::App,
    auth::{
        permission::{Read, Right},
        principal::May,
    },
    kernel::{
        crypto::hex,
        error::{AppError, AppResult},
        id::noun,
        money::{Currency, Money},
    },
    web::{
        form::PathId,
        page::Page,
        shell::{Section, Shell},
        ui::{Fact, Link, Tag, Tile, Tone},
    },
};

#[derive(Template)]
#[template(path = "imports/show.html")]
pub struct ImportPage {
    shell: Shell,
    id: String,
    name: String,
    state: Tag,
    stage: Stage,
    can_import: bool,
    tiles: Vec<Tile>,
    raises_title: &'static str,
    raises: Vec<Raised>,
    totals: Vec<Total>,
    verdict: &'static str,
    reports: Vec<Link>,
    problems: Vec<ProblemView>,
    more_problems: String,
    about: Vec<Fact>,
}

enum Stage {
    /// `closed` says why it cannot be imported; where `is_idle`, importing it would change nothing.
    Checked {
        effect: String,
        closed: Option<String>,
        is_idle: bool,
    },
    Running {
        done: i64,
        total: i64,
        text: String,
    },
    Done {
        text: String,
    },
    Stopped {
        text: String,
    },
}

struct Raised {
    code: String,
    title: String,
    kind: &'static str,
    count: u64,
    href: Option<String>,
    amount: String,
}

struct Total {
    label: String,
    counted: String,
    stated: String,
    verdict: Tag,
}

struct ProblemView {
    line: i64,
    column: i64,
    text: String,
    effect: Tag,
}

/// `GET /imports/{id}`
pub async fn show(app: Data<App>, who: May<Read>, id: PathId<noun::Import>) -> AppResult<Page<ImportPage>> {
    let (account, id) = (who.account(), id.0);
    let row = app.db.read(move |conn| queries::get(conn, account, id)).await?;
    let summary = row.summary()?;
    Ok(Page::ok(page(&app, &who, &row, &summary)))
}

fn page(app: &App, who: &May<Read>, row: &ImportRow, summary: &Summary) -> ImportPage {
    let can_import = who.who.actor.may(Right::Import);
    let is_checked = row.state == ImportState::Checked;
    let tallies = if is_checked {
        &summary.expected
    } else {
        &summary.raised
    };
    ImportPage {
        shell: who.shell(app, row.file_name.clone(), Section::Imports),
        id: row.id.to_string(),
        name: row.file_name.clone(),
        state: tag(row.state),
        stage: stage(row, summary, can_import),
        can_import,
        tiles: if is_checked {
            tiles_before(row, summary)
        } else {
            tiles(row)
        },
        raises_title: if is_checked {
            "What will be raised"
        } else {
            "What was raised"
        },
        raises: raises(row, tallies, !is_checked),
        totals: summary.controls.iter().map(total).collect(),
        verdict: if summary.verified {
            "Every control is there and adds up."
        } else {
            "Not every control is there and adds up: see the problems."
        },
        reports: if is_checked { Vec::new() } else { reports(row) },
        problems: summary.problems.iter().map(problem).collect(),
        more_problems: more_problems(summary),
        about: about(who, row),
    }
}

fn stage(row: &ImportRow, summary: &Summary, can_import: bool) -> Stage {
    match row.state {
        ImportState::Checked | ImportState::Receiving => Stage::Checked {
            effect: effect(row, summary),
            is_idle: to_signed(summary.known) >= row.entries,
            closed: (!can_import).then(|| AppError::Forbidden(Right::Import.name()).sentence()),
        },
        ImportState::Queued | ImportState::Running => Stage::Running {
            done: row.entries_done,
            total: row.entries.max(1),
            text: format!("{} of {} entries imported", row.entries_done, row.entries),
        },
        ImportState::Done => Stage::Done { text: outcome(row) },
        ImportState::Failed => Stage::Stopped {
            text: format!(
                "The import stopped after {} of {} entries for a fault on our side. What was done stays done; it \
                 can go on from there.",
                row.entries_done, row.entries
            ),
        },
    }
}

fn effect(row: &ImportRow, summary: &Summary) -> String {
    if row.entries == 0 {
        let problems = to_signed(summary.errors + summary.warnings);
        return match problems {
            0 => "Nothing has changed, and there is nothing in the file to import.".into(),
            n => format!(
                "Nothing has changed, and there is nothing in the file that can be imported: see its {}.",
                count(n, "problem")
            ),
        };
    }
    let raises = to_signed(summary.expected.count());
    let known = match summary.known {
        0 => String::new(),
        1 => " 1 entry was imported before and changes nothing.".to_owned(),
        n => format!(" {n} entries were imported before and change nothing."),
    };
    if summary.format == Format::Csv {
        let left_out = match summary.not_read {
            0 => String::new(),
            1 => " 1 line cannot be used and is left out.".to_owned(),
            n => format!(" {n} lines cannot be used and are left out."),
        };
        return format!(
            "Nothing has changed yet. Importing the file raises {}.{known}{left_out}",
            count(raises, "exception")
        );
    }
    format!(
        "Nothing has changed yet. Importing the {} records {} and raises {}.{known}",
        count(row.entries, "entry"),
        count(to_signed(summary.payments), "payment"),
        count(raises, "exception"),
    )
}

/// What came of a file: "2 exceptions raised, 1 payment recorded."
fn outcome(row: &ImportRow) -> String {
    let parts: Vec<String> = [
        (row.exceptions_raised, "exception", "raised"),
        (row.transactions_made, "payment", "recorded"),
        (row.duplicates, "entry", "imported before"),
        (row.problems, "problem", "in the file"),
    ]
    .into_iter()
    .filter(|(n, ..)| *n > 0)
    .map(|(n, noun, what)| format!("{} {what}", count(n, noun)))
    .collect();
    if parts.is_empty() {
        "There was nothing to record or raise in it.".into()
    } else {
        format!("{}.", parts.join(", "))
    }
}

pub(super) fn count(n: i64, noun: &str) -> String {
    match (n, noun) {
        (1, noun) => format!("1 {noun}"),
        (n, "entry") => format!("{n} entries"),
        (n, noun) => format!("{n} {noun}s"),
    }
}

fn to_signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn tiles_before(row: &ImportRow, summary: &Summary) -> Vec<Tile> {
    let alarm = |n: u64| if n > 0 { Tone::Red } else { Tone::Grey };
    [
        (to_signed(summary.batches), "Batches", Tone::Grey),
        (row.entries, "Entries", Tone::Grey),
        (to_signed(summary.payments), "Payments", Tone::Grey),
        (to_signed(summary.prenotes), "Prenotes", Tone::Grey),
        (
            to_signed(summary.expected.count()),
            "Exceptions to raise",
            Tone::Grey,
        ),
        (to_signed(summary.known), "Imported before", Tone::Grey),
        (
            to_signed(summary.not_read),
            "Records not read",
            alarm(summary.not_read),
        ),
        (
            to_signed(summary.errors + summary.warnings),
            "Problems",
            alarm(summary.errors),
        ),
    ]
    .into_iter()
    // A CSV file has neither batches nor payments.
    .filter(|(_, label, _)| {
        summary.format == Format::Ach || !["Batches", "Payments", "Prenotes", "Problems"].contains(label)
    })
    .map(|(number, label, tone)| Tile {
        number: number.to_string(),
        label: label.into(),
        href: None,
        tone,
    })
    .collect()
}

/// Every number leads to the rows behind it.
fn tiles(row: &ImportRow) -> Vec<Tile> {
    let report = |outcome: &str| format!("{}/report?outcome={outcome}", address(row.id));
    [
        ("", "Lines in the report", report("")),
        ("RAISED", "Exceptions raised", exceptions_of(row)),
        ("RECORDED", "Payments recorded", report("RECORDED")),
        ("DUPLICATE", "Imported before", report("DUPLICATE")),
        ("PROBLEMS", "Problems", report("PROBLEMS")),
    ]
    .into_iter()
    .map(|(outcome, label, href)| Tile {
        number: count_of(row, outcome).to_string(),
        label: label.into(),
        href: Some(href),
        tone: match outcome {
            "PROBLEMS" if row.problems > 0 => Tone::Amber,
            _ => Tone::Grey,
        },
    })
    .collect()
}

fn raises(row: &ImportRow, tallies: &Tallies, are_there: bool) -> Vec<Raised> {
    tallies
        .iter()
        .map(|(kind, code, count, amount)| Raised {
            code: code.to_owned(),
            title: if code.is_empty() {
                String::new()
            } else if kind.is_noc() {
                noc_code_or_unknown(code).title.clone()
            } else {
                return_code_or_unknown(code).title.clone()
            },
            kind: kind.label(),
            count,
            href: are_there.then(|| {
                let code = if code.is_empty() {
                    String::new()
                } else {
                    format!("&code={code}")
                };
                format!("{}&type={kind}{code}", exceptions_of(row))
            }),
            amount: if amount.minor() == 0 {
                String::new()
            } else {
                amount.to_string()
            },
        })
        .collect()
}

fn total(control: &Control) -> Total {
    let written = |n: u64| {
        if control.is_money {
            Money::new(to_signed(n), Currency::USD).to_string()
        } else {
            n.to_string()
        }
    };
    let (tone, icon, text) = match control.stated {
        None => (Tone::Amber, "triangle-alert", "Not stated"),
        Some(n) if n == control.counted => (Tone::Green, "check", "Agrees"),
        Some(_) => (Tone::Red, "circle-alert", "Differs"),
    };
    Total {
        label: control.label.clone(),
        counted: written(control.counted),
        stated: control.stated.map_or_else(|| "nothing".into(), written),
        verdict: Tag {
            tone,
            icon,
            text: text.into(),
        },
    }
}

fn reports(row: &ImportRow) -> Vec<Link> {
    let path = address(row.id);
    [("report", "Report"), ("report.csv", "Report as CSV")]
        .into_iter()
        .map(|(part, label)| Link {
            href: format!("{path}/{part}"),
            label: label.into(),
        })
        .collect()
}

fn problem(found: &Found) -> ProblemView {
    ProblemView {
        line: found.line,
        column: found.column,
        text: found.sentence.clone(),
        effect: report::tag(found.outcome()),
    }
}

fn more_problems(summary: &Summary) -> String {
    let all = summary.errors + summary.warnings;
    let shown = summary.problems.len() as u64;
    if all > shown {
        format!("These are the first {shown} of {all} problems; the report of the import has all of them.")
    } else {
        String::new()
    }
}

fn about(who: &May<Read>, row: &ImportRow) -> Vec<Fact> {
    let mut facts = vec![
        Fact::new("Uploaded by", row.created_by_name.clone()),
        Fact::new("Uploaded", row.created_at.written_in(who.own_zone())),
        Fact::new("Size", format!("{} bytes", row.size)),
        Fact::new("SHA-256", hex(&row.sha256)).fixed(true),
    ];
    if let Some(at) = row.finished_at {
        facts.insert(2, Fact::new("Imported", at.written_in(who.own_zone())));
    }
    facts
}
