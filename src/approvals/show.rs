//! One approval: what was asked for, before and after, and the verdict.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    commands, decide, list,
    model::{ApprovalRow, ApprovalState, Guard},
    queries,
};
use crate::{
    accounts::{edit::Reach, words::Reached},
    app::App,
    auth::{
        permission::{Read, Supervise},
        principal::May,
    },
    db::AnyConnection,
    history::EntityType,
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::{ApprovalId, noun},
        text::Reason,
    },
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Answer, Page, SeeOther},
        shell::{Field, Problem, Section, Shell, problems},
        time,
        ui::{Change, Fact, Link, Notice, Person, Stamp, Tag, Tone},
    },
};

/// What is said when a change waits.
pub const WAITS: &str = "It waits for approval. Nothing has changed yet.";

#[derive(Template)]
#[template(path = "approvals/show.html")]
pub struct ApprovalPage {
    shell: Shell,
    id: String,
    version: i64,
    title: String,
    kind: &'static str,
    state: Tag,
    notices: Vec<Notice>,
    problems: Vec<Problem>,
    requester: Person,
    asked: Stamp,
    effects: Vec<String>,
    remarks: Vec<Fact>,
    changes: Vec<Change>,
    reached: Reached,
    why: String,
    /// Why this person cannot decide it.
    closed: Option<String>,
    can_withdraw: bool,
    reason: Field,
    /// What an approval leads to, said beside the button.
    then: String,
    about: Vec<Fact>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct VerdictForm {
    reason: String,
    version: String,
}

/// The banner on a record that something waits about.
pub fn banners(waiting: &[ApprovalRow]) -> Vec<Notice> {
    waiting
        .iter()
        .map(|row| Notice {
            tone: Tone::Amber,
            icon: "hourglass",
            text: format!(
                "Waits for approval, asked by {}: {}.",
                row.requested_by_name, row.title
            ),
            link: Some(Link {
                href: format!("/approvals/{}", row.id),
                label: "Open the approval".into(),
            }),
        })
        .collect()
}

/// `GET /approvals/{id}`
pub async fn show(
    app: Data<App>,
    who: May<Read>,
    id: PathId<noun::Approval>,
) -> AppResult<Page<ApprovalPage>> {
    page(&app, &who, id.0, "", &FieldErrors::default())
        .await
        .map(Page::ok)
}

/// `GET /approvals/{id}/reject`: the page with a reason that was kept through a sign-in.
pub async fn draft(
    app: Data<App>,
    who: May<Supervise>,
    id: PathId<noun::Approval>,
    kept: Kept,
) -> AppResult<Page<ApprovalPage>> {
    let typed = kept.form::<VerdictForm>().unwrap_or_default();
    page(
        &app,
        &who.as_reader(),
        id.0,
        &typed.reason,
        &FieldErrors::default(),
    )
    .await
    .map(Page::ok)
}

async fn page(
    app: &App,
    who: &May<Read>,
    id: ApprovalId,
    typed: &str,
    errors: &FieldErrors,
) -> AppResult<ApprovalPage> {
    let account = who.account();
    let (row, reached) = app
        .db
        .read(move |conn| {
            let row = queries::get(conn, account, id)?;
            let reached = reached(conn, &row)?;
            Ok((row, reached))
        })
        .await?;
    let (now, zone) = (app.clock.now(), who.own_zone());
    let actor = &who.who.actor;
    Ok(ApprovalPage {
        shell: who.shell(app, format!("Approval: {}", row.title), Section::Approvals),
        id: row.id.to_string(),
        version: row.version,
        kind: row.kind.label(),
        state: list::tag(row.state),
        notices: notices(&row),
        problems: problems(errors),
        requester: Person::named(row.requested_by_name.clone()),
        asked: time::stamp(row.requested_at, now, zone),
        effects: row.effects(),
        remarks: row
            .remarks()
            .into_iter()
            .map(|(label, text)| Fact::new(label, text))
            .collect(),
        changes: row.changes().into_iter().map(Change::from).collect(),
        reached,
        why: row.why.clone(),
        closed: row.check(actor).err().map(|e| e.sentence()),
        then: match row.people_left() {
            ..=1 => "It is done at once, in the requester's name.".into(),
            n => format!("{n} other people must agree; it is done when the last of them has."),
        },
        can_withdraw: row.is_of(actor) && row.still_waits(actor).is_ok(),
        reason: Field::of(typed, "reason", errors),
        about: about(&row, |at| at.written_in(zone)),
        title: row.title,
    })
}

/// While the change of an account waits: the payments that it would reach now.
fn reached(conn: &mut AnyConnection, row: &ApprovalRow) -> AppResult<Reached> {
    let guards = row.guards().filter(|_| row.state == ApprovalState::Waiting);
    let changed = guards.into_iter().flatten().find_map(|guard| match guard {
        Guard::Account(id, _) => Some(id),
        _ => None,
    });
    Ok(match changed {
        Some(id) => Reached::of(id, &Reach::of(conn, row.business_account_id, id)?),
        None => Reached::default(),
    })
}

fn notices(row: &ApprovalRow) -> Vec<Notice> {
    let by = row.decided_by_name.clone().unwrap_or_default();
    let outcome = row.outcome.clone().unwrap_or_default();
    let (tone, icon, text) = match row.state {
        ApprovalState::Waiting => return Vec::new(),
        ApprovalState::Approved => (
            Tone::Green,
            "circle-check",
            match &row.reason {
                Some(words) => format!("Approved by {by}: “{words}” {outcome}"),
                None => format!("Approved by {by}. {outcome}"),
            },
        ),
        ApprovalState::Rejected => (
            Tone::Red,
            "circle-x",
            format!("Rejected by {by}: {}", row.reason.clone().unwrap_or_default()),
        ),
        ApprovalState::Withdrawn => (Tone::Grey, "undo-2", format!("Taken back by {by}.")),
        ApprovalState::Lapsed => (Tone::Grey, "minus-circle", format!("It has lapsed. {outcome}")),
    };
    vec![Notice {
        tone,
        icon,
        text,
        link: result(row),
    }]
}

/// What it made.
fn result(row: &ApprovalRow) -> Option<Link> {
    use super::model::ApprovalKind::{
        AccountChange, PolicyChange, Resolution, TransactionCreate, TransactionEdit, TransactionReversal,
    };
    let id = row.result_id?;
    if row.kind == PolicyChange {
        return Some(Link {
            href: "/settings/policies/approvals".into(),
            label: "Open the rules".into(),
        });
    }
    let (path, label) = match row.kind {
        TransactionCreate | TransactionEdit | TransactionReversal => ("transactions", "Open the transaction"),
        AccountChange => ("accounts", "Open the account"),
        Resolution | PolicyChange => ("exceptions", "Open the exception"),
    };
    Some(Link {
        href: format!("/{path}/{id}"),
        label: label.into(),
    })
}

fn about(row: &ApprovalRow, written: impl Fn(crate::kernel::clock::Ts) -> String) -> Vec<Fact> {
    let fact = |label: &str, value: String, href: Option<String>| Fact {
        href,
        ..Fact::new(label, value)
    };
    let mut facts = vec![fact("Asked", written(row.requested_at), None)];
    if row.people > 1 {
        let agreed: Vec<String> = row.consents().into_iter().map(|c| c.name).collect();
        facts.push(Fact {
            note: agreed.join(", "),
            ..fact("Agreed", format!("{} of {}", agreed.len(), row.people), None)
        });
    }
    let record = match row.entity_type {
        EntityType::Transaction => Some(("Transaction", "transactions")),
        EntityType::FinancialAccount => Some(("Account", "accounts")),
        EntityType::Exception => Some(("Exception", "exceptions")),
        _ => None,
    };
    if let Some((label, path)) = record {
        let href = format!("/{path}/{}", row.entity_id);
        facts.push(fact(label, "Open it".into(), Some(href)));
    }
    if let Some(at) = row.decided_at {
        facts.push(fact("Decided", written(at), None));
        facts.push(fact(
            "Decided by",
            row.decided_by_name.clone().unwrap_or_default(),
            None,
        ));
    }
    facts.push(fact("Id", row.id.to_string(), None).fixed(true));
    facts
}

/// What is said when one of several has agreed.
pub(super) fn more_must(row: &ApprovalRow) -> String {
    match row.people_left() {
        1 => "You have agreed. One more person must, then it is done.".into(),
        n => format!("You have agreed. {n} more people must, then it is done."),
    }
}

/// `POST /approvals/{id}/approve`
pub async fn approve(
    app: Data<App>,
    id: PathId<noun::Approval>,
    form: Submit<Supervise, VerdictForm>,
) -> AppResult<SeeOther> {
    let (actor, vault, id) = (form.who.actor(), app.vault.clone(), id.0);
    let seen = form.form.version.parse().ok();
    let outcome = app
        .db
        .write(actor.business_account, move |tx| {
            decide::approve(tx, &vault, &actor, id, seen)
        })
        .await;
    let page = SeeOther::to(format!("/approvals/{id}"));
    match outcome {
        Ok(row) if row.state == ApprovalState::Approved => Ok(page.done("Approved, and done.")),
        Ok(row) if row.state == ApprovalState::Waiting => Ok(page.done(more_must(&row))),
        Ok(row) => Ok(page.refused(format!(
            "It has lapsed, nothing was done. {}",
            row.outcome.unwrap_or_default()
        ))),
        Err(AppError::Refused(_, why)) => Ok(page.refused(why)),
        Err(error) => Err(error),
    }
}

/// `POST /approvals/{id}/reject`
pub async fn reject(
    app: Data<App>,
    id: PathId<noun::Approval>,
    form: Submit<Supervise, VerdictForm>,
) -> AppResult<Answer<ApprovalPage>> {
    let (actor, id, typed) = (form.who.actor(), id.0, form.form);
    let seen = typed.version.parse().ok();
    let outcome = match Reason::parse(&typed.reason) {
        Ok(reason) => {
            app.db
                .write(actor.business_account, move |tx| {
                    decide::reject(tx, &actor, id, &reason, seen)
                })
                .await
        }
        Err(sentence) => Err(AppError::field("reason", sentence)),
    };
    match outcome {
        Ok(_) => Ok(Answer::Next(
            SeeOther::to(format!("/approvals/{id}")).done("Rejected. Nothing was changed."),
        )),
        Err(error @ (AppError::Invalid(_) | AppError::Refused(..))) => {
            let errors = FieldErrors::one("reason", error.sentence());
            let page = page(&app, &form.who.as_reader(), id, &typed.reason, &errors).await?;
            Ok(Answer::Again(Page::with_status(page, error.code().status())))
        }
        Err(error) => Err(error),
    }
}

/// `POST /approvals/{id}/withdraw`
pub async fn withdraw(
    app: Data<App>,
    id: PathId<noun::Approval>,
    form: Submit<Read, VerdictForm>,
) -> AppResult<SeeOther> {
    let (actor, id) = (form.who.actor(), id.0);
    let outcome = app
        .db
        .write(actor.business_account, move |tx| {
            commands::withdraw(tx, &actor, id)
        })
        .await;
    let page = SeeOther::to(format!("/approvals/{id}"));
    match outcome {
        Ok(_) => Ok(page.done("Taken back. Nothing was changed.")),
        Err(AppError::Refused(_, why)) => Ok(page.refused(why)),
        Err(error) => Err(error),
    }
}
