//! Who has how much: for supervisors, with every number leading to the rows behind it, and work moved between people
//! through a bulk action with its preview.

use std::collections::HashMap;

use actix_web::web::Data;
use askama::Template;
use chrono_tz::Tz;
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{BigInt, Nullable},
};
use serde::Deserialize;

use crate::{
    app::App,
    auth::{permission::Supervise, principal::May},
    db::{AnyConnection, types::UuidSql},
    desk::{
        hands::{self, Hand},
        teams::{self, Team},
    },
    exceptions::queries::{self, TabCounts},
    kernel::{
        clock::Ts,
        count::{grouped, up_to},
        error::AppResult,
        id::{BusinessAccountId, TeamMemberId},
    },
    reports::{period::Period, throughput},
    web::{
        form::Query,
        page::Page,
        shell::{Section, Shell},
        time::{self, SOON},
        ui::{Choice, Due, Link, Person},
    },
};

/// Throughput is told of so many days, today among them.
const DAYS: u64 = 7;

#[derive(Template)]
#[template(path = "work/load.html")]
pub struct LoadPage {
    shell: Shell,
    rows: Vec<PersonView>,
    /// This page's own address, so that moving work leads back to it.
    here: String,
    /// The teams to look at one of; empty when there is none.
    teams: Vec<Choice>,
    unassigned: Link,
}

struct PersonView {
    person: Person,
    href: String,
    role: &'static str,
    /// Why they are given nothing more now; empty when they are.
    closed: String,
    /// The longest bar is a hundred.
    share: u64,
    open: Link,
    overdue: Option<Link>,
    soon: Option<Link>,
    first_due: Option<Due>,
    /// What they have now was resolved today, and in seven days with today.
    today: Option<Link>,
    week: Option<Link>,
    /// The query of the list from which work is moved; none when there is nothing to move.
    moves: Option<String>,
}

/// What one person has, as it is counted.
#[derive(QueryableByName)]
struct Load {
    #[diesel(sql_type = UuidSql)]
    assignee_id: TeamMemberId,
    #[diesel(sql_type = BigInt)]
    open: i64,
    #[diesel(sql_type = BigInt)]
    overdue: i64,
    #[diesel(sql_type = BigInt)]
    soon: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    first_due: Option<i64>,
}

struct Found {
    hands: Vec<Hand>,
    teams: Vec<Team>,
    loads: Vec<Load>,
    counts: TabCounts,
    today: Throughput,
    week: Throughput,
}

/// What everybody had that was resolved in some days.
struct Throughput {
    period: Period,
    resolved: HashMap<Option<TeamMemberId>, i64>,
}

impl Throughput {
    fn of(conn: &mut AnyConnection, account: BusinessAccountId, period: Period, now: Ts) -> AppResult<Self> {
        Ok(Self {
            period,
            resolved: throughput::resolved(conn, account, period, now)?,
        })
    }

    /// How many one of them had, as a link to them; none when there were none.
    fn link(&self, member: TeamMemberId) -> Option<Link> {
        let n = self.resolved.get(&Some(member)).copied().unwrap_or_default();
        (n > 0).then(|| Link {
            href: throughput::queue(Some(member), self.period).address(&[]),
            label: grouped(n),
        })
    }
}

/// Which team's people are asked for; everybody when none is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    team: String,
}

/// `GET /workload`
pub async fn load(app: Data<App>, who: May<Supervise>, asked: Query<Asked>) -> AppResult<Page<LoadPage>> {
    let (account, me, now, zone) = (who.account(), who.who.member, app.clock.now(), who.zone());
    let last = |days: u64| Period::last(days, now.day_in(zone), zone);
    let (today, week) = (last(1), last(DAYS));
    let chosen = asked.0.team.clone();
    let found = app
        .db
        .read_slow(move |conn| {
            let teams = teams::list(conn, account)?;
            let mut hands = hands::hands(conn, account, now)?;
            if let Some(team) = teams.iter().find(|t| t.row.id.to_string() == asked.0.team) {
                hands.retain(|h| team.members.contains(&h.worker.id));
            }
            Ok(Found {
                loads: loads(conn, account, now)?,
                counts: queries::tab_counts(conn, account, me, now)?,
                today: Throughput::of(conn, account, today, now)?,
                week: Throughput::of(conn, account, week, now)?,
                hands,
                teams,
            })
        })
        .await?;
    let here = match found.teams.iter().find(|t| t.row.id.to_string() == chosen) {
        Some(team) => format!("/workload?team={}", team.row.id),
        None => "/workload".into(),
    };
    let choices = found
        .teams
        .iter()
        .map(|t| Choice {
            value: t.row.id.to_string(),
            label: t.row.name.clone(),
            selected: t.row.id.to_string() == chosen,
        })
        .collect();
    let most = found
        .loads
        .iter()
        .map(|l| l.open)
        .max()
        .unwrap_or_default()
        .max(1);
    let unassigned = Link {
        href: "/exceptions?tab=unassigned".into(),
        label: grouped(found.counts.unassigned),
    };
    let own_zone = who.own_zone();
    let mut rows: Vec<(i64, PersonView)> = found
        .hands
        .iter()
        .map(|hand| {
            let load = found.loads.iter().find(|l| l.assignee_id == hand.worker.id);
            let days = (&found.today, &found.week);
            let view = person(hand, load, days, most, (now, own_zone));
            (load.map_or(0, |l| l.open), view)
        })
        .collect();
    rows.sort_by_key(|(open, _)| std::cmp::Reverse(*open));
    Ok(Page::ok(LoadPage {
        shell: who.shell(&app, "Workload", Section::Load),
        rows: rows.into_iter().map(|(_, view)| view).collect(),
        here,
        teams: choices,
        unassigned,
    }))
}

fn person(
    hand: &Hand,
    load: Option<&Load>,
    (today, week): (&Throughput, &Throughput),
    most: i64,
    (now, zone): (Ts, Tz),
) -> PersonView {
    let worker = &hand.worker;
    let list = |tab: &str| format!("/exceptions?tab={tab}&assignee={}", worker.id);
    let some = |n: i64, tab: &str| {
        (n > 0).then(|| Link {
            href: list(tab),
            label: up_to(n),
        })
    };
    let open = load.map_or(0, |l| l.open);
    let name = worker.name();
    PersonView {
        person: Person::named(name),
        href: format!("/workload/{}", worker.id),
        role: worker.role.label(),
        closed: hand.closed().unwrap_or_default(),
        share: u64::try_from(open * 100 / most).unwrap_or_default(),
        open: Link {
            href: list("open"),
            label: match hand.limit {
                Some(limit) => format!("{} of {}", grouped(open), grouped(limit)),
                None => grouped(open),
            },
        },
        overdue: some(load.map_or(0, |l| l.overdue), "overdue"),
        soon: some(load.map_or(0, |l| l.soon), "soon"),
        first_due: load
            .and_then(|l| l.first_due)
            .map(|at| time::due(Ts::from_micros(at), now, zone)),
        today: today.link(worker.id),
        week: week.link(worker.id),
        moves: (open > 0).then(|| format!("tab=open&assignee={}", worker.id)),
    }
}

/// What everybody has, one after another along the index of assignees, which is why the join is a `CROSS JOIN`: as many
/// entries as are open and assigned, however much was resolved.
fn loads(conn: &mut AnyConnection, account: BusinessAccountId, now: Ts) -> AppResult<Vec<Load>> {
    Ok(sql_query(
        "SELECT m.team_member_id AS assignee_id, count(*) AS open, \
         CAST(sum(CASE WHEN e.due_at < $1 THEN 1 ELSE 0 END) AS BIGINT) AS overdue, \
         CAST(sum(CASE WHEN e.due_at >= $1 AND e.due_at <= $2 THEN 1 ELSE 0 END) AS BIGINT) AS soon, \
         min(e.due_at) AS first_due FROM memberships m CROSS JOIN exceptions e \
         WHERE m.business_account_id = $3 AND e.business_account_id = m.business_account_id \
         AND e.assignee_id = m.team_member_id AND e.is_open = TRUE AND e.snoozed_until IS NULL \
         GROUP BY m.team_member_id",
    )
    .bind::<BigInt, _>(now)
    .bind::<BigInt, _>(now.plus(SOON))
    .bind::<UuidSql, _>(account)
    .load(conn)?)
}
