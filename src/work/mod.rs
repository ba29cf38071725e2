//! My work: what is due next, what came back, what waits, and how the day stands.

pub mod load;

use actix_web::web::{self, Data};
use askama::Template;

use crate::{
    app::App,
    auth::{
        permission::{Read, Right},
        principal::May,
    },
    db::AnyConnection,
    desk::{
        absence::{self, AbsenceRow},
        absence_page,
    },
    exceptions::{
        filter::{Filter, Sort, SortBy, Tab},
        model::{Severity as Level, Status as State},
        queries::{self, QueueItem, TabCounts},
        words,
    },
    kernel::{
        clock::Ts,
        count::{grouped, up_to},
        error::AppResult,
        id::{BusinessAccountId, TeamMemberId},
        money::{Currency, Money},
    },
    members, reviews,
    web::{
        page::Page,
        route::at,
        shell::{Section, Shell},
        time,
        ui::{Badge, Due, Empty, Link, Notice, Tile, Tone},
    },
};

/// The first page after signing in.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/").get(home))
        .service(at("/workload").get(load::load));
}

#[derive(Template)]
#[template(path = "work/home.html")]
pub struct HomePage {
    shell: Shell,
    greeting: &'static str,
    notices: Vec<Notice>,
    tiles: Vec<Tile>,
    parts: Vec<WorkPart>,
    empty: Option<Empty>,
    can_work: bool,
}

struct WorkPart {
    id: &'static str,
    title: &'static str,
    all: Option<Link>,
    none: &'static str,
    rows: Vec<WorkRow>,
}

struct WorkRow {
    id: String,
    severity: Level,
    code: String,
    title: String,
    party: String,
    amount: String,
    status: State,
    due: Option<Due>,
    note: String,
}

struct Found {
    counts: TabCounts,
    waiting_reviews: i64,
    /// My own absence of today, and those in which I stand in, with whose they are and what they have.
    away: Vec<(AbsenceRow, String, i64)>,
    mine: Vec<QueueItem>,
    urgent: Vec<QueueItem>,
}

/// `GET /`
pub async fn home(app: Data<App>, who: May<Read>) -> AppResult<Page<HomePage>> {
    let (account, me, now) = (who.account(), who.who.member, app.clock.now());
    let found = app
        .db
        .read(move |conn| {
            let mut of = |tab: Tab, rows: usize| {
                let mut filter = Filter::of_tab(tab);
                filter.sort = Sort {
                    by: SortBy::Due,
                    descending: false,
                };
                let mut items: Vec<QueueItem> = queries::list(conn, account, me, &filter, now)?
                    .items
                    .into_iter()
                    .map(|(item, _)| item)
                    .collect();
                items.truncate(rows);
                AppResult::Ok(items)
            };
            let (mine, mut urgent) = (of(Tab::Mine, 50)?, of(Tab::Unassigned, 5)?);
            urgent.retain(|item| item.waiting_for.is_none());
            Ok(Found {
                counts: queries::tab_counts(conn, account, me, now)?,
                waiting_reviews: reviews::queries::count_waiting(conn, account)?,
                away: absences(conn, account, me, now)?,
                mine,
                urgent,
            })
        })
        .await?;
    Ok(Page::ok(view(&app, &who, found)))
}

/// The absences of today that concern `me`: mine, and those in which I stand in.
fn absences(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    me: TeamMemberId,
    now: Ts,
) -> AppResult<Vec<(AbsenceRow, String, i64)>> {
    let today = members::queries::today(conn, account, now)?;
    let mut found = absence::on(conn, account, today)?;
    found.retain(|a| a.member_id == me || a.substitute_id == Some(me));
    found
        .into_iter()
        .map(|a| {
            let (name, _) = queries::person(conn, a.member_id)?;
            let open = queries::count_mine(conn, account, a.member_id)?;
            Ok((a, name, open))
        })
        .collect()
}

fn notice((absence, name, open): &(AbsenceRow, String, i64), me: TeamMemberId) -> Notice {
    if absence.member_id == me {
        return Notice {
            tone: Tone::Grey,
            icon: "calendar-clock",
            text: format!("You are away {}: nothing new is given to you.", absence.days()),
            link: Some(Link {
                href: absence_page::HERE.into(),
                label: "Change it".into(),
            }),
        };
    }
    Notice {
        tone: Tone::Blue,
        icon: "user-check",
        text: format!("You stand in for {name}, who is away {}.", absence.days()),
        link: Some(Link {
            href: format!("/exceptions?tab=open&assignee={}", absence.member_id),
            label: format!("{} open", grouped(*open)),
        }),
    }
}

fn view(app: &App, who: &May<Read>, found: Found) -> HomePage {
    let can_work = who.who.actor.may(Right::Work);
    let row = |item: &QueueItem| work_row(app, who, item);
    let of_status = |wanted: &[State], rows: usize| -> Vec<WorkRow> {
        found
            .mine
            .iter()
            .filter(|i| wanted.contains(&stands(i)))
            .take(rows)
            .map(row)
            .collect()
    };
    let link = |href: &str, label: &str| {
        Some(Link {
            href: href.into(),
            label: label.into(),
        })
    };
    let mut parts = Vec::new();
    if can_work {
        parts.push(WorkPart {
            id: "mine",
            title: "Due next, mine",
            all: link("/exceptions?tab=mine", "All of mine"),
            none: "You have nothing in progress. Take the next one.",
            rows: of_status(&[State::InProgress, State::New], 10),
        });
        parts.push(WorkPart {
            id: "back",
            title: "Came back to me",
            all: None,
            none: "Nothing came back.",
            rows: of_status(&[State::Reopened], 10),
        });
        parts.push(WorkPart {
            id: "waits",
            title: "Waiting on others",
            all: None,
            none: "Nothing of yours waits for anybody.",
            rows: of_status(&[State::PendingResolution], 10),
        });
    }
    parts.push(WorkPart {
        id: "urgent",
        title: "Most urgent, nobody has it",
        all: link("/exceptions?tab=unassigned", "All unassigned"),
        none: "Everything open has somebody.",
        rows: found.urgent.iter().map(row).collect(),
    });
    HomePage {
        shell: who.shell(app, "My work", Section::Work),
        greeting: "My work",
        notices: found.away.iter().map(|a| notice(a, who.who.member)).collect(),
        tiles: tiles(&found, can_work),
        parts,
        empty: None,
        can_work,
    }
}

/// Where it belongs on the page: what waits for somebody outside is with what an outside system has.
fn stands(item: &QueueItem) -> State {
    match item.waiting_for {
        Some(_) => State::PendingResolution,
        None => item.status,
    }
}

fn tiles(found: &Found, can_work: bool) -> Vec<Tile> {
    let tile = |number: String, label: &str, href: &str, tone| Tile {
        number,
        label: label.into(),
        href: Some(href.into()),
        tone,
    };
    let counts = &found.counts;
    let mut tiles = Vec::new();
    if can_work {
        tiles.push(tile(
            grouped(counts.mine),
            "Mine",
            "/exceptions?tab=mine",
            Tone::Grey,
        ));
    }
    let alarm = if counts.overdue > 0 { Tone::Red } else { Tone::Grey };
    let soon = if counts.soon > 0 { Tone::Amber } else { Tone::Grey };
    tiles.push(tile(
        up_to(counts.overdue),
        "Overdue",
        "/exceptions?tab=overdue",
        alarm,
    ));
    tiles.push(tile(up_to(counts.soon), "Due soon", "/exceptions?tab=soon", soon));
    tiles.push(tile(
        grouped(counts.unassigned),
        "Unassigned",
        "/exceptions?tab=unassigned",
        Tone::Grey,
    ));
    tiles.push(tile(
        grouped(counts.open),
        "Open",
        "/exceptions?tab=open",
        Tone::Grey,
    ));
    tiles.push(tile(
        up_to(found.waiting_reviews),
        "To review",
        "/reviews",
        Tone::Grey,
    ));
    tiles
}

fn work_row(app: &App, who: &May<Read>, item: &QueueItem) -> WorkRow {
    let amount = item
        .currency
        .as_deref()
        .and_then(Currency::parse)
        .map(|c| Money::new(item.amount, c).to_string());
    WorkRow {
        id: item.id.to_string(),
        severity: item.severity,
        code: item.code.clone().unwrap_or_default(),
        title: words::meaning(item.kind, item.code.as_deref(), item.reason.as_deref()).into_owned(),
        party: item.party.clone(),
        amount: amount.unwrap_or_default(),
        status: item.status,
        due: Some(time::due(item.due_at, app.clock.now(), who.zone())),
        note: item
            .waiting_for
            .map(|p| format!("waits for {}", p.words()))
            .unwrap_or_default(),
    }
}
