//! The list of saved queues: their order, and where each role begins.

use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;

use super::{commands, model::SavedQueue, queries};
use crate::{
    app::App,
    auth::{
        permission::{Read, Right, Role, Supervise},
        principal::May,
    },
    kernel::{
        count::ordinal,
        error::{AppError, AppResult},
        id::{SavedQueueId, noun},
    },
    web::{
        form::{PathId, Submit},
        page::{Page, SeeOther},
        shell::{Section, Shell},
        ui::{Choice, Empty, Link},
    },
};

#[derive(Template)]
#[template(path = "queues/list.html")]
pub struct QueuesPage {
    shell: Shell,
    queues: Vec<QueueView>,
    empty: Option<Empty>,
    roles: Vec<RoleView>,
}

struct QueueView {
    id: String,
    name: String,
    href: String,
    whose: &'static str,
    can_edit: bool,
    /// There is one of its kind before it, or after it: at the ends there is nowhere to go.
    can_rise: bool,
    can_sink: bool,
}

struct RoleView {
    role: &'static str,
    label: &'static str,
    choices: Vec<Choice>,
}

/// `GET /queues`
pub async fn list(app: Data<App>, who: May<Read>) -> AppResult<Page<QueuesPage>> {
    let (account, me) = (who.account(), who.who.member);
    let (queues, defaults) = app
        .db
        .read(move |conn| Ok((queries::list(conn, account)?, queries::defaults(conn, account)?)))
        .await?;
    let seen: Vec<SavedQueue> = queues.into_iter().filter(|q| q.is_seen_by(me)).collect();
    Ok(Page::ok(QueuesPage {
        shell: who.shell(&app, "Saved queues", Section::Queue),
        empty: seen.is_empty().then(empty),
        roles: if who.who.actor.may(Right::Supervise) {
            roles(&seen, &defaults)
        } else {
            Vec::new()
        },
        queues: seen
            .iter()
            .enumerate()
            .map(|(at, queue)| {
                // Those for everybody stand first, then one's own: each kind has an order of its own.
                let is_alike =
                    |other: Option<&SavedQueue>| other.is_some_and(|q| q.is_shared == queue.is_shared);
                QueueView {
                    id: queue.id.to_string(),
                    name: queue.name.clone(),
                    href: queue.address(),
                    whose: if queue.is_shared { "Everybody" } else { "You" },
                    can_edit: queue.check(&who.who.actor).is_ok(),
                    can_rise: is_alike(at.checked_sub(1).and_then(|before| seen.get(before))),
                    can_sink: is_alike(seen.get(at + 1)),
                }
            })
            .collect(),
    }))
}

fn empty() -> Empty {
    Empty {
        icon: "inbox",
        title: "No queue is saved yet".into(),
        text: "Filter the queue as you need it every day, and choose “Save as queue”.".into(),
        action: Some(Link {
            href: "/exceptions?tab=open".into(),
            label: "Open exceptions".into(),
        }),
    }
}

fn roles(seen: &[SavedQueue], defaults: &[(Role, SavedQueueId)]) -> Vec<RoleView> {
    Role::ALL
        .iter()
        .map(|role| {
            let chosen = defaults.iter().find(|(r, _)| r == role).map(|(_, id)| *id);
            let open = Choice {
                value: String::new(),
                label: "Open exceptions".into(),
                selected: chosen.is_none(),
            };
            let shared = seen.iter().filter(|q| q.is_shared).map(|q| Choice {
                value: q.id.to_string(),
                label: q.name.clone(),
                selected: chosen == Some(q.id),
            });
            RoleView {
                role: role.as_str(),
                label: role.label(),
                choices: std::iter::once(open).chain(shared).collect(),
            }
        })
        .collect()
}

#[derive(Deserialize)]
pub struct MoveForm {
    #[serde(default)]
    to: String,
}

/// `POST /queues/{id}/move`
pub async fn shift(
    app: Data<App>,
    id: PathId<noun::SavedQueue>,
    form: Submit<Read, MoveForm>,
) -> AppResult<SeeOther> {
    let (actor, id, up) = (form.who.actor(), id.0, form.form.to == "up");
    let place = app
        .db
        .write(actor.business_account, move |tx| {
            commands::shift(tx, &actor, id, up)
        })
        .await?;
    let next = SeeOther::to("/queues");
    let told = format!("{} of {}.", ordinal(place.at), place.of);
    Ok(if place.has_moved {
        next.done(format!("“{}” is now {told}", place.name))
    } else {
        next.notice(format!("“{}” stays {told}", place.name))
    })
}

/// A form that asks nothing.
#[derive(Deserialize)]
pub struct Nothing {}

/// `POST /queues/{id}/delete`
pub async fn remove(
    app: Data<App>,
    id: PathId<noun::SavedQueue>,
    form: Submit<Read, Nothing>,
) -> AppResult<SeeOther> {
    let (actor, id) = (form.who.actor(), id.0);
    let queue = app
        .db
        .write(actor.business_account, move |tx| commands::remove(tx, &actor, id))
        .await?;
    Ok(SeeOther::to("/queues").done(format!(
        "“{}” is removed; its exceptions are untouched.",
        queue.name
    )))
}

/// `POST /queues/defaults`: a field for each role.
pub async fn defaults(app: Data<App>, form: Submit<Supervise, Vec<(String, String)>>) -> AppResult<SeeOther> {
    let (actor, fields) = (form.who.actor(), form.form);
    let wanted: Vec<(Role, Option<SavedQueueId>)> = fields
        .iter()
        .filter_map(|(name, value)| Some((Role::parse(name)?, value.parse().ok())))
        .collect();
    let outcome = app
        .db
        .write(actor.business_account, move |tx| {
            wanted
                .iter()
                .try_for_each(|(role, queue)| commands::set_default(tx, &actor, *role, *queue))
        })
        .await;
    match outcome {
        Ok(()) => Ok(SeeOther::to("/queues").done("Each role begins where you said.")),
        Err(AppError::Invalid(errors)) => {
            Ok(SeeOther::to("/queues").refused(AppError::Invalid(errors).sentence()))
        }
        Err(error) => Err(error),
    }
}
