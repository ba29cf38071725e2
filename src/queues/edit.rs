//! The form of a saved queue.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{
    commands,
    model::{SavedQueue, canonical},
    queries,
};
use crate::{
    app::App,
    auth::{
        permission::{Read, Right},
        principal::May,
    },
    idempotency::{self, Claim, Outcome},
    kernel::{
        error::{AppError, AppResult, FieldErrors},
        id::noun,
        text::Title,
    },
    web::{
        form::{PathId, Submit},
        kept::Kept,
        page::{Answer, Page, SeeOther},
        shell::{Field, Problem, Section, Shell, problems},
    },
};

#[derive(Template)]
#[template(path = "queues/edit.html")]
pub struct QueueForm {
    shell: Shell,
    title: &'static str,
    action: String,
    /// The list behind it.
    address: String,
    query: String,
    version: String,
    problems: Vec<Problem>,
    title_field: Field,
    is_shared: bool,
    can_share: bool,
    can_delete: bool,
}

/// The form as it is typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    name: String,
    shared: String,
    query: String,
    version: String,
    /// Of the page: what is sent twice is saved once.
    idempotency_key: String,
}

/// `GET /queues/new?…`: the filter stands in the address as it does in the queue's.
pub async fn new(app: Data<App>, who: May<Read>, kept: Kept) -> AppResult<Page<QueueForm>> {
    let typed = kept.form::<Typed>().unwrap_or_else(|| Typed {
        query: canonical(who.request().query_string()),
        ..Typed::default()
    });
    Ok(Page::ok(page(&app, &who, None, &typed, &FieldErrors::default())))
}

fn page(
    app: &App,
    who: &May<Read>,
    queue: Option<&SavedQueue>,
    typed: &Typed,
    errors: &FieldErrors,
) -> QueueForm {
    let title = if queue.is_some() {
        "Change the queue"
    } else {
        "Save as queue"
    };
    let query = queue.map_or_else(|| canonical(&typed.query), |q| q.query.clone());
    QueueForm {
        shell: who.shell(app, title, Section::Queue),
        title,
        action: queue.map_or_else(|| "/queues/new".into(), |q| format!("/queues/{}", q.id)),
        address: format!("/exceptions?{query}"),
        query,
        version: queue.map(|q| q.version.to_string()).unwrap_or_default(),
        problems: problems(errors),
        title_field: Field::of(&typed.name, "name", errors),
        is_shared: !typed.shared.is_empty(),
        can_share: who.who.actor.may(Right::Supervise),
        can_delete: queue.is_some(),
    }
}

/// `POST /queues/new`
pub async fn create(app: Data<App>, form: Submit<Read, Typed>) -> AppResult<Answer<QueueForm>> {
    let outcome = save(&app, &form.who, &form.form).await;
    answer(&app, &form.who, None, &form.form, outcome)
}

/// Saves what was typed: once, also when it is sent twice.
async fn save(app: &App, who: &May<Read>, typed: &Typed) -> AppResult<Saved> {
    let name = Title::parse(&typed.name).map_err(|sentence| AppError::field("name", sentence))?;
    let (query, is_shared) = (typed.query.clone(), !typed.shared.is_empty());
    let (actor, path) = (who.actor(), who.request().path());
    let content = (&typed.name, &query, is_shared);
    let claim = Claim::of_page(&actor, path, &typed.idempotency_key, &content)?;
    let done = app
        .db
        .write(actor.business_account, move |tx| {
            idempotency::once(tx, claim.as_ref(), |tx| {
                let queue = commands::save(tx, &actor, &name, &query, is_shared)?;
                Ok(Outcome::new(303, Some(queue.address()), queue.name))
            })
        })
        .await?;
    Ok(Saved {
        address: done.location.unwrap_or_else(|| "/queues".into()),
        name: done.body,
    })
}

/// `GET /queues/{id}`
pub async fn show(
    app: Data<App>,
    who: May<Read>,
    id: PathId<noun::SavedQueue>,
    kept: Kept,
) -> AppResult<Page<QueueForm>> {
    let (account, me, id) = (who.account(), who.who.member, id.0);
    let queue = app
        .db
        .read(move |conn| queries::get(conn, account, me, id))
        .await?;
    queue.check(&who.who.actor)?;
    let typed = kept.form::<Typed>().unwrap_or_else(|| Typed {
        name: queue.name.clone(),
        shared: if queue.is_shared {
            "1".into()
        } else {
            String::new()
        },
        ..Typed::default()
    });
    Ok(Page::ok(page(
        &app,
        &who,
        Some(&queue),
        &typed,
        &FieldErrors::default(),
    )))
}

/// `POST /queues/{id}`
pub async fn update(
    app: Data<App>,
    id: PathId<noun::SavedQueue>,
    form: Submit<Read, Typed>,
) -> AppResult<Answer<QueueForm>> {
    let (actor, typed, id) = (form.who.actor(), form.form.clone(), id.0);
    let (account, me) = (actor.business_account, form.who.who.member);
    let queue = app
        .db
        .read(move |conn| queries::get(conn, account, me, id))
        .await?;
    let outcome = match Title::parse(&typed.name) {
        Ok(name) => {
            let (seen, is_shared) = (typed.version.parse().ok(), !typed.shared.is_empty());
            app.db
                .write(account, move |tx| {
                    commands::change(tx, &actor, id, &name, is_shared, seen)
                })
                .await
                .map(Saved::from)
        }
        Err(sentence) => Err(AppError::field("name", sentence)),
    };
    answer(&app, &form.who, Some(&queue), &typed, outcome)
}

/// The queue as it was saved: where its list is.
struct Saved {
    address: String,
    name: String,
}

impl From<SavedQueue> for Saved {
    fn from(queue: SavedQueue) -> Self {
        Self {
            address: queue.address(),
            name: queue.name,
        }
    }
}

fn answer(
    app: &App,
    who: &May<Read>,
    queue: Option<&SavedQueue>,
    typed: &Typed,
    outcome: AppResult<Saved>,
) -> AppResult<Answer<QueueForm>> {
    match outcome {
        Ok(saved) => Ok(Answer::Next(
            SeeOther::to(saved.address).done(format!("“{}” is saved.", saved.name)),
        )),
        Err(AppError::Invalid(errors)) => {
            let page = page(app, who, queue, typed, &errors);
            Ok(Answer::Again(Page::with_status(page, 422)))
        }
        Err(AppError::Refused(code, why)) => {
            let page = page(app, who, queue, typed, &FieldErrors::one("", why));
            Ok(Answer::Again(Page::with_status(page, code.status())))
        }
        Err(error) => Err(error),
    }
}
