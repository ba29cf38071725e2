//! What a report shows, as tables: the page prints them, and the files hold them, so that both are the same.

use crate::{
    ach::codes::{noc_code, return_code},
    exceptions::filter::{NO_CODE, RawFilter},
    kernel::count::{grouped, up_to},
    rates,
};

use super::{
    model::{Age, ByCode, Flow, Report, with_tenths, written_minutes, written_share},
    period::Period,
    queries::{due_today_filter, resolved_filter},
    throughput,
};

/// Lines of return rates: the nearest to their limits.
const RATES: usize = 9;

/// A value, as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Count(i64),
    /// Counted up to a bound.
    UpTo(i64),
    /// Tenths of a percent; none where there is nothing to have a share of.
    Share(Option<i64>),
    Minutes(Option<i64>),
}

impl Value {
    /// As the page writes it.
    pub fn written(&self) -> String {
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".into());
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(n) => grouped(*n),
            Self::UpTo(n) => up_to(*n),
            Self::Share(tenths) => or_dash(tenths.map(written_share)),
            Self::Minutes(minutes) => or_dash(minutes.map(written_minutes)),
        }
    }

    /// As a number with at most one decimal place, in tenths: percent, minutes or a count. None for words, and for more
    /// than are counted.
    pub fn tenths(&self) -> Option<i64> {
        match self {
            Self::Text(_) => None,
            Self::Count(n) => Some(n * 10),
            Self::UpTo(n) => (up_to(*n) == grouped(*n)).then_some(n * 10),
            Self::Share(tenths) => *tenths,
            Self::Minutes(minutes) => minutes.map(|m| m * 10),
        }
    }
}

/// One value of a line.
#[derive(Clone, Debug)]
pub struct Cell {
    pub value: Value,
    /// The rows behind it.
    pub href: Option<String>,
    /// Its length as a bar, in percent with one decimal place.
    pub bar: Option<String>,
}

/// One line of a table.
#[derive(Clone, Debug)]
pub struct Row {
    pub label: String,
    pub cells: Vec<Cell>,
}

/// One table.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Its name in the page and in the files.
    pub id: &'static str,
    pub title: &'static str,
    /// What its lines are of, and what each value is.
    pub of: &'static str,
    pub heads: Vec<&'static str>,
    pub rows: Vec<Row>,
}

impl Sheet {
    /// Gives a column bars, in the first so many lines: the longest is a hundred.
    fn bars(&mut self, column: usize, lines: usize) {
        let mut cells: Vec<&mut Cell> = self
            .rows
            .iter_mut()
            .take(lines)
            .filter_map(|row| row.cells.get_mut(column))
            .collect();
        let most = cells.iter().filter_map(|cell| cell.value.tenths()).max();
        let most = most.unwrap_or_default().max(1);
        for cell in &mut cells {
            let permille = cell.value.tenths().unwrap_or_default() * 1_000 / most;
            cell.bar = Some(with_tenths(permille));
        }
    }
}

fn cell(value: Value) -> Cell {
    Cell {
        value,
        href: None,
        bar: None,
    }
}

fn to(value: Value, filter: &RawFilter) -> Cell {
    linked(value, filter.address(&[]))
}

fn linked(value: Value, href: String) -> Cell {
    Cell {
        href: Some(href),
        ..cell(value)
    }
}

fn row(label: impl Into<String>, cells: Vec<Cell>) -> Row {
    Row {
        label: label.into(),
        cells,
    }
}

fn tab(tab: &str) -> RawFilter {
    RawFilter {
        tab: tab.into(),
        ..RawFilter::default()
    }
}

/// Behind what was raised in a period.
fn raised(period: Period) -> RawFilter {
    RawFilter {
        created_from: period.from.to_string(),
        created_to: period.to.to_string(),
        ..tab("all")
    }
}

fn in_time(period: Period) -> RawFilter {
    RawFilter {
        in_time: "yes".into(),
        ..resolved_filter(period)
    }
}

/// Every table of a report.
pub struct Sheets {
    pub desk: Sheet,
    pub flow: Sheet,
    pub ages: Sheet,
    pub weeks: Sheet,
    pub types: Sheet,
    pub codes: Sheet,
    /// Of those who may see it.
    pub people: Option<Sheet>,
    pub rates: Sheet,
}

impl Sheets {
    /// Those of a report, each value with the way to the rows behind it.
    pub fn of(report: &Report) -> Self {
        Self {
            desk: tiles(report),
            flow: flow(&report.steps),
            ages: ages(&report.ages),
            weeks: weeks(&report.weeks),
            types: kinds(report),
            codes: codes(report),
            people: people(report),
            rates: rates(report),
        }
    }

    /// Without the ways to rows, where they are those of another business account than the one that the person is in.
    #[must_use]
    pub fn without_links(mut self) -> Self {
        let fixed = [
            &mut self.desk,
            &mut self.flow,
            &mut self.ages,
            &mut self.weeks,
            &mut self.types,
            &mut self.codes,
            &mut self.rates,
        ];
        for sheet in fixed.into_iter().chain(&mut self.people) {
            for cell in sheet.rows.iter_mut().flat_map(|row| &mut row.cells) {
                cell.href = None;
            }
        }
        self
    }

    /// In the order of the page.
    pub fn in_order(self) -> impl Iterator<Item = Sheet> {
        let first = [
            self.desk, self.flow, self.ages, self.weeks, self.types, self.codes,
        ];
        first.into_iter().chain(self.people).chain([self.rates])
    }
}

fn tiles(of: &Report) -> Sheet {
    let (counts, period) = (&of.counts, of.period);
    let today = Period::last(1, of.today, period.zone);
    let days = match period.days() {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    let met = format!("SLA met, {days}");
    let tiles = [
        ("Open", to(Value::Count(counts.open), &tab("open"))),
        (
            "Unassigned",
            to(Value::Count(counts.unassigned), &tab("unassigned")),
        ),
        ("Overdue", to(Value::UpTo(counts.overdue), &tab("overdue"))),
        (
            "Due today",
            to(Value::UpTo(of.due_today), &due_today_filter(of.today)),
        ),
        (
            "Resolved today",
            to(Value::Count(of.resolved_today), &resolved_filter(today)),
        ),
        (
            "Waiting for review",
            linked(Value::UpTo(of.to_review), "/reviews".into()),
        ),
        (met.as_str(), to(Value::Share(of.total.kept()), &in_time(period))),
        (
            "Median time to resolve",
            to(Value::Minutes(of.median), &resolved_filter(period)),
        ),
    ];
    Sheet {
        id: "desk",
        title: "The desk now",
        of: "Figure",
        heads: vec!["Value"],
        rows: tiles
            .into_iter()
            .map(|(label, cell)| row(label, vec![cell]))
            .collect(),
    }
}

fn flow(steps: &[(Period, Flow)]) -> Sheet {
    let line = |(period, flow): &(Period, Flow)| {
        let cells = vec![
            to(Value::Count(flow.arrived), &raised(*period)),
            to(Value::Count(flow.resolved), &resolved_filter(*period)),
        ];
        row(period.written(), cells)
    };
    Sheet {
        id: "flow",
        title: "Arrived and resolved",
        of: "Days",
        heads: vec!["Arrived", "Resolved"],
        // The latest first, as one reads it.
        rows: steps.iter().rev().map(line).collect(),
    }
}

fn ages(all: &[Age]) -> Sheet {
    let line = |age: &Age| {
        let filter = RawFilter {
            sort: "created".into(),
            created_from: age.from.map(|day| day.to_string()).unwrap_or_default(),
            created_to: age.to.to_string(),
            ..tab("open")
        };
        row(age.label, vec![to(Value::Count(age.n), &filter)])
    };
    Sheet {
        id: "ages",
        title: "Age of what is open, in days",
        of: "Since it was raised",
        heads: vec!["Open"],
        rows: all.iter().map(line).collect(),
    }
}

fn weeks(all: &[(Period, Flow)]) -> Sheet {
    let line = |(period, flow): &(Period, Flow)| {
        let cells = vec![
            to(Value::Count(flow.resolved), &resolved_filter(*period)),
            to(Value::Count(flow.in_time), &in_time(*period)),
            cell(Value::Share(flow.kept())),
        ];
        row(period.written(), cells)
    };
    Sheet {
        id: "weeks",
        title: "SLA met by week",
        of: "Week",
        heads: vec!["Resolved", "In time", "Share"],
        rows: all.iter().rev().map(line).collect(),
    }
}

fn kinds(of: &Report) -> Sheet {
    let line = |(kind, n): &(crate::exceptions::model::Kind, i64)| {
        let filter = RawFilter {
            r#type: kind.to_string(),
            ..raised(of.period)
        };
        row(kind.label(), vec![to(Value::Count(*n), &filter)])
    };
    let mut sheet = Sheet {
        id: "types",
        title: "Arrived by type",
        of: "Type",
        heads: vec!["Arrived"],
        rows: of.kinds.iter().map(line).collect(),
    };
    sheet.bars(0, usize::MAX);
    sheet
}

/// A code and what it means.
fn called(code: &str) -> String {
    let title = return_code(code)
        .map(|c| &c.title)
        .or_else(|| noc_code(code).map(|c| &c.title));
    title.map_or_else(|| code.to_owned(), |title| format!("{code} {title}"))
}

fn codes(of: &Report) -> Sheet {
    let line = |found: &ByCode| {
        let (label, code) = match &found.codes[..] {
            [one] if one.is_empty() => ("Without a code".to_owned(), NO_CODE.to_owned()),
            [one] => (called(one), one.clone()),
            several => (format!("{} other codes", several.len()), several.join(",")),
        };
        let filter = RawFilter {
            code,
            ..raised(of.period)
        };
        row(label, vec![to(Value::Count(found.n), &filter)])
    };
    let mut sheet = Sheet {
        id: "codes",
        title: "Arrived by code",
        of: "Code",
        heads: vec!["Arrived"],
        rows: of.codes.iter().map(line).collect(),
    };
    sheet.bars(0, usize::MAX);
    sheet
}

fn people(of: &Report) -> Option<Sheet> {
    let shares = of.people.as_ref()?;
    let rows = shares.iter().map(|share| {
        let open = match share.member {
            None => tab("unassigned"),
            Some(id) => RawFilter {
                assignee: id.to_string(),
                ..tab("open")
            },
        };
        let closed = throughput::queue(share.member, of.period);
        let cells = vec![
            to(Value::Count(share.open), &open),
            to(Value::Count(share.resolved), &closed),
        ];
        row(share.name.clone(), cells)
    });
    let mut sheet = Sheet {
        id: "people",
        title: "Load and throughput",
        of: "Who has or had it",
        heads: vec!["Open now", "Resolved"],
        rows: rows.collect(),
    };
    // What nobody has is no measure for what people have.
    sheet.bars(0, shares.len().saturating_sub(1));
    sheet.bars(1, shares.len().saturating_sub(1));
    Some(sheet)
}

fn rates(of: &Report) -> Sheet {
    let today = of.bank_day;
    let mut all: Vec<_> = of
        .companies
        .iter()
        .flat_map(|company| company.standings.iter().map(move |standing| (company, standing)))
        .collect();
    // How far each is on the way to its level, in hundredths of it.
    let nearness = |s: &rates::model::Standing| s.hundredths().unwrap_or_default() * 10_000 / s.rate.level();
    all.sort_by_key(|(_, standing)| std::cmp::Reverse(nearness(standing)));
    all.truncate(RATES);
    let line = |(company, standing): &(&rates::queries::Company, &rates::model::Standing)| {
        let cells = vec![
            linked(
                Value::Count(standing.returned),
                rates::page::address(&company.id, standing.rate),
            ),
            linked(
                Value::Count(standing.sent),
                rates::page::sent_address(&company.id, today),
            ),
            Cell {
                bar: Some((nearness(standing).min(10_000) / 100).to_string()),
                ..cell(Value::Text(standing.percent()))
            },
            cell(Value::Text(rates::model::written(standing.rate.level()))),
            cell(Value::Text(standing.room().words())),
        ];
        row(
            format!("{}, {}", company.label(), standing.rate.label().to_lowercase()),
            cells,
        )
    };
    Sheet {
        id: "rates",
        title: "Return rates, the nearest to their limits",
        of: "Company and rate",
        heads: vec!["Returned", "Sent", "Rate now", "Limit", "Room"],
        rows: all.iter().map(line).collect(),
    }
}
