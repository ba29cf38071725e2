//! One message to a subscription: what is sent, and every attempt.

use actix_web::web::Data;
use askama::Template;

use super::{
    list::{self, HERE, MESSAGES, columns},
    model::{AttemptRow, DeliveryRow, DeliveryState},
    queries, rows,
    show::{subject_href, subject_word, tag},
};
use crate::{
    app::App,
    auth::{permission::Administer, principal::May},
    kernel::{error::AppResult, id::noun},
    web::{
        form::PathId,
        page::Page,
        settings,
        shell::{Section, Shell},
        time::stamp,
        ui::{Column, Stamp, Tab, Tag},
    },
};

#[derive(Template)]
#[template(path = "webhooks/delivery.html")]
pub struct DeliveryPage {
    shell: Shell,
    pages: Vec<Tab>,
    back: String,
    back_label: String,
    action: String,
    kind: &'static str,
    message_id: String,
    subject: &'static str,
    subject_href: String,
    state: Tag,
    made: Stamp,
    next: Option<Stamp>,
    is_delivered: bool,
    columns: Vec<Column>,
    attempts: Vec<AttemptLine>,
    /// The envelope with line ends, as people read it.
    body: String,
}

struct AttemptLine {
    at: Stamp,
    outcome: String,
}

/// `GET /settings/webhook-messages/{id}`
pub async fn show(
    app: Data<App>,
    who: May<Administer>,
    id: PathId<noun::WebhookDelivery>,
) -> AppResult<Page<DeliveryPage>> {
    let (account, id) = (who.account(), id.0);
    let (subscription, row, attempts) = app
        .db
        .read(move |conn| {
            let row = rows::find_own(conn, account, id)?;
            let subscription = queries::get(conn, account, row.subscription_id)?;
            let attempts = rows::attempts(conn, account, &[row.id])?;
            Ok((subscription, row, attempts))
        })
        .await?;
    let mut page = view(&app, &who, &row, &attempts);
    page.back_label = list::title(&subscription);
    Ok(Page::ok(page))
}

fn view(app: &App, who: &May<Administer>, row: &DeliveryRow, attempts: &[AttemptRow]) -> DeliveryPage {
    let now = app.clock.now();
    let at = |at| stamp(at, now, who.own_zone());
    let back = format!("{HERE}/{}", row.subscription_id);
    let pretty = serde_json::from_str::<serde_json::Value>(&row.body)
        .and_then(|value| serde_json::to_string_pretty(&value));
    DeliveryPage {
        shell: who.shell(app, format!("Message {}", row.message_id), Section::People),
        pages: settings::pages(&who.who, HERE),
        action: format!("{MESSAGES}/{}/resend", row.id),
        back,
        back_label: String::new(),
        kind: row.kind.as_str(),
        message_id: row.message_id.to_string(),
        subject: subject_word(row),
        subject_href: subject_href(row),
        state: tag(row),
        made: at(row.created_at),
        next: (row.state == DeliveryState::Waiting).then(|| at(row.next_at)),
        is_delivered: row.state == DeliveryState::Delivered,
        columns: columns(&["When", "Outcome"]),
        attempts: attempts
            .iter()
            .map(|a| AttemptLine {
                at: at(a.at),
                outcome: a.outcome.clone(),
            })
            .collect(),
        body: pretty.unwrap_or_else(|_| row.body.clone()),
    }
}
