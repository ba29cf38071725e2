//! One verdict on several approvals: each is decided as it would be alone, in a transaction of its own, and the next
//! page says what became of each.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    decide, list,
    model::{ApprovalRow, ApprovalState},
    queries::{self, PAGE},
};
use crate::{
    app::App,
    auth::{
        actor::Actor,
        permission::{Read, Supervise},
        principal::May,
    },
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::ApprovalId,
        text::Reason,
    },
    web::{
        form::{Query, Submit},
        page::{Answer, Page, SeeOther},
        shell::{Section, Shell},
        ui::Tag,
    },
};

/// A form of the list: `pick[]` comes once for each row, as id and version.
pub(super) type Form = Vec<(String, String)>;

pub(super) fn value<'a>(form: &'a Form, name: &str) -> &'a str {
    form.iter()
        .find(|(n, _)| n == name)
        .map_or("", |(_, value)| value.as_str())
}

/// What was selected, no more than a page shows.
pub(super) fn picks(form: &Form) -> Vec<(ApprovalId, i64)> {
    form.iter()
        .filter(|(name, _)| name == "pick[]")
        .filter_map(|(_, value)| {
            let (id, version) = value.split_once('.')?;
            Some((id.parse().ok()?, version.parse().ok()?))
        })
        .take(PAGE)
        .collect()
}

/// What is to be done with each.
#[derive(Clone)]
enum Verdict {
    Approve(Option<Reason>),
    Reject(Reason),
}

fn verdict(form: &Form) -> Result<Verdict, FieldErrors> {
    let typed = value(form, "reason");
    let reason = || Reason::parse(typed).map_err(|why| FieldErrors::one("reason", why));
    match value(form, "verdict") {
        "approve" if typed.trim().is_empty() => Ok(Verdict::Approve(None)),
        "approve" => reason().map(|r| Verdict::Approve(Some(r))),
        "reject" => reason().map(Verdict::Reject),
        _ => Err(FieldErrors::one("reason", "Choose to approve or to reject.")),
    }
}

/// `POST /approvals/decide`
pub async fn decide(app: Data<App>, sent: Submit<Supervise, Form>) -> AppResult<Answer<list::ApprovalsPage>> {
    let Submit { who, form } = sent;
    let picked = picks(&form);
    if picked.is_empty() {
        let list = SeeOther::to("/approvals");
        return Ok(Answer::Next(list.refused("Select what you decide first.")));
    }
    let verdict = match verdict(&form) {
        Ok(verdict) => verdict,
        Err(errors) => {
            let typed = list::Typed {
                picked: picked.into_iter().map(|(id, _)| id).collect(),
                reason: value(&form, "reason").to_owned(),
                errors,
            };
            let query = list::ApprovalsQuery::default();
            let page = list::page(&app, &who.as_reader(), &query, &typed).await?;
            return Ok(Answer::Again(Page::with_status(page, 422)));
        }
    };
    for (id, seen) in &picked {
        one(&app, &who.actor(), (*id, *seen), &verdict).await?;
    }
    let ids: Vec<String> = picked.iter().map(|(id, _)| id.to_string()).collect();
    Ok(Answer::Next(SeeOther::to(format!(
        "/approvals/decided?ids={}",
        ids.join(",")
    ))))
}

/// Decides one. What refuses it is told by the page after, from how it stands.
async fn one(app: &App, actor: &Actor, (id, seen): (ApprovalId, i64), verdict: &Verdict) -> AppResult<()> {
    let (actor, vault, verdict) = (actor.clone(), app.vault.clone(), verdict.clone());
    let outcome = app
        .db
        .write(actor.business_account, move |tx| match &verdict {
            Verdict::Approve(reason) => {
                decide::approve_saying(tx, &vault, &actor, id, Some(seen), reason.as_ref())
            }
            Verdict::Reject(reason) => decide::reject(tx, &actor, id, reason, Some(seen)),
        })
        .await;
    match outcome {
        Ok(_) | Err(AppError::Refused(..) | AppError::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "approvals/decided.html")]
pub struct DecidedPage {
    shell: Shell,
    summary: String,
    rows: Vec<Line>,
}

struct Line {
    id: String,
    title: String,
    requester: String,
    state: Tag,
    /// What it led to, or why it still waits.
    text: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct DecidedQuery {
    ids: String,
}

/// `GET /approvals/decided?ids=…`: where each of them stands.
pub async fn decided(
    app: Data<App>,
    who: May<Read>,
    query: Query<DecidedQuery>,
) -> AppResult<Page<DecidedPage>> {
    let account = who.account();
    let ids: Vec<ApprovalId> = query
        .0
        .ids
        .split(',')
        .filter_map(|id| id.parse().ok())
        .take(PAGE)
        .collect();
    let rows = app
        .db
        .read(move |conn| queries::list_by_ids(conn, account, &ids))
        .await?;
    Ok(Page::ok(DecidedPage {
        shell: who.shell(&app, "Decided approvals", Section::Approvals),
        summary: summary(&rows),
        rows: rows.iter().map(|row| line(row, &who.who.actor)).collect(),
    }))
}

fn summary(rows: &[ApprovalRow]) -> String {
    let counted = |state: ApprovalState| rows.iter().filter(|row| row.state == state).count();
    let parts: Vec<String> = ApprovalState::ALL
        .iter()
        .map(|state| (counted(*state), state.label().to_lowercase()))
        .filter(|(n, _)| *n > 0)
        .map(|(n, label)| format!("{n} {label}"))
        .collect();
    if parts.is_empty() {
        "There is nothing here.".into()
    } else {
        format!("{}.", parts.join(", "))
    }
}

fn line(row: &ApprovalRow, actor: &Actor) -> Line {
    let text = match row.state {
        ApprovalState::Rejected => row.reason.clone().unwrap_or_default(),
        ApprovalState::Waiting => match row.check(actor) {
            Err(why) => why.sentence(),
            Ok(()) => "It was changed after you had opened the list: look at it again.".into(),
        },
        _ => row.outcome.clone().unwrap_or_default(),
    };
    Line {
        id: row.id.to_string(),
        title: row.title.clone(),
        requester: row.requested_by_name.clone(),
        state: list::standing(row),
        text,
    }
}
