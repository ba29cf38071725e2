//! My work: what is due next, what came back, what waits, and how the day stands.

pub mod load;

use actix_web::web::{self, Data};
use askama::Template;
use chrono_tz::Tz;

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
        filter::{RawFilter, Tab},
        model::{Severity as Level, Status as State},
        queries::{self, QueueItem, TabCounts},
        words,
    },
    kernel::{
        clock::Ts,
        count::{grouped, up_to},
        error::AppResult,
        id::{BusinessAccountId, TeamMemberId},
        money::Money,
    },
    members,
    reports::{period::Period, throughput},
    reviews::{self, tabs::Part as ReviewPart},
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
    all: Link,
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
    /// What this person may review; none for who reviews nothing.
    to_review: Option<i64>,
    /// What is mine and was resolved today, by whomever.
    resolved: i64,
    /// My own absence of today, and those in which I stand in, with whose they are and what they have.
    away: Vec<(AbsenceRow, String, i64)>,
    mine: Vec<QueueItem>,
    back: Vec<QueueItem>,
    waits: Vec<QueueItem>,
    urgent: Vec<QueueItem>,
    queues: Queues,
}

/// Rows of a part; the queue behind it has the rest.
const ROWS: usize = 10;

/// Rows of what nobody has.
const URGENT: usize = 5;

/// The queues behind the parts, each sorted by when it is due.
struct Queues {
    mine: RawFilter,
    back: RawFilter,
    waits: RawFilter,
    urgent: RawFilter,
    resolved: RawFilter,
}

impl Queues {
    fn of(me: TeamMemberId, today: Period) -> Self {
        let queue = |tab: Tab| RawFilter {
            tab: tab.as_str().into(),
            ..RawFilter::default()
        };
        let in_status = |status: State| RawFilter {
            status: status.to_string(),
            ..queue(Tab::Mine)
        };
        Self {
            mine: in_status(State::InProgress),
            back: in_status(State::Reopened),
            waits: RawFilter {
                assignee: me.to_string(),
                ..queue(Tab::Waiting)
            },
            urgent: queue(Tab::Unassigned),
            resolved: throughput::queue(Some(me), today),
        }
    }
}

/// Reads queues for one person at one moment.
struct Reader<'a> {
    conn: &'a mut AnyConnection,
    account: BusinessAccountId,
    me: TeamMemberId,
    zone: Tz,
    now: Ts,
}

impl Reader<'_> {
    /// The first so many of a queue that `fit`, over as many of its pages as that takes.
    fn first(
        &mut self,
        queue: &RawFilter,
        rows: usize,
        fit: impl Fn(&QueueItem) -> bool,
    ) -> AppResult<Vec<QueueItem>> {
        let mut filter = queue.parse(self.zone).0;
        let mut found = Vec::new();
        for _ in 0..PAGES {
            let page = queries::list(self.conn, self.account, self.me, &filter, self.now)?;
            page.move_on(&mut filter);
            found.extend(page.items.into_iter().filter(&fit));
            if found.len() >= rows || !page.has_next {
                break;
            }
        }
        found.truncate(rows);
        Ok(found)
    }

    /// How many of mine were resolved in these days.
    fn resolved(&mut self, days: Period) -> AppResult<i64> {
        throughput::resolved_of(self.conn, self.account, self.me, days, self.now)
    }
}

/// So many pages of a queue are looked through for what fits.
const PAGES: usize = 10;

/// `GET /`
pub async fn home(app: Data<App>, who: May<Read>) -> AppResult<Page<HomePage>> {
    let (account, me, now, zone) = (who.account(), who.who.member, app.clock.now(), who.zone());
    let today = Period::last(1, now.day_in(zone), zone);
    let queues = Queues::of(me, today);
    let may_review = who.who.actor.may(Right::Supervise);
    let found = app
        .db
        .read(move |conn| {
            let mut reader = Reader {
                conn,
                account,
                me,
                zone,
                now,
            };
            let goes_on = |item: &QueueItem| item.waiting_for.is_none();
            Ok(Found {
                mine: reader.first(&queues.mine, ROWS, goes_on)?,
                back: reader.first(&queues.back, ROWS, goes_on)?,
                waits: reader.first(&queues.waits, ROWS, |_| true)?,
                // What is with an outside system nobody can take.
                urgent: reader.first(&queues.urgent, URGENT, |item| {
                    goes_on(item) && item.status != State::PendingResolution
                })?,
                resolved: reader.resolved(today)?,
                counts: queries::tab_counts(reader.conn, account, me, now)?,
                to_review: if may_review {
                    Some(reviews::queries::count_waiting_for(reader.conn, account, me)?)
                } else {
                    None
                },
                away: absences(reader.conn, account, me, now)?,
                queues,
            })
        })
        .await?;
    Ok(Page::ok(view(&app, &who, &found)))
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

fn view(app: &App, who: &May<Read>, found: &Found) -> HomePage {
    let can_work = who.who.actor.may(Right::Work);
    let queues = &found.queues;
    let part = |(id, title): (&'static str, &'static str),
                (items, none): (&[QueueItem], &'static str),
                (queue, label): (&RawFilter, &str)| WorkPart {
        id,
        title,
        all: Link {
            href: queue.address(&[]),
            label: label.into(),
        },
        none,
        rows: items.iter().map(|item| work_row(app, who, item)).collect(),
    };
    let mut parts = Vec::new();
    if can_work {
        parts.push(part(
            ("mine", "Due next, mine"),
            (
                &found.mine,
                if found.counts.mine > 0 {
                    "What you have waits or came back. Take the next one."
                } else {
                    "You have nothing in progress. Take the next one."
                },
            ),
            (&queues.mine, "All in progress"),
        ));
        parts.push(part(
            ("back", "Came back to me"),
            (&found.back, "Nothing came back."),
            (&queues.back, "All that came back"),
        ));
        parts.push(part(
            ("waits", "Waiting on others"),
            (&found.waits, "Nothing of yours waits for anybody."),
            (&queues.waits, "All that wait"),
        ));
    }
    parts.push(part(
        ("urgent", "Most urgent, nobody has it"),
        (&found.urgent, "Nothing that nobody has can be taken now."),
        (&queues.urgent, "All unassigned"),
    ));
    HomePage {
        shell: who.shell(app, "My work", Section::Work),
        greeting: "My work",
        notices: found.away.iter().map(|a| notice(a, who.who.member)).collect(),
        tiles: tiles(found, can_work),
        parts,
        empty: None,
        can_work,
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
    if can_work {
        tiles.push(tile(
            grouped(found.resolved),
            "Mine, resolved today",
            &found.queues.resolved.address(&[]),
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
    let for_me = ReviewPart::ForMe;
    tiles.extend(
        found
            .to_review
            .map(|n| tile(up_to(n), for_me.label(), &for_me.address(), Tone::Grey)),
    );
    tiles
}

fn work_row(app: &App, who: &May<Read>, item: &QueueItem) -> WorkRow {
    WorkRow {
        id: item.id.to_string(),
        severity: item.severity,
        code: item.code.clone().unwrap_or_default(),
        title: words::meaning(item.kind, item.code.as_deref(), item.reason.as_deref()).into_owned(),
        party: item.party.clone(),
        amount: item.money().map(Money::written).unwrap_or_default(),
        status: item.status,
        due: Some(time::due(item.due_at, app.clock.now(), who.own_zone())),
        note: item
            .waiting_for
            .map(|p| format!("waits for {}", p.words()))
            .unwrap_or_default(),
    }
}
