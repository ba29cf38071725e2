//! How often the answers of blind reviews agree with what was done: by month, by resolver, by type.

use std::collections::BTreeMap;

use actix_web::web::Data;
use askama::Template;
use chrono::Datelike;
use serde::Deserialize;

use super::queries::{self, Listed};
use crate::{
    app::App,
    auth::{permission::Supervise, principal::May},
    exceptions::model::ResolutionKind,
    kernel::{
        clock::{Ts, month_name},
        count::grouped,
        error::AppResult,
    },
    web::{
        form::Query,
        page::Page,
        shell::{Section, Shell},
        time,
        ui::{Stamp, Tag, Tone},
    },
};

/// So many days back, as the page offers them.
const SPANS: [(u64, &str); 3] = [(30, "30 days"), (90, "90 days"), (365, "A year")];

/// Rows that are shown: the latest.
const SHOWN: usize = 100;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AgreementQuery {
    days: String,
    person: String,
    r#type: String,
    month: String,
    verdict: String,
}

#[derive(Template)]
#[template(path = "reviews/agreement.html")]
pub struct AgreementPage {
    shell: Shell,
    spans: Vec<Span>,
    /// In a sentence.
    sum: String,
    tables: Vec<Compared>,
    rows: Vec<AnsweredView>,
    /// What the rows below are narrowed to, in words; empty when to nothing.
    narrowed: String,
    all: String,
    shown: String,
}

struct Span {
    label: &'static str,
    href: String,
    current: bool,
}

struct Compared {
    id: &'static str,
    title: &'static str,
    head: &'static str,
    rows: Vec<ComparedRow>,
}

struct ComparedRow {
    label: String,
    answered: String,
    answered_href: String,
    differ: String,
    differ_href: String,
    agree: String,
}

struct AnsweredView {
    href: String,
    title: String,
    resolver: String,
    first: &'static str,
    second: &'static str,
    verdict: Tag,
    at: Stamp,
}

/// One answer beside what was done.
struct Pair {
    month: String,
    person: (String, String),
    first: ResolutionKind,
    second: ResolutionKind,
    listed: Listed,
}

impl Pair {
    fn agrees(&self) -> bool {
        self.first == self.second
    }

    fn is_wanted(&self, asked: &AgreementQuery) -> bool {
        let is = |wanted: &str, value: &str| wanted.is_empty() || wanted == value;
        is(&asked.person, &self.person.0)
            && is(&asked.r#type, self.first.as_str())
            && is(&asked.month, &self.month)
            && (asked.verdict != "differ" || !self.agrees())
    }
}

/// `GET /reviews/agreement`
pub async fn show(
    app: Data<App>,
    who: May<Supervise>,
    query: Query<AgreementQuery>,
) -> AppResult<Page<AgreementPage>> {
    let asked = query.0;
    let (account, now, zone) = (who.account(), app.clock.now(), who.zone());
    let days = SPANS
        .iter()
        .map(|(days, _)| *days)
        .find(|days| days.to_string() == asked.days)
        .unwrap_or(90);
    let since = now.minus(std::time::Duration::from_hours(24 * days));
    let found = app
        .db
        .read_slow(move |conn| queries::answered(conn, account, since))
        .await?;
    let pairs: Vec<Pair> = found
        .into_iter()
        .filter_map(|listed| pair(listed, zone))
        .collect();
    Ok(Page::ok(view(&app, &who, &asked, days, &pairs, now)))
}

fn pair(listed: Listed, zone: chrono_tz::Tz) -> Option<Pair> {
    let (review, resolution, _) = &listed;
    let (second, at) = (review.answer?, review.answered_at?);
    let day = at.day_in(zone);
    let id = resolution
        .resolved_by_id
        .map(|id| id.to_string())
        .unwrap_or_default();
    Some(Pair {
        month: format!("{}-{:02}", day.year(), day.month()),
        person: (id, resolution.resolved_by_name.clone()),
        first: resolution.kind,
        second,
        listed,
    })
}

fn view(
    app: &App,
    who: &May<Supervise>,
    asked: &AgreementQuery,
    days: u64,
    pairs: &[Pair],
    now: Ts,
) -> AgreementPage {
    let agreed = pairs.iter().filter(|p| p.agrees()).count();
    let span = days.to_string();
    let address = |name: &str, value: &str, verdict: &str| {
        let set = [("days", span.as_str()), (name, value), ("verdict", verdict)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect::<Vec<_>>();
        format!(
            "/reviews/agreement?{}#answers",
            serde_urlencoded::to_string(set).unwrap_or_default()
        )
    };
    let table = |id, title, head, name: &str, key: &dyn Fn(&Pair) -> (String, String)| {
        let mut groups: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
        for pair in pairs {
            let sums = groups.entry(key(pair)).or_default();
            sums.0 += 1;
            sums.1 += usize::from(pair.agrees());
        }
        Compared {
            id,
            title,
            head,
            rows: groups
                .into_iter()
                .map(|((label, value), (all, agreed))| ComparedRow {
                    label,
                    answered: grouped(all),
                    answered_href: address(name, &value, ""),
                    differ: grouped(all - agreed),
                    differ_href: address(name, &value, "differ"),
                    agree: percent(agreed, all),
                })
                .collect(),
        }
    };
    let wanted: Vec<&Pair> = pairs.iter().filter(|p| p.is_wanted(asked)).collect();
    AgreementPage {
        shell: who.shell(app, "Agreement of blind reviews", Section::Reviews),
        spans: SPANS
            .iter()
            .map(|(span, label)| Span {
                label,
                href: format!("/reviews/agreement?days={span}"),
                current: *span == days,
            })
            .collect(),
        sum: match pairs.len() {
            0 => "No blind review was answered in this time.".into(),
            all => format!(
                "{} of {} blind answers agree with what was done: {}.",
                grouped(agreed),
                grouped(all),
                percent(agreed, all)
            ),
        },
        tables: vec![
            table("by-month", "By month", "Month", "month", &|p| {
                (written(&p.month), p.month.clone())
            }),
            table("by-person", "By who resolved it", "Resolved by", "person", &|p| {
                (p.person.1.clone(), p.person.0.clone())
            }),
            table("by-type", "By type of resolution", "Resolved as", "type", &|p| {
                (p.first.label().to_owned(), p.first.as_str().to_owned())
            }),
        ],
        shown: match wanted.len() {
            n if n > SHOWN => format!("The latest {SHOWN} of {}.", grouped(n)),
            _ => String::new(),
        },
        rows: wanted
            .iter()
            .take(SHOWN)
            .map(|p| row(p, now, who.own_zone()))
            .collect(),
        narrowed: narrowed(asked, pairs),
        all: format!("/reviews/agreement?days={days}#answers"),
    }
}

/// Rounded down: only all of them are 100 %.
fn percent(of: usize, all: usize) -> String {
    format!("{} %", (of * 100).checked_div(all).unwrap_or_default())
}

/// `2026-11` in words.
fn written(month: &str) -> String {
    let (year, number) = month.split_once('-').unwrap_or((month, ""));
    let name = number.parse().ok().map_or("", month_name);
    format!("{name} {year}")
}

fn narrowed(asked: &AgreementQuery, pairs: &[Pair]) -> String {
    let person = pairs
        .iter()
        .find(|p| p.person.0 == asked.person)
        .map(|p| p.person.1.clone());
    let kind = ResolutionKind::parse(&asked.r#type).map(|kind| kind.label().to_owned());
    let month = (!asked.month.is_empty()).then(|| written(&asked.month));
    let differ = (asked.verdict == "differ").then(|| "those that differ".to_owned());
    [person, kind, month, differ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

fn row(pair: &Pair, now: Ts, zone: chrono_tz::Tz) -> AnsweredView {
    let (review, resolution, exception) = &pair.listed;
    let (tone, icon, text) = if pair.agrees() {
        (Tone::Green, "circle-check", "Agree")
    } else {
        (Tone::Amber, "arrow-left-right", "Differ")
    };
    AnsweredView {
        href: format!("/reviews/{}", review.id),
        title: crate::notifications::model::brief(exception),
        resolver: resolution.resolved_by_name.clone(),
        first: pair.first.label(),
        second: pair.second.label(),
        verdict: Tag {
            tone,
            icon,
            text: text.into(),
        },
        at: time::stamp(review.answered_at.unwrap_or_default(), now, zone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_down_and_of_none_is_none() {
        assert_eq!(
            [percent(2, 3), percent(3, 3), percent(0, 0)],
            ["66 %", "100 %", "0 %"]
        );
    }

    #[test]
    fn months_have_names() {
        assert_eq!(written("2026-11"), "Nov 2026");
    }
}
