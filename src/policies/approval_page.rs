//! The approval rules under the settings: as they are, what others would have done over the last 90 days, and asking for
//! these.

use actix_web::web::Data;
use askama::Template;

use super::{
    approval::{ApprovalPolicy, RawRule},
    approval_form::{self, RuleFields, hidden, rules},
    commands::{self, Proposal},
    queries, rules as policy_rules,
    rules_form::{self, Form, changed, value},
    simulation::{self, Simulation},
};
use crate::{
    app::App,
    approvals,
    auth::{
        permission::{Administer, Read, Right},
        principal::May,
    },
    kernel::{
        count::grouped,
        error::{AppError, AppResult},
    },
    web::{
        form::Submit,
        kept::Kept,
        page::Page,
        settings,
        shell::{Problem, Refused, Section, Shell},
        ui::{Change, Fact, Notice, Stamp, Tab},
    },
};

/// The page's address.
const HERE: &str = "/settings/policies/approvals";

#[derive(Template)]
#[template(path = "policies/approvals.html")]
pub struct RulesPage {
    shell: Shell,
    pages: Vec<Tab>,
    notices: Vec<Notice>,
    problems: Vec<Problem>,
    /// Who may only read sees what is in force as text.
    can_change: bool,
    version: i64,
    changed: Option<(String, Stamp)>,
    rules: Vec<RuleFields>,
    /// Not read for whoever may change them.
    in_force: Vec<Fact>,
}

#[derive(Template)]
#[template(path = "policies/approvals_preview.html")]
pub struct PreviewPage {
    shell: Shell,
    version: i64,
    effects: Vec<String>,
    tallies: Vec<TallyLine>,
    changes: Vec<Change>,
    kept: Vec<(&'static str, String)>,
}

struct TallyLine {
    label: &'static str,
    made: String,
    now: String,
    then: String,
}

/// What the form's handler answers.
type Step = rules_form::Step<RulesPage, PreviewPage>;

/// `GET /settings/policies/approvals`
pub async fn show(app: Data<App>, who: May<Read>, kept: Kept) -> AppResult<Step> {
    let typed = kept.form::<Form>().map(|form| rules(&form));
    form(&app, &who, typed, None).await
}

/// `POST /settings/policies/approvals`: what they would do, or the request for them.
pub async fn submit(app: Data<App>, sent: Submit<Administer, Form>) -> AppResult<Step> {
    let Submit { who, form: typed } = sent;
    let raw = rules(&typed);
    let outcome = match value(&typed, "step") {
        "edit" => return form(&app, &who.as_reader(), Some(raw), None).await,
        "ask" => ask(&app, &who, &raw, value(&typed, "version")).await,
        _ => preview(&app, &who, &raw, value(&typed, "version")).await,
    };
    match outcome {
        Err(error @ (AppError::Invalid(_) | AppError::Refused(..))) => {
            form(&app, &who.as_reader(), Some(raw), Some(error)).await
        }
        done => done,
    }
}

async fn simulate(
    app: &App,
    who: &May<Administer>,
    raw: &[RawRule],
    version: &str,
) -> AppResult<(Proposal<ApprovalPolicy>, Simulation)> {
    let (account, now) = (who.account(), app.clock.now());
    let (raw, seen) = (raw.to_vec(), version.parse::<i64>().unwrap_or(0));
    app.db
        .read_slow(move |conn| {
            let found = commands::propose::<ApprovalPolicy>(conn, account, &raw, seen)?;
            let simulation = simulation::run(conn, account, now, &found.before, &found.after)?;
            Ok((found, simulation))
        })
        .await
}

async fn preview(app: &App, who: &May<Administer>, raw: &[RawRule], version: &str) -> AppResult<Step> {
    let (Proposal { after, changes, .. }, simulation) = simulate(app, who, raw, version).await?;
    let mut effects = simulation.words();
    if after.rules.is_empty() {
        effects.push("Without a rule nothing but a change of these rules would wait.".into());
    }
    Ok(Step::Preview(Box::new(Page::ok(PreviewPage {
        shell: who.shell(app, "Confirm the approval rules", Section::People),
        version: after.version,
        effects,
        tallies: simulation
            .tallies
            .iter()
            .map(|tally| TallyLine {
                label: tally.of.label(),
                made: grouped(tally.made),
                now: grouped(tally.now),
                then: grouped(tally.then),
            })
            .collect(),
        changes: changes.into_iter().map(Change::from).collect(),
        kept: hidden(raw),
    }))))
}

async fn ask(app: &App, who: &May<Administer>, raw: &[RawRule], version: &str) -> AppResult<Step> {
    let (found, simulation) = simulate(app, who, raw, version).await?;
    let asked = rules_form::ask::<ApprovalPolicy>(app, who, raw, found.after.version, simulation.words());
    Ok(Step::Next(asked.await?))
}

async fn form(
    app: &App,
    who: &May<Read>,
    typed: Option<Vec<RawRule>>,
    refused: Option<AppError>,
) -> AppResult<Step> {
    let account = who.account();
    let can_change = who.who.actor.may(Right::Administer);
    let (policy, in_force, last, waiting) = app
        .db
        .read(move |conn| {
            let policy: ApprovalPolicy = policy_rules::of(conn, account)?;
            let in_force = if can_change {
                Vec::new()
            } else {
                rules_form::as_text(conn, account, &policy)?
            };
            Ok((
                policy,
                in_force,
                queries::current(conn, account, super::Kind::Approvals)?,
                approvals::queries::waiting_policies(conn, account)?,
            ))
        })
        .await?;
    let Refused {
        status,
        errors,
        problems,
    } = Refused::with(refused);
    let shown = typed.unwrap_or_else(|| policy.rules.iter().map(RawRule::from).collect());
    let rules = if can_change {
        approval_form::fields(&shown, &errors)
    } else {
        Vec::new()
    };
    let page = RulesPage {
        shell: who.shell(app, "Approval rules", Section::People),
        pages: settings::pages(&who.who, HERE),
        notices: approvals::show::banners(&waiting),
        problems,
        can_change,
        version: policy.version,
        changed: last.map(|row| changed(app, who, row)),
        rules,
        in_force,
    };
    Ok(Step::Form(Box::new(Page::with_status(page, status))))
}
