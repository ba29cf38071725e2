//! The buttons on a subscription's pages.

use actix_web::web::Data;
use serde::Deserialize;

use super::{
    commands,
    list::{HERE, MESSAGES},
    model::{SubscriptionRow, SubscriptionState},
    rows,
    show::{self, ShowPage},
};
use crate::{
    app::App,
    auth::{permission::Administer, principal::May},
    idempotency::{self, Made},
    kernel::{
        error::{AppError, AppResult},
        id::{WebhookSubscriptionId, noun},
    },
    web::{
        form::{PathId, Submit},
        page::{Answer, Page, SeeOther},
    },
};

type Id = PathId<noun::WebhookSubscription>;

/// A button for the subscription as it was seen.
#[derive(Deserialize)]
pub struct SeenForm {
    version: i64,
    /// Of the page: what is sent twice is done once.
    #[serde(default)]
    idempotency_key: String,
}

/// The state that it shall have.
#[derive(Deserialize)]
pub struct StateForm {
    #[serde(default)]
    state: String,
    version: i64,
}

/// A button of which nothing can be out of date.
#[derive(Deserialize)]
pub struct EmptyForm {}

/// `POST /settings/webhooks/{id}/state`: suspends or resumes.
pub async fn set_state(
    app: Data<App>,
    id: Id,
    form: Submit<Administer, StateForm>,
) -> AppResult<Answer<ShowPage>> {
    let Submit { who, form } = form;
    let id = id.0;
    let wrong = || AppError::field("state", "Choose ACTIVE or SUSPENDED.");
    let state = SubscriptionState::parse(&form.state).ok_or_else(wrong)?;
    let word = match state {
        SubscriptionState::Active => "It is active again. What waited is sent now, in order.",
        SubscriptionState::Suspended => "It is suspended. What happens waits here.",
    };
    let done = who.run(&app, move |tx, actor| {
        commands::set_state(tx, actor, id, Some(form.version), state)
    });
    let done = done.await;
    app.jobs.wake();
    answer(&app, &who, id, done, (format!("{HERE}/{id}"), word)).await
}

/// `POST /settings/webhooks/{id}/secret`: the page with the new secret.
pub async fn renew_secret(
    app: Data<App>,
    id: Id,
    form: Submit<Administer, SeenForm>,
) -> AppResult<Answer<ShowPage>> {
    let Submit { who, form } = form;
    match renewed(&app, &who, id.0, &form).await {
        Ok(made) => {
            let view = show::view(&app, &who, made.id, made.told(), made.secret).await?;
            Ok(Answer::Again(Page::ok(view)))
        }
        Err(error) => answer(&app, &who, id.0, Err(error), (String::new(), "")).await,
    }
}

/// Makes a new secret: once, also when the form is sent twice, and then the same.
async fn renewed(
    app: &App,
    who: &May<Administer>,
    id: WebhookSubscriptionId,
    form: &SeenForm,
) -> AppResult<Made<noun::WebhookSubscription>> {
    let (key, version, vault) = (&form.idempotency_key, form.version, app.vault.clone());
    idempotency::secret_once(
        app,
        who,
        key,
        &version,
        commands::newest_secret,
        move |tx, actor| {
            let (row, secret) = commands::renew_secret(tx, &vault, actor, id, Some(version))?;
            Ok((row.id, secret))
        },
    )
    .await
}

/// `POST /settings/webhooks/{id}/delete`
pub async fn delete(
    app: Data<App>,
    id: Id,
    form: Submit<Administer, SeenForm>,
) -> AppResult<Answer<ShowPage>> {
    let Submit { who, form } = form;
    let id = id.0;
    let done = who.run(&app, move |tx, actor| {
        commands::delete(tx, actor, id, Some(form.version))
    });
    let done = done.await;
    let word = "The subscription is deleted.";
    answer(&app, &who, id, done, (HERE.to_owned(), word)).await
}

/// `POST /settings/webhook-messages/{id}/resend`
pub async fn resend(
    app: Data<App>,
    id: PathId<noun::WebhookDelivery>,
    form: Submit<Administer, EmptyForm>,
) -> AppResult<SeeOther> {
    let id = id.0;
    form.who
        .run(&app, move |tx, actor| {
            let row = rows::find_own(tx.conn, actor.business_account, id)?;
            commands::resend(tx, actor, row.subscription_id, id)
        })
        .await?;
    app.jobs.wake();
    let page = format!("{MESSAGES}/{id}");
    Ok(SeeOther::to(page).done("It is sent again, with the same id."))
}

/// On to a page with a word, or the subscription's page at once with why it was refused.
async fn answer(
    app: &App,
    who: &May<Administer>,
    id: WebhookSubscriptionId,
    done: AppResult<SubscriptionRow>,
    (next, word): (String, &str),
) -> AppResult<Answer<ShowPage>> {
    match done {
        Ok(_) => Ok(Answer::Next(SeeOther::to(next).done(word))),
        Err(error @ AppError::Refused(..)) => {
            let status = error.code().status();
            let view = show::view(app, who, id, Some(error.sentence()), None).await?;
            Ok(Answer::Again(Page::with_status(view, status)))
        }
        Err(error) => Err(error),
    }
}
