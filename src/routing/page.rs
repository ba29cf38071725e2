//! The routing rules under the settings: as they are, what others would have done over the last 90 days, and asking for
//! these.

use actix_web::web::Data;
use askama::Template;

use super::{
    form::{self, RuleFields, hidden, rules},
    rules::{Known, RawRule, Routing, number_of},
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
    policies::{
        self,
        commands::{self, Proposal},
        rules::Rules,
        rules_form::{self, Form, changed, value},
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
const HERE: &str = "/settings/policies/routing";

#[derive(Template)]
#[template(path = "routing/rules.html")]
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
#[template(path = "routing/preview.html")]
pub struct PreviewPage {
    shell: Shell,
    version: i64,
    effects: Vec<String>,
    tallies: Vec<(String, String)>,
    changes: Vec<Change>,
    kept: Vec<(&'static str, String)>,
}

/// What the form's handler answers.
type Step = rules_form::Step<RulesPage, PreviewPage>;

/// `GET /settings/policies/routing`
pub async fn show(app: Data<App>, who: May<Read>, kept: Kept) -> AppResult<Step> {
    let typed = kept.form::<Form>().map(|form| rules(&form));
    page(&app, &who, typed, None).await
}

/// `POST /settings/policies/routing`: what they would do, or the request for them.
pub async fn submit(app: Data<App>, sent: Submit<Administer, Form>) -> AppResult<Step> {
    let Submit { who, form: typed } = sent;
    let raw = rules(&typed);
    let version = value(&typed, "version");
    let outcome = match value(&typed, "step") {
        "edit" => return page(&app, &who.as_reader(), Some(raw), None).await,
        "ask" => ask(&app, &who, &raw, version).await,
        _ => preview(&app, &who, &raw, version).await,
    };
    match outcome {
        Err(error @ (AppError::Invalid(_) | AppError::Refused(..))) => {
            page(&app, &who.as_reader(), Some(raw), Some(error)).await
        }
        done => done,
    }
}

/// What others would do, against the rules in force.
struct Trial {
    found: Proposal<Routing>,
    sentences: Vec<String>,
    simulation: Simulation,
}

async fn simulate(app: &App, who: &May<Administer>, raw: &[RawRule], version: &str) -> AppResult<Trial> {
    let (account, now) = (who.account(), app.clock.now());
    let (raw, seen) = (raw.to_vec(), version.parse::<i64>().unwrap_or(0));
    app.db
        .read_slow(move |conn| {
            let found = commands::propose::<Routing>(conn, account, &raw, seen)?;
            Ok(Trial {
                sentences: found.after.sentences(conn, account)?,
                simulation: simulation::run(conn, account, now, &found.before, &found.after)?,
                found,
            })
        })
        .await
}

async fn preview(app: &App, who: &May<Administer>, raw: &[RawRule], version: &str) -> AppResult<Step> {
    let trial = simulate(app, who, raw, version).await?;
    Ok(Step::Preview(Box::new(Page::ok(PreviewPage {
        shell: who.shell(app, "Confirm the routing rules", Section::People),
        version: trial.found.after.version(),
        effects: trial.simulation.words(),
        tallies: trial
            .sentences
            .into_iter()
            .zip(trial.simulation.by_rule.iter().map(|n| grouped(*n)))
            .collect(),
        changes: trial.found.changes.into_iter().map(Change::from).collect(),
        kept: hidden(raw),
    }))))
}

async fn ask(app: &App, who: &May<Administer>, raw: &[RawRule], version: &str) -> AppResult<Step> {
    let trial = simulate(app, who, raw, version).await?;
    let seen = trial.found.after.version();
    let asked = rules_form::ask::<Routing>(app, who, raw, seen, trial.simulation.words());
    Ok(Step::Next(asked.await?))
}

async fn page(
    app: &App,
    who: &May<Read>,
    typed: Option<Vec<RawRule>>,
    refused: Option<AppError>,
) -> AppResult<Step> {
    let account = who.account();
    let can_change = who.who.actor.may(Right::Administer);
    let (routing, in_force, last, waiting, known) = app
        .db
        .read(move |conn| {
            let routing: Routing = policies::rules::of(conn, account)?;
            let in_force = if can_change {
                Vec::new()
            } else {
                rules_form::as_text(conn, account, &routing)?
            };
            Ok((
                routing,
                in_force,
                policies::queries::current(conn, account, Routing::KIND)?,
                approvals::queries::waiting_policies(conn, account)?,
                Known::read(conn, account)?,
            ))
        })
        .await?;
    let Refused {
        status,
        errors,
        mut problems,
    } = Refused::with(refused);
    // Several rules can have the same thing wrong with them.
    for problem in &mut problems {
        if let Some(n) = number_of(&problem.field) {
            problem.text = format!("Rule {n}: {}", problem.text);
        }
    }
    let shown = typed.unwrap_or_else(|| routing.raw());
    let rules = if can_change {
        form::fields(&shown, &known, &errors)
    } else {
        Vec::new()
    };
    let page = RulesPage {
        shell: who.shell(app, "Routing rules", Section::People),
        pages: settings::pages(&who.who, HERE),
        notices: approvals::show::banners(&waiting),
        problems,
        can_change,
        version: routing.version(),
        changed: last.map(|row| changed(app, who, row)),
        rules,
        in_force,
    };
    Ok(Step::Form(Box::new(Page::with_status(page, status))))
}
