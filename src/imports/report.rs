//! The report: what became of each line, as a page and as CSV.

use actix_web::{
    HttpResponse,
    web::{Bytes, Data},
};
use askama::Template;
use futures_util::stream;
use serde::Deserialize;

use super::{
    model::{ImportRow, LineRow, Outcome},
    names, queries,
    upload::address,
};
use crate::{
    app::App,
    auth::{permission::Read, principal::May},
    kernel::{
        error::{AppError, AppResult, Code},
        id::{ImportId, noun},
    },
    web::{
        budget::Budgets,
        csv,
        form::{PathId, Query},
        page::Page,
        shell::{Section, Shell},
        ui::{Link, Pager, Tab, Tag, Tone},
    },
};

/// Lines a page.
const LINES: i64 = 100;

/// Lines a read of the CSV.
const LINES_OF_CSV: i64 = 2_000;

/// What the address may say.
#[derive(Deserialize)]
pub struct Asked {
    /// An outcome, or `PROBLEMS`.
    #[serde(default)]
    outcome: String,
    /// Lines behind this position.
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "imports/report.html")]
pub struct ReportPage {
    shell: Shell,
    back: String,
    name: String,
    tabs: Vec<Tab>,
    lines: Vec<LineView>,
    pager: Pager,
    csv: String,
}

struct LineView {
    line: i64,
    column: i64,
    outcome: Tag,
    sentence: String,
    links: Vec<Link>,
}

/// `GET /imports/{id}/report`
pub async fn show(
    app: Data<App>,
    who: May<Read>,
    id: PathId<noun::Import>,
    asked: Query<Asked>,
) -> AppResult<Page<ReportPage>> {
    let (account, id) = (who.account(), id.0);
    let outcomes = outcomes(&asked.0.outcome)?;
    let after = asked.0.after.parse().unwrap_or(0);
    let (row, lines) = app
        .db
        .read(move |conn| {
            let row = queries::get(conn, account, id)?;
            Ok((row, queries::list_lines(conn, id, after, outcomes, LINES + 1)?))
        })
        .await?;
    Ok(Page::ok(page(&app, &who, &row, lines, &asked.0)))
}

/// What outcomes are asked for: all when none are named.
fn outcomes(text: &str) -> AppResult<&'static [Outcome]> {
    let place = Outcome::ALL.iter().position(|o| o.as_str() == text);
    match (text, place) {
        ("", _) => Ok(&[]),
        ("PROBLEMS", _) => Ok(&Outcome::PROBLEMS),
        (_, Some(place)) => Ok(Outcome::ALL.get(place..=place).unwrap_or_default()),
        _ => Err(AppError::refused(
            Code::BadRequest,
            "There is no such outcome in a report.",
        )),
    }
}

fn page(app: &App, who: &May<Read>, row: &ImportRow, mut lines: Vec<LineRow>, asked: &Asked) -> ReportPage {
    let more = i64::try_from(lines.len()).is_ok_and(|n| n > LINES);
    lines.truncate(usize::try_from(LINES).unwrap_or(usize::MAX));
    let path = format!("{}/report", address(row.id));
    let last = lines.last().map_or(0, |l| l.position);
    let place = match (lines.first(), lines.last()) {
        (Some(first), Some(last)) if asked.outcome.is_empty() => {
            format!("{}-{}", first.position, last.position)
        }
        _ => lines.len().to_string(),
    };
    ReportPage {
        shell: who.shell(app, format!("Report of {}", row.file_name), Section::Imports),
        back: address(row.id),
        name: row.file_name.clone(),
        tabs: tabs(row, &path, &asked.outcome),
        pager: Pager {
            shown: place,
            total: count_of(row, &asked.outcome).to_string(),
            previous: (!asked.after.is_empty()).then(|| format!("{path}?outcome={}", asked.outcome)),
            next: more.then(|| format!("{path}?outcome={}&after={last}", asked.outcome)),
        },
        csv: format!("{path}.csv"),
        lines: lines.into_iter().map(view).collect(),
    }
}

/// How many lines have the outcome: what the import has counted.
pub fn count_of(row: &ImportRow, outcome: &str) -> i64 {
    match outcome {
        "" => row.entries_done + row.problems,
        "PROBLEMS" => row.problems,
        "RAISED" => row.exceptions_raised,
        "RECORDED" => row.transactions_made,
        "DUPLICATE" => row.duplicates,
        _ => row.entries_done - row.exceptions_raised - row.transactions_made - row.duplicates,
    }
}

fn tabs(row: &ImportRow, path: &str, current: &str) -> Vec<Tab> {
    [
        ("All", ""),
        ("Exceptions", "RAISED"),
        ("Payments", "RECORDED"),
        ("Imported before", "DUPLICATE"),
        ("Problems", "PROBLEMS"),
    ]
    .into_iter()
    .map(|(label, outcome)| Tab {
        label,
        href: format!("{path}?outcome={outcome}"),
        count: Some(count_of(row, outcome).to_string()),
        current: outcome == current,
        alarm: outcome == "PROBLEMS" && row.problems > 0,
    })
    .collect()
}

fn view(line: LineRow) -> LineView {
    let exception = line.exception_id.map(|id| Link {
        href: format!("/exceptions/{id}"),
        label: "Exception".into(),
    });
    let transaction = line.transaction_id.map(|id| Link {
        href: format!("/transactions/{id}"),
        label: "Transaction".into(),
    });
    LineView {
        line: line.line,
        column: line.column_number,
        outcome: tag(line.outcome),
        sentence: line.sentence,
        links: exception.into_iter().chain(transaction).collect(),
    }
}

/// An outcome as a badge.
pub fn tag(outcome: Outcome) -> Tag {
    let (tone, icon) = match outcome {
        Outcome::Raised => (Tone::Blue, "inbox"),
        Outcome::Recorded => (Tone::Green, "arrow-left-right"),
        Outcome::Prenote => (Tone::Violet, "hourglass"),
        Outcome::Noted => (Tone::Grey, "info"),
        Outcome::Duplicate => (Tone::Grey, "repeat"),
        Outcome::NotRead => (Tone::Red, "file-x"),
        Outcome::Error => (Tone::Red, "circle-alert"),
        Outcome::Warning => (Tone::Amber, "triangle-alert"),
    };
    Tag {
        tone,
        icon,
        text: outcome.label().into(),
    }
}

/// `GET /imports/{id}/report.csv`
pub async fn export(app: Data<App>, who: May<Read>, id: PathId<noun::Import>) -> AppResult<HttpResponse> {
    app.memos.of::<Budgets>().export(who.who.member)?;
    let (account, id) = (who.account(), id.0);
    let row = app.db.read(move |conn| queries::get(conn, account, id)).await?;
    // Page by page: a report may have 500,000 lines.
    let pages = stream::try_unfold((app, Some(0)), move |(app, after)| async move {
        let Some(after) = after else {
            return AppResult::Ok(None);
        };
        let (bytes, next) = some_of_csv(&app, id, after).await?;
        Ok(Some((Bytes::from(bytes), (app, next))))
    });
    let stem = row
        .file_name
        .rsplit_once('.')
        .map_or(row.file_name.as_str(), |(stem, _)| stem);
    Ok(csv::table("report.csv")
        .insert_header(names::attachment(&format!("{stem} report.csv")))
        .streaming(pages))
}

/// The lines behind `after`, headed at the beginning; and where the next ones begin, when there are more.
async fn some_of_csv(app: &App, id: ImportId, after: i64) -> AppResult<(Vec<u8>, Option<i64>)> {
    let lines = app
        .db
        .read_slow(move |conn| queries::list_lines(conn, id, after, &[], LINES_OF_CSV))
        .await?;
    let next = (i64::try_from(lines.len()) == Ok(LINES_OF_CSV))
        .then(|| lines.last().map(|l| l.position))
        .flatten();
    let mut bytes = Vec::new();
    if after == 0 {
        let heads = ["line", "column", "outcome", "what", "exception", "transaction"];
        bytes.extend(csv::row(heads.map(csv::text))?);
    }
    for line in &lines {
        let id = |id: Option<String>| id.unwrap_or_default();
        let (exception, transaction) = (
            id(line.exception_id.map(|id| id.to_string())),
            id(line.transaction_id.map(|id| id.to_string())),
        );
        bytes.extend(csv::row([
            csv::number(line.line),
            csv::number(line.column_number),
            csv::text(line.outcome.as_str()),
            csv::text(&line.sentence),
            csv::text(&exception),
            csv::text(&transaction),
        ])?);
    }
    Ok((bytes, next))
}
