//! Subscriptions through the API. Ours.

use actix_web::{
    HttpResponse,
    http::header,
    web::{self, Data},
};
use serde::Serialize;

use super::{
    api_deliveries, commands, form,
    model::{SubscriptionRow, SubscriptionState, Topic},
    queries, rows,
};
use crate::{
    api::{
        Call, Client, PlainCall,
        answer::{self, Done, Shown},
        body::Fields,
    },
    app::App,
    auth::permission::Administer,
    db::AnyConnection,
    idempotency::Outcome,
    kernel::{
        error::AppResult,
        id::{BusinessAccountId, WebhookSubscriptionId, noun},
    },
    web::{form::PathId, route::at},
};

type Path = PathId<noun::WebhookSubscription>;

/// Under `/api`.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(at("/api/v1/webhook-subscriptions").get(list).post(create))
        .service(
            at("/api/v1/webhook-subscriptions/{id}")
                .get(show)
                .patch(update)
                .delete(delete),
        )
        .service(at("/api/v1/webhook-subscriptions/{id}/suspend").post(suspend))
        .service(at("/api/v1/webhook-subscriptions/{id}/resume").post(resume))
        .service(at("/api/v1/webhook-subscriptions/{id}/secret").post(renew_secret))
        .service(at("/api/v1/webhook-subscriptions/{id}/deliveries").get(api_deliveries::list))
        .service(at("/api/v1/webhook-subscriptions/{outer}/deliveries/{id}").get(api_deliveries::show))
        .service(
            at("/api/v1/webhook-subscriptions/{outer}/deliveries/{id}/resend").post(api_deliveries::resend),
        );
}

/// A subscription, without its secret.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionView {
    id: WebhookSubscriptionId,
    business_account_id: BusinessAccountId,
    url: String,
    description: String,
    event_types: Vec<Topic>,
    state: SubscriptionState,
    /// Why it is suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    suspended_because: Option<String>,
    /// Messages that were not accepted yet; 1001 stands for more than 1000.
    waiting: i64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    version: i64,
}

/// Every subscription: there are at most 20.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Subscriptions {
    items: Vec<SubscriptionView>,
}

/// A secret, told once.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NewSecret {
    /// `whsec_` and 32 bytes in base64.
    secret: String,
}

fn view(conn: &mut AnyConnection, row: SubscriptionRow) -> AppResult<SubscriptionView> {
    Ok(SubscriptionView {
        waiting: rows::count_waiting(conn, row.business_account_id, row.id)?,
        event_types: row.topics(),
        id: row.id,
        business_account_id: row.business_account_id,
        url: row.url,
        description: row.description,
        state: row.state,
        suspended_because: Some(row.suspended_because).filter(|why| !why.is_empty()),
        created_at: row.created_at.rfc3339(),
        updated_at: row.updated_at.rfc3339(),
        version: row.version,
    })
}

fn body(
    conn: &mut AnyConnection,
    account: BusinessAccountId,
    id: WebhookSubscriptionId,
) -> AppResult<String> {
    let row = queries::get(conn, account, id)?;
    answer::json(&view(conn, row)?)
}

/// `GET /api/v1/webhook-subscriptions`
#[utoipa::path(
    get,
    path = "/api/v1/webhook-subscriptions",
    operation_id = "listWebhookSubscriptions",
    tag = "Webhooks",
    summary = "List webhook subscriptions",
    description = "All of them, the oldest first; there are at most 20.",
    security(("token" = ["administer"])),
    responses((status = 200, description = "The subscriptions", body = Subscriptions))
)]
pub async fn list(app: Data<App>, client: Client<Administer>) -> AppResult<Shown> {
    let account = client.account();
    app.db
        .read(move |conn| {
            let found = queries::list(conn, account)?;
            let items: AppResult<_> = found.into_iter().map(|row| view(conn, row)).collect();
            answer::json(&Subscriptions { items: items? }).map(Shown)
        })
        .await
}

/// `GET /api/v1/webhook-subscriptions/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/webhook-subscriptions/{id}",
    operation_id = "getWebhookSubscription",
    tag = "Webhooks",
    summary = "Get a webhook subscription",
    description = "Without its secret.",
    security(("token" = ["administer"])),
    responses((status = 200, description = "The subscription", body = SubscriptionView))
)]
pub async fn show(app: Data<App>, client: Client<Administer>, id: Path) -> AppResult<Shown> {
    let (account, id) = (client.account(), id.0);
    app.db.read(move |conn| body(conn, account, id).map(Shown)).await
}

/// What of a subscription was sent; what was not is as `before`.
fn read(
    sent: &mut Fields,
    before: Option<&SubscriptionRow>,
    private: bool,
) -> AppResult<super::model::Wanted> {
    let kept =
        |text: Option<String>, before: Option<&String>| text.or_else(|| before.cloned()).unwrap_or_default();
    let url = kept(sent.text("url"), before.map(|b| &b.url));
    let description = kept(sent.text("description"), before.map(|b| &b.description));
    let topics = match sent.texts("eventTypes") {
        None => Ok(before.map(SubscriptionRow::topics).unwrap_or_default()),
        Some(words) => {
            let known: Vec<&str> = Topic::ALL.iter().map(|t| t.as_str()).collect();
            let wrong = || format!("eventTypes is of {}.", known.join(", "));
            words
                .iter()
                .map(|word| Topic::parse(word).ok_or_else(wrong))
                .collect()
        }
    };
    Ok(form::read(&url, &description, topics, private)?)
}

/// `POST /api/v1/webhook-subscriptions`
#[utoipa::path(
    post,
    path = "/api/v1/webhook-subscriptions",
    operation_id = "createWebhookSubscription",
    tag = "Webhooks",
    summary = "Add a webhook subscription",
    description = "It is told of what happens from now on. Then ask for its secret. Messages are signed by Standard \
                   Webhooks: Webhook-Id, Webhook-Timestamp, Webhook-Signature.",
    security(("token" = ["administer"])),
    request_body = crate::openapi::bodies::SubscriptionRequest,
    responses((status = 201, description = "The subscription", body = SubscriptionView))
)]
pub async fn create(app: Data<App>, mut call: Call<Administer>) -> AppResult<Done> {
    let mut sent = call.take_fields();
    let wanted = read(&mut sent, None, app.outbound.may_call_private());
    let (wanted, vault) = (sent.misread().beside(wanted)?, app.vault.clone());
    call.make(&app, move |tx, actor| {
        let (row, _) = commands::add(tx, &vault, actor, &wanted)?;
        let place = format!("/api/v1/webhook-subscriptions/{}", row.id);
        Ok(Outcome::new(
            201,
            Some(place),
            answer::json(&view(tx.conn, row)?)?,
        ))
    })
    .await
}

/// `PATCH /api/v1/webhook-subscriptions/{id}`
#[utoipa::path(
    patch,
    path = "/api/v1/webhook-subscriptions/{id}",
    operation_id = "updateWebhookSubscription",
    tag = "Webhooks",
    summary = "Change a webhook subscription",
    description = "What is not sent stays as it is.",
    security(("token" = ["administer"])),
    request_body = crate::openapi::bodies::EditSubscriptionRequest,
    responses((status = 200, description = "The subscription as it is now", body = SubscriptionView))
)]
pub async fn update(app: Data<App>, mut call: Call<Administer>, id: Path) -> AppResult<Done> {
    let (account, id) = (call.client.account(), id.0);
    let before = app.db.read(move |conn| queries::get(conn, account, id)).await?;
    let mut sent = call.take_fields();
    sent.need_any(
        &["url", "eventTypes", "description"],
        "Say what to change: url, eventTypes or description. Calls of their own suspend it and resume it.",
    )?;
    let wanted = read(&mut sent, Some(&before), app.outbound.may_call_private());
    let wanted = sent.misread().beside(wanted)?;
    call.run(
        &app,
        move |tx, actor| body(tx.conn, actor.business_account, id),
        move |tx, actor| {
            let row = commands::edit(tx, actor, id, Some(before.version), &wanted)?;
            Ok(Outcome::new(200, None, answer::json(&view(tx.conn, row)?)?))
        },
    )
    .await
}

/// `POST /api/v1/webhook-subscriptions/{id}/suspend`
#[utoipa::path(
    post,
    path = "/api/v1/webhook-subscriptions/{id}/suspend",
    operation_id = "suspendWebhookSubscription",
    tag = "Webhooks",
    summary = "Suspend a webhook subscription",
    description = "What happens meanwhile waits.",
    security(("token" = ["administer"])),
    responses((status = 200, description = "The subscription as it is now", body = SubscriptionView))
)]
pub async fn suspend(app: Data<App>, call: PlainCall<Administer>, id: Path) -> AppResult<Done> {
    set_state(&app, call, id.0, SubscriptionState::Suspended).await
}

/// `POST /api/v1/webhook-subscriptions/{id}/resume`
#[utoipa::path(
    post,
    path = "/api/v1/webhook-subscriptions/{id}/resume",
    operation_id = "resumeWebhookSubscription",
    tag = "Webhooks",
    summary = "Resume a webhook subscription",
    description = "What waited is sent, in order.",
    security(("token" = ["administer"])),
    responses((status = 200, description = "The subscription as it is now", body = SubscriptionView))
)]
pub async fn resume(app: Data<App>, call: PlainCall<Administer>, id: Path) -> AppResult<Done> {
    let done = set_state(&app, call, id.0, SubscriptionState::Active).await;
    app.jobs.wake();
    done
}

async fn set_state(
    app: &App,
    PlainCall(mut call): PlainCall<Administer>,
    id: WebhookSubscriptionId,
    state: SubscriptionState,
) -> AppResult<Done> {
    call.take_fields().finish()?;
    call.run(
        app,
        move |tx, actor| body(tx.conn, actor.business_account, id),
        move |tx, actor| {
            let row = commands::set_state(tx, actor, id, None, state)?;
            Ok(Outcome::new(200, None, answer::json(&view(tx.conn, row)?)?))
        },
    )
    .await
}

/// `POST /api/v1/webhook-subscriptions/{id}/secret`. Not safe to repeat by idempotency key: outcomes are kept in clear,
/// and a secret is not.
#[utoipa::path(
    post,
    path = "/api/v1/webhook-subscriptions/{id}/secret",
    operation_id = "renewWebhookSecret",
    tag = "Webhooks",
    summary = "Make a new secret for a webhook subscription",
    description = "It is told once. The former one signs beside it for 24 hours. This call is not safe to repeat by an \
                   idempotency key: each makes another secret.",
    security(("token" = ["administer"])),
    responses((status = 200, description = "The secret", body = NewSecret))
)]
pub async fn renew_secret(app: Data<App>, client: Client<Administer>, id: Path) -> AppResult<HttpResponse> {
    let (actor, id, vault) = (client.actor(), id.0, app.vault.clone());
    let (_, secret) = app
        .db
        .write(client.account(), move |tx| {
            commands::renew_secret(tx, &vault, &actor, id, None)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, answer::JSON))
        .body(answer::json(&NewSecret { secret })?))
}

/// `DELETE /api/v1/webhook-subscriptions/{id}`
#[utoipa::path(
    delete,
    path = "/api/v1/webhook-subscriptions/{id}",
    operation_id = "deleteWebhookSubscription",
    tag = "Webhooks",
    summary = "Delete a webhook subscription",
    description = "With every message to it.",
    security(("token" = ["administer"])),
    responses((status = 204, description = "It is gone"))
)]
pub async fn delete(app: Data<App>, PlainCall(mut call): PlainCall<Administer>, id: Path) -> AppResult<Done> {
    let id = id.0;
    call.take_fields().finish()?;
    call.run(
        &app,
        move |tx, actor| body(tx.conn, actor.business_account, id),
        move |tx, actor| {
            commands::delete(tx, actor, id, None)?;
            Ok(Outcome::new(204, None, String::new()))
        },
    )
    .await
}
