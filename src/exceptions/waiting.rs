//! Waiting for somebody outside, with who it is and why: the SLA stands still meanwhile, the clocks of the ACH rules do
//! not. It ends by hand, when its time has come, when something new comes from outside (a return or notification, a
//! note or comment by the API, an outside system's answer), and by whatever closes the exception. Nothing waits without
//! an end.

use actix_web::web::Data;
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    change::{begin, record},
    claim::{VersionForm, by_button},
    conflict::{self, Seen},
    due,
    head::{ExceptionHead, head, titled},
    model::{Act, Party},
    queries::{self, Worker},
    row::{ExceptionRow, SourceRow},
    snooze,
    words::sentence_case,
};
use crate::{
    app::App,
    auth::{actor::Actor, permission::Work, principal::May},
    db::{AnyConnection, Tx},
    history::EventKind,
    kernel::{
        clock::Ts,
        error::{AppError, AppResult, FieldErrors},
        id::{BusinessAccountId, ExceptionId, TeamMemberId, noun},
        text::Reason,
    },
    policies::{self, sla::Sla, thresholds::Thresholds},
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Page, SeeOther},
        shell::{Field, Problem, Section, Shell, problems},
        ui::{Badge, Choice},
    },
};

/// What is waited for.
#[derive(Clone, Debug)]
pub struct Wait {
    /// Whom.
    pub party: Party,
    /// What for.
    pub reason: Reason,
    /// When it goes on by itself; at the end of the time that something may be put aside when nothing is said.
    pub until: Option<Ts>,
    /// Who is told when it goes on, beside its holder.
    pub told: Option<TeamMemberId>,
}

/// A due time as history and exports have it: nothing while no clock runs.
pub fn written(due_at: Ts) -> String {
    due_at.coming().map(Ts::rfc3339).unwrap_or_default()
}

/// Says that an exception waits for somebody outside. One that is overdue already stays overdue.
///
/// # Errors
/// `Invalid` when the time is past or too far, or whoever is to be told does not work here; what the lifecycle
/// refuses; `Stale`.
pub fn wait(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    wait: &Wait,
    seen: Option<i64>,
) -> AppResult<ExceptionRow> {
    let mut change = begin(tx, actor, id, Act::Wait, seen)?;
    let until = end_of(tx.conn, actor.business_account, wait, tx.now)?;
    let source = queries::source_of(tx.conn, &change.row)?;
    let sla = Sla::of(tx.conn, actor.business_account)?;
    let former = written(change.row.due_at);
    let text = begin_at(&mut change.row, &source, &sla, wait, (tx.now, until));
    let row = change.store(tx, actor, "")?;
    let values = (former.as_str(), &*written(row.due_at));
    record(tx, actor, id, EventKind::Due, values, &text)?;
    Ok(row)
}

/// Makes a row wait from `at` until `until`; what the history says of that.
pub fn begin_at(
    row: &mut ExceptionRow,
    source: &SourceRow,
    sla: &Sla,
    wait: &Wait,
    (at, until): (Ts, Ts),
) -> String {
    row.waiting_since = Some(at);
    row.waiting_for = Some(wait.party);
    row.waiting_reason = Some(wait.reason.as_str().to_owned());
    row.waiting_until = Some(until);
    row.waiting_told = wait.told;
    (row.due_at, row.due_rule) = due::work_out(row, source, sla);
    // One text for readers of every time zone.
    format!(
        "lets it wait for {} until {} UTC: {}",
        wait.party.words(),
        until.written_in(Tz::UTC),
        wait.reason.as_str()
    )
}

/// When it goes on by itself, checked together with who is told.
fn end_of(conn: &mut AnyConnection, account: BusinessAccountId, wait: &Wait, now: Ts) -> AppResult<Ts> {
    let thresholds: Thresholds = policies::rules::of(conn, account)?;
    let longest = thresholds.longest_snooze();
    let mut errors = FieldErrors::default();
    let until = wait.until.unwrap_or_else(|| now.plus(longest));
    errors.take("until", policies::snooze::check(until, now, longest));
    if let Some(to) = wait.told
        && !queries::workers(conn, account)?.iter().any(|w| w.id == to)
    {
        errors.add("told", "Choose somebody who works exceptions here.");
    }
    if errors.is_empty() {
        Ok(until)
    } else {
        Err(errors.into())
    }
}

/// Says that it does not wait any more.
///
/// # Errors
/// What the lifecycle refuses; `Stale`.
pub fn resume(tx: &mut Tx<'_>, actor: &Actor, id: ExceptionId, seen: Option<i64>) -> AppResult<ExceptionRow> {
    let mut change = begin(tx, actor, id, Act::Resume, seen)?;
    change.resume(tx, actor, None)?;
    change.store(tx, actor, "")
}

/// Ends the waiting of one exception by itself, as `why` says.
///
/// # Errors
/// When it does not wait.
pub fn end(tx: &mut Tx<'_>, account: BusinessAccountId, id: ExceptionId, why: &str) -> AppResult<()> {
    let actor = Actor::internal(account);
    let mut change = begin(tx, &actor, id, Act::Resume, None)?;
    change.resume(tx, &actor, Some(why))?;
    change.store(tx, &actor, "").map(drop)
}

/// Something new has come from outside about these transactions or entities: what waits there goes on.
///
/// # Errors
/// The database's.
pub fn answered(tx: &mut Tx<'_>, account: BusinessAccountId, about: &[Uuid], why: &str) -> AppResult<()> {
    for id in queries::waiting_about(tx.conn, account, about)? {
        end(tx, account, id, why)?;
    }
    Ok(())
}

/// The form as it is typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct WaitForm {
    party: String,
    reason: String,
    until: String,
    told: String,
    version: String,
    seen: String,
}

impl WaitForm {
    /// What is asked for, with every field that is wrong.
    fn parse(&self, now: Ts, zone: Tz) -> Result<Wait, FieldErrors> {
        let mut errors = FieldErrors::default();
        let party = Party::parse(&self.party).ok_or("Choose whom it waits for.");
        let party = errors.take("party", party.map_err(str::to_owned));
        let reason = errors.take("reason", Reason::parse(&self.reason));
        let until = match self.until.trim() {
            "" => Some(None),
            typed => errors
                .take("until", snooze::until("AT", typed, now, zone))
                .map(Some),
        };
        match (party, reason, until) {
            (Some(party), Some(reason), Some(until)) => Ok(Wait {
                party,
                reason,
                until,
                told: self.told.parse().ok(),
            }),
            _ => Err(errors),
        }
    }
}

#[derive(Template)]
#[template(path = "exceptions/wait.html")]
pub struct WaitPage {
    shell: Shell,
    head: ExceptionHead,
    zone: &'static str,
    /// How many days it waits at most.
    days: u64,
    problems: Vec<Problem>,
    party: Field,
    parties: Vec<Choice>,
    reason: Field,
    until: Field,
    told: Field,
    people: Vec<Choice>,
}

/// `GET /exceptions/{id}/wait`
pub async fn show(
    app: Data<App>,
    who: May<Work>,
    id: PathId<noun::Exception>,
    kept: Kept,
) -> AppResult<Page<WaitPage>> {
    let typed = kept.form::<WaitForm>().unwrap_or_default();
    page(&app, &who, id.0, &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

async fn page(
    app: &App,
    who: &May<Work>,
    id: ExceptionId,
    typed: &WaitForm,
    errors: &FieldErrors,
) -> AppResult<WaitPage> {
    let account = who.account();
    let (row, holder, workers, thresholds) = app
        .db
        .read(move |conn| {
            let row = queries::get(conn, account, id)?;
            let holder = row.assignee_id.map(|m| queries::person(conn, m)).transpose()?;
            let thresholds: Thresholds = policies::rules::of(conn, account)?;
            Ok((row, holder, queries::workers(conn, account)?, thresholds))
        })
        .await?;
    let holder = holder.as_ref().map(|(name, _)| name.as_str());
    row.standing().check(Act::Wait, &who.who.actor, holder)?;
    let me = row.assignee_id.unwrap_or(who.who.member).to_string();
    let told = if typed.party.is_empty() { &me } else { &typed.told };
    Ok(WaitPage {
        shell: who.shell(app, titled("Wait for somebody outside", &row), Section::Queue),
        head: head(who, &row, (app.clock.now(), who.own_zone())),
        zone: who.own_zone().name(),
        days: thresholds.longest_snooze().as_secs() / 86_400,
        problems: problems(errors),
        party: Field::of(&typed.party, "party", errors),
        parties: parties(&typed.party),
        reason: Field::of(&typed.reason, "reason", errors),
        until: Field::of(&typed.until, "until", errors),
        told: Field::of(told, "told", errors),
        people: people(&workers, told),
    })
}

fn choice(value: String, label: String, chosen: &str) -> Choice {
    Choice {
        selected: value == chosen,
        value,
        label,
    }
}

fn parties(chosen: &str) -> Vec<Choice> {
    let none = choice(String::new(), "Choose".into(), chosen);
    let all = Party::ALL
        .iter()
        .map(|party| choice(party.as_str().into(), sentence_case(party.words()), chosen));
    std::iter::once(none).chain(all).collect()
}

fn people(workers: &[Worker], chosen: &str) -> Vec<Choice> {
    let none = choice(String::new(), "Only whoever has it then".into(), chosen);
    let all = workers.iter().map(|w| choice(w.id.to_string(), w.name(), chosen));
    std::iter::once(none).chain(all).collect()
}

/// `POST /exceptions/{id}/wait`
pub async fn create(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Work, WaitForm>,
) -> AppResult<conflict::Outcome<WaitPage>> {
    let (actor, id, typed) = (form.who.actor(), id.0, form.form.clone());
    let seen = typed.version.parse().ok();
    let outcome = match typed.parse(app.clock.now(), form.who.own_zone()) {
        Ok(asked) => {
            app.db
                .write(actor.business_account, move |tx| {
                    wait(tx, &actor, id, &asked, seen)
                })
                .await
        }
        Err(errors) => Err(errors.into()),
    };
    match outcome {
        Ok(_) => Ok(conflict::Outcome::Next(
            SeeOther::to(format!("/exceptions/{id}")).done("It waits; its SLA stands still."),
        )),
        Err(AppError::Invalid(errors)) => {
            let page = page(&app, &form.who, id, &typed, &errors).await;
            let wish = wish(&app, &form.who, typed).await?;
            conflict::again(&app, &form.who, id, page, wish).await
        }
        Err(refusal) => {
            let wish = wish(&app, &form.who, typed).await?;
            conflict::page(&app, &form.who, id, refusal, wish).await
        }
    }
}

async fn wish(app: &App, who: &May<Work>, typed: WaitForm) -> AppResult<conflict::Wish> {
    let account = who.account();
    let told: Option<TeamMemberId> = typed.told.parse().ok();
    let told = match told {
        Some(told) => {
            app.db
                .read(move |conn| queries::worker(conn, account, told))
                .await?
        }
        None => None,
    };
    let party = Party::parse(&typed.party).map(|party| sentence_case(party.words()));
    Ok(conflict::Wish {
        action: "wait",
        seen: Seen::read(&typed.seen),
        rest: vec![
            ("Waits for", party.unwrap_or_default()),
            ("Goes on by itself at", typed.until.replace('T', " ")),
            ("Who is told then", told.map(|w| w.name()).unwrap_or_default()),
        ],
        comment: typed.reason.clone(),
        kept: vec![
            ("party", typed.party),
            ("reason", typed.reason),
            ("until", typed.until),
            ("told", typed.told),
        ],
        ..conflict::Wish::default()
    })
}

/// `POST /exceptions/{id}/resume`
pub async fn go_on(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Work, VersionForm>,
) -> AppResult<SeeOther> {
    by_button(
        &app,
        id.0,
        form,
        resume,
        "It does not wait any more; its SLA goes on.",
    )
    .await
}
