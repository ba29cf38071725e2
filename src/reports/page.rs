//! The page: tiles, drawings with their tables, and the row of filters.

use actix_web::web::Data;
use askama::Template;

use super::{
    HERE, below, chart,
    chart::Plot,
    model::Report,
    period::{Period, RawPeriod},
    queries::{self, Asked},
    sheets::{Row, Sheet, Sheets},
};
use crate::{
    app::App,
    auth::{
        permission::{Read, Right},
        principal::{May, Membership},
    },
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, FieldErrors},
    },
    rates::counts::Standings,
    web::{
        form::Query,
        page::Page,
        shell::{Field, Problem, Section, Shell, problems},
        ui::{Choice, Empty, Link, Tile, Tone},
    },
};

/// Spans that are one click away: days, and in words.
const SPANS: [(u64, &str); 4] = [(7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "A year")];

/// More weeks than these are folded away.
const WEEKS: usize = 6;

#[derive(Template)]
#[template(path = "reports/show.html")]
pub struct ReportsPage {
    shell: Shell,
    lead: String,
    problems: Vec<Problem>,
    from: Typed,
    to: Typed,
    /// Empty for who belongs to one business account alone.
    accounts: Vec<Choice>,
    spans: Vec<Span>,
    csv: String,
    xlsx: String,
    /// The business account to go to for the rows behind the numbers, where it is another one.
    elsewhere: Option<Elsewhere>,
    tiles: Vec<Tile>,
    flow: Plot,
    ages: Plot,
    weeks: Plot,
    sheets: Sheets,
    /// There are many weeks: their table is folded away.
    is_long: bool,
    empty: Option<Empty>,
}

/// A day as it was typed.
struct Typed {
    field: Field,
    /// A field for days shows nothing else: what is no day is shown as text.
    is_day: bool,
}

struct Span {
    label: &'static str,
    href: String,
    current: bool,
}

struct Elsewhere {
    id: String,
    name: String,
}

/// Which of the person's business accounts a report is of.
pub struct Seen {
    membership: Membership,
    /// The one that the person is in.
    pub is_here: bool,
}

impl Seen {
    /// The one that is asked for, else the one that the person is in.
    ///
    /// # Errors
    /// `NotFound` for one that they do not belong to.
    pub fn of(who: &May<Read>, asked: &RawPeriod) -> AppResult<Self> {
        let here = who.account();
        let wanted = match asked.account.as_str() {
            "" => here,
            id => id.parse().map_err(|_| AppError::NotFound)?,
        };
        let found = who.who.memberships.iter().find(|m| m.account_id == wanted);
        let membership = found.cloned().ok_or(AppError::NotFound)?;
        membership
            .role
            .may(Right::Read)
            .then_some(Self {
                is_here: membership.account_id == here,
                membership,
            })
            .ok_or(AppError::NotFound)
    }

    /// The days that are asked for, in its time zone.
    pub fn period(&self, asked: &RawPeriod, now: Ts) -> (Period, FieldErrors) {
        asked.parse(now, self.membership.zone.parse().unwrap_or(chrono_tz::Tz::UTC))
    }

    /// What is known of it.
    ///
    /// # Errors
    /// The database's.
    pub async fn report(&self, app: &App, who: &May<Read>, period: Period) -> AppResult<Report> {
        let asked = Asked {
            account: self.membership.account_id,
            me: who.who.member,
            moment: app.db.moment(),
            period,
            is_supervisor: self.membership.role.may(Right::Supervise),
            standings: app.memos.of::<Standings>(),
        };
        app.db.read_slow(move |conn| queries::report(conn, &asked)).await
    }
}

/// `GET /reports`
pub async fn show(app: Data<App>, who: May<Read>, query: Query<RawPeriod>) -> AppResult<Page<ReportsPage>> {
    let seen = Seen::of(&who, &query.0)?;
    let (period, errors) = seen.period(&query.0, app.clock.now());
    let report = seen.report(&app, &who, period).await?;
    let status = if errors.is_empty() { 200 } else { 422 };
    let page = page(&app, &who, &seen, (&query.0, &errors), &report);
    Ok(Page::with_status(page, status))
}

fn page(
    app: &App,
    who: &May<Read>,
    seen: &Seen,
    (raw, errors): (&RawPeriod, &FieldErrors),
    report: &Report,
) -> ReportsPage {
    let period = report.period;
    let mut sheets = Sheets::of(report);
    if !seen.is_here {
        sheets = sheets.without_links();
    }
    ReportsPage {
        shell: who.shell(app, "Reports", Section::Reports).below(below(HERE)),
        lead: lead(seen, period),
        problems: problems(errors),
        from: typed("from", &raw.from, period.from, errors),
        to: typed("to", &raw.to, period.to, errors),
        accounts: accounts(who, seen),
        spans: spans(raw, report),
        csv: address("/reports.csv", raw, period),
        xlsx: address("/reports.xlsx", raw, period),
        elsewhere: (!seen.is_here).then(|| Elsewhere {
            id: seen.membership.account_id.to_string(),
            name: seen.membership.account_name.clone(),
        }),
        tiles: tiles(&sheets.desk, report),
        flow: chart::flow(&report.steps),
        ages: chart::ages(&report.ages),
        weeks: chart::weeks(&report.weeks),
        sheets,
        is_long: report.weeks.len() > WEEKS,
        empty: report.is_empty().then(nothing),
    }
}

fn lead(seen: &Seen, period: Period) -> String {
    format!(
        "{}. Days are those of {}; what is open is told as of now.",
        period.written(),
        seen.membership.zone.replace('_', " ")
    )
}

fn nothing() -> Empty {
    Empty {
        icon: "chart-column",
        title: "Nothing to report yet".into(),
        text: "Reports begin with the first exception: it comes with an import, through the API, or by hand."
            .into(),
        action: Some(Link {
            href: "/imports".into(),
            label: "Imports".into(),
        }),
    }
}

fn typed(name: &str, text: &str, meant: chrono::NaiveDate, errors: &FieldErrors) -> Typed {
    let is_wrong = !errors.is_empty();
    let value = if text.trim().is_empty() && !is_wrong {
        meant.to_string()
    } else {
        text.trim().to_owned()
    };
    Typed {
        is_day: value.is_empty()
            || value
                .parse::<chrono::NaiveDate>()
                .is_ok_and(|day| day.to_string() == value),
        field: Field::of(&value, name, errors),
    }
}

fn accounts(who: &May<Read>, seen: &Seen) -> Vec<Choice> {
    let all = &who.who.memberships;
    if all.len() < 2 {
        return Vec::new();
    }
    all.iter()
        .map(|m| Choice {
            value: m.account_id.to_string(),
            label: m.account_name.clone(),
            selected: m.account_id == seen.membership.account_id,
        })
        .collect()
}

fn spans(raw: &RawPeriod, report: &Report) -> Vec<Span> {
    SPANS
        .into_iter()
        .map(|(days, label)| {
            let period = Period::last(days, report.today, report.period.zone);
            Span {
                label,
                href: address(HERE, raw, period),
                current: period == report.period,
            }
        })
        .collect()
}

/// The days are named even where they are the usual ones: what is kept or shared tomorrow is of the same days.
fn address(path: &str, raw: &RawPeriod, period: Period) -> String {
    let (from, to) = (period.from.to_string(), period.to.to_string());
    let query: Vec<(&str, &str)> = [("from", from.as_str()), ("to", &to), ("account", &raw.account)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    format!(
        "{path}?{}",
        serde_urlencoded::to_string(query).unwrap_or_default()
    )
}

fn tiles(desk: &Sheet, report: &Report) -> Vec<Tile> {
    let tile = |row: &Row| {
        let cell = row.cells.first()?;
        Some(Tile {
            number: cell.value.written(),
            label: row.label.clone(),
            href: cell.href.clone(),
            tone: match row.label.as_str() {
                "Overdue" if report.counts.overdue > 0 => Tone::Red,
                "Due today" if report.due_today > 0 => Tone::Amber,
                _ => Tone::Grey,
            },
        })
    };
    desk.rows.iter().filter_map(tile).collect()
}
