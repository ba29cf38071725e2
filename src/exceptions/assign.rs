//! Giving an exception to somebody who may work it.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    change::begin,
    conflict::{self, Seen},
    head::{ExceptionHead, head, titled},
    model::Act,
    queries,
    row::ExceptionRow,
    way_back,
};
use crate::{
    app::App,
    auth::{
        actor::Actor,
        permission::{Right, Work},
        principal::May,
    },
    db::Tx,
    desk::{
        hands::{self, Hand},
        teams::{self, Team},
    },
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::{ExceptionId, TeamId, TeamMemberId, noun},
    },
    notifications::{self, model::Kind},
    web::{
        back,
        form::{PathId, Query, Submit},
        kept::Kept,
        page::{Page, SeeOther},
        shell::{Problem, Section, Shell, problems},
        ui::{Badge, Choice, Person},
    },
};

/// Gives an exception to `to`. To oneself it is a claim of what nobody has; to others a supervisor gives, or who
/// has it. Whoever gets it from somebody else is told, and so is whoever loses it.
///
/// # Errors
/// `Invalid` when `to` may not work exceptions here; what the lifecycle refuses; `Stale`.
pub fn assign(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    to: TeamMemberId,
    seen: Option<i64>,
) -> AppResult<ExceptionRow> {
    let mut change = begin(tx, actor, id, Act::Assign, seen)?;
    may_give(actor, to, &change.row)?;
    if change.row.assignee_id == Some(to) && change.row.status == change.next {
        return Ok(change.row);
    }
    hands::check(tx.conn, actor.business_account, to, tx.now)?;
    let former = change.row.assignee_id;
    change.give(Some(to));
    let row = change.store(tx, actor, "")?;
    notifications::commands::tell_assigned(tx, actor, &row)?;
    if let Some(former) = former.filter(|f| *f != to && Some(*f) != actor.member()) {
        let how = if actor.member() == Some(to) {
            format!("{} took it over from you.", actor.name)
        } else {
            let (name, _) = queries::person(tx.conn, to)?;
            format!("{} gave it to {name}.", actor.name)
        };
        notifications::commands::tell(tx, &row, former, Kind::TakenOver, &how)?;
    }
    Ok(row)
}

/// Refuses to give it to somebody else, but for a supervisor and who has it.
///
/// # Errors
/// `Forbidden`.
pub fn may_give(actor: &Actor, to: TeamMemberId, row: &ExceptionRow) -> AppResult<()> {
    if actor.member() == Some(to) || gives_to_others(actor, row) {
        return Ok(());
    }
    actor.require(Right::Supervise)
}

/// Whether `actor` may give it to anybody: a supervisor, and who has it.
pub fn gives_to_others(actor: &Actor, row: &ExceptionRow) -> bool {
    let is_mine = actor.member().is_some() && row.assignee_id == actor.member();
    is_mine || actor.may(Right::Supervise)
}

/// Gives an exception to whoever of a team is here and has the least to do.
///
/// # Errors
/// As [`assign`]; `Invalid` when nobody of the team can take more.
pub fn assign_to_team(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    to: TeamId,
    seen: Option<i64>,
) -> AppResult<ExceptionRow> {
    let team = teams::get(tx.conn, actor.business_account, to)?;
    let hands = hands::hands(tx.conn, actor.business_account, tx.now)?;
    let hand = hands::of_team(&hands, &team).map_err(|why| AppError::field("assignee", why))?;
    assign(tx, actor, id, hand.worker.id, seen)
}

/// Before the id of a team, where somebody may be chosen or a team.
pub const OF_TEAM: &str = "team:";

#[derive(Template)]
#[template(path = "exceptions/assign.html")]
pub struct AssignPage {
    shell: Shell,
    head: ExceptionHead,
    problems: Vec<Problem>,
    people: Vec<Assignable>,
    teams: Vec<Choice>,
    gives_to_others: bool,
    /// Whether there are so many that a field to narrow them helps.
    are_many: bool,
    /// The query of the queue from whose row it was opened, if it was.
    list: String,
    /// Where it leads when nobody is chosen: that row, or the exception.
    back: String,
}

/// More than this are not seen at a glance.
const AT_A_GLANCE: usize = 8;

struct Assignable {
    id: String,
    person: Person,
    role: &'static str,
    load: String,
    selected: bool,
    closed: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct AssignForm {
    #[serde(default)]
    assignee: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    seen: String,
    /// The query of the queue from whose row it was opened, to go back there; none when it was opened from the page of
    /// the exception.
    #[serde(default)]
    list: String,
}

impl AssignForm {
    /// Where it leads: to the row that it was opened from, or to the exception at `page`.
    fn way_on(&self, id: ExceptionId, page: String) -> String {
        if self.list.is_empty() {
            page
        } else {
            way_back::row_in(&way_back::to(&self.list), id)
        }
    }
}

/// What the address says of the place where the form was opened.
#[derive(Default, Deserialize)]
pub struct Opened {
    #[serde(default)]
    from: String,
}

impl Opened {
    /// From a row of the queue, whose query the address carries.
    const QUEUE: &str = "queue";
}

/// `GET /exceptions/{id}/assign`
pub async fn show(
    app: Data<App>,
    who: May<Work>,
    id: PathId<noun::Exception>,
    opened: Query<Opened>,
    kept: Kept,
) -> AppResult<Page<AssignPage>> {
    let from_queue = opened.0.from == Opened::QUEUE;
    let list = from_queue.then(|| back::list_of(who.request().query_string()));
    let typed = kept.form::<AssignForm>().unwrap_or_else(|| AssignForm {
        list: list.unwrap_or_default(),
        ..AssignForm::default()
    });
    page(&app, &who, id.0, &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

async fn page(
    app: &App,
    who: &May<Work>,
    id: ExceptionId,
    typed: &AssignForm,
    errors: &FieldErrors,
) -> AppResult<AssignPage> {
    let account = who.account();
    let now = app.clock.now();
    let (row, hands, teams) = app
        .db
        .read(move |conn| {
            let row = queries::get(conn, account, id)?;
            Ok((
                row,
                hands::hands(conn, account, now)?,
                teams::list(conn, account)?,
            ))
        })
        .await?;
    let actor = &who.who.actor;
    // Whom it cannot be given to is not listed, but for who has it: that only a supervisor gives to others is said once.
    let is_listed = |hand: &&Hand| {
        let id = hand.worker.id;
        row.assignee_id == Some(id) || may_give(actor, id, &row).is_ok()
    };
    let is_anothers = row.standing().check(Act::Assign, actor, None).is_err();
    let assignable = |hand: &Hand| {
        let (w, closed) = (&hand.worker, hand.closed());
        let may = may_give(actor, w.id, &row).is_ok();
        let has_it = row.assignee_id == Some(w.id);
        Assignable {
            id: w.id.to_string(),
            person: Person::named(w.name()),
            role: w.role.label(),
            closed: !may || is_anothers || (closed.is_some() && !has_it),
            load: if has_it {
                "has it now".into()
            } else {
                closed.unwrap_or_else(|| hand.load())
            },
            selected: typed.assignee == w.id.to_string(),
        }
    };
    let team = |team: Team| {
        let value = format!("{OF_TEAM}{}", team.row.id);
        Choice {
            selected: typed.assignee == value,
            value,
            label: team.row.name,
        }
    };
    let gives = gives_to_others(actor, &row);
    let teams: Vec<Choice> = if gives {
        teams.into_iter().map(team).collect()
    } else {
        Vec::new()
    };
    let head = head(who, &row, (now, who.own_zone()));
    Ok(AssignPage {
        shell: who.shell(app, titled("Assign", &row), Section::Queue),
        problems: problems(errors),
        are_many: gives && hands.len() + teams.len() > AT_A_GLANCE,
        people: hands.iter().filter(is_listed).map(assignable).collect(),
        gives_to_others: gives,
        teams,
        list: typed.list.clone(),
        back: typed.way_on(id, head.href.clone()),
        head,
    })
}

/// `POST /exceptions/{id}/assign`
pub async fn create(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Work, AssignForm>,
) -> AppResult<conflict::Outcome<AssignPage>> {
    let (actor, id, typed) = (form.who.actor(), id.0, form.form.clone());
    let seen = typed.version.parse().ok();
    let to_team = typed.assignee.strip_prefix(OF_TEAM).map(str::parse);
    let outcome = match (to_team, typed.assignee.parse()) {
        (Some(Ok(team)), _) => {
            app.db
                .write(actor.business_account, move |tx| {
                    assign_to_team(tx, &actor, id, team, seen)
                })
                .await
        }
        (_, Ok(to)) => {
            app.db
                .write(actor.business_account, move |tx| assign(tx, &actor, id, to, seen))
                .await
        }
        _ => Err(AppError::field("assignee", "Choose somebody.")),
    };
    match outcome {
        Ok(row) => {
            let done = format!("{} has it now.", holder_name(&app, &row).await?);
            let page = format!("/exceptions/{id}");
            let next = SeeOther::to(form.form.way_on(id, page.clone())).done(done);
            Ok(conflict::Outcome::Next(if form.form.list.is_empty() {
                next
            } else {
                next.link(page, "Open it")
            }))
        }
        Err(AppError::Invalid(errors)) => {
            let page = page(&app, &form.who, id, &typed, &errors).await?;
            Ok(conflict::Outcome::Again(Page::with_status(page, 422)))
        }
        Err(refusal) => {
            let wish = wish(&app, &form.who, typed).await?;
            conflict::page(&app, &form.who, id, refusal, wish).await
        }
    }
}

async fn wish(app: &App, who: &May<Work>, typed: AssignForm) -> AppResult<conflict::Wish> {
    let (account, chosen) = (who.account(), typed.assignee.clone());
    let holder = app
        .db
        .read(move |conn| {
            if let Some(team) = chosen.strip_prefix(OF_TEAM) {
                let team: Option<TeamId> = team.parse().ok();
                let known = teams::list(conn, account)?;
                let named = known.into_iter().find(|t| Some(t.row.id) == team);
                return Ok(named.map(|t| format!("Whoever of “{}” has the least", t.row.name)));
            }
            match chosen.parse::<TeamMemberId>() {
                Ok(member) => Ok(queries::worker(conn, account, member)?.map(|w| w.name())),
                Err(_) => Ok(None),
            }
        })
        .await?;
    Ok(conflict::Wish {
        action: "assign",
        seen: Seen::read(&typed.seen),
        holder: Some(holder.unwrap_or_default()),
        status: Some("In progress"),
        kept: vec![("assignee", typed.assignee), ("list", typed.list)],
        ..conflict::Wish::default()
    })
}

async fn holder_name(app: &App, row: &ExceptionRow) -> AppResult<String> {
    match row.assignee_id {
        Some(member) => {
            app.db
                .read(move |conn| Ok(queries::person(conn, member)?.0))
                .await
        }
        None => Ok("Nobody".into()),
    }
}
