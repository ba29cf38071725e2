//! The list of approvals.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    many,
    model::{ApprovalRow, ApprovalState},
    queries::{self, PAGE},
};
use crate::{
    app::App,
    auth::{permission::Read, principal::May},
    kernel::{
        clock::Ts,
        count::up_to,
        error::{AppError, AppResult, Code, FieldErrors},
        id::ApprovalId,
    },
    web::{
        form::Query,
        kept::Kept,
        page::Page,
        shell::{Field, Problem, Section, Shell, problems},
        time,
        ui::{Column, Empty, Pager, Person, Stamp, Tab, Tag, Tone},
    },
};

#[derive(Template)]
#[template(path = "approvals/list.html")]
pub struct ApprovalsPage {
    shell: Shell,
    tabs: Vec<Tab>,
    columns: Vec<Column>,
    rows: Vec<Line>,
    pager: Pager,
    empty: Option<Empty>,
    can_pick: bool,
    problems: Vec<Problem>,
    reason: Field,
}

struct Line {
    id: String,
    version: i64,
    is_picked: bool,
    title: String,
    kind: &'static str,
    requester: Person,
    age: Stamp,
    state: Tag,
    /// Why this person cannot decide it, while it waits.
    closed: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ApprovalsQuery {
    pub(super) tab: String,
    pub(super) after: String,
}

/// What was chosen and typed on the list, to be shown again.
#[derive(Default)]
pub(super) struct Typed {
    pub picked: Vec<ApprovalId>,
    pub reason: String,
    pub errors: FieldErrors,
}

/// `GET /approvals`
pub async fn list(
    app: Data<App>,
    who: May<Read>,
    query: Query<ApprovalsQuery>,
    kept: Kept,
) -> AppResult<Page<ApprovalsPage>> {
    let typed = kept.form::<Vec<(String, String)>>().unwrap_or_default();
    let typed = Typed {
        picked: many::picks(&typed).into_iter().map(|(id, _)| id).collect(),
        reason: many::value(&typed, "reason").to_owned(),
        errors: FieldErrors::default(),
    };
    page(&app, &who, &query.0, &typed).await.map(Page::ok)
}

pub(super) async fn page(
    app: &App,
    who: &May<Read>,
    query: &ApprovalsQuery,
    typed: &Typed,
) -> AppResult<ApprovalsPage> {
    let state = ApprovalState::parse(&query.tab.to_uppercase()).unwrap_or(ApprovalState::Waiting);
    let after = query
        .after
        .split_once('.')
        .and_then(|(at, id)| Some((Ts::from_micros(at.parse().ok()?), id.parse::<ApprovalId>().ok()?)));
    let account = who.account();
    let (mut rows, waiting) = app
        .db
        .read(move |conn| {
            Ok((
                queries::list(conn, account, state, after)?,
                queries::count_waiting(conn, account)?,
            ))
        })
        .await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let address = address(state);
    let next = rows
        .last()
        .filter(|_| more)
        .map(|row| format!("{address}&after={}.{}", row.requested_at.micros(), row.id));
    let rows: Vec<Line> = rows.into_iter().map(|row| line(app, who, row, typed)).collect();
    let can_pick = state == ApprovalState::Waiting && rows.iter().any(|r| r.closed.is_none());
    Ok(ApprovalsPage {
        shell: who.shell(app, "Approvals", Section::Approvals),
        tabs: tabs(state, waiting),
        columns: ["What", "Kind", "Asked by", "Asked", "State"]
            .map(Column::plain)
            .into(),
        pager: Pager {
            shown: rows.len().to_string(),
            total: if state == ApprovalState::Waiting {
                up_to(waiting)
            } else {
                String::new()
            },
            previous: after.map(|_| address),
            next,
        },
        empty: rows.is_empty().then(|| empty(state)),
        can_pick,
        problems: problems(&typed.errors),
        reason: Field::of(&typed.reason, "reason", &typed.errors),
        rows,
    })
}

fn address(state: ApprovalState) -> String {
    format!("/approvals?tab={}", state.as_str().to_lowercase())
}

fn tabs(current: ApprovalState, waiting: i64) -> Vec<Tab> {
    ApprovalState::ALL
        .iter()
        .map(|state| Tab {
            label: state.label(),
            href: address(*state),
            count: (*state == ApprovalState::Waiting).then(|| up_to(waiting)),
            current: *state == current,
            alarm: false,
        })
        .collect()
}

fn line(app: &App, who: &May<Read>, row: ApprovalRow, typed: &Typed) -> Line {
    let check = row.check(&who.who.actor);
    let is_waiting = row.state == ApprovalState::Waiting;
    let state = standing(&row);
    Line {
        id: row.id.to_string(),
        version: row.version,
        is_picked: typed.picked.contains(&row.id),
        kind: row.kind.label(),
        requester: Person::named(row.requested_by_name),
        age: time::stamp(row.requested_at, app.clock.now(), who.own_zone()),
        state,
        closed: check.err().filter(|_| is_waiting).map(|e| short(&e)),
        title: row.title,
    }
}

fn short(error: &AppError) -> String {
    match error.code() {
        Code::Forbidden => "For supervisors".into(),
        Code::RuleRefuses if error.sentence().starts_with("You have agreed") => "You have agreed".into(),
        Code::RuleRefuses => "You asked for it".into(),
        _ => error.sentence(),
    }
}

/// Where one stands, with how many have agreed when several must.
pub(super) fn standing(row: &ApprovalRow) -> Tag {
    let mut tag = tag(row.state);
    if row.state == ApprovalState::Waiting && row.people > 1 {
        tag.text = format!("{} of {} agreed", row.consents().len(), row.people);
    }
    tag
}

/// A state as a badge.
pub fn tag(state: ApprovalState) -> Tag {
    let (tone, icon) = match state {
        ApprovalState::Waiting => (Tone::Amber, "hourglass"),
        ApprovalState::Approved => (Tone::Green, "circle-check"),
        ApprovalState::Rejected => (Tone::Red, "circle-x"),
        ApprovalState::Withdrawn => (Tone::Grey, "undo-2"),
        ApprovalState::Lapsed => (Tone::Grey, "minus-circle"),
    };
    Tag {
        tone,
        icon,
        text: state.label().into(),
    }
}

fn empty(state: ApprovalState) -> Empty {
    let (title, text) = match state {
        ApprovalState::Waiting => (
            "Nothing waits for approval",
            "Changes that a rule asks a second person for show here until somebody decides.",
        ),
        ApprovalState::Approved => (
            "Nothing is approved yet",
            "Approved changes show here, the latest first.",
        ),
        ApprovalState::Rejected => (
            "Nothing was rejected",
            "Rejected changes show here, the latest first.",
        ),
        ApprovalState::Withdrawn => (
            "Nothing was taken back",
            "Requests that were taken back show here.",
        ),
        ApprovalState::Lapsed => (
            "Nothing has lapsed",
            "Requests whose record moved on meanwhile show here.",
        ),
    };
    Empty {
        icon: "stamp",
        title: title.into(),
        text: text.into(),
        action: None,
    }
}
