//! A file through the API: as the body, or as a part of a form. It is taken in, checked, and imported unless only the
//! check is wanted: the same receiver and commands as behind the page.

use actix_multipart::Multipart;
use actix_web::{
    HttpMessage, HttpRequest,
    http::header,
    web::{Data, Payload},
};
use futures_util::StreamExt;

use super::{
    api_view::{self, ImportView},
    model::ImportRow,
    names, queries, run,
    store::{Ready, Received, Receiver},
    upload::{drain, drain_part, refuse_large_or_packed},
};
use crate::{
    api::{Client, answer::Done, call, etag::Condition, params::Params},
    app::App,
    auth::permission::Import,
    db::Tx,
    idempotency::{self, Claim, Outcome},
    kernel::{
        crypto::hex,
        error::{AppError, AppResult, Code},
        id::ImportId,
    },
    web::multipart::{self, broken, text},
};

/// Kinds of bodies that are the file itself. What is in it decides what it is.
const AS_BODY: [&str; 3] = ["application/octet-stream", "text/csv", "text/plain"];

/// The longest text part of a form.
const LONGEST_TEXT: usize = 1024;

/// `POST /api/v1/imports`
#[utoipa::path(
    post,
    path = "/api/v1/imports",
    operation_id = "importFile",
    tag = "Imports",
    summary = "Import a file",
    description = "An ACH file, or exceptions as CSV: the body itself, or the part `file` of a form. At most 64 MiB, not \
                   compressed. The file is checked first; then its import begins, unless `run` is false. A file whose \
                   very bytes were sent before changes nothing: the import there was is answered, with 200.",
    security(("token" = ["import"])),
    params(crate::openapi::queries::NewImport),
    responses(
        (status = 200, description = "The same file was sent before: its import", body = ImportView),
        (status = 201, description = "The import, QUEUED, or CHECKED when `run` is false", body = ImportView)
    )
)]
pub async fn create(
    app: Data<App>,
    client: Client<Import>,
    request: HttpRequest,
    mut params: Params,
    payload: Payload,
) -> AppResult<Done> {
    let key = call::idempotency_key(request.headers())?;
    let asked = Asked {
        runs: params
            .word("run", "true, false", |text| text.parse::<bool>().ok())
            .unwrap_or(true),
        name: params.one("fileName"),
    };
    params.finish()?;
    if let Some(condition) = Condition::if_match(&request) {
        condition.require("")?;
    }
    let ready = receive(&app, &client, &request, &asked, payload).await?;
    let content = format!("{} {} {:?}", hex(ready.sha256()), asked.runs, asked.name);
    let claim = key.map(|key| {
        let content = app.vault.lookup(&content);
        Claim::new(&ready.actor, "POST", request.path(), key, &content)
    });
    let outcome = app
        .db
        .write(client.account(), move |tx| {
            let outcome = idempotency::once(tx, claim.as_ref(), |tx| import(tx, &ready, asked.runs))?;
            if outcome.is_replay {
                ready.drop_pieces(tx)?;
            }
            Ok(outcome)
        })
        .await?;
    app.jobs.wake();
    Ok(Done(outcome))
}

/// What the address says.
struct Asked {
    runs: bool,
    name: Option<String>,
}

/// Keeps the file and queues it; one that was there already stays as it is.
fn import(tx: &mut Tx<'_>, ready: &Ready, runs: bool) -> AppResult<Outcome> {
    let answer = |status, row: &ImportRow| {
        let location = format!("/api/v1/imports/{}", row.id);
        Ok(Outcome::new(status, Some(location), api_view::body(row)?))
    };
    let id: ImportId = match ready.keep(tx)? {
        Received::Before(row) => return answer(200, &row),
        Received::New(id) => id,
    };
    let row = if runs {
        run::queue(tx, &ready.actor, id)?
    } else {
        queries::get(tx.conn, ready.actor.business_account, id)?
    };
    answer(201, &row)
}

async fn receive(
    app: &App,
    client: &Client<Import>,
    request: &HttpRequest,
    asked: &Asked,
    payload: Payload,
) -> AppResult<Ready> {
    refuse_large_or_packed(request)?;
    let kind = request.content_type().to_ascii_lowercase();
    if kind == "multipart/form-data" {
        let mut parts = multipart::parts(request, payload)?;
        let ready = from_form(app, client, asked, &mut parts).await;
        if ready.is_err() {
            // Who is still sending would not read the answer.
            drain(&mut parts).await;
        }
        return ready;
    }
    if !AS_BODY.contains(&kind.as_str()) {
        let sentence =
            "Send the file as multipart/form-data, text/csv, text/plain or application/octet-stream.";
        return Err(AppError::refused(Code::UnsupportedType, sentence));
    }
    let name = asked.name.clone().or_else(|| told_name(request));
    from_body(app, client, name, payload).await
}

/// What `Content-Disposition` calls the file.
fn told_name(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get(header::CONTENT_DISPOSITION)?;
    let told = header::ContentDisposition::from_raw(value).ok()?;
    told.get_filename().map(str::to_owned)
}

async fn from_body(
    app: &App,
    client: &Client<Import>,
    name: Option<String>,
    mut payload: Payload,
) -> AppResult<Ready> {
    let name = names::kept(&name.unwrap_or_default());
    let mut file = Receiver::begin(app, client.actor(), name).await?;
    while let Some(bytes) = payload.next().await {
        let taken = match bytes {
            Ok(bytes) => file.push(&bytes).await,
            Err(_) => Err(AppError::refused(Code::BadRequest, "The upload broke off.")),
        };
        if let Err(error) = taken {
            file.abandon().await?;
            let mut left = super::store::LARGEST;
            drain_part(&mut payload, &mut left).await;
            return Err(error);
        }
    }
    file.ready().await
}

async fn from_form(
    app: &App,
    client: &Client<Import>,
    asked: &Asked,
    parts: &mut Multipart,
) -> AppResult<Ready> {
    let mut file = None;
    let outcome = async {
        while let Some(part) = parts.next().await {
            let mut part = part.map_err(|e| broken(&e))?;
            if part.name() != Some("file") {
                text(&mut part, LONGEST_TEXT).await?;
                continue;
            }
            if file.is_some() {
                return Err(AppError::field("file", "Send one file at a time."));
            }
            let told = part.content_disposition().and_then(|d| d.get_filename());
            let name = names::kept(asked.name.as_deref().or(told).unwrap_or_default());
            let receiver = file.insert(Receiver::begin(app, client.actor(), name).await?);
            while let Some(bytes) = part.next().await {
                receiver.push(&bytes.map_err(|e| broken(&e))?).await?;
            }
        }
        Ok(())
    }
    .await;
    match (outcome, file) {
        (Ok(()), Some(file)) => file.ready().await,
        (Ok(()), None) => Err(AppError::field("file", "Send the file in the part “file”.")),
        (Err(error), file) => {
            if let Some(file) = file {
                file.abandon().await?;
            }
            Err(error)
        }
    }
}
