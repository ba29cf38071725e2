//! The list of resolved exceptions to review; one's own are shown, closed, but not under what one may review.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    model::{ReviewRow as Review, ReviewState},
    queries::{self, Listed, PAGE},
    tabs::{Counts, Part},
};
use crate::{
    app::App,
    auth::{
        permission::{Read, Right},
        principal::May,
    },
    bulk::model::BulkAct,
    exceptions::words,
    kernel::{clock::Ts, count::up_to, error::AppResult, id::ReviewId},
    web::{
        form::Query,
        page::Page,
        shell::{Section, Shell},
        time,
        ui::{Badge, Column, Empty, Link, Pager, Person, Severity, Stamp, Tab, Tag, Tone},
    },
};

#[derive(Template)]
#[template(path = "reviews/list.html")]
pub struct ReviewsPage {
    shell: Shell,
    tabs: Vec<Tab>,
    columns: Vec<Column>,
    rows: Vec<ReviewRow>,
    pager: Pager,
    empty: Option<Empty>,
    /// This list's own address.
    back: String,
    acts: Vec<(&'static str, &'static str)>,
    /// How many an act on all of them is on.
    waiting: String,
    can_pick: bool,
    /// May see how often the two answers of blind reviews agree.
    can_compare: bool,
}

struct ReviewRow {
    id: String,
    version: i64,
    /// It can be selected for approval.
    can_pick: bool,
    code: String,
    title: String,
    party: String,
    /// The account as it may be shown.
    account: String,
    /// The exception as its check box names it: code or type, party and amount.
    named: String,
    severity: Severity,
    kind: &'static str,
    amount: String,
    resolver: Person,
    why: Tag,
    age: Stamp,
    /// Why this person cannot review it.
    closed: Option<String>,
    verdict: Option<Tag>,
}

#[derive(Default, Deserialize)]
pub struct ReviewsQuery {
    #[serde(default)]
    tab: String,
    #[serde(default)]
    after: String,
}

/// `GET /reviews`
pub async fn list(
    app: Data<App>,
    who: May<Read>,
    query: Query<ReviewsQuery>,
) -> AppResult<Page<ReviewsPage>> {
    let may_review = who.who.actor.may(Right::Supervise);
    let part = Part::asked(&query.0.tab, may_review);
    let after = query
        .0
        .after
        .split_once('.')
        .and_then(|(at, id)| Some((Ts::from_micros(at.parse().ok()?), id.parse::<ReviewId>().ok()?)));
    let (account, reviewer) = (who.account(), may_review.then_some(who.who.member));
    let (mut rows, counts) = app
        .db
        .read(move |conn| {
            let alone = reviewer.filter(|_| part == Part::ForMe);
            Ok((
                queries::list(conn, account, part.state(), alone, after)?,
                Counts::read(conn, account, reviewer)?,
            ))
        })
        .await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().filter(|_| more).map(|(review, ..)| {
        format!(
            "{}&after={}.{}",
            part.address(),
            review.created_at.micros(),
            review.id
        )
    });
    let total = counts.of(part).unwrap_or_default();
    Ok(Page::ok(ReviewsPage {
        shell: who.shell(&app, "Reviews", Section::Reviews),
        tabs: counts.tabs(part),
        columns: columns(),
        back: part.address(),
        acts: vec![(BulkAct::Approve.as_str(), BulkAct::Approve.label())],
        waiting: up_to(counts.waiting),
        can_compare: may_review,
        can_pick: part.state() == ReviewState::Waiting && who.who.actor.may(BulkAct::Approve.right()),
        pager: Pager {
            shown: Pager::which(rows.len(), (after.is_some(), more), &total),
            total,
            previous: after.map(|_| part.address()),
            next,
        },
        empty: rows.is_empty().then(|| empty(part)),
        rows: rows.into_iter().map(|listed| row(&app, &who, listed)).collect(),
    }))
}

fn columns() -> Vec<Column> {
    [
        ("Exception", false),
        ("Party", false),
        ("Severity", false),
        ("Resolved as", false),
        ("Amount", true),
        ("Resolved by", false),
        ("Why here", false),
        ("Resolved", false),
        ("Verdict", false),
    ]
    .into_iter()
    .map(|(label, right)| Column::plain(label).right(right))
    .collect()
}

fn row(app: &App, who: &May<Read>, (review, resolution, exception): Listed) -> ReviewRow {
    let check = review.check(&resolution, &who.who.actor);
    let is_hidden = review.is_hidden_from(&resolution, &who.who.actor);
    let is_waiting = matches!(review.state, ReviewState::Waiting | ReviewState::NotAsked);
    let title = words::meaning(
        exception.kind,
        exception.code.as_deref(),
        exception.reason.as_deref(),
    )
    .into_owned();
    let amount = exception.money().map(|m| m.to_string()).unwrap_or_default();
    ReviewRow {
        named: named(&[
            exception.code.as_deref().unwrap_or(&title),
            &exception.party,
            &amount,
        ]),
        id: review.id.to_string(),
        version: review.version,
        can_pick: is_waiting && !review.is_hidden() && check.is_ok(),
        title,
        account: exception.masked_account(),
        party: exception.party,
        amount,
        severity: exception.severity,
        code: exception.code.unwrap_or_default(),
        kind: if is_hidden {
            "Hidden until you answer"
        } else {
            resolution.kind.label()
        },
        resolver: Person::named(resolution.resolved_by_name),
        why: why_tag(&review),
        age: time::stamp(resolution.resolved_at, app.clock.now(), who.own_zone()),
        closed: check.err().filter(|_| is_waiting).map(|e| short_reason(&e)),
        verdict: verdict(review.state),
    }
}

/// What there is of these, one after the other.
fn named(parts: &[&str]) -> String {
    let there: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    there.join(", ")
}

fn short_reason(error: &crate::kernel::error::AppError) -> String {
    match error.code() {
        crate::kernel::error::Code::Forbidden => "For supervisors".into(),
        crate::kernel::error::Code::RuleRefuses => "You resolved it".into(),
        _ => error.sentence(),
    }
}

/// The rule or the sample, as a tag.
pub fn why_tag(review: &Review) -> Tag {
    let (tone, icon, text) = match review.why.split_once(':') {
        Some(("Sample", _)) if review.is_blind => (Tone::Violet, "scale", "Blind sample"),
        Some(("Sample", _)) => (Tone::Violet, "scale", "Sample"),
        Some(("Rule", _)) => (Tone::Blue, "shield-check", "Rule"),
        _ => (Tone::Grey, "minus-circle", "Not asked for"),
    };
    Tag {
        tone,
        icon,
        text: text.into(),
    }
}

/// The verdict as a tag; none while it waits.
pub fn verdict(state: ReviewState) -> Option<Tag> {
    let tag = |tone, icon, text: &str| {
        Some(Tag {
            tone,
            icon,
            text: text.into(),
        })
    };
    match state {
        ReviewState::Waiting | ReviewState::NotAsked => None,
        ReviewState::Approved => tag(Tone::Green, "circle-check", "Approved"),
        ReviewState::Returned => tag(Tone::Amber, "undo-2", "Returned"),
        ReviewState::Withdrawn => tag(Tone::Grey, "rotate-ccw", "Reopened before"),
    }
}

fn empty(part: Part) -> Empty {
    let (title, text) = match part {
        Part::Waiting => (
            "Nothing waits for review",
            "What is resolved and needs a second look shows here.",
        ),
        Part::ForMe => (
            "Nothing waits for your review",
            "What others have resolved and needs a second look shows here.",
        ),
        Part::NotAsked => (
            "Nothing else is resolved",
            "Resolutions that no rule asks to be reviewed show here; you can review them all the same.",
        ),
        Part::Approved => (
            "Nothing is approved yet",
            "Approved resolutions show here, the latest first.",
        ),
        Part::Returned => (
            "Nothing was returned",
            "Returned resolutions show here, the latest first.",
        ),
    };
    Empty {
        icon: "badge-check",
        title: title.into(),
        text: text.into(),
        action: Some(Link {
            href: "/exceptions?tab=resolved".into(),
            label: "Resolved exceptions".into(),
        }),
    }
}
