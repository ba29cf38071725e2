//! The buttons on a connector's page.

use actix_web::web::Data;
use serde::Deserialize;

use super::{
    connector::ConnectorRow,
    connector_commands as commands,
    connector_list::HERE,
    connector_queries as queries,
    connector_show::{self as show, ShowPage},
    probe,
};
use crate::{
    app::App,
    auth::{permission::Administer, principal::May},
    idempotency::{self, Made},
    kernel::{
        error::{AppError, AppResult},
        id::{ConnectorId, noun},
    },
    web::{
        form::{PathId, Submit},
        page::{Answer, Page, SeeOther},
    },
};

type Id = PathId<noun::Connector>;

/// A button for the connector as it was seen.
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

/// `POST /settings/connectors/{id}/test`: really calls it.
pub async fn test(app: Data<App>, id: Id, form: Submit<Administer, SeenForm>) -> AppResult<Answer<ShowPage>> {
    let Submit { who, form } = form;
    let (account, id) = (who.account(), id.0);
    let row = app.db.read(move |conn| queries::get(conn, account, id)).await?;
    if let Err(refusal) = row.check_version(Some(form.version)) {
        return answer(&app, &who, id, Err(refusal), (String::new(), "")).await;
    }
    let probed = probe::probe(&app, &row).await?;
    let noted = probed.clone();
    who.run(&app, move |tx, actor| {
        commands::note_test(tx, actor, &row, &noted)
    })
    .await?;
    let next = SeeOther::to(format!("{HERE}/{id}"));
    Ok(Answer::Next(if probed.passed {
        next.done(probed.words)
    } else {
        next.refused(probed.words)
    }))
}

/// `POST /settings/connectors/{id}/state`: enables or disables.
pub async fn set_state(
    app: Data<App>,
    id: Id,
    form: Submit<Administer, StateForm>,
) -> AppResult<Answer<ShowPage>> {
    let Submit { who, form } = form;
    let id = id.0;
    let (is_enabled, word) = match form.state.as_str() {
        "ENABLED" => (true, "Exceptions can be handed to it again."),
        "DISABLED" => (false, "Nothing is handed to it any more."),
        _ => return Err(AppError::field("state", "Choose ENABLED or DISABLED.")),
    };
    let done = who
        .run(&app, move |tx, actor| {
            commands::set_enabled(tx, actor, id, Some(form.version), is_enabled)
        })
        .await;
    app.jobs.wake();
    answer(&app, &who, id, done, (format!("{HERE}/{id}"), word)).await
}

/// `POST /settings/connectors/{id}/secret`: the page with the new secret.
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
    id: ConnectorId,
    form: &SeenForm,
) -> AppResult<Made<noun::Connector>> {
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

/// `POST /settings/connectors/{id}/delete`
pub async fn delete(
    app: Data<App>,
    id: Id,
    form: Submit<Administer, SeenForm>,
) -> AppResult<Answer<ShowPage>> {
    let Submit { who, form } = form;
    let id = id.0;
    let done = who
        .run(&app, move |tx, actor| {
            commands::delete(tx, actor, id, Some(form.version))
        })
        .await;
    let word = "The connector is removed.";
    answer(&app, &who, id, done, (HERE.to_owned(), word)).await
}

/// On to a page with a word, or the connector's page at once with why it was refused.
async fn answer(
    app: &App,
    who: &May<Administer>,
    id: ConnectorId,
    done: AppResult<ConnectorRow>,
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
