//! The report on return rates: a card for each company, and the payments behind a number.

use actix_web::web::Data;
use askama::Template;
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Deserialize;

use super::{
    model::{Rate, Room, Standing, first_day, written},
    queries::{self, Company, ReturnedDebit},
};
use crate::{
    ach::codes::return_code_or_unknown,
    app::App,
    auth::{permission::Read, principal::May},
    kernel::{clock::written_day, error::AppResult},
    reports,
    transactions::filter::{DayOf, NO_COMPANY},
    web::{
        form::Query,
        page::Page,
        shell::{Section, Shell},
        ui::{Empty, Link, Tag, Tone},
    },
};

/// The page's address.
pub const HERE: &str = "/reports/return-rates";

/// The payments behind a number that are shown; more are said to be there.
const SHOWN: usize = 500;

#[derive(Template)]
#[template(path = "rates/show.html")]
pub struct RatesPage {
    shell: Shell,
    lead: String,
    companies: Vec<CompanyView>,
    behind: Option<Behind>,
    empty: Option<Empty>,
}

struct CompanyView {
    /// Unique on the page.
    anchor: String,
    name: String,
    id: String,
    lines: Vec<Line>,
}

struct Line {
    label: &'static str,
    meaning: &'static str,
    level: String,
    returned: String,
    /// The payments behind it.
    href: String,
    sent: i64,
    /// The debits that were sent.
    sent_href: String,
    percent: String,
    /// Where the rate is on the way to its level, in hundredths of a percent; never beyond it.
    at: i64,
    most: i64,
    bar: &'static str,
    tag: Tag,
    note: String,
}

/// The payments behind a number.
struct Behind {
    title: String,
    rows: Vec<Row>,
}

struct Row {
    exception: String,
    transaction: String,
    code: String,
    title: String,
    party: String,
    amount: String,
    day: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct RatesQuery {
    company: String,
    rate: String,
}

/// Where the payments behind a number are told.
pub fn address(company: &str, rate: Rate) -> String {
    let query = [("company", company), ("rate", rate.as_str())];
    let query = serde_urlencoded::to_string(query).unwrap_or_default();
    format!("{HERE}?{query}#behind")
}

/// `GET /reports/return-rates`
pub async fn show(app: Data<App>, who: May<Read>, query: Query<RatesQuery>) -> AppResult<Page<RatesPage>> {
    let (account, today) = (who.account(), app.clock.now().day_in(Tz::America__New_York));
    let asked = Rate::parse(&query.0.rate).map(|rate| (query.0.company, rate));
    let (companies, rows) = app
        .db
        .read_slow(move |conn| {
            let companies = queries::standings(conn, account, today)?;
            let behind = asked.filter(|(id, _)| companies.iter().any(|c| c.id == *id));
            let behind = match behind {
                Some((id, rate)) => {
                    let rows = queries::list(conn, account, today, (&id, rate), SHOWN)?;
                    Some((id, rate, rows))
                }
                None => None,
            };
            Ok((companies, behind))
        })
        .await?;
    let behind = rows.map(|(id, rate, rows)| behind(&companies, &id, rate, &rows));
    Ok(Page::ok(RatesPage {
        shell: who
            .shell(&app, "Return rates", Section::Reports)
            .below(reports::below(HERE)),
        lead: format!(
            "Of the ACH debits that count on a day from {} to {}, those that came back, by company.",
            written_day(first_day(today)),
            written_day(today)
        ),
        empty: companies.is_empty().then(nothing),
        companies: companies
            .iter()
            .enumerate()
            .map(|(n, c)| company(n, c, today))
            .collect(),
        behind,
    }))
}

fn nothing() -> Empty {
    Empty {
        icon: "chart-column",
        title: "No debit in these 60 days".into(),
        text: "A rate needs debits that were sent: they come with transactions and imported files.".into(),
        action: Some(Link {
            href: "/transactions?type=REQUEST".into(),
            label: "See the debits there are".into(),
        }),
    }
}

fn company(n: usize, of: &Company, today: NaiveDate) -> CompanyView {
    CompanyView {
        anchor: format!("company-{n}"),
        name: of.label(),
        id: of.id.clone(),
        lines: of.standings.iter().map(|s| line(&of.id, s, today)).collect(),
    }
}

/// The list of the debits that a rate is a part of: what [`queries`] counts, as filters.
pub fn sent_address(company: &str, today: NaiveDate) -> String {
    let (from, to) = (first_day(today).to_string(), today.to_string());
    let query = [
        ("type", "REQUEST"),
        ("solution", "ach"),
        ("status", "PROCESSING,APPROVED,SETTLED,CLEARED,REVERSED"),
        ("company", if company.is_empty() { NO_COMPANY } else { company }),
        ("date", DayOf::Value.as_str()),
        ("date_from", &from),
        ("date_to", &to),
    ];
    format!(
        "/transactions?{}",
        serde_urlencoded::to_string(query).unwrap_or_default()
    )
}

fn line(company: &str, of: &Standing, today: NaiveDate) -> Line {
    let level = of.rate.level();
    let at = of.hundredths().unwrap_or(0);
    let (tone, icon) = match of.room() {
        Room::Nothing => (Tone::Grey, "minus-circle"),
        Room::Fits(1) => (Tone::Amber, "triangle-alert"),
        Room::Fits(_) if at * 4 >= level * 3 => (Tone::Amber, "triangle-alert"),
        Room::Fits(_) => (Tone::Green, "circle-check"),
        // Of a few payments none may come back: that is no alarm.
        Room::None if of.returned == 0 => (Tone::Grey, "minus-circle"),
        Room::None => (Tone::Amber, "triangle-alert"),
        Room::Above(_) => (Tone::Red, "circle-x"),
    };
    let text = of.room().words();
    Line {
        label: of.rate.label(),
        meaning: of.rate.meaning(),
        level: written(level),
        returned: of.returned.to_string(),
        href: address(company, of.rate),
        sent: of.sent,
        sent_href: sent_address(company, today),
        percent: of.percent(),
        at: at.min(level),
        most: level,
        bar: match tone {
            Tone::Red => "over",
            Tone::Amber => "near",
            _ => "",
        },
        tag: Tag { tone, icon, text },
        note: of
            .next_leaves()
            .map(|day| leaves(of.room(), day))
            .unwrap_or_default(),
    }
}

fn leaves(room: Room, day: NaiveDate) -> String {
    let day = written_day(day);
    match room {
        Room::Fits(_) => format!("before {day}, when the oldest return leaves the 60 days"),
        Room::Nothing | Room::None | Room::Above(_) => {
            format!("the oldest return leaves the 60 days on {day}")
        }
    }
}

fn behind(companies: &[Company], id: &str, rate: Rate, rows: &[ReturnedDebit]) -> Behind {
    let found = companies.iter().find(|c| c.id == id);
    let all = found
        .and_then(|c| c.standings.iter().find(|s| s.rate == rate))
        .map_or(0, |s| s.returned);
    let name = found.map(Company::label).unwrap_or_default();
    let part = if rows.len() < usize::try_from(all).unwrap_or(usize::MAX) {
        format!(", the newest {} of {all}", rows.len())
    } else {
        String::new()
    };
    Behind {
        title: format!("{}: {name}{part}", rate.label()),
        rows: rows.iter().map(row).collect(),
    }
}

fn row(of: &ReturnedDebit) -> Row {
    Row {
        exception: format!("/exceptions/{}", of.exception),
        transaction: format!("/transactions/{}", of.transaction),
        title: return_code_or_unknown(&of.code).title.clone(),
        code: of.code.clone(),
        party: of.party.clone(),
        amount: of.money.to_string(),
        day: written_day(of.day),
    }
}
