//! Messages to a subscription through the API: where they are, every attempt, and sending one again.

use std::collections::HashMap;

use actix_web::web::Data;
use serde::Serialize;

use super::{
    commands,
    model::{AttemptRow, DeliveryRow, DeliveryState, Topic},
    queries, rows,
};
use crate::{
    api::{
        Client, PlainCall,
        answer::{self, Done, Listed, Shown},
        cursor::{CursorAsked, CursorPageOf},
        page::Sortable,
        params::Params,
    },
    app::App,
    auth::permission::Administer,
    db::AnyConnection,
    history::model::Anything,
    idempotency::Outcome,
    kernel::{
        error::{AppError, AppResult},
        id::{BusinessAccountId, Id, WebhookDeliveryId, WebhookMessageId, WebhookSubscriptionId, noun},
    },
    web::form::{OuterId, PathId},
};

const FIELDS: &[Sortable] = &[("created_at", "webhook_deliveries.created_at"), ("id", "")];

/// A message to a subscription.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryView {
    id: WebhookDeliveryId,
    subscription_id: WebhookSubscriptionId,
    /// Webhook-Id: the same at each attempt.
    message_id: WebhookMessageId,
    r#type: Topic,
    /// The exception or transaction that it is about.
    #[schema(value_type = uuid::Uuid)]
    subject_id: Id<Anything>,
    state: DeliveryState,
    /// The latest first.
    attempts: Vec<AttemptView>,
    /// When it is tried next.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    next_attempt_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    delivered_at: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    /// What is sent.
    body: String,
}

/// One attempt.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct AttemptView {
    #[schema(format = DateTime)]
    at: String,
    /// The status of the answer, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<i64>,
    outcome: String,
}

impl From<AttemptRow> for AttemptView {
    fn from(row: AttemptRow) -> Self {
        Self {
            at: row.at.rfc3339(),
            status: row.status,
            outcome: row.outcome,
        }
    }
}

fn views(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    found: Vec<DeliveryRow>,
) -> AppResult<Vec<DeliveryView>> {
    let ids: Vec<WebhookDeliveryId> = found.iter().map(|row| row.id).collect();
    let mut attempts: HashMap<WebhookDeliveryId, Vec<AttemptView>> = HashMap::new();
    for attempt in rows::attempts(conn, account, &ids)? {
        attempts
            .entry(attempt.delivery_id)
            .or_default()
            .push(attempt.into());
    }
    let view = |row: DeliveryRow| DeliveryView {
        attempts: attempts.remove(&row.id).unwrap_or_default(),
        next_attempt_at: (row.state == DeliveryState::Waiting).then(|| row.next_at.rfc3339()),
        delivered_at: row
            .delivered_at
            .filter(|_| row.state == DeliveryState::Delivered)
            .map(crate::kernel::clock::Ts::rfc3339),
        id: row.id,
        subscription_id: row.subscription_id,
        message_id: row.message_id,
        r#type: row.kind,
        subject_id: row.subject_id,
        state: row.state,
        created_at: row.created_at.rfc3339(),
        body: row.body,
    };
    Ok(found.into_iter().map(view).collect())
}

fn body(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    (outer, id): (WebhookSubscriptionId, WebhookDeliveryId),
) -> AppResult<String> {
    queries::get(conn, account, outer)?;
    let row = rows::get(conn, account, outer, id)?;
    let view = views(conn, account, vec![row])?.pop().ok_or(AppError::NotFound)?;
    answer::json(&view)
}

/// `GET /api/v1/webhook-subscriptions/{id}/deliveries`
#[utoipa::path(
    get,
    path = "/api/v1/webhook-subscriptions/{id}/deliveries",
    operation_id = "listWebhookDeliveries",
    tag = "Webhooks",
    summary = "List the messages to a webhook subscription",
    description = "The newest first when nothing is said. What was delivered is kept for 30 days.",
    security(("token" = ["administer"])),
    params(crate::openapi::queries::Cursors, crate::openapi::queries::DeliveryFilters),
    responses((status = 200, description = "A page", body = CursorPageOf<DeliveryView>))
)]
pub async fn list(
    app: Data<App>,
    client: Client<Administer>,
    id: PathId<noun::WebhookSubscription>,
    mut params: Params,
) -> AppResult<Listed> {
    let (account, id) = (client.account(), id.0);
    let state = params.word("state", "WAITING, DELIVERED", DeliveryState::parse);
    let asked = CursorAsked::read(&mut params, FIELDS, "created_at");
    params.finish()?;
    app.db
        .read(move |conn| {
            queries::get(conn, account, id)?;
            let (slice, ends) = rows::page(conn, account, id, state, (&asked.order, &asked.window))?;
            let views = views(conn, account, slice.rows.clone())?;
            asked.answer(&params, slice.with(views), ends)
        })
        .await
}

/// `GET /api/v1/webhook-subscriptions/{outer}/deliveries/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/webhook-subscriptions/{outer}/deliveries/{id}",
    operation_id = "getWebhookDelivery",
    tag = "Webhooks",
    summary = "Get a message to a webhook subscription",
    description = "With every attempt.",
    security(("token" = ["administer"])),
    responses((status = 200, description = "The message", body = DeliveryView))
)]
pub async fn show(
    app: Data<App>,
    client: Client<Administer>,
    outer: OuterId<noun::WebhookSubscription>,
    id: PathId<noun::WebhookDelivery>,
) -> AppResult<Shown> {
    let (account, ids) = (client.account(), (outer.0, id.0));
    app.db.read(move |conn| body(conn, account, ids).map(Shown)).await
}

/// `POST /api/v1/webhook-subscriptions/{outer}/deliveries/{id}/resend`
#[utoipa::path(
    post,
    path = "/api/v1/webhook-subscriptions/{outer}/deliveries/{id}/resend",
    operation_id = "resendWebhookDelivery",
    tag = "Webhooks",
    summary = "Send a message again",
    description = "With the id and the body that it has.",
    security(("token" = ["administer"])),
    responses((status = 200, description = "The message, which waits", body = DeliveryView))
)]
pub async fn resend(
    app: Data<App>,
    PlainCall(mut call): PlainCall<Administer>,
    outer: OuterId<noun::WebhookSubscription>,
    id: PathId<noun::WebhookDelivery>,
) -> AppResult<Done> {
    let ids = (outer.0, id.0);
    call.take_fields().finish()?;
    let done = call
        .run(
            &app,
            move |tx, actor| body(tx.conn, actor.business_account, ids),
            move |tx, actor| {
                commands::resend(tx, actor, ids.0, ids.1)?;
                Ok(Outcome::new(
                    200,
                    None,
                    body(tx.conn, actor.business_account, ids)?,
                ))
            },
        )
        .await;
    app.jobs.wake();
    done
}
