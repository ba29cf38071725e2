//! Severity by hand: a supervisor sets it with a reason, and the rule leaves it then. The due time follows
//! (domain.md section 2.2).

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    change::{begin, record},
    conflict::{self, Seen},
    due,
    head::{ExceptionHead, head, titled},
    model::{Act, Severity},
    queries,
    row::ExceptionRow,
};
use crate::{
    app::App,
    auth::{actor::Actor, permission::Supervise, principal::May},
    db::Tx,
    history::EventKind,
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::{ExceptionId, noun},
        text::Reason,
    },
    policies::sla::Sla,
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Page, SeeOther},
        shell::{Field, Problem, Section, Shell, problems},
        ui::{Badge, Choice},
    },
};

/// Sets the severity by hand.
///
/// # Errors
/// `Invalid` when it has that severity; what the lifecycle refuses; `Stale`.
pub fn set(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ExceptionId,
    severity: Severity,
    reason: &Reason,
    seen: Option<i64>,
) -> AppResult<ExceptionRow> {
    let mut change = begin(tx, actor, id, Act::Rate, seen)?;
    let before = change.row.severity;
    check_other(&change.row, severity).map_err(|why| AppError::field("severity", why))?;
    follow_due(tx, &mut change.row, severity)?;
    change.row.severity_fixed = true;
    change.row.severity_rule = format!("Set by {}: {}", actor.name, reason.as_str());
    let row = change.store(tx, actor, "")?;
    let text = format!(
        "set the severity from {} to {}: {}",
        before.word(),
        severity.word(),
        reason.as_str()
    );
    record(
        tx,
        actor,
        id,
        EventKind::Severity,
        (before.as_str(), severity.as_str()),
        &text,
    )?;
    Ok(row)
}

/// Refuses a severity that somebody has set already; that of the rule may be set by hand, and stays from then on.
///
/// # Errors
/// A sentence.
pub fn check_other(row: &ExceptionRow, severity: Severity) -> Result<(), String> {
    if row.severity == severity && row.severity_fixed {
        return Err(format!("It is {} already.", severity.word()));
    }
    Ok(())
}

/// Changes the severity, and the due time with it: a higher one never leaves more time than there was, a lower one
/// leaves what it would have had from the beginning.
fn follow_due(tx: &mut Tx<'_>, row: &mut ExceptionRow, severity: Severity) -> AppResult<()> {
    let sla = Sla::of(tx.conn, row.business_account_id)?;
    if severity > row.severity {
        due::rise(row, severity, tx.now, &sla);
    } else if severity < row.severity {
        let source = queries::source_of(tx.conn, row)?;
        due::fall(row, severity, &source, &sla);
    }
    Ok(())
}

/// The form as it is typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SeverityForm {
    severity: String,
    reason: String,
    version: String,
    seen: String,
}

#[derive(Template)]
#[template(path = "exceptions/severity.html")]
pub struct SeverityPage {
    shell: Shell,
    head: ExceptionHead,
    rule: String,
    problems: Vec<Problem>,
    severity: Field,
    severities: Vec<Choice>,
    reason: Field,
}

/// `GET /exceptions/{id}/severity`
pub async fn show(
    app: Data<App>,
    who: May<Supervise>,
    id: PathId<noun::Exception>,
    kept: Kept,
) -> AppResult<Page<SeverityPage>> {
    let typed = kept.form::<SeverityForm>().unwrap_or_default();
    page(&app, &who, id.0, &typed, &FieldErrors::default())
        .await
        .map(Page::ok)
}

async fn page(
    app: &App,
    who: &May<Supervise>,
    id: ExceptionId,
    typed: &SeverityForm,
    errors: &FieldErrors,
) -> AppResult<SeverityPage> {
    let account = who.account();
    let row = app.db.read(move |conn| queries::get(conn, account, id)).await?;
    row.standing().check(Act::Rate, &who.who.actor, None)?;
    let chosen = Severity::parse(&typed.severity).unwrap_or(row.severity);
    Ok(SeverityPage {
        shell: who.shell(app, titled("Severity", &row), Section::Queue),
        head: head(who, &row, (app.clock.now(), who.own_zone())),
        problems: problems(errors),
        severity: Field::of(chosen.as_str(), "severity", errors),
        severities: choices(Some(chosen)),
        reason: Field::of(&typed.reason, "reason", errors),
        rule: row.severity_rule,
    })
}

/// The severities as a select, the highest first. When none is chosen yet, a person has to.
pub fn choices(chosen: Option<Severity>) -> Vec<Choice> {
    let none = chosen.is_none().then(|| Choice {
        value: String::new(),
        label: "Choose one".into(),
        selected: true,
    });
    let all = Severity::ALL.into_iter().rev().map(|s| Choice {
        value: s.as_str().into(),
        label: s.word().into(),
        selected: Some(s) == chosen,
    });
    none.into_iter().chain(all).collect()
}

/// `POST /exceptions/{id}/severity`
pub async fn create(
    app: Data<App>,
    id: PathId<noun::Exception>,
    form: Submit<Supervise, SeverityForm>,
) -> AppResult<conflict::Outcome<SeverityPage>> {
    let (actor, id, typed) = (form.who.actor(), id.0, form.form.clone());
    let seen = typed.version.parse().ok();
    let mut errors = FieldErrors::default();
    let severity = Severity::parse(&typed.severity).ok_or_else(|| "Choose a severity.".into());
    let severity = errors.take("severity", severity);
    let reason = errors.take("reason", Reason::parse(&typed.reason));
    let outcome = match (severity, reason) {
        (Some(severity), Some(reason)) => {
            app.db
                .write(actor.business_account, move |tx| {
                    set(tx, &actor, id, severity, &reason, seen)
                })
                .await
        }
        _ => Err(errors.into()),
    };
    match outcome {
        Ok(row) => Ok(conflict::Outcome::Next(
            SeeOther::to(format!("/exceptions/{id}"))
                .done(format!("The severity is {} now.", row.severity.word())),
        )),
        Err(AppError::Invalid(errors)) => {
            let page = page(&app, &form.who, id, &typed, &errors).await;
            conflict::again(&app, &form.who, id, page, wish(typed)).await
        }
        Err(refusal) => conflict::page(&app, &form.who, id, refusal, wish(typed)).await,
    }
}

fn wish(typed: SeverityForm) -> conflict::Wish {
    conflict::Wish {
        action: "severity",
        seen: Seen::read(&typed.seen),
        severity: Severity::parse(&typed.severity),
        comment: typed.reason.clone(),
        kept: vec![("severity", typed.severity), ("reason", typed.reason)],
        ..conflict::Wish::default()
    }
}
