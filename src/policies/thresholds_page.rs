//! The thresholds under the settings: as they are, what others would have done over the last 90 days, and asking for
//! these.

use actix_web::web::Data;
use askama::Template;

use super::{
    commands::{self, Proposal},
    figures::{FIGURES, Figure, Group, Shape},
    queries,
    rules::{self as policy_rules, Rules},
    rules_form::{self, Form, changed, value},
    thresholds::{RawFigure, Thresholds},
    thresholds_trial::{self, Trial},
};
use crate::{
    app::App,
    approvals,
    auth::{
        permission::{Administer, Read, Right},
        principal::May,
    },
    exceptions::model::Severity,
    kernel::{
        count::grouped,
        error::{AppError, AppResult, FieldErrors},
    },
    web::{
        form::Submit,
        kept::Kept,
        page::Page,
        settings,
        shell::{Field, Problem, Refused, Section, Shell},
        ui::{Change, Choice, Fact, Notice, Stamp, Tab},
    },
};

/// The page's address.
const HERE: &str = "/settings/policies/thresholds";

struct GroupView {
    id: &'static str,
    title: &'static str,
    hint: &'static str,
    figures: Vec<FigureView>,
    /// The figures in force as text, for who may not change them.
    in_force: Vec<Fact>,
}

struct FigureView {
    name: &'static str,
    label: &'static str,
    field: Field,
    is_box: bool,
    is_checked: bool,
    choices: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "policies/thresholds.html")]
pub struct ThresholdsPage {
    shell: Shell,
    pages: Vec<Tab>,
    notices: Vec<Notice>,
    problems: Vec<Problem>,
    /// Who may only read sees what is in force as text.
    can_change: bool,
    version: i64,
    changed: Option<(String, Stamp)>,
    groups: Vec<GroupView>,
}

#[derive(Template)]
#[template(path = "policies/thresholds_preview.html")]
pub struct PreviewPage {
    shell: Shell,
    version: i64,
    effects: Vec<String>,
    tallies: Vec<(String, String, String)>,
    changes: Vec<Change>,
    kept: Vec<(&'static str, String)>,
}

/// What the form's handler answers.
type Step = rules_form::Step<ThresholdsPage, PreviewPage>;

/// The figures of a form: a check box that was not sent says no.
fn figures(form: &Form) -> Vec<RawFigure> {
    FIGURES
        .iter()
        .map(|figure| RawFigure {
            name: figure.name.to_owned(),
            value: value(form, figure.name).trim().to_owned(),
        })
        .collect()
}

/// `GET /settings/policies/thresholds`
pub async fn show(app: Data<App>, who: May<Read>, kept: Kept) -> AppResult<Step> {
    let typed = kept.form::<Form>().map(|form| figures(&form));
    page(&app, &who, typed, None).await
}

/// `POST /settings/policies/thresholds`: what they would do, or the request for them.
pub async fn submit(app: Data<App>, sent: Submit<Administer, Form>) -> AppResult<Step> {
    let Submit { who, form: typed } = sent;
    let raw = figures(&typed);
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

async fn simulate(
    app: &App,
    who: &May<Administer>,
    raw: &[RawFigure],
    version: &str,
) -> AppResult<(Proposal<Thresholds>, Trial)> {
    let (account, now) = (who.account(), app.clock.now());
    let (raw, seen) = (raw.to_vec(), version.parse::<i64>().unwrap_or(0));
    app.db
        .read_slow(move |conn| {
            let found = commands::propose::<Thresholds>(conn, account, &raw, seen)?;
            let trial = thresholds_trial::run(conn, account, now, &found.before, &found.after)?;
            Ok((found, trial))
        })
        .await
}

async fn preview(app: &App, who: &May<Administer>, raw: &[RawFigure], version: &str) -> AppResult<Step> {
    let (found, trial) = simulate(app, who, raw, version).await?;
    Ok(Step::Preview(Box::new(Page::ok(PreviewPage {
        shell: who.shell(app, "Confirm the thresholds", Section::People),
        version: found.after.version(),
        effects: trial.words(),
        tallies: trial
            .tallies
            .iter()
            .map(|t| (t.label.clone(), grouped(t.now), grouped(t.then)))
            .collect(),
        changes: found.changes.into_iter().map(Change::from).collect(),
        kept: FIGURES
            .iter()
            .zip(raw)
            .map(|(figure, raw)| (figure.name, raw.value.clone()))
            .collect(),
    }))))
}

async fn ask(app: &App, who: &May<Administer>, raw: &[RawFigure], version: &str) -> AppResult<Step> {
    let (found, trial) = simulate(app, who, raw, version).await?;
    let asked = rules_form::ask::<Thresholds>(app, who, raw, found.after.version(), trial.words());
    Ok(Step::Next(asked.await?))
}

async fn page(
    app: &App,
    who: &May<Read>,
    typed: Option<Vec<RawFigure>>,
    refused: Option<AppError>,
) -> AppResult<Step> {
    let account = who.account();
    let (thresholds, last, waiting) = app
        .db
        .read(move |conn| {
            Ok((
                policy_rules::of::<Thresholds>(conn, account)?,
                queries::current(conn, account, Thresholds::KIND)?,
                approvals::queries::waiting_policies(conn, account)?,
            ))
        })
        .await?;
    let Refused {
        status,
        errors,
        problems,
    } = Refused::with(refused);
    let shown = typed.unwrap_or_else(|| thresholds.raw());
    let page = ThresholdsPage {
        shell: who.shell(app, "Thresholds", Section::People),
        pages: settings::pages(&who.who, HERE),
        notices: approvals::show::banners(&waiting),
        problems,
        can_change: who.who.actor.may(Right::Administer),
        version: thresholds.version(),
        changed: last.map(|row| changed(app, who, row)),
        groups: groups(&shown, &errors, &thresholds),
    };
    Ok(Step::Form(Box::new(Page::with_status(page, status))))
}

fn groups(shown: &[RawFigure], errors: &FieldErrors, in_force: &Thresholds) -> Vec<GroupView> {
    let mut copy = in_force.clone();
    let typed = |figure: &Figure| {
        let found = shown.iter().find(|raw| raw.name == figure.name);
        found.map_or("", |raw| raw.value.as_str())
    };
    Group::ALL
        .into_iter()
        .map(|group| GroupView {
            id: group.id(),
            title: group.title(),
            hint: group.hint(),
            in_force: FIGURES
                .iter()
                .filter(|figure| figure.group == group)
                .map(|figure| Fact::new(figure.bare_label(), figure.words(*(figure.of)(&mut copy))))
                .collect(),
            figures: FIGURES
                .iter()
                .filter(|figure| figure.group == group)
                .map(|figure| FigureView {
                    name: figure.name,
                    label: figure.label,
                    field: Field::of(typed(figure), figure.name, errors),
                    is_box: figure.shape.is_box(),
                    is_checked: typed(figure) == "1",
                    choices: choices(figure, typed(figure)),
                })
                .collect(),
        })
        .collect()
}

fn choices(figure: &Figure, chosen: &str) -> Vec<Choice> {
    if figure.shape != Shape::From {
        return Vec::new();
    }
    let severities = Severity::ALL.iter().rev().map(|s| (s.as_str(), s.word()));
    severities
        .chain([("NEVER", "None")])
        .map(|(value, label)| Choice {
            value: value.into(),
            label: label.into(),
            selected: value == chosen,
        })
        .collect()
}
